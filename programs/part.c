#include "part.h"

#include "filename.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_LIMIT = 32, /* bytes of the name for now */
    PART_LIMIT = 10000
};

/* dir and name; NULL: out of memory. */
static char *join(const char *dir, const char *name)
{
    const size_t size = strlen(dir) + 1 + strlen(name) + 1;
    char *path = malloc(size);

    if (path != NULL)
        snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static bool exists(const char *why)
{
    return why != NULL && strcmp(why, DISK_EXISTS) == 0;
}

/* Make the file, unless there is one of that name. */
static const char *begin(part *p, char *path)
{
    const char *why =
        path != NULL ? disk_create(path, &p->file) : DISK_NO_MEMORY;

    if (why == NULL)
        p->path = path;
    else
        free(path);
    return why;
}

bool part_is_taken(const char *dir, const char *name)
{
    char *path = join(dir, name);
    disk_file file = DISK_NONE;
    const char *why = path != NULL ? disk_open(path, &file) : DISK_NO_MEMORY;

    free(path);
    disk_close(file);
    return why == NULL || strcmp(why, DISK_NO_FILE) == 0;
}

/* Under the first name that is free, whoever else looks for one. */
const char *part_begin(part *p, const char *dir)
{
    const char *why = DISK_EXISTS;

    for (int i = 0; i < PART_LIMIT && exists(why); i++) {
        char name[NAME_LIMIT];

        snprintf(name, sizeof(name), FILENAME_OF_PART "%d.part", i);
        why = begin(p, join(dir, name));
    }
    return why;
}

const char *part_write(part *p, const void *data, size_t len)
{
    return disk_write(p->file, data, len);
}

const char *part_keep(part *p, const char *dir, const char *name)
{
    char *path = join(dir, name);
    const char *why = path != NULL ? disk_close(p->file) : DISK_NO_MEMORY;

    if (path != NULL)
        p->file = DISK_NONE;
    if (why == NULL)
        why = disk_move(p->path, path);
    free(path);
    if (why != NULL) {
        part_discard(p);
        return why;
    }
    free(p->path);
    p->path = NULL;
    return NULL;
}

void part_discard(part *p)
{
    if (p->path == NULL)
        return;
    disk_close(p->file);
    disk_remove(p->path);
    free(p->path);
    p->path = NULL;
}
