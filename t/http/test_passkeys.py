"""Issue 14: passkeys over `rest`, by an authenticator of the tests' own (authenticator.py)."""

import hashlib
import hmac
import html
import json
import re
import secrets
import time

import pytest

from accounts import API, Account, assert_error, bearer, claims
from authenticator import BE, BS, UP, UV, Authenticator
from browser import NAVIGATION, Browser
from factors import Protected, standing
from tokens import base64url, key_bytes

WORKERS = 2

ORIGIN = "https://login.example.com"
REALM = {"cookie_secure": "off", "public_url": ORIGIN, "passkey_login": "on", "mfa": "optional",
         "hosts": "https://app.example.org"}
PLACES = API + """location / { gatehouse %REALM%; proxy_pass %UPSTREAM%;
    location /strong/ { gatehouse_require mfa; proxy_pass %UPSTREAM%; } }"""


@pytest.fixture
def server(nginx):
    return nginx(PLACES, realm=REALM)


@pytest.fixture
def account(server):
    return Account(server)


def options_for(account, **fields):
    answer = account.post("factors/passkey/options", account.access, **{"currentPassword": account.password, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()["publicKey"]


def add(account, authenticator=None, name="A key", **how):
    authenticator = authenticator or Authenticator()
    answer = account.post("factors/passkey", account.access, name=name,
                          **authenticator.create(options_for(account), **how))
    assert answer.status_code == 201, answer.text
    authenticator.factor = answer.json()["id"]
    return authenticator


def asked(server):
    answer = server.post("/auth/passkey/options")
    assert answer.status_code == 200, answer.text
    return answer.json()["publicKey"]


def enter(server, authenticator, **how):
    return server.post("/auth/passkey", json=authenticator.login(asked(server), **how))


def refused(answer):
    assert_error(answer, 401, "The passkey was not accepted")


def reasons(postgres, server):
    return [each["detail"]["reason"] for each in postgres.query(
        "select detail from gatehouse.audit_events where realm = %s and event in ('login_failed', 'reauthentication_failed')"
        " order by id", server.realm)]


# ---- registration ----

def test_what_a_browser_is_asked_to_make(account):
    options = options_for(account)
    assert options["rp"] == {"id": "login.example.com", "name": "login.example.com"}
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-8, -7, -257]
    assert (options["attestation"], options["excludeCredentials"]) == ("none", [])
    assert len(options["challenge"]) >= 22
    first = add(account)
    assert [each["id"] for each in options_for(account)["excludeCredentials"]] == [base64url(first.id)]
    assert account.email not in options["user"]["id"]


@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_requirement_60_a_passkey_logs_in_without_a_password(server, account, kind):
    authenticator = add(account, Authenticator(kind))
    options = asked(server)
    assert (options["rpId"], options["userVerification"], options["allowCredentials"]) == ("login.example.com", "required", [])
    answer = enter(server, authenticator)
    assert answer.status_code == 200, answer.text
    account.keep(answer)
    assert claims(account.access)["amr"] == ["pop", "user", "mfa"]
    assert account.visit("/strong/").status_code == 200


def test_several_passkeys_have_names_and_are_renamed_and_removed(server, account):
    first, second = add(account, name="Laptop"), add(account, flags=UP | UV | BE | BS, name="Phone")
    shown = {each["name"]: each for each in standing(account)["factors"]}
    assert {name: each["kind"] for name, each in shown.items()} == {"Laptop": "passkey", "Phone": "passkey"}
    assert (shown["Laptop"]["backedUp"], shown["Phone"]["backedUp"]) == (False, True)
    page = server.get("/auth/account", headers={**NAVIGATION, "Cookie": f"gatehouse={account.access}"})
    assert page.text.count("kept on more than one device") == 1
    proof = {"currentPassword": account.password}
    renamed = server.request("PATCH", f"/auth/factors/{first.factor}", json={"name": "Old laptop", **proof}, headers=bearer(account.access))
    removed = server.request("DELETE", f"/auth/factors/{second.factor}", json=proof, headers=bearer(account.access))
    assert (renamed.status_code, removed.status_code) == (204, 204)
    assert [each["name"] for each in standing(account)["factors"]] == ["Old laptop"]
    assert enter(server, first).status_code == 200
    refused(enter(server, second, flags=UP | UV | BE))


def test_a_passkey_needs_the_password_and_a_challenge_of_this_session(server, account):
    wrong = account.post("factors/passkey/options", account.access, currentPassword="WrongPass123")
    assert_error(wrong, 400, errors=["currentPassword"])
    authenticator = Authenticator()
    made = authenticator.create(options_for(account))
    other = Account(server)
    refused(other.post("factors/passkey", other.access, **made))
    assert account.post("factors/passkey", account.access, **made).status_code == 201
    refused(account.post("factors/passkey", account.access, **made))
    for_login = {**authenticator.create(options_for(account)),
                 "clientDataJSON": base64url(authenticator.client_data("create", asked(server)["challenge"]))}
    refused(account.post("factors/passkey", account.access, **for_login))
    assert len(standing(account)["factors"]) == 1


def test_one_passkey_is_one_accounts(server, account):
    authenticator = add(account)
    other = Account(server)
    answer = other.post("factors/passkey", other.access, **authenticator.create(options_for(other)))
    assert answer.status_code == 400


@pytest.mark.parametrize("changes", [{"origin": "https://evil.example"}, {"crossOrigin": True}, {"type": "webauthn.get"},
                                     {"topOrigin": "https://evil.example"}, {"origin": "http://login.example.com"}])
def test_requirement_60_a_registration_is_of_this_site(account, changes):
    answer = account.post("factors/passkey", account.access, **Authenticator().create(options_for(account), **changes))
    refused(answer)


# ---- logins ----

@pytest.mark.parametrize("how, reason", [
    ({"flags": UP}, "user_verified"), ({"flags": UV}, "user_presence"), ({"flags": UP | UV | BE}, "backup"),
    ({"origin": "https://evil.example"}, "origin"), ({"crossOrigin": True}, "origin"),
    ({"rp_id": "evil.example"}, "rp_id"), ({"type": "webauthn.create"}, "type")])
def test_requirement_60_what_is_wrong_with_an_assertion_is_refused_and_recorded(server, account, postgres, how, reason):
    authenticator = add(account)
    refused(enter(server, authenticator, **how))
    assert reasons(postgres, server) == ["passkey: " + reason]
    assert enter(server, authenticator).status_code == 200


def test_requirement_60_a_challenge_counts_once_and_for_five_minutes(server, account):
    authenticator = add(account)
    answer = authenticator.login(asked(server))
    assert server.post("/auth/passkey", json=answer).status_code == 200
    refused(server.post("/auth/passkey", json=answer))
    made_up = authenticator.login({**asked(server), "challenge": base64url(bytes(56))})
    refused(server.post("/auth/passkey", json=made_up))


def test_requirement_60_a_counter_that_does_not_grow_is_of_a_copy(server, account, postgres):
    authenticator = add(account)
    authenticator.count = 7
    assert enter(server, authenticator).status_code == 200
    for count in (7, 6, 0):
        authenticator.count = count
        refused(enter(server, authenticator))
    authenticator.count = 8
    assert enter(server, authenticator).status_code == 200
    assert reasons(postgres, server) == ["passkey: counter"] * 3
    server.wait_for_log("a passkey was refused: its counter has not grown")


def test_a_related_origin_is_one_of_the_realms_hosts(server, account):
    authenticator = add(account)
    authenticator.origin = "https://app.example.org"
    assert enter(server, authenticator).status_code == 200


def test_who_has_no_passkey_and_who_does_not_exist_look_the_same(server, account):
    stranger = Authenticator()
    for handle in (add(account).handle, base64url(bytes(16)), base64url(b"x"), "", "%%"):
        stranger.handle = handle
        answer = enter(server, stranger)
        if handle:
            refused(answer)
        else:
            assert answer.status_code in (400, 401)


def test_disabled_users_stay_out(server, account, postgres):
    authenticator = add(account)
    postgres.query("update gatehouse.users set disabled_at = now() where id = %s", account.id)
    refused(enter(server, authenticator))


def test_guesses_are_limited(nginx):
    server = nginx(PLACES, realm={**REALM, "limit_logins": "account+address=3/1m"})
    account = Account(server)
    authenticator = add(account)
    answers = [enter(server, authenticator, flags=UP).status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]


def test_where_passkeys_do_not_log_in(nginx):
    server = nginx(PLACES, realm={**REALM, "passkey_login": "off"})
    account = Account(server)
    add(account)
    assert server.post("/auth/passkey/options").status_code == 404


# ---- as a second factor, and for a step-up ----

def test_a_passkey_is_a_second_factor(server, account):
    authenticator = add(account)
    begun = account.post("login", email=account.email, password=account.password)
    assert begun.status_code == 401
    challenge = begun.json()["challenge"]
    assert "passkey" in challenge["factors"]
    assert [each["id"] for each in challenge["publicKey"]["allowCredentials"]] == [base64url(authenticator.id)]
    answer = authenticator.get(challenge["publicKey"], flags=UP)
    refused(server.post("/auth/challenge", json={"token": challenge["token"], **authenticator.get(asked(server))}))
    done = server.post("/auth/challenge", json={"token": challenge["token"], **answer})
    assert done.status_code == 200, done.text
    account.keep(done)
    assert claims(account.access)["amr"] == ["pwd", "pop", "mfa"]
    assert account.visit("/strong/").status_code == 200


def test_a_login_by_password_is_stepped_up_by_a_passkey(server, account):
    authenticator = add(account)
    assert account.visit("/strong/").status_code == 401
    options = account.post("step-up/passkey", account.access).json()["publicKey"]
    refused(account.post("step-up", account.access, **authenticator.get(options, flags=UP)))
    options = account.post("step-up/passkey", account.access).json()["publicKey"]
    done = account.post("step-up", account.access, **authenticator.get(options))
    assert done.status_code == 200, done.text
    account.keep(done)
    assert claims(account.access)["amr"] == ["pwd", "pop", "user", "mfa"]
    assert account.visit("/strong/").status_code == 200


def test_a_login_by_password_is_stepped_up_by_a_code(nginx, postgres):
    server = nginx(PLACES, realm={**REALM, "mfa": "optional"})
    account = Protected(server, postgres)
    assert account.visit("/strong/").status_code == 401
    assert_error(account.post("step-up", account.access, code="000000"), 401)
    done = account.post("step-up", account.access, code=account.app.code())
    assert done.status_code == 200, done.text
    account.keep(done)
    assert claims(account.access)["amr"] == ["pwd", "otp", "mfa"]
    assert account.visit("/strong/").status_code == 200


def test_a_domain_of_ones_own(nginx):
    server = nginx(PLACES, realm={**REALM, "rp_id": "example.com"})
    account = Account(server)
    assert options_for(account)["rp"]["id"] == "example.com"
    assert enter(server, add(account)).status_code == 200


@pytest.mark.parametrize("wrong", ["example.org", "ample.com", "https://example.com", "Example.com", "example.com:443"])
def test_a_domain_that_is_not_the_login_hosts_is_refused(nginx, wrong):
    server = nginx(PLACES, realm={**REALM, "rp_id": wrong}, start=False)
    ok, said = server.test_conf()
    assert not ok and "rp_id" in said


def test_browsers_learn_which_hosts_may_use_the_passkeys(nginx):
    server = nginx(PLACES + "location = /.well-known/webauthn { gatehouse_api %REALM% related-origins mount=/.well-known/; }",
                   realm={**REALM, "hosts": "https://app.example.org https://*.apps.example.net"})
    answer = server.get("/.well-known/webauthn")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {"origins": [ORIGIN, "https://app.example.org"]}
    assert server.post("/.well-known/webauthn").status_code == 405


# ---- the pages ----

def question(page, name):
    return json.loads(html.unescape(re.search(f'data-passkey-{name}="([^"]*)"', page.text)[1]))


def by_form(answer, **more):
    names = {"credentialId": "credential_id", "clientDataJSON": "client_data", "authenticatorData": "authenticator_data",
             "publicKey": "public_key", "userHandle": "user_handle", "signature": "signature"}
    return {**{names[name]: value for name, value in answer.items()}, **more}


def test_requirement_60_a_challenge_of_the_login_page_is_its_browsers(server):
    browser = Browser(server)
    browser.register()
    made = browser.post("/auth/account/passkeys", {"name": "Laptop", "current_password": browser.password})
    assert made.status_code == 200 and browser.password not in made.text
    authenticator = Authenticator()
    added = browser.post("/auth/account/passkeys/new", by_form(authenticator.create(question(made, "create")), name="Laptop"))
    assert added.status_code == 200 and len(re.findall("<li><code>", added.text)) == 10

    page = Browser(server)
    asked_here = question(page.get("/auth/login?return=%2Fx"), "get")
    other = Browser(server)
    other.get("/auth/login")
    stolen = by_form(authenticator.login(asked_here))
    assert other.post("/auth/passkey", stolen).status_code == 401, "another browser's"
    assert server.post("/auth/passkey", json=authenticator.login(asked_here)).status_code == 401
    entered = page.post("/auth/passkey", by_form(authenticator.login(asked_here), **{"return": "/x"}))
    assert (entered.status_code, entered.headers["Location"]) == (303, "/x")
    assert page.get("/strong/").status_code == 200
    again = page.post("/auth/passkey", by_form(authenticator.login(asked_here)))
    assert again.status_code == 401 and "data-passkey-get" in again.text


def test_another_sites_page_logs_nobody_in(server, account):
    authenticator = add(account)
    page = Browser(server)
    asked_here = question(page.get("/auth/login"), "get")
    answer = page.post("/auth/passkey", by_form(authenticator.login(asked_here)), site="cross-site")
    assert answer.status_code == 403


def test_the_step_up_page_asks_for_a_code_or_a_passkey(server, account, postgres):
    browser = Browser(server)
    browser.register()
    made = browser.post("/auth/account/passkeys", {"current_password": browser.password})
    authenticator = Authenticator()
    added = browser.post("/auth/account/passkeys/new", by_form(authenticator.create(question(made, "create"))))
    code = re.search("<li><code>([^<]*)</code>", added.text)[1]
    place = browser.get("/strong/x").headers["Location"]
    page = browser.get(place)
    assert 'name="code"' in page.text and "data-passkey-get" in page.text
    wrong = browser.post("/auth/step-up", {"code": "000000", "acr_values": "mfa", "return": "/strong/x"})
    assert wrong.status_code == 401 and 'name="code"' in wrong.text
    done = browser.post("/auth/step-up", {"code": code, "acr_values": "mfa", "return": "/strong/x"})
    assert (done.status_code, done.headers["Location"]) == (303, "/strong/x")
    assert browser.get("/strong/x").status_code == 200


# ---- how long a question is good ----

def asked_before(server, keys, seconds):
    """A question of so long ago, signed as the server signs its own."""
    drawn = (int(time.time()) - seconds).to_bytes(8, "big") + secrets.token_bytes(16)
    key = next(key_bytes(each) for each in keys["keys"] if each["use"] == "gatehouse-refresh")
    message = f"gatehouse passkey\n{server.realm}\nlogin\n\n".encode() + drawn
    return base64url(drawn + hmac.new(key, message, hashlib.sha256).digest())


def test_requirement_60_a_question_is_good_for_five_minutes(server, account, keys):
    authenticator = add(account)
    options = asked(server)
    assert server.post("/auth/passkey", json=authenticator.login({**options, "challenge": asked_before(server, keys, 240)})).status_code == 200
    for seconds in (310, 3600, 10**9):
        refused(server.post("/auth/passkey", json=authenticator.login({**options, "challenge": asked_before(server, keys, seconds)})))
