/* What selectors of every kind have: their lock. */
#include "win32.h"

/* There is no fork here. */
bool idem_os_selector_is_inherited(const idem_os_selector *sel)
{
    (void)sel;
    return false;
}

void idem_os_selector_lock(idem_os_selector *sel)
{
    AcquireSRWLockExclusive(&sel->lock);
}

void idem_os_selector_unlock(idem_os_selector *sel)
{
    ReleaseSRWLockExclusive(&sel->lock);
}

void idem_os_selector_wake(idem_os_selector *sel)
{
    PostQueuedCompletionStatus(sel->port, 0, 0, NULL);
}
