/* The test framework: runs cases, and tells what went wrong. */
#include "check.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A case may take this long before the watchdog ends the process. The build
 * gives more where an emulator is slow. */
#ifndef CHECK_SECONDS
#define CHECK_SECONDS 25
#endif

static const char *current_area = "child";
static const char *current_case = "none";
static jmp_buf skip_point;

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "FAIL %s.%s\n%s:%d: ", current_area, current_case, file,
            line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(stderr);
    _Exit(CHECK_FAILED);
}

void check_equal(const char *file, int line, const char *left_text,
                 const char *right_text, long long left, long long right)
{
    if (left != right)
        check_fail(file, line, "%s is %lld, want %s, %lld", left_text, left,
                   right_text, right);
}

void check_skip(const char *reason)
{
    printf("SKIP %s.%s: %s\n", current_area, current_case, reason);
    fflush(stdout);
    longjmp(skip_point, 1);
}

void check_skip_wine(int below, const char *id, const char *gap)
{
    char reason[200];
    const int wine = support_wine();

    if (wine == 0 || (below > 0 && wine >= below))
        return;
    snprintf(reason, sizeof(reason), "Wine %d, gap %s: %s", wine, id, gap);
    check_skip(reason);
}

void check_goes_on(void)
{
    support_watchdog(CHECK_SECONDS, current_case);
}

static void run_checked(const check_case *c)
{
    const int before = support_sockets();
    int after;

    c->run();
    after = support_sockets();
    if (after != before)
        check_fail(c->name, 0, "%d open sockets before the case, %d after it",
                   before, after);
    printf("PASS %s.%s\n", current_area, c->name);
    fflush(stdout);
}

static int run_case(const check_case *c)
{
    current_case = c->name;
    check_goes_on();
    if (setjmp(skip_point))
        return CHECK_SKIPPED;
    run_checked(c);
    return 0;
}

static int list_cases(const check_case *cases, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        printf("%s\n", cases[i].name);
    return 0;
}

static int run_all(const check_case *cases, size_t count)
{
    size_t i;
    size_t skipped = 0;

    for (i = 0; i < count; i++)
        skipped += run_case(&cases[i]) == CHECK_SKIPPED;
    printf("PASS %s: %zu cases, %zu skipped\n", current_area, count, skipped);
    return 0;
}

static int run_named(const check_case *cases, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (strcmp(cases[i].name, name) == 0)
            return run_case(&cases[i]);
    }
    fprintf(stderr, "no case \"%s\"; --list shows them\n", name);
    return CHECK_USAGE;
}

int check_main(const char *area, const check_case *cases, size_t count,
               int argc, char **argv)
{
    int result = 0;
    int i;

    current_area = area;
    support_begin();
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list_cases(cases, count);
    if (argc < 2)
        return run_all(cases, count);
    for (i = 1; i < argc && (result == 0 || result == CHECK_SKIPPED); i++)
        result = run_named(cases, count, argv[i]);
    return result;
}
