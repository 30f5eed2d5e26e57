/* Probing: the document's connect_ex, of every port at every address of a host.
 * All attempts go on at a time, so that none holds up the others. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_SECONDS 0.1 /* between two attempts */
#define NEVER 1e300

enum {
    RESULT_TEXT = 80
};

/* An address to connect to. */
typedef struct target {
    idem_address at;
    char place[PLACE_TEXT];
    size_t port;         /* which one of the settings' */
    idem_socket *socket; /* of an attempt that is under way */
    double began;
    double limit; /* when to give it up */
    double again; /* when to make the next one */
    bool settled; /* at least one has come to something: */
    idem_error result;
    double took;
} target;

typedef struct probing {
    const settings *set;
    target *targets;
    size_t count;
    idem_pollfd *entries; /* one for each target */
    double start;
    double end; /* no attempt begins behind it, but for the first ones */
    double now;
} probing;

static double earlier(double a, double b)
{
    return a < b ? a : b;
}

static bool is_up(const target *t)
{
    return t->settled && t->result == IDEM_OK;
}

/* ---- One attempt ------------------------------------------------------- */

/* That is what it came to. */
static void settle(probing *p, target *t, idem_error result)
{
    idem_close(t->socket);
    t->socket = NULL;
    t->settled = true;
    t->result = result;
    t->took = console_seconds() - t->began;
    t->again = p->now + AGAIN_SECONDS;
}

/* It has not ended in time. The last one may have been cut short by the end of
 * it all: then the one before tells more. */
static void give_up(probing *p, target *t)
{
    if (!t->settled || t->limit < p->end) {
        settle(p, t, p->set->timeout > 0 ? IDEM_ETIMEDOUT : IDEM_EWOULDBLOCK);
    } else {
        idem_close(t->socket);
        t->socket = NULL;
        t->again = NEVER;
    }
}

/* Where it is now. A Unix socket is connected at once or not at all: to it,
 * every call is a try. */
static void look(probing *p, target *t)
{
    const idem_error err = idem_connect_ex(t->socket, &t->at);

    if (err == IDEM_EISCONN)
        settle(p, t, IDEM_OK);
    else if (err != IDEM_EALREADY && err != IDEM_EWOULDBLOCK)
        settle(p, t, err);
    else if (p->now >= t->limit)
        give_up(p, t);
}

static void begin(probing *p, target *t, double limit)
{
    idem_error err = idem_open(t->at.family, IDEM_SOCK_STREAM, 0, &t->socket);

    t->began = console_seconds();
    t->limit = limit;
    if (!err)
        err = idem_settimeout(t->socket, 0);
    if (err)
        settle(p, t, err);
    else
        look(p, t);
}

/* ---- All of them ------------------------------------------------------- */

/* Whether each port is up at one address at least. */
static bool all_up(const probing *p)
{
    bool up[PORT_LIMIT] = { false };
    size_t missing = p->set->port_count;

    for (size_t i = 0; i < p->count; i++) {
        const target *t = &p->targets[i];
        if (is_up(t) && !up[t->port]) {
            up[t->port] = true;
            missing--;
        }
    }
    return missing == 0;
}

/* When something is to be done about a target that is left alone. */
static double due(const probing *p, const target *t)
{
    if (t->socket == NULL)
        return is_up(t) || t->again >= p->end ? NEVER : t->again;
    if (t->at.family == IDEM_AF_UNIX) /* no event tells of room */
        return earlier(t->limit, p->now + AGAIN_SECONDS);
    return t->limit;
}

/* False: there is nothing to wait for. */
static bool await(probing *p)
{
    double next = NEVER;

    for (size_t i = 0; i < p->count; i++) {
        const target *t = &p->targets[i];
        const bool told = t->at.family != IDEM_AF_UNIX;

        p->entries[i].socket = told ? t->socket : NULL;
        p->entries[i].events = IDEM_POLLOUT;
        next = earlier(next, due(p, t));
    }
    if (next >= NEVER)
        return false;
    next = next > p->now ? next - p->now : 0;
    return idem_poll(p->entries, p->count, next, NULL) == IDEM_OK;
}

static void attempt_all(probing *p)
{
    const double limit = p->start + p->set->timeout;
    const bool waits = p->set->wait > 0;

    p->now = console_seconds();
    for (size_t i = 0; i < p->count; i++) {
        if (!p->targets[i].settled)
            begin(p, &p->targets[i], waits ? earlier(limit, p->end) : limit);
    }
    while (!(waits && all_up(p)) && await(p)) {
        p->now = console_seconds();
        for (size_t i = 0; i < p->count; i++) {
            target *t = &p->targets[i];
            if (t->socket != NULL)
                look(p, t);
            else if (due(p, t) <= p->now)
                begin(p, t, earlier(p->now + p->set->timeout, p->end));
        }
    }
    for (size_t i = 0; i < p->count; i++)
        idem_close(p->targets[i].socket);
}

/* ---- Which they are ---------------------------------------------------- */

static idem_error make_room(probing *p, size_t addresses)
{
    p->count = p->set->port_count * addresses;
    p->targets = calloc(p->count, sizeof(*p->targets));
    p->entries = calloc(p->count, sizeof(*p->entries));
    return p->targets != NULL && p->entries != NULL ? IDEM_OK : IDEM_ENOMEM;
}

/* Each port at each address. */
static idem_error set_targets(probing *p, const idem_addrinfo *list,
                              size_t count)
{
    target *t;
    const idem_error err = make_room(p, count);

    if (err)
        return err;
    t = p->targets;
    for (size_t port = 0; port < p->set->port_count; port++) {
        for (size_t i = 0; i < count; i++, t++) {
            t->at = list[i].address;
            t->at.port = (uint16_t)p->set->ports[port]; /* 1 to 65535 */
            t->port = port;
            idem_address_format(&t->at, t->place, sizeof(t->place));
        }
    }
    return IDEM_OK;
}

/* There is no address: that is what comes of every port. */
static idem_error set_failure(probing *p, idem_error result)
{
    const idem_error err = make_room(p, 1);

    for (size_t i = 0; !err && i < p->count; i++) {
        target *t = &p->targets[i];

        client_place(p->set, p->set->ports[i], t->place);
        t->port = i;
        t->settled = true;
        t->result = result;
        t->took = console_seconds() - p->start;
        t->again = NEVER;
    }
    return err;
}

/* A name that nobody knows yet is waited for, too. */
static idem_error look_up(const probing *p, idem_addrinfo **list, size_t *count)
{
    const settings *set = p->set;
    double limit = p->start + set->timeout;
    idem_lookup how = { .type = IDEM_SOCK_STREAM };
    idem_error err;

    for (;;) {
        double now = console_seconds();

        if (set->wait > 0)
            limit = earlier(limit, p->end);
        if (set->timeout > 0) /* 0 would be the default timeout, which is 0 */
            how.timeout = limit > now ? limit - now : 1e-9;
        err = idem_getaddrinfo(set->host, NULL, &how, list, count, NULL, 0);
        now = console_seconds() + AGAIN_SECONDS;
        if (!err || now >= p->end
            || idem_poll(NULL, 0, AGAIN_SECONDS, NULL) != IDEM_OK)
            return err;
        limit = now + set->timeout;
    }
}

static idem_error find_targets(probing *p)
{
    idem_addrinfo path = { .family = IDEM_AF_UNIX };
    idem_addrinfo *list = NULL;
    size_t count = 1;
    idem_error err;

    if (p->set->path != NULL)
        err = idem_address_unix(p->set->path, strlen(p->set->path),
                                &path.address);
    else
        err = look_up(p, &list, &count);
    err = err ? set_failure(p, err)
              : set_targets(p, list != NULL ? list : &path, count);
    idem_freeaddrinfo(list);
    return err;
}

/* ---- What came of it --------------------------------------------------- */

static int result_text(const target *t, char text[RESULT_TEXT])
{
    return snprintf(text, RESULT_TEXT, "%d %s %s", (int)t->result,
                    idem_error_name(t->result), idem_strerror(t->result));
}

static int longer(int width, int length)
{
    return length > width ? length : width;
}

/* connect_ex 127.0.0.1:8080 -> 0 OK success  0.1 ms */
static status tell(const probing *p)
{
    char text[RESULT_TEXT];
    int places = 0;
    int results = 0;
    bool written = true;

    for (size_t i = 0; i < p->count; i++) {
        places = longer(places, (int)strlen(p->targets[i].place));
        results = longer(results, result_text(&p->targets[i], text));
    }
    for (size_t i = 0; written && i < p->count; i++) {
        const target *t = &p->targets[i];

        result_text(t, text);
        if (t->settled)
            written = say(CONSOLE_OUT, "connect_ex %-*s -> %-*s  %.1f ms\n",
                          places, t->place, results, text, t->took * 1e3);
    }
    return say_written(PROGRAM, written,
                       all_up(p) ? STATUS_DONE : STATUS_FAILED);
}

status probe(const settings *set)
{
    probing p = { .set = set, .start = console_seconds() };
    idem_error err;
    status result;

    p.end = p.start + set->wait;
    err = find_targets(&p);
    if (!err)
        attempt_all(&p);
    result = err ? client_unconnected(set, err) : tell(&p);
    free(p.targets);
    free(p.entries);
    return result;
}
