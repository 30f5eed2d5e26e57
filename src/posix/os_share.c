/* Handing a socket to another process. On Linux a thread waits at a door, a
 * Unix socket, and passes a descriptor out to that process and nobody else. */
#include "posix.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>

#ifdef __linux__

#define PATIENCE_MS 5000 /* of who fetches */
#define LOOK_MS 500      /* how often the door looks whether he still lives */
#define NAP_MS 10        /* when there is nothing to open it with */

/* What the other process has to know: the name of the door, which the system
 * has chosen, and whose it is. */
typedef struct note {
    int32_t pid;
    uint32_t length;
    char name[24];
} note;

_Static_assert(sizeof(note) <= IDEM_OS_EXPORT_SIZE, "no room");

typedef struct offer {
    int door;
    int fd;
    pid_t to;
} offer;

typedef union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
} control;

/* Whether a process is at the other end. */
static bool is_with(int fd, pid_t pid)
{
    struct ucred who;
    socklen_t size = sizeof(who);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0
           && who.pid == pid;
}

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

/* ---- Giving ------------------------------------------------------------ */

static void withdraw(offer *o)
{
    if (o->door >= 0)
        close(o->door);
    if (o->fd >= 0)
        close(o->fd);
    free(o);
}

static bool pass(int conn, int fd)
{
    control c = { { 0 } };
    char byte = 0; /* a descriptor does not travel alone */
    struct iovec part = { &byte, 1 };
    struct msghdr m = { 0 };

    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = &c;
    m.msg_controllen = sizeof(c);
    c.head.cmsg_level = SOL_SOCKET;
    c.head.cmsg_type = SCM_RIGHTS;
    c.head.cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
    return sendmsg(conn, &m, MSG_NOSIGNAL) == 1;
}

/* Open the door once. Returns the connection that the descriptor went out by,
 * or -1. */
static int open_once(const offer *o)
{
    int conn = accept4(o->door, NULL, NULL, SOCK_CLOEXEC);

    if (conn < 0) {
        poll(NULL, 0, NAP_MS);
        return -1;
    }
    if (is_with(conn, o->to) && pass(conn, o->fd))
        return conn;
    close(conn);
    return -1;
}

/* Until it is fetched, or nobody lives who may. Who fetched it waits for the
 * end of the connection: then nothing is left of it here. */
static void *keep_door(void *arg)
{
    offer *o = arg;
    struct pollfd one = { o->door, POLLIN, 0 };
    int conn = -1;

    while (conn < 0 && !is_gone(o->to)) {
        if (poll(&one, 1, LOOK_MS) > 0)
            conn = open_once(o);
    }
    withdraw(o);
    if (conn >= 0)
        close(conn);
    return NULL;
}

/* A door with a name of the system's choice. */
static idem_error make_door(int *door, note *n)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t size = sizeof(name);
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

    *door = socket(AF_UNIX, kind, 0);
    if (*door < 0
        || bind(*door, (struct sockaddr *)&name, sizeof(sa_family_t)) < 0
        || listen(*door, 8) < 0
        || getsockname(*door, (struct sockaddr *)&name, &size) < 0)
        return idem_posix_fail(errno);
    n->pid = (int32_t)getpid();
    n->length = (uint32_t)(size - BSD_PATH_AT);
    if (n->length > sizeof(n->name))
        return IDEM_ENAMETOOLONG;
    memcpy(n->name, name.sun_path, n->length);
    return IDEM_OK;
}

static idem_error make_offer(idem_os_socket *s, bool busy, pid_t pid,
                             void *info)
{
    idem_os_socket twin = { .fd = -1 };
    note n = { 0 };
    idem_error err;
    offer *o;

    if (is_gone(pid))
        return idem_os_fail(ESRCH, IDEM_EINVAL);
    o = malloc(sizeof(*o));
    if (o == NULL)
        return IDEM_ENOMEM;
    err = make_door(&o->door, &n);
    if (!err)
        err = idem_os_dup(s, busy, &twin);
    o->fd = twin.fd;
    o->to = pid;
    if (!err)
        err = idem_posix_start_thread(keep_door, o);
    if (err)
        withdraw(o);
    else
        memcpy(info, &n, sizeof(n));
    return err;
}

/* ---- Fetching ---------------------------------------------------------- */

/* Knock, and see whose door it is. */
static idem_error find_door(int fd, const note *n)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t size = (socklen_t)(BSD_PATH_AT + n->length);

    memcpy(name.sun_path, n->name, n->length);
    if (connect(fd, (struct sockaddr *)&name, size) < 0)
        return idem_os_fail(errno, IDEM_EINVAL);
    return is_with(fd, n->pid) ? IDEM_OK : idem_os_fail(EPERM, IDEM_EINVAL);
}

/* It comes once: a signal must not make us leave. */
static bool await_input(int conn)
{
    struct pollfd one = { conn, POLLIN, 0 };
    int ready;

    do
        ready = poll(&one, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static idem_error fetch(int conn, int *fd)
{
    control c;
    char byte;
    struct iovec part = { &byte, 1 };
    struct msghdr m = { 0 };

    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = &c;
    m.msg_controllen = sizeof(c);
    if (!await_input(conn))
        return idem_os_fail(ETIMEDOUT, IDEM_EINVAL);
    if (recvmsg(conn, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
        return idem_os_fail(EPERM, IDEM_EINVAL);
    if (m.msg_flags & MSG_CTRUNC) /* it has come, and there was no room */
        return idem_os_fail(EMFILE, IDEM_EMFILE);
    if (m.msg_controllen < sizeof(c.head) || c.head.cmsg_type != SCM_RIGHTS)
        return idem_os_fail(EPERM, IDEM_EINVAL); /* it is not for us */
    memcpy(fd, CMSG_DATA(&c.head), sizeof(*fd));
    (void)await_input(conn); /* its end */
    return IDEM_OK;
}

static idem_error fetch_offer(const void *info, int *fd)
{
    idem_error err;
    note n;
    int conn;

    *fd = -1;
    memcpy(&n, info, sizeof(n));
    if (n.length == 0 || n.length > sizeof(n.name))
        return IDEM_EINVAL;
    conn = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn < 0)
        return idem_posix_fail(errno);
    err = find_door(conn, &n);
    if (!err)
        err = fetch(conn, fd);
    close(conn);
    return err;
}

#else /* others do not tell the pid of a peer, or have no names but paths */

static idem_error make_offer(idem_os_socket *s, bool busy, pid_t pid,
                             void *info)
{
    (void)s;
    (void)busy;
    (void)pid;
    (void)info;
    return IDEM_EOPNOTSUPP;
}

static idem_error fetch_offer(const void *info, int *fd)
{
    (void)info;
    *fd = -1;
    return IDEM_EOPNOTSUPP;
}

#endif

/* ---- Either ------------------------------------------------------------ */

idem_error idem_os_export(idem_os_socket *s, bool busy, long pid, void *info)
{
    if (pid > INT_MAX)
        return idem_os_fail(ESRCH, IDEM_EINVAL);
    return make_offer(s, busy, (pid_t)pid, info);
}

static idem_error take_over(idem_os_socket *s, int fd, idem_os_kind *kind)
{
    idem_error err = idem_os_inspect(fd, kind);

    if (!err)
        err = idem_os_adopt(s, fd, kind);
    if (err)
        close(fd);
    return err;
}

idem_error idem_os_import(idem_os_socket *s, const void *info,
                          idem_os_kind *kind)
{
    idem_error err;
    int fd;

    idem_posix_start();
    err = fetch_offer(info, &fd);
    return err ? err : take_over(s, fd, kind);
}
