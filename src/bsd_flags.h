/* Flags of transfers, which have the same names on both sides of the house: see
 * bsd_sockaddr.h. */
#ifndef IDEM_BSD_FLAGS_H
#define IDEM_BSD_FLAGS_H

#include "idemsock.h"

static inline int bsd_flags(int flags)
{
    int native = 0;

    if (flags & IDEM_MSG_OOB)
        native |= MSG_OOB;
    if (flags & IDEM_MSG_PEEK)
        native |= MSG_PEEK;
    if (flags & IDEM_MSG_DONTROUTE)
        native |= MSG_DONTROUTE;
    return native;
}

#endif /* IDEM_BSD_FLAGS_H */
