
/*
 * What a client is told: by an endpoint, by the guard, beside what an
 * application says; and the variables.
 */


#ifndef _NGX_HTTP_GATEHOUSE_RESPOND_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_RESPOND_H_INCLUDED_


#include "request/ngx_http_gatehouse_request.h"


ngx_int_t ngx_http_gatehouse_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_hop_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_status_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_api_request(ngx_http_request_t *r,
    gh_request *request);

ngx_int_t ngx_http_gatehouse_reply(ngx_http_request_t *r,
    const gh_reply *reply);
ngx_int_t ngx_http_gatehouse_reply_headers(ngx_http_request_t *r,
    const gh_reply *reply);

ngx_int_t ngx_http_gatehouse_filter_init(ngx_conf_t *cf);
ngx_int_t ngx_http_gatehouse_login_redirect(ngx_http_request_t *r,
    gh_realm *realm);
ngx_int_t ngx_http_gatehouse_keep_private(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_set_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);

ngx_int_t ngx_http_gatehouse_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_gatehouse_find_attribute(ngx_str_t *value);
ngx_int_t ngx_http_gatehouse_add_http_variables(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);


#endif /* _NGX_HTTP_GATEHOUSE_RESPOND_H_INCLUDED_ */
