
/*
 * The core's reply to an endpoint's request becomes nginx's response.
 */


#include "respond/ngx_http_gatehouse_respond.h"




/* The reply is gone when this returns: nothing of it may be referred to. */

ngx_int_t
ngx_http_gatehouse_reply(ngx_http_request_t *r, const gh_reply *reply)
{
    ngx_int_t                  rc;
    ngx_buf_t                 *b;
    ngx_chain_t                out;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_create_temp_buf(r->pool, ngx_max(reply->body.len, 1));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->pos, reply->body.data, reply->body.len);
    b->temporary = (reply->body.len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    if (ngx_http_gatehouse_reply_headers(r, reply) != NGX_OK) {
        ngx_http_clean_header(r);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answered = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* Status and headers only; of these, nothing of the reply is referred to. */

ngx_int_t
ngx_http_gatehouse_reply_headers(ngx_http_request_t *r, const gh_reply *reply)
{
    r->headers_out.status = reply->status;
    r->headers_out.content_length_n = reply->body.len;

    return ngx_http_gatehouse_copy_headers(r, reply);
}
