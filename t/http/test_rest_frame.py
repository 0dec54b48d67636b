"""What is around every route of `rest`: methods, bodies, CORS, the audit trail, the log."""

import json

import pytest

from accounts import API, GUARDED, Account, assert_error


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


# ---- the frame around it ----

def test_requirement_26_unknown_paths_and_methods(server):
    for path in ("nothing", "login/x", "me/x"):
        assert_error(server.post("/auth/" + path, json={}), 404)
    answer = server.get("/auth/refresh")
    assert_error(answer, 405)
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert server.request("OPTIONS", "/auth/me").headers["Allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS"


def test_requirement_43_only_json_is_read(server):
    for content_type in ("text/plain", "multipart/form-data; boundary=x", "application/jsonp", ""):
        answer = server.post("/auth/login", data='{"email":"a","password":"b"}', headers={"Content-Type": content_type})
        assert_error(answer, 415)
    answer = server.post("/auth/refresh", data={"refreshToken": "x"})
    assert_error(answer, 415)
    answer = server.post("/auth/login", data='{"email":"a","password":"b"}',
                         headers={"Content-Type": "application/json; charset=utf-8"})
    assert_error(answer, 401)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'"x"', b'{"email":"a","email":"b","password":"c"}', b'{"email":"a\xff","password":"b"}',
    b'{"email":"a\\ud800","password":"b"}', b'{"email":"a\\u0000","password":"b"}', b'{"email":1e400,"password":"b"}',
    b'{"email":{"$gt":""},"password":"b"}', b'{"email":["a@example.com"],"password":"b"}', b'{"email":null,"password":true}',
    b'{"a":' * 500 + b"1" + b"}" * 500, b'{"email":"a","password":"b"} x', b"\xef\xbb\xbf{}", b"{'email':'a'}",
], ids=range(17))
def test_what_is_not_usable_json_is_400(server, body):
    answer = server.post("/auth/login", data=body, headers={"Content-Type": "application/json"})
    assert_error(answer, 400)


def test_a_body_too_large_is_413(server):
    headers = {"Content-Type": "application/json"}
    assert_error(server.post("/auth/login", data=b" " * (33 * 1024), headers=headers), 413)
    assert_error(server.post("/auth/login", data=b" " * (3 * 1024 * 1024), headers=headers), 413)
    chunks = (b" " * 4096 for _ in range(20))
    assert_error(server.post("/auth/login", data=chunks, headers=headers), 413)


def test_a_body_in_chunks_is_read(server):
    account = Account(server)
    body = json.dumps({"email": account.email, "password": account.password}).encode()
    chunks = (body[i:i + 9] for i in range(0, len(body), 9))
    assert server.post("/auth/login", data=chunks, headers={"Content-Type": "application/json"}).status_code == 200


def test_errors_of_nginx_itself_have_our_shape(nginx):
    server = nginx("limit_req_status 429;" + API.replace("{", "{ limit_req zone=one;"),
                   http="limit_req_zone $uri zone=one:1m rate=1r/m;")
    answers = [server.post("/auth/login", json={"email": "john", "password": "doe"}) for _ in range(3)]
    assert_error(answers[-1], 429)
    assert answers[-1].headers["Retry-After"] == "1"


def test_what_nginx_itself_forbids_is_not_put_down_to_us(nginx):
    server = nginx(API.replace("{", "{ deny all;"))
    assert_error(server.post("/auth/login", json={"email": "john", "password": "doe"}), 403, "Forbidden")


def test_cors_for_the_allowed_origins_only(nginx):
    server = nginx("gatehouse_allow_origin https://app.example.com;" + API)
    preflight = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "content-type"}
    answer = server.request("OPTIONS", "/auth/login", headers=preflight)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {h.strip() for h in answer.headers["Access-Control-Allow-Headers"].split(",")} >= {"Authorization", "Content-Type"}
    answer = server.get("/auth/me", headers={"Origin": "https://app.example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Origin" in answer.headers["Vary"]
    answer = server.get("/auth/me", headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = server.request("OPTIONS", "/auth/login", headers={**preflight, "Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_requirement_62_every_outcome_is_in_the_audit_trail(server, postgres):
    account = Account(server)
    account.login()
    account.login("WrongPass123")
    account.post("logout", refreshToken=account.refresh_token)
    events = [row["event"] for row in postgres.query(
        "select event from gatehouse.audit_events where realm = %s", server.realm)]
    for event in ("login", "login_failed", "logout"):
        assert event in events, events


def test_requirement_61_no_secret_reaches_a_log(nginx):
    server = nginx(API + GUARDED, log_level="debug")
    account = Account(server, password="canary-Pass-4711")
    account.login("canary-Wrong-4712")
    account.refresh()
    account.visit()
    logs = server.error_log() + server.access_log()
    # nginx at level debug logs headers and bodies by itself; what we log must not.
    ours = "\n".join(line for line in logs.splitlines() if "gatehouse:" in line)
    for secret in ("canary-Pass-4711", "canary-Wrong-4712", account.access, account.refresh_token):
        assert secret not in ours
