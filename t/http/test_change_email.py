"""Another e-mail, and the notices that tell a user what happens to the account."""

import secrets

import pytest

from accounts import API, GUARDED, Account, claims
from jsonapi_client import V1, Client
from mailing import Mailing, links_in, token_in


NEW = "Another-Passw0rd"


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres)


def other_address():
    return f"new.{secrets.token_hex(5)}@example.com"


def change(account, address, **more):
    return account.me("PATCH", email=address, currentPassword=account.password, **more)


@pytest.fixture
def account(mailing, smtp):
    made = Account(mailing.server)
    mailing.post("verify", token=token_in(smtp.wait_for_mail(made.email)))
    made.refresh()
    return made


def test_requirement_58_a_new_email_counts_once_confirmed_and_the_old_one_is_told(mailing, smtp, account):
    old, new = account.email, other_address()
    answer = change(account, new, name="Ann Lee")
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert (user["email"], user["pendingEmail"], user["name"]) == (old, new, "Ann Lee")
    mail = smtp.wait_for_mail(new)
    assert mail.message["Subject"] == "Confirm your new e-mail address"
    assert dict(account.visit().json()["headers"])["Remote-User"] == old
    assert account.me().json()["user"]["pendingEmail"] == new
    assert mailing.post("verify", token=token_in(mail, "/auth/verify")).status_code == 200
    assert account.visit().status_code == 401
    account.refresh()
    assert dict(account.visit().json()["headers"])["Remote-User"] == new
    assert "pendingEmail" not in account.me().json()["user"]
    told = smtp.wait_for_mail(old)
    assert told.message["Subject"] == "Your e-mail address has been changed"
    assert links_in(told) == [] and new not in told.text
    assert mailing.post("login", email=old, password=account.password).status_code == 401
    assert mailing.post("login", email=new, password=account.password).status_code == 200


def test_requirement_58_it_needs_the_password(account, smtp):
    new = other_address()
    assert account.me("PATCH", email=new).status_code == 400
    assert account.me("PATCH", email=new, currentPassword="Wrong-Passw0rd").status_code == 400
    assert smtp.mails(new) == []


def test_a_taken_email_is_refused_at_once_and_at_the_end(mailing, smtp, account):
    other = Account(mailing.server)
    assert change(account, other.email.upper()).status_code == 409
    new = other_address()
    change(account, new)
    token = token_in(smtp.wait_for_mail(new))
    Account(mailing.server, email=new)
    assert mailing.post("verify", token=token).status_code == 409


def test_requirement_55_a_second_wish_voids_the_first(mailing, smtp, account):
    first, second = other_address(), other_address()
    change(account, first)
    token = token_in(smtp.wait_for_mail(first))
    change(account, second)
    assert account.me().json()["user"]["pendingEmail"] == second
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(second))).status_code == 200
    assert mailing.post("verify", token=token).status_code == 400


def test_an_address_is_pending_while_its_mail_waits(smtp, account):
    smtp.stop()
    new = other_address()
    change(account, new)
    assert account.me().json()["user"]["pendingEmail"] == new


def new_password(mailing, account, how, reset_token):
    """The owner's: after it only he has a session."""
    if how == "reset":
        return mailing.post("reset", token=reset_token, password=NEW)
    return account.me("PATCH", password=NEW, currentPassword=account.password)


@pytest.mark.parametrize("how", ["reset", "change"])
@pytest.mark.parametrize("mail", ["sent", "queued", "failed"])
def test_requirement_57_a_new_password_voids_an_email_that_waits_to_be_confirmed(mailing, smtp, postgres, account, how, mail):
    mailing.post("forgot", email=account.email)
    reset_token = token_in(smtp.wait_for_mail(account.email))
    if mail == "queued":
        smtp.stop()
    if mail == "failed":
        smtp.behave(RCPT={"reply": "550 5.1.1 no such user"})
    evil = other_address()
    assert change(account, evil).status_code == 200
    if mail == "sent":
        token = token_in(smtp.wait_for_mail(evil))
    if mail == "failed":
        mailing.outbox.wait_for(("confirm-email", "failed"), to=evil)
    assert new_password(mailing, account, how, reset_token).status_code == 200
    assert mailing.post("login", email=account.email, password=NEW).status_code == 200
    if mail == "sent":
        assert mailing.post("verify", token=token).status_code == 400
    else:
        assert mailing.outbox.rows(evil) == []
    if how == "change":
        assert "pendingEmail" not in account.me().json()["user"]


def test_requirement_57_it_voids_one_that_is_being_ordered_or_sent_at_that_moment_too(mailing, smtp, postgres, account):
    """What the statement of the new password cannot see yet: here it is asked for before, and shows after."""
    evil = other_address()
    smtp.stop()
    change(account, evil)
    postgres.query("update gatehouse.credentials set updated_at = now() where user_id = %s", account.id)
    smtp.start()
    mailing.outbox.wait_for(to=evil, limit=30)
    change(account, evil)
    token = token_in(smtp.wait_for_mail(evil))
    postgres.query("update gatehouse.credentials set updated_at = now() where user_id = %s", account.id)
    assert mailing.post("verify", token=token).status_code == 400


def test_an_email_that_is_asked_for_with_a_new_password_stays_good(mailing, smtp, account):
    new = other_address()
    answer = change(account, new, password=NEW, name="Ann Lee")
    assert answer.status_code == 200
    assert (answer.json()["user"]["pendingEmail"], answer.json()["user"]["name"]) == (new, "Ann Lee")
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(new))).status_code == 200
    assert mailing.post("login", email=new, password=NEW).status_code == 200


def test_another_case_of_the_same_address_needs_no_mail(smtp, account):
    answer = change(account, account.email.upper())
    assert answer.json()["user"]["email"] == account.email.upper()
    assert "pendingEmail" not in answer.json()["user"]


def test_without_verification_it_counts_at_once_and_the_old_one_is_told(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_email="off")
    account = Account(mailing.server)
    old, new = account.email, other_address()
    assert change(account, new).json()["user"]["email"] == new
    assert smtp.wait_for_mail(old).message["Subject"] == "Your e-mail address has been changed"
    assert smtp.mails(new) == []


def test_through_jsonapi_it_counts_at_once_unverified_and_the_old_one_is_told(nginx, smtp, postgres):
    """The listed deviation from requirement 58: the contract's clients expect the new one in the answer."""
    mailing = Mailing(nginx, smtp, postgres, text=V1 + API + GUARDED)
    client = Client(mailing.server)
    mailing.post("verify", token=token_in(smtp.wait_for_mail(client.email)))
    client.login()
    assert claims(client.access)["email_verified"] is True
    old, new = client.email, other_address()
    assert client.change(email=new).json()["data"]["attributes"]["email"] == new
    assert (claims(client.access)["email"], claims(client.access)["email_verified"]) == (new, False)
    assert "Remote-User" not in dict(client.visit().json()["headers"]), "an unverified one is no identity"
    told = smtp.wait_for_mail(old)
    assert told.message["Subject"] == "Your e-mail address has been changed"
    assert links_in(told) == [] and new not in told.text
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(new), "/v1/web/verify")).status_code == 200
    client.refresh()
    assert dict(client.visit().json()["headers"])["Remote-User"] == new
    assert client.login().status_code == 400, "the old one opens nothing any more"
    client.email = new
    assert client.login().status_code == 200


def test_a_changed_password_is_told(mailing, smtp, account):
    assert account.me("PATCH", password="Another-Passw0rd", currentPassword=account.password).status_code == 200
    assert smtp.wait_for_mail(account.email).message["Subject"] == "Your password has been changed"


# ---- new logins ----

def login(mailing, account, device):
    answer = mailing.post("login", {"User-Agent": device}, email=account.email, password=account.password)
    assert answer.status_code == 200


def test_a_login_from_somewhere_new_is_told_once(mailing, smtp, account):
    login(mailing, account, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    told = smtp.wait_for_mail(account.email)
    assert told.message["Subject"] == "New login to your account"
    assert "Firefox" in told.text and "127.0.0.1" in told.text
    login(mailing, account, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    mailing.outbox.wait_until_empty()
    assert [row["letter"] for row in mailing.outbox.rows()].count("new-login") == 1


def test_the_first_login_is_no_news(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_email="required")
    address = other_address()
    mailing.post("register", name="Ann", email=address, password="SecurePass123")
    mailing.post("verify", token=token_in(smtp.wait_for_mail(address)))
    mailing.post("login", {"User-Agent": "elsewhere/1.0"}, email=address, password="SecurePass123")
    assert [row["letter"] for row in mailing.outbox.rows()] == ["verify"]


@pytest.mark.parametrize("notices, told", [("off", []), ("login", ["new-login"]), ("password", ["password-changed"]),
                                           ("login password", ["new-login", "password-changed"])])
def test_notices_can_be_chosen(nginx, smtp, postgres, notices, told):
    mailing = Mailing(nginx, smtp, postgres, verify_email="off", notices=notices)
    account = Account(mailing.server)
    login(mailing, account, "elsewhere/1.0")
    account.me("PATCH", password="Another-Passw0rd", currentPassword=account.password)
    assert [row["letter"] for row in mailing.outbox.rows()] == told
