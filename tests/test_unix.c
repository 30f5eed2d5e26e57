/* Unix sockets: names, and streams. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <stdio.h>

#define UNIX IDEM_AF_UNIX

static idem_address named(const char *path, size_t length)
{
    idem_address at;

    memset(&at, 0xa5, sizeof(at));
    CHECK_OK(idem_address_unix(path, length, &at));
    CHECK_EQ(at.family, UNIX);
    CHECK_EQ(at.port, 0);
    CHECK_EQ(at.path_length, length);
    CHECK(memcmp(at.path, path, length) == 0);
    return at;
}

static void need_abstract(void)
{
    need_unix(IDEM_SOCK_STREAM);
    if (!idem_has(IDEM_HAS_UNIX_ABSTRACT))
        check_skip("this system has no abstract names");
}

static bool has_no_name(const idem_address *a)
{
    const idem_address none = { .family = UNIX };

    return memcmp(a, &none, sizeof(none)) == 0;
}

/* ---- Addresses --------------------------------------------------------- */

/* Any bytes, and exactly those; nothing behind them. */
static void test_address(void)
{
    static const char nuls[108];
    idem_address a = named("/tmp/x", 6);
    char path[108];
    size_t i;

    for (i = 6; i < sizeof(a.path); i++)
        CHECK_EQ(a.path[i], 0);
    a = named("\xff", 1);
    a = named("\0", 1);
    a = named("\0x\0y", 4);
    a = named(nuls, sizeof(nuls));
    memset(path, 'p', sizeof(path));
    a = named(path, 107);
    CHECK_OK(idem_address_unix("x", 1, NULL));
}

static void check_bad_name(const char *path, size_t length, idem_error want)
{
    idem_address a;

    memset(&a, 0xa5, sizeof(a));
    CHECK_ERR(idem_address_unix(path, length, &a), want);
    CHECK_EQ(a.family, IDEM_AF_UNSPEC);
    CHECK_EQ(a.path_length, 0);
    CHECK_EQ(a.path[0], 0);
}

static void test_address_bad(void)
{
    char path[256];

    memset(path, 'p', sizeof(path));
    check_bad_name(path, 108, IDEM_ENAMETOOLONG);
    check_bad_name(path, 109, IDEM_ENAMETOOLONG);
    check_bad_name(path, SIZE_MAX, IDEM_ENAMETOOLONG);
    check_bad_name(path, (size_t)65536 + 5, IDEM_ENAMETOOLONG);
    check_bad_name(path, 0, IDEM_EINVAL);
    check_bad_name("a\0b", 3, IDEM_EINVAL);
    check_bad_name("ab\0", 3, IDEM_EINVAL);
    check_bad_name(NULL, 3, IDEM_EFAULT);
    check_bad_name(NULL, 0, IDEM_EFAULT);
    path[0] = '\0';
    check_bad_name(path, 109, IDEM_ENAMETOOLONG);
}

static void check_text(const idem_address *a, const char *want)
{
    char text[IDEM_ADDRESS_TEXT];

    CHECK_OK(idem_address_format(a, text, sizeof(text)));
    CHECK_STR(text, want);
    CHECK_OK(idem_address_host(a, text, sizeof(text)));
    CHECK_STR(text, want);
    CHECK_OK(idem_address_format(a, text, strlen(want) + 1));
    CHECK_ERR(idem_address_format(a, text, strlen(want)), IDEM_EFAULT);
}

/* A path is itself; in an abstract name each NUL is "@". */
static void test_text(void)
{
    idem_address a = named("/run/\xff x", 8);
    char text[IDEM_ADDRESS_TEXT];
    char longest[109];

    check_text(&a, "/run/\xff x");
    a = named("\0idem\0x", 7);
    check_text(&a, "@idem@x");
    a = (idem_address){ .family = IDEM_AF_UNIX };
    check_text(&a, "");
    memset(longest, 'l', 108);
    longest[108] = '\0';
    memcpy(a.path, longest, 108); /* which a system may tell */
    a.path_length = 108;
    check_text(&a, longest);
    a.path_length = 109;
    CHECK_ERR(idem_address_format(&a, text, sizeof(text)), IDEM_EINVAL);
    CHECK_STR(text, "");
    CHECK_ERR(idem_address_parse("/run/x", &a), IDEM_EINVAL);
}

/* ---- Names ------------------------------------------------------------- */

/* The listener's is the path; those who connect mostly have none. */
static void test_names(void)
{
    idem_address at, name;
    idem_socket *server;
    idem_socket *client;
    idem_socket *conn;

    need_unix(IDEM_SOCK_STREAM);
    at = loopback(UNIX, 0);
    server = open_stream(UNIX);
    CHECK_OK(idem_getsockname(server, &name));
    CHECK(has_no_name(&name));
    CHECK_OK(idem_bind(server, &at));
    CHECK_OK(idem_getsockname(server, &name));
    CHECK(memcmp(&name, &at, sizeof(at)) == 0);
    CHECK_OK(idem_listen(server, 5));
    client = open_stream(UNIX);
    CHECK_ERR(idem_getpeername(client, &name), IDEM_ENOTCONN);
    CHECK_EQ(name.family, IDEM_AF_UNSPEC);
    CHECK_OK(idem_connect(client, &at));
    memset(&name, 0x5a, sizeof(name));
    CHECK_OK(idem_accept(server, &conn, &name));
    CHECK(has_no_name(&name));
    CHECK_OK(idem_getpeername(conn, &name));
    CHECK(has_no_name(&name));
    CHECK_OK(idem_getsockname(client, &name));
    CHECK(has_no_name(&name));
    CHECK_OK(idem_getsockname(conn, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_getpeername(client, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_getpeername(client, &name)); /* also now */
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_close(client));
    remove_paths();
}

/* A client may bind, and is known by that name. */
static void test_client_name(void)
{
    idem_address at, own, name;
    idem_socket *server;
    idem_socket *client;
    idem_socket *conn;

    need_unix(IDEM_SOCK_STREAM);
    server = listener(UNIX, &at);
    own = loopback(UNIX, 0);
    client = open_stream(UNIX);
    CHECK_OK(idem_bind(client, &own));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &conn, &name));
    CHECK(idem_address_equal(&name, &own));
    CHECK_OK(idem_getpeername(conn, &name));
    CHECK(idem_address_equal(&name, &own));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    remove_paths();
}

/* Serve at an address, be reached there, and be told by that name. */
static void check_place(const idem_address *at)
{
    idem_socket *server = open_stream(UNIX);
    idem_socket *client = open_stream(UNIX);
    idem_socket *conn;
    idem_address name;

    CHECK_OK(idem_bind(server, at));
    CHECK_OK(idem_listen(server, 1));
    CHECK_OK(idem_getsockname(server, &name));
    CHECK(memcmp(&name, at, sizeof(name)) == 0);
    CHECK_OK(idem_connect(client, at));
    CHECK_OK(idem_accept(server, &conn, NULL));
    CHECK_OK(idem_getpeername(client, &name));
    CHECK(memcmp(&name, at, sizeof(name)) == 0);
    check_passes(client, conn);
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* A path of 107 bytes is that path, and no shorter one. */
static void test_longest(void)
{
    idem_address at, shorter;
    idem_socket *s;
    char path[108];
    int n;

    need_unix(IDEM_SOCK_STREAM);
    n = snprintf(path, sizeof(path), "idem-%ld-", support_process_id());
    memset(path + n, 'l', sizeof(path) - (size_t)n);
    path[107] = '\0';
    at = named(path, 107);
    s = open_stream(UNIX);
    if (idem_bind(s, &at) == IDEM_ENAMETOOLONG) {
        CHECK_OK(idem_close(s));
        check_skip("this system has less room for a path");
    }
    CHECK_OK(idem_close(s));
    CHECK_EQ(remove(path), 0); /* it has that very name */
    check_place(&at);
    s = open_stream(UNIX);
    shorter = named(path, 106);
    CHECK_ERR(idem_connect(s, &shorter), IDEM_ENOENT);
    CHECK_OK(idem_close(s));
    CHECK_EQ(remove(path), 0);
}

/* Whatever bytes they are. */
static void test_bytes(void)
{
    idem_address at;
    char path[64];

    need_unix(IDEM_SOCK_STREAM);
    if (!idem_has(IDEM_HAS_FD_PASSING))
        check_skip("paths are text on this system");
    snprintf(path, sizeof(path), "idem-%ld-\xff\x80 \n\xc3\x28@",
             support_process_id());
    at = named(path, strlen(path));
    check_place(&at);
    CHECK_EQ(remove(path), 0);
}

/* An abstract name is all of its bytes, also those behind a NUL. */
static void test_abstract(void)
{
    idem_address at, other;
    idem_socket *server;
    idem_socket *client;
    char name[108] = "";
    int n;

    need_abstract();
    n = snprintf(name + 1, sizeof(name) - 1, "idem-%ld", support_process_id());
    at = named(name, (size_t)n + 3); /* two more NULs */
    check_place(&at);
    server = open_stream(UNIX);
    CHECK_OK(idem_bind(server, &at));
    CHECK_OK(idem_listen(server, 1));
    client = open_stream(UNIX);
    other = named(name, (size_t)n + 2);
    CHECK_ERR(idem_connect(client, &other), IDEM_ECONNREFUSED);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    client = open_stream(UNIX);
    CHECK_ERR(idem_connect(client, &at), IDEM_ECONNREFUSED); /* no file left */
    CHECK_OK(idem_close(client));
    memset(name + n + 1, 'x', sizeof(name) - (size_t)n - 1);
    at = named(name, sizeof(name));
    check_place(&at);
}

/* ---- Nobody there ------------------------------------------------------ */

static void test_refused(void)
{
    idem_address at, missing, below;
    idem_socket *nobody;
    idem_socket *s;
    FILE *f;

    need_unix(IDEM_SOCK_STREAM);
    nobody = closed_port(UNIX, &at);
    missing = loopback(UNIX, 0);
    s = open_stream(UNIX);
    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_connect(s, &missing), IDEM_ENOENT);
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED); /* at once */
    CHECK_ERR(idem_connect(s, &missing), IDEM_ENOENT);
    below = named("no-such-directory/x", 19);
    CHECK_ERR(idem_connect(s, &below), IDEM_ENOENT);
    CHECK_OK(idem_close(nobody));
    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED); /* a path left over */
    remove_paths();
    missing = loopback(UNIX, 0);
    f = fopen(missing.path, "w"); /* terminated, for the rest is 0 */
    CHECK(f != NULL);
    CHECK_EQ(fclose(f), 0);
    CHECK_ERR(idem_connect(s, &missing), IDEM_ECONNREFUSED);
    CHECK_OK(idem_close(s));
    remove_paths();
}

/* After all of this it can still be connected. */
static void test_refused_then(void)
{
    idem_address at, missing;
    idem_socket *server;
    idem_socket *s;

    need_unix(IDEM_SOCK_STREAM);
    server = listener(UNIX, &at);
    missing = loopback(UNIX, 0);
    s = open_stream(UNIX);
    CHECK_ERR(idem_connect(s, &missing), IDEM_ENOENT);
    CHECK_OK(idem_connect(s, &at));
    CHECK_ERR(idem_connect(s, &at), IDEM_EISCONN);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
    remove_paths();
}

static void test_wrong_type(void)
{
    idem_address at;
    idem_socket *d;
    idem_socket *s;

    need_unix(IDEM_SOCK_DGRAM);
    d = bound_datagram(UNIX, &at);
    s = open_stream(UNIX);
    CHECK_ERR(idem_connect(s, &at), IDEM_EPROTOTYPE);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(d));
    remove_paths();
}

static void test_bind(void)
{
    idem_address at, inet;
    const idem_address below = named("no-such-directory/x", 19);
    idem_socket *s;
    idem_socket *other;

    need_unix(IDEM_SOCK_STREAM);
    s = listener(UNIX, &at);
    other = open_stream(UNIX);
    inet = loopback(IDEM_AF_INET, 0);
    CHECK_ERR(idem_bind(other, &inet), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_bind(other, &at), IDEM_EADDRINUSE);
    CHECK_ERR(idem_bind(other, &below), IDEM_ENOENT);
    CHECK_ERR(idem_bind(s, &at), IDEM_EINVAL); /* bound already */
    CHECK_OK(idem_close(s));
    CHECK_ERR(idem_bind(other, &at), IDEM_EADDRINUSE); /* the path is there */
    remove_paths();
    CHECK_OK(idem_bind(other, &at));
    CHECK_OK(idem_close(other));
    CHECK_EQ(remove(at.path), 0);
}

/* There is no name that the system could choose. */
static void test_unbound(void)
{
    const idem_address none = { .family = UNIX };
    idem_socket *s;
    idem_socket *conn;

    need_unix(IDEM_SOCK_STREAM);
    s = open_stream(UNIX);
    CHECK_ERR(idem_listen(s, 1), IDEM_EINVAL);
    CHECK_ERR(idem_bind(s, &none), IDEM_EINVAL);
    CHECK_ERR(idem_connect(s, &none), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_accept(s, &conn, NULL), IDEM_EINVAL);
    CHECK_OK(idem_close(s));
}

/* Addresses that idem_address_unix() would not make. */
static void test_odd_names(void)
{
    idem_address at = named("idem-odd-name", 13);
    idem_socket *s;

    need_unix(IDEM_SOCK_STREAM);
    s = open_stream(UNIX);
    at.path[4] = '\0';
    CHECK_ERR(idem_bind(s, &at), IDEM_EINVAL);
    CHECK_ERR(idem_connect(s, &at), IDEM_EINVAL);
    at.path_length = 109;
    CHECK_ERR(idem_bind(s, &at), IDEM_EINVAL);
    CHECK_ERR(idem_connect(s, &at), IDEM_EINVAL);
    at.path_length = 108;
    memset(at.path, 'x', sizeof(at.path));
    CHECK_ERR(idem_bind(s, &at), IDEM_ENAMETOOLONG);
    CHECK_ERR(idem_connect(s, &at), IDEM_ENAMETOOLONG);
    CHECK_OK(idem_close(s));
}

/* ---- Kinds ------------------------------------------------------------- */

static void check_refused_kind(int type, int protocol, idem_error want)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_open(UNIX, type, protocol, &s), want);
    CHECK(s == NULL);
}

static void test_kinds(void)
{
    idem_socket *s;

    check_refused_kind(99, 0, IDEM_ESOCKTNOSUPPORT);
    check_refused_kind(IDEM_SOCK_STREAM, IDEM_IPPROTO_TCP,
                       IDEM_EPROTONOSUPPORT);
    check_refused_kind(IDEM_SOCK_STREAM, -1, IDEM_EPROTONOSUPPORT);
    if (!idem_has(IDEM_HAS_UNIX)) {
        check_refused_kind(IDEM_SOCK_STREAM, 0, IDEM_EAFNOSUPPORT);
        check_refused_kind(IDEM_SOCK_DGRAM, 0, IDEM_EAFNOSUPPORT);
        return;
    }
    s = open_stream(UNIX);
    CHECK_EQ(idem_family(s), UNIX);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_EQ(idem_proto(s), 0);
    CHECK(!support_inheritable(idem_fileno(s)));
    CHECK_OK(idem_close(s));
    if (!idem_has(IDEM_HAS_UNIX_DGRAM))
        check_refused_kind(IDEM_SOCK_DGRAM, 0, IDEM_ESOCKTNOSUPPORT);
}

static void test_options(void)
{
    idem_socket *s;
    bool on = true;
    const int yes = 1;
    int value = 0;

    need_unix(IDEM_SOCK_STREAM);
    s = open_stream(UNIX);
    CHECK_OK(idem_setsockopt(s, IDEM_SOL_SOCKET, IDEM_SO_REUSEADDR, &yes,
                             sizeof(yes)));
    CHECK_OK(idem_set_send_buffer(s, 40000));
    CHECK_OK(idem_get_send_buffer(s, &value));
    CHECK_EQ(value, 40000);
    CHECK_ERR(idem_set_nodelay(s, true), IDEM_ENOPROTOOPT);
    CHECK_ERR(idem_set_ttl(s, 1), IDEM_ENOPROTOOPT);
    CHECK_ERR(idem_set_linger(s, 1), IDEM_ENOPROTOOPT);
    CHECK_ERR(idem_set_reuse_port(s, true), IDEM_ENOPROTOOPT);
    if (idem_has(IDEM_HAS_CREDENTIALS)) {
        CHECK_OK(idem_get_receive_credentials(s, &on));
        CHECK(!on);
        CHECK_OK(idem_set_receive_credentials(s, true));
        CHECK_OK(idem_get_receive_credentials(s, &on));
        CHECK(on);
    } else {
        CHECK_ERR(idem_set_receive_credentials(s, true), IDEM_EOPNOTSUPP);
    }
    CHECK_OK(idem_close(s));
}

static const check_case cases[] = {
    CASE(address),     CASE(address_bad),  CASE(text),       CASE(names),
    CASE(client_name), CASE(longest),      CASE(bytes),      CASE(abstract),
    CASE(refused),     CASE(refused_then), CASE(wrong_type), CASE(bind),
    CASE(unbound),     CASE(odd_names),    CASE(kinds),      CASE(options),
};

CHECK_MAIN("unix")
