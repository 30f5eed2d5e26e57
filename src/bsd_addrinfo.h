/* Lists of addresses as the resolvers of both sides give them: included by the
 * backends behind a typedef bsd_addrinfo, which has the same fields on each. */
#ifndef IDEM_BSD_ADDRINFO_H
#define IDEM_BSD_ADDRINFO_H

#include "bsd_sockaddr.h"

#include <stdlib.h>

static inline size_t bsd_addrinfo_length(const bsd_addrinfo *list)
{
    size_t n = 0;

    for (; list != NULL; list = list->ai_next)
        n++;
    return n;
}

/* *out is for free(), and NULL on failure. */
static inline idem_error bsd_copy_addrinfo(const bsd_addrinfo *list,
                                           idem_address **out, size_t *count)
{
    idem_address *a = calloc(bsd_addrinfo_length(list) + 1, sizeof(*a));
    bsd_sockaddr name;

    *out = a;
    *count = 0;
    if (a == NULL)
        return IDEM_ENOMEM;
    for (; list != NULL; list = list->ai_next) {
        if (list->ai_addrlen > sizeof(name))
            continue;
        memcpy(&name, list->ai_addr, list->ai_addrlen);
        bsd_to_address(a + *count, &name, (socklen_t)list->ai_addrlen);
        *count += a[*count].family != IDEM_AF_UNSPEC;
    }
    if (*count > 0)
        return IDEM_OK;
    free(a);
    *out = NULL;
    return IDEM_NO_DATA;
}

/* The port of the first address; 0 when there is none. */
static inline uint16_t bsd_port_of(const bsd_addrinfo *list)
{
    bsd_sockaddr name = { 0 };
    idem_address a;

    if (list->ai_addrlen > sizeof(name))
        return 0;
    memcpy(&name, list->ai_addr, list->ai_addrlen);
    bsd_to_address(&a, &name, (socklen_t)list->ai_addrlen);
    return a.port;
}

#endif /* IDEM_BSD_ADDRINFO_H */
