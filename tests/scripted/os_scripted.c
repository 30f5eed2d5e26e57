/* The contract of os.h, answered by the script. */
#include "attempt.h"
#include "engine.h"

#include "check.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static atomic_flag lock = ATOMIC_FLAG_INIT;

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

/* ---- Host names -------------------------------------------------------- */

/* Targets 1, 2, ...: 10.0.0.1, or fd00::2. */
static idem_address target_address(size_t number)
{
    idem_address a = { 0 };
    const char *families = script.families;

    if (families != NULL && families[number - 1] == '6') {
        a.family = IDEM_AF_INET6;
        a.ip[0] = 0xfd;
        a.ip[15] = (uint8_t)number;
    } else {
        a.family = IDEM_AF_INET;
        a.ip[0] = 10;
        a.ip[3] = (uint8_t)number;
    }
    return a;
}

idem_error idem_os_resolve(const char *host, int family, idem_address **out,
                           size_t *count, char *canonical)
{
    const size_t found = script_peek(OP_RESOLVE)->count;
    const int64_t until_ns = script_arrival(OP_RESOLVE);
    const idem_error err = script_next(OP_RESOLVE);
    size_t i;

    (void)host;
    *out = NULL;
    *count = 0;
    canonical[0] = '\0';
    script.last_family = family;
    if (until_ns < SCRIPT_FOREVER)
        script_pass_time(until_ns);
    if (err || found == 0)
        return err ? err : idem_os_fail(5, IDEM_HOST_NOT_FOUND);
    *out = (calloc)(found, sizeof(**out));
    CHECK(*out != NULL);
    for (i = 0; i < found; i++) {
        (*out)[*count] = target_address(i + 1);
        *count += family == IDEM_AF_UNSPEC || (*out)[*count].family == family;
    }
    CHECK(*count > 0);
    return IDEM_OK;
}

idem_error idem_os_port(const char *service, int type, uint16_t *port)
{
    (void)service;
    *port = type == IDEM_SOCK_STREAM ? 80 : 0;
    return *port != 0 ? IDEM_OK : idem_os_fail(6, IDEM_TYPE_NOT_FOUND);
}

static idem_error give_name(const char *text, char *name)
{
    memcpy(name, text, strlen(text) + 1);
    return IDEM_OK;
}

idem_error idem_os_name(const idem_address *a, bool local, char *name)
{
    (void)a;
    return give_name(local ? "some" : "some.name", name);
}

idem_error idem_os_service(uint16_t port, int type, char *name)
{
    (void)port;
    (void)type;
    return give_name("http", name);
}

idem_error idem_os_hostname(char *name)
{
    return give_name("some", name);
}

/* ---- Interfaces -------------------------------------------------------- */

idem_error idem_os_interfaces(idem_interface **out, size_t *count)
{
    *count = 1;
    *out = (calloc)(1, sizeof(**out));
    CHECK(*out != NULL);
    (*out)->index = 3;
    return give_name("eth0", (*out)->name);
}

idem_error idem_os_families(bool *ipv4, bool *ipv6)
{
    *ipv4 = true;
    *ipv6 = true;
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
    if (s->number < 0)
        atomic_store(&s->rung, true);
    else
        atomic_store(&row(s)->woken, true);
}

void idem_os_make_bell(idem_os_socket *s)
{
    s->number = -1;
    atomic_init(&s->rung, false);
}

/* ---- Names ------------------------------------------------------------- */

idem_error idem_os_bind(idem_os_socket *s, const idem_address *at)
{
    const idem_error err = script_next(OP_BIND);

    script.last_to = *at;
    row(s)->kind.bound = row(s)->kind.bound || !err;
    return err;
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
    const idem_error err = script_attempt(OP_ACCEPT, d, &count);

    memset(peer, 0, sizeof(*peer));
    if (err)
        return err;
    out->number = script_new_row(row(s)->kind.family, row(s)->kind.type, 0);
    script.sockets[out->number].port = row(s)->port;
    script.sockets[out->number].has_peer = true;
    name_of(count > 0 ? (int)count : SCRIPT_PEER, row(s)->kind.family, peer);
    return IDEM_OK;
}

/* The target that is meant; 0: none of them. */
static int target_number(const idem_address *to)
{
    const int number = to->family == IDEM_AF_INET ? to->ip[3] : to->ip[15];

    return number < SCRIPT_TARGETS && script.targets[number].known ? number : 0;
}

/* What has become of the attempt at a target. */
static idem_error target_result(const script_socket *s)
{
    if (script.now_ns < s->connect_ns)
        return idem_os_fail(1, IDEM_EWOULDBLOCK);
    return s->target->err ? idem_os_fail(2, s->target->err) : IDEM_OK;
}

static idem_error begin_target(script_socket *s, int number)
{
    s->target = &script.targets[number];
    s->connect_ns = s->target->at_ms < 0 ? SCRIPT_FOREVER
                                         : script_later(s->target->at_ms * MS);
    script.begun_ms[number] = script_elapsed_ns() / MS;
    script.order[strlen(script.order)] = (char)('0' + number);
    return target_result(s);
}

idem_error idem_os_connect(idem_os_socket *s, const idem_address *to,
                           idem_deadline *d)
{
    const int number = target_number(to);
    size_t count;

    script.last_to = *to;
    if (number > 0)
        return begin_target(row(s), number);
    if (row(s)->kind.type == IDEM_SOCK_DGRAM)
        return script_next(OP_CONNECT);
    return script_attempt(OP_CONNECT, d, &count);
}

idem_error idem_os_connected(idem_os_socket *s)
{
    idem_deadline none = { 0 };
    size_t count;
    idem_error err;

    if (row(s)->target != NULL)
        return target_result(row(s));
    err = script_attempt(OP_CONNECTED, &none, &count);
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

void script_put_on_wire(const void *data, size_t size)
{
    CHECK(size <= SCRIPT_WIRE - script.wire_length);
    memcpy(script.wire + script.wire_length, data, size);
    script.wire_length += size;
}

idem_error script_transfer(script_op op, size_t len, int flags,
                           idem_deadline *d, size_t *done)
{
    const idem_error err = script_attempt(op, d, done);

    CHECK((flags & ~(IDEM_MSG_OOB | IDEM_MSG_PEEK | IDEM_MSG_DONTROUTE)) == 0);
    script.last_flags = flags;
    if (*done > len)
        *done = len;
    return err;
}

idem_error script_recv(idem_os_socket *s, void *buf, size_t cap, int flags,
                       idem_deadline *d, size_t *got)
{
    const idem_error err = script_transfer(OP_RECV, cap, flags, d, got);

    row(s);
    CHECK(cap > 0);
    memset(buf, 'r', *got);
    return err;
}

idem_error script_recvfrom(idem_os_socket *s, void *buf, size_t cap, int flags,
                           idem_deadline *d, size_t *got, idem_address *from)
{
    const idem_error err = script_transfer(OP_RECVFROM, cap, flags, d, got);

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

idem_error script_send(idem_os_socket *s, const void *data, size_t len,
                       int flags, idem_deadline *d, size_t *sent)
{
    idem_error err;

    row(s);
    CHECK(data != NULL && len > 0);
    err = script_transfer(OP_SEND, len, flags, d, sent);
    script_put_on_wire(data, *sent);
    return err;
}

idem_error script_sendto(idem_os_socket *s, const void *data, size_t len,
                         int flags, idem_deadline *d, const idem_address *to,
                         size_t *sent)
{
    const idem_error err = script_transfer(OP_SENDTO, len, flags, d, sent);

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
    int64_t at = SCRIPT_FOREVER;

    if (entry->socket == NULL)
        return at;
    if (entry->socket->number < 0)
        return atomic_load(&entry->socket->rung) ? script.now_ns : at;
    if (atomic_load(&row(entry->socket)->woken))
        return script.now_ns;
    if (row(entry->socket)->target != NULL)
        return row(entry->socket)->connect_ns;
    if (entry->events & IDEM_POLLIN) {
        at = earliest(at, script_arrival(OP_RECV));
        at = earliest(at, script_arrival(OP_RECVFROM));
        at = earliest(at, script_arrival(OP_RECVMSG));
        at = earliest(at, script_arrival(OP_ACCEPT));
    }
    if (entry->events & IDEM_POLLOUT) {
        at = earliest(at, script_arrival(OP_SEND));
        at = earliest(at, script_arrival(OP_SENDTO));
        at = earliest(at, script_arrival(OP_SENDMSG));
        at = earliest(at, script_arrival(OP_SENDFILE));
        at = earliest(at, script_arrival(OP_CONNECTED));
    }
    return at;
}

/* Let time pass until an event, a false alarm, or the end of the wait. */
static void wait_for_event(const idem_os_pollfd *entries, size_t count,
                           int64_t timeout_ns)
{
    int64_t until = timeout_ns < 0 ? SCRIPT_FOREVER : script_later(timeout_ns);
    size_t i;

    if (script.false_alarm_ms > 0)
        until = earliest(until, script_later(script.false_alarm_ms * MS));
    for (i = 0; i < count; i++)
        until = earliest(until, event_at(&entries[i]));
    if (script.workers_ended < script.workers)
        until = earliest(until, script.worker_ns[script.workers_ended]);
    CHECK(until < SCRIPT_FOREVER); /* waits for ever for what never comes */
    script_pass_time(until);
    script_run_workers(script.now_ns);
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
