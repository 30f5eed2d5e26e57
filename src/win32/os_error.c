/* From Winsock's and Win32's codes to the neutral ones. */
#include "win32.h"

/* X(native, neutral): codes that overlapped results and the layers below give
 * where Winsock has a number of its own. Sorted by the neutral code. */
/* clang-format off */
#define WIN32_ERROR_MAP(X)                                                     \
    X(ERROR_PATH_NOT_FOUND,       IDEM_ENOENT)                                 \
    X(ERROR_OUTOFMEMORY,          IDEM_ENOMEM)                                 \
    X(ERROR_ACCESS_DENIED,        IDEM_EACCES)                                 \
    X(ERROR_INSUFFICIENT_BUFFER,  IDEM_EFAULT)                                 \
    X(ERROR_NOACCESS,             IDEM_EFAULT)                                 \
    X(ERROR_INVALID_PARAMETER,    IDEM_EINVAL)                                 \
    X(ERROR_TOO_MANY_OPEN_FILES,  IDEM_EMFILE)                                 \
    X(ERROR_INVALID_HANDLE,       IDEM_ENOTSOCK)                               \
    X(WSAEBADF,                   IDEM_ENOTSOCK)                               \
    X(ERROR_MORE_DATA,            IDEM_EMSGSIZE)                               \
    X(ERROR_NOT_SUPPORTED,        IDEM_EOPNOTSUPP)                             \
    X(ERROR_ADDRESS_ALREADY_ASSOCIATED, IDEM_EADDRINUSE)                       \
    X(ERROR_NETWORK_UNREACHABLE,  IDEM_ENETUNREACH)                            \
    X(ERROR_CONNECTION_ABORTED,   IDEM_ECONNABORTED)                           \
    X(ERROR_NETNAME_DELETED,      IDEM_ECONNRESET)                             \
    X(ERROR_PORT_UNREACHABLE,     IDEM_ECONNRESET)                             \
    X(ERROR_NO_SYSTEM_RESOURCES,  IDEM_ENOBUFS)                                \
    X(ERROR_CONNECTION_INVALID,   IDEM_ENOTCONN)                               \
    X(ERROR_SEM_TIMEOUT,          IDEM_ETIMEDOUT)                              \
    X(ERROR_CONNECTION_REFUSED,   IDEM_ECONNREFUSED)                           \
    X(ERROR_HOST_UNREACHABLE,     IDEM_EHOSTUNREACH)
/* clang-format on */

/* Our numbers are Winsock's: a code on the list is its own neutral code. */
static idem_error own_fail(DWORD native)
{
    switch (native) {
#define X(name, value, python, text) case value:
        IDEM_ERROR_LIST(X)
#undef X
        return idem_os_fail((int)native, (idem_error)native);
    default:
        return idem_os_fail((int)native, IDEM_SYSCALLFAILURE);
    }
}

idem_error idem_win32_fail(DWORD native)
{
    switch (native) {
#define X(native_code, neutral)                                                \
    case native_code:                                                          \
        return idem_os_fail((int)native, neutral);
        WIN32_ERROR_MAP(X)
#undef X
    default:
        return own_fail(native);
    }
}
