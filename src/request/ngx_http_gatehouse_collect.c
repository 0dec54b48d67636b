
/*
 * Credentials leave the request and are kept for the guard and the endpoints:
 * our cookies and the headers in which dialects have their tokens at once, in
 * every location, Authorization as soon as a guard has judged by it.  A
 * location may ask for them.
 */


#include "request/ngx_http_gatehouse_request.h"


/* of ours in one header, without a second walk */

#define NGX_HTTP_GATEHOUSE_COOKIES  16


static ngx_int_t ngx_http_gatehouse_take_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_kept_t *kept);


/* NGX_DECLINED: it is the application's own. */

ngx_int_t
ngx_http_gatehouse_collect(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_table_elt_t *h, ngx_uint_t kind)
{
    ngx_http_gatehouse_kept_t  collected, *kept;

    ngx_memzero(&collected, sizeof(ngx_http_gatehouse_kept_t));

    collected.header = *h;
    collected.kind = kind;

    if (kind == NGX_HTTP_GATEHOUSE_COOKIE) {

        if (ngx_http_gatehouse_take_cookies(r, &collected) != NGX_OK) {
            return NGX_ERROR;
        }

        if (collected.ncookies == 0) {
            return NGX_DECLINED;
        }

    } else if (ngx_http_gatehouse_same_name(&h->key,
                                            &ngx_http_gatehouse_api_key)
               && !gh_is_api_key(ngx_http_gatehouse_view(&h->value)))
    {
        return NGX_DECLINED;
    }

    if (headers->elts == NULL
        && ngx_array_init(headers, r->pool, 2,
                          sizeof(ngx_http_gatehouse_kept_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    kept = ngx_array_push(headers);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    *kept = collected;

    return NGX_OK;
}


/* What was collected is the guard's and the endpoints' from now on. */

ngx_int_t
ngx_http_gatehouse_keep(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_http_gatehouse_said_t *said)
{
    size_t                      n;
    gh_str                     *authorization, *cookies;
    ngx_uint_t                  i;
    gh_credentials             *credentials;
    ngx_http_gatehouse_ctx_t   *ctx;
    ngx_http_gatehouse_kept_t  *kept;

    kept = headers->elts;

    n = headers->nelts;

    for (i = 0; i < headers->nelts; i++) {
        n += kept[i].ncookies;
    }

    ctx = ngx_http_gatehouse_get_ctx(r);
    authorization = ngx_palloc(r->pool, n * sizeof(gh_str));

    if (ctx == NULL || authorization == NULL) {
        return NGX_ERROR;
    }

    cookies = authorization + headers->nelts;

    credentials = &ctx->credentials;

    credentials->authorization = authorization;
    credentials->cookies = cookies;

    for (i = 0; i < headers->nelts; i++) {

        if (kept[i].kind == NGX_HTTP_GATEHOUSE_AUTHORIZATION) {
            authorization[credentials->authorization_count++] =
                               ngx_http_gatehouse_view(&kept[i].header.value);

        } else if (kept[i].kind == NGX_HTTP_GATEHOUSE_COOKIE) {
            ngx_memcpy(&cookies[credentials->cookie_count], kept[i].cookies,
                       kept[i].ncookies * sizeof(gh_str));

            credentials->cookie_count += kept[i].ncookies;
        }
    }

    ctx->kept = kept;
    ctx->nkept = headers->nelts;
    ctx->said = *said;

    ctx->received = 1;
    ctx->read = 1;

    return NGX_OK;
}


/*
 * Ours of a Cookie header, and what is left of it for an application, which
 * ends with a NUL, as all values do.
 */

static ngx_int_t
ngx_http_gatehouse_take_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_kept_t *kept)
{
    size_t                           i, n, size;
    gh_str                           header, found[NGX_HTTP_GATEHOUSE_COOKIES];
    ngx_str_t                       *left;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    header = ngx_http_gatehouse_view(&kept->header.value);

    n = gh_find_cookies(gmcf->config, header, found,
                        NGX_HTTP_GATEHOUSE_COOKIES);

    if (n == 0) {
        return NGX_OK;
    }

    kept->cookies = ngx_palloc(r->pool, n * sizeof(gh_str));
    if (kept->cookies == NULL) {
        return NGX_ERROR;
    }

    if (n <= NGX_HTTP_GATEHOUSE_COOKIES) {
        ngx_memcpy(kept->cookies, found, n * sizeof(gh_str));

    } else {
        (void) gh_find_cookies(gmcf->config, header, kept->cookies, n);
    }

    kept->ncookies = n;

    size = header.len;

    for (i = 0; i < n; i++) {
        size -= kept->cookies[i].len;
    }

    left = &kept->left;

    left->data = ngx_pnalloc(r->pool, size + 1);
    if (left->data == NULL) {
        return NGX_ERROR;
    }

    left->len = gh_remove_cookies(header, kept->cookies, n,
                                  (char *) left->data);
    left->data[left->len] = '\0';

    return NGX_OK;
}
