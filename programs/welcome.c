/* New clients. */
#include "server.h"

#define PAUSE_SECONDS 1.0

enum {
    WELCOMES = 64 /* connections taken before others get their turn */
};

/* Nobody can be taken now; who comes waits in the system's queue. Asking again
 * at once would only burn the processor: the next try is when a client has
 * left, or at the given time. */
static void pause_until(server *v, double resume_at)
{
    v->resume_at = resume_at;
    v->paused = !idem_selector_modify(v->selector, v->socket, 0, NULL);
}

/* A pause is told once, until everybody who waited is in. */
static bool is_news(server *v)
{
    const bool news = !v->full;

    v->full = true;
    if (news)
        report_hide(v);
    return news;
}

static void pause_for_error(server *v, idem_error err)
{
    if (is_news(v))
        say(CONSOLE_ERR, "%s: cannot accept for now: %s (%d %s)\n", PROGRAM,
            idem_strerror(err), (int)err, idem_error_name(err));
    pause_until(v, v->now + PAUSE_SECONDS);
}

static void pause_for_limit(server *v)
{
    if (is_news(v))
        say(CONSOLE_ERR, "%s: %llu client%s connected: others wait\n", PROGRAM,
            (unsigned long long)v->count, v->count == 1 ? " is" : "s are");
    pause_until(v, NEVER);
}

void welcome_again(server *v)
{
    if (!v->paused || v->socket == NULL)
        return;
    v->paused = idem_selector_modify(v->selector, v->socket, IDEM_POLLIN, NULL);
    v->resume_at = v->paused ? v->now + PAUSE_SECONDS : NEVER;
}

void welcome(server *v)
{
    idem_error err = IDEM_OK;

    for (int i = 0; i < WELCOMES && !err; i++) {
        idem_socket *s;

        if (v->count >= v->set.max_clients) {
            pause_for_limit(v);
            return;
        }
        err = idem_accept(v->socket, &s, NULL);
        if (!err)
            err = client_enter(v, s);
    }
    if (err == IDEM_EWOULDBLOCK)
        v->full = false; /* everybody who waited is in */
    else if (err)
        pause_for_error(v, err);
}
