/* The script: its answers, its clock, its threads. */
#include "engine.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

script_state script;

void script_reset(void)
{
    CHECK_EQ(script_open_count(), 0);
    CHECK_EQ(script.workers, script.workers_ended);
    memset(&script, 0, sizeof(script));
    script.now_ns = SCRIPT_T0_MS * MS;
}

void script_add(script_op op, idem_error err, size_t count, int64_t at_ms)
{
    const script_answer answer = { err, count, at_ms };

    CHECK(script.answer_count[op] < SCRIPT_MAX);
    script.answers[op][script.answer_count[op]++] = answer;
}

void script_connect(int number, idem_error err, int64_t at_ms)
{
    CHECK(number < SCRIPT_TARGETS);
    script.targets[number] = (script_target){ true, err, at_ms };
}

int script_open_count(void)
{
    int count = 0;
    int i;

    for (i = 0; i < SCRIPT_SOCKETS; i++)
        count += script.sockets[i].open;
    return count;
}

int64_t script_elapsed_ns(void)
{
    return script.now_ns - SCRIPT_T0_MS * MS;
}

void *script_malloc(size_t size)
{
    return script.no_memory ? NULL : (malloc)(size);
}

void *script_calloc(size_t count, size_t size)
{
    return script.no_memory ? NULL : (calloc)(count, size);
}

const script_answer *script_peek(script_op op)
{
    static script_answer none;
    const size_t i = script.calls[op];

    if (i < script.answer_count[op])
        return &script.answers[op][i];
    return &none;
}

idem_error script_next(script_op op)
{
    const idem_error err = script_peek(op)->err;

    script.calls[op]++;
    return err ? idem_os_fail(1000 + (int)op, err) : IDEM_OK;
}

int64_t script_arrival_after(script_op op, size_t others)
{
    /* calls[] counts answers given here, not attempts. */
    const size_t i = script.calls[op] + others;

    if (i >= script.answer_count[op])
        return SCRIPT_FOREVER;
    return (SCRIPT_T0_MS + script.answers[op][i].at_ms) * MS;
}

int64_t script_arrival(script_op op)
{
    return script_arrival_after(op, 0);
}

void script_pass_time(int64_t until_ns)
{
    if (until_ns > script.now_ns)
        script.now_ns = until_ns;
}

int64_t script_later(int64_t ns)
{
    return script.now_ns > SCRIPT_FOREVER - ns ? SCRIPT_FOREVER
                                               : script.now_ns + ns;
}

/* How long an attempt may wait for its answer. */
static int64_t patience_until(idem_deadline *d)
{
    int64_t left;

    if (script.patience == PATIENCE_NONE || d->timeout_ns == 0)
        return script.now_ns;
    left = idem_deadline_left(d);
    if (script.patience == PATIENCE_SOME && (left < 0 || left > 7 * MS))
        left = 7 * MS;
    return left < 0 ? SCRIPT_FOREVER : script_later(left);
}

idem_error script_attempt(script_op op, idem_deadline *d, size_t *count)
{
    int64_t until;
    idem_error err;

    *count = 0;
    CHECK(script.attempts < SCRIPT_MAX);
    script.timeout_ns[script.attempts++] = d->timeout_ns;
    if (script.on_attempt != NULL)
        script.on_attempt();
    until = patience_until(d);
    if (script_arrival(op) > until) {
        CHECK(until < SCRIPT_FOREVER); /* waits for what never comes */
        script_pass_time(until);
        return idem_os_fail(1, IDEM_EWOULDBLOCK);
    }
    script_pass_time(script_arrival(op));
    *count = script_peek(op)->count;
    err = script_peek(op)->err;
    script.calls[op]++;
    return err ? idem_os_fail(2, err) : IDEM_OK;
}

/* ---- Threads ----------------------------------------------------------- */

/* A thread is a promise to answer: it is kept by whoever waits when the time
 * has come. */
idem_error idem_os_start_worker(void)
{
    const idem_error err = script_next(OP_WORKER);

    if (err)
        return err;
    CHECK(script.workers < SCRIPT_WORKERS);
    script.worker_ns[script.workers] =
        script_arrival_after(OP_RESOLVE, script.workers - script.workers_ended);
    script.workers++;
    return IDEM_OK;
}

void script_run_workers(int64_t until_ns)
{
    while (script.workers_ended < script.workers
           && script.worker_ns[script.workers_ended] <= until_ns) {
        script.workers_ended++;
        idem_lookup_work();
    }
}

void script_end_workers(void)
{
    script_run_workers(SCRIPT_FOREVER);
}
