/* Handles and credentials over Unix sockets. What is passed here are sockets:
 * each case ends with as many of them as it began with. */
#include "check.h"
#include "peers.h"
#include "support.h"

#define MOST 252 /* handles in a message */

/* Both ends of a Unix socket that handles can go through. */
static idem_socket *pair_of(int type, idem_socket **other)
{
    idem_socket *s;

    need_unix(type);
    if (!idem_has(IDEM_HAS_FD_PASSING))
        check_skip("this system passes no handles");
    CHECK_OK(idem_socketpair(IDEM_AF_UNIX, type, 0, &s, other));
    return s;
}

static idem_socket *stream(idem_socket **other)
{
    return pair_of(IDEM_SOCK_STREAM, other);
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* n handles to send. */
static void make_handles(intptr_t *handles, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        handles[i] = support_native_socket(false);
}

static void close_handles(const intptr_t *handles, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        support_close_socket(handles[i]);
}

/* Send text with n handles, and close them here. */
static void pass(idem_socket *s, const char *text, size_t n)
{
    intptr_t handles[MOST] = { 0 };
    size_t sent = 99;

    make_handles(handles, n);
    CHECK_OK(idem_send_fds(s, text, strlen(text), handles, n, 0, &sent));
    CHECK_EQ(sent, strlen(text));
    close_handles(handles, n);
}

/* ---- Passing ----------------------------------------------------------- */

static void check_pass(int type)
{
    idem_socket *b;
    idem_socket *a = pair_of(type, &b);
    intptr_t handles[3] = { 77, 77, 77 };
    size_t got = 99;
    size_t count = 99;
    char buf[10];

    pass(a, "two", 2);
    CHECK_OK(idem_recv_fds(b, buf, sizeof(buf), handles, 3, 0, &got, &count));
    CHECK_EQ(got, 3);
    CHECK(memcmp(buf, "two", 3) == 0);
    CHECK_EQ(count, 2);
    CHECK_EQ(handles[2], 77);
    CHECK(!support_inheritable(handles[0]));
    CHECK(!support_inheritable(handles[1]));
    close_handles(handles, 2);
    CHECK_OK(idem_send(a, "none", 4, 0, NULL));
    CHECK_OK(idem_recv_fds(b, buf, sizeof(buf), handles, 3, 0, &got, &count));
    CHECK_EQ(got, 4);
    CHECK_EQ(count, 0);
    close_both(a, b);
}

static void test_stream(void)
{
    check_pass(IDEM_SOCK_STREAM);
}

static void test_datagram(void)
{
    check_pass(IDEM_SOCK_DGRAM);
}

/* What arrives is the same thing: a connection goes on in other hands. */
static void test_connection(void)
{
    idem_socket *b;
    idem_socket *a = stream(&b);
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    idem_socket *passed;
    intptr_t handle;
    size_t count;
    char c;

    CHECK_OK(idem_detach(server, &handle));
    CHECK_OK(idem_send_fds(a, "x", 1, &handle, 1, 0, NULL));
    support_close_socket(handle);
    CHECK_OK(idem_recv_fds(b, &c, 1, &handle, 1, 0, NULL, &count));
    CHECK_EQ(count, 1);
    CHECK_OK(idem_adopt(handle, &passed));
    check_passes(client, passed);
    check_passes(passed, client);
    CHECK_OK(idem_close(passed));
    CHECK_OK(idem_close(client));
    close_both(a, b);
}

static void test_many(void)
{
    idem_socket *b;
    idem_socket *a = stream(&b);
    intptr_t handles[MOST + 1];
    size_t count = 99;
    char c;

    make_handles(handles, MOST + 1);
    CHECK_ERR(idem_send_fds(a, "x", 1, handles, MOST + 1, 0, NULL),
              IDEM_EINVAL);
    close_handles(handles, MOST + 1);
    pass(a, "x", MOST);
    CHECK_OK(idem_recv_fds(b, &c, 1, handles, MOST, 0, NULL, &count));
    CHECK_EQ(count, MOST);
    close_handles(handles, MOST);
    close_both(a, b);
}

/* In a message, beside the data of several buffers. */
static void test_message(void)
{
    idem_socket *b;
    idem_socket *a = stream(&b);
    char one[2], two[10];
    const idem_buffer parts[] = { { one, 2 }, { two, 10 } };
    intptr_t handles[2];
    idem_ancillary with = { .handles = handles, .handle_capacity = 2 };
    idem_message m = { .buffers = parts, .buffer_count = 2 };

    pass(a, "abcdef", 1);
    m.ancillary = &with;
    CHECK_ERR(idem_recvmsg(b, &m, IDEM_MSG_PEEK), IDEM_EOPNOTSUPP);
    CHECK_OK(idem_recvmsg(b, &m, 0));
    CHECK_EQ(m.length, 6);
    CHECK_EQ(m.flags, 0);
    CHECK_EQ(m.address.family, IDEM_AF_UNSPEC);
    CHECK_EQ(with.present, IDEM_ANCILLARY_HANDLES);
    CHECK_EQ(with.handle_count, 1);
    CHECK(with.handles == handles);
    CHECK_EQ(with.handle_capacity, 2);
    close_handles(handles, 1);
    close_both(a, b);
}

/* ---- No room ----------------------------------------------------------- */

/* Those that there is no room for are closed, and a flag tells. */
static void test_cut(void)
{
    idem_socket *b;
    idem_socket *a = stream(&b);
    intptr_t handles[3] = { 77, 77, 77 };
    char c;
    const idem_buffer part = { &c, 1 };
    idem_ancillary with = { .handles = handles, .handle_capacity = 2 };
    idem_message m = { .buffers = &part, .buffer_count = 1 };

    pass(a, "x", 3);
    m.ancillary = &with;
    CHECK_OK(idem_recvmsg(b, &m, 0));
    CHECK_EQ(m.flags, IDEM_MSG_CTRUNC);
    CHECK_EQ(with.handle_count, 2);
    CHECK_EQ(handles[2], 77);
    close_handles(handles, 2);
    with.handle_capacity = 0;
    pass(a, "x", 3);
    CHECK_OK(idem_recvmsg(b, &m, 0));
    CHECK_EQ(m.flags, IDEM_MSG_CTRUNC);
    CHECK_EQ(with.present, 0);
    CHECK_EQ(with.handle_count, 0);
    m.ancillary = NULL;
    pass(a, "x", 3);
    CHECK_OK(idem_recvmsg(b, &m, 0));
    CHECK_EQ(m.flags, IDEM_MSG_CTRUNC);
    pass(a, "x", 3);
    CHECK_OK(idem_recv(b, &c, 1, 0, NULL)); /* who asks for none gets none */
    close_both(a, b);
}

/* recv_fds() has no flag: it fails, and leaves none open. */
static void test_too_many(void)
{
    idem_socket *b;
    idem_socket *a = stream(&b);
    intptr_t handles[2];
    size_t got = 99;
    size_t count = 99;
    char buf[10];

    pass(a, "text", 3);
    CHECK_ERR(idem_recv_fds(b, buf, sizeof(buf), handles, 2, 0, &got, &count),
              IDEM_EMSGSIZE);
    CHECK_EQ(got, 4);
    CHECK(memcmp(buf, "text", 4) == 0);
    CHECK_EQ(count, 0);
    pass(a, "x", 1);
    CHECK_ERR(idem_recv_fds(b, buf, 1, NULL, 0, 0, &got, &count),
              IDEM_EMSGSIZE);
    CHECK_EQ(count, 0);
    close_both(a, b);
}

/* A datagram that is cut loses its handles. */
static void test_truncated(void)
{
    idem_socket *b;
    idem_socket *a = pair_of(IDEM_SOCK_DGRAM, &b);
    intptr_t handles[2];
    size_t got = 99;
    size_t count = 99;
    char c;
    const idem_buffer part = { &c, 1 };
    idem_ancillary with = { .handles = handles, .handle_capacity = 2 };
    idem_message m = { .buffers = &part, .buffer_count = 1 };

    pass(a, "long", 2);
    m.ancillary = &with;
    CHECK_ERR(idem_recvmsg(b, &m, 0), IDEM_EMSGSIZE);
    CHECK_EQ(m.length, 1);
    CHECK_EQ(m.flags, IDEM_MSG_TRUNC | IDEM_MSG_CTRUNC);
    CHECK_EQ(m.address.family, IDEM_AF_UNIX); /* of one without a name */
    CHECK_EQ(m.address.path_length, 0);
    CHECK_EQ(with.present, 0);
    CHECK_EQ(with.handle_count, 0);
    pass(a, "long", 2);
    CHECK_ERR(idem_recv_fds(b, &c, 1, handles, 2, 0, &got, &count),
              IDEM_EMSGSIZE);
    CHECK_EQ(got, 1);
    CHECK_EQ(count, 0);
    close_both(a, b);
}

/* Each message of a batch has its own. */
static void test_batch(void)
{
    idem_socket *b;
    idem_socket *a = pair_of(IDEM_SOCK_DGRAM, &b);
    intptr_t handles[4][2];
    char bytes[4];
    idem_buffer part[4];
    idem_ancillary with[4];
    idem_message m[4];
    size_t n, done, i;

    for (i = 0; i < 4; i++) {
        part[i] = (idem_buffer){ &bytes[i], 1 };
        with[i] = (idem_ancillary){ .handles = handles[i],
                                    .handle_capacity = i == 2 ? 0 : 2 };
        m[i] = (idem_message){ .buffers = &part[i],
                               .buffer_count = 1,
                               .ancillary = &with[i] };
        pass(a, "x", i == 3 ? 3 : i);
    }
    for (n = 0; n < 4; n += done)
        CHECK_OK(idem_recv_batch(b, m + n, 4 - n, 0, &done));
    for (i = 0; i < 4; i++) {
        CHECK_EQ(m[i].length, 1);
        CHECK_EQ(m[i].flags, i < 2 ? 0 : IDEM_MSG_CTRUNC);
        CHECK_EQ(with[i].handle_count, i < 2 ? i : i == 2 ? 0 : 2);
        close_handles(handles[i], with[i].handle_count);
    }
    close_both(a, b);
}

/* ---- Bad input --------------------------------------------------------- */

static void test_bad_handles(void)
{
    static const intptr_t odd[] = { -1, INTPTR_MIN, INTPTR_MAX, 1000000 };
    idem_socket *b;
    idem_socket *a = stream(&b);
    intptr_t handles[2];
    size_t sent = 99;
    size_t i;

    make_handles(handles, 1);
    for (i = 0; i < CHECK_COUNT(odd); i++) {
        handles[1] = odd[i];
        CHECK_ERR(idem_send_fds(a, "x", 1, handles, 2, 0, &sent), IDEM_EBADF);
        CHECK_EQ(sent, 0);
    }
    CHECK_ERR(idem_send_fds(a, "x", 1, NULL, 1, 0, &sent), IDEM_EFAULT);
    CHECK_ERR(idem_send_fds(a, "", 0, handles, 1, 0, &sent), IDEM_EINVAL);
    CHECK_ERR(idem_send_fds(a, NULL, 1, handles, 1, 0, &sent), IDEM_EFAULT);
    CHECK_ERR(idem_send_fds(a, "x", 1, handles, 1, 0x40, &sent),
              IDEM_EOPNOTSUPP);
    CHECK(!has_input(b));
    CHECK_OK(idem_send_fds(a, "x", 1, NULL, 0, 0, &sent));
    CHECK_EQ(sent, 1);
    close_handles(handles, 1);
    close_both(a, b);
}

static void test_bad_sockets(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    intptr_t handle = support_native_socket(false);
    size_t n = 99;
    size_t count = 99;
    char c;

    CHECK_ERR(idem_send_fds(NULL, "x", 1, &handle, 1, 0, &n), IDEM_ENOTSOCK);
    CHECK_EQ(n, 0);
    CHECK_ERR(idem_send_fds(client, "x", 1, &handle, 1, 0, &n),
              IDEM_EOPNOTSUPP);
    CHECK_ERR(idem_recv_fds(NULL, &c, 1, &handle, 1, 0, &n, &count),
              IDEM_ENOTSOCK);
    CHECK_EQ(count, 0);
    CHECK_ERR(idem_recv_fds(client, &c, 1, &handle, 1, 0, &n, NULL),
              IDEM_EOPNOTSUPP);
    CHECK_EQ(n, 0);
    support_close_socket(handle);
    close_both(client, server);
}

/* ---- Credentials ------------------------------------------------------- */

static idem_socket *credential_pair(int type, idem_socket **other)
{
    idem_socket *s;

    need_unix(type);
    if (!idem_has(IDEM_HAS_CREDENTIALS))
        check_skip("this system tells no credentials");
    CHECK_OK(idem_socketpair(IDEM_AF_UNIX, type, 0, &s, other));
    return s;
}

static void check_credentials(int type)
{
    idem_socket *b;
    idem_socket *a = credential_pair(type, &b);
    char c = 'x';
    const idem_buffer part = { &c, 1 };
    idem_ancillary with = { 0 };
    idem_message m = { .buffers = &part, .buffer_count = 1 };
    int i;

    m.ancillary = &with;
    CHECK_OK(idem_set_receive_credentials(b, true));
    CHECK_OK(idem_send(a, "x", 1, 0, NULL));
    for (i = 0; i < 2; i++) {
        CHECK_OK(idem_recvmsg(b, &m, 0));
        CHECK_EQ(with.present, IDEM_ANCILLARY_CREDENTIALS);
        CHECK_EQ(with.credentials.pid, support_process_id());
        m.address.family = IDEM_AF_UNSPEC;
        if (i == 0) /* one's own may be sent as well */
            CHECK_OK(idem_sendmsg(a, &m, 0));
    }
    with.present = IDEM_ANCILLARY_CREDENTIALS;
    with.credentials.pid = 0x3ffffff0; /* that no process has */
    CHECK_ERR(idem_sendmsg(a, &m, 0), IDEM_EACCES);
    CHECK(!has_input(b));
    close_both(a, b);
}

static void test_credentials(void)
{
    check_credentials(IDEM_SOCK_STREAM);
}

static void test_credentials_datagram(void)
{
    check_credentials(IDEM_SOCK_DGRAM);
}

static void check_other(idem_socket *s)
{
    idem_credentials who = { 9, 9, 9 };

    if (!idem_has(IDEM_HAS_CREDENTIALS)) {
        CHECK_ERR(idem_get_peer_credentials(s, &who), IDEM_EOPNOTSUPP);
        CHECK_EQ(who.pid, 0);
        return;
    }
    CHECK_OK(idem_get_peer_credentials(s, &who));
    CHECK_EQ(who.pid, support_process_id());
    CHECK(who.uid >= 0 && who.uid != 9 && who.gid >= 0);
    CHECK_OK(idem_get_peer_credentials(s, NULL));
}

/* Of both ends, and also when the other one has gone. */
static void test_peer(void)
{
    idem_address at;
    idem_socket *server, *client, *conn;

    need_unix(IDEM_SOCK_STREAM);
    server = listener(IDEM_AF_UNIX, &at);
    client = open_stream(IDEM_AF_UNIX);
    CHECK_ERR(idem_get_peer_credentials(server, NULL), IDEM_ENOTCONN);
    CHECK_ERR(idem_get_peer_credentials(client, NULL), IDEM_ENOTCONN);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &conn, NULL));
    check_other(conn);
    check_other(client);
    CHECK_OK(idem_close(client));
    check_other(conn);
    close_both(conn, server);
}

static void check_no_peer(idem_socket *s, idem_error want)
{
    idem_credentials who = { 9, 9, 9 };

    CHECK_ERR(idem_get_peer_credentials(s, &who), want);
    CHECK(who.pid == 0 && who.uid == 0 && who.gid == 0);
    CHECK_OK(idem_close(s));
}

static void test_no_peer(void)
{
    idem_socket *other;

    check_no_peer(NULL, IDEM_ENOTSOCK);
    check_no_peer(open_stream(IDEM_AF_INET), IDEM_ENOPROTOOPT);
    check_no_peer(open_datagram(IDEM_AF_INET), IDEM_ENOPROTOOPT);
    check_no_peer(credential_pair(IDEM_SOCK_DGRAM, &other), IDEM_ENOPROTOOPT);
    CHECK_OK(idem_close(other));
}

/* Both at once. */
static void test_both(void)
{
    idem_socket *b;
    idem_socket *a = credential_pair(IDEM_SOCK_STREAM, &b);
    intptr_t handles[MOST];
    char c;
    const idem_buffer part = { &c, 1 };
    idem_ancillary with = { .handles = handles, .handle_capacity = MOST };
    idem_message m = { .buffers = &part, .buffer_count = 1 };

    m.ancillary = &with;
    CHECK_OK(idem_set_receive_credentials(b, true));
    pass(a, "x", MOST);
    CHECK_OK(idem_recvmsg(b, &m, 0));
    CHECK_EQ(m.flags, 0);
    CHECK_EQ(with.present, IDEM_ANCILLARY_CREDENTIALS | IDEM_ANCILLARY_HANDLES);
    CHECK_EQ(with.handle_count, MOST);
    CHECK_EQ(with.credentials.pid, support_process_id());
    close_handles(handles, MOST);
    close_both(a, b);
}

static const check_case cases[] = {
    CASE(stream),
    CASE(datagram),
    CASE(connection),
    CASE(many),
    CASE(message),
    CASE(cut),
    CASE(too_many),
    CASE(truncated),
    CASE(batch),
    CASE(bad_handles),
    CASE(bad_sockets),
    CASE(credentials),
    CASE(credentials_datagram),
    CASE(peer),
    CASE(no_peer),
    CASE(both),
};

CHECK_MAIN("passing")
