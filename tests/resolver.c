/* A name service of the tests' own: what it knows, and when it answers. */
#include "resolver.h"

#include "support.h"

#include <stdatomic.h>

static const resolver_host hosts[] = {
    { "both.test", NULL, { "2001:db8::1", "192.0.2.1" } },
    { "four.test", NULL, { "192.0.2.4" } },
    { "six.test", NULL, { "2001:db8::6" } },
    { "twice.test",
      NULL,
      { "192.0.2.1", "192.0.2.2", "192.0.2.1", "2001:db8::1" } },
    { "alias.test", "real.test", { "192.0.2.7" } },
    { "bare", "bare", { "192.0.2.8" } },
    { "lonely", "lonely", { "192.0.2.9" } },
    { "scoped.test", NULL, { "fe80::1%7" } },
    { "loop.test", NULL, { "::1", "127.0.0.1" } },
    { "race.test", NULL, { "127.0.0.1", "127.0.0.2" } },
    { "ecar.test", NULL, { "127.0.0.2", "127.0.0.1" } },
    { "b\303\274cher.test", "xn--bcher-kva.test", { "192.0.2.10" } },
};

static const struct back {
    const char *address;
    const char *name;
} backs[] = {
    { "192.0.2.1", "both.test" },
    { "2001:db8::1", "both.test" },
    { "192.0.2.8", "bare.domain.test" },
    { "192.0.2.9", "lonely" },
};

static atomic_bool held;
static int threads_beside; /* those that hung at the last release */
static atomic_int hanging;
static atomic_int asked;
static atomic_int failure;

const resolver_host *resolver_find(const char *name)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(hosts); i++) {
        if (strcmp(hosts[i].name, name) == 0)
            return &hosts[i];
    }
    return NULL;
}

const char *resolver_name_of(const char *address)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(backs); i++) {
        if (strcmp(backs[i].address, address) == 0)
            return backs[i].name;
    }
    return NULL;
}

int resolver_enter(void)
{
    atomic_fetch_add(&asked, 1);
    atomic_fetch_add(&hanging, 1);
    while (atomic_load(&held))
        resolver_sleep();
    atomic_fetch_sub(&hanging, 1);
    return atomic_exchange(&failure, 0);
}

void resolver_hold(void)
{
    atomic_store(&held, true);
}

void resolver_release(void)
{
    const int all = support_threads();

    threads_beside = all > 0 ? all - atomic_load(&hanging) : 0;
    atomic_store(&held, false);
    resolver_wake();
}

void resolver_forget(void)
{
    atomic_store(&held, false);
    atomic_store(&hanging, 0);
}

int resolver_hanging(void)
{
    return atomic_load(&hanging);
}

int resolver_asked(void)
{
    return atomic_load(&asked);
}

void resolver_drain(void)
{
    while (atomic_load(&hanging) > 0 || support_threads() > threads_beside)
        support_yield();
}

void resolver_fail(int native)
{
    atomic_store(&failure, native);
}
