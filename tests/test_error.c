/* Error numbers, names and texts. */
#include "check.h"
#include "peers.h"
#include "support.h"

#include <stdio.h>

typedef struct frozen_error {
    int value;
    const char *name;
} frozen_error;

/* Written down a second time on purpose: a number never changes. */
static const frozen_error frozen[] = {
    { 0, "OK" },
    { 2, "ENOENT" },
    { 8, "ENOMEM" },
    { 995, "ECANCELED" },
    { 10004, "EINTR" },
    { 10009, "EBADF" },
    { 10013, "EACCES" },
    { 10014, "EFAULT" },
    { 10022, "EINVAL" },
    { 10024, "EMFILE" },
    { 10035, "EWOULDBLOCK" },
    { 10036, "EINPROGRESS" },
    { 10037, "EALREADY" },
    { 10038, "ENOTSOCK" },
    { 10039, "EDESTADDRREQ" },
    { 10040, "EMSGSIZE" },
    { 10041, "EPROTOTYPE" },
    { 10042, "ENOPROTOOPT" },
    { 10043, "EPROTONOSUPPORT" },
    { 10044, "ESOCKTNOSUPPORT" },
    { 10045, "EOPNOTSUPP" },
    { 10046, "EPFNOSUPPORT" },
    { 10047, "EAFNOSUPPORT" },
    { 10048, "EADDRINUSE" },
    { 10049, "EADDRNOTAVAIL" },
    { 10050, "ENETDOWN" },
    { 10051, "ENETUNREACH" },
    { 10052, "ENETRESET" },
    { 10053, "ECONNABORTED" },
    { 10054, "ECONNRESET" },
    { 10055, "ENOBUFS" },
    { 10056, "EISCONN" },
    { 10057, "ENOTCONN" },
    { 10058, "ESHUTDOWN" },
    { 10059, "ETOOMANYREFS" },
    { 10060, "ETIMEDOUT" },
    { 10061, "ECONNREFUSED" },
    { 10062, "ELOOP" },
    { 10063, "ENAMETOOLONG" },
    { 10064, "EHOSTDOWN" },
    { 10065, "EHOSTUNREACH" },
    { 10066, "ENOTEMPTY" },
    { 10067, "EPROCLIM" },
    { 10068, "EUSERS" },
    { 10069, "EDQUOT" },
    { 10070, "ESTALE" },
    { 10071, "EREMOTE" },
    { 10091, "SYSNOTREADY" },
    { 10092, "VERNOTSUPPORTED" },
    { 10093, "NOTINITIALISED" },
    { 10101, "EDISCON" },
    { 10102, "ENOMORE" },
    { 10103, "ECANCELLED" },
    { 10104, "EINVALIDPROCTABLE" },
    { 10105, "EINVALIDPROVIDER" },
    { 10106, "EPROVIDERFAILEDINIT" },
    { 10107, "SYSCALLFAILURE" },
    { 10108, "SERVICE_NOT_FOUND" },
    { 10109, "TYPE_NOT_FOUND" },
    { 10110, "E_NO_MORE" },
    { 10111, "E_CANCELLED" },
    { 10112, "EREFUSED" },
    { 11001, "HOST_NOT_FOUND" },
    { 11002, "TRY_AGAIN" },
    { 11003, "NO_RECOVERY" },
    { 11004, "NO_DATA" },
};

typedef struct listed_error {
    int value;
    const char *name;
    const char *python;
    const char *text;
} listed_error;

static const listed_error listed[] = {
#define ROW(name, value, python, text) { IDEM_##name, #name, python, text },
    IDEM_ERROR_LIST(ROW)
#undef ROW
};

/* No number moves, no row disappears; a new row is added here as well. */
static void test_frozen(void)
{
    size_t i;

    CHECK_EQ(CHECK_COUNT(listed), CHECK_COUNT(frozen));
    for (i = 0; i < CHECK_COUNT(frozen); i++) {
        CHECK_EQ(listed[i].value, frozen[i].value);
        CHECK_STR(listed[i].name, frozen[i].name);
    }
}

static void test_names(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(frozen); i++)
        CHECK_STR(idem_error_name((idem_error)frozen[i].value), frozen[i].name);
}

/* Texts are there, are the list's, and fit behind "connect: ". */
static void test_texts(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(listed); i++) {
        const char *text = idem_strerror((idem_error)listed[i].value);
        const size_t length = strlen(text);

        CHECK_STR(text, listed[i].text);
        CHECK(length > 0);
        CHECK(text[0] >= 'a' && text[0] <= 'z');
        CHECK(text[length - 1] != '.');
        CHECK(strcmp(text, "unknown error") != 0);
    }
}

static void test_python(void)
{
    size_t i;

    for (i = 0; i < CHECK_COUNT(listed); i++)
        CHECK(strlen(listed[i].python) > 0);
    CHECK_STR(listed[0].python, "-");
}

static void test_unknown(void)
{
    static const int values[] = { -1, 1, 9, 10000, 10034, 10072, 11005, 99999 };
    size_t i;

    for (i = 0; i < CHECK_COUNT(values); i++) {
        CHECK_STR(idem_error_name((idem_error)values[i]), "UNKNOWN");
        CHECK_STR(idem_strerror((idem_error)values[i]), "unknown error");
    }
}

static void test_version(void)
{
    char want[32];

    snprintf(want, sizeof(want), "%d.%d.%d", IDEM_VERSION_MAJOR,
             IDEM_VERSION_MINOR, IDEM_VERSION_PATCH);
    CHECK_STR(idem_version(), want);
}

/* The system's own code is there after the system has refused something. */
static void test_native(void)
{
    const idem_address at = foreign_address();
    idem_socket *s = open_stream(IDEM_AF_INET);

    CHECK_ERR(idem_bind(s, &at), IDEM_EADDRNOTAVAIL);
    CHECK(idem_native_error() != 0);
    CHECK_OK(idem_close(s));
}

typedef struct elsewhere {
    intptr_t handle;
    int before;
    int after;
} elsewhere;

static void fail_elsewhere(void *arg)
{
    elsewhere *e = arg;
    idem_socket *s;

    e->before = idem_native_error();
    CHECK_ERR(idem_adopt(e->handle, &s), IDEM_ENOTSOCK);
    e->after = idem_native_error();
}

/* It belongs to the thread that failed. */
static void test_native_thread(void)
{
    const idem_address at = foreign_address();
    idem_socket *s = open_stream(IDEM_AF_INET);
    elsewhere e = { support_file(), -1, -1 };
    int native;

    CHECK_ERR(idem_bind(s, &at), IDEM_EADDRNOTAVAIL);
    native = idem_native_error();
    support_join(support_start(fail_elsewhere, &e));
    CHECK_EQ(e.before, 0);
    CHECK(e.after != 0);
    CHECK(e.after != native);
    CHECK_EQ(idem_native_error(), native);
    support_close_other(e.handle);
    CHECK_OK(idem_close(s));
}

static const check_case cases[] = {
    CASE(frozen),  CASE(names),   CASE(texts),  CASE(python),
    CASE(unknown), CASE(version), CASE(native), CASE(native_thread),
};

CHECK_MAIN("error")
