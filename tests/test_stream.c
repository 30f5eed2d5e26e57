/* Streams: what goes in comes out, and how it ends. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdlib.h>

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* Receive one chunk and check it. */
static void expect(idem_socket *s, const char *want)
{
    const size_t length = strlen(want);
    char buf[100];
    size_t got = 99;

    CHECK_OK(idem_recv(s, buf, length, IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, length);
    CHECK(memcmp(buf, want, length) == 0);
}

static void expect_end(idem_socket *s)
{
    char c;
    size_t got = 99;

    CHECK_OK(idem_recv(s, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    got = 99;
    CHECK_OK(idem_recv(s, &c, 1, 0, &got)); /* for good */
    CHECK_EQ(got, 0);
}

static void check_echo(int family)
{
    idem_socket *server;
    idem_socket *client = stream_pair_on(family, &server);
    idem_address from = loopback(family, 1);
    size_t n = 99;
    char buf[100];

    CHECK_OK(idem_send(client, "hello", 5, 0, &n));
    CHECK_EQ(n, 5);
    CHECK_OK(idem_recv(server, buf, sizeof(buf), 0, &n));
    CHECK_EQ(n, 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
    CHECK_OK(idem_sendto(server, "back", 4, 0, &from, &n)); /* to: ignored */
    CHECK_EQ(n, 4);
    CHECK_OK(idem_recvfrom(client, buf, sizeof(buf), 0, &n, &from));
    CHECK_EQ(n, 4);
    CHECK_EQ(from.family, IDEM_AF_UNSPEC); /* a stream has no sender */
    CHECK_EQ(from.port, 0);
    CHECK_OK(idem_close(server));
    expect_end(client);
    CHECK_OK(idem_close(client));
}

static void test_echo(void)
{
    check_echo(IDEM_AF_INET);
}

static void test_echo_v6(void)
{
    need_ipv6();
    check_echo(IDEM_AF_INET6);
}

/* ---- Never connected --------------------------------------------------- */

static void check_not_connected(idem_socket *s)
{
    char c = 'x';
    size_t n = 99;

    CHECK_ERR(idem_recv(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_recvfrom(s, &c, 1, 0, NULL, NULL), IDEM_ENOTCONN);
    n = 99;
    CHECK_ERR(idem_send(s, &c, 1, 0, &n), IDEM_ENOTCONN);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_sendall(s, &c, 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_shutdown(s, IDEM_SHUT_RDWR), IDEM_ENOTCONN);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
}

static void test_not_connected(void)
{
    idem_address at;

    check_not_connected(open_stream(IDEM_AF_INET));
    check_not_connected(closed_port(IDEM_AF_INET, &at));
    check_not_connected(listener(IDEM_AF_INET, &at));
}

/* ---- The peer finishes, or breaks off ---------------------------------- */

static void test_finished(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_OK(idem_send(client, "last", 4, 0, NULL));
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    expect(server, "last");
    expect_end(server);
    CHECK_OK(idem_send(server, "answer", 6, 0, NULL)); /* the other way */
    expect(client, "answer");
    CHECK_OK(idem_close(server));
    expect_end(client);
    CHECK_OK(idem_close(client));
}

static void test_reset_recv(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char c;
    size_t got = 99;

    reset_from(server, client);
    CHECK_ERR(idem_recv(client, &c, 1, 0, &got), IDEM_ECONNRESET);
    CHECK_EQ(got, 0);
    CHECK_OK(idem_close(client));
}

static void test_reset_send(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t sent = 99;

    reset_from(server, client);
    CHECK_ERR(idem_send(client, "x", 1, 0, &sent), IDEM_ECONNRESET);
    CHECK_EQ(sent, 0);
    CHECK_ERR(idem_sendall(client, "x", 1, 0, &sent), IDEM_ECONNRESET);
    CHECK_EQ(sent, 0);
    CHECK_OK(idem_close(client));
}

/* The peer's name outlives the connection; shutting it down is no failure. */
static void test_reset_name(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_address before, after;

    CHECK_OK(idem_getpeername(client, &before));
    reset_from(server, client);
    CHECK_OK(idem_getpeername(client, &after));
    CHECK(idem_address_equal(&before, &after));
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RDWR));
    CHECK_OK(idem_getpeername(client, &after));
    CHECK_OK(idem_close(client));
}

/* The peer is gone, and did not read: sends go well until that is known. */
static void test_closed_send(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_error err;

    CHECK_OK(idem_close(server));
    do
        err = idem_send(client, "x", 1, 0, NULL);
    while (!err);
    CHECK_ERR(err, IDEM_ECONNRESET);
    CHECK_OK(idem_close(client));
}

/* ---- Own shutdown ------------------------------------------------------ */

static void test_shut_write(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t sent = 99;

    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(client, "x", 1, 0, &sent), IDEM_ESHUTDOWN);
    CHECK_EQ(sent, 0);
    CHECK_ERR(idem_sendall(client, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RDWR));
    CHECK_ERR(idem_shutdown(client, 3), IDEM_EINVAL);
    CHECK_ERR(idem_shutdown(client, -1), IDEM_EINVAL);
    close_both(client, server);
}

/* Receiving is over, though data had arrived. */
static void test_shut_read(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_OK(idem_send(server, "data", 4, 0, NULL));
    await_input(client);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    expect_end(client);
    CHECK_OK(idem_send(client, "still", 5, 0, NULL));
    expect(server, "still");
    close_both(client, server);
}

static void test_shut_both(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RDWR));
    expect_end(client);
    expect_end(server);
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_shutdown(server, IDEM_SHUT_RDWR));
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RDWR));
    CHECK_OK(idem_getpeername(client, NULL));
    close_both(client, server);
}

/* ---- Sizes and flags --------------------------------------------------- */

/* Capacity 0 is answered at once, and takes nothing. */
static void test_capacity_zero(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t n = 99;

    CHECK_OK(idem_recv(client, NULL, 0, 0, &n)); /* would wait for ever */
    CHECK_EQ(n, 0);
    CHECK_OK(idem_send(server, "data", 4, 0, NULL));
    await_input(client);
    n = 99;
    CHECK_OK(idem_recv(client, NULL, 0, 0, &n));
    CHECK_EQ(n, 0);
    expect(client, "data");
    n = 99;
    CHECK_OK(idem_send(server, NULL, 0, 0, &n));
    CHECK_EQ(n, 0);
    CHECK_OK(idem_sendall(server, NULL, 0, 0, &n));
    CHECK(!has_input(client)); /* nothing was sent */
    close_both(client, server);
}

static void test_peek(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char buf[10];
    size_t got;
    int i;

    CHECK_OK(idem_send(server, "peekaboo", 8, 0, NULL));
    for (i = 0; i < 3; i++) {
        got = 0;
        CHECK_OK(idem_recv(client, buf, 4, IDEM_MSG_PEEK, &got));
        CHECK_EQ(got, 4);
        CHECK(memcmp(buf, "peek", 4) == 0);
    }
    expect(client, "peekaboo");
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_ERR(idem_recv(client, buf, 4, IDEM_MSG_PEEK, &got), IDEM_EWOULDBLOCK);
    close_both(client, server);
}

static void test_dontwait(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t n = 99;
    char c;

    CHECK_ERR(idem_recv(client, &c, 1, IDEM_MSG_DONTWAIT, &n),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(n, 0);
    CHECK_OK(idem_send(server, "x", 1, IDEM_MSG_DONTWAIT, &n));
    await_input(client);
    CHECK_OK(idem_recv(client, &c, 1, IDEM_MSG_DONTWAIT, &n));
    fill(client);
    CHECK_ERR(idem_send(client, "x", 1, IDEM_MSG_DONTWAIT, &n),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_sendall(client, "x", 1, IDEM_MSG_DONTWAIT, &n),
              IDEM_EWOULDBLOCK);
    close_both(client, server);
}

static void test_unknown_flags(void)
{
    static const int flags[] = { 0x20, 0x40, 0x100, 0x4000, 0x40000000, -1 };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char c = 'x';
    size_t n;
    size_t i;

    for (i = 0; i < CHECK_COUNT(flags); i++) {
        n = 99;
        CHECK_ERR(idem_recv(client, &c, 1, flags[i], &n), IDEM_EOPNOTSUPP);
        CHECK_EQ(n, 0);
        n = 99;
        CHECK_ERR(idem_send(client, &c, 1, flags[i], &n), IDEM_EOPNOTSUPP);
        CHECK_EQ(n, 0);
    }
    /* Known ones that do not go with the call. */
    CHECK_ERR(idem_send(client, &c, 1, IDEM_MSG_PEEK, NULL), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_send(client, &c, 1, IDEM_MSG_WAITALL, NULL),
              IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recv(client, &c, 1, IDEM_MSG_DONTROUTE, NULL),
              IDEM_EOPNOTSUPP);
    close_both(client, server);
}

/* Whoever does not ask for urgent data among the other does not get it. */
static void test_urgent(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    const int on = 1;
    char buf[4];
    size_t n = 99;

    CHECK_OK(idem_send(client, "ab", 2, IDEM_MSG_OOB, &n));
    CHECK_EQ(n, 2);
    CHECK_OK(idem_send(client, "c", 1, 0, NULL));
    CHECK_OK(idem_recv(server, buf, 2, IDEM_MSG_WAITALL, NULL));
    CHECK(memcmp(buf, "ac", 2) == 0);
    CHECK_OK(idem_setsockopt(server, IDEM_SOL_SOCKET, IDEM_SO_OOBINLINE, &on,
                             sizeof(on)));
    CHECK_OK(idem_sendall(client, "de", 2, IDEM_MSG_OOB, &n));
    CHECK_EQ(n, 2);
    CHECK_OK(idem_send(client, "f", 1, 0, NULL));
    CHECK_OK(idem_recv(server, buf, 3, IDEM_MSG_WAITALL, NULL));
    CHECK(memcmp(buf, "def", 3) == 0);
    CHECK_ERR(idem_recv(server, buf, 1, IDEM_MSG_OOB, NULL), IDEM_EOPNOTSUPP);
    close_both(client, server);
}

/* A buffer that comes in pieces is filled; the end and the timeout cut it. */
static void test_waitall(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char buf[10];
    size_t got = 99;

    CHECK_OK(idem_send(server, "12345", 5, 0, NULL));
    CHECK_OK(idem_settimeout(client, 0.06));
    CHECK_ERR(idem_recv(client, buf, 10, IDEM_MSG_WAITALL, &got),
              IDEM_ETIMEDOUT);
    CHECK_EQ(got, 5);
    CHECK(memcmp(buf, "12345", 5) == 0);
    CHECK_OK(idem_send(server, "678", 3, 0, NULL));
    await_input(client);
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_ERR(idem_recv(client, buf, 10, IDEM_MSG_WAITALL, &got),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(got, 3);
    CHECK_OK(idem_settimeout(client, IDEM_FOREVER));
    CHECK_OK(idem_send(server, "90", 2, 0, NULL));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_recv(client, buf, 10, IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, 2);
    CHECK_OK(idem_close(client));
}

/* ---- Much -------------------------------------------------------------- */

#define MUCH ((size_t)64 * 1024 * 1024)
#define PIECE ((size_t)300007)

static void send_much(void *arg)
{
    static unsigned char buf[PIECE];
    idem_socket *s = arg;
    size_t done = 0;
    size_t round = 0;
    size_t sent;

    while (done < MUCH) {
        /* Odd sizes, from one byte to the whole buffer. */
        size_t n = 1 + (++round * 70001) % PIECE;

        if (n > MUCH - done)
            n = MUCH - done;
        write_pattern(buf, n, done);
        CHECK_OK(idem_sendall(s, buf, n, 0, &sent));
        CHECK_EQ(sent, n);
        done += n;
    }
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
}

static void test_much(void)
{
    static unsigned char buf[PIECE];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *sender = support_start(send_much, client);
    size_t done = 0;
    size_t got = 1;

    while (got > 0) {
        CHECK_OK(idem_recv(server, buf, 1 + done % PIECE, 0, &got));
        CHECK(is_pattern(buf, got, done));
        done += got;
    }
    CHECK_EQ(done, MUCH);
    support_join(sender);
    close_both(client, server);
}

/* Nobody reads: time runs out, and the count says how much went. */
static void test_sendall_timeout(void)
{
    const size_t much = (size_t)48 * 1024 * 1024;
    unsigned char *data = malloc(much);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    size_t sent = 0;
    size_t got;
    size_t done;

    CHECK(data != NULL);
    write_pattern(data, much, 0);
    CHECK_OK(idem_settimeout(client, 0.3));
    start = support_now();
    CHECK_ERR(idem_sendall(client, data, much, 0, &sent), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.3);
    CHECK(sent > 0 && sent < much);
    CHECK_OK(idem_close(client));
    /* The peer finds exactly that much. */
    for (done = 0; done < sent; done += got) {
        CHECK_OK(idem_recv(server, data, 100000, 0, &got));
        CHECK(got > 0);
        CHECK(is_pattern(data, got, done));
    }
    CHECK_EQ(done, sent);
    expect_end(server);
    CHECK_OK(idem_close(server));
    free(data);
}

typedef struct drain_job {
    idem_socket *s;
    size_t bytes;
} drain_job;

static void run_drain(void *arg)
{
    const drain_job *job = arg;

    drain(job->s, job->bytes);
}

/* Room comes once: send takes it and returns, with all the time in the world.
 */
static void send_into_room(double timeout)
{
    static const char data[64 * 1024 * 1024];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    drain_job job = { server, fill(client) };
    support_thread *reader = support_start(run_drain, &job);
    size_t sent = 0;

    CHECK_OK(idem_settimeout(client, timeout));
    CHECK_OK(idem_send(client, data, sizeof(data), 0, &sent));
    CHECK(sent > 0 && sent < sizeof(data));
    support_join(reader);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_send_part(void)
{
    send_into_room(IDEM_FOREVER);
    send_into_room(600);
}

/* The reader comes late: sendall goes on where it had stopped. */
static void test_sendall_slow_reader(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *sender;
    size_t full;

    full = fill(client);
    sender = support_start(send_much, client);
    drain(server, full + MUCH);
    expect_end(server);
    support_join(sender);
    close_both(client, server);
}

/* ---- Many -------------------------------------------------------------- */

#define CLIENTS 32
#define ROUNDS 20

static void be_client(void *arg)
{
    const idem_address *at = arg;
    unsigned char out[1000], in[1000];
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_address own;
    size_t got;
    int i;

    CHECK_OK(idem_connect(s, at));
    CHECK_OK(idem_getsockname(s, &own));
    for (i = 0; i < ROUNDS; i++) {
        write_pattern(out, sizeof(out), own.port * 1000u + (uint64_t)i);
        CHECK_OK(idem_sendall(s, out, sizeof(out), 0, NULL));
        CHECK_OK(idem_recv(s, in, sizeof(in), IDEM_MSG_WAITALL, &got));
        CHECK_EQ(got, sizeof(in));
        CHECK(memcmp(in, out, sizeof(in)) == 0);
    }
    CHECK_OK(idem_close(s));
}

/* Send back what has come; false at the end. */
static bool echo_once(idem_socket *s)
{
    unsigned char buf[700];
    size_t got;

    CHECK_OK(idem_recv(s, buf, sizeof(buf), IDEM_MSG_DONTWAIT, &got));
    CHECK_OK(idem_sendall(s, buf, got, 0, NULL));
    return got > 0;
}

/* Thirty-two clients at once, served by one thread with idem_poll(). */
static void test_many(void)
{
    idem_pollfd entries[CLIENTS] = { { NULL, 0, 0 } };
    support_thread *clients[CLIENTS];
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    size_t open = CLIENTS;
    size_t ready;
    int i;

    for (i = 0; i < CLIENTS; i++)
        clients[i] = support_start(be_client, &at);
    for (i = 0; i < CLIENTS; i++) {
        CHECK_OK(idem_accept(server, &entries[i].socket, NULL));
        entries[i].events = IDEM_POLLIN;
    }
    while (open > 0) {
        CHECK_OK(idem_poll(entries, CLIENTS, IDEM_FOREVER, &ready));
        CHECK(ready > 0);
        for (i = 0; i < CLIENTS; i++) {
            if (!(entries[i].revents & IDEM_POLLIN)
                || echo_once(entries[i].socket))
                continue;
            CHECK_OK(idem_close(entries[i].socket));
            entries[i].socket = NULL;
            open--;
        }
    }
    for (i = 0; i < CLIENTS; i++)
        support_join(clients[i]);
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(echo),       CASE(echo_v6),         CASE(not_connected),
    CASE(finished),   CASE(reset_recv),      CASE(reset_send),
    CASE(reset_name), CASE(closed_send),     CASE(shut_write),
    CASE(shut_read),  CASE(shut_both),       CASE(capacity_zero),
    CASE(peek),       CASE(dontwait),        CASE(unknown_flags),
    CASE(urgent),     CASE(waitall),         CASE(much),
    CASE(send_part),  CASE(sendall_timeout), CASE(sendall_slow_reader),
    CASE(many),
};

CHECK_MAIN("stream")
