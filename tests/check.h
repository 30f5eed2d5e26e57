/* The whole test framework: cases, checks that print names, end markers.
 *
 * A test program is a list of cases. `test_AREA case...` runs those, no
 * argument runs all, `--list` prints their names. A case that held ends with
 * the line "PASS AREA.case", printed after the check for leaks: CTest wants to
 * see that line, because an exit code alone has been seen to lie.
 */
#ifndef CHECK_H
#define CHECK_H

#include "idemsock.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Exit codes. */
enum {
    CHECK_FAILED = 1,
    CHECK_USAGE = 2,
    CHECK_SKIPPED = 77
};

typedef struct check_case {
    const char *name;
    void (*run)(void);
} check_case;

/* CASE(refused) is the case "refused", run by test_refused(). */
#define CASE(name)                                                             \
    {                                                                          \
#name, test_##name                                                     \
    }

#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

int check_main(const char *area, const check_case *cases, size_t count,
               int argc, char **argv);

#define CHECK_MAIN(area)                                                       \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        return check_main(area, cases, CHECK_COUNT(cases), argc, argv);        \
    }

#if defined(__GNUC__)
#define CHECK_NORETURN __attribute__((noreturn))
#define CHECK_PRINTF __attribute__((format(printf, 3, 4)))
#else
#define CHECK_NORETURN
#define CHECK_PRINTF
#endif

/* Say what is wrong and end the process; any thread may. */
CHECK_NORETURN CHECK_PRINTF void check_fail(const char *file, int line,
                                            const char *format, ...);

/* Leave the case. From the thread that runs it, with nothing open. */
CHECK_NORETURN void check_skip(const char *reason);

/* The case takes long, and does not hang: its time begins anew. From the thread
 * that runs it. */
void check_goes_on(void);

/* Leave the case under Wine, whose gap `id` makes it meaningless there.
 * below: the first major version without the gap, 0 when there is none. */
void check_skip_wine(int below, const char *id, const char *gap);

/* `left` and `right` of a failed CHECK_EQ as numbers. */
void check_equal(const char *file, int line, const char *left_text,
                 const char *right_text, long long left, long long right);

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            check_fail(__FILE__, __LINE__, "not true: %s", #condition);        \
    } while (0)

#define CHECK_EQ(left, right)                                                  \
    check_equal(__FILE__, __LINE__, #left, #right, (long long)(left),          \
                (long long)(right))

#define CHECK_STR(left, right)                                                 \
    do {                                                                       \
        const char *left_ = (left);                                            \
        const char *right_ = (right);                                          \
        if (strcmp(left_, right_) != 0)                                        \
            check_fail(__FILE__, __LINE__, "%s is \"%s\", want \"%s\"", #left, \
                       left_, right_);                                         \
    } while (0)

/* expr must return exactly `want`; a mismatch is printed by name. */
#define CHECK_ERR(expr, want)                                                  \
    do {                                                                       \
        idem_error err_ = (expr);                                              \
        idem_error want_ = (want);                                             \
        if (err_ != want_)                                                     \
            check_fail(__FILE__, __LINE__,                                     \
                       "%s returned %s (%d), want %s (native %d)", #expr,      \
                       idem_error_name(err_), (int)err_,                       \
                       idem_error_name(want_), idem_native_error());           \
    } while (0)

#define CHECK_OK(expr) CHECK_ERR(expr, IDEM_OK)

#endif /* CHECK_H */
