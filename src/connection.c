/* Connections to hosts, and servers, in one call.
 *
 * A host may have many addresses, and some may not answer. They are tried as
 * RFC 8305 ("Happy Eyeballs") has it: the families in turn, one attempt after
 * the other without waiting for long, and the first that stands wins. One
 * deadline bounds the look-up and all attempts together.
 */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

/* How long an attempt has for itself before the next begins. */
#define STAGGER_NS INT64_C(250000000)

typedef struct attempt {
    idem_address to;
    idem_socket *socket; /* while it is under way */
} attempt;

typedef struct race {
    idem_connection *how;
    idem_deadline deadline;
    idem_deadline stagger; /* of the attempt that began last */
    attempt *attempts;
    idem_os_pollfd *entries; /* one more than attempts */
    size_t count;
    size_t begun;
    size_t pending;
    bool failed;    /* an attempt has, since the last began */
    idem_error err; /* the most useful of those that came */
    idem_socket *winner;
} race;

/* ---- The order --------------------------------------------------------- */

/* Sort by the system's preference within a family, and let the families take
 * turns, beginning with the preferred one. */
static void interleave(const idem_address *list, size_t count, attempt *out)
{
    const int32_t first = list[0].family;
    size_t at[2] = { 0, 0 }; /* the next of the first family, of the other */
    size_t n = 0;
    int turn = 0;

    while (n < count) {
        size_t *i = &at[turn];

        while (*i < count && (list[*i].family == first) != (turn == 0))
            ++*i;
        if (*i < count)
            out[n++].to = list[(*i)++];
        turn = !turn;
    }
}

/* ---- Attempts ---------------------------------------------------------- */

/* How far an attempt came that failed so: the further, the more it says about
 * the host, and the less about this machine. */
static int usefulness(idem_error err)
{
    switch ((int)err) {
    case IDEM_ECONNREFUSED:
    case IDEM_ECONNRESET:
    case IDEM_ECONNABORTED:
        return 3; /* the host has answered */
    case IDEM_ETIMEDOUT:
    case IDEM_EHOSTUNREACH:
    case IDEM_EHOSTDOWN:
    case IDEM_EACCES:
        return 2; /* somebody on the way, or nobody at all */
    case IDEM_ENETUNREACH:
    case IDEM_EADDRNOTAVAIL:
    case IDEM_EAFNOSUPPORT:
        return 0; /* this machine has no way to that family */
    default:
        return 1;
    }
}

/* What became of attempt i. Of equals, the first is told: it is of the address
 * that the system prefers. */
static void record(race *r, size_t i, idem_error err)
{
    if (i < r->how->capacity)
        r->how->attempts[i].error = err;
    if (!err)
        return;
    r->failed = true;
    if (!r->err || usefulness(err) > usefulness(r->err))
        r->err = err;
}

static idem_error open_attempt(const race *r, const idem_address *to,
                               idem_socket **out)
{
    const idem_address *local = r->how->local;
    idem_error err = idem_open(to->family, IDEM_SOCK_STREAM, 0, out);

    if (!err)
        err = idem_settimeout(*out, 0);
    if (!err && local != NULL)
        err = idem_bind(*out, local);
    if (!err)
        err = idem_connect(*out, to);
    return err;
}

static void begin_attempt(race *r)
{
    const size_t i = r->begun++;
    const idem_address *to = &r->attempts[i].to;
    idem_socket *s = NULL;
    idem_error err;

    r->failed = false;
    r->stagger = (idem_deadline){ .timeout_ns = STAGGER_NS };
    (void)idem_deadline_left(&r->stagger);
    r->how->attempted = r->begun;
    if (i < r->how->capacity)
        r->how->attempts[i] = (idem_attempt){ *to, IDEM_EINPROGRESS };
    err = open_attempt(r, to, &s);
    if (err == IDEM_EWOULDBLOCK) {
        r->attempts[i].socket = s;
        r->pending++;
        return;
    }
    record(r, i, err);
    if (!err)
        r->winner = s;
    else
        idem_close(s);
}

/* When it is another attempt's turn, if none fails before: negative for never,
 * 0 now. */
static int64_t next_turn(race *r)
{
    const idem_address *local = r->how->local;

    if (r->begun == r->count)
        return -1;
    if (r->pending == 0 || r->deadline.timeout_ns == 0)
        return 0;
    /* One port is not for two attempts at a time. */
    if (local != NULL && local->port != 0)
        return -1;
    return r->failed ? 0 : idem_deadline_left(&r->stagger);
}

/* Look how the attempts stand that are under way. */
static void look(race *r)
{
    size_t i;

    for (i = 0; i < r->begun && r->winner == NULL; i++) {
        idem_socket *s = r->attempts[i].socket;
        idem_phase phase = s == NULL ? IDEM_PHASE_NEW : idem_socket_phase(s);

        if (s == NULL || phase == IDEM_PHASE_CONNECTING)
            continue;
        r->attempts[i].socket = NULL;
        r->pending--;
        if (phase == IDEM_PHASE_CONNECTED) {
            record(r, i, IDEM_OK);
            r->winner = s;
        } else {
            record(r, i, idem_socket_take_error(s));
            idem_close(s);
        }
    }
}

/* ---- The race ---------------------------------------------------------- */

/* Wait until an attempt is decided, or the next may begin. */
static idem_error wait_for_news(race *r)
{
    size_t n = 1;
    size_t i;

    for (i = 0; i < r->begun; i++) {
        idem_socket *s = r->attempts[i].socket;

        if (s != NULL)
            r->entries[n++] = (idem_os_pollfd){ &s->os, IDEM_POLLOUT, 0 };
    }
    return idem_wait_once(r->entries, n, r->how->canceller, &r->deadline,
                          next_turn(r));
}

/* End what is still under way, for this reason. */
static void withdraw(race *r, idem_error why)
{
    size_t i;

    for (i = 0; i < r->begun; i++) {
        if (r->attempts[i].socket == NULL)
            continue;
        idem_close(r->attempts[i].socket);
        record(r, i, why);
    }
}

static idem_error run(race *r)
{
    idem_error err = IDEM_OK;

    for (;;) {
        while (!err && r->winner == NULL && next_turn(r) == 0)
            begin_attempt(r);
        if (r->winner != NULL) {
            withdraw(r, IDEM_ECANCELED);
            return IDEM_OK;
        }
        if (err) {
            withdraw(r, err);
            return err;
        }
        if (r->pending == 0)
            return r->err;
        err = wait_for_news(r);
        look(r);
    }
}

static idem_error run_race(race *r, const idem_address *list, size_t count)
{
    idem_error err = IDEM_ENOMEM;

    r->count = count;
    r->attempts = calloc(count, sizeof(*r->attempts));
    r->entries = calloc(count + 1, sizeof(*r->entries));
    if (r->attempts != NULL && r->entries != NULL) {
        interleave(list, count, r->attempts);
        err = run(r);
    }
    free(r->attempts);
    free(r->entries);
    return err;
}

/* ---- Connections ------------------------------------------------------- */

static idem_error connect_to(race *r, const char *host, int port)
{
    const idem_address *local = r->how->local;
    const int family = local == NULL ? IDEM_AF_UNSPEC : local->family;
    idem_address number;
    idem_address *list;
    size_t count;
    size_t i;
    idem_error err;

    if (!idem_address_make(host, port, &number)) {
        if (family != IDEM_AF_UNSPEC && family != number.family)
            return IDEM_EAFNOSUPPORT;
        return run_race(r, &number, 1);
    }
    err = idem_find_addresses(host, family, &r->deadline, r->how->canceller,
                              &list, &count);
    if (err)
        return err;
    for (i = 0; i < count; i++)
        list[i].port = (uint16_t)port;
    err = run_race(r, list, count);
    free(list);
    return err;
}

static idem_error check_connection(const char *host, int port,
                                   const idem_connection *how)
{
    if (host == NULL || (how->attempts == NULL && how->capacity > 0))
        return IDEM_EFAULT;
    if (port < 0 || port > UINT16_MAX)
        return IDEM_EINVAL;
    if (how->local != NULL && how->local->family != IDEM_AF_INET
        && how->local->family != IDEM_AF_INET6)
        return IDEM_EAFNOSUPPORT;
    return IDEM_OK;
}

idem_error idem_create_connection_with(const char *host, int port,
                                       double timeout, idem_connection *how,
                                       idem_socket **out)
{
    idem_connection plain = { 0 };
    race r = { .how = how == NULL ? &plain : how };
    int64_t timeout_ns;
    idem_error err;

    r.how->attempted = 0;
    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    err = check_connection(host, port, r.how);
    if (!err)
        err = idem_timeout_ns(timeout, &timeout_ns);
    if (!err)
        err = idem_deadline_begin(&r.deadline, timeout_ns, r.how->canceller);
    if (!err)
        err = connect_to(&r, host, port);
    if (!err)
        err = idem_settimeout(r.winner, timeout);
    if (err)
        idem_close(r.winner);
    else
        *out = r.winner;
    return err;
}

idem_error idem_create_connection(const char *host, int port, double timeout,
                                  idem_socket **out)
{
    return idem_create_connection_with(host, port, timeout, NULL, out);
}

/* ---- Servers ----------------------------------------------------------- */

static idem_error serve(idem_socket *s, const idem_address *at, int backlog,
                        int flags)
{
    idem_error err = IDEM_OK;

    if (flags & IDEM_SERVER_DUALSTACK)
        err = idem_set_v6only(s, false);
    if (!err && (flags & IDEM_SERVER_REUSE_PORT))
        err = idem_set_reuse_port(s, true);
    if (!err)
        err = idem_bind(s, at);
    return err ? err : idem_listen(s, backlog);
}

idem_error idem_create_server(const idem_address *at, int backlog, int flags,
                              idem_socket **out)
{
    idem_error err;

    if (out == NULL)
        return IDEM_EFAULT;
    *out = NULL;
    if (at == NULL)
        return IDEM_EFAULT;
    if (flags & ~(IDEM_SERVER_REUSE_PORT | IDEM_SERVER_DUALSTACK))
        return IDEM_EINVAL;
    if ((flags & IDEM_SERVER_DUALSTACK) && at->family != IDEM_AF_INET6)
        return IDEM_EINVAL;
    if ((flags & IDEM_SERVER_REUSE_PORT) && at->family == IDEM_AF_UNIX)
        return IDEM_EINVAL; /* it has no port */
    err = idem_open(at->family, IDEM_SOCK_STREAM, 0, out);
    if (!err)
        err = serve(*out, at, backlog, flags);
    if (err) {
        idem_close(*out);
        *out = NULL;
    }
    return err;
}
