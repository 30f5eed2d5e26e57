/* What the Windows backend keeps of a socket. */
#ifndef IDEM_OS_TYPES_H
#define IDEM_OS_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Windows does not tell. */
static inline bool idem_os_one_thread(void)
{
    return false;
}

/* Bytes of the name of a Unix socket, without a NUL at the end. */
#define IDEM_OS_PATH_MAX 107

/* Bytes that another process needs to import a socket. */
#define IDEM_OS_EXPORT_SIZE 632

typedef struct idem_os_socket {
    uintptr_t handle;      /* the SOCKET */
    atomic_uintptr_t base; /* beneath layered providers; 0: not asked yet */
    atomic_uint woken;     /* what nobody waits for any more */
    atomic_bool shared;    /* others hold the socket, too */
    atomic_bool has_peer;  /* a datagram socket that was connected */
    bool stream;
    uint8_t family; /* ours */
} idem_os_socket;

/* What it keeps of a socket in a selector. */
typedef struct idem_os_watch {
    struct idem_win32_request *request;
} idem_os_watch;

#endif /* IDEM_OS_TYPES_H */
