/* Files: read, and sent inside the system. */
#include "win32.h"

/* How long to wait for a pipe that has nothing yet: nobody can wake us. */
#define NAP_MS 10

/* No file, not open for reading, a directory: nothing that can be read. */
static idem_error file_fail(DWORD code)
{
    if (code == ERROR_INVALID_HANDLE || code == ERROR_INVALID_FUNCTION
        || code == ERROR_ACCESS_DENIED)
        return idem_os_fail((int)code, IDEM_EBADF);
    return idem_win32_stream_fail(code);
}

/* What is left of a file behind offset; 0: nothing. */
static idem_error size_behind(HANDLE file, uint64_t offset, uint64_t *left)
{
    LARGE_INTEGER size;

    *left = 0;
    if (!GetFileSizeEx(file, &size))
        return file_fail(GetLastError());
    if ((uint64_t)size.QuadPart > offset)
        *left = (uint64_t)size.QuadPart - offset;
    return IDEM_OK;
}

static void set_offset(OVERLAPPED *o, uint64_t offset)
{
    o->Offset = (DWORD)(offset & 0xffffffffu);
    o->OffsetHigh = (DWORD)(offset >> 32);
}

/* ---- Reading ----------------------------------------------------------- */

/* Wait a little for something to read. What is no pipe is read as it is. */
static DWORD await_pipe(HANDLE file, idem_deadline *d)
{
    const int64_t left = idem_deadline_left(d);
    DWORD ms = NAP_MS;
    DWORD there = 0;

    if (GetFileType(file) != FILE_TYPE_PIPE)
        return 0;
    if (!PeekNamedPipe(file, NULL, 0, NULL, &there, NULL))
        return GetLastError();
    if (there > 0)
        return 0;
    if (left == 0)
        return WSAEWOULDBLOCK;
    if (left > 0 && left < NAP_MS * IDEM_NS_PER_MS)
        ms = idem_win32_milliseconds(left);
    Sleep(ms);
    return WSAEINTR;
}

/* At a place, whether the handle waits for its calls or not. */
static DWORD read_at(HANDLE file, uint64_t offset, void *buf, DWORD cap,
                     DWORD *got)
{
    OVERLAPPED o = { 0 };
    DWORD code = 0;

    o.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (o.hEvent == NULL)
        return GetLastError();
    set_offset(&o, offset);
    if (!ReadFile(file, buf, cap, got, &o)) {
        code = GetLastError();
        if (code == ERROR_IO_PENDING)
            code =
                GetOverlappedResult(file, &o, got, TRUE) ? 0 : GetLastError();
    }
    CloseHandle(o.hEvent);
    return code;
}

idem_error idem_os_inspect_file(intptr_t file, bool *seekable)
{
    const DWORD type = GetFileType((HANDLE)file);
    char none;
    DWORD n;
    DWORD code = 0;

    *seekable = type == FILE_TYPE_DISK;
    if (type == FILE_TYPE_UNKNOWN)
        return idem_os_fail((int)GetLastError(), IDEM_EBADF);
    /* Wine sends files that may not be read. */
    if (*seekable)
        code = read_at((HANDLE)file, 0, &none, 0, &n);
    return code == 0 || code == ERROR_HANDLE_EOF ? IDEM_OK : file_fail(code);
}

idem_error idem_os_read_file(intptr_t file, bool seekable, uint64_t offset,
                             void *buf, size_t cap, idem_deadline *d,
                             size_t *got)
{
    const DWORD most = cap < WIN32_MOST ? (DWORD)cap : WIN32_MOST;
    const HANDLE h = (HANDLE)file;
    DWORD code = seekable ? 0 : await_pipe(h, d);
    DWORD n = 0;

    *got = 0;
    if (code == 0)
        code = read_at(h, offset, buf, most, &n);
    /* The end, of a file and of a pipe. */
    if (code == ERROR_HANDLE_EOF || code == ERROR_BROKEN_PIPE)
        return IDEM_OK;
    if (code != 0)
        return file_fail(code);
    *got = n;
    return IDEM_OK;
}

/* ---- Sending ----------------------------------------------------------- */

/* A transfer that is withdrawn cannot tell how much of it went out. So this is
 * only for who waits as long as it takes: behind what ends that wait, nothing
 * can be sent any more. */
static bool can_be_withdrawn(const idem_deadline *d)
{
    return d->timeout_ns < 0;
}

static DWORD transmit(idem_os_socket *s, HANDLE file, uint64_t offset,
                      DWORD count, LPFN_TRANSMITFILE transmit_file,
                      idem_deadline *d, DWORD *sent)
{
    const idem_os_pollfd one = { s, IDEM_POLLOUT, 0 };
    idem_win32_wait *w = idem_win32_begin_wait(&one, 1);
    DWORD code = 0;

    if (w == NULL)
        return ERROR_OUTOFMEMORY;
    *sent = count;
    set_offset(&w->overlapped, offset);
    if (!transmit_file(s->handle, file, count, 0, &w->overlapped, NULL, 0))
        code = (DWORD)WSAGetLastError();
    if (code == WSA_IO_PENDING)
        code = idem_win32_finish(w, s->handle, d, sent);
    set_offset(&w->overlapped, 0); /* it is used again, for sockets */
    idem_win32_end_wait(w);
    return code;
}

idem_error idem_os_sendfile(idem_os_socket *s, intptr_t file, uint64_t offset,
                            uint64_t count, idem_deadline *d, uint64_t *sent)
{
    static const GUID id = WSAID_TRANSMITFILE;
    static atomic_uintptr_t known;
    LPFN_TRANSMITFILE transmit_file;
    uint64_t left;
    DWORD n = 0;
    DWORD code;
    idem_error err;

    *sent = 0;
    if (!can_be_withdrawn(d))
        return IDEM_EOPNOTSUPP;
    err = size_behind((HANDLE)file, offset, &left);
    if (!err && left > 0)
        err = idem_win32_find(s->handle, id, &known, &transmit_file);
    if (err || left == 0)
        return err;
    left = left < count ? left : count;
    code = transmit(s, (HANDLE)file, offset,
                    left < WIN32_MOST ? (DWORD)left : WIN32_MOST, transmit_file,
                    d, &n);
    if (code == WSA_OPERATION_ABORTED)
        return IDEM_EWOULDBLOCK;
    if (code == WSAENOTCONN) /* Wine 8, of a connection that was reset */
        code = WSAECONNRESET;
    if (code != 0)
        return file_fail(code);
    *sent = n;
    return IDEM_OK;
}
