/* A platform that answers by a script, with a clock that moves only when the
 * library waits: what the library makes of the answers is exact, and takes no
 * time. A case fills in `script` and reads there what was asked. */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "os.h"

#include <stdatomic.h>

#define SCRIPT_MAX 64
#define SCRIPT_SOCKETS 32
#define SCRIPT_WIRE 4096
#define SCRIPT_TARGETS 8
#define SCRIPT_WORKERS 128

/* Handles of files. */
#define SCRIPT_FILE 7
#define SCRIPT_PIPE 8
#define MS 1000000LL /* in nanoseconds */

/* The local port of a socket: this, and its row. Their peer's. */
#define SCRIPT_PORT 4000
#define SCRIPT_PEER 5000

/* The clock at the start of a case: nothing may count on a clock of 0. */
#define SCRIPT_T0_MS 5

/* The functions of os.h that answer by the script. */
typedef enum script_op {
    OP_OPEN,
    OP_ACCEPT,
    OP_CONNECT,
    OP_CONNECTED,
    OP_SHUTDOWN,
    OP_RECV,
    OP_RECVFROM,
    OP_SEND,
    OP_SENDTO,
    OP_RECVMSG,
    OP_SENDMSG,
    OP_SENDFILE,
    OP_READ,
    OP_POLL,
    OP_SET_BLOCKING,
    OP_ADOPT,
    OP_DUP,
    OP_CLOSE,
    OP_BIND,
    OP_RESOLVE,
    OP_SET_OPTION,
    OP_SET_KEEPALIVE,
    OP_SELECTOR_OPEN,
    OP_SELECTOR_ADD,
    OP_SELECTOR_MODIFY,
    OP_WORKER,
    OP_COUNT
} script_op;

/* How much of its patience an attempt uses. */
typedef enum script_patience {
    PATIENCE_NONE,
    PATIENCE_SOME, /* 7 ms, then "would block" */
    PATIENCE_ALL
} script_patience;

/* One answer of an operation. Until at_ms after the start of the case it "would
 * block", where it may; then it is given, once. */
typedef struct script_answer {
    idem_error err;
    size_t count; /* bytes, of several messages messages; addresses found; or
                     the port that was accepted */
    int64_t at_ms;
} script_answer;

/* What becomes of an attempt to connect to the target of that number, at_ms
 * after it began; a negative time: nothing ever does. */
typedef struct script_target {
    bool known;
    idem_error err;
    int64_t at_ms;
} script_target;

typedef struct script_socket {
    const script_target *target; /* that it connects to */
    int64_t connect_ns;          /* when that is decided */
    bool open;
    bool blocking;
    atomic_bool woken;
    bool has_peer;
    bool inheritable;
    int port;
    idem_os_kind kind;
} script_socket;

typedef struct script_state {
    /* Filled in by the case, */
    script_answer answers[OP_COUNT][SCRIPT_MAX];
    size_t answer_count[OP_COUNT];
    script_target targets[SCRIPT_TARGETS]; /* of hosts by name: 1 and up */
    const char *families; /* of these: '4' or '6' each; NULL is all '4' */
    script_patience patience;
    int64_t false_alarm_ms; /* a wait ends after this long for nothing; 0: no */
    bool until_woken;       /* a wait lasts until idem_os_wake() */
    bool no_memory;         /* there is none any more */
    idem_error pending;     /* of idem_os_take_error() */
    bool no_segments;       /* the system cuts no messages, */
    bool no_sendfile;       /* and sends no files */
    bool has_abstract;      /* of names of Unix sockets */
    void (*on_wait)(void);  /* runs in every wait, */
    void (*on_attempt)(void); /* and in every attempt of a transfer */
    /* and by the platform. */
    size_t calls[OP_COUNT];
    int64_t asked_ms[SCRIPT_MAX]; /* by waits; -1 is for ever */
    size_t waits;
    int64_t timeout_ns[SCRIPT_MAX]; /* that attempts were given */
    size_t attempts;
    size_t clock_reads;
    int64_t begun_ms[SCRIPT_TARGETS];  /* the attempt at each target */
    char order[SCRIPT_TARGETS];        /* of the attempts, in digits */
    int64_t worker_ns[SCRIPT_WORKERS]; /* when each thread has its answer */
    size_t workers;                    /* threads that were started, */
    size_t workers_ended;              /* and came back */
    unsigned polled_events;            /* of the last wait */
    int last_flags;                    /* of the last transfer */
    int last_backlog;
    int last_family;                 /* of the last host looked up */
    idem_address last_to;            /* of the last connect, sendto, bind */
    unsigned char wire[SCRIPT_WIRE]; /* what streams and messages have sent */
    size_t wire_length;
    size_t datagrams[SCRIPT_MAX]; /* the lengths of messages sent */
    size_t datagram_count;
    int64_t now_ns;
    script_socket sockets[SCRIPT_SOCKETS];
} script_state;

extern script_state script;

/* Begin a case: nothing open, nothing to say. */
void script_reset(void);

/* Answer an operation that does not wait; IDEM_OK when no answer is left. */
idem_error script_next(script_op op);

/* A new row of the table. */
int script_new_row(int family, int type, int protocol);

/* The operation's next answer. */
void script_add(script_op op, idem_error err, size_t count, int64_t at_ms);

/* What becomes of an attempt at a target: see script_target. */
void script_connect(int number, idem_error err, int64_t at_ms);

/* Let the threads that still ask have their answers, whatever these are. */
void script_end_workers(void);

/* Handles that are open. */
int script_open_count(void);

/* Since the start of the case. */
int64_t script_elapsed_ns(void);

/* Those of the library, which is built with their names replaced. */
void *script_malloc(size_t size);
void *script_calloc(size_t count, size_t size);

/* An attempt at a transfer of at most len bytes. */
idem_error script_transfer(script_op op, size_t len, int flags,
                           idem_deadline *d, size_t *done);

/* What is sent is kept, in order. */
void script_put_on_wire(const void *data, size_t size);

#endif /* SCRIPTED_H */
