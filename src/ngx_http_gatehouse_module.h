
/*
 * What all rooms of the module share: what the configuration says.  The
 * module translates between nginx and the core behind gatehouse.h, and holds
 * no policy of its own.
 */


#ifndef _NGX_HTTP_GATEHOUSE_MODULE_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#if !(NGX_THREADS)
#error "Gatehouse hashes passwords on threads: configure nginx --with-threads"
#endif

#include <ngx_thread_pool.h>

#include "gatehouse.h"


typedef struct ngx_http_gatehouse_name_s  ngx_http_gatehouse_name_t;


typedef struct {
    gh_config                  *config;       /* NULL: the module is not used */
    ngx_uint_t                  realms;

    size_t                      zone_size;
    ngx_shm_zone_t             *zone;
    ngx_thread_pool_t          *pools[2];     /* GH_POOL_HASH, GH_POOL_IO */

    ngx_array_t                 reserved;     /* ngx_str_t */
    ngx_array_t                 tokens;       /* ngx_str_t: headers for us */
    ngx_http_gatehouse_name_t **names;        /* by a hash, with the above */

    ngx_array_t                 users;        /* servers that use realms */

    ngx_int_t                   request_id;   /* the index of $request_id */
    ngx_array_t                 masked;       /* ngx_uint_t: indices, too */

    ngx_array_t                 watched;      /* others' directives */

    ngx_uint_t                  explain;      /* unsigned  explain:1; */
} ngx_http_gatehouse_main_conf_t;


/* What to look for before the location of a request is known. */

typedef struct {
    ngx_uint_t                  guarded;      /* unsigned  guarded:1; */
    ngx_uint_t                  endpoints;    /* unsigned  endpoints:1; */
    ngx_uint_t                  signed_urls;  /* unsigned  signed_urls:1; */
    ngx_array_t                *hops;         /* NULL: none */
} ngx_http_gatehouse_srv_conf_t;


/* A realm that guards in a server, and what it serves there by itself. */

typedef struct {
    gh_realm                   *realm;
    gh_api                     *api;          /* NULL: nothing */
    ngx_str_t                   path;
    ngx_uint_t                  elsewhere;    /* its endpoints: 1 */
} ngx_http_gatehouse_hop_t;


/* A server in which a realm guards, or has its endpoints. */

typedef struct {
    ngx_http_core_srv_conf_t   *server;
    gh_realm                   *realm;
    ngx_uint_t                  serves;       /* its endpoints, else guards */
} ngx_http_gatehouse_user_t;


typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   lowcase;
    ngx_uint_t                  hash;
    ngx_http_complex_value_t    value;
    ngx_int_t                   attribute;    /* that is the whole value, */
                                              /* else NGX_DECLINED */
} ngx_http_gatehouse_header_t;


/* Where else a token may be: gatehouse_token_from header=NAME cookie=NAME. */

typedef struct {
    ngx_str_t                   header;
    ngx_str_t                   cookie;
} ngx_http_gatehouse_from_t;


/* A directive that leads to another location, and where to. */

typedef struct {
    char                       *directive;
    ngx_str_t                   to;
} ngx_http_gatehouse_lead_t;


/* What "proxy_cache" and its kin keep, see the directives of their names. */

#define NGX_HTTP_GATEHOUSE_CACHES  4          /* proxy, fastcgi, scgi, uwsgi */


typedef struct {
    ngx_flag_t                  passes;       /* here: not inherited */
    ngx_flag_t                  caches;
    ngx_flag_t                  by_user;      /* the key has $gatehouse_* */
    ngx_flag_t                  bypassed;     /* so has what bypasses it, */
    ngx_flag_t                  not_kept;     /* and what is not kept */
} ngx_http_gatehouse_cache_t;


typedef struct {
    gh_realm                   *realm;        /* as written or inherited */
    gh_realm                   *guard;        /* the realm in effect here */
    ngx_flag_t                  optional;

    ngx_array_t                *rules;        /* gh_rule * */
    u_char                     *rules_file;   /* where they are written, */
    ngx_uint_t                  rules_line;   /* to be named in an error */

    ngx_array_t                *headers;      /* as written or inherited */
    ngx_array_t                *identity;     /* headers and the defaults */
    ngx_flag_t                  pass_authorization;
    ngx_flag_t                  pass_cookies;
    ngx_uint_t                  ambiguous_paths;  /* 1: allow */

    ngx_uint_t                  from;         /* GH_FROM_*, 0: the usual */
    ngx_http_gatehouse_from_t  *from_names;   /* NULL: none */
    ngx_msec_t                  stale_limit;
    ngx_flag_t                  csrf;
    ngx_flag_t                  no_store;
    ngx_flag_t                  signed_url;

    ngx_array_t                *origins;      /* gh_str */
    gh_api                     *api;

    gh_realm                   *check;        /* the realm of gatehouse_check */
    ngx_flag_t                  redirect;     /* from there */
    gh_realm                   *hop;          /* the realm of gatehouse_hop */
    ngx_uint_t                  status;       /* gh_status_kind */
    ngx_flag_t                  shows_status;
    ngx_array_t                *check_from;   /* ngx_cidr_t */

    ngx_array_t                *leads;        /* here, of other modules */
    ngx_http_gatehouse_cache_t  caches[NGX_HTTP_GATEHOUSE_CACHES];
} ngx_http_gatehouse_loc_conf_t;


extern ngx_module_t  ngx_http_gatehouse_module;


/* Angie gives one location several places, each with a name of its own. */

#if (NGX_HTTP_GATEHOUSE_PLACES)

typedef ngx_http_core_loc_t  ngx_http_gatehouse_place_t;

#define ngx_http_gatehouse_place_conf(place)  (place)->conf

#else

typedef ngx_http_core_loc_conf_t  ngx_http_gatehouse_place_t;

#define ngx_http_gatehouse_place_conf(place)  (place)

#endif


static ngx_inline gh_str
ngx_http_gatehouse_view(ngx_str_t *s)
{
    gh_str  view;

    view.data = (const char *) s->data;
    view.len = s->len;

    return view;
}


#endif /* _NGX_HTTP_GATEHOUSE_MODULE_H_INCLUDED_ */
