/* libuv: its loop, and a timer per connection that every operation starts
 * anew. What is sent is tried first, and queued when it does not go; with
 * mode=queue it always goes through the queue. */
#include "evented.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct connection {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    int open; /* of the two handles */
} connection;

static uv_loop_t *loop;
static char *input;
static char *message;
static const bench_task *task;
static bool with_timers;
static bool tries;
static bool sink;
static bool bulk;

static void act(connection *c, evented_step step);

static void check(int result, const char *what)
{
    if (result < 0)
        bench_fail(what);
}

static void setup(const bench_task *t)
{
    task = t;
    loop = uv_default_loop();
    input = bench_bytes(BENCH_BUFFER);
    message = bench_bytes(t->size);
    with_timers = strcmp(t->work, "crowd") != 0;
    tries = !bench_mode(t, "queue");
    sink = strcmp(t->work, "sink") == 0;
    bulk = strcmp(t->work, "bulk") == 0;
}

/* ---- Connections ------------------------------------------------------- */

static void on_expired(uv_timer_t *timer)
{
    (void)timer;
    bench_fail("timed out");
}

static void begin_wait(connection *c)
{
    if (with_timers)
        uv_timer_start(&c->timer, on_expired, BENCH_TIMEOUT_MS, 0);
}

static connection *new_connection(void)
{
    connection *c = calloc(1, sizeof(*c));

    if (c == NULL)
        bench_fail("out of memory");
    uv_tcp_init(loop, &c->tcp);
    c->tcp.data = c;
    c->open = 1;
    if (with_timers) {
        uv_timer_init(loop, &c->timer);
        c->timer.data = c;
        c->open = 2;
    }
    c->write.data = c;
    c->connect.data = c;
    return c;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    (void)size;
    *buf = uv_buf_init(input, BENCH_BUFFER);
}

static void close_connection(connection *c, uv_close_cb on_closed)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    if (with_timers)
        uv_close((uv_handle_t *)&c->timer, on_closed);
}

static bool is_sent_at_once(connection *c, const uv_buf_t *buf)
{
    return tries
           && uv_try_write((uv_stream_t *)&c->tcp, buf, 1) == (int)buf->len;
}

/* ---- Servers ----------------------------------------------------------- */

static void on_server_closed(uv_handle_t *handle)
{
    connection *c = handle->data;

    if (--c->open == 0)
        free(c);
}

static void on_echoed(uv_write_t *write, int status)
{
    if (status < 0)
        close_connection(write->data, on_server_closed);
}

static void on_acknowledged(uv_write_t *write, int status)
{
    (void)status;
    close_connection(write->data, on_server_closed);
}

static void echo(connection *c, size_t n)
{
    uv_buf_t buf = uv_buf_init(input, (unsigned)n);

    /* The queue keeps no copy: an echo fits the socket's buffer here. */
    if (!is_sent_at_once(c, &buf))
        check(uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_echoed),
              "uv_write");
}

static void on_server_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    connection *c = stream->data;
    uv_buf_t byte = uv_buf_init(message, 1);

    (void)buf;
    if (n > 0) {
        begin_wait(c);
        if (!sink)
            echo(c, (size_t)n);
    } else if (n == UV_EOF && sink) {
        check(uv_write(&c->write, stream, &byte, 1, on_acknowledged),
              "uv_write");
    } else if (n < 0) {
        close_connection(c, on_server_closed);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    connection *c = new_connection();

    check(status, "listen");
    check(uv_accept(listener, (uv_stream_t *)&c->tcp), "uv_accept");
    begin_wait(c);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_server_read);
}

static void serve(const bench_task *t)
{
    struct sockaddr_in at;
    int size = sizeof(at);
    uv_tcp_t listener;

    setup(t);
    uv_ip4_addr("0.0.0.0", 0, &at);
    uv_tcp_init(loop, &listener);
    check(uv_tcp_bind(&listener, (const struct sockaddr *)&at, 0), "bind");
    check(uv_listen((uv_stream_t *)&listener, BENCH_BACKLOG, on_connection),
          "listen");
    check(uv_tcp_getsockname(&listener, (struct sockaddr *)&at, &size),
          "getsockname");
    bench_say_port(ntohs(at.sin_port));
    uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- Clients ----------------------------------------------------------- */

static void on_client_closed(uv_handle_t *handle)
{
    connection *c = handle->data;

    if (--c->open > 0)
        return;
    free(c);
    act(NULL, evented_next(EVENTED_CLOSED, 0));
}

static void on_sent(uv_write_t *write, int status)
{
    check(status, "uv_write");
    act(write->data, evented_next(EVENTED_SENT, 0));
}

static void on_finished(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    check(status, "uv_shutdown");
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    connection *c = stream->data;

    (void)buf;
    check((int)n, "read");
    if (n == 0)
        return;
    begin_wait(c);
    act(c, evented_next(EVENTED_RECEIVED, (size_t)n));
}

static void on_connected(uv_connect_t *connect, int status)
{
    connection *c = connect->data;

    if (status == UV_ECONNREFUSED) {
        act(c, evented_next(EVENTED_REFUSED, 0));
        return;
    }
    check(status, "uv_tcp_connect");
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    act(c, evented_next(EVENTED_CONNECTED, 0));
}

static void begin_connect(void)
{
    connection *c = new_connection();
    struct sockaddr_in to;

    uv_ip4_addr(task->host, task->port, &to);
    begin_wait(c);
    check(uv_tcp_connect(&c->connect, &c->tcp, (const struct sockaddr *)&to,
                         on_connected),
          "uv_tcp_connect");
}

/* What is sent at once is not reported: the loop would never run in between. */
static void send_message(connection *c)
{
    uv_buf_t buf = uv_buf_init(message, (unsigned)task->size);

    begin_wait(c);
    if (!bulk && is_sent_at_once(c, &buf))
        return;
    check(uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_sent),
          "uv_write");
}

static void act(connection *c, evented_step step)
{
    switch (step) {
    case EVENTED_WAIT:
        break;
    case EVENTED_CONNECT:
        begin_connect();
        break;
    case EVENTED_SEND:
        send_message(c);
        break;
    case EVENTED_FINISH:
        check(uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_finished),
              "uv_shutdown");
        break;
    case EVENTED_CLOSE:
        close_connection(c, on_client_closed);
        break;
    case EVENTED_END:
        exit(0);
    }
}

static void run(const bench_task *t)
{
    setup(t);
    act(NULL, evented_begin(t));
    uv_run(loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        EVENTED_CLIENTS(run), { "echo", serve }, { "sink", serve },
        { "crowd", serve },   { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
