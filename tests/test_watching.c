/* Selectors with many sockets, and sockets that come and go meanwhile. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

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

/* ---- Several ----------------------------------------------------------- */

/* Datagram sockets that send to themselves. */
typedef struct echo {
    idem_socket *socket;
    idem_address at;
    int told;
} echo;

static void open_echo(echo *e, idem_selector *sel)
{
    e->socket = bound_datagram(IDEM_AF_INET, &e->at);
    e->told = 0;
    CHECK_OK(idem_setblocking(e->socket, false));
    CHECK_OK(idem_selector_register(sel, e->socket, IDEM_POLLIN, e));
}

static void make_ready(const echo *e)
{
    CHECK_OK(idem_sendto(e->socket, "x", 1, 0, &e->at, NULL));
    await_input(e->socket);
}

/* Each one that is told counts it; returns how many were. */
static size_t count_told(idem_selector *sel, size_t capacity)
{
    static idem_event events[64];
    size_t count = 9;
    size_t i;

    CHECK(capacity <= CHECK_COUNT(events));
    CHECK_OK(idem_selector_select(sel, 0, events, capacity, &count));
    CHECK(count <= capacity);
    for (i = 0; i < count; i++) {
        echo *e = events[i].data;

        CHECK(events[i].socket == e->socket);
        CHECK_EQ(events[i].events, IDEM_POLLIN);
        e->told++;
    }
    return count;
}

static void test_several(void)
{
    echo all[40];
    idem_selector *sel = open_selector();
    size_t i;

    for (i = 0; i < CHECK_COUNT(all); i++)
        open_echo(&all[i], sel);
    CHECK_EQ(count_told(sel, 64), 0);
    for (i = 0; i < CHECK_COUNT(all); i += 3)
        make_ready(&all[i]);
    CHECK_EQ(count_told(sel, 64), (CHECK_COUNT(all) + 2) / 3);
    for (i = 0; i < CHECK_COUNT(all); i++)
        CHECK_EQ(all[i].told, i % 3 == 0);
    CHECK_OK(idem_selector_close(sel));
    for (i = 0; i < CHECK_COUNT(all); i++)
        CHECK_OK(idem_close(all[i].socket));
}

/* Where there is no room for all, all get their turn. */
static void test_turns(void)
{
    echo all[7];
    idem_selector *sel = open_selector();
    size_t i;

    for (i = 0; i < CHECK_COUNT(all); i++) {
        open_echo(&all[i], sel);
        make_ready(&all[i]);
    }
    for (i = 0; i < 4; i++)
        CHECK_EQ(count_told(sel, 2), 2);
    for (i = 0; i < CHECK_COUNT(all); i++)
        CHECK(all[i].told >= 1);
    CHECK_OK(idem_selector_close(sel));
    for (i = 0; i < CHECK_COUNT(all); i++)
        CHECK_OK(idem_close(all[i].socket));
}

/* Two that the library knows to be ready do not keep it from asking for others,
 * even when there is room for one. */
static void test_narrow(void)
{
    echo e;
    idem_selector *sel = open_selector();
    idem_socket *shut[2];
    idem_socket *peers[2];
    size_t count;
    size_t i;

    open_echo(&e, sel);
    make_ready(&e);
    for (i = 0; i < 2; i++) {
        shut[i] = stream_pair(&peers[i]);
        CHECK_OK(idem_shutdown(shut[i], IDEM_SHUT_RD));
        CHECK_OK(idem_selector_register(sel, shut[i], IDEM_POLLIN, NULL));
    }
    for (i = 0; i < 24; i++) {
        idem_event event;

        CHECK_OK(idem_selector_select(sel, 0, &event, 1, &count));
        CHECK_EQ(count, 1);
        e.told += event.data == &e;
    }
    CHECK(e.told >= 2);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(e.socket));
    for (i = 0; i < 2; i++) {
        CHECK_OK(idem_close(shut[i]));
        CHECK_OK(idem_close(peers[i]));
    }
}

#define MANY 1100 /* more than a set of select() holds anywhere */

static void test_many(void)
{
    static echo all[MANY];
    static idem_event events[MANY];
    idem_selector *sel;
    size_t count = 0;
    size_t i;

    if (!support_allow_handles(MANY + 100))
        check_skip("so many descriptors are not allowed");
    sel = open_selector();
    for (i = 0; i < MANY; i++)
        open_echo(&all[i], sel);
    for (i = 0; i < MANY; i += 97) {
        make_ready(&all[i]);
        CHECK_EQ(now(sel, all[i].socket), IDEM_POLLIN);
        drain(all[i].socket, 1);
    }
    for (i = 0; i < MANY; i++)
        CHECK_OK(idem_sendto(all[i].socket, "x", 1, 0, &all[i].at, NULL));
    while (count < MANY) /* until all have arrived */
        CHECK_OK(idem_selector_select(sel, IDEM_FOREVER, events, MANY, &count));
    for (i = 0; i < MANY; i++)
        ((echo *)events[i].data)->told++;
    for (i = 0; i < MANY; i++) {
        CHECK_EQ(all[i].told, 1);
        CHECK_OK(idem_close(all[i].socket));
    }
    CHECK_EQ(now(sel, NULL), 0);
    CHECK_OK(idem_selector_close(sel));
}

/* The same socket in two. */
static void test_two_selectors(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *one = watching(client, IDEM_POLLOUT);
    idem_selector *two = watching(client, IDEM_POLLIN);

    CHECK_EQ(now(one, client), IDEM_POLLOUT);
    CHECK_EQ(now(two, client), 0);
    CHECK_OK(idem_selector_unregister(one, client));
    CHECK_EQ(now(one, client), 0);
    CHECK_OK(idem_selector_register(one, client, 0, NULL));
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    CHECK_EQ(now(one, client), 0);
    CHECK_EQ(now(two, client), IDEM_POLLIN);
    CHECK_OK(idem_cancel(client));
    CHECK_EQ(now(one, client), IDEM_POLLERR);
    CHECK_EQ(now(two, client), IDEM_POLLIN | IDEM_POLLERR);
    CHECK_OK(idem_close(client));
    CHECK_EQ(now(one, NULL), 0);
    CHECK_EQ(now(two, NULL), 0);
    CHECK_OK(idem_selector_close(one));
    CHECK_OK(idem_selector_close(two));
    CHECK_OK(idem_close(server));
}

/* ---- Closed, and what lives on ----------------------------------------- */

static void test_closed(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLOUT);
    idem_socket *next;

    CHECK_EQ(now(sel, client), IDEM_POLLOUT);
    CHECK_OK(idem_close(client));
    CHECK_EQ(now(sel, NULL), 0);
    next = open_datagram(IDEM_AF_INET); /* which is likely to get its number */
    CHECK_EQ(now(sel, NULL), 0);
    CHECK_OK(idem_selector_register(sel, next, IDEM_POLLOUT, NULL));
    CHECK_EQ(now(sel, next), IDEM_POLLOUT);
    CHECK_OK(idem_close(next));
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(server));
}

/* The connection lives on in a twin: that is not what was registered. */
static void test_twin(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    idem_socket *twin;
    double start;

    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_EQ(soon(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_close(client));
    await_input(twin);
    start = support_now();
    CHECK_EQ(look(sel, NULL, 0.05), 0);
    CHECK(support_now() - start >= 0.05);
    CHECK_OK(idem_selector_register(sel, twin, IDEM_POLLIN, NULL));
    CHECK_EQ(now(sel, twin), IDEM_POLLIN);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(server));
}

static void test_detached(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLOUT);
    intptr_t handle;

    CHECK_OK(idem_detach(client, &handle));
    CHECK_EQ(now(sel, NULL), 0);
    CHECK_OK(idem_adopt(handle, &client));
    CHECK_OK(idem_selector_register(sel, client, IDEM_POLLOUT, NULL));
    CHECK_EQ(now(sel, client), IDEM_POLLOUT);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* The sockets of a selector that is closed are as they were. */
static void test_selector_closed(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    char c;

    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_EQ(soon(sel, client), IDEM_POLLIN);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    CHECK_OK(idem_cancel(client));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
    CHECK_OK(idem_selector_close(NULL));
}

/* ---- While a select waits ---------------------------------------------- */

static void test_register_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = open_selector();
    idem_socket *idle = open_stream(IDEM_AF_INET);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_register(sel, server, IDEM_POLLIN, NULL));
    CHECK_OK(idem_selector_register(sel, client, IDEM_POLLOUT, NULL));
    check_woken(&z, client, IDEM_POLLOUT);
    CHECK_OK(idem_selector_unregister(sel, client));
    fall_asleep(&z, sel); /* and one that the system does not report */
    CHECK_OK(idem_selector_register(sel, idle, 0, NULL));
    check_woken(&z, idle, IDEM_POLLHUP);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(idle));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_modify_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_modify(sel, client, BOTH, NULL));
    check_woken(&z, client, IDEM_POLLOUT);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* What was taken out is not told, whatever comes. */
static void test_unregister_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_unregister(sel, client));
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    await_input(client);
    CHECK_OK(idem_selector_register(sel, server, IDEM_POLLOUT, NULL));
    check_woken(&z, server, IDEM_POLLOUT);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* The peer hears of it at once: the select that waits holds nothing back. */
static void test_close_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_close(client));
    await_input(server);
    CHECK_OK(idem_selector_register(sel, server, IDEM_POLLIN, NULL));
    check_woken(&z, server, IDEM_POLLIN);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(server));
}

static void check_cancel(idem_socket *s)
{
    idem_selector *sel = watching(s, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_cancel(s));
    check_woken(&z, s, IDEM_POLLIN | IDEM_POLLERR);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_selector_close(sel));
}

static void test_cancel_waiting(void)
{
    idem_address at;
    idem_socket *server;
    idem_socket *client;
    idem_socket *twin;

    check_cancel(listener(IDEM_AF_INET, &at));
    check_cancel(bound_datagram(IDEM_AF_INET, &at));
    check_cancel(stream_pair(&server));
    CHECK_OK(idem_close(server));
    client = stream_pair(&server);
    CHECK_OK(idem_dup(server, &twin)); /* two hold it */
    check_cancel(server);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(client));
}

static void test_shutdown_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_RD));
    check_woken(&z, client, IDEM_POLLIN);
    CHECK_OK(idem_selector_close(sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_wake_waiting(void)
{
    idem_selector *sel = open_selector();
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_wake(sel));
    support_join(z.thread);
    CHECK_OK(z.err);
    CHECK_EQ(z.count, 0);
    CHECK_OK(idem_selector_wake(sel)); /* before, twice: counts once */
    CHECK_OK(idem_selector_wake(sel));
    CHECK_EQ(look(sel, NULL, IDEM_FOREVER), 0);
    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_wake(sel));
    support_join(z.thread);
    CHECK_OK(idem_selector_close(sel));
}

static void test_one_at_a_time(void)
{
    idem_selector *sel = open_selector();
    idem_event event;
    size_t count = 9;
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_ERR(idem_selector_select(sel, 0, &event, 1, &count),
              IDEM_EINPROGRESS);
    CHECK_EQ(count, 0);
    CHECK_OK(idem_selector_wake(sel));
    support_join(z.thread);
    CHECK_OK(z.err);
    CHECK_EQ(look(sel, NULL, 0), 0);
    CHECK_OK(idem_selector_close(sel));
}

static void test_selector_close_waiting(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_selector *sel = watching(client, IDEM_POLLIN);
    sleeper z;

    fall_asleep(&z, sel);
    CHECK_OK(idem_selector_close(sel));
    support_join(z.thread);
    CHECK_ERR(z.err, IDEM_ECANCELED);
    CHECK_EQ(z.count, 0);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- In a child -------------------------------------------------------- */

typedef struct inheritance {
    idem_selector *sel;
    idem_socket *socket;
} inheritance;

/* The selector is the parent's; a socket in it is the child's, too, who may
 * close both, and the parent does not notice. */
static int use_it(void *arg)
{
    const inheritance *from = arg;
    idem_selector *own = open_selector();
    idem_event e;
    size_t count;

    CHECK_ERR(idem_selector_select(from->sel, 0, &e, 1, &count), IDEM_EBADF);
    CHECK_ERR(idem_selector_modify(from->sel, from->socket, 0, NULL),
              IDEM_EBADF);
    CHECK_ERR(idem_selector_unregister(from->sel, from->socket), IDEM_EBADF);
    CHECK_ERR(idem_selector_wake(from->sel), IDEM_EBADF);
    CHECK_OK(idem_selector_register(own, from->socket, IDEM_POLLOUT, NULL));
    CHECK_EQ(now(own, from->socket), IDEM_POLLOUT);
    CHECK_OK(idem_close(from->socket));
    CHECK_EQ(now(own, NULL), 0);
    CHECK_OK(idem_selector_close(own));
    CHECK_OK(idem_selector_close(from->sel));
    return 0;
}

static void test_child(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    inheritance to = { watching(client, IDEM_POLLIN), client };
    sleeper z;
    int status;

    fall_asleep(&z, to.sel); /* which does not come along */
    if (support_in_child(use_it, &to, &status))
        CHECK_EQ(status, 0);
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    check_woken(&z, client, IDEM_POLLIN);
    CHECK_OK(idem_selector_close(to.sel));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(several),
    CASE(turns),
    CASE(narrow),
    CASE(many),
    CASE(two_selectors),
    CASE(closed),
    CASE(twin),
    CASE(detached),
    CASE(selector_closed),
    CASE(register_waiting),
    CASE(modify_waiting),
    CASE(unregister_waiting),
    CASE(close_waiting),
    CASE(cancel_waiting),
    CASE(shutdown_waiting),
    CASE(wake_waiting),
    CASE(one_at_a_time),
    CASE(selector_close_waiting),
    CASE(child),
};

CHECK_MAIN("watching")
