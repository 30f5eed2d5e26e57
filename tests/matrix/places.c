/* Operations of the matrix: where a socket is, and who is at its other end. */
#include "operations.h"

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

const idem_address *place_find(const scene *sc, place where, idem_address *at)
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

bool is_zeroed(const idem_address *at)
{
    static const idem_address none;

    return memcmp(at, &none, sizeof(none)) == 0;
}

idem_address garbage(void)
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

void do_bind(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_bind(sc->s, place_find(sc, op->where, &at));
}

void do_listen(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_listen(sc->s, op->flags);
}

void do_accept(scene *sc, const operation *op, outcome *out)
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

void do_connect(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_connect(sc->s, place_find(sc, op->where, &at));
}

void do_connect_ex(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_connect_ex(sc->s, place_find(sc, op->where, &at));
}

void do_shutdown(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_shutdown(sc->s, op->flags);
}

/* ---- Names ------------------------------------------------------------- */

/* Counts whether there is a port, or a path. */
void do_getsockname(scene *sc, const operation *op, outcome *out)
{
    idem_address name = garbage();

    (void)op;
    out->err = idem_getsockname(sc->s, &name);
    check_name(sc, &name, out);
    out->count = name.port != 0 || name.path_length != 0;
}

void do_getpeername(scene *sc, const operation *op, outcome *out)
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
void do_take_error(scene *sc, const operation *op, outcome *out)
{
    idem_error pending = IDEM_EBADF;

    (void)op;
    out->err = idem_take_error(sc->s, &pending);
    CHECK(!out->err || pending == IDEM_OK);
    if (!out->err)
        out->err = pending;
}

void do_kind(scene *sc, const operation *op, outcome *out)
{
    const int type = sc->on->stream ? IDEM_SOCK_STREAM : IDEM_SOCK_DGRAM;

    (void)op;
    out->count =
        idem_family(sc->s) == sc->on->family && idem_type(sc->s) == type;
    CHECK_EQ(idem_proto(sc->s), 0);
}

void do_fileno(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->count = idem_fileno(sc->s) != -1;
}
