"""GATEHOUSE_EXPLAIN=1 nginx -t: what holds where, as JSON."""

import json

import pytest

DEFAULTS = {"Remote-User": "$gatehouse_remote_user", "Remote-Name": "$gatehouse_name",
            "Remote-Email": "$gatehouse_email",
            "Remote-Groups": "$gatehouse_roles"}
SERVER = """
server_name one.example two.example;
gatehouse %REALM%;
gatehouse_require role=staff claim:team=red;
gatehouse_require role=tall;
location / { location /nested/ { location ~ \\.php$ { gatehouse other; } } }
location = /exact { gatehouse off; }
location ^~ /strict/ { gatehouse %REALM% optional; }
location ~ ^/regex { gatehouse_require role=admin; }
location @named { gatehouse_header X-Who $gatehouse_user; gatehouse_header Remote-Email ''; }
location /auth/ { gatehouse_api %REALM% rest; }
location ~ ^/login { gatehouse_api other rest mount=/login/; }
location /limited/ { gatehouse off; limit_except GET { gatehouse other; gatehouse_require role=writer; } }
"""


@pytest.fixture
def explained(nginx):
    """explained(text): the whole JSON, and its locations by (server, location)."""
    def make(server=SERVER, **options):
        made = nginx(server, start=False,
                     http="gatehouse_realm other { postgres '%POSTGRES%'; redis %REDIS%; keys %KEYS%; "
                     "public_url https://other.example; password blocklist=off; pages %PAGES%; } server { listen 127.0.0.1:%PORTA%; "
                     "location / { } }", **options)
        accepted, said = made.test_conf({"GATEHOUSE_EXPLAIN": "1"})
        assert accepted, said
        whole = json.loads(said[said.index("{"):said.rindex("}") + 1])
        rows = {(row["server"], row["location"]): row for row in whole["locations"]}
        assert len(rows) == len(whole["locations"]), "a location is named twice"
        return made, whole, {place: row for (name, place), row in rows.items() if name == "one.example two.example"}
    return make


def test_every_location_is_there(explained):
    _, whole, rows = explained()
    assert set(rows) == {"", "/", "/nested/", "~ \\.php$", "= /exact", "^~ /strict/", "~ ^/regex", "@named", "/auth/",
                         "~ ^/login",
                         "/limited/", "/limited/ limit_except"}
    assert len(whole["locations"]) == len(rows) + 2  # and the other server's


def test_who_guards_what(explained):
    server, _, rows = explained()
    guards = {place: (row["guard"], row["optional"]) for place, row in rows.items()}
    mine = (server.realm, False)
    assert guards == {"": mine, "/": mine, "/nested/": mine, "~ \\.php$": ("other", False), "= /exact": (None, False),
                      "^~ /strict/": (server.realm, True), "~ ^/regex": mine, "@named": mine, "/auth/": (None, False),
                      "~ ^/login": (None, False), "/limited/": (None, False),
                      "/limited/ limit_except": ("other", False)}


def test_requirements(explained):
    _, _, rows = explained()
    assert rows["/nested/"]["require"] == ["role=staff claim:team=red", "role=tall"]
    assert rows["~ ^/regex"]["require"] == ["role=admin"]
    assert rows["/limited/ limit_except"]["require"] == ["role=writer"]


def test_endpoints(explained):
    server, _, rows = explained()
    assert rows["/auth/"]["api"] == {"realm": server.realm, "dialect": "rest", "mount": "/auth/"}
    assert rows["~ ^/login"]["api"] == {"realm": "other", "dialect": "rest", "mount": "/login/"}
    assert rows["/"]["api"] is None
    assert (rows["/"]["check"], rows["/"]["token_from"], rows["/"]["csrf"], rows["/"]["stale_limit_ms"]) == \
        (None, ["bearer", "cookie"], True, None)


def test_headers(explained):
    _, _, rows = explained()
    assert rows["/"]["headers"] == DEFAULTS
    assert rows["@named"]["headers"] == {**DEFAULTS, "X-Who": "$gatehouse_user", "Remote-Email": ""}


def test_realms(explained):
    server, whole, _ = explained(realm={"access_lifetime": "5m", "refresh_grace": "0", "token_cache": "500",
                                        "registration": "domain=Example.ORG"})
    first, second = whole["realms"]
    assert (first["name"], first["issuer"], first["audience"]) == (server.realm, server.url, server.realm)
    assert (first["access_lifetime"], first["refresh_grace"]) == (300, 0)
    assert (first["token_cache"], second["token_cache"]) == (500, 16384)
    assert (first["registration"], first["registration_domains"]) == ("domain", ["example.org"])
    assert (first["verify_email"], first["remote_user"]) == ("off", "email")
    assert (second["name"], second["registration"], second["verify_email"]) == ("other", "closed", "on")


def test_limits(explained):
    _, whole, _ = explained(realm={"limit_logins": "address=500/1h account+address=off"})
    first, second = whole["realms"]
    assert first["limit_logins"] == {"account+address": None, "account": {"count": 100, "window": 3600},
                                     "address": {"count": 500, "window": 3600}, "all": None}
    assert first["limit_registrations"] == {"address": None, "all": None}
    assert second["limit_logins"]["account+address"] == {"count": 10, "window": 900}
    assert second["limit_registrations"] == {"address": {"count": 20, "window": 3600}, "all": {"count": 1000, "window": 3600}}
    assert second["limit_mails"] == {"account": {"count": 5, "window": 3600}, "address": {"count": 20, "window": 3600},
                                     "all": {"count": 1000, "window": 3600}}
    assert second["limit_tokens"] == {"address": {"count": 60, "window": 600}, "all": None}


def test_servers_without_a_name_go_by_their_address(explained):
    server, whole, _ = explained()
    assert f"127.0.0.1:{server.ports['A']}" in {row["server"] for row in whole["locations"]}


@pytest.mark.parametrize("environment", [{}, {"GATEHOUSE_EXPLAIN": "0"}, {"GATEHOUSE_EXPLAIN": ""}])
def test_only_when_asked(nginx, environment):
    accepted, said = nginx("gatehouse %REALM%;", start=False).test_conf(environment)
    assert accepted and "{" not in said
