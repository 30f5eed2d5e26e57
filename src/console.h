/* What the programs need of the system besides sockets.
 *
 * src/posix/console.c and src/win32/console.c implement these functions. They
 * are part of the programs, not of the library. Text is UTF-8 on every system,
 * and line ends are written as they are given; the streams of <stdio.h> are
 * not used beside these functions.
 */
#ifndef IDEM_CONSOLE_H
#define IDEM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum console_stream {
    CONSOLE_IN = 0,  /* standard input */
    CONSOLE_OUT = 1, /* standard output */
    CONSOLE_ERR = 2  /* standard error */
} console_stream;

/* Call it first. *argv becomes UTF-8, ends with NULL and stays valid until the
 * process ends. Writing to a pipe that nobody reads fails from now on, and
 * does not kill; so does using a stream that was closed before. False: out of
 * memory. */
bool console_start(char ***argv);

/* Write all of it to an output, at once and unbuffered. On a terminal that
 * wants whole characters, one that is cut at the end of text is shown as
 * U+FFFD; a file or a pipe gets the bytes as they are. False: the stream takes
 * no more. */
bool console_write(console_stream to, const char *text, size_t len);

/* Read from standard input: wait until something is there, then take what is
 * there. *got is 0 at the end of the input. False: it cannot be read. pre: cap
 * >= 16. */
bool console_read(char *buf, size_t cap, size_t *got);

/* Whether somebody types there, or watches. */
bool console_is_terminal(console_stream s);

/* Seconds since some moment, by a clock that nobody sets. */
double console_seconds(void);

/* Call stop(arg) once, when the user wants the program to end: Ctrl-C, or
 * SIGTERM, or closing the window. It runs in a thread of its own, never inside
 * a signal handler, and may do what a thread may do. A second wish ends the
 * process the hard way. Call it before there are other threads.
 *
 * stop == NULL takes it back: nothing is called any more, and no call is under
 * way when this returns. False: out of memory or threads. */
bool console_on_stop(void (*stop)(void *arg), void *arg);

/* Columns of the terminal that the stream is; 0: it is none. 80 when nobody
 * knows. */
int console_width(console_stream s);

#endif /* IDEM_CONSOLE_H */
