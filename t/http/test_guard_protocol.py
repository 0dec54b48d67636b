"""Requests as no browser writes them: odd paths, odd versions, several on one connection."""

import re
import subprocess

import pytest

from tokens import Mint

# Everything that reaches the application has come through a guarded location.
PREFIX = """
location /admin { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location / { return 204; }
"""
REGEX = """
location ~ ^/admin(/|$) { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location ~* \\.php$ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location = /exact { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location ^~ /strict/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; location /strict/deep/ { proxy_pass %UPSTREAM%; } }
location / { return 204; }
"""
REWRITTEN = """
rewrite ^/old/(.*)$ /admin/$1 last;
location /admin { gatehouse %REALM%; proxy_pass %UPSTREAM%/; }
location /clean/ { gatehouse %REALM%; rewrite ^/clean(.*)$ $1 break; proxy_pass %UPSTREAM%; }
location / { return 204; }
merge_slashes off;
"""

PATHS = """
/admin /admin/ /admin// //admin /./admin /x/../admin /x/..//admin /%61dmin /%61%64%6d%69%6e /adm%69n/ /admin%2f
/admin%2Fx /admin/. /admin/.. /admin/../admin /admin/%2e%2e/admin /x/%2e%2e/admin /x%2f..%2fadmin /x%2f%2e%2e%2fadmin
/admin/..%2f /admin/%2e%2e /admin;a=b /admin/;a=b /;/admin /admin%00 /admin%00.css /admin%0a /admin%0d%0a /admin%20
/admin%09 /admin? /admin?x=/../open /admin#x /admin%23 /admin%3f /admin%5c /admin%c0%af /%c0%ae%c0%ae/admin /ADMIN
/Admin/ /admin%25%32%66 /admin%252f /admin.php /x.PHP /x.php%00.css /x.php/ /x.php%20 /exact /exact/ /exact? /%65xact
/exact/../exact /strict/ /strict/deep/ /strict/deep/x /strict//deep/ /strict/x/../deep/ /old/x /old/../admin
/old/%2e%2e/admin /old//x /clean/x /clean//x /clean/../clean/x /clean/%2e%2e/x http://a/admin http://a//admin
http://evil@a/admin https://a/admin http://a:80/admin HTTP://A/admin http://a/x/../admin
""".split()


@pytest.fixture
def guarded(guarded):
    return lambda text=PREFIX, path="/admin", **options: guarded(text, path, **options)


def request_line(path, method="GET", version="HTTP/1.1"):
    return f"{method} {path} {version}\r\nHost: a\r\nConnection: close\r\n".encode("latin-1")


def statuses(answer):
    """Of every response on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


@pytest.mark.parametrize("locations, path", [(PREFIX, "/admin"), (REGEX, "/admin"), (REWRITTEN, "/admin")],
                         ids=["prefix", "regex", "rewritten"])
def test_no_spelling_of_a_path_leads_past_the_guard(guarded, upstream, locations, path):
    server, mint = guarded(locations, path)
    for tried in PATHS:
        answer = server.raw(request_line(tried) + b"\r\n")
        assert answer, tried
        assert upstream.count == 0, tried
        assert statuses(answer)[0] in (204, 400, 401, 404), tried
    token = f"Authorization: Bearer {mint.token()}\r\n\r\n".encode()
    for tried in PATHS:
        server.raw(request_line(tried) + token)
    assert upstream.count > 5


def test_requirement_27_requests_that_nginx_cannot_read_reach_nobody(guarded, upstream):
    server, _ = guarded()
    for data in (b"GET\r\n\r\n", b"GET /admin\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"GET /admin HTTP/1.1\r\n\r\n", b"GET /admin HTTP/9.9\r\nHost: a\r\n\r\n", b"\x16\x03\x01\r\n\r\n",
                 b"GET /admin HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
                 b"GET /admin HTTP/1.1\r\nHost: a b\r\n\r\n", b"GET /../admin HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"GET /admin HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 b"GET /admin HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                 b"TRACE /admin HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"CONNECT admin:80 HTTP/1.1\r\nHost: a\r\n\r\n"):
        assert b" 400 " in (answer := server.raw(data)) or statuses(answer)[0] in (405, 505), data
    assert upstream.count == 0


def test_http_1_0_and_0_9(guarded, upstream):
    server, mint = guarded()
    assert statuses(server.raw(b"GET /admin HTTP/1.0\r\n\r\n")) == [401]
    assert b"401" in server.raw(b"GET /admin\r\n") or upstream.count == 0
    assert upstream.count == 0
    token = f"Authorization: Bearer {mint.token()}\r\n\r\n".encode()
    assert statuses(server.raw(b"GET /admin HTTP/1.0\r\n" + token)) == [200]


def test_pipelined_requests_have_an_identity_each(guarded, upstream):
    server, mint = guarded(workers=1)
    tokens = [mint.token(email="ann@example.com"), "x", mint.token(email="bob@example.com"), None, mint.token(exp=1)]
    data = b""
    for number, token in enumerate(tokens):
        credentials = f"Authorization: Bearer {token}\r\n" if token else ""
        last = "Connection: close\r\n" if number == len(tokens) - 1 else ""
        data += f"GET /admin/{number} HTTP/1.1\r\nHost: a\r\n{credentials}{last}\r\n".encode()
    assert statuses(server.raw(data)) == [200, 401, 200, 401, 401]
    users = [(r["uri"], dict(r["headers"]).get("Remote-User")) for r in upstream.requests]
    assert users == [("/admin/0", "ann@example.com"), ("/admin/2", "bob@example.com")]


def test_a_body_of_a_refused_request_is_no_request(guarded, upstream):
    server, mint = guarded()
    hidden = f"GET /admin/hidden HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {mint.token()}\r\n\r\n".encode()
    head = b"POST /admin HTTP/1.1\r\nHost: a\r\n"
    server.raw(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(hidden) + hidden)
    chunk = b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n"
    server.raw(head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk)
    assert upstream.count == 0


def test_a_huge_authorization_header(guarded, upstream):
    server, mint = guarded()
    for size, expected in ((4000, {401}), (9000, {400, 401, 431, 494}), (40000, {400, 431, 494})):
        answer = server.raw(request_line("/admin") + b"Authorization: Bearer " + b"a" * size + b"\r\n\r\n")
        assert statuses(answer)[0] in expected
    assert upstream.count == 0


def test_before_the_revocations_are_known_nobody_passes(nginx, keys, upstream):
    server = nginx(PREFIX, realm={"redis": "unix:/nonexistent/redis.sock"})
    answer = server.get("/admin", headers=Mint(server, keys).bearer())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert upstream.count == 0


def curl(server, *words, port="H2"):
    done = subprocess.run(["curl", "-s", "-i", "--path-as-is", "--http2-prior-knowledge", "-m", "10", *words[1:],
                           f"http://127.0.0.1:{server.ports[port]}{words[0]}"], stdout=subprocess.PIPE)
    return done.stdout.decode("latin-1")


def test_http_2(guarded, upstream):
    server, mint = guarded("listen 127.0.0.1:%PORTH2% http2;" + PREFIX)
    answer = curl(server, "/admin")
    assert answer.startswith("HTTP/2 401")
    assert "www-authenticate: Bearer\r\n" in answer and "application/problem+json" in answer
    for path in ("//admin", "/%61dmin", "/x/../admin", "/./admin"):
        assert curl(server, path).startswith("HTTP/2 401"), path
    assert curl(server, "/admin", "-X", "OPTIONS").startswith("HTTP/2 401")
    curl(server, "/admin", "-d", "a=b")  # nginx 1.22 may reset the stream before curl has read the 401
    token = f"authorization: Bearer {mint.token()}"
    assert curl(server, "/admin", "-H", token, "-H", token).startswith("HTTP/2 400")
    assert upstream.count == 0
    assert curl(server, "/admin", "-H", token).startswith("HTTP/2 200")
