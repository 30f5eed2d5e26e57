/* What comes of a name, whatever the system's name service makes of it. */
#include "check.h"
#include "resolver.h"

#include <stdio.h>

static idem_addrinfo *list;
static size_t count;

/* Look up a stream's addresses. */
static idem_error find(const char *host, int family, int flags)
{
    const idem_lookup how = { .family = family,
                              .type = IDEM_SOCK_STREAM,
                              .flags = flags };
    const idem_error err =
        idem_getaddrinfo(host, "80", &how, &list, &count, NULL, 0);

    CHECK((count == 0) == (err != IDEM_OK));
    return err;
}

/* The addresses found are these, in this order. */
static void check_list(const char *want)
{
    char all[512] = "";
    char text[IDEM_ADDRESS_TEXT];
    size_t i;

    for (i = 0; i < count; i++) {
        const size_t n = strlen(all);

        CHECK_OK(idem_address_format(&list[i].address, text, sizeof(text)));
        CHECK_EQ(list[i].family, list[i].address.family);
        CHECK_EQ(list[i].type, IDEM_SOCK_STREAM);
        CHECK_EQ(list[i].protocol, IDEM_IPPROTO_TCP);
        snprintf(all + n, sizeof(all) - n, "%s%s", i > 0 ? " " : "", text);
    }
    CHECK_STR(all, want);
    idem_freeaddrinfo(list);
}

static void test_both(void)
{
    CHECK_OK(find("both.test", 0, 0));
    check_list("[2001:db8::1]:80 192.0.2.1:80");
    CHECK_OK(find("both.test", IDEM_AF_INET, 0));
    check_list("192.0.2.1:80");
    CHECK_OK(find("both.test", IDEM_AF_INET6, 0));
    check_list("[2001:db8::1]:80");
    CHECK_OK(find("scoped.test", 0, 0));
    check_list("[fe80::1%7]:80");
}

static void test_no_duplicates(void)
{
    CHECK_OK(find("twice.test", 0, 0));
    check_list("192.0.2.1:80 192.0.2.2:80 [2001:db8::1]:80");
}

/* Nobody, and nobody of that family. */
static void test_no_data(void)
{
    CHECK_ERR(find("nobody.test", 0, 0), IDEM_HOST_NOT_FOUND);
    CHECK_ERR(find("nobody.test", IDEM_AF_INET, 0), IDEM_HOST_NOT_FOUND);
    CHECK_ERR(find("four.test", IDEM_AF_INET6, 0), IDEM_NO_DATA);
    CHECK_ERR(find("six.test", IDEM_AF_INET, 0), IDEM_NO_DATA);
}

static void test_mapped(void)
{
    const int mapped = IDEM_AI_V4MAPPED;
    const int all = IDEM_AI_V4MAPPED | IDEM_AI_ALL;

    CHECK_OK(find("four.test", IDEM_AF_INET6, mapped));
    check_list("[::ffff:192.0.2.4]:80");
    CHECK_OK(find("both.test", IDEM_AF_INET6, mapped));
    check_list("[2001:db8::1]:80");
    CHECK_OK(find("both.test", IDEM_AF_INET6, all));
    check_list("[2001:db8::1]:80 [::ffff:192.0.2.1]:80");
    CHECK_OK(find("both.test", IDEM_AF_INET6, IDEM_AI_ALL));
    check_list("[2001:db8::1]:80");
    CHECK_OK(find("both.test", 0, all)); /* not for both families */
    check_list("[2001:db8::1]:80 192.0.2.1:80");
    CHECK_OK(find("six.test", IDEM_AF_INET6, all));
    check_list("[2001:db8::6]:80");
}

/* Loopback stays, whatever addresses this machine has. */
static void test_addrconfig(void)
{
    CHECK_OK(find("loop.test", 0, IDEM_AI_ADDRCONFIG));
    check_list("[::1]:80 127.0.0.1:80");
    CHECK_OK(find("loop.test", IDEM_AF_INET, IDEM_AI_ADDRCONFIG));
    check_list("127.0.0.1:80");
    CHECK_OK(find("127.0.0.1", 0, IDEM_AI_ADDRCONFIG));
    check_list("127.0.0.1:80");
    CHECK_OK(find("2001:db8::9", 0, IDEM_AI_ADDRCONFIG));
    check_list("[2001:db8::9]:80");
}

/* Both types, each with its port; a type without the service is left out. */
static void test_types(void)
{
    CHECK_OK(idem_getaddrinfo("both.test", "7", NULL, &list, &count, NULL, 0));
    CHECK_EQ(count, 4);
    CHECK_EQ(list[0].type, IDEM_SOCK_STREAM);
    CHECK_EQ(list[1].type, IDEM_SOCK_DGRAM);
    CHECK_EQ(list[1].protocol, IDEM_IPPROTO_UDP);
    CHECK_EQ(list[1].address.port, 7);
    CHECK(idem_address_equal(&list[0].address, &list[1].address));
    CHECK_EQ(list[2].family, IDEM_AF_INET);
    idem_freeaddrinfo(list);
    CHECK_OK(
        idem_getaddrinfo("both.test", "http", NULL, &list, &count, NULL, 0));
    CHECK_EQ(count, 2);
    check_list("[2001:db8::1]:80 192.0.2.1:80");
    CHECK_ERR(idem_getaddrinfo("both.test", "http",
                               &(idem_lookup){ .type = IDEM_SOCK_DGRAM }, &list,
                               &count, NULL, 0),
              IDEM_TYPE_NOT_FOUND);
    CHECK_ERR(idem_getaddrinfo("both.test", "http",
                               &(idem_lookup){ .flags = IDEM_AI_NUMERICSERV },
                               &list, &count, NULL, 0),
              IDEM_TYPE_NOT_FOUND);
}

static void check_canonical(const char *host, const char *want)
{
    const idem_lookup how = { .flags = IDEM_AI_CANONNAME };
    char name[IDEM_HOST_TEXT] = "x";

    CHECK_OK(
        idem_getaddrinfo(host, NULL, &how, &list, NULL, name, sizeof(name)));
    CHECK_STR(name, want);
    idem_freeaddrinfo(list);
    CHECK_OK(idem_getaddrinfo(host, NULL, &how, &list, NULL, name,
                              strlen(want) + 1));
    CHECK_STR(name, want);
    idem_freeaddrinfo(list);
    CHECK_ERR(
        idem_getaddrinfo(host, NULL, &how, &list, NULL, name, strlen(want)),
        IDEM_EFAULT);
    CHECK_STR(name, "");
    CHECK(list == NULL);
    CHECK_OK(idem_getaddrinfo(host, NULL, &how, &list, NULL, NULL, 0));
    idem_freeaddrinfo(list);
    CHECK_OK(
        idem_getaddrinfo(host, NULL, NULL, &list, NULL, name, sizeof(name)));
    CHECK_STR(name, "");
    idem_freeaddrinfo(list);
}

static void test_canonical(void)
{
    check_canonical("alias.test", "real.test");
    check_canonical("both.test", "both.test");
    check_canonical("LocalHost.", "localhost");
    check_canonical("0:0::1", "::1");
}

/* UTF-8 here, whatever the system wants. */
static void test_utf8(void)
{
    if (!resolver_takes_utf8()) {
        CHECK_ERR(find("b\303\274cher.test", 0, 0), IDEM_EOPNOTSUPP);
        check_skip("this system encodes no names");
    }
    CHECK_OK(find("b\303\274cher.test", 0, 0));
    check_list("192.0.2.10:80");
}

/* Every code of the system's name service. */
static void test_errors(void)
{
    size_t i;

    for (i = 0; i < resolver_error_count; i++) {
        const resolver_error *e = &resolver_errors[i];
        idem_error err;

        resolver_fail(e->native);
        err = find("both.test", 0, 0);
        if ((int)err != e->neutral)
            check_fail(e->name, 0, "is %d, want %d", (int)err, e->neutral);
    }
}

/* ---- Back -------------------------------------------------------------- */

static idem_error name_of(const char *address, int flags, char *host,
                          char *service)
{
    const idem_lookup how = { .flags = flags };
    idem_address at;

    CHECK_OK(idem_address_make(address, 80, &at));
    return idem_getnameinfo(&at, &how, host, IDEM_HOST_TEXT, service,
                            IDEM_HOST_TEXT);
}

static void test_back(void)
{
    char host[IDEM_HOST_TEXT];
    char service[IDEM_HOST_TEXT];

    CHECK_OK(name_of("192.0.2.1", 0, host, service));
    CHECK_STR(host, "both.test");
    CHECK_STR(service, "http");
    CHECK_OK(name_of("2001:db8::1", IDEM_NI_DGRAM, host, service));
    CHECK_STR(host, "both.test");
    CHECK_STR(service, "7");
    CHECK_OK(name_of("192.0.2.8", IDEM_NI_NOFQDN, host, NULL));
    CHECK_STR(host, "bare");
    CHECK_OK(name_of("192.0.2.1", IDEM_NI_NUMERICSERV, NULL, service));
    CHECK_STR(service, "80");
    CHECK_OK(name_of("192.0.2.1", IDEM_NI_NUMERICHOST, host, NULL));
    CHECK_STR(host, "192.0.2.1");
}

/* What has no name comes as a number, the scope too. */
static void test_back_unknown(void)
{
    char host[IDEM_HOST_TEXT];

    CHECK_OK(name_of("192.0.2.77", 0, host, NULL));
    CHECK_STR(host, "192.0.2.77");
    CHECK_OK(name_of("fe80::1%7", 0, host, NULL));
    CHECK_STR(host, "fe80::1%7");
    CHECK_ERR(name_of("192.0.2.77", IDEM_NI_NAMEREQD, host, NULL),
              IDEM_HOST_NOT_FOUND);
    CHECK_STR(host, "");
    CHECK_ERR(name_of("192.0.2.1", IDEM_NI_NAMEREQD | IDEM_NI_NUMERICHOST, host,
                      NULL),
              IDEM_HOST_NOT_FOUND);
}

static void check_fqdn(const char *name, const char *want)
{
    char fqdn[IDEM_HOST_TEXT];

    CHECK_OK(idem_getfqdn(name, NULL, fqdn, sizeof(fqdn)));
    CHECK_STR(fqdn, want);
}

static void test_fqdn(void)
{
    check_fqdn("both.test", "both.test");
    check_fqdn("alias.test", "real.test");
    check_fqdn("bare", "bare.domain.test");
    check_fqdn("lonely", "lonely");
    check_fqdn("192.0.2.1", "both.test");
    check_fqdn("192.0.2.9", "lonely");
    check_fqdn("192.0.2.77", "192.0.2.77");
    check_fqdn("nobody.test", "nobody.test");
    check_fqdn("127.1", "127.1");
    check_fqdn("not a name", "not a name");
    check_fqdn("localhost", "localhost");
}

/* The name service fails: the name as it is; the program cannot: the code. */
static void test_fqdn_fails(void)
{
    size_t i;

    for (i = 0; i < resolver_error_count; i++) {
        const resolver_error *e = &resolver_errors[i];
        char fqdn[IDEM_HOST_TEXT] = "x";
        idem_error err;

        resolver_fail(e->native);
        err = idem_getfqdn("four.test", NULL, fqdn, sizeof(fqdn));
        if (e->neutral > 11000)
            CHECK_OK(err);
        else
            CHECK_EQ(err, e->neutral);
        CHECK_STR(fqdn, err ? "" : "four.test");
    }
}

static const check_case cases[] = {
    CASE(both),       CASE(no_duplicates), CASE(no_data),      CASE(mapped),
    CASE(addrconfig), CASE(types),         CASE(canonical),    CASE(utf8),
    CASE(errors),     CASE(back),          CASE(back_unknown), CASE(fqdn),
    CASE(fqdn_fails),
};

RESOLVER_MAIN("names")
