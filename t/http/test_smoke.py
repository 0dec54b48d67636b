"""The module loads, shows nginx only what it must, and guards."""

import json
import re
import subprocess

import pytest

from nginx_server import MODULE
from stores import TREE

WORKERS = 2
pytestmark = pytest.mark.quick

GUARDED = "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"


def test_the_anonymous_is_refused_and_the_application_never_asked(nginx, upstream):
    server = nginx(GUARDED)
    answer = server.get("/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert upstream.count == 0


def test_an_unguarded_location_is_as_it_was(nginx, upstream):
    server = nginx("location / { gatehouse %REALM%; } location /open/ { gatehouse off; proxy_pass %UPSTREAM%; }")
    answer = server.get("/open/a?b=c", headers={"X-Colour": "blue"})
    assert answer.status_code == 200
    assert answer.json()["uri"] == "/open/a?b=c"
    assert ["X-Colour", "blue"] in answer.json()["headers"]


def test_register_login_and_through_the_guard(nginx, upstream):
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; } " + GUARDED)
    person = {"name": "Jane Doe", "email": "jane@example.com", "password": "SecurePass123"}
    assert server.post("/auth/register", json=person).status_code == 201
    answer = server.post("/auth/login", json={"email": person["email"], "password": person["password"]})
    assert answer.status_code == 200
    token = answer.json()["tokens"]["accessToken"]
    answer = server.get("/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert ["Remote-User", "jane@example.com"] in answer.json()["headers"]
    assert upstream.count == 1


def test_reload_and_a_killed_worker_lose_nothing(nginx):
    server = nginx(GUARDED)
    server.kill_worker()
    assert server.get("/").status_code == 401
    server.reload()
    assert server.get("/").status_code == 401


def test_binary_upgrade(nginx):
    server = nginx(GUARDED, daemon=True)
    server.upgrade()
    assert server.get("/").status_code == 401


def test_the_example_configuration_is_accepted(nginx, blocklist, folder):
    """nginx.conf.example as it is, but for its paths and ports."""
    text = (TREE / "nginx.conf.example").read_text()
    (folder / "certificate.pem").write_text("")
    (folder / "csrf_secret").write_text("a secret\n")
    for pattern, own in {
            r"^load_module .*;": "%LOAD_MODULE%", r"^user .*;": "%USER%", r"/run/nginx\.pid": "%FOLDER%/nginx.pid",
            r"/var/log/nginx": "%FOLDER%", r"/etc/nginx/gatehouse/keys\.json": "%KEYS%",
            r"/etc/nginx/gatehouse/blocklist\.txt": blocklist, r"/usr/share/gatehouse/pages": "%PAGES%",
            r"/usr/share/gatehouse/mails": str(TREE / "mails"),
            r"/etc/nginx/gatehouse/csrf_secret": str(folder / "csrf_secret"),
            r"listen .*;": "listen 127.0.0.1:%PORT%;",
            r"^ *ssl_certificate.*;": ""}.items():
        text, found = re.subn(pattern, own, text, flags=re.MULTILINE)
        assert found, f"nginx.conf.example no longer has {pattern}"
    server = nginx(conf=text, start=False)
    accepted, said = server.test_conf()
    assert accepted, said


@pytest.mark.skipif(not MODULE, reason="the module is inside nginx")
def test_only_three_symbols_leave_the_module():
    lines = subprocess.check_output(["nm", "-D", "--defined-only", MODULE], text=True).splitlines()
    assert sorted(line.split()[-1] for line in lines) == ["ngx_module_names", "ngx_module_order", "ngx_modules"]


def test_explain_prints_json(nginx):
    server = nginx(GUARDED, start=False)
    accepted, said = server.test_conf({"GATEHOUSE_EXPLAIN": "1"})
    assert accepted, said
    assert server.realm in said
    json.loads(said[said.index("{"):said.rindex("}") + 1])
