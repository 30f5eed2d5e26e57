/* A name service of the tests' own, in place of the system's: tests/posix and
 * tests/win32 have the functions that the library calls. Programs that link it
 * see no other, and need no network. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "check.h"

/* ---- For the tests ----------------------------------------------------- */

/* From now on whoever asks hangs, until the release. */
void resolver_hold(void);
void resolver_release(void);

/* In the child of a fork, where nobody does. */
void resolver_forget(void);

/* How many hang now, and how many have asked so far. */
int resolver_hanging(void);
int resolver_asked(void);

/* Wait until nobody hangs any more, and the threads of those who did are gone:
 * what goes on while a program ends is for tests of just that. A leak check
 * that comes upon a thread at its end stumbles over the thread-local storage of
 * a library that was loaded, and Wine kills a process that is slow about both
 * ends at once, or lets it crash. */
void resolver_drain(void);

/* Whether the last who asked could have been interrupted by a signal. */
bool resolver_hears_signals(void);

/* The next who asks gets this code of the system's. */
void resolver_fail(int native);

/* Each code that the system's name service has. A system's code for "see errno"
 * comes with the errno of EMFILE. */
typedef struct resolver_error {
    const char *name;
    int native;
    int neutral;
} resolver_error;

extern const resolver_error resolver_errors[];
extern const size_t resolver_error_count;

/* Whether names beyond ASCII reach the system in a way that it understands. */
bool resolver_takes_utf8(void);

/* Take the system's place in a library that was loaded. */
void resolver_take_over(void *library);

/* CHECK_MAIN() of a program that has this name service from the start. */
#define RESOLVER_MAIN(area)                                                    \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        resolver_take_over(NULL);                                              \
        return check_main(area, cases, CHECK_COUNT(cases), argc, argv);        \
    }

/* ---- For the two of them ----------------------------------------------- */

typedef struct resolver_host {
    const char *name;
    const char *canonical;    /* NULL: the name */
    const char *addresses[5]; /* numeric; ended by NULL */
} resolver_host;

/* What is known of a host; NULL: nothing. */
const resolver_host *resolver_find(const char *name);

/* The host at an address; NULL: none. */
const char *resolver_name_of(const char *address);

/* Somebody asks: wait as long as it hangs. Returns a code to fail with, or 0.
 */
int resolver_enter(void);

/* Sleep until resolver_release(), and note whether signals are heard. */
void resolver_sleep(void);
void resolver_wake(void);

#endif /* RESOLVER_H */
