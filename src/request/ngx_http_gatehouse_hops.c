
/*
 * What the guard serves by itself in every server that it guards: a prefix of
 * paths below which a browser comes back from the login host, whatever the
 * locations of the server say.
 */


#include "request/ngx_http_gatehouse_request.h"


/* NULL: the path is nobody's but the server's. */

ngx_http_gatehouse_hop_t *
ngx_http_gatehouse_find_hop(ngx_http_request_t *r)
{
    ngx_uint_t                      i;
    ngx_http_gatehouse_hop_t       *hop;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = ngx_http_get_module_srv_conf(r, ngx_http_gatehouse_module);

    if (gscf->hops == NULL) {
        return NULL;
    }

    hop = gscf->hops->elts;

    for (i = 0; i < gscf->hops->nelts; i++) {
        if (hop[i].api
            && r->uri.len >= hop[i].path.len
            && ngx_memcmp(r->uri.data, hop[i].path.data, hop[i].path.len) == 0)
        {
            return &hop[i];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_gatehouse_is_elsewhere(ngx_http_request_t *r, gh_realm *realm)
{
    ngx_uint_t                      i;
    ngx_http_gatehouse_hop_t       *hop;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = ngx_http_get_module_srv_conf(r, ngx_http_gatehouse_module);

    if (gscf->hops == NULL) {
        return 0;
    }

    hop = gscf->hops->elts;

    for (i = 0; i < gscf->hops->nelts; i++) {
        if (hop[i].realm == realm) {
            return hop[i].elsewhere;
        }
    }

    return 0;
}


/* Whose endpoint it is that answers the request; NULL: none does. */

gh_api *
ngx_http_gatehouse_answering(ngx_http_request_t *r)
{
    ngx_http_gatehouse_ctx_t       *ctx;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->api) {
        return glcf->api;
    }

    ctx = ngx_http_gatehouse_find_ctx(r);

    return ctx ? ctx->hop : NULL;
}
