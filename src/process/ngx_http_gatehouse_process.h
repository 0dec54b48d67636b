
/*
 * The core in a worker process of nginx: its event loop, timers, threads,
 * and the shared zone.
 */


#ifndef _NGX_HTTP_GATEHOUSE_PROCESS_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_PROCESS_H_INCLUDED_


#include "ngx_http_gatehouse_module.h"


typedef struct {
    ngx_event_t                 wake;
    ngx_queue_t                 jobs;
    ngx_slab_pool_t            *zone;
    ngx_thread_pool_t         **pools;
} ngx_http_gatehouse_host_t;


extern gh_worker  *ngx_http_gatehouse_worker;  /* NULL: it could not start */


ngx_int_t ngx_http_gatehouse_worker_start(ngx_cycle_t *cycle);
void ngx_http_gatehouse_worker_stop(void);

void *ngx_http_gatehouse_host_watch(void *self, int fd,
    void (*ready)(void *arg, unsigned events), void *arg);
int ngx_http_gatehouse_host_watch_events(void *self, void *data,
    unsigned events);
void ngx_http_gatehouse_host_unwatch(void *self, void *data);
void *ngx_http_gatehouse_host_timer(void *self, unsigned milliseconds,
    int background, void (*fire)(void *arg), void *arg);
void ngx_http_gatehouse_host_cancel_timer(void *self, void *data);
int ngx_http_gatehouse_host_submit(void *self, int pool,
    void (*work)(void *arg), void (*done)(void *arg), void *arg);
void ngx_http_gatehouse_host_finish_jobs(ngx_http_gatehouse_host_t *host);

char *ngx_http_gatehouse_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_gatehouse_zone_add(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
void ngx_http_gatehouse_zone_settle(ngx_http_gatehouse_main_conf_t *gmcf);
void *ngx_http_gatehouse_zone_memory(ngx_shm_zone_t *zone, size_t *size);


#endif /* _NGX_HTTP_GATEHOUSE_PROCESS_H_INCLUDED_ */
