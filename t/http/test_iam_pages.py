"""The pages under /iam/, in Chromium, from the registration to the temporary password."""

import re
import secrets
from urllib.parse import urlsplit

import pytest

from accounts import GUARDED
from browser import NAVIGATION, set_cookies
from chromium import Page
from mailing import Mailing, wait_for_link
from test_five_dialects import login, register

SITE = ("location /api/iam/ { gatehouse_api %REALM% bff; }"
        "location /iam/ { gatehouse_api %REALM% bff-pages; }"
        "location / { gatehouse %REALM%; gatehouse_token_from header=iam-access-token cookie=iam-access-token;"
        " proxy_pass %UPSTREAM%; }")
PAGES = ["", "register", "login", "reset", "verify", "verifyemail", "verifyfailed", "verifysuccessful", "dashboard",
         "dashboard/index", "dashboard/profile", "dashboard/settings"]
PASSWORD, NEW = "SecurePass123", "Another-Passw0rd"


@pytest.fixture
def page(folder):
    made = Page(folder)
    yield made
    made.close()


@pytest.fixture
def site(nginx, smtp, postgres):
    """Plain HTTP: a browser keeps no Secure cookie of 127.0.0.1 but by courtesy."""
    return Mailing(nginx, smtp, postgres, text=SITE, verify_email="on", cookie_secure="off").server


def test_every_page_is_there_and_names_only_what_is_there(site):
    for path in PAGES:
        page = site.get(f"/iam/{path}")
        assert page.status_code == 200, path
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Content-Security-Policy"].endswith("; connect-src 'self'")
        assert not re.search(r"<script(?![^>]* src=)|<[^>]* (style|on\w+)=", page.text), path
        assert 'data-api="/api/iam/"' in page.text
        for target in set(re.findall(r'(?:href|src)="(/iam/[^"]*)"', page.text)):
            assert site.get(target).status_code == 200, target
    assert site.get("/iam/nothing").status_code == 404
    assert site.post("/iam/login").status_code == 405
    assert "needs JavaScript" in site.post("/iam/login", data={"password": PASSWORD}).text


def test_a_page_that_can_show_nothing_else_offers_a_logout(nginx):
    """Not an administrator: another account is wanted, and then one is back where one wanted to be."""
    guard = "gatehouse_token_from cookie=iam-access-token; gatehouse_require role=admin; proxy_pass %UPSTREAM%;"
    server = nginx(SITE + "location /private/ { gatehouse %REALM%; " + guard + " }", realm={"cookie_secure": "off"})
    access, refresh, _ = login(server, "bff", register(server, "bff"))
    cookies = {"Cookie": f"iam-access-token=Bearer%20{access}; iam-refresh-token=Bearer%20{refresh}"}
    forbidden = server.get("/private/x?a=1", headers={**NAVIGATION, **cookies})
    assert forbidden.status_code == 403 and 'action="/iam/logout"' in forbidden.text
    assert server.post("/iam/logout", data={"return": "/"}, headers={**cookies, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    out = server.post("/iam/logout", data={"return": "/private/x?a=1"}, headers=cookies)
    assert (out.status_code, out.headers["Location"]) == (303, "/iam/login?return=%2Fprivate%2Fx%3Fa%3D1")
    assert [cookie.split(";")[0] for cookie in set_cookies(out)] == ["iam-access-token=", "iam-refresh-token=", "iam-sid="]
    assert server.get("/", headers=cookies).status_code == 401
    assert server.post("/iam/logout", data={"return": "/"}, headers=cookies).status_code == 303, "out already"


def test_a_trailing_slash_is_the_same_page(site):
    """Issue 10.18: the original's links end in one."""
    for path in PAGES[1:]:
        assert site.get(f"/iam/{path}/").text == site.get(f"/iam/{path}").text, path
    assert site.get("/iam/nothing/").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_no_form_would_put_a_password_into_the_address(site, path):
    page = site.get(f"/iam/{path}").text
    assert all(' method="post"' in form for form in re.findall("<form[^>]*>", page))
    assert all(button.endswith(" disabled>") for button in re.findall("<button[^>]*>", page))


def test_the_address_without_a_slash_leads_to_the_first_page(site):
    answer = site.get("/iam")
    assert answer.status_code == 301 and urlsplit(answer.headers["Location"]).path == "/iam/"


def test_the_pages_know_where_the_api_is(nginx):
    server = nginx("location /iam/ { gatehouse_api %REALM% bff-pages; } location /v2/ { gatehouse_api %REALM% bff; }")
    assert 'data-api="/v2/"' in server.get("/iam/login").text


@pytest.mark.limit(180)
def test_from_the_registration_to_the_temporary_password(site, smtp, page, upstream):
    email = f"john.{secrets.token_hex(4)}@example.com"

    page.open(site.url + "/iam/register")
    page.fill(first_name="John", last_name="Doe", email=email, password="short")
    page.submit("POST authn/register")
    page.wait_for("document.querySelector('#password-error')")
    assert "use at least 8 characters" in page.text
    page.fill(password=PASSWORD)
    page.submit("POST authn/register")
    page.wait_for("!document.querySelector('[data-after]').hidden")

    page.open(site.url + wait_for_link(smtp, email, "/iam/verifyemail"))
    page.submit("POST authn/verifyemailtoken")
    page.wait_for_path("/iam/verifysuccessful")

    page.open(site.url + "/iam/dashboard")
    page.wait_for_path("/iam/login")
    page.fill(email=email, password="wrong one")
    page.submit("POST authn/login")
    page.wait_for("document.querySelector('.message.bad:not([hidden])')")
    assert "do not match" in page.text
    page.fill(password=PASSWORD)
    page.submit("POST authn/login")
    page.wait_for_path("/iam/dashboard")
    page.wait_for("!document.querySelector('main').hidden")
    assert "John" in page.text and email in page.text
    assert page.evaluate("document.cookie.includes('iam-sid=') && !document.cookie.includes('token')")

    page.open(site.url + "/index.html")
    assert dict(upstream.requests[-1]["headers"])["Remote-Email"] == email
    assert "iam-" not in dict(upstream.requests[-1]["headers"]).get("Cookie", "")

    page.open(site.url + "/iam/dashboard/profile")
    page.wait_for("!document.querySelector('main').hidden")
    page.fill(first_name="Jane")
    page.submit("PUT authn/update")
    page.wait_for("document.querySelector('.message.good:not([hidden])')")
    page.open(site.url + "/iam/dashboard")
    page.wait_for("document.body.innerText.includes('Jane')")

    page.open(site.url + "/iam/dashboard/settings")
    page.wait_for("!document.querySelector('main').hidden")
    page.fill(current_password="wrong one", new_password=NEW)
    page.submit("PUT authn/update")
    page.wait_for("document.body.innerText.includes('This is not your current password')")
    page.fill(current_password=PASSWORD, new_password=NEW)
    page.submit("PUT authn/update")
    page.wait_for("document.querySelector('.message.good:not([hidden])')")

    page.open(site.url + "/iam/dashboard")
    page.wait_for("!document.querySelector('main').hidden")
    page.submit("POST authn/logout")
    page.wait_for_path("/iam/login")
    assert page.evaluate("document.cookie") == ""

    page.open(site.url + "/iam/reset")
    page.fill(email=email)
    page.submit("POST authn/reset")
    page.wait_for("document.querySelector('.message.good:not([hidden])')")
    page.open(site.url + wait_for_link(smtp, email, "/iam/verify"))
    page.submit("POST authn/verifyreset")
    page.wait_for("document.querySelector('[data-text=pass]').textContent")
    temporary = page.evaluate("document.querySelector('[data-text=pass]').textContent")

    page.open(site.url + "/deep?x=1")
    page.wait_for_path("/iam/login")
    page.fill(email=email, password=temporary)
    page.submit("POST authn/login")
    page.wait_for_path("/deep")

    page.open(site.url + "/iam/dashboard/settings")
    page.wait_for("!document.querySelector('main').hidden")
    page.submit("DELETE authn/delete")
    page.wait_for_path("/iam/login")
    page.fill(email=email, password=temporary)
    page.submit("POST authn/login")
    page.wait_for("document.body.innerText.includes('do not match')")
    assert not [each for each in page.problems if "Content Security Policy" in each or "exceptionDetails" in each], page.problems


@pytest.mark.limit(120)
def test_a_used_link_leads_to_the_page_that_says_so(site, smtp, page):
    email = f"john.{secrets.token_hex(4)}@example.com"
    page.open(site.url + "/iam/register")
    page.fill(first_name="John", last_name="Doe", email=email, password=PASSWORD)
    page.submit("POST authn/register")
    link = site.url + wait_for_link(smtp, email, "/iam/verifyemail")
    page.open(link)
    page.submit("POST authn/verifyemailtoken")
    page.wait_for_path("/iam/verifysuccessful")
    page.open(link)
    page.evaluate("document.querySelector('a[href$=verifyemail]').click()")
    page.wait_for_path("/iam/verifyemail")
    page.fill(email=email)
    page.submit("POST authn/verifyemail")
    page.wait_for("document.querySelector('.message.good:not([hidden])')")


@pytest.mark.limit(120)
@pytest.mark.parametrize("wanted, path", [("/there%3Fx%3D1", "/there"), ("//evil.example/", "/iam/dashboard"),
                                          ("https://evil.example/", "/iam/dashboard"), ("/%5Cevil.example", "/iam/dashboard")])
def test_requirement_44_a_login_leads_nowhere_else(nginx, page, wanted, path):
    server = nginx(SITE, realm={"cookie_secure": "off"})
    email = f"john.{secrets.token_hex(4)}@example.com"
    assert server.post("/api/iam/authn/register", headers={"client-platform": "app"},
                       json={"first_name": "J", "last_name": "D", "email": email, "password": PASSWORD}).status_code == 200
    page.open(f"{server.url}/iam/login?return={wanted}")
    page.fill(email=email, password=PASSWORD)
    page.submit("POST authn/login")
    page.wait_for_path(path)


@pytest.mark.limit(120)
def test_the_temporary_password_in_an_address_is_shown_once(site, page):
    """Issue 10.18: where a client of the original's API leads. It does not stay in the address, and nothing else is shown."""
    page.open(site.url + "/iam/verifysuccessful?pass=abcde-fghij-kmnpq-rs234")
    page.wait_for("document.querySelector('[data-text=pass]').textContent === 'abcde-fghij-kmnpq-rs234'")
    assert page.evaluate("!document.querySelector('[data-with=pass]').hidden && document.querySelector('[data-without=pass]').hidden")
    assert page.evaluate("document.title").startswith("Your temporary password") and page.evaluate("location.search") == ""
    for query in ("", "?pass=", "?pass=Call%20our%20hotline", "?pass=abcde-fghij-kmnpq-rs234%20x"):
        page.open(site.url + "/iam/verifysuccessful" + query)
        page.wait_for("document.querySelector('[data-with=pass]').hidden && !document.querySelector('[data-without=pass]').hidden")
        assert page.evaluate("document.querySelector('[data-text=pass]').textContent + location.search") == ""


# ---- gatehouse_token_from header= and cookie= ----

@pytest.fixture
def tokens(nginx):
    """A server, and the access token of someone who has logged in."""
    def make(text):
        server = nginx("location /api/iam/ { gatehouse_api %REALM% bff; }" + text)
        app = {"client-platform": "app"}
        person = {"first_name": "J", "last_name": "D", "email": f"j.{secrets.token_hex(4)}@example.com", "password": PASSWORD}
        server.post("/api/iam/authn/register", headers=app, json=person)
        return server, server.post("/api/iam/authn/login", headers=app, json=person).headers["iam-access-token"]
    return make


NAMED = "location / { gatehouse %REALM%; gatehouse_token_from %s; proxy_pass %UPSTREAM%; }"


def test_a_token_in_a_header_of_that_name(tokens):
    server, token = tokens(NAMED.replace("%s", "header=iam-access-token"))
    assert server.get("/", headers={"iam-access-token": token}).status_code == 200
    assert server.get("/", headers={"IAM-Access-Token": token}).status_code == 200
    assert server.get("/", headers={"iam-access-token": token.removeprefix("Bearer ")}).status_code == 401
    assert server.get("/", headers={"Authorization": token}).status_code == 401, "only where it is named"
    assert server.get("/", headers={"Cookie": "iam-access-token=" + token.replace(" ", "%20")}).status_code == 401
    twice = server.raw(f"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\niam-access-token: {token}\r\n"
                       f"iam-access-token: {token}\r\n\r\n".encode())
    assert b" 400 " in twice.split(b"\r\n")[0]


def test_a_token_in_a_cookie_of_that_name(tokens, upstream):
    server, token = tokens(NAMED.replace("%s", "cookie=iam-access-token"))
    cookie = "iam-access-token=" + token.replace(" ", "%20")
    answer = server.get("/", headers={"Cookie": f"a=b; {cookie}; iam-refresh-token=x; iam-sid=y; c=d"})
    assert answer.status_code == 200
    assert dict(upstream.requests[-1]["headers"])["Cookie"] == "a=b; c=d"
    assert server.get("/", headers={"iam-access-token": token}).status_code == 401
    assert server.get("/", headers={"Cookie": f"{cookie}; {cookie}"}).status_code == 400
    assert server.get("/", headers={"Cookie": "iam-access-token="}).status_code == 401
    foreign = server.post("/", headers={"Cookie": cookie, "Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403, "a cookie, so another site's page may have sent it"


def test_both_and_the_usual_places(tokens):
    server, token = tokens(NAMED.replace("%s", "bearer cookie header=iam-access-token cookie=iam-access-token"))
    for headers in ({"Authorization": token}, {"iam-access-token": token}, {"Cookie": "gatehouse=" + token[7:]},
                    {"Cookie": "__Host-gatehouse=" + token[7:]}, {"Cookie": "iam-access-token=" + token.replace(" ", "%20")}):
        expected = 401 if headers.get("Cookie", "").startswith("gatehouse=") else 200
        assert server.get("/", headers=headers).status_code == expected, headers
    assert server.get("/", headers={"Authorization": token, "iam-access-token": token}).status_code == 400


@pytest.mark.parametrize("words, complaint", [
    ("header=", 'invalid parameter "header="'), ("cookie=a;b", "invalid parameter"), ("header=a header=b", "duplicate"),
    ("elsewhere", 'a token may come from "bearer", "cookie", "header=NAME", "cookie=NAME"')])
def test_wrong_places(nginx, words, complaint):
    server = nginx(NAMED.replace("%s", words.replace(";", "\\;")), start=False)
    good, said = server.test_conf()
    assert not good and complaint in said
