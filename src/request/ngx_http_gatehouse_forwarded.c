
/*
 * gatehouse_check on behalf of another server: the request to be judged is
 * the one that the proxy describes, if the proxy is one that we trust.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_uint_t ngx_http_gatehouse_is_trusted(ngx_http_request_t *r,
    ngx_array_t *cidrs);


/*
 * A proxy sets one name for each thing and passes on what the client sent
 * under another: two that differ are not chosen from but refused.
 */

void
ngx_http_gatehouse_read_forwarded(ngx_http_gatehouse_said_t *said,
    ngx_http_gatehouse_name_t *name, ngx_table_elt_t *h)
{
    ngx_str_t  *value;

    value = &said->forwarded[name->place];

    if (value->data == NULL) {
        *value = h->value;
        return;
    }

    if (said->contradiction.len == 0
        && (value->len != h->value.len
            || ngx_memcmp(value->data, h->value.data, value->len) != 0))
    {
        said->contradiction = h->key;
    }
}


ngx_int_t
ngx_http_gatehouse_forwarded(ngx_http_request_t *r, ngx_array_t *cidrs,
    ngx_http_gatehouse_said_t *said, gh_traits *traits)
{
    ngx_str_t  *value;

    if (!ngx_http_gatehouse_is_trusted(r, cidrs)) {
        return NGX_OK;
    }

    if (said->contradiction.len) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "gatehouse: \"%V\" contradicts another header",
                      &said->contradiction);
        return NGX_DECLINED;
    }

    value = &said->forwarded[NGX_HTTP_GATEHOUSE_FORWARDED_METHOD];

    if (value->len) {
        traits->method = ngx_http_gatehouse_view(value);
    }

    value = &said->forwarded[NGX_HTTP_GATEHOUSE_FORWARDED_URI];

    if (value->len) {
        traits->uri = ngx_http_gatehouse_view(value);
    }

    value = &said->forwarded[NGX_HTTP_GATEHOUSE_FORWARDED_HOST];

    if (value->len) {
        traits->host = ngx_http_gatehouse_view(value);
        traits->server.len = 0;
    }

    value = &said->forwarded[NGX_HTTP_GATEHOUSE_FORWARDED_PROTO];

    if (value->len) {
        traits->secure = (value->len == 5
                          && ngx_strncasecmp(value->data, (u_char *) "https",
                                             5)
                             == 0);
    }

    return NGX_OK;
}


/* The peer is who has connected to us, whatever realip has made of it. */

static ngx_uint_t
ngx_http_gatehouse_is_trusted(ngx_http_request_t *r, ngx_array_t *cidrs)
{
    ngx_addr_t                  addr;
    ngx_str_t                   text;
    ngx_uint_t                  key;
    struct sockaddr             local;
    ngx_http_variable_value_t  *vv;

    static ngx_str_t  name = ngx_string("realip_remote_addr");

    key = ngx_hash_key(name.data, name.len);

    vv = ngx_http_get_variable(r, &name, key);

    if (vv == NULL) {
        return 0;
    }

    text.data = vv->data;
    text.len = vv->not_found ? 0 : vv->len;

    if (text.len == 0
        || (text.len == r->connection->addr_text.len
            && ngx_memcmp(text.data, r->connection->addr_text.data, text.len)
               == 0))
    {
        return ngx_cidr_match(r->connection->sockaddr, cidrs) == NGX_OK;
    }

    if (text.len == 5 && ngx_memcmp(text.data, "unix:", 5) == 0) {
        ngx_memzero(&local, sizeof(struct sockaddr));
        local.sa_family = AF_UNIX;

        return ngx_cidr_match(&local, cidrs) == NGX_OK;
    }

    if (ngx_parse_addr(r->pool, &addr, text.data, text.len) != NGX_OK) {
        return 0;
    }

    return ngx_cidr_match(addr.sockaddr, cidrs) == NGX_OK;
}
