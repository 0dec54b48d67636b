"""Issue 15: Basic, with a user's token or, where it is allowed, the account's own password."""

import asyncio
import base64
import time

import pytest
import websockets

from accounts import API, Account
from browser import FETCH, NAVIGATION, Browser
from factors import Protected
from test_long_lived import GUARDED, Sockets
from user_tokens import basic, end_token, ends_within, genuine, key, make_token, status, steadily

WORKERS = 2

PLAIN = {"cookie_secure": "off", "site": '"My \\"own\\" site"'}
TAKES = "location / { gatehouse %REALM%; gatehouse_token_from %s; proxy_pass %UPSTREAM%; }"
BASIC = TAKES.replace("%s", "cookie bearer api_key basic")
PASSWORD = TAKES.replace("%s", "cookie basic=password")
CHALLENGE = 'Basic realm="My \\"own\\" site", charset="UTF-8"'


@pytest.fixture
def server(nginx):
    return nginx(API + BASIC, realm=PLAIN)


@pytest.fixture
def account(server):
    return Account(server)


def test_username_and_token(server, account, upstream):
    token = make_token(account)["token"]
    for name in (account.email, account.email.upper(), account.id):
        answer = server.get("/", headers=basic(name, token))
        assert answer.status_code == 200, name
        assert "Authorization" not in dict(answer.json()["headers"])
    for name in ("", "somebody", "x@example.com", account.email + " "):
        assert status(server, basic(name, token)) == 401, name
    assert upstream.count == 3


def test_spellings(server, account):
    token = make_token(account)["token"]
    text = base64.b64encode(f"{account.email}:{token}".encode()).decode()
    for good in (f"Basic {text}", f"basic {text}", f"BASIC  {text}", f"Basic {text.rstrip('=')}"):
        assert status(server, {"Authorization": good}) == 200, good
    for wrong in ("Basic", "Basic ", "Basic !", f"Basic {text}!", "Basic " + "A" * 4000, f"Basic {text} {text}", "Basic Og=="):
        assert status(server, {"Authorization": wrong}) == 401, wrong


def test_a_password_is_none_where_only_tokens_are_taken(server, account):
    assert status(server, basic(account.email, account.password)) == 401


def test_wrong_and_ended_tokens(server, account):
    made = make_token(account)
    steadily(server, basic(account.email, made["token"]), 200)
    assert status(server, basic(account.email, genuine())) == 401
    end_token(account, made["id"])
    ends_within(server, basic(account.email, made["token"]), 2)


# ---- who is asked for it ----

def test_clients_that_are_no_browser_are_asked(server):
    for headers in ({}, {"User-Agent": "curl/7.88.1", "Accept": "*/*"}, basic("jane", "wrong")):
        answer = server.get("/", headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, CHALLENGE), headers


def test_browsers_are_not_for_they_would_ask_for_a_password_themselves(server):
    answer = server.get("/", headers=NAVIGATION)
    assert answer.status_code == 302 and "WWW-Authenticate" not in answer.headers
    for headers in (FETCH, {"Accept": "text/html"}, {"X-Requested-With": "XMLHttpRequest"}, {"HX-Request": "true"},
                    {**NAVIGATION, "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}):
        answer = server.post("/", headers=headers) if headers.get("Accept") == "text/html" else server.get("/", headers=headers)
        assert answer.status_code == 401, headers
        assert "Basic" not in answer.headers.get("WWW-Authenticate", ""), headers


def test_without_pages_browsers_are_asked_too(nginx):
    server = nginx(BASIC, realm=PLAIN)
    assert server.get("/", headers=NAVIGATION).headers["WWW-Authenticate"] == CHALLENGE


def test_elsewhere_nobody_is(nginx):
    server = nginx(API + TAKES.replace("%s", "cookie bearer api_key"), realm=PLAIN)
    assert server.get("/").headers["WWW-Authenticate"] == "Bearer"


# ---- a browser beside them ----

def test_a_browser_beside_them(server, account):
    token = make_token(account)["token"]
    browser = Browser(server)
    browser.register()
    assert browser.get("/").status_code == 200
    assert status(server, basic(account.email, token)) == 200
    assert browser.get("/", headers={**FETCH, **basic(account.email, token)}).status_code == 400


def test_another_sites_page_cannot_use_what_a_browser_remembers(server, account, upstream):
    credentials = basic(account.email, make_token(account)["token"])
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):  # unknown, and known
        for method in ("POST", "PUT", "DELETE", "PROPFIND"):
            assert server.request(method, "/", headers={**credentials, **foreign}).status_code == 403, method
        assert server.request("POST", "/", headers={**credentials, "Origin": "https://evil.example"}).status_code == 403
        before = upstream.count
        assert server.request("POST", "/", headers=credentials).status_code == 200
        assert upstream.count == before + 1
    assert server.request("POST", "/", headers={**key(make_token(account)["token"]), **foreign}).status_code == 200


# ---- basic=password ----

@pytest.mark.parametrize("password", ["SecurePass123", "pass:word:with colons", "пароль-очень-длинный-ß€😀"])
def test_the_accounts_own_password(nginx, password, postgres):
    server = nginx(API + PASSWORD, realm=PLAIN, workers=1)
    account = Account(server, password=password)
    for _ in range(3):
        answer = server.get("/", headers=basic(account.email, password))
        assert answer.status_code == 200, answer.text
        assert ["Remote-User", account.email] in answer.json()["headers"]
    assert status(server, basic(account.email, password + "x")) == 401
    assert status(server, basic("nobody@example.com", password)) == 401
    token = make_token(account)["token"]
    assert status(server, basic(account.email, token)) == 200


def test_a_password_is_hashed_once_in_five_minutes(nginx, postgres):
    server = nginx(API + PASSWORD, realm=PLAIN, workers=1)
    account = Account(server)
    credentials = basic(account.email, account.password)
    assert status(server, credentials) == 200
    begun = time.monotonic()
    steadily(server, credentials, 200, times=20)
    assert time.monotonic() - begun < 2
    postgres.stop()
    try:
        assert status(server, credentials) == 200
        assert status(server, basic(account.email, "another")) == 503
    finally:
        postgres.ensure_running()


def test_a_changed_password_is_out_at_once(nginx):
    server = nginx(API + PASSWORD, realm=PLAIN)
    account = Account(server)
    steadily(server, basic(account.email, account.password), 200)
    assert account.me("PATCH", password="Another-Pass-77", currentPassword=account.password).status_code == 200
    ends_within(server, basic(account.email, account.password), 2)
    assert status(server, basic(account.email, "Another-Pass-77")) == 200


def test_wrong_passwords_fill_the_limit_of_logins(nginx, postgres):
    server = nginx(API + PASSWORD, realm={**PLAIN, "limit_logins": "account+address=3/15m"}, workers=1)
    account = Account(server)
    statuses = [status(server, basic(account.email, f"wrong-{number}")) for number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert account.login().status_code == 429
    rows = postgres.query("select detail from gatehouse.audit_events where user_id = %s and event = 'login_failed'", account.id)
    assert [row["detail"] for row in rows] == [{"reason": "wrong password", "by": "basic"}] * 3


def test_an_account_with_a_second_factor_needs_a_token(nginx, postgres):
    server = nginx(API + PASSWORD, realm={**PLAIN, "mfa": "optional"})
    plain = Account(server)
    assert status(server, basic(plain.email, plain.password)) == 200
    account = Protected(server, postgres)
    steadily(server, basic(account.email, account.password), 401)
    assert status(server, basic(account.email, make_token(account)["token"])) == 200


# ---- what outlives a request ----

def test_a_websocket_ends_with_its_token(nginx):
    application = Sockets()
    try:
        server = nginx(API + GUARDED.replace("%TARGET%", str(application.port))
                       .replace("gatehouse %REALM%;", "gatehouse %REALM%; gatehouse_token_from api_key basic;"), realm=PLAIN)
        account = Account(server)
        made = make_token(account)

        async def until_it_ends():
            async with websockets.connect(server.url.replace("http", "ws") + "/socket", extra_headers=key(made["token"])) as socket:
                await socket.send("hello")
                assert "hello" in await socket.recv()
                await asyncio.to_thread(end_token, account, made["id"])
                begun = time.monotonic()
                with pytest.raises(websockets.ConnectionClosed):
                    await asyncio.wait_for(socket.recv(), 10)
                return time.monotonic() - begun

        assert asyncio.run(until_it_ends()) < 2
    finally:
        application.close()
