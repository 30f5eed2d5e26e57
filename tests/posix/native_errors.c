/* What the native codes become: POSIX. */
#include "posix.h"

#include "native.h"

#define ROW(native, neutral)                                                   \
    {                                                                          \
#native, native, neutral                                               \
    }

/* clang-format off */
const native_error native_errors[] = {
    ROW(ENOENT,          2),
    ROW(ENOTDIR,         2),
    ROW(ENOMEM,          8),
    ROW(ECANCELED,       995),
    ROW(EINTR,           10004),
    ROW(EACCES,          10013),
    ROW(EPERM,           10013),
    ROW(EROFS,           10013),
    ROW(EFAULT,          10014),
    ROW(EINVAL,          10022),
    ROW(EMFILE,          10024),
    ROW(ENFILE,          10024),
    ROW(EAGAIN,          10035),
    ROW(EINPROGRESS,     10035),
    ROW(EALREADY,        10037),
    ROW(ENOTSOCK,        10038),
    ROW(EBADF,           10038),
    ROW(EDESTADDRREQ,    10039),
    ROW(EMSGSIZE,        10040),
    ROW(EPROTOTYPE,      10041),
    ROW(ENOPROTOOPT,     10042),
    ROW(EPROTONOSUPPORT, 10043),
    ROW(ESOCKTNOSUPPORT, 10044),
    ROW(EOPNOTSUPP,      10045),
    ROW(ENOTSUP,         10045),
    ROW(ENOSYS,          10045),
    ROW(ENOTTY,          10045),
    ROW(EPFNOSUPPORT,    10046),
    ROW(EAFNOSUPPORT,    10047),
    ROW(EADDRINUSE,      10048),
    ROW(EEXIST,          10048),
    ROW(EADDRNOTAVAIL,   10049),
    ROW(ENODEV,          10049),
    ROW(ENXIO,           10049),
    ROW(ENETDOWN,        10050),
    ROW(ENETUNREACH,     10051),
    ROW(ENETRESET,       10052),
    ROW(ECONNABORTED,    10053),
    ROW(ECONNRESET,      10054),
    ROW(EPIPE,           10054),
    ROW(ENOBUFS,         10055),
    ROW(ENOSPC,          10055),
    ROW(EISCONN,         10056),
    ROW(ENOTCONN,        10057),
    ROW(ESHUTDOWN,       10058),
    ROW(ETOOMANYREFS,    10059),
    ROW(ETIMEDOUT,       10060),
    ROW(ECONNREFUSED,    10061),
    ROW(ELOOP,           10062),
    ROW(ENAMETOOLONG,    10063),
    ROW(EHOSTDOWN,       10064),
    ROW(EHOSTUNREACH,    10065),
    ROW(ENOTEMPTY,       10066),
    ROW(EUSERS,          10068),
    ROW(EDQUOT,          10069),
    ROW(ESTALE,          10070),
    ROW(EREMOTE,         10071),
};
/* clang-format on */
const size_t native_error_count = CHECK_COUNT(native_errors);

const bool native_has_ours = false;

idem_error native_fail(int native)
{
    return idem_posix_fail(native);
}
