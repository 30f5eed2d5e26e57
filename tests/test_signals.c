/* A signal every millisecond, which restarts nothing: no result changes, and
 * no timeout is early, unless a hook says so. */
#include "check.h"
#include "peers.h"
#include "support.h"

#define WAIT 0.15

static void begin(void)
{
    if (!support_storm_begin())
        check_skip("this system has no signals");
}

/* It rained, at least a little, since the start. */
static void end(double start)
{
    CHECK(support_now() - start >= WAIT);
    CHECK(support_storm_end() > 0);
}

static void test_accept(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    idem_socket *out;
    double start;

    CHECK_OK(idem_settimeout(s, WAIT));
    begin();
    start = support_now();
    CHECK_ERR(idem_accept(s, &out, NULL), IDEM_ETIMEDOUT);
    end(start);
    CHECK_OK(idem_close(s));
}

static void test_recv(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    char c;

    CHECK_OK(idem_settimeout(client, WAIT));
    begin();
    start = support_now();
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    end(start);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_recvfrom(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    double start;
    char c;

    CHECK_OK(idem_settimeout(s, WAIT));
    begin();
    start = support_now();
    CHECK_ERR(idem_recvfrom(s, &c, 1, 0, NULL, NULL), IDEM_ETIMEDOUT);
    end(start);
    CHECK_OK(idem_close(s));
}

static void test_send(void)
{
    static const char data[4096];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    size_t sent = 9;

    fill(client);
    CHECK_OK(idem_settimeout(client, WAIT));
    begin();
    start = support_now();
    CHECK_ERR(idem_sendall(client, data, sizeof(data), 0, &sent),
              IDEM_ETIMEDOUT);
    end(start);
    CHECK_EQ(sent, 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_connect(void)
{
    full_listener f;
    idem_socket *s;
    double start;

    fill_listener(&f);
    s = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_settimeout(s, WAIT));
    begin();
    start = support_now();
    CHECK_ERR(idem_connect(s, &f.at), IDEM_ETIMEDOUT);
    end(start);
    CHECK_OK(idem_close(s));
    close_full_listener(&f);
}

static void test_poll(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    idem_pollfd one = { s, IDEM_POLLIN, 0 };
    size_t ready = 9;
    double start;

    begin();
    start = support_now();
    CHECK_OK(idem_poll(&one, 1, WAIT, &ready));
    end(start);
    CHECK_EQ(ready, 0);
    CHECK_OK(idem_close(s));
}

/* ---- With a result at the end ------------------------------------------ */

#define MUCH ((size_t)8 * 1024 * 1024)

static void slow_reader(void *arg)
{
    unsigned char buf[5000];
    size_t done = 0;
    size_t got = 1;

    while (got > 0) {
        CHECK_OK(idem_recv(arg, buf, sizeof(buf), 0, &got));
        CHECK(is_pattern(buf, got, done));
        done += got;
        if (done % 7 == 0)
            support_yield();
    }
    CHECK_EQ(done, MUCH);
}

/* Nothing lost, nothing doubled, though every wait is cut short. */
static void test_sendall_much(void)
{
    static unsigned char data[MUCH];
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *reader = support_start(slow_reader, server);
    size_t sent = 9;

    write_pattern(data, MUCH, 0);
    begin();
    CHECK_OK(idem_sendall(client, data, MUCH, 0, &sent));
    CHECK(support_storm_end() >= 0);
    CHECK_EQ(sent, MUCH);
    CHECK_OK(idem_close(client));
    support_join(reader);
    CHECK_OK(idem_close(server));
}

static void knock(void *arg)
{
    idem_socket *s = open_stream(IDEM_AF_INET);
    size_t ready;

    CHECK_OK(idem_poll(NULL, 0, WAIT, &ready)); /* not at once */
    CHECK_OK(idem_connect(s, arg));
    CHECK_OK(idem_poll(NULL, 0, WAIT, &ready));
    CHECK_OK(idem_send(s, "knock", 5, 0, NULL));
    CHECK_OK(idem_close(s));
}

/* Without a timeout: interrupted a hundred times, and then it comes. */
static void test_select(void)
{
    idem_event event;
    idem_selector *sel;
    size_t count = 9;
    double start;

    CHECK_OK(idem_selector_open(&sel));
    begin();
    start = support_now();
    CHECK_OK(idem_selector_select(sel, WAIT, &event, 1, &count));
    end(start);
    CHECK_EQ(count, 0);
    CHECK_OK(idem_selector_close(sel));
}

static void test_forever(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    idem_socket *conn;
    support_thread *t;
    double start;
    size_t got = 9;
    char buf[5];

    begin();
    start = support_now();
    t = support_start(knock, &at);
    CHECK_OK(idem_accept(s, &conn, NULL));
    CHECK_OK(idem_recv(conn, buf, sizeof(buf), IDEM_MSG_WAITALL, &got));
    CHECK_EQ(got, 5);
    end(start);
    support_join(t);
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(s));
}

/* ---- With a hook that ends it ------------------------------------------ */

static bool hook(void *context)
{
    int *left = context;

    return --*left == 0;
}

static void begin_with_hook(int *left)
{
    *left = 20;
    idem_set_interrupt_hook(hook, left);
    begin();
}

/* The call did not end by itself, nor after the first signal. */
static void end_with_hook(const int *left)
{
    idem_set_interrupt_hook(NULL, NULL);
    CHECK(support_storm_end() > 0);
    CHECK_EQ(*left, 0);
}

static void test_hook_recv(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    int left;
    char c;

    begin_with_hook(&left);
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_EINTR);
    end_with_hook(&left);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL)); /* nothing is broken */
    CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_hook_accept(void)
{
    idem_address at;
    idem_socket *s = listener(IDEM_AF_INET, &at);
    idem_socket *out;
    int left;

    CHECK_OK(idem_settimeout(s, 60));
    begin_with_hook(&left);
    CHECK_ERR(idem_accept(s, &out, NULL), IDEM_EINTR);
    end_with_hook(&left);
    CHECK_OK(idem_close(s));
}

static void test_hook_connect(void)
{
    full_listener f;
    idem_socket *s;
    int left;

    fill_listener(&f);
    s = open_stream(IDEM_AF_INET);
    begin_with_hook(&left);
    CHECK_ERR(idem_connect(s, &f.at), IDEM_EINTR);
    end_with_hook(&left);
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_close(s));
    close_full_listener(&f);
}

static void test_hook_poll(void)
{
    size_t ready = 9;
    int left;

    begin_with_hook(&left);
    CHECK_ERR(idem_poll(NULL, 0, IDEM_FOREVER, &ready), IDEM_EINTR);
    end_with_hook(&left);
    CHECK_EQ(ready, 0);
}

static void test_hook_select(void)
{
    idem_event event;
    idem_selector *sel;
    size_t count = 9;
    int left;

    CHECK_OK(idem_selector_open(&sel));
    begin_with_hook(&left);
    CHECK_ERR(idem_selector_select(sel, IDEM_FOREVER, &event, 1, &count),
              IDEM_EINTR);
    end_with_hook(&left);
    CHECK_EQ(count, 0);
    CHECK_OK(idem_selector_close(sel));
}

static const check_case cases[] = {
    CASE(accept),    CASE(recv),        CASE(recvfrom),    CASE(send),
    CASE(connect),   CASE(poll),        CASE(select),      CASE(sendall_much),
    CASE(forever),   CASE(hook_recv),   CASE(hook_accept), CASE(hook_connect),
    CASE(hook_poll), CASE(hook_select),
};

CHECK_MAIN("signals")
