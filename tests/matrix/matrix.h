/* The matrix: every operation on a socket in every state it can be in.
 *
 * grid_*.c say what comes out, operations.c lists the operations, states.c
 * brings a socket into a state, and test_matrix.c is the one loop over all of
 * it. Each row starts from a new socket with timeout 0, so that waiting shows
 * as 10035.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "check.h"
#include "peers.h"

/* ---- What a row works with --------------------------------------------- */

/* Kept for all rows of a state. */
typedef struct stage {
    int family;
    bool stream;
    idem_socket *front; /* the listener that connected streams come from */
    idem_address front_at;
    idem_socket *target; /* somebody to connect and send to: of s's type */
    idem_address target_at;
    idem_socket *closed; /* a port where nobody is */
    idem_address closed_at;
    idem_socket *kept; /* a socket of all rows, and its peer */
    idem_socket *kept_peer;
    full_listener full; /* a place that does not answer, once needed */
    int paths;          /* that were given out for the stage itself */
} stage;

/* Made for one row. */
typedef struct scene {
    stage *on;
    idem_socket *s; /* the socket of the row */
    idem_socket *peer;
    idem_address peer_at;
} scene;

/* What came of an operation. */
typedef struct outcome {
    idem_error err;
    size_t count;    /* bytes, or 1 where something came out */
    bool has_events; /* of idem_poll(), or a selector */
    unsigned events;
} outcome;

/* What the fixtures send to s: the bytes '0' '1' '2' ... */
#define MATRIX_SHORT 5 /* fits into every buffer but a short one */
#define MATRIX_LONG 20 /* fits into none */
#define MATRIX_CAP 16  /* the buffer of most receives */
#define MATRIX_LESS 4  /* a short one */
#define MATRIX_MORE 8  /* one that WAITALL cannot fill with a short text */
extern const char matrix_text[MATRIX_LONG + 1];

/* ---- Operations -------------------------------------------------------- */

/* Where an operation goes. */
typedef enum place {
    PLACE_NULL,  /* a null pointer */
    PLACE_GOOD,  /* where somebody is */
    PLACE_FREE,  /* for the system to choose; of a Unix socket, a new path */
    PLACE_ZERO,  /* port 0; of a Unix socket, no name */
    PLACE_PATH,  /* a path that does not exist */
    PLACE_OTHER, /* of the other family */
    PLACE_FOREIGN,
    PLACE_TAKEN, /* a port in use */
    PLACE_CLOSED /* a port where nobody is */
} place;

typedef struct operation {
    const char *name;
    void (*run)(scene *sc, const struct operation *op, outcome *out);
    size_t size;
    int flags;
    place where;
    /* The row of the grid whose results it must give; NULL: it has its own. */
    const char *as_stream;
    const char *as_datagram;
} operation;

extern const operation matrix_operations[];
extern const size_t matrix_operation_count;

/* ---- States ------------------------------------------------------------ */

/* X(kind, name): in the order of the log. */
#define MATRIX_STATES(X)                                                       \
    X(stream, none)                                                            \
    X(stream, fresh)                                                           \
    X(stream, bound)                                                           \
    X(stream, listening)                                                       \
    X(stream, pending)                                                         \
    X(stream, connecting)                                                      \
    X(stream, arrived)                                                         \
    X(stream, refused)                                                         \
    X(stream, failed)                                                          \
    X(stream, timed_out)                                                       \
    X(stream, connected)                                                       \
    X(stream, accepted)                                                        \
    X(stream, data)                                                            \
    X(stream, last)                                                            \
    X(stream, finished)                                                        \
    X(stream, closed)                                                          \
    X(stream, unread)                                                          \
    X(stream, reset)                                                           \
    X(stream, told)                                                            \
    X(stream, full)                                                            \
    X(stream, shut_rd)                                                         \
    X(stream, unwanted)                                                        \
    X(stream, shut_wr)                                                         \
    X(stream, shut_both)                                                       \
    X(stream, over)                                                            \
    X(stream, c_fresh)                                                         \
    X(stream, c_bound)                                                         \
    X(stream, c_listen)                                                        \
    X(stream, c_under)                                                         \
    X(stream, c_conn)                                                          \
    X(stream, c_data)                                                          \
    X(datagram, fresh)                                                         \
    X(datagram, bound)                                                         \
    X(datagram, waiting)                                                       \
    X(datagram, longer)                                                        \
    X(datagram, empty)                                                         \
    X(datagram, connected)                                                     \
    X(datagram, dead)                                                          \
    X(datagram, shut_rd)                                                       \
    X(datagram, unwanted)                                                      \
    X(datagram, shut_wr)                                                       \
    X(datagram, shut_both)                                                     \
    X(datagram, c_fresh)                                                       \
    X(datagram, c_conn)                                                        \
    X(datagram, c_data)

/* Those that a Unix socket can be in: its connect is never under way, and its
 * peer cannot reset. */
#define MATRIX_UNIX_STATES(X)                                                  \
    X(stream, fresh)                                                           \
    X(stream, bound)                                                           \
    X(stream, listening)                                                       \
    X(stream, pending)                                                         \
    X(stream, failed)                                                          \
    X(stream, connected)                                                       \
    X(stream, accepted)                                                        \
    X(stream, data)                                                            \
    X(stream, last)                                                            \
    X(stream, finished)                                                        \
    X(stream, closed)                                                          \
    X(stream, unread)                                                          \
    X(stream, full)                                                            \
    X(stream, shut_rd)                                                         \
    X(stream, unwanted)                                                        \
    X(stream, shut_wr)                                                         \
    X(stream, shut_both)                                                       \
    X(stream, over)                                                            \
    X(stream, c_fresh)                                                         \
    X(stream, c_bound)                                                         \
    X(stream, c_listen)                                                        \
    X(stream, c_conn)                                                          \
    X(stream, c_data)                                                          \
    X(datagram, fresh)                                                         \
    X(datagram, bound)                                                         \
    X(datagram, waiting)                                                       \
    X(datagram, longer)                                                        \
    X(datagram, empty)                                                         \
    X(datagram, connected)                                                     \
    X(datagram, dead)                                                          \
    X(datagram, shut_rd)                                                       \
    X(datagram, unwanted)                                                      \
    X(datagram, shut_wr)                                                       \
    X(datagram, shut_both)                                                     \
    X(datagram, c_fresh)                                                       \
    X(datagram, c_conn)                                                        \
    X(datagram, c_data)

typedef struct state {
    const char *kind; /* "stream" or "datagram" */
    const char *name;
    void (*make)(scene *sc);
} state;

extern const state matrix_states[];
extern const size_t matrix_state_count;

/* ---- The grid ---------------------------------------------------------- */

/* A part of the grid: a first line with the names of states, then a line per
 * operation. "*" is every state that the line has not named. grid_stream.c
 * explains the cells. */
typedef struct grid {
    const char *kind;
    bool local; /* of Unix sockets; else of both others */
    const char *const *lines;
    size_t count;
} grid;

/* Each ends with an entry without lines. */
extern const grid matrix_streams[];
extern const grid matrix_datagrams[];
extern const grid matrix_unix[];
extern const grid matrix_options[];

/* Why a cell has no result: the text of "(a)" is note 'a'. NULL: none such. */
const char *matrix_note(char letter);

/* What Wine lacks. */
typedef struct gap {
    int number;
    int below;  /* the first version without it, 0: none */
    int family; /* with this one only; 0: with both */
    const char *text;
} gap;

/* NULL: none such. */
const gap *matrix_gap(int number);

#endif /* MATRIX_H */
