/* Ended at any moment: before, at, and after the beginning of a call. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "strangers.h"
#include "support.h"

#include <stdatomic.h>

/* ---- Two threads, side by side ----------------------------------------- */

/* One begins a call, the other cancels it: a moment after both have met, or
 * after the one has begun. */
static job runner_job;
static atomic_int begun; /* rounds */

static void run_rounds(void *arg)
{
    (void)arg;
    meet(2);
    while (runner_job.run != NULL) {
        moment();
        /* Relaxed: the flag must not put in order what the library does not. */
        atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed);
        runner_job.result = runner_job.run(&runner_job);
        meet(2);
        meet(2);
    }
}

static support_thread *begin_rounds(void)
{
    begin_moments();
    atomic_store(&begun, 0);
    return support_start(run_rounds, NULL);
}

static void end_rounds(support_thread *t)
{
    runner_job.run = NULL;
    meet(2);
    support_join(t);
}

/* Returns what the call answered. */
static idem_error race_with_cancel(idem_error (*run)(job *), idem_socket *s)
{
    const int before = atomic_load(&begun);

    runner_job.run = run;
    runner_job.socket = s;
    meet(2);
    while (before % 2
           && atomic_load_explicit(&begun, memory_order_relaxed) == before)
        support_relax();
    moment();
    CHECK_OK(idem_cancel(s));
    meet(2);
    return runner_job.result;
}

static void race(idem_error (*run)(job *), idem_socket *s)
{
    CHECK_ERR(race_with_cancel(run, s), IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

/* ---- The calls --------------------------------------------------------- */

static void test_stream(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    int i;

    for (i = 0; another_round(i, 500); i++) {
        idem_socket *client = open_stream(IDEM_AF_INET);
        idem_socket *server;

        CHECK_OK(idem_connect(client, &at));
        CHECK_OK(idem_accept(door, &server, NULL));
        race(run_recv, client);
        CHECK_OK(idem_close(server));
    }
    end_rounds(t);
    CHECK_OK(idem_close(door));
}

static void test_accept(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; another_round(i, 500); i++)
        race(run_accept, listener(IDEM_AF_INET, &at));
    end_rounds(t);
}

static void test_datagram(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; another_round(i, 500); i++)
        race(run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
    end_rounds(t);
}

static void test_poll(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; another_round(i, 500); i++)
        race(run_poll, listener(IDEM_AF_INET, &at));
    end_rounds(t);
}

/* One of many. */
static idem_pollfd crowd[20];

static idem_error run_poll_crowd(job *j)
{
    size_t i;

    crowd[7].socket = j->socket;
    CHECK_OK(idem_poll(crowd, CHECK_COUNT(crowd), IDEM_FOREVER, &j->count));
    CHECK_EQ(j->count, 1);
    for (i = 0; i < CHECK_COUNT(crowd); i++)
        CHECK_EQ(crowd[i].revents != 0, i == 7);
    return crowd[7].revents & IDEM_POLLERR ? IDEM_ECANCELED : IDEM_OK;
}

static void test_poll_crowd(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    size_t i;
    int k;

    for (i = 0; i < CHECK_COUNT(crowd); i++) {
        crowd[i].events = IDEM_POLLIN;
        crowd[i].socket = i == 7 ? NULL : bound_datagram(IDEM_AF_INET, &at);
    }
    for (k = 0; another_round(k, 500); k++)
        race(run_poll_crowd, bound_datagram(IDEM_AF_INET, &at));
    end_rounds(t);
    crowd[7].socket = NULL;
    for (i = 0; i < CHECK_COUNT(crowd); i++)
        CHECK_OK(idem_close(crowd[i].socket));
}

/* Nobody answers. */
static void test_connect(void)
{
    support_thread *t;
    full_listener f;
    int i;

    fill_listener(&f);
    t = begin_rounds();
    runner_job.to = f.at;
    for (i = 0; another_round(i, 500); i++)
        race(run_connect, open_stream(IDEM_AF_INET));
    end_rounds(t);
    close_full_listener(&f);
}

/* Take whoever came through, with no remains of a thousand connections. */
static void empty(idem_socket *door)
{
    idem_socket *conn;

    while (!idem_accept(door, &conn, NULL)) {
        support_reset_on_close(idem_fileno(conn));
        CHECK_OK(idem_close(conn));
    }
}

/* Somebody does: connected before it was cancelled is connected. */
static void test_connect_open(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    int i;

    CHECK_OK(idem_setblocking(door, false));
    runner_job.to = at;
    for (i = 0; another_round(i, 500); i++) {
        idem_socket *s = open_stream(IDEM_AF_INET);
        const idem_error err = race_with_cancel(run_connect, s);

        CHECK_ERR(idem_getpeername(s, NULL), err ? IDEM_ENOTCONN : IDEM_OK);
        CHECK(!err || err == IDEM_ECANCELED);
        empty(door);
        CHECK_OK(idem_close(s));
    }
    end_rounds(t);
    CHECK_OK(idem_close(door));
}

static void test_selector(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; another_round(i, 500); i++)
        race(run_select, listener(IDEM_AF_INET, &at));
    end_rounds(t);
}

/* Sockets that share their handle are woken in another way. */
static void check_shared(idem_error (*run)(job *))
{
    idem_address at;
    idem_socket *other = bound_datagram(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    idem_socket *twin;
    int i;

    for (i = 0; another_round(i, 500); i++) {
        CHECK_OK(idem_dup(other, &twin));
        race(run, twin);
    }
    end_rounds(t);
    CHECK_OK(idem_close(other));
}

static void test_shared(void)
{
    check_shared(run_recvfrom);
    check_shared(run_poll);
}

/* ---- Closed ------------------------------------------------------------ */

/* No call may begin once close was called: the one that is ended is inside. And
 * once close has returned nobody uses the handle, which is given to others. */

static void test_closed_connect(void)
{
    full_listener f;
    job j;
    int i;

    fill_listener(&f);
    begin_moments();
    j.to = f.at;
    for (i = 0; another_round(i, 150); i++) {
        start_waiting(&j, run_connect, open_stream(IDEM_AF_INET));
        moment();
        CHECK_OK(idem_close(j.socket));
        be_stranger();
        finish_job(&j, IDEM_ECANCELED);
    }
    close_full_listener(&f);
}

/* While a datagram arrives. */
static void test_closed_recvfrom(void)
{
    idem_address at;
    idem_socket *sender = open_datagram(IDEM_AF_INET);
    job j;
    int i;

    begin_moments();
    for (i = 0; another_round(i, 150); i++) {
        start_waiting(&j, run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
        CHECK_OK(idem_sendto(sender, "x", 1, 0, &at, NULL));
        moment();
        CHECK_OK(idem_close(j.socket));
        be_stranger();
        support_join(j.thread);
        CHECK_ERR(j.result, j.count == 1 ? IDEM_OK : IDEM_ECANCELED);
    }
    CHECK_OK(idem_close(sender));
}

static void knock(void *at)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_error err;

    meet(2);
    moment();
    err = idem_connect(s, at);
    CHECK(!err || err == IDEM_ECONNREFUSED || err == IDEM_ECONNRESET);
    support_reset_on_close(idem_fileno(s));
    CHECK_OK(idem_close(s));
}

/* While a connection arrives. */
static void test_closed_accept(void)
{
    idem_address at;
    job j;
    int i;

    begin_moments();
    for (i = 0; another_round(i, 150); i++) {
        support_thread *t;

        start_waiting(&j, run_accept, listener(IDEM_AF_INET, &at));
        t = support_start(knock, &at);
        meet(2);
        moment();
        CHECK_OK(idem_close(j.socket));
        be_stranger();
        support_join(t);
        support_join(j.thread);
        CHECK(!j.result || j.result == IDEM_ECANCELED);
    }
}

/* The same among others who wait for the handle, too. */
static void among_strangers(void (*test)(void))
{
    begin_strangers();
    test();
    end_strangers();
}

static void test_reuse_connect(void)
{
    among_strangers(test_closed_connect);
}

static void test_reuse_recvfrom(void)
{
    among_strangers(test_closed_recvfrom);
}

static void test_reuse_accept(void)
{
    among_strangers(test_closed_accept);
}

/* ---- dup --------------------------------------------------------------- */

static void open_and_close(void *arg)
{
    idem_socket *twin;
    int i;

    for (i = 0; i < 500; i++) {
        CHECK_OK(idem_dup(arg, &twin));
        CHECK_OK(idem_cancel(twin));
        CHECK_OK(idem_close(twin));
    }
}

/* Others double it, and cancel and close the double, while it is in use. */
static void test_dup(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *t = support_start(open_and_close, client);
    char c = 'x';
    int i;

    for (i = 0; another_round(i, 500); i++) {
        CHECK_OK(idem_send(server, &c, 1, 0, NULL));
        CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    }
    support_join(t);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void dup_and_cancel(idem_error (*run)(job *), idem_socket *s)
{
    idem_socket *twin;

    runner_job.run = run;
    runner_job.socket = s;
    meet(2);
    moment();
    CHECK_OK(idem_dup(s, &twin));
    moment();
    CHECK_OK(idem_cancel(s));
    meet(2);
    CHECK_ERR(runner_job.result, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(twin));
}

/* Doubled when a call is inside, or about to be: it is still found and ended.
 */
static void test_dup_cancel(void)
{
    static idem_error (*const runs[])(job *) = { run_accept, run_poll };
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; another_round(i, 500); i++) {
        if (i % 3 == 2)
            dup_and_cancel(run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
        else
            dup_and_cancel(runs[i % 3], listener(IDEM_AF_INET, &at));
    }
    end_rounds(t);
}

/* Doubled while it connects: both know where they have got to. */
static void test_dup_connect(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    idem_socket *twin;
    idem_address name;
    int i;

    CHECK_OK(idem_setblocking(door, false));
    runner_job.run = run_connect;
    runner_job.to = at;
    for (i = 0; another_round(i, 500); i++) {
        runner_job.socket = open_stream(IDEM_AF_INET);
        meet(2);
        moment();
        CHECK_OK(idem_dup(runner_job.socket, &twin));
        meet(2);
        CHECK_OK(runner_job.result);
        CHECK_OK(idem_getpeername(twin, &name));
        CHECK(idem_address_equal(&name, &at));
        empty(door);
        CHECK_OK(idem_close(twin));
        CHECK_OK(idem_close(runner_job.socket));
    }
    end_rounds(t);
    CHECK_OK(idem_close(door));
}

/* ---- settimeout -------------------------------------------------------- */

static idem_error run_accept_tries(job *j)
{
    idem_error err;

    do
        err = run_accept(j);
    while (err == IDEM_EWOULDBLOCK || err == IDEM_ETIMEDOUT);
    return err;
}

static idem_error run_recvfrom_tries(job *j)
{
    idem_error err;

    do
        err = run_recvfrom(j);
    while (err == IDEM_EWOULDBLOCK || err == IDEM_ETIMEDOUT);
    return err;
}

static void change_timeouts(idem_socket *s, int round)
{
    static const double timeouts[] = { IDEM_FOREVER, 0, 0.06, 60 };
    int i;

    for (i = 0; i < 3; i++) {
        moment();
        CHECK_OK(idem_settimeout(s, timeouts[(round / 4 + i) % 4]));
    }
}

/* It changes all the time: no call fails by that, or misses what comes. */
static void check_settimeout(idem_error (*run)(job *), idem_socket *s)
{
    support_thread *t = begin_rounds();
    idem_socket *sender;
    idem_address at;
    int i;

    runner_job.run = run;
    runner_job.socket = s;
    CHECK_OK(idem_getsockname(s, &at));
    for (i = 0; another_round(i, 500); i++) {
        meet(2);
        change_timeouts(s, i);
        CHECK_OK(idem_open(IDEM_AF_INET, idem_type(s), 0, &sender));
        CHECK_OK(idem_connect(sender, &at));
        if (idem_type(s) == IDEM_SOCK_DGRAM)
            CHECK_OK(idem_send(sender, "x", 1, 0, NULL));
        change_timeouts(s, i + 1);
        meet(2);
        CHECK_OK(runner_job.result);
        CHECK_OK(idem_close(sender));
    }
    end_rounds(t);
    CHECK_OK(idem_close(s));
}

static void test_settimeout(void)
{
    idem_address at;

    check_settimeout(run_accept_tries, listener(IDEM_AF_INET, &at));
    check_settimeout(run_recvfrom_tries, bound_datagram(IDEM_AF_INET, &at));
}

/* Nothing comes: a call that may wait but shortly ends, though others make the
 * socket one that waits meanwhile. */
static void check_short(idem_error (*run)(job *), idem_socket *s)
{
    support_thread *t = begin_rounds();
    int i, k;

    CHECK_OK(idem_settimeout(s, 0));
    runner_job.run = run;
    runner_job.socket = s;
    for (i = 0; another_round(i, 500); i++) {
        meet(2);
        moment();
        for (k = 0; k < 20; k++)
            CHECK_OK(idem_settimeout(s, k % 2 ? 0 : 0.0001));
        meet(2);
        CHECK(runner_job.result == IDEM_EWOULDBLOCK
              || runner_job.result == IDEM_ETIMEDOUT);
    }
    end_rounds(t);
    CHECK_OK(idem_close(s));
}

static void test_settimeout_short(void)
{
    idem_address at;

    check_short(run_accept, listener(IDEM_AF_INET, &at));
    check_short(run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
}

static const check_case cases[] = {
    CASE(stream),          CASE(accept),
    CASE(datagram),        CASE(poll),
    CASE(poll_crowd),      CASE(connect),
    CASE(connect_open),    CASE(selector),
    CASE(shared),          CASE(closed_connect),
    CASE(closed_recvfrom), CASE(closed_accept),
    CASE(reuse_connect),   CASE(reuse_recvfrom),
    CASE(reuse_accept),    CASE(dup),
    CASE(dup_connect),     CASE(dup_cancel),
    CASE(settimeout),      CASE(settimeout_short),
};

CHECK_MAIN("race")
