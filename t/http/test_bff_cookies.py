"""When a browser's cookies of the `bff` contract are cleared, and when they are not set."""

import time

import pytest

from bff_client import BFF, CLEARED, PASSWORD, another, as_cookies, assert_failure, assert_success, make_admin
from browser import set_cookies


@pytest.fixture
def client(nginx):
    return another(nginx(BFF))


@pytest.mark.parametrize("platform", ["browser", "app"])
def test_who_has_deleted_his_account_is_given_no_tokens(nginx, platform):
    """The access token has run out, so the request is let in by the refresh token."""
    client = another(nginx(BFF, realm={"access_lifetime": "1s"}))
    body = client.with_csrf()
    time.sleep(1.2)
    headers = as_cookies(client.tokens) if platform == "browser" else client.tokens
    answer = client.call("DELETE", "authn/delete", platform, tokens={}, headers=headers, json=body)
    assert_success(answer)
    assert set_cookies(answer) == (CLEARED if platform == "browser" else [])
    assert not any(name.startswith("iam-") for name in answer.headers)


def test_a_user_who_deletes_himself_by_his_uuid(client):
    other = another(client.server)
    body = client.with_csrf()
    answer = client.call("DELETE", f"users/{body['uuid']}", "browser", tokens={}, headers=as_cookies(client.tokens), json=body)
    assert_success(answer)
    assert set_cookies(answer) == CLEARED
    assert other.profile()["email"] == other.person["email"]


def test_an_administrator_who_deletes_another_stays_logged_in(client, postgres):
    admin, other = make_admin(client, postgres), another(client.server).profile()["uuid"]
    answer = admin.call("DELETE", f"users/{other}", "browser", tokens={}, headers=as_cookies(admin.tokens), json=admin.with_csrf())
    assert_success(answer)
    assert set_cookies(answer) == []


@pytest.mark.parametrize("body, code, message", [
    ({"email": "john@example.com"}, 400, "'password' is required"),
    ({"password": "x"}, 400, "'email' is required"),
    ({"email": 1, "password": "x"}, 400, "Bad email format"),
    ({"email": "john@example.com", "password": None}, 400, "Poor password strength. The password must be a string"),
    ({"email": "john@example.com", "password": "x"}, 401, "Invalid login")])
def test_every_failed_login_clears_the_cookies(client, body, code, message):
    answer = client.call("POST", "authn/login", "browser", tokens={}, headers=as_cookies(client.tokens), json=body)
    assert_failure(answer, code, message)
    assert set_cookies(answer) == CLEARED


def test_a_login_that_nobody_could_judge_leaves_them(client, redis):
    redis.stop()
    answer = client.call("POST", "authn/login", "browser", json={"email": client.person["email"], "password": PASSWORD})
    assert answer.json()["error"]["statusCode"] == 503
    assert set_cookies(answer) == []
