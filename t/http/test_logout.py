"""Whoever is told that he is logged out is logged out, whatever else his request showed."""

import secrets

import pytest

from accounts import API, GUARDED, Account, bearer
from browser import Browser, set_cookies
from test_five_dialects import APP, FIVE, login, register

WORKERS = 2

PLAIN = {"cookie_secure": "off"}


@pytest.fixture
def server(nginx):
    return nginx(FIVE, realm={"csrf_rate": "off", **PLAIN})


def assert_out(server, access):
    assert server.get("/", headers=bearer(access)).status_code == 401


def test_rest_ends_both_sessions_that_are_shown(server):
    one, two = Account(server), Account(server)
    assert one.post("logout", token=two.access, refreshToken=one.refresh_token).status_code == 200
    for account in (one, two):
        assert account.refresh().status_code == 403
        assert_out(server, account.access)


def test_rest_ends_the_bearers_session_beside_a_dead_refresh_token(server):
    account = Account(server)
    assert account.post("logout", token=account.access, refreshToken="x").status_code == 200
    assert_out(server, account.access)


@pytest.mark.parametrize("refresh", ["gatehouse-refresh=x", "gatehouse-refresh=x; gatehouse-refresh=y"])
def test_the_pages_end_the_session_of_the_access_cookie(nginx, refresh):
    server = nginx(API + GUARDED, realm=PLAIN)
    account = Account(server)
    out = Browser(server).post("/auth/logout", {"return": "/"}, headers={"Cookie": f"gatehouse={account.access}; {refresh}"})
    assert out.status_code == 303
    assert_out(server, account.access)


def test_the_pages_do_not_claim_a_logout_they_could_not_make(nginx):
    """Two cookies of each kind, as a neighbouring site can plant them: whose session is meant?"""
    server = nginx(API + GUARDED, realm=PLAIN)
    account = Account(server)
    cookies = f"gatehouse={account.access}; gatehouse=x; gatehouse-refresh=x; gatehouse-refresh=y"
    assert Browser(server).post("/auth/logout", {"return": "/"}, headers={"Cookie": cookies}).status_code == 400


@pytest.mark.parametrize("body", [None, ""], ids=["no body", "empty body"])
def test_a_bearer_that_comes_alone_as_an_empty_form_is_logged_out(nginx, body):
    """What `curl -d ""` and some libraries send: it is the form's type that leads to the pages."""
    account = Account(nginx(API + GUARDED, realm=PLAIN))
    headers = {**bearer(account.access), "Content-Type": "application/x-www-form-urlencoded"}
    assert account.server.post("/auth/logout", data=body, headers=headers, allow_redirects=False).status_code == 303
    assert account.refresh().status_code == 403
    assert_out(account.server, account.access)


def test_the_pages_take_no_bearer_for_anything_else(nginx):
    account = Account(nginx(API + GUARDED, realm=PLAIN))
    page = account.server.get("/auth/account", headers=bearer(account.access), allow_redirects=False)
    assert page.headers["Location"].startswith("/auth/login")


def test_jsonapi_ends_both_sessions_that_are_shown(server):
    """A client that has logged in twice has the cookie of the second and may have the access token of the first."""
    email = register(server, "jsonapi")
    first, _, _ = login(server, "jsonapi", email)
    second, cookie, _ = login(server, "jsonapi", email)
    headers = {**bearer(first), "Cookie": f"refreshToken={cookie}"}
    assert server.request("DELETE", "/v1/auth/refresh", headers=headers).status_code == 204
    assert_out(server, first)
    assert_out(server, second)
    assert server.request("DELETE", "/v1/auth/refresh", headers=headers).status_code == 400


@pytest.mark.parametrize("cookie", ["", "refreshToken=x", "refreshToken=x; refreshToken=y"])
def test_jsonapi_ends_the_bearers_session_beside_a_dead_cookie(server, cookie):
    access, _, _ = login(server, "jsonapi", register(server, "jsonapi"))
    out = server.request("DELETE", "/v1/auth/refresh", headers={**bearer(access), **({"Cookie": cookie} if cookie else {})})
    assert out.status_code == 204
    assert_out(server, access)


@pytest.mark.parametrize("browser", [True, False])
def test_form_ends_the_session_of_the_access_cookie(server, browser):
    access, _, _ = login(server, "form", register(server, "form"))
    headers = {"Cookie": f"uuid={secrets.token_hex(16)}; gatehouse={access}", **({"Accept": "text/html"} if browser else {})}
    out = server.post("/f/auth/logout", headers=headers)
    assert out.status_code == (303 if browser else 200)
    assert [cookie.split("=")[0] for cookie in set_cookies(out)][:2] == ["uuid", "gatehouse"]
    assert_out(server, access)


@pytest.mark.parametrize("refresh", ["Bearer x", "x"])
def test_bff_ends_the_session_of_the_access_token(server, refresh):
    access, _, _ = login(server, "bff", register(server, "bff"))
    out = server.post("/api/iam/authn/logout", headers={**APP, "iam-access-token": f"Bearer {access}", "iam-refresh-token": refresh})
    assert out.text == '{"status":"success"}'
    assert_out(server, access)


def test_bff_ends_the_session_beside_a_doubled_cookie(server):
    access, _, _ = login(server, "bff", register(server, "bff"))
    cookies = f"iam-access-token=Bearer%20{access}; iam-refresh-token=Bearer%20x; iam-refresh-token=Bearer%20y"
    out = server.post("/api/iam/authn/logout", headers={"client-platform": "browser", "Cookie": cookies})
    assert out.text == '{"status":"success"}'
    assert_out(server, access)


def test_bff_ends_the_sessions_of_two_users(server):
    first, _, _ = login(server, "bff", register(server, "bff"))
    second, refresh, _ = login(server, "bff", register(server, "bff"))
    tokens = {"iam-access-token": f"Bearer {first}", "iam-refresh-token": f"Bearer {refresh}"}
    assert server.post("/api/iam/authn/logout", headers={**APP, **tokens}).text == '{"status":"success"}'
    assert_out(server, first)
    assert_out(server, second)


# ---- a page that an application can link to ----

NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}


def test_get_logout_asks_by_a_button_and_ends_nothing(nginx):
    """Issue 10.26"""
    server = nginx(API + GUARDED, realm=PLAIN)
    browser = Browser(server)
    browser.register()
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        page = browser.get("/auth/logout?return=/book", headers={**NAVIGATE, **headers})
        assert page.status_code == 200 and not set_cookies(page) and "Clear-Site-Data" not in page.headers
        assert 'action="/auth/logout"' in page.text and 'name="return" value="/book"' in page.text
    assert browser.get("/").status_code == 200
    answer = browser.post("/auth/logout", {"return": "/book"})
    assert answer.headers["Location"] == "/auth/logged-out?return=%2Fbook"
    assert browser.get("/").status_code == 302


def test_get_logout_of_who_is_logged_out_says_so_and_clears_nothing(nginx):
    """Issue 10.26: another site's picture comes without the cookies, which the browser still has."""
    server = nginx(API + GUARDED, realm=PLAIN)
    answer = server.get("/auth/logout?return=/book", headers={"Sec-Fetch-Site": "cross-site"}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/logged-out?return=%2Fbook")
    assert not set_cookies(answer) and "Clear-Site-Data" not in answer.headers


@pytest.mark.parametrize("path, text", [
    ("/auth/logout", "location /auth/ { gatehouse_api %REALM% form mount=/; }"),
    ("/iam/logout", "location /api/iam/ { gatehouse_api %REALM% bff; } location /iam/ { gatehouse_api %REALM% bff-pages; }")])
def test_the_other_pages_have_one_too(nginx, path, text):
    """Issue 10.26"""
    page = nginx(text, realm=PLAIN).get(path, headers=NAVIGATE)
    assert page.status_code == 200 and not set_cookies(page) and f'method="post" action="{path}"' in page.text
