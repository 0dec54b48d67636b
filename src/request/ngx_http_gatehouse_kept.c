
/*
 * What a location sees of each header of the request, above all of those that
 * are kept from it.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_inline ngx_http_gatehouse_known_t *ngx_http_gatehouse_find_known(
    ngx_http_gatehouse_ctx_t *ctx, ngx_table_elt_t *h, ngx_uint_t *name);


/*
 * NULL: the location sees nothing of it.  `name` counts on from 0 with the
 * headers of one list.
 */

ngx_str_t *
ngx_http_gatehouse_value_shown(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_table_elt_t *h, ngx_uint_t *name,
    ngx_uint_t settled)
{
    ngx_http_gatehouse_kept_t       *kept;
    ngx_http_gatehouse_known_t      *known;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    known = ngx_http_gatehouse_find_known(ctx, h, name);

    if (known) {
        if (!known->credentials) {
            return &h->value;
        }

    } else {
        gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

        if (ngx_http_gatehouse_is_reserved(gmcf, &h->key)) {
            return NULL;
        }
    }

    kept = ngx_http_gatehouse_find_kept(ctx, h);

    if (kept == NULL) {
        return &h->value;
    }

    kept->placed = 1;

    return ngx_http_gatehouse_wanted(r, ctx, kept, settled);
}


/*
 * Headers keep their order and share their names with those they are copied
 * from: most are found where the last one was, without a look at the name.
 */

static ngx_inline ngx_http_gatehouse_known_t *
ngx_http_gatehouse_find_known(ngx_http_gatehouse_ctx_t *ctx,
    ngx_table_elt_t *h, ngx_uint_t *name)
{
    ngx_uint_t                   i;
    ngx_http_gatehouse_known_t  *known;

    if (ctx == NULL) {
        return NULL;
    }

    known = ctx->said.known;

    for (i = *name; i < ctx->said.nknown; i++) {
        if (known[i].name == h->key.data) {
            *name = i + 1;
            return &known[i];
        }
    }

    return NULL;
}


/*
 * Copies of a header share its value, so that ours are known among equal
 * ones, and from what another module has put in their place.
 */

ngx_http_gatehouse_kept_t *
ngx_http_gatehouse_find_kept(ngx_http_gatehouse_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    ngx_uint_t  i;

    if (ctx == NULL) {
        return NULL;
    }

    for (i = 0; i < ctx->nkept; i++) {
        if (h->value.data == ctx->kept[i].header.value.data
            || (ctx->kept[i].left.data
                && h->value.data == ctx->kept[i].left.data))
        {
            return &ctx->kept[i];
        }
    }

    return NULL;
}


/* The location answers: it gets what it asks for, and no more than that. */

ngx_int_t
ngx_http_gatehouse_settle(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx)
{
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (ctx == NULL || ctx->nkept == 0) {
        return NGX_OK;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    if (!ctx->judged && !glcf->pass_cookies && !glcf->pass_authorization) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_rebuild(r, 1, 0);
}


/* NULL, likewise: nothing. */

ngx_str_t *
ngx_http_gatehouse_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_kept_t *kept,
    ngx_uint_t settled)
{
    ngx_uint_t                      pass;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    switch (kept->kind) {

    case NGX_HTTP_GATEHOUSE_COOKIE:

        if (settled && glcf->pass_cookies) {
            return &kept->header.value;
        }

        return kept->left.len ? &kept->left : NULL;

    case NGX_HTTP_GATEHOUSE_AUTHORIZATION:

        pass = !ctx->judged || glcf->pass_authorization;
        break;

    default: /* NGX_HTTP_GATEHOUSE_TOKEN */

        /* the directive is for any header that is named as a bearer's */

        pass = settled
               && glcf->pass_authorization
               && glcf->from_names
               && ngx_http_gatehouse_same_name(&kept->header.key,
                                               &glcf->from_names->header);
        break;
    }

    return pass ? &kept->header.value : NULL;
}
