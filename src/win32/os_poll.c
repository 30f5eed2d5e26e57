/* Waiting for readiness, and being woken. */
#include "win32.h"
#include "../wake.h"

#include <limits.h>
#include <stdlib.h>
#include <winternl.h>

/* ---- Waits ------------------------------------------------------------- */

static SRWLOCK lock = SRWLOCK_INIT;
static idem_win32_wait *waiting; /* under lock */
static idem_win32_wait *idle;    /* under lock: kept for the next wait */

static void free_wait(idem_win32_wait *w)
{
    if (w->overlapped.hEvent != NULL)
        CloseHandle(w->overlapped.hEvent);
    if (w->wake != NULL)
        CloseHandle(w->wake);
    free(w);
}

static idem_win32_wait *new_wait(void)
{
    idem_win32_wait *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    w->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (w->overlapped.hEvent == NULL || w->wake == NULL) {
        free_wait(w);
        return NULL;
    }
    return w;
}

idem_win32_wait *idem_win32_begin_wait(const idem_os_pollfd *entries,
                                       size_t count)
{
    idem_win32_wait *w;

    AcquireSRWLockExclusive(&lock);
    if ((w = idle) != NULL)
        idle = w->next;
    ReleaseSRWLockExclusive(&lock);
    if (w == NULL && (w = new_wait()) == NULL)
        return NULL;
    w->entries = entries;
    w->count = count;
    AcquireSRWLockExclusive(&lock);
    if (idem_is_woken(entries, count))
        SetEvent(w->wake);
    w->next = waiting;
    waiting = w;
    ReleaseSRWLockExclusive(&lock);
    return w;
}

void idem_win32_end_wait(idem_win32_wait *w)
{
    idem_win32_wait **at;

    AcquireSRWLockExclusive(&lock);
    for (at = &waiting; *at != w; at = &(*at)->next)
        continue;
    *at = w->next;
    /* A wake-up that came too late is not the next one's. */
    ResetEvent(w->wake);
    w->next = idle;
    idle = w;
    ReleaseSRWLockExclusive(&lock);
}

void idem_win32_wake(idem_os_socket *s, unsigned events)
{
    const idem_win32_wait *w;

    AcquireSRWLockExclusive(&lock);
    atomic_fetch_or(&s->woken, events);
    for (w = waiting; w != NULL; w = w->next) {
        if (idem_waits_for(w->entries, w->count, s, events))
            SetEvent(w->wake);
    }
    ReleaseSRWLockExclusive(&lock);
}

DWORD idem_win32_milliseconds(int64_t timeout_ns)
{
    int64_t ms =
        timeout_ns / IDEM_NS_PER_MS + (timeout_ns % IDEM_NS_PER_MS > 0);

    if (timeout_ns < 0)
        return INFINITE;
    return ms < INT_MAX ? (DWORD)ms : INT_MAX;
}

void idem_win32_await(idem_win32_wait *w, HANDLE h, idem_deadline *d)
{
    const HANDLE both[] = { w->overlapped.hEvent, w->wake };
    int64_t left;
    DWORD which;

    do {
        left = idem_deadline_left(d);
        which = WaitForMultipleObjects(2, both, FALSE,
                                       idem_win32_milliseconds(left));
        /* The system's clock may be a little early. */
    } while (which == WAIT_TIMEOUT && left != 0);
    if (which != WAIT_OBJECT_0)
        CancelIoEx(h, &w->overlapped);
}

DWORD idem_win32_finish(idem_win32_wait *w, SOCKET s, idem_deadline *d,
                        DWORD *bytes)
{
    DWORD flags;

    idem_win32_await(w, (HANDLE)s, d);
    if (WSAGetOverlappedResult(s, &w->overlapped, bytes, TRUE, &flags))
        return 0;
    return (DWORD)WSAGetLastError();
}

/* ---- AFD --------------------------------------------------------------- */

enum {
    AFD_RECEIVE = 0x1,
    AFD_SEND = 0x4,
    AFD_DISCONNECT = 0x8,
    AFD_ABORT = 0x10,
    AFD_ACCEPT = 0x80,
    AFD_CONNECT_FAIL = 0x100
};

DWORD idem_win32_open_afd(HANDLE *out)
{
    static wchar_t name[] = L"\\Device\\Afd\\idemsock";
    UNICODE_STRING path = { sizeof(name) - sizeof(*name), sizeof(name), name };
    OBJECT_ATTRIBUTES attributes = { 0 };
    IO_STATUS_BLOCK block;

    attributes.Length = sizeof(attributes);
    attributes.ObjectName = &path;
    return RtlNtStatusToDosError(NtCreateFile(
        out, SYNCHRONIZE, &attributes, &block, NULL, 0,
        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0));
}

static BOOL CALLBACK open_once(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    DWORD code = idem_win32_open_afd(context);

    (void)once;
    *(DWORD *)parameter = code;
    return code == 0;
}

/* Returns a code, 0 for success. */
static DWORD find_afd(HANDLE *out)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    DWORD code = 0;

    *out = NULL;
    if (InitOnceExecuteOnce(&once, open_once, &code, out))
        return 0;
    return code;
}

HANDLE idem_win32_base_handle(idem_os_socket *s)
{
    uintptr_t base = atomic_load(&s->base);
    SOCKET found;
    DWORD n;

    if (base == 0) {
        if (WSAIoctl(s->handle, SIO_BASE_HANDLE, NULL, 0, &found, sizeof(found),
                     &n, NULL, NULL)
            != 0)
            found = s->handle;
        base = found;
        atomic_store(&s->base, base);
    }
    return (HANDLE)base;
}

ULONG idem_win32_native_events(const idem_os_socket *s, unsigned events)
{
    ULONG native = AFD_ABORT;

    if (events & IDEM_POLLIN)
        native |= AFD_RECEIVE | AFD_DISCONNECT | AFD_ACCEPT;
    if (events & IDEM_OS_POLLRDHUP)
        native |= AFD_DISCONNECT;
    if (events & IDEM_POLLOUT)
        native |= AFD_SEND;
    /* Under Wine a datagram socket has this for ever once a port was closed,
     * though no call reports it. */
    if (s->stream)
        native |= AFD_CONNECT_FAIL;
    return native;
}

unsigned idem_win32_neutral_events(ULONG native)
{
    const unsigned both = IDEM_POLLIN | IDEM_POLLOUT;
    unsigned events = 0;

    if (native & (AFD_RECEIVE | AFD_ACCEPT))
        events |= IDEM_POLLIN;
    if (native & AFD_SEND)
        events |= IDEM_POLLOUT;
    if (native & AFD_DISCONNECT)
        events |= IDEM_OS_POLLRDHUP;
    if (native & (AFD_ABORT | AFD_CONNECT_FAIL))
        events |= both | IDEM_POLLERR | IDEM_POLLHUP;
    return events;
}

/* ---- Poll -------------------------------------------------------------- */

/* Whether there is something to ask AFD about: not for a bell. */
static bool has_handle(const idem_os_socket *s)
{
    return s != NULL && s->handle != INVALID_SOCKET;
}

static void fill(idem_win32_afd_poll *p, const idem_os_pollfd *entries,
                 size_t count)
{
    size_t i;

    p->count = 0;
    p->exclusive = FALSE;
    for (i = 0; i < count; i++) {
        idem_os_socket *s = entries[i].socket;
        idem_win32_afd_entry *e = &p->entries[p->count];

        if (!has_handle(s))
            continue;
        e->handle = idem_win32_base_handle(s);
        e->events = idem_win32_native_events(s, entries[i].events);
        e->status = 0;
        p->count++;
    }
}

/* The answer lists the sockets that are ready, in any order. */
static size_t take(idem_os_pollfd *entries, size_t count,
                   const idem_win32_afd_poll *p)
{
    size_t ready = 0;
    size_t i;
    ULONG k;

    for (i = 0; i < count; i++) {
        idem_os_pollfd *e = &entries[i];

        e->revents = 0;
        if (!has_handle(e->socket))
            continue;
        for (k = 0; k < p->count; k++) {
            if (p->entries[k].handle == idem_win32_base_handle(e->socket))
                e->revents |= idem_win32_neutral_events(p->entries[k].events);
        }
        ready += e->revents != 0;
    }
    return ready;
}

/* Ask AFD, with an answer in the same place. */
static DWORD ask(idem_win32_afd_poll *p, ULONG size, idem_win32_wait *w,
                 int64_t timeout_ns)
{
    idem_deadline d = { .timeout_ns = timeout_ns };
    DWORD n = 0;
    HANDLE afd;
    DWORD code = find_afd(&afd);

    if (code != 0)
        return code;
    /* For ever, or not at all: the time is ours to keep. */
    p->timeout.QuadPart = timeout_ns == 0 ? 0 : INT64_MAX;
    if (!DeviceIoControl(afd, WIN32_IOCTL_AFD_POLL, p, size, p, size, NULL,
                         &w->overlapped))
        code = GetLastError();
    if (code != ERROR_IO_PENDING)
        return code;
    idem_win32_await(w, afd, &d);
    if (GetOverlappedResult(afd, &w->overlapped, &n, TRUE))
        return 0;
    return GetLastError();
}

static idem_error poll_afd(idem_win32_afd_poll *p, ULONG size,
                           idem_os_pollfd *entries, size_t count,
                           int64_t timeout_ns, size_t *ready)
{
    idem_win32_wait *w = idem_win32_begin_wait(entries, count);
    DWORD code = 0;

    if (w == NULL)
        return IDEM_ENOMEM;
    fill(p, entries, count);
    if (p->count > 0)
        code = ask(p, size, w, timeout_ns);
    else /* nothing to ask about: sleep */
        WaitForSingleObject(w->wake, idem_win32_milliseconds(timeout_ns));
    idem_win32_end_wait(w);
    if (code == ERROR_OPERATION_ABORTED)
        return IDEM_OK;
    if (code != 0)
        return idem_win32_fail(code);
    *ready = p->count > 0 ? take(entries, count, p) : 0;
    return IDEM_OK;
}

idem_error idem_os_poll(idem_os_pollfd *entries, size_t count,
                        int64_t timeout_ns, size_t *ready)
{
    const size_t most = (ULONG_MAX - sizeof(idem_win32_afd_poll))
                        / sizeof(idem_win32_afd_entry);
    idem_win32_afd_poll one;
    idem_win32_afd_poll *p = &one;
    size_t size = sizeof(one);
    idem_error err;

    *ready = 0;
    if (count > most)
        return IDEM_ENOMEM;
    if (count > 1) {
        size += (count - 1) * sizeof(idem_win32_afd_entry);
        p = malloc(size);
        if (p == NULL)
            return IDEM_ENOMEM;
    }
    err = poll_afd(p, (ULONG)size, entries, count, timeout_ns, ready);
    if (p != &one)
        free(p);
    return err;
}

bool idem_win32_is_reset(idem_os_socket *s)
{
    idem_os_pollfd one = { s, 0, 0 };
    size_t ready;

    return !idem_os_poll(&one, 1, 0, &ready) && (one.revents & IDEM_POLLERR);
}
