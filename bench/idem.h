/* What the files of the library's program share. */
#ifndef IDEM_H
#define IDEM_H

#include "blocking.h"
#include "idemsock.h"

/* End the program unless it went well. */
void idem_check(idem_error err);

/* Many connections: see idem_crowd.c. */
void idem_crowd(const bench_task *t);

/* Datagrams by the batch: see idem_datagrams.c. */
void idem_batches(const bench_task *t);
void idem_segments(const bench_task *t);

#endif /* IDEM_H */
