
/*
 * The core's life in a worker process, and the host it lives on.
 */


#include "process/ngx_http_gatehouse_process.h"


static int ngx_http_gatehouse_host_is_quitting(void *self);
static void ngx_http_gatehouse_host_wake(void *self);
static void ngx_http_gatehouse_wake_handler(ngx_event_t *ev);
static void ngx_http_gatehouse_host_log(void *self, int severity,
    const char *text, size_t len);
static void ngx_http_gatehouse_host_lock_zone(void *self);
static void ngx_http_gatehouse_host_unlock_zone(void *self);


static ngx_http_gatehouse_host_t  ngx_http_gatehouse_host_self;

static gh_host  ngx_http_gatehouse_host = {
    &ngx_http_gatehouse_host_self,
    ngx_http_gatehouse_host_watch,
    ngx_http_gatehouse_host_watch_events,
    ngx_http_gatehouse_host_unwatch,
    ngx_http_gatehouse_host_timer,
    ngx_http_gatehouse_host_cancel_timer,
    ngx_http_gatehouse_host_is_quitting,
    ngx_http_gatehouse_host_wake,
    ngx_http_gatehouse_host_submit,
    ngx_http_gatehouse_host_log,
    ngx_http_gatehouse_host_lock_zone,
    ngx_http_gatehouse_host_unlock_zone
};


gh_worker  *ngx_http_gatehouse_worker;


ngx_int_t
ngx_http_gatehouse_worker_start(ngx_cycle_t *cycle)
{
    void                            *memory;
    size_t                           size;
    gh_error                         error;
    ngx_event_t                     *wake;
    ngx_http_gatehouse_host_t       *host;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    gmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_gatehouse_module);

    if (gmcf == NULL || gmcf->realms == 0) {
        return NGX_OK;
    }

    /*
     * The cached time is that of before the configuration was read: timers
     * that are set now would count from then.
     */

    ngx_time_update();

    host = &ngx_http_gatehouse_host_self;

    host->zone = (ngx_slab_pool_t *) gmcf->zone->shm.addr;
    host->pools = gmcf->pools;

    ngx_queue_init(&host->jobs);

    wake = &host->wake;
    wake->handler = ngx_http_gatehouse_wake_handler;
    wake->log = cycle->log;

    memory = ngx_http_gatehouse_zone_memory(gmcf->zone, &size);

    ngx_http_gatehouse_worker = gh_worker_start(gmcf->config,
                                                &ngx_http_gatehouse_host,
                                                ngx_worker, memory, size,
                                                &error);
    if (ngx_http_gatehouse_worker == NULL) {

        /* guarded requests get 500, and nginx serves what is not guarded */

        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "gatehouse: %s", error.text);
        return NGX_OK;
    }

    /* what was posted before the event loop runs would wait for an event */

    if (wake->posted) {
        ngx_delete_posted_event(wake);
        ngx_post_event(wake, &ngx_posted_next_events);
    }

    return NGX_OK;
}


void
ngx_http_gatehouse_worker_stop(void)
{
    gh_worker  *worker;

    worker = ngx_http_gatehouse_worker;

    if (worker == NULL) {
        return;
    }

    /* from now on no request is answered and no thread is there to work */

    ngx_http_gatehouse_worker = NULL;

    ngx_http_gatehouse_host_finish_jobs(&ngx_http_gatehouse_host_self);

    gh_worker_stop(worker);
}


static int
ngx_http_gatehouse_host_is_quitting(void *self)
{
    return ngx_exiting || ngx_quit;
}


static void
ngx_http_gatehouse_host_wake(void *self)
{
    ngx_http_gatehouse_host_t *host = self;

    ngx_post_event(&host->wake, &ngx_posted_events);
}


static void
ngx_http_gatehouse_wake_handler(ngx_event_t *ev)
{
    if (ngx_http_gatehouse_worker) {
        gh_worker_run(ngx_http_gatehouse_worker);
    }
}


static void
ngx_http_gatehouse_host_log(void *self, int severity, const char *text,
    size_t len)
{
    static ngx_uint_t  levels[] = {
        NGX_LOG_ERR,
        NGX_LOG_WARN,
        NGX_LOG_NOTICE,
        NGX_LOG_INFO,
        NGX_LOG_DEBUG
    };

    ngx_log_error(levels[severity], ngx_cycle->log, 0,
                  "gatehouse: %*s", len, text);
}


static void
ngx_http_gatehouse_host_lock_zone(void *self)
{
    ngx_http_gatehouse_host_t *host = self;

    ngx_shmtx_lock(&host->zone->mutex);
}


static void
ngx_http_gatehouse_host_unlock_zone(void *self)
{
    ngx_http_gatehouse_host_t *host = self;

    ngx_shmtx_unlock(&host->zone->mutex);
}
