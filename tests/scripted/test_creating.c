/* idem_create_connection(): one timeout over all addresses. */
#include "calls.h"
#include "check.h"

static void check_creation(double timeout, idem_error want)
{
    idem_socket *s = (idem_socket *)&script;
    double seconds;

    CHECK_ERR(idem_create_connection("some.name", 80, timeout, &s), want);
    CHECK((s == NULL) == (want != IDEM_OK));
    CHECK_EQ(script_open_count(), want == IDEM_OK);
    if (s != NULL) {
        CHECK_OK(idem_gettimeout(s, &seconds));
        CHECK(seconds == timeout);
        CHECK_OK(idem_close(s));
    }
}

static void test_first(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 0);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    check_creation(0.1, IDEM_OK);
    CHECK_EQ(script.calls[OP_OPEN], 1);
    CHECK_EQ(script.last_to.port, 80);
    CHECK_EQ(script.last_to.ip[3], 1);
}

/* What is left for the second is what the first did not take; the socket gets
 * the timeout whole. */
static void test_second(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 30);
    script_add(OP_CONNECTED, IDEM_ECONNREFUSED, 0, 50);
    script_add(OP_CONNECTED, IDEM_OK, 0, 90);
    check_creation(0.1, IDEM_OK);
    CHECK_EQ(script.calls[OP_OPEN], 2);
    CHECK_EQ(script.last_to.ip[3], 2);
    CHECK_EQ(script_elapsed_ns(), 90 * MS);
    CHECK_EQ(script.waits, 2);
    CHECK_EQ(script.asked_ms[0], 70);
    CHECK_EQ(script.asked_ms[1], 50);
}

/* The first address takes all the time. */
static void test_timed_out(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 0);
    check_creation(0.1, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.calls[OP_OPEN], 1);
}

/* So does the name service. */
static void test_slow_names(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 120);
    check_creation(0.1, IDEM_ETIMEDOUT);
    CHECK_EQ(script.calls[OP_OPEN], 0);
}

/* All fail: the last one's code. */
static void test_all_fail(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 0);
    script_add(OP_CONNECT, IDEM_ECONNREFUSED, 0, 0);
    script_add(OP_CONNECT, IDEM_ENETUNREACH, 0, 0);
    script_add(OP_CONNECT, IDEM_EHOSTUNREACH, 0, 0);
    check_creation(IDEM_FOREVER, IDEM_EHOSTUNREACH);
    CHECK_EQ(script.calls[OP_OPEN], 3);
}

static void test_zero(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    check_creation(0, IDEM_EWOULDBLOCK);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script.calls[OP_OPEN], 2);
}

static void test_unknown_name(void)
{
    static const idem_error codes[] = { IDEM_HOST_NOT_FOUND, IDEM_TRY_AGAIN,
                                        IDEM_NO_RECOVERY, IDEM_NO_DATA };
    size_t i;

    for (i = 0; i < CHECK_COUNT(codes); i++) {
        script_reset();
        script_add(OP_RESOLVE, codes[i], 0, 0);
        check_creation(0.1, codes[i]);
    }
}

/* A number needs no name service. */
static void test_numeric(void)
{
    idem_socket *s;

    script_reset();
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_create_connection("fe80::1%3", 99, IDEM_FOREVER, &s));
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    CHECK_EQ(idem_family(s), IDEM_AF_INET6);
    CHECK_EQ(script.last_to.scope_id, 3);
    CHECK_EQ(script.last_to.port, 99);
    CHECK_OK(idem_close(s));
}

static void test_refused_arguments(void)
{
    idem_socket *s = (idem_socket *)&script;

    script_reset();
    CHECK_ERR(idem_create_connection("h", -1, 1, &s), IDEM_EINVAL);
    CHECK(s == NULL);
    CHECK_ERR(idem_create_connection("h", 65536, 1, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection("h", 80, -2, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection(NULL, 80, 1, &s), IDEM_EFAULT);
    CHECK_ERR(idem_create_connection("h", 80, 1, NULL), IDEM_EFAULT);
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    CHECK_EQ(script.calls[OP_OPEN], 0);
}

/* No memory for the second: nothing stays open. */
static void test_open_fails(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    script_add(OP_CONNECT, IDEM_ECONNREFUSED, 0, 0);
    script_add(OP_OPEN, IDEM_OK, 0, 0);
    script_add(OP_OPEN, IDEM_EMFILE, 0, 0);
    check_creation(IDEM_FOREVER, IDEM_EMFILE);
}

/* Connected, and its timeout cannot be set: it is given up again. */
static void test_mode_fails(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 1, 0);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    script_add(OP_SET_BLOCKING, IDEM_OK, 0, 0);
    script_add(OP_SET_BLOCKING, IDEM_OK, 0, 0);
    script_add(OP_SET_BLOCKING, IDEM_ENOBUFS, 0, 0);
    check_creation(0.1, IDEM_ENOBUFS);
}

static const check_case cases[] = {
    CASE(first),        CASE(second),     CASE(timed_out),
    CASE(slow_names),   CASE(all_fail),   CASE(zero),
    CASE(unknown_name), CASE(numeric),    CASE(refused_arguments),
    CASE(open_fails),   CASE(mode_fails),
};

CHECK_MAIN("creating")
