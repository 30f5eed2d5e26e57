/* Addresses as BSD sockets have them, on both sides of the house: included by
 * the backends after their system headers, which name the same types, and after
 * BSD_ABSTRACT_NAMES says whether a name may begin with a NUL. */
#ifndef IDEM_BSD_SOCKADDR_H
#define IDEM_BSD_SOCKADDR_H

#include "os.h"

#include <stddef.h>
#include <string.h>

typedef union bsd_sockaddr {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
} bsd_sockaddr;

/* A family of ours in the system's number, which differs; -1: none. */
static inline int bsd_family(int family)
{
    switch (family) {
    case IDEM_AF_INET:
        return AF_INET;
    case IDEM_AF_INET6:
        return AF_INET6;
    case IDEM_AF_UNIX:
        return AF_UNIX;
    default:
        return -1;
    }
}

#define BSD_PATH_AT offsetof(struct sockaddr_un, sun_path)

_Static_assert(IDEM_OS_PATH_MAX < sizeof(((struct sockaddr_un *)0)->sun_path),
               "no room for the NUL");

/* An abstract name has its exact length, a path a NUL behind it. */
static inline socklen_t bsd_from_name(struct sockaddr_un *to,
                                      const idem_address *from)
{
    const size_t length = from->path_length;

    memcpy(to->sun_path, from->path, length);
    return (socklen_t)(BSD_PATH_AT + length + (from->path[0] != '\0'));
}

/* Returns the length to pass to the system. */
static inline socklen_t bsd_from_address(bsd_sockaddr *to,
                                         const idem_address *from)
{
    if (IDEM_LIKELY(from->family == IDEM_AF_INET)) {
        memset(&to->in, 0, sizeof(to->in));
        to->in.sin_family = AF_INET;
        to->in.sin_port = htons(from->port);
        memcpy(&to->in.sin_addr, from->ip, 4);
        return sizeof(to->in);
    }
    memset(to, 0, sizeof(*to));
    to->any.sa_family = (sa_family_t)bsd_family(from->family);
    if (from->family == IDEM_AF_UNIX)
        return bsd_from_name(&to->un, from);
    to->in6.sin6_port = htons(from->port);
    to->in6.sin6_flowinfo = htonl(from->flowinfo);
    to->in6.sin6_scope_id = from->scope_id;
    memcpy(&to->in6.sin6_addr, from->ip, 16);
    return sizeof(to->in6);
}

/* A name may be missing, or end with a NUL, some, or none at all. */
static inline void bsd_to_name(idem_address *to, const struct sockaddr_un *from,
                               size_t length)
{
    const char *path = from->sun_path;
    size_t n = length > BSD_PATH_AT ? length - BSD_PATH_AT : 0;

    if (n > sizeof(from->sun_path))
        n = sizeof(from->sun_path);
    if (n > 0 && (path[0] != '\0' || !BSD_ABSTRACT_NAMES)) {
        const char *end = memchr(path, '\0', n);

        n = end == NULL ? n : (size_t)(end - path);
    }
    if (n > sizeof(to->path))
        n = sizeof(to->path);
    to->family = IDEM_AF_UNIX;
    to->path_length = (uint16_t)n;
    memcpy(to->path, path, n);
}

/* No address when the system wrote none, or one of a family not known here. */
static inline void bsd_to_address(idem_address *to, const bsd_sockaddr *from,
                                  socklen_t length)
{
    idem_address_clear(to);
    if (IDEM_LIKELY(length >= (socklen_t)sizeof(from->in)
                    && from->any.sa_family == AF_INET)) {
        to->family = IDEM_AF_INET;
        to->port = ntohs(from->in.sin_port);
        memcpy(to->ip, &from->in.sin_addr, 4);
    } else if (length >= (socklen_t)sizeof(from->in6)
               && from->any.sa_family == AF_INET6) {
        to->family = IDEM_AF_INET6;
        to->port = ntohs(from->in6.sin6_port);
        to->flowinfo = ntohl(from->in6.sin6_flowinfo);
        to->scope_id = (uint32_t)from->in6.sin6_scope_id;
        memcpy(to->ip, &from->in6.sin6_addr, 16);
    } else if (length >= (socklen_t)BSD_PATH_AT
               && from->any.sa_family == AF_UNIX) {
        bsd_to_name(to, &from->un, (size_t)length);
    }
}

#endif /* IDEM_BSD_SOCKADDR_H */
