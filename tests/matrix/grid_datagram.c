/* What comes out: datagrams; and why some cells have no result. The stream's
 * page explains the cells. */
#include "matrix.h"

/* clang-format off */

/* "waiting": a short datagram; "longer" than any buffer here; "empty". "dead":
 * the port of the peer is closed, and that was reported. */
static const char *const datagrams[] = {
    "             fresh    bound waiting longer   empty connected dead",
    "bind         ok       10022 10022   10022    10022 10022     10022",
    "bind_other   10047    10047 10047   10047    10047 10047     10047",
    "bind_foreign 10049w36 10022 10022   10022    10022 10022     10022",
    "bind_taken   10048    10022 10022   10022    10022 10022     10022",
    "bind_null    10014    10014 10014   10014    10014 10014     10014",
    "listen       10045    10045 10045   10045    10045 10045     10045",
    "listen_minus 10045    10045 10045   10045    10045 10045     10045",
    "accept       10045    10045 10045   10045    10045 10045     10045",
    "connect      ok       ok    ok      ok       ok    ok        ok",
    "conn_closed  ok       ok    ok      ok       ok    ok        ok",
    "conn_zero    10049    10049 10049   10049    10049 10049     10049",
    "conn_other   10047    10047 10047   10047    10047 10047     10047",
    "conn_path    10047    10047 10047   10047    10047 10047     10047",
    "conn_null    10014    10014 10014   10014    10014 10014     10014",
    "connect_ex   ok       ok    ok      ok       ok    ok        ok",
    "recv         10035    10035 ok/5    10040/16 ok    10035     10061w2",
    "recv_short   10035    10035 10040/4 10040/4  ok    10035     10061w2",
    "recv_none    10035    10035 10040   10040    ok    10035     10061w2",
    "recv_null    10014    10014 10014   10014    10014 10014     10014",
    "recv_peek    10035    10035 ok/5    10040/16 ok    10035     10061w2",
    "recv_all     10045    10045 10045   10045    10045 10045     10045",
    "recv_more    10045    10045 10045   10045    10045 10045     10045",
    "recv_now     10035    10035 ok/5    10040/16 ok    10035     10061w2",
    "recv_route   10045    10045 10045   10045    10045 10045     10045",
    "recv_odd     10045    10045 10045   10045    10045 10045     10045",
    "recvfrom     10035    10035 ok/5    10040/16 ok    10035     10061w2",
    "from_short   10035    10035 10040/4 10040/4  ok    10035     10061w2",
    "from_none    10035    10035 10040   10040    ok    10035     10061w2",
    "from_peek    10035    10035 10040/4 10040/4  ok    10035     10061w2",
    "from_odd     10045    10045 10045   10045    10045 10045     10045",
    "send         10039    10039 10039   10039    10039 ok/3      (c)",
    "send_none    10039    10039 10039   10039    10039 ok        (c)",
    "send_null    10014    10014 10014   10014    10014 10014     10014",
    "send_now     10039    10039 10039   10039    10039 ok/3      (c)",
    "send_route   10039    10039 10039   10039    10039 ok/3      (c)",
    "send_peek    10045    10045 10045   10045    10045 10045     10045",
    "send_odd     10045    10045 10045   10045    10045 10045     10045",
    "sendall      10039    10039 10039   10039    10039 ok/3      (c)",
    "all_none     10039    10039 10039   10039    10039 ok        (c)",
    "all_odd      10045    10045 10045   10045    10045 10045     10045",
    "sendto       ok/3     ok/3  ok/3    ok/3     ok/3  ok/3      (c)",
    "sendto_none  ok       ok    ok      ok       ok    ok        (c)",
    "sendto_null  10039    10039 10039   10039    10039 ok/3      (c)",
    "sendto_zero  10049    10049 10049   10049    10049 10049     10049",
    "sendto_other 10047    10047 10047   10047    10047 10047     10047",
    "sendto_path  10047    10047 10047   10047    10047 10047     10047",
    "sendto_long  10040    10040 10040   10040    10040 10040     (c)",
    "sendto_odd   10045    10045 10045   10045    10045 10045     10045",
    "shut_rd      10057    10057 10057   10057    10057 ok        ok",
    "shut_wr      10057    10057 10057   10057    10057 ok        ok",
    "shut_both    10057    10057 10057   10057    10057 ok        ok",
    "shut_odd     10022    10022 10022   10022    10022 10022     10022",
    "getsockname  ok       ok/1  ok/1    ok/1     ok/1  ok/1      ok/1",
    "getpeername  10057    10057 10057   10057    10057 ok/1      ok/1",
    "take_error   ok       ok    ok      ok       ok    ok        10061w2",
    "kind         ok/1     ok/1  ok/1    ok/1     ok/1  ok/1      ok/1",
    "fileno       ok/1     ok/1  ok/1    ok/1     ok/1  ok/1      ok/1",
    "settimeout   ok       ok    ok      ok       ok    ok        ok",
    "settime_bad  10022    10022 10022   10022    10022 10022     10022",
    "gettimeout   ok       ok    ok      ok       ok    ok        ok",
    "setblocking  ok       ok    ok      ok       ok    ok        ok",
    "getblocking  ok       ok    ok      ok       ok    ok        ok",
    "dup          ok/1     ok/1  ok/1    ok/1     ok/1  ok/1      ok/1",
    "detach       ok/1     ok/1  ok/1    ok/1     ok/1  ok/1      ok/1",
    "poll_in      -        -     I       I        I     -         IEw2",
    "poll_out     O        O     O       O        O     O         OEw2",
    "poll_both    O        O     IO      IO       IO    O         IOEw2",
    "poll_none    -        -     -       -        -     -         Ew2",
    "poll_odd     10022    10022 10022   10022    10022 10022     10022",
    "cancel       ok       ok    ok      ok       ok    ok        ok",
    "close        ok       ok    ok      ok       ok    ok        ok",
};

/* Shut down on this side, or cancelled. */
static const char *const datagrams_ended[] = {
    "             shut_rd unwanted shut_wr shut_both c_fresh  c_conn c_data",
    "bind         10022   10022    10022   10022     ok       10022  10022",
    "bind_other   10047   10047    10047   10047     10047    10047  10047",
    "bind_foreign 10022   10022    10022   10022     10049w36 10022  10022",
    "bind_taken   10022   10022    10022   10022     10048    10022  10022",
    "bind_null    10014   10014    10014   10014     10014    10014  10014",
    "listen       10045   10045    10045   10045     10045    10045  10045",
    "listen_minus 10045   10045    10045   10045     10045    10045  10045",
    "accept       10045   10045    10045   10045     995      995    995",
    "connect      ok      ok       ok      ok        995      995    995",
    "conn_closed  ok      ok       ok      ok        995      995    995",
    "conn_zero    10049   10049    10049   10049     995      995    995",
    "conn_other   10047   10047    10047   10047     995      995    995",
    "conn_path    10047   10047    10047   10047     995      995    995",
    "conn_null    10014   10014    10014   10014     995      995    995",
    "connect_ex   ok      ok       ok      ok        995      995    995",
    "recv         ok      ok       10035   ok        995      995    995",
    "recv_short   ok      ok       10035   ok        995      995    995",
    "recv_none    ok      ok       10035   ok        995      995    995",
    "recv_null    10014   10014    10014   10014     995      995    995",
    "recv_peek    ok      ok       10035   ok        995      995    995",
    "recv_all     10045   10045    10045   10045     995      995    995",
    "recv_more    10045   10045    10045   10045     995      995    995",
    "recv_now     ok      ok       10035   ok        995      995    995",
    "recv_route   10045   10045    10045   10045     995      995    995",
    "recv_odd     10045   10045    10045   10045     995      995    995",
    "recvfrom     ok      ok       10035   ok        995      995    995",
    "from_short   ok      ok       10035   ok        995      995    995",
    "from_none    ok      ok       10035   ok        995      995    995",
    "from_peek    ok      ok       10035   ok        995      995    995",
    "from_odd     10045   10045    10045   10045     995      995    995",
    "send         ok/3    ok/3     10058   10058     995      995    995",
    "send_none    ok      ok       10058   10058     995      995    995",
    "send_null    10014   10014    10014   10014     995      995    995",
    "send_now     ok/3    ok/3     10058   10058     995      995    995",
    "send_route   ok/3    ok/3     10058   10058     995      995    995",
    "send_peek    10045   10045    10045   10045     995      995    995",
    "send_odd     10045   10045    10045   10045     995      995    995",
    "sendall      ok/3    ok/3     10058   10058     995      995    995",
    "all_none     ok      ok       10058   10058     995      995    995",
    "all_odd      10045   10045    10045   10045     995      995    995",
    "sendto       ok/3    ok/3     10058   10058     995      995    995",
    "sendto_none  ok      ok       10058   10058     995      995    995",
    "sendto_null  ok/3    ok/3     10058   10058     995      995    995",
    "sendto_zero  10049   10049    10058   10058     995      995    995",
    "sendto_other 10047   10047    10058   10058     995      995    995",
    "sendto_path  10047   10047    10058   10058     995      995    995",
    "sendto_long  10040   10040    10058   10058     995      995    995",
    "sendto_odd   10045   10045    10045   10045     995      995    995",
    "shut_rd      ok      ok       ok      ok        10057    ok     ok",
    "shut_wr      ok      ok       ok      ok        10057    ok     ok",
    "shut_both    ok      ok       ok      ok        10057    ok     ok",
    "shut_odd     10022   10022    10022   10022     10022    10022  10022",
    "getsockname  ok/1    ok/1     ok/1    ok/1      ok       ok/1   ok/1",
    "getpeername  ok/1    ok/1     ok/1    ok/1      10057    ok/1   ok/1",
    "take_error   ok      ok       ok      ok        ok       ok     ok",
    "kind         ok/1    ok/1     ok/1    ok/1      ok/1     ok/1   ok/1",
    "fileno       ok/1    ok/1     ok/1    ok/1      ok/1     ok/1   ok/1",
    "settimeout   ok      ok       ok      ok        ok       ok     ok",
    "settime_bad  10022   10022    10022   10022     10022    10022  10022",
    "gettimeout   ok      ok       ok      ok        ok       ok     ok",
    "setblocking  ok      ok       ok      ok        ok       ok     ok",
    "getblocking  ok      ok       ok      ok        ok       ok     ok",
    "dup          ok/1    ok/1     ok/1    ok/1      ok/1     ok/1   ok/1",
    "detach       ok/1    ok/1     ok/1    ok/1      ok/1     ok/1   ok/1",
    "poll_in      I       I        -       IH        IE       IE     IE",
    "poll_out     O       O        O       OH        OE       OE     OE",
    "poll_both    IO      IO       O       IOH       IOE      IOE    IOE",
    "poll_none    -       -        -       H         E        E      E",
    "poll_odd     10022   10022    10022   10022     10022    10022  10022",
    "cancel       ok      ok       ok      ok        ok       ok     ok",
    "close        ok      ok       ok      ok        ok       ok     ok",
};
/* clang-format on */

#define PART(lines)                                                            \
    {                                                                          \
        "datagram", false, lines, CHECK_COUNT(lines)                           \
    }

const grid matrix_datagrams[] = { PART(datagrams),
                                  PART(datagrams_ended),
                                  { 0 } };

/* ---- Cells without a result, and gaps ---------------------------------- */

const char *matrix_note(char letter)
{
    switch (letter) {
    case 'a':
        return "the end may come a moment after the data";
    case 'b':
        return "what goes out at once depends on the room there is";
    case 'c':
        return "whether send or recv is told depends on the system";
    case 'd':
        return "another try after a timeout is not promised";
    case 'e':
        return "it would not be full any more";
    default:
        return NULL;
    }
}

static const gap gaps[] = {
    { 2, 0, 0, "a connected datagram socket is not told of a closed port" },
    { 3, 10, 0, "no connect after one that failed" },
    { 36, 0, IDEM_AF_INET, "bound to an address of another machine" },
};

const gap *matrix_gap(int number)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(gaps); i++) {
        if (gaps[i].number == number)
            return &gaps[i];
    }
    return NULL;
}
