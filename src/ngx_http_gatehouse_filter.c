
/*
 * Bodies for errors that nginx or the guard made; for who could log in, the
 * way to the login page instead.  An error page that the operator has chosen
 * is left alone, and so are subrequests and whatever an application or an
 * endpoint answered itself.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_gatehouse_choose_body(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf);
static ngx_int_t ngx_http_gatehouse_replace(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


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
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    ctx = glcf->api ? ngx_http_gatehouse_get_ctx(r)
                    : ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        return glcf->api ? NGX_ERROR : ngx_http_next_header_filter(r);
    }

    if (ngx_http_gatehouse_choose_body(r, ctx, glcf) != NGX_OK) {
        return NGX_ERROR;
    }

    /* wherever internal redirects have led */

    if (ctx->renewals && ngx_http_gatehouse_set_cookies(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_gatehouse_choose_body(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf)
{
    ngx_int_t         rc, status;
    ngx_table_elt_t  *challenge;

    if (glcf->api == NULL
        && ngx_http_gatehouse_effective_realm(glcf) == NULL)
    {
        return NGX_OK;
    }

    status = r->headers_out.status;

    challenge = ctx->challenge;
    ctx->challenge = NULL;

    if (challenge && ctx->refused && status != ctx->refused) {

        /* another check of "satisfy any" has passed */

        challenge->hash = 0;
    }

    /* err_status: a response made by nginx, for want of anyone else's */

    if (status < NGX_HTTP_BAD_REQUEST
        || status != (ngx_int_t) r->err_status
        || ctx->answered
        || ctx->replaced)
    {
        return NGX_OK;
    }

    if (glcf->api) {
        gh_api_problem(glcf->api, status, &ctx->problem);

        return ngx_http_gatehouse_replace(r, ctx);
    }

    if (status != ctx->refused) {
        return NGX_OK;
    }

    if (status == NGX_HTTP_UNAUTHORIZED && glcf->guard) {
        rc = ngx_http_gatehouse_login_redirect(r, glcf->guard);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            if (challenge) {
                challenge->hash = 0;
            }

            ngx_memzero(&ctx->problem, sizeof(gh_error_body));

            return ngx_http_gatehouse_replace(r, ctx);
        }
    }

    gh_problem(status, &ctx->problem);

    return ngx_http_gatehouse_replace(r, ctx);
}


static ngx_int_t
ngx_http_gatehouse_replace(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    gh_str  type;

    if (ngx_http_gatehouse_no_store(r) != NGX_OK) {
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
