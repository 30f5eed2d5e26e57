/* Every call that may wait, in one table: a rule holds for all of them. */
#ifndef CALLS_H
#define CALLS_H

#include "scripted.h"

/* Bytes that each transfer is about. */
#define CALL_BYTES 10

typedef struct waiting_call {
    const char *name;
    script_op op;
    int type;       /* of the socket */
    bool connected; /* what it needs first; a listener for accept */
    bool whole;     /* an attempt may wait inside; not one for a part */
    bool after;     /* it needs the socket once more when it has ended */
    idem_error (*run)(idem_socket *s);
} waiting_call;

extern const waiting_call waiting_calls[];
extern const size_t waiting_call_count;

/* A fresh script, and a socket that is ready for the call. */
idem_socket *begin_call(const waiting_call *call, double timeout);

/* A fresh script and a connected stream. */
idem_socket *begin_stream(double timeout);

/* The call's next answer. */
void will(const waiting_call *call, idem_error err, int64_t at_ms);

/* Run the call and check its code; on a mismatch its name is printed. */
void check_call(const waiting_call *call, idem_socket *s, idem_error want);

/* Close s; nothing is left open. */
void end_call(idem_socket *s);

#endif /* CALLS_H */
