/* Look-ups that can be left alone.
 *
 * No system lets a thread that asks its name service be interrupted. So another
 * thread asks, and whoever wants to know waits for that, for as long as it may
 * take. Once nobody waits, question and answer are the other thread's to free,
 * whenever it comes back, or never. A call that waits for ever and cannot be
 * cancelled asks by itself.
 *
 * A thread is started for each question, up to THREADS_MAX; then questions
 * queue. A name service that never answers costs that many threads, and no
 * more: further look-ups end by their own deadlines.
 */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64

typedef struct job {
    struct job *next; /* under lock, as long as it is in the queue */
    bool queued;      /* under lock */
    atomic_int holders;
    atomic_bool done;
    idem_os_socket bell; /* rings when it is done */
    idem_question question;
    idem_answer answer;
    idem_error err;
    int native;
    char text[IDEM_OS_NAME];
} job;

/* All under lock. */
static struct {
    job *first;
    unsigned threads;
    bool begun;
    idem_os_socket home; /* made in the process that has the threads */
} work;

/* ---- The other thread -------------------------------------------------- */

static idem_error answer(const idem_question *q, idem_answer *a)
{
    memset(a, 0, sizeof(*a));
    switch (q->ask) {
    case IDEM_ASK_ADDRESSES:
        return idem_os_resolve(q->text, q->family, &a->list, &a->count,
                               a->name);
    case IDEM_ASK_PORT:
        return idem_os_port(q->text, q->type, &a->port);
    case IDEM_ASK_NAME:
        return idem_os_name(&q->address, q->local, a->name);
    case IDEM_ASK_SERVICE:
        return idem_os_service(q->address.port, q->type, a->name);
    }
    return IDEM_EINVAL;
}

static void drop(job *j)
{
    if (atomic_fetch_sub(&j->holders, 1) > 1)
        return;
    free(j->answer.list);
    free(j);
}

static void finish(job *j, idem_error err)
{
    j->err = err;
    j->native = idem_native_error();
    atomic_store(&j->done, true);
    idem_os_wake(&j->bell);
    drop(j);
}

/* The first in the queue; NULL, and the thread is no longer counted. */
static job *take_job(void)
{
    job *j;

    idem_os_lock();
    j = work.first;
    if (j != NULL) {
        work.first = j->next;
        j->queued = false;
    } else {
        work.threads--;
    }
    idem_os_unlock();
    return j;
}

void idem_lookup_work(void)
{
    job *j;

    while ((j = take_job()) != NULL)
        finish(j, answer(&j->question, &j->answer));
}

/* ---- Whoever asks ------------------------------------------------------ */

static job *new_job(const idem_question *q)
{
    job *j = calloc(1, sizeof(*j));

    if (j == NULL)
        return NULL;
    j->question = *q;
    if (q->text != NULL) {
        memcpy(j->text, q->text, strlen(q->text) + 1);
        j->question.text = j->text;
    }
    atomic_init(&j->holders, 1);
    atomic_init(&j->done, false);
    idem_os_make_bell(&j->bell);
    return j;
}

/* pre: locked. A child begins anew: through a fork, neither the threads came
 * along nor those who wait for them. */
static void come_home(void)
{
    if (work.begun && !idem_os_is_inherited(&work.home))
        return;
    work.first = NULL;
    work.threads = 0;
    work.begun = true;
    idem_os_make_bell(&work.home);
}

/* Queue j. Returns whether a thread has to be started for it, which is counted
 * already. */
static bool enqueue(job *j)
{
    job **end = &work.first;
    bool start;

    idem_os_lock();
    come_home();
    while (*end != NULL)
        end = &(*end)->next;
    *end = j;
    j->queued = true;
    atomic_store(&j->holders, 2);
    start = work.threads < THREADS_MAX;
    work.threads += start;
    idem_os_unlock();
    return start;
}

/* Take j out of the queue; false: a thread has it. */
static bool dequeue(job *j)
{
    job **at = &work.first;
    bool queued;

    idem_os_lock();
    queued = j->queued;
    if (queued) {
        while (*at != j)
            at = &(*at)->next;
        *at = j->next;
        j->queued = false;
    }
    idem_os_unlock();
    return queued;
}

/* A thread that was counted could not be started. When it would have been the
 * only one, nobody will come to those who queue, either. */
static void forgo_thread(idem_error err)
{
    job *next = NULL;
    job *j;

    idem_os_lock();
    if (--work.threads == 0) {
        next = work.first;
        work.first = NULL;
        for (j = next; j != NULL; j = j->next)
            j->queued = false;
    }
    idem_os_unlock();
    while ((j = next) != NULL) {
        next = j->next;
        finish(j, err);
    }
}

static idem_error submit(job *j)
{
    idem_error err = enqueue(j) ? idem_os_start_worker() : IDEM_OK;

    if (err)
        forgo_thread(err);
    return err;
}

static idem_error await(job *j, idem_deadline *d, idem_canceller *c)
{
    idem_os_pollfd entries[2] = { { NULL, 0, 0 }, { &j->bell, 0, 0 } };
    idem_error err = IDEM_OK;

    while (!atomic_load(&j->done) && !err)
        err = idem_wait_once(entries, 2, c, d, -1);
    return atomic_load(&j->done) ? IDEM_OK : err;
}

/* Move the answer of a job that is done. */
static idem_error take_answer(job *j, idem_answer *a)
{
    *a = j->answer;
    j->answer.list = NULL;
    return j->err ? idem_os_fail(j->native, j->err) : IDEM_OK;
}

static idem_error ask_apart(const idem_question *q, idem_deadline *d,
                            idem_canceller *c, idem_answer *a)
{
    job *j = new_job(q);
    idem_error err;

    if (j == NULL)
        return IDEM_ENOMEM;
    err = submit(j);
    if (!err)
        err = await(j, d, c);
    if (dequeue(j))
        drop(j); /* for the thread that will not come to it */
    else if (!err)
        err = take_answer(j, a);
    drop(j);
    return err;
}

idem_error idem_look_up(const idem_question *q, idem_deadline *d,
                        idem_canceller *c, idem_answer *a)
{
    memset(a, 0, sizeof(*a));
    if (d->timeout_ns == 0)
        return IDEM_EWOULDBLOCK;
    if (d->timeout_ns < 0 && c == NULL)
        return answer(q, a);
    return ask_apart(q, d, c, a);
}

idem_error idem_lookup_timeout(const idem_lookup *how, int64_t *ns)
{
    if (how != NULL && how->timeout != 0)
        return idem_timeout_ns(how->timeout, ns);
    *ns = idem_default_timeout_ns();
    return IDEM_OK;
}
