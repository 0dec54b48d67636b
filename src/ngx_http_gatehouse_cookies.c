
/*
 * The realm's cookies are for us: an application behind a guard gets the
 * client's Cookie header without them, and every other cookie as it was
 * sent.  The next location starts with all of them again.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_push_cookie(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_str_t *value);
static ngx_int_t ngx_http_gatehouse_link_cookies(ngx_http_request_t *r);


ngx_int_t
ngx_http_gatehouse_strip_cookies(ngx_http_request_t *r, gh_realm *realm)
{
    ngx_str_t                 *left;
    ngx_uint_t                 i, n, ours;
    gh_credentials             credentials;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_get_ctx(r);

    if (ctx == NULL
        || ngx_http_gatehouse_credentials(r, &credentials) != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = credentials.cookie_count;

    if (n == 0) {
        return NGX_OK;
    }

    left = ngx_palloc(r->pool, n * sizeof(ngx_str_t));
    if (left == NULL) {
        return NGX_ERROR;
    }

    ours = 0;

    for (i = 0; i < n; i++) {

        /* the values of nginx's headers end with a NUL */

        left[i].data = ngx_pnalloc(r->pool, credentials.cookies[i].len + 1);
        if (left[i].data == NULL) {
            return NGX_ERROR;
        }

        left[i].len = gh_remove_cookies(realm, credentials.cookies[i],
                                        (char *) left[i].data);
        left[i].data[left[i].len] = '\0';

        if (left[i].len != credentials.cookies[i].len) {
            ours = 1;
        }
    }

    if (!ours) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_rebuild(r, NGX_HTTP_GATEHOUSE_DROP_COOKIE)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (left[i].len
            && ngx_http_gatehouse_push_cookie(r, ctx->cookies[i], &left[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ctx->stripped = 1;

    return ngx_http_gatehouse_link_cookies(r);
}


ngx_int_t
ngx_http_gatehouse_restore_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t        i, n, missing;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (!ctx->stripped) {
        return NGX_OK;
    }

    n = ctx->credentials.cookie_count;
    missing = n;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (missing
            && h->value.data == ctx->cookies[n - missing]->value.data
            && ngx_http_gatehouse_same_name(&h->key,
                                            &ngx_http_gatehouse_cookie))
        {
            missing--;
        }
    }

    if (missing == 0) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_rebuild(r, NGX_HTTP_GATEHOUSE_DROP_COOKIE)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_gatehouse_push_cookie(r, ctx->cookies[i],
                                           &ctx->cookies[i]->value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_gatehouse_link_cookies(r);
}


static ngx_int_t
ngx_http_gatehouse_push_cookie(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_str_t *value)
{
    ngx_table_elt_t  *copy;

    copy = ngx_list_push(&r->headers_in.headers);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    *copy = *h;
    copy->value = *value;

    return NGX_OK;
}


/* For $http_cookie and $cookie_NAME, which do not look at the list. */

#if (nginx_version >= 1023000)

static ngx_int_t
ngx_http_gatehouse_link_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h, **last;

    last = &r->headers_in.cookie;
    *last = NULL;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key, &ngx_http_gatehouse_cookie))
        {
            h->next = NULL;
            *last = h;
            last = &h->next;
        }
    }

    return NGX_OK;
}

#else

static ngx_int_t
ngx_http_gatehouse_link_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h, **cookie;

    /* the old array is shared with the parent of a subrequest */

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 2,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key, &ngx_http_gatehouse_cookie))
        {
            cookie = ngx_array_push(&r->headers_in.cookies);
            if (cookie == NULL) {
                return NGX_ERROR;
            }

            *cookie = h;
        }
    }

    return NGX_OK;
}

#endif
