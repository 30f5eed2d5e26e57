/* Addresses as text and as values. */
#include "check.h"

#include <stddef.h>
#include <stdio.h>

_Static_assert(sizeof(idem_address) == 140, "frozen");
_Static_assert(offsetof(idem_address, family) == 0, "frozen");
_Static_assert(offsetof(idem_address, port) == 4, "frozen");
_Static_assert(offsetof(idem_address, path_length) == 6, "frozen");
_Static_assert(offsetof(idem_address, flowinfo) == 8, "frozen");
_Static_assert(offsetof(idem_address, scope_id) == 12, "frozen");
_Static_assert(offsetof(idem_address, ip) == 16, "frozen");
_Static_assert(offsetof(idem_address, path) == 32, "frozen");

static idem_address poisoned(void)
{
    idem_address a;

    memset(&a, 0xa5, sizeof(a));
    return a;
}

static bool is_zero(const idem_address *a)
{
    static const idem_address zero;

    return memcmp(a, &zero, sizeof(zero)) == 0;
}

static idem_address made(const char *host, int port)
{
    idem_address a = poisoned();

    CHECK_OK(idem_address_make(host, port, &a));
    CHECK_EQ(a.port, port);
    return a;
}

/* ---- IPv4 -------------------------------------------------------------- */

static void test_ipv4(void)
{
    static const uint8_t want[16] = { 192, 0, 2, 255 };
    const idem_address a = made("192.0.2.255", 8080);

    CHECK_EQ(a.family, IDEM_AF_INET);
    CHECK(memcmp(a.ip, want, sizeof(want)) == 0);
    CHECK_EQ(a.scope_id, 0);
    CHECK_EQ(a.flowinfo, 0);
    CHECK_EQ(a.path_length, 0);
}

/* Python: "" is every interface, "<broadcast>" everybody. */
static void test_python_names(void)
{
    static const uint8_t any[16];
    static const uint8_t all[16] = { 255, 255, 255, 255 };
    const idem_address a = made("", 80);
    const idem_address b = made("<broadcast>", 9);

    CHECK_EQ(a.family, IDEM_AF_INET);
    CHECK(memcmp(a.ip, any, 16) == 0);
    CHECK_EQ(b.family, IDEM_AF_INET);
    CHECK(memcmp(b.ip, all, 16) == 0);
}

/* ---- IPv6 -------------------------------------------------------------- */

typedef struct ipv6_row {
    const char *in;
    const char *out; /* as RFC 5952 wants it */
    uint8_t ip[16];
} ipv6_row;

static const ipv6_row ipv6_rows[] = {
    { "::", "::", { 0 } },
    { "::1", "::1", { [15] = 1 } },
    { "0:0:0:0:0:0:0:0", "::", { 0 } },
    { "0:0:0:0:0:0:0:1", "::1", { [15] = 1 } },
    { "1::", "1::", { 0, 1 } },
    { "2001:db8::1", "2001:db8::1", { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
    { "2001:0DB8:0000::0001", "2001:db8::1", { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
    { "2001:db8:0:0:0:0:2:1",
      "2001:db8::2:1",
      { 0x20, 1, 0xd, 0xb8, [13] = 2, [15] = 1 } },
    /* One group of zeros is written, two or more are not. */
    { "2001:db8::1:1:1:1:1",
      "2001:db8:0:1:1:1:1:1",
      { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 } },
    /* The longest run; the first of two. */
    { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", { 0x20, 1, [7] = 1, [15] = 1 } },
    { "2001:db8:0:0:1:0:0:1",
      "2001:db8::1:0:0:1",
      { 0x20, 1, 0xd, 0xb8, [9] = 1, [15] = 1 } },
    { "1:0:0:2:0:0:0:0", "1:0:0:2::", { 0, 1, [7] = 2 } },
    { "1:2:3:4:5:6:7::",
      "1:2:3:4:5:6:7:0",
      { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0 } },
    { "::2:3:4:5:6:7:8",
      "0:2:3:4:5:6:7:8",
      { 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 } },
    { "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7:8",
      { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 } },
    { "FFFF:ABCD:ffff:ffff:ffff:ffff:ffff:ffff",
      "ffff:abcd:ffff:ffff:ffff:ffff:ffff:ffff",
      { 0xff, 0xff, 0xab, 0xcd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff } },
    /* IPv4 within. */
    { "::ffff:192.0.2.1",
      "::ffff:192.0.2.1",
      { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
    { "::FFFF:c000:201",
      "::ffff:192.0.2.1",
      { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
    { "1:2:3:4:5:6:192.0.2.1",
      "1:2:3:4:5:6:c000:201",
      { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 192, 0, 2, 1 } },
    { "2001:db8::192.0.2.33",
      "2001:db8::c000:221",
      { 0x20, 1, 0xd, 0xb8, [12] = 192, 0, 2, 33 } },
    { "fe80::", "fe80::", { 0xfe, 0x80 } },
};

static void test_ipv6(void)
{
    char text[IDEM_ADDRESS_TEXT];
    size_t i;

    for (i = 0; i < CHECK_COUNT(ipv6_rows); i++) {
        const ipv6_row *row = &ipv6_rows[i];
        const idem_address a = made(row->in, 443);

        CHECK_EQ(a.family, IDEM_AF_INET6);
        if (memcmp(a.ip, row->ip, 16) != 0)
            check_fail(__FILE__, __LINE__, "%s is read wrongly", row->in);
        CHECK_EQ(a.scope_id, 0);
        CHECK_EQ(a.flowinfo, 0);
        CHECK_OK(idem_address_host(&a, text, sizeof(text)));
        CHECK_STR(text, row->out);
    }
}

static void test_scope(void)
{
    char text[IDEM_ADDRESS_TEXT];
    idem_address a = made("fe80::1%7", 80);

    CHECK_EQ(a.scope_id, 7);
    CHECK_OK(idem_address_host(&a, text, sizeof(text)));
    CHECK_STR(text, "fe80::1%7");
    CHECK_OK(idem_address_format(&a, text, sizeof(text)));
    CHECK_STR(text, "[fe80::1%7]:80");
    a = made("fe80::1%4294967295", 80);
    CHECK_EQ(a.scope_id, 4294967295u);
    CHECK_OK(idem_address_parse("[fe80::2%12]:9", &a));
    CHECK_EQ(a.scope_id, 12);
    CHECK_EQ(a.port, 9);
}

/* ---- Rejected ---------------------------------------------------------- */

static const char *const bad_hosts[] = {
    " ",
    "1",
    "1.2",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    ".1.2.3.4",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.04",
    "00.0.0.0",
    "1.2.3.256",
    "1.2.3.999",
    "1.2.3.-4",
    "1.2.3.+4",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4x",
    "1.2.3.4:80",
    "1.2.3.4%1",
    "1..2.3",
    "1.2.3.4\n",
    "99999999999999999999.2.3.4",
    "localhost",
    "broadcast",
    "<broadcast",
    "<any>",
    "[::1]",
    "[1.2.3.4]",
    "[::1]:80",
    ":",
    ":::",
    "::1::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "::12345",
    "::g",
    "::1 ",
    " ::1",
    "::1.2.3",
    "::01.2.3.4",
    "::1.2.3.256",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "::ffff:1.2.3.4.5",
    "fe80::1%",
    "fe80::1%lo",
    "fe80::1%eth0",
    "fe80::1%-1",
    "fe80::1% 1",
    "fe80::1%1x",
    "fe80::1%4294967296",
    "fe80::1%1%2",
    "%1",
    "::1/64",
};

static void test_bad_hosts(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(bad_hosts); i++) {
        idem_address a = poisoned();
        const idem_error err = idem_address_make(bad_hosts[i], 80, &a);

        if (err != IDEM_EINVAL)
            check_fail(__FILE__, __LINE__, "\"%s\" is %s", bad_hosts[i],
                       idem_error_name(err));
        CHECK(is_zero(&a));
    }
}

static void test_long_host(void)
{
    static char text[70000];
    idem_address a = poisoned();

    memset(text, '1', sizeof(text) - 1);
    CHECK_ERR(idem_address_make(text, 80, &a), IDEM_EINVAL);
    CHECK(is_zero(&a));
    memset(text, ':', sizeof(text) - 1);
    CHECK_ERR(idem_address_parse(text, &a), IDEM_EINVAL);
    memset(text, '0', sizeof(text) - 1);
    memcpy(text, "1.2.3.", 6);
    CHECK_ERR(idem_address_make(text, 80, &a), IDEM_EINVAL);
}

static void test_ports(void)
{
    static const int bad[] = { -1, 65536, 2147483647, -2147483647 - 1, 100000 };
    size_t i;

    CHECK_EQ(made("127.0.0.1", 0).port, 0);
    CHECK_EQ(made("::1", 65535).port, 65535);
    for (i = 0; i < CHECK_COUNT(bad); i++) {
        idem_address a = poisoned();

        CHECK_ERR(idem_address_make("127.0.0.1", bad[i], &a), IDEM_EINVAL);
        CHECK(is_zero(&a));
    }
}

/* ---- Text with a port -------------------------------------------------- */

typedef struct text_row {
    const char *in;
    const char *out;
} text_row;

static void test_parse(void)
{
    static const text_row rows[] = {
        { "192.0.2.1:80", "192.0.2.1:80" },
        { "192.0.2.1:0", "192.0.2.1:0" },
        { "192.0.2.1:65535", "192.0.2.1:65535" },
        { "192.0.2.1", "192.0.2.1:0" },
        { "[2001:db8::1]:80", "[2001:db8::1]:80" },
        { "[::]:1", "[::]:1" },
        { "[::ffff:1.2.3.4]:5", "[::ffff:1.2.3.4]:5" },
        { "2001:db8::1", "[2001:db8::1]:0" },
        { "2001:db8::1:80", "[2001:db8::1:80]:0" },
        { "fe80::1%3", "[fe80::1%3]:0" },
    };
    char text[IDEM_ADDRESS_TEXT];
    size_t i;

    for (i = 0; i < CHECK_COUNT(rows); i++) {
        idem_address a = poisoned();
        const idem_error err = idem_address_parse(rows[i].in, &a);

        if (err)
            check_fail(__FILE__, __LINE__, "\"%s\" is %s", rows[i].in,
                       idem_error_name(err));
        CHECK_OK(idem_address_format(&a, text, sizeof(text)));
        CHECK_STR(text, rows[i].out);
    }
}

static void test_bad_texts(void)
{
    static const char *const rows[] = {
        "",
        " ",
        ":",
        ":80",
        "1.2.3.4:",
        "1.2.3.4:x",
        "1.2.3.4:80x",
        "1.2.3.4: 80",
        "1.2.3.4:+80",
        "1.2.3.4:-1",
        "1.2.3.4:65536",
        "1.2.3.4:99999999999999999999",
        "1.2.3.4:80:80",
        "[1.2.3.4]:80",
        "[::1",
        "::1]:80",
        "[::1]80",
        "[::1]:",
        "[::1]:65536",
        "[]:80",
        "[[::1]]:80",
        "[::1]:80 ",
        " [::1]:80",
        "localhost:80",
        "1.2.3.4:80\n",
        "1:2:3:4:5:6:7:8:80",
        "[fe80::1%]:80",
        "[fe80::1%lo]:80",
    };
    size_t i;

    for (i = 0; i < CHECK_COUNT(rows); i++) {
        idem_address a = poisoned();
        const idem_error err = idem_address_parse(rows[i], &a);

        if (err != IDEM_EINVAL)
            check_fail(__FILE__, __LINE__, "\"%s\" is %s", rows[i],
                       idem_error_name(err));
        CHECK(is_zero(&a));
    }
}

/* What is written is read back as the same address, byte for byte. */
static void check_round_trip(const idem_address *a)
{
    char text[IDEM_ADDRESS_TEXT];
    idem_address b = poisoned();

    CHECK_OK(idem_address_format(a, text, sizeof(text)));
    CHECK_OK(idem_address_parse(text, &b));
    if (memcmp(a, &b, sizeof(b)) != 0)
        check_fail(__FILE__, __LINE__, "\"%s\" comes back as another", text);
    CHECK(idem_address_equal(a, &b));
    CHECK_OK(idem_address_host(a, text, sizeof(text)));
    CHECK_OK(idem_address_make(text, a->port, &b));
    CHECK(memcmp(a, &b, sizeof(b)) == 0);
}

static void test_round_trip(void)
{
    uint32_t seed = 12345;
    int round;
    int i;

    for (round = 0; round < 20000; round++) {
        idem_address a = { 0 };

        a.family = round % 4 ? IDEM_AF_INET6 : IDEM_AF_INET;
        for (i = 0; i < (round % 4 ? 16 : 4); i++) {
            seed = seed * 1664525u + 1013904223u;
            /* Zeros often: they are what is written in several ways. */
            a.ip[i] = seed >> 30 ? 0 : (uint8_t)(seed >> 20);
        }
        a.port = (uint16_t)(seed >> 8);
        if (round % 4 && round % 3 == 0)
            a.scope_id = seed | 1;
        check_round_trip(&a);
    }
}

/* ---- Short buffers, odd families --------------------------------------- */

static void check_room(const idem_address *a, const char *want)
{
    const size_t length = strlen(want);
    char text[IDEM_ADDRESS_TEXT];
    size_t cap;

    for (cap = 0; cap <= length + 2; cap++) {
        memset(text, 'x', sizeof(text));
        if (cap > length) {
            CHECK_OK(idem_address_format(a, text, cap));
            CHECK_STR(text, want);
        } else {
            CHECK_ERR(idem_address_format(a, text, cap), IDEM_EFAULT);
            CHECK(text[0] == (cap == 0 ? 'x' : '\0'));
        }
        CHECK(text[cap > length ? length + 1 : cap + 1] == 'x');
    }
}

static void test_room(void)
{
    idem_address a = made("192.0.2.1", 80);

    check_room(&a, "192.0.2.1:80");
    a = made("fe80::1%7", 65535);
    check_room(&a, "[fe80::1%7]:65535");
    a = made("ffff:abcd:ffff:abcd:ffff:abcd:ffff:abcd%4294967295", 65535);
    check_room(&a,
               "[ffff:abcd:ffff:abcd:ffff:abcd:ffff:abcd%4294967295]:65535");
}

static void test_no_text(void)
{
    char text[IDEM_ADDRESS_TEXT] = "x";
    idem_address a = { 0 };

    CHECK_ERR(idem_address_format(&a, text, sizeof(text)), IDEM_EAFNOSUPPORT);
    CHECK_STR(text, "");
    a.family = 99;
    memcpy(text, "x", 2);
    CHECK_ERR(idem_address_host(&a, text, sizeof(text)), IDEM_EAFNOSUPPORT);
    CHECK_STR(text, "");
}

static void test_null(void)
{
    char text[IDEM_ADDRESS_TEXT] = "x";
    idem_address a = poisoned();

    CHECK_ERR(idem_address_make(NULL, 80, &a), IDEM_EFAULT);
    CHECK(is_zero(&a));
    a = poisoned();
    CHECK_ERR(idem_address_parse(NULL, &a), IDEM_EFAULT);
    CHECK(is_zero(&a));
    CHECK_ERR(idem_address_format(NULL, text, sizeof(text)), IDEM_EFAULT);
    CHECK_STR(text, "");
    memcpy(text, "x", 2);
    CHECK_ERR(idem_address_host(NULL, text, sizeof(text)), IDEM_EFAULT);
    CHECK_STR(text, "");
    a = made("127.0.0.1", 1);
    CHECK_ERR(idem_address_format(&a, NULL, 80), IDEM_EFAULT);
    CHECK_ERR(idem_address_host(&a, NULL, 0), IDEM_EFAULT);
}

/* ---- Equality ---------------------------------------------------------- */

static void test_equal(void)
{
    const idem_address a = made("192.0.2.1", 80);
    idem_address b = a;

    CHECK(idem_address_equal(&a, &b));
    b.port = 81;
    CHECK(!idem_address_equal(&a, &b));
    b = made("192.0.2.2", 80);
    CHECK(!idem_address_equal(&a, &b));
    b = made("::ffff:192.0.2.1", 80);
    CHECK(!idem_address_equal(&a, &b));
    CHECK(!idem_address_equal(&a, NULL));
    CHECK(!idem_address_equal(NULL, &a));
    CHECK(!idem_address_equal(NULL, NULL));
}

/* What IPv4 does not use is not looked at; what IPv6 uses is. */
static void test_equal_unused(void)
{
    idem_address a = made("192.0.2.1", 80);
    idem_address b = a;

    b.scope_id = 9;
    b.flowinfo = 9;
    b.path_length = 9;
    memset(b.ip + 4, 9, 12);
    memset(b.path, 9, sizeof(b.path));
    CHECK(idem_address_equal(&a, &b));
    a = made("fe80::1%1", 80);
    b = made("fe80::1%2", 80);
    CHECK(!idem_address_equal(&a, &b));
    b = a;
    memset(b.path, 9, sizeof(b.path));
    CHECK(idem_address_equal(&a, &b));
    b.ip[15] = 2;
    CHECK(!idem_address_equal(&a, &b));
}

static const check_case cases[] = {
    CASE(ipv4),      CASE(python_names), CASE(ipv6),         CASE(scope),
    CASE(bad_hosts), CASE(long_host),    CASE(ports),        CASE(parse),
    CASE(bad_texts), CASE(round_trip),   CASE(room),         CASE(no_text),
    CASE(null),      CASE(equal),        CASE(equal_unused),
};

CHECK_MAIN("address")
