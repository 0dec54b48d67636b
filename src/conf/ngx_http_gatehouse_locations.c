
/*
 * All locations of all servers, for what looks at the whole configuration
 * once nginx has merged it and put it into its trees.
 */


#include "conf/ngx_http_gatehouse_conf.h"


typedef struct {
    ngx_http_gatehouse_location_pt   handler;
    void                            *data;
    ngx_http_core_srv_conf_t        *server;
} ngx_http_gatehouse_walk_t;


static ngx_int_t ngx_http_gatehouse_walk_server(
    ngx_http_gatehouse_walk_t *walk);
static ngx_int_t ngx_http_gatehouse_walk_nested(
    ngx_http_gatehouse_walk_t *walk, ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_http_gatehouse_walk_tree(
    ngx_http_gatehouse_walk_t *walk, ngx_http_location_tree_node_t *node);
static ngx_int_t ngx_http_gatehouse_walk_place(
    ngx_http_gatehouse_walk_t *walk, ngx_http_gatehouse_place_t *place);
static ngx_int_t ngx_http_gatehouse_visit(ngx_http_gatehouse_walk_t *walk,
    void **loc_conf, char *modifier, ngx_str_t *name, char *suffix);


ngx_int_t
ngx_http_gatehouse_each_location(ngx_conf_t *cf,
    ngx_http_gatehouse_location_pt handler, void *data)
{
    ngx_uint_t                   s;
    ngx_http_core_srv_conf_t   **cscfp;
    ngx_http_core_main_conf_t   *cmcf;
    ngx_http_gatehouse_walk_t    walk;

    walk.handler = handler;
    walk.data = data;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {

        walk.server = cscfp[s];

        if (ngx_http_gatehouse_walk_server(&walk) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_walk_server(ngx_http_gatehouse_walk_t *walk)
{
    void                        **loc_conf;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_gatehouse_place_t  **place;

    /* the server itself serves what no location matches */

    loc_conf = walk->server->ctx->loc_conf;

    clcf = loc_conf[ngx_http_core_module.ctx_index];

    if (ngx_http_gatehouse_visit(walk, loc_conf, "", &clcf->name, "")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_walk_nested(walk, clcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (walk->server->named_locations == NULL) {
        return NGX_OK;
    }

    for (place = walk->server->named_locations; *place; place++) {
        if (ngx_http_gatehouse_walk_place(walk, *place) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_walk_nested(ngx_http_gatehouse_walk_t *walk,
    ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_PCRE)
    ngx_http_gatehouse_place_t  **place;
#endif

    if (ngx_http_gatehouse_walk_tree(walk, clcf->static_locations) != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (NGX_PCRE)
    if (clcf->regex_locations == NULL) {
        return NGX_OK;
    }

    for (place = clcf->regex_locations; *place; place++) {
        if (ngx_http_gatehouse_walk_place(walk, *place) != NGX_OK) {
            return NGX_ERROR;
        }
    }
#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_walk_tree(ngx_http_gatehouse_walk_t *walk,
    ngx_http_location_tree_node_t *node)
{
    if (node == NULL) {
        return NGX_OK;
    }

    if (ngx_http_gatehouse_walk_tree(walk, node->left) != NGX_OK) {
        return NGX_ERROR;
    }

    if (node->exact
        && ngx_http_gatehouse_walk_place(walk, node->exact) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (node->inclusive
        && ngx_http_gatehouse_walk_place(walk, node->inclusive) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_gatehouse_walk_tree(walk, node->tree) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_walk_tree(walk, node->right);
}


static ngx_int_t
ngx_http_gatehouse_walk_place(ngx_http_gatehouse_walk_t *walk,
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

    if (ngx_http_gatehouse_visit(walk, clcf->loc_conf, modifier,
                                 &place->name, "")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (clcf->limit_except_loc_conf
        && ngx_http_gatehouse_visit(walk, clcf->limit_except_loc_conf,
                                    modifier, &place->name, " limit_except")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_walk_nested(walk, clcf);
}


static ngx_int_t
ngx_http_gatehouse_visit(ngx_http_gatehouse_walk_t *walk, void **loc_conf,
    char *modifier, ngx_str_t *name, char *suffix)
{
    ngx_http_gatehouse_location_t  location;

    location.server = walk->server;
    location.loc_conf = loc_conf;
    location.modifier = modifier;
    location.name = name;
    location.suffix = suffix;

    return walk->handler(walk->data, &location);
}
