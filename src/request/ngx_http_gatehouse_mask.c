
/*
 * Links sent by mail carry a token in their query, and two old contracts a
 * password.  As soon as it is known that a request is for an endpoint, they
 * are masked in all that logs and variables show of it: the request line,
 * the URI as sent, the arguments.  The core gets what was sent.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_uint_t ngx_http_gatehouse_has_query(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_mask_query(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_mask_referer(ngx_http_request_t *r,
    ngx_uint_t all);
static ngx_uint_t ngx_http_gatehouse_is_of_endpoint(ngx_http_request_t *r,
    ngx_str_t *url, u_char *query);


/* variables of nginx's that show a query */

static ngx_str_t  ngx_http_gatehouse_shown[] = {
    ngx_string("request"),
    ngx_string("request_uri"),
    ngx_string("args"),
    ngx_string("query_string"),
    ngx_null_string
};


/* Links go by URIs that are endpoints': before anything has read them. */

ngx_int_t
ngx_http_gatehouse_mask_endpoint(ngx_http_request_t *r)
{
    ngx_http_gatehouse_loc_conf_t  *glcf;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = ngx_http_get_module_srv_conf(r, ngx_http_gatehouse_module);

    if (!gscf->endpoints && gscf->hops == NULL) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_mask_referer(r, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_http_gatehouse_has_query(r)) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_find_hop(r)) {
        return ngx_http_gatehouse_mask_query(r);
    }

    glcf = ngx_http_gatehouse_locate(r, &r->uri)
                                       [ngx_http_gatehouse_module.ctx_index];

    return glcf->api ? ngx_http_gatehouse_mask_query(r) : NGX_OK;
}


/* Other URIs may have been rewritten: what has been read of them is stale. */

ngx_int_t
ngx_http_gatehouse_mask(ngx_http_request_t *r)
{
    ngx_uint_t                      *index, i;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_loc_conf_t   *glcf;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (glcf->api == NULL || r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_gatehouse_find_ctx(r);

    if ((ctx && ctx->masked) || !ngx_http_gatehouse_has_query(r)) {
        return NGX_OK;
    }

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    index = gmcf->masked.elts;

    for (i = 0; i < gmcf->masked.nelts; i++) {
        r->variables[index[i]].valid = 0;
        r->variables[index[i]].not_found = 0;
    }

    return ngx_http_gatehouse_mask_query(r);
}


/* A request that nobody will answer may have been for an endpoint. */

ngx_int_t
ngx_http_gatehouse_mask_all(ngx_http_request_t *r)
{
    if (ngx_http_gatehouse_mask_referer(r, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_has_query(r) ? ngx_http_gatehouse_mask_query(r)
                                           : NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_has_query(ngx_http_request_t *r)
{
    if (r->args.len) {
        return 1;
    }

    /* over HTTP/2 a request that is refused early has no line */

    return r->request_line.len
           && memchr(r->request_line.data, '?', r->request_line.len) != NULL;
}


static ngx_int_t
ngx_http_gatehouse_mask_query(ngx_http_request_t *r)
{
    u_char                    *p, *last;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->masked = 1;
    ctx->query = r->args;

    p = ngx_strlchr(r->request_line.data,
                    r->request_line.data + r->request_line.len, '?');

    if (p && ngx_http_gatehouse_mask_part(r, &r->request_line, p + 1)
             != NGX_OK)
    {
        return NGX_ERROR;
    }

    last = r->unparsed_uri.data + r->unparsed_uri.len;

    p = ngx_strlchr(r->unparsed_uri.data, last, '?');

    if (p && ngx_http_gatehouse_mask_part(r, &r->unparsed_uri, p + 1)
             != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_mask_part(r, &r->args, r->args.data);
}


/* The page that a link has opened, in what a browser asks for next. */

static ngx_int_t
ngx_http_gatehouse_mask_referer(ngx_http_request_t *r, ngx_uint_t all)
{
    u_char                    *query;
    ngx_uint_t                 i;
    ngx_list_part_t           *part;
    ngx_table_elt_t           *h;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (r->headers_in.referer == NULL
        || (ctx && ctx->read && !ctx->said.referer))
    {
        return NGX_OK;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_referer(&part, &i, &query)) != NULL) {

        if (!all
            && !ngx_http_gatehouse_is_of_endpoint(r, &h->value, query - 1))
        {
            continue;
        }

        if (ngx_http_gatehouse_mask_part(r, &h->value, query) != NGX_OK) {
            return NGX_ERROR;
        }

        r->headers_in.referer->value = h->value;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_is_of_endpoint(ngx_http_request_t *r, ngx_str_t *url,
    u_char *query)
{
    u_char                         *p;
    ngx_str_t                       path;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    p = ngx_strnstr(url->data, "://", url->len);

    p = (p && p < query) ? ngx_strlchr(p + 3, query, '/') : NULL;

    if (p == NULL) {
        return 0;
    }

    path.data = p;
    path.len = query - p;

    glcf = ngx_http_gatehouse_locate(r, &path)
                                       [ngx_http_gatehouse_module.ctx_index];

    return glcf->api != NULL;
}


/* What nginx remembers of variables whose values change by masking. */

ngx_int_t
ngx_http_gatehouse_mask_init(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_str_t                  *shown;
    ngx_uint_t                  i, shows, *index;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        shows = (v[i].name.len > 4
                 && ngx_strncmp(v[i].name.data, "arg_", 4) == 0);

        for (shown = ngx_http_gatehouse_shown; shown->len; shown++) {

            if (v[i].name.len == shown->len
                && ngx_memcmp(v[i].name.data, shown->data, shown->len) == 0)
            {
                shows = 1;
            }
        }

        if (!shows) {
            continue;
        }

        index = ngx_array_push(&gmcf->masked);
        if (index == NULL) {
            return NGX_ERROR;
        }

        *index = i;
    }

    return NGX_OK;
}
