
/*
 * Which location of the server a path belongs to, as nginx finds it, but
 * without entering it.
 */


#include "request/ngx_http_gatehouse_request.h"


static ngx_http_gatehouse_place_t *ngx_http_gatehouse_locate_in(
    ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri);
static ngx_http_gatehouse_place_t *ngx_http_gatehouse_locate_static(
    ngx_http_location_tree_node_t *node, ngx_str_t *uri, ngx_uint_t *exact);


/* The configurations of all modules there. */

void **
ngx_http_gatehouse_locate(ngx_http_request_t *r, ngx_str_t *uri)
{
    return ngx_http_gatehouse_locate_at(
              ngx_http_get_module_srv_conf(r, ngx_http_core_module), uri);
}


void **
ngx_http_gatehouse_locate_at(ngx_http_core_srv_conf_t *cscf, ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_gatehouse_place_t  *found;

    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    found = ngx_http_gatehouse_locate_in(clcf, uri);

    return found ? ngx_http_gatehouse_place_conf(found)->loc_conf
                 : cscf->ctx->loc_conf;
}


/* NULL: in none of those that are nested in this one. */

static ngx_http_gatehouse_place_t *
ngx_http_gatehouse_locate_in(ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri)
{
    ngx_uint_t                    exact;
    ngx_http_gatehouse_place_t   *found, *nested;
#if (NGX_PCRE)
    ngx_uint_t                    noregex;
    ngx_http_gatehouse_place_t  **place;

    noregex = 0;
#endif

    exact = 0;

    found = ngx_http_gatehouse_locate_static(clcf->static_locations, uri,
                                             &exact);

    if (found && exact) {
        return found;
    }

    if (found) {
#if (NGX_PCRE)
        noregex = found->noregex;
#endif

        nested = ngx_http_gatehouse_locate_in(
                                   ngx_http_gatehouse_place_conf(found), uri);

        if (nested) {
            found = nested;
        }
    }

#if (NGX_PCRE)

    if (noregex || clcf->regex_locations == NULL) {
        return found;
    }

    for (place = clcf->regex_locations; *place; place++) {

        if (ngx_regex_exec((*place)->regex->regex, uri, NULL, 0) < 0) {
            continue;
        }

        nested = ngx_http_gatehouse_locate_in(
                                  ngx_http_gatehouse_place_conf(*place), uri);

        return nested ? nested : *place;
    }

#endif

    return found;
}


/* The tree is that of ngx_http_init_static_location_trees(). */

static ngx_http_gatehouse_place_t *
ngx_http_gatehouse_locate_static(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri, ngx_uint_t *exact)
{
    u_char                      *p;
    size_t                       len, n;
    ngx_int_t                    rc;
    ngx_http_gatehouse_place_t  *found;

    p = uri->data;
    len = uri->len;

    found = NULL;

    while (node) {

        n = ngx_min(len, (size_t) node->len);

        rc = ngx_filename_cmp(p, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len > (size_t) node->len) {

            if (node->inclusive) {
                found = node->inclusive;
                node = node->tree;

                p += n;
                len -= n;

            } else {
                node = node->right;
            }

            continue;
        }

        if (len == (size_t) node->len) {
            *exact = (node->exact != NULL);
            return node->exact ? node->exact : node->inclusive;
        }

        /* the slash that nginx would add by a redirect */

        if (len + 1 == (size_t) node->len && node->auto_redirect) {
            *exact = 1;
            found = node->exact ? node->exact : node->inclusive;
        }

        node = node->left;
    }

    return found;
}
