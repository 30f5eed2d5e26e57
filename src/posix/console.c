#include "../console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* What to call when the user wants to stop; there is one user. */
static struct {
    pthread_mutex_t lock;
    void (*stop)(void *arg);
    void *arg;
    bool watched;
} wish = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A terminal that another program left non-blocking is waited for here. */
static bool wait_for(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return false;
    return errno == EINTR || poll(&p, 1, -1) >= 0 || errno == EINTR;
}

/* A socket would get the number of one that is closed, and the messages of the
 * program. What takes its place cannot be used the way the stream is. */
static void occupy_closed_streams(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) /* open() takes the first that is free */
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

bool console_start(char ***argv)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    (void)argv; /* UTF-8 already, or what the user's terminal takes for text */
    occupy_closed_streams();
    return sigaction(SIGPIPE, &ignore, NULL) == 0
           && sigaction(SIGXFSZ, &ignore, NULL) == 0;
}

bool console_write(console_stream to, const char *text, size_t len)
{
    const int fd = (int)to; /* they have the numbers of the descriptors */

    while (len > 0) {
        const size_t want = len < SSIZE_MAX ? len : SSIZE_MAX;
        const ssize_t n = write(fd, text, want);

        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n == 0 || !wait_for(fd, POLLOUT)) {
            return false;
        }
    }
    return true;
}

bool console_read(char *buf, size_t cap, size_t *got)
{
    const size_t want = cap < SSIZE_MAX ? cap : SSIZE_MAX;
    ssize_t n;

    do {
        n = read(STDIN_FILENO, buf, want);
    } while (n < 0 && wait_for(STDIN_FILENO, POLLIN));
    *got = n > 0 ? (size_t)n : 0;
    return n >= 0;
}

bool console_is_terminal(console_stream s)
{
    return isatty((int)s) == 1; /* the number of a descriptor */
}

double console_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Who started us with nohup wants us to outlive the terminal. */
static void stop_signals(sigset_t *set)
{
    struct sigaction hang_up;

    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
}

/* The thread that waits for the wish. Afterwards it is the only one to have
 * the signals open: their default action meets the second wish. */
static void *watch(void *unused)
{
    sigset_t set;
    int which;

    (void)unused;
    stop_signals(&set);
    while (sigwait(&set, &which) != 0)
        continue;
    pthread_mutex_lock(&wish.lock);
    if (wish.stop != NULL)
        wish.stop(wish.arg);
    pthread_mutex_unlock(&wish.lock);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    for (;;)
        pause();
    return NULL;
}

/* A shell starts background jobs with SIGINT ignored; the wish counts there
 * too, so both get their default action back. */
static bool start_watching(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    pthread_t thread;
    sigset_t set;
    sigset_t old;

    stop_signals(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, &old) != 0)
        return false;
    sigaction(SIGINT, &standard, NULL);
    sigaction(SIGTERM, &standard, NULL);
    if (pthread_create(&thread, NULL, watch, NULL) != 0) {
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        return false;
    }
    pthread_detach(thread);
    return true;
}

bool console_on_stop(void (*stop)(void *arg), void *arg)
{
    pthread_mutex_lock(&wish.lock);
    wish.stop = stop;
    wish.arg = arg;
    if (stop != NULL && !wish.watched)
        wish.watched = start_watching();
    pthread_mutex_unlock(&wish.lock);
    return stop == NULL || wish.watched;
}

int console_width(console_stream s)
{
    struct winsize size = { 0 };

    if (!console_is_terminal(s))
        return 0;
    if (ioctl((int)s, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}
