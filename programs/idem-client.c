/* idem-client: the document's client. Asks for lines, sends each, and prints
 * what the server answers. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* The document's own words. */
#define PROMPT "请输入你要发送的内容:"
#define ANSWER "服务器返回的数据: "
#define GOODBYE "链接断开\n"

#define PROGRAM "idem-client"
#define LINE_LIMIT ((size_t)1 << 20) /* bytes */
#define PROBE_SECONDS 5.0

enum {
    ANSWER_LIMIT = 1024
}; /* bytes of one receive, as in the document */

static const char help[] =
    "Usage: idem-client [HOST [PORT]] [OPTION...]\n"
    "\n"
    "Sends each line of the input to a server and prints its answer. The line\n"
    "\"q\", or the end of the input, ends the conversation.\n"
    "\n"
    "  HOST           name or address of the server; default 127.0.0.1\n"
    "  PORT           its port, 1 to 65535; default 8080\n"
    "  --timeout S    wait at most S seconds to connect, send or receive; 0\n"
    "                 never waits; default: as long as it takes\n"
    "  --udp          send datagrams; HOST must be an address then\n"
    "  --probe        only try to connect and print the code: 0, or such as\n"
    "                 10061; waits 5 seconds unless --timeout says otherwise\n"
    "  --help         print this\n"
    "  --version      print the version\n"
    "\n"
    "Exit status: 0 when the conversation was ended here or the probe\n"
    "connected, 1 when something failed, 2 for a wrong command line.\n";

typedef struct settings {
    const char *host;
    int port;
    double timeout;
    bool udp;
    bool probe;
} settings;

static status check_settings(const command *c, const settings *set)
{
    idem_address numeric;

    if (set->port == 0)
        return options_refuse(c, "port 0: nobody can be connected there");
    if (set->udp && set->probe)
        return options_refuse(c, "--probe and --udp do not go together: "
                                 "connecting a datagram socket asks nobody");
    if (set->udp && idem_address_make(set->host, set->port, &numeric))
        return options_refuse(c, "%s: --udp needs a numeric address",
                              set->host);
    return STATUS_RUN;
}

static status read_settings(settings *set, char **argv)
{
    const char *words[2] = { "127.0.0.1", "8080" };
    double timeout = -1;
    const option options[] = {
        { .name = "timeout", .seconds = &timeout },
        { .name = "udp", .flag = &set->udp },
        { .name = "probe", .flag = &set->probe },
    };
    const command c = { .program = PROGRAM,
                        .help = help,
                        .options = options,
                        .option_count = sizeof(options) / sizeof(options[0]),
                        .words = words,
                        .word_limit = 2 };
    const status result = options_read(&c, argv);

    if (result != STATUS_RUN)
        return result;
    if (!options_port(words[1], &set->port))
        return options_refuse(&c, "%s: not a port from 1 to 65535", words[1]);
    set->host = words[0];
    set->timeout = timeout;
    if (timeout < 0)
        set->timeout = set->probe ? PROBE_SECONDS : IDEM_FOREVER;
    return check_settings(&c, set);
}

/* ---- Connecting -------------------------------------------------------- */

/* A socket of the address's family, connected to it. *out is for closing also
 * when this fails. */
static idem_error connect_to(const idem_address *at, int type, double timeout,
                             idem_socket **out)
{
    idem_error err = idem_open(at->family, type, 0, out);

    if (!err)
        err = idem_settimeout(*out, timeout);
    if (!err)
        err = idem_connect_ex(*out, at);
    return err;
}

static idem_error connect_anyhow(const settings *set, idem_socket **out)
{
    idem_address at;
    const int type = set->udp ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM;

    if (idem_address_make(set->host, set->port, &at) == IDEM_OK)
        return connect_to(&at, type, set->timeout, out);
    return idem_create_connection(set->host, set->port, set->timeout, out);
}

/* The document's connect_ex: tell the code, whatever it is. */
static status probe(const settings *set)
{
    idem_socket *s = NULL;
    const idem_error err = connect_anyhow(set, &s);

    idem_close(s);
    return say_written(PROGRAM,
                       say(CONSOLE_OUT, "connect_ex -> %d %s %s\n", (int)err,
                           idem_error_name(err), idem_strerror(err)),
                       err ? STATUS_FAILED : STATUS_DONE);
}

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080" */
static status say_unconnected(const settings *set, idem_error err)
{
    char text[IDEM_ADDRESS_TEXT];
    idem_address at;

    if (idem_address_make(set->host, set->port, &at) == IDEM_OK
        && idem_address_format(&at, text, sizeof(text)) == IDEM_OK)
        return say_failure(PROGRAM, "connect to", text, err);
    say(CONSOLE_ERR, "%s: cannot connect to %.255s:%d: %s (%d %s)\n", PROGRAM,
        set->host, set->port, idem_strerror(err), (int)err,
        idem_error_name(err));
    return STATUS_FAILED;
}

/* ---- Lines ------------------------------------------------------------- */

/* The input, and the line that was read last. */
typedef struct input {
    char bytes[4096]; /* read, not yet used from next on */
    size_t next;
    size_t end;
    size_t len; /* of the line, at most LINE_LIMIT */
    char *line; /* LINE_LIMIT bytes */
} input;

typedef enum line_end {
    LINE_READ,
    LINE_TOO_LONG, /* read to its end, and lost */
    LINE_NONE      /* the input has ended */
} line_end;

static bool refill(input *in)
{
    in->next = 0;
    in->end = console_read(in->bytes, sizeof(in->bytes));
    return in->end > 0;
}

/* Move what is left of the line, as far as it was read, and fits. False: there
 * is more of it to come. */
static bool take_line(input *in, bool *fits)
{
    const char *from = in->bytes + in->next;
    const size_t there = in->end - in->next;
    const char *newline = memchr(from, '\n', there);
    const size_t n = newline != NULL ? (size_t)(newline - from) : there;

    if (n > LINE_LIMIT - in->len)
        *fits = false;
    if (*fits) {
        memcpy(in->line + in->len, from, n);
        in->len += n;
    }
    in->next += newline != NULL ? n + 1 : n;
    return newline != NULL;
}

/* The last line may end with the input. LF and CR LF are not part of a line. */
static line_end read_line(input *in)
{
    bool fits = true;
    bool complete = false;

    in->len = 0;
    while (!complete && (in->next < in->end || refill(in)))
        complete = take_line(in, &fits);
    if (!fits)
        return LINE_TOO_LONG;
    if (complete && in->len > 0 && in->line[in->len - 1] == '\r')
        in->len--;
    return complete || in->len > 0 ? LINE_READ : LINE_NONE;
}

/* ---- The dialogue ------------------------------------------------------ */

/* Ask until there is something to send. The end of the input says "q". False:
 * nothing can be printed. */
static bool ask(input *in)
{
    for (;;) {
        if (!say(CONSOLE_OUT, PROMPT))
            return false;
        switch (read_line(in)) {
        case LINE_READ:
            if (in->len > 0)
                return true;
            break;
        case LINE_TOO_LONG:
            say(CONSOLE_ERR, "%s: a line of more than %u bytes is not sent\n",
                PROGRAM, (unsigned)LINE_LIMIT);
            break;
        case LINE_NONE:
            in->line[0] = 'q';
            in->len = 1;
            return !console_is_terminal(CONSOLE_IN) || say(CONSOLE_OUT, "\n");
        }
    }
}

/* Print the answer in one piece. Of a datagram, what fits is shown. */
static status show_answer(idem_socket *s, const settings *set)
{
    char text[sizeof(ANSWER) + ANSWER_LIMIT] = ANSWER;
    size_t len = sizeof(ANSWER) - 1;
    size_t got;
    const idem_error err = idem_recv(s, text + len, ANSWER_LIMIT, 0, &got);

    if (err && err != IDEM_EMSGSIZE)
        return say_failure(PROGRAM, "receive from", set->host, err);
    if (got == 0 && !set->udp) {
        say(CONSOLE_ERR, "%s: the server closed the connection\n", PROGRAM);
        return STATUS_FAILED;
    }
    len += got;
    text[len++] = '\n';
    return say_written(PROGRAM, console_write(CONSOLE_OUT, text, len),
                       STATUS_RUN);
}

static status converse(idem_socket *s, const settings *set, input *in)
{
    status result = STATUS_RUN;

    while (result == STATUS_RUN) {
        idem_error err;

        if (!ask(in))
            return say_written(PROGRAM, false, STATUS_FAILED);
        err = idem_sendall(s, in->line, in->len, 0, NULL);
        if (err)
            result = say_failure(PROGRAM, "send to", set->host, err);
        else if (in->len == 1 && in->line[0] == 'q')
            result =
                say_written(PROGRAM, say(CONSOLE_OUT, GOODBYE), STATUS_DONE);
        else
            result = show_answer(s, set);
    }
    return result;
}

static status run(const settings *set)
{
    input in = { .line = malloc(LINE_LIMIT) };
    idem_socket *s = NULL;
    idem_error err = in.line != NULL ? IDEM_OK : IDEM_ENOMEM;
    status result;

    if (!err)
        err = connect_anyhow(set, &s);
    result = err ? say_unconnected(set, err) : converse(s, set, &in);
    idem_close(s);
    free(in.line);
    return result;
}

int main(int argc, char **argv)
{
    settings set = { .udp = false };
    status result;

    (void)argc; /* argv ends with NULL */
    if (!console_start(&argv))
        return say_failure(PROGRAM, "read", "the command line", IDEM_ENOMEM);
    result = read_settings(&set, argv);
    if (result != STATUS_RUN)
        return result;
    return set.probe ? probe(&set) : run(&set);
}
