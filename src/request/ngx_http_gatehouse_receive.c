
/*
 * Credentials leave the request before anything else can read them, and are
 * kept for the guard and the endpoints: our cookies and the headers in which
 * dialects have their tokens at once, in every location, Authorization as
 * soon as a guard has judged by it.  A location may ask for them.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_uint_t ngx_http_gatehouse_kind(
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_table_elt_t *h);
static ngx_int_t ngx_http_gatehouse_keep(ngx_http_request_t *r, ngx_uint_t n);
static ngx_int_t ngx_http_gatehouse_keep_cookie(ngx_http_request_t *r,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_gatehouse_kept_t *kept);


ngx_int_t
ngx_http_gatehouse_post_read_handler(ngx_http_request_t *r)
{
    if (ngx_http_gatehouse_receive(r) != NGX_OK
        || ngx_http_gatehouse_mask_endpoint(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_gatehouse_find_hop(r)
           ? NGX_DECLINED : ngx_http_gatehouse_refuse_ambiguous(r);
}


/*
 * Runs before the access log is written, for requests that nginx has refused
 * while it read them: no phase has seen them.
 */

ngx_int_t
ngx_http_gatehouse_log_handler(ngx_http_request_t *r)
{
    if (r->phase_handler) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_receive(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_mask_all(r);
}


/*
 * Runs for a new location of a request that has had one before, and for
 * those that missed the post read phase: subrequests, and error pages of
 * requests that nginx could not read to their end.
 */

ngx_int_t
ngx_http_gatehouse_rewrite_handler(ngx_http_request_t *r)
{
    ngx_http_gatehouse_ctx_t  *ctx;

    if (ngx_http_gatehouse_mask(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!r->internal) {
        return NGX_DECLINED;
    }

    if (r == r->main && ngx_http_gatehouse_receive(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    if (r == r->main) {
        ctx->refused = 0;
        ctx->hop = NULL;
    }

    if (ngx_http_gatehouse_rebuild(r, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_gatehouse_receive(ngx_http_request_t *r)
{
    ngx_uint_t                       i, n, kind, reserved;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx && ctx->received) {
        return NGX_OK;
    }

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    n = 0;
    reserved = 0;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        kind = ngx_http_gatehouse_kind(gmcf, h);

        if (kind == NGX_HTTP_GATEHOUSE_RESERVED) {
            reserved = 1;

        } else if (kind) {
            n++;
        }
    }

    if (n && ngx_http_gatehouse_keep(r, n) != NGX_OK) {
        return NGX_ERROR;
    }

    if (n || reserved) {
        return ngx_http_gatehouse_rebuild(r, 0);
    }

    return NGX_OK;
}


/* 0: it is nothing to us. */

static ngx_uint_t
ngx_http_gatehouse_kind(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_table_elt_t *h)
{
    if (ngx_http_gatehouse_is_reserved(gmcf, &h->key)) {
        return NGX_HTTP_GATEHOUSE_RESERVED;
    }

    if (ngx_http_gatehouse_same_name(&h->key, &ngx_http_gatehouse_cookie)) {
        return gh_holds_cookies(gmcf->config,
                                ngx_http_gatehouse_view(&h->value))
               ? NGX_HTTP_GATEHOUSE_COOKIE : 0;
    }

    if (ngx_http_gatehouse_same_name(&h->key,
                                     &ngx_http_gatehouse_authorization))
    {
        return NGX_HTTP_GATEHOUSE_AUTHORIZATION;
    }

    return ngx_http_gatehouse_is_token(gmcf, &h->key)
           ? NGX_HTTP_GATEHOUSE_TOKEN : 0;
}


static ngx_int_t
ngx_http_gatehouse_keep(ngx_http_request_t *r, ngx_uint_t n)
{
    gh_str                          *authorization, *cookies;
    ngx_uint_t                       i, kind;
    gh_credentials                  *credentials;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_kept_t       *kept;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    ctx = ngx_http_gatehouse_get_ctx(r);

    kept = ngx_pcalloc(r->pool, n * sizeof(ngx_http_gatehouse_kept_t));
    authorization = ngx_palloc(r->pool, 2 * n * sizeof(gh_str));

    if (ctx == NULL || kept == NULL || authorization == NULL) {
        return NGX_ERROR;
    }

    cookies = authorization + n;

    credentials = &ctx->credentials;

    credentials->authorization = authorization;
    credentials->cookies = cookies;

    ctx->kept = kept;
    ctx->nkept = n;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        kind = ngx_http_gatehouse_kind(gmcf, h);

        if (kind == 0 || kind == NGX_HTTP_GATEHOUSE_RESERVED) {
            continue;
        }

        kept->header = *h;
        kept->kind = kind;

        if (kind == NGX_HTTP_GATEHOUSE_AUTHORIZATION) {
            authorization[credentials->authorization_count++] =
                                          ngx_http_gatehouse_view(&h->value);

        } else if (kind == NGX_HTTP_GATEHOUSE_COOKIE) {
            cookies[credentials->cookie_count++] =
                                          ngx_http_gatehouse_view(&h->value);

            if (ngx_http_gatehouse_keep_cookie(r, gmcf, kept) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        kept++;
    }

    ctx->received = 1;

    return NGX_OK;
}


/* What is left for an application ends with a NUL, as all values do. */

static ngx_int_t
ngx_http_gatehouse_keep_cookie(ngx_http_request_t *r,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_gatehouse_kept_t *kept)
{
    ngx_str_t  *left;

    left = &kept->left;

    left->data = ngx_pnalloc(r->pool, kept->header.value.len + 1);
    if (left->data == NULL) {
        return NGX_ERROR;
    }

    left->len = gh_remove_cookies(gmcf->config,
                                ngx_http_gatehouse_view(&kept->header.value),
                                (char *) left->data);
    left->data[left->len] = '\0';

    return NGX_OK;
}
