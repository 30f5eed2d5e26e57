/* From host and service to addresses. */
#include "lookup.h"
#include "loopback.h"
#include "mapped.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_FLAGS                                                            \
    (IDEM_AI_PASSIVE | IDEM_AI_CANONNAME | IDEM_AI_NUMERICHOST                 \
     | IDEM_AI_NUMERICSERV | IDEM_AI_ALL | IDEM_AI_ADDRCONFIG                  \
     | IDEM_AI_V4MAPPED)

/* A host by name or number, and its addresses. */
typedef struct host_info {
    idem_address *list; /* for free() */
    size_t count;
    char canonical[IDEM_OS_NAME];
} host_info;

/* Types that an address is listed with. */
enum {
    STREAM,
    DATAGRAM,
    TYPES
};

/* A question that was checked. */
typedef struct request {
    const char *host;
    int family; /* IDEM_AF_UNSPEC: any */
    int flags;
    bool wanted[TYPES];
    uint16_t port[TYPES];
    idem_deadline *deadline;
    idem_canceller *canceller;
} request;

static const int type_of[TYPES] = { IDEM_SOCK_STREAM, IDEM_SOCK_DGRAM };
static const int protocol_of[TYPES] = { IDEM_IPPROTO_TCP, IDEM_IPPROTO_UDP };

/* ---- What is asked ----------------------------------------------------- */

static idem_error check_types(request *r, int type, int protocol)
{
    bool any = false;
    int i;

    if (type != 0 && type != IDEM_SOCK_STREAM && type != IDEM_SOCK_DGRAM)
        return IDEM_ESOCKTNOSUPPORT;
    for (i = 0; i < TYPES; i++) {
        r->wanted[i] = (type == 0 || type == type_of[i])
                       && (protocol == 0 || protocol == protocol_of[i]);
        any = any || r->wanted[i];
    }
    return any ? IDEM_OK : IDEM_EPROTONOSUPPORT;
}

/* Fill in the request and begin its deadline. */
static idem_error check_request(request *r, const char *service,
                                const idem_lookup *how)
{
    int64_t timeout_ns;
    idem_error err;

    r->family = how->family;
    r->flags = how->flags;
    r->canceller = how->canceller;
    if (r->family != IDEM_AF_UNSPEC && r->family != IDEM_AF_INET
        && r->family != IDEM_AF_INET6)
        return IDEM_EAFNOSUPPORT;
    err = check_types(r, how->type, how->protocol);
    if (err)
        return err;
    if (r->flags & ~KNOWN_FLAGS)
        return IDEM_EINVAL;
    if ((r->flags & IDEM_AI_CANONNAME) && r->host == NULL)
        return IDEM_EINVAL;
    err = idem_lookup_timeout(how, &timeout_ns);
    if (err)
        return err;
    if (r->host == NULL && service == NULL)
        return IDEM_HOST_NOT_FOUND;
    return idem_deadline_begin(r->deadline, timeout_ns, r->canceller);
}

/* ---- Services ---------------------------------------------------------- */

/* A port as a decimal number. False: no number at all. */
static bool read_port(const char *text, idem_error *err, uint16_t *port)
{
    const bool zero = text[0] == '0' && text[1] != '\0';
    uint32_t value = 0;
    const char *p;

    for (p = text; *p >= '0' && *p <= '9'; p++) {
        if (value <= UINT16_MAX)
            value = value * 10 + (uint32_t)(*p - '0');
    }
    if (*p != '\0' || p == text)
        return false;
    *err = zero || value > UINT16_MAX ? IDEM_TYPE_NOT_FOUND : IDEM_OK;
    *port = *err ? 0 : (uint16_t)value;
    return true;
}

/* Names of services are visible ASCII, and not what could be meant as a
 * number. */
static bool is_service_name(const char *text)
{
    const char *p;

    if (*text == '-' || *text == '+')
        return false;
    for (p = text; *p > ' ' && *p <= '~'; p++)
        continue;
    return *p == '\0' && p != text && p - text < IDEM_OS_NAME;
}

/* The port of the named service in each wanted type that has it. */
static idem_error find_ports(request *r, const char *service)
{
    idem_error result = IDEM_TYPE_NOT_FOUND;
    idem_answer a;
    int i;

    for (i = 0; i < TYPES; i++) {
        const idem_question q = { .ask = IDEM_ASK_PORT,
                                  .text = service,
                                  .type = type_of[i] };
        idem_error err;

        if (!r->wanted[i])
            continue;
        err = idem_look_up(&q, r->deadline, r->canceller, &a);
        if (err && err != IDEM_TYPE_NOT_FOUND)
            return err;
        r->wanted[i] = !err;
        r->port[i] = a.port;
        result = err ? result : IDEM_OK;
    }
    return result;
}

static idem_error read_service(request *r, const char *service)
{
    idem_error err = IDEM_OK;

    if (service == NULL)
        return IDEM_OK;
    if (read_port(service, &err, &r->port[STREAM])) {
        r->port[DATAGRAM] = r->port[STREAM];
        return err;
    }
    if ((r->flags & IDEM_AI_NUMERICSERV) || !is_service_name(service))
        return IDEM_TYPE_NOT_FOUND;
    return find_ports(r, service);
}

/* ---- Lists of addresses ------------------------------------------------ */

static bool has_family(const host_info *h, int family)
{
    size_t i;

    for (i = 0; i < h->count; i++) {
        if (h->list[i].family == family)
            return true;
    }
    return false;
}

/* Whether IPv4 addresses are wanted as IPv6 ones. */
static bool is_mapped(const request *r)
{
    return r->family == IDEM_AF_INET6 && (r->flags & IDEM_AI_V4MAPPED);
}

/* Whether a is of a family that was asked for; maps it to one if need be.
 * ipv6: there are IPv6 addresses, too. */
static bool fit_family(const request *r, idem_address *a, bool ipv6)
{
    if (r->family == IDEM_AF_UNSPEC || r->family == a->family)
        return true;
    if (!is_mapped(r) || (ipv6 && !(r->flags & IDEM_AI_ALL)))
        return false;
    idem_map(a);
    return true;
}

static bool is_listed(const host_info *h, const idem_address *a)
{
    size_t i;

    for (i = 0; i < h->count; i++) {
        if (idem_address_equal(&h->list[i], a))
            return true;
    }
    return false;
}

/* Leave what was asked for, each once. */
static idem_error select_addresses(const request *r, host_info *h)
{
    const bool ipv6 = has_family(h, IDEM_AF_INET6);
    const size_t count = h->count;
    bool usable4 = true;
    bool usable6 = true;
    idem_error err = IDEM_OK;
    size_t i;

    if ((r->flags & IDEM_AI_ADDRCONFIG) && r->host != NULL)
        err = idem_os_families(&usable4, &usable6);
    if (err)
        return err;
    h->count = 0;
    for (i = 0; i < count; i++) {
        idem_address a = h->list[i];
        const bool usable = a.family == IDEM_AF_INET ? usable4 : usable6;

        if ((usable || idem_is_loopback(&a)) && fit_family(r, &a, ipv6)
            && !is_listed(h, &a))
            h->list[h->count++] = a;
    }
    return h->count > 0 ? IDEM_OK : IDEM_NO_DATA;
}

/* ---- Hosts that need no name service ----------------------------------- */

/* This machine: the loopback addresses, IPv6 first as RFC 6724 has it; or the
 * wildcards, IPv4 first, for servers that take only the first. Where IPv6 is
 * switched off, there is no ::1. */
static idem_error list_own(const request *r, bool passive, host_info *h)
{
    static const idem_address loopback4 = { .family = IDEM_AF_INET,
                                            .ip = { 127, 0, 0, 1 } };
    static const idem_address loopback6 = { .family = IDEM_AF_INET6,
                                            .ip = { [15] = 1 } };
    static const idem_address any4 = { .family = IDEM_AF_INET };
    static const idem_address any6 = { .family = IDEM_AF_INET6 };
    const bool ipv6 = r->family != IDEM_AF_INET && idem_has(IDEM_HAS_IPV6);

    h->list = calloc(2, sizeof(*h->list));
    if (h->list == NULL)
        return IDEM_ENOMEM;
    if (passive)
        h->list[h->count++] = any4;
    if (ipv6)
        h->list[h->count++] = passive ? any6 : loopback6;
    if (!passive)
        h->list[h->count++] = loopback4;
    return select_addresses(r, h);
}

static idem_error list_number(const request *r, const idem_address *a,
                              host_info *h)
{
    idem_address fit = *a;

    (void)idem_address_host(a, h->canonical, sizeof(h->canonical));
    if (!fit_family(r, &fit, false))
        return IDEM_EAFNOSUPPORT;
    h->list = calloc(1, sizeof(*h->list));
    if (h->list == NULL)
        return IDEM_ENOMEM;
    h->list[0] = fit;
    h->count = 1;
    return IDEM_OK;
}

/* ---- Names ------------------------------------------------------------- */

static idem_error ask_family(request *r, int family, idem_answer *a)
{
    const idem_question q = { .ask = IDEM_ASK_ADDRESSES,
                              .text = r->host,
                              .family = family };

    return idem_look_up(&q, r->deadline, r->canceller, a);
}

/* Some systems tell a name without an address of the family from one that does
 * not exist, others do not: find out. */
static idem_error explain(request *r, idem_error err)
{
    idem_answer a;

    if (r->family == IDEM_AF_UNSPEC
        || (err != IDEM_HOST_NOT_FOUND && err != IDEM_NO_DATA))
        return err;
    err = ask_family(r, IDEM_AF_UNSPEC, &a);
    free(a.list);
    return err ? err : IDEM_NO_DATA;
}

static idem_error list_name(request *r, host_info *h)
{
    idem_answer a;
    idem_error err =
        ask_family(r, is_mapped(r) ? IDEM_AF_UNSPEC : r->family, &a);

    if (err)
        return explain(r, err);
    h->list = a.list;
    h->count = a.count;
    (void)idem_give_text(a.name[0] != '\0' ? a.name : r->host, h->canonical,
                         sizeof(h->canonical));
    return select_addresses(r, h);
}

static idem_error list_host(request *r, host_info *h)
{
    idem_address number;
    idem_error err;

    if (r->host == NULL)
        return list_own(r, r->flags & IDEM_AI_PASSIVE, h);
    if (idem_read_number(r->host, &number))
        return list_number(r, &number, h);
    err = idem_check_name(r->host);
    if (!err && (r->flags & IDEM_AI_NUMERICHOST))
        err = IDEM_HOST_NOT_FOUND;
    if (err)
        return err;
    if (!idem_is_localhost(r->host))
        return list_name(r, h);
    memcpy(h->canonical, "localhost", sizeof("localhost"));
    return list_own(r, false, h);
}

idem_error idem_find_addresses(const char *host, int family, idem_deadline *d,
                               idem_canceller *c, idem_address **list,
                               size_t *count)
{
    request r = {
        .host = host, .family = family, .deadline = d, .canceller = c
    };
    host_info h = { NULL, 0, "" };
    idem_error err = list_host(&r, &h);

    if (err)
        free(h.list);
    *list = err ? NULL : h.list;
    *count = err ? 0 : h.count;
    return err;
}

/* ---- The answer -------------------------------------------------------- */

static idem_error make_list(const request *r, const host_info *h,
                            idem_addrinfo **list, size_t *count)
{
    idem_addrinfo *out = calloc(h->count * TYPES, sizeof(*out));
    size_t n = 0;
    size_t i;
    int k;

    if (out == NULL)
        return IDEM_ENOMEM;
    for (i = 0; i < h->count; i++) {
        for (k = 0; k < TYPES; k++) {
            if (!r->wanted[k])
                continue;
            out[n].family = h->list[i].family;
            out[n].type = type_of[k];
            out[n].protocol = protocol_of[k];
            out[n].address = h->list[i];
            out[n++].address.port = r->port[k];
        }
    }
    *list = out;
    *count = n;
    return IDEM_OK;
}

static idem_error find(const char *host, const char *service,
                       const idem_lookup *how, idem_addrinfo **list,
                       size_t *count, char *canonical, size_t cap)
{
    static const idem_lookup plain;
    idem_deadline d;
    request r = { .host = host, .deadline = &d };
    host_info h = { NULL, 0, "" };
    idem_error err = check_request(&r, service, how == NULL ? &plain : how);

    if (!err)
        err = read_service(&r, service);
    if (!err)
        err = list_host(&r, &h);
    if (!err && (r.flags & IDEM_AI_CANONNAME))
        err = idem_give_text(h.canonical, canonical, cap);
    if (!err)
        err = make_list(&r, &h, list, count);
    free(h.list);
    return err;
}

idem_error idem_getaddrinfo(const char *host, const char *service,
                            const idem_lookup *how, idem_addrinfo **list,
                            size_t *count, char *canonical, size_t cap)
{
    size_t found = 0;
    idem_error err;

    if (count != NULL)
        *count = 0;
    if (canonical != NULL && cap > 0)
        canonical[0] = '\0';
    if (list == NULL)
        return IDEM_EFAULT;
    *list = NULL;
    err = find(host, service, how, list, &found, canonical, cap);
    if (err && canonical != NULL && cap > 0)
        canonical[0] = '\0';
    if (count != NULL)
        *count = found;
    return err;
}

void idem_freeaddrinfo(idem_addrinfo *list)
{
    free(list);
}
