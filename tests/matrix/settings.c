/* Operations of the matrix: timeouts and options. */
#include "operations.h"

#include "support.h"

/* ---- Timeouts ---------------------------------------------------------- */

void do_settimeout(scene *sc, const operation *op, outcome *out)
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

void do_gettimeout(scene *sc, const operation *op, outcome *out)
{
    double seconds = 9;

    (void)op;
    out->err = idem_gettimeout(sc->s, &seconds);
    CHECK(seconds == (out->err ? IDEM_FOREVER : 0));
}

void do_setblocking(scene *sc, const operation *op, outcome *out)
{
    bool blocking = false;

    (void)op;
    out->err = idem_setblocking(sc->s, true);
    if (sc->s == NULL)
        return;
    CHECK_OK(idem_getblocking(sc->s, &blocking));
    CHECK(blocking);
}

void do_getblocking(scene *sc, const operation *op, outcome *out)
{
    bool blocking = true;

    (void)op;
    out->err = idem_getblocking(sc->s, &blocking);
    CHECK(!blocking);
}

/* ---- Options ----------------------------------------------------------- */

/* Each is asked for again where it was set. */
void do_nodelay(scene *sc, const operation *op, outcome *out)
{
    bool on = false;

    (void)op;
    out->err = idem_set_nodelay(sc->s, true);
    CHECK_ERR(idem_get_nodelay(sc->s, &on), out->err);
    CHECK_EQ(on, !out->err);
}

void do_ttl(scene *sc, const operation *op, outcome *out)
{
    int value;

    out->err = idem_set_ttl(sc->s, (int)op->size);
    if (!out->err) {
        CHECK_OK(idem_get_ttl(sc->s, &value));
        CHECK_EQ(value, op->size);
    }
}

void do_buffer(scene *sc, const operation *op, outcome *out)
{
    int value;

    out->err = idem_set_send_buffer(sc->s, (int)op->size);
    if (!out->err) {
        CHECK_OK(idem_get_send_buffer(sc->s, &value));
        CHECK_EQ(value, op->size);
    }
}

void do_linger(scene *sc, const operation *op, outcome *out)
{
    int value = 9;

    out->err = idem_set_linger(sc->s, (int)op->size);
    CHECK_ERR(idem_get_linger(sc->s, &value), out->err);
    CHECK_EQ(value, out->err ? 0 : op->size);
}

void do_keepalive(scene *sc, const operation *op, outcome *out)
{
    const idem_keepalive on = { .on = true };
    idem_keepalive how = { .on = true };

    (void)op;
    out->err = idem_set_keepalive(sc->s, &on);
    CHECK_ERR(idem_get_keepalive(sc->s, &how), out->err);
    CHECK_EQ(how.on, !out->err);
}

/* An option by its name, which is in the flags; the size is that of 1. */
void do_setsockopt(scene *sc, const operation *op, outcome *out)
{
    const int one = 1;

    out->err =
        idem_setsockopt(sc->s, IDEM_SOL_SOCKET, op->flags, &one, op->size);
}

/* Counts whether it is the type that s has. */
void do_getsockopt(scene *sc, const operation *op, outcome *out)
{
    int value = 0;
    size_t size = op->size;

    out->err =
        idem_getsockopt(sc->s, IDEM_SOL_SOCKET, op->flags, &value, &size);
    CHECK_EQ(size, out->err ? 0 : sizeof(value));
    out->count = value == (sc->on->stream ? IDEM_SOCK_STREAM : IDEM_SOCK_DGRAM);
}
