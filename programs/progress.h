/* A line on the terminal that tells how far something is. */
#ifndef IDEM_PROGRESS_H
#define IDEM_PROGRESS_H

#include <stdint.h>

/* Zero it, but for the size. */
typedef struct progress {
    uint64_t size;
    double began;
    double drawn; /* when the line was drawn last; 0: it never was */
    int width;    /* columns of the line that stands there */
} progress;

/* The clock starts. Nothing is drawn where nobody watches the errors. */
void progress_start(progress *p);

/* So much of it is done. Draws some ten times a second, and when all is. */
void progress_show(progress *p, uint64_t done);

/* Leave the line as it stands; what is written next has its own. */
void progress_end(progress *p);

#endif /* IDEM_PROGRESS_H */
