"""Links that are used while the account changes: the e-mail that is verified is the one that the link proves."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
import pytest

from accounts import API, Account
from jsonapi_client import V1
from jsonapi_client import Client as JsonApi
from mailing import Mailing, token_in
from processes import wait_until

WORKERS = 2

NEW = "Another-Passw0rd"


def other_address():
    return f"new.{secrets.token_hex(5)}@example.com"


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, text=V1 + API, workers=1)


@contextmanager
def locked(postgres, user_id, change=None, *values):
    """The user's row is ours, and changed when this ends: waiting(n) returns once n statements wait for a lock. Of a row
    that is not changed they get hold in the order in which they came; of a new version whoever is first."""
    connection = psycopg2.connect(postgres.conninfo)
    try:
        with connection.cursor() as cursor:
            hold = "select from gatehouse.users where id = %s for update"
            cursor.execute(f"update gatehouse.users set {change} where id = %s" if change else hold, (*values, user_id))

        def waiting(number):
            wait_until(lambda: len(postgres.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'")) == number,
                       f"{number} statements to wait")
        yield waiting
        connection.commit()
    finally:
        connection.close()


def link(mailing, smtp, account, purpose):
    """A request that uses a link of this purpose."""
    token = token_in(smtp.wait_for_mail(account.email))
    if purpose == "reset":
        mailing.post("forgot", email=account.email)
        token = token_in(smtp.wait_for_mail(account.email))
    body = {"token": token, **({"password": NEW} if purpose == "reset" else {})}
    return lambda: mailing.post(purpose, **body)


def user(postgres, account):
    (row,) = postgres.query("select * from gatehouse.users where id = %s", account.id)
    return row


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_requirement_55_a_link_never_verifies_another_address(mailing, smtp, postgres, purpose):
    account, victim = Account(mailing.server), other_address()
    use = link(mailing, smtp, account, purpose)
    with ThreadPoolExecutor(1) as pool:
        with locked(postgres, account.id, "email = %s, auth_version = auth_version + 1", victim) as waiting:
            answer = pool.submit(use)
            waiting(1)
        assert answer.result().status_code == 400
    assert user(postgres, account)["email_verified_at"] is None
    assert mailing.post("login", email=victim, password=NEW).status_code == 401


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_requirement_55_a_change_by_http_that_waits_before_the_link_does_not_get_it_verified(mailing, smtp, postgres, purpose):
    account, victim = JsonApi(mailing.server), other_address()
    use = link(mailing, smtp, account, purpose)
    with ThreadPoolExecutor(2) as pool:
        with locked(postgres, account.id) as waiting:
            changed = pool.submit(lambda: account.change(email=victim))
            waiting(1)
            answer = pool.submit(use)
            waiting(2)
        assert (changed.result().status_code, answer.result().status_code) == (200, 400)
    assert (user(postgres, account)["email"], user(postgres, account)["email_verified_at"]) == (victim, None)


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_a_link_does_nothing_for_a_user_who_is_disabled_meanwhile(mailing, smtp, postgres, purpose):
    account = Account(mailing.server)
    use = link(mailing, smtp, account, purpose)
    with ThreadPoolExecutor(1) as pool:
        with locked(postgres, account.id, "disabled_at = now()") as waiting:
            answer = pool.submit(use)
            waiting(1)
        assert answer.result().status_code == 400
    assert user(postgres, account)["email_verified_at"] is None


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_another_change_meanwhile_does_not_spoil_the_link(mailing, smtp, postgres, purpose):
    account = Account(mailing.server)
    use = link(mailing, smtp, account, purpose)
    with ThreadPoolExecutor(1) as pool:
        with locked(postgres, account.id, "name = 'Ann'") as waiting:
            answer = pool.submit(use)
            waiting(1)
        assert answer.result().status_code == 200
    assert (user(postgres, account)["name"], user(postgres, account)["email_verified_at"] is None) == ("Ann", False)


def test_the_email_of_a_change_takes_the_place_of_the_latest_one(mailing, smtp, postgres):
    account, wanted, meanwhile = Account(mailing.server), other_address(), other_address()
    smtp.wait_for_mail(account.email)
    assert account.me("PATCH", email=wanted, currentPassword=account.password).status_code == 200
    token = token_in(smtp.wait_for_mail(wanted))
    with ThreadPoolExecutor(1) as pool:
        with locked(postgres, account.id, "email = %s, email_verified_at = now()", meanwhile) as waiting:
            answer = pool.submit(lambda: mailing.post("verify", token=token))
            waiting(1)
        assert answer.result().status_code == 200
    assert user(postgres, account)["email"] == wanted
    assert smtp.wait_for_mail(meanwhile).message["Subject"] == "Your e-mail address has been changed"
