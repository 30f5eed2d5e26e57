/* libevent without its buffers: events with timeouts, and bare transfers. */
#include "evented.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

typedef struct connection {
    struct event *event;
    evutil_socket_t fd;
} connection;

static struct event_base *base;
static const bench_task *task;
static char *input;
static char *message;
static const struct timeval five_seconds = { BENCH_TIMEOUT_MS / 1000, 0 };
static const struct timeval *timeout;

static void act(connection *c, evented_step step);

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
    input = bench_bytes(BENCH_BUFFER);
    message = bench_bytes(t->size);
    timeout = strcmp(t->work, "crowd") == 0 ? NULL : &five_seconds;
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

static evutil_socket_t new_socket(void)
{
    evutil_socket_t fd =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    check(fd >= 0, "socket");
    return fd;
}

static void watch(connection *c, short events, event_callback_fn on_event)
{
    c->event = event_new(base, c->fd, events, on_event, c);
    check(c->event != NULL && event_add(c->event, timeout) == 0, "event_add");
}

static connection *new_connection(evutil_socket_t fd)
{
    connection *c = malloc(sizeof(*c));

    check(c != NULL, "out of memory");
    c->fd = fd;
    return c;
}

static void close_connection(connection *c)
{
    event_free(c->event);
    evutil_closesocket(c->fd);
    free(c);
}

/* ---- Server ------------------------------------------------------------ */

static void on_server_event(evutil_socket_t fd, short what, void *context)
{
    ssize_t n = what & EV_READ ? recv(fd, input, BENCH_BUFFER, 0) : 0;

    if (n <= 0 || send(fd, input, (size_t)n, MSG_NOSIGNAL) != n)
        close_connection(context);
}

static void on_connection(evutil_socket_t listener, short what, void *context)
{
    evutil_socket_t fd;

    (void)what;
    (void)context;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC))
           >= 0)
        watch(new_connection(fd), EV_READ | EV_PERSIST, on_server_event);
}

static void serve(const bench_task *t)
{
    struct sockaddr_in at = address("0.0.0.0", 0);
    socklen_t size = sizeof(at);
    evutil_socket_t fd = new_socket();

    setup(t);
    check(bind(fd, (struct sockaddr *)&at, size) == 0, "bind");
    check(listen(fd, BENCH_BACKLOG) == 0, "listen");
    check(getsockname(fd, (struct sockaddr *)&at, &size) == 0, "getsockname");
    event_add(event_new(base, fd, EV_READ | EV_PERSIST, on_connection, NULL),
              NULL);
    bench_say_port(ntohs(at.sin_port));
    event_base_dispatch(base);
}

/* ---- Clients ----------------------------------------------------------- */

static void on_event(evutil_socket_t fd, short what, void *context)
{
    ssize_t n;

    check((what & EV_READ) != 0, "timed out");
    n = recv(fd, input, BENCH_BUFFER, 0);
    check(n > 0, "recv");
    act(context, evented_next(EVENTED_RECEIVED, (size_t)n));
}

static void on_connected(evutil_socket_t fd, short what, void *context)
{
    connection *c = context;
    int error = 0;
    socklen_t size = sizeof(error);

    check((what & EV_WRITE) != 0, "timed out");
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        act(c, evented_next(EVENTED_REFUSED, 0));
        return;
    }
    event_free(c->event);
    watch(c, EV_READ | EV_PERSIST, on_event);
    act(c, evented_next(EVENTED_CONNECTED, 0));
}

static void begin_connect(void)
{
    const struct sockaddr_in to = address(task->host, task->port);
    connection *c = new_connection(new_socket());

    (void)connect(c->fd, (const struct sockaddr *)&to, sizeof(to));
    watch(c, EV_WRITE, on_connected);
}

static void act(connection *c, evented_step step)
{
    switch (step) {
    case EVENTED_CONNECT:
        begin_connect();
        break;
    case EVENTED_SEND:
        check(send(c->fd, message, task->size, MSG_NOSIGNAL)
                  == (ssize_t)task->size,
              "send");
        break;
    case EVENTED_CLOSE:
        close_connection(c);
        act(NULL, evented_next(EVENTED_CLOSED, 0));
        break;
    case EVENTED_END:
        exit(0);
    case EVENTED_WAIT:
    case EVENTED_FINISH:
        break;
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
        { "pingpong", run }, { "rate", run },    { "refused", run },
        { "echo", serve },   { "crowd", serve }, { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
