/* What the server prints while it serves. */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPORT_SECONDS 1.0

enum {
    EVENT_TEXT = 1024,
    REPORT_TEXT = 160
};

/* ---- What happens ------------------------------------------------------ */

static void print(server *v, const char *who, const char *what)
{
    report_hide(v);
    say(CONSOLE_OUT, "%s %s\n", who, what);
}

void tell(server *v, const idem_address *who, const char *format, ...)
{
    char name[IDEM_ADDRESS_TEXT];
    char what[EVENT_TEXT] = "";
    va_list args;

    if (v->set.quiet)
        return;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    idem_address_format(who, name, sizeof(name));
    print(v, name, what);
}

void tell_of(server *v, const client *c, const char *format, ...)
{
    char name[IDEM_ADDRESS_TEXT];
    char what[EVENT_TEXT] = "";
    va_list args;

    if (v->set.quiet)
        return;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    client_name(c, name);
    print(v, name, what);
}

/* ---- The line of --stats ----------------------------------------------- */

/* Of the seconds since the last line. */
static void format_report(const server *v, double seconds,
                          char line[REPORT_TEXT])
{
    const traffic *t = &v->traffic;
    char clients[32] = "";

    if (!v->set.udp)
        snprintf(clients, sizeof(clients), "%llu client%s, ",
                 (unsigned long long)v->count, v->count == 1 ? "" : "s");
    snprintf(line, REPORT_TEXT,
             "%s%.0f messages/s, %.0f bytes/s in, %.0f bytes/s out", clients,
             (double)t->messages / seconds, (double)t->received / seconds,
             (double)t->sent / seconds);
}

void report_start(server *v)
{
    v->counted_from = v->now;
    v->report_at = v->set.stats ? v->now + REPORT_SECONDS : NEVER;
}

/* On a terminal the line stays, and the next one is written over it, where
 * blanks cover what was longer. A line that fills it would begin another. */
static void redraw(server *v, const char *line, int columns)
{
    const int len = (int)strlen(line);
    const int width = len < columns ? len : columns - 1;

    say(CONSOLE_ERR, "\r%-*.*s", v->report_width, width, line);
    v->report_width = width;
}

void report(server *v)
{
    char line[REPORT_TEXT];
    int columns;

    if (v->now < v->report_at)
        return;
    format_report(v, v->now - v->counted_from, line);
    columns = console_width(CONSOLE_ERR);
    if (columns > 0)
        redraw(v, line, columns);
    else
        say(CONSOLE_ERR, "%s\n", line);
    v->traffic = (traffic){ .messages = 0 };
    report_start(v);
}

void report_hide(server *v)
{
    if (v->report_width > 0)
        say(CONSOLE_ERR, "\r%*s\r", v->report_width, "");
    v->report_width = 0;
}
