/* Messages: one attempt, of one. The system knows no more at a time. */
#include "win32.h"
#include "../bsd_control.h"

#include <limits.h>

/* The buffers of a message in the system's form; one at least, as it wants. */
typedef struct parts {
    WSABUF each[IDEM_BUFFERS_MAX];
    DWORD count;
} parts;

static void fill_parts(parts *p, const idem_message *m, size_t most)
{
    size_t i;

    p->count = 0;
    for (i = 0; i < m->buffer_count && most > 0; i++) {
        const size_t size = m->buffers[i].size;
        WSABUF *part = &p->each[p->count++];

        part->buf = m->buffers[i].data;
        part->len = (ULONG)(size < most ? size : most);
        most -= part->len;
    }
    if (p->count == 0)
        p->each[p->count++] = (WSABUF){ 0, NULL };
}

static size_t capacity(const idem_message *m)
{
    size_t total = 0;
    size_t i;

    for (i = 0; i < m->buffer_count; i++)
        total += m->buffers[i].size;
    return total;
}

/* ---- Sending ----------------------------------------------------------- */

static bool can_segment(SOCKET s)
{
    static atomic_int known; /* 0: not asked yet */
    DWORD size = 0;
    int length = sizeof(size);

    if (atomic_load(&known) == 0)
        atomic_store(&known, getsockopt(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE,
                                        (char *)&size, &length)
                                     == 0
                                 ? 1
                                 : -1);
    return atomic_load(&known) > 0;
}

/* Whether the system looks at all that is asked for. Time to live and type of
 * service go with a datagram on the newest Windows only, and no handles and no
 * credentials on any. */
static bool can_put(const idem_os_socket *s, unsigned what)
{
    const unsigned known = IDEM_ANCILLARY_PACKET_INFO | IDEM_ANCILLARY_SEGMENTS;

    return !(what & ~known)
           && (!(what & IDEM_ANCILLARY_SEGMENTS) || can_segment(s->handle));
}

static idem_error send_stream(idem_os_socket *s, const idem_message *m,
                              DWORD native, DWORD *sent)
{
    parts p;

    fill_parts(&p, m, WIN32_MOST);
    if (WSASend(s->handle, p.each, p.count, sent, native, NULL, NULL) != 0)
        return idem_win32_stream_fail((DWORD)WSAGetLastError());
    return IDEM_OK;
}

/* More or longer pieces than the system cuts, or a device that cannot. */
static idem_error datagram_fail(const idem_os_socket *s, unsigned what,
                                DWORD code)
{
    if ((what & IDEM_ANCILLARY_SEGMENTS)
        && (code == WSAEINVAL || code == WSAEMSGSIZE))
        return idem_os_fail((int)code, IDEM_EOPNOTSUPP);
    return idem_win32_datagram_fail(s, code);
}

static idem_error send_datagram(idem_os_socket *s, const idem_message *m,
                                DWORD native, DWORD *sent)
{
    static const GUID id = WSAID_WSASENDMSG;
    static atomic_uintptr_t known;
    const unsigned what = m->ancillary == NULL ? 0 : m->ancillary->present;
    bsd_control control;
    bsd_sockaddr name;
    LPFN_WSASENDMSG send_msg;
    WSAMSG head = { 0 };
    parts p;
    idem_error err = idem_win32_find(s->handle, id, &known, &send_msg);

    if (err)
        return err;
    fill_parts(&p, m, INT_MAX);
    head.lpBuffers = p.each;
    head.dwBufferCount = p.count;
    if (m->address.family != IDEM_AF_UNSPEC) {
        head.name = &name.any;
        head.namelen = bsd_from_address(&name, &m->address);
    }
    if (what != 0) {
        head.Control.buf = (char *)control.bytes;
        head.Control.len = (ULONG)bsd_put_inet(
            &control, m->ancillary, s->family == IDEM_AF_INET6,
            s->family == IDEM_AF_INET6); /* no ttl, no tos: any path is fine */
    }
    if (send_msg(s->handle, &head, native, sent, NULL, NULL) != 0)
        return datagram_fail(s, what, (DWORD)WSAGetLastError());
    return IDEM_OK;
}

idem_error idem_os_sendmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    const DWORD native = (DWORD)bsd_flags(flags);
    DWORD sent = 0;
    idem_error err;

    (void)count;
    (void)d; /* an overlapped send that is withdrawn cannot tell its count */
    *done = 0;
    if (m->ancillary != NULL && !can_put(s, m->ancillary->present))
        return IDEM_EOPNOTSUPP;
    err = s->stream ? send_stream(s, m, native, &sent)
                    : send_datagram(s, m, native, &sent);
    if (err)
        return err;
    m->length = sent;
    *done = 1;
    return IDEM_OK;
}

/* ---- Receiving --------------------------------------------------------- */

static idem_error recv_stream(idem_os_socket *s, idem_message *m, DWORD native)
{
    DWORD code = 0;
    DWORD got = 0;
    parts p;

    fill_parts(&p, m, WIN32_MOST);
    if (WSARecv(s->handle, p.each, p.count, &got, &native, NULL, NULL) != 0)
        code = (DWORD)WSAGetLastError();
    /* Wine before 10 tells a reset as the end of the stream. */
    if (code == 0 && got == 0 && idem_win32_is_reset(s))
        code = WSAECONNRESET;
    if (code != 0)
        return idem_win32_stream_fail(code);
    idem_message_clear(m);
    m->length = got;
    return IDEM_OK;
}

/* A datagram that was cut is a failure here, and not on POSIX; what came of it
 * is told in various ways. */
static void set_length(idem_message *m, const WSAMSG *head, DWORD code,
                       DWORD got)
{
    m->length = got;
    if (head->dwFlags & MSG_CTRUNC)
        m->flags |= IDEM_MSG_CTRUNC;
    if (code == WSAEMSGSIZE
        && ((head->dwFlags & MSG_TRUNC) || !(head->dwFlags & MSG_CTRUNC))) {
        m->flags |= IDEM_MSG_TRUNC;
        m->length = capacity(m);
    }
}

static void take_ancillary(WSAMSG *from, const idem_message *m)
{
    bsd_cmsghdr *h;
    size_t at = 0;

    while ((h = bsd_next(from->Control.buf, from->Control.len, &at)) != NULL)
        bsd_get_inet(h, m);
}

static idem_error recv_datagram(idem_os_socket *s, idem_message *m,
                                DWORD native)
{
    static const GUID id = WSAID_WSARECVMSG;
    static atomic_uintptr_t known;
    bsd_control control;
    bsd_sockaddr name;
    LPFN_WSARECVMSG recv_msg;
    WSAMSG head = { 0 };
    DWORD code = 0;
    DWORD got = 0;
    parts p;
    idem_error err = idem_win32_find(s->handle, id, &known, &recv_msg);

    if (err)
        return err;
    fill_parts(&p, m, INT_MAX);
    head.lpBuffers = p.each;
    head.dwBufferCount = p.count;
    head.name = &name.any;
    head.namelen = sizeof(name);
    head.dwFlags = native;
    /* Also when nobody wants it: what finds no room would hide whether the
     * datagram was cut. */
    head.Control.buf = (char *)control.bytes;
    head.Control.len = sizeof(control);
    if (recv_msg(s->handle, &head, &got, NULL, NULL) != 0)
        code = (DWORD)WSAGetLastError();
    if (code != 0 && code != WSAEMSGSIZE)
        return idem_win32_datagram_fail(s, code);
    bsd_to_address(&m->address, &name, head.namelen);
    idem_message_clear_rest(m);
    set_length(m, &head, code, got);
    if (m->ancillary != NULL)
        take_ancillary(&head, m);
    else if (head.Control.len > 0)
        m->flags |= IDEM_MSG_CTRUNC;
    return IDEM_OK;
}

idem_error idem_os_recvmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done)
{
    const DWORD native = (DWORD)bsd_flags(flags);
    idem_error err =
        s->stream ? recv_stream(s, m, native) : recv_datagram(s, m, native);

    (void)count;
    (void)d; /* waiting is idem_os_poll()'s */
    *done = !err;
    return err;
}

/* None ever comes. */
void idem_os_close_handles(const intptr_t *handles, size_t count)
{
    (void)handles;
    (void)count;
}
