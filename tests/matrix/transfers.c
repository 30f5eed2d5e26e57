/* Operations of the matrix: bytes in and out. */
#include "operations.h"

#include "support.h"

/* ---- Transfers --------------------------------------------------------- */

/* The bytes are the ones that were sent, and none beyond the buffer. */
static void check_bytes(const char *buf, const operation *op, size_t got)
{
    CHECK(got <= op->size);
    CHECK(memcmp(buf, matrix_text, got) == 0);
    CHECK_EQ(buf[op->size], 'z');
}

void do_recv(scene *sc, const operation *op, outcome *out)
{
    char buf[MATRIX_CAP + 1];
    void *into = op->where == PLACE_NULL ? NULL : buf;

    memset(buf, 'z', sizeof(buf));
    out->err = idem_recv(sc->s, into, op->size, op->flags, &out->count);
    check_bytes(buf, op, out->count);
}

/* A datagram has a sender, also when it was cut; nothing else has. */
void do_recvfrom(scene *sc, const operation *op, outcome *out)
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

void do_send(scene *sc, const operation *op, outcome *out)
{
    out->err = idem_send(sc->s, data_of(op), op->size, op->flags, &out->count);
}

void do_sendall(scene *sc, const operation *op, outcome *out)
{
    out->err =
        idem_sendall(sc->s, data_of(op), op->size, op->flags, &out->count);
}

void do_sendto(scene *sc, const operation *op, outcome *out)
{
    idem_address at;

    out->err = idem_sendto(sc->s, zeros, op->size, op->flags,
                           place_find(sc, op->where, &at), &out->count);
}
