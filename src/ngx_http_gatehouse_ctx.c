
/*
 * What is remembered of a client's request over internal redirects, which
 * clear the contexts of all modules, and in its subrequests.
 */


#include "ngx_http_gatehouse_module.h"


static void ngx_http_gatehouse_cleanup(void *data);


ngx_http_gatehouse_ctx_t *
ngx_http_gatehouse_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_gatehouse_module);

    if (ctx || (r == r->main && !r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_gatehouse_cleanup) {
            ngx_http_set_ctx(r, cln->data, ngx_http_gatehouse_module);
            return cln->data;
        }
    }

    return NULL;
}


ngx_http_gatehouse_ctx_t *
ngx_http_gatehouse_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_find_ctx(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_gatehouse_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_gatehouse_ctx_t));

    cln->handler = ngx_http_gatehouse_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_gatehouse_module);

    return ctx;
}


static void
ngx_http_gatehouse_cleanup(void *data)
{
    ngx_http_gatehouse_ctx_t *ctx = data;

    ngx_http_gatehouse_principal_t  *principal;

    for (principal = ctx->principals; principal; principal = principal->next) {
        if (principal->decision.identity) {
            gh_identity_release(principal->decision.identity);
        }
    }
}


/*
 * Every Authorization header of the client, collected before the first of
 * them may be hidden.
 */

gh_credentials *
ngx_http_gatehouse_credentials(ngx_http_request_t *r)
{
    gh_str                    *value;
    ngx_uint_t                 i, n;
    ngx_list_part_t           *part;
    ngx_table_elt_t           *h, **found;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->collected) {
        return &ctx->credentials;
    }

    n = 0;

    for (part = &r->main->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    value = ngx_palloc(r->pool, n * sizeof(gh_str));
    found = ngx_palloc(r->pool, n * sizeof(ngx_table_elt_t *));

    if (value == NULL || found == NULL) {
        return NULL;
    }

    ctx->credentials.authorization = value;
    ctx->authorization = found;

    part = &r->main->headers_in.headers.part;
    i = 0;
    n = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key,
                                         &ngx_http_gatehouse_authorization))
        {
            value[n] = ngx_http_gatehouse_view(&h->value);
            found[n] = h;
            n++;
        }
    }

    ctx->credentials.authorization_count = n;
    ctx->collected = 1;

    return &ctx->credentials;
}
