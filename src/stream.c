/* A buffered stream over a socket: Python's makefile.
 *
 * A call that reads looks into the buffer first, and enters the socket only
 * for more. Nothing is taken out before the call is sure to succeed: whatever
 * ends it, what has arrived is still there.
 */
#include "socket.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_SIZE 8192

/* The bytes from begin to end, in memory for size. */
typedef struct bytes {
    unsigned char *data;
    size_t size;
    size_t begin;
    size_t end;
} bytes;

struct idem_stream {
    idem_socket *socket;
    bytes in;  /* the reading thread's */
    bytes out; /* the writing thread's */
};

static size_t held(const bytes *b)
{
    return b->end - b->begin;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void move_to_front(bytes *b)
{
    if (b->begin > 0)
        memmove(b->data, b->data + b->begin, held(b));
    b->end -= b->begin;
    b->begin = 0;
}

static void remove_first(bytes *b, size_t n)
{
    b->begin += n;
    if (b->begin == b->end)
        b->begin = b->end = 0;
}

/* pre: nothing in front of the bytes, size < most. */
static idem_error grow(bytes *b, size_t most)
{
    const size_t size = b->size < most / 2 ? 2 * b->size : most;
    unsigned char *data = calloc(size, 1);

    if (data == NULL)
        return IDEM_ENOMEM;
    memcpy(data, b->data, b->end);
    free(b->data);
    b->data = data;
    b->size = size;
    return IDEM_OK;
}

/* ---- Opening and closing ----------------------------------------------- */

static void free_stream(idem_stream *st)
{
    free(st->in.data);
    free(st->out.data);
    free(st);
}

idem_error idem_stream_open(idem_socket *s, size_t buffer_size,
                            idem_stream **out)
{
    const size_t size = buffer_size > 0 ? buffer_size : DEFAULT_SIZE;
    idem_stream *st;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    if (s == NULL)
        return IDEM_ENOTSOCK;
    if (s->type != IDEM_SOCK_STREAM)
        return IDEM_EOPNOTSUPP;
    st = calloc(1, sizeof(*st));
    if (st == NULL)
        return IDEM_ENOMEM;
    st->socket = s;
    st->in = (bytes){ calloc(size, 1), size, 0, 0 };
    st->out = (bytes){ calloc(size, 1), size, 0, 0 };
    if (st->in.data == NULL || st->out.data == NULL) {
        free_stream(st);
        return IDEM_ENOMEM;
    }
    *out = st;
    return IDEM_OK;
}

idem_error idem_stream_close(idem_stream *st)
{
    idem_error err;

    if (st == NULL)
        return IDEM_OK;
    err = idem_stream_flush(st);
    free_stream(st);
    return err;
}

/* ---- Reading ----------------------------------------------------------- */

/* A call that reads, and whether it had to enter the socket. */
typedef struct reading {
    bytes *in;
    idem_socket *socket;
    idem_call call;
    bool inside;
} reading;

static reading begin_reading(idem_stream *st)
{
    return (reading){ .in = &st->in, .socket = st->socket };
}

/* Receive more, while fewer than `most` bytes are held. IDEM_EDISCON: there is
 * no more. */
static idem_error receive_more(reading *r, size_t most)
{
    bytes *in = r->in;
    idem_error err = IDEM_OK;
    size_t got = 0;

    move_to_front(in);
    if (in->end == in->size)
        err = grow(in, most);
    if (!err && !r->inside) {
        err = idem_call_begin(&r->call, r->socket, 0);
        r->inside = !err;
    }
    if (!err)
        err = idem_call_recv(&r->call, in->data + in->end, in->size - in->end,
                             &got);
    in->end += got;
    return !err && got == 0 ? IDEM_EDISCON : err;
}

static idem_error end_reading(reading *r, idem_error err)
{
    return r->inside ? idem_call_end(&r->call, err, !err) : err;
}

static idem_error take(bytes *in, void *buf, size_t n, size_t *got)
{
    if (n > 0)
        memcpy(buf, in->data + in->begin, n);
    remove_first(in, n);
    if (got != NULL)
        *got = n;
    return IDEM_OK;
}

static idem_error check_reading(const idem_stream *st, const void *buf,
                                size_t cap, size_t *got)
{
    if (got != NULL)
        *got = 0;
    return st == NULL || (buf == NULL && cap > 0) ? IDEM_EFAULT : IDEM_OK;
}

idem_error idem_stream_read(idem_stream *st, void *buf, size_t cap, size_t *got)
{
    idem_error err = check_reading(st, buf, cap, got);
    reading r;

    if (err || cap == 0)
        return err;
    if (held(&st->in) == 0) {
        if (cap >= st->in.size) /* a buffer would gain nothing */
            return idem_recv(st->socket, buf, cap, 0, got);
        r = begin_reading(st);
        err = end_reading(&r, receive_more(&r, 1));
    }
    if (err == IDEM_EDISCON)
        return IDEM_OK;
    return err ? err : take(&st->in, buf, least(cap, held(&st->in)), got);
}

idem_error idem_stream_readexactly(idem_stream *st, void *buf, size_t n,
                                   size_t *got)
{
    idem_error err = check_reading(st, buf, n, got);
    reading r;

    if (err)
        return err;
    r = begin_reading(st);
    while (!err && held(&st->in) < n)
        err = receive_more(&r, n);
    err = end_reading(&r, err);
    return err ? err : take(&st->in, buf, n, got);
}

/* Where the first separator among the first `most` bytes ends; 0: there is
 * none. *from is where to begin, and to go on when there are more bytes. */
static size_t find_end(const bytes *in, const void *separator, size_t size,
                       size_t most, size_t *from)
{
    const unsigned char *begin = in->data + in->begin;
    const unsigned char *end = begin + least(held(in), most);
    const unsigned char *p = begin + *from;

    while ((size_t)(end - p) >= size) {
        p = memchr(p, *(const unsigned char *)separator,
                   (size_t)(end - p) - size + 1);
        if (p == NULL) {
            *from = (size_t)(end - begin) - size + 1;
            return 0;
        }
        if (memcmp(p, separator, size) == 0)
            return (size_t)(p - begin) + size;
        p++;
    }
    *from = (size_t)(p - begin);
    return 0;
}

static idem_error read_until(idem_stream *st, const void *separator,
                             size_t size, void *buf, size_t cap, size_t *got)
{
    idem_error err = IDEM_OK;
    reading r = begin_reading(st);
    size_t from = 0;
    size_t n = 0;

    while (!err && n == 0) {
        n = find_end(&st->in, separator, size, cap, &from);
        if (n == 0)
            err = held(&st->in) >= cap ? IDEM_EMSGSIZE : receive_more(&r, cap);
    }
    err = end_reading(&r, err);
    return err ? err : take(&st->in, buf, n, got);
}

idem_error idem_stream_readline(idem_stream *st, void *buf, size_t cap,
                                size_t *got)
{
    idem_error err = check_reading(st, buf, cap, got);

    if (err)
        return err;
    err = read_until(st, "\n", 1, buf, cap, got);
    if (err == IDEM_EDISCON) /* the last one may have no end */
        return take(&st->in, buf, held(&st->in), got);
    return err;
}

idem_error idem_stream_readuntil(idem_stream *st, const void *separator,
                                 size_t separator_size, void *buf, size_t cap,
                                 size_t *got)
{
    idem_error err = check_reading(st, buf, cap, got);

    if (err || separator == NULL)
        return IDEM_EFAULT;
    if (separator_size == 0)
        return IDEM_EINVAL;
    return read_until(st, separator, separator_size, buf, cap, got);
}

/* ---- Writing ----------------------------------------------------------- */

/* Put in what there is room for; returns how much that was. */
static size_t put(bytes *out, const void *data, size_t len)
{
    size_t n;

    move_to_front(out);
    n = least(len, out->size - out->end);
    if (n > 0)
        memcpy(out->data + out->end, data, n);
    out->end += n;
    return n;
}

static idem_error send_held(idem_call *c, bytes *out)
{
    size_t n = 0;
    idem_error err =
        idem_call_sendall(c, out->data + out->begin, held(out), &n);

    remove_first(out, n);
    return err;
}

/* Write what did not fit. *done counts on. */
static idem_error write_through(idem_call *c, bytes *out,
                                const unsigned char *data, size_t len,
                                size_t *done)
{
    idem_error err = send_held(c, out);
    size_t n = 0;

    if (!err && len - *done >= out->size) /* a buffer would gain nothing */
        err = idem_call_sendall(c, data + *done, len - *done, &n);
    *done += n;
    if (!err)
        *done += put(out, data + *done, len - *done);
    return err;
}

idem_error idem_stream_write(idem_stream *st, const void *data, size_t len,
                             size_t *written)
{
    idem_call c;
    idem_error err = IDEM_OK;
    size_t done;

    if (written != NULL)
        *written = 0;
    if (st == NULL || (data == NULL && len > 0))
        return IDEM_EFAULT;
    done = put(&st->out, data, len);
    if (done < len) {
        err = idem_call_begin(&c, st->socket, 0);
        if (!err) {
            err = write_through(&c, &st->out, data, len, &done);
            err = idem_call_end(&c, err, !err);
        }
    }
    if (written != NULL)
        *written = done;
    return err;
}

idem_error idem_stream_flush(idem_stream *st)
{
    idem_call c;
    idem_error err;

    if (st == NULL)
        return IDEM_EFAULT;
    if (held(&st->out) == 0)
        return IDEM_OK;
    err = idem_call_begin(&c, st->socket, 0);
    if (err)
        return err;
    err = send_held(&c, &st->out);
    return idem_call_end(&c, err, !err);
}
