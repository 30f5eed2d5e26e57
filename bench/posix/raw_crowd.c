/* Many connections: a server on bare epoll, and the client for all servers. */
#include "raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 1024,
    STEP = 64, /* connections between two that are waited for */
    WARM_WAVES = 10
};

/* ---- Server ------------------------------------------------------------ */

static void watch(int epoll, int fd)
{
    struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

    raw_check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e), "epoll_ctl");
}

static void accept_all(int epoll, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC))
           >= 0)
        watch(epoll, fd);
}

static void echo(int fd, char *buf)
{
    ssize_t n = recv(fd, buf, BENCH_BUFFER, 0);

    if (n > 0)
        raw_check(send(fd, buf, (size_t)n, MSG_NOSIGNAL), "send");
    else
        close(fd);
}

void raw_crowd(const bench_task *t)
{
    static struct epoll_event events[EVENTS];
    char *buf = bench_bytes(BENCH_BUFFER);
    int epoll = raw_check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    int listener = raw_check(
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        "socket");

    int port = raw_bind(listener, "0.0.0.0");

    (void)t;
    raw_check(listen(listener, BENCH_BACKLOG), "listen");
    watch(epoll, listener);
    bench_say_port(port);
    for (;;) {
        int n = raw_check(epoll_wait(epoll, events, EVENTS, -1), "epoll_wait");
        int i;

        for (i = 0; i < n; i++)
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                echo(events[i].data.fd, buf);
    }
}

/* ---- Client ------------------------------------------------------------ */

static void send_to(int fd, const char *buf, size_t size)
{
    if (send(fd, buf, size, MSG_NOSIGNAL) != (ssize_t)size)
        bench_fail("send");
}

static void receive_from(int fd, char *buf, size_t size)
{
    if (recv(fd, buf, size, MSG_WAITALL) != (ssize_t)size)
        bench_fail("recv");
}

static int *connect_all(const bench_task *t, char *buf)
{
    const struct sockaddr_in to = raw_address(t->host, t->port);
    int *fds = calloc((size_t)t->connections, sizeof(*fds));
    long i;

    if (fds == NULL)
        bench_fail("out of memory");
    for (i = 0; i < t->connections; i++) {
        fds[i] =
            raw_check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        raw_check(connect(fds[i], (const struct sockaddr *)&to, sizeof(to)),
                  "connect");
        /* Not faster than the server accepts. */
        if (i % STEP == STEP - 1 || i == t->connections - 1) {
            send_to(fds[i], buf, 1);
            receive_from(fds[i], buf, 1);
        }
    }
    return fds;
}

/* Each active connection sends a message, then each receives its echo. They are
 * spread evenly over all. */
static void wave(const bench_task *t, const int *fds, char *buf)
{
    const long step = t->connections / t->active;
    long i;

    for (i = 0; i < t->active; i++)
        send_to(fds[i * step], buf, t->size);
    for (i = 0; i < t->active; i++)
        receive_from(fds[i * step], buf, t->size);
}

static void waves(const bench_task *t, const int *fds, char *buf, long count)
{
    for (; count > 0; count--)
        wave(t, fds, buf);
}

/* count messages, in waves, once the connections stand and a line of input says
 * go. Holds them until its input ends. */
void raw_waves(const bench_task *t)
{
    char *buf = bench_bytes(t->size);
    int *fds = connect_all(t, buf);
    const long count = t->count / t->active;

    waves(t, fds, buf, WARM_WAVES);
    bench_say_ready();
    (void)getchar();
    bench_go();
    waves(t, fds, buf, count);
    bench_stop();
    bench_say_result(count * t->active);
    while (getchar() != EOF)
        continue;
}
