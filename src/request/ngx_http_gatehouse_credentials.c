
/*
 * What the client sent: credentials, and what its request says of itself.
 * Of a subrequest nobody but its main request can tell.
 */


#include "request/ngx_http_gatehouse_request.h"


typedef struct {
    ngx_str_t   name;
    size_t      offset;
} ngx_http_gatehouse_trait_t;


static ngx_http_gatehouse_trait_t  ngx_http_gatehouse_trait_headers[] = {
    { ngx_string("Host"), offsetof(gh_traits, host) },
    { ngx_string("Origin"), offsetof(gh_traits, origin) },
    { ngx_string("Sec-Fetch-Site"), offsetof(gh_traits, fetch_site) },
    { ngx_string("Sec-Fetch-Mode"), offsetof(gh_traits, fetch_mode) },
    { ngx_string("Sec-Fetch-Dest"), offsetof(gh_traits, fetch_dest) },
    { ngx_string("Accept"), offsetof(gh_traits, accept) },
    { ngx_string("Accept-Language"), offsetof(gh_traits, accept_language) },
    { ngx_string("Upgrade"), offsetof(gh_traits, upgrade) },
    { ngx_string("X-Requested-With"), offsetof(gh_traits, requested_with) },
    { ngx_string("HX-Request"), offsetof(gh_traits, script_mark) },
    { ngx_string("Turbo-Frame"), offsetof(gh_traits, script_mark) },
    { ngx_string("X-PJAX"), offsetof(gh_traits, script_mark) },
    { ngx_string("X-Up-Version"), offsetof(gh_traits, script_mark) },
    { ngx_string("Access-Control-Request-Method"),
      offsetof(gh_traits, preflight_method) },
    { ngx_string("Access-Control-Request-Headers"),
      offsetof(gh_traits, preflight_headers) },
    { ngx_null_string, 0 }
};


/* A proxy has something to say of the request. */

static ngx_uint_t
ngx_http_gatehouse_is_for_another(ngx_http_request_t *r,
    ngx_http_gatehouse_loc_conf_t *glcf)
{
    return (glcf->check || glcf->hop) && glcf->check_from && r == r->main;
}


/* As far as they count in the location of the request. */

ngx_int_t
ngx_http_gatehouse_credentials(ngx_http_request_t *r,
    gh_credentials *credentials)
{
    gh_str                         *values;
    gh_traits                       traits;
    ngx_str_t                      *header;
    ngx_uint_t                      i;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    *credentials = ctx->credentials;
    credentials->from = glcf->from;
    credentials->stale_limit = glcf->stale_limit;
    credentials->host = ngx_http_gatehouse_view(&r->main->headers_in.server);

    if (ngx_http_gatehouse_is_for_another(r, glcf)) {
        ngx_memzero(&traits, sizeof(gh_traits));

        if (ngx_http_gatehouse_forwarded(r, glcf->check_from, &traits)
            == NGX_OK
            && traits.host.len)
        {
            credentials->host = traits.host;
        }
    }

    if (glcf->from_names == NULL) {
        return NGX_OK;
    }

    credentials->named_cookie =
                          ngx_http_gatehouse_view(&glcf->from_names->cookie);

    header = &glcf->from_names->header;

    if (header->len == 0 || ctx->nkept == 0) {
        return NGX_OK;
    }

    values = ngx_palloc(r->pool, ctx->nkept * sizeof(gh_str));
    if (values == NULL) {
        return NGX_ERROR;
    }

    credentials->named = values;

    for (i = 0; i < ctx->nkept; i++) {
        if (ngx_http_gatehouse_same_name(&ctx->kept[i].header.key, header)) {
            values[credentials->named_count++] =
                           ngx_http_gatehouse_view(&ctx->kept[i].header.value);
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED: what a proxy says of the request contradicts itself. */

ngx_int_t
ngx_http_gatehouse_traits(ngx_http_request_t *r, gh_traits *traits)
{
    gh_str                         *trait;
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_http_gatehouse_trait_t     *known;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    ngx_memzero(traits, sizeof(gh_traits));

    traits->method = ngx_http_gatehouse_view(&r->main->method_name);
    traits->uri = ngx_http_gatehouse_view(&r->main->unparsed_uri);
    traits->server = ngx_http_gatehouse_view(&r->main->headers_in.server);

    /* a module built --with-compat serves an nginx that may have TLS */

#if (NGX_SSL || NGX_COMPAT)
    traits->secure = (r->connection->ssl != NULL);
#endif

    if (glcf->origins) {
        traits->allowed_origins = glcf->origins->elts;
        traits->allowed_origin_count = glcf->origins->nelts;
    }

    part = &r->main->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        for (known = ngx_http_gatehouse_trait_headers; known->name.len;
             known++)
        {
            if (ngx_http_gatehouse_same_name(&h->key, &known->name)) {
                trait = (gh_str *) ((u_char *) traits + known->offset);
                *trait = ngx_http_gatehouse_view(&h->value);
                break;
            }
        }
    }

    if (ngx_http_gatehouse_is_for_another(r, glcf)) {
        return ngx_http_gatehouse_forwarded(r, glcf->check_from, traits);
    }

    return NGX_OK;
}


gh_str
ngx_http_gatehouse_user_agent(ngx_http_request_t *r)
{
    gh_str            none;
    ngx_table_elt_t  *h;

    h = r->headers_in.user_agent;

    if (h) {
        return ngx_http_gatehouse_view(&h->value);
    }

    ngx_memzero(&none, sizeof(gh_str));

    return none;
}


gh_str
ngx_http_gatehouse_request_id(ngx_http_request_t *r)
{
    gh_str                           id;
    ngx_http_variable_value_t       *vv;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    ngx_memzero(&id, sizeof(gh_str));

    vv = ngx_http_get_indexed_variable(r->main, gmcf->request_id);

    if (vv && !vv->not_found) {
        id.data = (const char *) vv->data;
        id.len = vv->len;
    }

    return id;
}
