
/*
 * Where the module enters nginx: its configurations, before and after those
 * are read, and the phases of a request.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


typedef struct {
    ngx_http_phases       phase;
    ngx_http_handler_pt   handler;
} ngx_http_gatehouse_phase_t;


static ngx_int_t ngx_http_gatehouse_add_handler(ngx_conf_t *cf,
    ngx_http_gatehouse_phase_t *phase);
static ngx_int_t ngx_http_gatehouse_add_log_handler(ngx_conf_t *cf);


static ngx_str_t  ngx_http_gatehouse_id_variable = ngx_string("request_id");


/*
 * The last handler added to a phase is the first to run, and nginx adds its
 * own before those of a module: headers are removed before "set" and "if"
 * may see them.
 */

static ngx_http_gatehouse_phase_t  ngx_http_gatehouse_phases[] = {

    { NGX_HTTP_POST_READ_PHASE, ngx_http_gatehouse_post_read_handler },
    { NGX_HTTP_SERVER_REWRITE_PHASE, ngx_http_gatehouse_hop_handler },
    { NGX_HTTP_SERVER_REWRITE_PHASE, ngx_http_gatehouse_rewrite_handler },
    { NGX_HTTP_REWRITE_PHASE, ngx_http_gatehouse_rewrite_handler },
    { NGX_HTTP_PREACCESS_PHASE, ngx_http_gatehouse_preaccess_handler },
    { NGX_HTTP_ACCESS_PHASE, ngx_http_gatehouse_access_handler },

    { NGX_HTTP_LOG_PHASE, NULL }
};


ngx_int_t
ngx_http_gatehouse_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_http_gatehouse_add_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_watch(cf);
}


ngx_int_t
ngx_http_gatehouse_init(ngx_conf_t *cf)
{
    ngx_http_gatehouse_phase_t      *phase;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    ngx_http_gatehouse_unwatch_all(gmcf);

    if (gmcf->realms == 0) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_zone_add(cf, gmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    gmcf->request_id = ngx_http_get_variable_index(cf,
                                              &ngx_http_gatehouse_id_variable);
    if (gmcf->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_init_names(cf, gmcf) != NGX_OK
        || ngx_http_gatehouse_add_http_variables(cf, gmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (phase = ngx_http_gatehouse_phases; phase->handler; phase++) {
        if (ngx_http_gatehouse_add_handler(cf, phase) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_gatehouse_add_log_handler(cf) != NGX_OK
        || ngx_http_gatehouse_mask_init(cf, gmcf) != NGX_OK
        || ngx_http_gatehouse_filter_init(cf) != NGX_OK
        || ngx_http_gatehouse_settle_hosts(cf, gmcf) != NGX_OK
        || ngx_http_gatehouse_look_for_leads(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_explain(cf, gmcf);
}


static ngx_int_t
ngx_http_gatehouse_add_handler(ngx_conf_t *cf,
    ngx_http_gatehouse_phase_t *phase)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase->phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = phase->handler;

    return NGX_OK;
}


/* The handlers of this phase run in their order, and the access log is one. */

static ngx_int_t
ngx_http_gatehouse_add_log_handler(ngx_conf_t *cf)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handlers = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = handlers->elts;

    ngx_memmove(h + 1, h,
                (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));

    *h = ngx_http_gatehouse_log_handler;

    return NGX_OK;
}


void *
ngx_http_gatehouse_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_gatehouse_main_conf_t));
    if (gmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&gmcf->reserved, cf->pool, 8, sizeof(ngx_str_t))
        != NGX_OK
        || ngx_array_init(&gmcf->masked, cf->pool, 4, sizeof(ngx_uint_t))
           != NGX_OK
        || ngx_array_init(&gmcf->users, cf->pool, 8,
                          sizeof(ngx_http_gatehouse_user_t))
           != NGX_OK
        || ngx_array_init(&gmcf->tokens, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    return gmcf;
}


void *
ngx_http_gatehouse_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_gatehouse_srv_conf_t));
}
