#include "../console.h"

#include <limits.h>
#include <stdlib.h>

#include <windows.h>

#include <shellapi.h> /* after windows.h */

enum {
    CHUNK = 1024,  /* code units per call of the console; 64 KiB is too much */
    CTRL_Z = 0x1A, /* typed first in a line, it ends the input */
    GRACE_MS = 10000 /* more than the system gives a window that closes */
};

/* What to call when the user wants to stop; there is one user. */
static struct {
    SRWLOCK lock;
    void (*stop)(void *arg);
    void *arg;
    bool watched;
    bool wanted;
} wish = { .lock = SRWLOCK_INIT };

/* The first half of a character whose second half was not typed in yet. */
static WCHAR half;

static char *utf8_of(const WCHAR *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;

    if (text != NULL)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

bool console_start(char ***argv)
{
    int count;
    WCHAR **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **utf8;

    if (wide == NULL)
        return false;
    utf8 = calloc((size_t)count + 1, sizeof(*utf8));
    for (int i = 0; utf8 != NULL && i < count; i++) {
        utf8[i] = utf8_of(wide[i]);
        if (utf8[i] == NULL)
            return false; /* the process ends, and its memory with it */
    }
    LocalFree(wide);
    *argv = utf8;
    return utf8 != NULL;
}

static HANDLE handle_of(console_stream s)
{
    static const DWORD standard[] = { [CONSOLE_IN] = STD_INPUT_HANDLE,
                                      [CONSOLE_OUT] = STD_OUTPUT_HANDLE,
                                      [CONSOLE_ERR] = STD_ERROR_HANDLE };

    return GetStdHandle(standard[s]);
}

static bool is_console(HANDLE h)
{
    DWORD mode;

    return GetConsoleMode(h, &mode) != 0;
}

/* How much of text to convert at once, without cutting a character. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t n = len < CHUNK ? len : CHUNK;

    for (int back = 0; n < len && back < 3; back++) {
        if (((unsigned char)text[n] & 0xC0U) != 0x80U)
            break;
        n--;
    }
    return n;
}

static bool write_console(HANDLE h, const char *text, size_t len)
{
    WCHAR wide[CHUNK];

    while (len > 0) {
        const size_t n = whole_characters(text, len);
        int units = MultiByteToWideChar(CP_UTF8, 0, text, (int)n, wide, CHUNK);
        const WCHAR *next = wide;

        while (units > 0) {
            DWORD done = 0;
            if (!WriteConsoleW(h, next, (DWORD)units, &done, NULL) || done == 0)
                return false;
            next += done;
            units -= (int)done;
        }
        text += n;
        len -= n;
    }
    return true;
}

bool console_write(console_stream to, const char *text, size_t len)
{
    const HANDLE h = handle_of(to);

    if (is_console(h))
        return write_console(h, text, len);
    while (len > 0) {
        const DWORD want = len < INT_MAX ? (DWORD)len : INT_MAX;
        DWORD n = 0;

        if (!WriteFile(h, text, want, &n, NULL) || n == 0)
            return false;
        text += n;
        len -= n;
    }
    return true;
}

/* Ctrl-C ends the reading with nothing; whoever catches it goes on, and
 * whoever does not is ended meanwhile. */
static bool read_units(HANDLE h, WCHAR *wide, DWORD cap, DWORD *got)
{
    do {
        *got = 0;
        SetLastError(ERROR_SUCCESS);
        if (!ReadConsoleW(h, wide, cap, got, NULL))
            return false;
    } while (*got == 0 && GetLastError() == ERROR_OPERATION_ABORTED);
    if (*got > 0 && wide[0] == CTRL_Z)
        *got = 0;
    return true;
}

static bool read_console(HANDLE h, char *buf, size_t cap, size_t *got)
{
    const size_t room = cap / 3 < CHUNK ? cap / 3 : CHUNK; /* UTF-8 grows */
    WCHAR wide[CHUNK];
    DWORD n = 0;
    DWORD read;
    int bytes;

    if (half != 0)
        wide[n++] = half;
    half = 0;
    if (!read_units(h, wide + n, (DWORD)room - n, &read))
        return false;
    if (read == 0)
        return true;
    n += read;
    if (n > 1 && IS_HIGH_SURROGATE(wide[n - 1]))
        half = wide[--n];
    bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)n, buf,
                                cap < INT_MAX ? (int)cap : INT_MAX, NULL, NULL);
    *got = bytes > 0 ? (size_t)bytes : 0;
    return true;
}

bool console_read(char *buf, size_t cap, size_t *got)
{
    const HANDLE h = handle_of(CONSOLE_IN);
    const DWORD want = cap < INT_MAX ? (DWORD)cap : INT_MAX;
    DWORD n = 0;

    *got = 0;
    if (is_console(h))
        return read_console(h, buf, cap, got);
    if (!ReadFile(h, buf, want, &n, NULL))
        return GetLastError() == ERROR_BROKEN_PIPE; /* its end, too */
    *got = n;
    return true;
}

bool console_is_terminal(console_stream s)
{
    return is_console(handle_of(s));
}

double console_seconds(void)
{
    LARGE_INTEGER now;
    LARGE_INTEGER per_second;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&per_second);
    return (double)now.QuadPart / (double)per_second.QuadPart;
}

/* The system calls this in a thread of its own. Left unhandled, the second
 * wish ends the process. */
static BOOL WINAPI watch(DWORD event)
{
    bool first;

    AcquireSRWLockExclusive(&wish.lock);
    first = !wish.wanted;
    wish.wanted = true;
    if (first && wish.stop != NULL)
        wish.stop(wish.arg);
    ReleaseSRWLockExclusive(&wish.lock);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(GRACE_MS); /* returning would end the process at once */
    return first;
}

/* Ctrl-C is ignored in a process group of its own; the wish counts there too,
 * so it gets its standard treatment back. */
static bool start_watching(void)
{
    return SetConsoleCtrlHandler(NULL, FALSE) != 0
           && SetConsoleCtrlHandler(watch, TRUE) != 0;
}

bool console_on_stop(void (*stop)(void *arg), void *arg)
{
    bool watched;

    AcquireSRWLockExclusive(&wish.lock);
    wish.stop = stop;
    wish.arg = arg;
    if (stop != NULL && !wish.watched)
        wish.watched = start_watching();
    watched = wish.watched;
    ReleaseSRWLockExclusive(&wish.lock);
    return stop == NULL || watched;
}

int console_width(console_stream s)
{
    CONSOLE_SCREEN_BUFFER_INFO info = { 0 };

    if (!console_is_terminal(s))
        return 0;
    if (!GetConsoleScreenBufferInfo(handle_of(s), &info)
        || info.srWindow.Right <= info.srWindow.Left)
        return 80;
    return info.srWindow.Right - info.srWindow.Left + 1;
}
