/* What the programs need of the disk: files to send, and files to save.
 *
 * src/posix/disk.c and src/win32/disk.c implement these functions. They are
 * part of the programs, not of the library. Paths are UTF-8, and "/" is
 * understood everywhere. What can fail tells why: NULL is success, anything
 * else one of the texts below, for the user to read.
 */
#ifndef IDEM_DISK_H
#define IDEM_DISK_H

#include <stddef.h>
#include <stdint.h>

#define DISK_MISSING "no such file or directory"
#define DISK_EXISTS "there is a file of that name"
#define DISK_NO_FILE "not a regular file"
#define DISK_NO_SOCKET "not a socket"
#define DISK_DENIED "permission denied"
#define DISK_READ_ONLY "the disk is read-only"
#define DISK_FULL "the disk is full"
#define DISK_TOO_LARGE "too large for the disk"
#define DISK_BAD_NAME "not a name for a file"
#define DISK_BUSY "another program uses it"
#define DISK_TOO_MANY "too many open files"
#define DISK_NO_MEMORY "out of memory"
#define DISK_BROKEN "the disk failed"

/* An open file: what the system has for it, as idem_sendfile() takes it. */
typedef intptr_t disk_file;

#define DISK_NONE ((disk_file)-1)

/* Open a regular file for reading. *out is DISK_NONE when that fails; so it is
 * of disk_create(). */
const char *disk_open(const char *path, disk_file *out);

/* Make a file for writing. DISK_EXISTS: there is something of that name. */
const char *disk_create(const char *path, disk_file *out);

/* The size that it has now. */
const char *disk_size(disk_file file, uint64_t *size);

/* Write all of it behind what was written before. */
const char *disk_write(disk_file file, const void *data, size_t len);

/* Close it, which may tell that something was not written. It is closed all
 * the same. DISK_NONE is fine. */
const char *disk_close(disk_file file);

/* Give a closed file another name on the same disk. DISK_EXISTS: there is
 * something of that name already, which stays as it is. */
const char *disk_move(const char *from, const char *to);

/* Remove a closed file. */
const char *disk_remove(const char *path);

/* Remove a Unix socket; DISK_NO_SOCKET: anything else stays. */
const char *disk_remove_socket(const char *path);

/* The last name in a path, which ends with the path. Empty: it has none. */
const char *disk_base_name(const char *path);

#endif /* IDEM_DISK_H */
