/* Handing a socket to another process. Winsock does it: the handle is made in
 * the other process at once, and stays there. */
#include "win32.h"

/* What Winsock says is about a handle of that process, and would be taken for
 * one of any other. */
typedef struct note {
    DWORD pid;
    WSAPROTOCOL_INFOW native;
} note;

_Static_assert(sizeof(note) == IDEM_OS_EXPORT_SIZE, "its size");

idem_error idem_os_export(idem_os_socket *s, bool busy, long pid, void *info)
{
    note n = { .pid = (DWORD)pid };

    (void)busy;
    if (WSADuplicateSocketW(s->handle, n.pid, &n.native) != 0)
        return idem_win32_fail((DWORD)WSAGetLastError());
    memcpy(info, &n, sizeof(n));
    return IDEM_OK;
}

/* Bytes that Winsock has not written: it may find anything wrong with them. */
static bool is_refused(idem_error err)
{
    switch ((int)err) {
    case IDEM_EACCES:
    case IDEM_EFAULT:
    case IDEM_ENOTSOCK:
    case IDEM_EPROTONOSUPPORT:
    case IDEM_ESOCKTNOSUPPORT:
    case IDEM_EOPNOTSUPP:
    case IDEM_EAFNOSUPPORT:
        return true;
    default:
        return false;
    }
}

static idem_error take_over(idem_os_socket *s, SOCKET handle,
                            idem_os_kind *kind)
{
    idem_error err = idem_os_inspect((intptr_t)handle, kind);

    if (!err)
        err = idem_os_adopt(s, (intptr_t)handle, kind);
    if (err)
        closesocket(handle);
    return err;
}

idem_error idem_os_import(idem_os_socket *s, const void *info,
                          idem_os_kind *kind)
{
    SOCKET handle;
    note n;
    idem_error err = idem_win32_start();

    if (err)
        return err;
    memcpy(&n, info, sizeof(n));
    if (n.pid != GetCurrentProcessId())
        return IDEM_EINVAL;
    err = idem_win32_open_shared(&n.native, &handle);
    if (!err)
        err = take_over(s, handle, kind);
    return is_refused(err) ? IDEM_EINVAL : err;
}
