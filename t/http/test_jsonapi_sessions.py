"""The `jsonapi` contract: the profile, sessions beside each other, other sites, and a client library's whole day."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from accounts import API, GUARDED, Account, bearer, claims
from contract import assert_answer, cookies_of
from jsonapi_client import PERSON, V1, Client, plain, post, schema
from tokens import Mint

WORKERS = 2


@pytest.fixture
def server(nginx):
    return nginx(V1 + API + GUARDED)


# ---- users/me ----

@pytest.mark.parametrize("headers, challenge", [
    ({}, "Bearer"), (bearer("x.y.z"), 'Bearer error="invalid_token"'), ({"Authorization": "Basic eA=="}, "Bearer"),
    ({"Authorization": "Bearer"}, 'Bearer error="invalid_token"')], ids=["none", "garbage", "basic", "empty"])
def test_without_a_good_bearer_it_is_401(server, headers, challenge):
    for body in ({"data": {"type": "users", "attributes": {"name": "Ann"}}}, {}):
        answer = server.post("/v1/auth/users/me", json=body, headers=headers)
        assert_answer(answer, 401, plain(401, "Unauthorized"))
        assert answer.headers["WWW-Authenticate"].startswith(challenge)


def test_requirement_15_a_refresh_token_is_no_bearer(server):
    client = Client(server)
    assert_answer(client.change(client.refresh_token, name="Ann"), 401, plain(401, "Unauthorized"))


def test_a_login_of_more_than_15_minutes_ago_is_401(server, keys):
    client = Client(server)
    said = claims(client.access)
    for age, status in ((14 * 60, 200), (15 * 60 + 1, 401)):
        token = Mint(server, keys).token(claims={**said, "auth_time": int(time.time()) - age})
        answer = client.post("users/me", {"name": "Ann"}, **bearer(token))
        assert answer.status_code == status, answer.text
    assert_answer(answer, 401, plain(401, "Unauthorized"))
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age=900'
    assert client.refresh().json()["data"]["attributes"]["name"] == "Ann"


@pytest.mark.parametrize("attributes", [{"name": "Ann"}, {"metadata": {"a": 1}}, {"email": "new@authcompanion.com"},
                                        {"password": "mysecretpass3"}], ids=lambda each: next(iter(each)))
def test_any_one_attribute_may_change(server, attributes):
    client = Client(server)
    answer = client.change(**attributes)
    assert answer.status_code == 200, answer.text
    assert client.visit().status_code == 200
    assert client.visit(client.refresh().json()["data"]["attributes"]["access_token"]).status_code == 200


def test_what_is_sent_empty_does_not_change(server):
    """The reference's own profile form sends every field."""
    client = Client(server)
    assert client.change(name="Ann", email=client.email, password="").status_code == 200
    assert client.login().json()["data"]["attributes"]["name"] == "Ann"


def test_metadata_is_replaced_and_empty_metadata_is_no_claim(server):
    client = Client(server, metadata={"company": "Auth Co"})
    client.change(metadata={"n": [1, 2.5, None, {"ü": True}]})
    assert claims(client.login().json()["data"]["attributes"]["access_token"])["metadata"] == {"n": [1, 2.5, None, {"ü": True}]}
    client.change(metadata={})
    assert "metadata" not in claims(client.login().json()["data"]["attributes"]["access_token"])


@pytest.mark.parametrize("metadata", [{"a": "x" * (2048 - 8)}, {"a": [0] * 1000}], ids=["long", "of many elements"])
def test_the_largest_metadata_still_makes_a_token_that_passes(server, metadata):
    client = Client(server, metadata=metadata)
    assert client.visit().status_code == 200
    assert client.login().status_code == 200


def test_a_change_of_nothing_is_200(server):
    """Issue 10.19: a new access token, as for any change; and like any, not long after the login."""
    client = Client(server)
    before = client.access
    answer = client.change()
    assert answer.status_code == 200 and answer.json()["data"]["attributes"]["email"] == client.email
    assert client.visit().status_code == 200 and client.visit(before).status_code == 200
    client.logout()
    assert_answer(client.change(), 401, plain(401, "Unauthorized"))


def test_an_email_in_use_is_409(server):
    client, other = Client(server), Client(server)
    assert_answer(client.change(email=other.email.upper()), 409, plain(409, "Email already in use"))


def test_requirement_36_a_new_password_ends_the_other_sessions(server):
    client = Client(server)
    first_access, first_refresh = client.access, client.refresh_token
    client.login()
    assert client.change(password="mysecretpass4").status_code == 200
    assert client.visit(first_access).status_code == 401
    assert client.refresh(first_refresh).status_code == 400
    assert client.refresh().status_code == 200


def test_a_deleted_user_has_no_profile(server, postgres):
    client = Client(server)
    postgres.query("delete from gatehouse.users where realm = %s", server.realm)
    assert_answer(client.change(name="Ann"), 401, plain(401, "Unauthorized"))


def test_a_session_that_was_ended_has_no_profile(server):
    client = Client(server)
    client.logout()
    assert_answer(client.change(name="Ann"), 401, plain(401, "Unauthorized"))


# ---- sessions ----

def test_a_second_device_does_not_log_out_the_first(server):
    client = Client(server)
    first = client.refresh_token
    client.login()
    assert client.refresh(first).status_code == 200


def test_requirement_29_parallel_refreshes_make_one_generation(nginx):
    client = Client(nginx(V1, workers=4))
    cookie = {"Cookie": f"refreshToken={client.refresh_token}"}
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: client.server.post("/v1/auth/refresh", json={}, headers=cookie), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({cookies_of(answer)["refreshToken"][0] for answer in answers}) == 1


def test_requirement_30_reuse_beyond_the_grace_ends_the_session(nginx):
    client = Client(nginx(V1, realm={"refresh_grace": "0"}))
    first = client.refresh_token
    client.refresh()
    second = client.refresh_token
    assert_answer(client.refresh(first), 400, plain(400, "Refresh Token Failed"))
    assert_answer(client.refresh(second), 400, plain(400, "Refresh Token Failed"))


def test_two_registrations_at_once_make_one_account(server):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda email: post(server, "register", {**PERSON, "email": email}),
                                ["twin@example.com", "TWIN@example.com"]))
    assert sorted(answer.status_code for answer in answers) == [201, 400]


def test_a_refresh_token_is_worth_nothing_in_another_dialect(server):
    client = Client(server)
    account = Account(server)
    assert account.refresh(client.refresh_token).status_code == 403
    assert account.post("logout", refreshToken=client.refresh_token).status_code == 403
    assert client.refresh(account.refresh_token).status_code == 400
    assert client.logout(account.refresh_token).status_code == 400
    assert client.refresh().status_code == 200
    assert account.refresh().status_code == 200


def test_a_user_of_one_dialect_logs_in_through_the_other(server):
    client = Client(server)
    answer = server.post("/auth/login", json={"email": client.email, "password": client.password})
    assert answer.json()["user"] == {**answer.json()["user"], "id": client.id, "name": "Authy Person"}
    account = Account(server)
    answer = post(server, "login", {"email": account.email, "password": account.password})
    assert answer.json()["data"]["id"] == account.id


# ---- other sites ----

@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.com"}],
                         ids=["fetch-site", "origin"])
def test_requirement_42_another_site_cannot_act_with_the_cookie(server, headers):
    client = Client(server)
    for method in ("POST", "DELETE"):
        answer = server.request(method, "/v1/auth/refresh", json={},
                                headers={"Cookie": f"refreshToken={client.refresh_token}", **headers})
        assert_answer(answer, 403, plain(403, "Forbidden"))
    assert client.refresh().status_code == 200


def test_an_allowed_origin_may_use_the_cookie(nginx):
    client = Client(nginx("gatehouse_allow_origin https://app.example.com;" + V1))
    headers = {"Origin": "https://app.example.com", "Sec-Fetch-Site": "cross-site",
               "Cookie": f"refreshToken={client.refresh_token}"}
    answer = client.server.post("/v1/auth/refresh", json={}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_every_origin_is_none_that_may_use_the_cookie(nginx):
    client = Client(nginx("gatehouse_allow_origin *;" + V1))
    headers = {"Origin": "https://app.example.com"}
    answer = client.server.get("/v1/x", headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    cookie = {"Cookie": f"refreshToken={client.refresh_token}"}
    assert client.server.post("/v1/auth/refresh", json={}, headers={**headers, **cookie}).status_code == 403


# ---- a client library ----

def test_a_session_of_twenty_steps(nginx):
    server = nginx(V1 + GUARDED, realm={"cookie_secure": "off"})
    session = requests.Session()
    session.trust_env = False
    base = server.url + "/v1/auth/"

    def call(route, attributes=None, method="POST", token=None):
        body = {} if attributes is None else {"data": {"type": "users", "attributes": attributes}}
        return session.request(method, base + route, json=body, headers=bearer(token) if token else {}, timeout=15)

    def token_of(answer):
        assert answer.ok, answer.text
        return answer.json()["data"]["attributes"]["access_token"]

    credentials = {"email": PERSON["email"], "password": PERSON["password"]}
    assert call("login", credentials).status_code == 400                                          # 1: nobody yet
    assert call("refresh").status_code == 400                                                     # 2
    token = token_of(call("register", {**PERSON, "metadata": {"tenant": "1"}}))                   # 3
    assert server.get("/", headers=bearer(token)).status_code == 200                              # 4
    assert call("register", PERSON).status_code == 400                                            # 5: twice
    refreshed = token_of(call("refresh"))                                                         # 6
    assert claims(refreshed)["sid"] == claims(token)["sid"]
    assert server.get("/", headers=bearer(refreshed)).status_code == 200                          # 7
    token = token_of(call("users/me", {"name": "Authy Two"}, token=refreshed))                    # 8
    assert claims(token)["name"] == "Authy Two"
    assert claims(token_of(call("refresh")))["name"] == "Authy Two"                               # 9
    assert call("users/me", {"name": "Nobody"}).status_code == 401                                # 10: no bearer
    token = token_of(call("users/me", {"metadata": {"tenant": "2"}}, token=token))                # 11
    assert claims(token)["metadata"] == {"tenant": "2"}
    token = token_of(call("users/me", {"password": "mysecretpass5"}, token=token))                # 12
    assert call("login", credentials).status_code == 400                                          # 13: the old password
    assert call("refresh", method="DELETE").status_code == 204                                    # 14
    assert not session.cookies
    assert call("refresh", method="DELETE").status_code == 400                                    # 15
    assert server.get("/", headers=bearer(token)).status_code == 401                              # 16
    credentials["password"] = "mysecretpass5"
    token = token_of(call("login", credentials))                                                  # 17
    assert claims(token)["metadata"] == {"tenant": "2"}
    assert server.get("/", headers=bearer(token)).status_code == 200                              # 18
    assert token_of(call("refresh"))                                                              # 19
    assert call("refresh", method="DELETE").status_code == 204                                    # 20
