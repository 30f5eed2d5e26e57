/* The life of a socket: from open, adopt or dup to close or detach. */
#include "socket.h"

#include <stdlib.h>
#include <string.h>

/* How often a closing thread wakes those inside again. Once is enough, but for
 * a thread that was about to enter a system call which forgets it. */
#define CLOSE_NAP_NS 10000000

idem_socket *idem_socket_new(int family, int type, int protocol)
{
    /* Not calloc: glibc's never takes what the thread freed last. */
    idem_socket *s = malloc(sizeof(*s));

    if (s == NULL)
        return NULL;
    *s = (idem_socket){ .family = (uint8_t)family,
                        .type = (uint8_t)type,
                        .protocol = (uint8_t)protocol,
                        .timeout_ns = idem_default_timeout_ns() };
    return s;
}

/* ---- Phase ------------------------------------------------------------- */

static void store_peer(idem_socket *s, const idem_address *peer)
{
    memcpy(s->peer.ip, peer->ip, sizeof(s->peer.ip));
    s->peer.flowinfo = peer->flowinfo;
    s->peer.scope_id = peer->scope_id;
    s->peer.port = peer->port;
}

/* pre: locked. How the connect that was left under way has ended; whether it
 * has failed. Others who hold the same handle may have begun it: only the
 * system knows where to. */
static bool settle(idem_socket *s)
{
    idem_error err = idem_os_connected(&s->os);
    idem_address peer;

    if (err == IDEM_EWOULDBLOCK)
        return false;
    if (!err && !idem_os_getpeername(&s->os, &peer))
        store_peer(s, &peer);
    atomic_store(&s->error, err);
    atomic_store(&s->phase, err ? IDEM_PHASE_FAILED : IDEM_PHASE_CONNECTED);
    return err != IDEM_OK;
}

/* pre: locked. What others who hold the same handle have made of it. */
static idem_phase found_phase(idem_socket *s)
{
    idem_os_kind kind;
    idem_address peer;

    if (!idem_os_getpeername(&s->os, &peer)) {
        store_peer(s, &peer);
        return IDEM_PHASE_CONNECTED;
    }
    if (idem_os_inspect(idem_os_handle(&s->os), &kind))
        return IDEM_PHASE_NEW;
    if (kind.listening)
        return IDEM_PHASE_LISTENING;
    if (kind.connecting)
        return IDEM_PHASE_CONNECTING;
    return kind.bound ? IDEM_PHASE_BOUND : IDEM_PHASE_NEW;
}

/* Take over what was found, unless another thread has moved on meanwhile. */
static void look_around(idem_socket *s)
{
    int seen;

    idem_os_lock();
    seen = atomic_load(&s->phase);
    if (seen == IDEM_PHASE_NEW || seen == IDEM_PHASE_BOUND) {
        int found = (int)found_phase(s);

        atomic_compare_exchange_strong(&s->phase, &seen, found);
    }
    idem_os_unlock();
}

idem_phase idem_socket_phase(idem_socket *s)
{
    bool failed = false;

    if (atomic_load(&s->phase) == IDEM_PHASE_CONNECTING) {
        idem_os_lock(); /* one thread asks: the system forgets its answer */
        if (atomic_load(&s->phase) == IDEM_PHASE_CONNECTING)
            failed = settle(s);
        idem_os_unlock();
    }
    if (failed)
        idem_selector_notice(s);
    return (idem_phase)atomic_load(&s->phase);
}

bool idem_socket_has_become(idem_socket *s, idem_phase want)
{
    idem_phase phase = idem_socket_phase(s);

    if (phase == IDEM_PHASE_NEW || phase == IDEM_PHASE_BOUND)
        look_around(s);
    return (idem_phase)atomic_load(&s->phase) == want;
}

idem_error idem_socket_take_error(idem_socket *s)
{
    return (idem_error)atomic_exchange(&s->error, IDEM_OK);
}

idem_error idem_socket_break(idem_socket *s, idem_error why)
{
    int whole = IDEM_OK;

    atomic_compare_exchange_strong(&s->error, &whole, why);
    return (idem_error)atomic_load(&s->error);
}

void idem_socket_set_peer(idem_socket *s, const idem_address *peer)
{
    idem_os_lock();
    store_peer(s, peer);
    idem_os_unlock();
}

/* ---- Opening and closing ----------------------------------------------- */

/* The protocol that goes with a type; -1: only 0 does. */
static int own_protocol(int family, int type)
{
    if (family == IDEM_AF_UNIX)
        return -1;
    return type == IDEM_SOCK_STREAM ? IDEM_IPPROTO_TCP : IDEM_IPPROTO_UDP;
}

idem_error idem_check_kind(int family, int type, int protocol)
{
    if (family != IDEM_AF_INET && family != IDEM_AF_INET6
        && family != IDEM_AF_UNIX)
        return IDEM_EAFNOSUPPORT;
    if (type != IDEM_SOCK_STREAM && type != IDEM_SOCK_DGRAM)
        return IDEM_ESOCKTNOSUPPORT;
    if (protocol != 0
        && (protocol < 0 || protocol != own_protocol(family, type)))
        return IDEM_EPROTONOSUPPORT;
    return IDEM_OK;
}

/* A socket whose timeout is 0 from the start tells its handle so. */
static idem_error apply_timeout(idem_socket *s)
{
    return idem_os_set_blocking(&s->os, atomic_load(&s->timeout_ns) != 0);
}

idem_error idem_open(int family, int type, int protocol, idem_socket **out)
{
    idem_socket *s;
    idem_error err;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    err = idem_check_kind(family, type, protocol);
    if (err)
        return err;
    s = idem_socket_new(family, type, protocol);
    if (s == NULL)
        return IDEM_ENOMEM;
    err = idem_os_open(&s->os, family, type, protocol);
    if (err) {
        free(s);
        return err;
    }
    err = apply_timeout(s);
    if (err)
        idem_close(s);
    else
        *out = s;
    return err;
}

/* Wait until no other thread is inside s. */
static void drain(idem_socket *s)
{
    idem_os_lock();
    while (atomic_load(&s->use) & IDEM_USE_COUNT) {
        idem_os_unlock();
        idem_os_wake(&s->os);
        idem_os_lock();
        if (atomic_load(&s->use) & IDEM_USE_COUNT)
            idem_os_sleep(CLOSE_NAP_NS);
    }
    idem_os_unlock();
}

idem_error idem_close(idem_socket *s)
{
    const unsigned marks = IDEM_USE_CANCELLED | IDEM_USE_CLOSING;
    bool busy;
    idem_error err;

    if (s == NULL)
        return IDEM_OK;
    busy = atomic_fetch_or(&s->use, marks) & IDEM_USE_COUNT;
    if (busy && !idem_os_is_inherited(&s->os))
        drain(s);
    idem_selector_forget(s); /* before the handle goes */
    err = idem_os_close(&s->os);
    free(s);
    return err;
}

idem_error idem_cancel(idem_socket *s)
{
    idem_error err = idem_enter(s);

    if (err)
        return err;
    /* The mark first: whoever wakes up must find it. */
    if (!(atomic_fetch_or(&s->use, IDEM_USE_CANCELLED) & IDEM_USE_CANCELLED)) {
        idem_os_wake(&s->os);
        idem_selector_notice(s);
    }
    return idem_leave(s, IDEM_OK);
}

/* Who had the handle before may have asked for it. */
static void look_coalesced(idem_socket *s)
{
    int size;

    if (s->type == IDEM_SOCK_DGRAM && s->family != IDEM_AF_UNIX
        && !idem_os_get_option(&s->os, IDEM_IPPROTO_UDP,
                               IDEM_UDP_RECV_MAX_COALESCED_SIZE, &size))
        atomic_store(&s->coalesced, size > 0);
}

void idem_socket_become(idem_socket *s, const idem_os_kind *kind)
{
    s->family = (uint8_t)kind->family;
    s->type = (uint8_t)kind->type;
    s->protocol = (uint8_t)kind->protocol;
    look_around(s);
    look_coalesced(s);
}

idem_error idem_adopt(intptr_t handle, idem_socket **out)
{
    idem_os_kind kind;
    idem_socket *s;
    idem_error err;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    s = idem_socket_new(0, 0, 0);
    if (s == NULL)
        return IDEM_ENOMEM;
    err = idem_os_inspect(handle, &kind);
    if (!err)
        err = idem_check_kind(kind.family, kind.type, kind.protocol);
    if (!err)
        err = idem_os_adopt(&s->os, handle, &kind);
    if (err) {
        free(s);
        return err;
    }
    idem_socket_become(s, &kind);
    *out = s;
    return IDEM_OK;
}

idem_error idem_detach(idem_socket *s, intptr_t *handle)
{
    const unsigned marks = IDEM_USE_CANCELLED | IDEM_USE_CLOSING;
    unsigned idle = 0;

    if (handle == NULL)
        return IDEM_EFAULT;
    *handle = -1;
    if (s == NULL)
        return IDEM_ENOTSOCK;
    if (!atomic_compare_exchange_strong(&s->use, &idle, marks)
        && (idle & IDEM_USE_COUNT) && !idem_os_is_inherited(&s->os))
        return IDEM_EINPROGRESS;
    idem_selector_forget(s);
    *handle = idem_os_detach(&s->os, atomic_load(&s->timeout_ns) < 0);
    free(s);
    return IDEM_OK;
}

bool idem_socket_share(idem_socket *s)
{
    /* In this order: whoever enters later finds the socket shared. */
    idem_os_share(&s->os);
    return (atomic_load(&s->use) & IDEM_USE_COUNT) > 1;
}

static void copy_state(idem_socket *to, const idem_socket *from)
{
    int phase = atomic_load(&from->phase);

    /* The call inside decides for the one; for the other, who looks next. */
    if (phase == IDEM_PHASE_IN_CONNECT)
        phase = IDEM_PHASE_CONNECTING;
    atomic_init(&to->phase, phase);
    /* Why a connect failed is told once, and not to the other. */
    if (phase == IDEM_PHASE_CONNECTED)
        atomic_init(&to->error, atomic_load(&from->error));
    atomic_init(&to->timeout_ns, atomic_load(&from->timeout_ns));
    atomic_init(&to->read_shut, atomic_load(&from->read_shut));
    atomic_init(&to->write_shut, atomic_load(&from->write_shut));
    atomic_init(&to->coalesced, atomic_load(&from->coalesced));
    atomic_init(&to->reuse, atomic_load(&from->reuse));
    idem_os_lock(); /* a call inside may write it */
    to->peer = from->peer;
    idem_os_unlock();
}

idem_error idem_dup(idem_socket *s, idem_socket **out)
{
    idem_socket *twin;
    idem_error err;
    bool busy;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    if (s == NULL)
        return IDEM_ENOTSOCK;
    twin = idem_socket_new(s->family, s->type, s->protocol);
    if (twin == NULL)
        return IDEM_ENOMEM;
    (void)idem_enter(s);
    busy = idem_socket_share(s);
    err = idem_os_dup(&s->os, busy, &twin->os);
    if (!err)
        copy_state(twin, s);
    err = idem_leave(s, err);
    if (err)
        free(twin);
    else
        *out = twin;
    return err;
}

/* ---- Errors ------------------------------------------------------------ */

static idem_error take_break(idem_socket *s)
{
    idem_error found = idem_os_take_error(&s->os);

    if (s->type != IDEM_SOCK_STREAM)
        return found;
    if (found)
        (void)idem_socket_break(s, found);
    found = (idem_error)atomic_load(&s->error);
    if (found && atomic_exchange(&s->error_taken, true))
        return IDEM_OK;
    return found;
}

idem_error idem_socket_take_pending(idem_socket *s)
{
    idem_phase phase;

    if (atomic_load(&s->use) & IDEM_USE_CANCELLED)
        return IDEM_OK; /* what the system has now, cancelling has done */
    phase = idem_socket_phase(s);
    if (phase == IDEM_PHASE_FAILED)
        return idem_socket_take_error(s);
    /* A call inside that connects tells what it finds by itself. */
    return phase == IDEM_PHASE_CONNECTED ? take_break(s) : IDEM_OK;
}

idem_error idem_take_error(idem_socket *s, idem_error *pending)
{
    idem_error found = IDEM_OK;
    idem_error err = idem_enter(s);

    if (!err) {
        found = idem_socket_take_pending(s);
        err = idem_leave(s, IDEM_OK);
    }
    if (pending != NULL)
        *pending = found;
    return err;
}

/* ---- Names ------------------------------------------------------------- */

static void get_peer(const idem_socket *s, idem_address *out)
{
    out->family = s->family;
    if (s->family == IDEM_AF_UNIX) { /* a path is too long to be kept */
        if (idem_os_getpeername(&s->os, out))
            *out = (idem_address){ .family = IDEM_AF_UNIX };
        return;
    }
    idem_os_lock();
    out->port = s->peer.port;
    out->flowinfo = s->peer.flowinfo;
    out->scope_id = s->peer.scope_id;
    memcpy(out->ip, s->peer.ip, sizeof(out->ip));
    idem_os_unlock();
}

idem_error idem_getsockname(idem_socket *s, idem_address *out)
{
    idem_address name = { 0 };
    idem_error err = idem_enter(s);

    if (!err)
        err = idem_leave(s, idem_os_getsockname(&s->os, &name));
    if (out != NULL)
        *out = name;
    return err;
}

idem_error idem_getpeername(idem_socket *s, idem_address *out)
{
    idem_address name = { 0 };
    idem_error err = idem_enter(s);

    if (!err) {
        if (idem_socket_is(s, IDEM_PHASE_CONNECTED))
            get_peer(s, &name);
        else
            err = IDEM_ENOTCONN;
        err = idem_leave(s, err);
    }
    if (out != NULL)
        *out = name;
    return err;
}

int idem_family(const idem_socket *s)
{
    return s == NULL ? 0 : s->family;
}

int idem_type(const idem_socket *s)
{
    return s == NULL ? 0 : s->type;
}

int idem_proto(const idem_socket *s)
{
    return s == NULL ? 0 : s->protocol;
}

intptr_t idem_fileno(const idem_socket *s)
{
    return s == NULL ? -1 : idem_os_handle(&s->os);
}
