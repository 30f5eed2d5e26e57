/* The clients for libraries with callbacks. */
#include "evented.h"

#include <string.h>

static const bench_task *task;
static bool pingpong;
static bool bulk;
static bool rate;
static bool refused;
static size_t have; /* of the answer */
static long done;   /* operations; negative while warming up */

static bool is(const char *work)
{
    return strcmp(task->work, work) == 0;
}

static evented_step end(void)
{
    bench_stop();
    bench_say_result(done);
    return EVENTED_END;
}

evented_step evented_begin(const bench_task *t)
{
    task = t;
    pingpong = is("pingpong");
    bulk = is("bulk");
    rate = is("rate");
    refused = is("refused");
    done = pingpong ? -BENCH_WARM : 0;
    bench_go();
    return is("idle") ? end() : EVENTED_CONNECT;
}

static evented_step connected(void)
{
    if (refused)
        bench_fail("connect: not refused");
    if (bulk)
        bench_go();
    return EVENTED_SEND;
}

static evented_step sent(void)
{
    if (!bulk)
        return EVENTED_WAIT;
    return ++done < task->count ? EVENTED_SEND : EVENTED_FINISH;
}

static evented_step received(size_t n)
{
    if (bulk)
        return end();
    have += n;
    if (have < task->size)
        return EVENTED_WAIT;
    have = 0;
    if (rate)
        return EVENTED_CLOSE;
    done++;
    if (done == 0)
        bench_go();
    return done < task->count ? EVENTED_SEND : end();
}

static evented_step closed(void)
{
    return ++done < task->count ? EVENTED_CONNECT : end();
}

evented_step evented_next(evented_event event, size_t n)
{
    switch (event) {
    case EVENTED_CONNECTED:
        return connected();
    case EVENTED_REFUSED:
        if (!refused)
            bench_fail("connect: refused");
        return EVENTED_CLOSE;
    case EVENTED_SENT:
        return sent();
    case EVENTED_RECEIVED:
        return received(n);
    case EVENTED_CLOSED:
        return closed();
    }
    return EVENTED_END;
}
