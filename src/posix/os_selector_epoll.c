/* Selectors by epoll: Linux. */
#include "posix.h"

#include <stdlib.h>
#include <sys/epoll.h>

typedef struct epoll_selector {
    idem_os_selector common;
    int fd;
} epoll_selector;

/* Events need no translation. */
#define SAME(native, neutral) ((unsigned)(native) == (unsigned)(neutral))
_Static_assert(SAME(EPOLLIN, IDEM_POLLIN), "in");
_Static_assert(SAME(EPOLLOUT, IDEM_POLLOUT), "out");
_Static_assert(SAME(EPOLLERR, IDEM_POLLERR), "error");
_Static_assert(SAME(EPOLLHUP, IDEM_POLLHUP), "hang-up");

static epoll_selector *of(idem_os_selector *sel)
{
    return (epoll_selector *)sel;
}

/* Each time the alarm is raised is an event of its own: nobody has to read. */
static idem_error watch_alarm(epoll_selector *e)
{
    struct epoll_event event = { 0 };

    event.events = EPOLLIN | EPOLLET;
    return idem_posix_result(
        epoll_ctl(e->fd, EPOLL_CTL_ADD, e->common.alarm.read_fd, &event));
}

static idem_error open_epoll(epoll_selector *e)
{
    idem_error err;

    e->fd = epoll_create1(EPOLL_CLOEXEC);
    if (e->fd < 0)
        return idem_posix_fail(errno);
    err = watch_alarm(e);
    if (err)
        close(e->fd);
    return err;
}

idem_error idem_os_selector_open(idem_os_selector **out)
{
    epoll_selector *e = calloc(1, sizeof(*e));
    idem_error err;

    *out = NULL;
    if (e == NULL)
        return IDEM_ENOMEM;
    err = idem_posix_open_selector(&e->common);
    if (!err) {
        err = open_epoll(e);
        if (err)
            idem_posix_close_selector(&e->common);
    }
    if (err) {
        free(e);
        return err;
    }
    *out = &e->common;
    return IDEM_OK;
}

void idem_os_selector_close(idem_os_selector *sel)
{
    close(of(sel)->fd);
    idem_posix_close_selector(sel);
    free(of(sel));
}

/* EPOLLHUP comes by itself, so that there is no need for EPOLLRDHUP. */
static unsigned native_events(unsigned events)
{
    return events & (EPOLLIN | EPOLLOUT);
}

static idem_error control(idem_os_selector *sel, int operation,
                          idem_os_watch *w, const idem_os_socket *s)
{
    struct epoll_event event;

    event.events = w->note;
    event.data.ptr = w;
    return idem_posix_result(epoll_ctl(of(sel)->fd, operation, s->fd, &event));
}

idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    idem_error err;

    w->note = native_events(events);
    err = control(sel, EPOLL_CTL_ADD, w, s);
    if (!err)
        atomic_fetch_add(&sel->watched, 1);
    return err;
}

idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    const unsigned before = w->note;
    idem_error err;

    w->note = native_events(events);
    if (w->note == before)
        return IDEM_OK;
    err = control(sel, EPOLL_CTL_MOD, w, s);
    if (err)
        w->note = before;
    return err;
}

/* Closing the descriptor would not do: others may hold what it stands for, and
 * it would be reported for ever. A child would take it from its parent. */
void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    if (idem_os_selector_is_inherited(sel))
        return;
    (void)control(sel, EPOLL_CTL_DEL, w, s);
    atomic_fetch_sub(&sel->watched, 1);
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    const int room =
        idem_posix_make_room(sel, capacity, sizeof(struct epoll_event));
    const struct epoll_event *seen = sel->seen;
    size_t told = 0;
    int n;
    int i;

    *count = 0;
    if (room == 0)
        return IDEM_ENOMEM;
    n = epoll_wait(of(sel)->fd, sel->seen, room,
                   idem_posix_milliseconds(timeout_ns));
    if (n < 0)
        return idem_posix_fail(errno);
    for (i = 0; i < n; i++) {
        if (seen[i].data.ptr == NULL)
            continue; /* the alarm */
        events[told].data = seen[i].data.ptr;
        events[told++].events = seen[i].events;
    }
    *count = told;
    return IDEM_OK;
}
