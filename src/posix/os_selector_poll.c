/* Selectors by poll: any POSIX system. A wait costs what is watched. */
#include "posix.h"

#include <stdlib.h>
#include <string.h>

/* Room for so many at first; doubled when it is too little. */
#define ROOM 64

/* Who is watched, and what for, in two arrays side by side. The first is the
 * alarm. */
typedef struct table {
    struct pollfd *fds;
    idem_os_watch **watches;
    size_t room;
} table;

/* The table that is changed, and a copy of it for the thread that waits. */
typedef struct poll_selector {
    idem_os_selector common;
    table watched;
    table waited;
    size_t count;        /* of watched */
    size_t waited_count; /* of waited */
    size_t next;         /* where to look first, for all to get their turn */
    bool changed;        /* watched is not what was copied */
    bool waiting;
} poll_selector;

static poll_selector *of(idem_os_selector *sel)
{
    return (poll_selector *)sel;
}

/* See to it that there is room for so many. */
static bool make_room(table *t, size_t count)
{
    size_t room = t->room == 0 ? ROOM : 2 * t->room;
    struct pollfd *fds;
    idem_os_watch **watches;

    if (count <= t->room)
        return true;
    while (room < count)
        room *= 2;
    fds = realloc(t->fds, room * sizeof(*fds));
    if (fds == NULL)
        return false;
    t->fds = fds;
    watches = realloc(t->watches, room * sizeof(*watches));
    if (watches == NULL)
        return false;
    t->watches = watches;
    t->room = room;
    return true;
}

static void free_table(table *t)
{
    free(t->fds);
    free(t->watches);
}

/* pre: there is room. */
static void append(poll_selector *p, idem_os_watch *w, int fd, short events)
{
    p->watched.fds[p->count] = (struct pollfd){ fd, events, 0 };
    p->watched.watches[p->count++] = w;
}

/* What was changed concerns the wait that goes on. */
static void note_change(poll_selector *p)
{
    p->changed = true;
    if (p->waiting)
        idem_posix_raise_alarm(&p->common.alarm);
}

idem_error idem_os_selector_open(idem_os_selector **out)
{
    poll_selector *p = calloc(1, sizeof(*p));
    idem_error err = IDEM_ENOMEM;

    *out = NULL;
    if (p == NULL)
        return IDEM_ENOMEM;
    if (make_room(&p->watched, 1))
        err = idem_posix_open_selector(&p->common);
    if (err) {
        free_table(&p->watched);
        free(p);
        return err;
    }
    append(p, NULL, p->common.alarm.read_fd, POLLIN);
    p->changed = true;
    *out = &p->common;
    return IDEM_OK;
}

void idem_os_selector_close(idem_os_selector *sel)
{
    poll_selector *p = of(sel);

    idem_posix_close_selector(sel);
    free_table(&p->watched);
    free_table(&p->waited);
    free(p);
}

idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    poll_selector *p = of(sel);

    if (!make_room(&p->watched, p->count + 1))
        return IDEM_ENOMEM;
    w->note = (unsigned)p->count; /* descriptors are ints: it fits */
    append(p, w, s->fd, idem_posix_native_events(events));
    note_change(p);
    return IDEM_OK;
}

idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    poll_selector *p = of(sel);
    const short native = idem_posix_native_events(events);

    (void)s;
    if (p->watched.fds[w->note].events == native)
        return IDEM_OK;
    p->watched.fds[w->note].events = native;
    note_change(p);
    return IDEM_OK;
}

/* The last one takes its place. Not in a child, where another thread may have
 * left the table half changed. */
void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    poll_selector *p = of(sel);
    size_t last;

    (void)s;
    if (idem_os_selector_is_inherited(sel))
        return;
    last = --p->count;
    p->watched.fds[w->note] = p->watched.fds[last];
    p->watched.watches[w->note] = p->watched.watches[last];
    p->watched.watches[w->note]->note = w->note;
    note_change(p);
}

/* pre: locked. Take over what was changed. */
static bool renew(poll_selector *p)
{
    if (!p->changed)
        return true;
    if (!make_room(&p->waited, p->count))
        return false;
    memcpy(p->waited.fds, p->watched.fds, p->count * sizeof(struct pollfd));
    memcpy(p->waited.watches, p->watched.watches,
           p->count * sizeof(idem_os_watch *));
    p->waited_count = p->count;
    p->changed = false;
    return true;
}

/* Make events of what poll reports, beginning where the last time ended. */
static size_t take(poll_selector *p, idem_event *events, size_t capacity)
{
    const size_t count = p->waited_count - 1; /* without the alarm */
    size_t n = 0;
    size_t i;

    for (i = 0; i < count && n < capacity; i++) {
        size_t at = 1 + (p->next + i) % count;
        short native = p->waited.fds[at].revents;

        if (native == 0)
            continue;
        events[n].data = p->waited.watches[at];
        events[n++].events = idem_posix_neutral_events(native);
    }
    if (count > 0)
        p->next = (p->next + i) % count;
    return n;
}

/* Whether to poll: there may be no memory to do so with. */
static bool begin_wait(poll_selector *p)
{
    bool renewed;

    idem_os_selector_lock(&p->common);
    renewed = renew(p);
    p->waiting = renewed;
    idem_os_selector_unlock(&p->common);
    return renewed;
}

static void end_wait(poll_selector *p)
{
    idem_os_selector_lock(&p->common);
    p->waiting = false;
    idem_os_selector_unlock(&p->common);
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    poll_selector *p = of(sel);
    int native;
    int result;

    *count = 0;
    if (!begin_wait(p))
        return IDEM_ENOMEM;
    result = idem_posix_poll(p->waited.fds, p->waited_count, timeout_ns);
    native = errno;
    end_wait(p);
    if (result < 0)
        return idem_posix_fail(native);
    if (p->waited.fds[0].revents != 0)
        idem_posix_calm_alarm(&sel->alarm);
    if (result > 0)
        *count = take(p, events, capacity);
    return IDEM_OK;
}
