/* Options: set and asked for, on sockets that have them and on others. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <limits.h>

#define TCP4 KIND_TCP4
#define TCP6 KIND_TCP6
#define UDP4 KIND_UDP4
#define UDP6 KIND_UDP6

/* ---- Flags ------------------------------------------------------------- */

typedef struct flag {
    idem_error (*set)(idem_socket *s, bool on);
    idem_error (*get)(idem_socket *s, bool *on);
    unsigned kinds; /* that have it */
    bool first;     /* its value in a new socket */
    int feature;    /* of a system that has it; 0: every one has */
} flag;

#define NAMES(option) idem_set_##option, idem_get_##option

/* clang-format off */
static const flag flags[] = {
    { NAMES(reuse_port),     TCP4 | TCP6 | UDP4 | UDP6, false,
      IDEM_HAS_REUSE_PORT },
    { NAMES(broadcast),      UDP4,        false, 0 },
    { NAMES(nodelay),        TCP4 | TCP6, false, 0 },
    { NAMES(v6only),         TCP6 | UDP6, true,  0 },
    { NAMES(multicast_loop), UDP4 | UDP6, true,  0 },
    { NAMES(receive_packet_info), UDP4 | UDP6, false, IDEM_HAS_PACKET_INFO },
    { NAMES(receive_ttl),    UDP4 | UDP6, false, IDEM_HAS_RECEIVE_TTL },
    { NAMES(receive_tos),    UDP4 | UDP6, false, IDEM_HAS_RECEIVE_TOS },
    { NAMES(receive_credentials), 0,      false, 0 },
};
/* clang-format on */

static void check_flag(const flag *f, idem_socket *s)
{
    static const bool order[] = { true, true, false, false, true };
    bool on = !f->first;
    size_t i;

    CHECK_OK(f->get(s, &on));
    CHECK_EQ(on, f->first);
    for (i = 0; i < CHECK_COUNT(order); i++) {
        CHECK_OK(f->set(s, order[i]));
        on = !order[i];
        CHECK_OK(f->get(s, &on));
        CHECK_EQ(on, order[i]);
    }
    CHECK_OK(f->get(s, NULL));
}

static void check_no_flag(const flag *f, idem_socket *s, idem_error want)
{
    bool on = true;

    CHECK_ERR(f->set(s, true), want);
    CHECK_ERR(f->set(s, false), want);
    CHECK_ERR(f->get(s, &on), want);
    CHECK(!on);
}

static void check_flags(unsigned kind)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(flags); i++) {
        const flag *f = &flags[i];
        idem_socket *s = open_kind(kind);

        if (!(f->kinds & kind))
            check_no_flag(f, s, IDEM_ENOPROTOOPT);
        else if (f->feature != 0 && !idem_has(f->feature))
            check_no_flag(f, s, IDEM_EOPNOTSUPP);
        else
            check_flag(f, s);
        CHECK_OK(idem_close(s));
    }
}

static void test_flags_stream(void)
{
    check_flags(TCP4);
}

static void test_flags_stream_v6(void)
{
    need_ipv6();
    check_flags(TCP6);
}

static void test_flags_datagram(void)
{
    check_flags(UDP4);
}

static void test_flags_datagram_v6(void)
{
    need_ipv6();
    check_flags(UDP6);
}

/* ---- Numbers ----------------------------------------------------------- */

typedef struct number {
    idem_error (*set)(idem_socket *s, int value);
    idem_error (*get)(idem_socket *s, int *value);
    unsigned kinds;
    int good[4];
    int bad[5];
} number;

/* clang-format off */
static const number numbers[] = {
    { NAMES(linger), TCP4 | TCP6,
      { 0, 65535, 7, -1 }, { -2, 65536, INT_MAX, INT_MIN, -7 } },
    { NAMES(send_buffer), TCP4 | TCP6 | UDP4 | UDP6,
      { 30000, 50000, 65536, 30001 }, { 0, -1, -2, -65536, INT_MIN } },
    { NAMES(receive_buffer), TCP4 | TCP6 | UDP4 | UDP6,
      { 30000, 50000, 65536, 30001 }, { 0, -1, -2, -65536, INT_MIN } },
    { NAMES(ttl), TCP4 | TCP6 | UDP4 | UDP6,
      { 1, 255, 64, 128 }, { 0, 256, -1, INT_MAX, INT_MIN } },
    { NAMES(multicast_ttl), UDP4 | UDP6,
      { 0, 255, 1, 7 }, { 256, -1, 1000, INT_MAX, INT_MIN } },
};
/* clang-format on */

static void check_number(const number *n, idem_socket *s)
{
    int value;
    size_t i;

    for (i = 0; i < CHECK_COUNT(n->good); i++) {
        CHECK_OK(n->set(s, n->good[i]));
        value = -9;
        CHECK_OK(n->get(s, &value));
        CHECK_EQ(value, n->good[i]);
    }
    for (i = 0; i < CHECK_COUNT(n->bad); i++) {
        CHECK_ERR(n->set(s, n->bad[i]), IDEM_EINVAL);
        CHECK_OK(n->get(s, &value)); /* as it was */
        CHECK_EQ(value, n->good[CHECK_COUNT(n->good) - 1]);
    }
    CHECK_OK(n->get(s, NULL));
}

static void check_no_number(const number *n, idem_socket *s)
{
    int value = 9;

    CHECK_ERR(n->set(s, n->good[0]), IDEM_ENOPROTOOPT);
    CHECK_ERR(n->set(s, n->bad[0]), IDEM_ENOPROTOOPT);
    CHECK_ERR(n->get(s, &value), IDEM_ENOPROTOOPT);
    CHECK_EQ(value, 0);
}

static void check_numbers(unsigned kind)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(numbers); i++) {
        idem_socket *s = open_kind(kind);

        if (numbers[i].kinds & kind)
            check_number(&numbers[i], s);
        else
            check_no_number(&numbers[i], s);
        CHECK_OK(idem_close(s));
    }
}

static void test_numbers_stream(void)
{
    check_numbers(TCP4);
}

static void test_numbers_stream_v6(void)
{
    need_ipv6();
    check_numbers(TCP6);
}

static void test_numbers_datagram(void)
{
    check_numbers(UDP4);
}

static void test_numbers_datagram_v6(void)
{
    need_ipv6();
    check_numbers(UDP6);
}

/* What nobody set is a sensible number, and a wish beyond all limits is cut. */
static void test_first_values(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    int value = 0;

    CHECK_OK(idem_get_linger(s, &value));
    CHECK_EQ(value, -1);
    CHECK_OK(idem_get_ttl(s, &value));
    CHECK(value >= 1 && value <= 255);
    CHECK_OK(idem_get_tos(s, &value));
    CHECK_EQ(value, 0);
    CHECK_OK(idem_get_send_buffer(s, &value));
    CHECK(value > 1000);
    CHECK_OK(idem_set_send_buffer(s, INT_MAX));
    CHECK_OK(idem_get_send_buffer(s, &value));
    CHECK(value > 1000);
    CHECK_OK(idem_close(s));
    s = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_get_multicast_ttl(s, &value));
    CHECK_EQ(value, 1);
    CHECK_OK(idem_close(s));
}

/* TCP keeps the two lower bits to itself. */
static void check_tos(unsigned kind)
{
    const bool stream = kind & (TCP4 | TCP6);
    idem_socket *s = open_kind(kind);
    int value = 9;

    CHECK_ERR(idem_set_tos(s, 256), IDEM_EINVAL);
    CHECK_ERR(idem_set_tos(s, -1), IDEM_EINVAL);
    CHECK_OK(idem_set_tos(s, 0xb8));
    CHECK_OK(idem_get_tos(s, &value));
    CHECK_EQ(value, 0xb8);
    CHECK_ERR(idem_set_tos(s, 0xb9), stream ? IDEM_EINVAL : IDEM_OK);
    CHECK_OK(idem_get_tos(s, &value));
    CHECK_EQ(value, stream ? 0xb8 : 0xb9);
    CHECK_OK(idem_close(s));
}

static void test_tos(void)
{
    check_tos(TCP4);
    check_tos(UDP4);
}

static void test_tos_v6(void)
{
    need_ipv6();
    if (!idem_has(IDEM_HAS_TOS_IPV6))
        check_skip("this system has no type of service for IPv6");
    check_tos(TCP6);
    check_tos(UDP6);
}

/* ---- Keepalive --------------------------------------------------------- */

static idem_keepalive keepalive_of(idem_socket *s)
{
    idem_keepalive k = { true, 9, 9, 9 };

    CHECK_OK(idem_get_keepalive(s, &k));
    return k;
}

static void test_keepalive(void)
{
    const idem_keepalive off = { .on = false };
    const idem_keepalive on = { .on = true };
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK(!keepalive_of(s).on);
    CHECK_OK(idem_set_keepalive(s, &on));
    CHECK(keepalive_of(s).on);
    CHECK_OK(idem_set_keepalive(s, &off));
    CHECK(!keepalive_of(s).on);
    CHECK_OK(idem_set_keepalive(s, &(idem_keepalive){ true, 100, 20, 5 }));
    CHECK(keepalive_of(s).on); /* also where the times are set otherwise */
    CHECK_OK(idem_close(s));
}

static void test_keepalive_times(void)
{
    idem_socket *s;
    idem_keepalive k;

    check_skip_wine(10, "W-13", "the times of keepalive cannot be asked for");
    s = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_set_keepalive(s, &(idem_keepalive){ true, 100, 20, 5 }));
    k = keepalive_of(s);
    CHECK_EQ(k.idle, 100);
    CHECK_EQ(k.interval, 20);
    CHECK_EQ(k.count, 5);
    CHECK_OK(idem_set_keepalive(s, &(idem_keepalive){ true, 0, 32767, 0 }));
    k = keepalive_of(s);
    CHECK_EQ(k.idle, 100);
    CHECK_EQ(k.interval, 32767);
    CHECK_EQ(k.count, 5);
    CHECK_OK(idem_close(s));
}

/* A value out of range leaves everything as it was. */
static void test_keepalive_bad(void)
{
    static const idem_keepalive bad[] = {
        { true, -1, 20, 5 },    { true, 100, -1, 5 },    { true, 100, 20, -1 },
        { true, 32768, 20, 5 }, { true, 100, 32768, 5 }, { true, 100, 20, 128 },
        { false, -1, 0, 0 },
    };
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *d = open_datagram(IDEM_AF_INET);
    const idem_keepalive first = keepalive_of(s);
    idem_keepalive k = { true, 9, 9, 9 };
    size_t i;

    for (i = 0; i < CHECK_COUNT(bad); i++) {
        CHECK_ERR(idem_set_keepalive(s, &bad[i]), IDEM_EINVAL);
        k = keepalive_of(s);
        CHECK(!k.on);
        CHECK_EQ(k.idle, first.idle);
        CHECK_EQ(k.interval, first.interval);
        CHECK_EQ(k.count, first.count);
    }
    CHECK_ERR(idem_set_keepalive(s, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_set_keepalive(d, &first), IDEM_ENOPROTOOPT);
    k.on = true;
    CHECK_ERR(idem_get_keepalive(d, &k), IDEM_ENOPROTOOPT);
    CHECK(!k.on);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
}

/* ---- What they do ------------------------------------------------------ */

/* Closing with linger 0 resets the connection. */
static void test_linger_reset(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_pollfd one = { server, 0, 0 };
    size_t ready;

    CHECK_OK(idem_set_linger(client, 0));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK(one.revents & IDEM_POLLERR);
    CHECK_OK(idem_close(server));
}

/* Closing with a time to linger loses nothing, whatever the timeout is. */
static void test_linger_close(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t got = 9;
    char buf[8];

    CHECK_OK(idem_setblocking(client, false));
    CHECK_OK(idem_set_linger(client, 5));
    CHECK_OK(idem_send(client, "last", 4, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_recv(server, buf, sizeof(buf), 0, &got));
    CHECK_EQ(got, 4);
    CHECK_OK(idem_recv(server, buf, sizeof(buf), 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_close(server));
}

/* The broadcast address of the loopback network. */
static void test_broadcast(void)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_address to;

    CHECK_OK(idem_address_make("127.255.255.255", 9, &to));
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &to, NULL), IDEM_EACCES);
    CHECK_OK(idem_set_broadcast(s, true));
    CHECK_OK(idem_sendto(s, "x", 1, 0, &to, NULL));
    CHECK_OK(idem_close(s));
}

static void check_v6only_late(idem_socket *s, bool now)
{
    bool on = !now;

    CHECK_ERR(idem_set_v6only(s, true), IDEM_EINVAL);
    CHECK_ERR(idem_set_v6only(s, false), IDEM_EINVAL);
    CHECK_OK(idem_get_v6only(s, &on));
    CHECK_EQ(on, now);
}

/* Before bind, or never. */
static void test_v6only_late(void)
{
    idem_socket *server;
    idem_socket *client;
    idem_address at;

    need_ipv6();
    server = closed_port(IDEM_AF_INET6, &at);
    check_v6only_late(server, true);
    CHECK_OK(idem_listen(server, 1));
    check_v6only_late(server, true);
    CHECK_OK(idem_close(server));
    client = stream_pair_on(IDEM_AF_INET6, &server);
    check_v6only_late(client, true);
    check_v6only_late(server, true);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* One listener for both families. */
static void test_dualstack(void)
{
    const idem_address any = wildcard(IDEM_AF_INET6, 0);
    idem_address at, to, peer;
    idem_socket *server;
    idem_socket *client;
    idem_socket *conn;
    char text[IDEM_ADDRESS_TEXT];

    need_ipv6();
    if (!idem_has_dualstack_ipv6())
        check_skip("this system has no dual stack");
    server = open_stream(IDEM_AF_INET6);
    CHECK_OK(idem_set_v6only(server, false));
    CHECK_OK(idem_set_ttl(server, 77)); /* for both */
    CHECK_OK(idem_bind(server, &any));
    CHECK_OK(idem_listen(server, 1));
    check_v6only_late(server, false);
    CHECK_OK(idem_getsockname(server, &at));
    client = open_stream(IDEM_AF_INET);
    to = loopback(IDEM_AF_INET, at.port);
    CHECK_OK(idem_connect(client, &to));
    CHECK_OK(idem_accept(server, &conn, &peer));
    CHECK_OK(idem_address_host(&peer, text, sizeof(text)));
    CHECK_STR(text, "::ffff:127.0.0.1");
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    client = open_stream(IDEM_AF_INET6);
    to = loopback(IDEM_AF_INET6, at.port);
    CHECK_OK(idem_connect(client, &to));
    CHECK_OK(idem_accept(server, &conn, NULL));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static idem_socket *sharing_listener(const idem_address *at)
{
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_OK(idem_set_reuse_port(s, true));
    CHECK_OK(idem_bind(s, at));
    CHECK_OK(idem_listen(s, 1));
    return s;
}

/* All who share have to say so, before bind. */
static void test_reuse_port(void)
{
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_address at;
    idem_socket *a;
    idem_socket *b;

    if (!idem_has(IDEM_HAS_REUSE_PORT))
        check_skip("this system cannot share a port");
    a = sharing_listener(&any);
    CHECK_OK(idem_getsockname(a, &at));
    b = sharing_listener(&at);
    CHECK_ERR(idem_set_reuse_port(b, false), IDEM_EINVAL);
    CHECK_OK(idem_close(b));
    b = open_stream(IDEM_AF_INET);
    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(b));
    CHECK_OK(idem_close(a));
}

static const check_case cases[] = {
    CASE(flags_stream),     CASE(flags_stream_v6),
    CASE(flags_datagram),   CASE(flags_datagram_v6),
    CASE(numbers_stream),   CASE(numbers_stream_v6),
    CASE(numbers_datagram), CASE(numbers_datagram_v6),
    CASE(first_values),     CASE(tos),
    CASE(tos_v6),           CASE(keepalive),
    CASE(keepalive_times),  CASE(keepalive_bad),
    CASE(linger_reset),     CASE(linger_close),
    CASE(broadcast),        CASE(v6only_late),
    CASE(dualstack),        CASE(reuse_port),
};

CHECK_MAIN("option")
