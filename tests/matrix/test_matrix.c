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

/* The number of the name in a line of names, from 1 on; 0: it is not there. */
static size_t column_of(const char *line, const char *name)
{
    char word[32];
    size_t column = 1;

    while (next_word(&line, word, sizeof(word))) {
        if (strcmp(word, name) == 0)
            return column;
        column++;
    }
    return 0;
}

/* The part of the grid that has the state, and its column there. */
static const grid *grid_of(const state *st, size_t *column)
{
    const bool stream = strcmp(st->kind, "stream") == 0;
    const grid *g = stream ? matrix_streams : matrix_datagrams;
    const grid *end =
        g + (stream ? matrix_stream_count : matrix_datagram_count);

    *column = column_of(g->lines[0], st->name);
    while (*column == 0) {
        CHECK(++g < end); /* or no part has it */
        *column = column_of(g->lines[0], st->name);
    }
    return g;
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

/* Fill in the cell of an operation; false: the grid leaves it out. */
static bool find_cell(const state *st, const operation *op, cell *c)
{
    size_t column;
    const grid *g = grid_of(st, &column);
    char word[32];
    size_t i;

    for (i = 1; i < g->count; i++) {
        if (has_name(g->lines[i], op->name)) {
            word_at(g->lines[i], column, word, sizeof(word));
            *c = read_cell(word);
            return true;
        }
    }
    CHECK(!g->whole);
    return false;
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

static void print_row(const char *what, const stage *on, const state *st,
                      const operation *op)
{
    printf("%s %s %s %s %s ", what, on->family == IDEM_AF_INET ? "v4" : "v6",
           st->kind, st->name, op->name);
}

static void close_scene(scene *sc)
{
    if (sc->s != NULL && sc->s == sc->on->kept)
        return;
    /* No remains of a thousand connections. */
    if (sc->on->stream && sc->peer != NULL)
        support_reset_on_close(idem_fileno(sc->peer));
    CHECK_OK(idem_close(sc->peer));
    if (sc->on->stream && sc->s != NULL)
        support_reset_on_close(idem_fileno(sc->s));
    CHECK_OK(idem_close(sc->s));
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
    const gap *lack;
    cell c;

    if (!find_cell(st, op, &c))
        return;
    lack = gap_here(on, &c);
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

static bool has_family(int family)
{
    const idem_address at = loopback(family, 0);
    idem_socket *s;
    idem_error err = idem_open(family, IDEM_SOCK_DGRAM, 0, &s);

    if (!err)
        err = idem_bind(s, &at);
    idem_close(s);
    return !err;
}

static void open_stage(stage *on)
{
    if (on->stream) {
        on->front = listener(on->family, &on->front_at);
        on->target = listener(on->family, &on->target_at);
        on->closed = closed_port(on->family, &on->closed_at);
        return;
    }
    on->target = bound_datagram(on->family, &on->target_at);
    /* Taken, by a socket that hears itself alone: for all others closed. */
    on->closed = bound_datagram(on->family, &on->closed_at);
    CHECK_OK(idem_connect(on->closed, &on->closed_at));
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
}

static void run_state(int family, const char *kind, const char *name)
{
    stage on = { .family = family, .stream = strcmp(kind, "stream") == 0 };
    const char *why_not = has_family(family) ? NULL : "no ::1 here";
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

/* The line of a grid that has been looked at already names an operation, and
 * each state has its cell in it. */
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
        for (k = 0; k < matrix_operation_count; k++)
            known = known || strcmp(matrix_operations[k].name, word) == 0;
        CHECK(known);
        while (next_word(&line, word, sizeof(word)))
            cells++;
        CHECK_EQ(cells, states);
    }
    CHECK(!g->whole || g->count == matrix_operation_count + 1);
}

/* There is no hole in the grid, and nothing that nobody looks at. */
static void test_whole(void)
{
    size_t rows = 0;
    size_t notes = 0;
    size_t gaps = 0;
    size_t i, k;

    for (i = 0; i < matrix_stream_count; i++)
        check_grid(&matrix_streams[i]);
    for (i = 0; i < matrix_datagram_count; i++)
        check_grid(&matrix_datagrams[i]);
    for (i = 0; i < matrix_state_count; i++) {
        for (k = 0; k < matrix_operation_count; k++) {
            cell c;

            if (!find_cell(&matrix_states[i], &matrix_operations[k], &c))
                continue;
            rows += c.note == 0;
            notes += c.note != 0;
            gaps += c.gap != 0;
        }
    }
    printf("%zu rows for each family; %zu without a result, %zu not to be had "
           "under every Wine\n",
           rows, notes, gaps);
    CHECK(rows >= 400);
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

#define FOUR(kind, state) CASE(v4_##kind##_##state),
#define SIX(kind, state) CASE(v6_##kind##_##state),

static const check_case cases[] = { CASE(whole),
                                    MATRIX_STATES(FOUR) MATRIX_STATES(SIX) };

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
