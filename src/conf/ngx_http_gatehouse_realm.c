
/*
 * gatehouse_realm: its block is read here and understood by the core.
 */


#include "conf/ngx_http_gatehouse_conf.h"


static void ngx_http_gatehouse_config_cleanup(void *data);
static char *ngx_http_gatehouse_realm_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);


gh_config *
ngx_http_gatehouse_config(ngx_conf_t *cf, ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_pool_cleanup_t  *cln;

    if (gmcf->config) {
        return gmcf->config;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    gmcf->config = gh_config_create(
                              ngx_http_gatehouse_view(&cf->cycle->conf_prefix));
    if (gmcf->config == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "gatehouse: out of memory");
        return NULL;
    }

    cln->handler = ngx_http_gatehouse_config_cleanup;
    cln->data = gmcf->config;

    return gmcf->config;
}


static void
ngx_http_gatehouse_config_cleanup(void *data)
{
    gh_config_destroy(data);
}


char *
ngx_http_gatehouse_realm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_main_conf_t *gmcf = conf;

    char        *rv;
    gh_error     error;
    gh_realm    *realm;
    gh_config   *config;
    ngx_str_t   *value;
    ngx_uint_t   i;
    ngx_conf_t   save;

    static ngx_str_t  pools[] = {
        ngx_string("gatehouse_hash"),
        ngx_string("gatehouse_io")
    };

    config = ngx_http_gatehouse_config(cf, gmcf);
    if (config == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "cannot have a realm named \"off\"; choose another name";
    }

    realm = gh_realm_create(config, ngx_http_gatehouse_view(&value[1]),
                            &error);
    if (realm == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    if (gmcf->realms++ == 0) {
        for (i = 0; i < 2; i++) {
            gmcf->pools[i] = ngx_thread_pool_add(cf, &pools[i]);
            if (gmcf->pools[i] == NULL) {
                return NGX_CONF_ERROR;
            }
        }
    }

    save = *cf;
    cf->handler = ngx_http_gatehouse_realm_directive;
    cf->handler_conf = (void *) realm;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (gh_realm_complete(realm, &error) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    for (i = 0; gh_realm_advice(realm, i, &error) == 0; i++) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s", error.text);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_gatehouse_realm_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    gh_realm *realm = conf;

    gh_str     *args;
    gh_error    error;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        if (cf->args->nelts != 2) {
            return "invalid number of arguments in \"include\" directive";
        }

        return ngx_conf_include(cf, dummy, conf);
    }

    args = ngx_http_gatehouse_views(cf, value, cf->args->nelts);
    if (args == NULL) {
        return NGX_CONF_ERROR;
    }

    if (gh_realm_directive(realm, args, cf->args->nelts, &error) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


gh_realm *
ngx_http_gatehouse_find_realm(ngx_conf_t *cf, ngx_str_t *name)
{
    gh_realm                        *realm;
    gh_error                         error;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (gmcf->realms) {
        realm = gh_realm_find(gmcf->config, ngx_http_gatehouse_view(name),
                              &error);
        if (realm) {
            return realm;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "gatehouse realm \"%V\" is not defined; its block "
                       "\"gatehouse_realm %V { ... }\" must stand in \"http\" "
                       "before this line", name, name);
    return NULL;
}


gh_str *
ngx_http_gatehouse_views(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t n)
{
    gh_str      *views;
    ngx_uint_t   i;

    views = ngx_palloc(cf->pool, n * sizeof(gh_str));
    if (views == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        views[i] = ngx_http_gatehouse_view(&value[i]);
    }

    return views;
}
