"""The `csrf` contract: the double-submit token, registration and login, with every refusal."""

import hashlib
import hmac
import re

import pytest

from accounts import claims
from contract import assert_answer, cookies_of
from csrf_client import FORBIDDEN, LOGGED_IN, NAME, OPEN, REST, ROOT, Client, Page, conflict, error
from tokens import key_bytes


@pytest.fixture
def server(nginx):
    return nginx(ROOT + REST, realm=OPEN)


# ---- the token ----

def test_the_token_and_its_cookie(server, keys):
    answer = server.get("/csrf-token")
    assert_answer(answer, 200, '{"csrfToken":"CSRF"}')
    token = answer.json()["csrfToken"]
    value, attributes = cookies_of(answer)[NAME]
    assert attributes == "Path=/; HttpOnly; Secure; SameSite=Strict"
    assert re.fullmatch(token + "%7C[0-9a-f]{64}", value)
    text = f"csrf token of realm {server.realm}: {token}"
    assert value.endswith(hmac.new(key_bytes(keys["keys"][1]), text.encode(), hashlib.sha256).hexdigest())


def test_over_plain_http_the_cookie_is_as_in_the_document(nginx):
    server = nginx(ROOT, realm={**OPEN, "cookie_secure": "off"})
    assert cookies_of(server.get("/csrf-token"))[NAME][1] == "Path=/; HttpOnly; SameSite=Strict"


def test_a_valid_cookie_gets_the_same_token_back(server):
    page = Page(server)
    answer = server.get("/csrf-token", headers={"Cookie": page.cookie})
    assert answer.json()["csrfToken"] == page.token
    assert f"{NAME}={cookies_of(answer)[NAME][0]}" == page.cookie
    assert server.get("/csrf-token").json()["csrfToken"] != page.token


def test_a_forged_cookie_is_403(server):
    page, token = Page(server), "0" * 128
    mac = page.cookie[-64:]
    for cookie in (f"{NAME}={token}%7C{mac}", f"{NAME}={token}", f"{NAME}=", f"{NAME}={page.token}%7C", f"{page.cookie}00",
                   f"{page.cookie}; {page.cookie}", f"{NAME}={page.token}|{mac}"):
        answer = server.get("/csrf-token", headers={"Cookie": cookie})
        assert_answer(answer, 403, FORBIDDEN)
        assert cookies_of(answer) == {NAME: ("", "Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0")}


def test_a_cookie_of_another_realm_is_forged(nginx, server):
    other = nginx(ROOT, realm=OPEN)
    assert other.get("/csrf-token", headers={"Cookie": Page(server).cookie}).status_code == 403


@pytest.mark.parametrize("route", ["register", "login", "refresh", "logout"])
def test_requirement_42_without_token_and_cookie_nothing_is_done(server, route):
    page, other = Page(server), Page(server)
    url, body = f"/auth/{route}", {"email": "a@example.com", "username": "a", "password": "SecurePass123", "refreshToken": "x"}
    for headers, more in (({}, {}), ({"x-csrf-token": page.token}, {}), ({"Cookie": page.cookie}, {}),
                          ({"Cookie": page.cookie, "x-csrf-token": other.token}, {}),
                          ({"Cookie": page.cookie, "x-csrf-token": ""}, {}),
                          ({"Cookie": page.cookie}, {"x-csrf-token": other.token}),
                          ({"Cookie": page.cookie, "x-csrf-token": other.token}, {"x-csrf-token": page.token}),
                          ({"Cookie": f"{NAME}={page.token}", "x-csrf-token": page.token}, {}),
                          ({"Cookie": f"{NAME}={'0' * 128}%7C{page.cookie[-64:]}", "x-csrf-token": "0" * 128}, {})):
        assert_answer(server.post(url, json={**body, **more}, headers=headers), 403, FORBIDDEN)
    assert server.post(url, json=body, headers={"Cookie": page.cookie, "x-csrf-token": page.token}).status_code != 403


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_the_token_may_be_in_the_body(server, form):
    client = Client(server)
    body = {"email": client.email, "password": client.password, "x-csrf-token": client.token}
    answer = server.post("/auth/login", headers={"Cookie": client.cookie}, **{"data" if form else "json": body})
    assert_answer(answer, 201, LOGGED_IN % (client.email, f'"{client.username}"'))


def test_a_page_may_have_many_tokens_in_turn(server):
    """A client fetches one before every request, as often as it likes, and shows its cookie or not."""
    page = Page(server)
    for _ in range(12):
        assert Page(server, Cookie=page.cookie).token == page.token


@pytest.fixture
def with_secret(nginx, folder):
    (folder / "secret").write_text("a configured secret\n")
    return nginx(ROOT, realm={**OPEN, "csrf_secret": f"{folder}/secret"})


def test_the_configured_secret_is_needed_for_a_token(with_secret):
    for headers, body in (({}, None), ({"x-csrf-token": "wrong"}, None), ({}, {"x-csrf-token": "a configured"}), ({}, {}),
                          ({"x-csrf-token": "wrong"}, {"x-csrf-token": "a configured secret"})):
        assert_answer(with_secret.get("/csrf-token", headers=headers, json=body), 403, FORBIDDEN)
    assert_answer(with_secret.get("/csrf-token?x-csrf-token=a%20configured%20secret"), 403, FORBIDDEN)
    assert with_secret.get("/csrf-token?_=1", headers={"x-csrf-token": "a configured secret"}).status_code == 200
    for headers, body in (({"x-csrf-token": "a configured secret"}, None), ({}, {"x-csrf-token": "a configured secret"})):
        assert_answer(with_secret.get("/csrf-token", headers=headers, json=body), 200, '{"csrfToken":"CSRF"}')


def test_the_configured_secret_is_no_token(with_secret):
    page = Page(with_secret, **{"x-csrf-token": "a configured secret"})
    headers = {"x-csrf-token": "a configured secret", "Cookie": page.cookie}
    assert_answer(with_secret.post("/auth/login", json={"email": "a", "password": "b"}, headers=headers), 403, FORBIDDEN)


def test_without_a_configured_secret_none_is_looked_at(server):
    assert server.get("/csrf-token", headers={"x-csrf-token": "anything"}, json={"x-csrf-token": "else"}).status_code == 200


def test_a_secret_file_that_is_not_there_is_named(nginx):
    accepted, said = nginx(ROOT, realm={"csrf_secret": "nowhere"}, start=False).test_conf()
    assert not accepted and "nowhere" in said


# ---- register and login ----

def test_register_as_in_the_document(nginx, blocklist):
    body = {"email": "user@example.com", "username": "user", "password": "password"}
    strict = Page(nginx(ROOT, realm={**OPEN, "password": f"blocklist={blocklist}"}))
    assert_answer(strict.post("register", **body), 400, error(
        400, "Bad Request", "password is one of the passwords that are guessed first; choose another"))
    lax = Page(nginx(ROOT, realm=OPEN))
    assert_answer(lax.post("register", **body), 201,
                  '{"id":"ID","email":"user@example.com","username":"user","createdAt":"TIME"}')
    assert_answer(lax.post("login", email="user@example.com", password="password"), 201,
                  LOGGED_IN % ("user@example.com", '"user"'))


def test_login_by_email_or_by_username(server):
    client = Client(server)
    for identifier in (client.email.upper(), client.username.upper()):
        assert_answer(client.login(identifier), 201, LOGGED_IN % (client.email, f'"{client.username}"'))
        assert client.visit().status_code == 200
        assert client.logout().status_code == 200


def test_the_claims_are_the_documents(server):
    client = Client(server)
    client.login()
    access = claims(client.access)
    assert (access["sub"], access["email"]) == (client.id, client.email)
    assert access["exp"] - access["iat"] == 3600
    assert {"iss", "aud", "sid", "av"} <= set(access)
    assert access["name"] == client.username


def test_the_lifetime_of_an_access_token_is_a_directive(nginx):
    client = Client(nginx(ROOT, realm={**OPEN, "access_lifetime": "5m"}))
    client.login()
    assert claims(client.access)["exp"] - claims(client.access)["iat"] == 300


def test_a_user_who_exists_is_409_by_email_or_by_username(server):
    client = Client(server)
    for twin in ({"email": client.email.upper()}, {"username": client.username.upper()}, {}):
        body = {"email": "other@example.com", "username": "other", "password": "SecurePass123", **(twin or client.person)}
        assert_answer(client.post("register", **body), 409, conflict("User already exists"))


def test_wrong_credentials_are_401(server):
    client = Client(server)
    for email, password in ((client.email, "WrongPass123"), ("nobody@example.com", "x"), ("john", "doe")):
        assert_answer(client.login(email, password), 401, error(401, "Unauthorized", "Invalid credentials"))


@pytest.mark.parametrize("route, body, message", [
    ("register", {}, "email is required, username is required, password is required"),
    ("register", {"email": "a@example.com", "username": "a"}, "password is required"),
    ("register", {"email": "a@example.com", "username": "a@b", "password": "SecurePass123"},
     'username must be plain text without control characters and without "@"'),
    ("register", {"email": "a@example.com", "username": " \t\u00a0", "password": "SecurePass123"}, "username must not be empty"),
    ("register", {"email": "a@example.com", "username": "x" * 65, "password": "SecurePass123"},
     "username must have at most 64 characters"),
    ("register", {"email": "a@example.com", "username": "", "password": "SecurePass123"}, "username must not be empty"),
    ("register", {"email": "a@example.com", "username": "SecurePass123", "password": "SecurePass123"},
     "password must not be your own name or e-mail address"),
    ("login", {"email": 5, "password": "x"}, "email must be a string"),
    ("login", {"email": "a"}, "password is required"),
    ("refresh", {}, "refreshToken is required"),
    ("logout", {}, "refreshToken is required"),
])
def test_an_invalid_request_is_400(server, route, body, message):
    assert_answer(Page(server).post(route, **body), 400, error(400, "Bad Request", message))


@pytest.mark.parametrize("route, message", [("register", "email is required, username is required, password is required"),
                                            ("logout", "refreshToken is required")])
def test_no_body_at_all_is_400_too(server, route, message):
    page = Page(server)
    answer = server.post(f"/auth/{route}", headers={"x-csrf-token": page.token, "Cookie": page.cookie})
    assert_answer(answer, 400, error(400, "Bad Request", message))


def test_a_body_that_cannot_be_read(server):
    page = Page(server)
    headers = {"x-csrf-token": page.token, "Cookie": page.cookie}
    json_type = {"Content-Type": "application/json"}
    assert server.post("/auth/login", data="{", headers={**headers, **json_type}).status_code == 400
    assert_answer(server.post("/auth/login", data="[]", headers={**headers, **json_type}), 400,
                  error(400, "Bad Request", "The body must be a JSON object"))
    assert_answer(server.post("/auth/login", data="x", headers={**headers, "Content-Type": "text/plain"}), 415,
                  error(415, "Unsupported Media Type", "The body must be JSON or a urlencoded form"))
    assert_answer(server.post("/auth/login", data="x" * 40000, headers={**headers, **json_type}), 413,
                  error(413, "Payload Too Large", "Payload Too Large"))


def test_closed_registration_is_403(nginx):
    page = Page(nginx(ROOT, realm={**OPEN, "registration": "closed"}))
    assert_answer(page.post("register", email="a@example.com", username="a", password="SecurePass123"), 403,
                  error(403, "Forbidden", "Registration is closed"))


def test_unknown_routes_and_methods(nginx):
    server = nginx("location / { gatehouse_api %REALM% csrf; }")
    assert_answer(server.get("/x?y=1"), 404, error(404, "Not Found", "Cannot GET /x"))
    answer = server.get("/auth/login")
    assert_answer(answer, 405, error(405, "Method Not Allowed", "Method Not Allowed"))
    assert answer.headers["Allow"] == "POST, OPTIONS"
