/* Clock, lock, threads. */
#include "posix.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* ---- Clock ------------------------------------------------------------- */

int64_t idem_os_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * IDEM_NS_PER_S + t.tv_nsec;
}

/* ---- Features ---------------------------------------------------------- */

bool idem_os_has(int feature)
{
    if (feature == IDEM_HAS_FD_PASSING)
        return true;
    /* Sharing works by way of such a name. */
    return BSD_ABSTRACT_NAMES
           && (feature == IDEM_HAS_UNIX_ABSTRACT || feature == IDEM_HAS_SHARE);
}

/* ---- Lock -------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sleepers = PTHREAD_COND_INITIALIZER;

void idem_os_lock(void)
{
    pthread_mutex_lock(&lock);
}

void idem_os_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void idem_os_sleep(int64_t timeout_ns)
{
    struct timespec until;

    /* A wall clock that is set back makes the sleep longer. Whoever matters
     * wakes the sleeper before. */
    clock_gettime(CLOCK_REALTIME, &until);
    timeout_ns += until.tv_nsec;
    until.tv_sec += (time_t)(timeout_ns / IDEM_NS_PER_S);
    until.tv_nsec = (long)(timeout_ns % IDEM_NS_PER_S);
    pthread_cond_timedwait(&sleepers, &lock, &until);
}

void idem_os_wake_sleepers(void)
{
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&sleepers);
    pthread_mutex_unlock(&lock);
}

/* ---- Threads ----------------------------------------------------------- */

/* A thread may come back from the name service, or from another process, when
 * the program has unloaded the library, or the one that contains it: its code
 * must be there. */
static void stay_loaded(void)
{
    Dl_info self;

    if (dladdr(&lock, &self) != 0 && self.dli_fname != NULL)
        (void)dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Signals are for the program's own threads; the mask is handed down. */
static int start_deaf(const pthread_attr_t *how, void *(*run)(void *),
                      void *arg)
{
    sigset_t all;
    sigset_t before;
    pthread_t ignored;
    int native;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    native = pthread_create(&ignored, how, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return native;
}

idem_error idem_posix_start_thread(void *(*run)(void *), void *arg)
{
    static pthread_once_t loaded = PTHREAD_ONCE_INIT;
    pthread_attr_t how;
    int native = pthread_attr_init(&how);

    pthread_once(&loaded, stay_loaded);
    if (native == 0) {
        pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
        native = start_deaf(&how, run, arg);
        pthread_attr_destroy(&how);
    }
    return native == 0 ? IDEM_OK : idem_os_fail(native, IDEM_EPROCLIM);
}

static void *run_worker(void *unused)
{
    (void)unused;
    idem_lookup_work();
    return NULL;
}

idem_error idem_os_start_worker(void)
{
    return idem_posix_start_thread(run_worker, NULL);
}

/* ---- Forks ------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
atomic_uint idem_posix_forks;
atomic_uint idem_posix_copies;

static void before_fork(void)
{
    idem_posix_waits_before_fork();
    pthread_mutex_lock(&lock);
    if (atomic_load(&idem_posix_copies) < POSIX_MANY_COPIES)
        atomic_fetch_add(&idem_posix_copies, 1);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
    idem_posix_waits_after_fork();
}

static void in_child(void)
{
    atomic_fetch_add(&idem_posix_forks, 1);
    pthread_mutex_unlock(&lock);
    idem_posix_waits_in_child();
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
}

void idem_posix_start(void)
{
    pthread_once(&once, watch_forks);
}
