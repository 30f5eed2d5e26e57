/* Making, naming and connecting sockets: one attempt each. */
#include "win32.h"
#include "../loopback.h"
#include "../wake.h"

#include <mstcpip.h>

#ifndef SIO_UDP_NETRESET /* missing in older MinGW headers, as are the next */
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)
#endif
#ifndef SIO_TCP_INITIAL_RTO
#define SIO_TCP_INITIAL_RTO _WSAIOW(IOC_VENDOR, 17)
#endif

/* ---- Handles ----------------------------------------------------------- */

static void init(idem_os_socket *s, SOCKET handle, int family, bool stream)
{
    s->handle = handle;
    s->family = (uint8_t)family;
    s->stream = stream;
    atomic_init(&s->base, 0);
    atomic_init(&s->woken, 0);
    atomic_init(&s->shared, false);
    atomic_init(&s->has_peer, false);
}

static int set_flag(SOCKET s, int level, int option)
{
    const BOOL on = TRUE;

    return setsockopt(s, level, option, (const char *)&on, sizeof(on));
}

static idem_error set_blocking(SOCKET s, bool blocking)
{
    u_long on = !blocking;

    /* The code does not fit the parameter's type: a cast of its sign. */
    return idem_win32_result(ioctlsocket(s, (long)FIONBIO, &on));
}

/* Whether datagrams that arrive nowhere are reported. Not everywhere known:
 * then the reports are passed over as they come. */
static void set_reports(SOCKET s, DWORD code, BOOL on)
{
    DWORD ignored;

    (void)WSAIoctl(s, code, &on, sizeof(on), NULL, 0, &ignored, NULL, NULL);
}

/* A socket with a peer is told that the port there is closed. */
static void take_reports(idem_os_socket *s)
{
    atomic_store(&s->has_peer, true);
    set_reports(s->handle, SIO_UDP_CONNRESET, TRUE);
}

static idem_error dress(idem_os_socket *s)
{
    if (!SetHandleInformation((HANDLE)s->handle, HANDLE_FLAG_INHERIT, 0))
        return idem_win32_fail(GetLastError());
    if (!s->stream) {
        set_reports(s->handle, SIO_UDP_CONNRESET, FALSE);
        set_reports(s->handle, SIO_UDP_NETRESET, FALSE);
    }
    return set_blocking(s->handle, false);
}

static idem_error dress_new(idem_os_socket *s)
{
    if (s->family == IDEM_AF_INET6
        && set_flag(s->handle, IPPROTO_IPV6, IPV6_V6ONLY) != 0)
        return idem_win32_fail((DWORD)WSAGetLastError());
    return dress(s);
}

/* Why there is no such socket. Of Unix sockets there are streams, on a Windows
 * that has any. */
static DWORD kind_code(int family, int type)
{
    DWORD code = (DWORD)WSAGetLastError();
    SOCKET s;

    if (family != IDEM_AF_UNIX || type == IDEM_SOCK_STREAM)
        return code;
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s == INVALID_SOCKET)
        return (DWORD)WSAGetLastError();
    closesocket(s);
    return WSAESOCKTNOSUPPORT;
}

idem_error idem_os_open(idem_os_socket *s, int family, int type, int protocol)
{
    const DWORD flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    idem_error err = idem_win32_start();
    SOCKET handle;

    if (err)
        return err;
    handle = WSASocketW(bsd_family(family), type, protocol, NULL, 0, flags);
    if (handle == INVALID_SOCKET)
        return idem_win32_fail(kind_code(family, type));
    init(s, handle, family, type == IDEM_SOCK_STREAM);
    err = dress_new(s);
    if (err)
        closesocket(handle);
    return err;
}

/* Winsock has none, not even of the Unix sockets it has. */
idem_error idem_os_socketpair(idem_os_socket *a, idem_os_socket *b, int type)
{
    (void)a;
    (void)b;
    (void)type;
    return IDEM_EOPNOTSUPP;
}

static int neutral_family(int native)
{
    if (native == AF_INET)
        return IDEM_AF_INET;
    if (native == AF_UNIX)
        return IDEM_AF_UNIX;
    return native == AF_INET6 ? IDEM_AF_INET6 : -1;
}

idem_error idem_os_inspect(intptr_t handle, idem_os_kind *kind)
{
    const SOCKET s = (SOCKET)handle;
    WSAPROTOCOL_INFOW info;
    bsd_sockaddr name;
    int size = sizeof(info);
    BOOL listening = FALSE;
    idem_error err = idem_win32_start();

    *kind = (idem_os_kind){ -1, -1, 0, false, false, false };
    if (err)
        return err;
    /* An unbound socket has no name here that would tell its family. */
    if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &size) != 0)
        return idem_win32_fail((DWORD)WSAGetLastError());
    kind->family = neutral_family(info.iAddressFamily);
    kind->type = info.iSocketType;
    kind->protocol = info.iProtocol;
    size = sizeof(name);
    kind->bound = getsockname(s, &name.any, &size) == 0;
    size = sizeof(listening);
    if (getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, (char *)&listening, &size)
        == 0)
        kind->listening = listening != 0;
    return IDEM_OK; /* that a connect is under way cannot be seen */
}

idem_error idem_os_adopt(idem_os_socket *s, intptr_t handle,
                         const idem_os_kind *kind)
{
    idem_address peer;
    idem_error err;

    init(s, (SOCKET)handle, kind->family, kind->type == IDEM_SOCK_STREAM);
    atomic_init(&s->shared, true);
    err = dress(s);
    if (!err && !s->stream && !idem_os_getpeername(s, &peer))
        take_reports(s);
    return err;
}

void idem_os_share(idem_os_socket *s)
{
    atomic_store(&s->shared, true);
}

idem_error idem_win32_open_shared(WSAPROTOCOL_INFOW *info, SOCKET *out)
{
    const DWORD flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;

    *out = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                      FROM_PROTOCOL_INFO, info, 0, flags);
    return *out == INVALID_SOCKET ? idem_win32_fail((DWORD)WSAGetLastError())
                                  : IDEM_OK;
}

/* No wait here depends on who else holds a socket: busy does not matter. */
idem_error idem_os_dup(idem_os_socket *s, bool busy, idem_os_socket *out)
{
    WSAPROTOCOL_INFOW info;
    SOCKET handle;
    idem_error err;

    (void)busy;
    if (WSADuplicateSocketW(s->handle, GetCurrentProcessId(), &info) != 0)
        return idem_win32_fail((DWORD)WSAGetLastError());
    err = idem_win32_open_shared(&info, &handle);
    if (err)
        return err;
    init(out, handle, s->family, s->stream);
    atomic_init(&out->shared, true);
    atomic_init(&out->has_peer, atomic_load(&s->has_peer));
    return IDEM_OK;
}

idem_error idem_os_set_inheritable(idem_os_socket *s, bool busy, bool on)
{
    const DWORD flag = on ? HANDLE_FLAG_INHERIT : 0;

    (void)busy;
    if (!SetHandleInformation((HANDLE)s->handle, HANDLE_FLAG_INHERIT, flag))
        return idem_win32_fail(GetLastError());
    return IDEM_OK;
}

idem_error idem_os_get_inheritable(const idem_os_socket *s, bool *on)
{
    DWORD flags = 0;
    BOOL known = GetHandleInformation((HANDLE)s->handle, &flags);

    *on = (flags & HANDLE_FLAG_INHERIT) != 0;
    return known ? IDEM_OK : idem_win32_fail(GetLastError());
}

/* There is no fork here. */
bool idem_os_is_inherited(const idem_os_socket *s)
{
    (void)s;
    return false;
}

intptr_t idem_os_handle(const idem_os_socket *s)
{
    return (intptr_t)s->handle;
}

intptr_t idem_os_detach(idem_os_socket *s, bool blocking)
{
    (void)set_blocking(s->handle, blocking && !atomic_load(&s->shared));
    return (intptr_t)s->handle;
}

idem_error idem_os_close(idem_os_socket *s)
{
    int result = closesocket(s->handle);

    /* A socket that lingers cannot be closed while it is non-blocking. */
    if (result != 0 && WSAGetLastError() == WSAEWOULDBLOCK) {
        (void)set_blocking(s->handle, true);
        result = closesocket(s->handle);
    }
    if (result != 0 && WSAGetLastError() == WSAECONNRESET)
        return IDEM_OK;
    return idem_win32_result(result);
}

/* Handles are always non-blocking here. */
idem_error idem_os_set_blocking(idem_os_socket *s, bool blocking)
{
    (void)s;
    (void)blocking;
    return IDEM_OK;
}

void idem_os_wake(idem_os_socket *s)
{
    idem_win32_wake(s, IDEM_WAKE_ALL);
}

void idem_os_make_bell(idem_os_socket *s)
{
    init(s, INVALID_SOCKET, IDEM_AF_UNSPEC, false);
}

/* ---- Names ------------------------------------------------------------- */

/* Whether it is a datagram socket that shares its port, by SO_REUSEADDR. */
static bool shares_port(const idem_os_socket *s)
{
    int on = 0;

    return !s->stream && !idem_os_get_option(s, SOL_SOCKET, SO_REUSEADDR, &on)
           && on;
}

idem_error idem_os_bind(idem_os_socket *s, const idem_address *at)
{
    bsd_sockaddr name;
    int size = bsd_from_address(&name, at);
    idem_error err;

    /* Remains of old connections do not hold a port here; other sockets may
     * steal it, unless told not to. SO_REUSEADDR would be the theft itself.
     * The option is unsigned in some headers. */
    if (s->family != IDEM_AF_UNIX && !shares_port(s)
        && set_flag(s->handle, SOL_SOCKET, (int)SO_EXCLUSIVEADDRUSE) != 0)
        return idem_win32_fail((DWORD)WSAGetLastError());
    err = idem_win32_result(bind(s->handle, &name.any, size));
    /* "Access denied" is how a port that another holds exclusively is told. */
    return err == IDEM_EACCES && s->family != IDEM_AF_UNIX ? IDEM_EADDRINUSE
                                                           : err;
}

idem_error idem_os_getsockname(const idem_os_socket *s, idem_address *out)
{
    bsd_sockaddr name;
    int size = sizeof(name);
    int result = getsockname(s->handle, &name.any, &size);

    bsd_to_address(out, &name, result != 0 ? 0 : size);
    /* Not bound: an error here, and not on POSIX. */
    if (result != 0 && WSAGetLastError() == WSAEINVAL) {
        out->family = s->family;
        return IDEM_OK;
    }
    return idem_win32_result(result);
}

idem_error idem_os_getpeername(const idem_os_socket *s, idem_address *out)
{
    bsd_sockaddr name;
    int size = sizeof(name);
    int result = getpeername(s->handle, &name.any, &size);

    bsd_to_address(out, &name, result != 0 ? 0 : size);
    return idem_win32_result(result);
}

/* ---- Connecting -------------------------------------------------------- */

idem_error idem_os_listen(idem_os_socket *s, int backlog)
{
    return idem_win32_result(listen(s->handle, backlog));
}

/* Connections that broke before they were accepted: nobody's concern. Wine
 * finds that they are not connected any more. */
static bool is_stale(DWORD code)
{
    return code == WSAECONNRESET || code == WSAECONNABORTED
           || code == WSAENOTCONN;
}

idem_error idem_os_accept(idem_os_socket *s, idem_deadline *d,
                          idem_os_socket *out, idem_address *peer)
{
    bsd_sockaddr from;
    int size = sizeof(from);
    SOCKET handle = accept(s->handle, &from.any, &size);
    DWORD code = handle == INVALID_SOCKET ? (DWORD)WSAGetLastError() : 0;
    idem_error err;

    (void)d; /* waiting for a connection is idem_os_poll()'s */
    if (code != 0)
        return is_stale(code) ? IDEM_EINTR : idem_win32_fail(code);
    /* It inherits the listener's mode, and is inherited by children. */
    init(out, handle, s->family, true);
    bsd_to_address(peer, &from, size);
    err = dress(out);
    if (err)
        closesocket(handle);
    return err;
}

/* Windows asks a closed port again for two seconds, unless told not to. On
 * loopback nothing gets lost that asking again would mend. Not known before
 * Windows 10 1709. */
static void do_not_retry(SOCKET s)
{
    struct {
        USHORT rtt_ms;
        UCHAR retries;
    } rto = { 0xfe, 0xfe }; /* the number that means "none" */
    DWORD ignored;

    (void)WSAIoctl(s, SIO_TCP_INITIAL_RTO, &rto, sizeof(rto), NULL, 0, &ignored,
                   NULL, NULL);
}

idem_error idem_win32_find(SOCKET s, GUID id, atomic_uintptr_t *known,
                           void *out)
{
    uintptr_t found = atomic_load(known);
    DWORD n;

    if (found == 0) {
        if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                     &found, sizeof(found), &n, NULL, NULL)
            != 0)
            return idem_win32_fail((DWORD)WSAGetLastError());
        atomic_store(known, found);
    }
    memcpy(out, &found, sizeof(found));
    return IDEM_OK;
}

/* ConnectEx wants a bound socket. */
static idem_error bind_any(SOCKET s, int family)
{
    idem_address any = { 0 };
    bsd_sockaddr name;
    int size;
    idem_error err;

    any.family = family;
    size = bsd_from_address(&name, &any);
    err = idem_win32_result(bind(s, &name.any, size));
    return err == IDEM_EINVAL ? IDEM_OK : err; /* bound already */
}

/* Connect by an overlapped call. Withdrawn, it does not go on. */
static idem_error connect_patiently(idem_os_socket *s, const bsd_sockaddr *name,
                                    int size, idem_deadline *d)
{
    static const GUID id = WSAID_CONNECTEX;
    static atomic_uintptr_t known;
    const idem_os_pollfd one = { s, IDEM_POLLOUT, 0 };
    LPFN_CONNECTEX connect_ex;
    idem_win32_wait *w;
    DWORD code = 0;
    DWORD n;
    idem_error err = bind_any(s->handle, s->family);

    if (!err)
        err = idem_win32_find(s->handle, id, &known, &connect_ex);
    if (err)
        return err;
    w = idem_win32_begin_wait(&one, 1);
    if (w == NULL)
        return IDEM_ENOMEM;
    if (!connect_ex(s->handle, &name->any, size, NULL, 0, &n, &w->overlapped))
        code = (DWORD)WSAGetLastError();
    if (code == WSA_IO_PENDING)
        code = idem_win32_finish(w, s->handle, d, &n);
    idem_win32_end_wait(w);
    if (code == WSA_OPERATION_ABORTED)
        return IDEM_EWOULDBLOCK;
    if (code != 0)
        return idem_win32_fail(code);
    return idem_win32_result(
        setsockopt(s->handle, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
}

static idem_error connect_datagram(idem_os_socket *s, const bsd_sockaddr *name,
                                   int size)
{
    idem_error err = idem_win32_result(connect(s->handle, &name->any, size));

    if (!err)
        take_reports(s);
    return err;
}

/* Whether there is anything at a path. */
static bool path_exists(const idem_address *at)
{
    wchar_t path[IDEM_OS_PATH_MAX + 1];
    int n = MultiByteToWideChar(CP_UTF8, 0, at->path, at->path_length, path,
                                IDEM_OS_PATH_MAX);

    if (n <= 0)
        return true; /* nobody knows */
    path[n] = L'\0';
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES
           || GetLastError() == ERROR_ACCESS_DENIED;
}

/* ConnectEx writes beyond its own memory with these addresses. */
static idem_error connect_local(idem_os_socket *s, const idem_address *to,
                                const bsd_sockaddr *name, int size)
{
    idem_error err = idem_win32_result(connect(s->handle, &name->any, size));

    /* A path that is not there counts as refused here. */
    return err == IDEM_ECONNREFUSED && !path_exists(to) ? IDEM_ENOENT : err;
}

idem_error idem_os_connect(idem_os_socket *s, const idem_address *to,
                           idem_deadline *d)
{
    bsd_sockaddr name;
    int size = bsd_from_address(&name, to);

    if (s->family == IDEM_AF_UNIX)
        return connect_local(s, to, &name, size);
    if (!s->stream)
        return connect_datagram(s, &name, size);
    if (idem_is_loopback(to))
        do_not_retry(s->handle);
    if (d->timeout_ns != 0)
        return connect_patiently(s, &name, size, d);
    return idem_win32_result(connect(s->handle, &name.any, size));
}

idem_error idem_os_connected(idem_os_socket *s)
{
    idem_os_pollfd one = { s, IDEM_POLLOUT, 0 };
    int size = sizeof(int);
    int code = 0;
    size_t ready;
    idem_error err = idem_os_poll(&one, 1, 0, &ready);

    if (err)
        return err;
    if (ready == 0)
        return IDEM_EWOULDBLOCK;
    if (!(one.revents & IDEM_POLLERR))
        return IDEM_OK;
    if (getsockopt(s->handle, SOL_SOCKET, SO_ERROR, (char *)&code, &size) != 0)
        code = WSAGetLastError();
    return idem_win32_fail(code == 0 ? WSASYSCALLFAILURE : (DWORD)code);
}

/* No option tells of a reset here, but waiting does. */
idem_error idem_os_take_error(idem_os_socket *s)
{
    return s->stream && idem_win32_is_reset(s) ? idem_win32_fail(WSAECONNRESET)
                                               : IDEM_OK;
}

/* Nothing to do: a failed connect leaves nothing behind here. */
void idem_os_unconnect(idem_os_socket *s)
{
    (void)s;
}

idem_error idem_os_shutdown(idem_os_socket *s, int how)
{
    static const unsigned ended[] = { IDEM_POLLIN, IDEM_POLLOUT,
                                      IDEM_POLLIN | IDEM_POLLOUT };
    int code = 0;

    /* Receiving is shut down by our own mark alone. The system would reset the
     * connection as soon as the peer sends, and sending could not go on. */
    if (how != IDEM_SHUT_RD && shutdown(s->handle, SD_SEND) != 0)
        code = WSAGetLastError();
    idem_win32_wake(s, ended[how]); /* the system does not */
    /* WSAENOTCONN: both sides were shut down already. */
    return code == 0 || code == WSAENOTCONN ? IDEM_OK
                                            : idem_win32_fail((DWORD)code);
}
