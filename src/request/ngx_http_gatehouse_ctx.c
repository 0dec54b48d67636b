
/*
 * What is remembered of a client's request over internal redirects, which
 * clear the contexts of all modules, and in its subrequests.
 */


#include "request/ngx_http_gatehouse_request.h"


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
    ngx_http_set_ctx(r->main, ctx, ngx_http_gatehouse_module);

    return ctx;
}


static void
ngx_http_gatehouse_cleanup(void *data)
{
    ngx_http_gatehouse_ctx_t *ctx = data;

    ngx_http_gatehouse_renewal_t    *renewal;
    ngx_http_gatehouse_principal_t  *principal;

    for (principal = ctx->principals; principal; principal = principal->next) {
        gh_identity_release(principal->decision.identity);
    }

    for (renewal = ctx->renewals; renewal; renewal = renewal->next) {
        gh_identity_release(renewal->decision.identity);
    }
}
