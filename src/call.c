/* Where timeouts are decided: every deadline, wait and retry of the library.
 *
 * A call makes an attempt; when that would block it waits for readiness with
 * what is left of the time, and tries again. A false alarm, an interruption
 * and a backend that waited inside the attempt are all the same thing here:
 * one more look at the clock. A backend decides nothing: it only asks
 * idem_deadline_left() how long it may wait inside (idem_posix_limit_wait() and
 * idem_win32_await() do).
 */
#include "socket.h"

/* How long to wait when nothing tells how long: as late as a call may notice
 * that it can go on, or that it was cancelled. */
#define NAP_NS 4000000
#define CENTURY_S 3155760000.0

static _Atomic int64_t default_timeout_ns = -1;

idem_error idem_timeout_ns(double seconds, int64_t *ns)
{
    double exact = seconds * IDEM_NS_PER_S;

    *ns = -1;
    if (seconds == IDEM_FOREVER)
        return IDEM_OK;
    if (!(seconds >= 0)) /* not a number fails this, too */
        return IDEM_EINVAL;
    if (seconds > CENTURY_S)
        exact = CENTURY_S * IDEM_NS_PER_S;
    *ns = (int64_t)exact;
    if ((double)*ns < exact) /* up, so that no timeout becomes 0 */
        *ns += 1;
    return IDEM_OK;
}

static double timeout_seconds(int64_t ns)
{
    return ns < 0 ? IDEM_FOREVER : (double)ns / IDEM_NS_PER_S;
}

int64_t idem_default_timeout_ns(void)
{
    return atomic_load(&default_timeout_ns);
}

idem_error idem_setdefaulttimeout(double seconds)
{
    int64_t ns;
    idem_error err = idem_timeout_ns(seconds, &ns);

    if (!err)
        atomic_store(&default_timeout_ns, ns);
    return err;
}

double idem_getdefaulttimeout(void)
{
    return timeout_seconds(idem_default_timeout_ns());
}

idem_error idem_settimeout(idem_socket *s, double seconds)
{
    int64_t ns;
    idem_error err = idem_enter(s);

    if (err)
        return err;
    err = idem_timeout_ns(seconds, &ns);
    if (!err)
        err = idem_os_set_blocking(&s->os, ns != 0);
    if (!err)
        atomic_store(&s->timeout_ns, ns);
    return idem_leave(s, err);
}

idem_error idem_gettimeout(const idem_socket *s, double *seconds)
{
    if (seconds != NULL)
        *seconds = IDEM_FOREVER;
    if (s == NULL)
        return IDEM_ENOTSOCK;
    if (seconds != NULL)
        *seconds = timeout_seconds(atomic_load(&s->timeout_ns));
    return IDEM_OK;
}

idem_error idem_setblocking(idem_socket *s, bool blocking)
{
    return idem_settimeout(s, blocking ? IDEM_FOREVER : 0);
}

idem_error idem_getblocking(const idem_socket *s, bool *blocking)
{
    if (blocking != NULL)
        *blocking = s != NULL && atomic_load(&s->timeout_ns) != 0;
    return s == NULL ? IDEM_ENOTSOCK : IDEM_OK;
}

/* ---- Interruptions ----------------------------------------------------- */

static idem_interrupt_hook interrupt_hook;
static void *interrupt_context;

void idem_set_interrupt_hook(idem_interrupt_hook hook, void *context)
{
    idem_os_lock();
    interrupt_hook = hook;
    interrupt_context = context;
    idem_os_unlock();
}

bool idem_wants_interrupt(void)
{
    idem_interrupt_hook hook;
    void *context;

    idem_os_lock();
    hook = interrupt_hook;
    context = interrupt_context;
    idem_os_unlock();
    return hook != NULL && hook(context);
}

/* ---- Waiting ----------------------------------------------------------- */

int64_t idem_deadline_left(idem_deadline *d)
{
    int64_t left;

    if (d->timeout_ns <= 0)
        return d->timeout_ns;
    if (d->at_ns == 0) {
        d->at_ns = idem_os_clock_ns() + d->timeout_ns;
        return d->timeout_ns;
    }
    left = d->at_ns - idem_os_clock_ns();
    return left > 0 ? left : 0;
}

/* Wait for the events, or for a while. */
static idem_error wait_for(idem_call *c, unsigned events, idem_error why,
                           int64_t left_ns)
{
    idem_os_pollfd one = { &c->s->os, events, 0 };
    size_t ready;

    if (why != IDEM_TRY_AGAIN)
        return idem_os_poll(&one, 1, left_ns, &ready);
    if (left_ns < 0 || left_ns > NAP_NS)
        left_ns = NAP_NS;
    return idem_os_poll(NULL, 0, left_ns, &ready);
}

bool idem_call_wait(idem_call *c, unsigned events, idem_error *err)
{
    const idem_error why = *err;
    int64_t left;

    if (atomic_load(&c->s->use) & IDEM_USE_CANCELLED) {
        *err = IDEM_ECANCELED;
        return false;
    }
    if (why == IDEM_EINTR && idem_wants_interrupt())
        return false;
    left = idem_deadline_left(&c->deadline);
    if (left == 0 && c->deadline.timeout_ns == 0) {
        *err = why == IDEM_EINTR ? why : IDEM_EWOULDBLOCK;
        return why == IDEM_EINTR;
    }
    if (left == 0) {
        *err = IDEM_ETIMEDOUT;
        return false;
    }
    if (why == IDEM_EINTR)
        return true;
    *err = wait_for(c, events, why, left);
    if (*err == IDEM_EINTR)
        return !idem_wants_interrupt();
    return *err == IDEM_OK;
}

/* The clock starts at once: other things take time before something waits. */
idem_error idem_deadline_begin(idem_deadline *d, int64_t timeout_ns,
                               const idem_canceller *c)
{
    *d = (idem_deadline){ .timeout_ns = timeout_ns };
    (void)idem_deadline_left(d);
    return c != NULL && atomic_load(&c->cancelled) ? IDEM_ECANCELED : IDEM_OK;
}

idem_error idem_wait_once(idem_os_pollfd *entries, size_t count,
                          idem_canceller *c, idem_deadline *d, int64_t limit_ns)
{
    int64_t left = idem_deadline_left(d);
    idem_error err;
    size_t ready;

    if (c != NULL && atomic_load(&c->cancelled))
        return IDEM_ECANCELED;
    if (left == 0)
        return d->timeout_ns == 0 ? IDEM_EWOULDBLOCK : IDEM_ETIMEDOUT;
    if (limit_ns >= 0 && (left < 0 || left > limit_ns))
        left = limit_ns;
    entries[0] = (idem_os_pollfd){ c == NULL ? NULL : &c->bell, 0, 0 };
    err = idem_os_poll(entries, count, left, &ready);
    if (err == IDEM_EINTR && !idem_wants_interrupt())
        return IDEM_OK;
    return err;
}
