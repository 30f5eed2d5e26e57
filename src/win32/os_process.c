/* Clock, lock, threads; starting Winsock. */
#include "win32.h"

/* Enough for a name service. Of what a thread gets otherwise, a 32-bit process
 * has no room for as many as may come and go. */
#define WORKER_STACK (256 * 1024)

/* ---- Clock ------------------------------------------------------------- */

int64_t idem_os_clock_ns(void)
{
    LARGE_INTEGER per_s;
    LARGE_INTEGER ticks;

    QueryPerformanceFrequency(&per_s);
    QueryPerformanceCounter(&ticks);
    return ticks.QuadPart / per_s.QuadPart * IDEM_NS_PER_S
           + ticks.QuadPart % per_s.QuadPart * IDEM_NS_PER_S / per_s.QuadPart;
}

/* ---- Features ---------------------------------------------------------- */

/* Unix sockets carry bytes here, and nothing else. */
bool idem_os_has(int feature)
{
    return feature == IDEM_HAS_SHARE;
}

/* ---- Lock -------------------------------------------------------------- */

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE sleepers = CONDITION_VARIABLE_INIT;

void idem_os_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void idem_os_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

void idem_os_sleep(int64_t timeout_ns)
{
    SleepConditionVariableSRW(&sleepers, &lock,
                              (DWORD)(timeout_ns / IDEM_NS_PER_MS), 0);
}

void idem_os_wake_sleepers(void)
{
    AcquireSRWLockExclusive(&lock);
    WakeAllConditionVariable(&sleepers);
    ReleaseSRWLockExclusive(&lock);
}

/* ---- Threads ----------------------------------------------------------- */

static DWORD WINAPI run_worker(void *unused)
{
    (void)unused;
    idem_lookup_work();
    return 0;
}

idem_error idem_os_start_worker(void)
{
    const DWORD how =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    HMODULE self;
    HANDLE thread;

    /* A thread that hangs in the name service may come back when the program
     * has unloaded the library: its code must be there. */
    (void)GetModuleHandleExW(how, (const wchar_t *)&lock, &self);
    thread = CreateThread(NULL, WORKER_STACK, run_worker, NULL,
                          STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread == NULL)
        return idem_os_fail((int)GetLastError(), IDEM_EPROCLIM);
    CloseHandle(thread);
    return IDEM_OK;
}

/* ---- Winsock ----------------------------------------------------------- */

/* Winsock runs until the process ends: sockets may live in any thread, and
 * stopping it would pull them all from under their users. */
static BOOL CALLBACK start(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    WSADATA data;
    int code = WSAStartup(MAKEWORD(2, 2), &data);

    (void)once;
    (void)context;
    *(int *)parameter = code;
    return code == 0;
}

idem_error idem_win32_start(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    int code = WSASYSNOTREADY;

    if (InitOnceExecuteOnce(&once, start, &code, NULL))
        return IDEM_OK;
    return idem_win32_fail((DWORD)code);
}
