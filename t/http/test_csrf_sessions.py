"""The `csrf` contract: one login at a time, a refresh token that stays, calls that are counted, a client library's day."""

import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
import requests

from accounts import Account, bearer, claims
from bff_client import UUID
from contract import assert_answer
from csrf_client import FORBIDDEN, LOGGED_IN, OPEN, REST, ROOT, Client, Page, conflict, error
from processes import wait_until

WORKERS = 2


@pytest.fixture
def server(nginx):
    return nginx(ROOT + REST, realm=OPEN)


# ---- one login at a time ----

def test_a_second_login_is_409_while_the_first_lives(server):
    client = Client(server)
    client.login()
    assert_answer(client.login(), 409, conflict("User already logged in"))
    assert_answer(client.login(password="WrongPass123"), 401, error(401, "Unauthorized", "Invalid credentials"))
    assert client.logout().status_code == 200
    assert client.login().status_code == 201


def test_only_live_sessions_count(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "refresh_lifetime": "1s"}))
    client.login()
    wait_until(lambda: client.login().status_code == 201, "the first session to end", 10)


def test_only_sessions_of_this_dialect_count(server):
    client = Client(server)
    body = {"email": client.email, "password": client.password}
    assert server.post("/rest/login", json=body).status_code == 200
    assert client.login().status_code == 201
    assert server.post("/rest/login", json=body).status_code == 200


def test_a_session_that_was_ended_from_elsewhere_does_not_count(server):
    client = Client(server)
    client.login()
    body = {"email": client.email, "password": client.password}
    token = server.post("/rest/login", json=body).json()["tokens"]["accessToken"]
    assert server.post("/rest/logout/all", headers=bearer(token)).status_code == 200
    assert client.visit().status_code == 401
    assert client.login().status_code == 201


def test_the_switch_turns_it_off(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "second_login": "on"}))
    client.login()
    first = client.refresh_token
    assert client.login().status_code == 201
    assert client.refresh(first).status_code == client.refresh().status_code == 201


def test_many_logins_at_once_make_one_session(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "limit_logins": "off"}, workers=4))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post("login", email=client.email, password=client.password), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15


def test_requirement_51_a_second_login_is_no_failed_one(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "limit_logins": "account+address=2/1m"}))
    client.login()
    assert [client.login().status_code for _ in range(4)] == [409] * 4


def test_requirement_62_a_second_login_is_in_the_audit_trail(server, postgres):
    client = Client(server)
    client.login()
    client.login()
    rows = postgres.query("select event, detail from gatehouse.audit_events where realm = %s order by id", server.realm)
    assert [row["event"] for row in rows] == ["registered", "login", "login_failed"]
    assert rows[-1]["detail"] == {"reason": "logged in already"}


# ---- refresh and logout ----

def test_the_refresh_token_is_a_uuid_and_nothing_more(server, redis):
    """Issue 10.20: as the original's document shows it. Redis has its hash alone (REQUIREMENTS 28)."""
    client = Client(server)
    client.login()
    token = client.refresh_token
    assert UUID.fullmatch(token) and token not in (client.id, claims(client.access)["sid"])
    keys = redis.client.keys(f"gatehouse:{{{server.realm}}}:*")
    stored = [str(redis.client.hgetall(key)) for key in keys if redis.client.type(key) in (b"hash", "hash")]
    assert stored and not any(token in text for text in (*map(str, keys), *stored))
    week = 7 * 24 * 3600
    assert week - 60 < redis.client.ttl(f"gatehouse:{{{server.realm}}}:alias:{sha256(token.encode()).hexdigest()}") <= week
    for other in ("00000000-0000-4000-8000-000000000000", token.upper(), token.replace("-", ""), client.id,
                  claims(client.access)["sid"], token + "0"):
        assert client.refresh(other).status_code == 401, other
        assert client.logout(other).status_code == 400, other
    assert client.visit(token).status_code == 401, "it is no access token"
    assert client.refresh().status_code == 201 and client.logout().status_code == 200
    assert client.refresh().status_code == 401


def test_a_trailing_slash_is_the_same_route(nginx):
    """Issue 10.18, in this dialect."""
    text = ROOT.replace("location = /csrf-token ", "location ~ ^/csrf-token/?$ ")
    server = nginx(text, realm=OPEN)
    client = Client(server)
    cookie = {"Cookie": client.cookie}
    assert server.get("/csrf-token/", headers=cookie).json()["csrfToken"] == client.token
    assert client.post("login/", email=client.email, password=client.password).status_code == 201
    assert client.post("nothing/").json()["message"] == "Cannot POST /auth/nothing/"


def test_refresh_gives_an_access_token_and_the_refresh_token_stays(server):
    client = Client(server)
    client.login()
    for _ in range(4):
        answer = client.refresh()
        assert_answer(answer, 201, '{"accessToken":"TOKEN"}')
        assert client.visit(answer.json()["accessToken"]).status_code == 200


def test_parallel_refreshes_all_work(server):
    client = Client(server)
    client.login()
    with ThreadPoolExecutor(16) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: client.refresh(), range(32))} == {201}


def test_a_dead_refresh_token_is_401_at_refresh_and_400_at_logout(server):
    client = Client(server)
    client.login()
    dead = client.refresh_token
    assert_answer(client.logout(), 200, '{"message":"Logged out successfully"}')
    for token in (dead, "garbage", "a.b.c", client.access):
        assert_answer(client.refresh(token), 401, error(401, "Unauthorized", "Invalid/expired token"))
        assert_answer(client.logout(token), 400, error(400, "Bad Request", "Invalid/expired token"))
    assert client.visit().status_code == 401


def test_requirement_36_a_new_password_ends_the_session(server):
    client = Client(server)
    client.login()
    token = server.post("/rest/login", json={"email": client.email, "password": client.password}).json()["tokens"]["accessToken"]
    wish = {"password": "SecurePass124", "currentPassword": client.password}
    assert server.request("PATCH", "/rest/me", json=wish, headers=bearer(token)).status_code == 200
    assert client.refresh().status_code == 401
    assert client.login(password="SecurePass124").status_code == 201


def test_a_refresh_token_is_worth_nothing_in_another_dialect(server):
    client, account = Client(server), Account(server, "/rest/")
    client.login()
    assert account.refresh(client.refresh_token).status_code == 403
    assert account.post("logout", refreshToken=client.refresh_token).status_code == 403
    assert client.refresh(account.refresh_token).status_code == 401
    assert client.logout(account.refresh_token).status_code == 400
    assert client.refresh().status_code == 201
    assert account.refresh().status_code == 200


def test_a_user_of_one_dialect_logs_in_through_the_other(server):
    client = Client(server)
    answer = server.post("/rest/login", json={"email": client.username, "password": client.password})
    assert (answer.json()["user"]["id"], answer.json()["user"]["name"]) == (client.id, client.username)
    account = Account(server, "/rest/")
    answer = client.post("login", email=account.email, password=account.password)
    assert_answer(answer, 201, LOGGED_IN % (account.email, "null"))


def test_its_tokens_pass_the_guard_as_the_username(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "remote_user": "username"}))
    client.login()
    assert ["Remote-User", client.username] in client.visit().json()["headers"]


@pytest.mark.parametrize("stop, route", [("redis", "login"), ("postgres", "login"), ("postgres", "register")])
def test_a_store_that_is_down_is_503(server, postgres, redis, stop, route):
    client = Client(server)
    {"redis": redis, "postgres": postgres}[stop].stop()
    answer = client.post(route, **{**client.person, "email": "x@example.com", "username": "x"})
    assert_answer(answer, 503, error(503, "Service Unavailable", "The service is unavailable, try again later"))
    assert int(answer.headers["Retry-After"]) > 0
    assert server.get("/csrf-token").status_code == 200


# ---- throttling ----

def test_ten_calls_a_minute_of_each_route(nginx):
    page = Page(nginx(ROOT))
    for left in range(9, -1, -1):
        answer = page.post("login", email=f"{left}@example.com", password="x")
        assert answer.status_code == 401
        assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("10", str(left))
        assert 1 <= int(answer.headers["X-RateLimit-Reset"]) <= 60
    answer = page.post("login", email="10@example.com", password="x")
    assert_answer(answer, 429, error(429, "Too Many Requests", "ThrottlerException: Too Many Requests"))
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("10", "0")
    assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert page.post("refresh", refreshToken="x").status_code == 401, "another route"


def test_a_call_without_a_token_does_not_count(nginx):
    server = nginx(ROOT, realm={"csrf_rate": "2/1m"})
    for _ in range(4):
        assert_answer(server.post("/auth/login", json={"email": "a", "password": "b"}), 403, FORBIDDEN)
    page = Page(server)
    assert [page.post("login", email="a", password="b").status_code for _ in range(3)] == [401, 401, 429]


def test_another_client_has_a_count_of_his_own(nginx):
    server = nginx("set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;" + ROOT, realm={"csrf_rate": "1/1m"})
    page = Page(server)
    headers = {"x-csrf-token": page.token, "Cookie": page.cookie}
    for address, status in (("192.0.2.1", 401), ("192.0.2.1", 429), ("192.0.2.2", 401), ("2001:db8::1", 401), ("2001:db8::2", 429)):
        answer = server.post("/auth/login", json={"email": "a", "password": "b"}, headers={**headers, "X-Test-Address": address})
        assert answer.status_code == status


def test_the_count_ends_by_itself(nginx):
    page = Page(nginx(ROOT, realm={"csrf_rate": "1/1s"}))
    assert page.post("login", email="a", password="b").status_code == 401
    wait_until(lambda: page.post("login", email="a", password="b").status_code == 401, "the window to end", 10)


def test_parallel_calls_cannot_slip_past(nginx):
    page = Page(nginx(ROOT, realm={"csrf_rate": "5/1m"}, workers=4))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: page.post("refresh", refreshToken="x"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 11


# ---- other sites ----

def test_a_page_of_an_allowed_origin_may_send_the_token(nginx):
    server = nginx("gatehouse_allow_origin https://app.example.com;" + ROOT, realm=OPEN)
    origin = {"Origin": "https://app.example.com"}
    answer = server.request("OPTIONS", "/auth/login", headers={
        **origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-csrf-token"})
    assert answer.status_code == 204
    assert "X-CSRF-Token" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    answer = server.get("/csrf-token", headers=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "X-RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]


def test_another_sites_page_may_not_even_with_a_token(server):
    page = Page(server)
    answer = server.post("/auth/login", json={"email": "a", "password": "b"}, headers={
        "x-csrf-token": page.token, "Cookie": page.cookie, "Origin": "https://evil.example.com"})
    assert_answer(answer, 403, error(403, "Forbidden", "Forbidden"))


# ---- a client library ----

def test_a_session_of_twenty_steps(nginx):
    server = nginx(ROOT, realm={"cookie_secure": "off"})
    session = requests.Session()
    session.trust_env = False

    def call(route, expected, **body):
        headers = {"x-csrf-token": session.get(server.url + "/csrf-token", timeout=15).json()["csrfToken"]}
        answer = session.post(f"{server.url}/auth/{route}", json=body, headers=headers, timeout=15)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def visit(token):
        return server.get("/", headers=bearer(token)).status_code

    person = {"email": "user@example.com", "username": "user", "password": "a good password"}
    credentials = {"email": person["email"], "password": person["password"]}
    assert session.post(f"{server.url}/auth/register", json=person, timeout=15).status_code == 403      # 1: no token
    call("login", 401, **credentials)                                                             # 2: nobody yet
    call("register", 400, email="user@example.com")                                               # 3
    assert call("register", 201, **person)["username"] == "user"                                  # 4
    call("register", 409, **person)                                                               # 5
    call("login", 401, email="user", password="a wrong password")                                 # 6
    first = call("login", 201, **credentials)                                                     # 7
    assert first["user"]["username"] == "user"
    assert visit(first["accessToken"]) == 200                                                     # 8
    call("login", 409, **credentials)                                                             # 9
    assert visit(call("refresh", 201, refreshToken=first["refreshToken"])["accessToken"]) == 200  # 10, 11
    time.sleep(1)
    again = call("refresh", 201, refreshToken=first["refreshToken"])                              # 12: still the first one
    assert again["accessToken"] != first["accessToken"]
    call("logout", 400, refreshToken="garbage")                                                   # 13
    assert call("logout", 200, refreshToken=first["refreshToken"])["message"]                     # 14
    assert visit(again["accessToken"]) == 401                                                     # 15
    call("refresh", 401, refreshToken=first["refreshToken"])                                      # 16
    call("logout", 400, refreshToken=first["refreshToken"])                                       # 17
    second = call("login", 201, email="user", password=person["password"])                        # 18: by the username
    assert second["user"]["id"] == first["user"]["id"]
    assert visit(second["accessToken"]) == 200                                                    # 19
    call("logout", 200, refreshToken=second["refreshToken"])                                      # 20
