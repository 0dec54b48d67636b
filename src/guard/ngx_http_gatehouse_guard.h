
/*
 * Who it is, and whether they may: in nginx's phases, before a location
 * answers.
 */


#ifndef _NGX_HTTP_GATEHOUSE_GUARD_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_GUARD_H_INCLUDED_


#include "request/ngx_http_gatehouse_request.h"


ngx_int_t ngx_http_gatehouse_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_preaccess_handler(ngx_http_request_t *r);
void ngx_http_gatehouse_note(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_decision *decision);
ngx_int_t ngx_http_gatehouse_refuse(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_decision *decision);
ngx_int_t ngx_http_gatehouse_decide(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm,
    ngx_http_gatehouse_resume_pt resume, gh_decision *decision);
gh_identity *ngx_http_gatehouse_identity(ngx_http_request_t *r);
gh_identity *ngx_http_gatehouse_identity_of(ngx_http_gatehouse_ctx_t *ctx,
    ngx_http_gatehouse_principal_t *principal);
gh_realm *ngx_http_gatehouse_effective_realm(
    ngx_http_gatehouse_loc_conf_t *glcf);

/* silent refresh */

ngx_int_t ngx_http_gatehouse_renew(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm,
    ngx_http_gatehouse_resume_pt resume, gh_decision *decision);
ngx_http_gatehouse_renewal_t *ngx_http_gatehouse_renewed(
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm, ngx_uint_t keep);
ngx_int_t ngx_http_gatehouse_test_reading(ngx_http_request_t *r);

/* requests that outlive their sessions */

ngx_int_t ngx_http_gatehouse_running_add(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm, gh_identity *identity);
void ngx_http_gatehouse_running_start(void);
void ngx_http_gatehouse_running_stop(void);

/* whom the guard has let in, and what it says of them */

ngx_int_t ngx_http_gatehouse_pass(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_present(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_http_gatehouse_principal_t *ngx_http_gatehouse_vouched(
    ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_vouch(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_principal_t *principal);
ngx_int_t ngx_http_gatehouse_header_value(ngx_http_request_t *r,
    gh_identity *identity, ngx_http_gatehouse_header_t *header,
    ngx_str_t *value);

/* pages of other origins */

ngx_int_t ngx_http_gatehouse_preflight(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_cors(ngx_http_request_t *r, ngx_array_t *origins);

/* gatehouse_check */

ngx_int_t ngx_http_gatehouse_check_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_GATEHOUSE_GUARD_H_INCLUDED_ */
