/* idem_socketpair(). */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdatomic.h>
#include <stdio.h>

#define STREAM IDEM_SOCK_STREAM
#define DATAGRAM IDEM_SOCK_DGRAM

typedef struct pair {
    idem_socket *a;
    idem_socket *b;
} pair;

static pair made(int family, int type)
{
    pair p = { NULL, NULL };

    CHECK_OK(idem_socketpair(family, type, 0, &p.a, &p.b));
    CHECK(p.a != NULL && p.b != NULL && p.a != p.b);
    return p;
}

static void close_pair(const pair *p)
{
    CHECK_OK(idem_close(p->a));
    CHECK_OK(idem_close(p->b));
}

static void check_text_passes(idem_socket *from, idem_socket *to,
                              const char *text)
{
    const size_t length = strlen(text);
    size_t n = 99;
    char buf[64];

    CHECK_OK(idem_send(from, text, length, 0, &n));
    CHECK_EQ(n, length);
    CHECK_OK(idem_recv(to, buf, sizeof(buf), 0, &n));
    CHECK_EQ(n, length);
    CHECK(memcmp(buf, text, length) == 0);
}

/* ---- Each kind --------------------------------------------------------- */

static void check_names(const pair *p)
{
    idem_address a, b, a_peer, b_peer;

    CHECK_OK(idem_getsockname(p->a, &a));
    CHECK_OK(idem_getsockname(p->b, &b));
    CHECK_OK(idem_getpeername(p->a, &a_peer));
    CHECK_OK(idem_getpeername(p->b, &b_peer));
    CHECK(idem_address_equal(&a, &b_peer));
    CHECK(idem_address_equal(&b, &a_peer));
    CHECK_EQ(a.family, idem_family(p->a));
}

static void check_pair(const pair *p, int type)
{
    static const idem_socket *const none;
    idem_socket *const ends[] = { p->a, p->b };
    size_t n = 9;
    size_t i;
    char c;

    for (i = 0; i < 2; i++) {
        CHECK(ends[i] != none);
        CHECK_EQ(idem_type(ends[i]), type);
        CHECK_EQ(idem_proto(ends[i]), 0);
        CHECK(!support_inheritable(idem_fileno(ends[i])));
        CHECK_ERR(idem_recv(ends[i], &c, 1, IDEM_MSG_DONTWAIT, &n),
                  IDEM_EWOULDBLOCK);
    }
    check_names(p);
    check_text_passes(p->a, p->b, "there");
    check_text_passes(p->b, p->a, "and back");
    check_text_passes(p->b, p->a, "again");
}

static void check_stream_end(const pair *p)
{
    size_t n = 9;
    char c;

    CHECK_OK(idem_shutdown(p->a, IDEM_SHUT_WR));
    CHECK_OK(idem_recv(p->b, &c, 1, 0, &n));
    CHECK_EQ(n, 0);
    check_text_passes(p->b, p->a, "half");
}

static void check_kind(int family, int type, int want)
{
    const pair p = made(family, type);

    CHECK_EQ(idem_family(p.a), want);
    CHECK_EQ(idem_family(p.b), want);
    check_pair(&p, type);
    if (type == STREAM)
        check_stream_end(&p);
    else
        check_text_passes(p.a, p.b, ""); /* datagrams keep their limits */
    close_pair(&p);
}

static void test_any(void)
{
    const pair p = made(IDEM_AF_UNSPEC, STREAM);
    const int family = idem_family(p.a);

    CHECK(family == IDEM_AF_UNIX || family == IDEM_AF_INET);
    check_pair(&p, STREAM);
    close_pair(&p);
}

static void test_any_datagram(void)
{
    const pair p = made(IDEM_AF_UNSPEC, DATAGRAM);

    check_pair(&p, DATAGRAM);
    close_pair(&p);
}

/* Of Unix sockets they are the system's, or there are none. */
static void check_local(int type)
{
    idem_socket *a;
    idem_socket *b;

    if (idem_has(IDEM_HAS_UNIX_DGRAM)) {
        check_kind(IDEM_AF_UNIX, type, IDEM_AF_UNIX);
        check_kind(IDEM_AF_UNSPEC, type, IDEM_AF_UNIX);
        return;
    }
    CHECK_ERR(idem_socketpair(IDEM_AF_UNIX, type, 0, &a, &b), IDEM_EOPNOTSUPP);
    CHECK(a == NULL && b == NULL);
    check_kind(IDEM_AF_UNSPEC, type, IDEM_AF_INET);
}

static void test_local(void)
{
    check_local(STREAM);
}

static void test_local_datagram(void)
{
    check_local(DATAGRAM);
}

static void check_loopback(int family, int type)
{
    pair p;
    bool on = false;

    check_kind(family, type, family);
    if (type == DATAGRAM)
        return;
    p = made(family, type);
    CHECK_OK(idem_get_nodelay(p.a, &on));
    CHECK(on);
    CHECK_OK(idem_get_nodelay(p.b, &on));
    CHECK(on);
    close_pair(&p);
}

static void test_inet(void)
{
    check_loopback(IDEM_AF_INET, STREAM);
}

static void test_inet_datagram(void)
{
    check_loopback(IDEM_AF_INET, DATAGRAM);
}

static void test_inet6(void)
{
    need_ipv6();
    check_loopback(IDEM_AF_INET6, STREAM);
}

static void test_inet6_datagram(void)
{
    need_ipv6();
    check_loopback(IDEM_AF_INET6, DATAGRAM);
}

/* Nobody is listening any more, and nobody else is listened to. */
static void test_alone(void)
{
    pair p = made(IDEM_AF_INET, STREAM);
    idem_address at;
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_OK(idem_getpeername(p.a, &at));
    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED);
    CHECK_OK(idem_close(s));
    close_pair(&p);
    p = made(IDEM_AF_INET, DATAGRAM);
    CHECK_OK(idem_getpeername(p.a, &at));
    s = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_sendto(s, "stranger", 8, 0, &at, NULL));
    check_text_passes(p.a, p.b, "mine"); /* and no other comes first */
    CHECK_OK(idem_close(s));
    close_pair(&p);
}

/* ---- Refused ----------------------------------------------------------- */

static void check_refused(int family, int type, int protocol, idem_error want)
{
    int object;
    idem_socket *a = (idem_socket *)(void *)&object;
    idem_socket *b = a;

    CHECK_ERR(idem_socketpair(family, type, protocol, &a, &b), want);
    CHECK(a == NULL);
    CHECK(b == NULL);
}

static void test_refused_kinds(void)
{
    check_refused(99, STREAM, 0, IDEM_EAFNOSUPPORT);
    check_refused(-1, STREAM, 0, IDEM_EAFNOSUPPORT);
    check_refused(IDEM_AF_INET, 99, 0, IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_UNSPEC, 0, 0, IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_UNSPEC, STREAM, IDEM_IPPROTO_TCP,
                  IDEM_EPROTONOSUPPORT);
    check_refused(IDEM_AF_INET, STREAM, IDEM_IPPROTO_UDP, IDEM_EPROTONOSUPPORT);
    check_refused(IDEM_AF_UNIX, DATAGRAM, 5, IDEM_EPROTONOSUPPORT);
}

static void test_bad_input(void)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_socketpair(IDEM_AF_UNSPEC, STREAM, 0, NULL, &s),
              IDEM_EFAULT);
    CHECK(s == NULL);
    s = (idem_socket *)(void *)&object;
    CHECK_ERR(idem_socketpair(IDEM_AF_UNSPEC, STREAM, 0, &s, NULL),
              IDEM_EFAULT);
    CHECK(s == NULL);
    CHECK_ERR(idem_socketpair(IDEM_AF_UNSPEC, STREAM, 0, NULL, NULL),
              IDEM_EFAULT);
}

static void check_timeouts(const pair *p, double want)
{
    double seconds = 9;

    CHECK_OK(idem_gettimeout(p->a, &seconds));
    CHECK(seconds == want);
    CHECK_OK(idem_gettimeout(p->b, &seconds));
    CHECK(seconds == want);
    close_pair(p);
}

/* It is what they begin with, and does not hinder their making. */
static void test_default_timeout(void)
{
    static const int families[] = { IDEM_AF_UNSPEC, IDEM_AF_INET };
    static const double timeouts[] = { 0, 2.5, 1e-9, IDEM_FOREVER };
    size_t i, k;

    for (i = 0; i < CHECK_COUNT(families); i++) {
        for (k = 0; k < CHECK_COUNT(timeouts); k++) {
            pair p;

            CHECK_OK(idem_setdefaulttimeout(timeouts[k]));
            p = made(families[i], STREAM);
            check_timeouts(&p, timeouts[k]);
            p = made(families[i], DATAGRAM);
            check_timeouts(&p, timeouts[k]);
        }
    }
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
}

static void test_too_many(void)
{
    int more;

    if (!support_limit_handles(0))
        check_skip("this system has no limit to lower");
    check_refused(IDEM_AF_UNSPEC, STREAM, 0, IDEM_EMFILE);
    support_unlimit_handles();
    for (more = 0; more < 3; more++) {
        (void)support_limit_handles(more);
        check_refused(IDEM_AF_INET, STREAM, 0, IDEM_EMFILE);
        support_unlimit_handles();
    }
}

/* ---- Strangers --------------------------------------------------------- */

#define ROUNDS 200  /* at least; until strangers have come, */
#define ENOUGH 10   /* so many, */
#define SECONDS 5.0 /* but no longer than this */
#define VISITS 64

static atomic_bool over;
static atomic_int visits;

/* Connects to whatever listens in this process, and says something. */
static void intrude(void *arg)
{
    idem_socket *visitors[VISITS] = { NULL };
    size_t i = 0;

    (void)arg;
    while (!atomic_load(&over)) {
        const int port = support_listening_port();
        const idem_address at = loopback(IDEM_AF_INET, port);
        idem_socket *s;

        if (port == 0)
            continue;
        s = open_stream(IDEM_AF_INET);
        CHECK_OK(idem_settimeout(s, 0.5));
        if (!idem_connect(s, &at) && !idem_send(s, "intruder", 8, 0, NULL))
            atomic_fetch_add(&visits, 1);
        CHECK_OK(idem_close(visitors[i]));
        visitors[i] = s;
        i = (i + 1) % VISITS;
    }
    for (i = 0; i < VISITS; i++)
        CHECK_OK(idem_close(visitors[i]));
}

/* The ends are each other's, whoever connects in between. */
static void test_strangers(void)
{
    support_thread *t = support_start(intrude, NULL);
    const double start = support_now();
    int round;

    for (round = 0;
         round < ROUNDS
         || (atomic_load(&visits) < ENOUGH && support_now() - start < SECONDS);
         round++) {
        const pair p = made(IDEM_AF_INET, STREAM);

        check_names(&p);
        check_text_passes(p.a, p.b, "ours");
        check_text_passes(p.b, p.a, "ours");
        close_pair(&p);
    }
    atomic_store(&over, true);
    support_join(t);
    printf("%d strangers in %d rounds\n", atomic_load(&visits), round);
}

static const check_case cases[] = {
    CASE(any),      CASE(any_datagram),  CASE(local),     CASE(local_datagram),
    CASE(inet),     CASE(inet_datagram), CASE(inet6),     CASE(inet6_datagram),
    CASE(alone),    CASE(refused_kinds), CASE(bad_input), CASE(default_timeout),
    CASE(too_many), CASE(strangers),
};

CHECK_MAIN("pair")
