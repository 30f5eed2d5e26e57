/* The operations of the matrix. Each one also looks at what it got beside the
 * code and the count. */
#include "matrix.h"

#include "support.h"

/* ---- Addresses --------------------------------------------------------- */

static idem_address path_to(const char *text)
{
    idem_address at;

    CHECK_OK(idem_address_unix(text, strlen(text), &at));
    return at;
}

static idem_address foreign(int family)
{
    idem_address at;

    if (family == IDEM_AF_INET)
        return foreign_address();
    if (family == IDEM_AF_UNIX) /* in a directory that is not there */
        return path_to("no-such-directory/x");
    CHECK_OK(idem_address_make("2001:db8::1", 0, &at));
    return at;
}

static idem_address zero(int family)
{
    const idem_address nameless = { .family = IDEM_AF_UNIX };

    return family == IDEM_AF_UNIX ? nameless : loopback(family, 0);
}

/* Returns at, or NULL where the place is a null pointer. */
static const idem_address *find(const scene *sc, place where, idem_address *at)
{
    const int family = sc->on->family;
    const int other = family == IDEM_AF_INET ? IDEM_AF_INET6 : IDEM_AF_INET;

    switch (where) {
    case PLACE_NULL:
        return NULL;
    case PLACE_GOOD:
        *at = sc->on->target_at;
        break;
    case PLACE_FREE:
        *at = loopback(family, 0);
        break;
    case PLACE_ZERO:
        *at = zero(family);
        break;
    case PLACE_PATH:
        *at = path_to("no-such-path");
        break;
    case PLACE_OTHER:
        *at = loopback(other, 9);
        break;
    case PLACE_FOREIGN:
        *at = foreign(family);
        break;
    case PLACE_TAKEN:
        *at = sc->on->target_at;
        break;
    case PLACE_CLOSED:
        *at = sc->on->closed_at;
        break;
    }
    return at;
}

static bool is_zeroed(const idem_address *at)
{
    static const idem_address none;

    return memcmp(at, &none, sizeof(none)) == 0;
}

/* Anything but an address. */
static idem_address garbage(void)
{
    idem_address at;

    memset(&at, 0x5a, sizeof(at));
    return at;
}

static void check_name(const scene *sc, const idem_address *name,
                       const outcome *out)
{
    if (out->err)
        CHECK(is_zeroed(name));
    else
        CHECK_EQ(name->family, sc->on->family);
}

/* ---- A place ----------------------------------------------------------- */

static void do_bind(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_bind(sc->s, find(sc, op->where, &at));
}

static void do_listen(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_listen(sc->s, op->flags);
}

static void do_accept(scene *sc, const operation *op, outcome *out)
{
    idem_address from = garbage();
    idem_socket *got = sc->s;

    (void)op;
    out->err = idem_accept(sc->s, &got, &from);
    CHECK_EQ(got == NULL, out->err != IDEM_OK);
    check_name(sc, &from, out);
    out->count = got != NULL;
    CHECK_OK(idem_close(got));
}

static void do_connect(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_connect(sc->s, find(sc, op->where, &at));
}

static void do_connect_ex(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_connect_ex(sc->s, find(sc, op->where, &at));
}

static void do_shutdown(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_shutdown(sc->s, op->flags);
}

/* ---- Transfers --------------------------------------------------------- */

/* The bytes are the ones that were sent, and none beyond the buffer. */
static void check_bytes(const char *buf, const operation *op, size_t got)
{
    CHECK(got <= op->size);
    CHECK(memcmp(buf, matrix_text, got) == 0);
    CHECK_EQ(buf[op->size], 'z');
}

static void do_recv(scene *sc, const operation *op, outcome *out)
{
    char buf[MATRIX_CAP + 1];
    void *into = op->where == PLACE_NULL ? NULL : buf;

    memset(buf, 'z', sizeof(buf));
    out->err = idem_recv(sc->s, into, op->size, op->flags, &out->count);
    check_bytes(buf, op, out->count);
}

/* A datagram has a sender, also when it was cut; nothing else has. */
static void do_recvfrom(scene *sc, const operation *op, outcome *out)
{
    idem_address from = garbage();
    char buf[MATRIX_CAP + 1];
    bool cut;

    memset(buf, 'z', sizeof(buf));
    out->err =
        idem_recvfrom(sc->s, buf, op->size, op->flags, &out->count, &from);
    check_bytes(buf, op, out->count);
    cut = out->err == IDEM_EMSGSIZE;
    if (!sc->on->stream && (cut || out->count > 0))
        CHECK(idem_address_equal(&from, &sc->peer_at));
    else if (sc->on->stream || out->err)
        CHECK(is_zeroed(&from));
}

static const char zeros[70000];

static const void *data_of(const operation *op)
{
    return op->where == PLACE_NULL ? NULL : zeros;
}

static void do_send(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_send(sc->s, data_of(op), op->size, op->flags, &out->count);
}

static void do_sendall(scene *sc, const operation *op, outcome *out)
{
    out->err =
        idem_sendall(sc->s, data_of(op), op->size, op->flags, &out->count);
}

static void do_sendto(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_sendto(sc->s, zeros, op->size, op->flags,
                           find(sc, op->where, &at), &out->count);
}

/* ---- Names ------------------------------------------------------------- */

/* Counts whether there is a port, or a path. */
static void do_getsockname(scene *sc, const operation *op, outcome *out)
{
    idem_address name = garbage();

    (void)op;
    out->err = idem_getsockname(sc->s, &name);
    check_name(sc, &name, out);
    out->count = name.port != 0 || name.path_length != 0;
}

static void do_getpeername(scene *sc, const operation *op, outcome *out)
{
    idem_address name = garbage();

    (void)op;
    out->err = idem_getpeername(sc->s, &name);
    check_name(sc, &name, out);
    if (!out->err)
        CHECK(idem_address_equal(&name, &sc->peer_at));
    out->count = name.port != 0 || name.path_length != 0;
}

/* The pending error is the result. */
static void do_take_error(scene *sc, const operation *op, outcome *out)
{
    idem_error pending = IDEM_EBADF;

    (void)op;
    out->err = idem_take_error(sc->s, &pending);
    CHECK(!out->err || pending == IDEM_OK);
    if (!out->err)
        out->err = pending;
}

static void do_kind(scene *sc, const operation *op, outcome *out)
{
    const int type = sc->on->stream ? IDEM_SOCK_STREAM : IDEM_SOCK_DGRAM;

    (void)op;
    out->count =
        idem_family(sc->s) == sc->on->family && idem_type(sc->s) == type;
    CHECK_EQ(idem_proto(sc->s), 0);
}

static void do_fileno(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->count = idem_fileno(sc->s) != -1;
}

/* ---- Timeouts ---------------------------------------------------------- */

static void do_settimeout(scene *sc, const operation *op, outcome *out)
{
    double seconds = 9;

    /* The size is in seconds; a flag makes it negative. */
    out->err = idem_settimeout(sc->s, op->flags ? -(double)op->size
                                                : (double)op->size);
    if (sc->s == NULL)
        return;
    CHECK_OK(idem_gettimeout(sc->s, &seconds));
    CHECK(seconds == (out->err ? 0 : (double)op->size));
}

static void do_gettimeout(scene *sc, const operation *op, outcome *out)
{
    double seconds = 9;

    (void)op;
    out->err = idem_gettimeout(sc->s, &seconds);
    CHECK(seconds == (out->err ? IDEM_FOREVER : 0));
}

static void do_setblocking(scene *sc, const operation *op, outcome *out)
{
    bool blocking = false;

    (void)op;
    out->err = idem_setblocking(sc->s, true);
    if (sc->s == NULL)
        return;
    CHECK_OK(idem_getblocking(sc->s, &blocking));
    CHECK(blocking);
}

static void do_getblocking(scene *sc, const operation *op, outcome *out)
{
    bool blocking = true;

    (void)op;
    out->err = idem_getblocking(sc->s, &blocking);
    CHECK(!blocking);
}

/* ---- Options ----------------------------------------------------------- */

/* Each is asked for again where it was set. */
static void do_nodelay(scene *sc, const operation *op, outcome *out)
{
    bool on = false;

    (void)op;
    out->err = idem_set_nodelay(sc->s, true);
    CHECK_ERR(idem_get_nodelay(sc->s, &on), out->err);
    CHECK_EQ(on, !out->err);
}

static void do_ttl(scene *sc, const operation *op, outcome *out)
{
    int value;

    out->err = idem_set_ttl(sc->s, (int)op->size);
    if (!out->err) {
        CHECK_OK(idem_get_ttl(sc->s, &value));
        CHECK_EQ(value, op->size);
    }
}

static void do_buffer(scene *sc, const operation *op, outcome *out)
{
    int value;

    out->err = idem_set_send_buffer(sc->s, (int)op->size);
    if (!out->err) {
        CHECK_OK(idem_get_send_buffer(sc->s, &value));
        CHECK_EQ(value, op->size);
    }
}

static void do_linger(scene *sc, const operation *op, outcome *out)
{
    int value = 9;

    out->err = idem_set_linger(sc->s, (int)op->size);
    CHECK_ERR(idem_get_linger(sc->s, &value), out->err);
    CHECK_EQ(value, out->err ? 0 : op->size);
}

static void do_keepalive(scene *sc, const operation *op, outcome *out)
{
    const idem_keepalive on = { .on = true };
    idem_keepalive how = { .on = true };

    (void)op;
    out->err = idem_set_keepalive(sc->s, &on);
    CHECK_ERR(idem_get_keepalive(sc->s, &how), out->err);
    CHECK_EQ(how.on, !out->err);
}

/* An option by its name, which is in the flags; the size is that of 1. */
static void do_setsockopt(scene *sc, const operation *op, outcome *out)
{
    const int one = 1;

    out->err =
        idem_setsockopt(sc->s, IDEM_SOL_SOCKET, op->flags, &one, op->size);
}

/* Counts whether it is the type that s has. */
static void do_getsockopt(scene *sc, const operation *op, outcome *out)
{
    int value = 0;
    size_t size = op->size;

    out->err =
        idem_getsockopt(sc->s, IDEM_SOL_SOCKET, op->flags, &value, &size);
    CHECK_EQ(size, out->err ? 0 : sizeof(value));
    out->count = value == (sc->on->stream ? IDEM_SOCK_STREAM : IDEM_SOCK_DGRAM);
}

/* ---- Life -------------------------------------------------------------- */

static void do_dup(scene *sc, const operation *op, outcome *out)
{
    idem_socket *twin = sc->s;
    double seconds = 9;

    (void)op;
    out->err = idem_dup(sc->s, &twin);
    CHECK_EQ(twin == NULL, out->err != IDEM_OK);
    out->count = twin != NULL;
    if (twin == NULL)
        return;
    CHECK_OK(idem_gettimeout(twin, &seconds));
    CHECK(seconds == 0);
    CHECK_OK(idem_close(twin));
}

static void do_detach(scene *sc, const operation *op, outcome *out)
{
    intptr_t handle = 9;

    (void)op;
    out->err = idem_detach(sc->s, &handle);
    CHECK_EQ(handle == -1, out->err != IDEM_OK);
    out->count = handle != -1;
    sc->s = NULL;
    if (handle != -1)
        support_close_socket(handle);
}

static void do_poll(scene *sc, const operation *op, outcome *out)
{
    idem_pollfd one = { sc->s, (unsigned)op->flags, 0xffff };
    size_t ready = 9;

    out->err = idem_poll(&one, 1, 0, &ready);
    CHECK_EQ(ready, one.revents != 0);
    out->has_events = true;
    out->events = one.revents;
}

/* The answers are those of idem_poll(): the grid has one row for both. */
static void do_select(scene *sc, const operation *op, outcome *out)
{
    const unsigned events = (unsigned)op->flags;
    idem_selector *sel;
    idem_event e;
    size_t count = 9;

    CHECK_OK(idem_selector_open(&sel));
    if (sc->s == NULL)
        CHECK_ERR(idem_selector_register(sel, NULL, events, sc), IDEM_ENOTSOCK);
    else
        CHECK_OK(idem_selector_register(sel, sc->s, events, sc));
    out->err = idem_selector_select(sel, 0, &e, 1, &count);
    CHECK(count == 0 || (e.socket == sc->s && e.data == sc));
    out->has_events = true;
    out->events = count == 0 ? 0 : e.events;
    CHECK_OK(idem_selector_close(sel));
}

static void do_cancel(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->err = idem_cancel(sc->s);
}

static void do_close(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->err = idem_close(sc->s);
    sc->s = NULL;
}

/* ---- The list ---------------------------------------------------------- */

#define PEEK IDEM_MSG_PEEK
#define WAITALL IDEM_MSG_WAITALL
#define DONTWAIT IDEM_MSG_DONTWAIT
#define DONTROUTE IDEM_MSG_DONTROUTE
#define UNKNOWN 0x40
#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)
#define INT_SIZE sizeof(int)

/* Name, function, size, flags, place. */
/* clang-format off */
const operation matrix_operations[] = {
    { "bind",         do_bind,        0, 0, PLACE_FREE },
    { "bind_other",   do_bind,        0, 0, PLACE_OTHER },
    { "bind_foreign", do_bind,        0, 0, PLACE_FOREIGN },
    { "bind_taken",   do_bind,        0, 0, PLACE_TAKEN },
    { "bind_null",    do_bind,        0, 0, PLACE_NULL },
    { "listen",       do_listen,      0, 5, PLACE_GOOD },
    { "listen_minus", do_listen,      0, -5, PLACE_GOOD },
    { "accept",       do_accept,      0, 0, PLACE_GOOD },
    { "connect",      do_connect,     0, 0, PLACE_GOOD },
    { "conn_closed",  do_connect,     0, 0, PLACE_CLOSED },
    { "conn_zero",    do_connect,     0, 0, PLACE_ZERO },
    { "conn_other",   do_connect,     0, 0, PLACE_OTHER },
    { "conn_path",    do_connect,     0, 0, PLACE_PATH },
    { "conn_null",    do_connect,     0, 0, PLACE_NULL },
    { "connect_ex",   do_connect_ex,  0, 0, PLACE_GOOD },
    { "recv",         do_recv,        MATRIX_CAP, 0, PLACE_GOOD },
    { "recv_short",   do_recv,        MATRIX_LESS, 0, PLACE_GOOD },
    { "recv_none",    do_recv,        0, 0, PLACE_NULL },
    { "recv_null",    do_recv,        MATRIX_CAP, 0, PLACE_NULL },
    { "recv_peek",    do_recv,        MATRIX_CAP, PEEK, PLACE_GOOD },
    { "recv_all",     do_recv,        MATRIX_SHORT, WAITALL, PLACE_GOOD },
    { "recv_more",    do_recv,        MATRIX_MORE, WAITALL, PLACE_GOOD },
    { "recv_now",     do_recv,        MATRIX_CAP, DONTWAIT, PLACE_GOOD },
    { "recv_route",   do_recv,        MATRIX_CAP, DONTROUTE, PLACE_GOOD },
    { "recv_odd",     do_recv,        MATRIX_CAP, UNKNOWN, PLACE_GOOD },
    { "recvfrom",     do_recvfrom,    MATRIX_CAP, 0, PLACE_GOOD },
    { "from_short",   do_recvfrom,    MATRIX_LESS, 0, PLACE_GOOD },
    { "from_none",    do_recvfrom,    0, 0, PLACE_GOOD },
    { "from_peek",    do_recvfrom,    MATRIX_LESS, PEEK, PLACE_GOOD },
    { "from_odd",     do_recvfrom,    MATRIX_CAP, UNKNOWN, PLACE_GOOD },
    { "send",         do_send,        3, 0, PLACE_GOOD },
    { "send_none",    do_send,        0, 0, PLACE_NULL },
    { "send_null",    do_send,        3, 0, PLACE_NULL },
    { "send_now",     do_send,        3, DONTWAIT, PLACE_GOOD },
    { "send_route",   do_send,        3, DONTROUTE, PLACE_GOOD },
    { "send_peek",    do_send,        3, PEEK, PLACE_GOOD },
    { "send_odd",     do_send,        3, UNKNOWN, PLACE_GOOD },
    { "sendall",      do_sendall,     3, 0, PLACE_GOOD },
    { "all_none",     do_sendall,     0, 0, PLACE_NULL },
    { "all_odd",      do_sendall,     3, UNKNOWN, PLACE_GOOD },
    { "sendto",       do_sendto,      3, 0, PLACE_GOOD },
    { "sendto_none",  do_sendto,      0, 0, PLACE_GOOD },
    { "sendto_null",  do_sendto,      3, 0, PLACE_NULL },
    { "sendto_zero",  do_sendto,      3, 0, PLACE_ZERO },
    { "sendto_other", do_sendto,      3, 0, PLACE_OTHER },
    { "sendto_path",  do_sendto,      3, 0, PLACE_PATH },
    { "sendto_long",  do_sendto,      70000, 0, PLACE_GOOD },
    { "sendto_odd",   do_sendto,      3, UNKNOWN, PLACE_GOOD },
    { "shut_rd",      do_shutdown,    0, IDEM_SHUT_RD, PLACE_GOOD },
    { "shut_wr",      do_shutdown,    0, IDEM_SHUT_WR, PLACE_GOOD },
    { "shut_both",    do_shutdown,    0, IDEM_SHUT_RDWR, PLACE_GOOD },
    { "shut_odd",     do_shutdown,    0, 3, PLACE_GOOD },
    { "getsockname",  do_getsockname, 0, 0, PLACE_GOOD },
    { "getpeername",  do_getpeername, 0, 0, PLACE_GOOD },
    { "take_error",   do_take_error,  0, 0, PLACE_GOOD },
    { "kind",         do_kind,        0, 0, PLACE_GOOD },
    { "fileno",       do_fileno,      0, 0, PLACE_GOOD },
    { "settimeout",   do_settimeout,  7, 0, PLACE_GOOD },
    { "settime_bad",  do_settimeout,  2, 1, PLACE_GOOD },
    { "gettimeout",   do_gettimeout,  0, 0, PLACE_GOOD },
    { "setblocking",  do_setblocking, 0, 0, PLACE_GOOD },
    { "getblocking",  do_getblocking, 0, 0, PLACE_GOOD },
    { "nodelay",      do_nodelay,     0, 0, PLACE_GOOD },
    { "ttl",          do_ttl,         7, 0, PLACE_GOOD },
    { "ttl_bad",      do_ttl,         256, 0, PLACE_GOOD },
    { "buffer",       do_buffer,      30000, 0, PLACE_GOOD },
    { "buffer_bad",   do_buffer,      0, 0, PLACE_GOOD },
    { "linger",       do_linger,      3, 0, PLACE_GOOD },
    { "keepalive",    do_keepalive,   0, 0, PLACE_GOOD },
    { "opt_reuse",    do_setsockopt,  INT_SIZE, IDEM_SO_REUSEADDR, PLACE_GOOD },
    { "opt_odd",      do_setsockopt,  INT_SIZE, 99, PLACE_GOOD },
    { "opt_short",    do_setsockopt,  1, IDEM_SO_REUSEADDR, PLACE_GOOD },
    { "opt_type",     do_getsockopt,  INT_SIZE, IDEM_SO_TYPE, PLACE_GOOD },
    { "opt_none",     do_getsockopt,  INT_SIZE, 99, PLACE_GOOD },
    { "opt_room",     do_getsockopt,  1, IDEM_SO_TYPE, PLACE_GOOD },
    { "dup",          do_dup,         0, 0, PLACE_GOOD },
    { "detach",       do_detach,      0, 0, PLACE_GOOD },
    { "poll_in",      do_poll,        0, IDEM_POLLIN, PLACE_GOOD },
    { "poll_out",     do_poll,        0, IDEM_POLLOUT, PLACE_GOOD },
    { "poll_both",    do_poll,        0, BOTH, PLACE_GOOD },
    { "poll_none",    do_poll,        0, 0, PLACE_GOOD },
    { "poll_odd",     do_poll,        0, IDEM_POLLERR, PLACE_GOOD },
    { "select_in",    do_select,      0, IDEM_POLLIN, PLACE_GOOD },
    { "select_out",   do_select,      0, IDEM_POLLOUT, PLACE_GOOD },
    { "select_both",  do_select,      0, BOTH, PLACE_GOOD },
    { "select_none",  do_select,      0, 0, PLACE_GOOD },
    { "cancel",       do_cancel,      0, 0, PLACE_GOOD },
    { "close",        do_close,       0, 0, PLACE_GOOD },
};
/* clang-format on */
const size_t matrix_operation_count = CHECK_COUNT(matrix_operations);

const char *matrix_row(const operation *op)
{
    const operation *other = matrix_operations;

    if (op->run != do_select)
        return op->name;
    while (other->run != do_poll || other->flags != op->flags)
        other++;
    return other->name;
}
