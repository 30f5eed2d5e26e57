/* Opening sockets, giving them addresses, listening. */
#include "check.h"
#include "peers.h"
#include "support.h"

/* ---- open -------------------------------------------------------------- */

static void test_kinds(void)
{
    static const int kinds[][3] = {
        { IDEM_AF_INET, IDEM_SOCK_STREAM, 0 },
        { IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP },
        { IDEM_AF_INET, IDEM_SOCK_DGRAM, 0 },
        { IDEM_AF_INET, IDEM_SOCK_DGRAM, IDEM_IPPROTO_UDP },
        { IDEM_AF_INET6, IDEM_SOCK_STREAM, 0 },
        { IDEM_AF_INET6, IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP },
        { IDEM_AF_INET6, IDEM_SOCK_DGRAM, 0 },
        { IDEM_AF_INET6, IDEM_SOCK_DGRAM, IDEM_IPPROTO_UDP },
    };
    size_t i;

    need_ipv6();
    for (i = 0; i < CHECK_COUNT(kinds); i++) {
        idem_socket *s = NULL;

        CHECK_OK(idem_open(kinds[i][0], kinds[i][1], kinds[i][2], &s));
        CHECK(s != NULL);
        CHECK_EQ(idem_family(s), kinds[i][0]);
        CHECK_EQ(idem_type(s), kinds[i][1]);
        CHECK_EQ(idem_proto(s), kinds[i][2]);
        CHECK(idem_fileno(s) != -1);
        CHECK_OK(idem_close(s));
    }
}

static void check_refused(int family, int type, int protocol, idem_error want)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_open(family, type, protocol, &s), want);
    CHECK(s == NULL);
}

/* Family first, then type, then protocol. */
static void test_refused_kinds(void)
{
    check_refused(99, 99, 99, IDEM_EAFNOSUPPORT);
    check_refused(-1, -1, -1, IDEM_EAFNOSUPPORT);
    check_refused(IDEM_AF_UNSPEC, IDEM_SOCK_STREAM, 0, IDEM_EAFNOSUPPORT);
    check_refused(10, IDEM_SOCK_STREAM, 0, IDEM_EAFNOSUPPORT);
    check_refused(IDEM_AF_INET, 99, 99, IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_INET, 0, 0, IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_INET6, -1, 0, IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_INET, IDEM_SOCK_STREAM | 0x800, 0,
                  IDEM_ESOCKTNOSUPPORT);
    check_refused(IDEM_AF_INET, IDEM_SOCK_STREAM, 99, IDEM_EPROTONOSUPPORT);
    check_refused(IDEM_AF_INET, IDEM_SOCK_STREAM, -1, IDEM_EPROTONOSUPPORT);
    check_refused(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_IPPROTO_UDP,
                  IDEM_EPROTONOSUPPORT);
    check_refused(IDEM_AF_INET6, IDEM_SOCK_DGRAM, IDEM_IPPROTO_TCP,
                  IDEM_EPROTONOSUPPORT);
}

static void test_not_inherited(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *d = open_datagram(IDEM_AF_INET);

    CHECK(!support_inheritable(idem_fileno(s)));
    CHECK(!support_inheritable(idem_fileno(d)));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
}

/* No descriptors left: told, and nothing is lost. */
static void test_too_many(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *s = client;

    CHECK_OK(idem_connect(client, &at));
    await_input(server);
    if (!support_limit_handles(0)) {
        CHECK_OK(idem_close(client));
        CHECK_OK(idem_close(server));
        check_skip("this system has no limit to lower");
    }
    CHECK_ERR(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s), IDEM_EMFILE);
    CHECK(s == NULL);
    s = client;
    CHECK_ERR(idem_dup(client, &s), IDEM_EMFILE);
    CHECK(s == NULL);
    s = client;
    CHECK_ERR(idem_accept(server, &s, NULL), IDEM_EMFILE);
    CHECK(s == NULL);
    CHECK_ERR(idem_create_connection("127.0.0.1", at.port, 5, &s), IDEM_EMFILE);
    CHECK(s == NULL);
    support_unlimit_handles();
    CHECK_OK(idem_accept(server, &s, NULL)); /* it had stayed in the queue */
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Names before and after bind --------------------------------------- */

static void check_unnamed(int family)
{
    const idem_address any = wildcard(family, 0);
    idem_socket *s = open_stream(family);
    idem_address at = loopback(family, 99);

    CHECK_OK(idem_getsockname(s, &at));
    CHECK(memcmp(&at, &any, sizeof(at)) == 0);
    at = loopback(family, 99);
    CHECK_ERR(idem_getpeername(s, &at), IDEM_ENOTCONN);
    CHECK_EQ(at.family, IDEM_AF_UNSPEC);
    CHECK_EQ(at.port, 0);
    CHECK_OK(idem_close(s));
    s = open_datagram(family);
    at = loopback(family, 99);
    CHECK_OK(idem_getsockname(s, &at));
    CHECK(memcmp(&at, &any, sizeof(at)) == 0);
    CHECK_ERR(idem_getpeername(s, &at), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
}

/* The wildcard address and port 0. */
static void test_unnamed(void)
{
    check_unnamed(IDEM_AF_INET);
}

static void test_unnamed_v6(void)
{
    need_ipv6();
    check_unnamed(IDEM_AF_INET6);
}

static void check_bound(int family)
{
    const idem_address any = loopback(family, 0);
    idem_socket *s = open_stream(family);
    idem_address at;

    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, &at));
    CHECK(at.port != 0);
    CHECK_EQ(at.family, family);
    CHECK(memcmp(at.ip, any.ip, sizeof(at.ip)) == 0);
    CHECK_OK(idem_close(s));
}

static void test_bind(void)
{
    check_bound(IDEM_AF_INET);
}

static void test_bind_v6(void)
{
    need_ipv6();
    check_bound(IDEM_AF_INET6);
}

static void test_bind_twice(void)
{
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_address at;
    idem_socket *s = closed_port(IDEM_AF_INET, &at);

    CHECK_ERR(idem_bind(s, &any), IDEM_EINVAL);
    CHECK_ERR(idem_bind(s, &at), IDEM_EINVAL);
    CHECK_OK(idem_close(s));
    s = bound_datagram(IDEM_AF_INET, &at);
    CHECK_ERR(idem_bind(s, &any), IDEM_EINVAL);
    CHECK_OK(idem_close(s));
}

static void test_bind_connected(void)
{
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_ERR(idem_bind(client, &any), IDEM_EINVAL);
    CHECK_ERR(idem_bind(server, &any), IDEM_EINVAL);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_bind_foreign(void)
{
    const idem_address at = foreign_address();
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_bind(s, &at), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_close(s));
}

static void test_bind_foreign_datagram(void)
{
    const idem_address at = foreign_address();
    idem_socket *s;

    check_skip_wine(0, "W-36", "a datagram socket gets any address it wants");
    s = open_datagram(IDEM_AF_INET);
    CHECK_ERR(idem_bind(s, &at), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_close(s));
}

static void test_bind_family(void)
{
    const idem_address six = loopback(IDEM_AF_INET6, 0);
    const idem_address four = loopback(IDEM_AF_INET, 0);
    const idem_address none = { 0 };
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_bind(s, &six), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_bind(s, &none), IDEM_EAFNOSUPPORT);
    CHECK_OK(idem_bind(s, &four)); /* nothing was spoilt */
    CHECK_OK(idem_close(s));
    need_ipv6();
    s = open_datagram(IDEM_AF_INET6);
    CHECK_ERR(idem_bind(s, &four), IDEM_EAFNOSUPPORT);
    CHECK_OK(idem_close(s));
}

/* ---- Ports in use ------------------------------------------------------ */

static void check_in_use(const idem_address *first, const char *second)
{
    idem_socket *a = open_stream(IDEM_AF_INET);
    idem_socket *b = open_stream(IDEM_AF_INET);
    idem_address at;

    CHECK_OK(idem_bind(a, first));
    CHECK_OK(idem_listen(a, 1));
    CHECK_OK(idem_getsockname(a, &at));
    CHECK_OK(idem_address_make(second, at.port, &at));
    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* Two live listeners never share a port. */
static void test_in_use(void)
{
    const idem_address own = loopback(IDEM_AF_INET, 0);

    check_in_use(&own, "127.0.0.1");
}

/* Neither when one has a port on all addresses, and one on a single one. */
static void test_in_use_wildcard(void)
{
    const idem_address own = loopback(IDEM_AF_INET, 0);
    const idem_address any = wildcard(IDEM_AF_INET, 0);

    check_in_use(&own, "0.0.0.0");
    check_in_use(&any, "127.0.0.1");
    check_in_use(&any, "0.0.0.0");
}

/* Nor when both were bound before either listened. */
static void test_in_use_late(void)
{
    idem_address at;
    idem_socket *a = closed_port(IDEM_AF_INET, &at);
    idem_socket *b = open_stream(IDEM_AF_INET);
    int listening = 0;

    if (idem_bind(b, &at) == IDEM_OK)
        listening += idem_listen(b, 1) == IDEM_OK;
    listening += idem_listen(a, 1) == IDEM_OK;
    CHECK_EQ(listening, 1);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

static void test_in_use_datagram(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = open_datagram(IDEM_AF_INET);

    CHECK_ERR(idem_bind(b, &at), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_bind(b, &at));
    CHECK_OK(idem_close(b));
}

/* IPv6 is IPv6 only: both wildcards can have the same port. */
static void test_both_families(void)
{
    const idem_address any = wildcard(IDEM_AF_INET6, 0);
    idem_error err = IDEM_EADDRINUSE;
    idem_address at;
    int tries;

    need_ipv6();
    /* The port may be a stranger's in the other family: a few tries. */
    for (tries = 0; err == IDEM_EADDRINUSE && tries < 20; tries++) {
        idem_socket *a = open_stream(IDEM_AF_INET6);
        idem_socket *b = open_stream(IDEM_AF_INET);

        CHECK_OK(idem_bind(a, &any));
        CHECK_OK(idem_listen(a, 1));
        CHECK_OK(idem_getsockname(a, &at));
        at = wildcard(IDEM_AF_INET, at.port);
        err = idem_bind(b, &at);
        if (!err)
            CHECK_OK(idem_listen(b, 1));
        CHECK_OK(idem_close(a));
        CHECK_OK(idem_close(b));
    }
    CHECK_OK(err);
}

/* A server that restarts gets its port back at once, though connections of
 * its former life linger: it was the first to close. */
static void test_restart(void)
{
    idem_address at;
    idem_socket *old = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *server;
    idem_socket *s;
    char c;
    size_t got = 9;

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(old, &server, NULL));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_recv(client, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(old));
    s = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_bind(s, &at));
    CHECK_OK(idem_listen(s, 1));
    client = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(s));
}

/* The same while a connection of its former life is still open. */
static void test_restart_alive(void)
{
    idem_address at;
    idem_socket *old = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *server;
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(old, &server, NULL));
    CHECK_OK(idem_close(old));
    CHECK_OK(idem_bind(s, &at));
    CHECK_OK(idem_listen(s, 1));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_close(s));
}

/* ---- listen ------------------------------------------------------------ */

static void check_can_connect(idem_socket *server)
{
    idem_socket *client;
    idem_socket *accepted;
    idem_address at;

    CHECK_OK(idem_getsockname(server, &at));
    CHECK(at.port != 0);
    client = open_stream(at.family);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(accepted));
}

/* A socket that is not bound gets a port by itself. */
static void test_listen_unbound(void)
{
    const idem_address any = wildcard(IDEM_AF_INET, 0);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_address at;

    CHECK_OK(idem_listen(s, 5));
    CHECK_OK(idem_getsockname(s, &at));
    CHECK(memcmp(at.ip, any.ip, sizeof(at.ip)) == 0);
    check_can_connect(s);
    CHECK_OK(idem_close(s));
    need_ipv6();
    s = open_stream(IDEM_AF_INET6);
    CHECK_OK(idem_listen(s, 5));
    check_can_connect(s);
    CHECK_OK(idem_close(s));
}

static void test_listen_datagram(void)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);

    CHECK_ERR(idem_listen(s, 1), IDEM_EOPNOTSUPP);
    CHECK_OK(idem_close(s));
}

/* Any backlog will do, and it can be changed. */
static void test_backlog(void)
{
    static const int backlogs[] = {
        -1, 0, 1, 128, 2147483647, -2147483647 - 1
    };
    idem_address at;
    idem_socket *s = closed_port(IDEM_AF_INET, &at);
    size_t i;

    for (i = 0; i < CHECK_COUNT(backlogs); i++) {
        CHECK_OK(idem_listen(s, backlogs[i]));
        check_can_connect(s);
    }
    CHECK_OK(idem_close(s));
}

static void test_listen_connected(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_ERR(idem_listen(client, 1), IDEM_EINVAL);
    CHECK_ERR(idem_listen(server, 1), IDEM_EINVAL);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(kinds),
    CASE(refused_kinds),
    CASE(not_inherited),
    CASE(too_many),
    CASE(unnamed),
    CASE(unnamed_v6),
    CASE(bind),
    CASE(bind_v6),
    CASE(bind_twice),
    CASE(bind_connected),
    CASE(bind_foreign),
    CASE(bind_foreign_datagram),
    CASE(bind_family),
    CASE(in_use),
    CASE(in_use_wildcard),
    CASE(in_use_late),
    CASE(in_use_datagram),
    CASE(both_families),
    CASE(restart),
    CASE(restart_alive),
    CASE(listen_unbound),
    CASE(listen_datagram),
    CASE(backlog),
    CASE(listen_connected),
};

CHECK_MAIN("open")
