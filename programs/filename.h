/* Names that a file may travel under. */
#ifndef IDEM_FILENAME_H
#define IDEM_FILENAME_H

#include <stdbool.h>

enum {
    FILENAME_LIMIT = 255 /* bytes */
};

/* What the names of parts begin with: see part.c. */
#define FILENAME_OF_PART ".idem-"

/* Whether a file can have the name on every system, and nothing happens but
 * that: UTF-8 of 1 to FILENAME_LIMIT bytes, no path, none of the characters
 * that a system refuses, no name of a device or of a part. */
bool filename_is_safe(const char *name);

#endif /* IDEM_FILENAME_H */
