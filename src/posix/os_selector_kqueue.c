/* Selectors by kqueue: macOS and the BSDs. */
#include "posix.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>

/* idem_os_watch.note: whether both events are asked for; above that bit, which
 * of the last events was its own. And one that was removed. */
#define ASKS_BOTH 1u
#define REMOVED UINT_MAX

typedef struct kqueue_selector {
    idem_os_selector common;
    int fd;
} kqueue_selector;

static kqueue_selector *of(idem_os_selector *sel)
{
    return (kqueue_selector *)sel;
}

/* Make changes, of which those that delete may find nothing to delete. */
static idem_error change(int fd, struct kevent *changes, int count)
{
    struct kevent receipts[4];
    int n = kevent(fd, changes, count, receipts, count, NULL);
    int i;

    if (n < 0)
        return idem_posix_fail(errno);
    for (i = 0; i < n; i++) {
        if (receipts[i].data != 0 && receipts[i].data != ENOENT)
            return idem_posix_fail((int)receipts[i].data); /* an errno */
    }
    return IDEM_OK;
}

static idem_error open_kqueue(kqueue_selector *k)
{
    struct kevent alarm;
    idem_error err;

    k->fd = kqueue();
    if (k->fd < 0)
        return idem_posix_fail(errno);
    fcntl(k->fd, F_SETFD, FD_CLOEXEC);
    EV_SET(&alarm, k->common.alarm.read_fd, EVFILT_READ, EV_ADD | EV_RECEIPT, 0,
           0, NULL);
    err = change(k->fd, &alarm, 1);
    if (err)
        close(k->fd);
    return err;
}

idem_error idem_os_selector_open(idem_os_selector **out)
{
    kqueue_selector *k = calloc(1, sizeof(*k));
    idem_error err;

    *out = NULL;
    if (k == NULL)
        return IDEM_ENOMEM;
    err = idem_posix_open_selector(&k->common);
    if (!err) {
        err = open_kqueue(k);
        if (err)
            idem_posix_close_selector(&k->common);
    }
    if (err) {
        free(k);
        return err;
    }
    *out = &k->common;
    return IDEM_OK;
}

/* A fork does not bring the queue along: the number may be another's. */
void idem_os_selector_close(idem_os_selector *sel)
{
    if (!idem_os_selector_is_inherited(sel))
        close(of(sel)->fd);
    idem_posix_close_selector(sel);
    free(of(sel));
}

/* One filter for each event, and one for ends if none is asked for: data sets
 * that off as well, but each of them once. Once there is an end, it lasts. */
static idem_error set_filters(idem_os_selector *sel, idem_os_watch *w, int fd,
                              unsigned events, bool ended)
{
    const unsigned short add = EV_ADD | EV_RECEIPT;
    struct kevent changes[4];
    int n = 2;

    EV_SET(&changes[0], fd, EVFILT_READ, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
    EV_SET(&changes[1], fd, EVFILT_WRITE, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
    if ((events & IDEM_POLLIN) || ended)
        EV_SET(&changes[n++], fd, EVFILT_READ, add, 0, 0, w);
    else if (!(events & IDEM_POLLOUT))
        EV_SET(&changes[n++], fd, EVFILT_READ, add | EV_CLEAR, 0, 0, w);
    if (events & IDEM_POLLOUT)
        EV_SET(&changes[n++], fd, EVFILT_WRITE, add, 0, 0, w);
    return change(of(sel)->fd, changes, n);
}

static void delete_filters(idem_os_selector *sel, int fd)
{
    struct kevent changes[2];

    EV_SET(&changes[0], fd, EVFILT_READ, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
    EV_SET(&changes[1], fd, EVFILT_WRITE, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
    (void)change(of(sel)->fd, changes, 2);
}

/* One filter may be there when there is no memory for the other. */
idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    idem_error err = idem_os_selector_modify(sel, w, s, events);

    if (err)
        delete_filters(sel, s->fd);
    else
        atomic_fetch_add(&sel->watched, 1);
    return err;
}

idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    const unsigned both = IDEM_POLLIN | IDEM_POLLOUT;
    idem_error err = set_filters(sel, w, s->fd, events, false);

    if (!err)
        w->note = (events & both) == both ? ASKS_BOTH : 0;
    return err;
}

void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    if (idem_os_selector_is_inherited(sel))
        return;
    delete_filters(sel, s->fd);
    w->note = REMOVED;
    atomic_fetch_sub(&sel->watched, 1);
}

/* One event may stand for several: for an end, whose kind poll knows best, and
 * for the other one, which may come with the next wait only. */
static unsigned all_events(idem_os_selector *sel, const struct kevent *event)
{
    struct pollfd one = { (int)event->ident, POLLIN | POLLOUT, 0 };
    unsigned events;

    (void)poll(&one, 1, 0);
    events = idem_posix_neutral_events(one.revents);
    if ((event->flags & EV_CLEAR) && (events & (IDEM_POLLERR | IDEM_POLLHUP)))
        (void)set_filters(sel, event->udata, one.fd, 0, true);
    return events;
}

static unsigned neutral_events(idem_os_selector *sel,
                               const struct kevent *event)
{
    const idem_os_watch *w = event->udata;

    if ((event->flags & (EV_EOF | EV_ERROR)) || (w->note & ASKS_BOTH))
        return all_events(sel, event);
    return event->filter == EVFILT_READ ? IDEM_POLLIN : IDEM_POLLOUT;
}

/* Make events of what the queue gave, which may be two for a socket. pre:
 * locked. */
static size_t take(idem_os_selector *sel, int count, idem_event *events)
{
    const struct kevent *seen = sel->seen;
    size_t n = 0;
    int i;

    for (i = 0; i < count; i++) {
        idem_os_watch *w = seen[i].udata;

        if (w == NULL)
            idem_posix_calm_alarm(&sel->alarm);
        if (w == NULL || w->note == REMOVED)
            continue;
        if ((w->note >> 1) < n && events[w->note >> 1].data == w)
            continue; /* that one has told all */
        w->note = (unsigned)n << 1 | (w->note & ASKS_BOTH);
        events[n].data = w;
        events[n++].events = neutral_events(sel, &seen[i]);
    }
    return n;
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    const int room = idem_posix_make_room(sel, capacity, sizeof(struct kevent));
    const struct timespec t = idem_posix_timespec(timeout_ns);
    int n;

    *count = 0;
    if (room == 0)
        return IDEM_ENOMEM;
    n = kevent(of(sel)->fd, NULL, 0, sel->seen, room,
               timeout_ns < 0 ? NULL : &t);
    if (n < 0)
        return idem_posix_fail(errno);
    idem_os_selector_lock(sel);
    *count = take(sel, n, events);
    idem_os_selector_unlock(sel);
    return IDEM_OK;
}
