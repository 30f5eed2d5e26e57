/* Who is woken by what: equal in the backends, below the contract. */
#ifndef IDEM_WAKE_H
#define IDEM_WAKE_H

#include "os.h"

/* Beside the events in idem_os_socket.woken, a byte with POSIX: ends every wait
 * on the socket, also one that asks for no event. */
#define IDEM_WAKE_ALL 0x40u

/* Whether a wait for these entries ends when events of s are woken. */
static inline bool idem_waits_for(const idem_os_pollfd *entries, size_t count,
                                  const idem_os_socket *s, unsigned events)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (entries[i].socket == s
            && ((entries[i].events | IDEM_WAKE_ALL) & events))
            return true;
    }
    return false;
}

/* Whether a wait for these entries has been ended before it began. */
static inline bool idem_is_woken(const idem_os_pollfd *entries, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const idem_os_socket *s = entries[i].socket;

        if (s != NULL
            && ((entries[i].events | IDEM_WAKE_ALL) & atomic_load(&s->woken)))
            return true;
    }
    return false;
}

#endif /* IDEM_WAKE_H */
