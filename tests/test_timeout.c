/* Timeouts: what can be set, what is told, and that none is early. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <math.h>

static double timeout_of(const idem_socket *s)
{
    double seconds = -7;

    CHECK_OK(idem_gettimeout(s, &seconds));
    return seconds;
}

static bool blocking_of(const idem_socket *s)
{
    bool blocking = false;

    CHECK_OK(idem_getblocking(s, &blocking));
    return blocking;
}

/* ---- Setting ----------------------------------------------------------- */

/* Set a timeout, and check what is told of it. */
static void check_set(idem_socket *s, double seconds, double want)
{
    CHECK_OK(idem_settimeout(s, seconds));
    CHECK(timeout_of(s) == want);
    CHECK_EQ(blocking_of(s), want != 0);
}

static void test_values(void)
{
    const double century = 3155760000.0;
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK(timeout_of(s) == IDEM_FOREVER);
    check_set(s, 2.5, 2.5);
    check_set(s, 0, 0);
    check_set(s, -0.0, 0);
    check_set(s, IDEM_FOREVER, IDEM_FOREVER);
    check_set(s, 1e-9, 1e-9);
    check_set(s, 1e-12, 1e-9); /* up to nanoseconds, so never to 0 */
    check_set(s, 5e-324, 1e-9);
    check_set(s, 86400, 86400);
    check_set(s, century, century);
    check_set(s, 1e10, century);
    check_set(s, 1e300, century);
    check_set(s, INFINITY, century);
    CHECK_OK(idem_close(s));
}

static void test_bad_values(void)
{
    static const double bad[] = { -0.5,    -2,     -1.0000001, -1e-9,
                                  -5e-324, -1e300, -INFINITY,  NAN };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_socket *other = s;
    size_t i;

    CHECK_OK(idem_settimeout(s, 2.5));
    for (i = 0; i < CHECK_COUNT(bad); i++) {
        CHECK_ERR(idem_settimeout(s, bad[i]), IDEM_EINVAL);
        CHECK(timeout_of(s) == 2.5);
        CHECK_ERR(idem_setdefaulttimeout(bad[i]), IDEM_EINVAL);
        CHECK(idem_getdefaulttimeout() == IDEM_FOREVER);
        CHECK_ERR(idem_poll(NULL, 0, bad[i], NULL), IDEM_EINVAL);
        CHECK_ERR(idem_create_connection("127.0.0.1", 9, bad[i], &other),
                  IDEM_EINVAL);
        CHECK(other == NULL);
    }
    CHECK_OK(idem_close(s));
}

static void test_blocking(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK(blocking_of(s));
    CHECK_OK(idem_setblocking(s, false));
    CHECK(timeout_of(s) == 0);
    CHECK(!blocking_of(s));
    CHECK_OK(idem_setblocking(s, true));
    CHECK(timeout_of(s) == IDEM_FOREVER);
    CHECK(blocking_of(s));
    CHECK_OK(idem_settimeout(s, 3));
    CHECK_OK(idem_setblocking(s, true));
    CHECK(timeout_of(s) == IDEM_FOREVER);
    CHECK_OK(idem_close(s));
}

/* The ways to set it. */
static void set_forever(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, IDEM_FOREVER));
}

static void set_blocking(idem_socket *s)
{
    CHECK_OK(idem_setblocking(s, true));
}

static void set_zero(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, 0));
}

static void set_not_blocking(idem_socket *s)
{
    CHECK_OK(idem_setblocking(s, false));
}

static void set_short(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, 0.001));
}

static void set_longer(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, 0.0625));
}

static const struct setter {
    void (*set)(idem_socket *s);
    double seconds;
    idem_error nothing_there;
} setters[] = {
    { set_forever, IDEM_FOREVER, IDEM_OK },
    { set_blocking, IDEM_FOREVER, IDEM_OK },
    { set_zero, 0, IDEM_EWOULDBLOCK },
    { set_not_blocking, 0, IDEM_EWOULDBLOCK },
    { set_short, 0.001, IDEM_ETIMEDOUT },
    { set_longer, 0.0625, IDEM_ETIMEDOUT },
};

/* What is told of it, and what a call makes of it. */
static void check_setter(idem_socket *s, const struct setter *want)
{
    char c;

    CHECK(timeout_of(s) == want->seconds);
    CHECK_EQ(blocking_of(s), want->seconds != 0);
    if (want->nothing_there)
        CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), want->nothing_there);
}

static void check_arrives(idem_socket *s, const idem_address *at)
{
    char c;

    CHECK_OK(idem_sendto(s, "x", 1, 0, at, NULL));
    CHECK_OK(idem_recv(s, &c, 1, 0, NULL));
}

/* Whatever was set before: the last one counts, for all it is asked for. */
static void test_combinations(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    size_t i, k;

    for (i = 0; i < CHECK_COUNT(setters); i++) {
        for (k = 0; k < CHECK_COUNT(setters); k++) {
            setters[i].set(s);
            check_setter(s, &setters[i]);
            setters[k].set(s);
            check_setter(s, &setters[k]);
        }
    }
    set_forever(s);
    check_arrives(s, &at);
    CHECK_OK(idem_close(s));
}

/* ---- The default ------------------------------------------------------- */

static void test_default(void)
{
    idem_socket *before = open_stream(IDEM_AF_INET);
    idem_socket *s;
    idem_socket *twin;

    CHECK(idem_getdefaulttimeout() == IDEM_FOREVER);
    CHECK_OK(idem_setdefaulttimeout(2.5));
    CHECK(idem_getdefaulttimeout() == 2.5);
    s = open_stream(IDEM_AF_INET);
    CHECK(timeout_of(s) == 2.5);
    CHECK(timeout_of(before) == IDEM_FOREVER);
    CHECK_OK(idem_settimeout(s, 4));
    CHECK_OK(idem_dup(s, &twin));
    CHECK(timeout_of(twin) == 4); /* the original's, not the default */
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(before));
}

/* Accepted and adopted sockets begin with it; 0 is really non-blocking. */
static void test_default_accepted(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *s;
    intptr_t handle;
    char c;

    CHECK_OK(idem_settimeout(server, 10));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_OK(idem_accept(server, &s, NULL));
    CHECK(timeout_of(s) == 0);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_detach(s, &handle));
    CHECK_OK(idem_setdefaulttimeout(0.0625));
    CHECK_OK(idem_adopt(handle, &s));
    CHECK(timeout_of(s) == 0.0625);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_OK(idem_close(s));
    s = open_datagram(IDEM_AF_INET);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Never early ------------------------------------------------------- */

/* Short ones, long ones, and some between the ways a platform may wait. */
static const double waits[] = { 0.0001, 0.001, 0.01, 0.03, 0.049,
                                0.05,   0.051, 0.1,  0.2,  0.35 };

static void test_early_recv(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    size_t i;
    char c;

    for (i = 0; i < CHECK_COUNT(waits); i++) {
        CHECK_OK(idem_settimeout(client, waits[i]));
        start = support_now();
        CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= waits[i]);
    }
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Nor after many calls that did not have to wait, whatever they taught. */
static void test_early_after_many(void)
{
    enum {
        MANY = 300
    };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char bytes[MANY] = { 0 };
    double start;
    int round, i;

    CHECK_OK(idem_settimeout(client, 0.1));
    for (round = 0; round < 3; round++) {
        start = support_now();
        CHECK_ERR(idem_recv(client, bytes, 1, 0, NULL), IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= 0.1);
        CHECK_OK(idem_sendall(server, bytes, MANY, 0, NULL));
        for (i = 0; i < MANY; i++)
            CHECK_OK(idem_recv(client, bytes, 1, 0, NULL));
    }
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_early_recvfrom(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    double start;
    size_t i;
    char c;

    for (i = 0; i < CHECK_COUNT(waits); i++) {
        CHECK_OK(idem_settimeout(s, waits[i]));
        start = support_now();
        CHECK_ERR(idem_recvfrom(s, &c, 1, 0, NULL, NULL), IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= waits[i]);
    }
    CHECK_OK(idem_close(s));
}

static void test_early_accept(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    idem_socket *out;
    double start;
    size_t i;

    for (i = 0; i < CHECK_COUNT(waits); i++) {
        CHECK_OK(idem_settimeout(s, waits[i]));
        out = s;
        start = support_now();
        CHECK_ERR(idem_accept(s, &out, NULL), IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= waits[i]);
        CHECK(out == NULL);
    }
    CHECK_OK(idem_close(s));
}

static void test_early_send(void)
{
    static const char data[4096];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    size_t sent;
    size_t i;

    fill(client);
    for (i = 0; i < CHECK_COUNT(waits); i++) {
        CHECK_OK(idem_settimeout(client, waits[i]));
        start = support_now();
        CHECK_ERR(idem_send(client, data, sizeof(data), 0, &sent),
                  IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= waits[i]);
        CHECK_EQ(sent, 0);
    }
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Data that trickles in does not begin the time anew. */
static void test_early_waitall(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    char buf[10];
    size_t got;
    size_t i;

    for (i = 0; i < CHECK_COUNT(waits); i++) {
        CHECK_OK(idem_send(server, "abc", 3, 0, NULL));
        await_input(client);
        CHECK_OK(idem_settimeout(client, waits[i]));
        start = support_now();
        CHECK_ERR(idem_recv(client, buf, 10, IDEM_MSG_WAITALL, &got),
                  IDEM_ETIMEDOUT);
        CHECK(support_now() - start >= waits[i]);
        CHECK_EQ(got, 3);
    }
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* A connection that came before the first accept obeys its own timeout. */
static void test_accepted_late(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *conn;
    double start;
    char c;

    CHECK_OK(idem_setdefaulttimeout(0.1));
    server = listener(IDEM_AF_INET, &at);
    CHECK_OK(idem_connect(client, &at));
    await_input(server);
    CHECK_OK(idem_accept(server, &conn, NULL));
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    start = support_now();
    CHECK_ERR(idem_recv(conn, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Zero -------------------------------------------------------------- */

/* Nothing there yet: 10035, from every call. */
static void test_zero(void)
{
    idem_address at;
    idem_socket *lone = listener(IDEM_AF_INET, &at);
    idem_socket *d = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *out = client;
    size_t n = 99;
    char c = 'c';

    CHECK_OK(idem_settimeout(lone, 0));
    CHECK_ERR(idem_accept(lone, &out, NULL), IDEM_EWOULDBLOCK);
    CHECK(out == NULL);
    CHECK_OK(idem_settimeout(d, 0));
    CHECK_ERR(idem_recvfrom(d, &c, 1, 0, &n, NULL), IDEM_EWOULDBLOCK);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    fill(client);
    CHECK_ERR(idem_send(client, &c, 1, 0, &n), IDEM_EWOULDBLOCK);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_close(lone));
    CHECK_OK(idem_close(d));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* What is there is taken, also when there is no time. */
static void test_zero_ready(void)
{
    idem_address at;
    idem_socket *lone = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *server;
    char c;

    CHECK_OK(idem_connect(client, &at));
    await_input(lone);
    CHECK_OK(idem_settimeout(lone, 0));
    CHECK_OK(idem_accept(lone, &server, NULL));
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_OK(idem_sendall(client, "x", 1, 0, NULL));
    await_input(server);
    CHECK_OK(idem_settimeout(server, 0));
    CHECK_OK(idem_recv(server, &c, 1, 0, NULL));
    CHECK_OK(idem_close(lone));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(values),         CASE(bad_values),
    CASE(blocking),       CASE(combinations),
    CASE(default),        CASE(default_accepted),
    CASE(early_recv),     CASE(early_after_many),
    CASE(early_recvfrom), CASE(early_accept),
    CASE(early_send),     CASE(early_waitall),
    CASE(accepted_late),  CASE(zero),
    CASE(zero_ready),
};

CHECK_MAIN("timeout")
