/* A connection that broke stays broken, whatever the platform says next. */
#include "calls.h"
#include "check.h"

static void recv_is(idem_socket *s, idem_error want)
{
    char c;
    size_t got = 9;

    CHECK_ERR(idem_recv(s, &c, 1, 0, &got), want);
    CHECK_EQ(got, 0);
}

static void send_is(idem_socket *s, idem_error want)
{
    size_t sent = 9;

    CHECK_ERR(idem_send(s, "x", 1, 0, &sent), want);
    CHECK_EQ(sent, 0);
}

static void pending_is(idem_socket *s, idem_error want)
{
    idem_error pending = IDEM_EBADF;

    CHECK_OK(idem_take_error(s, &pending));
    CHECK_EQ(pending, want);
}

/* POSIX tells it once, and then the end. */
static void test_recv(void)
{
    idem_socket *s = begin_stream(1);

    script_add(OP_RECV, IDEM_ECONNRESET, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    script_add(OP_SEND, IDEM_ECONNRESET, 0, 0);
    send_is(s, IDEM_ECONNRESET);
    end_call(s);
}

static void test_send(void)
{
    idem_socket *s = begin_stream(1);

    script_add(OP_SEND, IDEM_ECONNRESET, 0, 0);
    send_is(s, IDEM_ECONNRESET);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    end_call(s);
}

/* What had arrived before can still be read. */
static void test_data_first(void)
{
    idem_socket *s = begin_stream(1);
    size_t got = 9;
    char c;

    script_add(OP_SEND, IDEM_ECONNRESET, 0, 0);
    send_is(s, IDEM_ECONNRESET);
    script_add(OP_RECV, IDEM_OK, 1, 0);
    CHECK_OK(idem_recv(s, &c, 1, 0, &got));
    CHECK_EQ(got, 1);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    end_call(s);
}

/* The first reason is the reason: a peer that went silent is no reset. */
static void test_first_reason(void)
{
    idem_socket *s = begin_stream(1);

    script_add(OP_RECV, IDEM_ETIMEDOUT, 0, 0);
    recv_is(s, IDEM_ETIMEDOUT);
    script_add(OP_SEND, IDEM_ECONNRESET, 0, 0);
    send_is(s, IDEM_ETIMEDOUT);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_ETIMEDOUT);
    end_call(s);
}

/* Our own clock breaks nothing, nor does want of memory. */
static void test_no_reason(void)
{
    idem_socket *s = begin_stream(0.1);

    recv_is(s, IDEM_ETIMEDOUT);
    script_add(OP_RECV, IDEM_ENOBUFS, 0, 0);
    recv_is(s, IDEM_ENOBUFS);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_OK);
    pending_is(s, IDEM_OK);
    end_call(s);
}

/* Nor does our own end of it. */
static void test_own_shutdown(void)
{
    idem_socket *s = begin_stream(1);

    CHECK_OK(idem_shutdown(s, IDEM_SHUT_RD));
    script_add(OP_SEND, IDEM_ECONNRESET, 0, 0);
    send_is(s, IDEM_ECONNRESET);
    recv_is(s, IDEM_OK);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
    send_is(s, IDEM_ESHUTDOWN);
    end_call(s);
}

/* ---- idem_take_error() ------------------------------------------------- */

static void test_take(void)
{
    idem_socket *s = begin_stream(1);

    pending_is(s, IDEM_OK);
    script.pending = IDEM_ECONNRESET;
    pending_is(s, IDEM_ECONNRESET);
    pending_is(s, IDEM_OK); /* though the platform says it again */
    script.pending = IDEM_OK;
    pending_is(s, IDEM_OK);
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    end_call(s);
}

static void test_take_told(void)
{
    idem_socket *s = begin_stream(1);

    script_add(OP_RECV, IDEM_ECONNRESET, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    script.pending = IDEM_ECONNRESET;
    pending_is(s, IDEM_OK);
    end_call(s);
}

/* The twin of a broken connection knows it, too. */
static void test_twin(void)
{
    idem_socket *s = begin_stream(1);
    idem_socket *twin;

    script_add(OP_RECV, IDEM_ECONNRESET, 0, 0);
    recv_is(s, IDEM_ECONNRESET);
    CHECK_OK(idem_dup(s, &twin));
    script_add(OP_RECV, IDEM_OK, 0, 0);
    recv_is(twin, IDEM_ECONNRESET);
    CHECK_OK(idem_close(twin));
    end_call(s);
}

static const check_case cases[] = {
    CASE(recv),         CASE(send),      CASE(data_first),
    CASE(first_reason), CASE(no_reason), CASE(own_shutdown),
    CASE(take),         CASE(take_told), CASE(twin),
};

CHECK_MAIN("broken")
