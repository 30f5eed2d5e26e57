/* idem-server: the document's server, for any number of clients at once. One
 * thread serves them all: no call waits but idem_poll(). */
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRAM "idem-server"

enum {
    MESSAGE_LIMIT = 1024, /* bytes of one receive, as in the document */
    BACKLOG = 128,
    WELCOMES = 64 /* connections taken before others get their turn */
};

static const char help[] =
    "Usage: idem-server [OPTION...]\n"
    "\n"
    "Answers every message of every client, until the client says \"q\".\n"
    "Ctrl-C stops the server.\n"
    "\n"
    "  --host ADDRESS  where to listen, an IPv4 or IPv6 address; default\n"
    "                  127.0.0.1\n"
    "  --port PORT     0 to 65535, 0 takes a free one; default 8080\n"
    "  --reply TEXT    what to answer; default hello,world\n"
    "  --echo          answer with the message itself\n"
    "  --udp           serve datagrams\n"
    "  --once          stop when the first conversation has ended\n"
    "  --quiet         print the listening line only\n"
    "  --help          print this\n"
    "  --version       print the version\n"
    "\n"
    "Exit status: 0 when it was stopped, 1 when something failed, 2 for a\n"
    "wrong command line.\n";

typedef struct settings {
    idem_address at;
    const char *reply;
    size_t reply_len;
    bool echo;
    bool udp;
    bool once;
    bool quiet;
} settings;

/* One conversation. At most one message is in memory: while its answer is not
 * out, nothing more is received. */
typedef struct client {
    idem_socket *socket;
    size_t to_send; /* bytes of the answer */
    size_t sent;    /* of them */
    char name[IDEM_ADDRESS_TEXT];
    char message[MESSAGE_LIMIT];
} client;

typedef struct server {
    settings set;
    idem_socket *socket; /* listens, or takes the datagrams */
    client *clients;
    idem_pollfd *entries; /* the listener, then one for each client */
    size_t count;
    size_t room;
    bool full;         /* the last accept failed */
    time_t full_since; /* 0: look again */
    bool ended;        /* a conversation has */
} server;

/* ---- The command line -------------------------------------------------- */

static status read_settings(settings *set, char **argv)
{
    const char *host = "127.0.0.1";
    int port = 8080;
    const option options[] = {
        { .name = "host", .text = &host },
        { .name = "port", .port = &port },
        { .name = "reply", .text = &set->reply },
        { .name = "echo", .flag = &set->echo },
        { .name = "udp", .flag = &set->udp },
        { .name = "once", .flag = &set->once },
        { .name = "quiet", .flag = &set->quiet },
    };
    const command c = { .program = PROGRAM,
                        .help = help,
                        .options = options,
                        .option_count = sizeof(options) / sizeof(options[0]) };
    const status result = options_read(&c, argv);

    if (result != STATUS_RUN)
        return result;
    if (set->reply != NULL && set->echo)
        return options_refuse(&c, "--reply and --echo do not go together");
    if (idem_address_make(host, port, &set->at))
        return options_refuse(&c, "--host %s: not a numeric address", host);
    if (set->reply == NULL)
        set->reply = "hello,world";
    set->reply_len = strlen(set->reply);
    return STATUS_RUN;
}

/* ---- Events ------------------------------------------------------------ */

static void name_of(const idem_address *a, char name[IDEM_ADDRESS_TEXT])
{
    if (idem_address_format(a, name, IDEM_ADDRESS_TEXT))
        memcpy(name, "somebody", sizeof("somebody"));
}

/* What becomes of these lines is nothing the clients should suffer from. */
static void tell(const server *v, const char *who, const char *what)
{
    if (!v->set.quiet)
        say(CONSOLE_OUT, "%s %s\n", who, what);
}

static void tell_said(const server *v, const char *who, size_t bytes)
{
    if (!v->set.quiet)
        say(CONSOLE_OUT, "%s said %u byte%s\n", who, (unsigned)bytes,
            bytes == 1 ? "" : "s");
}

static void tell_failed(const server *v, const char *who, idem_error err)
{
    if (!v->set.quiet)
        say(CONSOLE_OUT, "%s failed: %s\n", who, idem_strerror(err));
}

static bool is_goodbye(const char *message, size_t len)
{
    return len == 1 && message[0] == 'q';
}

/* ---- Conversations ----------------------------------------------------- */

/* Send what is left of the answer, as far as the client takes it. */
static bool answer(const server *v, client *c)
{
    const char *text = v->set.echo ? c->message : v->set.reply;
    idem_error err = IDEM_OK;

    while (!err && c->sent < c->to_send) {
        size_t n;
        err = idem_send(c->socket, text + c->sent, c->to_send - c->sent, 0, &n);
        c->sent += n;
    }
    if (!err || err == IDEM_EWOULDBLOCK)
        return true;
    tell_failed(v, c->name, err);
    return false;
}

/* Take one message and begin to answer it. */
static bool hear(const server *v, client *c)
{
    size_t got;
    const idem_error err =
        idem_recv(c->socket, c->message, MESSAGE_LIMIT, 0, &got);

    if (err == IDEM_EWOULDBLOCK)
        return true;
    if (err) {
        tell_failed(v, c->name, err);
        return false;
    }
    if (got == 0 || is_goodbye(c->message, got)) {
        tell(v, c->name, got == 0 ? "closed" : "ended with q");
        return false;
    }
    tell_said(v, c->name, got);
    c->to_send = v->set.echo ? got : v->set.reply_len;
    c->sent = 0;
    return answer(v, c);
}

static bool is_answering(const client *c)
{
    return c->sent < c->to_send;
}

/* The last client takes the place of the one that leaves. */
static void dismiss(server *v, size_t i)
{
    idem_close(v->clients[i].socket);
    v->count--;
    if (i != v->count) {
        v->clients[i] = v->clients[v->count];
        v->entries[i + 1] = v->entries[v->count + 1];
    }
    v->full_since = 0;
    v->ended = true;
}

static void serve_clients(server *v)
{
    size_t i = v->count;

    /* Backwards, so that who takes a place has been served already. */
    while (i-- > 0) {
        client *c = &v->clients[i];

        if (v->entries[i + 1].revents == 0)
            continue;
        if (!(is_answering(c) ? answer(v, c) : hear(v, c)))
            dismiss(v, i);
    }
}

/* ---- Welcoming --------------------------------------------------------- */

/* Make room for one more client. */
static bool grow(server *v)
{
    const size_t room = v->room > 0 ? v->room * 2 : 8;
    idem_pollfd *entries;
    client *clients;

    if (v->count < v->room)
        return true;
    if (room > SIZE_MAX / sizeof(*clients))
        return false;
    entries = realloc(v->entries, (room + 1) * sizeof(*entries));
    if (entries == NULL)
        return false;
    v->entries = entries;
    clients = realloc(v->clients, room * sizeof(*clients));
    if (clients == NULL)
        return false;
    v->clients = clients;
    v->room = room;
    return true;
}

/* Nobody can be taken now. Asking again at once would only burn the processor:
 * the next try is when a client has left, or the clock shows another second.
 * Told once until it works again. */
static void pause_welcome(server *v, idem_error err)
{
    if (!v->full)
        say(CONSOLE_ERR, "%s: cannot accept for now: %s (%d %s)\n", PROGRAM,
            idem_strerror(err), (int)err, idem_error_name(err));
    v->full = true;
    v->full_since = time(NULL);
}

static bool is_paused(const server *v)
{
    return v->full && v->full_since != 0 && v->full_since == time(NULL);
}

/* A client that there is no memory for is turned away. */
static idem_error take_in(server *v, idem_socket *s, const idem_address *peer)
{
    idem_error err = grow(v) ? IDEM_OK : IDEM_ENOMEM;
    client *c;

    if (!err)
        err = idem_settimeout(s, 0);
    if (err) {
        idem_close(s);
        return err;
    }
    c = &v->clients[v->count++];
    memset(c, 0, sizeof(*c));
    c->socket = s;
    name_of(peer, c->name);
    tell(v, c->name, "connected");
    v->full = false;
    return IDEM_OK;
}

/* Take who is waiting. False: the server was told to stop. */
static bool welcome_all(server *v)
{
    idem_error err = IDEM_OK;

    for (int i = 0; i < WELCOMES && !err; i++) {
        idem_address peer;
        idem_socket *s;

        err = idem_accept(v->socket, &s, &peer);
        if (!err)
            err = take_in(v, s, &peer);
    }
    if (err && err != IDEM_EWOULDBLOCK && err != IDEM_ECANCELED)
        pause_welcome(v, err);
    return err != IDEM_ECANCELED;
}

/* ---- Serving streams --------------------------------------------------- */

/* Wait for something to do. While paused the listener is asked for nothing,
 * but a stop is told all the same. */
static idem_error wait_for_work(server *v)
{
    const bool paused = is_paused(v);

    v->entries[0].socket = v->socket;
    v->entries[0].events = paused ? 0 : IDEM_POLLIN;
    for (size_t i = 0; i < v->count; i++) {
        const client *c = &v->clients[i];
        v->entries[i + 1].socket = c->socket;
        v->entries[i + 1].events = is_answering(c) ? IDEM_POLLOUT : IDEM_POLLIN;
    }
    return idem_poll(v->entries, v->count + 1, paused ? 1.0 : IDEM_FOREVER,
                     NULL);
}

static status serve_streams(server *v)
{
    bool stopped = false;

    if (!grow(v))
        return say_failure(PROGRAM, "serve", "anybody", IDEM_ENOMEM);
    while (!stopped && !(v->set.once && v->ended)) {
        const idem_error err = wait_for_work(v);

        if (err)
            return say_failure(PROGRAM, "wait for", "clients", err);
        serve_clients(v);
        if (v->entries[0].revents != 0)
            stopped = !welcome_all(v);
    }
    return STATUS_DONE;
}

/* ---- Serving datagrams ------------------------------------------------- */

/* A sender that cannot be answered is told of, and is no reason to stop. */
static void serve_datagram(server *v, const char *message, size_t len,
                           const idem_address *from)
{
    const char *text = v->set.echo ? message : v->set.reply;
    const size_t text_len = v->set.echo ? len : v->set.reply_len;
    char name[IDEM_ADDRESS_TEXT];
    idem_error err;

    name_of(from, name);
    if (is_goodbye(message, len)) {
        tell(v, name, "ended with q");
        v->ended = true;
        return;
    }
    tell_said(v, name, len);
    err = idem_sendto(v->socket, text, text_len, 0, from, NULL);
    if (err && err != IDEM_ECANCELED)
        tell_failed(v, name, err);
}

/* Of a datagram longer than a message the rest is lost, as in the document. */
static status serve_datagrams(server *v)
{
    char message[MESSAGE_LIMIT];

    while (!(v->set.once && v->ended)) {
        idem_address from;
        size_t got;
        const idem_error err =
            idem_recvfrom(v->socket, message, MESSAGE_LIMIT, 0, &got, &from);

        if (err == IDEM_ECANCELED)
            break;
        if (err && err != IDEM_EMSGSIZE)
            return say_failure(PROGRAM, "receive", "datagrams", err);
        serve_datagram(v, message, got, &from);
    }
    return STATUS_DONE;
}

/* ---- The program ------------------------------------------------------- */

static void stop(void *listener)
{
    idem_cancel(listener);
}

/* Get the port; *at becomes what was really given. */
static idem_error open_port(server *v, idem_address *at)
{
    const int type = v->set.udp ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM;
    idem_error err = idem_open(at->family, type, 0, &v->socket);

    if (!err)
        err = idem_bind(v->socket, at);
    if (!err && !v->set.udp)
        err = idem_listen(v->socket, BACKLOG);
    if (!err && !v->set.udp)
        err = idem_settimeout(v->socket, 0);
    if (!err)
        err = idem_getsockname(v->socket, at);
    return err;
}

static status serve(server *v)
{
    char name[IDEM_ADDRESS_TEXT];
    idem_address at = v->set.at;
    const idem_error err = open_port(v, &at);
    status result;

    name_of(&at, name);
    if (err)
        return say_failure(PROGRAM, "listen on", name, err);
    if (!console_on_stop(stop, v->socket))
        return say_failure(PROGRAM, "watch for", "Ctrl-C", IDEM_ENOMEM);
    say(CONSOLE_OUT, "listening on %s\n", name);
    result = v->set.udp ? serve_datagrams(v) : serve_streams(v);
    console_on_stop(NULL, NULL); /* the listener is about to go */
    return result;
}

static void clean_up(server *v)
{
    for (size_t i = 0; i < v->count; i++)
        idem_close(v->clients[i].socket);
    idem_close(v->socket);
    free(v->clients);
    free(v->entries);
}

int main(int argc, char **argv)
{
    server v = { .socket = NULL };
    status result;

    (void)argc; /* argv ends with NULL */
    if (!console_start(&argv))
        return say_failure(PROGRAM, "read", "the command line", IDEM_ENOMEM);
    result = read_settings(&v.set, argv);
    if (result != STATUS_RUN)
        return result;
    result = serve(&v);
    clean_up(&v);
    if (result == STATUS_DONE && !v.set.quiet)
        say(CONSOLE_OUT, "stopped\n");
    return result;
}
