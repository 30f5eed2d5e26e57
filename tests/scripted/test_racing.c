/* Happy Eyeballs: which address is tried when, and what comes of it. The clock
 * moves only when the library waits, so all times are exact. */
#include "calls.h"
#include "check.h"

static idem_attempt attempts[SCRIPT_TARGETS];
static idem_connection how;

/* A fresh script, with a host of these families. */
static void begin(const char *families)
{
    script_reset();
    script.families = families;
    script_add(OP_RESOLVE, IDEM_OK, strlen(families), 0);
    memset(attempts, 0, sizeof(attempts));
    how = (idem_connection){ .attempts = attempts,
                             .capacity = CHECK_COUNT(attempts) };
}

static idem_socket *create(double timeout, idem_error want)
{
    idem_socket *s = (idem_socket *)&script;

    CHECK_ERR(idem_create_connection_with("some.name", 80, timeout, &how, &s),
              want);
    CHECK((s == NULL) == (want != IDEM_OK));
    CHECK_EQ(script_open_count(), want == IDEM_OK);
    CHECK_EQ(how.attempted, strlen(script.order));
    script_end_workers();
    return s;
}

static void create_and_close(double timeout, idem_error want)
{
    CHECK_OK(idem_close(create(timeout, want)));
}

/* The number of the target that an attempt went to. */
static int number_of(const idem_attempt *a)
{
    return a->address.family == IDEM_AF_INET ? a->address.ip[3]
                                             : a->address.ip[15];
}

static void check_attempt(size_t i, int number, idem_error want)
{
    CHECK_EQ(number_of(&attempts[i]), number);
    CHECK_EQ(attempts[i].address.port, 80);
    CHECK_ERR(attempts[i].error, want);
}

/* ---- Order ------------------------------------------------------------- */

static void check_order(const char *families, const char *want)
{
    int i;

    begin(families);
    for (i = 1; i < SCRIPT_TARGETS; i++)
        script_connect(i, IDEM_ECONNREFUSED, 0);
    create(1, IDEM_ECONNREFUSED);
    CHECK_STR(script.order, want);
}

/* The families take turns, beginning with the one that the system prefers;
 * within a family its order stays. */
static void test_order(void)
{
    check_order("4", "1");
    check_order("444", "123");
    check_order("64", "12");
    check_order("46", "12");
    check_order("6644", "1324");
    check_order("4466", "1324");
    check_order("66664", "15234");
    check_order("44666", "13245");
    check_order("6446466", "1243657");
}

/* ---- Time -------------------------------------------------------------- */

/* 250 ms each, and the first that stands is kept: here the second. */
static void test_stagger(void)
{
    idem_socket *s;
    idem_address peer;

    begin("6464");
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_OK, 270);
    script_connect(3, IDEM_OK, -1);
    script_connect(4, IDEM_OK, 0);
    s = create(10, IDEM_OK);
    CHECK_STR(script.order, "123");
    CHECK_EQ(script.begun_ms[1], 0);
    CHECK_EQ(script.begun_ms[2], 250);
    CHECK_EQ(script.begun_ms[3], 500);
    CHECK_EQ(script_elapsed_ns(), 520 * MS);
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK_EQ(peer.ip[3], 2);
    CHECK_EQ(peer.port, 80);
    check_attempt(0, 1, IDEM_ECANCELED);
    check_attempt(1, 2, IDEM_OK);
    check_attempt(2, 3, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

/* The first may still win when others have begun. */
static void test_first_late(void)
{
    begin("64");
    script_connect(1, IDEM_OK, 400);
    script_connect(2, IDEM_OK, 200);
    create_and_close(10, IDEM_OK);
    CHECK_EQ(script_elapsed_ns(), 400 * MS);
    check_attempt(0, 1, IDEM_OK);
    check_attempt(1, 2, IDEM_ECANCELED);
}

/* Before the second begins, nobody waits for it. */
static void test_alone(void)
{
    begin("64");
    script_connect(1, IDEM_OK, 249);
    script_connect(2, IDEM_OK, 0);
    create_and_close(10, IDEM_OK);
    CHECK_STR(script.order, "1");
    CHECK_EQ(how.attempted, 1);
}

/* A failure starts the next at once, and that one has its own 250 ms. */
static void test_failure(void)
{
    begin("6464");
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_ECONNREFUSED, 30);
    script_connect(3, IDEM_ENETUNREACH, 0);
    script_connect(4, IDEM_OK, 100);
    create_and_close(10, IDEM_OK);
    CHECK_STR(script.order, "1234");
    CHECK_EQ(script.begun_ms[2], 250);
    CHECK_EQ(script.begun_ms[3], 280);
    CHECK_EQ(script.begun_ms[4], 280);
    CHECK_EQ(script_elapsed_ns(), 380 * MS);
    check_attempt(0, 1, IDEM_ECANCELED);
    check_attempt(1, 2, IDEM_ECONNREFUSED);
    check_attempt(2, 3, IDEM_ENETUNREACH);
    check_attempt(3, 4, IDEM_OK);
}

static void test_failure_restarts(void)
{
    begin("444");
    script_connect(1, IDEM_ECONNREFUSED, 100);
    script_connect(2, IDEM_OK, -1);
    script_connect(3, IDEM_OK, 0);
    create_and_close(10, IDEM_OK);
    CHECK_EQ(script.begun_ms[2], 100);
    CHECK_EQ(script.begun_ms[3], 350);
}

/* When all have begun, there is nothing to wait for but them. */
static void test_all_begun(void)
{
    begin("64");
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_OK, 5000);
    create_and_close(IDEM_FOREVER, IDEM_OK);
    CHECK_EQ(script.waits, 2);
    CHECK_EQ(script.asked_ms[0], 250);
    CHECK_EQ(script.asked_ms[1], -1);
}

/* One deadline for all: attempts under way are withdrawn, others not begun. */
static void test_deadline(void)
{
    begin("4444");
    script_connect(1, IDEM_ECONNREFUSED, 300);
    script_connect(2, IDEM_OK, -1);
    script_connect(3, IDEM_OK, -1);
    script_connect(4, IDEM_OK, 0);
    create(0.5, IDEM_ETIMEDOUT);
    CHECK_STR(script.order, "123");
    CHECK_EQ(script_elapsed_ns(), 500 * MS);
    check_attempt(0, 1, IDEM_ECONNREFUSED);
    check_attempt(1, 2, IDEM_ETIMEDOUT);
    check_attempt(2, 3, IDEM_ETIMEDOUT);
}

/* ---- Failure ----------------------------------------------------------- */

static void check_failure(idem_error first, idem_error second, idem_error want)
{
    begin("64");
    script_connect(1, first, 10);
    script_connect(2, second, 20);
    create(1, want);
    check_attempt(0, 1, first);
    check_attempt(1, 2, second);
}

/* The code that says most about the host; of equals, the first. */
static void test_all_fail(void)
{
    static const idem_error codes[] = { IDEM_ENETUNREACH, IDEM_ENOBUFS,
                                        IDEM_EHOSTUNREACH, IDEM_ECONNREFUSED };
    size_t i;
    size_t k;

    for (i = 0; i < CHECK_COUNT(codes); i++) {
        for (k = 0; k < CHECK_COUNT(codes); k++)
            check_failure(codes[i], codes[k], codes[i > k ? i : k]);
    }
    check_failure(IDEM_ECONNRESET, IDEM_ECONNREFUSED, IDEM_ECONNRESET);
    check_failure(IDEM_ETIMEDOUT, IDEM_EHOSTUNREACH, IDEM_ETIMEDOUT);
    check_failure(IDEM_EADDRNOTAVAIL, IDEM_EAFNOSUPPORT, IDEM_EADDRNOTAVAIL);
}

/* What has no room is counted. */
static void test_capacity(void)
{
    begin("6464");
    how.capacity = 1;
    script_connect(1, IDEM_ENETUNREACH, 0);
    script_connect(2, IDEM_ECONNREFUSED, 0);
    script_connect(3, IDEM_ENETUNREACH, 0);
    script_connect(4, IDEM_ECONNREFUSED, 0);
    create(1, IDEM_ECONNREFUSED);
    CHECK_EQ(how.attempted, 4);
    check_attempt(0, 1, IDEM_ENETUNREACH);
    CHECK_EQ(attempts[1].address.family, IDEM_AF_UNSPEC);
}

/* A wait that fails ends them all. */
static void test_wait_fails(void)
{
    begin("64");
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_OK, -1);
    script_add(OP_POLL, IDEM_OK, 0, 0); /* for the name, */
    script_add(OP_POLL, IDEM_OK, 0, 0); /* and the first alone */
    script_add(OP_POLL, IDEM_ENOMEM, 0, 0);
    create(10, IDEM_ENOMEM);
    check_attempt(0, 1, IDEM_ENOMEM);
    check_attempt(1, 2, IDEM_ENOMEM);
}

/* ---- Cancelling -------------------------------------------------------- */

static void cancel_in_wait(void)
{
    if (script.waits == 3)
        CHECK_OK(idem_canceller_cancel(how.canceller));
}

static void test_cancelled(void)
{
    idem_canceller *c;

    CHECK_OK(idem_canceller_open(&c));
    begin("464");
    how.canceller = c;
    script.on_wait = cancel_in_wait;
    script_connect(1, IDEM_OK, -1);
    script_connect(2, IDEM_OK, -1);
    create(10, IDEM_ECANCELED);
    CHECK_STR(script.order, "12");
    CHECK_EQ(script_elapsed_ns(), 250 * MS);
    check_attempt(0, 1, IDEM_ECANCELED);
    check_attempt(1, 2, IDEM_ECANCELED);
    /* From now on, too. */
    begin("4");
    how.canceller = c;
    create(10, IDEM_ECANCELED);
    CHECK_EQ(script.calls[OP_RESOLVE], 0);
    idem_canceller_close(c);
}

/* ---- From an address of our own ---------------------------------------- */

/* Only its family is tried, and asked for. */
static void test_local(void)
{
    const idem_address local = { .family = IDEM_AF_INET6, .ip = { 0xfd } };
    idem_socket *s;
    idem_address name;

    begin("4646");
    how.local = &local;
    script_connect(2, IDEM_ECONNREFUSED, 0);
    script_connect(4, IDEM_OK, 0);
    s = create(10, IDEM_OK);
    CHECK_STR(script.order, "24");
    CHECK_EQ(script.last_family, IDEM_AF_INET6);
    CHECK_EQ(script.calls[OP_BIND], 2);
    CHECK_OK(idem_getsockname(s, &name));
    CHECK_OK(idem_close(s));
    CHECK_ERR(idem_create_connection_with("10.0.0.1", 80, 1, &how, &s),
              IDEM_EAFNOSUPPORT);
    CHECK_EQ(how.attempted, 0);
}

static void test_local_fails(void)
{
    const idem_address local = { .family = IDEM_AF_INET, .ip = { 10 } };

    begin("44");
    how.local = &local;
    script_add(OP_BIND, IDEM_EADDRNOTAVAIL, 0, 0);
    script_add(OP_BIND, IDEM_EADDRNOTAVAIL, 0, 0);
    CHECK_ERR(idem_create_connection_with("some.name", 80, 1, &how,
                                          &(idem_socket *){ NULL }),
              IDEM_EADDRNOTAVAIL);
    CHECK_EQ(how.attempted, 2);
    CHECK_STR(script.order, "");
    CHECK_EQ(script_open_count(), 0);
    script_end_workers();
}

/* A port can only be used by one attempt at a time: the next waits for its
 * failure. */
static void test_local_port(void)
{
    const idem_address local = { .family = IDEM_AF_INET, .port = 4711 };

    begin("444");
    how.local = &local;
    script_connect(1, IDEM_ETIMEDOUT, 3000);
    script_connect(2, IDEM_ECONNREFUSED, 400);
    script_connect(3, IDEM_OK, 20);
    create_and_close(IDEM_FOREVER, IDEM_OK);
    CHECK_EQ(script.begun_ms[2], 3000);
    CHECK_EQ(script.begun_ms[3], 3400);
    CHECK_EQ(script.waits, 3);
}

static const check_case cases[] = {
    CASE(order),    CASE(stagger),          CASE(first_late), CASE(alone),
    CASE(failure),  CASE(failure_restarts), CASE(all_begun),  CASE(deadline),
    CASE(all_fail), CASE(capacity),         CASE(wait_fails), CASE(cancelled),
    CASE(local),    CASE(local_fails),      CASE(local_port),
};

CHECK_MAIN("racing")
