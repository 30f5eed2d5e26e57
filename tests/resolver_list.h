/* Lists of addresses as both systems' resolvers give them. Included behind the
 * typedefs native_info and native_char, and a set_text() for such a text. */
#ifndef RESOLVER_LIST_H
#define RESOLVER_LIST_H

#include "resolver.h"

#include <stdlib.h>

/* One answer, in one piece of memory. */
typedef struct node {
    native_info info;
    struct sockaddr_storage name;
    native_char canonical[64];
} node;

static void fill_name(node *n, const char *text)
{
    struct sockaddr_in *in = (void *)&n->name;
    struct sockaddr_in6 *in6 = (void *)&n->name;
    idem_address a;

    CHECK_OK(idem_address_make(text, 0, &a));
    n->info.ai_addr = (void *)&n->name;
    if (a.family == IDEM_AF_INET) {
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, a.ip, 4);
        n->info.ai_addrlen = sizeof(*in);
    } else {
        in6->sin6_family = AF_INET6;
        in6->sin6_scope_id = a.scope_id;
        memcpy(&in6->sin6_addr, a.ip, 16);
        n->info.ai_addrlen = sizeof(*in6);
    }
    n->info.ai_family = n->name.ss_family;
}

/* The addresses of a host that are of the family; NULL: none. */
static native_info *make_list(const resolver_host *h, int family)
{
    native_info *first = NULL;
    native_info **end = &first;
    int i;

    for (i = 0; h->addresses[i] != NULL; i++) {
        node *n = calloc(1, sizeof(*n));

        CHECK(n != NULL);
        fill_name(n, h->addresses[i]);
        if (family != AF_UNSPEC && family != n->info.ai_family) {
            free(n);
            continue;
        }
        set_text(n->canonical, CHECK_COUNT(n->canonical),
                 h->canonical != NULL ? h->canonical : h->name);
        n->info.ai_canonname = first == NULL ? n->canonical : NULL;
        *end = &n->info;
        end = &n->info.ai_next;
    }
    return first;
}

static native_info *make_port(int port)
{
    const resolver_host any = { "any", NULL, { "0.0.0.0" } };
    native_info *info = make_list(&any, AF_INET);

    ((struct sockaddr_in *)(void *)info->ai_addr)->sin_port =
        htons((uint16_t)port);
    return info;
}

static void free_list(native_info *list)
{
    while (list != NULL) {
        native_info *next = list->ai_next;

        free(list);
        list = next;
    }
}

/* The name of the host at an address; NULL: none. */
static const char *name_at(const struct sockaddr *name)
{
    idem_address a = { .family = IDEM_AF_INET };
    char text[IDEM_ADDRESS_TEXT];

    if (name->sa_family == AF_INET6) {
        a.family = IDEM_AF_INET6;
        memcpy(a.ip,
               &((const struct sockaddr_in6 *)(const void *)name)->sin6_addr,
               16);
    } else {
        memcpy(a.ip,
               &((const struct sockaddr_in *)(const void *)name)->sin_addr, 4);
    }
    CHECK_OK(idem_address_host(&a, text, sizeof(text)));
    return resolver_name_of(text);
}

#endif /* RESOLVER_LIST_H */
