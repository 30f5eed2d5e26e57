/* Unix sockets at work: waiting, and being woken. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#define UNIX IDEM_AF_UNIX

static idem_socket *pair(idem_socket **accepted)
{
    need_unix(IDEM_SOCK_STREAM);
    return stream_pair_on(UNIX, accepted);
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* ---- Streams ----------------------------------------------------------- */

/* Much in both directions, with a reader that is slower than the writer. */
static void test_much(void)
{
    static unsigned char got_bytes[65536];
    idem_socket *server;
    idem_socket *client = pair(&server);
    size_t total = 0;
    size_t got;
    job j;

    start_job(&j, run_sendall, client);
    while (total < JOB_BIG) {
        CHECK_OK(idem_recv(server, got_bytes, sizeof(got_bytes), 0, &got));
        CHECK(got > 0);
        total += got;
    }
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, JOB_BIG);
    CHECK_EQ(total, JOB_BIG);
    close_both(client, server);
}

static void test_ends(void)
{
    idem_socket *server;
    idem_socket *client = pair(&server);
    size_t got = 9;
    char c = 0;

    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_OK(idem_recv(server, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_OK(idem_recv(client, &c, 1, 0, &got));
    CHECK_EQ(got, 1);
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_recv(client, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_close(client));
    client = pair(&server);
    CHECK_OK(idem_send(client, "unread", 6, 0, NULL));
    CHECK_OK(idem_close(server));
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ECONNRESET);
    CHECK_OK(idem_close(client));
}

/* Never early, whatever is waited for; and nothing is left on the handle. */
static void check_late(double start, double timeout)
{
    CHECK(support_now() - start >= timeout);
}

static void test_timeouts(void)
{
    idem_socket *server;
    idem_socket *client = pair(&server);
    idem_address at;
    idem_socket *door = listener(UNIX, &at);
    idem_socket *conn;
    double start;
    size_t sent = 0;
    char c = 0;

    CHECK_OK(idem_settimeout(client, 0.06));
    start = support_now();
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    check_late(start, 0.06);
    CHECK(fill(client) > 0);
    start = support_now();
    CHECK_ERR(idem_sendall(client, &c, 1, 0, &sent), IDEM_ETIMEDOUT);
    check_late(start, 0.06);
    CHECK_EQ(sent, 0);
    CHECK_OK(idem_settimeout(door, 0.06));
    start = support_now();
    CHECK_ERR(idem_accept(door, &conn, NULL), IDEM_ETIMEDOUT);
    check_late(start, 0.06);
    CHECK(!support_has_time_limit(idem_fileno(client)));
    CHECK(!support_has_time_limit(idem_fileno(door)));
    close_both(client, server);
    CHECK_OK(idem_close(door));
    remove_paths();
}

/* A reader that takes a little now and then does not keep a sendall beyond its
 * time. */
static void test_sendall_timeout(void)
{
    static char data[1 << 20];
    idem_socket *server;
    idem_socket *client = pair(&server);
    const double start = support_now();
    size_t sent = 0;

    CHECK_OK(idem_settimeout(client, 0.1));
    CHECK_ERR(idem_sendall(client, data, sizeof(data), 0, &sent),
              IDEM_ETIMEDOUT);
    check_late(start, 0.1);
    CHECK(sent > 0 && sent < sizeof(data));
    drain(server, sent);
    CHECK(!has_input(server));
    close_both(client, server);
}

/* ---- Ended from another thread ----------------------------------------- */

static void check_ended(idem_error (*run)(job *), idem_socket *s, bool closes)
{
    job j;

    start_waiting(&j, run, s);
    CHECK_OK(closes ? idem_close(s) : idem_cancel(s));
    finish_job(&j, IDEM_ECANCELED);
    if (!closes)
        CHECK_OK(idem_close(s));
}

static void check_endings(bool closes)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client = pair(&server);

    check_ended(run_recv, client, closes);
    CHECK_OK(idem_close(server));
    client = pair(&server);
    fill(client);
    check_ended(run_send, client, closes);
    CHECK_OK(idem_close(server));
    client = pair(&server);
    check_ended(run_poll, client, false);
    CHECK_OK(idem_close(server));
    check_ended(run_accept, listener(UNIX, &at), closes);
    remove_paths();
}

static void test_cancel(void)
{
    need_unix(IDEM_SOCK_STREAM);
    check_endings(false);
}

static void test_close(void)
{
    need_unix(IDEM_SOCK_STREAM);
    check_endings(true);
}

static void test_shutdown(void)
{
    idem_socket *server;
    idem_socket *client = pair(&server);
    job j;

    start_waiting(&j, run_recv, client);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 0);
    close_both(client, server);
}

/* ---- A full queue ------------------------------------------------------ */

#define QUEUE 64

/* A listener whose queue is full, and those in it. */
typedef struct crowd {
    idem_address at;
    idem_socket *door;
    idem_socket *inside[QUEUE];
    size_t count;
    idem_socket *outside; /* who was not let in, with timeout 0 */
} crowd;

static void gather(crowd *c)
{
    idem_error err = IDEM_OK;

    need_unix(IDEM_SOCK_STREAM);
    c->count = 0;
    c->door = closed_port(UNIX, &c->at);
    CHECK_OK(idem_listen(c->door, 0));
    while (!err) {
        CHECK(c->count < QUEUE);
        c->outside = open_stream(UNIX);
        CHECK_OK(idem_setblocking(c->outside, false));
        err = idem_connect(c->outside, &c->at);
        if (!err)
            c->inside[c->count++] = c->outside;
    }
    CHECK_ERR(err, IDEM_EWOULDBLOCK);
    CHECK(c->count > 0);
}

static void let_one_in(crowd *c)
{
    idem_socket *conn;

    CHECK_OK(idem_accept(c->door, &conn, NULL));
    CHECK_OK(idem_close(conn));
}

static void dismiss(crowd *c)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        CHECK_OK(idem_close(c->inside[i]));
    CHECK_OK(idem_close(c->outside));
    CHECK_OK(idem_close(c->door));
    remove_paths();
}

/* Nothing is under way, and nothing was spoilt. */
static void test_queue_zero(void)
{
    idem_address name;
    crowd c;
    char byte;

    gather(&c);
    CHECK_ERR(idem_connect(c.outside, &c.at), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_getpeername(c.outside, &name), IDEM_ENOTCONN);
    CHECK_ERR(idem_recv(c.outside, &byte, 1, 0, NULL), IDEM_ENOTCONN);
    let_one_in(&c);
    CHECK_OK(idem_connect(c.outside, &c.at));
    CHECK_ERR(idem_connect(c.outside, &c.at), IDEM_EISCONN);
    dismiss(&c);
}

static void test_queue_timeout(void)
{
    double start;
    crowd c;

    gather(&c);
    CHECK_OK(idem_settimeout(c.outside, 0.1));
    start = support_now();
    CHECK_ERR(idem_connect(c.outside, &c.at), IDEM_ETIMEDOUT);
    check_late(start, 0.1);
    let_one_in(&c);
    CHECK_OK(idem_connect(c.outside, &c.at)); /* as good as new */
    dismiss(&c);
}

/* Who waits gets in as soon as there is room. */
static void test_queue_waits(void)
{
    idem_address name;
    crowd c;
    job j;

    gather(&c);
    CHECK_OK(idem_setblocking(c.outside, true));
    j.to = c.at;
    start_waiting(&j, run_connect, c.outside);
    CHECK_ERR(idem_connect(c.outside, &c.at), IDEM_EALREADY);
    let_one_in(&c);
    finish_job(&j, IDEM_OK);
    CHECK_OK(idem_getpeername(c.outside, &name));
    CHECK(idem_address_equal(&name, &c.at));
    dismiss(&c);
}

static void test_queue_cancel(void)
{
    crowd c;
    job j;

    gather(&c);
    CHECK_OK(idem_setblocking(c.outside, true));
    j.to = c.at;
    start_waiting(&j, run_connect, c.outside);
    CHECK_OK(idem_cancel(c.outside));
    finish_job(&j, IDEM_ECANCELED);
    dismiss(&c);
}

static void test_queue_close(void)
{
    crowd c;
    job j;

    gather(&c);
    CHECK_OK(idem_setblocking(c.outside, true));
    j.to = c.at;
    start_waiting(&j, run_connect, c.outside);
    CHECK_OK(idem_close(c.outside));
    c.outside = NULL;
    finish_job(&j, IDEM_ECANCELED);
    dismiss(&c);
}

/* The listener goes while somebody waits. */
static void test_queue_gone(void)
{
    crowd c;
    job j;

    gather(&c);
    CHECK_OK(idem_setblocking(c.outside, true));
    j.to = c.at;
    start_waiting(&j, run_connect, c.outside);
    CHECK_OK(idem_close(c.door));
    c.door = NULL;
    finish_job(&j, IDEM_ECONNREFUSED);
    dismiss(&c);
}

/* ---- Handles ----------------------------------------------------------- */

static void test_dup(void)
{
    idem_socket *server;
    idem_socket *client = pair(&server);
    idem_socket *twin;
    idem_address name;
    job j;
    char c = 0;

    start_waiting(&j, run_recv, client);
    CHECK_OK(idem_dup(client, &twin));
    CHECK_EQ(idem_family(twin), UNIX);
    CHECK_OK(idem_getpeername(twin, &name));
    CHECK_OK(idem_cancel(client));
    finish_job(&j, IDEM_ECANCELED);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_send(server, "x", 1, 0, NULL)); /* the twin lives */
    CHECK_OK(idem_recv(twin, &c, 1, 0, NULL));
    close_both(twin, server);
}

static void test_adopt(void)
{
    idem_socket *server;
    idem_socket *client = pair(&server);
    idem_address at, name;
    intptr_t handle;
    char c = 0;

    CHECK_OK(idem_getpeername(client, &at));
    CHECK_OK(idem_detach(client, &handle));
    if (support_blocking(handle) >= 0)
        CHECK_EQ(support_blocking(handle), 1);
    CHECK_OK(idem_adopt(handle, &client));
    CHECK_EQ(idem_family(client), UNIX);
    CHECK_EQ(idem_type(client), IDEM_SOCK_STREAM);
    CHECK_OK(idem_getpeername(client, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_recv(server, &c, 1, 0, NULL));
    close_both(client, server);
}

static void test_adopt_listener(void)
{
    idem_address at, name;
    idem_socket *door;
    idem_socket *client;
    idem_socket *conn;
    intptr_t handle;

    need_unix(IDEM_SOCK_STREAM);
    CHECK_OK(idem_detach(listener(UNIX, &at), &handle));
    CHECK_OK(idem_adopt(handle, &door));
    CHECK_OK(idem_getsockname(door, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_ERR(idem_bind(door, &at), IDEM_EINVAL);
    client = open_stream(UNIX);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(door, &conn, NULL));
    close_both(client, conn);
    CHECK_OK(idem_close(door));
    remove_paths();
}

static const check_case cases[] = {
    CASE(much),          CASE(ends),
    CASE(timeouts),      CASE(sendall_timeout),
    CASE(cancel),        CASE(close),
    CASE(shutdown),      CASE(queue_zero),
    CASE(queue_timeout), CASE(queue_waits),
    CASE(queue_cancel),  CASE(queue_close),
    CASE(queue_gone),    CASE(dup),
    CASE(adopt),         CASE(adopt_listener),
};

CHECK_MAIN("unix_stream")
