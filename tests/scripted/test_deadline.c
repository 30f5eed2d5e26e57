/* Timeouts, to the nanosecond. */
#include "calls.h"
#include "check.h"

static const script_patience modes[] = { PATIENCE_NONE, PATIENCE_SOME,
                                         PATIENCE_ALL };

/* Run a rule for every call and every way to use patience. */
static void for_all(void (*rule)(const waiting_call *call,
                                 script_patience patience))
{
    size_t i;
    size_t m;

    for (i = 0; i < waiting_call_count; i++) {
        for (m = 0; m < CHECK_COUNT(modes); m++)
            rule(&waiting_calls[i], modes[m]);
    }
}

/* ---- For every call ---------------------------------------------------- */

static void rule_timed_out(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

/* Nothing comes: 10060, exactly when time is up. */
static void test_timed_out(void)
{
    for_all(rule_timed_out);
}

static void rule_in_time(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    will(call, IDEM_OK, 60);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), 60 * MS);
    end_call(s);
}

/* It comes in time, and is taken at once. */
static void test_in_time(void)
{
    for_all(rule_in_time);
}

static void rule_too_late(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    will(call, IDEM_OK, 101);
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

static void test_too_late(void)
{
    for_all(rule_too_late);
}

static void rule_false_alarms(const waiting_call *call,
                              script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    script.false_alarm_ms = 3;
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

/* Waking up for nothing does not begin the timeout anew. */
static void test_false_alarms(void)
{
    for_all(rule_false_alarms);
}

static void rule_interrupted(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);
    int i;

    script.patience = patience;
    script.false_alarm_ms = 10;
    for (i = 0; i < 8; i++) {
        will(call, IDEM_EINTR, 5 * i);
        script_add(OP_POLL, IDEM_EINTR, 0, 0);
    }
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

/* Neither do interruptions, of the attempt or of the wait. */
static void test_interrupted(void)
{
    for_all(rule_interrupted);
}

static void rule_interrupted_ok(const waiting_call *call,
                                script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    will(call, IDEM_EINTR, 0);
    will(call, IDEM_EINTR, 0);
    will(call, IDEM_EINTR, 20);
    will(call, IDEM_OK, 99);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), 99 * MS);
    end_call(s);
}

static void test_interrupted_ok(void)
{
    for_all(rule_interrupted_ok);
}

static void rule_zero(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0);
    size_t i;

    script.patience = patience;
    check_call(call, s, IDEM_EWOULDBLOCK);
    CHECK_EQ(script_elapsed_ns(), 0);
    CHECK_EQ(script.waits, 0);
    for (i = 0; i < script.attempts; i++)
        CHECK_EQ(script.timeout_ns[i], 0);
    end_call(s);
}

/* Timeout 0 never waits, and never lets the platform wait. */
static void test_zero(void)
{
    for_all(rule_zero);
}

static void rule_zero_interrupted(const waiting_call *call,
                                  script_patience patience)
{
    idem_socket *s = begin_call(call, 0);

    script.patience = patience;
    will(call, IDEM_EINTR, 0);
    will(call, IDEM_EINTR, 0);
    will(call, IDEM_OK, 0);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* An interruption is no answer, also when there is no time. */
static void test_zero_interrupted(void)
{
    for_all(rule_zero_interrupted);
}

static void rule_forever(const waiting_call *call, script_patience patience)
{
    const int64_t year_ms = 365LL * 24 * 3600 * 1000;
    idem_socket *s = begin_call(call, IDEM_FOREVER);
    size_t i;

    script.patience = patience;
    will(call, IDEM_OK, year_ms);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), year_ms * MS);
    for (i = 0; i < script.attempts; i++)
        CHECK_EQ(script.timeout_ns[i] < 0, call->whole);
    for (i = 0; i < script.waits; i++)
        CHECK_EQ(script.asked_ms[i], -1);
    end_call(s);
}

/* For ever is negative wherever it is passed on. */
static void test_forever(void)
{
    for_all(rule_forever);
}

static void rule_no_clock(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    (void)patience;
    script.clock_reads = 0;
    will(call, IDEM_OK, 0);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(script.clock_reads, 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* A call that has not to wait costs no look at a clock. */
static void test_no_clock(void)
{
    for_all(rule_no_clock);
}

static void rule_nanosecond(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 1e-12);

    script.patience = patience;
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 1);
    end_call(s);
}

/* The shortest timeout is not the timeout 0. */
static void test_nanosecond(void)
{
    for_all(rule_nanosecond);
}

static void rule_century(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 1e300);

    script.patience = patience;
    check_call(call, s, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 3155760000LL * 1000 * MS);
    end_call(s);
}

/* The longest is a century; nothing overflows. */
static void test_century(void)
{
    for_all(rule_century);
}

static void rule_failure(const waiting_call *call, script_patience patience)
{
    idem_socket *s = begin_call(call, 0.1);

    script.patience = patience;
    will(call, IDEM_ENOBUFS, 30);
    check_call(call, s, IDEM_ENOBUFS);
    CHECK_EQ(script_elapsed_ns(), 30 * MS);
    end_call(s);
}

/* A failure ends the call when it happens. */
static void test_failure(void)
{
    for_all(rule_failure);
}

/* ---- What exactly is asked --------------------------------------------- */

static void test_asked(void)
{
    idem_socket *s = begin_stream(0.1);
    char c;
    size_t got;

    script.false_alarm_ms = 40;
    CHECK_ERR(idem_recv(s, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    CHECK_EQ(script.waits, 3);
    CHECK_EQ(script.asked_ms[0], 100);
    CHECK_EQ(script.asked_ms[1], 60);
    CHECK_EQ(script.asked_ms[2], 20);
    CHECK_EQ(script.polled_events, IDEM_POLLIN);
    CHECK_EQ(script.timeout_ns[0], 100 * MS);
    end_call(s);
}

static void test_asked_sending(void)
{
    idem_socket *s = begin_stream(0.1);
    size_t sent;

    script.false_alarm_ms = 40;
    CHECK_ERR(idem_sendall(s, "abc", 3, 0, &sent), IDEM_ETIMEDOUT);
    CHECK_EQ(script.waits, 3);
    CHECK_EQ(script.asked_ms[2], 20);
    CHECK_EQ(script.polled_events, IDEM_POLLOUT);
    end_call(s);
}

/* When the wait itself fails, that is the answer. */
static void test_wait_fails(void)
{
    idem_socket *s = begin_stream(0.1);
    char c;
    size_t got = 9;

    script.false_alarm_ms = 1;
    script_add(OP_POLL, IDEM_ENOMEM, 0, 0);
    CHECK_ERR(idem_recv(s, &c, 1, 0, &got), IDEM_ENOMEM);
    CHECK_EQ(got, 0);
    end_call(s);
}

static idem_socket *changed;

static void change_timeout(void)
{
    CHECK_OK(idem_settimeout(changed, 0.007));
}

/* A call under way keeps the timeout it began with. */
static void test_changed_meanwhile(void)
{
    char c;
    size_t got;

    changed = begin_stream(0.1);
    script.on_wait = change_timeout;
    script.false_alarm_ms = 40;
    CHECK_ERR(idem_recv(changed, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    script.on_wait = NULL;
    CHECK_ERR(idem_recv(changed, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 107 * MS);
    end_call(changed);
}

static void test_dontwait(void)
{
    idem_socket *s = begin_stream(0.1);
    char c;
    size_t n = 9;

    script.patience = PATIENCE_ALL;
    CHECK_ERR(idem_recv(s, &c, 1, IDEM_MSG_DONTWAIT, &n), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_send(s, "c", 1, IDEM_MSG_DONTWAIT, &n), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_sendall(s, "c", 1, IDEM_MSG_DONTWAIT, &n), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_recv(s, &c, 1, IDEM_MSG_DONTWAIT | IDEM_MSG_WAITALL, &n),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(script_elapsed_ns(), 0);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script.timeout_ns[0], 0);
    CHECK_EQ(script.last_flags, 0);
    end_call(s);
}

/* ---- idem_poll() ------------------------------------------------------- */

static void test_poll(void)
{
    idem_socket *s = begin_stream(0); /* whose own timeout does not matter */
    idem_pollfd one = { s, IDEM_POLLIN, 99 };
    size_t ready = 9;

    script_add(OP_POLL, IDEM_OK, 0, 0);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    script.false_alarm_ms = 40;
    CHECK_OK(idem_poll(&one, 1, 0.1, &ready));
    CHECK_EQ(ready, 0);
    CHECK_EQ(one.revents, 0);
    CHECK_EQ(script.waits, 3);
    CHECK_EQ(script.asked_ms[0], 100);
    CHECK_EQ(script.asked_ms[1], 60);
    CHECK_EQ(script.asked_ms[2], 20);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

static void test_poll_in_time(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    idem_pollfd two[2] = { { NULL, IDEM_POLLIN, 99 }, { s, IDEM_POLLIN, 99 } };
    size_t ready = 9;

    script_add(OP_RECV, IDEM_OK, 1, 70);
    CHECK_OK(idem_poll(two, 2, 0, &ready));
    CHECK_EQ(ready, 0);
    CHECK_EQ(script_elapsed_ns(), 0);
    CHECK_OK(idem_poll(two, 2, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 1);
    CHECK_EQ(two[0].revents, 0);
    CHECK_EQ(two[1].revents, IDEM_POLLIN);
    CHECK_EQ(script_elapsed_ns(), 70 * MS);
    end_call(s);
}

static void test_poll_nothing(void)
{
    size_t ready = 9;

    script_reset();
    CHECK_OK(idem_poll(NULL, 0, 0.1, &ready));
    CHECK_EQ(ready, 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
}

static const check_case cases[] = {
    CASE(timed_out),
    CASE(in_time),
    CASE(too_late),
    CASE(false_alarms),
    CASE(interrupted),
    CASE(interrupted_ok),
    CASE(zero),
    CASE(zero_interrupted),
    CASE(forever),
    CASE(no_clock),
    CASE(nanosecond),
    CASE(century),
    CASE(failure),
    CASE(asked),
    CASE(asked_sending),
    CASE(wait_fails),
    CASE(changed_meanwhile),
    CASE(dontwait),
    CASE(poll),
    CASE(poll_in_time),
    CASE(poll_nothing),
};

CHECK_MAIN("deadline")
