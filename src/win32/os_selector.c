/* What selectors have: a lock, and polls that end in their port. */
#include "win32.h"

#include <stdlib.h>

/* So many polls share a handle of AFD: one handle gets slow with more. */
#define GROUP_SIZE 32

/* Of a poll that was withdrawn: from <ntstatus.h>, which redefines what
 * <windows.h> has. */
#define STATUS_CANCELLED ((LONG)0xC0000120)

/* There is no fork here. */
bool idem_os_selector_is_inherited(const idem_os_selector *sel)
{
    (void)sel;
    return false;
}

void idem_os_selector_lock(idem_os_selector *sel)
{
    AcquireSRWLockExclusive(&sel->lock);
}

void idem_os_selector_unlock(idem_os_selector *sel)
{
    ReleaseSRWLockExclusive(&sel->lock);
}

void idem_os_selector_wake(idem_os_selector *sel)
{
    PostQueuedCompletionStatus(sel->port, 0, 0, NULL);
}

/* ---- Handles of AFD ---------------------------------------------------- */

typedef struct idem_win32_group {
    struct idem_win32_group *next;
    HANDLE afd;
    unsigned used;
} idem_win32_group;

static DWORD open_group(idem_win32_group *g, HANDLE port)
{
    DWORD code = idem_win32_open_afd(&g->afd);

    if (code != 0)
        return code;
    if (CreateIoCompletionPort(g->afd, port, 0, 0) != NULL)
        return 0;
    code = GetLastError();
    CloseHandle(g->afd);
    return code;
}

static idem_error new_group(idem_os_selector *sel, idem_win32_group **out)
{
    idem_win32_group *g = calloc(1, sizeof(*g));
    DWORD code;

    *out = g;
    if (g == NULL)
        return IDEM_ENOMEM;
    code = open_group(g, sel->port);
    if (code != 0) {
        free(g);
        return idem_win32_fail(code);
    }
    g->next = sel->groups;
    sel->groups = g;
    return IDEM_OK;
}

/* One with room for another poll. */
static idem_error find_group(idem_os_selector *sel, idem_win32_group **out)
{
    idem_win32_group *g = sel->groups;

    while (g != NULL && g->used == GROUP_SIZE)
        g = g->next;
    *out = g;
    return g != NULL ? IDEM_OK : new_group(sel, out);
}

void idem_win32_groups_close(idem_os_selector *sel)
{
    idem_win32_group *g;

    while ((g = sel->groups) != NULL) {
        sel->groups = g->next;
        CloseHandle(g->afd);
        free(g);
    }
}

/* ---- Polls ------------------------------------------------------------- */

idem_error idem_win32_poll_open(idem_os_selector *sel, size_t size,
                                idem_win32_poll **out)
{
    idem_win32_poll *p = calloc(1, size);
    idem_error err = IDEM_ENOMEM;

    if (p != NULL)
        err = find_group(sel, &p->group);
    if (err) {
        free(p);
        p = NULL;
    } else {
        p->group->used++;
    }
    *out = p;
    return err;
}

void idem_win32_poll_close(idem_win32_poll *p)
{
    p->group->used--;
    free(p);
}

static void note_begun(idem_os_selector *sel, idem_win32_poll *p)
{
    p->under_way = true;
    sel->under_way++;
}

DWORD idem_win32_poll_begin(idem_os_selector *sel, idem_win32_poll *p,
                            idem_win32_afd_poll *data, size_t count)
{
    const DWORD size =
        (DWORD)(sizeof(*data) + (count - 1) * sizeof(data->entries[0]));
    DWORD ignored;

    memset(&p->overlapped, 0, sizeof(p->overlapped));
    data->timeout.QuadPart = INT64_MAX;
    data->count = (ULONG)count;
    data->exclusive = FALSE;
    if (!DeviceIoControl(p->group->afd, WIN32_IOCTL_AFD_POLL, data, size, data,
                         size, &ignored, &p->overlapped)
        && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    note_begun(sel, p);
    return 0;
}

bool idem_win32_poll_fail(idem_os_selector *sel, idem_win32_poll *p)
{
    memset(&p->overlapped, 0, sizeof(p->overlapped));
    if (!PostQueuedCompletionStatus(sel->port, 0, 0, &p->overlapped))
        return false;
    note_begun(sel, p);
    return true;
}

void idem_win32_poll_withdraw(idem_win32_poll *p)
{
    if (p->under_way)
        CancelIoEx(p->group->afd, &p->overlapped);
}

idem_win32_poll *idem_win32_poll_end(idem_os_selector *sel,
                                     const OVERLAPPED_ENTRY *e)
{
    idem_win32_poll *p = (idem_win32_poll *)(void *)e->lpOverlapped;

    if (p != NULL) {
        p->under_way = false;
        sel->under_way--;
    }
    return p;
}

/* A status of the system, whose sign tells failure. */
static LONG status(const idem_win32_poll *p)
{
    return (LONG)p->overlapped.Internal;
}

/* One that failed leaves the question in the answer's place. */
ULONG idem_win32_poll_found(const idem_win32_poll *p,
                            const idem_win32_afd_poll *data)
{
    return status(p) < 0 ? 0 : data->count;
}

bool idem_win32_poll_is_broken(const idem_win32_poll *p)
{
    return status(p) < 0 && status(p) != STATUS_CANCELLED;
}
