/* A selector with many sockets, few of them busy: the quiet ones miss nothing,
 * however long nobody asked for them. */
#include "check.h"
#include "jobs.h"
#include "peers.h"

#define CROWD 300
#define BUSY_ROUNDS 1000 /* enough for all the others to be quiet */
#define RANDOM_ROUNDS 1000
#define ROOM 7 /* fewer than may be ready */
#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)

/* A datagram socket that sends to itself. */
typedef struct member {
    idem_socket *socket;
    idem_address at;
    bool watched;
    unsigned events;
    unsigned unread;
    bool told;
} member;

static idem_selector *sel;
static member crowd[CROWD];

static void watch(member *m, unsigned events)
{
    CHECK_OK(m->watched ? idem_selector_modify(sel, m->socket, events, m)
                        : idem_selector_register(sel, m->socket, events, m));
    m->watched = true;
    m->events = events;
}

static void unwatch(member *m)
{
    CHECK_OK(idem_selector_unregister(sel, m->socket));
    m->watched = false;
}

static void come(member *m)
{
    m->socket = bound_datagram(IDEM_AF_INET, &m->at);
    CHECK_OK(idem_setblocking(m->socket, false));
    m->unread = 0;
    watch(m, IDEM_POLLIN);
}

static void go(member *m)
{
    CHECK_OK(idem_close(m->socket));
    m->watched = false;
}

static void speak(member *m)
{
    CHECK_OK(idem_sendto(m->socket, "x", 1, 0, &m->at, NULL));
    m->unread++;
}

static void listen_to(member *m)
{
    char c;

    for (; m->unread > 0; m->unread--)
        CHECK_OK(idem_recv(m->socket, &c, 1, 0, NULL));
}

static void hear_all(void)
{
    int i;

    for (i = 0; i < CROWD; i++)
        listen_to(&crowd[i]);
}

/* What it has to be told with. */
static unsigned wanted(const member *m)
{
    const unsigned ready = IDEM_POLLOUT | (m->unread > 0 ? IDEM_POLLIN : 0U);

    return m->watched ? m->events & ready : 0;
}

/* One select; how many it told that had not been told yet. */
static size_t ask(double timeout)
{
    idem_event events[ROOM];
    size_t fresh = 0;
    size_t count;
    size_t i;

    CHECK_OK(idem_selector_select(sel, timeout, events, ROOM, &count));
    for (i = 0; i < count; i++) {
        member *m = events[i].data;

        CHECK(events[i].socket == m->socket);
        CHECK(wanted(m) != 0);
        CHECK_EQ(events[i].events, wanted(m));
        fresh += !m->told;
        m->told = true;
    }
    return fresh;
}

/* All that are ready are told, sooner or later, and nobody else. */
static void check_told(void)
{
    size_t ready = 0;
    size_t i;

    for (i = 0; i < CROWD; i++) {
        crowd[i].told = false;
        ready += wanted(&crowd[i]) != 0;
    }
    while (ready > 0)
        ready -= ask(IDEM_FOREVER);
    for (i = 0; i < CROWD; i++)
        CHECK_EQ(crowd[i].told, wanted(&crowd[i]) != 0);
}

static void check_silence(void)
{
    check_told();
    CHECK_EQ(ask(0), 0);
}

static void assemble(void)
{
    int i;

    CHECK_OK(idem_selector_open(&sel));
    for (i = 0; i < CROWD; i++)
        come(&crowd[i]);
}

/* A crowd in which only the first is heard, for long. */
static void gather(void)
{
    int i;

    assemble();
    for (i = 0; i < BUSY_ROUNDS; i++) {
        speak(&crowd[0]);
        check_told();
        listen_to(&crowd[0]);
    }
    check_silence();
}

static void disperse(void)
{
    int i;

    CHECK_OK(idem_selector_close(sel));
    for (i = 0; i < CROWD; i++)
        go(&crowd[i]);
}

/* ---- One thread -------------------------------------------------------- */

static void test_together(void)
{
    int i;

    gather();
    for (i = 0; i < CROWD; i++)
        speak(&crowd[i]);
    check_told();
    hear_all();
    check_silence();
    disperse();
}

static void test_in_turn(void)
{
    int i;

    gather();
    for (i = 0; i < CROWD; i++) {
        speak(&crowd[i]);
        check_told();
        listen_to(&crowd[i]);
    }
    check_silence();
    disperse();
}

static void test_modified(void)
{
    int i;

    gather();
    for (i = 0; i < CROWD; i += 3)
        watch(&crowd[i], BOTH);
    for (i = 1; i < CROWD; i += 3)
        watch(&crowd[i], 0);
    check_told();
    for (i = 0; i < CROWD; i++)
        speak(&crowd[i]);
    check_told();
    for (i = 0; i < CROWD; i += 3)
        watch(&crowd[i], 0);
    for (i = 1; i < CROWD; i += 3)
        watch(&crowd[i], IDEM_POLLIN);
    check_told();
    disperse();
}

/* Some leave, and others are replaced. */
static void change_places(void)
{
    int i;

    for (i = 0; i < CROWD; i += 3)
        unwatch(&crowd[i]);
    for (i = 1; i < CROWD; i += 3) {
        go(&crowd[i]);
        come(&crowd[i]);
    }
}

static void test_left(void)
{
    int i;

    gather();
    change_places();
    check_silence();
    for (i = 0; i < CROWD; i++)
        speak(&crowd[i]);
    check_told();
    for (i = 0; i < CROWD; i += 3)
        watch(&crowd[i], IDEM_POLLIN);
    check_told();
    disperse();
}

static void come_and_go(member *m)
{
    int i;

    for (i = 0; i < 2500; i++) {
        unwatch(m);
        watch(m, IDEM_POLLIN);
    }
}

/* Nobody selects meanwhile. */
static void test_unasked(void)
{
    int i;

    gather();
    for (i = 0; i < CROWD; i += 2)
        speak(&crowd[i]);
    come_and_go(&crowd[1]);
    come_and_go(&crowd[2]);
    check_told();
    hear_all();
    check_silence();
    disperse();
}

/* They leave before anybody has asked for them. */
static void test_never_asked(void)
{
    assemble();
    change_places();
    come_and_go(&crowd[CROWD - 1]);
    disperse();
}

/* Many are found at once, more than there is room for. */
static void test_turns(void)
{
    int i;

    gather();
    for (i = 1; i <= 3 * ROOM; i++) {
        speak(&crowd[i]);
        await_input(crowd[i].socket);
        crowd[i].told = false;
    }
    for (i = 0; i < 3; i++)
        CHECK_EQ(ask(0), ROOM);
    disperse();
}

/* ---- While another thread waits ---------------------------------------- */

/* What is done while a select waits makes it tell m. */
static void check_wakes(void (*act)(member *m), member *m)
{
    sleeper z;

    fall_asleep(&z, sel);
    act(m);
    check_woken(&z, m->socket, wanted(m));
    listen_to(m);
}

static void ask_for_room(member *m)
{
    watch(m, IDEM_POLLOUT);
}

/* The neighbours of one that is not there any more. */
static void leave_and_speak(member *m)
{
    go(m + 1);
    unwatch(m + 2);
    speak(m);
}

static void swarm_and_speak(member *m)
{
    come_and_go(m + 1);
    speak(m);
}

static void test_waiting(void)
{
    int i;

    gather();
    for (i = 1; i < 20; i++)
        check_wakes(speak, &crowd[i]);
    for (i = 40; i < 60; i++) {
        check_wakes(ask_for_room, &crowd[i]);
        watch(&crowd[i], IDEM_POLLIN);
    }
    for (i = 80; i < 200; i += 3) {
        check_wakes(leave_and_speak, &crowd[i]);
        come(&crowd[i + 1]);
    }
    check_wakes(swarm_and_speak, &crowd[240]);
    check_silence();
    disperse();
}

/* Those that come meanwhile are waited for, too. */
static void test_newcomers(void)
{
    member *last = &crowd[CROWD - 1];
    sleeper z;
    int i;

    CHECK_OK(idem_selector_open(&sel));
    fall_asleep(&z, sel);
    for (i = 0; i < CROWD; i++)
        come(&crowd[i]);
    speak(last);
    check_woken(&z, last->socket, IDEM_POLLIN);
    listen_to(last);
    check_silence();
    disperse();
}

/* ---- At random --------------------------------------------------------- */

/* Mostly one of a few. */
static member *anyone(uint32_t *random)
{
    return &crowd[any(random, any(random, 4) == 0 ? CROWD : 8)];
}

static void act(uint32_t *random)
{
    static const unsigned events[] = { 0, IDEM_POLLIN, IDEM_POLLIN, BOTH };
    member *m = anyone(random);

    switch (any(random, 10)) {
    case 0:
        go(m);
        come(m);
        break;
    case 1:
        if (m->watched)
            unwatch(m);
        break;
    case 2:
        watch(m, events[any(random, CHECK_COUNT(events))]);
        break;
    case 3:
    case 4:
        listen_to(m);
        break;
    default:
        speak(m);
        break;
    }
}

static void run(uint32_t random)
{
    int i;

    gather();
    for (i = 0; i < RANDOM_ROUNDS; i++) {
        act(&random);
        if (any(&random, 2) == 0)
            check_told();
        if (any(&random, 50) == 0)
            hear_all();
    }
    check_told();
    disperse();
}

static void test_seed_1(void)
{
    run(1);
}

static void test_seed_2(void)
{
    run(20261123);
}

static const check_case cases[] = {
    CASE(together),  CASE(in_turn),     CASE(modified), CASE(left),
    CASE(unasked),   CASE(never_asked), CASE(turns),    CASE(waiting),
    CASE(newcomers), CASE(seed_1),      CASE(seed_2),
};

CHECK_MAIN("crowd")
