
/*
 * Headers of a response: those that we add, and what becomes of the
 * application's own when there are new cookies to go with them.
 */


#include "respond/ngx_http_gatehouse_respond.h"


static ngx_int_t ngx_http_gatehouse_yield_to_expires(ngx_http_request_t *r);
static void ngx_http_gatehouse_drop_headers(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);


static gh_str  ngx_http_gatehouse_cache_control = {
    "Cache-Control", sizeof("Cache-Control") - 1
};

static gh_str  ngx_http_gatehouse_set_cookie = {
    "Set-Cookie", sizeof("Set-Cookie") - 1
};

static gh_str  ngx_http_gatehouse_location = {
    "Location", sizeof("Location") - 1
};


/*
 * Turns a 401 into the way to the login page.  NGX_DECLINED: this client
 * would not follow it.  It is done here, not in the access phase, so that
 * another check of "satisfy any" or an "error_page 401" go first.
 */

ngx_int_t
ngx_http_gatehouse_login_redirect(ngx_http_request_t *r, gh_realm *realm)
{
    u_char     *p;
    size_t      size;
    gh_str      value;
    gh_traits   traits;

    (void) ngx_http_gatehouse_traits(r, &traits);

    /* the path, all of it escaped, and the login page's own address */

    size = 3 * r->unparsed_uri.len + 4096;

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = (const char *) p;
    value.len = gh_login_redirect(realm, &traits, (char *) p, size);

    if (value.len == 0) {
        return NGX_DECLINED;
    }

    /* not headers_out.location: nginx would put its own host before a path */

    if (ngx_http_gatehouse_add_header(r, ngx_http_gatehouse_location, value)
        == NULL)
    {
        return NGX_ERROR;
    }

    r->headers_out.status = NGX_HTTP_MOVED_TEMPORARILY;
    r->headers_out.status_line.len = 0;
    r->err_status = NGX_HTTP_MOVED_TEMPORARILY;

    return NGX_OK;
}


/*
 * The new cookies of a silent refresh.  Whatever the application says of
 * caching, nobody may store them with the response.  A 304 would say so of
 * a page that the browser has already: it keeps that, but asks each time.
 */

ngx_int_t
ngx_http_gatehouse_set_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t                     i, n;
    ngx_http_gatehouse_renewal_t  *renewal;

    static gh_str  revalidate = {
        "private, no-cache", sizeof("private, no-cache") - 1
    };

    n = 0;

    for (renewal = ctx->renewals; renewal; renewal = renewal->next) {
        n += renewal->ncookies;
    }

    if (n == 0) {
        return NGX_OK;
    }

    ngx_http_gatehouse_drop_headers(r, ctx);

    for (renewal = ctx->renewals; renewal; renewal = renewal->next) {

        for (i = 0; i < renewal->ncookies; i++) {
            if (ngx_http_gatehouse_add_header(r, ngx_http_gatehouse_set_cookie,
                                 ngx_http_gatehouse_view(&renewal->cookies[i]))
                == NULL)
            {
                return NGX_ERROR;
            }
        }
    }

    if (r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
        return ngx_http_gatehouse_add_header(r,
                                  ngx_http_gatehouse_cache_control, revalidate)
               ? NGX_OK : NGX_ERROR;
    }

    return ngx_http_gatehouse_no_store(r);
}


/*
 * After the logout nobody at the same browser shall go back to a page of its
 * user: unless the application says otherwise, no browser keeps one.
 */

ngx_int_t
ngx_http_gatehouse_keep_private(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_str_t         *type;
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;

    static ngx_str_t  cache_control = ngx_string("Cache-Control");
    static ngx_str_t  html = ngx_string("text/html");

    type = &r->headers_out.content_type;

    if (ctx->current == NULL
        || !ctx->current->decision.by_cookie
        || type->len < html.len
        || (ngx_memcmp(type->data, html.data, html.len) != 0
            && ngx_strncasecmp(type->data, html.data, html.len) != 0))
    {
        return NGX_OK;
    }

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (h->hash && ngx_http_gatehouse_same_name(&h->key, &cache_control)) {
            return NGX_OK;
        }
    }

    return ngx_http_gatehouse_no_store(r) == NGX_OK
           ? ngx_http_gatehouse_yield_to_expires(r) : NGX_ERROR;
}


/* "expires" writes over the header that it knows of, else adds its own. */

static ngx_int_t
ngx_http_gatehouse_yield_to_expires(ngx_http_request_t *r)
{
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = r->headers_out.headers.last;
    h = (ngx_table_elt_t *) part->elts + part->nelts - 1;

#if (nginx_version >= 1023000)

    h->next = NULL;
    r->headers_out.cache_control = h;

#else

    {
    ngx_table_elt_t  **ccp;

    if (ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ccp = ngx_array_push(&r->headers_out.cache_control);
    if (ccp == NULL) {
        return NGX_ERROR;
    }

    *ccp = h;
    }

#endif

    return NGX_OK;
}


/* A filter may start a response again, with the headers it has: 416 does. */

static void
ngx_http_gatehouse_drop_headers(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t                     i, n;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    ngx_http_gatehouse_renewal_t  *renewal;

    static ngx_str_t  cache_control = ngx_string("Cache-Control");

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key, &cache_control)) {
            h->hash = 0;
            continue;
        }

        for (renewal = ctx->renewals; renewal; renewal = renewal->next) {

            for (n = 0; n < renewal->ncookies; n++) {
                if (h->value.data == renewal->cookies[n].data) {
                    h->hash = 0;
                }
            }
        }
    }
}
