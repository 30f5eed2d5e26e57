/* Every call that may wait, in one table. */
#include "calls.h"

#include "check.h"

static idem_address somewhere(void)
{
    idem_address at;

    CHECK_OK(idem_address_make("10.9.8.7", 80, &at));
    return at;
}

/* Outputs go with the code: all of it, or nothing. */
static idem_error checked(idem_error err, size_t done)
{
    CHECK_EQ(done, err ? 0 : CALL_BYTES);
    return err;
}

static idem_error run_accept(idem_socket *s)
{
    idem_socket *conn = s;
    idem_address peer = somewhere();
    const idem_error err = idem_accept(s, &conn, &peer);

    CHECK((conn == NULL) == (err != IDEM_OK));
    CHECK_EQ(peer.family, err ? IDEM_AF_UNSPEC : IDEM_AF_INET);
    CHECK_OK(idem_close(conn));
    return err;
}

static idem_error run_connect(idem_socket *s)
{
    const idem_address to = somewhere();

    return idem_connect(s, &to);
}

static idem_error run_recv(idem_socket *s)
{
    char buf[CALL_BYTES];
    size_t got = 99;
    const idem_error err = idem_recv(s, buf, sizeof(buf), 0, &got);

    return checked(err, got);
}

static idem_error run_waitall(idem_socket *s)
{
    char buf[CALL_BYTES];
    size_t got = 99;
    const idem_error err =
        idem_recv(s, buf, sizeof(buf), IDEM_MSG_WAITALL, &got);

    return checked(err, got);
}

static idem_error run_recvfrom(idem_socket *s)
{
    char buf[CALL_BYTES];
    size_t got = 99;
    idem_address from = somewhere();
    const idem_error err = idem_recvfrom(s, buf, sizeof(buf), 0, &got, &from);

    CHECK_EQ(from.family, err ? IDEM_AF_UNSPEC : IDEM_AF_INET);
    return checked(err, got);
}

static idem_error run_send(idem_socket *s)
{
    size_t sent = 99;
    const idem_error err = idem_send(s, "0123456789", CALL_BYTES, 0, &sent);

    return checked(err, sent);
}

static idem_error run_sendall(idem_socket *s)
{
    size_t sent = 99;
    const idem_error err = idem_sendall(s, "0123456789", CALL_BYTES, 0, &sent);

    return checked(err, sent);
}

static idem_error run_sendto(idem_socket *s)
{
    const idem_address to = somewhere();
    size_t sent = 99;
    const idem_error err =
        idem_sendto(s, "0123456789", CALL_BYTES, 0, &to, &sent);

    return checked(err, sent);
}

/* In two buffers. */
static idem_error run_sendmsg(idem_socket *s)
{
    char data[] = "0123456789";
    const idem_buffer parts[] = { { data, 3 }, { data + 3, CALL_BYTES - 3 } };
    idem_message m = { .buffers = parts, .buffer_count = 2, .length = 99 };
    idem_error err;

    if (idem_type(s) == IDEM_SOCK_DGRAM)
        m.address = somewhere();
    err = idem_sendmsg(s, &m, 0);
    return checked(err, m.length);
}

static idem_error run_recvmsg(idem_socket *s)
{
    const bool has_sender = idem_type(s) == IDEM_SOCK_DGRAM;
    char buf[CALL_BYTES];
    const idem_buffer parts[] = { { buf, 3 }, { buf + 3, CALL_BYTES - 3 } };
    idem_message m = { .buffers = parts, .buffer_count = 2, .length = 99 };
    idem_error err;

    m.address = somewhere();
    err = idem_recvmsg(s, &m, 0);
    CHECK_EQ(m.address.family,
             err || !has_sender ? IDEM_AF_UNSPEC : IDEM_AF_INET);
    return checked(err, m.length);
}

static idem_error run_send_batch(idem_socket *s)
{
    char data[] = "0123456789";
    const idem_buffer part = { data, CALL_BYTES };
    idem_message m = { .buffers = &part, .buffer_count = 1 };
    size_t done = 99;
    idem_error err;

    m.address = somewhere();
    err = idem_send_batch(s, &m, 1, 0, &done);
    CHECK_EQ(done, err ? 0 : 1);
    return checked(err, m.length);
}

static idem_error run_recv_batch(idem_socket *s)
{
    char buf[CALL_BYTES];
    const idem_buffer part = { buf, sizeof(buf) };
    idem_message m = { .buffers = &part, .buffer_count = 1 };
    size_t done = 99;
    const idem_error err = idem_recv_batch(s, &m, 1, 0, &done);

    CHECK_EQ(done, err ? 0 : 1);
    return checked(err, m.length);
}

static idem_error run_sendfile(idem_socket *s)
{
    uint64_t sent = 99;
    const idem_error err = idem_sendfile(s, SCRIPT_FILE, 5, CALL_BYTES, &sent);

    return checked(err, (size_t)sent);
}

static idem_stream *open_stream(idem_socket *s)
{
    idem_stream *st;

    CHECK_OK(idem_stream_open(s, CALL_BYTES, &st));
    return st;
}

/* Close it without another attempt that waits. */
static void drop_stream(idem_stream *st, idem_socket *s)
{
    const size_t attempts = script.attempts;
    double timeout;

    CHECK_OK(idem_gettimeout(s, &timeout));
    CHECK_OK(idem_settimeout(s, 0));
    (void)idem_stream_close(st);
    script.attempts = attempts; /* that one does not count */
    CHECK_OK(idem_settimeout(s, timeout));
}

static idem_error run_stream_read(idem_socket *s)
{
    idem_stream *st = open_stream(s);
    char buf[CALL_BYTES];
    size_t got = 99;
    const idem_error err = idem_stream_read(st, buf, sizeof(buf), &got);

    drop_stream(st, s);
    return checked(err, got);
}

static idem_error run_stream_readexactly(idem_socket *s)
{
    idem_stream *st = open_stream(s);
    char buf[CALL_BYTES];
    size_t got = 99;
    const idem_error err = idem_stream_readexactly(st, buf, sizeof(buf), &got);

    drop_stream(st, s);
    return checked(err, got);
}

static idem_error run_stream_readuntil(idem_socket *s)
{
    idem_stream *st = open_stream(s);
    char buf[CALL_BYTES];
    size_t got = 99;
    const idem_error err = idem_stream_readuntil(st, "rrrrrrrrrr", CALL_BYTES,
                                                 buf, sizeof(buf), &got);

    drop_stream(st, s);
    return checked(err, got);
}

static idem_error run_stream_flush(idem_socket *s)
{
    idem_stream *st = open_stream(s);
    idem_error err;

    CHECK_OK(idem_stream_write(st, "0123456789", CALL_BYTES, NULL));
    err = idem_stream_flush(st);
    drop_stream(st, s);
    return err;
}

/* One byte more than there is room for. */
static idem_error run_stream_write(idem_socket *s)
{
    idem_stream *st = open_stream(s);
    size_t written = 99;
    idem_error err;

    CHECK_OK(idem_stream_write(st, "0123456789", CALL_BYTES, NULL));
    err = idem_stream_write(st, "x", 1, &written);
    CHECK_EQ(written, err ? 0 : 1);
    drop_stream(st, s);
    return err;
}

const waiting_call waiting_calls[] = {
    { "accept", OP_ACCEPT, IDEM_SOCK_STREAM, false, true, false, run_accept },
    { "connect", OP_CONNECT, IDEM_SOCK_STREAM, false, true, false,
      run_connect },
    { "recv", OP_RECV, IDEM_SOCK_STREAM, true, true, false, run_recv },
    { "recv WAITALL", OP_RECV, IDEM_SOCK_STREAM, true, true, false,
      run_waitall },
    { "recvfrom", OP_RECVFROM, IDEM_SOCK_DGRAM, false, true, false,
      run_recvfrom },
    { "send", OP_SEND, IDEM_SOCK_STREAM, true, false, false, run_send },
    { "sendall", OP_SEND, IDEM_SOCK_STREAM, true, true, false, run_sendall },
    { "sendto", OP_SENDTO, IDEM_SOCK_DGRAM, false, true, false, run_sendto },
    { "sendmsg", OP_SENDMSG, IDEM_SOCK_DGRAM, false, true, false, run_sendmsg },
    { "sendmsg on a stream", OP_SENDMSG, IDEM_SOCK_STREAM, true, false, false,
      run_sendmsg },
    { "recvmsg", OP_RECVMSG, IDEM_SOCK_DGRAM, false, true, false, run_recvmsg },
    { "recvmsg on a stream", OP_RECVMSG, IDEM_SOCK_STREAM, true, true, false,
      run_recvmsg },
    { "send_batch", OP_SENDMSG, IDEM_SOCK_DGRAM, false, true, false,
      run_send_batch },
    { "recv_batch", OP_RECVMSG, IDEM_SOCK_DGRAM, false, true, false,
      run_recv_batch },
    { "sendfile", OP_SENDFILE, IDEM_SOCK_STREAM, true, true, false,
      run_sendfile },
    { "stream read", OP_RECV, IDEM_SOCK_STREAM, true, true, true,
      run_stream_read },
    { "stream readexactly", OP_RECV, IDEM_SOCK_STREAM, true, true, true,
      run_stream_readexactly },
    { "stream readuntil", OP_RECV, IDEM_SOCK_STREAM, true, true, true,
      run_stream_readuntil },
    { "stream write", OP_SEND, IDEM_SOCK_STREAM, true, true, true,
      run_stream_write },
    { "stream flush", OP_SEND, IDEM_SOCK_STREAM, true, true, true,
      run_stream_flush },
};

const size_t waiting_call_count = CHECK_COUNT(waiting_calls);

idem_socket *begin_call(const waiting_call *call, double timeout)
{
    const idem_address to = somewhere();
    idem_socket *s;

    script_reset();
    CHECK_OK(idem_open(IDEM_AF_INET, call->type, 0, &s));
    if (call->connected) {
        script_add(OP_CONNECT, IDEM_OK, 0, 0);
        CHECK_OK(idem_connect(s, &to));
    }
    if (call->op == OP_ACCEPT)
        CHECK_OK(idem_listen(s, 1));
    CHECK_OK(idem_settimeout(s, timeout));
    script.attempts = 0;
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(script_elapsed_ns(), 0);
    return s;
}

idem_socket *begin_stream(double timeout)
{
    return begin_call(&waiting_calls[2], timeout);
}

/* A connect goes on by itself, and tells its end in either of two places. */
void will(const waiting_call *call, idem_error err, int64_t at_ms)
{
    script_add(call->op, err, err ? 0 : CALL_BYTES, at_ms);
    if (call->op == OP_CONNECT)
        script_add(OP_CONNECTED, err, 0, at_ms);
}

void check_call(const waiting_call *call, idem_socket *s, idem_error want)
{
    const idem_error err = call->run(s);

    if (err != want)
        check_fail(__FILE__, __LINE__,
                   "%s returned %s, want %s, after %lld ns, patience mode %d",
                   call->name, idem_error_name(err), idem_error_name(want),
                   (long long)script_elapsed_ns(), (int)script.patience);
}

void end_call(idem_socket *s)
{
    CHECK_OK(idem_close(s));
    CHECK_EQ(script_open_count(), 0);
}
