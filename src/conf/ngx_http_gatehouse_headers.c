
/*
 * gatehouse_header: what an application is told of the user, and the headers
 * that it is told by where nothing else is said.
 */


#include "request/ngx_http_gatehouse_request.h"
#include "respond/ngx_http_gatehouse_respond.h"
#include "conf/ngx_http_gatehouse_conf.h"


static ngx_http_gatehouse_header_t *ngx_http_gatehouse_push_header(
    ngx_conf_t *cf, ngx_array_t *headers, ngx_str_t *name, ngx_str_t *value);
static ngx_http_gatehouse_header_t *ngx_http_gatehouse_find_header(
    ngx_array_t *headers, ngx_str_t *name);


static ngx_keyval_t  ngx_http_gatehouse_default_headers[] = {
    { ngx_string("Remote-User"), ngx_string("$gatehouse_remote_user") },
    { ngx_string("Remote-Name"), ngx_string("$gatehouse_name") },
    { ngx_string("Remote-Email"), ngx_string("$gatehouse_email") },
    { ngx_string("Remote-Groups"), ngx_string("$gatehouse_roles") },
    { ngx_null_string, ngx_null_string }
};


char *
ngx_http_gatehouse_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_gatehouse_loc_conf_t *glcf = conf;

    gh_error                         error;
    ngx_str_t                       *value;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    value = cf->args->elts;

    if (gh_identity_header_check(ngx_http_gatehouse_view(&value[1]), &error)
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.text);
        return NGX_CONF_ERROR;
    }

    if (glcf->headers == NULL) {
        glcf->headers = ngx_array_create(cf->pool, 4,
                                         sizeof(ngx_http_gatehouse_header_t));
        if (glcf->headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_gatehouse_find_header(glcf->headers, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate gatehouse_header \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_gatehouse_push_header(cf, glcf->headers, &value[1], &value[2])
        == NULL)
    {
        return NGX_CONF_ERROR;
    }

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (ngx_http_gatehouse_reserve(cf, gmcf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_http_gatehouse_header_t *
ngx_http_gatehouse_push_header(ngx_conf_t *cf, ngx_array_t *headers,
    ngx_str_t *name, ngx_str_t *value)
{
    ngx_http_gatehouse_header_t       *header;
    ngx_http_compile_complex_value_t   ccv;

    header = ngx_array_push(headers);
    if (header == NULL) {
        return NULL;
    }

    header->name = *name;
    header->lowcase.len = name->len;
    header->lowcase.data = ngx_pnalloc(cf->pool, name->len);
    if (header->lowcase.data == NULL) {
        return NULL;
    }

    header->hash = ngx_hash_strlow(header->lowcase.data, name->data,
                                   name->len);

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = &header->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NULL;
    }

    header->attribute = ngx_http_gatehouse_find_attribute(value);

    return header;
}


static ngx_http_gatehouse_header_t *
ngx_http_gatehouse_find_header(ngx_array_t *headers, ngx_str_t *name)
{
    ngx_uint_t                    i;
    ngx_http_gatehouse_header_t  *header;

    header = headers->elts;

    for (i = 0; i < headers->nelts; i++) {
        if (ngx_http_gatehouse_same_name(&header[i].name, name)) {
            return &header[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_gatehouse_merge_headers(ngx_conf_t *cf,
    ngx_http_gatehouse_loc_conf_t *prev, ngx_http_gatehouse_loc_conf_t *conf)
{
    ngx_uint_t                       i;
    ngx_keyval_t                    *kv;
    ngx_http_gatehouse_header_t     *header, *copy;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (gmcf->realms == 0) {
        return NGX_OK;
    }

    if (conf->headers == NULL) {
        conf->headers = prev->headers;

        if (prev->identity) {
            conf->identity = prev->identity;
            return NGX_OK;
        }
    }

    conf->identity = ngx_array_create(cf->pool, 8,
                                      sizeof(ngx_http_gatehouse_header_t));
    if (conf->identity == NULL) {
        return NGX_ERROR;
    }

    if (conf->headers) {
        header = conf->headers->elts;

        for (i = 0; i < conf->headers->nelts; i++) {
            copy = ngx_array_push(conf->identity);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = header[i];
        }
    }

    for (kv = ngx_http_gatehouse_default_headers; kv->key.len; kv++) {
        if (ngx_http_gatehouse_find_header(conf->identity, &kv->key)) {
            continue;
        }

        if (ngx_http_gatehouse_push_header(cf, conf->identity, &kv->key,
                                           &kv->value)
            == NULL)
        {
            return NGX_ERROR;
        }

        if (ngx_http_gatehouse_reserve(cf, gmcf, &kv->key) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
