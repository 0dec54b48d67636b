
/*
 * A client's request: what it says, what is remembered of it, and the lists
 * of headers that the other rooms read and write.
 */


#ifndef _NGX_HTTP_GATEHOUSE_REQUEST_H_INCLUDED_
#define _NGX_HTTP_GATEHOUSE_REQUEST_H_INCLUDED_


#include "ngx_http_gatehouse_module.h"


/* headers of a request that are not simply passed on */

#define NGX_HTTP_GATEHOUSE_RESERVED       1
#define NGX_HTTP_GATEHOUSE_AUTHORIZATION  2
#define NGX_HTTP_GATEHOUSE_COOKIE         3
#define NGX_HTTP_GATEHOUSE_TOKEN          4

/* those that are, and that we read */

#define NGX_HTTP_GATEHOUSE_TRAIT          5
#define NGX_HTTP_GATEHOUSE_FORWARDED      6
#define NGX_HTTP_GATEHOUSE_REFERER        7


/* what another proxy says of the request that gatehouse_check is to judge */

#define NGX_HTTP_GATEHOUSE_FORWARDED_METHOD  0
#define NGX_HTTP_GATEHOUSE_FORWARDED_URI     1
#define NGX_HTTP_GATEHOUSE_FORWARDED_HOST    2
#define NGX_HTTP_GATEHOUSE_FORWARDED_PROTO   3


/* What a header of this name is to us. */

struct ngx_http_gatehouse_name_s {
    ngx_str_t                        name;
    ngx_uint_t                       kind;
    size_t                           place;          /* of the value */
    ngx_http_gatehouse_name_t       *next;
};


/* A header that has been looked at, which its copies are known by. */

typedef struct {
    u_char                          *name;
    ngx_uint_t                       credentials;    /* may hold ours */
} ngx_http_gatehouse_known_t;


/* What a client's headers say beside its credentials. */

typedef struct {
    gh_traits                        traits;         /* of headers alone */
    ngx_str_t                        forwarded[4];
    ngx_str_t                        contradiction;  /* the header's name */

    ngx_http_gatehouse_known_t      *known;
    ngx_uint_t                       nknown;

    unsigned                         referer:1;      /* has a query */
} ngx_http_gatehouse_said_t;


typedef struct ngx_http_gatehouse_principal_s  ngx_http_gatehouse_principal_t;

struct ngx_http_gatehouse_principal_s {
    gh_realm                        *realm;
    ngx_uint_t                       from;
    ngx_http_gatehouse_from_t       *from_names;
    ngx_msec_t                       stale_limit;
    ngx_uint_t                       signed_url;
    gh_decision                      decision;
    ngx_http_gatehouse_principal_t  *next;
};


/* Goes on with a request that has waited. */

typedef void (*ngx_http_gatehouse_resume_pt)(ngx_http_request_t *r);


typedef struct ngx_http_gatehouse_renewal_s  ngx_http_gatehouse_renewal_t;

struct ngx_http_gatehouse_renewal_s {
    gh_realm                        *realm;
    gh_decision                      decision;
    ngx_http_gatehouse_principal_t  *principal;      /* of a looked up token */
    ngx_str_t                       *cookies;        /* for Set-Cookie */
    ngx_uint_t                       ncookies;

    ngx_http_request_t              *request;        /* what waits for it */
    gh_flow                         *flow;
    ngx_http_gatehouse_resume_pt     resume;

    ngx_http_gatehouse_renewal_t    *next;

    unsigned                         keep:1;         /* nothing was rotated */
    unsigned                         done:1;
};


/* A request that its session's end shall end, see the guard. */

typedef struct ngx_http_gatehouse_running_s  ngx_http_gatehouse_running_t;


/* A header with credentials, as sent, and what is left of it for others. */

typedef struct {
    ngx_table_elt_t                  header;
    ngx_str_t                        left;
    gh_str                          *cookies;        /* ours */
    size_t                           ncookies;
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
    ngx_http_gatehouse_said_t        said;

    ngx_http_gatehouse_principal_t  *principals;
    ngx_http_gatehouse_principal_t  *current;
    ngx_http_gatehouse_vouched_t    *vouched;
    ngx_http_gatehouse_renewal_t    *renewals;
    ngx_http_gatehouse_running_t    *running;

    ngx_table_elt_t                 *challenge;
    ngx_int_t                        refused;        /* the guard's status */
    gh_str                           outcome;        /* what the guard said */
    gh_str                           reason;         /* and why */
    gh_assurance                     wants;          /* and for want of what */
    ngx_array_t                     *origins;        /* gh_str, then allowed */
    ngx_str_t                        problem;        /* replaces the body */
    ngx_str_t                        query;          /* as sent, if masked */
    ngx_str_t                        signed_target;  /* as sent, of a GET */
    gh_api                          *hop;            /* answers itself */

    unsigned                         received:1;     /* credentials */
    unsigned                         read:1;         /* what is said */
    unsigned                         judged:1;       /* Authorization */
    unsigned                         answered:1;     /* by an endpoint */
    unsigned                         refused_get:1;  /* somewhere before */
    unsigned                         masked:1;       /* the query */
    unsigned                         replace:1;
    unsigned                         replaced:1;
} ngx_http_gatehouse_ctx_t;


extern ngx_str_t  ngx_http_gatehouse_authorization;
extern ngx_str_t  ngx_http_gatehouse_cookie;
extern ngx_str_t  ngx_http_gatehouse_api_key;


ngx_http_gatehouse_ctx_t *ngx_http_gatehouse_find_ctx(ngx_http_request_t *r);
ngx_http_gatehouse_ctx_t *ngx_http_gatehouse_get_ctx(ngx_http_request_t *r);

/* phases before the guard's */

ngx_int_t ngx_http_gatehouse_post_read_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_rewrite_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_log_handler(ngx_http_request_t *r);

/* names of headers */

ngx_int_t ngx_http_gatehouse_reserve(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_str_t *name);
ngx_uint_t ngx_http_gatehouse_is_reserved(ngx_http_gatehouse_main_conf_t *gmcf,
    ngx_str_t *name);
ngx_int_t ngx_http_gatehouse_hide(ngx_conf_t *cf, ngx_str_t *name);
ngx_uint_t ngx_http_gatehouse_same_name(ngx_str_t *one, ngx_str_t *two);
ngx_int_t ngx_http_gatehouse_init_names(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);
ngx_http_gatehouse_name_t *ngx_http_gatehouse_find_name(
    ngx_http_gatehouse_main_conf_t *gmcf, ngx_str_t *name);

/* credentials leave the list of headers */

ngx_int_t ngx_http_gatehouse_receive(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_collect(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_table_elt_t *h, ngx_uint_t kind);
ngx_int_t ngx_http_gatehouse_keep(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_http_gatehouse_said_t *said);
ngx_int_t ngx_http_gatehouse_read_headers(ngx_http_request_t *r,
    ngx_http_gatehouse_said_t *said, ngx_array_t *kept);
ngx_table_elt_t *ngx_http_gatehouse_next_referer(ngx_list_part_t **part,
    ngx_uint_t *i, u_char **query);
ngx_int_t ngx_http_gatehouse_rebuild(ngx_http_request_t *r,
    ngx_uint_t settled, ngx_uint_t room);
ngx_int_t ngx_http_gatehouse_settle(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx);
ngx_str_t *ngx_http_gatehouse_value_shown(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_table_elt_t *h, ngx_uint_t *name,
    ngx_uint_t settled);
ngx_str_t *ngx_http_gatehouse_wanted(ngx_http_request_t *r,
    ngx_http_gatehouse_ctx_t *ctx, ngx_http_gatehouse_kept_t *kept,
    ngx_uint_t settled);
ngx_http_gatehouse_kept_t *ngx_http_gatehouse_find_kept(
    ngx_http_gatehouse_ctx_t *ctx, ngx_table_elt_t *h);

/* what the client sent */

ngx_int_t ngx_http_gatehouse_credentials(ngx_http_request_t *r,
    gh_credentials *credentials);
ngx_int_t ngx_http_gatehouse_traits(ngx_http_request_t *r, gh_traits *traits);
void ngx_http_gatehouse_read_forwarded(ngx_http_gatehouse_said_t *said,
    ngx_http_gatehouse_name_t *name, ngx_table_elt_t *h);
ngx_int_t ngx_http_gatehouse_forwarded(ngx_http_request_t *r,
    ngx_array_t *cidrs, ngx_http_gatehouse_said_t *said, gh_traits *traits);
gh_str ngx_http_gatehouse_user_agent(ngx_http_request_t *r);
gh_str ngx_http_gatehouse_request_id(ngx_http_request_t *r);

/* what the guard serves by itself, and where the realm's endpoints are */

ngx_http_gatehouse_hop_t *ngx_http_gatehouse_find_hop(ngx_http_request_t *r);
ngx_uint_t ngx_http_gatehouse_is_elsewhere(ngx_http_request_t *r,
    gh_realm *realm);
gh_api *ngx_http_gatehouse_answering(ngx_http_request_t *r);

/* paths and locations */

void **ngx_http_gatehouse_locate(ngx_http_request_t *r, ngx_str_t *uri);
void **ngx_http_gatehouse_locate_at(ngx_http_core_srv_conf_t *cscf,
    ngx_str_t *uri);
ngx_int_t ngx_http_gatehouse_refuse_ambiguous(ngx_http_request_t *r);

/* signed URLs */

ngx_int_t ngx_http_gatehouse_take_signature(ngx_http_request_t *r);

/* secrets in the query */

ngx_int_t ngx_http_gatehouse_mask(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_endpoint(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_all(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_mask_part(ngx_http_request_t *r, ngx_str_t *text,
    u_char *query);
ngx_int_t ngx_http_gatehouse_mask_signature(ngx_http_request_t *r,
    ngx_str_t *text, u_char *query);
ngx_uint_t ngx_http_gatehouse_is_parameter(u_char *name, size_t len,
    ngx_str_t *names);
ngx_int_t ngx_http_gatehouse_mask_init(ngx_conf_t *cf,
    ngx_http_gatehouse_main_conf_t *gmcf);

/* headers of the response */

ngx_table_elt_t *ngx_http_gatehouse_add_header(ngx_http_request_t *r,
    gh_str name, gh_str value);
ngx_int_t ngx_http_gatehouse_no_store(ngx_http_request_t *r);
ngx_int_t ngx_http_gatehouse_retry_after(ngx_http_request_t *r,
    ngx_uint_t seconds);
ngx_int_t ngx_http_gatehouse_copy_headers(ngx_http_request_t *r,
    const gh_reply *reply);


static ngx_inline ngx_table_elt_t *
ngx_http_gatehouse_next_header(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*i >= (*part)->nelts) {
        if ((*part)->next == NULL) {
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }

    h = (*part)->elts;

    return &h[(*i)++];
}


#endif /* _NGX_HTTP_GATEHOUSE_REQUEST_H_INCLUDED_ */
