/**
 * @file idemsock.h
 * @brief Sockets with the semantics of Python's socket module: the same calls,
 *        the same timeouts and the same error numbers on POSIX and Windows.
 *
 * The header knows no platform: a program written against it builds for both
 * unchanged. Conventions, valid for every function unless it says otherwise:
 *
 * - A function that can fail returns an #idem_error: #IDEM_OK (0), or a
 *   positive code that has the same value on every platform. There is no
 *   other channel to look at.
 * - Inputs come first, outputs last. Outputs are written on every path:
 *   objects become NULL, addresses are zeroed, counts tell the progress made,
 *   also when the call fails.
 * - An output may be NULL when you do not want it, except the object a
 *   function exists to make.
 * - NULL in place of a socket is #IDEM_ENOTSOCK; NULL in place of another
 *   input that is needed is #IDEM_EFAULT. Both hold for every function and are
 *   not repeated below.
 * - Sizes are in bytes, times in seconds, ports in host byte order, text is
 *   UTF-8.
 * - "Waits" means: up to the timeout of the socket, counted from the start of
 *   the call. A call that may wait returns #IDEM_EWOULDBLOCK when the timeout
 *   is 0 and there is nothing to do yet, #IDEM_ETIMEDOUT when the timeout ran
 *   out, #IDEM_ECANCELED when idem_cancel() or idem_close() ended it, and
 *   #IDEM_EINTR when the program's hook of idem_set_interrupt_hook() says so.
 *   These four are not repeated below either.
 * - Besides the codes a function lists, the system may report what no program
 *   can prevent: #IDEM_ENOBUFS, #IDEM_ENOMEM, #IDEM_ENETDOWN, and
 *   #IDEM_SYSCALLFAILURE for a native code that this library does not know.
 *
 * Threads: different sockets are independent, and any number of threads may
 * use one socket; data then goes to whoever asks first. idem_cancel() may be
 * called at any time. idem_close() may be called while other threads are
 * inside calls on the socket (they return #IDEM_ECANCELED); no call may begin
 * once idem_close() has been entered. No function uses signals, and none may
 * be called from a signal handler. After a fork both processes hold the same
 * connection, each with its own timeouts; idem_cancel() in the process that
 * opened the socket may end it for both.
 */
#ifndef IDEMSOCK_H
#define IDEMSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The build sets IDEM_API to the export or import attribute of its compiler;
 * users of a static library, and of a shared one on ELF, need nothing. */
#ifndef IDEM_API
#define IDEM_API
#endif

#if defined(__GNUC__)
#define IDEM_NODISCARD __attribute__((warn_unused_result))
#else
#define IDEM_NODISCARD
#endif

#define IDEM_VERSION_MAJOR 0
#define IDEM_VERSION_MINOR 1
#define IDEM_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors ------------------------------------------------------------ */

/**
 * Every error, once: X(name, value, Python exception, text).
 *
 * The values are Winsock's on every platform, and Win32's where Winsock has
 * none of its own (2, 8, 995). They are frozen: rows are added, never
 * renumbered, never reused. Winsock's quality-of-service codes (11005 to
 * 11031) are left out: nothing here can produce them.
 */
/* clang-format off */
#define IDEM_ERROR_LIST(X)                                                     \
    X(OK,                 0, "-", "success")                                   \
    X(ENOENT,             2, "FileNotFoundError", "no such path")              \
    X(ENOMEM,             8, "MemoryError", "out of memory")                   \
    X(ECANCELED,        995, "OSError", "operation cancelled")                 \
    X(EINTR,          10004, "InterruptedError", "interrupted")                \
    X(EBADF,          10009, "OSError", "bad descriptor")                      \
    X(EACCES,         10013, "PermissionError", "permission denied")           \
    X(EFAULT,         10014, "OSError", "bad pointer or too short a buffer")   \
    X(EINVAL,         10022, "ValueError", "invalid argument")                 \
    X(EMFILE,         10024, "OSError", "too many open sockets")               \
    X(EWOULDBLOCK,    10035, "BlockingIOError", "operation would block")       \
    X(EINPROGRESS,    10036, "BlockingIOError", "operation in progress")       \
    X(EALREADY,       10037, "BlockingIOError", "connect already under way")   \
    X(ENOTSOCK,       10038, "OSError", "not an open socket")                  \
    X(EDESTADDRREQ,   10039, "OSError", "destination address required")        \
    X(EMSGSIZE,       10040, "OSError", "message too long")                    \
    X(EPROTOTYPE,     10041, "OSError", "wrong protocol for this socket")      \
    X(ENOPROTOOPT,    10042, "OSError", "no such option")                      \
    X(EPROTONOSUPPORT, 10043, "OSError", "protocol not supported")             \
    X(ESOCKTNOSUPPORT, 10044, "OSError", "socket type not supported")          \
    X(EOPNOTSUPP,     10045, "OSError", "operation not supported")             \
    X(EPFNOSUPPORT,   10046, "OSError", "protocol family not supported")       \
    X(EAFNOSUPPORT,   10047, "OSError", "address family not supported")        \
    X(EADDRINUSE,     10048, "OSError", "address already in use")              \
    X(EADDRNOTAVAIL,  10049, "OSError", "address not available")               \
    X(ENETDOWN,       10050, "OSError", "network is down")                     \
    X(ENETUNREACH,    10051, "OSError", "network unreachable")                 \
    X(ENETRESET,      10052, "OSError", "connection dropped by network")       \
    X(ECONNABORTED,   10053, "ConnectionAbortedError", "connection aborted")   \
    X(ECONNRESET,     10054, "ConnectionResetError", "connection reset")       \
    X(ENOBUFS,        10055, "OSError", "no buffer space")                     \
    X(EISCONN,        10056, "OSError", "already connected")                   \
    X(ENOTCONN,       10057, "OSError", "not connected")                       \
    X(ESHUTDOWN,      10058, "BrokenPipeError", "sending was shut down")       \
    X(ETOOMANYREFS,   10059, "OSError", "too many references")                 \
    X(ETIMEDOUT,      10060, "TimeoutError", "timed out")                      \
    X(ECONNREFUSED,   10061, "ConnectionRefusedError", "connection refused")   \
    X(ELOOP,          10062, "OSError", "too many symbolic links")             \
    X(ENAMETOOLONG,   10063, "OSError", "name too long")                       \
    X(EHOSTDOWN,      10064, "OSError", "host is down")                        \
    X(EHOSTUNREACH,   10065, "OSError", "host unreachable")                    \
    X(ENOTEMPTY,      10066, "OSError", "directory not empty")                 \
    X(EPROCLIM,       10067, "OSError", "too many processes")                  \
    X(EUSERS,         10068, "OSError", "too many users")                      \
    X(EDQUOT,         10069, "OSError", "disk quota exceeded")                 \
    X(ESTALE,         10070, "OSError", "stale file handle")                   \
    X(EREMOTE,        10071, "OSError", "object is remote")                    \
    X(SYSNOTREADY,    10091, "OSError", "network subsystem not ready")         \
    X(VERNOTSUPPORTED, 10092, "OSError", "network version not supported")      \
    X(NOTINITIALISED, 10093, "OSError", "network not initialised")             \
    X(EDISCON,        10101, "OSError", "graceful disconnect")                 \
    X(ENOMORE,        10102, "OSError", "no more results")                     \
    X(ECANCELLED,     10103, "OSError", "lookup cancelled")                    \
    X(EINVALIDPROCTABLE, 10104, "OSError", "invalid provider table")           \
    X(EINVALIDPROVIDER, 10105, "OSError", "invalid provider")                  \
    X(EPROVIDERFAILEDINIT, 10106, "OSError", "provider failed to start")       \
    X(SYSCALLFAILURE, 10107, "OSError", "unexpected system error")             \
    X(SERVICE_NOT_FOUND, 10108, "OSError", "no such service")                  \
    X(TYPE_NOT_FOUND, 10109, "gaierror", "unknown service or port")            \
    X(E_NO_MORE,      10110, "OSError", "no more results")                     \
    X(E_CANCELLED,    10111, "OSError", "lookup cancelled")                    \
    X(EREFUSED,       10112, "OSError", "query refused")                       \
    X(HOST_NOT_FOUND, 11001, "gaierror", "host not found")                     \
    X(TRY_AGAIN,      11002, "gaierror", "name service busy, try again")       \
    X(NO_RECOVERY,    11003, "gaierror", "name service failure")               \
    X(NO_DATA,        11004, "gaierror", "host has no address")
/* clang-format on */

/** Result of a call; see #IDEM_ERROR_LIST. */
typedef enum idem_error {
#define IDEM_X(name, value, python, text) IDEM_##name = (value),
    IDEM_ERROR_LIST(IDEM_X)
#undef IDEM_X
} idem_error;

/**
 * Describe @p err in a few English words, the same on every platform.
 *
 * @return A static string, never NULL; "unknown error" for any other value.
 * Python: `os.strerror(code)`.
 */
IDEM_API const char *idem_strerror(idem_error err);

/**
 * Name @p err as the documents do: "ECONNREFUSED" for 10061, "OK" for 0.
 *
 * @return A static string, never NULL; "UNKNOWN" for any other value.
 * Python: `errno.errorcode[code]`.
 */
IDEM_API const char *idem_error_name(idem_error err);

/**
 * Asked whether a call shall end; true ends it with #IDEM_EINTR. May do
 * anything but close the socket of the call.
 */
typedef bool (*idem_interrupt_hook)(void *context);

/**
 * Let @p hook decide, in every thread, whether an interruption ends a call.
 * Without one (NULL, as at first) no interruption ever does. It is asked when
 * a signal has interrupted a call that waits, and between the sends of
 * idem_sendall() and the receives of #IDEM_MSG_WAITALL, where a signal leaves
 * no other trace. What was done before is still told by the counts. A connect
 * that was ended is withdrawn.
 *
 * For a handler installed with SA_RESTART the system may go on by itself.
 * Windows has no signals: there the hook is asked between sends only.
 *
 * Python: the check for signals after EINTR (PEP 475), where a handler that
 * raises ends the call.
 */
IDEM_API void idem_set_interrupt_hook(idem_interrupt_hook hook, void *context);

/**
 * The system's own code behind the last failure in this thread: errno, or
 * Winsock's. For logs only; it tells nothing after a success, and nothing when
 * the library refused an argument by itself.
 */
IDEM_API int idem_native_error(void);

/** The version of the library in use, such as "0.1.0". */
IDEM_API const char *idem_version(void);

/* ---- Addresses --------------------------------------------------------- */

/* Families, types and protocols, with Winsock's values on every platform. */
enum {
    IDEM_AF_UNSPEC = 0, /**< No address. */
    IDEM_AF_UNIX = 1,   /**< A path, or another name on this machine. */
    IDEM_AF_INET = 2,   /**< IPv4. */
    IDEM_AF_INET6 = 23  /**< IPv6, and IPv6 only. */
};

enum {
    IDEM_SOCK_STREAM = 1, /**< Bytes in order: TCP. */
    IDEM_SOCK_DGRAM = 2   /**< Datagrams: UDP. */
};

enum {
    IDEM_IPPROTO_IP = 0, /**< These two are levels of options only. */
    IDEM_IPPROTO_IPV6 = 41,
    IDEM_IPPROTO_TCP = 6,
    IDEM_IPPROTO_UDP = 17
};

/**
 * Where a socket is, or whom it talks to. A plain value of frozen size: copy
 * it freely, and zero it to mean "no address".
 */
typedef struct idem_address {
    int32_t family;       /**< IDEM_AF_INET, IDEM_AF_INET6, ... */
    uint16_t port;        /**< IPv4 and IPv6; host byte order. */
    uint16_t path_length; /**< Unix only: bytes used of path; 0: no name. */
    uint32_t flowinfo;    /**< IPv6 only: host byte order, a flow label of 20
                               bits. More is #IDEM_EINVAL. */
    uint32_t scope_id;    /**< IPv6 only: interface index, 0 for none. */
    uint8_t ip[16];       /**< Network order; IPv4 uses the first 4 bytes. */
    char path[108];       /**< Unix only; not terminated by NUL. */
} idem_address;

/** Room for the text of any address, with its terminator. */
#define IDEM_ADDRESS_TEXT 128

/**
 * Make an address of a numeric @p host and a @p port.
 *
 * Strict and the same everywhere: four decimal numbers without leading zeros,
 * or IPv6 as in RFC 4291, with "%7" for a scope. "" is every IPv4 interface,
 * "<broadcast>" is 255.255.255.255, as in Python. Names are for
 * idem_getaddrinfo() and idem_create_connection().
 *
 * @return #IDEM_OK; #IDEM_EINVAL: not a numeric address, or a port outside 0
 *         to 65535.
 * Python: the tuple `(host, port)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_address_make(const char *host, int port,
                                                     idem_address *out);

/**
 * Read what idem_address_format() writes: "192.0.2.1:80", "[2001:db8::1]:80".
 * Without a port ("192.0.2.1", "2001:db8::1") the port is 0.
 *
 * @return #IDEM_OK; #IDEM_EINVAL: anything else, also an empty text.
 */
IDEM_API IDEM_NODISCARD idem_error idem_address_parse(const char *text,
                                                      idem_address *out);

/**
 * Make the address of a Unix socket: a path of up to 107 bytes, whatever they
 * are; on Windows it is UTF-8. Or, where #IDEM_HAS_UNIX_ABSTRACT, a name that
 * is no path and needs no file: a NUL, then up to 107 bytes of any kind.
 *
 * @param length  Exact, without a NUL at the end.
 * @return #IDEM_OK;
 *         #IDEM_ENAMETOOLONG  too long. Systems other than Linux and Windows
 *                             have room for 103 bytes: they say so in bind and
 *                             connect;
 *         #IDEM_EINVAL        empty, or a path with a NUL in it.
 * Python: the address is the path itself, as `bytes` or `str`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_address_unix(const char *path,
                                                     size_t length,
                                                     idem_address *out);

/**
 * Write host and port: "192.0.2.1:80", "[fe80::1%7]:80". IPv6 as in RFC 5952.
 * Of a Unix socket the path, byte for byte; an abstract name with "@" for each
 * NUL; "" for none.
 *
 * @param[out] text  At least @p cap bytes; #IDEM_ADDRESS_TEXT always suffice.
 *                   Empty when the call fails.
 * @return #IDEM_OK; #IDEM_EFAULT: too short a buffer; #IDEM_EAFNOSUPPORT:
 *         nothing that has a text; #IDEM_EINVAL: a path beyond its room.
 */
IDEM_API idem_error idem_address_format(const idem_address *a, char *text,
                                        size_t cap);

/** Write the host alone: "192.0.2.1", "fe80::1%7", or the path. As
 *  idem_address_format(). */
IDEM_API idem_error idem_address_host(const idem_address *a, char *text,
                                      size_t cap);

/** Whether both name the same place; what their family does not use is not
 *  looked at. NULL equals nothing. */
IDEM_API bool idem_address_equal(const idem_address *a, const idem_address *b);

/* ---- Capabilities ------------------------------------------------------ */

/* What not every system has. */
enum {
    IDEM_HAS_IPV6 = 1,        /**< IPv6 sockets, and an address for them. */
    IDEM_HAS_DUALSTACK_IPV6,  /**< idem_set_v6only() with false. */
    IDEM_HAS_UNIX,            /**< #IDEM_AF_UNIX, streams. */
    IDEM_HAS_UNIX_DGRAM,      /**< #IDEM_AF_UNIX, datagrams. */
    IDEM_HAS_UNIX_ABSTRACT,   /**< Unix sockets with names that are no paths. */
    IDEM_HAS_REUSE_PORT,      /**< idem_set_reuse_port() with true. */
    IDEM_HAS_FD_PASSING,      /**< Handles can be sent over Unix sockets. */
    IDEM_HAS_SHARE,           /**< idem_share(). */
    IDEM_HAS_CREDENTIALS,     /**< idem_set_receive_credentials() and
                                   idem_get_peer_credentials(). */
    IDEM_HAS_PACKET_INFO,     /**< idem_set_receive_packet_info(). */
    IDEM_HAS_RECEIVE_TTL,     /**< idem_set_receive_ttl(). */
    IDEM_HAS_RECEIVE_TOS,     /**< idem_set_receive_tos(). */
    IDEM_HAS_TOS_IPV6,        /**< idem_set_tos() on an IPv6 socket. */
    IDEM_HAS_SEGMENT_OFFLOAD, /**< #IDEM_UDP_SEND_MSG_SIZE; messages with
                                   #IDEM_ANCILLARY_SEGMENTS are cut by the
                                   system. */
    IDEM_HAS_COALESCING,      /**< idem_set_receive_coalesced(). */
    IDEM_HAS_MESSAGE_TTL      /**< Sending #IDEM_ANCILLARY_TTL and
                                   #IDEM_ANCILLARY_TOS. */
};

/**
 * Whether the system has what it takes, one of IDEM_HAS_. Finds it out by
 * trying, on this machine, the first time it is asked.
 *
 * @return False also for an unknown @p feature.
 */
IDEM_API bool idem_has(int feature);

/** Whether one socket can serve IPv4 and IPv6: #IDEM_HAS_DUALSTACK_IPV6.
 *  Python: `socket.has_dualstack_ipv6()`. */
IDEM_API bool idem_has_dualstack_ipv6(void);

/* ---- Sockets ----------------------------------------------------------- */

/** A socket. Opaque; yours until idem_close(). NULL means "no socket". */
typedef struct idem_socket idem_socket;

/** Timeout of a socket that waits as long as it takes: Python's None. */
#define IDEM_FOREVER (-1.0)

/**
 * Open a socket. Its timeout is the default timeout; child processes do not
 * inherit it; an IPv6 socket is for IPv6 only.
 *
 * @param family    #IDEM_AF_INET, #IDEM_AF_INET6 or, where #IDEM_HAS_UNIX,
 *                  #IDEM_AF_UNIX.
 * @param type      #IDEM_SOCK_STREAM or #IDEM_SOCK_DGRAM.
 * @param protocol  0, or the protocol that goes with the type.
 * @return #IDEM_OK;
 *         #IDEM_EAFNOSUPPORT, #IDEM_ESOCKTNOSUPPORT, #IDEM_EPROTONOSUPPORT
 *                        unknown, or not to be had here, checked in this order;
 *         #IDEM_EMFILE   too many open files;
 *         #IDEM_EACCES   not allowed here.
 * Python: `socket.socket(family, type, proto)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_open(int family, int type, int protocol,
                                             idem_socket **out);

/**
 * Two sockets connected to each other, for the threads of a program, or for it
 * and its children. Takes no time worth counting, whatever the default timeout
 * is, which both have then.
 *
 * Unix sockets are the system's own pairs. Over IPv4 and IPv6 a pair is made on
 * loopback: both ends have been compared with each other, so no stranger can
 * slip in between, nothing is left listening, and streams send without delay.
 *
 * @param family  #IDEM_AF_UNSPEC for whatever is best here, #IDEM_AF_UNIX,
 *                #IDEM_AF_INET or #IDEM_AF_INET6. What is best has the ways of
 *                a Unix socket on one system and of TCP or UDP on another: ask
 *                for #IDEM_AF_INET where these must be the same.
 * @param type    #IDEM_SOCK_STREAM or #IDEM_SOCK_DGRAM.
 * @param protocol  0, or the protocol that goes with both.
 * @return #IDEM_OK;
 *         #IDEM_EAFNOSUPPORT, #IDEM_ESOCKTNOSUPPORT, #IDEM_EPROTONOSUPPORT
 *                          as idem_open();
 *         #IDEM_EOPNOTSUPP #IDEM_AF_UNIX, on a system without such pairs;
 *         #IDEM_EMFILE     too many open files;
 *         #IDEM_ETIMEDOUT  for 10 seconds nobody but strangers got in.
 * Python: `socket.socketpair(family, type, proto)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_socketpair(int family, int type,
                                                   int protocol,
                                                   idem_socket **a,
                                                   idem_socket **b);

/**
 * Close @p s and free it. Calls of other threads that are inside @p s return
 * #IDEM_ECANCELED before this one returns. NULL is fine and does nothing.
 *
 * Never waits for the peer: what was sent still goes out in the background,
 * unless idem_set_linger() says otherwise.
 *
 * @return #IDEM_OK; another code when the system had something to complain
 *         about. The socket is closed and freed all the same.
 * Python: `s.close()`.
 */
IDEM_API idem_error idem_close(idem_socket *s);

/**
 * End every call that waits on @p s: now, and from now on. They return
 * #IDEM_ECANCELED; what a call inside had done first is still its result. The
 * connection may be shut down; the socket remains to be closed. May be called
 * from any thread, any number of times; never waits.
 *
 * Python: nothing like it.
 */
IDEM_API idem_error idem_cancel(idem_socket *s);

/**
 * Give @p s a local address. Port 0 lets the system choose; ask
 * idem_getsockname(). A server that restarts gets its port back at once; two
 * live listeners never share one, unless both have idem_set_reuse_port().
 *
 * A Unix socket makes its path, which must not exist, and leaves it there when
 * it is closed: removing it, then or before the next bind, is yours to do, for
 * nobody else can know whether another server lives behind it.
 *
 * @return #IDEM_OK;
 *         #IDEM_EADDRINUSE     somebody has that port (where nobody listens
 *                              yet, Linux tells it in idem_listen()); that path
 *                              exists;
 *         #IDEM_ENOENT, #IDEM_ENAMETOOLONG  no directory for that path, or no
 *                              room for it;
 *         #IDEM_EOPNOTSUPP     an abstract name, where there are none;
 *         #IDEM_EADDRNOTAVAIL  not an address of this machine;
 *         #IDEM_EACCES         not allowed (low ports on some systems);
 *         #IDEM_EAFNOSUPPORT   address of another family;
 *         #IDEM_EINVAL         already bound, or failed to connect; no path at
 *                              all, or one beyond its room; a flow label of
 *                              more than 20 bits.
 * Python: `s.bind((host, port))`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_bind(idem_socket *s,
                                             const idem_address *at);

/**
 * Accept connections from now on. A socket that is not bound gets a port by
 * itself, but for a Unix socket (#IDEM_EINVAL). Calling it again changes the
 * backlog.
 *
 * @param backlog  Connections the system may hold ready before it turns
 *                 others away; a hint. Negative counts as 0.
 * @return #IDEM_OK;
 *         #IDEM_EADDRINUSE   another listener has that port;
 *         #IDEM_EINVAL       connected, connecting, or failed to connect; a
 *                            Unix socket without a name;
 *         #IDEM_EOPNOTSUPP   not a stream socket.
 * Python: `s.listen(backlog)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_listen(idem_socket *s, int backlog);

/**
 * Wait for a connection and take it. The new socket has the default timeout
 * whatever the listener has, and is not inherited by child processes.
 * Connections that were gone before they were taken are passed over.
 *
 * @param[out] out   The new socket; NULL on failure.
 * @param[out] peer  Who connected: mostly nameless over a Unix socket.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL       not listening;
 *         #IDEM_EOPNOTSUPP   not a stream socket;
 *         #IDEM_EMFILE       too many open files; the connection stays queued.
 * Python: `conn, address = s.accept()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_accept(idem_socket *s,
                                               idem_socket **out,
                                               idem_address *peer);

/**
 * Connect to @p to. On a stream it waits until the connection stands. On a
 * datagram socket it sets the peer, at once, and may be repeated. The
 * unspecified address (0.0.0.0, ::) means this machine.
 *
 * With timeout 0 the first call starts and gives #IDEM_EWOULDBLOCK. Wait for
 * #IDEM_POLLOUT, then call again: #IDEM_EISCONN says it stands, another code
 * why it failed, #IDEM_EALREADY that it is still under way. After a failure
 * the socket may be tried again where the system allows it; a new one is safer.
 *
 * A Unix socket is connected at once, or not: when the listener's queue is full
 * nothing is under way after #IDEM_EWOULDBLOCK or #IDEM_ETIMEDOUT, no event
 * tells when there is room, and the socket is as it was: call again after a
 * while. (macOS and the BSDs refuse instead.)
 *
 * @return #IDEM_OK;
 *         #IDEM_ECONNREFUSED   nobody listens there;
 *         #IDEM_ENOENT         that path does not exist;
 *         #IDEM_EPROTOTYPE     a Unix socket of the other type, at a path: each
 *                              type has abstract names of its own;
 *         #IDEM_ENAMETOOLONG, #IDEM_EOPNOTSUPP  as idem_bind();
 *         #IDEM_EHOSTUNREACH, #IDEM_ENETUNREACH  no way there;
 *         #IDEM_EADDRNOTAVAIL  port 0, no name, or no local port left;
 *         #IDEM_EALREADY       under way already;
 *         #IDEM_EISCONN        connected already;
 *         #IDEM_EINVAL         a listener;
 *         #IDEM_EAFNOSUPPORT   address of another family;
 *         #IDEM_EACCES         broadcast address without permission; a path
 *                              that is not ours to use.
 * Python: `s.connect((host, port))`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_connect(idem_socket *s,
                                                const idem_address *to);

/**
 * The same as idem_connect(): in C every call returns its code. Here so that
 * what a document says of connect_ex, such as 10061, can be written down.
 *
 * Python: `s.connect_ex((host, port))`, but a timeout is #IDEM_ETIMEDOUT.
 */
IDEM_API IDEM_NODISCARD idem_error idem_connect_ex(idem_socket *s,
                                                   const idem_address *to);

/* Ends of a connection, for idem_shutdown(). */
enum {
    IDEM_SHUT_RD = 0,  /**< Receive no more. */
    IDEM_SHUT_WR = 1,  /**< Send no more: the peer reads the end. */
    IDEM_SHUT_RDWR = 2 /**< Neither. */
};

/**
 * Close one or both directions. Receiving then gives 0 bytes, sending
 * #IDEM_ESHUTDOWN, also in calls of other threads that wait. May be repeated.
 *
 * @return #IDEM_OK;
 *         #IDEM_ENOTCONN  not connected;
 *         #IDEM_EINVAL    not one of the three.
 * Python: `s.shutdown(how)`.
 */
IDEM_API idem_error idem_shutdown(idem_socket *s, int how);

/* ---- Transfers --------------------------------------------------------- */

/* Flags of the transfers below, 0 in most programs. Others, and flags that do
 * not go with the call, are IDEM_EOPNOTSUPP. */
enum {
    IDEM_MSG_OOB = 0x1,           /**< Send on a stream over IP: the last byte
                                     is urgent. Received among the other data
                                     with #IDEM_SO_OOBINLINE, else not. */
    IDEM_MSG_PEEK = 0x2,          /**< Receive: leave the data there. */
    IDEM_MSG_DONTROUTE = 0x4,     /**< Send: to hosts on this network only. */
    IDEM_MSG_WAITALL = 0x8,       /**< Receive on a stream: fill the buffer. */
    IDEM_MSG_DONTWAIT = 0x1000000 /**< This call: as if the timeout were 0. */
};

/**
 * Receive at most @p cap bytes: waits until something is there, then takes
 * what is there. On a stream success with 0 bytes means that the peer has
 * finished sending, that receiving was shut down, or that @p cap is 0, which
 * is answered at once. On a datagram socket 0 bytes are an empty datagram.
 *
 * With #IDEM_MSG_WAITALL, a stream fills the buffer: less than @p cap with
 * success means that the peer has finished; on failure *@p got bytes have
 * been received, and are lost to later calls.
 *
 * @param[out] buf  At least @p cap bytes; may be NULL when @p cap is 0.
 * @param[out] got  Bytes received, at most @p cap.
 * @return #IDEM_OK;
 *         #IDEM_ECONNRESET    the peer reset the connection; so it stays;
 *         #IDEM_ETIMEDOUT, #IDEM_ENETRESET, #IDEM_EHOSTUNREACH,
 *         #IDEM_ENETUNREACH, #IDEM_EHOSTDOWN  a stream that the system gave up,
 *                             whose peer cannot be reached; so it stays;
 *         #IDEM_ENOTCONN      a stream that is not connected; and, once, what
 *                             idem_connect() tells, when that went on in the
 *                             background and failed;
 *         #IDEM_EMSGSIZE      a longer datagram: the buffer is full, the rest
 *                             of it is lost;
 *         #IDEM_ECONNREFUSED  connected datagram socket: the peer's port is
 *                             closed, where the system tells.
 * Python: `s.recv_into(buf, cap, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_recv(idem_socket *s, void *buf,
                                             size_t cap, int flags,
                                             size_t *got);

/**
 * Receive as idem_recv(), and tell who sent it. A datagram socket that is not
 * bound gets a port by itself.
 *
 * @param[out] from  The sender of the datagram, also with #IDEM_EMSGSIZE; no
 *                   address (family #IDEM_AF_UNSPEC) on a stream. A Unix
 *                   socket that is not bound has no name to answer to.
 * @return As idem_recv().
 * Python: `s.recvfrom_into(buf, cap, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_recvfrom(idem_socket *s, void *buf,
                                                 size_t cap, int flags,
                                                 size_t *got,
                                                 idem_address *from);

/**
 * Send: waits until there is room, then sends what fits, which may be less
 * than @p len. A datagram goes out whole or not at all.
 *
 * @param      data  @p len bytes; may be NULL when @p len is 0.
 * @param[out] sent  Bytes sent, at most @p len.
 * @return #IDEM_OK;
 *         #IDEM_ECONNRESET    the peer reset or closed the connection;
 *         #IDEM_ESHUTDOWN     sending was shut down on this side;
 *         #IDEM_EDESTADDRREQ  a datagram socket that is not connected;
 *         #IDEM_EMSGSIZE      too long for a datagram;
 *         #IDEM_ENOTCONN, #IDEM_ECONNREFUSED, and what a broken connection
 *                             tells, as idem_recv().
 * Python: `s.send(data, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_send(idem_socket *s, const void *data,
                                             size_t len, int flags,
                                             size_t *sent);

/**
 * Send everything, or fail. The timeout bounds the whole call.
 *
 * @param[out] sent  Bytes sent: @p len on success, the progress on failure.
 * @return As idem_send().
 * Python: `s.sendall(data, flags)`, which cannot tell the progress.
 */
IDEM_API IDEM_NODISCARD idem_error idem_sendall(idem_socket *s,
                                                const void *data, size_t len,
                                                int flags, size_t *sent);

/**
 * Send one datagram to @p to; NULL means the connected peer. The unspecified
 * address means this machine. On a stream @p to is ignored.
 *
 * Over a Unix socket it waits while the receiver's queue is full.
 *
 * @return As idem_send(), and
 *         #IDEM_EADDRNOTAVAIL  port 0, or no name;
 *         #IDEM_EINVAL, #IDEM_ENAMETOOLONG, #IDEM_EOPNOTSUPP  no such address,
 *                              as idem_bind();
 *         #IDEM_ENOENT, #IDEM_ECONNREFUSED, #IDEM_EPROTOTYPE  no such path, or
 *                              nobody there who takes datagrams;
 *         #IDEM_EAFNOSUPPORT   address of another family;
 *         #IDEM_EACCES         broadcast address without permission;
 *         #IDEM_EHOSTUNREACH, #IDEM_ENETUNREACH  no way there.
 * Python: `s.sendto(data, flags, address)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_sendto(idem_socket *s, const void *data,
                                               size_t len, int flags,
                                               const idem_address *to,
                                               size_t *sent);

/* ---- Messages ---------------------------------------------------------- */

/** A piece of memory, to send from or to receive into. */
typedef struct idem_buffer {
    void *data;  /**< May be NULL when size is 0. Sending only reads it. */
    size_t size; /**< In bytes. */
} idem_buffer;

/** The most buffers that a message may have. */
#define IDEM_BUFFERS_MAX 1024

/* Bits of idem_ancillary.present. */
enum {
    IDEM_ANCILLARY_PACKET_INFO = 0x1, /**< destination, interface_index. */
    IDEM_ANCILLARY_TTL = 0x2,         /**< ttl. */
    IDEM_ANCILLARY_TOS = 0x4,         /**< tos. */
    IDEM_ANCILLARY_SEGMENTS = 0x8,    /**< segment_size. */
    IDEM_ANCILLARY_HANDLES = 0x10,    /**< handles, handle_count. */
    IDEM_ANCILLARY_CREDENTIALS = 0x20 /**< credentials. */
};

/** A process, and whose it is. */
typedef struct idem_credentials {
    int64_t pid;
    int64_t uid;
    int64_t gid;
} idem_credentials;

/**
 * What travels beside the data of a message. Zero it, and set what you need.
 *
 * To send, set bits of present and what goes with them. A bit that does not go
 * with the socket, or that the system has no way to do, is #IDEM_EOPNOTSUPP:
 * the first four go with datagrams over IPv4 and IPv6, the last two with Unix
 * sockets.
 *
 * After receiving, present says what came, and all that did not come is 0.
 * Packet info, ttl, tos and credentials come on a socket that was asked for
 * them, by idem_set_receive_packet_info() and its like; segments, by
 * idem_set_receive_coalesced(); handles, when there is room for them.
 */
typedef struct idem_ancillary {
    unsigned present; /**< IDEM_ANCILLARY_ bits. */

    /** The local address: that a datagram was sent to, or is to come from.
     *  Port and scope are not used. Sending: family 0 is any. */
    idem_address destination;
    /** The interface that it came in by, or has to go out by. Sending: 0 is
     *  any. */
    uint32_t interface_index;

    int32_t ttl; /**< Time to live, or hop limit: 1 to 255. */
    int32_t tos; /**< Type of service, or traffic class: 0 to 255. */

    /** Sending: the message goes out as datagrams of this size, the last one
     *  as long as what is left. Received: it is several datagrams of one
     *  sender, all but the last of this size. */
    size_t segment_size;

    intptr_t *handles;      /**< Descriptors: to send; room for what comes. */
    size_t handle_capacity; /**< Receiving: the entries of that room. */
    size_t handle_count;    /**< How many are sent, 252 at most, or came. */

    /** The sending process, as the system vouches for it. */
    idem_credentials credentials;
} idem_ancillary;

/** A message. Zero it, and set what you need. */
typedef struct idem_message {
    /** Sending: where to; family 0 is the connected peer. Received: who from;
     *  family 0 on a stream. */
    idem_address address;
    const idem_buffer *buffers; /**< Sent, or filled, one after the other. */
    size_t buffer_count;        /**< At most #IDEM_BUFFERS_MAX. */
    idem_ancillary *ancillary;  /**< Or NULL. */
    int flags;                  /**< Out: #IDEM_MSG_TRUNC, #IDEM_MSG_CTRUNC. */
    size_t length;              /**< Out: bytes sent, or received. */
} idem_message;

/* Flags of a received message. */
enum {
    IDEM_MSG_TRUNC = 0x100, /**< The datagram was longer than the buffers. */
    IDEM_MSG_CTRUNC = 0x200 /**< Not all ancillary data could be taken. */
};

/**
 * Send what is in several buffers as one: on a datagram socket one datagram,
 * on a stream as much as fits, as idem_send() does.
 *
 * With #IDEM_ANCILLARY_SEGMENTS, many datagrams: the system cuts them where it
 * can, which is several times as fast, and this library where it cannot. A
 * failure may leave some of them sent; length tells.
 *
 * Handles go with the first byte: they have gone as soon as length is more than
 * 0. The other process gets its own to the same things. They remain yours. What
 * you share of a socket of this library is also its blocking mode: pass on one
 * that was detached.
 *
 * @param m  Its flags and length are written.
 * @return As idem_sendto(), and
 *         #IDEM_EINVAL       too many buffers; a number out of range; no data,
 *                            on a stream, for handles to go with;
 *         #IDEM_EOPNOTSUPP   ancillary data that do not go with the socket, or
 *                            that the system has no way to send;
 *         #IDEM_EADDRNOTAVAIL  packet info that is not of this machine;
 *         #IDEM_EBADF        a handle that is none;
 *         #IDEM_EACCES       credentials of somebody else;
 *         #IDEM_ETOOMANYREFS too many handles that were not received yet.
 * Python: `s.sendmsg(buffers, ancdata, flags, address)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_sendmsg(idem_socket *s, idem_message *m,
                                                int flags);

/**
 * Receive into several buffers, one after the other, as idem_recvfrom() does
 * into one. Child processes inherit no handle that comes. Handles that there is
 * no room for, and those of a datagram that was cut, are closed:
 * #IDEM_MSG_CTRUNC.
 *
 * @param m      Its address, flags, length and ancillary data are written.
 * @param flags  #IDEM_MSG_PEEK, but not with room for handles;
 *               #IDEM_MSG_DONTWAIT.
 * @return As idem_recvfrom(), and #IDEM_EINVAL: too many buffers. With
 *         #IDEM_EMSGSIZE, #IDEM_MSG_TRUNC is set and all else written, too.
 * Python: `s.recvmsg_into(buffers, ancbufsize, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_recvmsg(idem_socket *s, idem_message *m,
                                                int flags);

/**
 * Send several datagrams, in order: waits until there is room for the first,
 * then sends as many as go at once. One that fails is not told while some were
 * sent before it; it is the first one of the next call.
 *
 * @param      m     Of each that was sent, flags and length are written. One
 *                   with segments may be sent in part: its length tells.
 * @param[out] done  Messages sent. 0 with success only when @p count is 0.
 * @return As idem_sendmsg() for the first one; #IDEM_EOPNOTSUPP: a stream.
 * Python: nothing like it.
 */
IDEM_API IDEM_NODISCARD idem_error idem_send_batch(idem_socket *s,
                                                   idem_message *m,
                                                   size_t count, int flags,
                                                   size_t *done);

/**
 * Receive several datagrams: waits for the first, then takes what is there. One
 * that was cut has #IDEM_MSG_TRUNC, and is no failure here.
 *
 * @param      m      Of each that was received all outputs are written; the
 *                    others stay as they are.
 * @param      flags  #IDEM_MSG_DONTWAIT.
 * @param[out] done   Messages received. 0 with success when @p count is 0, or
 *                    receiving was shut down.
 * @return As idem_recvmsg(); #IDEM_EOPNOTSUPP: a stream; #IDEM_EINVAL: buffers
 * of more than 2 GiB in one message. Python: nothing like it.
 */
IDEM_API IDEM_NODISCARD idem_error idem_recv_batch(idem_socket *s,
                                                   idem_message *m,
                                                   size_t count, int flags,
                                                   size_t *done);

/**
 * Send data over a Unix socket, and handles with them; see idem_sendmsg().
 *
 * @param[out] sent  Bytes sent. The handles have gone when it is not 0, or the
 *                   call succeeded.
 * @return As idem_sendmsg().
 * Python: `socket.send_fds(s, [data], handles, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_send_fds(idem_socket *s,
                                                 const void *data, size_t len,
                                                 const intptr_t *handles,
                                                 size_t count, int flags,
                                                 size_t *sent);

/**
 * Receive data over a Unix socket, and handles with them; see idem_recvmsg().
 *
 * @param[out] handles       Yours to close. None is left open when the call
 *                           fails.
 * @param[out] handle_count  How many came.
 * @return As idem_recvmsg(); #IDEM_EMSGSIZE also when more than @p handle_cap
 *         came: the data are in the buffer; #IDEM_EOPNOTSUPP: not a Unix
 *         socket, or not here, see #IDEM_HAS_FD_PASSING.
 * Python: `socket.recv_fds(s, cap, handle_cap, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_recv_fds(idem_socket *s, void *buf,
                                                 size_t cap, intptr_t *handles,
                                                 size_t handle_cap, int flags,
                                                 size_t *got,
                                                 size_t *handle_count);

/* ---- Files and streams ------------------------------------------------- */

/**
 * Send a file, or a part of it, without a detour through the program where the
 * system has a way. The timeout bounds the whole call. A file that ends before
 * @p count bytes, as one does that shrinks meanwhile, is no failure: compare.
 *
 * What is no regular file, such as a pipe, is read to its end, waiting for more
 * within the timeout; bytes that were read and could not be sent are lost. The
 * position that a file may have is neither used nor, on POSIX, changed.
 *
 * @param      file    An open descriptor; on Windows, a HANDLE.
 * @param      offset  Where to begin; 0 for a pipe.
 * @param      count   How many bytes; 0 for all to the end.
 * @param[out] sent    Bytes sent, also on failure. After a cancel on Windows,
 *                     and on a connection that broke, it may be less than went
 *                     out.
 * @return As idem_sendall(), and
 *         #IDEM_EBADF        no open file, or none that can be read;
 *         #IDEM_EINVAL       an offset that no file has, or for a pipe;
 *         #IDEM_EOPNOTSUPP   not a stream socket.
 * Python: `s.sendfile(file, offset, count)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_sendfile(idem_socket *s, intptr_t file,
                                                 uint64_t offset,
                                                 uint64_t count,
                                                 uint64_t *sent);

/**
 * A connected stream with buffers, one for each direction: what Python's
 * makefile() makes. Opaque; yours until idem_stream_close(). The socket stays
 * yours, too: keep it open as long as the stream.
 *
 * A stream reads ahead. What it holds already is not seen by idem_recv() and
 * idem_poll(): read until there is nothing left before you wait with the
 * latter. What is written goes out when the buffer is full, or with
 * idem_stream_flush(): flush before you wait for an answer.
 *
 * Its calls wait as calls on the socket do, each within one timeout. A call to
 * read that fails has taken nothing, and may be repeated: what had arrived by
 * then is still held, and can be read also when the connection is broken or
 * the socket cancelled. Besides the codes below, calls return those of
 * idem_recv() or idem_send(), and #IDEM_ENOMEM.
 *
 * NULL in place of a stream is #IDEM_EFAULT. One thread may read while another
 * writes; two must not read at a time, and two not write.
 */
typedef struct idem_stream idem_stream;

/**
 * Make a stream of a socket.
 *
 * @param buffer_size  Bytes to hold in each direction; 0: 8192. A longer line,
 *                     and readexactly of more, make room for themselves.
 * @return #IDEM_OK; #IDEM_EOPNOTSUPP: not a stream socket; #IDEM_ENOMEM.
 * Python: `f = s.makefile('rwb', buffer_size)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_open(idem_socket *s,
                                                    size_t buffer_size,
                                                    idem_stream **out);

/**
 * Send what is held back and free @p st, also when that fails: call
 * idem_stream_flush() first if you want to repeat it. The socket stays open.
 * No other thread may be inside. NULL is fine and does nothing.
 *
 * @return As idem_stream_flush().
 * Python: `f.close()`.
 */
IDEM_API idem_error idem_stream_close(idem_stream *st);

/**
 * Read at most @p cap bytes: waits until something is there, then takes what
 * is there. Success with 0 bytes means that the peer has finished, or that
 * @p cap is 0.
 *
 * @param[out] got  Bytes read, at most @p cap.
 * Python: `f.read1(cap)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_read(idem_stream *st, void *buf,
                                                    size_t cap, size_t *got);

/**
 * Read exactly @p n bytes: waits until all of them are there.
 *
 * @param[out] got  @p n, or 0 on failure.
 * @return #IDEM_OK; #IDEM_EDISCON: the peer has finished before. What came is
 *         there for idem_stream_read().
 * Python: `reader.readexactly(n)` of asyncio.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_readexactly(idem_stream *st,
                                                           void *buf, size_t n,
                                                           size_t *got);

/**
 * Read a line with its newline. The last one before the peer finished may have
 * none; then 0 bytes come. Any other byte is data, also NUL.
 *
 * @param[out] buf  The line, without a terminator.
 * @param      cap  The longest line, with its newline.
 * @return #IDEM_OK; #IDEM_EMSGSIZE: no newline among the first @p cap bytes.
 *         They can still be read, by any call.
 * Python: `f.readline()`, whose limit cuts a line.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_readline(idem_stream *st,
                                                        void *buf, size_t cap,
                                                        size_t *got);

/**
 * Read to the end of the first @p separator, as idem_stream_readline() does to
 * a newline.
 *
 * @param separator  @p separator_size bytes, such as "\r\n\r\n" and 4.
 * @return #IDEM_OK; #IDEM_EMSGSIZE: as idem_stream_readline();
 *         #IDEM_EDISCON: the peer has finished before. What came is there for
 *                        idem_stream_read();
 *         #IDEM_EINVAL:  a separator of 0 bytes.
 * Python: `reader.readuntil(separator)` of asyncio.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_readuntil(idem_stream *st,
                                                         const void *separator,
                                                         size_t separator_size,
                                                         void *buf, size_t cap,
                                                         size_t *got);

/**
 * Write: into the buffer as long as there is room, which does not wait; then
 * sends what is there first.
 *
 * @param[out] written  Bytes taken over: @p len on success. On failure the
 *                      others are still yours, to be written again.
 * Python: `f.write(data)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_write(idem_stream *st,
                                                     const void *data,
                                                     size_t len,
                                                     size_t *written);

/**
 * Send everything that was written. What does not go out in time is held, and
 * the call may be repeated.
 *
 * Python: `f.flush()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_stream_flush(idem_stream *st);

/* ---- Timeouts ---------------------------------------------------------- */

/**
 * Set how long calls on @p s may wait: seconds, #IDEM_FOREVER, or 0 for never.
 * A call under way keeps the timeout it began with. Rounded up to nanoseconds;
 * more than a century counts as a century.
 *
 * @return #IDEM_OK; #IDEM_EINVAL: another negative number, or not a number.
 * Python: `s.settimeout(seconds)`, `s.settimeout(None)`.
 */
IDEM_API idem_error idem_settimeout(idem_socket *s, double seconds);

/** The timeout of @p s in seconds, or #IDEM_FOREVER (also on failure).
 *  Python: `s.gettimeout()`. */
IDEM_API idem_error idem_gettimeout(const idem_socket *s, double *seconds);

/** True is settimeout(IDEM_FOREVER), false is settimeout(0).
 *  Python: `s.setblocking(flag)`. */
IDEM_API idem_error idem_setblocking(idem_socket *s, bool blocking);

/** Whether the timeout is other than 0; false on failure.
 *  Python: `s.getblocking()`. */
IDEM_API idem_error idem_getblocking(const idem_socket *s, bool *blocking);

/** Set the timeout that sockets begin with when they are opened, accepted or
 *  adopted; #IDEM_FOREVER at first. As idem_settimeout().
 *  Python: `socket.setdefaulttimeout(seconds)`. */
IDEM_API idem_error idem_setdefaulttimeout(double seconds);

/** The default timeout in seconds, or #IDEM_FOREVER.
 *  Python: `socket.getdefaulttimeout()`. */
IDEM_API double idem_getdefaulttimeout(void);

/* ---- Options ----------------------------------------------------------- */

/* One function to set and one to ask for each option that programs really use,
 * and two for the rest. Each has one meaning, one range and one unit; what a
 * system cannot do it says. For all of them:
 *
 * - #IDEM_ENOPROTOOPT  a socket of this type or family has no such option;
 * - #IDEM_EINVAL       a value out of its range, or too late: an option that
 *                      says how to bind, once the socket is bound;
 * - #IDEM_EOPNOTSUPP   the system lacks it, which idem_has() tells before;
 * - what is asked for is 0, false or zeroed when the call fails;
 * - they never wait, and work on a cancelled socket, too.
 *
 * On an IPv6 socket what concerns packets holds for its IPv4 traffic as well,
 * once idem_set_v6only() has allowed any. */

/**
 * Let others, who say the same, bind to the same port: connections, or
 * datagrams, are then shared out among them. Before bind; off at first.
 * See #IDEM_HAS_REUSE_PORT. This is not the SO_REUSEADDR of a server that
 * restarts: for that nothing has to be set here.
 *
 * Python: `s.setsockopt(SOL_SOCKET, SO_REUSEPORT, on)`.
 */
IDEM_API idem_error idem_set_reuse_port(idem_socket *s, bool on);
IDEM_API idem_error idem_get_reuse_port(idem_socket *s, bool *on);

/**
 * Allow a datagram socket over IPv4 to send to broadcast addresses, which is
 * #IDEM_EACCES otherwise. Off at first.
 *
 * Python: `s.setsockopt(SOL_SOCKET, SO_BROADCAST, on)`.
 */
IDEM_API idem_error idem_set_broadcast(idem_socket *s, bool on);
IDEM_API idem_error idem_get_broadcast(idem_socket *s, bool *on);

/**
 * Send small pieces at once instead of gathering them while others are under
 * way. TCP; off at first.
 *
 * Python: `s.setsockopt(IPPROTO_TCP, TCP_NODELAY, on)`.
 */
IDEM_API idem_error idem_set_nodelay(idem_socket *s, bool on);
IDEM_API idem_error idem_get_nodelay(idem_socket *s, bool *on);

/**
 * Whether an IPv6 socket is for IPv6 only, as it is at first. Off, it also
 * talks to IPv4, whose addresses it shows as ::ffff:192.0.2.1. Before bind.
 * See #IDEM_HAS_DUALSTACK_IPV6.
 *
 * Python: `s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, on)`.
 */
IDEM_API idem_error idem_set_v6only(idem_socket *s, bool on);
IDEM_API idem_error idem_get_v6only(idem_socket *s, bool *on);

/** Whether and how a silent peer is asked for a sign of life. */
typedef struct idem_keepalive {
    bool on;
    int idle;     /**< Seconds of silence before the first question. */
    int interval; /**< Seconds between questions. */
    int count;    /**< Questions without an answer before it is given up. */
} idem_keepalive;

/**
 * Set keepalive of a TCP socket; off at first. Times up to 32767, a count up
 * to 127; 0 leaves as it is what the system has.
 *
 * Windows before 10 1709 sets idle and interval together (2 h and 1 s where
 * one is 0), always asks 10 times, and does not tell the times: they are 0.
 *
 * Python: `SO_KEEPALIVE`, `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`.
 */
IDEM_API idem_error idem_set_keepalive(idem_socket *s,
                                       const idem_keepalive *how);
IDEM_API idem_error idem_get_keepalive(idem_socket *s, idem_keepalive *how);

/**
 * What closing does with data that was not sent yet: -1, as it is at first,
 * sends it in the background; 0 throws it away and resets the connection; up
 * to 65535 makes idem_close() wait that many seconds for it to arrive. TCP.
 *
 * Python: `s.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack(...))`.
 */
IDEM_API idem_error idem_set_linger(idem_socket *s, int seconds);
IDEM_API idem_error idem_get_linger(idem_socket *s, int *seconds);

/**
 * How much the system keeps of what was sent and not yet acknowledged, or
 * received and not yet fetched: bytes, from 1 up; a wish, which the system
 * fits into its own limits. For a large receive buffer to be of use to TCP, set
 * it before the connection is there.
 *
 * @param[out] bytes  What was wished, or what the system made of it: where it
 *                    doubles the number, as Linux does, that is undone.
 * Python: `s.setsockopt(SOL_SOCKET, SO_SNDBUF, n)`, `SO_RCVBUF`.
 */
IDEM_API idem_error idem_set_send_buffer(idem_socket *s, int bytes);
IDEM_API idem_error idem_get_send_buffer(idem_socket *s, int *bytes);
IDEM_API idem_error idem_set_receive_buffer(idem_socket *s, int bytes);
IDEM_API idem_error idem_get_receive_buffer(idem_socket *s, int *bytes);

/**
 * How many routers a packet may pass, 1 to 255; IPv6 calls it hop limit. For
 * multicasts, idem_set_multicast_ttl().
 *
 * Python: `IP_TTL`, `IPV6_UNICAST_HOPS`.
 */
IDEM_API idem_error idem_set_ttl(idem_socket *s, int hops);
IDEM_API idem_error idem_get_ttl(idem_socket *s, int *hops);

/**
 * Type of service: the DSCP in the upper six bits, ECN in the lower two; IPv6
 * calls it traffic class. 0 to 255; on TCP the lower two are the system's, and
 * have to be 0. Windows takes it and sends 0, unless a policy says otherwise.
 * See #IDEM_HAS_TOS_IPV6.
 *
 * Python: `IP_TOS`, `IPV6_TCLASS`.
 */
IDEM_API idem_error idem_set_tos(idem_socket *s, int tos);
IDEM_API idem_error idem_get_tos(idem_socket *s, int *tos);

/**
 * Receive what is sent to a multicast group, on one interface; leave it again.
 * The socket has to be bound to the port. Several programs on one machine can
 * receive the same if each sets #IDEM_SO_REUSEADDR before it binds.
 *
 * @param group    A multicast address of the socket's family; its port does
 *                 not matter, its scope stands for @p ifindex if that is 0.
 * @param ifindex  The interface by its index; 0 lets the system choose.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL         not a multicast address;
 *         #IDEM_EAFNOSUPPORT   of another family;
 *         #IDEM_EADDRINUSE     joined already;
 *         #IDEM_EADDRNOTAVAIL  not joined (leave); no such interface;
 *         #IDEM_ENOBUFS        joined too many.
 * Python: `IP_ADD_MEMBERSHIP`, `IPV6_JOIN_GROUP`, and their opposites.
 */
IDEM_API idem_error idem_join_group(idem_socket *s, const idem_address *group,
                                    unsigned ifindex);
IDEM_API idem_error idem_leave_group(idem_socket *s, const idem_address *group,
                                     unsigned ifindex);

/**
 * The interface that multicasts go out on: its index, 0 for the system's
 * choice, as at first. #IDEM_EADDRNOTAVAIL: no such interface. Where the system
 * keeps an IPv4 address instead, it is the one with that address that is told.
 *
 * Python: `IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`.
 */
IDEM_API idem_error idem_set_multicast_interface(idem_socket *s,
                                                 unsigned ifindex);
IDEM_API idem_error idem_get_multicast_interface(idem_socket *s,
                                                 unsigned *ifindex);

/**
 * Whether this machine hears its own multicasts; on at first. Linux asks the
 * socket that sends, Windows the one that receives: set it on both.
 *
 * Python: `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`.
 */
IDEM_API idem_error idem_set_multicast_loop(idem_socket *s, bool on);
IDEM_API idem_error idem_get_multicast_loop(idem_socket *s, bool *on);

/**
 * How many routers a multicast may pass, 0 to 255; 0 stays on this machine, 1,
 * as at first, in this network.
 *
 * Python: `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`.
 */
IDEM_API idem_error idem_set_multicast_ttl(idem_socket *s, int hops);
IDEM_API idem_error idem_get_multicast_ttl(idem_socket *s, int *hops);

/**
 * Have received datagrams tell the local address and the interface they came
 * to, the hops they had left, their type of service; and, over Unix sockets of
 * both types, which process sent them. Off at first. See #IDEM_HAS_PACKET_INFO,
 * #IDEM_HAS_RECEIVE_TTL, #IDEM_HAS_RECEIVE_TOS, #IDEM_HAS_CREDENTIALS.
 *
 * Python: `IP_PKTINFO`, `IP_RECVTTL`, `IP_RECVTOS`, `SO_PASSCRED`, and those of
 * IPv6.
 */
IDEM_API idem_error idem_set_receive_packet_info(idem_socket *s, bool on);
IDEM_API idem_error idem_get_receive_packet_info(idem_socket *s, bool *on);
IDEM_API idem_error idem_set_receive_ttl(idem_socket *s, bool on);
IDEM_API idem_error idem_get_receive_ttl(idem_socket *s, bool *on);
IDEM_API idem_error idem_set_receive_tos(idem_socket *s, bool on);
IDEM_API idem_error idem_get_receive_tos(idem_socket *s, bool *on);
IDEM_API idem_error idem_set_receive_credentials(idem_socket *s, bool on);
IDEM_API idem_error idem_get_receive_credentials(idem_socket *s, bool *on);

/**
 * Who is at the other end of a stream over Unix sockets, as the system noted it
 * when that end connected, began to listen, or was made as one of a pair. The
 * process may have ended since, or passed the socket on. See
 * #IDEM_HAS_CREDENTIALS.
 *
 * @return Besides the codes above, #IDEM_ENOTCONN.
 * Python: `s.getsockopt(SOL_SOCKET, SO_PEERCRED, struct.calcsize('3i'))`.
 */
IDEM_API idem_error idem_get_peer_credentials(idem_socket *s,
                                              idem_credentials *who);

/**
 * Let the system hand over several datagrams of one sender as one message, with
 * #IDEM_ANCILLARY_SEGMENTS: many times as fast where many come. While it is on,
 * only idem_recvmsg() and idem_recv_batch() with ancillary data see where a
 * datagram ends, and need room for 65536 bytes; all other ways to receive are
 * #IDEM_EOPNOTSUPP. A message without that bit is one datagram, as ever. Set it
 * before idem_dup(): a twin that is older does not know. See
 * #IDEM_HAS_COALESCING.
 *
 * Python: nothing like it; `UDP_GRO` on Linux.
 */
IDEM_API idem_error idem_set_receive_coalesced(idem_socket *s, bool on);
IDEM_API idem_error idem_get_receive_coalesced(idem_socket *s, bool *on);

/* Levels and names for the two functions below, with Winsock's numbers; where
 * it has none, the BSDs', and one of ours. The value of each is an int. What
 * stands above as a function has the same range and meaning here;
 * IDEM_IPPROTO_IP is for IPv4 sockets, IDEM_IPPROTO_IPV6 for IPv6 ones. */
enum {
    IDEM_SOL_SOCKET = 0xffff
};

/* Of IDEM_SOL_SOCKET. */
enum {
    IDEM_SO_ACCEPTCONN = 0x2, /**< Whether it listens. To be asked only. */
    IDEM_SO_REUSEADDR = 0x4,  /**< Datagrams: several sockets on one port,
                                 if all say so before bind. On all others it
                                 is remembered, and changes nothing: a
                                 restart gets its port back either way, two
                                 live listeners never share one. */
    IDEM_SO_KEEPALIVE = 0x8,
    IDEM_SO_DONTROUTE = 0x10, /**< To hosts on this network only. */
    IDEM_SO_BROADCAST = 0x20,
    IDEM_SO_LINGER = 0x80,     /**< Seconds, as idem_set_linger() has them. */
    IDEM_SO_OOBINLINE = 0x100, /**< Urgent data among the other. */
    IDEM_SO_REUSEPORT = 0x200,
    IDEM_SO_SNDBUF = 0x1001,
    IDEM_SO_RCVBUF = 0x1002,
    IDEM_SO_ERROR = 0x1007, /**< As idem_take_error(). To be asked only. */
    IDEM_SO_TYPE = 0x1008,  /**< To be asked only. */
    IDEM_SO_PASSCRED = 0x10000
};

/* Of IDEM_IPPROTO_IP. */
enum {
    IDEM_IP_TOS = 3,
    IDEM_IP_TTL = 4,
    IDEM_IP_MULTICAST_IF = 9,
    IDEM_IP_MULTICAST_TTL = 10,
    IDEM_IP_MULTICAST_LOOP = 11,
    IDEM_IP_DONTFRAGMENT = 14, /**< Datagrams whole, or not at all. */
    IDEM_IP_PKTINFO = 19,
    IDEM_IP_RECVTTL = 21,
    IDEM_IP_RECVTOS = 40
};

/* Of IDEM_IPPROTO_IPV6. */
enum {
    IDEM_IPV6_UNICAST_HOPS = 4,
    IDEM_IPV6_MULTICAST_IF = 9,
    IDEM_IPV6_MULTICAST_HOPS = 10,
    IDEM_IPV6_MULTICAST_LOOP = 11,
    IDEM_IPV6_DONTFRAG = 14, /**< Datagrams whole, or not at all. */
    IDEM_IPV6_PKTINFO = 19,
    IDEM_IPV6_HOPLIMIT = 21, /**< Receive it. */
    IDEM_IPV6_V6ONLY = 27,
    IDEM_IPV6_TCLASS = 39,
    IDEM_IPV6_RECVTCLASS = 40
};

/* Of IDEM_IPPROTO_TCP. */
enum {
    IDEM_TCP_NODELAY = 1,
    IDEM_TCP_KEEPIDLE = 3, /**< Seconds. */
    IDEM_TCP_MAXRT = 5,    /**< Seconds without an acknowledgement before the
                              connection is given up, 1 to 65535; the system's
                              own time is told as 0. */
    IDEM_TCP_KEEPCNT = 16,
    IDEM_TCP_KEEPINTVL = 17 /**< Seconds. */
};

/* Of IDEM_IPPROTO_UDP. */
enum {
    IDEM_UDP_SEND_MSG_SIZE = 2, /**< Cut what is sent into datagrams of this
                                   size; 0, as at first: do not. */
    IDEM_UDP_RECV_MAX_COALESCED_SIZE = 3 /**< Join datagrams of one sender up
                                            to this size; 0: do not. Linux
                                            has its own size, and tells
                                            65535. */
};

/**
 * Set an option by level and name.
 *
 * @param value  An int.
 * @param size   sizeof(int).
 * @return #IDEM_OK;
 *         #IDEM_EFAULT       another size;
 *         #IDEM_ENOPROTOOPT  none of the above, or not for this socket, or to
 *                            be asked only;
 *         and as above.
 * Python: `s.setsockopt(level, name, value)`.
 */
IDEM_API idem_error idem_setsockopt(idem_socket *s, int level, int name,
                                    const void *value, size_t size);

/**
 * Ask for an option by level and name.
 *
 * @param[out]    value  An int; 0 when the call fails for want of the option.
 * @param[in,out] size   The room in @p value, at least sizeof(int); then what
 *                       was written, 0 when the call fails.
 * @return As idem_setsockopt(); #IDEM_EFAULT: too little room.
 * Python: `s.getsockopt(level, name)`.
 */
IDEM_API idem_error idem_getsockopt(idem_socket *s, int level, int name,
                                    void *value, size_t *size);

/* ---- Names and handles ------------------------------------------------- */

/**
 * The local address: the wildcard address and port 0 before bind, and no name
 * for a Unix socket.
 *
 * Python: `s.getsockname()`.
 */
IDEM_API idem_error idem_getsockname(idem_socket *s, idem_address *out);

/**
 * The address of the peer, also after the connection broke. One of a Unix
 * socket that had no name of its own, or that the system has forgotten, is
 * nameless.
 *
 * @return #IDEM_OK; #IDEM_ENOTCONN.
 * Python: `s.getpeername()`.
 */
IDEM_API idem_error idem_getpeername(idem_socket *s, idem_address *out);

/**
 * The error that is pending on @p s, told once: why a connect failed, why the
 * connection broke, or that a datagram found its port closed. What another call
 * has told already is not told here again. A connection that broke stays broken
 * all the same: every transfer gives the code that broke it.
 *
 * @param[out] pending  The code; #IDEM_OK when there is nothing to tell.
 * Python: `s.getsockopt(SOL_SOCKET, SO_ERROR)`.
 */
IDEM_API idem_error idem_take_error(idem_socket *s, idem_error *pending);

/** Family, type and protocol as given to idem_open(); 0 for NULL.
 *  Python: `s.family`, `s.type`, `s.proto`. */
IDEM_API int idem_family(const idem_socket *s);
IDEM_API int idem_type(const idem_socket *s);
IDEM_API int idem_proto(const idem_socket *s);

/**
 * The native handle: a descriptor, or a SOCKET. It remains the library's: do
 * not close it, and leave its blocking mode and its SO_RCVTIMEO and
 * SO_SNDTIMEO alone. To take it over, use idem_detach().
 *
 * @return The handle; -1 for NULL.
 * Python: `s.fileno()`.
 */
IDEM_API intptr_t idem_fileno(const idem_socket *s);

/**
 * Take the native handle out of @p s, which is freed. Its blocking mode
 * matches the timeout, as Python leaves it: blocking when that is
 * #IDEM_FOREVER, non-blocking otherwise. A handle that others hold, because
 * it was duplicated or adopted, stays non-blocking: the mode is theirs, too.
 *
 * @param[out] handle  The descriptor or SOCKET, yours to close; -1 on failure.
 *                     May not be NULL: #IDEM_EFAULT.
 * @return #IDEM_OK; #IDEM_EINPROGRESS: another thread is inside a call on
 *         @p s, which stays as it is.
 * Python: `s.detach()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_detach(idem_socket *s,
                                               intptr_t *handle);

/**
 * Make a socket of a native handle, and own it from now on. Family, type,
 * protocol and state are found out; that a connect is under way only where the
 * system tells, elsewhere once the connection stands. The handle becomes
 * non-blocking and is no longer inherited by child processes. On failure it
 * remains yours.
 *
 * @return #IDEM_OK;
 *         #IDEM_ENOTSOCK         closed, or not a socket;
 *         #IDEM_EAFNOSUPPORT, #IDEM_ESOCKTNOSUPPORT, #IDEM_EPROTONOSUPPORT
 *                                of a kind that idem_open() does not open.
 * Python: `socket.socket(fileno=handle)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_adopt(intptr_t handle,
                                              idem_socket **out);

/**
 * A second socket for the same connection or port, with the same timeout, not
 * inherited by child processes. The system's options are shared; timeout,
 * cancelling and closing are not, with one exception: ending a call that was
 * inside @p s already, without a timeout, may end the connection for both.
 *
 * @return #IDEM_OK; #IDEM_EMFILE: too many open files.
 * Python: `s.dup()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_dup(idem_socket *s, idem_socket **out);

/**
 * Whether child processes that are started from now on get the handle, under
 * its own number; at first they do not. One that may be inherited stays
 * non-blocking, and ending a call on it is as with idem_dup(). What is asked
 * for is false when the call fails.
 *
 * @return #IDEM_OK; #IDEM_ECANCELED, #IDEM_ENOTSOCK as for all calls.
 * Python: `s.set_inheritable(on)`, `s.get_inheritable()`.
 */
IDEM_API idem_error idem_set_inheritable(idem_socket *s, bool on);
IDEM_API idem_error idem_get_inheritable(idem_socket *s, bool *on);

/** Room for what idem_share() tells. */
#define IDEM_SHARE_SIZE 640

/**
 * Prepare a second socket for the same connection or port in another process,
 * which need not be a child of this one. Bring the bytes there, by a pipe or
 * another socket; idem_from_share() makes a socket of them, once, in that
 * process and in no other. @p s may be closed meanwhile.
 *
 * On Linux this process has to live until then: a thread of the library passes
 * the descriptor on, and ends when it was fetched or that process is gone. Both
 * need the same network namespace, and to see each other's pids.
 *
 * @param pid        The process, as the system numbers it.
 * @param[out] info  At least @p cap bytes; #IDEM_SHARE_SIZE always suffice.
 * @param[out] used  Bytes written; 0 on failure.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL      no such process;
 *         #IDEM_EFAULT      too little room;
 *         #IDEM_EOPNOTSUPP  not here, see #IDEM_HAS_SHARE;
 *         #IDEM_EPROCLIM    no thread can be had;
 *         #IDEM_EMFILE      too many open files.
 * Python: `s.share(pid)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_share(idem_socket *s, long pid,
                                              void *info, size_t cap,
                                              size_t *used);

/**
 * Make a socket of what idem_share() told in another process. It has the
 * default timeout and is not inherited; the system's options are shared, as
 * with idem_dup(). On Linux that process has to answer, for which it has 5
 * seconds.
 *
 * @param size  Exactly the bytes that were written.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL      not such bytes; meant for another process; on
 *                           Linux also fetched already, or the other process
 *                           does not answer. On Windows the bytes are used
 *                           up, and to use them again is a mistake that nobody
 *                           may notice;
 *         #IDEM_EOPNOTSUPP  not here, see #IDEM_HAS_SHARE;
 *         #IDEM_EMFILE      too many open files.
 * Python: `socket.fromshare(info)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_from_share(const void *info,
                                                   size_t size,
                                                   idem_socket **out);

/* ---- Hosts and names --------------------------------------------------- */

/* What the system's name service knows: DNS, a file of hosts, and what else it
 * was told to ask. It may take its time, and no system lets it be interrupted;
 * here a look-up obeys a timeout and a canceller all the same, because another
 * thread asks. One that is given up goes on in that thread, unnoticed, until
 * the system has had enough of it. At most 64 such threads run at a time, blind
 * to signals; further look-ups wait for one of them. Without a timeout and
 * without a canceller the calling thread asks by itself. Numeric addresses,
 * numeric ports and "localhost" ask nobody, and never wait. */

/** Ends look-ups and idem_create_connection_with() from another thread. */
typedef struct idem_canceller idem_canceller;

/** Make a canceller. @return #IDEM_OK; #IDEM_ENOMEM. */
IDEM_API IDEM_NODISCARD idem_error idem_canceller_open(idem_canceller **out);

/** End every call that was given @p c: now, and from now on. They return
 *  #IDEM_ECANCELED; what a call had done first is still its result. May be
 *  called from any thread, any number of times; never waits. */
IDEM_API idem_error idem_canceller_cancel(idem_canceller *c);

/** Free @p c, which no call may be using. NULL is fine and does nothing. */
IDEM_API void idem_canceller_close(idem_canceller *c);

/* Flags of idem_getaddrinfo(). Others are IDEM_EINVAL. */
enum {
    IDEM_AI_PASSIVE = 0x1,      /**< Without a host: the wildcard addresses, to
                                   bind to, instead of loopback. */
    IDEM_AI_CANONNAME = 0x2,    /**< Tell the canonical name. */
    IDEM_AI_NUMERICHOST = 0x4,  /**< The host is a number, or nothing. */
    IDEM_AI_NUMERICSERV = 0x8,  /**< The service is a number, or nothing. */
    IDEM_AI_ALL = 0x100,        /**< With #IDEM_AI_V4MAPPED: these in any
                                   case. */
    IDEM_AI_ADDRCONFIG = 0x400, /**< Of a host by name: only families that this
                                   machine has an address of, for which loopback
                                   does not count. Loopback addresses stay. */
    IDEM_AI_V4MAPPED = 0x800    /**< For IDEM_AF_INET6: where there is no IPv6
                                   address, IPv4 ones as ::ffff:192.0.2.1. */
};

/* Flags of idem_getnameinfo(). Others are IDEM_EINVAL. */
enum {
    IDEM_NI_NOFQDN = 0x1,      /**< A host of our own domain: without it. */
    IDEM_NI_NUMERICHOST = 0x2, /**< The address as text; asks nobody. */
    IDEM_NI_NAMEREQD = 0x4,    /**< A name, or #IDEM_HOST_NOT_FOUND. */
    IDEM_NI_NUMERICSERV = 0x8, /**< The port as text; asks nobody. */
    IDEM_NI_DGRAM = 0x10       /**< The service over datagrams. */
};

/** How to look something up. Zero it and set what you need; NULL instead of it
 *  is the same as all zero. */
typedef struct idem_lookup {
    int family;     /**< IDEM_AF_INET, IDEM_AF_INET6; 0 is both. */
    int type;       /**< IDEM_SOCK_STREAM, IDEM_SOCK_DGRAM; 0 is both. */
    int protocol;   /**< The protocol that goes with the type, or 0. */
    int flags;      /**< IDEM_AI_... or IDEM_NI_... */
    double timeout; /**< Seconds, or #IDEM_FOREVER; 0 is the default timeout
                       (idem_getdefaulttimeout()). If that is 0, whatever has
                       to be asked is #IDEM_EWOULDBLOCK. */
    idem_canceller *canceller; /**< Or NULL. */
} idem_lookup;

/** One answer of idem_getaddrinfo(): what idem_open() and idem_connect() or
 *  idem_bind() take. */
typedef struct idem_addrinfo {
    int32_t family;
    int32_t type;
    int32_t protocol;
    idem_address address;
} idem_addrinfo;

/**
 * Find the addresses of a host and the port of a service.
 *
 * They come in the order in which they are to be tried, as the system sorts
 * them (RFC 6724), none twice. Where both types are wanted, each address comes
 * as a stream and then for datagrams.
 *
 * The host is a numeric address, read as strictly as idem_address_make() does,
 * with the scope also as the name of an interface ("fe80::1%eth0"); or a name:
 * labels of letters, digits, "-" and "_", and of any character beyond ASCII
 * where the system can encode these (IDNA). What is neither, such as "127.1",
 * is not found, and nobody is asked. "localhost", and what ends in
 * ".localhost", is this machine: ::1 if there is IPv6, and 127.0.0.1.
 *
 * @param host       NULL for this machine: see #IDEM_AI_PASSIVE.
 * @param service    A port, "0" to "65535", or the name of a service; NULL is
 *                   port 0.
 * @param[out] list  For idem_freeaddrinfo(); NULL on failure.
 * @param[out] canonical  With #IDEM_AI_CANONNAME the host's own name; at least
 *                   @p cap bytes, of which #IDEM_HOST_TEXT do. Else empty.
 * @return #IDEM_OK;
 *         #IDEM_HOST_NOT_FOUND  no such host, or neither host nor service;
 *         #IDEM_NO_DATA         it has no address, or none of that family;
 *         #IDEM_TYPE_NOT_FOUND  no such service, not a port;
 *         #IDEM_TRY_AGAIN, #IDEM_NO_RECOVERY  the name service failed;
 *         #IDEM_EAFNOSUPPORT    unknown family; a numeric address of another;
 *         #IDEM_ESOCKTNOSUPPORT, #IDEM_EPROTONOSUPPORT  unknown, or do not go
 *                               together;
 *         #IDEM_EINVAL          unknown flags, a bad timeout, a host that is
 *                               not UTF-8, a canonical name without a host;
 *         #IDEM_EOPNOTSUPP      a name beyond ASCII, which cannot be encoded;
 *         #IDEM_EFAULT          the canonical name does not fit;
 *         #IDEM_EPROCLIM        no thread can be had.
 * Waits as idem_lookup says.
 * Python: `socket.getaddrinfo(host, service, family, type, proto, flags)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_getaddrinfo(
    const char *host, const char *service, const idem_lookup *how,
    idem_addrinfo **list, size_t *count, char *canonical, size_t cap);

/** Free what idem_getaddrinfo() gave. NULL is fine and does nothing. */
IDEM_API void idem_freeaddrinfo(idem_addrinfo *list);

/** Room for any name of a host, with its terminator. */
#define IDEM_HOST_TEXT 256

/**
 * Find the names of an address and of its port. What has no name comes as a
 * number. Of @p how, family, type and protocol do not matter.
 *
 * @param[out] host     At least @p host_cap bytes, of which #IDEM_HOST_TEXT do;
 *                      NULL if not wanted. Empty when the call fails.
 * @param[out] service  The same.
 * @return #IDEM_OK;
 *         #IDEM_HOST_NOT_FOUND  with #IDEM_NI_NAMEREQD: no name;
 *         #IDEM_TRY_AGAIN, #IDEM_NO_RECOVERY  the name service failed;
 *         #IDEM_EAFNOSUPPORT    neither IPv4 nor IPv6;
 *         #IDEM_EINVAL          unknown flags, a bad timeout;
 *         #IDEM_EFAULT          too short a buffer;
 *         #IDEM_EPROCLIM        no thread can be had.
 * Waits as idem_lookup says.
 * Python: `socket.getnameinfo(address, flags)`.
 */
IDEM_API idem_error idem_getnameinfo(const idem_address *a,
                                     const idem_lookup *how, char *host,
                                     size_t host_cap, char *service,
                                     size_t service_cap);

/** The name of this machine, as it is set here; #IDEM_HOST_TEXT bytes do.
 *  @return #IDEM_OK; #IDEM_EFAULT: too short a buffer.
 *  Python: `socket.gethostname()`. */
IDEM_API idem_error idem_gethostname(char *name, size_t cap);

/**
 * Complete a host's name by its domain, with the help of the name service. When
 * that does not help, the name is told as it is.
 *
 * @param name       NULL, "", "0.0.0.0" and "::" are this machine.
 * @param how        Only timeout and canceller matter.
 * @param[out] fqdn  Empty when the call fails; #IDEM_HOST_TEXT bytes do.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL      a bad timeout, a name that is not UTF-8;
 *         #IDEM_EFAULT      too short a buffer;
 *         #IDEM_EOPNOTSUPP  a name beyond ASCII, where the system cannot encode
 *                           it;
 *         #IDEM_EPROCLIM    no thread can be had.
 * Waits as idem_lookup says.
 * Python: `socket.getfqdn(name)`.
 */
IDEM_API idem_error idem_getfqdn(const char *name, const idem_lookup *how,
                                 char *fqdn, size_t cap);

/**
 * The bytes of a numeric address: 4 or 16, zero when the call fails. As strict
 * as idem_address_make(), and without a scope.
 *
 * @return #IDEM_OK; #IDEM_EINVAL: not such an address; #IDEM_EAFNOSUPPORT:
 *         another family, nothing is written.
 * Python: `socket.inet_pton(family, text)`.
 */
IDEM_API idem_error idem_inet_pton(int family, const char *text, void *bytes);

/** The text of 4 or 16 bytes, as idem_address_host() writes it. @return As
 *  there. Python: `socket.inet_ntop(family, bytes)`. */
IDEM_API idem_error idem_inet_ntop(int family, const void *bytes, char *text,
                                   size_t cap);

/**
 * The 4 bytes of an IPv4 address in any of its old forms: one to four numbers,
 * decimal, octal (0177) or hexadecimal (0x7f), the last of which fills the
 * rest: "127.1". Not what a user's input should be read with.
 *
 * @return #IDEM_OK; #IDEM_EINVAL, with zero bytes.
 * Python: `socket.inet_aton(text)`.
 */
IDEM_API idem_error idem_inet_aton(const char *text, void *bytes);

/** A network interface. */
typedef struct idem_interface {
    uint32_t index; /**< The scope of its IPv6 addresses. */
    char name[256]; /**< "eth0"; on Windows the name that it shows, such as
                       "Ethernet 2". Empty when it is longer than that. */
} idem_interface;

/**
 * The interfaces of this machine, those that are down as well.
 *
 * @param[out] list  For idem_if_freenameindex(); NULL on failure.
 * Python: `socket.if_nameindex()`; on Windows it tells other names.
 */
IDEM_API IDEM_NODISCARD idem_error idem_if_nameindex(idem_interface **list,
                                                     size_t *count);

/** Free what idem_if_nameindex() gave. NULL is fine and does nothing. */
IDEM_API void idem_if_freenameindex(idem_interface *list);

/** The index of an interface by name. @return #IDEM_OK; #IDEM_EADDRNOTAVAIL:
 *  none of that name. Python: `socket.if_nametoindex(name)`. */
IDEM_API idem_error idem_if_nametoindex(const char *name, uint32_t *index);

/** The name of an interface by index; 256 bytes do. @return #IDEM_OK;
 *  #IDEM_EADDRNOTAVAIL: none of that index; #IDEM_EFAULT: too short a buffer.
 *  Python: `socket.if_indextoname(index)`. */
IDEM_API idem_error idem_if_indextoname(uint32_t index, char *name, size_t cap);

/* ---- Connections and servers ------------------------------------------- */

/**
 * Connect a new stream to @p host, a name or a numeric address of either
 * family, as idem_address_make() and idem_getaddrinfo() read it. One @p timeout
 * bounds the look-up and all attempts together, and becomes the timeout of the
 * new socket.
 *
 * A host with several addresses is tried as RFC 8305 ("Happy Eyeballs") has it:
 * the families take turns, each attempt has 250 ms before the next one begins
 * beside it, the next begins at once when one fails, and the first that stands
 * is kept. So an address that does not answer costs a quarter of a second.
 *
 * @param timeout  Seconds, #IDEM_FOREVER, or idem_getdefaulttimeout(). With 0
 *                 a name that has to be looked up, and an attempt that cannot
 *                 end at once, is #IDEM_EWOULDBLOCK.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL           a port outside 0 to 65535, a bad timeout;
 *         #IDEM_HOST_NOT_FOUND and the like  as idem_getaddrinfo();
 *         or the code of an attempt, as idem_connect(). Of several, it is the
 *         one that came furthest: refused by the host, rather than lost on the
 *         way, rather than not to be reached from here.
 * Python: `socket.create_connection((host, port), timeout)`, which gives each
 * address the whole timeout, one after the other.
 */
IDEM_API IDEM_NODISCARD idem_error idem_create_connection(const char *host,
                                                          int port,
                                                          double timeout,
                                                          idem_socket **out);

/** What an attempt to connect came to. */
typedef struct idem_attempt {
    idem_address address;
    idem_error error; /**< #IDEM_OK: kept. #IDEM_ECANCELED: another was kept
                         first, or the canceller ended it. */
} idem_attempt;

/** More about a connection to make. Zero it and set what you need. */
typedef struct idem_connection {
    const idem_address *local; /**< Bind to this first; then only addresses of
                                  its family are tried, and one at a time if it
                                  has a port. NULL: any. */
    idem_canceller *canceller; /**< Or NULL. */
    idem_attempt *attempts;    /**< Written: every attempt, in order. */
    size_t capacity;           /**< Room for so many of them. */
    size_t attempted; /**< Written: attempts made, also beyond capacity. */
} idem_connection;

/**
 * The same as idem_create_connection(), with more to say, and to be told.
 *
 * @param how  NULL for nothing; attempts and attempted are written on every
 *             path.
 * @return As idem_create_connection(), and
 *         #IDEM_EAFNOSUPPORT  a local address, or a numeric host, of the wrong
 *                             family;
 *         or the code of idem_bind().
 * Python: `socket.create_connection((host, port), timeout, source_address,
 * all_errors=True)`.
 */
IDEM_API IDEM_NODISCARD idem_error
idem_create_connection_with(const char *host, int port, double timeout,
                            idem_connection *how, idem_socket **out);

/* Flags of idem_create_server(). Others are IDEM_EINVAL. */
enum {
    IDEM_SERVER_REUSE_PORT = 0x1, /**< Share the port with others who say so:
                                     connections are shared out among them.
                                     #IDEM_EOPNOTSUPP on Windows. */
    IDEM_SERVER_DUALSTACK = 0x2   /**< An IPv6 address: IPv4 as well. */
};

/**
 * Make a stream that listens at an address: open, bind and listen in one.
 *
 * @param backlog  As idem_listen().
 * @return #IDEM_OK;
 *         #IDEM_EINVAL      unknown flags; dual stack for another family; ports
 *                           shared by a Unix socket, which has none;
 *         #IDEM_EOPNOTSUPP  a flag for what the system cannot do;
 *         or the code of idem_open(), idem_bind() or idem_listen().
 * Python: `socket.create_server(address, family=..., backlog=...,
 * reuse_port=..., dualstack_ipv6=...)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_create_server(const idem_address *at,
                                                      int backlog, int flags,
                                                      idem_socket **out);

/* ---- Waiting for several ----------------------------------------------- */

/* Events of idem_poll(). */
enum {
    IDEM_POLLIN = 0x1,  /**< Receive or accept will not wait. */
    IDEM_POLLOUT = 0x4, /**< Send will not wait; connect is decided. */
    IDEM_POLLERR = 0x8, /**< An error is pending. Told without asking. */
    IDEM_POLLHUP = 0x10 /**< Nothing more can come. Told without asking. */
};

/** One socket to wait for. */
typedef struct idem_pollfd {
    idem_socket *socket; /**< NULL is passed over. */
    unsigned events;     /**< Asked: #IDEM_POLLIN, #IDEM_POLLOUT, or 0. */
    unsigned revents;    /**< Written: what holds now. */
} idem_pollfd;

/**
 * Wait until at least one of @p count sockets is ready. The peer's end of
 * sending, a broken connection, a failed connect and a cancelled socket
 * (#IDEM_POLLERR) count as ready: the call that was asked about will not wait.
 *
 * @param timeout     Seconds, #IDEM_FOREVER, or 0 to look only.
 * @param[out] ready  Entries with revents other than 0; 0 when time ran out,
 *                    which is no error here.
 * @return #IDEM_OK; #IDEM_EINVAL: unknown events, or a bad timeout.
 * Python: `select.poll()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_poll(idem_pollfd *entries, size_t count,
                                             double timeout, size_t *ready);

/* ---- Selector ---------------------------------------------------------- */

/**
 * Many sockets, registered once and waited for again and again. A call costs
 * what is ready, however many are registered; there is no limit but the
 * system's. What is ready and not dealt with is told again: level-triggered.
 *
 * A socket may be in several selectors, once in each. idem_close() and
 * idem_detach() take it out of all of them. Give sockets in a selector the
 * timeout 0: what was ready may be gone when another holder of the socket, or
 * another thread, took it.
 *
 * Threads: one at a time selects. Any other may register, modify, unregister,
 * close, cancel and wake meanwhile, and the select that waits obeys at once.
 * What was unregistered or closed is told by no select that begins afterwards.
 * What has been told already stands in your array, and closing the socket makes
 * its pointer there invalid. So let the thread that selects close the sockets;
 * others use idem_cancel(), which it is told as #IDEM_POLLERR. And when it
 * closes another socket than the one whose event it deals with, it must pass
 * over that one's event, if there is one among those it still has in hand.
 *
 * Python: `selectors.DefaultSelector`.
 */
typedef struct idem_selector idem_selector;

/** What holds of a registered socket. */
typedef struct idem_event {
    idem_socket *socket;
    void *data;      /**< As registered. */
    unsigned events; /**< #IDEM_POLLIN, ...: what idem_poll() would tell. */
} idem_event;

/**
 * Make a selector with nothing registered. It is this process's own: in a child
 * that a fork has made, every call on it but idem_selector_close() is
 * #IDEM_EBADF.
 *
 * @return #IDEM_OK; #IDEM_EMFILE: too many open files.
 * Python: `selectors.DefaultSelector()`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_selector_open(idem_selector **out);

/**
 * Unregister everything, and free @p sel. The sockets stay open. Calls of other
 * threads that are inside @p sel return #IDEM_ECANCELED before this one
 * returns; none may begin once it has been entered. NULL is fine and does
 * nothing.
 *
 * @return #IDEM_OK.
 * Python: `selector.close()`.
 */
IDEM_API idem_error idem_selector_close(idem_selector *sel);

/**
 * Watch @p s from now on, also in a select that waits already.
 *
 * @param events  #IDEM_POLLIN, #IDEM_POLLOUT, both, or 0 for what is told
 *                without asking: #IDEM_POLLERR and #IDEM_POLLHUP.
 * @param data    Yours; told with each event. May be NULL.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL   registered here already, or unknown events;
 *         #IDEM_ENOBUFS  the system watches no more. On Windows the next select
 *                        may find that out, and tells the socket as broken.
 * Python: `selector.register(s, events, data)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_selector_register(idem_selector *sel,
                                                          idem_socket *s,
                                                          unsigned events,
                                                          void *data);

/**
 * Watch @p s for other events, with other data. As idem_selector_register().
 * On failure both are as they were.
 *
 * @return #IDEM_OK; #IDEM_EINVAL: not registered here, or unknown events.
 * Python: `selector.modify(s, events, data)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_selector_modify(idem_selector *sel,
                                                        idem_socket *s,
                                                        unsigned events,
                                                        void *data);

/**
 * Watch @p s no more. Not needed before idem_close().
 *
 * @return #IDEM_OK; #IDEM_EINVAL: not registered here.
 * Python: `selector.unregister(s)`.
 */
IDEM_API idem_error idem_selector_unregister(idem_selector *sel,
                                             idem_socket *s);

/**
 * Tell how @p s is registered.
 *
 * @param[out] key  The events and the data it was registered with; zeroed on
 *                  failure.
 * @return #IDEM_OK; #IDEM_EINVAL: not registered here.
 * Python: `selector.get_key(s)`.
 */
IDEM_API idem_error idem_selector_get_key(idem_selector *sel, idem_socket *s,
                                          idem_event *key);

/**
 * Tell everything that is registered, in no order, as idem_selector_get_key()
 * does: to close it all, for example.
 *
 * @param[out] keys   Room for @p capacity; may be NULL when that is 0.
 * @param[out] count  How many there are, also when it is more than that.
 * @return #IDEM_OK.
 * Python: `selector.get_map()`.
 */
IDEM_API idem_error idem_selector_get_map(idem_selector *sel, idem_event *keys,
                                          size_t capacity, size_t *count);

/**
 * Wait until at least one registered socket is ready, and tell which are. The
 * events of each are what idem_poll() would tell. A socket comes once; when
 * more are ready than there is room for, the others come first the next time.
 *
 * @param      timeout  Seconds, #IDEM_FOREVER, or 0 to look only.
 * @param[out] events   Room for @p capacity events. The first *@p count are
 *                      told; what is behind them means nothing.
 * @param[out] count    Events told; 0 when time ran out, or when
 *                      idem_selector_wake() ended it. May not be NULL:
 *                      #IDEM_EFAULT.
 * @return #IDEM_OK;
 *         #IDEM_EINVAL       @p capacity is 0, or a bad timeout;
 *         #IDEM_EINPROGRESS  another thread is selecting;
 *         #IDEM_ECANCELED    another thread closes @p sel.
 * Python: `selector.select(timeout)`.
 */
IDEM_API IDEM_NODISCARD idem_error idem_selector_select(idem_selector *sel,
                                                        double timeout,
                                                        idem_event *events,
                                                        size_t capacity,
                                                        size_t *count);

/**
 * Let the select that waits return at once, with what there is, maybe nothing;
 * or the next one, if none waits. Several wakes before that count as one. May
 * be called from any thread, at any time; never waits.
 *
 * @return #IDEM_OK.
 * Python: writing to a socket that was registered for this.
 */
IDEM_API idem_error idem_selector_wake(idem_selector *sel);

#ifdef __cplusplus
}
#endif

#endif /* IDEMSOCK_H */
