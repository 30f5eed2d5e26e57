/* Selectors of the scripted platform: they wait as idem_os_poll() does, whose
 * script they share. */
#include "scripted.h"

#include "check.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Entry 0 is the alarm: a socket that somebody wakes. */
struct idem_os_selector {
    atomic_flag lock;
    idem_os_socket alarm;
    idem_os_pollfd entries[SCRIPT_SOCKETS];
    idem_os_watch *watches[SCRIPT_SOCKETS];
    size_t count;
};

idem_error idem_os_selector_open(idem_os_selector **out)
{
    const idem_error err = script_next(OP_SELECTOR_OPEN);
    idem_os_selector *sel;

    *out = NULL;
    if (err)
        return err;
    sel = (calloc)(1, sizeof(*sel));
    CHECK(sel != NULL);
    atomic_flag_clear(&sel->lock);
    sel->alarm.number = script_new_row(0, 0, 0);
    sel->entries[0] = (idem_os_pollfd){ &sel->alarm, 0, 0 };
    sel->count = 1;
    *out = sel;
    return IDEM_OK;
}

void idem_os_selector_close(idem_os_selector *sel)
{
    CHECK_EQ(sel->count, 1);
    script.sockets[sel->alarm.number].open = false;
    free(sel);
}

bool idem_os_selector_is_inherited(const idem_os_selector *sel)
{
    (void)sel;
    return false;
}

void idem_os_selector_lock(idem_os_selector *sel)
{
    while (atomic_flag_test_and_set(&sel->lock))
        support_yield();
}

void idem_os_selector_unlock(idem_os_selector *sel)
{
    atomic_flag_clear(&sel->lock);
}

idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    const idem_error err = script_next(OP_SELECTOR_ADD);

    if (err)
        return err;
    CHECK(sel->count < SCRIPT_SOCKETS);
    w->place = sel->count++;
    sel->entries[w->place] = (idem_os_pollfd){ s, events, 0 };
    sel->watches[w->place] = w;
    return IDEM_OK;
}

idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    const idem_error err = script_next(OP_SELECTOR_MODIFY);

    CHECK(sel->entries[w->place].socket == s);
    if (!err)
        sel->entries[w->place].events = events;
    return err;
}

void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    const size_t last = --sel->count;

    CHECK(sel->entries[w->place].socket == s);
    sel->entries[w->place] = sel->entries[last];
    sel->watches[w->place] = sel->watches[last];
    sel->watches[w->place]->place = w->place;
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    atomic_bool *alarm = &script.sockets[sel->alarm.number].woken;
    const size_t watched = sel->count;
    idem_os_pollfd entries[SCRIPT_SOCKETS];
    idem_os_watch *watches[SCRIPT_SOCKETS];
    idem_error err;
    size_t ready;
    size_t i;

    CHECK(capacity > 0);
    *count = 0;
    memcpy(entries, sel->entries, sizeof(entries));
    memcpy(watches, sel->watches, sizeof(watches));
    err = idem_os_poll(entries, watched, timeout_ns, &ready);
    atomic_store(alarm, false);
    for (i = 1; !err && i < watched && *count < capacity; i++) {
        if (entries[i].revents == 0)
            continue;
        events[*count].data = watches[i];
        events[(*count)++].events = entries[i].revents;
    }
    return err;
}

void idem_os_selector_wake(idem_os_selector *sel)
{
    atomic_store(&script.sockets[sel->alarm.number].woken, true);
}
