/* create_connection, create_server. */
#include "check.h"
#include "peers.h"

/* ---- create_connection ------------------------------------------------- */

static void check_created(int family, const char *host)
{
    idem_address at, peer;
    idem_socket *server = listener(family, &at);
    idem_socket *s = NULL;
    double seconds = 0;

    CHECK_OK(idem_create_connection(host, at.port, 12.5, &s));
    CHECK_EQ(idem_family(s), family);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == 12.5);
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK(idem_address_equal(&peer, &at));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_create_connection(host, at.port, IDEM_FOREVER, &s));
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == IDEM_FOREVER);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

static void test_connection(void)
{
    check_created(IDEM_AF_INET, "127.0.0.1");
}

static void test_connection_v6(void)
{
    need_ipv6();
    check_created(IDEM_AF_INET6, "::1");
}

/* By name, which needs no name service; both families may be tried. */
static void test_name(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *s = NULL;

    CHECK_OK(idem_create_connection("localhost", at.port, IDEM_FOREVER, &s));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

/* From an address of one's own. */
static void test_local(void)
{
    idem_address at, local, peer;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_attempt attempt;
    idem_connection how = { .local = &local,
                            .attempts = &attempt,
                            .capacity = 1 };
    idem_socket *accepted, *s;

    CHECK_OK(idem_address_make("127.0.0.3", 0, &local));
    CHECK_OK(idem_create_connection_with("127.0.0.1", at.port, 10, &how, &s));
    CHECK_OK(idem_accept(server, &accepted, &peer));
    peer.port = 0;
    CHECK(idem_address_equal(&peer, &local));
    CHECK_EQ(how.attempted, 1);
    CHECK_OK(attempt.error);
    CHECK(idem_address_equal(&attempt.address, &at));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(accepted));
    local = foreign_address();
    CHECK_ERR(idem_create_connection_with("127.0.0.1", at.port, 10, &how, &s),
              IDEM_EADDRNOTAVAIL);
    CHECK(s == NULL);
    CHECK_ERR(attempt.error, IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_create_connection_with("::1", at.port, 10, &how, &s),
              IDEM_EAFNOSUPPORT);
    CHECK_EQ(how.attempted, 0);
    CHECK_OK(idem_close(server));
}

static void test_refused(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = closed;

    CHECK_ERR(idem_create_connection("127.0.0.1", at.port, IDEM_FOREVER, &s),
              IDEM_ECONNREFUSED);
    CHECK(s == NULL);
    s = closed;
    CHECK_ERR(idem_create_connection("127.0.0.1", 0, IDEM_FOREVER, &s),
              IDEM_EADDRNOTAVAIL);
    CHECK(s == NULL);
    CHECK_OK(idem_close(closed));
}

/* ---- create_server ----------------------------------------------------- */

/* Connect to the port at host, and have it accepted from there. */
static void check_served(idem_socket *server, const char *host,
                         const char *from)
{
    char text[IDEM_ADDRESS_TEXT];
    idem_socket *s, *accepted;
    idem_address at, peer;

    CHECK_OK(idem_getsockname(server, &at));
    CHECK_OK(idem_create_connection(host, at.port, 10, &s));
    CHECK_OK(idem_accept(server, &accepted, &peer));
    CHECK_OK(idem_address_host(&peer, text, sizeof(text)));
    CHECK_STR(text, from);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(accepted));
}

static void test_server(void)
{
    idem_address at = loopback(IDEM_AF_INET, 0);
    idem_socket *server, *second;

    CHECK_OK(idem_create_server(&at, 5, 0, &server));
    check_served(server, "127.0.0.1", "127.0.0.1");
    CHECK_OK(idem_getsockname(server, &at));
    CHECK_ERR(idem_create_server(&at, 5, 0, &second), IDEM_EADDRINUSE);
    CHECK(second == NULL);
    CHECK_OK(idem_close(server));
}

static void test_server_dualstack(void)
{
    idem_address at = wildcard(IDEM_AF_INET6, 0);
    idem_socket *server, *s;

    need_ipv6();
    CHECK_OK(idem_create_server(&at, 5, IDEM_SERVER_DUALSTACK, &server));
    check_served(server, "::1", "::1");
    check_served(server, "127.0.0.1", "::ffff:127.0.0.1");
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_create_server(&at, 5, 0, &server));
    check_served(server, "::1", "::1");
    CHECK_OK(idem_getsockname(server, &at));
    CHECK_ERR(idem_create_connection("127.0.0.1", at.port, 10, &s),
              IDEM_ECONNREFUSED);
    CHECK_OK(idem_close(server));
}

static void test_server_reuse_port(void)
{
    idem_address at = loopback(IDEM_AF_INET, 0);
    idem_socket *first, *second, *third;
    const idem_error err =
        idem_create_server(&at, 5, IDEM_SERVER_REUSE_PORT, &first);

    if (err == IDEM_EOPNOTSUPP)
        check_skip("this system shares no port");
    CHECK_OK(err);
    CHECK_OK(idem_getsockname(first, &at));
    CHECK_OK(idem_create_server(&at, 5, IDEM_SERVER_REUSE_PORT, &second));
    CHECK_ERR(idem_create_server(&at, 5, 0, &third), IDEM_EADDRINUSE);
    CHECK_OK(idem_close(first));
    CHECK_OK(idem_close(second));
}

static void test_server_refused(void)
{
    idem_address at = loopback(IDEM_AF_INET, 0);
    idem_socket *s = (idem_socket *)(void *)&at;

    CHECK_ERR(idem_create_server(&at, 5, 0, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_create_server(NULL, 5, 0, &s), IDEM_EFAULT);
    CHECK(s == NULL);
    CHECK_ERR(idem_create_server(&at, 5, 4, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_server(&at, 5, -1, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_server(&at, 5, IDEM_SERVER_DUALSTACK, &s),
              IDEM_EINVAL);
    at.family = 99;
    CHECK_ERR(idem_create_server(&at, 5, 0, &s), IDEM_EAFNOSUPPORT);
    at = foreign_address();
    CHECK_ERR(idem_create_server(&at, 5, 0, &s), IDEM_EADDRNOTAVAIL);
    CHECK(s == NULL);
}

static const check_case cases[] = {
    CASE(connection),
    CASE(connection_v6),
    CASE(name),
    CASE(local),
    CASE(refused),
    CASE(server),
    CASE(server_dualstack),
    CASE(server_reuse_port),
    CASE(server_refused),
};

CHECK_MAIN("create")
