/* What the POSIX backend keeps of a socket. */
#ifndef IDEM_OS_TYPES_H
#define IDEM_OS_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __has_include
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define IDEM_OS_TELLS_THREADS 1
#endif
#endif

static inline bool idem_os_one_thread(void)
{
#ifdef IDEM_OS_TELLS_THREADS
    return __libc_single_threaded;
#else
    return false;
#endif
}

/* Bytes of the name of a Unix socket, without a NUL at the end. */
#ifdef __linux__
#define IDEM_OS_PATH_MAX 107
#else
#define IDEM_OS_PATH_MAX 103
#endif

/* Bytes that another process needs to import a socket. */
#define IDEM_OS_EXPORT_SIZE 32

/* A socket that is ours alone may wait in the kernel, and be woken by shutting
 * it down. It ceases to be alone by dup, and in the child by a fork; it never
 * becomes so again, and from then on nothing is set on the descriptor but
 * non-blocking mode.
 *
 * limit_ms is only changed by a call that found nobody else inside; streak is
 * but a guess. alone, blocking, wanted and listening are only changed
 * under idem_os_lock().
 *
 * The descriptor becomes blocking when something is first left to wait in the
 * kernel, and non-blocking for what has no flag to say that it must not wait:
 * connect, sendfile, and accept. A listener that is non-blocking stays so, and
 * so does a descriptor that a fork has copied: the child relies on it. */
typedef struct idem_os_socket {
    int fd;
    uint16_t generation;          /* of the process that made it */
    uint16_t copies;              /* idem_posix_copies, then */
    _Atomic(int16_t) limit_ms[2]; /* what SO_RCVTIMEO and SO_SNDTIMEO hold; 0
                                     for ever, negative unknown */
    _Atomic(uint16_t) nowait;     /* calls inside that need non-blocking mode */
    atomic_bool wanted;           /* blocking mode, where it may be */
    _Atomic(uint8_t) woken;       /* what nobody waits for any more */
    atomic_bool alone;            /* nobody else holds it */
    atomic_bool sleepers; /* not alone, but a call may wait in the kernel */
    atomic_bool blocking; /* the descriptor is */
    atomic_bool listening;
    _Atomic(int8_t) streak[2]; /* tries that may have waited, since one was
                                  timed; negative: none is expected to wait,
                                  or the first of all has just waited */
    bool stream;
    bool local; /* a Unix socket: it never waits in the kernel, where a limit
                   would be for each part of a transfer, and a shutdown does not
                   wake all who wait */
} idem_os_socket;

/* What it keeps of a socket in a selector. */
typedef struct idem_os_watch {
    /* With epoll what was asked, with poll where it is listed, with kqueue
     * which of the last events is its own. */
    unsigned note;
} idem_os_watch;

#endif /* IDEM_OS_TYPES_H */
