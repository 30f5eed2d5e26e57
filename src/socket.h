/* The socket object, and the frame every call on it stands in. */
#ifndef IDEM_SOCKET_H
#define IDEM_SOCKET_H

#include "os.h"

#include <stdatomic.h>

/* How far a socket has come. Where systems answer a call differently, the
 * answer is taken from here. */
typedef enum idem_phase {
    IDEM_PHASE_NEW,
    IDEM_PHASE_BOUND,
    IDEM_PHASE_LISTENING,
    IDEM_PHASE_IN_CONNECT, /* a call to connect is inside and will decide */
    IDEM_PHASE_CONNECTING, /* under way, with no call inside */
    IDEM_PHASE_CONNECTED,
    IDEM_PHASE_FAILED /* to connect */
} idem_phase;

/* A peer's address without what the socket knows anyway: many sockets are
 * open at once, and each keeps one. The system keeps the names of Unix
 * sockets. */
typedef struct idem_peer {
    uint8_t ip[16];
    uint32_t flowinfo;
    uint32_t scope_id;
    uint16_t port;
} idem_peer;

/* In an order that leaves no holes: there may be many. */
struct idem_socket {
    idem_os_socket os;
    atomic_uint use; /* calls inside, and the IDEM_USE_ marks */
    atomic_int phase;
    _Atomic(struct idem_watch *) watches; /* in selectors; see selector.c */
    _Atomic int64_t timeout_ns;           /* negative: for ever */
    atomic_int error; /* why a connect failed, until it was told; why the
                         connection broke, for good */
    atomic_bool error_taken;
    atomic_bool read_shut;
    atomic_bool write_shut;
    atomic_bool coalesced; /* a message may be several datagrams */
    atomic_bool reuse;     /* SO_REUSEADDR, where it changes nothing */
    uint8_t family;
    uint8_t type;
    uint8_t protocol;
    idem_peer peer;
};

#define IDEM_USE_CANCELLED 0x80000000u /* calls that wait return ECANCELED */
#define IDEM_USE_CLOSING 0x40000000u   /* somebody waits for the last one */
#define IDEM_USE_COUNT 0x3fffffffu

/* Whether there may be such a socket: IDEM_EAFNOSUPPORT, IDEM_ESOCKTNOSUPPORT,
 * IDEM_EPROTONOSUPPORT. */
idem_error idem_check_kind(int family, int type, int protocol);

/* A socket with the default timeout and no handle; NULL: out of memory. */
idem_socket *idem_socket_new(int family, int type, int protocol);

/* Take over the kind and the state of a handle that was adopted. */
void idem_socket_become(idem_socket *s, const idem_os_kind *kind);

/* From now on others hold the handle, too. Returns whether calls that began
 * before are inside, beside the caller's. pre: entered. */
bool idem_socket_share(idem_socket *s);

/* The phase now: a connect that was left under way may have ended. */
idem_phase idem_socket_phase(idem_socket *s);

/* Whether s is connected, or listening. Asks the system before it says no:
 * others who hold the same handle may have brought it there. */
bool idem_socket_has_become(idem_socket *s, idem_phase want);

static inline bool idem_socket_is(idem_socket *s, idem_phase want)
{
    return atomic_load(&s->phase) == (int)want
           || idem_socket_has_become(s, want);
}

/* The reason a connect failed, to whoever asks first; then IDEM_OK. */
idem_error idem_socket_take_error(idem_socket *s);

/* What idem_take_error() tells. */
idem_error idem_socket_take_pending(idem_socket *s);

/* The connection of s broke: the first reason is the answer from now on, and
 * is what this returns. Some systems tell it once, and then say that the stream
 * has ended. */
idem_error idem_socket_break(idem_socket *s, idem_error why);

/* Bind to the wildcard address, unless s is bound. */
idem_error idem_socket_bind_any(idem_socket *s);

/* Check an address to connect or send to. Where it has to be completed, *to
 * becomes a copy, in room. */
idem_error idem_address_target(const idem_socket *s, const idem_address **to,
                               idem_address *room);

/* Keep the address of the peer. */
void idem_socket_set_peer(idem_socket *s, const idem_address *peer);

/* Count a call that comes (1) or goes (-1u); returns what was there before. A
 * thread that is alone counts without locking the memory, which would be a good
 * part of what a short call costs. Nobody comes between: signal handlers call
 * nothing here, and only this thread could start another one. */
static inline unsigned idem_socket_count(idem_socket *s, unsigned change)
{
    unsigned use;

    if (IDEM_UNLIKELY(!idem_os_one_thread()))
        return atomic_fetch_add(&s->use, change);
    use = atomic_load_explicit(&s->use, memory_order_relaxed);
    atomic_store_explicit(&s->use, use + change, memory_order_relaxed);
    return use;
}

/* Enter s for a call that does not wait, and leave it. */
static inline idem_error idem_enter(idem_socket *s)
{
    if (s == NULL)
        return IDEM_ENOTSOCK;
    (void)idem_socket_count(s, 1);
    return IDEM_OK;
}

static inline idem_error idem_leave(idem_socket *s, idem_error err)
{
    /* From here on s may be gone: a closing thread waits for nothing else. */
    if (idem_socket_count(s, -1u) & IDEM_USE_CLOSING)
        idem_os_wake_sleepers();
    return err;
}

/* ---- Readiness: see ready.c -------------------------------------------- */

/* The events that can be asked for. The others are told without asking. */
#define IDEM_READY_ASKABLE ((unsigned)(IDEM_POLLIN | IDEM_POLLOUT))

/* What to ask the system, for somebody who asks for the events. */
unsigned idem_ready_asked(const idem_socket *s, unsigned events);

/* What s knows to be ready without asking anybody. */
unsigned idem_ready_known(const idem_socket *s);

/* What is ready, with what the system has reported. */
unsigned idem_ready_events(idem_socket *s, unsigned native);

/* Whether that is just what the system has reported, as it is of a socket that
 * is connected, or listens, and has come to no end. */
static inline bool idem_ready_is_plain(const idem_socket *s, unsigned native)
{
    int phase = atomic_load_explicit(&s->phase, memory_order_relaxed);

    return (native & ~IDEM_READY_ASKABLE) == 0
           && (phase == IDEM_PHASE_CONNECTED || phase == IDEM_PHASE_LISTENING
               || s->type != IDEM_SOCK_STREAM)
           && !(atomic_load(&s->use) & IDEM_USE_CANCELLED)
           && !atomic_load(&s->read_shut) && !atomic_load(&s->write_shut);
}

/* ---- Selectors: see selector.c ----------------------------------------- */

/* What s knows itself has changed: tell those who wait for it. */
void idem_selector_notice(idem_socket *s);

/* Take s out of every selector. pre: no other thread is inside s. */
void idem_selector_forget(idem_socket *s);

/* ---- Time: see call.c -------------------------------------------------- */

/* From seconds, as users give them. IDEM_EINVAL. */
idem_error idem_timeout_ns(double seconds, int64_t *ns);
int64_t idem_default_timeout_ns(void);

/* After an interruption: whether the program wants the call to end for it. */
bool idem_wants_interrupt(void);

/* ---- Waiting without a socket of the caller's: see call.c -------------- */

struct idem_canceller {
    idem_os_socket bell;
    atomic_bool cancelled;
};

/* Begin a call that c may end, or nobody (NULL). IDEM_ECANCELED. */
idem_error idem_deadline_begin(idem_deadline *d, int64_t timeout_ns,
                               const idem_canceller *c);

/* Wait once for the entries, the first of which is this function's own; for
 * limit_ns at most, negative for as long as d allows. IDEM_OK: look what has
 * happened; the other codes end the call. */
idem_error idem_wait_once(idem_os_pollfd *entries, size_t count,
                          idem_canceller *c, idem_deadline *d,
                          int64_t limit_ns);

/* ---- A call that may wait ---------------------------------------------- */

typedef struct idem_call {
    idem_socket *s;
    idem_deadline deadline;
} idem_call;

/* Every such call has this shape, with an error in between skipping to the
 * end, which must be reached once idem_call_begin() succeeded:
 *
 *     err = idem_call_begin(&c, s, flags);
 *     if (err)
 *         return err;
 *     do
 *         err = attempt(&s->os, ..., &c.deadline);
 *     while (idem_call_again(&c, IDEM_POLLIN, &err));
 *     return idem_call_end(&c, err, something was done);
 */
static inline idem_error idem_call_begin(idem_call *c, idem_socket *s,
                                         int flags)
{
    unsigned use;

    if (s == NULL)
        return IDEM_ENOTSOCK;
    use = idem_socket_count(s, 1);
    if (IDEM_UNLIKELY((use & IDEM_USE_CANCELLED) != 0))
        return idem_leave(s, IDEM_ECANCELED);
    c->s = s;
    c->deadline.crowded = use != 0;
    c->deadline.at_ns = 0;
    c->deadline.timeout_ns =
        IDEM_UNLIKELY((flags & IDEM_MSG_DONTWAIT) != 0)
            ? 0
            : atomic_load_explicit(&s->timeout_ns, memory_order_relaxed);
    return IDEM_OK;
}

/* The part of idem_call_again() that looks at the clock and waits. */
bool idem_call_wait(idem_call *c, unsigned events, idem_error *err);

/* After an attempt: whether to make another. When it would have blocked, waits
 * for the events first, or for a while. *err is the result when the answer is
 * no. */
static inline bool idem_call_again(idem_call *c, unsigned events,
                                   idem_error *err)
{
    idem_error result = *err; /* *err can stay in a register */
    bool again = false;

    if (IDEM_UNLIKELY(result == IDEM_EWOULDBLOCK || result == IDEM_EINTR
                      || result == IDEM_TRY_AGAIN)) {
        again = idem_call_wait(c, events, &result);
        *err = result;
    }
    return again;
}

/* Leave. What was done before the socket was cancelled is still a success. */
static inline idem_error idem_call_end(idem_call *c, idem_error err, bool done)
{
    unsigned use = idem_socket_count(c->s, -1u);

    if (IDEM_UNLIKELY((use & IDEM_USE_CLOSING) != 0))
        idem_os_wake_sleepers();
    if (IDEM_UNLIKELY((use & IDEM_USE_CANCELLED) != 0) && (err || !done))
        return IDEM_ECANCELED;
    return err;
}

/* ---- Transfers within a call: see transfer.c --------------------------- */

/* Whether a stream can transfer. A connect under way is waited for. */
idem_error idem_call_await_connection(idem_call *c);

static inline idem_error idem_call_check_stream(idem_call *c)
{
    if (atomic_load(&c->s->phase) == IDEM_PHASE_CONNECTED)
        return IDEM_OK;
    return idem_call_await_connection(c);
}

/* What an attempt on a stream came to. */
idem_error idem_call_received(idem_call *c, idem_error err, size_t got);
idem_error idem_call_sent(idem_call *c, idem_error err);

/* A datagram went out: the system has bound the socket. */
void idem_socket_mark_bound(idem_socket *s);

/* As idem_recv() and idem_sendall() on a stream, and any number of them in one
 * call. pre: *got and *sent are 0. */
idem_error idem_call_recv(idem_call *c, void *buf, size_t cap, size_t *got);
idem_error idem_call_sendall(idem_call *c, const void *data, size_t len,
                             size_t *sent);

/* ---- Segments: see segment.c ------------------------------------------- */

/* Send the bytes of a message as datagrams of its segment_size. m->length
 * counts them, also on failure. pre: it is 0, and m can be sent, but may be
 * long. */
idem_error idem_call_send_segments(idem_call *c, idem_message *m, size_t total,
                                   int flags);

#endif /* IDEM_SOCKET_H */
