/* Those who are connected: from entering to leaving, what they say and get. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAVING_SECONDS 30.0 /* for who gets its last answer */

/* ---- Queues ------------------------------------------------------------ */

static queue *queue_of(server *v, const client *c)
{
    return c->leaving ? &v->leaving : &v->staying;
}

static void take_out(queue *q, client *c)
{
    *(c->before != NULL ? &c->before->behind : &q->first) = c->behind;
    *(c->behind != NULL ? &c->behind->before : &q->last) = c->before;
}

static void put_last(queue *q, client *c)
{
    c->before = q->last;
    c->behind = NULL;
    *(q->last != NULL ? &q->last->behind : &q->first) = c;
    q->last = c;
}

/* A sign of life. One that is leaving has its time from the start. */
static void touch(server *v, client *c)
{
    if (c->leaving)
        return;
    take_out(&v->staying, c);
    put_last(&v->staying, c);
    c->since = v->now;
}

/* ---- Coming and going -------------------------------------------------- */

void client_name(const client *c, char name[IDEM_ADDRESS_TEXT])
{
    idem_address peer;

    idem_getpeername(c->socket, &peer);
    if (peer.family == IDEM_AF_UNIX /* any bytes, if it has a name at all */
        || idem_address_format(&peer, name, IDEM_ADDRESS_TEXT))
        snprintf(name, IDEM_ADDRESS_TEXT, "client %llu",
                 (unsigned long long)c->number);
}

idem_error client_enter(server *v, idem_socket *s)
{
    client *c = calloc(1, sizeof(*c));
    idem_error err = IDEM_ENOMEM;

    if (c != NULL)
        err = idem_selector_register(v->selector, s, IDEM_POLLIN, c);
    if (err) {
        idem_close(s);
        free(c);
        return err;
    }
    c->socket = s;
    c->since = v->now;
    c->number = ++v->welcomed;
    put_last(&v->staying, c);
    v->count++;
    tell_of(v, c, "connected");
    return IDEM_OK;
}

/* A close with something unread would be a reset, which may destroy what is on
 * its way to the client. So it is told the end first, and read until its own.
 */
static void finish(client *c)
{
    idem_shutdown(c->socket, IDEM_SHUT_WR);
}

void client_leave(server *v, client *c)
{
    take_out(&v->staying, c);
    c->leaving = true;
    c->since = v->now;
    put_last(&v->leaving, c);
    if (c->answer == NULL)
        finish(c);
}

bool client_is_unheard(const client *c)
{
    char byte;
    size_t got;

    return idem_recv(c->socket, &byte, 1, IDEM_MSG_PEEK, &got) == IDEM_OK
           && got > 0;
}

void client_dismiss(server *v, client *c)
{
    saving_end(v, c);
    take_out(queue_of(v, c), c);
    idem_close(c->socket);
    free(c->answer);
    free(c);
    v->count--;
    v->ended = true;
    welcome_again(v);
}

/* ---- Answers ----------------------------------------------------------- */

/* Send what the client takes now, and count it. */
static idem_error send_some(server *v, client *c, const char *text, size_t len,
                            size_t *sent)
{
    const idem_error err = idem_send(c->socket, text, len, 0, sent);

    v->traffic.sent += *sent;
    if (*sent > 0)
        touch(v, c);
    return err == IDEM_EWOULDBLOCK ? IDEM_OK : err;
}

/* Until this is out the client is not heard: at most one answer is in memory.
 */
static idem_error keep(server *v, client *c, const char *text, size_t len)
{
    c->answer = malloc(len);
    if (c->answer == NULL)
        return IDEM_ENOMEM;
    memcpy(c->answer, text, len);
    c->to_send = len;
    c->sent = 0;
    return idem_selector_modify(v->selector, c->socket, IDEM_POLLOUT, c);
}

static idem_error forget(server *v, client *c)
{
    free(c->answer);
    c->answer = NULL;
    if (c->leaving)
        finish(c);
    return idem_selector_modify(v->selector, c->socket, IDEM_POLLIN, c);
}

bool client_answer(server *v, client *c, const char *text, size_t len)
{
    size_t sent;
    idem_error err = send_some(v, c, text, len, &sent);

    if (!err && sent < len)
        err = keep(v, c, text + sent, len - sent);
    if (err)
        tell_of(v, c, "failed: %s", idem_strerror(err));
    return !err;
}

/* Send more of what was kept. */
static bool go_on(server *v, client *c)
{
    size_t sent;
    idem_error err =
        send_some(v, c, c->answer + c->sent, c->to_send - c->sent, &sent);

    c->sent += sent;
    if (!err && c->sent == c->to_send)
        err = forget(v, c);
    if (err)
        tell_of(v, c, "failed: %s", idem_strerror(err));
    return !err;
}

/* ---- Turns ------------------------------------------------------------- */

/* One that is leaving: throw away what it sends, in large pieces, until it has
 * left. */
static bool outwait(server *v, client *c)
{
    size_t got;
    const idem_error err =
        idem_recv(c->socket, v->received, PIECE_LIMIT, 0, &got);

    return err == IDEM_EWOULDBLOCK || (!err && got > 0);
}

static bool hear(server *v, client *c)
{
    size_t got;
    const bool saving = v->set.save_to != NULL;
    const size_t room = saving ? PIECE_LIMIT : MESSAGE_LIMIT;
    const idem_error err = idem_recv(c->socket, v->received, room, 0, &got);

    if (err == IDEM_EWOULDBLOCK)
        return true;
    if (err) {
        tell_of(v, c, "failed: %s", idem_strerror(err));
        return false;
    }
    touch(v, c);
    v->traffic.received += got;
    return saving ? saving_hear(v, c, got) : dialogue_hear(v, c, got);
}

void client_turn(server *v, client *c)
{
    bool stays;

    if (c->answer != NULL)
        stays = go_on(v, c);
    else
        stays = c->leaving ? outwait(v, c) : hear(v, c);
    if (!stays)
        client_dismiss(v, c);
}

/* ---- Time -------------------------------------------------------------- */

static double expires_at(const queue *q, double seconds)
{
    return q->first != NULL ? q->first->since + seconds : NEVER;
}

double clients_expire_at(const server *v)
{
    return earlier(expires_at(&v->staying, v->set.idle_timeout),
                   expires_at(&v->leaving, LEAVING_SECONDS));
}

void clients_expire(server *v)
{
    while (expires_at(&v->staying, v->set.idle_timeout) <= v->now) {
        tell_of(v, v->staying.first, "idle for %g s", v->set.idle_timeout);
        client_dismiss(v, v->staying.first);
    }
    while (expires_at(&v->leaving, LEAVING_SECONDS) <= v->now)
        client_dismiss(v, v->leaving.first);
}
