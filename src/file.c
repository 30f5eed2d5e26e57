/* Sending files: inside the system where it can, by reading where it cannot. */
#include "socket.h"

#include <stdlib.h>

/* What is read and sent at a time. */
#define CHUNK 65536

/* The part of a file that is to be sent. */
typedef struct piece {
    intptr_t file;
    bool seekable;
    uint64_t offset;
    uint64_t left;
    uint64_t sent;
} piece;

static void advance(piece *p, uint64_t n)
{
    p->offset += n;
    p->left -= n;
    p->sent += n;
}

static idem_error send_inside(idem_call *c, piece *p)
{
    idem_error err;
    uint64_t n;

    do {
        err = idem_os_sendfile(&c->s->os, p->file, p->offset, p->left,
                               &c->deadline, &n);
        err = idem_call_sent(c, err);
        advance(p, n);
        if (err == IDEM_EWOULDBLOCK && n > 0 && idem_wants_interrupt())
            return IDEM_EINTR; /* it is asked between the parts */
        if (!err && n > 0 && p->left > 0)
            err = IDEM_EINTR; /* not all: look at the clock, go on */
    } while (idem_call_again(c, IDEM_POLLOUT, &err));
    return err;
}

static idem_error read_some(idem_call *c, const piece *p, void *buf,
                            size_t *got)
{
    const size_t cap = p->left < CHUNK ? (size_t)p->left : CHUNK;
    idem_error err;

    do
        err = idem_os_read_file(p->file, p->seekable, p->offset, buf, cap,
                                &c->deadline, got);
    while (idem_call_again(c, 0, &err));
    return err;
}

static idem_error send_copied(idem_call *c, piece *p)
{
    void *buf = calloc(1, CHUNK);
    idem_error err = IDEM_OK;
    size_t got = 1;

    if (buf == NULL)
        return IDEM_ENOMEM;
    while (!err && got > 0 && p->left > 0) {
        size_t n = 0;

        err = read_some(c, p, buf, &got);
        if (!err && got > 0)
            err = idem_call_sendall(c, buf, got, &n);
        advance(p, n);
    }
    free(buf);
    return err;
}

static idem_error send_piece(idem_call *c, piece *p)
{
    idem_error err = idem_os_inspect_file(p->file, &p->seekable);

    if (err)
        return err;
    if (p->offset > INT64_MAX || (!p->seekable && p->offset > 0))
        return IDEM_EINVAL;
    if (p->seekable && p->left > INT64_MAX - p->offset)
        p->left = INT64_MAX - p->offset;
    err = idem_call_check_stream(c);
    if (err || p->left == 0)
        return err;
    err = p->seekable ? send_inside(c, p) : IDEM_EOPNOTSUPP;
    return err == IDEM_EOPNOTSUPP ? send_copied(c, p) : err;
}

idem_error idem_sendfile(idem_socket *s, intptr_t file, uint64_t offset,
                         uint64_t count, uint64_t *sent)
{
    piece p = { .file = file, .offset = offset };
    idem_call c;
    idem_error err = idem_call_begin(&c, s, 0);

    if (sent != NULL)
        *sent = 0;
    if (err)
        return err;
    p.left = count > 0 ? count : UINT64_MAX;
    if (s->type != IDEM_SOCK_STREAM)
        err = IDEM_EOPNOTSUPP;
    else if (atomic_load(&s->write_shut))
        err = IDEM_ESHUTDOWN;
    else
        err = send_piece(&c, &p);
    if (sent != NULL)
        *sent = p.sent;
    return idem_call_end(&c, err, !err);
}
