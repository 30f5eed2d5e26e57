/* The options that have functions of their own: idem_set_ and idem_get_. */
#include "option.h"

#include <limits.h>

static idem_error get_flag(idem_socket *s, int level, int name, bool *on)
{
    int value;
    idem_error err = idem_option_get(s, level, name, &value);

    if (on != NULL)
        *on = value != 0;
    return err;
}

static idem_error get_number(idem_socket *s, int level, int name, int *out)
{
    int value;
    idem_error err = idem_option_get(s, level, name, &value);

    if (out != NULL)
        *out = value;
    return err;
}

/* ---- Those with one value ---------------------------------------------- */

#define FLAG(option, level, name)                                              \
    idem_error idem_set_##option(idem_socket *s, bool on)                      \
    {                                                                          \
        return idem_option_set(s, level, name, on);                            \
    }                                                                          \
    idem_error idem_get_##option(idem_socket *s, bool *on)                     \
    {                                                                          \
        return get_flag(s, level, name, on);                                   \
    }

#define NUMBER(option, level, name)                                            \
    idem_error idem_set_##option(idem_socket *s, int value)                    \
    {                                                                          \
        return idem_option_set(s, level, name, value);                         \
    }                                                                          \
    idem_error idem_get_##option(idem_socket *s, int *value)                   \
    {                                                                          \
        return get_number(s, level, name, value);                              \
    }

/* clang-format off */
FLAG(reuse_port,          IDEM_SOL_SOCKET, IDEM_SO_REUSEPORT)
FLAG(broadcast,           IDEM_SOL_SOCKET, IDEM_SO_BROADCAST)
FLAG(receive_credentials, IDEM_SOL_SOCKET, IDEM_SO_PASSCRED)
NUMBER(linger,            IDEM_SOL_SOCKET, IDEM_SO_LINGER)
NUMBER(send_buffer,       IDEM_SOL_SOCKET, IDEM_SO_SNDBUF)
NUMBER(receive_buffer,    IDEM_SOL_SOCKET, IDEM_SO_RCVBUF)
FLAG(nodelay,             IDEM_IPPROTO_TCP, IDEM_TCP_NODELAY)
FLAG(v6only,              IDEM_IPPROTO_IPV6, IDEM_IPV6_V6ONLY)
NUMBER(ttl,               IDEM_OPTION_IP, IDEM_IP_TTL)
NUMBER(tos,               IDEM_OPTION_IP, IDEM_IP_TOS)
NUMBER(multicast_ttl,     IDEM_OPTION_IP, IDEM_IP_MULTICAST_TTL)
FLAG(multicast_loop,      IDEM_OPTION_IP, IDEM_IP_MULTICAST_LOOP)
FLAG(receive_packet_info, IDEM_OPTION_IP, IDEM_IP_PKTINFO)
FLAG(receive_ttl,         IDEM_OPTION_IP, IDEM_IP_RECVTTL)
FLAG(receive_tos,         IDEM_OPTION_IP, IDEM_IP_RECVTOS)
/* clang-format on */

/* ---- Coalescing -------------------------------------------------------- */

idem_error idem_set_receive_coalesced(idem_socket *s, bool on)
{
    return idem_option_set(s, IDEM_IPPROTO_UDP,
                           IDEM_UDP_RECV_MAX_COALESCED_SIZE,
                           on ? UINT16_MAX : 0);
}

idem_error idem_get_receive_coalesced(idem_socket *s, bool *on)
{
    return get_flag(s, IDEM_IPPROTO_UDP, IDEM_UDP_RECV_MAX_COALESCED_SIZE, on);
}

/* ---- Credentials ------------------------------------------------------- */

static idem_error get_peer_credentials(idem_socket *s, idem_credentials *who)
{
    if (s->family != IDEM_AF_UNIX || s->type != IDEM_SOCK_STREAM)
        return IDEM_ENOPROTOOPT;
    if (!idem_socket_is(s, IDEM_PHASE_CONNECTED))
        return IDEM_ENOTCONN;
    return idem_os_get_peer_credentials(&s->os, who);
}

idem_error idem_get_peer_credentials(idem_socket *s, idem_credentials *who)
{
    idem_credentials found = { 0 };
    idem_error err = idem_enter(s);

    if (!err)
        err = idem_leave(s, get_peer_credentials(s, &found));
    if (who != NULL)
        *who = found;
    return err;
}

/* ---- Keepalive --------------------------------------------------------- */

typedef struct number {
    int name;
    int value;
} number;

#define TIMES 3

static void list_times(const idem_keepalive *k, number *times)
{
    times[0] = (number){ IDEM_TCP_KEEPIDLE, k->idle };
    times[1] = (number){ IDEM_TCP_KEEPINTVL, k->interval };
    times[2] = (number){ IDEM_TCP_KEEPCNT, k->count };
}

/* Whether all of it can be set, for a part is worse than nothing. */
static idem_error check_keepalive(idem_socket *s, const idem_keepalive *k)
{
    number times[TIMES];
    idem_error err =
        idem_option_check(s, IDEM_SOL_SOCKET, IDEM_SO_KEEPALIVE, k->on);
    int i;

    list_times(k, times);
    for (i = 0; !err && i < TIMES; i++) {
        if (times[i].value != 0)
            err = idem_option_check(s, IDEM_IPPROTO_TCP, times[i].name,
                                    times[i].value);
    }
    return err;
}

static idem_error set_times(idem_socket *s, const idem_keepalive *k)
{
    number times[TIMES];
    idem_error err = IDEM_OK;
    int i;

    list_times(k, times);
    for (i = 0; !err && i < TIMES; i++) {
        if (times[i].value != 0)
            err = idem_option_set(s, IDEM_IPPROTO_TCP, times[i].name,
                                  times[i].value);
    }
    return err;
}

static idem_error set_keepalive(idem_socket *s, const idem_keepalive *k)
{
    idem_error err;

    if (k == NULL)
        return IDEM_EFAULT;
    err = check_keepalive(s, k);
    if (!err)
        err = set_times(s, k);
    /* An older system has one call for most of it. */
    if (err == IDEM_EOPNOTSUPP)
        err = idem_os_set_keepalive(&s->os, k);
    if (err)
        return err;
    return idem_option_set(s, IDEM_SOL_SOCKET, IDEM_SO_KEEPALIVE, k->on);
}

idem_error idem_set_keepalive(idem_socket *s, const idem_keepalive *how)
{
    idem_error err = idem_enter(s);

    return err ? err : idem_leave(s, set_keepalive(s, how));
}

/* A time that the system does not tell is 0. */
static idem_error get_time(idem_socket *s, int name, int *value)
{
    idem_error err = idem_option_get(s, IDEM_IPPROTO_TCP, name, value);

    return err == IDEM_EOPNOTSUPP ? IDEM_OK : err;
}

idem_error idem_get_keepalive(idem_socket *s, idem_keepalive *how)
{
    idem_keepalive k = { 0 };
    idem_error err = get_flag(s, IDEM_SOL_SOCKET, IDEM_SO_KEEPALIVE, &k.on);

    if (!err)
        err = get_time(s, IDEM_TCP_KEEPIDLE, &k.idle);
    if (!err)
        err = get_time(s, IDEM_TCP_KEEPINTVL, &k.interval);
    if (!err)
        err = get_time(s, IDEM_TCP_KEEPCNT, &k.count);
    if (err)
        k = (idem_keepalive){ 0 };
    if (how != NULL)
        *how = k;
    return err;
}

/* ---- Multicasts -------------------------------------------------------- */

idem_error idem_set_multicast_interface(idem_socket *s, unsigned ifindex)
{
    /* No system has more: it will not find this one either. */
    const int index = ifindex < INT_MAX ? (int)ifindex : INT_MAX;

    return idem_option_set(s, IDEM_OPTION_IP, IDEM_IP_MULTICAST_IF, index);
}

idem_error idem_get_multicast_interface(idem_socket *s, unsigned *ifindex)
{
    int index;
    idem_error err =
        get_number(s, IDEM_OPTION_IP, IDEM_IP_MULTICAST_IF, &index);

    if (ifindex != NULL)
        *ifindex = (unsigned)index; /* never negative */
    return err;
}

static bool is_multicast(const idem_address *a)
{
    return a->family == IDEM_AF_INET ? a->ip[0] >> 4 == 0xe : a->ip[0] == 0xff;
}

static idem_error set_membership(idem_socket *s, const idem_address *group,
                                 unsigned ifindex, bool member)
{
    if (s->type != IDEM_SOCK_DGRAM || s->family == IDEM_AF_UNIX)
        return IDEM_ENOPROTOOPT;
    if (group == NULL)
        return IDEM_EFAULT;
    if (group->family != s->family)
        return IDEM_EAFNOSUPPORT;
    if (!is_multicast(group))
        return IDEM_EINVAL;
    if (ifindex == 0)
        ifindex = group->scope_id;
    return idem_os_set_membership(&s->os, group, ifindex, member);
}

idem_error idem_join_group(idem_socket *s, const idem_address *group,
                           unsigned ifindex)
{
    idem_error err = idem_enter(s);

    if (err)
        return err;
    return idem_leave(s, set_membership(s, group, ifindex, true));
}

idem_error idem_leave_group(idem_socket *s, const idem_address *group,
                            unsigned ifindex)
{
    idem_error err = idem_enter(s);

    if (err)
        return err;
    return idem_leave(s, set_membership(s, group, ifindex, false));
}
