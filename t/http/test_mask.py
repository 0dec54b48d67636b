"""What must not stand in a log: tokens and passwords in the query of a request to the endpoints."""

import secrets

import pytest

from accounts import API, GUARDED
from mailing import Mailing, token_in
from processes import wait_until

SHOWN = """log_format shown '$request|$request_uri|$args|$query_string|$arg_token|$arg_uuid|$arg_password|$arg_pass';
    access_log %FOLDER%/shown.log shown;"""


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED + "location /app/ { proxy_pass %UPSTREAM%; }"
                 " location /moved/ { rewrite ^/moved/(.*)$ /auth/$1 last; }"
                 " location /own/ { gatehouse_api %REALM% rest mount=/own/; error_page 404 405 = @none; }"
                 " location @none { return 200 $request_uri; }", http=SHOWN)


def shown(server):
    return (server.folder / "shown.log").read_text()


@pytest.mark.parametrize("path", ["/auth/verify", "/auth/reset", "/auth/", "/auth/no/such/page", "/moved/reset", "/own/none"])
@pytest.mark.parametrize("name", ["token", "uuid", "password", "pass"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
def test_requirement_61_no_log_shows_it(server, path, name, method):
    canary = secrets.token_hex(16)
    answer = server.request(method, f"{path}?a=1&{name}={canary}&b=2&{name}={canary}")
    server.raw(f"{method} {path}?{name}={canary} HTTP/1.0\r\n\r\n".encode())
    masked = f"{path}?a=1&{name}=***&b=2&{name}=***"
    wait_until(lambda: f"{method} {masked} HTTP/1.1|{masked}|" in shown(server), "the line in the log")
    wait_until(lambda: f"{method} {path}?{name}=*** HTTP/1.0|" in shown(server), "the line in the log")
    assert canary not in shown(server) + server.access_log() + server.error_log()
    assert canary not in answer.text, "a link that is none has no form that would carry it on"


def test_requirement_61_an_error_shows_it_masked(nginx, postgres):
    server = nginx(API)
    postgres.stop()
    canary = secrets.token_hex(16)
    answer = server.post(f"/auth/login?token={canary}", json={"email": "ann@example.com", "password": "SecurePass123"})
    assert answer.status_code == 503
    assert canary not in server.error_log()


def test_the_application_gets_its_own_query_untouched(server):
    answer = server.get("/app/page?token=abc&password=x&uuid=1")
    assert answer.json()["uri"] == "/app/page?token=abc&password=x&uuid=1"
    wait_until(lambda: "/app/page?token=abc" in shown(server), "the line in the log")


@pytest.mark.parametrize("query, as_shown", [
    ("", ""), ("?", "?"), ("?token", "?token"), ("?token=", "?token=***"), ("?x=token=1", "?x=token=1"),
    ("?tokens=1&mytoken=2", "?tokens=1&mytoken=2"), ("?token=a=b=c", "?token=***"), ("?&&token=a&", "?&&token=***&"),
    ("?token=a?token=b", "?token=***"), ("?token=" + "x" * 3000, "?token=***"),
])
def test_only_the_values_are_masked(server, query, as_shown):
    server.raw(f"GET /auth/login{query} HTTP/1.0\r\n\r\n".encode())
    wait_until(lambda: f"GET /auth/login{as_shown} HTTP/1.0|" in shown(server), "the line in the log")


@pytest.mark.parametrize("name", ["%74oken", "t%6Fken", "t%6fke%6E", "%74%6f%6b%65%6e", "%75uid", "passw%6frd"])
def test_requirement_61_nor_under_a_name_in_other_letters_that_reads_the_same(server, name):
    canary = secrets.token_hex(16)
    answer = server.raw(f"GET /auth/verify?a=1&{name}={canary}&b=2 HTTP/1.0\r\nAccept: text/html\r\n"
                        "Sec-Fetch-Mode: navigate\r\n\r\n".encode())
    assert canary.encode() not in answer
    wait_until(lambda: f"/auth/verify?a=1&{name}=***&b=2 HTTP/1.0|" in shown(server), "the line in the log")
    assert canary not in shown(server) + server.access_log() + server.error_log()


@pytest.mark.parametrize("name", ["%7", "%", "%zzoken", "+token", "token+", "%2574oken", "toke%6", "token%00"])
def test_a_name_that_reads_otherwise_is_no_secret(server, name):
    server.raw(f"GET /auth/verify?{name}=seen HTTP/1.0\r\n\r\n".encode())
    wait_until(lambda: f"/auth/verify?{name}=seen HTTP/1.0|" in shown(server), "the line in the log")


def test_requirement_61_no_secret_of_any_flow_is_logged_at_debug_level(nginx, smtp, postgres):
    """nginx's own debug lines show what comes in; the bodies of these requests and all the core's words do not."""
    mailing = Mailing(nginx, smtp, postgres, verify_email="required", log_level="debug")
    passwords = [f"canary-{secrets.token_hex(12)}" for _ in range(2)]
    address = f"ann.{secrets.token_hex(5)}@example.com"
    mailing.post("register", name="Ann", email=address, password=passwords[0])
    verify = token_in(smtp.wait_for_mail(address))
    mailing.post("verify", token=verify)
    mailing.post("forgot", email=address)
    reset = token_in(smtp.wait_for_mail(address))
    assert mailing.post("reset", token=reset, password=passwords[1]).status_code == 200
    mailing.post("reset", token=reset, password=passwords[1])
    smtp.wait_for_mail(address)
    mailing.outbox.wait_until_empty()
    log = mailing.server.error_log() + mailing.server.access_log()
    for canary in (*passwords, verify, reset):
        assert canary not in log


def test_a_query_of_nothing_is_no_secret(server):
    assert b" 200 " in server.raw(b"GET /auth/login? HTTP/1.0\r\n\r\n").splitlines()[0]
    wait_until(lambda: "GET /auth/login? HTTP/1.0|/auth/login?|" in shown(server), "the line in the log")


# ---- before anything has read it ----

EARLY = """set $seen $arg_token; set $whole $request_uri; if ($request_uri ~ nothing) { return 404; }
if ($mapped = nothing) { return 404; } location = /none { return 404; }"""
EARLY_HTTP = ("map $request_uri $mapped { default $args; }"
              "log_format early '$request|$request_uri|$args|$query_string|$arg_token|$seen|$whole|$mapped|$http_referer';"
              "access_log %FOLDER%/early.log early;")


def early(server):
    return (server.folder / "early.log").read_text()


@pytest.mark.parametrize("path", ["/auth/reset", "/auth/none", "/auth//reset", "/a/../auth/reset", "/%61uth/reset", "/nested/auth/x"])
def test_requirement_61_nor_what_a_server_block_has_read_before(nginx, path):
    """Issue 10.10"""
    canary = secrets.token_hex(16)
    server = nginx(EARLY + API + "location /nested/ { location ~ ^/nested/auth/ { gatehouse_api %REALM% rest mount=/nested/auth/; } }",
                   http=EARLY_HTTP)
    server.raw(f"GET {path}?a=1&token={canary} HTTP/1.0\r\n\r\n".encode())
    wait_until(lambda: f"{path}?a=1&token=*** HTTP/1.0|" in early(server), "the line in the log")
    assert f"|a=1&token=***|a=1&token=***|***|***|{path}?a=1&token=***|a=1&token=***|" in early(server)
    assert canary not in early(server) + server.error_log() + server.access_log()


def test_requirement_61_a_rewritten_request_shows_nothing_that_was_remembered(nginx):
    """Issue 10.10"""
    canary = secrets.token_hex(16)
    server = nginx(API + "if ($request_uri ~ nothing) { return 404; } if ($arg_token = nothing) { return 404; }"
                   "location /moved/ { rewrite ^/moved/(.*)$ /auth/$1 last; }",
                   http="log_format early '$request|$request_uri|$args|$arg_token'; access_log %FOLDER%/early.log early;")
    server.raw(f"GET /moved/reset?token={canary} HTTP/1.0\r\n\r\n".encode())
    wait_until(lambda: "GET /moved/reset?token=*** HTTP/1.0|/moved/reset?token=***|token=***|***" in early(server), "the line")
    assert canary not in early(server)


@pytest.mark.parametrize("request_text", [
    "GET /auth/reset?token=CANARY HTTP/1.1\r\n\r\n", "GET /auth/reset?token=CANARY HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /auth/reset?token=CANARY HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /auth/reset?token=CANARY HTTP/9.9\r\nHost: a\r\n\r\n",
    "GET /auth/reset?token=CANARY&x=%zz HTTP/1.1 x\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nReferer: http://a/auth/reset?token=CANARY\r\n\r\n"])
def test_the_access_log_of_a_request_that_nginx_refuses_shows_none(nginx, request_text):
    """Issue 10.10"""
    canary = secrets.token_hex(16)
    server = nginx(EARLY + API, http=EARLY_HTTP)
    answer = server.raw(request_text.replace("CANARY", canary).encode())
    assert b" 400 " in answer or b" 505 " in answer
    wait_until(lambda: "token=***" in early(server), "the line in the log")
    assert canary not in early(server) + server.access_log()


def test_the_page_of_a_link_is_masked_in_what_it_leads_to(server, upstream):
    """Issue 10.10: Referer."""
    canary = secrets.token_hex(16)
    for path in ("/auth/assets/page.css", "/app/x"):
        server.get(path, headers={"Referer": f"{server.url}/auth/reset?token={canary}"})
    assert upstream.requests[0]["uri"] == "/app/x"
    assert ["Referer", f"{server.url}/auth/reset?token=***"] in upstream.requests[0]["headers"]
    server.get("/app/y", headers={"Referer": f"{server.url}/app/x?token=its-own"})
    assert ["Referer", f"{server.url}/app/x?token=its-own"] in upstream.requests[1]["headers"]
    assert canary not in server.access_log() + server.error_log()


def test_an_application_below_the_endpoints_gets_its_own_query_untouched(nginx, upstream):
    server = nginx(API + "location /auth/app/ { proxy_pass %UPSTREAM%; }")
    assert server.get("/auth/app/x?token=abc").json()["uri"] == "/auth/app/x?token=abc"
