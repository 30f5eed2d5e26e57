#include "../disk.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#ifndef IO_REPARSE_TAG_AF_UNIX /* missing in the headers of Wine */
#define IO_REPARSE_TAG_AF_UNIX 0x80000023
#endif

static const char *reason(DWORD code)
{
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
        return DISK_MISSING;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        return DISK_EXISTS;
    case ERROR_ACCESS_DENIED:
        return DISK_DENIED;
    case ERROR_WRITE_PROTECT:
        return DISK_READ_ONLY;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return DISK_FULL;
    case ERROR_FILE_TOO_LARGE:
        return DISK_TOO_LARGE;
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_FILENAME_EXCED_RANGE:
    case ERROR_NO_UNICODE_TRANSLATION:
        return DISK_BAD_NAME;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
        return DISK_BUSY;
    case ERROR_TOO_MANY_OPEN_FILES:
        return DISK_TOO_MANY;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return DISK_NO_MEMORY;
    default:
        return DISK_BROKEN;
    }
}

/* The path as the system has it, to be freed. NULL: GetLastError() tells. */
static WCHAR *wide_of(const char *path)
{
    const int units =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    WCHAR *wide = units > 0 ? malloc((size_t)units * sizeof(*wide)) : NULL;

    if (wide != NULL)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide,
                            units);
    else if (units > 0)
        SetLastError(ERROR_OUTOFMEMORY);
    return wide;
}

static HANDLE handle_of(disk_file file)
{
    return (HANDLE)file; /* as CreateFileW() gave it */
}

/* Others may read, rename and even write meanwhile, as they may on POSIX. */
static const char *open_file(const char *path, DWORD access, DWORD how,
                             disk_file *out)
{
    WCHAR *wide = wide_of(path);
    HANDLE h = INVALID_HANDLE_VALUE;
    DWORD code;

    if (wide != NULL)
        h = CreateFileW(wide, access,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        NULL, how, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    code = GetLastError();
    if (h == INVALID_HANDLE_VALUE && wide != NULL && how == OPEN_EXISTING) {
        const DWORD kind = GetFileAttributesW(wide);
        if (kind != INVALID_FILE_ATTRIBUTES
            && (kind & FILE_ATTRIBUTE_DIRECTORY) != 0)
            code = ERROR_DIRECTORY;
    }
    free(wide);
    *out = (disk_file)h;
    if (h != INVALID_HANDLE_VALUE)
        return NULL;
    return code == ERROR_DIRECTORY ? DISK_NO_FILE : reason(code);
}

const char *disk_open(const char *path, disk_file *out)
{
    const char *why = open_file(path, GENERIC_READ, OPEN_EXISTING, out);

    if (why == NULL && GetFileType(handle_of(*out)) != FILE_TYPE_DISK) {
        why = DISK_NO_FILE;
        disk_close(*out);
        *out = DISK_NONE;
    }
    return why;
}

const char *disk_create(const char *path, disk_file *out)
{
    return open_file(path, GENERIC_WRITE, CREATE_NEW, out);
}

const char *disk_size(disk_file file, uint64_t *size)
{
    LARGE_INTEGER there = { .QuadPart = 0 };

    *size = 0;
    if (!GetFileSizeEx(handle_of(file), &there))
        return reason(GetLastError());
    *size = (uint64_t)there.QuadPart;
    return NULL;
}

const char *disk_write(disk_file file, const void *data, size_t len)
{
    const char *next = data;

    while (len > 0) {
        const DWORD want = len < INT_MAX ? (DWORD)len : INT_MAX;
        DWORD n = 0;

        if (!WriteFile(handle_of(file), next, want, &n, NULL))
            return reason(GetLastError());
        if (n == 0)
            return DISK_FULL;
        next += n;
        len -= n;
    }
    return NULL;
}

const char *disk_close(disk_file file)
{
    if (file == DISK_NONE || CloseHandle(handle_of(file)))
        return NULL;
    return reason(GetLastError());
}

const char *disk_move(const char *from, const char *to)
{
    WCHAR *wide_from = wide_of(from);
    WCHAR *wide_to = wide_from != NULL ? wide_of(to) : NULL;
    const char *why = NULL;

    if (wide_to == NULL || !MoveFileExW(wide_from, wide_to, 0))
        why = reason(GetLastError());
    free(wide_from);
    free(wide_to);
    return why;
}

const char *disk_remove(const char *path)
{
    WCHAR *wide = wide_of(path);
    const char *why = NULL;

    if (wide == NULL || !DeleteFileW(wide))
        why = reason(GetLastError());
    free(wide);
    return why;
}

/* A search tells what kind of reparse point a name is; no name of a socket has
 * a wildcard. */
const char *disk_remove_socket(const char *path)
{
    WCHAR *wide = wide_of(path);
    HANDLE search = INVALID_HANDLE_VALUE;
    WIN32_FIND_DATAW found;

    if (wide != NULL)
        search = FindFirstFileW(wide, &found);
    free(wide);
    if (search == INVALID_HANDLE_VALUE)
        return reason(GetLastError());
    FindClose(search);
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0
        || found.dwReserved0 != (DWORD)IO_REPARSE_TAG_AF_UNIX)
        return DISK_NO_SOCKET;
    return disk_remove(path);
}

const char *disk_base_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at != '\0'; at++) {
        if (strchr("/\\:", *at) != NULL)
            name = at + 1;
    }
    return name;
}
