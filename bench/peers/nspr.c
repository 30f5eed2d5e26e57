/* NSPR: a timeout with each call. */
#include "blocking.h"

#include <nspr.h>
#include <string.h>

static PRIntervalTime timeout;
static PRNetAddr aim;

static void check(bool good, const char *what)
{
    if (!good)
        bench_fail(what);
}

static PRFileDesc *socket_of(peer c)
{
    return (PRFileDesc *)c;
}

static PRNetAddr address(const char *host, int port)
{
    PRNetAddr a;

    memset(&a, 0, sizeof(a));
    check(PR_StringToNetAddr(host, &a) == PR_SUCCESS, "PR_StringToNetAddr");
    a.inet.port = PR_htons((PRUint16)port);
    return a;
}

void peer_start(const bench_task *t)
{
    (void)t;
    PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
    timeout = PR_MillisecondsToInterval(BENCH_TIMEOUT_MS);
}

void peer_aim(const char *host, int port)
{
    aim = address(host, port);
}

bool peer_connect(peer *out)
{
    PRFileDesc *s = PR_OpenTCPSocket(PR_AF_INET);

    check(s != NULL, "PR_OpenTCPSocket");
    *out = (peer)s;
    if (PR_Connect(s, &aim, timeout) == PR_SUCCESS)
        return true;
    /* It takes the hang-up that poll() shows for a reset. */
    check(PR_GetError() == PR_CONNECT_RESET_ERROR, "PR_Connect");
    PR_Close(s);
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    check(PR_Send(socket_of(c), data, (PRInt32)len, 0, timeout) == (PRInt32)len,
          "PR_Send");
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    PRInt32 n = PR_Recv(socket_of(c), buf, (PRInt32)cap, 0, timeout);

    check(n >= 0, "PR_Recv");
    return (size_t)n;
}

void peer_finish(peer c)
{
    check(PR_Shutdown(socket_of(c), PR_SHUTDOWN_SEND) == PR_SUCCESS,
          "PR_Shutdown");
}

void peer_close(peer c)
{
    check(PR_Close(socket_of(c)) == PR_SUCCESS, "PR_Close");
}

static void bind_to(PRFileDesc *s, const char *host, int *port)
{
    PRNetAddr a = address(host, 0);

    check(PR_Bind(s, &a) == PR_SUCCESS, "PR_Bind");
    check(PR_GetSockName(s, &a) == PR_SUCCESS, "PR_GetSockName");
    *port = PR_ntohs(a.inet.port);
}

peer peer_listen(int *port)
{
    PRFileDesc *s = PR_OpenTCPSocket(PR_AF_INET);

    check(s != NULL, "PR_OpenTCPSocket");
    bind_to(s, "0.0.0.0", port);
    check(PR_Listen(s, BENCH_BACKLOG) == PR_SUCCESS, "PR_Listen");
    return (peer)s;
}

peer peer_accept(peer listener)
{
    PRFileDesc *s =
        PR_Accept(socket_of(listener), NULL, PR_INTERVAL_NO_TIMEOUT);

    check(s != NULL, "PR_Accept");
    return (peer)s;
}

peer peer_datagram(int *port)
{
    PRFileDesc *s = PR_OpenUDPSocket(PR_AF_INET);

    check(s != NULL, "PR_OpenUDPSocket");
    bind_to(s, "127.0.0.1", port);
    return (peer)s;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    check(PR_SendTo(socket_of(c), data, (PRInt32)len, 0, &aim, timeout) >= 0,
          "PR_SendTo");
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    PRNetAddr from;
    PRInt32 n = PR_RecvFrom(socket_of(c), buf, (PRInt32)cap, 0, &from, timeout);

    check(n >= 0, "PR_RecvFrom");
    return (size_t)n;
}

void peer_send_file(peer c, const char *path)
{
    PRFileDesc *file = PR_Open(path, PR_RDONLY, 0);

    check(file != NULL, path);
    check(PR_TransmitFile(socket_of(c), file, NULL, 0,
                          PR_TRANSMITFILE_KEEP_OPEN, timeout)
              >= 0,
          "PR_TransmitFile");
    PR_Close(file);
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,
        { "file", blocking_file },
        { "datagrams", blocking_datagrams },
        { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
