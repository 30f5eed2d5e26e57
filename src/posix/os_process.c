/* Clock and lock. */
#include "posix.h"

#include <pthread.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

/* ---- Clock ------------------------------------------------------------- */

int64_t idem_os_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
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

    /* The wall clock may jump: the sleep is then too short or too long by one
     * nap, and its caller naps again. */
    clock_gettime(CLOCK_REALTIME, &until);
    timeout_ns += until.tv_nsec;
    until.tv_sec += (time_t)(timeout_ns / NS_PER_S);
    until.tv_nsec = (long)(timeout_ns % NS_PER_S);
    pthread_cond_timedwait(&sleepers, &lock, &until);
}

void idem_os_wake_sleepers(void)
{
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&sleepers);
    pthread_mutex_unlock(&lock);
}
