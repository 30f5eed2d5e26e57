/* The list of the operations. */
#include "operations.h"

#define PEEK IDEM_MSG_PEEK
#define WAITALL IDEM_MSG_WAITALL
#define DONTWAIT IDEM_MSG_DONTWAIT
#define DONTROUTE IDEM_MSG_DONTROUTE
#define UNKNOWN 0x40
#define BOTH (IDEM_POLLIN | IDEM_POLLOUT)
#define INT_SIZE sizeof(int)

/* Name, function, size, flags, place. */
/* clang-format off */
const operation matrix_operations[] = {
    { "bind",         do_bind,        0, 0, PLACE_FREE },
    { "bind_other",   do_bind,        0, 0, PLACE_OTHER },
    { "bind_foreign", do_bind,        0, 0, PLACE_FOREIGN },
    { "bind_taken",   do_bind,        0, 0, PLACE_TAKEN },
    { "bind_null",    do_bind,        0, 0, PLACE_NULL },
    { "listen",       do_listen,      0, 5, PLACE_GOOD },
    { "listen_minus", do_listen,      0, -5, PLACE_GOOD },
    { "accept",       do_accept,      0, 0, PLACE_GOOD },
    { "connect",      do_connect,     0, 0, PLACE_GOOD },
    { "conn_closed",  do_connect,     0, 0, PLACE_CLOSED },
    { "conn_zero",    do_connect,     0, 0, PLACE_ZERO },
    { "conn_other",   do_connect,     0, 0, PLACE_OTHER },
    { "conn_path",    do_connect,     0, 0, PLACE_PATH },
    { "conn_null",    do_connect,     0, 0, PLACE_NULL },
    { "connect_ex",   do_connect_ex,  0, 0, PLACE_GOOD },
    { "recv",         do_recv,        MATRIX_CAP, 0, PLACE_GOOD },
    { "recv_short",   do_recv,        MATRIX_LESS, 0, PLACE_GOOD },
    { "recv_none",    do_recv,        0, 0, PLACE_NULL },
    { "recv_null",    do_recv,        MATRIX_CAP, 0, PLACE_NULL },
    { "recv_peek",    do_recv,        MATRIX_CAP, PEEK, PLACE_GOOD },
    { "recv_all",     do_recv,        MATRIX_SHORT, WAITALL, PLACE_GOOD },
    { "recv_more",    do_recv,        MATRIX_MORE, WAITALL, PLACE_GOOD },
    { "recv_now",     do_recv,        MATRIX_CAP, DONTWAIT, PLACE_GOOD },
    { "recv_route",   do_recv,        MATRIX_CAP, DONTROUTE, PLACE_GOOD },
    { "recv_odd",     do_recv,        MATRIX_CAP, UNKNOWN, PLACE_GOOD },
    { "recvfrom",     do_recvfrom,    MATRIX_CAP, 0, PLACE_GOOD },
    { "from_short",   do_recvfrom,    MATRIX_LESS, 0, PLACE_GOOD },
    { "from_none",    do_recvfrom,    0, 0, PLACE_GOOD },
    { "from_peek",    do_recvfrom,    MATRIX_LESS, PEEK, PLACE_GOOD },
    { "from_odd",     do_recvfrom,    MATRIX_CAP, UNKNOWN, PLACE_GOOD },
    { "send",         do_send,        3, 0, PLACE_GOOD },
    { "send_none",    do_send,        0, 0, PLACE_NULL },
    { "send_null",    do_send,        3, 0, PLACE_NULL },
    { "send_now",     do_send,        3, DONTWAIT, PLACE_GOOD },
    { "send_route",   do_send,        3, DONTROUTE, PLACE_GOOD },
    { "send_peek",    do_send,        3, PEEK, PLACE_GOOD },
    { "send_odd",     do_send,        3, UNKNOWN, PLACE_GOOD },
    { "sendall",      do_sendall,     3, 0, PLACE_GOOD },
    { "all_none",     do_sendall,     0, 0, PLACE_NULL },
    { "all_odd",      do_sendall,     3, UNKNOWN, PLACE_GOOD },
    { "sendto",       do_sendto,      3, 0, PLACE_GOOD },
    { "sendto_none",  do_sendto,      0, 0, PLACE_GOOD },
    { "sendto_null",  do_sendto,      3, 0, PLACE_NULL },
    { "sendto_zero",  do_sendto,      3, 0, PLACE_ZERO },
    { "sendto_other", do_sendto,      3, 0, PLACE_OTHER },
    { "sendto_path",  do_sendto,      3, 0, PLACE_PATH },
    { "sendto_long",  do_sendto,      70000, 0, PLACE_GOOD },
    { "sendto_odd",   do_sendto,      3, UNKNOWN, PLACE_GOOD },
    { "shut_rd",      do_shutdown,    0, IDEM_SHUT_RD, PLACE_GOOD },
    { "shut_wr",      do_shutdown,    0, IDEM_SHUT_WR, PLACE_GOOD },
    { "shut_both",    do_shutdown,    0, IDEM_SHUT_RDWR, PLACE_GOOD },
    { "shut_odd",     do_shutdown,    0, 3, PLACE_GOOD },
    { "getsockname",  do_getsockname, 0, 0, PLACE_GOOD },
    { "getpeername",  do_getpeername, 0, 0, PLACE_GOOD },
    { "take_error",   do_take_error,  0, 0, PLACE_GOOD },
    { "kind",         do_kind,        0, 0, PLACE_GOOD },
    { "fileno",       do_fileno,      0, 0, PLACE_GOOD },
    { "settimeout",   do_settimeout,  7, 0, PLACE_GOOD },
    { "settime_bad",  do_settimeout,  2, 1, PLACE_GOOD },
    { "gettimeout",   do_gettimeout,  0, 0, PLACE_GOOD },
    { "setblocking",  do_setblocking, 0, 0, PLACE_GOOD },
    { "getblocking",  do_getblocking, 0, 0, PLACE_GOOD },
    { "nodelay",      do_nodelay,     0, 0, PLACE_GOOD },
    { "ttl",          do_ttl,         7, 0, PLACE_GOOD },
    { "ttl_bad",      do_ttl,         256, 0, PLACE_GOOD },
    { "buffer",       do_buffer,      30000, 0, PLACE_GOOD },
    { "buffer_bad",   do_buffer,      0, 0, PLACE_GOOD },
    { "linger",       do_linger,      3, 0, PLACE_GOOD },
    { "keepalive",    do_keepalive,   0, 0, PLACE_GOOD },
    { "opt_reuse",    do_setsockopt,  INT_SIZE, IDEM_SO_REUSEADDR, PLACE_GOOD },
    { "opt_odd",      do_setsockopt,  INT_SIZE, 99, PLACE_GOOD },
    { "opt_short",    do_setsockopt,  1, IDEM_SO_REUSEADDR, PLACE_GOOD },
    { "opt_type",     do_getsockopt,  INT_SIZE, IDEM_SO_TYPE, PLACE_GOOD },
    { "opt_none",     do_getsockopt,  INT_SIZE, 99, PLACE_GOOD },
    { "opt_room",     do_getsockopt,  1, IDEM_SO_TYPE, PLACE_GOOD },
    { "dup",          do_dup,         0, 0, PLACE_GOOD },
    { "inherit",      do_inherit,     0, 0, PLACE_GOOD },
    { "share",        do_share,       0, 0, PLACE_GOOD },
    { "detach",       do_detach,      0, 0, PLACE_GOOD },
    { "poll_in",      do_poll,        0, IDEM_POLLIN, PLACE_GOOD },
    { "poll_out",     do_poll,        0, IDEM_POLLOUT, PLACE_GOOD },
    { "poll_both",    do_poll,        0, BOTH, PLACE_GOOD },
    { "poll_none",    do_poll,        0, 0, PLACE_GOOD },
    { "poll_odd",     do_poll,        0, IDEM_POLLERR, PLACE_GOOD },
    { "select_in",    do_select,      0, IDEM_POLLIN, PLACE_GOOD },
    { "select_out",   do_select,      0, IDEM_POLLOUT, PLACE_GOOD },
    { "select_both",  do_select,      0, BOTH, PLACE_GOOD },
    { "select_none",  do_select,      0, 0, PLACE_GOOD },
    { "cancel",       do_cancel,      0, 0, PLACE_GOOD },
    { "close",        do_close,       0, 0, PLACE_GOOD },
};
/* clang-format on */
const size_t matrix_operation_count = CHECK_COUNT(matrix_operations);

const char *matrix_row(const operation *op)
{
    const operation *other = matrix_operations;

    if (op->run != do_select)
        return op->name;
    while (other->run != do_poll || other->flags != op->flags)
        other++;
    return other->name;
}
