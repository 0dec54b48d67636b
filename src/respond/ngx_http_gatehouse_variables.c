
/*
 * $gatehouse_*: who the request is from, in every phase up to the log; and
 * $http_* of the headers that the guard adds and removes.
 */


#include "guard/ngx_http_gatehouse_guard.h"
#include "respond/ngx_http_gatehouse_respond.h"


static ngx_int_t ngx_http_gatehouse_attribute_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_gatehouse_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_gatehouse_auth_age_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_gatehouse_said_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_gatehouse_variable_value(ngx_http_variable_value_t *v,
    gh_str value);
static void ngx_http_gatehouse_uncache_cookies(ngx_conf_t *cf);
static ngx_int_t ngx_http_gatehouse_add_http_variable(ngx_conf_t *cf,
    ngx_str_t *header);
static ngx_int_t ngx_http_gatehouse_http_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/*
 * Not cacheable: a "set" or "if" that runs before the credentials are known,
 * or in a location of another realm, must not decide what the next one sees.
 */

static ngx_http_variable_t  ngx_http_gatehouse_vars[] = {

    { ngx_string("gatehouse_user"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_USER_ID,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_email"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_USER_EMAIL,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_name"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_USER_NAME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_username"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_USERNAME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_roles"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_USER_ROLES,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_session"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_SESSION_ID,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_amr"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_AMR,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_auth_age"), NULL,
      ngx_http_gatehouse_auth_age_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_outcome"), NULL,
      ngx_http_gatehouse_said_variable,
      offsetof(ngx_http_gatehouse_ctx_t, outcome),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_reason"), NULL,
      ngx_http_gatehouse_said_variable,
      offsetof(ngx_http_gatehouse_ctx_t, reason),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_scopes"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_SCOPES,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_token_name"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_TOKEN_NAME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_remote_user"), NULL,
      ngx_http_gatehouse_attribute_variable, GH_REMOTE_USER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("gatehouse_claim_"), NULL,
      ngx_http_gatehouse_claim_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_gatehouse_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_gatehouse_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* What "$gatehouse_user" stands for.  NGX_DECLINED: the value is another. */

ngx_int_t
ngx_http_gatehouse_find_attribute(ngx_str_t *value)
{
    ngx_http_variable_t  *v;

    if (value->len == 0 || value->data[0] != '$') {
        return NGX_DECLINED;
    }

    for (v = ngx_http_gatehouse_vars; v->name.len; v++) {
        if (v->get_handler == ngx_http_gatehouse_attribute_variable
            && value->len == v->name.len + 1
            && ngx_strncasecmp(value->data + 1, v->name.data, v->name.len)
               == 0)
        {
            return (ngx_int_t) v->data;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_gatehouse_attribute_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    gh_str        value;
    gh_identity  *identity;

    identity = ngx_http_gatehouse_identity(r);

    if (identity == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    value = gh_identity_attribute(identity, (gh_attribute) data);

    ngx_http_gatehouse_variable_value(v, value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    gh_str        value;
    ngx_str_t     claim;
    gh_identity  *identity;

    identity = ngx_http_gatehouse_identity(r);

    if (identity == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    claim.data = name->data + sizeof("gatehouse_claim_") - 1;
    claim.len = name->len - (sizeof("gatehouse_claim_") - 1);

    value = gh_identity_claim(identity, ngx_http_gatehouse_view(&claim));

    ngx_http_gatehouse_variable_value(v, value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_auth_age_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char       *p;
    int64_t       age;
    gh_identity  *identity;

    identity = ngx_http_gatehouse_identity(r);
    age = identity ? gh_identity_auth_age(identity) : -1;

    if (age < 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%L", age) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


/* What the guard has said of the request, for the log. */

static ngx_int_t
ngx_http_gatehouse_said_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_gatehouse_ctx_t  *ctx;

    ctx = ngx_http_gatehouse_find_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_gatehouse_variable_value(v, *(gh_str *) ((u_char *) ctx + data));

    return NGX_OK;
}


static void
ngx_http_gatehouse_variable_value(ngx_http_variable_value_t *v, gh_str value)
{
    if (value.len == 0) {
        v->not_found = 1;
        return;
    }

    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = (u_char *) value.data;
}


/*
 * A cached $http_NAME would show what a header was in an earlier phase or
 * location.
 */

ngx_int_t
ngx_http_gatehouse_add_http_variables(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_str_t   *reserved, *tokens;
    ngx_uint_t   i;

    tokens = gmcf->tokens.elts;

    for (i = 0; i < gmcf->tokens.nelts; i++) {
        if (ngx_http_gatehouse_add_http_variable(cf, &tokens[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    reserved = gmcf->reserved.elts;

    for (i = 0; i < gmcf->reserved.nelts; i++) {
        if (ngx_http_gatehouse_add_http_variable(cf, &reserved[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_http_gatehouse_uncache_cookies(cf);

    return ngx_http_gatehouse_add_http_variable(cf,
                                            &ngx_http_gatehouse_authorization);
}


/* nginx's own, and so not ours to add */

static void
ngx_http_gatehouse_uncache_cookies(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  http_cookie = ngx_string("http_cookie");
    static ngx_str_t  cookie_prefix = ngx_string("cookie_");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (key[i].key.len == http_cookie.len
            && ngx_memcmp(key[i].key.data, http_cookie.data, http_cookie.len)
               == 0)
        {
            v = key[i].value;
            v->flags |= NGX_HTTP_VAR_NOCACHEABLE;
        }
    }

    v = cmcf->prefix_variables.elts;

    for (i = 0; i < cmcf->prefix_variables.nelts; i++) {
        if (v[i].name.len == cookie_prefix.len
            && ngx_memcmp(v[i].name.data, cookie_prefix.data,
                          cookie_prefix.len)
               == 0)
        {
            v[i].flags |= NGX_HTTP_VAR_NOCACHEABLE;
        }
    }
}


static ngx_int_t
ngx_http_gatehouse_add_http_variable(ngx_conf_t *cf, ngx_str_t *header)
{
    u_char               *p;
    size_t                i;
    ngx_str_t             name;
    ngx_http_variable_t  *v;

    name.len = sizeof("http_") - 1 + header->len;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name.data, "http_", sizeof("http_") - 1);

    for (i = 0; i < header->len; i++) {
        *p++ = (header->data[i] == '-') ? '_' : ngx_tolower(header->data[i]);
    }

    v = ngx_http_add_variable(cf, &name,
                              NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_NOHASH);
    if (v == NULL) {
        return NGX_ERROR;
    }

    v->get_handler = ngx_http_gatehouse_http_variable;
    v->data = (uintptr_t) header;

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_http_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *header = (ngx_str_t *) data;

    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_gatehouse_next_header(&part, &i)) != NULL) {

        if (ngx_http_gatehouse_same_name(&h->key, header)) {
            v->len = h->value.len;
            v->valid = 1;
            v->no_cacheable = 0;
            v->not_found = 0;
            v->data = h->value.data;

            return NGX_OK;
        }
    }

    v->not_found = 1;

    return NGX_OK;
}
