/* libevent: bufferevents with timeouts. */
#include "evented.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

static struct event_base *base;
static const bench_task *task;
static char *message;
static bool with_timeouts;
static bool sink;

static void act(struct bufferevent *b, evented_step step);

static void check(bool good, const char *what)
{
    if (!good)
        bench_fail(what);
}

static void setup(const bench_task *t)
{
    task = t;
    base = event_base_new();
    check(base != NULL, "event_base_new");
    message = bench_bytes(t->size);
    with_timeouts = strcmp(t->work, "crowd") != 0;
    sink = strcmp(t->work, "sink") == 0;
}

static struct sockaddr_in address(const char *host, int port)
{
    struct sockaddr_in a;

    memset(&a, 0, sizeof(a));
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)port);
    check(evutil_inet_pton(AF_INET, host, &a.sin_addr) == 1, host);
    return a;
}

static struct bufferevent *new_connection(evutil_socket_t fd)
{
    const struct timeval timeout = { BENCH_TIMEOUT_MS / 1000, 0 };
    struct bufferevent *b =
        bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

    check(b != NULL, "bufferevent_socket_new");
    if (with_timeouts)
        bufferevent_set_timeouts(b, &timeout, &timeout);
    bufferevent_enable(b, EV_READ | EV_WRITE);
    return b;
}

/* ---- Servers ----------------------------------------------------------- */

static void on_server_read(struct bufferevent *b, void *context)
{
    struct evbuffer *in = bufferevent_get_input(b);

    (void)context;
    if (sink)
        evbuffer_drain(in, evbuffer_get_length(in));
    else
        bufferevent_write_buffer(b, in);
}

static void on_acknowledged(struct bufferevent *b, void *context)
{
    (void)context;
    bufferevent_free(b);
}

static void on_server_event(struct bufferevent *b, short what, void *context)
{
    (void)context;
    if ((what & BEV_EVENT_EOF) && sink) {
        bufferevent_setcb(b, NULL, on_acknowledged, NULL, NULL);
        bufferevent_write(b, message, 1);
    } else {
        bufferevent_free(b);
    }
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd,
                          struct sockaddr *from, int size, void *context)
{
    (void)listener;
    (void)from;
    (void)size;
    (void)context;
    bufferevent_setcb(new_connection(fd), on_server_read, NULL, on_server_event,
                      NULL);
}

static void serve(const bench_task *t)
{
    struct sockaddr_in at = address("0.0.0.0", 0);
    socklen_t size = sizeof(at);
    struct evconnlistener *listener;

    setup(t);
    listener = evconnlistener_new_bind(base, on_connection, NULL,
                                       LEV_OPT_CLOSE_ON_FREE, BENCH_BACKLOG,
                                       (struct sockaddr *)&at, (int)size);
    check(listener != NULL, "evconnlistener_new_bind");
    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&at, &size);
    bench_say_port(ntohs(at.sin_port));
    event_base_dispatch(base);
}

/* ---- Clients ----------------------------------------------------------- */

static void on_read(struct bufferevent *b, void *context)
{
    struct evbuffer *in = bufferevent_get_input(b);
    size_t n = evbuffer_get_length(in);

    (void)context;
    evbuffer_drain(in, n);
    act(b, evented_next(EVENTED_RECEIVED, n));
}

static void on_sent(struct bufferevent *b, void *context)
{
    (void)context;
    act(b, evented_next(EVENTED_SENT, 0));
}

static void on_event(struct bufferevent *b, short what, void *context)
{
    (void)context;
    if (what & BEV_EVENT_CONNECTED) {
        act(b, evented_next(EVENTED_CONNECTED, 0));
        return;
    }
    /* Only that a connection is refused is expected. */
    check((what & BEV_EVENT_ERROR) != 0, "bufferevent");
    act(b, evented_next(EVENTED_REFUSED, 0));
}

static void begin_connect(void)
{
    struct sockaddr_in to = address(task->host, task->port);
    struct bufferevent *b = new_connection(-1);

    bufferevent_setcb(b, on_read, on_sent, on_event, NULL);
    check(bufferevent_socket_connect(b, (struct sockaddr *)&to, sizeof(to))
              == 0,
          "bufferevent_socket_connect");
}

static void act(struct bufferevent *b, evented_step step)
{
    switch (step) {
    case EVENTED_WAIT:
        break;
    case EVENTED_CONNECT:
        begin_connect();
        break;
    case EVENTED_SEND:
        bufferevent_write(b, message, task->size);
        break;
    case EVENTED_FINISH:
        /* Everything is in the kernel, and bufferevents cannot say so. */
        shutdown(bufferevent_getfd(b), SHUT_WR);
        break;
    case EVENTED_CLOSE:
        bufferevent_free(b);
        act(NULL, evented_next(EVENTED_CLOSED, 0));
        break;
    case EVENTED_END:
        exit(0);
    }
}

static void run(const bench_task *t)
{
    setup(t);
    act(NULL, evented_begin(t));
    event_base_dispatch(base);
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        EVENTED_CLIENTS(run), { "echo", serve }, { "sink", serve },
        { "crowd", serve },   { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
