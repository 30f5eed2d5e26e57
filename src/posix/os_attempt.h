/* Moving bytes: one attempt each. Included by attempt.h. */
#ifndef IDEM_OS_ATTEMPT_H
#define IDEM_OS_ATTEMPT_H

#include "posix.h"

#include <limits.h>
#include <sys/uio.h>

/* Systems differ in what they do with more than an int holds. */
static inline size_t idem_posix_clamp(size_t length)
{
    return length < INT_MAX ? length : INT_MAX;
}

/* ---- Streams ----------------------------------------------------------- */

static inline idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap,
                                      int flags, idem_deadline *d, size_t *got)
{
    int native = idem_posix_first_flags(s, POSIX_RECV, flags, d);
    ssize_t n;

    do
        n = recv(s->fd, buf, idem_posix_clamp(cap), native);
    while (idem_posix_tries_again(s, POSIX_RECV, d, n, &native));
    *got = n < 0 ? 0 : (size_t)n;
    return idem_posix_result(n);
}

static inline idem_error idem_os_send(idem_os_socket *s, const void *data,
                                      size_t len, int flags, idem_deadline *d,
                                      size_t *sent)
{
    int native = idem_posix_first_flags(s, POSIX_SEND, flags, d);
    ssize_t n;

    do
        n = send(s->fd, data, idem_posix_clamp(len), native);
    while (idem_posix_tries_again(s, POSIX_SEND, d, n, &native));
    *sent = n < 0 ? 0 : (size_t)n;
    return n < 0 ? idem_posix_send_fail(s, errno) : IDEM_OK;
}

/* ---- Datagrams --------------------------------------------------------- */

#ifdef __linux__
/* One datagram. Returns its own length, also where it did not fit. */
static inline ssize_t idem_posix_receive(int fd, void *buf, size_t cap,
                                         int native, bsd_sockaddr *from,
                                         socklen_t *size)
{
    *size = sizeof(*from);
    return recvfrom(fd, buf, cap, native | MSG_TRUNC, &from->any, size);
}
#else
/* One datagram; one byte more than cap where it did not fit. */
static inline ssize_t idem_posix_receive(int fd, void *buf, size_t cap,
                                         int native, bsd_sockaddr *from,
                                         socklen_t *size)
{
    struct iovec part = { buf, cap };
    struct msghdr m = { 0 };
    ssize_t n;

    m.msg_name = &from->any;
    m.msg_namelen = sizeof(*from);
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    n = recvmsg(fd, &m, native);
    *size = m.msg_namelen;
    return n >= 0 && (m.msg_flags & MSG_TRUNC) ? (ssize_t)cap + 1 : n;
}
#endif

static inline idem_error idem_os_recvfrom(idem_os_socket *s, void *buf,
                                          size_t cap, int flags,
                                          idem_deadline *d, size_t *got,
                                          idem_address *from)
{
    int native = idem_posix_first_flags(s, POSIX_RECV, flags, d);
    bsd_sockaddr name;
    socklen_t size;
    ssize_t n;

    *got = 0;
    cap = idem_posix_clamp(cap);
    do
        n = idem_posix_receive(s->fd, buf, cap, native, &name, &size);
    while (idem_posix_tries_again(s, POSIX_RECV, d, n, &native));
    if (n < 0)
        return idem_posix_fail(errno);
    if (from != NULL)
        bsd_to_address(from, &name, size);
    *got = (size_t)n < cap ? (size_t)n : cap;
    return (size_t)n > cap ? IDEM_EMSGSIZE : IDEM_OK;
}

static inline idem_error idem_os_sendto(idem_os_socket *s, const void *data,
                                        size_t len, int flags, idem_deadline *d,
                                        const idem_address *to, size_t *sent)
{
    int native = idem_posix_first_flags(s, POSIX_SEND, flags, d);
    bsd_sockaddr name;
    socklen_t size = to == NULL ? 0 : bsd_from_address(&name, to);
    ssize_t n;

    *sent = 0;
    if (len > INT_MAX) /* no system would send it; some would send a part */
        return idem_os_fail(EMSGSIZE, IDEM_EMSGSIZE);
    do
        n = sendto(s->fd, data, len, native, to == NULL ? NULL : &name.any,
                   size);
    while (idem_posix_tries_again(s, POSIX_SEND, d, n, &native));
    *sent = n < 0 ? 0 : (size_t)n;
    return n < 0 ? idem_posix_send_fail(s, errno) : IDEM_OK;
}

#endif /* IDEM_OS_ATTEMPT_H */
