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
#include <sys/socket.h>
#include <unistd.h>

#include "../bsd_sockaddr.h"

/* Waiting inside the kernel, bounded by SO_RCVTIMEO and SO_SNDTIMEO, and woken
 * by shutdown: what Linux does for every call, and others only for some. */
#if defined(__linux__) && !defined(IDEM_NO_PATIENCE)
#define POSIX_PATIENCE 1
#else
#define POSIX_PATIENCE 0
#endif

#ifndef MSG_NOSIGNAL /* macOS: an option of the socket instead */
#define MSG_NOSIGNAL 0
#endif

/* The neutral code of an errno. */
idem_error posix_fail(int native);

/* The same for a socket call that returned less than 0. */
static inline idem_error posix_result(long result)
{
    return result < 0 ? posix_fail(errno) : IDEM_OK;
}

/* Directions, as indices of idem_os_socket.bound_ms. */
enum {
    POSIX_RECV,
    POSIX_SEND
};

/* See to it that a call in this direction, left to wait in the kernel, ends
 * within what is left of d, and not before half of it. False: it must not be
 * left to wait there. limit_ns: wait no longer than that, negative for none. */
bool posix_bound(idem_os_socket *s, int way, idem_deadline *d,
                 int64_t limit_ns);

/* Take away what posix_bound() has set. */
void posix_unbound(idem_os_socket *s);

/* Make the descriptor (non-)blocking, if it is not. */
idem_error posix_set_blocking(idem_os_socket *s, bool blocking);

/* End the waits of idem_os_poll() for the events, now and later. */
void posix_wake(idem_os_socket *s, unsigned events);

#endif /* IDEM_POSIX_H */
