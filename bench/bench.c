/* The command line of the programs, and what they print. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of these is set. */
typedef struct setting {
    const char *name;
    const char **text;
    long *number;
} setting;

static bool apply(const setting *settings, const char *argument)
{
    const setting *s;

    for (s = settings; s->name != NULL; s++) {
        size_t n = strlen(s->name);

        if (strncmp(argument, s->name, n) != 0 || argument[n] != '=')
            continue;
        if (s->text != NULL)
            *s->text = argument + n + 1;
        else
            *s->number = strtol(argument + n + 1, NULL, 10);
        return true;
    }
    return false;
}

static bench_task read_task(char **argv)
{
    bench_task t = { .host = "127.0.0.1", .count = 1000, .mode = "" };
    long port = 0;
    long size = 64;
    const setting settings[] = {
        { "host", &t.host, NULL },      { "port", NULL, &port },
        { "count", NULL, &t.count },    { "size", NULL, &size },
        { "delay", NULL, &t.delay_us }, { "connections", NULL, &t.connections },
        { "active", NULL, &t.active },  { "mode", &t.mode, NULL },
        { "file", &t.file, NULL },      { NULL, NULL, NULL },
    };

    for (; *argv != NULL; argv++)
        if (!apply(settings, *argv))
            bench_fail(*argv);
    t.port = (int)port;
    t.size = (size_t)size;
    return t;
}

static int list(const bench_workload *w)
{
    for (; w->name != NULL; w++)
        puts(w->name);
    return 0;
}

int bench_main(int argc, char **argv, const bench_workload *workloads)
{
    const bench_workload *w = workloads;
    bench_task t;

    if (argc < 2)
        return list(workloads);
    while (w->name != NULL && strcmp(w->name, argv[1]) != 0)
        w++;
    if (w->name == NULL)
        bench_fail(argv[1]);
    t = read_task(argv + 2);
    t.work = w->name;
    w->run(&t);
    return 0;
}

bool bench_mode(const bench_task *t, const char *mode)
{
    return strcmp(t->mode, mode) == 0;
}

char *bench_bytes(size_t size)
{
    char *bytes = malloc(size);

    if (bytes == NULL)
        bench_fail("out of memory");
    memset(bytes, 'x', size);
    return bytes;
}

static bench_time began;
static bench_time spent;

void bench_go(void)
{
    began = bench_now();
}

void bench_stop(void)
{
    const bench_time now = bench_now();

    spent.wall_ns += now.wall_ns - began.wall_ns;
    spent.processor_ns += now.processor_ns - began.processor_ns;
}

void bench_say_port(int port)
{
    printf("port %d\n", port);
    fflush(stdout);
}

void bench_say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

void bench_say_result(long operations)
{
    printf("%ld %lld %lld\n", operations, (long long)spent.wall_ns,
           (long long)spent.processor_ns);
    fflush(stdout);
}

void bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}
