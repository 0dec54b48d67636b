"""The browser's side: forms that set cookies, a guard that takes them, and where a browser is sent."""

import re

import pytest

from accounts import GUARDED, bearer, Account
from browser import FETCH, NAVIGATION, Browser, set_cookies

PAGES = "location /auth/ { gatehouse_api %REALM% rest; }" + GUARDED
PLAIN = {"cookie_secure": "off"}
ACCESS, REFRESH = "gatehouse", "gatehouse-refresh"


@pytest.fixture
def server(nginx):
    return nginx(PAGES, realm=PLAIN)


@pytest.fixture
def browser(server):
    browser = Browser(server)
    assert browser.register().status_code == 303
    return browser


# ---- forms ----

def test_a_login_sets_both_cookies_and_goes_on(browser):
    browser.session.cookies.clear()
    answer = browser.login()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(browser.cookies) == {ACCESS, REFRESH}
    assert browser.get("/").status_code == 200


def test_requirement_39_the_cookies_have_the_host_prefix_and_every_attribute(nginx):
    server = nginx(PAGES, realm={"remember": "on"})
    answer = Browser(server).register()
    access, refresh = set_cookies(answer)
    for cookie, name in ((access, "__Host-gatehouse"), (refresh, "__Host-gatehouse-refresh")):
        assert re.fullmatch(name + r"=[\w.-]+; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=\d+", cookie)


def test_requirement_40_both_cookies_of_an_ordinary_user_are_small(nginx):
    cookies = set_cookies(Browser(nginx(PAGES)).register())
    sent = sum(len(cookie.split(";")[0]) for cookie in cookies) + len("; ")
    assert sent <= 1200, sent


def test_realms_on_one_host_have_cookies_of_their_own(nginx):
    server = nginx(PAGES, realm={**PLAIN, "cookie": "shop"})
    browser = Browser(server)
    browser.register()
    assert set(browser.cookies) == {"shop", "shop-refresh"}


def test_a_wrong_password_shows_the_form_again(browser):
    browser.session.cookies.clear()
    browser.password = "WrongPass123"
    answer = browser.login(**{"return": "/a?b=c&d"})
    assert answer.status_code == 401
    assert "do not match" in answer.text
    assert 'name="return" value="/a?b=c&amp;d"' in answer.text
    assert "WrongPass123" not in answer.text
    assert not browser.cookies


def test_what_was_typed_cannot_become_markup(server):
    answer = Browser(server).get('/auth/login?return="><script>alert(1)</script>')
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text


def test_the_login_page_is_a_form_that_nobody_frames(server):
    answer = Browser(server).get("/auth/login")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert '<form method="post" action="/auth/login"' in answer.text


def test_logout_clears_the_cookies_and_ends_the_session(browser):
    kept = browser.cookies
    answer = browser.logout()
    assert answer.status_code == 303
    assert sorted(cookie.split("=")[0] for cookie in set_cookies(answer)) == [ACCESS, REFRESH]
    assert not browser.cookies
    stolen = Browser(browser.server)
    stolen.session.cookies.update(kept)
    assert stolen.get("/", FETCH).status_code == 401


def test_logout_without_cookies_is_no_error(server):
    assert Browser(server).logout().status_code == 303


def test_json_on_the_same_location_is_rest(server):
    account = Account(server)
    assert account.login().status_code == 200


def test_pages_may_be_off(nginx):
    server = nginx(PAGES, realm={**PLAIN, "pages": "off"})
    assert Browser(server).get("/auth/login").status_code == 405
    assert server.get("/", headers=NAVIGATION).status_code == 401


# ---- return addresses ----

@pytest.mark.parametrize("address", ["/", "/calendar/?month=3&year=2026", "/a%2fb", "/%2e%2e"])
def test_after_a_login_one_is_where_one_wanted_to_go(browser, address):
    assert browser.login(**{"return": address}).headers["Location"] == address


@pytest.mark.parametrize("address", ["//evil.com", "/\\evil.com", "https://evil.com/", "\\\\evil.com", "javascript:alert(1)",
                                     "/\tevil.com", "/\n/evil.com", "evil.com", "http:evil.com", " //evil.com", "/é"])
def test_requirement_44_no_login_leads_to_another_site(browser, address):
    assert browser.login(**{"return": address}).headers["Location"] == "/"


def test_an_allowed_url_may_be_returned_to(nginx):
    server = nginx(PAGES, realm={**PLAIN, "return_urls": "https://app.example.com/done"})
    browser = Browser(server)
    assert browser.register(**{"return": "https://app.example.com/done"}).headers["Location"] == "https://app.example.com/done"
    assert browser.login(**{"return": "https://app.example.com/done2"}).headers["Location"] == "/"


# ---- the challenge ----

def test_a_navigation_is_sent_to_the_login_page(server, upstream):
    answer = Browser(server).get("/reports/?year=2026&x=%20")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/auth/login?return=%2Freports%2F%3Fyear%3D2026%26x%3D%2520"
    assert answer.headers["Cache-Control"] == "no-store"
    assert upstream.count == 0


@pytest.mark.parametrize("headers", [FETCH, {}, {"Accept": "application/json"}, {**NAVIGATION, "Upgrade": "websocket"}],
                         ids=["fetch", "curl", "api", "websocket"])
def test_anything_else_gets_401(server, headers):
    answer = server.get("/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_post_gets_401(server):
    assert server.post("/", headers=NAVIGATION).status_code == 401


# ---- the guard ----

def test_our_cookies_never_reach_the_application(browser):
    browser.session.cookies.set("theme", "dark", domain="127.0.0.1", path="/")
    received = browser.get("/").json()["headers"]
    cookies = [value for name, value in received if name.lower() == "cookie"]
    assert cookies == ["theme=dark"]


def test_all_other_cookies_reach_it_byte_for_byte(browser):
    ours = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    odd = 'a="x y"; b=1,2;c = 3 ;G=%20'
    received = browser.server.get("/", headers={"Cookie": f"{ours}; {odd}"}).json()["headers"]
    assert [value for name, value in received if name.lower() == "cookie"] == [odd]


def test_requirement_41_two_access_cookies_are_refused(browser):
    token = browser.cookies[ACCESS]
    assert browser.server.get("/", headers={"Cookie": f"{ACCESS}={token}; {ACCESS}={token}"}).status_code == 400


def test_requirement_20_a_bearer_and_a_cookie_of_two_users_are_400(browser):
    other = Account(browser.server)
    ours = f"{ACCESS}={browser.cookies[ACCESS]}"
    assert browser.server.get("/", headers={**bearer(other.access), "Cookie": ours}).status_code == 400
    assert browser.server.get("/", headers={**bearer(browser.cookies[ACCESS]), "Cookie": ours}).status_code == 200


def test_token_from_chooses(nginx):
    server = nginx(PAGES + "location /api/ { gatehouse %REALM%; gatehouse_token_from bearer; proxy_pass %UPSTREAM%; }"
                           "location /web/ { gatehouse %REALM%; gatehouse_token_from cookie; proxy_pass %UPSTREAM%; }", realm=PLAIN)
    browser = Browser(server)
    browser.register()
    token = browser.cookies[ACCESS]
    assert browser.get("/api/", FETCH).status_code == 401
    assert browser.get("/web/", FETCH).status_code == 200
    assert server.get("/api/", headers=bearer(token)).status_code == 200
    assert server.get("/web/", headers=bearer(token)).status_code == 401


# ---- cross-site requests ----

@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Origin": "https://evil.example.com"}, {"Origin": "null"},
                                     {"Sec-Fetch-Site": "cross-site", "Origin": "null"}],
                         ids=["cross-site", "same-site", "origin", "null", "cross-site-and-null"])
def test_requirement_42_another_site_cannot_act_with_a_cookie(browser, upstream, headers):
    upstream.clear()
    assert browser.session.post(browser.server.url + "/", headers=headers).status_code == 403
    assert upstream.count == 0
    for form in ("login", "logout", "register"):
        answer = browser.session.post(f"{browser.server.url}/auth/{form}", data={"email": "a", "password": "b"}, headers=headers)
        assert answer.status_code == 403
        assert not set_cookies(answer)


def test_this_site_and_clients_that_are_no_browsers_can(browser):
    for headers in ({}, {"Sec-Fetch-Site": "same-origin", "Origin": browser.server.url}, {"Sec-Fetch-Site": "none"},
                    {"Sec-Fetch-Site": "same-origin", "Origin": "null"}):
        assert browser.session.post(browser.server.url + "/", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {}], ids=["fetch-metadata", "origin-alone"])
def test_every_host_behind_one_tls_front_can(browser, headers):
    """Issue 10.14: what the browser says of itself holds; we see plain HTTP, and no name of the front's but one."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.session.cookies.items())  # requests knows no alias
    alias = {"Host": "alias.example.com", "Origin": "https://alias.example.com", "Cookie": cookies, **headers}
    assert browser.session.post(browser.server.url + "/", headers=alias).status_code == 200
    foreign = {**alias, "Origin": "https://evil.example.com"}
    expected = 200 if headers else 403
    assert browser.session.post(browser.server.url + "/", headers=foreign).status_code == expected
    assert browser.session.post(browser.server.url + "/", headers={**alias, "Sec-Fetch-Site": "same-site"}).status_code == 403
    assert browser.session.post(browser.server.url + "/auth/login", data={"email": browser.email, "password": browser.password},
                                headers=alias, allow_redirects=False).status_code == 303


def test_another_sites_link_works(browser):
    assert browser.get("/", {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_websocket_handshake_from_another_site_is_403(browser):
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "https://evil.example.com"}
    assert browser.get("/", handshake).status_code == 403


def test_the_check_of_guarded_locations_may_be_off(nginx):
    server = nginx("gatehouse_csrf off;" + PAGES, realm=PLAIN)
    browser = Browser(server)
    browser.register()
    assert browser.session.post(server.url + "/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_bearer_is_nobodys_cookie(server):
    account = Account(server)
    assert server.post("/", headers={**bearer(account.access), "Sec-Fetch-Site": "cross-site"}).status_code == 200
