/* How the tests' way to the system ends, when the system fails it. */
#ifndef DIE_H
#define DIE_H

#include <stdio.h>
#include <stdlib.h>

static inline void die(const char *what, unsigned long code)
{
    fprintf(stderr, "support: %s: %lu\n", what, code);
    fflush(stderr);
    _Exit(3);
}

#endif /* DIE_H */
