/* Waiting for readiness, and being woken. */
#include "posix.h"
#include "../wake.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

#define FEW 16 /* as many entries do without memory of their own */
/* A wait that cannot be woken is this long; any wait is, at most, a day. What
 * is left is waited for anew. */
#define NAP_NS INT64_C(50000000)
#define LONGEST_NS INT64_C(86400000000000)

/* ---- Alarms ------------------------------------------------------------ */

idem_error idem_posix_open_alarm(idem_posix_alarm *a)
{
#ifdef __linux__
    a->read_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    a->write_fd = a->read_fd;
    return idem_posix_result(a->read_fd);
#else
    int ends[2];
    int i;

    if (pipe(ends) < 0)
        return idem_posix_fail(errno);
    for (i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    a->read_fd = ends[0];
    a->write_fd = ends[1];
    return IDEM_OK;
#endif
}

void idem_posix_close_alarm(idem_posix_alarm *a)
{
    close(a->read_fd);
    if (a->write_fd != a->read_fd)
        close(a->write_fd);
}

void idem_posix_raise_alarm(const idem_posix_alarm *a)
{
    const uint64_t one = 1;
    ssize_t ignored = write(a->write_fd, &one, sizeof(one));

    (void)ignored; /* full: it is raised already */
}

void idem_posix_calm_alarm(const idem_posix_alarm *a)
{
    char drain[64];

    while (read(a->read_fd, drain, sizeof(drain)) > 0)
        continue;
}

/* ---- Waiters ----------------------------------------------------------- */

/* A wait that another thread may have to end, listed while it lasts, and its
 * alarm kept for the next one. A socket that is ours alone needs none of
 * this: it is woken by shutting it down. */
typedef struct waiter {
    struct waiter *next;
    const idem_os_pollfd *entries;
    size_t count;
    idem_posix_alarm alarm;
} waiter;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static waiter *waiting; /* under lock */
static waiter *idle;    /* under lock */

static void close_waiters(waiter *w)
{
    waiter *next;

    for (; w != NULL; w = next) {
        next = w->next;
        idem_posix_close_alarm(&w->alarm);
        free(w);
    }
}

void idem_posix_waits_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void idem_posix_waits_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

/* A child must not share wake-ups with its parent, and those who waited did
 * not come along. */
void idem_posix_waits_in_child(void)
{
    close_waiters(idle);
    close_waiters(waiting);
    idle = NULL;
    waiting = NULL;
    pthread_mutex_unlock(&lock);
}

static waiter *new_waiter(void)
{
    waiter *w = malloc(sizeof(*w));

    if (w != NULL && idem_posix_open_alarm(&w->alarm)) {
        free(w);
        return NULL;
    }
    return w;
}

/* List a wait. NULL: nobody can wake it, and so it becomes short. */
static waiter *begin_wait(const idem_os_pollfd *entries, size_t count,
                          int64_t *timeout_ns)
{
    waiter *w;

    pthread_mutex_lock(&lock);
    if ((w = idle) != NULL)
        idle = w->next;
    pthread_mutex_unlock(&lock);
    if (w == NULL && (w = new_waiter()) == NULL) {
        if (*timeout_ns < 0 || *timeout_ns > NAP_NS)
            *timeout_ns = NAP_NS;
        return NULL;
    }
    w->entries = entries;
    w->count = count;
    pthread_mutex_lock(&lock);
    if (idem_is_woken(entries, count))
        *timeout_ns = 0;
    w->next = waiting;
    waiting = w;
    pthread_mutex_unlock(&lock);
    return w;
}

static void end_wait(waiter *w, bool signalled)
{
    waiter **at;

    if (w == NULL)
        return;
    pthread_mutex_lock(&lock);
    for (at = &waiting; *at != w; at = &(*at)->next)
        continue;
    *at = w->next;
    if (signalled)
        idem_posix_calm_alarm(&w->alarm);
    w->next = idle;
    idle = w;
    pthread_mutex_unlock(&lock);
}

void idem_posix_wake(idem_os_socket *s, unsigned events)
{
    const waiter *w;

    pthread_mutex_lock(&lock);
    atomic_fetch_or(&s->woken, events);
    for (w = waiting; w != NULL; w = w->next) {
        if (idem_waits_for(w->entries, w->count, s, events))
            idem_posix_raise_alarm(&w->alarm);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- Poll -------------------------------------------------------------- */

int idem_posix_milliseconds(int64_t timeout_ns)
{
    int64_t ms;

    if (timeout_ns <= 0)
        return timeout_ns < 0 ? -1 : 0;
    ms = (timeout_ns - 1) / IDEM_NS_PER_MS + 1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

struct timespec idem_posix_timespec(int64_t timeout_ns)
{
    struct timespec t;

    if (timeout_ns > LONGEST_NS) /* a time_t of 32 bits ends soon */
        timeout_ns = LONGEST_NS;
    t.tv_sec = (time_t)(timeout_ns / IDEM_NS_PER_S);
    t.tv_nsec = (long)(timeout_ns % IDEM_NS_PER_S);
    return t;
}

int idem_posix_poll(struct pollfd *fds, size_t count, int64_t timeout_ns)
{
#ifdef __APPLE__ /* has no ppoll */
    return poll(fds, (nfds_t)count, idem_posix_milliseconds(timeout_ns));
#else
    struct timespec t = idem_posix_timespec(timeout_ns);

    return ppoll(fds, (nfds_t)count, timeout_ns < 0 ? NULL : &t, NULL);
#endif
}

short idem_posix_native_events(unsigned events)
{
    int native = 0;

    if (events & IDEM_POLLIN)
        native |= POLLIN;
    if (events & IDEM_POLLOUT)
        native |= POLLOUT;
    return (short)native;
}

unsigned idem_posix_neutral_events(short native)
{
    unsigned events = 0;

    if (native & POLLIN)
        events |= IDEM_POLLIN;
    if (native & POLLOUT)
        events |= IDEM_POLLOUT;
    if (native & (POLLERR | POLLNVAL))
        events |= IDEM_POLLERR;
    if (native & POLLHUP)
        events |= IDEM_POLLHUP;
    return events;
}

/* Returns whether a wake-up has to be listened for. */
static bool fill(struct pollfd *fds, const idem_os_pollfd *entries,
                 size_t count)
{
    bool shared = false;
    size_t i;

    for (i = 0; i < count; i++) {
        const idem_os_socket *s = entries[i].socket;

        fds[i].fd = s == NULL ? -1 : s->fd;
        fds[i].events = idem_posix_native_events(entries[i].events);
        fds[i].revents = 0;
        shared = shared || (s != NULL && !idem_posix_is_patient(s));
    }
    return shared;
}

static size_t take(idem_os_pollfd *entries, const struct pollfd *fds,
                   size_t count)
{
    size_t ready = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        entries[i].revents = idem_posix_neutral_events(fds[i].revents);
        ready += entries[i].revents != 0;
    }
    return ready;
}

/* pre: fds has room for one more. */
static idem_error poll_fds(struct pollfd *fds, idem_os_pollfd *entries,
                           size_t count, int64_t timeout_ns, size_t *ready)
{
    waiter *w = NULL;
    size_t watched = count;
    int native;
    int result;

    if (fill(fds, entries, count) && timeout_ns != 0)
        w = begin_wait(entries, count, &timeout_ns);
    if (w != NULL) {
        fds[watched].fd = w->alarm.read_fd;
        fds[watched].events = POLLIN;
        fds[watched++].revents = 0;
    }
    result = idem_posix_poll(fds, watched, timeout_ns);
    native = errno;
    end_wait(w, w != NULL && fds[count].revents != 0);
    if (result < 0)
        return idem_posix_fail(native);
    *ready = take(entries, fds, count);
    return IDEM_OK;
}

idem_error idem_os_poll(idem_os_pollfd *entries, size_t count,
                        int64_t timeout_ns, size_t *ready)
{
    struct pollfd few[FEW + 1];
    struct pollfd *fds = few;
    idem_error err;

    *ready = 0;
    if (count > FEW && (fds = malloc((count + 1) * sizeof(*fds))) == NULL)
        return IDEM_ENOMEM;
    err = poll_fds(fds, entries, count, timeout_ns, ready);
    if (fds != few)
        free(fds);
    return err;
}
