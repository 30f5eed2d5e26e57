/* Moving bytes: waiting inside the kernel, and failures. */
#include "posix.h"

#include <sys/time.h>

#define SHORTEST_MS 50  /* the kernel's timers are too coarse for less */
#define LONGEST_MS 1000 /* what a wake-up that went astray may cost */
#define TIMED_EACH 64   /* so many tries that may have waited, one is timed */
#define AT_ONCE_NS 4000 /* less than nearly any wait, more than a short try */
#define HAS_WAITED (-2) /* a streak, after the first wait of all */

/* ---- Waiting inside the kernel ----------------------------------------- */

/* How long of a wait that will end the kernel waits: 1/8 less, for it is up to
 * that much late, and idem_os_poll() waits for the rest exactly. */
static int64_t kernel_part(int64_t wait_ns)
{
    int64_t part_ns = wait_ns - wait_ns / 8;

    return part_ns < LONGEST_MS * IDEM_NS_PER_MS ? part_ns
                                                 : LONGEST_MS * IDEM_NS_PER_MS;
}

/* The limit for a wait. 0 for ever, negative: not worth it. */
static int limit_for(int64_t wait_ns)
{
    if (wait_ns < 0)
        return 0;
    if (wait_ns < SHORTEST_MS * IDEM_NS_PER_MS)
        return -1;
    return (int)(kernel_part(wait_ns) / IDEM_NS_PER_MS);
}

static bool is_blocking(const idem_os_socket *s)
{
    return atomic_load_explicit(&s->blocking, memory_order_relaxed);
}

/* In a crowd others may change the limit just before the wait begins. Only one
 * who waits for ever does not mind: a limit can but wake him early. */
bool idem_posix_may_wait(idem_os_socket *s, const idem_deadline *d)
{
    return d->timeout_ns != 0 && (!d->crowded || d->timeout_ns < 0)
           && idem_posix_is_patient(s)
           && (is_blocking(s) || idem_posix_make_blocking(s));
}

/* Whether the limit that is held will do for a wait: a little less than wanted
 * is as good, for the rest is waited out elsewhere. */
static bool is_limited(const idem_os_socket *s, int way, int64_t wait_ns)
{
    int held = atomic_load_explicit(&s->limit_ms[way], memory_order_relaxed);
    int64_t want_ns;

    if (held <= 0 || wait_ns < 0) /* it has never waited, or waits for ever */
        return held == 0 && wait_ns < 0;
    want_ns = kernel_part(wait_ns);
    return held * IDEM_NS_PER_MS <= want_ns
           && held * IDEM_NS_PER_MS >= want_ns - want_ns / 4;
}

static bool set_limit(idem_os_socket *s, int way, int ms)
{
    const int option = way == POSIX_RECV ? SO_RCVTIMEO : SO_SNDTIMEO;
    struct timeval t = { 0 };

    t.tv_sec = ms / 1000;
    t.tv_usec = ms % 1000 * 1000;
    if (setsockopt(s->fd, SOL_SOCKET, option, &t, sizeof(t)) != 0)
        return false;
    /* It is LONGEST_MS at most. */
    atomic_store_explicit(&s->limit_ms[way], (int16_t)ms, memory_order_relaxed);
    return true;
}

bool idem_posix_limit_wait(idem_os_socket *s, int way, idem_deadline *d)
{
    const int64_t wait_ns = idem_deadline_left(d);
    const int ms = limit_for(wait_ns);

    if (ms < 0 || !idem_posix_may_wait(s, d))
        return false;
    return is_limited(s, way, wait_ns)
           || (!d->crowded && set_limit(s, way, ms));
}

void idem_posix_unlimit_waits(idem_os_socket *s)
{
    int way;

    for (way = POSIX_RECV; way <= POSIX_SEND; way++) {
        int held = atomic_load(&s->limit_ms[way]);

        /* Unknown on a socket that others hold: not ours to change. */
        if (held > 0 || (held < 0 && idem_posix_is_alone(s)))
            (void)set_limit(s, way, 0);
    }
}

static void set_streak(idem_os_socket *s, int way, int streak)
{
    atomic_store_explicit(&s->streak[way], (int8_t)streak,
                          memory_order_relaxed);
}

/* The first wait of all in a direction. */
static bool starts_patiently(idem_os_socket *s, int way, idem_deadline *d)
{
    if (idem_posix_limit_wait(s, way, d))
        return true;
    set_streak(s, way, -1);
    return false;
}

/* Whether to wait in the kernel after a try. Where the descriptor would have to
 * become blocking, not the first time: many a connection is for one answer. */
static bool is_worth_waiting(idem_os_socket *s, int way)
{
    if (is_blocking(s)
        || atomic_load_explicit(&s->streak[way], memory_order_relaxed)
               == HAS_WAITED)
        return true;
    set_streak(s, way, HAS_WAITED);
    return false;
}

bool idem_posix_waits_at_once(idem_os_socket *s, int way, idem_deadline *d)
{
    int held = atomic_load_explicit(&s->limit_ms[way], memory_order_relaxed);
    int64_t left_ns;

    if (held <= 0 && d->timeout_ns > 0)
        return starts_patiently(s, way, d);
    if (!is_limited(s, way, d->timeout_ns) || !idem_posix_may_wait(s, d))
        return false;
    left_ns = idem_deadline_left(d);
    return left_ns == d->timeout_ns || is_limited(s, way, left_ns);
}

bool idem_posix_try_patiently(idem_os_socket *s, int way, idem_deadline *d,
                              int *native)
{
    const int tried = errno;
    bool again = tried == EAGAIN && (*native & MSG_DONTWAIT)
                 && d->timeout_ns != 0 && is_worth_waiting(s, way)
                 && idem_posix_limit_wait(s, way, d);

    if (again) {
        *native &= ~MSG_DONTWAIT;
        set_streak(s, way, 0);
    }
    errno = tried;
    return again;
}

void idem_posix_time_try(idem_os_socket *s, int way, const idem_deadline *d)
{
    int tries = atomic_load_explicit(&s->streak[way], memory_order_relaxed) + 1;

    if (tries >= TIMED_EACH) {
        const int64_t begun_ns = d->at_ns - d->timeout_ns;

        tries = idem_os_clock_ns() - begun_ns < AT_ONCE_NS ? -1 : 0;
    }
    set_streak(s, way, tries);
}

/* ---- Failures ---------------------------------------------------------- */

/* A Unix socket sends into the receiver's queue, and not knowing that it is
 * full is told that there is room. Nor does Linux remember a peer that has
 * gone. */
static idem_error sendto_local_fail(int native)
{
#ifdef __linux__
    if (native == EAGAIN)
        return idem_os_fail(native, IDEM_TRY_AGAIN);
#else
    if (native == EAGAIN || native == ENOBUFS)
        return idem_os_fail(native, IDEM_TRY_AGAIN);
#endif
    if (native == ENOTCONN)
        return idem_os_fail(native, IDEM_ECONNREFUSED);
    return idem_posix_fail(native);
}

idem_error idem_posix_send_fail(const idem_os_socket *s, int native)
{
    idem_address peer;

    if (s->local && !s->stream)
        return sendto_local_fail(native);
    /* A pipe that broke while the connection stands was shut down here, by
     * another holder of the socket: the peer is not to blame. A Unix socket
     * keeps its peer's name, and cannot tell. */
    if (native == EPIPE && !s->local && !idem_os_getpeername(s, &peer))
        return idem_os_fail(native, IDEM_ESHUTDOWN);
    return idem_posix_fail(native);
}
