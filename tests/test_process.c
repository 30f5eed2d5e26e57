/* Sockets in other processes: inherited, and handed over. The program starts
 * itself once more, as a child with a role. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/* What a child says by its code. */
enum {
    DONE = 40,
    HAS = 41,
    HAS_NOT = 42
};

static support_child *spawn(const char *role, const char *argument)
{
    support_child *c = support_spawn(role, argument);

    if (c == NULL)
        check_skip("this program cannot be started from itself here");
    return c;
}

/* ---- Roles ------------------------------------------------------------- */

/* "HANDLE PORT": whether it came along. */
static int look_at_handle(const char *argument)
{
    char *end;
    const long long handle = strtoll(argument, &end, 10);
    const long port = strtol(end, NULL, 10);

    return support_port_at((intptr_t)handle) == port ? HAS : HAS_NOT;
}

/* What the other process has shared comes by the input, its size first. */
static idem_error receive_socket(idem_socket **out)
{
    unsigned char info[IDEM_SHARE_SIZE];
    size_t size;

    support_read_input(&size, sizeof(size));
    CHECK(size <= sizeof(info));
    support_read_input(info, size);
    return idem_from_share(info, size, out);
}

static int talk(const char *argument)
{
    idem_socket *s;
    idem_address peer;
    double seconds = 9;
    char buf[8];
    size_t n;

    (void)argument;
    CHECK_OK(receive_socket(&s));
    CHECK_EQ(idem_type(s), IDEM_SOCK_STREAM);
    CHECK_OK(idem_gettimeout(s, &seconds));
    CHECK(seconds == IDEM_FOREVER);
    CHECK(!support_inheritable(idem_fileno(s)));
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK_EQ(peer.family, idem_family(s));
    CHECK_OK(idem_sendall(s, "child", 5, 0, NULL));
    CHECK_OK(idem_recv(s, buf, 6, IDEM_MSG_WAITALL, &n));
    CHECK(n == 6 && memcmp(buf, "parent", 6) == 0);
    CHECK_OK(idem_close(s));
    return DONE;
}

static int serve(const char *argument)
{
    idem_socket *s;
    idem_socket *conn;
    char c;

    (void)argument;
    CHECK_OK(receive_socket(&s));
    CHECK_OK(idem_accept(s, &conn, NULL));
    CHECK_OK(idem_recv(conn, &c, 1, 0, NULL));
    CHECK_OK(idem_send(conn, &c, 1, 0, NULL));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(s));
    return DONE;
}

static int answer(const char *argument)
{
    idem_address from;
    idem_socket *s;
    char buf[8];
    size_t n;

    (void)argument;
    CHECK_OK(receive_socket(&s));
    CHECK_EQ(idem_type(s), IDEM_SOCK_DGRAM);
    CHECK_OK(idem_recvfrom(s, buf, sizeof(buf), 0, &n, &from));
    CHECK_OK(idem_sendto(s, buf, n, 0, &from, NULL));
    CHECK_OK(idem_close(s));
    return DONE;
}

/* Sending was shut down before. */
static int find_shut(const char *argument)
{
    idem_socket *s;
    char c;

    (void)argument;
    CHECK_OK(receive_socket(&s));
    CHECK_ERR(idem_send(s, "x", 1, 0, NULL), IDEM_ESHUTDOWN);
    CHECK_OK(idem_recv(s, &c, 1, 0, NULL));
    CHECK_OK(idem_close(s));
    return DONE;
}

/* It is not for this process. */
static int be_refused(const char *argument)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    (void)argument;
    CHECK_ERR(receive_socket(&s), IDEM_EINVAL);
    CHECK(s == NULL);
    return DONE;
}

static int wait_for_nothing(const char *argument)
{
    char c;

    (void)argument;
    support_read_input(&c, 1);
    return DONE;
}

typedef struct role {
    const char *name;
    int (*play)(const char *argument);
} role;

static const role roles[] = {
    { "look", look_at_handle },   { "talk", talk },
    { "serve", serve },           { "answer", answer },
    { "shut", find_shut },        { "refused", be_refused },
    { "wait", wait_for_nothing },
};

static int be_child(const char *name, const char *argument)
{
    size_t i;

    support_begin();
    support_watchdog(15, name);
    for (i = 0; i < CHECK_COUNT(roles); i++) {
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].play(argument);
    }
    return CHECK_USAGE;
}

/* ---- Inherited --------------------------------------------------------- */

static int look(idem_socket *s)
{
    char argument[64];
    idem_address at;

    CHECK_OK(idem_getsockname(s, &at));
    snprintf(argument, sizeof(argument), "%lld %d", (long long)idem_fileno(s),
             at.port);
    return support_child_wait(spawn("look", argument));
}

static void check_inheritable(idem_socket *s, bool want)
{
    bool on = !want;

    CHECK_OK(idem_get_inheritable(s, &on));
    CHECK_EQ(on, want);
    CHECK_EQ(support_inheritable(idem_fileno(s)), want);
    CHECK_EQ(look(s), want ? HAS : HAS_NOT);
}

static void test_inherited(void)
{
    idem_address at;
    idem_socket *s = closed_port(IDEM_AF_INET, &at);
    idem_socket *twin;

    check_inheritable(s, false);
    CHECK_OK(idem_set_inheritable(s, true));
    check_inheritable(s, true);
    CHECK_OK(idem_dup(s, &twin));
    check_inheritable(twin, false);
    CHECK_OK(idem_set_inheritable(s, false));
    check_inheritable(s, false);
    CHECK_OK(idem_close(twin));
    CHECK_OK(idem_close(s));
}

/* Nor what a listener that is inherited accepts. */
static void test_accepted(void)
{
    idem_address at;
    idem_socket *server = listener(IDEM_AF_INET, &at);
    idem_socket *client = open_stream(IDEM_AF_INET);
    idem_socket *conn;

    CHECK_OK(idem_set_inheritable(server, true));
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_accept(server, &conn, NULL));
    CHECK(!support_inheritable(idem_fileno(conn)));
    CHECK_OK(idem_close(conn));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Waits as before, and leaves nothing on the handle that a child would feel. */
static void test_inheritable_waits(void)
{
    idem_socket *server;
    idem_socket *client = stream_pair(&server);
    double start;
    char c;

    CHECK_OK(idem_settimeout(client, 0.1));
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_set_inheritable(client, true));
    CHECK(!support_has_time_limit(idem_fileno(client)));
    start = support_now();
    CHECK_ERR(idem_recv(client, &c, 1, 0, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.1);
    CHECK(!support_has_time_limit(idem_fileno(client)));
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    CHECK_OK(idem_recv(client, &c, 1, 0, NULL));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* ---- Handed over ------------------------------------------------------- */

static void need_share(void)
{
    if (!idem_has(IDEM_HAS_SHARE))
        check_skip("this system hands over no sockets");
}

typedef struct parcel {
    size_t size;
    unsigned char info[IDEM_SHARE_SIZE];
} parcel;

static parcel shared(idem_socket *s, long pid)
{
    parcel p = { 0 };

    CHECK_OK(idem_share(s, pid, p.info, sizeof(p.info), &p.size));
    CHECK(p.size > 0 && p.size <= sizeof(p.info));
    return p;
}

static void bring(support_child *c, const parcel *p)
{
    support_child_write(c, &p->size, sizeof(p->size));
    support_child_write(c, p->info, p->size);
}

static void hand_over(idem_socket *s, support_child *c)
{
    const parcel p = shared(s, support_child_id(c));

    bring(c, &p);
}

/* The child talks over a connection that is not open here any more. */
static void check_stream(idem_socket *client, idem_socket *server)
{
    support_child *c = spawn("talk", "");
    char buf[8];
    size_t n;

    hand_over(client, c);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_recv(server, buf, 5, IDEM_MSG_WAITALL, &n));
    CHECK(n == 5 && memcmp(buf, "child", 5) == 0);
    CHECK_OK(idem_sendall(server, "parent", 6, 0, NULL));
    CHECK_EQ(support_child_wait(c), DONE);
    CHECK_OK(idem_recv(server, buf, 1, 0, &n)); /* now nobody has it */
    CHECK_EQ(n, 0);
    CHECK_OK(idem_close(server));
}

static void test_stream(void)
{
    idem_socket *server;
    idem_socket *client;

    need_share();
    client = stream_pair(&server);
    check_stream(client, server);
}

static void test_unix(void)
{
    idem_socket *server;
    idem_socket *client;

    need_share();
    need_unix(IDEM_SOCK_STREAM);
    CHECK_OK(
        idem_socketpair(IDEM_AF_UNIX, IDEM_SOCK_STREAM, 0, &client, &server));
    check_stream(client, server);
}

static void test_listener(void)
{
    support_child *c;
    idem_address at;
    idem_socket *server;
    idem_socket *client;
    char byte = 0;

    need_share();
    c = spawn("serve", "");
    server = listener(IDEM_AF_INET, &at);
    hand_over(server, c);
    client = open_stream(IDEM_AF_INET);
    CHECK_OK(idem_connect(client, &at));
    CHECK_OK(idem_send(client, "e", 1, 0, NULL));
    CHECK_OK(idem_recv(client, &byte, 1, 0, NULL));
    CHECK_EQ(byte, 'e');
    CHECK_EQ(support_child_wait(c), DONE);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_datagram(void)
{
    support_child *c;
    idem_address at, from;
    idem_socket *s;
    idem_socket *client;
    char buf[8];
    size_t n;

    need_share();
    c = spawn("answer", "");
    s = bound_datagram(IDEM_AF_INET, &at);
    hand_over(s, c);
    client = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_sendto(client, "hello", 5, 0, &at, NULL));
    CHECK_OK(idem_recvfrom(client, buf, sizeof(buf), 0, &n, &from));
    CHECK_EQ(n, 5);
    CHECK(idem_address_equal(&from, &at));
    CHECK_EQ(support_child_wait(c), DONE);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(s));
}

/* What was shut down here is so there. */
static void test_shut(void)
{
    support_child *c;
    idem_socket *server;
    idem_socket *client;

    need_share();
    c = spawn("shut", "");
    client = stream_pair(&server);
    CHECK_OK(idem_shutdown(client, IDEM_SHUT_WR));
    CHECK_OK(idem_send(server, "x", 1, 0, NULL));
    hand_over(client, c);
    CHECK_EQ(support_child_wait(c), DONE);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_itself(void)
{
    idem_socket *server;
    idem_socket *client;
    idem_socket *again = NULL;
    parcel p;
    char c = 0;

    need_share();
    client = stream_pair(&server);
    p = shared(client, support_process_id());
    CHECK_OK(idem_from_share(p.info, p.size, &again));
    CHECK(idem_fileno(again) != idem_fileno(client));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_send(again, "i", 1, 0, NULL));
    CHECK_OK(idem_recv(server, &c, 1, 0, NULL));
    CHECK_EQ(c, 'i');
    CHECK_OK(idem_close(again));
    CHECK_OK(idem_close(server));
}

/* ---- Not handed over --------------------------------------------------- */

/* A stranger is turned away, and does not keep the right one from it. */
static void test_stranger(void)
{
    support_child *right;
    support_child *stranger;
    idem_socket *server;
    idem_socket *client;
    parcel p;
    char buf[8];

    need_share();
    right = spawn("talk", "");
    stranger = spawn("refused", "");
    client = stream_pair(&server);
    p = shared(client, support_child_id(right));
    bring(stranger, &p);
    CHECK_EQ(support_child_wait(stranger), DONE);
    bring(right, &p);
    CHECK_OK(idem_recv(server, buf, 5, IDEM_MSG_WAITALL, NULL));
    CHECK_OK(idem_sendall(server, "parent", 6, 0, NULL));
    CHECK_EQ(support_child_wait(right), DONE);
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void test_once(void)
{
    idem_socket *server;
    idem_socket *client;
    idem_socket *first;
    idem_socket *second;
    parcel p;

    need_share();
    check_skip_wine(0, "W-43", "what was shared can be fetched twice");
    client = stream_pair(&server);
    p = shared(client, support_process_id());
    CHECK_OK(idem_from_share(p.info, p.size, &first));
    CHECK_ERR(idem_from_share(p.info, p.size, &second), IDEM_EINVAL);
    CHECK(second == NULL);
    CHECK_OK(idem_close(first));
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

/* Nobody fetches it, and nothing is left of it when he has ended. */
static void test_not_fetched(void)
{
    support_child *c;
    idem_socket *server;
    idem_socket *client;
    int before;

    need_share();
    c = spawn("wait", "");
    client = stream_pair(&server);
    before = support_sockets();
    (void)shared(client, support_child_id(c));
    support_child_write(c, "x", 1);
    CHECK_EQ(support_child_wait(c), DONE);
    while (support_sockets() > before)
        support_yield();
    CHECK_OK(idem_close(client));
    CHECK_OK(idem_close(server));
}

static void check_bad_share(idem_socket *s, long pid, void *info, size_t cap,
                            idem_error want)
{
    size_t used = 9;

    CHECK_ERR(idem_share(s, pid, info, cap, &used), want);
    CHECK_EQ(used, 0);
}

static void test_bad_share(void)
{
    unsigned char info[IDEM_SHARE_SIZE];
    idem_socket *s = open_stream(IDEM_AF_INET);

    need_share();
    check_bad_share(NULL, 1, info, sizeof(info), IDEM_ENOTSOCK);
    check_bad_share(s, 0, info, sizeof(info), IDEM_EINVAL);
    check_bad_share(s, -1, info, sizeof(info), IDEM_EINVAL);
    check_bad_share(s, 2000000000, info, sizeof(info), IDEM_EINVAL);
    check_bad_share(s, support_process_id(), NULL, sizeof(info), IDEM_EFAULT);
    check_bad_share(s, support_process_id(), info, 0, IDEM_EFAULT);
    check_bad_share(s, support_process_id(), info, 15, IDEM_EFAULT);
    CHECK_OK(idem_close(s));
}

static void check_bad_info(const void *info, size_t size, idem_error want)
{
    int object;
    idem_socket *s = (idem_socket *)(void *)&object;

    CHECK_ERR(idem_from_share(info, size, &s), want);
    CHECK(s == NULL);
}

static void test_bad_info(void)
{
    idem_socket *s;
    idem_socket *got;
    parcel p;
    parcel odd;

    need_share();
    s = open_stream(IDEM_AF_INET);
    p = shared(s, support_process_id());
    check_bad_info(NULL, p.size, IDEM_EFAULT);
    check_bad_info(p.info, 0, IDEM_EINVAL);
    check_bad_info(p.info, p.size - 1, IDEM_EINVAL);
    check_bad_info(p.info, SIZE_MAX, IDEM_EINVAL);
    odd = p;
    odd.info[0] ^= 1;
    check_bad_info(odd.info, odd.size, IDEM_EINVAL);
    odd = p;
    memset(odd.info + 8, 0xff, odd.size - 8);
    check_bad_info(odd.info, odd.size, IDEM_EINVAL);
    memset(odd.info + 8, 0, odd.size - 8);
    check_bad_info(odd.info, odd.size, IDEM_EINVAL);
    CHECK_ERR(idem_from_share(p.info, p.size, NULL), IDEM_EFAULT);
    CHECK_OK(idem_from_share(p.info, p.size, &got)); /* it is still there */
    CHECK_OK(idem_close(got));
    CHECK_OK(idem_close(s));
}

static void test_no_socket(void)
{
    bool on = true;

    CHECK_ERR(idem_set_inheritable(NULL, true), IDEM_ENOTSOCK);
    CHECK_ERR(idem_get_inheritable(NULL, &on), IDEM_ENOTSOCK);
    CHECK(!on);
}

static const check_case cases[] = {
    CASE(inherited), CASE(accepted), CASE(inheritable_waits),
    CASE(stream),    CASE(unix),     CASE(listener),
    CASE(datagram),  CASE(shut),     CASE(itself),
    CASE(stranger),  CASE(once),     CASE(not_fetched),
    CASE(bad_share), CASE(bad_info), CASE(no_socket),
};

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        return be_child(argv[2], argv[3]);
    return check_main("process", cases, CHECK_COUNT(cases), argc, argv);
}
