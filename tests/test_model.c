/* Held against a model, with random steps: what a stream gives is what the
 * bytes sent so far say it must give. */
#include "check.h"
#include "peers.h"

#include <stdlib.h>

#define ROUNDS 40
#define LENGTH 1500 /* bytes of a round */
#define MOST 60     /* bytes of a step */

/* ---- Chance ------------------------------------------------------------ */

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* From 0 to most. */
static size_t up_to(size_t most)
{
    return (size_t)(next_random() >> 16) % (most + 1);
}

/* ---- The model --------------------------------------------------------- */

typedef struct model {
    char text[LENGTH];
    size_t taken;
    size_t sent;
    bool finished;
    idem_socket *peer;
    idem_socket *s;
    idem_stream *st;
} model;

typedef struct result {
    idem_error err;
    size_t got;
    bool fewer; /* any number from 1 on is as good */
} result;

typedef enum kind {
    READ,
    EXACTLY,
    LINE,
    UNTIL
} kind;

/* What a call to read is given. */
typedef struct step {
    kind what;
    size_t cap;
    char separator[3];
    size_t separator_size;
} step;

static size_t waiting(const model *m)
{
    return m->sent - m->taken;
}

/* Where the separator ends among the first bytes; 0: there is none. */
static size_t find(const model *m, const step *x)
{
    const size_t most = waiting(m) < x->cap ? waiting(m) : x->cap;
    size_t end;

    for (end = x->separator_size; end <= most; end++) {
        if (memcmp(&m->text[m->taken + end - x->separator_size], x->separator,
                   x->separator_size)
            == 0)
            return end;
    }
    return 0;
}

static result want_until(const model *m, const step *x)
{
    const size_t end = find(m, x);

    if (end > 0)
        return (result){ IDEM_OK, end, false };
    if (waiting(m) >= x->cap)
        return (result){ IDEM_EMSGSIZE, 0, false };
    if (!m->finished)
        return (result){ IDEM_EWOULDBLOCK, 0, false };
    if (x->what == LINE)
        return (result){ IDEM_OK, waiting(m), false };
    return (result){ IDEM_EDISCON, 0, false };
}

static result want_of(const model *m, const step *x)
{
    const size_t n = waiting(m);

    if (x->what == LINE || x->what == UNTIL)
        return want_until(m, x);
    if (x->what == EXACTLY && n < x->cap)
        return (result){ m->finished ? IDEM_EDISCON : IDEM_EWOULDBLOCK, 0,
                         false };
    if (x->what == READ && n == 0 && x->cap > 0 && !m->finished)
        return (result){ IDEM_EWOULDBLOCK, 0, false };
    return (result){ IDEM_OK, n < x->cap ? n : x->cap, x->what == READ };
}

/* ---- Steps ------------------------------------------------------------- */

static result run_step(const model *m, const step *x, char *buf)
{
    result out = { IDEM_OK, 99, false };

    switch (x->what) {
    case READ:
        out.err = idem_stream_read(m->st, buf, x->cap, &out.got);
        break;
    case EXACTLY:
        out.err = idem_stream_readexactly(m->st, buf, x->cap, &out.got);
        break;
    case LINE:
        out.err = idem_stream_readline(m->st, buf, x->cap, &out.got);
        break;
    case UNTIL:
        out.err = idem_stream_readuntil(m->st, x->separator, x->separator_size,
                                        buf, x->cap, &out.got);
        break;
    }
    return out;
}

static step random_step(void)
{
    static const kind kinds[] = { READ, EXACTLY, LINE, UNTIL };
    step x;
    size_t i;

    x.what = kinds[up_to(3)];
    x.cap = up_to(MOST);
    x.separator_size = 1;
    x.separator[0] = '\n';
    if (x.what != UNTIL)
        return x;
    x.separator_size = 1 + up_to(2);
    for (i = 0; i < x.separator_size; i++)
        x.separator[i] = "a\n"[up_to(1)];
    return x;
}

/* Read, and again as long as what was sent has not arrived. */
static void read_step(model *m)
{
    const step x = random_step();
    const result want = want_of(m, &x);
    char buf[MOST + 1];
    result out;

    buf[x.cap] = 'z';
    out = run_step(m, &x, buf);
    while (out.err == IDEM_EWOULDBLOCK && want.err != out.err) {
        CHECK_EQ(out.got, 0);
        await_input(m->s);
        out = run_step(m, &x, buf);
    }
    CHECK_EQ(buf[x.cap], 'z');
    CHECK_ERR(out.err, want.err);
    if (want.fewer && want.got > 0)
        CHECK(out.got > 0 && out.got <= want.got);
    else
        CHECK_EQ(out.got, want.got);
    CHECK(memcmp(buf, &m->text[m->taken], out.got) == 0);
    m->taken += out.got;
}

static void send_step(model *m)
{
    const size_t left = LENGTH - m->sent;
    size_t n = 1 + up_to(MOST / 2);

    if (n > left)
        n = left;
    if (n > 0)
        CHECK_OK(idem_sendall(m->peer, &m->text[m->sent], n, 0, NULL));
    m->sent += n;
    if (n == 0 && !m->finished) {
        CHECK_OK(idem_shutdown(m->peer, IDEM_SHUT_WR));
        m->finished = true;
    }
}

static void run_round(uint64_t number)
{
    model m = { .peer = NULL };
    size_t i;

    seed = number * 0x9e3779b97f4a7c15u;
    for (i = 0; i < LENGTH; i++) /* a newline is one in eight */
        m.text[i] = "aaab\0b\na"[up_to(7)];
    m.peer = stream_pair(&m.s);
    CHECK_OK(idem_settimeout(m.s, 0));
    CHECK_OK(idem_stream_open(m.s, 1 + up_to(MOST / 2), &m.st));
    while (!m.finished || m.taken < LENGTH) {
        if (up_to(3) == 0)
            send_step(&m);
        else
            read_step(&m);
    }
    CHECK_OK(idem_stream_close(m.st));
    CHECK_OK(idem_close(m.s));
    CHECK_OK(idem_close(m.peer));
}

static void test_reading(void)
{
    uint64_t i;

    for (i = 1; i <= ROUNDS; i++)
        run_round(i);
}

static const check_case cases[] = { CASE(reading) };

CHECK_MAIN("model")
