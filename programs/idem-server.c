/* idem-server: the document's server, for any number of clients at once. */
#include "server.h"

#include <string.h>

static const char help[] =
    "Usage: idem-server [OPTION...]\n"
    "\n"
    "Answers every message of every client, until it says \"q\".\n"
    "Ctrl-C stops the server: who is being answered gets the rest, within 5\n"
    "seconds. A second Ctrl-C ends it at once.\n"
    "\n"
    "Where to listen:\n"
    "  --host ADDRESS     an IPv4 or IPv6 address; default 127.0.0.1\n"
    "  --port PORT        0 to 65535, 0 takes a free one; default 8080\n"
    "  --dual             every IPv6 and IPv4 address, with one socket\n"
    "  --unix PATH        a Unix socket, made here and removed at the end\n"
    "  --udp              serve datagrams\n"
    "\n"
    "What to answer:\n"
    "  --reply TEXT       this; default hello,world\n"
    "  --echo             the message itself\n"
    "  --save-to DIR      nothing: save the files that clients send, each "
    "when\n"
    "                     it is complete, and never over another\n"
    "\n"
    "Whom to serve:\n"
    "  --max-clients N    so many at a time; others wait\n"
    "  --idle-timeout S   until it has neither sent nor taken anything for S\n"
    "                     seconds\n"
    "  --once             until the first conversation has ended\n"
    "\n"
    "What to print:\n"
    "  --stats            clients, messages and bytes, once a second, to\n"
    "                     standard error: a terminal shows the last\n"
    "                     line only\n"
    "  --quiet            of other lines the listening line only\n"
    "  -h, --help         print this\n"
    "  --version          print the version\n"
    "\n"
    "Exit status: 0 when it was stopped, 1 when something failed, 2 for a\n"
    "wrong command line.\n";

/* What was given, before it is looked at. */
typedef struct wishes {
    const char *host;
    int port;
} wishes;

enum {
    DEFAULT_PORT = 8080,
    NO_PORT = -1 /* was given */
};

/* Two options that cannot both be obeyed. */
static status refuse_clashes(const command *c, const settings *set,
                             const wishes *w)
{
    const struct {
        bool clash;
        const char *options;
    } pairs[] = {
        { set->reply != NULL && set->echo, "--reply and --echo" },
        { w->host != NULL && set->dual, "--host and --dual" },
        { set->unix_path != NULL && w->host != NULL, "--unix and --host" },
        { set->unix_path != NULL && w->port != NO_PORT, "--unix and --port" },
        { set->unix_path != NULL && set->dual, "--unix and --dual" },
        { set->unix_path != NULL && set->udp, "--unix and --udp" },
        { set->save_to != NULL && set->reply != NULL, "--save-to and --reply" },
        { set->save_to != NULL && set->echo, "--save-to and --echo" },
        { set->save_to != NULL && set->udp, "--save-to and --udp" },
        { set->udp && set->max_clients != SIZE_MAX, "--udp and --max-clients" },
        { set->udp && set->idle_timeout != NEVER, "--udp and --idle-timeout" },
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].clash)
            return options_refuse(c, "%s do not go together", pairs[i].options);
    }
    return STATUS_RUN;
}

/* Where to listen, of what was given and what goes without saying. */
static status settle_address(const command *c, settings *set, const wishes *w)
{
    const char *host = w->host;

    if (set->unix_path != NULL) {
        const size_t len = strlen(set->unix_path);

        if (idem_address_unix(set->unix_path, len, &set->at))
            return options_refuse(c, "--unix %s: not a path of 1 to 107 bytes",
                                  set->unix_path);
        return STATUS_RUN;
    }
    if (host == NULL)
        host = set->dual ? "::" : "127.0.0.1";
    if (host[0] == '\0'
        || idem_address_make(host, w->port == NO_PORT ? DEFAULT_PORT : w->port,
                             &set->at))
        return options_refuse(c, "--host %s: not a numeric address", host);
    return STATUS_RUN;
}

static status settle(const command *c, settings *set, const wishes *w)
{
    const status result = refuse_clashes(c, set, w);

    if (result != STATUS_RUN)
        return result;
    if (set->save_to != NULL && set->save_to[0] == '\0')
        return options_refuse(c, "--save-to: not a directory");
    if (set->idle_timeout == 0)
        return options_refuse(c, "--idle-timeout 0: nobody is that quick");
    if (set->reply == NULL)
        set->reply = "hello,world";
    set->reply_len = strlen(set->reply);
    return settle_address(c, set, w);
}

static status read_settings(settings *set, char **argv)
{
    wishes w = { .port = NO_PORT };
    const option options[] = {
        { .name = "host", .text = &w.host },
        { .name = "port", .port = &w.port },
        { .name = "dual", .flag = &set->dual },
        { .name = "unix", .text = &set->unix_path },
        { .name = "udp", .flag = &set->udp },
        { .name = "reply", .text = &set->reply },
        { .name = "echo", .flag = &set->echo },
        { .name = "save-to", .text = &set->save_to },
        { .name = "max-clients", .count = &set->max_clients },
        { .name = "idle-timeout", .seconds = &set->idle_timeout },
        { .name = "once", .flag = &set->once },
        { .name = "stats", .flag = &set->stats },
        { .name = "quiet", .flag = &set->quiet },
    };
    const command c = { .program = PROGRAM,
                        .help = help,
                        .options = options,
                        .option_count = sizeof(options) / sizeof(options[0]) };
    status result;

    set->max_clients = SIZE_MAX;
    set->idle_timeout = NEVER;
    result = options_read(&c, argv);
    return result == STATUS_RUN ? settle(&c, set, &w) : result;
}

int main(int argc, char **argv)
{
    server v = { .resume_at = NEVER };
    status result;

    (void)argc; /* argv ends with NULL */
    if (!console_start(&argv))
        return say_failure(PROGRAM, "read", "the command line", IDEM_ENOMEM);
    result = read_settings(&v.set, argv);
    if (result != STATUS_RUN)
        return result;
    idem_setdefaulttimeout(0); /* no call waits but the selector's */
    result = serve(&v);
    if (result == STATUS_DONE && !v.set.quiet)
        say(CONSOLE_OUT, "stopped\n");
    return result;
}
