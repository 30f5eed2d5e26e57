#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE = 2048
};

bool say(console_stream to, const char *format, ...)
{
    char text[MESSAGE] = "";
    va_list args;
    size_t len;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    len = strlen(text);
    if (len == sizeof(text) - 1)
        text[len - 1] = '\n';
    return console_write(to, text, len);
}

status say_written(const char *program, bool written, status next)
{
    if (written)
        return next;
    say(CONSOLE_ERR, "%s: cannot write to the standard output\n", program);
    return STATUS_FAILED;
}

status say_failure(const char *program, const char *action, const char *object,
                   idem_error err)
{
    say(CONSOLE_ERR, "%s: cannot %s %s: %s (%d %s)\n", program, action, object,
        idem_strerror(err), (int)err, idem_error_name(err));
    return STATUS_FAILED;
}

status options_refuse(const command *c, const char *format, ...)
{
    char text[MESSAGE] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* The longest thing to refuse is an argument; its beginning tells which. */
    say(CONSOLE_ERR, "%s: %.1900s; try --help\n", c->program, text);
    return STATUS_USAGE;
}

/* Decimal digits, at most so many, and nothing else; 9 fit in any long. */
static bool read_number(const char *text, size_t digits, long *value)
{
    const size_t len = strlen(text);

    if (len == 0 || len > digits || strspn(text, "0123456789") != len)
        return false;
    *value = strtol(text, NULL, 10);
    return true;
}

bool options_port(const char *text, int *port)
{
    long value;

    if (!read_number(text, 5, &value) || value > 65535)
        return false;
    *port = (int)value;
    return true;
}

static bool read_count(const char *text, size_t *count)
{
    long value;

    if (!read_number(text, 9, &value) || value == 0)
        return false;
    *count = (size_t)value;
    return true;
}

/* Digits, with or without a point among them; strtod alone would also take
 * "nan", "-1" and "0x1p3". */
static bool read_seconds(const char *text, double *seconds)
{
    const size_t whole = strspn(text, "0123456789");
    const size_t point = text[whole] == '.';
    const size_t part = strspn(text + whole + point, "0123456789");

    if (whole + part == 0 || text[whole + point + part] != '\0')
        return false;
    *seconds = strtod(text, NULL);
    return true;
}

static status take_value(const command *c, const option *o, const char *value)
{
    if (o->text != NULL)
        *o->text = value;
    else if (o->port != NULL && !options_port(value, o->port))
        return options_refuse(c, "--%s %s: not a port from 0 to 65535", o->name,
                              value);
    else if (o->count != NULL && !read_count(value, o->count))
        return options_refuse(c, "--%s %s: not a number from 1 to 999999999",
                              o->name, value);
    else if (o->seconds != NULL && !read_seconds(value, o->seconds))
        return options_refuse(c, "--%s %s: not a number of seconds", o->name,
                              value);
    return STATUS_RUN;
}

/* The option of an argument such as "--port" or "--port=80". */
static const option *find(const command *c, const char *arg)
{
    const char *name = arg + 2;
    const size_t len = strcspn(name, "=");

    for (size_t i = 0; i < c->option_count; i++) {
        const option *o = &c->options[i];
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

/* Read the option at **next; its value may be the argument behind it. */
static status read_option(const command *c, char ***next)
{
    const char *arg = *(*next)++;
    const char *value = strchr(arg, '=');
    const option *o = strncmp(arg, "--", 2) == 0 ? find(c, arg) : NULL;

    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
        return say_written(c->program,
                           console_write(CONSOLE_OUT, c->help, strlen(c->help)),
                           STATUS_DONE);
    if (strcmp(arg, "--version") == 0)
        return say_written(
            c->program, say(CONSOLE_OUT, "%s %s\n", c->program, idem_version()),
            STATUS_DONE);
    if (o == NULL)
        return options_refuse(c, "unknown option %s", arg);
    if (o->flag != NULL) {
        if (value != NULL)
            return options_refuse(c, "--%s takes no value", o->name);
        *o->flag = true;
        return STATUS_RUN;
    }
    if (value != NULL)
        return take_value(c, o, value + 1);
    if (**next == NULL)
        return options_refuse(c, "--%s needs a value", o->name);
    return take_value(c, o, *(*next)++);
}

status options_read(const command *c, char **argv)
{
    char **next = argv[0] != NULL ? argv + 1 : argv;
    bool only_words = false;
    size_t words = 0;
    status result = STATUS_RUN;

    while (*next != NULL && result == STATUS_RUN) {
        if (!only_words && strcmp(*next, "--") == 0) {
            only_words = true;
            next++;
        } else if (!only_words && (*next)[0] == '-' && (*next)[1] != '\0') {
            result = read_option(c, &next);
        } else if (words < c->word_limit) {
            c->words[words++] = *next++;
        } else {
            result = options_refuse(c, "one argument too many: %s", *next);
        }
    }
    return result;
}
