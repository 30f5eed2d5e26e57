/* What comes out: options, and what else few states matter to; "c_*" are
 * the cancelled ones, "*" all others. The stream's page explains the cells. */
#include "matrix.h"

/* clang-format off */
static const char *const streams[] = {
    "             none  full  c_*   *",
    "nodelay      10038 (e)   ok    ok",
    "ttl          10038 ok    ok    ok",
    "ttl_bad      10038 10022 10022 10022",
    "buffer       10038 (e)   ok    ok",
    "buffer_bad   10038 10022 10022 10022",
    "linger       10038 ok    ok    ok",
    "keepalive    10038 ok    ok    ok",
    "opt_reuse    10038 ok    ok    ok",
    "opt_odd      10038 10042 10042 10042",
    "opt_short    10038 10014 10014 10014",
    "opt_type     10038 ok/1  ok/1  ok/1",
    "opt_none     10038 10042 10042 10042",
    "opt_room     10038 10014 10014 10014",
    "inherit      10038 ok    ok    ok",
    "share        10038 ok/1  ok/1  ok/1",
    "send_batch   10038 10045 995   10045",
    "recv_batch   10038 10045 995   10045",
};

static const char *const datagrams[] = {
    "             fresh c_fresh c_*   *",
    "nodelay      10042 10042   10042 10042",
    "ttl          ok    ok      ok    ok",
    "ttl_bad      10022 10022   10022 10022",
    "buffer       ok    ok      ok    ok",
    "buffer_bad   10022 10022   10022 10022",
    "linger       10042 10042   10042 10042",
    "keepalive    10042 10042   10042 10042",
    "opt_reuse    ok    ok      10022 10022",
    "opt_odd      10042 10042   10042 10042",
    "opt_short    10014 10014   10014 10014",
    "opt_type     ok/1  ok/1    ok/1  ok/1",
    "opt_none     10042 10042   10042 10042",
    "opt_room     10014 10014   10014 10014",
    "inherit      ok    ok      ok    ok",
    "share        ok/1  ok/1    ok/1  ok/1",
    "sendfile     10045 995     995   10045",
    "stream_read  10045 10045   10045 10045",
    "stream_write 10045 10045   10045 10045",
};

static const char *const unix_streams[] = {
    "             full  c_*   *",
    "nodelay      10042 10042 10042",
    "ttl          10042 10042 10042",
    "ttl_bad      10042 10042 10042",
    "buffer       (e)   ok    ok",
    "buffer_bad   10022 10022 10022",
    "linger       10042 10042 10042",
    "keepalive    10042 10042 10042",
    "opt_reuse    ok    ok    ok",
    "opt_odd      10042 10042 10042",
    "opt_short    10014 10014 10014",
    "opt_type     ok/1  ok/1  ok/1",
    "opt_none     10042 10042 10042",
    "opt_room     10014 10014 10014",
    "inherit      ok    ok    ok",
    "share        ok/1  ok/1  ok/1",
    "send_batch   10045 995   10045",
    "recv_batch   10045 995   10045",
};

static const char *const unix_datagrams[] = {
    "             c_*   *",
    "nodelay      10042 10042",
    "ttl          10042 10042",
    "ttl_bad      10042 10042",
    "buffer       ok    ok",
    "buffer_bad   10022 10022",
    "linger       10042 10042",
    "keepalive    10042 10042",
    "opt_reuse    ok    ok",
    "opt_odd      10042 10042",
    "opt_short    10014 10014",
    "opt_type     ok/1  ok/1",
    "opt_none     10042 10042",
    "opt_room     10014 10014",
    "inherit      ok    ok",
    "share        ok/1  ok/1",
    "sendfile     995   10045",
    "stream_read  10045 10045",
    "stream_write 10045 10045",
};
/* clang-format on */

#define PART(kind, local, lines)                                               \
    {                                                                          \
        kind, local, lines, CHECK_COUNT(lines)                                 \
    }

const grid matrix_options[] = {
    PART("stream", false, streams),
    PART("datagram", false, datagrams),
    PART("stream", true, unix_streams),
    PART("datagram", true, unix_datagrams),
    { 0 },
};
