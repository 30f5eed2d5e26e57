/* From errno to the neutral codes. */
#include "posix.h"

/* X(native, neutral): many to one, sorted by the neutral code. A broken pipe
 * is a peer that has gone: a stream shut down by ourselves never gets here. */
/* clang-format off */
#define POSIX_ERROR_MAP(X)                                                     \
    X(ENOENT,          IDEM_ENOENT)                                            \
    X(ENOTDIR,         IDEM_ENOENT)                                            \
    X(ENOMEM,          IDEM_ENOMEM)                                            \
    X(ECANCELED,       IDEM_ECANCELED)                                         \
    X(EINTR,           IDEM_EINTR)                                             \
    X(EACCES,          IDEM_EACCES)                                            \
    X(EPERM,           IDEM_EACCES)                                            \
    X(EROFS,           IDEM_EACCES)                                            \
    X(EFAULT,          IDEM_EFAULT)                                            \
    X(EINVAL,          IDEM_EINVAL)                                            \
    X(EMFILE,          IDEM_EMFILE)                                            \
    X(ENFILE,          IDEM_EMFILE)                                            \
    X(EAGAIN,          IDEM_EWOULDBLOCK)                                       \
    X(EINPROGRESS,     IDEM_EWOULDBLOCK)                                       \
    X(EALREADY,        IDEM_EALREADY)                                          \
    X(ENOTSOCK,        IDEM_ENOTSOCK)                                          \
    X(EBADF,           IDEM_ENOTSOCK)                                          \
    X(EDESTADDRREQ,    IDEM_EDESTADDRREQ)                                      \
    X(EMSGSIZE,        IDEM_EMSGSIZE)                                          \
    X(EPROTOTYPE,      IDEM_EPROTOTYPE)                                        \
    X(ENOPROTOOPT,     IDEM_ENOPROTOOPT)                                       \
    X(EPROTONOSUPPORT, IDEM_EPROTONOSUPPORT)                                   \
    X(ESOCKTNOSUPPORT, IDEM_ESOCKTNOSUPPORT)                                   \
    X(EOPNOTSUPP,      IDEM_EOPNOTSUPP)                                        \
    X(ENOSYS,          IDEM_EOPNOTSUPP)                                        \
    X(ENOTTY,          IDEM_EOPNOTSUPP)                                        \
    X(EPFNOSUPPORT,    IDEM_EPFNOSUPPORT)                                      \
    X(EAFNOSUPPORT,    IDEM_EAFNOSUPPORT)                                      \
    X(EADDRINUSE,      IDEM_EADDRINUSE)                                        \
    X(EEXIST,          IDEM_EADDRINUSE)                                        \
    X(EADDRNOTAVAIL,   IDEM_EADDRNOTAVAIL)                                     \
    X(ENODEV,          IDEM_EADDRNOTAVAIL)                                     \
    X(ENXIO,           IDEM_EADDRNOTAVAIL)                                     \
    X(ENETDOWN,        IDEM_ENETDOWN)                                          \
    X(ENETUNREACH,     IDEM_ENETUNREACH)                                       \
    X(ENETRESET,       IDEM_ENETRESET)                                         \
    X(ECONNABORTED,    IDEM_ECONNABORTED)                                      \
    X(ECONNRESET,      IDEM_ECONNRESET)                                        \
    X(EPIPE,           IDEM_ECONNRESET)                                        \
    X(ENOBUFS,         IDEM_ENOBUFS)                                           \
    X(ENOSPC,          IDEM_ENOBUFS)                                           \
    X(EISCONN,         IDEM_EISCONN)                                           \
    X(ENOTCONN,        IDEM_ENOTCONN)                                          \
    X(ESHUTDOWN,       IDEM_ESHUTDOWN)                                         \
    X(ETOOMANYREFS,    IDEM_ETOOMANYREFS)                                      \
    X(ETIMEDOUT,       IDEM_ETIMEDOUT)                                         \
    X(ECONNREFUSED,    IDEM_ECONNREFUSED)                                      \
    X(ELOOP,           IDEM_ELOOP)                                             \
    X(ENAMETOOLONG,    IDEM_ENAMETOOLONG)                                      \
    X(EHOSTDOWN,       IDEM_EHOSTDOWN)                                         \
    X(EHOSTUNREACH,    IDEM_EHOSTUNREACH)                                      \
    X(ENOTEMPTY,       IDEM_ENOTEMPTY)                                         \
    X(EUSERS,          IDEM_EUSERS)                                            \
    X(EDQUOT,          IDEM_EDQUOT)                                            \
    X(ESTALE,          IDEM_ESTALE)                                            \
    X(EREMOTE,         IDEM_EREMOTE)

#if ENOTSUP == EOPNOTSUPP
#define POSIX_ERROR_MAP_MORE(X)
#else /* macOS */
#define POSIX_ERROR_MAP_MORE(X)                                                \
    X(ENOTSUP,         IDEM_EOPNOTSUPP)
#endif
/* clang-format on */

idem_error idem_posix_fail(int native)
{
    switch (native) {
#define X(native_code, neutral)                                                \
    case native_code:                                                          \
        return idem_os_fail(native, neutral);
        POSIX_ERROR_MAP(X)
        POSIX_ERROR_MAP_MORE(X)
#undef X
    default:
        return idem_os_fail(native, IDEM_SYSCALLFAILURE);
    }
}
