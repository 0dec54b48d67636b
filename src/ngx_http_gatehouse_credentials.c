
/*
 * What the client sent: credentials, and what its request says of itself.
 * Of a subrequest nobody but its main request can tell.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_collect(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
static ngx_int_t ngx_http_gatehouse_collect_named(ngx_http_request_t *r,
    ngx_list_part_t sent, ngx_str_t *name, gh_credentials *credentials);


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
    { ngx_null_string, 0 }
};


/* As far as they count in the location of the request. */

ngx_int_t
ngx_http_gatehouse_credentials(ngx_http_request_t *r,
    gh_credentials *credentials)
{
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (!ctx->collected && ngx_http_gatehouse_collect(r->main, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    *credentials = ctx->credentials;
    credentials->from = glcf->from;
    credentials->stale_limit = glcf->stale_limit;

    if (glcf->from_names == NULL) {
        return NGX_OK;
    }

    credentials->named_cookie =
                          ngx_http_gatehouse_view(&glcf->from_names->cookie);

    if (glcf->from_names->header.len == 0) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_collect_named(r, ctx->sent,
                                            &glcf->from_names->header,
                                            credentials);
}


static ngx_int_t
ngx_http_gatehouse_collect_named(ngx_http_request_t *r, ngx_list_part_t sent,
    ngx_str_t *name, gh_credentials *credentials)
{
    gh_str           *values;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    /* more than two are as many as two */

    values = ngx_palloc(r->pool, 2 * sizeof(gh_str));
    if (values == NULL) {
        return NGX_ERROR;
    }

    credentials->named = values;

    part = &sent;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (credentials->named_count < 2
            && ngx_http_gatehouse_same_name(&h->key, name))
        {
            values[credentials->named_count++] =
                                          ngx_http_gatehouse_view(&h->value);
        }
    }

    return NGX_OK;
}


/* All of them, before the first may be hidden from an application. */

static ngx_int_t
ngx_http_gatehouse_collect(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    gh_str           *authorization, *cookies;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;
    gh_credentials   *credentials;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    authorization = ngx_palloc(r->pool, 2 * n * sizeof(gh_str));
    ctx->cookies = ngx_palloc(r->pool, n * sizeof(ngx_table_elt_t *));

    if (authorization == NULL || ctx->cookies == NULL) {
        return NGX_ERROR;
    }

    ctx->sent = r->headers_in.headers.part;
    cookies = authorization + n;

    credentials = &ctx->credentials;

    credentials->authorization = authorization;
    credentials->cookies = cookies;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key,
                                         &ngx_http_gatehouse_authorization))
        {
            n = credentials->authorization_count++;
            authorization[n] = ngx_http_gatehouse_view(&h->value);

        } else if (ngx_http_gatehouse_same_name(&h->key,
                                                &ngx_http_gatehouse_cookie))
        {
            n = credentials->cookie_count++;
            cookies[n] = ngx_http_gatehouse_view(&h->value);
            ctx->cookies[n] = h;
        }
    }

    ctx->collected = 1;

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

#if (NGX_HTTP_SSL)
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

    if (glcf->check && glcf->check_from && r == r->main) {
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
