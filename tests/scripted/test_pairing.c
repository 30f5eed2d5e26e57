/* Pairs over loopback, and who comes between. The script makes no others. */
#include "calls.h"
#include "check.h"

/* Rows of the script: the door, and the end that connects. */
#define OWN (SCRIPT_PORT + 1)
#define STRANGER 777

static idem_error make(int type)
{
    int object;
    idem_socket *a = (idem_socket *)(void *)&object;
    idem_socket *b = a;
    idem_error err = idem_socketpair(IDEM_AF_UNSPEC, type, 0, &a, &b);

    CHECK_EQ(a == NULL, err != IDEM_OK);
    CHECK_EQ(b == NULL, err != IDEM_OK);
    CHECK_EQ(script_open_count(), err ? 0 : 2);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
    return err;
}

/* Who comes first is sent away; the next one is ours. */
static void test_stranger(void)
{
    script_reset();
    script_add(OP_CONNECTED, IDEM_OK, 0, 0);
    script_add(OP_ACCEPT, IDEM_OK, STRANGER, 0);
    script_add(OP_ACCEPT, IDEM_OK, STRANGER + 1, 0);
    script_add(OP_ACCEPT, IDEM_OK, OWN, 0);
    CHECK_OK(make(IDEM_SOCK_STREAM));
    CHECK_EQ(script.calls[OP_ACCEPT], 3);
    CHECK_EQ(script.calls[OP_SET_OPTION], 2); /* no delay, at both ends */
}

/* They may keep us busy for ten seconds, and no longer. */
static void test_strangers_only(void)
{
    int i;

    script_reset();
    for (i = 1; i <= 30; i++)
        script_add(OP_ACCEPT, IDEM_OK, STRANGER, 700 * i);
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 10000 * MS);
    CHECK_EQ(script.calls[OP_ACCEPT], 14);
}

static void test_refused(void)
{
    script_reset();
    script_add(OP_CONNECT, IDEM_ECONNREFUSED, 0, 0);
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_ECONNREFUSED);
    script_reset();
    script_add(OP_CONNECTED, IDEM_ECONNRESET, 0, 0);
    script_add(OP_ACCEPT, IDEM_OK, OWN, 0);
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_ECONNRESET);
    script_reset();
    script_add(OP_ACCEPT, IDEM_EMFILE, 0, 0);
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_EMFILE);
    script_reset();
    script.no_memory = true;
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_ENOMEM);
}

/* The second socket cannot be made. */
static void test_open_fails(void)
{
    static const int types[] = { IDEM_SOCK_STREAM, IDEM_SOCK_DGRAM };
    size_t i;

    for (i = 0; i < CHECK_COUNT(types); i++) {
        script_reset();
        script_add(OP_OPEN, IDEM_OK, 0, 0);
        script_add(OP_OPEN, IDEM_EMFILE, 0, 0);
        CHECK_ERR(make(types[i]), IDEM_EMFILE);
    }
}

static void test_option_fails(void)
{
    script_reset();
    script_add(OP_CONNECTED, IDEM_OK, 0, 0);
    script_add(OP_ACCEPT, IDEM_OK, OWN, 0);
    script_add(OP_SET_OPTION, IDEM_OK, 0, 0);
    script_add(OP_SET_OPTION, IDEM_ENOBUFS, 0, 0);
    CHECK_ERR(make(IDEM_SOCK_STREAM), IDEM_ENOBUFS);
}

/* What came before the ends knew each other is thrown away. */
static void test_datagram_strangers(void)
{
    script_reset();
    script_add(OP_RECVFROM, IDEM_OK, 0, 0);
    script_add(OP_RECVFROM, IDEM_OK, 1, 0);
    script_add(OP_RECVFROM, IDEM_EMSGSIZE, 1, 0);
    script_add(OP_RECVFROM, IDEM_ECONNREFUSED, 0, 0);
    CHECK_OK(make(IDEM_SOCK_DGRAM));
    CHECK_EQ(script.calls[OP_RECVFROM], 4);
    CHECK_EQ(script.attempts, 6); /* until there are none, at both ends */
    CHECK_EQ(script.waits, 0);
    script_reset();
    script_add(OP_RECVFROM, IDEM_ENETDOWN, 0, 0);
    CHECK_ERR(make(IDEM_SOCK_DGRAM), IDEM_ENETDOWN);
}

static const check_case cases[] = {
    CASE(stranger),   CASE(strangers_only), CASE(refused),
    CASE(open_fails), CASE(option_fails),   CASE(datagram_strangers),
};

CHECK_MAIN("pairing")
