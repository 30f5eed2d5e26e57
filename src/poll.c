/* Waiting for several sockets. */
#include "socket.h"

#include <stdlib.h>

#define FEW 16 /* as many entries do without memory of their own */

static idem_error check_entries(const idem_pollfd *entries, size_t count)
{
    size_t i;

    if (entries == NULL && count > 0)
        return IDEM_EFAULT;
    for (i = 0; i < count; i++) {
        if (entries[i].events & ~IDEM_READY_ASKABLE)
            return IDEM_EINVAL;
    }
    return IDEM_OK;
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
        e->revents = told & idem_ready_events(e->socket, native[i].revents);
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
        native[i].events =
            idem_ready_asked(entries[i].socket, entries[i].events);
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
