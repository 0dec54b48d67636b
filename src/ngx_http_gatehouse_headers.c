
/*
 * Identity headers.  A reserved name reaches an application only with what
 * the guard of its location says: the client's own header of that name goes
 * before the rewrite phase, ours goes on entry to the next location.  A list
 * of headers is never changed in place, since subrequests share its parts.
 */


#include "ngx_http_gatehouse_module.h"


static ngx_int_t ngx_http_gatehouse_enter(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
static ngx_int_t ngx_http_gatehouse_restore_tokens(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
static ngx_uint_t ngx_http_gatehouse_is_sent(ngx_http_request_t *r,
    ngx_table_elt_t *header);
static ngx_uint_t ngx_http_gatehouse_is_passed(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_uint_t ngx_http_gatehouse_is_clean(ngx_str_t *value);


ngx_int_t
ngx_http_gatehouse_post_read_handler(ngx_http_request_t *r)
{
    return ngx_http_gatehouse_enter(r, NULL);
}


/*
 * Runs for a new location of a request that has had one before, and for
 * those that missed the post read phase: subrequests, and error pages of
 * requests that nginx could not read to their end.
 */

ngx_int_t
ngx_http_gatehouse_rewrite_handler(ngx_http_request_t *r)
{
    ngx_http_gatehouse_ctx_t  *ctx;

    if (ngx_http_gatehouse_mask(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!r->internal) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx && r == r->main) {
        ctx->refused = 0;
    }

    return ngx_http_gatehouse_enter(r, ctx);
}


static ngx_int_t
ngx_http_gatehouse_enter(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t                       i, reserved;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    reserved = 0;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_is_reserved(gmcf, &h->key)) {
            reserved = 1;
        }
    }

    if (reserved && ngx_http_gatehouse_rebuild(r, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx
        && (ngx_http_gatehouse_restore_tokens(r, ctx) != NGX_OK
            || ngx_http_gatehouse_restore_cookies(r, ctx) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/* What an earlier location has hidden from its application. */

static ngx_int_t
ngx_http_gatehouse_restore_tokens(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_uint_t                       i, rebuilt;
    ngx_list_part_t                  sent, *part;
    ngx_table_elt_t                 *h, *copy;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    if (!ctx->hidden) {
        return NGX_OK;
    }

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    sent = ctx->sent;
    part = &sent;
    i = 0;
    rebuilt = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (!ngx_http_gatehouse_same_name(&h->key,
                                          &ngx_http_gatehouse_authorization)
            && !ngx_http_gatehouse_is_token(gmcf, &h->key))
        {
            continue;
        }

        if (ngx_http_gatehouse_is_sent(r, h)) {
            continue;
        }

        if (!rebuilt && ngx_http_gatehouse_rebuild(r, 0) != NGX_OK) {
            return NGX_ERROR;
        }

        rebuilt = 1;

        copy = ngx_list_push(&r->headers_in.headers);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *h;
    }

    return NGX_OK;
}


/* Not merely an equal one: copies of a header share its value. */

static ngx_uint_t
ngx_http_gatehouse_is_sent(ngx_http_request_t *r, ngx_table_elt_t *header)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {
        if (h->value.data == header->value.data) {
            return 1;
        }
    }

    return 0;
}


/*
 * The headers in which dialects have their tokens.  Like our cookies they are
 * none of an application's business, whoever has let the request in.
 */

ngx_int_t
ngx_http_gatehouse_strip_tokens(ngx_http_request_t *r)
{
    ngx_uint_t                       i;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    gh_credentials                   credentials;
    ngx_http_gatehouse_ctx_t        *ctx;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (!ngx_http_gatehouse_is_token(gmcf, &h->key)
            || ngx_http_gatehouse_is_passed(r, &h->key))
        {
            continue;
        }

        /* they are collected before the first is hidden */

        if (ngx_http_gatehouse_credentials(r, &credentials) != NGX_OK) {
            return NGX_ERROR;
        }

        ctx = ngx_http_gatehouse_get_ctx(r);
        ctx->hidden = 1;

        return ngx_http_gatehouse_rebuild(r, NGX_HTTP_GATEHOUSE_DROP_TOKENS);
    }

    return NGX_OK;
}


/* gatehouse_pass_authorization is for any header that is named as a bearer's. */

static ngx_uint_t
ngx_http_gatehouse_is_passed(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    return glcf->pass_authorization && glcf->from_names
           && ngx_http_gatehouse_same_name(name, &glcf->from_names->header);
}


/* The guard has allowed the request: says to the application who it is. */

ngx_int_t
ngx_http_gatehouse_present(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_str_t                       value;
    ngx_uint_t                      i, drop;
    ngx_table_elt_t                *h;
    ngx_http_gatehouse_header_t    *header;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    drop = glcf->pass_authorization ? 0
                                    : NGX_HTTP_GATEHOUSE_DROP_AUTHORIZATION;

    if (ngx_http_gatehouse_rebuild(r, drop) != NGX_OK) {
        return NGX_ERROR;
    }

    if (drop) {
        ctx->hidden = 1;
    }

    header = glcf->identity->elts;

    for (i = 0; i < glcf->identity->nelts; i++) {

        if (ngx_http_gatehouse_header_value(r, &header[i], &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (value.len == 0) {
            continue;
        }

        h = ngx_list_push(&r->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->hash = header[i].hash;
        h->key = header[i].name;
        h->value = value;
        h->lowcase_key = header[i].lowcase.data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_gatehouse_rebuild(ngx_http_request_t *r, ngx_uint_t drop)
{
    ngx_uint_t                       i;
    ngx_list_part_t                  old, *part;
    ngx_table_elt_t                 *h, *copy;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    old = r->headers_in.headers.part;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &old;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_is_reserved(gmcf, &h->key)) {
            continue;
        }

        if ((drop & NGX_HTTP_GATEHOUSE_DROP_AUTHORIZATION)
            && ngx_http_gatehouse_same_name(&h->key,
                                            &ngx_http_gatehouse_authorization))
        {
            continue;
        }

        if ((drop & NGX_HTTP_GATEHOUSE_DROP_TOKENS)
            && ngx_http_gatehouse_is_token(gmcf, &h->key)
            && !ngx_http_gatehouse_is_passed(r, &h->key))
        {
            continue;
        }

        if ((drop & NGX_HTTP_GATEHOUSE_DROP_COOKIE)
            && ngx_http_gatehouse_same_name(&h->key,
                                            &ngx_http_gatehouse_cookie))
        {
            continue;
        }

        copy = ngx_list_push(&r->headers_in.headers);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *h;
    }

#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0;
#endif

    return NGX_OK;
}


/* Empty: the header is not sent. */

ngx_int_t
ngx_http_gatehouse_header_value(ngx_http_request_t *r,
    ngx_http_gatehouse_header_t *header, ngx_str_t *value)
{
    if (ngx_http_complex_value(r, &header->value, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_http_gatehouse_is_clean(value)) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "gatehouse: control character in the value of \"%V\""
                      ", header not sent", &header->name);
        value->len = 0;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_is_clean(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}
