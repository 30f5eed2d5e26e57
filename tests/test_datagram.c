/* Datagrams: whole, with their sender, or not at all. */
#include "check.h"
#include "peers.h"
#include "support.h"

/* Send text from a to the address. */
static void post(idem_socket *s, const char *text, const idem_address *to)
{
    size_t sent = 99;

    CHECK_OK(idem_sendto(s, text, strlen(text), 0, to, &sent));
    CHECK_EQ(sent, strlen(text));
}

/* The next datagram is text, sent by from. */
static void expect(idem_socket *s, const char *text, const idem_address *from)
{
    idem_address sender = { 0 };
    char buf[100];
    size_t got = 99;

    CHECK_OK(idem_recvfrom(s, buf, sizeof(buf), 0, &got, &sender));
    CHECK_EQ(got, strlen(text));
    CHECK(memcmp(buf, text, got) == 0);
    CHECK(idem_address_equal(&sender, from));
}

static void expect_none(idem_socket *s)
{
    char c;

    CHECK_ERR(idem_recv(s, &c, 1, IDEM_MSG_DONTWAIT, NULL), IDEM_EWOULDBLOCK);
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* A port that is taken, by a socket that accepts from itself alone: for all
 * others nobody is there. */
static idem_socket *dead_port(idem_address *at)
{
    idem_socket *s = bound_datagram(IDEM_AF_INET, at);

    CHECK_OK(idem_connect(s, at));
    return s;
}

/* ---- There and back ---------------------------------------------------- */

static void check_exchange(int family)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(family, &at_a);
    idem_socket *b = bound_datagram(family, &at_b);

    post(a, "one", &at_b);
    post(a, "two", &at_b);
    post(a, "", &at_b);
    post(a, "three", &at_b);
    expect(b, "one", &at_a);
    expect(b, "two", &at_a);
    expect(b, "", &at_a); /* empty, but a datagram */
    expect(b, "three", &at_a);
    expect_none(b);
    post(b, "answer", &at_a);
    expect(a, "answer", &at_b);
    close_both(a, b);
}

static void test_exchange(void)
{
    check_exchange(IDEM_AF_INET);
}

static void test_exchange_v6(void)
{
    need_ipv6();
    check_exchange(IDEM_AF_INET6);
}

static void check_unspecified(int family)
{
    idem_address at, any, own;
    idem_socket *a = bound_datagram(family, &at);
    idem_socket *b = bound_datagram(family, &own);

    any = wildcard(family, at.port);
    post(b, "x", &any);
    expect(a, "x", &own);
    CHECK_OK(idem_connect(b, &any));
    CHECK_OK(idem_send(b, "y", 1, 0, NULL));
    expect(a, "y", &own);
    close_both(a, b);
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

/* The largest that fits, with all its bytes. */
static void test_largest(void)
{
    static unsigned char out[65507], in[65507];
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = open_datagram(IDEM_AF_INET);
    size_t n = 99;

    write_pattern(out, sizeof(out), 1);
    CHECK_OK(idem_sendto(b, out, sizeof(out), 0, &at, &n));
    CHECK_EQ(n, sizeof(out));
    CHECK_OK(idem_recv(a, in, sizeof(in), 0, &n));
    CHECK_EQ(n, sizeof(in));
    CHECK(memcmp(in, out, sizeof(in)) == 0);
    close_both(a, b);
}

static void test_too_long(void)
{
    static const unsigned char data[70000];
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = open_datagram(IDEM_AF_INET);
    size_t n = 99;

    CHECK_ERR(idem_sendto(b, data, sizeof(data), 0, &at, &n), IDEM_EMSGSIZE);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_connect(b, &at));
    n = 99;
    CHECK_ERR(idem_send(b, data, sizeof(data), 0, &n), IDEM_EMSGSIZE);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_sendall(b, data, sizeof(data), 0, &n), IDEM_EMSGSIZE);
    CHECK_EQ(n, 0);
    expect_none(a);
    close_both(a, b);
}

/* ---- Short buffers ----------------------------------------------------- */

static void check_cut(idem_socket *s, const idem_address *from, size_t cap,
                      int flags)
{
    idem_address sender = { 0 };
    char buf[16] = "zzzzzzzzzzzzzzz";
    size_t got = 99;

    CHECK_ERR(idem_recvfrom(s, buf, cap, flags, &got, &sender), IDEM_EMSGSIZE);
    CHECK_EQ(got, cap);
    CHECK(memcmp(buf, "0123456789", cap) == 0);
    CHECK_EQ(buf[cap], 'z');
    CHECK(idem_address_equal(&sender, from));
}

/* Too long for the buffer: 10040, with what fits and the sender; the rest is
 * lost, the next datagram is not. */
static void test_truncated(void)
{
    idem_address at, own;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);

    post(b, "0123456789", &at);
    post(b, "0123456789", &at);
    post(b, "next", &at);
    check_cut(a, &own, 4, 0);
    check_cut(a, &own, 9, 0);
    expect(a, "next", &own);
    post(b, "0123456789", &at);
    expect(a, "0123456789", &own); /* exactly fitting is not cut */
    close_both(a, b);
}

/* With capacity 0 every datagram is too long, but the empty one. */
static void test_capacity_zero(void)
{
    idem_address at, own, sender;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);
    size_t got = 99;

    CHECK_OK(idem_settimeout(a, 0));
    CHECK_ERR(idem_recvfrom(a, NULL, 0, 0, &got, &sender), IDEM_EWOULDBLOCK);
    CHECK_EQ(got, 0);
    CHECK_EQ(sender.family, IDEM_AF_UNSPEC);
    CHECK_OK(idem_settimeout(a, IDEM_FOREVER));
    post(b, "0123456789", &at);
    check_cut(a, &own, 0, 0);
    post(b, "", &at);
    got = 99;
    CHECK_OK(idem_recvfrom(a, NULL, 0, 0, &got, &sender));
    CHECK_EQ(got, 0);
    CHECK(idem_address_equal(&sender, &own));
    expect_none(a);
    close_both(a, b);
}

static void test_peek(void)
{
    idem_address at, own;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);
    char buf[20];
    size_t got = 99;

    post(b, "0123456789", &at);
    check_cut(a, &own, 4, IDEM_MSG_PEEK);
    CHECK_OK(idem_recv(a, buf, sizeof(buf), IDEM_MSG_PEEK, &got));
    CHECK_EQ(got, 10);
    expect(a, "0123456789", &own);
    expect_none(a);
    CHECK_ERR(idem_recv(a, buf, 4, IDEM_MSG_WAITALL, &got), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recv(a, buf, 4, 0x40, &got), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_sendto(b, buf, 4, 0x40, &at, &got), IDEM_EOPNOTSUPP);
    close_both(a, b);
}

/* ---- Addresses --------------------------------------------------------- */

static void test_no_address(void)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);
    size_t n = 99;

    CHECK_ERR(idem_send(s, "x", 1, 0, &n), IDEM_EDESTADDRREQ);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_sendall(s, "x", 1, 0, &n), IDEM_EDESTADDRREQ);
    CHECK_ERR(idem_sendto(s, "x", 1, 0, NULL, &n), IDEM_EDESTADDRREQ);
    CHECK_ERR(idem_send(s, "", 0, 0, &n), IDEM_EDESTADDRREQ);
    CHECK_ERR(idem_shutdown(s, IDEM_SHUT_RD), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
}

static void test_bad_address(void)
{
    const idem_address zero = loopback(IDEM_AF_INET, 0);
    const idem_address six = loopback(IDEM_AF_INET6, 9);
    const idem_address none = { 0 };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    size_t n = 99;

    CHECK_ERR(idem_sendto(s, "x", 1, 0, &zero, &n), IDEM_EADDRNOTAVAIL);
    CHECK_EQ(n, 0);
    n = 99;
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &six, &n), IDEM_EAFNOSUPPORT);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &none, &n), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_connect(s, &zero), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_connect(s, &six), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
}

/* A socket that is not bound gets a port by itself, and waits. */
static void test_recv_unbound(void)
{
    idem_address at, own;
    idem_socket *a = open_datagram(IDEM_AF_INET);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);
    double start;
    char c;

    CHECK_OK(idem_settimeout(a, 0));
    CHECK_ERR(idem_recv(a, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_getsockname(a, &at));
    CHECK(at.port != 0);
    CHECK_OK(idem_settimeout(a, 0.06));
    start = support_now();
    CHECK_ERR(idem_recv(a, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.06);
    at = loopback(IDEM_AF_INET, at.port);
    post(b, "found", &at);
    CHECK_OK(idem_settimeout(a, IDEM_FOREVER));
    expect(a, "found", &own);
    close_both(a, b);
}

/* So does one that sends. */
static void test_send_unbound(void)
{
    idem_address at, own, sender;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = open_datagram(IDEM_AF_INET);
    char c;

    post(b, "x", &at);
    CHECK_OK(idem_getsockname(b, &own));
    CHECK(own.port != 0);
    CHECK_OK(idem_recvfrom(a, &c, 1, 0, NULL, &sender));
    CHECK_EQ(sender.port, own.port);
    post(a, "back", &sender);
    expect(b, "back", &at);
    close_both(a, b);
}

/* ---- Connected --------------------------------------------------------- */

static void test_connected(void)
{
    idem_address at_a, at_b, at_c, peer;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    idem_socket *c = bound_datagram(IDEM_AF_INET, &at_c);

    CHECK_OK(idem_connect(a, &at_b));
    CHECK_OK(idem_getpeername(a, &peer));
    CHECK(idem_address_equal(&peer, &at_b));
    CHECK_OK(idem_send(a, "to b", 4, 0, NULL));
    expect(b, "to b", &at_a);
    CHECK_OK(idem_sendto(a, "again", 5, 0, NULL, NULL));
    expect(b, "again", &at_a);
    CHECK_OK(idem_sendall(a, "all", 3, 0, NULL));
    expect(b, "all", &at_a);
    CHECK_OK(idem_sendall(a, NULL, 0, 0, NULL));
    expect(b, "", &at_a);       /* nothing is a datagram, too */
    post(c, "stranger", &at_a); /* is not heard */
    post(b, "friend", &at_a);
    expect(a, "friend", &at_b);
    expect_none(a);
    /* The peer may be changed. */
    CHECK_OK(idem_connect(a, &at_c));
    CHECK_OK(idem_getpeername(a, &peer));
    CHECK(idem_address_equal(&peer, &at_c));
    CHECK_OK(idem_send(a, "to c", 4, 0, NULL));
    expect(c, "to c", &at_a);
    close_both(a, b);
    CHECK_OK(idem_close(c));
}

static void test_shut(void)
{
    idem_address at, own;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);
    size_t got = 99;
    char c;

    CHECK_OK(idem_connect(b, &at));
    post(a, "x", &own);
    await_input(b);
    CHECK_OK(idem_shutdown(b, IDEM_SHUT_RD));
    CHECK_OK(idem_recv(b, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_send(b, "y", 1, 0, NULL));
    expect(a, "y", &own);
    CHECK_OK(idem_shutdown(b, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(b, "y", 1, 0, NULL), IDEM_ESHUTDOWN);
    close_both(a, b);
}

/* ---- Nobody there ------------------------------------------------------ */

/* One socket talks to many: what one of them is not is no error of it. */
static void test_unreachable(void)
{
    idem_address dead, at, own;
    idem_socket *keeper = dead_port(&dead);
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &own);
    char c;
    int i;

    CHECK_OK(idem_settimeout(a, 0.06));
    for (i = 0; i < 5; i++) {
        post(a, "lost", &dead);
        CHECK_ERR(idem_recv(a, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
        post(a, "arrives", &own);
        expect(b, "arrives", &at);
        post(b, "answer", &at);
        expect(a, "answer", &own);
    }
    close_both(a, b);
    CHECK_OK(idem_close(keeper));
}

/* A connected socket is told. */
static void test_unreachable_connected(void)
{
    idem_address dead;
    idem_socket *keeper;
    idem_socket *s;
    char c;

    check_skip_wine(0, "W-2", "a connected datagram socket is not told");
    keeper = dead_port(&dead);
    s = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_connect(s, &dead));
    CHECK_OK(idem_send(s, "x", 1, 0, NULL));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ECONNREFUSED);
    CHECK_OK(idem_settimeout(s, 0.06));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT); /* once */
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(keeper));
}

static const check_case cases[] = {
    CASE(exchange),
    CASE(exchange_v6),
    CASE(unspecified),
    CASE(unspecified_v6),
    CASE(largest),
    CASE(too_long),
    CASE(truncated),
    CASE(capacity_zero),
    CASE(peek),
    CASE(no_address),
    CASE(bad_address),
    CASE(recv_unbound),
    CASE(send_unbound),
    CASE(connected),
    CASE(shut),
    CASE(unreachable),
    CASE(unreachable_connected),
};

CHECK_MAIN("datagram")
