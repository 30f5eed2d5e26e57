/* Making, naming and connecting sockets: one attempt each. */
#include "posix.h"
#include "../wake.h"

#include <limits.h>
#include <sys/ioctl.h>

#ifdef __APPLE__ /* takes no flags here: they are set afterwards */
#define SOCK_CLOEXEC 0
#define SOCK_NONBLOCK 0
#endif

/* ---- Handles ----------------------------------------------------------- */

static void init(idem_os_socket *s, int fd, bool stream, bool alone,
                 bool blocking)
{
    s->fd = fd;
    s->generation = idem_posix_generation();
    s->copies = (uint16_t)atomic_load(&idem_posix_copies);
    s->stream = stream;
    s->local = false;
    atomic_init(&s->alone, alone);
    atomic_init(&s->sleepers, false);
    atomic_init(&s->blocking, blocking);
    atomic_init(&s->listening, false);
    atomic_init(&s->wanted, true);
    atomic_init(&s->nowait, 0);
    atomic_init(&s->woken, 0);
    /* Of a descriptor that is not ours alone, nobody knows. */
    atomic_init(&s->limit_ms[POSIX_RECV], alone ? 0 : -1);
    atomic_init(&s->limit_ms[POSIX_SEND], alone ? 0 : -1);
    /* What comes first over an accepted connection has hardly come yet. */
    atomic_init(&s->streak[POSIX_RECV], stream && blocking ? 0 : -1);
    atomic_init(&s->streak[POSIX_SEND], -1);
}

/* Not relaxed: who has entered the socket unseen by idem_dup() must find it
 * shared, also where loads overtake stores. */
bool idem_posix_is_alone(const idem_os_socket *s)
{
    return atomic_load(&s->alone) && !idem_os_is_inherited(s);
}

bool idem_posix_is_patient(const idem_os_socket *s)
{
    return POSIX_PATIENCE && !s->local && idem_posix_is_alone(s);
}

static int set_flag(int fd, int level, int option)
{
    const int on = 1;

    return setsockopt(fd, level, option, &on, sizeof(on));
}

/* pre: locked, or nobody else knows the socket yet. */
static idem_error set_mode(idem_os_socket *s, bool blocking)
{
    int on = !blocking;

    if (atomic_load(&s->blocking) == blocking)
        return IDEM_OK;
    if (ioctl(s->fd, FIONBIO, &on) < 0)
        return idem_posix_fail(errno);
    atomic_store(&s->blocking, blocking);
    return IDEM_OK;
}

/* pre: locked. Whether a fork may have copied the descriptor. */
static bool is_copied(const idem_os_socket *s)
{
    const unsigned copies = atomic_load(&idem_posix_copies);

    return s->copies != copies || copies == POSIX_MANY_COPIES;
}

bool idem_posix_make_blocking(idem_os_socket *s)
{
    bool may;

    idem_os_lock();
    may = atomic_load(&s->wanted) && !atomic_load(&s->listening)
          && atomic_load(&s->nowait) == 0 && idem_posix_is_patient(s)
          && !is_copied(s) && !set_mode(s, true);
    idem_os_unlock();
    return may;
}

/* See to it that sending raises no SIGPIPE. */
static int mute(int fd)
{
#ifdef SO_NOSIGPIPE /* macOS: MSG_NOSIGNAL came late */
    return set_flag(fd, SOL_SOCKET, SO_NOSIGPIPE);
#else
    (void)fd;
    return 0;
#endif
}

/* What the flags of socket() and accept4() do at once where they exist. */
static idem_error dress(idem_os_socket *s)
{
    if (mute(s->fd) < 0)
        return idem_posix_fail(errno);
    if (SOCK_CLOEXEC == 0 && fcntl(s->fd, F_SETFD, FD_CLOEXEC) < 0)
        return idem_posix_fail(errno);
    return idem_posix_is_patient(s) ? IDEM_OK : set_mode(s, false);
}

/* A socket hears the groups it has joined itself: Linux lets it hear those of
 * others, too, unless told not to. Older ones cannot be told. */
static void hear_own_groups(int fd, int family)
{
#ifdef IP_MULTICAST_ALL
    const int off = 0;

    if (family == IDEM_AF_INET)
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
#ifdef IPV6_MULTICAST_ALL
    else
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof(off));
#endif
#else
    (void)fd;
    (void)family;
#endif
}

static idem_error dress_new(idem_os_socket *s, int family)
{
    if (family == IDEM_AF_INET6
        && set_flag(s->fd, IPPROTO_IPV6, IPV6_V6ONLY) < 0)
        return idem_posix_fail(errno);
    if (!s->stream && !s->local)
        hear_own_groups(s->fd, family);
    return dress(s);
}

idem_error idem_os_open(idem_os_socket *s, int family, int type, int protocol)
{
    const bool stream = type == IDEM_SOCK_STREAM;
    /* A stream is to connect, or to listen, before it is to wait. */
    const int native = stream ? SOCK_STREAM | SOCK_NONBLOCK : SOCK_DGRAM;
    idem_error err;
    int fd;

    idem_posix_start();
    fd = socket(bsd_family(family), native | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return idem_posix_fail(errno);
    init(s, fd, stream, true, !(native & SOCK_NONBLOCK));
    s->local = family == IDEM_AF_UNIX;
    err = dress_new(s, family);
    if (err)
        close(fd);
    return err;
}

idem_error idem_os_socketpair(idem_os_socket *a, idem_os_socket *b, int type)
{
    const bool stream = type == IDEM_SOCK_STREAM;
    const int native = stream ? SOCK_STREAM : SOCK_DGRAM;
    idem_error err;
    int fds[2];

    idem_posix_start();
    if (socketpair(AF_UNIX, native | SOCK_CLOEXEC, 0, fds) < 0)
        return idem_posix_fail(errno);
    init(a, fds[0], stream, true, true);
    init(b, fds[1], stream, true, true);
    a->local = true;
    b->local = true;
    err = dress(a);
    if (!err)
        err = dress(b);
    if (err) {
        close(fds[0]);
        close(fds[1]);
    }
    return err;
}

static int get_int(int fd, int option, int otherwise)
{
    socklen_t size = sizeof(otherwise);
    int value = otherwise;

    if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0)
        return otherwise;
    return value;
}

static int neutral_family(int native)
{
    if (native == AF_INET)
        return IDEM_AF_INET;
    if (native == AF_UNIX)
        return IDEM_AF_UNIX;
    return native == AF_INET6 ? IDEM_AF_INET6 : -1;
}

static int neutral_type(int native)
{
    if (native == SOCK_STREAM)
        return IDEM_SOCK_STREAM;
    return native == SOCK_DGRAM ? IDEM_SOCK_DGRAM : -1;
}

/* A stream that is neither ready to send nor broken is on its way to a peer;
 * one that was never connected counts as broken. A listener is neither, too. */
static bool is_pending(int fd)
{
    struct pollfd one = { fd, POLLOUT, 0 };

    return poll(&one, 1, 0) == 0;
}

idem_error idem_os_inspect(intptr_t handle, idem_os_kind *kind)
{
    const int fd = handle < 0 || handle > INT_MAX ? -1 : (int)handle;
    bsd_sockaddr name;
    socklen_t size = sizeof(name);
    idem_address at;

    *kind = (idem_os_kind){ -1, -1, 0, false, false, false };
    idem_posix_start();
    if (getsockname(fd, &name.any, &size) < 0)
        return idem_posix_fail(errno);
    bsd_to_address(&at, &name, size);
    kind->family = neutral_family(name.any.sa_family);
    kind->type = neutral_type(get_int(fd, SO_TYPE, -1));
#ifdef SO_PROTOCOL
    kind->protocol = get_int(fd, SO_PROTOCOL, 0);
#endif
    kind->bound = at.port != 0 || at.path_length != 0;
    kind->listening = get_int(fd, SO_ACCEPTCONN, 0) != 0;
    kind->connecting = kind->type == IDEM_SOCK_STREAM && is_pending(fd);
    return IDEM_OK;
}

idem_error idem_os_adopt(idem_os_socket *s, intptr_t handle,
                         const idem_os_kind *kind)
{
    init(s, (int)handle, kind->type == IDEM_SOCK_STREAM, false, true);
    s->local = kind->family == IDEM_AF_UNIX;
    if (fcntl(s->fd, F_SETFD, FD_CLOEXEC) < 0 || mute(s->fd) < 0)
        return idem_posix_fail(errno);
    return set_mode(s, false);
}

void idem_os_share(idem_os_socket *s)
{
    idem_os_lock();
    atomic_store(&s->alone, false);
    idem_os_unlock();
}

/* Leave nothing on the descriptor that would concern other holders. */
static idem_error clear(idem_os_socket *s, bool busy)
{
    idem_error err;

    idem_os_lock();
    err = set_mode(s, false);
    idem_os_unlock();
    if (err)
        return err;
    if (busy && POSIX_PATIENCE && !s->local)
        atomic_store(&s->sleepers, true);
    else
        idem_posix_unlimit_waits(s); /* the others would meet the limits, too */
    return IDEM_OK;
}

idem_error idem_os_dup(idem_os_socket *s, bool busy, idem_os_socket *out)
{
    idem_error err = clear(s, busy);
    int fd;

    if (err)
        return err;
    fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return idem_posix_fail(errno);
    init(out, fd, s->stream, false, false);
    out->local = s->local;
    return IDEM_OK;
}

idem_error idem_os_set_inheritable(idem_os_socket *s, bool busy, bool on)
{
    idem_error err = on ? clear(s, busy) : IDEM_OK;

    if (err)
        return err;
    return idem_posix_result(fcntl(s->fd, F_SETFD, on ? 0 : FD_CLOEXEC));
}

idem_error idem_os_get_inheritable(const idem_os_socket *s, bool *on)
{
    int flags = fcntl(s->fd, F_GETFD);

    *on = flags >= 0 && !(flags & FD_CLOEXEC);
    return idem_posix_result(flags);
}

bool idem_os_is_inherited(const idem_os_socket *s)
{
    return s->generation != idem_posix_generation();
}

intptr_t idem_os_handle(const idem_os_socket *s)
{
    return s->fd;
}

intptr_t idem_os_detach(idem_os_socket *s, bool blocking)
{
    idem_posix_unlimit_waits(s);
    (void)set_mode(s, blocking && idem_posix_is_alone(s));
    return s->fd;
}

idem_error idem_os_close(idem_os_socket *s)
{
    /* The descriptor is gone whatever close says, and must not be closed
     * twice: another thread may own the number by then. */
    if (close(s->fd) < 0 && errno != EINTR && errno != ECONNRESET)
        return idem_posix_fail(errno);
    return IDEM_OK;
}

idem_error idem_os_set_blocking(idem_os_socket *s, bool blocking)
{
    idem_error err = IDEM_OK;

    if (atomic_load(&s->wanted) == blocking)
        return IDEM_OK;
    idem_os_lock();
    if (!blocking)
        err = set_mode(s, false);
    if (!err) /* behind it: who finds it false goes on without the lock */
        atomic_store(&s->wanted, blocking);
    idem_os_unlock();
    return err;
}

idem_error idem_posix_begin_nonblocking(idem_os_socket *s)
{
    idem_error err;

    idem_os_lock();
    err = set_mode(s, false);
    if (!err)
        atomic_fetch_add(&s->nowait, 1);
    idem_os_unlock();
    return err;
}

void idem_posix_end_nonblocking(idem_os_socket *s)
{
    atomic_fetch_sub(&s->nowait, 1);
}

void idem_os_wake(idem_os_socket *s)
{
    idem_posix_wake(s, IDEM_WAKE_ALL);
    if (idem_posix_is_patient(s) || atomic_load(&s->sleepers))
        shutdown(s->fd, SHUT_RDWR); /* wakes who waits in the kernel */
}

void idem_os_make_bell(idem_os_socket *s)
{
    idem_posix_start();
    init(s, -1, false, false, false); /* poll passes over -1 */
}

/* ---- Names ------------------------------------------------------------- */

idem_error idem_os_bind(idem_os_socket *s, const idem_address *at)
{
    bsd_sockaddr name;
    socklen_t size = bsd_from_address(&name, at);

    /* Remains of old connections do not hold the port. A live listener does:
     * this option means something else on Windows. */
    if (s->stream && !s->local && set_flag(s->fd, SOL_SOCKET, SO_REUSEADDR) < 0)
        return idem_posix_fail(errno);
    return idem_posix_result(bind(s->fd, &name.any, size));
}

idem_error idem_os_getsockname(const idem_os_socket *s, idem_address *out)
{
    bsd_sockaddr name;
    socklen_t size = sizeof(name);
    int result = getsockname(s->fd, &name.any, &size);

    bsd_to_address(out, &name, result < 0 ? 0 : size);
    return idem_posix_result(result);
}

idem_error idem_os_getpeername(const idem_os_socket *s, idem_address *out)
{
    bsd_sockaddr name;
    socklen_t size = sizeof(name);
    int result = getpeername(s->fd, &name.any, &size);

    bsd_to_address(out, &name, result < 0 ? 0 : size);
    return idem_posix_result(result);
}

/* ---- Connecting -------------------------------------------------------- */

idem_error idem_os_listen(idem_os_socket *s, int backlog)
{
    (void)idem_posix_make_blocking(s); /* this once: see os_types.h */
    idem_os_lock();
    atomic_store(&s->listening, true);
    idem_os_unlock();
    return idem_posix_result(listen(s->fd, backlog));
}

/* Connections that broke before they were accepted leave their error here on
 * Linux: nobody's concern. */
static bool is_stale(int native)
{
    switch (native) {
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
#ifdef ENONET
    case ENONET:
#endif
        return true;
    default:
        return false;
    }
}

/* Whether an accept may be left to wait in the kernel. The limit of a listener
 * is never taken away: for who waits for ever, it but ends a wait early. */
static bool waits_to_accept(idem_os_socket *s, idem_deadline *d)
{
    if (d->timeout_ns < 0 && atomic_load(&s->limit_ms[POSIX_RECV]) > 0)
        return idem_posix_may_wait(s, d);
    return idem_posix_limit_wait(s, POSIX_RECV, d);
}

/* Linux hands a listener's limits down, those it has when a connection comes,
 * which was before it is accepted. */
static void inherit_limits(idem_os_socket *s, const idem_os_socket *listener)
{
    const bool alone = idem_posix_is_alone(listener);
    int way;

    for (way = POSIX_RECV; way <= POSIX_SEND; way++)
        if (!alone || atomic_load(&listener->limit_ms[way]) != 0)
            atomic_init(&s->limit_ms[way], -1);
}

static int accept_native(int fd, bsd_sockaddr *from, socklen_t *size)
{
#ifdef __APPLE__
    return accept(fd, &from->any, size);
#else
    return accept4(fd, &from->any, size, SOCK_CLOEXEC);
#endif
}

idem_error idem_os_accept(idem_os_socket *s, idem_deadline *d,
                          idem_os_socket *out, idem_address *peer)
{
    bsd_sockaddr from;
    socklen_t size = sizeof(from);
    idem_error err = IDEM_OK;
    int fd;

    if (!waits_to_accept(s, d)) /* no flag makes a single one not wait */
        err = idem_os_set_blocking(s, false);
    if (err)
        return err;
    fd = accept_native(s->fd, &from, &size);
    if (fd < 0)
        return is_stale(errno) ? IDEM_EINTR : idem_posix_fail(errno);
    init(out, fd, true, true, true);
    out->local = s->local;
    inherit_limits(out, s);
    bsd_to_address(peer, &from, size);
    if (dress(out)) {
        close(fd); /* on some systems, because it is broken already */
        return IDEM_EINTR;
    }
    return IDEM_OK;
}

/* Begin to connect. On Linux a peer that is near has decided when the call
 * returns, and a second one, which is the cheapest way to ask, tells how. But
 * who does not wait is told later, as everywhere. */
static int begin_connect(int fd, const bsd_sockaddr *to, socklen_t size,
                         bool waits)
{
    int result = connect(fd, &to->any, size);

#ifdef __linux__
    if (result < 0 && errno == EINPROGRESS && waits) {
        result = connect(fd, &to->any, size);
        if (result < 0 && errno == EALREADY)
            errno = EINPROGRESS;
        else if (result < 0 && errno == EISCONN) /* told to another holder */
            result = 0;
    }
#endif
    (void)waits;
    return result;
}

static idem_error connect_stream(idem_os_socket *s, const bsd_sockaddr *to,
                                 socklen_t size, bool waits)
{
    idem_error err = idem_posix_begin_nonblocking(s);

    if (err)
        return err;
    err = idem_posix_result(begin_connect(s->fd, to, size, waits));
    idem_posix_end_nonblocking(s);
    /* A Unix socket is connected at once, or refused, or has to come again:
     * Linux has no event for a place in the queue. Elsewhere a full one
     * refuses. */
    return err == IDEM_EWOULDBLOCK && s->local ? IDEM_TRY_AGAIN : err;
}

idem_error idem_os_connect(idem_os_socket *s, const idem_address *to,
                           idem_deadline *d)
{
    bsd_sockaddr name;
    socklen_t size = bsd_from_address(&name, to);

    if (s->stream)
        return connect_stream(s, &name, size, d->timeout_ns != 0);
    return idem_posix_result(connect(s->fd, &name.any, size));
}

idem_error idem_os_connected(idem_os_socket *s)
{
    struct pollfd one = { s->fd, POLLOUT, 0 };
    idem_address peer;
    idem_error err;
    int native;

    if (poll(&one, 1, 0) <= 0) /* under way, or interrupted */
        return IDEM_EWOULDBLOCK;
    native = get_int(s->fd, SO_ERROR, 0);
    if (native != 0)
        return idem_posix_fail(native);
    /* Another holder of the socket may have been told the error. */
    err = idem_os_getpeername(s, &peer);
    if (err)
        native = get_int(s->fd, SO_ERROR, 0); /* or it was reset just now */
    return native != 0 ? idem_posix_fail(native) : err;
}

idem_error idem_os_take_error(idem_os_socket *s)
{
    int native = get_int(s->fd, SO_ERROR, 0);

    return native == 0 ? IDEM_OK : idem_posix_fail(native);
}

void idem_os_unconnect(idem_os_socket *s)
{
    struct sockaddr none = { 0 };

    none.sa_family = AF_UNSPEC;
    (void)connect(s->fd, &none, sizeof(none));
}

idem_error idem_os_shutdown(idem_os_socket *s, int how)
{
    static const int native[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
    static const unsigned ended[] = { IDEM_POLLIN, IDEM_POLLOUT,
                                      IDEM_POLLIN | IDEM_POLLOUT };
    const int code = shutdown(s->fd, native[how]) < 0 ? errno : 0;

    idem_posix_wake(s, ended[how]);
    /* ENOTCONN: both sides were shut down already. */
    return code == 0 || code == ENOTCONN ? IDEM_OK : idem_posix_fail(code);
}
