/* datagrams [SIZE [ROUNDS]]: what a datagram costs on this machine, sent and
 * received in one thread, 64 at a time: one by one, in batches, cut by the
 * system, and handed over several in one. Processor time, so that what else
 * runs here does not count; the modes take turns, and the least of each is
 * told. */
#include "idemsock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    EACH = 64,     /* datagrams of a round */
    TURNS = 15,    /* of each mode */
    ROOM = 65536,  /* for a coalesced message */
    LONGEST = 1400 /* of a datagram */
};

typedef struct pair {
    idem_socket *from;
    idem_socket *to;
    idem_address at;
    size_t size;
} pair;

typedef struct crowd {
    idem_message m[EACH];
    idem_buffer part[EACH];
    idem_ancillary ancillary[EACH];
} crowd;

static crowd out;
static crowd in;
static char bytes[EACH * LONGEST];
static char room[EACH][ROOM];

static void fill_crowds(const pair *p)
{
    size_t i;

    for (i = 0; i < EACH; i++) {
        out.part[i] = (idem_buffer){ bytes + i * p->size, p->size };
        out.m[i] = (idem_message){ .buffers = &out.part[i], .buffer_count = 1 };
        in.part[i] = (idem_buffer){ room[i], ROOM };
        in.m[i] = (idem_message){ .buffers = &in.part[i], .buffer_count = 1 };
    }
}

/* ---- Ways to send and to receive 64 datagrams -------------------------- */

static idem_error send_singly(pair *p)
{
    idem_error err = IDEM_OK;
    size_t i;

    for (i = 0; !err && i < EACH; i++)
        err = idem_sendto(p->from, bytes, p->size, 0, &p->at, NULL);
    return err;
}

static idem_error receive_singly(pair *p)
{
    idem_error err = IDEM_OK;
    idem_address from;
    size_t got, i;

    for (i = 0; !err && i < EACH; i++)
        err = idem_recvfrom(p->to, room[0], ROOM, 0, &got, &from);
    return err;
}

static idem_error send_batch(pair *p)
{
    idem_error err = IDEM_OK;
    size_t n, done;

    for (n = 0; !err && n < EACH; n += done)
        err = idem_send_batch(p->from, out.m + n, EACH - n, 0, &done);
    return err;
}

static idem_error receive_batch(pair *p)
{
    idem_error err = IDEM_OK;
    size_t n, done;

    for (n = 0; !err && n < EACH; n += done)
        err = idem_recv_batch(p->to, in.m + n, EACH - n, 0, &done);
    return err;
}

static idem_error send_segments(pair *p)
{
    const size_t most = 65507 / p->size * p->size;
    const size_t total = EACH * p->size;
    idem_ancillary a = { .present = IDEM_ANCILLARY_SEGMENTS };
    idem_buffer part;
    idem_message m = { .buffers = &part, .buffer_count = 1, .ancillary = &a };
    idem_error err = IDEM_OK;
    size_t n;

    a.segment_size = p->size;
    for (n = 0; !err && n < total; n += m.length) {
        part.data = bytes + n;
        part.size = total - n < most ? total - n : most;
        err = idem_sendmsg(p->from, &m, 0);
    }
    return err;
}

static idem_error receive_coalesced(pair *p)
{
    const idem_buffer part = { room[0], ROOM };
    idem_ancillary a = { 0 };
    idem_message m = { .buffers = &part, .buffer_count = 1, .ancillary = &a };
    idem_error err = IDEM_OK;
    size_t n;

    for (n = 0; !err && n < EACH * p->size; n += m.length)
        err = idem_recvmsg(p->to, &m, 0);
    return err;
}

/* ---- Measuring --------------------------------------------------------- */

static const struct mode {
    const char *name;
    idem_error (*send)(pair *p);
    idem_error (*receive)(pair *p);
    bool connected;
    bool coalesced;
} modes[] = {
    { "sendto, recvfrom", send_singly, receive_singly, false, false },
    { "send_batch, recv_batch", send_batch, receive_batch, true, false },
    { "segments, recv_batch", send_segments, receive_batch, true, false },
    { "segments, coalesced", send_segments, receive_coalesced, true, true },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static idem_error open_pair(pair *p, const struct mode *mode)
{
    idem_error err = idem_address_make("127.0.0.1", 0, &p->at);

    if (!err)
        err = idem_open(IDEM_AF_INET, IDEM_SOCK_DGRAM, 0, &p->from);
    if (!err)
        err = idem_open(IDEM_AF_INET, IDEM_SOCK_DGRAM, 0, &p->to);
    if (!err)
        err = idem_bind(p->to, &p->at);
    if (!err)
        err = idem_getsockname(p->to, &p->at);
    if (!err && mode->connected)
        err = idem_connect(p->from, &p->at);
    if (!err && mode->coalesced)
        err = idem_set_receive_coalesced(p->to, true);
    return err;
}

/* Nanoseconds for a datagram; negative: it cannot be done here. */
static double measure(const struct mode *mode, size_t size, long rounds)
{
    pair p = { .size = size };
    idem_error err = open_pair(&p, mode);
    clock_t begin = clock();
    long i;

    fill_crowds(&p);
    for (i = 0; !err && i < rounds; i++) {
        err = mode->send(&p);
        if (!err)
            err = mode->receive(&p);
    }
    idem_close(p.from);
    idem_close(p.to);
    return err ? -1
               : (double)(clock() - begin) / CLOCKS_PER_SEC * 1e9
                     / (double)(rounds * EACH);
}

int main(int argc, char **argv)
{
    const size_t size = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 64;
    const long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 2000;
    double best[MODES] = { 0 };
    size_t i;
    int turn;

    if (size < 1 || size > LONGEST || rounds < 1) {
        fprintf(stderr, "usage: datagrams [SIZE [ROUNDS]]\n");
        return 2;
    }
    for (turn = 0; turn < TURNS; turn++) {
        for (i = 0; i < MODES; i++) {
            const double ns = measure(&modes[i], size, rounds);

            if (turn == 0 || ns < best[i])
                best[i] = ns;
        }
    }
    for (i = 0; i < MODES; i++)
        printf("%-24s %6.0f ns %6.3f\n", modes[i].name, best[i],
               best[i] / best[0]);
    return 0;
}
