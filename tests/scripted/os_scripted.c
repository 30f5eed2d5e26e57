/* The contract of os.h, answered by the script. */
#include "scripted.h"

#include "check.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* The clock never gets there. */
#define FOREVER INT64_MAX

script_state script;

static atomic_flag lock = ATOMIC_FLAG_INIT;

void script_reset(void)
{
    CHECK_EQ(script_open_count(), 0);
    memset(&script, 0, sizeof(script));
    script.now_ns = SCRIPT_T0_MS * MS;
}

void script_add(script_op op, idem_error err, size_t count, int64_t at_ms)
{
    const script_answer answer = { err, count, at_ms };

    CHECK(script.answer_count[op] < SCRIPT_MAX);
    script.answers[op][script.answer_count[op]++] = answer;
}

int script_open_count(void)
{
    int count = 0;
    int i;

    for (i = 0; i < SCRIPT_SOCKETS; i++)
        count += script.sockets[i].open;
    return count;
}

int64_t script_elapsed_ns(void)
{
    return script.now_ns - SCRIPT_T0_MS * MS;
}

void *script_calloc(size_t count, size_t size)
{
    return script.no_memory ? NULL : (calloc)(count, size);
}

static const script_answer *next_answer(script_op op)
{
    static script_answer none;
    const size_t i = script.calls[op];

    if (i < script.answer_count[op])
        return &script.answers[op][i];
    return &none;
}

idem_error script_next(script_op op)
{
    const idem_error err = next_answer(op)->err;

    script.calls[op]++;
    return err ? idem_os_fail(1000 + (int)op, err) : IDEM_OK;
}

/* When the next answer of op comes, in ns; the far future when none does. */
static int64_t arrival(script_op op)
{
    /* calls[] counts answers given here, not attempts. */
    if (script.calls[op] >= script.answer_count[op])
        return FOREVER;
    return (SCRIPT_T0_MS + next_answer(op)->at_ms) * MS;
}

static void pass_time(int64_t until_ns)
{
    if (until_ns > script.now_ns)
        script.now_ns = until_ns;
}

static int64_t later(int64_t ns)
{
    return script.now_ns > FOREVER - ns ? FOREVER : script.now_ns + ns;
}

/* How long an attempt may wait for its answer. */
static int64_t patience_until(idem_deadline *d)
{
    int64_t left;

    if (script.patience == PATIENCE_NONE || d->timeout_ns == 0)
        return script.now_ns;
    left = idem_deadline_left(d);
    if (script.patience == PATIENCE_SOME && (left < 0 || left > 7 * MS))
        left = 7 * MS;
    return left < 0 ? FOREVER : later(left);
}

/* An attempt at op, which may wait for its answer within its patience. */
static idem_error attempt(script_op op, idem_deadline *d, size_t *count)
{
    int64_t until;
    idem_error err;

    *count = 0;
    CHECK(script.attempts < SCRIPT_MAX);
    script.timeout_ns[script.attempts++] = d->timeout_ns;
    if (script.on_attempt != NULL)
        script.on_attempt();
    until = patience_until(d);
    if (arrival(op) > until) {
        CHECK(until < FOREVER); /* waits for what never comes */
        pass_time(until);
        return idem_os_fail(1, IDEM_EWOULDBLOCK);
    }
    pass_time(arrival(op));
    *count = next_answer(op)->count;
    err = next_answer(op)->err;
    script.calls[op]++;
    return err ? idem_os_fail(2, err) : IDEM_OK;
}

/* ---- Process ----------------------------------------------------------- */

int64_t idem_os_clock_ns(void)
{
    script.clock_reads++;
    return script.now_ns;
}

void idem_os_lock(void)
{
    while (atomic_flag_test_and_set(&lock))
        support_yield();
}

void idem_os_unlock(void)
{
    atomic_flag_clear(&lock);
}

void idem_os_sleep(int64_t timeout_ns)
{
    (void)timeout_ns;
    idem_os_unlock();
    support_yield();
    idem_os_lock();
}

void idem_os_wake_sleepers(void)
{
}

idem_error idem_os_resolve(const char *host, uint16_t port, idem_address **out,
                           size_t *count)
{
    const size_t found = next_answer(OP_RESOLVE)->count;
    const int64_t until_ns = arrival(OP_RESOLVE);
    const idem_error err = script_next(OP_RESOLVE);
    size_t i;

    (void)host;
    *out = NULL;
    *count = 0;
    if (until_ns < FOREVER)
        pass_time(until_ns);
    if (err)
        return err;
    *out = (calloc)(found, sizeof(**out));
    CHECK(*out != NULL);
    *count = found;
    for (i = 0; i < found; i++) {
        (*out)[i].family = IDEM_AF_INET;
        (*out)[i].port = port;
        (*out)[i].ip[0] = 10;
        (*out)[i].ip[3] = (uint8_t)(i + 1);
    }
    return IDEM_OK;
}

bool idem_os_has(int feature)
{
    return feature == IDEM_HAS_UNIX_ABSTRACT && script.has_abstract;
}

/* ---- Sockets ----------------------------------------------------------- */

static script_socket *row(const idem_os_socket *s)
{
    CHECK(s->number >= 0 && s->number < SCRIPT_SOCKETS);
    CHECK(script.sockets[s->number].open);
    return &script.sockets[s->number];
}

int script_new_row(int family, int type, int protocol)
{
    const idem_os_kind kind = { .family = family,
                                .type = type,
                                .protocol = protocol };
    int i = 0;

    while (script.sockets[i].open)
        CHECK(++i < SCRIPT_SOCKETS);
    memset(&script.sockets[i], 0, sizeof(script.sockets[i]));
    script.sockets[i].open = true;
    script.sockets[i].blocking = true;
    script.sockets[i].kind = kind;
    script.sockets[i].port = SCRIPT_PORT + i;
    return i;
}

idem_error idem_os_open(idem_os_socket *s, int family, int type, int protocol)
{
    const idem_error err = script_next(OP_OPEN);

    if (!err)
        s->number = script_new_row(family, type, protocol);
    return err;
}

idem_error idem_os_inspect(intptr_t handle, idem_os_kind *kind)
{
    memset(kind, 0, sizeof(*kind));
    if (handle < 0 || handle >= SCRIPT_SOCKETS || !script.sockets[handle].open)
        return idem_os_fail(3, IDEM_ENOTSOCK);
    *kind = script.sockets[handle].kind;
    return IDEM_OK;
}

idem_error idem_os_adopt(idem_os_socket *s, intptr_t handle,
                         const idem_os_kind *kind)
{
    (void)kind;
    s->number = (int)handle;
    return script_next(OP_ADOPT);
}

void idem_os_share(idem_os_socket *s)
{
    (void)row(s);
}

bool idem_os_is_inherited(const idem_os_socket *s)
{
    (void)s;
    return false;
}

idem_error idem_os_dup(idem_os_socket *s, bool busy, idem_os_socket *out)
{
    const script_socket *from = row(s);
    const idem_error err = script_next(OP_DUP);

    (void)busy;
    if (err)
        return err;
    out->number =
        script_new_row(from->kind.family, from->kind.type, from->kind.protocol);
    script.sockets[out->number].kind = from->kind;
    script.sockets[out->number].has_peer = from->has_peer;
    return IDEM_OK;
}

intptr_t idem_os_handle(const idem_os_socket *s)
{
    return row(s) == NULL ? -1 : s->number;
}

intptr_t idem_os_detach(idem_os_socket *s, bool blocking)
{
    row(s)->blocking = blocking;
    return s->number;
}

idem_error idem_os_close(idem_os_socket *s)
{
    row(s)->open = false;
    return script_next(OP_CLOSE);
}

idem_error idem_os_set_blocking(idem_os_socket *s, bool blocking)
{
    const idem_error err = script_next(OP_SET_BLOCKING);

    if (!err)
        row(s)->blocking = blocking;
    return err;
}

void idem_os_wake(idem_os_socket *s)
{
    atomic_store(&row(s)->woken, true);
}

/* ---- Names ------------------------------------------------------------- */

idem_error idem_os_bind(idem_os_socket *s, const idem_address *at)
{
    script.last_to = *at;
    row(s)->kind.bound = true;
    return IDEM_OK;
}

static void name_of(int port, int family, idem_address *out)
{
    memset(out, 0, sizeof(*out));
    out->family = family;
    out->port = (uint16_t)port;
    out->ip[0] = 127;
}

idem_error idem_os_getsockname(const idem_os_socket *s, idem_address *out)
{
    name_of(row(s)->port, row(s)->kind.family, out);
    return IDEM_OK;
}

idem_error idem_os_getpeername(const idem_os_socket *s, idem_address *out)
{
    memset(out, 0, sizeof(*out));
    if (!row(s)->has_peer)
        return idem_os_fail(4, IDEM_ENOTCONN);
    name_of(SCRIPT_PEER, row(s)->kind.family, out);
    return IDEM_OK;
}

/* ---- Connecting -------------------------------------------------------- */

idem_error idem_os_listen(idem_os_socket *s, int backlog)
{
    script.last_backlog = backlog;
    row(s)->kind.listening = true;
    return IDEM_OK;
}

idem_error idem_os_accept(idem_os_socket *s, idem_deadline *d,
                          idem_os_socket *out, idem_address *peer)
{
    size_t count;
    const idem_error err = attempt(OP_ACCEPT, d, &count);

    memset(peer, 0, sizeof(*peer));
    if (err)
        return err;
    out->number = script_new_row(row(s)->kind.family, row(s)->kind.type, 0);
    script.sockets[out->number].port = row(s)->port;
    script.sockets[out->number].has_peer = true;
    name_of(count > 0 ? (int)count : SCRIPT_PEER, row(s)->kind.family, peer);
    return IDEM_OK;
}

idem_error idem_os_connect(idem_os_socket *s, const idem_address *to,
                           idem_deadline *d)
{
    size_t count;

    script.last_to = *to;
    if (row(s)->kind.type == IDEM_SOCK_DGRAM)
        return script_next(OP_CONNECT);
    return attempt(OP_CONNECT, d, &count);
}

idem_error idem_os_connected(idem_os_socket *s)
{
    idem_deadline none = { 0 };
    size_t count;
    idem_error err;

    row(s);
    err = attempt(OP_CONNECTED, &none, &count);
    script.attempts--; /* it is no attempt of its own */
    return err;
}

idem_error idem_os_take_error(idem_os_socket *s)
{
    row(s);
    return script.pending;
}

void idem_os_unconnect(idem_os_socket *s)
{
    row(s);
}

idem_error idem_os_shutdown(idem_os_socket *s, int how)
{
    (void)how;
    row(s);
    return script_next(OP_SHUTDOWN);
}

/* ---- Transfers --------------------------------------------------------- */

static idem_error transfer(script_op op, size_t len, int flags,
                           idem_deadline *d, size_t *done)
{
    const idem_error err = attempt(op, d, done);

    CHECK((flags & ~(IDEM_MSG_PEEK | IDEM_MSG_DONTROUTE)) == 0);
    script.last_flags = flags;
    if (*done > len)
        *done = len;
    return err;
}

idem_error idem_os_recv(idem_os_socket *s, void *buf, size_t cap, int flags,
                        idem_deadline *d, size_t *got)
{
    const idem_error err = transfer(OP_RECV, cap, flags, d, got);

    row(s);
    CHECK(cap > 0);
    memset(buf, 'r', *got);
    return err;
}

idem_error idem_os_recvfrom(idem_os_socket *s, void *buf, size_t cap, int flags,
                            idem_deadline *d, size_t *got, idem_address *from)
{
    const idem_error err = transfer(OP_RECVFROM, cap, flags, d, got);

    row(s);
    if (*got > 0)
        memset(buf, 'd', *got);
    if (from != NULL) {
        memset(from, 0, sizeof(*from));
        if (!err || err == IDEM_EMSGSIZE)
            name_of(SCRIPT_PEER, row(s)->kind.family, from);
    }
    return err;
}

idem_error idem_os_send(idem_os_socket *s, const void *data, size_t len,
                        int flags, idem_deadline *d, size_t *sent)
{
    idem_error err;

    row(s);
    CHECK(data != NULL && len > 0);
    err = transfer(OP_SEND, len, flags, d, sent);
    CHECK(*sent <= SCRIPT_WIRE - script.wire_length);
    memcpy(script.wire + script.wire_length, data, *sent);
    script.wire_length += *sent;
    return err;
}

idem_error idem_os_sendto(idem_os_socket *s, const void *data, size_t len,
                          int flags, idem_deadline *d, const idem_address *to,
                          size_t *sent)
{
    const idem_error err = transfer(OP_SENDTO, len, flags, d, sent);

    row(s);
    (void)data;
    if (to != NULL)
        script.last_to = *to;
    return err;
}

/* ---- Waiting ----------------------------------------------------------- */

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When one of the events comes for the entry. */
static int64_t event_at(const idem_os_pollfd *entry)
{
    int64_t at = FOREVER;

    if (entry->socket == NULL)
        return at;
    if (atomic_load(&row(entry->socket)->woken))
        return script.now_ns;
    if (entry->events & IDEM_POLLIN) {
        at = earliest(at, arrival(OP_RECV));
        at = earliest(at, arrival(OP_RECVFROM));
        at = earliest(at, arrival(OP_ACCEPT));
    }
    if (entry->events & IDEM_POLLOUT) {
        at = earliest(at, arrival(OP_SEND));
        at = earliest(at, arrival(OP_SENDTO));
        at = earliest(at, arrival(OP_CONNECTED));
    }
    return at;
}

/* Let time pass until an event, a false alarm, or the end of the wait. */
static void wait_for_event(const idem_os_pollfd *entries, size_t count,
                           int64_t timeout_ns)
{
    int64_t until = timeout_ns < 0 ? FOREVER : later(timeout_ns);
    size_t i;

    if (script.false_alarm_ms > 0)
        until = earliest(until, later(script.false_alarm_ms * MS));
    for (i = 0; i < count; i++)
        until = earliest(until, event_at(&entries[i]));
    CHECK(until < FOREVER); /* waits for ever for what never comes */
    pass_time(until);
}

static void wait_until_woken(const idem_os_pollfd *entries, size_t count)
{
    CHECK(count >= 1);
    while (!atomic_load(&row(entries[0].socket)->woken))
        support_yield();
}

idem_error idem_os_poll(idem_os_pollfd *entries, size_t count,
                        int64_t timeout_ns, size_t *ready)
{
    size_t i;

    CHECK(script.waits < SCRIPT_MAX);
    script.asked_ms[script.waits++] = timeout_ns < 0 ? -1 : timeout_ns / MS;
    if (script.on_wait != NULL)
        script.on_wait();
    if (script.until_woken)
        wait_until_woken(entries, count);
    else
        wait_for_event(entries, count, timeout_ns);
    *ready = 0;
    for (i = 0; i < count; i++) {
        entries[i].revents = 0;
        script.polled_events = entries[i].events;
        if (event_at(&entries[i]) <= script.now_ns)
            entries[i].revents = entries[i].events;
        *ready += entries[i].revents != 0;
    }
    return script_next(OP_POLL);
}
