"""Who is sent to the login page, who is told 401, and what a frame shows."""

import re

import pytest
from accounts import API
from browser import NAVIGATION, Browser

GUARDED = API + "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
REALM = {"cookie": "gh", "cookie_secure": "off"}
FRAME = {**NAVIGATION, "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}


def policy(answer):
    return re.search("frame-ancestors ('[a-z]+')", answer.headers["Content-Security-Policy"])[1]


@pytest.mark.parametrize("mark", [{"X-Requested-With": "XMLHttpRequest"}, {"HX-Request": "true"}, {"X-PJAX": "true"},
                                  {"Turbo-Frame": "news"}, {"X-Up-Version": "3.0.0"}])
def test_what_a_script_asks_for_is_no_navigation(nginx, mark):
    """Issue 10.13: over plain HTTP there is no Sec-Fetch-Mode, and the login page came into the application's <div>."""
    server = nginx(GUARDED, realm=REALM)
    for accept in ("text/html, */*; q=0.01", "text/html"):
        answer = server.get("/part", headers={"Accept": accept, **mark})
        assert answer.status_code == 401 and answer.headers["Content-Type"] == "application/problem+json"
    assert server.post("/part", headers={"Accept": "text/html", **mark}).headers["Content-Type"] == "application/problem+json"


def test_a_web_view_that_names_its_app_navigates(nginx):
    """Issue 10.13: Android sends X-Requested-With with every navigation of a WebView."""
    server = nginx(GUARDED, realm=REALM)
    answer = server.get("/", headers={"Accept": "text/html,application/xhtml+xml", "X-Requested-With": "com.example.app"})
    assert answer.status_code == 302


@pytest.mark.parametrize("dest", ["iframe", "frame"])
def test_a_frame_shows_the_way_to_the_login_page(nginx, dest):
    """Issue 10.13: the login page must not be framed, so its frame was blank."""
    server = nginx(GUARDED, realm=REALM)
    for language, word in (("en", "Log in"), ("de", "Anmelden")):
        answer = server.get("/part", headers={**FRAME, "Sec-Fetch-Dest": dest, "Accept-Language": language})
        assert answer.status_code == 401 and answer.headers["Content-Type"].startswith("text/html")
        assert policy(answer) == "'self'"
        assert '<base target="_top">' in answer.text
        assert f'<a class="button" href="/auth/login?return=%2F" data-return="top">{word}</a>' in answer.text
    answer = server.post("/part", headers=FRAME)
    assert (answer.status_code, policy(answer)) == (401, "'self'")
    assert policy(server.post("/part", headers=NAVIGATION)) == "'none'"


def test_every_refusal_is_seen_in_a_frame_and_only_there(nginx):
    """Issue 10.13."""
    server = nginx(GUARDED + "location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }",
                   realm=REALM)
    browser = Browser(server)
    browser.register()
    for headers, expected in ((FRAME, "'self'"), (NAVIGATION, "'none'")):
        answer = browser.get("/admin/", headers)
        assert (answer.status_code, policy(answer)) == (403, expected)
        twice = {"Cookie": "gh=x; gh=y"}
        answer = server.get("/", headers={**headers, **twice})
        assert (answer.status_code, policy(answer)) == (400, expected)
    assert policy(server.get("/auth/login", headers=FRAME)) == "'none'"


def test_over_plain_http_the_login_page_may_stand_in_a_frame_of_this_site(nginx):
    """Issue 10.13: there the browser does not say that it fills a frame."""
    server = nginx(GUARDED, realm=REALM)
    accept = {"Accept": "text/html"}
    assert policy(server.get("/auth/login", headers=accept)) == "'self'"
    assert policy(server.get("/auth/login", headers=NAVIGATION)) == "'none'"
    assert policy(server.get("/auth/register", headers=accept)) == "'none'"


@pytest.mark.parametrize("directive, expected", [("", ["no-store"]), ("gatehouse_no_store off;", []),
                                                 ("expires 1h;", ["max-age=3600"]), ("expires -1;", ["no-cache"]),
                                                 ("gatehouse_no_store off; add_header Cache-Control private;", ["private"])])
def test_no_store_is_the_operators_and_contradicts_nothing(nginx, upstream, directive, expected):
    """Issue 10.15."""
    server = nginx(API + f"location / {{ gatehouse %REALM%; {directive} proxy_pass %UPSTREAM%; }}", realm=REALM)
    browser = Browser(server)
    browser.register()
    upstream.reply = lambda request: (200, [("Content-Type", "text/html")], "<p>")
    assert browser.get("/").raw.headers.getlist("Cache-Control") == expected
