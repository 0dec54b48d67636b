
/*
 * Where the guard sends a browser to log in: a page of the same server, or,
 * where that has none of the realm's endpoints, one at the login host.  So
 * the names of such servers are hosts that the login host may send it back
 * to.
 */


#include "conf/ngx_http_gatehouse_conf.h"


static ngx_http_gatehouse_user_t *ngx_http_gatehouse_find_user(
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_core_srv_conf_t *cscf,
    gh_realm *realm, ngx_uint_t serves);
static ngx_int_t ngx_http_gatehouse_settle_host(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_gatehouse_user_t *user);
static ngx_int_t ngx_http_gatehouse_add_hop(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user, gh_api *api, ngx_uint_t elsewhere);
static ngx_int_t ngx_http_gatehouse_add_names(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user, ngx_uint_t *found);
static ngx_int_t ngx_http_gatehouse_add_name(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user, ngx_str_t *name);
static ngx_uint_t ngx_http_gatehouse_is_pattern(ngx_http_server_name_t *name);
static ngx_uint_t ngx_http_gatehouse_is_name(ngx_str_t *name);
static void ngx_http_gatehouse_warn_pattern(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user, ngx_str_t *name);
static void ngx_http_gatehouse_warn_login(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user);


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


/* Once all servers, and where they listen, have been read. */

ngx_int_t
ngx_http_gatehouse_settle_hosts(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_uint_t                  i;
    ngx_http_gatehouse_user_t  *user;

    user = gmcf->users.elts;

    for (i = 0; i < gmcf->users.nelts; i++) {

        if (!user[i].serves
            && ngx_http_gatehouse_settle_host(cf, gmcf, &user[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_settle_host(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_http_gatehouse_user_t *user)
{
    gh_api      *api;
    gh_error     why;
    ngx_uint_t   elsewhere, found;

    elsewhere = (ngx_http_gatehouse_find_user(gmcf, user->server, user->realm,
                                              1)
                 == NULL);

    api = gh_realm_hop(user->realm, &why);

    if (ngx_http_gatehouse_add_hop(cf, user, api, elsewhere) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!elsewhere) {
        return NGX_OK;
    }

    if (api == NULL) {

        if (why.text[0]) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "the server in %s:%ui guards, but cannot send "
                          "anybody to log in: %s",
                          user->server->file_name, user->server->line,
                          why.text);
            return NGX_OK;
        }

        ngx_http_gatehouse_warn_login(cf, user);

        return NGX_OK;
    }

    found = 0;

    if (ngx_http_gatehouse_add_names(cf, user, &found) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!found) {
        ngx_http_gatehouse_warn_login(cf, user);
    }

    return NGX_OK;
}


/*
 * Two realms may guard in one server, but not answer below one path: it is
 * for the one whose users come back to it.
 */

static ngx_int_t
ngx_http_gatehouse_add_hop(ngx_conf_t *cf, ngx_http_gatehouse_user_t *user,
    gh_api *api, ngx_uint_t elsewhere)
{
    gh_str                          mount;
    ngx_uint_t                      i;
    ngx_http_gatehouse_hop_t       *hop;
    ngx_http_gatehouse_srv_conf_t  *gscf;

    gscf = user->server->ctx->srv_conf[ngx_http_gatehouse_module.ctx_index];

    if (gscf->hops == NULL) {
        gscf->hops = ngx_array_create(cf->pool, 1,
                                      sizeof(ngx_http_gatehouse_hop_t));
        if (gscf->hops == NULL) {
            return NGX_ERROR;
        }
    }

    mount.data = NULL;
    mount.len = 0;

    if (api) {
        mount = gh_api_mount(api);
    }

    hop = gscf->hops->elts;

    for (i = 0; i < gscf->hops->nelts; i++) {
        if (hop[i].api == NULL
            || hop[i].path.len != mount.len
            || ngx_memcmp(hop[i].path.data, mount.data, mount.len) != 0)
        {
            continue;
        }

        if (hop[i].elsewhere && elsewhere) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "two realms guard in the server in %s:%ui, and "
                          "users of both come back to it below \"%V\", so "
                          "that only those of one can; write another "
                          "\"hop_path\" in the other realm",
                          user->server->file_name, user->server->line,
                          &hop[i].path);
            elsewhere = 0;
        }

        if (elsewhere) {
            hop[i].api = NULL;

        } else {
            api = NULL;
        }
    }

    hop = ngx_array_push(gscf->hops);
    if (hop == NULL) {
        return NGX_ERROR;
    }

    hop->realm = user->realm;
    hop->api = api;
    hop->path.data = (u_char *) mount.data;
    hop->path.len = mount.len;
    hop->elsewhere = elsewhere;

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_add_names(ngx_conf_t *cf, ngx_http_gatehouse_user_t *user,
    ngx_uint_t *found)
{
    ngx_uint_t               i;
    ngx_http_server_name_t  *name;

    name = user->server->server_names.elts;

    for (i = 0; i < user->server->server_names.nelts; i++) {

        if (ngx_http_gatehouse_is_pattern(&name[i])) {
            ngx_http_gatehouse_warn_pattern(cf, user, &name[i].name);
            *found = 1;
            continue;
        }

        if (!ngx_http_gatehouse_is_name(&name[i].name)) {
            continue;
        }

        if (ngx_http_gatehouse_add_name(cf, user, &name[i].name) != NGX_OK) {
            return NGX_ERROR;
        }

        *found = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_add_name(ngx_conf_t *cf, ngx_http_gatehouse_user_t *user,
    ngx_str_t *name)
{
    gh_error                     error;
    ngx_uint_t                   p, a, s;
    ngx_http_conf_addr_t        *addr;
    ngx_http_conf_port_t        *port;
    ngx_http_core_srv_conf_t   **cscfp;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    port = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {

        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {

            cscfp = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {

                if (cscfp[s] == user->server
                    && gh_realm_add_host(user->realm,
                                         ngx_http_gatehouse_view(name),
                                         addr[a].opt.ssl,
                                         port[p].port, &error)
                       != 0)
                {
                    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s", error.text);
                    return NGX_ERROR;
                }
            }
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_is_pattern(ngx_http_server_name_t *name)
{
#if (NGX_PCRE)
    if (name->regex) {
        return 1;
    }
#endif

    return name->name.len
           && (name->name.data[0] == '.'
               || ngx_strlchr(name->name.data, name->name.data + name->name.len,
                              '*')
                  != NULL);
}


/* "" and "_" are what a server is called that has no name. */

static ngx_uint_t
ngx_http_gatehouse_is_name(ngx_str_t *name)
{
    return name->len && name->data[0] != '_';
}


static void
ngx_http_gatehouse_warn_pattern(ngx_conf_t *cf,
    ngx_http_gatehouse_user_t *user, ngx_str_t *name)
{
    if (gh_realm_has_hosts(user->realm)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"server_name %V\" in %s:%ui guards, but which hosts that "
                  "are cannot be told, so that nobody is sent from there to "
                  "log in; write \"hosts app.example.com *.example.com;\" "
                  "in the realm",
                  name, user->server->file_name, user->server->line);
}


static void
ngx_http_gatehouse_warn_login(ngx_conf_t *cf, ngx_http_gatehouse_user_t *user)
{
    gh_str     pages;
    ngx_str_t  path;

    pages = gh_realm_pages(user->realm);

    if (pages.len == 0) {
        return;
    }

    path.data = (u_char *) pages.data;
    path.len = pages.len;

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "the server in %s:%ui guards, but has no login page at "
                  "\"%V\" and no name to come back to from one at another "
                  "host; write \"server_name HOST;\" in it, or \"location %V "
                  "{ gatehouse_api ...; }\" as where the realm has its "
                  "endpoints",
                  user->server->file_name, user->server->line, &path, &path);
}
