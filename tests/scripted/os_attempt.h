/* Moving bytes on the scripted platform. Included by attempt.h. */
#ifndef IDEM_OS_ATTEMPT_H
#define IDEM_OS_ATTEMPT_H

idem_error script_recv(idem_os_socket *s, void *buf, size_t cap, int flags,
                       idem_deadline *d, size_t *got);
idem_error script_recvfrom(idem_os_socket *s, void *buf, size_t cap, int flags,
                           idem_deadline *d, size_t *got, idem_address *from);
idem_error script_send(idem_os_socket *s, const void *data, size_t len,
                       int flags, idem_deadline *d, size_t *sent);
idem_error script_sendto(idem_os_socket *s, const void *data, size_t len,
                         int flags, idem_deadline *d, const idem_address *to,
                         size_t *sent);

static inline idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap,
                                      int flags, idem_deadline *d, size_t *got)
{
    return script_recv(s, buf, cap, flags, d, got);
}

static inline idem_error idem_os_recvfrom(idem_os_socket *s, void *buf,
                                          size_t cap, int flags,
                                          idem_deadline *d, size_t *got,
                                          idem_address *from)
{
    return script_recvfrom(s, buf, cap, flags, d, got, from);
}

static inline idem_error idem_os_send(idem_os_socket *s, const void *data,
                                      size_t len, int flags, idem_deadline *d,
                                      size_t *sent)
{
    return script_send(s, data, len, flags, d, sent);
}

static inline idem_error idem_os_sendto(idem_os_socket *s, const void *data,
                                        size_t len, int flags, idem_deadline *d,
                                        const idem_address *to, size_t *sent)
{
    return script_sendto(s, data, len, flags, d, to, sent);
}

#endif /* IDEM_OS_ATTEMPT_H */
