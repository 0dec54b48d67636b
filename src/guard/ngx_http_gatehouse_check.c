
/*
 * gatehouse_check: the guard's answer as a response, for auth_request and
 * for other proxies.  204 names the user in its headers.  It rotates nothing:
 * new cookies would be lost on the way to the browser.
 */


#include "guard/ngx_http_gatehouse_guard.h"


static ngx_int_t ngx_http_gatehouse_check_judge(ngx_http_request_t *r);
static void ngx_http_gatehouse_check_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_check_headers(ngx_http_request_t *r);


ngx_int_t
ngx_http_gatehouse_check_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_gatehouse_check_judge(r);

    if (rc == NGX_AGAIN) {
        r->main->count++;
        return NGX_DONE;
    }

    return rc;
}


static ngx_int_t
ngx_http_gatehouse_check_judge(ngx_http_request_t *r)
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

    rc = ngx_http_gatehouse_decide(r, ctx, glcf->check,
                                   ngx_http_gatehouse_check_resume, &decision);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_gatehouse_note(r, ctx, &decision);

    if (decision.verdict != GH_ALLOWED) {
        return ngx_http_gatehouse_refuse(r, ctx, &decision);
    }

    /* "auth_request": nobody but the guard has to do with the token */

    if (r != r->main && ngx_http_gatehouse_settle(r->parent, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_gatehouse_check_headers(r) != NGX_OK
        || ngx_http_gatehouse_no_store(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}


static void
ngx_http_gatehouse_check_resume(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_finalize_request(r, ngx_http_gatehouse_check_judge(r));

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_gatehouse_check_headers(ngx_http_request_t *r)
{
    ngx_str_t                       value;
    ngx_uint_t                      i;
    gh_identity                    *identity;
    ngx_http_gatehouse_header_t    *header;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    identity = ngx_http_gatehouse_identity(r);

    header = glcf->identity->elts;

    for (i = 0; i < glcf->identity->nelts; i++) {

        if (ngx_http_gatehouse_header_value(r, identity, &header[i], &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value.len == 0) {
            continue;
        }

        if (ngx_http_gatehouse_add_header(r,
                                      ngx_http_gatehouse_view(&header[i].name),
                                      ngx_http_gatehouse_view(&value))
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
