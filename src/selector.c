/* Many sockets, waited for again and again. */
#include "watch.h"

#include <stdlib.h>

/* How often a closing thread wakes those inside again. */
#define CLOSE_NAP_NS 10000000

/* So many watches may be left to a select that waits, before it has to come
 * and sweep. */
#define MANY_GONE 1000

/* ---- Calls ------------------------------------------------------------- */

static idem_error enter(idem_selector *sel)
{
    if (sel == NULL)
        return IDEM_EFAULT;
    if (idem_os_selector_is_inherited(sel->os))
        return IDEM_EBADF;
    atomic_fetch_add(&sel->use, 1);
    return IDEM_OK;
}

static idem_error leave(idem_selector *sel, idem_error err)
{
    /* From here on sel may be gone: a closing thread waits for nothing else. */
    if (atomic_fetch_sub(&sel->use, 1) & IDEM_SELECTOR_CLOSING)
        idem_os_wake_sleepers();
    return err;
}

/* Enter both, for a call about s in sel. */
static idem_error begin(idem_selector *sel, idem_socket *s)
{
    idem_error err = enter(sel);

    if (err)
        return err;
    err = idem_enter(s);
    if (err)
        return leave(sel, err);
    idem_os_selector_lock(sel->os);
    return IDEM_OK;
}

static idem_error end(idem_selector *sel, idem_socket *s, idem_error err)
{
    idem_os_selector_unlock(sel->os);
    return leave(sel, idem_leave(s, err));
}

/* ---- Registering ------------------------------------------------------- */

static bool is_askable(unsigned events)
{
    return (events & ~IDEM_READY_ASKABLE) == 0;
}

idem_error idem_selector_register(idem_selector *sel, idem_socket *s,
                                  unsigned events, void *data)
{
    idem_error err = begin(sel, s);

    if (err)
        return err;
    if (is_askable(events) && idem_watch_find(sel, s) == NULL)
        err = idem_watch_make(sel, s, events, data);
    else
        err = IDEM_EINVAL;
    return end(sel, s, err);
}

idem_error idem_selector_modify(idem_selector *sel, idem_socket *s,
                                unsigned events, void *data)
{
    idem_watch *w;
    idem_error err = begin(sel, s);

    if (err)
        return err;
    w = idem_watch_find(sel, s);
    if (is_askable(events) && w != NULL)
        err = idem_watch_change(w, events, data);
    else
        err = IDEM_EINVAL;
    return end(sel, s, err);
}

/* pre: locked. A select that goes on may have the watch in hand. */
static bool drop(idem_selector *sel, idem_socket *s)
{
    idem_watch *w = idem_watch_find(sel, s);

    if (w == NULL)
        return false;
    idem_watch_drop(w);
    if (!(atomic_load(&sel->use) & IDEM_SELECTING))
        idem_watch_sweep(sel);
    else if (sel->gone >= MANY_GONE)
        idem_os_selector_wake(sel->os);
    return true;
}

idem_error idem_selector_unregister(idem_selector *sel, idem_socket *s)
{
    idem_error err = begin(sel, s);

    if (err)
        return err;
    return end(sel, s, drop(sel, s) ? IDEM_OK : IDEM_EINVAL);
}

idem_error idem_selector_get_key(idem_selector *sel, idem_socket *s,
                                 idem_event *key)
{
    const idem_watch *w;
    idem_error err;

    if (key != NULL)
        *key = (idem_event){ NULL, NULL, 0 };
    err = begin(sel, s);
    if (err)
        return err;
    w = idem_watch_find(sel, s);
    if (w != NULL && key != NULL)
        *key = idem_watch_key(w);
    return end(sel, s, w == NULL ? IDEM_EINVAL : IDEM_OK);
}

idem_error idem_selector_get_map(idem_selector *sel, idem_event *keys,
                                 size_t capacity, size_t *count)
{
    size_t n;
    idem_error err;

    if (count != NULL)
        *count = 0;
    if (keys == NULL && capacity > 0)
        return IDEM_EFAULT;
    err = enter(sel);
    if (err)
        return err;
    idem_os_selector_lock(sel->os);
    n = idem_watch_keys(sel, keys, capacity);
    idem_os_selector_unlock(sel->os);
    if (count != NULL)
        *count = n;
    return leave(sel, IDEM_OK);
}

/* Enter one of the selectors that s is in: it stays until we leave. */
static idem_selector *enter_one_of(idem_socket *s)
{
    idem_selector *sel = NULL;
    const idem_watch *w;

    idem_os_lock();
    w = atomic_load(&s->watches);
    if (w != NULL) {
        sel = w->selector;
        atomic_fetch_add(&sel->use, 1);
    }
    idem_os_unlock();
    return sel;
}

void idem_selector_forget(idem_socket *s)
{
    idem_selector *sel;

    while (atomic_load(&s->watches) != NULL
           && (sel = enter_one_of(s)) != NULL) {
        idem_os_selector_lock(sel->os);
        (void)drop(sel, s);
        idem_os_selector_unlock(sel->os);
        (void)leave(sel, IDEM_OK);
    }
}

/* ---- Selecting --------------------------------------------------------- */

static bool tell(const idem_watch *w, unsigned native, idem_event *out)
{
    if (!idem_ready_is_plain(w->socket, native))
        native = idem_ready_events(w->socket, native);
    out->socket = w->socket;
    out->data = w->data;
    out->events = idem_watch_told(w) & native;
    return out->events != 0;
}

/* Make events of what the system reports, in place; how many. Of those that
 * are noted it is kept. */
static size_t tell_seen(idem_event *events, size_t count)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        idem_watch *w = events[i].data;
        unsigned native = events[i].events;

        if (w->list == IDEM_WATCH_QUIET)
            n += tell(w, native, &events[n]);
        else
            w->seen = (uint8_t)native; /* as all events, they fit */
    }
    return n;
}

/* The same of the first so many that are noted. */
static size_t tell_noted(idem_selector *sel, size_t noted, idem_event *events,
                         size_t room)
{
    const idem_watch *w;
    size_t n = 0;

    for (; noted > 0 && n < room; noted--) {
        w = idem_watch_turn(sel);
        n += tell(w, w->seen, &events[n]);
    }
    sel->starved = noted > 0;
    return n;
}

/* Whether there is something to tell without waiting. */
static bool has_noted(idem_selector *sel)
{
    size_t left;

    if (atomic_load(&sel->noted) == 0)
        return false;
    idem_os_selector_lock(sel->os);
    left = idem_watch_sift(sel);
    idem_os_selector_unlock(sel->os);
    return left > 0;
}

/* Wait once, unless there is something without, and tell what is ready. */
static idem_error look(idem_selector *sel, int64_t left_ns, idem_event *events,
                       size_t capacity, size_t *count)
{
    const bool ready = has_noted(sel);
    const size_t room = capacity - (ready && sel->starved);
    idem_error err = IDEM_OK;
    size_t noted;
    size_t n = 0;

    if (room > 0)
        err = idem_os_selector_wait(sel->os, ready ? 0 : left_ns, events, room,
                                    &n);
    if (err && (err != IDEM_EINTR || idem_wants_interrupt()))
        return err;
    idem_os_selector_lock(sel->os);
    /* What is noted from here on is for the next time: nothing comes twice. */
    noted = atomic_load(&sel->noted);
    n = tell_seen(events, n);
    if (noted > 0)
        n += tell_noted(sel, noted, &events[n], capacity - n);
    if (room == 0) /* the others' turn: they were not even asked for */
        sel->starved = false;
    idem_watch_sweep(sel);
    idem_os_selector_unlock(sel->os);
    *count = n;
    return IDEM_OK;
}

static bool take_wake(idem_selector *sel)
{
    return atomic_load(&sel->woken) && atomic_exchange(&sel->woken, false);
}

static idem_error select_until(idem_selector *sel, idem_deadline *d,
                               idem_event *events, size_t capacity,
                               size_t *count)
{
    int64_t left = idem_deadline_left(d);
    idem_error err;

    do {
        if (atomic_load(&sel->woken))
            left = 0;
        err = look(sel, left, events, capacity, count);
        if (err)
            return err;
        if (atomic_load(&sel->use) & IDEM_SELECTOR_CLOSING) {
            *count = 0;
            return IDEM_ECANCELED;
        }
        if (take_wake(sel) || *count > 0)
            return IDEM_OK;
        left = idem_deadline_left(d);
    } while (left != 0);
    return IDEM_OK;
}

/* Become the one thread that selects. */
static idem_error claim(idem_selector *sel)
{
    if (idem_os_selector_is_inherited(sel->os))
        return IDEM_EBADF;
    if (atomic_fetch_or(&sel->use, IDEM_SELECTING) & IDEM_SELECTING)
        return IDEM_EINPROGRESS;
    return IDEM_OK;
}

static idem_error release(idem_selector *sel, idem_error err)
{
    /* From here on sel may be gone, as in leave(). */
    if (atomic_fetch_sub(&sel->use, IDEM_SELECTING) & IDEM_SELECTOR_CLOSING)
        idem_os_wake_sleepers();
    return err;
}

idem_error idem_selector_select(idem_selector *sel, double timeout,
                                idem_event *events, size_t capacity,
                                size_t *count)
{
    idem_deadline d = { 0 };
    idem_error err;

    if (count != NULL)
        *count = 0;
    if (sel == NULL || events == NULL || count == NULL)
        return IDEM_EFAULT;
    err = idem_timeout_ns(timeout, &d.timeout_ns);
    if (!err && capacity == 0)
        err = IDEM_EINVAL;
    if (!err)
        err = claim(sel);
    if (err)
        return err;
    return release(sel, select_until(sel, &d, events, capacity, count));
}

idem_error idem_selector_wake(idem_selector *sel)
{
    idem_error err = enter(sel);

    if (err)
        return err;
    if (!atomic_exchange(&sel->woken, true)
        && (atomic_load(&sel->use) & IDEM_SELECTING))
        idem_os_selector_wake(sel->os);
    return leave(sel, IDEM_OK);
}

/* ---- Opening and closing ----------------------------------------------- */

idem_error idem_selector_open(idem_selector **out)
{
    idem_selector *sel;
    idem_error err;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    sel = calloc(1, sizeof(*sel));
    if (sel == NULL)
        return IDEM_ENOMEM;
    err = idem_os_selector_open(&sel->os);
    if (err)
        free(sel);
    else
        *out = sel;
    return err;
}

/* Wait until no other thread is inside. */
static void drain(idem_selector *sel)
{
    if (idem_os_selector_is_inherited(sel->os))
        return; /* they did not come along */
    idem_os_lock();
    while (atomic_load(&sel->use) & ~IDEM_SELECTOR_CLOSING) {
        idem_os_unlock();
        idem_os_selector_wake(sel->os);
        idem_os_lock();
        if (atomic_load(&sel->use) & ~IDEM_SELECTOR_CLOSING)
            idem_os_sleep(CLOSE_NAP_NS);
    }
    idem_os_unlock();
}

static void drop_all(idem_selector *sel)
{
    idem_watch *w;

    idem_os_selector_lock(sel->os);
    while ((w = idem_watch_any(sel)) != NULL)
        idem_watch_drop(w);
    idem_os_selector_unlock(sel->os);
}

idem_error idem_selector_close(idem_selector *sel)
{
    if (sel == NULL)
        return IDEM_OK;
    atomic_fetch_or(&sel->use, IDEM_SELECTOR_CLOSING);
    drain(sel);
    drop_all(sel);
    drain(sel); /* of those who were closing a socket meanwhile */
    idem_watch_sweep(sel);
    idem_os_selector_close(sel->os);
    free(sel);
    return IDEM_OK;
}
