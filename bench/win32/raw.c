/* The bare calls of Winsock: blocking sockets, and no timeout at all. */
#include "blocking.h"

#include <winsock2.h>
#include <ws2tcpip.h>

static struct sockaddr_in aim;

static int check(int result, const char *what)
{
    if (result < 0)
        bench_fail(what);
    return result;
}

static SOCKET socket_of(peer c)
{
    return (SOCKET)c;
}

static struct sockaddr_in address(const char *host, int port)
{
    struct sockaddr_in a = { 0 };

    a.sin_family = AF_INET;
    a.sin_port = htons((u_short)port);
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        bench_fail(host);
    return a;
}

void peer_start(const bench_task *t)
{
    WSADATA data;

    (void)t;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        bench_fail("WSAStartup");
}

static SOCKET new_socket(int type)
{
    SOCKET s = socket(AF_INET, type, 0);

    if (s == INVALID_SOCKET)
        bench_fail("socket");
    return s;
}

void peer_aim(const char *host, int port)
{
    aim = address(host, port);
}

bool peer_connect(peer *out)
{
    SOCKET s = new_socket(SOCK_STREAM);

    *out = (peer)s;
    if (connect(s, (const struct sockaddr *)&aim, sizeof(aim)) == 0)
        return true;
    if (WSAGetLastError() != WSAECONNREFUSED)
        bench_fail("connect");
    closesocket(s);
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        int n = check(send(socket_of(c), p, (int)len, 0), "send");

        p += n;
        len -= (size_t)n;
    }
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    return (size_t)check(recv(socket_of(c), buf, (int)cap, 0), "recv");
}

void peer_finish(peer c)
{
    check(shutdown(socket_of(c), SD_SEND), "shutdown");
}

void peer_close(peer c)
{
    check(closesocket(socket_of(c)), "closesocket");
}

static int bind_to(SOCKET s, const char *host)
{
    struct sockaddr_in a = address(host, 0);
    int size = sizeof(a);

    check(bind(s, (struct sockaddr *)&a, size), "bind");
    check(getsockname(s, (struct sockaddr *)&a, &size), "getsockname");
    return ntohs(a.sin_port);
}

peer peer_listen(int *port)
{
    SOCKET s = new_socket(SOCK_STREAM);

    *port = bind_to(s, "0.0.0.0");
    check(listen(s, BENCH_BACKLOG), "listen");
    return (peer)s;
}

peer peer_accept(peer listener)
{
    SOCKET s = accept(socket_of(listener), NULL, NULL);

    if (s == INVALID_SOCKET)
        bench_fail("accept");
    return (peer)s;
}

peer peer_datagram(int *port)
{
    SOCKET s = new_socket(SOCK_DGRAM);

    *port = bind_to(s, "127.0.0.1");
    return (peer)s;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    check(sendto(socket_of(c), data, (int)len, 0, (const struct sockaddr *)&aim,
                 sizeof(aim)),
          "sendto");
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    struct sockaddr_in from;
    int size = sizeof(from);

    return (size_t)check(recvfrom(socket_of(c), buf, (int)cap, 0,
                                  (struct sockaddr *)&from, &size),
                         "recvfrom");
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,
        { "datagrams", blocking_datagrams },
        { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
