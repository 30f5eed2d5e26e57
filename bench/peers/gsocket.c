/* GLib: GSocket in blocking mode, with a timeout. */
#include "blocking.h"

#include <gio/gio.h>

static GSocketAddress *aim;

static void check(bool good, const char *what)
{
    if (!good)
        bench_fail(what);
}

static GSocket *socket_of(peer c)
{
    return (GSocket *)c;
}

void peer_start(const bench_task *t)
{
    (void)t;
}

static GSocket *new_socket(GSocketType type, GSocketProtocol protocol)
{
    GSocket *s = g_socket_new(G_SOCKET_FAMILY_IPV4, type, protocol, NULL);

    check(s != NULL, "g_socket_new");
    return s;
}

static GSocket *bounded(GSocket *s)
{
    g_socket_set_timeout(s, BENCH_TIMEOUT_MS / 1000);
    return s;
}

void peer_aim(const char *host, int port)
{
    aim = g_inet_socket_address_new_from_string(host, (guint)port);
}

bool peer_connect(peer *out)
{
    GSocket *s =
        bounded(new_socket(G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP));
    GError *error = NULL;
    bool done = g_socket_connect(s, aim, NULL, &error);

    *out = (peer)s;
    if (done)
        return true;
    check(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED),
          "g_socket_connect");
    g_error_free(error);
    peer_close(*out);
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        gssize n = g_socket_send(socket_of(c), p, len, NULL, NULL);

        check(n >= 0, "g_socket_send");
        p += n;
        len -= (size_t)n;
    }
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    gssize n = g_socket_receive(socket_of(c), buf, cap, NULL, NULL);

    check(n >= 0, "g_socket_receive");
    return (size_t)n;
}

void peer_finish(peer c)
{
    check(g_socket_shutdown(socket_of(c), FALSE, TRUE, NULL),
          "g_socket_shutdown");
}

void peer_close(peer c)
{
    g_socket_close(socket_of(c), NULL);
    g_object_unref(socket_of(c));
}

static void bind_to(GSocket *s, const char *host, int *port)
{
    GSocketAddress *at = g_inet_socket_address_new_from_string(host, 0);
    GInetSocketAddress *name;

    check(g_socket_bind(s, at, TRUE, NULL), "g_socket_bind");
    g_object_unref(at);
    at = g_socket_get_local_address(s, NULL);
    check(at != NULL, "g_socket_get_local_address");
    name = G_INET_SOCKET_ADDRESS(at);
    *port = g_inet_socket_address_get_port(name);
    g_object_unref(at);
}

peer peer_listen(int *port)
{
    GSocket *s = new_socket(G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP);

    bind_to(s, "0.0.0.0", port);
    g_socket_set_listen_backlog(s, BENCH_BACKLOG);
    check(g_socket_listen(s, NULL), "g_socket_listen");
    return (peer)s;
}

peer peer_accept(peer listener)
{
    GSocket *s = g_socket_accept(socket_of(listener), NULL, NULL);

    check(s != NULL, "g_socket_accept");
    return (peer)bounded(s);
}

peer peer_datagram(int *port)
{
    GSocket *s =
        bounded(new_socket(G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP));

    bind_to(s, "127.0.0.1", port);
    return (peer)s;
}

void peer_send_to(peer c, const void *data, size_t len)
{
    check(g_socket_send_to(socket_of(c), aim, data, len, NULL, NULL) >= 0,
          "g_socket_send_to");
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    GSocketAddress *from;
    gssize n = g_socket_receive_from(socket_of(c), &from, buf, cap, NULL, NULL);

    check(n >= 0, "g_socket_receive_from");
    g_object_unref(from);
    return (size_t)n;
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
