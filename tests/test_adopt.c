/* Native handles, taken in. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

static idem_socket *adopted(intptr_t handle)
{
    idem_socket *s = NULL;

    CHECK_OK(idem_adopt(handle, &s));
    CHECK(s != NULL);
    CHECK_EQ(idem_fileno(s), handle);
    CHECK(!support_inheritable(handle));
    return s;
}

static void test_stream(void)
{
    idem_address at, name;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    char c;

    CHECK_OK(idem_getpeername(client, &at));
    client = adopted(detached(client));
    CHECK_EQ(idem_family(client), IDEM_AF_INET);
    CHECK_EQ(idem_type(client), IDEM_SOCK_STREAM);
    CHECK_OK(idem_getpeername(client, &name));
    CHECK(idem_address_equal(&at, &name));
    check_passes(client, server);
    check_passes(server, client);
    CHECK_ERR(idem_connect(client, &at), IDEM_EISCONN);
    CHECK_OK(idem_settimeout(client, 0.1));
    start = support_now();
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_listener(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    server = adopted(detached(server));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(client, accepted);
    CHECK_OK(idem_close(accepted));
    CHECK_ERR(idem_connect(server, &at), IDEM_EINVAL);
    CHECK_OK(idem_settimeout(server, 0.06));
    CHECK_ERR(idem_accept(server, &accepted, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_accepted(void)
{
    idem_address at;
    idem_socket *server = adopted(detached(listener(IDEM_AF_INET, &at)));
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(client, accepted);
    CHECK(!support_inheritable(idem_fileno(accepted)));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void await_connection(idem_socket *s)
{
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, NULL));
    CHECK_EQ(one.revents, IDEM_POLLOUT);
}

/* On its way to somebody. */
static void test_connecting(void)
{
    full_listener f;
    idem_socket *s;

    if (!support_tells_connecting())
        check_skip("this system does not tell that a connect is under way");
    fill_listener(&f);
    s = adopted(detached(f.inside[f.count - 1]));
    f.inside[f.count - 1] = s;
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_connect(s, &f.at), IDEM_EALREADY);
    make_room(&f);
    await_connection(s);
    check_peer(s, &f.at);
    close_full_listener(&f);
}

/* It arrives after it was adopted, and knows where. */
static void test_arriving(void)
{
    idem_address own, from;
    idem_socket *conn;
    idem_socket *s;
    full_listener f;

    fill_listener(&f);
    s = f.inside[f.count - 1];
    CHECK_OK(idem_getsockname(s, &own));
    s = adopted(detached(s));
    f.inside[f.count - 1] = s;
    do {
        CHECK_OK(idem_accept(f.listener, &conn, &from));
        CHECK_OK(idem_close(conn));
    } while (!idem_address_equal(&own, &from));
    check_peer(s, &f.at);
    close_full_listener(&f);
}

/* ---- What is found out ------------------------------------------------- */

static void check_kind(int family, int type, int protocol)
{
    const idem_address any = wildcard(family, 0);
    idem_address name;
    idem_socket *s;

    CHECK_OK(idem_open(family, type, 0, &s));
    s = adopted(detached(s));
    CHECK_EQ(idem_family(s), family);
    CHECK_EQ(idem_type(s), type);
    CHECK_EQ(idem_proto(s), protocol);
    CHECK_OK(idem_getsockname(s, &name));
    CHECK(memcmp(&name, &any, sizeof(name)) == 0);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_close(s));
}

/* Also of sockets that have no name yet. */
static void test_kinds(void)
{
    need_ipv6();
    check_kind(IDEM_AF_INET, IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP);
    check_kind(IDEM_AF_INET, IDEM_SOCK_DGRAM, IDEM_IPPROTO_UDP);
    check_kind(IDEM_AF_INET6, IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP);
    check_kind(IDEM_AF_INET6, IDEM_SOCK_DGRAM, IDEM_IPPROTO_UDP);
}

/* Bound, and all that comes after it is ahead. */
static void test_bound(void)
{
    idem_address at, name;
    idem_socket *s = adopted(detached(closed_port(IDEM_AF_INET, &at)));
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    CHECK_OK(idem_getsockname(s, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_ERR(idem_bind(s, &at), IDEM_EINVAL);
    CHECK_ERR(idem_accept(s, &accepted, NULL), IDEM_EINVAL);
    CHECK_OK(idem_listen(s, 5));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(s, &accepted, NULL));
    check_passes(client, accepted);
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(s));
}

/* A datagram socket with a peer. */
static void test_with_peer(void)
{
    idem_address at, own, name;
    idem_socket *other = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *stranger = open_datagram(IDEM_AF_INET);
    idem_socket *s = bound_datagram(IDEM_AF_INET, &own);

    CHECK_OK(idem_connect(s, &at));
    s = adopted(detached(s));
    CHECK_OK(idem_getpeername(s, &name));
    CHECK(idem_address_equal(&name, &at));
    check_passes(s, other);
    CHECK_OK(idem_sendto(stranger, "s", 1, 0, &own, NULL)); /* is not heard */
    CHECK_OK(idem_connect(other, &own));
    check_passes(other, s);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(stranger));
    CHECK_OK(idem_close(other));
}

static void test_datagram(void)
{
    idem_address at, name;
    idem_socket *a = adopted(detached(bound_datagram(IDEM_AF_INET, &at)));
    idem_socket *b = adopted(support_native_socket(false));
    size_t got = 9;
    char c;

    CHECK_EQ(idem_type(a), IDEM_SOCK_DGRAM);
    CHECK_EQ(idem_type(b), IDEM_SOCK_DGRAM);
    CHECK_OK(idem_getsockname(a, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_ERR(idem_bind(a, &at), IDEM_EINVAL);
    CHECK_ERR(idem_send(b, "x", 1, 0, NULL), IDEM_EDESTADDRREQ);
    CHECK_OK(idem_sendto(b, "x", 1, 0, &at, NULL));
    CHECK_OK(idem_recvfrom(a, &c, 1, 0, &got, &name));
    CHECK_EQ(got, 1);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* A fresh one, inherited by children until now: all of its life is ahead. */
static void test_fresh(void)
{
    const intptr_t handle = support_native_socket(true);
    idem_address at, name;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *accepted;
    idem_socket *s;
    char c;

    CHECK(support_inheritable(handle));
    s = adopted(handle);
    CHECK_EQ(idem_family(s), IDEM_AF_INET);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_OK(idem_getsockname(s, &name));
    CHECK_EQ(name.port, 0);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(s, accepted);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(server));
}

/* Its sending was shut down before. */
static void test_shut(void)
{
    idem_socket *peer;
    idem_socket *s = stream_pair(&peer);
    size_t got = 9;
    char c;

    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
    s = adopted(detached(s));
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_recv(peer, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    check_passes(peer, s);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(peer));
}

/* ---- Whatever was done to it before ------------------------------------ */

static void check_waits(idem_socket *s, idem_socket *peer)
{
    job j;
    char c;

    CHECK_OK(idem_settimeout(s, 0.06));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_settimeout(s, 0));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_settimeout(s, IDEM_FOREVER));
    start_waiting(&j, run_recv, s);
    CHECK_OK(idem_send(peer, "x", 1, 0, NULL));
    finish_job(&j, IDEM_OK);
}

/* Blocking or not, the timeout is what counts. */
static void test_modes(void)
{
    static const double before[] = { IDEM_FOREVER, 0, 2.5 };
    size_t i;

    for (i = 0; i < CHECK_COUNT(before); i++) {
        idem_socket *peer;
        idem_socket *s = stream_pair(&peer);
        double seconds = 0;

        CHECK_OK(idem_settimeout(s, before[i]));
        s = adopted(detached(s));
        CHECK_OK(idem_gettimeout(s, &seconds));
        CHECK(seconds == IDEM_FOREVER); /* the default */
        check_waits(s, peer);
        CHECK_OK(idem_close(s));
        CHECK_OK(idem_close(peer));
    }
}

/* Others may hold it: the mode is theirs as well. */
static void test_given_back(void)
{
    idem_address at;
    idem_socket *s = adopted(detached(bound_datagram(IDEM_AF_INET, &at)));
    const intptr_t handle = detached(s);

    CHECK_EQ(support_blocking(handle), 0);
    support_close_socket(handle);
}

/* Two objects for one handle: both close it, and the second one is told. */
static void test_twice(void)
{
    const intptr_t handle = support_native_socket(false);
    idem_socket *a = adopted(handle);
    idem_socket *b = adopted(handle);
    idem_address at;

    CHECK_OK(idem_getsockname(b, &at));
    CHECK_OK(idem_close(a));
    CHECK_ERR(idem_getsockname(b, &at), IDEM_ENOTSOCK);
    CHECK_ERR(idem_close(b), IDEM_ENOTSOCK);
}

/* More than select() could wait for. */
static void test_high(void)
{
    const intptr_t handle = support_high_socket();
    idem_pollfd one = { NULL, IDEM_POLLIN, 0 };
    idem_socket *s;
    size_t ready;
    char c;

    if (handle == -1)
        check_skip("no such number to be had");
    s = adopted(handle);
    one.socket = s;
    CHECK_OK(idem_settimeout(s, 0.06));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_poll(&one, 1, 0.06, &ready));
    CHECK_EQ(ready, 0);
    CHECK_OK(idem_close(s));
}

/* ---- Refused ----------------------------------------------------------- */

static void check_not_adopted(intptr_t handle, idem_error want)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_adopt(handle, &s), want);
    CHECK(s == NULL);
}

static void test_refused(void)
{
    const intptr_t closed = support_native_socket(true);
    const intptr_t file = support_file();
    const intptr_t other = support_not_a_file();

    support_close_socket(closed);
    check_not_adopted(closed, IDEM_ENOTSOCK);
    check_not_adopted(file, IDEM_ENOTSOCK);
    check_not_adopted(other, IDEM_ENOTSOCK);
    support_close_other(file); /* still ours */
    support_close_other(other);
    check_not_adopted(-1, IDEM_ENOTSOCK);
    check_not_adopted(-2, IDEM_ENOTSOCK);
    check_not_adopted(INTPTR_MAX, IDEM_ENOTSOCK);
    check_not_adopted(INTPTR_MIN, IDEM_ENOTSOCK);
}

static void test_odd(void)
{
    const intptr_t handle = support_odd_socket();

    if (handle == -1)
        check_skip("this system has no such sockets");
    check_not_adopted(handle, IDEM_ESOCKTNOSUPPORT);
    support_close_socket(handle);
}

static const check_case cases[] = {
    CASE(stream),     CASE(listener), CASE(accepted), CASE(connecting),
    CASE(arriving),   CASE(kinds),    CASE(bound),    CASE(with_peer),
    CASE(shut),       CASE(datagram), CASE(fresh),    CASE(modes),
    CASE(given_back), CASE(twice),    CASE(high),     CASE(refused),
    CASE(odd),
};

CHECK_MAIN("adopt")
