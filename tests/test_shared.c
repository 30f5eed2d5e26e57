/* Several holders of one handle: twins in a process, and a child's copy. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

static idem_socket *twin_of(idem_socket *s)
{
    idem_socket *twin;

    CHECK_OK(idem_dup(s, &twin));
    return twin;
}

static unsigned look_at(idem_socket *s, unsigned events)
{
    idem_pollfd one = { s, events, 0 };

    CHECK_OK(idem_poll(&one, 1, 0, NULL));
    return one.revents;
}

/* ---- What one twin becomes, the other finds out ------------------------ */

static void test_listener(void)
{
    idem_address at;
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *twin = twin_of(s);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *conn;

    CHECK_OK(idem_listen(s, 5));
    CHECK_OK(idem_getsockname(s, &at));
    CHECK_EQ(look_at(twin, IDEM_POLLIN), 0);
    CHECK_ERR(idem_connect(twin, &at), IDEM_EINVAL);
    CHECK_ERR(idem_connect(twin, &at), IDEM_EINVAL);
    CHECK_OK(idem_connect(client, &at)); /* it listens all the same */
    CHECK_OK(idem_accept(twin, &conn, NULL));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
}

/* A second connect through a twin does no harm to the connection. */
static void test_connected(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *twin = twin_of(s);
    idem_socket *conn;
    char c;

    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_accept(server, &conn, NULL));
    CHECK_OK(idem_send(twin, "x", 1, 0, NULL));
    CHECK_ERR(idem_connect(twin, &at), IDEM_EISCONN);
    CHECK_ERR(idem_connect(twin, &at), IDEM_EISCONN);
    CHECK_OK(idem_send(s, "y", 1, 0, NULL));
    CHECK_OK(idem_recv(conn, &c, 1, 0, NULL));
    CHECK_EQ(c, 'x');
    CHECK_OK(idem_recv(conn, &c, 1, 0, NULL));
    CHECK_EQ(c, 'y');
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

/* Only one of them is told why a connect failed; none takes it for done. */
static void test_refused(void)
{
    idem_address at;
    idem_socket *nobody = closed_port(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };
    idem_address name;
    idem_socket *twin;
    idem_error err;

    CHECK_OK(idem_setblocking(s, false));
    err = idem_connect(s, &at);
    twin = twin_of(s);
    if (err == IDEM_EWOULDBLOCK)
        CHECK_OK(idem_poll(&one, 1, 20, NULL));
    CHECK_ERR(idem_getpeername(twin, &name), IDEM_ENOTCONN);
    CHECK_ERR(idem_getpeername(s, &name), IDEM_ENOTCONN);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(nobody));
}

/* Sending is shut down for both: neither blames the peer. */
static void check_shutdown(idem_socket *s, idem_socket *peer)
{
    idem_socket *twin = twin_of(s);
    char c = 'x';

    CHECK_OK(idem_shutdown(twin, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(s, &c, 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_ERR(idem_sendall(s, &c, 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_send(peer, "y", 1, 0, NULL)); /* the other way */
    CHECK_OK(idem_recv(s, &c, 1, 0, NULL));
    CHECK_EQ(c, 'y');
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(peer));
}

static void test_shutdown(void)
{
    idem_address at, own;
    idem_socket *peer;
    idem_socket *s = stream_pair(&peer);

    check_shutdown(s, peer);
    s = bound_datagram(IDEM_AF_INET, &own);
    peer = bound_datagram(IDEM_AF_INET, &at);
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_connect(peer, &own));
    check_shutdown(s, peer);
}

/* A peer that has reset is to blame, though. */
static void test_reset(void)
{
    idem_socket *peer;
    idem_socket *s = stream_pair(&peer);
    idem_socket *twin = twin_of(s);

    reset_from(peer, s);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ECONNRESET);
    CHECK_ERR(idem_send(twin, "x", 1, 0, NULL), IDEM_ECONNRESET);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ECONNRESET);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
}

/* ---- What one twin does, the other does not feel ----------------------- */

/* The mode belongs to both: a twin that leaves does not change it. */
static void test_detach(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *twin = twin_of(server);
    idem_socket *conn;
    intptr_t handle;

    CHECK_OK(idem_detach(twin, &handle));
    CHECK_OK(idem_settimeout(server, 0.05));
    CHECK_ERR(idem_accept(server, &conn, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_setblocking(server, false));
    CHECK_ERR(idem_accept(server, &conn, NULL), IDEM_EWOULDBLOCK);
    support_close_socket(handle);
    CHECK_OK(idem_close(server));
}

/* A poll that asks for nothing is ended by a cancel, too. */
static idem_error run_poll_nothing(job *j)
{
    idem_pollfd one = { j->socket, 0, 0 };
    idem_error err = idem_poll(&one, 1, IDEM_FOREVER, &j->count);

    j->count = one.revents;
    return err;
}

static void test_poll_nothing(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin = twin_of(client);
    job j;

    start_waiting(&j, run_poll_nothing, twin);
    CHECK_OK(idem_cancel(twin));
    finish_job(&j, IDEM_OK);
    CHECK_EQ(j.count, IDEM_POLLERR);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- A child's copy ---------------------------------------------------- */

/* A thread of the parent is inside; it did not come along. */
static int close_it(void *s)
{
    return idem_close(s) != IDEM_OK;
}

static void test_child_closes(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    job j;
    int status;

    start_waiting(&j, run_accept, server);
    if (support_in_child(close_it, server, &status))
        CHECK_EQ(status, 0);
    CHECK_OK(idem_connect(client, &at));
    finish_job(&j, IDEM_OK);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Timeouts are each process's own. */
static int receive_shortly(void *s)
{
    char c;

    if (idem_settimeout(s, 0.06))
        return 1;
    return idem_recv(s, &c, 1, 0, NULL) != IDEM_ETIMEDOUT;
}

static void test_child_waits(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    double start;
    int status;
    char c;

    CHECK_OK(idem_settimeout(s, 0.2));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    if (support_in_child(receive_shortly, s, &status))
        CHECK_EQ(status, 0);
    start = support_now();
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.2);
    CHECK_OK(idem_close(s));
}

/* It finds the handle as it was, whatever the parent does with its own. */
static int leave(void *s)
{
    return idem_fileno(s) < 0;
}

static void test_child_relies(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    int before, status;
    char c;

    CHECK_OK(idem_settimeout(client, 0.06));
    CHECK_OK(idem_connect(client, &at));
    before = support_blocking(idem_fileno(client));
    if (support_in_child(leave, client, &status))
        CHECK_EQ(status, 0);
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    /* The first wait may be of another kind. */
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(before == 1 || support_blocking(idem_fileno(client)) < 1);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(listener),     CASE(connected),    CASE(refused),
    CASE(shutdown),     CASE(reset),        CASE(detach),
    CASE(poll_nothing), CASE(child_closes), CASE(child_waits),
    CASE(child_relies),
};

CHECK_MAIN("shared")
