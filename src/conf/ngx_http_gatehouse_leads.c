
/*
 * nginx -t: what leads out of a guarded location without being meant to.
 */


#include "request/ngx_http_gatehouse_request.h"
#include "conf/ngx_http_gatehouse_conf.h"


typedef struct {
    ngx_conf_t                     *cf;
    ngx_array_t                     warned;   /* places, each of them once */
    ngx_http_gatehouse_location_t  *from;
} ngx_http_gatehouse_leads_t;


static ngx_int_t ngx_http_gatehouse_look_at(void *data,
    ngx_http_gatehouse_location_t *where);
static ngx_int_t ngx_http_gatehouse_look_at_errors(
    ngx_http_gatehouse_leads_t *leads, ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_http_gatehouse_follow(ngx_http_gatehouse_leads_t *leads,
    char *directive, ngx_str_t *to, ngx_uint_t files);
static ngx_uint_t ngx_http_gatehouse_plain_path(ngx_str_t *to,
    ngx_str_t *path);
static void ngx_http_gatehouse_look_at_caches(ngx_http_gatehouse_leads_t *leads,
    ngx_http_gatehouse_loc_conf_t *glcf);


/* Called once the locations of all servers are merged and in their trees. */

ngx_int_t
ngx_http_gatehouse_look_for_leads(ngx_conf_t *cf)
{
    ngx_http_gatehouse_leads_t  leads;

    leads.cf = cf;

    if (ngx_array_init(&leads.warned, cf->temp_pool, 4,
                       sizeof(ngx_http_gatehouse_loc_conf_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_gatehouse_each_location(cf, ngx_http_gatehouse_look_at,
                                            &leads);
}


static ngx_int_t
ngx_http_gatehouse_look_at(void *data, ngx_http_gatehouse_location_t *where)
{
    ngx_http_gatehouse_leads_t *leads = data;

    ngx_uint_t                      i;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_gatehouse_lead_t      *lead;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    clcf = where->loc_conf[ngx_http_core_module.ctx_index];
    glcf = where->loc_conf[ngx_http_gatehouse_module.ctx_index];

    /* what "limit_except" does not except it has from its location */

    if (glcf->guard == NULL || clcf->noname) {
        return NGX_OK;
    }

    leads->from = where;

    ngx_http_gatehouse_look_at_caches(leads, glcf);

    if (glcf->leads) {
        lead = glcf->leads->elts;

        for (i = 0; i < glcf->leads->nelts; i++) {
            if (ngx_http_gatehouse_follow(leads, lead[i].directive,
                                          &lead[i].to, 1)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return ngx_http_gatehouse_look_at_errors(leads, clcf);
}


/*
 * The page of a refusal is for who has been refused, and no application's
 * user is lost there.
 */

static ngx_int_t
ngx_http_gatehouse_look_at_errors(ngx_http_gatehouse_leads_t *leads,
    ngx_http_core_loc_conf_t *clcf)
{
    ngx_uint_t             i;
    ngx_http_err_page_t   *page;

    if (clcf->error_pages == NULL) {
        return NGX_OK;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {

        if (page[i].status == NGX_HTTP_UNAUTHORIZED
            || page[i].status == NGX_HTTP_FORBIDDEN
            || page[i].value.lengths)
        {
            continue;
        }

        if (ngx_http_gatehouse_follow(leads, "error_page",
                                      &page[i].value.value, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * A named or internal location that says nothing goes on with the guard that
 * has led there, and whoever says "gatehouse off" means it.  A file of an
 * open location may well be the page of an error.
 */

static ngx_int_t
ngx_http_gatehouse_follow(ngx_http_gatehouse_leads_t *leads, char *directive,
    ngx_str_t *to, ngx_uint_t files)
{
    ngx_str_t                        path;
    ngx_uint_t                       i;
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_gatehouse_loc_conf_t   *glcf, **warned;
    ngx_http_gatehouse_location_t   *from;
    void                           **loc_conf;

    from = leads->from;

    if (!ngx_http_gatehouse_plain_path(to, &path)) {
        return NGX_OK;
    }

    loc_conf = ngx_http_gatehouse_locate_at(from->server, &path);

    clcf = loc_conf[ngx_http_core_module.ctx_index];
    glcf = loc_conf[ngx_http_gatehouse_module.ctx_index];

    if (glcf->guard || glcf->api || glcf->check || glcf->hop
        || glcf->shows_status
        || glcf->realm != NGX_CONF_UNSET_PTR
        || clcf->internal
        || (!files && clcf->handler == NULL))
    {
        return NGX_OK;
    }

    warned = leads->warned.elts;

    for (i = 0; i < leads->warned.nelts; i++) {
        if (warned[i] == glcf) {
            return NGX_OK;
        }
    }

    warned = ngx_array_push(&leads->warned);
    if (warned == NULL) {
        return NGX_ERROR;
    }

    *warned = glcf;

    ngx_log_error(NGX_LOG_WARN, leads->cf->log, 0,
                  "\"%s ... %V\" leads out of the guarded location "
                  "\"%s%V\" of the server in %s:%ui, into \"%V\", which says "
                  "nothing of a guard: anybody may ask for \"%V\", and its "
                  "application is told of no user; write \"gatehouse "
                  "REALM;\" in it, or \"gatehouse off;\" if that is meant",
                  directive, to, from->modifier, from->name,
                  from->server->file_name, from->server->line, &clcf->name,
                  &path);

    return NGX_OK;
}


/* Without the query.  What is made of variables may lead anywhere. */

static ngx_uint_t
ngx_http_gatehouse_plain_path(ngx_str_t *to, ngx_str_t *path)
{
    u_char     *p, *last;
    ngx_str_t   rest;

    if (to->len == 0 || to->data[0] != '/') {
        return 0;
    }

    last = to->data + to->len;

    for (p = to->data; p < last && *p != '?' && *p != '$'; p++) { /* void */ }

    path->data = to->data;
    path->len = p - to->data;

    rest.data = p;
    rest.len = last - p;

    return rest.len == 0
           || rest.data[0] == '?'
           || (rest.len >= sizeof("$is_args") - 1
               && ngx_strncmp(rest.data, "$is_args", sizeof("$is_args") - 1)
                  == 0);
}


/*
 * nginx keeps what an application answers before any header of ours is in
 * it: by its key alone it knows whom an answer is for.
 */

static void
ngx_http_gatehouse_look_at_caches(ngx_http_gatehouse_leads_t *leads,
    ngx_http_gatehouse_loc_conf_t *glcf)
{
    char                           *name;
    ngx_uint_t                      i;
    ngx_http_gatehouse_cache_t     *cache;
    ngx_http_gatehouse_location_t  *from;

    from = leads->from;

    for (i = 0; i < NGX_HTTP_GATEHOUSE_CACHES; i++) {

        cache = &glcf->caches[i];

        if (cache->passes != 1 || !cache->caches || cache->by_user
            || (cache->bypassed && cache->not_kept))
        {
            continue;
        }

        name = ngx_http_gatehouse_caching[i];

        ngx_log_error(NGX_LOG_WARN, leads->cf->log, 0,
                      "\"%s_cache\" in the guarded location \"%s%V\" of the "
                      "server in %s:%ui keeps the answers to one user for "
                      "all others, as no $gatehouse_* is in its key; write "
                      "\"%s_cache_key \"$gatehouse_user "
                      "$scheme$host$request_uri\";\" or \"%s_cache off;\"",
                      name, from->modifier, from->name,
                      from->server->file_name, from->server->line, name,
                      name);
    }
}


void
ngx_http_gatehouse_create_caches(ngx_http_gatehouse_loc_conf_t *conf)
{
    ngx_uint_t                   i;
    ngx_http_gatehouse_cache_t  *cache;

    for (i = 0; i < NGX_HTTP_GATEHOUSE_CACHES; i++) {
        cache = &conf->caches[i];

        cache->passes = NGX_CONF_UNSET;
        cache->caches = NGX_CONF_UNSET;
        cache->by_user = NGX_CONF_UNSET;
        cache->bypassed = NGX_CONF_UNSET;
        cache->not_kept = NGX_CONF_UNSET;
    }
}


/* As nginx merges what they are about. */

void
ngx_http_gatehouse_merge_caches(ngx_http_gatehouse_loc_conf_t *prev,
    ngx_http_gatehouse_loc_conf_t *conf)
{
    ngx_uint_t                   i;
    ngx_http_gatehouse_cache_t  *old, *new;

    for (i = 0; i < NGX_HTTP_GATEHOUSE_CACHES; i++) {
        old = &prev->caches[i];
        new = &conf->caches[i];

        ngx_conf_merge_value(new->caches, old->caches, 0);
        ngx_conf_merge_value(new->by_user, old->by_user, 0);
        ngx_conf_merge_value(new->bypassed, old->bypassed, 0);
        ngx_conf_merge_value(new->not_kept, old->not_kept, 0);
    }
}
