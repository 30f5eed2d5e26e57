/* What the tests need of the system: Windows. */
#include "support.h"

#include "die.h"

#include <winsock2.h>
#include <windows.h>

#include <tlhelp32.h> /* behind windows.h */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Process ----------------------------------------------------------- */

static LONG WINAPI on_crash(EXCEPTION_POINTERS *info)
{
    fprintf(stderr, "crash: exception %08lx at %p\n",
            info->ExceptionRecord->ExceptionCode,
            info->ExceptionRecord->ExceptionAddress);
    fflush(stderr);
    TerminateProcess(GetCurrentProcess(), 97);
    return EXCEPTION_EXECUTE_HANDLER;
}

static atomic_llong watchdog_at; /* on GetTickCount64()'s clock */
static const char *volatile watched;
static atomic_bool watchdog_runs;

static DWORD WINAPI watchdog_main(void *arg)
{
    (void)arg;
    atomic_store(&watchdog_runs, true);
    while ((long long)GetTickCount64() < atomic_load(&watchdog_at))
        Sleep(100);
    fprintf(stderr, "watchdog: hangs: %s\n", watched);
    fflush(stderr);
    TerminateProcess(GetCurrentProcess(), 98);
    return 0;
}

void support_begin(void)
{
    WSADATA data;
    const int err = WSAStartup(MAKEWORD(2, 2), &data);

    if (err != 0)
        die("WSAStartup", (unsigned long)err);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(on_crash);
}

void support_watchdog(int seconds, const char *what)
{
    const long long at = (long long)GetTickCount64() + 1000LL * seconds;

    watched = what;
    if (atomic_exchange(&watchdog_at, at) != 0)
        return;
    if (CreateThread(NULL, 0, watchdog_main, NULL, 0, NULL) == NULL)
        die("CreateThread", GetLastError());
    /* Wine 8 of 32 bits crashes when a process ends while a thread of it is
     * still starting. */
    while (!atomic_load(&watchdog_runs))
        Sleep(0);
}

double support_now(void)
{
    LARGE_INTEGER ticks;
    LARGE_INTEGER rate;

    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&rate);
    return (double)ticks.QuadPart / (double)rate.QuadPart;
}

long support_process_id(void)
{
    return (long)GetCurrentProcessId();
}

int support_wine(void)
{
    typedef const char *(*version_function)(void);
    const HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    const FARPROC address = GetProcAddress(ntdll, "wine_get_version");
    version_function version;

    if (address == NULL)
        return 0;
    memcpy(&version, &address, sizeof(version)); /* no cast can say this */
    return (int)strtol(version(), NULL, 10);
}

/* Wine does not count the handles of a process: try the small numbers, and
 * count those that are sockets. */
int support_sockets(void)
{
    uintptr_t handle;
    int count = 0;

    for (handle = 4; handle < 2048; handle += 4) {
        int type = 0;
        int size = sizeof(type);

        count += getsockopt((SOCKET)handle, SOL_SOCKET, SO_TYPE, (char *)&type,
                            &size)
                 == 0;
    }
    return count;
}

bool support_allow_handles(int count)
{
    (void)count;
    return true;
}

bool support_limit_handles(int more)
{
    (void)more;
    return false;
}

void support_unlimit_handles(void)
{
}

bool support_in_child(int (*run)(void *), void *arg, int *status)
{
    (void)run;
    (void)arg;
    *status = 0;
    return false;
}

struct support_child {
    PROCESS_INFORMATION process;
    HANDLE input;
};

support_child *support_spawn(const char *role, const char *argument)
{
    SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
    STARTUPINFOA start = { .cb = sizeof(start) };
    support_child *c = calloc(1, sizeof(*c));
    char path[600];
    char line[800];
    HANDLE input;

    if (c == NULL)
        die("calloc", 0);
    if (!CreatePipe(&input, &c->input, &inherited, 0)
        || !SetHandleInformation(c->input, HANDLE_FLAG_INHERIT, 0))
        die("CreatePipe", GetLastError());
    GetModuleFileNameA(NULL, path, sizeof(path));
    snprintf(line, sizeof(line), "\"%s\" --child %s \"%s\"", path, role,
             argument);
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = input;
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start,
                        &c->process))
        die("CreateProcess", GetLastError());
    CloseHandle(input);
    return c;
}

long support_child_id(const support_child *c)
{
    return (long)c->process.dwProcessId;
}

void support_child_write(support_child *c, const void *data, size_t size)
{
    DWORD n;

    if (!WriteFile(c->input, data, (DWORD)size, &n, NULL) || n != size)
        die("WriteFile", GetLastError());
}

int support_child_wait(support_child *c)
{
    DWORD code = 0;

    CloseHandle(c->input);
    if (WaitForSingleObject(c->process.hProcess, INFINITE) != WAIT_OBJECT_0
        || !GetExitCodeProcess(c->process.hProcess, &code))
        die("a child", GetLastError());
    CloseHandle(c->process.hProcess);
    CloseHandle(c->process.hThread);
    free(c);
    return (int)code;
}

void support_read_input(void *data, size_t size)
{
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    unsigned char *p = data;
    size_t done = 0;
    DWORD n = 1;

    for (; done < size && n > 0; done += n) {
        if (!ReadFile(input, p + done, (DWORD)(size - done), &n, NULL))
            n = 0;
    }
    if (done != size)
        die("the input ends early", GetLastError());
}

/* ---- Libraries --------------------------------------------------------- */

void *support_load(const char *path)
{
    const HMODULE library = LoadLibraryA(path);

    if (library == NULL)
        die(path, GetLastError());
    return library;
}

void support_find(void *library, const char *name, void *function)
{
    const FARPROC address = GetProcAddress(library, name);

    if (address == NULL)
        die(name, GetLastError());
    memcpy(function, &address, sizeof(address)); /* no cast can say this */
}

void support_unload(void *library)
{
    if (!FreeLibrary(library))
        die("FreeLibrary", GetLastError());
}

bool support_is_loaded(const char *path)
{
    return GetModuleHandleA(path) != NULL;
}

/* ---- Threads ----------------------------------------------------------- */

struct support_thread {
    HANDLE id;
    void (*run)(void *);
    void *arg;
    atomic_bool announced;
};

static _Thread_local support_thread *self;

static DWORD WINAPI thread_main(void *arg)
{
    self = arg;
    self->run(self->arg);
    return 0;
}

support_thread *support_start(void (*run)(void *), void *arg)
{
    support_thread *t = calloc(1, sizeof(*t));

    if (t == NULL)
        die("calloc", 0);
    t->run = run;
    t->arg = arg;
    t->id = CreateThread(NULL, 0, thread_main, t, 0, NULL);
    if (t->id == NULL)
        die("CreateThread", GetLastError());
    return t;
}

void support_join(support_thread *t)
{
    if (WaitForSingleObject(t->id, INFINITE) != WAIT_OBJECT_0)
        die("WaitForSingleObject", GetLastError());
    CloseHandle(t->id);
    free(t);
}

void support_yield(void)
{
    Sleep(0);
}

int support_threads(void)
{
    const HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 one = { .dwSize = sizeof(one) };
    int count = 0;
    BOOL more;

    if (all == INVALID_HANDLE_VALUE)
        die("CreateToolhelp32Snapshot", GetLastError());
    for (more = Thread32First(all, &one); more; more = Thread32Next(all, &one))
        count += one.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return count;
}

void support_relax(void)
{
    SwitchToThread();
}

void support_about_to_block(void)
{
    atomic_store(&self->announced, true);
}

/* Where the thread is; only good for finding the module. */
static uintptr_t where_is(HANDLE thread)
{
    static CONTEXT context; /* one thread asks at a time */
    uintptr_t at = 0;

    if (SuspendThread(thread) == (DWORD)-1)
        die("SuspendThread", GetLastError());
    context.ContextFlags = CONTEXT_CONTROL;
    if (GetThreadContext(thread, &context)) {
#if defined(_M_X64) || defined(__x86_64__)
        at = (uintptr_t)context.Rip;
#elif defined(_M_IX86) || defined(__i386__)
        at = (uintptr_t)context.Eip;
#else
        at = (uintptr_t)context.Pc;
#endif
    }
    ResumeThread(thread);
    return at;
}

/* All waiting is done in ntdll.dll. A thread that was found there after its
 * announcement is in the call, and one found there again and again waits. */
void support_until_blocked(support_thread *t)
{
    const HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    uintptr_t last = 0;
    int same = 0;

    while (!atomic_load(&t->announced))
        Sleep(1);
    while (same < 5) {
        MEMORY_BASIC_INFORMATION page;
        const uintptr_t at = where_is(t->id);

        if (WaitForSingleObject(t->id, 0) == WAIT_OBJECT_0)
            die("the thread was to wait, and has ended", 0);
        VirtualQuery((void *)at, &page, sizeof(page));
        same =
            page.AllocationBase == (void *)ntdll && at == last ? same + 1 : 0;
        last = at;
        Sleep(1);
    }
}

bool support_storm_begin(void)
{
    return false;
}

long support_storm_end(void)
{
    return 0;
}
