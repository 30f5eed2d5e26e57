/* Moving bytes: one attempt each. */
#include "win32.h"

#include <limits.h>

/* What one attempt moves at most. Lengths are int here, and the system locks
 * the memory of a transfer, which it has not without end. */
#define MOST (1 << 20)

static int clamp(size_t length)
{
    return length < MOST ? (int)length : MOST;
}

/* ---- Streams ----------------------------------------------------------- */

/* Want of memory for an overlapped call: it can be waited for otherwise. */
static bool is_shortage(DWORD code)
{
    return code == WSAENOBUFS || code == ERROR_NO_SYSTEM_RESOURCES
           || code == ERROR_WORKING_SET_QUOTA;
}

/* Receive by an overlapped call, which is the cheapest wait there is. */
static DWORD recv_patiently(idem_os_socket *s, void *buf, size_t cap,
                            idem_deadline *d, DWORD *got)
{
    const idem_os_pollfd one = { s, IDEM_POLLIN, 0 };
    WSABUF part = { (ULONG)clamp(cap), buf };
    win32_wait *w = win32_begin_wait(&one, 1);
    DWORD native = 0;
    DWORD code = 0;

    if (w == NULL)
        return WSAEWOULDBLOCK;
    if (WSARecv(s->handle, &part, 1, got, &native, &w->overlapped, NULL) != 0)
        code = (DWORD)WSAGetLastError();
    if (code == WSA_IO_PENDING)
        code = win32_finish(w, s->handle, d, got);
    win32_end_wait(w);
    if (code == WSA_OPERATION_ABORTED || is_shortage(code))
        return WSAEWOULDBLOCK;
    return code;
}

/* A connection the system gave up by itself is as good as reset. */
idem_error win32_stream_fail(DWORD code)
{
    idem_error err = win32_fail(code);

    return err == IDEM_ECONNABORTED ? IDEM_ECONNRESET : err;
}

idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap, int flags,
                        idem_deadline *d, size_t *got)
{
    int n = recv(s->handle, buf, clamp(cap), bsd_flags(flags));
    DWORD code = n < 0 ? (DWORD)WSAGetLastError() : 0;
    DWORD more = 0;

    /* Peeking has no overlapped form. */
    if (code == WSAEWOULDBLOCK && d->timeout_ns != 0 && flags == 0) {
        code = recv_patiently(s, buf, cap, d, &more);
        n = (int)more;
    }
    /* Wine before 10 tells a reset as the end of the stream. */
    if (code == 0 && n == 0 && win32_is_reset(s))
        code = WSAECONNRESET;
    *got = code == 0 ? (size_t)n : 0;
    return code == 0 ? IDEM_OK : win32_stream_fail(code);
}

/* An overlapped send that is withdrawn cannot tell how much of it went out:
 * this never waits. */
idem_error idem_os_send(idem_os_socket *s, const void *data, size_t len,
                        int flags, idem_deadline *d, size_t *sent)
{
    int n = send(s->handle, data, clamp(len), bsd_flags(flags));

    (void)d;
    *sent = n < 0 ? 0 : (size_t)n;
    return n < 0 ? win32_stream_fail((DWORD)WSAGetLastError()) : IDEM_OK;
}

/* ---- Datagrams --------------------------------------------------------- */

/* A closed port at the other end is a reset here. It is told to the socket
 * that asked for it by being connected, and nobody else's concern. */
idem_error win32_datagram_fail(const idem_os_socket *s, DWORD code)
{
    idem_error err = win32_fail(code);

    if (err != IDEM_ECONNRESET && err != IDEM_ENETRESET)
        return err;
    return atomic_load(&s->has_peer) ? IDEM_ECONNREFUSED : IDEM_EINTR;
}

idem_error idem_os_recvfrom(idem_os_socket *s, void *buf, size_t cap, int flags,
                            idem_deadline *d, size_t *got, idem_address *from)
{
    bsd_sockaddr name;
    int size = sizeof(name);
    int n = recvfrom(s->handle, buf, clamp(cap), bsd_flags(flags), &name.any,
                     &size);
    DWORD code = n < 0 ? (DWORD)WSAGetLastError() : 0;

    (void)d; /* waiting for a datagram is idem_os_poll()'s */
    *got = 0;
    if (code != 0 && code != WSAEMSGSIZE)
        return win32_datagram_fail(s, code);
    if (from != NULL)
        bsd_to_address(from, &name, size);
    /* A cut datagram: an error here, and not on POSIX. */
    *got = code == 0 ? (size_t)n : cap;
    return code == 0 ? IDEM_OK : win32_fail(code);
}

idem_error idem_os_sendto(idem_os_socket *s, const void *data, size_t len,
                          int flags, idem_deadline *d, const idem_address *to,
                          size_t *sent)
{
    bsd_sockaddr name;
    int size = to == NULL ? 0 : bsd_from_address(&name, to);
    int n;

    (void)d;
    *sent = 0;
    if (len > INT_MAX)
        return win32_fail(WSAEMSGSIZE);
    n = sendto(s->handle, data, (int)len, bsd_flags(flags),
               to == NULL ? NULL : &name.any, size);
    if (n < 0)
        return win32_datagram_fail(s, (DWORD)WSAGetLastError());
    *sent = (size_t)n;
    return IDEM_OK;
}
