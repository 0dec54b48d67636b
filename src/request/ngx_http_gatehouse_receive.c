
/*
 * A request as it is received: one walk over its headers, before anything
 * else can read them, and again where nginx begins anew with it.
 */


#include "request/ngx_http_gatehouse_request.h"


static void ngx_http_gatehouse_read_authority(ngx_http_request_t *r,
    ngx_http_gatehouse_said_t *said);
static void ngx_http_gatehouse_remember_name(ngx_http_gatehouse_said_t *said,
    ngx_http_gatehouse_name_t *name, ngx_table_elt_t *h);


ngx_int_t
ngx_http_gatehouse_post_read_handler(ngx_http_request_t *r)
{
    if (ngx_http_gatehouse_receive(r) != NGX_OK
        || ngx_http_gatehouse_take_signature(r) != NGX_OK
        || ngx_http_gatehouse_mask_endpoint(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_gatehouse_find_hop(r)
           ? NGX_DECLINED : ngx_http_gatehouse_refuse_ambiguous(r);
}


/*
 * Runs before the access log is written, for requests that nginx has refused
 * while it read them: no phase has seen them.
 */

ngx_int_t
ngx_http_gatehouse_log_handler(ngx_http_request_t *r)
{
    if (r->phase_handler) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_receive(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_mask_all(r);
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

    if (r == r->main && ngx_http_gatehouse_receive(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    if (r == r->main) {
        ctx->refused = 0;
        ctx->hop = NULL;
    }

    if (ngx_http_gatehouse_rebuild(r, 0, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_gatehouse_receive(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_array_t                 kept;
    ngx_http_gatehouse_ctx_t   *ctx;
    ngx_http_gatehouse_said_t   said;

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx && ctx->received) {
        return NGX_OK;
    }

    ngx_memzero(&kept, sizeof(ngx_array_t));

    rc = ngx_http_gatehouse_read_headers(r, &said, &kept);

    if (rc == NGX_ERROR
        || (kept.nelts && ngx_http_gatehouse_keep(r, &kept, &said) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return (rc == NGX_OK) ? ngx_http_gatehouse_rebuild(r, 0, 0) : NGX_OK;
}


/*
 * The one walk over the headers that a client has sent.  NGX_DECLINED: all
 * of them may be passed on before anybody has judged by them.  With `kept` it
 * collects credentials.
 */

ngx_int_t
ngx_http_gatehouse_read_headers(ngx_http_request_t *r,
    ngx_http_gatehouse_said_t *said, ngx_array_t *kept)
{
    gh_str                          *trait;
    ngx_int_t                        rc;
    ngx_uint_t                       i, n;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_name_t       *name;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    ngx_memzero(said, sizeof(ngx_http_gatehouse_said_t));

    if (kept) {
        n = 0;

        for (part = &r->headers_in.headers.part; part; part = part->next) {
            n += part->nelts;
        }

        said->known = ngx_palloc(r->pool,
                               (n + 1) * sizeof(ngx_http_gatehouse_known_t));
        if (said->known == NULL) {
            return NGX_ERROR;
        }
    }

    rc = NGX_DECLINED;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        name = ngx_http_gatehouse_find_name(gmcf, &h->key);

        if (said->known) {
            ngx_http_gatehouse_remember_name(said, name, h);
        }

        if (name == NULL) {
            continue;
        }

        switch (name->kind) {

        case NGX_HTTP_GATEHOUSE_TRAIT:
            trait = (gh_str *) ((u_char *) &said->traits + name->place);
            *trait = ngx_http_gatehouse_view(&h->value);
            break;

        case NGX_HTTP_GATEHOUSE_FORWARDED:
            ngx_http_gatehouse_read_forwarded(said, name, h);
            break;

        case NGX_HTTP_GATEHOUSE_REFERER:
            if (ngx_strlchr(h->value.data, h->value.data + h->value.len, '?'))
            {
                said->referer = 1;
            }

            break;

        case NGX_HTTP_GATEHOUSE_RESERVED:
            rc = NGX_OK;
            break;

        default: /* NGX_HTTP_GATEHOUSE_AUTHORIZATION, _COOKIE, _TOKEN */

            if (kept == NULL) {
                break;
            }

            switch (ngx_http_gatehouse_collect(r, kept, h, name->kind)) {

            case NGX_OK:
                if (name->kind != NGX_HTTP_GATEHOUSE_AUTHORIZATION) {
                    rc = NGX_OK;
                }

                break;

            case NGX_DECLINED:
                break;

            default:
                return NGX_ERROR;
            }
        }
    }

    ngx_http_gatehouse_read_authority(r, said);

    return rc;
}


/* HTTP/3 has no Host; nginx makes one of HTTP/2's ":authority" only. */

static void
ngx_http_gatehouse_read_authority(ngx_http_request_t *r,
    ngx_http_gatehouse_said_t *said)
{
    if (said->traits.host.data == NULL
        && r->http_version > NGX_HTTP_VERSION_11
        && r->host_end)
    {
        said->traits.host.data = (const char *) r->host_start;
        said->traits.host.len = r->host_end - r->host_start;
    }
}


/* What is reserved is not: it goes, and comes again only as ours. */

static void
ngx_http_gatehouse_remember_name(ngx_http_gatehouse_said_t *said,
    ngx_http_gatehouse_name_t *name, ngx_table_elt_t *h)
{
    ngx_http_gatehouse_known_t  *known;

    if (name && name->kind == NGX_HTTP_GATEHOUSE_RESERVED) {
        return;
    }

    known = &said->known[said->nknown++];

    known->name = h->key.data;
    known->credentials = (name && name->kind < NGX_HTTP_GATEHOUSE_TRAIT);
}
