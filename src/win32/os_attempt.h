/* Moving bytes: one attempt each. Included by attempt.h. */
#ifndef IDEM_OS_ATTEMPT_H
#define IDEM_OS_ATTEMPT_H

#include "win32.h"

#include <limits.h>

static inline int idem_win32_clamp(size_t length)
{
    return length < WIN32_MOST ? (int)length : WIN32_MOST;
}

/* ---- Streams ----------------------------------------------------------- */

static inline idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap,
                                      int flags, idem_deadline *d, size_t *got)
{
    int n = recv(s->handle, buf, idem_win32_clamp(cap), bsd_flags(flags));
    DWORD code = n < 0 ? (DWORD)WSAGetLastError() : 0;
    DWORD more = 0;

    /* Peeking has no overlapped form. */
    if (code == WSAEWOULDBLOCK && d->timeout_ns != 0 && flags == 0) {
        code =
            idem_win32_recv_patiently(s, buf, idem_win32_clamp(cap), d, &more);
        n = (int)more;
    }
    /* Wine before 10 tells a reset as the end of the stream. */
    if (code == 0 && n == 0 && idem_win32_is_reset(s))
        code = WSAECONNRESET;
    *got = code == 0 ? (size_t)n : 0;
    return code == 0 ? IDEM_OK : idem_win32_stream_fail(code);
}

/* An overlapped send that is withdrawn cannot tell how much of it went out:
 * this never waits. */
static inline idem_error idem_os_send(idem_os_socket *s, const void *data,
                                      size_t len, int flags, idem_deadline *d,
                                      size_t *sent)
{
    int n = send(s->handle, data, idem_win32_clamp(len), bsd_flags(flags));

    (void)d;
    *sent = n < 0 ? 0 : (size_t)n;
    return n < 0 ? idem_win32_stream_fail((DWORD)WSAGetLastError()) : IDEM_OK;
}

/* ---- Datagrams --------------------------------------------------------- */

static inline idem_error idem_os_recvfrom(idem_os_socket *s, void *buf,
                                          size_t cap, int flags,
                                          idem_deadline *d, size_t *got,
                                          idem_address *from)
{
    bsd_sockaddr name;
    int size = sizeof(name);
    int n = recvfrom(s->handle, buf, idem_win32_clamp(cap), bsd_flags(flags),
                     &name.any, &size);
    DWORD code = n < 0 ? (DWORD)WSAGetLastError() : 0;

    (void)d; /* waiting for a datagram is idem_os_poll()'s */
    *got = 0;
    if (code != 0 && code != WSAEMSGSIZE)
        return idem_win32_datagram_fail(s, code);
    if (from != NULL)
        bsd_to_address(from, &name, size);
    /* A cut datagram: an error here, and not on POSIX. */
    *got = code == 0 ? (size_t)n : cap;
    return code == 0 ? IDEM_OK : idem_win32_fail(code);
}

static inline idem_error idem_os_sendto(idem_os_socket *s, const void *data,
                                        size_t len, int flags, idem_deadline *d,
                                        const idem_address *to, size_t *sent)
{
    bsd_sockaddr name;
    int size = to == NULL ? 0 : bsd_from_address(&name, to);
    int n;

    (void)d;
    *sent = 0;
    if (len > INT_MAX)
        return idem_win32_fail(WSAEMSGSIZE);
    n = sendto(s->handle, data, (int)len, bsd_flags(flags),
               to == NULL ? NULL : &name.any, size);
    if (n < 0)
        return idem_win32_datagram_fail(s, (DWORD)WSAGetLastError());
    *sent = (size_t)n;
    return IDEM_OK;
}

#endif /* IDEM_OS_ATTEMPT_H */
