/* Options, by their neutral level and name. */
#ifndef IDEM_OPTION_H
#define IDEM_OPTION_H

#include "socket.h"

/* The level of options that IPv4 and IPv6 have each at their own, by the name
 * of IPv4. */
#define IDEM_OPTION_IP (-1)

/* Whether an option could be set. s may be NULL, and any number a level, a
 * name, a value. */
idem_error idem_option_check(const idem_socket *s, int level, int name,
                             int value);

/* Set it. */
idem_error idem_option_set(idem_socket *s, int level, int name, int value);

/* Ask for it; *value is 0 when that fails. */
idem_error idem_option_get(idem_socket *s, int level, int name, int *value);

#endif /* IDEM_OPTION_H */
