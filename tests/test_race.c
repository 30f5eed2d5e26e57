/* Cancelled at any moment: before, at, and after the beginning of a call. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <stdatomic.h>

#define ROUNDS 500

/* ---- Two threads, side by side ----------------------------------------- */

/* One begins a call, the other cancels it, at moments that differ by less than
 * a call takes to begin. */
static job runner_job;
static atomic_int turn; /* counts up; odd: it is the runner's */

static void await_turn(int want)
{
    int tries = 0;

    while (atomic_load(&turn) != want) {
        if (++tries % 100000 == 0)
            support_yield();
    }
}

static void run_rounds(void *arg)
{
    int i;

    (void)arg;
    for (i = 0; i < ROUNDS; i++) {
        await_turn(2 * i + 1);
        runner_job.result = runner_job.run(&runner_job);
        atomic_store(&turn, 2 * i + 2);
    }
}

static support_thread *begin_rounds(void)
{
    atomic_store(&turn, 0);
    return support_start(run_rounds, NULL);
}

/* Do a little, and a little more each time. */
static void spin(int n)
{
    volatile int sink = 0;

    while (n-- > 0)
        sink = sink + 1;
}

static void race(int round, idem_error (*run)(job *), idem_socket *s)
{
    runner_job.run = run;
    runner_job.socket = s;
    atomic_store(&turn, 2 * round + 1);
    spin(round * 97 % 10007);
    CHECK_OK(idem_cancel(s));
    await_turn(2 * round + 2);
    CHECK_ERR(runner_job.result, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

/* ---- The calls --------------------------------------------------------- */

static void test_stream(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    int i;

    for (i = 0; i < ROUNDS; i++) {
        idem_socket *client = open_stream(IDEM_AF_INET);
        idem_socket *server;

        CHECK_OK(idem_connect(client, &at));
        CHECK_OK(idem_accept(door, &server, NULL));
        race(i, run_recv, client);
        CHECK_OK(idem_close(server));
    }
    support_join(t);
    CHECK_OK(idem_close(door));
}

static void test_accept(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; i < ROUNDS; i++)
        race(i, run_accept, listener(IDEM_AF_INET, &at));
    support_join(t);
}

static void test_datagram(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; i < ROUNDS; i++)
        race(i, run_recvfrom, bound_datagram(IDEM_AF_INET, &at));
    support_join(t);
}

static void test_poll(void)
{
    support_thread *t = begin_rounds();
    idem_address at;
    int i;

    for (i = 0; i < ROUNDS; i++)
        race(i, run_poll, listener(IDEM_AF_INET, &at));
    support_join(t);
}

/* Sockets that share their handle are woken in another way. */
static void check_shared(idem_error (*run)(job *))
{
    idem_address at;
    idem_socket *other = bound_datagram(IDEM_AF_INET, &at);
    support_thread *t = begin_rounds();
    idem_socket *twin;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        CHECK_OK(idem_dup(other, &twin));
        race(i, run, twin);
    }
    support_join(t);
    CHECK_OK(idem_close(other));
}

static void test_shared(void)
{
    check_shared(run_recvfrom);
    check_shared(run_poll);
}

/* ---- dup --------------------------------------------------------------- */

static void open_and_close(void *arg)
{
    idem_socket *twin;
    int i;

    for (i = 0; i < 100; i++) {
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

    for (i = 0; i < 300; i++) {
        CHECK_OK(idem_send(server, &c, 1, 0, NULL));
        CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    }
    support_join(t);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(stream), CASE(accept), CASE(datagram),
    CASE(poll),   CASE(shared), CASE(dup),
};

CHECK_MAIN("race")
