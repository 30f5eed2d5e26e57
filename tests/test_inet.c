/* inet_pton, inet_ntop, inet_aton; interfaces. */
#include "check.h"

#include <stdio.h>

/* ---- pton, ntop -------------------------------------------------------- */

static void check_round(int family, const char *text, const char *want)
{
    uint8_t bytes[16];
    char back[IDEM_ADDRESS_TEXT];

    CHECK_OK(idem_inet_pton(family, text, bytes));
    CHECK_OK(idem_inet_ntop(family, bytes, back, sizeof(back)));
    CHECK_STR(back, want);
    CHECK_OK(idem_inet_ntop(family, bytes, back, strlen(want) + 1));
    CHECK_ERR(idem_inet_ntop(family, bytes, back, strlen(want)), IDEM_EFAULT);
    CHECK_STR(back, "");
}

static void test_round(void)
{
    check_round(IDEM_AF_INET, "0.0.0.0", "0.0.0.0");
    check_round(IDEM_AF_INET, "192.0.2.255", "192.0.2.255");
    check_round(IDEM_AF_INET6, "::", "::");
    check_round(IDEM_AF_INET6, "2001:DB8:0:0:1::1", "2001:db8::1:0:0:1");
    check_round(IDEM_AF_INET6, "::FFFF:192.0.2.1", "::ffff:192.0.2.1");
    check_round(IDEM_AF_INET6, "fe80::5efe:102:304", "fe80::5efe:102:304");
}

static void check_refused(int family, const char *text)
{
    const size_t size = family == IDEM_AF_INET ? 4 : 16;
    uint8_t bytes[17];
    size_t i;

    memset(bytes, 0x55, sizeof(bytes));
    if (idem_inet_pton(family, text, bytes) != IDEM_EINVAL)
        check_fail(__FILE__, __LINE__, "\"%s\" is an address", text);
    for (i = 0; i < size; i++)
        CHECK_EQ(bytes[i], 0);
    CHECK_EQ(bytes[size], 0x55);
}

static void test_refused(void)
{
    static const char *const four[] = { "",         "1.2",      "1.2.3.4:5",
                                        "::1",      "1.2.3.04", "0x1.2.3.4",
                                        " 1.2.3.4", "1.2.3.4 ", "localhost" };
    static const char *const six[] = { "",         "1.2.3.4", "[::1]",
                                       "[::1]:80", "::1%1",   "::1%lo",
                                       ":::",      "::1 ",    "1::2::3",
                                       "::12345" };
    size_t i;

    for (i = 0; i < CHECK_COUNT(four); i++)
        check_refused(IDEM_AF_INET, four[i]);
    for (i = 0; i < CHECK_COUNT(six); i++)
        check_refused(IDEM_AF_INET6, six[i]);
}

static void test_bad_input(void)
{
    uint8_t bytes[16] = { 1 };
    char text[IDEM_ADDRESS_TEXT] = "x";

    CHECK_ERR(idem_inet_pton(99, "1.2.3.4", bytes), IDEM_EAFNOSUPPORT);
    CHECK_EQ(bytes[0], 1);
    CHECK_ERR(idem_inet_pton(IDEM_AF_UNIX, "/tmp", bytes), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_inet_pton(IDEM_AF_INET, NULL, bytes), IDEM_EFAULT);
    CHECK_EQ(bytes[0], 0);
    CHECK_OK(idem_inet_pton(IDEM_AF_INET, "1.2.3.4", NULL));
    CHECK_ERR(idem_inet_ntop(99, bytes, text, sizeof(text)), IDEM_EAFNOSUPPORT);
    CHECK_STR(text, "");
    CHECK_ERR(idem_inet_ntop(IDEM_AF_INET, NULL, text, sizeof(text)),
              IDEM_EFAULT);
    CHECK_ERR(idem_inet_ntop(IDEM_AF_INET, bytes, NULL, 9), IDEM_EFAULT);
    CHECK_ERR(idem_inet_ntop(IDEM_AF_INET, bytes, text, 0), IDEM_EFAULT);
}

/* ---- aton -------------------------------------------------------------- */

static void check_aton(const char *text, const char *want)
{
    uint8_t bytes[4];
    char back[16];

    CHECK_OK(idem_inet_aton(text, bytes));
    CHECK_OK(idem_inet_ntop(IDEM_AF_INET, bytes, back, sizeof(back)));
    CHECK_STR(back, want);
}

static void test_aton(void)
{
    check_aton("192.0.2.1", "192.0.2.1");
    check_aton("127.1", "127.0.0.1");
    check_aton("1.2.65535", "1.2.255.255");
    check_aton("1.16777215", "1.255.255.255");
    check_aton("4294967295", "255.255.255.255");
    check_aton("0", "0.0.0.0");
    check_aton("0x7f000001", "127.0.0.1");
    check_aton("0X7F.1", "127.0.0.1");
    check_aton("0177.0.0.010", "127.0.0.8");
}

static void test_aton_refused(void)
{
    static const char *const texts[] = {
        "",          ".",          "1.",         "1.2.3.",
        "1.2.3.4.",  "1.2.3.4.5",  "256.1",      "1.256.1.1",
        "1.2.65536", "1.16777216", "4294967296", "99999999999999999999",
        "0x",        "0x.1",       "08",         "1.2.3.256",
        "-1",        "+1",         " 1",         "1 ",
        "1.2.3.4x",  "a",          "0xg",
    };
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    size_t i;

    for (i = 0; i < CHECK_COUNT(texts); i++) {
        if (idem_inet_aton(texts[i], bytes) != IDEM_EINVAL)
            check_fail(__FILE__, __LINE__, "\"%s\" is an address", texts[i]);
    }
    CHECK_EQ(bytes[0] | bytes[1] | bytes[2] | bytes[3], 0);
    CHECK_ERR(idem_inet_aton(NULL, bytes), IDEM_EFAULT);
    CHECK_OK(idem_inet_aton("1", NULL));
}

/* ---- Interfaces -------------------------------------------------------- */

static void test_interfaces(void)
{
    idem_interface *list;
    size_t count;
    size_t i;

    CHECK_OK(idem_if_nameindex(&list, &count));
    CHECK(count > 0); /* loopback */
    for (i = 0; i < count; i++) {
        char name[sizeof(list[i].name)];
        uint32_t index;

        CHECK(list[i].index > 0);
        CHECK_OK(idem_if_nametoindex(list[i].name, &index));
        CHECK_EQ(index, list[i].index);
        CHECK_OK(idem_if_indextoname(list[i].index, name, sizeof(name)));
        CHECK_STR(name, list[i].name);
        CHECK_ERR(idem_if_indextoname(list[i].index, name, strlen(name)),
                  IDEM_EFAULT);
        CHECK_STR(name, "");
    }
    idem_if_freenameindex(list);
}

static void test_no_interface(void)
{
    char name[256] = "x";
    uint32_t index = 9;
    size_t count = 9;

    CHECK_ERR(idem_if_nametoindex("nosuch0", &index), IDEM_EADDRNOTAVAIL);
    CHECK_EQ(index, 0);
    CHECK_ERR(idem_if_nametoindex("", &index), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_if_nametoindex(NULL, &index), IDEM_EFAULT);
    CHECK_ERR(idem_if_indextoname(0, name, sizeof(name)), IDEM_EADDRNOTAVAIL);
    CHECK_STR(name, "");
    CHECK_ERR(idem_if_indextoname(UINT32_MAX, name, sizeof(name)),
              IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_if_indextoname(1, NULL, 0), IDEM_EFAULT);
    CHECK_ERR(idem_if_nameindex(NULL, &count), IDEM_EFAULT);
    CHECK_EQ(count, 0);
    idem_if_freenameindex(NULL);
}

static const check_case cases[] = {
    CASE(round),        CASE(refused),    CASE(bad_input),    CASE(aton),
    CASE(aton_refused), CASE(interfaces), CASE(no_interface),
};

CHECK_MAIN("inet")
