"""Each contract as its document shows it, call after call, as one client makes them: a table for each dialect.

What a call brings is kept under a name, and put in where a later one says {name}. Bodies are compared as
contract.normal() leaves them, so ID, TIME, TOKEN, SECONDS and CSRF stand for what differs.
"""

import json
import re
from dataclasses import dataclass, field

import pytest

from accounts import GUARDED, claims
from contract import cookies_of, normal
from mailing import mail_settings, wait_for_link

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
JWT = r"[\w-]+\.[\w-]+\.[\w-]+"
NOBODY = "00000000-0000-4000-8000-000000000000"
PLAIN = {"cookie_secure": "off", "limit_logins": "off"}  # curl's calls are over plain HTTP
CLEARED = "Max-Age=0"


@dataclass
class Call:
    method: str
    path: str
    status: int
    body: object = ""     # JSON, a text, or ... for whatever it is
    kind: str = JSON      # Content-Type
    headers: dict = field(default_factory=dict)  # of the answer: a pattern, None: it is not there
    cookies: dict = field(default_factory=dict)  # all that are set: a pattern of "value; attributes"
    send: dict = field(default_factory=dict)     # headers
    keep: dict = field(default_factory=dict)     # name: "a.member" of the body, "header NAME" or "cookie NAME"
    claims: dict = field(default_factory=dict)   # of a token that is kept: name: {claim: value, None: whatever}
    lives: int = 0                               # seconds, all of those
    json: object = None
    data: object = None
    form: dict = None                            # multipart/form-data, as curl --form sends it
    mail: str = ""                               # the path of a link that a mail brings afterwards, kept as `link`


def filled(value, kept):
    if isinstance(value, dict):
        return {key: filled(each, kept) for key, each in value.items()}
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda name: kept[name[1]], value)
    return value


def found(answer, where):
    kind, _, name = where.partition(" ")
    if kind == "header":
        return answer.headers[name]
    if kind == "cookie":
        return cookies_of(answer)[name][0]
    value = answer.json()
    for member in where.split("."):
        value = value[member]
    return value


def check(call, answer, kept):
    said = f"{call.method} {call.path}: {answer.status_code} {answer.text}"
    assert answer.status_code == call.status, said
    assert answer.headers.get("Content-Type") == (call.kind if call.body != "" else None), said
    if isinstance(call.body, (dict, list)):
        body = normal(answer.text).replace(":SECONDS", ':"SECONDS"')
        assert json.loads(body) == filled(call.body, kept), said
    elif call.body is not ...:
        assert answer.text == filled(call.body, kept), said
    for name, pattern in call.headers.items():
        value = answer.headers.get(name)
        assert value is None if pattern is None else value and re.fullmatch(pattern, value), f"{said} {name}: {value}"
    sets = {name: "; ".join(parts) for name, parts in cookies_of(answer).items()}
    assert set(sets) == set(call.cookies), f"{said} {sets}"
    for name, pattern in call.cookies.items():
        assert re.fullmatch(pattern, sets[name]), f"{said} {name}: {sets[name]}"
    for name, where in call.keep.items():
        kept[name] = found(answer, where).removeprefix("Bearer ")
    for name, wanted in call.claims.items():
        token = claims(kept[name])
        for claim, value in wanted.items():
            assert claim in token and value in (None, token[claim]), f"{said} {name}: {token}"
        assert not call.lives or abs(token["exp"] - token["iat"] - call.lives) <= 1, f"{said} {token}"


def replay(server, calls, kept, smtp=None):
    for call in calls:
        options = {key: filled(getattr(call, key), kept) for key in ("json", "data") if getattr(call, key) is not None}
        if call.form is not None:
            options["files"] = {key: (None, filled(value, kept)) for key, value in call.form.items()}
        answer = server.request(call.method, filled(call.path, kept), headers=filled(call.send, kept), **options)
        check(call, answer, kept)
        if call.mail:
            kept["link"] = wait_for_link(smtp, kept["email"], call.mail).partition("=")[2]


# ---- rest ----

def rest_error(status, message, **errors):
    return {"message": message, "status": status, **({"errors": errors} if errors else {})}


REST_USER = {"id": "ID", "name": "John Doe", "email": "john@example.com", "createdAt": "TIME", "updatedAt": "TIME"}
REST_SESSION = {"user": REST_USER, "tokens": {"accessToken": "TOKEN", "refreshToken": "TOKEN"}}
REST_TOKENS = {"access": "tokens.accessToken", "refresh": "tokens.refreshToken"}
JOHN = {"name": "John Doe", "email": "john@example.com", "password": "SecurePass123"}
BEARER = {"Authorization": "Bearer {access}"}

REST = [
    Call("POST", "/api/auth/register", 201, REST_SESSION, json={**JOHN, "confirmPassword": "SecurePass123"}, keep=REST_TOKENS,
         claims={"access": {"sub": None, "email": "john@example.com", "name": "John Doe", "iat": None, "exp": None}}, lives=3600),
    Call("POST", "/api/auth/register", 409, rest_error(409, "Email already exists"), json=JOHN),
    Call("POST", "/api/auth/register", 400, rest_error(400, "Validation failed", name="is required", email="is required",
                                                       password="is required"), json={}),
    Call("POST", "/api/auth/register", 400, rest_error(400, "Validation failed", confirmPassword="must equal the password"),
         json={**JOHN, "email": "jane@example.com", "confirmPassword": "SecurePass124"}),
    Call("POST", "/api/auth/login", 200, REST_SESSION, json={"email": "john@example.com", "password": "SecurePass123"},
         keep=REST_TOKENS, claims={"refresh": {"sub": None, "type": "refresh", "iat": None, "exp": None}}, lives=2592000),
    Call("POST", "/api/auth/login", 401, rest_error(401, "Invalid credentials"), headers={"WWW-Authenticate": None},
         json={"email": "john@example.com", "password": "WrongPass123"}),
    Call("POST", "/api/auth/login", 401, rest_error(401, "Invalid credentials"), json={"email": "john", "password": "doe"}),
    Call("POST", "/api/auth/refresh", 200, REST_SESSION, json={"refreshToken": "{refresh}"}, keep=REST_TOKENS),
    Call("POST", "/api/auth/refresh", 403, rest_error(403, "Invalid or expired refresh token"), json={"refreshToken": "x.y.z"}),
    Call("POST", "/api/auth/refresh", 400, rest_error(400, "Validation failed", refreshToken="is required"), json={}),
    Call("GET", "/api/auth/me", 200, {"user": REST_USER}, send=BEARER),
    Call("GET", "/api/auth/me", 401, rest_error(401, "No access token provided"), headers={"WWW-Authenticate": "Bearer"}),
    Call("GET", "/api/auth/me", 401, rest_error(401, "Invalid or expired access token"), send={"Authorization": "Bearer x.y.z"},
         headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}),
    Call("GET", "/api/auth/nothing", 404, rest_error(404, "Not found"), send=BEARER),
    Call("DELETE", "/api/auth/login", 405, rest_error(405, "Method not allowed"), headers={"Allow": ".*POST.*"}),
    Call("POST", "/api/auth/login", 415, rest_error(415, "The body must be application/json"), data="hello",
         send={"Content-Type": "text/plain"}),
    Call("POST", "/api/auth/logout", 200, {"message": "Logged out successfully"}, send=BEARER),  # as the known client does
    Call("GET", "/api/auth/me", 401, rest_error(401, "Invalid or expired access token"), send=BEARER),
    Call("POST", "/api/auth/refresh", 403, rest_error(403, "Invalid or expired refresh token"), json={"refreshToken": "{refresh}"}),
    Call("POST", "/api/auth/login", 200, REST_SESSION, json={"email": "john@example.com", "password": "SecurePass123"},
         keep=REST_TOKENS),
    Call("POST", "/api/auth/logout", 200, {"message": "Logged out successfully"}, json={"refreshToken": "{refresh}"}),
    Call("POST", "/api/auth/logout", 403, rest_error(403, "Invalid or expired refresh token"), json={"refreshToken": "{refresh}"}),
]


def test_rest(nginx):
    replay(nginx("location /api/auth/ { gatehouse_api %REALM% rest; }", realm=PLAIN), REST, {})


# ---- jsonapi ----

def envelope(kind="users", **attributes):
    return {"data": {"type": kind, "attributes": attributes}}


def schema(message, code="FST_ERR_VALIDATION"):
    return {"statusCode": 400, "code": code, "error": "Bad Request", "message": message}


def json_error(status, message):
    return {"statusCode": status, "message": message}


def authy(kind="users", **more):
    return {"data": {"type": kind, "id": "ID", "attributes": {
        "name": "Authy Person", "email": "hello@authcompanion.com", "created": "TIME", **more, "access_token": "TOKEN",
        "access_token_expiry": "SECONDS"}}}


PERSON = {"name": "Authy Person", "email": "hello@authcompanion.com", "password": "mysecretpass"}
JSONAPI_TOKENS = {"access": "data.attributes.access_token", "refresh": "cookie refreshToken"}
JSONAPI_COOKIES = {"refreshToken": JWT + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=(604800|604799)",
                   "Fgp": "[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"}
JSONAPI_CLEARED = {"refreshToken": "; Path=/; .*" + CLEARED, "Fgp": "; Path=/; .*" + CLEARED}
ORIGIN = {"x-authc-app-origin": r"http://127\.0\.0\.1:\d+"}
REFRESH_COOKIE = {"Cookie": "refreshToken={refresh}"}

JSONAPI = [
    Call("POST", "/v1/auth/register", 201, authy(), json=envelope(**PERSON), cookies=JSONAPI_COOKIES, headers=ORIGIN,
         keep=JSONAPI_TOKENS, claims={"access": {"userid": None, "sub": None, "name": "Authy Person", "scope": "user",
                                                 "email": "hello@authcompanion.com"}}, lives=3600),
    Call("POST", "/v1/auth/register", 400, json_error(400, "Registration Failed"), json=envelope(**PERSON)),
    Call("POST", "/v1/auth/register", 400, schema("body/data/attributes must have required property 'name'"),
         json=envelope(email="x@authcompanion.com", password="mysecretpass")),
    Call("POST", "/v1/auth/register", 400, json_error(400, "Invalid Type Attribute"), json=envelope(kind="user", **PERSON)),
    Call("POST", "/v1/auth/login", 200, authy(), json=envelope(email="hello@authcompanion.com", password="mysecretpass"),
         cookies=JSONAPI_COOKIES, headers=ORIGIN, keep=JSONAPI_TOKENS),
    Call("POST", "/v1/auth/login", 400, json_error(400, "Login Failed"), cookies={},
         json=envelope(email="hello@authcompanion.com", password="mysecretpas")),
    Call("POST", "/v1/auth/login", 415, {"statusCode": 415, "code": "FST_ERR_CTP_INVALID_MEDIA_TYPE", "error":
                                         "Unsupported Media Type", "message": "Unsupported Media Type: text/plain"},
         data="hello", send={"Content-Type": "text/plain"}),
    Call("POST", "/v1/auth/users/me", 200, authy(updated="TIME"), json=envelope(), send=BEARER),  # no attribute at all
    Call("POST", "/v1/auth/users/me", 200, authy(updated="TIME"), json=envelope(metadata={"key": "value"}), send=BEARER,
         keep={"access": "data.attributes.access_token"}, claims={"access": {"metadata": {"key": "value"}}}),
    Call("POST", "/v1/auth/users/me", 401, json_error("401", "Unauthorized"), json=envelope(name="x"),
         headers={"WWW-Authenticate": "Bearer"}),
    Call("POST", "/v1/auth/recovery", 200, {"data": {"type": "users", "detail": "Recovery email sent"}},
         json={"email": "nobody@authcompanion.com"}),
    Call("POST", "/v1/auth/recovery", 200, {"data": {"type": "users", "detail": "Recovery email sent"}},
         json={"email": "{email}"}, mail="/v1/web/profile"),
    Call("POST", "/v1/auth/refresh", 200, authy(kind="Refresh"), json={}, send=REFRESH_COOKIE, cookies=JSONAPI_COOKIES,
         keep=JSONAPI_TOKENS),
    Call("POST", "/v1/auth/refresh", 200, authy(kind="Refresh"), json={}, send={"Cookie": "userRefreshToken={refresh}"},
         cookies=JSONAPI_COOKIES, keep=JSONAPI_TOKENS),
    Call("POST", "/v1/auth/refresh", 400, json_error(400, "Refresh Token Failed"), json={}),
    Call("POST", "/v1/auth/refresh", 400, json_error(400, "Refresh Token Failed"), json={}, send={"Cookie": "refreshToken=garbage"}),
    Call("DELETE", "/v1/auth/refresh", 204, send=REFRESH_COOKIE, cookies=JSONAPI_CLEARED),
    Call("DELETE", "/v1/auth/refresh", 400, json_error(400, "Refresh Token Failed"), send=REFRESH_COOKIE),
    Call("GET", "/v1/auth/nothing?x=y", 404, {"message": "Route GET:/v1/auth/nothing not found", "error": "Not Found",
                                              "statusCode": 404}),
    Call("GET", "/v1/admin/users", 401, json_error("401", "Unauthorized")),
    Call("POST", "/v1/admin/login", 400, json_error(400, "Login Failed"), json=envelope(email="{email}", password="mysecretpass")),
    Call("POST", "/v1/web/profile", 200, {"data": {"type": "users", "detail": "Password changed"}},
         json={"token": "{link}", "password": "anothersecretpass"}),
    Call("POST", "/v1/web/profile", 400, json_error(400, "This link does not work, or has been used already"),
         json={"token": "{link}", "password": "anothersecretpass"}),
]


def test_jsonapi(nginx, smtp):
    """Issue 10.19"""
    realm = mail_settings(smtp, verify_email="off", **PLAIN)
    replay(nginx("location /v1/ { gatehouse_api %REALM% jsonapi; }", realm=realm), JSONAPI, {"email": PERSON["email"]}, smtp)


# ---- csrf ----

def csrf_error(status, phrase, message):
    return {"message": message, "error": phrase, "statusCode": status}


CSRF_USER = {"id": "ID", "email": "john@example.com", "username": "john"}
CSRF_BODY = {"email": "john@example.com", "username": "john", "password": "SecurePass123"}
CSRF_COOKIE = "[0-9a-f]{128}%7C[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict"
FORBIDDEN = {"message": "Invalid or missing CSRF token."}
WITH = {"x-csrf-token": "{csrf}", "Cookie": "double-csrf-secret={secret}"}
COUNTED = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": r"\d", "X-RateLimit-Reset": r"\d+"}

CSRF = [
    Call("GET", "/csrf-token", 200, {"csrfToken": "CSRF"}, cookies={"double-csrf-secret": CSRF_COOKIE},
         keep={"csrf": "csrfToken", "secret": "cookie double-csrf-secret"}),
    Call("GET", "/csrf-token", 200, '{"csrfToken":"{csrf}"}', send={"Cookie": "double-csrf-secret={secret}"},
         cookies={"double-csrf-secret": CSRF_COOKIE}),  # the same token
    Call("GET", "/csrf-token", 403, FORBIDDEN, send={"Cookie": "double-csrf-secret={csrf}%7C00"},
         cookies={"double-csrf-secret": ".*" + CLEARED}),
    Call("POST", "/auth/register", 403, FORBIDDEN, json=CSRF_BODY),
    Call("POST", "/auth/register", 403, FORBIDDEN, json=CSRF_BODY, send={"x-csrf-token": "{csrf}"}),
    Call("POST", "/auth/register", 201, {**CSRF_USER, "createdAt": "TIME"}, json=CSRF_BODY, send=WITH, headers=COUNTED),
    Call("POST", "/auth/register", 409, csrf_error(409, "Conflict", "User already exists"), json=CSRF_BODY, send=WITH),
    Call("POST", "/auth/register", 409, csrf_error(409, "Conflict", "User already exists"),
         json={**CSRF_BODY, "email": "other@example.com"}, send=WITH),
    Call("POST", "/auth/register", 400, csrf_error(400, "Bad Request", "email is required, username is required, password is required"),
         json={}, send=WITH),
    Call("POST", "/auth/login", 401, csrf_error(401, "Unauthorized", "Invalid credentials"), send=WITH,
         json={"email": "john@example.com", "password": "WrongPass123"}),
    Call("POST", "/auth/login", 201, {"accessToken": "TOKEN", "refreshToken": "ID", "user": CSRF_USER},
         data={"email": "john@example.com", "password": "SecurePass123", "x-csrf-token": "{csrf}"},
         send={"Cookie": "double-csrf-secret={secret}"}, keep={"access": "accessToken", "refresh": "refreshToken"},
         claims={"access": {"sub": None, "email": "john@example.com", "iat": None, "exp": None}}, lives=3600),
    Call("POST", "/auth/login", 409, csrf_error(409, "Conflict", "User already logged in"), send=WITH,
         json={"email": "john@example.com", "password": "SecurePass123"}),
    Call("POST", "/auth/refresh", 201, {"accessToken": "TOKEN"}, json={"refreshToken": "{refresh}"}, send=WITH),
    Call("POST", "/auth/refresh", 201, {"accessToken": "TOKEN"}, json={"refreshToken": "{refresh}"}, send=WITH),  # the same one
    Call("POST", "/auth/refresh", 401, csrf_error(401, "Unauthorized", "Invalid/expired token"), send=WITH,
         json={"refreshToken": NOBODY}),
    Call("POST", "/auth/logout", 400, csrf_error(400, "Bad Request", "Invalid/expired token"), send=WITH,
         json={"refreshToken": NOBODY}),
    Call("POST", "/auth/logout", 200, {"message": "Logged out successfully"}, json={"refreshToken": "{refresh}"}, send=WITH),
    Call("POST", "/auth/refresh", 401, csrf_error(401, "Unauthorized", "Invalid/expired token"), send=WITH,
         json={"refreshToken": "{refresh}"}),
    Call("POST", "/auth/login", 201, {"accessToken": "TOKEN", "refreshToken": "ID", "user": CSRF_USER}, send=WITH,
         json={"email": "john@example.com", "password": "SecurePass123"}),
    Call("GET", "/auth/nothing", 404, csrf_error(404, "Not Found", "Cannot GET /auth/nothing")),
]
THROTTLED = Call("POST", "/auth/logout", 429, csrf_error(429, "Too Many Requests", "ThrottlerException: Too Many Requests"),
                 json={"refreshToken": NOBODY}, send=WITH,
                 headers={"Retry-After": r"\d+", **COUNTED, "X-RateLimit-Remaining": "0"})
UNKNOWN = Call("POST", "/auth/logout", 400, csrf_error(400, "Bad Request", "Invalid/expired token"), send=WITH,
               json={"refreshToken": NOBODY}, headers=COUNTED)


def test_csrf(nginx):
    """Issue 10.20: the refresh token is a UUID."""
    server = nginx("location /auth/ { gatehouse_api %REALM% csrf mount=/; }"
                   "location = /csrf-token { gatehouse_api %REALM% csrf mount=/; }", realm=PLAIN)
    kept = {}
    replay(server, CSRF, kept)
    replay(server, [UNKNOWN] * 8 + [THROTTLED], kept)  # two logouts were counted before


# ---- form ----

def code(status, message):
    return {"code": status, "message": message}


FORM_COOKIES = {"uuid": "[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax; Max-Age=(2592000|2591999)",
                "gatehouse": JWT + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=(900|899)"}
FORM_CLEARED = {"uuid": "; Path=/; HttpOnly; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                "gatehouse": "; Path=/; .*" + CLEARED}
LINK = "Password reset link sent to your email"
BROWSER = {"Accept": "text/html"}

FORM = [
    Call("GET", "/auth/login", 200, ..., kind="text/html; charset=utf-8"),
    Call("GET", "/auth/signup", 200, ..., kind="text/html; charset=utf-8"),
    Call("POST", "/auth/login", 401, "Invalid email or password", kind=TEXT, form={"email": "john", "password": "doe"}),
    Call("POST", "/auth/signup", 400, "email has no @, password must have at least 8 characters", kind=TEXT,
         form={"name": "john", "email": "john", "password": "doe"}),
    Call("POST", "/auth/signup", 200, "Signup successful", kind=TEXT, form=JOHN, cookies=FORM_COOKIES),
    Call("POST", "/auth/signup", 400, "A user with this email already exists", kind=TEXT, form=JOHN),
    Call("POST", "/auth/login", 200, "Login successful", kind=TEXT, cookies=FORM_COOKIES, keep={"uuid": "cookie uuid"},
         form={"email": "john@example.com", "password": "SecurePass123"}),
    Call("POST", "/auth/login", 200, "Login successful", kind=TEXT, cookies=FORM_COOKIES,
         data={"email": "john@example.com", "password": "SecurePass123"}, send={"Cookie": "uuid=" + 32 * "0"}),  # a stale one
    Call("POST", "/auth/login", 400, "email is required, password is required", kind=TEXT, send={"Cookie": "uuid={uuid}"}),
    Call("GET", "/", 200, ..., send={"Cookie": "uuid={uuid}"}, cookies={"gatehouse": FORM_COOKIES["gatehouse"]}),
    Call("POST", "/auth/logout", 200, "Logout successful", kind=TEXT, send={"Cookie": "uuid={uuid}"}, json={"any": "thing"},
         cookies=FORM_CLEARED),
    Call("POST", "/auth/logout", 404, code(404, "User not found"), send={"Cookie": "uuid={uuid}"}),
    Call("POST", "/auth/logout", 404, code(404, "User not found")),
    Call("POST", "/auth/forgot-password", 200, code(200, LINK), form={"email": "nobody"}),
    Call("POST", "/auth/forgot-password", 200, code(200, LINK), form={"email": "{email}"}, mail="/auth/reset-password"),
    Call("POST", "/auth/forgot-password", 400, "email is required", kind=TEXT, form={"other": "x"}),
    Call("GET", "/auth/reset-password?uuid=" + 32 * "0" + "&password=Another-Passw0rd", 404, code(404, "User not found")),
    Call("GET", "/auth/reset-password", 400, "uuid is required", kind=TEXT),
    Call("GET", "/auth/reset-password?uuid={link}", 200, ..., kind="text/html; charset=utf-8", send=BROWSER),
    Call("GET", "/auth/reset-password", 200, code(200, "Password reset successful"),
         form={"uuid": "{link}", "password": "Another-Passw0rd"}),
    Call("GET", "/auth/reset-password?uuid={link}&password=Another-Passw0rd", 404, code(404, "User not found")),
    Call("POST", "/auth/login", 303, "", send={**BROWSER, "Sec-Fetch-Site": "same-origin"}, cookies=FORM_COOKIES,
         data={"email": "john@example.com", "password": "Another-Passw0rd"}, headers={"Location": "/"}),
]


def test_form(nginx, smtp):
    """Issue 10.20"""
    realm = mail_settings(smtp, verify_email="off", **PLAIN)
    server = nginx("location /auth/ { gatehouse_api %REALM% form mount=/; }" + GUARDED, realm=realm)
    replay(server, FORM, {"email": "john@example.com"}, smtp)


# ---- bff ----

def success(data=None):
    return {"status": "success"} if data is None else {"status": "success", "data": data}


def fail(status, message):
    return {"status": "fail", "error": {"message": message, "statusCode": status, "statusMessage": message}}


def hard(status, message, url):
    return {"url": url, "statusCode": status, "statusMessage": message, "message": message, "stack": ""}


IAM = "/api/iam/"
APP = {"client-platform": "app"}
IN = {**APP, "iam-access-token": "Bearer {access}", "iam-refresh-token": "Bearer {refresh}", "iam-sid": "{sid}"}
PLATFORM = "Required header 'client-platform' must be 'app', 'browser', or 'browser-dev' only"
JANE = {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "password": "SecurePass123"}
IAM_TOKENS = {"access": "header iam-access-token", "refresh": "header iam-refresh-token", "sid": "header iam-sid"}
IAM_HEADERS = {"iam-access-token": "Bearer " + JWT, "iam-refresh-token": "Bearer " + JWT, "iam-sid": UUID}
IAM_USER = {"id": "ID", "uuid": "ID", "email": "jane@example.com", "password": "[hidden]", "avatar": None, "permissions": None,
            "first_name": "Jane", "last_name": "Doe", "role": "GENERAL", "email_verified": False, "is_active": True,
            "last_login": "TIME", "created_at": "TIME", "deleted_at": None, "updated_at": "TIME"}
IAM_LOGIN = {"email": "jane@example.com", "password": "SecurePass123"}


def iam_cookies(attributes, refresh):
    return {"iam-access-token": "Bearer%20" + JWT + "; Path=/" + attributes + "; SameSite=Lax; Max-Age=(900|899)",
            "iam-refresh-token": "Bearer%20" + JWT + "; Path=/" + attributes + "; SameSite=Lax; Max-Age=" + refresh,
            "iam-sid": UUID + "; Path=/; SameSite=Lax; Max-Age=" + refresh}


IAM_CLEARED = {name: "; Path=/; .*" + CLEARED for name in ("iam-access-token", "iam-refresh-token", "iam-sid")}

BFF = [
    Call("POST", IAM + "authn/login", 400, hard(400, PLATFORM, "/api/iam/authn/login"), json=IAM_LOGIN),
    Call("GET", IAM + "nothing", 400, hard(400, PLATFORM, "/api/iam/nothing"), send={"client-platform": "phone"}),
    Call("GET", IAM + "nothing", 404, hard(404, "Not found", "/api/iam/nothing"), send=APP),
    Call("PATCH", IAM + "authn/login", 405, hard(405, "Method not allowed", "/api/iam/authn/login"), send=APP),
    Call("POST", IAM + "authn/register", 200, fail(400, "'first_name' is required"), send=APP, json={**JANE, "first_name": ""}),
    Call("POST", IAM + "authn/register", 200, fail(400, "Bad email format"), send=APP, json={**JANE, "email": "jane"}),
    Call("POST", IAM + "authn/register", 200, ..., send=APP, json={**JANE, "password": "short"}),
    Call("POST", IAM + "authn/register", 200, success({"email": "jane@example.com"}), send=APP, json=JANE,
         headers={"iam-access-token": None}),
    Call("POST", IAM + "authn/register", 200, fail(409, "Email already exists"), send=APP, json=JANE),
    Call("POST", IAM + "authn/login", 200, fail(401, "Invalid login"), send=APP, json={**IAM_LOGIN, "password": "WrongPass123"}),
    Call("POST", IAM + "authn/login", 200, fail(401, "Invalid login"), send={"client-platform": "browser"},
         json={**IAM_LOGIN, "password": "WrongPass123"}, cookies=IAM_CLEARED),
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send={"client-platform": "browser"},
         json=IAM_LOGIN, cookies={**iam_cookies("; HttpOnly", "(1209600|1209599)")}, headers={"iam-access-token": None}),
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send={"client-platform": "browser-dev"},
         json=IAM_LOGIN, cookies=iam_cookies("", "86400")),
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send=APP, json=IAM_LOGIN, headers=IAM_HEADERS,
         keep=IAM_TOKENS, claims={"access": {"uuid": None, "email": "jane@example.com", "iat": None, "exp": None, "iss": None,
                                             "jti": None}}, lives=900),
    Call("POST", IAM + "authn/login-google", 200, fail(401, "Google Login Error"), send=APP, json={"token": "x"}),
    Call("GET", IAM + "authn/isauthenticated", 200, success(), send=IN),
    Call("GET", IAM + "authn/isauthenticated", 200, fail(400, "No access token provided"), send=APP),
    Call("GET", IAM + "authn/isauthenticated", 200, {"status": "fail"}, send={**APP, "iam-access-token": "Bearer x.y.z"}),
    Call("GET", IAM + "authn/profile", 200, ..., send=IN, keep={"csrf": "data.csrf_token", "uuid": "data.uuid"}),
    Call("GET", IAM + "authn/profile/", 200, ..., send=IN),
    Call("GET", IAM + "authn/profile", 200, fail(401, "Unauthorized"), send=APP),
    Call("PUT", IAM + "authn/update", 200, fail(403, "Missing or invalid csrf token"), send=IN,
         json={"uuid": "{uuid}", "first_name": "Janet"}),
    Call("PUT", IAM + "authn/update", 200, fail(400, "User uuid not provided"), send=IN,
         json={"csrf_token": "{csrf}", "first_name": "Janet"}),
    Call("PUT", IAM + "authn/update", 200, fail(400, "No updatable properties supplied"), send=IN,
         json={"uuid": "{uuid}", "csrf_token": "{csrf}"}),
    Call("PUT", IAM + "authn/update", 200, fail(400, "Both current_password and new_password must be supplied"), send=IN,
         json={"uuid": "{uuid}", "csrf_token": "{csrf}", "new_password": "Another-Passw0rd"}),
    Call("PUT", IAM + "authn/update", 200, fail(400, "Wrong current password"), send=IN,
         json={"uuid": "{uuid}", "csrf_token": "{csrf}", "current_password": "WrongPass123", "new_password": "Another-Passw0rd"}),
    Call("PUT", IAM + "authn/update", 200, success({**IAM_USER, "first_name": "Janet"}), send=IN,
         json={"uuid": "{uuid}", "csrf_token": "{csrf}", "first_name": "Janet"}),
    Call("POST", IAM + "authn/refresh", 200, success(), send=IN, headers=IAM_HEADERS, keep=IAM_TOKENS),
    Call("POST", IAM + "authn/refresh", 200, fail(400, "No refresh token provided"), send=APP),
    Call("POST", IAM + "authn/refresh", 200, fail(401, "Unauthorized"), send={**APP, "iam-refresh-token": "{refresh}"}),
    Call("POST", IAM + "authn/refresh", 200, fail(403, "Forbidden"), send={**APP, "iam-refresh-token": "Bearer x.y.z"}),
    Call("GET", IAM + "users", 403, hard(403, "Forbidden", "/api/iam/users"), send=IN),
    Call("GET", IAM + "refresh-tokens", 403, hard(403, "Forbidden", "/api/iam/refresh-tokens"), send=IN),
    Call("POST", IAM + "users", 422, ..., send=IN, json={}),
    Call("PUT", IAM + "users/{uuid}", 403, ..., send=IN, json={"first_name": "Jane"}),
    Call("GET", IAM + "users/{uuid}", 200, success({**IAM_USER, "first_name": "Janet"}), send=IN),
    Call("GET", IAM + "users/{uuid}/permission/can-access-admin", 200,
         fail(401, "User: ID does NOT have permission: can-access-admin"), send=IN),
    Call("POST", IAM + "authn/verifyreset", 200, fail(401, "Unauthorized"), send=APP, json={}),
    Call("POST", IAM + "authn/verifyemailtoken", 200, fail(500, "Server error"), send=APP, json={"token": "x"}),
    Call("POST", IAM + "authn/reset", 200, success(), send=APP, json={"email": "nobody@example.com"}),
    Call("DELETE", IAM + "authn/delete", 200, fail(403, "Missing or invalid csrf token"), send=APP, json={"uuid": "{uuid}"}),
    Call("POST", IAM + "authn/logout", 200, success(), send=IN),
    Call("POST", IAM + "authn/logout", 200, success(), send=APP),
    Call("POST", IAM + "authn/logout", 200, success(), send={"client-platform": "browser"}, cookies=IAM_CLEARED),
    Call("GET", IAM + "authn/isauthenticated", 200, {"status": "fail"}, send=IN),
    Call("POST", IAM + "authn/reset", 200, success(), send=APP, json={"email": "{email}"}, mail="/iam/verify"),
    Call("POST", IAM + "authn/verifyreset", 200, ..., send=APP, json={"token": "{link}"}, keep={"pass": "data.pass"}),
    Call("POST", IAM + "authn/verifyreset", 200, fail(500, "Server error"), send=APP, json={"token": "{link}"}),
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send=APP, headers=IAM_HEADERS, keep=IAM_TOKENS,
         json={"email": "{email}", "password": "{pass}"}),
    Call("GET", IAM + "authn/profile", 200, ..., send=IN, keep={"csrf": "data.csrf_token"}),
    Call("DELETE", IAM + "authn/delete", 200, success(), send=IN, json={"uuid": "{uuid}", "csrf_token": "{csrf}"}),
    Call("POST", IAM + "authn/login", 200, fail(401, "Invalid login"), send=APP, json=IAM_LOGIN),
]


def test_bff(nginx, smtp):
    """Issue 10.18: the csrf_token is 64 hexadecimal digits, too."""
    realm = mail_settings(smtp, verify_email="off", **PLAIN)
    kept = {"email": "jane@example.com"}
    replay(nginx("location /api/iam/ { gatehouse_api %REALM% bff; }", realm=realm), BFF, kept, smtp)
    assert re.fullmatch("[0-9a-f]{64}", kept["csrf"])


ADMIN_LISTS = [
    Call("POST", IAM + "authn/register", 200, success({"email": "jane@example.com"}), send=APP, json=JANE),
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send=APP, json=IAM_LOGIN),
]
ADMIN_USER = {**IAM_USER, "permissions": "canAccessAdmin", "role": "SUPER_ADMIN"}
ADMIN = [
    Call("POST", IAM + "authn/login", 200, success({"email": "jane@example.com"}), send=APP, json=IAM_LOGIN, keep=IAM_TOKENS),
    Call("GET", IAM + "users?skip=0&take=10", 200, ..., send=IN, keep={"csrf": "data.csrf_token"}),
    Call("GET", IAM + "users/?skip=1", 200, ..., send=IN),
    Call("GET", IAM + "authn/profile", 200, ..., send=IN, keep={"uuid": "data.uuid", "permissions": "data.permissions"}),
    Call("GET", IAM + "users/{uuid}/permission/can-access-admin", 200,
         success("User: ID has permission: can-access-admin"), send=IN),
    Call("GET", IAM + "users/{uuid}", 200, success(ADMIN_USER), send=IN),
    Call("GET", IAM + "users/" + NOBODY, 404, hard(404, "Not found", IAM + "users/ID"), send=IN),
    Call("PUT", IAM + "users/{uuid}", 403, hard(403, "Missing or invalid csrf token", IAM + "users/ID"), send=IN,
         json={"first_name": "Janet"}),
    Call("DELETE", IAM + "users/{uuid}", 403, hard(403, "Missing or invalid csrf token", IAM + "users/ID"), send=IN, json={}),
    Call("DELETE", IAM + "refresh-tokens", 403, hard(403, "Missing or invalid csrf token", IAM + "refresh-tokens"), send=IN, json={}),
    Call("PUT", IAM + "users/{uuid}", 200, success({**ADMIN_USER, "first_name": "Janet"}), send=IN,
         json={"csrf_token": "{csrf}", "first_name": "Janet"}),
    Call("GET", IAM + "refresh-tokens/", 200, ..., send=IN),
    Call("DELETE", IAM + "refresh-tokens/", 200, success(), send=IN, json={"csrf_token": "{csrf}"}),
    Call("GET", IAM + "users", 403, hard(403, "Forbidden", IAM + "users"), send=IN),
]


def test_bff_administration(nginx, postgres):
    """Issue 10.18"""
    server = nginx("location /api/iam/ { gatehouse_api %REALM% bff; }", realm=PLAIN)
    replay(server, ADMIN_LISTS, {})
    postgres.query("select gatehouse.set_roles(%s, 'jane@example.com', '{admin}')", server.realm)
    kept = {}
    replay(server, ADMIN, kept)
    assert kept["permissions"] == "canAccessAdmin"
