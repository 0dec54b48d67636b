
/*
 * Pages of other origins: a preflight, which never has credentials, and a
 * refusal, which they may read.  What the application answers is its own.
 */


#include "guard/ngx_http_gatehouse_guard.h"


typedef struct {
    ngx_http_request_t        *request;
    ngx_int_t                  rc;
} ngx_http_gatehouse_cors_t;


static void ngx_http_gatehouse_cors_answer(void *arg, const gh_reply *reply);


/* NGX_DECLINED: it is none, or the location allows no other origin. */

ngx_int_t
ngx_http_gatehouse_preflight(ngx_http_request_t *r)
{
    gh_traits                       traits;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (r != r->main || r->method != NGX_HTTP_OPTIONS || glcf->origins == NULL)
    {
        return NGX_DECLINED;
    }

    (void) ngx_http_gatehouse_traits(r, &traits);

    if (!gh_is_preflight(&traits)) {
        return NGX_DECLINED;
    }

    if (ngx_http_gatehouse_cors(r, glcf->origins) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}


ngx_int_t
ngx_http_gatehouse_cors(ngx_http_request_t *r, ngx_array_t *origins)
{
    gh_traits                   traits;
    ngx_http_gatehouse_cors_t   cors;

    cors.request = r;
    cors.rc = NGX_ERROR;

    (void) ngx_http_gatehouse_traits(r, &traits);

    traits.allowed_origins = origins->elts;
    traits.allowed_origin_count = origins->nelts;

    gh_cors(&traits, ngx_http_gatehouse_cors_answer, &cors);

    return cors.rc;
}


static void
ngx_http_gatehouse_cors_answer(void *arg, const gh_reply *reply)
{
    ngx_http_gatehouse_cors_t *cors = arg;

    cors->rc = ngx_http_gatehouse_copy_headers(cors->request, reply);
}
