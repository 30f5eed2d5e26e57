/* What the programs need of the system: POSIX. */
#include "bench.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bench_time bench_now(void)
{
    const bench_time now = { read_ns(CLOCK_MONOTONIC),
                             read_ns(CLOCK_PROCESS_CPUTIME_ID) };

    return now;
}

void bench_nap_us(long us)
{
    const struct timespec t = { us / 1000000, us % 1000000 * 1000 };

    nanosleep(&t, NULL);
}

intptr_t bench_open(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        bench_fail(path);
    return file;
}

void bench_close(intptr_t file)
{
    close((int)file);
}
