/* The name service: host names, service names, and back. */
#include "win32.h"

#include <stdlib.h>

typedef ADDRINFOW bsd_addrinfo;

#include "../bsd_addrinfo.h"

static idem_error gai_fail(int native)
{
    /* Wine lets some negative codes of its host through: that the name has no
     * address of the family, for one. */
    if (native < 0)
        return idem_os_fail(native, IDEM_NO_DATA);
    return idem_win32_fail((DWORD)native);
}

/* UTF-16, as only the wide calls take any name. For free(). */
static idem_error widen(const char *text, wchar_t **out)
{
    int n =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);

    *out = NULL;
    if (n == 0)
        return idem_os_fail((int)GetLastError(), IDEM_EINVAL);
    *out = malloc((size_t)n * sizeof(**out));
    if (*out == NULL)
        return IDEM_ENOMEM;
    MultiByteToWideChar(CP_UTF8, 0, text, -1, *out, n);
    return IDEM_OK;
}

static idem_error narrow(const wchar_t *from, char *name)
{
    name[0] = '\0';
    if (from == NULL)
        return IDEM_OK;
    if (WideCharToMultiByte(CP_UTF8, 0, from, -1, name, IDEM_OS_NAME, NULL,
                            NULL)
        > 0)
        return IDEM_OK;
    name[0] = '\0';
    return idem_win32_fail(GetLastError());
}

static idem_error take_list(const ADDRINFOW *list, idem_address **out,
                            size_t *count, char *canonical)
{
    idem_error err = narrow(list->ai_canonname, canonical);

    return err ? err : bsd_copy_addrinfo(list, out, count);
}

static idem_error look_up(const wchar_t *host, int family, idem_address **out,
                          size_t *count, char *canonical)
{
    ADDRINFOW hints = { 0 };
    ADDRINFOW *list = NULL;
    idem_error err;
    int native;

    hints.ai_family = family == IDEM_AF_UNSPEC ? AF_UNSPEC : bsd_family(family);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_CANONNAME;
    native = GetAddrInfoW(host, NULL, &hints, &list);
    if (native != 0)
        return gai_fail(native);
    err = take_list(list, out, count, canonical);
    FreeAddrInfoW(list);
    return err;
}

idem_error idem_os_resolve(const char *host, int family, idem_address **out,
                           size_t *count, char *canonical)
{
    wchar_t *wide;
    idem_error err = idem_win32_start();

    *out = NULL;
    *count = 0;
    canonical[0] = '\0';
    if (!err)
        err = widen(host, &wide);
    if (err)
        return err;
    err = look_up(wide, family, out, count, canonical);
    free(wide);
    return err;
}

static idem_error find_port(const wchar_t *service, int type, uint16_t *port)
{
    ADDRINFOW hints = { 0 };
    ADDRINFOW *list = NULL;
    int native;

    hints.ai_family = AF_INET;
    hints.ai_socktype = type;
    native = GetAddrInfoW(NULL, service, &hints, &list);
    if (native != 0)
        return gai_fail(native);
    *port = bsd_port_of(list);
    FreeAddrInfoW(list);
    return IDEM_OK;
}

idem_error idem_os_port(const char *service, int type, uint16_t *port)
{
    wchar_t *wide;
    idem_error err = idem_win32_start();

    *port = 0;
    if (!err)
        err = widen(service, &wide);
    if (err)
        return err;
    err = find_port(wide, type, port);
    free(wide);
    return err;
}

/* Ask for one of the two; host or service is NULL. */
static idem_error ask_back(const idem_address *a, int flags, wchar_t *host,
                           wchar_t *service)
{
    bsd_sockaddr from;
    int size = bsd_from_address(&from, a);
    idem_error err = idem_win32_start();
    int native;

    if (err)
        return err;
    native = GetNameInfoW(&from.any, size, host, host ? IDEM_OS_NAME : 0,
                          service, service ? IDEM_OS_NAME : 0, flags);
    return native == 0 ? IDEM_OK : gai_fail(native);
}

idem_error idem_os_name(const idem_address *a, bool local, char *name)
{
    wchar_t wide[IDEM_OS_NAME] = L"";
    idem_error err =
        ask_back(a, NI_NAMEREQD | (local ? NI_NOFQDN : 0), wide, NULL);

    name[0] = '\0';
    return err ? err : narrow(wide, name);
}

idem_error idem_os_service(uint16_t port, int type, char *name)
{
    const idem_address a = { .family = IDEM_AF_INET, .port = port };
    wchar_t wide[IDEM_OS_NAME] = L"";
    idem_error err =
        ask_back(&a, type == IDEM_SOCK_DGRAM ? NI_DGRAM : 0, NULL, wide);

    name[0] = '\0';
    return err ? err : narrow(wide, name);
}

/* The other names are cut at 15 characters, or have the domain. */
idem_error idem_os_hostname(char *name)
{
    wchar_t wide[IDEM_OS_NAME];
    DWORD size = IDEM_OS_NAME;

    name[0] = '\0';
    if (!GetComputerNameExW(ComputerNameDnsHostname, wide, &size))
        return idem_win32_fail(GetLastError());
    return narrow(wide, name);
}
