
/*
 * Bodies for errors that nginx or the guard made; for who could log in, the
 * way to the login page instead.  An error page that the operator has chosen
 * is left alone, and so are subrequests and whatever an application or an
 * endpoint answered itself.
 */


#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"


typedef struct {
    ngx_http_request_t        *request;
    ngx_http_gatehouse_ctx_t  *ctx;
    ngx_int_t                  rc;
} ngx_http_gatehouse_problem_t;


static ngx_int_t ngx_http_gatehouse_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_gatehouse_choose_body(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf);
static ngx_int_t ngx_http_gatehouse_leave(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf);
static ngx_int_t ngx_http_gatehouse_problem(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf);
static void ngx_http_gatehouse_problem_answer(void *arg,
    const gh_reply *reply);


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
    gh_api                         *api;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    api = ngx_http_gatehouse_answering(r);

    ctx = api ? ngx_http_gatehouse_get_ctx(r) : ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        return api ? NGX_ERROR : ngx_http_next_header_filter(r);
    }

    if (ngx_http_gatehouse_choose_body(r, ctx, glcf) != NGX_OK) {
        return NGX_ERROR;
    }

    /*
     * a page of another origin may read why it was refused, whatever error
     * page says so
     */

    if (ctx->origins
        && r->err_status
        && r->headers_out.status == r->err_status
        && ngx_http_gatehouse_cors(r, ctx->origins) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* wherever internal redirects have led */

    if (ctx->renewals && ngx_http_gatehouse_set_cookies(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if ((glcf->guard || ngx_http_gatehouse_vouched(r, ctx))
        && glcf->no_store
        && ngx_http_gatehouse_keep_private(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_gatehouse_choose_body(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf)
{
    gh_api           *api;
    ngx_int_t         rc, status;
    ngx_table_elt_t  *challenge;

    api = ngx_http_gatehouse_answering(r);

    if (api == NULL
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

    if (api) {
        return ngx_http_gatehouse_problem(r, ctx, glcf);
    }

    if (status != ctx->refused) {
        return NGX_OK;
    }

    if (status == NGX_HTTP_UNAUTHORIZED && (glcf->guard || glcf->redirect)) {
        rc = ngx_http_gatehouse_leave(r, ctx, glcf);

        if (rc != NGX_DECLINED) {
            if (challenge) {
                challenge->hash = 0;
            }

            return rc;
        }

        rc = glcf->guard ? ngx_http_gatehouse_login_redirect(r, glcf->guard)
                         : NGX_DECLINED;

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            if (challenge) {
                challenge->hash = 0;
            }

            r->headers_out.content_type.len = 0;
            r->headers_out.content_type_len = 0;
            r->headers_out.content_type_lowcase = NULL;

            ngx_http_clear_content_length(r);
            r->headers_out.content_length_n = 0;

            ctx->replace = 1;

            return ngx_http_gatehouse_no_store(r);
        }
    }

    return ngx_http_gatehouse_problem(r, ctx, glcf);
}


/* For the login host, where that is another.  NGX_DECLINED: it is not. */

static ngx_int_t
ngx_http_gatehouse_leave(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    ngx_http_gatehouse_loc_conf_t *glcf)
{
    gh_realm                      *realm;
    ngx_str_t                      type;
    gh_traits                      traits;
    gh_credentials                 credentials;
    ngx_http_gatehouse_problem_t   problem;

    realm = ngx_http_gatehouse_effective_realm(glcf);

    if (!glcf->redirect && !ngx_http_gatehouse_is_elsewhere(r, realm)) {
        return NGX_DECLINED;
    }

    (void) ngx_http_gatehouse_traits(r, &traits);

    traits.elsewhere = 1;
    traits.by_proxy = (glcf->redirect == 1);

    if (ngx_http_gatehouse_credentials(r, &credentials) != NGX_OK) {
        return NGX_ERROR;
    }

    problem.request = r;
    problem.ctx = ctx;
    problem.rc = NGX_ERROR;

    type = r->headers_out.content_type;
    r->headers_out.content_type.len = 0;

    if (!gh_hop(realm, &traits, &credentials,
                ngx_http_gatehouse_problem_answer, &problem))
    {
        r->headers_out.content_type = type;
        return NGX_DECLINED;
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.status_line.len = 0;
    r->err_status = r->headers_out.status;

    return problem.rc;
}


static ngx_int_t
ngx_http_gatehouse_problem(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_loc_conf_t *glcf)
{
    gh_api                        *api;
    ngx_int_t                      status;
    gh_traits                      traits;
    gh_request                     request;
    ngx_http_gatehouse_problem_t   problem;

    problem.request = r;
    problem.ctx = ctx;
    problem.rc = NGX_ERROR;

    status = r->headers_out.status;

    api = ngx_http_gatehouse_answering(r);

    if (api) {

        if (ngx_http_gatehouse_api_request(r, &request) != NGX_OK) {
            return NGX_ERROR;
        }

        gh_api_problem(api, &request, status,
                       ngx_http_gatehouse_problem_answer, &problem);

        return problem.rc;
    }

    (void) ngx_http_gatehouse_traits(r, &traits);

    traits.elsewhere = ngx_http_gatehouse_is_elsewhere(r, glcf->guard);

    /* gatehouse_check answers another server */

    gh_problem(ngx_http_gatehouse_effective_realm(glcf),
               glcf->guard ? &traits : NULL, ngx_http_gatehouse_identity(r),
               status, ngx_http_gatehouse_problem_answer, &problem);

    return problem.rc;
}


static void
ngx_http_gatehouse_problem_answer(void *arg, const gh_reply *reply)
{
    ngx_http_gatehouse_problem_t *problem = arg;

    ngx_str_t           *body;
    ngx_http_request_t  *r;

    r = problem->request;
    body = &problem->ctx->problem;

    body->data = ngx_pnalloc(r->pool, ngx_max(reply->body.len, 1));
    if (body->data == NULL) {
        return;
    }

    body->len = ngx_cpymem(body->data, reply->body.data, reply->body.len)
                - body->data;

    ngx_http_clear_content_length(r);

    problem->rc = ngx_http_gatehouse_reply_headers(r, reply);

    problem->ctx->replace = 1;
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

    b->pos = ctx->problem.data;
    b->last = b->pos + ctx->problem.len;
    b->memory = (ctx->problem.len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ctx->replaced = 1;

    return ngx_http_next_body_filter(r, &out);
}
