/* Datagrams by the batch: many in one call, and many in one message. */
#include "idem.h"

enum {
    RECEIVED = 64 * 1024, /* of one message: as much as is ever coalesced */
    SEGMENTS = 32         /* datagrams in a message: less than 64 KiB */
};

typedef struct batch {
    idem_message messages[BENCH_BATCH];
    idem_buffer buffers[BENCH_BATCH];
} batch;

/* ---- Sockets ----------------------------------------------------------- */

/* Two that send to each other and to nobody else. */
static void pair(idem_socket **a, idem_socket **b)
{
    idem_address at;
    int port;

    *a = (idem_socket *)peer_datagram(&port);
    *b = (idem_socket *)peer_datagram(&port);
    idem_check(idem_getsockname(*a, &at));
    idem_check(idem_connect(*b, &at));
    idem_check(idem_getsockname(*b, &at));
    idem_check(idem_connect(*a, &at));
}

/* ---- Many in one call -------------------------------------------------- */

/* A buffer for each, of size bytes. */
static batch *new_batch(size_t size)
{
    batch *b = (batch *)bench_bytes(sizeof(*b));
    int i;

    for (i = 0; i < BENCH_BATCH; i++) {
        const idem_message none = { 0 };

        b->buffers[i].data = bench_bytes(size);
        b->buffers[i].size = size;
        b->messages[i] = none;
        b->messages[i].buffers = &b->buffers[i];
        b->messages[i].buffer_count = 1;
    }
    return b;
}

static void send_all(idem_socket *s, batch *b)
{
    size_t done;
    size_t n;

    for (done = 0; done < BENCH_BATCH; done += n)
        idem_check(
            idem_send_batch(s, b->messages + done, BENCH_BATCH - done, 0, &n));
}

static void receive_all(idem_socket *s, batch *b)
{
    size_t done;
    size_t n;

    for (done = 0; done < BENCH_BATCH; done += n)
        idem_check(
            idem_recv_batch(s, b->messages + done, BENCH_BATCH - done, 0, &n));
}

/* ---- Workloads --------------------------------------------------------- */

void idem_batches(const bench_task *t)
{
    batch *out = new_batch(t->size);
    batch *in = new_batch(t->size + 1);
    idem_socket *a;
    idem_socket *b;
    long done;

    peer_start(t);
    pair(&a, &b);
    for (done = -BENCH_BATCH; done < t->count; done += BENCH_BATCH) {
        if (done == 0)
            bench_go();
        send_all(a, out);
        receive_all(b, in);
    }
    bench_stop();
    bench_say_result(done);
}

void idem_segments(const bench_task *t)
{
    const idem_buffer whole = { bench_bytes(SEGMENTS * t->size),
                                SEGMENTS * t->size };
    const idem_buffer room = { bench_bytes(RECEIVED), RECEIVED };
    idem_ancillary cut = { .present = IDEM_ANCILLARY_SEGMENTS,
                           .segment_size = t->size };
    idem_ancillary pieces = { 0 };
    idem_message out = { .buffers = &whole,
                         .buffer_count = 1,
                         .ancillary = &cut };
    idem_message in = { .buffers = &room,
                        .buffer_count = 1,
                        .ancillary = &pieces };
    idem_socket *a;
    idem_socket *b;
    long done;

    peer_start(t);
    pair(&a, &b);
    idem_check(idem_set_receive_coalesced(b, true));
    for (done = -BENCH_BATCH; done < t->count; done += BENCH_BATCH) {
        size_t got = 0;
        int i;

        if (done == 0)
            bench_go();
        for (i = 0; i < BENCH_BATCH; i += SEGMENTS)
            idem_check(idem_sendmsg(a, &out, 0));
        for (; got < BENCH_BATCH * t->size; got += in.length)
            idem_check(idem_recvmsg(b, &in, 0));
    }
    bench_stop();
    bench_say_result(done);
}
