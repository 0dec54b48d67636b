
/*
 * What the client sent: credentials, and what its request says of itself.
 * Of a subrequest nobody but its main request can tell.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_int_t ngx_http_gatehouse_named(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_str_t *header, const gh_str **values,
    size_t *count);


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
    gh_traits                       traits;
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

    if (ngx_http_gatehouse_is_for_another(r, glcf)
        && ngx_http_gatehouse_traits(r, &traits) == NGX_OK
        && traits.server.len == 0 && traits.host.len)
    {
        /* the host that the proxy says, and not its own */

        credentials->host = traits.host;
    }

    credentials->address = ngx_http_gatehouse_view(&r->connection->addr_text);

    if (glcf->signed_url && glcf->guard && r == r->main) {
        credentials->signed_target =
                                  ngx_http_gatehouse_view(&ctx->signed_target);
    }

    if (glcf->from_names == NULL) {
        return NGX_OK;
    }

    credentials->named_cookie =
                          ngx_http_gatehouse_view(&glcf->from_names->cookie);

    if (glcf->from_names->header.len
        && ngx_http_gatehouse_named(r, ctx, &glcf->from_names->header,
                                    &credentials->named,
                                    &credentials->named_count)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((glcf->from & GH_FROM_API_KEY) == 0) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_named(r, ctx, &ngx_http_gatehouse_api_key,
                                    &credentials->api_keys,
                                    &credentials->api_key_count);
}


static ngx_int_t
ngx_http_gatehouse_named(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    ngx_str_t *header, const gh_str **values, size_t *count)
{
    gh_str      *found;
    ngx_uint_t   i;

    if (ctx->nkept == 0) {
        return NGX_OK;
    }

    found = ngx_palloc(r->pool, ctx->nkept * sizeof(gh_str));
    if (found == NULL) {
        return NGX_ERROR;
    }

    *values = found;

    for (i = 0; i < ctx->nkept; i++) {
        if (ngx_http_gatehouse_same_name(&ctx->kept[i].header.key, header)) {
            found[(*count)++] =
                           ngx_http_gatehouse_view(&ctx->kept[i].header.value);
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED: what a proxy says of the request contradicts itself. */

ngx_int_t
ngx_http_gatehouse_traits(ngx_http_request_t *r, gh_traits *traits)
{
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_said_t      *said, unremembered;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    ctx = ngx_http_gatehouse_get_ctx(r);

    said = ctx ? &ctx->said : &unremembered;

    if (ctx == NULL || !ctx->read) {

        /* no credentials came, or the walk would have been remembered */

        (void) ngx_http_gatehouse_read_headers(r->main, said, NULL);
    }

    if (ctx) {
        ctx->read = 1;
    }

    *traits = said->traits;

    traits->method = ngx_http_gatehouse_view(&r->main->method_name);
    traits->uri = ngx_http_gatehouse_view(&r->main->unparsed_uri);
    traits->server = ngx_http_gatehouse_view(&r->main->headers_in.server);

    /* a module built --with-compat serves an nginx that may have TLS */

#if (NGX_SSL || NGX_COMPAT)
    traits->secure = (r->connection->ssl != NULL);
#endif

    if (ctx) {
        traits->wants = ctx->wants;
    }

    if (glcf->origins) {
        traits->allowed_origins = glcf->origins->elts;
        traits->allowed_origin_count = glcf->origins->nelts;
    }

    if (ngx_http_gatehouse_is_for_another(r, glcf)) {
        return ngx_http_gatehouse_forwarded(r, glcf->check_from, said, traits);
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
