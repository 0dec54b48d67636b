
/*
 * Silent refresh: the access cookie has expired, the refresh cookie may be
 * good.  Only the store knows, so the request waits for its answer.  The new
 * cookies go with whatever response the request will get.
 *
 * Likewise a user's token that this worker process does not know yet: what
 * comes of it is the principal's decision from then on.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "guard/ngx_http_gatehouse_guard.h"


static ngx_int_t ngx_http_gatehouse_renew_begin(ngx_http_request_t *r,
    ngx_http_gatehouse_renewal_t *renewal);
static void ngx_http_gatehouse_renew_cleanup(void *data);
static void ngx_http_gatehouse_renew_answer(void *arg,
    const gh_renewal *answer);
static ngx_int_t ngx_http_gatehouse_renew_keep(
    ngx_http_gatehouse_renewal_t *renewal, const gh_renewal *answer);


/* Without `resume` the request cannot wait. */

ngx_int_t
ngx_http_gatehouse_renew(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    gh_realm *realm, ngx_http_gatehouse_resume_pt resume,
    gh_decision *decision)
{
    ngx_http_gatehouse_renewal_t    *renewal;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_principal_t  *principal;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    principal = (decision->verdict == GH_PENDING) ? ctx->current : NULL;

    renewal = principal ? NULL
                        : ngx_http_gatehouse_renewed(ctx, realm,
                                                     glcf->check != NULL);

    if (renewal) {
        *decision = renewal->decision;
        return NGX_OK;
    }

    if (resume == NULL) {
        decision->verdict = GH_UNAUTHENTICATED;
        return NGX_OK;
    }

    for (renewal = ctx->renewals; renewal; renewal = renewal->next) {
        if (!renewal->done && renewal->request == r) {
            return NGX_AGAIN;
        }
    }

    renewal = ngx_pcalloc(r->pool, sizeof(ngx_http_gatehouse_renewal_t));
    if (renewal == NULL) {
        return NGX_ERROR;
    }

    renewal->realm = realm;
    renewal->principal = principal;
    renewal->decision.verdict = GH_FAILED;
    renewal->request = r;
    renewal->resume = resume;
    renewal->keep = (glcf->check != NULL);

    if (ngx_http_gatehouse_renew_begin(r, renewal) != NGX_OK) {
        return NGX_ERROR;
    }

    if (renewal->flow == NULL) {
        decision->verdict = GH_UNAVAILABLE;
        decision->retry_after = 1;
        return NGX_OK;
    }

    renewal->next = ctx->renewals;
    ctx->renewals = renewal;

    if (r == r->main && ngx_http_gatehouse_test_reading(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* One that rotated nothing has no new cookies: it counts only if `keep`. */

ngx_http_gatehouse_renewal_t *
ngx_http_gatehouse_renewed(ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm,
    ngx_uint_t keep)
{
    ngx_http_gatehouse_renewal_t  *renewal;

    for (renewal = ctx->renewals; renewal; renewal = renewal->next) {
        if (renewal->done
            && renewal->principal == NULL
            && renewal->realm == realm
            && (keep || !renewal->keep))
        {
            return renewal;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_gatehouse_renew_begin(ngx_http_request_t *r,
    ngx_http_gatehouse_renewal_t *renewal)
{
    gh_renewal_request   request;
    ngx_http_cleanup_t  *cln;

    ngx_memzero(&request, sizeof(gh_renewal_request));

    if (ngx_http_gatehouse_credentials(r, &request.credentials) != NGX_OK) {
        return NGX_ERROR;
    }

    request.address = ngx_http_gatehouse_view(&r->connection->addr_text);
    request.user_agent = ngx_http_gatehouse_user_agent(r->main);
    request.request_id = ngx_http_gatehouse_request_id(r);
    request.keep = renewal->keep;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_gatehouse_renew_cleanup;
    cln->data = renewal;

    renewal->flow = gh_renew_begin(ngx_http_gatehouse_worker, renewal->realm,
                                   &request, ngx_http_gatehouse_renew_answer,
                                   renewal);

    return NGX_OK;
}


static void
ngx_http_gatehouse_renew_cleanup(void *data)
{
    ngx_http_gatehouse_renewal_t *renewal = data;

    if (renewal->flow) {
        gh_flow_abandon(renewal->flow);
        renewal->flow = NULL;
    }
}


static void
ngx_http_gatehouse_renew_answer(void *arg, const gh_renewal *answer)
{
    ngx_http_gatehouse_renewal_t *renewal = arg;

    ngx_http_request_t  *r;

    r = renewal->request;

    renewal->flow = NULL;
    renewal->done = 1;
    renewal->decision = answer->decision;

    if (ngx_http_gatehouse_worker == NULL) {

        /* the worker process exits, with its connections as they are */

        return;
    }

    ngx_http_set_log_request(r->connection->log, r);

    if (ngx_http_gatehouse_renew_keep(renewal, answer) != NGX_OK) {

        /* who has lost the new cookies may come again with the old ones */

        renewal->decision.verdict = GH_UNAVAILABLE;
        renewal->decision.retry_after = 1;
    }

    if (renewal->principal) {
        renewal->principal->decision = renewal->decision;
        renewal->decision.identity = NULL;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "gatehouse renewal, verdict: %d, cookies: %ui",
                   (int) renewal->decision.verdict, renewal->ncookies);

    renewal->resume(r);
}


/* The answer is gone once it has been given. */

static ngx_int_t
ngx_http_gatehouse_renew_keep(ngx_http_gatehouse_renewal_t *renewal,
    const gh_renewal *answer)
{
    size_t       i;
    ngx_str_t   *cookies;
    ngx_pool_t  *pool;

    if (answer->set_cookie_count == 0) {
        return NGX_OK;
    }

    pool = renewal->request->pool;

    cookies = ngx_palloc(pool, answer->set_cookie_count * sizeof(ngx_str_t));
    if (cookies == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < answer->set_cookie_count; i++) {
        cookies[i].len = answer->set_cookies[i].len;
        cookies[i].data = ngx_pnalloc(pool, cookies[i].len);
        if (cookies[i].data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(cookies[i].data, answer->set_cookies[i].data,
                   cookies[i].len);
    }

    renewal->cookies = cookies;
    renewal->ncookies = answer->set_cookie_count;

    return NGX_OK;
}


/* From now on a client that goes away ends the request. */

ngx_int_t
ngx_http_gatehouse_test_reading(ngx_http_request_t *r)
{
    if (r->discard_body) {
        return NGX_OK;
    }

    r->read_event_handler = ngx_http_test_reading;

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(r->connection->read, 0);
}
