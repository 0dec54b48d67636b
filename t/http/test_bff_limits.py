"""What the `bff` contract answers when something is used up, too large or not there."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bff_client import BFF, CLEARED, Client, another, as_cookies, assert_failure, assert_hard, assert_success
from browser import set_cookies
from mailing import ELSEWHERE, REALIP, Mailing

WORKERS = 2

TRY_LATER = "Too many requests, try again later"


def assert_too_many(answer):
    assert_failure(answer, 429, TRY_LATER)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_requirement_51_too_many_logins(nginx):
    client = Client(nginx(BFF, realm={"limit_logins": "account+address=3/1m account=off address=off"}))
    client.register()
    for _ in range(3):
        assert_failure(client.login(password="wrong one"), 401, "Invalid login")
    assert_too_many(client.login())
    body = {"email": client.person["email"], "password": client.person["password"]}
    answer = client.call("POST", "authn/login", "browser", json=body)
    assert_too_many(answer)
    assert set_cookies(answer) == CLEARED


def test_too_many_registrations(nginx):
    server = nginx(BFF, realm={"limit_registrations": "address=2/1m all=off"})
    for _ in range(2):
        assert Client(server).register().json()["status"] == "success"
    assert_too_many(Client(server).register())


@pytest.mark.parametrize("route", ["reset", "verifyemail"])
def test_requirement_52_too_many_mails_are_too_many_for_nobody_as_well(nginx, smtp, postgres, route):
    server = Mailing(nginx, smtp, postgres, text=REALIP + BFF, limit_mails="account=2/1m address=off").server
    known = Client(server)
    known.register()
    ask = lambda email: known.call("POST", f"authn/{route}", json={"email": email}, headers=ELSEWHERE)
    for email in (known.person["email"], "nobody@example.com"):
        assert_success(ask(email))
        assert_success(ask(email))
        assert_too_many(ask(email))
    assert_success(ask("no address"))  # nothing is sent, so nothing is counted


@pytest.mark.parametrize("method, route", [("POST", "authn/login"), ("PUT", "authn/update"), ("DELETE", "users/x")])
def test_requirement_26_too_large_a_body(nginx, method, route):
    client = another(nginx(BFF))
    answer = client.call(method, route, json={"csrf_token": "x" * 40000})
    assert_hard(answer, 413, "The body is too large", f"/api/iam/{route}")


def test_a_realm_that_verifies_no_email_does_not_say_that_it_sends_no_mail(nginx, smtp, postgres):
    """Issue 10.18: it does, for a reset."""
    client = another(Mailing(nginx, smtp, postgres, text=BFF, verify_email="off").server)
    for email in (client.person["email"], "nobody@example.com"):
        assert_failure(client.call("POST", "authn/verifyemail", json={"email": email}), 404,
                       "This site does not ask anybody to verify an e-mail")
        assert_success(client.call("POST", "authn/reset", json={"email": email}))


def test_a_realm_that_sends_no_mail(nginx):
    client = another(nginx(BFF))
    for route in ("reset", "verifyemail"):
        for email in (client.person["email"], "nobody@example.com", "no address"):
            assert_failure(client.call("POST", f"authn/{route}", json={"email": email}), 404, "This site sends no mail")


@pytest.mark.parametrize("platform", ["app", "browser"])
def test_requirement_29_parallel_silent_renewals_make_one_successor(nginx, platform):
    client = another(nginx(BFF, realm={"access_lifetime": "1s"}))
    shown = dict(client.tokens)
    time.sleep(1.2)
    headers = as_cookies(shown) if platform == "browser" else shown

    def visit(_):
        return client.call("GET", "authn/profile", platform, keep=False, tokens={}, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(visit, range(8)))
    assert [each.json()["status"] for each in answers] == ["success"] * 8
    if platform == "app":
        successors = {each.headers["iam-refresh-token"] for each in answers}
    else:
        successors = {cookie.split(";")[0].split("=", 1)[1].replace("%20", " ") for each in answers
                      for cookie in set_cookies(each) if cookie.startswith("iam-refresh-token=")}
    assert len(successors) == 1 and shown["iam-refresh-token"] not in successors
    client.tokens = {**shown, "iam-refresh-token": successors.pop()}
    assert_success(client.call("POST", "authn/refresh"))
