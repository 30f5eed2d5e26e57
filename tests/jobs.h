/* Calls that wait, each in a thread of its own. */
#ifndef JOBS_H
#define JOBS_H

#include "check.h"
#include "peers.h"
#include "support.h"

typedef struct job {
    idem_error (*run)(struct job *job);
    idem_socket *socket;
    idem_address to; /* of run_connect(); from whom, of run_recvfrom() */
    void *context;   /* of other jobs */
    idem_error result;
    size_t count;
    support_thread *thread;
} job;

/* What run_sendall() sends. */
#define JOB_BIG ((size_t)64 * 1024 * 1024)

/* One call, in the thread that asks. */
idem_error run_accept(job *j);
idem_error run_connect(job *j);
idem_error run_recv(job *j);
idem_error run_recvfrom(job *j);
idem_error run_recv_all(job *j); /* IDEM_MSG_WAITALL, for 10 bytes */
idem_error run_send(job *j);
idem_error run_sendall(job *j);
idem_error run_poll(job *j);
idem_error run_select(job *j); /* in a selector made for it */

/* The same in a thread of its own. */
void start_job(job *j, idem_error (*run)(job *), idem_socket *s);

/* Start, and wait until the call waits. */
void start_waiting(job *j, idem_error (*run)(job *), idem_socket *s);

/* Wait for its end, and check its result. */
void finish_job(job *j, idem_error want);

/* A select for one event, in somebody's selector. */
typedef struct sleeper {
    idem_selector *sel;
    idem_event event;
    size_t count;
    idem_error err;
    support_thread *thread;
} sleeper;

/* Start, and wait until it waits. */
void fall_asleep(sleeper *z, idem_selector *sel);

/* Wait for its end: it tells s, with these events. */
void check_woken(sleeper *z, const idem_socket *s, unsigned events);

/* ---- Chance ------------------------------------------------------------ */

/* Any number below n, from a state that is not 0; always the same ones. */
uint32_t any(uint32_t *state, uint32_t n);

/* ---- Moments ----------------------------------------------------------- */

/* A race is sought, not slept for: those who take part meet, and then let a
 * moment pass, each time another one. begin_moments() prints the seed of their
 * lengths; IDEM_TEST_SEED in the environment is one to begin with. */
void begin_moments(void);

/* Whether there is another round after so many: a thousand in all; under Wine,
 * where each call asks the server and a thread is milliseconds in coming, as
 * many as is bearable. */
bool another_round(int after, int under_wine);

/* Wait until `count` threads have called this since they last met. */
void meet(int count);

/* Spin, mostly for less than a call takes, at most for a tenth of a
 * millisecond or so. */
void moment(void);

#endif /* JOBS_H */
