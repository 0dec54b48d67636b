
/*
 * gatehouse_api: hands a request to the core and its reply to the client.
 * The flow behind it is the worker's and may outlive the request.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"


typedef struct {
    ngx_http_request_t  *request;
    gh_flow             *flow;
} ngx_http_gatehouse_call_t;


static void ngx_http_gatehouse_api_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_gatehouse_api_body(ngx_http_request_t *r,
    gh_str *body);
static ngx_int_t ngx_http_gatehouse_api_begin(ngx_http_request_t *r,
    gh_str body);
static ngx_int_t ngx_http_gatehouse_api_headers(ngx_http_request_t *r,
    gh_request *request);
static void ngx_http_gatehouse_api_cleanup(void *data);
static void ngx_http_gatehouse_api_answer(void *arg, const gh_reply *reply);


static gh_str  ngx_http_gatehouse_host = { "Host", sizeof("Host") - 1 };


ngx_int_t
ngx_http_gatehouse_api_handler(ngx_http_request_t *r)
{
    size_t     limit;
    gh_str     body;
    ngx_int_t  rc;

    /* a page that includes an endpoint, or a mirror, would log in unasked */

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    limit = gh_api_body_limit(ngx_http_gatehouse_answering(r),
                              ngx_http_gatehouse_view(&r->method_name),
                              ngx_http_gatehouse_view(&r->uri));

    if (limit == 0) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        ngx_memzero(&body, sizeof(gh_str));

        rc = ngx_http_gatehouse_api_begin(r, body);

        if (rc == NGX_DONE) {
            r->main->count++;
        }

        return rc;
    }

    if (r->headers_in.content_length_n > (off_t) limit) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    r->request_body_in_single_buf = 1;
    r->request_body_in_file_only = 0;

    rc = ngx_http_read_client_request_body(r,
                                          ngx_http_gatehouse_api_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_gatehouse_api_body_handler(ngx_http_request_t *r)
{
    gh_str     body;
    ngx_int_t  rc;

    rc = ngx_http_gatehouse_api_body(r, &body);

    if (rc == NGX_OK) {
        rc = ngx_http_gatehouse_api_begin(r, body);
    }

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_gatehouse_api_body(ngx_http_request_t *r, gh_str *body)
{
    u_char       *p;
    size_t        limit;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_memzero(body, sizeof(gh_str));

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    limit = gh_api_body_limit(ngx_http_gatehouse_answering(r),
                              ngx_http_gatehouse_view(&r->method_name),
                              ngx_http_gatehouse_view(&r->uri));

    /* the length of a chunked body is known only now */

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->in_file) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        body->len += b->last - b->pos;
    }

    if (body->len > limit) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL) {
        body->data = (const char *) cl->buf->pos;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, body->len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->data = (const char *) p;

    for ( /* void */ ; cl; cl = cl->next) {
        b = cl->buf;

        /* the one that ends a chunked body has no memory at all */

        if (b->pos != b->last) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_api_begin(ngx_http_request_t *r, gh_str body)
{
    gh_request                  request;
    ngx_http_cleanup_t         *cln;
    ngx_http_gatehouse_call_t  *call;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_gatehouse_call_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call = cln->data;
    call->request = r;
    call->flow = NULL;

    cln->handler = ngx_http_gatehouse_api_cleanup;

    if (ngx_http_gatehouse_api_request(r, &request) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    request.body = body;

    if (ngx_http_gatehouse_test_reading(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_gatehouse_worker) {
        call->flow = gh_api_begin(ngx_http_gatehouse_worker,
                                  ngx_http_gatehouse_answering(r), &request,
                                  ngx_http_gatehouse_api_answer, call);
    }

    if (call->flow == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_DONE;
}


ngx_int_t
ngx_http_gatehouse_api_request(ngx_http_request_t *r, gh_request *request)
{
    ngx_http_gatehouse_ctx_t  *ctx;

    ngx_memzero(request, sizeof(gh_request));

    if (ngx_http_gatehouse_traits(r, &request->traits) != NGX_OK) {
        return NGX_ERROR;
    }

    request->path = ngx_http_gatehouse_view(&r->uri);

    ctx = ngx_http_gatehouse_find_ctx(r);

    request->query = ngx_http_gatehouse_view(ctx && ctx->masked ? &ctx->query
                                                                : &r->args);

    request->address = ngx_http_gatehouse_view(&r->connection->addr_text);
    request->request_id = ngx_http_gatehouse_request_id(r);
    request->refused = (ctx && ctx->refused_get && r->internal);

    return ngx_http_gatehouse_api_headers(r, request);
}


static ngx_int_t
ngx_http_gatehouse_api_headers(ngx_http_request_t *r, gh_request *request)
{
    gh_header                 *header;
    ngx_uint_t                 i, n;
    ngx_list_part_t           *part;
    ngx_table_elt_t           *h;
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_find_ctx(r);

    n = (ctx ? ctx->nkept : 0) + 1;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    header = ngx_palloc(r->pool, n * sizeof(gh_header));
    if (header == NULL) {
        return NGX_ERROR;
    }

    request->headers = header;

    i = 0;
    part = &r->headers_in.headers.part;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_find_kept(ctx, h)) {
            continue;
        }

        header->name = ngx_http_gatehouse_view(&h->key);
        header->value = ngx_http_gatehouse_view(&h->value);
        header++;
    }

    /* the credentials are kept apart, see ngx_http_gatehouse_receive() */

    for (i = 0; ctx && i < ctx->nkept; i++) {
        h = &ctx->kept[i].header;

        header->name = ngx_http_gatehouse_view(&h->key);
        header->value = ngx_http_gatehouse_view(&h->value);
        header++;
    }

    /* HTTP/3: from ":authority" */

    if (r->headers_in.host == NULL && request->traits.host.len) {
        header->name = ngx_http_gatehouse_host;
        header->value = request->traits.host;
        header++;
    }

    request->header_count = header - request->headers;

    return NGX_OK;
}


static void
ngx_http_gatehouse_api_cleanup(void *data)
{
    ngx_http_gatehouse_call_t *call = data;

    if (call->flow) {
        gh_flow_abandon(call->flow);
        call->flow = NULL;
    }
}


static void
ngx_http_gatehouse_api_answer(void *arg, const gh_reply *reply)
{
    ngx_http_gatehouse_call_t *call = arg;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = call->request;
    c = r->connection;

    call->flow = NULL;

    if (ngx_http_gatehouse_worker == NULL) {

        /* the worker process exits, with its connections as they are */

        return;
    }

    ngx_http_set_log_request(c->log, r);

    ngx_http_finalize_request(r, ngx_http_gatehouse_reply(r, reply));

    ngx_http_run_posted_requests(c);
}
