/* What a socket is ready for: by what it knows itself, and by what the system
 * reports. idem_poll() and the selectors take it from here. */
#include "socket.h"

/* Whether a stream is neither connected, nor on its way, nor a listener. */
static bool is_idle(const idem_socket *s)
{
    int phase = atomic_load(&s->phase);

    return s->type == IDEM_SOCK_STREAM
           && (phase == IDEM_PHASE_NEW || phase == IDEM_PHASE_BOUND
               || phase == IDEM_PHASE_FAILED);
}

/* Whether our own knowledge is all there is to say: the system's would be
 * another on each. */
static bool is_decided(const idem_socket *s, unsigned *events)
{
    if (atomic_load(&s->use) & IDEM_USE_CANCELLED) {
        *events = IDEM_READY_ASKABLE | IDEM_POLLERR;
        return true;
    }
    if (!is_idle(s))
        return false;
    *events = IDEM_READY_ASKABLE | IDEM_POLLHUP; /* transfers fail at once */
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
        events |= IDEM_READY_ASKABLE | IDEM_POLLERR | IDEM_POLLHUP;
    if (read_shut || (native & IDEM_OS_POLLRDHUP))
        events |= IDEM_POLLIN;
    if (write_shut)
        events |= IDEM_POLLOUT;
    if (write_shut && (read_shut || (native & IDEM_OS_POLLRDHUP)))
        events |= IDEM_POLLHUP;
    if (native & IDEM_POLLERR) /* it comes without waiting */
        events |= IDEM_READY_ASKABLE;
    return events;
}

unsigned idem_ready_asked(const idem_socket *s, unsigned events)
{
    return atomic_load(&s->write_shut) ? events | IDEM_OS_POLLRDHUP : events;
}

unsigned idem_ready_known(const idem_socket *s)
{
    unsigned events;

    return is_decided(s, &events) ? events : seen_events(s, 0);
}

unsigned idem_ready_events(idem_socket *s, unsigned native)
{
    unsigned events;

    if (native != 0)
        (void)idem_socket_phase(s); /* a connect may have been decided */
    if (is_idle(s))                 /* others may have brought it on its way */
        (void)idem_socket_is(s, IDEM_PHASE_CONNECTED);
    return is_decided(s, &events) ? events : seen_events(s, native);
}
