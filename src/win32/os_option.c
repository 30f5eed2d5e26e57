/* Options: the system's names for ours, and its forms. */
#include "win32.h"

#include <limits.h>
#include <mstcpip.h>

/* ---- Names ------------------------------------------------------------- */

/* Our numbers are its own, as far as its headers know them. */
#define SAME(name) _Static_assert(IDEM_##name == name, "another number")
SAME(SOL_SOCKET);
SAME(SO_REUSEADDR);
SAME(SO_KEEPALIVE);
SAME(SO_DONTROUTE);
SAME(SO_BROADCAST);
SAME(SO_LINGER);
SAME(SO_OOBINLINE);
SAME(SO_SNDBUF);
SAME(SO_RCVBUF);
SAME(IP_TOS);
SAME(IP_TTL);
SAME(IP_MULTICAST_IF);
SAME(IP_MULTICAST_TTL);
SAME(IP_MULTICAST_LOOP);
SAME(IP_DONTFRAGMENT);
SAME(IP_PKTINFO);
SAME(IP_RECVTTL);
SAME(IP_RECVTOS);
SAME(IPV6_UNICAST_HOPS);
SAME(IPV6_MULTICAST_IF);
SAME(IPV6_MULTICAST_HOPS);
SAME(IPV6_MULTICAST_LOOP);
SAME(IPV6_DONTFRAG);
SAME(IPV6_PKTINFO);
SAME(IPV6_HOPLIMIT);
SAME(IPV6_V6ONLY);
SAME(IPV6_TCLASS);
SAME(IPV6_RECVTCLASS);
SAME(TCP_NODELAY);

/* What other systems have beside that. */
static bool is_foreign(int level, int name)
{
    return level == SOL_SOCKET
           && (name == IDEM_SO_REUSEPORT || name == IDEM_SO_PASSCRED);
}

/* ---- Forms ------------------------------------------------------------- */

/* An IPv4 interface is an address there, or its index as one: 0.0.0.7. */
#define LAST_INTERFACE 0xffffffu

static bool is_interface(int level, int name)
{
    return level == IPPROTO_IP && name == IP_MULTICAST_IF;
}

/* Wine finds the whole level invalid where it knows none of its options. */
static idem_error option_result(int level, int result)
{
    idem_error err = idem_win32_result(result);

    return level == IPPROTO_UDP && err == IDEM_EINVAL ? IDEM_EOPNOTSUPP : err;
}

static idem_error set_linger(SOCKET s, int seconds)
{
    struct linger linger = { 0 };

    linger.l_onoff = seconds >= 0;
    linger.l_linger = seconds >= 0 ? (u_short)seconds : 0; /* in range */
    return idem_win32_result(setsockopt(s, SOL_SOCKET, SO_LINGER,
                                        (const char *)&linger, sizeof(linger)));
}

static idem_error get_linger(SOCKET s, int *seconds)
{
    struct linger linger = { 0 };
    int size = sizeof(linger);
    idem_error err = idem_win32_result(
        getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &size));

    if (!err)
        *seconds = linger.l_onoff ? linger.l_linger : -1;
    return err;
}

/* ---- Options ----------------------------------------------------------- */

idem_error idem_os_set_option(idem_os_socket *s, int level, int name, int value)
{
    DWORD native = (DWORD)value; /* back again in the next one */

    if (is_foreign(level, name))
        return IDEM_EOPNOTSUPP;
    if (level == SOL_SOCKET && name == SO_LINGER)
        return set_linger(s->handle, value);
    if (is_interface(level, name) && native > LAST_INTERFACE)
        return IDEM_EADDRNOTAVAIL;
    if (is_interface(level, name))
        native = htonl(native);
    return option_result(level,
                         setsockopt(s->handle, level, name,
                                    (const char *)&native, sizeof(native)));
}

idem_error idem_os_get_option(const idem_os_socket *s, int level, int name,
                              int *value)
{
    DWORD native = 0; /* flags come as a single byte */
    int size = sizeof(native);
    idem_error err;

    *value = 0;
    if (is_foreign(level, name))
        return IDEM_EOPNOTSUPP;
    if (level == SOL_SOCKET && name == SO_LINGER)
        return get_linger(s->handle, value);
    err = option_result(
        level, getsockopt(s->handle, level, name, (char *)&native, &size));
    if (is_interface(level, name))
        native = ntohl(native);
    if (!err && native <= INT_MAX) /* more stands for "not set" */
        *value = (int)native;
    return err;
}

/* A process alone is told, and not whose it is. */
idem_error idem_os_get_peer_credentials(const idem_os_socket *s,
                                        idem_credentials *who)
{
    (void)s;
    (void)who;
    return IDEM_EOPNOTSUPP;
}

/* Before Windows 10 1709: all or nothing, and in milliseconds. */
idem_error idem_os_set_keepalive(idem_os_socket *s, const idem_keepalive *k)
{
    struct tcp_keepalive native;
    DWORD n;

    native.onoff = k->on;
    native.keepalivetime = (ULONG)(k->idle > 0 ? k->idle : 7200) * 1000;
    native.keepaliveinterval =
        (ULONG)(k->interval > 0 ? k->interval : 1) * 1000;
    return idem_win32_result(WSAIoctl(s->handle, SIO_KEEPALIVE_VALS, &native,
                                      sizeof(native), NULL, 0, &n, NULL, NULL));
}

static int set_membership4(SOCKET s, const idem_address *group,
                           unsigned ifindex, bool member)
{
    const int option = member ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    struct ip_mreq request;

    memcpy(&request.imr_multiaddr, group->ip, sizeof(request.imr_multiaddr));
    request.imr_interface.s_addr = htonl(ifindex);
    return setsockopt(s, IPPROTO_IP, option, (const char *)&request,
                      sizeof(request));
}

static int set_membership6(SOCKET s, const idem_address *group,
                           unsigned ifindex, bool member)
{
    const int option = member ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
    struct ipv6_mreq request;

    memcpy(&request.ipv6mr_multiaddr, group->ip,
           sizeof(request.ipv6mr_multiaddr));
    request.ipv6mr_interface = ifindex;
    return setsockopt(s, IPPROTO_IPV6, option, (const char *)&request,
                      sizeof(request));
}

static idem_error set_membership(SOCKET s, const idem_address *group,
                                 unsigned ifindex, bool member)
{
    if (group->family == IDEM_AF_INET)
        return idem_win32_result(set_membership4(s, group, ifindex, member));
    return idem_win32_result(set_membership6(s, group, ifindex, member));
}

/* Whether another socket can join: then nothing is wrong with the request. */
static bool can_be_joined(const idem_address *group, unsigned ifindex)
{
    SOCKET s = socket(bsd_family(group->family), SOCK_DGRAM, 0);
    bool joined;

    if (s == INVALID_SOCKET)
        return false;
    joined = !set_membership(s, group, ifindex, true);
    closesocket(s);
    return joined;
}

idem_error idem_os_set_membership(idem_os_socket *s, const idem_address *group,
                                  unsigned ifindex, bool member)
{
    idem_error err;

    if (group->family == IDEM_AF_INET && ifindex > LAST_INTERFACE)
        return IDEM_EADDRNOTAVAIL;
    err = set_membership(s->handle, group, ifindex, member);

    /* One code for "joined already" and "no such interface" here, and the
     * wrong one for "not joined". */
    if (member && err == IDEM_EADDRNOTAVAIL && can_be_joined(group, ifindex))
        return IDEM_EADDRINUSE;
    return !member && err == IDEM_EINVAL ? IDEM_EADDRNOTAVAIL : err;
}
