/* idem-server: what its parts know of each other. One thread serves everybody,
 * and waits in one place only, the loop in serving.c. */
#ifndef IDEM_SERVER_H
#define IDEM_SERVER_H

#include "options.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>

#define PROGRAM "idem-server"
#define NEVER ((double)INFINITY) /* as a moment, and as a duration */

enum {
    MESSAGE_LIMIT = 1024, /* bytes of one receive, as in the document */
    PIECE_LIMIT = 65536   /* the same of a file */
};

typedef struct settings {
    idem_address at;
    const char *unix_path; /* NULL: a port */
    const char *save_to;   /* directory; NULL: nothing is saved */
    const char *reply;
    size_t reply_len;
    size_t max_clients;
    double idle_timeout; /* seconds, or NEVER */
    bool dual;
    bool echo;
    bool udp;
    bool once;
    bool stats;
    bool quiet;
} settings;

typedef struct upload upload; /* saving.c */

/* Somebody who is connected. Whoever says nothing costs this much, for what
 * arrives has one buffer for all. */
typedef struct client {
    idem_socket *socket;
    struct client *before; /* in its queue */
    struct client *behind;
    double since;   /* its last sign of life; when leaving, the start of that */
    char *answer;   /* what it has not taken yet; NULL: it took everything */
    size_t to_send; /* bytes of that */
    size_t sent;    /* of them */
    upload *upload; /* --save-to: the file that comes in; NULL: none yet */
    uint64_t number; /* the first one is 1 */
    bool leaving;    /* gets its answer, but is not heard any more */
} client;

/* Clients in the order of their times: the first is the next to expire. */
typedef struct queue {
    client *first;
    client *last;
} queue;

/* What was done since the last line of --stats. */
typedef struct traffic {
    uint64_t messages;
    uint64_t received; /* bytes */
    uint64_t sent;     /* bytes */
} traffic;

typedef struct server {
    settings set;
    idem_socket *socket; /* listens, or takes the datagrams */
    bool owns_path;      /* and made that of a Unix socket */
    idem_selector *selector;
    double now; /* the clock, once a round */

    queue staying;
    queue leaving;
    size_t count;      /* of both */
    uint64_t welcomed; /* ever */

    bool paused;      /* nobody is welcomed for now */
    bool full;        /* and this was told */
    double resume_at; /* if nobody leaves before */

    atomic_bool stop_wanted; /* set by another thread */
    bool ended;              /* a conversation has */
    bool stopping;
    double leave_at; /* when stopping: without whoever is left */

    traffic traffic;
    double counted_from;
    double report_at;
    int report_width; /* of the line that stands on the terminal; 0: none */

    char received[PIECE_LIMIT];
} server;

static inline double earlier(double a, double b)
{
    return a < b ? a : b;
}

/* ---- serving.c --------------------------------------------------------- */

/* Serve until told to stop; STATUS_DONE, or what failed is said. */
status serve(server *v);

/* ---- listening.c ------------------------------------------------------- */

/* Get the port. *at is what was really given, or what could not be. */
idem_error listening_start(server *v, idem_address *at);

void listening_end(server *v);

/* ---- welcome.c --------------------------------------------------------- */

/* Take some of those who wait, or pause. */
void welcome(server *v);

/* Somebody has left, or the pause is over. */
void welcome_again(server *v);

/* ---- clients.c --------------------------------------------------------- */

/* Let s in; it is closed on failure. */
idem_error client_enter(server *v, idem_socket *s);

/* The client is ready for something: do a bounded piece of work with it. */
void client_turn(server *v, client *c);

/* Answer; what it does not take at once is kept for it. False: told to have
 * failed. pre: it has taken all of the last answer. */
bool client_answer(server *v, client *c, const char *text, size_t len);

/* Have it leave once it has its answer. */
void client_leave(server *v, client *c);

/* Whether it has said something that nobody has heard yet. */
bool client_is_unheard(const client *c);

void client_dismiss(server *v, client *c);

/* What to call it: "127.0.0.1:50123", or "client 7". */
void client_name(const client *c, char name[IDEM_ADDRESS_TEXT]);

/* When the next one expires; see to those who have. */
double clients_expire_at(const server *v);
void clients_expire(server *v);

/* ---- dialogue.c -------------------------------------------------------- */

/* A message of a client, the first len bytes received; 0 is the end of them.
 * False: the conversation is over. */
bool dialogue_hear(server *v, client *c, size_t len);

bool dialogue_is_goodbye(const char *message, size_t len);

/* What to answer. */
const char *dialogue_reply(const server *v, const char *message, size_t len,
                           size_t *reply_len);

/* ---- saving.c ---------------------------------------------------------- */

/* Whether files can be saved; if not, it is said why. */
bool saving_can(const server *v);

/* A piece of what a client sends, as dialogue_hear(). */
bool saving_hear(server *v, client *c, size_t len);

/* The server stops: have the client leave without its file. */
void saving_interrupt(server *v, client *c);

/* The client leaves: of a file that is not complete nothing stays. */
void saving_end(server *v, client *c);

/* ---- datagrams.c ------------------------------------------------------- */

/* Answer some of those that have arrived. False: it is said why no more can. */
bool datagrams_turn(server *v);

/* ---- report.c ---------------------------------------------------------- */

/* Print what happens to whom: "127.0.0.1:50123 said 2 bytes". That a line
 * cannot be written ends nothing; a reader who lets the output fill holds up
 * all. */
OPTIONS_PRINTF(3)
void tell(server *v, const idem_address *who, const char *format, ...);

OPTIONS_PRINTF(3)
void tell_of(server *v, const client *c, const char *format, ...);

/* The line of --stats: begin; print it when it is due; take it away before
 * something else is printed. */
void report_start(server *v);
void report(server *v);
void report_hide(server *v);

#endif /* IDEM_SERVER_H */
