/* idem-client: the document's client, and what it is good for besides: to try
 * whether a server is up, and to send it a file. */
#include "client.h"

#include <string.h>

#define PROBE_SECONDS 5.0

enum {
    WORD_LIMIT = 1 + PORT_LIMIT
};

static const char help[] =
    "Usage: idem-client [HOST [PORT]] [OPTION...]\n"
    "       idem-client --probe [HOST [PORT...]] [--wait S]\n"
    "       idem-client --send-file FILE [HOST [PORT]]\n"
    "\n"
    "Sends each line of the input to a server and prints its answer. The line\n"
    "\"q\", or the end of the input, ends the conversation.\n"
    "\n"
    "  HOST           name or address of the server; default 127.0.0.1\n"
    "  PORT           its port, 1 to 65535; default 8080\n"
    "  --unix PATH    a server on this machine, at a Unix socket, instead of\n"
    "                 HOST and PORT\n"
    "  --udp          send datagrams; HOST must be an address then\n"
    "  --probe        only try to connect, to each PORT (also 8000-8010,\n"
    "                 256 at most) at each address of HOST, and print the\n"
    "                 code: 0, or such as 10061; waits 5 seconds unless\n"
    "                 --timeout says otherwise\n"
    "  --wait S       try again, for at most S seconds, until every port is "
    "up\n"
    "  --send-file FILE  send a file to idem-server --save-to\n"
    "  --timeout S    wait at most S seconds to connect, send or receive; 0\n"
    "                 never waits; default: as long as it takes\n"
    "  -h, --help     print this\n"
    "  --version      print the version\n"
    "\n"
    "Exit status: 0 when the conversation was ended here, every port is up, "
    "at\n"
    "one address of the host at least, or the server has saved the file; 1 "
    "when\n"
    "something failed; 2 for a wrong command line.\n";

/* ---- The command line -------------------------------------------------- */

/* "80", and where several may be, "8000-8010". */
static bool read_range(const char *word, int *first, int *last)
{
    const size_t len = strcspn(word, "-");
    const char *end = word[len] == '-' ? word + len + 1 : word;
    char begin[6] = "";

    if (len >= sizeof(begin))
        return false;
    memcpy(begin, word, len);
    return options_port(begin, first) && options_port(end, last) && 0 < *first
           && *first <= *last;
}

static status read_ports(const command *c, const char **words, settings *set)
{
    for (; *words != NULL; words++) {
        int first;
        int last;

        if (!read_range(*words, &first, &last)
            || (first != last && !set->probe))
            return options_refuse(c, "%s: not a port from 1 to 65535", *words);
        for (; first <= last; first++) {
            if (set->port_count == PORT_LIMIT)
                return options_refuse(c, "more than %d ports", PORT_LIMIT);
            set->ports[set->port_count++] = first;
        }
    }
    if (set->port_count > 1 && !set->probe)
        return options_refuse(c, "only --probe takes several ports");
    return STATUS_RUN;
}

static status read_path(const command *c, const settings *set)
{
    idem_address at;
    const idem_error err = idem_address_unix(set->path, strlen(set->path), &at);

    if (err)
        return options_refuse(c, "--unix %s: %s", set->path,
                              idem_strerror(err));
    if (set->udp)
        return options_refuse(c, "--unix and --udp do not go together");
    return STATUS_RUN;
}

static status check_settings(const command *c, const settings *set)
{
    idem_address numeric;

    if (set->udp && set->probe)
        return options_refuse(c, "--probe and --udp do not go together: "
                                 "connecting a datagram socket asks nobody");
    if (set->file != NULL && (set->udp || set->probe))
        return options_refuse(c, "--send-file and --%s do not go together",
                              set->udp ? "udp" : "probe");
    if (set->wait >= 0 && !set->probe)
        return options_refuse(c, "--wait goes with --probe only");
    if (set->path != NULL)
        return read_path(c, set);
    if (set->udp && idem_address_make(set->host, set->ports[0], &numeric))
        return options_refuse(c, "%s: --udp needs a numeric address",
                              set->host);
    return STATUS_RUN;
}

/* What is no option: where the server is. */
static status read_words(const command *c, const char **words, settings *set)
{
    static const char *standard[] = { "8080", NULL };

    set->host = "127.0.0.1";
    if (words[0] == NULL)
        return read_ports(c, standard, set);
    if (set->path != NULL)
        return options_refuse(c, "%s: --unix stands for host and port",
                              words[0]);
    if (words[0][0] == '\0')
        return options_refuse(c, "the host has no name");
    if (words[0][0] == '[')
        return options_refuse(c, "%s: an address has no brackets here",
                              words[0]);
    set->host = words[0];
    return read_ports(c, words[1] != NULL ? words + 1 : standard, set);
}

static status read_settings(settings *set, char **argv)
{
    const char *words[WORD_LIMIT + 1] = { NULL };
    const option options[] = {
        { .name = "timeout", .seconds = &set->timeout },
        { .name = "wait", .seconds = &set->wait },
        { .name = "unix", .text = &set->path },
        { .name = "send-file", .text = &set->file },
        { .name = "udp", .flag = &set->udp },
        { .name = "probe", .flag = &set->probe },
    };
    const command c = { .program = PROGRAM,
                        .help = help,
                        .options = options,
                        .option_count = sizeof(options) / sizeof(options[0]),
                        .words = words,
                        .word_limit = WORD_LIMIT };
    status result = options_read(&c, argv);

    if (result == STATUS_RUN)
        result = read_words(&c, words, set);
    if (result == STATUS_RUN)
        result = check_settings(&c, set);
    if (set->timeout < 0)
        set->timeout = set->probe ? PROBE_SECONDS : IDEM_FOREVER;
    return result;
}

/* ---- The program ------------------------------------------------------- */

static status run(const settings *set)
{
    const idem_error err = idem_setdefaulttimeout(set->timeout);

    if (err)
        return say_failure(PROGRAM, "wait", "that long", err);
    if (set->path != NULL && !idem_has(IDEM_HAS_UNIX)) {
        say(CONSOLE_ERR,
            "%s: cannot connect to %.255s: this system has no "
            "Unix sockets\n",
            PROGRAM, set->path);
        return STATUS_FAILED;
    }
    if (set->probe)
        return probe(set);
    return set->file != NULL ? send_file(set) : converse(set);
}

int main(int argc, char **argv)
{
    settings set = { .timeout = -1, .wait = -1 };
    status result;

    (void)argc; /* argv ends with NULL */
    if (!console_start(&argv))
        return say_failure(PROGRAM, "read", "the command line", IDEM_ENOMEM);
    result = read_settings(&set, argv);
    return result == STATUS_RUN ? run(&set) : result;
}
