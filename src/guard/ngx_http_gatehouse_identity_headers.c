
/*
 * Identity headers.  A reserved name reaches an application only with what
 * the guard says: the client's own header of that name goes before anything
 * reads it, ours goes on entry to the next location, and comes again where
 * that is but another place of the one that the guard has let in.
 */


#include "guard/ngx_http_gatehouse_guard.h"


static ngx_uint_t ngx_http_gatehouse_is_continued(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_push_identity(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
static ngx_uint_t ngx_http_gatehouse_is_clean(ngx_str_t *value);


/* A location without a guard. */

ngx_int_t
ngx_http_gatehouse_pass(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_http_gatehouse_principal_t  *principal;

    principal = ngx_http_gatehouse_vouched(r, ctx);

    if (principal == NULL) {
        return ngx_http_gatehouse_settle(r, ctx);
    }

    if (!ngx_http_gatehouse_is_continued(r)) {
        principal = NULL;
    }

    if (ngx_http_gatehouse_vouch(r, ctx, principal) != NGX_OK) {
        return NGX_ERROR;
    }

    if (principal == NULL) {
        return ngx_http_gatehouse_settle(r, ctx);
    }

    ctx->current = principal;

    return ngx_http_gatehouse_push_identity(r, ctx);
}


/*
 * Nobody but the configuration leads to a named or internal location.  One
 * that says nothing of a guard continues the location that has led there.
 */

static ngx_uint_t
ngx_http_gatehouse_is_continued(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    return (clcf->named || clcf->internal)
           && glcf->realm == NGX_CONF_UNSET_PTR
           && glcf->api == NULL
           && glcf->check == NULL;
}


/* The guard has allowed the request: says to the application who it is. */

ngx_int_t
ngx_http_gatehouse_present(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ctx->judged = 1;

    if (ngx_http_gatehouse_vouch(r, ctx, ctx->current) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_push_identity(r, ctx);
}


static ngx_int_t
ngx_http_gatehouse_push_identity(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_str_t                       value;
    ngx_uint_t                      i;
    gh_identity                    *identity;
    ngx_table_elt_t                *h;
    ngx_http_gatehouse_header_t    *header;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (ngx_http_gatehouse_rebuild(r, 1, glcf->identity->nelts) != NGX_OK) {
        return NGX_ERROR;
    }

#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0;
#endif

    identity = ngx_http_gatehouse_identity_of(ctx, ctx->current);

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


/* A subrequest is its parent's until it has been in a location of its own. */

ngx_http_gatehouse_principal_t *
ngx_http_gatehouse_vouched(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_http_gatehouse_vouched_t  *vouched;

    if (ctx == NULL) {
        return NULL;
    }

    for ( /* void */ ; r; r = r->parent) {

        for (vouched = ctx->vouched; vouched; vouched = vouched->next) {
            if (vouched->request == r) {
                return vouched->principal;
            }
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_gatehouse_vouch(ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx,
    ngx_http_gatehouse_principal_t *principal)
{
    ngx_http_gatehouse_vouched_t  *vouched;

    for (vouched = ctx->vouched; vouched; vouched = vouched->next) {
        if (vouched->request == r) {
            vouched->principal = principal;
            return NGX_OK;
        }
    }

    vouched = ngx_palloc(r->pool, sizeof(ngx_http_gatehouse_vouched_t));
    if (vouched == NULL) {
        return NGX_ERROR;
    }

    vouched->request = r;
    vouched->principal = principal;
    vouched->next = ctx->vouched;

    ctx->vouched = vouched;

    return NGX_OK;
}


/*
 * Empty: the header is not sent.  What an attribute alone makes is read where
 * it is: the identity lives as long as the request does.
 */

ngx_int_t
ngx_http_gatehouse_header_value(ngx_http_request_t *r, gh_identity *identity,
    ngx_http_gatehouse_header_t *header, ngx_str_t *value)
{
    gh_str  text;

    if (header->attribute != NGX_DECLINED
        && identity && gh_identity_is_clean(identity))
    {
        text = gh_identity_attribute(identity,
                                     (gh_attribute) header->attribute);

        value->data = (u_char *) text.data;
        value->len = text.len;

        return NGX_OK;
    }

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
