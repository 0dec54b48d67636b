
/*
 * The list of headers of a response.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_uint_t ngx_http_gatehouse_reply_name(const gh_header *header,
    const char *name);


ngx_table_elt_t *
ngx_http_gatehouse_add_header(ngx_http_request_t *r, gh_str name, gh_str value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name.data;
    h->key.len = name.len;
    h->value.data = (u_char *) value.data;
    h->value.len = value.len;

    return h;
}


ngx_int_t
ngx_http_gatehouse_retry_after(ngx_http_request_t *r, ngx_uint_t seconds)
{
    u_char  *p;
    gh_str   value;

    static gh_str  name = { "Retry-After", sizeof("Retry-After") - 1 };

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = (const char *) p;
    value.len = ngx_sprintf(p, "%ui", seconds) - p;

    return ngx_http_gatehouse_add_header(r, name, value) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_gatehouse_no_store(ngx_http_request_t *r)
{
    static gh_str  name = { "Cache-Control", sizeof("Cache-Control") - 1 };
    static gh_str  value = { "no-store", sizeof("no-store") - 1 };

    return ngx_http_gatehouse_add_header(r, name, value) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_gatehouse_copy_headers(ngx_http_request_t *r, const gh_reply *reply)
{
    u_char           *p;
    size_t            i;
    gh_str            name, value;
    ngx_table_elt_t  *h;
    const gh_header  *header;

    for (i = 0; i < reply->header_count; i++) {

        header = &reply->headers[i];

        if (ngx_http_gatehouse_reply_name(header, "Content-Length")) {
            continue;
        }

        p = ngx_pnalloc(r->pool, header->name.len + header->value.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        name.data = (const char *) p;
        name.len = header->name.len;
        p = ngx_cpymem(p, header->name.data, name.len);

        value.data = (const char *) p;
        value.len = header->value.len;
        ngx_memcpy(p, header->value.data, value.len);

        if (ngx_http_gatehouse_reply_name(header, "Content-Type")) {
            r->headers_out.content_type.data = p;
            r->headers_out.content_type.len = value.len;
            r->headers_out.content_type_len = value.len;
            r->headers_out.content_type_lowcase = NULL;
            continue;
        }

        h = ngx_http_gatehouse_add_header(r, name, value);
        if (h == NULL) {
            return NGX_ERROR;
        }

        if (ngx_http_gatehouse_reply_name(header, "WWW-Authenticate")) {
            r->headers_out.www_authenticate = h;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_reply_name(const gh_header *header, const char *name)
{
    return header->name.len == ngx_strlen(name)
           && ngx_strncasecmp((u_char *) header->name.data, (u_char *) name,
                              header->name.len)
              == 0;
}
