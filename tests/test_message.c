/* Messages: gathered from several buffers, scattered into several. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

/* A message of up to three texts. */
typedef struct letter {
    idem_message m;
    idem_buffer parts[3];
    char text[100];
} letter;

static letter *write_letter(letter *l, const char *a, const char *b,
                            const char *c)
{
    const char *texts[] = { a, b, c };
    size_t used = 0;
    size_t i;

    memset(l, 0, sizeof(*l));
    for (i = 0; i < 3; i++) {
        const size_t length = strlen(texts[i]);

        memcpy(l->text + used, texts[i], length);
        l->parts[i].data = l->text + used;
        l->parts[i].size = length;
        used += length;
    }
    l->m.buffers = l->parts;
    l->m.buffer_count = 3;
    l->m.length = 99;
    return l;
}

/* Room for a message in three buffers, the text behind each other. */
static letter *empty_letter(letter *l, size_t a, size_t b, size_t c)
{
    memset(l, 0, sizeof(*l));
    memset(l->text, 'z', sizeof(l->text));
    l->parts[0] = (idem_buffer){ l->text, a };
    l->parts[1] = (idem_buffer){ l->text + a, b };
    l->parts[2] = (idem_buffer){ l->text + a + b, c };
    l->m.buffers = l->parts;
    l->m.buffer_count = 3;
    l->m.length = 99;
    l->m.flags = 99;
    l->m.address = loopback(IDEM_AF_INET, 99);
    return l;
}

/* What a letter holds, and nothing behind it. */
static void check_letter(const letter *l, const char *text)
{
    CHECK_EQ(l->m.length, strlen(text));
    CHECK(memcmp(l->text, text, l->m.length) == 0);
    CHECK_EQ(l->text[l->m.length], 'z');
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

static bool is_zeroed(const idem_address *a)
{
    static const idem_address none;

    return memcmp(a, &none, sizeof(none)) == 0;
}

/* ---- Streams ----------------------------------------------------------- */

static void test_stream(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    letter l;

    write_letter(&l, "one ", "", "two");
    l.m.address = loopback(IDEM_AF_INET6, 9); /* of no interest here */
    CHECK_OK(idem_sendmsg(client, &l.m, 0));
    CHECK_EQ(l.m.length, 7);
    await_input(server);
    CHECK_OK(
        idem_recvmsg(server, &empty_letter(&l, 1, 2, 40)->m, IDEM_MSG_PEEK));
    check_letter(&l, "one two");
    CHECK_OK(idem_recvmsg(server, &empty_letter(&l, 2, 0, 3)->m, 0));
    check_letter(&l, "one t");
    CHECK_EQ(l.m.flags, 0);
    CHECK(is_zeroed(&l.m.address));
    CHECK_OK(idem_recvmsg(server, &empty_letter(&l, 0, 0, 0)->m, 0));
    check_letter(&l, "");
    CHECK_OK(idem_recvmsg(server, &empty_letter(&l, 30, 30, 30)->m, 0));
    check_letter(&l, "wo");
    CHECK_OK(idem_sendmsg(client, &write_letter(&l, "", "", "")->m, 0));
    CHECK_EQ(l.m.length, 0);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_OK(idem_recvmsg(server, &empty_letter(&l, 30, 30, 30)->m, 0));
    check_letter(&l, "");
    CHECK_ERR(idem_sendmsg(client, &write_letter(&l, "x", "", "")->m, 0),
              IDEM_ESHUTDOWN);
    close_both(client, server);
}

/* A stream takes what fits: no more than there is room for, and of a length
 * beyond all measure a part. */
static void test_much(void)
{
    static char block[4 * 1024 * 1024];
    idem_buffer parts[IDEM_BUFFERS_MAX];
    idem_message m = { .buffers = parts, .buffer_count = IDEM_BUFFERS_MAX };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t i, sent;

    for (i = 0; i < IDEM_BUFFERS_MAX; i++) /* 4 GiB in all */
        parts[i] = (idem_buffer){ block, sizeof(block) };
    CHECK_OK(idem_sendmsg(client, &m, IDEM_MSG_DONTWAIT));
    sent = m.length;
    CHECK(sent > 0);
    await_input(server);
    CHECK_OK(idem_recvmsg(server, &m, 0));
    CHECK(m.length > 0);
    drain(server, sent - m.length);
    CHECK(!has_input(server));
    sent = fill(client);
    CHECK_ERR(idem_sendmsg(client, &m, IDEM_MSG_DONTWAIT), IDEM_EWOULDBLOCK);
    CHECK_EQ(m.length, 0);
    CHECK_OK(idem_close(client));
    drain(server, sent);
    CHECK_OK(idem_close(server));
}

static void test_reset(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    letter l;
    int i;

    reset_from(client, server);
    for (i = 0; i < 2; i++) { /* for good */
        CHECK_ERR(idem_recvmsg(server, &empty_letter(&l, 9, 9, 9)->m, 0),
                  IDEM_ECONNRESET);
        CHECK_EQ(l.m.length, 0);
        CHECK_ERR(idem_sendmsg(server, &write_letter(&l, "x", "", "")->m, 0),
                  IDEM_ECONNRESET);
        CHECK_EQ(l.m.length, 0);
    }
    CHECK_OK(idem_close(server));
}

/* ---- Datagrams --------------------------------------------------------- */

static void check_datagram(int family)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(family, &at_a);
    idem_socket *b = bound_datagram(family, &at_b);
    letter l;

    write_letter(&l, "one ", "", "two");
    l.m.address = at_b;
    CHECK_OK(idem_sendmsg(a, &l.m, 0));
    CHECK_EQ(l.m.length, 7);
    write_letter(&l, "", "", "");
    l.m.address = at_b;
    CHECK_OK(idem_sendmsg(a, &l.m, 0));
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 3, 3, 3)->m, IDEM_MSG_PEEK));
    check_letter(&l, "one two");
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 3, 0, 30)->m, 0));
    check_letter(&l, "one two");
    CHECK_EQ(l.m.flags, 0);
    CHECK(idem_address_equal(&l.m.address, &at_a));
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 3, 3, 3)->m, 0));
    check_letter(&l, ""); /* but a datagram */
    CHECK(idem_address_equal(&l.m.address, &at_a));
    CHECK_ERR(idem_recvmsg(b, &empty_letter(&l, 3, 3, 3)->m, IDEM_MSG_DONTWAIT),
              IDEM_EWOULDBLOCK);
    CHECK(is_zeroed(&l.m.address));
    CHECK_EQ(l.m.length, 0);
    close_both(a, b);
}

static void test_datagram(void)
{
    check_datagram(IDEM_AF_INET);
}

static void test_datagram_v6(void)
{
    need_ipv6();
    check_datagram(IDEM_AF_INET6);
}

/* Without an address to the peer, or to nobody; to no port never. */
static void test_address(void)
{
    idem_address at_a, at_b;
    idem_socket *a = open_datagram(IDEM_AF_INET);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    letter l;

    CHECK_ERR(idem_sendmsg(a, &write_letter(&l, "a", "b", "c")->m, 0),
              IDEM_EDESTADDRREQ);
    l.m.address = loopback(IDEM_AF_INET, 0);
    CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EADDRNOTAVAIL);
    l.m.address = loopback(IDEM_AF_INET6, 9);
    CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EAFNOSUPPORT);
    l.m.address = wildcard(IDEM_AF_INET, at_b.port); /* this machine */
    CHECK_OK(idem_sendmsg(a, &l.m, 0));
    CHECK(idem_address_equal(
        &l.m.address, /* which stays as it was */
        &(idem_address){ .family = IDEM_AF_INET, .port = at_b.port }));
    CHECK_OK(idem_getsockname(a, &at_a));
    CHECK(at_a.port != 0);
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 3, 3, 3)->m, 0));
    CHECK_EQ(l.m.address.port, at_a.port);
    CHECK_OK(idem_connect(a, &at_b));
    CHECK_OK(idem_sendmsg(a, &write_letter(&l, "a", "b", "c")->m, 0));
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 3, 3, 3)->m, 0));
    check_letter(&l, "abc");
    close_both(a, b);
}

/* Cut, it comes with its sender, what fits of it, and a flag. */
static void test_truncated(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    static const int flags[] = { IDEM_MSG_PEEK, 0 };
    letter l;
    size_t i;

    for (i = 0; i < CHECK_COUNT(flags); i++) {
        if (i == 0)
            CHECK_OK(idem_sendto(a, "0123456789", 10, 0, &at_b, NULL));
        CHECK_ERR(idem_recvmsg(b, &empty_letter(&l, 2, 0, 5)->m, flags[i]),
                  IDEM_EMSGSIZE);
        check_letter(&l, "0123456");
        CHECK_EQ(l.m.flags, IDEM_MSG_TRUNC);
        CHECK(idem_address_equal(&l.m.address, &at_a));
    }
    CHECK_OK(idem_sendto(a, "0123456789", 10, 0, &at_b, NULL));
    CHECK_ERR(idem_recvmsg(b, &empty_letter(&l, 0, 0, 0)->m, 0), IDEM_EMSGSIZE);
    check_letter(&l, "");
    CHECK_EQ(l.m.flags, IDEM_MSG_TRUNC);
    CHECK_OK(idem_sendto(a, "0123456789", 10, 0, &at_b, NULL));
    CHECK_OK(idem_recvmsg(b, &empty_letter(&l, 5, 5, 0)->m, 0));
    check_letter(&l, "0123456789");
    CHECK_EQ(l.m.flags, 0);
    CHECK(!has_input(b));
    close_both(a, b);
}

static void test_too_long(void)
{
    static char block[4 * 1024 * 1024];
    idem_buffer parts[IDEM_BUFFERS_MAX];
    idem_message m = { .buffers = parts, .buffer_count = 3 };
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    size_t i;

    for (i = 0; i < IDEM_BUFFERS_MAX; i++)
        parts[i] = (idem_buffer){ block, sizeof(block) };
    m.address = at;
    parts[0].size = parts[1].size = parts[2].size = 30000;
    CHECK_ERR(idem_sendmsg(a, &m, 0), IDEM_EMSGSIZE);
    CHECK_EQ(m.length, 0);
    m.buffer_count = IDEM_BUFFERS_MAX; /* together 4 GiB */
    CHECK_ERR(idem_sendmsg(a, &m, 0), IDEM_EMSGSIZE);
    CHECK(!has_input(a));
    m.buffer_count = 2;
    CHECK_OK(idem_sendmsg(a, &m, 0));
    CHECK_EQ(m.length, 60000);
    m.buffer_count = IDEM_BUFFERS_MAX;
    CHECK_OK(idem_recvmsg(a, &m, 0));
    CHECK_EQ(m.length, 60000);
    CHECK_OK(idem_close(a));
}

/* As many buffers as there may be, a byte in each. */
static void test_many_buffers(void)
{
    unsigned char out[IDEM_BUFFERS_MAX], in[IDEM_BUFFERS_MAX];
    idem_buffer parts[IDEM_BUFFERS_MAX + 1];
    idem_message m = { .buffers = parts, .buffer_count = IDEM_BUFFERS_MAX + 1 };
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    size_t i;

    write_pattern(out, sizeof(out), 1);
    for (i = 0; i < IDEM_BUFFERS_MAX; i++)
        parts[i] = (idem_buffer){ &out[i], 1 };
    parts[i] = (idem_buffer){ NULL, 0 };
    m.address = at;
    CHECK_ERR(idem_sendmsg(a, &m, 0), IDEM_EINVAL);
    CHECK_ERR(idem_recvmsg(a, &m, 0), IDEM_EINVAL);
    m.buffer_count--;
    m.address = at;
    CHECK_OK(idem_sendmsg(a, &m, 0));
    CHECK_EQ(m.length, IDEM_BUFFERS_MAX);
    for (i = 0; i < IDEM_BUFFERS_MAX; i++)
        parts[i] = (idem_buffer){ &in[i], 1 };
    CHECK_OK(idem_recvmsg(a, &m, 0));
    CHECK_EQ(m.length, IDEM_BUFFERS_MAX);
    CHECK(memcmp(in, out, sizeof(in)) == 0);
    CHECK_OK(idem_close(a));
}

/* ---- Cancelled --------------------------------------------------------- */

static idem_error run_recvmsg(job *j)
{
    letter l;
    const idem_error err =
        idem_recvmsg(j->socket, &empty_letter(&l, 5, 5, 5)->m, 0);

    j->count = l.m.length;
    CHECK(is_zeroed(&l.m.address));
    return err;
}

static idem_error run_recv_batch(job *j)
{
    letter l[3];
    idem_message m[3];
    size_t i;

    for (i = 0; i < 3; i++)
        m[i] = empty_letter(&l[i], 5, 5, 5)->m;
    return idem_recv_batch(j->socket, m, 3, 0, &j->count);
}

static void check_cancelled(idem_error (*run)(job *), idem_socket *s,
                            double timeout)
{
    job j;

    CHECK_OK(idem_settimeout(s, timeout));
    start_waiting(&j, run, s);
    CHECK_OK(idem_cancel(s));
    finish_job(&j, IDEM_ECANCELED);
    CHECK_EQ(j.count, 0);
    CHECK_OK(idem_close(s));
}

static void test_cancelled(void)
{
    static const double timeouts[] = { IDEM_FOREVER, 60 };
    idem_address at;
    idem_socket *server;
    size_t i;

    for (i = 0; i < CHECK_COUNT(timeouts); i++) {
        check_cancelled(run_recvmsg, stream_pair(&server), timeouts[i]);
        CHECK_OK(idem_close(server));
        check_cancelled(run_recvmsg, bound_datagram(IDEM_AF_INET, &at),
                        timeouts[i]);
        check_cancelled(run_recv_batch, bound_datagram(IDEM_AF_INET, &at),
                        timeouts[i]);
    }
}

/* Shut down by another thread: nothing comes, and that is no failure. */
static void test_shut(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);
    idem_error (*const runs[])(job *) = { run_recvmsg, run_recv_batch };
    size_t i;
    job j;

    CHECK_OK(idem_connect(a, &at_b));
    start_waiting(&j, runs[0], a);
    CHECK_OK(idem_shutdown(a, IDEM_SHUT_RD));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, 0);
    for (i = 0; i < CHECK_COUNT(runs); i++) {
        start_job(&j, runs[i], a);
        finish_job(&j, IDEM_OK);
        CHECK_EQ(j.count, 0);
    }
    close_both(a, b);
}

/* ---- Bad input --------------------------------------------------------- */

static void test_bad_input(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    letter l;

    write_letter(&l, "a", "b", "c");
    CHECK_ERR(idem_sendmsg(NULL, &l.m, 0), IDEM_ENOTSOCK);
    CHECK_EQ(l.m.length, 0);
    CHECK_ERR(idem_recvmsg(NULL, &empty_letter(&l, 1, 1, 1)->m, 0),
              IDEM_ENOTSOCK);
    CHECK_EQ(l.m.length, 0);
    CHECK(is_zeroed(&l.m.address));
    CHECK_ERR(idem_sendmsg(NULL, NULL, 0), IDEM_ENOTSOCK);
    CHECK_ERR(idem_sendmsg(a, NULL, 0), IDEM_EFAULT);
    CHECK_ERR(idem_recvmsg(a, NULL, 0), IDEM_EFAULT);
    write_letter(&l, "a", "b", "c");
    l.m.address = at;
    CHECK_ERR(idem_sendmsg(a, &l.m, IDEM_MSG_PEEK), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_sendmsg(a, &l.m, 0x40), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recvmsg(a, &l.m, IDEM_MSG_WAITALL), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recvmsg(a, &l.m, IDEM_MSG_TRUNC), IDEM_EOPNOTSUPP);
    l.parts[1].data = NULL;
    CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EFAULT);
    CHECK_ERR(idem_recvmsg(a, &l.m, 0), IDEM_EFAULT);
    l.m.buffers = NULL;
    CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EFAULT);
    CHECK_ERR(idem_recvmsg(a, &l.m, 0), IDEM_EFAULT);
    CHECK_OK(idem_close(a));
}

static void test_no_buffers(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_message m = { .address = at };

    CHECK_OK(idem_sendmsg(a, &m, 0));
    m.address.family = IDEM_AF_UNSPEC;
    CHECK_OK(idem_recvmsg(a, &m, 0));
    CHECK(idem_address_equal(&m.address, &at));
    CHECK_EQ(m.length, 0);
    CHECK_OK(idem_close(a));
}

/* What does not go with the socket, or is out of range. */
static void test_bad_ancillary(void)
{
    static const idem_ancillary bad[] = {
        { .present = IDEM_ANCILLARY_TTL },
        { .present = IDEM_ANCILLARY_TTL, .ttl = 256 },
        { .present = IDEM_ANCILLARY_TOS, .tos = -1 },
        { .present = IDEM_ANCILLARY_TOS, .tos = 256 },
        { .present = IDEM_ANCILLARY_SEGMENTS },
    };
    static const unsigned foreign[] = { IDEM_ANCILLARY_HANDLES,
                                        IDEM_ANCILLARY_CREDENTIALS, 0x40,
                                        0x80000000u };
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_ancillary other = { .present = IDEM_ANCILLARY_PACKET_INFO };
    letter l;
    size_t i;

    write_letter(&l, "a", "b", "c")->m.address = at;
    for (i = 0; i < CHECK_COUNT(bad); i++) {
        idem_ancillary one = bad[i];

        l.m.ancillary = &one;
        CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EINVAL);
        CHECK_ERR(idem_sendmsg(client, &l.m, 0), IDEM_EOPNOTSUPP);
    }
    l.m.ancillary = &other;
    other.destination = loopback(IDEM_AF_INET6, 0);
    CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EAFNOSUPPORT);
    for (i = 0; i < CHECK_COUNT(foreign); i++) {
        other.present = foreign[i];
        CHECK_ERR(idem_sendmsg(a, &l.m, 0), IDEM_EOPNOTSUPP);
        CHECK_ERR(idem_sendmsg(client, &l.m, 0), IDEM_EOPNOTSUPP);
    }
    other.handle_capacity = 1;
    CHECK_ERR(idem_recvmsg(a, &l.m, 0), IDEM_EFAULT);
    CHECK(!has_input(a));
    close_both(client, server);
    CHECK_OK(idem_close(a));
}

static const check_case cases[] = {
    CASE(stream),       CASE(much),          CASE(reset),     CASE(datagram),
    CASE(datagram_v6),  CASE(address),       CASE(truncated), CASE(too_long),
    CASE(many_buffers), CASE(cancelled),     CASE(shut),      CASE(bad_input),
    CASE(no_buffers),   CASE(bad_ancillary),
};

CHECK_MAIN("message")
