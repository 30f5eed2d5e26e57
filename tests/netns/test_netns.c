/* Names and connections in a network made for the test, with the system's own
 * name service: see namespace.sh. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/* End the program as it is: the system has its own sockets open, in threads
 * that ask on. */
static void leave(const char *name)
{
    printf("PASS netns.%s\n", name);
    exit(0);
}

/* A name service that never answers: its port is open, and that is all. */
static idem_socket *silent_service(void)
{
    const idem_address at = loopback(IDEM_AF_INET, 53);
    idem_socket *s = open_datagram(IDEM_AF_INET);

    CHECK_OK(idem_bind(s, &at));
    return s;
}

static idem_error look_up(const char *name, double timeout, idem_canceller *c)
{
    const idem_lookup how = { .timeout = timeout, .canceller = c };
    idem_addrinfo *list;
    const idem_error err =
        idem_getaddrinfo(name, "80", &how, &list, NULL, NULL, 0);

    idem_freeaddrinfo(list);
    return err;
}

/* Ends at the deadline; and the program may end while the system goes on. */
static void test_silent(void)
{
    idem_socket *service = silent_service();
    idem_socket *s;
    char name[IDEM_HOST_TEXT];
    idem_address at;
    double start = support_now();

    CHECK_ERR(look_up("nobody.test", 0.5, NULL), IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.5);
    printf("a look-up with 0.5 s ended after %.3f s\n", support_now() - start);
    start = support_now();
    CHECK_ERR(idem_create_connection("nobody.test", 80, 0.5, &s),
              IDEM_ETIMEDOUT);
    CHECK(support_now() - start >= 0.5);
    printf("a connection with 0.5 s ended after %.3f s\n",
           support_now() - start);
    CHECK_OK(idem_address_make("192.0.2.99", 80, &at));
    CHECK_ERR(idem_getnameinfo(&at, &(idem_lookup){ .timeout = 0.1 }, name,
                               sizeof(name), NULL, 0),
              IDEM_ETIMEDOUT);
    CHECK_OK(look_up("localhost", 0.1, NULL));
    await_input(service); /* it was asked */
    CHECK_OK(idem_close(service));
    leave("silent");
}

static void run_cancel(void *arg)
{
    CHECK_OK(idem_canceller_cancel(arg));
}

static void test_silent_cancelled(void)
{
    idem_socket *service = silent_service();
    idem_canceller *c;
    support_thread *t;

    CHECK_OK(idem_canceller_open(&c));
    t = support_start(run_cancel, c);
    CHECK_ERR(look_up("nobody.test", IDEM_FOREVER, c), IDEM_ECANCELED);
    support_join(t);
    idem_canceller_close(c);
    CHECK_OK(idem_close(service));
    leave("silent_cancelled");
}

/* Many that hang in the system, when the program ends. */
static void test_silent_crowd(void)
{
    idem_socket *service = silent_service();
    int i;

    for (i = 0; i < 80; i++)
        CHECK_ERR(look_up("nobody.test", 0.01, NULL), IDEM_ETIMEDOUT);
    CHECK_OK(idem_close(service));
    leave("silent_crowd");
}

/* What is sent to the first address gets lost: the second is tried a quarter of
 * a second later. */
static void test_black_hole(void)
{
    idem_attempt attempts[2];
    idem_connection how = { .attempts = attempts, .capacity = 2 };
    idem_address at, peer;
    idem_socket *server, *s;
    double start;

    CHECK_OK(idem_address_make("192.0.2.1", 0, &at));
    CHECK_OK(idem_create_server(&at, 5, 0, &server));
    CHECK_OK(idem_getsockname(server, &at));
    start = support_now();
    CHECK_OK(idem_create_connection_with("race.test", at.port, 20, &how, &s));
    CHECK(support_now() - start >= 0.25);
    printf("connected after %.3f s\n", support_now() - start);
    CHECK_OK(idem_getpeername(s, &peer));
    CHECK(idem_address_equal(&peer, &at));
    CHECK_EQ(how.attempted, 2);
    CHECK_EQ(attempts[0].address.family, IDEM_AF_INET6);
    CHECK_ERR(attempts[0].error, IDEM_ECANCELED);
    CHECK_OK(idem_close(s));
    CHECK_OK(idem_close(server));
}

/* Nothing but loopback: that does not count as an address, and stays. */
static void test_lonely(void)
{
    const idem_lookup how = { .type = IDEM_SOCK_STREAM,
                              .flags = IDEM_AI_ADDRCONFIG };
    idem_addrinfo *list;
    size_t count;

    CHECK_ERR(idem_getaddrinfo("both.test", "80", &how, &list, &count, NULL, 0),
              IDEM_NO_DATA);
    CHECK_OK(idem_getaddrinfo("loop.test", "80", &how, &list, &count, NULL, 0));
    CHECK_EQ(count, 2);
    idem_freeaddrinfo(list);
    CHECK_OK(idem_getaddrinfo("127.0.0.1", "80", &how, &list, &count, NULL, 0));
    idem_freeaddrinfo(list);
    CHECK_OK(idem_getaddrinfo(NULL, "80", &how, &list, &count, NULL, 0));
    CHECK_EQ(count, 2);
    idem_freeaddrinfo(list);
    CHECK_OK(idem_getaddrinfo("both.test", "80", NULL, &list, &count, NULL, 0));
    CHECK_EQ(count, 4);
    idem_freeaddrinfo(list);
}

/* The file of hosts: an alias, its canonical name, and back. */
static void test_hosts(void)
{
    const idem_lookup how = { .flags = IDEM_AI_CANONNAME };
    idem_addrinfo *list;
    char name[IDEM_HOST_TEXT];

    CHECK_OK(idem_getaddrinfo("alias.test", NULL, &how, &list, NULL, name,
                              sizeof(name)));
    CHECK_STR(name, "real.test");
    CHECK_OK(
        idem_getnameinfo(&list[0].address, NULL, name, sizeof(name), NULL, 0));
    CHECK_STR(name, "real.test");
    idem_freeaddrinfo(list);
    CHECK_OK(idem_getfqdn("alias.test", NULL, name, sizeof(name)));
    CHECK_STR(name, "real.test");
}

/* A name beyond ASCII, in a program that never chose a locale. */
static void test_idna(void)
{
    idem_addrinfo *list;
    char text[IDEM_ADDRESS_TEXT];
    const idem_error err = idem_getaddrinfo("B\303\274cher.test", "80", NULL,
                                            &list, NULL, NULL, 0);

    if (err == IDEM_EOPNOTSUPP)
        check_skip("this system encodes no names");
    CHECK_OK(err);
    CHECK_OK(idem_address_host(&list[0].address, text, sizeof(text)));
    CHECK_STR(text, "192.0.2.10");
    idem_freeaddrinfo(list);
}

static const check_case cases[] = {
    CASE(silent),     CASE(silent_cancelled), CASE(silent_crowd),
    CASE(black_hole), CASE(lonely),           CASE(hosts),
    CASE(idna),
};

CHECK_MAIN("netns")
