
/*
 * The list of headers as the location of a request is to see it: without the
 * identity that a client claims, and with what it may see of the credentials.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_str_t *ngx_http_gatehouse_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_kept_t *kept,
    ngx_uint_t settled);
static ngx_int_t ngx_http_gatehouse_push(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_str_t *value);
static ngx_int_t ngx_http_gatehouse_link_cookies(ngx_http_request_t *r);


/*
 * Copies of a header share its value, so that ours are known among equal
 * ones, and from what another module has put in their place.
 */

ngx_http_gatehouse_kept_t *
ngx_http_gatehouse_find_kept(ngx_http_gatehouse_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    ngx_uint_t  i;

    if (ctx == NULL) {
        return NULL;
    }

    for (i = 0; i < ctx->nkept; i++) {
        if (h->value.data == ctx->kept[i].header.value.data
            || (ctx->kept[i].left.data
                && h->value.data == ctx->kept[i].left.data))
        {
            return &ctx->kept[i];
        }
    }

    return NULL;
}


/*
 * Makes the list of headers anew, as the location of the request is to see
 * it: without headers of identity, and with what it may see of those kept.
 * It has a say only when it is settled that this location will answer.  The
 * parts of a list are shared with subrequests and never changed in place.
 */

ngx_int_t
ngx_http_gatehouse_rebuild(ngx_http_request_t *r, ngx_uint_t settled)
{
    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_list_part_t                  old, *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_kept_t       *kept;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    ctx = ngx_http_gatehouse_find_ctx(r);

    old = r->headers_in.headers.part;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; ctx && i < ctx->nkept; i++) {
        ctx->kept[i].placed = 0;
    }

    part = &old;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_is_reserved(gmcf, &h->key)) {
            continue;
        }

        kept = ngx_http_gatehouse_find_kept(ctx, h);
        value = &h->value;

        if (kept) {
            kept->placed = 1;
            value = ngx_http_gatehouse_wanted(r, ctx, kept, settled);
        }

        if (value && ngx_http_gatehouse_push(r, h, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    for (i = 0; ctx && i < ctx->nkept; i++) {

        kept = &ctx->kept[i];

        if (kept->placed) {
            continue;
        }

        value = ngx_http_gatehouse_wanted(r, ctx, kept, settled);

        if (value && ngx_http_gatehouse_push(r, &kept->header, value)
                     != NGX_OK)
        {
            return NGX_ERROR;
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


/* The location answers: it gets what it asks for, and no more than that. */

ngx_int_t
ngx_http_gatehouse_settle(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (ctx == NULL || ctx->nkept == 0) {
        return NGX_OK;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (!ctx->judged && !glcf->pass_cookies && !glcf->pass_authorization) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_rebuild(r, 1);
}


/* NULL: the location sees nothing of it. */

static ngx_str_t *
ngx_http_gatehouse_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_kept_t *kept,
    ngx_uint_t settled)
{
    ngx_uint_t                      pass;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    switch (kept->kind) {

    case NGX_HTTP_GATEHOUSE_COOKIE:

        if (settled && glcf->pass_cookies) {
            return &kept->header.value;
        }

        return kept->left.len ? &kept->left : NULL;

    case NGX_HTTP_GATEHOUSE_AUTHORIZATION:

        pass = !ctx->judged || glcf->pass_authorization;
        break;

    default: /* NGX_HTTP_GATEHOUSE_TOKEN */

        /* the directive is for any header that is named as a bearer's */

        pass = settled
               && glcf->pass_authorization
               && glcf->from_names
               && ngx_http_gatehouse_same_name(&kept->header.key,
                                               &glcf->from_names->header);
        break;
    }

    return pass ? &kept->header.value : NULL;
}


static ngx_int_t
ngx_http_gatehouse_push(ngx_http_request_t *r, ngx_table_elt_t *h,
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
