/* How the tests' way to the system ends, when the system fails it. */
#ifndef DIE_H
#define DIE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void die(const char *what)
{
    fprintf(stderr, "support: %s: %s\n", what, strerror(errno));
    fflush(stderr);
    _Exit(3);
}

#endif /* DIE_H */
