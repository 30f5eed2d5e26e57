/* The contract of os.h, as far as scripts have little to say about it. */
#include "scripted.h"

/* ---- Sockets ----------------------------------------------------------- */

idem_error idem_os_socketpair(idem_os_socket *a, idem_os_socket *b, int type)
{
    (void)a;
    (void)b;
    (void)type;
    return IDEM_EOPNOTSUPP;
}

idem_error idem_os_set_inheritable(idem_os_socket *s, bool busy, bool on)
{
    (void)busy;
    script.sockets[s->number].inheritable = on;
    return IDEM_OK;
}

idem_error idem_os_get_inheritable(const idem_os_socket *s, bool *on)
{
    *on = script.sockets[s->number].inheritable;
    return IDEM_OK;
}

idem_error idem_os_export(idem_os_socket *s, bool busy, long pid, void *info)
{
    (void)s;
    (void)busy;
    (void)pid;
    (void)info;
    return IDEM_EOPNOTSUPP;
}

idem_error idem_os_import(idem_os_socket *s, const void *info,
                          idem_os_kind *kind)
{
    (void)s;
    (void)info;
    (void)kind;
    return IDEM_EOPNOTSUPP;
}

/* ---- Options ----------------------------------------------------------- */

idem_error idem_os_set_option(idem_os_socket *s, int level, int name, int value)
{
    (void)s;
    (void)level;
    (void)name;
    (void)value;
    return script_next(OP_SET_OPTION);
}

idem_error idem_os_get_option(const idem_os_socket *s, int level, int name,
                              int *value)
{
    (void)s;
    (void)level;
    (void)name;
    *value = 0;
    return IDEM_OK;
}

idem_error idem_os_get_peer_credentials(const idem_os_socket *s,
                                        idem_credentials *who)
{
    (void)s;
    (void)who;
    return IDEM_EOPNOTSUPP;
}

idem_error idem_os_set_keepalive(idem_os_socket *s, const idem_keepalive *k)
{
    (void)s;
    (void)k;
    return script_next(OP_SET_KEEPALIVE);
}

idem_error idem_os_set_membership(idem_os_socket *s, const idem_address *group,
                                  unsigned ifindex, bool member)
{
    (void)s;
    (void)group;
    (void)ifindex;
    (void)member;
    return IDEM_OK;
}
