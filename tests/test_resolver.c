/* Look-ups in other threads: given up, cancelled, many at a time. With a name
 * service that hangs on demand. */
#include "check.h"
#include "peers.h"
#include "resolver.h"
#include "support.h"

#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 64 /* as the header says */
#define SOON 0.02      /* seconds until a look-up that hangs is given up */

static idem_error look_up(const char *name, double timeout, idem_canceller *c)
{
    const idem_lookup how = { .type = IDEM_SOCK_STREAM,
                              .timeout = timeout,
                              .canceller = c };
    idem_addrinfo *list = (idem_addrinfo *)(void *)&name;
    size_t count = 9;
    const idem_error err =
        idem_getaddrinfo(name, "80", &how, &list, &count, NULL, 0);

    CHECK((list == NULL) == (err != IDEM_OK));
    CHECK((count == 0) == (err != IDEM_OK));
    idem_freeaddrinfo(list);
    return err;
}

/* Look up until so many hang: a thread may come to a question only when it was
 * given up, and leaves it alone then. */
static void hang(int threads)
{
    resolver_hold();
    while (resolver_hanging() < threads)
        CHECK_ERR(look_up("both.test", SOON, NULL), IDEM_ETIMEDOUT);
}

/* Let go of those that hang, and see them end. */
static void release(void)
{
    resolver_release();
    resolver_drain();
}

/* ---- Giving up --------------------------------------------------------- */

static void test_answered(void)
{
    CHECK_OK(look_up("both.test", 20, NULL));
    CHECK_ERR(look_up("nobody.test", 20, NULL), IDEM_HOST_NOT_FOUND);
}

/* Never early; and what comes late goes to nobody. */
static void test_timed_out(void)
{
    double start;

    resolver_hold();
    start = support_now();
    CHECK_ERR(look_up("both.test", 0.1, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    hang(1);
    release();
    CHECK_OK(look_up("both.test", 20, NULL));
}

static void test_create_connection(void)
{
    idem_socket *s = (idem_socket *)(void *)&s;

    resolver_hold();
    CHECK_ERR(idem_create_connection("both.test", 9, SOON, &s), IDEM_ETIMEDOUT);
    CHECK(s == NULL);
    release();
}

static void test_back(void)
{
    const idem_lookup how = { .timeout = SOON };
    idem_address at;
    char name[IDEM_HOST_TEXT] = "x";

    CHECK_OK(idem_address_make("192.0.2.1", 80, &at));
    resolver_hold();
    CHECK_ERR(idem_getnameinfo(&at, &how, name, sizeof(name), NULL, 0),
              IDEM_ETIMEDOUT);
    CHECK_STR(name, "");
    CHECK_ERR(idem_getfqdn("bare", &how, name, sizeof(name)), IDEM_ETIMEDOUT);
    CHECK_STR(name, "");
    release();
}

/* What needs no name service does not ask it, and needs no time. */
static void test_unasked(void)
{
    const idem_lookup how = { .timeout = 1e-9 };
    idem_addrinfo *list;
    idem_address at;
    char text[IDEM_HOST_TEXT];
    const int asked = resolver_asked();

    resolver_hold();
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_OK(look_up("127.0.0.1", 0, NULL));
    CHECK_OK(look_up("::1", 0, NULL));
    CHECK_OK(look_up("localhost", 0, NULL));
    CHECK_ERR(look_up("127.1", 0, NULL), IDEM_HOST_NOT_FOUND);
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK_OK(idem_getaddrinfo(NULL, "80", &how, &list, NULL, NULL, 0));
    idem_freeaddrinfo(list);
    CHECK_OK(idem_address_make("192.0.2.1", 0, &at));
    CHECK_OK(idem_getnameinfo(
        &at, &(idem_lookup){ .timeout = 1e-9, .flags = IDEM_NI_NUMERICHOST },
        text, sizeof(text), text + 128, 128));
    CHECK_STR(text, "192.0.2.1");
    CHECK_STR(text + 128, "0");
    CHECK_EQ(resolver_asked(), asked);
    resolver_release();
}

/* ---- Cancelling -------------------------------------------------------- */

typedef struct asker {
    double timeout;
    idem_canceller *canceller;
    idem_error result;
    support_thread *thread;
} asker;

static void run_asker(void *arg)
{
    asker *a = arg;

    a->result = look_up("both.test", a->timeout, a->canceller);
}

static void start_asker(asker *a, double timeout, idem_canceller *c)
{
    *a = (asker){ .timeout = timeout, .canceller = c };
    a->thread = support_start(run_asker, a);
}

static void finish_asker(asker *a, idem_error want)
{
    support_join(a->thread);
    CHECK_ERR(a->result, want);
}

static void until_hanging(int threads)
{
    while (resolver_hanging() < threads)
        support_yield();
}

static void test_cancelled(void)
{
    static const double timeouts[] = { IDEM_FOREVER, 3600 };
    idem_canceller *c;
    asker askers[2];
    const int asked = resolver_asked();
    size_t i;

    CHECK_OK(idem_canceller_open(&c));
    resolver_hold();
    for (i = 0; i < CHECK_COUNT(timeouts); i++)
        start_asker(&askers[i], timeouts[i], c);
    until_hanging(2);
    CHECK_OK(idem_canceller_cancel(c));
    for (i = 0; i < CHECK_COUNT(timeouts); i++)
        finish_asker(&askers[i], IDEM_ECANCELED);
    CHECK_EQ(resolver_hanging(), 2);
    CHECK_ERR(look_up("both.test", 20, c), IDEM_ECANCELED);
    CHECK_EQ(resolver_asked(), asked + 2);
    idem_canceller_close(c);
    release();
}

static void run_connection(void *arg)
{
    asker *a = arg;
    idem_connection how = { .canceller = a->canceller };
    idem_socket *s = (idem_socket *)arg;

    a->result =
        idem_create_connection_with("both.test", 9, a->timeout, &how, &s);
    CHECK(s == NULL);
}

static void test_cancelled_connection(void)
{
    asker a = { .timeout = IDEM_FOREVER };

    CHECK_OK(idem_canceller_open(&a.canceller));
    resolver_hold();
    a.thread = support_start(run_connection, &a);
    until_hanging(1);
    CHECK_OK(idem_canceller_cancel(a.canceller));
    finish_asker(&a, IDEM_ECANCELED);
    idem_canceller_close(a.canceller);
    release();
}

/* An answer and the canceller at the same moment: one of them wins, and nothing
 * is lost or freed twice. */
static void test_cancel_race(void)
{
    int answered = 0;
    int round;

    for (round = 0; round < 300; round++) {
        idem_canceller *c;
        asker a;

        CHECK_OK(idem_canceller_open(&c));
        start_asker(&a, 20, c);
        if (round % 2 == 0)
            support_yield();
        CHECK_OK(idem_canceller_cancel(c));
        support_join(a.thread);
        CHECK(a.result == IDEM_OK || a.result == IDEM_ECANCELED);
        answered += !a.result;
        idem_canceller_close(c);
    }
    release();
    CHECK(answered < 300);
}

/* ---- Threads ----------------------------------------------------------- */

/* The bound on threads is one on questions that hang: others queue, and are
 * asked when a thread comes back. */
static void test_bounded(void)
{
    asker last;
    const int asked = resolver_asked();

    hang(THREADS_MAX);
    CHECK_ERR(look_up("both.test", SOON, NULL), IDEM_ETIMEDOUT);
    CHECK_EQ(resolver_hanging(), THREADS_MAX);
    start_asker(&last, 20, NULL);
    CHECK_ERR(look_up("both.test", SOON, NULL), IDEM_ETIMEDOUT);
    CHECK_EQ(resolver_asked(), asked + THREADS_MAX);
    release();
    finish_asker(&last, IDEM_OK);
    CHECK_OK(look_up("both.test", 20, NULL));
}

/* Signals are for the program's own threads. */
static void test_deaf(void)
{
    CHECK_OK(look_up("both.test", 20, NULL));
    CHECK(!resolver_hears_signals());
}

static void run_many(void *arg)
{
    atomic_int *failures = arg;
    int i;

    for (i = 0; i < 100; i++) {
        /* From nothing to enough, and often about as long as it takes. */
        const double timeout = i % 10 == 0 ? 20 : 1e-6 * (i * i % 97);
        const idem_error err = look_up("both.test", timeout, NULL);

        if (err && (err != IDEM_ETIMEDOUT || timeout == 20)
            && (err != IDEM_OK || timeout != 0))
            atomic_fetch_add(failures, 1);
    }
}

static void test_crowd(void)
{
    support_thread *threads[8];
    atomic_int failures = 0;
    size_t i;

    for (i = 0; i < CHECK_COUNT(threads); i++)
        threads[i] = support_start(run_many, &failures);
    for (i = 0; i < CHECK_COUNT(threads); i++)
        support_join(threads[i]);
    CHECK_EQ(atomic_load(&failures), 0);
    release();
}

/* A child has none of its parent's threads, and none of its questions. */
static int run_child(void *arg)
{
    (void)arg;
    resolver_forget();
    return look_up("both.test", 5, NULL) != IDEM_OK;
}

static void test_child(void)
{
    int status;

    hang(THREADS_MAX);
    if (!support_in_child(run_child, NULL, &status)) {
        release();
        check_skip("this system copies no processes");
    }
    release();
    CHECK_EQ(status, 0);
}

/* ---- Connecting by name ------------------------------------------------ */

/* The first address does not answer: its listener is full. */
static void test_second_address(void)
{
    idem_attempt attempts[2];
    idem_connection how = { .attempts = attempts, .capacity = 2 };
    idem_address at, peer;
    full_listener silent;
    idem_socket *server, *s;

    fill_listener(&silent);
    CHECK_OK(idem_address_make("127.0.0.2", silent.at.port, &at));
    CHECK_OK(idem_create_server(&at, 5, 0, &server));
    CHECK_OK(idem_create_connection_with("race.test", at.port, 20, &how, &s));
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK(idem_address_equal(&peer, &at));
    CHECK_EQ(how.attempted, 2);
    CHECK(idem_address_equal(&attempts[0].address, &silent.at));
    CHECK_ERR(attempts[0].error, IDEM_ECANCELED);
    CHECK(idem_address_equal(&attempts[1].address, &at));
    CHECK_OK(attempts[1].error);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
    close_full_listener(&silent);
}

/* The first refuses, the second does not answer. */
static void test_no_address(void)
{
    idem_attempt attempts[2];
    idem_connection how = { .attempts = attempts, .capacity = 2 };
    full_listener silent;
    idem_socket *s;

    fill_listener(&silent);
    CHECK_ERR(
        idem_create_connection_with("ecar.test", silent.at.port, 1, &how, &s),
        IDEM_ETIMEDOUT);
    CHECK(s == NULL);
    CHECK_EQ(how.attempted, 2);
    CHECK_ERR(attempts[0].error, IDEM_ECONNREFUSED);
    CHECK_ERR(attempts[1].error, IDEM_ETIMEDOUT);
    close_full_listener(&silent);
}

static void run_race(void *arg)
{
    asker *a = arg;
    idem_connection how = { .canceller = a->canceller };
    idem_socket *s = (idem_socket *)arg;

    support_about_to_block();
    a->result = idem_create_connection_with("127.0.0.1", (int)a->timeout,
                                            IDEM_FOREVER, &how, &s);
    CHECK(s == NULL);
}

/* The canceller ends attempts as it ends look-ups. */
static void test_cancelled_attempt(void)
{
    full_listener silent;
    asker a = { 0 };

    fill_listener(&silent);
    a.timeout = silent.at.port;
    CHECK_OK(idem_canceller_open(&a.canceller));
    a.thread = support_start(run_race, &a);
    support_until_blocked(a.thread);
    CHECK_OK(idem_canceller_cancel(a.canceller));
    finish_asker(&a, IDEM_ECANCELED);
    idem_canceller_close(a.canceller);
    close_full_listener(&silent);
}

static const check_case cases[] = {
    CASE(answered),
    CASE(timed_out),
    CASE(create_connection),
    CASE(back),
    CASE(unasked),
    CASE(cancelled),
    CASE(cancelled_connection),
    CASE(cancel_race),
    CASE(bounded),
    CASE(deaf),
    CASE(crowd),
    CASE(child),
    CASE(second_address),
    CASE(no_address),
    CASE(cancelled_attempt),
};

RESOLVER_MAIN("resolver")
