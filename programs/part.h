/* A file that has its name when it is complete, and is none before. */
#ifndef IDEM_PART_H
#define IDEM_PART_H

#include "disk.h"

#include <stdbool.h>
#include <stddef.h>

/* One that comes in. Zero it first; part_discard() is then always fine. */
typedef struct part {
    disk_file file;
    char *path; /* the name it has for now; NULL: there is none */
} part;

/* Whether there is something of that name already. Somebody may be quicker
 * afterwards: part_keep() has the last word. */
bool part_is_taken(const char *dir, const char *name);

/* Begin a new one in a directory. What can fail tells why, as in disk.h. */
const char *part_begin(part *p, const char *dir);

/* Add to it. */
const char *part_write(part *p, const void *data, size_t len);

/* All of it is there: give it its name in the directory in which it was begun.
 * DISK_EXISTS: there is something of that name, which stays as it is. When it
 * fails the part is discarded. */
const char *part_keep(part *p, const char *dir, const char *name);

/* Remove it. */
void part_discard(part *p);

#endif /* IDEM_PART_H */
