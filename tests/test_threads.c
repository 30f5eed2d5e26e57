/* One socket, several threads: cancel, close, shutdown. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

/* ---- Ended while it waits ---------------------------------------------- */

typedef void ending(idem_socket *s);

static void by_cancel(idem_socket *s)
{
    CHECK_OK(idem_cancel(s));
}

static void by_close(idem_socket *s)
{
    CHECK_OK(idem_close(s));
}

/* Let s wait in run(), for ever and for a minute, and end that. */
static void check_ended(idem_error (*run)(job *), idem_socket *s, ending *end,
                        double timeout)
{
    job j;

    CHECK_OK(idem_settimeout(s, timeout));
    start_waiting(&j, run, s);
    end(s);
    finish_job(&j, IDEM_ECANCELED);
    if (end == by_close)
        return;
    /* From now on, too. */
    start_job(&j, run, s);
    finish_job(&j, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

static const struct how {
    ending *end;
    double timeout;
} ways[] = {
    { by_cancel, IDEM_FOREVER },
    { by_cancel, 60 },
    { by_close, IDEM_FOREVER },
    { by_close, 60 },
};

static void test_accept(void)
{
    idem_address at;
    size_t i;

    for (i = 0; i < CHECK_COUNT(ways); i++)
        check_ended(run_accept, listener(IDEM_AF_INET, &at), ways[i].end,
                    ways[i].timeout);
}

static void test_recv(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(ways); i++) {
        idem_socket *server;
        idem_socket *client = stream_pair(&server);

        check_ended(run_recv, client, ways[i].end, ways[i].timeout);
        CHECK_OK(idem_close(server));
    }
}

static void test_recvfrom(void)
{
    idem_address at;
    size_t i;

    for (i = 0; i < CHECK_COUNT(ways); i++)
        check_ended(run_recvfrom, bound_datagram(IDEM_AF_INET, &at),
                    ways[i].end, ways[i].timeout);
}

static void test_recvfrom_connected(void)
{
    idem_address at;
    size_t i;

    for (i = 0; i < CHECK_COUNT(ways); i++) {
        idem_socket *other = bound_datagram(IDEM_AF_INET, &at);
        idem_socket *s = open_datagram(IDEM_AF_INET);

        CHECK_OK(idem_connect(s, &at));
        check_ended(run_recvfrom, s, ways[i].end, ways[i].timeout);
        CHECK_OK(idem_close(other));
    }
}

/* A part is not all, and a cancelled wait not the end of the stream. */
static void test_recv_all(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    job j;

    CHECK_OK(idem_send(server, "abc", 3, 0, NULL));
    await_input(client);
    start_waiting(&j, run_recv_all, client);
    CHECK_OK(idem_cancel(client));
    finish_job(&j, IDEM_ECANCELED);
    CHECK_EQ(j.count, 3);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_send(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(ways); i++) {
        idem_socket *server;
        idem_socket *client = stream_pair(&server);

        fill(client);
        check_ended(run_send, client, ways[i].end, ways[i].timeout);
        CHECK_OK(idem_close(server));
    }
}

/* The count tells what went out before. */
static void test_sendall(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    job j;

    start_job(&j, run_sendall, client);
    await_input(server);
    CHECK_OK(idem_cancel(client));
    finish_job(&j, IDEM_ECANCELED);
    CHECK(j.count > 0 && j.count < JOB_BIG);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_poll(void)
{
    idem_address at;

    check_ended(run_poll, listener(IDEM_AF_INET, &at), by_cancel, IDEM_FOREVER);
    check_ended(run_poll, listener(IDEM_AF_INET, &at), by_close, 0);
    check_ended(run_poll, bound_datagram(IDEM_AF_INET, &at), by_close, 0);
}

static void test_connect(void)
{
    full_listener f;
    size_t i;

    fill_listener(&f);
    for (i = 0; i < CHECK_COUNT(ways); i++) {
        idem_socket *s = open_stream(IDEM_AF_INET);
        job j;

        j.to = f.at;
        CHECK_OK(idem_settimeout(s, ways[i].timeout));
        start_waiting(&j, run_connect, s);
        ways[i].end(s);
        finish_job(&j, IDEM_ECANCELED);
        if (ways[i].end == by_cancel)
            CHECK_OK(idem_close(s));
    }
    close_full_listener(&f);
}

/* ---- Of sockets that share a handle ------------------------------------ */

/* Cancelling one does not end what waits in the other. */
static void check_shared(idem_error (*run)(job *), idem_socket *s,
                         idem_socket *twin, ending *end)
{
    job a, b;

    start_waiting(&a, run, s);
    start_waiting(&b, run, twin);
    end(s);
    finish_job(&a, IDEM_ECANCELED);
    if (end == by_cancel)
        CHECK_OK(idem_close(s));
    CHECK_OK(idem_cancel(twin));
    finish_job(&b, IDEM_ECANCELED);
    CHECK_OK(idem_close(twin));
}

static void test_shared(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *s;
    idem_socket *twin;

    s = listener(IDEM_AF_INET, &at);
    CHECK_OK(idem_dup(s, &twin));
    check_shared(run_accept, s, twin, by_cancel);
    s = bound_datagram(IDEM_AF_INET, &at);
    CHECK_OK(idem_dup(s, &twin));
    check_shared(run_recvfrom, s, twin, by_close);
    s = stream_pair(&server);
    CHECK_OK(idem_dup(s, &twin));
    check_shared(run_recv, s, twin, by_close);
    CHECK_OK(idem_close(server));
}

/* ---- Before the call --------------------------------------------------- */

static void check_before(idem_error (*run)(job *), idem_socket *s)
{
    job j;

    CHECK_OK(idem_cancel(s));
    CHECK_OK(idem_cancel(s));
    j.socket = s;
    CHECK_ERR(run(&j), IDEM_ECANCELED);
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(run(&j), IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

static void test_cancel_before(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    check_before(run_accept, listener(IDEM_AF_INET, &at));
    check_before(run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
    check_before(run_recv, client);
    check_before(run_send, server);
}

/* ---- Several inside ---------------------------------------------------- */

#define CROWD 8

/* All leave before close returns. */
static void test_close_crowd(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    job jobs[CROWD];
    int i;

    for (i = 0; i < CROWD; i++)
        start_waiting(&jobs[i], i % 2 ? run_accept : run_poll, s);
    CHECK_OK(idem_close(s));
    for (i = 0; i < CROWD; i++)
        finish_job(&jobs[i], IDEM_ECANCELED);
}

/* One waits to receive and one to send, on one socket. */
static void test_close_both_ways(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    job reader, writer;

    fill(client);
    start_waiting(&reader, run_recv, client);
    start_waiting(&writer, run_send, client);
    CHECK_OK(idem_close(client));
    finish_job(&reader, IDEM_ECANCELED);
    finish_job(&writer, IDEM_ECANCELED);
    CHECK_OK(idem_close(server));
}

static void pour(void *arg)
{
    static unsigned char data[100000];
    idem_socket *s = arg;
    uint64_t done = 0;
    int i;

    for (i = 0; i < 100; i++) {
        write_pattern(data, sizeof(data), done);
        CHECK_OK(idem_sendall(s, data, sizeof(data), 0, NULL));
        done += sizeof(data);
    }
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
}

static void echo_all(void *arg)
{
    static unsigned char data[77777];
    idem_socket *s = arg;
    size_t got = 1;

    while (got > 0) {
        CHECK_OK(idem_recv(s, data, sizeof(data), 0, &got));
        CHECK_OK(idem_sendall(s, data, got, 0, NULL));
    }
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
}

/* A reader and a writer at the same time: neither disturbs the other. */
static void test_full_duplex(void)
{
    static unsigned char data[50000];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *echo = support_start(echo_all, server);
    support_thread *writer = support_start(pour, client);
    uint64_t done = 0;
    size_t got = 1;

    while (got > 0) {
        CHECK_OK(idem_recv(client, data, sizeof(data), 0, &got));
        CHECK(is_pattern(data, got, done));
        done += got;
    }
    CHECK_EQ(done, 10000000);
    support_join(echo);
    support_join(writer);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Shutdown from another thread -------------------------------------- */

static void check_shutdown(int how)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    job j;

    start_waiting(&j, run_recv, client);
    CHECK_OK(idem_shutdown(client, how));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Receiving is shut down: whoever waits to receive reads the end. */
static void test_shutdown_recv(void)
{
    check_shutdown(IDEM_SHUT_RD);
    check_shutdown(IDEM_SHUT_RDWR);
}

static void test_shutdown_send(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    job j;

    fill(client);
    start_waiting(&j, run_send, client);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    finish_job(&j, IDEM_ESHUTDOWN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* A connected datagram socket, with a twin or without. */
static void check_shutdown_datagram(bool shared)
{
    idem_address at;
    idem_socket *other = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_socket *twin = NULL;
    job j;

    CHECK_OK(idem_connect(s, &at));
    if (shared)
        CHECK_OK(idem_dup(s, &twin));
    start_waiting(&j, run_recvfrom, s);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_RD));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 0);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(other));
}

static void test_shutdown_datagram(void)
{
    check_shutdown_datagram(false);
}

/* Sockets that share their handle with others wait in another way. */
static void test_shutdown_shared(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin;
    job j;

    CHECK_OK(idem_dup(client, &twin));
    start_waiting(&j, run_recv, client);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 0);
    fill(client);
    start_waiting(&j, run_send, client);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    finish_job(&j, IDEM_ESHUTDOWN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
    check_shutdown_datagram(true);
}

static const check_case cases[] = {
    CASE(accept),
    CASE(recv),
    CASE(recvfrom),
    CASE(recvfrom_connected),
    CASE(recv_all),
    CASE(send),
    CASE(sendall),
    CASE(poll),
    CASE(connect),
    CASE(shared),
    CASE(cancel_before),
    CASE(close_crowd),
    CASE(close_both_ways),
    CASE(full_duplex),
    CASE(shutdown_recv),
    CASE(shutdown_send),
    CASE(shutdown_datagram),
    CASE(shutdown_shared),
};

CHECK_MAIN("threads")
