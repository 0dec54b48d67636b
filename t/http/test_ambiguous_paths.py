"""Paths that nginx and an application read differently (Issue 10.16)."""

import pytest

from tokens import guarded_server

SITE = """
location / { proxy_pass %UPSTREAM%; }
location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }
location /user/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; location ~ \\.secret$ { gatehouse_require role=admin; proxy_pass %UPSTREAM%; } }
location ~ ^/reports/.*\\.pdf$ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location = /status { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /write/ { proxy_pass %UPSTREAM%; limit_except GET { gatehouse %REALM%; } }
location /gitlab/ { gatehouse_ambiguous_paths allow; proxy_pass %UPSTREAM%; }
"""

DANGEROUS = [
    "/admin/%2e%2e%2fx", "/admin/..%2fx", "/admin/%2E%2E/x/..%5c..%5cadmin", "/x/..%2fadmin/y", "/x/..%252fadmin/y", "/x/%252e%252e/admin/y",
    "/%2561dmin/x", "/admin%252fx", "/x/..;/admin/y", "/x/..;a=b/admin/y", "/;/admin/x", "/admin;/x", "/admin;x=1/x",
    "/%61dmin;/x", "/x\\..\\admin\\y", "/\\admin/x", "/admin\\x", "/admin%5cx", "/%5cadmin%5cx", "/;%2f..%2fadmin/x",
    "/x/;/../admin/y", "/reports/a.pdf;x", "/reports/a.pdf%3bx", "/reports%255ca.pdf", "/status;x",
    "/status%253b", "/write;/x", "/admin;", "/user%252fa", "/admin/%2e%2e;/x", "/x%2f..%5cadmin%5cy",
]

LEGITIMATE = [
    "/", "/api/v1/users/42", "/repos/octocat/Hello-World/issues/1347/comments", "/v1/charges/ch_1%20a", "/search/caf%C3%A9%20noir",
    "/storage/v1/b/bucket/o/folder%2Ffile.txt", "/api/v4/projects/group%2Fproject/repository/files/lib%2Fclass%2Erb/raw",
    "/2.0/repositories/%7Bworkspace%7D/%7B5a5f%7D", "/wiki/C%2B%2B", "/wiki/AC%2FDC", "/tags/100%25", "/users/jane%40example.com",
    "/odata/Products('a%2Fb')", "/odata/People(ID=1);v=2", "/maps/@52.5,13.4,12z", "/app;jsessionid=0AB1/page.do",
    "/matrix/client/v3/rooms/!abc:example.org/send/m.room.message/1", "/matrix/client/r0/directory/room/%23room%3Aexample.org",
    "/proxy/https://example.com//a", "/web/2020/http%3A%2F%2Fexample.com%2F", "/a/./b/../c", "/files/..hidden", "/files/a..b/...",
    "/.well-known/openid-configuration", "/npm/@scope%2fname", "/v2/library/ubuntu/manifests/sha256:abc", "/es/_search/a%2Cb",
    "/files/C:%5CUsers%5Cjane.txt", "/files/back\\slash", "/s3/bucket/key%3Bwith%3Bsemicolons", "/a//b///c", "/q?x=../admin/%2e%2e",
    "/x?next=/admin/..%2f", "/twice/%2541", "/%E2%9C%93", "/administrator/..;/x", "/user-guide%2Fa",
]


@pytest.fixture
def site(nginx, keys, upstream):
    made = guarded_server(nginx, keys, SITE, "/admin/")
    upstream.clear()
    return made


def status(server, path, headers="", method="GET", port=None):
    answer = server.raw(f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode("latin-1"), port)
    return int(answer.split()[1])


@pytest.mark.parametrize("path", DANGEROUS)
def test_what_could_be_read_as_guarded_is_refused(site, upstream, path):
    """Issue 10.16"""
    server, _ = site
    assert status(server, path) in (400, 401), path
    assert upstream.count == 0


@pytest.mark.parametrize("path", LEGITIMATE)
def test_legitimate_paths_arrive_as_they_were_sent(site, upstream, path):
    """Issue 10.16"""
    server, _ = site
    assert status(server, path) == 200
    assert upstream.requests[0]["uri"] == path


def test_a_users_path_cannot_be_read_as_an_administrators(site, upstream):
    """Issue 10.16: the guard is passed, but with less asked for."""
    server, mint = site
    token = f"Authorization: Bearer {mint.token()}\r\n"
    assert status(server, "/user/x", token) == 200
    for path in ("/user/..%252fadmin/x", "/user/..;/admin/x", "/user/a.secret;x", "/user/a.secret%253b"):
        assert status(server, path, token) == 400, path
    assert status(server, "/user/a%252fb", token) == 200
    assert upstream.count == 2


def test_a_guard_of_some_methods_counts(site, upstream):
    """Issue 10.16"""
    server, _ = site
    for path in ("/write;/x", "/a/..%252fwrite/x"):
        assert status(server, path, method="POST") == 400
    assert status(server, "/write/a%2fb") == 200
    assert upstream.count == 1


def test_with_merge_slashes_off(nginx, keys, upstream):
    """Issue 10.16"""
    server, _ = guarded_server(nginx, keys, "merge_slashes off;" + SITE, "/admin/")
    upstream.clear()
    for path in ("//admin/x", "/%2f/admin/x", "/%2fadmin/x", "/a//../admin/x", "/;//admin/x", "//admin//", "/a/..//admin/x"):
        assert status(server, path) in (400, 401), path
    assert upstream.count == 0
    assert status(server, "/a//b") == 200


def test_allow_is_for_applications_that_need_them(site, upstream):
    """Issue 10.16"""
    server, _ = site
    assert status(server, "/gitlab/..;/admin/x") == 200
    assert status(server, "/other/..;/admin/x") == 400
    assert upstream.count == 1


def test_a_server_without_guarded_locations_reads_nothing(nginx, keys, upstream):
    server, _ = guarded_server(nginx, keys, "location / { gatehouse %REALM%; }", http=(
        "server { listen 127.0.0.1:%PORTB%; location / { proxy_pass %UPSTREAM%; } }"))
    upstream.clear()
    for path in DANGEROUS:
        assert status(server, path, port=server.ports["B"]) in (200, 400)
    assert upstream.count > 20


def test_below_a_guarded_root_an_open_folder_keeps_its_paths(nginx, keys, upstream):
    """Issue 10.16"""
    server, _ = guarded_server(nginx, keys, "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } "
                               "location /public/ { gatehouse off; proxy_pass %UPSTREAM%; }")
    upstream.clear()
    for path in ("/public/a%2fb", "/public/a;b/c", "/public//x", "/public/a/../b", "/%70ublic/x", "/public/a%20b", "/public/x%5cy"):
        assert status(server, path) == 200, path
    assert upstream.count == 7
    for path in ("/public/..%252fx", "/public/..;/x", "/public/..\\x", "/public/a/..%255c..%255cx"):
        assert status(server, path) == 400, path
    assert upstream.count == 7


def test_a_wrong_word_is_refused(nginx):
    accepted, said = nginx("location / { gatehouse_ambiguous_paths maybe; }", start=False).test_conf()
    assert not accepted and 'invalid value "maybe"' in said
