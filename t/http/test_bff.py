"""The `bff` contract: apps and browsers, and failures that are HTTP 200."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import GUARDED, Account, bearer, claims
from bff_client import (BFF, NEW, PASSWORD, PLATFORM_ERROR, TIME, UUID, Client, another, as_cookies, assert_failure,
                        assert_hard, assert_success, cookie_values, make_admin)
from browser import set_cookies
from processes import wait_until


@pytest.fixture
def server(nginx):
    return nginx(BFF)


@pytest.fixture
def client(server):
    made = Client(server)
    assert_success(made.register(), {"email": made.person["email"]})
    assert_success(made.login(), {"email": made.person["email"]})
    return made


# ---- client-platform ----

@pytest.mark.parametrize("platform", [None, "", "App", "desktop", "browser-dev", "app, browser"])
def test_every_request_says_its_platform(server, platform):
    message = "client-platform 'browser-dev' is for development only: cookie_secure is on" if platform == "browser-dev" \
        else PLATFORM_ERROR
    for method, route in (("POST", "authn/login"), ("GET", "authn/profile"), ("GET", "users"), ("POST", "authn/logout"),
                          ("GET", "nothing"), ("PATCH", "authn/profile"), ("POST", "users"), ("OPTIONS", "users")):
        assert_hard(Client(server).call(method, route, platform, json={}), 400, message, f"/api/iam/{route}")


def test_a_preflight_cannot_say_its_platform(server):
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    assert server.request("OPTIONS", "/api/iam/authn/update", headers=headers).status_code == 204
    answer = Client(server).call("OPTIONS", "authn/update")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "PUT, OPTIONS")


def test_unknown_routes_and_methods(client):
    assert_hard(client.call("GET", "nothing?x=1"), 404, "Not found", "/api/iam/nothing?x=1")
    answer = client.call("PATCH", "authn/profile")
    assert_hard(answer, 405, "Method not allowed", "/api/iam/authn/profile")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert_hard(client.call("POST", "users", json={}), 422, "Users register themselves at authn/register", "/api/iam/users")


def test_a_trailing_slash_is_the_same_route(client, postgres):
    """Issue 10.18: the original's client asks for users/ and refresh-tokens/."""
    admin = make_admin(client, postgres)
    for route in ("users/", "refresh-tokens/", "authn/profile/", f"users/{admin.profile()['uuid']}/"):
        answer = admin.call("GET", route)
        assert answer.json() == admin.call("GET", route[:-1]).json() and answer.json()["status"] == "success", route
    assert_hard(admin.call("GET", "nothing/?x=1"), 404, "Not found", "/api/iam/nothing/?x=1")
    assert_hard(admin.call("DELETE", "refresh-tokens/"), 403, "Missing or invalid csrf token", "/api/iam/refresh-tokens/")
    assert_success(admin.call("DELETE", "refresh-tokens/", json=admin.with_csrf()))
    assert admin.call("GET", "authn/isauthenticated").json() == {"status": "fail"}


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


def test_a_message_stands_twice_and_the_second_time_on_one_line(client, postgres):
    """Issue 10.18: statusMessage repeats the message, without what a status line cannot hold."""
    admin = make_admin(client, postgres)
    uuid = admin.profile()["uuid"]
    said = admin.call("GET", f"users/{uuid}/permission/a%0d%0ab%e2%82%acc").json()["error"]
    assert said == {"message": f"User: {uuid} does NOT have permission: a\r\nb\u20acc", "statusCode": 401,
                    "statusMessage": f"User: {uuid} does NOT have permission: ab\u20acc"}


def test_a_login_through_google(client):
    """Issue 10.18: there is none, and the answer says so in the contract's shape, whatever is sent."""
    before = dict(client.tokens)
    for options in ({"json": {"token": "x"}}, {"json": {}}, {}, {"data": "garbage"}):
        assert_failure(client.call("POST", "authn/login-google", **options), 401, "Google Login Error")
    answer = client.call("POST", "authn/login-google", "browser", headers=as_cookies(before), tokens={}, json={"token": "x"})
    assert_failure(answer, 401, "Google Login Error")
    assert set_cookies(answer) == [], "it ends no login"
    assert client.call("GET", "authn/login-google").status_code == 405


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
        "iam-access-token=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
        "iam-refresh-token=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
        "iam-sid=; Path=/; Secure; SameSite=Lax; Max-Age=0"]


def test_bodies_are_json(client):
    assert_failure(client.call("POST", "authn/login", data={"email": "a", "password": "b"}), 415,
                   "The body must be application/json")
    answer = client.call("POST", "authn/login", data="{", headers={"Content-Type": "application/json"})
    assert answer.json()["error"]["statusCode"] == 400


# ---- cookies ----

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
    assert re.fullmatch(r"iam-access-token=Bearer%20[\w.-]+; Path=/" + re.escape(attributes) + r"; Max-Age=\d+", access)
    assert re.fullmatch(r"iam-refresh-token=Bearer%20[\w.-]+; Path=/" + re.escape(attributes) + r"; Max-Age=\d+", refresh)
    assert re.fullmatch(r"iam-sid=[0-9a-f-]{36}; Path=/" + re.escape(attributes.replace("; HttpOnly", "")) + r"; Max-Age=\d+", sid)
    assert near(access, 900) and near(refresh, longest) and near(sid, longest)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookie_values(answer).items())}
    assert_success(client.call("GET", "authn/isauthenticated", platform, headers=cookies))
    assert_failure(client.call("GET", "authn/isauthenticated", "app", headers=cookies), 400, "No access token provided")
    out = client.call("POST", "authn/logout", platform, headers=cookies)
    assert_success(out)
    assert len(set_cookies(out)) == 3 and all("=; Path=/; " in each and each.endswith("; Max-Age=0") for each in set_cookies(out))
    assert client.call("GET", "authn/isauthenticated", platform, headers=cookies).text == '{"status":"fail"}'


def test_requirement_41_two_cookies_of_a_name(client):
    twice = {"Cookie": "iam-access-token=Bearer%20a; iam-access-token=Bearer%20b"}
    answer = client.call("GET", "authn/profile", "browser", tokens={}, headers=twice)
    assert answer.json()["error"]["statusCode"] == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_requirement_42_another_sites_page(client, headers):
    assert_hard(client.call("POST", "authn/logout", "browser", headers=headers), 403,
                "The request comes from another site", "/api/iam/authn/logout")


def test_what_nginx_itself_forbids_is_not_put_down_to_another_site(nginx):
    client = Client(nginx(BFF.replace("{", "{ deny all;", 1)))
    assert_hard(client.call("POST", "authn/logout", "browser"), 403, "Forbidden", "/api/iam/authn/logout")


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
    assert re.fullmatch("[0-9a-f]{64}", data["csrf_token"]) and data["csrf_token"] == client.profile()["csrf_token"]
    assert_failure(client.call("GET", "authn/profile", tokens={}), 401, "Unauthorized")
    assert_failure(client.call("GET", "authn/profile", tokens={"iam-access-token": "Bearer x"}), 401, "Unauthorized")


def test_the_role_is_the_views(client, postgres):
    """Issue 10.18: the permission that an older admin page of the original looks for comes with the role."""
    for roles, shown, permissions in (("{staff}", "GENERAL", None), ("{staff,admin}", "SUPER_ADMIN", "canAccessAdmin")):
        postgres.query("select gatehouse.set_roles(%s, %s, %s::text[])", client.server.realm, client.person["email"], roles)
        client.login()
        data = client.profile()
        assert (data["role"], data["permissions"]) == (shown, permissions)


def test_a_deactivated_user_is_told_so_in_his_profile(client, postgres):
    other = another(client.server)
    gone = claims(other.access)["sub"]
    for user in (client, other):
        postgres.query("select gatehouse.set_disabled(%s, %s, true)", client.server.realm, user.person["email"])
        wait_until(lambda: user.call("GET", "authn/isauthenticated").json()["status"] == "fail", "the sessions to end")
    message = "Forbidden. Account has been deactivated. Please contact your administrator."
    assert_failure(client.call("GET", "authn/profile"), 403, message)
    assert_failure(client.call("GET", "authn/profile", "browser", tokens={}, headers=as_cookies(client.tokens)), 403, message)
    alone = {"iam-access-token": client.tokens["iam-access-token"]}
    assert_failure(client.call("GET", "authn/profile", tokens=alone), 403, message)
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    refresh = {"iam-refresh-token": client.tokens["iam-refresh-token"]}
    assert_failure(client.call("GET", "authn/profile", tokens=refresh), 401, "Unauthorized")
    assert_failure(client.login(), 401, "Invalid login")
    postgres.query("delete from gatehouse.users where id = %s", gone)
    assert_failure(other.call("GET", "authn/profile"), 401, "Unauthorized")


def test_who_has_only_logged_out_is_not_told_more(client):
    client.call("POST", "authn/logout")
    assert_failure(client.call("GET", "authn/profile"), 401, "Unauthorized")


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


@pytest.mark.parametrize("odd", [None, 1, True, [], {}])
def test_a_csrf_token_or_uuid_that_is_no_string_is_none(client, postgres, odd):
    full = client.with_csrf(first_name="Mallory")
    assert_failure(client.call("PUT", "authn/update", json={**full, "csrf_token": odd}), 403, "Missing or invalid csrf token")
    assert_failure(client.call("DELETE", "authn/delete", json={**full, "csrf_token": odd}), 403, "Missing or invalid csrf token")
    assert_failure(client.call("PUT", "authn/update", json={**full, "uuid": odd}), 400, "User uuid not provided")
    admin = make_admin(client, postgres)
    for method, route in (("PUT", f"users/{full['uuid']}"), ("DELETE", f"users/{full['uuid']}"), ("DELETE", "refresh-tokens")):
        assert_hard(admin.call(method, route, json={**full, "csrf_token": odd}), 403, "Missing or invalid csrf token",
                    f"/api/iam/{route}")
    assert client.profile()["first_name"] == "John"


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


def test_delete_without_a_session(client):
    """Issue 10.18: who shows no session that lives has no csrf token of it."""
    body = client.with_csrf()
    for tokens in ({}, {"iam-access-token": "Bearer x"}, {"iam-access-token": "x"}, {"iam-refresh-token": "Bearer x"}):
        assert_failure(client.call("DELETE", "authn/delete", tokens=tokens, json=body), 403, "Missing or invalid csrf token")
    assert client.profile()["email"] == client.person["email"]
    client.call("POST", "authn/logout")
    assert_failure(client.call("DELETE", "authn/delete", json=body), 403, "Missing or invalid csrf token")
    assert_success(client.login(), {"email": client.person["email"]})


def test_delete(client):
    cookies = {"Cookie": "iam-access-token=" + client.tokens["iam-access-token"].replace(" ", "%20")}
    body = client.with_csrf()
    assert_failure(client.call("DELETE", "authn/delete", json={"uuid": body["uuid"]}), 403, "Missing or invalid csrf token")
    answer = client.call("DELETE", "authn/delete", "browser", tokens={}, headers=cookies, json=body)
    assert_success(answer)
    assert all("=; Path=/; " in each and each.endswith("; Max-Age=0") for each in set_cookies(answer)) and len(set_cookies(answer)) == 3
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


@pytest.mark.parametrize("method, route, said", [
    ("GET", "authn/isauthenticated", '{"status":"fail"}'),
    ("GET", "authn/profile", '{"status":"fail","error":{"message":"Unauthorized","statusCode":401,"statusMessage":"Unauthorized"}}'),
    ("PUT", "authn/update", '{"status":"fail","error":{"message":"Unauthorized","statusCode":401,"statusMessage":"Unauthorized"}}')])
@pytest.mark.parametrize("platform", ["app", "browser"])
def test_requirement_30_so_does_a_reuse_where_tokens_renew_themselves(nginx, platform, method, route, said):
    client = another(nginx(BFF, realm={"refresh_grace": "0"}))
    tablet = Client(client.server, **client.person)
    tablet.login()
    body = client.with_csrf(first_name="Mallory")
    stolen = {"iam-refresh-token": client.tokens["iam-refresh-token"]}
    client.call("POST", "authn/refresh")
    headers = as_cookies(stolen) if platform == "browser" else stolen
    answer = client.call(method, route, platform, tokens={}, headers=headers, **({"json": body} if method == "PUT" else {}))
    assert (answer.status_code, answer.text) == (200, said)
    assert set_cookies(answer) == [] and not any(name.startswith("iam-") for name in answer.headers)
    for device in (client, tablet):
        assert device.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
        assert_failure(device.call("POST", "authn/refresh"), 403, "Forbidden")


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


def test_a_logout_that_shows_two_cookies_of_a_name_is_none(client):
    """Nobody can tell which one is to end, so nobody is told that it has."""
    good = client.tokens["iam-access-token"].replace(" ", "%20")
    twice = {"Cookie": f"iam-access-token={good}; iam-access-token=Bearer%20x"}
    answer = client.call("POST", "authn/logout", "browser", tokens={}, headers=twice)
    assert_failure(answer, 400, "The credentials are of different users")
    assert set_cookies(answer) == []
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"success"}'


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
