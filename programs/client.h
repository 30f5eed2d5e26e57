/* What the files of idem-client share. */
#ifndef IDEM_CLIENT_H
#define IDEM_CLIENT_H

#include "options.h"

#include <stdatomic.h>

#define PROGRAM "idem-client"

enum {
    PORT_LIMIT = 256,
    PLACE_TEXT = 320 /* bytes of what a message calls a server */
};

typedef struct settings {
    const char *host;
    int ports[PORT_LIMIT]; /* one, unless it is a probe */
    size_t port_count;
    const char *path; /* of a Unix socket, instead of host and port; or NULL */
    const char *file; /* to send; or NULL */
    double timeout;
    double wait; /* for a probe to succeed; 0: one attempt */
    bool udp;
    bool probe;
} settings;

/* ---- Connecting: connecting.c ------------------------------------------ */

/* The user's wish to stop, in whatever call it finds the program. Zero it. */
typedef struct wish {
    idem_canceller *canceller;
    _Atomic(idem_socket *) socket;
    atomic_bool come;
} wish;

/* Watch for it. False: it said why it cannot. */
bool wish_start(wish *w);

/* Watch no more. Before the socket is closed. */
void wish_end(wish *w);

/* A socket connected to where the settings say. w: NULL, or what may end it.
 * *out is for closing also when this fails. */
idem_error client_connect(const settings *set, wish *w, idem_socket **out);

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "/run/socket" */
void client_place(const settings *set, int port, char text[PLACE_TEXT]);

/* Say why that did not work. */
status client_unconnected(const settings *set, idem_error err);

/* ---- What it does ------------------------------------------------------ */

/* The document's dialogue: conversation.c. */
status converse(const settings *set);

/* Try to connect, and tell what comes of it: probe.c. */
status probe(const settings *set);

/* Send a file: sending.c. */
status send_file(const settings *set);

#endif /* IDEM_CLIENT_H */
