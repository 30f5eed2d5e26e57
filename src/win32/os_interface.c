/* Network interfaces. */
#include "win32.h"

#include <iphlpapi.h>
#include <stdlib.h>

#define FIRST_SIZE 16384 /* bytes of a list, as Microsoft advises */
#define ATTEMPTS 4       /* the list may grow between two of them */

/* The adapters of this machine, for free(). Without any, *out is NULL. */
static idem_error list_adapters(ULONG flags, IP_ADAPTER_ADDRESSES **out)
{
    ULONG size = FIRST_SIZE;
    DWORD code = ERROR_BUFFER_OVERFLOW;
    int i;

    *out = NULL;
    for (i = 0; i < ATTEMPTS && code == ERROR_BUFFER_OVERFLOW; i++) {
        free(*out);
        *out = malloc(size);
        if (*out == NULL)
            return IDEM_ENOMEM;
        code = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, *out, &size);
    }
    if (code == 0)
        return IDEM_OK;
    free(*out);
    *out = NULL;
    return code == ERROR_NO_DATA ? IDEM_OK : idem_win32_fail(code);
}

static size_t length_of(const IP_ADAPTER_ADDRESSES *list)
{
    size_t n = 0;

    for (; list != NULL; list = list->Next)
        n++;
    return n;
}

/* The names that Windows shows, not those of its drivers. */
static idem_error copy_list(const IP_ADAPTER_ADDRESSES *list,
                            idem_interface **out, size_t *count)
{
    idem_interface *copy = calloc(length_of(list) + 1, sizeof(*copy));
    const int room = (int)sizeof(copy->name);
    size_t n = 0;

    if (copy == NULL)
        return IDEM_ENOMEM;
    for (; list != NULL; list = list->Next) {
        idem_interface *i = &copy[n];

        i->index = list->IfIndex != 0 ? list->IfIndex : list->Ipv6IfIndex;
        if (WideCharToMultiByte(CP_UTF8, 0, list->FriendlyName, -1, i->name,
                                room, NULL, NULL)
            == 0)
            i->name[0] = '\0';
        n += i->index != 0;
    }
    *out = copy;
    *count = n;
    return IDEM_OK;
}

idem_error idem_os_interfaces(idem_interface **out, size_t *count)
{
    IP_ADAPTER_ADDRESSES *list;
    idem_error err =
        list_adapters(GAA_FLAG_SKIP_UNICAST | GAA_FLAG_SKIP_ANYCAST
                          | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER,
                      &list);

    *out = NULL;
    *count = 0;
    if (err)
        return err;
    err = copy_list(list, out, count);
    free(list);
    return err;
}

idem_error idem_os_families(bool *ipv4, bool *ipv6)
{
    IP_ADAPTER_ADDRESSES *list;
    const IP_ADAPTER_ADDRESSES *i;
    const IP_ADAPTER_UNICAST_ADDRESS *a;
    idem_error err =
        list_adapters(GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST
                          | GAA_FLAG_SKIP_DNS_SERVER,
                      &list);

    *ipv4 = false;
    *ipv6 = false;
    for (i = list; i != NULL; i = i->Next) {
        if (i->IfType == IF_TYPE_SOFTWARE_LOOPBACK)
            continue;
        for (a = i->FirstUnicastAddress; a != NULL; a = a->Next) {
            *ipv4 = *ipv4 || a->Address.lpSockaddr->sa_family == AF_INET;
            *ipv6 = *ipv6 || a->Address.lpSockaddr->sa_family == AF_INET6;
        }
    }
    free(list);
    return err;
}
