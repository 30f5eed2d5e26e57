/* For libraries with calls that wait: the workloads on one connection, and what
 * a library has to provide for them. Every call ends the program when it fails.
 */
#ifndef BLOCKING_H
#define BLOCKING_H

#include "bench.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A socket: its descriptor, or a pointer. */
typedef intptr_t peer;

/* ---- The workloads ----------------------------------------------------- */

#define BLOCKING_WORKLOADS                                                     \
    { "echo", blocking_echo }, { "sink", blocking_sink },                      \
        { "pingpong", blocking_pingpong }, { "ready", blocking_ready },        \
        { "bulk", blocking_bulk }, { "rate", blocking_rate },                  \
        { "refused", blocking_refused },                                       \
    {                                                                          \
        "idle", blocking_idle                                                  \
    }

/* Servers for one client at a time: sends back what comes; acknowledges the end
 * of what comes by a byte. */
void blocking_echo(const bench_task *t);
void blocking_sink(const bench_task *t);

void blocking_pingpong(const bench_task *t); /* send, and receive as much */
void blocking_ready(const bench_task *t);    /* receive what is there already */
void blocking_bulk(const bench_task *t);     /* send to the sink */
void blocking_rate(const bench_task *t);     /* connect, one ping-pong, close */
void blocking_refused(const bench_task *t);  /* connect where nobody listens */
void blocking_idle(const bench_task *t);     /* start, and do nothing */

/* For libraries that can send a file: the whole of it, to the sink. */
void blocking_file(const bench_task *t);

/* For libraries that can send a datagram to an address: batches are sent, then
 * received, by two sockets of one thread. */
void blocking_datagrams(const bench_task *t);

/* Start the client, and connect. */
peer blocking_connected(const bench_task *t);

void blocking_receive(peer c, char *buf, size_t size); /* all of it */

/* ---- The library ------------------------------------------------------- */

/* The mode of the task is the library's to look at. */
void peer_start(const bench_task *t);

/* The address that peer_connect() connects to, and peer_send_to() sends to. */
void peer_aim(const char *host, int port);

/* False: refused. */
bool peer_connect(peer *out);
void peer_send(peer c, const void *data, size_t len); /* all of it */
size_t peer_recv(peer c, void *buf, size_t cap);      /* 0: the end */
void peer_finish(peer c);                             /* send no more */
void peer_close(peer c);

void peer_send_file(peer c, const char *path); /* all of it */

peer peer_listen(int *port);
peer peer_accept(peer listener);

/* On the loopback address. */
peer peer_datagram(int *port);
void peer_send_to(peer c, const void *data, size_t len);
size_t peer_recv_from(peer c, void *buf, size_t cap);

#ifdef __cplusplus
}
#endif

#endif /* BLOCKING_H */
