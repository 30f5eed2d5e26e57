/* Strangers, who find their own bytes in each connection, and no other. */
#include "strangers.h"

#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdatomic.h>

#define LENGTH 16

static support_thread *thread;
static atomic_bool over;
static atomic_uint connections; /* so far */

static void send_through(idem_socket *from, idem_socket *to, int byte)
{
    char out[LENGTH];
    char in[LENGTH];
    size_t done;
    size_t got;

    memset(out, byte, sizeof(out));
    CHECK_OK(idem_sendall(from, out, sizeof(out), 0, NULL));
    for (done = 0; done < LENGTH; done += got) {
        CHECK_OK(idem_recv(to, in, sizeof(in), 0, &got));
        CHECK(got > 0 && got <= LENGTH - done);
        CHECK(memcmp(in, out, got) == 0);
    }
    CHECK(!has_input(to));
}

/* Each connection has a byte of its own. What does not arrive has been taken by
 * somebody else. */
static void use_up(idem_socket *a, idem_socket *b)
{
    const int byte = 1 + (int)(atomic_fetch_add(&connections, 1) % 255);

    CHECK_OK(idem_settimeout(a, 10));
    CHECK_OK(idem_settimeout(b, 10));
    send_through(a, b, byte);
    send_through(b, a, byte);
    CHECK_OK(idem_close(a));
    CHECK_OK(idem_close(b));
}

static void use_stream(void)
{
    idem_socket *b;
    idem_socket *a = stream_pair(&b);

    /* No remains of thousands of connections. */
    support_reset_on_close(idem_fileno(a));
    support_reset_on_close(idem_fileno(b));
    use_up(a, b);
}

static void use_datagrams(void)
{
    idem_address at_a, at_b;
    idem_socket *a = bound_datagram(IDEM_AF_INET, &at_a);
    idem_socket *b = bound_datagram(IDEM_AF_INET, &at_b);

    CHECK_OK(idem_connect(a, &at_b));
    CHECK_OK(idem_connect(b, &at_a));
    use_up(a, b);
}

void be_stranger(void)
{
    use_datagrams();
    use_stream();
}

static void run_stranger(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        be_stranger();
}

void begin_strangers(void)
{
    atomic_store(&over, false);
    thread = support_start(run_stranger, NULL);
}

void end_strangers(void)
{
    atomic_store(&over, true);
    support_join(thread);
}

bool is_not_theirs(const char *buf, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (buf[i] != 0)
            return false;
    }
    return true;
}
