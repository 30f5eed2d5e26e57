/* Groups: who hears what is sent to them. Nothing leaves this machine. */
#include "check.h"
#include "peers.h"
#include "support.h"

/* The loopback interface, on every system. */
#define LOOPBACK 1
#define NO_INTERFACE 4000000

static idem_address group_of(const char *text, int port)
{
    idem_address at;

    CHECK_OK(idem_address_make(text, port, &at));
    return at;
}

/* A receiver on a free port, and where it can be reached. */
static idem_socket *receiver(const char *group, idem_address *to)
{
    const idem_address at = group_of(group, 0);
    const idem_address any = wildcard(at.family, 0);
    idem_socket *s = open_datagram(at.family);

    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, to));
    *to = group_of(group, to->port);
    return s;
}

/* Whether `at` hears what is sent to the group; told by what it receives
 * before a last word of its own. */
static bool hears(idem_socket *at, idem_socket *from, const idem_address *to)
{
    const idem_address self = loopback(to->family, to->port);
    idem_socket *last = open_datagram(to->family);
    size_t heard = 0;
    char c = 0;

    CHECK_OK(idem_sendto(from, "m", 1, 0, to, NULL));
    CHECK_OK(idem_sendto(last, "l", 1, 0, &self, NULL));
    while (c != 'l') {
        CHECK_OK(idem_recv(at, &c, 1, 0, NULL));
        heard += c == 'm';
    }
    CHECK_OK(idem_close(last));
    CHECK(heard <= 1);
    return heard == 1;
}

/* Whether this machine sends to the group at all. */
static void need_way_to(const char *group)
{
    const idem_address to = group_of(group, 9);
    idem_socket *s = open_datagram(to.family);
    idem_error err = idem_set_multicast_ttl(s, 0);

    if (!err)
        err = idem_sendto(s, "x", 1, 0, &to, NULL);
    CHECK_OK(idem_close(s));
    if (err)
        check_skip("no interface here takes multicasts");
}

/* ---- On the system's own choice of interface --------------------------- */

static void check_group(const char *group)
{
    idem_address to;
    idem_socket *s;
    idem_socket *from;

    need_way_to(group);
    s = receiver(group, &to);
    from = open_datagram(to.family);
    CHECK_OK(idem_set_multicast_ttl(from, 0)); /* stays on this machine */
    CHECK_OK(idem_join_group(s, &to, 0));
    CHECK(hears(s, from, &to));
    CHECK_ERR(idem_join_group(s, &to, 0), IDEM_EADDRINUSE);
    CHECK(hears(s, from, &to));
    CHECK_OK(idem_leave_group(s, &to, 0));
    CHECK_ERR(idem_leave_group(s, &to, 0), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_close(from));
    CHECK_OK(idem_close(s));
}

/* The group of all hosts: joining it is no news to the network. */
static void test_join(void)
{
    check_group("224.0.0.1");
}

/* One that no interface may pass on. */
static void test_join_v6(void)
{
    need_ipv6();
    check_group("ff01::4d2");
}

/* Others on the machine, and the machine itself, may be members: who is not,
 * and who is no more, does not hear. */
static void check_members(const char *group)
{
    idem_address to;
    idem_socket *s;
    idem_socket *other;
    idem_socket *from;

    check_skip_wine(0, "W-41", "a socket hears groups that others joined");
    need_way_to(group);
    s = receiver(group, &to);
    from = open_datagram(to.family);
    other = open_datagram(to.family);
    CHECK_OK(idem_set_multicast_ttl(from, 0));
    CHECK_OK(idem_join_group(other, &to, 0));
    CHECK(!hears(s, from, &to));
    CHECK_OK(idem_join_group(s, &to, 0));
    CHECK(hears(s, from, &to));
    CHECK_OK(idem_leave_group(s, &to, 0));
    CHECK(!hears(s, from, &to));
    CHECK_OK(idem_close(from));
    CHECK_OK(idem_close(other));
    CHECK_OK(idem_close(s));
}

static void test_members(void)
{
    check_members("224.0.0.1");
}

static void test_members_v6(void)
{
    need_ipv6();
    check_members("ff01::4d2");
}

/* Not heard by the machine it comes from: Linux looks at the sender, Windows
 * at the receiver. */
static void test_loop(void)
{
    idem_address to;
    idem_socket *s;
    idem_socket *from;

    need_way_to("224.0.0.1");
    s = receiver("224.0.0.1", &to);
    from = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_set_multicast_ttl(from, 0));
    CHECK_OK(idem_join_group(s, &to, 0));
    CHECK_OK(idem_set_multicast_loop(from, false));
    CHECK_OK(idem_set_multicast_loop(s, false));
    CHECK(!hears(s, from, &to));
    CHECK_OK(idem_set_multicast_loop(from, true));
    CHECK_OK(idem_set_multicast_loop(s, true));
    CHECK(hears(s, from, &to));
    CHECK_OK(idem_close(from));
    CHECK_OK(idem_close(s));
}

/* ---- On a chosen interface --------------------------------------------- */

static void test_interface(void)
{
    idem_address to;
    idem_socket *s;
    idem_socket *from;
    unsigned ifindex = 9;

    check_skip_wine(0, "W-26", "an IPv4 interface is not found by its index");
    s = receiver("239.77.1.2", &to);
    from = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_get_multicast_interface(from, &ifindex));
    CHECK_EQ(ifindex, 0);
    CHECK_OK(idem_set_multicast_interface(from, LOOPBACK));
    CHECK_OK(idem_get_multicast_interface(from, &ifindex));
    CHECK_EQ(ifindex, LOOPBACK);
    CHECK_OK(idem_join_group(s, &to, LOOPBACK));
    CHECK(hears(s, from, &to));
    CHECK_ERR(idem_join_group(s, &to, LOOPBACK), IDEM_EADDRINUSE);
    CHECK_OK(idem_leave_group(s, &to, LOOPBACK));
    CHECK_ERR(idem_leave_group(s, &to, LOOPBACK), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_set_multicast_interface(from, 0));
    CHECK_OK(idem_get_multicast_interface(from, &ifindex));
    CHECK_EQ(ifindex, 0);
    CHECK_OK(idem_close(from));
    CHECK_OK(idem_close(s));
}

static void test_interface_v6(void)
{
    idem_socket *s;
    unsigned ifindex = 9;

    need_ipv6();
    s = open_datagram(IDEM_AF_INET6);
    CHECK_OK(idem_get_multicast_interface(s, &ifindex));
    CHECK_EQ(ifindex, 0);
    CHECK_OK(idem_set_multicast_interface(s, LOOPBACK));
    CHECK_OK(idem_get_multicast_interface(s, &ifindex));
    CHECK_EQ(ifindex, LOOPBACK);
    CHECK_OK(idem_close(s));
}

/* The scope of an address names the interface, too. */
static void test_scope(void)
{
    idem_address group;
    idem_socket *s;

    need_ipv6();
    s = open_datagram(IDEM_AF_INET6);
    group = group_of("ff01::4d2%1", 0);
    CHECK_OK(idem_join_group(s, &group, 0));
    CHECK_ERR(idem_join_group(s, &group, LOOPBACK), IDEM_EADDRINUSE);
    group.scope_id = 0;
    CHECK_OK(idem_leave_group(s, &group, LOOPBACK));
    CHECK_OK(idem_close(s));
}

static void check_no_interface(const char *text)
{
    const idem_address group = group_of(text, 0);
    unsigned ifindex = 9;
    idem_socket *s;

    check_skip_wine(0, "W-26", "one code for whatever is wrong with a request");
    s = open_datagram(group.family);
    CHECK_ERR(idem_join_group(s, &group, NO_INTERFACE), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_leave_group(s, &group, NO_INTERFACE), IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_set_multicast_interface(s, NO_INTERFACE),
              IDEM_EADDRNOTAVAIL);
    CHECK_ERR(idem_set_multicast_interface(s, 0xffffffff), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_get_multicast_interface(s, &ifindex));
    CHECK_EQ(ifindex, 0);
    CHECK_OK(idem_close(s));
}

static void test_no_interface(void)
{
    check_no_interface("239.77.1.2");
}

static void test_no_interface_v6(void)
{
    need_ipv6();
    check_no_interface("ff01::4d2");
}

/* ---- Nonsense ---------------------------------------------------------- */

static void test_bad_groups(void)
{
    static const char *const bad[] = { "127.0.0.1", "0.0.0.0", "240.0.0.1",
                                       "223.255.255.255", "255.255.255.255" };
    const idem_address good = group_of("224.0.0.1", 0);
    const idem_address other = group_of("ff01::4d2", 0);
    const idem_address none = { 0 };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_socket *t = open_stream(IDEM_AF_INET);
    size_t i;

    for (i = 0; i < CHECK_COUNT(bad); i++) {
        const idem_address group = group_of(bad[i], 0);

        CHECK_ERR(idem_join_group(s, &group, 0), IDEM_EINVAL);
        CHECK_ERR(idem_leave_group(s, &group, 0), IDEM_EINVAL);
    }
    CHECK_ERR(idem_join_group(s, NULL, 0), IDEM_EFAULT);
    CHECK_ERR(idem_join_group(s, &other, 0), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_join_group(s, &none, 0), IDEM_EAFNOSUPPORT);
    CHECK_ERR(idem_join_group(t, &good, 0), IDEM_ENOPROTOOPT);
    CHECK_ERR(idem_leave_group(t, &good, 0), IDEM_ENOPROTOOPT);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(t));
}

static const check_case cases[] = {
    CASE(join),         CASE(join_v6),
    CASE(members),      CASE(members_v6),
    CASE(loop),         CASE(interface),
    CASE(interface_v6), CASE(scope),
    CASE(no_interface), CASE(no_interface_v6),
    CASE(bad_groups),
};

CHECK_MAIN("multicast")
