/* How idem-client gets its connection. */
#include "client.h"

#include <stdio.h>
#include <string.h>

/* ---- The wish to stop -------------------------------------------------- */

/* Mark first, then end what goes on: whoever opens a socket afterwards looks
 * at the mark. */
static void come(void *arg)
{
    wish *w = arg;

    atomic_store(&w->come, true);
    idem_canceller_cancel(w->canceller);
    if (atomic_load(&w->socket) != NULL)
        idem_cancel(atomic_load(&w->socket));
}

bool wish_start(wish *w)
{
    idem_error err = idem_canceller_open(&w->canceller);

    if (!err && !console_on_stop(come, w))
        err = IDEM_ENOMEM;
    if (err)
        say_failure(PROGRAM, "watch for", "Ctrl-C", err);
    return !err;
}

void wish_end(wish *w)
{
    console_on_stop(NULL, NULL);
    idem_canceller_close(w->canceller);
    w->canceller = NULL;
}

static void wish_for(wish *w, idem_socket *s)
{
    if (w == NULL)
        return;
    atomic_store(&w->socket, s);
    if (atomic_load(&w->come))
        idem_cancel(s);
}

/* ---- Connecting -------------------------------------------------------- */

static idem_error address_of(const settings *set, idem_address *at)
{
    if (set->path != NULL)
        return idem_address_unix(set->path, strlen(set->path), at);
    return idem_address_make(set->host, set->ports[0], at);
}

static idem_error connect_address(const settings *set, wish *w,
                                  idem_socket **out)
{
    const int type = set->udp ? IDEM_SOCK_DGRAM : IDEM_SOCK_STREAM;
    idem_address at;
    idem_error err = address_of(set, &at);

    if (!err)
        err = idem_open(at.family, type, 0, out);
    if (!err)
        err = idem_settimeout(*out, set->timeout);
    if (!err) {
        wish_for(w, *out);
        err = idem_connect_ex(*out, &at);
    }
    return err;
}

static idem_error connect_host(const settings *set, wish *w, idem_socket **out)
{
    idem_connection how = { .canceller = w != NULL ? w->canceller : NULL };
    const idem_error err = idem_create_connection_with(set->host, set->ports[0],
                                                       set->timeout, &how, out);

    if (!err)
        wish_for(w, *out);
    return err;
}

idem_error client_connect(const settings *set, wish *w, idem_socket **out)
{
    *out = NULL;
    if (set->udp || set->path != NULL)
        return connect_address(set, w, out);
    return connect_host(set, w, out);
}

void client_place(const settings *set, int port, char text[PLACE_TEXT])
{
    idem_address at;

    if (set->path != NULL)
        snprintf(text, PLACE_TEXT, "%.255s", set->path);
    else if (idem_address_make(set->host, port, &at)
             || idem_address_format(&at, text, PLACE_TEXT))
        snprintf(text, PLACE_TEXT, "%.255s:%d", set->host, port);
}

status client_unconnected(const settings *set, idem_error err)
{
    char place[PLACE_TEXT];

    client_place(set, set->ports[0], place);
    return say_failure(PROGRAM, "connect to", place, err);
}
