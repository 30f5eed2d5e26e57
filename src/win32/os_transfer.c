/* Moving bytes: waiting inside a call to receive, and failures. */
#include "win32.h"

/* Want of memory for an overlapped call: it can be waited for otherwise. */
static bool is_shortage(DWORD code)
{
    return code == WSAENOBUFS || code == ERROR_NO_SYSTEM_RESOURCES
           || code == ERROR_WORKING_SET_QUOTA;
}

DWORD idem_win32_recv_patiently(idem_os_socket *s, void *buf, int cap,
                                idem_deadline *d, DWORD *got)
{
    const idem_os_pollfd one = { s, IDEM_POLLIN, 0 };
    WSABUF part = { (ULONG)cap, buf };
    idem_win32_wait *w = idem_win32_begin_wait(&one, 1);
    DWORD native = 0;
    DWORD code = 0;

    if (w == NULL)
        return WSAEWOULDBLOCK;
    if (WSARecv(s->handle, &part, 1, got, &native, &w->overlapped, NULL) != 0)
        code = (DWORD)WSAGetLastError();
    if (code == WSA_IO_PENDING)
        code = idem_win32_finish(w, s->handle, d, got);
    idem_win32_end_wait(w);
    if (code == WSA_OPERATION_ABORTED || is_shortage(code))
        return WSAEWOULDBLOCK;
    return code;
}

/* A connection the system gave up by itself is as good as reset. */
idem_error idem_win32_stream_fail(DWORD code)
{
    idem_error err = idem_win32_fail(code);

    return err == IDEM_ECONNABORTED ? IDEM_ECONNRESET : err;
}

/* A closed port at the other end is a reset here. It is told to the socket
 * that asked for it by being connected, and nobody else's concern. */
idem_error idem_win32_datagram_fail(const idem_os_socket *s, DWORD code)
{
    idem_error err = idem_win32_fail(code);

    if (err != IDEM_ECONNRESET && err != IDEM_ENETRESET)
        return err;
    return atomic_load(&s->has_peer) ? IDEM_ECONNREFUSED : IDEM_EINTR;
}
