/* What the native codes become: Windows. */
#include "win32.h"

#include "native.h"

#define ROW(native, neutral)                                                   \
    {                                                                          \
#native, native, neutral                                               \
    }

/* clang-format off */
const native_error native_errors[] = {
    ROW(ERROR_PATH_NOT_FOUND,             2),
    ROW(ERROR_OUTOFMEMORY,                8),
    ROW(ERROR_ACCESS_DENIED,              10013),
    ROW(ERROR_INSUFFICIENT_BUFFER,        10014),
    ROW(ERROR_NOACCESS,                   10014),
    ROW(ERROR_INVALID_PARAMETER,          10022),
    ROW(ERROR_TOO_MANY_OPEN_FILES,        10024),
    ROW(ERROR_INVALID_HANDLE,             10038),
    ROW(WSAEBADF,                         10038),
    ROW(ERROR_MORE_DATA,                  10040),
    ROW(ERROR_NOT_SUPPORTED,              10045),
    ROW(ERROR_ADDRESS_ALREADY_ASSOCIATED, 10048),
    ROW(ERROR_NETWORK_UNREACHABLE,        10051),
    ROW(ERROR_CONNECTION_ABORTED,         10053),
    ROW(ERROR_NETNAME_DELETED,            10054),
    ROW(ERROR_PORT_UNREACHABLE,           10054),
    ROW(ERROR_NO_SYSTEM_RESOURCES,        10055),
    ROW(ERROR_CONNECTION_INVALID,         10057),
    ROW(ERROR_SEM_TIMEOUT,                10060),
    ROW(ERROR_CONNECTION_REFUSED,         10061),
    ROW(ERROR_HOST_UNREACHABLE,           10065),
};
/* clang-format on */
const size_t native_error_count = CHECK_COUNT(native_errors);

const bool native_has_ours = true;

idem_error native_fail(int native)
{
    return idem_win32_fail((DWORD)native);
}
