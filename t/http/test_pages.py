"""What the pages answer to whoever does not come the usual way."""

import re
import secrets
import subprocess
import time
import warnings

import pytest
import requests

from browser import FETCH, NAVIGATION, Browser, set_cookies
from processes import free_port

pytestmark = pytest.mark.quick

SITE = "location /auth/ { gatehouse_api %REALM% rest; } location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
FORM = {**NAVIGATION, "Sec-Fetch-Site": "same-origin"}
GERMAN = {**NAVIGATION, "Accept-Language": "de"}
REALM = {"cookie_secure": "off", "cookie": "gh", "password": "blocklist=off memory=7m iterations=5"}


@pytest.fixture
def site(nginx):
    return nginx(SITE, realm=REALM)


def said(answer):
    return re.findall(r'role="(?:alert|status)"[^>]*>(?:<p>)?([^<]*)', answer.text)


def title(answer):
    return re.search("<title>([^<]*)</title>", answer.text)[1]


# ---- the address to come back to ----

@pytest.mark.parametrize("wanted, comes_back", [
    ("/book?file=C:\\dir\\a.txt", "/book?file=C:%5Cdir%5Ca.txt"), ("/b?q=" + "x" * 7000, "/b?q=" + "x" * 7000),
    ("/caf\u00e9?x=\u00e9", "/caf%E9?x=%E9"), ("/\\evil.example", "/%5Cevil.example"), ("//evil.example", None),
    ("/b?q=" + "&" * 4000, None)])
def test_requirement_44_after_the_login_one_is_at_the_address_first_asked_for(site, wanted, comes_back):
    request = f"GET {wanted} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n"
    answer = site.raw(request.encode("latin-1"))
    assert b" 302 " in answer.split(b"\r\n")[0]
    login = re.search(rb"\r\nLocation: (\S+)", answer)[1].decode()
    page = site.get(login, headers=NAVIGATION)
    assert page.status_code == 200
    kept = re.findall('name="return" value="([^"]*)"', page.text)
    assert kept == ([comes_back] if comes_back else [])
    if comes_back:
        browser = Browser(site)
        browser.register()
        assert browser.login(**{"return": comes_back}).headers["Location"] == comes_back


# ---- methods ----

@pytest.mark.parametrize("method, path, allowed", [
    ("PUT", "account", "GET, HEAD, OPTIONS"), ("DELETE", "account", "GET, HEAD, OPTIONS"), ("POST", "account", "GET, HEAD, OPTIONS"),
    ("PUT", "account/profile", "GET, HEAD, POST, OPTIONS"), ("POST", "logged-out", "GET, HEAD, OPTIONS"),
    ("PUT", "assets/style.css", "GET, HEAD, OPTIONS"), ("PUT", "login", "GET, HEAD, POST, OPTIONS")])
def test_requirement_26_a_page_does_not_know_other_methods(site, method, path, allowed):
    answer = site.request(method, f"/auth/{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    options = site.request("OPTIONS", f"/auth/{path}")
    assert (options.status_code, options.headers["Allow"]) == (204, allowed)


def test_a_form_of_a_page_in_another_format_is_415(site):
    assert site.post("/auth/account/profile", json={"name": "x"}).status_code == 415


def test_the_mount_itself_leads_to_the_account(site):
    assert site.get("/auth/", headers=NAVIGATION, allow_redirects=False).headers["Location"] == "/auth/account"


def test_only_the_parts_of_the_account_have_addresses(site):
    browser = Browser(site)
    for path in ("profile", "password", "sessions", "sessions/some-id", "delete"):
        to = browser.get(f"/auth/account/{path}").headers["Location"]
        assert to == "/auth/login?return=%2Fauth%2Faccount%2F" + path.replace("/", "%2F")
    browser.register()
    for path in ("profile", "password", "sessions", "sessions/some-id", "delete"):
        assert browser.get(f"/auth/account/{path}").status_code == 200
    assert browser.get("/auth/account/nothing").status_code == 404


# ---- what is said ----

def test_a_limit_on_the_account_page_says_when(nginx):
    browser = Browser(nginx(SITE, realm={**REALM, "limit_logins": "account+address=2/15m"}))
    browser.register()
    for _ in range(3):
        answer = browser.post("/auth/account/password", {"current_password": "wrong", "password": "Another-Secure-1"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert title(answer).startswith("Error: ")


def test_a_time_is_told_in_the_largest_unit_that_it_fills_when_rounded_up(nginx):
    site = nginx(SITE, realm={**REALM, "limit_logins": "account+address=1/1h"})
    for pause in (0, 1.1, 0):
        time.sleep(pause)
        page = site.post("/auth/login", data={"email": "jane@example.com", "password": "wrong"}, headers=FORM)
    assert page.status_code == 429 and 3500 < int(page.headers["Retry-After"]) < 3600
    assert said(page) == ["That was tried too often. Please wait a little. You can try again in 1 hour."]


def test_a_refusal_of_nginx_is_not_called_a_foreign_form(nginx):
    site = nginx("location /auth/ { deny all; gatehouse_api %REALM% rest; }", realm=REALM)
    page = site.get("/auth/login", headers=NAVIGATION)
    assert (page.status_code, said(page)) == (403, ["This address is not open to you."])
    assert said(site.get("/auth/login", headers=GERMAN)) == ["Diese Adresse ist für Sie nicht zugänglich."]


def test_a_foreign_form_is_called_one(site):
    page = site.post("/auth/login", data={"email": "a"}, headers={**FORM, "Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403 and "came from another site" in said(page)[0]
    browser = Browser(site)
    browser.register()
    page = browser.post("/app", "", headers={**FORM, "Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403 and "came from another site" in said(page)[0]


def test_requirement_41_two_logins_at_once_have_a_way_out(site):
    browser = Browser(site)
    browser.register()
    both = {"Cookie": f"gh={browser.cookies['gh']}; gh=another; gh-refresh={browser.cookies['gh-refresh']}"}
    for path in ("/", "/auth/account"):
        page = site.get(path, headers={**NAVIGATION, **both})
        assert page.status_code == 400 and "two logins at once" in said(page)[0]
        assert '<form method="post" action="/auth/logout">' in page.text
    left = site.post("/auth/logout", data="", headers={**FORM, **both, "Content-Type": "application/x-www-form-urlencoded"}, allow_redirects=False)
    assert left.status_code == 303
    twice = {"Cookie": f"gh={browser.cookies['gh']}; gh=x; gh-refresh=x; gh-refresh=y"}
    unclear = site.post("/auth/logout", data="", headers={**FORM, **twice, "Content-Type": "application/x-www-form-urlencoded"})
    assert unclear.status_code == 400 and "two logins at once" in said(unclear)[0]
    for answer in (left, unclear):
        assert sorted(each.split("=")[0] for each in set_cookies(answer)) == ["gh", "gh-refresh"]
        assert all("Max-Age=0" in each for each in set_cookies(answer))


@pytest.mark.parametrize("headers, content_type", [
    (FORM, "text/html; charset=utf-8"), ({"Accept": "text/html,*/*;q=0.8"}, "text/html; charset=utf-8"),
    (FETCH, "application/problem+json"), ({"Accept": "application/json"}, "application/problem+json"), ({}, "application/problem+json")])
def test_a_form_of_the_application_after_the_session_gets_a_page(site, upstream, headers, content_type):
    answer = site.post("/orders", data={"a": "b"}, headers=headers, allow_redirects=False)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, content_type)
    assert answer.headers["Cache-Control"] == "no-store"
    assert upstream.count == 0
    if content_type.startswith("text/html"):
        assert '<a class="button" href="/auth/login" target="_blank" rel="noopener">' in answer.text


@pytest.mark.parametrize("query", ["utm=%zz", "return=%FF", "x=%00", "a=%", "return=/a&return=/b", "%FF=1"])
def test_junk_in_a_link_does_not_break_the_page(site, query):
    page = site.get("/auth/login?" + query, headers=NAVIGATION)
    assert page.status_code == 200 and not said(page)


def test_an_unreadable_form_is_told_in_the_language_of_the_page(site):
    for body in (b"email=%FF", b"email=a&email=b"):
        headers = {**GERMAN, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        page = site.post("/auth/login", data=body, headers=headers)
        assert page.status_code == 400 and said(page)[0].startswith("Das Formular ist nicht lesbar")


@pytest.mark.parametrize("path", ["login", "register"])
def test_the_title_says_that_something_is_wrong(site, path):
    assert not title(site.get(f"/auth/{path}", headers=NAVIGATION)).startswith("Error")
    assert title(site.post(f"/auth/{path}", data={"email": ""}, headers=FORM)).startswith("Error: ")


def test_a_notice_is_shown_only_where_a_redirect_brings_it(site):
    assert said(site.get("/auth/login?done=password_reset", headers=NAVIGATION)) != []
    assert said(site.get("/auth/logged-out?done=account_deleted", headers=NAVIGATION)) != []
    for path in ("login?done=account_deleted", "register?done=password_reset", "login?done=password_changed",
                 "logged-out?done=profile_saved", "login?done=", "login?done=nothing"):
        assert said(site.get(f"/auth/{path}", headers=NAVIGATION)) == [], path


def test_what_this_site_does_not_do_is_said_before_a_form_is_filled_in(nginx):
    site = nginx(SITE, realm={**REALM, "registration": "closed"})
    for path, status, heading in (("register", 403, "No new accounts"), ("forgot", 404, "No mail from here")):
        page = site.get(f"/auth/{path}", headers=NAVIGATION)
        assert page.status_code == status and f"<h1>{heading}</h1>" in page.text
        assert "<form" not in page.text
    iam = nginx("location /iam/ { gatehouse_api %REALM% bff-pages; }", realm={**REALM, "registration": "closed"})
    assert "<h1>No new accounts</h1>" in iam.get("/iam/register", headers=NAVIGATION).text
    assert "<h1>No mail from here</h1>" in iam.get("/iam/reset", headers=NAVIGATION).text


def test_the_account_page_is_utf_8_whatever_a_browser_calls_itself(site):
    browser = Browser(site)
    browser.session.headers["User-Agent"] = b"\xff\xfe\x80<b>".decode("latin-1")
    browser.register()
    page = browser.get("/auth/account").content.decode("utf-8")
    assert "\ufffd" in page and "<b>" not in page


# ---- sessions and headers ----

def test_a_login_takes_the_place_of_the_one_before(site):
    browser = Browser(site)
    browser.register()
    before = browser.cookies
    browser.login()
    assert browser.get("/auth/account").text.count('class="device"') == 1
    assert browser.get("/app").status_code == 200
    old = site.post("/auth/refresh", json={"refreshToken": before["gh-refresh"]})
    assert old.status_code in (401, 403)
    kept = browser.cookies
    assert browser.login(password="wrong").status_code == 401
    assert browser.cookies == kept
    assert browser.get("/auth/account").status_code == 200
    browser.register(email=f"{secrets.token_hex(5)}@example.com")
    assert browser.get("/auth/account").text.count('class="device"') == 1


def test_a_login_does_not_depend_on_the_session_before(site):
    browser = Browser(site)
    browser.register()
    browser.session.cookies.set("gh-refresh", "nonsense")
    browser.session.cookies.set("gh", "nonsense")
    assert browser.login().status_code == 303


def test_over_plain_http_alone_the_page_says_where_a_form_is_from(nginx, session_folder):
    key, certificate, port = session_folder / "pages.key", session_folder / "pages.crt", free_port()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = nginx(f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};" + SITE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encrypted = requests.get(f"https://127.0.0.1:{port}/auth/login", headers=NAVIGATION, verify=False, timeout=10)
    plain = site.get("/auth/login", headers=NAVIGATION)
    assert '<meta name="referrer" content="strict-origin">' in plain.text
    assert 'name="referrer"' not in encrypted.text and "<form" in encrypted.text
    assert plain.headers["Referrer-Policy"] == encrypted.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("words, known", [("{}", True), ("W/{}", True), ('"x", {}', True), ('"x",W/{} ,"y"', True), ("*", True), ('"x"', False), ("", False)])
def test_an_asset_that_the_browser_has_is_not_sent_again(site, words, known):
    etag = site.get("/auth/assets/style.css").headers["ETag"]
    answer = site.get("/auth/assets/style.css", headers={"If-None-Match": words.format(etag)})
    assert answer.status_code == (304 if known else 200)


# ---- usernames ----

@pytest.mark.parametrize("text, realm, exist", [
    (SITE, {}, False), (SITE, {"remote_user": "username"}, True),
    (SITE + " location /c/ { gatehouse_api %REALM% csrf; }", {}, True)])
def test_the_login_says_what_may_be_typed(nginx, text, realm, exist):
    """Issue 10.26"""
    site = nginx(text, realm={**REALM, **realm})
    label = {"en": ("E-mail address", "E-mail or username"), "de": ("E-Mail-Adresse", "E-Mail oder Benutzername")}
    for language, words in label.items():
        page = site.get("/auth/login", headers={**NAVIGATION, "Accept-Language": language})
        assert re.search('<label for="email">([^<]*)</label>', page.text)[1] == words[exist]


# ---- the login of who is logged in ----

def known(page):
    """Who it says is logged in, where it leads on to, and where its button for another account; None: it is the form."""
    email = re.search(r'<strong class="address">([^<]*)</strong>', page.text)
    if not email:
        assert 'name="password"' in page.text
        return None
    assert 'name="password"' not in page.text
    return (email[1], re.search(r'class="button" href="([^"]*)"', page.text)[1],
            re.search(r'<form method="post" action="([^"]*)"', page.text)[1])


def test_the_login_page_says_who_is_logged_in(site):
    """Issue 10.15: and leads on to where he wanted, on this site only."""
    browser = Browser(site)
    assert known(browser.get("/auth/login")) is None
    browser.register()
    page = browser.get("/auth/login?return=/orders%3Fid%3D7")
    assert page.status_code == 200 and title(page).startswith("You are logged in")
    assert known(page) == (browser.email, "/orders?id=7", "/auth/logout?return=%2Forders%3Fid%3D7")
    assert known(browser.get("/auth/login")) == (browser.email, "/", "/auth/logout")
    assert known(browser.get("/auth/login?return=https://evil.example/"))[1] == "/"
    assert title(browser.get("/auth/login", headers=GERMAN)).startswith("Sie sind angemeldet")
    assert set_cookies(page) == [] and page.headers["Cache-Control"] == "no-store"


def test_it_knows_who_has_only_the_refresh_cookie(site):
    """And leaves that as it is: it is a look, no renewal."""
    browser = Browser(site)
    browser.register()
    kept = browser.cookies["gh-refresh"]
    browser.forget("gh")
    page = browser.get("/auth/login")
    assert known(page)[0] == browser.email and set_cookies(page) == []
    assert browser.cookies == {"gh-refresh": kept}


def test_who_is_logged_in_no_more_gets_the_form(site, redis):
    browser = Browser(site)
    browser.register()
    tokens = browser.cookies
    browser.logout()
    for cookies in (tokens, {"gh-refresh": tokens["gh-refresh"]}, {"gh": "x", "gh-refresh": "x"}):
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        assert known(site.get("/auth/login", headers={**NAVIGATION, "Cookie": header})) is None
    browser.login()
    browser.forget("gh")
    redis.stop()
    page = browser.get("/auth/login")
    assert page.status_code == 200 and known(page) is None, "it cannot be told"


def test_a_wrong_password_shows_the_form_whoever_is_logged_in(site):
    browser = Browser(site)
    browser.register()
    assert known(browser.login(password="wrong-password")) is None


def test_to_another_account(site):
    browser = Browser(site)
    browser.register()
    left = browser.post("/auth/logout?return=/orders", {"return": "/orders"})
    assert left.headers["Location"] == "/auth/logged-out?return=%2Forders"
    assert 'href="/auth/login?return=%2Forders"' in browser.get(left.headers["Location"]).text
    assert known(browser.get("/auth/login?return=/orders")) is None
