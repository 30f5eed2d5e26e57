/* The name service: host names, service names, and back. */
#include "posix.h"

#include <locale.h>
#include <stdlib.h>

typedef struct addrinfo bsd_addrinfo;

#include "../bsd_addrinfo.h"

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
    case EAI_OVERFLOW:
        return idem_os_fail(native, IDEM_EFAULT);
    case EAI_SYSTEM:
        return idem_posix_fail(errno);
#ifdef EAI_NODATA
    case EAI_NODATA:
        return idem_os_fail(native, IDEM_NO_DATA);
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
        return idem_os_fail(native, IDEM_NO_DATA);
#endif
#ifdef EAI_IDN_ENCODE
    case EAI_IDN_ENCODE: /* also when there is no libidn2 */
        return idem_os_fail(native, IDEM_EOPNOTSUPP);
#endif
    default: /* EAI_NONAME, and what else says there is no such name */
        return idem_os_fail(native, IDEM_HOST_NOT_FOUND);
    }
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text > 0x7f)
            return false;
    }
    return true;
}

#ifdef AI_IDN

/* glibc takes names beyond ASCII for text of the thread's locale. */
static int look_up_utf8(const char *host, struct addrinfo *hints,
                        struct addrinfo **list)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before;
    int native;
    int code;

    if (utf8 == (locale_t)0)
        return EAI_IDN_ENCODE;
    before = uselocale(utf8);
    hints->ai_flags |= AI_IDN;
    native = getaddrinfo(host, NULL, hints, list);
    code = errno; /* the reason of EAI_SYSTEM */
    uselocale(before);
    freelocale(utf8);
    errno = code;
    return native;
}

#else

static int look_up_utf8(const char *host, struct addrinfo *hints,
                        struct addrinfo **list)
{
    (void)host;
    (void)hints;
    (void)list;
    errno = EOPNOTSUPP;
    return EAI_SYSTEM;
}

#endif

static idem_error take_name(const char *from, char *name)
{
    const size_t size = from == NULL ? 0 : strlen(from);

    name[0] = '\0';
    if (size >= IDEM_OS_NAME)
        return IDEM_EFAULT;
    if (size > 0)
        memcpy(name, from, size + 1);
    return IDEM_OK;
}

static idem_error take_list(const struct addrinfo *list, idem_address **out,
                            size_t *count, char *canonical)
{
    idem_error err = take_name(list->ai_canonname, canonical);

    return err ? err : bsd_copy_addrinfo(list, out, count);
}

idem_error idem_os_resolve(const char *host, int family, idem_address **out,
                           size_t *count, char *canonical)
{
    struct addrinfo hints = { 0 };
    struct addrinfo *list = NULL;
    idem_error err;
    int native;

    *out = NULL;
    *count = 0;
    canonical[0] = '\0';
    hints.ai_family = family == IDEM_AF_UNSPEC ? AF_UNSPEC : bsd_family(family);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_CANONNAME;
    if (is_ascii(host))
        native = getaddrinfo(host, NULL, &hints, &list);
    else
        native = look_up_utf8(host, &hints, &list);
    if (native != 0)
        return gai_fail(native);
    err = take_list(list, out, count, canonical);
    freeaddrinfo(list);
    return err;
}

idem_error idem_os_port(const char *service, int type, uint16_t *port)
{
    struct addrinfo hints = { 0 };
    struct addrinfo *list = NULL;
    int native;

    *port = 0;
    hints.ai_family = AF_INET;
    hints.ai_socktype = type == IDEM_SOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM;
    native = getaddrinfo(NULL, service, &hints, &list);
    if (native == EAI_NONAME) /* macOS; there is no host here to be unknown */
        return idem_os_fail(native, IDEM_TYPE_NOT_FOUND);
    if (native != 0)
        return gai_fail(native);
    *port = bsd_port_of(list);
    freeaddrinfo(list);
    return IDEM_OK;
}

idem_error idem_os_name(const idem_address *a, bool local, char *name)
{
    bsd_sockaddr from;
    socklen_t size = bsd_from_address(&from, a);
    int flags = NI_NAMEREQD | (local ? NI_NOFQDN : 0);
    int native =
        getnameinfo(&from.any, size, name, IDEM_OS_NAME, NULL, 0, flags);

    if (native == 0)
        return IDEM_OK;
    name[0] = '\0';
    return gai_fail(native);
}

idem_error idem_os_service(uint16_t port, int type, char *name)
{
    const idem_address a = { .family = IDEM_AF_INET, .port = port };
    bsd_sockaddr from;
    socklen_t size = bsd_from_address(&from, &a);
    int flags = type == IDEM_SOCK_DGRAM ? NI_DGRAM : 0;
    int native =
        getnameinfo(&from.any, size, NULL, 0, name, IDEM_OS_NAME, flags);

    if (native == 0)
        return IDEM_OK;
    name[0] = '\0';
    return gai_fail(native);
}

idem_error idem_os_hostname(char *name)
{
    name[0] = '\0';
    if (gethostname(name, IDEM_OS_NAME) < 0)
        return idem_posix_fail(errno);
    name[IDEM_OS_NAME - 1] = '\0'; /* not by itself when it was cut */
    return IDEM_OK;
}
