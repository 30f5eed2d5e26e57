/* Addresses as text: read strictly, written as RFC 5952 has it. */
#include "mapped.h"
#include "os.h"

#include <stdio.h>
#include <string.h>

#define GROUPS 8 /* of 16 bits, in an IPv6 address */

/* ---- Reading ----------------------------------------------------------- */

/* A decimal number up to max, without sign or leading zeros. Moves *at past
 * it. */
static bool read_number(const char **at, uint32_t max, uint32_t *out)
{
    const char *p = *at;
    uint64_t value = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > max)
            return false;
    }
    *out = (uint32_t)value;
    *at = p;
    return true;
}

static bool read_ipv4(const char **at, uint8_t *ip)
{
    const char *p = *at;
    uint32_t part;
    int i;

    for (i = 0; i < 4; i++) {
        if (i > 0 && *p++ != '.')
            return false;
        if (!read_number(&p, 255, &part))
            return false;
        ip[i] = (uint8_t)part;
    }
    *at = p;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One to four hexadecimal digits. */
static bool read_group(const char **at, uint8_t *two)
{
    unsigned value = 0;
    int digits = 0;

    for (; hex_digit(**at) >= 0; ++*at) {
        if (++digits > 4)
            return false;
        value = value << 4 | (unsigned)hex_digit(**at);
    }
    two[0] = (uint8_t)(value >> 8);
    two[1] = (uint8_t)value;
    return digits > 0;
}

/* Move what came after "::" to the end, and fill the gap with zeros. */
static void spread(uint8_t *ip, int gap, int used)
{
    int tail = used - gap;

    memmove(ip + 16 - tail, ip + gap, (size_t)tail);
    memset(ip + gap, 0, (size_t)(16 - used));
}

/* The groups of an IPv6 address; gap is where "::" stood, in bytes. */
static bool read_groups(const char **at, uint8_t *ip, int *gap, int *used)
{
    const char *p = *at;
    const char *ipv4;

    *gap = -1;
    *used = 0;
    if (p[0] == ':' && p[1] != ':')
        return false;
    while (*used < 2 * GROUPS) {
        if (p[0] == ':' && p[1] == ':') {
            if (*gap >= 0)
                return false;
            *gap = *used;
            p += 2;
            if (hex_digit(*p) < 0)
                break;
        } else if (*used > 0 && *gap != *used) {
            if (*p != ':')
                break;
            p++;
        }
        ipv4 = p;
        if (*used <= 12 && read_ipv4(&ipv4, ip + *used)) {
            *used += 4;
            p = ipv4;
            break;
        }
        if (!read_group(&p, ip + *used))
            return false;
        *used += 2;
    }
    *at = p;
    return true;
}

static bool read_ipv6(const char **at, uint8_t *ip)
{
    int gap;
    int used;

    if (!read_groups(at, ip, &gap, &used))
        return false;
    if (gap < 0)
        return used == 16;
    if (used > 14) /* "::" stands for one group at least */
        return false;
    spread(ip, gap, used);
    return true;
}

/* Host of either family, up to a character that cannot belong to it. */
static bool read_host(const char **at, idem_address *a)
{
    const char *p = *at;

    if (read_ipv4(&p, a->ip)) {
        a->family = IDEM_AF_INET;
        *at = p;
        return true;
    }
    memset(a->ip, 0, sizeof(a->ip));
    if (!read_ipv6(at, a->ip))
        return false;
    a->family = IDEM_AF_INET6;
    if (**at != '%')
        return true;
    ++*at;
    return read_number(at, UINT32_MAX, &a->scope_id) && a->scope_id != 0;
}

static bool read_port(const char **at, idem_address *a)
{
    uint32_t port;

    if (!read_number(at, UINT16_MAX, &port))
        return false;
    a->port = (uint16_t)port;
    return true;
}

static bool read_endpoint(const char *p, idem_address *a)
{
    bool brackets = *p == '[';

    if (brackets)
        p++;
    if (!read_host(&p, a) || (brackets && a->family != IDEM_AF_INET6))
        return false;
    if (brackets && *p++ != ']')
        return false;
    if (*p == ':' && (brackets || a->family == IDEM_AF_INET)) {
        p++;
        if (!read_port(&p, a))
            return false;
    }
    return *p == '\0';
}

idem_error idem_address_parse(const char *text, idem_address *out)
{
    idem_address a = { 0 };
    idem_error err = IDEM_OK;

    if (text == NULL)
        err = IDEM_EFAULT;
    else if (!read_endpoint(text, &a))
        err = IDEM_EINVAL;
    if (err)
        memset(&a, 0, sizeof(a));
    if (out != NULL)
        *out = a;
    return err;
}

static bool read_whole_host(const char *p, idem_address *a)
{
    if (*p == '\0') {
        a->family = IDEM_AF_INET;
        return true;
    }
    if (strcmp(p, "<broadcast>") == 0)
        p = "255.255.255.255";
    return read_host(&p, a) && *p == '\0';
}

idem_error idem_address_make(const char *host, int port, idem_address *out)
{
    idem_address a = { 0 };
    idem_error err = IDEM_OK;

    if (host == NULL)
        err = IDEM_EFAULT;
    else if (port < 0 || port > UINT16_MAX || !read_whole_host(host, &a))
        err = IDEM_EINVAL;
    if (err)
        memset(&a, 0, sizeof(a));
    else
        a.port = (uint16_t)port;
    if (out != NULL)
        *out = a;
    return err;
}

/* ---- Names of Unix sockets ---------------------------------------------- */

/* With a NUL behind it, as systems want it, a path has a byte less than there
 * is room for. */
static idem_error check_name(const char *path, size_t length)
{
    const size_t room = sizeof(((idem_address *)NULL)->path);

    if (path == NULL)
        return IDEM_EFAULT;
    if (length == 0)
        return IDEM_EINVAL;
    if (length > room || (length == room && path[0] != '\0'))
        return IDEM_ENAMETOOLONG;
    if (path[0] != '\0' && memchr(path, '\0', length) != NULL)
        return IDEM_EINVAL;
    return IDEM_OK;
}

idem_error idem_address_unix(const char *path, size_t length, idem_address *out)
{
    idem_address a = { 0 };
    idem_error err = check_name(path, length);

    if (!err) {
        a.family = IDEM_AF_UNIX;
        a.path_length = (uint16_t)length; /* there is room for it */
        memcpy(a.path, path, length);
    }
    if (out != NULL)
        *out = a;
    return err;
}

/* ---- Writing ----------------------------------------------------------- */

static unsigned group_of(const uint8_t *ip, int i)
{
    return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* The first of the longest runs of two or more zero groups. */
static void find_gap(const uint8_t *ip, int *start, int *length)
{
    int run = 0;
    int i;

    *start = -1;
    *length = 1;
    for (i = 0; i < GROUPS; i++) {
        run = group_of(ip, i) == 0 ? run + 1 : 0;
        if (run > *length) {
            *length = run;
            *start = i - run + 1;
        }
    }
}

/* A text that grows at its end. The longest address fits. */
typedef struct line {
    char text[IDEM_ADDRESS_TEXT];
    size_t length;
} line;

static void add(line *l, const char *text)
{
    size_t n = strlen(text);

    memcpy(l->text + l->length, text, n + 1);
    l->length += n;
}

static void add_decimal(line *l, uint32_t n)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%lu", (unsigned long)n);
    add(l, digits);
}

static void add_hex(line *l, unsigned n)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%x", n);
    add(l, digits);
}

static void add_ipv4(line *l, const uint8_t *ip)
{
    int i;

    for (i = 0; i < 4; i++) {
        add(l, i > 0 ? "." : "");
        add_decimal(l, ip[i]);
    }
}

static void add_ipv6(line *l, const uint8_t *ip)
{
    int start;
    int length;
    int i;

    if (idem_is_mapped(ip)) {
        add(l, "::ffff:");
        add_ipv4(l, ip + 12);
        return;
    }
    find_gap(ip, &start, &length);
    for (i = 0; i < GROUPS; i++) {
        if (i == start) {
            add(l, "::");
            i += length - 1;
        } else {
            add(l, i > 0 && i != start + length ? ":" : "");
            add_hex(l, group_of(ip, i));
        }
    }
}

static void add_host(line *l, const idem_address *a)
{
    if (a->family == IDEM_AF_INET) {
        add_ipv4(l, a->ip);
        return;
    }
    add_ipv6(l, a->ip);
    if (a->scope_id != 0) {
        add(l, "%");
        add_decimal(l, a->scope_id);
    }
}

static void add_endpoint(line *l, const idem_address *a)
{
    bool brackets = a->family == IDEM_AF_INET6;

    add(l, brackets ? "[" : "");
    add_host(l, a);
    add(l, brackets ? "]:" : ":");
    add_decimal(l, a->port);
}

/* As it is; an abstract one with "@" for each NUL. */
static void add_name(line *l, const idem_address *a)
{
    size_t i;

    for (i = 0; i < a->path_length; i++)
        l->text[l->length++] = a->path[i] == '\0' ? '@' : a->path[i];
    l->text[l->length] = '\0';
}

static idem_error write_address(const idem_address *a, bool with_port,
                                char *text, size_t cap)
{
    line l = { "", 0 };

    if (a->family != IDEM_AF_INET && a->family != IDEM_AF_INET6
        && a->family != IDEM_AF_UNIX)
        return IDEM_EAFNOSUPPORT;
    if (a->family == IDEM_AF_UNIX && a->path_length > sizeof(a->path))
        return IDEM_EINVAL;
    if (a->family == IDEM_AF_UNIX)
        add_name(&l, a);
    else if (with_port)
        add_endpoint(&l, a);
    else
        add_host(&l, a);
    if (l.length >= cap)
        return IDEM_EFAULT;
    memcpy(text, l.text, l.length + 1);
    return IDEM_OK;
}

static idem_error format(const idem_address *a, bool with_port, char *text,
                         size_t cap)
{
    if (text == NULL)
        return IDEM_EFAULT;
    if (cap > 0)
        text[0] = '\0';
    return a == NULL ? IDEM_EFAULT : write_address(a, with_port, text, cap);
}

idem_error idem_address_format(const idem_address *a, char *text, size_t cap)
{
    return format(a, true, text, cap);
}

idem_error idem_address_host(const idem_address *a, char *text, size_t cap)
{
    return format(a, false, text, cap);
}

/* ---- Comparing --------------------------------------------------------- */

bool idem_address_equal(const idem_address *a, const idem_address *b)
{
    if (a == NULL || b == NULL || a->family != b->family)
        return false;
    switch (a->family) {
    case IDEM_AF_INET:
        return a->port == b->port && memcmp(a->ip, b->ip, 4) == 0;
    case IDEM_AF_INET6:
        return a->port == b->port && a->flowinfo == b->flowinfo
               && a->scope_id == b->scope_id
               && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
    case IDEM_AF_UNIX:
        return a->path_length == b->path_length
               && a->path_length <= sizeof(a->path)
               && memcmp(a->path, b->path, a->path_length) == 0;
    default:
        return a->family == IDEM_AF_UNSPEC;
    }
}
