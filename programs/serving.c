/* The loop: wait for what is ready, or due, and deal with it. */
#include "server.h"

#define STOP_SECONDS 5.0 /* for who has not taken its answer yet */

enum {
    EVENTS = 256 /* dealt with between two waits */
};

/* ---- Stopping ---------------------------------------------------------- */

/* In a thread of its own. */
static void want_stop(void *arg)
{
    server *v = arg;

    atomic_store(&v->stop_wanted, true);
    idem_selector_wake(v->selector);
}

/* Nobody is heard any more; who has not taken its answer may finish, and who is
 * talking is not reset. */
static void begin_stop(server *v)
{
    client *c = v->staying.first;

    v->stopping = true;
    v->leave_at = v->now + STOP_SECONDS;
    v->resume_at = NEVER;
    listening_end(v);
    while (c != NULL) {
        client *behind = c->behind;

        if (c->upload != NULL)
            saving_interrupt(v, c);
        else if (c->answer != NULL || client_is_unheard(c))
            client_leave(v, c);
        else
            client_dismiss(v, c);
        c = behind;
    }
}

static void obey(server *v)
{
    const bool wanted = atomic_exchange(&v->stop_wanted, false);

    if (!v->stopping && (wanted || (v->set.once && v->ended)))
        begin_stop(v);
    else if (wanted)
        v->leave_at = v->now;
}

static bool is_over(const server *v)
{
    return v->stopping && (v->count == 0 || v->now >= v->leave_at);
}

/* ---- The loop ---------------------------------------------------------- */

/* Seconds until something is due. */
static double patience(const server *v)
{
    double at = earlier(clients_expire_at(v), v->resume_at);
    double left;

    at = earlier(at, v->report_at);
    if (v->stopping)
        at = earlier(at, v->leave_at);
    if (at == NEVER)
        return IDEM_FOREVER;
    left = at - console_seconds();
    return left > 0 ? left : 0;
}

/* False: it is said why nobody can be served any more. */
static bool attend(server *v, const idem_event *e)
{
    if (e->data != NULL)
        client_turn(v, e->data);
    else if (v->set.udp)
        return datagrams_turn(v);
    else
        welcome(v);
    return true;
}

/* Only when all who were ready had their turn, the others are idle indeed. */
static void keep_time(server *v, bool all)
{
    if (all)
        clients_expire(v);
    if (v->now >= v->resume_at)
        welcome_again(v);
    report(v);
}

static status serve_all(server *v)
{
    idem_event events[EVENTS];

    while (!is_over(v)) {
        size_t count;
        const idem_error err = idem_selector_select(v->selector, patience(v),
                                                    events, EVENTS, &count);

        if (err)
            return say_failure(PROGRAM, "wait for", "clients", err);
        v->now = console_seconds();
        for (size_t i = 0; i < count; i++) {
            if (!attend(v, &events[i]))
                return STATUS_FAILED;
        }
        keep_time(v, count < EVENTS);
        obey(v);
    }
    return STATUS_DONE;
}

/* ---- Beginning and end ------------------------------------------------- */

static idem_error watch(server *v)
{
    const idem_error err = idem_selector_open(&v->selector);

    if (err)
        return err;
    return idem_selector_register(v->selector, v->socket, IDEM_POLLIN, NULL);
}

static void clean_up(server *v)
{
    while (v->staying.first != NULL)
        client_dismiss(v, v->staying.first);
    while (v->leaving.first != NULL)
        client_dismiss(v, v->leaving.first);
    listening_end(v);
    idem_selector_close(v->selector);
}

static status serve_at(server *v, const char *name)
{
    const idem_error err = watch(v);
    status result;

    if (err)
        return say_failure(PROGRAM, "watch", name, err);
    if (!console_on_stop(want_stop, v))
        return say_failure(PROGRAM, "watch for", "Ctrl-C", IDEM_ENOMEM);
    say(CONSOLE_OUT, "listening on %s\n", name);
    v->now = console_seconds();
    report_start(v);
    result = serve_all(v);
    report_hide(v);
    console_on_stop(NULL, NULL); /* the selector is about to go */
    return result;
}

status serve(server *v)
{
    char name[IDEM_ADDRESS_TEXT];
    idem_address at = v->set.at;
    idem_error err;
    status result;

    if (v->set.save_to != NULL && !saving_can(v))
        return STATUS_FAILED;
    err = listening_start(v, &at);
    idem_address_format(&at, name, sizeof(name));
    if (err)
        result = say_failure(PROGRAM, "listen on", name, err);
    else
        result = serve_at(v, name);
    clean_up(v);
    return result;
}
