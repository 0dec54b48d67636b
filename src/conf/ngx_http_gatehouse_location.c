
/*
 * The directives of a location.  What they mean is the core's.
 */


#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


static char *ngx_http_gatehouse_mount(ngx_conf_t *cf, gh_str *mount);
static ngx_uint_t ngx_http_gatehouse_may_match(
    ngx_http_core_loc_conf_t *clcf, ngx_str_t *mount);


char *
ngx_http_gatehouse_guard(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_str_t  *value;

    if (glcf->realm != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        if (cf->args->nelts == 3) {
            return "takes nothing after \"off\"";
        }

        glcf->realm = NULL;
        glcf->optional = 0;

        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "optional") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of gatehouse; only "
                           "\"optional\" may follow the realm", &value[2]);
        return NGX_CONF_ERROR;
    }

    glcf->optional = (cf->args->nelts == 3);

    if (glcf->check) {
        return "has nothing to guard beside \"gatehouse_check\"";
    }

    glcf->realm = ngx_http_gatehouse_find_realm(cf, &value[1]);
    if (glcf->realm == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_gatehouse_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    gh_str                           *args;
    gh_rule                         **rule;
    gh_error                          error;
    gh_config                        *config;
    ngx_str_t                        *value;
    ngx_http_gatehouse_main_conf_t   *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    config = ngx_http_gatehouse_config(cf, gmcf);
    if (config == NULL) {
        return NGX_CONF_ERROR;
    }

    if (glcf->rules == NULL) {
        glcf->rules = ngx_array_create(cf->pool, 2, sizeof(gh_rule *));
        if (glcf->rules == NULL) {
            return NGX_CONF_ERROR;
        }

        glcf->rules_file = cf->conf_file->file.name.data;
        glcf->rules_line = cf->conf_file->line;
    }

    value = cf->args->elts;

    args = ngx_http_gatehouse_views(cf, &value[1], cf->args->nelts - 1);
    if (args == NULL) {
        return NGX_CONF_ERROR;
    }

    rule = ngx_array_push(glcf->rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    *rule = gh_rule_create(config, args, cf->args->nelts - 1, &error);

    if (*rule == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_gatehouse_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    gh_str      *origin;
    gh_error     error;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (glcf->origins == NULL) {
        glcf->origins = ngx_array_create(cf->pool, 2, sizeof(gh_str));
        if (glcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        origin = ngx_array_push(glcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = ngx_http_gatehouse_view(&value[i]);

        if (gh_origin_check(*origin, &error) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_gatehouse_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    gh_str                     mount, header;
    gh_error                   error;
    gh_realm                  *realm;
    ngx_str_t                 *value, name;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (glcf->api) {
        return "is duplicate";
    }

    if (glcf->check) {
        return "cannot stand beside \"gatehouse_check\"";
    }

    if (glcf->hop) {
        return "cannot stand beside \"gatehouse_hop\"";
    }

    if (glcf->shows_status) {
        return "cannot stand beside \"gatehouse_status\"";
    }

    value = cf->args->elts;

    realm = ngx_http_gatehouse_find_realm(cf, &value[1]);
    if (realm == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_gatehouse_mount(cf, &mount) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    glcf->api = gh_api_create(realm, ngx_http_gatehouse_view(&value[2]), mount,
                              &error);
    if (glcf->api == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_gatehouse_add_user(cf, realm, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; gh_api_token_header(glcf->api, i, &header); i++) {
        name.data = (u_char *) header.data;
        name.len = header.len;

        if (ngx_http_gatehouse_hide(cf, &name) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_gatehouse_api_handler;

    if (gh_api_has_index(glcf->api)
        && clcf->name.len && clcf->name.data[clcf->name.len - 1] == '/')
    {
        clcf->auto_redirect = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_gatehouse_mount(ngx_conf_t *cf, gh_str *mount)
{
    ngx_str_t                 *value, prefix;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (cf->args->nelts == 3) {
        if (clcf->named || clcf->exact_match
#if (NGX_PCRE)
            || clcf->regex
#endif
           )
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "gatehouse_api in a regex, exact or named "
                               "location needs to be told its path; "
                               "write \"mount=/prefix/\"");
            return NGX_CONF_ERROR;
        }

        prefix = clcf->name;

    } else {
        prefix = value[3];

        if (ngx_strncmp(prefix.data, "mount=/", 7) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of gatehouse_api; "
                               "write \"mount=/prefix/\"", &prefix);
            return NGX_CONF_ERROR;
        }

        prefix.data += 6;
        prefix.len -= 6;

        if (!ngx_http_gatehouse_may_match(clcf, &prefix)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no path of the location \"%V\" is below "
                               "\"%V\", so its endpoints cannot be reached; "
                               "write \"mount=\" with a prefix that both have",
                               &clcf->name, &prefix);
            return NGX_CONF_ERROR;
        }
    }

    *mount = ngx_http_gatehouse_view(&prefix);

    return NGX_CONF_OK;
}


/* What a regex matches, and where a named location is asked for, is open. */

static ngx_uint_t
ngx_http_gatehouse_may_match(ngx_http_core_loc_conf_t *clcf, ngx_str_t *mount)
{
    size_t  len;

    if (clcf->named
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        return 1;
    }

    len = clcf->exact_match ? mount->len : ngx_min(mount->len, clcf->name.len);

    return clcf->name.len >= len
           && ngx_strncmp(clcf->name.data, mount->data, len) == 0;
}
