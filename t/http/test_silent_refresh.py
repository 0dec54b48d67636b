"""An expired access cookie and a live refresh cookie: the request passes, the new cookies come with the app's answer."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import GUARDED, claims
from browser import FETCH, Browser, set_cookies

WORKERS = 2

PAGES = "location /auth/ { gatehouse_api %REALM% rest; }" + GUARDED
PLAIN = {"cookie_secure": "off"}
ACCESS, REFRESH = "gatehouse", "gatehouse-refresh"


@pytest.fixture
def server(nginx):
    return nginx(PAGES, realm=PLAIN, workers=4)


@pytest.fixture
def browser(server):
    """Logged in, its access cookie gone."""
    browser = Browser(server)
    browser.register()
    browser.forget(ACCESS)
    return browser


def assert_renewed(answer, status=200):
    assert answer.status_code == status, answer.text
    assert sorted(cookie.split("=")[0] for cookie in set_cookies(answer) if cookie.startswith("gatehouse")) == [ACCESS, REFRESH]


def test_a_get_passes_with_new_cookies(browser, upstream):
    old = browser.cookies[REFRESH]
    answer = browser.get("/page")
    assert_renewed(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert ["Remote-User", browser.email] in answer.json()["headers"]
    assert not [value for name, value in answer.json()["headers"] if name.lower() == "cookie"]
    assert browser.cookies[REFRESH] != old
    assert not set_cookies(browser.get("/page"))
    assert upstream.count == 2


def test_an_expired_access_cookie_is_like_none(nginx):
    server = nginx(PAGES, realm={**PLAIN, "access_lifetime": "1s"})
    browser = Browser(server)
    browser.register()
    kept = browser.cookies
    time.sleep(2.1)
    browser.session.cookies.clear()
    browser.session.cookies.update(kept)
    assert_renewed(browser.get("/"))


def test_a_fetch_and_a_post_with_its_body_pass(browser):
    assert_renewed(browser.get("/", FETCH))
    browser.forget(ACCESS)
    body = "x" * 300_000
    answer = browser.post("/form", body)
    assert_renewed(answer)
    assert answer.json()["body"] == body


@pytest.mark.parametrize("status", [201, 206, 302, 304, 404, 500])
def test_whatever_the_application_answers_the_cookies_come_with_it(browser, upstream, status):
    upstream.reply = lambda _: (status, [("Set-Cookie", "app=1; Path=/"), ("Location", "/x")], "")
    answer = browser.get("/")
    assert_renewed(answer, status)
    assert "app=1; Path=/" in set_cookies(answer)


def test_an_error_page_brings_them_too(nginx, upstream):
    server = nginx("error_page 404 /sorry; location = /sorry { return 200 sorry; } proxy_intercept_errors on;" + PAGES, realm=PLAIN)
    browser = Browser(server)
    browser.register()
    browser.forget(ACCESS)
    upstream.reply = lambda _: (404, [], "")
    answer = browser.get("/")
    assert answer.text == "sorry"
    assert_renewed(answer, answer.status_code)


def test_ten_requests_of_one_page_make_one_rotation(browser, redis):
    token = browser.cookies[REFRESH]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: browser.server.get(f"/{n}", headers={"Cookie": f"{REFRESH}={token}"}), range(10)))
    assert [a.status_code for a in answers] == [200] * 10
    refreshed = {c.split(";")[0] for a in answers for c in set_cookies(a) if c.startswith(REFRESH)}
    assert len(refreshed) == 1
    assert claims(refreshed.pop().split("=", 1)[1])["gen"] == claims(token)["gen"] + 1


def test_a_lost_answer_does_not_log_out(browser):
    lost = browser.cookies
    assert_renewed(browser.get("/"))
    browser.session.cookies.clear()
    browser.session.cookies.update(lost)
    assert_renewed(browser.get("/"))


def test_an_ended_session_is_refused_and_its_cookies_are_taken_away(browser, upstream):
    kept = browser.cookies
    assert browser.logout().status_code == 303
    browser.session.cookies.update(kept)
    upstream.clear()
    answer = browser.get("/", FETCH)
    assert answer.status_code == 401
    assert upstream.count == 0
    assert all("Max-Age=0" in cookie for cookie in set_cookies(answer))
    assert browser.get("/").status_code == 302


def test_without_redis_it_is_503_and_the_cookies_stay(browser, redis, upstream):
    redis.kill()
    answer = browser.get("/", FETCH)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert not set_cookies(answer)
    assert upstream.count == 0


def test_another_site_cannot_make_us_refresh(browser):
    old = browser.cookies[REFRESH]
    assert browser.post("/", "x", site="cross-site").status_code == 403
    assert browser.cookies[REFRESH] == old


def test_a_garbage_refresh_cookie_is_401(server):
    answer = server.get("/", headers={"Cookie": f"{REFRESH}=a.b.c"})
    assert answer.status_code == 401


def test_a_new_role_reaches_the_next_request(nginx, postgres):
    server = nginx(PAGES + "location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }", realm=PLAIN)
    browser = Browser(server)
    browser.register()
    assert browser.get("/admin/").status_code == 403
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin}')", server.realm, browser.email)
    deadline = time.monotonic() + 8
    while browser.get("/admin/").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_over_http2(nginx):
    server = nginx(PAGES, realm=PLAIN, http="server { listen 127.0.0.1:%PORTh2% http2; " + PAGES + " }")
    browser = Browser(server)
    browser.register()
    said = subprocess.run(["curl", "-si", "--http2-prior-knowledge", "-H", f"Cookie: {REFRESH}={browser.cookies[REFRESH]}",
                           f"http://127.0.0.1:{server.ports['h2']}/"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("HTTP/2 200")
    assert said.lower().count("set-cookie: gatehouse") == 2
