/* The socket of the scripted platform. */
#ifndef IDEM_OS_TYPES_H
#define IDEM_OS_TYPES_H

#define IDEM_OS_PATH_MAX 100

typedef struct idem_os_socket {
    int number; /* its row in the script's table; also its handle */
} idem_os_socket;

#endif /* IDEM_OS_TYPES_H */
