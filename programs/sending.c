/* Sending a file. One line says how long it is and what it is called, then come
 * its bytes; the server answers when it has saved them all. */
#include "client.h"
#include "disk.h"
#include "filename.h"
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes that are sent between two looks around, and how long that may take. */
#define PIECE_LEAST ((uint64_t)64 * 1024)
#define PIECE_MOST ((uint64_t)1024 * 1024)
#define PIECE_SECONDS 0.1

/* How long to wait for a piece to move before looking around. */
#define LOOK_SECONDS 1.0

enum {
    HEADER_TEXT = 300,
    ANSWER_TEXT = 300 /* bytes of the answer that matter */
};

typedef struct transfer {
    const settings *set;
    const char *name; /* of the file, without its path */
    disk_file file;
    uint64_t size;
    uint64_t sent;  /* bytes of the file */
    uint64_t piece; /* how many to send next */
    bool ended;     /* the file has, before that */
    double moved;   /* when something was sent last */
    idem_socket *socket;
    wish wish;
    progress progress;
    char answer[ANSWER_TEXT];
    size_t answer_len;
} transfer;

/* ---- What went wrong --------------------------------------------------- */

static status say_cannot(const transfer *t, const char *why)
{
    say(CONSOLE_ERR, "%s: cannot send %s: %s\n", PROGRAM, t->set->file, why);
    return STATUS_FAILED;
}

static status say_broken(const transfer *t, idem_error err)
{
    char why[HEADER_TEXT];

    if (atomic_load(&t->wish.come))
        snprintf(why, sizeof(why), "stopped");
    else
        snprintf(why, sizeof(why), "%s (%d %s)", idem_strerror(err), (int)err,
                 idem_error_name(err));
    say(CONSOLE_ERR, "%s: %s after %" PRIu64 " of %" PRIu64 " bytes of %s\n",
        PROGRAM, why, t->sent, t->size, t->set->file);
    return STATUS_FAILED;
}

/* ---- The answer -------------------------------------------------------- */

/* Whether the answer begins with the word, as far as it is here. */
static bool may_be(const transfer *t, const char *word)
{
    const size_t len = strlen(word);

    return memcmp(t->answer, word, t->answer_len < len ? t->answer_len : len)
           == 0;
}

static bool is_complete(const transfer *t)
{
    return memchr(t->answer, '\n', t->answer_len) != NULL
           || t->answer_len == sizeof(t->answer) - 1
           || (!may_be(t, "saved ") && !may_be(t, "failed "));
}

/* A line, or what tells that it is none of these servers. A part of a line is
 * no answer. */
static idem_error receive_answer(transfer *t)
{
    idem_error err = IDEM_OK;
    size_t got = 1;

    while (!err && got > 0 && !is_complete(t)) {
        err = idem_recv(t->socket, t->answer + t->answer_len,
                        sizeof(t->answer) - 1 - t->answer_len, 0, &got);
        t->answer_len = got > 0 ? t->answer_len + got : 0;
    }
    return t->answer_len > 0 ? IDEM_OK : err;
}

/* Make the answer a text: it ends with its line, and moves no cursor. */
static void tidy_answer(transfer *t)
{
    const char *end = memchr(t->answer, '\n', t->answer_len);

    if (end != NULL)
        t->answer_len = (size_t)(end - t->answer);
    t->answer[t->answer_len] = '\0';
    for (char *at = t->answer; *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7F)
            *at = '?';
    }
}

static status judge_answer(transfer *t)
{
    char want[ANSWER_TEXT];

    snprintf(want, sizeof(want), "saved %" PRIu64, t->size);
    tidy_answer(t);
    if (strcmp(t->answer, want) == 0 && t->sent == t->size)
        return STATUS_DONE;
    if (t->answer_len == 0)
        say(CONSOLE_ERR, "%s: the server closed the connection\n", PROGRAM);
    else if (strncmp(t->answer, "failed ", strlen("failed ")) == 0)
        say(CONSOLE_ERR, "%s: the server does not save %s: %s\n", PROGRAM,
            t->set->file, t->answer + strlen("failed "));
    else
        say(CONSOLE_ERR, "%s: the server answers \"%s\", not \"%s\"\n", PROGRAM,
            t->answer, want);
    return STATUS_FAILED;
}

/* When the server broke the connection, it may have said why before. */
static status hear(transfer *t, idem_error sending)
{
    const idem_error err = receive_answer(t);

    if (!err && (!sending || t->answer_len > 0))
        return judge_answer(t);
    return say_broken(t, sending ? sending : err);
}

/* ---- The file ---------------------------------------------------------- */

/* Who answers before all is sent has nothing good to say. */
static bool is_answered(const transfer *t)
{
    idem_pollfd one = { t->socket, IDEM_POLLIN, 0 };

    return idem_poll(&one, 1, 0, NULL) == IDEM_OK && one.revents != 0;
}

/* Many at a time cost less; few let a slow connection be watched. */
static void adapt_piece(transfer *t, double seconds)
{
    if (seconds < PIECE_SECONDS / 2 && t->piece < PIECE_MOST)
        t->piece *= 2;
    if (seconds > PIECE_SECONDS && t->piece > PIECE_LEAST)
        t->piece /= 2;
}

/* Whether it stands still for no longer than it may. */
static bool has_patience(const transfer *t, double now)
{
    return t->set->timeout < 0 || now - t->moved < t->set->timeout;
}

static idem_error send_piece(transfer *t)
{
    const uint64_t rest = t->size - t->sent;
    const double began = console_seconds();
    double now;
    uint64_t got;
    idem_error err = idem_sendfile(t->socket, t->file, t->sent,
                                   rest < t->piece ? rest : t->piece, &got);

    now = console_seconds();
    if (got > 0)
        t->moved = now;
    t->sent += got;
    t->ended = !err && got == 0;
    adapt_piece(t, now - began);
    return err == IDEM_ETIMEDOUT && has_patience(t, now) ? IDEM_OK : err;
}

static idem_error send_header(const transfer *t)
{
    char header[HEADER_TEXT];

    snprintf(header, sizeof(header), "file %" PRIu64 " %s\n", t->size, t->name);
    return idem_sendall(t->socket, header, strlen(header), 0, NULL);
}

/* Whether it is as long as it was. */
static status check_size(transfer *t)
{
    uint64_t size;
    const char *why = disk_size(t->file, &size);

    if (why == NULL && !t->ended && size == t->size)
        return STATUS_RUN;
    if (why != NULL)
        return say_cannot(t, why);
    say(CONSOLE_ERR,
        "%s: %s changed while it was sent: %" PRIu64 " bytes, now %" PRIu64
        "\n",
        PROGRAM, t->set->file, t->size, size);
    return STATUS_FAILED;
}

/* Until the server has something to say, which it may also have when it takes
 * nothing more. */
static idem_error send_pieces(transfer *t)
{
    const double timeout = t->set->timeout;
    idem_error err = IDEM_OK;

    if (timeout < 0 || timeout > LOOK_SECONDS)
        err = idem_settimeout(t->socket, LOOK_SECONDS);
    t->moved = console_seconds();
    progress_start(&t->progress);
    while (!err && !t->ended && t->sent < t->size && !is_answered(t)) {
        err = send_piece(t);
        progress_show(&t->progress, t->sent);
    }
    if (t->size == 0)
        progress_show(&t->progress, 0);
    progress_end(&t->progress);
    return err ? err : idem_settimeout(t->socket, timeout);
}

static status send_all(transfer *t)
{
    status result = STATUS_RUN;
    idem_error err = send_header(t);

    if (!err)
        err = send_pieces(t);
    if (err && err != IDEM_ECONNRESET && err != IDEM_ECONNABORTED)
        return say_broken(t, err);
    if (!err && (t->ended || t->sent == t->size))
        result = check_size(t);
    return result == STATUS_RUN ? hear(t, err) : result;
}

/* ---- The connection ---------------------------------------------------- */

static status connect_and_send(transfer *t)
{
    char place[PLACE_TEXT];
    const idem_error err = client_connect(t->set, &t->wish, &t->socket);

    if (err && atomic_load(&t->wish.come))
        return say_broken(t, err);
    if (err)
        return client_unconnected(t->set, err);
    client_place(t->set, t->set->ports[0], place);
    if (console_width(CONSOLE_ERR) > 0)
        say(CONSOLE_ERR, "%s to %s\n", t->name, place);
    return send_all(t);
}

static const char *open_file(transfer *t)
{
    const char *why = disk_open(t->set->file, &t->file);

    t->name = disk_base_name(t->set->file);
    if (why == NULL && !filename_is_safe(t->name))
        why = "not every system can have a file of that name";
    if (why == NULL)
        why = disk_size(t->file, &t->size);
    t->progress.size = t->size;
    return why;
}

status send_file(const settings *set)
{
    transfer t = { .set = set, .piece = PIECE_LEAST };
    const char *why = open_file(&t);
    status result = STATUS_FAILED;

    if (why != NULL)
        say_cannot(&t, why);
    else if (wish_start(&t.wish))
        result = connect_and_send(&t);
    wish_end(&t.wish);
    idem_close(t.socket);
    disk_close(t.file);
    return result;
}
