/* What outlives those who asked: look-ups that hang while the program ends, or
 * unloads the library. */
#include "check.h"
#include "resolver.h"
#include "support.h"

typedef idem_error look_up_function(const char *, const char *,
                                    const idem_lookup *, idem_addrinfo **,
                                    size_t *, char *, size_t);

/* Give up look-ups until so many more hang. */
static void hang(look_up_function *look_up, int threads)
{
    const int want = resolver_hanging() + threads;
    const idem_lookup how = { .timeout = 0.01 };
    idem_addrinfo *list;

    resolver_hold();
    while (resolver_hanging() < want)
        CHECK_ERR(look_up("both.test", "80", &how, &list, NULL, NULL, 0),
                  IDEM_ETIMEDOUT);
}

/* The program ends with an exit code of 0; that is what CTest looks at. */
static void test_exit(void)
{
    hang(idem_getaddrinfo, 3);
}

/* Unloaded, the library stays as long as a look-up may come back to it. */
static void test_unload(void)
{
    void *library = support_load(LIBRARY);
    look_up_function *look_up;

    resolver_take_over(library);
    support_find(library, "idem_getaddrinfo", &look_up);
    CHECK(look_up != idem_getaddrinfo);
    hang(look_up, 1);
    support_unload(library);
    CHECK(support_is_loaded(LIBRARY));
    resolver_release();
    resolver_drain();
}

static const check_case cases[] = {
    CASE(exit),
    CASE(unload),
};

RESOLVER_MAIN("leaving")
