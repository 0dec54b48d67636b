"""gatehouse_check: the guard's answer for auth_request, and for other proxies."""

import concurrent.futures
import re
import subprocess

import pytest

from accounts import API
from browser import NAVIGATION, Browser
from tokens import Mint

CHECK = "location = /check { gatehouse_check %REALM%; }"
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
PLAIN = {"cookie_secure": "off"}
ACCESS, REFRESH = "gatehouse", "gatehouse-refresh"

# Another nginx, or this one: the application behind auth_request.
ASKING = """
location / { auth_request /check; auth_request_set $user $sent_http_remote_user;
             proxy_set_header Remote-User $user; proxy_set_header X-Email $gatehouse_email; proxy_pass %UPSTREAM%; }
"""


@pytest.fixture
def served(nginx, upstream):
    def make(text=CHECK, **options):
        server = nginx(API + text, realm=PLAIN, **options)
        browser = Browser(server)
        assert browser.register().status_code == 303
        upstream.clear()
        return server, browser
    return make


def header(answer, name):
    return [value for each, value in answer.json()["headers"] if each == name]


# ---- by itself ----

def test_204_names_the_user_and_401_challenges(served):
    server, browser = served()
    answer = browser.get("/check")
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["Remote-User"] == browser.email
    assert answer.headers["Remote-Name"] == "Jane Doe"
    assert "Remote-Groups" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    for credentials in ({}, {"Authorization": "Bearer x"}, NAVIGATION, {"Cookie": f"{ACCESS}=x"}):
        answer = server.get("/check", headers={**credentials, "Remote-User": "root@example.com"})
        assert answer.status_code == 401, credentials
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "Remote-User" not in answer.headers


def test_a_bearer_token_will_do_and_so_will_a_header_of_the_operators(served, keys):
    server, _ = served("location = /check { gatehouse_check %REALM%; gatehouse_header X-Mail $gatehouse_email; "
                       "gatehouse_header Remote-User $gatehouse_user; }")
    answer = server.post("/check", data="a body", headers=Mint(server, keys).bearer(sub="a-user"))
    assert answer.status_code == 204
    assert (answer.headers["X-Mail"], answer.headers["Remote-User"]) == ("jane@example.com", "a-user")


def test_rules_and_token_from_hold(served, keys):
    server, browser = served("location = /admins { gatehouse_check %REALM%; gatehouse_require role=admin; } "
                             "location = /bearers { gatehouse_check %REALM%; gatehouse_token_from bearer; }")
    mint = Mint(server, keys)
    assert browser.get("/admins").status_code == 403
    assert server.get("/admins").status_code == 401
    assert server.get("/admins", headers=mint.bearer(roles=["admin"])).status_code == 204
    assert browser.get("/bearers").status_code == 401
    assert server.get("/bearers", headers=mint.bearer()).status_code == 204


def test_a_guard_and_optional_above_do_not_change_the_check(served):
    server, browser = served("gatehouse %REALM% optional; " + CHECK)
    assert server.get("/check").status_code == 401
    assert server.get("/check", headers=NAVIGATION).status_code == 401
    assert browser.get("/check").status_code == 204


# ---- an expired access cookie ----

def test_an_expired_access_cookie_rotates_nothing(served):
    _, browser = served(CHECK + "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
    browser.forget(ACCESS)
    before = browser.cookies[REFRESH]
    for _ in range(5):
        answer = browser.get("/check")
        assert answer.status_code == 204
        assert answer.headers["Remote-User"] == browser.email
        assert "Set-Cookie" not in answer.headers
    answer = browser.get("/")
    assert answer.status_code == 200
    assert browser.cookies[REFRESH] != before
    assert browser.get("/check").status_code == 204


def test_an_ended_session_is_401_however_it_was_remembered(served):
    server, browser = served(workers=1)
    browser.forget(ACCESS)
    thief = browser.cookies
    assert browser.get("/check").status_code == 204
    assert browser.logout().status_code == 303
    answer = server.get("/check", cookies=thief)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_without_redis_it_is_503_and_valid_tokens_pass(served, redis):
    server, browser = served()
    stale = {REFRESH: browser.cookies[REFRESH]}
    redis.stop()
    answer = server.get("/check", cookies=stale)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert browser.get("/check").status_code == 204


# ---- auth_request ----

@pytest.mark.parametrize("expired", [False, True], ids=["valid", "expired"])
def test_auth_request_of_the_same_nginx(served, upstream, expired):
    server, browser = served(CHECK + ASKING)
    if expired:
        browser.forget(ACCESS)
    answer = browser.post("/page", data="x" * 100_000)
    assert answer.status_code == 200
    assert header(answer, "Remote-User") == [browser.email]
    assert header(answer, "X-Email") == [browser.email]
    assert answer.json()["body"] == "x" * 100_000
    upstream.clear()
    answer = server.get("/page", headers={"Remote-User": browser.email})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert upstream.count == 0


def test_many_at_once_wait_for_their_answers(served):
    server, browser = served(CHECK + ASKING)
    cookies = {REFRESH: browser.cookies[REFRESH]}
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: server.get(f"/{n}", cookies=cookies), range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert [header(answer, "Remote-User") for answer in answers] == [[browser.email]] * 60


def test_auth_request_over_http_2(served):
    server, browser = served("listen 127.0.0.1:%PORTH2% http2;" + CHECK + ASKING)
    done = subprocess.run(["curl", "-s", "-i", "-m", "10", "--http2-prior-knowledge", "-b",
                           f"{REFRESH}={browser.cookies[REFRESH]}", "-d", "a=b", f"http://127.0.0.1:{server.ports['H2']}/x"],
                          stdout=subprocess.PIPE, text=True)
    assert done.stdout.startswith("HTTP/2 200")
    assert browser.email in done.stdout


def test_included_checks_wait_each_for_itself(served):
    server, browser = served(CHECK + "location = /page.html { ssi on; }")
    (server.folder / "html" / "page.html").write_text(
        '[<!--#include virtual="/check" --><!--#include virtual="/check" -->]')
    browser.forget(ACCESS)
    assert browser.get("/page.html").text == "[]"
    assert browser.get("/page.html").status_code == 200


def test_auth_request_judges_the_main_request(served, upstream):
    server, browser = served("location = /check { gatehouse_check %REALM%; gatehouse_check_from 127.0.0.1; }" + ASKING)
    for expired in (False, True):
        if expired:
            browser.forget(ACCESS)
        assert browser.post("/page", headers=FOREIGN).status_code == 403
        assert browser.post("/page", headers={**FOREIGN, "X-Original-Method": "GET"}).status_code == 403
        assert upstream.count == 0
        assert browser.get("/page", headers=FOREIGN).status_code == 200
        assert browser.post("/page", headers={"Origin": server.url}).status_code == 200
        upstream.clear()


# ---- for other proxies ----

def test_what_a_proxy_says_counts_only_where_it_is_named(served):
    trusting = "location = /trusting { gatehouse_check %REALM%; gatehouse_check_from 10.0.0.0/8 127.0.0.1 ::1 unix:; }"
    other = "location = /other { gatehouse_check %REALM%; gatehouse_check_from 192.0.2.1; }"
    _, browser = served(CHECK + trusting + other)
    for name in ("X-Forwarded-Method", "X-Original-Method"):
        forged = {**FOREIGN, name: "POST"}
        assert browser.get("/trusting", forged).status_code == 403
        assert browser.get("/trusting", {**forged, name: "GET"}).status_code == 204
        assert browser.post("/trusting", headers={**FOREIGN, name: "GET"}).status_code == 204
        assert browser.get("/check", forged).status_code == 204
        assert browser.get("/other", forged).status_code == 204
        assert browser.post("/other", headers={**FOREIGN, name: "GET"}).status_code == 403
        assert browser.post("/check", headers={**FOREIGN, name: "GET"}).status_code == 403


def test_the_origin_is_compared_with_the_host_that_was_asked_for(served):
    server, browser = served("location = /check { gatehouse_check %REALM%; gatehouse_check_from 127.0.0.1; }")
    asked = {"X-Forwarded-Method": "POST", "X-Forwarded-Host": "app.example", "X-Forwarded-Proto": "https"}
    assert browser.get("/check", headers={**asked, "Origin": "https://app.example"}).status_code == 204
    assert browser.get("/check", headers={**asked, "Origin": "http://app.example"}).status_code == 403
    assert browser.get("/check", headers={**asked, "Origin": "https://evil.example"}).status_code == 403


def test_what_the_client_adds_to_what_the_proxy_says_is_refused(served):
    server, browser = served("location = /check { gatehouse_check %REALM%; gatehouse_check_from 127.0.0.1; }")
    cookie = f"{ACCESS}={browser.cookies[ACCESS]}"
    for one, two in (("X-Forwarded-Method: POST", "X-Original-Method: GET"), ("X-Original-Method: GET", "X-Original-Method: POST"),
                     ("X-Forwarded-Host: a", "X-Forwarded-Host: b"), ("X-Forwarded-Uri: /a", "X-Original-URI: /b")):
        answer = server.raw(f"GET /check HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n{one}\r\n{two}\r\n"
                            "Connection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400 "), (one, two)
    assert browser.get("/check", headers={"X-Forwarded-Method": "GET", "X-Original-Method": "GET"}).status_code == 204


def test_the_proxy_is_who_connects_whatever_realip_makes_of_it(served):
    server, browser = served("set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; "
                             "location = /proxy { gatehouse_check %REALM%; gatehouse_check_from 127.0.0.1; } "
                             "location = /client { gatehouse_check %REALM%; gatehouse_check_from 192.0.2.0/24; }")
    forged = {**FOREIGN, "X-Real-IP": "192.0.2.7", "X-Original-Method": "POST"}
    assert browser.get("/proxy", headers=forged).status_code == 403
    assert browser.get("/client", headers=forged).status_code == 204


def test_another_nginx_asks_for_its_application(nginx, served, upstream):
    checking, browser = served("location = /check { gatehouse_check %REALM%; gatehouse_check_from 127.0.0.1; }")
    asking = nginx(f"""
        location = /check {{ internal; proxy_pass {checking.url}; proxy_pass_request_body off;
            proxy_set_header Content-Length ""; proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme; }}
        location / {{ auth_request /check; auth_request_set $user $upstream_http_remote_user;
            proxy_set_header Remote-User $user; proxy_pass %UPSTREAM%; }}""")
    for cookies in (browser.cookies, {REFRESH: browser.cookies[REFRESH]}):
        answer = asking.post("/page", data="body", cookies=cookies, headers={"Origin": asking.url})
        assert answer.status_code == 200
        assert (header(answer, "Remote-User"), answer.json()["body"]) == ([browser.email], "body")
        assert asking.post("/page", cookies=cookies, headers=FOREIGN).status_code == 403
        assert asking.get("/page", cookies=cookies, headers=FOREIGN).status_code == 200
    answer = asking.get("/page")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


# ---- the configuration ----

@pytest.mark.parametrize("text, complaint", [
    ("location = /check { gatehouse_check nobody; }", 'realm "nobody" is not defined'),
    ("location = /check { gatehouse_check %REALM%; gatehouse %REALM%; }", 'beside "gatehouse_check"'),
    ("location = /check { gatehouse %REALM%; gatehouse_check %REALM%; }", "beside it"),
    ("location = /check { gatehouse_check %REALM%; gatehouse_api %REALM% rest mount=/x/; }", 'beside "gatehouse_check"'),
    ("gatehouse_check_from nowhere;", 'invalid address "nowhere"'),
    ("gatehouse_token_from header;", '"bearer", "cookie", "header=NAME", "cookie=NAME"'),
    ("gatehouse_token_from cookie cookie;", 'duplicate "cookie"'),
    ("gatehouse_when_stale deny;", 'write "allow" or "deny after=5s"'),
    ("gatehouse_when_stale deny after=0;", 'write "allow" or "deny after=5s"'),
    ("gatehouse_when_stale allow after=5s;", 'write "allow" or "deny after=5s"'),
])
def test_mistakes_are_told_with_their_line(nginx, text, complaint):
    accepted, said = nginx(text, start=False).test_conf()
    assert not accepted
    assert complaint in said
    assert re.search(r"nginx\.conf:\d+", said)
