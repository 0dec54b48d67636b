
/*
 * The paths that the guard serves by itself are answered before a location is
 * chosen: "location ~ /\. { deny all; }" is in half the world's
 * configurations.
 */


#include "respond/ngx_http_gatehouse_respond.h"


ngx_int_t
ngx_http_gatehouse_hop_handler(ngx_http_request_t *r)
{
    ngx_http_gatehouse_ctx_t  *ctx;
    ngx_http_gatehouse_hop_t  *hop;

    if (r->internal || r != r->main) {
        return NGX_DECLINED;
    }

    hop = ngx_http_gatehouse_find_hop(r);

    if (hop == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->hop = hop->api;

    /* a content handler's reference is given back by who calls it */

    ngx_http_finalize_request(r, ngx_http_gatehouse_api_handler(r));

    return NGX_DONE;
}
