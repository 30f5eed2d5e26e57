/* For libraries with callbacks: the clients on one connection, as a machine.
 * The program reports what happened, and does what it is told. */
#ifndef EVENTED_H
#define EVENTED_H

#include "bench.h"

typedef enum evented_event {
    EVENTED_CONNECTED,
    EVENTED_REFUSED,
    EVENTED_SENT,
    EVENTED_RECEIVED,
    EVENTED_CLOSED
} evented_event;

typedef enum evented_step {
    EVENTED_WAIT,
    EVENTED_CONNECT, /* a new connection */
    EVENTED_SEND,    /* one message */
    EVENTED_FINISH,  /* send no more */
    EVENTED_CLOSE,
    EVENTED_END /* of the program: the result is said */
} evented_step;

/* The clients: what a program puts in its list, and runs for all of them. */
#define EVENTED_CLIENTS(run)                                                   \
    { "pingpong", (run) }, { "bulk", (run) }, { "rate", (run) },               \
        { "refused", (run) },                                                  \
    {                                                                          \
        "idle", (run)                                                          \
    }

/* The first step. */
evented_step evented_begin(const bench_task *t);

/* n: bytes received. */
evented_step evented_next(evented_event event, size_t n);

#endif /* EVENTED_H */
