/* The watches of a selector: one for each socket that is registered in it.
 *
 * What the system reports of a socket comes from idem_os_selector_wait(). What
 * the socket knows by itself, and the system may not, is noticed as it changes:
 * its watches are noted then, and every select looks at those for as long as
 * their sockets know something.
 *
 * Two locks. Under the selector's own a watch is made, changed, dropped and
 * told: its socket is not closed meanwhile. The lock of the process, inside it
 * or alone, is for lists: the watches of a socket, and those of a selector.
 * Nobody waits with either.
 */
#ifndef IDEM_WATCH_H
#define IDEM_WATCH_H

#include "socket.h"

typedef struct idem_watch idem_watch;

struct idem_watch {
    idem_os_watch os;      /* first: what idem_os_selector_wait() reports */
    _Atomic(uint8_t) list; /* where it is */
    uint8_t events;        /* what the user asks */
    uint8_t asked;         /* what the system was asked */
    uint8_t seen;          /* what it reports of one that is noted */
    idem_socket *socket;
    idem_selector *selector;
    void *data;
    idem_watch *sibling; /* the next one of the socket */
    idem_watch *next;    /* in the list, a ring */
    idem_watch *prev;
};

/* The lists of a selector. */
enum {
    IDEM_WATCH_QUIET, /* the system reports when there is something */
    IDEM_WATCH_NOTED, /* the socket knows something itself, or did */
    IDEM_WATCH_GONE,  /* dropped, and maybe still in the hands of a select */
    IDEM_WATCH_LISTS
};

struct idem_selector {
    idem_os_selector *os;
    atomic_uint use; /* calls inside, and the marks below */
    atomic_bool woken;
    bool starved;        /* some that are noted found no room last time */
    atomic_size_t noted; /* how many there are */
    unsigned gone;       /* how many were dropped since a sweep */
    idem_watch *lists[IDEM_WATCH_LISTS];
};

/* A thread selects: only then there may be a wait to end. */
#define IDEM_SELECTING 0x80000000u
/* Somebody waits until nobody is inside. */
#define IDEM_SELECTOR_CLOSING 0x40000000u

/* What is told of it: errors also when not asked. */
static inline unsigned idem_watch_told(const idem_watch *w)
{
    return w->events | IDEM_POLLERR | IDEM_POLLHUP;
}

/* The watch of s in sel, or NULL. pre, for all that follow: the selector is
 * locked. */
idem_watch *idem_watch_find(const idem_selector *sel, idem_socket *s);

idem_error idem_watch_make(idem_selector *sel, idem_socket *s, unsigned events,
                           void *data);
idem_error idem_watch_change(idem_watch *w, unsigned events, void *data);

/* Watch no more. */
void idem_watch_drop(idem_watch *w);

/* Free what was dropped. pre: no select has any of it in hand. */
void idem_watch_sweep(idem_selector *sel);

/* As it was registered. */
idem_event idem_watch_key(const idem_watch *w);

/* The keys of all that are not dropped, as far as there is room. Returns how
 * many there are. */
size_t idem_watch_keys(const idem_selector *sel, idem_event *keys, size_t room);

/* Any of those not dropped; NULL: none is left. */
idem_watch *idem_watch_any(const idem_selector *sel);

/* Go through those that are noted, before a wait. Returns how many know
 * something still: they need no wait. */
size_t idem_watch_sift(idem_selector *sel);

/* The first one that is noted, which becomes the last one. */
idem_watch *idem_watch_turn(idem_selector *sel);

#endif /* IDEM_WATCH_H */
