
/*
 * The guard: what nginx does with the answer to who it is and what they may.
 */


#include "guard/ngx_http_gatehouse_guard.h"


#define NGX_HTTP_GATEHOUSE_CHALLENGE_LEN  128


static ngx_int_t ngx_http_gatehouse_judge(ngx_http_request_t *r,
    ngx_http_gatehouse_resume_pt resume);
static void ngx_http_gatehouse_access_resume(ngx_http_request_t *r);
static gh_str ngx_http_gatehouse_scheme(ngx_http_request_t *r,
    gh_decision *decision);
static ngx_int_t ngx_http_gatehouse_step_up(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_assurance *wants);
static ngx_int_t ngx_http_gatehouse_challenge(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_str value);


static gh_str  ngx_http_gatehouse_www_authenticate = {
    "WWW-Authenticate", sizeof("WWW-Authenticate") - 1
};


ngx_int_t
ngx_http_gatehouse_access_handler(ngx_http_request_t *r)
{
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->guard == NULL) {
        return NGX_DECLINED;
    }

    return ngx_http_gatehouse_judge(r, ngx_http_gatehouse_access_resume);
}


/*
 * Subrequests never reach the access phase.  They are judged here by what
 * the client sent with the main request; they do not wait, and "satisfy any"
 * does not help them: nginx asks nobody else.
 *
 * Nor does a main request reach our access handler if another one before it
 * has satisfied "any".  A token that the guard knows is none of the
 * application's business in any case.
 */

ngx_int_t
ngx_http_gatehouse_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (glcf->guard == NULL) {
        return (ngx_http_gatehouse_pass(r, ctx) == NGX_OK)
               ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* whoever was let in elsewhere has yet to be let in here */

    if (ngx_http_gatehouse_vouched(r, ctx)
        && ngx_http_gatehouse_vouch(r, ctx, NULL) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r == r->main) {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        if (ctx == NULL || clcf->satisfy == NGX_HTTP_SATISFY_ALL) {
            return NGX_DECLINED;
        }

        (void) ngx_http_gatehouse_identity(r);

        return (ngx_http_gatehouse_settle(r, ctx) == NGX_OK)
               ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_gatehouse_judge(r, NULL);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


static ngx_int_t
ngx_http_gatehouse_judge(ngx_http_request_t *r,
    ngx_http_gatehouse_resume_pt resume)
{
    ngx_int_t                       rc;
    gh_decision                     decision;
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    rc = ngx_http_gatehouse_decide(r, ctx, glcf->guard, resume, &decision);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_gatehouse_note(r, ctx, &decision);

    if (decision.verdict == GH_ANONYMOUS) {

        /* "optional" lets the anonymous by, but does not vouch for them */

        return (ngx_http_gatehouse_settle(r, ctx) == NGX_OK)
               ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (decision.verdict != GH_ALLOWED) {
        rc = ngx_http_gatehouse_preflight(r);

        return (rc == NGX_DECLINED)
               ? ngx_http_gatehouse_refuse(r, ctx, &decision) : rc;
    }

    if (ngx_http_gatehouse_present(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r == r->main
        && ngx_http_gatehouse_running_add(r, ctx, glcf->guard,
                                          decision.identity)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


/* The phase engine asks the access handler again. */

static void
ngx_http_gatehouse_access_resume(ngx_http_request_t *r)
{
    if (r->read_event_handler == ngx_http_test_reading) {
        r->read_event_handler = ngx_http_block_reading;
    }

    ngx_post_event(r->connection->write, &ngx_posted_events);
}


ngx_int_t
ngx_http_gatehouse_refuse(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    gh_decision *decision)
{
    ngx_int_t                       rc, status;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    rc = NGX_OK;

    switch (decision->verdict) {

    case GH_UNAUTHENTICATED:
        status = NGX_HTTP_UNAUTHORIZED;
        rc = ngx_http_gatehouse_challenge(r, ctx,
                                   ngx_http_gatehouse_scheme(r, decision));
        break;

    case GH_STEP_UP:
        status = NGX_HTTP_UNAUTHORIZED;
        rc = ngx_http_gatehouse_step_up(r, ctx, &decision->wants);
        break;

    case GH_FORBIDDEN:
        status = NGX_HTTP_FORBIDDEN;
        rc = ngx_http_gatehouse_challenge(r, ctx, decision->www_authenticate);
        break;

    case GH_AMBIGUOUS:
        status = NGX_HTTP_BAD_REQUEST;
        break;

    case GH_LIMITED:
        status = NGX_HTTP_TOO_MANY_REQUESTS;
        rc = ngx_http_gatehouse_retry_after(r, decision->retry_after);
        break;

    case GH_UNAVAILABLE:
        status = NGX_HTTP_SERVICE_UNAVAILABLE;
        rc = ngx_http_gatehouse_retry_after(r, decision->retry_after);
        break;

    default: /* GH_FAILED */
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;
    }

    if (rc != NGX_OK) {
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "gatehouse verdict: %d, status: %i",
                   (int) decision->verdict, status);

    if (r == r->main) {
        glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

        ctx->refused = status;
        ctx->wants = decision->wants;
        ctx->origins = glcf->origins;
    }

    /* an error page is a GET whatever has been refused */

    if (!r->main->error_page) {
        ctx->refused_get = (r->main->method == NGX_HTTP_GET);
    }

    return status;
}


/* Many a client sends by Basic only what it has been asked for. */

static gh_str
ngx_http_gatehouse_scheme(ngx_http_request_t *r, gh_decision *decision)
{
    gh_str                          basic;
    gh_traits                       traits;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if ((glcf->from & GH_FROM_BASIC) == 0
        || ngx_http_gatehouse_traits(r, &traits) != NGX_OK)
    {
        return decision->www_authenticate;
    }

    basic = gh_basic_challenge(ngx_http_gatehouse_effective_realm(glcf),
                               &traits);

    return basic.len ? basic : decision->www_authenticate;
}


static ngx_int_t
ngx_http_gatehouse_step_up(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_assurance *wants)
{
    u_char  *p;
    gh_str   value;

    p = ngx_pnalloc(r->pool, NGX_HTTP_GATEHOUSE_CHALLENGE_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = (const char *) p;
    value.len = gh_step_up_challenge(wants, (char *) p,
                                     NGX_HTTP_GATEHOUSE_CHALLENGE_LEN);

    return value.len ? ngx_http_gatehouse_challenge(r, ctx, value)
                     : NGX_ERROR;
}


static ngx_int_t
ngx_http_gatehouse_challenge(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_str value)
{
    ngx_table_elt_t  *h;

    if (value.len == 0) {
        return NGX_OK;
    }

    if (r == r->main && ctx->challenge) {

        /* an error page may be guarded too: one challenge is enough */

        ctx->challenge->hash = 0;
    }

    h = ngx_http_gatehouse_add_header(r, ngx_http_gatehouse_www_authenticate,
                                      value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    /* "satisfy any" takes it back if another check passes */

    r->headers_out.www_authenticate = h;

    if (r == r->main) {
        ctx->challenge = h;
    }

    return NGX_OK;
}
