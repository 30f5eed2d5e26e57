/* Look-ups under a deadline: who asks, who waits, and who frees what. */
#include "calls.h"
#include "check.h"

#define THREADS_MAX 64 /* as the header says */

static idem_canceller *canceller;

static idem_error look_up(double timeout, idem_canceller *c)
{
    const idem_lookup how = { .type = IDEM_SOCK_STREAM,
                              .timeout = timeout,
                              .canceller = c };
    idem_addrinfo *list = (idem_addrinfo *)&script;
    size_t count = 9;
    const idem_error err =
        idem_getaddrinfo("some.name", "80", &how, &list, &count, NULL, 0);

    CHECK((list == NULL) == (err != IDEM_OK));
    CHECK((count == 0) == (err != IDEM_OK));
    idem_freeaddrinfo(list);
    return err;
}

static void test_in_time(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 100);
    CHECK_OK(look_up(0.1, NULL));
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.asked_ms[0], 100);
    CHECK_EQ(script.workers, 1);
    CHECK_EQ(script.workers_ended, 1);
}

static void test_too_late(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 101);
    CHECK_ERR(look_up(0.1, NULL), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.workers_ended, 0);
    script_end_workers();
}

static void test_never(void)
{
    script_reset();
    CHECK_ERR(look_up(2.5, NULL), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 2500 * MS);
    script_end_workers();
}

static void test_false_alarms(void)
{
    script_reset();
    script.false_alarm_ms = 7;
    script_add(OP_RESOLVE, IDEM_OK, 1, 50);
    CHECK_OK(look_up(0.1, NULL));
    CHECK_EQ(script_elapsed_ns(), 50 * MS);
    CHECK_EQ(script.waits, 8);
}

static void test_failure(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_TRY_AGAIN, 0, 20);
    CHECK_ERR(look_up(0.1, NULL), IDEM_TRY_AGAIN);
    CHECK_EQ(idem_native_error(), 1000 + (int)OP_RESOLVE); /* the thread's */
    CHECK_EQ(script_elapsed_ns(), 20 * MS);
}

/* No timeout and no canceller: no thread. */
static void test_forever(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 1, 5000);
    CHECK_OK(look_up(IDEM_FOREVER, NULL));
    CHECK_EQ(script.workers, 0);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script.clock_reads, 0);
}

/* 0 is the default timeout; that may be 0. */
static void test_default(void)
{
    script_reset();
    CHECK_OK(idem_setdefaulttimeout(0.3));
    CHECK_ERR(look_up(0, NULL), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 300 * MS);
    script_end_workers();
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_ERR(look_up(0, NULL), IDEM_EWOULDBLOCK);
    CHECK_EQ(script.workers, 1);
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    CHECK_OK(look_up(0, NULL));
    CHECK_EQ(script.workers, 1);
    CHECK_ERR(look_up(-2, NULL), IDEM_EINVAL);
}

/* ---- Cancelling -------------------------------------------------------- */

static void cancel(void)
{
    CHECK_OK(idem_canceller_cancel(canceller));
}

static void test_cancelled(void)
{
    static const double timeouts[] = { IDEM_FOREVER, 10 };
    size_t i;

    for (i = 0; i < CHECK_COUNT(timeouts); i++) {
        CHECK_OK(idem_canceller_open(&canceller));
        script_reset();
        script.on_wait = cancel;
        CHECK_ERR(look_up(timeouts[i], canceller), IDEM_ECANCELED);
        CHECK_EQ(script_elapsed_ns(), 0);
        CHECK_EQ(script.workers, 1);
        /* From now on, too; and again is not an error. */
        CHECK_ERR(look_up(timeouts[i], canceller), IDEM_ECANCELED);
        CHECK_EQ(script.workers, 1);
        CHECK_OK(idem_canceller_cancel(canceller));
        idem_canceller_close(canceller);
        script_end_workers();
    }
    CHECK_ERR(idem_canceller_open(NULL), IDEM_EFAULT);
    CHECK_ERR(idem_canceller_cancel(NULL), IDEM_EFAULT);
    idem_canceller_close(NULL);
}

/* The answer was there first. */
static void test_cancelled_late(void)
{
    CHECK_OK(idem_canceller_open(&canceller));
    script_reset();
    script.on_wait = cancel;
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    CHECK_OK(look_up(10, canceller));
    idem_canceller_close(canceller);
}

static void test_cancelled_before(void)
{
    const idem_lookup how = { .canceller = NULL };
    idem_lookup cancelled = how;
    idem_addrinfo *list;
    char text[IDEM_HOST_TEXT] = "x";

    CHECK_OK(idem_canceller_open(&canceller));
    cancel();
    cancelled.canceller = canceller;
    script_reset();
    CHECK_ERR(
        idem_getaddrinfo("10.0.0.1", "80", &cancelled, &list, NULL, NULL, 0),
        IDEM_ECANCELED);
    CHECK_ERR(idem_getnameinfo(&(idem_address){ .family = IDEM_AF_INET },
                               &cancelled, text, sizeof(text), NULL, 0),
              IDEM_ECANCELED);
    CHECK_STR(text, "");
    CHECK_ERR(idem_getfqdn("10.0.0.1", &cancelled, text, sizeof(text)),
              IDEM_ECANCELED);
    idem_canceller_close(canceller);
}

/* ---- Threads ----------------------------------------------------------- */

/* A thread cannot be had: a clear error, and the next look-up tries again. */
static void test_no_thread(void)
{
    script_reset();
    script_add(OP_WORKER, IDEM_EPROCLIM, 0, 0);
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    CHECK_ERR(look_up(1, NULL), IDEM_EPROCLIM);
    CHECK_EQ(script.waits, 0);
    CHECK_OK(look_up(1, NULL));
}

static void test_no_memory(void)
{
    script_reset();
    script.no_memory = true;
    CHECK_ERR(look_up(1, NULL), IDEM_ENOMEM);
    CHECK_ERR(idem_canceller_open(&canceller), IDEM_ENOMEM);
    CHECK(canceller == NULL);
    CHECK_EQ(script.workers, 0);
}

/* With all threads hanging, look-ups queue; what nobody wants any more leaves
 * the queue unasked. */
static void test_bounded(void)
{
    int i;

    script_reset();
    for (i = 0; i < THREADS_MAX + 3; i++) {
        script.waits = 0;
        CHECK_ERR(look_up(0.001, NULL), IDEM_ETIMEDOUT);
    }
    CHECK_EQ(script.workers, THREADS_MAX);
    script.waits = 0;
    script_end_workers();
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    CHECK_OK(look_up(1, NULL)); /* they are all gone */
}

/* A thread that comes back takes over what is in the queue. */
static void free_a_thread(void)
{
    script.worker_ns[0] = script.now_ns + 20 * MS;
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    script.on_wait = NULL;
}

static void test_queued(void)
{
    int i;

    script_reset();
    for (i = 0; i < THREADS_MAX; i++) {
        script.waits = 0;
        CHECK_ERR(look_up(0.001, NULL), IDEM_ETIMEDOUT);
    }
    script.on_wait = free_a_thread;
    CHECK_OK(look_up(1, NULL));
    CHECK_EQ(script.workers, THREADS_MAX);
    CHECK_EQ(script_elapsed_ns(), (THREADS_MAX + 20) * MS);
    script_end_workers();
}

/* ---- One deadline for several questions -------------------------------- */

/* The name has no address of the family: that is found out by asking again. */
static void test_other_family(void)
{
    const idem_lookup how = { .family = IDEM_AF_INET6, .timeout = 0.1 };
    idem_addrinfo *list;

    script_reset();
    script_add(OP_RESOLVE, IDEM_HOST_NOT_FOUND, 0, 60);
    script_add(OP_RESOLVE, IDEM_OK, 1, 90);
    CHECK_ERR(idem_getaddrinfo("some.name", "80", &how, &list, NULL, NULL, 0),
              IDEM_NO_DATA);
    CHECK_EQ(script.waits, 2);
    CHECK_EQ(script.asked_ms[1], 40);
    CHECK_EQ(script.last_family, IDEM_AF_UNSPEC);
    script_reset();
    script_add(OP_RESOLVE, IDEM_NO_DATA, 0, 60);
    script_add(OP_RESOLVE, IDEM_HOST_NOT_FOUND, 0, 90);
    CHECK_ERR(idem_getaddrinfo("some.name", "80", &how, &list, NULL, NULL, 0),
              IDEM_HOST_NOT_FOUND);
    script_reset();
    script_add(OP_RESOLVE, IDEM_NO_DATA, 0, 60);
    script_add(OP_RESOLVE, IDEM_OK, 1, 110);
    CHECK_ERR(idem_getaddrinfo("some.name", "80", &how, &list, NULL, NULL, 0),
              IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    script_end_workers();
}

/* A type that does not have the service is left out. */
static void test_service(void)
{
    const idem_lookup how = { .timeout = 1 };
    idem_addrinfo *list;
    size_t count;

    script_reset();
    script.worker_ns[0] = 0;
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    CHECK_OK(
        idem_getaddrinfo("some.name", "http", &how, &list, &count, NULL, 0));
    CHECK_EQ(count, 2);
    CHECK_EQ(list[0].type, IDEM_SOCK_STREAM);
    CHECK_EQ(list[0].address.port, 80);
    CHECK_EQ(list[1].type, IDEM_SOCK_STREAM);
    idem_freeaddrinfo(list);
}

static const check_case cases[] = {
    CASE(in_time),          CASE(too_late),  CASE(never),
    CASE(false_alarms),     CASE(failure),   CASE(forever),
    CASE(default),          CASE(cancelled), CASE(cancelled_late),
    CASE(cancelled_before), CASE(no_thread), CASE(no_memory),
    CASE(bounded),          CASE(queued),    CASE(other_family),
    CASE(service),
};

CHECK_MAIN("asking")
