/* Messages: in several buffers, with ancillary data, several at a time. */
#include "socket.h"

#include <limits.h>

#define RECV_FLAGS (IDEM_MSG_PEEK | IDEM_MSG_DONTWAIT)
#define SEND_FLAGS (IDEM_MSG_DONTROUTE | IDEM_MSG_DONTWAIT)
#define OS_FLAGS (IDEM_MSG_PEEK | IDEM_MSG_DONTROUTE)

/* The messages of a batch that are sent in one attempt. */
#define BATCH 64

/* Handles that go with one message: what every C library of Linux hands on. The
 * system takes 253, musl a kilobyte. */
#define HANDLES 252

/* ---- What a message may be --------------------------------------------- */

/* *total: of its bytes; SIZE_MAX when that is more. */
static idem_error check_buffers(const idem_message *m, size_t *total)
{
    size_t i;

    *total = 0;
    if (m->buffers == NULL && m->buffer_count > 0)
        return IDEM_EFAULT;
    if (m->buffer_count > IDEM_BUFFERS_MAX)
        return IDEM_EINVAL;
    for (i = 0; i < m->buffer_count; i++) {
        const idem_buffer *b = &m->buffers[i];

        if (b->data == NULL && b->size > 0)
            return IDEM_EFAULT;
        *total = b->size < SIZE_MAX - *total ? *total + b->size : SIZE_MAX;
    }
    return IDEM_OK;
}

/* What can travel with data that s sends. */
static unsigned companions(const idem_socket *s)
{
    if (s->family == IDEM_AF_UNIX)
        return IDEM_ANCILLARY_HANDLES | IDEM_ANCILLARY_CREDENTIALS;
    if (s->type == IDEM_SOCK_DGRAM)
        return IDEM_ANCILLARY_PACKET_INFO | IDEM_ANCILLARY_TTL
               | IDEM_ANCILLARY_TOS | IDEM_ANCILLARY_SEGMENTS;
    return 0;
}

static idem_error check_handles(const idem_socket *s, const idem_ancillary *a,
                                size_t total)
{
    if (a->handles == NULL && a->handle_count > 0)
        return IDEM_EFAULT;
    if (a->handle_count > HANDLES)
        return IDEM_EINVAL;
    /* Nothing goes through a stream without a byte, and no system says so. */
    if (a->handle_count > 0 && total == 0 && s->type == IDEM_SOCK_STREAM)
        return IDEM_EINVAL;
    return IDEM_OK;
}

static idem_error check_ancillary(const idem_socket *s, const idem_ancillary *a,
                                  size_t total)
{
    const unsigned present = a == NULL ? 0 : a->present;

    if (present & ~companions(s))
        return IDEM_EOPNOTSUPP;
    if ((present & IDEM_ANCILLARY_PACKET_INFO)
        && a->destination.family != IDEM_AF_UNSPEC
        && a->destination.family != s->family)
        return IDEM_EAFNOSUPPORT;
    if ((present & IDEM_ANCILLARY_TTL) && (a->ttl < 1 || a->ttl > 255))
        return IDEM_EINVAL;
    if ((present & IDEM_ANCILLARY_TOS) && (a->tos < 0 || a->tos > 255))
        return IDEM_EINVAL;
    if ((present & IDEM_ANCILLARY_SEGMENTS) && a->segment_size == 0)
        return IDEM_EINVAL;
    if (present & IDEM_ANCILLARY_HANDLES)
        return check_handles(s, a, total);
    return IDEM_OK;
}

static idem_error check_to_send(const idem_socket *s, const idem_message *m,
                                int flags, size_t *total)
{
    idem_error err = m == NULL ? IDEM_EFAULT : check_buffers(m, total);

    if (!err && (flags & ~SEND_FLAGS))
        err = IDEM_EOPNOTSUPP;
    return err ? err : check_ancillary(s, m->ancillary, *total);
}

static idem_error check_to_receive(const idem_message *m, size_t *total)
{
    const idem_ancillary *a = m->ancillary;

    if (a != NULL && a->handles == NULL && a->handle_capacity > 0)
        return IDEM_EFAULT;
    return check_buffers(m, total);
}

/* What one attempt moves at most: whole buffers, or a part of the first. */
static void clamp(idem_message *m, idem_buffer *first)
{
    size_t total = 0;
    size_t n = 0;

    while (m->buffer_count > 1 && m->buffers->size == 0) {
        m->buffers++;
        m->buffer_count--;
    }
    while (n < m->buffer_count && m->buffers[n].size <= INT_MAX - total)
        total += m->buffers[n++].size;
    if (n == 0 && m->buffer_count > 0) {
        *first = m->buffers[0];
        first->size = INT_MAX;
        m->buffers = first;
        n = 1;
    }
    m->buffer_count = n;
}

/* ---- Sending ----------------------------------------------------------- */

static idem_error send_stream(idem_call *c, idem_message *m, size_t total,
                              int flags)
{
    idem_deadline none = { 0 }; /* POSIX would wait until it has taken it all */
    idem_message part = *m;
    idem_error err = idem_call_check_stream(c);
    idem_buffer first;
    size_t done;

    if (err || total == 0)
        return err;
    part.address.family = IDEM_AF_UNSPEC; /* a stream has its peer */
    clamp(&part, &first);
    do
        err =
            idem_call_sent(c, idem_os_sendmsg(&c->s->os, &part, 1,
                                              flags & OS_FLAGS, &none, &done));
    while (idem_call_again(c, IDEM_POLLOUT, &err));
    if (!err)
        m->length = part.length;
    return err;
}

static bool has_segments(const idem_message *m)
{
    return m->ancillary != NULL
           && (m->ancillary->present & IDEM_ANCILLARY_SEGMENTS);
}

/* What can be sent of a message: itself, or a copy in room, with its address
 * complete. */
static idem_error complete(idem_socket *s, idem_message *m, size_t total,
                           idem_message *room, idem_message **ready)
{
    const idem_address *to = &m->address;
    idem_address whole;
    idem_error err;

    *ready = m;
    if (total > INT_MAX && !has_segments(m))
        return IDEM_EMSGSIZE;
    if (to->family == IDEM_AF_UNSPEC)
        return idem_socket_is(s, IDEM_PHASE_CONNECTED) ? IDEM_OK
                                                       : IDEM_EDESTADDRREQ;
    err = idem_address_target(s, &to, &whole);
    if (!err && to == &whole) {
        *room = *m;
        room->address = whole;
        *ready = room;
    }
    return err;
}

static idem_error send_datagram(idem_call *c, idem_message *m, size_t total,
                                int flags)
{
    idem_message room;
    idem_message *ready;
    idem_error err = complete(c->s, m, total, &room, &ready);
    bool some;
    size_t done;

    if (err)
        return err;
    if (has_segments(m)) {
        ready->length = 0;
        err = idem_call_send_segments(c, ready, total, flags & OS_FLAGS);
        some = !err || ready->length > 0;
    } else {
        do
            err = idem_os_sendmsg(&c->s->os, ready, 1, flags & OS_FLAGS,
                                  &c->deadline, &done);
        while (idem_call_again(c, IDEM_POLLOUT, &err));
        some = !err;
    }
    if (some) {
        m->length = ready->length;
        idem_socket_mark_bound(c->s);
    }
    return err;
}

idem_error idem_sendmsg(idem_socket *s, idem_message *m, int flags)
{
    idem_call c;
    size_t total;
    idem_error err;

    if (m != NULL) {
        m->flags = 0;
        m->length = 0;
    }
    err = idem_call_begin(&c, s, flags);
    if (err)
        return err;
    err = check_to_send(s, m, flags, &total);
    if (!err && atomic_load(&s->write_shut))
        err = IDEM_ESHUTDOWN;
    else if (!err && s->type == IDEM_SOCK_STREAM)
        err = send_stream(&c, m, total, flags);
    else if (!err)
        err = send_datagram(&c, m, total, flags);
    return idem_call_end(&c, err, !err);
}

/* ---- Several at a time ------------------------------------------------- */

/* How many of the first messages can go in one attempt, as they are. The one
 * that ends the list goes alone, if it can go at all: send_alone() tells. */
static size_t count_ready(idem_socket *s, idem_message *m, size_t count,
                          int flags)
{
    idem_message room;
    idem_message *ready;
    size_t total;
    size_t n = 0;

    while (n < count && n < BATCH && !has_segments(&m[n])
           && !check_to_send(s, &m[n], flags, &total)
           && !complete(s, &m[n], total, &room, &ready) && ready == &m[n])
        n++;
    return n;
}

static idem_error send_alone(idem_call *c, idem_message *m, int flags,
                             size_t *went)
{
    size_t total;
    idem_error err = check_to_send(c->s, m, flags, &total);

    if (has_segments(m)) { /* they tell how much went, also on failure */
        m->flags = 0;
        m->length = 0;
    }
    if (!err)
        err = send_datagram(c, m, total, flags);
    *went = !err;
    return err;
}

/* Send some more. Only the first one waits. */
static idem_error send_some(idem_call *c, idem_message *m, size_t count,
                            int flags, size_t *done)
{
    const size_t n = count_ready(c->s, m, count, flags);
    idem_call now = *c;
    size_t went = 0;
    idem_error err;
    size_t i;

    if (*done > 0)
        now.deadline = (idem_deadline){ 0 };
    if (n == 0) {
        err = send_alone(&now, m, flags, &went);
    } else {
        do
            err = idem_os_sendmsg(&c->s->os, m, n, flags & OS_FLAGS,
                                  &now.deadline, &went);
        while (*done == 0 && idem_call_again(&now, IDEM_POLLOUT, &err));
    }
    for (i = 0; i < went; i++)
        m[i].flags = 0;
    *done += went;
    return err;
}

static idem_error check_batch(const idem_socket *s, const idem_message *m,
                              size_t count, int allowed, int flags)
{
    if (m == NULL && count > 0)
        return IDEM_EFAULT;
    if ((flags & ~allowed) || s->type != IDEM_SOCK_DGRAM)
        return IDEM_EOPNOTSUPP;
    return IDEM_OK;
}

idem_error idem_send_batch(idem_socket *s, idem_message *m, size_t count,
                           int flags, size_t *done)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (done != NULL)
        *done = 0;
    if (err)
        return err;
    err = check_batch(s, m, count, SEND_FLAGS, flags);
    if (!err && atomic_load(&s->write_shut))
        err = IDEM_ESHUTDOWN;
    while (!err && n < count)
        err = send_some(&c, m + n, count - n, flags, &n);
    if (n > 0) {
        idem_socket_mark_bound(s);
        err = IDEM_OK;
    }
    if (done != NULL)
        *done = n;
    return idem_call_end(&c, err, !err);
}

/* ---- Receiving --------------------------------------------------------- */

/* By a copy of none, which is quicker: see idem_address_clear(). */
static void clear_ancillary(idem_ancillary *a)
{
    static const idem_ancillary none;
    intptr_t *handles = a->handles;
    size_t capacity = a->handle_capacity;

    *a = none;
    a->handles = handles;
    a->handle_capacity = capacity;
}

void idem_message_clear_rest(idem_message *m)
{
    m->flags = 0;
    m->length = 0;
    if (m->ancillary != NULL)
        clear_ancillary(m->ancillary);
}

void idem_message_clear(idem_message *m)
{
    idem_address_clear(&m->address);
    idem_message_clear_rest(m);
}

static idem_error recv_part(idem_call *c, idem_message *m, int flags,
                            size_t *done)
{
    idem_error err;

    if (atomic_load(&c->s->read_shut))
        return IDEM_ESHUTDOWN;
    err = idem_os_recvmsg(&c->s->os, m, 1, flags, &c->deadline, done);
    return idem_call_received(c, err, *done > 0 ? m->length : 0);
}

static idem_error recv_stream(idem_call *c, idem_message *m, int flags,
                              size_t *done)
{
    idem_error err = idem_call_check_stream(c);

    if (err)
        return err;
    do
        err = recv_part(c, m, flags, done);
    while (idem_call_again(c, IDEM_POLLIN, &err));
    return err == IDEM_ESHUTDOWN ? IDEM_OK : err;
}

/* Handles and the like come with a datagram only. */
static bool is_nothing(const idem_message *m)
{
    return m->length == 0 && m->address.family == IDEM_AF_UNSPEC
           && (m->ancillary == NULL || m->ancillary->present == 0);
}

/* A datagram socket that was shut down or woken receives nothing at all on
 * Linux, any number of times: it looks like an empty datagram of nobody. */
static size_t count_real(idem_socket *s, const idem_message *m, size_t n)
{
    if (atomic_load(&s->read_shut)
        || (atomic_load(&s->use) & IDEM_USE_CANCELLED)) {
        while (n > 0 && is_nothing(&m[n - 1]))
            n--;
    }
    return n;
}

static idem_error recv_once(idem_call *c, idem_message *m, size_t count,
                            int flags, idem_deadline *d, size_t *done)
{
    idem_error err;
    size_t n = 0;
    size_t i;

    if (atomic_load(&c->s->read_shut))
        return IDEM_ESHUTDOWN;
    err = idem_os_recvmsg(&c->s->os, m, count, flags, d, &n);
    if (err)
        return err;
    n = count_real(c->s, m, n);
    for (i = 0; i < n; i++)
        m[i].address.family = c->s->family; /* also of one without a name */
    *done += n;
    return IDEM_OK;
}

/* Wait for the first, and take what is there. */
static idem_error recv_datagrams(idem_call *c, idem_message *m, size_t count,
                                 int flags, size_t *done)
{
    idem_deadline none = { 0 };
    idem_error err = IDEM_OK;
    size_t before;

    /* Nobody can send to a Unix socket that has no name: it only waits. */
    if (atomic_load(&c->s->phase) == IDEM_PHASE_NEW
        && c->s->family != IDEM_AF_UNIX)
        err = idem_socket_bind_any(c->s);
    if (err)
        return err;
    do
        err = recv_once(c, m, count, flags, &c->deadline, done);
    while (idem_call_again(c, IDEM_POLLIN, &err));
    for (before = 0; !err && *done > before && *done < count;) {
        before = *done;
        err = recv_once(c, m + before, count - before, flags, &none, done);
    }
    return *done > 0 || err == IDEM_ESHUTDOWN ? IDEM_OK : err;
}

/* What a call to receive cannot do: to look at handles is to take them. */
static bool can_receive(const idem_message *m, int flags)
{
    if (flags & ~RECV_FLAGS)
        return false;
    return !(flags & IDEM_MSG_PEEK) || m->ancillary == NULL
           || m->ancillary->handle_capacity == 0;
}

static bool sees_segments(const idem_socket *s, const idem_message *m)
{
    return !atomic_load(&s->coalesced) || m->ancillary != NULL;
}

/* done: one was received, or the end of a stream. */
static idem_error recv_one(idem_call *c, idem_message *m, int flags,
                           size_t *done)
{
    return c->s->type == IDEM_SOCK_STREAM
               ? recv_stream(c, m, flags & OS_FLAGS, done)
               : recv_datagrams(c, m, 1, flags & OS_FLAGS, done);
}

/* Into more buffers than one attempt can fill. */
static idem_error recv_much(idem_call *c, idem_message *m, int flags,
                            size_t *done)
{
    idem_message part = *m;
    idem_buffer first;
    idem_error err;

    clamp(&part, &first);
    err = recv_one(c, &part, flags, done);
    m->address = part.address;
    m->flags = part.flags;
    m->length = part.length;
    return err;
}

static idem_error receive(idem_call *c, idem_message *m, int flags,
                          size_t *done)
{
    size_t total;
    idem_error err = m == NULL ? IDEM_EFAULT : check_to_receive(m, &total);

    if (!err && (!can_receive(m, flags) || !sees_segments(c->s, m)))
        err = IDEM_EOPNOTSUPP;
    if (err || (total == 0 && c->s->type == IDEM_SOCK_STREAM))
        return err;
    err = total <= INT_MAX ? recv_one(c, m, flags, done)
                           : recv_much(c, m, flags, done);
    if (!err && *done > 0 && (m->flags & IDEM_MSG_TRUNC))
        err = IDEM_EMSGSIZE;
    return err;
}

idem_error idem_recvmsg(idem_socket *s, idem_message *m, int flags)
{
    idem_call c;
    size_t done = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (!err) {
        err = receive(&c, m, flags, &done);
        /* The end of a stream is none when it was cancelled. */
        err = idem_call_end(
            &c, err, done > 0 && (m->length > 0 || s->type == IDEM_SOCK_DGRAM));
    }
    if (done == 0 && m != NULL)
        idem_message_clear(m);
    return err;
}

static idem_error check_each(const idem_socket *s, const idem_message *m,
                             size_t count)
{
    idem_error err = IDEM_OK;
    size_t total;
    size_t i;

    for (i = 0; !err && i < count; i++) {
        err = check_to_receive(&m[i], &total);
        if (!err && total > INT_MAX)
            err = IDEM_EINVAL;
        if (!err && !sees_segments(s, &m[i]))
            err = IDEM_EOPNOTSUPP;
    }
    return err;
}

idem_error idem_recv_batch(idem_socket *s, idem_message *m, size_t count,
                           int flags, size_t *done)
{
    idem_call c;
    size_t n = 0;
    idem_error err = idem_call_begin(&c, s, flags);

    if (done != NULL)
        *done = 0;
    if (err)
        return err;
    err = check_batch(s, m, count, IDEM_MSG_DONTWAIT, flags);
    if (!err)
        err = check_each(s, m, count);
    if (!err && count > 0)
        err = recv_datagrams(&c, m, count, 0, &n);
    if (done != NULL)
        *done = n;
    return idem_call_end(&c, err, n > 0 || count == 0);
}

/* ---- Handles ----------------------------------------------------------- */

idem_error idem_send_fds(idem_socket *s, const void *data, size_t len,
                         const intptr_t *handles, size_t count, int flags,
                         size_t *sent)
{
    /* What is only read may lose its const. */
    const idem_buffer part = { (void *)(uintptr_t)data, len };
    idem_ancillary a = { .present = IDEM_ANCILLARY_HANDLES };
    idem_message m = { .buffers = &part, .buffer_count = 1, .ancillary = &a };
    idem_error err;

    a.handles = (intptr_t *)(uintptr_t)handles;
    a.handle_count = count;
    err = idem_sendmsg(s, &m, flags);
    if (sent != NULL)
        *sent = m.length;
    return err;
}

idem_error idem_recv_fds(idem_socket *s, void *buf, size_t cap,
                         intptr_t *handles, size_t handle_cap, int flags,
                         size_t *got, size_t *handle_count)
{
    const idem_buffer part = { buf, cap };
    idem_ancillary a = { .handles = handles, .handle_capacity = handle_cap };
    idem_message m = { .buffers = &part, .buffer_count = 1, .ancillary = &a };
    idem_error err;

    if (s != NULL
        && (s->family != IDEM_AF_UNIX || !idem_os_has(IDEM_HAS_FD_PASSING)))
        err = IDEM_EOPNOTSUPP;
    else
        err = idem_recvmsg(s, &m, flags);
    if (!err && (m.flags & IDEM_MSG_CTRUNC)) {
        idem_os_close_handles(handles, a.handle_count);
        a.handle_count = 0;
        err = IDEM_EMSGSIZE;
    }
    if (got != NULL)
        *got = m.length;
    if (handle_count != NULL)
        *handle_count = a.handle_count;
    return err;
}
