
/*
 * gatehouse_check on behalf of another server: the request to be judged is
 * the one that the proxy describes, if the proxy is one that we trust.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_uint_t ngx_http_gatehouse_is_trusted(ngx_http_request_t *r,
    ngx_array_t *cidrs);


typedef struct {
    ngx_str_t   name;
    ngx_uint_t  what;
} ngx_http_gatehouse_forwarded_t;


enum {
    ngx_http_gatehouse_forwarded_method = 0,
    ngx_http_gatehouse_forwarded_uri,
    ngx_http_gatehouse_forwarded_host,
    ngx_http_gatehouse_forwarded_proto,
    ngx_http_gatehouse_forwarded_count
};


static ngx_http_gatehouse_forwarded_t  ngx_http_gatehouse_forwarded_names[] = {
    { ngx_string("X-Forwarded-Method"), ngx_http_gatehouse_forwarded_method },
    { ngx_string("X-Original-Method"), ngx_http_gatehouse_forwarded_method },
    { ngx_string("X-Forwarded-Uri"), ngx_http_gatehouse_forwarded_uri },
    { ngx_string("X-Original-URI"), ngx_http_gatehouse_forwarded_uri },
    { ngx_string("X-Forwarded-Host"), ngx_http_gatehouse_forwarded_host },
    { ngx_string("X-Forwarded-Proto"), ngx_http_gatehouse_forwarded_proto },
    { ngx_null_string, 0 }
};


/*
 * A proxy sets one name for each thing and passes on what the client sent
 * under another: two that differ are not chosen from but refused.
 */

ngx_int_t
ngx_http_gatehouse_forwarded(ngx_http_request_t *r, ngx_array_t *cidrs,
    gh_traits *traits)
{
    ngx_str_t                       *said, forwarded[4];
    ngx_uint_t                       i;
    ngx_list_part_t                 *part;
    ngx_table_elt_t                 *h;
    ngx_http_gatehouse_forwarded_t  *known;

    if (!ngx_http_gatehouse_is_trusted(r, cidrs)) {
        return NGX_OK;
    }

    ngx_memzero(forwarded, sizeof(forwarded));

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        for (known = ngx_http_gatehouse_forwarded_names; known->name.len;
             known++)
        {
            if (!ngx_http_gatehouse_same_name(&h->key, &known->name)) {
                continue;
            }

            said = &forwarded[known->what];

            if (said->data
                && (said->len != h->value.len
                    || ngx_memcmp(said->data, h->value.data, said->len) != 0))
            {
                ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                              "gatehouse: \"%V\" contradicts another header",
                              &h->key);
                return NGX_DECLINED;
            }

            *said = h->value;
            break;
        }
    }

    said = &forwarded[ngx_http_gatehouse_forwarded_method];

    if (said->len) {
        traits->method = ngx_http_gatehouse_view(said);
    }

    said = &forwarded[ngx_http_gatehouse_forwarded_uri];

    if (said->len) {
        traits->uri = ngx_http_gatehouse_view(said);
    }

    said = &forwarded[ngx_http_gatehouse_forwarded_host];

    if (said->len) {
        traits->host = ngx_http_gatehouse_view(said);
        traits->server.len = 0;
    }

    said = &forwarded[ngx_http_gatehouse_forwarded_proto];

    if (said->len) {
        traits->secure = (said->len == 5
                          && ngx_strncasecmp(said->data, (u_char *) "https", 5)
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
