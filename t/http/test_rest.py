"""The `rest` contract: registration, login and the profile, every success and refusal."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import API, GUARDED, Account, assert_error, bearer, claims
from contract import assert_answer

pytestmark = pytest.mark.quick

JANE = {"name": "Jane Doe", "email": "jane@example.com", "password": "SecurePass123", "confirmPassword": "SecurePass123"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


# ---- to the byte ----

USER = '{"id":"ID","name":"Jane Doe","email":"jane@example.com","createdAt":"TIME","updatedAt":"TIME"}'
SIGNED_IN = '{"user":%s,"tokens":{"accessToken":"TOKEN","refreshToken":"TOKEN"}}' % USER


def test_the_documents_requests_and_their_answers_to_the_byte(server):
    credentials = {"email": JANE["email"], "password": JANE["password"]}
    assert_answer(server.post("/auth/register", json=JANE), 201, SIGNED_IN)
    answer = server.post("/auth/login", json=credentials)
    assert_answer(answer, 200, SIGNED_IN)
    answer = server.post("/auth/refresh", json={"refreshToken": answer.json()["tokens"]["refreshToken"]})
    assert_answer(answer, 200, SIGNED_IN)
    tokens = answer.json()["tokens"]
    assert_answer(server.get("/auth/me", headers=bearer(tokens["accessToken"])), 200, '{"user":%s}' % USER)
    assert_answer(server.post("/auth/logout", json={"refreshToken": tokens["refreshToken"]}), 200,
                  '{"message":"Logged out successfully"}')
    access = server.post("/auth/login", json=credentials).json()["tokens"]["accessToken"]
    assert_answer(server.post("/auth/logout", headers=bearer(access)), 200, '{"message":"Logged out successfully"}')


@pytest.mark.parametrize("route, body, status, answer", [
    ("register", {**JANE, "confirmPassword": "x"}, 400,
     '{"message":"Validation failed","status":400,"errors":{"confirmPassword":"must equal the password"}}'),
    ("register", JANE, 409, '{"message":"Email already exists","status":409}'),
    ("login", {"email": "jane@example.com", "password": "x"}, 401, '{"message":"Invalid credentials","status":401}'),
    ("refresh", {"refreshToken": "x"}, 403, '{"message":"Invalid or expired refresh token","status":403}'),
    ("refresh", {}, 400, '{"message":"Validation failed","status":400,"errors":{"refreshToken":"is required"}}'),
    ("logout", {"refreshToken": "x"}, 403, '{"message":"Invalid or expired refresh token","status":403}'),
    ("logout", {}, 401, '{"message":"No access token provided","status":401}'),
    ("nothing", {}, 404, '{"message":"Not found","status":404}'),
    ("me", {}, 405, '{"message":"Method not allowed","status":405}'),
    ("login", {"email": "x" * 40000}, 413, '{"message":"The body is too large","status":413}'),
])
def test_the_errors_to_the_byte(server, route, body, status, answer):
    server.post("/auth/register", json=JANE)
    assert_answer(server.post(f"/auth/{route}", json=body), status, answer)


# ---- register and login ----

def test_register_answers_with_user_and_tokens(server):
    answer = server.post("/auth/register", json=JANE)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(answer.json()) == ["user", "tokens"]
    user = answer.json()["user"]
    assert list(user) == ["id", "name", "email", "createdAt", "updatedAt"]
    assert UUID.fullmatch(user["id"])
    assert (user["name"], user["email"]) == ("Jane Doe", "jane@example.com")
    assert TIME.fullmatch(user["createdAt"]) and TIME.fullmatch(user["updatedAt"])
    assert list(answer.json()["tokens"]) == ["accessToken", "refreshToken"]


def test_tokens_hold_the_documented_claims(server):
    account = Account(server)
    access, refresh = claims(account.access), claims(account.refresh_token)
    assert access["sub"] == refresh["sub"] == account.id
    assert (access["email"], access["name"]) == (account.email, account.name)
    assert access["exp"] - access["iat"] == 3600
    assert refresh["type"] == "refresh"
    assert refresh["exp"] - refresh["iat"] == 30 * 24 * 3600
    assert {"iss", "aud", "sid", "av"} <= set(access)


def test_login_answers_like_register(server):
    account = Account(server)
    answer = account.login()
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == account.id


def test_requirement_34_every_login_is_a_session_of_its_own(server):
    account = Account(server)
    first = claims(account.access)["sid"]
    account.login()
    assert claims(account.access)["sid"] != first


def test_login_takes_the_email_in_any_case(server):
    account = Account(server)
    answer = server.post("/auth/login", json={"email": account.email.upper(), "password": account.password})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == account.email


def test_requirement_52_unknown_user_and_wrong_password_look_alike(server):
    account = Account(server)
    wrong = account.post("login", email=account.email, password="WrongPass123")
    unknown = account.post("login", email="nobody@example.com", password="WrongPass123")
    assert_error(wrong, 401, "Invalid credentials")
    assert wrong.content == unknown.content
    ignored = {"Date"}
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == \
           {k: v for k, v in unknown.headers.items() if k not in ignored}


def test_the_identifier_of_a_login_is_not_judged(server):
    assert_error(server.post("/auth/login", json={"email": "john", "password": "doe"}), 401, "Invalid credentials")


def test_an_email_in_use_is_409_in_any_case(server):
    account = Account(server)
    again = {**JANE, "email": account.email.upper()}
    assert_error(server.post("/auth/register", json=again), 409, "Email already exists")


def test_two_registrations_at_once_make_one_account(server):
    with ThreadPoolExecutor(2) as pool:
        for round_ in range(5):
            emails = [f"twin{round_}@example.com", f"TWIN{round_}@example.com"]
            answers = list(pool.map(lambda e: server.post("/auth/register", json={**JANE, "email": e}), emails))
            assert sorted(a.status_code for a in answers) == [201, 409]


@pytest.mark.parametrize("field, value", [
    ("name", ""), ("name", "   "), ("name", "a\tb"), ("name", "x" * 201),
    ("email", "jane"), ("email", "jane@"), ("email", "jane@example.com\n"), ("email", "jane @example.com"),
    ("email", "a@b@c.de"), ("email", "jänë@example.com"), ("email", "jane@example..com"),
    ("password", "short"), ("password", "x" * 1025), ("password", "Jane Doe"), ("password", "JANE@EXAMPLE.COM"),
    ("confirmPassword", "SecurePass124"),
], ids=lambda text: repr(text[:24]))
def test_register_names_the_field_that_is_wrong(server, field, value):
    body = {**JANE, field: value}
    if field == "password":
        body["confirmPassword"] = value
    assert_error(server.post("/auth/register", json=body), 400, "Validation failed", {field})


def test_register_names_every_missing_field(server):
    assert_error(server.post("/auth/register", json={}), 400, "Validation failed", {"name", "email", "password"})


def test_requirement_48_the_blocklist_holds(nginx, blocklist):
    server = nginx(API, realm={"password": f"blocklist={blocklist}"})
    assert_error(server.post("/auth/register", json={**JANE, "password": "password", "confirmPassword": "password"}), 400,
                 errors={"password"})
    for n, allowed in enumerate(("SecurePass123", "mysecretpass")):
        Account(server, password=allowed, email=f"n{n}@example.com")


def test_requirement_49_a_password_counts_to_its_last_byte(server):
    long = "correct horse " + "battery " * 100
    account = Account(server, password=long)
    assert account.login(long[:-1]).status_code == 401
    assert account.login(long.strip()).status_code == 401
    assert account.login(long).status_code == 200


def test_closed_registration_is_403(nginx):
    server = nginx(API, realm={"registration": "closed"})
    assert_error(server.post("/auth/register", json=JANE), 403)


def test_registration_for_one_domain(nginx):
    server = nginx(API, realm={"registration": "domain=example.org"})
    assert_error(server.post("/auth/register", json=JANE), 403)
    Account(server, email="jane@Example.ORG")


# ---- the profile ----

def test_me(server):
    account = Account(server)
    answer = account.me()
    assert answer.status_code == 200
    assert list(answer.json()) == ["user"]
    assert answer.json()["user"]["id"] == account.id


def test_me_needs_a_bearer(server):
    answer = server.get("/auth/me")
    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    answer = server.get("/auth/me", headers=bearer("x.y.z"))
    assert_error(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_name_changes_at_once_and_in_the_next_token(server):
    account = Account(server)
    answer = account.me("PATCH", name="Jane Roe")
    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "Jane Roe"
    account.refresh()
    assert claims(account.access)["name"] == "Jane Roe"


def test_requirement_53_email_and_password_need_the_current_password(server):
    account = Account(server)
    assert_error(account.me("PATCH", email="new@example.com"), 400, errors={"currentPassword"})
    assert_error(account.me("PATCH", password="OtherPass123"), 400, errors={"currentPassword"})
    assert_error(account.me("PATCH", password="OtherPass123", currentPassword="WrongPass123"), 400,
                 errors={"currentPassword"})
    assert account.login().status_code == 200


def test_an_email_changes_at_once(server):
    account, other = Account(server), Account(server)
    fresh = "fresh." + account.email
    assert account.me("PATCH", email=fresh, currentPassword=account.password).json()["user"]["email"] == fresh
    assert account.me().status_code == 401, "the access token still says the old address"
    assert account.refresh().status_code == 200
    assert claims(account.access)["email"] == fresh
    assert_error(account.me("PATCH", email=other.email.upper(), currentPassword=account.password), 409)
    assert account.login().status_code == 401
    account.email = fresh
    assert account.login().status_code == 200


def test_requirement_36_a_new_password_ends_the_other_sessions(server):
    account = Account(server)
    other = account.refresh_token
    account.login()
    answer = account.me("PATCH", password="OtherPass123", currentPassword=account.password)
    assert answer.status_code == 200
    assert_error(account.refresh(other), 403)
    assert account.refresh().status_code == 200
    assert account.login().status_code == 401
    account.password = "OtherPass123"
    assert account.login().status_code == 200


def test_the_policy_holds_for_a_new_password(server):
    account = Account(server)
    for bad in ("short", account.email, account.name):
        assert_error(account.me("PATCH", password=bad, currentPassword=account.password), 400, errors={"password"})


def test_nothing_to_change_is_400(server):
    account = Account(server)
    assert_error(account.me("PATCH", currentPassword=account.password), 400)


def test_delete_ends_everything(server):
    account = Account(server)
    answer = account.me("DELETE")
    assert (answer.status_code, answer.content) == (204, b"")
    assert_error(account.refresh(), 403)
    assert account.login().status_code == 401
    assert_error(account.me(), 401)
    assert Account(server, email=account.email).id != account.id


def test_delete_with_a_wrong_password_deletes_nothing(server):
    account = Account(server)
    assert_error(account.me("DELETE", currentPassword="Wrong-Passw0rd"), 400, errors={"currentPassword"})
    assert account.me().status_code == 200
    assert account.me("DELETE", currentPassword=account.password).status_code == 204
    assert_error(account.me(), 401)
