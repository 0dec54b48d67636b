
/*
 * Names of request headers: which are the same, which are reserved, and what
 * each is to us.
 */


#include "request/ngx_http_gatehouse_request.h"


#define NGX_HTTP_GATEHOUSE_NAME_BUCKETS  64


static ngx_uint_t ngx_http_gatehouse_is_among(ngx_array_t *names,
    ngx_str_t *name);
static ngx_int_t ngx_http_gatehouse_add_names(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_array_t *names,
    ngx_uint_t kind);
static void ngx_http_gatehouse_add_name(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_http_gatehouse_name_t *name);
static ngx_inline ngx_uint_t ngx_http_gatehouse_name_bucket(ngx_str_t *name);


ngx_str_t  ngx_http_gatehouse_authorization = ngx_string("Authorization");
ngx_str_t  ngx_http_gatehouse_cookie = ngx_string("Cookie");
ngx_str_t  ngx_http_gatehouse_api_key = ngx_string("X-Api-Key");


#define ngx_http_gatehouse_known(name, kind)                                  \
    { ngx_string(name), NGX_HTTP_GATEHOUSE_ ## kind, 0, NULL }

#define ngx_http_gatehouse_trait(name, trait)                                 \
    { ngx_string(name), NGX_HTTP_GATEHOUSE_TRAIT,                             \
      offsetof(gh_traits, trait), NULL }

#define ngx_http_gatehouse_forwarded(name, what)                              \
    { ngx_string(name), NGX_HTTP_GATEHOUSE_FORWARDED,                         \
      NGX_HTTP_GATEHOUSE_FORWARDED_ ## what, NULL }


static ngx_http_gatehouse_name_t  ngx_http_gatehouse_known_names[] = {
    ngx_http_gatehouse_known("Cookie", COOKIE),
    ngx_http_gatehouse_known("Authorization", AUTHORIZATION),
    ngx_http_gatehouse_known("Referer", REFERER),

    ngx_http_gatehouse_trait("Host", host),
    ngx_http_gatehouse_trait("Origin", origin),
    ngx_http_gatehouse_trait("Sec-Fetch-Site", fetch_site),
    ngx_http_gatehouse_trait("Sec-Fetch-Mode", fetch_mode),
    ngx_http_gatehouse_trait("Sec-Fetch-Dest", fetch_dest),
    ngx_http_gatehouse_trait("Accept", accept),
    ngx_http_gatehouse_trait("Accept-Language", accept_language),
    ngx_http_gatehouse_trait("Upgrade", upgrade),
    ngx_http_gatehouse_trait("X-Requested-With", requested_with),
    ngx_http_gatehouse_trait("HX-Request", script_mark),
    ngx_http_gatehouse_trait("Turbo-Frame", script_mark),
    ngx_http_gatehouse_trait("X-PJAX", script_mark),
    ngx_http_gatehouse_trait("X-Up-Version", script_mark),
    ngx_http_gatehouse_trait("Access-Control-Request-Method",
                             preflight_method),
    ngx_http_gatehouse_trait("Access-Control-Request-Headers",
                             preflight_headers),

    ngx_http_gatehouse_forwarded("X-Forwarded-Method", METHOD),
    ngx_http_gatehouse_forwarded("X-Original-Method", METHOD),
    ngx_http_gatehouse_forwarded("X-Forwarded-Uri", URI),
    ngx_http_gatehouse_forwarded("X-Original-URI", URI),
    ngx_http_gatehouse_forwarded("X-Forwarded-Host", HOST),
    ngx_http_gatehouse_forwarded("X-Forwarded-Proto", PROTO),

    { ngx_null_string, 0, 0, NULL }
};


/*
 * FastCGI, uwsgi and SCGI make one name of "Remote-User" and "remote_user",
 * and PHP takes "Remote.User" for it too.
 */

static u_char  ngx_http_gatehouse_folded[] =
    "--------------------------------" "----------------0123456789------"
    "-abcdefghijklmnopqrstuvwxyz-----" "-abcdefghijklmnopqrstuvwxyz-----"
    "--------------------------------" "--------------------------------"
    "--------------------------------" "--------------------------------";


ngx_uint_t
ngx_http_gatehouse_same_name(ngx_str_t *one, ngx_str_t *two)
{
    size_t  i;

    if (one->len != two->len) {
        return 0;
    }

    if (ngx_memcmp(one->data, two->data, one->len) == 0) {
        return 1;
    }

    for (i = 0; i < one->len; i++) {
        if (ngx_http_gatehouse_folded[one->data[i]]
            != ngx_http_gatehouse_folded[two->data[i]])
        {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_http_gatehouse_reserve(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_str_t *name)
{
    ngx_str_t  *reserved;

    if (ngx_http_gatehouse_is_among(&gmcf->reserved, name)) {
        return NGX_OK;
    }

    reserved = ngx_array_push(&gmcf->reserved);
    if (reserved == NULL) {
        return NGX_ERROR;
    }

    *reserved = *name;

    return NGX_OK;
}


/*
 * Tokens come in headers of this name: no application sees it.  Authorization
 * may be the application's own, see ngx_http_gatehouse_receive().
 */

ngx_int_t
ngx_http_gatehouse_hide(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t                       *token;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (ngx_http_gatehouse_is_among(&gmcf->tokens, name)
        || ngx_http_gatehouse_same_name(name,
                                        &ngx_http_gatehouse_authorization))
    {
        return NGX_OK;
    }

    token = ngx_array_push(&gmcf->tokens);
    if (token == NULL) {
        return NGX_ERROR;
    }

    *token = *name;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_is_among(ngx_array_t *names, ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    known = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (ngx_http_gatehouse_same_name(&known[i], name)) {
            return 1;
        }
    }

    return 0;
}


/*
 * All names that are anything to us, once the configuration has been read.
 * One that is several things is the first of these.
 */

ngx_int_t
ngx_http_gatehouse_init_names(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_http_gatehouse_name_t  *known;

    gmcf->names = ngx_pcalloc(cf->pool, NGX_HTTP_GATEHOUSE_NAME_BUCKETS
                                        * sizeof(ngx_http_gatehouse_name_t *));
    known = ngx_palloc(cf->pool, sizeof(ngx_http_gatehouse_known_names));

    if (gmcf->names == NULL || known == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(known, ngx_http_gatehouse_known_names,
               sizeof(ngx_http_gatehouse_known_names));

    if (ngx_http_gatehouse_add_names(cf, gmcf, &gmcf->reserved,
                                     NGX_HTTP_GATEHOUSE_RESERVED)
        != NGX_OK
        || ngx_http_gatehouse_add_names(cf, gmcf, &gmcf->tokens,
                                        NGX_HTTP_GATEHOUSE_TOKEN)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for ( /* void */ ; known->name.len; known++) {
        ngx_http_gatehouse_add_name(gmcf, known);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_add_names(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_array_t *names, ngx_uint_t kind)
{
    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_http_gatehouse_name_t  *name;

    value = names->elts;

    for (i = 0; i < names->nelts; i++) {
        name = ngx_palloc(cf->pool, sizeof(ngx_http_gatehouse_name_t));
        if (name == NULL) {
            return NGX_ERROR;
        }

        name->name = value[i];
        name->kind = kind;
        name->place = 0;

        ngx_http_gatehouse_add_name(gmcf, name);
    }

    return NGX_OK;
}


static void
ngx_http_gatehouse_add_name(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_http_gatehouse_name_t *name)
{
    ngx_http_gatehouse_name_t  **bucket;

    if (ngx_http_gatehouse_find_name(gmcf, &name->name)) {
        return;
    }

    bucket = &gmcf->names[ngx_http_gatehouse_name_bucket(&name->name)];

    name->next = *bucket;
    *bucket = name;
}


/* NULL: a header of this name is nothing to us. */

ngx_http_gatehouse_name_t *
ngx_http_gatehouse_find_name(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name)
{
    ngx_http_gatehouse_name_t  *known;

    known = gmcf->names[ngx_http_gatehouse_name_bucket(name)];

    while (known
           && (known->name.len != name->len
               || !ngx_http_gatehouse_same_name(&known->name, name)))
    {
        known = known->next;
    }

    return known;
}


ngx_uint_t
ngx_http_gatehouse_is_reserved(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name)
{
    ngx_http_gatehouse_name_t  *known;

    known = ngx_http_gatehouse_find_name(gmcf, name);

    return known && known->kind == NGX_HTTP_GATEHOUSE_RESERVED;
}


/* Names differ enough in their lengths and their ends. */

static ngx_inline ngx_uint_t
ngx_http_gatehouse_name_bucket(ngx_str_t *name)
{
    ngx_uint_t  key;

    if (name->len == 0) {
        return 0;
    }

    key = name->len;
    key = ngx_hash(key, ngx_http_gatehouse_folded[name->data[0]]);
    key = ngx_hash(key, ngx_http_gatehouse_folded[name->data[name->len - 1]]);

    return key % NGX_HTTP_GATEHOUSE_NAME_BUCKETS;
}
