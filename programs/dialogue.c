/* The document's conversation: each message is answered, and "q" ends it. */
#include "server.h"

bool dialogue_is_goodbye(const char *message, size_t len)
{
    return len == 1 && message[0] == 'q';
}

const char *dialogue_reply(const server *v, const char *message, size_t len,
                           size_t *reply_len)
{
    *reply_len = v->set.echo ? len : v->set.reply_len;
    return v->set.echo ? message : v->set.reply;
}

bool dialogue_hear(server *v, client *c, size_t len)
{
    const char *reply;
    size_t reply_len;

    if (len == 0 || dialogue_is_goodbye(v->received, len)) {
        tell_of(v, c, len == 0 ? "closed" : "ended with q");
        return false;
    }
    v->traffic.messages++;
    tell_of(v, c, "said %u byte%s", (unsigned)len, len == 1 ? "" : "s");
    reply = dialogue_reply(v, v->received, len, &reply_len);
    return client_answer(v, c, reply, reply_len);
}
