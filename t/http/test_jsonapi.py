"""The `jsonapi` contract: every route, its success and its refusals, as clients of AuthCompanion know them."""

import json
import re
import secrets

import pytest

from accounts import API, GUARDED, bearer, claims
from contract import assert_answer, cookies_of, normal
from jsonapi_client import CHANGED, PERSON, SIGNED_IN, V1, Client, plain, post, schema


@pytest.fixture
def server(nginx):
    return nginx(V1 + API + GUARDED)


# ---- the document's own requests ----

def test_register_as_in_the_document(server):
    answer = server.post("/v1/auth/register", json={
        "data": {"type": "users", "attributes": {**PERSON, "metadata": {"company": "Auth Co"}}}})
    assert_answer(answer, 201, SIGNED_IN % ("users", PERSON["email"]))
    attributes = answer.json()["data"]["attributes"]
    access = claims(attributes["access_token"])
    assert attributes["access_token_expiry"] == access["exp"]
    assert access["exp"] - access["iat"] == 3600
    assert access["userid"] == access["sub"] == answer.json()["data"]["id"]
    assert (access["name"], access["email"], access["scope"]) == (PERSON["name"], PERSON["email"], "user")
    assert access["metadata"] == {"company": "Auth Co"}
    assert {"iss", "aud", "sid", "av"} <= set(access)


def test_the_documents_password_passes_the_blocklist(nginx, blocklist):
    Client(nginx(V1, realm={"password": f"blocklist={blocklist}"}))


def test_login_as_in_the_document(server):
    client = Client(server)
    answer = client.login()
    assert_answer(answer, 200, SIGNED_IN % ("users", client.email))
    assert "metadata" not in claims(client.access)
    assert client.visit().status_code == 200


def test_users_me_as_in_the_document(server):
    client = Client(server)
    wish = {"name": "Authy Person_updated", "email": f"x{client.email}", "password": "mysecretpass2",
            "metadata": {"company": "Auth Co"}}
    answer = client.change(**wish)
    assert_answer(answer, 200, CHANGED % (wish["name"], wish["email"]))
    access = claims(client.access)
    assert (access["name"], access["email"], access["metadata"]) == (wish["name"], wish["email"], wish["metadata"])
    assert client.visit().status_code == 200
    client.email, client.password = wish["email"], wish["password"]
    assert client.login().status_code == 200


def test_refresh_as_in_the_document(server):
    client = Client(server)
    first = client.refresh_token
    answer = client.refresh()
    assert_answer(answer, 200, SIGNED_IN % ("Refresh", client.email))
    assert client.refresh_token != first
    assert client.refresh().status_code == 200


def test_logout_as_in_the_document(server):
    client = Client(server)
    answer = client.logout()
    assert_answer(answer, 204, "")
    assert_answer(client.logout(), 400, plain(400, "Refresh Token Failed"))
    assert_answer(client.refresh(), 400, plain(400, "Refresh Token Failed"))
    assert client.visit().status_code == 401


# ---- the cookie ----

def test_requirement_39_the_cookie_has_every_attribute(server):
    attributes = re.compile(r"Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=(604800|60479\d)")
    client = Client(server)
    for answer in (client.login(), client.refresh()):
        assert set(cookies_of(answer)) == {"refreshToken", "Fgp"}
        value, said = cookies_of(answer)["refreshToken"]
        assert normal(value) == "TOKEN" and attributes.fullmatch(said), said
        refresh = claims(value)
        assert refresh["exp"] - refresh["iat"] == 7 * 24 * 3600
    cleared = ("", "Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0")
    assert cookies_of(client.logout()) == {"refreshToken": cleared, "Fgp": cleared}


def test_the_cookie_may_have_the_programs_name(nginx):
    """Issue 10.19"""
    client = Client(nginx(V1, realm={"jsonapi_cookie": "userRefreshToken"}))
    token, said = cookies_of(client.login())["userRefreshToken"]
    assert said.startswith("Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60")
    answer = client.refresh(token, "userRefreshToken")
    assert answer.status_code == 200 and set(cookies_of(answer)) == {"userRefreshToken", "Fgp"}
    assert cookies_of(client.refresh(cookies_of(answer)["userRefreshToken"][0], method="DELETE"))["userRefreshToken"][0] == ""


@pytest.mark.parametrize("realm, said", [
    ({"jsonapi_same_site": "none"}, "HttpOnly; Secure; SameSite=None"),
    ({"jsonapi_same_site": "strict"}, "HttpOnly; Secure; SameSite=Strict"),
    ({"cookie_secure": "off"}, "HttpOnly; SameSite=Lax"),
], ids=lambda value: str(value)[:40])
def test_same_site_and_secure_are_the_realms(nginx, realm, said):
    answer = Client(nginx(V1, realm=realm)).login()
    assert cookies_of(answer)["refreshToken"][1].startswith(f"Path=/; {said}; Max-Age=")


def test_the_cookie_that_clients_look_for(server):
    """Issue 10.19"""
    client = Client(server)
    for answer in (client.login(), client.refresh()):
        value, said = cookies_of(answer)["Fgp"]
        assert re.fullmatch("[0-9a-f]{32}", value) and said == "Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=3600"
    assert "Fgp" not in cookies_of(client.change(name="Ann"))


@pytest.mark.parametrize("said", [None, "https://app.example.com/home"])
def test_register_and_login_say_where_to_go_on(nginx, said):
    """Issue 10.19"""
    server = nginx(V1, realm={"jsonapi_app_origin": said} if said else {})
    answer = post(server, "register", {**PERSON, "email": f"{secrets.token_hex(5)}@example.com"})
    assert answer.status_code == 201
    origin = answer.headers["x-authc-app-origin"]
    assert origin == said if said else re.fullmatch(r"https?://[^/]+", origin)
    client = Client(server)
    assert client.login().headers["x-authc-app-origin"] == origin
    for other in (client.refresh(), client.change(name="Ann"), client.login("wrong")):
        assert "x-authc-app-origin" not in other.headers


@pytest.mark.parametrize("wrong", ["app.example.com", "/app", "javascript:alert(1)", "https://"])
def test_an_origin_that_is_none_is_refused(nginx, wrong):
    """Issue 10.19"""
    accepted, said = nginx(V1, realm={"jsonapi_app_origin": wrong}, start=False).test_conf()
    assert not accepted and "write https://HOST or https://HOST/PATH" in said


def test_same_site_none_needs_secure(nginx):
    server = nginx(V1, realm={"jsonapi_same_site": "none", "cookie_secure": "off"}, start=False)
    accepted, said = server.test_conf()
    assert not accepted and "cookie_secure on" in said
    accepted, said = nginx(V1, realm={"jsonapi_same_site": "None"}, start=False).test_conf()
    assert not accepted and "strict" in said


def test_the_cookie_may_have_its_other_name(server):
    client = Client(server)
    answer = client.refresh(name="userRefreshToken")
    assert answer.status_code == 200
    assert set(cookies_of(answer)) == {"refreshToken", "Fgp"}
    assert client.refresh(name="userRefreshtoken").status_code == 400


def test_no_cookie_two_cookies_and_garbage_are_400(server):
    client = Client(server)
    for cookie in (None, "refreshToken=", "refreshToken=garbage", "refreshToken=a.b.c", f"refreshToken={client.access}",
                   f"refreshToken={client.refresh_token}; refreshToken={client.refresh_token}"):
        for method in ("POST", "DELETE"):
            answer = server.request(method, "/v1/auth/refresh", json={}, headers={"Cookie": cookie} if cookie else {})
            assert_answer(answer, 400, plain(400, "Refresh Token Failed"))
    assert client.refresh().status_code == 200


def test_a_change_of_the_profile_gives_no_refresh_token_away(server):
    client = Client(server)
    assert not cookies_of(client.change(name="Ann"))


# ---- refusals ----

def test_a_bad_login_is_400_and_says_no_more(server):
    client = Client(server)
    for email, password in ((client.email, "wrong password"), ("nobody@example.com", "x"), ("john", "doe")):
        assert_answer(client.post("login", {"email": email, "password": password}), 400, plain(400, "Login Failed"))


def test_a_disabled_user_cannot_log_in_or_refresh(server, postgres):
    client = Client(server)
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", server.realm, client.email)
    assert_answer(client.login(), 400, plain(400, "Login Failed"))


def test_a_duplicate_is_400(server):
    client = Client(server)
    answer = client.post("register", {**client.person, "email": client.email.upper()})
    assert_answer(answer, 400, plain(400, "Registration Failed"))


def test_closed_registration_is_403(nginx):
    answer = post(nginx(V1, realm={"registration": "closed"}), "register", PERSON)
    assert_answer(answer, 403, plain(403, "Registration is closed"))


@pytest.mark.parametrize("route", ["register", "login", "users/me"])
def test_a_wrong_type_is_400(server, route):
    client = Client(server)
    answer = post(server, route, client.person, kind="user", **bearer(client.access))
    assert_answer(answer, 400, plain(400, "Invalid Type Attribute"))


@pytest.mark.parametrize("route, body, message", [
    ("register", [], "body must be object"),
    ("register", {}, "body must have required property 'data'"),
    ("register", PERSON, "body must have required property 'data'"),
    ("register", {"data": {}}, "body/data must have required property 'type'"),
    ("register", {"data": {"type": "users"}}, "body/data must have required property 'attributes'"),
    ("register", {"data": {"type": "users", "attributes": {}}}, "body/data/attributes must have required property 'name'"),
    ("login", {"data": {"type": "users", "attributes": {"email": "a"}}},
     "body/data/attributes must have required property 'password'"),
    ("login", {"data": {"type": "users", "attributes": {"email": 5, "password": "b"}}},
     "body/data/attributes/email must be string"),
    ("register", {"data": {"type": "users", "attributes": {**PERSON, "metadata": "x"}}},
     "body/data/attributes/metadata must be object"),
    ("register", {"data": {"type": "users", "attributes": {**PERSON, "password": "short"}}},
     "body/data/attributes/password must have at least 8 characters"),
    ("register", {"data": {"type": "users", "attributes": {**PERSON, "name": " "}}},
     "body/data/attributes/name must not be empty"),
    ("register", {"data": {"type": "users", "attributes": {**PERSON, "metadata": {"a": "x" * 2048}}}},
     "body/data/attributes/metadata must have at most 2048 bytes"),
    ("register", {"data": {"type": "users", "attributes": {**PERSON, "metadata": {"a": ["\x07"]}}}},
     "body/data/attributes/metadata must not hold control characters"),
])
def test_the_schema_is_fastifys(server, route, body, message):
    assert_answer(server.post(f"/v1/auth/{route}", json=body), 400, schema(message))


def test_what_is_no_json_says_so(server):
    headers = {"Content-Type": "application/json"}
    answer = server.post("/v1/auth/login", data='{"data":', headers=headers)
    assert_answer(answer, 400, schema("Body is not valid JSON but content-type is set to 'application/json'",
                                      "FST_ERR_CTP_INVALID_JSON_BODY"))
    answer = server.post("/v1/auth/login", headers=headers)
    assert_answer(answer, 400, schema("Body cannot be empty when content-type is set to 'application/json'",
                                      "FST_ERR_CTP_EMPTY_JSON_BODY"))


@pytest.mark.parametrize("route", ["register", "login", "refresh"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_requirement_43_non_json_is_415(server, route, kind):
    answer = server.post(f"/v1/auth/{route}", data="{}", headers={"Content-Type": kind})
    assert_answer(answer, 415, json.dumps({"statusCode": 415, "code": "FST_ERR_CTP_INVALID_MEDIA_TYPE",
                                           "error": "Unsupported Media Type", "message": f"Unsupported Media Type: {kind}"},
                                          separators=(",", ":")))


def test_a_body_that_is_too_large_is_413(server):
    answer = post(server, "login", {"email": "a", "password": "x" * 40000})
    assert_answer(answer, 413, '{"statusCode":413,"code":"FST_ERR_CTP_BODY_TOO_LARGE","error":"Payload Too Large",'
                               '"message":"Request body is too large"}')


def test_an_unknown_route_is_404(server):
    for method, path in (("GET", "/v1/x"), ("POST", "/v1/auth/logout"), ("GET", "/v1/auth/login/x"), ("PUT", "/v1/a%2Fb")):
        assert_answer(server.request(method, path + "?token=x"), 404,
                      '{"message":"Route %s:%s not found","error":"Not Found","statusCode":404}' % (method, path))


def test_requirement_26_a_wrong_method_is_405(server):
    answer = server.get("/v1/auth/login")
    assert_answer(answer, 405, '{"message":"Route GET:/v1/auth/login not found","error":"Method Not Allowed","statusCode":405}')
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("stop, route", [("redis", "login"), ("postgres", "login"), ("postgres", "register")])
def test_a_store_that_is_down_is_503(server, postgres, redis, stop, route):
    client = Client(server)
    {"redis": redis, "postgres": postgres}[stop].stop()
    answer = client.post(route, {**client.person, "email": f"y{client.email}"} if route == "register" else client.person)
    assert_answer(answer, 503, plain(503, "The service is unavailable, try again later"))
    assert int(answer.headers["Retry-After"]) > 0
