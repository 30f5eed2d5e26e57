/* pingpong PORT COUNT: send 64 bytes to a server on this machine that echoes
 * them, and receive them, COUNT times, with a timeout of 5 s on each call. What
 * it costs is counted from outside: see cost.sh. */
#include "idemsock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 64
};

static idem_error exchange(idem_socket *s)
{
    char out[SIZE];
    char in[SIZE];
    size_t have = 0;
    size_t n;
    idem_error err;

    memset(out, 'x', sizeof(out));
    err = idem_settimeout(s, 5.0);
    if (!err)
        err = idem_sendall(s, out, sizeof(out), 0, NULL);
    while (!err && have < sizeof(in)) {
        err = idem_recv(s, in + have, sizeof(in) - have, 0, &n);
        if (!err && n == 0)
            err = IDEM_ECONNRESET;
        have += n;
    }
    return err;
}

int main(int argc, char **argv)
{
    idem_socket *s = NULL;
    idem_error err = IDEM_EINVAL;
    long left;

    if (argc == 3)
        err = idem_create_connection("127.0.0.1",
                                     (int)strtol(argv[1], NULL, 10), 5.0, &s);
    for (left = err ? 0 : strtol(argv[2], NULL, 10); left > 0 && !err; left--)
        err = exchange(s);
    idem_close(s);
    if (err)
        fprintf(stderr, "pingpong: %s\n", idem_strerror(err));
    return err != IDEM_OK;
}
