/* What many cases begin with: sockets on loopback, and places to go. */
#include "peers.h"

#include "support.h"

#include <stdio.h>
#include <string.h>

/* ---- Addresses --------------------------------------------------------- */

static int given;

static void path_of(int number, char *path, size_t cap)
{
    snprintf(path, cap, "idem-%ld-%d.sock", support_process_id(), number);
}

static idem_address fresh_path(void)
{
    idem_address at;
    char path[64];

    path_of(given++, path, sizeof(path));
    CHECK_OK(idem_address_unix(path, strlen(path), &at));
    return at;
}

int paths_given(void)
{
    return given;
}

void remove_paths_since(int before)
{
    char path[64];

    while (given > before) {
        path_of(--given, path, sizeof(path));
        (void)remove(path); /* if anybody made it */
    }
}

void remove_paths(void)
{
    remove_paths_since(0);
}

idem_address loopback(int family, int port)
{
    idem_address at;

    if (family == IDEM_AF_UNIX)
        return fresh_path();
    CHECK_OK(idem_address_make(family == IDEM_AF_INET6 ? "::1" : "127.0.0.1",
                               port, &at));
    return at;
}

idem_address wildcard(int family, int port)
{
    idem_address at;

    CHECK_OK(idem_address_make(family == IDEM_AF_INET6 ? "::" : "0.0.0.0", port,
                               &at));
    return at;
}

idem_address foreign_address(void)
{
    idem_address at;

    CHECK_OK(idem_address_make("192.0.2.1", 0, &at));
    return at;
}

void check_peer(idem_socket *s, const idem_address *want)
{
    idem_address name;

    CHECK_OK(idem_getpeername(s, &name));
    CHECK(idem_address_equal(&name, want));
    CHECK_ERR(idem_connect(s, want), IDEM_EISCONN);
}

void need_ipv6(void)
{
    const idem_address at = loopback(IDEM_AF_INET6, 0);
    idem_socket *s;
    idem_error err = idem_open(IDEM_AF_INET6, IDEM_SOCK_DGRAM, 0, &s);

    if (!err)
        err = idem_bind(s, &at);
    idem_close(s);
    if (err)
        check_skip("there is no ::1 on this machine");
}

void need_unix(int type)
{
    const bool stream = type == IDEM_SOCK_STREAM;

    if (!idem_has(stream ? IDEM_HAS_UNIX : IDEM_HAS_UNIX_DGRAM))
        check_skip("this system has no such Unix sockets");
}

/* ---- Sockets ----------------------------------------------------------- */

idem_socket *open_stream(int family)
{
    idem_socket *s;

    CHECK_OK(idem_open(family, IDEM_SOCK_STREAM, 0, &s));
    CHECK(s != NULL);
    return s;
}

idem_socket *open_datagram(int family)
{
    idem_socket *s;

    CHECK_OK(idem_open(family, IDEM_SOCK_DGRAM, 0, &s));
    CHECK(s != NULL);
    return s;
}

idem_socket *open_kind(unsigned kind)
{
    const bool six = kind & (KIND_TCP6 | KIND_UDP6);
    const int family = six ? IDEM_AF_INET6 : IDEM_AF_INET;

    return kind & (KIND_TCP4 | KIND_TCP6) ? open_stream(family)
                                          : open_datagram(family);
}

idem_socket *closed_port(int family, idem_address *at)
{
    const idem_address any = loopback(family, 0);
    idem_socket *s = open_stream(family);

    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, at));
    CHECK(at->port != 0 || at->path_length != 0);
    return s;
}

idem_socket *listener(int family, idem_address *at)
{
    idem_socket *s = closed_port(family, at);

    CHECK_OK(idem_listen(s, 128));
    return s;
}

idem_socket *bound_datagram(int family, idem_address *at)
{
    const idem_address any = loopback(family, 0);
    idem_socket *s = open_datagram(family);

    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, at));
    CHECK(at->port != 0 || at->path_length != 0);
    return s;
}

idem_socket *stream_pair_on(int family, idem_socket **accepted)
{
    idem_address at;
    const int before = paths_given();
    idem_socket *server = listener(family, &at);
    idem_socket *client = open_stream(family);

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, accepted, NULL));
    CHECK_OK(idem_close(server));
    remove_paths_since(before); /* whoever is connected does not need it */
    return client;
}

idem_socket *stream_pair(idem_socket **accepted)
{
    return stream_pair_on(IDEM_AF_INET, accepted);
}

void check_passes(idem_socket *a, idem_socket *b)
{
    char c = 0;
    size_t got = 9;

    CHECK_OK(idem_send(a, "p", 1, 0, NULL));
    CHECK_OK(idem_recv(b, &c, 1, 0, &got));
    CHECK_EQ(got, 1);
    CHECK_EQ(c, 'p');
}

intptr_t detached(idem_socket *s)
{
    const intptr_t want = idem_fileno(s);
    intptr_t handle = -7;

    CHECK_OK(idem_detach(s, &handle));
    CHECK_EQ(handle, want);
    return handle;
}

void reset_from(idem_socket *other, idem_socket *s)
{
    idem_pollfd one = { s, 0, 0 };
    size_t ready;

    support_reset_on_close(idem_fileno(other));
    CHECK_OK(idem_close(other));
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 1);
}

/* ---- Readiness --------------------------------------------------------- */

static bool poll_input(idem_socket *s, double timeout)
{
    idem_pollfd one = { s, IDEM_POLLIN, 0 };
    size_t ready;

    CHECK_OK(idem_poll(&one, 1, timeout, &ready));
    return ready == 1;
}

void await_input(idem_socket *s)
{
    CHECK(poll_input(s, IDEM_FOREVER));
}

bool has_input(idem_socket *s)
{
    return poll_input(s, 0);
}

/* Send until there is no room at the moment. */
static size_t fill_now(idem_socket *s)
{
    static const unsigned char data[65536];
    idem_error err = IDEM_OK;
    size_t total = 0;
    size_t sent;

    while (!err) {
        err = idem_send(s, data, sizeof(data), IDEM_MSG_DONTWAIT, &sent);
        total += sent;
    }
    CHECK_ERR(err, IDEM_EWOULDBLOCK);
    return total;
}

/* The system moves data to the other end meanwhile, and late answers make
 * room: full is when there was none for a quarter of a second. */
size_t fill(idem_socket *s)
{
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    size_t total = 0;
    size_t more = 1;
    size_t ready;

    while (more > 0) {
        more = fill_now(s);
        total += more;
        CHECK_OK(idem_poll(&one, 1, 0.25, &ready));
    }
    return total;
}

void drain(idem_socket *s, size_t n)
{
    static unsigned char data[65536];
    size_t got;

    while (n > 0) {
        const size_t ask = n < sizeof(data) ? n : sizeof(data);

        CHECK_OK(idem_recv(s, data, ask, 0, &got));
        CHECK(got > 0);
        n -= got;
    }
}

/* ---- A place that does not answer -------------------------------------- */

void fill_listener_on(full_listener *f, int family)
{
    idem_pollfd one = { NULL, IDEM_POLLOUT, 0 };
    size_t ready = 1;

    memset(f, 0, sizeof(*f));
    f->listener = closed_port(family, &f->at);
    CHECK_OK(idem_listen(f->listener, 0));
    while (ready == 1 && f->count < CHECK_COUNT(f->inside)) {
        idem_socket *s = open_stream(family);

        CHECK_OK(idem_setblocking(s, false));
        if (idem_connect(s, &f->at) == IDEM_EWOULDBLOCK) {
            one.socket = s;
            CHECK_OK(idem_poll(&one, 1, 0.2, &ready));
        }
        f->inside[f->count++] = s;
        if (ready == 1 && (one.revents & IDEM_POLLERR))
            break;
    }
    if (ready == 0)
        return;
    close_full_listener(f);
    check_skip("a full listener refuses here, or has no end");
}

void fill_listener(full_listener *f)
{
    fill_listener_on(f, IDEM_AF_INET);
}

void make_room(full_listener *f)
{
    idem_socket *conn;

    CHECK_OK(idem_accept(f->listener, &conn, NULL));
    CHECK_OK(idem_close(conn));
}

void close_full_listener(full_listener *f)
{
    size_t i;

    for (i = 0; i < f->count; i++)
        CHECK_OK(idem_close(f->inside[i]));
    CHECK_OK(idem_close(f->listener));
}

/* ---- Patterns ---------------------------------------------------------- */

static unsigned char pattern_at(uint64_t position)
{
    uint64_t x = position * 0x9e3779b97f4a7c15u;

    return (unsigned char)(x >> 56);
}

void write_pattern(unsigned char *buf, size_t n, uint64_t from)
{
    size_t i;

    for (i = 0; i < n; i++)
        buf[i] = pattern_at(from + i);
}

bool is_pattern(const unsigned char *buf, size_t n, uint64_t from)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (buf[i] != pattern_at(from + i))
            return false;
    }
    return true;
}
