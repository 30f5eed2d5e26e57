/* Control data as BSD sockets have it, on both sides of the house: included by
 * the backends after their system headers, which have the same structures and
 * numbers under names that the backend gives: bsd_cmsghdr, BSD_CMSG_LEN,
 * BSD_CMSG_SPACE, BSD_CMSG_DATA, BSD_SEGMENT_TYPE and bsd_segment to send,
 * BSD_COALESCED_TYPE, and bsd_set_source(). */
#ifndef IDEM_BSD_CONTROL_H
#define IDEM_BSD_CONTROL_H

#include "mapped.h"

#include <string.h>

/* Room for all that comes with a datagram, some of it unasked for. */
#define BSD_CONTROL_ROOM 256

/* As aligned as control data have to be. */
typedef union bsd_control {
    size_t alignment;
    unsigned char bytes[BSD_CONTROL_ROOM];
} bsd_control;

/* ---- Writing ----------------------------------------------------------- */

/* Put an item behind the *used bytes. pre: there is room. */
static inline void bsd_put(void *control, size_t *used, int level, int type,
                           const void *data, size_t size)
{
    bsd_cmsghdr *h = (void *)((unsigned char *)control + *used);

    memset(h, 0, BSD_CMSG_SPACE(size));
    h->cmsg_len = BSD_CMSG_LEN(size);
    h->cmsg_level = level;
    h->cmsg_type = type;
    memcpy(BSD_CMSG_DATA(h), data, size);
    *used += BSD_CMSG_SPACE(size);
}

static inline void bsd_put_packet_info(void *control, size_t *used, bool v6,
                                       const idem_ancillary *a)
{
    struct in6_pktinfo info6;
    struct in_pktinfo info;

    memset(&info, 0, sizeof(info));
    memset(&info6, 0, sizeof(info6));
    if (v6) {
        memcpy(&info6.ipi6_addr, a->destination.ip, 16);
        info6.ipi6_ifindex = a->interface_index;
        bsd_put(control, used, IPPROTO_IPV6, IPV6_PKTINFO, &info6,
                sizeof(info6));
        return;
    }
    bsd_set_source(&info, a->destination.ip);
    /* Of another type on some systems. */
    memcpy(&info.ipi_ifindex, &a->interface_index, sizeof(info.ipi_ifindex));
    bsd_put(control, used, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

/* Put in what goes with a datagram of an IPv4 or IPv6 socket, which may take
 * the path of IPv4 all the same. Returns the bytes used; pre: there is room for
 * all of it. */
static inline size_t bsd_put_inet(void *control, const idem_ancillary *a,
                                  bool v6, bool v6_path)
{
    const int level = v6_path ? IPPROTO_IPV6 : IPPROTO_IP;
    const bsd_segment segment = (bsd_segment)a->segment_size;
    size_t used = 0;

    if (a->present & IDEM_ANCILLARY_PACKET_INFO)
        bsd_put_packet_info(control, &used, v6, a);
    if (a->present & IDEM_ANCILLARY_TTL)
        bsd_put(control, &used, level, v6_path ? IPV6_HOPLIMIT : IP_TTL,
                &a->ttl, sizeof(a->ttl));
    if (a->present & IDEM_ANCILLARY_TOS)
        bsd_put(control, &used, level, v6_path ? IPV6_TCLASS : IP_TOS, &a->tos,
                sizeof(a->tos));
    if (a->present & IDEM_ANCILLARY_SEGMENTS)
        bsd_put(control, &used, IPPROTO_UDP, BSD_SEGMENT_TYPE, &segment,
                sizeof(segment));
    return used;
}

/* ---- Reading ----------------------------------------------------------- */

/* The item at *at, which moves behind it; NULL: there is none. */
static inline bsd_cmsghdr *bsd_next(void *control, size_t length, size_t *at)
{
    bsd_cmsghdr *h = (void *)((unsigned char *)control + *at);

    if (length < BSD_CMSG_LEN(0) || *at > length - BSD_CMSG_LEN(0)
        || h->cmsg_len < BSD_CMSG_LEN(0) || h->cmsg_len > length - *at)
        return NULL;
    *at += BSD_CMSG_SPACE(h->cmsg_len - BSD_CMSG_LEN(0));
    return h;
}

static inline size_t bsd_size(bsd_cmsghdr *h)
{
    return h->cmsg_len - BSD_CMSG_LEN(0);
}

/* A number of any size. */
static inline bool bsd_get_number(bsd_cmsghdr *h, int32_t *out)
{
    const unsigned char *data = BSD_CMSG_DATA(h);

    if (bsd_size(h) >= sizeof(*out))
        memcpy(out, data, sizeof(*out));
    else if (bsd_size(h) >= 1)
        *out = *data;
    return bsd_size(h) >= 1;
}

/* To an IPv6 socket IPv4 addresses are mapped ones; systems tell them as such,
 * as plain ones, or both ways. */
static inline void bsd_get_packet_info(bsd_cmsghdr *h, const idem_message *m)
{
    idem_ancillary *a = m->ancillary;
    struct in6_pktinfo info6;
    struct in_pktinfo info;

    if (h->cmsg_level == IPPROTO_IPV6 && bsd_size(h) >= sizeof(info6)) {
        memcpy(&info6, BSD_CMSG_DATA(h), sizeof(info6));
        a->destination.family = IDEM_AF_INET6;
        memcpy(a->destination.ip, &info6.ipi6_addr, 16);
        a->interface_index = (uint32_t)info6.ipi6_ifindex;
    } else if (h->cmsg_level == IPPROTO_IP && bsd_size(h) >= sizeof(info)) {
        memcpy(&info, BSD_CMSG_DATA(h), sizeof(info));
        a->destination.family = IDEM_AF_INET;
        memcpy(a->destination.ip, &info.ipi_addr, 4);
        if (m->address.family == IDEM_AF_INET6)
            idem_map(&a->destination);
        a->interface_index = (uint32_t)info.ipi_ifindex;
    } else {
        return;
    }
    a->present |= IDEM_ANCILLARY_PACKET_INFO;
}

static inline bool bsd_is(bsd_cmsghdr *h, int level, int type)
{
    return h->cmsg_level == level && h->cmsg_type == type;
}

/* Take over an item that came with a datagram over IPv4 or IPv6. pre: m has its
 * address already. */
static inline void bsd_get_inet(bsd_cmsghdr *h, const idem_message *m)
{
    idem_ancillary *a = m->ancillary;
    int32_t size = 0;

    if (bsd_is(h, IPPROTO_IP, IP_PKTINFO)
        || bsd_is(h, IPPROTO_IPV6, IPV6_PKTINFO)) {
        bsd_get_packet_info(h, m);
    } else if (bsd_is(h, IPPROTO_IP, IP_TTL)
               || bsd_is(h, IPPROTO_IP, IP_RECVTTL)
               || bsd_is(h, IPPROTO_IPV6, IPV6_HOPLIMIT)) {
        if (bsd_get_number(h, &a->ttl))
            a->present |= IDEM_ANCILLARY_TTL;
    } else if (bsd_is(h, IPPROTO_IP, IP_TOS)
               || bsd_is(h, IPPROTO_IP, IP_RECVTOS)
               || bsd_is(h, IPPROTO_IPV6, IPV6_TCLASS)) {
        if (bsd_get_number(h, &a->tos))
            a->present |= IDEM_ANCILLARY_TOS;
    } else if (bsd_is(h, IPPROTO_UDP, BSD_COALESCED_TYPE)) {
        if (bsd_get_number(h, &size) && size > 0) {
            a->segment_size = (size_t)size;
            a->present |= IDEM_ANCILLARY_SEGMENTS;
        }
    }
}

#endif /* IDEM_BSD_CONTROL_H */
