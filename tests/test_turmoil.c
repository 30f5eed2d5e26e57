/* One thread selects; four others register, unregister, close, cancel and wake
 * at random. Nothing that has to be told gets lost. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#include <stdatomic.h>
#include <stdio.h>

#define THREADS 4
#define FEW_SLOTS 6     /* of each thread */
#define MANY_SLOTS 128  /* enough for most to be quiet */
#define ROUNDS 1000     /* of each thread */
#define WINE_ROUNDS 100 /* where every call is a trip to another process */

/* A place for a datagram socket that sends to itself. The thread that selects
 * may close it, too: both look under the lock. */
typedef struct slot {
    atomic_flag lock;
    idem_socket *socket; /* NULL: the place is free */
    idem_address at;
    bool registered;
    atomic_uint taken; /* the last number that came out of it */
} slot;

typedef struct worker {
    slot slots[MANY_SLOTS];
    size_t count; /* of them, those in use */
    unsigned rounds;
    uint32_t random;
    uint32_t sent;
    support_thread *thread;
} worker;

static idem_selector *sel;
static idem_selector *other; /* nobody selects there */
static atomic_bool over;
static atomic_uint returns; /* of select */

static unsigned rounds(void)
{
    return support_wine() > 0 ? WINE_ROUNDS : ROUNDS;
}

static void lock(slot *p)
{
    while (atomic_flag_test_and_set(&p->lock))
        support_yield();
}

static void unlock(slot *p)
{
    atomic_flag_clear(&p->lock);
}

/* ---- The thread that selects ------------------------------------------- */

/* Take what is there; close what was cancelled. pre: locked. */
static void serve(slot *p)
{
    uint32_t number;
    idem_error err;
    size_t got;

    do {
        err = idem_recv(p->socket, &number, sizeof(number), 0, &got);
        if (!err) {
            CHECK_EQ(got, sizeof(number));
            atomic_store(&p->taken, number);
        }
    } while (!err);
    if (err == IDEM_ECANCELED) {
        CHECK_OK(idem_close(p->socket));
        p->socket = NULL;
    } else {
        CHECK_ERR(err, IDEM_EWOULDBLOCK);
    }
}

static void select_main(void *arg)
{
    idem_event events[5]; /* fewer than may be ready */
    size_t count;
    size_t i;

    (void)arg;
    while (!atomic_load(&over)) {
        CHECK_OK(idem_selector_select(sel, IDEM_FOREVER, events,
                                      CHECK_COUNT(events), &count));
        for (i = 0; i < count; i++) {
            slot *p = events[i].data;

            CHECK(events[i].events != 0);
            lock(p);
            if (p->socket == events[i].socket) /* not closed meanwhile */
                serve(p);
            unlock(p);
        }
        atomic_fetch_add(&returns, 1);
    }
}

/* ---- The others: all but the waits with the slot locked ---------------- */

static void fill_slot(slot *p)
{
    if (p->socket != NULL)
        return;
    p->socket = bound_datagram(IDEM_AF_INET, &p->at);
    CHECK_OK(idem_setblocking(p->socket, false));
    p->registered = false;
}

static void watch_slot(slot *p, unsigned events)
{
    fill_slot(p);
    if (p->registered)
        CHECK_OK(idem_selector_modify(sel, p->socket, events, p));
    else
        CHECK_OK(idem_selector_register(sel, p->socket, events, p));
    p->registered = true;
}

static void clear_slot(slot *p)
{
    CHECK_OK(idem_close(p->socket));
    p->socket = NULL;
}

static void unwatch_slot(slot *p)
{
    if (p->socket == NULL || !p->registered)
        return;
    CHECK_OK(idem_selector_unregister(sel, p->socket));
    p->registered = false;
}

/* In and out of the other one, or left there. */
static void visit_other(slot *p, bool leave)
{
    if (p->socket == NULL
        || idem_selector_register(other, p->socket, IDEM_POLLIN, NULL))
        return; /* it is there already */
    if (leave)
        CHECK_OK(idem_selector_unregister(other, p->socket));
}

/* Send a number, which has to come out. */
static void send_number(slot *p, uint32_t number)
{
    watch_slot(p, IDEM_POLLIN);
    CHECK_OK(idem_sendto(p->socket, &number, sizeof(number), 0, &p->at, NULL));
}

static void await_number(slot *p, uint32_t number)
{
    while (atomic_load(&p->taken) != number)
        support_yield();
}

/* One that is cancelled is told, and closed. */
static void await_closed(slot *p)
{
    bool closed = false;

    while (!closed) {
        support_yield();
        lock(p);
        closed = p->socket == NULL;
        unlock(p);
    }
}

static void await_return(void)
{
    const unsigned before = atomic_load(&returns);

    CHECK_OK(idem_selector_wake(sel));
    while (atomic_load(&returns) == before)
        support_yield();
}

static void do_round(worker *w, slot *p, uint32_t what)
{
    lock(p);
    switch (what) {
    case 0:
        fill_slot(p);
        break;
    case 1:
    case 2:
        clear_slot(p);
        break;
    case 3:
        unwatch_slot(p);
        break;
    case 4:
        watch_slot(p, any(&w->random, 2) ? IDEM_POLLIN : 0);
        break;
    case 5:
        visit_other(p, any(&w->random, 2) != 0);
        break;
    case 6:
        watch_slot(p, 0);
        CHECK_OK(idem_cancel(p->socket));
        break;
    default:
        send_number(p, ++w->sent);
        break;
    }
    unlock(p);
    if (what == 6)
        await_closed(p);
    else if (what > 6)
        await_number(p, w->sent);
}

static void work_main(void *arg)
{
    worker *w = arg;
    unsigned left;

    for (left = w->rounds; left > 0; left--) {
        uint32_t what = any(&w->random, 10);

        if (what == 9)
            await_return();
        else
            do_round(w, &w->slots[any(&w->random, (uint32_t)w->count)], what);
    }
}

/* All of many slots are watched from the beginning. */
static void begin_work(worker *w, uint32_t seed, bool many)
{
    size_t i;

    memset(w, 0, sizeof(*w));
    w->count = many ? MANY_SLOTS : FEW_SLOTS;
    w->rounds = many ? ROUNDS : rounds(); /* before that, none is quiet */
    w->random = seed;
    for (i = 0; i < w->count; i++) {
        atomic_flag_clear(&w->slots[i].lock);
        if (many)
            watch_slot(&w->slots[i], IDEM_POLLIN);
    }
    w->thread = support_start(work_main, w);
}

static void check_turmoil(uint32_t seed, bool many)
{
    static worker workers[THREADS];
    support_thread *selecting;
    uint32_t i;
    size_t k;

    printf("seed %u\n", (unsigned)seed);
    CHECK_OK(idem_selector_open(&sel));
    CHECK_OK(idem_selector_open(&other));
    atomic_store(&over, false);
    selecting = support_start(select_main, NULL);
    for (i = 0; i < THREADS; i++)
        begin_work(&workers[i], seed * THREADS + i + 1, many);
    for (i = 0; i < THREADS; i++)
        support_join(workers[i].thread);
    atomic_store(&over, true);
    CHECK_OK(idem_selector_wake(sel));
    support_join(selecting);
    CHECK_OK(idem_selector_close(sel));
    for (i = 0; i < THREADS; i++) {
        for (k = 0; k < workers[i].count; k++)
            clear_slot(&workers[i].slots[k]);
    }
    CHECK_OK(idem_selector_close(other));
}

static void test_seed_1(void)
{
    check_turmoil(1, false);
}

static void test_seed_2(void)
{
    check_turmoil(2, false);
}

static void test_seed_3(void)
{
    check_turmoil(3, false);
}

/* Most are quiet for long before something happens to them. */
static void test_crowd(void)
{
    if (!support_allow_handles(THREADS * MANY_SLOTS + 100))
        check_skip("so many handles are not allowed");
    check_turmoil(4, true);
}

/* ---- Closing ----------------------------------------------------------- */

static void close_all(void *arg)
{
    slot *slots = arg;
    int i;

    for (i = 0; i < FEW_SLOTS; i++)
        clear_slot(&slots[i]);
}

/* The sockets and the selector they are in, at the same time. */
static void test_closing(void)
{
    static slot slots[THREADS][FEW_SLOTS];
    support_thread *threads[THREADS];
    unsigned left;
    int i, k;

    for (left = rounds() / 10; left > 0; left--) {
        CHECK_OK(idem_selector_open(&sel));
        for (i = 0; i < THREADS; i++) {
            for (k = 0; k < FEW_SLOTS; k++) {
                fill_slot(&slots[i][k]);
                watch_slot(&slots[i][k], IDEM_POLLIN);
            }
        }
        for (i = 0; i < THREADS; i++)
            threads[i] = support_start(close_all, slots[i]);
        CHECK_OK(idem_selector_close(sel));
        for (i = 0; i < THREADS; i++)
            support_join(threads[i]);
    }
}

/* ---- Waking ------------------------------------------------------------ */

static void sleep_main(void *arg)
{
    idem_event event;
    size_t count;
    unsigned left;

    (void)arg;
    for (left = rounds(); left > 0; left--) {
        CHECK_OK(idem_selector_select(sel, IDEM_FOREVER, &event, 1, &count));
        CHECK_EQ(count, 0);
        atomic_fetch_add(&returns, 1);
    }
}

/* Each wake ends one select, whether that waits, begins, or is yet to come. */
static void test_wakes(void)
{
    volatile int sink = 0;
    support_thread *t;
    unsigned i;
    int k;

    CHECK_OK(idem_selector_open(&sel));
    atomic_store(&returns, 0);
    t = support_start(sleep_main, NULL);
    for (i = 0; i < rounds(); i++) {
        for (k = (int)(i * 97 % 10007); k > 0; k--)
            sink = sink + 1;
        CHECK_OK(idem_selector_wake(sel));
        while (atomic_load(&returns) <= i) {
            if (i % 4 == 0)
                support_yield();
        }
    }
    support_join(t);
    CHECK_EQ(atomic_load(&returns), rounds());
    CHECK_OK(idem_selector_close(sel));
}

static const check_case cases[] = {
    CASE(seed_1), CASE(seed_2),  CASE(seed_3),
    CASE(crowd),  CASE(closing), CASE(wakes),
};

CHECK_MAIN("turmoil")
