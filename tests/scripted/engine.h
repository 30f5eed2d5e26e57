/* What the functions of os.h are answered with. */
#ifndef ENGINE_H
#define ENGINE_H

#include "scripted.h"

/* The clock never gets there. */
#define SCRIPT_FOREVER INT64_MAX

/* The operation's next answer; IDEM_OK and 0 when there is none. */
const script_answer *script_peek(script_op op);

/* When the next answer of op comes, or the one after so many others, in ns; the
 * far future when none does. */
int64_t script_arrival(script_op op);
int64_t script_arrival_after(script_op op, size_t others);

/* An attempt at op, which may wait for its answer within its patience. */
idem_error script_attempt(script_op op, idem_deadline *d, size_t *count);

/* Move the clock, and look so far ahead of it. */
void script_pass_time(int64_t until_ns);
int64_t script_later(int64_t ns);

/* Run the threads that have their answers by then, in the order in which they
 * were started. */
void script_run_workers(int64_t until_ns);

#endif /* ENGINE_H */
