/* Datagrams by the dozen: batches, and messages that the system cuts. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdlib.h>

#define MANY 100
#define ROOM 65536

/* Messages with a buffer each, over one piece of memory. */
typedef struct crowd {
    idem_message m[MANY];
    idem_buffer part[MANY];
    idem_ancillary ancillary[MANY];
    unsigned char bytes[MANY][300];
} crowd;

static size_t length_of(size_t i)
{
    return i * 7 % 300; /* also none */
}

static crowd *write_crowd(const idem_address *to)
{
    crowd *c = calloc(1, sizeof(*c));
    size_t i;

    CHECK(c != NULL);
    for (i = 0; i < MANY; i++) {
        write_pattern(c->bytes[i], length_of(i), i);
        c->part[i] = (idem_buffer){ c->bytes[i], length_of(i) };
        c->m[i].buffers = &c->part[i];
        c->m[i].buffer_count = 1;
        c->m[i].length = 999;
        if (to != NULL)
            c->m[i].address = *to;
    }
    return c;
}

static crowd *empty_crowd(void)
{
    crowd *c = write_crowd(NULL);
    size_t i;

    memset(c->bytes, 'z', sizeof(c->bytes));
    for (i = 0; i < MANY; i++)
        c->part[i].size = sizeof(c->bytes[i]);
    return c;
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* Message i is what write_crowd() made, sent by from. */
static void check_message(const crowd *c, size_t i, size_t number,
                          const idem_address *from)
{
    CHECK_EQ(c->m[i].length, length_of(number));
    CHECK(is_pattern(c->bytes[i], c->m[i].length, number));
    CHECK_EQ(c->m[i].flags, 0);
    CHECK(idem_address_equal(&c->m[i].address, from));
}

/* ---- Batches ----------------------------------------------------------- */

/* Receive them all, by at most `most` at a time. */
static void receive_all(idem_socket *s, size_t most, const idem_address *from)
{
    crowd *in = empty_crowd();
    size_t total = 0;
    size_t done, i;

    while (total < MANY) {
        const size_t left = MANY - total;

        CHECK_OK(
            idem_recv_batch(s, in->m, most < left ? most : left, 0, &done));
        CHECK(done > 0 && done <= most);
        for (i = 0; i < done; i++)
            check_message(in, i, total + i, from);
        total += done;
    }
    CHECK_ERR(idem_recv_batch(s, in->m, MANY, IDEM_MSG_DONTWAIT, &done),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(done, 0);
    free(in);
}

static void check_exchange(int family, bool connected)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(family, &at_a);
    idem_socket *b = bound_datagram(family, &at_b);
    static const size_t mosts[] = { MANY, 1, 33 };
    size_t done = 0;
    size_t i, n;

    if (connected)
        CHECK_OK(idem_connect(a, &at_b));
    for (i = 0; i < CHECK_COUNT(mosts); i++) {
        crowd *out = write_crowd(connected ? NULL : &at_b);

        for (n = 0; n < MANY; n += done)
            CHECK_OK(idem_send_batch(a, out->m + n, MANY - n, 0, &done));
        CHECK_EQ(n, MANY);
        for (n = 0; n < MANY; n++)
            CHECK_EQ(out->m[n].length, length_of(n));
        free(out);
        receive_all(b, mosts[i], &at_a);
    }
    close_both(a, b);
}

static void test_exchange(void)
{
    check_exchange(IDEM_AF_INET, false);
    check_exchange(IDEM_AF_INET, true);
}

static void test_exchange_v6(void)
{
    need_ipv6();
    check_exchange(IDEM_AF_INET6, false);
    check_exchange(IDEM_AF_INET6, true);
}

/* One that cannot be sent: not told before it is the first. */
static void test_partial(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    crowd *out = write_crowd(&at_b);
    size_t done = 99;

    out->m[2].address.port = 0;
    CHECK_OK(idem_send_batch(a, out->m, MANY, 0, &done));
    CHECK_EQ(done, 2);
    CHECK_EQ(out->m[1].length, length_of(1));
    CHECK_EQ(out->m[2].length, 999); /* as it was */
    out->m[2].ancillary = &out->ancillary[2];
    out->ancillary[2].present = IDEM_ANCILLARY_SEGMENTS;
    out->ancillary[2].segment_size = 30;
    CHECK_ERR(idem_send_batch(a, out->m + 2, 1, 0, &done), IDEM_EADDRNOTAVAIL);
    CHECK_EQ(out->m[2].length, 0); /* none of it went */
    out->m[2].ancillary = NULL;
    CHECK_ERR(idem_send_batch(a, out->m + 2, MANY - 2, 0, &done),
              IDEM_EADDRNOTAVAIL);
    CHECK_EQ(done, 0);
    CHECK_OK(idem_send_batch(a, out->m + 3, 1, 0, &done));
    CHECK_EQ(done, 1);
    free(out);
    out = empty_crowd();
    CHECK_OK(idem_recv_batch(b, out->m, 3, 0, &done));
    CHECK(done >= 1);
    check_message(out, 0, 0, &at_a);
    CHECK_EQ(out->m[3].length, 999);
    free(out);
    close_both(a, b);
}

/* Told by a flag: the others are whole. */
static void test_truncated(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    crowd *in = empty_crowd();
    size_t done, i;

    for (i = 0; i < 3; i++)
        CHECK_OK(idem_sendto(a, "0123456789", 10, 0, &at_b, NULL));
    in->part[0].size = 4;
    in->part[2].size = 9;
    CHECK_OK(idem_recv_batch(b, in->m, 3, 0, &done));
    CHECK_EQ(done, 3);
    CHECK_EQ(in->m[0].flags, IDEM_MSG_TRUNC);
    CHECK_EQ(in->m[0].length, 4);
    CHECK_EQ(in->bytes[0][4], 'z');
    CHECK_EQ(in->m[1].flags, 0);
    CHECK_EQ(in->m[1].length, 10);
    CHECK_EQ(in->m[2].flags, IDEM_MSG_TRUNC);
    CHECK_EQ(in->m[2].length, 9);
    free(in);
    close_both(a, b);
}

static void test_bad_input(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    crowd *c = write_crowd(&at);
    size_t done = 99;

    CHECK_ERR(idem_send_batch(NULL, c->m, 1, 0, &done), IDEM_ENOTSOCK);
    CHECK_EQ(done, 0);
    CHECK_ERR(idem_send_batch(a, NULL, 1, 0, &done), IDEM_EFAULT);
    CHECK_OK(idem_send_batch(a, NULL, 0, 0, &done));
    CHECK_ERR(idem_send_batch(a, c->m, 1, 0x40, NULL), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_send_batch(client, c->m, 1, 0, NULL), IDEM_EOPNOTSUPP);
    done = 99;
    CHECK_ERR(idem_recv_batch(NULL, c->m, 1, 0, &done), IDEM_ENOTSOCK);
    CHECK_EQ(done, 0);
    CHECK_ERR(idem_recv_batch(a, NULL, 1, 0, NULL), IDEM_EFAULT);
    CHECK_OK(idem_recv_batch(a, NULL, 0, 0, &done));
    CHECK_ERR(idem_recv_batch(a, c->m, 1, IDEM_MSG_PEEK, NULL),
              IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recv_batch(client, c->m, 1, 0, NULL), IDEM_EOPNOTSUPP);
    c->m[5].buffers = NULL;
    CHECK_ERR(idem_recv_batch(a, c->m, 6, 0, NULL), IDEM_EFAULT);
    CHECK_OK(idem_send_batch(a, c->m, 6, 0, &done));
    CHECK_EQ(done, 5);
    free(c);
    CHECK_OK(idem_close(a));
    close_both(client, server);
}

/* ---- Segments ---------------------------------------------------------- */

#define LENGTH 50050 /* of a long message: not a multiple of its segments */

/* Send a long message from buffers of odd sizes. */
static void send_long(idem_socket *s, const idem_address *to, size_t segment,
                      size_t length)
{
    static unsigned char bytes[LENGTH];
    const idem_buffer parts[] = { { bytes, 1 },
                                  { bytes + 1, 0 },
                                  { bytes + 1, length / 3 },
                                  { bytes + 1 + length / 3,
                                    length - length / 3 - 1 } };
    idem_ancillary a = { .present = IDEM_ANCILLARY_SEGMENTS };
    idem_message m = { .buffers = parts, .buffer_count = 4, .ancillary = &a };

    write_pattern(bytes, length, 5);
    a.segment_size = segment;
    m.address = *to;
    CHECK_OK(idem_sendmsg(s, &m, 0));
    CHECK_EQ(m.length, length);
}

/* What comes are datagrams, as if each had been sent alone. */
static void check_segments(idem_socket *s, const idem_address *from,
                           size_t segment, size_t length)
{
    static unsigned char buf[ROOM];
    idem_address sender;
    size_t total = 0;
    size_t got;

    while (total < length) {
        const size_t left = length - total;

        CHECK_OK(idem_recvfrom(s, buf, sizeof(buf), 0, &got, &sender));
        CHECK_EQ(got, segment < left ? segment : left);
        CHECK(is_pattern(buf, got, 5 + total));
        CHECK(idem_address_equal(&sender, from));
        total += got;
    }
    CHECK(!has_input(s));
}

static void check_long(int family, bool refuse)
{
    static const size_t sizes[] = { 1400,       700,    600,       30000,
                                    LENGTH - 1, LENGTH, LENGTH + 1 };
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(family, &at_a);
    idem_socket *b = bound_datagram(family, &at_b);
    size_t i;

    if (refuse && !support_refuse_offload(idem_fileno(a))) {
        close_both(a, b);
        check_skip("nothing to refuse: the library cuts here anyway");
    }
    for (i = 0; i < CHECK_COUNT(sizes); i++) {
        send_long(a, &at_b, sizes[i], LENGTH);
        check_segments(b, &at_a, sizes[i], LENGTH);
    }
    send_long(a, &at_b, 1, 100); /* more than systems cut at once */
    check_segments(b, &at_a, 1, 100);
    close_both(a, b);
}

static void test_segments(void)
{
    check_long(IDEM_AF_INET, false);
}

static void test_segments_v6(void)
{
    need_ipv6();
    check_long(IDEM_AF_INET6, false);
}

/* A system or a device that cannot: the same datagrams. */
static void test_segments_refused(void)
{
    check_long(IDEM_AF_INET, true);
}

/* In a batch, between others. */
static void test_segments_batch(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    crowd *out = write_crowd(&at_b);
    crowd *in = empty_crowd();
    size_t done, n, i;

    for (i = 0; i < 4; i++) {
        out->part[i].size = 100;
        write_pattern(out->bytes[i], 100, i);
    }
    out->m[1].ancillary = &out->ancillary[1];
    out->ancillary[1].present = IDEM_ANCILLARY_SEGMENTS;
    out->ancillary[1].segment_size = 30;
    CHECK_OK(idem_send_batch(a, out->m, 4, 0, &done));
    CHECK_EQ(done, 4);
    CHECK_EQ(out->m[1].length, 100);
    for (n = 0; n < 7; n += done)
        CHECK_OK(idem_recv_batch(b, in->m + n, 7 - n, 0, &done));
    for (i = 0; i < 7; i++)
        CHECK_EQ(in->m[i].length, i >= 1 && i < 4 ? 30 : i == 4 ? 10 : 100);
    CHECK(is_pattern(in->bytes[4], 10, 1 + 90));
    CHECK(is_pattern(in->bytes[6], 100, 3));
    free(in);
    free(out);
    close_both(a, b);
}

/* Nothing to cut: one datagram; and a failure, which is told. */
static void test_segments_short(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    static char bytes[200000];
    const idem_buffer part = { bytes, sizeof(bytes) };
    idem_ancillary anc = { .present = IDEM_ANCILLARY_SEGMENTS };
    idem_message m = { .buffers = &part, .ancillary = &anc };
    char c;
    size_t got = 99;

    anc.segment_size = 10;
    m.address = at_b;
    CHECK_OK(idem_sendmsg(a, &m, 0)); /* of no bytes */
    CHECK_OK(idem_recv(b, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    m.buffer_count = 1;
    anc.segment_size = 70000;
    CHECK_ERR(idem_sendmsg(a, &m, 0), IDEM_EMSGSIZE);
    CHECK_EQ(m.length, 0);
    CHECK(!has_input(b));
    close_both(a, b);
}

/* ---- Coalescing -------------------------------------------------------- */

/* A socket that asks for it; skips where there is none. */
static idem_socket *open_coalesced(int family, idem_address *at)
{
    idem_socket *s = bound_datagram(family, at);
    const idem_error err = idem_set_receive_coalesced(s, true);

    CHECK_EQ(idem_has(IDEM_HAS_COALESCING), err == IDEM_OK);
    if (err == IDEM_EOPNOTSUPP) {
        CHECK_OK(idem_close(s));
        check_skip("this system hands over one datagram at a time");
    }
    CHECK_OK(err);
    return s;
}

/* Receive all of a long message; returns in how many messages it came. */
static size_t receive_long(idem_socket *s, size_t segment)
{
    static unsigned char buf[ROOM];
    const idem_buffer part = { buf, sizeof(buf) };
    idem_ancillary a = { 0 };
    idem_message m = { .buffers = &part, .buffer_count = 1, .ancillary = &a };
    size_t total, count;

    for (total = count = 0; total < LENGTH; total += m.length, count++) {
        const size_t left = LENGTH - total;

        CHECK_OK(idem_recvmsg(s, &m, 0));
        CHECK(is_pattern(buf, m.length, 5 + total));
        if (a.present & IDEM_ANCILLARY_SEGMENTS)
            CHECK_EQ(a.segment_size, segment);
        else
            CHECK_EQ(m.length, segment < left ? segment : left);
    }
    CHECK_EQ(total, LENGTH);
    return count;
}

/* Who takes over the handle is told, too. */
static void check_adopted(idem_socket *s)
{
    idem_socket *again;
    intptr_t handle;
    bool on = false;
    char buf[10];

    CHECK_OK(idem_detach(s, &handle));
    CHECK_OK(idem_adopt(handle, &again));
    CHECK_OK(idem_get_receive_coalesced(again, &on));
    CHECK(on);
    CHECK_ERR(idem_recv(again, buf, sizeof(buf), 0, NULL), IDEM_EOPNOTSUPP);
    CHECK_OK(idem_close(again));
}

static void check_coalesced(int family)
{
    idem_address at_a, at_b;
    idem_socket *a = open_coalesced(family, &at_a);
    idem_socket *b = bound_datagram(family, &at_b);
    const size_t segment = 1400;

    send_long(b, &at_a, segment, LENGTH);
    CHECK(receive_long(a, segment) < LENGTH / segment);
    CHECK(support_refuse_offload(idem_fileno(b)));
    send_long(b, &at_a, segment, LENGTH); /* one by one, from there */
    (void)receive_long(a, segment);
    check_adopted(a);
    CHECK_OK(idem_close(b));
}

static void test_coalesced(void)
{
    check_coalesced(IDEM_AF_INET);
}

static void test_coalesced_v6(void)
{
    need_ipv6();
    check_coalesced(IDEM_AF_INET6);
}

/* Who could not see where a datagram ends may not receive. */
static void test_coalesced_blind(void)
{
    idem_address at;
    idem_socket *a = open_coalesced(IDEM_AF_INET, &at);
    char buf[10];
    const idem_buffer part = { buf, sizeof(buf) };
    idem_ancillary anc = { .segment_size = 9 };
    idem_message m = { .buffers = &part, .buffer_count = 1 };
    size_t n = 99;
    bool on = false;

    CHECK_OK(idem_sendto(a, "one", 3, 0, &at, NULL));
    CHECK_ERR(idem_recv(a, buf, sizeof(buf), 0, &n), IDEM_EOPNOTSUPP);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_recvfrom(a, buf, sizeof(buf), 0, NULL, NULL),
              IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recvmsg(a, &m, 0), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recv_batch(a, &m, 1, 0, NULL), IDEM_EOPNOTSUPP);
    m.ancillary = &anc;
    CHECK_OK(idem_recvmsg(a, &m, 0));
    CHECK_EQ(m.length, 3);
    CHECK_EQ(anc.present, 0); /* one datagram */
    CHECK_EQ(anc.segment_size, 0);
    CHECK_OK(idem_get_receive_coalesced(a, &on));
    CHECK(on);
    CHECK_OK(idem_set_receive_coalesced(a, false));
    CHECK_OK(idem_get_receive_coalesced(a, &on));
    CHECK(!on);
    CHECK_OK(idem_sendto(a, "two", 3, 0, &at, NULL));
    CHECK_OK(idem_recv(a, buf, sizeof(buf), 0, &n));
    CHECK_EQ(n, 3);
    CHECK_OK(idem_close(a));
}

static void test_coalesced_bad(void)
{
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_set_receive_coalesced(NULL, true), IDEM_ENOTSOCK);
    CHECK_ERR(idem_set_receive_coalesced(s, true), IDEM_ENOPROTOOPT);
    CHECK_OK(idem_close(s));
}

static const check_case cases[] = {
    CASE(exchange),        CASE(exchange_v6),      CASE(partial),
    CASE(truncated),       CASE(bad_input),        CASE(segments),
    CASE(segments_v6),     CASE(segments_refused), CASE(segments_batch),
    CASE(segments_short),  CASE(coalesced),        CASE(coalesced_v6),
    CASE(coalesced_blind), CASE(coalesced_bad),
};

CHECK_MAIN("batch")
