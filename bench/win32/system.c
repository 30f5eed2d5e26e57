/* What the programs need of the system: Windows. */
#include "bench.h"

#include <windows.h>

static int64_t wall_ns(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER t;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&t);
    return (int64_t)((double)t.QuadPart * 1e9 / (double)frequency.QuadPart);
}

static int64_t in_ns(FILETIME t)
{
    return (((int64_t)t.dwHighDateTime << 32) | t.dwLowDateTime) * 100;
}

bench_time bench_now(void)
{
    bench_time now = { wall_ns(), 0 };
    FILETIME began;
    FILETIME ended;
    FILETIME kernel;
    FILETIME user;

    if (GetProcessTimes(GetCurrentProcess(), &began, &ended, &kernel, &user))
        now.processor_ns = in_ns(kernel) + in_ns(user);
    return now;
}

void bench_nap_us(long us)
{
    Sleep((DWORD)((us + 999) / 1000));
}

intptr_t bench_open(const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        bench_fail(path);
    return (intptr_t)file;
}

void bench_close(intptr_t file)
{
    CloseHandle((HANDLE)file);
}
