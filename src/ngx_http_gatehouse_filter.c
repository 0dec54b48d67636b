
/*
 * Bodies for errors that nginx or the guard made.  An error page that the
 * operator has chosen is left alone, and so are subrequests and whatever
 * an application or an endpoint answered itself.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_gatehouse_replace(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_api *api);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static gh_str  ngx_http_gatehouse_cache_control = {
    "Cache-Control", sizeof("Cache-Control") - 1
};

static gh_str  ngx_http_gatehouse_no_store = {
    "no-store", sizeof("no-store") - 1
};


ngx_int_t
ngx_http_gatehouse_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_gatehouse_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_gatehouse_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                       status;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->api == NULL && glcf->guard == NULL) {
        return ngx_http_next_header_filter(r);
    }

    ctx = glcf->api ? ngx_http_gatehouse_get_ctx(r)
                    : ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        return glcf->api ? NGX_ERROR : ngx_http_next_header_filter(r);
    }

    status = r->headers_out.status;

    if (ctx->challenge) {

        if (ctx->refused && status != ctx->refused) {

            /* another check of "satisfy any" has passed */

            ctx->challenge->hash = 0;
        }

        ctx->challenge = NULL;
    }

    /* err_status: a response made by nginx, for want of anyone else's */

    if (status < NGX_HTTP_BAD_REQUEST
        || status != (ngx_int_t) r->err_status
        || ctx->answered
        || ctx->replaced)
    {
        return ngx_http_next_header_filter(r);
    }

    if (glcf->api == NULL && status != ctx->refused) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_gatehouse_replace(r, ctx, glcf->api) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_gatehouse_replace(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_api *api)
{
    gh_str  type;

    if (api) {
        gh_api_problem(api, r->headers_out.status, &ctx->problem);

    } else {
        gh_problem(r->headers_out.status, &ctx->problem);
    }

    if (ngx_http_gatehouse_add_header(r, ngx_http_gatehouse_cache_control,
                                      ngx_http_gatehouse_no_store)
        == NULL)
    {
        return NGX_ERROR;
    }

    type = ctx->problem.content_type;

    r->headers_out.content_type.data = (u_char *) type.data;
    r->headers_out.content_type.len = type.len;
    r->headers_out.content_type_len = type.len;
    r->headers_out.content_type_lowcase = NULL;

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = ctx->problem.body.len;

    ctx->replace = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                 *b;
    ngx_chain_t                out, *cl;
    ngx_http_gatehouse_ctx_t  *ctx;

    if (in == NULL || r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_gatehouse_module);

    if (ctx == NULL || !ctx->replace) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    if (ctx->replaced) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) ctx->problem.body.data;
    b->last = b->pos + ctx->problem.body.len;
    b->memory = (ctx->problem.body.len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ctx->replaced = 1;

    return ngx_http_next_body_filter(r, &out);
}


ngx_table_elt_t *
ngx_http_gatehouse_add_header(ngx_http_request_t *r, gh_str name, gh_str value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name.data;
    h->key.len = name.len;
    h->value.data = (u_char *) value.data;
    h->value.len = value.len;

    return h;
}


ngx_int_t
ngx_http_gatehouse_retry_after(ngx_http_request_t *r, ngx_uint_t seconds)
{
    u_char  *p;
    gh_str   value;

    static gh_str  name = { "Retry-After", sizeof("Retry-After") - 1 };

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = (const char *) p;
    value.len = ngx_sprintf(p, "%ui", seconds) - p;

    return ngx_http_gatehouse_add_header(r, name, value) ? NGX_OK : NGX_ERROR;
}
