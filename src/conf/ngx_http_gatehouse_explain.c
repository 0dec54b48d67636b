
/*
 * GATEHOUSE_EXPLAIN=1 nginx -t: prints what holds in every location, so that
 * no tool needs to read nginx.conf a second time.
 */


#include "ngx_http_gatehouse_module.h"


/* Angie gives one location several places, each with a name of its own. */

#if (NGX_HTTP_GATEHOUSE_PLACES)

typedef ngx_http_core_loc_t  ngx_http_gatehouse_place_t;

#define ngx_http_gatehouse_place_conf(place)  (place)->conf

#else

typedef ngx_http_core_loc_conf_t  ngx_http_gatehouse_place_t;

#define ngx_http_gatehouse_place_conf(place)  (place)

#endif


typedef struct {
    ngx_conf_t                 *cf;
    gh_config                  *config;
    ngx_str_t                   server;
} ngx_http_gatehouse_explain_t;


static ngx_int_t ngx_http_gatehouse_explain_server(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_srv_conf_t *cscf);
static ngx_int_t ngx_http_gatehouse_explain_name(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_srv_conf_t *cscf);
static ngx_int_t ngx_http_gatehouse_explain_address(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_srv_conf_t *cscf);
static ngx_int_t ngx_http_gatehouse_explain_nested(
    ngx_http_gatehouse_explain_t *ex, ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_http_gatehouse_explain_tree(
    ngx_http_gatehouse_explain_t *ex, ngx_http_location_tree_node_t *node);
static ngx_int_t ngx_http_gatehouse_explain_location(
    ngx_http_gatehouse_explain_t *ex, ngx_http_gatehouse_place_t *place);
static ngx_int_t ngx_http_gatehouse_explain_conf(
    ngx_http_gatehouse_explain_t *ex, void **loc_conf, char *modifier,
    ngx_str_t *name, char *suffix);


/* Called once the locations of all servers are merged and in their trees. */

ngx_int_t
ngx_http_gatehouse_explain(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    char                          *wanted;
    ngx_uint_t                     s;
    ngx_http_core_srv_conf_t     **cscfp;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_gatehouse_explain_t   ex;

    wanted = getenv("GATEHOUSE_EXPLAIN");

    if (!ngx_test_config || wanted == NULL || ngx_strcmp(wanted, "1") != 0) {
        return NGX_OK;
    }

    gmcf->explain = 1;

    ex.cf = cf;
    ex.config = gmcf->config;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        if (ngx_http_gatehouse_explain_server(&ex, cscfp[s]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_explain_server(ngx_http_gatehouse_explain_t *ex,
    ngx_http_core_srv_conf_t *cscf)
{
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_gatehouse_place_t  **place;

    if (ngx_http_gatehouse_explain_name(ex, cscf) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the server itself serves what no location matches */

    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    if (ngx_http_gatehouse_explain_conf(ex, cscf->ctx->loc_conf, "",
                                        &clcf->name, "")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_explain_nested(ex, clcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cscf->named_locations == NULL) {
        return NGX_OK;
    }

    for (place = cscf->named_locations; *place; place++) {
        if (ngx_http_gatehouse_explain_location(ex, *place) != NGX_OK) {
            return NGX_ERROR;
        }
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

    ex->server.data = p;

    for (i = 0; i < cscf->server_names.nelts; i++) {
        if (name[i].name.len == 0) {
            continue;
        }

        if (p != ex->server.data) {
            *p++ = ' ';
        }

        p = ngx_cpymem(p, name[i].name.data, name[i].name.len);
    }

    ex->server.len = p - ex->server.data;

    if (ex->server.len) {
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
                    ex->server = addr[a].opt.addr_text;
                    return NGX_OK;
                }
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_explain_nested(ngx_http_gatehouse_explain_t *ex,
    ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_PCRE)
    ngx_http_gatehouse_place_t  **place;
#endif

    if (ngx_http_gatehouse_explain_tree(ex, clcf->static_locations) != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (NGX_PCRE)
    if (clcf->regex_locations == NULL) {
        return NGX_OK;
    }

    for (place = clcf->regex_locations; *place; place++) {
        if (ngx_http_gatehouse_explain_location(ex, *place) != NGX_OK) {
            return NGX_ERROR;
        }
    }
#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_explain_tree(ngx_http_gatehouse_explain_t *ex,
    ngx_http_location_tree_node_t *node)
{
    if (node == NULL) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_explain_tree(ex, node->left) != NGX_OK) {
        return NGX_ERROR;
    }

    if (node->exact
        && ngx_http_gatehouse_explain_location(ex, node->exact) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (node->inclusive
        && ngx_http_gatehouse_explain_location(ex, node->inclusive) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_explain_tree(ex, node->tree) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_explain_tree(ex, node->right);
}


static ngx_int_t
ngx_http_gatehouse_explain_location(ngx_http_gatehouse_explain_t *ex,
    ngx_http_gatehouse_place_t *place)
{
    char                      *modifier;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_gatehouse_place_conf(place);

    modifier = place->exact_match ? "= " : place->noregex ? "^~ " : "";

#if (NGX_PCRE)
    if (place->regex) {
        modifier = "~ ";
    }
#endif

    if (ngx_http_gatehouse_explain_conf(ex, clcf->loc_conf, modifier,
                                        &place->name, "")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (clcf->limit_except_loc_conf
        && ngx_http_gatehouse_explain_conf(ex, clcf->limit_except_loc_conf,
                                           modifier, &place->name,
                                           " limit_except")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_explain_nested(ex, clcf);
}


static ngx_int_t
ngx_http_gatehouse_explain_conf(ngx_http_gatehouse_explain_t *ex,
    void **loc_conf, char *modifier, ngx_str_t *name, char *suffix)
{
    u_char                         *p;
    gh_str                         *headers;
    ngx_str_t                       text;
    ngx_uint_t                      i;
    gh_location                     location;
    ngx_http_gatehouse_header_t    *header;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = loc_conf[ngx_http_gatehouse_module.ctx_index];

    text.data = ngx_pnalloc(ex->cf->pool, ngx_strlen(modifier) + name->len
                                          + ngx_strlen(suffix));
    headers = ngx_palloc(ex->cf->pool,
                         2 * glcf->identity->nelts * sizeof(gh_str));

    if (text.data == NULL || headers == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(text.data, "%s%V%s", modifier, name, suffix);
    text.len = p - text.data;

    header = glcf->identity->elts;

    for (i = 0; i < glcf->identity->nelts; i++) {
        headers[2 * i] = ngx_http_gatehouse_view(&header[i].name);
        headers[2 * i + 1] = ngx_http_gatehouse_view(&header[i].value.value);
    }

    ngx_memzero(&location, sizeof(gh_location));

    location.server = ngx_http_gatehouse_view(&ex->server);
    location.location = ngx_http_gatehouse_view(&text);
    location.guard = glcf->guard;
    location.optional = (glcf->optional == 1);
    location.check = glcf->check;
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
