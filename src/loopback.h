/* The addresses of this machine: 127.0.0.1 and ::1. */
#ifndef IDEM_LOOPBACK_H
#define IDEM_LOOPBACK_H

#include "idemsock.h"

#include <string.h>

/* All of 127.0.0.0/8. pre: an address of either family. */
static inline bool idem_is_loopback(const idem_address *a)
{
    static const uint8_t one[16] = { [15] = 1 };

    if (a->family == IDEM_AF_INET)
        return a->ip[0] == 127;
    return memcmp(a->ip, one, sizeof(one)) == 0;
}

/* pre: the wildcard of either family. */
static inline void idem_set_loopback(idem_address *a)
{
    if (a->family == IDEM_AF_INET6) {
        a->ip[15] = 1;
    } else {
        a->ip[0] = 127;
        a->ip[3] = 1;
    }
}

#endif /* IDEM_LOOPBACK_H */
