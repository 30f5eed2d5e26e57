/* APR: sockets with a timeout. */
#include "blocking.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_network_io.h>
#include <apr_poll.h>
#include <apr_pools.h>

#define TIMEOUT apr_time_from_msec(BENCH_TIMEOUT_MS)

/* A socket lives in a pool of its own, as a connection does in a server. */
static apr_pool_t *root;
static apr_sockaddr_t *aim;

static void check(apr_status_t status, const char *what)
{
    if (status != APR_SUCCESS)
        bench_fail(what);
}

static apr_socket_t *socket_of(peer c)
{
    return (apr_socket_t *)c;
}

void peer_start(const bench_task *t)
{
    (void)t;
    check(apr_initialize(), "apr_initialize");
    check(apr_pool_create(&root, NULL), "apr_pool_create");
}

static apr_socket_t *new_socket(int type, int protocol)
{
    apr_pool_t *pool;
    apr_socket_t *s;

    check(apr_pool_create(&pool, root), "apr_pool_create");
    check(apr_socket_create(&s, APR_INET, type, protocol, pool),
          "apr_socket_create");
    return s;
}

void peer_aim(const char *host, int port)
{
    check(
        apr_sockaddr_info_get(&aim, host, APR_INET, (apr_port_t)port, 0, root),
        "apr_sockaddr_info_get");
}

bool peer_connect(peer *out)
{
    apr_socket_t *s = new_socket(SOCK_STREAM, APR_PROTO_TCP);
    apr_status_t status;

    *out = (peer)s;
    check(apr_socket_timeout_set(s, TIMEOUT), "apr_socket_timeout_set");
    status = apr_socket_connect(s, aim);
    if (APR_STATUS_IS_ECONNREFUSED(status)) {
        peer_close(*out);
        return false;
    }
    check(status, "apr_socket_connect");
    return true;
}

void peer_send(peer c, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        apr_size_t n = len;

        check(apr_socket_send(socket_of(c), p, &n), "apr_socket_send");
        p += n;
        len -= n;
    }
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    apr_size_t n = cap;
    apr_status_t status = apr_socket_recv(socket_of(c), buf, &n);

    if (APR_STATUS_IS_EOF(status))
        return 0;
    check(status, "apr_socket_recv");
    return n;
}

void peer_finish(peer c)
{
    check(apr_socket_shutdown(socket_of(c), APR_SHUTDOWN_WRITE),
          "apr_socket_shutdown");
}

void peer_close(peer c)
{
    apr_pool_t *pool = apr_socket_pool_get(socket_of(c));

    check(apr_socket_close(socket_of(c)), "apr_socket_close");
    apr_pool_destroy(pool);
}

static apr_socket_t *bound(int type, int protocol, const char *host, int *port)
{
    apr_socket_t *s = new_socket(type, protocol);
    apr_sockaddr_t *at;

    check(apr_sockaddr_info_get(&at, host, APR_INET, 0, 0, root),
          "apr_sockaddr_info_get");
    check(apr_socket_bind(s, at), "apr_socket_bind");
    check(apr_socket_addr_get(&at, APR_LOCAL, s), "apr_socket_addr_get");
    *port = at->port;
    return s;
}

peer peer_listen(int *port)
{
    apr_socket_t *s = bound(SOCK_STREAM, APR_PROTO_TCP, "0.0.0.0", port);

    check(apr_socket_listen(s, BENCH_BACKLOG), "apr_socket_listen");
    return (peer)s;
}

peer peer_accept(peer listener)
{
    apr_pool_t *pool;
    apr_socket_t *s;

    check(apr_pool_create(&pool, root), "apr_pool_create");
    check(apr_socket_accept(&s, socket_of(listener), pool),
          "apr_socket_accept");
    check(apr_socket_timeout_set(s, TIMEOUT), "apr_socket_timeout_set");
    return (peer)s;
}

peer peer_datagram(int *port)
{
    apr_socket_t *s = bound(SOCK_DGRAM, APR_PROTO_UDP, "127.0.0.1", port);

    check(apr_socket_timeout_set(s, TIMEOUT), "apr_socket_timeout_set");
    return (peer)s;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    apr_size_t n = len;

    check(apr_socket_sendto(socket_of(c), aim, 0, data, &n),
          "apr_socket_sendto");
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    static apr_sockaddr_t *from;
    apr_size_t n = cap;

    if (from == NULL)
        check(apr_sockaddr_info_get(&from, NULL, APR_INET, 0, 0, root),
              "apr_sockaddr_info_get");
    check(apr_socket_recvfrom(from, socket_of(c), 0, buf, &n),
          "apr_socket_recvfrom");
    return n;
}

void peer_send_file(peer c, const char *path)
{
    apr_finfo_t about;
    apr_file_t *file;
    apr_off_t at = 0;

    check(apr_file_open(&file, path, APR_READ | APR_SENDFILE_ENABLED, 0, root),
          "apr_file_open");
    check(apr_file_info_get(&about, APR_FINFO_SIZE, file), "apr_file_info_get");
    while (at < about.size) {
        apr_size_t n = (apr_size_t)(about.size - at);

        check(apr_socket_sendfile(socket_of(c), file, NULL, &at, &n, 0),
              "apr_socket_sendfile");
        at += (apr_off_t)n;
    }
    apr_file_close(file);
}

/* ---- Many connections -------------------------------------------------- */

static void watch(apr_pollset_t *set, apr_socket_t *s)
{
    apr_pollfd_t one = { 0 };

    one.p = apr_socket_pool_get(s);
    one.desc_type = APR_POLL_SOCKET;
    one.reqevents = APR_POLLIN;
    one.desc.s = s;
    check(apr_socket_timeout_set(s, 0), "apr_socket_timeout_set");
    check(apr_pollset_add(set, &one), "apr_pollset_add");
}

static void accept_all(apr_pollset_t *set, apr_socket_t *listener)
{
    apr_socket_t *s;
    apr_pool_t *pool;

    for (;;) {
        check(apr_pool_create(&pool, root), "apr_pool_create");
        if (apr_socket_accept(&s, listener, pool) != APR_SUCCESS)
            break;
        watch(set, s);
    }
    apr_pool_destroy(pool);
}

static void echo(apr_pollset_t *set, const apr_pollfd_t *event, char *buf)
{
    apr_socket_t *s = event->desc.s;
    apr_size_t n = BENCH_BUFFER;
    apr_size_t sent;

    if (apr_socket_recv(s, buf, &n) != APR_SUCCESS) {
        apr_pollset_remove(set, event);
        peer_close((peer)s);
        return;
    }
    sent = n;
    check(apr_socket_send(s, buf, &sent), "apr_socket_send");
}

static void crowd(const bench_task *t)
{
    char *buf = bench_bytes(BENCH_BUFFER);
    apr_socket_t *listener;
    apr_pollset_t *set;
    int port;

    peer_start(t);
    listener = socket_of(peer_listen(&port));
    bench_say_port(port);
    check(apr_pollset_create(&set, (apr_uint32_t)t->connections + 1, root, 0),
          "apr_pollset_create");
    watch(set, listener);
    for (;;) {
        const apr_pollfd_t *events;
        apr_int32_t count;
        apr_int32_t i;

        check(apr_pollset_poll(set, -1, &count, &events), "apr_pollset_poll");
        for (i = 0; i < count; i++)
            if (events[i].desc.s == listener)
                accept_all(set, listener);
            else
                echo(set, &events[i], buf);
    }
}

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,
        { "file", blocking_file },
        { "datagrams", blocking_datagrams },
        { "crowd", crowd },
        { NULL, NULL },
    };

    return bench_main(argc, argv, workloads);
}
