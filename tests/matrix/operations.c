/* The list of the operations. */
#include "operations.h"

#define PEEK IDEM_MSG_PEEK
#define WAITALL IDEM_MSG_WAITALL
#define NOW IDEM_MSG_DONTWAIT
#define DONTROUTE IDEM_MSG_DONTROUTE
#define ODD 0x40
#define IN IDEM_POLLIN
#define OUT IDEM_POLLOUT
#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)
#define REUSEADDR IDEM_SO_REUSEADDR
#define TYPE IDEM_SO_TYPE
#define INT sizeof(int)
#define CAP MATRIX_CAP
#define LESS MATRIX_LESS

/* Whose results it must give: of a stream, of a datagram socket. */
#define OWN NULL, NULL
#define AS(row) row, row
#define STREAM_AS(row) row, NULL
#define DGRAM_AS(row) NULL, row

/* Name, function, size, flags, place, results. */
/* clang-format off */
const operation matrix_operations[] = {
    { "bind",         do_bind,        0, 0, PLACE_FREE, OWN },
    { "bind_other",   do_bind,        0, 0, PLACE_OTHER, OWN },
    { "bind_foreign", do_bind,        0, 0, PLACE_FOREIGN, OWN },
    { "bind_taken",   do_bind,        0, 0, PLACE_TAKEN, OWN },
    { "bind_null",    do_bind,        0, 0, PLACE_NULL, OWN },
    { "listen",       do_listen,      0, 5, PLACE_GOOD, OWN },
    { "listen_minus", do_listen,      0, -5, PLACE_GOOD, OWN },
    { "accept",       do_accept,      0, 0, PLACE_GOOD, OWN },
    { "connect",      do_connect,     0, 0, PLACE_GOOD, OWN },
    { "conn_closed",  do_connect,     0, 0, PLACE_CLOSED, OWN },
    { "conn_zero",    do_connect,     0, 0, PLACE_ZERO, OWN },
    { "conn_other",   do_connect,     0, 0, PLACE_OTHER, OWN },
    { "conn_path",    do_connect,     0, 0, PLACE_PATH, OWN },
    { "conn_null",    do_connect,     0, 0, PLACE_NULL, OWN },
    { "connect_ex",   do_connect_ex,  0, 0, PLACE_GOOD, OWN },
    { "recv",         do_recv,        CAP, 0, PLACE_GOOD, OWN },
    { "recv_short",   do_recv,        LESS, 0, PLACE_GOOD, OWN },
    { "recv_none",    do_recv,        0, 0, PLACE_NULL, OWN },
    { "recv_null",    do_recv,        CAP, 0, PLACE_NULL, OWN },
    { "recv_peek",    do_recv,        CAP, PEEK, PLACE_GOOD, OWN },
    { "recv_all",     do_recv,        MATRIX_SHORT, WAITALL, PLACE_GOOD, OWN },
    { "recv_more",    do_recv,        MATRIX_MORE, WAITALL, PLACE_GOOD, OWN },
    { "recv_now",     do_recv,        CAP, NOW, PLACE_GOOD, OWN },
    { "recv_route",   do_recv,        CAP, DONTROUTE, PLACE_GOOD, OWN },
    { "recv_odd",     do_recv,        CAP, ODD, PLACE_GOOD, OWN },
    { "recvfrom",     do_recvfrom,    CAP, 0, PLACE_GOOD, OWN },
    { "from_short",   do_recvfrom,    LESS, 0, PLACE_GOOD, OWN },
    { "from_none",    do_recvfrom,    0, 0, PLACE_GOOD, OWN },
    { "from_peek",    do_recvfrom,    LESS, PEEK, PLACE_GOOD, OWN },
    { "from_odd",     do_recvfrom,    CAP, ODD, PLACE_GOOD, OWN },
    { "send",         do_send,        3, 0, PLACE_GOOD, OWN },
    { "send_none",    do_send,        0, 0, PLACE_NULL, OWN },
    { "send_null",    do_send,        3, 0, PLACE_NULL, OWN },
    { "send_now",     do_send,        3, NOW, PLACE_GOOD, OWN },
    { "send_route",   do_send,        3, DONTROUTE, PLACE_GOOD, OWN },
    { "send_peek",    do_send,        3, PEEK, PLACE_GOOD, OWN },
    { "send_odd",     do_send,        3, ODD, PLACE_GOOD, OWN },
    { "sendall",      do_sendall,     3, 0, PLACE_GOOD, OWN },
    { "all_none",     do_sendall,     0, 0, PLACE_NULL, OWN },
    { "all_odd",      do_sendall,     3, ODD, PLACE_GOOD, OWN },
    { "sendto",       do_sendto,      3, 0, PLACE_GOOD, OWN },
    { "sendto_none",  do_sendto,      0, 0, PLACE_GOOD, OWN },
    { "sendto_null",  do_sendto,      3, 0, PLACE_NULL, OWN },
    { "sendto_zero",  do_sendto,      3, 0, PLACE_ZERO, OWN },
    { "sendto_other", do_sendto,      3, 0, PLACE_OTHER, OWN },
    { "sendto_path",  do_sendto,      3, 0, PLACE_PATH, OWN },
    { "sendto_long",  do_sendto,      70000, 0, PLACE_GOOD, OWN },
    { "sendto_odd",   do_sendto,      3, ODD, PLACE_GOOD, OWN },
    { "sendmsg",      do_sendmsg,     3, 0, PLACE_GOOD, AS("send") },
    { "msg_none",     do_sendmsg,     0, 0, PLACE_GOOD, AS("send_none") },
    { "msg_null",     do_sendmsg,     3, 0, PLACE_NULL, AS("send_null") },
    { "msg_now",      do_sendmsg,     3, NOW, PLACE_GOOD, AS("send_now") },
    { "msg_peek",     do_sendmsg,     3, PEEK, PLACE_GOOD, AS("send_peek") },
    { "msg_odd",      do_sendmsg,     3, ODD, PLACE_GOOD, AS("send_odd") },
    { "msg_to",       do_sendmsg_to,  3, 0, PLACE_GOOD, AS("sendto") },
    { "msg_zero",     do_sendmsg_to,  3, 0, PLACE_ZERO, AS("sendto_zero") },
    { "msg_other",    do_sendmsg_to,  3, 0, PLACE_OTHER, AS("sendto_other") },
    { "msg_long",     do_sendmsg_to,  70000, 0, PLACE_GOOD, AS("sendto_long") },
    { "recvmsg",      do_recvmsg,     CAP, 0, PLACE_GOOD, AS("recvfrom") },
    { "rmsg_short",   do_recvmsg,     LESS, 0, PLACE_GOOD, AS("from_short") },
    { "rmsg_none",    do_recvmsg,     0, 0, PLACE_GOOD, AS("from_none") },
    { "rmsg_peek",    do_recvmsg,     LESS, PEEK, PLACE_GOOD, AS("from_peek") },
    { "rmsg_odd",     do_recvmsg,     CAP, ODD, PLACE_GOOD, AS("from_odd") },
    { "send_batch",   do_send_batch,  3, 0, PLACE_GOOD, DGRAM_AS("send") },
    { "recv_batch",   do_recv_batch,  CAP, 0, PLACE_GOOD,
      DGRAM_AS("recvfrom") },
    { "sendfile",     do_sendfile,    3, 0, PLACE_GOOD, STREAM_AS("sendall") },
    { "stream_read",  do_read,        CAP, 0, PLACE_GOOD, STREAM_AS("recv") },
    { "stream_write", do_write,       3, 0, PLACE_GOOD, STREAM_AS("sendall") },
    { "shut_rd",      do_shutdown,    0, IDEM_SHUT_RD, PLACE_GOOD, OWN },
    { "shut_wr",      do_shutdown,    0, IDEM_SHUT_WR, PLACE_GOOD, OWN },
    { "shut_both",    do_shutdown,    0, IDEM_SHUT_RDWR, PLACE_GOOD, OWN },
    { "shut_odd",     do_shutdown,    0, 3, PLACE_GOOD, OWN },
    { "getsockname",  do_getsockname, 0, 0, PLACE_GOOD, OWN },
    { "getpeername",  do_getpeername, 0, 0, PLACE_GOOD, OWN },
    { "take_error",   do_take_error,  0, 0, PLACE_GOOD, OWN },
    { "kind",         do_kind,        0, 0, PLACE_GOOD, OWN },
    { "fileno",       do_fileno,      0, 0, PLACE_GOOD, OWN },
    { "settimeout",   do_settimeout,  7, 0, PLACE_GOOD, OWN },
    { "settime_bad",  do_settimeout,  2, 1, PLACE_GOOD, OWN },
    { "gettimeout",   do_gettimeout,  0, 0, PLACE_GOOD, OWN },
    { "setblocking",  do_setblocking, 0, 0, PLACE_GOOD, OWN },
    { "getblocking",  do_getblocking, 0, 0, PLACE_GOOD, OWN },
    { "nodelay",      do_nodelay,     0, 0, PLACE_GOOD, OWN },
    { "ttl",          do_ttl,         7, 0, PLACE_GOOD, OWN },
    { "ttl_bad",      do_ttl,         256, 0, PLACE_GOOD, OWN },
    { "buffer",       do_buffer,      30000, 0, PLACE_GOOD, OWN },
    { "buffer_bad",   do_buffer,      0, 0, PLACE_GOOD, OWN },
    { "linger",       do_linger,      3, 0, PLACE_GOOD, OWN },
    { "keepalive",    do_keepalive,   0, 0, PLACE_GOOD, OWN },
    { "opt_reuse",    do_setsockopt,  INT, REUSEADDR, PLACE_GOOD, OWN },
    { "opt_odd",      do_setsockopt,  INT, 99, PLACE_GOOD, OWN },
    { "opt_short",    do_setsockopt,  1, REUSEADDR, PLACE_GOOD, OWN },
    { "opt_type",     do_getsockopt,  INT, TYPE, PLACE_GOOD, OWN },
    { "opt_none",     do_getsockopt,  INT, 99, PLACE_GOOD, OWN },
    { "opt_room",     do_getsockopt,  1, TYPE, PLACE_GOOD, OWN },
    { "dup",          do_dup,         0, 0, PLACE_GOOD, OWN },
    { "inherit",      do_inherit,     0, 0, PLACE_GOOD, OWN },
    { "share",        do_share,       0, 0, PLACE_GOOD, OWN },
    { "detach",       do_detach,      0, 0, PLACE_GOOD, OWN },
    { "poll_in",      do_poll,        0, IN, PLACE_GOOD, OWN },
    { "poll_out",     do_poll,        0, OUT, PLACE_GOOD, OWN },
    { "poll_both",    do_poll,        0, BOTH, PLACE_GOOD, OWN },
    { "poll_none",    do_poll,        0, 0, PLACE_GOOD, OWN },
    { "poll_odd",     do_poll,        0, IDEM_POLLERR, PLACE_GOOD, OWN },
    { "select_in",    do_select,      0, IN, PLACE_GOOD, AS("poll_in") },
    { "select_out",   do_select,      0, OUT, PLACE_GOOD, AS("poll_out") },
    { "select_both",  do_select,      0, BOTH, PLACE_GOOD, AS("poll_both") },
    { "select_none",  do_select,      0, 0, PLACE_GOOD, AS("poll_none") },
    { "cancel",       do_cancel,      0, 0, PLACE_GOOD, OWN },
    { "close",        do_close,       0, 0, PLACE_GOOD, OWN },
};
/* clang-format on */
const size_t matrix_operation_count = CHECK_COUNT(matrix_operations);
