/* Messages: one attempt, of as many as go at once. */
#include "posix.h"
#include "../bsd_control.h"

#include <limits.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/uio.h>

/* Messages of one attempt. */
#define BATCH 64

/* Handles that come with one message at most. */
#define HANDLES 253

#ifdef __APPLE__ /* has nothing for several messages, nor two flags */
#define MSG_WAITFORONE 0
#define MSG_CMSG_CLOEXEC 0
struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned msg_len;
};
#endif

/* The type of their flags: musl has another. */
#if defined(__linux__) && !defined(__GLIBC__)
typedef unsigned batch_flags;
#else
typedef int batch_flags;
#endif

/* What the system makes of one attempt. A message with handles has all the
 * room for control data, and goes alone. */
typedef struct batch {
    struct mmsghdr native[BATCH];
    bsd_sockaddr name[BATCH];
    bsd_control control[BATCH];
} batch;

_Static_assert(sizeof(bsd_control) * BATCH
                   >= CMSG_SPACE(HANDLES * sizeof(int)) + BSD_CONTROL_ROOM,
               "there is room for all handles, and for what comes with them");

_Static_assert(sizeof(idem_buffer) == sizeof(struct iovec)
                   && offsetof(idem_buffer, data)
                          == offsetof(struct iovec, iov_base)
                   && offsetof(idem_buffer, size)
                          == offsetof(struct iovec, iov_len),
               "our buffers are the system's");

static struct msghdr *begin_message(batch *b, size_t i, const idem_message *m)
{
    struct msghdr *h = &b->native[i].msg_hdr;

    memset(h, 0, sizeof(*h));
    /* Only read; and a number of one of two types, but small. */
    h->msg_iov = (struct iovec *)(uintptr_t)m->buffers;
    h->msg_iovlen = (uint16_t)m->buffer_count;
    return h;
}

/* ---- Sending ----------------------------------------------------------- */

static unsigned present(const idem_message *m)
{
    return m->ancillary == NULL ? 0 : m->ancillary->present;
}

/* What goes with Unix sockets alone. */
static bool has_companions(const idem_message *m)
{
    return present(m) & (IDEM_ANCILLARY_HANDLES | IDEM_ANCILLARY_CREDENTIALS);
}

static bool can_segment(int fd)
{
#ifdef UDP_SEGMENT
    static atomic_int known; /* 0: not asked yet */
    int size = 0;
    socklen_t length = sizeof(size);

    if (atomic_load(&known) == 0)
        atomic_store(
            &known,
            getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0 ? 1
                                                                          : -1);
    return atomic_load(&known) > 0;
#else
    (void)fd;
    return false;
#endif
}

/* Whether the system looks at all that is asked for: what it does not know, it
 * passes over in silence. */
static bool can_put(const idem_os_socket *s, unsigned what, bool v6_path)
{
    if ((what & IDEM_ANCILLARY_SEGMENTS) && !can_segment(s->fd))
        return false;
#ifndef SCM_CREDENTIALS
    if (what & IDEM_ANCILLARY_CREDENTIALS)
        return false;
#endif
#ifndef __linux__
    if (!v6_path && (what & (IDEM_ANCILLARY_TTL | IDEM_ANCILLARY_TOS)))
        return false;
#endif
    (void)v6_path;
    return true;
}

/* Whether a message is of an IPv6 socket, and goes the way of IPv6: one to an
 * IPv4 address that is mapped does not. */
static void find_path(const idem_os_socket *s, const idem_message *m, bool *v6,
                      bool *v6_path)
{
    idem_address at = m->address;

    if (at.family == IDEM_AF_UNSPEC) /* connected: its name is of the path */
        (void)idem_os_getsockname(s, &at);
    *v6 = at.family == IDEM_AF_INET6;
    *v6_path = *v6 && !idem_is_mapped(at.ip);
}

static idem_error put_handles(void *control, size_t *used,
                              const idem_ancillary *a)
{
    int fds[HANDLES];
    size_t i;

    for (i = 0; i < a->handle_count; i++) {
        if (a->handles[i] < 0 || a->handles[i] > INT_MAX)
            return idem_os_fail(EBADF, IDEM_EBADF);
        fds[i] = (int)a->handles[i];
    }
    if (a->handle_count > 0)
        bsd_put(control, used, SOL_SOCKET, SCM_RIGHTS, fds,
                a->handle_count * sizeof(*fds));
    return IDEM_OK;
}

static idem_error put_credentials(void *control, size_t *used,
                                  const idem_ancillary *a)
{
#ifdef SCM_CREDENTIALS
    struct ucred who;

    who.pid = (pid_t)a->credentials.pid;
    who.uid = (uid_t)a->credentials.uid;
    who.gid = (gid_t)a->credentials.gid;
    if (who.pid != a->credentials.pid || who.uid != a->credentials.uid
        || who.gid != a->credentials.gid)
        return IDEM_EACCES; /* nobody has such numbers */
    bsd_put(control, used, SOL_SOCKET, SCM_CREDENTIALS, &who, sizeof(who));
#else
    (void)control;
    (void)used;
    (void)a;
#endif
    return IDEM_OK;
}

static idem_error put_ancillary(const idem_os_socket *s, const idem_message *m,
                                void *control, size_t *used)
{
    const idem_ancillary *a = m->ancillary;
    const unsigned what = present(m);
    const bool inet = what
                      & (IDEM_ANCILLARY_PACKET_INFO | IDEM_ANCILLARY_TTL
                         | IDEM_ANCILLARY_TOS);
    bool v6 = false;
    bool v6_path = false;
    idem_error err = IDEM_OK;

    *used = 0;
    if (what == 0)
        return IDEM_OK;
    if (inet)
        find_path(s, m, &v6, &v6_path);
    if (!can_put(s, what, v6_path))
        return IDEM_EOPNOTSUPP;
    *used = bsd_put_inet(control, a, v6, v6_path);
    if (what & IDEM_ANCILLARY_HANDLES)
        err = put_handles(control, used, a);
    if (!err && (what & IDEM_ANCILLARY_CREDENTIALS))
        err = put_credentials(control, used, a);
    return err;
}

static idem_error begin_send(batch *b, size_t i, const idem_os_socket *s,
                             const idem_message *m)
{
    struct msghdr *h = begin_message(b, i, m);
    size_t used;
    idem_error err = put_ancillary(s, m, &b->control[i], &used);

    if (m->address.family != IDEM_AF_UNSPEC) {
        h->msg_name = &b->name[i];
        h->msg_namelen = bsd_from_address(&b->name[i], &m->address);
    }
    if (used > 0) {
        h->msg_control = &b->control[i];
        h->msg_controllen = (socklen_t)used;
    }
    return err;
}

/* Make the first ones ready to go together. */
static idem_error gather(batch *b, const idem_os_socket *s,
                         const idem_message *m, size_t count, size_t *n)
{
    idem_error err = begin_send(b, 0, s, &m[0]);

    *n = 1;
    if (err || has_companions(&m[0]))
        return err;
    while (*n < count && *n < BATCH && !has_companions(&m[*n])
           && !begin_send(b, *n, s, &m[*n]))
        ++*n;
    return IDEM_OK;
}

static int send_native(int fd, struct mmsghdr *v, size_t n, int native)
{
    ssize_t length;

#ifndef __APPLE__
    if (n > 1)
        return sendmmsg(fd, v, (unsigned)n,
                        (batch_flags)(native | MSG_DONTWAIT));
#endif
    (void)n;
    length = sendmsg(fd, &v->msg_hdr, native);
    v->msg_len = length < 0 ? 0 : (unsigned)length;
    return length < 0 ? -1 : 1;
}

static bool has_address(const idem_address *at)
{
    idem_address name = { .family = at->family };
    idem_os_socket probe;
    idem_error err;

    if (at->family == IDEM_AF_UNSPEC
        || idem_os_open(&probe, at->family, IDEM_SOCK_DGRAM, 0))
        return true;
    memcpy(name.ip, at->ip, sizeof(name.ip));
    err = idem_os_bind(&probe, &name);
    idem_os_close(&probe);
    return err != IDEM_EADDRNOTAVAIL;
}

static bool has_interface(unsigned ifindex)
{
    char name[IF_NAMESIZE];

    return ifindex == 0 || if_indextoname(ifindex, name) != NULL;
}

/* Whether a send failed for a local address or an interface that is not there.
 * Linux finds no way out from there then, as if the other end were to blame. */
static bool is_foreign(const idem_ancillary *a, int native)
{
    if (native == ENETUNREACH)
        return !has_interface(a->interface_index)
               || !has_address(&a->destination);
    return native == EINVAL;
}

static idem_error send_fail(const idem_os_socket *s, const idem_message *m,
                            int native)
{
    const unsigned what = present(m);

    /* More or longer pieces than the system cuts, or a device that cannot. */
    if ((what & IDEM_ANCILLARY_SEGMENTS)
        && (native == EINVAL || native == EIO || native == EMSGSIZE))
        return idem_os_fail(native, IDEM_EOPNOTSUPP);
    if ((what & IDEM_ANCILLARY_PACKET_INFO) && is_foreign(m->ancillary, native))
        return idem_os_fail(native, IDEM_EADDRNOTAVAIL);
    if ((what & IDEM_ANCILLARY_HANDLES) && native == EBADF)
        return idem_os_fail(native, IDEM_EBADF);
    if ((what & IDEM_ANCILLARY_CREDENTIALS) && native == ESRCH)
        return idem_os_fail(native, IDEM_EACCES);
    return idem_posix_send_fail(s, native);
}

idem_error idem_os_sendmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    int native = idem_posix_first_flags(s, POSIX_SEND, flags, d);
    batch b;
    size_t n, i;
    idem_error err = gather(&b, s, m, count, &n);
    int sent;

    *done = 0;
    if (err)
        return err;
    do
        sent = send_native(s->fd, b.native, n, native);
    while (idem_posix_tries_again(s, POSIX_SEND, d, sent, &native));
    if (sent < 0)
        return send_fail(s, m, errno);
    *done = (size_t)sent;
    for (i = 0; i < *done; i++)
        m[i].length = b.native[i].msg_len;
    return IDEM_OK;
}

/* ---- Receiving --------------------------------------------------------- */

/* A message that has room for handles goes alone. */
static bool wants_handles(const idem_message *m)
{
    return m->ancillary != NULL && m->ancillary->handle_capacity > 0;
}

static void begin_recv(batch *b, size_t i, const idem_os_socket *s,
                       const idem_message *m)
{
    struct msghdr *h = begin_message(b, i, m);

    if (!s->stream) { /* a Unix stream would tell its peer */
        h->msg_name = &b->name[i];
        h->msg_namelen = sizeof(b->name[i]);
    }
    if (m->ancillary == NULL)
        return;
    h->msg_control = &b->control[i];
    h->msg_controllen =
        wants_handles(m) ? sizeof(b->control) : sizeof(b->control[i]);
}

static size_t begin_receive(batch *b, const idem_os_socket *s,
                            const idem_message *m, size_t count)
{
    size_t n = 0;

    do
        begin_recv(b, n, s, &m[n]);
    while (!wants_handles(&m[n++]) && n < count && n < BATCH
           && !wants_handles(&m[n]));
    return n;
}

static int recv_native(int fd, struct mmsghdr *v, size_t n, int native)
{
    ssize_t length;

#ifndef __APPLE__
    if (n > 1)
        return recvmmsg(fd, v, (unsigned)n,
                        (batch_flags)(native | MSG_WAITFORONE), NULL);
#endif
    (void)n;
    length = recvmsg(fd, &v->msg_hdr, native);
    v->msg_len = length < 0 ? 0 : (unsigned)length;
    return length < 0 ? -1 : 1;
}

/* Keep those that there is room for, unless the message was cut. */
static void take_handles(bsd_cmsghdr *h, idem_message *m)
{
    const size_t count = bsd_size(h) / sizeof(int);
    idem_ancillary *a = m->ancillary;
    size_t i;
    int fd;

    for (i = 0; i < count; i++) {
        memcpy(&fd, BSD_CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
        if (a->handle_count == a->handle_capacity
            || (m->flags & IDEM_MSG_TRUNC)) {
            close(fd);
            m->flags |= IDEM_MSG_CTRUNC;
            continue;
        }
        if (MSG_CMSG_CLOEXEC == 0)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        a->handles[a->handle_count++] = fd;
        a->present |= IDEM_ANCILLARY_HANDLES;
    }
}

#ifdef SCM_CREDENTIALS
static void take_credentials(bsd_cmsghdr *h, idem_ancillary *a)
{
    struct ucred who;

    if (bsd_size(h) < sizeof(who))
        return;
    memcpy(&who, BSD_CMSG_DATA(h), sizeof(who));
    a->credentials.pid = who.pid;
    a->credentials.uid = who.uid;
    a->credentials.gid = who.gid;
    a->present |= IDEM_ANCILLARY_CREDENTIALS;
}
#endif

static void take_ancillary(struct msghdr *from, idem_message *m)
{
    bsd_cmsghdr *h;
    size_t at = 0;

    while ((h = bsd_next(from->msg_control, from->msg_controllen, &at))
           != NULL) {
        if (bsd_is(h, SOL_SOCKET, SCM_RIGHTS))
            take_handles(h, m);
#ifdef SCM_CREDENTIALS
        else if (bsd_is(h, SOL_SOCKET, SCM_CREDENTIALS))
            take_credentials(h, m->ancillary);
#endif
        else
            bsd_get_inet(h, m);
    }
}

static void end_recv(batch *b, size_t i, idem_message *m)
{
    struct msghdr *h = &b->native[i].msg_hdr;

    bsd_to_address(&m->address, &b->name[i], h->msg_namelen);
    idem_message_clear_rest(m);
    m->length = b->native[i].msg_len;
    if (h->msg_flags & MSG_TRUNC)
        m->flags |= IDEM_MSG_TRUNC;
    if (h->msg_flags & MSG_CTRUNC)
        m->flags |= IDEM_MSG_CTRUNC;
    if (m->ancillary != NULL)
        take_ancillary(h, m);
}

idem_error idem_os_recvmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    int native =
        idem_posix_first_flags(s, POSIX_RECV, flags, d) | MSG_CMSG_CLOEXEC;
    batch b;
    size_t n = begin_receive(&b, s, m, count);
    size_t i;
    int got;

    *done = 0;
    do
        got = recv_native(s->fd, b.native, n, native);
    while (idem_posix_tries_again(s, POSIX_RECV, d, got, &native));
    if (got < 0)
        return idem_posix_fail(errno);
    *done = (size_t)got;
    for (i = 0; i < *done; i++)
        end_recv(&b, i, &m[i]);
    return IDEM_OK;
}

void idem_os_close_handles(const intptr_t *handles, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        close((int)handles[i]);
}
