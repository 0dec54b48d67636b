
/*
 * The list of headers as the location of a request is to see it: without the
 * identity that a client claims, and with what it may see of the credentials.
 */


#include "request/ngx_http_gatehouse_request.h"


#define NGX_HTTP_GATEHOUSE_ROOM_FOR_IDENTITY  8


static ngx_uint_t ngx_http_gatehouse_has_room(ngx_list_t *list,
    ngx_uint_t room);
static ngx_uint_t ngx_http_gatehouse_is_as_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_uint_t settled);
static void ngx_http_gatehouse_unplace(ngx_http_gatehouse_ctx_t *ctx);
static void ngx_http_gatehouse_copy_header(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_str_t *value);
static ngx_int_t ngx_http_gatehouse_link_cookies(ngx_http_request_t *r);


/*
 * Makes the list of headers what the location of the request is to see:
 * without headers of identity, with what it may see of those kept, and with
 * room for as many as are to be added.  It has a say only when it is settled
 * that this location will answer.  The parts of a list are shared with
 * subrequests: what is in them never changes.
 */

ngx_int_t
ngx_http_gatehouse_rebuild(ngx_http_request_t *r, ngx_uint_t settled,
    ngx_uint_t room)
{
    ngx_str_t                  *value;
    ngx_uint_t                  i, n, name;
    ngx_list_part_t             old, *part;
    ngx_table_elt_t            *h;
    ngx_http_gatehouse_ctx_t   *ctx;
    ngx_http_gatehouse_kept_t  *kept;

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (r == r->main
        && ngx_http_gatehouse_has_room(&r->headers_in.headers, room)
        && ngx_http_gatehouse_is_as_wanted(r, ctx, settled))
    {
        return NGX_OK;
    }

    old = r->headers_in.headers.part;

    n = (ctx ? ctx->nkept : 0)
        + ngx_max(room, NGX_HTTP_GATEHOUSE_ROOM_FOR_IDENTITY);

    for (part = &old; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&r->headers_in.headers, r->pool, n,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_gatehouse_unplace(ctx);

    part = &old;
    i = 0;
    name = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        value = ngx_http_gatehouse_value_shown(r, ctx, h, &name, settled);

        if (value) {
            ngx_http_gatehouse_copy_header(r, h, value);
        }
    }

    for (i = 0; ctx && i < ctx->nkept; i++) {

        kept = &ctx->kept[i];

        if (kept->placed) {
            continue;
        }

        value = ngx_http_gatehouse_wanted(r, ctx, kept, settled);

        if (value) {
            ngx_http_gatehouse_copy_header(r, &kept->header, value);
        }
    }

#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0;
#endif

    if (ctx && ctx->credentials.cookie_count) {
        return ngx_http_gatehouse_link_cookies(r);
    }

    return NGX_OK;
}


/* What is added goes where no copy of the list sees it. */

static ngx_uint_t
ngx_http_gatehouse_has_room(ngx_list_t *list, ngx_uint_t room)
{
    return room == 0
           || (list->part.next == NULL
               && list->part.nelts + room <= list->nalloc);
}


static ngx_uint_t
ngx_http_gatehouse_is_as_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_uint_t settled)
{
    ngx_str_t        *value;
    ngx_uint_t        i, name;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_http_gatehouse_unplace(ctx);

    part = &r->headers_in.headers.part;
    i = 0;
    name = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        value = ngx_http_gatehouse_value_shown(r, ctx, h, &name, settled);

        if (value == NULL
            || value->data != h->value.data
            || value->len != h->value.len)
        {
            return 0;
        }
    }

    for (i = 0; ctx && i < ctx->nkept; i++) {
        if (!ctx->kept[i].placed
            && ngx_http_gatehouse_wanted(r, ctx, &ctx->kept[i], settled))
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_http_gatehouse_unplace(ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; ctx && i < ctx->nkept; i++) {
        ctx->kept[i].placed = 0;
    }
}


/* There is room for all of them in the list's first part. */

static void
ngx_http_gatehouse_copy_header(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_str_t *value)
{
    ngx_list_part_t  *part;
    ngx_table_elt_t  *copy;

    part = &r->headers_in.headers.part;

    copy = (ngx_table_elt_t *) part->elts + part->nelts++;

    *copy = *h;
    copy->value = *value;
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


/* The next Referer with a query, which begins at `query`. */

ngx_table_elt_t *
ngx_http_gatehouse_next_referer(ngx_list_part_t **part, ngx_uint_t *i,
    u_char **query)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    static ngx_str_t  referer = ngx_string("Referer");

    while ((h = ngx_http_gatehouse_next_header(part, i)) != NULL) {

        if (!ngx_http_gatehouse_same_name(&h->key, &referer)) {
            continue;
        }

        p = ngx_strlchr(h->value.data, h->value.data + h->value.len, '?');

        if (p) {
            *query = p + 1;
            return h;
        }
    }

    return NULL;
}
