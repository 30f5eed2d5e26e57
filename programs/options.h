/* What the two programs share: their messages and their command line. */
#ifndef IDEM_OPTIONS_H
#define IDEM_OPTIONS_H

#include "console.h"
#include "idemsock.h"

#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define OPTIONS_PRINTF(format_at)                                              \
    __attribute__((format(printf, format_at, format_at + 1)))
#else
#define OPTIONS_PRINTF(format_at)
#endif

/* What a program ends with. */
typedef enum status {
    STATUS_RUN = -1, /* it goes on */
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2
} status;

/* Write a message of at most some 2000 bytes; a longer one is cut, but for its
 * last byte, which ends the line. False: the stream takes no more. */
OPTIONS_PRINTF(2) bool say(console_stream to, const char *format, ...);

/* What a program does after an output: next, or a message and STATUS_FAILED
 * when it was not written. */
status say_written(const char *program, bool written, status next);

/* "idem-server: cannot listen on 127.0.0.1:80: permission denied (10013
 * EACCES)", of program, "listen on", "127.0.0.1:80" and the code. */
status say_failure(const char *program, const char *action, const char *object,
                   idem_error err);

/* One option, its name without "--", and where its value goes: one of these
 * is set. A flag has no value. */
typedef struct option {
    const char *name;
    bool *flag;
    const char **text;
    int *port;       /* 0 to 65535 */
    size_t *count;   /* 1 to 999999999 */
    double *seconds; /* decimal; 0 and above */
} option;

/* What a program understands. --help and --version go without saying. */
typedef struct command {
    const char *program;
    const char *help;
    const option *options;
    size_t option_count;
    const char **words; /* arguments that are no options, in their order */
    size_t word_limit;
} command;

/* Read the command line. STATUS_RUN: all is well. Otherwise everything is
 * said, and the program ends with that. */
status options_read(const command *c, char **argv);

/* Say what is wrong with the command line, and where help is. */
OPTIONS_PRINTF(2)
status options_refuse(const command *c, const char *format, ...);

/* Whether text is a port from 0 to 65535, in decimal. */
bool options_port(const char *text, int *port);

#endif /* IDEM_OPTIONS_H */
