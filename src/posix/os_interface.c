/* Network interfaces. */
#include "posix.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>

static size_t length_of(const struct if_nameindex *list)
{
    size_t n = 0;

    while (list[n].if_index != 0)
        n++;
    return n;
}

static idem_error copy_list(const struct if_nameindex *list,
                            idem_interface **out, size_t *count)
{
    const size_t n = length_of(list);
    idem_interface *copy = calloc(n + 1, sizeof(*copy));
    size_t i;

    if (copy == NULL)
        return IDEM_ENOMEM;
    for (i = 0; i < n; i++) {
        const size_t size = strlen(list[i].if_name);

        copy[i].index = list[i].if_index;
        if (size < sizeof(copy[i].name))
            memcpy(copy[i].name, list[i].if_name, size + 1);
    }
    *out = copy;
    *count = n;
    return IDEM_OK;
}

idem_error idem_os_interfaces(idem_interface **out, size_t *count)
{
    struct if_nameindex *list = if_nameindex();
    idem_error err;

    *out = NULL;
    *count = 0;
    if (list == NULL)
        return idem_posix_fail(errno);
    err = copy_list(list, out, count);
    if_freenameindex(list);
    return err;
}

idem_error idem_os_families(bool *ipv4, bool *ipv6)
{
    struct ifaddrs *list;
    const struct ifaddrs *i;

    *ipv4 = false;
    *ipv6 = false;
    if (getifaddrs(&list) < 0)
        return idem_posix_fail(errno);
    for (i = list; i != NULL; i = i->ifa_next) {
        if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        *ipv4 = *ipv4 || i->ifa_addr->sa_family == AF_INET;
        *ipv6 = *ipv6 || i->ifa_addr->sa_family == AF_INET6;
    }
    freeifaddrs(list);
    return IDEM_OK;
}
