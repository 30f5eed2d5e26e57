/* What a platform must provide to move bytes, one attempt each: the part of the
 * contract of os.h that is compiled into the calls, for src/transfer.c alone. A
 * function of its own around a system call is dear: systems that guard against
 * SRSO and its like spoil the processor's guess of where each return goes. */
#ifndef IDEM_ATTEMPT_H
#define IDEM_ATTEMPT_H

#include "os.h"

/* From a stream. pre: cap > 0. *got == 0 with IDEM_OK: end of stream. */
static inline idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap,
                                      int flags, idem_deadline *d, size_t *got);

/* One datagram. A longer one: IDEM_EMSGSIZE, *got == cap, *from is set. */
static inline idem_error idem_os_recvfrom(idem_os_socket *s, void *buf,
                                          size_t cap, int flags,
                                          idem_deadline *d, size_t *got,
                                          idem_address *from);

/* To a stream. pre: len > 0. A peer that has gone is IDEM_ECONNRESET. */
static inline idem_error idem_os_send(idem_os_socket *s, const void *data,
                                      size_t len, int flags, idem_deadline *d,
                                      size_t *sent);

/* One datagram; to is NULL for the connected peer. */
static inline idem_error idem_os_sendto(idem_os_socket *s, const void *data,
                                        size_t len, int flags, idem_deadline *d,
                                        const idem_address *to, size_t *sent);

#include "os_attempt.h" /* of the platform: these functions */

#endif /* IDEM_ATTEMPT_H */
