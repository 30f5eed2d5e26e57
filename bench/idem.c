/* The library itself. */
#include "idem.h"

#define TIMEOUT (BENCH_TIMEOUT_MS / 1000.0)

static idem_address aim;

void idem_check(idem_error err)
{
    if (err)
        bench_fail(idem_strerror(err));
}

static idem_socket *socket_of(peer c)
{
    return (idem_socket *)c;
}

void peer_start(const bench_task *t)
{
    (void)t;
}

void peer_aim(const char *host, int port)
{
    idem_check(idem_address_make(host, port, &aim));
}

bool peer_connect(peer *out)
{
    idem_socket *s;
    idem_error err;

    idem_check(idem_open(IDEM_AF_INET, IDEM_SOCK_STREAM, 0, &s));
    idem_check(idem_settimeout(s, TIMEOUT));
    *out = (peer)s;
    err = idem_connect(s, &aim);
    if (!err)
        return true;
    if (err != IDEM_ECONNREFUSED)
        idem_check(err);
    idem_check(idem_close(s));
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    idem_check(idem_sendall(socket_of(c), data, len, 0, NULL));
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    size_t got;

    idem_check(idem_recv(socket_of(c), buf, cap, 0, &got));
    return got;
}

void peer_finish(peer c)
{
    idem_check(idem_shutdown(socket_of(c), IDEM_SHUT_WR));
}

void peer_close(peer c)
{
    idem_check(idem_close(socket_of(c)));
}

static idem_socket *open_bound(int type, const char *host, int *port)
{
    idem_address at;
    idem_socket *s;

    idem_check(idem_open(IDEM_AF_INET, type, 0, &s));
    idem_check(idem_address_make(host, 0, &at));
    idem_check(idem_bind(s, &at));
    idem_check(idem_getsockname(s, &at));
    *port = at.port;
    return s;
}

peer peer_listen(int *port)
{
    idem_socket *s = open_bound(IDEM_SOCK_STREAM, "0.0.0.0", port);

    idem_check(idem_listen(s, BENCH_BACKLOG));
    return (peer)s;
}

peer peer_accept(peer listener)
{
    idem_socket *s;

    idem_check(idem_accept(socket_of(listener), &s, NULL));
    idem_check(idem_settimeout(s, TIMEOUT));
    return (peer)s;
}

peer peer_datagram(int *port)
{
    idem_socket *s = open_bound(IDEM_SOCK_DGRAM, "127.0.0.1", port);

    idem_check(idem_settimeout(s, TIMEOUT));
    return (peer)s;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    idem_check(idem_sendto(socket_of(c), data, len, 0, &aim, NULL));
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    idem_address from;
    size_t got;

    idem_check(idem_recvfrom(socket_of(c), buf, cap, 0, &got, &from));
    return got;
}

void peer_send_file(peer c, const char *path)
{
    intptr_t file = bench_open(path);

    idem_check(idem_sendfile(socket_of(c), file, 0, 0, NULL));
    bench_close(file);
}

/* A receive that nobody answers: size is the timeout in ms. */
static void expiry(const bench_task *t)
{
    idem_socket *s;
    char byte;
    size_t got;
    long i;
    int port;

    s = socket_of(peer_datagram(&port));
    idem_check(idem_settimeout(s, (double)t->size / 1000));
    bench_go();
    for (i = 0; i < t->count; i++)
        if (idem_recv(s, &byte, 1, 0, &got) != IDEM_ETIMEDOUT)
            bench_fail("recv: not timed out");
    bench_stop();
    bench_say_result(t->count);
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,          { "datagrams", blocking_datagrams },
        { "batches", idem_batches }, { "segments", idem_segments },
        { "file", blocking_file },   { "crowd", idem_crowd },
        { "expiry", expiry },        { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
