/* Moving bytes: recv, recvfrom, send, sendall, sendto. */
#include "socket.h"

#define RECV_FLAGS (IDEM_MSG_PEEK | IDEM_MSG_WAITALL | IDEM_MSG_DONTWAIT)
#define SEND_FLAGS (IDEM_MSG_DONTROUTE | IDEM_MSG_DONTWAIT)
#define OS_FLAGS (IDEM_MSG_OOB | IDEM_MSG_PEEK | IDEM_MSG_DONTROUTE)

/* What is only looked at does not add up. */
#define PEEK_ALL (IDEM_MSG_PEEK | IDEM_MSG_WAITALL)

idem_error idem_call_await_connection(idem_call *c)
{
    idem_error err;

    do
        err = idem_socket_phase(c->s) == IDEM_PHASE_CONNECTING
                  ? IDEM_EWOULDBLOCK
                  : IDEM_OK;
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    if (err || idem_socket_is(c->s, IDEM_PHASE_CONNECTED))
        return err;
    err = idem_socket_take_error(c->s);
    return err ? err : IDEM_ENOTCONN;
}

/* What ends a connection for good. */
static bool is_break(idem_error err)
{
    return err == IDEM_ECONNRESET || err == IDEM_ETIMEDOUT
           || err == IDEM_ENETRESET || err == IDEM_EHOSTUNREACH
           || err == IDEM_ENETUNREACH || err == IDEM_EHOSTDOWN;
}

/* The result of an attempt on a stream. Some systems tell once that it broke,
 * and then that it has ended, or that it was reset. */
static idem_error stream_result(idem_socket *s, idem_error err, bool at_end)
{
    if (is_break(err))
        err = idem_socket_break(s, err);
    else if (at_end)
        err = (idem_error)atomic_load(&s->error);
    else
        return err;
    if (err)
        atomic_store(&s->error_taken, true);
    return err;
}

idem_error idem_call_received(idem_call *c, idem_error err, size_t got)
{
    /* Linux resets a connection that has been shut down when more arrives. */
    if (err == IDEM_ECONNRESET && atomic_load(&c->s->read_shut))
        return IDEM_ESHUTDOWN;
    return stream_result(c->s, err, !err && got == 0);
}

idem_error idem_call_sent(idem_call *c, idem_error err)
{
    /* Shut down by another thread meanwhile: the peer is not to blame. */
    if (err == IDEM_ECONNRESET && atomic_load(&c->s->write_shut))
        return IDEM_ESHUTDOWN;
    return stream_result(c->s, err, false);
}

void idem_socket_mark_bound(idem_socket *s)
{
    int fresh = IDEM_PHASE_NEW;

    if (atomic_load(&s->phase) == IDEM_PHASE_NEW
        && s->family != IDEM_AF_UNIX) /* it has no name by that */
        atomic_compare_exchange_strong(&s->phase, &fresh, IDEM_PHASE_BOUND);
}

/* What most calls are: without flags, and to move something. Their first
 * attempt is most likely all of it. */
static inline bool is_plain(const void *data, size_t len, int flags)
{
    return flags == 0 && data != NULL && len > 0;
}

static inline bool is_connected_stream(const idem_socket *s)
{
    return s->type == IDEM_SOCK_STREAM
           && atomic_load(&s->phase) == IDEM_PHASE_CONNECTED;
}

/* ---- Receiving --------------------------------------------------------- */

static inline idem_error recv_once(idem_call *c, void *buf, size_t cap,
                                   int flags, size_t *got)
{
    idem_socket *s = c->s;
    idem_error err;

    *got = 0;
    if (atomic_load(&s->read_shut))
        return IDEM_ESHUTDOWN;
    err = idem_os_recv(&s->os, buf, cap, flags & OS_FLAGS, &c->deadline, got);
    if (!err && *got > 0)
        return IDEM_OK;
    return idem_call_received(c, err, *got);
}

/* Shut down, before or meanwhile: no error. */
static idem_error end_of_stream(idem_error err)
{
    return err == IDEM_ESHUTDOWN ? IDEM_OK : err;
}

/* Until the buffer is full. */
static idem_error recv_all(idem_call *c, void *buf, size_t cap, int flags,
                           size_t *got)
{
    unsigned char *p = buf;
    idem_error err;
    size_t n;

    do {
        err = recv_once(c, p + *got, cap - *got, flags, &n);
        *got += n;
        if (!err && n > 0 && *got < cap)
            err = IDEM_EINTR; /* not full: look at the clock, go on */
    } while (idem_call_again(c, IDEM_POLLIN, &err));
    return end_of_stream(err);
}

/* What is there. err is what a first attempt came to. */
static idem_error recv_some(idem_call *c, void *buf, size_t cap, int flags,
                            idem_error err, size_t *got)
{
    while (idem_call_again(c, IDEM_POLLIN, &err))
        err = recv_once(c, buf, cap, flags, got);
    return end_of_stream(err);
}

static inline idem_error recv_plain(idem_call *c, void *buf, size_t cap,
                                    size_t *got)
{
    idem_error err = recv_once(c, buf, cap, 0, got);

    return err ? recv_some(c, buf, cap, 0, err, got) : IDEM_OK;
}

static idem_error recv_stream(idem_call *c, void *buf, size_t cap, int flags,
                              size_t *got)
{
    idem_error err = cap == 0 ? IDEM_OK : idem_call_check_stream(c);

    if (err || cap == 0)
        return err;
    if (flags & IDEM_MSG_WAITALL)
        return recv_all(c, buf, cap, flags, got);
    err = recv_once(c, buf, cap, flags, got);
    return recv_some(c, buf, cap, flags, err, got);
}

idem_error idem_call_recv(idem_call *c, void *buf, size_t cap, size_t *got)
{
    return recv_stream(c, buf, cap, 0, got);
}

static inline idem_error recv_datagram(idem_call *c, void *buf, size_t cap,
                                       int flags, size_t *got,
                                       idem_address *from)
{
    idem_socket *s = c->s;
    idem_error err;

    if ((flags & IDEM_MSG_WAITALL) || atomic_load(&s->coalesced))
        return IDEM_EOPNOTSUPP;
    /* Nobody can send to a Unix socket that has no name: it only waits. */
    if (atomic_load(&s->phase) == IDEM_PHASE_NEW && s->family != IDEM_AF_UNIX) {
        err = idem_socket_bind_any(s);
        if (err)
            return err;
    }
    do
        err = atomic_load(&s->read_shut)
                  ? IDEM_ESHUTDOWN
                  : idem_os_recvfrom(&s->os, buf, cap, flags & OS_FLAGS,
                                     &c->deadline, got, from);
    while (idem_call_again(c, IDEM_POLLIN, &err));
    if (err == IDEM_ESHUTDOWN)
        return IDEM_OK;
    if (from != NULL && (!err || err == IDEM_EMSGSIZE))
        from->family = s->family; /* also of one without a name */
    return err;
}

static idem_error recv_any(idem_call *c, void *buf, size_t cap, int flags,
                           size_t *got, idem_address *from)
{
    if (buf == NULL && cap > 0)
        return IDEM_EFAULT;
    if ((flags & ~RECV_FLAGS) || (flags & PEEK_ALL) == PEEK_ALL)
        return IDEM_EOPNOTSUPP;
    if (c->s->type == IDEM_SOCK_STREAM)
        return recv_stream(c, buf, cap, flags, got);
    return recv_datagram(c, buf, cap, flags, got, from);
}

/* Part of all is not what was asked for: a cancelled end is no end. */
static inline bool has_received(size_t got, size_t cap, int flags)
{
    return flags & IDEM_MSG_WAITALL ? got == cap : got > 0;
}

idem_error idem_recv(idem_socket *s, void *buf, size_t cap, int flags,
                     size_t *got)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (!err) {
        if (is_plain(buf, cap, flags) && is_connected_stream(s))
            err = recv_plain(&c, buf, cap, &n);
        else
            err = recv_any(&c, buf, cap, flags, &n, NULL);
        err = idem_call_end(&c, err, has_received(n, cap, flags));
    }
    if (got != NULL)
        *got = n;
    return err;
}

idem_error idem_recvfrom(idem_socket *s, void *buf, size_t cap, int flags,
                         size_t *got, idem_address *from)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (from != NULL)
        from->family = IDEM_AF_UNSPEC;
    if (!err) {
        if (is_plain(buf, cap, flags) && s->type == IDEM_SOCK_DGRAM)
            err = recv_datagram(&c, buf, cap, 0, &n, from);
        else
            err = recv_any(&c, buf, cap, flags, &n, from);
        err = idem_call_end(&c, err, has_received(n, cap, flags));
    }
    if (from != NULL && from->family == IDEM_AF_UNSPEC) /* nobody sent it */
        idem_address_clear(from);
    if (got != NULL)
        *got = n;
    return err;
}

/* ---- Sending ----------------------------------------------------------- */

static inline idem_error send_once(idem_call *c, const void *data, size_t len,
                                   int flags, idem_deadline *d, size_t *sent)
{
    idem_error err =
        idem_os_send(&c->s->os, data, len, flags & OS_FLAGS, d, sent);

    return err ? idem_call_sent(c, err) : IDEM_OK;
}

/* What a first attempt, which came to err, has left. */
static idem_error send_rest(idem_call *c, const void *data, size_t len,
                            int flags, idem_error err, size_t *sent)
{
    const unsigned char *p = data;
    size_t n;

    for (;;) {
        if (!err && *sent < len)
            err = IDEM_EINTR; /* not all: look at the clock, go on */
        if (!idem_call_again(c, IDEM_POLLOUT, &err))
            return err;
        err = send_once(c, p + *sent, len - *sent, flags, &c->deadline, &n);
        *sent += n;
    }
}

static inline idem_error send_plain(idem_call *c, const void *data, size_t len,
                                    int flags, size_t *sent)
{
    idem_error err = send_once(c, data, len, flags, &c->deadline, sent);

    if (!err && *sent == len)
        return IDEM_OK;
    return send_rest(c, data, len, flags, err, sent);
}

static idem_error send_some(idem_call *c, const void *data, size_t len,
                            int flags, size_t *sent)
{
    /* POSIX waits until it has taken everything: not for who wants less. */
    idem_deadline none = { 0 };
    idem_error err;

    do
        err = send_once(c, data, len, flags, &none, sent);
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    return err;
}

static idem_error send_stream(idem_call *c, const void *data, size_t len,
                              int flags, bool all, size_t *sent)
{
    idem_error err = idem_call_check_stream(c);

    if (err || len == 0)
        return err;
    return all ? send_plain(c, data, len, flags, sent)
               : send_some(c, data, len, flags, sent);
}

static inline idem_error send_datagram(idem_call *c, const void *data,
                                       size_t len, int flags,
                                       const idem_address *to, size_t *sent)
{
    idem_socket *s = c->s;
    idem_address room;
    idem_error err = IDEM_OK;

    if (to != NULL)
        err = idem_address_target(s, &to, &room);
    else if (!idem_socket_is(s, IDEM_PHASE_CONNECTED))
        err = IDEM_EDESTADDRREQ;
    if (err)
        return err;
    do
        err = idem_os_sendto(&s->os, data, len, flags & OS_FLAGS, &c->deadline,
                             to, sent);
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    if (!err)
        idem_socket_mark_bound(s);
    return err;
}

/* Only TCP knows urgent data on every system. */
static int flags_to_send(const idem_socket *s)
{
    const bool tcp = s->type == IDEM_SOCK_STREAM && s->family != IDEM_AF_UNIX;

    return tcp ? SEND_FLAGS | IDEM_MSG_OOB : SEND_FLAGS;
}

static idem_error send_any(idem_call *c, const void *data, size_t len,
                           int flags, const idem_address *to, bool all,
                           size_t *sent)
{
    if (data == NULL && len > 0)
        return IDEM_EFAULT;
    if (flags & ~flags_to_send(c->s))
        return IDEM_EOPNOTSUPP;
    if (atomic_load(&c->s->write_shut))
        return IDEM_ESHUTDOWN;
    if (c->s->type == IDEM_SOCK_STREAM)
        return send_stream(c, data, len, flags, all, sent);
    return send_datagram(c, data, len, flags, to, sent);
}

idem_error idem_call_sendall(idem_call *c, const void *data, size_t len,
                             size_t *sent)
{
    return send_any(c, data, len, 0, NULL, true, sent);
}

idem_error idem_sendall(idem_socket *s, const void *data, size_t len, int flags,
                        size_t *sent)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (!err) {
        if (is_plain(data, len, flags) && is_connected_stream(s)
            && !atomic_load(&s->write_shut))
            err = send_plain(&c, data, len, 0, &n);
        else
            err = send_any(&c, data, len, flags, NULL, true, &n);
        err = idem_call_end(&c, err, !err);
    }
    if (sent != NULL)
        *sent = n;
    return err;
}

/* What the system takes at once. */
static idem_error transmit(idem_socket *s, const void *data, size_t len,
                           int flags, const idem_address *to, size_t *sent)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (!err) {
        if (!is_plain(data, len, flags) || atomic_load(&s->write_shut))
            err = send_any(&c, data, len, flags, to, false, &n);
        else if (s->type == IDEM_SOCK_DGRAM)
            err = send_datagram(&c, data, len, 0, to, &n);
        else
            err = send_stream(&c, data, len, 0, false, &n);
        err = idem_call_end(&c, err, !err);
    }
    if (sent != NULL)
        *sent = n;
    return err;
}

idem_error idem_send(idem_socket *s, const void *data, size_t len, int flags,
                     size_t *sent)
{
    return transmit(s, data, len, flags, NULL, sent);
}

idem_error idem_sendto(idem_socket *s, const void *data, size_t len, int flags,
                       const idem_address *to, size_t *sent)
{
    return transmit(s, data, len, flags, to, sent);
}
