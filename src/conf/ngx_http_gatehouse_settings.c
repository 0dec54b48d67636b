
/*
 * The directives that say how the guard of a location judges, and
 * gatehouse_check.
 */


#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


static ngx_uint_t ngx_http_gatehouse_name_after(const char *prefix,
    ngx_str_t *word, ngx_str_t *name);


char *
ngx_http_gatehouse_token_from(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    gh_error                         error;
    gh_config                       *config;
    ngx_str_t                       *value;
    ngx_uint_t                       i, from;
    ngx_http_gatehouse_from_t       *names;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    if (glcf->from != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    names = ngx_pcalloc(cf->pool, sizeof(ngx_http_gatehouse_from_t));
    if (names == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    glcf->from = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "bearer") == 0) {
            from = GH_FROM_BEARER;

        } else if (ngx_strcmp(value[i].data, "cookie") == 0) {
            from = GH_FROM_COOKIE;

        } else if (ngx_strcmp(value[i].data, "api_key") == 0) {
            from = GH_FROM_API_KEY;

        } else if (ngx_strcmp(value[i].data, "basic") == 0) {
            from = GH_FROM_BASIC;

        } else if (ngx_strcmp(value[i].data, "basic=password") == 0) {
            from = GH_FROM_BASIC|GH_FROM_PASSWORD;

        } else if (ngx_http_gatehouse_name_after("header=", &value[i],
                                                 &names->header))
        {
            from = GH_FROM_NAMED_HEADER;

        } else if (ngx_http_gatehouse_name_after("cookie=", &value[i],
                                                 &names->cookie))
        {
            from = GH_FROM_NAMED_COOKIE;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of "
                               "gatehouse_token_from; a token may come from "
                               "\"bearer\", \"cookie\", \"header=NAME\", "
                               "\"cookie=NAME\", \"api_key\", \"basic\", "
                               "\"basic=password\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (glcf->from & from) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V\" in gatehouse_token_from",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        glcf->from |= from;
    }

    glcf->from_names = names;

    if (glcf->from & GH_FROM_API_KEY
        && ngx_http_gatehouse_hide(cf, &ngx_http_gatehouse_api_key) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (names->header.len
        && gh_token_header_check(ngx_http_gatehouse_view(&names->header),
                                 &error)
           != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    if (names->header.len
        && ngx_http_gatehouse_hide(cf, &names->header) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (names->cookie.len == 0) {
        return NGX_CONF_OK;
    }

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    config = ngx_http_gatehouse_config(cf, gmcf);
    if (config == NULL) {
        return NGX_CONF_ERROR;
    }

    if (gh_config_hide_cookie(config, ngx_http_gatehouse_view(&names->cookie),
                              &error)
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_gatehouse_name_after(const char *prefix, ngx_str_t *word,
    ngx_str_t *name)
{
    size_t  i, len;

    len = ngx_strlen(prefix);

    if (word->len <= len || ngx_strncmp(word->data, prefix, len) != 0) {
        return 0;
    }

    name->data = word->data + len;
    name->len = word->len - len;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] <= ' ' || name->data[i] >= 0x7f
            || ngx_strchr("()<>@,;:\\\"/[]?={}", name->data[i]) != NULL)
        {
            return 0;
        }
    }

    return 1;
}


char *
ngx_http_gatehouse_when_stale(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_int_t    after;
    ngx_str_t   *value, time;

    if (glcf->stale_limit != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "allow") == 0) {
        glcf->stale_limit = 0;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3
        && ngx_strcmp(value[1].data, "deny") == 0
        && ngx_strncmp(value[2].data, "after=", 6) == 0)
    {
        time.data = value[2].data + 6;
        time.len = value[2].len - 6;

        after = ngx_parse_time(&time, 0);

        if (after != NGX_ERROR && after > 0 && after <= NGX_MAX_INT32_VALUE) {
            glcf->stale_limit = after;
            return NGX_CONF_OK;
        }
    }

    return "has invalid parameters; write \"allow\" or \"deny after=5s\"";
}


char *
ngx_http_gatehouse_check(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (glcf->check) {
        return "is duplicate";
    }

    if (glcf->api) {
        return "cannot stand beside \"gatehouse_api\"";
    }

    if (glcf->hop) {
        return "cannot stand beside \"gatehouse_hop\"";
    }

    if (glcf->shows_status) {
        return "cannot stand beside \"gatehouse_status\"";
    }

    if (glcf->realm != NGX_CONF_UNSET_PTR && glcf->realm != NULL) {
        return "leaves nothing to guard for the \"gatehouse\" beside it";
    }

    value = cf->args->elts;

    glcf->check = ngx_http_gatehouse_find_realm(cf, &value[1]);
    if (glcf->check == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "redirect") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of gatehouse_check; "
                               "only \"redirect\" may follow the realm",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        if (!gh_realm_has_hosts(glcf->check)) {
            return "redirects to the login host from hosts that it must know; "
                   "write \"hosts app.example.com;\" in the realm";
        }

        glcf->redirect = 1;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_gatehouse_check_handler;

    return NGX_CONF_OK;
}


/* What the guard serves by itself, for hosts that another proxy serves. */

char *
ngx_http_gatehouse_hop(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (glcf->hop) {
        return "is duplicate";
    }

    if (glcf->api || glcf->check || glcf->shows_status) {
        return "cannot stand beside \"gatehouse_api\", "
               "\"gatehouse_check\" or \"gatehouse_status\"";
    }

    value = cf->args->elts;

    glcf->hop = ngx_http_gatehouse_find_realm(cf, &value[1]);
    if (glcf->hop == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_gatehouse_api_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_gatehouse_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    static ngx_str_t  kinds[] = {
        ngx_string("metrics"),         /* in the order of gh_status_kind */
        ngx_string("json"),
        ngx_string("live"),
        ngx_string("ready")
    };

    if (glcf->shows_status) {
        return "is duplicate";
    }

    if (glcf->api || glcf->check || glcf->hop) {
        return "cannot stand beside \"gatehouse_api\", "
               "\"gatehouse_check\" or \"gatehouse_hop\"";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if (value[1].len == kinds[i].len
                && ngx_strcmp(value[1].data, kinds[i].data) == 0)
            {
                break;
            }
        }

        if (i == sizeof(kinds) / sizeof(kinds[0])) {
            return "takes \"metrics\", \"json\", \"live\" or \"ready\"";
        }

        glcf->status = i;
    }

    glcf->shows_status = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_gatehouse_status_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_gatehouse_check_from(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    ngx_int_t    rc;
    ngx_str_t   *value;
    ngx_cidr_t  *cidr;
    ngx_uint_t   i;

    if (glcf->check_from == NULL) {
        glcf->check_from = ngx_array_create(cf->pool, 2, sizeof(ngx_cidr_t));
        if (glcf->check_from == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        cidr = ngx_array_push(glcf->check_from);
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(cidr, sizeof(ngx_cidr_t));

#if (NGX_HAVE_UNIX_DOMAIN)

        if (ngx_strcmp(value[i].data, "unix:") == 0) {
            cidr->family = AF_UNIX;
            continue;
        }

#endif

        rc = ngx_ptocidr(&value[i], cidr);

        if (rc == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid address \"%V\" in "
                               "gatehouse_check_from; write one such as "
                               "192.0.2.1 or 192.0.2.0/24", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rc == NGX_DONE) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "low address bits of %V are meaningless",
                               &value[i]);
        }
    }

    return NGX_CONF_OK;
}
