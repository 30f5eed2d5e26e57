/* Operations of the matrix: twins, waiting, and the end. */
#include "operations.h"

#include "support.h"

/* ---- Life -------------------------------------------------------------- */

void do_dup(scene *sc, const operation *op, outcome *out)
{
    idem_socket *twin = sc->s;
    double seconds = 9;

    (void)op;
    out->err = idem_dup(sc->s, &twin);
    CHECK_EQ(twin == NULL, out->err != IDEM_OK);
    out->count = twin != NULL;
    if (twin == NULL)
        return;
    CHECK_OK(idem_gettimeout(twin, &seconds));
    CHECK(seconds == 0);
    CHECK_OK(idem_close(twin));
}

void do_inherit(scene *sc, const operation *op, outcome *out)
{
    bool on = false;

    (void)op;
    out->err = idem_set_inheritable(sc->s, true);
    CHECK_ERR(idem_get_inheritable(sc->s, &on), out->err);
    CHECK_EQ(on, !out->err);
}

/* With this process, where it is fetched at once. */
void do_share(scene *sc, const operation *op, outcome *out)
{
    unsigned char info[IDEM_SHARE_SIZE];
    idem_socket *again = NULL;
    size_t size = 9;

    (void)op;
    out->err =
        idem_share(sc->s, support_process_id(), info, sizeof(info), &size);
    CHECK_EQ(size == 0, out->err != IDEM_OK);
    if (out->err)
        return;
    CHECK_OK(idem_from_share(info, size, &again));
    CHECK_EQ(idem_type(again), idem_type(sc->s));
    out->count = again != NULL;
    CHECK_OK(idem_close(again));
}

void do_detach(scene *sc, const operation *op, outcome *out)
{
    intptr_t handle = 9;

    (void)op;
    out->err = idem_detach(sc->s, &handle);
    CHECK_EQ(handle == -1, out->err != IDEM_OK);
    out->count = handle != -1;
    sc->s = NULL;
    if (handle != -1)
        support_close_socket(handle);
}

void do_poll(scene *sc, const operation *op, outcome *out)
{
    idem_pollfd one = { sc->s, (unsigned)op->flags, 0xffff };
    size_t ready = 9;

    out->err = idem_poll(&one, 1, 0, &ready);
    CHECK_EQ(ready, one.revents != 0);
    out->has_events = true;
    out->events = one.revents;
}

/* The answers are those of idem_poll(): the grid has one row for both. */
void do_select(scene *sc, const operation *op, outcome *out)
{
    const unsigned events = (unsigned)op->flags;
    idem_selector *sel;
    idem_event e;
    size_t count = 9;

    CHECK_OK(idem_selector_open(&sel));
    if (sc->s == NULL)
        CHECK_ERR(idem_selector_register(sel, NULL, events, sc), IDEM_ENOTSOCK);
    else
        CHECK_OK(idem_selector_register(sel, sc->s, events, sc));
    out->err = idem_selector_select(sel, 0, &e, 1, &count);
    CHECK(count == 0 || (e.socket == sc->s && e.data == sc));
    out->has_events = true;
    out->events = count == 0 ? 0 : e.events;
    CHECK_OK(idem_selector_close(sel));
}

void do_cancel(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->err = idem_cancel(sc->s);
}

void do_close(scene *sc, const operation *op, outcome *out)
{
    (void)op;
    out->err = idem_close(sc->s);
    sc->s = NULL;
}
