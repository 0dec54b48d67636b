
/*
 * What holds in a location: its own directives and those of the levels above.
 */


#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


static ngx_int_t ngx_http_gatehouse_check_rules(ngx_conf_t *cf,
    ngx_http_gatehouse_loc_conf_t *conf, ngx_uint_t written);


void *
ngx_http_gatehouse_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_gatehouse_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_gatehouse_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->guard = NULL;
     *     conf->rules = NULL;
     *     conf->rules_file = NULL;
     *     conf->rules_line = 0;
     *     conf->headers = NULL;
     *     conf->identity = NULL;
     *     conf->origins = NULL;
     *     conf->api = NULL;
     *     conf->check = NULL;
     *     conf->check_from = NULL;
     *     conf->hop = NULL;
     *     conf->redirect = 0;
     *     conf->leads = NULL;
     */

    conf->realm = NGX_CONF_UNSET_PTR;
    conf->optional = NGX_CONF_UNSET;
    conf->pass_authorization = NGX_CONF_UNSET;
    conf->pass_cookies = NGX_CONF_UNSET;
    conf->ambiguous_paths = NGX_CONF_UNSET_UINT;
    conf->from = NGX_CONF_UNSET_UINT;
    conf->stale_limit = NGX_CONF_UNSET_MSEC;
    conf->csrf = NGX_CONF_UNSET;
    conf->no_store = NGX_CONF_UNSET;
    conf->signed_url = NGX_CONF_UNSET;

    ngx_http_gatehouse_create_caches(conf);

    return conf;
}


char *
ngx_http_gatehouse_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_gatehouse_loc_conf_t *prev = parent;
    ngx_http_gatehouse_loc_conf_t *conf = child;

    gh_error                        error;
    ngx_uint_t                      guarded, written;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    gscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_gatehouse_module);

    guarded = (conf->realm != NGX_CONF_UNSET_PTR);
    written = (conf->rules != NULL);

    /* all endpoints have been read by now */

    if (conf->hop) {
        conf->api = gh_realm_hop(conf->hop, &error);

        if (conf->api == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"gatehouse_hop\" leads to no login page: %s",
                          error.text[0] ? error.text
                                        : "the realm has none of "
                                          "\"gatehouse_api ... rest\"");
            return NGX_CONF_ERROR;
        }
    }

    if (conf->redirect) {
        (void) gh_realm_hop(conf->check, &error);
    }

    /* "if" and "limit_except" are still the location they are in */

    if (clcf->noname && clcf->handler == NULL) {
        conf->api = prev->api;
        conf->check = prev->check;
        conf->redirect = prev->redirect;

        if (conf->api) {
            clcf->handler = ngx_http_gatehouse_api_handler;

        } else if (conf->check) {
            clcf->handler = ngx_http_gatehouse_check_handler;
        }
    }

    if (conf->realm == NGX_CONF_UNSET_PTR) {
        conf->realm = prev->realm;
        conf->optional = prev->optional;
    }

    /* whoever is to log in cannot be asked to be logged in already */

    if (conf->realm == NGX_CONF_UNSET_PTR) {
        conf->guard = NULL;

    } else if ((conf->api || conf->check) && !guarded) {
        conf->guard = clcf->noname ? prev->guard : NULL;

    } else {
        conf->guard = conf->realm;
    }

    if (conf->guard) {
        gscf->guarded = 1;
    }

    if (conf->api) {
        gscf->endpoints = 1;
    }

    if (conf->rules == NULL) {
        conf->rules = prev->rules;
        conf->rules_file = prev->rules_file;
        conf->rules_line = prev->rules_line;
    }

    if (ngx_http_gatehouse_check_rules(cf, conf, written) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_gatehouse_merge_headers(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_value(conf->pass_authorization, prev->pass_authorization,
                         0);
    ngx_conf_merge_value(conf->pass_cookies, prev->pass_cookies, 0);
    ngx_conf_merge_uint_value(conf->ambiguous_paths, prev->ambiguous_paths, 0);

    if (conf->from == NGX_CONF_UNSET_UINT) {
        conf->from_names = prev->from_names;
    }

    ngx_conf_merge_uint_value(conf->from, prev->from, 0);
    ngx_conf_merge_msec_value(conf->stale_limit, prev->stale_limit, 0);
    ngx_conf_merge_value(conf->csrf, prev->csrf, 1);
    ngx_conf_merge_value(conf->no_store, prev->no_store, 1);
    ngx_conf_merge_value(conf->signed_url, prev->signed_url, 0);

    if (conf->guard && conf->signed_url) {
        gscf->signed_urls = 1;
    }

    if (conf->origins == NULL) {
        conf->origins = prev->origins;
    }

    if (conf->check_from == NULL) {
        conf->check_from = prev->check_from;
    }

    ngx_http_gatehouse_merge_caches(prev, conf);

    if ((conf->guard || conf->check)
        && conf->from & (GH_FROM_API_KEY|GH_FROM_BASIC))
    {
        gh_realm_take_tokens(conf->check ? conf->check : conf->guard);
    }

    if (conf->guard
        && clcf->name.len
        && ngx_http_gatehouse_add_user(cf, conf->guard, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->api) {
        clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                                NGX_HTTP_GATEHOUSE_BODY_SIZE);
    }

    return NGX_CONF_OK;
}


/*
 * A rule without a guard would let everybody in.  Only what says so itself
 * may go without: "gatehouse off" and endpoints, for the rules they inherit.
 */

static ngx_int_t
ngx_http_gatehouse_check_rules(ngx_conf_t *cf,
    ngx_http_gatehouse_loc_conf_t *conf, ngx_uint_t written)
{
    if (conf->rules == NULL || conf->guard || conf->check) {
        return NGX_OK;
    }

    if (!written && conf->realm != NGX_CONF_UNSET_PTR) {
        return NGX_OK;
    }

    if (!written && conf->api) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"gatehouse_require\" has no guard to enforce it; "
                  "write \"gatehouse REALM;\" beside it in %s:%ui",
                  conf->rules_file, conf->rules_line);

    return NGX_ERROR;
}
