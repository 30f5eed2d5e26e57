/* The workloads for libraries with calls that wait. */
#include "blocking.h"

enum {
    READY_BYTES = 48 * 1024, /* what a socket's buffer holds at any rate */
    READY_NAP_US = 1000      /* until an echo of that many is back */
};

/* ---- Servers ----------------------------------------------------------- */

static void echo_all(peer c, char *buf, long delay_us)
{
    size_t n;

    while ((n = peer_recv(c, buf, BENCH_BUFFER)) > 0) {
        if (delay_us > 0)
            bench_nap_us(delay_us);
        peer_send(c, buf, n);
    }
}

void blocking_echo(const bench_task *t)
{
    char *buf = bench_bytes(BENCH_BUFFER);
    peer listener;
    int port;

    peer_start(t);
    listener = peer_listen(&port);
    bench_say_port(port);
    for (;;) {
        peer c = peer_accept(listener);

        echo_all(c, buf, t->delay_us);
        peer_close(c);
    }
}

void blocking_sink(const bench_task *t)
{
    char *buf = bench_bytes(BENCH_BUFFER);
    peer listener;
    int port;

    peer_start(t);
    listener = peer_listen(&port);
    bench_say_port(port);
    for (;;) {
        peer c = peer_accept(listener);

        while (peer_recv(c, buf, BENCH_BUFFER) > 0)
            continue;
        peer_send(c, "k", 1);
        peer_close(c);
    }
}

/* ---- Clients ----------------------------------------------------------- */

static void start_client(const bench_task *t)
{
    peer_start(t);
    peer_aim(t->host, t->port);
}

static peer connected(void)
{
    peer c;

    if (!peer_connect(&c))
        bench_fail("connect: refused");
    return c;
}

peer blocking_connected(const bench_task *t)
{
    start_client(t);
    return connected();
}

void blocking_receive(peer c, char *buf, size_t size)
{
    size_t have;
    size_t n;

    for (have = 0; have < size; have += n) {
        n = peer_recv(c, buf + have, size - have);
        if (n == 0)
            bench_fail("recv: the end");
    }
}

static void exchange(peer c, char *buf, size_t size)
{
    peer_send(c, buf, size);
    blocking_receive(c, buf, size);
}

void blocking_pingpong(const bench_task *t)
{
    char *buf = bench_bytes(t->size);
    long i;
    peer c;

    c = blocking_connected(t);
    for (i = -BENCH_WARM; i < t->count; i++) {
        if (i == 0)
            bench_go();
        exchange(c, buf, t->size);
    }
    bench_stop();
    bench_say_result(t->count);
    peer_close(c);
}

void blocking_ready(const bench_task *t)
{
    const long at_once = READY_BYTES / (long)t->size;
    char *buf = bench_bytes(READY_BYTES);
    long done = 0;
    peer c;

    c = blocking_connected(t);
    while (done < t->count) {
        long i;

        peer_send(c, buf, (size_t)at_once * t->size);
        bench_nap_us(READY_NAP_US);
        bench_go();
        for (i = 0; i < at_once; i++)
            blocking_receive(c, buf, t->size);
        bench_stop();
        done += at_once;
    }
    bench_say_result(done);
    peer_close(c);
}

void blocking_bulk(const bench_task *t)
{
    char *buf = bench_bytes(t->size);
    long i;
    peer c;

    c = blocking_connected(t);
    bench_go();
    for (i = 0; i < t->count; i++)
        peer_send(c, buf, t->size);
    peer_finish(c);
    blocking_receive(c, buf, 1);
    bench_stop();
    bench_say_result(t->count);
    peer_close(c);
}

void blocking_rate(const bench_task *t)
{
    char *buf = bench_bytes(t->size);
    long i;

    start_client(t);
    bench_go();
    for (i = 0; i < t->count; i++) {
        peer c = connected();

        if (t->delay_us > 0)
            bench_nap_us(t->delay_us);
        exchange(c, buf, t->size);
        peer_close(c);
    }
    bench_stop();
    bench_say_result(t->count);
}

void blocking_refused(const bench_task *t)
{
    long i;
    peer c;

    start_client(t);
    bench_go();
    for (i = 0; i < t->count; i++)
        if (peer_connect(&c))
            bench_fail("connect: not refused");
    bench_stop();
    bench_say_result(t->count);
}

void blocking_idle(const bench_task *t)
{
    peer_start(t);
    bench_say_result(0);
}
