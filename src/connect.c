/* Giving a socket its place: bind, listen, accept, connect, shutdown. */
#include "loopback.h"
#include "socket.h"

#include <stdlib.h>
#include <string.h>

#define MOST_FLOWINFO 0xfffffu /* a flow label has 20 bits */

static bool is_unspecified(const idem_address *a)
{
    static const uint8_t zero[16];

    if (a->family == IDEM_AF_INET6)
        return memcmp(a->ip, zero, 16) == 0;
    return memcmp(a->ip, zero, 4) == 0;
}

/* Whether the system could take a name, as it is. */
static idem_error check_name(const idem_address *a)
{
    if (a->path_length > sizeof(a->path))
        return IDEM_EINVAL;
    if (a->path[0] == '\0')
        return idem_os_has(IDEM_HAS_UNIX_ABSTRACT) ? IDEM_OK : IDEM_EOPNOTSUPP;
    if (memchr(a->path, '\0', a->path_length) != NULL)
        return IDEM_EINVAL;
    return a->path_length > IDEM_OS_PATH_MAX ? IDEM_ENAMETOOLONG : IDEM_OK;
}

/* Whether an address is one for this socket. */
static idem_error check_address(const idem_socket *s, const idem_address *a)
{
    if (a->family != s->family)
        return IDEM_EAFNOSUPPORT;
    if (a->family == IDEM_AF_INET6 && a->flowinfo > MOST_FLOWINFO)
        return IDEM_EINVAL;
    if (a->family == IDEM_AF_UNIX && a->path_length > 0)
        return check_name(a);
    return IDEM_OK;
}

idem_error idem_address_target(const idem_socket *s, const idem_address **to,
                               idem_address *room)
{
    const idem_address *a = *to;
    idem_error err = check_address(s, a);

    if (err)
        return err;
    if (a->family == IDEM_AF_UNIX)
        return a->path_length == 0 ? IDEM_EADDRNOTAVAIL : IDEM_OK;
    if (a->port == 0)
        return IDEM_EADDRNOTAVAIL;
    if (is_unspecified(a)) {
        *room = *a;
        idem_set_loopback(room);
        *to = room;
    }
    return IDEM_OK;
}

/* ---- Local address ----------------------------------------------------- */

static idem_error bind_to(idem_socket *s, const idem_address *at)
{
    int fresh = IDEM_PHASE_NEW;
    idem_error err = check_address(s, at);

    if (err)
        return err;
    if (atomic_load(&s->phase) != IDEM_PHASE_NEW)
        return IDEM_EINVAL;
    if (s->family == IDEM_AF_UNIX && at->path_length == 0)
        return IDEM_EINVAL;
    err = idem_os_bind(&s->os, at);
    if (!err)
        atomic_compare_exchange_strong(&s->phase, &fresh, IDEM_PHASE_BOUND);
    return err;
}

idem_error idem_bind(idem_socket *s, const idem_address *at)
{
    idem_error err = idem_enter(s);

    if (err)
        return err;
    return idem_leave(s, at == NULL ? IDEM_EFAULT : bind_to(s, at));
}

idem_error idem_socket_bind_any(idem_socket *s)
{
    idem_address any = { 0 };
    idem_error err;

    if (atomic_load(&s->phase) != IDEM_PHASE_NEW)
        return IDEM_OK;
    any.family = s->family;
    err = bind_to(s, &any);
    /* Another thread may have been first. There is no name that would do for a
     * Unix socket. */
    return err == IDEM_EINVAL && s->family != IDEM_AF_UNIX ? IDEM_OK : err;
}

/* ---- Listening --------------------------------------------------------- */

static idem_error listen_on(idem_socket *s, int backlog)
{
    idem_error err;

    if (s->type != IDEM_SOCK_STREAM)
        return IDEM_EOPNOTSUPP;
    err = idem_socket_bind_any(s);
    if (err)
        return err;
    switch (idem_socket_phase(s)) {
    case IDEM_PHASE_NEW:
    case IDEM_PHASE_BOUND:
    case IDEM_PHASE_LISTENING:
        err = idem_os_listen(&s->os, backlog < 0 ? 0 : backlog);
        if (!err)
            atomic_store(&s->phase, IDEM_PHASE_LISTENING);
        idem_selector_notice(s);
        return err;
    case IDEM_PHASE_IN_CONNECT:
    case IDEM_PHASE_CONNECTING:
    case IDEM_PHASE_CONNECTED:
    case IDEM_PHASE_FAILED:
        break;
    }
    return IDEM_EINVAL;
}

idem_error idem_listen(idem_socket *s, int backlog)
{
    idem_error err = idem_enter(s);

    return err ? err : idem_leave(s, listen_on(s, backlog));
}

static idem_error take_connection(idem_call *c, idem_socket *conn,
                                  idem_address *peer)
{
    idem_socket *s = c->s;
    idem_error err;

    if (s->type != IDEM_SOCK_STREAM)
        return IDEM_EOPNOTSUPP;
    if (!idem_socket_is(s, IDEM_PHASE_LISTENING))
        return IDEM_EINVAL;
    do
        err = idem_os_accept(&s->os, &c->deadline, &conn->os, peer);
    while (idem_call_again(c, IDEM_POLLIN, &err));
    if (err)
        return err;
    peer->family = s->family; /* also of one without a name */
    idem_socket_set_peer(conn, peer);
    atomic_store(&conn->phase, IDEM_PHASE_CONNECTED);
    if (atomic_load(&conn->timeout_ns) == 0)
        err = idem_os_set_blocking(&conn->os, false);
    if (err)
        idem_os_close(&conn->os);
    return err;
}

idem_error idem_accept(idem_socket *s, idem_socket **out, idem_address *peer)
{
    idem_address from = { 0 };
    idem_socket *conn;
    idem_call c;
    idem_error err;

    if (peer != NULL)
        *peer = from;
    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    err = idem_call_begin(&c, s, 0);
    if (err)
        return err;
    /* Memory first: a connection must not be lost for want of it. */
    conn = idem_socket_new(s->family, s->type, s->protocol);
    if (conn == NULL)
        return idem_call_end(&c, IDEM_ENOMEM, false);
    err = take_connection(&c, conn, &from);
    err = idem_call_end(&c, err, !err);
    if (err) {
        free(conn);
        return err;
    }
    if (peer != NULL)
        *peer = from;
    *out = conn;
    return IDEM_OK;
}

/* ---- Connecting -------------------------------------------------------- */

/* What a socket that is not free to connect answers. */
static idem_error refuse_connect(idem_phase phase)
{
    switch (phase) {
    case IDEM_PHASE_LISTENING:
        return IDEM_EINVAL;
    case IDEM_PHASE_CONNECTED:
        return IDEM_EISCONN;
    case IDEM_PHASE_IN_CONNECT:
    case IDEM_PHASE_CONNECTING:
        return IDEM_EALREADY;
    case IDEM_PHASE_NEW:
    case IDEM_PHASE_BOUND:
    case IDEM_PHASE_FAILED:
        break;
    }
    return IDEM_OK;
}

/* Become the one call that connects s. *before: the phase it had. */
static idem_error claim_connect(idem_socket *s, idem_phase *before)
{
    int phase = (int)idem_socket_phase(s);
    idem_error err = refuse_connect((idem_phase)phase);

    if (err)
        return err;
    *before = (idem_phase)phase;
    if (!atomic_compare_exchange_strong(&s->phase, &phase,
                                        IDEM_PHASE_IN_CONNECT))
        return IDEM_EALREADY; /* another thread was first */
    return IDEM_OK;
}

/* Begin to connect. Returns whether anything was begun. */
static bool begin_connect(idem_call *c, const idem_address *to, idem_error *err)
{
    bool full;

    do {
        *err = idem_os_connect(&c->s->os, to, &c->deadline);
        full = *err == IDEM_TRY_AGAIN;
    } while (full && idem_call_again(c, 0, err));
    return !full && *err != IDEM_EISCONN && *err != IDEM_EALREADY
           && *err != IDEM_EINVAL;
}

/* Connect, and find out how that ended. pre: claimed. */
static idem_error run_connect(idem_call *c, const idem_address *to, bool *begun)
{
    idem_socket *s = c->s;
    idem_error err;

    *begun = begin_connect(c, to, &err);
    if (!*begun)
        return err;
    while (idem_call_again(c, IDEM_POLLOUT, &err))
        err = idem_os_connected(&s->os);
    /* The system would go on with it, and the socket change its answers by
     * itself. */
    if (err == IDEM_ETIMEDOUT || err == IDEM_ECANCELED || err == IDEM_EINTR)
        idem_os_unconnect(&s->os);
    return err;
}

static idem_error connect_stream(idem_call *c, const idem_address *to)
{
    idem_socket *s = c->s;
    idem_phase phase;
    bool begun;
    idem_error err = claim_connect(s, &phase);

    if (err)
        return err;
    if (phase == IDEM_PHASE_FAILED) {
        err = idem_socket_take_error(s);
        if (err) { /* not told yet */
            atomic_store(&s->phase, IDEM_PHASE_FAILED);
            return err;
        }
        idem_os_unconnect(&s->os);
    }
    err = run_connect(c, to, &begun);
    if (begun && (!err || err == IDEM_EWOULDBLOCK)) {
        idem_socket_set_peer(s, to);
        phase = err ? IDEM_PHASE_CONNECTING : IDEM_PHASE_CONNECTED;
    } else if (begun) {
        phase = IDEM_PHASE_FAILED;
    }
    atomic_store(&s->phase, phase);
    if (begun || phase == IDEM_PHASE_FAILED)
        return err;
    /* Others who hold the handle have brought it somewhere: answer for that. */
    (void)idem_socket_is(s, IDEM_PHASE_CONNECTED);
    phase = idem_socket_phase(s);
    return refuse_connect(phase) ? refuse_connect(phase) : err;
}

static idem_error connect_datagram(idem_call *c, const idem_address *to)
{
    idem_socket *s = c->s;
    idem_error err = idem_os_connect(&s->os, to, &c->deadline);

    if (!err) {
        idem_socket_set_peer(s, to);
        atomic_store(&s->phase, IDEM_PHASE_CONNECTED);
    }
    return err;
}

idem_error idem_connect(idem_socket *s, const idem_address *to)
{
    idem_address room;
    idem_call c;
    idem_error err = idem_call_begin(&c, s, 0);

    if (err)
        return err;
    err = to == NULL ? IDEM_EFAULT : idem_address_target(s, &to, &room);
    if (!err && s->type == IDEM_SOCK_STREAM)
        err = connect_stream(&c, to);
    else if (!err)
        err = connect_datagram(&c, to);
    idem_selector_notice(s);
    return idem_call_end(&c, err, !err);
}

idem_error idem_connect_ex(idem_socket *s, const idem_address *to)
{
    return idem_connect(s, to);
}

/* ---- Shutdown ---------------------------------------------------------- */

static idem_error shut(idem_socket *s, int how)
{
    if (how != IDEM_SHUT_RD && how != IDEM_SHUT_WR && how != IDEM_SHUT_RDWR)
        return IDEM_EINVAL;
    if (!idem_socket_is(s, IDEM_PHASE_CONNECTED))
        return IDEM_ENOTCONN;
    /* The marks first: whoever the system wakes must find them. */
    if (how != IDEM_SHUT_WR)
        atomic_store(&s->read_shut, true);
    if (how != IDEM_SHUT_RD)
        atomic_store(&s->write_shut, true);
    idem_selector_notice(s);
    return idem_os_shutdown(&s->os, how);
}

idem_error idem_shutdown(idem_socket *s, int how)
{
    idem_error err = idem_enter(s);

    return err ? err : idem_leave(s, shut(s, how));
}
