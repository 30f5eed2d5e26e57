/* Native handles: told, taken out, doubled. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

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

/* Let s wait as it was told before, tell it another timeout, and look at the
 * handle: a listener's mode is not told by every system. */
static void check_mode(idem_socket *s, idem_error (*run)(job *), double before,
                       double timeout)
{
    const idem_error want = before == 0 ? IDEM_EWOULDBLOCK : IDEM_ETIMEDOUT;
    job j = { .socket = s };
    intptr_t handle;
    int mode;

    CHECK_OK(idem_settimeout(s, before));
    if (before != IDEM_FOREVER) {
        CHECK_ERR(run(&j), want);
        CHECK_ERR(run(&j), want); /* the first wait may be of another kind */
    }
    CHECK_OK(idem_settimeout(s, timeout));
    handle = detached(s);
    mode = support_blocking(handle);
    CHECK(mode == -1 || mode == (timeout == IDEM_FOREVER));
    support_close_socket(handle);
}

/* The mode is what the timeout says, whatever it was before. */
static void test_detach(void)
{
    static const double before[] = { IDEM_FOREVER, 0, 0.06 };
    static const double after[] = { IDEM_FOREVER, 0, 2.5 };
    idem_address at;
    size_t i;

    for (i = 0; i < CHECK_COUNT(before) * CHECK_COUNT(after); i++) {
        const double first = before[i / 3];
        const double then = after[i % 3];
        idem_socket *server;
        idem_socket *client = stream_pair(&server);

        check_mode(client, run_recv, first, then);
        CHECK_OK(idem_close(server));
        client = stream_pair(&server);
        check_mode(server, run_recv, first, then);
        CHECK_OK(idem_close(client));
        check_mode(listener(IDEM_AF_INET, &at), run_accept, first, then);
        check_mode(bound_datagram(IDEM_AF_INET, &at), run_recvfrom, first,
                   then);
    }
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
    int i;

    CHECK_OK(idem_settimeout(server, 0.08));
    CHECK_ERR(idem_accept(server, &accepted, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_settimeout(client, 0.08));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &accepted, NULL));
    fill(client);
    for (i = 0; i < 2; i++) { /* the first wait may be of another kind */
        CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
        CHECK_ERR(idem_sendall(client, "x", 1, 0, NULL), IDEM_ETIMEDOUT);
    }
    check_clean(client);
    check_clean(server);
    check_clean(accepted); /* inherits from the listener on some systems */
}

static idem_error accept_clean(job *j)
{
    idem_socket *accepted;
    const idem_error err = idem_accept(j->socket, &accepted, NULL);

    if (!err)
        check_clean(accepted);
    return err;
}

/* Accept a connection that comes while this waits, and after so many seconds.
 */
static void accept_waiting(idem_socket *server, const idem_address *at,
                           double seconds)
{
    idem_socket *client = open_stream(IDEM_AF_INET);
    job j = { 0 };

    start_waiting(&j, accept_clean, server);
    CHECK_OK(idem_poll(NULL, 0, seconds, NULL));
    CHECK_OK(idem_connect(client, at));
    finish_job(&j, IDEM_OK);
    CHECK_OK(idem_close(client));
}

/* Nor on a connection, however its listener waited when it came. */
static void test_detach_accepted_clean(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    job j = { .socket = server };

    CHECK_OK(idem_settimeout(server, 5));
    accept_waiting(server, &at, 0);
    CHECK_OK(idem_connect(client, &at));
    await_input(server);
    CHECK_OK(idem_settimeout(server, IDEM_FOREVER));
    CHECK_OK(accept_clean(&j));
    accept_waiting(server, &at, 0);
    CHECK_OK(idem_settimeout(server, 0.2));
    accept_waiting(server, &at, 0);
    CHECK_OK(idem_settimeout(server, IDEM_FOREVER));
    accept_waiting(server, &at, 0.3); /* longer than it waited before */
    check_clean(server);
    CHECK_OK(idem_close(client));
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
    CHECK_OK(idem_adopt(support_native_socket(false), &s));
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
    CASE(detach_accepted_clean),
    CASE(detach_shared_clean),
    CASE(detach_busy),
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
