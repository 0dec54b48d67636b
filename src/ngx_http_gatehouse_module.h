
/*
 * What the files of the module share.  The module translates between nginx
 * and the core behind gatehouse.h, and holds no policy of its own.
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


#define NGX_HTTP_GATEHOUSE_ZONE_SIZE  (16 * 1024 * 1024)

/*
 * An endpoint's body stays in memory up to this size, so that no password
 * is ever written to a temporary file.
 */
#define NGX_HTTP_GATEHOUSE_BODY_SIZE  65536


/* headers of a request that are not simply passed on */

#define NGX_HTTP_GATEHOUSE_RESERVED       1
#define NGX_HTTP_GATEHOUSE_AUTHORIZATION  2
#define NGX_HTTP_GATEHOUSE_COOKIE         3
#define NGX_HTTP_GATEHOUSE_TOKEN          4


typedef struct {
    gh_config                  *config;       /* NULL: the module is not used */
    ngx_uint_t                  realms;

    size_t                      zone_size;
    ngx_shm_zone_t             *zone;
    ngx_thread_pool_t          *pools[2];     /* GH_POOL_HASH, GH_POOL_IO */

    ngx_array_t                 reserved;     /* ngx_str_t, folded */
    uint64_t                    reserved_lengths;
    ngx_array_t                 tokens;       /* ngx_str_t: headers for us */

    ngx_array_t                 users;        /* servers that use realms */

    ngx_int_t                   request_id;   /* the index of $request_id */
    ngx_array_t                 masked;       /* ngx_uint_t: indices, too */

    ngx_uint_t                  explain;      /* unsigned  explain:1; */
} ngx_http_gatehouse_main_conf_t;


/* What to look for before the location of a request is known. */

typedef struct {
    ngx_uint_t                  guarded;      /* unsigned  guarded:1; */
    ngx_uint_t                  endpoints;    /* unsigned  endpoints:1; */
} ngx_http_gatehouse_srv_conf_t;


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
} ngx_http_gatehouse_header_t;


/* Where else a token may be: gatehouse_token_from header=NAME cookie=NAME. */

typedef struct {
    ngx_str_t                   header;
    ngx_str_t                   cookie;
} ngx_http_gatehouse_from_t;


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

    ngx_array_t                *origins;      /* gh_str */
    gh_api                     *api;

    gh_realm                   *check;        /* the realm of gatehouse_check */
    ngx_array_t                *check_from;   /* ngx_cidr_t */
} ngx_http_gatehouse_loc_conf_t;


typedef struct ngx_http_gatehouse_principal_s  ngx_http_gatehouse_principal_t;

struct ngx_http_gatehouse_principal_s {
    gh_realm                        *realm;
    ngx_uint_t                       from;
    ngx_http_gatehouse_from_t       *from_names;
    ngx_msec_t                       stale_limit;
    gh_decision                      decision;
    ngx_http_gatehouse_principal_t  *next;
};


/* Goes on with a request that has waited. */

typedef void (*ngx_http_gatehouse_resume_pt)(ngx_http_request_t *r);


typedef struct ngx_http_gatehouse_renewal_s  ngx_http_gatehouse_renewal_t;

struct ngx_http_gatehouse_renewal_s {
    gh_realm                        *realm;
    gh_decision                      decision;
    ngx_str_t                       *cookies;        /* for Set-Cookie */
    ngx_uint_t                       ncookies;

    ngx_http_request_t              *request;        /* what waits for it */
    gh_flow                         *flow;
    ngx_http_gatehouse_resume_pt     resume;

    ngx_http_gatehouse_renewal_t    *next;

    unsigned                         keep:1;         /* nothing was rotated */
    unsigned                         done:1;
};


typedef struct {
    ngx_queue_t                      queue;
    ngx_http_request_t              *request;
    gh_realm                        *realm;
    gh_identity                     *identity;
} ngx_http_gatehouse_running_t;


/* A header with credentials, as sent, and what is left of it for others. */

typedef struct {
    ngx_table_elt_t                  header;
    ngx_str_t                        left;
    ngx_uint_t                       kind;

    unsigned                         placed:1;       /* in the list */
} ngx_http_gatehouse_kept_t;


/* Whom the guard has let into the last location of a request. */

typedef struct ngx_http_gatehouse_vouched_s  ngx_http_gatehouse_vouched_t;

struct ngx_http_gatehouse_vouched_s {
    ngx_http_request_t              *request;
    ngx_http_gatehouse_principal_t  *principal;      /* NULL: nobody */
    ngx_http_gatehouse_vouched_t    *next;
};


/*
 * What is known of a client's request: one for the main request and all its
 * subrequests.  It outlives internal redirects and, because variables are
 * read while the request is logged, also the cleanup of the request.
 */

typedef struct {
    gh_credentials                   credentials;
    ngx_http_gatehouse_kept_t       *kept;           /* the same, as headers */
    ngx_uint_t                       nkept;

    ngx_http_gatehouse_principal_t  *principals;
    ngx_http_gatehouse_principal_t  *current;
    ngx_http_gatehouse_vouched_t    *vouched;
    ngx_http_gatehouse_renewal_t    *renewals;
    ngx_http_gatehouse_running_t    *running;

    ngx_table_elt_t                 *challenge;
    ngx_int_t                        refused;        /* the guard's status */
    ngx_array_t                     *origins;        /* gh_str, then allowed */
    ngx_str_t                        problem;        /* replaces the body */
    ngx_str_t                        query;          /* as sent, if masked */

    unsigned                         received:1;     /* credentials */
    unsigned                         judged:1;       /* Authorization */
    unsigned                         answered:1;     /* by an endpoint */
    unsigned                         masked:1;       /* the query */
    unsigned                         replace:1;
    unsigned                         replaced:1;
} ngx_http_gatehouse_ctx_t;


static ngx_inline gh_str
ngx_http_gatehouse_view(ngx_str_t *s)
{
    gh_str  view;

    view.data = (const char *) s->data;
    view.len = s->len;

    return view;
}


/* directives */

char *ngx_http_gatehouse_realm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
gh_config *ngx_http_gatehouse_config(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
gh_realm *ngx_http_gatehouse_find_realm(ngx_conf_t *cf, ngx_str_t *name);
gh_str *ngx_http_gatehouse_views(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n);

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
char *ngx_http_gatehouse_check_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

void ngx_http_gatehouse_test_logins(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_add_user(ngx_conf_t *cf, gh_realm *realm,
    ngx_uint_t serves);

void *ngx_http_gatehouse_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_gatehouse_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* the shared zone */

char *ngx_http_gatehouse_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_gatehouse_zone_add(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
void *ngx_http_gatehouse_zone_memory(ngx_shm_zone_t *zone, size_t *size);

/* the worker and its host */

typedef struct {
    ngx_event_t                 wake;
    ngx_queue_t                 jobs;
    ngx_slab_pool_t            *zone;
    ngx_thread_pool_t         **pools;
} ngx_http_gatehouse_host_t;

ngx_int_t ngx_http_gatehouse_init_process(ngx_cycle_t *cycle);
void ngx_http_gatehouse_exit_process(ngx_cycle_t *cycle);

void *ngx_http_gatehouse_host_watch(void *self, int fd,
    void (*ready)(void *arg, unsigned events), void *arg);
int ngx_http_gatehouse_host_watch_events(void *self, void *data,
    unsigned events);
void ngx_http_gatehouse_host_unwatch(void *self, void *data);
void *ngx_http_gatehouse_host_timer(void *self, unsigned milliseconds,
    int background, void (*fire)(void *arg), void *arg);
void ngx_http_gatehouse_host_cancel_timer(void *self, void *data);
int ngx_http_gatehouse_host_submit(void *self, int pool,
    void (*work)(void *arg), void (*done)(void *arg), void *arg);
void ngx_http_gatehouse_host_finish_jobs(ngx_http_gatehouse_host_t *host);

extern gh_worker  *ngx_http_gatehouse_worker;  /* NULL: it could not start */

/* the guard */

ngx_int_t ngx_http_gatehouse_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_refuse(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_decision *decision);

ngx_int_t ngx_http_gatehouse_decide(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm,
    ngx_http_gatehouse_resume_pt resume, gh_decision *decision);
gh_identity *ngx_http_gatehouse_identity(ngx_http_request_t *r);
gh_realm *ngx_http_gatehouse_effective_realm(
    ngx_http_gatehouse_loc_conf_t *glcf);

ngx_http_gatehouse_ctx_t *ngx_http_gatehouse_find_ctx(ngx_http_request_t *r);
ngx_http_gatehouse_ctx_t *ngx_http_gatehouse_get_ctx(ngx_http_request_t *r);

/* what the client sent */

ngx_int_t ngx_http_gatehouse_credentials(ngx_http_request_t *r,
    gh_credentials *credentials);
ngx_int_t ngx_http_gatehouse_traits(ngx_http_request_t *r, gh_traits *traits);
ngx_int_t ngx_http_gatehouse_forwarded(ngx_http_request_t *r,
    ngx_array_t *cidrs, gh_traits *traits);
gh_str ngx_http_gatehouse_user_agent(ngx_http_request_t *r);
gh_str ngx_http_gatehouse_request_id(ngx_http_request_t *r);

/* silent refresh */

ngx_int_t ngx_http_gatehouse_renew(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm,
    ngx_http_gatehouse_resume_pt resume, gh_decision *decision);
ngx_http_gatehouse_renewal_t *ngx_http_gatehouse_renewed(
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm, ngx_uint_t keep);
ngx_int_t ngx_http_gatehouse_test_reading(ngx_http_request_t *r);

/* requests that outlive their sessions */

ngx_int_t ngx_http_gatehouse_running_add(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, gh_realm *realm, gh_identity *identity);
void ngx_http_gatehouse_running_start(void);
void ngx_http_gatehouse_running_stop(void);

/* headers of the request */

ngx_int_t ngx_http_gatehouse_post_read_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_rewrite_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_log_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_pass(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_present(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_http_gatehouse_principal_t *ngx_http_gatehouse_vouched(
    ngx_http_request_t *r, ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_vouch(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_principal_t *principal);
ngx_int_t ngx_http_gatehouse_header_value(ngx_http_request_t *r,
    ngx_http_gatehouse_header_t *header, ngx_str_t *value);

ngx_int_t ngx_http_gatehouse_receive(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_rebuild(ngx_http_request_t *r,
    ngx_uint_t settled);
ngx_int_t ngx_http_gatehouse_settle(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_http_gatehouse_kept_t *ngx_http_gatehouse_find_kept(
    ngx_http_gatehouse_ctx_t *ctx, ngx_table_elt_t *h);

ngx_int_t ngx_http_gatehouse_reserve(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_str_t *name);
ngx_uint_t ngx_http_gatehouse_is_reserved(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name);
ngx_int_t ngx_http_gatehouse_hide(ngx_conf_t *cf, ngx_str_t *name);
ngx_uint_t ngx_http_gatehouse_is_token(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name);
ngx_uint_t ngx_http_gatehouse_same_name(ngx_str_t *one, ngx_str_t *two);
ngx_table_elt_t *ngx_http_gatehouse_next_header(ngx_list_part_t **part,
    ngx_uint_t *i);

extern ngx_str_t  ngx_http_gatehouse_authorization;
extern ngx_str_t  ngx_http_gatehouse_cookie;

/* paths and locations */

void **ngx_http_gatehouse_locate(ngx_http_request_t *r, ngx_str_t *uri);
ngx_int_t ngx_http_gatehouse_refuse_ambiguous(ngx_http_request_t *r);

/* variables */

ngx_int_t ngx_http_gatehouse_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_gatehouse_add_http_variables(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);

/* endpoints and responses */

ngx_int_t ngx_http_gatehouse_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_endpoint(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_all(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_init(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_check_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_api_request(ngx_http_request_t *r,
    gh_request *request);

ngx_int_t ngx_http_gatehouse_reply(ngx_http_request_t *r,
    const gh_reply *reply);
ngx_int_t ngx_http_gatehouse_reply_headers(ngx_http_request_t *r,
    const gh_reply *reply);
ngx_int_t ngx_http_gatehouse_copy_headers(ngx_http_request_t *r,
    const gh_reply *reply);

ngx_int_t ngx_http_gatehouse_filter_init(ngx_conf_t *cf);
ngx_table_elt_t *ngx_http_gatehouse_add_header(ngx_http_request_t *r,
    gh_str name, gh_str value);
ngx_int_t ngx_http_gatehouse_no_store(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_retry_after(ngx_http_request_t *r,
    ngx_uint_t seconds);
ngx_int_t ngx_http_gatehouse_login_redirect(ngx_http_request_t *r,
    gh_realm *realm);
ngx_int_t ngx_http_gatehouse_preflight(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_cors(ngx_http_request_t *r, ngx_array_t *origins);
ngx_int_t ngx_http_gatehouse_keep_private(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_int_t ngx_http_gatehouse_set_cookies(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);

/* GATEHOUSE_EXPLAIN */

ngx_int_t ngx_http_gatehouse_explain(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_int_t ngx_http_gatehouse_explain_print(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf);


extern ngx_module_t  ngx_http_gatehouse_module;


#endif /* _NGX_HTTP_GATEHOUSE_MODULE_H_INCLUDED_ */
