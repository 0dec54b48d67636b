"""nginx -t: what it accepts, and what it says of what it refuses: the place, the fault, and what to write instead."""

import os
import re
import subprocess

import pytest

from stores import TREE

pytestmark = pytest.mark.quick

GUARD = "location / { gatehouse %REALM%; }"


def refusal(server):
    accepted, said = server.test_conf()
    assert not accepted, said
    return next(line for line in said.splitlines() if "[emerg]" in line)


@pytest.fixture
def check(nginx):
    def make(server="", **options):
        return nginx(server, start=False, **options)
    return make


# ---- directives of http, server and location ----

@pytest.mark.parametrize("server, words", [
    ("gatehouse;", "invalid number of arguments"),
    ("gatehouse none;", 'realm "none" is not defined gatehouse_realm before'),
    ("gatehouse %REALM% off;", "off optional"),
    ("gatehouse %REALM% Optional;", "Optional optional"),
    ("gatehouse %REALM% optional x;", "invalid number of arguments"),
    ("gatehouse off optional;", "nothing after off"),
    ("gatehouse %REALM%; gatehouse %REALM%;", "duplicate"),
    ("gatehouse off; gatehouse off;", "duplicate"),
    ("gatehouse %REALM%x;", "is not defined"),
    ("gatehouse '';", "is not defined"),
    ("location / { if ($arg_x) { gatehouse off; } }", "not allowed here"),
    ("location / { if ($arg_x) { gatehouse_require role=a; } }", "not allowed here"),
    ("gatehouse_require role=admin;", "no guard gatehouse REALM nginx.conf:"),
    ("location / { gatehouse off; gatehouse_require role=admin; }", "no guard gatehouse REALM nginx.conf:"),
    ("location / { gatehouse_api %REALM% rest; gatehouse_require role=admin; }", "no guard gatehouse REALM"),
    ("gatehouse %REALM%; gatehouse_require;", "invalid number of arguments"),
    ("gatehouse %REALM%; gatehouse_require admin;", '"admin" role=NAME'),
    ("gatehouse %REALM%; gatehouse_require role=;", '"role=" role=NAME'),
    ("gatehouse %REALM%; gatehouse_require Role=a;", '"Role=a" role=NAME'),
    ("gatehouse %REALM%; gatehouse_require claim=a;", "claim:NAME=VALUE"),
    ("gatehouse %REALM%; gatehouse_require claim:=a;", "claim:NAME=VALUE"),
    ("gatehouse %REALM%; gatehouse_require claim:team=;", "claim:NAME=VALUE"),
    ("gatehouse %REALM%; gatehouse_require role=a user=b;", '"user=b"'),
    ("gatehouse_header X-User;", "invalid number of arguments"),
    ("gatehouse_header 'X User' a;", "not a header name"),
    ("gatehouse_header X-User: a;", "not a header name X-Remote-User"),
    ("gatehouse_header X.User a;", "not a header name"),
    ("gatehouse_header '' a;", "not a header name"),
    ("gatehouse_header Host a;", "meaning of its own X-Remote-User"),
    ("gatehouse_header content_length a;", "meaning of its own"),
    ("gatehouse_header Authorization a;", "meaning of its own"),
    ("gatehouse_header Cookie a;", "meaning of its own"),
    ("gatehouse_header X-Forwarded-For a;", "meaning of its own"),
    ("gatehouse_header Origin a;", "meaning of its own"),
    ("gatehouse_token_from header=Host;", "cannot hold a token"),  # Issue 10.15
    ("gatehouse_token_from header=cookie;", "cannot hold a token"),
    ("gatehouse_token_from header=Connection;", "cannot hold a token"),
    ("gatehouse_token_from header=Content-Length;", "cannot hold a token"),
    ("gatehouse_token_from header=X_Forwarded_For;", "cannot hold a token"),
    ("gatehouse_header Sec-Fetch-Site a;", "meaning of its own"),
    ("gatehouse_header X-A a; gatehouse_header x_a b;", "duplicate"),
    ("gatehouse_pass_authorization maybe;", "on off"),
    ("gatehouse_pass_authorization on; gatehouse_pass_authorization on;", "duplicate"),
    ("gatehouse_allow_origin;", "invalid number of arguments"),
    ("gatehouse_allow_origin example.com;", '"example.com" not an origin https://HOST'),
    ("gatehouse_allow_origin https://example.com/;", "without a path"),
    ("gatehouse_allow_origin https://*.example.com;", "not an origin"),
    ("gatehouse_allow_origin null;", "not an origin"),
    ("gatehouse_allow_origin https://a.example https://b.example:443;", "not an origin"),
    ("gatehouse_allow_origin https://user@example.com;", "not an origin"),
    ("gatehouse_api %REALM% rest;", "not allowed here"),
    ("location /auth/ { gatehouse_api %REALM%; }", "invalid number of arguments"),
    ("location /auth/ { gatehouse_api none rest; }", "is not defined"),
    ("location /auth/ { gatehouse_api %REALM% soap; }", 'unknown dialect "soap" rest'),
    ("location /auth/ { gatehouse_api %REALM% REST; }", "unknown dialect"),
    ("location /auth { gatehouse_api %REALM% rest; }", "slash mount=/auth/"),
    ("location /auth/ { gatehouse_api %REALM% rest; gatehouse_api %REALM% rest; }", "duplicate"),
    ("location ~ ^/auth/ { gatehouse_api %REALM% rest; }", "mount=/prefix/"),
    ("location = /auth/ { gatehouse_api %REALM% rest; }", "mount=/prefix/"),
    ("location @auth { gatehouse_api %REALM% rest; }", "mount=/prefix/"),
    ("location /auth/ { gatehouse_api %REALM% rest /auth/; }", "mount=/prefix/"),
    ("location /auth/ { gatehouse_api %REALM% rest mount=auth; }", "mount=/prefix/"),
    ("location /auth/ { gatehouse_api %REALM% rest mount=/auth; }", "slash mount=/auth/"),
    ("gatehouse_zone 16m;", "not allowed here"),
    ("gatehouse_realm x { }", "not allowed here"),
])
def test_a_wrong_directive_is_refused_in_words_that_help(check, server, words):
    said = refusal(check(server))
    assert re.search(r"nginx\.conf:\d+", said), said
    assert all(word in said for word in re.findall(r'"[^"]*"|\S+', words)), said


@pytest.mark.parametrize("http, words", [
    ("gatehouse_zone 16m;", "duplicate"),
    ("gatehouse_realm %REALM% { }", "defined twice"),
    ("gatehouse_realm off { }", '"off" another name'),
    ("gatehouse_realm 'a b' { }", "letters digits"),
    ("gatehouse_realm '' { }", "letters digits"),
    ("gatehouse_realm " + "a" * 65 + " { }", "cannot name a realm"),
    ("gatehouse_realm x y { }", "invalid number of arguments"),
    ("gatehouse_realm x;", "no opening"),
    ("gatehouse_realm x { }", 'no "postgres" write'),
    ("gatehouse_realm x { gatehouse y; }", 'unknown "gatehouse" may hold postgres'),
    ("server { listen 127.0.0.1:%PORTA%; gatehouse later; } gatehouse_realm later { }", '"later" before'),
    ("gatehouse_realm x { include %FOLDER%/none.conf; }", "none.conf"),
])
def test_a_wrong_http_directive_is_refused(check, http, words):
    said = refusal(check(http=http))
    assert re.search(r"nginx\.conf:\d+", said), said
    assert all(word in said for word in re.findall(r'"[^"]*"|\S+', words)), said


# ---- directives of a realm ----

@pytest.mark.parametrize("directive, value, words", [
    ("postgres", None, 'no "postgres" CONNINFO'), ("redis", None, 'no "redis" unix:PATH'), ("keys", None,
                                                                                            'no "keys" keys FILE'),
    ("public_url", None, 'no "public_url" https://HOST'),
    ("postgres", '"%POSTGRES% password=hunter2"', "password_file=FILE"),
    ("postgres", '"%POSTGRES%" password=hunter2', "password_file=FILE"),
    ("postgres", "postgresql://jane:hunter2@127.0.0.1/x", "password_file=FILE"),
    ("postgres", '"host=x pasword=hunter2"', "postgres"),
    ("postgres", '"host=x password hunter2"', "password_file=FILE"),
    ("postgres", '"%POSTGRES%" pool=0', "pool"), ("postgres", '"%POSTGRES%" pool=x', "pool"),
    ("postgres", '"%POSTGRES%" timeout=0', "timeout"), ("postgres", '"%POSTGRES%" timeout=2parsecs', "timeout"),
    ("postgres", '"%POSTGRES%" cache=2', '"cache" pool=N'), ("postgres", "host=/tmp user=x", '"user" quotation'),
    ("postgres", '"%POSTGRES%" password_file=/nonexistent', "/nonexistent"),
    ("redis", "unix:redis.sock", "absolute unix:/run"), ("redis", "127.0.0.1:0", "127.0.0.1:0"),
    ("redis", "127.0.0.1:x", "127.0.0.1:x"),
    ("redis", "127.0.0.1:99999", "99999"), ("redis", "::1:6379", "[::1]:6379"), ("redis", "%REDIS% db=x", "db=x"),
    ("redis", "%REDIS% password=hunter2", "password_file=FILE"), ("redis", "%REDIS% db=1 db=2", "twice"),
    ("redis", "%REDIS% timeout=1ms", "timeout 250ms"), ("redis", "%REDIS% what=1", "what password_file"),
    ("redis", "%REDIS% user=jane", "password_file="), ("redis", "redis://:hunter2@127.0.0.1:6379", "redis"),
    ("keys", "/nonexistent/keys.json", "/nonexistent/keys.json"), ("keys", "%FOLDER%", "keys"), ("keys", "a b",
                                                                                                 "keys FILE"),
    ("public_url", "example.com", "not an origin"), ("public_url", "https://example.com/", "without a path"),
    ("public_url", "ftp://example.com", "not an origin"), ("public_url", "https://exa mple.com", "number of arguments"),
    ("public_url", "https://example.com:443", "not an origin"), ("public_url", "https://example.com:0",
                                                                 "not an origin"),
    ("cookie", "a.b", "cannot name a cookie"), ("cookie", "__Host-app", '"__Host-app" leave the prefix out'),
    ("cookie", "__secure-app", '"__secure-app" leave the prefix out'),
    ("registration", "maybe", "closed open domain"), ("registration", "domain=", "closed open domain"),
    ("registration", "open closed", "closed open domain"), ("remote_user", "name", "id username email"),
    ("remote_user", "id email", "number of arguments"), ("verify_email", "no", "off on required"),
    ("password", "min_length=x", "min_length"), ("password", "min_length=0", "min_length"), ("password", "memory=1k",
                                                                                             "memory"),
    ("password", "blocklist=/nonexistent", "/nonexistent"), ("password", "blocklist=", "blocklist"),
    ("password", "strength=9", "strength"), ("password", "iterations=0", "iterations"),
    ("limit_logins", "adress=10/1h", '"limit_logins" "adress=10/1h" account+address=N/TIME account=N/TIME address=N/TIME all=N/TIME'),
    ("limit_logins", "10/15m", '"10/15m" account+address=N/TIME'), ("limit_logins", "account=10", '"account=" "10" 10/15m'),
    ("limit_logins", "account=0/1h", '"0/1h" 10/15m'), ("limit_logins", "account=1/1h account=2/1h", '"account=" twice'),
    ("limit_logins", "off account=1/1h", '"off" account=N/TIME'), ("limit_logins", "", "number of arguments address=100/15m"),
    ("limit_logins", "off; limit_logins off", "duplicate"), ("limit_login", "off", '"limit_login" limit_logins'),
    ("limit_registrations", "account=1/1h", '"account=1/1h" address=N/TIME, all=N/TIME, or off'),
    ("limit_mails", "account+address=1/1h", "account=N/TIME, address=N/TIME, all=N/TIME, or off"),
    ("limit_tokens", "address=60/10x", '"60/10x" 10/15m'), ("limit_tokens", "all=-1/1h", '"-1/1h" 10/15m'),
    ("access_lifetime", "0", "longer than 0"), ("access_lifetime", "-1h", "access_lifetime"),
    ("access_lifetime", "forever", "access_lifetime"), ("refresh_lifetime", "1x", "refresh_lifetime"),
    ("refresh_lifetime", "400d", "refresh_lifetime session_lifetime"), ("session_lifetime", "", "session_lifetime"),
    ("audit_retention", "23h", "a day 400d"), ("audit_retention", "x", "audit_retention"),
    *[("token_cache", value, f'"token_cache" "{value}" 1 4000000 write 16384')
      for value in ("0", "off", "-1", "1k", "4000001", "99999999999999999999")],
    ("token_cache", "1 2", "number of arguments"), ("refresh_grace", "6m", "5 minutes"), ("refresh_grace", "x", "refresh_grace"), ("access_lifetime", "1h 2h",
                                                                                    "number of arguments"),
    ("lifetime", "1h", '"lifetime" access_lifetime'), ("issuer", "a; issuer b", "duplicate"), ("issuer", "",
                                                                                               "number of arguments"),
])
def test_a_wrong_realm_directive_is_refused(check, directive, value, words):
    said = refusal(check(GUARD, realm={directive: value}))
    assert re.search(r"nginx\.conf:\d+", said), said
    assert all(word in said for word in re.findall(r'"[^"]*"|\S+', words)), said
    assert "hunter2" not in said


# ---- what is accepted and cannot do what it says ----

SECURE = {"public_url": "https://example.com"}
MAIL = "smtp://localhost from=auth@example.com"


@pytest.mark.parametrize("realm, words", [
    ({"verify_email": "on"}, "without smtp no Remote-User create users by SQL"),
    ({"verify_email": "on", "remote_user": "id"}, "without smtp"),
    ({"verify_email": "off", "registration": "domain=example.com"}, "keeps nobody out verify_email on"),
    ({"verify_email": "off", "remote_user": "email"}, "not his verify_email on"),
    *[({"verify_email": "off", "remote_user": "id", name: value}, f'"{name}" does nothing without smtp')
      for name, value in {"mails": "/nowhere", "notices": "login", "verify_lifetime": "1h", "reset_lifetime": "1h",
                          "limit_mails": "off", "jsonapi_recovery_url": "/new"}.items()],
    ({"registration": "closed", "limit_registrations": "off"}, '"limit_registrations" does nothing'),
    ({"registration": "closed", "public_url": "http://example.com"}, "plain HTTP cookie_secure off"),
    ({"registration": "closed", "pages": "off", "site": "Example"}, '"site" does nothing'),
    ({"registration": "closed", "access_lifetime": "100d"}, "access_lifetime session_lifetime"),
])
def test_a_combination_that_cannot_do_what_it_says_is_a_warning(check, realm, words):
    """Issue 10.23: it names the realm, and what to write."""
    server = check("", realm={"limit_registrations": None, **SECURE, **realm})
    accepted, said = server.test_conf()
    warnings = [line for line in said.splitlines() if "[warn]" in line]
    assert accepted and any(all(word in line for word in re.findall(r'"[^"]*"|\S+', words)) for line in warnings), said
    assert all(f'realm "{server.realm}"' in line and re.search(r"nginx\.conf:\d+", line) for line in warnings), said


@pytest.mark.parametrize("realm", [
    {"registration": "closed", "verify_email": "on"},
    {"verify_email": "off", "remote_user": "id"},
    {"verify_email": "on", "smtp": MAIL, "mails": "%MAILS%", "notices": "login", "limit_mails": "off"},
    {"registration": "domain=example.com", "verify_email": "required", "smtp": MAIL, "mails": "%MAILS%"},
    {"registration": "closed", "public_url": "http://example.com", "cookie_secure": "off"},
    {"registration": "closed", "audit_retention": "1d"},
])
def test_a_combination_that_can_is_none(check, realm):
    """Issue 10.23"""
    realm = {name: value.replace("%MAILS%", str(TREE / "mails")) for name, value in realm.items()}
    accepted, said = check("", realm={"limit_registrations": None, **SECURE, **realm}).test_conf()
    assert accepted and "[warn]" not in said, said


OTHER = """gatehouse_realm other { postgres "%POSTGRES%"; redis %REDIS%; keys %KEYS%; public_url https://b.example; password blocklist=off;
                                   COOKIE }"""


@pytest.mark.parametrize("first, second", [("app", "app-2"), ("app-2", "app"), ("app", "app-refresh"), ("app-refresh", "app"),
                                           ("app-2", "app-2-2"), ("gatehouse-2", None)])
def test_a_realms_cookie_is_no_other_cookie_of_another(check, first, second):
    """Issue 10.4: a long access token has a second cookie."""
    server = check("", http=OTHER.replace("COOKIE", f"cookie {second};" if second else ""), realm={**SECURE, "cookie": first})
    said = refusal(server)
    assert f'"{server.realm}" and "other"' in said and 'another "cookie"' in said and "nginx.conf:" in said


@pytest.mark.parametrize("first, second", [("app", "app"), ("app", "app2"), ("app-2", "app-3"), ("app", "app_2")])
def test_realms_may_have_the_same_cookies_or_others(check, first, second):
    server = check("", http=OTHER.replace("COOKIE", f"cookie {second};"), realm={**SECURE, "cookie": first})
    accepted, said = server.test_conf()
    assert accepted, said


@pytest.mark.parametrize("size", ["0", "x", "1k", "-1", "16q"])
def test_the_zone_must_be_large_enough(check, size):
    server = check(GUARD)
    server.write_conf((server.folder / "nginx.conf").read_text().replace("gatehouse_zone 16m",
                                                                         f"gatehouse_zone {size}"))
    assert re.search(r"gatehouse_zone.* (16m|needs \d+k)", refusal(server))


# ---- what -t leaves alone ----

def test_no_connection_is_made(check, redis, postgres):
    for realm in ({"redis": "unix:/nonexistent/redis.sock", "postgres": '"host=/nonexistent user=x dbname=x"'},
                  {"redis": "127.0.0.1:1", "postgres": '"host=127.0.0.1 port=1 user=x dbname=x"'}):
        accepted, said = check(GUARD, realm=realm).test_conf()
        assert accepted, said


def test_nginx_minus_capital_t_shows_no_secret(nginx, keys, folder):
    secret = folder / "password"
    secret.write_text("hunter2\n")
    os.chmod(secret, 0o600)
    server = nginx(GUARD, start=False, realm={"postgres": f'"%POSTGRES%" password_file={secret}',
                                              "redis": f"%REDIS% password_file={secret}"})
    # With -T nginx leaves without freeing its configuration, which is no leak of ours.
    environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    said = subprocess.run(server.command("-T"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert said.returncode == 0 and "gatehouse_realm" in said.stdout
    for hidden in ("hunter2", *(key["k"] for key in keys["keys"])):
        assert hidden not in said.stdout
    accepted, said = server.test_conf({"GATEHOUSE_EXPLAIN": "1"})
    assert accepted and "hunter2" not in said and not [key for key in keys["keys"] if key["k"] in said]


@pytest.mark.parametrize("server", [
    "gatehouse off;", "gatehouse %REALM%;", "gatehouse %REALM% optional;", "gatehouse_allow_origin *;",
    "gatehouse %REALM%; gatehouse_require role=a claim:team=b; gatehouse_require role=c;",
    "gatehouse %REALM%; gatehouse_require role=a; location /off/ { gatehouse off; } location /auth/ { gatehouse_api %REALM% rest; }",
    "location / { limit_except GET { gatehouse %REALM%; gatehouse_require role=a; } }",
    "location ~ ^/auth { gatehouse_api %REALM% rest mount=/auth/; }",
    "location / { gatehouse %REALM%; gatehouse_api %REALM% rest; }",
    "gatehouse_header X-User $gatehouse_user; gatehouse_header remote_user ''; gatehouse_pass_authorization on;",
    "set $who $gatehouse_claim_any_thing; return 200 $gatehouse_username$gatehouse_session;",
])
def test_right_configurations_are_accepted(check, server):
    accepted, said = check(server).test_conf()
    assert accepted, said
