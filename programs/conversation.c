/* The document's dialogue: ask for lines, send each, and print what the server
 * answers. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

/* The document's own words. */
#define PROMPT "请输入你要发送的内容:"
#define ANSWER "服务器返回的数据: "
#define GOODBYE "链接断开\n"

#define LINE_LIMIT ((size_t)1 << 20) /* bytes */

enum {
    ANSWER_LIMIT = 1024
}; /* bytes of one receive, as in the document */

/* ---- Lines ------------------------------------------------------------- */

/* The input, and the line that was read last. */
typedef struct input {
    char bytes[4096]; /* read, not yet used from next on */
    size_t next;
    size_t end;
    bool broken; /* it cannot be read */
    size_t len;  /* of the line, at most LINE_LIMIT */
    char *line;  /* LINE_LIMIT bytes */
} input;

typedef enum line_end {
    LINE_READ,
    LINE_TOO_LONG, /* read to its end, and lost */
    LINE_NONE,     /* the input has ended */
    LINE_LOST      /* the input cannot be read */
} line_end;

static bool refill(input *in)
{
    in->next = 0;
    in->broken = !console_read(in->bytes, sizeof(in->bytes), &in->end);
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
    if (in->broken)
        return LINE_LOST;
    if (!fits)
        return LINE_TOO_LONG;
    if (complete && in->len > 0 && in->line[in->len - 1] == '\r')
        in->len--;
    return complete || in->len > 0 ? LINE_READ : LINE_NONE;
}

/* ---- The dialogue ------------------------------------------------------ */

static status say_unread(void)
{
    say(CONSOLE_ERR, "%s: cannot read the standard input\n", PROGRAM);
    return STATUS_FAILED;
}

/* Ask until there is something to send. The end of the input says "q". */
static status ask(input *in)
{
    for (;;) {
        if (!say(CONSOLE_OUT, PROMPT))
            return say_written(PROGRAM, false, STATUS_FAILED);
        switch (read_line(in)) {
        case LINE_READ:
            if (in->len > 0)
                return STATUS_RUN;
            break;
        case LINE_TOO_LONG:
            say(CONSOLE_ERR, "%s: a line of more than %u bytes is not sent\n",
                PROGRAM, (unsigned)LINE_LIMIT);
            break;
        case LINE_NONE:
            in->line[0] = 'q';
            in->len = 1;
            return say_written(PROGRAM,
                               !console_is_terminal(CONSOLE_IN)
                                   || say(CONSOLE_OUT, "\n"),
                               STATUS_RUN);
        case LINE_LOST:
            return say_unread();
        }
    }
}

static status say_broken(const char *action, const settings *set,
                         idem_error err)
{
    char place[PLACE_TEXT];

    client_place(set, set->ports[0], place);
    return say_failure(PROGRAM, action, place, err);
}

/* Print the answer in one piece. Of a datagram, what fits is shown. */
static status show_answer(idem_socket *s, const settings *set)
{
    char text[sizeof(ANSWER) + ANSWER_LIMIT] = ANSWER;
    size_t len = sizeof(ANSWER) - 1;
    size_t got;
    const idem_error err = idem_recv(s, text + len, ANSWER_LIMIT, 0, &got);

    if (err && err != IDEM_EMSGSIZE)
        return say_broken("receive from", set, err);
    if (got == 0 && !set->udp) {
        say(CONSOLE_ERR, "%s: the server closed the connection\n", PROGRAM);
        return STATUS_FAILED;
    }
    len += got;
    text[len++] = '\n';
    return say_written(PROGRAM, console_write(CONSOLE_OUT, text, len),
                       STATUS_RUN);
}

static status take_turn(idem_socket *s, const settings *set, input *in)
{
    const status asked = ask(in);
    idem_error err;

    if (asked != STATUS_RUN)
        return asked;
    err = idem_sendall(s, in->line, in->len, 0, NULL);
    if (err)
        return say_broken("send to", set, err);
    if (in->len == 1 && in->line[0] == 'q')
        return say_written(PROGRAM, say(CONSOLE_OUT, GOODBYE), STATUS_DONE);
    return show_answer(s, set);
}

static status talk(idem_socket *s, const settings *set, input *in)
{
    status result;

    do
        result = take_turn(s, set, in);
    while (result == STATUS_RUN);
    return result;
}

status converse(const settings *set)
{
    input in = { .line = malloc(LINE_LIMIT) };
    idem_socket *s = NULL;
    idem_error err = in.line != NULL ? IDEM_OK : IDEM_ENOMEM;
    status result;

    if (!err)
        err = client_connect(set, NULL, &s);
    result = err ? client_unconnected(set, err) : talk(s, set, &in);
    idem_close(s);
    free(in.line);
    return result;
}
