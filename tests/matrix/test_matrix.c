/* Every operation in every state: one loop over the grid.
 *
 * Each row prints what came of it, "ROW v4 stream connected recv 10035 0", as
 * code and count, or code and events; LEFT begins one that was left out for a
 * gap of this system, NONE one without a result. `test_matrix --log` prints the
 * rows of all states, also where they are not as they should be: ci/compare.sh
 * holds the logs of different systems against each other.
 */
#include "matrix.h"

#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static bool logging;      /* go on after a row that is wrong */
static size_t wrong_rows; /* so far */

/* ---- The grid as text -------------------------------------------------- */

typedef struct cell {
    char note; /* the cell has no result; else 0 */
    int gap;   /* of Wine; else 0 */
    outcome want;
} cell;

/* The next word of a line, cut out; false at its end. */
static bool next_word(const char **line, char *word, size_t cap)
{
    size_t length;

    *line += strspn(*line, " ");
    length = strcspn(*line, " ");
    CHECK(length < cap);
    memcpy(word, *line, length);
    word[length] = '\0';
    *line += length;
    return length > 0;
}

/* Word number `column` of a line, 0 its first one. */
static void word_at(const char *line, size_t column, char *word, size_t cap)
{
    size_t i;

    for (i = 0; i <= column; i++)
        CHECK(next_word(&line, word, cap));
}

static bool has_name(const char *line, const char *name)
{
    char word[32];

    return next_word(&line, word, sizeof(word)) && strcmp(word, name) == 0;
}

/* Whether a name goes with a word; "c_*" is all that begin so. */
static bool fits(const char *name, const char *word)
{
    const size_t before = strcspn(word, "*");

    return strncmp(name, word, before) == 0
           && (word[before] == '*' || name[before] == '\0');
}

/* The number of the first word in a line that a name goes with, from 1 on; 0:
 * none does. */
static size_t column_of(const char *line, const char *name)
{
    char word[32];
    size_t column = 1;

    while (next_word(&line, word, sizeof(word))) {
        if (fits(name, word))
            return column;
        column++;
    }
    return 0;
}

static const grid *const books[] = { matrix_streams, matrix_datagrams,
                                     matrix_unix, matrix_options };

static bool is_stream(const char *kind)
{
    return strcmp(kind, "stream") == 0;
}

/* The row of a grid that has an operation's results. */
static const char *row_of(const operation *op, const char *kind)
{
    const char *other = is_stream(kind) ? op->as_stream : op->as_datagram;

    return other == NULL ? op->name : other;
}

/* The line of an operation; NULL: the part has none. */
static const char *line_of(const grid *g, const operation *op)
{
    size_t i;

    for (i = 1; i < g->count; i++) {
        if (has_name(g->lines[i], row_of(op, g->kind)))
            return g->lines[i];
    }
    return NULL;
}

/* "IOEH" or "-"; returns what stands behind it. */
static const char *read_events(const char *text, cell *c)
{
    static const char letters[] = "IOEH";
    static const unsigned bits[] = { IDEM_POLLIN, IDEM_POLLOUT, IDEM_POLLERR,
                                     IDEM_POLLHUP };
    const char *at;

    c->want.has_events = true;
    if (*text == '-')
        return text + 1;
    while (*text != '\0' && (at = strchr(letters, *text)) != NULL) {
        c->want.events |= bits[at - letters];
        text++;
    }
    return text;
}

static const char *read_result(const char *text, cell *c)
{
    char *end;

    if (isupper((unsigned char)*text) || *text == '-')
        return read_events(text, c);
    if (strncmp(text, "ok", 2) == 0) {
        text += 2;
    } else {
        c->want.err = (idem_error)strtol(text, &end, 10);
        CHECK(c->want.err != IDEM_OK);
        text = end;
    }
    if (*text != '/')
        return text;
    c->want.count = (size_t)strtoul(text + 1, &end, 10);
    CHECK(c->want.count > 0);
    return end;
}

static cell read_cell(const char *text)
{
    cell c = { 0 };

    if (*text == '(') {
        c.note = text[1];
        CHECK(matrix_note(c.note) != NULL);
        CHECK_STR(text + 2, ")");
        return c;
    }
    text = read_result(text, &c);
    if (*text == 'w') {
        c.gap = (int)strtol(text + 1, (char **)(void *)&text, 10);
        CHECK(matrix_gap(c.gap) != NULL);
    }
    CHECK_STR(text, ""); /* nothing behind it */
    return c;
}

/* Read the cell of a part, if it has one. */
static bool find_in(const grid *g, bool local, const state *st,
                    const operation *op, cell *c)
{
    const size_t column = column_of(g->lines[0], st->name);
    const char *line = line_of(g, op);
    char word[32];

    if (g->local != local || strcmp(g->kind, st->kind) != 0 || column == 0
        || line == NULL)
        return false;
    word_at(line, column, word, sizeof(word));
    *c = read_cell(word);
    return true;
}

/* The cell of an operation in a state. No cell is missing, and none is there
 * twice. */
static cell find_cell(bool local, const state *st, const operation *op)
{
    size_t found = 0;
    const grid *g;
    size_t i;
    cell c;

    for (i = 0; i < CHECK_COUNT(books); i++) {
        for (g = books[i]; g->lines != NULL; g++)
            found += find_in(g, local, st, op, &c);
    }
    if (found != 1)
        check_fail(st->name, 0, "%s %s has %d cells for %s",
                   local ? "Unix" : "IP", st->kind, (int)found, op->name);
    return c;
}

/* ---- One row ----------------------------------------------------------- */

static const char *events_text(unsigned events)
{
    static char text[8];
    size_t n = 0;

    if (events & IDEM_POLLIN)
        text[n++] = 'I';
    if (events & IDEM_POLLOUT)
        text[n++] = 'O';
    if (events & IDEM_POLLERR)
        text[n++] = 'E';
    if (events & IDEM_POLLHUP)
        text[n++] = 'H';
    if (n == 0)
        text[n++] = '-';
    text[n] = '\0';
    return text;
}

static void print_outcome(const outcome *out)
{
    if (out->has_events)
        printf("%d %s", (int)out->err, events_text(out->events));
    else
        printf("%d %zu", (int)out->err, out->count);
}

static const char *family_text(int family)
{
    if (family == IDEM_AF_UNIX)
        return "un";
    return family == IDEM_AF_INET ? "v4" : "v6";
}

static void print_row(const char *what, const stage *on, const state *st,
                      const operation *op)
{
    printf("%s %s %s %s %s ", what, family_text(on->family), st->kind, st->name,
           op->name);
}

/* No remains of a thousand connections. */
static void close_socket(const stage *on, idem_socket *s)
{
    if (s != NULL && on->stream && on->family != IDEM_AF_UNIX)
        support_reset_on_close(idem_fileno(s));
    CHECK_OK(idem_close(s));
}

static void close_scene(scene *sc)
{
    if (sc->s == NULL || sc->s != sc->on->kept) {
        close_socket(sc->on, sc->peer);
        close_socket(sc->on, sc->s);
    }
    remove_paths_since(sc->on->paths);
}

static void run_row(stage *on, const state *st, const operation *op,
                    const cell *c)
{
    const outcome *want = &c->want;
    scene sc = { on, NULL, NULL, { 0 } };
    outcome out = { IDEM_OK, 0, false, 0 };

    st->make(&sc);
    if (sc.s != NULL)
        CHECK_OK(idem_settimeout(sc.s, 0));
    op->run(&sc, op, &out);
    print_row("ROW", on, st, op);
    print_outcome(&out);
    if (out.err != want->err || out.count != want->count
        || out.events != want->events) {
        printf(" WRONG, want ");
        print_outcome(want);
        wrong_rows++;
    }
    printf("\n");
    close_scene(&sc);
}

/* The gap that keeps a row from being run here; NULL: nothing does. */
static const gap *gap_here(const stage *on, const cell *c)
{
    const gap *lack = c->gap == 0 ? NULL : matrix_gap(c->gap);
    const int wine = support_wine();

    if (lack == NULL || wine == 0 || (lack->below > 0 && wine >= lack->below)
        || (lack->family != 0 && lack->family != on->family))
        return NULL;
    return lack;
}

/* Do a row, or say why not. */
static void visit(stage *on, const state *st, const operation *op,
                  const char *why_not)
{
    const cell c = find_cell(on->family == IDEM_AF_UNIX, st, op);
    const gap *lack = gap_here(on, &c);

    if (c.note != 0) {
        print_row("NONE", on, st, op);
        printf("%s\n", matrix_note(c.note));
    } else if (why_not != NULL) {
        print_row("LEFT", on, st, op);
        printf("%s\n", why_not);
    } else if (lack != NULL) {
        print_row("LEFT", on, st, op);
        printf("W-%d: %s\n", lack->number, lack->text);
    } else {
        run_row(on, st, op, &c);
    }
}

/* ---- One state --------------------------------------------------------- */

/* Why there are no such sockets here; NULL: there are. */
static const char *why_none(const stage *on)
{
    if (on->family == IDEM_AF_INET6 && !idem_has(IDEM_HAS_IPV6))
        return "no ::1 here";
    if (on->family == IDEM_AF_UNIX
        && !idem_has(on->stream ? IDEM_HAS_UNIX : IDEM_HAS_UNIX_DGRAM))
        return "W-10: no Unix sockets";
    return NULL;
}

static void open_stage(stage *on)
{
    on->target = on->stream ? listener(on->family, &on->target_at)
                            : bound_datagram(on->family, &on->target_at);
    if (on->stream) {
        on->front = listener(on->family, &on->front_at);
        on->closed = closed_port(on->family, &on->closed_at);
    } else {
        on->closed = bound_datagram(on->family, &on->closed_at);
    }
    if (on->family == IDEM_AF_UNIX) { /* nobody there, but the path */
        CHECK_OK(idem_close(on->closed));
        on->closed = NULL;
    } else if (!on->stream) {
        /* Taken, by a socket that hears itself alone: for all others closed. */
        CHECK_OK(idem_connect(on->closed, &on->closed_at));
    }
    on->paths = paths_given();
}

static void close_stage(stage *on)
{
    CHECK_OK(idem_close(on->kept));
    CHECK_OK(idem_close(on->kept_peer));
    CHECK_OK(idem_close(on->front));
    CHECK_OK(idem_close(on->target));
    CHECK_OK(idem_close(on->closed));
    if (on->full.listener != NULL)
        close_full_listener(&on->full);
    remove_paths();
}

static void run_state(int family, const char *kind, const char *name)
{
    stage on = { .family = family, .stream = is_stream(kind) };
    const char *why_not = why_none(&on);
    const size_t before = wrong_rows;
    const state *st = matrix_states;
    size_t i;

    while (strcmp(st->kind, kind) != 0 || strcmp(st->name, name) != 0)
        st++;
    if (why_not == NULL)
        open_stage(&on);
    for (i = 0; i < matrix_operation_count; i++)
        visit(&on, st, &matrix_operations[i], why_not);
    if (why_not != NULL)
        check_skip(why_not);
    close_stage(&on);
    if (wrong_rows > before && !logging)
        check_fail(name, 0, "%d rows are wrong", (int)(wrong_rows - before));
}

/* ---- The whole --------------------------------------------------------- */

/* Each line has a cell for each state of its part, and names an operation. */
static void check_grid(const grid *g)
{
    char word[32];
    size_t states = 0;
    size_t i, k;
    const char *line = g->lines[0];

    while (next_word(&line, word, sizeof(word)))
        states++;
    for (i = 1; i < g->count; i++) {
        size_t cells = 0;
        bool known = false;

        line = g->lines[i];
        CHECK(next_word(&line, word, sizeof(word)));
        for (k = 0; k < matrix_operation_count; k++) {
            const char *row = row_of(&matrix_operations[k], g->kind);

            known = known || strcmp(row, word) == 0;
        }
        CHECK(known);
        while (next_word(&line, word, sizeof(word)))
            cells++;
        CHECK_EQ(cells, states);
    }
}

typedef struct census {
    size_t rows;
    size_t notes;
    size_t gaps;
} census;

static void count_state(bool local, const char *kind, const char *name,
                        census *n)
{
    const state st = { kind, name, NULL };
    size_t i;

    for (i = 0; i < matrix_operation_count; i++) {
        const cell c = find_cell(local, &st, &matrix_operations[i]);

        n->rows += c.note == 0;
        n->notes += c.note != 0;
        n->gaps += c.gap != 0;
    }
}

/* There is no hole in the grid, and nothing that nobody looks at. */
static void test_whole(void)
{
    census ip = { 0, 0, 0 };
    census local = { 0, 0, 0 };
    const grid *g;
    size_t i;

    for (i = 0; i < CHECK_COUNT(books); i++) {
        for (g = books[i]; g->lines != NULL; g++)
            check_grid(g);
    }
#define COUNT_IP(kind, state) count_state(false, #kind, #state, &ip);
    MATRIX_STATES(COUNT_IP)
#define COUNT_UNIX(kind, state) count_state(true, #kind, #state, &local);
    MATRIX_UNIX_STATES(COUNT_UNIX)
    printf("IPv4, IPv6: %zu rows each, %zu without a result, %zu not to be had "
           "under every Wine\n",
           ip.rows, ip.notes, ip.gaps);
    printf("Unix: %zu rows, %zu without a result\n", local.rows, local.notes);
    CHECK(ip.rows >= 400);
    CHECK(local.rows >= 400);
}

/* ---- Cases ------------------------------------------------------------- */

#define FUNCTIONS(kind, state)                                                 \
    static void test_v4_##kind##_##state(void)                                 \
    {                                                                          \
        run_state(IDEM_AF_INET, #kind, #state);                                \
    }                                                                          \
    static void test_v6_##kind##_##state(void)                                 \
    {                                                                          \
        run_state(IDEM_AF_INET6, #kind, #state);                               \
    }
MATRIX_STATES(FUNCTIONS)

#define UNIX_FUNCTION(kind, state)                                             \
    static void test_un_##kind##_##state(void)                                 \
    {                                                                          \
        run_state(IDEM_AF_UNIX, #kind, #state);                                \
    }
MATRIX_UNIX_STATES(UNIX_FUNCTION)

#define FOUR(kind, state) CASE(v4_##kind##_##state),
#define SIX(kind, state) CASE(v6_##kind##_##state),
#define UNIX(kind, state) CASE(un_##kind##_##state),

static const check_case cases[] = { CASE(whole),
                                    MATRIX_STATES(FOUR) MATRIX_STATES(SIX)
                                        MATRIX_UNIX_STATES(UNIX) };

int main(int argc, char **argv)
{
    int result;

    logging = argc == 2 && strcmp(argv[1], "--log") == 0;
    result = check_main("matrix", cases, CHECK_COUNT(cases), logging ? 1 : argc,
                        argv);
    if (wrong_rows > 0)
        fprintf(stderr, "matrix: %zu rows are wrong\n", wrong_rows);
    return wrong_rows > 0 ? CHECK_FAILED : result;
}
