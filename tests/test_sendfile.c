/* Files: all of it, in order, and told how far it came. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <stdlib.h>

#define SIZE                                                                   \
    ((size_t)16 * 1024 * 1024) /* of a file that fits into no socket           \
                                */

/* A file of a pattern, behind a hole when first > 0. */
static intptr_t pattern_file(uint64_t first, size_t size)
{
    const intptr_t file = support_new_file(true);
    unsigned char *data = malloc(size);

    CHECK(data != NULL);
    write_pattern(data, size, first);
    support_write_at(file, first, data, size);
    free(data);
    return file;
}

/* The next n bytes are the pattern's from a place on. */
static void expect_pattern(idem_socket *s, uint64_t from, uint64_t n)
{
    static unsigned char buf[65536];
    size_t got;

    for (; n > 0; n -= got, from += got) {
        const size_t ask = n < sizeof(buf) ? (size_t)n : sizeof(buf);

        CHECK_OK(idem_recv(s, buf, ask, 0, &got));
        CHECK(got > 0);
        CHECK(is_pattern(buf, got, from));
    }
}

static void close_all(idem_socket *a, idem_socket *b, intptr_t file)
{
    support_close_other(file);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* A call in a thread of its own. */
typedef struct transfer {
    intptr_t file;
    uint64_t offset;
    uint64_t count;
    uint64_t sent;
    job job;
} transfer;

static idem_error run_sendfile(job *j)
{
    transfer *t = j->context;

    return idem_sendfile(j->socket, t->file, t->offset, t->count, &t->sent);
}

static void begin_sendfile(transfer *t, idem_socket *s, intptr_t file,
                           uint64_t offset, uint64_t count)
{
    t->file = file;
    t->offset = offset;
    t->count = count;
    t->sent = 99;
    t->job.context = t;
    start_waiting(&t->job, run_sendfile, s);
}

/* ---- The whole, and parts ---------------------------------------------- */

static void check_whole(double timeout)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    transfer t;

    CHECK_OK(idem_settimeout(client, timeout));
    begin_sendfile(&t, client, file, 0, 0);
    expect_pattern(server, 0, SIZE);
    finish_job(&t.job, IDEM_OK);
    CHECK_EQ(t.sent, SIZE);
    begin_sendfile(&t, client, file, 1001, SIZE - 2002);
    expect_pattern(server, 1001, SIZE - 2002);
    finish_job(&t.job, IDEM_OK);
    CHECK_EQ(t.sent, SIZE - 2002);
    CHECK(!has_input(server));
    close_all(client, server, file);
}

static void test_whole(void)
{
    check_whole(IDEM_FOREVER);
}

static void test_whole_timeout(void)
{
    check_whole(60);
}

/* As much as there is. */
static void test_end(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, 1000);
    static const double timeouts[] = { IDEM_FOREVER, 60 };
    uint64_t sent = 99;
    size_t i;

    for (i = 0; i < CHECK_COUNT(timeouts); i++) {
        CHECK_OK(idem_settimeout(client, timeouts[i]));
        CHECK_OK(idem_sendfile(client, file, 900, 1000, &sent));
        CHECK_EQ(sent, 100);
        expect_pattern(server, 900, 100);
        CHECK_OK(idem_sendfile(client, file, 999, UINT64_MAX, &sent));
        CHECK_EQ(sent, 1);
        expect_pattern(server, 999, 1);
        CHECK_OK(idem_sendfile(client, file, 1000, 1, &sent));
        CHECK_EQ(sent, 0);
        CHECK_OK(idem_sendfile(client, file, 5000, 0, &sent));
        CHECK_EQ(sent, 0);
        CHECK_OK(idem_sendfile(client, file, INT64_MAX, 0, NULL));
    }
    CHECK(!has_input(server));
    close_all(client, server, file);
}

/* It shrinks while it is sent: what is left of it is what there is. */
static void test_shrinks(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    transfer t;

    CHECK_OK(idem_settimeout(client, 60));
    begin_sendfile(&t, client, file, 0, SIZE);
    support_truncate(file, SIZE / 1000 * 999);
    expect_pattern(server, 0, SIZE / 1000 * 999);
    finish_job(&t.job, IDEM_OK);
    CHECK_EQ(t.sent, SIZE / 1000 * 999);
    CHECK(!has_input(server));
    close_all(client, server, file);
}

/* Places beyond 4 GiB. */
static void test_huge(void)
{
    const uint64_t first = (UINT64_C(5) << 30) + 7;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(first, 1000);
    uint64_t sent = 99;

    CHECK_OK(idem_sendfile(client, file, first, 0, &sent));
    CHECK_EQ(sent, 1000);
    expect_pattern(server, first, 1000);
    CHECK_OK(idem_settimeout(client, 60));
    CHECK_OK(idem_sendfile(client, file, first + 10, 20, &sent));
    CHECK_EQ(sent, 20);
    expect_pattern(server, first + 10, 20);
    close_all(client, server, file);
}

/* ---- Time -------------------------------------------------------------- */

/* What went out by then is told, exactly: the next call goes on there. */
static void check_timeout(double timeout, idem_error want)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    uint64_t first = 99;
    transfer t;

    CHECK_OK(idem_settimeout(client, timeout));
    CHECK_ERR(idem_sendfile(client, file, 0, 0, &first), want);
    CHECK(first > 0 && first < SIZE);
    CHECK_OK(idem_settimeout(client, 60));
    begin_sendfile(&t, client, file, first, 0);
    expect_pattern(server, 0, SIZE);
    finish_job(&t.job, IDEM_OK);
    CHECK_EQ(first + t.sent, SIZE);
    CHECK(!has_input(server));
    close_all(client, server, file);
}

static void test_timeout(void)
{
    check_timeout(0.1, IDEM_ETIMEDOUT);
}

static void test_zero(void)
{
    check_timeout(0, IDEM_EWOULDBLOCK);
}

/* Other calls wait as they did, beside it and behind it. */
static void test_beside(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    const int mode = support_blocking(idem_fileno(client));
    transfer t;
    job j;

    start_waiting(&j, run_recv, client);
    begin_sendfile(&t, client, file, 0, 0);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 1);
    start_waiting(&j, run_recv, client);
    expect_pattern(server, 0, SIZE);
    finish_job(&t.job, IDEM_OK);
    CHECK_EQ(support_blocking(idem_fileno(client)), mode);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    finish_job(&j, IDEM_OK);
    start_waiting(&j, run_recv, client);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    finish_job(&j, IDEM_OK);
    close_all(client, server, file);
}

/* ---- Its end ----------------------------------------------------------- */

static void check_cancelled(double timeout)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    transfer t;

    CHECK_OK(idem_settimeout(client, timeout));
    begin_sendfile(&t, client, file, 0, 0);
    CHECK_OK(idem_cancel(client));
    finish_job(&t.job, IDEM_ECANCELED);
    CHECK(t.sent < SIZE);
    CHECK_ERR(idem_sendfile(client, file, 0, 1, &t.sent), IDEM_ECANCELED);
    CHECK_EQ(t.sent, 0);
    close_all(client, server, file);
}

static void test_cancelled(void)
{
    check_cancelled(IDEM_FOREVER);
    check_cancelled(60);
}

/* The peer goes: a code, for good, and no signal. */
static void check_broken(double timeout)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, SIZE);
    uint64_t sent = 99;
    int i;

    CHECK_OK(idem_settimeout(client, timeout));
    CHECK_OK(idem_close(server));
    CHECK_ERR(idem_sendfile(client, file, 0, 0, &sent), IDEM_ECONNRESET);
    CHECK(sent < SIZE);
    for (i = 0; i < 2; i++) {
        CHECK_ERR(idem_sendfile(client, file, 0, 0, &sent), IDEM_ECONNRESET);
        CHECK_EQ(sent, 0);
    }
    CHECK(support_pipe_signal_is_clean());
    close_all(client, NULL, file);
}

static void test_broken(void)
{
    check_broken(60);
}

static void test_broken_forever(void)
{
    check_skip_wine(0, "W-50", "TransmitFile waits on when the peer resets");
    check_broken(IDEM_FOREVER);
}

/* Reset, and known to be, before anything is sent. */
static void test_broken_before(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, 1000);
    idem_pollfd one = { client, IDEM_POLLIN, 0 };
    uint64_t sent = 99;

    CHECK_OK(idem_settimeout(client, IDEM_FOREVER));
    CHECK_OK(idem_set_linger(server, 0));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_poll(&one, 1, 20, NULL));
    CHECK_ERR(idem_sendfile(client, file, 0, 0, &sent), IDEM_ECONNRESET);
    CHECK_EQ(sent, 0);
    close_all(client, NULL, file);
}

static void test_shut(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const intptr_t file = pattern_file(0, 1000);
    uint64_t sent = 99;

    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_ERR(idem_sendfile(client, file, 0, 0, &sent), IDEM_ESHUTDOWN);
    CHECK_EQ(sent, 0);
    CHECK(support_pipe_signal_is_clean());
    close_all(client, server, file);
}

/* ---- What is no regular file ------------------------------------------- */

static void test_pipe(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    intptr_t ends[2];
    unsigned char data[3000];
    uint64_t sent = 99;

    write_pattern(data, sizeof(data), 0);
    support_pipe(ends);
    support_write(ends[1], data, sizeof(data));
    CHECK_OK(idem_sendfile(client, ends[0], 0, 1000, &sent));
    CHECK_EQ(sent, 1000);
    CHECK_ERR(idem_sendfile(client, ends[0], 1, 0, &sent), IDEM_EINVAL);
    CHECK_EQ(sent, 0);
    CHECK_OK(idem_settimeout(client, 0.1)); /* it does not end */
    CHECK_ERR(idem_sendfile(client, ends[0], 0, 0, &sent), IDEM_ETIMEDOUT);
    CHECK_EQ(sent, 2000);
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_ERR(idem_sendfile(client, ends[0], 0, 0, &sent), IDEM_EWOULDBLOCK);
    support_write(ends[1], data, 10);
    support_close_other(ends[1]);
    CHECK_OK(idem_sendfile(client, ends[0], 0, 0, &sent)); /* now it does */
    CHECK_EQ(sent, 10);
    CHECK_OK(idem_sendfile(client, ends[0], 0, 0, &sent));
    CHECK_EQ(sent, 0);
    expect_pattern(server, 0, 3000);
    expect_pattern(server, 0, 10);
    CHECK(!has_input(server));
    close_all(client, server, ends[0]);
}

/* Nothing comes through the pipe: a wait like any other. */
static void test_pipe_cancelled(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    intptr_t ends[2];
    transfer t;

    support_pipe(ends);
    begin_sendfile(&t, client, ends[0], 0, 0);
    CHECK_OK(idem_cancel(client));
    finish_job(&t.job, IDEM_ECANCELED);
    CHECK_EQ(t.sent, 0);
    support_close_other(ends[1]);
    close_all(client, server, ends[0]);
}

/* ---- Bad input --------------------------------------------------------- */

static void test_bad_input(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *datagram = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *fresh = open_stream(IDEM_AF_INET);
    const intptr_t file = pattern_file(0, 1000);
    const intptr_t closed = support_new_file(true);
    const intptr_t write_only = support_new_file(false);
    uint64_t sent = 99;

    support_close_other(closed);
    support_write_at(write_only, 0, "abc", 3);
    CHECK_ERR(idem_sendfile(NULL, file, 0, 0, &sent), IDEM_ENOTSOCK);
    CHECK_EQ(sent, 0);
    CHECK_ERR(idem_sendfile(datagram, file, 0, 0, NULL), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_sendfile(fresh, file, 0, 0, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_sendfile(client, -1, 0, 0, NULL), IDEM_EBADF);
    CHECK_ERR(idem_sendfile(client, closed, 0, 0, NULL), IDEM_EBADF);
    CHECK_ERR(idem_sendfile(client, write_only, 0, 0, NULL), IDEM_EBADF);
    sent = 99;
    CHECK_ERR(idem_sendfile(client, file, UINT64_MAX, 1, &sent), IDEM_EINVAL);
    CHECK_EQ(sent, 0);
    CHECK(!has_input(server)); /* nothing was spoilt */
    CHECK_OK(idem_sendfile(client, file, 0, 0, &sent));
    CHECK_EQ(sent, 1000);
    support_close_other(write_only);
    CHECK_OK(idem_close(datagram));
    CHECK_OK(idem_close(fresh));
    close_all(client, server, file);
}

static const check_case cases[] = {
    CASE(whole),     CASE(whole_timeout),  CASE(end),
    CASE(shrinks),   CASE(huge),           CASE(timeout),
    CASE(zero),      CASE(beside),         CASE(cancelled),
    CASE(broken),    CASE(broken_forever), CASE(broken_before),
    CASE(shut),      CASE(pipe),           CASE(pipe_cancelled),
    CASE(bad_input),
};

CHECK_MAIN("sendfile")
