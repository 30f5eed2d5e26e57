/* How calls and sockets end: cancel, close, detach, want of memory. */
#include "calls.h"
#include "check.h"
#include "support.h"

static idem_socket *victim;
static support_thread *closer;

static void for_all(void (*rule)(const waiting_call *call))
{
    size_t i;

    for (i = 0; i < waiting_call_count; i++)
        rule(&waiting_calls[i]);
}

static void cancel_victim(void)
{
    CHECK_OK(idem_cancel(victim));
}

/* ---- cancel ------------------------------------------------------------ */

static void rule_cancelled_before(const waiting_call *call)
{
    idem_socket *s = begin_call(call, 0.1);

    will(call, IDEM_OK, 1);
    CHECK_OK(idem_cancel(s));
    CHECK_OK(idem_cancel(s));
    check_call(call, s, IDEM_ECANCELED);
    check_call(call, s, IDEM_ECANCELED);
    CHECK_EQ(script.attempts, 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

static void test_cancelled_before(void)
{
    for_all(rule_cancelled_before);
}

static void cancel_in_wait(const waiting_call *call, double timeout)
{
    victim = begin_call(call, timeout);
    script.on_wait = cancel_victim;
    check_call(call, victim, IDEM_ECANCELED);
    CHECK_EQ(script.waits, 1);
    CHECK_EQ(script_elapsed_ns(), 0);
    check_call(call, victim, IDEM_ECANCELED);
    CHECK_EQ(script.waits, 1);
    end_call(victim);
}

static void rule_cancelled_waiting(const waiting_call *call)
{
    cancel_in_wait(call, IDEM_FOREVER);
    cancel_in_wait(call, 60);
}

static void test_cancelled_waiting(void)
{
    for_all(rule_cancelled_waiting);
}

static void rule_cancelled_in_time(const waiting_call *call)
{
    victim = begin_call(call, IDEM_FOREVER);
    script.on_attempt = cancel_victim;
    will(call, IDEM_OK, 0);
    check_call(call, victim, IDEM_OK);
    check_call(call, victim, IDEM_ECANCELED);
    end_call(victim);
}

/* What was done before the mark was seen is still a success. */
static void test_cancelled_in_time(void)
{
    for_all(rule_cancelled_in_time);
}

static void rule_cancelled_attempt(const waiting_call *call)
{
    victim = begin_call(call, IDEM_FOREVER);
    script.on_attempt = cancel_victim;
    check_call(call, victim, IDEM_ECANCELED);
    CHECK_EQ(script.waits, 0);
    end_call(victim);
}

/* The mark is seen between an attempt and the wait after it. */
static void test_cancelled_attempt(void)
{
    for_all(rule_cancelled_attempt);
}

static void rule_cancelled_oddly(const waiting_call *call)
{
    victim = begin_call(call, IDEM_FOREVER);
    script.on_wait = cancel_victim;
    will(call, IDEM_ECONNRESET, 0);
    script.answers[call->op][script.calls[call->op]].err = IDEM_EWOULDBLOCK;
    check_call(call, victim, IDEM_ECANCELED);
    end_call(victim);
}

/* Waking may break the connection: the caller hears of the cancel only. */
static void test_cancelled_oddly(void)
{
    for_all(rule_cancelled_oddly);
}

/* The counts tell what was done before. */
static void test_cancelled_counts(void)
{
    char buf[10];
    size_t n = 99;

    victim = begin_stream(IDEM_FOREVER);
    script.on_wait = cancel_victim;
    script_add(OP_SEND, IDEM_OK, 4, 0);
    CHECK_ERR(idem_sendall(victim, "0123456789", 10, 0, &n), IDEM_ECANCELED);
    CHECK_EQ(n, 4);
    end_call(victim);

    victim = begin_stream(IDEM_FOREVER);
    script.on_wait = cancel_victim;
    script_add(OP_RECV, IDEM_OK, 3, 0);
    CHECK_ERR(idem_recv(victim, buf, 10, IDEM_MSG_WAITALL, &n), IDEM_ECANCELED);
    CHECK_EQ(n, 3);
    end_call(victim);
}

/* Bytes that come together with the cancel are delivered. */
static void test_cancelled_with_data(void)
{
    char buf[10];
    size_t n = 99;

    victim = begin_stream(IDEM_FOREVER);
    script.on_attempt = cancel_victim;
    script_add(OP_RECV, IDEM_OK, 3, 0);
    CHECK_OK(idem_recv(victim, buf, 10, 0, &n));
    CHECK_EQ(n, 3);
    CHECK_ERR(idem_recv(victim, buf, 10, 0, &n), IDEM_ECANCELED);
    CHECK_EQ(n, 0);
    end_call(victim);
}

/* Calls that do not wait go on as before. */
static void test_cancelled_still_works(void)
{
    idem_socket *s = begin_stream(3);
    idem_address name;
    double seconds;

    CHECK_OK(idem_cancel(s));
    CHECK_OK(idem_getsockname(s, &name));
    CHECK_OK(idem_getpeername(s, &name));
    CHECK_OK(idem_settimeout(s, 4));
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == 4);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    end_call(s);
}

static void test_cancelled_poll(void)
{
    idem_pollfd one = { NULL, IDEM_POLLIN, 0 };
    size_t ready = 9;

    victim = begin_stream(IDEM_FOREVER);
    one.socket = victim;
    script.on_wait = cancel_victim;
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 1);
    CHECK(one.revents & IDEM_POLLERR);
    CHECK(one.revents & IDEM_POLLIN);
    end_call(victim);
}

/* ---- close from another thread ----------------------------------------- */

static void close_main(void *arg)
{
    CHECK_OK(idem_close(arg));
}

static void close_victim(void)
{
    if (closer == NULL)
        closer = support_start(close_main, victim);
}

static void rule_closed_waiting(const waiting_call *call)
{
    if (call->after)
        return;
    victim = begin_call(call, IDEM_FOREVER);
    closer = NULL;
    script.on_wait = close_victim;
    script.until_woken = true;
    check_call(call, victim, IDEM_ECANCELED);
    support_join(closer);
    CHECK_EQ(script_open_count(), 0);
}

static void test_closed_waiting(void)
{
    for_all(rule_closed_waiting);
}

static void test_closed_poll(void)
{
    idem_pollfd one = { NULL, IDEM_POLLOUT, 0 };
    size_t ready = 9;

    victim = begin_stream(IDEM_FOREVER);
    one.socket = victim;
    closer = NULL;
    script.on_wait = close_victim;
    script.until_woken = true;
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    support_join(closer);
    CHECK_EQ(ready, 1);
    CHECK(one.revents & IDEM_POLLERR);
    CHECK_EQ(script_open_count(), 0);
}

/* ---- close and detach -------------------------------------------------- */

/* What the system complains about is passed on; the socket is gone. */
static void test_close_complains(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);

    script_add(OP_CLOSE, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_close(s), IDEM_ENOBUFS);
    CHECK_EQ(script_open_count(), 0);
    CHECK_OK(idem_close(NULL));
}

static void detach_victim(void)
{
    intptr_t handle = 99;

    CHECK_ERR(idem_detach(victim, &handle), IDEM_EINPROGRESS);
    CHECK_EQ(handle, -1);
}

/* Not while a call is inside. */
static void test_detach_busy(void)
{
    char c;
    size_t got;

    victim = begin_stream(0.1);
    script.on_wait = detach_victim;
    CHECK_ERR(idem_recv(victim, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    script.on_wait = NULL;
    CHECK_ERR(idem_recv(victim, &c, 1, 0, &got), IDEM_ETIMEDOUT);
    end_call(victim);
}

static void check_detached(double timeout, bool blocking)
{
    idem_socket *s = begin_stream(timeout);
    intptr_t handle = 99;

    CHECK_OK(idem_detach(s, &handle));
    CHECK(handle >= 0 && handle < SCRIPT_SOCKETS);
    CHECK(script.sockets[handle].open);
    CHECK_EQ(script.sockets[handle].blocking, blocking);
    script.sockets[handle].open = false;
}

static void test_detach_mode(void)
{
    check_detached(IDEM_FOREVER, true);
    check_detached(0, false);
    check_detached(2.5, false);
}

/* ---- Nothing is left behind -------------------------------------------- */

static void test_open_fails(void)
{
    idem_socket *s = (idem_socket *)&script;

    script_reset();
    script.no_memory = true;
    CHECK_ERR(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s), IDEM_ENOMEM);
    CHECK(s == NULL);
    CHECK_EQ(script_open_count(), 0);
    script.no_memory = false;
    script_add(OP_OPEN, IDEM_EMFILE, 0, 0);
    CHECK_ERR(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s), IDEM_EMFILE);
    CHECK(s == NULL);
    script_add(OP_SET_BLOCKING, IDEM_ENOBUFS, 0, 0);
    CHECK_OK(idem_setdefaulttimeout(0));
    CHECK_ERR(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s), IDEM_ENOBUFS);
    CHECK_OK(idem_setdefaulttimeout(IDEM_FOREVER));
    CHECK(s == NULL);
    CHECK_EQ(script_open_count(), 0);
}

static void test_dup_fails(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    idem_socket *twin = s;

    script.no_memory = true;
    CHECK_ERR(idem_dup(s, &twin), IDEM_ENOMEM);
    CHECK(twin == NULL);
    script.no_memory = false;
    script_add(OP_DUP, IDEM_EMFILE, 0, 0);
    CHECK_ERR(idem_dup(s, &twin), IDEM_EMFILE);
    CHECK(twin == NULL);
    CHECK_EQ(script_open_count(), 1);
    end_call(s);
}

/* A handle that could not be adopted remains its owner's. */
static void test_adopt_fails(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    idem_socket *other = s;
    intptr_t handle;

    CHECK_OK(idem_detach(s, &handle));
    script.no_memory = true;
    CHECK_ERR(idem_adopt(handle, &other), IDEM_ENOMEM);
    CHECK(other == NULL);
    script.no_memory = false;
    script_add(OP_ADOPT, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_adopt(handle, &other), IDEM_ENOBUFS);
    CHECK(other == NULL);
    CHECK(script.sockets[handle].open);
    script.sockets[handle].kind.family = -1;
    CHECK_ERR(idem_adopt(handle, &other), IDEM_EAFNOSUPPORT);
    script.sockets[handle].kind.family = IDEM_AF_INET;
    script.sockets[handle].kind.protocol = 262;
    CHECK_ERR(idem_adopt(handle, &other), IDEM_EPROTONOSUPPORT);
    script.sockets[handle].kind.type = -1;
    CHECK_ERR(idem_adopt(handle, &other), IDEM_ESOCKTNOSUPPORT);
    CHECK(script.sockets[handle].open);
    script.sockets[handle].open = false;
    CHECK_ERR(idem_adopt(handle, &other), IDEM_ENOTSOCK);
}

/* A timeout that the system refuses leaves the old one. */
static void test_settimeout_fails(void)
{
    idem_socket *s = begin_stream(2.5);
    double seconds;

    while (script.answer_count[OP_SET_BLOCKING] < script.calls[OP_SET_BLOCKING])
        script_add(OP_SET_BLOCKING, IDEM_OK, 0, 0);
    script_add(OP_SET_BLOCKING, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_settimeout(s, 0), IDEM_ENOBUFS);
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == 2.5);
    end_call(s);
}

/* More entries than fit on the stack, and no memory for them. */
static void test_poll_no_memory(void)
{
    static idem_pollfd entries[100];
    size_t ready = 9;

    script_reset();
    CHECK_OK(idem_poll(entries, CHECK_COUNT(entries), 0, &ready));
    CHECK_EQ(ready, 0);
    CHECK_ERR(idem_poll(entries, SIZE_MAX / 8, 0, &ready), IDEM_ENOMEM);
    CHECK_EQ(ready, 0);
}

static const check_case cases[] = {
    CASE(cancelled_before),    CASE(cancelled_waiting),
    CASE(cancelled_in_time),   CASE(cancelled_attempt),
    CASE(cancelled_oddly),     CASE(cancelled_counts),
    CASE(cancelled_with_data), CASE(cancelled_still_works),
    CASE(cancelled_poll),      CASE(closed_waiting),
    CASE(closed_poll),         CASE(close_complains),
    CASE(detach_busy),         CASE(detach_mode),
    CASE(open_fails),          CASE(dup_fails),
    CASE(adopt_fails),         CASE(settimeout_fails),
    CASE(poll_no_memory),
};

CHECK_MAIN("ending")
