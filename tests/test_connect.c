/* connect, accept. */
#include "check.h"
#include "peers.h"
#include "support.h"

/* ---- Refused ----------------------------------------------------------- */

static void check_refused(int family)
{
    idem_address at;
    idem_socket *closed = closed_port(family, &at);
    idem_socket *s = open_stream(family);

    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
    s = open_stream(family);
    CHECK_OK(idem_settimeout(s, 10));
    CHECK_ERR(idem_connect_ex(s, &at), IDEM_ECONNREFUSED);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

/* Python: ConnectionRefusedError; connect_ex returns 10061. */
static void test_refused(void)
{
    check_refused(IDEM_AF_INET);
}

static void test_refused_v6(void)
{
    need_ipv6();
    check_refused(IDEM_AF_INET6);
}

/* Timeout 0: the call after the wait tells. */
static void test_refused_zero(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    idem_error err;
    size_t ready;

    CHECK_OK(idem_setblocking(s, false));
    err = idem_connect(s, &at);
    if (err == IDEM_EWOULDBLOCK) {
        CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
        err = idem_connect(s, &at);
    }
    CHECK_ERR(err, IDEM_ECONNREFUSED);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

/* ---- Accepted ---------------------------------------------------------- */

static void check_names(int family)
{
    const idem_address own = loopback(family, 0);
    idem_address at, peer, a, b;
    idem_socket *server = listener(family, &at);
    idem_socket *client = open_stream(family);
    idem_socket *accepted;

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, &peer));
    CHECK_OK(idem_getsockname(client, &a));
    CHECK(a.port != 0);
    CHECK(memcmp(a.ip, own.ip, sizeof(a.ip)) == 0);
    CHECK(idem_address_equal(&a, &peer));
    CHECK_OK(idem_getpeername(accepted, &b));
    CHECK(idem_address_equal(&a, &b));
    CHECK_OK(idem_getpeername(client, &b));
    CHECK(idem_address_equal(&at, &b));
    CHECK_OK(idem_getsockname(accepted, &b));
    CHECK(idem_address_equal(&at, &b));
    CHECK_EQ(idem_family(accepted), family);
    CHECK_EQ(idem_type(accepted), IDEM_SOCK_STREAM);
    CHECK_EQ(idem_proto(accepted), 0);
    CHECK(!support_inheritable(idem_fileno(accepted)));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Both ends call each other by the same names. */
static void test_names(void)
{
    check_names(IDEM_AF_INET);
}

static void test_names_v6(void)
{
    need_ipv6();
    check_names(IDEM_AF_INET6);
}

/* The accepted socket waits, though the listener does not. */
static void test_accepted_blocks(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;
    double seconds = 9;
    bool blocking = false;
    double start;
    char c;
    size_t got;

    CHECK_OK(idem_setblocking(server, false));
    CHECK_OK(idem_connect(client, &at));
    await_input(server);
    CHECK_OK(idem_accept(server, &accepted, NULL));
    CHECK_OK(idem_gettimeout(accepted, &seconds));
    CHECK(seconds == IDEM_FOREVER);
    CHECK_OK(idem_getblocking(accepted, &blocking));
    CHECK(blocking);
    CHECK_OK(idem_settimeout(accepted, 0.1));
    start = support_now();
    CHECK_ERR(idem_recv(accepted, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Make, of what a listener is given, a socket with the timeout `want`. */
static void check_inherits(idem_socket *server, double own, double want)
{
    idem_address at;
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *s;
    intptr_t handle;
    double seconds = 9;

    CHECK_OK(idem_getsockname(server, &at));
    CHECK_OK(idem_settimeout(server, own));
    CHECK_OK(idem_connect(client, &at));
    await_input(server);
    CHECK_OK(idem_setdefaulttimeout(want));
    CHECK_OK(idem_accept(server, &s, NULL));
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == want);
    CHECK_EQ(idem_family(s), IDEM_AF_INET);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_EQ(idem_proto(s), IDEM_IPPROTO_TCP);
    handle = detached(s);
    CHECK(!support_inheritable(handle));
    CHECK_EQ(support_blocking(handle), want == IDEM_FOREVER);
    support_close_socket(handle);
    CHECK_OK(idem_close(client));
}

/* Kind and protocol from the listener; the timeout is the default, and so is
 * the mode of the handle. */
static void test_accept_inherits(void)
{
    static const double timeouts[] = { IDEM_FOREVER, 0, 2.5 };
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_socket *server;
    size_t i, k;

    CHECK_OK(
        idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP, &server));
    CHECK_OK(idem_bind(server, &any));
    CHECK_OK(idem_listen(server, 5));
    for (i = 0; i < CHECK_COUNT(timeouts); i++) {
        for (k = 0; k < CHECK_COUNT(timeouts); k++)
            check_inherits(server, timeouts[i], timeouts[k]);
    }
    CHECK_OK(idem_close(server));
}

static void test_accept_not_listening(void)
{
    idem_address at;
    idem_socket *out;
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *bound = closed_port(IDEM_AF_INET, &at);
    idem_socket *d = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    out = s;
    CHECK_ERR(idem_accept(s, &out, &at), IDEM_EINVAL);
    CHECK(out == NULL);
    CHECK_EQ(at.family, IDEM_AF_UNSPEC);
    CHECK_ERR(idem_accept(bound, &out, NULL), IDEM_EINVAL);
    CHECK_ERR(idem_accept(client, &out, NULL), IDEM_EINVAL);
    CHECK_ERR(idem_accept(d, &out, NULL), IDEM_EOPNOTSUPP);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(bound));
    CHECK_OK(idem_close(d));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Whoever connected and went again is still accepted, or passed over: accept
 * gives the next that lives. */
static void test_accept_gone(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *gone = open_stream(IDEM_AF_INET);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;
    idem_address own, peer;

    CHECK_OK(idem_connect(gone, &at));
    support_reset_on_close(idem_fileno(gone));
    CHECK_OK(idem_close(gone));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_getsockname(client, &own));
    do {
        CHECK_OK(idem_accept(server, &accepted, &peer));
        CHECK_OK(idem_close(accepted));
    } while (!idem_address_equal(&own, &peer));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Connect again ----------------------------------------------------- */

static void test_again_connected(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_address at;

    CHECK_OK(idem_getpeername(client, &at));
    CHECK_ERR(idem_connect(client, &at), IDEM_EISCONN);
    CHECK_ERR(idem_connect_ex(client, &at), IDEM_EISCONN);
    CHECK_ERR(idem_connect(server, &at), IDEM_EISCONN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_again_listener(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);

    CHECK_ERR(idem_connect(server, &at), IDEM_EINVAL);
    CHECK_OK(idem_close(server));
}

/* Timeout 0: begin, wait for POLLOUT, ask again. */
static void test_again_zero(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    size_t ready;

    CHECK_OK(idem_setblocking(s, false));
    if (idem_connect(s, &at) == IDEM_EWOULDBLOCK) {
        CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
        CHECK_EQ(ready, 1);
        CHECK_EQ(one.revents, IDEM_POLLOUT);
    }
    CHECK_ERR(idem_connect(s, &at), IDEM_EISCONN);
    CHECK_ERR(idem_connect_ex(s, &at), IDEM_EISCONN);
    CHECK_OK(idem_send(s, "x", 1, 0, NULL));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

/* One that failed may be tried again. */
static void test_again_failed(void)
{
    idem_address at, nowhere;
    idem_socket *closed;
    idem_socket *server;
    idem_socket *accepted;
    idem_socket *s;

    check_skip_wine(10, "W-3", "no connect after one that failed");
    closed = closed_port(IDEM_AF_INET, &nowhere);
    server = listener(IDEM_AF_INET, &at);
    s = open_stream(IDEM_AF_INET);
    CHECK_ERR(idem_connect(s, &nowhere), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_connect(s, &nowhere), IDEM_ECONNREFUSED);
    CHECK_OK(idem_connect(s, &at));
    check_peer(s, &at);
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(s, accepted);
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_close(closed));
}

/* While it is under way, and when its time runs out. */
static void test_under_way(void)
{
    full_listener f;
    idem_socket *s;
    char c;

    fill_listener(&f);
    s = f.inside[f.count - 1];
    CHECK_ERR(idem_connect(s, &f.at), IDEM_EALREADY);
    CHECK_ERR(idem_connect_ex(s, &f.at), IDEM_EALREADY);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_send(s, "c", 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_listen(s, 1), IDEM_EINVAL);
    close_full_listener(&f);
}

static void test_timed_out(void)
{
    full_listener f;
    idem_socket *s = open_stream(IDEM_AF_INET);
    double start;
    char c;

    CHECK_OK(idem_close(s));
    fill_listener(&f);
    s = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_settimeout(s, 0.25));
    start = support_now();
    CHECK_ERR(idem_connect(s, &f.at), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.25);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
    start = support_now();
    CHECK_ERR(idem_create_connection("127.0.0.1", f.at.port, 0.25, &s),
              IDEM_ETIMEDOUT);
    CHECK(s == NULL);
    CHECK(support_now() - start >= 0.25);
    close_full_listener(&f);
}

/* ---- Odd targets ------------------------------------------------------- */

static void test_port_zero(void)
{
    const idem_address at = loopback(IDEM_AF_INET, 0);
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_connect(s, &at), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_close(s));
    need_ipv6();
    s = open_stream(IDEM_AF_INET6);
    CHECK_ERR(idem_connect(s, &(idem_address){ .family = IDEM_AF_INET6 }),
              IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_close(s));
}

static void test_other_family(void)
{
    const idem_address four = loopback(IDEM_AF_INET, 9);
    const idem_address six = loopback(IDEM_AF_INET6, 9);
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_connect(s, &six), IDEM_EAFNOSUPPORT);
    CHECK_OK(idem_close(s));
    need_ipv6();
    s = open_stream(IDEM_AF_INET6);
    CHECK_ERR(idem_connect(s, &four), IDEM_EAFNOSUPPORT);
    CHECK_OK(idem_close(s));
}

static void check_unspecified(int family)
{
    idem_address at, any, peer;
    idem_socket *server = listener(family, &at);
    idem_socket *s = open_stream(family);

    any = wildcard(family, at.port);
    CHECK_OK(idem_connect(s, &any));
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK(idem_address_equal(&peer, &at));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

/* The unspecified address is this machine. */
static void test_unspecified(void)
{
    check_unspecified(IDEM_AF_INET);
}

static void test_unspecified_v6(void)
{
    need_ipv6();
    check_unspecified(IDEM_AF_INET6);
}

/* A socket may have a place before it connects. */
static void test_from_bound(void)
{
    idem_address at, own, peer;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *s = closed_port(IDEM_AF_INET, &own);
    idem_socket *accepted;

    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_accept(server, &accepted, &peer));
    CHECK(idem_address_equal(&own, &peer));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(refused),         CASE(refused_v6),
    CASE(refused_zero),    CASE(names),
    CASE(names_v6),        CASE(accepted_blocks),
    CASE(accept_inherits), CASE(accept_not_listening),
    CASE(accept_gone),     CASE(again_connected),
    CASE(again_listener),  CASE(again_zero),
    CASE(again_failed),    CASE(under_way),
    CASE(timed_out),       CASE(port_zero),
    CASE(other_family),    CASE(unspecified),
    CASE(unspecified_v6),  CASE(from_bound),
};

CHECK_MAIN("connect")
