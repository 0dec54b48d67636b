
/*
 * A path that an application may read otherwise than nginx does, and then as
 * one that nginx would have guarded.  What the readings are is the core's;
 * where they lead is for the locations of the server to say.
 */


#include "request/ngx_http_gatehouse_request.h"


typedef struct {
    ngx_http_request_t             *request;
    ngx_http_gatehouse_loc_conf_t  *here;
} ngx_http_gatehouse_reading_t;


static int ngx_http_gatehouse_read_path(void *arg, gh_str path);
static ngx_uint_t ngx_http_gatehouse_is_stricter(
    ngx_http_gatehouse_loc_conf_t *there, ngx_http_gatehouse_loc_conf_t *here);


/* NGX_DECLINED: the path is read in one way, or harmlessly. */

ngx_int_t
ngx_http_gatehouse_refuse_ambiguous(ngx_http_request_t *r)
{
    int                             rc;
    u_char                         *last;
    gh_str                          view;
    ngx_str_t                       raw;
    ngx_http_gatehouse_reading_t    reading;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = ngx_http_get_module_srv_conf(r, ngx_http_gatehouse_module);

    if (!gscf->guarded) {
        return NGX_DECLINED;
    }

    raw = r->unparsed_uri;

    last = memchr(raw.data, '?', raw.len);

    if (last) {
        raw.len = last - raw.data;
    }

    view = ngx_http_gatehouse_view(&raw);

    if (!gh_path_is_ambiguous(view)) {
        return NGX_DECLINED;
    }

    reading.request = r;
    reading.here = ngx_http_gatehouse_locate(r, &r->uri)
                                       [ngx_http_gatehouse_module.ctx_index];

    if (reading.here->ambiguous_paths
        || reading.here->api || reading.here->check)
    {
        return NGX_DECLINED;
    }

    rc = gh_path_readings(view, ngx_http_gatehouse_read_path, &reading);

    if (rc == 0) {
        return NGX_DECLINED;
    }

    if (rc < 0) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "gatehouse: refused, the path \"%V\" can be read in "
                      "too many ways", &raw);
    }

    return NGX_HTTP_BAD_REQUEST;
}


static int
ngx_http_gatehouse_read_path(void *arg, gh_str path)
{
    ngx_http_gatehouse_reading_t *reading = arg;

    void                           **loc_conf;
    ngx_str_t                        uri;
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_gatehouse_loc_conf_t   *there;

    uri.data = (u_char *) path.data;
    uri.len = path.len;

    loc_conf = ngx_http_gatehouse_locate(reading->request, &uri);

    clcf = loc_conf[ngx_http_core_module.ctx_index];
    there = loc_conf[ngx_http_gatehouse_module.ctx_index];

    if (there == reading->here) {
        return 0;
    }

    if (!ngx_http_gatehouse_is_stricter(there, reading->here)
        && (clcf->limit_except_loc_conf == NULL
            || !ngx_http_gatehouse_is_stricter(
                               clcf->limit_except_loc_conf
                                       [ngx_http_gatehouse_module.ctx_index],
                               reading->here)))
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_INFO, reading->request->connection->log, 0,
                  "gatehouse: refused, an application could read the path "
                  "as \"%V\", which is guarded otherwise; see "
                  "gatehouse_ambiguous_paths", &uri);

    return 1;
}


/* Would the guard there keep out anybody who has come in here? */

static ngx_uint_t
ngx_http_gatehouse_is_stricter(ngx_http_gatehouse_loc_conf_t *there,
    ngx_http_gatehouse_loc_conf_t *here)
{
    if (there->guard == NULL || (there->optional && there->rules == NULL)) {
        return 0;
    }

    return there->guard != here->guard
           || (here->optional && !there->optional)
           || (there->rules && there->rules != here->rules);
}
