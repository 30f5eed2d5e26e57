/* What the programs of bare system calls share. */
#ifndef RAW_H
#define RAW_H

#include "bench.h"

#include <netinet/in.h>

/* The result of a system call that must not fail. */
int raw_check(long result, const char *what);

struct sockaddr_in raw_address(const char *host, int port);

/* Bind to a port of the host's that is free, and tell it. */
int raw_bind(int fd, const char *host);

/* Many connections: see raw_crowd.c. */
void raw_crowd(const bench_task *t);
void raw_waves(const bench_task *t);

/* Datagrams by the batch: see raw_datagrams.c. */
void raw_batches(const bench_task *t);
void raw_segments(const bench_task *t);

#endif /* RAW_H */
