
/*
 * The shared zone: one block of memory that every worker sees and that
 * a reload keeps.
 */


#include "process/ngx_http_gatehouse_process.h"


#define NGX_HTTP_GATEHOUSE_ZONE_SIZE  (16 * 1024 * 1024)


static ngx_int_t ngx_http_gatehouse_zone_init(ngx_shm_zone_t *zone,
    void *data);
static ngx_int_t ngx_http_gatehouse_zone_lock(ngx_shm_zone_t *zone);


static ngx_str_t  ngx_http_gatehouse_zone_name = ngx_string("gatehouse");


char *
ngx_http_gatehouse_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_main_conf_t *gmcf = conf;

    size_t      least;
    ssize_t     size;
    ngx_str_t  *value;

    if (gmcf->zone_size) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of gatehouse_zone; "
                           "write a number of bytes such as 16m", &value[1]);
        return NGX_CONF_ERROR;
    }

    /* the slab pool keeps its header and its lists of pages in the zone */

    least = gh_zone_least_size();
    least = ngx_align(least + least / 64 + 4 * ngx_pagesize, ngx_pagesize);

    if ((size_t) size < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "gatehouse_zone of \"%V\" is too small; "
                           "it needs %uzk at least",
                           &value[1], (least + 1023) / 1024);
        return NGX_CONF_ERROR;
    }

    gmcf->zone_size = size;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_gatehouse_zone_add(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    if (gmcf->zone_size == 0) {
        gmcf->zone_size = NGX_HTTP_GATEHOUSE_ZONE_SIZE;
    }

    gmcf->zone = ngx_shared_memory_add(cf, &ngx_http_gatehouse_zone_name,
                                       gmcf->zone_size,
                                       &ngx_http_gatehouse_module);
    if (gmcf->zone == NULL) {
        return NGX_ERROR;
    }

    gmcf->zone->init = ngx_http_gatehouse_zone_init;
    gmcf->zone->data = gmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_zone_init(ngx_shm_zone_t *zone, void *data)
{
    int                              rc;
    void                            *memory;
    size_t                           size;
    gh_error                         error;
    ngx_uint_t                       inherited;
    ngx_slab_pool_t                 *shpool;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    inherited = (data != NULL || zone->shm.exists);

    if (!inherited) {
        shpool->data = ngx_slab_alloc(shpool,
                                     shpool->pfree << ngx_pagesize_shift);
        if (shpool->data == NULL) {
            return NGX_ERROR;
        }
    }

    memory = ngx_http_gatehouse_zone_memory(zone, &size);

    if (ngx_http_gatehouse_zone_lock(zone) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = gh_zone_init(gmcf->config, memory, size, inherited, &error);

    ngx_shmtx_unlock(&shpool->mutex);

    if (rc != 0) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "gatehouse_zone: %s", error.text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A worker that was killed while it held the mutex is seen to only after the
 * configuration has been read: to wait for it would be to wait for ever.
 */

static ngx_int_t
ngx_http_gatehouse_zone_lock(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i;
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    for (i = 0; i < 1000; i++) {
        if (ngx_shmtx_trylock(&shpool->mutex)) {
            return NGX_OK;
        }

        ngx_msleep(1);
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "gatehouse_zone: a worker does not let go of it; "
                  "reload again");

    return NGX_ERROR;
}


/* Called when the configuration is in force. */

void
ngx_http_gatehouse_zone_settle(ngx_http_gatehouse_main_conf_t *gmcf)
{
    size_t  size;

    gh_zone_settle(gmcf->config,
                   ngx_http_gatehouse_zone_memory(gmcf->zone, &size));
}


/* All pages of the zone are the core's; their number never changes. */

void *
ngx_http_gatehouse_zone_memory(ngx_shm_zone_t *zone, size_t *size)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    *size = (size_t) (shpool->last - shpool->pages) << ngx_pagesize_shift;

    return shpool->data;
}
