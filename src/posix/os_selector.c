/* What selectors of every kind have: a lock, an alarm, and room for what the
 * system reports. */
#include "posix.h"

#include <limits.h>
#include <stdlib.h>

/* Room is made in such steps. */
#define STEP 64

idem_error idem_posix_open_selector(idem_os_selector *sel)
{
    int native = pthread_mutex_init(&sel->lock, NULL);
    idem_error err;

    if (native != 0)
        return idem_os_fail(native, IDEM_ENOMEM); /* EAGAIN is no waiting */
    idem_posix_start();
    sel->generation = idem_posix_generation();
    err = idem_posix_open_alarm(&sel->alarm);
    if (err)
        pthread_mutex_destroy(&sel->lock);
    return err;
}

void idem_posix_close_selector(idem_os_selector *sel)
{
    idem_posix_close_alarm(&sel->alarm);
    pthread_mutex_destroy(&sel->lock);
    free(sel->seen);
}

int idem_posix_make_room(idem_os_selector *sel, size_t capacity, size_t size)
{
    size_t want = atomic_load(&sel->watched) + 1; /* the alarm */
    void *more;

    if (want > capacity)
        want = capacity;
    if (want > sel->room) {
        want += STEP - want % STEP;
        more = realloc(sel->seen, want * size);
        if (more != NULL) {
            sel->seen = more;
            sel->room = want;
        }
    }
    if (capacity > sel->room)
        capacity = sel->room;
    return capacity < INT_MAX ? (int)capacity : INT_MAX;
}

bool idem_os_selector_is_inherited(const idem_os_selector *sel)
{
    return sel->generation != idem_posix_generation();
}

/* In a child, a thread that did not come along may hold it for ever. */
void idem_os_selector_lock(idem_os_selector *sel)
{
    if (!idem_os_selector_is_inherited(sel))
        pthread_mutex_lock(&sel->lock);
}

void idem_os_selector_unlock(idem_os_selector *sel)
{
    if (!idem_os_selector_is_inherited(sel))
        pthread_mutex_unlock(&sel->lock);
}

/* A child would raise the alarm of its parent. */
void idem_os_selector_wake(idem_os_selector *sel)
{
    if (!idem_os_selector_is_inherited(sel))
        idem_posix_raise_alarm(&sel->alarm);
}
