"""Issue 14: what the dialects say whose documents know no second step of a login, and mfa_exempt."""

import pytest

from browser import set_cookies
from factors import REALM, Protected
from test_five_dialects import APP, FIVE, PASSWORD, csrf_headers, envelope, login

SETTINGS = {**REALM, "csrf_rate": "off", "limit_logins": "off"}
OTHERS = ["jsonapi", "csrf", "form", "bff"]


def begin(server, dialect, email, **more):
    """What a login with the right password answers."""
    person = {"email": email, "password": PASSWORD}
    if dialect == "jsonapi":
        return server.post("/v1/auth/login", json=envelope(**person))
    if dialect == "csrf":
        return server.post("/c/auth/login", json=person, headers=csrf_headers(server))
    if dialect == "form":
        return server.post("/f/auth/login", data=person, **more)
    return server.post("/api/iam/authn/login", json=person, headers=APP)


def status(answer):
    """`bff` says it in the body."""
    return answer.json().get("error", {}).get("statusCode", 200) if "/api/iam/" in answer.url else answer.status_code


def brings_tokens(answer):
    kept = [cookie for cookie in set_cookies(answer) if not cookie.partition("=")[2].startswith(";")]
    return bool(kept) or "eyJ" in answer.text + str(answer.headers)


@pytest.mark.parametrize("dialect", OTHERS)
def test_they_refuse_and_say_where_to_log_in(nginx, postgres, dialect):
    server = nginx(FIVE, realm=SETTINGS)
    account = Protected(server, postgres)
    answer = begin(server, dialect, account.email)
    assert status(answer) == 403, answer.text
    assert f"This account needs a second factor; log in at {server.url}/auth/login" in answer.text.replace("\\/", "/")
    assert not brings_tokens(answer)
    rows = postgres.query("select detail from gatehouse.audit_events where user_id = %s and event = 'login_failed'", account.id)
    assert [row["detail"] for row in rows] == [{"reason": "second factor needed"}]


def test_the_page_of_form_says_so_too(nginx, postgres):
    server = nginx(FIVE, realm=SETTINGS)
    account = Protected(server, postgres)
    answer = begin(server, "form", account.email, headers={"Accept": "text/html"})
    assert answer.status_code == 403 and f"{server.url}/auth/login" in answer.text and "second factor" in answer.text


@pytest.mark.parametrize("dialect", OTHERS)
def test_the_realm_may_exempt_their_clients(nginx, postgres, dialect):
    server = nginx(FIVE, realm={**SETTINGS, "mfa_exempt": dialect})
    account = Protected(server, postgres)
    access, _, _ = login(server, dialect, account.email)
    assert server.get("/", headers={"Authorization": f"Bearer {access}"}).status_code == 200
    for other in set(OTHERS) - {dialect}:
        assert status(begin(server, other, account.email)) == 403, other


@pytest.mark.parametrize("dialect", OTHERS)
def test_who_has_no_factor_logs_in_as_ever(nginx, dialect):
    server = nginx(FIVE, realm=SETTINGS)
    answer = server.post("/auth/register", json={"name": "Jane", "email": "jane@example.com", "password": PASSWORD})
    assert answer.status_code == 201
    assert login(server, dialect, "jane@example.com")[0]


@pytest.mark.parametrize("dialect", OTHERS)
def test_where_one_is_required_nobody_gets_in_without(nginx, postgres, dialect):
    server = nginx(FIVE, realm={**SETTINGS, "mfa": "required", "mfa_grace": "30d"})
    assert server.post("/auth/register", json={"name": "Jane", "email": "jane@example.com", "password": PASSWORD}).status_code == 401
    answer = begin(server, dialect, "jane@example.com")
    assert status(answer) == 403 and not brings_tokens(answer)


def test_refusals_are_no_failures_of_the_limit(nginx, postgres):
    server = nginx(FIVE, realm={**SETTINGS, "limit_logins": "account+address=2/15m"})
    account = Protected(server, postgres)
    assert [begin(server, "csrf", account.email).status_code for _ in range(4)] == [403] * 4


def test_a_token_of_one_dialects_challenge_is_none_elsewhere(nginx, postgres):
    """The pages keep theirs in a cookie, and take none from a body or of `rest`."""
    server = nginx(FIVE, realm=SETTINGS)
    account = Protected(server, postgres)
    token = account.challenge()
    answer = server.post("/auth/challenge", data={"code": account.app.code(), "token": token},
                         headers={"Cookie": f"gatehouse-login={token}", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 401
    assert account.answer(token, account.app.code()).status_code == 200
