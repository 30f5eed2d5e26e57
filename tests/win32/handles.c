/* What the tests need of handles and files: Windows. */
#include "support.h"

#include "die.h"

#include <winsock2.h>
#include <windows.h>
#include <winioctl.h>

/* ---- Handles ----------------------------------------------------------- */

intptr_t support_native_socket(bool stream)
{
    const SOCKET s = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);

    if (s == INVALID_SOCKET)
        die("socket", (unsigned long)WSAGetLastError());
    return (intptr_t)s;
}

intptr_t support_odd_socket(void)
{
    return (intptr_t)socket(AF_UNIX, SOCK_SEQPACKET, 0); /* -1: not here */
}

intptr_t support_file(void)
{
    const HANDLE file =
        CreateFileA("NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        die("NUL", GetLastError());
    return (intptr_t)file;
}

intptr_t support_not_a_file(void)
{
    const HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    if (event == NULL)
        die("CreateEvent", GetLastError());
    return (intptr_t)event;
}

intptr_t support_high_socket(void)
{
    return -1;
}

void support_close_socket(intptr_t handle)
{
    if (closesocket((SOCKET)handle) != 0)
        die("closesocket", (unsigned long)WSAGetLastError());
}

void support_close_other(intptr_t handle)
{
    if (!CloseHandle((HANDLE)handle))
        die("CloseHandle", GetLastError());
}

bool support_inheritable(intptr_t handle)
{
    DWORD flags;

    if (!GetHandleInformation((HANDLE)handle, &flags))
        die("GetHandleInformation", GetLastError());
    return (flags & HANDLE_FLAG_INHERIT) != 0;
}

static int port_of(SOCKET s)
{
    struct sockaddr_in at;
    int size = sizeof(at);
    int bool_size = sizeof(BOOL);
    BOOL listening = FALSE;

    if (getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, (char *)&listening, &bool_size)
            != 0
        || !listening || getsockname(s, (struct sockaddr *)&at, &size) != 0
        || at.sin_family != AF_INET)
        return 0;
    return ntohs(at.sin_port);
}

int support_port_at(intptr_t handle)
{
    struct sockaddr_in at;
    int size = sizeof(at);

    if (getsockname((SOCKET)handle, (struct sockaddr *)&at, &size) != 0
        || at.sin_family != AF_INET)
        return 0;
    return ntohs(at.sin_port);
}

int support_listening_port(void)
{
    uintptr_t handle;
    int port = 0;

    for (handle = 4; handle < 1024 && port == 0; handle += 4)
        port = port_of((SOCKET)handle);
    return port;
}

/* No call tells; what a receive answers does, where there is nothing there. */
int support_blocking(intptr_t handle)
{
    const SOCKET s = (SOCKET)handle;
    const DWORD short_ms = 1;
    const DWORD none = 0;
    DWORD code = 0;
    char c;

    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&short_ms,
               sizeof(short_ms));
    if (recv(s, &c, 1, MSG_PEEK) < 0)
        code = (DWORD)WSAGetLastError();
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&none, sizeof(none));
    if (code == WSAETIMEDOUT)
        return 1;
    return code == WSAEWOULDBLOCK ? 0 : -1;
}

bool support_tells_connecting(void)
{
    return false;
}

static bool has_limit(intptr_t handle, int option)
{
    DWORD limit_ms = 1;
    int size = sizeof(limit_ms);

    if (getsockopt((SOCKET)handle, SOL_SOCKET, option, (char *)&limit_ms, &size)
        != 0)
        die("getsockopt", (unsigned long)WSAGetLastError());
    return limit_ms != 0;
}

bool support_has_time_limit(intptr_t handle)
{
    return has_limit(handle, SO_RCVTIMEO) || has_limit(handle, SO_SNDTIMEO);
}

bool support_refuse_offload(intptr_t handle)
{
    (void)handle;
    return false;
}

void support_reset_on_close(intptr_t handle)
{
    const struct linger linger = { 1, 0 };

    if (setsockopt((SOCKET)handle, SOL_SOCKET, SO_LINGER, (const char *)&linger,
                   sizeof(linger))
        != 0)
        die("SO_LINGER", (unsigned long)WSAGetLastError());
}

/* ---- Files ------------------------------------------------------------- */

intptr_t support_new_file(bool readable)
{
    const DWORD flags = FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE;
    const DWORD access = GENERIC_WRITE | DELETE | (readable ? GENERIC_READ : 0);
    char folder[MAX_PATH + 1], path[MAX_PATH + 1];
    DWORD ignored;
    HANDLE h;

    if (GetTempPathA(sizeof(folder), folder) == 0
        || GetTempFileNameA(folder, "idm", 0, path) == 0)
        die("GetTempFileName", GetLastError());
    h = CreateFileA(path, access, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, flags,
                    NULL);
    if (h == INVALID_HANDLE_VALUE)
        die(path, GetLastError());
    /* Where it is not known, what is not written is room on the disk. */
    (void)DeviceIoControl(h, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &ignored,
                          NULL);
    return (intptr_t)h;
}

void support_write_at(intptr_t file, uint64_t offset, const void *data,
                      size_t size)
{
    OVERLAPPED o = { 0 };
    DWORD n = 0;

    o.Offset = (DWORD)(offset & 0xffffffffu);
    o.OffsetHigh = (DWORD)(offset >> 32);
    if (!WriteFile((HANDLE)file, data, (DWORD)size, &n, &o) || n != size)
        die("WriteFile", GetLastError());
}

void support_truncate(intptr_t file, uint64_t size)
{
    LARGE_INTEGER to;

    to.QuadPart = (LONGLONG)size;
    if (!SetFilePointerEx((HANDLE)file, to, NULL, FILE_BEGIN)
        || !SetEndOfFile((HANDLE)file))
        die("SetEndOfFile", GetLastError());
}

void support_pipe(intptr_t ends[2])
{
    HANDLE from, to;

    if (!CreatePipe(&from, &to, NULL, 1 << 16))
        die("CreatePipe", GetLastError());
    ends[0] = (intptr_t)from;
    ends[1] = (intptr_t)to;
}

void support_write(intptr_t pipe_end, const void *data, size_t size)
{
    DWORD n = 0;

    if (!WriteFile((HANDLE)pipe_end, data, (DWORD)size, &n, NULL) || n != size)
        die("WriteFile", GetLastError());
}

/* There is no such signal. */
bool support_pipe_signal_is_clean(void)
{
    return true;
}
