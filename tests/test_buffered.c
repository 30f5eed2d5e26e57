/* Streams with buffers: lines, pieces, and nothing lost on the way. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <stdlib.h>

#define SMALL 8 /* a buffer that everything here outgrows */

typedef struct ends {
    idem_socket *peer;
    idem_socket *s;
    idem_stream *st; /* over s */
} ends;

static ends open_ends(double timeout)
{
    ends e;

    e.peer = stream_pair(&e.s);
    CHECK_OK(idem_settimeout(e.s, timeout));
    CHECK_OK(idem_stream_open(e.s, SMALL, &e.st));
    return e;
}

static void close_ends(ends *e)
{
    CHECK_OK(idem_stream_close(e->st));
    CHECK_OK(idem_close(e->s));
    CHECK_OK(idem_close(e->peer));
}

/* Let the stream's side have something to receive. */
static void post(const ends *e, const char *data, size_t n)
{
    CHECK_OK(idem_sendall(e->peer, data, n, 0, NULL));
    await_input(e->s);
}

static void post_text(const ends *e, const char *text)
{
    post(e, text, strlen(text));
}

static void finish(const ends *e)
{
    CHECK_OK(idem_shutdown(e->peer, IDEM_SHUT_WR));
    await_input(e->s);
}

/* What a call to read came to: the text; nothing, on failure. */
static void check_got(idem_error err, const char *buf, size_t got,
                      idem_error want, const char *text)
{
    if (err != want || got != strlen(text) || memcmp(buf, text, got) != 0)
        check_fail(__FILE__, __LINE__, "%s \"%.*s\", want %s \"%s\"",
                   idem_error_name(err), (int)got, buf, idem_error_name(want),
                   text);
}

static void expect_read(const ends *e, size_t cap, idem_error want,
                        const char *text)
{
    char buf[100] = "";
    size_t got = 99;
    const idem_error err = idem_stream_read(e->st, buf, cap, &got);

    check_got(err, buf, got, want, text);
}

static void expect_exactly(const ends *e, size_t n, idem_error want,
                           const char *text)
{
    char buf[100] = "";
    size_t got = 99;
    const idem_error err = idem_stream_readexactly(e->st, buf, n, &got);

    check_got(err, buf, got, want, text);
}

static void expect_line(const ends *e, size_t cap, idem_error want,
                        const char *text)
{
    char buf[100] = "";
    size_t got = 99;
    const idem_error err = idem_stream_readline(e->st, buf, cap, &got);

    check_got(err, buf, got, want, text);
}

static void expect_until(const ends *e, const char *separator, size_t cap,
                         idem_error want, const char *text)
{
    char buf[100] = "";
    size_t got = 99;
    const idem_error err = idem_stream_readuntil(
        e->st, separator, strlen(separator), buf, cap, &got);

    check_got(err, buf, got, want, text);
}

/* ---- Reading ----------------------------------------------------------- */

static void test_lines(void)
{
    ends e = open_ends(IDEM_FOREVER);

    post_text(&e, "one\n\nthree is long\nfour");
    expect_line(&e, 100, IDEM_OK, "one\n");
    expect_line(&e, 100, IDEM_OK, "\n");
    expect_line(&e, 100, IDEM_OK, "three is long\n");
    post_text(&e, "th\nend");
    expect_line(&e, 100, IDEM_OK, "fourth\n");
    finish(&e);
    expect_line(&e, 100, IDEM_OK, "end"); /* the last one has no end */
    expect_line(&e, 100, IDEM_OK, "");
    expect_line(&e, 100, IDEM_OK, "");
    close_ends(&e);
}

/* NUL and all other bytes are data. */
static void test_any_bytes(void)
{
    ends e = open_ends(IDEM_FOREVER);
    char all[257], buf[257];
    size_t got;
    int i;

    for (i = 0; i < 256; i++)
        all[i] = (char)(i + 11); /* the newline comes last */
    post(&e, all, 256);
    CHECK_OK(idem_stream_readline(e.st, buf, sizeof(buf), &got));
    CHECK_EQ(got, 256);
    CHECK(memcmp(buf, all, got) == 0);
    post(&e, "a\0\0b", 4);
    CHECK_OK(idem_stream_readuntil(e.st, "\0\0", 2, buf, sizeof(buf), &got));
    CHECK_EQ(got, 3);
    expect_read(&e, 100, IDEM_OK, "b");
    close_ends(&e);
}

/* A line that is too long stays where it is. */
static void test_too_long(void)
{
    ends e = open_ends(0);

    post_text(&e, "0123456789\nnext\n");
    expect_line(&e, 0, IDEM_EMSGSIZE, "");
    expect_line(&e, 4, IDEM_EMSGSIZE, "");
    expect_line(&e, 10, IDEM_EMSGSIZE, ""); /* its newline does not fit */
    expect_line(&e, 11, IDEM_OK, "0123456789\n");
    expect_line(&e, 4, IDEM_EMSGSIZE, "");
    expect_read(&e, 2, IDEM_OK, "ne");
    expect_line(&e, 4, IDEM_OK, "xt\n");
    post_text(&e, "abcd");
    expect_line(&e, 5, IDEM_EWOULDBLOCK, "");
    expect_line(&e, 4, IDEM_EMSGSIZE, ""); /* whatever may come */
    finish(&e);
    expect_line(&e, 4, IDEM_EMSGSIZE, "");
    expect_line(&e, 5, IDEM_OK, "abcd");
    close_ends(&e);
}

static void test_until(void)
{
    ends e = open_ends(0);

    post_text(&e, "GET /\r\nHost: x\r\n\r");
    expect_until(&e, "\r\n\r\n", 100, IDEM_EWOULDBLOCK, "");
    post_text(&e, "\nbody");
    expect_until(&e, "\r\n\r\n", 17, IDEM_EMSGSIZE, "");
    expect_until(&e, "\r\n\r\n", 18, IDEM_OK, "GET /\r\nHost: x\r\n\r\n");
    expect_until(&e, "\r\n\r\n", 3, IDEM_EMSGSIZE, ""); /* fits never */
    expect_until(&e, "d", 100, IDEM_OK, "bod");
    post_text(&e, "-----+"); /* with the "y" before: an almost separator */
    expect_until(&e, "--+", 100, IDEM_OK, "y-----+");
    post_text(&e, "rest-");
    finish(&e);
    expect_until(&e, "--", 100, IDEM_EDISCON, "");
    expect_read(&e, 100, IDEM_OK, "rest-");
    expect_until(&e, "--", 100, IDEM_EDISCON, "");
    close_ends(&e);
}

/* A separator may come in any number of parts. */
static void test_parts(void)
{
    static const char text[] = "abab-abac-ababac";
    ends e = open_ends(0);
    size_t i;

    for (i = 0; i < sizeof(text) - 2; i++) {
        post(&e, &text[i], 1);
        expect_until(&e, "ababac", 100, IDEM_EWOULDBLOCK, "");
    }
    post(&e, &text[i], 1);
    expect_until(&e, "ababac", 100, IDEM_OK, text);
    close_ends(&e);
}

static void test_exactly(void)
{
    ends e = open_ends(0);

    expect_exactly(&e, 0, IDEM_OK, "");
    expect_exactly(&e, 1, IDEM_EWOULDBLOCK, "");
    post_text(&e, "0123456789");
    expect_exactly(&e, 11, IDEM_EWOULDBLOCK, "");
    expect_exactly(&e, 3, IDEM_OK, "012");
    post_text(&e, "abcdefghij");
    expect_exactly(&e, 16, IDEM_OK, "3456789abcdefghi");
    finish(&e);
    expect_exactly(&e, 2, IDEM_EDISCON, "");
    expect_exactly(&e, 2, IDEM_EDISCON, "");
    expect_exactly(&e, 1, IDEM_OK, "j");
    expect_exactly(&e, 1, IDEM_EDISCON, "");
    expect_exactly(&e, 0, IDEM_OK, "");
    close_ends(&e);
}

/* What is there, and no more than is asked for. */
static void test_read(void)
{
    ends e = open_ends(0);

    expect_read(&e, 0, IDEM_OK, "");
    expect_read(&e, 100, IDEM_EWOULDBLOCK, "");
    expect_read(&e, 1, IDEM_EWOULDBLOCK, "");
    post_text(&e, "0123456789");
    expect_read(&e, 3, IDEM_OK, "012");
    expect_read(&e, 100, IDEM_OK, "34567"); /* held; it waits for nothing */
    expect_read(&e, 100, IDEM_OK, "89");
    finish(&e);
    expect_read(&e, 100, IDEM_OK, "");
    expect_read(&e, 1, IDEM_OK, "");
    close_ends(&e);
}

/* ---- The connection ends ----------------------------------------------- */

/* Cancelled: what had arrived can still be read. */
static void test_cancelled(void)
{
    ends e = open_ends(IDEM_FOREVER);

    post_text(&e, "one\ntwo3\n");
    expect_line(&e, 100, IDEM_OK, "one\n"); /* 4 more are held, of 8 */
    CHECK_OK(idem_cancel(e.s));
    expect_line(&e, 100, IDEM_ECANCELED, "");
    expect_exactly(&e, 5, IDEM_ECANCELED, "");
    expect_exactly(&e, 4, IDEM_OK, "two3");
    expect_read(&e, 1, IDEM_ECANCELED, "");
    expect_read(&e, 100, IDEM_ECANCELED, "");
    CHECK_OK(idem_stream_write(e.st, "x", 1, NULL));
    CHECK_ERR(idem_stream_flush(e.st), IDEM_ECANCELED);
    CHECK_ERR(idem_stream_close(e.st), IDEM_ECANCELED);
    CHECK_OK(idem_close(e.s));
    CHECK_OK(idem_close(e.peer));
}

static idem_error run_line(job *j)
{
    ends *e = (ends *)j->context;
    char buf[100];

    return idem_stream_readline(e->st, buf, sizeof(buf), &j->count);
}

/* In the middle of a line: that is not its end. */
static void test_cancelled_waiting(void)
{
    ends e = open_ends(IDEM_FOREVER);
    job j = { .context = &e };

    post_text(&e, "one\ntwo\nthr");
    expect_line(&e, 100, IDEM_OK, "one\n");
    expect_line(&e, 100, IDEM_OK, "two\n");
    start_waiting(&j, run_line, e.s);
    CHECK_OK(idem_cancel(e.s));
    finish_job(&j, IDEM_ECANCELED);
    CHECK_EQ(j.count, 0);
    expect_read(&e, 100, IDEM_OK, "thr");
    close_ends(&e);
}

/* So is a reset: a part of a line is no line. */
static void test_reset(void)
{
    ends e = open_ends(IDEM_FOREVER);

    post_text(&e, "one\nt");
    expect_line(&e, 100, IDEM_OK, "one\n");
    reset_from(e.peer, e.s);
    expect_line(&e, 100, IDEM_ECONNRESET, "");
    expect_read(&e, 100, IDEM_OK, "t");
    CHECK_OK(idem_stream_write(e.st, "held", 4, NULL));
    CHECK_ERR(idem_stream_close(e.st), IDEM_ECONNRESET);
    CHECK_OK(idem_close(e.s));
}

/* ---- Writing ----------------------------------------------------------- */

static void expect_peer(const ends *e, const char *text)
{
    char buf[100];
    size_t got;

    CHECK_OK(idem_recv(e->peer, buf, strlen(text), IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, strlen(text));
    CHECK(memcmp(buf, text, got) == 0);
    CHECK(!has_input(e->peer));
}

static void write_text(const ends *e, const char *text)
{
    size_t written = 99;

    CHECK_OK(idem_stream_write(e->st, text, strlen(text), &written));
    CHECK_EQ(written, strlen(text));
}

static void test_write(void)
{
    ends e = open_ends(IDEM_FOREVER);

    CHECK_OK(idem_stream_flush(e.st));
    write_text(&e, "");
    write_text(&e, "0123");
    write_text(&e, "4567");
    CHECK(!has_input(e.peer)); /* held */
    write_text(&e, "8");
    expect_peer(&e, "01234567");
    CHECK_OK(idem_stream_flush(e.st));
    expect_peer(&e, "8");
    write_text(&e, "ab");
    write_text(&e, "cdefghijklmnopqrstuvwxyz"); /* more than it holds */
    CHECK_OK(idem_stream_flush(e.st));
    expect_peer(&e, "abcdefghijklmnopqrstuvwxyz");
    write_text(&e, "last");
    CHECK_OK(idem_stream_close(e.st));
    expect_peer(&e, "last");
    CHECK_OK(idem_close(e.s));
    CHECK_OK(idem_close(e.peer));
}

/* Nothing to send in time: what was taken over is held, the rest is not. */
static void test_write_full(void)
{
    ends e = open_ends(0);
    size_t before = fill(e.s);
    size_t written = 99;

    write_text(&e, "0123");
    CHECK_ERR(idem_stream_flush(e.st), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_stream_write(e.st, "456789", 6, &written), IDEM_EWOULDBLOCK);
    CHECK_EQ(written, 4);
    written = 99;
    CHECK_ERR(idem_stream_write(e.st, "89", 2, &written), IDEM_EWOULDBLOCK);
    CHECK_EQ(written, 0);
    CHECK_OK(idem_settimeout(e.s, IDEM_FOREVER));
    drain(e.peer, before);
    write_text(&e, "89");
    CHECK_OK(idem_stream_flush(e.st));
    expect_peer(&e, "0123456789");
    close_ends(&e);
}

#define MUCH ((size_t)2 * 1024 * 1024)

static idem_error run_reader(job *j)
{
    ends *e = (ends *)j->context;
    unsigned char buf[1000];
    idem_error err = IDEM_OK;
    size_t got;

    for (j->count = 0; !err && j->count < MUCH; j->count += got) {
        const size_t left = MUCH - j->count;

        err = idem_stream_readexactly(
            e->st, buf, left < sizeof(buf) ? left : sizeof(buf), &got);
        CHECK(is_pattern(buf, got, j->count));
    }
    return err;
}

static idem_error run_writer(job *j)
{
    ends *e = (ends *)j->context;
    unsigned char buf[700];
    idem_error err = IDEM_OK;
    size_t done;

    for (j->count = 0; !err && j->count < MUCH; j->count += done) {
        const size_t left = MUCH - j->count;
        const size_t n = left < sizeof(buf) ? left : sizeof(buf);

        write_pattern(buf, n, j->count);
        err = idem_stream_write(e->st, buf, n, &done);
    }
    return err ? err : idem_stream_flush(e->st);
}

/* One thread reads, one writes, both at both ends. */
static void test_full_duplex(void)
{
    ends e = open_ends(IDEM_FOREVER);
    ends other = { e.s, e.peer, NULL };
    job jobs[] = { { .context = &e },
                   { .context = &e },
                   { .context = &other },
                   { .context = &other } };
    size_t i;

    CHECK_OK(idem_stream_open(other.s, 5000, &other.st));
    for (i = 0; i < CHECK_COUNT(jobs); i++)
        start_job(&jobs[i], i % 2 == 0 ? run_reader : run_writer, NULL);
    for (i = 0; i < CHECK_COUNT(jobs); i++)
        finish_job(&jobs[i], IDEM_OK);
    CHECK_OK(idem_stream_close(other.st));
    close_ends(&e);
}

/* ---- Bad input --------------------------------------------------------- */

static void test_bad_input(void)
{
    ends e = open_ends(0);
    idem_socket *d = open_datagram(IDEM_AF_INET);
    idem_stream *st = e.st;
    size_t n = 99;
    char c;

    CHECK_ERR(idem_stream_open(NULL, 0, &st), IDEM_ENOTSOCK);
    CHECK(st == NULL);
    st = e.st;
    CHECK_ERR(idem_stream_open(d, 0, &st), IDEM_EOPNOTSUPP);
    CHECK(st == NULL);
    CHECK_ERR(idem_stream_open(e.s, 0, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_read(NULL, &c, 1, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_stream_read(e.st, NULL, 1, NULL), IDEM_EFAULT);
    CHECK_OK(idem_stream_read(e.st, NULL, 0, NULL));
    CHECK_ERR(idem_stream_readexactly(NULL, &c, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readexactly(e.st, NULL, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readline(NULL, &c, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readline(e.st, NULL, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readuntil(NULL, "x", 1, &c, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readuntil(e.st, NULL, 1, &c, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_stream_readuntil(e.st, "x", 1, NULL, 1, NULL), IDEM_EFAULT);
    n = 99;
    CHECK_ERR(idem_stream_readuntil(e.st, "", 0, &c, 1, &n), IDEM_EINVAL);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_stream_write(NULL, "x", 1, NULL), IDEM_EFAULT);
    n = 99;
    CHECK_ERR(idem_stream_write(e.st, NULL, 1, &n), IDEM_EFAULT);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_stream_write(e.st, NULL, 0, NULL));
    CHECK_ERR(idem_stream_flush(NULL), IDEM_EFAULT);
    CHECK_OK(idem_stream_close(NULL));
    CHECK_OK(idem_close(d));
    close_ends(&e);
}

static const check_case cases[] = {
    CASE(lines),       CASE(any_bytes), CASE(too_long),
    CASE(until),       CASE(parts),     CASE(exactly),
    CASE(read),        CASE(cancelled), CASE(cancelled_waiting),
    CASE(reset),       CASE(write),     CASE(write_full),
    CASE(full_duplex), CASE(bad_input),
};

CHECK_MAIN("buffered")
