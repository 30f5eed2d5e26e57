/* The bare system calls of POSIX. mode=block, the floor: no timeout at all.
 * mode=bound: SO_RCVTIMEO and SO_SNDTIMEO, set once. mode=poll: descriptors
 * that do not block, tried first and then polled. */
#include "blocking.h"
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static bool bounded;
static bool polls;
static struct sockaddr_in aim;

int raw_check(long result, const char *what)
{
    if (result < 0)
        bench_fail(what);
    return (int)result;
}

struct sockaddr_in raw_address(const char *host, int port)
{
    struct sockaddr_in a = { 0 };

    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        bench_fail(host);
    return a;
}

void peer_start(const bench_task *t)
{
    bounded = bench_mode(t, "bound");
    polls = bench_mode(t, "poll");
}

static void bound(int fd)
{
    const struct timeval t = { BENCH_TIMEOUT_MS / 1000, 0 };

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static int new_socket(int type)
{
    int flags = SOCK_CLOEXEC | (polls ? SOCK_NONBLOCK : 0);
    int fd = raw_check(socket(AF_INET, type | flags, 0), "socket");

    if (bounded)
        bound(fd);
    return fd;
}

/* Whether to try again: after a wait, where the descriptor does not block. */
static bool again(int fd, short events)
{
    struct pollfd one = { fd, events, 0 };

    if (!polls || (errno != EAGAIN && errno != EINPROGRESS))
        return false;
    if (poll(&one, 1, BENCH_TIMEOUT_MS) != 1)
        bench_fail("poll");
    return true;
}

static bool finish_connect(int fd, int result)
{
    socklen_t size = sizeof(int);
    int error = errno;

    if (result == 0)
        return true;
    if (again(fd, POLLOUT))
        raw_check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size),
                  "getsockopt");
    if (error != 0 && error != ECONNREFUSED)
        bench_fail("connect");
    return error == 0;
}

void peer_aim(const char *host, int port)
{
    aim = raw_address(host, port);
}

bool peer_connect(peer *out)
{
    int fd = new_socket(SOCK_STREAM);
    int result = connect(fd, (const struct sockaddr *)&aim, sizeof(aim));

    *out = fd;
    if (finish_connect(fd, result))
        return true;
    close(fd);
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = send((int)c, p, len, MSG_NOSIGNAL);

        if (n < 0 && again((int)c, POLLOUT))
            continue;
        raw_check(n, "send");
        p += n;
        len -= (size_t)n;
    }
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    ssize_t n;

    do
        n = recv((int)c, buf, cap, 0);
    while (n < 0 && again((int)c, POLLIN));
    return (size_t)raw_check(n, "recv");
}

void peer_finish(peer c)
{
    raw_check(shutdown((int)c, SHUT_WR), "shutdown");
}

void peer_close(peer c)
{
    close((int)c);
}

int raw_bind(int fd, const char *host)
{
    struct sockaddr_in a = raw_address(host, 0);
    socklen_t size = sizeof(a);

    raw_check(bind(fd, (struct sockaddr *)&a, size), "bind");
    raw_check(getsockname(fd, (struct sockaddr *)&a, &size), "getsockname");
    return ntohs(a.sin_port);
}

peer peer_listen(int *port)
{
    int fd =
        raw_check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

    *port = raw_bind(fd, "0.0.0.0");
    raw_check(listen(fd, BENCH_BACKLOG), "listen");
    return fd;
}

peer peer_accept(peer listener)
{
    int flags = SOCK_CLOEXEC | (polls ? SOCK_NONBLOCK : 0);
    int fd = raw_check(accept4((int)listener, NULL, NULL, flags), "accept");

    if (bounded)
        bound(fd);
    return fd;
}

peer peer_datagram(int *port)
{
    int fd = new_socket(SOCK_DGRAM);

    *port = raw_bind(fd, "127.0.0.1");
    return fd;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    ssize_t n;

    do
        n = sendto((int)c, data, len, 0, (const struct sockaddr *)&aim,
                   sizeof(aim));
    while (n < 0 && again((int)c, POLLOUT));
    raw_check(n, "sendto");
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t n;

    do
        n = recvfrom((int)c, buf, cap, 0, (struct sockaddr *)&from, &size);
    while (n < 0 && again((int)c, POLLIN));
    return (size_t)raw_check(n, "recvfrom");
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,         { "datagrams", blocking_datagrams },
        { "batches", raw_batches }, { "segments", raw_segments },
        { "file", blocking_file },  { "crowd", raw_crowd },
        { "waves", raw_waves },     { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
