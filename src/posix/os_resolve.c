/* Host names. */
#include "posix.h"

#include <stdlib.h>

static idem_error gai_fail(int native)
{
    switch (native) {
    case EAI_AGAIN:
        return idem_os_fail(native, IDEM_TRY_AGAIN);
    case EAI_FAIL:
        return idem_os_fail(native, IDEM_NO_RECOVERY);
    case EAI_MEMORY:
        return idem_os_fail(native, IDEM_ENOMEM);
    case EAI_FAMILY:
        return idem_os_fail(native, IDEM_EAFNOSUPPORT);
    case EAI_SOCKTYPE:
        return idem_os_fail(native, IDEM_ESOCKTNOSUPPORT);
    case EAI_SERVICE:
        return idem_os_fail(native, IDEM_TYPE_NOT_FOUND);
    case EAI_BADFLAGS:
        return idem_os_fail(native, IDEM_EINVAL);
    case EAI_SYSTEM:
        return posix_fail(errno);
#ifdef EAI_NODATA
    case EAI_NODATA:
        return idem_os_fail(native, IDEM_NO_DATA);
#endif
    default: /* EAI_NONAME, and what else says there is no such name */
        return idem_os_fail(native, IDEM_HOST_NOT_FOUND);
    }
}

static size_t length_of(const struct addrinfo *list)
{
    size_t n = 0;

    for (; list != NULL; list = list->ai_next)
        n++;
    return n;
}

static idem_error copy_list(const struct addrinfo *list, uint16_t port,
                            idem_address **out, size_t *count)
{
    idem_address *a = calloc(length_of(list) + 1, sizeof(*a));
    bsd_sockaddr name;

    if (a == NULL)
        return IDEM_ENOMEM;
    *out = a;
    for (; list != NULL; list = list->ai_next) {
        if (list->ai_addrlen > sizeof(name))
            continue;
        memcpy(&name, list->ai_addr, list->ai_addrlen);
        bsd_to_address(a, &name, list->ai_addrlen);
        if (a->family == IDEM_AF_UNSPEC)
            continue;
        a->port = port;
        a++;
    }
    *count = (size_t)(a - *out);
    return *count > 0 ? IDEM_OK : IDEM_NO_DATA;
}

idem_error idem_os_resolve(const char *host, uint16_t port, idem_address **out,
                           size_t *count)
{
    struct addrinfo hints = { 0 };
    struct addrinfo *list = NULL;
    idem_error err;
    int native;

    *out = NULL;
    *count = 0;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    native = getaddrinfo(host, NULL, &hints, &list);
    if (native != 0)
        return gai_fail(native);
    err = copy_list(list, port, out, count);
    freeaddrinfo(list);
    if (err) {
        free(*out);
        *out = NULL;
    }
    return err;
}
