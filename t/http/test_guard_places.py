"""Where the guard holds: optional, off, inherited, by method, and in "if"."""

from accounts import GUARDED


def test_optional_lets_the_anonymous_by_and_nobody_with_a_bad_token(guarded, upstream):
    server, mint = guarded("location / { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }")
    assert server.get("/").status_code == 200
    assert server.get("/", auth=("jane", "doe")).status_code == 200
    assert upstream.count == 2
    assert server.get("/", headers={"Authorization": "Bearer x"}).status_code == 401
    assert server.get("/", headers=mint.bearer(exp=1)).status_code == 401
    assert upstream.count == 2
    assert ["Remote-User", "jane@example.com"] in server.get("/", headers=mint.bearer()).json()["headers"]


def test_optional_with_a_requirement_is_401_for_the_anonymous(guarded, upstream):
    server, mint = guarded("location / { gatehouse %REALM% optional; gatehouse_require role=admin; "
                           "proxy_pass %UPSTREAM%; }")
    assert server.get("/").status_code == 401
    assert server.get("/", headers=mint.bearer()).status_code == 403
    assert upstream.count == 0
    assert server.get("/", headers=mint.bearer(roles=["admin"])).status_code == 200


def test_optional_does_not_satisfy_any(guarded, upstream):
    server, mint = guarded("location / { satisfy any; deny all; gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }")
    assert server.get("/").status_code == 403
    assert upstream.count == 0
    assert server.get("/", headers=mint.bearer()).status_code == 200


LEVELS = """
location / { proxy_pass %UPSTREAM%; location /in/ { proxy_pass %UPSTREAM%; } location ~ \\.php$ { proxy_pass %UPSTREAM%; } }
location /off/ { gatehouse off; proxy_pass %UPSTREAM%; location /off/on/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }
location /may/ { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; location /may/in/ { proxy_pass %UPSTREAM%; } }
location = /exact { proxy_pass %UPSTREAM%; }
"""


def test_inheritance_from_http_to_server_to_location(guarded, upstream):
    server, mint = guarded(LEVELS, http="gatehouse %REALM%; gatehouse_require role=admin;")
    admin = mint.bearer(roles=["admin"])
    for path in ("/", "/in/", "/a.php", "/exact", "/off/on/", "/may/", "/may/in/"):
        assert server.get(path).status_code == 401, path
        assert server.get(path, headers=mint.bearer()).status_code == 403, path
        assert server.get(path, headers=admin).status_code == 200, path
    assert upstream.count == 7
    assert server.get("/off/").status_code == 200


def test_a_locations_own_requirement_replaces_the_inherited_one(guarded):
    server, mint = guarded("gatehouse %REALM%; gatehouse_require role=admin; location / { proxy_pass %UPSTREAM%; } "
                           "location /staff/ { gatehouse_require role=staff; proxy_pass %UPSTREAM%; }")
    assert server.get("/staff/", headers=mint.bearer(roles=["staff"])).status_code == 200
    assert server.get("/staff/", headers=mint.bearer(roles=["admin"])).status_code == 403


def test_limit_except(guarded, upstream):
    server, mint = guarded("location / { proxy_pass %UPSTREAM%; limit_except GET { gatehouse %REALM%; } } "
                           "location /all/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; limit_except GET { allow all; } }",
                           "/all/")
    assert server.get("/").status_code == 200
    assert upstream.count == 1
    for method in ("POST", "DELETE", "OPTIONS", "FOO"):
        assert server.request(method, "/").status_code == 401
        assert server.request(method, "/all/").status_code == 401
    assert upstream.count == 1
    assert server.post("/", headers=mint.bearer()).status_code == 200
    assert server.post("/all/", headers=mint.bearer()).status_code == 200


def test_an_if_block_keeps_the_guard(guarded, upstream):
    server, mint = guarded("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; "
                           "if ($arg_x) { proxy_pass %UPSTREAM%; } if ($arg_y) { set $z 1; } }")
    for query in ("x=1", "y=1", "x=1&y=1"):
        assert server.get(f"/?{query}").status_code == 401
        assert server.get(f"/?{query}", headers=mint.bearer()).status_code == 200
    assert upstream.count == 3


def test_any_condition_may_suffice_and_methods_may_ask_for_more(guarded):
    server, mint = guarded("location / { gatehouse %REALM%; gatehouse_require any role=staff email_domain=example.org; "
                           "limit_except GET { gatehouse %REALM%; gatehouse_require role=admin; } proxy_pass %UPSTREAM%; }",
                           realm={"verify_email": "on"})
    staff, admin, guest = (mint.bearer(roles=roles) for roles in (["staff"], ["staff", "admin"], ["guest"]))
    assert server.get("/", headers=staff).status_code == 200
    assert server.get("/", headers=guest).status_code == 403
    assert server.get("/", headers=mint.bearer(email="jane@Example.ORG")).status_code == 200
    assert server.get("/", headers=mint.bearer(email="jane@example.org", email_verified=False)).status_code == 403
    assert server.post("/", headers=staff).status_code == 403
    assert server.post("/", headers=admin).status_code == 200
