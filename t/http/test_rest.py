"""The `rest` contract: every route, its success and its refusals."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import API, GUARDED, Account, bearer, claims

JANE = {"name": "Jane Doe", "email": "jane@example.com", "password": "SecurePass123", "confirmPassword": "SecurePass123"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


def assert_error(answer, status, message=None, errors=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["status"] == status
    assert body["message"]
    assert set(body) <= {"message", "status", "errors"}
    if message is not None:
        assert body["message"] == message
    if errors is not None:
        assert set(body.get("errors", {})) == set(errors), body


# ---- register and login ----

def test_register_answers_with_user_and_tokens(server):
    answer = server.post("/auth/register", json=JANE)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(answer.json()) == ["user", "tokens"]
    user = answer.json()["user"]
    assert list(user) == ["id", "name", "email", "createdAt", "updatedAt"]
    assert UUID.fullmatch(user["id"])
    assert (user["name"], user["email"]) == ("Jane Doe", "jane@example.com")
    assert TIME.fullmatch(user["createdAt"]) and TIME.fullmatch(user["updatedAt"])
    assert list(answer.json()["tokens"]) == ["accessToken", "refreshToken"]


def test_tokens_hold_the_documented_claims(server):
    account = Account(server)
    access, refresh = claims(account.access), claims(account.refresh_token)
    assert access["sub"] == refresh["sub"] == account.id
    assert (access["email"], access["name"]) == (account.email, account.name)
    assert access["exp"] - access["iat"] == 3600
    assert refresh["type"] == "refresh"
    assert refresh["exp"] - refresh["iat"] == 30 * 24 * 3600
    assert {"iss", "aud", "sid", "av"} <= set(access)


def test_login_answers_like_register(server):
    account = Account(server)
    answer = account.login()
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == account.id


def test_requirement_34_every_login_is_a_session_of_its_own(server):
    account = Account(server)
    first = claims(account.access)["sid"]
    account.login()
    assert claims(account.access)["sid"] != first


def test_login_takes_the_email_in_any_case(server):
    account = Account(server)
    answer = server.post("/auth/login", json={"email": account.email.upper(), "password": account.password})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == account.email


def test_requirement_52_unknown_user_and_wrong_password_look_alike(server):
    account = Account(server)
    wrong = account.post("login", email=account.email, password="WrongPass123")
    unknown = account.post("login", email="nobody@example.com", password="WrongPass123")
    assert_error(wrong, 401, "Invalid credentials")
    assert wrong.content == unknown.content
    ignored = {"Date"}
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == \
           {k: v for k, v in unknown.headers.items() if k not in ignored}


def test_the_identifier_of_a_login_is_not_judged(server):
    assert_error(server.post("/auth/login", json={"email": "john", "password": "doe"}), 401, "Invalid credentials")


def test_an_email_in_use_is_409_in_any_case(server):
    account = Account(server)
    again = {**JANE, "email": account.email.upper()}
    assert_error(server.post("/auth/register", json=again), 409, "Email already exists")


def test_two_registrations_at_once_make_one_account(server):
    with ThreadPoolExecutor(2) as pool:
        for round_ in range(5):
            emails = [f"twin{round_}@example.com", f"TWIN{round_}@example.com"]
            answers = list(pool.map(lambda e: server.post("/auth/register", json={**JANE, "email": e}), emails))
            assert sorted(a.status_code for a in answers) == [201, 409]


@pytest.mark.parametrize("field, value", [
    ("name", ""), ("name", "   "), ("name", "a\tb"), ("name", "x" * 201),
    ("email", "jane"), ("email", "jane@"), ("email", "jane@example.com\n"), ("email", " jane@example.com"),
    ("email", "a@b@c.de"), ("email", "jänë@example.com"), ("email", "jane@example..com"),
    ("password", "short"), ("password", "x" * 1025), ("password", "Jane Doe"), ("password", "JANE@EXAMPLE.COM"),
    ("confirmPassword", "SecurePass124"),
], ids=lambda text: repr(text[:24]))
def test_register_names_the_field_that_is_wrong(server, field, value):
    body = {**JANE, field: value}
    if field == "password":
        body["confirmPassword"] = value
    assert_error(server.post("/auth/register", json=body), 400, "Validation failed", {field})


def test_register_names_every_missing_field(server):
    assert_error(server.post("/auth/register", json={}), 400, "Validation failed", {"name", "email", "password"})


def test_requirement_48_the_blocklist_holds(nginx, blocklist):
    server = nginx(API, realm={"password": f"blocklist={blocklist}"})
    assert_error(server.post("/auth/register", json={**JANE, "password": "password", "confirmPassword": "password"}), 400,
                 errors={"password"})
    for n, allowed in enumerate(("SecurePass123", "mysecretpass")):
        Account(server, password=allowed, email=f"n{n}@example.com")


def test_requirement_49_a_password_counts_to_its_last_byte(server):
    long = "correct horse " + "battery " * 100
    account = Account(server, password=long)
    assert account.login(long[:-1]).status_code == 401
    assert account.login(long.strip()).status_code == 401
    assert account.login(long).status_code == 200


def test_closed_registration_is_403(nginx):
    server = nginx(API, realm={"registration": "closed"})
    assert_error(server.post("/auth/register", json=JANE), 403)


def test_registration_for_one_domain(nginx):
    server = nginx(API, realm={"registration": "domain=example.org"})
    assert_error(server.post("/auth/register", json=JANE), 403)
    Account(server, email="jane@Example.ORG")


# ---- refresh ----

def test_refresh_rotates(server):
    account = Account(server)
    first = account.refresh_token
    answer = account.refresh()
    assert answer.status_code == 200
    assert list(answer.json()) == ["user", "tokens"]
    assert account.refresh_token != first
    assert account.visit().status_code == 200
    assert account.refresh().status_code == 200


def test_requirement_31_within_the_grace_the_same_successor_comes_back(server):
    account = Account(server)
    first = account.refresh_token
    account.refresh()
    second = account.refresh_token
    account.refresh(first)
    assert account.refresh_token == second


def test_requirement_30_reuse_beyond_the_grace_ends_the_session(nginx):
    server = nginx(API, realm={"refresh_grace": "0"})
    account = Account(server)
    first = account.refresh_token
    account.refresh()
    assert_error(account.refresh(first), 403)
    assert_error(account.refresh(), 403)


def test_requirement_30_an_older_generation_ends_the_session_within_the_grace(server):
    account = Account(server)
    first = account.refresh_token
    account.refresh()
    account.refresh()
    assert_error(account.refresh(first), 403)
    assert_error(account.refresh(), 403)


def test_requirement_29_parallel_refreshes_make_one_generation(nginx):
    server = nginx(API, workers=4)
    account = Account(server)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: account.post("refresh", refreshToken=account.refresh_token), range(64)))
    assert [a.status_code for a in answers] == [200] * 64
    assert len({a.json()["tokens"]["refreshToken"] for a in answers}) == 1


def test_requirement_32_the_absolute_lifetime_bounds_every_refresh(nginx):
    server = nginx(API, realm={"session_lifetime": "1h", "refresh_lifetime": "30m"})
    account = Account(server)
    assert claims(account.refresh_token)["exp"] - claims(account.refresh_token)["iat"] == 1800
    server = nginx(API, realm={"session_lifetime": "10m", "refresh_lifetime": "10m", "access_lifetime": "1h"})
    account = Account(server)
    assert claims(account.access)["exp"] == claims(account.refresh_token)["exp"]
    account.refresh()
    assert claims(account.refresh_token)["exp"] - claims(account.access)["iat"] <= 600


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ey.ey.ey"])
def test_a_bad_refresh_token_is_403(server, token):
    assert_error(server.post("/auth/refresh", json={"refreshToken": token}), 403, "Invalid or expired refresh token")


def test_requirement_15_the_kinds_of_token_are_not_interchangeable(server):
    account = Account(server)
    assert_error(account.refresh(account.access), 403)
    assert account.visit(token=account.refresh_token).status_code == 401
    assert account.visit().status_code == 200


# ---- logout ----

def test_logout_with_the_refresh_token(server):
    account = Account(server)
    answer = account.post("logout", refreshToken=account.refresh_token)
    assert (answer.status_code, answer.json()) == (200, {"message": "Logged out successfully"})
    assert_error(account.refresh(), 403)
    assert_error(account.post("logout", refreshToken=account.refresh_token), 403)


def test_logout_with_only_the_bearer_and_no_body(server):
    account = Account(server)
    answer = server.post("/auth/logout", headers=bearer(account.access))
    assert (answer.status_code, answer.json()) == (200, {"message": "Logged out successfully"})
    assert_error(account.refresh(), 403)


def test_logout_without_credentials_is_401(server):
    answer = server.post("/auth/logout")
    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_logout_everywhere(server):
    account = Account(server)
    first = account.refresh_token
    account.login()
    answer = server.post("/auth/logout/all", headers=bearer(account.access))
    assert answer.status_code == 200
    assert_error(account.refresh(first), 403)
    assert_error(account.refresh(), 403)
    assert account.login().status_code == 200


# ---- the profile ----

def test_me(server):
    account = Account(server)
    answer = account.me()
    assert answer.status_code == 200
    assert list(answer.json()) == ["user"]
    assert answer.json()["user"]["id"] == account.id


def test_me_needs_a_bearer(server):
    answer = server.get("/auth/me")
    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    answer = server.get("/auth/me", headers=bearer("x.y.z"))
    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_name_changes_at_once_and_in_the_next_token(server):
    account = Account(server)
    answer = account.me("PATCH", name="Jane Roe")
    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "Jane Roe"
    account.refresh()
    assert claims(account.access)["name"] == "Jane Roe"


def test_requirement_53_email_and_password_need_the_current_password(server):
    account = Account(server)
    assert_error(account.me("PATCH", email="new@example.com"), 400, errors={"currentPassword"})
    assert_error(account.me("PATCH", password="OtherPass123"), 400, errors={"currentPassword"})
    assert_error(account.me("PATCH", password="OtherPass123", currentPassword="WrongPass123"), 400,
                 errors={"currentPassword"})
    assert account.login().status_code == 200


def test_an_email_changes_at_once(server):
    account, other = Account(server), Account(server)
    fresh = "fresh." + account.email
    assert account.me("PATCH", email=fresh, currentPassword=account.password).json()["user"]["email"] == fresh
    assert account.me().status_code == 401, "the access token still says the old address"
    assert account.refresh().status_code == 200
    assert claims(account.access)["email"] == fresh
    assert_error(account.me("PATCH", email=other.email.upper(), currentPassword=account.password), 409)
    assert account.login().status_code == 401
    account.email = fresh
    assert account.login().status_code == 200


def test_requirement_36_a_new_password_ends_the_other_sessions(server):
    account = Account(server)
    other = account.refresh_token
    account.login()
    answer = account.me("PATCH", password="OtherPass123", currentPassword=account.password)
    assert answer.status_code == 200
    assert_error(account.refresh(other), 403)
    assert account.refresh().status_code == 200
    assert account.login().status_code == 401
    account.password = "OtherPass123"
    assert account.login().status_code == 200


def test_the_policy_holds_for_a_new_password(server):
    account = Account(server)
    for bad in ("short", account.email, account.name):
        assert_error(account.me("PATCH", password=bad, currentPassword=account.password), 400, errors={"password"})


def test_nothing_to_change_is_400(server):
    account = Account(server)
    assert_error(account.me("PATCH", currentPassword=account.password), 400)


def test_delete_ends_everything(server):
    account = Account(server)
    answer = account.me("DELETE")
    assert (answer.status_code, answer.content) == (204, b"")
    assert_error(account.refresh(), 403)
    assert account.login().status_code == 401
    assert_error(account.me(), 401)
    assert Account(server, email=account.email).id != account.id


def test_delete_with_a_wrong_password_deletes_nothing(server):
    account = Account(server)
    assert_error(account.me("DELETE", currentPassword="Wrong-Passw0rd"), 400, errors={"currentPassword"})
    assert account.me().status_code == 200
    assert account.me("DELETE", currentPassword=account.password).status_code == 204
    assert_error(account.me(), 401)


# ---- the frame around it ----

def test_requirement_26_unknown_paths_and_methods(server):
    for path in ("", "nothing", "login/", "me/x"):
        assert_error(server.post("/auth/" + path, json={}), 404)
    answer = server.get("/auth/refresh")
    assert_error(answer, 405)
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert server.request("OPTIONS", "/auth/me").headers["Allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS"


def test_requirement_43_only_json_is_read(server):
    for content_type in ("text/plain", "multipart/form-data; boundary=x", "application/jsonp", ""):
        answer = server.post("/auth/login", data='{"email":"a","password":"b"}', headers={"Content-Type": content_type})
        assert_error(answer, 415)
    answer = server.post("/auth/refresh", data={"refreshToken": "x"})
    assert_error(answer, 415)
    answer = server.post("/auth/login", data='{"email":"a","password":"b"}',
                         headers={"Content-Type": "application/json; charset=utf-8"})
    assert_error(answer, 401)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'"x"', b'{"email":"a","email":"b","password":"c"}', b'{"email":"a\xff","password":"b"}',
    b'{"email":"a\\ud800","password":"b"}', b'{"email":"a\\u0000","password":"b"}', b'{"email":1e400,"password":"b"}',
    b'{"email":{"$gt":""},"password":"b"}', b'{"email":["a@example.com"],"password":"b"}', b'{"email":null,"password":true}',
    b'{"a":' * 500 + b"1" + b"}" * 500, b'{"email":"a","password":"b"} x', b"\xef\xbb\xbf{}", b"{'email':'a'}",
], ids=range(17))
def test_what_is_not_usable_json_is_400(server, body):
    answer = server.post("/auth/login", data=body, headers={"Content-Type": "application/json"})
    assert_error(answer, 400)


def test_a_body_too_large_is_413(server):
    headers = {"Content-Type": "application/json"}
    assert_error(server.post("/auth/login", data=b" " * (33 * 1024), headers=headers), 413)
    assert_error(server.post("/auth/login", data=b" " * (3 * 1024 * 1024), headers=headers), 413)
    chunks = (b" " * 4096 for _ in range(20))
    assert_error(server.post("/auth/login", data=chunks, headers=headers), 413)


def test_errors_of_nginx_itself_have_our_shape(nginx):
    server = nginx("limit_req_status 429;" + API.replace("{", "{ limit_req zone=one;"),
                   http="limit_req_zone $uri zone=one:1m rate=1r/m;")
    answers = [server.post("/auth/login", json={"email": "john", "password": "doe"}) for _ in range(3)]
    assert_error(answers[-1], 429)


def test_cors_for_the_allowed_origins_only(nginx):
    server = nginx("gatehouse_allow_origin https://app.example.com;" + API)
    preflight = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "content-type"}
    answer = server.request("OPTIONS", "/auth/login", headers=preflight)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {h.strip() for h in answer.headers["Access-Control-Allow-Headers"].split(",")} >= {"Authorization", "Content-Type"}
    answer = server.get("/auth/me", headers={"Origin": "https://app.example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Origin" in answer.headers["Vary"]
    answer = server.get("/auth/me", headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = server.request("OPTIONS", "/auth/login", headers={**preflight, "Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_requirement_62_every_outcome_is_in_the_audit_trail(server, postgres):
    account = Account(server)
    account.login()
    account.login("WrongPass123")
    account.post("logout", refreshToken=account.refresh_token)
    events = [row["event"] for row in postgres.query(
        "select event from gatehouse.audit_events where realm = %s", server.realm)]
    for event in ("login", "login_failed", "logout"):
        assert event in events, events


def test_requirement_61_no_secret_reaches_a_log(nginx):
    server = nginx(API + GUARDED, log_level="debug")
    account = Account(server, password="canary-Pass-4711")
    account.login("canary-Wrong-4712")
    account.refresh()
    account.visit()
    logs = server.error_log() + server.access_log()
    # nginx at level debug logs headers and bodies by itself; what we log must not.
    ours = "\n".join(line for line in logs.splitlines() if "gatehouse:" in line)
    for secret in ("canary-Pass-4711", "canary-Wrong-4712", account.access, account.refresh_token):
        assert secret not in ours


# ---- sessions ----

def sessions(account):
    answer = account.server.get("/auth/sessions", headers=bearer(account.access))
    assert answer.status_code == 200, answer.text
    return answer.json()["sessions"]


def end(account, route, **body):
    return account.server.request("DELETE", "/auth/" + route, headers=bearer(account.access), **({"json": body} if body else {}))


def test_requirement_38_a_user_sees_his_sessions(server):
    account = Account(server)
    server.post("/auth/login", json={"email": account.email, "password": account.password},
                headers={"User-Agent": "another device"})
    rows = sessions(account)
    assert len(rows) == 2
    mine = next(row for row in rows if row["current"])
    other = next(row for row in rows if not row["current"])
    assert list(mine) == ["id", "current", "client", "address", "userAgent", "createdAt", "lastSeenAt", "expiresAt"]
    assert mine["id"] == claims(account.access)["sid"]
    assert (other["userAgent"], other["address"], other["client"]) == ("another device", "127.0.0.1", "rest")
    assert TIME.fullmatch(mine["createdAt"]) and TIME.fullmatch(mine["lastSeenAt"]) and TIME.fullmatch(mine["expiresAt"])


def test_requirement_38_a_user_ends_one_session_or_all_others(server):
    account = Account(server)
    first = account.refresh_token
    account.login()
    second = account.refresh_token
    account.login()
    assert end(account, "sessions/" + claims(first)["sid"]).status_code == 204
    assert_error(account.post("refresh", refreshToken=first), 403)
    assert end(account, "sessions").status_code == 204
    assert_error(account.post("refresh", refreshToken=second), 403)
    assert [row["current"] for row in sessions(account)] == [True]
    assert end(account, "sessions/" + claims(account.access)["sid"]).status_code == 204
    assert_error(account.refresh(), 403)


def test_nobody_ends_the_session_of_another(server):
    account, other = Account(server), Account(server)
    assert_error(end(account, "sessions/" + claims(other.access)["sid"]), 404)
    assert_error(end(account, "sessions/nonsense"), 404)
    assert other.refresh().status_code == 200


def test_requirement_38_long_after_the_login_the_password_is_asked_for(server, redis, postgres):
    account = Account(server)
    first = claims(account.access)["sid"]
    account.login()
    key = f"gatehouse:{{{server.realm}}}:session:{claims(account.access)['sid']}"
    redis.client.hset(key, "auth_time", int(redis.client.hget(key, "auth_time")) - 3600)
    account.refresh()
    assert_error(end(account, "sessions"), 403)
    assert_error(end(account, "sessions/" + first), 403)
    assert_error(end(account, "sessions/" + first, currentPassword="WrongPass123"), 400, errors={"currentPassword"})
    failures = postgres.query("select 1 from gatehouse.audit_events where realm = %s and event = 'reauthentication_failed'",
                              server.realm)
    assert len(failures) == 1, "requirement 62"
    assert end(account, "sessions/" + first, currentPassword=account.password).status_code == 204
    assert end(account, "sessions", currentPassword=account.password).status_code == 204
