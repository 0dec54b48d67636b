"""The `bff` contract where mail is sent: verification, temporary passwords, and a whole session."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bff_client import BFF, NEW, PASSWORD, Client, another, assert_failure, assert_success
from browser import set_cookies
from mailing import Mailing, links_in


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, text=BFF, verify_email="on")


def token_in_mail(smtp, client, path):
    while True:
        for link in map(urlsplit, links_in(smtp.wait_for_mail(client.person["email"]))):
            if link.path == path and "token" in parse_qs(link.query):
                return parse_qs(link.query)["token"][0]


def test_verification(mailing, smtp, postgres):
    client = another(mailing.server)
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_success(client.call("POST", "authn/verifyemail", json={"email": client.person["email"]}))
    again = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": token}), 500, "Server error")
    assert_success(client.call("POST", "authn/verifyemailtoken", json={"token": again}), {"email": client.person["email"]})
    assert client.profile()["email_verified"] is True
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": again}), 500, "Server error")


def test_a_link_without_its_token(mailing):
    """Issue 10.18: as one that is no good to the caller, not as a form that lacks a field."""
    client = Client(mailing.server)
    for route in ("verifyreset", "verifyemailtoken"):
        for body in ({}, {"token": None}, {"token": 1}):
            assert_failure(client.call("POST", f"authn/{route}", json=body), 401, "Unauthorized")
        assert_failure(client.call("POST", f"authn/{route}", json={"token": "x"}), 500, "Server error")


def test_a_temporary_password(mailing, smtp):
    client = another(mailing.server)
    answer = client.call("POST", "authn/reset", "browser", json={"email": client.person["email"]})
    assert_success(answer)
    assert len(set_cookies(answer)) == 3 and all("Max-Age=0" in each for each in set_cookies(answer))
    token = token_in_mail(smtp, client, "/iam/verify")
    found = client.call("POST", "authn/verifyreset", json={"token": token}).json()
    assert list(found["data"]) == ["pass"]
    assert_failure(client.call("POST", "authn/verifyreset", json={"token": token}), 500, "Server error")
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.login(password=found["data"]["pass"]), {"email": client.person["email"]})


def test_an_expired_link(mailing, smtp):
    client = another(mailing.server)
    verify = token_in_mail(smtp, client, "/iam/verifyemail")
    client.call("POST", "authn/reset", json={"email": client.person["email"]})
    reset = token_in_mail(smtp, client, "/iam/verify")
    mailing.outbox.expire_links()
    assert_failure(client.call("POST", "authn/verifyemailtoken", json={"token": verify}), 401, "Link has expired")
    assert_failure(client.call("POST", "authn/verifyreset", json={"token": reset}), 401, "Link has expired")


def test_requirement_52_reset_and_verifyemail_always_succeed(mailing):
    """Whatever is typed for an address, nobody learns whether it is one, or anybody's."""
    client = Client(mailing.server)
    for route in ("reset", "verifyemail"):
        for email in ("nobody@example.com", "john", "", "a@b@c", "x" * 500, "a@example.com\n"):
            assert_success(client.call("POST", f"authn/{route}", json={"email": email}))
        assert_failure(client.call("POST", f"authn/{route}", json={"email": 1}), 400, "Bad email format")
        assert_failure(client.call("POST", f"authn/{route}", json={}), 400, "'email' is required")


def test_verification_before_the_first_login(nginx, smtp, postgres):
    client = Client(Mailing(nginx, smtp, postgres, text=BFF, verify_email="required").server)
    assert_success(client.register(), {"email": client.person["email"]})
    assert_failure(client.register(), 409, "Email already exists")
    assert_failure(client.login(), 403, "The e-mail must be verified first")
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    client.call("POST", "authn/verifyemailtoken", json={"token": token})
    assert_success(client.login(), {"email": client.person["email"]})


# ---- as a client library would do it ----

def test_a_session_of_twenty_steps(nginx, smtp, postgres):
    server = Mailing(nginx, smtp, postgres, text=BFF, verify_email="on").server
    client = Client(server)
    assert_failure(client.call("GET", "authn/isauthenticated"), 400, "No access token provided")
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.register(), {"email": client.person["email"]})
    token = token_in_mail(smtp, client, "/iam/verifyemail")
    assert_success(client.call("POST", "authn/verifyemailtoken", json={"token": token}), {"email": client.person["email"]})
    assert_success(client.login(), {"email": client.person["email"]})
    assert_success(client.call("GET", "authn/isauthenticated"))
    assert client.profile()["email_verified"] is True
    assert client.call("PUT", "authn/update", json=client.with_csrf(first_name="Jane")).json()["data"]["first_name"] == "Jane"
    assert_success(client.call("POST", "authn/refresh"))
    assert client.profile()["first_name"] == "Jane"
    assert client.call("PUT", "authn/update", json=client.with_csrf(current_password=PASSWORD, new_password=NEW)).status_code == 200
    assert_success(client.call("POST", "authn/refresh"))
    assert_success(client.call("POST", "authn/logout"))
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(client.login(), 401, "Invalid login")
    assert_success(client.login(password=NEW), {"email": client.person["email"]})
    assert_success(client.call("POST", "authn/reset", json={"email": client.person["email"]}))
    token = token_in_mail(smtp, client, "/iam/verify")
    temporary = client.call("POST", "authn/verifyreset", json={"token": token}).json()["data"]["pass"]
    assert_failure(client.login(password=NEW), 401, "Invalid login")
    assert_success(client.login(password=temporary), {"email": client.person["email"]})
    assert_success(client.call("DELETE", "authn/delete", json=client.with_csrf()))
    assert_failure(client.login(password=temporary), 401, "Invalid login")
