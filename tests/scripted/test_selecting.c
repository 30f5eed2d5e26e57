/* Selectors: their timeouts to the nanosecond, and how they fail. */
#include "calls.h"
#include "check.h"
#include "support.h"

static idem_selector *sel;
static idem_socket *watched;
static idem_event event;

/* A selector that watches a connected stream. */
static void begin(unsigned events)
{
    watched = begin_stream(3); /* whose own timeout does not matter */
    CHECK_OK(idem_selector_open(&sel));
    CHECK_OK(idem_selector_register(sel, watched, events, &event));
}

static void end(void)
{
    CHECK_OK(idem_selector_close(sel));
    end_call(watched);
}

static size_t select_for(double timeout)
{
    size_t count = 9;

    CHECK_OK(idem_selector_select(sel, timeout, &event, 1, &count));
    CHECK(count <= 1);
    if (count == 1) {
        CHECK(event.socket == watched);
        CHECK(event.data == &event);
    }
    return count;
}

/* ---- Time -------------------------------------------------------------- */

static void test_timed_out(void)
{
    begin(IDEM_POLLIN);
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.waits, 1);
    end();
}

static void test_in_time(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 70);
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(event.events, IDEM_POLLIN);
    CHECK_EQ(script_elapsed_ns(), 70 * MS);
    CHECK_EQ(select_for(IDEM_FOREVER), 1); /* again: nobody took it */
    CHECK_EQ(script_elapsed_ns(), 70 * MS);
    end();
}

static void test_false_alarms(void)
{
    begin(IDEM_POLLIN);
    script.false_alarm_ms = 30;
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.waits, 4);
    CHECK_EQ(script.asked_ms[0], 100);
    CHECK_EQ(script.asked_ms[1], 70);
    CHECK_EQ(script.asked_ms[3], 10);
    end();
}

static void test_interrupted(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    script.false_alarm_ms = 40;
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end();
}

static bool yes(void *context)
{
    ++*(int *)context;
    return true;
}

/* What was ready is told by the next call. */
static void test_hook(void)
{
    size_t count = 9;
    int asked = 0;

    begin(IDEM_POLLIN);
    idem_set_interrupt_hook(yes, &asked);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    CHECK_ERR(idem_selector_select(sel, 1, &event, 1, &count), IDEM_EINTR);
    CHECK_EQ(asked, 1);
    CHECK_EQ(count, 0);
    CHECK_EQ(select_for(1), 1);
    CHECK_EQ(asked, 1);
    idem_set_interrupt_hook(NULL, NULL);
    end();
}

static void test_zero(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    CHECK_EQ(select_for(0), 0);
    CHECK_EQ(script.waits, 1);
    CHECK_EQ(script.asked_ms[0], 0);
    CHECK_EQ(script_elapsed_ns(), 0);
    end();
}

/* Who waits for ever needs no clock, nor does who never waits. */
static void test_no_clock(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 70);
    CHECK_EQ(select_for(0), 0);
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(script.asked_ms[1], -1);
    CHECK_EQ(script.clock_reads, 0);
    end();
}

/* One that watches nothing sleeps. */
static void test_nothing(void)
{
    begin(IDEM_POLLIN);
    CHECK_OK(idem_selector_unregister(sel, watched));
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end();
}

/* ---- Woken ------------------------------------------------------------- */

static void wake(void)
{
    CHECK_OK(idem_selector_wake(sel));
}

static void test_woken(void)
{
    begin(IDEM_POLLIN);
    script.on_wait = wake;
    CHECK_EQ(select_for(IDEM_FOREVER), 0);
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 0);
    CHECK_EQ(script.waits, 2);
    end();
}

/* Before: the next one returns, and only that. */
static void test_woken_before(void)
{
    begin(IDEM_POLLIN);
    wake();
    wake();
    CHECK_EQ(select_for(IDEM_FOREVER), 0);
    CHECK_EQ(script.asked_ms[0], 0);
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end();
}

/* What there is comes along. */
static void test_woken_with_event(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    wake();
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(event.events, IDEM_POLLIN);
    end();
}

static void cancel(void)
{
    CHECK_OK(idem_cancel(watched));
}

static void test_cancelled(void)
{
    begin(IDEM_POLLIN);
    script.on_wait = cancel;
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(event.events, IDEM_POLLIN | IDEM_POLLERR);
    CHECK_EQ(script_elapsed_ns(), 0);
    end();
}

/* ---- What a socket knows itself ---------------------------------------- */

static void shut_down(void)
{
    CHECK_OK(idem_shutdown(watched, IDEM_SHUT_RD));
}

/* The system has nothing to report, and would wait. */
static void test_shut_down(void)
{
    begin(IDEM_POLLIN);
    script.on_wait = shut_down;
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(event.events, IDEM_POLLIN);
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(script.asked_ms[script.waits - 1], 0);
    CHECK_EQ(script_elapsed_ns(), 0);
    end();
}

/* With sending shut down, the peer's end is the end of all: it is asked for. */
static void test_asks_for_end(void)
{
    begin(IDEM_POLLIN);
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script.polled_events, IDEM_POLLIN);
    CHECK_OK(idem_shutdown(watched, IDEM_SHUT_WR));
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script.polled_events, IDEM_POLLIN | IDEM_OS_POLLRDHUP);
    CHECK_EQ(script.calls[OP_SELECTOR_MODIFY], 1);
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script.calls[OP_SELECTOR_MODIFY], 1);
    CHECK_OK(idem_selector_modify(sel, watched, IDEM_POLLOUT, &event));
    CHECK_EQ(select_for(IDEM_FOREVER), 1);
    CHECK_EQ(event.events, IDEM_POLLOUT);
    CHECK_EQ(script.polled_events, IDEM_POLLOUT | IDEM_OS_POLLRDHUP);
    end();
}

/* A system that refuses to be asked is not pressed. */
static void test_ask_fails(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_SELECTOR_MODIFY, IDEM_ENOBUFS, 0, 0);
    CHECK_OK(idem_shutdown(watched, IDEM_SHUT_WR));
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script.waits, 1);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end();
}

/* One that is always ready by itself does not keep the others from being told,
 * nor they it, even if there is room for one only. */
static void test_turns(void)
{
    idem_socket *other;
    size_t count;
    int own = 0;
    int i;

    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    CHECK_OK(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &other));
    CHECK_OK(idem_selector_register(sel, other, 0, NULL));
    for (i = 0; i < 10; i++) {
        CHECK_OK(idem_selector_select(sel, IDEM_FOREVER, &event, 1, &count));
        CHECK_EQ(count, 1);
        own += event.socket == watched;
    }
    CHECK_EQ(own, 5);
    CHECK_OK(idem_close(other));
    end();
}

static void take_out(void)
{
    if (script.waits == 1)
        CHECK_OK(idem_selector_unregister(sel, watched));
}

/* What the system reports of one that was taken out meanwhile is not told. */
static void test_taken_out(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    script.on_wait = take_out;
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end();
}

static void come_and_go(void)
{
    int i;

    for (i = 0; script.waits == 1 && i < 1500; i++) {
        CHECK_OK(idem_selector_unregister(sel, watched));
        CHECK_OK(idem_selector_register(sel, watched, 0, &event));
    }
}

/* A select that waits comes back to sweep when many come and go meanwhile. */
static void test_sweeps(void)
{
    begin(0);
    script.on_wait = come_and_go;
    CHECK_EQ(select_for(0.1), 0);
    CHECK_EQ(script.waits, 2);
    CHECK_EQ(script.asked_ms[1], 100);
    end();
}

/* ---- Failures ---------------------------------------------------------- */

static void test_open_fails(void)
{
    idem_selector *s = (idem_selector *)&script;

    script_reset();
    script.no_memory = true;
    CHECK_ERR(idem_selector_open(&s), IDEM_ENOMEM);
    CHECK(s == NULL);
    script.no_memory = false;
    script_add(OP_SELECTOR_OPEN, IDEM_EMFILE, 0, 0);
    CHECK_ERR(idem_selector_open(&s), IDEM_EMFILE);
    CHECK(s == NULL);
    CHECK_EQ(script_open_count(), 0);
}

static void test_register_fails(void)
{
    begin(0);
    CHECK_OK(idem_selector_unregister(sel, watched));
    script.no_memory = true;
    CHECK_ERR(idem_selector_register(sel, watched, IDEM_POLLIN, NULL),
              IDEM_ENOMEM);
    script.no_memory = false;
    script_add(OP_SELECTOR_ADD, IDEM_OK, 0, 0); /* the first one's */
    script_add(OP_SELECTOR_ADD, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_selector_register(sel, watched, IDEM_POLLIN, NULL),
              IDEM_ENOBUFS);
    CHECK_ERR(idem_selector_unregister(sel, watched), IDEM_EINVAL);
    CHECK_OK(idem_selector_register(sel, watched, IDEM_POLLIN, NULL));
    end();
}

/* Events and data stay. */
static void test_modify_fails(void)
{
    begin(IDEM_POLLIN);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    script_add(OP_SELECTOR_MODIFY, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_selector_modify(sel, watched, IDEM_POLLOUT, NULL),
              IDEM_ENOBUFS);
    CHECK_EQ(select_for(0), 1);
    CHECK_EQ(event.events, IDEM_POLLIN);
    end();
}

static void test_wait_fails(void)
{
    size_t count = 9;

    begin(IDEM_POLLIN);
    script_add(OP_POLL, IDEM_ENOMEM, 0, 0);
    CHECK_ERR(idem_selector_select(sel, 0, &event, 1, &count), IDEM_ENOMEM);
    CHECK_EQ(count, 0);
    CHECK_EQ(select_for(0), 0); /* nobody is inside any more */
    end();
}

/* ---- Several threads --------------------------------------------------- */

static void select_inside(void)
{
    size_t count = 9;
    idem_event other;

    CHECK_ERR(idem_selector_select(sel, 0, &other, 1, &count),
              IDEM_EINPROGRESS);
    CHECK_EQ(count, 0);
}

static void test_one_at_a_time(void)
{
    begin(IDEM_POLLIN);
    script.on_wait = select_inside;
    CHECK_EQ(select_for(0.1), 0);
    end();
}

static support_thread *closer;

static void close_main(void *arg)
{
    CHECK_OK(idem_selector_close(arg));
}

static void close_meanwhile(void)
{
    if (closer == NULL)
        closer = support_start(close_main, sel);
}

static void test_closed_waiting(void)
{
    size_t count = 9;

    begin(IDEM_POLLIN);
    closer = NULL;
    script.on_wait = close_meanwhile;
    script.until_woken = true;
    CHECK_ERR(idem_selector_select(sel, IDEM_FOREVER, &event, 1, &count),
              IDEM_ECANCELED);
    CHECK_EQ(count, 0);
    support_join(closer);
    end_call(watched);
}

static const check_case cases[] = {
    CASE(timed_out),
    CASE(in_time),
    CASE(false_alarms),
    CASE(interrupted),
    CASE(hook),
    CASE(zero),
    CASE(no_clock),
    CASE(nothing),
    CASE(woken),
    CASE(woken_before),
    CASE(woken_with_event),
    CASE(cancelled),
    CASE(shut_down),
    CASE(asks_for_end),
    CASE(ask_fails),
    CASE(turns),
    CASE(taken_out),
    CASE(sweeps),
    CASE(open_fails),
    CASE(register_fails),
    CASE(modify_fails),
    CASE(wait_fails),
    CASE(one_at_a_time),
    CASE(closed_waiting),
};

CHECK_MAIN("selecting")
