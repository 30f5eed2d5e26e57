/* Host names. */
#include "win32.h"

#include <stdlib.h>

static idem_error gai_fail(int native)
{
    /* Wine lets the negative codes of its host through. */
    if (native < 0)
        return idem_os_fail(native, IDEM_NO_RECOVERY);
    return win32_fail((DWORD)native);
}

static size_t length_of(const ADDRINFOW *list)
{
    size_t n = 0;

    for (; list != NULL; list = list->ai_next)
        n++;
    return n;
}

static idem_error copy_list(const ADDRINFOW *list, uint16_t port,
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
        bsd_to_address(a, &name, (socklen_t)list->ai_addrlen);
        if (a->family == IDEM_AF_UNSPEC)
            continue;
        a->port = port;
        a++;
    }
    *count = (size_t)(a - *out);
    return *count > 0 ? IDEM_OK : IDEM_NO_DATA;
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

static idem_error look_up(const wchar_t *host, uint16_t port,
                          idem_address **out, size_t *count)
{
    ADDRINFOW hints = { 0 };
    ADDRINFOW *list = NULL;
    idem_error err;
    int native;

    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    native = GetAddrInfoW(host, NULL, &hints, &list);
    if (native != 0)
        return gai_fail(native);
    err = copy_list(list, port, out, count);
    FreeAddrInfoW(list);
    return err;
}

idem_error idem_os_resolve(const char *host, uint16_t port, idem_address **out,
                           size_t *count)
{
    wchar_t *wide;
    idem_error err = win32_start();

    *out = NULL;
    *count = 0;
    if (!err)
        err = widen(host, &wide);
    if (err)
        return err;
    err = look_up(wide, port, out, count);
    free(wide);
    if (err) {
        free(*out);
        *out = NULL;
    }
    return err;
}
