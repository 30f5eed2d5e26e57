#include "../disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *reason(int native)
{
    switch (native) {
    case ENOENT:
    case ENOTDIR:
        return DISK_MISSING;
    case EEXIST:
        return DISK_EXISTS;
    case EISDIR:
    case ENXIO: /* a pipe without a reader, a device without a driver */
        return DISK_NO_FILE;
    case EACCES:
    case EPERM:
        return DISK_DENIED;
    case EROFS:
        return DISK_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
        return DISK_FULL;
    case EFBIG:
    case EOVERFLOW:
        return DISK_TOO_LARGE;
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case EILSEQ:
        return DISK_BAD_NAME;
    case EBUSY:
    case ETXTBSY:
        return DISK_BUSY;
    case EMFILE:
    case ENFILE:
        return DISK_TOO_MANY;
    case ENOMEM:
        return DISK_NO_MEMORY;
    default:
        return DISK_BROKEN;
    }
}

static int descriptor(disk_file file)
{
    return (int)file; /* as open() gave it */
}

static const char *open_file(const char *path, int flags, disk_file *out)
{
    int fd;

    do {
        fd = open(path, flags | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EINTR);
    *out = fd < 0 ? DISK_NONE : fd;
    return fd < 0 ? reason(errno) : NULL;
}

/* O_NONBLOCK: a pipe is not waited for, but refused. */
const char *disk_open(const char *path, disk_file *out)
{
    const char *why = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, out);
    struct stat info = { 0 };

    if (why != NULL)
        return why;
    if (fstat(descriptor(*out), &info) < 0)
        why = reason(errno);
    else if (!S_ISREG(info.st_mode))
        why = DISK_NO_FILE;
    if (why != NULL) {
        disk_close(*out);
        *out = DISK_NONE;
    }
    return why;
}

const char *disk_create(const char *path, disk_file *out)
{
    return open_file(path, O_WRONLY | O_CREAT | O_EXCL, out);
}

const char *disk_size(disk_file file, uint64_t *size)
{
    struct stat info = { 0 };

    *size = 0;
    if (fstat(descriptor(file), &info) < 0)
        return reason(errno);
    *size = (uint64_t)info.st_size;
    return NULL;
}

const char *disk_write(disk_file file, const void *data, size_t len)
{
    const char *next = data;

    while (len > 0) {
        const size_t want = len < SSIZE_MAX ? len : SSIZE_MAX;
        const ssize_t n = write(descriptor(file), next, want);

        if (n > 0) {
            next += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return n == 0 ? DISK_FULL : reason(errno);
        }
    }
    return NULL;
}

const char *disk_close(disk_file file)
{
    if (file == DISK_NONE || close(descriptor(file)) == 0 || errno == EINTR)
        return NULL;
    return reason(errno);
}

/* Where a file can have but one name: take the new one, exclusively, then put
 * the file in its place. */
static const char *replace(const char *from, const char *to)
{
    disk_file taken;
    const char *why = disk_create(to, &taken);

    if (why == NULL && rename(from, to) < 0) {
        why = reason(errno);
        unlink(to);
    }
    disk_close(taken);
    return why;
}

/* rename() would take the place of what is there. */
const char *disk_move(const char *from, const char *to)
{
    if (link(from, to) == 0)
        return disk_remove(from);
    if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS
        || errno == EMLINK)
        return replace(from, to);
    return reason(errno);
}

const char *disk_remove(const char *path)
{
    return unlink(path) < 0 ? reason(errno) : NULL;
}

const char *disk_remove_socket(const char *path)
{
    struct stat info = { 0 };

    if (lstat(path, &info) < 0)
        return reason(errno);
    return S_ISSOCK(info.st_mode) ? disk_remove(path) : DISK_NO_SOCKET;
}

const char *disk_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}
