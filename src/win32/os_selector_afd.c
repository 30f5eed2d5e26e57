/* Selectors by AFD: polls of the driver beneath Winsock, which end in a
 * completion port.
 *
 * A poll ends when a socket is ready, and that it was ready then is all it
 * says: somebody may have taken what was there since. So a wait begins all
 * polls anew that have ended before; those that still find something end at
 * once, and only these count.
 *
 * A socket is polled for alone. Of many, those that have been quiet for long
 * share polls, and those that come together, until they are found there: Wine
 * goes through all polls under way some ten times for a message, and most of
 * many sockets are quiet.
 */
#include "win32.h"

#include <stdlib.h>

/* Threads that may fetch completions at a time. A thread counts as one of them
 * from its first fetch on, while it runs; and one that is too many gets
 * nothing, not even what is there. */
#define ANY_NUMBER MAXLONG
/* Completions fetched at a time. */
#define BATCH 64
/* So many sockets are polled for alone, however quiet they are. */
#define ALONE_MAX 128
/* So many share a poll. */
#define SHARE_SIZE 32
/* A share that has lost all but so few is given up. */
#define SHARE_FEW 8
/* So many requests that nobody wants any more may be left to the next wait. */
#define MANY_LEFT 1000

/* What is asked of one socket, and its poll alone. */
typedef struct idem_win32_request {
    idem_win32_poll poll; /* first */
    idem_win32_afd_poll data;
    idem_os_watch *watch; /* NULL: nobody wants it any more */
    HANDLE handle;
    ULONG wanted;
    struct share *share; /* polls for it; NULL: it is alone */
    /* While it is alone, and its poll under way: */
    uint64_t begun; /* the selector's count then */
    struct idem_win32_request *older;
    struct idem_win32_request *newer;
    bool cold; /* withdrawn, or not begun yet, to be in a share */
} idem_win32_request;

/* A poll for many. */
typedef struct share {
    idem_win32_poll poll; /* first */
    bool broken;          /* one of them is, and no telling which */
    size_t count;
    idem_win32_request *members[SHARE_SIZE];
    idem_win32_afd_poll data; /* last: it goes on behind */
} share;

typedef struct queue {
    idem_win32_poll *first;
    idem_win32_poll **last;
} queue;

typedef struct afd_selector {
    idem_os_selector common;
    queue ended;      /* the next wait begins them, */
    queue told;       /* and behind them those that were told */
    share *gathering; /* not begun yet */
    size_t left;      /* requests that nobody wants any more */
    bool waiting;     /* somebody does, who misses what is not begun */
    uint64_t begun;   /* polls alone, ever */
    size_t alone;     /* of them, those under way: how many, */
    idem_win32_request *oldest; /* and from the first that began */
    idem_win32_request *newest; /* to the last */
} afd_selector;

/* Where events go: what finds no room ends again in the next wait. */
typedef struct report {
    idem_event *events;
    size_t capacity;
    size_t count;
} report;

static afd_selector *of(idem_os_selector *sel)
{
    return (afd_selector *)sel;
}

/* ---- Polls that have ended: under the lock, as all until the opening --- */

static void clear(queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

static void append(queue *q, idem_win32_poll *p)
{
    p->next = NULL;
    *q->last = p;
    q->last = &p->next;
}

static idem_win32_poll *take_all(queue *q)
{
    idem_win32_poll *first = q->first;

    clear(q);
    return first;
}

/* ---- Alone ------------------------------------------------------------- */

static void enlist(afd_selector *a, idem_win32_request *r)
{
    r->begun = ++a->begun;
    r->newer = NULL;
    r->older = a->newest;
    *(a->newest != NULL ? &a->newest->newer : &a->oldest) = r;
    a->newest = r;
    a->alone++;
}

static void delist(afd_selector *a, idem_win32_request *r)
{
    *(r->older != NULL ? &r->older->newer : &a->oldest) = r->newer;
    *(r->newer != NULL ? &r->newer->older : &a->newest) = r->older;
    a->alone--;
}

static DWORD begin_alone(afd_selector *a, idem_win32_request *r)
{
    DWORD code;

    r->cold = false;
    r->data.entries[0] = (idem_win32_afd_entry){ r->handle, r->wanted, 0 };
    code = idem_win32_poll_begin(&a->common, &r->poll, &r->data, 1);
    if (code == 0)
        enlist(a, r);
    return code;
}

/* One that cannot be begun is broken, which is an event: it ends at once, with
 * all that was asked for, failure among it. */
static void try_alone(afd_selector *a, idem_win32_request *r)
{
    if (begin_alone(a, r) == 0)
        return;
    if (idem_win32_poll_fail(&a->common, &r->poll))
        enlist(a, r);
    else
        append(&a->ended, &r->poll);
}

static unsigned found_alone(const idem_win32_request *r)
{
    if (idem_win32_poll_is_broken(&r->poll))
        return idem_win32_neutral_events(r->wanted);
    if (idem_win32_poll_found(&r->poll, &r->data) == 0)
        return 0;
    return idem_win32_neutral_events(r->data.entries[0].events);
}

static void tell(afd_selector *a, idem_win32_request *r, unsigned events,
                 report *to)
{
    if (r->watch == NULL || events == 0 || to->count == to->capacity) {
        append(&a->ended, &r->poll);
        return;
    }
    append(&a->told, &r->poll);
    to->events[to->count].data = r->watch;
    to->events[to->count++].events = events;
}

static void end_alone(afd_selector *a, idem_win32_request *r, report *to)
{
    delist(a, r);
    tell(a, r, found_alone(r), to);
}

/* ---- Shared ------------------------------------------------------------ */

static DWORD begin_share(afd_selector *a, share *s)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        s->data.entries[i] = (idem_win32_afd_entry){ s->members[i]->handle,
                                                     s->members[i]->wanted, 0 };
    return idem_win32_poll_begin(&a->common, &s->poll, &s->data, s->count);
}

static void strike_out(idem_win32_request *r)
{
    share *s = r->share;
    size_t i = 0;

    while (s->members[i] != r)
        i++;
    s->members[i] = s->members[--s->count];
    r->share = NULL;
}

/* A share of few is dissolved, and one that is broken, or cannot be begun: who
 * is to blame shows in the polls alone. */
static void try_share(afd_selector *a, share *s)
{
    if (s->count > SHARE_FEW && !s->broken && begin_share(a, s) == 0)
        return;
    while (s->count > 0) {
        idem_win32_request *r = s->members[0];

        strike_out(r);
        try_alone(a, r);
    }
    idem_win32_poll_close(&s->poll);
}

/* NULL: it has left meanwhile. */
static idem_win32_request *member(const share *s, HANDLE handle)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (s->members[i]->handle == handle)
            return s->members[i];
    return NULL;
}

/* Who is found goes on alone. */
static void end_share(afd_selector *a, share *s, report *to)
{
    const idem_win32_afd_entry *e = s->data.entries;
    ULONG n = idem_win32_poll_found(&s->poll, &s->data);

    for (; n > 0; n--, e++) {
        idem_win32_request *r = member(s, e->handle);

        if (r == NULL)
            continue;
        strike_out(r);
        tell(a, r, idem_win32_neutral_events(e->events), to);
    }
    s->broken = idem_win32_poll_is_broken(&s->poll);
    append(&a->ended, &s->poll);
}

/* ---- Quiet ones -------------------------------------------------------- */

/* Others have begun twice since: of sockets that are all as busy, few are taken
 * for quiet. */
static bool is_quiet(const afd_selector *a, const idem_win32_request *r)
{
    return a->begun - r->begun > 2 * a->alone;
}

/* Withdraw as many quiet ones as share a poll. The next wait begins that. */
static void cool(afd_selector *a)
{
    idem_win32_request *r = a->oldest;
    size_t n;

    if (a->alone <= ALONE_MAX)
        return;
    for (n = 0; n < SHARE_SIZE; n++, r = r->newer)
        if (r->cold || !is_quiet(a, r))
            return;
    for (r = a->oldest; n > 0; n--, r = r->newer) {
        r->cold = true;
        idem_win32_poll_withdraw(&r->poll);
    }
}

static void begin_gathered(afd_selector *a)
{
    share *s = a->gathering;

    a->gathering = NULL;
    if (s != NULL)
        try_share(a, s);
}

/* Into a share. False: there is no memory, and sharing is no must. */
static bool gather(afd_selector *a, idem_win32_request *r)
{
    const size_t size =
        sizeof(share) + (SHARE_SIZE - 1) * sizeof(idem_win32_afd_entry);
    idem_win32_poll *p;

    if (a->gathering != NULL && a->gathering->count == SHARE_SIZE)
        begin_gathered(a);
    if (a->gathering == NULL) {
        if (idem_win32_poll_open(&a->common, size, &p))
            return false;
        p->shared = true;
        a->gathering = (share *)p;
    }
    r->cold = false;
    r->share = a->gathering;
    r->share->members[r->share->count++] = r;
    return true;
}

/* ---- Beginning and ending ---------------------------------------------- */

static void begin_request(afd_selector *a, idem_win32_request *r)
{
    if (r->watch == NULL)
        idem_win32_poll_close(&r->poll);
    else if (!r->cold || found_alone(r) != 0 || !gather(a, r))
        try_alone(a, r);
}

static void begin_anew(afd_selector *a, idem_win32_poll *p)
{
    idem_win32_poll *next;

    for (; p != NULL; p = next) {
        next = p->next;
        if (p->shared)
            try_share(a, (share *)p);
        else
            begin_request(a, (idem_win32_request *)p);
    }
}

/* What completions tell. Whether somebody wakes the one who waits. */
static bool end_polls(afd_selector *a, const OVERLAPPED_ENTRY *e, ULONG n,
                      report *to)
{
    bool woken = false;

    for (; n > 0; n--, e++) {
        idem_win32_poll *p = idem_win32_poll_end(&a->common, e);

        if (p == NULL)
            woken = true;
        else if (p->shared)
            end_share(a, (share *)p, to);
        else
            end_alone(a, (idem_win32_request *)p, to);
    }
    return woken;
}

/* Fetch completions; returns how many. */
static ULONG fetch(afd_selector *a, OVERLAPPED_ENTRY *batch, size_t room,
                   int64_t timeout_ns)
{
    ULONG n = 0;

    if (room > BATCH)
        room = BATCH;
    if (!GetQueuedCompletionStatusEx(a->common.port, batch, (ULONG)room, &n,
                                     idem_win32_milliseconds(timeout_ns),
                                     FALSE))
        return 0;
    return n;
}

/* Fetch what is there already, which may hold no longer, and tell nobody.
 * Whether somebody wants the wait to end. */
static bool fetch_old(afd_selector *a)
{
    report nobody = { NULL, 0, 0 };
    OVERLAPPED_ENTRY batch[BATCH];
    bool woken = false;
    ULONG n;

    do {
        n = fetch(a, batch, BATCH, 0);
        woken = end_polls(a, batch, n, &nobody) || woken;
    } while (n == BATCH);
    return woken;
}

/* ---- Opening and closing ----------------------------------------------- */

idem_error idem_os_selector_open(idem_os_selector **out)
{
    afd_selector *a;
    DWORD code;
    idem_error err = idem_win32_start();

    *out = NULL;
    if (err)
        return err;
    a = calloc(1, sizeof(*a));
    if (a == NULL)
        return IDEM_ENOMEM;
    clear(&a->ended);
    clear(&a->told);
    InitializeSRWLock(&a->common.lock);
    a->common.port =
        CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, ANY_NUMBER);
    if (a->common.port == NULL) {
        code = GetLastError();
        free(a);
        return idem_win32_fail(code);
    }
    *out = &a->common;
    return IDEM_OK;
}

/* All polls have been withdrawn, and have to end before their memory and their
 * handles go. */
void idem_os_selector_close(idem_os_selector *sel)
{
    afd_selector *a = of(sel);
    report nobody = { NULL, 0, 0 };
    OVERLAPPED_ENTRY batch[BATCH];

    while (sel->under_way > 0)
        (void)end_polls(a, batch, fetch(a, batch, BATCH, -1), &nobody);
    begin_anew(a, take_all(&a->ended));
    begin_anew(a, take_all(&a->told));
    idem_win32_groups_close(sel);
    CloseHandle(sel->port);
    free(a);
}

/* ---- Watching ---------------------------------------------------------- */

/* A new one among many is taken for quiet: the next wait puts into shares who
 * have come together. That it cannot be begun is told there, too. */
static DWORD begin_new(afd_selector *a, idem_win32_request *r)
{
    if (a->waiting || a->alone < ALONE_MAX)
        return begin_alone(a, r);
    r->cold = true; /* never begun, it has found nothing */
    append(&a->ended, &r->poll);
    return 0;
}

static idem_error new_request(afd_selector *a, idem_os_socket *s,
                              unsigned events, idem_win32_request **out)
{
    idem_win32_poll *p;
    DWORD code;
    idem_error err =
        idem_win32_poll_open(&a->common, sizeof(idem_win32_request), &p);

    *out = (idem_win32_request *)p;
    if (err)
        return err;
    (*out)->handle = idem_win32_base_handle(s);
    (*out)->wanted = idem_win32_native_events(s, events);
    code = begin_new(a, *out);
    if (code == 0)
        return IDEM_OK;
    idem_win32_poll_close(p);
    return idem_win32_fail(code);
}

idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events)
{
    idem_error err = new_request(of(sel), s, events, &w->request);

    if (!err)
        w->request->watch = w;
    return err;
}

/* Let its poll end; the next wait decides what becomes of it. In a share all
 * others begin anew: the system would hold on to a socket that was closed, and
 * mix up polls of one that comes back. */
static void call_off(afd_selector *a, idem_win32_request *r)
{
    if (r->share == NULL) {
        idem_win32_poll_withdraw(&r->poll);
        return;
    }
    idem_win32_poll_withdraw(&r->share->poll);
    strike_out(r);
    append(&a->ended, &r->poll);
}

/* A poll that asks for less is withdrawn, and begun anew with more. */
idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events)
{
    idem_win32_request *r = w->request;
    const ULONG before = r->wanted;

    r->wanted = idem_win32_native_events(s, events);
    if (r->wanted & ~before)
        call_off(of(sel), r);
    return IDEM_OK;
}

/* Free those that have left, for maybe nobody waits who would. Who does begins
 * anew what is taken from him here. */
static void sweep(afd_selector *a)
{
    idem_win32_poll *p;
    idem_win32_poll *next;

    (void)fetch_old(a);
    for (p = take_all(&a->ended); p != NULL; p = next) {
        next = p->next;
        if (!p->shared && ((idem_win32_request *)p)->watch == NULL)
            idem_win32_poll_close(p);
        else
            append(&a->ended, p);
    }
    a->left = 0;
    idem_os_selector_wake(&a->common);
}

/* A later wait frees the request, when the system has let go of it. */
void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s)
{
    afd_selector *a = of(sel);

    (void)s;
    w->request->watch = NULL;
    call_off(a, w->request);
    if (++a->left == MANY_LEFT)
        sweep(a);
}

/* ---- Waiting ----------------------------------------------------------- */

/* Begin all anew that have ended, last those that the last wait has told.
 * Leaves no time to wait if somebody is in a hurry, or one of them could not
 * even fail. */
static void begin_wait(afd_selector *a, int64_t *timeout_ns)
{
    const bool woken = fetch_old(a);

    a->left = 0;
    begin_anew(a, take_all(&a->ended));
    begin_anew(a, take_all(&a->told));
    begin_gathered(a);
    cool(a);
    if (woken || a->ended.first != NULL)
        *timeout_ns = 0;
}

idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count)
{
    afd_selector *a = of(sel);
    report to = { events, capacity, 0 };
    OVERLAPPED_ENTRY batch[BATCH];
    ULONG got;

    idem_os_selector_lock(sel);
    begin_wait(a, &timeout_ns);
    a->waiting = true;
    do {
        idem_os_selector_unlock(sel);
        got = to.count < capacity
                  ? fetch(a, batch, capacity - to.count, timeout_ns)
                  : 0;
        idem_os_selector_lock(sel);
        (void)end_polls(a, batch, got, &to);
        timeout_ns = 0;
    } while (got == BATCH);
    a->waiting = false;
    idem_os_selector_unlock(sel);
    *count = to.count;
    return IDEM_OK;
}
