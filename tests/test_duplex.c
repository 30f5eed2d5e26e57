/* A reader and a writer inside one socket, and a third who ends it: at any
 * moment, a thousand times. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "strangers.h"
#include "support.h"

/* ---- The two, and who keeps them moving -------------------------------- */

/* More than the peer takes and the system holds: the writer never gets to its
 * end. Nobody writes it, so it takes up no memory. */
static char ocean[64 << 20];

/* More than the peer gives. */
static char cup[1 << 20];

/* Of this round. */
static size_t given; /* by the peer to the reader, */
static size_t taken; /* and of what the writer sent */

/* The two, the peer, and the one who ends it, side by side. */
static void begin(void)
{
    meet(4);
    moment();
}

static idem_error run_write(job *j)
{
    begin();
    return idem_sendall(j->socket, ocean, sizeof(ocean), 0, &j->count);
}

static idem_error run_read(job *j)
{
    idem_error err;

    begin();
    err = idem_recv(j->socket, cup, sizeof(cup), IDEM_MSG_WAITALL, &j->count);
    CHECK(is_not_theirs(cup, j->count));
    return err;
}

static idem_error give_and_take(idem_socket *peer)
{
    static char buf[1 << 16];
    const int now = IDEM_MSG_DONTWAIT;
    size_t n;
    idem_error err = idem_send(peer, buf, 1000, now, &n);

    given += n;
    if (err && err != IDEM_EWOULDBLOCK)
        return err;
    err = idem_recv(peer, buf, sizeof(buf), now, &n);
    taken += n;
    return err == IDEM_EWOULDBLOCK ? IDEM_OK : err;
}

/* Keep both moving: now they are in the system, now on their way in or out. */
static idem_error run_pump(job *j)
{
    idem_error err = IDEM_OK;
    int i;

    begin();
    for (i = 0; i < 30 && !err; i++) {
        moment();
        err = give_and_take(j->socket);
    }
    return IDEM_OK; /* or broken off at the other end */
}

/* ---- A round ----------------------------------------------------------- */

typedef struct trio {
    idem_socket *s; /* of the reader and the writer */
    idem_socket *peer;
    idem_socket *twin; /* of s, or NULL */
    job reader, writer, pump;
} trio;

static void connect_trio(trio *t, idem_socket *door, const idem_address *at)
{
    t->s = open_stream(IDEM_AF_INET);
    t->twin = NULL;
    CHECK_OK(idem_connect(t->s, at));
    CHECK_OK(idem_accept(door, &t->peer, NULL));
    /* No remains of a thousand connections. */
    support_reset_on_close(idem_fileno(t->s));
    support_reset_on_close(idem_fileno(t->peer));
}

static void start_trio(trio *t)
{
    CHECK_OK(idem_send(t->peer, "", 1, 0, &given));
    await_input(t->s);
    taken = 0;
    start_job(&t->reader, run_read, t->s);
    start_job(&t->writer, run_write, t->s);
    start_job(&t->pump, run_pump, t->peer);
    begin();
}

static void finish_two(trio *t, idem_error reads, idem_error writes)
{
    finish_job(&t->reader, reads);
    finish_job(&t->writer, writes);
    CHECK(t->reader.count <= given);
    CHECK(t->writer.count >= taken);
}

static void finish_trio(trio *t, idem_error reads, idem_error writes)
{
    finish_job(&t->pump, IDEM_OK);
    finish_two(t, reads, writes);
}

typedef void ending(trio *t);

static void run_rounds(ending *end, bool shared)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    int i;

    begin_moments();
    for (i = 0; another_round(i, 150); i++) {
        trio t;

        connect_trio(&t, door, &at);
        if (shared)
            CHECK_OK(idem_dup(t.s, &t.twin));
        CHECK_OK(idem_settimeout(t.s, i % 2 ? IDEM_FOREVER : 60));
        start_trio(&t);
        end(&t);
        CHECK_OK(idem_close(t.peer));
        CHECK_OK(idem_close(t.twin));
    }
    CHECK_OK(idem_close(door));
}

/* ---- Ways to end it ---------------------------------------------------- */

static void by_cancel(trio *t)
{
    CHECK_OK(idem_cancel(t->s));
    finish_trio(t, IDEM_ECANCELED, IDEM_ECANCELED);
    CHECK_OK(idem_close(t->s));
}

/* No call may begin any more then. Both are inside when the first byte for the
 * one has gone, and the first of the other has come: they want more. */
static void by_close(trio *t)
{
    while (has_input(t->s))
        support_relax();
    await_input(t->peer);
    moment();
    CHECK_OK(idem_close(t->s));
    be_stranger(); /* to whom the handle is given now */
    finish_trio(t, IDEM_ECANCELED, IDEM_ECANCELED);
}

static void by_shutdown(trio *t)
{
    CHECK_OK(idem_shutdown(t->s, IDEM_SHUT_RDWR));
    finish_trio(t, IDEM_OK, IDEM_ESHUTDOWN);
    CHECK_OK(idem_close(t->s));
}

/* Each end finishes sending: nothing gets lost, and the counts are true. */
static void by_finishing(trio *t)
{
    static char buf[1 << 16];
    size_t n = 1;

    CHECK_OK(idem_shutdown(t->s, IDEM_SHUT_WR));
    finish_job(&t->pump, IDEM_OK);
    for (; n > 0; taken += n)
        CHECK_OK(idem_recv(t->peer, buf, sizeof(buf), 0, &n));
    CHECK_OK(idem_shutdown(t->peer, IDEM_SHUT_WR));
    finish_two(t, IDEM_OK, IDEM_ESHUTDOWN);
    CHECK_EQ(t->reader.count, given);
    CHECK_EQ(t->writer.count, taken);
    CHECK_OK(idem_close(t->s));
}

static void test_cancel(void)
{
    run_rounds(by_cancel, false);
}

static void test_close(void)
{
    run_rounds(by_close, false);
}

/* Among others who wait for the handle, too. */
static void test_reuse(void)
{
    begin_strangers();
    run_rounds(by_close, false);
    end_strangers();
}

static void test_shutdown(void)
{
    run_rounds(by_shutdown, false);
}

static void test_finish(void)
{
    run_rounds(by_finishing, false);
}

/* Sockets that share their handle with others are woken in another way. */
static void test_cancel_shared(void)
{
    run_rounds(by_cancel, true);
}

static void test_close_shared(void)
{
    run_rounds(by_close, true);
}

static void test_shutdown_shared(void)
{
    run_rounds(by_shutdown, true);
}

static const check_case cases[] = {
    CASE(cancel),          CASE(close),         CASE(shutdown),
    CASE(finish),          CASE(cancel_shared), CASE(close_shared),
    CASE(shutdown_shared), CASE(reuse),
};

CHECK_MAIN("duplex")
