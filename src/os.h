/* What a platform must provide.
 *
 * src/posix and src/win32 implement these functions; the rest of src/ knows no
 * other way to reach the system. The build selects exactly one of the two
 * directories, and tests/scripted is a third one. A new platform is one more
 * directory with the same functions.
 *
 * A backend:
 *  1. makes one attempt. It returns IDEM_EWOULDBLOCK when the call would have
 *     to wait, and IDEM_EINTR when it ended without a result for a reason that
 *     concerns nobody (a signal, a connection gone before it was accepted):
 *     the caller looks at its deadline and tries again; and IDEM_TRY_AGAIN
 *     when it would have to wait for what idem_os_poll() does not show: the
 *     caller tries again in a while;
 *  2. may be patient: an attempt that is given a deadline may wait inside the
 *     system for as long as idem_deadline_left() says, where that is cheapest.
 *     It may use all of it, some, or none, and no caller can tell. The clock
 *     starts when it is first asked, which is before anything waits: a
 *     transfer that has not to wait never looks at a clock;
 *  3. writes every output on every path;
 *  4. returns neutral codes only, through idem_os_fail(); no native code and
 *     no system type leaves it;
 *  5. makes handles that child processes do not inherit, and sends without
 *     raising a signal;
 *  6. accepts any size_t length and reports a short count when the system
 *     takes less; a length is clamped, never cast;
 *  7. is never given a bad argument: pointers are valid, addresses are of the
 *     socket's family, names of Unix sockets have 1 to IDEM_OS_PATH_MAX bytes
 *     without a NUL or are abstract where that exists, flags are among
 *     IDEM_MSG_PEEK, IDEM_MSG_DONTROUTE and, to send on TCP, IDEM_MSG_OOB.
 */
#ifndef IDEM_OS_H
#define IDEM_OS_H

#include "idemsock.h"
#include "os_types.h" /* of the platform: idem_os_socket, IDEM_OS_PATH_MAX,
                         IDEM_OS_EXPORT_SIZE, and idem_os_one_thread(): whether
                         the process is known to have but one */

#include <string.h>

/* What a short call finds nearly always: the compiler keeps the code for it in
 * one piece, where fewer lines of the cache hold it. */
#ifdef __GNUC__
#define IDEM_LIKELY(condition) __builtin_expect((condition), true)
#define IDEM_UNLIKELY(condition) __builtin_expect((condition), false)
#else
#define IDEM_LIKELY(condition) (condition)
#define IDEM_UNLIKELY(condition) (condition)
#endif

/* All times inside are in nanoseconds. */
#define IDEM_NS_PER_MS INT64_C(1000000)
#define IDEM_NS_PER_S INT64_C(1000000000)

/* When a call gives up. */
typedef struct idem_deadline {
    int64_t timeout_ns; /* negative for ever, 0 never waits */
    int64_t at_ns;      /* 0: the clock has not started */
    bool crowded;       /* others were inside the socket when the call began:
                           what a backend sets on the handle is not its own */
} idem_deadline;

/* What is left: negative for ever, 0 nothing. Not the backend's: src/call.c
 * has it. */
int64_t idem_deadline_left(idem_deadline *d);

/* Make it no address. In halves: compilers clear so many bytes at a time with
 * an instruction that takes ten times as long. */
static inline void idem_address_clear(idem_address *a)
{
    const size_t half = sizeof(*a) / 2;

    memset(a, 0, half);
    memset((char *)a + half, 0, sizeof(*a) - half);
}

/* ---- Process ----------------------------------------------------------- */

/* Monotonic time, in nanoseconds; never 0. */
int64_t idem_os_clock_ns(void);

/* One lock for the process, and a queue of threads sleeping on it, for what
 * happens rarely. idem_os_sleep() gives up the lock while it sleeps, for at
 * most timeout_ns, and may wake early; idem_os_wake_sleepers() is called
 * without it. */
void idem_os_lock(void);
void idem_os_unlock(void);
void idem_os_sleep(int64_t timeout_ns);
void idem_os_wake_sleepers(void);

/* Remember the native code for idem_native_error(), and return err. Not the
 * backend's: src/error.c has it. */
idem_error idem_os_fail(int native, idem_error err);

/* Start a thread that runs idem_lookup_work(), and that nobody waits for:
 * signals go elsewhere, the process may end meanwhile, and the library stays
 * loaded. IDEM_EPROCLIM: no thread can be had. */
idem_error idem_os_start_worker(void);

/* Not the backend's: src/lookup.c has it. */
void idem_lookup_work(void);

/* ---- Host names -------------------------------------------------------- */

/* Room for any name that these give, with its terminator. */
#define IDEM_OS_NAME 1025

/* These wait as long as the name service takes. A name that it does not know is
 * IDEM_HOST_NOT_FOUND. */

/* The addresses of a host, one family's or all, in the order in which they are
 * to be tried; at least one on success. *out is for free(). canonical is empty
 * where there is none. IDEM_EOPNOTSUPP: names beyond ASCII cannot be encoded
 * here. pre: host is UTF-8, and not a numeric address. */
idem_error idem_os_resolve(const char *host, int family, idem_address **out,
                           size_t *count, char *canonical);

/* The port of a service by name. IDEM_TYPE_NOT_FOUND. */
idem_error idem_os_port(const char *service, int type, uint16_t *port);

/* The name of an address; local: without the domain where it is our own. */
idem_error idem_os_name(const idem_address *a, bool local, char *name);

/* The name of a port's service, or the number. */
idem_error idem_os_service(uint16_t port, int type, char *name);

/* The name of this machine. Does not wait. */
idem_error idem_os_hostname(char *name);

/* ---- Interfaces -------------------------------------------------------- */

/* The interfaces of this machine. *out is for free(). */
idem_error idem_os_interfaces(idem_interface **out, size_t *count);

/* The families that this machine has an address of, not counting loopback. */
idem_error idem_os_families(bool *ipv4, bool *ipv6);

/* Whether the system has a feature, IDEM_HAS_, that no attempt would show:
 * IDEM_HAS_UNIX_ABSTRACT, IDEM_HAS_FD_PASSING, IDEM_HAS_SHARE. */
bool idem_os_has(int feature);

/* ---- Sockets ----------------------------------------------------------- */

/* Make a socket. family, type and protocol are known and go together. IPv6 is
 * IPv6 only; datagram sockets do not report what became of sent datagrams. */
idem_error idem_os_open(idem_os_socket *s, int family, int type, int protocol);

/* Two Unix sockets connected to each other, as idem_os_open() makes them.
 * IDEM_EOPNOTSUPP: the system makes no pairs. */
idem_error idem_os_socketpair(idem_os_socket *a, idem_os_socket *b, int type);

/* What the system tells of a handle. */
typedef struct idem_os_kind {
    int family; /* -1 when there is no neutral value */
    int type;
    int protocol;
    bool bound;
    bool listening;
    bool connecting; /* as far as the system tells */
} idem_os_kind;

/* Look at any handle. IDEM_ENOTSOCK: closed, or not a socket. */
idem_error idem_os_inspect(intptr_t handle, idem_os_kind *kind);

/* Take over a handle that was inspected. It becomes non-blocking, and others
 * may hold it too. */
idem_error idem_os_adopt(idem_os_socket *s, intptr_t handle,
                         const idem_os_kind *kind);

/* From now on others hold the handle, too: what is done to it concerns them. */
void idem_os_share(idem_os_socket *s);

/* A second handle for the same socket. pre: idem_os_share(). busy: threads may
 * be inside calls on s that began before. */
idem_error idem_os_dup(idem_os_socket *s, bool busy, idem_os_socket *out);

/* Whether child processes inherit the handle. pre, when they are to:
 * idem_os_share(); busy as above. */
idem_error idem_os_set_inheritable(idem_os_socket *s, bool busy, bool on);
idem_error idem_os_get_inheritable(const idem_os_socket *s, bool *on);

/* Prepare a second handle for another process, which imports it by the
 * IDEM_OS_EXPORT_SIZE bytes of info, once. s may be closed then. IDEM_EINVAL:
 * there is no such process. pre: idem_os_share(); busy as above. */
idem_error idem_os_export(idem_os_socket *s, bool busy, long pid, void *info);

/* Fetch it, and adopt it. IDEM_EINVAL: nothing is there for this process. */
idem_error idem_os_import(idem_os_socket *s, const void *info,
                          idem_os_kind *kind);

/* Whether a fork brought the socket into this process. The threads that were
 * inside it did not come along. */
bool idem_os_is_inherited(const idem_os_socket *s);

intptr_t idem_os_handle(const idem_os_socket *s);

/* Give up the handle with nothing of ours left on it, in blocking mode or not;
 * one that others hold stays non-blocking. pre: no other thread is inside a
 * call on s. */
intptr_t idem_os_detach(idem_os_socket *s, bool blocking);

/* Close. The handle is gone, also when this fails; a connection the peer has
 * reset is no failure. pre: no other thread is inside a call on s. */
idem_error idem_os_close(idem_os_socket *s);

/* Calls that may wait have a timeout of 0 from now on (blocking false), or
 * another. */
idem_error idem_os_set_blocking(idem_os_socket *s, bool blocking);

/* From now on nobody waits on s: idem_os_poll() and attempts that wait end at
 * once, and so does all that comes later. The connection may be shut down. */
void idem_os_wake(idem_os_socket *s);

/* Make *s a bell, which has no handle: idem_os_poll() waits with it for no
 * event, and idem_os_wake() ends that. idem_os_is_inherited() may be asked of
 * it, too, and nothing else. */
void idem_os_make_bell(idem_os_socket *s);

/* ---- Names ------------------------------------------------------------- */

/* A port in use by a live listener is IDEM_EADDRINUSE, whoever owns it; a port
 * with nothing but remains of old connections is free. A path that exists is
 * IDEM_EADDRINUSE, whatever is there. */
idem_error idem_os_bind(idem_os_socket *s, const idem_address *at);

/* The wildcard address and port 0 while the socket is not bound; a Unix socket
 * has no name then. */
idem_error idem_os_getsockname(const idem_os_socket *s, idem_address *out);
idem_error idem_os_getpeername(const idem_os_socket *s, idem_address *out);

/* ---- Connecting -------------------------------------------------------- */

/* pre: bound, backlog >= 0. */
idem_error idem_os_listen(idem_os_socket *s, int backlog);

/* out has what idem_os_open() promises. */
idem_error idem_os_accept(idem_os_socket *s, idem_deadline *d,
                          idem_os_socket *out, idem_address *peer);

/* Begin to connect, or set the peer of a datagram socket. After
 * IDEM_EWOULDBLOCK or IDEM_EINTR it goes on: idem_os_connected() tells; unless
 * time is up or the socket was woken. IDEM_EISCONN, IDEM_EALREADY, IDEM_EINVAL:
 * nothing was begun; IDEM_TRY_AGAIN: nor was it, for the queue there is full. A
 * path that is not there is IDEM_ENOENT, one where nobody listens
 * IDEM_ECONNREFUSED. pre: to is neither the unspecified address nor port 0. */
idem_error idem_os_connect(idem_os_socket *s, const idem_address *to,
                           idem_deadline *d);

/* How the connect ended; IDEM_EWOULDBLOCK while it is under way. Does not
 * wait. Asked once after the end: the system may forget the reason. */
idem_error idem_os_connected(idem_os_socket *s);

/* What went wrong with a connected socket and was not told yet, IDEM_OK:
 * nothing. Asked once: the system may forget it. */
idem_error idem_os_take_error(idem_os_socket *s);

/* Withdraw a connect: make a stream whose connect failed, or is under way, as
 * good as new. */
void idem_os_unconnect(idem_os_socket *s);

/* how: IDEM_SHUT_RD, _WR, _RDWR. A connection that is gone is no failure.
 * Whoever waits for what was shut down is woken. */
idem_error idem_os_shutdown(idem_os_socket *s, int how);

/* Single transfers: see attempt.h. */

/* ---- Messages ---------------------------------------------------------- */

/* A message with nothing received; and all of that but the address, for who has
 * written it. Not the backend's: src/message.c has them. */
void idem_message_clear(idem_message *m);
void idem_message_clear_rest(idem_message *m);

/* Send the first of count messages, and of the others as many as go with it:
 * *done of them, each with its length. On a stream there is one, and a part of
 * it may go. IDEM_EOPNOTSUPP: the system has no way to do what the ancillary
 * data of the first one ask for.
 *
 * pre: count > 0; buffers of INT_MAX bytes together at most, on a stream of one
 * at least; ancillary data go with the socket, an address with family 0 is the
 * connected peer. */
idem_error idem_os_sendmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done);

/* Receive one message, and of those that are there as many as go with it. Each
 * has all its outputs written. One that was cut has IDEM_MSG_TRUNC, which is no
 * failure, and no handles. On a stream a length of 0 is its end.
 *
 * pre: as for sending. */
idem_error idem_os_recvmsg(idem_os_socket *s, idem_message *m, size_t count,
                           int flags, idem_deadline *d, size_t *done);

/* Close handles that came with a message. */
void idem_os_close_handles(const intptr_t *handles, size_t count);

/* ---- Files ------------------------------------------------------------- */

/* Look at any handle: whether it is a file with positions. IDEM_EBADF: it is
 * none, or not open. */
idem_error idem_os_inspect_file(intptr_t file, bool *seekable);

/* Read at most cap bytes, from offset on where the file is seekable. *got == 0:
 * its end. It may wait for more, but nobody can wake it: after a short while it
 * gives IDEM_EINTR. */
idem_error idem_os_read_file(intptr_t file, bool seekable, uint64_t offset,
                             void *buf, size_t cap, idem_deadline *d,
                             size_t *got);

/* Send at most count bytes of a seekable file inside the system. *sent == 0
 * with IDEM_OK: the file ends at offset. With IDEM_EWOULDBLOCK and others a
 * part may have gone. IDEM_EOPNOTSUPP: there is no way for this file, or for
 * this deadline. pre: count > 0; offset + count is no more than INT64_MAX. */
idem_error idem_os_sendfile(idem_os_socket *s, intptr_t file, uint64_t offset,
                            uint64_t count, idem_deadline *d, uint64_t *sent);

/* ---- Options ----------------------------------------------------------- */

/* Set an option that sockets of this kind have, to a value in its range, and
 * ask for it; flags may be any number when asked for. IDEM_EOPNOTSUPP or
 * IDEM_ENOPROTOOPT: not on this system. */
idem_error idem_os_set_option(idem_os_socket *s, int level, int name,
                              int value);
idem_error idem_os_get_option(const idem_os_socket *s, int level, int name,
                              int *value);

/* Who is at the other end of a connected Unix stream. IDEM_EOPNOTSUPP. */
idem_error idem_os_get_peer_credentials(const idem_os_socket *s,
                                        idem_credentials *who);

/* Set keepalive where the times are no options. IDEM_EOPNOTSUPP: they are, or
 * there are none. */
idem_error idem_os_set_keepalive(idem_os_socket *s, const idem_keepalive *k);

/* Join a multicast group of the socket's family, or leave it; interface 0 is
 * the system's choice. IDEM_EADDRINUSE: joined already; IDEM_EADDRNOTAVAIL: not
 * joined, or no such interface. */
idem_error idem_os_set_membership(idem_os_socket *s, const idem_address *group,
                                  unsigned ifindex, bool member);

/* ---- Waiting ----------------------------------------------------------- */

/* Beside the public events: the peer has finished sending. Asked for when our
 * own sending is finished. A backend that reports IDEM_POLLHUP then by itself
 * may ignore it. */
#define IDEM_OS_POLLRDHUP 0x80u

typedef struct idem_os_pollfd {
    idem_os_socket *socket; /* NULL is passed over */
    unsigned events;        /* IDEM_POLLIN, _POLLOUT, IDEM_OS_POLLRDHUP */
    unsigned revents;       /* what holds now, errors also when not asked */
} idem_os_pollfd;

/* Wait until an entry is ready, for at most timeout_ns (negative: for ever).
 * *ready counts the entries with revents. IDEM_OK with 0 ready: time is up, or
 * a false alarm; the caller knows the time. Allowed with no entries. */
idem_error idem_os_poll(idem_os_pollfd *entries, size_t count,
                        int64_t timeout_ns, size_t *ready);

/* ---- Selecting --------------------------------------------------------- */

/* Sockets that are waited for again and again. One thread at a time waits;
 * others change what is watched meanwhile, which holds at once. They do so
 * under the lock, and nobody keeps it while waiting. */
typedef struct idem_os_selector idem_os_selector;

idem_error idem_os_selector_open(idem_os_selector **out);

/* pre: nothing is watched any more, and nobody is inside. */
void idem_os_selector_close(idem_os_selector *sel);

/* Whether a fork brought it into this process: the lock is none then, and what
 * the parent watches remains as it is. */
bool idem_os_selector_is_inherited(const idem_os_selector *sel);

/* Only idem_os_lock() may be locked inside. */
void idem_os_selector_lock(idem_os_selector *sel);
void idem_os_selector_unlock(idem_os_selector *sel);

/* Watch s for the events from now on. pre, as for the next two: locked. */
idem_error idem_os_selector_add(idem_os_selector *sel, idem_os_watch *w,
                                idem_os_socket *s, unsigned events);

/* Watch for other events; on failure, for the old ones still. */
idem_error idem_os_selector_modify(idem_os_selector *sel, idem_os_watch *w,
                                   idem_os_socket *s, unsigned events);

/* A wait that begins later knows nothing of w. One that goes on may report it
 * once more. */
void idem_os_selector_remove(idem_os_selector *sel, idem_os_watch *w,
                             idem_os_socket *s);

/* Wait until a watched socket is ready, for at most timeout_ns (negative: for
 * ever). Of each event, data is the watch, and events is what holds now, as in
 * idem_os_pollfd; no watch comes twice. IDEM_OK with no event: time is up, the
 * wait was woken, or a false alarm. pre: capacity > 0, not locked. */
idem_error idem_os_selector_wait(idem_os_selector *sel, int64_t timeout_ns,
                                 idem_event *events, size_t capacity,
                                 size_t *count);

/* End the wait of another thread, or, if there is none, the next one. Locks
 * nothing. */
void idem_os_selector_wake(idem_os_selector *sel);

#endif /* IDEM_OS_H */
