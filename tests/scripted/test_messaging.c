/* Messages and batches: who waits, what counts tell, and how one long message
 * becomes many. */
#include "calls.h"
#include "check.h"

#define COUNT 40 /* messages: more than go in one attempt */

static idem_address somewhere(void)
{
    idem_address at;

    CHECK_OK(idem_address_make("10.9.8.7", 80, &at));
    return at;
}

static idem_socket *begin_datagram(double timeout)
{
    idem_socket *s;

    script_reset();
    CHECK_OK(idem_open(IDEM_AF_INET, IDEM_SOCK_DGRAM, 0, &s));
    CHECK_OK(idem_settimeout(s, timeout));
    return s;
}

static char bytes[4000];
static const idem_buffer ten = { bytes, 10 };

/* Messages of 10 bytes. */
static void fill_messages(idem_message *m)
{
    size_t i;

    for (i = 0; i < COUNT; i++) {
        m[i] = (idem_message){ .buffers = &ten, .buffer_count = 1 };
        m[i].address = somewhere();
        m[i].length = 99;
    }
}

/* ---- Batches ----------------------------------------------------------- */

/* The first one is waited for, and no other. */
static void test_send_batch(void)
{
    idem_socket *s = begin_datagram(0.1);
    idem_message m[COUNT];
    size_t done = 99;

    fill_messages(m);
    script_add(OP_SENDMSG, IDEM_EINTR, 0, 10);
    script_add(OP_SENDMSG, IDEM_OK, 3, 30);
    script_add(OP_SENDMSG, IDEM_OK, 32, 30);
    script_add(OP_SENDMSG, IDEM_OK, 5, 40); /* too late for this call */
    CHECK_OK(idem_send_batch(s, m, COUNT, 0, &done));
    CHECK_EQ(done, 35);
    CHECK_EQ(script_elapsed_ns(), 30 * MS);
    CHECK_EQ(m[34].length, 10);
    CHECK_EQ(m[35].length, 99);
    CHECK_OK(idem_send_batch(s, m + 35, 5, 0, &done));
    CHECK_EQ(done, 5);
    CHECK_EQ(script_elapsed_ns(), 40 * MS);
    CHECK_EQ(script.datagram_count, COUNT);
    end_call(s);
}

/* A failure behind the first is the next call's. */
static void test_send_batch_fails(void)
{
    idem_socket *s = begin_datagram(IDEM_FOREVER);
    idem_message m[COUNT];
    size_t done = 99;

    fill_messages(m);
    script_add(OP_SENDMSG, IDEM_OK, 2, 0);
    script_add(OP_SENDMSG, IDEM_EHOSTUNREACH, 0, 0);
    script_add(OP_SENDMSG, IDEM_EHOSTUNREACH, 0, 0);
    CHECK_OK(idem_send_batch(s, m, COUNT, 0, &done));
    CHECK_EQ(done, 2);
    CHECK_ERR(idem_send_batch(s, m + 2, COUNT - 2, 0, &done),
              IDEM_EHOSTUNREACH);
    CHECK_EQ(done, 0);
    end_call(s);
}

static void test_recv_batch(void)
{
    idem_socket *s = begin_datagram(0.1);
    idem_message m[COUNT];
    char in[COUNT][10];
    idem_buffer part[COUNT];
    size_t done = 99;
    size_t i;

    fill_messages(m);
    for (i = 0; i < COUNT; i++) {
        part[i] = (idem_buffer){ in[i], sizeof(in[i]) };
        m[i].buffers = &part[i];
    }
    script_add(OP_RECVMSG, IDEM_OK, 4, 50);
    script_add(OP_RECVMSG, IDEM_OK, 2, 50);
    script_add(OP_RECVMSG, IDEM_OK, 9, 60); /* too late for this call */
    CHECK_OK(idem_recv_batch(s, m, COUNT, 0, &done));
    CHECK_EQ(done, 6);
    CHECK_EQ(script_elapsed_ns(), 50 * MS);
    CHECK_EQ(m[5].length, 10);
    CHECK(memcmp(in[5], "mmmmmmmmmm", 10) == 0);
    CHECK_EQ(m[6].length, 99);
    CHECK_OK(idem_recv_batch(s, m, COUNT, 0, &done));
    CHECK_EQ(done, 9);
    CHECK_ERR(idem_recv_batch(s, m, COUNT, 0, &done), IDEM_ETIMEDOUT);
    CHECK_EQ(done, 0);
    CHECK_EQ(script_elapsed_ns(), 160 * MS);
    end_call(s);
}

/* ---- One long message -------------------------------------------------- */

static idem_error send_long(idem_socket *s, size_t segment, size_t length,
                            size_t *sent)
{
    const idem_buffer parts[] = { { bytes, 7 },
                                  { bytes + 7, 0 },
                                  { bytes + 7, length - 7 } };
    idem_ancillary a = { .present = IDEM_ANCILLARY_SEGMENTS };
    idem_message m = { .buffers = parts, .buffer_count = 3, .ancillary = &a };
    idem_error err;
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 100);
    a.segment_size = segment;
    m.address = somewhere();
    err = idem_sendmsg(s, &m, 0);
    CHECK_EQ(a.present, IDEM_ANCILLARY_SEGMENTS);
    CHECK_EQ(a.segment_size, segment);
    *sent = m.length;
    return err;
}

static void answer_all(size_t n, int64_t at_ms)
{
    size_t i;

    for (i = 0; i < n; i++)
        script_add(OP_SENDMSG, IDEM_OK, SIZE_MAX, at_ms);
}

/* By the system: as much at once as systems take, and the rest. */
static void test_segments(void)
{
    idem_socket *s = begin_datagram(IDEM_FOREVER);
    size_t sent;

    answer_all(2, 0);
    CHECK_OK(send_long(s, 30, 2000, &sent));
    CHECK_EQ(sent, 2000);
    CHECK_EQ(script.datagram_count, 2);
    CHECK_EQ(script.datagrams[0], 64 * 30);
    CHECK_EQ(script.datagrams[1], 2000 - 64 * 30);
    CHECK(memcmp(script.wire, bytes, 2000) == 0);
    end_call(s);
}

/* By the library: the same bytes, in datagrams of their own. */
static void test_segments_here(void)
{
    idem_socket *s = begin_datagram(IDEM_FOREVER);
    size_t sent, i;

    script.no_segments = true;
    answer_all(SCRIPT_MAX, 0);
    CHECK_OK(send_long(s, 100, 1950, &sent));
    CHECK_EQ(sent, 1950);
    CHECK_EQ(script.datagram_count, 20);
    for (i = 0; i < 19; i++)
        CHECK_EQ(script.datagrams[i], 100);
    CHECK_EQ(script.datagrams[19], 50);
    CHECK(memcmp(script.wire, bytes, 1950) == 0);
    end_call(s);
}

/* One deadline for all of them, and a count of what went out. */
static void test_segments_deadline(void)
{
    idem_socket *s = begin_datagram(0.1);
    size_t sent;

    script.no_segments = true;
    answer_all(3, 40);
    answer_all(2, 80);
    answer_all(1, 101);
    CHECK_ERR(send_long(s, 100, 1950, &sent), IDEM_ETIMEDOUT);
    CHECK_EQ(sent, 500);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

/* What the system lacks beside segments is no matter of cutting. */
static void test_segments_fail(void)
{
    idem_socket *s = begin_datagram(IDEM_FOREVER);
    size_t sent;

    script.no_segments = true;
    script_add(OP_SENDMSG, IDEM_OK, SIZE_MAX, 0);
    script_add(OP_SENDMSG, IDEM_EOPNOTSUPP, 0, 0);
    CHECK_ERR(send_long(s, 100, 1950, &sent), IDEM_EOPNOTSUPP);
    CHECK_EQ(sent, 100);
    end_call(s);
}

/* In a batch: what is done is whole; of the next one, its length tells. */
static void test_segments_batch(void)
{
    idem_socket *s = begin_datagram(0);
    idem_ancillary a = { .present = IDEM_ANCILLARY_SEGMENTS,
                         .segment_size = 4 };
    idem_message m[COUNT];
    size_t done = 99;

    fill_messages(m);
    m[1].ancillary = &a;
    script.no_segments = true;
    answer_all(3, 0); /* one, and two thirds of the next */
    CHECK_OK(idem_send_batch(s, m, COUNT, 0, &done));
    CHECK_EQ(done, 1);
    CHECK_EQ(m[1].length, 8);
    CHECK_EQ(script.datagram_count, 3);
    CHECK_ERR(idem_send_batch(s, m + 1, COUNT - 1, 0, &done), IDEM_EWOULDBLOCK);
    CHECK_EQ(done, 0);
    CHECK_EQ(m[1].length, 0);
    end_call(s);
}

/* ---- Streams ----------------------------------------------------------- */

/* A part is enough. */
static void test_stream_part(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    idem_message m = { .buffers = &ten, .buffer_count = 1 };

    script_add(OP_SENDMSG, IDEM_OK, 4, 20);
    CHECK_OK(idem_sendmsg(s, &m, 0));
    CHECK_EQ(m.length, 4);
    script_add(OP_RECVMSG, IDEM_OK, 3, 20);
    CHECK_OK(idem_recvmsg(s, &m, 0));
    CHECK_EQ(m.length, 3);
    m.buffer_count = 0; /* nothing to do: nobody is asked */
    script.attempts = 0;
    CHECK_OK(idem_sendmsg(s, &m, 0));
    CHECK_OK(idem_recvmsg(s, &m, 0));
    CHECK_EQ(m.length, 0);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static idem_socket *victim;

static void shut_both(void)
{
    CHECK_OK(idem_shutdown(victim, IDEM_SHUT_RDWR));
}

/* Another thread shuts down while a message waits. */
static void test_shut_meanwhile(void)
{
    idem_message m = { .buffers = &ten, .buffer_count = 1 };

    victim = begin_stream(IDEM_FOREVER);
    script.on_wait = shut_both;
    script_add(OP_SENDMSG, IDEM_ECONNRESET, 0, 10);
    CHECK_ERR(idem_sendmsg(victim, &m, 0), IDEM_ESHUTDOWN);
    end_call(victim);
    victim = begin_stream(IDEM_FOREVER);
    script.on_wait = shut_both;
    script_add(OP_RECVMSG, IDEM_OK, 3, 10);
    CHECK_OK(idem_recvmsg(victim, &m, 0));
    CHECK_EQ(m.length, 0);
    end_call(victim);
}

static const check_case cases[] = {
    CASE(send_batch),     CASE(send_batch_fails), CASE(recv_batch),
    CASE(segments),       CASE(segments_here),    CASE(segments_deadline),
    CASE(segments_fail),  CASE(segments_batch),   CASE(stream_part),
    CASE(shut_meanwhile),
};

CHECK_MAIN("messaging")
