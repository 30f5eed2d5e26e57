/* Calls that wait, each in a thread of its own. */
#include "jobs.h"

#include "support.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

idem_error run_accept(job *j)
{
    idem_socket *out = j->socket;
    const idem_error err = idem_accept(j->socket, &out, NULL);

    CHECK((out == NULL) == (err != IDEM_OK));
    CHECK_OK(idem_close(out));
    return err;
}

idem_error run_connect(job *j)
{
    return idem_connect(j->socket, &j->to);
}

idem_error run_recv(job *j)
{
    char buf[16];

    return idem_recv(j->socket, buf, sizeof(buf), 0, &j->count);
}

idem_error run_recvfrom(job *j)
{
    char buf[16];

    return idem_recvfrom(j->socket, buf, sizeof(buf), 0, &j->count, &j->to);
}

idem_error run_recv_all(job *j)
{
    char buf[10];

    return idem_recv(j->socket, buf, sizeof(buf), IDEM_MSG_WAITALL, &j->count);
}

idem_error run_send(job *j)
{
    static const char data[4096];

    return idem_send(j->socket, data, sizeof(data), 0, &j->count);
}

idem_error run_sendall(job *j)
{
    char *data = calloc(1, JOB_BIG);
    idem_error err;

    CHECK(data != NULL);
    err = idem_sendall(j->socket, data, JOB_BIG, 0, &j->count);
    free(data);
    return err;
}

idem_error run_poll(job *j)
{
    idem_pollfd one = { j->socket, IDEM_POLLIN, 0 };

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &j->count));
    CHECK_EQ(j->count, 1);
    return one.revents & IDEM_POLLERR ? IDEM_ECANCELED : IDEM_OK;
}

idem_error run_select(job *j)
{
    idem_selector *sel;
    idem_event e;

    CHECK_OK(idem_selector_open(&sel));
    CHECK_OK(idem_selector_register(sel, j->socket, IDEM_POLLIN, NULL));
    CHECK_OK(idem_selector_select(sel, IDEM_FOREVER, &e, 1, &j->count));
    CHECK_EQ(j->count, 1);
    CHECK_OK(idem_selector_close(sel));
    return e.events & IDEM_POLLERR ? IDEM_ECANCELED : IDEM_OK;
}

static void job_main(void *arg)
{
    job *j = arg;

    support_about_to_block();
    j->result = j->run(j);
}

void start_job(job *j, idem_error (*run)(job *), idem_socket *s)
{
    j->run = run;
    j->socket = s;
    j->result = IDEM_OK;
    j->count = 99;
    j->thread = support_start(job_main, j);
}

void start_waiting(job *j, idem_error (*run)(job *), idem_socket *s)
{
    start_job(j, run, s);
    support_until_blocked(j->thread);
}

void finish_job(job *j, idem_error want)
{
    support_join(j->thread);
    CHECK_ERR(j->result, want);
}

static void sleep_main(void *arg)
{
    sleeper *z = arg;

    support_about_to_block();
    z->err =
        idem_selector_select(z->sel, IDEM_FOREVER, &z->event, 1, &z->count);
}

void fall_asleep(sleeper *z, idem_selector *sel)
{
    z->sel = sel;
    z->thread = support_start(sleep_main, z);
    support_until_blocked(z->thread);
}

void check_woken(sleeper *z, const idem_socket *s, unsigned events)
{
    support_join(z->thread);
    CHECK_OK(z->err);
    CHECK_EQ(z->count, 1);
    CHECK(z->event.socket == s);
    CHECK_EQ(z->event.events, events);
}

/* ---- Chance ------------------------------------------------------------ */

uint32_t any(uint32_t *state, uint32_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % n;
}

/* ---- Moments ----------------------------------------------------------- */

static _Atomic uint64_t moment_count;
static atomic_int meeting_count;

void begin_moments(void)
{
    const char *given = getenv("IDEM_TEST_SEED");
    const double now_us = support_now() * 1e6;
    const uint64_t seed =
        given != NULL ? strtoull(given, NULL, 10) : (uint64_t)now_us;

    printf("seed %" PRIu64 "\n", seed);
    fflush(stdout);
    atomic_store(&moment_count, seed << 32);
    atomic_store(&meeting_count, 0);
}

bool another_round(int after, int under_wine)
{
    check_goes_on();
    return after < (support_wine() > 0 ? under_wine : 1000);
}

void meet(int count)
{
    const int before = atomic_fetch_add(&meeting_count, 1);
    const int all = before - before % count + count;
    int tries = 0;

    while (atomic_load(&meeting_count) < all) {
        if (++tries % 5000 == 0)
            support_relax();
    }
}

/* Numbers without a pattern, made of a counter. Relaxed: who lets a moment pass
 * must not be put in order with the others by that. */
static uint64_t next_number(void)
{
    uint64_t x =
        atomic_fetch_add_explicit(&moment_count, 1, memory_order_relaxed);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void moment(void)
{
    const uint64_t number = next_number();
    /* Any order of magnitude is as likely as the others. */
    uint64_t left = (number >> 8) & ((UINT64_C(16) << number % 13) - 1);
    volatile int sink = 0;

    while (left-- > 0)
        sink = sink + 1;
}
