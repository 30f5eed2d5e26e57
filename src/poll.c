/* Waiting for several sockets. */
#include "socket.h"

#include <stdlib.h>

#define ASKABLE (IDEM_POLLIN | IDEM_POLLOUT)
#define FEW 16 /* as many entries do without memory of their own */

static idem_error check_entries(const idem_pollfd *entries, size_t count)
{
    size_t i;

    if (entries == NULL && count > 0)
        return IDEM_EFAULT;
    for (i = 0; i < count; i++) {
        if (entries[i].events & ~(unsigned)ASKABLE)
            return IDEM_EINVAL;
    }
    return IDEM_OK;
}

static bool is_cancelled(const idem_socket *s)
{
    return (atomic_load(&s->use) & IDEM_USE_CANCELLED) != 0;
}

/* Whether a stream is neither connected, nor on its way, nor a listener. */
static bool is_idle(idem_socket *s)
{
    int phase = atomic_load(&s->phase);

    if (phase == IDEM_PHASE_NEW || phase == IDEM_PHASE_BOUND) {
        (void)idem_socket_is(s, IDEM_PHASE_CONNECTED); /* look around */
        phase = atomic_load(&s->phase);
    }
    return phase == IDEM_PHASE_NEW || phase == IDEM_PHASE_BOUND
           || phase == IDEM_PHASE_FAILED;
}

/* Whether our own knowledge is all there is to say: the system's would be
 * another on each. */
static bool is_decided(idem_socket *s, unsigned *events)
{
    if (is_cancelled(s)) {
        *events = ASKABLE | IDEM_POLLERR;
        return true;
    }
    if (s->type != IDEM_SOCK_STREAM || !is_idle(s))
        return false;
    *events = ASKABLE | IDEM_POLLHUP; /* any transfer fails at once */
    if (atomic_load(&s->error))
        *events |= IDEM_POLLERR;
    return true;
}

/* What the system reports, and what we know beside it, in the one form that
 * holds everywhere. */
static unsigned seen_events(const idem_socket *s, unsigned native)
{
    const bool read_shut = atomic_load(&s->read_shut);
    const bool write_shut = atomic_load(&s->write_shut);
    unsigned events = native & ~IDEM_OS_POLLRDHUP;

    if (atomic_load(&s->error)) /* some systems forget that it broke */
        events |= ASKABLE | IDEM_POLLERR | IDEM_POLLHUP;
    if (read_shut || (native & IDEM_OS_POLLRDHUP))
        events |= IDEM_POLLIN;
    if (write_shut)
        events |= IDEM_POLLOUT;
    if (write_shut && (read_shut || (native & IDEM_OS_POLLRDHUP)))
        events |= IDEM_POLLHUP;
    if (native & IDEM_POLLERR) /* it comes without waiting */
        events |= ASKABLE;
    return events;
}

static unsigned events_of(idem_socket *s, unsigned native)
{
    unsigned events;

    if (native != 0)
        (void)idem_socket_phase(s); /* a connect may have been decided */
    return is_decided(s, &events) ? events : seen_events(s, native);
}

/* Fill in revents from what is known and what was seen; how many entries that
 * makes ready. */
static size_t tell(idem_pollfd *entries, const idem_os_pollfd *native,
                   size_t count)
{
    size_t ready = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        idem_pollfd *e = &entries[i];
        unsigned told = e->events | IDEM_POLLERR | IDEM_POLLHUP;

        if (e->socket == NULL)
            continue;
        e->revents = told & events_of(e->socket, native[i].revents);
        ready += e->revents != 0;
    }
    return ready;
}

static idem_error poll_until(idem_pollfd *entries, idem_os_pollfd *native,
                             size_t count, idem_deadline *d, size_t *ready)
{
    int64_t left = idem_deadline_left(d);
    idem_error err;
    size_t seen;

    *ready = tell(entries, native, count);
    do {
        err = idem_os_poll(native, count, *ready > 0 ? 0 : left, &seen);
        *ready = tell(entries, native, count);
        if (err && (err != IDEM_EINTR || idem_wants_interrupt()))
            return err;
        left = idem_deadline_left(d);
    } while (*ready == 0 && left != 0);
    return IDEM_OK;
}

static unsigned asked_events(const idem_pollfd *e)
{
    if (atomic_load(&e->socket->write_shut))
        return e->events | IDEM_OS_POLLRDHUP;
    return e->events;
}

/* Hold every socket while others may close it. */
static void enter_all(idem_pollfd *entries, idem_os_pollfd *native,
                      size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        native[i] = (idem_os_pollfd){ NULL, 0, 0 };
        if (idem_enter(entries[i].socket))
            continue;
        native[i].socket = &entries[i].socket->os;
        native[i].events = asked_events(&entries[i]);
    }
}

static void leave_all(idem_pollfd *entries, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (entries[i].socket != NULL)
            (void)idem_leave(entries[i].socket, IDEM_OK);
    }
}

idem_error idem_poll(idem_pollfd *entries, size_t count, double timeout,
                     size_t *ready)
{
    idem_os_pollfd few[FEW];
    idem_os_pollfd *native = few;
    idem_deadline d = { 0 };
    size_t n = 0;
    size_t i;
    idem_error err;

    if (ready != NULL)
        *ready = 0;
    if (count > SIZE_MAX / sizeof(*native)) /* no array is that long */
        return IDEM_ENOMEM;
    for (i = 0; entries != NULL && i < count; i++)
        entries[i].revents = 0;
    err = check_entries(entries, count);
    if (!err)
        err = idem_timeout_ns(timeout, &d.timeout_ns);
    if (err)
        return err;
    if (count > FEW && (native = malloc(count * sizeof(*native))) == NULL)
        return IDEM_ENOMEM;
    enter_all(entries, native, count);
    err = poll_until(entries, native, count, &d, &n);
    leave_all(entries, count);
    if (native != few)
        free(native);
    if (ready != NULL)
        *ready = n;
    return err;
}
