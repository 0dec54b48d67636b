
/*
 * gatehouse_status: how things go, for what watches.
 */


#include "process/ngx_http_gatehouse_process.h"
#include "respond/ngx_http_gatehouse_respond.h"


typedef struct {
    ngx_http_request_t  *request;
    ngx_int_t            rc;
} ngx_http_gatehouse_shown_t;


static void ngx_http_gatehouse_status_answer(void *arg,
    const gh_reply *reply);


ngx_int_t
ngx_http_gatehouse_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_gatehouse_shown_t      shown;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_gatehouse_worker == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_gatehouse_module);

    shown.request = r;
    shown.rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    gh_status(ngx_http_gatehouse_worker, (gh_status_kind) glcf->status,
              ngx_http_gatehouse_status_answer, &shown);

    return shown.rc;
}


static void
ngx_http_gatehouse_status_answer(void *arg, const gh_reply *reply)
{
    ngx_http_gatehouse_shown_t *shown = arg;

    shown->rc = ngx_http_gatehouse_reply(shown->request, reply);
}
