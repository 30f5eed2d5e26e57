/* Sockets that other processes hold, too: inherited by a child, or handed to
 * whoever it may be. */
#include "socket.h"

#include <stdlib.h>
#include <string.h>

/* ---- Inheriting -------------------------------------------------------- */

idem_error idem_set_inheritable(idem_socket *s, bool on)
{
    idem_error err = idem_enter(s);
    bool busy = false;

    if (err)
        return err;
    if (on)
        busy = idem_socket_share(s);
    return idem_leave(s, idem_os_set_inheritable(&s->os, busy, on));
}

idem_error idem_get_inheritable(idem_socket *s, bool *on)
{
    bool inheritable = false;
    idem_error err = idem_enter(s);

    if (!err)
        err = idem_leave(s, idem_os_get_inheritable(&s->os, &inheritable));
    if (on != NULL)
        *on = inheritable;
    return err;
}

/* ---- Handing over ------------------------------------------------------ */

/* What the information begins with, before the backend's part. */
typedef struct heading {
    char magic[6];
    uint8_t read_shut; /* marks of ours, of which the system may not know */
    uint8_t write_shut;
} heading;

static const char magic[6] = { 'i', 'd', 'e', 'm', 0, 1 };

typedef struct package {
    heading head;
    unsigned char body[IDEM_OS_EXPORT_SIZE];
} package;

_Static_assert(sizeof(package) <= IDEM_SHARE_SIZE, "no room");

static idem_error pack(idem_socket *s, long pid, package *p)
{
    const bool busy = idem_socket_share(s);

    memcpy(p->head.magic, magic, sizeof(magic));
    p->head.read_shut = atomic_load(&s->read_shut);
    p->head.write_shut = atomic_load(&s->write_shut);
    return idem_os_export(&s->os, busy, pid, p->body);
}

idem_error idem_share(idem_socket *s, long pid, void *info, size_t cap,
                      size_t *used)
{
    package p = { 0 };
    idem_error err = idem_enter(s);

    if (used != NULL)
        *used = 0;
    if (err)
        return err;
    if (info == NULL || cap < sizeof(p))
        err = IDEM_EFAULT;
    else
        err = pid <= 0 ? IDEM_EINVAL : pack(s, pid, &p);
    err = idem_leave(s, err);
    if (err)
        return err;
    memcpy(info, &p, sizeof(p));
    if (used != NULL)
        *used = sizeof(p);
    return IDEM_OK;
}

static idem_error unpack(const package *p, idem_socket *s)
{
    idem_os_kind kind;
    idem_error err = idem_os_import(&s->os, p->body, &kind);

    if (err)
        return err;
    idem_socket_become(s, &kind);
    atomic_init(&s->read_shut, p->head.read_shut);
    atomic_init(&s->write_shut, p->head.write_shut);
    return IDEM_OK;
}

idem_error idem_from_share(const void *info, size_t size, idem_socket **out)
{
    idem_socket *s;
    package p;
    idem_error err;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    if (info == NULL)
        return IDEM_EFAULT;
    if (size != sizeof(p))
        return IDEM_EINVAL;
    memcpy(&p, info, sizeof(p));
    if (memcmp(p.head.magic, magic, sizeof(magic)) != 0)
        return IDEM_EINVAL;
    s = idem_socket_new(0, 0, 0);
    if (s == NULL)
        return IDEM_ENOMEM;
    err = unpack(&p, s);
    if (err)
        free(s);
    else
        *out = s;
    return err;
}
