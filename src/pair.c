/* Two sockets connected to each other: the system's, or made over loopback. */
#include "loopback.h"
#include "socket.h"

#include <stdlib.h>

/* What a pair over loopback may take, though nothing but strangers at the door
 * can make it take any time at all. */
#define LONGEST_NS INT64_C(10000000000)

/* ---- The system's own -------------------------------------------------- */

static void settle(idem_socket *s)
{
    atomic_store(&s->phase, IDEM_PHASE_CONNECTED);
    (void)idem_os_set_blocking(&s->os, atomic_load(&s->timeout_ns) != 0);
}

static idem_error open_unix(int type, idem_socket **a, idem_socket **b)
{
    idem_socket *one = idem_socket_new(IDEM_AF_UNIX, type, 0);
    idem_socket *two = idem_socket_new(IDEM_AF_UNIX, type, 0);
    idem_error err = IDEM_ENOMEM;

    if (one != NULL && two != NULL)
        err = idem_os_socketpair(&one->os, &two->os, type);
    if (err) {
        free(one);
        free(two);
        return err;
    }
    settle(one);
    settle(two);
    *a = one;
    *b = two;
    return IDEM_OK;
}

/* ---- Over loopback ----------------------------------------------------- */

static idem_error open_bound(int family, int type, idem_socket **s,
                             idem_address *at)
{
    idem_address here = { .family = family };
    idem_error err = idem_open(family, type, 0, s);

    idem_set_loopback(&here);
    if (!err)
        err = idem_bind(*s, &here);
    if (!err)
        err = idem_getsockname(*s, at);
    return err;
}

/* Whether s is at one address, and talks to the other. */
static bool is_between(idem_socket *s, const idem_address *at,
                       const idem_address *peer)
{
    idem_address name;

    return !idem_getsockname(s, &name) && idem_address_equal(&name, at)
           && !idem_getpeername(s, &name) && idem_address_equal(&name, peer);
}

/* Take the connection that comes from an address. Others may be at the door
 * before it: whoever they are, they are sent away. */
static idem_error accept_from(idem_socket *door, const idem_address *at,
                              const idem_address *from, idem_socket **out)
{
    idem_deadline d = { .timeout_ns = LONGEST_NS };
    idem_error err;

    do {
        const int64_t left = idem_deadline_left(&d);

        idem_close(*out); /* who came last, if anybody did */
        *out = NULL;
        err = left == 0 ? IDEM_ETIMEDOUT : IDEM_OK;
        if (!err)
            err = idem_settimeout(door, (double)left / IDEM_NS_PER_S);
        if (!err)
            err = idem_accept(door, out, NULL);
    } while (!err && !is_between(*out, at, from));
    return err;
}

/* Wait for the end of a connect whose connection was accepted already. */
static idem_error finish_connect(idem_socket *s, const idem_address *to)
{
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    idem_error err =
        idem_poll(&one, 1, (double)LONGEST_NS / IDEM_NS_PER_S, NULL);

    if (err)
        return err;
    err = idem_connect(s, to);
    return err == IDEM_EISCONN ? IDEM_OK : err;
}

/* Connect by way of a door that is open no longer than it takes. */
static idem_error connect_through(idem_socket *door, const idem_address *at,
                                  idem_socket *a, const idem_address *own,
                                  idem_socket **b)
{
    idem_error err = idem_listen(door, 16);

    if (!err)
        err = idem_setblocking(a, false);
    if (!err)
        err = idem_connect(a, at);
    if (!err || err == IDEM_EWOULDBLOCK)
        err = accept_from(door, at, own, b);
    if (!err)
        err = finish_connect(a, at);
    if (!err && !is_between(a, own, at))
        err = IDEM_ECONNABORTED;
    /* They stand for a pipe: nothing is to be gathered on the way. */
    if (!err)
        err = idem_set_nodelay(a, true);
    return err ? err : idem_set_nodelay(*b, true);
}

static idem_error open_streams(int family, idem_socket **a, idem_socket **b)
{
    idem_socket *door;
    idem_address at, own;
    idem_error err = open_bound(family, IDEM_SOCK_STREAM, &door, &at);

    if (!err)
        err = open_bound(family, IDEM_SOCK_STREAM, a, &own);
    if (!err)
        err = connect_through(door, &at, *a, &own, b);
    idem_close(door);
    return err;
}

/* What strangers had sent before there was a peer to listen to. */
static idem_error forget_strangers(idem_socket *s)
{
    idem_error err;
    char c;

    do
        err = idem_recv(s, &c, 1, IDEM_MSG_DONTWAIT, NULL);
    while (!err || err == IDEM_EMSGSIZE || err == IDEM_ECONNREFUSED);
    return err == IDEM_EWOULDBLOCK ? IDEM_OK : err;
}

static idem_error open_datagrams(int family, idem_socket **a, idem_socket **b)
{
    idem_address a_at, b_at;
    idem_error err = open_bound(family, IDEM_SOCK_DGRAM, a, &a_at);

    if (!err)
        err = open_bound(family, IDEM_SOCK_DGRAM, b, &b_at);
    if (!err)
        err = idem_connect(*a, &b_at);
    if (!err)
        err = idem_connect(*b, &a_at);
    if (!err)
        err = forget_strangers(*a);
    return err ? err : forget_strangers(*b);
}

static idem_error open_loopback(int family, int type, idem_socket **a,
                                idem_socket **b)
{
    idem_error err = type == IDEM_SOCK_STREAM ? open_streams(family, a, b)
                                              : open_datagrams(family, a, b);

    if (!err)
        err = idem_settimeout(*a, idem_getdefaulttimeout());
    if (!err)
        err = idem_settimeout(*b, idem_getdefaulttimeout());
    if (err) {
        idem_close(*a);
        idem_close(*b);
        *a = NULL;
        *b = NULL;
    }
    return err;
}

/* ---- Either ------------------------------------------------------------ */

idem_error idem_socketpair(int family, int type, int protocol, idem_socket **a,
                           idem_socket **b)
{
    const bool any = family == IDEM_AF_UNSPEC;
    idem_error err;

    if (a != NULL)
        *a = NULL;
    if (b != NULL)
        *b = NULL;
    if (a == NULL || b == NULL)
        return IDEM_EFAULT;
    err = idem_check_kind(any ? IDEM_AF_UNIX : family, type, protocol);
    if (err)
        return err;
    if (family == IDEM_AF_INET || family == IDEM_AF_INET6)
        return open_loopback(family, type, a, b);
    err = open_unix(type, a, b);
    if (any && err == IDEM_EOPNOTSUPP)
        err = open_loopback(IDEM_AF_INET, type, a, b);
    return err;
}
