/* idem_poll(): who is ready, and for what. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <math.h>

/* What holds of s now, asked for events. */
static unsigned now(idem_socket *s, unsigned events)
{
    idem_pollfd one = { s, events, 0xffff };
    size_t ready = 99;

    CHECK_OK(idem_poll(&one, 1, 0, &ready));
    CHECK_EQ(ready, one.revents != 0);
    return one.revents;
}

/* The same, waiting until something does. */
static unsigned soon(idem_socket *s, unsigned events)
{
    idem_pollfd one = { s, events, 0xffff };
    size_t ready = 99;

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 1);
    CHECK(one.revents != 0);
    return one.revents;
}

#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)

static void test_stream(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    char c;

    CHECK_EQ(now(client, IDEM_POLLIN), 0);
    CHECK_EQ(now(client, 0), 0);
    CHECK_EQ(now(client, BOTH), IDEM_POLLOUT);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_EQ(soon(client, IDEM_POLLIN), IDEM_POLLIN);
    CHECK_EQ(now(client, BOTH), BOTH);
    CHECK_EQ(now(client, IDEM_POLLOUT), IDEM_POLLOUT); /* only what is asked */
    CHECK_EQ(now(client, 0), 0);
    CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    CHECK_EQ(now(client, IDEM_POLLIN), 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_full(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t much = fill(client);

    CHECK_EQ(now(client, BOTH), 0);
    drain(server, much);
    CHECK_EQ(soon(client, BOTH), IDEM_POLLOUT);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_accept(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    CHECK_EQ(now(server, IDEM_POLLIN), 0);
    CHECK_OK(idem_connect(client, &at));
    CHECK_EQ(soon(server, IDEM_POLLIN), IDEM_POLLIN);
    CHECK_OK(idem_accept(server, &accepted, NULL));
    CHECK_EQ(now(server, IDEM_POLLIN), 0);
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_datagram(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *b = open_datagram(IDEM_AF_INET);

    CHECK_EQ(now(a, BOTH), IDEM_POLLOUT);
    CHECK_OK(idem_sendto(b, "", 0, 0, &at, NULL)); /* empty counts */
    CHECK_EQ(soon(a, IDEM_POLLIN), IDEM_POLLIN);
    CHECK_OK(idem_recv(a, NULL, 0, 0, NULL));
    CHECK_EQ(now(a, BOTH), IDEM_POLLOUT);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* ---- Ends -------------------------------------------------------------- */

/* The peer's end of sending is something to receive, again and again. */
static void test_half_closed(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    size_t got = 9;
    char c;

    CHECK_OK(idem_shutdown(server, IDEM_SHUT_WR));
    CHECK_EQ(soon(client, IDEM_POLLIN), IDEM_POLLIN);
    CHECK_OK(idem_recv(client, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    CHECK_EQ(now(client, BOTH), BOTH);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Own ends are, too: the call that was asked about will not wait. */
static void test_own_shutdown(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    CHECK(now(client, IDEM_POLLIN) & IDEM_POLLIN);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_EQ(now(client, BOTH) & BOTH, BOTH);
    CHECK(now(client, 0) & IDEM_POLLHUP);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_reset(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    unsigned events;

    reset_from(server, client);
    events = now(client, BOTH);
    CHECK_EQ(events & BOTH, BOTH);
    CHECK(events & (IDEM_POLLERR | IDEM_POLLHUP));
    CHECK(now(client, IDEM_POLLIN) & IDEM_POLLIN);
    CHECK(now(client, IDEM_POLLOUT) & IDEM_POLLOUT);
    CHECK(now(client, 0) & (IDEM_POLLERR | IDEM_POLLHUP));
    CHECK_OK(idem_close(client));
}

/* A connect that failed: an error is pending, and connect tells it. */
static void test_refused(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    unsigned events;

    CHECK_OK(idem_setblocking(s, false));
    if (idem_connect(s, &at) == IDEM_EWOULDBLOCK) {
        events = soon(s, IDEM_POLLOUT);
        CHECK(events & IDEM_POLLOUT);
        CHECK(events & IDEM_POLLERR);
        CHECK_ERR(idem_connect_ex(s, &at), IDEM_ECONNREFUSED);
    }
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

/* The same found without waiting, and without asking for anything. */
static void test_refused_look(void)
{
    idem_address at;
    idem_socket *closed = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    unsigned events;

    CHECK_OK(idem_setblocking(s, false));
    if (idem_connect(s, &at) == IDEM_EWOULDBLOCK) {
        events = soon(s, 0);
        CHECK(events & IDEM_POLLERR);
        events = soon(s, BOTH);
        CHECK_EQ(events & BOTH, BOTH);
        CHECK_ERR(idem_connect_ex(s, &at), IDEM_ECONNREFUSED);
    }
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(closed));
}

static void test_under_way(void)
{
    full_listener f;
    idem_socket *s;

    fill_listener(&f);
    s = f.inside[f.count - 1];
    CHECK_EQ(now(s, BOTH), 0);
    CHECK_EQ(now(s, 0), 0);
    close_full_listener(&f);
}

/* ---- Time -------------------------------------------------------------- */

static void test_timeout(void)
{
    static const double waits[] = { 0.0001, 0.001, 0.01, 0.05, 0.1, 0.3 };
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_pollfd one = { client, IDEM_POLLIN, 0 };
    size_t ready = 9;
    double start;
    size_t i;

    CHECK_OK(idem_settimeout(client, 0)); /* does not matter here */
    for (i = 0; i < CHECK_COUNT(waits); i++) {
        one.revents = 0xffff;
        start = support_now();
        CHECK_OK(idem_poll(&one, 1, waits[i], &ready));
        CHECK(support_now() - start >= waits[i]);
        CHECK_EQ(ready, 0);
        CHECK_EQ(one.revents, 0);
    }
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Nothing to wait for: it sleeps. */
static void test_nothing(void)
{
    idem_pollfd none[3] = { { NULL, IDEM_POLLIN, 9 },
                            { NULL, 0, 9 },
                            { NULL, BOTH, 9 } };
    size_t ready = 9;
    double start = support_now();

    CHECK_OK(idem_poll(NULL, 0, 0.06, &ready));
    CHECK(support_now() - start >= 0.06);
    CHECK_EQ(ready, 0);
    start = support_now();
    CHECK_OK(idem_poll(none, 3, 0.06, &ready));
    CHECK(support_now() - start >= 0.06);
    CHECK_EQ(ready, 0);
    CHECK_EQ(none[0].revents, 0);
    CHECK_EQ(none[2].revents, 0);
    CHECK_OK(idem_poll(NULL, 0, 0, NULL));
}

/* ---- Several ----------------------------------------------------------- */

static void test_several(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_pollfd e[5] = { { client, IDEM_POLLIN, 9 },
                         { NULL, BOTH, 9 },
                         { server, IDEM_POLLOUT, 9 },
                         { client, IDEM_POLLOUT, 9 },
                         { server, IDEM_POLLIN, 9 } };
    size_t ready = 9;

    CHECK_OK(idem_poll(e, 5, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 2);
    CHECK_EQ(e[0].revents, 0);
    CHECK_EQ(e[1].revents, 0);
    CHECK_EQ(e[2].revents, IDEM_POLLOUT);
    CHECK_EQ(e[3].revents, IDEM_POLLOUT);
    CHECK_EQ(e[4].revents, 0);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    await_input(client);
    CHECK_OK(idem_poll(e, 5, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 3);
    CHECK_EQ(e[0].revents, IDEM_POLLIN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

#define CROWD 180

/* Many sockets; each one is found. */
static void test_crowd(void)
{
    static idem_pollfd entries[CROWD];
    static idem_address names[CROWD];
    idem_socket *sender = open_datagram(IDEM_AF_INET);
    size_t ready;
    size_t i;

    for (i = 0; i < CROWD; i++) {
        entries[i].socket = bound_datagram(IDEM_AF_INET, &names[i]);
        entries[i].events = IDEM_POLLIN;
    }
    for (i = 0; i < CROWD; i += 7) {
        CHECK_OK(idem_sendto(sender, "x", 1, 0, &names[i], NULL));
        CHECK_OK(idem_poll(entries, CROWD, IDEM_FOREVER, &ready));
        CHECK_EQ(ready, 1);
        CHECK_EQ(entries[i].revents, IDEM_POLLIN);
        drain(entries[i].socket, 1);
    }
    CHECK_OK(idem_poll(entries, CROWD, 0, &ready));
    CHECK_EQ(ready, 0);
    for (i = 0; i < CROWD; i++)
        CHECK_OK(idem_close(entries[i].socket));
    CHECK_OK(idem_close(sender));
}

/* ---- Cancelled --------------------------------------------------------- */

static void test_cancelled(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);

    CHECK_OK(idem_cancel(client));
    CHECK(soon(client, IDEM_POLLIN) & IDEM_POLLERR);
    CHECK(soon(client, 0) & IDEM_POLLERR);
    CHECK_EQ(now(client, BOTH) & BOTH, BOTH);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

typedef struct sleeper {
    idem_socket *socket;
    unsigned revents;
} sleeper;

static void sleep_on(void *arg)
{
    sleeper *who = arg;

    support_about_to_block();
    who->revents = soon(who->socket, IDEM_POLLIN);
}

static void check_woken(idem_socket *s)
{
    sleeper who = { s, 0 };
    support_thread *t = support_start(sleep_on, &who);

    support_until_blocked(t);
    CHECK_OK(idem_cancel(s));
    support_join(t);
    CHECK(who.revents & IDEM_POLLERR);
    CHECK(who.revents & IDEM_POLLIN);
    CHECK_OK(idem_close(s));
}

/* A poll that waits already is ended. */
static void test_cancelled_waiting(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client;
    idem_socket *twin;

    check_woken(listener(IDEM_AF_INET, &at));
    check_woken(bound_datagram(IDEM_AF_INET, &at));
    client = stream_pair(&server);
    check_woken(client);
    CHECK_OK(idem_close(server));
    client = stream_pair(&server);
    CHECK_OK(idem_dup(server, &twin)); /* two hold it: woken otherwise */
    check_woken(server);
    check_woken(twin);
    CHECK_OK(idem_close(client));
}

/* ---- Bad input --------------------------------------------------------- */

static void test_bad_input(void)
{
    static const unsigned bad[] = { IDEM_POLLERR, IDEM_POLLHUP, 0x2,
                                    0x20,         0x2000,       ~0u };
    idem_socket *s = open_datagram(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLIN, 9 };
    size_t ready;
    size_t i;

    for (i = 0; i < CHECK_COUNT(bad); i++) {
        one.events = bad[i];
        one.revents = 9;
        ready = 9;
        CHECK_ERR(idem_poll(&one, 1, 0, &ready), IDEM_EINVAL);
        CHECK_EQ(ready, 0);
        CHECK_EQ(one.revents, 0);
    }
    one.events = IDEM_POLLIN;
    CHECK_ERR(idem_poll(&one, 1, -2, &ready), IDEM_EINVAL);
    CHECK_ERR(idem_poll(&one, 1, (double)NAN, &ready), IDEM_EINVAL);
    CHECK_ERR(idem_poll(NULL, 1, 0, &ready), IDEM_EFAULT);
    CHECK_EQ(ready, 0);
    CHECK_OK(idem_close(s));
}

static const check_case cases[] = {
    CASE(stream),       CASE(full),
    CASE(accept),       CASE(datagram),
    CASE(half_closed),  CASE(own_shutdown),
    CASE(reset),        CASE(refused),
    CASE(refused_look), CASE(under_way),
    CASE(timeout),      CASE(nothing),
    CASE(several),      CASE(crowd),
    CASE(cancelled),    CASE(cancelled_waiting),
    CASE(bad_input),
};

CHECK_MAIN("poll")
