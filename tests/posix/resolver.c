/* The name service of the tests: POSIX. These functions take the place of the
 * C library's. */
#include "resolver.h"

#include <errno.h>
#include <langinfo.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* Where names beyond ASCII are encoded at all. */
#ifdef AI_IDN
#define ENCODES true
#define ENCODING AI_IDN
#else
#define ENCODES false
#define ENCODING 0
#endif

#define ROW(native, neutral)                                                   \
    {                                                                          \
#native, native, neutral                                               \
    }

const resolver_error resolver_errors[] = {
    ROW(EAI_AGAIN, 11002),      ROW(EAI_BADFLAGS, 10022),
    ROW(EAI_FAIL, 11003),       ROW(EAI_FAMILY, 10047),
    ROW(EAI_MEMORY, 8),         ROW(EAI_NONAME, 11001),
    ROW(EAI_OVERFLOW, 10014),   ROW(EAI_SERVICE, 10109),
    ROW(EAI_SOCKTYPE, 10044),   ROW(EAI_SYSTEM, 10024),
#ifdef EAI_NODATA
    ROW(EAI_NODATA, 11004),
#endif
#ifdef EAI_ADDRFAMILY
    ROW(EAI_ADDRFAMILY, 11004),
#endif
#ifdef EAI_IDN_ENCODE
    ROW(EAI_IDN_ENCODE, 10045),
#endif
};
const size_t resolver_error_count = CHECK_COUNT(resolver_errors);

/* ---- Hanging ----------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static atomic_bool hears;

/* Woken often enough: the mark may have been changed just before. */
void resolver_sleep(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&lock);
    pthread_cond_timedwait(&released, &lock, &until);
    pthread_mutex_unlock(&lock);
}

void resolver_wake(void)
{
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

static void note_signals(void)
{
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    atomic_store(&hears, !sigismember(&blocked, SIGTERM)
                             || !sigismember(&blocked, SIGALRM));
}

bool resolver_hears_signals(void)
{
    return atomic_load(&hears);
}

bool resolver_takes_utf8(void)
{
    return ENCODES;
}

/* The loader has seen to it. */
void resolver_take_over(void *library)
{
    (void)library;
}

/* ---- In place of the C library's --------------------------------------- */

typedef struct addrinfo native_info;
typedef char native_char;

static void set_text(char *to, size_t cap, const char *text)
{
    CHECK(strlen(text) < cap);
    memcpy(to, text, strlen(text) + 1);
}

#include "resolver_list.h"

/* A name beyond ASCII is understood in a locale of UTF-8, if asked for. */
static bool is_understood(const char *host, int flags)
{
    const bool ascii =
        strspn(host, "abcdefghijklmnopqrstuvwxyz.-") == strlen(host);

    return ascii
           || ((flags & ENCODING)
               && strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
}

int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    const resolver_host *found;
    int code;

    note_signals();
    code = resolver_enter();
    if (code != 0) {
        errno = EMFILE;
        return code;
    }
    if (host == NULL) {
        if (strcmp(service, "http") != 0 || hints->ai_socktype != SOCK_STREAM)
            return EAI_SERVICE;
        *list = make_port(80);
        return 0;
    }
    found = resolver_find(host);
    if (found == NULL || !is_understood(host, hints->ai_flags))
        return EAI_NONAME;
    *list = make_list(found, hints->ai_family);
    return *list != NULL ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    free_list(list);
}

int getnameinfo(const struct sockaddr *name, socklen_t size, char *host,
                socklen_t host_cap, char *service, socklen_t service_cap,
                int flags)
{
    const char *found;
    int code = resolver_enter();

    (void)size;
    if (code != 0)
        return code;
    if (service != NULL) {
        set_text(service, service_cap, (flags & NI_DGRAM) ? "7" : "http");
        return 0;
    }
    found = name_at(name);
    if (found == NULL)
        return EAI_NONAME;
    set_text(host, host_cap, found);
    if (flags & NI_NOFQDN)
        host[strcspn(host, ".")] = '\0';
    return 0;
}
