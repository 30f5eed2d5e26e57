/* Errors that wait to be told: idem_take_error(), and what is left behind. */
#include "check.h"
#include "peers.h"
#include "support.h"

static void pending_is(idem_socket *s, idem_error want)
{
    idem_error pending = IDEM_EBADF;

    CHECK_OK(idem_take_error(s, &pending));
    CHECK_EQ(pending, want);
}

static void recv_is(idem_socket *s, idem_error want)
{
    size_t got = 9;
    char c;

    CHECK_ERR(idem_recv(s, &c, 1, 0, &got), want);
    CHECK_EQ(got, 0);
}

static void broken_events(idem_socket *s)
{
    idem_pollfd one = { s, IDEM_POLLIN | IDEM_POLLOUT, 0 };
    size_t ready;

    CHECK_OK(idem_poll(&one, 1, 0, &ready));
    CHECK_EQ(ready, 1);
    CHECK_EQ(one.revents, one.events | IDEM_POLLERR | IDEM_POLLHUP);
}

/* A stream that was reset by its peer. */
static idem_socket *reset_stream(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    reset_from(server, client);
    return client;
}

static void test_nothing(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *d = bound_datagram(IDEM_AF_INET, &at);

    pending_is(s, IDEM_OK);
    pending_is(d, IDEM_OK);
    pending_is(client, IDEM_OK);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_OK(idem_close(server));
    await_input(client);
    pending_is(client, IDEM_OK);
    CHECK_OK(idem_take_error(client, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(d));
    CHECK_OK(idem_close(s));
}

/* Of a connect that failed with nobody inside. Then there is nothing to tell,
 * and the next connect is a new one. */
static void test_connect(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    size_t ready;

    CHECK_OK(idem_settimeout(s, 0));
    CHECK_ERR(idem_connect(s, &at), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    pending_is(s, IDEM_ECONNREFUSED);
    pending_is(s, IDEM_OK);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

/* A call that told it leaves nothing to tell. */
static void test_connect_told(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED);
    pending_is(s, IDEM_OK);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

static void test_reset(void)
{
    idem_socket *s = reset_stream();

    pending_is(s, IDEM_ECONNRESET);
    pending_is(s, IDEM_OK);
    broken_events(s);
    recv_is(s, IDEM_ECONNRESET);
    recv_is(s, IDEM_ECONNRESET);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ECONNRESET);
    CHECK_OK(idem_close(s));
}

static void test_reset_received(void)
{
    idem_socket *s = reset_stream();

    recv_is(s, IDEM_ECONNRESET);
    broken_events(s);
    pending_is(s, IDEM_OK);
    recv_is(s, IDEM_ECONNRESET);
    CHECK_OK(idem_close(s));
}

static void test_reset_sent(void)
{
    idem_socket *s = reset_stream();

    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ECONNRESET);
    broken_events(s);
    pending_is(s, IDEM_OK);
    recv_is(s, IDEM_ECONNRESET);
    CHECK_OK(idem_close(s));
}

/* The peer had finished in good order before it turned away what came. */
static void test_finished_first(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_pollfd one = { client, 0, 0 };
    size_t ready;

    CHECK_OK(idem_close(server));
    await_input(client);
    recv_is(client, IDEM_OK);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ECONNRESET);
    recv_is(client, IDEM_ECONNRESET);
    CHECK_OK(idem_close(client));
}

static void test_datagram(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLIN, 0 };
    size_t ready;
    int i;

    check_skip_wine(0, "W-2", "nobody tells that the port is closed");
    CHECK_OK(idem_close(closed));
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_send(s, "x", 1, 0, NULL));
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    pending_is(s, IDEM_ECONNREFUSED);
    pending_is(s, IDEM_OK);
    for (i = 0; i < 2; i++) /* it is told of each datagram, and no longer */
        pending_is(s, IDEM_OK);
    CHECK_OK(idem_close(s));
}

static void test_bad_input(void)
{
    idem_error pending = IDEM_EBADF;

    CHECK_ERR(idem_take_error(NULL, &pending), IDEM_ENOTSOCK);
    CHECK_EQ(pending, IDEM_OK);
}

static const check_case cases[] = {
    CASE(nothing),        CASE(connect),        CASE(connect_told),
    CASE(reset),          CASE(reset_received), CASE(reset_sent),
    CASE(finished_first), CASE(datagram),       CASE(bad_input),
};

CHECK_MAIN("pending")
