/* What the POSIX backend keeps of a socket. */
#ifndef IDEM_OS_TYPES_H
#define IDEM_OS_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct idem_os_socket {
    int fd;
    atomic_int bound_ms[2]; /* what SO_RCVTIMEO and SO_SNDTIMEO hold; 0 for
                               ever, negative unknown */
    atomic_uint woken;      /* events nobody waits for any more */
    atomic_bool alone;      /* nobody else holds it: it may wait in the kernel,
                               and shutting it down harms nobody */
    atomic_bool sleepers;   /* not alone, but a call may wait in the kernel */
    atomic_bool blocking;   /* the descriptor is */
    bool stream;
} idem_os_socket;

#endif /* IDEM_OS_TYPES_H */
