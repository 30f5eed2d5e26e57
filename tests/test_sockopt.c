/* Options by level and name; and what all options have in common. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <limits.h>
#include <stdio.h>

static idem_error set_raw(idem_socket *s, int level, int name, int value)
{
    return idem_setsockopt(s, level, name, &value, sizeof(value));
}

/* Its value; 0 when that fails. */
static idem_error get_raw(idem_socket *s, int level, int name, int *value)
{
    size_t size = sizeof(*value);
    idem_error err;

    *value = 99;
    err = idem_getsockopt(s, level, name, value, &size);
    CHECK_EQ(size, err ? 0 : sizeof(*value));
    if (err)
        CHECK_EQ(*value, 0);
    return err;
}

static int value_of(idem_socket *s, int level, int name)
{
    int value;

    CHECK_OK(get_raw(s, level, name, &value));
    return value;
}

/* ---- The table --------------------------------------------------------- */

#define TCP4 KIND_TCP4
#define TCP6 KIND_TCP6
#define UDP4 KIND_UDP4
#define UDP6 KIND_UDP6
#define TCP (TCP4 | TCP6)
#define UDP (UDP4 | UDP6)
#define ALL (TCP | UDP)

typedef struct option {
    const char *text;
    int level;
    int name;
    unsigned kinds; /* that have it */
    int value;      /* to set; -1: it cannot be */
    int feature;    /* of a system that has it; 0: every one has */
} option;

#define SOME(level, name, kinds, value, feature)                               \
    {                                                                          \
#name, level, name, kinds, value, feature                              \
    }
#define ROW(level, name, kinds, value) SOME(level, name, kinds, value, 0)

/* clang-format off */
static const option options[] = {
    ROW(IDEM_SOL_SOCKET, IDEM_SO_ACCEPTCONN, ALL, -1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, ALL, 1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_KEEPALIVE, TCP, 1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_DONTROUTE, ALL, 1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_BROADCAST, UDP4, 1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_LINGER, TCP, 3),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_OOBINLINE, TCP, 1),
    SOME(IDEM_SOL_SOCKET, IDEM_SO_REUSEPORT, ALL, 1,
         IDEM_HAS_REUSE_PORT),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_SNDBUF, ALL, 40000),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_RCVBUF, ALL, 40000),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_ERROR, ALL, -1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_TYPE, ALL, -1),
    ROW(IDEM_SOL_SOCKET, IDEM_SO_PASSCRED, 0, 1),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_TOS, TCP4 | UDP4, 32),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_TTL, TCP4 | UDP4, 7),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_MULTICAST_IF, UDP4, 0),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_MULTICAST_TTL, UDP4, 7),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_MULTICAST_LOOP, UDP4, 0),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_DONTFRAGMENT, UDP4, 1),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_PKTINFO, UDP4, 1),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_RECVTTL, UDP4, 1),
    ROW(IDEM_IPPROTO_IP, IDEM_IP_RECVTOS, UDP4, 1),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_UNICAST_HOPS, TCP6 | UDP6, 7),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_MULTICAST_IF, UDP6, 0),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_MULTICAST_HOPS, UDP6, 7),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_MULTICAST_LOOP, UDP6, 0),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_DONTFRAG, UDP6, 1),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_PKTINFO, UDP6, 1),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_HOPLIMIT, UDP6, 1),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_V6ONLY, TCP6 | UDP6, 0),
    SOME(IDEM_IPPROTO_IPV6, IDEM_IPV6_TCLASS, TCP6 | UDP6, 32,
         IDEM_HAS_TOS_IPV6),
    ROW(IDEM_IPPROTO_IPV6, IDEM_IPV6_RECVTCLASS, UDP6, 1),
    ROW(IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, TCP, 1),
    ROW(IDEM_IPPROTO_TCP, IDEM_TCP_KEEPIDLE, TCP, 70),
    ROW(IDEM_IPPROTO_TCP, IDEM_TCP_MAXRT, TCP, 70),
    ROW(IDEM_IPPROTO_TCP, IDEM_TCP_KEEPCNT, TCP, 7),
    ROW(IDEM_IPPROTO_TCP, IDEM_TCP_KEEPINTVL, TCP, 70),
    SOME(IDEM_IPPROTO_UDP, IDEM_UDP_SEND_MSG_SIZE, UDP, 700,
         IDEM_HAS_SEGMENT_OFFLOAD),
    SOME(IDEM_IPPROTO_UDP, IDEM_UDP_RECV_MAX_COALESCED_SIZE, UDP, 65535,
         IDEM_HAS_SEGMENT_OFFLOAD),
};
/* clang-format on */

/* Wine lacks the newer options of TCP: W-13, W-14. */
static bool is_lacking(const option *o)
{
    if (o->feature != 0)
        return !idem_has(o->feature);
    return support_wine() > 0 && o->level == IDEM_IPPROTO_TCP
           && o->name != IDEM_TCP_NODELAY
           && (support_wine() < 10 || o->name == IDEM_TCP_MAXRT);
}

/* Set it and ask for it, where this system has it. */
static void check_has(const option *o, idem_socket *s)
{
    int value;

    if (o->value == -1) {
        CHECK_ERR(set_raw(s, o->level, o->name, 1), IDEM_ENOPROTOOPT);
        CHECK_OK(get_raw(s, o->level, o->name, &value));
        return;
    }
    if (is_lacking(o)) {
        CHECK_ERR(set_raw(s, o->level, o->name, o->value), IDEM_EOPNOTSUPP);
        CHECK_ERR(get_raw(s, o->level, o->name, &value), IDEM_EOPNOTSUPP);
        return;
    }
    CHECK_OK(set_raw(s, o->level, o->name, o->value));
    CHECK_EQ(value_of(s, o->level, o->name), o->value);
}

static void check_has_not(const option *o, idem_socket *s)
{
    int value;

    CHECK_ERR(set_raw(s, o->level, o->name, o->value), IDEM_ENOPROTOOPT);
    CHECK_ERR(get_raw(s, o->level, o->name, &value), IDEM_ENOPROTOOPT);
}

static void check_table(unsigned kind)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(options); i++) {
        idem_socket *s = open_kind(kind);

        printf("%s\n", options[i].text);
        if (options[i].kinds & kind)
            check_has(&options[i], s);
        else
            check_has_not(&options[i], s);
        CHECK_OK(idem_close(s));
    }
}

static void test_table_stream(void)
{
    check_table(TCP4);
}

static void test_table_stream_v6(void)
{
    need_ipv6();
    check_table(TCP6);
}

static void test_table_datagram(void)
{
    check_table(UDP4);
}

static void test_table_datagram_v6(void)
{
    need_ipv6();
    check_table(UDP6);
}

/* Numbers that nobody knows, the systems' own among them. */
static void test_unknown(void)
{
    static const int odd[][2] = {
        { IDEM_SOL_SOCKET, 0 },
        { IDEM_SOL_SOCKET, 2000 },
        { IDEM_SOL_SOCKET, -1 },
        { IDEM_SOL_SOCKET, INT_MIN },
        { IDEM_SOL_SOCKET, INT_MAX },
        { 1, 2 },
        { -1, IDEM_IP_TTL },
        { -1, 0 },
        { INT_MIN, IDEM_IP_TTL },
        { INT_MAX, 1 },
        { IDEM_IPPROTO_IP, 1 },
        { IDEM_IPPROTO_TCP, 0 },
        { IDEM_IPPROTO_UDP, 103 },
        { 41, 26 },
        { IDEM_SOL_SOCKET, 0x1005 },
        { IDEM_SOL_SOCKET, 0x1006 },
        { IDEM_SOL_SOCKET, ~IDEM_SO_REUSEADDR },
    };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    int value;
    size_t i;

    for (i = 0; i < CHECK_COUNT(odd); i++) {
        CHECK_ERR(set_raw(s, odd[i][0], odd[i][1], 1), IDEM_ENOPROTOOPT);
        CHECK_ERR(get_raw(s, odd[i][0], odd[i][1], &value), IDEM_ENOPROTOOPT);
    }
    CHECK_OK(idem_close(s));
}

/* An int, and nothing else. */
static void test_sizes(void)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 5, 8, SIZE_MAX };
    idem_socket *s = open_stream(IDEM_AF_INET);
    char room[64] = { 1 };
    size_t size;
    size_t i;

    for (i = 0; i < CHECK_COUNT(sizes); i++)
        CHECK_ERR(idem_setsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, room,
                                  sizes[i]),
                  IDEM_EFAULT);
    for (size = 0; size < sizeof(int);) {
        CHECK_ERR(
            idem_getsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, room, &size),
            IDEM_EFAULT);
        CHECK_EQ(size, 0);
        CHECK_EQ(room[0], 1); /* untouched */
        size = ++i - CHECK_COUNT(sizes);
    }
    size = sizeof(room);
    memset(room, 'z', sizeof(room));
    CHECK_OK(
        idem_getsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, room, &size));
    CHECK_EQ(size, sizeof(int));
    CHECK_EQ(room[0], 0);
    CHECK_EQ(room[sizeof(int)], 'z');
    CHECK_ERR(idem_setsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, NULL, 4),
              IDEM_EFAULT);
    CHECK_ERR(
        idem_getsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, NULL, &size),
        IDEM_EFAULT);
    CHECK_ERR(
        idem_getsockopt(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, room, NULL),
        IDEM_EFAULT);
    CHECK_OK(idem_close(s));
}

/* Any number but 0 is "on", and told as 1. */
static void test_flag(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_OK(set_raw(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, -5));
    CHECK_EQ(value_of(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY), 1);
    CHECK_OK(set_raw(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, 256));
    CHECK_EQ(value_of(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY), 1);
    CHECK_OK(set_raw(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY, 0));
    CHECK_EQ(value_of(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY), 0);
    CHECK_OK(idem_close(s));
}

/* ---- What is known without the system ---------------------------------- */

static void test_type(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    idem_socket *d = open_datagram(IDEM_AF_INET);

    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_TYPE), IDEM_SOCK_STREAM);
    CHECK_EQ(value_of(d, IDEM_SOL_SOCKET, IDEM_SO_TYPE), IDEM_SOCK_DGRAM);
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_ACCEPTCONN), 1);
    CHECK_EQ(value_of(d, IDEM_SOL_SOCKET, IDEM_SO_ACCEPTCONN), 0);
    CHECK_OK(idem_close(s));
    s = closed_port(IDEM_AF_INET, &at);
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_ACCEPTCONN), 0);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
}

/* A neutral code, told once. */
static void test_error(void)
{
    idem_address at;
    idem_socket *nobody = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    char c;

    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_ERROR), IDEM_OK);
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_connect(s, &at), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, NULL));
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_ERROR), IDEM_ECONNREFUSED);
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_ERROR), IDEM_OK);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(nobody));
}

/* ---- The same port ----------------------------------------------------- */

/* On streams it is remembered, and takes nothing from anybody. */
static void test_reuse_stream(void)
{
    idem_address at;
    idem_socket *a = listener(IDEM_AF_INET, &at);
    idem_socket *b = open_stream(IDEM_AF_INET);

    CHECK_OK(set_raw(b, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 1));
    CHECK_OK(set_raw(a, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 1));
    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(b));
    b = open_stream(IDEM_AF_INET);
    at = wildcard(IDEM_AF_INET, at.port);
    CHECK_OK(set_raw(b, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 1));
    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(b));
    CHECK_OK(idem_close(a));
}

static void test_reuse_told(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *twin;

    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 0);
    CHECK_OK(set_raw(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 7));
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 1);
    CHECK_OK(idem_dup(s, &twin));
    CHECK_EQ(value_of(twin, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 1);
    CHECK_OK(set_raw(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 0));
    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 0);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
}

static idem_socket *reusing_datagram(void)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);

    CHECK_EQ(value_of(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 0);
    CHECK_OK(set_raw(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 1));
    return s;
}

/* Datagram sockets share a port if all of them say so. */
static void test_reuse_datagram(void)
{
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_socket *a = reusing_datagram();
    idem_socket *b = reusing_datagram();
    idem_address at;

    CHECK_OK(idem_bind(a, &any));
    CHECK_OK(idem_getsockname(a, &at));
    CHECK_OK(idem_bind(b, &at));
    CHECK_ERR(set_raw(b, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, 0), IDEM_EINVAL);
    CHECK_EQ(value_of(b, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR), 1);
    CHECK_OK(idem_close(b));
    b = open_datagram(IDEM_AF_INET);
    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(b));
    CHECK_OK(idem_close(a));
}

/* One that does not share is not shared with. */
static void test_reuse_one_side(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = reusing_datagram();

    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* ---- Common to all ----------------------------------------------------- */

/* Nothing here waits: a cancelled socket still has its options. */
static void test_cancelled(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    bool on = false;

    CHECK_OK(idem_cancel(s));
    CHECK_OK(idem_set_nodelay(s, true));
    CHECK_OK(idem_get_nodelay(s, &on));
    CHECK(on);
    CHECK_EQ(value_of(s, IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY), 1);
    CHECK_OK(idem_close(s));
}

static void test_no_socket(void)
{
    const idem_address group = loopback(IDEM_AF_INET, 0);
    idem_keepalive k = { true, 1, 1, 1 };
    size_t size = sizeof(k);
    unsigned ifindex = 9;
    int value = 9;
    bool on = true;

    CHECK_ERR(set_raw(NULL, IDEM_SOL_SOCKET, IDEM_SO_SNDBUF, 1), IDEM_ENOTSOCK);
    CHECK_ERR(idem_getsockopt(NULL, IDEM_SOL_SOCKET, IDEM_SO_TYPE, &k, &size),
              IDEM_ENOTSOCK);
    CHECK_EQ(size, 0);
    CHECK_ERR(idem_set_nodelay(NULL, true), IDEM_ENOTSOCK);
    CHECK_ERR(idem_get_nodelay(NULL, &on), IDEM_ENOTSOCK);
    CHECK(!on);
    CHECK_ERR(idem_set_ttl(NULL, 1), IDEM_ENOTSOCK);
    CHECK_ERR(idem_get_ttl(NULL, &value), IDEM_ENOTSOCK);
    CHECK_EQ(value, 0);
    CHECK_ERR(idem_set_keepalive(NULL, &k), IDEM_ENOTSOCK);
    CHECK_ERR(idem_get_keepalive(NULL, &k), IDEM_ENOTSOCK);
    CHECK(!k.on && k.idle == 0 && k.interval == 0 && k.count == 0);
    CHECK_ERR(idem_join_group(NULL, &group, 0), IDEM_ENOTSOCK);
    CHECK_ERR(idem_leave_group(NULL, &group, 0), IDEM_ENOTSOCK);
    CHECK_ERR(idem_set_multicast_interface(NULL, 1), IDEM_ENOTSOCK);
    CHECK_ERR(idem_get_multicast_interface(NULL, &ifindex), IDEM_ENOTSOCK);
    CHECK_EQ(ifindex, 0);
}

/* ---- Capabilities ------------------------------------------------------ */

static void test_has(void)
{
    int feature;

    for (feature = 1; feature < 64; feature++)
        CHECK_EQ(idem_has(feature), idem_has(feature));
    CHECK_EQ(idem_has_dualstack_ipv6(), idem_has(IDEM_HAS_DUALSTACK_IPV6));
    CHECK(!idem_has_dualstack_ipv6() || idem_has(IDEM_HAS_IPV6));
    CHECK(!idem_has(0));
    CHECK(!idem_has(-1));
    CHECK(!idem_has(64));
    CHECK(!idem_has(INT_MAX));
    CHECK(!idem_has(INT_MIN));
}

/* Where there are no descriptors nothing is found out, and nothing kept. */
static void test_has_later(void)
{
    if (!support_limit_handles(0))
        check_skip("this system has no limit to lower");
    CHECK(!idem_has(IDEM_HAS_PACKET_INFO));
    support_unlimit_handles();
    CHECK(idem_has(IDEM_HAS_PACKET_INFO));
}

static const check_case cases[] = {
    CASE(table_stream),   CASE(table_stream_v6),
    CASE(table_datagram), CASE(table_datagram_v6),
    CASE(unknown),        CASE(sizes),
    CASE(flag),           CASE(type),
    CASE(error),          CASE(reuse_stream),
    CASE(reuse_told),     CASE(reuse_datagram),
    CASE(reuse_one_side), CASE(cancelled),
    CASE(no_socket),      CASE(has),
    CASE(has_later),
};

CHECK_MAIN("sockopt")
