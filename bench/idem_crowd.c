/* Many connections on the library's selector: an echo server. */
#include "idem.h"

enum {
    EVENTS = 1024
};

static void watch(idem_selector *selector, idem_socket *s)
{
    idem_check(idem_settimeout(s, 0));
    idem_check(idem_selector_register(selector, s, IDEM_POLLIN, NULL));
}

static void accept_all(idem_selector *selector, idem_socket *listener)
{
    idem_socket *s;
    idem_error err;

    while ((err = idem_accept(listener, &s, NULL)) == IDEM_OK)
        watch(selector, s);
    if (err != IDEM_EWOULDBLOCK)
        idem_check(err);
}

static void echo(idem_socket *s, char *buf)
{
    size_t n;
    idem_error err = idem_recv(s, buf, BENCH_BUFFER, 0, &n);

    if (err || n == 0)
        idem_close(s);
    else
        idem_check(idem_send(s, buf, n, 0, NULL));
}

void idem_crowd(const bench_task *t)
{
    static idem_event events[EVENTS];
    char *buf = bench_bytes(BENCH_BUFFER);
    idem_selector *selector;
    idem_socket *listener;
    size_t count;
    size_t i;
    int port;

    peer_start(t);
    listener = (idem_socket *)peer_listen(&port);
    idem_check(idem_selector_open(&selector));
    watch(selector, listener);
    bench_say_port(port);
    for (;;) {
        idem_check(idem_selector_select(selector, IDEM_FOREVER, events, EVENTS,
                                        &count));
        for (i = 0; i < count; i++)
            if (events[i].socket == listener)
                accept_all(selector, listener);
            else
                echo(events[i].socket, buf);
    }
}
