/* Native handles: told, taken out, taken in, doubled. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

/* What goes in at a comes out at b. */
static void check_passes(idem_socket *a, idem_socket *b)
{
    char c = 0;
    size_t got = 9;

    CHECK_OK(idem_send(a, "p", 1, 0, NULL));
    CHECK_OK(idem_recv(b, &c, 1, 0, &got));
    CHECK_EQ(got, 1);
    CHECK_EQ(c, 'p');
}

static intptr_t detached(idem_socket *s)
{
    const intptr_t want = idem_fileno(s);
    intptr_t handle = -7;

    CHECK_OK(idem_detach(s, &handle));
    CHECK_EQ(handle, want);
    return handle;
}

static idem_socket *adopted(intptr_t handle)
{
    idem_socket *s = NULL;

    CHECK_OK(idem_adopt(handle, &s));
    CHECK(s != NULL);
    CHECK_EQ(idem_fileno(s), handle);
    CHECK(!support_inheritable(handle));
    return s;
}

/* ---- detach ------------------------------------------------------------ */

static void test_fileno(void)
{
    idem_socket *a = open_stream(IDEM_AF_INET);
    idem_socket *b = open_stream(IDEM_AF_INET);

    CHECK(idem_fileno(a) != -1);
    CHECK(idem_fileno(a) != idem_fileno(b));
    CHECK_EQ(idem_fileno(NULL), -1);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

static void check_mode(double timeout, int want)
{
    idem_socket *s = open_datagram(IDEM_AF_INET);
    intptr_t handle;
    char c;

    CHECK_OK(idem_settimeout(s, 0.06));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_settimeout(s, timeout));
    handle = detached(s);
    if (support_blocking(handle) >= 0)
        CHECK_EQ(support_blocking(handle), want);
    support_close_socket(handle);
}

/* The mode is what the timeout says. */
static void test_detach(void)
{
    check_mode(IDEM_FOREVER, 1);
    check_mode(0, 0);
    check_mode(2.5, 0);
}

static void check_clean(idem_socket *s)
{
    const intptr_t handle = detached(s);

    CHECK(!support_has_time_limit(handle));
    support_close_socket(handle);
}

/* However the library waits: nothing of that is left on the handle. */
static void test_detach_clean(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;
    char c;

    CHECK_OK(idem_settimeout(server, 0.08));
    CHECK_ERR(idem_accept(server, &accepted, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_settimeout(client, 0.08));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    fill(client);
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ETIMEDOUT);
    check_clean(client);
    check_clean(server);
    check_clean(accepted); /* inherits from the listener on some systems */
}

/* Nor on one that others may hold as well. */
static void test_detach_shared_clean(void)
{
    idem_address at;
    idem_socket *s = bound_datagram(IDEM_AF_INET, &at);
    idem_socket *twin;
    char c;

    CHECK_OK(idem_settimeout(s, 0.08));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_dup(s, &twin));
    CHECK_ERR(idem_recv(twin, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    check_clean(twin);
    check_clean(s);
    s = adopted(support_native_socket(false));
    CHECK_OK(idem_settimeout(s, 0.08));
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    check_clean(s);
}

static void recv_one(void *arg)
{
    char c;

    support_about_to_block();
    CHECK_ERR(idem_recv(arg, &c, 1, 0, NULL), IDEM_ECANCELED);
}

/* Not while another thread is inside; the socket stays as it is. */
static void test_detach_busy(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *t = support_start(recv_one, client);
    intptr_t handle = 9;

    support_until_blocked(t);
    CHECK_ERR(idem_detach(client, &handle), IDEM_EINPROGRESS);
    CHECK_EQ(handle, -1);
    CHECK_OK(idem_send(client, "x", 1, 0, NULL));
    CHECK_OK(idem_cancel(client));
    support_join(t);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- adopt ------------------------------------------------------------- */

static void test_adopt_stream(void)
{
    idem_address at, name;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    char c;

    CHECK_OK(idem_getpeername(client, &at));
    client = adopted(detached(client));
    CHECK_EQ(idem_family(client), IDEM_AF_INET);
    CHECK_EQ(idem_type(client), IDEM_SOCK_STREAM);
    CHECK_OK(idem_getpeername(client, &name));
    CHECK(idem_address_equal(&at, &name));
    check_passes(client, server);
    check_passes(server, client);
    CHECK_ERR(idem_connect(client, &at), IDEM_EISCONN);
    CHECK_OK(idem_settimeout(client, 0.1));
    start = support_now();
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_ERR(idem_send(client, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_adopt_listener(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    server = adopted(detached(server));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(client, accepted);
    CHECK_OK(idem_close(accepted));
    CHECK_ERR(idem_connect(server, &at), IDEM_EINVAL);
    CHECK_OK(idem_settimeout(server, 0.06));
    CHECK_ERR(idem_accept(server, &accepted, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_adopt_accepted(void)
{
    idem_address at;
    idem_socket *server = adopted(detached(listener(IDEM_AF_INET, &at)));
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *accepted;

    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(client, accepted);
    CHECK(!support_inheritable(idem_fileno(accepted)));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Let one more in than was. */
static void make_room(full_listener *f)
{
    idem_socket *conn;

    CHECK_OK(idem_accept(f->listener, &conn, NULL));
    CHECK_OK(idem_close(conn));
}

static void await_connection(idem_socket *s)
{
    idem_pollfd one = { s, IDEM_POLLOUT, 0 };

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, NULL));
    CHECK_EQ(one.revents, IDEM_POLLOUT);
}

static void check_peer(idem_socket *s, const idem_address *want)
{
    idem_address name;

    CHECK_OK(idem_getpeername(s, &name));
    CHECK(idem_address_equal(&name, want));
    CHECK_ERR(idem_connect(s, want), IDEM_EISCONN);
}

/* On its way to somebody. */
static void test_adopt_connecting(void)
{
    full_listener f;
    idem_socket *s;

    if (!support_tells_connecting())
        check_skip("this system does not tell that a connect is under way");
    fill_listener(&f);
    s = adopted(detached(f.inside[f.count - 1]));
    f.inside[f.count - 1] = s;
    CHECK_OK(idem_setblocking(s, false));
    CHECK_ERR(idem_getpeername(s, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_connect(s, &f.at), IDEM_EALREADY);
    make_room(&f);
    await_connection(s);
    check_peer(s, &f.at);
    close_full_listener(&f);
}

/* It arrives after it was adopted, and knows where. */
static void test_adopt_arriving(void)
{
    idem_address own, from;
    idem_socket *conn;
    idem_socket *s;
    full_listener f;

    fill_listener(&f);
    s = f.inside[f.count - 1];
    CHECK_OK(idem_getsockname(s, &own));
    s = adopted(detached(s));
    f.inside[f.count - 1] = s;
    do {
        CHECK_OK(idem_accept(f.listener, &conn, &from));
        CHECK_OK(idem_close(conn));
    } while (!idem_address_equal(&own, &from));
    check_peer(s, &f.at);
    close_full_listener(&f);
}

static void test_adopt_datagram(void)
{
    idem_address at, name;
    idem_socket *a = adopted(detached(bound_datagram(IDEM_AF_INET, &at)));
    idem_socket *b = adopted(support_native_socket(false));
    size_t got = 9;
    char c;

    CHECK_EQ(idem_type(a), IDEM_SOCK_DGRAM);
    CHECK_EQ(idem_type(b), IDEM_SOCK_DGRAM);
    CHECK_OK(idem_getsockname(a, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_ERR(idem_bind(a, &at), IDEM_EINVAL);
    CHECK_ERR(idem_send(b, "x", 1, 0, NULL), IDEM_EDESTADDRREQ);
    CHECK_OK(idem_sendto(b, "x", 1, 0, &at, NULL));
    CHECK_OK(idem_recvfrom(a, &c, 1, 0, &got, &name));
    CHECK_EQ(got, 1);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* A fresh one, inherited by children until now: all of its life is ahead. */
static void test_adopt_fresh(void)
{
    const intptr_t handle = support_native_socket(true);
    idem_address at, name;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *accepted;
    idem_socket *s;
    char c;

    CHECK(support_inheritable(handle));
    s = adopted(handle);
    CHECK_EQ(idem_family(s), IDEM_AF_INET);
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_OK(idem_getsockname(s, &name));
    CHECK_EQ(name.port, 0);
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(s, accepted);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(server));
}

static void check_not_adopted(intptr_t handle, idem_error want)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_adopt(handle, &s), want);
    CHECK(s == NULL);
}

static void test_adopt_refused(void)
{
    const intptr_t closed = support_native_socket(true);
    const intptr_t other = support_not_a_socket();

    support_close_socket(closed);
    check_not_adopted(closed, IDEM_ENOTSOCK);
    check_not_adopted(other, IDEM_ENOTSOCK);
    support_close_other(other); /* still ours */
    check_not_adopted(-1, IDEM_ENOTSOCK);
    check_not_adopted(-2, IDEM_ENOTSOCK);
    check_not_adopted(INTPTR_MAX, IDEM_ENOTSOCK);
    check_not_adopted(INTPTR_MIN, IDEM_ENOTSOCK);
}

static void test_adopt_unix(void)
{
    const intptr_t handle = support_unix_socket();

    if (handle == -1)
        check_skip("this system makes no Unix sockets");
    check_not_adopted(handle, IDEM_EAFNOSUPPORT);
    support_close_socket(handle);
}

/* ---- dup --------------------------------------------------------------- */

static void test_dup(void)
{
    idem_address a, b;
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin = NULL;
    double seconds = 0;

    CHECK_OK(idem_settimeout(client, 7.5));
    CHECK_OK(idem_dup(client, &twin));
    CHECK(idem_fileno(twin) != idem_fileno(client));
    CHECK(!support_inheritable(idem_fileno(twin)));
    CHECK_EQ(idem_family(twin), IDEM_AF_INET);
    CHECK_EQ(idem_type(twin), IDEM_SOCK_STREAM);
    CHECK_OK(idem_gettimeout(twin, &seconds));
    CHECK(seconds == 7.5);
    CHECK_OK(idem_getpeername(client, &a));
    CHECK_OK(idem_getpeername(twin, &b));
    CHECK(idem_address_equal(&a, &b));
    check_passes(client, server);
    check_passes(twin, server);
    check_passes(server, client);
    check_passes(server, twin);
    CHECK_OK(idem_close(client)); /* the connection lives on in the other */
    check_passes(twin, server);
    check_passes(server, twin);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
}

/* Timeouts are each one's own. */
static void test_dup_timeout(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin;
    double start;
    char c;

    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_settimeout(client, 0));
    CHECK_OK(idem_settimeout(twin, 0.1));
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_EWOULDBLOCK);
    start = support_now();
    CHECK_ERR(idem_recv(twin, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK_OK(idem_settimeout(client, IDEM_FOREVER));
    check_passes(server, client);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
}

static void test_dup_cancel(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin;
    char c;

    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_cancel(client));
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ECANCELED);
    check_passes(twin, server);
    check_passes(server, twin);
    CHECK_OK(idem_close(client));
    check_passes(server, twin);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
}

/* Made while another thread waits in the original: cancelling that one ends
 * its wait, and leaves the other. */
static void test_dup_busy(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *t = support_start(recv_one, client);
    idem_socket *twin;

    support_until_blocked(t);
    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_cancel(client));
    support_join(t);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
}

/* Made while another thread connects the original. */
static void test_dup_connecting(void)
{
    full_listener f;
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *twin;
    job j;

    fill_listener(&f);
    j.to = f.at;
    start_waiting(&j, run_connect, s);
    CHECK_OK(idem_dup(s, &twin));
    CHECK_ERR(idem_getpeername(twin, NULL), IDEM_ENOTCONN);
    make_room(&f); /* for the last one who had not got in, */
    make_room(&f);
    finish_job(&j, IDEM_OK);
    check_peer(twin, &f.at);
    check_peer(s, &f.at);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(twin));
    close_full_listener(&f);
}

static void test_dup_listener(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *twin;
    idem_socket *client;
    idem_socket *accepted;

    CHECK_OK(idem_dup(server, &twin));
    CHECK_OK(idem_close(server));
    client = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_connect(client, &at)); /* it still listens */
    CHECK_OK(idem_accept(twin, &accepted, NULL));
    check_passes(client, accepted);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(twin));
}

/* A shutdown is the connection's, not the handle's. */
static void test_dup_shutdown(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *twin;
    size_t got = 9;
    char c;

    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_dup(client, &twin));
    CHECK_OK(idem_shutdown(twin, IDEM_SHUT_WR));
    CHECK_OK(idem_recv(server, &c, 1, 0, &got));
    CHECK_EQ(got, 0);
    check_passes(server, client);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(server));
}

/* Other hands connect or bind the same handle: the first sees it. */
static void test_dup_grows_up(void)
{
    const idem_address any = loopback(IDEM_AF_INET, 0);
    idem_address at, name;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *s = open_stream(IDEM_AF_INET);
    idem_socket *accepted;
    idem_socket *twin;

    CHECK_OK(idem_dup(s, &twin));
    CHECK_OK(idem_bind(twin, &any));
    CHECK_OK(idem_getsockname(s, &name));
    CHECK(name.port != 0);
    CHECK_OK(idem_connect(twin, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    check_passes(s, accepted);
    check_passes(accepted, s);
    CHECK_OK(idem_getpeername(s, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(accepted));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(fileno),
    CASE(detach),
    CASE(detach_clean),
    CASE(detach_shared_clean),
    CASE(detach_busy),
    CASE(adopt_stream),
    CASE(adopt_listener),
    CASE(adopt_accepted),
    CASE(adopt_connecting),
    CASE(adopt_arriving),
    CASE(adopt_datagram),
    CASE(adopt_fresh),
    CASE(adopt_refused),
    CASE(adopt_unix),
    CASE(dup),
    CASE(dup_timeout),
    CASE(dup_cancel),
    CASE(dup_busy),
    CASE(dup_connecting),
    CASE(dup_listener),
    CASE(dup_shutdown),
    CASE(dup_grows_up),
};

CHECK_MAIN("handles")
