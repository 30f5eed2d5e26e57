/* Moving bytes: recv, recvfrom, send, sendall, sendto. */
#include "attempt.h"
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

/* What most calls on a stream are: without flags, on a connection, and to move
 * something. Their first attempt is most likely all of it. */
static inline bool is_plain(const idem_socket *s, const void *data, size_t len,
                            int flags)
{
    return flags == 0 && data != NULL && len > 0
           && atomic_load(&s->phase) == IDEM_PHASE_CONNECTED;
}

/* Calls of the one kind hand over sockets of the other, once: the type of a
 * socket never changes. One that is NULL is answered as a stream. */
static inline bool is_datagram(const idem_socket *s)
{
    return s != NULL && s->type == IDEM_SOCK_DGRAM;
}

/* ---- Receiving --------------------------------------------------------- */

static inline idem_error recv_once(idem_call *c, void *buf, size_t cap,
                                   int flags, size_t *got)
{
    idem_socket *s = c->s;
    idem_error err;

    *got = 0;
    if (IDEM_UNLIKELY(atomic_load(&s->read_shut)))
        return IDEM_ESHUTDOWN;
    err = idem_os_recv(&s->os, buf, cap, flags & OS_FLAGS, &c->deadline, got);
    if (IDEM_LIKELY(!err && *got > 0))
        return IDEM_OK;
    return idem_call_received(c, err, *got);
}

/* Shut down, before or meanwhile: no error. */
static idem_error end_of_stream(idem_error err)
{
    return err == IDEM_ESHUTDOWN ? IDEM_OK : err;
}

static inline idem_error check_recv(const void *buf, size_t cap, int flags)
{
    if (buf == NULL && cap > 0)
        return IDEM_EFAULT;
    if ((flags & ~RECV_FLAGS) || (flags & PEEK_ALL) == PEEK_ALL)
        return IDEM_EOPNOTSUPP;
    return IDEM_OK;
}

/* Until something came, or the buffer is full. pre: *got is 0. */
static idem_error recv_stream(idem_call *c, void *buf, size_t cap, int flags,
                              size_t *got)
{
    const size_t least = flags & IDEM_MSG_WAITALL ? cap : 1;
    unsigned char *p = buf;
    idem_error err = check_recv(buf, cap, flags);
    size_t n;

    if (!err && cap > 0)
        err = idem_call_check_stream(c);
    if (err || cap == 0)
        return err;
    do {
        err = recv_once(c, p + *got, cap - *got, flags, &n);
        *got += n;
        if (!err && n > 0 && *got < least)
            err = IDEM_EINTR; /* not full: look at the clock, go on */
    } while (idem_call_again(c, IDEM_POLLIN, &err));
    return end_of_stream(err);
}

static inline idem_error recv_plain(idem_call *c, void *buf, size_t cap,
                                    size_t *got)
{
    idem_error err = recv_once(c, buf, cap, 0, got);

    if (err && idem_call_again(c, IDEM_POLLIN, &err))
        err = recv_stream(c, buf, cap, 0, got);
    return end_of_stream(err);
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
    idem_error err = check_recv(buf, cap, flags);

    if (IDEM_UNLIKELY(err != IDEM_OK))
        return err;
    if (IDEM_UNLIKELY((flags & IDEM_MSG_WAITALL) != 0
                      || atomic_load(&s->coalesced)))
        return IDEM_EOPNOTSUPP;
    /* Nobody can send to a Unix socket that has no name: it only waits. */
    if (IDEM_UNLIKELY(atomic_load(&s->phase) == IDEM_PHASE_NEW)
        && s->family != IDEM_AF_UNIX)
        err = idem_socket_bind_any(s);
    if (IDEM_UNLIKELY(err != IDEM_OK))
        return err;
    do
        err = IDEM_UNLIKELY(atomic_load(&s->read_shut))
                  ? IDEM_ESHUTDOWN
                  : idem_os_recvfrom(&s->os, buf, cap, flags & OS_FLAGS,
                                     &c->deadline, got, from);
    while (idem_call_again(c, IDEM_POLLIN, &err));
    if (IDEM_UNLIKELY(err == IDEM_ESHUTDOWN))
        return IDEM_OK;
    if (from != NULL && (!err || err == IDEM_EMSGSIZE))
        from->family = s->family; /* also of one without a name */
    return err;
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
    idem_error err;

    if (is_datagram(s))
        return idem_recvfrom(s, buf, cap, flags, got, NULL);
    err = idem_call_begin(&c, s, flags);
    if (!err) {
        err = IDEM_LIKELY(is_plain(s, buf, cap, flags))
                  ? recv_plain(&c, buf, cap, &n)
                  : recv_stream(&c, buf, cap, flags, &n);
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
    idem_error err;

    if (from != NULL)
        from->family = IDEM_AF_UNSPEC;
    if (IDEM_LIKELY(is_datagram(s))) {
        err = idem_call_begin(&c, s, flags);
        if (!err) {
            err = recv_datagram(&c, buf, cap, flags, &n, from);
            err = idem_call_end(&c, err, n > 0);
        }
    } else {
        err = idem_recv(s, buf, cap, flags, &n);
    }
    if (from != NULL && IDEM_UNLIKELY(from->family == IDEM_AF_UNSPEC))
        idem_address_clear(from); /* nobody sent it */
    if (got != NULL)
        *got = n;
    return err;
}

/* ---- Sending ----------------------------------------------------------- */

/* Only TCP knows urgent data on every system. */
static int flags_to_send(const idem_socket *s)
{
    const bool tcp = s->type == IDEM_SOCK_STREAM && s->family != IDEM_AF_UNIX;

    return tcp ? SEND_FLAGS | IDEM_MSG_OOB : SEND_FLAGS;
}

static inline idem_error check_send(const idem_socket *s, const void *data,
                                    size_t len, int flags)
{
    if (data == NULL && len > 0)
        return IDEM_EFAULT;
    if (flags != 0 && (flags & ~flags_to_send(s)))
        return IDEM_EOPNOTSUPP;
    return atomic_load(&s->write_shut) ? IDEM_ESHUTDOWN : IDEM_OK;
}

static inline idem_error send_once(idem_call *c, const void *data, size_t len,
                                   int flags, idem_deadline *d, size_t *sent)
{
    idem_error err =
        idem_os_send(&c->s->os, data, len, flags & OS_FLAGS, d, sent);

    return err ? idem_call_sent(c, err) : IDEM_OK;
}

/* What is left after *sent bytes: all of it, or what the system takes. */
static idem_error send_stream(idem_call *c, const void *data, size_t len,
                              int flags, bool all, size_t *sent)
{
    /* POSIX waits until it has taken everything: not for who wants less. */
    idem_deadline none = { 0 };
    const unsigned char *p = data;
    idem_error err = check_send(c->s, data, len, flags);
    size_t n;

    if (!err)
        err = idem_call_check_stream(c);
    if (err || len == 0)
        return err;
    do {
        err = send_once(c, p + *sent, len - *sent, flags,
                        all ? &c->deadline : &none, &n);
        *sent += n;
        if (!err && all && *sent < len)
            err = IDEM_EINTR; /* not all: look at the clock, go on */
    } while (idem_call_again(c, IDEM_POLLOUT, &err));
    return err;
}

static inline idem_error send_plain(idem_call *c, const void *data, size_t len,
                                    bool all, size_t *sent)
{
    idem_deadline none = { 0 }; /* as there */
    idem_error err =
        send_once(c, data, len, 0, all ? &c->deadline : &none, sent);

    if (!err && all && *sent < len)
        err = IDEM_EINTR; /* not all, as there */
    if (err && idem_call_again(c, IDEM_POLLOUT, &err))
        err = send_stream(c, data, len, 0, all, sent);
    return err;
}

idem_error idem_call_sendall(idem_call *c, const void *data, size_t len,
                             size_t *sent)
{
    return send_stream(c, data, len, 0, true, sent);
}

/* What most addresses are: IPv4, and as they are to be passed on. */
static inline bool is_plain_target(const idem_socket *s, const idem_address *to)
{
    return to->family == IDEM_AF_INET && s->family == IDEM_AF_INET
           && to->port != 0 && to->ip[0] != 0;
}

static inline idem_error send_datagram(idem_call *c, const void *data,
                                       size_t len, int flags,
                                       const idem_address *to, size_t *sent)
{
    idem_socket *s = c->s;
    idem_address room;
    idem_error err = check_send(s, data, len, flags);

    if (IDEM_UNLIKELY(err != IDEM_OK))
        return err;
    if (to == NULL)
        err = idem_socket_is(s, IDEM_PHASE_CONNECTED) ? IDEM_OK
                                                      : IDEM_EDESTADDRREQ;
    else if (IDEM_UNLIKELY(!is_plain_target(s, to)))
        err = idem_address_target(s, &to, &room);
    if (IDEM_UNLIKELY(err != IDEM_OK))
        return err;
    do
        err = idem_os_sendto(&s->os, data, len, flags & OS_FLAGS, &c->deadline,
                             to, sent);
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    if (!err)
        idem_socket_mark_bound(s);
    return err;
}

static inline idem_error send_any(idem_socket *s, const void *data, size_t len,
                                  int flags, bool all, size_t *sent)
{
    idem_call c;
    size_t n = 0;
    idem_error err;

    if (is_datagram(s))
        return idem_sendto(s, data, len, flags, NULL, sent);
    err = idem_call_begin(&c, s, flags);
    if (!err) {
        err = IDEM_LIKELY(is_plain(s, data, len, flags)
                          && !atomic_load(&s->write_shut))
                  ? send_plain(&c, data, len, all, &n)
                  : send_stream(&c, data, len, flags, all, &n);
        err = idem_call_end(&c, err, !err);
    }
    if (sent != NULL)
        *sent = n;
    return err;
}

idem_error idem_sendall(idem_socket *s, const void *data, size_t len, int flags,
                        size_t *sent)
{
    return send_any(s, data, len, flags, true, sent);
}

/* What the system takes at once. */
idem_error idem_send(idem_socket *s, const void *data, size_t len, int flags,
                     size_t *sent)
{
    return send_any(s, data, len, flags, false, sent);
}

idem_error idem_sendto(idem_socket *s, const void *data, size_t len, int flags,
                       const idem_address *to, size_t *sent)
{
    idem_call c;
    size_t n = 0;
    idem_error err;

    if (!is_datagram(s)) /* a stream has its peer */
        return idem_send(s, data, len, flags, sent);
    err = idem_call_begin(&c, s, flags);
    if (!err) {
        err = send_datagram(&c, data, len, flags, to, &n);
        err = idem_call_end(&c, err, !err);
    }
    if (sent != NULL)
        *sent = n;
    return err;
}
