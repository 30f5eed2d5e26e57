/* What travels beside a datagram: where it was sent, by which interface, how
 * far it may go. */
#include "check.h"
#include "peers.h"
#include "support.h"

/* A message of a byte, with ancillary data. */
typedef struct parcel {
    idem_message m;
    idem_buffer part;
    idem_ancillary with;
    char byte;
} parcel;

static parcel *make_parcel(parcel *p, const idem_address *to)
{
    memset(p, 0, sizeof(*p));
    p->part = (idem_buffer){ &p->byte, 1 };
    p->m.buffers = &p->part;
    p->m.buffer_count = 1;
    p->m.ancillary = &p->with;
    if (to != NULL)
        p->m.address = *to;
    return p;
}

/* Receive one, into a structure full of something else. */
static void receive(idem_socket *s, parcel *p)
{
    make_parcel(p, NULL);
    memset(&p->with, 0x5a, sizeof(p->with));
    p->with.handle_capacity = 0;
    CHECK_OK(idem_recvmsg(s, &p->m, 0));
    CHECK_EQ(p->m.length, 1);
    CHECK_EQ(p->m.flags, 0);
}

static void send_byte(idem_socket *s, const idem_address *to)
{
    CHECK_OK(idem_sendto(s, "x", 1, 0, to, NULL));
}

static void close_both(idem_socket *a, idem_socket *b)
{
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

/* On the wildcard address; *at is its loopback address. */
static idem_socket *wildcard_datagram(int family, idem_address *at)
{
    const idem_address any = wildcard(family, 0);
    idem_socket *s = open_datagram(family);

    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, at));
    *at = loopback(family, at->port);
    return s;
}

static bool same_ip(const idem_address *a, const idem_address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* ---- Receiving --------------------------------------------------------- */

static void need(int feature, const char *what)
{
    if (!idem_has(feature))
        check_skip(what);
}

static void check_packet_info(int family)
{
    idem_address at_a, at_b;
    idem_socket *a, *b;
    parcel p;

    need(IDEM_HAS_PACKET_INFO, "no packet info here");
    a = wildcard_datagram(family, &at_a);
    b = bound_datagram(family, &at_b);
    send_byte(b, &at_a);
    receive(a, &p);
    CHECK_EQ(p.with.present, 0); /* nobody has asked */
    CHECK_OK(idem_set_receive_packet_info(a, true));
    send_byte(b, &at_a);
    receive(a, &p);
    CHECK_EQ(p.with.present, IDEM_ANCILLARY_PACKET_INFO);
    CHECK(same_ip(&p.with.destination, &at_a));
    CHECK(p.with.interface_index > 0);
    CHECK(idem_address_equal(&p.m.address, &at_b));
    CHECK_EQ(p.with.ttl, 0); /* what did not come */
    CHECK_EQ(p.with.tos, 0);
    CHECK_EQ(p.with.segment_size, 0);
    CHECK_EQ(p.with.handle_count, 0);
    CHECK_EQ(p.with.credentials.pid, 0);
    close_both(a, b);
}

static void test_packet_info(void)
{
    check_packet_info(IDEM_AF_INET);
}

static void test_packet_info_v6(void)
{
    need_ipv6();
    check_packet_info(IDEM_AF_INET6);
}

/* The address it was sent to, which is not the one of the socket. */
static void test_packet_info_other(void)
{
    idem_address at;
    idem_socket *a, *b;
    parcel p;

    need(IDEM_HAS_PACKET_INFO, "no packet info here");
    a = wildcard_datagram(IDEM_AF_INET, &at);
    b = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_set_receive_packet_info(a, true));
    at.ip[3] = 5; /* 127.0.0.5 is this machine as well */
    send_byte(b, &at);
    receive(a, &p);
    CHECK(same_ip(&p.with.destination, &at));
    close_both(a, b);
}

/* Three bytes, received with room for so many, and for nothing beside. */
static void check_unwanted(idem_socket *s, size_t room, idem_error err,
                           unsigned flags)
{
    char bytes[8];
    const idem_buffer part = { bytes, room };
    idem_message m = { .buffers = &part, .buffer_count = 1 };

    CHECK_ERR(idem_recvmsg(s, &m, 0), err);
    CHECK_EQ(m.flags, flags | IDEM_MSG_CTRUNC);
    CHECK_EQ(m.length, room < 3 ? room : 3);
}

/* The socket was asked for it, and there is no room: the data come all the
 * same. */
static void test_unwanted(void)
{
    idem_address at_a, at_b;
    idem_socket *a, *b;

    need(IDEM_HAS_PACKET_INFO, "no packet info here");
    a = bound_datagram(IDEM_AF_INET, &at_a);
    b = bound_datagram(IDEM_AF_INET, &at_b);
    CHECK_OK(idem_set_receive_packet_info(a, true));
    CHECK_OK(idem_sendto(b, "abc", 3, 0, &at_a, NULL));
    check_unwanted(a, 8, IDEM_OK, 0);
    CHECK_OK(idem_sendto(b, "abc", 3, 0, &at_a, NULL));
    check_unwanted(a, 2, IDEM_EMSGSIZE, IDEM_MSG_TRUNC);
    close_both(a, b);
}

static void check_ttl_tos(int family)
{
    idem_address at;
    idem_socket *a = bound_datagram(family, &at);
    idem_socket *b = open_datagram(family);
    const bool has_tos = family == IDEM_AF_INET || idem_has(IDEM_HAS_TOS_IPV6);
    parcel p;

    CHECK_OK(idem_set_receive_ttl(a, true));
    CHECK_OK(idem_set_receive_tos(a, true));
    CHECK_OK(idem_set_ttl(b, 77));
    if (has_tos)
        CHECK_OK(idem_set_tos(b, 0x28));
    send_byte(b, &at);
    receive(a, &p);
    CHECK_EQ(p.with.present, IDEM_ANCILLARY_TTL | IDEM_ANCILLARY_TOS);
    CHECK_EQ(p.with.ttl, 77);
    CHECK_EQ(p.with.tos, has_tos ? 0x28 : 0);
    CHECK_OK(idem_set_receive_ttl(a, false));
    send_byte(b, &at);
    receive(a, &p);
    CHECK_EQ(p.with.present, IDEM_ANCILLARY_TOS);
    CHECK_EQ(p.with.ttl, 0);
    close_both(a, b);
}

static void test_ttl_tos(void)
{
    need(IDEM_HAS_RECEIVE_TTL, "no ttl here");
    need(IDEM_HAS_RECEIVE_TOS, "no tos here");
    check_ttl_tos(IDEM_AF_INET);
}

static void test_ttl_tos_v6(void)
{
    need_ipv6();
    need(IDEM_HAS_RECEIVE_TTL, "no ttl here");
    need(IDEM_HAS_RECEIVE_TOS, "no tos here");
    check_ttl_tos(IDEM_AF_INET6);
}

/* Each of a batch has its own; one may want none. */
static void test_batch(void)
{
    idem_address at;
    idem_socket *a, *b;
    idem_message m[3];
    parcel p[3];
    size_t n, done, i;

    need(IDEM_HAS_RECEIVE_TTL, "no ttl here");
    a = bound_datagram(IDEM_AF_INET, &at);
    b = open_datagram(IDEM_AF_INET);
    CHECK_OK(idem_set_receive_ttl(a, true));
    for (i = 0; i < 3; i++) {
        CHECK_OK(idem_set_ttl(b, 50 + (int)i));
        send_byte(b, &at);
        m[i] = make_parcel(&p[i], NULL)->m;
    }
    m[1].ancillary = NULL;
    for (n = 0; n < 3; n += done)
        CHECK_OK(idem_recv_batch(a, m + n, 3 - n, 0, &done));
    CHECK_EQ(p[0].with.ttl, 50);
    CHECK_EQ(p[1].with.ttl, 0);
    CHECK_EQ(p[2].with.ttl, 52);
    close_both(a, b);
}

/* ---- Sending ----------------------------------------------------------- */

/* A datagram goes by numbers of its own; the socket's are for others. */
static void check_send_ttl_tos(int family)
{
    idem_address at;
    idem_socket *a = bound_datagram(family, &at);
    idem_socket *b = open_datagram(family);
    int i;
    parcel p;

    CHECK_OK(idem_set_receive_ttl(a, true));
    CHECK_OK(idem_set_receive_tos(a, true));
    CHECK_OK(idem_set_ttl(b, 77));
    for (i = 0; i < 2; i++) { /* also where the peer is known */
        make_parcel(&p, i == 0 ? &at : NULL);
        p.with.present = IDEM_ANCILLARY_TTL | IDEM_ANCILLARY_TOS;
        p.with.ttl = 9;
        p.with.tos = 0x48;
        CHECK_OK(idem_sendmsg(b, &p.m, 0));
        receive(a, &p);
        CHECK_EQ(p.with.ttl, 9);
        CHECK_EQ(p.with.tos, 0x48);
        CHECK_OK(idem_connect(b, &at));
    }
    send_byte(b, &at);
    receive(a, &p);
    CHECK_EQ(p.with.ttl, 77);
    CHECK_EQ(p.with.tos, 0);
    close_both(a, b);
}

static void test_send_ttl_tos(void)
{
    need(IDEM_HAS_MESSAGE_TTL, "a datagram has the ttl of its socket here");
    check_send_ttl_tos(IDEM_AF_INET);
}

static void test_send_ttl_tos_v6(void)
{
    need_ipv6();
    need(IDEM_HAS_MESSAGE_TTL, "a datagram has the ttl of its socket here");
    check_send_ttl_tos(IDEM_AF_INET6);
}

/* Where there is no way, it is said, and nothing is sent. */
static void test_send_ttl_lacking(void)
{
    idem_address at;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at);
    parcel p;

    make_parcel(&p, &at)->with.present = IDEM_ANCILLARY_TTL;
    p.with.ttl = 9;
    CHECK_ERR(idem_sendmsg(a, &p.m, 0),
              idem_has(IDEM_HAS_MESSAGE_TTL) ? IDEM_OK : IDEM_EOPNOTSUPP);
    CHECK_EQ(has_input(a), idem_has(IDEM_HAS_MESSAGE_TTL));
    CHECK_OK(idem_close(a));
}

static void need_control(void)
{
    check_skip_wine(0, "W-51", "ancillary data that are sent are ignored");
    need(IDEM_HAS_PACKET_INFO, "no packet info here");
}

/* From an address that the socket has, but that the system would not take. */
static void test_send_from(void)
{
    idem_address at_a, at_b, from;
    idem_socket *a, *b;
    parcel p;

    need_control();
    a = wildcard_datagram(IDEM_AF_INET, &at_a);
    b = wildcard_datagram(IDEM_AF_INET, &at_b);
    from = at_b;
    from.ip[3] = 5;
    make_parcel(&p, &at_a)->with.present = IDEM_ANCILLARY_PACKET_INFO;
    p.with.destination = from;
    CHECK_OK(idem_sendmsg(b, &p.m, 0));
    receive(a, &p);
    CHECK(idem_address_equal(&p.m.address, &from));
    close_both(a, b);
}

/* What came can be sent back as it is: the answer comes from where the question
 * went to. */
static void check_answer(int family)
{
    idem_address at_a, at_b;
    idem_socket *a, *b;
    parcel p;

    need_control();
    a = wildcard_datagram(family, &at_a);
    b = bound_datagram(family, &at_b);
    CHECK_OK(idem_set_receive_packet_info(a, true));
    send_byte(b, &at_a);
    receive(a, &p);
    CHECK_OK(idem_sendmsg(a, &p.m, 0));
    receive(b, &p);
    CHECK(idem_address_equal(&p.m.address, &at_a));
    close_both(a, b);
}

static void test_answer(void)
{
    check_answer(IDEM_AF_INET);
}

static void test_answer_v6(void)
{
    need_ipv6();
    check_answer(IDEM_AF_INET6);
}

/* From an address of another machine, by an interface that is not there. */
static void check_send_foreign(int family, const char *foreign)
{
    idem_address at;
    idem_socket *a;
    parcel p;

    need_control();
    a = bound_datagram(family, &at);
    make_parcel(&p, &at)->with.present = IDEM_ANCILLARY_PACKET_INFO;
    CHECK_OK(idem_address_make(foreign, 0, &p.with.destination));
    CHECK_ERR(idem_sendmsg(a, &p.m, 0), IDEM_EADDRNOTAVAIL);
    CHECK_EQ(p.m.length, 0);
    memset(&p.with.destination, 0, sizeof(p.with.destination));
    p.with.interface_index = 999999;
    CHECK_ERR(idem_sendmsg(a, &p.m, 0), IDEM_EADDRNOTAVAIL);
    CHECK(!has_input(a));
    p.with.interface_index = 0; /* any */
    CHECK_OK(idem_sendmsg(a, &p.m, 0));
    CHECK_OK(idem_close(a));
}

static void test_send_foreign(void)
{
    check_send_foreign(IDEM_AF_INET, "192.0.2.1");
}

static void test_send_foreign_v6(void)
{
    need_ipv6();
    check_send_foreign(IDEM_AF_INET6, "2001:db8::1");
}

/* ---- Both families over one socket ------------------------------------- */

/* A mapped address is told, and can be answered from. */
static void test_dualstack(void)
{
    idem_address any = wildcard(IDEM_AF_INET6, 0);
    idem_address at, from;
    idem_socket *s;
    idem_socket *peer = bound_datagram(IDEM_AF_INET, &from);
    parcel p, reply, got;
    char text[IDEM_ADDRESS_TEXT];

    need(IDEM_HAS_DUALSTACK_IPV6, "one socket has one family here");
    need(IDEM_HAS_PACKET_INFO, "this system tells no packet info");
    s = open_datagram(IDEM_AF_INET6);
    CHECK_OK(idem_set_v6only(s, false));
    CHECK_OK(idem_set_receive_packet_info(s, true));
    CHECK_OK(idem_bind(s, &any));
    CHECK_OK(idem_getsockname(s, &at));
    at = loopback(IDEM_AF_INET, at.port);
    send_byte(peer, &at);
    receive(s, &p);
    CHECK(p.with.present & IDEM_ANCILLARY_PACKET_INFO);
    CHECK_OK(idem_address_host(&p.with.destination, text, sizeof(text)));
    CHECK_STR(text, "::ffff:127.0.0.1");
    make_parcel(&reply, &p.m.address);
    reply.with = p.with;
    reply.with.present = IDEM_ANCILLARY_PACKET_INFO;
    if (idem_has(IDEM_HAS_MESSAGE_TTL)) {
        CHECK_OK(idem_set_receive_ttl(peer, true));
        reply.with.present |= IDEM_ANCILLARY_TTL;
        reply.with.ttl = 9;
    }
    CHECK_OK(idem_sendmsg(s, &reply.m, 0));
    receive(peer, &got);
    if (idem_has(IDEM_HAS_MESSAGE_TTL))
        CHECK_EQ(got.with.ttl, 9);
    close_both(s, peer);
}

static const check_case cases[] = {
    CASE(packet_info),
    CASE(packet_info_v6),
    CASE(packet_info_other),
    CASE(unwanted),
    CASE(ttl_tos),
    CASE(ttl_tos_v6),
    CASE(batch),
    CASE(send_ttl_tos),
    CASE(send_ttl_tos_v6),
    CASE(send_ttl_lacking),
    CASE(send_from),
    CASE(answer),
    CASE(answer_v6),
    CASE(send_foreign),
    CASE(send_foreign_v6),
    CASE(dualstack),
};

CHECK_MAIN("ancillary")
