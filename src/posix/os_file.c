/* Files: read, and sent inside the system. */
#include "posix.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif
#ifdef __APPLE__
#include <sys/uio.h>
#endif

/* How long to wait for a file that has nothing yet: nobody can wake us. */
#define NAP_MS 50

/* What one attempt sends at most: what Linux does. */
#define MOST 0x7ffff000

static int descriptor(intptr_t file)
{
    return file < 0 || file > INT_MAX ? -1 : (int)file;
}

/* No file, not open for reading, a directory: nothing that can be read. */
static idem_error file_fail(int native)
{
    if (native == EBADF || native == EISDIR)
        return idem_os_fail(native, IDEM_EBADF);
    return idem_posix_fail(native);
}

idem_error idem_os_inspect_file(intptr_t file, bool *seekable)
{
    struct stat info = { 0 };

    *seekable = false;
    if (fstat(descriptor(file), &info) < 0)
        return file_fail(errno);
    *seekable = S_ISREG(info.st_mode);
    return IDEM_OK;
}

/* ---- Reading ----------------------------------------------------------- */

/* Wait a little for something to read. */
static idem_error await_file(int fd, idem_deadline *d)
{
    struct pollfd one = { fd, POLLIN, 0 };
    int64_t left = idem_deadline_left(d);
    int ms = NAP_MS;

    if (left >= 0 && left < NAP_MS * IDEM_NS_PER_MS)
        ms = idem_posix_milliseconds(left);
    if (poll(&one, 1, ms) > 0)
        return IDEM_OK;
    return left == 0 ? IDEM_EWOULDBLOCK : IDEM_EINTR;
}

idem_error idem_os_read_file(intptr_t file, bool seekable, uint64_t offset,
                             void *buf, size_t cap, idem_deadline *d,
                             size_t *got)
{
    const int fd = descriptor(file);
    idem_error err = seekable ? IDEM_OK : await_file(fd, d);
    ssize_t n;

    *got = 0;
    if (err)
        return err;
    n = seekable ? pread(fd, buf, cap, (off_t)offset) : read(fd, buf, cap);
    if (n < 0) /* somebody else may have taken it */
        return errno == EAGAIN ? IDEM_EINTR : file_fail(errno);
    *got = (size_t)n;
    return IDEM_OK;
}

/* ---- Sending ----------------------------------------------------------- */

/* No call that sends files has a flag against SIGPIPE, and what a process does
 * about it is not ours to change. So it is held back in this thread, and taken
 * away if it came, be it behind a part that was sent. One that was pending
 * before is left. */
typedef struct pipe_guard {
    sigset_t before;
    bool pending;
} pipe_guard;

static bool is_pending(void)
{
    sigset_t set;

    return sigpending(&set) == 0 && sigismember(&set, SIGPIPE) == 1;
}

static void only_pipe(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

static void begin_guard(pipe_guard *g)
{
    sigset_t set;

    only_pipe(&set);
    pthread_sigmask(SIG_BLOCK, &set, &g->before);
    /* What was not blocked cannot have been pending. */
    g->pending = sigismember(&g->before, SIGPIPE) == 1 && is_pending();
}

static void end_guard(const pipe_guard *g)
{
    sigset_t set;
    int number;

    only_pipe(&set);
    if (!g->pending && is_pending())
        sigwait(&set, &number);
    pthread_sigmask(SIG_SETMASK, &g->before, NULL);
}

#if defined(__linux__)
static ssize_t send_native(int to, int from, off_t offset, size_t count)
{
    return sendfile(to, from, &offset, count);
}
#elif defined(__APPLE__)
static ssize_t send_native(int to, int from, off_t offset, size_t count)
{
    off_t n = (off_t)count;

    if (sendfile(from, to, offset, &n, NULL, 0) < 0 && n == 0)
        return -1;
    return (ssize_t)n;
}
#elif defined(__FreeBSD__)
static ssize_t send_native(int to, int from, off_t offset, size_t count)
{
    off_t n = 0;

    if (sendfile(from, to, offset, count, NULL, &n, 0) < 0 && n == 0)
        return -1;
    return (ssize_t)n;
}
#else
static ssize_t send_native(int to, int from, off_t offset, size_t count)
{
    (void)to;
    (void)from;
    (void)offset;
    (void)count;
    errno = EOPNOTSUPP;
    return -1;
}
#endif

/* Who has sent a part only, and is not at the end, most likely finds no room
 * for more: EAGAIN without a try, which would be dear. Returns errno, or 0. */
static int send_part(int to, int from, off_t offset, size_t most,
                     uint64_t *sent)
{
    struct stat info = { 0 };
    ssize_t n = send_native(to, from, offset, most);

    if (n < 0)
        return errno;
    *sent = (uint64_t)n;
    if (n == 0 || (size_t)n == most || fstat(from, &info) < 0
        || offset + n >= info.st_size)
        return 0;
    return EAGAIN;
}

idem_error idem_os_sendfile(idem_os_socket *s, intptr_t file, uint64_t offset,
                            uint64_t count, idem_deadline *d, uint64_t *sent)
{
    const size_t most = count < MOST ? (size_t)count : MOST;
    idem_error err = idem_posix_begin_nonblocking(s);
    pipe_guard guard;
    int native;

    (void)d; /* each part of it would wait as long as one call may */
    *sent = 0;
    if (err)
        return err;
    begin_guard(&guard);
    native = send_part(s->fd, descriptor(file), (off_t)offset, most, sent);
    end_guard(&guard);
    idem_posix_end_nonblocking(s);
    if (native == 0)
        return IDEM_OK;
    if (native == EINVAL || native == EOPNOTSUPP || native == ENOSYS)
        return idem_os_fail(native, IDEM_EOPNOTSUPP); /* not this file */
    return native == EPIPE ? idem_posix_send_fail(s, native)
                           : file_fail(native);
}
