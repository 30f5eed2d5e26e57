/* The backend's map from native codes to ours, line by line. */
#include "native.h"

#define MOST 20000 /* no native code is above it */

static void test_map(void)
{
    size_t i;

    for (i = 0; i < native_error_count; i++) {
        const native_error *e = &native_errors[i];
        const int neutral = (int)native_fail(e->native);

        if (neutral != e->neutral)
            check_fail(e->name, 0, "is %d, want %d", neutral, e->neutral);
    }
}

static bool is_mapped(int native)
{
    size_t i;

    for (i = 0; i < native_error_count; i++) {
        if (native_errors[i].native == native)
            return true;
    }
    return false;
}

static bool is_ours(int native)
{
    return strcmp(idem_error_name((idem_error)native), "UNKNOWN") != 0;
}

/* What the table does not list is not mapped: a line more in the map is a line
 * more there. */
static void test_others(void)
{
    int native;

    for (native = 1; native < MOST; native++) {
        const int own =
            native_has_ours && is_ours(native) ? native : IDEM_SYSCALLFAILURE;

        if (!is_mapped(native) && (int)native_fail(native) != own)
            check_fail("native code", native, "is %d, want %d",
                       (int)native_fail(native), own);
    }
}

/* The code itself is kept for logs. */
static void test_kept(void)
{
    size_t i;

    for (i = 0; i < native_error_count; i++) {
        (void)native_fail(native_errors[i].native);
        CHECK_EQ(idem_native_error(), native_errors[i].native);
    }
    (void)native_fail(MOST);
    CHECK_EQ(idem_native_error(), MOST);
}

static const check_case cases[] = {
    CASE(map),
    CASE(others),
    CASE(kept),
};

CHECK_MAIN("native")
