
/*
 * Descriptors and timers of the core on the event loop of nginx.
 */


#include "process/ngx_http_gatehouse_process.h"


typedef struct {
    ngx_connection_t    *connection;
    void               (*ready)(void *arg, unsigned events);
    void                *arg;
} ngx_http_gatehouse_watch_t;


typedef struct {
    void               (*fire)(void *arg);
    void                *arg;
    void                *dummy;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t            ident;

    ngx_event_t          event;
} ngx_http_gatehouse_timer_t;


static void ngx_http_gatehouse_ready_handler(ngx_event_t *ev);
static void ngx_http_gatehouse_timer_handler(ngx_event_t *ev);


void *
ngx_http_gatehouse_host_watch(void *self, int fd,
    void (*ready)(void *arg, unsigned events), void *arg)
{
    ngx_connection_t            *c;
    ngx_http_gatehouse_watch_t  *watch;

    watch = ngx_alloc(sizeof(ngx_http_gatehouse_watch_t), ngx_cycle->log);
    if (watch == NULL) {
        return NULL;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        ngx_free(watch);
        return NULL;
    }

    c->data = watch;

    c->read->handler = ngx_http_gatehouse_ready_handler;
    c->write->handler = ngx_http_gatehouse_ready_handler;

    c->read->log = c->log;
    c->write->log = c->log;

    watch->connection = c;
    watch->ready = ready;
    watch->arg = arg;

    return watch;
}


int
ngx_http_gatehouse_host_watch_events(void *self, void *data, unsigned events)
{
    ngx_http_gatehouse_watch_t *watch = data;

    ngx_int_t     rc;
    ngx_event_t  *rev, *wev;

    rev = watch->connection->read;
    wev = watch->connection->write;
    rc = NGX_OK;

    if ((events & GH_READ) && !rev->active) {
        rc = ngx_add_event(rev, NGX_READ_EVENT, NGX_LEVEL_EVENT);

    } else if (!(events & GH_READ) && rev->active) {
        rc = ngx_del_event(rev, NGX_READ_EVENT, 0);
    }

    if (rc != NGX_OK) {
        return -1;
    }

    if ((events & GH_WRITE) && !wev->active) {
        rc = ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);

    } else if (!(events & GH_WRITE) && wev->active) {
        rc = ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }

    return (rc == NGX_OK) ? 0 : -1;
}


void
ngx_http_gatehouse_host_unwatch(void *self, void *data)
{
    ngx_http_gatehouse_watch_t *watch = data;

    ngx_connection_t  *c;

    c = watch->connection;

    /*
     * The descriptor is closed right after this or, by libpq, has been
     * already; asking the kernel about it now might hit another one's.
     */

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, NGX_CLOSE_EVENT);
    }

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, NGX_CLOSE_EVENT);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->closed = 1;
    c->write->closed = 1;

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;

    ngx_free(watch);
}


static void
ngx_http_gatehouse_ready_handler(ngx_event_t *ev)
{
    ngx_connection_t            *c;
    ngx_http_gatehouse_watch_t  *watch;

    c = ev->data;
    watch = c->data;

    if (c->close) {

        /* worker_shutdown_timeout: our timers end what is under way */

        c->close = 0;
        return;
    }

    watch->ready(watch->arg, ev->write ? GH_WRITE : GH_READ);
}


void *
ngx_http_gatehouse_host_timer(void *self, unsigned milliseconds,
    int background, void (*fire)(void *arg), void *arg)
{
    ngx_http_gatehouse_timer_t  *timer;

    timer = ngx_calloc(sizeof(ngx_http_gatehouse_timer_t), ngx_cycle->log);
    if (timer == NULL) {
        return NULL;
    }

    timer->fire = fire;
    timer->arg = arg;
    timer->ident = -1;

    timer->event.handler = ngx_http_gatehouse_timer_handler;
    timer->event.data = timer;
    timer->event.log = ngx_cycle->log;
    timer->event.cancelable = background ? 1 : 0;

    ngx_add_timer(&timer->event, milliseconds);

    return timer;
}


void
ngx_http_gatehouse_host_cancel_timer(void *self, void *data)
{
    ngx_http_gatehouse_timer_t *timer = data;

    ngx_del_timer(&timer->event);
    ngx_free(timer);
}


static void
ngx_http_gatehouse_timer_handler(ngx_event_t *ev)
{
    void                        *arg;
    void                       (*fire)(void *arg);
    ngx_http_gatehouse_timer_t  *timer;

    timer = ev->data;

    fire = timer->fire;
    arg = timer->arg;

    ngx_free(timer);

    fire(arg);
}
