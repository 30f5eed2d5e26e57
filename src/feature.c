/* What the system has, found out by trying. */
#include "loopback.h"
#include "socket.h"

/* ---- Trying ------------------------------------------------------------ */

static idem_error try_address(idem_socket *s)
{
    idem_address at = { .family = IDEM_AF_INET6 };

    idem_set_loopback(&at);
    return idem_bind(s, &at);
}

static idem_error try_dualstack(idem_socket *s)
{
    return idem_set_v6only(s, false);
}

static idem_error try_reuse_port(idem_socket *s)
{
    return idem_set_reuse_port(s, true);
}

static idem_error try_credentials(idem_socket *s)
{
    return idem_set_receive_credentials(s, true);
}

static idem_error try_packet_info(idem_socket *s)
{
    return idem_set_receive_packet_info(s, true);
}

static idem_error try_receive_ttl(idem_socket *s)
{
    return idem_set_receive_ttl(s, true);
}

static idem_error try_receive_tos(idem_socket *s)
{
    return idem_set_receive_tos(s, true);
}

static idem_error try_tos(idem_socket *s)
{
    return idem_set_tos(s, 0);
}

static idem_error try_segments(idem_socket *s)
{
    const int size = 512;

    return idem_setsockopt(s, IDEM_IPPROTO_UDP, IDEM_UDP_SEND_MSG_SIZE, &size,
                           sizeof(size));
}

static idem_error try_coalescing(idem_socket *s)
{
    return idem_set_receive_coalesced(s, true);
}

/* To itself. */
static idem_error try_message_ttl(idem_socket *s)
{
    idem_ancillary a = { .present = IDEM_ANCILLARY_TTL | IDEM_ANCILLARY_TOS,
                         .ttl = 1 };
    idem_message m = { .ancillary = &a };
    idem_error err = idem_address_make("127.0.0.1", 0, &m.address);

    if (!err)
        err = idem_bind(s, &m.address);
    if (!err)
        err = idem_getsockname(s, &m.address);
    return err ? err : idem_sendmsg(s, &m, 0);
}

/* Whether there is such a socket, and whether it does this, if there is
 * anything to do; whether the backend is to be asked as well. */
typedef struct trial {
    int family;
    int type;
    idem_error (*run)(idem_socket *s); /* or NULL */
    bool ask;
} trial;

#define V4 IDEM_AF_INET
#define V6 IDEM_AF_INET6
#define UNIX IDEM_AF_UNIX
#define STREAM IDEM_SOCK_STREAM
#define DATAGRAM IDEM_SOCK_DGRAM

/* clang-format off */
static const trial trials[] = {
    [IDEM_HAS_IPV6]            = { V6,   DATAGRAM, try_address, false },
    [IDEM_HAS_DUALSTACK_IPV6]  = { V6,   STREAM, try_dualstack, false },
    [IDEM_HAS_UNIX]            = { UNIX, STREAM, NULL, false },
    [IDEM_HAS_UNIX_DGRAM]      = { UNIX, DATAGRAM, NULL, false },
    [IDEM_HAS_UNIX_ABSTRACT]   = { UNIX, STREAM, NULL, true },
    [IDEM_HAS_REUSE_PORT]      = { V4,   STREAM, try_reuse_port, false },
    [IDEM_HAS_FD_PASSING]      = { UNIX, STREAM, NULL, true },
    [IDEM_HAS_SHARE]           = { V4,   STREAM, NULL, true },
    [IDEM_HAS_CREDENTIALS]     = { UNIX, STREAM, try_credentials, false },
    [IDEM_HAS_PACKET_INFO]     = { V4,   DATAGRAM, try_packet_info, false },
    [IDEM_HAS_RECEIVE_TTL]     = { V4,   DATAGRAM, try_receive_ttl, false },
    [IDEM_HAS_RECEIVE_TOS]     = { V4,   DATAGRAM, try_receive_tos, false },
    [IDEM_HAS_TOS_IPV6]        = { V6,   DATAGRAM, try_tos, false },
    [IDEM_HAS_SEGMENT_OFFLOAD] = { V4,   DATAGRAM, try_segments, false },
    [IDEM_HAS_COALESCING]      = { V4,   DATAGRAM, try_coalescing, false },
    [IDEM_HAS_MESSAGE_TTL]     = { V4,   DATAGRAM, try_message_ttl, false },
};
/* clang-format on */

#define FEATURES ((int)(sizeof(trials) / sizeof(*trials)))

static idem_error run_trial(int feature)
{
    const trial *t = &trials[feature];
    idem_socket *s;
    idem_error err = idem_open(t->family, t->type, 0, &s);

    if (!err && t->run != NULL)
        err = t->run(s);
    if (!err && t->ask && !idem_os_has(feature))
        err = IDEM_EOPNOTSUPP;
    idem_close(s);
    return err;
}

/* ---- Remembering ------------------------------------------------------- */

enum {
    UNKNOWN,
    ABSENT,
    PRESENT
};

/* Whether it failed for want of something that may be there the next time. */
static bool is_passing(idem_error err)
{
    return err == IDEM_EMFILE || err == IDEM_ENOMEM || err == IDEM_ENOBUFS;
}

bool idem_has(int feature)
{
    static atomic_char known[FEATURES];
    idem_error err;

    if (feature < 1 || feature >= FEATURES)
        return false;
    if (atomic_load(&known[feature]) == UNKNOWN) {
        err = run_trial(feature);
        if (is_passing(err))
            return false;
        atomic_store(&known[feature], err ? ABSENT : PRESENT);
    }
    return atomic_load(&known[feature]) == PRESENT;
}

bool idem_has_dualstack_ipv6(void)
{
    return idem_has(IDEM_HAS_DUALSTACK_IPV6);
}
