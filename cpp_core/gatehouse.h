/*
 * The one door between nginx (or any other host) and the core: plain C, opaque handles, no nginx type, no C++ type.
 *
 * Who owns what: the core copies every string it is given, unless a comment says otherwise. Strings it gives are valid
 * as long as the handle they came from. No exception passes the door. One worker runs on one thread; only `work`
 * callbacks given to gh_host.submit run elsewhere. Configuration happens before any worker exists and is then
 * read-only.
 */

#ifndef GATEHOUSE_H
#define GATEHOUSE_H

#include <stddef.h>
#include <stdint.h>

#include "gatehouse_host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const char *data;
  size_t len;
} gh_str;

typedef struct {
  char text[512]; /* NUL-terminated; says what is wrong and what to write */
} gh_error;

typedef struct gh_config gh_config;     /* all realms of one nginx configuration */
typedef struct gh_realm gh_realm;       /* one population of users; belongs to its config */
typedef struct gh_api gh_api;           /* one location that serves the endpoints; belongs to its config */
typedef struct gh_rule gh_rule;         /* one gatehouse_require; belongs to its config */
typedef struct gh_worker gh_worker;     /* everything a worker process holds */
typedef struct gh_identity gh_identity; /* who a request is from; counted references */
typedef struct gh_flow gh_flow;         /* an endpoint request under way */

typedef struct {
  gh_str name;
  gh_str value;
} gh_header;

typedef struct {
  int status;
  const gh_header *headers; /* Content-Type among them */
  size_t header_count;
  gh_str body;
} gh_reply;

/* ---- configuration: in the master, while the configuration is read. 0: success, -1: see the error ---- */

/* `prefix`: where relative file names start, the directory of nginx.conf with its slash. NULL: out of memory. */
gh_config *gh_config_create(gh_str prefix);
void gh_config_destroy(gh_config *config); /* wipes every key */

/* A realm block opens; its directives follow, args[0] being the directive; then it ends, and the whole is checked. */
gh_realm *gh_realm_create(gh_config *config, gh_str name, gh_error *error);
int gh_realm_directive(gh_realm *realm, const gh_str *args, size_t count, gh_error *error);
int gh_realm_complete(gh_realm *realm, gh_error *error);
/* Of a complete realm: what its directives cannot do together, into `text`. -1: there are not so many. */
int gh_realm_advice(const gh_realm *realm, size_t number, gh_error *text);
/* Of a configuration that takes another one's place: what that means for who is logged in, likewise. */
int gh_config_consequence(const gh_config *before, const gh_config *now, size_t number, gh_error *text);
gh_realm *gh_realm_find(gh_config *config, gh_str name, gh_error *error);
/* gatehouse_token_from cookie=NAME: no application is to see it. */
int gh_config_hide_cookie(gh_config *config, gh_str name, gh_error *error);

/* Some location takes users' tokens of this realm (GH_FROM_API_KEY, GH_FROM_BASIC): its pages offer to make them. */
void gh_realm_take_tokens(gh_realm *realm);

/* Where the guard sends who must log in, the path of the realm's pages; empty: nowhere. */
gh_str gh_realm_pages(const gh_realm *realm);

/* Once all locations have been read: what the guard serves by itself at every host that it guards, below the path that
 * is its mount. NULL: nothing, for want of pages; `why` says why where somebody could wonder, else it is empty. */
gh_api *gh_realm_hop(gh_realm *realm, gh_error *why);
/* A server that guards: a name of it, and how it listens. Users may be sent there from the login host. */
int gh_realm_add_host(gh_realm *realm, gh_str name, int secure, unsigned port, gh_error *error);
int gh_realm_has_hosts(const gh_realm *realm); /* the directive */

/* One location's endpoints: gatehouse_api REALM DIALECT, mounted at the path prefix `mount`. */
gh_api *gh_api_create(gh_realm *realm, gh_str dialect, gh_str mount, gh_error *error);
gh_str gh_api_mount(const gh_api *api);
/* The request headers in which its clients send tokens, from 0 on; returns 0 when there are no more. */
int gh_api_token_header(const gh_api *api, size_t index, gh_str *name);
int gh_api_has_index(const gh_api *api); /* is there a page at the mount itself? */

/* gatehouse_require: args are its words without the directive's name. All words must hold. */
gh_rule *gh_rule_create(gh_config *config, const gh_str *args, size_t count, gh_error *error);

/* An exact origin such as https://example.com, or *; 0 if well formed. */
int gh_origin_check(gh_str origin, gh_error *error);

/* 0 if NAME may be a header with a token: none that nginx itself or HTTP's framing reads. */
int gh_token_header_check(gh_str name, gh_error *error);

/* 0 if NAME may be a header of identity: a token, and none that nginx itself or HTTP's framing reads. */
int gh_identity_header_check(gh_str name, gh_error *error);

/* The effective settings for GATEHOUSE_EXPLAIN: first every location, then the whole as JSON. */
typedef struct {
  gh_str server;         /* its names, or its first address */
  gh_str location;       /* as written, with its modifier */
  const gh_realm *guard; /* NULL: not guarded */
  int optional;
  const gh_rule *const *rules;
  size_t rule_count;
  const gh_api *api;     /* NULL: no endpoints */
  const gh_realm *check; /* gatehouse_check; NULL: none */
  int redirect;          /* gatehouse_check … redirect */
  unsigned from;         /* gatehouse_token_from: GH_FROM_*; 0: bearer and cookie */
  gh_str from_header;    /* with GH_FROM_NAMED_HEADER: its name */
  gh_str from_cookie;    /* with GH_FROM_NAMED_COOKIE */
  unsigned stale_limit;  /* gatehouse_when_stale: milliseconds; 0: allow */
  int csrf;              /* gatehouse_csrf */
  int pass_cookies;      /* gatehouse_pass_cookies */
  int ambiguous_paths;   /* gatehouse_ambiguous_paths: 1: allow */
  int no_store;          /* gatehouse_no_store */
  int signed_url;        /* gatehouse_signed_url */
  const gh_str *headers; /* name, value, name, value … as written */
  size_t header_count;   /* strings, so twice the headers */
} gh_location;
int gh_config_explain_location(gh_config *config, const gh_location *location);
gh_str gh_config_explain(gh_config *config); /* JSON; valid until the next call */

/* ---- the shared zone ---- */

/* Lays out a fresh zone, or checks the layout of one inherited over a reload, and takes in it a place for each realm of
 * the configuration; fails where there are not enough. `memory` is aligned to a page. The caller holds its mutex. */
int gh_zone_init(gh_config *config, void *memory, size_t size, int inherited, gh_error *error);
/* This configuration is now the one that runs, and keeps its places. */
void gh_zone_settle(const gh_config *config, void *memory);
size_t gh_zone_least_size(void);

/* ---- a worker ---- */

/* Starts lazily: nothing connects before the first need. `number`: 0 … workers-1. `zone` may be NULL only in tests. */
gh_worker *gh_worker_start(gh_config *config, const gh_host *host, unsigned number, void *zone, size_t zone_size,
                           gh_error *error);
void gh_worker_run(gh_worker *worker); /* what wake() asked for */
/* Closes every connection; what waits gets an error. The host drops the answers and takes no work for threads now; no
 * `ready`, `fire` or `done` may be called after this. */
void gh_worker_stop(gh_worker *worker);

/* ---- the guard: no I/O, never blocks ---- */

typedef enum {
  GH_ALLOWED,
  GH_ANONYMOUS,       /* no credentials were sent; `www_authenticate` is what a 401 would say */
  GH_UNAUTHENTICATED, /* 401, with `www_authenticate` */
  GH_RENEWABLE,       /* the same, unless gh_renew_begin() finds that the refresh cookie is good */
  GH_PENDING,         /* a token, a password or the signer of a URL, whom gh_renew_begin() has to look up */
  GH_STEP_UP,         /* 401, with what `wants` says: its user has to show something more, or anew (RFC 9470) */
  GH_FORBIDDEN,       /* 403, with `www_authenticate` */
  GH_AMBIGUOUS,       /* 400: two credentials that disagree */
  GH_LIMITED,         /* 429, with retry_after */
  GH_UNAVAILABLE,     /* 503, with retry_after */
  GH_FAILED           /* 500: a defect; never let the request through */
} gh_verdict;

/* What a session lacks, or a request is asked for beside its session. All zero: nothing. */
typedef struct {
  int mfa;          /* a second factor, or a passkey that verifies its user */
  int has_max_age;  /* to have proved who one is lately: */
  unsigned max_age; /* no more seconds ago than this */
} gh_assurance;

typedef struct {
  const gh_str *authorization; /* every Authorization header's value, as sent; not copied */
  size_t authorization_count;
  const gh_str *cookies; /* every Cookie header's value, likewise */
  size_t cookie_count;
  const gh_str *named; /* every value of the header that gatehouse_token_from names; none: it names none */
  size_t named_count;
  const gh_str *api_keys; /* every value of X-Api-Key that begins as a user's token, where GH_FROM_API_KEY takes them */
  size_t api_key_count;
  gh_str address;       /* the client's, after realip: a user's token may be bound to a network */
  gh_str named_cookie;  /* the name of the cookie that it names */
  unsigned from;        /* where a token may be: GH_FROM_*; 0: bearer and cookie */
  unsigned stale_limit; /* milliseconds that the revocation feed may be behind, else GH_UNAVAILABLE; 0: any */
  gh_str host;          /* the name of the one that the request is for */
  gh_str signed_target; /* path and query as sent, with a signature, where gatehouse_signed_url lets one count */
} gh_credentials;

enum {
  GH_FROM_BEARER = 1,
  GH_FROM_COOKIE = 2,
  GH_FROM_NAMED_HEADER = 4,
  GH_FROM_NAMED_COOKIE = 8,
  GH_FROM_API_KEY = 16, /* a user's token, as a bearer or in X-Api-Key */
  GH_FROM_BASIC = 32,   /* a username and such a token by Basic */
  GH_FROM_PASSWORD = 64 /* with GH_FROM_BASIC: the account's password does, too */
};

/* Does the value of X-Api-Key begin as a user's token? Any other is the application's business. */
int gh_is_api_key(gh_str value);

/* What a request says of itself beside its credentials. Empty where absent; not copied. */
typedef struct {
  gh_str method;
  gh_str uri;                    /* as sent, with the query */
  gh_str host;                   /* the Host header */
  gh_str server;                 /* the name in it by which the server was chosen; empty: see `host` */
  gh_str origin;                 /* Origin */
  gh_str fetch_site;             /* Sec-Fetch-Site */
  gh_str fetch_mode;             /* Sec-Fetch-Mode */
  gh_str fetch_dest;             /* Sec-Fetch-Dest */
  gh_str accept;                 /* Accept */
  gh_str accept_language;        /* Accept-Language */
  gh_str upgrade;                /* Upgrade */
  gh_str requested_with;         /* X-Requested-With */
  gh_str script_mark;            /* a header that only scripts send: HX-Request, Turbo-Frame, X-PJAX, X-Up-Version */
  gh_str preflight_method;       /* Access-Control-Request-Method */
  gh_str preflight_headers;      /* Access-Control-Request-Headers */
  int secure;                    /* came over TLS */
  int elsewhere;                 /* the server has no endpoints of the realm: they are at the login host */
  gh_assurance wants;            /* what the guard has refused it for with GH_STEP_UP */
  int by_proxy;                  /* a proxy asks, by gatehouse_check */
  const gh_str *allowed_origins; /* gatehouse_allow_origin */
  size_t allowed_origin_count;
} gh_traits;

typedef struct {
  gh_verdict verdict;
  gh_identity *identity;   /* with GH_ALLOWED: one reference, the caller's to release */
  int by_cookie;           /* the identity is a cookie's: gh_is_forged() has a say */
  int by_basic;            /* it is by Basic, which browsers send by themselves, too: likewise */
  gh_str www_authenticate; /* static */
  gh_assurance wants;      /* with GH_STEP_UP */
  unsigned retry_after;    /* seconds */
  gh_str reason;           /* for the log: why not GH_ALLOWED; static or the configuration's; may be empty */
} gh_decision;

/* Who is it? */
void gh_authenticate(gh_worker *worker, const gh_realm *realm, const gh_credentials *credentials,
                     gh_decision *decision);
/* May they? Fills verdict, www_authenticate and wants only. `identity` NULL: the anonymous. */
void gh_authorize(const gh_rule *const *rules, size_t count, const gh_identity *identity, gh_decision *decision);
/* The WWW-Authenticate of a GH_STEP_UP (RFC 9470 §3); its length, at most `size`, for which 128 is enough. */
size_t gh_step_up_challenge(const gh_assurance *wants, char *into, size_t size);
void gh_identity_release(gh_identity *identity);
/* The WWW-Authenticate of a 401 where Basic is taken: empty for a browser that could log in by a page, which would ask
 * for a password itself. Static. */
gh_str gh_basic_challenge(const gh_realm *realm, const gh_traits *traits);
/* Is its session still good? For connections that outlive their request: no, once it was ended or its time is over. */
int gh_identity_lives(gh_worker *worker, const gh_realm *realm, const gh_identity *identity);

/* Would a cookie be abused by another site's page? 403, decided before gh_renew_begin(). Safe methods are never forged,
 * but for WebSocket handshakes. */
int gh_is_forged(const gh_realm *realm, const gh_traits *traits);

/* The Location of a 302 to the login page, or for what traits->wants to the step-up page, where a navigation would get
 * 401; its length, at most `size`. 0: this is no navigation, or the page is unknown: answer 401. */
size_t gh_login_redirect(const gh_realm *realm, const gh_traits *traits, char *into, size_t size);

/* The same where the realm's endpoints are elsewhere: a 302 to the login host with a cookie to come back by, or a page
 * that says why the browser is not sent there. 0: this is no navigation, or this host is none of the realm's. `answer`
 * is called as that of gh_problem() is. */
int gh_hop(const gh_realm *realm, const gh_traits *traits, const gh_credentials *credentials,
           void (*answer)(void *arg, const gh_reply *reply), void *arg);

/* The cookies in a Cookie header that are ours, of whatever realm, each as it is written: by itself a header of one
 * cookie. How many there are; `found` gets as many of them as it has room for. */
size_t gh_find_cookies(const gh_config *config, gh_str header, gh_str *found, size_t room);
/* Copies the header without all of those found, the others byte for byte, to `into`, of at least the size of what is
 * left. Its new length; 0: nothing is left of it. */
size_t gh_remove_cookies(gh_str header, const gh_str *found, size_t count, char *into);

/* Could an application that gets this raw path, without its query, read another than nginx does? Cheap. */
int gh_path_is_ambiguous(gh_str raw);
/* Gives every reading to `read`, until one returns something else than 0, which is the result. 0: none did. -1: there
 * are too many readings, or no memory. */
int gh_path_readings(gh_str raw, int (*read)(void *arg, gh_str path), void *arg);

/* Does a browser ask first whether a page of another origin may send what it wants to (a CORS preflight), and does the
 * location allow any origin? Such a request never has credentials: gh_cors() has the answer, which is no refusal. */
int gh_is_preflight(const gh_traits *traits);
/* The headers for an answer of the guard to a page of an allowed origin, if this is one: those of a preflight's 204, or
 * those by which the page may read a refusal. `answer` is called as that of gh_problem() is; its reply has no body. */
void gh_cors(const gh_traits *traits, void (*answer)(void *arg, const gh_reply *reply), void *arg);

/* Silent refresh, after GH_RENEWABLE: a new session head from Redis. After GH_PENDING: the user's token or password is
 * looked up in PostgreSQL, the session that has signed a URL in Redis, and known from then on. `answer` is called as
 * that of gh_api_begin() is. NULL: too many flows or no memory; answer 503. */
typedef struct {
  /* GH_ALLOWED, GH_UNAUTHENTICATED, GH_FORBIDDEN, GH_LIMITED, GH_UNAVAILABLE or GH_FAILED; its identity is the callee's
   */
  gh_decision decision;
  const gh_str *set_cookies; /* values of Set-Cookie headers for the response, whatever it will be */
  size_t set_cookie_count;
} gh_renewal;

typedef struct {
  gh_credentials credentials;
  gh_str address; /* the client's, after realip */
  gh_str user_agent;
  gh_str request_id;
  int keep; /* look at the session, but rotate nothing: for gatehouse_check, whose Set-Cookie would be lost */
} gh_renewal_request;

gh_flow *gh_renew_begin(gh_worker *worker, const gh_realm *realm, const gh_renewal_request *request,
                        void (*answer)(void *arg, const gh_renewal *renewal), void *arg);

/* Empty where absent. An e-mail is here only when it may be trusted. No control characters in any of them. */
typedef enum {
  GH_USER_ID,
  GH_USER_EMAIL,
  GH_USER_NAME,
  GH_USERNAME,
  GH_USER_ROLES, /* comma-separated */
  GH_SESSION_ID, /* of a user's token: its id */
  GH_AMR,        /* how the user has proved who he is (RFC 8176), by spaces */
  GH_SCOPES,     /* of a user's token, comma-separated */
  GH_TOKEN_NAME,
  GH_REMOTE_USER /* what the realm's remote_user says */
} gh_attribute;
gh_str gh_identity_attribute(const gh_identity *identity, gh_attribute attribute);
/* Seconds since the user last proved who he is; -1: it is no session of his. */
int64_t gh_identity_auth_age(const gh_identity *identity);
/* 1: no attribute has a control character in it, so each may be a header as it is. */
int gh_identity_is_clean(const gh_identity *identity);
/* A string as it is, anything else as JSON. `name` is lower case: nginx lowers the names of variables. */
gh_str gh_identity_claim(const gh_identity *identity, gh_str name);

/* ---- the endpoints ---- */

typedef struct {
  gh_traits traits;
  gh_str path;              /* decoded and normalised, the mount included */
  gh_str query;             /* raw, without '?' */
  const gh_header *headers; /* all, as sent */
  size_t header_count;
  gh_str body;
  gh_str address;    /* the client's, after realip */
  gh_str request_id; /* for the log */
  int refused;       /* the guard refused a GET of traits.uri, whose error page this is */
} gh_request;

/* The response for a status that the guard or nginx itself chose: `answer` is called once, before this returns, and the
 * reply is gone with it; not at all without memory. */

/* The guard's: a page for who navigates, else application/problem+json (RFC 9457). `traits` NULL: nobody navigates.
 * `identity`: who they are known to be, or NULL. */
void gh_problem(const gh_realm *realm, const gh_traits *traits, const gh_identity *identity, int status,
                void (*answer)(void *arg, const gh_reply *reply), void *arg);
/* An endpoint's, in its dialect's shape. */
void gh_api_problem(const gh_api *api, const gh_request *request, int status,
                    void (*answer)(void *arg, const gh_reply *reply), void *arg);

/* Does this method and path want the request's body read first? 0: no. Else the most bytes it may have. */
size_t gh_api_body_limit(const gh_api *api, gh_str method, gh_str path);

/* Begins. `answer` is called once, later, from gh_worker_run(), unless the flow is abandoned before; after it returns
 * the flow and the reply are gone. NULL: too many flows or no memory; answer 503 with gh_api_problem(). */
gh_flow *gh_api_begin(gh_worker *worker, const gh_api *api, const gh_request *request,
                      void (*answer)(void *arg, const gh_reply *reply), void *arg);
/* The client has gone: `answer` will not be called. The flow runs to its end all the same. */
void gh_flow_abandon(gh_flow *flow);

/* What a location of gatehouse_status shows: Prometheus' text, the same as JSON, does this worker work, can it let
 * anybody in. `answer` is called as that of gh_problem() is. */
typedef enum { GH_STATUS_METRICS, GH_STATUS_JSON, GH_STATUS_LIVE, GH_STATUS_READY } gh_status_kind;
void gh_status(gh_worker *worker, gh_status_kind kind, void (*answer)(void *arg, const gh_reply *reply), void *arg);

#ifdef __cplusplus
}
#endif

#endif
