"""Every way nginx has into a location besides the client's request: the guard stands there too."""

import html
import re

import pytest
import requests
from browser import Browser

pytestmark = pytest.mark.quick


SECRET = "location /secret/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
OPEN = "location /open/ { proxy_pass %UPSTREAM%; }"


@pytest.fixture
def guarded(guarded):
    return lambda text, path="/secret/", **options: guarded(SECRET + OPEN + text, path, **options)


def uris(upstream):
    return [request["uri"] for request in upstream.requests]


def header(answer, name):
    return [value for each, value in answer.json()["headers"] if each.lower() == name.lower()]


@pytest.mark.parametrize("way", [
    "location = /way { rewrite ^ /secret/x last; }",
    "location = /way { rewrite ^ /secret/x?a=b? last; }",
    "rewrite ^/way$ /secret/x;",
    "location = /way { try_files /none /secret/x; }",
    "location = /way { error_page 404 /secret/x; }",
    "location = /way { error_page 404 =200 /secret/x; }",
    "location = /way { error_page 418 = @secret; return 418; }",
    "location = /way { try_files /none @secret; }",
    "location = /way { try_files /none @rewriting; } location @rewriting { rewrite ^ /secret/x last; }",
    "location /way { index none.html; error_page 403 404 = /secret/x; }",
    "location = /way { if ($request_method = GET) { rewrite ^ /secret/x last; } }",
    "location = /way { auth_request /no; error_page 403 = /secret/x; } location = /no { return 403; }",
    "location = /way { allow 127.0.0.2; deny all; error_page 403 = @secret; }",
    "location = /way { limit_except POST { deny all; } error_page 403 = @secret; }",
    "location /way { internal; } error_page 404 = /secret/x;",
], ids=range(15))
def test_no_internal_redirect_leads_past_the_guard(guarded, upstream, way):
    server, mint = guarded("location @secret { gatehouse %REALM%; proxy_pass %UPSTREAM%; }" + way)
    assert server.get("/way").status_code == 401
    assert server.get("/way", headers={"Authorization": "Bearer x"}).status_code == 401
    assert upstream.count == 0
    answer = server.get("/way", headers=mint.bearer())
    assert upstream.count == 1
    assert header(answer, "Remote-User") == ["jane@example.com"]
    assert header(answer, "Authorization") == []


@pytest.mark.parametrize("target", ["/secret/x", "@secret", "/secret/%78?y=z"])
def test_an_x_accel_redirect_does_not_lead_past_the_guard(guarded, upstream, target):
    server, mint = guarded("location @secret { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
    upstream.reply = lambda request: (200, [("X-Accel-Redirect", target)] if upstream.count < 3 else [], "x")
    assert server.get("/open/a").status_code == 401
    assert uris(upstream) == ["/open/a"]
    assert server.get("/open/a", headers=mint.bearer()).status_code == 200
    assert [[v for n, v in r["headers"] if n == "Remote-User"] for r in upstream.requests[1:]] == [[], ["jane@example.com"]]


def test_an_index_file_is_guarded(guarded):
    server, mint = guarded("location /html/ { gatehouse %REALM%; alias %FOLDER%/html/; } "
                           "location / { gatehouse %REALM%; autoindex on; }")
    for path in ("/html/", "/html/index.html", "/", "/index.html"):
        assert server.get(path).status_code == 401
        assert server.get(path, headers=mint.bearer()).text == "hello\n"


# ---- error pages of the refusal itself ----

def test_a_refusal_may_have_an_error_page(guarded, upstream):
    server, mint = guarded("location = /page { gatehouse %REALM%; gatehouse_require role=admin; error_page 401 /open/login; "
                           "error_page 403 @no; proxy_pass %UPSTREAM%; } location @no { proxy_pass %UPSTREAM%; }")
    answer = server.get("/page")
    assert answer.status_code == 401
    assert answer.json()["uri"] == "/open/login"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    answer = server.get("/page", headers=mint.bearer())
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert header(answer, "Remote-User") == []
    assert upstream.count == 2


def test_a_guarded_error_page_of_a_refusal_is_a_refusal_with_one_challenge(guarded, upstream):
    server, _ = guarded("location = /page { gatehouse %REALM%; error_page 401 /secret/login; proxy_pass %UPSTREAM%; }")
    answer = server.raw(b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.count(b"WWW-Authenticate") == 1
    assert b"application/problem+json" in answer
    assert upstream.count == 0


def test_recursive_error_pages_end(guarded, upstream):
    server, _ = guarded("location = /page { gatehouse %REALM%; recursive_error_pages on; error_page 401 /page; "
                        "proxy_pass %UPSTREAM%; }")
    server.expect_log("rewrite or internal redirection cycle")
    assert server.get("/page").status_code in (401, 500)
    assert upstream.count == 0


def test_a_redirect_to_a_login_page(guarded, upstream):
    server, mint = guarded("location = /page { gatehouse %REALM%; error_page 401 @login; proxy_pass %UPSTREAM%; } "
                        "location @login { return 302 /login?next=$uri; }")
    answer = server.get("/page")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/login?next=/page")
    assert upstream.count == 0
    assert server.get("/page", headers=mint.bearer()).status_code == 200


def test_error_pages_of_the_application_keep_the_guard(guarded, upstream):
    server, mint = guarded("location = /page { gatehouse %REALM%; proxy_intercept_errors on; error_page 404 /secret/404; "
                           "error_page 500 /open/500; proxy_pass %UPSTREAM%; }")
    for status, uri, user in ((404, "/secret/404", ["jane@example.com"]), (500, "/open/500", [])):
        upstream.clear()
        upstream.reply = lambda request, status=status: (status if request["uri"] == "/page" else 200, [], "x")
        assert server.get("/page", headers=mint.bearer()).status_code == status
        assert uris(upstream) == ["/page", uri]
        assert [v for n, v in upstream.requests[1]["headers"] if n == "Remote-User"] == user


# ---- sub-requests ----

def test_a_page_includes_what_its_reader_may_see(guarded, upstream):
    server, mint = guarded("location = /page.html { ssi on; } location /admins/ { gatehouse %REALM%; "
                           "gatehouse_require role=admin; proxy_pass %UPSTREAM%; }")
    (server.folder / "html" / "page.html").write_text(
        '<!--#include virtual="/secret/a" -->|<!--#include virtual="/open/b" -->|<!--#include virtual="/admins/c" -->')
    server.get("/page.html")
    assert uris(upstream) == ["/open/b"]
    upstream.clear()
    server.get("/page.html", headers=mint.bearer())
    assert sorted(uris(upstream)) == ["/open/b", "/secret/a"]
    users = {request["uri"]: [n for n, _ in request["headers"] if n in ("Remote-User", "Authorization")]
             for request in upstream.requests}
    assert users == {"/secret/a": ["Remote-User"], "/open/b": []}
    upstream.clear()
    server.get("/page.html", headers=mint.bearer(roles=["admin"]))
    assert sorted(uris(upstream)) == ["/admins/c", "/open/b", "/secret/a"]


def test_satisfy_any_does_not_open_a_guarded_include(guarded, upstream):
    server, _ = guarded("location = /page.html { ssi on; } location /any/ { satisfy any; allow all; gatehouse %REALM%; "
                        "proxy_pass %UPSTREAM%; }")
    (server.folder / "html" / "page.html").write_text('<!--#include virtual="/any/a" -->')
    server.get("/page.html")
    assert upstream.count == 0


def test_includes_of_includes_are_guarded(guarded, upstream):
    server, _ = guarded("location ~ \\.html$ { ssi on; }")
    (server.folder / "html" / "page.html").write_text('<!--#include virtual="/inner.html" -->')
    (server.folder / "html" / "inner.html").write_text('<!--#include virtual="/secret/a" wait="yes" -->'
                                                       '<!--#include file="secret/b" -->')
    server.get("/page.html")
    assert upstream.count == 0


def test_auth_request_to_a_guarded_location(guarded, upstream):
    server, mint = guarded("location = /page { auth_request /check; proxy_pass %UPSTREAM%; } "
                           "location = /check { internal; gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
    answer = server.get("/page")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert upstream.count == 0
    answer = server.get("/page", headers=mint.bearer())
    assert uris(upstream) == ["/check", "/page"]
    assert header(answer, "Remote-User") == []


@pytest.mark.parametrize("way", ["mirror /secret/m;", "add_before_body /secret/m;", "post_action /secret/m;",
                                 "addition_types *; add_after_body /secret/m;", "auth_request /secret/m;",
                                 "error_page 404 /secret/m; slice 5;"])
def test_no_other_sub_request_leads_past_the_guard(guarded, upstream, way):
    server, _ = guarded("location = /index.html { " + way + " } location = /gone { " + way + " }")
    server.get("/index.html")
    server.get("/gone")
    server.stop()
    assert not [uri for uri in uris(upstream) if uri.startswith("/secret")]


def test_a_mirror_carries_identity_only_where_it_is_guarded(guarded, upstream):
    server, mint = guarded("location = /page { gatehouse %REALM%; mirror /open/m; mirror /secret/m; proxy_pass %UPSTREAM%; }")
    server.post("/page", data="body", headers=mint.bearer())
    server.stop()
    seen = {request["uri"]: sorted(n for n, _ in request["headers"] if n in ("Remote-User", "Authorization"))
            for request in upstream.requests}
    assert seen == {"/page": ["Remote-User"], "/secret/m": ["Remote-User"], "/open/m": []}


def test_the_endpoints_cannot_be_included(guarded, postgres):
    server, _ = guarded("location = /page.html { ssi on; } location /auth/ { gatehouse_api %REALM% rest; }")
    (server.folder / "html" / "page.html").write_text('<!--#include virtual="/auth/me" -->')
    assert re.search("404", server.get("/page.html").text)


def test_return_answers_before_any_guard_as_nginx_does(guarded):
    """nginx's rewrite module ends the request before access is judged: documented, and here to be noticed if it changes."""
    server, _ = guarded("location = /page { gatehouse %REALM%; return 200 open; }")
    assert server.get("/page").text == "open"


# ---- the login page ----

LOGIN = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}


def test_no_redirect_leads_to_where_the_request_already_is(nginx):
    """Issue 10.12: a server that guards without the realm's endpoints sent a browser round and round."""
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; }", http="server { listen 127.0.0.1:%PORTx%; "
                   "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }")
    ok, said = server.test_conf()
    assert ok and 'has no login page at "/auth/"' in said
    other = f"http://127.0.0.1:{server.ports['x']}"
    answer = requests.get(other + "/page", headers=LOGIN, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/auth/login?return=%2Fpage")
    answer = requests.get(other + answer.headers["Location"], headers=LOGIN, allow_redirects=False)
    assert answer.status_code == 401 and answer.headers["Content-Type"].startswith("text/html")


def way_back(answer):
    found = re.search(r'name="return" value="([^"]*)"', answer.text)
    return html.unescape(found[1]) if found else None


ERROR_PAGES = """
location /auth/ { gatehouse_api %REALM% rest; }
location /plain/ { gatehouse %REALM%; error_page 401 /auth/login; proxy_pass %UPSTREAM%; }
location /fine/ { gatehouse %REALM%; error_page 401 = /auth/login; proxy_pass %UPSTREAM%; }
location /named/ { gatehouse %REALM%; error_page 401 = @login; proxy_pass %UPSTREAM%; }
location /own/ { gatehouse %REALM%; error_page 401 = /auth/login?return=/start; proxy_pass %UPSTREAM%; }
location /register/ { gatehouse %REALM%; error_page 401 = /auth/register; proxy_pass %UPSTREAM%; }
location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; error_page 401 403 /auth/login; proxy_pass %UPSTREAM%; }
location /asked/ { auth_request /check; error_page 401 = /auth/login; proxy_pass %UPSTREAM%; }
location = /check { internal; gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /gone/ { error_page 404 = /auth/login; root %FOLDER%/html; }
location @login { rewrite ^ /auth/login last; }
"""


@pytest.mark.parametrize("path, status, back", [
    ("/plain/a?b=c&d=%C3%A9", 401, "/plain/a?b=c&d=%C3%A9"), ("/fine/a?b=c&d=e", 200, "/fine/a?b=c&d=e"),
    ("/named/a?b=c&return=/x", 200, "/named/a?b=c&return=/x"), ("/own/a", 200, "/start"), ("/register/a", 200, "/register/a"),
    ("/asked/a", 200, "/asked/a"), ("/admin/", 401, "/admin/"), ("/gone/a", 200, None), ("/auth/login?return=/x", 200, "/x")])
def test_a_login_page_that_is_the_error_page_of_a_refusal_leads_back(nginx, path, status, back):
    """Issue 10.15: error_page 401 /auth/login forgot what had been asked for, and a login led to /."""
    server = nginx(ERROR_PAGES, realm={"cookie": "gh", "cookie_secure": "off"})
    answer = server.get(path, headers=LOGIN)
    assert (answer.status_code, way_back(answer)) == (status, back)


def test_the_login_on_an_error_page_goes_on_to_what_was_refused(nginx):
    """Issue 10.15."""
    server = nginx(ERROR_PAGES, realm={"cookie": "gh", "cookie_secure": "off"})
    browser = Browser(server)
    browser.register()
    assert browser.get("/plain/a?b=c").status_code == 200
    answer = browser.get("/admin/")
    assert answer.status_code == 403 and "/admin/" in answer.text
    browser.session.cookies.clear()
    answer = browser.post("/auth/login", {"email": browser.email, "password": browser.password,
                                          "return": way_back(browser.get("/plain/a?b=c"))})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plain/a?b=c")


def test_what_was_posted_to_a_refusal_is_not_asked_for_again(nginx):
    """Issue 10.15: a GET of where a form was posted is often no page at all."""
    server = nginx(ERROR_PAGES, realm={"cookie": "gh", "cookie_secure": "off"})
    answer = server.post("/fine/save", data="a=b", headers=LOGIN)
    assert (answer.status_code, way_back(answer)) == (200, None)


def test_a_server_with_the_endpoints_is_not_warned_of(nginx):
    """Issue 10.12."""
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; } location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
    assert "has no login page" not in server.test_conf()[1]


@pytest.mark.parametrize("location, good", [
    ("location /auth/ { gatehouse_api %REALM% rest mount=/iam/; }", False),
    ("location = /iam/login { gatehouse_api %REALM% rest mount=/auth/; }", False),
    ("location = /auth/login { gatehouse_api %REALM% rest mount=/auth/; }", True),
    ("location / { gatehouse_api %REALM% rest mount=/auth/; }", True),
    ("location /auth/login { gatehouse_api %REALM% rest mount=/auth/; }", True),
    ("location ~ ^/iam/ { gatehouse_api %REALM% rest mount=/iam/; }", True)], ids=range(6))
def test_a_mount_that_its_location_never_matches_is_refused(nginx, location, good):
    """Issue 10.12: it passed, and every endpoint was 404."""
    ok, said = nginx(location, start=False).test_conf()
    assert ok == good, said
    assert good or "cannot be reached" in said


def test_more_cookie_lines_than_are_looked_at_are_ambiguous(guarded, upstream):
    """Issue 10.29: a second login past the 64th was not noticed. Lines with nothing of ours do not count."""
    server, mint = guarded("")
    head = b"GET /secret/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + f"Authorization: Bearer {mint.token()}\r\n".encode()
    assert b" 200 " in server.raw(head + b"Cookie: a=b\r\n" * 80 + b"\r\n")[:20]
    ours = b"Cookie: __Host-gatehouse=x\r\n"
    for lines in (ours * 65, ours + b"Cookie: a=b\r\n" * 70 + ours):
        assert b" 400 " in server.raw(head + lines + b"\r\n")[:20]
    assert upstream.count == 1
