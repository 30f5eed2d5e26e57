/* What ends calls that belong to no socket. */
#include "socket.h"

#include <stdlib.h>

idem_error idem_canceller_open(idem_canceller **out)
{
    if (out == NULL)
        return IDEM_EFAULT;
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return IDEM_ENOMEM;
    idem_os_make_bell(&(*out)->bell);
    atomic_init(&(*out)->cancelled, false);
    return IDEM_OK;
}

idem_error idem_canceller_cancel(idem_canceller *c)
{
    if (c == NULL)
        return IDEM_EFAULT;
    /* The mark first: whoever wakes up must find it. */
    if (!atomic_exchange(&c->cancelled, true))
        idem_os_wake(&c->bell);
    return IDEM_OK;
}

void idem_canceller_close(idem_canceller *c)
{
    free(c);
}
