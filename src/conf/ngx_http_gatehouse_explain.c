
/*
 * GATEHOUSE_EXPLAIN=1 nginx -t: prints what holds in every location, so that
 * no tool needs to read nginx.conf a second time.
 */


#include "conf/ngx_http_gatehouse_conf.h"


typedef struct {
    ngx_conf_t                 *cf;
    gh_config                  *config;
    ngx_http_core_srv_conf_t   *server;
    ngx_str_t                   server_name;
} ngx_http_gatehouse_explain_t;


static ngx_int_t ngx_http_gatehouse_explain_location(void *data,
    ngx_http_gatehouse_location_t *where);
static ngx_int_t ngx_http_gatehouse_explain_name(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_srv_conf_t *cscf);
static ngx_int_t ngx_http_gatehouse_explain_address(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_srv_conf_t *cscf);


/* Called once the locations of all servers are merged and in their trees. */

ngx_int_t
ngx_http_gatehouse_explain(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    char                          *wanted;
    ngx_http_gatehouse_explain_t   ex;

    wanted = getenv("GATEHOUSE_EXPLAIN");

    if (!ngx_test_config || wanted == NULL || ngx_strcmp(wanted, "1") != 0) {
        return NGX_OK;
    }

    gmcf->explain = 1;

    ex.cf = cf;
    ex.config = gmcf->config;
    ex.server = NULL;

    return ngx_http_gatehouse_each_location(cf,
                                     ngx_http_gatehouse_explain_location, &ex);
}


static ngx_int_t
ngx_http_gatehouse_explain_location(void *data,
    ngx_http_gatehouse_location_t *where)
{
    ngx_http_gatehouse_explain_t *ex = data;

    u_char                         *p;
    gh_str                         *headers;
    ngx_str_t                       text;
    ngx_uint_t                      i;
    gh_location                     location;
    ngx_http_gatehouse_header_t    *header;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    if (ex->server != where->server) {
        ex->server = where->server;

        if (ngx_http_gatehouse_explain_name(ex, where->server) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    glcf = where->loc_conf[ngx_http_gatehouse_module.ctx_index];

    text.data = ngx_pnalloc(ex->cf->pool,
                            ngx_strlen(where->modifier) + where->name->len
                            + ngx_strlen(where->suffix));
    headers = ngx_palloc(ex->cf->pool,
                         2 * glcf->identity->nelts * sizeof(gh_str));

    if (text.data == NULL || headers == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(text.data, "%s%V%s", where->modifier, where->name,
                    where->suffix);
    text.len = p - text.data;

    header = glcf->identity->elts;

    for (i = 0; i < glcf->identity->nelts; i++) {
        headers[2 * i] = ngx_http_gatehouse_view(&header[i].name);
        headers[2 * i + 1] = ngx_http_gatehouse_view(&header[i].value.value);
    }

    ngx_memzero(&location, sizeof(gh_location));

    location.server = ngx_http_gatehouse_view(&ex->server_name);
    location.location = ngx_http_gatehouse_view(&text);
    location.guard = glcf->guard;
    location.optional = (glcf->optional == 1);
    location.check = glcf->check;
    location.redirect = (glcf->check && glcf->redirect);
    location.from = glcf->from;

    if (glcf->from_names) {
        location.from_header =
                          ngx_http_gatehouse_view(&glcf->from_names->header);
        location.from_cookie =
                          ngx_http_gatehouse_view(&glcf->from_names->cookie);
    }

    location.stale_limit = glcf->stale_limit;
    location.csrf = glcf->csrf;
    location.pass_cookies = glcf->pass_cookies;
    location.ambiguous_paths = glcf->ambiguous_paths;
    location.no_store = glcf->no_store;
    location.signed_url = glcf->signed_url;
    location.api = glcf->api;
    location.headers = headers;
    location.header_count = 2 * glcf->identity->nelts;

    if (glcf->rules) {
        location.rules = (const gh_rule *const *) glcf->rules->elts;
        location.rule_count = glcf->rules->nelts;
    }

    if (gh_config_explain_location(ex->config, &location) != 0) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_explain_name(ngx_http_gatehouse_explain_t *ex,
    ngx_http_core_srv_conf_t *cscf)
{
    u_char                  *p;
    size_t                   len;
    ngx_uint_t               i;
    ngx_http_server_name_t  *name;

    name = cscf->server_names.elts;
    len = 0;

    for (i = 0; i < cscf->server_names.nelts; i++) {
        len += name[i].name.len + 1;
    }

    p = ngx_pnalloc(ex->cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ex->server_name.data = p;

    for (i = 0; i < cscf->server_names.nelts; i++) {
        if (name[i].name.len == 0) {
            continue;
        }

        if (p != ex->server_name.data) {
            *p++ = ' ';
        }

        p = ngx_cpymem(p, name[i].name.data, name[i].name.len);
    }

    ex->server_name.len = p - ex->server_name.data;

    if (ex->server_name.len) {
        return NGX_OK;
    }

    return ngx_http_gatehouse_explain_address(ex, cscf);
}


static ngx_int_t
ngx_http_gatehouse_explain_address(ngx_http_gatehouse_explain_t *ex,
    ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t                   p, a, s;
    ngx_http_conf_addr_t        *addr;
    ngx_http_conf_port_t        *port;
    ngx_http_core_srv_conf_t   **cscfp;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(ex->cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {

        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {

            cscfp = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {
                if (cscfp[s] == cscf) {
                    ex->server_name = addr[a].opt.addr_text;
                    return NGX_OK;
                }
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_gatehouse_explain_print(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    gh_str   json;
    ssize_t  n;

    json = gh_config_explain(gmcf->config);

    while (json.len) {
        n = ngx_write_fd(ngx_stdout, (void *) json.data, json.len);

        if (n == -1) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                          "gatehouse: writing to stdout failed");
            return NGX_ERROR;
        }

        json.data += n;
        json.len -= n;
    }

    return NGX_OK;
}
