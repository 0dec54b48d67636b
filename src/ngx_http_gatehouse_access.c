
/*
 * The guard: who is it, may they, and what nginx does with the answer.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_judge(ngx_http_request_t *r,
    ngx_http_gatehouse_loc_conf_t *glcf);
static ngx_int_t ngx_http_gatehouse_refuse(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_decision *decision);
static ngx_int_t ngx_http_gatehouse_challenge(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_str value);
static ngx_http_gatehouse_principal_t *ngx_http_gatehouse_identify(
    ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm);


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

    return ngx_http_gatehouse_judge(r, glcf);
}


/*
 * Subrequests never reach the access phase.  They are judged here by what
 * the client sent with the main request, and "satisfy any" does not help
 * them: nginx asks nobody else.
 */

ngx_int_t
ngx_http_gatehouse_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (r == r->main) {
        return NGX_DECLINED;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->guard == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_gatehouse_judge(r, glcf);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


static ngx_int_t
ngx_http_gatehouse_judge(ngx_http_request_t *r,
    ngx_http_gatehouse_loc_conf_t *glcf)
{
    gh_decision                      decision;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_principal_t  *principal;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    principal = ngx_http_gatehouse_identify(r, ctx, glcf->guard);
    if (principal == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    decision = principal->decision;

    if (decision.verdict == GH_ANONYMOUS && !glcf->optional) {
        decision.verdict = GH_UNAUTHENTICATED;
    }

    if (decision.verdict != GH_ALLOWED && decision.verdict != GH_ANONYMOUS) {
        return ngx_http_gatehouse_refuse(r, ctx, &decision);
    }

    if (glcf->rules) {
        gh_authorize((const gh_rule *const *) glcf->rules->elts,
                     glcf->rules->nelts, decision.identity, &decision);

        if (decision.verdict != GH_ALLOWED) {
            return ngx_http_gatehouse_refuse(r, ctx, &decision);
        }
    }

    if (decision.identity == NULL) {

        /* "optional" lets the anonymous by, but does not vouch for them */

        return NGX_DECLINED;
    }

    if (ngx_http_gatehouse_present(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_refuse(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    gh_decision *decision)
{
    ngx_int_t  rc, status;

    rc = NGX_OK;

    switch (decision->verdict) {

    case GH_UNAUTHENTICATED:
        status = NGX_HTTP_UNAUTHORIZED;
        rc = ngx_http_gatehouse_challenge(r, ctx, decision->www_authenticate);
        break;

    case GH_FORBIDDEN:
        status = NGX_HTTP_FORBIDDEN;
        rc = ngx_http_gatehouse_challenge(r, ctx, decision->www_authenticate);
        break;

    case GH_AMBIGUOUS:
        status = NGX_HTTP_BAD_REQUEST;
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
        ctx->refused = status;
    }

    return status;
}


static ngx_int_t
ngx_http_gatehouse_challenge(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_str value)
{
    ngx_table_elt_t  *h;

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


/* The identity in the location's realm, or the last one: for variables. */

gh_identity *
ngx_http_gatehouse_identity(ngx_http_request_t *r)
{
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_principal_t  *principal;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->guard) {
        ctx = ngx_http_gatehouse_get_ctx(r);
        principal = ctx ? ngx_http_gatehouse_identify(r, ctx, glcf->guard)
                        : NULL;

    } else {
        ctx = ngx_http_gatehouse_find_ctx(r);
        principal = ctx ? ctx->current : NULL;
    }

    return principal ? principal->decision.identity : NULL;
}


/* A request is asked once for each realm; its credentials do not change. */

static ngx_http_gatehouse_principal_t *
ngx_http_gatehouse_identify(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm)
{
    gh_credentials                  *credentials;
    ngx_http_gatehouse_principal_t  *principal;

    for (principal = ctx->principals; principal; principal = principal->next) {
        if (principal->realm == realm) {
            ctx->current = principal;
            return principal;
        }
    }

    if (ngx_http_gatehouse_worker == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "gatehouse did not start in this worker process");
        return NULL;
    }

    credentials = ngx_http_gatehouse_credentials(r);
    if (credentials == NULL) {
        return NULL;
    }

    principal = ngx_pcalloc(r->pool, sizeof(ngx_http_gatehouse_principal_t));
    if (principal == NULL) {
        return NULL;
    }

    principal->realm = realm;
    principal->decision.verdict = GH_FAILED;

    gh_authenticate(ngx_http_gatehouse_worker, realm, credentials,
                    &principal->decision);

    principal->next = ctx->principals;
    ctx->principals = principal;
    ctx->current = principal;

    return principal;
}
