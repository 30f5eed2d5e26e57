/* How a socket gets into each state. Nothing here sleeps: what takes time is
 * waited for. */
#include "matrix.h"

#include "support.h"

const char matrix_text[MATRIX_LONG + 1] = "0123456789abcdefghij";

/* How often to try what the system may lose. */
#define TRIES 20

/* ---- Parts ------------------------------------------------------------- */

/* Wait until something holds of s that is told without asking. */
static void await_end(idem_socket *s)
{
    idem_pollfd one = { s, 0, 0 };
    size_t ready;

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_EQ(ready, 1);
}

static void open_socket(scene *sc)
{
    sc->s = sc->on->stream ? open_stream(sc->on->family)
                           : open_datagram(sc->on->family);
}

static void open_bound(scene *sc)
{
    const idem_address any = loopback(sc->on->family, 0);

    open_socket(sc);
    CHECK_OK(idem_bind(sc->s, &any));
}

static void open_connected(scene *sc)
{
    idem_address own, from;

    open_socket(sc);
    if (!sc->on->stream) {
        own = loopback(sc->on->family, 0);
        if (sc->on->family == IDEM_AF_UNIX) /* or nobody could write to it */
            CHECK_OK(idem_bind(sc->s, &own));
        sc->peer = bound_datagram(sc->on->family, &sc->peer_at);
        CHECK_OK(idem_connect(sc->s, &sc->peer_at));
        return;
    }
    sc->peer_at = sc->on->front_at;
    CHECK_OK(idem_connect(sc->s, &sc->peer_at));
    CHECK_OK(idem_accept(sc->on->front, &sc->peer, &from));
    CHECK_OK(idem_getsockname(sc->s, &own));
    CHECK(idem_address_equal(&own, &from));
}

static void post(scene *sc, size_t length)
{
    idem_address at;
    size_t sent;

    CHECK_OK(idem_getsockname(sc->s, &at));
    CHECK_OK(idem_sendto(sc->peer, matrix_text, length, 0, &at, &sent));
    CHECK_EQ(sent, length);
    await_input(sc->s);
}

/* Where nobody answers. */
static const idem_address *nowhere(scene *sc)
{
    if (sc->on->full.listener == NULL)
        fill_listener_on(&sc->on->full, sc->on->family);
    return &sc->on->full.at;
}

/* Begin to connect, with timeout 0. */
static void begin_connect(scene *sc, const idem_address *at)
{
    open_socket(sc);
    CHECK_OK(idem_setblocking(sc->s, false));
    CHECK_ERR(idem_connect(sc->s, at), IDEM_EWOULDBLOCK);
}

static void cancel(scene *sc)
{
    CHECK_OK(idem_cancel(sc->s));
}

/* ---- Streams without a connection -------------------------------------- */

/* No socket at all. */
static void make_stream_none(scene *sc)
{
    sc->s = NULL;
}

static void make_stream_fresh(scene *sc)
{
    open_socket(sc);
}

static void make_stream_bound(scene *sc)
{
    open_bound(sc);
}

static void make_stream_listening(scene *sc)
{
    open_bound(sc);
    CHECK_OK(idem_listen(sc->s, 5));
}

/* A listener with somebody at the door. */
static void make_stream_pending(scene *sc)
{
    idem_address at;

    make_stream_listening(sc);
    CHECK_OK(idem_getsockname(sc->s, &at));
    sc->peer = open_stream(sc->on->family);
    CHECK_OK(idem_connect(sc->peer, &at));
    await_input(sc->s);
}

/* A connect is under way. */
static void make_stream_connecting(scene *sc)
{
    begin_connect(sc, nowhere(sc));
}

/* It has ended well meanwhile. */
static void make_stream_arrived(scene *sc)
{
    idem_pollfd one = { NULL, IDEM_POLLOUT, 0 };
    size_t ready;

    begin_connect(sc, &sc->on->front_at);
    one.socket = sc->s;
    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &ready));
    CHECK_OK(idem_accept(sc->on->front, &sc->peer, NULL));
    sc->peer_at = sc->on->front_at;
}

/* It has been refused meanwhile, which nobody was told. */
static void make_stream_refused(scene *sc)
{
    begin_connect(sc, &sc->on->closed_at);
    await_end(sc->s);
}

/* A call to connect was refused. */
static void make_stream_failed(scene *sc)
{
    open_socket(sc);
    CHECK_ERR(idem_connect(sc->s, &sc->on->closed_at), IDEM_ECONNREFUSED);
}

/* A call to connect ran out of time. */
static void make_stream_timed_out(scene *sc)
{
    const idem_address *at = nowhere(sc);

    open_socket(sc);
    CHECK_OK(idem_settimeout(sc->s, 0.01));
    CHECK_ERR(idem_connect(sc->s, at), IDEM_ETIMEDOUT);
}

/* ---- Connected streams ------------------------------------------------- */

static void make_stream_connected(scene *sc)
{
    open_connected(sc);
}

/* The other end of it. */
static void make_stream_accepted(scene *sc)
{
    idem_socket *client;

    open_connected(sc);
    client = sc->s;
    sc->s = sc->peer;
    sc->peer = client;
    CHECK_OK(idem_getsockname(client, &sc->peer_at));
}

static void make_stream_data(scene *sc)
{
    open_connected(sc);
    post(sc, MATRIX_SHORT);
}

/* Data waits, and the peer sends no more. */
static void make_stream_last(scene *sc)
{
    make_stream_data(sc);
    CHECK_OK(idem_shutdown(sc->peer, IDEM_SHUT_WR));
}

/* The peer sends no more. */
static void make_stream_finished(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->peer, IDEM_SHUT_WR));
    await_input(sc->s);
}

/* The peer has closed, and had read everything. */
static void make_stream_closed(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_close(sc->peer));
    sc->peer = NULL;
    await_input(sc->s);
}

/* The peer has closed, and had not read everything. */
static void make_stream_unread(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_send(sc->s, "x", 1, 0, NULL));
    await_input(sc->peer);
    CHECK_OK(idem_close(sc->peer));
    sc->peer = NULL;
    await_end(sc->s);
}

static void make_stream_reset(scene *sc)
{
    open_connected(sc);
    reset_from(sc->peer, sc->s);
    sc->peer = NULL;
}

/* And has told it. */
static void make_stream_told(scene *sc)
{
    char c;

    make_stream_reset(sc);
    CHECK_ERR(idem_recv(sc->s, &c, 1, 0, NULL), IDEM_ECONNRESET);
}

/* No room for more to send. To get there takes a while: one socket serves all
 * rows, which leave it as it is. */
static void make_stream_full(scene *sc)
{
    stage *on = sc->on;

    if (on->kept == NULL) {
        open_connected(sc);
        CHECK(fill(sc->s) > 0);
        on->kept = sc->s;
        on->kept_peer = sc->peer;
    }
    sc->s = on->kept;
    sc->peer = on->kept_peer;
    sc->peer_at = on->front_at;
}

/* ---- Streams shut down on this side ------------------------------------ */

static void make_stream_shut_rd(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RD));
}

/* Data had arrived before. */
static void make_stream_unwanted(scene *sc)
{
    make_stream_data(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RD));
}

static void make_stream_shut_wr(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_WR));
}

static void make_stream_shut_both(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RDWR));
}

/* Both ends have finished sending. */
static void make_stream_over(scene *sc)
{
    make_stream_shut_wr(sc);
    await_input(sc->peer);
    CHECK_OK(idem_shutdown(sc->peer, IDEM_SHUT_WR));
    await_input(sc->s);
}

/* ---- Cancelled streams ------------------------------------------------- */

static void make_stream_c_fresh(scene *sc)
{
    make_stream_fresh(sc);
    cancel(sc);
}

static void make_stream_c_bound(scene *sc)
{
    make_stream_bound(sc);
    cancel(sc);
}

static void make_stream_c_listen(scene *sc)
{
    make_stream_listening(sc);
    cancel(sc);
}

static void make_stream_c_under(scene *sc)
{
    make_stream_connecting(sc);
    cancel(sc);
}

static void make_stream_c_conn(scene *sc)
{
    make_stream_connected(sc);
    cancel(sc);
}

static void make_stream_c_data(scene *sc)
{
    make_stream_data(sc);
    cancel(sc);
}

/* ---- Datagrams --------------------------------------------------------- */

static void make_datagram_fresh(scene *sc)
{
    open_socket(sc);
}

static void make_datagram_bound(scene *sc)
{
    open_bound(sc);
}

static void open_with(scene *sc, size_t length)
{
    open_bound(sc);
    sc->peer = bound_datagram(sc->on->family, &sc->peer_at);
    post(sc, length);
}

static void make_datagram_waiting(scene *sc)
{
    open_with(sc, MATRIX_SHORT);
}

static void make_datagram_longer(scene *sc)
{
    open_with(sc, MATRIX_LONG);
}

static void make_datagram_empty(scene *sc)
{
    open_with(sc, 0);
}

static void make_datagram_connected(scene *sc)
{
    open_connected(sc);
}

/* The peer's port is closed, and has said so. Not under Wine, gap W-2. A Unix
 * socket is told by the call that sends. */
static void make_datagram_dead(scene *sc)
{
    idem_pollfd one = { NULL, IDEM_POLLIN, 0 };
    size_t ready = 0;
    int i;

    if (sc->on->family == IDEM_AF_UNIX) {
        open_connected(sc);
        CHECK_OK(idem_close(sc->peer));
        sc->peer = NULL;
        return;
    }
    open_socket(sc);
    sc->peer_at = sc->on->closed_at;
    CHECK_OK(idem_connect(sc->s, &sc->peer_at));
    one.socket = sc->s;
    for (i = 0; ready == 0 && i < TRIES; i++) {
        CHECK_OK(idem_send(sc->s, "x", 1, 0, NULL));
        if (support_wine() > 0)
            return;
        CHECK_OK(idem_poll(&one, 1, 0.25, &ready));
    }
    CHECK_EQ(ready, 1);
}

static void make_datagram_shut_rd(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RD));
}

static void make_datagram_unwanted(scene *sc)
{
    open_connected(sc);
    post(sc, MATRIX_SHORT);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RD));
}

static void make_datagram_shut_wr(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_WR));
}

static void make_datagram_shut_both(scene *sc)
{
    open_connected(sc);
    CHECK_OK(idem_shutdown(sc->s, IDEM_SHUT_RDWR));
}

static void make_datagram_c_fresh(scene *sc)
{
    open_socket(sc);
    cancel(sc);
}

static void make_datagram_c_conn(scene *sc)
{
    open_connected(sc);
    cancel(sc);
}

static void make_datagram_c_data(scene *sc)
{
    open_connected(sc);
    post(sc, MATRIX_SHORT);
    cancel(sc);
}

/* ---- The list ---------------------------------------------------------- */

#define STATE(kind, name) { #kind, #name, make_##kind##_##name },

const state matrix_states[] = { MATRIX_STATES(STATE) };
const size_t matrix_state_count = CHECK_COUNT(matrix_states);
