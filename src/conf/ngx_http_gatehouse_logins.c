
/*
 * nginx -t: in a server that guards without the realm's endpoints, the login
 * page that the guard sends a browser to is guarded itself, or not there.
 */


#include "conf/ngx_http_gatehouse_conf.h"


static ngx_http_gatehouse_user_t *ngx_http_gatehouse_find_user(
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_core_srv_conf_t *cscf,
    gh_realm *realm, ngx_uint_t serves);


ngx_int_t
ngx_http_gatehouse_add_user(ngx_conf_t *cf, gh_realm *realm,
    ngx_uint_t serves)
{
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_gatehouse_user_t       *user;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    if (ngx_http_gatehouse_find_user(gmcf, cscf, realm, serves)) {
        return NGX_OK;
    }

    user = ngx_array_push(&gmcf->users);
    if (user == NULL) {
        return NGX_ERROR;
    }

    user->server = cscf;
    user->realm = realm;
    user->serves = serves;

    return NGX_OK;
}


void
ngx_http_gatehouse_test_logins(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    gh_str                      pages;
    ngx_str_t                   path;
    ngx_uint_t                  i;
    ngx_http_gatehouse_user_t  *user;

    user = gmcf->users.elts;

    for (i = 0; i < gmcf->users.nelts; i++) {

        pages = gh_realm_pages(user[i].realm);

        if (user[i].serves
            || pages.len == 0
            || ngx_http_gatehouse_find_user(gmcf, user[i].server,
                                            user[i].realm, 1))
        {
            continue;
        }

        path.data = (u_char *) pages.data;
        path.len = pages.len;

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the server in %s:%ui guards, but has no login page at "
                      "\"%V\"; write \"location %V { gatehouse_api ...; }\" "
                      "in it, as where the realm has its endpoints",
                      user[i].server->file_name, user[i].server->line,
                      &path, &path);
    }
}


static ngx_http_gatehouse_user_t *
ngx_http_gatehouse_find_user(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_http_core_srv_conf_t *cscf, gh_realm *realm, ngx_uint_t serves)
{
    ngx_uint_t                  i;
    ngx_http_gatehouse_user_t  *user;

    user = gmcf->users.elts;

    for (i = 0; i < gmcf->users.nelts; i++) {
        if (user[i].server == cscf
            && user[i].realm == realm
            && user[i].serves == serves)
        {
            return &user[i];
        }
    }

    return NULL;
}
