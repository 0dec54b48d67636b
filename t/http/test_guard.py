"""The guard's answers: whom it lets in, whom it refuses, and how."""

import pytest

from accounts import GUARDED
from tokens import ABSENT

pytestmark = pytest.mark.quick

REFUSED = 'Bearer error="invalid_token"'
ADMINS = GUARDED.replace("{", "{ gatehouse_require role=admin;")


def assert_problem(answer, status, challenge=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert set(answer.json()) == {"type", "title", "status"}
    assert answer.json()["status"] == status


# ---- the answers ----

def test_requirement_21_no_credentials_are_401_with_a_bare_bearer(guarded, upstream):
    server, _ = guarded()
    assert_problem(server.get("/"), 401, "Bearer")
    assert upstream.count == 0


def test_requirement_21_bad_credentials_are_invalid_token(guarded, upstream):
    server, _ = guarded()
    for value in ("Bearer x", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "bearer x.y.z", "BEARER  x"):
        assert_problem(server.get("/", headers={"Authorization": value.encode()}), 401, REFUSED)
    assert upstream.count == 0


def test_other_schemes_are_no_credentials(guarded, upstream):
    server, mint = guarded()
    for value in ("Basic eDp5", "Bearerx y", "", mint.token(), "Token " + mint.token(), "Bearer\t" + mint.token()):
        assert_problem(server.get("/", headers={"Authorization": value}), 401, "Bearer")
    assert upstream.count == 0


def test_requirement_21_a_missing_role_is_403_insufficient_scope(guarded, upstream):
    server, mint = guarded(ADMINS)
    for roles in (["user"], [], ["Admin"], ["admin "], ["admin,user"], "admin", {"admin": True}, None, ABSENT):
        assert_problem(server.get("/", headers=mint.bearer(roles=roles)), 403, 'Bearer error="insufficient_scope"')
    assert_problem(server.get("/"), 401, "Bearer")
    assert upstream.count == 0
    assert server.get("/", headers=mint.bearer(roles=["user", "admin"])).status_code == 200


def test_requirements_of_one_level_must_all_hold(guarded):
    rules = "gatehouse_require role=admin claim:team=red; gatehouse_require role=staff;"
    server, mint = guarded(GUARDED.replace("{", "{ " + rules))
    for roles, team, status in ((["admin", "staff"], "red", 200), (["admin"], "red", 403), (["staff"], "red", 403),
                                (["admin", "staff"], "blue", 403), (["admin", "staff"], ["red"], 403),
                                (["admin", "staff"], ABSENT, 403)):
        assert server.get("/", headers=mint.bearer(roles=roles, team=team)).status_code == status, (roles, team)


def test_requirement_20_the_scheme_is_case_insensitive(guarded):
    server, mint = guarded()
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "):
        assert server.get("/", headers={"Authorization": f"{scheme} {mint.token()}"}).status_code == 200


def test_requirement_20_two_authorization_headers_are_400(guarded, upstream):
    server, mint = guarded()
    good, other = f"Bearer {mint.token()}", f"Bearer {mint.token(sub='another')}"
    for pair in ((good, good), (good, other), (good, "Bearer x"), ("Bearer x", good), (good, "Basic eDp5"), (good, ""),
                 ("", good)):
        lines = "".join(f"{name}: {value}\r\n" for name, value in zip(("Authorization", "authorization"), pair))
        answer = server.raw(f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400 "), pair
    assert upstream.count == 0


def test_requirement_22_a_token_in_the_query_or_elsewhere_is_no_credential(guarded, upstream):
    server, mint = guarded()
    token = mint.token()
    assert_problem(server.get(f"/?access_token={token}"), 401, "Bearer")
    assert_problem(server.get(f"/?token={token}&Authorization=Bearer%20{token}"), 401, "Bearer")
    assert_problem(server.post("/", data={"access_token": token}), 401, "Bearer")
    assert_problem(server.get("/", headers={"Cookie": f"access_token={token}; Authorization=Bearer {token}"}), 401,
                   "Bearer")
    for name in ("X-Authorization", "Proxy-Authorization", "X-Access-Token", "Authorization2"):
        assert_problem(server.get("/", headers={name: f"Bearer {token}"}), 401, "Bearer")
    assert upstream.count == 0


def test_requirement_25_every_method_is_guarded(guarded, upstream):
    server, mint = guarded()
    methods = ("HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "MKCOL", "COPY", "LOCK", "FOO", "GET_",
               "X-Y")
    for method in methods:
        answer = server.request(method, "/", headers={"X-HTTP-Method-Override": "GET",
                                                      "Access-Control-Request-Method": "GET", "Origin": "http://x"})
        assert answer.status_code in (400, 401, 405), method
    assert upstream.count == 0
    for method in ("HEAD", "OPTIONS", "DELETE"):
        assert server.request(method, "/", headers=mint.bearer()).status_code == 200


def test_a_head_request_has_the_headers_of_the_refusal_and_no_body(guarded):
    server, _ = guarded()
    answer = server.raw(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 401 " in head and b"application/problem+json" in head and body == b""
    assert f"Content-Length: {len(server.get('/').content)}".encode() in head


def test_a_websocket_handshake_is_guarded(guarded, upstream):
    server, mint = guarded("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; proxy_http_version 1.1; "
                           "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }")
    shake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": "eA=="}
    assert_problem(server.get("/", headers=shake), 401, "Bearer")
    assert upstream.count == 0
    assert server.get("/", headers={**shake, **mint.bearer()}).status_code == 200


def test_errors_of_the_application_are_its_own(guarded, upstream):
    server, mint = guarded()
    for status in (400, 401, 403, 500, 503):
        upstream.reply = lambda request, status=status: (status, [("Content-Type", "text/plain")], "mine")
        answer = server.get("/", headers=mint.bearer())
        assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (status, "mine", "text/plain")
        assert "WWW-Authenticate" not in answer.headers


# ---- satisfy ----

@pytest.mark.parametrize("others, anonymous, known", [
    ("satisfy any; allow 127.0.0.1; deny all;", 200, 200),
    ("satisfy any; deny all;", 401, 200),
    ("satisfy all; deny all;", 401, 403),
    ("allow 127.0.0.1; deny all;", 401, 200),
    ("satisfy any; auth_basic x; auth_basic_user_file %FOLDER%/html/users;", 401, 200),
    ("satisfy any; auth_request /no;", 401, 200),
    ("satisfy any; auth_request /yes;", 200, 200),
    ("satisfy all; auth_request /yes;", 401, 200),
    ("satisfy all; auth_request /no;", 401, 403),
])
def test_satisfy(guarded, upstream, others, anonymous, known):
    helpers = "location = /yes { return 204; } location = /no { return 403; } location = /ready { gatehouse %REALM%; }"
    server, mint = guarded("location / { " + others + " gatehouse %REALM%; proxy_pass %UPSTREAM%; }" + helpers,
                           "/ready")
    (server.folder / "html" / "users").write_text("jane:{PLAIN}doe\n")
    answer = server.get("/")
    assert answer.status_code == anonymous
    assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
    assert upstream.count == (answer.status_code == 200)
    answer = server.get("/", headers=mint.bearer())
    assert answer.status_code == known
    assert "WWW-Authenticate" not in answer.headers


def test_satisfy_any_gives_no_identity_to_whom_the_guard_refused(guarded):
    server, mint = guarded("location / { satisfy any; allow all; gatehouse %REALM%; gatehouse_require role=admin; "
                           "proxy_pass %UPSTREAM%; } location = /ready { gatehouse %REALM%; }", "/ready")
    for headers in ({}, {"Authorization": "Bearer x"}, mint.bearer()):
        answer = server.get("/", headers=headers)
        assert answer.status_code == 200
        assert not [name for name, _ in answer.json()["headers"] if name.startswith("Remote-")]
        assert "WWW-Authenticate" not in answer.headers


def test_basic_and_guard_with_satisfy_any(guarded, upstream):
    server, mint = guarded("location / { satisfy any; auth_basic x; auth_basic_user_file %FOLDER%/html/users; "
                           "gatehouse %REALM%; proxy_pass %UPSTREAM%; } location = /ready { gatehouse %REALM%; }",
                           "/ready")
    (server.folder / "html" / "users").write_text("jane:{PLAIN}doe\n")
    answer = server.get("/", auth=("jane", "doe"))
    assert answer.status_code == 200
    assert not [name for name, _ in answer.json()["headers"] if name.startswith("Remote-")]
    assert server.get("/", auth=("jane", "wrong")).status_code == 401
    assert server.get("/", headers=mint.bearer()).status_code == 200
    assert upstream.count == 2
