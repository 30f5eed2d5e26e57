/* What the system has, found out by trying. */
#include "socket.h"

/* ---- Trying ------------------------------------------------------------ */

static idem_error try_address(idem_socket *s)
{
    idem_address at = { 0 };

    at.family = IDEM_AF_INET6;
    at.ip[15] = 1; /* ::1 */
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

static idem_error try_abstract(idem_socket *s)
{
    (void)s;
    return idem_os_has(IDEM_HAS_UNIX_ABSTRACT) ? IDEM_OK : IDEM_EOPNOTSUPP;
}

static idem_error try_passing(idem_socket *s)
{
    (void)s;
    return idem_os_has(IDEM_HAS_FD_PASSING) ? IDEM_OK : IDEM_EOPNOTSUPP;
}

static idem_error try_sharing(idem_socket *s)
{
    (void)s;
    return idem_os_has(IDEM_HAS_SHARE) ? IDEM_OK : IDEM_EOPNOTSUPP;
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

typedef struct trial {
    int family;
    int type;
    idem_error (*run)(idem_socket *s); /* NULL: that there is one will do */
} trial;

#define STREAM IDEM_SOCK_STREAM
#define DATAGRAM IDEM_SOCK_DGRAM

/* clang-format off */
static const trial trials[] = {
    [IDEM_HAS_IPV6]            = { IDEM_AF_INET6, DATAGRAM, try_address },
    [IDEM_HAS_DUALSTACK_IPV6]  = { IDEM_AF_INET6, STREAM, try_dualstack },
    [IDEM_HAS_UNIX]            = { IDEM_AF_UNIX, STREAM, NULL },
    [IDEM_HAS_UNIX_DGRAM]      = { IDEM_AF_UNIX, DATAGRAM, NULL },
    [IDEM_HAS_UNIX_ABSTRACT]   = { IDEM_AF_UNIX, STREAM, try_abstract },
    [IDEM_HAS_REUSE_PORT]      = { IDEM_AF_INET, STREAM, try_reuse_port },
    [IDEM_HAS_FD_PASSING]      = { IDEM_AF_UNIX, STREAM, try_passing },
    [IDEM_HAS_SHARE]           = { IDEM_AF_INET, STREAM, try_sharing },
    [IDEM_HAS_CREDENTIALS]     = { IDEM_AF_UNIX, STREAM, try_credentials },
    [IDEM_HAS_PACKET_INFO]     = { IDEM_AF_INET, DATAGRAM, try_packet_info },
    [IDEM_HAS_RECEIVE_TTL]     = { IDEM_AF_INET, DATAGRAM, try_receive_ttl },
    [IDEM_HAS_RECEIVE_TOS]     = { IDEM_AF_INET, DATAGRAM, try_receive_tos },
    [IDEM_HAS_TOS_IPV6]        = { IDEM_AF_INET6, DATAGRAM, try_tos },
    [IDEM_HAS_SEGMENT_OFFLOAD] = { IDEM_AF_INET, DATAGRAM, try_segments },
};
/* clang-format on */

#define FEATURES ((int)(sizeof(trials) / sizeof(*trials)))

static idem_error run_trial(const trial *t)
{
    idem_socket *s;
    idem_error err = idem_open(t->family, t->type, 0, &s);

    if (!err && t->run != NULL)
        err = t->run(s);
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
        err = run_trial(&trials[feature]);
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
