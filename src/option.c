/* Options: which sockets have them, what they may be, and who answers. How a
 * system spells them, the backends know. */
#include "option.h"

#include <string.h>

/* ---- What there is ----------------------------------------------------- */

/* Who has an option: sockets of one of these types and one of these
 * families. */
enum {
    STREAM = 1,
    DATAGRAM = 2,
    INET = 4,
    INET6 = 8,
    UNIX = 16,
    TCP = STREAM | INET | INET6,
    UDP = DATAGRAM | INET | INET6,
    UDP4 = DATAGRAM | INET,
    UDP6 = DATAGRAM | INET6,
    IP4 = STREAM | DATAGRAM | INET,
    IP6 = STREAM | DATAGRAM | INET6,
    IP = TCP | UDP,
    LOCAL = STREAM | DATAGRAM | UNIX,
    ALL = IP | LOCAL
};

/* What is special about one. */
enum {
    FLAG = 1,  /* any number but 0 is 1 */
    EARLY = 2, /* it says how to bind */
    ASKED = 4, /* it cannot be set */
    OURS = 8   /* the system is neither told nor asked */
};

typedef struct rule {
    int level;
    int name;
    int lowest;
    int highest;
    int who;
    int how;
} rule;

#define MOST INT32_MAX
#define ANY IDEM_SOL_SOCKET
#define V4 IDEM_IPPROTO_IP
#define V6 IDEM_IPPROTO_IPV6

/* A name may have two rules: the first that fits a socket is the one. */
/* clang-format off */
static const rule rules[] = {
    { ANY, IDEM_SO_ACCEPTCONN,     0, 0,     ALL,    ASKED | OURS },
    { ANY, IDEM_SO_TYPE,           0, 0,     ALL,    ASKED | OURS },
    { ANY, IDEM_SO_ERROR,          0, 0,     ALL,    ASKED | OURS },
    { ANY, IDEM_SO_REUSEADDR,      0, 1,     UDP,    FLAG | EARLY },
    { ANY, IDEM_SO_REUSEADDR,      0, 1,     ALL,    FLAG | OURS },
    { ANY, IDEM_SO_REUSEPORT,      0, 1,     IP,     FLAG | EARLY },
    { ANY, IDEM_SO_BROADCAST,      0, 1,     UDP4,   FLAG },
    { ANY, IDEM_SO_DONTROUTE,      0, 1,     IP,     FLAG },
    { ANY, IDEM_SO_KEEPALIVE,      0, 1,     TCP,    FLAG },
    { ANY, IDEM_SO_LINGER,         -1, 65535, TCP,   0 },
    { ANY, IDEM_SO_OOBINLINE,      0, 1,     TCP,    FLAG },
    { ANY, IDEM_SO_SNDBUF,         1, MOST,  ALL,    0 },
    { ANY, IDEM_SO_RCVBUF,         1, MOST,  ALL,    0 },
    { ANY, IDEM_SO_PASSCRED,       0, 1,     LOCAL,  FLAG },

    { V4, IDEM_IP_TOS,             0, 255,   IP4,    0 },
    { V4, IDEM_IP_TTL,             1, 255,   IP4,    0 },
    { V4, IDEM_IP_DONTFRAGMENT,    0, 1,     UDP4,   FLAG },
    { V4, IDEM_IP_MULTICAST_IF,    0, MOST,  UDP4,   0 },
    { V4, IDEM_IP_MULTICAST_TTL,   0, 255,   UDP4,   0 },
    { V4, IDEM_IP_MULTICAST_LOOP,  0, 1,     UDP4,   FLAG },
    { V4, IDEM_IP_PKTINFO,         0, 1,     UDP4,   FLAG },
    { V4, IDEM_IP_RECVTTL,         0, 1,     UDP4,   FLAG },
    { V4, IDEM_IP_RECVTOS,         0, 1,     UDP4,   FLAG },

    { V6, IDEM_IPV6_V6ONLY,        0, 1,     IP6,    FLAG | EARLY },
    { V6, IDEM_IPV6_TCLASS,        0, 255,   IP6,    0 },
    { V6, IDEM_IPV6_UNICAST_HOPS,  1, 255,   IP6,    0 },
    { V6, IDEM_IPV6_DONTFRAG,      0, 1,     UDP6,   FLAG },
    { V6, IDEM_IPV6_MULTICAST_IF,  0, MOST,  UDP6,   0 },
    { V6, IDEM_IPV6_MULTICAST_HOPS, 0, 255,  UDP6,   0 },
    { V6, IDEM_IPV6_MULTICAST_LOOP, 0, 1,    UDP6,   FLAG },
    { V6, IDEM_IPV6_PKTINFO,       0, 1,     UDP6,   FLAG },
    { V6, IDEM_IPV6_HOPLIMIT,      0, 1,     UDP6,   FLAG },
    { V6, IDEM_IPV6_RECVTCLASS,    0, 1,     UDP6,   FLAG },

    { IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY,   0, 1,     TCP, FLAG },
    { IDEM_IPPROTO_TCP, IDEM_TCP_KEEPIDLE,  1, 32767, TCP, 0 },
    { IDEM_IPPROTO_TCP, IDEM_TCP_KEEPINTVL, 1, 32767, TCP, 0 },
    { IDEM_IPPROTO_TCP, IDEM_TCP_KEEPCNT,   1, 127,   TCP, 0 },
    { IDEM_IPPROTO_TCP, IDEM_TCP_MAXRT,     1, 65535, TCP, 0 },

    { IDEM_IPPROTO_UDP, IDEM_UDP_SEND_MSG_SIZE,           0, 65535, UDP, 0 },
    { IDEM_IPPROTO_UDP, IDEM_UDP_RECV_MAX_COALESCED_SIZE, 0, 65535, UDP, 0 },
};
/* clang-format on */

/* The same option of both families. */
static const int pairs[][2] = {
    { IDEM_IP_TOS, IDEM_IPV6_TCLASS },
    { IDEM_IP_TTL, IDEM_IPV6_UNICAST_HOPS },
    { IDEM_IP_MULTICAST_IF, IDEM_IPV6_MULTICAST_IF },
    { IDEM_IP_MULTICAST_TTL, IDEM_IPV6_MULTICAST_HOPS },
    { IDEM_IP_MULTICAST_LOOP, IDEM_IPV6_MULTICAST_LOOP },
    { IDEM_IP_PKTINFO, IDEM_IPV6_PKTINFO },
    { IDEM_IP_RECVTTL, IDEM_IPV6_HOPLIMIT },
    { IDEM_IP_RECVTOS, IDEM_IPV6_RECVTCLASS },
};

static int kind_of(const idem_socket *s)
{
    const int type = s->type == IDEM_SOCK_STREAM ? STREAM : DATAGRAM;

    if (s->family == IDEM_AF_INET)
        return type | INET;
    return type | (s->family == IDEM_AF_INET6 ? INET6 : UNIX);
}

/* IPv6's name for an option of IPv4 that both have. */
static int name_of_v6(int name4)
{
    size_t i = 0;

    while (pairs[i][0] != name4)
        i++;
    return pairs[i][1];
}

/* The rule for an option of s; NULL: it has none such. */
static const rule *find_rule(const idem_socket *s, int level, int name)
{
    const int kind = kind_of(s);
    size_t i;

    if (level == IDEM_OPTION_IP) {
        level = kind & INET6 ? V6 : V4;
        name = kind & INET6 ? name_of_v6(name) : name;
    }
    for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        const rule *r = &rules[i];

        if (r->level == level && r->name == name && (r->who & kind) == kind)
            return r;
    }
    return NULL;
}

/* ---- Setting ----------------------------------------------------------- */

/* Whether its two lower bits are ECN's, which TCP uses itself. */
static bool has_ecn(const rule *r)
{
    return (r->level == V4 && r->name == IDEM_IP_TOS)
           || (r->level == V6 && r->name == IDEM_IPV6_TCLASS);
}

static idem_error check(const idem_socket *s, const rule *r, int value)
{
    const bool early = atomic_load(&s->phase) == IDEM_PHASE_NEW;

    if (r == NULL || (r->how & ASKED))
        return IDEM_ENOPROTOOPT;
    if (r->how & FLAG)
        value = value != 0;
    if (value < r->lowest || value > r->highest)
        return IDEM_EINVAL;
    if (s->type == IDEM_SOCK_STREAM && has_ecn(r) && (value & 3))
        return IDEM_EINVAL;
    return (r->how & EARLY) && !early ? IDEM_EINVAL : IDEM_OK;
}

/* The system knows no option that a socket like this has: it lacks it. */
static idem_error lacking(idem_error err)
{
    return err == IDEM_ENOPROTOOPT ? IDEM_EOPNOTSUPP : err;
}

/* Who receives has to know; and what is not the system's we keep. */
static void note(idem_socket *s, const rule *r, int value)
{
    if (r->how & OURS)
        atomic_store(&s->reuse, value != 0);
    if (r->level == IDEM_IPPROTO_UDP
        && r->name == IDEM_UDP_RECV_MAX_COALESCED_SIZE)
        atomic_store(&s->coalesced, value > 0);
}

static idem_error set(idem_socket *s, int level, int name, int value)
{
    const rule *r = find_rule(s, level, name);
    idem_error err = check(s, r, value);

    if (err)
        return err;
    if (r->how & FLAG)
        value = value != 0;
    if (!(r->how & OURS))
        err = lacking(idem_os_set_option(&s->os, r->level, r->name, value));
    if (!err)
        note(s, r, value);
    /* Also for IPv4 traffic of an IPv6 socket, if it may have any. */
    if (!err && level == IDEM_OPTION_IP && r->level == V6)
        (void)idem_os_set_option(&s->os, V4, name, value);
    return err;
}

idem_error idem_option_check(const idem_socket *s, int level, int name,
                             int value)
{
    return s == NULL ? IDEM_ENOTSOCK
                     : check(s, find_rule(s, level, name), value);
}

idem_error idem_option_set(idem_socket *s, int level, int name, int value)
{
    idem_error err = idem_enter(s);

    return err ? err : idem_leave(s, set(s, level, name, value));
}

/* ---- Asking ------------------------------------------------------------ */

/* What the system is not asked for. */
static int own_answer(idem_socket *s, const rule *r)
{
    switch (r->name) {
    case IDEM_SO_ACCEPTCONN:
        return idem_socket_is(s, IDEM_PHASE_LISTENING);
    case IDEM_SO_TYPE:
        return s->type;
    case IDEM_SO_ERROR:
        return (int)idem_socket_take_pending(s);
    default:
        return atomic_load(&s->reuse);
    }
}

static idem_error get(idem_socket *s, const rule *r, int *value)
{
    idem_error err;

    if (r == NULL)
        return IDEM_ENOPROTOOPT;
    if (r->how & OURS) {
        *value = own_answer(s, r);
        return IDEM_OK;
    }
    err = idem_os_get_option(&s->os, r->level, r->name, value);
    if (r->how & FLAG)
        *value = *value != 0;
    if (s->type == IDEM_SOCK_STREAM && has_ecn(r))
        *value &= ~3;
    return lacking(err);
}

idem_error idem_option_get(idem_socket *s, int level, int name, int *value)
{
    idem_error err = idem_enter(s);

    *value = 0;
    if (err)
        return err;
    return idem_leave(s, get(s, find_rule(s, level, name), value));
}

/* ---- By level and name ------------------------------------------------- */

/* Levels that are not the user's. */
static int user_level(int level)
{
    return level == IDEM_OPTION_IP ? INT32_MIN : level;
}

idem_error idem_setsockopt(idem_socket *s, int level, int name,
                           const void *value, size_t size)
{
    int number;

    if (s == NULL)
        return IDEM_ENOTSOCK;
    if (value == NULL || size != sizeof(number))
        return IDEM_EFAULT;
    memcpy(&number, value, sizeof(number));
    return idem_option_set(s, user_level(level), name, number);
}

idem_error idem_getsockopt(idem_socket *s, int level, int name, void *value,
                           size_t *size)
{
    const size_t room = size == NULL ? 0 : *size;
    int number;
    idem_error err;

    if (size != NULL)
        *size = 0;
    if (s == NULL)
        return IDEM_ENOTSOCK;
    if (value == NULL || room < sizeof(number))
        return IDEM_EFAULT;
    err = idem_option_get(s, user_level(level), name, &number);
    memcpy(value, &number, sizeof(number));
    if (!err)
        *size = sizeof(number);
    return err;
}
