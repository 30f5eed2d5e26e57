/* Connecting and accepting, step by step. */
#include "calls.h"
#include "check.h"

static idem_address address(const char *host, int port)
{
    idem_address a;

    CHECK_OK(idem_address_make(host, port, &a));
    return a;
}

static idem_socket *begin(int family, int type, double timeout)
{
    idem_socket *s;

    script_reset();
    CHECK_OK(idem_open(family, type, 0, &s));
    CHECK_OK(idem_settimeout(s, timeout));
    return s;
}

/* ---- connect ----------------------------------------------------------- */

/* Timeout 0: under way, still under way, connected. */
static void test_under_way(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0);
    idem_address peer;

    script_add(OP_CONNECTED, IDEM_OK, 0, 50);
    CHECK_ERR(idem_connect(s, &to), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_connect(s, &to), IDEM_EALREADY);
    CHECK_ERR(idem_connect_ex(s, &to), IDEM_EALREADY);
    CHECK_ERR(idem_getpeername(s, &peer), IDEM_ENOTCONN);
    CHECK_EQ(script_elapsed_ns(), 0);
    script.now_ns += 50 * MS;
    CHECK_ERR(idem_connect(s, &to), IDEM_EISCONN);
    CHECK_ERR(idem_connect(s, &to), IDEM_EISCONN);
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK(idem_address_equal(&peer, &to));
    CHECK_EQ(script.calls[OP_CONNECT], 0); /* its one attempt was refused */
    CHECK_EQ(script.attempts, 1);
    end_call(s);
}

/* The failure is told by the call that asks. */
static void test_under_way_fails(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0);

    script_add(OP_CONNECTED, IDEM_ECONNREFUSED, 0, 50);
    CHECK_ERR(idem_connect(s, &to), IDEM_EWOULDBLOCK);
    script.now_ns += 50 * MS;
    CHECK_ERR(idem_connect(s, &to), IDEM_ECONNREFUSED);
    end_call(s);
}

/* A transfer waits for the connection, too. */
static void test_under_way_transfer(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0);
    char c;
    size_t n = 9;

    script_add(OP_CONNECTED, IDEM_OK, 0, 50);
    CHECK_ERR(idem_connect(s, &to), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_send(s, "c", 1, 0, &n), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_recv(s, &c, 1, 0, &n), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_settimeout(s, 0.02));
    CHECK_ERR(idem_send(s, "c", 1, 0, &n), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 20 * MS);
    end_call(s);
}

/* Interrupted: it goes on by itself and is not begun again. */
static void test_interrupted(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0.1);

    script_add(OP_CONNECT, IDEM_EINTR, 0, 0);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    script_add(OP_CONNECTED, IDEM_OK, 0, 60);
    CHECK_OK(idem_connect(s, &to));
    CHECK_EQ(script.calls[OP_CONNECT], 1);
    CHECK_EQ(script_elapsed_ns(), 60 * MS);
    CHECK_EQ(script.polled_events, IDEM_POLLOUT);
    CHECK_ERR(idem_connect(s, &to), IDEM_EISCONN);
    end_call(s);
}

/* Timed out: given up, and may be begun again. */
static void test_timed_out(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0.1);
    char c;
    size_t n;

    CHECK_ERR(idem_connect(s, &to), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_ERR(idem_recv(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    CHECK_ERR(idem_send(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_connect(s, &to));
    end_call(s);
}

static void test_refused(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_FOREVER);
    idem_address peer;

    script_add(OP_CONNECT, IDEM_ECONNREFUSED, 0, 0);
    CHECK_ERR(idem_connect(s, &to), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_getpeername(s, &peer), IDEM_ENOTCONN);
    CHECK_ERR(idem_shutdown(s, IDEM_SHUT_RDWR), IDEM_ENOTCONN);
    end_call(s);
}

/* Refused by the library: nobody is asked. */
static void test_bad_target(void)
{
    const idem_address six = address("::1", 80);
    const idem_address zero = address("10.0.0.1", 0);
    const idem_address none = { 0 };
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_FOREVER);

    CHECK_ERR(idem_connect(s, &six), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_connect(s, &none), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_connect(s, &zero), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_connect(s, NULL), IDEM_EFAULT);
    CHECK_EQ(script.attempts, 0);
    CHECK_OK(idem_listen(s, -5));
    CHECK_EQ(script.last_backlog, 0);
    CHECK_ERR(idem_connect(s, &zero), IDEM_EADDRNOTAVAIL);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static void test_listener(void)
{
    const idem_address to = address("10.0.0.1", 80);
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_FOREVER);
    char c;
    size_t n;

    CHECK_OK(idem_listen(s, 7));
    CHECK_EQ(script.last_backlog, 7);
    CHECK_EQ(script.last_to.port, 0); /* bound by itself */
    CHECK_ERR(idem_connect(s, &to), IDEM_EINVAL);
    CHECK_ERR(idem_recv(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    CHECK_ERR(idem_send(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static void check_this_machine(int family, const char *any, const char *want)
{
    const idem_address to = address(any, 80);
    const idem_address own = address(want, 80);
    idem_socket *s = begin(family, IDEM_SOCK_STREAM, IDEM_FOREVER);

    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_connect(s, &to));
    CHECK(idem_address_equal(&script.last_to, &own));
    end_call(s);
    s = begin(family, IDEM_SOCK_DGRAM, IDEM_FOREVER);
    script_add(OP_SENDTO, IDEM_OK, 1, 0);
    CHECK_OK(idem_sendto(s, "c", 1, 0, &to, NULL));
    CHECK(idem_address_equal(&script.last_to, &own));
    end_call(s);
}

/* The unspecified address is this machine. */
static void test_unspecified(void)
{
    check_this_machine(IDEM_AF_INET, "0.0.0.0", "127.0.0.1");
    check_this_machine(IDEM_AF_INET6, "::", "::1");
}

/* ---- accept ------------------------------------------------------------ */

/* Connections that were gone again are passed over. */
static void test_accept_again(void)
{
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 0.1);
    idem_socket *conn;
    idem_address peer;
    idem_address again;

    CHECK_OK(idem_listen(s, 1));
    script_add(OP_ACCEPT, IDEM_EINTR, 0, 0);
    script_add(OP_ACCEPT, IDEM_EINTR, 0, 30);
    script_add(OP_ACCEPT, IDEM_OK, 0, 70);
    CHECK_OK(idem_accept(s, &conn, &peer));
    CHECK_EQ(script_elapsed_ns(), 70 * MS);
    CHECK_OK(idem_getpeername(conn, &again));
    CHECK(idem_address_equal(&peer, &again));
    CHECK_ERR(idem_connect(conn, &peer), IDEM_EISCONN);
    CHECK_OK(idem_close(conn));
    end_call(s);
}

/* The accepted socket has the default timeout, not the listener's. */
static void test_accept_default(void)
{
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, 5);
    idem_socket *conn;
    double seconds = 9;

    CHECK_OK(idem_listen(s, 1));
    script_add(OP_ACCEPT, IDEM_OK, 0, 0);
    CHECK_OK(idem_accept(s, &conn, NULL));
    CHECK_OK(idem_gettimeout(conn, &seconds));
    CHECK(seconds == IDEM_FOREVER);
    CHECK(script.sockets[idem_fileno(conn)].blocking);
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_setdefaulttimeout(0));
    script_add(OP_ACCEPT, IDEM_OK, 0, 0);
    CHECK_OK(idem_accept(s, &conn, NULL));
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK_OK(idem_gettimeout(conn, &seconds));
    CHECK(seconds == 0);
    CHECK(!script.sockets[idem_fileno(conn)].blocking);
    CHECK_OK(idem_close(conn));
    end_call(s);
}

/* Out of memory, or of descriptors: the connection stays in the queue, and
 * nothing is open. */
static void test_accept_no_memory(void)
{
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_FOREVER);
    idem_socket *conn = s;

    CHECK_OK(idem_listen(s, 1));
    script.no_memory = true;
    script_add(OP_ACCEPT, IDEM_EMFILE, 0, 0);
    CHECK_ERR(idem_accept(s, &conn, NULL), IDEM_ENOMEM);
    CHECK(conn == NULL);
    CHECK_EQ(script.calls[OP_ACCEPT], 0);
    script.no_memory = false;
    CHECK_ERR(idem_accept(s, &conn, NULL), IDEM_EMFILE);
    CHECK(conn == NULL);
    CHECK_EQ(script_open_count(), 1);
    end_call(s);
}

/* The new handle does not take the mode it should have: it is closed. */
static void test_accept_mode_fails(void)
{
    idem_socket *s = begin(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_FOREVER);
    idem_socket *conn = s;
    idem_address peer = { 0 };

    CHECK_OK(idem_listen(s, 1));
    script_add(OP_ACCEPT, IDEM_OK, 0, 0);
    while (script.answer_count[OP_SET_BLOCKING] < script.calls[OP_SET_BLOCKING])
        script_add(OP_SET_BLOCKING, IDEM_OK, 0, 0);
    script_add(OP_SET_BLOCKING, IDEM_ENOBUFS, 0, 0);
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_ERR(idem_accept(s, &conn, &peer), IDEM_ENOBUFS);
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK(conn == NULL);
    CHECK_EQ(peer.family, IDEM_AF_UNSPEC);
    CHECK_EQ(script_open_count(), 1);
    end_call(s);
}

static const check_case cases[] = {
    CASE(under_way),         CASE(under_way_fails), CASE(under_way_transfer),
    CASE(interrupted),       CASE(timed_out),       CASE(refused),
    CASE(bad_target),        CASE(listener),        CASE(unspecified),
    CASE(accept_again),      CASE(accept_default),  CASE(accept_no_memory),
    CASE(accept_mode_fails),
};

CHECK_MAIN("handshake")
