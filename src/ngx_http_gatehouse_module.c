
/*
 * The module as nginx sees it: directives, phases, processes.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "request/ngx_http_gatehouse_request.h"
#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


static ngx_int_t ngx_http_gatehouse_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_gatehouse_add_handler(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_http_gatehouse_add_log_handler(ngx_conf_t *cf);
static void *ngx_http_gatehouse_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_gatehouse_create_srv_conf(ngx_conf_t *cf);
static void ngx_http_gatehouse_compare(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf);
static ngx_int_t ngx_http_gatehouse_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_gatehouse_init_process(ngx_cycle_t *cycle);
static void ngx_http_gatehouse_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_gatehouse_ambiguous_paths[] = {
    { ngx_string("deny"), 0 },
    { ngx_string("allow"), 1 },
    { ngx_null_string, 0 }
};


/*
 * There is no "gatehouse" in an "if": a condition is made of what the client
 * sends and must not decide whether it is let in.  An "if" block has the
 * guard of its location; "limit_except" may have one of its own.
 */

static ngx_command_t  ngx_http_gatehouse_commands[] = {

    { ngx_string("gatehouse_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_gatehouse_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_realm"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_gatehouse_realm,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
                        |NGX_CONF_TAKE12,
      ngx_http_gatehouse_guard,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_require"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
                        |NGX_CONF_1MORE,
      ngx_http_gatehouse_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_gatehouse_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_pass_authorization"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_gatehouse_loc_conf_t, pass_authorization),
      NULL },

    { ngx_string("gatehouse_pass_cookies"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_gatehouse_loc_conf_t, pass_cookies),
      NULL },

    { ngx_string("gatehouse_ambiguous_paths"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_gatehouse_loc_conf_t, ambiguous_paths),
      &ngx_http_gatehouse_ambiguous_paths },

    { ngx_string("gatehouse_allow_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_gatehouse_allow_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_token_from"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_gatehouse_token_from,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_when_stale"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_gatehouse_when_stale,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_csrf"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_gatehouse_loc_conf_t, csrf),
      NULL },

    { ngx_string("gatehouse_no_store"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_gatehouse_loc_conf_t, no_store),
      NULL },

    { ngx_string("gatehouse_check"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_gatehouse_check,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_hop"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_gatehouse_hop,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_check_from"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_gatehouse_check_from,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("gatehouse_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23,
      ngx_http_gatehouse_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_gatehouse_module_ctx = {
    ngx_http_gatehouse_add_variables,      /* preconfiguration */
    ngx_http_gatehouse_init,               /* postconfiguration */

    ngx_http_gatehouse_create_main_conf,   /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_gatehouse_create_srv_conf,    /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_gatehouse_create_loc_conf,    /* create location configuration */
    ngx_http_gatehouse_merge_loc_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_gatehouse_module = {
    NGX_MODULE_V1,
    &ngx_http_gatehouse_module_ctx,        /* module context */
    ngx_http_gatehouse_commands,           /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_gatehouse_init_module,        /* init module */
    ngx_http_gatehouse_init_process,       /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_gatehouse_exit_process,       /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_str_t  ngx_http_gatehouse_id_variable = ngx_string("request_id");


static ngx_int_t
ngx_http_gatehouse_init(ngx_conf_t *cf)
{
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

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

    /*
     * The last handler added to a phase is the first to run, and nginx adds
     * its own before those of a module: headers are removed before "set" and
     * "if" may see them.
     */

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_POST_READ_PHASE,
                                       ngx_http_gatehouse_post_read_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                       ngx_http_gatehouse_hop_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                       ngx_http_gatehouse_rewrite_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                       ngx_http_gatehouse_rewrite_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_PREACCESS_PHASE,
                                       ngx_http_gatehouse_preaccess_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_handler(cf, NGX_HTTP_ACCESS_PHASE,
                                       ngx_http_gatehouse_access_handler)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_add_log_handler(cf) != NGX_OK
        || ngx_http_gatehouse_mask_init(cf, gmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_filter_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_settle_hosts(cf, gmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_explain(cf, gmcf);
}


static ngx_int_t
ngx_http_gatehouse_add_handler(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

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


static void *
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


static void *
ngx_http_gatehouse_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_gatehouse_srv_conf_t));
}


/*
 * At a reload: what the new configuration means for who is logged in.  The
 * module is not in the old one's contexts if it was not loaded then.
 */

static void
ngx_http_gatehouse_compare(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    size_t                           i;
    gh_error                         text;
    ngx_uint_t                       n;
    ngx_cycle_t                     *old;
    ngx_http_gatehouse_main_conf_t  *before;

    old = cycle->old_cycle;

    if (old == NULL || ngx_is_init_cycle(old)) {
        return;
    }

    for (n = 0; n < old->modules_n; n++) {
        if (old->modules[n] == &ngx_http_gatehouse_module) {
            break;
        }
    }

    if (n == old->modules_n) {
        return;
    }

    before = ngx_http_cycle_get_module_main_conf(old,
                                                 ngx_http_gatehouse_module);

    if (before == NULL || before->config == NULL || gmcf->config == NULL) {
        return;
    }

    for (i = 0;
         gh_config_consequence(before->config, gmcf->config, i, &text) == 0;
         i++)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "gatehouse: %s", text.text);
    }
}


static ngx_int_t
ngx_http_gatehouse_init_module(ngx_cycle_t *cycle)
{
    size_t                           size;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_gatehouse_module);

    if (gmcf == NULL) {
        return NGX_OK;
    }

    ngx_http_gatehouse_compare(cycle, gmcf);

    if (gmcf->zone) {
        gh_zone_settle(gmcf->config,
                       ngx_http_gatehouse_zone_memory(gmcf->zone, &size));
    }

    if (!gmcf->explain) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_explain_print(cycle, gmcf);
}


static ngx_int_t
ngx_http_gatehouse_init_process(ngx_cycle_t *cycle)
{
    ngx_http_gatehouse_running_start();

    return ngx_http_gatehouse_worker_start(cycle);
}


static void
ngx_http_gatehouse_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_gatehouse_running_stop();
    ngx_http_gatehouse_worker_stop();
}
