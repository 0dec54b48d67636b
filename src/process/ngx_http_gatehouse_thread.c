
/*
 * Work of the core on the thread pools of nginx.  A job owns its memory:
 * the request it was made for may be gone before it is done.
 */


#include "process/ngx_http_gatehouse_process.h"


#define NGX_HTTP_GATEHOUSE_JOB_TIMEOUT  60000


typedef struct {
    void               (*work)(void *arg);
    void               (*done)(void *arg);
    void                *arg;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t            ident;

    ngx_atomic_t         finished;
    ngx_queue_t          queue;
    ngx_thread_task_t    task;
} ngx_http_gatehouse_job_t;


static void ngx_http_gatehouse_job_thread(void *data, ngx_log_t *log);
static void ngx_http_gatehouse_job_handler(ngx_event_t *ev);
static void ngx_http_gatehouse_job_done(ngx_http_gatehouse_job_t *job);


int
ngx_http_gatehouse_host_submit(void *self, int pool, void (*work)(void *arg),
    void (*done)(void *arg), void *arg)
{
    ngx_http_gatehouse_host_t *host = self;

    ngx_http_gatehouse_job_t  *job;

    if (ngx_http_gatehouse_worker == NULL) {

        /* the worker process exits and its threads have ended */

        return -1;
    }

    job = ngx_calloc(sizeof(ngx_http_gatehouse_job_t), ngx_cycle->log);
    if (job == NULL) {
        return -1;
    }

    job->work = work;
    job->done = done;
    job->arg = arg;
    job->ident = -1;

    job->task.ctx = job;
    job->task.handler = ngx_http_gatehouse_job_thread;
    job->task.event.data = job;
    job->task.event.handler = ngx_http_gatehouse_job_handler;
    job->task.event.log = ngx_cycle->log;

    if (ngx_thread_task_post(host->pools[pool], &job->task) != NGX_OK) {
        ngx_free(job);
        return -1;
    }

    ngx_queue_insert_tail(&host->jobs, &job->queue);

    /* a worker that is quitting waits as long as there is a timer */

    ngx_add_timer(&job->task.event, NGX_HTTP_GATEHOUSE_JOB_TIMEOUT);

    return 0;
}


static void
ngx_http_gatehouse_job_thread(void *data, ngx_log_t *log)
{
    ngx_http_gatehouse_job_t *job = data;

    job->work(job->arg);

    ngx_memory_barrier();

    job->finished = 1;
}


static void
ngx_http_gatehouse_job_handler(ngx_event_t *ev)
{
    ngx_http_gatehouse_job_t *job = ev->data;

    if (!ev->complete) {
        ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                      "gatehouse: thread operation took too long");

        ngx_add_timer(ev, NGX_HTTP_GATEHOUSE_JOB_TIMEOUT);
        return;
    }

    ngx_http_gatehouse_job_done(job);
}


/*
 * The threads end before a worker process does, and nobody else reports
 * what they have finished.
 */

void
ngx_http_gatehouse_host_finish_jobs(ngx_http_gatehouse_host_t *host)
{
    ngx_queue_t               *q, *next;
    ngx_http_gatehouse_job_t  *job;

    q = ngx_queue_head(&host->jobs);

    while (q != ngx_queue_sentinel(&host->jobs)) {
        job = ngx_queue_data(q, ngx_http_gatehouse_job_t, queue);
        next = ngx_queue_next(q);

        if (job->finished) {
            ngx_http_gatehouse_job_done(job);
        }

        q = next;
    }
}


static void
ngx_http_gatehouse_job_done(ngx_http_gatehouse_job_t *job)
{
    void   *arg;
    void  (*done)(void *arg);

    if (job->task.event.timer_set) {
        ngx_del_timer(&job->task.event);
    }

    ngx_queue_remove(&job->queue);

    done = job->done;
    arg = job->arg;

    ngx_free(job);

    done(arg);
}
