/* One long message as many datagrams: cut by the system where it can, and here
 * where it cannot. */
#include "socket.h"

/* What systems take at once: in bytes, and in datagrams. */
#define LONGEST 65507
#define MOST 64

/* A place in a list of buffers. */
typedef struct place {
    const idem_buffer *at;
    size_t skip; /* bytes of it that are done */
} place;

/* The next `length` bytes, as buffers of their own; returns how many. */
static size_t cut(place *from, size_t length, idem_buffer *part)
{
    size_t n = 0;

    while (length > 0) {
        const size_t left = from->at->size - from->skip;
        const size_t take = left < length ? left : length;

        if (take > 0) {
            part[n].data = (unsigned char *)from->at->data + from->skip;
            part[n++].size = take;
        }
        length -= take;
        from->skip += take;
        if (take == left) {
            from->at++;
            from->skip = 0;
        }
    }
    return n;
}

/* How much the system is given at once to cut: whole datagrams. */
static size_t group_of(size_t segment)
{
    const size_t most = segment < LONGEST ? LONGEST / segment : 1;

    return segment * (most < MOST ? most : MOST);
}

static idem_error attempt(idem_call *c, idem_message *m, int flags)
{
    idem_error err;
    size_t done;

    do
        err = idem_os_sendmsg(&c->s->os, m, 1, flags, &c->deadline, &done);
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    return err;
}

/* At most so many bytes at once. */
static idem_error send_pieces(idem_call *c, idem_message *m, size_t total,
                              size_t most, int flags)
{
    const size_t segment = m->ancillary->segment_size;
    idem_buffer buffers[IDEM_BUFFERS_MAX];
    idem_ancillary ancillary = *m->ancillary;
    idem_message part = *m;
    place from = { m->buffers, 0 };
    idem_error err = IDEM_OK;

    part.buffers = buffers;
    part.ancillary = &ancillary;
    do {
        const size_t left = total - m->length;
        const size_t length = left < most ? left : most;
        place next = from;

        part.buffer_count = cut(&next, length, buffers);
        ancillary.present = m->ancillary->present;
        if (length <= segment) /* one datagram */
            ancillary.present &= ~(unsigned)IDEM_ANCILLARY_SEGMENTS;
        err = attempt(c, &part, flags);
        if (!err) {
            m->length += length;
            from = next;
        } else if (err == IDEM_EOPNOTSUPP && length > segment) {
            most = segment; /* not by the system */
            err = IDEM_OK;
        }
    } while (!err && m->length < total);
    return err;
}

idem_error idem_call_send_segments(idem_call *c, idem_message *m, size_t total,
                                   int flags)
{
    const size_t segment = m->ancillary->segment_size;
    size_t most = group_of(segment);

    if (total > segment && total <= most) { /* it goes as it is */
        idem_error err = attempt(c, m, flags);

        if (err != IDEM_EOPNOTSUPP)
            return err;
        most = segment; /* not by the system */
    }
    return send_pieces(c, m, total, most, flags);
}
