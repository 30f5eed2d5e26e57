/* Cancelled at any moment: before, at, and after the beginning of a call. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

/* Do a little, and a little more each time: the moments differ. */
static void spin(int n)
{
    volatile int sink = 0;

    while (n-- > 0)
        sink = sink + 1;
}

/* Cancelled just before, at, or after the beginning of the call. */
static void check_race(idem_error (*run)(job *), idem_socket *s, int round)
{
    job j;

    start_job(&j, run, s);
    spin(round * 997 % 20011 * 20); /* as long as a thread takes to start */
    CHECK_OK(idem_cancel(s));
    finish_job(&j, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
}

static void test_stream(void)
{
    idem_address at;
    idem_socket *door = listener(IDEM_AF_INET, &at);
    int i;

    for (i = 0; i < 200; i++) {
        idem_socket *client = open_stream(IDEM_AF_INET);
        idem_socket *server;

        CHECK_OK(idem_connect(client, &at));
        CHECK_OK(idem_accept(door, &server, NULL));
        check_race(run_recv, client, i);
        CHECK_OK(idem_close(server));
    }
    CHECK_OK(idem_close(door));
}

static void test_accept(void)
{
    idem_address at;
    int i;

    for (i = 0; i < 200; i++)
        check_race(run_accept, listener(IDEM_AF_INET, &at), i);
}

static void test_datagram(void)
{
    idem_address at;
    int i;

    for (i = 0; i < 200; i++)
        check_race(run_recvfrom, bound_datagram(IDEM_AF_INET, &at), i);
}

static void test_poll(void)
{
    idem_address at;
    int i;

    for (i = 0; i < 200; i++)
        check_race(run_poll, listener(IDEM_AF_INET, &at), i);
}

static void open_and_close(void *arg)
{
    idem_socket *twin;
    int i;

    for (i = 0; i < 100; i++) {
        CHECK_OK(idem_dup(arg, &twin));
        CHECK_OK(idem_cancel(twin));
        CHECK_OK(idem_close(twin));
    }
}

/* Others double and close it while it is in use. */
static void test_dup(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    support_thread *t = support_start(open_and_close, client);
    char c = 'x';
    int i;

    for (i = 0; i < 300; i++) {
        CHECK_OK(idem_send(server, &c, 1, 0, NULL));
        CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    }
    support_join(t);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static const check_case cases[] = {
    CASE(stream), CASE(accept), CASE(datagram), CASE(poll), CASE(dup),
};

CHECK_MAIN("race")
