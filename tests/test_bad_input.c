/* NULL and nonsense, to every function: a clear code, every output written,
 * nothing lost. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdlib.h>

/* ---- No socket --------------------------------------------------------- */

static bool is_zero(const idem_address *a)
{
    static const idem_address zero;

    return memcmp(a, &zero, sizeof(zero)) == 0;
}

static void test_no_socket(void)
{
    const idem_address at = loopback(IDEM_AF_INET, 9);
    idem_address out = at;
    idem_socket *s = (idem_socket *)(void *)&out;

    CHECK_ERR(idem_bind(NULL, &at), IDEM_ENOTSOCK);
    CHECK_ERR(idem_listen(NULL, 1), IDEM_ENOTSOCK);
    CHECK_ERR(idem_accept(NULL, &s, &out), IDEM_ENOTSOCK);
    CHECK(s == NULL);
    CHECK(is_zero(&out));
    CHECK_ERR(idem_connect(NULL, &at), IDEM_ENOTSOCK);
    CHECK_ERR(idem_connect_ex(NULL, &at), IDEM_ENOTSOCK);
    CHECK_ERR(idem_shutdown(NULL, IDEM_SHUT_RDWR), IDEM_ENOTSOCK);
    CHECK_ERR(idem_cancel(NULL), IDEM_ENOTSOCK);
    CHECK_OK(idem_close(NULL));
}

static void test_no_socket_transfers(void)
{
    const idem_address at = loopback(IDEM_AF_INET, 9);
    idem_address out = at;
    size_t n = 9;
    char c = 'x';

    CHECK_ERR(idem_recv(NULL, &c, 1, 0, &n), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_recvfrom(NULL, &c, 1, 0, &n, &out), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
    CHECK(is_zero(&out));
    n = 9;
    CHECK_ERR(idem_send(NULL, &c, 1, 0, &n), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_sendall(NULL, &c, 1, 0, &n), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_sendto(NULL, &c, 1, 0, &at, &n), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
}

static void test_no_socket_state(void)
{
    idem_address out = loopback(IDEM_AF_INET, 9);
    idem_socket *s = (idem_socket *)(void *)&out;
    intptr_t handle = 9;
    double seconds = 9;
    bool blocking = true;

    CHECK_ERR(idem_settimeout(NULL, 1), IDEM_ENOTSOCK);
    CHECK_ERR(idem_gettimeout(NULL, &seconds), IDEM_ENOTSOCK);
    CHECK(seconds == IDEM_FOREVER);
    CHECK_ERR(idem_setblocking(NULL, true), IDEM_ENOTSOCK);
    CHECK_ERR(idem_getblocking(NULL, &blocking), IDEM_ENOTSOCK);
    CHECK(!blocking);
    CHECK_ERR(idem_dup(NULL, &s), IDEM_ENOTSOCK);
    CHECK(s == NULL);
    CHECK_ERR(idem_detach(NULL, &handle), IDEM_ENOTSOCK);
    CHECK_EQ(handle, -1);
    CHECK_ERR(idem_getsockname(NULL, &out), IDEM_ENOTSOCK);
    CHECK(is_zero(&out));
    out = loopback(IDEM_AF_INET, 9);
    CHECK_ERR(idem_getpeername(NULL, &out), IDEM_ENOTSOCK);
    CHECK(is_zero(&out));
    CHECK_EQ(idem_family(NULL), 0);
    CHECK_EQ(idem_type(NULL), 0);
    CHECK_EQ(idem_proto(NULL), 0);
    CHECK_EQ(idem_fileno(NULL), -1);
}

/* ---- No input ---------------------------------------------------------- */

static void test_no_input(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *s = open_stream(IDEM_AF_INET);
    size_t n = 9;

    CHECK_ERR(idem_bind(s, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_connect(s, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_connect_ex(s, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_recv(client, NULL, 1, 0, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_recvfrom(client, NULL, 1, 0, &n, NULL), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_send(client, NULL, 1, 0, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_sendall(client, NULL, 1, 0, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    n = 9;
    CHECK_ERR(idem_sendto(client, NULL, 1, 0, NULL, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL)); /* nothing was spoilt */
    await_input(server);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* The object a function exists to make has to go somewhere. */
static void test_no_object(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);

    CHECK_ERR(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_accept(server, NULL, &at), IDEM_EFAULT);
    CHECK(is_zero(&at));
    CHECK_ERR(idem_dup(server, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_detach(server, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_adopt(idem_fileno(server), NULL), IDEM_EFAULT);
    CHECK_ERR(idem_create_connection("127.0.0.1", 9, 1, NULL), IDEM_EFAULT);
    CHECK_OK(idem_getsockname(server, &at)); /* it is still there */
    CHECK_OK(idem_close(server));
}

/* Other outputs may be left out. */
static void test_no_output(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *server;
    char c = 'x';

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(door, &server, NULL));
    CHECK_OK(idem_send(client, &c, 1, 0, NULL));
    CHECK_OK(idem_recv(server, &c, 1, 0, NULL));
    CHECK_OK(idem_sendall(client, &c, 1, 0, NULL));
    CHECK_OK(idem_recvfrom(server, &c, 1, 0, NULL, NULL));
    CHECK_OK(idem_sendto(client, &c, 1, 0, NULL, NULL));
    CHECK_OK(idem_recv(server, &c, 1, IDEM_MSG_WAITALL, NULL));
    CHECK_OK(idem_gettimeout(client, NULL));
    CHECK_OK(idem_getblocking(client, NULL));
    CHECK_OK(idem_getsockname(client, NULL));
    CHECK_OK(idem_getpeername(client, NULL));
    CHECK_OK(idem_poll(NULL, 0, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_close(door));
}

/* ---- Nonsense ---------------------------------------------------------- */

/* Four bytes more than what 32 bits can count, of memory that is not touched;
 * skips where there is not that much. */
static char *huge_buffer(size_t *length)
{
    const uint64_t huge = (UINT64_C(1) << 32) + 4;
    char *buf = huge > SIZE_MAX ? NULL : calloc(1, (size_t)huge);

    if (buf == NULL)
        check_skip("no memory for more than 4 GiB");
    *length = (size_t)huge;
    return buf;
}

/* A length is cut, not cast: it would be 4. */
static void test_huge_send(void)
{
    size_t length;
    char *buf = huge_buffer(&length);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t sent = 9;

    CHECK_OK(idem_send(client, buf, length, IDEM_MSG_DONTWAIT, &sent));
    CHECK(sent > 4);
    CHECK(sent < length);
    CHECK_OK(idem_close(client));
    drain(server, sent);
    CHECK_OK(idem_close(server));
    free(buf);
}

static void test_huge_recv(void)
{
    idem_socket *server;
    idem_socket *client;
    size_t length;
    size_t got = 9;
    char *buf;

    if (support_wine() != 0)
        check_skip("Wine touches every page of the buffer");
    buf = huge_buffer(&length);
    client = stream_pair(&server);
    CHECK_OK(idem_send(server, "abcdefgh", 8, 0, NULL));
    CHECK_OK(idem_recv(client, buf, length, 0, &got));
    CHECK_EQ(got, 8);
    CHECK(memcmp(buf, "abcdefgh", 8) == 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    free(buf);
}

static void test_huge_datagram(void)
{
    idem_address at;
    size_t length;
    char *buf = huge_buffer(&length);
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    size_t sent = 9;

    CHECK_ERR(idem_sendto(a, buf, length, 0, &at, &sent), IDEM_EMSGSIZE);
    CHECK_EQ(sent, 0);
    CHECK(!has_input(a));
    CHECK_OK(idem_close(a));
    free(buf);
}

static void test_shutdown_how(void)
{
    static const int bad[] = { -1, 3, 4, 100, 2147483647 };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t i;

    for (i = 0; i < CHECK_COUNT(bad); i++)
        CHECK_ERR(idem_shutdown(client, bad[i]), IDEM_EINVAL);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_create(void)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_create_connection(NULL, 80, 1, &s), IDEM_EFAULT);
    CHECK(s == NULL);
    s = (idem_socket *)(void *)&object;
    CHECK_ERR(idem_create_connection("127.0.0.1", -1, 1, &s), IDEM_EINVAL);
    CHECK(s == NULL);
    CHECK_ERR(idem_create_connection("127.0.0.1", 65536, 1, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection("127.0.0.1", 80, -2, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection("127.0.0.1", 80, -0.5, &s), IDEM_EINVAL);
    CHECK(s == NULL);
}

/* An address with a family nobody knows. */
static void test_odd_family(void)
{
    static const int families[] = { IDEM_AF_UNSPEC, IDEM_AF_UNIX, 10, 99, -1 };
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *d = open_datagram(IDEM_AF_INET);
    size_t i;

    for (i = 0; i < CHECK_COUNT(families); i++) {
        idem_address at = loopback(IDEM_AF_INET, 9);

        at.family = families[i];
        CHECK_ERR(idem_bind(s, &at), IDEM_EAFNOSUPPORT);
        CHECK_ERR(idem_connect(s, &at), IDEM_EAFNOSUPPORT);
        CHECK_ERR(idem_connect(d, &at), IDEM_EAFNOSUPPORT);
        CHECK_ERR(idem_sendto(d, "x", 1, 0, &at, NULL), IDEM_EAFNOSUPPORT);
    }
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
}

static void check_bind_flow(int family, uint32_t flow, idem_error want)
{
    idem_address at = loopback(family, 0);
    idem_socket *s = open_stream(family);

    at.flowinfo = flow;
    CHECK_ERR(idem_bind(s, &at), want);
    CHECK_OK(idem_close(s));
}

/* More than the 20 bits of a flow label; IPv4 has none. */
static void test_odd_flow(void)
{
    static const uint32_t odd[] = { 0x100000, 0x7fffffff, 0xffffffff };
    idem_address at = loopback(IDEM_AF_INET6, 9);
    idem_socket *s;
    idem_socket *d;
    size_t i;

    need_ipv6();
    s = open_stream(IDEM_AF_INET6);
    d = open_datagram(IDEM_AF_INET6);
    check_bind_flow(IDEM_AF_INET6, 0xfffff, IDEM_OK);
    for (i = 0; i < CHECK_COUNT(odd); i++) {
        at.flowinfo = odd[i];
        CHECK_ERR(idem_connect(s, &at), IDEM_EINVAL);
        CHECK_ERR(idem_connect(d, &at), IDEM_EINVAL);
        CHECK_ERR(idem_sendto(d, "x", 1, 0, &at, NULL), IDEM_EINVAL);
        check_bind_flow(IDEM_AF_INET6, odd[i], IDEM_EINVAL);
        check_bind_flow(IDEM_AF_INET, odd[i], IDEM_OK);
    }
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
}

static const check_case cases[] = {
    CASE(no_socket),       CASE(no_socket_transfers),
    CASE(no_socket_state), CASE(no_input),
    CASE(no_object),       CASE(no_output),
    CASE(huge_send),       CASE(huge_recv),
    CASE(huge_datagram),   CASE(shutdown_how),
    CASE(create),          CASE(odd_family),
    CASE(odd_flow),
};

CHECK_MAIN("bad_input")
