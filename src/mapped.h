/* IPv4 addresses in the form of IPv6: ::ffff:192.0.2.1. */
#ifndef IDEM_MAPPED_H
#define IDEM_MAPPED_H

#include "idemsock.h"

#include <string.h>

static const uint8_t idem_mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* ip: of an IPv6 address. */
static inline bool idem_is_mapped(const uint8_t *ip)
{
    return memcmp(ip, idem_mapped_prefix, sizeof(idem_mapped_prefix)) == 0;
}

/* pre: an IPv4 address. */
static inline void idem_map(idem_address *a)
{
    memcpy(a->ip + sizeof(idem_mapped_prefix), a->ip, 4);
    memcpy(a->ip, idem_mapped_prefix, sizeof(idem_mapped_prefix));
    a->family = IDEM_AF_INET6;
}

#endif /* IDEM_MAPPED_H */
