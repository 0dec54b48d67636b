
/*
 * The directives: what they say of each location, and who will answer there.
 */


#ifndef _NGX_HTTP_GATEHOUSE_CONF_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_CONF_H_INCLUDED_


#include "ngx_http_gatehouse_module.h"


/*
 * An endpoint's body stays in memory up to this size, so that no password
 * is ever written to a temporary file.
 */
#define NGX_HTTP_GATEHOUSE_BODY_SIZE  65536


/* A location, or what "limit_except" has made of one. */

typedef struct {
    ngx_http_core_srv_conf_t    *server;
    void                       **loc_conf;
    char                        *modifier;
    ngx_str_t                   *name;
    char                        *suffix;
} ngx_http_gatehouse_location_t;


typedef ngx_int_t (*ngx_http_gatehouse_location_pt)(void *data,
    ngx_http_gatehouse_location_t *location);


ngx_int_t ngx_http_gatehouse_preconfiguration(ngx_conf_t *cf);
ngx_int_t ngx_http_gatehouse_init(ngx_conf_t *cf);

void *ngx_http_gatehouse_create_main_conf(ngx_conf_t *cf);
void *ngx_http_gatehouse_create_srv_conf(ngx_conf_t *cf);
void *ngx_http_gatehouse_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_gatehouse_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
ngx_int_t ngx_http_gatehouse_merge_headers(ngx_conf_t *cf,
    ngx_http_gatehouse_loc_conf_t *prev, ngx_http_gatehouse_loc_conf_t *conf);

/* directives */

char *ngx_http_gatehouse_realm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_gatehouse_guard(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_gatehouse_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_gatehouse_token_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_when_stale(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_check(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_gatehouse_hop(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_gatehouse_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_gatehouse_check_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* what they share */

gh_config *ngx_http_gatehouse_config(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
gh_realm *ngx_http_gatehouse_find_realm(ngx_conf_t *cf, ngx_str_t *name);
gh_str *ngx_http_gatehouse_views(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n);

/* directives of other modules */

extern char  *ngx_http_gatehouse_caching[];

ngx_int_t ngx_http_gatehouse_watch(ngx_conf_t *cf);
void ngx_http_gatehouse_unwatch_all(ngx_http_gatehouse_main_conf_t *gmcf);
void ngx_http_gatehouse_create_caches(ngx_http_gatehouse_loc_conf_t *conf);
void ngx_http_gatehouse_merge_caches(ngx_http_gatehouse_loc_conf_t *prev,
    ngx_http_gatehouse_loc_conf_t *conf);

/* nginx -t */

ngx_int_t ngx_http_gatehouse_each_location(ngx_conf_t *cf,
    ngx_http_gatehouse_location_pt handler, void *data);
ngx_int_t ngx_http_gatehouse_add_user(ngx_conf_t *cf, gh_realm *realm,
    ngx_uint_t serves);
ngx_int_t ngx_http_gatehouse_settle_hosts(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_look_for_leads(ngx_conf_t *cf);
void ngx_http_gatehouse_reloaded(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_explain(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_explain_print(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf);


#endif /* _NGX_HTTP_GATEHOUSE_CONF_H_INCLUDED_ */
