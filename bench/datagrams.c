/* Datagrams one by one, for libraries with calls that wait. */
#include "blocking.h"

void blocking_datagrams(const bench_task *t)
{
    char *buf = bench_bytes(t->size + 1);
    long done;
    int port;
    peer from;
    peer to;

    peer_start(t);
    from = peer_datagram(&port);
    to = peer_datagram(&port);
    peer_aim("127.0.0.1", port);
    for (done = -BENCH_BATCH; done < t->count; done += BENCH_BATCH) {
        int i;

        if (done == 0)
            bench_go();
        for (i = 0; i < BENCH_BATCH; i++)
            peer_send_to(from, buf, t->size);
        for (i = 0; i < BENCH_BATCH; i++)
            if (peer_recv_from(to, buf, t->size + 1) != t->size)
                bench_fail("recvfrom: another datagram");
    }
    bench_stop();
    bench_say_result(done);
}
