/* What many cases begin with: sockets on loopback, and places to go. */
#ifndef PEERS_H
#define PEERS_H

#include "check.h"
#include "idemsock.h"

/* The loopback address of a family, with a port or 0; of IDEM_AF_UNIX, a path
 * that does not exist yet. */
idem_address loopback(int family, int port);

/* Remove the paths that were given out. A case does, at its end. */
void remove_paths(void);

/* The same for those given out since paths_given() said so many. */
int paths_given(void);
void remove_paths_since(int before);

/* The wildcard address of a family. */
idem_address wildcard(int family, int port);

/* An IPv4 address that no machine has. */
idem_address foreign_address(void);

/* s is connected to that place, and knows it. */
void check_peer(idem_socket *s, const idem_address *want);

/* Skip the case where there is no ::1. */
void need_ipv6(void);

/* Skip the case where there are no Unix sockets of this type. */
void need_unix(int type);

idem_socket *open_stream(int family);
idem_socket *open_datagram(int family);

/* Kinds of sockets, for tables of those that have something. */
enum {
    KIND_TCP4 = 1,
    KIND_TCP6 = 2,
    KIND_UDP4 = 4,
    KIND_UDP6 = 8
};

idem_socket *open_kind(unsigned kind);

/* A listener, or a bound datagram socket, on a free loopback port. */
idem_socket *listener(int family, idem_address *at);
idem_socket *bound_datagram(int family, idem_address *at);

/* A port where nobody listens, kept from others as long as it is open. */
idem_socket *closed_port(int family, idem_address *at);

/* Connected; *accepted is the other end. */
idem_socket *stream_pair(idem_socket **accepted);
idem_socket *stream_pair_on(int family, idem_socket **accepted);

/* What goes in at a comes out at b. */
void check_passes(idem_socket *a, idem_socket *b);

/* The native handle, taken out of s. */
intptr_t detached(idem_socket *s);

/* The peer of s, which is `other`, resets the connection and is closed; s has
 * been told when this returns. */
void reset_from(idem_socket *other, idem_socket *s);

/* Wait until s has something to receive, or to accept. */
void await_input(idem_socket *s);

/* Whether s has, now. */
bool has_input(idem_socket *s);

/* Send as much as goes without waiting; returns how much that was. */
size_t fill(idem_socket *s);

/* Receive exactly n bytes, whatever they are. */
void drain(idem_socket *s, size_t n);

/* A listener whose queue is full, and who waits to get in: a stream whose
 * connect stays under way. Skips where the system refuses instead. */
typedef struct full_listener {
    idem_address at;
    idem_socket *listener;
    idem_socket *inside[16];
    size_t count;
} full_listener;

void fill_listener(full_listener *f);
void fill_listener_on(full_listener *f, int family);
void close_full_listener(full_listener *f);

/* Let the next one in. */
void make_room(full_listener *f);

/* Bytes that tell whether any got lost, doubled or swapped. */
void write_pattern(unsigned char *buf, size_t n, uint64_t from);
bool is_pattern(const unsigned char *buf, size_t n, uint64_t from);

#endif /* PEERS_H */
