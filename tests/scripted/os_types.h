/* The socket of the scripted platform. */
#ifndef IDEM_OS_TYPES_H
#define IDEM_OS_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool idem_os_one_thread(void)
{
    return false;
}

#define IDEM_OS_PATH_MAX 100

#define IDEM_OS_EXPORT_SIZE 8

typedef struct idem_os_socket {
    int number;       /* its row in the script's table; also its handle; -1 is
                         a bell */
    atomic_bool rung; /* of a bell */
} idem_os_socket;

typedef struct idem_os_watch {
    size_t place; /* in the selector's table */
} idem_os_watch;

#endif /* IDEM_OS_TYPES_H */
