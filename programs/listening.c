/* Where clients come in. */
#include "server.h"

#define SEND_SECONDS 1.0 /* for room to send a datagram; then it is lost */

enum {
    BACKLOG = 1024 /* who waits while others are served */
};

static idem_error open_at(server *v, const idem_address *at)
{
    const int type = v->set.udp ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM;
    idem_error err = idem_open(at->family, type, 0, &v->socket);

    if (!err && v->set.dual)
        err = idem_set_v6only(v->socket, false);
    if (!err)
        err = idem_bind(v->socket, at);
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
}
