/* The operations of the matrix. Each one also looks at what it got beside the
 * code and the count. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "matrix.h"

void do_bind(scene *sc, const operation *op, outcome *out);
void do_listen(scene *sc, const operation *op, outcome *out);
void do_accept(scene *sc, const operation *op, outcome *out);
void do_connect(scene *sc, const operation *op, outcome *out);
void do_connect_ex(scene *sc, const operation *op, outcome *out);
void do_shutdown(scene *sc, const operation *op, outcome *out);
void do_recv(scene *sc, const operation *op, outcome *out);
void do_recvfrom(scene *sc, const operation *op, outcome *out);
void do_send(scene *sc, const operation *op, outcome *out);
void do_sendall(scene *sc, const operation *op, outcome *out);
void do_sendto(scene *sc, const operation *op, outcome *out);
void do_getsockname(scene *sc, const operation *op, outcome *out);
void do_getpeername(scene *sc, const operation *op, outcome *out);
void do_take_error(scene *sc, const operation *op, outcome *out);
void do_kind(scene *sc, const operation *op, outcome *out);
void do_fileno(scene *sc, const operation *op, outcome *out);
void do_settimeout(scene *sc, const operation *op, outcome *out);
void do_gettimeout(scene *sc, const operation *op, outcome *out);
void do_setblocking(scene *sc, const operation *op, outcome *out);
void do_getblocking(scene *sc, const operation *op, outcome *out);
void do_nodelay(scene *sc, const operation *op, outcome *out);
void do_ttl(scene *sc, const operation *op, outcome *out);
void do_buffer(scene *sc, const operation *op, outcome *out);
void do_linger(scene *sc, const operation *op, outcome *out);
void do_keepalive(scene *sc, const operation *op, outcome *out);
void do_setsockopt(scene *sc, const operation *op, outcome *out);
void do_getsockopt(scene *sc, const operation *op, outcome *out);
void do_dup(scene *sc, const operation *op, outcome *out);
void do_inherit(scene *sc, const operation *op, outcome *out);
void do_share(scene *sc, const operation *op, outcome *out);
void do_detach(scene *sc, const operation *op, outcome *out);
void do_poll(scene *sc, const operation *op, outcome *out);
void do_select(scene *sc, const operation *op, outcome *out);
void do_cancel(scene *sc, const operation *op, outcome *out);
void do_close(scene *sc, const operation *op, outcome *out);
void do_sendmsg(scene *sc, const operation *op, outcome *out);
void do_sendmsg_to(scene *sc, const operation *op, outcome *out);
void do_send_batch(scene *sc, const operation *op, outcome *out);
void do_sendfile(scene *sc, const operation *op, outcome *out);
void do_recvmsg(scene *sc, const operation *op, outcome *out);
void do_recv_batch(scene *sc, const operation *op, outcome *out);
void do_read(scene *sc, const operation *op, outcome *out);
void do_write(scene *sc, const operation *op, outcome *out);

/* Returns at, or NULL where the place is a null pointer. */
const idem_address *place_find(const scene *sc, place where, idem_address *at);

/* Anything but an address, and whether nothing is left of it. */
idem_address garbage(void);
bool is_zeroed(const idem_address *at);

#endif /* OPERATIONS_H */
