/* What counts tell, and what reaches the platform. */
#include "calls.h"
#include "check.h"

/* ---- sendall ----------------------------------------------------------- */

/* One deadline over all parts; the count tells what went out. */
static void test_sendall_deadline(void)
{
    static const char data[40];
    idem_socket *s = begin_stream(0.1);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 10, 0);
    script_add(OP_SEND, IDEM_OK, 9, 40);
    script_add(OP_SEND, IDEM_EINTR, 0, 60);
    script_add(OP_SEND, IDEM_OK, 8, 80);
    script_add(OP_SEND, IDEM_OK, 13, 120);
    CHECK_ERR(idem_sendall(s, data, sizeof(data), 0, &sent), IDEM_ETIMEDOUT);
    CHECK_EQ(sent, 27);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

static void test_sendall_parts(void)
{
    static const char data[40];
    idem_socket *s = begin_stream(0.1);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 1, 0);
    script_add(OP_SEND, IDEM_OK, 1, 0);
    script_add(OP_SEND, IDEM_OK, 8, 0);
    script_add(OP_SEND, IDEM_OK, 99, 70);
    CHECK_OK(idem_sendall(s, data, sizeof(data), 0, &sent));
    CHECK_EQ(sent, sizeof(data));
    CHECK_EQ(script_elapsed_ns(), 70 * MS);
    end_call(s);
}

/* Timeout 0 sends what there is room for. */
static void test_sendall_zero(void)
{
    static const char data[40];
    idem_socket *s = begin_stream(0);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 12, 0);
    script_add(OP_SEND, IDEM_OK, 13, 0);
    script_add(OP_SEND, IDEM_OK, 15, 1);
    CHECK_ERR(idem_sendall(s, data, sizeof(data), 0, &sent), IDEM_EWOULDBLOCK);
    CHECK_EQ(sent, 25);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

static void test_sendall_fails(void)
{
    static const char data[40];
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 12, 0);
    script_add(OP_SEND, IDEM_ECONNRESET, 0, 30);
    CHECK_ERR(idem_sendall(s, data, sizeof(data), 0, &sent), IDEM_ECONNRESET);
    CHECK_EQ(sent, 12);
    end_call(s);
}

/* send() is content with a part. */
static void test_send_part(void)
{
    static const char data[40];
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 12, 0);
    CHECK_OK(idem_send(s, data, sizeof(data), 0, &sent));
    CHECK_EQ(sent, 12);
    end_call(s);
}

/* Nothing to send: nothing to do. */
static void test_send_nothing(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t sent = 99;

    CHECK_OK(idem_send(s, NULL, 0, 0, &sent));
    CHECK_EQ(sent, 0);
    CHECK_OK(idem_sendall(s, NULL, 0, 0, &sent));
    CHECK_EQ(sent, 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* ---- recv with WAITALL ------------------------------------------------- */

static void check_waitall(idem_socket *s, idem_error want, size_t want_got)
{
    char buf[10];
    size_t got = 99;

    CHECK_ERR(idem_recv(s, buf, sizeof(buf), IDEM_MSG_WAITALL, &got), want);
    CHECK_EQ(got, want_got);
    end_call(s);
}

static void test_waitall_deadline(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_RECV, IDEM_OK, 4, 0);
    script_add(OP_RECV, IDEM_OK, 3, 50);
    script_add(OP_RECV, IDEM_OK, 3, 101);
    check_waitall(s, IDEM_ETIMEDOUT, 7);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
}

static void test_waitall_parts(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_RECV, IDEM_OK, 1, 0);
    script_add(OP_RECV, IDEM_EINTR, 0, 10);
    script_add(OP_RECV, IDEM_OK, 2, 20);
    script_add(OP_RECV, IDEM_OK, 99, 90);
    check_waitall(s, IDEM_OK, 10);
    CHECK_EQ(script_elapsed_ns(), 90 * MS);
}

static void test_waitall_end(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_RECV, IDEM_OK, 7, 0);
    script_add(OP_RECV, IDEM_OK, 0, 30);
    check_waitall(s, IDEM_OK, 7);
    CHECK_EQ(script_elapsed_ns(), 30 * MS);
}

static void test_waitall_fails(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);

    script_add(OP_RECV, IDEM_OK, 7, 0);
    script_add(OP_RECV, IDEM_ECONNRESET, 0, 30);
    check_waitall(s, IDEM_ECONNRESET, 7);
}

static void test_waitall_zero(void)
{
    idem_socket *s = begin_stream(0);

    script_add(OP_RECV, IDEM_OK, 4, 0);
    script_add(OP_RECV, IDEM_OK, 3, 0);
    script_add(OP_RECV, IDEM_OK, 3, 1);
    check_waitall(s, IDEM_EWOULDBLOCK, 7);
    CHECK_EQ(script.waits, 0);
}

/* Without it, recv() takes what is there. */
static void test_recv_part(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    char buf[10];
    size_t got = 99;

    script_add(OP_RECV, IDEM_OK, 3, 20);
    CHECK_OK(idem_recv(s, buf, sizeof(buf), 0, &got));
    CHECK_EQ(got, 3);
    end_call(s);
}

/* ---- Flags and bounds -------------------------------------------------- */

/* The platform sees the flags it knows, and no others. */
static void test_flags(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    char buf[10];

    script_add(OP_RECV, IDEM_OK, 3, 0);
    script_add(OP_SEND, IDEM_OK, 3, 0);
    CHECK_OK(idem_recv(s, buf, 3, IDEM_MSG_PEEK | IDEM_MSG_DONTWAIT, NULL));
    CHECK_EQ(script.last_flags, IDEM_MSG_PEEK);
    CHECK_OK(
        idem_send(s, buf, 3, IDEM_MSG_DONTROUTE | IDEM_MSG_DONTWAIT, NULL));
    CHECK_EQ(script.last_flags, IDEM_MSG_DONTROUTE);
    end_call(s);
}

/* Capacity 0 on a stream: answered without asking anybody. */
static void test_capacity_zero(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t got = 99;

    CHECK_OK(idem_recv(s, NULL, 0, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_recv(s, NULL, 0, IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, 0);
    CHECK_EQ(script.attempts, 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* A truncated datagram: the count and the sender come with the error. */
static void test_truncated(void)
{
    idem_address from = { 0 };
    idem_socket *s = begin_call(&waiting_calls[4], IDEM_FOREVER);
    char buf[4];
    size_t got = 99;

    script_add(OP_RECVFROM, IDEM_EMSGSIZE, 4, 10);
    CHECK_ERR(idem_recvfrom(s, buf, sizeof(buf), 0, &got, &from),
              IDEM_EMSGSIZE);
    CHECK_EQ(got, 4);
    CHECK_EQ(from.family, IDEM_AF_INET);
    end_call(s);
}

/* ---- After a shutdown -------------------------------------------------- */

static void test_read_shut(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    char buf[4];
    size_t got = 99;

    script_add(OP_RECV, IDEM_OK, 4, 0);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_RD));
    CHECK_OK(idem_recv(s, buf, sizeof(buf), 0, &got));
    CHECK_EQ(got, 0);
    CHECK_OK(idem_recv(s, buf, sizeof(buf), IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, 0);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static void test_write_shut(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);
    size_t sent = 99;

    script_add(OP_SEND, IDEM_OK, 1, 0);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(s, "c", 1, 0, &sent), IDEM_ESHUTDOWN);
    CHECK_EQ(sent, 0);
    CHECK_ERR(idem_sendall(s, "c", 1, 0, &sent), IDEM_ESHUTDOWN);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static idem_socket *shut_socket;

static void shut_both(void)
{
    CHECK_OK(idem_shutdown(shut_socket, IDEM_SHUT_RDWR));
}

/* In an attempt, which answers so. */
static void check_shut_receiver(idem_error answer)
{
    char buf[4];
    size_t n = 99;

    shut_socket = begin_stream(IDEM_FOREVER);
    script.on_attempt = shut_both;
    script_add(OP_RECV, answer, 0, 0);
    CHECK_OK(idem_recv(shut_socket, buf, sizeof(buf), 0, &n));
    CHECK_EQ(n, 0);
    end_call(shut_socket);
}

/* Another thread shuts down while a call waits: some systems then speak of a
 * reset, or of a shutdown where there is an end. */
static void test_shut_meanwhile(void)
{
    size_t n = 99;

    shut_socket = begin_stream(IDEM_FOREVER);
    script.on_wait = shut_both;
    script_add(OP_SEND, IDEM_OK, 2, 0);
    script_add(OP_SEND, IDEM_ECONNRESET, 0, 10);
    CHECK_ERR(idem_sendall(shut_socket, "abcd", 4, 0, &n), IDEM_ESHUTDOWN);
    CHECK_EQ(n, 2);
    end_call(shut_socket);
    check_shut_receiver(IDEM_OK);
    check_shut_receiver(IDEM_ESHUTDOWN);
    check_shut_receiver(IDEM_ECONNRESET);
}

static void test_shutdown_fails(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);

    script_add(OP_SHUTDOWN, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(idem_shutdown(s, IDEM_SHUT_RDWR), IDEM_ENOBUFS);
    CHECK_ERR(idem_shutdown(s, 3), IDEM_EINVAL);
    CHECK_ERR(idem_shutdown(s, -1), IDEM_EINVAL);
    CHECK_EQ(script.calls[OP_SHUTDOWN], 1);
    end_call(s);
}

static const check_case cases[] = {
    CASE(sendall_deadline),
    CASE(sendall_parts),
    CASE(sendall_zero),
    CASE(sendall_fails),
    CASE(send_part),
    CASE(send_nothing),
    CASE(waitall_deadline),
    CASE(waitall_parts),
    CASE(waitall_end),
    CASE(waitall_fails),
    CASE(waitall_zero),
    CASE(recv_part),
    CASE(flags),
    CASE(capacity_zero),
    CASE(truncated),
    CASE(read_shut),
    CASE(write_shut),
    CASE(shut_meanwhile),
    CASE(shutdown_fails),
};

CHECK_MAIN("progress")
