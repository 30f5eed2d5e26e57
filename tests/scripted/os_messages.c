/* The contract of os.h, answered by the script: messages and files. */
#include "scripted.h"

#include "check.h"

#include <string.h>

static script_socket *row(const idem_os_socket *s)
{
    CHECK(s->number >= 0 && s->number < SCRIPT_SOCKETS);
    CHECK(script.sockets[s->number].open);
    return &script.sockets[s->number];
}

/* ---- Messages ---------------------------------------------------------- */

static size_t size_of(const idem_message *m)
{
    size_t total = 0;
    size_t i;

    for (i = 0; i < m->buffer_count; i++)
        total += m->buffers[i].size;
    return total;
}

/* An attempt at count messages: *done of them. For one alone the answer counts
 * its bytes. */
static idem_error exchange(script_op op, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    size_t n;
    size_t i;
    const idem_error err = script_transfer(op, SIZE_MAX, flags, d, &n);

    *done = 0;
    if (err)
        return err;
    *done = count == 1 || n > count ? count : n;
    for (i = 0; i < *done; i++) {
        const size_t total = size_of(&m[i]);

        m[i].length = count == 1 && n < total ? n : total;
    }
    return IDEM_OK;
}

/* Put the first bytes of a message on the wire. */
static void put_on_wire(const idem_message *m)
{
    size_t left = m->length;
    size_t i;

    CHECK(script.datagram_count < SCRIPT_MAX);
    script.datagrams[script.datagram_count++] = left;
    for (i = 0; left > 0; i++) {
        const size_t size = m->buffers[i].size;
        const size_t n = size < left ? size : left;

        script_put_on_wire(m->buffers[i].data, n);
        left -= n;
    }
}

idem_error idem_os_sendmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    const unsigned present = m->ancillary == NULL ? 0 : m->ancillary->present;
    idem_error err;
    size_t i;

    row(s);
    CHECK(count > 0);
    *done = 0;
    if ((present & IDEM_ANCILLARY_SEGMENTS) && script.no_segments)
        return idem_os_fail(5, IDEM_EOPNOTSUPP);
    err = exchange(OP_SENDMSG, m, count, flags, d, done);
    for (i = 0; i < *done; i++)
        put_on_wire(&m[i]);
    if (m->address.family != IDEM_AF_UNSPEC)
        script.last_to = m->address;
    return err;
}

static void fill_message(const idem_os_socket *s, idem_message *m)
{
    const size_t length = m->length;
    size_t left = length;
    size_t i;

    idem_message_clear(m);
    m->length = length;
    if (row(s)->kind.type == IDEM_SOCK_DGRAM)
        m->address = (idem_address){ .family = row(s)->kind.family,
                                     .port = SCRIPT_PEER };
    for (i = 0; left > 0; i++) {
        const size_t size = m->buffers[i].size;
        const size_t n = size < left ? size : left;

        memset(m->buffers[i].data, 'm', n);
        left -= n;
    }
}

idem_error idem_os_recvmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    idem_error err;
    size_t i;

    row(s);
    CHECK(count > 0);
    err = exchange(OP_RECVMSG, m, count, flags, d, done);
    for (i = 0; i < *done; i++)
        fill_message(s, &m[i]);
    return err;
}

void idem_os_close_handles(const intptr_t *handles, size_t count)
{
    (void)handles;
    (void)count;
}

/* ---- Files ------------------------------------------------------------- */

idem_error idem_os_inspect_file(intptr_t file, bool *seekable)
{
    *seekable = file == SCRIPT_FILE;
    if (file != SCRIPT_FILE && file != SCRIPT_PIPE)
        return idem_os_fail(6, IDEM_EBADF);
    return IDEM_OK;
}

/* The bytes of a file are their own places. Once its answers are used up, it
 * ends. */
idem_error idem_os_read_file(intptr_t file, bool seekable, uint64_t offset,
                             void *buf, size_t cap, idem_deadline *d,
                             size_t *got)
{
    unsigned char *p = buf;
    idem_error err;
    size_t i;

    CHECK_EQ(seekable, file == SCRIPT_FILE);
    *got = 0;
    if (script.calls[OP_READ] >= script.answer_count[OP_READ])
        return IDEM_OK;
    err = script_transfer(OP_READ, cap, 0, d, got);
    if (err == IDEM_EWOULDBLOCK && idem_deadline_left(d) != 0) {
        /* Nobody wakes it. */
        const int64_t left = idem_deadline_left(d);

        script.now_ns += left < 0 || left > 10 * MS ? 10 * MS : left;
        err = IDEM_EINTR;
    }
    for (i = 0; i < *got; i++)
        p[i] = (unsigned char)(offset + i);
    return err;
}

idem_error idem_os_sendfile(idem_os_socket *s, intptr_t file, uint64_t offset,
                            uint64_t count, idem_deadline *d, uint64_t *sent)
{
    idem_error err;
    size_t n, i;

    row(s);
    CHECK(file == SCRIPT_FILE && count > 0);
    *sent = 0;
    if (script.no_sendfile)
        return idem_os_fail(7, IDEM_EOPNOTSUPP);
    err = script_transfer(OP_SENDFILE, (size_t)count, 0, d, &n);
    CHECK(n <= SCRIPT_WIRE - script.wire_length);
    for (i = 0; i < n; i++)
        script.wire[script.wire_length++] = (unsigned char)(offset + i);
    *sent = n;
    return err;
}
