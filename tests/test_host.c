/* Hosts and services by their looks: what is a number, what may be a name, and
 * what is neither. Nothing here asks a name service: the timeout is 0, and what
 * would have to be asked is IDEM_EWOULDBLOCK. */
#include "check.h"
#include "peers.h"

#include <math.h>
#include <stdlib.h>

static idem_addrinfo *list;
static size_t count;

static idem_error find(const char *host, const char *service, int family,
                       int flags)
{
    const idem_lookup how = { .family = family,
                              .type = IDEM_SOCK_DGRAM,
                              .flags = flags };
    idem_error err;

    list = (idem_addrinfo *)(void *)&list;
    count = 9;
    CHECK_OK(idem_setdefaulttimeout(0));
    err = idem_getaddrinfo(host, service, &how, &list, &count, NULL, 0);
    CHECK((list == NULL) == (err != IDEM_OK));
    CHECK((count == 0) == (err != IDEM_OK));
    return err;
}

/* The i-th that was found. */
static void check_found(size_t i, const char *want)
{
    char text[IDEM_ADDRESS_TEXT];

    CHECK(i < count);
    CHECK_OK(idem_address_format(&list[i].address, text, sizeof(text)));
    CHECK_STR(text, want);
    CHECK_EQ(list[i].family, list[i].address.family);
    CHECK_EQ(list[i].type, IDEM_SOCK_DGRAM);
    CHECK_EQ(list[i].protocol, IDEM_IPPROTO_UDP);
}

static void check_one(const char *host, int family, int flags, const char *want)
{
    CHECK_OK(find(host, "53", family, flags));
    CHECK_EQ(count, 1);
    check_found(0, want);
    idem_freeaddrinfo(list);
}

/* ---- Numbers ----------------------------------------------------------- */

static void test_numeric(void)
{
    check_one("192.0.2.1", 0, 0, "192.0.2.1:53");
    check_one("192.0.2.1", IDEM_AF_INET, IDEM_AI_NUMERICHOST, "192.0.2.1:53");
    check_one("2001:DB8:0::1", 0, 0, "[2001:db8::1]:53");
    check_one("::ffff:192.0.2.1", IDEM_AF_INET6, 0, "[::ffff:192.0.2.1]:53");
    check_one("0.0.0.0", 0, 0, "0.0.0.0:53");
    check_one("::", 0, IDEM_AI_PASSIVE, "[::]:53");
}

static void test_numeric_family(void)
{
    CHECK_ERR(find("192.0.2.1", "53", IDEM_AF_INET6, 0), IDEM_EAFNOSUPPORT);
    CHECK_ERR(find("::1", "53", IDEM_AF_INET, 0), IDEM_EAFNOSUPPORT);
    check_one("192.0.2.1", IDEM_AF_INET6, IDEM_AI_V4MAPPED,
              "[::ffff:192.0.2.1]:53");
    CHECK_ERR(find("::1", "53", IDEM_AF_INET, IDEM_AI_V4MAPPED),
              IDEM_EAFNOSUPPORT);
}

static void test_scope(void)
{
    idem_interface *all;
    char host[300] = "fe80::1%";

    check_one("fe80::1%7", 0, 0, "[fe80::1%7]:53");
    CHECK_ERR(find("fe80::1%0", "53", 0, 0), IDEM_HOST_NOT_FOUND);
    CHECK_ERR(find("fe80::1%", "53", 0, 0), IDEM_HOST_NOT_FOUND);
    CHECK_ERR(find("fe80::1%nosuch", "53", 0, 0), IDEM_HOST_NOT_FOUND);
    CHECK_ERR(find("192.0.2.1%1", "53", 0, 0), IDEM_HOST_NOT_FOUND);
    CHECK_OK(idem_if_nameindex(&all, &count));
    CHECK(count > 0); /* loopback */
    memcpy(host + 8, all[0].name, strlen(all[0].name) + 1);
    CHECK_OK(find(host, "53", 0, IDEM_AI_NUMERICHOST));
    CHECK_EQ(list[0].address.scope_id, all[0].index);
    idem_freeaddrinfo(list);
    idem_if_freenameindex(all);
}

/* Neither an address nor a name; other systems take them for one. */
static void test_short_forms(void)
{
    static const char *const hosts[] = {
        "127.1",
        "127",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "1.2.3.256",
        "1.2.3.4.5",
        "0x",
        "00.0x0.1",
        "99999999999999999999",
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++) {
        CHECK_ERR(find(hosts[i], "53", 0, 0), IDEM_HOST_NOT_FOUND);
        CHECK_ERR(find(hosts[i], "53", 0, IDEM_AI_NUMERICHOST),
                  IDEM_HOST_NOT_FOUND);
    }
}

/* ---- This machine ------------------------------------------------------ */

/* These two of each family, in this order. */
static void check_own(const char *host, int flags, const char *first,
                      const char *second)
{
    const bool passive = flags & IDEM_AI_PASSIVE;
    const char *four = passive ? first : second;

    if (!idem_has(IDEM_HAS_IPV6)) {
        check_one(host, 0, flags, four);
        CHECK_ERR(find(host, "53", IDEM_AF_INET6, flags), IDEM_NO_DATA);
        return;
    }
    CHECK_OK(find(host, "53", 0, flags));
    CHECK_EQ(count, 2);
    check_found(0, first);
    check_found(1, second);
    idem_freeaddrinfo(list);
    check_one(host, IDEM_AF_INET, flags, four);
    check_one(host, IDEM_AF_INET6, flags, passive ? second : first);
}

static void test_no_host(void)
{
    check_own(NULL, 0, "[::1]:53", "127.0.0.1:53");
    check_own(NULL, IDEM_AI_NUMERICHOST, "[::1]:53", "127.0.0.1:53");
    check_own(NULL, IDEM_AI_PASSIVE, "0.0.0.0:53", "[::]:53");
    check_own(NULL, IDEM_AI_ADDRCONFIG, "[::1]:53", "127.0.0.1:53");
    check_own(NULL, IDEM_AI_PASSIVE | IDEM_AI_ADDRCONFIG, "0.0.0.0:53",
              "[::]:53");
    CHECK_ERR(find(NULL, NULL, 0, 0), IDEM_HOST_NOT_FOUND);
}

static void test_localhost(void)
{
    static const char *const hosts[] = { "localhost", "localhost.", "LOCALHOST",
                                         "a.localhost", "a-b.c.LocalHost." };
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++)
        check_own(hosts[i], 0, "[::1]:53", "127.0.0.1:53");
    check_own("localhost", IDEM_AI_ADDRCONFIG, "[::1]:53", "127.0.0.1:53");
    CHECK_ERR(find("localhost", "53", 0, IDEM_AI_NUMERICHOST),
              IDEM_HOST_NOT_FOUND);
    /* These are others. */
    CHECK_ERR(find("localhost.test", "53", 0, 0), IDEM_EWOULDBLOCK);
    CHECK_ERR(find("notlocalhost", "53", 0, 0), IDEM_EWOULDBLOCK);
}

/* ---- Names ------------------------------------------------------------- */

#define TEN "0123456789"
#define LABEL63 TEN TEN TEN TEN TEN TEN "abc"

static void test_names(void)
{
    static const char *const hosts[] = {
        "a",
        "some.name",
        "some.name.",
        "A-b_c.0.x",
        "_x._y.z",
        "1a",
        "a.1",
        "0xg",
        "-",
        "1.2.3.x",
        LABEL63,
        LABEL63 "." LABEL63 "." LABEL63 "." TEN TEN TEN TEN TEN TEN "a",
        "b\303\274cher.test",
        "\xe4\xbd\xa0\xe5\xa5\xbd",
        "\xf0\x9f\x98\x80.x",
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++) {
        if (find(hosts[i], "53", 0, 0) != IDEM_EWOULDBLOCK)
            check_fail(__FILE__, __LINE__, "\"%s\" is not asked for", hosts[i]);
        CHECK_ERR(find(hosts[i], "53", 0, IDEM_AI_NUMERICHOST),
                  IDEM_HOST_NOT_FOUND);
    }
}

static void test_bad_names(void)
{
    static const char *const hosts[] = {
        "",
        ".",
        "..",
        ".a",
        "a..b",
        "a..",
        " ",
        "a b",
        " a",
        "a ",
        "a\tb",
        "a\nb",
        "a/b",
        "a:b",
        "[::1]",
        "::1::",
        "a%1",
        "a,b",
        "a@b",
        "<broadcast>",
        "*",
        "a?",
        "a\x7f",
        "\x01",
        LABEL63 "x",
        "a." LABEL63 "x.b",
        LABEL63 "." LABEL63 "." LABEL63 "." TEN TEN TEN TEN TEN TEN "ab",
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++) {
        if (find(hosts[i], "53", 0, 0) != IDEM_HOST_NOT_FOUND)
            check_fail(__FILE__, __LINE__, "\"%s\" may be a name", hosts[i]);
    }
}

static void test_not_utf8(void)
{
    static const char *const hosts[] = {
        "\xff",         "a\xc3",      "\xc0\xaf",         "\xed\xa0\x80",
        "\xe0\x80\x80", "\x80",       "\xf4\x90\x80\x80", "\xf0\x80\x80\x80",
        "\xc3(",        "\xe4\xbd.x",
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++)
        CHECK_ERR(find(hosts[i], "53", 0, 0), IDEM_EINVAL);
}

/* Far beyond any buffer. */
static void test_long_names(void)
{
    static const size_t sizes[] = {
        254, 255, 256, 300, 1023, 1024, 1025, 100000
    };
    static char host[100001];
    size_t i;
    size_t k;

    for (i = 0; i < CHECK_COUNT(sizes); i++) {
        for (k = 0; k < sizes[i]; k++)
            host[k] = k % 10 == 9 && k + 1 < sizes[i] ? '.' : 'x';
        CHECK_ERR(find(host, "53", 0, 0), IDEM_HOST_NOT_FOUND);
        CHECK_ERR(find(NULL, host, 0, 0),
                  sizes[i] < 1025 ? IDEM_EWOULDBLOCK : IDEM_TYPE_NOT_FOUND);
    }
}

/* ---- Services ---------------------------------------------------------- */

static void test_ports(void)
{
    static const char *const good[] = { "0", "1", "80", "65535" };
    static const char *const bad[] = {
        "65536",     "99999", "4294967376", "18446744073709551696",
        "-1",        "+80",   " 80",        "80 ",
        "",          " ",     "080",        "00",
        "8\xc3\xbc", "\t",    "ht tp"
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(good); i++) {
        CHECK_OK(find("192.0.2.1", good[i], 0, IDEM_AI_NUMERICSERV));
        CHECK_EQ(list[0].address.port, strtol(good[i], NULL, 10));
        idem_freeaddrinfo(list);
    }
    CHECK_OK(find("192.0.2.1", NULL, 0, 0));
    CHECK_EQ(list[0].address.port, 0);
    idem_freeaddrinfo(list);
    for (i = 0; i < CHECK_COUNT(bad); i++) {
        if (find("192.0.2.1", bad[i], 0, 0) != IDEM_TYPE_NOT_FOUND)
            check_fail(__FILE__, __LINE__, "\"%s\" may be a service", bad[i]);
    }
}

/* Names of services have to be asked for. */
static void test_services(void)
{
    CHECK_ERR(find("192.0.2.1", "http", 0, 0), IDEM_EWOULDBLOCK);
    CHECK_ERR(find("192.0.2.1", "80x", 0, 0), IDEM_EWOULDBLOCK);
    CHECK_ERR(find(NULL, "whois++", 0, 0), IDEM_EWOULDBLOCK);
    CHECK_ERR(find(NULL, "http", 0, IDEM_AI_NUMERICSERV), IDEM_TYPE_NOT_FOUND);
}

/* ---- Bad input --------------------------------------------------------- */

static idem_error find_how(const idem_lookup *how)
{
    const idem_error err =
        idem_getaddrinfo("192.0.2.1", "53", how, &list, &count, NULL, 0);

    if (!err)
        idem_freeaddrinfo(list);
    return err;
}

static void test_bad_lookups(void)
{
    CHECK_OK(find_how(NULL));
    CHECK_EQ(count, 2);
    CHECK_OK(find_how(&(idem_lookup){ .protocol = IDEM_IPPROTO_TCP }));
    CHECK_EQ(count, 1);
    CHECK_ERR(find_how(&(idem_lookup){ .family = 99 }), IDEM_EAFNOSUPPORT);
    CHECK_ERR(find_how(&(idem_lookup){ .family = IDEM_AF_UNIX }),
              IDEM_EAFNOSUPPORT);
    CHECK_ERR(find_how(&(idem_lookup){ .type = 3 }), IDEM_ESOCKTNOSUPPORT);
    CHECK_ERR(find_how(&(idem_lookup){ .protocol = 99 }), IDEM_EPROTONOSUPPORT);
    CHECK_ERR(find_how(&(idem_lookup){ .type = IDEM_SOCK_STREAM,
                                       .protocol = IDEM_IPPROTO_UDP }),
              IDEM_EPROTONOSUPPORT);
    CHECK_ERR(find_how(&(idem_lookup){ .flags = 0x10 }), IDEM_EINVAL);
    CHECK_ERR(find_how(&(idem_lookup){ .flags = -1 }), IDEM_EINVAL);
    CHECK_ERR(find_how(&(idem_lookup){ .timeout = -2 }), IDEM_EINVAL);
    CHECK_ERR(find_how(&(idem_lookup){ .timeout = (double)NAN }), IDEM_EINVAL);
    CHECK_ERR(idem_getaddrinfo("192.0.2.1", "53", NULL, NULL, &count, NULL, 0),
              IDEM_EFAULT);
    CHECK_EQ(count, 0);
    CHECK_ERR(find(NULL, "53", 0, IDEM_AI_CANONNAME), IDEM_EINVAL);
    idem_freeaddrinfo(NULL);
}

static void test_bad_nameinfo(void)
{
    const idem_address at = loopback(IDEM_AF_INET, 80);
    const idem_address none = { 0 };
    const idem_lookup number = { .flags = IDEM_NI_NUMERICHOST
                                          | IDEM_NI_NUMERICSERV };
    char host[16] = "x";
    char service[3] = "x";

    CHECK_ERR(idem_getnameinfo(NULL, &number, host, 16, service, 3),
              IDEM_EFAULT);
    CHECK_STR(host, "");
    CHECK_STR(service, "");
    CHECK_ERR(idem_getnameinfo(&none, &number, host, 16, service, 3),
              IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_getnameinfo(&at, &(idem_lookup){ .flags = 0x20 }, host, 16,
                               service, 3),
              IDEM_EINVAL);
    CHECK_OK(idem_getnameinfo(&at, &number, host, 10, service, 3));
    CHECK_STR(host, "127.0.0.1");
    CHECK_STR(service, "80");
    CHECK_ERR(idem_getnameinfo(&at, &number, host, 9, service, 3), IDEM_EFAULT);
    CHECK_STR(host, "");
    CHECK_STR(service, "");
    CHECK_ERR(idem_getnameinfo(&at, &number, host, 10, service, 2),
              IDEM_EFAULT);
    CHECK_STR(host, "");
    CHECK_ERR(idem_getnameinfo(&at, &number, host, 0, NULL, 0), IDEM_EFAULT);
    CHECK_OK(idem_getnameinfo(&at, &number, NULL, 0, NULL, 0));
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_ERR(idem_getnameinfo(&at, NULL, host, 16, NULL, 0), IDEM_EWOULDBLOCK);
}

/* ---- The name of this machine ------------------------------------------ */

static void test_own_name(void)
{
    char name[IDEM_HOST_TEXT];
    size_t size;

    CHECK_OK(idem_gethostname(name, sizeof(name)));
    size = strlen(name) + 1;
    CHECK(size > 1);
    CHECK_OK(idem_gethostname(name, size));
    CHECK_EQ(strlen(name) + 1, size);
    CHECK_ERR(idem_gethostname(name, size - 1), IDEM_EFAULT);
    CHECK_STR(name, "");
    CHECK_ERR(idem_gethostname(NULL, 9), IDEM_EFAULT);
    CHECK_ERR(idem_gethostname(name, 0), IDEM_EFAULT);
}

static void test_own_fqdn(void)
{
    char name[IDEM_HOST_TEXT] = "x";

    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_ERR(idem_getfqdn(NULL, NULL, name, sizeof(name)), IDEM_EWOULDBLOCK);
    CHECK_STR(name, "");
    CHECK_OK(idem_getfqdn("localhost", NULL, name, sizeof(name)));
    CHECK_STR(name, "localhost");
    CHECK_ERR(idem_getfqdn("localhost", NULL, name, 9), IDEM_EFAULT);
    CHECK_ERR(idem_getfqdn("localhost", NULL, NULL, 0), IDEM_EFAULT);
    CHECK_ERR(idem_getfqdn("\xff", NULL, name, sizeof(name)), IDEM_EINVAL);
    CHECK_ERR(idem_getfqdn("localhost", &(idem_lookup){ .timeout = -2 }, name,
                           sizeof(name)),
              IDEM_EINVAL);
}

static const check_case cases[] = {
    CASE(numeric),     CASE(numeric_family), CASE(scope),    CASE(short_forms),
    CASE(no_host),     CASE(localhost),      CASE(names),    CASE(bad_names),
    CASE(not_utf8),    CASE(long_names),     CASE(ports),    CASE(services),
    CASE(bad_lookups), CASE(bad_nameinfo),   CASE(own_name), CASE(own_fqdn),
};

CHECK_MAIN("host")
