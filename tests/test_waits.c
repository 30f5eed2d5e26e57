/* Calls that wait: for as long as they were told when they began. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <math.h>

/* ---- What waits, and what lets it go on -------------------------------- */

typedef struct waiting {
    idem_socket *s;
    idem_socket *other;
    idem_address at;
    size_t filled;
} waiting;

static void begin_recv(waiting *w)
{
    w->s = stream_pair(&w->other);
}

static void send_one(waiting *w)
{
    CHECK_OK(idem_send(w->other, "x", 1, 0, NULL));
}

static void begin_recvfrom(waiting *w)
{
    w->s = bound_datagram(IDEM_AF_INET, &w->at);
    w->other = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_connect(w->other, &w->at));
}

static void begin_accept(waiting *w)
{
    w->s = listener(IDEM_AF_INET, &w->at);
    w->other = open_stream(IDEM_AF_INET);
}

static void connect_one(waiting *w)
{
    CHECK_OK(idem_connect(w->other, &w->at));
}

static void begin_send(waiting *w)
{
    w->s = stream_pair(&w->other);
    w->filled = fill(w->s);
}

static void drain_all(waiting *w)
{
    drain(w->other, w->filled);
}

/* Poll for as long as the socket's own timeout. */
static idem_error run_poll_for(job *j)
{
    idem_pollfd one = { j->socket, IDEM_POLLIN, 0 };
    double seconds;
    idem_error err;

    CHECK_OK(idem_gettimeout(j->socket, &seconds));
    err = idem_poll(&one, 1, seconds, &j->count);
    return !err && j->count == 0 ? IDEM_ETIMEDOUT : err;
}

static const struct waiting_call {
    idem_error (*run)(job *j);
    void (*begin)(waiting *w);
    void (*go_on)(waiting *w);
} waiting_calls[] = {
    { run_recv, begin_recv, send_one },
    { run_recvfrom, begin_recvfrom, send_one },
    { run_accept, begin_accept, connect_one },
    { run_send, begin_send, drain_all },
    { run_poll_for, begin_recv, send_one },
};

/* Let it wait, do something meanwhile, and let it go on. */
static void check_waits(const struct waiting_call *call, double timeout,
                        void (*meanwhile)(idem_socket *s))
{
    waiting w = { 0 };
    job j;

    call->begin(&w);
    CHECK_OK(idem_settimeout(w.s, timeout));
    start_waiting(&j, call->run, w.s);
    if (meanwhile != NULL)
        meanwhile(w.s);
    call->go_on(&w);
    finish_job(&j, IDEM_OK);
    CHECK_OK(idem_close(w.s));
    CHECK_OK(idem_close(w.other));
}

/* ---- The timeout is changed meanwhile ---------------------------------- */

static void pass_time(double seconds)
{
    CHECK_OK(idem_poll(NULL, 0, seconds, NULL));
}

static void make_shorter(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, 0.01));
    pass_time(0.05);
    CHECK_OK(idem_setblocking(s, false));
    pass_time(0.05);
}

static void make_longer(idem_socket *s)
{
    CHECK_OK(idem_settimeout(s, 3600));
    CHECK_OK(idem_setblocking(s, true));
}

/* A call under way keeps the timeout it began with. */
static void test_changed(void)
{
    waiting w = { 0 };
    size_t i;
    job j;

    for (i = 0; i < CHECK_COUNT(waiting_calls); i++) {
        check_waits(&waiting_calls[i], IDEM_FOREVER, make_shorter);
        check_waits(&waiting_calls[i], 3600, make_shorter);
    }
    begin_recv(&w);
    CHECK_OK(idem_settimeout(w.s, 2));
    start_waiting(&j, run_recv, w.s);
    make_longer(w.s);
    finish_job(&j, IDEM_ETIMEDOUT);
    CHECK_OK(idem_close(w.s));
    CHECK_OK(idem_close(w.other));
}

/* ---- Very long --------------------------------------------------------- */

/* More than 31 or 32 bits of milliseconds, or 63 of nanoseconds, can hold. Cut
 * off, there is nothing left, or less. */
static void test_long(void)
{
    static const double seconds[] = { 2147484, 4294967.296, 9223372037, 1e300,
                                      INFINITY };
    size_t i, k;

    for (i = 0; i < CHECK_COUNT(waiting_calls); i++) {
        for (k = 0; k < CHECK_COUNT(seconds); k++)
            check_waits(&waiting_calls[i], seconds[k], NULL);
    }
}

/* The same for connect: the one who was next in line before, then us. */
static void test_long_connect(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    full_listener f;
    job j;

    fill_listener(&f);
    j.to = f.at;
    CHECK_OK(idem_settimeout(s, 4294968));
    start_waiting(&j, run_connect, s);
    make_room(&f);
    make_room(&f);
    finish_job(&j, IDEM_OK);
    CHECK_OK(idem_close(s));
    close_full_listener(&f);
}

static const check_case cases[] = {
    CASE(changed),
    CASE(long),
    CASE(long_connect),
};

CHECK_MAIN("waits")
