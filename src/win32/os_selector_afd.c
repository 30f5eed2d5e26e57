/* Selectors by AFD: polls of the driver beneath Winsock, which end in a
 * completion port.
 *
 * A request is a poll for one socket. It ends when the socket is ready, and
 * that it was ready then is all it says: somebody may have taken what was there
 * since. So a wait begins all requests anew that have ended before; those that
 * still find something end at once, and only these count.
 */
#include "win32.h"

#include <stdlib.h>

/* So many requests share a handle of AFD: one handle gets slow with more. */
#define GROUP_SIZE 32
/* Completions fetched at a time. */
#define BATCH 64

typedef struct group {
    struct group *next;
    HANDLE afd;
    unsigned used;
} group;

/* Not a part of the watch: the system writes into it until it has ended, maybe
 * when nobody watches any more. */
typedef struct win32_request {
    OVERLAPPED overlapped; /* first: what the port gives back */
    win32_afd_poll poll;
    struct win32_request *next; /* of those that have ended */
    idem_os_watch *watch;       /* NULL: freed when it has ended */
    group *group;
    HANDLE handle;
    ULONG wanted;
    bool under_way;
} win32_request;

typedef struct afd_selector {
    idem_os_selector common;
    group *groups;
    win32_request *ended; /* the next wait begins them anew, in this order */
    win32_request **last;
    size_t under_way;
} afd_selector;

static afd_selector *of(idem_os_selector *sel)
{
    return (afd_selector *)sel;
}

/* ---- Groups ------------------------------------------------------------ */

static DWORD open_group(group *g, HANDLE port)
{
    DWORD code = win32_open_afd(&g->afd);

    if (code != 0)
        return code;
    if (CreateIoCompletionPort(g->afd, port, 0, 0) != NULL)
        return 0;
    code = GetLastError();
    CloseHandle(g->afd);
    return code;
}

static idem_error new_group(afd_selector *a, group **out)
{
    group *g = calloc(1, sizeof(*g));
    DWORD code;

    *out = g;
    if (g == NULL)
        return IDEM_ENOMEM;
    code = open_group(g, a->common.port);
    if (code != 0) {
        free(g);
        return win32_fail(code);
    }
    g->next = a->groups;
    a->groups = g;
    return IDEM_OK;
}

/* One with room for another request. */
static idem_error find_group(afd_selector *a, group **out)
{
    group *g = a->groups;

    while (g != NULL && g->used == GROUP_SIZE)
        g = g->next;
    *out = g;
    return g != NULL ? IDEM_OK : new_group(a, out);
}

static void close_groups(afd_selector *a)
{
    group *g;

    while ((g = a->groups) != NULL) {
        a->groups = g->next;
        CloseHandle(g->afd);
        free(g);
    }
}

/* ---- Requests: under the lock ------------------------------------------ */

static void free_request(win32_request *r)
{
    r->group->used--;
    free(r);
}

/* Returns a code, 0 for success: then it ends sooner or later, in the port. */
static DWORD begin_request(afd_selector *a, win32_request *r)
{
    win32_afd_poll *p = &r->poll;
    DWORD ignored;

    memset(&r->overlapped, 0, sizeof(r->overlapped));
    p->timeout.QuadPart = INT64_MAX;
    p->count = 1;
    p->exclusive = FALSE;
    p->entries[0] = (win32_afd_entry){ r->handle, r->wanted, 0 };
    if (!DeviceIoControl(r->group->afd, WIN32_IOCTL_AFD_POLL, p, sizeof(*p), p,
                         sizeof(*p), &ignored, &r->overlapped)
        && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    r->under_way = true;
    a->under_way++;
    return 0;
}

/* It ends, which may take a moment: what it has found first counts. */
static void withdraw(win32_request *r)
{
    if (r->under_way)
        CancelIoEx(r->group->afd, &r->overlapped);
}

static void put_aside(afd_selector *a, win32_request *r)
{
    r->next = NULL;
    *a->last = r;
    a->last = &r->next;
}

static win32_request *take_ended(afd_selector *a)
{
    win32_request *first = a->ended;

    a->ended = NULL;
    a->last = &a->ended;
    return first;
}

/* What a completion is about; NULL: a wake-up. */
static win32_request *end_request(afd_selector *a, const OVERLAPPED_ENTRY *e)
{
    win32_request *r = (win32_request *)(void *)e->lpOverlapped;

    if (r == NULL)
        return NULL;
    r->under_way = false;
    a->under_way--;
    put_aside(a, r);
    return r;
}

/* What it has found. One that failed leaves the question in the answer's
 * place. */
static unsigned found_events(const win32_request *r)
{
    /* A status of the system, whose sign tells failure. */
    if ((LONG)r->overlapped.Internal < 0 || r->poll.count == 0)
        return 0;
    return win32_neutral_events(r->poll.entries[0].events);
}

/* Begin those anew that have ended. One that cannot be begun is broken; as many
 * of these become events as there is room for. */
static size_t begin_anew(afd_selector *a, win32_request *r, idem_event *events,
                         size_t capacity)
{
    win32_request *next;
    size_t n = 0;

    for (; r != NULL; r = next) {
        next = r->next;
        if (r->watch == NULL) {
            free_request(r);
        } else if (begin_request(a, r) != 0) {
            put_aside(a, r);
            if (n < capacity) {
                events[n].data = r->watch;
                events[n++].events = IDEM_POLLERR | IDEM_POLLHUP;
            }
        }
    }
    return n;
}

/* ---- Opening and closing ----------------------------------------------- */

idem_error idem_os_selector_open(idem_os_selector **out)
{
    afd_selector *a;
    DWORD code;
    idem_error err = win32_start();

    *out = NULL;
    if (err)
        return err;
    a = calloc(1, sizeof(*a));
    if (a == NULL)
        return IDEM_ENOMEM;
    a->last = &a->ended;
    InitializeSRWLock(&a->common.lock);
    a->common.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (a->common.port == NULL) {
        code = GetLastError();
        free(a);
        return win32_fail(code);
    }
    *out = &a->common;
    return IDEM_OK;
}

/* Fetch completions; returns how many. */
static ULONG fetch(afd_selector *a, OVERLAPPED_ENTRY *batch, size_t room,
                   int64_t timeout_ns)
{
    ULONG n = 0;

    if (room > BATCH)
        room = BATCH;
    if (!GetQueuedCompletionStatusEx(a->common.port, batch, (ULONG)room, &n,
                                     win32_milliseconds(timeout_ns), FALSE))
        return 0;
    return n;
}

/* All requests have been withdrawn, and have to end before their memory and
 * their handles go. */
void idem_os_selector_close(idem_os_selector *sel)
{
    afd_selector *a = of(sel);
    OVERLAPPED_ENTRY batch[BATCH];
    ULONG n;

    while (a->under_way > 0) {
        for (n = fetch(a, batch, BATCH, -1); n > 0; n--)
            (void)end_request(a, &batch[n - 1]);
    }
    (void)begin_anew(a, take_ended(a), NULL, 0);
    close_groups(a);
    CloseHandle(sel->port);
    free(a);
}

/* ---- Watching ---------------------------------------------------------- */

static idem_error new_request(afd_selector *a, idem_os_socket *s,
                              unsigned events, win32_request **out)
{
    win32_request *r = calloc(1, sizeof(*r));
    idem_error err = IDEM_ENOMEM;
    DWORD code;

    *out = r;
    if (r != NULL)
        err = find_group(a, &r->group);
    if (err) {
        free(r);
        return err;
    }
    r->group->used++;
    r->handle = win32_base_handle(s);
    r->wanted = win32_native_events(s, events);
    code = begin_request(a, r);
    if (code == 0)
        return IDEM_OK;
    free_request(r);
    return win32_fail(code);
}

idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    idem_error err = new_request(of(sel), s, events, &w->request);

    if (!err)
        w->request->watch = w;
    return err;
}

/* A request that asks for less is withdrawn, and begun anew with more. */
idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    win32_request *r = w->request;
    ULONG before = r->wanted;

    (void)sel;
    r->wanted = win32_native_events(s, events);
    if (r->wanted & ~before)
        withdraw(r);
    return IDEM_OK;
}

/* A later wait frees the request, when the system has let go of it. */
void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    (void)sel;
    (void)s;
    w->request->watch = NULL;
    withdraw(w->request);
}

/* Fetch what is there from before this wait: it may hold no longer. Whether
 * somebody wants the wait to end. */
static bool fetch_old(afd_selector *a)
{
    OVERLAPPED_ENTRY batch[BATCH];
    bool woken = false;
    ULONG n;
    ULONG i;

    do {
        n = fetch(a, batch, BATCH, 0);
        for (i = 0; i < n; i++)
            woken = end_request(a, &batch[i]) == NULL || woken;
    } while (n == BATCH);
    return woken;
}

/* Make events of completions; how many. */
static size_t take(afd_selector *a, const OVERLAPPED_ENTRY *batch, ULONG count,
                   idem_event *events)
{
    size_t n = 0;
    ULONG i;

    for (i = 0; i < count; i++) {
        const win32_request *r = end_request(a, &batch[i]);

        if (r == NULL || r->watch == NULL || found_events(r) == 0)
            continue;
        events[n].data = r->watch;
        events[n++].events = found_events(r);
    }
    return n;
}

/* Begin all anew that have ended; those that the last wait has told after those
 * that found no room in it. Returns how many became events at once, and leaves
 * no time to wait if somebody is in a hurry. */
static size_t begin_wait(afd_selector *a, idem_event *events, size_t capacity,
                         int64_t *timeout_ns)
{
    win32_request *told = take_ended(a);
    bool woken = fetch_old(a);
    size_t n = begin_anew(a, take_ended(a), events, capacity);

    n += begin_anew(a, told, &events[n], capacity - n);
    if (woken || n > 0)
        *timeout_ns = 0;
    return n;
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    afd_selector *a = of(sel);
    OVERLAPPED_ENTRY batch[BATCH];
    size_t n;
    ULONG got;

    idem_os_selector_lock(sel);
    n = begin_wait(a, events, capacity, &timeout_ns);
    idem_os_selector_unlock(sel);
    do {
        got = n < capacity ? fetch(a, batch, capacity - n, timeout_ns) : 0;
        idem_os_selector_lock(sel);
        n += take(a, batch, got, &events[n]);
        idem_os_selector_unlock(sel);
        timeout_ns = 0;
    } while (got == BATCH);
    *count = n;
    return IDEM_OK;
}
