
/*
 * Who is it, and may they?  The answer is the core's, asked once for each
 * realm of a request; where an access cookie has expired it comes later.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "guard/ngx_http_gatehouse_guard.h"


static ngx_http_gatehouse_principal_t *ngx_http_gatehouse_identify(
    ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm);
static ngx_int_t ngx_http_gatehouse_is_forged(ngx_http_request_t *r,
    gh_realm *realm, gh_decision *decision);


static gh_str  ngx_http_gatehouse_forged = {
    "another site's page", sizeof("another site's page") - 1
};


gh_realm *
ngx_http_gatehouse_effective_realm(ngx_http_gatehouse_loc_conf_t *glcf)
{
    return glcf->check ? glcf->check : glcf->guard;
}


/*
 * NGX_OK: the decision is GH_ALLOWED with an identity, GH_ANONYMOUS where
 * that is enough, or a refusal.  NGX_AGAIN: resume() will say when to ask
 * again.
 */

ngx_int_t
ngx_http_gatehouse_decide(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    gh_realm *realm, ngx_http_gatehouse_resume_pt resume,
    gh_decision *decision)
{
    ngx_int_t                        rc;
    ngx_uint_t                       optional;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_principal_t  *principal;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    optional = (realm == glcf->guard && glcf->optional);

    principal = ngx_http_gatehouse_identify(r, ctx, realm);
    if (principal == NULL) {
        return NGX_ERROR;
    }

    *decision = principal->decision;

    if (glcf->csrf && (decision->by_cookie || decision->by_basic
                       || decision->verdict == GH_RENEWABLE))
    {
        rc = ngx_http_gatehouse_is_forged(r, realm, decision);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (decision->verdict == GH_PENDING) {
        rc = ngx_http_gatehouse_renew(r, ctx, realm, resume, decision);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (decision->verdict == GH_RENEWABLE) {
        rc = ngx_http_gatehouse_renew(r, ctx, realm, resume, decision);

        if (rc != NGX_OK) {
            return rc;
        }

        if (decision->verdict == GH_UNAUTHENTICATED && optional) {

            /* a browser cannot help sending the cookies of an old session */

            decision->verdict = GH_ANONYMOUS;
        }
    }

    if (decision->verdict == GH_ANONYMOUS && !optional) {
        decision->verdict = GH_UNAUTHENTICATED;
    }

    if (glcf->rules && (decision->verdict == GH_ALLOWED
                        || decision->verdict == GH_ANONYMOUS))
    {
        gh_authorize((const gh_rule *const *) glcf->rules->elts,
                     glcf->rules->nelts, decision->identity, decision);
    }

    return NGX_OK;
}


/* NGX_DECLINED: it is not. */

static ngx_int_t
ngx_http_gatehouse_is_forged(ngx_http_request_t *r, gh_realm *realm,
    gh_decision *decision)
{
    gh_traits  traits;

    if (ngx_http_gatehouse_traits(r, &traits) != NGX_OK) {
        decision->verdict = GH_AMBIGUOUS;
        return NGX_OK;
    }

    if (!gh_is_forged(realm, &traits)) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "gatehouse: refused, another site's page sent this request");

    decision->verdict = GH_FORBIDDEN;
    decision->www_authenticate.len = 0;
    decision->reason = ngx_http_gatehouse_forged;

    return NGX_OK;
}


/* For $gatehouse_outcome and $gatehouse_reason. */

void
ngx_http_gatehouse_note(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    gh_decision *decision)
{
    static ngx_str_t  outcomes[] = {
        ngx_string("allowed"),         /* in the order of gh_verdict */
        ngx_string("anonymous"),
        ngx_string("unauthenticated"),
        ngx_string("unauthenticated"),
        ngx_string("unavailable"),
        ngx_string("step_up"),
        ngx_string("forbidden"),
        ngx_string("ambiguous"),
        ngx_string("limited"),
        ngx_string("unavailable"),
        ngx_string("failed")
    };

    if (r == r->main) {
        ctx->outcome = ngx_http_gatehouse_view(&outcomes[decision->verdict]);
        ctx->reason = decision->reason;
    }
}


/* The identity in the location's realm, or the last one: for variables. */

gh_identity *
ngx_http_gatehouse_identity(ngx_http_request_t *r)
{
    gh_realm                        *realm;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_principal_t  *principal;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    realm = ngx_http_gatehouse_effective_realm(glcf);

    if (realm) {
        ctx = ngx_http_gatehouse_get_ctx(r);
        principal = ctx ? ngx_http_gatehouse_identify(r, ctx, realm) : NULL;

    } else {
        ctx = ngx_http_gatehouse_find_ctx(r);
        principal = ngx_http_gatehouse_vouched(r, ctx);

        if (principal == NULL && ctx) {
            principal = ctx->current;
        }
    }

    return principal ? ngx_http_gatehouse_identity_of(ctx, principal) : NULL;
}


gh_identity *
ngx_http_gatehouse_identity_of(ngx_http_gatehouse_ctx_t *ctx,
    ngx_http_gatehouse_principal_t *principal)
{
    ngx_http_gatehouse_renewal_t  *renewal;

    if (principal->decision.verdict == GH_RENEWABLE) {
        renewal = ngx_http_gatehouse_renewed(ctx, principal->realm, 1);

        return renewal ? renewal->decision.identity : NULL;
    }

    return principal->decision.identity;
}


/* What the client sent does not change; what counts of it may. */

static ngx_http_gatehouse_principal_t *
ngx_http_gatehouse_identify(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm)
{
    gh_credentials                   credentials;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_principal_t  *principal;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    for (principal = ctx->principals; principal; principal = principal->next) {
        if (principal->realm == realm
            && principal->from == glcf->from
            && principal->from_names == glcf->from_names
            && principal->stale_limit == glcf->stale_limit
            && principal->signed_url == (ngx_uint_t) glcf->signed_url)
        {
            ctx->current = principal;
            return principal;
        }
    }

    if (ngx_http_gatehouse_worker == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "gatehouse did not start in this worker process");
        return NULL;
    }

    if (ngx_http_gatehouse_credentials(r, &credentials) != NGX_OK) {
        return NULL;
    }

    principal = ngx_pcalloc(r->pool, sizeof(ngx_http_gatehouse_principal_t));
    if (principal == NULL) {
        return NULL;
    }

    principal->realm = realm;
    principal->from = glcf->from;
    principal->from_names = glcf->from_names;
    principal->stale_limit = glcf->stale_limit;
    principal->signed_url = glcf->signed_url;
    principal->decision.verdict = GH_FAILED;

    gh_authenticate(ngx_http_gatehouse_worker, realm, &credentials,
                    &principal->decision);

    if (!principal->decision.by_cookie
        && principal->decision.verdict != GH_ANONYMOUS
        && principal->decision.verdict != GH_RENEWABLE)
    {
        ctx->judged = 1;
    }

    principal->next = ctx->principals;
    ctx->principals = principal;
    ctx->current = principal;

    return principal;
}
