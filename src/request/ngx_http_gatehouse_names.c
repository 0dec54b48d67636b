
/*
 * Names of request headers: which are reserved, and which are the same.
 */


#include "request/ngx_http_gatehouse_request.h"


#define ngx_http_gatehouse_length_bit(len)                                    \
    ((uint64_t) 1 << ngx_min(len, 63))


static ngx_inline u_char ngx_http_gatehouse_fold(u_char c);


ngx_str_t  ngx_http_gatehouse_authorization = ngx_string("Authorization");
ngx_str_t  ngx_http_gatehouse_cookie = ngx_string("Cookie");


ngx_table_elt_t *
ngx_http_gatehouse_next_header(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*i >= (*part)->nelts) {
        if ((*part)->next == NULL) {
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }

    h = (*part)->elts;

    return &h[(*i)++];
}


/*
 * FastCGI, uwsgi and SCGI make one name of "Remote-User" and "remote_user",
 * and PHP takes "Remote.User" for it too.
 */

ngx_uint_t
ngx_http_gatehouse_same_name(ngx_str_t *one, ngx_str_t *two)
{
    size_t  i;

    if (one->len != two->len) {
        return 0;
    }

    for (i = 0; i < one->len; i++) {
        if (one->data[i] != two->data[i]
            && ngx_http_gatehouse_fold(one->data[i])
               != ngx_http_gatehouse_fold(two->data[i]))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_inline u_char
ngx_http_gatehouse_fold(u_char c)
{
    c = ngx_tolower(c);

    return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) ? c : '-';
}


ngx_uint_t
ngx_http_gatehouse_is_reserved(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name)
{
    ngx_str_t   *reserved;
    ngx_uint_t   i;

    if (!(gmcf->reserved_lengths & ngx_http_gatehouse_length_bit(name->len))) {
        return 0;
    }

    reserved = gmcf->reserved.elts;

    for (i = 0; i < gmcf->reserved.nelts; i++) {
        if (ngx_http_gatehouse_same_name(&reserved[i], name)) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_gatehouse_reserve(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_str_t *name)
{
    ngx_str_t  *reserved;

    if (ngx_http_gatehouse_is_reserved(gmcf, name)) {
        return NGX_OK;
    }

    reserved = ngx_array_push(&gmcf->reserved);
    if (reserved == NULL) {
        return NGX_ERROR;
    }

    *reserved = *name;

    gmcf->reserved_lengths |= ngx_http_gatehouse_length_bit(name->len);

    return NGX_OK;
}


/*
 * Tokens come in headers of this name: no application sees it.  Authorization
 * may be the application's own, see ngx_http_gatehouse_receive().
 */

ngx_int_t
ngx_http_gatehouse_hide(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t                       *token;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (ngx_http_gatehouse_is_token(gmcf, name)
        || ngx_http_gatehouse_same_name(name,
                                        &ngx_http_gatehouse_authorization))
    {
        return NGX_OK;
    }

    token = ngx_array_push(&gmcf->tokens);
    if (token == NULL) {
        return NGX_ERROR;
    }

    *token = *name;

    return NGX_OK;
}


ngx_uint_t
ngx_http_gatehouse_is_token(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name)
{
    ngx_str_t   *tokens;
    ngx_uint_t   i;

    tokens = gmcf->tokens.elts;

    for (i = 0; i < gmcf->tokens.nelts; i++) {
        if (ngx_http_gatehouse_same_name(&tokens[i], name)) {
            return 1;
        }
    }

    return 0;
}
