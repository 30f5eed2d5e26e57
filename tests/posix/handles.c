/* What the tests need of handles and files: POSIX. */
#include "support.h"

#include "die.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- Handles ----------------------------------------------------------- */

intptr_t support_native_socket(bool stream)
{
    const int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);

    if (fd < 0)
        die("socket");
    return fd;
}

intptr_t support_odd_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET, 0);
}

intptr_t support_file(void)
{
    const int fd = open("/dev/null", O_RDONLY);

    if (fd < 0)
        die("/dev/null");
    return fd;
}

intptr_t support_not_a_file(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        die("pipe");
    close(ends[1]);
    return ends[0];
}

/* Above FD_SETSIZE. */
intptr_t support_high_socket(void)
{
    const intptr_t low = support_native_socket(false);
    const int high = fcntl((int)low, F_DUPFD, 1500);

    support_close_socket(low);
    return high;
}

void support_close_socket(intptr_t handle)
{
    if (close((int)handle) != 0)
        die("close");
}

void support_close_other(intptr_t handle)
{
    support_close_socket(handle);
}

bool support_inheritable(intptr_t handle)
{
    const int flags = fcntl((int)handle, F_GETFD);

    if (flags < 0)
        die("F_GETFD");
    return (flags & FD_CLOEXEC) == 0;
}

static int port_of(int fd)
{
    struct sockaddr_in at;
    socklen_t size = sizeof(at);
    socklen_t int_size = sizeof(int);
    int listening = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_size) != 0
        || !listening || getsockname(fd, (struct sockaddr *)&at, &size) != 0
        || at.sin_family != AF_INET)
        return 0;
    return ntohs(at.sin_port);
}

int support_port_at(intptr_t handle)
{
    struct sockaddr_in at;
    socklen_t size = sizeof(at);

    if (getsockname((int)handle, (struct sockaddr *)&at, &size) != 0
        || at.sin_family != AF_INET)
        return 0;
    return ntohs(at.sin_port);
}

int support_listening_port(void)
{
    int port = 0;
    int fd;

    for (fd = 0; fd < 256 && port == 0; fd++)
        port = port_of(fd);
    return port;
}

int support_blocking(intptr_t handle)
{
    const int flags = fcntl((int)handle, F_GETFL);

    if (flags < 0)
        die("F_GETFL");
    return (flags & O_NONBLOCK) == 0;
}

bool support_tells_connecting(void)
{
    return true;
}

static bool has_limit(intptr_t handle, int option)
{
    struct timeval limit = { 1, 0 };
    socklen_t size = sizeof(limit);

    if (getsockopt((int)handle, SOL_SOCKET, option, &limit, &size) != 0)
        die("getsockopt");
    return limit.tv_sec != 0 || limit.tv_usec != 0;
}

bool support_has_time_limit(intptr_t handle)
{
    return has_limit(handle, SO_RCVTIMEO) || has_limit(handle, SO_SNDTIMEO);
}

bool support_refuse_offload(intptr_t handle)
{
#ifdef SO_NO_CHECK /* without a checksum nobody can */
    const int on = 1;

    if (setsockopt((int)handle, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)) < 0)
        die("setsockopt");
    return true;
#else
    (void)handle;
    return false;
#endif
}

void support_reset_on_close(intptr_t handle)
{
    const struct linger linger = { 1, 0 };

    if (setsockopt((int)handle, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger))
        != 0)
        die("SO_LINGER");
}

/* ---- Files ------------------------------------------------------------- */

intptr_t support_new_file(bool readable)
{
    char path[] = "/tmp/idem-test-XXXXXX";
    int fd = mkstemp(path);
    const int again = fd < 0 || readable ? -1 : open(path, O_WRONLY);

    if (fd < 0 || (!readable && again < 0) || unlink(path) != 0)
        die(path);
    if (!readable) {
        close(fd);
        fd = again;
    }
    return fd;
}

void support_write_at(intptr_t file, uint64_t offset, const void *data,
                      size_t size)
{
    if (pwrite((int)file, data, size, (off_t)offset) != (ssize_t)size)
        die("pwrite");
}

void support_truncate(intptr_t file, uint64_t size)
{
    if (ftruncate((int)file, (off_t)size) != 0)
        die("ftruncate");
}

void support_pipe(intptr_t ends[2])
{
    int fds[2];

    if (pipe(fds) != 0)
        die("pipe");
    ends[0] = fds[0];
    ends[1] = fds[1];
}

void support_write(intptr_t pipe_end, const void *data, size_t size)
{
    if (write((int)pipe_end, data, size) != (ssize_t)size)
        die("write");
}

bool support_pipe_signal_is_clean(void)
{
    sigset_t blocked, pending;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0
        || sigpending(&pending) != 0)
        die("pthread_sigmask");
    return sigismember(&blocked, SIGPIPE) == 0
           && sigismember(&pending, SIGPIPE) == 0;
}
