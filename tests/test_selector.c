/* idem_selector: who is ready, and for what, again and again. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <math.h>

#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)
#define ROOM 8

static idem_selector *open_selector(void)
{
    idem_selector *sel;

    CHECK_OK(idem_selector_open(&sel));
    CHECK(sel != NULL);
    return sel;
}

static idem_selector *watching(idem_socket *s, unsigned events)
{
    idem_selector *sel = open_selector();

    CHECK_OK(idem_selector_register(sel, s, events, NULL));
    return sel;
}

/* The events of s, if it is told; nothing else may be. */
static unsigned look(idem_selector *sel, const idem_socket *s, double timeout)
{
    idem_event events[ROOM];
    size_t count = 9;

    CHECK_OK(idem_selector_select(sel, timeout, events, ROOM, &count));
    if (count == 0)
        return 0;
    CHECK_EQ(count, 1);
    CHECK(events[0].socket == s);
    CHECK(events[0].events != 0);
    return events[0].events;
}

static unsigned now(idem_selector *sel, const idem_socket *s)
{
    return look(sel, s, 0);
}

static unsigned soon(idem_selector *sel, const idem_socket *s)
{
    unsigned events = look(sel, s, IDEM_FOREVER);

    CHECK(events != 0);
    return events;
}

/* ---- One socket -------------------------------------------------------- */

/* What is not dealt with is told again; what was taken is not told. */
static void test_stream(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);

    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_send(server, "xy", 2, 0, NULL));
    CHECK_EQ(soon(sel, client), IDEM_POLLIN);
    CHECK_EQ(now(sel, client), IDEM_POLLIN);
    drain(client, 1);
    CHECK_EQ(now(sel, client), IDEM_POLLIN);
    drain(client, 1);
    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Also when it came and went between two calls. */
static void test_taken(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    int i;

    for (i = 0; i < 20; i++) {
        CHECK_OK(idem_send(server, "x", 1, 0, NULL));
        await_input(client);
        drain(client, 1);
        CHECK_EQ(now(sel, client), 0);
    }
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_modify(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, 0);
    int data[2];
    idem_event e;
    size_t count;

    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    await_input(client);
    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_selector_modify(sel, client, IDEM_POLLOUT, &data[0]));
    CHECK_OK(idem_selector_select(sel, 0, &e, 1, &count));
    CHECK_EQ(count, 1);
    CHECK_EQ(e.events, IDEM_POLLOUT);
    CHECK(e.data == &data[0]);
    CHECK_OK(idem_selector_modify(sel, client, BOTH, &data[1]));
    CHECK_OK(idem_selector_select(sel, 0, &e, 1, &count));
    CHECK_EQ(count, 1);
    CHECK_EQ(e.events, BOTH);
    CHECK(e.data == &data[1]);
    CHECK_OK(idem_selector_modify(sel, client, IDEM_POLLIN, NULL));
    CHECK_EQ(now(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_selector_modify(sel, client, 0, NULL));
    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_unregister(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLOUT);
    int i;

    for (i = 0; i < 20; i++) {
        CHECK_EQ(now(sel, client), IDEM_POLLOUT);
        CHECK_OK(idem_selector_unregister(sel, client));
        CHECK_EQ(now(sel, client), 0);
        CHECK_OK(idem_selector_register(sel, client, IDEM_POLLOUT, NULL));
    }
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_accept(void)
{
    idem_address at;
    idem_socket *server = open_stream(IDEM_AF_INET);
    idem_selector *sel = watching(server, IDEM_POLLIN);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    CHECK_EQ(now(sel, server), IDEM_POLLIN | IDEM_POLLHUP); /* not yet one */
    CHECK_OK(idem_listen(server, 5));
    CHECK_OK(idem_getsockname(server, &at));
    at = loopback(IDEM_AF_INET, at.port);
    CHECK_EQ(now(sel, server), 0);
    CHECK_OK(idem_connect(client, &at));
    CHECK_EQ(soon(sel, server), IDEM_POLLIN);
    CHECK_OK(idem_accept(server, &accepted, NULL));
    CHECK_EQ(now(sel, server), 0);
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
}

/* ---- Ends -------------------------------------------------------------- */

static void test_half_closed(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    size_t got = 9;
    char c;

    CHECK_OK(idem_shutdown(server, IDEM_SHUT_WR));
    CHECK_EQ(soon(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_recv(client, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_EQ(now(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_selector_modify(sel, client, 0, NULL));
    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR)); /* both have finished */
    CHECK_EQ(soon(sel, client), IDEM_POLLHUP);
    CHECK_EQ(now(sel, client), IDEM_POLLHUP);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_own_shutdown(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);

    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    CHECK_EQ(now(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_selector_modify(sel, client, BOTH, NULL));
    CHECK_EQ(now(sel, client), BOTH);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_EQ(now(sel, client), BOTH | IDEM_POLLHUP);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_reset(void)
{
    const unsigned ends = IDEM_POLLERR | IDEM_POLLHUP;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, 0);

    support_reset_on_close(idem_fileno(server));
    CHECK_OK(idem_close(server));
    CHECK_EQ(soon(sel, client), ends);
    CHECK_EQ(now(sel, client), ends);
    CHECK_OK(idem_selector_modify(sel, client, BOTH, NULL));
    CHECK_EQ(now(sel, client), BOTH | ends);
    CHECK_OK(idem_close(client));
    CHECK_EQ(now(sel, NULL), 0);
    CHECK_OK(idem_selector_close(sel));
}

static void test_cancelled(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);

    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_cancel(client));
    CHECK_EQ(now(sel, client), IDEM_POLLIN | IDEM_POLLERR);
    CHECK_OK(idem_selector_unregister(sel, client));
    CHECK_EQ(now(sel, client), 0);
    CHECK_OK(idem_selector_register(sel, client, 0, NULL));
    CHECK_EQ(now(sel, client), IDEM_POLLERR);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(server));
}

/* ---- Connecting -------------------------------------------------------- */

static void test_connected(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_selector *sel;

    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_connect(s, &at), IDEM_EWOULDBLOCK);
    sel = watching(s, BOTH);
    CHECK_EQ(soon(sel, s), IDEM_POLLOUT);
    CHECK_ERR(idem_connect(s, &at), IDEM_EISCONN);
    CHECK_EQ(now(sel, s), IDEM_POLLOUT);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(door));
}

/* A connect that failed: connect tells the reason, to who asks first. */
static void check_refused(idem_socket *s, const idem_address *at,
                          idem_selector *sel, unsigned asked)
{
    const unsigned ends = asked | IDEM_POLLHUP;

    CHECK_EQ(soon(sel, s), ends | IDEM_POLLERR);
    CHECK_EQ(now(sel, s), ends | IDEM_POLLERR);
    CHECK_ERR(idem_connect_ex(s, at), IDEM_ECONNREFUSED);
    CHECK_EQ(now(sel, s), ends);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(s));
}

static void test_refused(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_selector *sel;
    idem_socket *s;

    s = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_connect(s, &at), IDEM_EWOULDBLOCK);
    check_refused(s, &at, watching(s, IDEM_POLLOUT), IDEM_POLLOUT);

    s = open_stream(IDEM_AF_INET); /* registered before */
    CHECK_OK(idem_setblocking(s, false));
    sel = watching(s, 0);
    CHECK_ERR(idem_connect(s, &at), IDEM_EWOULDBLOCK);
    check_refused(s, &at, sel, 0);
    CHECK_OK(idem_close(closed));
}

/* A connect that ran out of time has failed, and the system says nothing. */
static void test_timed_out(void)
{
    full_listener f;
    idem_socket *s;
    idem_selector *sel;

    fill_listener(&f);
    s = open_stream(IDEM_AF_INET);
    sel = watching(s, IDEM_POLLIN);
    CHECK_OK(idem_settimeout(s, 0.01));
    CHECK_ERR(idem_connect(s, &f.at), IDEM_ETIMEDOUT);
    CHECK_EQ(now(sel, s), IDEM_POLLIN | IDEM_POLLHUP);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(s));
    close_full_listener(&f);
}

/* ---- Time -------------------------------------------------------------- */

static void test_timeout(void)
{
    static const double waits[] = { 0.0001, 0.001, 0.0015, 0.01, 0.05, 0.3 };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    double start;
    size_t i;

    CHECK_OK(idem_settimeout(client, 0)); /* does not matter here */
    for (i = 0; i < CHECK_COUNT(waits); i++) {
        start = support_now();
        CHECK_EQ(look(sel, client, waits[i]), 0);
        CHECK(support_now() - start >= waits[i]);
    }
    CHECK_OK(idem_selector_unregister(sel, client));
    start = support_now();
    CHECK_EQ(look(sel, client, 0.06), 0); /* nothing to wait for: it sleeps */
    CHECK(support_now() - start >= 0.06);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- What is registered ------------------------------------------------ */

static void test_key(void)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_selector *sel = open_selector();
    idem_event key;
    int data;

    CHECK_ERR(idem_selector_get_key(sel, s, &key), IDEM_EINVAL);
    CHECK(key.socket == NULL && key.data == NULL && key.events == 0);
    CHECK_OK(idem_selector_register(sel, s, IDEM_POLLIN, &data));
    CHECK_OK(idem_selector_get_key(sel, s, &key));
    CHECK(key.socket == s && key.data == &data);
    CHECK_EQ(key.events, IDEM_POLLIN);
    CHECK_OK(idem_selector_modify(sel, s, 0, NULL));
    CHECK_OK(idem_selector_get_key(sel, s, &key));
    CHECK(key.socket == s && key.data == NULL && key.events == 0);
    CHECK_OK(idem_selector_get_key(sel, s, NULL));
    CHECK_OK(idem_selector_unregister(sel, s));
    CHECK_ERR(idem_selector_get_key(sel, s, NULL), IDEM_EINVAL);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(s));
}

static unsigned events_of(size_t which)
{
    return which == 1 ? IDEM_POLLOUT : IDEM_POLLIN;
}

/* Once each, wherever the selector keeps it; and as far as there is room. */
static void test_map(void)
{
    idem_socket *sockets[3];
    idem_selector *sel = open_selector();
    idem_event keys[3] = { { NULL, NULL, 0 } };
    unsigned seen = 0;
    size_t count = 9;
    size_t i;

    CHECK_OK(idem_selector_get_map(sel, NULL, 0, &count));
    CHECK_EQ(count, 0);
    for (i = 0; i < CHECK_COUNT(sockets); i++) {
        sockets[i] = open_datagram(IDEM_AF_INET);
        CHECK_OK(
            idem_selector_register(sel, sockets[i], events_of(i), &sockets[i]));
    }
    CHECK_OK(idem_cancel(sockets[1])); /* the selector notes it */
    CHECK_OK(idem_selector_get_map(sel, keys, 1, &count));
    CHECK_EQ(count, 3);
    CHECK(keys[0].socket != NULL && keys[1].socket == NULL);
    CHECK_OK(idem_selector_get_map(sel, keys, 3, &count));
    CHECK_EQ(count, 3);
    for (i = 0; i < count; i++) {
        const size_t which = (size_t)((idem_socket **)keys[i].data - sockets);

        CHECK(keys[i].socket == sockets[which]);
        CHECK_EQ(keys[i].events, events_of(which));
        seen |= 1u << which;
    }
    CHECK_EQ(seen, 7);
    CHECK_OK(idem_close(sockets[0]));
    CHECK_OK(idem_selector_get_map(sel, keys, 3, &count));
    CHECK_EQ(count, 2);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(sockets[1]));
    CHECK_OK(idem_close(sockets[2]));
}

/* ---- Bad input --------------------------------------------------------- */

static void check_bad_select(idem_selector *sel, double timeout,
                             idem_event *events, size_t capacity,
                             idem_error want)
{
    size_t count = 9;

    CHECK_ERR(idem_selector_select(sel, timeout, events, capacity, &count),
              want);
    CHECK_EQ(count, 0);
}

static void check_bad_pointers(idem_selector *sel, idem_socket *s)
{
    idem_event e;

    CHECK_ERR(idem_selector_open(NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_register(NULL, s, 0, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_modify(NULL, s, 0, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_unregister(NULL, s), IDEM_EFAULT);
    CHECK_ERR(idem_selector_wake(NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_get_key(NULL, s, &e), IDEM_EFAULT);
    CHECK_ERR(idem_selector_get_key(sel, NULL, &e), IDEM_ENOTSOCK);
    CHECK_ERR(idem_selector_get_map(NULL, &e, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_get_map(sel, NULL, 1, NULL), IDEM_EFAULT);
    CHECK_ERR(idem_selector_register(sel, NULL, 0, NULL), IDEM_ENOTSOCK);
    CHECK_ERR(idem_selector_modify(sel, NULL, 0, NULL), IDEM_ENOTSOCK);
    CHECK_ERR(idem_selector_unregister(sel, NULL), IDEM_ENOTSOCK);
    check_bad_select(NULL, 0, &e, 1, IDEM_EFAULT);
    check_bad_select(sel, 0, NULL, 1, IDEM_EFAULT);
    CHECK_ERR(idem_selector_select(sel, 0, &e, 1, NULL), IDEM_EFAULT);
}

static void test_bad_input(void)
{
    static const unsigned bad[] = { IDEM_POLLERR, IDEM_POLLHUP, 0x2,
                                    0x80,         0x100,        ~0u };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_selector *sel = watching(s, IDEM_POLLOUT);
    idem_event e;
    size_t i;

    check_bad_pointers(sel, s);
    check_bad_select(sel, 0, &e, 0, IDEM_EINVAL);
    check_bad_select(sel, -2, &e, 1, IDEM_EINVAL);
    check_bad_select(sel, (double)NAN, &e, 1, IDEM_EINVAL);
    CHECK_ERR(idem_selector_register(sel, s, 0, NULL), IDEM_EINVAL);
    for (i = 0; i < CHECK_COUNT(bad); i++)
        CHECK_ERR(idem_selector_modify(sel, s, bad[i], NULL), IDEM_EINVAL);
    CHECK_EQ(now(sel, s), IDEM_POLLOUT); /* as it was */
    CHECK_OK(idem_selector_unregister(sel, s));
    CHECK_ERR(idem_selector_unregister(sel, s), IDEM_EINVAL);
    CHECK_ERR(idem_selector_modify(sel, s, 0, NULL), IDEM_EINVAL);
    for (i = 0; i < CHECK_COUNT(bad); i++)
        CHECK_ERR(idem_selector_register(sel, s, bad[i], NULL), IDEM_EINVAL);
    CHECK_EQ(now(sel, s), 0);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(s));
}

static const check_case cases[] = {
    CASE(stream),    CASE(taken),       CASE(modify),       CASE(unregister),
    CASE(accept),    CASE(half_closed), CASE(own_shutdown), CASE(reset),
    CASE(cancelled), CASE(connected),   CASE(refused),      CASE(timed_out),
    CASE(timeout),   CASE(key),         CASE(map),          CASE(bad_input),
};

CHECK_MAIN("selector")
