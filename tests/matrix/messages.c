/* Operations of the matrix: messages, batches, files, buffered streams. Most
 * must give what the plain transfer gives: see operations.c. */
#include "operations.h"

#include "support.h"

#define PARTS 2
#define LONGEST 70000

static char bytes[LONGEST]; /* nobody writes to them */

/* The bytes of the operation in two pieces, the first one short. */
static void cut(const operation *op, char *data, idem_buffer parts[PARTS])
{
    const size_t first = op->size < 2 ? op->size : 2;

    parts[0] = (idem_buffer){ data, first };
    parts[1] = (idem_buffer){ data + first, op->size - first };
    if (op->where == PLACE_NULL)
        parts[1].data = NULL;
}

/* ---- Sending ----------------------------------------------------------- */

static void send_message(scene *sc, const operation *op, idem_message *m,
                         outcome *out)
{
    idem_buffer parts[PARTS];

    cut(op, bytes, parts);
    m->buffers = parts;
    m->buffer_count = PARTS;
    m->length = 99;
    out->err = idem_sendmsg(sc->s, m, op->flags);
    out->count = m->length;
}

void do_sendmsg(scene *sc, const operation *op, outcome *out)
{
    idem_message m = { .flags = 0 };

    send_message(sc, op, &m, out);
}

void do_sendmsg_to(scene *sc, const operation *op, outcome *out)
{
    idem_message m = { .flags = 0 };

    (void)place_find(sc, op->where, &m.address);
    send_message(sc, op, &m, out);
}

void do_send_batch(scene *sc, const operation *op, outcome *out)
{
    const idem_buffer part = { bytes, op->size };
    idem_message m[2] = { { .buffers = &part, .buffer_count = 1 },
                          { .buffers = &part, .buffer_count = 1 } };
    size_t done = 9;

    out->err = idem_send_batch(sc->s, m, CHECK_COUNT(m), op->flags, &done);
    CHECK_EQ(done, out->err ? 0 : CHECK_COUNT(m));
    out->count = m[0].length;
}

void do_sendfile(scene *sc, const operation *op, outcome *out)
{
    const intptr_t file = support_new_file(true);
    uint64_t sent = 9;

    support_write_at(file, 0, bytes, op->size);
    out->err = idem_sendfile(sc->s, file, 0, 0, &sent);
    out->count = (size_t)sent;
    support_close_other(file);
}

/* ---- Receiving --------------------------------------------------------- */

/* As after idem_recvfrom(), and all of the data where it belongs. */
void do_recvmsg(scene *sc, const operation *op, outcome *out)
{
    char buf[MATRIX_CAP + 1];
    idem_buffer parts[PARTS];
    idem_message m = { .buffers = parts, .buffer_count = PARTS };
    bool cut_off;

    memset(buf, 'z', sizeof(buf));
    cut(op, buf, parts);
    m.address = garbage();
    out->err = idem_recvmsg(sc->s, &m, op->flags);
    out->count = m.length;
    CHECK(memcmp(buf, matrix_text, m.length) == 0);
    CHECK_EQ(buf[op->size], 'z');
    cut_off = out->err == IDEM_EMSGSIZE;
    CHECK_EQ(m.flags, cut_off ? IDEM_MSG_TRUNC : 0);
    if (!sc->on->stream && (cut_off || out->count > 0))
        CHECK(idem_address_equal(&m.address, &sc->peer_at));
    else if (sc->on->stream || out->err)
        CHECK(is_zeroed(&m.address));
}

/* A datagram that is cut has a flag, and is no failure of the batch. */
void do_recv_batch(scene *sc, const operation *op, outcome *out)
{
    char buf[2][MATRIX_CAP];
    const idem_buffer parts[] = { { buf[0], op->size }, { buf[1], op->size } };
    idem_message m[2] = { { .buffers = &parts[0], .buffer_count = 1 },
                          { .buffers = &parts[1], .buffer_count = 1 } };
    size_t done = 9;

    out->err = idem_recv_batch(sc->s, m, CHECK_COUNT(m), op->flags, &done);
    if (out->err)
        CHECK_EQ(done, 0);
    else if (done > 0 && (m[0].flags & IDEM_MSG_TRUNC))
        out->err = IDEM_EMSGSIZE;
    out->count = done > 0 ? m[0].length : 0;
}

/* ---- Buffered streams -------------------------------------------------- */

void do_read(scene *sc, const operation *op, outcome *out)
{
    char buf[MATRIX_CAP];
    idem_stream *st = NULL;

    out->err = idem_stream_open(sc->s, 0, &st);
    CHECK_EQ(st == NULL, out->err != IDEM_OK);
    if (out->err)
        return;
    out->err = idem_stream_read(st, buf, op->size, &out->count);
    CHECK(memcmp(buf, matrix_text, out->count) == 0);
    CHECK_OK(idem_stream_close(st));
}

/* All of it goes out with the flush, or nothing was lost. */
void do_write(scene *sc, const operation *op, outcome *out)
{
    idem_stream *st = NULL;
    size_t written = 9;

    out->err = idem_stream_open(sc->s, 0, &st);
    if (out->err)
        return;
    CHECK_OK(idem_stream_write(st, bytes, op->size, &written));
    out->err = idem_stream_flush(st);
    out->count = out->err ? 0 : written;
    (void)idem_stream_close(st); /* tells the same once more */
}
