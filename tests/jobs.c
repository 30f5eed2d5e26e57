/* Calls that wait, each in a thread of its own. */
#include "jobs.h"

#include "support.h"

#include <stdlib.h>

idem_error run_accept(job *j)
{
    idem_socket *out = j->socket;
    const idem_error err = idem_accept(j->socket, &out, NULL);

    CHECK((out == NULL) == (err != IDEM_OK));
    CHECK_OK(idem_close(out));
    return err;
}

idem_error run_connect(job *j)
{
    return idem_connect(j->socket, &j->to);
}

idem_error run_recv(job *j)
{
    char buf[16];

    return idem_recv(j->socket, buf, sizeof(buf), 0, &j->count);
}

idem_error run_recvfrom(job *j)
{
    char buf[16];

    return idem_recvfrom(j->socket, buf, sizeof(buf), 0, &j->count, &j->to);
}

idem_error run_recv_all(job *j)
{
    char buf[10];

    return idem_recv(j->socket, buf, sizeof(buf), IDEM_MSG_WAITALL, &j->count);
}

idem_error run_send(job *j)
{
    static const char data[4096];

    return idem_send(j->socket, data, sizeof(data), 0, &j->count);
}

idem_error run_sendall(job *j)
{
    char *data = calloc(1, JOB_BIG);
    idem_error err;

    CHECK(data != NULL);
    err = idem_sendall(j->socket, data, JOB_BIG, 0, &j->count);
    free(data);
    return err;
}

idem_error run_poll(job *j)
{
    idem_pollfd one = { j->socket, IDEM_POLLIN, 0 };

    CHECK_OK(idem_poll(&one, 1, IDEM_FOREVER, &j->count));
    CHECK_EQ(j->count, 1);
    return one.revents & IDEM_POLLERR ? IDEM_ECANCELED : IDEM_OK;
}

static void job_main(void *arg)
{
    job *j = arg;

    support_about_to_block();
    j->result = j->run(j);
}

void start_job(job *j, idem_error (*run)(job *), idem_socket *s)
{
    j->run = run;
    j->socket = s;
    j->result = IDEM_OK;
    j->count = 99;
    j->thread = support_start(job_main, j);
}

void start_waiting(job *j, idem_error (*run)(job *), idem_socket *s)
{
    start_job(j, run, s);
    support_until_blocked(j->thread);
}

void finish_job(job *j, idem_error want)
{
    support_join(j->thread);
    CHECK_ERR(j->result, want);
}
