/* What the programs of the comparison share. Each does the same work, with the
 * calls of one library:
 *
 *     PROGRAM WORKLOAD [NAME=VALUE...]
 *
 * Without arguments it prints the names of the workloads that it has. A server
 * prints "port N" and serves until it is killed. A client prints
 * "OPERATIONS NANOSECONDS NANOSECONDS", by the clock on the wall and of the
 * processor, and ends; one that has much to set up says "ready" before that,
 * and waits for a line. Every call that may wait has a timeout of
 * BENCH_TIMEOUT_MS; a server waits for its clients as long as it takes.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    BENCH_TIMEOUT_MS = 5000,
    BENCH_BUFFER = 256 * 1024, /* bytes a server receives at a time */
    BENCH_BACKLOG = 1024,
    BENCH_WARM = 50, /* operations before the clock starts */
    BENCH_BATCH = 64 /* datagrams on their way at a time */
};

/* What the command line asks for. */
typedef struct bench_task {
    const char *work; /* the name of the workload */
    const char *host; /* an IPv4 address */
    int port;
    long count;       /* operations */
    size_t size;      /* bytes of a message */
    long delay_us;    /* before each answer, and what is sent first */
    long connections; /* open at once, */
    long active;      /* and of them those that talk */
    const char *mode; /* of several ways to do it, this one; or "" */
    const char *file; /* to be sent */
} bench_task;

typedef struct bench_workload {
    const char *name; /* NULL ends the list */
    void (*run)(const bench_task *t);
} bench_workload;

/* Do what the command line asks for, of what the program can do. */
int bench_main(int argc, char **argv, const bench_workload *workloads);

/* Whether the task is to be done this way. */
bool bench_mode(const bench_task *t, const char *mode);

/* Memory that is never given back, filled with text. */
char *bench_bytes(size_t size);

/* Time runs, or does not: what counts is between the two. */
void bench_go(void);
void bench_stop(void);

void bench_say_port(int port);
void bench_say_ready(void);
void bench_say_result(long operations);

/* Say what went wrong, and end. */
void bench_fail(const char *what);

/* ---- The system: posix/system.c, win32/system.c ------------------------ */

typedef struct bench_time {
    int64_t wall_ns;
    int64_t processor_ns; /* of this process */
} bench_time;

bench_time bench_now(void);
void bench_nap_us(long us);

/* A file, for reading. */
intptr_t bench_open(const char *path);
void bench_close(intptr_t file);

#ifdef __cplusplus
}
#endif

#endif /* BENCH_H */
