/* Streams with buffers: one deadline for a call, and nothing lost by it. */
#include "calls.h"
#include "check.h"

static idem_stream *begin_buffer(size_t size, double timeout, idem_socket **s)
{
    idem_stream *st;

    *s = begin_stream(timeout);
    CHECK_OK(idem_stream_open(*s, size, &st));
    return st;
}

static void end_buffer(idem_stream *st, idem_socket *s)
{
    CHECK_OK(idem_stream_close(st));
    end_call(s);
}

/* ---- Reading ----------------------------------------------------------- */

/* One deadline over all parts; the next call goes on with what there is. */
static void test_read_deadline(void)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(4, 0.1, &s);
    char buf[10];
    size_t got = 99;

    script_add(OP_RECV, IDEM_OK, 3, 40);
    script_add(OP_RECV, IDEM_EINTR, 0, 60);
    script_add(OP_RECV, IDEM_OK, 1, 80); /* now it is full, and grows */
    script_add(OP_RECV, IDEM_OK, 4, 170);
    script_add(OP_RECV, IDEM_OK, 2, 180);
    CHECK_ERR(idem_stream_readexactly(st, buf, 10, &got), IDEM_ETIMEDOUT);
    CHECK_EQ(got, 0);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_OK(idem_stream_readexactly(st, buf, 10, &got));
    CHECK_EQ(got, 10);
    CHECK_EQ(script_elapsed_ns(), 180 * MS);
    end_buffer(st, s);
}

/* What is held already costs no look at the socket. */
static void test_held(void)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(16, IDEM_FOREVER, &s);
    char buf[10];

    script_add(OP_RECV, IDEM_OK, 10, 0);
    CHECK_OK(idem_stream_readexactly(st, buf, 1, NULL));
    CHECK_EQ(script.attempts, 1);
    CHECK_OK(idem_stream_readuntil(st, "rr", 2, buf, 10, NULL));
    CHECK_OK(idem_stream_read(st, buf, 3, NULL));
    CHECK_OK(idem_stream_readexactly(st, buf, 4, NULL));
    CHECK_EQ(script.attempts, 1);
    end_buffer(st, s);
}

/* Want of memory is no loss either. */
static void test_no_memory(void)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(8, IDEM_FOREVER, &s);
    idem_stream *other = st;
    char buf[20];
    size_t got = 99;

    script.no_memory = true;
    CHECK_ERR(idem_stream_open(s, 0, &other), IDEM_ENOMEM);
    CHECK(other == NULL);
    script_add(OP_RECV, IDEM_OK, 8, 0);
    script_add(OP_RECV, IDEM_OK, 8, 0);
    script_add(OP_RECV, IDEM_OK, 4, 0);
    CHECK_ERR(idem_stream_readexactly(st, buf, 20, &got), IDEM_ENOMEM);
    CHECK_EQ(got, 0);
    CHECK_ERR(idem_stream_readline(st, buf, 20, &got), IDEM_ENOMEM);
    CHECK_EQ(got, 0);
    script.no_memory = false;
    CHECK_OK(idem_stream_readexactly(st, buf, 20, &got));
    CHECK_EQ(got, 20);
    end_buffer(st, s);
}

static idem_socket *victim;

static void cancel_victim(void)
{
    CHECK_OK(idem_cancel(victim));
}

/* Waking a socket may look like the end of the stream: it is none. */
static void test_cancelled_end(void)
{
    idem_stream *st = begin_buffer(8, IDEM_FOREVER, &victim);
    char buf[20];
    size_t got = 99;

    script_add(OP_RECV, IDEM_OK, 3, 0);
    script_add(OP_RECV, IDEM_OK, 0, 10);
    script.on_wait = cancel_victim;
    CHECK_ERR(idem_stream_readline(st, buf, 20, &got), IDEM_ECANCELED);
    CHECK_EQ(got, 0);
    CHECK_OK(idem_stream_read(st, buf, 20, &got));
    CHECK_EQ(got, 3);
    end_buffer(st, victim);
}

/* ---- Writing ----------------------------------------------------------- */

/* A part goes out in time; repeated, the call sends the rest. */
static void test_flush_deadline(void)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(10, 0.1, &s);

    CHECK_OK(idem_stream_write(st, "0123456789", 10, NULL));
    CHECK_EQ(script.attempts, 0);
    script_add(OP_SEND, IDEM_OK, 3, 40);
    script_add(OP_SEND, IDEM_OK, 4, 80);
    script_add(OP_SEND, IDEM_OK, 3, 120);
    CHECK_ERR(idem_stream_flush(st), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_EQ(script.wire_length, 7);
    CHECK_OK(idem_stream_flush(st));
    CHECK_EQ(script_elapsed_ns(), 120 * MS);
    CHECK_EQ(script.wire_length, 10);
    CHECK(memcmp(script.wire, "0123456789", 10) == 0);
    CHECK_OK(idem_stream_flush(st));
    CHECK_EQ(script.calls[OP_SEND], 3);
    end_buffer(st, s);
}

/* One deadline for what is held and for what is sent past the buffer. */
static void test_write_deadline(void)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(4, 0.1, &s);
    size_t written = 99;

    CHECK_OK(idem_stream_write(st, "01", 2, NULL));
    script_add(OP_SEND, IDEM_OK, 4, 60);
    script_add(OP_SEND, IDEM_OK, 5, 90);
    script_add(OP_SEND, IDEM_OK, 3, 130);
    CHECK_ERR(idem_stream_write(st, "23456789ab", 10, &written),
              IDEM_ETIMEDOUT);
    CHECK_EQ(written, 7);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_OK(idem_stream_write(st, "9ab", 3, &written));
    CHECK_EQ(written, 3);
    CHECK_OK(idem_stream_flush(st));
    CHECK_EQ(script.wire_length, 12);
    CHECK(memcmp(script.wire, "0123456789ab", 12) == 0);
    end_buffer(st, s);
}

/* ---- Writing, against a model ------------------------------------------ */

static uint32_t seed;

static size_t up_to(size_t most)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % (most + 1);
}

/* Answers to come: some room now and then, mostly less than is wanted. */
static void add_answers(void)
{
    int64_t at_ms = 0;
    size_t i;

    for (i = 0; i < SCRIPT_MAX; i++) {
        at_ms += (int64_t)up_to(5);
        script_add(OP_SEND, up_to(9) == 0 ? IDEM_EINTR : IDEM_OK, 0, at_ms);
        if (!script.answers[OP_SEND][i].err)
            script.answers[OP_SEND][i].count = 1 + up_to(19);
    }
}

/* Write byte after byte of a count, by any number at a time: all that was
 * taken over is on the wire or held, in order, once. */
static void write_round(size_t size)
{
    idem_socket *s;
    idem_stream *st = begin_buffer(size, 0, &s);
    size_t total = 0;
    size_t i;

    add_answers();
    while (script.calls[OP_SEND] + 10 < SCRIPT_MAX) {
        unsigned char data[40];
        const size_t len = up_to(sizeof(data));
        size_t written = 99;
        idem_error err;

        for (i = 0; i < len; i++)
            data[i] = (unsigned char)(total + i);
        if (up_to(3) == 0 && !idem_stream_flush(st))
            CHECK_EQ(script.wire_length, total);
        err = idem_stream_write(st, data, len, &written);
        CHECK(err == IDEM_OK || err == IDEM_EWOULDBLOCK);
        CHECK(err ? written < len : written == len);
        total += written;
        CHECK(script.wire_length <= total);
        CHECK(total - script.wire_length <= size);
        script.now_ns += (int64_t)up_to(8) * MS;
        script.attempts = 0;
    }
    while (idem_stream_flush(st))
        script.now_ns += MS;
    CHECK_EQ(script.wire_length, total);
    for (i = 0; i < total; i++)
        CHECK_EQ(script.wire[i], i & 0xff);
    end_buffer(st, s);
}

static void test_write_model(void)
{
    size_t i;

    seed = 1;
    for (i = 0; i < 300; i++)
        write_round(1 + up_to(50));
}

static const check_case cases[] = {
    CASE(read_deadline), CASE(held),           CASE(no_memory),
    CASE(cancelled_end), CASE(flush_deadline), CASE(write_deadline),
    CASE(write_model),
};

CHECK_MAIN("buffering")
