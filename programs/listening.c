/* Where clients come in. */
#include "server.h"

#include "disk.h"

#define SEND_SECONDS 1.0 /* for room to send a datagram; then it is lost */

enum {
    BACKLOG = 1024 /* who waits while others are served */
};

/* ---- The path of a Unix socket ----------------------------------------- */

/* Remove it if nobody listens there: a server that was killed has left it. A
 * file that is no socket refuses connections, too, and stays. False: the path
 * is still there. */
static bool remove_deserted(const settings *set)
{
    idem_socket *s;
    idem_error err = idem_open(IDEM_AF_UNIX, IDEM_SOCK_STREAM, 0, &s);

    if (!err)
        err = idem_connect(s, &set->at);
    idem_close(s);
    return err == IDEM_ECONNREFUSED
           && disk_remove_socket(set->unix_path) == NULL;
}

static idem_error bind_path(server *v)
{
    idem_error err = idem_bind(v->socket, &v->set.at);

    if (err == IDEM_EADDRINUSE && remove_deserted(&v->set))
        err = idem_bind(v->socket, &v->set.at);
    v->owns_path = !err;
    return err;
}

/* ---- Beginning and end ------------------------------------------------- */

static idem_error open_at(server *v, const idem_address *at)
{
    const int type = v->set.udp ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM;
    const bool local = at->family == IDEM_AF_UNIX;
    idem_error err = IDEM_EAFNOSUPPORT;

    if (!local || idem_has(IDEM_HAS_UNIX))
        err = idem_open(at->family, type, 0, &v->socket);
    if (!err && v->set.dual)
        err = idem_set_v6only(v->socket, false);
    if (!err)
        err = local ? bind_path(v) : idem_bind(v->socket, at);
    if (!err && v->set.udp)
        err = idem_settimeout(v->socket, SEND_SECONDS);
    else if (!err)
        err = idem_listen(v->socket, BACKLOG);
    return err;
}

idem_error listening_start(server *v, idem_address *at)
{
    const idem_error err = open_at(v, at);

    return err ? err : idem_getsockname(v->socket, at);
}

void listening_end(server *v)
{
    idem_close(v->socket);
    v->socket = NULL;
    if (v->owns_path)
        (void)remove_deserted(&v->set); /* or another server has taken it */
    v->owns_path = false;
}
