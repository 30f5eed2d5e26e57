/* --save-to: one file of each client. It sends a line "file SIZE NAME" and so
 * many bytes, and gets "saved SIZE" or "failed", and why. */
#include "server.h"

#include "filename.h"
#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "file "

enum {
    SIZE_DIGITS = 19, /* they fit in 64 bits */
    HEADER_LIMIT = sizeof(MARK) + SIZE_DIGITS + 1 + FILENAME_LIMIT,
    ANSWER_LIMIT = 128
};

struct upload {
    part part;
    const char *name; /* in the header; NULL: that is not complete yet */
    uint64_t size;
    uint64_t left; /* bytes to come */
    size_t header_len;
    char header[HEADER_LIMIT];
};

bool saving_can(const server *v)
{
    part trial = { .path = NULL };
    const char *why = part_begin(&trial, v->set.save_to);

    part_discard(&trial);
    if (why != NULL && strcmp(why, DISK_MISSING) == 0)
        why = "no such directory";
    if (why != NULL)
        say(CONSOLE_ERR, "%s: cannot save to %s: %s\n", PROGRAM, v->set.save_to,
            why);
    return why == NULL;
}

/* ---- The header -------------------------------------------------------- */

/* Take what belongs to the header, with its newline; how much. */
static size_t take_header(upload *u, const char *data, size_t len)
{
    const size_t room = HEADER_LIMIT - u->header_len;
    const size_t most = len < room ? len : room;
    const char *end = memchr(data, '\n', most);
    const size_t n = end != NULL ? (size_t)(end - data) + 1 : most;

    memcpy(u->header + u->header_len, data, n);
    u->header_len += n;
    return n;
}

/* Read a complete one; the newline becomes the end of the name. */
static bool read_header(upload *u)
{
    const char *digits = u->header + sizeof(MARK) - 1;
    size_t count;

    u->header[u->header_len - 1] = '\0';
    if (strncmp(u->header, MARK, sizeof(MARK) - 1) != 0)
        return false;
    count = strspn(digits, "0123456789");
    if (count == 0 || count > SIZE_DIGITS || digits[count] != ' ')
        return false;
    u->size = strtoull(digits, NULL, 10);
    u->left = u->size;
    u->name = digits + count + 1;
    return strlen(u->header) == u->header_len - 1;
}

/* NULL, or what is wrong. */
static const char *begin(const server *v, upload *u)
{
    if (!read_header(u))
        return "not a header";
    if (!filename_is_safe(u->name))
        return DISK_BAD_NAME;
    if (part_is_taken(v->set.save_to, u->name))
        return DISK_EXISTS;
    return part_begin(&u->part, v->set.save_to);
}

/* ---- The file ---------------------------------------------------------- */

/* Save a piece: the rest of the header, some of the file, or both. NULL, or
 * what is wrong. What comes behind the file is nobody's. */
static const char *save(const server *v, upload *u, size_t len)
{
    const char *data = v->received;

    if (u->name == NULL) {
        const size_t taken = take_header(u, data, len);
        const char *why = NULL;

        if (u->header[u->header_len - 1] == '\n')
            why = begin(v, u);
        else if (u->header_len == HEADER_LIMIT)
            why = "not a header";
        if (why != NULL || u->name == NULL)
            return why;
        data += taken;
        len -= taken;
    }
    if (len > u->left)
        len = (size_t)u->left;
    u->left -= len;
    return part_write(&u->part, data, len);
}

/* ---- Answers ----------------------------------------------------------- */

static bool answer(server *v, client *c, const char *word, const char *text)
{
    char line[ANSWER_LIMIT];
    const int len = snprintf(line, sizeof(line), "%s %s\n", word, text);

    if (!client_answer(v, c, line, (size_t)len))
        return false;
    client_leave(v, c);
    return true;
}

static bool refuse(server *v, client *c, const char *why)
{
    tell_of(v, c, "failed: %s", why);
    saving_end(v, c);
    return answer(v, c, "failed", why);
}

static bool keep(server *v, client *c)
{
    upload *u = c->upload;
    const char *why = part_keep(&u->part, v->set.save_to, u->name);
    char size[SIZE_DIGITS + 2];

    if (why != NULL)
        return refuse(v, c, why);
    v->traffic.messages++;
    snprintf(size, sizeof(size), "%llu", (unsigned long long)u->size);
    tell_of(v, c, "saved %s, %s bytes", u->name, size);
    saving_end(v, c);
    return answer(v, c, "saved", size);
}

bool saving_hear(server *v, client *c, size_t len)
{
    const char *why;

    if (len == 0) {
        tell_of(v, c, "closed");
        return false;
    }
    if (c->upload == NULL)
        c->upload = calloc(1, sizeof(*c->upload));
    why = c->upload != NULL ? save(v, c->upload, len) : DISK_NO_MEMORY;
    if (why != NULL)
        return refuse(v, c, why);
    if (c->upload->name == NULL || c->upload->left > 0)
        return true;
    return keep(v, c);
}

void saving_interrupt(server *v, client *c)
{
    if (!refuse(v, c, "the server stops"))
        client_dismiss(v, c);
}

void saving_end(server *v, client *c)
{
    upload *u = c->upload;
    bool lost;

    if (u == NULL)
        return;
    lost = u->part.path != NULL;
    part_discard(&u->part);
    if (lost)
        tell_of(v, c, "lost %s: the part is discarded", u->name);
    free(u);
    c->upload = NULL;
}
