/* The interrupt hook: when it is asked, and what its answer does. */
#include "calls.h"
#include "check.h"

static int asked;

/* Ends the call when it is asked for the *context-th time. */
static bool hook(void *context)
{
    asked++;
    return asked == *(const int *)context;
}

static void set_hook(int *end_at)
{
    asked = 0;
    idem_set_interrupt_hook(hook, end_at);
}

static void for_all(void (*rule)(const waiting_call *call))
{
    size_t i;

    for (i = 0; i < waiting_call_count; i++)
        rule(&waiting_calls[i]);
    idem_set_interrupt_hook(NULL, NULL);
}

/* ---- Attempts and waits ------------------------------------------------ */

static void rule_ends(const waiting_call *call)
{
    int first = 1;
    idem_socket *s = begin_call(call, 0.1);

    set_hook(&first);
    will(call, IDEM_EINTR, 0);
    will(call, IDEM_OK, 0);
    check_call(call, s, IDEM_EINTR);
    CHECK_EQ(asked, 1);
    end_call(s);
}

static void test_ends(void)
{
    for_all(rule_ends);
}

static void rule_goes_on(const waiting_call *call)
{
    int never = 0;
    idem_socket *s = begin_call(call, 0.1);

    set_hook(&never);
    will(call, IDEM_EINTR, 0);
    if (call->op != OP_CONNECT) /* which is not begun again */
        will(call, IDEM_EINTR, 0);
    will(call, IDEM_OK, 30);
    check_call(call, s, IDEM_OK);
    CHECK(asked >= 1);
    end_call(s);
}

static void test_goes_on(void)
{
    for_all(rule_goes_on);
}

static void rule_wait(const waiting_call *call)
{
    int second = 2;
    idem_socket *s = begin_call(call, IDEM_FOREVER);

    set_hook(&second);
    script.false_alarm_ms = 7;
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    will(call, IDEM_OK, 50);
    check_call(call, s, IDEM_EINTR);
    CHECK_EQ(asked, 2);
    end_call(s);
}

/* A wait that was interrupted. */
static void test_wait(void)
{
    for_all(rule_wait);
}

static void rule_quiet(const waiting_call *call)
{
    int first = 1;
    idem_socket *s = begin_call(call, 0.1);

    set_hook(&first);
    will(call, IDEM_OK, 30);
    check_call(call, s, IDEM_OK);
    CHECK_EQ(asked, 0);
    end_call(s);
}

/* Nothing was interrupted: it is not asked. */
static void test_quiet(void)
{
    for_all(rule_quiet);
}

static void test_poll(void)
{
    int first = 1;
    idem_socket *s = begin_stream(0);
    idem_pollfd one = { s, IDEM_POLLIN, 0 };
    size_t ready = 9;

    set_hook(&first);
    script_add(OP_POLL, IDEM_EINTR, 0, 0);
    CHECK_ERR(idem_poll(&one, 1, 1, &ready), IDEM_EINTR);
    CHECK_EQ(ready, 0);
    CHECK_EQ(asked, 1);
    idem_set_interrupt_hook(NULL, NULL);
    end_call(s);
}

/* ---- Between the parts ------------------------------------------------- */

static void test_sendall(void)
{
    static const char data[40];
    int second = 2;
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t sent = 99;

    set_hook(&second);
    script_add(OP_SEND, IDEM_OK, 10, 0);
    script_add(OP_SEND, IDEM_OK, 11, 0);
    script_add(OP_SEND, IDEM_OK, 19, 0);
    CHECK_ERR(idem_sendall(s, data, sizeof(data), 0, &sent), IDEM_EINTR);
    CHECK_EQ(sent, 21);
    CHECK_ERR(idem_sendall(s, data, 19, 0, &sent), IDEM_OK);
    CHECK_EQ(sent, 19);
    CHECK_EQ(asked, 2); /* not behind the last part */
    idem_set_interrupt_hook(NULL, NULL);
    end_call(s);
}

/* Also where the system knows that the next part would have to wait. */
static void test_sendfile(void)
{
    int second = 2;
    idem_socket *s = begin_stream(IDEM_FOREVER);
    uint64_t sent = 99;

    set_hook(&second);
    script_add(OP_SENDFILE, IDEM_OK, 10, 0);
    script_add(OP_SENDFILE, IDEM_EWOULDBLOCK, 11, 0);
    CHECK_ERR(idem_sendfile(s, SCRIPT_FILE, 0, 40, &sent), IDEM_EINTR);
    CHECK_EQ(sent, 21);
    idem_set_interrupt_hook(NULL, NULL);
    end_call(s);
}

static void test_waitall(void)
{
    char buf[40];
    int first = 1;
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t got = 99;

    set_hook(&first);
    script_add(OP_RECV, IDEM_OK, 7, 0);
    CHECK_ERR(idem_recv(s, buf, sizeof(buf), IDEM_MSG_WAITALL, &got),
              IDEM_EINTR);
    CHECK_EQ(got, 7);
    idem_set_interrupt_hook(NULL, NULL);
    end_call(s);
}

/* ---- Connecting -------------------------------------------------------- */

/* The socket is as after a failure: free to try again. */
static void test_connect(void)
{
    int first = 1;
    idem_address to;
    idem_socket *s;

    script_reset();
    CHECK_OK(idem_address_make("10.9.8.7", 80, &to));
    CHECK_OK(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s));
    set_hook(&first);
    script_add(OP_CONNECT, IDEM_EINTR, 0, 0);
    CHECK_ERR(idem_connect(s, &to), IDEM_EINTR);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ENOTCONN);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_connect(s, &to));
    idem_set_interrupt_hook(NULL, NULL);
    end_call(s);
}

static const check_case cases[] = {
    CASE(ends),    CASE(goes_on),  CASE(wait),    CASE(quiet),   CASE(poll),
    CASE(sendall), CASE(sendfile), CASE(waitall), CASE(connect),
};

CHECK_MAIN("interrupt")
