/* What the files of the POSIX backend share. */
#ifndef IDEM_POSIX_H
#define IDEM_POSIX_H

#include "../os.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <netinet/udp.h>
#define BSD_ABSTRACT_NAMES 1
#else
#define BSD_ABSTRACT_NAMES 0
#endif

#include "../bsd_flags.h"
#include "../bsd_sockaddr.h"

/* ---- Control data: see bsd_control.h ----------------------------------- */

typedef struct cmsghdr bsd_cmsghdr;
typedef uint16_t bsd_segment;

/* The length has one of two types. */
#define BSD_CMSG_LEN(size) ((socklen_t)CMSG_LEN(size))
#define BSD_CMSG_SPACE(size) CMSG_SPACE(size)
#define BSD_CMSG_DATA(h) CMSG_DATA(h)

#ifdef UDP_SEGMENT
#define BSD_SEGMENT_TYPE UDP_SEGMENT
#define BSD_COALESCED_TYPE UDP_GRO
#else /* there is none: numbers that nothing has */
#define BSD_SEGMENT_TYPE (-1)
#define BSD_COALESCED_TYPE (-1)
#endif

static inline void bsd_set_source(struct in_pktinfo *info, const uint8_t *ip)
{
    memcpy(&info->ipi_spec_dst, ip, 4);
}

/* ---- The rest ---------------------------------------------------------- */

/* Waiting inside the kernel, bounded by SO_RCVTIMEO and SO_SNDTIMEO, and woken
 * by shutdown: what Linux does for every call, and others only for some. */
#if defined(__linux__) && !defined(IDEM_NO_PATIENCE)
#define POSIX_PATIENCE 1
#else
#define POSIX_PATIENCE 0
#endif

#ifndef MSG_NOSIGNAL /* older macOS: an option of the socket instead */
#define MSG_NOSIGNAL 0
#endif

/* The neutral code of an errno. */
idem_error idem_posix_fail(int native);

/* The same for a socket call that returned less than 0. */
static inline idem_error idem_posix_result(long result)
{
    return IDEM_UNLIKELY(result < 0) ? idem_posix_fail(errno) : IDEM_OK;
}

/* Directions, as indices of idem_os_socket.limit_ms. */
enum {
    POSIX_RECV,
    POSIX_SEND
};

/* Whether nobody else holds the descriptor; see os_types.h. */
bool idem_posix_is_alone(const idem_os_socket *s);

/* Whether calls on the socket wait in the kernel, and shutting it down wakes
 * them. */
bool idem_posix_is_patient(const idem_os_socket *s);

/* Put the descriptor in blocking mode, if it may be, and should. */
bool idem_posix_make_blocking(idem_os_socket *s);

/* Whether this call may wait there. Puts the descriptor in blocking mode. */
bool idem_posix_may_wait(idem_os_socket *s, const idem_deadline *d);

/* See to it that a call in this direction, left to wait in the kernel, ends
 * within what is left of d. False: it must not be left to wait there. */
bool idem_posix_limit_wait(idem_os_socket *s, int way, idem_deadline *d);

/* Whether a first try waits in the kernel: where that is bounded already, or
 * can be for the first time. Starts the clock, unless it waits for ever. */
bool idem_posix_waits_at_once(idem_os_socket *s, int way, idem_deadline *d);

/* The opposite. Calls that are not expected to wait are told at a glance, and
 * look at no clock. */
static inline bool idem_posix_tries_first(idem_os_socket *s, int way,
                                          idem_deadline *d)
{
    const int streak =
        atomic_load_explicit(&s->streak[way], memory_order_relaxed);

    if (IDEM_UNLIKELY(d->timeout_ns == 0))
        return true;
    if (IDEM_LIKELY(streak < 0 && d->timeout_ns > 0))
        return true;
    return !idem_posix_waits_at_once(s, way, d);
}

/* The flags of a first try, and whether one that failed is worth a second, with
 * flags that let it wait; both in the system's terms. */
static inline int idem_posix_first_flags(idem_os_socket *s, int way, int flags,
                                         idem_deadline *d)
{
    int native = bsd_flags(flags);

    if (way == POSIX_SEND)
        native |= MSG_NOSIGNAL;
    if (idem_posix_tries_first(s, way, d))
        native |= MSG_DONTWAIT;
    return native;
}

bool idem_posix_try_patiently(idem_os_socket *s, int way, idem_deadline *d,
                              int *native);

/* Now and then, find out whether a try that succeeded has waited. */
void idem_posix_time_try(idem_os_socket *s, int way, const idem_deadline *d);

/* After each try, with what the system returned. */
static inline bool idem_posix_tries_again(idem_os_socket *s, int way,
                                          idem_deadline *d, ssize_t result,
                                          int *native)
{
    if (IDEM_UNLIKELY(result < 0))
        return idem_posix_try_patiently(s, way, d, native);
    if (IDEM_UNLIKELY(d->at_ns != 0) && !(*native & MSG_DONTWAIT))
        idem_posix_time_try(s, way, d);
    return false;
}

/* The neutral code of a send that failed. */
idem_error idem_posix_send_fail(const idem_os_socket *s, int native);

/* Take away what idem_posix_limit_wait() has set. */
void idem_posix_unlimit_waits(idem_os_socket *s);

/* Between the two, no call waits in the kernel: for those that have no flag to
 * say so. Any number of threads may be there. */
idem_error idem_posix_begin_nonblocking(idem_os_socket *s);
void idem_posix_end_nonblocking(idem_os_socket *s);

/* End the waits of idem_os_poll() for the events, now and later. */
void idem_posix_wake(idem_os_socket *s, unsigned events);

/* ---- Alarms ------------------------------------------------------------ */

/* What ends a wait in poll, or of that kind: it is waited for, too. */
typedef struct idem_posix_alarm {
    int read_fd;  /* can be read from once the alarm was raised */
    int write_fd; /* the same, where there is eventfd */
} idem_posix_alarm;

idem_error idem_posix_open_alarm(idem_posix_alarm *a);
void idem_posix_close_alarm(idem_posix_alarm *a);
void idem_posix_raise_alarm(const idem_posix_alarm *a);
void idem_posix_calm_alarm(const idem_posix_alarm *a);

/* ---- Polling ----------------------------------------------------------- */

/* poll(), to the nanosecond where the system can. */
int idem_posix_poll(struct pollfd *fds, size_t count, int64_t timeout_ns);

/* A timeout that is not for ever; and one for calls that count in milliseconds,
 * where it is rounded up: never early. */
struct timespec idem_posix_timespec(int64_t timeout_ns);
int idem_posix_milliseconds(int64_t timeout_ns);

short idem_posix_native_events(unsigned events);
unsigned idem_posix_neutral_events(short native);

/* ---- Selectors --------------------------------------------------------- */

/* What selectors of every kind begin with. */
struct idem_os_selector {
    pthread_mutex_t lock;
    idem_posix_alarm alarm;
    unsigned generation;   /* of the process that made it */
    atomic_size_t watched; /* how many sockets */
    void *seen;            /* what the wait in progress gets of the system, */
    size_t room;           /* with room for so many */
};

idem_error idem_posix_open_selector(idem_os_selector *sel);
void idem_posix_close_selector(idem_os_selector *sel);

/* See to it that sel->seen has room for what a wait may get, in pieces of this
 * size: no more than the capacity, and than is watched. Returns how much there
 * is; 0 for want of memory. */
int idem_posix_make_room(idem_os_selector *sel, size_t capacity, size_t size);

/* ---- Threads ----------------------------------------------------------- */

/* Start one that nobody waits for; it may outlast the program's use of the
 * library. */
idem_error idem_posix_start_thread(void *(*run)(void *), void *arg);

/* ---- Forks ------------------------------------------------------------- */

/* Watch for them, from the first socket on. */
void idem_posix_start(void);

/* How many forks this process is away from the one that started first. */
extern atomic_uint idem_posix_forks;

static inline uint16_t idem_posix_generation(void)
{
    return (uint16_t)atomic_load_explicit(&idem_posix_forks,
                                          memory_order_relaxed);
}

/* How many forks this process has made, or has behind it: each copied the
 * sockets that there were. Stays at so many. */
#define POSIX_MANY_COPIES UINT16_MAX
extern atomic_uint idem_posix_copies;

/* What os_poll.c does before a fork, behind it, and behind it in the child. */
void idem_posix_waits_before_fork(void);
void idem_posix_waits_after_fork(void);
void idem_posix_waits_in_child(void);

#endif /* IDEM_POSIX_H */
