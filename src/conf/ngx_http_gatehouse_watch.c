
/*
 * What directives of other modules say that nginx -t has something to say
 * about.  Their configurations are private and differ from version to
 * version, but the directives do not: while "http" is being read we stand
 * before the functions that read them.
 */


#include "conf/ngx_http_gatehouse_conf.h"


#define NGX_HTTP_GATEHOUSE_TRY_FILES  NGX_HTTP_GATEHOUSE_CACHES
#define NGX_HTTP_GATEHOUSE_REWRITE    (NGX_HTTP_GATEHOUSE_CACHES + 1)


typedef struct {
    ngx_command_t    *command;
    char           *(*set)(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
    ngx_uint_t        what;      /* a cache of the location's, or below */
    size_t            flag;      /* of such a cache */
} ngx_http_gatehouse_watched_t;


typedef struct {
    ngx_str_t         suffix;
    size_t            flag;
} ngx_http_gatehouse_cache_word_t;


static ngx_int_t ngx_http_gatehouse_watch_command(ngx_conf_t *cf,
    char *module, ngx_str_t *name, ngx_uint_t what, size_t flag);
static ngx_command_t *ngx_http_gatehouse_find_command(ngx_conf_t *cf,
    char *module, ngx_str_t *name);
static char *ngx_http_gatehouse_watched(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_gatehouse_note(ngx_conf_t *cf,
    ngx_http_gatehouse_watched_t *watched);
static ngx_int_t ngx_http_gatehouse_note_lead(ngx_conf_t *cf,
    char *directive, ngx_str_t *to);
static ngx_uint_t ngx_http_gatehouse_names_user(ngx_conf_t *cf);
static void ngx_http_gatehouse_unwatch(void *data);


/* "proxy" and the rest of a name, NGX_HTTP_GATEHOUSE_CACHES in number */

char  *ngx_http_gatehouse_caching[] = {
    "proxy", "fastcgi", "scgi", "uwsgi"
};


static ngx_http_gatehouse_cache_word_t  ngx_http_gatehouse_cache_words[] = {

    { ngx_string("_pass"),
      offsetof(ngx_http_gatehouse_cache_t, passes) },

    { ngx_string("_cache"),
      offsetof(ngx_http_gatehouse_cache_t, caches) },

    { ngx_string("_cache_key"),
      offsetof(ngx_http_gatehouse_cache_t, by_user) },

    { ngx_string("_cache_bypass"),
      offsetof(ngx_http_gatehouse_cache_t, bypassed) },

    { ngx_string("_no_cache"),
      offsetof(ngx_http_gatehouse_cache_t, not_kept) },

    { ngx_null_string, 0 }
};


/* Called before anything of "http" has been read. */

ngx_int_t
ngx_http_gatehouse_watch(ngx_conf_t *cf)
{
    u_char                           *p, module[64], directive[64];
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_pool_cleanup_t               *cln;
    ngx_http_gatehouse_cache_word_t  *word;
    ngx_http_gatehouse_main_conf_t   *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    if (ngx_array_init(&gmcf->watched, cf->pool, 32,
                       sizeof(ngx_http_gatehouse_watched_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* whatever becomes of this configuration, no command may know us after */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_gatehouse_unwatch;
    cln->data = &gmcf->watched;

    ngx_str_set(&name, "try_files");

    if (ngx_http_gatehouse_watch_command(cf, "ngx_http_try_files_module",
                                         &name, NGX_HTTP_GATEHOUSE_TRY_FILES,
                                         0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&name, "rewrite");

    if (ngx_http_gatehouse_watch_command(cf, "ngx_http_rewrite_module",
                                         &name, NGX_HTTP_GATEHOUSE_REWRITE, 0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_GATEHOUSE_CACHES; i++) {

        p = ngx_sprintf(module, "ngx_http_%s_module",
                        ngx_http_gatehouse_caching[i]);
        *p = '\0';

        for (word = ngx_http_gatehouse_cache_words; word->suffix.len; word++) {

            p = ngx_sprintf(directive, "%s%V", ngx_http_gatehouse_caching[i],
                            &word->suffix);

            name.data = directive;
            name.len = p - directive;

            if (ngx_http_gatehouse_watch_command(cf, (char *) module, &name, i,
                                                 word->flag)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* A module that is not there, or has no such directive, has none to watch. */

static ngx_int_t
ngx_http_gatehouse_watch_command(ngx_conf_t *cf, char *module,
    ngx_str_t *name, ngx_uint_t what, size_t flag)
{
    ngx_command_t                   *cmd;
    ngx_http_gatehouse_watched_t    *watched;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    cmd = ngx_http_gatehouse_find_command(cf, module, name);

    if (cmd == NULL) {
        return NGX_OK;
    }

    watched = ngx_array_push(&gmcf->watched);
    if (watched == NULL) {
        return NGX_ERROR;
    }

    watched->command = cmd;
    watched->set = cmd->set;
    watched->what = what;
    watched->flag = flag;

    cmd->set = ngx_http_gatehouse_watched;

    return NGX_OK;
}


static ngx_command_t *
ngx_http_gatehouse_find_command(ngx_conf_t *cf, char *module, ngx_str_t *name)
{
    ngx_uint_t      i;
    ngx_module_t  **modules;
    ngx_command_t  *cmd;

    modules = cf->cycle->modules;

    for (i = 0; modules[i]; i++) {

        if (modules[i]->type != NGX_HTTP_MODULE
            || modules[i]->commands == NULL
            || ngx_strcmp(modules[i]->name, module) != 0)
        {
            continue;
        }

        for (cmd = modules[i]->commands; cmd->name.len; cmd++) {

            if (cmd->name.len == name->len
                && ngx_strncmp(cmd->name.data, name->data, name->len) == 0)
            {
                return cmd;
            }
        }
    }

    return NULL;
}


static char *
ngx_http_gatehouse_watched(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_uint_t                       i;
    ngx_http_gatehouse_watched_t    *watched;
    ngx_http_gatehouse_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_gatehouse_module);

    watched = gmcf->watched.elts;

    for (i = 0; i < gmcf->watched.nelts; i++) {
        if (watched[i].command == cmd) {
            if (ngx_http_gatehouse_note(cf, &watched[i]) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            return watched[i].set(cf, cmd, conf);
        }
    }

    return "is read by nobody";
}


static ngx_int_t
ngx_http_gatehouse_note(ngx_conf_t *cf, ngx_http_gatehouse_watched_t *watched)
{
    ngx_str_t                      *value;
    ngx_flag_t                     *flag;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_gatehouse_module);

    value = cf->args->elts;

    if (watched->what == NGX_HTTP_GATEHOUSE_TRY_FILES) {
        return ngx_http_gatehouse_note_lead(cf, "try_files",
                                            &value[cf->args->nelts - 1]);
    }

    if (watched->what == NGX_HTTP_GATEHOUSE_REWRITE) {

        /* a "break" stays in the location, a redirect is asked for anew */

        if (cf->args->nelts == 4 && ngx_strcmp(value[3].data, "last") != 0) {
            return NGX_OK;
        }

        return ngx_http_gatehouse_note_lead(cf, "rewrite", &value[2]);
    }

    flag = (ngx_flag_t *) ((u_char *) &glcf->caches[watched->what]
                           + watched->flag);

    switch (watched->flag) {

    case offsetof(ngx_http_gatehouse_cache_t, passes):
        *flag = 1;
        break;

    case offsetof(ngx_http_gatehouse_cache_t, caches):
        *flag = (ngx_strcmp(value[1].data, "off") != 0);
        break;

    default:
        *flag = ngx_http_gatehouse_names_user(cf);
        break;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_gatehouse_note_lead(ngx_conf_t *cf, char *directive, ngx_str_t *to)
{
    ngx_http_gatehouse_lead_t      *lead;
    ngx_http_gatehouse_loc_conf_t  *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_gatehouse_module);

    if (glcf->leads == NULL) {
        glcf->leads = ngx_array_create(cf->pool, 1,
                                       sizeof(ngx_http_gatehouse_lead_t));
        if (glcf->leads == NULL) {
            return NGX_ERROR;
        }
    }

    lead = ngx_array_push(glcf->leads);
    if (lead == NULL) {
        return NGX_ERROR;
    }

    lead->directive = directive;
    lead->to = *to;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_gatehouse_names_user(ngx_conf_t *cf)
{
    u_char      *p, *last;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        last = value[i].data + value[i].len;

        for (p = value[i].data; p < last; p++) {

            if (*p != '$') {
                continue;
            }

            if (p + 1 < last && p[1] == '{') {
                p++;
            }

            if ((size_t) (last - p) > sizeof("gatehouse_")
                && ngx_strncasecmp(p + 1, (u_char *) "gatehouse_",
                                   sizeof("gatehouse_") - 1)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* Called when all has been read, and when it could not be. */

void
ngx_http_gatehouse_unwatch_all(ngx_http_gatehouse_main_conf_t *gmcf)
{
    ngx_http_gatehouse_unwatch(&gmcf->watched);
}


static void
ngx_http_gatehouse_unwatch(void *data)
{
    ngx_array_t *commands = data;

    ngx_uint_t                     i;
    ngx_http_gatehouse_watched_t  *watched;

    watched = commands->elts;

    for (i = 0; i < commands->nelts; i++) {
        watched[i].command->set = watched[i].set;
    }

    commands->nelts = 0;
}
