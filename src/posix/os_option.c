/* Options: the system's names for ours, and its forms. */
#include "posix.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

/* ---- Names ------------------------------------------------------------- */

/* How the value differs from the neutral int. */
typedef enum form {
    PLAIN,
    BYTE,      /* an unsigned char */
    LINGER,    /* a struct; -1 is off */
    INTERFACE, /* an address, and for setting also an index */
    DOUBLED,   /* Linux counts its own needs as well */
    IN_MS,     /* of seconds */
    DISCOVERY, /* to fragment or not is a part of Linux's MTU discovery */
    SWITCHED   /* any size is "on", and "on" is the largest */
} form;

typedef struct name {
    int level;
    int name;
    int native_level;
    int native;
    form form;
} name;

#ifdef __linux__
#define BUFFER DOUBLED
#else
#define BUFFER PLAIN
#endif
#ifdef SO_LINGER_SEC /* macOS, where SO_LINGER has another unit */
#define LINGER_NATIVE SO_LINGER_SEC
#else
#define LINGER_NATIVE SO_LINGER
#endif
#ifdef TCP_KEEPIDLE
#define IDLE_NATIVE TCP_KEEPIDLE
#else
#define IDLE_NATIVE TCP_KEEPALIVE /* macOS */
#endif

#define ANY IDEM_SOL_SOCKET
#define V4 IDEM_IPPROTO_IP
#define V6 IDEM_IPPROTO_IPV6
#define TCP IDEM_IPPROTO_TCP
#define UDP IDEM_IPPROTO_UDP

/* What a system has no name for, it lacks. */
/* clang-format off */
static const name names[] = {
    { ANY, IDEM_SO_REUSEADDR,  SOL_SOCKET, SO_REUSEADDR,  PLAIN },
    { ANY, IDEM_SO_KEEPALIVE,  SOL_SOCKET, SO_KEEPALIVE,  PLAIN },
    { ANY, IDEM_SO_DONTROUTE,  SOL_SOCKET, SO_DONTROUTE,  PLAIN },
    { ANY, IDEM_SO_BROADCAST,  SOL_SOCKET, SO_BROADCAST,  PLAIN },
    { ANY, IDEM_SO_LINGER,     SOL_SOCKET, LINGER_NATIVE, LINGER },
    { ANY, IDEM_SO_OOBINLINE,  SOL_SOCKET, SO_OOBINLINE,  PLAIN },
    { ANY, IDEM_SO_SNDBUF,     SOL_SOCKET, SO_SNDBUF,     BUFFER },
    { ANY, IDEM_SO_RCVBUF,     SOL_SOCKET, SO_RCVBUF,     BUFFER },
#ifdef SO_REUSEPORT
    { ANY, IDEM_SO_REUSEPORT,  SOL_SOCKET, SO_REUSEPORT,  PLAIN },
#endif
#ifdef SO_PASSCRED
    { ANY, IDEM_SO_PASSCRED,   SOL_SOCKET, SO_PASSCRED,   PLAIN },
#endif

    { V4, IDEM_IP_TOS,            IPPROTO_IP, IP_TOS,            PLAIN },
    { V4, IDEM_IP_TTL,            IPPROTO_IP, IP_TTL,            PLAIN },
    { V4, IDEM_IP_MULTICAST_IF,   IPPROTO_IP, IP_MULTICAST_IF,   INTERFACE },
    { V4, IDEM_IP_MULTICAST_TTL,  IPPROTO_IP, IP_MULTICAST_TTL,  BYTE },
    { V4, IDEM_IP_MULTICAST_LOOP, IPPROTO_IP, IP_MULTICAST_LOOP, BYTE },
#if defined(IP_MTU_DISCOVER)
    { V4, IDEM_IP_DONTFRAGMENT,   IPPROTO_IP, IP_MTU_DISCOVER,   DISCOVERY },
#elif defined(IP_DONTFRAG)
    { V4, IDEM_IP_DONTFRAGMENT,   IPPROTO_IP, IP_DONTFRAG,       PLAIN },
#endif
#if defined(IP_RECVPKTINFO)
    { V4, IDEM_IP_PKTINFO,        IPPROTO_IP, IP_RECVPKTINFO,    PLAIN },
#elif defined(IP_PKTINFO)
    { V4, IDEM_IP_PKTINFO,        IPPROTO_IP, IP_PKTINFO,        PLAIN },
#endif
#ifdef IP_RECVTTL
    { V4, IDEM_IP_RECVTTL,        IPPROTO_IP, IP_RECVTTL,        PLAIN },
#endif
#ifdef IP_RECVTOS
    { V4, IDEM_IP_RECVTOS,        IPPROTO_IP, IP_RECVTOS,        PLAIN },
#endif

    { V6, IDEM_IPV6_V6ONLY,         IPPROTO_IPV6, IPV6_V6ONLY,         PLAIN },
    { V6, IDEM_IPV6_UNICAST_HOPS,   IPPROTO_IPV6, IPV6_UNICAST_HOPS,   PLAIN },
    { V6, IDEM_IPV6_MULTICAST_IF,   IPPROTO_IPV6, IPV6_MULTICAST_IF,   PLAIN },
    { V6, IDEM_IPV6_MULTICAST_HOPS, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, PLAIN },
    { V6, IDEM_IPV6_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, PLAIN },
#ifdef IPV6_DONTFRAG
    { V6, IDEM_IPV6_DONTFRAG,       IPPROTO_IPV6, IPV6_DONTFRAG,       PLAIN },
#endif
#ifdef IPV6_RECVPKTINFO
    { V6, IDEM_IPV6_PKTINFO,        IPPROTO_IPV6, IPV6_RECVPKTINFO,    PLAIN },
    { V6, IDEM_IPV6_HOPLIMIT,       IPPROTO_IPV6, IPV6_RECVHOPLIMIT,   PLAIN },
#endif
#ifdef IPV6_TCLASS
    { V6, IDEM_IPV6_TCLASS,         IPPROTO_IPV6, IPV6_TCLASS,         PLAIN },
    { V6, IDEM_IPV6_RECVTCLASS,     IPPROTO_IPV6, IPV6_RECVTCLASS,     PLAIN },
#endif

    { TCP, IDEM_TCP_NODELAY,   IPPROTO_TCP, TCP_NODELAY,  PLAIN },
    { TCP, IDEM_TCP_KEEPIDLE,  IPPROTO_TCP, IDLE_NATIVE,  PLAIN },
    { TCP, IDEM_TCP_KEEPINTVL, IPPROTO_TCP, TCP_KEEPINTVL, PLAIN },
    { TCP, IDEM_TCP_KEEPCNT,   IPPROTO_TCP, TCP_KEEPCNT,  PLAIN },
#if defined(TCP_USER_TIMEOUT)
    { TCP, IDEM_TCP_MAXRT,     IPPROTO_TCP, TCP_USER_TIMEOUT, IN_MS },
#elif defined(TCP_RXT_CONNDROPTIME) /* macOS */
    { TCP, IDEM_TCP_MAXRT,     IPPROTO_TCP, TCP_RXT_CONNDROPTIME, PLAIN },
#endif
#ifdef UDP_SEGMENT
    { UDP, IDEM_UDP_SEND_MSG_SIZE, IPPROTO_UDP, UDP_SEGMENT, PLAIN },
#endif
#ifdef UDP_GRO
    { UDP, IDEM_UDP_RECV_MAX_COALESCED_SIZE, IPPROTO_UDP, UDP_GRO, SWITCHED },
#endif
};
/* clang-format on */

static const name *find_name(int level, int option)
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (names[i].level == level && names[i].name == option)
            return &names[i];
    }
    return NULL;
}

/* ---- Forms ------------------------------------------------------------- */

static int to_native(form f, int value)
{
#ifdef IP_MTU_DISCOVER
    if (f == DISCOVERY)
        return value ? IP_PMTUDISC_DO : IP_PMTUDISC_WANT;
#endif
    if (f == IN_MS)
        return value * 1000; /* in range */
    return f == SWITCHED ? value != 0 : value;
}

static int from_native(form f, int native)
{
#ifdef IP_MTU_DISCOVER
    if (f == DISCOVERY)
        return native == IP_PMTUDISC_DO;
#endif
    if (f == SWITCHED)
        return native ? 65535 : 0;
    if (f == IN_MS)
        return native / 1000;
    return f == DOUBLED ? native / 2 : native;
}

static idem_error set_bytes(int fd, const name *n, const void *value,
                            socklen_t size)
{
    return idem_posix_result(
        setsockopt(fd, n->native_level, n->native, value, size));
}

static idem_error get_bytes(int fd, const name *n, void *value, socklen_t size)
{
    return idem_posix_result(
        getsockopt(fd, n->native_level, n->native, value, &size));
}

static idem_error set_linger(int fd, const name *n, int seconds)
{
    struct linger linger = { 0 };

    linger.l_onoff = seconds >= 0;
    linger.l_linger = seconds >= 0 ? seconds : 0;
    return set_bytes(fd, n, &linger, sizeof(linger));
}

static idem_error get_linger(int fd, const name *n, int *seconds)
{
    struct linger linger = { 0 };
    idem_error err = get_bytes(fd, n, &linger, sizeof(linger));

    if (!err)
        *seconds = linger.l_onoff ? linger.l_linger : -1;
    return err;
}

/* ---- Interfaces of multicasts ------------------------------------------ */

/* Its first IPv4 address; 0.0.0.0 when it has none. */
static struct in_addr address_of(int fd, int ifindex)
{
    struct in_addr none = { 0 };
    struct sockaddr_in at;
    struct ifreq request;

    memset(&request, 0, sizeof(request));
    if (if_indextoname((unsigned)ifindex, request.ifr_name) == NULL
        || ioctl(fd, SIOCGIFADDR, &request) < 0)
        return none;
    memcpy(&at, &request.ifr_addr, sizeof(at));
    return at.sin_addr;
}

static bool has_address(const struct ifaddrs *i, struct in_addr address)
{
    struct sockaddr_in at;

    if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
        return false;
    memcpy(&at, i->ifa_addr, sizeof(at));
    return at.sin_addr.s_addr == address.s_addr;
}

/* The interface with an address; 0: none. */
static int index_of(struct in_addr address)
{
    struct ifaddrs *list;
    struct ifaddrs *i;
    unsigned found = 0;

    if (address.s_addr == 0 || getifaddrs(&list) < 0)
        return 0;
    for (i = list; i != NULL && found == 0; i = i->ifa_next) {
        if (has_address(i, address))
            found = if_nametoindex(i->ifa_name);
    }
    freeifaddrs(list);
    return (int)found;
}

/* Only the address can be asked for afterwards. */
static idem_error set_interface(int fd, const name *n, int ifindex)
{
    struct ip_mreqn request;

    memset(&request, 0, sizeof(request));
    request.imr_ifindex = ifindex;
    if (ifindex != 0)
        request.imr_address = address_of(fd, ifindex);
    return set_bytes(fd, n, &request, sizeof(request));
}

static idem_error get_interface(int fd, const name *n, int *ifindex)
{
    struct in_addr address = { 0 };
    idem_error err = get_bytes(fd, n, &address, sizeof(address));

    if (!err)
        *ifindex = index_of(address);
    return err;
}

/* ---- Options ----------------------------------------------------------- */

idem_error idem_os_set_option(idem_os_socket *s, int level, int option,
                              int value)
{
    const name *n = find_name(level, option);
    const unsigned char byte = (unsigned char)value; /* if it is one */

    if (n == NULL)
        return IDEM_EOPNOTSUPP;
    if (n->form == LINGER)
        return set_linger(s->fd, n, value);
    if (n->form == INTERFACE)
        return set_interface(s->fd, n, value);
    if (n->form == BYTE)
        return set_bytes(s->fd, n, &byte, sizeof(byte));
    value = to_native(n->form, value);
    return set_bytes(s->fd, n, &value, sizeof(value));
}

idem_error idem_os_get_option(const idem_os_socket *s, int level, int option,
                              int *value)
{
    const name *n = find_name(level, option);
    unsigned char byte = 0;
    int native = 0;
    idem_error err;

    *value = 0;
    if (n == NULL)
        return IDEM_EOPNOTSUPP;
    if (n->form == LINGER)
        return get_linger(s->fd, n, value);
    if (n->form == INTERFACE)
        return get_interface(s->fd, n, value);
    if (n->form == BYTE)
        err = get_bytes(s->fd, n, &byte, sizeof(byte));
    else
        err = get_bytes(s->fd, n, &native, sizeof(native));
    if (!err)
        *value = n->form == BYTE ? byte : from_native(n->form, native);
    return err;
}

idem_error idem_os_get_peer_credentials(const idem_os_socket *s,
                                        idem_credentials *who)
{
#ifdef __linux__
    struct ucred native;
    socklen_t size = sizeof(native);

    if (getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &native, &size) < 0)
        return idem_posix_fail(errno);
    *who = (idem_credentials){ native.pid, native.uid, native.gid };
    return IDEM_OK;
#else
    (void)s;
    (void)who;
    return IDEM_EOPNOTSUPP;
#endif
}

/* The options of today are all there is. */
idem_error idem_os_set_keepalive(idem_os_socket *s, const idem_keepalive *k)
{
    (void)s;
    (void)k;
    return IDEM_EOPNOTSUPP;
}

static idem_error set_membership4(int fd, const idem_address *group,
                                  unsigned ifindex, bool member)
{
    const int option = member ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    struct ip_mreqn request;

    memset(&request, 0, sizeof(request));
    memcpy(&request.imr_multiaddr, group->ip, sizeof(request.imr_multiaddr));
    request.imr_ifindex = (int)ifindex; /* one that is none is not found */
    return idem_posix_result(
        setsockopt(fd, IPPROTO_IP, option, &request, sizeof(request)));
}

static idem_error set_membership6(int fd, const idem_address *group,
                                  unsigned ifindex, bool member)
{
    const int option = member ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
    struct ipv6_mreq request;

    memcpy(&request.ipv6mr_multiaddr, group->ip,
           sizeof(request.ipv6mr_multiaddr));
    request.ipv6mr_interface = ifindex;
    return idem_posix_result(
        setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof(request)));
}

idem_error idem_os_set_membership(idem_os_socket *s, const idem_address *group,
                                  unsigned ifindex, bool member)
{
    if (group->family == IDEM_AF_INET)
        return set_membership4(s->fd, group, ifindex, member);
    return set_membership6(s->fd, group, ifindex, member);
}
