/* idem_create_connection(): one timeout over the look-up and all attempts. */
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
    script_end_workers();
}

static void test_first(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 0);
    script_connect(1, IDEM_OK, 0);
    check_creation(0.1, IDEM_OK);
    CHECK_EQ(script.calls[OP_OPEN], 1);
    CHECK_EQ(script.last_to.port, 80);
    CHECK_EQ(script.last_to.ip[3], 1);
    CHECK_EQ(script.waits, 1); /* for the name */
}

/* Without a timeout nobody else need ask. */
static void test_forever(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 1, 70);
    script_connect(1, IDEM_OK, 30);
    check_creation(IDEM_FOREVER, IDEM_OK);
    CHECK_EQ(script.workers, 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.waits, 1);
    CHECK_EQ(script.asked_ms[0], -1);
}

/* What is left for the second is what the name service and the first did not
 * take; the socket gets the timeout whole. */
static void test_second(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 30);
    script_connect(1, IDEM_ECONNREFUSED, 20);
    script_connect(2, IDEM_OK, 40);
    check_creation(0.1, IDEM_OK);
    CHECK_EQ(script.calls[OP_OPEN], 2);
    CHECK_EQ(script.last_to.ip[3], 2);
    CHECK_EQ(script_elapsed_ns(), 90 * MS);
    CHECK_EQ(script.waits, 3);
    CHECK_EQ(script.asked_ms[0], 100);
    CHECK_EQ(script.asked_ms[1], 70);
    CHECK_EQ(script.asked_ms[2], 50);
}

/* The first address takes all the time. */
static void test_timed_out(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 0);
    script_connect(1, IDEM_OK, 101);
    check_creation(0.1, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.calls[OP_OPEN], 1);
}

/* At the last moment. */
static void test_in_time(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 1, 60);
    script_connect(1, IDEM_OK, 40);
    check_creation(0.1, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
}

/* The name service does. */
static void test_slow_names(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 3, 120);
    check_creation(0.1, IDEM_ETIMEDOUT);
    CHECK_EQ(script.calls[OP_OPEN], 0);
}

static void test_false_alarms(void)
{
    script_reset();
    script.false_alarm_ms = 9;
    script_add(OP_RESOLVE, IDEM_OK, 2, 30);
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_OK, 15);
    check_creation(0.5, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), (30 + 250 + 15) * MS);
    script_reset();
    script.false_alarm_ms = 9;
    script_add(OP_RESOLVE, IDEM_OK, 1, 30);
    script_connect(1, IDEM_OK, -1);
    check_creation(0.5, IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 500 * MS);
}

/* Names have to be looked up, which is more than 0 s allow. */
static void test_zero(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    check_creation(0, IDEM_EWOULDBLOCK);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script.workers, 0);
    CHECK_EQ(script.calls[OP_OPEN], 0);
}

/* Where no look-up is needed, every address gets its chance. */
static void test_zero_known(void)
{
    idem_socket *s;

    script_reset();
    CHECK(idem_has(IDEM_HAS_IPV6)); /* known from now on */
    script_reset();
    script.patience = PATIENCE_ALL;
    CHECK_ERR(idem_create_connection("10.0.9.9", 80, 0, &s), IDEM_EWOULDBLOCK);
    CHECK_EQ(script.waits, 0);
    script_reset();
    CHECK_ERR(idem_create_connection("localhost", 80, 0, &s), IDEM_EWOULDBLOCK);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script.calls[OP_OPEN], 2);
    CHECK_EQ(script_open_count(), 0);
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
        script_reset();
        script_add(OP_RESOLVE, codes[i], 0, 0);
        check_creation(IDEM_FOREVER, codes[i]);
    }
}

/* A number needs no name service. */
static void test_numeric(void)
{
    idem_socket *s;

    script_reset();
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_create_connection("fe80::1%3", 99, IDEM_FOREVER, &s));
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    CHECK_EQ(idem_family(s), IDEM_AF_INET6);
    CHECK_EQ(script.last_to.scope_id, 3);
    CHECK_EQ(script.last_to.port, 99);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_create_connection("fe80::1%eth0", 99, IDEM_FOREVER, &s));
    CHECK_EQ(script.last_to.scope_id, 3);
    CHECK_OK(idem_close(s));
}

static void test_refused_arguments(void)
{
    const idem_address local = { .family = IDEM_AF_UNIX };
    idem_connection how = { .local = &local, .attempted = 9 };
    idem_socket *s = (idem_socket *)&script;

    script_reset();
    CHECK_ERR(idem_create_connection("h", -1, 1, &s), IDEM_EINVAL);
    CHECK(s == NULL);
    CHECK_ERR(idem_create_connection("h", 65536, 1, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection("h", 80, -2, &s), IDEM_EINVAL);
    CHECK_ERR(idem_create_connection(NULL, 80, 1, &s), IDEM_EFAULT);
    CHECK_ERR(idem_create_connection("h", 80, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_create_connection_with("h", 80, 1, &how, &s),
              IDEM_EAFNOSUPPORT);
    CHECK_EQ(how.attempted, 0);
    how = (idem_connection){ .capacity = 1 };
    CHECK_ERR(idem_create_connection_with("h", 80, 1, &how, &s), IDEM_EFAULT);
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    CHECK_EQ(script.calls[OP_OPEN], 0);
}

/* No descriptor for the second: nothing stays open. */
static void test_open_fails(void)
{
    script_reset();
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    script_connect(1, IDEM_ENETUNREACH, 0);
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

static void test_no_memory(void)
{
    idem_socket *s = (idem_socket *)&script;

    script_reset();
    script.no_memory = true;
    CHECK_ERR(idem_create_connection("some.name", 80, 1, &s), IDEM_ENOMEM);
    CHECK(s == NULL);
    script_add(OP_RESOLVE, IDEM_OK, 2, 0);
    CHECK_ERR(idem_create_connection("some.name", 80, IDEM_FOREVER, &s),
              IDEM_ENOMEM);
    CHECK_ERR(idem_create_connection("localhost", 80, 1, &s), IDEM_ENOMEM);
    CHECK_EQ(script.workers, 0);
    CHECK_EQ(script_open_count(), 0);
}

static const check_case cases[] = {
    CASE(first),        CASE(forever),    CASE(second),
    CASE(timed_out),    CASE(in_time),    CASE(slow_names),
    CASE(false_alarms), CASE(zero),       CASE(zero_known),
    CASE(unknown_name), CASE(numeric),    CASE(refused_arguments),
    CASE(open_fails),   CASE(mode_fails), CASE(no_memory),
};

CHECK_MAIN("creating")
