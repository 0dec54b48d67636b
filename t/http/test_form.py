"""The `form` contract: text for curl, and a cookie that is no token."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import API, GUARDED, Account, bearer, claims
from browser import set_cookies
from form_client import (ACCESS, CLEARED, FORM, HANDLE, HTML, PASSWORD, assert_json, assert_text, curl, handle_of, login,
                         new_person, seen, signup, with_handle)
from processes import wait_until


@pytest.fixture
def server(nginx):
    """Plain HTTP, where browsers keep no Secure cookie."""
    return nginx(FORM, realm={"cookie_secure": "off"})


# ---- the document's calls, with curl itself ----

def test_the_documents_own_calls(server, folder):
    jar = str(folder / "jar")
    email = f"john.{secrets.token_hex(4)}@example.com"
    url = server.url + "/auth"
    assert curl(server, "--request", "POST", f"{url}/signup", "--form", 'name="John Doe"', "--form", f'email="{email}"',
                "--form", 'password="mysecretpass"', "--cookie-jar", jar) == (200, "Signup successful")
    assert curl(server, "--request", "POST", f"{url}/login", "--form", f'email="{email}"', "--form",
                'password="mysecretpass"', "--cookie-jar", jar) == (200, "Login successful")
    status, page = curl(server, server.url + "/index.html", "--cookie", jar)
    assert status == 200
    assert curl(server, "--request", "POST", f"{url}/logout", "--cookie", jar, "--cookie-jar", jar) == (
        200, "Logout successful")
    assert curl(server, server.url + "/", "--cookie", jar)[0] == 401
    assert curl(server, "--request", "POST", f"{url}/logout", "--cookie", jar) == (
        404, '{"code":404,"message":"User not found"}')


def test_the_documents_login_of_an_unknown_user(server):
    assert curl(server, "--request", "POST", server.url + "/auth/login", "--form", 'email="john"', "--form",
                'password="doe"') == (401, "Invalid email or password")


# ---- signup and login ----

def test_signup_logs_in(server, upstream):
    person, answer = signup(server)
    assert_text(answer, 200, "Signup successful")
    handle, access = set_cookies(answer)
    match = HANDLE.fullmatch(handle)
    assert match and 30 * 24 * 3600 - 5 <= int(match[2]) <= 30 * 24 * 3600
    assert re.fullmatch(ACCESS + r"=[\w.-]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=(899|900)", access), access
    token = access.split("=", 1)[1].split(";")[0]
    said = claims(token)
    assert (said["email"], said["name"]) == (person["email"], "John Doe")
    assert said["exp"] - said["iat"] == 900
    assert server.get("/", cookies={ACCESS: token}).status_code == 200


def test_login_by_urlencoded_and_multipart(server):
    person, _ = signup(server)
    assert_text(login(server, person), 200, "Login successful")
    parts = {name: (None, person[name]) for name in ("email", "password")}
    answer = server.post("/auth/login", files=parts)
    assert_text(answer, 200, "Login successful")
    assert len(set_cookies(answer)) == 2


def test_cookies_over_https_are_secure(nginx):
    server = nginx(FORM)
    _, answer = signup(server)
    handle, access = set_cookies(answer)
    assert re.fullmatch(r"uuid=[0-9a-f]{32}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=\d+", handle)
    assert access.startswith("__Host-gatehouse=") and re.search("; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=[0-9]+$", access)
    answer = server.post("/auth/logout", headers=with_handle(handle[5:37]))
    assert set_cookies(answer)[0] == (
        "uuid=; Path=/; HttpOnly; Secure; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT")


def test_login_is_recorded(server, postgres):
    person, _ = signup(server)
    postgres.query("update gatehouse.users set last_login_at = null where realm = %s", server.realm)
    login(server, person)
    row, = postgres.query("select last_login_at, last_logout_at from gatehouse.users where realm = %s", server.realm)
    assert row["last_login_at"] and not row["last_logout_at"]


@pytest.mark.parametrize("fields", [{"email": "john", "password": "doe"}, {"password": "another one"}])
def test_a_wrong_login(server, fields):
    person, _ = signup(server)
    answer = login(server, {**person, **fields})
    assert_text(answer, 401, "Invalid email or password")
    assert set_cookies(answer) == []


@pytest.mark.parametrize("route, field", [("login", "email"), ("login", "password"), ("signup", "name"),
                                          ("signup", "email"), ("signup", "password")])
@pytest.mark.parametrize("multipart", [False, True])
def test_a_missing_field(server, route, field, multipart):
    person = new_person()
    for value in (None, ""):
        fields = {name: text for name, text in {**person, field: value}.items() if text is not None}
        body = {"files": {name: (None, text) for name, text in fields.items()}} if multipart else {"data": fields}
        assert_text(server.post(f"/auth/{route}", **body), 400, f"{field} is required")


@pytest.mark.parametrize("fields, text", [
    ({"password": "short"}, "password must have at least 8 characters"), ({"email": "john"}, "email has no @"),
    ({"name": "a\x07b"}, "name must be plain text without control characters")])
def test_signup_checks(server, fields, text):
    assert_text(server.post("/auth/signup", data=new_person(**fields)), 400, text)


def test_a_common_password_is_refused(nginx, blocklist):
    server = nginx(FORM, realm={"password": f"blocklist={blocklist}"})
    answer = server.post("/auth/signup", data=new_person(password="password"))
    assert answer.status_code == 400 and answer.text.startswith("password is one of")
    signup(server, password="mysecretpass")


def test_a_taken_email(server):
    person, _ = signup(server)
    answer = server.post("/auth/signup", data={**person, "email": person["email"].upper()})
    assert_text(answer, 400, "A user with this email already exists")


def test_registration_may_be_closed(nginx):
    server = nginx(FORM, realm={"registration": "closed"})
    assert_text(server.post("/auth/signup", data=new_person()), 403, "Registration is closed")


def test_all_that_is_wrong_is_said(server):
    """Issue 10.20: the document's john and doe, who cannot have an account, learn why at once; and who has only a cookie, what a login takes."""
    assert curl(server, "--request", "POST", server.url + "/auth/signup", "--form", 'name="John"', "--form", 'email="john"',
                "--form", 'password="doe"') == (400, "email has no @, password must have at least 8 characters")
    assert_text(server.post("/auth/signup"), 400, "name is required, email is required, password is required")
    _, answer = signup(server)
    for cookie in (with_handle(handle_of(answer)), {}):
        assert_text(server.post("/auth/login", headers=cookie), 400, "email is required, password is required")
    assert server.get("/", headers=with_handle(handle_of(answer))).status_code == 200


# ---- bodies ----

def test_other_bodies_are_refused(server):
    text = "The body must be application/x-www-form-urlencoded or multipart/form-data"
    assert_text(server.post("/auth/login", json=new_person()), 415, text)
    assert_text(server.post("/auth/login", data="email=a&password=b", headers={"Content-Type": "text/plain"}), 415, text)


def test_files_and_duplicates_are_refused(server):
    parts = [("email", (None, "a")), ("password", (None, "b"))]
    assert_text(server.post("/auth/login", files=parts + [("x", ("x.txt", "y"))]), 400, "A file cannot be sent here")
    assert_text(server.post("/auth/login", files=parts + [("email", (None, "c"))]), 400, 'The form has "email" twice')
    assert_text(server.post("/auth/login", data="email=a&password=b&email=c",
                            headers={"Content-Type": "application/x-www-form-urlencoded"}), 400, 'The form has "email" twice')
    assert_text(server.post("/auth/login", data=b"--b\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"}),
                400, "A part of the form has no end of its headers")


def test_requirement_26_too_large_a_body(server):
    answer = server.post("/auth/login", data={"email": "x" * 40000, "password": "y"})
    assert_text(answer, 413, "The body is too large")


def test_unknown_paths_and_methods(server):
    assert_text(server.get("/auth/nothing"), 404, "Not found")
    answer = server.request("PUT", "/auth/login")
    assert_text(answer, 405, "Method not allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


# ---- the cookie ----

def test_requirement_28_the_handle_is_stored_as_a_hash(server, redis):
    _, answer = signup(server)
    handle = handle_of(answer)
    prefix = f"gatehouse:{{{server.realm}}}:"
    stored = {key: redis.client.hgetall(key) if redis.client.type(key) == "hash" else
              redis.client.get(key) if redis.client.type(key) == "string" else redis.client.zrange(key, 0, -1)
              if redis.client.type(key) == "zset" else redis.client.xrange(key) for key in redis.client.keys(prefix + "*")}
    assert any(":alias:" in key for key in stored)
    assert handle not in repr(stored)
    sid = claims(set_cookies(answer)[1].split("=", 1)[1].split(";")[0])["sid"]
    assert handle != sid.replace("-", "")


def test_a_lone_handle_opens_the_guard_and_brings_an_access_cookie(server, upstream):
    _, answer = signup(server)
    handle = handle_of(answer)
    for _ in range(2):  # no rotation
        visit = server.get("/", headers=with_handle(handle))
        assert visit.status_code == 200
        cookie, = set_cookies(visit)
        assert re.fullmatch(ACCESS + r"=[\w.-]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=(899|900)", cookie)
        assert server.get("/", headers={"Cookie": cookie.split(";")[0]}).status_code == 200


def test_the_app_never_sees_the_handle(server, upstream):
    _, answer = signup(server)
    access = set_cookies(answer)[1].split(";")[0]
    for cookie in (f"uuid={handle_of(answer)}; app=1", f"a=b; {access}; uuid={handle_of(answer)}; app=1"):
        upstream.clear()
        assert server.get("/", headers={"Cookie": cookie}).status_code == 200
        assert seen(upstream, "Cookie") == cookie.replace(access + "; ", "").replace(f"uuid={handle_of(answer)}; ", "")


def test_other_realms_keep_a_cookie_of_this_name(nginx, upstream):
    server = nginx(API + GUARDED)
    account = Account(server)
    upstream.clear()
    assert server.get("/", headers={**bearer(account.access), "Cookie": "uuid=" + "a" * 32}).status_code == 200
    assert seen(upstream, "Cookie") == "uuid=" + "a" * 32
    assert server.get("/", headers={"Cookie": "uuid=" + "a" * 32}).status_code == 401


def test_a_stale_handle_does_not_block_good_credentials(server):
    person, answer = signup(server)
    access = set_cookies(answer)[1].split(";")[0]
    stale = "uuid=" + "0" * 32
    again = login(server, person, headers={"Cookie": stale})
    assert_text(again, 200, "Login successful")
    assert server.get("/", headers={"Cookie": f"{stale}; {access}"}).status_code == 200
    token = access.split("=", 1)[1]
    assert server.get("/", headers={"Cookie": stale, **bearer(token)}).status_code == 200


def test_a_dead_handle_is_forgotten(server):
    answer = server.get("/", headers=with_handle("0" * 32))
    assert answer.status_code == 401
    assert CLEARED in set_cookies(answer)
    assert set_cookies(server.get("/", headers={"Cookie": "uuid=the-apps-own"})) == []


def test_requirement_41_two_handles(server):
    _, answer = signup(server)
    handle = handle_of(answer)
    assert server.get("/", headers={"Cookie": f"uuid={handle}; uuid={handle}"}).status_code == 400
    assert server.post("/auth/logout", headers={"Cookie": f"uuid={handle}; uuid={handle}"}).status_code == 400


# ---- logout ----

def test_logout(server, postgres):
    _, answer = signup(server)
    handle = handle_of(answer)
    access = set_cookies(answer)[1].split(";")[0]
    out = server.post("/auth/logout", headers=with_handle(handle))
    assert_text(out, 200, "Logout successful")
    assert set_cookies(out) == [CLEARED, f"{ACCESS}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]
    for cookie in (f"uuid={handle}", access):
        assert server.get("/", headers={"Cookie": cookie}).status_code == 401
    row, = postgres.query("select last_logout_at from gatehouse.users where realm = %s", server.realm)
    assert row["last_logout_at"]


@pytest.mark.parametrize("cookie", [None, "uuid=" + "0" * 32, "uuid=", "uuid=not-one-of-ours", "other=1"])
def test_logout_without_a_live_cookie(server, cookie):
    answer = server.post("/auth/logout", headers={"Cookie": cookie} if cookie else {})
    assert_json(answer, 404, "User not found")


@pytest.mark.parametrize("body, kind", [
    ('{"a":', "application/json"), ("a=b&a=c&return=%ff", "application/x-www-form-urlencoded"), ("x", "text/plain"), ("x", ""),
    ("--b\r\n", "multipart/form-data; boundary=b"), ("--", "multipart/form-data"), ("x" * 100_000, "application/octet-stream")])
def test_a_logout_ignores_its_body(server, body, kind):
    """Issue 10.20: whatever it is."""
    _, answer = signup(server)
    out = server.post("/auth/logout", headers={**with_handle(handle_of(answer)), "Content-Type": kind}, data=body)
    assert_text(out, 200, "Logout successful")
    assert server.get("/", headers=with_handle(handle_of(answer))).status_code == 401
    assert_json(server.post("/auth/logout", headers={"Content-Type": kind}, data=body), 404, "User not found")


def test_a_trailing_slash_is_the_same_route(server):
    """Issue 10.18, in this dialect."""
    person = new_person()
    assert_text(server.post("/auth/signup/", data=person), 200, "Signup successful")
    answer = server.post("/auth/login/", data=person)
    assert_text(answer, 200, "Login successful")
    assert "<form" in server.get("/auth/login/").text
    assert_text(server.post("/auth/logout/", headers=with_handle(handle_of(answer))), 200, "Logout successful")
    assert server.get("/", headers=with_handle(handle_of(answer))).status_code == 401


def test_logout_leaves_no_trace_in_redis(server, redis):
    _, answer = signup(server)
    server.post("/auth/logout", headers=with_handle(handle_of(answer)))
    keys = redis.client.keys(f"gatehouse:{{{server.realm}}}:*")
    assert not [key for key in keys if ":alias:" in key or ":session:" in key], keys


def test_parallel_logouts_end_one_session_once(server):
    _, answer = signup(server)
    handle = handle_of(answer)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.post("/auth/logout", headers=with_handle(handle)), range(8)))
    assert sorted(each.status_code for each in answers) == [200] + [404] * 7


def test_parallel_visits_by_handle_all_pass(server):
    _, answer = signup(server)
    handle = handle_of(answer)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.get("/", headers=with_handle(handle)).status_code, range(16)))
    assert answers == [200] * 16


# ---- revocation, and other dialects ----

def test_a_disabled_user_is_out(server, postgres):
    person, answer = signup(server)
    handle = handle_of(answer)
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", server.realm, person["email"])
    wait_until(lambda: server.get("/", headers=with_handle(handle)).status_code == 401, "the end of the session")
    assert_text(login(server, person), 401, "Invalid email or password")


def test_new_roles_count_at_the_next_request(server, postgres, upstream):
    person, answer = signup(server)
    handle = handle_of(answer)
    postgres.query("select gatehouse.set_roles(%s, %s, '{staff}')", server.realm, person["email"])

    def has_come():
        assert server.get("/", headers=with_handle(handle)).status_code == 200
        return seen(upstream, "Remote-Groups") == "staff"

    wait_until(has_come, "the role")


def test_one_user_through_two_dialects(nginx):
    server = nginx("location /auth/ { gatehouse_api %REALM% form mount=/; }"
                   "location /api/ { gatehouse_api %REALM% rest; }" + GUARDED, realm={"cookie_secure": "off"})
    person, answer = signup(server)
    rest = server.post("/api/login", json={"email": person["email"], "password": PASSWORD})
    assert rest.status_code == 200
    tokens = rest.json()["tokens"]
    # What one dialect keeps of its session is worth nothing to another.
    assert_json(server.post("/auth/logout", headers=with_handle(tokens["refreshToken"])), 404, "User not found")
    for route in ("refresh", "logout"):
        assert server.post(f"/api/{route}", json={"refreshToken": handle_of(answer)}).status_code == 403
    account = Account(server, prefix="/api/")
    assert_text(login(server, {"email": account.email, "password": account.password}), 200, "Login successful")


def test_a_login_takes_the_place_of_one_through_the_pages(nginx):
    server = nginx("location /auth/ { gatehouse_api %REALM% form mount=/; }"
                   "location /account/ { gatehouse_api %REALM% rest; }" + GUARDED, realm={"cookie_secure": "off"})
    person, _ = signup(server)
    answer = login(server, person, headers={"Cookie": "gatehouse-refresh=x"})
    assert set_cookies(answer)[2] == "gatehouse-refresh=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    # And the other way round, lest a logout there leave one logged in here.
    handle = with_handle(handle_of(answer))
    pages = server.post("/account/login", data=person, headers=handle)
    assert pages.status_code == 303 and CLEARED in set_cookies(pages)
    out = server.post("/account/logout", data={"return": "/"}, headers=handle)
    assert out.status_code == 303 and CLEARED in set_cookies(out)


def test_without_redis_nobody_is_told_of_success(server, redis):
    person, answer = signup(server)
    handle = handle_of(answer)
    redis.stop()
    for answer in (login(server, person), server.post("/auth/signup", data=new_person()),
                   server.post("/auth/logout", headers=with_handle(handle))):
        assert_text(answer, 503, "The service is unavailable, try again later")
        assert answer.headers["Retry-After"] == "5"
    answer = server.get("/", headers=with_handle(handle))
    assert answer.status_code == 503 and set_cookies(answer) == []


# ---- as a client would do it ----

def test_a_session_of_twenty_steps(server, upstream):
    person = new_person()
    send = lambda path, **data: server.post(f"/auth/{path}", data=data)
    assert server.get("/").status_code == 401
    assert server.get("/auth/login").status_code == 200
    assert_text(send("login", email=person["email"], password=PASSWORD), 401, "Invalid email or password")
    assert_text(send("signup", email=person["email"], password=PASSWORD), 400, "name is required")
    first = send("signup", **person)
    assert_text(first, 200, "Signup successful")
    phone = handle_of(first)
    assert server.get("/", headers=with_handle(phone)).status_code == 200
    assert seen(upstream, "Remote-Email") == person["email"]
    assert_text(send("signup", **person), 400, "A user with this email already exists")
    second = send("login", email=person["email"], password=PASSWORD)
    laptop = handle_of(second)
    assert laptop != phone
    for handle in (phone, laptop):
        assert server.get("/", headers=with_handle(handle)).status_code == 200
    assert_text(send("login", email=person["email"], password="wrong one"), 401, "Invalid email or password")
    assert_text(server.post("/auth/logout", headers=with_handle(phone)), 200, "Logout successful")
    assert server.get("/", headers=with_handle(phone)).status_code == 401
    assert server.get("/", headers=with_handle(laptop)).status_code == 200
    assert_json(server.post("/auth/logout", headers=with_handle(phone)), 404, "User not found")
    access = set_cookies(server.get("/", headers=with_handle(laptop)))[0].split(";")[0]
    assert server.get("/", headers={"Cookie": f"uuid={laptop}; {access}"}).status_code == 200
    assert_text(server.post("/auth/logout", headers=with_handle(laptop)), 200, "Logout successful")
    assert server.get("/", headers={"Cookie": f"uuid={laptop}; {access}"}).status_code == 401
    third = send("login", email=person["email"].upper(), password=PASSWORD)
    assert server.get("/", headers=with_handle(handle_of(third))).status_code == 200


# ---- too many ----

def test_requirement_51_too_many_logins(nginx):
    server = nginx(FORM, realm={"cookie_secure": "off", "limit_logins": "account+address=3/1m account=off address=off"})
    person, _ = signup(server)
    for _ in range(3):
        assert_text(login(server, {**person, "password": "wrong one"}), 401, "Invalid email or password")
    answer = login(server, person)
    assert_text(answer, 429, "Too many requests, try again later")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    page = login(server, person, headers=HTML)
    assert page.status_code == 429 and "tried too often" in page.text
    assert 1 <= int(page.headers["Retry-After"]) <= 60


def test_too_many_signups(nginx):
    server = nginx(FORM, realm={"cookie_secure": "off", "limit_registrations": "address=1/1m all=off"})
    signup(server)
    answer = server.post("/auth/signup", data=new_person())
    assert_text(answer, 429, "Too many requests, try again later")
    assert set_cookies(answer) == [] and 1 <= int(answer.headers["Retry-After"]) <= 60
