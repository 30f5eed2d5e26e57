/* Unix sockets that carry datagrams. */
#include "check.h"
#include "jobs.h"
#include "peers.h"
#include "support.h"

#define UNIX IDEM_AF_UNIX

static bool has_no_name(const idem_address *a)
{
    const idem_address none = { .family = UNIX };

    return memcmp(a, &none, sizeof(none)) == 0;
}

static void test_exchange(void)
{
    idem_address a_at, b_at, from;
    idem_socket *a;
    idem_socket *b;
    size_t got = 9;
    char buf[8];

    need_unix(IDEM_SOCK_DGRAM);
    a = bound_datagram(UNIX, &a_at);
    b = bound_datagram(UNIX, &b_at);
    CHECK_OK(idem_sendto(a, "one", 3, 0, &b_at, &got));
    CHECK_EQ(got, 3);
    CHECK_OK(idem_recvfrom(b, buf, sizeof(buf), 0, &got, &from));
    CHECK_EQ(got, 3);
    CHECK(idem_address_equal(&from, &a_at));
    CHECK_OK(idem_sendto(b, "", 0, 0, &from, NULL)); /* back, and empty */
    got = 9;
    CHECK_OK(idem_recvfrom(a, buf, sizeof(buf), 0, &got, &from));
    CHECK_EQ(got, 0);
    CHECK(idem_address_equal(&from, &b_at));
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
    remove_paths();
}

/* Without a name there is nobody to answer to; it can still get one. */
static void test_nameless(void)
{
    idem_address at, own, from;
    idem_socket *a;
    idem_socket *b;
    char buf[2];

    need_unix(IDEM_SOCK_DGRAM);
    a = bound_datagram(UNIX, &at);
    b = open_datagram(UNIX);
    CHECK_OK(idem_sendto(b, "long", 4, 0, &at, NULL));
    memset(&from, 0x5a, sizeof(from));
    CHECK_ERR(idem_recvfrom(a, buf, sizeof(buf), 0, NULL, &from),
              IDEM_EMSGSIZE);
    CHECK(has_no_name(&from));
    CHECK_ERR(idem_sendto(a, "x", 1, 0, &from, NULL), IDEM_EADDRNOTAVAIL);
    CHECK_OK(idem_getsockname(b, &own));
    CHECK(has_no_name(&own));
    own = loopback(UNIX, 0);
    CHECK_OK(idem_bind(b, &own));
    CHECK_OK(idem_sendto(b, "x", 1, 0, &at, NULL));
    CHECK_OK(idem_recvfrom(a, buf, sizeof(buf), 0, NULL, &from));
    CHECK(idem_address_equal(&from, &own));
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
    remove_paths();
}

static void test_unbound(void)
{
    idem_socket *s;
    double start;
    char c;

    need_unix(IDEM_SOCK_DGRAM);
    s = open_datagram(UNIX);
    CHECK_OK(idem_settimeout(s, 0.06));
    start = support_now();
    CHECK_ERR(idem_recv(s, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.06);
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_EDESTADDRREQ);
    CHECK_ERR(idem_listen(s, 1), IDEM_EOPNOTSUPP);
    CHECK_OK(idem_close(s));
}

static void test_nobody(void)
{
    idem_address at, missing, stream_at;
    idem_socket *door;
    idem_socket *gone;
    idem_socket *s;

    need_unix(IDEM_SOCK_DGRAM);
    gone = bound_datagram(UNIX, &at);
    door = listener(UNIX, &stream_at);
    missing = loopback(UNIX, 0);
    s = open_datagram(UNIX);
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &missing, NULL), IDEM_ENOENT);
    CHECK_ERR(idem_connect(s, &missing), IDEM_ENOENT);
    CHECK_OK(idem_close(gone));
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &at, NULL), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_connect(s, &at), IDEM_ECONNREFUSED);
    CHECK_ERR(idem_sendto(s, "x", 1, 0, &stream_at, NULL), IDEM_EPROTOTYPE);
    CHECK_ERR(idem_connect(s, &stream_at), IDEM_EPROTOTYPE);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(door));
    remove_paths();
}

static void test_too_long(void)
{
    static char data[1 << 20];
    idem_address at;
    idem_socket *a;
    size_t sent = 9;

    need_unix(IDEM_SOCK_DGRAM);
    a = bound_datagram(UNIX, &at);
    CHECK_ERR(idem_sendto(a, data, sizeof(data), 0, &at, &sent), IDEM_EMSGSIZE);
    CHECK_EQ(sent, 0);
    CHECK(!has_input(a));
    CHECK_OK(idem_close(a));
    remove_paths();
}

/* ---- Connected --------------------------------------------------------- */

static void test_connected(void)
{
    idem_address at, other_at, name;
    idem_socket *a;
    idem_socket *other;
    idem_socket *s;
    char c = 0;

    need_unix(IDEM_SOCK_DGRAM);
    a = bound_datagram(UNIX, &at);
    other = bound_datagram(UNIX, &other_at);
    s = open_datagram(UNIX);
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_getpeername(s, &name));
    CHECK(idem_address_equal(&name, &at));
    CHECK_OK(idem_send(s, "a", 1, 0, NULL));
    CHECK_OK(idem_sendto(s, "b", 1, 0, &other_at, NULL));
    CHECK_OK(idem_recv(a, &c, 1, 0, NULL));
    CHECK_EQ(c, 'a');
    CHECK_OK(idem_recv(other, &c, 1, 0, NULL));
    CHECK_EQ(c, 'b');
    CHECK_OK(idem_connect(s, &other_at)); /* and again */
    CHECK_OK(idem_send(s, "c", 1, 0, NULL));
    CHECK_OK(idem_recv(other, &c, 1, 0, NULL));
    CHECK_EQ(c, 'c');
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(other));
    remove_paths();
}

/* Gone, and as often as it is asked. */
static void test_peer_gone(void)
{
    idem_address at, name;
    idem_socket *a;
    idem_socket *s;
    int i;

    need_unix(IDEM_SOCK_DGRAM);
    a = bound_datagram(UNIX, &at);
    s = open_datagram(UNIX);
    CHECK_OK(idem_connect(s, &at));
    CHECK_OK(idem_close(a));
    for (i = 0; i < 3; i++)
        CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ECONNREFUSED);
    CHECK_OK(idem_getpeername(s, &name));
    CHECK_EQ(name.family, UNIX);
    CHECK_OK(idem_close(s));
    remove_paths();
}

/* ---- A full queue ------------------------------------------------------ */

/* Send until the receiver has no room; returns how often that was. */
static size_t fill_up(idem_socket *s, const idem_address *to)
{
    idem_error err = IDEM_OK;
    size_t count = 0;

    while (!err) {
        err = idem_sendto(s, "f", 1, IDEM_MSG_DONTWAIT, to, NULL);
        count += !err;
    }
    CHECK_ERR(err, IDEM_EWOULDBLOCK);
    CHECK(count > 0);
    return count;
}

static void check_full(bool connected)
{
    idem_address at;
    idem_socket *a = bound_datagram(UNIX, &at);
    idem_socket *s = open_datagram(UNIX);
    const idem_address *to = connected ? NULL : &at;
    double start;
    char c;

    if (connected)
        CHECK_OK(idem_connect(s, &at));
    fill_up(s, to);
    CHECK_OK(idem_settimeout(s, 0.06));
    start = support_now();
    CHECK_ERR(idem_sendto(s, "x", 1, 0, to, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.06);
    CHECK_OK(idem_recv(a, &c, 1, 0, NULL));
    CHECK_OK(idem_settimeout(s, 20));
    CHECK_OK(idem_sendto(s, "x", 1, 0, to, NULL));
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(a));
    remove_paths();
}

static void test_full(void)
{
    need_unix(IDEM_SOCK_DGRAM);
    check_full(false);
}

static void test_full_connected(void)
{
    need_unix(IDEM_SOCK_DGRAM);
    check_full(true);
}

static idem_error run_sendto(job *j)
{
    return idem_sendto(j->socket, "w", 1, 0, &j->to, &j->count);
}

/* Who waits goes on when there is room, and ends when cancelled. */
static void check_waiter(bool cancels)
{
    idem_address at;
    idem_socket *a = bound_datagram(UNIX, &at);
    idem_socket *s = open_datagram(UNIX);
    size_t left = fill_up(s, &at);
    char c = 0;
    job j;

    j.to = at;
    start_waiting(&j, run_sendto, s);
    if (cancels) {
        CHECK_OK(idem_cancel(s));
        finish_job(&j, IDEM_ECANCELED);
    } else {
        for (left++; left > 0; left--)
            CHECK_OK(idem_recv(a, &c, 1, 0, NULL));
        CHECK_EQ(c, 'w');
        finish_job(&j, IDEM_OK);
        CHECK_EQ(j.count, 1);
    }
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(a));
    remove_paths();
}

static void test_full_waits(void)
{
    need_unix(IDEM_SOCK_DGRAM);
    check_waiter(false);
}

static void test_full_cancel(void)
{
    need_unix(IDEM_SOCK_DGRAM);
    check_waiter(true);
}

static const check_case cases[] = {
    CASE(exchange),       CASE(nameless),   CASE(unbound),     CASE(nobody),
    CASE(too_long),       CASE(connected),  CASE(peer_gone),   CASE(full),
    CASE(full_connected), CASE(full_waits), CASE(full_cancel),
};

CHECK_MAIN("unix_datagram")
