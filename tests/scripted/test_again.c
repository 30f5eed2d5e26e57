/* Waiting for what no event tells, and what else Unix sockets bring. */
#include "calls.h"
#include "check.h"

#include <string.h>

static idem_address path(const char *text)
{
    idem_address at;

    CHECK_OK(idem_address_unix(text, strlen(text), &at));
    return at;
}

static idem_socket *begin(int type, double timeout)
{
    idem_socket *s;

    script_reset();
    CHECK_OK(idem_open(IDEM_AF_UNIX, type, 0, &s));
    CHECK_OK(idem_settimeout(s, timeout));
    return s;
}

/* Not now, that often. */
static void refuse(script_op op, int times)
{
    for (; times > 0; times--)
        script_add(op, IDEM_TRY_AGAIN, 0, 0);
}

/* ---- connect ----------------------------------------------------------- */

/* Tried again after a while each, until there is room. */
static void test_connect(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_STREAM, 0.1);

    refuse(OP_CONNECT, 3);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_OK(idem_connect(s, &to));
    CHECK_EQ(script.calls[OP_CONNECT], 4);
    CHECK_EQ(script.waits, 3);
    CHECK_EQ(script_elapsed_ns(), 12 * MS);
    CHECK_ERR(idem_connect(s, &to), IDEM_EISCONN);
    end_call(s);
}

static void test_connect_zero(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_STREAM, 0);
    idem_address peer;

    refuse(OP_CONNECT, 2);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_ERR(idem_connect(s, &to), IDEM_EWOULDBLOCK);
    CHECK_ERR(idem_getpeername(s, &peer), IDEM_ENOTCONN);
    CHECK_ERR(idem_connect(s, &to), IDEM_EWOULDBLOCK);
    CHECK_OK(idem_connect(s, &to));
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* Time is up in the middle of a nap; the socket is as it was. */
static void test_connect_timeout(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_STREAM, 0.01);

    refuse(OP_CONNECT, 4);
    script_add(OP_CONNECT, IDEM_OK, 0, 0);
    CHECK_ERR(idem_connect(s, &to), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 10 * MS);
    CHECK_EQ(script.calls[OP_CONNECT], 4);
    CHECK_OK(idem_connect(s, &to));
    end_call(s);
}

/* In the end refused, which is a failure like any other. */
static void test_connect_refused(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_STREAM, IDEM_FOREVER);

    refuse(OP_CONNECT, 1);
    script_add(OP_CONNECT, IDEM_ECONNREFUSED, 0, 0);
    CHECK_ERR(idem_connect(s, &to), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_listen(s, 1), IDEM_EINVAL);
    end_call(s);
}

static idem_socket *napping;

static void cancel_it(void)
{
    CHECK_OK(idem_cancel(napping));
}

/* Found out at the end of a nap. */
static void test_connect_cancelled(void)
{
    const idem_address to = path("server");

    napping = begin(IDEM_SOCK_STREAM, IDEM_FOREVER);
    refuse(OP_CONNECT, 2);
    script.on_wait = cancel_it;
    CHECK_ERR(idem_connect(napping, &to), IDEM_ECANCELED);
    CHECK_EQ(script.waits, 1);
    end_call(napping);
}

/* ---- sendto ------------------------------------------------------------ */

static void test_sendto(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_DGRAM, IDEM_FOREVER);
    size_t sent = 9;

    refuse(OP_SENDTO, 2);
    script_add(OP_SENDTO, IDEM_OK, 1, 0);
    CHECK_OK(idem_sendto(s, "x", 1, 0, &to, &sent));
    CHECK_EQ(sent, 1);
    CHECK_EQ(script_elapsed_ns(), 8 * MS);
    end_call(s);
}

static void test_sendto_zero(void)
{
    const idem_address to = path("server");
    idem_socket *s = begin(IDEM_SOCK_DGRAM, 5);
    size_t sent = 9;

    refuse(OP_SENDTO, 1);
    CHECK_ERR(idem_sendto(s, "x", 1, IDEM_MSG_DONTWAIT, &to, &sent),
              IDEM_EWOULDBLOCK);
    CHECK_EQ(sent, 0);
    CHECK_EQ(script.waits, 0);
    end_call(s);
}

/* A socket without a name still has none after it has sent. */
static void test_sendto_unbound(void)
{
    const idem_address to = path("server");
    const idem_address own = path("client");
    idem_socket *s = begin(IDEM_SOCK_DGRAM, 5);

    script_add(OP_SENDTO, IDEM_OK, 1, 0);
    CHECK_OK(idem_sendto(s, "x", 1, 0, &to, NULL));
    CHECK_OK(idem_bind(s, &own));
    CHECK_ERR(idem_bind(s, &own), IDEM_EINVAL);
    end_call(s);
}

/* ---- Names ------------------------------------------------------------- */

/* What the system cannot take does not reach it. */
static void test_names(void)
{
    idem_socket *s = begin(IDEM_SOCK_STREAM, IDEM_FOREVER);
    idem_address at;
    char name[107];

    memset(name, 'n', sizeof(name));
    CHECK_OK(idem_address_unix(name, IDEM_OS_PATH_MAX + 1, &at));
    CHECK_ERR(idem_bind(s, &at), IDEM_ENAMETOOLONG);
    CHECK_ERR(idem_connect(s, &at), IDEM_ENAMETOOLONG);
    CHECK_OK(idem_address_unix("\0n", 2, &at));
    CHECK_ERR(idem_bind(s, &at), IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_connect(s, &at), IDEM_EOPNOTSUPP);
    CHECK_EQ(script.attempts, 0);
    script.has_abstract = true;
    CHECK_OK(idem_bind(s, &at));
    CHECK(idem_address_equal(&script.last_to, &at));
    end_call(s);
}

static const check_case cases[] = {
    CASE(connect),         CASE(connect_zero),      CASE(connect_timeout),
    CASE(connect_refused), CASE(connect_cancelled), CASE(sendto),
    CASE(sendto_zero),     CASE(sendto_unbound),    CASE(names),
};

CHECK_MAIN("again")
