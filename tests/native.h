/* What each native code becomes, written down a second time: tests/posix and
 * tests/win32 each have their table. */
#ifndef NATIVE_H
#define NATIVE_H

#include "check.h"

typedef struct native_error {
    const char *name;
    int native;
    int neutral;
} native_error;

extern const native_error native_errors[];
extern const size_t native_error_count;

/* Whether the numbers of IDEM_ERROR_LIST are the system's own. */
extern const bool native_has_ours;

/* The backend's function. */
idem_error native_fail(int native);

#endif /* NATIVE_H */
