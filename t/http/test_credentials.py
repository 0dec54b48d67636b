"""What becomes of credentials in a request: nobody but the guard and the endpoints ever sees them (Issue 10.9)."""

import pytest

from accounts import bearer
from browser import Browser
from fastcgi import FastCgi
from processes import wait_until
from tokens import guarded_server

PLAIN = {"cookie_secure": "off"}
SEEN = ("proxy_set_header X-Seen '$http_cookie|$cookie_gatehouse|$http_iam_access_token|$early|$mapped'; "
        "set $early '$http_cookie$cookie_gatehouse'; if ($http_cookie ~ gatehouse=) { set $early leaked; } ")
HTTP = ("map $cookie_gatehouse $mapped { default leaked; '' none; }"
        "log_format seen '$http_cookie|$cookie_gatehouse|$cookie_gatehouse-refresh|$http_authorization|$gatehouse_user';"
        "access_log %FOLDER%/seen.log seen;")
LOCATIONS = SEEN + """
location /auth/ { gatehouse_api %REALM% rest; }
location / { gatehouse %REALM%; try_files /none @app; }
location @app { proxy_pass %UPSTREAM%; }
location /off/ { gatehouse %REALM%; error_page 404 = @off; }
location @off { gatehouse off; proxy_pass %UPSTREAM%; }
location /open/ { proxy_pass %UPSTREAM%; }
location /bounced/ { gatehouse %REALM%; error_page 404 =200 /open/x; }
location /refused/ { gatehouse %REALM%; gatehouse_require role=none; error_page 401 403 =200 @app; }
location /mirror/ { gatehouse %REALM%; mirror /copy; proxy_pass %UPSTREAM%; }
location = /copy { internal; proxy_pass %UPSTREAM%; }
location /accel/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /inside/ { internal; proxy_pass %UPSTREAM%; }
location /nothing/ { gatehouse %REALM%; error_page 404 = @first; }
location @first { try_files /none @app; }
location /after/ { gatehouse %REALM%; post_action /copy; proxy_pass %UPSTREAM%; }
location /any/ { satisfy any; allow all; gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /may/ { gatehouse %REALM% optional; try_files /none @app; }
location /asked/ { auth_request /check; proxy_pass %UPSTREAM%; }
location = /check { internal; gatehouse_check %REALM%; }
location /pass/ { gatehouse_pass_cookies on; proxy_pass %UPSTREAM%; }
location /ten/ { gatehouse %REALM%; %TEN% mirror /copy; proxy_pass %UPSTREAM%; }
location /page.html { ssi on; }
location /added.html { add_after_body /open/x; }
"""
TEN = "".join(f"gatehouse_header X-Who-{n} $gatehouse_user; " for n in range(10))
IDENTITY = ("Remote-User", "jane@example.com")


@pytest.fixture
def site(nginx, keys, upstream):
    server, mint = guarded_server(nginx, keys, LOCATIONS.replace("%TEN%", TEN), http=HTTP, realm=PLAIN)
    (server.folder / "html" / "page.html").write_text('<!--#include virtual="/open/a" --> <!--#echo var="http_cookie" -->')
    (server.folder / "html" / "added.html").write_text("added")
    upstream.clear()
    return server, mint


def ours(mint):
    return f"gatehouse={mint.token()}; theme=dark; gatehouse-refresh=canary.refresh"


def received(upstream, name):
    """The values of a header in each request that the application got."""
    return [[value for each, value in request["headers"] if each.lower() == name.lower()] for request in upstream.requests]


PLACES = ["/", "/x", "/off/x", "/open/x", "/bounced/x", "/refused/x", "/mirror/x", "/accel/x", "/after/x", "/any/x", "/may/x",
          "/asked/x", "/page.html", "/added.html", "/nothing/x"]


@pytest.mark.parametrize("path", PLACES)
def test_no_cookie_of_ours_reaches_the_application_by_any_way(site, upstream, path):
    """Issue 10.9"""
    server, mint = site
    token = mint.token()
    answer = server.get(path, headers={"Cookie": f"gatehouse={token}; theme=dark; gatehouse-refresh=canary.refresh"})
    assert answer.status_code == 200
    wait_until(lambda: upstream.count >= (2 if path in ("/mirror/x", "/after/x") else 1), "the application's requests")
    assert token not in str(upstream.requests) + answer.text and "canary" not in str(upstream.requests) + answer.text
    assert received(upstream, "Cookie") == [["theme=dark"]] * upstream.count
    for seen in received(upstream, "X-Seen"):
        assert seen == ["theme=dark|||theme=dark|none"]


@pytest.mark.parametrize("path", PLACES)
def test_no_bearer_that_a_guard_has_judged_reaches_the_application(site, upstream, path):
    """Issue 10.9"""
    server, mint = site
    headers = mint.bearer()
    assert server.get(path, headers=headers).status_code == 200
    wait_until(lambda: upstream.count >= (2 if path in ("/mirror/x", "/after/x") else 1), "the application's requests")
    is_open = path in ("/open/x", "/page.html", "/added.html")
    expected = [headers["Authorization"]] if is_open else []
    assert received(upstream, "Authorization") == [expected] * upstream.count, "at an open location it is the application's"


def test_a_basic_authorization_is_still_the_applications(site, upstream):
    server, _ = site
    for path in ("/open/x", "/any/x", "/may/x"):
        assert server.get(path, auth=("a", "b")).status_code == 200
    assert received(upstream, "Authorization") == [["Basic YTpi"]] * 3


@pytest.mark.parametrize("path", ["/x", "/may/x", "/nothing/x"])
def test_a_named_location_keeps_the_identity_of_the_guarded_one_that_leads_there(site, upstream, path):
    """Issue 10.9"""
    server, mint = site
    assert server.get(path, headers=mint.bearer()).status_code == 200
    assert received(upstream, "Remote-User") == [["jane@example.com"]]
    server.stop()
    assert (server.folder / "seen.log").read_text().splitlines()[-1].endswith("|" + mint.claims()["sub"])


def test_a_mirror_and_a_post_action_keep_it_too(site, upstream):
    """Issue 10.9"""
    server, mint = site
    for path in ("/mirror/x", "/after/x"):
        upstream.clear()
        server.get(path, headers=mint.bearer())
        wait_until(lambda: upstream.count == 2, "both requests")
        assert received(upstream, "Remote-User") == [["jane@example.com"]] * 2


@pytest.mark.parametrize("path", ["/off/x", "/bounced/x", "/refused/x"])
def test_off_or_open_to_all_or_refused_have_no_identity(site, upstream, path):
    """Issue 10.9"""
    server, mint = site
    assert server.get(path, headers={**mint.bearer(), "Remote-User": "root"}).status_code == 200
    assert received(upstream, "Remote-User") == [[]]


def test_an_internal_location_keeps_identity_and_no_store(site, upstream):
    """Issue 10.9: X-Accel-Redirect."""
    server, mint = site
    html = [("Content-Type", "text/html")]
    upstream.reply = lambda request: (200, [("X-Accel-Redirect", "/inside/x")] if upstream.count == 1 else html, "x")
    answer = server.get("/accel/x", headers={"Cookie": ours(mint)})
    assert upstream.count == 2
    assert received(upstream, "Remote-User") == [["jane@example.com"]] * 2
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_anonymous_have_no_identity_in_a_named_location(site, upstream):
    server, _ = site
    assert server.get("/may/x", headers={"Remote-User": "root"}).status_code == 200
    assert received(upstream, "Remote-User") == [[]]


def test_pass_cookies_is_for_another_gatehouse(site, upstream):
    """Issue 10.9"""
    server, mint = site
    sent = ours(mint)
    assert server.get("/pass/x", headers={"Cookie": sent}).status_code == 200
    assert received(upstream, "Cookie") == [[sent]]


def test_cookies_of_every_realm_are_taken_from_all(nginx, keys, upstream):
    """Issue 10.9"""
    server, mint = guarded_server(nginx, keys, "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } "
                                  "location /open/ { proxy_pass %UPSTREAM%; } location /b/ { gatehouse_api %REALM% bff; }"
                                  "location /n/ { gatehouse %REALM%; gatehouse_token_from cookie=other; }",
                                  http="server { listen 127.0.0.1:%PORTB%; location / { proxy_pass %UPSTREAM%; } }")
    upstream.clear()
    sent = "a=1; __Host-gatehouse=x; iam-access-token=y; iam-sid=z; other=w; __Host-gatehouse-refresh=v; b=2"
    server.get("/open/x", headers={"Cookie": sent, "iam-access-token": "Bearer t"})
    server.raw(f"GET / HTTP/1.0\r\nCookie: {sent}\r\niam-refresh-token: t\r\n\r\n".encode(), server.ports["B"])
    assert received(upstream, "Cookie") == [["a=1; b=2"]] * 2
    assert received(upstream, "iam-access-token") == received(upstream, "iam-refresh-token") == [[], []]


def test_many_cookie_headers_keep_their_order(site, upstream):
    server, mint = site
    lines = f"Cookie: a=1\r\nX-A: 1\r\nCookie: gatehouse={mint.token()}\r\nCookie: b=2; gatehouse-refresh=r; c=3\r\nX-B: 2\r\n"
    for path in ("/x", "/open/x"):
        upstream.clear()
        server.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode())
        names = [[name, value] for name, value in upstream.requests[0]["headers"] if name in ("Cookie", "X-A", "X-B")]
        assert [value for name, value in names if name == "Cookie"] == ["a=1", "b=2; c=3"]


@pytest.mark.parametrize("count", [0, 8, 9, 10, 20, 40])
def test_identity_is_said_once_however_many_headers_there_are(site, upstream, count):
    server, mint = site
    many = {f"X-{n}": str(n) for n in range(count)}
    for path, answers in (("/x", 1), ("/nothing/x", 1), ("/mirror/x", 2), ("/ten/x", 2)):
        upstream.clear()
        assert server.get(path, headers={**many, "Remote-User": "root", "Cookie": ours(mint)}).status_code == 200
        wait_until(lambda: upstream.count == answers, f"the requests of {path}")
        assert received(upstream, "Remote-User") == [["jane@example.com"]] * answers
        assert received(upstream, "Cookie") == [["theme=dark"]] * answers
        assert all(dict(request["headers"]).items() >= many.items() for request in upstream.requests)
        if path == "/ten/x":
            assert [sum(len(each) for each in received(upstream, f"X-Who-{n}")) for n in range(10)] == [1] * 10


def test_fastcgi_gets_neither(nginx, keys):
    """Issue 10.9"""
    application = FastCgi()
    server, mint = guarded_server(nginx, keys, "location / { gatehouse %REALM%; try_files /none @php; } "
                                  f"location @php {{ fastcgi_pass {application.address}; fastcgi_param A $http_cookie; "
                                  "fastcgi_param B $http_authorization; fastcgi_param REMOTE_USER $gatehouse_email; }",
                                  realm=PLAIN)
    token = mint.token()
    sent = dict(server.get("/", headers={"Cookie": f"gatehouse={token}; a=1"}).json())
    assert (sent["HTTP_COOKIE"], sent["A"], sent["REMOTE_USER"]) == ("a=1", "a=1", "jane@example.com")
    assert sent["HTTP_REMOTE_USER"] == "jane@example.com"
    sent = dict(server.get("/", headers=bearer(token)).json())
    assert "HTTP_AUTHORIZATION" not in sent and not sent.get("B")
    application.close()


def test_no_log_shows_a_cookie_of_ours(site):
    """Issue 10.9: also of a request that nginx refuses before any phase."""
    server, mint = site
    token = mint.token()
    server.get("/x", headers={"Cookie": f"gatehouse={token}"})
    server.raw(f"GET /x HTTP/1.1\r\nHost: a\r\nCookie: gatehouse={token}\r\nHost: b\r\n\r\n".encode())
    server.raw(f"GET /x HTTP/1.1\r\nCookie: gatehouse={token}; last=1\r\n\r\n".encode())
    server.stop()
    log = (server.folder / "seen.log").read_text()
    assert "last=1" in log and token not in log


def test_silent_refresh_and_endpoints_still_know_them(nginx, upstream):
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; } location / { gatehouse %REALM%; try_files /none @app; } "
                   "location @app { proxy_pass %UPSTREAM%; }", realm=PLAIN)
    browser = Browser(server)
    browser.register()
    browser.forget("gatehouse")
    upstream.clear()
    answer = browser.get("/x")
    assert answer.status_code == 200 and "gatehouse" in browser.cookies
    assert received(upstream, "Cookie") == [[]]
    assert received(upstream, "Remote-User") == [[browser.email]]
    assert browser.get("/auth/account").status_code == 200
    assert browser.logout().status_code == 303
