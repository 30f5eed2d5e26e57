/* Datagrams by the batch: many in one system call, and many in one message. */
#include "raw.h"

#include <netinet/udp.h>
#include <sys/socket.h>

enum {
    RECEIVED = 64 * 1024, /* of one receive: as much as is ever coalesced */
    SEGMENTS = 32         /* datagrams in a message: less than 64 KiB */
};

typedef struct batch {
    struct mmsghdr messages[BENCH_BATCH];
    struct iovec parts[BENCH_BATCH];
} batch;

/* ---- Sockets ----------------------------------------------------------- */

/* Two that send to each other and to nobody else. */
static void pair(int *a, int *b)
{
    int *fds[2] = { a, b };
    struct sockaddr_in names[2];
    int i;

    for (i = 0; i < 2; i++) {
        *fds[i] =
            raw_check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
        names[i] = raw_address("127.0.0.1", raw_bind(*fds[i], "127.0.0.1"));
    }
    for (i = 0; i < 2; i++)
        raw_check(connect(*fds[i], (const struct sockaddr *)&names[!i],
                          sizeof(names[!i])),
                  "connect");
}

static void set(int fd, int option, int value)
{
    raw_check(setsockopt(fd, SOL_UDP, option, &value, sizeof(value)),
              "setsockopt");
}

/* ---- Many in one call -------------------------------------------------- */

/* A buffer for each, of size bytes. */
static batch *new_batch(size_t size)
{
    batch *b = (batch *)bench_bytes(sizeof(*b));
    int i;

    for (i = 0; i < BENCH_BATCH; i++) {
        const struct mmsghdr none = { 0 };

        b->parts[i].iov_base = bench_bytes(size);
        b->parts[i].iov_len = size;
        b->messages[i] = none;
        b->messages[i].msg_hdr.msg_iov = &b->parts[i];
        b->messages[i].msg_hdr.msg_iovlen = 1;
    }
    return b;
}

static void send_batch(int fd, batch *b)
{
    unsigned done = 0;

    while (done < BENCH_BATCH)
        done += (unsigned)raw_check(
            sendmmsg(fd, b->messages + done, BENCH_BATCH - done, 0),
            "sendmmsg");
}

static void receive_batch(int fd, batch *b)
{
    unsigned done = 0;

    while (done < BENCH_BATCH)
        done += (unsigned)raw_check(recvmmsg(fd, b->messages + done,
                                             BENCH_BATCH - done, MSG_WAITFORONE,
                                             NULL),
                                    "recvmmsg");
}

void raw_batches(const bench_task *t)
{
    batch *out = new_batch(t->size);
    batch *in = new_batch(t->size + 1);
    long done;
    int a;
    int b;

    pair(&a, &b);
    for (done = -BENCH_BATCH; done < t->count; done += BENCH_BATCH) {
        if (done == 0)
            bench_go();
        send_batch(a, out);
        receive_batch(b, in);
    }
    bench_stop();
    bench_say_result(done);
}

/* ---- Many in one message ----------------------------------------------- */

/* Who does not know the size of a datagram has to ask for it. */
static size_t receive_segments(int fd, char *buf)
{
    struct iovec part = { buf, RECEIVED };
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr m = { 0 };

    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof(control);
    return (size_t)raw_check(recvmsg(fd, &m, 0), "recvmsg");
}

void raw_segments(const bench_task *t)
{
    const size_t at_once = SEGMENTS * t->size;
    char *out = bench_bytes(at_once);
    char *in = bench_bytes(RECEIVED);
    long done;
    int a;
    int b;

    pair(&a, &b);
    set(a, UDP_SEGMENT, (int)t->size);
    set(b, UDP_GRO, 1);
    for (done = -BENCH_BATCH; done < t->count; done += BENCH_BATCH) {
        size_t got = 0;
        int i;

        if (done == 0)
            bench_go();
        for (i = 0; i < BENCH_BATCH; i += SEGMENTS)
            raw_check(send(a, out, at_once, 0), "send");
        while (got < BENCH_BATCH * t->size)
            got += receive_segments(b, in);
    }
    bench_stop();
    bench_say_result(done);
}
