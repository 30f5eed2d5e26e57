/* Files: by the system and by reading, the same counts and one deadline. */
#include "calls.h"
#include "check.h"

static void check_wire(uint64_t offset, size_t length)
{
    size_t i;

    CHECK_EQ(script.wire_length, length);
    for (i = 0; i < length; i++)
        CHECK_EQ(script.wire[i], (unsigned char)(offset + i));
}

static idem_error send_file(idem_socket *s, intptr_t file, uint64_t offset,
                            uint64_t count, uint64_t want_sent)
{
    uint64_t sent = 99;
    const idem_error err = idem_sendfile(s, file, offset, count, &sent);

    CHECK_EQ(sent, want_sent);
    return err;
}

/* ---- By the system ----------------------------------------------------- */

static void test_parts(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_SENDFILE, IDEM_OK, 30, 0);
    script_add(OP_SENDFILE, IDEM_EINTR, 0, 10);
    script_add(OP_SENDFILE, IDEM_OK, 20, 40);
    script_add(OP_SENDFILE, IDEM_OK, 999, 90);
    CHECK_OK(send_file(s, SCRIPT_FILE, 5, 100, 100));
    CHECK_EQ(script_elapsed_ns(), 90 * MS);
    check_wire(5, 100);
    end_call(s);
}

/* Goes on where the count of the last call says. */
static void test_deadline(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_SENDFILE, IDEM_OK, 30, 40);
    script_add(OP_SENDFILE, IDEM_OK, 20, 80);
    script_add(OP_SENDFILE, IDEM_OK, 50, 130);
    CHECK_ERR(send_file(s, SCRIPT_FILE, 5, 100, 50), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_OK(send_file(s, SCRIPT_FILE, 55, 50, 50));
    CHECK_EQ(script_elapsed_ns(), 130 * MS);
    check_wire(5, 100);
    end_call(s);
}

/* A part, and the system knows that more would have to wait. */
static void test_parts_wait(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_SENDFILE, IDEM_EWOULDBLOCK, 30, 0);
    script_add(OP_SENDFILE, IDEM_OK, 70, 40);
    CHECK_OK(send_file(s, SCRIPT_FILE, 5, 100, 100));
    CHECK_EQ(script_elapsed_ns(), 40 * MS);
    script_add(OP_SENDFILE, IDEM_EWOULDBLOCK, 30, 0);
    CHECK_ERR(send_file(s, SCRIPT_FILE, 105, 100, 30), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 140 * MS);
    CHECK_OK(idem_settimeout(s, 0));
    script_add(OP_SENDFILE, IDEM_EWOULDBLOCK, 20, 0);
    CHECK_ERR(send_file(s, SCRIPT_FILE, 135, 100, 20), IDEM_EWOULDBLOCK);
    check_wire(5, 150);
    end_call(s);
}

/* It ends before the count: that is no failure. */
static void test_end(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_SENDFILE, IDEM_OK, 30, 0);
    script_add(OP_SENDFILE, IDEM_OK, 0, 0);
    CHECK_OK(send_file(s, SCRIPT_FILE, 5, 100, 30));
    script_add(OP_SENDFILE, IDEM_OK, 40, 0);
    script_add(OP_SENDFILE, IDEM_OK, 0, 0);
    CHECK_OK(send_file(s, SCRIPT_FILE, 35, 0, 40)); /* all there is */
    check_wire(5, 70);
    end_call(s);
}

static void test_fails(void)
{
    idem_socket *s = begin_stream(IDEM_FOREVER);

    script_add(OP_SENDFILE, IDEM_OK, 30, 0);
    script_add(OP_SENDFILE, IDEM_ECONNRESET, 0, 20);
    CHECK_ERR(send_file(s, SCRIPT_FILE, 5, 100, 30), IDEM_ECONNRESET);
    end_call(s);
}

/* ---- By reading -------------------------------------------------------- */

/* The system sends the beginning, and then no more of this file. */
static void test_copied(void)
{
    idem_socket *s = begin_stream(0.1);

    script.no_sendfile = true;
    script_add(OP_READ, IDEM_OK, 60, 0);
    script_add(OP_SEND, IDEM_OK, 25, 0);
    script_add(OP_SEND, IDEM_OK, 35, 30);
    script_add(OP_READ, IDEM_OK, 999, 0);
    script_add(OP_SEND, IDEM_OK, 40, 60);
    CHECK_OK(send_file(s, SCRIPT_FILE, 5, 100, 100));
    CHECK_EQ(script_elapsed_ns(), 60 * MS);
    check_wire(5, 100);
    end_call(s);
}

static void test_copied_deadline(void)
{
    idem_socket *s = begin_stream(0.1);

    script.no_sendfile = true;
    script_add(OP_READ, IDEM_OK, 60, 0);
    script_add(OP_SEND, IDEM_OK, 25, 50);
    script_add(OP_SEND, IDEM_OK, 35, 101);
    CHECK_ERR(send_file(s, SCRIPT_FILE, 5, 100, 25), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

static void test_copied_end(void)
{
    idem_socket *s = begin_stream(0.1);

    script.no_sendfile = true;
    script_add(OP_READ, IDEM_OK, 60, 0);
    script_add(OP_SEND, IDEM_OK, 60, 0);
    CHECK_OK(send_file(s, SCRIPT_FILE, 5, 0, 60));
    CHECK_OK(send_file(s, SCRIPT_FILE, 65, 0, 0));
    check_wire(5, 60);
    end_call(s);
}

/* A pipe with nothing in it is waited for, within the timeout. */
static void test_pipe(void)
{
    idem_socket *s = begin_stream(0.1);

    script_add(OP_READ, IDEM_OK, 10, 35);
    script_add(OP_SEND, IDEM_OK, 10, 0);
    script_add(OP_READ, IDEM_OK, 10, 500);
    CHECK_ERR(send_file(s, SCRIPT_PIPE, 0, 20, 10), IDEM_ETIMEDOUT);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    CHECK_OK(idem_settimeout(s, 0));
    CHECK_ERR(send_file(s, SCRIPT_PIPE, 0, 20, 0), IDEM_EWOULDBLOCK);
    CHECK_ERR(send_file(s, SCRIPT_PIPE, 1, 20, 0), IDEM_EINVAL);
    CHECK_EQ(script_elapsed_ns(), 100 * MS);
    end_call(s);
}

static void test_bad_input(void)
{
    idem_socket *s = begin_stream(0.1);

    CHECK_ERR(send_file(NULL, SCRIPT_FILE, 0, 1, 0), IDEM_ENOTSOCK);
    CHECK_ERR(send_file(s, -1, 0, 1, 0), IDEM_EBADF);
    CHECK_ERR(send_file(s, SCRIPT_FILE, (uint64_t)INT64_MAX + 1, 1, 0),
              IDEM_EINVAL);
    CHECK_ERR(send_file(s, SCRIPT_FILE, UINT64_MAX, 0, 0), IDEM_EINVAL);
    CHECK_OK(send_file(s, SCRIPT_FILE, INT64_MAX, 0, 0));
    script.no_sendfile = true;
    script.no_memory = true;
    CHECK_ERR(send_file(s, SCRIPT_FILE, 0, 1, 0), IDEM_ENOMEM);
    CHECK_OK(idem_shutdown(s, IDEM_SHUT_WR));
    CHECK_ERR(send_file(s, SCRIPT_FILE, 0, 1, 0), IDEM_ESHUTDOWN);
    CHECK_EQ(script.attempts, 0);
    end_call(s);
}

static const check_case cases[] = {
    CASE(parts), CASE(parts_wait), CASE(deadline),        CASE(end),
    CASE(fails), CASE(copied),     CASE(copied_deadline), CASE(copied_end),
    CASE(pipe),  CASE(bad_input),
};

CHECK_MAIN("filing")
