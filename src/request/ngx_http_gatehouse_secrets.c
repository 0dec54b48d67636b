
/*
 * What is a secret in a query, and how it is masked.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_int_t ngx_http_gatehouse_mask_values(ngx_http_request_t *r,
    ngx_str_t *text, u_char *query, ngx_str_t *names);


/* in any dialect */

static ngx_str_t  ngx_http_gatehouse_secrets[] = {
    ngx_string("token"),
    ngx_string("code"),
    ngx_string("uuid"),
    ngx_string("password"),
    ngx_string("pass"),
    ngx_string("gh_signature"),
    ngx_null_string
};


/* at any location */

static ngx_str_t  ngx_http_gatehouse_signature[] = {
    ngx_string("gh_signature"),
    ngx_null_string
};


/* Whatever of the query a client has sent, in `text` from `query` on. */

ngx_int_t
ngx_http_gatehouse_mask_part(ngx_http_request_t *r, ngx_str_t *text,
    u_char *query)
{
    return ngx_http_gatehouse_mask_values(r, text, query,
                                          ngx_http_gatehouse_secrets);
}


/* The rest is the application's. */

ngx_int_t
ngx_http_gatehouse_mask_signature(ngx_http_request_t *r, ngx_str_t *text,
    u_char *query)
{
    return ngx_http_gatehouse_mask_values(r, text, query,
                                          ngx_http_gatehouse_signature);
}


static ngx_int_t
ngx_http_gatehouse_mask_values(ngx_http_request_t *r, ngx_str_t *text,
    u_char *query, ngx_str_t *names)
{
    size_t      size;
    u_char     *p, *last, *name, *new;
    ngx_uint_t  secret, found;

    static ngx_str_t  stars = ngx_string("***");

    if (text->len == 0) {
        return NGX_OK;
    }

    last = text->data + text->len;

    /* stars follow an equals sign */

    size = text->len;

    for (p = query; p < last; p++) {
        if (*p == '=') {
            size += stars.len;
        }
    }

    new = ngx_pnalloc(r->pool, size + 1);
    if (new == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(new, text->data, query - text->data);

    name = query;
    secret = 0;
    found = 0;

    for ( /* void */ ; query < last; query++) {

        if (*query == '&' || *query == ' ' || *query == '#') {
            name = query + 1;
            secret = 0;

        } else if (*query == '=' && !secret
                   && ngx_http_gatehouse_is_parameter(name, query - name,
                                                      names))
        {
            *p++ = '=';
            p = ngx_cpymem(p, stars.data, stars.len);
            secret = 1;
            found = 1;
            continue;
        }

        if (!secret) {
            *p++ = *query;
        }
    }

    *p = '\0';

    if (found) {
        text->data = new;
        text->len = p - new;
    }

    return NGX_OK;
}


/* The name is compared as the core reads it: %74oken is a token too. */

ngx_uint_t
ngx_http_gatehouse_is_parameter(u_char *name, size_t len, ngx_str_t *names)
{
    u_char      c, *p, *last;
    size_t      i;
    ngx_int_t   n;

    last = name + len;

    for ( /* void */ ; names->len; names++) {

        p = name;

        for (i = 0; i < names->len && p < last; i++) {

            c = *p++;

            if (c == '+') {
                c = ' ';

            } else if (c == '%' && last - p >= 2) {
                n = ngx_hextoi(p, 2);

                if (n != NGX_ERROR) {
                    c = (u_char) n;
                    p += 2;
                }
            }

            if (c != names->data[i]) {
                break;
            }
        }

        if (i == names->len && p == last) {
            return 1;
        }
    }

    return 0;
}
