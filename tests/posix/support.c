/* What the tests need of the system: POSIX. */
#include "support.h"

#include "die.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(long ns)
{
    struct timespec t = { 0, ns };

    nanosleep(&t, NULL);
}

/* ---- Process ----------------------------------------------------------- */

static const char *volatile watched;

static void say(const char *text)
{
    const ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

    (void)ignored;
}

static void on_alarm(int number)
{
    (void)number;
    say("watchdog: hangs: ");
    say(watched);
    say("\n");
    _exit(98);
}

void support_begin(void)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = on_alarm;
    act.sa_flags = SA_RESTART;
    sigemptyset(&act.sa_mask);
    if (sigaction(SIGALRM, &act, NULL) != 0)
        die("sigaction");
}

void support_watchdog(int seconds, const char *what)
{
    watched = what;
    alarm((unsigned)seconds);
}

double support_now(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        die("clock_gettime");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

long support_process_id(void)
{
    return (long)getpid();
}

int support_wine(void)
{
    return 0;
}

int support_sockets(void)
{
    struct stat about = { 0 };
    int count = 0;
    int fd;

    for (fd = 0; fd < 2048; fd++)
        count += fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
    return count;
}

bool support_allow_handles(int count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("getrlimit");
    if (limit.rlim_cur >= (rlim_t)count)
        return true;
    limit.rlim_cur = (rlim_t)count;
    return limit.rlim_cur <= limit.rlim_max
           && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static struct rlimit old_limit;

/* The limit is on the number of a descriptor: fill the holes below it, by
 * finding the limit that leaves exactly `more` unused numbers. */
bool support_limit_handles(int more)
{
    struct rlimit limit;
    int fd;

    if (getrlimit(RLIMIT_NOFILE, &old_limit) != 0)
        die("getrlimit");
    for (fd = 0; more > 0 || fcntl(fd, F_GETFD) != -1; fd++)
        more -= fcntl(fd, F_GETFD) == -1;
    limit = old_limit;
    limit.rlim_cur = (rlim_t)fd;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("setrlimit");
    return true;
}

void support_unlimit_handles(void)
{
    if (setrlimit(RLIMIT_NOFILE, &old_limit) != 0)
        die("setrlimit");
}

/* The child has the watchdog of a clock of its own: alarms are not copied. */
bool support_in_child(int (*run)(void *), void *arg, int *status)
{
    pid_t child = fork();
    int code = 0;

    if (child == 0) {
        alarm(10);
        _exit(run(arg));
    }
    if (child < 0 || waitpid(child, &code, 0) != child)
        die("fork");
    *status = WIFEXITED(code) ? WEXITSTATUS(code) : 128;
    return true;
}

struct support_child {
    pid_t id;
    int input;
};

static void make_pipe(int *ends)
{
    if (pipe(ends) != 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0
        || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0)
        die("pipe");
}

/* In the child. What went wrong goes into the pipe. */
static void become(char **argv, int input, int trouble)
{
    char path[1024];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    ssize_t ignored;

    if (n > 0 && dup2(input, STDIN_FILENO) == STDIN_FILENO) {
        path[n] = '\0';
        argv[0] = path;
        execv(path, argv);
    }
    ignored = write(trouble, "x", 1);
    (void)ignored;
    _exit(127);
}

support_child *support_spawn(const char *role, const char *argument)
{
    char child[] = "--child";
    char role_copy[64];
    char argument_copy[64];
    char *argv[] = { NULL, child, role_copy, argument_copy, NULL };
    support_child *c = calloc(1, sizeof(*c));
    int input[2];
    int trouble[2];
    char x;

    if (c == NULL)
        die("calloc");
    snprintf(role_copy, sizeof(role_copy), "%s", role);
    snprintf(argument_copy, sizeof(argument_copy), "%s", argument);
    make_pipe(input);
    make_pipe(trouble);
    c->id = fork();
    if (c->id < 0)
        die("fork");
    if (c->id == 0)
        become(argv, input[0], trouble[1]);
    close(input[0]);
    close(trouble[1]);
    c->input = input[1];
    if (read(trouble[0], &x, 1) == 1) {
        support_child_wait(c);
        c = NULL;
    }
    close(trouble[0]);
    return c;
}

long support_child_id(const support_child *c)
{
    return (long)c->id;
}

void support_child_write(support_child *c, const void *data, size_t size)
{
    if (write(c->input, data, size) != (ssize_t)size)
        die("write to a child");
}

int support_child_wait(support_child *c)
{
    int code = 0;

    close(c->input);
    if (waitpid(c->id, &code, 0) != c->id)
        die("waitpid");
    free(c);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 128;
}

void support_read_input(void *data, size_t size)
{
    unsigned char *p = data;
    size_t done = 0;
    ssize_t n = 1;

    for (; done < size && n > 0; done += (size_t)n)
        n = read(STDIN_FILENO, p + done, size - done);
    if (done != size)
        die("the input ends early");
}

/* ---- Libraries --------------------------------------------------------- */

void *support_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        die(dlerror());
    return library;
}

void support_find(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);

    if (address == NULL)
        die(name);
    memcpy(function, &address, sizeof(address)); /* no cast can say this */
}

void support_unload(void *library)
{
    if (dlclose(library) != 0)
        die(dlerror());
}

bool support_is_loaded(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);

    if (library != NULL)
        support_unload(library);
    return library != NULL;
}

/* ---- Threads ----------------------------------------------------------- */

struct support_thread {
    pthread_t id;
    void (*run)(void *);
    void *arg;
    atomic_int task; /* the system's number of it, once it has announced */
};

static _Thread_local support_thread *self;

static void *thread_main(void *arg)
{
    self = arg;
    self->run(self->arg);
    return NULL;
}

support_thread *support_start(void (*run)(void *), void *arg)
{
    support_thread *t = calloc(1, sizeof(*t));

    if (t == NULL)
        die("calloc");
    t->run = run;
    t->arg = arg;
    errno = pthread_create(&t->id, NULL, thread_main, t);
    if (errno != 0)
        die("pthread_create");
    return t;
}

void support_join(support_thread *t)
{
    errno = pthread_join(t->id, NULL);
    if (errno != 0)
        die("pthread_join");
    free(t);
}

void support_yield(void)
{
    nap(100000);
}

int support_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    int count = 0;

    if (tasks == NULL)
        return 0;
    while ((task = readdir(tasks)) != NULL)
        count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

void support_relax(void)
{
    sched_yield();
}

/* "/proc/thread-self" leads to "PID/task/TID"; elsewhere there is none. */
void support_about_to_block(void)
{
    char path[64];
    const char *number;
    ssize_t n = readlink("/proc/thread-self", path, sizeof(path) - 1);

    if (n < 0) {
        atomic_store(&self->task, -1);
        return;
    }
    path[n] = '\0';
    number = strrchr(path, '/');
    if (number == NULL)
        die(path);
    atomic_store(&self->task, (int)strtol(number + 1, NULL, 10));
}

/* The state of a thread: 'S' when it sleeps in a system call. */
static char task_state(int task)
{
    char path[64];
    char text[256];
    const char *after;
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", task);
    f = fopen(path, "r");
    if (f == NULL)
        return '?';
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    after = strrchr(text, ')');
    return after != NULL && after[1] == ' ' ? after[2] : '?';
}

void support_until_blocked(support_thread *t)
{
    char state;
    int task;

    while ((task = atomic_load(&t->task)) == 0)
        nap(100000);
    if (task < 0) {
        nap(200000000); /* no way to ask: long enough in practice */
        return;
    }
    while ((state = task_state(task)) != 'S') {
        if (state == '?' || state == 'X' || state == 'Z')
            die("the thread was to wait, and has ended");
        nap(100000);
    }
}

static atomic_long storm_count;
static atomic_bool storm_over;
static pthread_t storm_target;
static support_thread *storm_thread;

static void on_storm(int number)
{
    (void)number;
    atomic_fetch_add(&storm_count, 1);
}

static void storm_main(void *arg)
{
    (void)arg;
    while (!atomic_load(&storm_over)) {
        pthread_kill(storm_target, SIGUSR1);
        nap(1000000);
    }
}

bool support_storm_begin(void)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = on_storm; /* no SA_RESTART: every wait is interrupted */
    sigemptyset(&act.sa_mask);
    if (sigaction(SIGUSR1, &act, NULL) != 0)
        die("sigaction");
    atomic_store(&storm_count, 0);
    atomic_store(&storm_over, false);
    storm_target = pthread_self();
    storm_thread = support_start(storm_main, NULL);
    return true;
}

long support_storm_end(void)
{
    atomic_store(&storm_over, true);
    support_join(storm_thread);
    return atomic_load(&storm_count);
}
