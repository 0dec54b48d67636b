
/*
 * Credentials leave the request before anything else can read them, and are
 * kept for the guard and the endpoints: our cookies and the headers in which
 * dialects have their tokens at once, in every location, Authorization as
 * soon as a guard has judged by it.  A location may ask for them.
 */


#include "request/ngx_http_gatehouse_request.h"


/* of ours in one header, without a second walk */

#define NGX_HTTP_GATEHOUSE_COOKIES  16


static void ngx_http_gatehouse_read_authority(ngx_http_request_t *r,
    ngx_http_gatehouse_said_t *said);
static void ngx_http_gatehouse_remember_name(ngx_http_gatehouse_said_t *said,
    ngx_http_gatehouse_name_t *name, ngx_table_elt_t *h);
static ngx_int_t ngx_http_gatehouse_collect(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_table_elt_t *h, ngx_uint_t kind);
static ngx_int_t ngx_http_gatehouse_take_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_kept_t *kept);
static ngx_int_t ngx_http_gatehouse_keep(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_http_gatehouse_said_t *said);


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


/* NGX_DECLINED: it is the application's own. */

static ngx_int_t
ngx_http_gatehouse_collect(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_table_elt_t *h, ngx_uint_t kind)
{
    ngx_http_gatehouse_kept_t  collected, *kept;

    ngx_memzero(&collected, sizeof(ngx_http_gatehouse_kept_t));

    collected.header = *h;
    collected.kind = kind;

    if (kind == NGX_HTTP_GATEHOUSE_COOKIE) {

        if (ngx_http_gatehouse_take_cookies(r, &collected) != NGX_OK) {
            return NGX_ERROR;
        }

        if (collected.ncookies == 0) {
            return NGX_DECLINED;
        }

    } else if (ngx_http_gatehouse_same_name(&h->key,
                                            &ngx_http_gatehouse_api_key)
               && !gh_is_api_key(ngx_http_gatehouse_view(&h->value)))
    {
        return NGX_DECLINED;
    }

    if (headers->elts == NULL
        && ngx_array_init(headers, r->pool, 2,
                          sizeof(ngx_http_gatehouse_kept_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    kept = ngx_array_push(headers);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    *kept = collected;

    return NGX_OK;
}


/* What was collected is the guard's and the endpoints' from now on. */

static ngx_int_t
ngx_http_gatehouse_keep(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_http_gatehouse_said_t *said)
{
    size_t                      n;
    gh_str                     *authorization, *cookies;
    ngx_uint_t                  i;
    gh_credentials             *credentials;
    ngx_http_gatehouse_ctx_t   *ctx;
    ngx_http_gatehouse_kept_t  *kept;

    kept = headers->elts;

    n = headers->nelts;

    for (i = 0; i < headers->nelts; i++) {
        n += kept[i].ncookies;
    }

    ctx = ngx_http_gatehouse_get_ctx(r);
    authorization = ngx_palloc(r->pool, n * sizeof(gh_str));

    if (ctx == NULL || authorization == NULL) {
        return NGX_ERROR;
    }

    cookies = authorization + headers->nelts;

    credentials = &ctx->credentials;

    credentials->authorization = authorization;
    credentials->cookies = cookies;

    for (i = 0; i < headers->nelts; i++) {

        if (kept[i].kind == NGX_HTTP_GATEHOUSE_AUTHORIZATION) {
            authorization[credentials->authorization_count++] =
                               ngx_http_gatehouse_view(&kept[i].header.value);

        } else if (kept[i].kind == NGX_HTTP_GATEHOUSE_COOKIE) {
            ngx_memcpy(&cookies[credentials->cookie_count], kept[i].cookies,
                       kept[i].ncookies * sizeof(gh_str));

            credentials->cookie_count += kept[i].ncookies;
        }
    }

    ctx->kept = kept;
    ctx->nkept = headers->nelts;
    ctx->said = *said;

    ctx->received = 1;
    ctx->read = 1;

    return NGX_OK;
}


/*
 * Ours of a Cookie header, and what is left of it for an application, which
 * ends with a NUL, as all values do.
 */

static ngx_int_t
ngx_http_gatehouse_take_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_kept_t *kept)
{
    size_t                           i, n, size;
    gh_str                           header, found[NGX_HTTP_GATEHOUSE_COOKIES];
    ngx_str_t                       *left;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_get_module_main_conf(r, ngx_http_gatehouse_module);

    header = ngx_http_gatehouse_view(&kept->header.value);

    n = gh_find_cookies(gmcf->config, header, found,
                        NGX_HTTP_GATEHOUSE_COOKIES);

    if (n == 0) {
        return NGX_OK;
    }

    kept->cookies = ngx_palloc(r->pool, n * sizeof(gh_str));
    if (kept->cookies == NULL) {
        return NGX_ERROR;
    }

    if (n <= NGX_HTTP_GATEHOUSE_COOKIES) {
        ngx_memcpy(kept->cookies, found, n * sizeof(gh_str));

    } else {
        (void) gh_find_cookies(gmcf->config, header, kept->cookies, n);
    }

    kept->ncookies = n;

    size = header.len;

    for (i = 0; i < n; i++) {
        size -= kept->cookies[i].len;
    }

    left = &kept->left;

    left->data = ngx_pnalloc(r->pool, size + 1);
    if (left->data == NULL) {
        return NGX_ERROR;
    }

    left->len = gh_remove_cookies(header, kept->cookies, n,
                                  (char *) left->data);
    left->data[left->len] = '\0';

    return NGX_OK;
}
