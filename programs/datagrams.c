/* The same conversation with datagrams, where nobody is connected. */
#include "server.h"

enum {
    DATAGRAMS = 64 /* taken before the clock is looked at */
};

/* A sender that cannot be answered is told of, and is no reason to stop. */
static void answer(server *v, size_t len, const idem_address *from)
{
    const char *reply;
    size_t reply_len;
    size_t sent;
    idem_error err;

    if (dialogue_is_goodbye(v->received, len)) {
        tell(v, from, "ended with q");
        v->ended = true;
        return;
    }
    tell(v, from, "said %u byte%s", (unsigned)len, len == 1 ? "" : "s");
    reply = dialogue_reply(v, v->received, len, &reply_len);
    err = idem_sendto(v->socket, reply, reply_len, 0, from, &sent);
    v->traffic.messages++;
    v->traffic.received += len;
    v->traffic.sent += sent;
    if (err)
        tell(v, from, "failed: %s", idem_strerror(err));
}

/* Of a datagram longer than a message the rest is lost, as in the document. */
bool datagrams_turn(server *v)
{
    for (int i = 0; i < DATAGRAMS && !(v->set.once && v->ended); i++) {
        idem_address from;
        size_t got;
        const idem_error err =
            idem_recvfrom(v->socket, v->received, MESSAGE_LIMIT,
                          IDEM_MSG_DONTWAIT, &got, &from);

        if (err == IDEM_EWOULDBLOCK)
            break;
        if (err && err != IDEM_EMSGSIZE) {
            say_failure(PROGRAM, "receive", "datagrams", err);
            return false;
        }
        answer(v, got, &from);
    }
    return true;
}
