#include "progress.h"

#include "options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DRAW_SECONDS 0.1 /* between two lines */

enum {
    PART_TEXT = 24,  /* bytes of a number with its unit */
    LINE_TEXT = 160, /* of a line; all of it is ASCII */
    NUMBERS = 54,    /* columns of all the numbers at their longest */
    BAR_LEAST = 10,  /* columns */
    BAR_MOST = 40
};

/* "312 B", "1.5 MiB" */
static void format_bytes(double bytes, char text[PART_TEXT])
{
    static const char *const units[] = { "KiB", "MiB", "GiB",
                                         "TiB", "PiB", "EiB" };
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(text, PART_TEXT, "%.0f B", bytes);
        return;
    }
    for (bytes /= 1024; bytes >= 1024; bytes /= 1024)
        unit++;
    snprintf(text, PART_TEXT, "%.1f %s", bytes, units[unit]);
}

/* "0:07", "2:00:00" */
static void format_seconds(double seconds, char text[PART_TEXT])
{
    const unsigned long s = seconds < 1e9 ? (unsigned long)seconds : 999999999;

    if (s < 3600)
        snprintf(text, PART_TEXT, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(text, PART_TEXT, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60,
                 s % 60);
}

/* ---- The line ---------------------------------------------------------- */

/* Add a part if it fits into the columns; so the last ones are left out. */
static bool add(char line[LINE_TEXT], int columns, const char *part)
{
    const size_t len = strlen(line);

    if (len + strlen(part) > (size_t)columns)
        return false;
    memcpy(line + len, part, strlen(part) + 1);
    return true;
}

static void add_numbers(const progress *p, uint64_t done, int columns,
                        char line[LINE_TEXT])
{
    const double seconds = console_seconds() - p->began;
    const double rate = seconds > 0 ? (double)done / seconds : 0;
    char a[PART_TEXT];
    char b[PART_TEXT];
    char part[LINE_TEXT];

    format_bytes((double)done, a);
    format_bytes((double)p->size, b);
    snprintf(part, sizeof(part), "  %s of %s", a, b);
    if (!add(line, columns, part))
        return;
    format_bytes(rate, a);
    snprintf(part, sizeof(part), "  %s/s", a);
    if (!add(line, columns, part) || rate <= 0)
        return;
    format_seconds(done < p->size ? (double)(p->size - done) / rate : seconds,
                   a);
    snprintf(part, sizeof(part), done < p->size ? "  %s left" : "  in %s", a);
    add(line, columns, part);
}

/* "[#####     ]", of what the numbers leave at any time: it does not move. */
static void add_bar(double share, int columns, char line[LINE_TEXT])
{
    int room = columns - NUMBERS - (int)strlen("  []");
    char bar[BAR_MOST + 1];

    if (room < BAR_LEAST)
        return;
    room = room < BAR_MOST ? room : BAR_MOST;
    memset(bar, ' ', (size_t)room);
    memset(bar, '#', (size_t)(share * room));
    snprintf(line + strlen(line), LINE_TEXT - strlen(line), "  [%.*s]", room,
             bar);
}

/* The last column stays free: behind it the terminal begins a new line. */
static void format_line(const progress *p, uint64_t done, int columns,
                        char line[LINE_TEXT])
{
    const double share = p->size > 0 ? (double)done / (double)p->size : 1;
    char numbers[LINE_TEXT] = "";

    columns = columns < LINE_TEXT ? columns - 1 : LINE_TEXT - 1;
    snprintf(line, LINE_TEXT, "%3d%%", (int)(share * 100));
    columns -= (int)strlen(line);
    add_numbers(p, done, columns, numbers);
    add_bar(share, columns, line);
    strncat(line, numbers, LINE_TEXT - 1 - strlen(line));
}

/* ---- Drawing ----------------------------------------------------------- */

void progress_start(progress *p)
{
    p->began = console_seconds();
}

/* Blanks cover what is left of a longer line. */
static void draw(progress *p, uint64_t done, int columns)
{
    char line[LINE_TEXT];

    format_line(p, done, columns, line);
    if (say(CONSOLE_ERR, "\r%-*s", p->width < columns ? p->width : 0, line))
        p->width = (int)strlen(line);
    p->drawn = console_seconds();
}

void progress_show(progress *p, uint64_t done)
{
    int columns;

    if (done < p->size && console_seconds() < p->drawn + DRAW_SECONDS)
        return;
    columns = console_width(CONSOLE_ERR);
    if (columns > 0)
        draw(p, done, columns);
}

void progress_end(progress *p)
{
    if (p->width > 0)
        say(CONSOLE_ERR, "\n");
    p->width = 0;
}
