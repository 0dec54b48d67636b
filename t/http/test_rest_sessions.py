"""The `rest` contract: refresh, logout, and the list of one's sessions."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import API, GUARDED, Account, assert_error, bearer, claims

WORKERS = 2

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


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


def test_an_expired_refresh_token_is_403(nginx):
    account = Account(nginx(API, realm={"refresh_lifetime": "1s"}))
    time.sleep(2)
    for route in ("refresh", "logout"):
        assert_error(account.post(route, refreshToken=account.refresh_token), 403, "Invalid or expired refresh token")


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


# ---- all of it ----

def test_a_session_of_twenty_steps(server):
    person = {"name": "Jane Doe", "email": "jane@example.com", "password": "SecurePass123"}
    credentials = {"email": person["email"], "password": person["password"]}

    def call(method, route, expected, token=None, **body):
        answer = server.request(method, f"/auth/{route}", headers=bearer(token) if token else {}, **({"json": body} if body else {}))
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    def visit(token):
        return server.get("/", headers=bearer(token)).status_code

    call("POST", "login", 401, **credentials)                                                     # 1: nobody yet
    call("POST", "register", 400, **{**person, "confirmPassword": "another"})                     # 2
    here = call("POST", "register", 201, **{**person, "confirmPassword": person["password"]})     # 3
    call("POST", "register", 409, **person)                                                       # 4
    assert visit(here["tokens"]["accessToken"]) == 200                                            # 5
    there = call("POST", "login", 200, **credentials)                                             # 6: another device
    assert there["user"] == here["user"]
    call("POST", "login", 401, **{**credentials, "password": "a wrong one"})                      # 7
    access = there["tokens"]["accessToken"]
    assert call("GET", "me", 200, access)["user"]["name"] == "Jane Doe"                           # 8
    assert call("PATCH", "me", 200, access, name="Jane Roe")["user"]["name"] == "Jane Roe"        # 9
    call("PATCH", "me", 400, access, password="Another-Passw0rd")                                 # 10: not without the old one
    assert len(call("GET", "sessions", 200, access)["sessions"]) == 2                             # 11
    next_one = call("POST", "refresh", 200, refreshToken=there["tokens"]["refreshToken"])         # 12
    assert next_one["user"]["name"] == "Jane Roe"
    again = call("POST", "refresh", 200, refreshToken=there["tokens"]["refreshToken"])            # 13: two tabs at once
    assert again["tokens"]["refreshToken"] == next_one["tokens"]["refreshToken"]
    access = next_one["tokens"]["accessToken"]
    changed = {"password": "Another-Passw0rd", "currentPassword": person["password"]}
    call("PATCH", "me", 200, access, **changed)                                                   # 14
    assert visit(here["tokens"]["accessToken"]) == 401                                            # 15: the other device is out
    call("POST", "refresh", 403, refreshToken=here["tokens"]["refreshToken"])                     # 16
    call("POST", "login", 401, **credentials)                                                     # 17
    call("POST", "logout", 200, refreshToken=next_one["tokens"]["refreshToken"])                  # 18
    assert visit(access) == 401                                                                   # 19
    last = call("POST", "login", 200, **{**credentials, "password": changed["password"]})         # 20
    assert last["user"]["id"] == here["user"]["id"]
