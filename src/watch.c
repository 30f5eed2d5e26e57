/* The watches of a selector, in their lists. */
#include "watch.h"

#include <stdlib.h>

/* ---- Lists: under the lock of the process ------------------------------ */

/* Put it at the end. */
static void enter_list(idem_watch *w, uint8_t list)
{
    idem_watch **first = &w->selector->lists[list];

    w->list = list;
    if (*first == NULL)
        *first = w->next = w->prev = w;
    w->next = *first;
    w->prev = w->next->prev;
    w->next->prev = w;
    w->prev->next = w;
    if (list == IDEM_WATCH_NOTED)
        atomic_fetch_add(&w->selector->noted, 1);
}

static void leave_list(idem_watch *w)
{
    idem_watch **first = &w->selector->lists[w->list];

    if (w->list == IDEM_WATCH_NOTED)
        atomic_fetch_sub(&w->selector->noted, 1);
    if (*first == w)
        *first = w->next == w ? NULL : w->next;
    w->next->prev = w->prev;
    w->prev->next = w->next;
}

static void move(idem_watch *w, uint8_t list)
{
    leave_list(w);
    enter_list(w, list);
}

/* Let a select look at it: the one that waits, or the next. */
static void note(idem_watch *w)
{
    if (w->list != IDEM_WATCH_QUIET)
        return;
    move(w, IDEM_WATCH_NOTED);
    if (atomic_load(&w->selector->use) & IDEM_SELECTING)
        idem_os_selector_wake(w->selector->os);
}

static void link_socket(idem_watch *w)
{
    w->sibling = atomic_load(&w->socket->watches);
    atomic_store(&w->socket->watches, w);
}

static void unlink_socket(idem_watch *w)
{
    idem_watch *before = atomic_load(&w->socket->watches);

    if (before == w) {
        atomic_store(&w->socket->watches, w->sibling);
        return;
    }
    while (before->sibling != w)
        before = before->sibling;
    before->sibling = w->sibling;
}

void idem_selector_notice(idem_socket *s)
{
    idem_watch *w;

    if (atomic_load(&s->watches) == NULL)
        return;
    idem_os_lock();
    for (w = atomic_load(&s->watches); w != NULL; w = w->sibling)
        note(w);
    idem_os_unlock();
}

idem_watch *idem_watch_find(const idem_selector *sel, idem_socket *s)
{
    idem_watch *w;

    if (atomic_load(&s->watches) == NULL)
        return NULL;
    idem_os_lock();
    w = atomic_load(&s->watches);
    while (w != NULL && w->selector != sel)
        w = w->sibling;
    idem_os_unlock();
    return w;
}

idem_event idem_watch_key(const idem_watch *w)
{
    return (idem_event){ w->socket, w->data, w->events };
}

size_t idem_watch_keys(const idem_selector *sel, idem_event *keys, size_t room)
{
    size_t n = 0;
    int list;

    idem_os_lock();
    for (list = IDEM_WATCH_QUIET; list < IDEM_WATCH_GONE; list++) {
        const idem_watch *first = sel->lists[list];
        const idem_watch *w = first;

        for (; w != NULL; w = w->next == first ? NULL : w->next) {
            if (n < room)
                keys[n] = idem_watch_key(w);
            n++;
        }
    }
    idem_os_unlock();
    return n;
}

idem_watch *idem_watch_any(const idem_selector *sel)
{
    idem_watch *w;

    idem_os_lock();
    w = sel->lists[IDEM_WATCH_QUIET];
    if (w == NULL)
        w = sel->lists[IDEM_WATCH_NOTED];
    idem_os_unlock();
    return w;
}

idem_watch *idem_watch_turn(idem_selector *sel)
{
    idem_watch *w;

    idem_os_lock();
    w = sel->lists[IDEM_WATCH_NOTED];
    sel->lists[IDEM_WATCH_NOTED] = w->next;
    idem_os_unlock();
    return w;
}

/* ---- Watches ----------------------------------------------------------- */

static bool knows_something(const idem_watch *w)
{
    return (idem_ready_known(w->socket) & idem_watch_told(w)) != 0;
}

static bool asks_too_little(const idem_watch *w)
{
    return idem_ready_asked(w->socket, w->events) != w->asked;
}

/* Ask the system for the events, and for what the socket needs beside them. */
static idem_error ask(idem_watch *w, unsigned events)
{
    unsigned asked = idem_ready_asked(w->socket, events);
    idem_error err = IDEM_OK;

    if (asked != w->asked)
        err = idem_os_selector_modify(w->selector->os, &w->os, &w->socket->os,
                                      asked);
    if (!err)
        w->asked = (uint8_t)asked; /* as all events, it fits */
    return err;
}

static idem_watch *new_watch(idem_selector *sel, idem_socket *s,
                             unsigned events, void *data)
{
    idem_watch *w = malloc(sizeof(*w));

    if (w == NULL)
        return NULL;
    *w = (idem_watch){ .events = (uint8_t)events, /* as all events, they fit */
                       .asked = (uint8_t)idem_ready_asked(s, events),
                       .socket = s,
                       .selector = sel,
                       .data = data };
    return w;
}

idem_error idem_watch_make(idem_selector *sel, idem_socket *s, unsigned events,
                           void *data)
{
    idem_watch *w = new_watch(sel, s, events, data);
    idem_error err;

    if (w == NULL)
        return IDEM_ENOMEM;
    err = idem_os_selector_add(sel->os, &w->os, &s->os, w->asked);
    if (err) {
        free(w);
        return err;
    }
    idem_os_lock();
    link_socket(w);
    enter_list(w, IDEM_WATCH_QUIET);
    if (knows_something(w) || asks_too_little(w))
        note(w);
    idem_os_unlock();
    return IDEM_OK;
}

idem_error idem_watch_change(idem_watch *w, unsigned events, void *data)
{
    idem_error err = ask(w, events);

    if (err)
        return err;
    w->events = (uint8_t)events; /* as all events, they fit */
    w->data = data;
    idem_os_lock();
    if (knows_something(w) || asks_too_little(w))
        note(w);
    idem_os_unlock();
    return IDEM_OK;
}

void idem_watch_drop(idem_watch *w)
{
    idem_os_selector_remove(w->selector->os, &w->os, &w->socket->os);
    idem_os_lock();
    unlink_socket(w);
    move(w, IDEM_WATCH_GONE);
    w->selector->gone++;
    idem_os_unlock();
}

void idem_watch_sweep(idem_selector *sel)
{
    idem_watch *w;
    idem_watch *next;

    if (sel->lists[IDEM_WATCH_GONE] == NULL)
        return;
    idem_os_lock();
    w = sel->lists[IDEM_WATCH_GONE];
    sel->lists[IDEM_WATCH_GONE] = NULL;
    idem_os_unlock();
    sel->gone = 0;
    if (w != NULL)
        w->prev->next = NULL; /* no ring any more */
    for (; w != NULL; w = next) {
        next = w->next;
        free(w);
    }
}

size_t idem_watch_sift(idem_selector *sel)
{
    idem_watch *w;
    idem_watch *next;
    size_t left;

    idem_os_lock();
    w = sel->lists[IDEM_WATCH_NOTED];
    for (left = atomic_load(&sel->noted); left > 0; left--) {
        next = w->next;
        w->seen = 0;
        (void)ask(w, w->events); /* failing, it asks as before */
        if (!knows_something(w))
            move(w, IDEM_WATCH_QUIET);
        w = next;
    }
    left = atomic_load(&sel->noted);
    idem_os_unlock();
    return left;
}
