/* Strangers open and close connections that have nothing to do with the test.
 * A handle that it gives up is theirs at once: a call that goes on using it
 * takes bytes of theirs, or puts its own among them. */
#ifndef STRANGERS_H
#define STRANGERS_H

#include <stdbool.h>
#include <stddef.h>

/* Be one, for two connections. */
void be_stranger(void);

/* Have another thread be one all the time. */
void begin_strangers(void);
void end_strangers(void);

/* Whether these bytes are not theirs, who never send 0. */
bool is_not_theirs(const char *buf, size_t n);

#endif /* STRANGERS_H */
