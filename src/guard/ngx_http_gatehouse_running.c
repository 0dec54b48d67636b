
/*
 * Requests that run for long: a WebSocket or a stream of events ends with
 * the session that opened it.  Once a second the worker process asks for all
 * guarded requests under way whether their sessions still live.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "guard/ngx_http_gatehouse_guard.h"

/* the nginx that loads the module may serve HTTP/2 where its build did not */

#include <v2/ngx_http_v2.h>


#define NGX_HTTP_GATEHOUSE_RUNNING_INTERVAL  1000


struct ngx_http_gatehouse_running_s {
    ngx_queue_t                      queue;
    ngx_http_request_t              *request;
    gh_realm                        *realm;
    gh_identity                     *identity;
};


static void ngx_http_gatehouse_running_cleanup(void *data);
static ngx_int_t ngx_http_gatehouse_running_wait(void);
static void ngx_http_gatehouse_running_check(void *data);
static void ngx_http_gatehouse_running_close(ngx_http_request_t *r);


static ngx_queue_t   ngx_http_gatehouse_running;
static void         *ngx_http_gatehouse_running_timer;


void
ngx_http_gatehouse_running_start(void)
{
    ngx_queue_init(&ngx_http_gatehouse_running);
}


void
ngx_http_gatehouse_running_stop(void)
{
    if (ngx_http_gatehouse_running_timer) {
        ngx_http_gatehouse_host_cancel_timer(NULL,
                                             ngx_http_gatehouse_running_timer);
        ngx_http_gatehouse_running_timer = NULL;
    }
}


/* The last guard that let the request in is the one that counts. */

ngx_int_t
ngx_http_gatehouse_running_add(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm, gh_identity *identity)
{
    ngx_http_cleanup_t            *cln;
    ngx_http_gatehouse_running_t  *running;

    running = ctx->running;

    if (running == NULL) {
        cln = ngx_http_cleanup_add(r, sizeof(ngx_http_gatehouse_running_t));
        if (cln == NULL) {
            return NGX_ERROR;
        }

        running = cln->data;
        running->request = r;

        ngx_queue_insert_tail(&ngx_http_gatehouse_running, &running->queue);

        cln->handler = ngx_http_gatehouse_running_cleanup;

        ctx->running = running;
    }

    running->realm = realm;
    running->identity = identity;

    return ngx_http_gatehouse_running_wait();
}


static void
ngx_http_gatehouse_running_cleanup(void *data)
{
    ngx_http_gatehouse_running_t *running = data;

    ngx_queue_remove(&running->queue);
}


/* In the background: a worker process that quits does not wait for it. */

static ngx_int_t
ngx_http_gatehouse_running_wait(void)
{
    if (ngx_http_gatehouse_running_timer) {
        return NGX_OK;
    }

    ngx_http_gatehouse_running_timer = ngx_http_gatehouse_host_timer(NULL,
                                           NGX_HTTP_GATEHOUSE_RUNNING_INTERVAL,
                                           1, ngx_http_gatehouse_running_check,
                                           NULL);

    return ngx_http_gatehouse_running_timer ? NGX_OK : NGX_ERROR;
}


/*
 * Closing a request removes it from whichever queue it is in and may do so
 * with others, so the next one is looked up only after that.
 */

static void
ngx_http_gatehouse_running_check(void *data)
{
    ngx_queue_t                   *q, *next, ended;
    ngx_http_gatehouse_running_t  *running;

    ngx_http_gatehouse_running_timer = NULL;

    ngx_queue_init(&ended);

    for (q = ngx_queue_head(&ngx_http_gatehouse_running);
         q != ngx_queue_sentinel(&ngx_http_gatehouse_running);
         q = next)
    {
        next = ngx_queue_next(q);
        running = ngx_queue_data(q, ngx_http_gatehouse_running_t, queue);

        /* a thread or the kernel is writing to it: next time */

        if (running->request->blocked
            || gh_identity_lives(ngx_http_gatehouse_worker, running->realm,
                                 running->identity))
        {
            continue;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ended, q);
    }

    while (!ngx_queue_empty(&ended)) {

        q = ngx_queue_head(&ended);
        ngx_queue_remove(q);
        ngx_queue_init(q);

        running = ngx_queue_data(q, ngx_http_gatehouse_running_t, queue);

        ngx_http_gatehouse_running_close(running->request);
    }

    if (!ngx_queue_empty(&ngx_http_gatehouse_running)
        && ngx_http_gatehouse_running_wait() != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "gatehouse: no memory to watch running requests");
    }
}


static void
ngx_http_gatehouse_running_close(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "gatehouse: closed, its session has ended");

    /* what tells the client so would wait for the next frame to be sent */

    if (r->stream) {
        ngx_post_event(r->stream->connection->connection->write,
                       &ngx_posted_events);
    }

    /* the upstream's cleanup takes a reference that nginx's own callers hold */

    r->count++;

    /* as "return 444" does, without the post_action that an error would have */

    ngx_http_finalize_request(r, NGX_HTTP_CLOSE);

    ngx_http_run_posted_requests(c);
}
