"""The `bff` contract: apps and browsers, failures that are HTTP 200, and the administration."""

import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import GUARDED, Account, bearer, claims
from browser import set_cookies
from mailing import Mailing, links_in

BFF = "location /api/iam/ { gatehouse_api %REALM% bff; }" + GUARDED
PASSWORD = "SecurePass123"
NEW = "Another-Passw0rd"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLATFORM_ERROR = "Required header 'client-platform' must be 'app', 'browser', or 'browser-dev' only"
PHRASES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
           405: "Method Not Allowed", 415: "Unsupported Media Type", 422: "Unprocessable Entity", 500: "Internal Server Error",
           503: "Service Unavailable"}


@pytest.fixture
def server(nginx):
    return nginx(BFF)


class Client:
    """An app: it keeps what the headers bring and sends it back."""

    def __init__(self, server, **fields):
        self.server = server
        self.person = {"first_name": "John", "last_name": "Doe", "email": f"john.{secrets.token_hex(5)}@example.com",
                       "password": PASSWORD, **fields}
        self.tokens = {}

    def call(self, method, route, platform="app", keep=True, tokens=None, **options):
        headers = {**(self.tokens if tokens is None else tokens), **options.pop("headers", {})}
        if platform:
            headers["client-platform"] = platform
        answer = self.server.request(method, f"/api/iam/{route}", headers=headers, **options)
        if keep and "iam-access-token" in answer.headers:
            self.tokens = {name: answer.headers[name] for name in ("iam-access-token", "iam-refresh-token", "iam-sid")}
        return answer

    def register(self):
        return self.call("POST", "authn/register", json=self.person)

    def login(self, **fields):
        return self.call("POST", "authn/login", tokens={},
                         json={"email": self.person["email"], "password": self.person["password"], **fields})

    def profile(self):
        return self.call("GET", "authn/profile").json()["data"]

    def with_csrf(self, **fields):
        data = self.profile()
        return {"uuid": data["uuid"], "csrf_token": data["csrf_token"], **fields}

    @property
    def access(self):
        return self.tokens["iam-access-token"].removeprefix("Bearer ")


@pytest.fixture
def client(server):
    made = Client(server)
    assert_success(made.register(), {"email": made.person["email"]})
    assert_success(made.login(), {"email": made.person["email"]})
    return made


def another(server):
    made = Client(server)
    made.register()
    made.login()
    return made


def make_admin(client, postgres):
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin,staff}')", client.server.realm, client.person["email"])
    client.login()
    return client


def assert_success(answer, data=None):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == (["status"] if data is None else ["status", "data"]), body
    assert body["status"] == "success"
    if data is not None:
        assert body["data"] == data


def assert_failure(answer, code, message):
    """A handler's failure: HTTP 200, to the byte."""
    assert (answer.status_code, answer.text) == (200, '{"status":"fail","error":{"message":"%s","statusCode":%d,'
                                                      '"statusMessage":"%s"}}' % (message, code, PHRASES[code]))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def assert_hard(answer, code, message, url):
    assert (answer.status_code, answer.text) == (code, '{"url":"%s","statusCode":%d,"statusMessage":"%s","message":"%s",'
                                                       '"stack":""}' % (url, code, PHRASES[code], message))


# ---- client-platform ----

@pytest.mark.parametrize("platform", [None, "", "App", "desktop", "browser-dev", "app, browser"])
def test_every_request_says_its_platform(server, platform):
    message = "client-platform 'browser-dev' is for development only: cookie_secure is on" if platform == "browser-dev" \
        else PLATFORM_ERROR
    for method, route in (("POST", "authn/login"), ("GET", "authn/profile"), ("GET", "users"), ("POST", "authn/logout")):
        assert_hard(Client(server).call(method, route, platform, json={}), 400, message, f"/api/iam/{route}")


def test_unknown_routes_and_methods(client):
    assert_hard(client.call("GET", "nothing?x=1"), 404, "Not found", "/api/iam/nothing?x=1")
    answer = client.call("PATCH", "authn/profile")
    assert_hard(answer, 405, "Method not allowed", "/api/iam/authn/profile")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert_hard(client.call("POST", "users", json={}), 422, "Users register themselves at authn/register", "/api/iam/users")


# ---- register and login ----

def test_register_brings_no_tokens(server):
    client = Client(server)
    answer = client.register()
    assert answer.text == '{"status":"success","data":{"email":"%s"}}' % client.person["email"]
    assert set_cookies(answer) == [] and not client.tokens
    assert_failure(client.register(), 409, "Email already exists")


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "password"])
def test_register_needs_every_field(server, field):
    client = Client(server)
    del client.person[field]
    assert_failure(client.register(), 400, f"'{field}' is required")


@pytest.mark.parametrize("fields, code, message", [
    ({"email": "john"}, 400, "Bad email format"),
    ({"password": "short"}, 400, "Poor password strength. The password must have at least 8 characters"),
    ({"first_name": "a\x07"}, 400, "The name must be plain text without control characters"),
    ({"first_name": 1}, 400, "'first_name' must be a string")])
def test_register_checks(server, fields, code, message):
    assert_failure(Client(server, **fields).register(), code, message)


def test_registration_may_be_closed(nginx):
    assert_failure(Client(nginx(BFF, realm={"registration": "closed"})).register(), 403, "Registration is closed")


def test_login_of_an_app(client):
    assert set(client.tokens) == {"iam-access-token", "iam-refresh-token", "iam-sid"}
    access, refresh = (client.tokens[f"iam-{kind}-token"] for kind in ("access", "refresh"))
    assert access.startswith("Bearer ") and refresh.startswith("Bearer ")
    said = claims(client.access)
    assert said["uuid"] == said["sub"] and said["email"] == client.person["email"]
    assert said["exp"] - said["iat"] == 900 and said["iss"] == client.server.url and UUID.fullmatch(said["jti"])
    assert claims(refresh.removeprefix("Bearer "))["exp"] - said["iat"] == 14 * 24 * 3600
    assert client.tokens["iam-sid"] == said["sid"]
    assert set_cookies(client.login()) == []


def test_the_sid_opens_nothing(client):
    sid = {"iam-sid": client.tokens["iam-sid"]}
    assert_failure(client.call("GET", "authn/profile", tokens=sid), 401, "Unauthorized")


def test_a_wrong_login(client):
    assert_failure(client.login(password="wrong one"), 401, "Invalid login")
    assert_failure(client.login(email="john"), 401, "Invalid login")
    answer = client.call("POST", "authn/login", "browser", json={"email": "john", "password": "x"})
    assert_failure(answer, 401, "Invalid login")
    assert set_cookies(answer) == [
        "iam-access-token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        "iam-refresh-token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        "iam-sid=; Path=/; Max-Age=0; Secure; SameSite=Lax"]


def test_bodies_are_json(client):
    assert_failure(client.call("POST", "authn/login", data={"email": "a", "password": "b"}), 415,
                   "The body must be application/json")
    answer = client.call("POST", "authn/login", data="{", headers={"Content-Type": "application/json"})
    assert answer.json()["error"]["statusCode"] == 400


# ---- cookies ----

def cookie_values(answer):
    return {each.split("=", 1)[0]: each.split("=", 1)[1].split(";")[0] for each in set_cookies(answer)}


def near(text, seconds):
    found = int(re.search(r"Max-Age=(\d+)", text)[1])
    return seconds - 5 <= found <= seconds


@pytest.mark.parametrize("platform, secure, attributes, longest", [
    ("browser", "on", "; HttpOnly; Secure; SameSite=Lax", 14 * 24 * 3600),
    ("browser", "off", "; HttpOnly; SameSite=Lax", 14 * 24 * 3600),
    ("browser-dev", "off", "; SameSite=Lax", 24 * 3600)])
def test_login_of_a_browser(nginx, platform, secure, attributes, longest):
    client = Client(nginx(BFF, realm={"cookie_secure": secure}))
    client.register()
    answer = client.call("POST", "authn/login", platform,
                         json={"email": client.person["email"], "password": PASSWORD})
    assert_success(answer, {"email": client.person["email"]})
    assert "iam-access-token" not in answer.headers
    access, refresh, sid = set_cookies(answer)
    assert re.fullmatch(r"iam-access-token=Bearer%20[\w.-]+; Path=/; Max-Age=\d+" + re.escape(attributes), access)
    assert re.fullmatch(r"iam-refresh-token=Bearer%20[\w.-]+; Path=/; Max-Age=\d+" + re.escape(attributes), refresh)
    assert re.fullmatch(r"iam-sid=[0-9a-f-]{36}; Path=/; Max-Age=\d+" + re.escape(attributes.replace("; HttpOnly", "")), sid)
    assert near(access, 900) and near(refresh, longest) and near(sid, longest)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookie_values(answer).items())}
    assert_success(client.call("GET", "authn/isauthenticated", platform, headers=cookies))
    assert_failure(client.call("GET", "authn/isauthenticated", "app", headers=cookies), 400, "No access token provided")
    out = client.call("POST", "authn/logout", platform, headers=cookies)
    assert_success(out)
    assert len(set_cookies(out)) == 3 and all("=; Path=/; Max-Age=0" in each for each in set_cookies(out))
    assert client.call("GET", "authn/isauthenticated", platform, headers=cookies).text == '{"status":"fail"}'


def test_requirement_41_two_cookies_of_a_name(client):
    twice = {"Cookie": "iam-access-token=Bearer%20a; iam-access-token=Bearer%20b"}
    answer = client.call("GET", "authn/profile", "browser", tokens={}, headers=twice)
    assert answer.json()["error"]["statusCode"] == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_requirement_42_another_sites_page(client, headers):
    assert_hard(client.call("POST", "authn/logout", "browser", headers=headers), 403,
                "The request comes from another site", "/api/iam/authn/logout")


# ---- isauthenticated, profile, silent refresh ----

def test_isauthenticated(client):
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"success"}'
    assert_failure(client.call("GET", "authn/isauthenticated", tokens={}), 400, "No access token provided")
    for bad in ("Bearer x", "x", "Basic x"):
        answer = client.call("GET", "authn/isauthenticated", tokens={"iam-access-token": bad})
        assert (answer.status_code, answer.text) == (200, '{"status":"fail"}')


def test_profile(client):
    data = client.profile()
    assert list(data) == ["id", "uuid", "email", "password", "avatar", "permissions", "first_name", "last_name", "role",
                          "email_verified", "is_active", "last_login", "created_at", "deleted_at", "updated_at", "csrf_token"]
    assert data["id"] == data["uuid"] == claims(client.access)["sub"]
    assert (data["email"], data["password"]) == (client.person["email"], "[hidden]")
    assert (data["first_name"], data["last_name"], data["role"]) == ("John", "Doe", "GENERAL")
    assert (data["avatar"], data["permissions"], data["deleted_at"]) == (None, None, None)
    assert (data["email_verified"], data["is_active"]) == (False, True)
    assert all(TIME.fullmatch(data[name]) for name in ("last_login", "created_at", "updated_at"))
    assert data["csrf_token"] == client.profile()["csrf_token"]
    assert_failure(client.call("GET", "authn/profile", tokens={}), 401, "Unauthorized")
    assert_failure(client.call("GET", "authn/profile", tokens={"iam-access-token": "Bearer x"}), 401, "Unauthorized")


def test_the_role_is_the_views(client, postgres):
    for roles, shown in (("{staff}", "GENERAL"), ("{staff,admin}", "SUPER_ADMIN")):
        postgres.query("select gatehouse.set_roles(%s, %s, %s::text[])", client.server.realm, client.person["email"], roles)
        client.login()
        assert client.profile()["role"] == shown


def test_names_are_split_at_the_last_space(nginx):
    server = nginx("location /api/iam/ { gatehouse_api %REALM% bff; } location /auth/ { gatehouse_api %REALM% rest; }")
    for name, first, last in (("Ludwig van Beethoven", "Ludwig van", "Beethoven"), ("Plato", "Plato", "")):
        account = Account(server, name=name)
        client = Client(server, email=account.email, password=account.password)
        client.login()
        data = client.profile()
        assert (data["first_name"], data["last_name"]) == (first, last)


def test_a_deactivated_user(client, postgres):
    postgres.query("update gatehouse.users set disabled_at = now() where realm = %s", client.server.realm)
    message = "Forbidden. Account has been deactivated. Please contact your administrator."
    assert_failure(client.call("GET", "authn/profile"), 403, message)
    assert_failure(client.login(), 401, "Invalid login")


@pytest.mark.parametrize("method, route", [("GET", "authn/isauthenticated"), ("GET", "authn/profile"), ("PUT", "authn/update")])
def test_an_expired_access_token_is_renewed_by_itself(nginx, method, route):
    client = another(nginx(BFF, realm={"access_lifetime": "1s"}))
    before = dict(client.tokens)
    body = client.with_csrf(first_name="Jane") if method == "PUT" else None
    time.sleep(1.2)
    answer = client.call(method, route, **({"json": body} if body else {}))
    assert answer.json()["status"] == "success", answer.text
    assert client.tokens["iam-refresh-token"] != before["iam-refresh-token"]
    assert client.tokens["iam-sid"] == before["iam-sid"]


def test_only_a_refresh_token_is_enough_for_a_browser(client):
    cookies = {"Cookie": "iam-refresh-token=" + client.tokens["iam-refresh-token"].replace(" ", "%20")}
    answer = client.call("GET", "authn/profile", "browser", tokens={}, headers=cookies)
    assert answer.json()["data"]["email"] == client.person["email"]
    assert set(cookie_values(answer)) == {"iam-access-token", "iam-refresh-token", "iam-sid"}


# ---- update and delete ----

def test_update(client):
    first = client.call("PUT", "authn/update", json=client.with_csrf(first_name="Jane"))
    assert first.json()["data"]["first_name"] == "Jane" and first.json()["data"]["last_name"] == "Doe"
    assert "csrf_token" not in first.json()["data"]
    client.call("PUT", "authn/update", json=client.with_csrf(last_name="Roe"))
    data = client.profile()
    assert (data["first_name"], data["last_name"]) == ("Jane", "Roe")


def test_update_of_the_password_ends_the_other_sessions(client):
    other = Client(client.server, **client.person)
    other.login()
    assert_failure(client.call("PUT", "authn/update", json=client.with_csrf(current_password="wrong one", new_password=NEW)),
                   400, "Wrong current password")
    answer = client.call("PUT", "authn/update", json=client.with_csrf(current_password=PASSWORD, new_password=NEW))
    assert answer.json()["status"] == "success"
    assert client.call("GET", "authn/isauthenticated").json() == {"status": "success"}
    assert other.call("GET", "authn/isauthenticated").json() == {"status": "fail"}
    assert_failure(other.login(), 401, "Invalid login")


def test_what_an_update_lacks(client):
    full = client.with_csrf()
    for change, code, message in (
            ({"csrf_token": None}, 403, "Missing or invalid csrf token"), ({"csrf_token": "x"}, 403, "Missing or invalid csrf token"),
            ({"uuid": None}, 400, "User uuid not provided"), ({}, 400, "No updatable properties supplied"),
            ({"new_password": NEW}, 400, "Both current_password and new_password must be supplied"),
            ({"current_password": PASSWORD}, 400, "Both current_password and new_password must be supplied"),
            ({"current_password": PASSWORD, "new_password": "short"}, 400,
             "Poor password strength. The password must have at least 8 characters")):
        body = {name: value for name, value in {**full, **change}.items() if value is not None}
        assert_failure(client.call("PUT", "authn/update", json=body), code, message)


def test_update_and_delete_act_on_ones_own_account_only(client):
    other = another(client.server)
    body = client.with_csrf(uuid=other.profile()["uuid"], first_name="Mallory")
    assert client.call("PUT", "authn/update", json=body).json()["data"]["email"] == client.person["email"]
    assert other.profile()["first_name"] == "John"
    assert_success(client.call("DELETE", "authn/delete", json=client.with_csrf(uuid=other.profile()["uuid"])))
    assert other.profile()["email"] == other.person["email"]
    assert_failure(client.login(), 401, "Invalid login")


def test_a_csrf_token_is_its_sessions(client):
    other = Client(client.server, **client.person)
    other.login()
    body = {**client.with_csrf(first_name="Jane"), "csrf_token": other.profile()["csrf_token"]}
    assert_failure(client.call("PUT", "authn/update", json=body), 403, "Missing or invalid csrf token")


def test_delete(client):
    cookies = {"Cookie": "iam-access-token=" + client.tokens["iam-access-token"].replace(" ", "%20")}
    body = client.with_csrf()
    assert_failure(client.call("DELETE", "authn/delete", json={"uuid": body["uuid"]}), 403, "Missing or invalid csrf token")
    answer = client.call("DELETE", "authn/delete", "browser", tokens={}, headers=cookies, json=body)
    assert_success(answer)
    assert all("=; Path=/; Max-Age=0" in each for each in set_cookies(answer)) and len(set_cookies(answer)) == 3
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'


# ---- refresh and logout ----

def test_refresh(client):
    before = dict(client.tokens)
    assert client.call("POST", "authn/refresh").text == '{"status":"success"}'
    assert client.tokens["iam-refresh-token"] != before["iam-refresh-token"]
    assert client.call("GET", "authn/isauthenticated").json() == {"status": "success"}


def test_what_a_refresh_lacks(client):
    refresh = client.tokens["iam-refresh-token"]
    assert_failure(client.call("POST", "authn/refresh", tokens={}), 400, "No refresh token provided")
    assert_failure(client.call("POST", "authn/refresh", tokens={"iam-refresh-token": refresh.removeprefix("Bearer ")}), 401,
                   "Unauthorized")
    for bad in ("Bearer x", client.tokens["iam-access-token"]):
        assert_failure(client.call("POST", "authn/refresh", tokens={"iam-refresh-token": bad}), 403, "Forbidden")


def test_requirement_30_a_reuse_beyond_the_grace_ends_all_sessions_of_this_dialect(nginx):
    server = nginx("location /api/iam/ { gatehouse_api %REALM% bff; } location /auth/ { gatehouse_api %REALM% rest; }" + GUARDED,
                   realm={"refresh_grace": "0"})
    client = another(server)
    tablet = Client(server, **client.person)
    tablet.login()
    rest = server.post("/auth/login", json={"email": client.person["email"], "password": PASSWORD}).json()["tokens"]
    stolen = dict(client.tokens)
    client.call("POST", "authn/refresh")
    assert_failure(client.call("POST", "authn/refresh", tokens=stolen), 403, "Forbidden")
    for device in (client, tablet):
        assert device.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
        assert_failure(device.call("POST", "authn/refresh"), 403, "Forbidden")
    assert server.get("/", headers=bearer(rest["accessToken"])).status_code == 200


def test_requirement_29_parallel_refreshes_make_one_successor(client):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.call("POST", "authn/refresh", keep=False), range(8)))
    assert {each.headers["iam-refresh-token"] for each in answers} == {answers[0].headers["iam-refresh-token"]}


def test_logout_is_always_a_success(client):
    assert client.call("POST", "authn/logout").text == '{"status":"success"}'
    for tokens in (client.tokens, {}, {"iam-refresh-token": "Bearer x"}, {"iam-access-token": "x"}):
        assert_success(client.call("POST", "authn/logout", tokens=tokens))
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(client.call("POST", "authn/refresh"), 403, "Forbidden")


def test_without_redis_a_logout_is_none(client, redis):
    redis.stop()
    assert_failure(client.call("POST", "authn/logout"), 503, "The service is unavailable, try again later")
    assert_failure(client.login(), 503, "The service is unavailable, try again later")


def test_tokens_of_other_dialects_are_worth_nothing(nginx):
    server = nginx("location /api/iam/ { gatehouse_api %REALM% bff; } location /auth/ { gatehouse_api %REALM% rest; }")
    account = Account(server)
    client = Client(server, email=account.email, password=account.password)
    client.login()
    theirs = {"iam-refresh-token": f"Bearer {account.refresh_token}"}
    assert_failure(client.call("POST", "authn/refresh", tokens=theirs), 403, "Forbidden")
    assert_success(client.call("POST", "authn/logout", tokens=theirs))
    assert account.refresh().status_code == 200, "its session lives on"
    ours = client.tokens["iam-refresh-token"].removeprefix("Bearer ")
    assert server.post("/auth/refresh", json={"refreshToken": ours}).status_code == 403
    assert server.post("/auth/logout", json={"refreshToken": ours}).status_code == 403
    assert_success(client.call("POST", "authn/refresh"))


# ---- the administration of users ----

def test_users_are_the_administrators_business(client):
    own = client.profile()["uuid"]
    other = another(client.server).profile()["uuid"]
    body = client.with_csrf(first_name="Mallory")
    for method, route in (("GET", "users"), ("GET", f"users/{other}"), ("PUT", f"users/{other}"), ("DELETE", f"users/{other}"),
                          ("GET", "refresh-tokens"), ("DELETE", "refresh-tokens"),
                          ("DELETE", f"refresh-tokens/{client.tokens['iam-sid']}")):
        options = {} if method == "GET" else {"json": body}
        assert_hard(client.call(method, route, **options), 403, "Forbidden", f"/api/iam/{route}")
        assert_hard(client.call(method, route, tokens={}, **options), 403, "Forbidden", f"/api/iam/{route}")
    assert client.call("GET", f"users/{own}").json()["data"]["uuid"] == own


def test_a_user_changes_his_name_and_nothing_else(client):
    route = f"users/{client.profile()['uuid']}"
    answer = client.call("PUT", route, json=client.with_csrf(first_name="Jane", role="GENERAL", is_active=True, email_verified=False))
    assert (answer.json()["data"]["first_name"], answer.json()["data"]["last_name"]) == ("Jane", "Doe")
    for beyond in ({"role": "SUPER_ADMIN"}, {"is_active": False}, {"email_verified": True}):
        assert_hard(client.call("PUT", route, json=client.with_csrf(**beyond)), 403, "Forbidden", f"/api/iam/{route}")
    data = client.profile()
    assert (data["role"], data["is_active"], data["email_verified"]) == ("GENERAL", True, False)


def test_an_administrator_lists_users(client, postgres):
    admin = make_admin(client, postgres)
    others = [another(client.server).person["email"] for _ in range(4)]
    everybody = [admin.person["email"], *others]
    seen = lambda query: [each["email"] for each in admin.call("GET", "users" + query).json()["data"]]
    assert seen("") == everybody
    assert seen("?skip=0&take=2") == everybody[:2]
    assert seen("?skip=2&take=2") == everybody[2:4]
    assert seen("?skip=4") == everybody[4:]
    assert seen("?take=0") == [] and seen("?skip=99") == []
    assert_failure(admin.call("GET", "users?skip=x"), 400, "'skip' must be a number")
    assert_failure(admin.call("GET", "users?take=-1"), 400, "'take' must be a number")
    first = admin.call("GET", "users?take=1").json()["data"][0]
    assert "csrf_token" not in first and first["password"] == "[hidden]" and first["role"] == "SUPER_ADMIN"


def test_an_administrator_changes_a_user(client, postgres, upstream):
    admin, user = make_admin(client, postgres), another(client.server)
    route = f"users/{user.profile()['uuid']}"
    change = lambda **fields: admin.call("PUT", route, json=admin.with_csrf(**fields)).json()
    assert change(first_name="Jane", last_name="Roe")["data"]["first_name"] == "Jane"
    data = change(role="SUPER_ADMIN", email_verified=True)["data"]
    assert (data["role"], data["email_verified"]) == ("SUPER_ADMIN", True)
    assert user.profile()["role"] == "SUPER_ADMIN", "renewed by itself"
    assert len(user.call("GET", "users").json()["data"]) == 2
    assert change(role="GENERAL")["data"]["role"] == "GENERAL"
    assert user.profile()["role"] == "GENERAL"
    assert change(email_verified=False)["data"]["email_verified"] is False
    row, = postgres.query("select roles from gatehouse.users where id = %s", user.profile()["uuid"])
    assert row["roles"] == []
    row, = postgres.query("select roles from gatehouse.users where id = %s", admin.profile()["uuid"])
    assert row["roles"] == ["admin", "staff"]


def test_requirement_36_an_administrator_deactivates_a_user(client, postgres):
    admin, user = make_admin(client, postgres), another(client.server)
    route = f"users/{user.profile()['uuid']}"
    assert admin.call("PUT", route, json=admin.with_csrf(is_active=False)).json()["data"]["is_active"] is False
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(user.call("POST", "authn/refresh"), 403, "Forbidden")
    assert_failure(user.login(), 401, "Invalid login")
    assert admin.call("PUT", route, json=admin.with_csrf(is_active=True)).json()["data"]["is_active"] is True
    assert_success(user.login(), {"email": user.person["email"]})


def test_what_a_change_of_a_user_lacks(client, postgres):
    admin = make_admin(client, postgres)
    route = f"users/{another(client.server).profile()['uuid']}"
    assert_failure(admin.call("PUT", route, json={"first_name": "x"}), 403, "Missing or invalid csrf token")
    assert_failure(admin.call("DELETE", route), 403, "Missing or invalid csrf token")
    assert_failure(admin.call("PUT", route, json=admin.with_csrf()), 400, "No updatable properties supplied")
    assert_failure(admin.call("PUT", route, json=admin.with_csrf(role="KING")), 400, "'role' must be GENERAL or SUPER_ADMIN")
    assert_failure(admin.call("PUT", route, json=admin.with_csrf(is_active="no")), 400, "'is_active' must be true or false")
    for unknown in ("users/x", "users/00000000-0000-4000-8000-000000000000"):
        for method, options in (("GET", {}), ("PUT", {"json": admin.with_csrf(first_name="x")}),
                                ("DELETE", {"json": admin.with_csrf()})):
            assert_hard(admin.call(method, unknown, **options), 404, "Not found", f"/api/iam/{unknown}")


def test_deleting_a_user(client, postgres):
    admin, user, himself = make_admin(client, postgres), another(client.server), another(client.server)
    assert_success(admin.call("DELETE", f"users/{user.profile()['uuid']}", json=admin.with_csrf()))
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(user.login(), 401, "Invalid login")
    own = himself.with_csrf()
    assert_success(himself.call("DELETE", f"users/{own['uuid']}", json=own))
    assert_failure(himself.login(), 401, "Invalid login")


# ---- the administration of sessions ----

def test_sessions_as_refresh_tokens(client, postgres):
    admin, user = make_admin(client, postgres), another(client.server)
    rows = admin.call("GET", "refresh-tokens").json()["data"]
    mine, = [row for row in rows if row["id"] == user.tokens["iam-sid"]]
    assert list(mine) == ["id", "token_id", "user_id", "is_active", "date_created", "updated_at"]
    assert mine["user_id"] == user.profile()["uuid"] and mine["is_active"] is True
    assert TIME.fullmatch(mine["date_created"]) and TIME.fullmatch(mine["updated_at"])
    assert admin.tokens["iam-sid"] in [row["id"] for row in rows]

    route = f"refresh-tokens/{mine['id']}"
    assert_failure(admin.call("DELETE", route, json={}), 403, "Missing or invalid csrf token")
    assert_success(admin.call("DELETE", route, json=admin.with_csrf()))
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_hard(admin.call("DELETE", route, json=admin.with_csrf()), 404, "Not found", f"/api/iam/{route}")

    user.login()
    assert_success(admin.call("DELETE", "refresh-tokens", json=admin.with_csrf()))
    for each in (user, admin):
        assert each.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'


# ---- mail ----

@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, text=BFF, verify_email="on")


def token_in_mail(smtp, client, path):
    while True:
        for link in map(urlsplit, links_in(smtp.wait_for_mail(client.person["email"]))):
            if link.path == path and "token" in parse_qs(link.query):
                return parse_qs(link.query)["token"][0]


def test_verification(mailing, smtp, postgres):
    client = another(mailing.server)
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_success(client.call("POST", "authn/verifyemail", json={"email": client.person["email"]}))
    again = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": token}), 500, "Server error")
    assert_success(client.call("POST", "authn/verifyemailtoken", json={"token": again}), {"email": client.person["email"]})
    assert client.profile()["email_verified"] is True
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": again}), 500, "Server error")
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={}), 400, "'token' is required")


def test_a_temporary_password(mailing, smtp):
    client = another(mailing.server)
    answer = client.call("POST", "authn/reset", "browser", json={"email": client.person["email"]})
    assert_success(answer)
    assert len(set_cookies(answer)) == 3 and all("Max-Age=0" in each for each in set_cookies(answer))
    token = token_in_mail(smtp, client, "/iam/verify")
    found = client.call("POST", "authn/verifyreset", json={"token": token}).json()
    assert list(found["data"]) == ["pass"]
    assert_failure(client.call("POST", "authn/verifyreset", json={"token": token}), 500, "Server error")
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.login(password=found["data"]["pass"]), {"email": client.person["email"]})


def test_an_expired_link(mailing, smtp):
    client = another(mailing.server)
    verify = token_in_mail(smtp, client, "/iam/verifyemail")
    client.call("POST", "authn/reset", json={"email": client.person["email"]})
    reset = token_in_mail(smtp, client, "/iam/verify")
    mailing.outbox.expire_links()
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": verify}), 401, "Link has expired")
    assert_failure(client.call("POST", "authn/verifyreset", json={"token": reset}), 401, "Link has expired")


def test_requirement_52_reset_and_verifyemail_always_succeed(mailing):
    client = Client(mailing.server)
    for route in ("reset", "verifyemail"):
        assert_success(client.call("POST", f"authn/{route}", json={"email": "nobody@example.com"}))
        assert_failure(client.call("POST", f"authn/{route}", json={}), 400, "'email' is required")


def test_verification_before_the_first_login(nginx, smtp, postgres):
    client = Client(Mailing(nginx, smtp, postgres, text=BFF, verify_email="required").server)
    assert_success(client.register(), {"email": client.person["email"]})
    assert_failure(client.register(), 409, "Email already exists")
    assert_failure(client.login(), 403, "The e-mail must be verified first")
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    client.call("POST", "authn/verifyemailtoken", json={"token": token})
    assert_success(client.login(), {"email": client.person["email"]})


# ---- as a client library would do it ----

def test_a_session_of_twenty_steps(nginx, smtp, postgres):
    server = Mailing(nginx, smtp, postgres, text=BFF, verify_email="on").server
    client = Client(server)
    assert_failure(client.call("GET", "authn/isauthenticated"), 400, "No access token provided")
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.register(), {"email": client.person["email"]})
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_success(client.call("POST", "authn/verifyemailtoken", json={"token": token}), {"email": client.person["email"]})
    assert_success(client.login(), {"email": client.person["email"]})
    assert_success(client.call("GET", "authn/isauthenticated"))
    assert client.profile()["email_verified"] is True
    assert client.call("PUT", "authn/update", json=client.with_csrf(first_name="Jane")).json()["data"]["first_name"] == "Jane"
    assert_success(client.call("POST", "authn/refresh"))
    assert client.profile()["first_name"] == "Jane"
    assert client.call("PUT", "authn/update", json=client.with_csrf(current_password=PASSWORD, new_password=NEW)).status_code == 200
    assert_success(client.call("POST", "authn/refresh"))
    assert_success(client.call("POST", "authn/logout"))
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.login(password=NEW), {"email": client.person["email"]})
    assert_success(client.call("POST", "authn/reset", json={"email": client.person["email"]}))
    token = token_in_mail(smtp, client, "/iam/verify")
    temporary = client.call("POST", "authn/verifyreset", json={"token": token}).json()["data"]["pass"]
    assert_failure(client.login(password=NEW), 401, "Invalid login")
    assert_success(client.login(password=temporary), {"email": client.person["email"]})
    assert_success(client.call("DELETE", "authn/delete", json=client.with_csrf()))
    assert_failure(client.login(password=temporary), 401, "Invalid login")
