
/*
 * Signed URLs.  Where some location of the server lets them count, what makes
 * one is taken out of every request before anything else can read it, and is
 * kept for the guard: no log, variable or application has a use for it.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_int_t ngx_http_gatehouse_mask_signed_referer(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_gatehouse_only_reads(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_without(ngx_http_request_t *r,
    ngx_str_t *text, u_char *query);


static ngx_str_t  ngx_http_gatehouse_parameters[] = {
    ngx_string("gh_expires"),
    ngx_string("gh_signature"),
    ngx_null_string
};


/* by these an application may take a GET for something else */

static ngx_str_t  ngx_http_gatehouse_overrides[] = {
    ngx_string("X-HTTP-Method-Override"),
    ngx_string("X-HTTP-Method"),
    ngx_string("X-Method-Override"),
    ngx_null_string
};


ngx_int_t
ngx_http_gatehouse_take_signature(ngx_http_request_t *r)
{
    u_char                         *p;
    ngx_str_t                       sent;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = ngx_http_get_module_srv_conf(r, ngx_http_gatehouse_module);

    if (!gscf->signed_urls) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_mask_signed_referer(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->args.len == 0) {
        return NGX_OK;
    }

    sent = r->unparsed_uri;

    p = ngx_strlchr(sent.data, sent.data + sent.len, '?');

    if (p == NULL
        || ngx_http_gatehouse_without(r, &r->args, r->args.data) != NGX_OK
        || ngx_http_gatehouse_without(r, &r->unparsed_uri, p + 1) != NGX_OK)
    {
        return p ? NGX_ERROR : NGX_OK;
    }

    if (r->unparsed_uri.len == sent.len) {
        return NGX_OK;
    }

    if (r->args.len == 0) {
        ngx_str_null(&r->args);
    }

    p = ngx_strlchr(r->request_line.data,
                    r->request_line.data + r->request_line.len, '?');

    if (p && ngx_http_gatehouse_mask_signature(r, &r->request_line, p + 1)
             != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_only_reads(r)) {
        ctx->signed_target = sent;
    }

    return NGX_OK;
}


/* A page that a signed URL has opened, in what a browser asks for next. */

static ngx_int_t
ngx_http_gatehouse_mask_signed_referer(ngx_http_request_t *r)
{
    u_char           *query;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (r->headers_in.referer == NULL) {
        return NGX_OK;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_referer(&part, &i, &query)) != NULL) {

        if (ngx_http_gatehouse_mask_signature(r, &h->value, query) != NGX_OK) {
            return NGX_ERROR;
        }

        r->headers_in.referer->value = h->value;
    }

    return NGX_OK;
}


/* By any reading that an application may have of it. */

static ngx_uint_t
ngx_http_gatehouse_only_reads(ngx_http_request_t *r)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) == 0
        || r->headers_in.upgrade
        || r->headers_in.chunked
        || r->headers_in.content_length_n > 0)
    {
        return 0;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {
        for (name = ngx_http_gatehouse_overrides; name->len; name++) {
            if (ngx_http_gatehouse_same_name(&h->key, name)) {
                return 0;
            }
        }
    }

    return 1;
}


/* `text`, which the client has sent, without our parameters from `query` on. */

static ngx_int_t
ngx_http_gatehouse_without(ngx_http_request_t *r, ngx_str_t *text,
    u_char *query)
{
    u_char      *p, *end, *last, *name, *new;
    ngx_uint_t   left, found;

    last = text->data + text->len;

    new = ngx_pnalloc(r->pool, text->len + 1);
    if (new == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(new, text->data, query - text->data);

    left = 0;
    found = 0;

    for ( /* void */ ; query <= last; query = end + 1) {

        end = ngx_strlchr(query, last, '&');
        if (end == NULL) {
            end = last;
        }

        name = ngx_strlchr(query, end, '=');

        if (ngx_http_gatehouse_is_parameter(query,
                                            (name ? name : end) - query,
                                            ngx_http_gatehouse_parameters))
        {
            found = 1;
            continue;
        }

        if (left++) {
            *p++ = '&';
        }

        p = ngx_cpymem(p, query, end - query);
    }

    if (!found) {
        return NGX_OK;
    }

    /* a "?" with nothing after it goes, too */

    if (left == 0 && p != new) {
        p--;
    }

    *p = '\0';

    text->data = new;
    text->len = p - new;

    return NGX_OK;
}
