/* What a host is by its looks: a number, this machine, a name, or nothing. */
#include "lookup.h"

#include <string.h>

/* Characters, of ASCII: what others come to, the system knows. */
#define LABEL_MAX 63
#define NAME_MAX 253

/* ---- Numbers ----------------------------------------------------------- */

/* "fe80::1%eth0", which idem_address_make() cannot read. */
static bool read_scoped(const char *host, idem_address *a)
{
    const char *percent = strchr(host, '%');
    char text[IDEM_ADDRESS_TEXT];
    size_t size;

    if (percent == NULL)
        return false;
    size = (size_t)(percent - host);
    if (size >= sizeof(text))
        return false;
    memcpy(text, host, size);
    text[size] = '\0';
    return !idem_address_make(text, 0, a) && a->family == IDEM_AF_INET6
           && !idem_if_nametoindex(percent + 1, &a->scope_id);
}

bool idem_read_number(const char *host, idem_address *a)
{
    if (host[0] != '\0' && host[0] != '<'
        && (!idem_address_make(host, 0, a) || read_scoped(host, a)))
        return true;
    memset(a, 0, sizeof(*a));
    return false;
}

/* ---- Names ------------------------------------------------------------- */

/* Bytes of the UTF-8 character at p; 0: it is none. Neither too long a form,
 * nor a surrogate, nor beyond Unicode. */
static size_t utf8_length(const unsigned char *p)
{
    uint32_t c;
    size_t n;
    size_t i;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    c = p[0] & (0xffu >> (n + 1));
    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff)))
        return 0;
    if (n == 4 && (c < 0x10000 || c > 0x10ffff))
        return 0;
    return n;
}

static bool is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t n = 1;

    while (*p != '\0' && (n = utf8_length(p)) > 0)
        p += n;
    return n > 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* What names are made of, dots aside. */
static bool is_name_character(char c)
{
    const char lower = to_lower(c);

    return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '_'
           || (unsigned char)c >= 0x80;
}

/* Whether inet_aton() would take the label for a number: "127", "0x7f". */
static bool is_number(const char *label, size_t size)
{
    const bool hex = size > 1 && label[0] == '0' && to_lower(label[1]) == 'x';
    size_t i;

    for (i = hex ? 2 : 0; i < size; i++) {
        const char lower = to_lower(label[i]);

        if (!is_digit(lower) && !(hex && lower >= 'a' && lower <= 'f'))
            return false;
    }
    return true;
}

/* Labels of letters between single dots, one of which may end it. Numbers alone
 * are no name: "127.1" is an address to some systems. */
static bool has_labels(const char *host)
{
    const char *p = host;
    bool named = false;
    bool ascii;
    const char *label;

    do {
        ascii = true;
        for (label = p; is_name_character(*p); p++)
            ascii = ascii && (unsigned char)*p < 0x80;
        if (p == label || (ascii && p - label > LABEL_MAX))
            return false;
        named = named || !is_number(label, (size_t)(p - label));
        if (*p == '.')
            p++;
    } while (is_name_character(*p));
    return named && *p == '\0';
}

idem_error idem_check_name(const char *host)
{
    const char *p;
    size_t ascii = 0;

    for (p = host; *p != '\0' && p - host < IDEM_OS_NAME; p++)
        ascii += (unsigned char)*p < 0x80;
    if (p - host >= IDEM_OS_NAME)
        return IDEM_HOST_NOT_FOUND;
    if (!is_utf8(host))
        return IDEM_EINVAL;
    if (p > host && p[-1] == '.')
        ascii--;
    return ascii <= NAME_MAX && has_labels(host) ? IDEM_OK
                                                 : IDEM_HOST_NOT_FOUND;
}

bool idem_is_localhost(const char *host)
{
    static const char local[] = "localhost";
    size_t size = strlen(host);
    size_t i;

    if (size > 0 && host[size - 1] == '.')
        size--;
    if (size < sizeof(local) - 1)
        return false;
    host += size - (sizeof(local) - 1);
    for (i = 0; i < sizeof(local) - 1; i++) {
        if (to_lower(host[i]) != local[i])
            return false;
    }
    return size == sizeof(local) - 1 || host[-1] == '.';
}
