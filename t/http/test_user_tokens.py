"""Issue 15: users' tokens, for clients that are no browser: as a bearer, and in X-Api-Key."""

import base64
import http.client
import random
import re
import secrets
import time
import zlib

import pytest

from accounts import API, GUARDED, Account, assert_error, bearer
from browser import FETCH, NAVIGATION, Browser
from mailing import mail_settings
from processes import wait_until
from test_enumeration import effect_size
from tokens import Mint
from user_tokens import (TAKES_KEYS, base64url, becomes, end_token, ends_within, genuine, insert_token, key, make_token, status, steadily)

WORKERS = 2

PLAIN = {"cookie_secure": "off"}


@pytest.fixture
def server(nginx):
    return nginx(API + TAKES_KEYS, realm=PLAIN)


@pytest.fixture
def account(server):
    return Account(server)


# ---- where it may be ----

@pytest.mark.parametrize("show", [bearer, key])
def test_a_token_lets_its_user_in(server, account, show, upstream):
    token = make_token(account)["token"]
    for _ in range(4):
        answer = server.get("/", headers=show(token))
        assert answer.status_code == 200, answer.text
        headers = dict(answer.json()["headers"])
        assert headers["Remote-Name"] == "Jane Doe"
        assert not {"Authorization", "X-Api-Key"} & set(headers)
        assert token not in answer.text


def test_it_has_the_form_that_scanners_know(account):
    token = make_token(account)["token"]
    assert token.startswith("gth_") and len(token) == 53
    assert token[47:] == base64url(zlib.crc32(token[:47].encode()).to_bytes(4, "big"))


def test_only_its_hash_is_stored(account, postgres):
    token = make_token(account)["token"]
    rows = postgres.query("select * from gatehouse.user_tokens where user_id = %s", account.id)
    assert len(rows) == 1
    assert token not in str(rows) and token[4:47] not in str(rows)
    assert token not in account.server.error_log() + account.server.access_log()


def test_where_it_is_not_asked_for_it_is_none(nginx, upstream):
    server = nginx(API + TAKES_KEYS.replace("location /", "location /keys/") + GUARDED, realm=PLAIN)
    account = Account(server)
    token = make_token(account)["token"]
    assert status(server, bearer(token), "/keys/") == 200
    assert status(server, bearer(token)) == 401
    assert status(server, key(token)) == 401
    assert upstream.count == 1


def test_a_token_in_a_query_counts_nowhere(server, account, upstream):
    token = make_token(account)["token"]
    for name in ("api_key", "token", "access_token", "key", "X-Api-Key"):
        assert status(server, {}, f"/?{name}={token}") == 401
    assert upstream.count == 0


def test_a_key_of_the_applications_own_goes_through(server, account):
    answer = server.get("/", headers={**bearer(account.access), **key("the-apps-own")})
    assert ["X-Api-Key", "the-apps-own"] in answer.json()["headers"]
    assert status(server, key("the-apps-own")) == 401


def test_two_tokens_at_once_are_ambiguous(server, account, upstream):
    one, two = make_token(account)["token"], make_token(account)["token"]
    assert status(server, {**key(one), **bearer(two)}) == 400
    assert status(server, {**key(one), **bearer(account.access)}) == 400
    raw = f"GET / HTTP/1.1\r\nHost: x\r\nX-Api-Key: {one}\r\nX-Api-Key: {two}\r\nConnection: close\r\n\r\n"
    assert b" 400 " in server.raw(raw.encode()).split(b"\r\n")[0]
    assert upstream.count == 0


def test_beside_another_users_cookie_it_is_ambiguous(server, account):
    browser = Browser(server)
    browser.register()
    token = make_token(account)["token"]
    assert browser.get("/", headers={**FETCH, **key(token)}).status_code == 400
    assert browser.get("/", headers=FETCH).status_code == 200


def test_no_endpoint_takes_one(server, account):
    token = make_token(account)["token"]
    for method, path in (("GET", "tokens"), ("POST", "tokens"), ("GET", "me"), ("PATCH", "me"), ("DELETE", "me"), ("GET", "sessions")):
        answer = server.request(method, "/auth/" + path, headers=bearer(token), json={"name": "x"})
        assert answer.status_code == 401, (method, path)


# ---- those that are none ----

def test_wrong_tokens_are_refused_without_a_statement(server, account, postgres, upstream):
    token = make_token(account)["token"]
    steadily(server, key(token), 200)
    postgres.pause()
    try:
        begun = time.monotonic()
        for wrong in (token[:-1], token + "A", token[:-1] + ("A" if token[-1] != "A" else "B"), "gth_", "gth_" + "A" * 49,
                      token.replace("gth_", "gtx_"), token[:10] + ("A" if token[10] != "A" else "B") + token[11:]):
            assert status(server, key(wrong)) == 401, wrong
            assert status(server, bearer(wrong)) == 401, wrong
        assert time.monotonic() - begun < 2
    finally:
        postgres.resume()


def test_unknown_tokens_are_counted_by_address(nginx, upstream):
    server = nginx(API + TAKES_KEYS, realm={**PLAIN, "limit_user_tokens": "address=5/10m"})
    account = Account(server)
    token = make_token(account)["token"]
    statuses = [status(server, key(genuine())) for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    answer = server.get("/", headers=key(genuine()))
    assert answer.headers["Retry-After"]
    assert "limit_user_tokens" in server.error_log()
    assert upstream.count == 0
    assert status(server, bearer(account.access)) == 200
    assert status(server, key(token)) == 429


def test_one_that_is_sent_again_and_again_is_counted_once(nginx):
    server = nginx(API + TAKES_KEYS, workers=1, realm={**PLAIN, "limit_user_tokens": "address=5/10m"})
    wrong = genuine()
    steadily(server, key(wrong), 401, times=20)
    assert status(server, key(genuine())) == 401


def test_good_ones_are_not_counted(nginx):
    server = nginx(API + TAKES_KEYS, realm={**PLAIN, "limit_user_tokens": "address=3/10m"})
    account = Account(server)
    for _ in range(8):
        assert status(server, key(make_token(account)["token"])) == 200


def test_a_token_of_another_realm_is_worth_nothing(nginx, postgres):
    server = nginx(API + TAKES_KEYS, realm=PLAIN)
    account = Account(server)
    token = insert_token(postgres, account)
    moved = insert_token(postgres, account, networks=[])
    postgres.query("update gatehouse.user_tokens set realm = 'other' where user_id = %s and networks = '{}' and sha256 ="
                   " sha256(convert_to(%s, 'UTF8'))", account.id, moved)
    assert status(server, key(token)) == 200
    assert status(server, key(moved)) == 401


# ---- its end ----

def test_an_ended_token_ends_everywhere_at_once(nginx):
    """Another nginx of the same realm hears of it by the feed."""
    server = nginx(API + TAKES_KEYS, realm={**PLAIN, "public_url": "http://127.0.0.1"}, name="shared")
    other = nginx(TAKES_KEYS, realm={**PLAIN, "public_url": "http://127.0.0.1"}, name="shared")
    account = Account(server)
    made = make_token(account)
    for each in (server, other):
        steadily(each, key(made["token"]), 200)
    end_token(account, made["id"])
    steadily(server, key(made["token"]), 401)
    ends_within(other, key(made["token"]), 1)
    assert account.server.request("DELETE", f"/auth/tokens/{made['id']}", headers=bearer(account.access)).status_code == 404


ENDS = {
    "the row": "delete from gatehouse.user_tokens where user_id = '{id}'",
    "the user": "delete from gatehouse.users where id = '{id}'",
    "disabled": "select gatehouse.set_disabled('{realm}', '{email}', true)",
    "expired": "update gatehouse.user_tokens set expires_at = now() - interval '1 second' where user_id = '{id}'",
    "truncated": "truncate gatehouse.user_tokens",
}


@pytest.mark.parametrize("how", ENDS)
def test_what_ends_it_by_sql(server, account, postgres, how):
    token = make_token(account)["token"]
    steadily(server, key(token), 200)
    postgres.query(ENDS[how].format(id=account.id, realm=server.realm, email=account.email))
    ends_within(server, key(token), 3)


def test_what_narrows_it_by_sql(server, account, postgres):
    token = make_token(account)["token"]
    steadily(server, key(token), 200)
    postgres.query("update gatehouse.user_tokens set networks = '{10.0.0.0/8}' where user_id = %s", account.id)
    ends_within(server, key(token), 3)


def test_a_changed_password_does_not_end_it(server, account):
    token = make_token(account)["token"]
    steadily(server, key(token), 200)
    answer = account.me("PATCH", password="Another-Pass-77", currentPassword=account.password)
    assert answer.status_code == 200, answer.text
    steadily(server, key(token), 200)


def test_roles_are_the_users_as_of_now(nginx, postgres):
    server = nginx(API + TAKES_KEYS + "location /staff/ { gatehouse %REALM%; gatehouse_token_from api_key;"
                                      " gatehouse_require role=staff; proxy_pass %UPSTREAM%; }", realm=PLAIN)
    account = Account(server)
    token = make_token(account)["token"]
    steadily(server, key(token), 403, "/staff/")
    postgres.query("select gatehouse.set_roles(%s, %s, '{staff}')", server.realm, account.email)
    becomes(server, key(token), 200, "/staff/")
    assert ["Remote-Groups", "staff"] in server.get("/", headers=key(token)).json()["headers"]
    postgres.query("select gatehouse.set_roles(%s, %s, '{}')", server.realm, account.email)
    becomes(server, key(token), 403, "/staff/")


def test_it_expires_by_itself(server, account, postgres):
    token = insert_token(postgres, account)
    postgres.query("update gatehouse.user_tokens set expires_at = now() + interval '3 seconds' where user_id = %s", account.id)
    assert status(server, key(token)) == 200
    wait_until(lambda: status(server, key(token)) == 401, "the token to expire")


# ---- PostgreSQL down ----

def test_without_postgres_known_ones_pass_and_unknown_ones_wait(nginx, postgres):
    server = nginx(API + TAKES_KEYS, workers=1, realm=PLAIN)
    account = Account(server)
    known, unknown = make_token(account)["token"], make_token(account)["token"]
    assert status(server, key(known)) == 200
    postgres.stop()
    try:
        steadily(server, key(known), 200)
        answer = server.get("/", headers=key(unknown))
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert answer.json()["status"] == 503
    finally:
        postgres.ensure_running()
    wait_until(lambda: status(server, key(unknown)) == 200, "PostgreSQL to be back")


# ---- scopes, networks, expiry ----

SCOPED = """
location /metrics { gatehouse %REALM%; gatehouse_token_from cookie bearer api_key; gatehouse_require scope=metrics:read;
                    proxy_pass %UPSTREAM%; add_header X-Scopes $gatehouse_scopes; add_header X-Token-Name $gatehouse_token_name; }
"""


def test_scopes(nginx):
    server = nginx(API + TAKES_KEYS + SCOPED, realm=PLAIN)
    account = Account(server)
    scoped = make_token(account, "Prometheus", scopes=" metrics:read  files:write ")
    assert scoped["scopes"] == "metrics:read files:write"
    answer = server.get("/metrics", headers=key(scoped["token"]))
    assert answer.status_code == 200
    assert (answer.headers["X-Scopes"], answer.headers["X-Token-Name"]) == ("metrics:read,files:write", "Prometheus")
    for scopes in ("", "metrics:write", "metrics", "metrics:readonly", "METRICS:READ", "xmetrics:read", "*"):
        token = make_token(account, scopes=scopes)["token"]
        answer = server.get("/metrics", headers=key(token))
        assert answer.status_code == 403, scopes
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        assert status(server, key(token)) == 200
    answer = server.get("/metrics", headers=bearer(account.access))
    assert answer.status_code == 200  # a session has all
    assert "X-Scopes" not in answer.headers


def test_networks(server, account):
    here = make_token(account, networks="10.0.0.0/8 127.0.0.0/8")
    assert here["networks"] == "10.0.0.0/8 127.0.0.0/8"
    elsewhere = make_token(account, networks="2001:db8::/32 192.0.2.1")
    assert status(server, key(here["token"])) == 200
    steadily(server, key(elsewhere["token"]), 401)


def test_the_network_is_the_clients_after_realip(nginx):
    server = nginx("set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;" + API + TAKES_KEYS, realm=PLAIN)
    account = Account(server)
    token = make_token(account, networks="2001:db8::/32")["token"]
    for address, expected in (("2001:db8::7", 200), ("2001:db9::7", 401), ("192.0.2.1", 401), ("2001:db8:ffff::1", 200)):
        assert status(server, {**key(token), "X-Test-Address": address}) == expected, address


@pytest.mark.parametrize("field, value", [
    ("name", ""), ("name", "x" * 101), ("name", "a\u0007b"), ("name", "a\u202eb"), ("scopes", 'a"b'), ("scopes", "a,b"),
    ("scopes", "é"), ("scopes", "x" * 65), ("scopes", "a " * 33), ("networks", "10.0.0.1/8"), ("networks", "10.0.0.0/33"),
    ("networks", "here"), ("networks", "::/129"), ("expires", "2020-01-01"), ("expires", "2099-02-30"), ("expires", "soon")])
def test_what_no_token_can_have(account, field, value):
    assert_error(account.post("tokens", account.access, **{"name": "x", field: value}), 400, errors=[field])


def test_the_last_day_is_one_of_them(account):
    made = make_token(account, expires="2099-12-31")
    assert made["expiresAt"] == "2100-01-01T00:00:00.000Z"


# ---- looking after them ----

def test_list_rename_end(server, account):
    first, second = make_token(account, "first"), make_token(account, "second")
    assert status(server, {**key(first["token"]), "User-Agent": "backup/1"}) == 200

    def listed():
        answer = server.get("/auth/tokens", headers=bearer(account.access))
        assert answer.status_code == 200
        assert "gth_" not in answer.text
        return {row["name"]: row for row in answer.json()["tokens"]}

    rows = listed()
    assert set(rows) == {"first", "second"}
    assert rows["first"]["lastUsedBy"] == "backup/1" and rows["first"]["lastUsedFrom"] == "127.0.0.1"
    assert rows["second"]["lastUsedOn"] is None
    answer = server.request("PATCH", f"/auth/tokens/{first['id']}", headers=bearer(account.access), json={"name": "laptop"})
    assert answer.status_code == 204
    end_token(account, second["id"])
    assert set(listed()) == {"laptop"}
    assert status(server, key(first["token"])) == 200


def test_nobody_ends_anothers(server, account):
    other = Account(server)
    made = make_token(account)
    for method, body in (("DELETE", None), ("PATCH", {"name": "mine"})):
        answer = server.request(method, f"/auth/tokens/{made['id']}", headers=bearer(other.access), json=body)
        assert answer.status_code == 404
    for wrong in ("x", "%27", "00000000-0000-0000-0000-000000000000"):
        assert server.request("DELETE", f"/auth/tokens/{wrong}", headers=bearer(account.access)).status_code == 404
    steadily(server, key(made["token"]), 200)


def test_an_old_login_needs_the_password_again(nginx, keys, account, server):
    mint = Mint(server, keys)
    old = mint.token(sub=account.id, auth_time=int(time.time()) - 3600)
    post = lambda **fields: server.post("/auth/tokens", headers=bearer(old), json={"name": "x", **fields})
    assert_error(post(), 403)
    assert_error(post(currentPassword="wrong"), 400, errors=["currentPassword"])
    assert post(currentPassword=account.password).status_code == 201


def test_the_audit_trail(account, postgres):
    made = make_token(account, "ci")
    end_token(account, made["id"])
    rows = postgres.query("select event, address, detail from gatehouse.audit_events where user_id = %s and event like 'token%%'"
                          " order by id", account.id)
    assert [row["event"] for row in rows] == ["token_created", "token_ended"]
    assert all(row["detail"] == {"token": made["id"], "name": "ci"} and row["address"] == "127.0.0.1" for row in rows)


def test_the_user_is_written_to(nginx, smtp):
    server = nginx(API + TAKES_KEYS, realm={**PLAIN, **mail_settings(smtp, verify_email="off", notices="off")})
    account = Account(server)
    make_token(account, "laptop")
    mail = smtp.wait_for_mail(account.email)
    while "token" not in mail.message["Subject"]:
        mail = smtp.wait_for_mail(account.email)
    assert "gth_" not in mail.text + mail.html


# ---- by SQL ----

def test_service_accounts(nginx, postgres):
    server = nginx(API + TAKES_KEYS, realm={**PLAIN, "verify_email": "on"})
    postgres.query("select gatehouse.create_service_account(%s, 'backup', 'Nightly backup', roles => '{reader}')", server.realm)
    token = postgres.query("select gatehouse.create_token(%s, 'backup', 'host7', scopes => '{a}') as token", server.realm)[0]["token"]
    answer = server.get("/", headers=key(token))
    assert answer.status_code == 200, answer.text
    headers = dict(answer.json()["headers"])
    assert headers["Remote-Groups"] == "reader" and headers["Remote-Name"] == "Nightly backup"
    assert "Remote-Email" not in headers
    answer = server.post("/auth/login", json={"email": "backup@service.invalid", "password": "SecurePass123"})
    assert answer.status_code == 401


def test_the_directives_are_checked(nginx):
    for text, problem in (("token_grace 2d", "a day at most"), ("limit_user_tokens x", "limit_user_tokens")):
        name, value = text.split(" ", 1)
        good, said = nginx(API, realm={**PLAIN, name: value}, start=False).test_conf()
        assert not good and problem in said


# ---- the account page ----

def test_the_account_page(server):
    browser = Browser(server)
    browser.register()
    page = browser.get("/auth/account").text
    assert 'id="tokens"' in page and "gth_" not in page
    answer = browser.post("/auth/account/tokens", {"name": "My <phone>", "scopes": "", "networks": "", "expires": "2099-12-31"})
    assert answer.status_code == 200, answer.text
    token = re.search(r"gth_[\w-]{49}", answer.text)[0]
    assert "My &lt;phone&gt;" in answer.text
    assert status(server, key(token)) == 200
    page = browser.get("/auth/account").text
    assert "gth_" not in page
    path = "/auth/" + re.search(r"account/tokens/[0-9a-f-]{36}", page)[0]
    answer = browser.post(path + "/name", {"name": "Tablet"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/account?done=token_renamed")
    assert "Tablet" in browser.get("/auth/account?done=token_renamed").text
    answer = browser.post(path, "", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/account?done=token_ended")
    steadily(server, key(token), 401)


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x", "networks": "10.0.0.1/8"}, {"name": "x", "expires": "1999-01-01"}, {}])
def test_what_is_wrong_is_said_on_the_page(server, fields):
    browser = Browser(server)
    browser.register()
    answer = browser.post("/auth/account/tokens", fields or "x=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert 'class="wrong" id="tokens-' in answer.text and "gth_" not in answer.text


def test_the_page_speaks_german(server):
    browser = Browser(server)
    browser.register()
    page = browser.get("/auth/account", headers={**NAVIGATION, "Accept-Language": "de"}).text
    assert "Zugangsschlüssel anlegen" in page


def test_where_no_location_takes_tokens_the_page_offers_none(nginx):
    server = nginx(API + GUARDED, realm=PLAIN)
    browser = Browser(server)
    browser.register()
    assert 'id="tokens"' not in browser.get("/auth/account").text


# ---- what time tells ----

@pytest.mark.long
@pytest.mark.limit(600)
def test_time_tells_nothing_of_what_a_wrong_token_begins_like(nginx, postgres):
    """It is looked for by its hash: one that differs from a stored one in its last bits is as unknown as any."""
    server = nginx(API + TAKES_KEYS, workers=1, realm={**PLAIN, "limit_user_tokens": "off"})
    account = Account(server)
    stored = [insert_token(postgres, account) for _ in range(50)]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)

    def wrong(kind):
        if kind == "random":
            return genuine()
        first = base64.urlsafe_b64decode(random.choice(stored)[4:47] + "=")[:24]
        return genuine(first + secrets.token_bytes(8))

    def sample(kind):
        headers = key(wrong(kind))
        begun = time.perf_counter()
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - begun
        assert answer.status == 401
        return took

    order = ["near", "random"] * 1000
    random.shuffle(order)
    for kind in order[:50]:
        sample(kind)
    times = {"near": [], "random": []}
    for kind in order:
        times[kind].append(sample(kind))
    size = effect_size(times["near"], times["random"])
    assert 0.45 < size < 0.55, f"P(near takes longer) = {size:.3f}"
