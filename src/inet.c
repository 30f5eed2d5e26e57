/* Numeric addresses as bytes, the way inet_pton() and its kin have them. */
#include "idemsock.h"

#include <string.h>

static bool is_family(int family)
{
    return family == IDEM_AF_INET || family == IDEM_AF_INET6;
}

static size_t size_of(int family)
{
    return family == IDEM_AF_INET ? 4 : 16;
}

/* Text without a port, brackets or a scope. */
static bool read_bare(int family, const char *text, idem_address *a)
{
    const char *more = family == IDEM_AF_INET ? ":" : "[%";

    return strpbrk(text, more) == NULL && !idem_address_parse(text, a)
           && a->family == family;
}

idem_error idem_inet_pton(int family, const char *text, void *bytes)
{
    idem_address a = { 0 };
    idem_error err = IDEM_OK;

    if (!is_family(family))
        return IDEM_EAFNOSUPPORT;
    if (text == NULL)
        err = IDEM_EFAULT;
    else if (!read_bare(family, text, &a))
        err = IDEM_EINVAL;
    if (err)
        memset(a.ip, 0, sizeof(a.ip));
    if (bytes != NULL)
        memcpy(bytes, a.ip, size_of(family));
    return err;
}

idem_error idem_inet_ntop(int family, const void *bytes, char *text, size_t cap)
{
    idem_address a = { .family = family };

    if (text != NULL && cap > 0)
        text[0] = '\0';
    if (!is_family(family))
        return IDEM_EAFNOSUPPORT;
    if (bytes == NULL)
        return IDEM_EFAULT;
    memcpy(a.ip, bytes, size_of(family));
    return idem_address_host(&a, text, cap);
}

/* ---- The forms of old -------------------------------------------------- */

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* A number as C writes it: decimal, 0 for octal, 0x for hexadecimal. */
static bool read_c_number(const char **at, uint32_t *out)
{
    const char *p = *at;
    uint64_t value = 0;
    int base = 10;

    if (*p == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
    } else if (*p == '0') {
        base = 8;
    }
    if (digit_value(*p) >= base)
        return false;
    for (; digit_value(*p) < base; p++) {
        value = value * (unsigned)base + (unsigned)digit_value(*p);
        if (value > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)value;
    *at = p;
    return true;
}

/* One to four numbers, the last of which fills what is left of the address. */
static bool read_parts(const char *p, uint32_t *address)
{
    uint32_t part;
    int room = 32; /* bits that are not filled */

    *address = 0;
    while (read_c_number(&p, &part)) {
        if (*p == '\0') {
            *address |= part;
            return room == 32 || part >> room == 0;
        }
        room -= 8;
        if (*p++ != '.' || room == 0 || part > 255)
            return false;
        *address |= part << room;
    }
    return false;
}

idem_error idem_inet_aton(const char *text, void *bytes)
{
    uint32_t address = 0;
    uint8_t ip[4] = { 0 };
    idem_error err = IDEM_OK;
    int i;

    if (text == NULL)
        err = IDEM_EFAULT;
    else if (!read_parts(text, &address))
        err = IDEM_EINVAL;
    for (i = 0; i < 4 && !err; i++)
        ip[i] = (uint8_t)(address >> (24 - 8 * i));
    if (bytes != NULL)
        memcpy(bytes, ip, sizeof(ip));
    return err;
}
