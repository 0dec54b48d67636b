"""How many mails are sent to whom, and that nobody stops another's."""

import secrets

import pytest

from accounts import API, Account
from csrf_client import OPEN, ROOT
from csrf_client import Client as Csrf
from jsonapi_client import V1
from jsonapi_client import Client as JsonApi
from mailing import REALIP, Mailing, from_address, token_in
from processes import wait_until

WORKERS = 2

NEW = "Another-Passw0rd"


HOME, AWAY, EVE = from_address("198.51.100.1"), from_address("203.0.113.9"), from_address("192.0.2.66")


def other_address(name="x"):
    return f"{name}.{secrets.token_hex(5)}@example.com"


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, text=REALIP + V1 + API)


def verified(mailing, smtp):
    """An account that is used at 127.0.0.1, which nobody else's requests come from."""
    account = Account(mailing.server)
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(account.email))).status_code == 200
    account.refresh()
    return account


# ---- mails that are asked for ----

def test_requirement_51_nobody_keeps_a_user_from_recovering_the_account(mailing, smtp):
    account = verified(mailing, smtp)
    for n in range(10):
        for _ in range(10):
            mailing.post("login", from_address(f"192.0.2.{n}"), email=account.email, password="Wrong-Passw0rd")
    for n in range(6):
        mailing.post("verify/resend", from_address(f"192.0.2.{n}"), email=account.email)
        mailing.post("register", from_address(f"192.0.2.{n}"), name="Eve", email=account.email, password="SecurePass123")
    assert mailing.post("login", AWAY, email=account.email, password=account.password).status_code == 429
    assert mailing.post("forgot", AWAY, email=account.email).status_code == 202
    token = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("reset", AWAY, token=token, password=NEW).status_code == 200
    assert mailing.post("login", AWAY, email=account.email, password=NEW).status_code == 200


def test_a_full_limit_of_resets_leaves_the_last_link_good_and_home_unlimited(mailing, smtp):
    account = verified(mailing, smtp)
    for n in range(5):
        assert mailing.post("forgot", from_address(f"192.0.2.{n}"), email=account.email).status_code == 202
        token = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("forgot", AWAY, email=account.email).status_code == 429
    assert mailing.post("forgot", email=account.email).status_code == 202, "where the account is used"
    token = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("forgot", AWAY, email=account.email).status_code == 429
    assert mailing.post("reset", AWAY, token=token, password=NEW).status_code == 200


def test_who_logs_in_by_username_is_known_there_by_email_too(nginx, smtp, postgres):
    rest = "location /api/ { gatehouse_api %REALM% rest mount=/api/; }"
    server = Mailing(nginx, smtp, postgres, text=REALIP + ROOT + rest, **OPEN, limit_mails="account=1/1h").server
    user = Csrf(server)
    login = {"email": user.username, "password": user.password}
    assert server.post("/api/login", json=login, headers=HOME).status_code == 200
    answers = [server.post("/api/forgot", json={"email": user.email}, headers=where).status_code for where in (EVE, AWAY, HOME)]
    assert answers == [202, 429, 202]


def test_requirement_52_what_is_counted_does_not_tell_that_an_account_was_made(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, text=REALIP + API, verify_email="required")
    known = other_address()
    mailing.post("register", HOME, name="Ann", email=known, password="SecurePass123")
    for email in (known, other_address()):
        answers = [mailing.post("forgot", AWAY, email=email).status_code for _ in range(6)]
        assert answers == [202] * 5 + [429]


def test_one_client_address_is_limited(mailing):
    assert [mailing.post("forgot", EVE, email=other_address()).status_code for _ in range(21)] == [202] * 20 + [429]


# ---- the realm's limit ----

def test_mails_to_nobody_use_up_nothing(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, text=REALIP + API, limit_mails="all=2/1h", verify_email="off")
    account = Account(mailing.server)
    for n in range(10):
        assert mailing.post("forgot", from_address(f"192.0.2.{n}"), email=other_address()).status_code == 202
    mailing.post("forgot", email=account.email)
    assert smtp.wait_for_mail(account.email)


def test_one_too_many_for_the_realm_waits_and_the_operator_learns_what_to_do(nginx, smtp, postgres, redis):
    mailing = Mailing(nginx, smtp, postgres, limit_mails="all=2/1h", workers=1)
    accounts = [Account(mailing.server) for _ in range(2)]
    for account in accounts:
        smtp.wait_for_mail(account.email)
    late = Account(mailing.server)
    wait_until(lambda: mailing.outbox.rows(late.email)[0]["reply"], "the mail to be looked at")
    (row,) = mailing.outbox.rows(late.email)
    assert row["state"] == "queued" and row["attempts"] == 0
    assert row["reply"].startswith("held back: limit_mails all=2/3600s is used up")
    mailing.server.wait_for_log(r"\[error\].*mail waits: held back: limit_mails all=2/3600s")
    key = row["reply"].rpartition(" ")[2]
    assert redis.client.delete(key) == 1
    mailing.outbox.hurry()
    assert token_in(smtp.wait_for_mail(late.email, 20))
    assert mailing.server.error_log().count("held back") == 1


def test_one_that_is_held_back_leaves_the_link_before_it_good_until_it_is_sent(nginx, smtp, postgres, redis):
    mailing = Mailing(nginx, smtp, postgres, limit_mails="all=2/1h", workers=1, verify_email="off")
    accounts = [Account(mailing.server) for _ in range(2)]
    tokens = []
    for account in accounts:
        mailing.post("forgot", email=account.email)
        tokens.append(token_in(smtp.wait_for_mail(account.email)))
    for account in accounts:
        mailing.post("forgot", email=account.email)
        wait_until(lambda: mailing.outbox.rows(account.email)[1]["reply"], "the mail to be looked at", 15)
    assert mailing.post("reset", token=tokens[0], password=NEW).status_code == 200
    redis.client.delete(mailing.outbox.rows(accounts[1].email)[1]["reply"].rpartition(" ")[2])
    mailing.outbox.hurry()
    later = token_in(smtp.wait_for_mail(accounts[1].email, 20))
    assert mailing.post("reset", token=tokens[1], password=NEW).status_code == 400
    assert mailing.post("reset", token=later, password=NEW).status_code == 200


def test_what_waited_goes_on_by_itself(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, limit_mails="all=1/4s")
    accounts = [Account(mailing.server) for _ in range(2)]
    for account in accounts:
        smtp.wait_for_mail(account.email, 25)
    mailing.outbox.wait_for(*[("verify", "sent")] * 2)


def test_a_mail_that_the_server_refuses_does_not_count(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, limit_mails="all=1/1h", workers=1)
    smtp.behave(RCPT={"reply": "550 5.1.1 no such user", "times": 2})
    for _ in range(2):
        mailing.outbox.wait_for(("verify", "failed"), to=Account(mailing.server).email)
    smtp.wait_for_mail(Account(mailing.server).email)


def test_mail_is_sent_without_redis(nginx, smtp, postgres, redis):
    mailing = Mailing(nginx, smtp, postgres)
    smtp.stop()
    account = Account(mailing.server)
    redis.stop()
    smtp.start()
    assert token_in(smtp.wait_for_mail(account.email, 40))


# ---- notices ----

def login(mailing, account, device):
    answer = mailing.post("login", {"User-Agent": device}, email=account.email, password=account.password)
    assert answer.status_code == 200


def letters(mailing, account):
    mailing.outbox.wait_until_empty()
    return [row["letter"] for row in mailing.outbox.rows(account.email)]


def test_an_email_that_nobody_proved_is_told_nothing(mailing, smtp):
    account = Account(mailing.server)
    login(mailing, account, "elsewhere/1.0")
    assert account.me("PATCH", password=NEW, currentPassword=account.password).status_code == 200
    new = other_address()
    assert account.me("PATCH", email=new, currentPassword=NEW).status_code == 200
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(new))).status_code == 200
    other = JsonApi(mailing.server)
    assert other.change(email=other_address()).status_code == 200
    assert letters(mailing, account) == ["verify"]
    assert letters(mailing, other) == []


def test_where_emails_are_not_verified_they_are_told(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_email="off")
    account = Account(mailing.server)
    login(mailing, account, "elsewhere/1.0")
    assert smtp.wait_for_mail(account.email).message["Subject"] == "New login to your account"


def test_a_user_is_told_of_each_thing_so_often_and_no_more(mailing, smtp):
    account = verified(mailing, smtp)
    for n in range(9):
        login(mailing, account, f"elsewhere/{n}")
    assert letters(mailing, account).count("new-login") == 5
    assert account.me("PATCH", password=NEW, currentPassword=account.password).status_code == 200
    assert letters(mailing, account).count("password-changed") == 1, "nor does the one hide the other"
    line = next(line for line in mailing.server.error_log().splitlines() if 'letter "new-login" not sent' in line)
    assert "[info]" in line and account.email not in line


# ---- a new e-mail ----

def test_another_email_is_limited_for_each_user_before_it_is_looked_up(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, text=REALIP + API, verify_email="required")
    address = other_address()
    mailing.post("register", name="Ann", email=address, password="SecurePass123")
    mailing.post("verify", token=token_in(smtp.wait_for_mail(address)))
    token = mailing.post("login", email=address, password="SecurePass123").json()["tokens"]["accessToken"]
    taken = [other_address() for _ in range(3)]
    for each in taken:
        mailing.post("register", HOME, name="Ann", email=each, password="SecurePass123")
    answers = [mailing.server.request("PATCH", "/auth/me", json={"email": each, "currentPassword": "SecurePass123"},
                                      headers={"Authorization": f"Bearer {token}", **from_address(f"192.0.2.{n}")}).status_code
               for n, each in enumerate([*taken, *(other_address() for _ in range(4))])]
    assert answers == [409] * 3 + [200] * 2 + [429] * 2


@pytest.mark.parametrize("verify_email", ["on", "off"])
def test_another_email_that_counts_at_once_is_limited_too(nginx, smtp, postgres, verify_email):
    mailing = Mailing(nginx, smtp, postgres, text=V1, verify_email=verify_email)
    user = JsonApi(mailing.server)
    strangers = [other_address() for _ in range(7)]
    assert [user.change(email=each).status_code for each in strangers] == [200] * 5 + [429] * 2
    mailing.outbox.wait_until_empty()
    assert [len(smtp.mails(each)) for each in strangers[5:]] == [0, 0]


def test_one_stranger_is_not_written_to_from_many_accounts(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres)
    stranger = other_address()
    answers = []
    for _ in range(6):
        account = Account(mailing.server)
        answers.append(account.me("PATCH", email=stranger, currentPassword=account.password).status_code)
    assert answers == [200] * 5 + [429]


def test_another_spelling_of_the_own_email_is_not_counted(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, limit_mails="account=1/1h")
    account = Account(mailing.server)
    for email in (account.email.upper(), account.email, account.email.upper()):
        assert account.me("PATCH", email=email, currentPassword=account.password).status_code == 200
        account.refresh()


# ---- what is ours is not counted ----

def test_a_failure_of_ours_is_given_back(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_email="required", limit_mails="account=2/1h address=off all=off")
    address = other_address()
    postgres.kill()
    body = {"name": "Ann", "email": address, "password": "SecurePass123"}
    assert [mailing.post("register", **body).status_code for _ in range(3)] == [503] * 3
    assert [mailing.post("forgot", email=address).status_code for _ in range(3)] == [503] * 3
    postgres.start()
    wait_until(lambda: mailing.post("login", email=address, password="SecurePass123").status_code == 401, "PostgreSQL")
    assert mailing.post("register", **body).status_code == 202
    assert mailing.post("forgot", email=address).status_code == 202
