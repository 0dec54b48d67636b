"""A client that sends the headers of identity itself: in no spelling, and by no way, do they reach the application."""

import subprocess

import pytest

from accounts import bearer
from tokens import guarded_server

EVIL = "evil@example.com"
NAMES = ("Remote-User", "remote-user", "REMOTE-USER", "Remote_User", "remote_user", "REMOTE_USER", "rEmOtE_uSeR",
         "Remote-Email", "remote_email", "Remote-Name", "remote_name", "Remote-Groups", "remote_groups", "X-Who",
         "x_who")
SPOOF = "".join(f"{name}: {EVIL}\r\n" for name in NAMES) + f"Remote-User:\r\nRemote-User:{EVIL}\r\nRemote-User:  {EVIL}  \r\n"
APP = ("underscores_in_headers on; "
       "proxy_set_header X-Saw '$http_remote_user|$http_remote_email|$http_x_who|$saw|$mapped'; "
       "set $saw $http_remote_user; ")
MAP = "map $http_remote_user $mapped { default $http_remote_user; }"
LOCATIONS = APP + """
location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /open/ { proxy_pass %UPSTREAM%; }
location /off/ { gatehouse off; proxy_pass %UPSTREAM%; }
location /may/ { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }
location /any/ { satisfy any; allow all; gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /who/ { gatehouse %REALM%; gatehouse_header X-Who $gatehouse_user; proxy_pass %UPSTREAM%; }
location /if/ { if ($http_remote_user) { return 403; } proxy_pass %UPSTREAM%; }
location /last/ { rewrite ^ /open/x last; }
location /try/ { try_files /none @named; }
location @named { proxy_pass %UPSTREAM%; }
location /404/ { error_page 404 /open/x; }
location /refused/ { gatehouse %REALM%; error_page 401 403 =200 /open/x; gatehouse_require role=none; }
location /bounced/ { gatehouse %REALM%; error_page 404 =200 /open/x; }
location /check/ { auth_request /open/x; proxy_pass %UPSTREAM%; }
location /mirror/ { mirror /open/x; proxy_pass %UPSTREAM%; }
location /page.html { ssi on; }
location /auth/ { gatehouse_api %REALM% rest; error_page 404 = /open/x; }
"""
OPEN_TO_ALL = ("/open/", "/off/", "/may/", "/any/", "/if/", "/last/", "/try/", "/404/x", "/refused/", "/check/",
               "/mirror/",
               "/page.html")


@pytest.fixture
def server_and_mint(nginx, keys, upstream):
    made = guarded_server(nginx, keys, LOCATIONS, http=MAP)
    (made[0].folder / "html" / "page.html").write_text(
        '<!--#include virtual="/open/a" --> <!--#echo var="http_remote_user" --> <!--#include virtual="/who/a" -->')
    upstream.clear()
    return made


def ask(server, path, extra="", method="GET", version="1.1", port=None):
    host = "Host: a\r\n" if version == "1.1" else ""
    return server.raw(f"{method} {path} HTTP/{version}\r\n{host}Connection: close\r\n{extra}{SPOOF}\r\n".encode(), port)


def assert_honest(upstream, answer):
    assert EVIL not in str(upstream.requests)
    assert EVIL not in answer.decode("latin-1")


@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_requirement_25_no_spoofed_header_passes_for_the_anonymous(server_and_mint, upstream, path):
    server, _ = server_and_mint
    for method, version in (("GET", "1.1"), ("OPTIONS", "1.1"), ("POST", "1.1"), ("GET", "1.0")):
        answer = ask(server, path, method=method, version=version)
        assert_honest(upstream, answer)
        assert not [n for r in upstream.requests for n,
                    _ in r["headers"] if n.lower().replace("_", "-").startswith("remote-")]
    assert upstream.count > 0


@pytest.mark.parametrize("path", OPEN_TO_ALL + ("/", "/who/", "/bounced/x"))
def test_requirement_25_no_spoofed_header_passes_for_a_user(server_and_mint, upstream, path):
    server, mint = server_and_mint
    assert_honest(upstream, ask(server, path, f"Authorization: Bearer {mint.token()}\r\n"))
    assert upstream.count > 0


def test_what_the_guard_adds_is_the_only_one_of_its_name(server_and_mint, upstream):
    server, mint = server_and_mint
    ask(server, "/who/", f"Authorization: Bearer {mint.token()}\r\n")
    names = sorted(name.lower().replace("_", "-") for name, _ in upstream.requests[0]["headers"])
    assert [name for name in names if name.startswith(("remote-", "x-who"))] == ["remote-email", "remote-name",
                                                                                 "remote-user",
                                                                               "x-who"]


@pytest.mark.parametrize("path", ["/bounced/x", "/refused/"])
def test_what_the_guard_adds_goes_when_the_request_goes_elsewhere(server_and_mint, upstream, path):
    server, mint = server_and_mint
    assert server.get(path, headers=mint.bearer()).status_code == 200
    sent = {name.lower(): value for name, value in upstream.requests[0]["headers"]}
    assert "remote-user" not in sent
    assert "authorization" not in sent, "a guard has judged it"


def test_many_headers_keep_their_order_and_their_neighbours(server_and_mint, upstream):
    server, mint = server_and_mint
    many = "".join(f"X-{n}: {n}\r\n" + (f"Remote-User: {EVIL}\r\n" if n % 7 == 0 else "") for n in range(70))
    for path in ("/", "/open/", "/bounced/x"):
        upstream.clear()
        ask(server, path, many + f"Authorization: Bearer {mint.token()}\r\n")
        sent = upstream.requests[0]["headers"]
        assert [value for name,
                value in sent if name.startswith("X-") and value.isdigit()] == [str(n) for n in range(70)]
        assert EVIL not in str(sent)


def test_an_x_accel_redirect_carries_no_identity_to_an_open_location(server_and_mint, upstream):
    server, mint = server_and_mint
    upstream.reply = lambda request: (200, [("X-Accel-Redirect", "/open/x")] if upstream.count == 1 else [], "x")
    ask(server, "/who/", f"Authorization: Bearer {mint.token()}\r\n")
    first, second = [[n.lower() for n, _ in request["headers"]] for request in upstream.requests]
    assert "remote-user" in first and "x-who" in first
    assert "remote-user" not in second and "x-who" not in second


def test_a_name_reserved_in_one_server_is_reserved_in_all(nginx, keys, upstream):
    server, _ = guarded_server(nginx, keys, "location / { gatehouse %REALM%; }", http=(
        "server { listen 127.0.0.1:%PORTA%; location /deep/ { gatehouse off; gatehouse_header X-Secret-User x; } } "
        "server { listen 127.0.0.1:%PORTB%; underscores_in_headers on; location / { proxy_pass %UPSTREAM%; } }"))
    ask(server, "/", f"X-Secret-User: {EVIL}\r\nx_secret_user: {EVIL}\r\nX-Secret: kept\r\n", port=server.ports["B"])
    sent = upstream.requests[-1]["headers"]
    assert EVIL in str(sent) and not [name for name, _ in sent if "secret" in name.lower() and name != "X-Secret"]
    assert not [name for name, _ in sent if "remote" in name.lower()]


def test_names_that_applications_take_for_the_same(nginx, keys, upstream):
    """PHP makes HTTP_REMOTE_USER of Remote.User too; nginx passes such a name with ignore_invalid_headers off."""
    server, _ = guarded_server(nginx, keys, "ignore_invalid_headers off; location / { gatehouse %REALM%; } "
                               "location /open/ { proxy_pass %UPSTREAM%; }")
    for name in ("Remote.User", "remote.user", "Remote+User", "Remote~User", "Remote[User", "REMOTE.EMAIL"):
        ask(server, "/open/", f"{name}: {EVIL}\r\n")
    assert upstream.count == 6
    assert not [name for r in upstream.requests for name, _ in r["headers"] if name.lower().startswith("remote")]


@pytest.mark.parametrize("bad", [b"GET /%zz HTTP/1.1\r\nHost: a\r\n", b"GET /x HTTP/1.1\r\nHost: a b\r\n",
                                 b"GET /x HTTP/1.1\r\nHost: a\r\nX-Big: " + b"a" * 3000 + b"\r\n",
                                 b"GET /" + b"a" * 3000 +
                                 b" HTTP/1.1\r\nHost: a\r\n", b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n"],
                         ids=range(5))
def test_error_pages_of_unreadable_requests_carry_nothing(nginx, keys, upstream, bad):
    text = ("client_header_buffer_size 512; large_client_header_buffers 2 1k; error_page 400 414 494 {}; "
            "location / {{ gatehouse %REALM%; gatehouse_header X-Who x; }} location /open/ {{ "
            "proxy_pass %UPSTREAM%; }} location @open {{ proxy_pass "
            "%UPSTREAM%; }}")
    for page in ("/open/x", "@open"):
        server = nginx(text.format(page))
        line, _, rest = bad.partition(b"\r\n")
        for data in (line + b"\r\n" + SPOOF.encode() + rest, bad + SPOOF.encode()):
            server.raw(data + b"\r\n")
    assert EVIL not in str(upstream.requests)


def test_http_2_spoofs(nginx, keys, upstream):
    server, mint = guarded_server(nginx, keys, "listen 127.0.0.1:%PORTH2% http2;" + LOCATIONS, http=MAP)
    for path in ("/", "/open/", "/may/", "/last/", "/check/"):
        for token in ([], ["-H", f"authorization: Bearer {mint.token()}"]):
            spoofs = [word for name in NAMES for word in ("-H", f"{name}: {EVIL}")]
            subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-m", "10", *spoofs, *token,
                            f"http://127.0.0.1:{server.ports['H2']}{path}"], stdout=subprocess.DEVNULL)
    assert upstream.count >= 10
    assert EVIL not in str(upstream.requests)


def test_the_endpoints_do_not_believe_it(server_and_mint, upstream):
    server, mint = server_and_mint
    answer = ask(server, "/auth/me")
    assert b" 401 " in answer
    assert server.get("/auth/me", headers={"Remote-User": EVIL, **bearer("x")}).status_code == 401
    assert upstream.count == 0
