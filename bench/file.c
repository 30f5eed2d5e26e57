/* A file over a connection, for libraries that can send one. */
#include "blocking.h"

void blocking_file(const bench_task *t)
{
    char byte;
    peer c = blocking_connected(t);

    bench_go();
    peer_send_file(c, t->file);
    peer_finish(c);
    blocking_receive(c, &byte, 1);
    bench_stop();
    bench_say_result(1);
    peer_close(c);
}
