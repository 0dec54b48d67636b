"""A forgotten password: the mail, the link, the new password."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import Account
from mailing import Mailing, links_in, token_in

NEW = "Another-Passw0rd"


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, verify_email="off")


def forget(mailing, smtp, account):
    assert mailing.post("forgot", email=account.email).status_code == 202
    return token_in(smtp.wait_for_mail(account.email), "/auth/reset")


def reset(mailing, token, password=NEW, **more):
    return mailing.post("reset", token=token, password=password, **more)


def test_requirement_57_a_reset_ends_all_sessions_logs_nobody_in_and_tells_the_user(mailing, smtp):
    account = Account(mailing.server)
    answer = reset(mailing, forget(mailing, smtp, account), confirmPassword=NEW)
    assert answer.status_code == 200 and set(answer.json()) == {"message"}
    assert "Set-Cookie" not in answer.headers
    assert account.visit().status_code == 401
    assert account.refresh().status_code == 403
    assert account.login().status_code == 401, "the old password"
    assert account.login(NEW).status_code == 200
    told = smtp.wait_for_mail(account.email)
    assert told.message["Subject"] == "Your password has been changed"
    assert links_in(told) == [mailing.server.url + "/auth/forgot"]
    assert "127.0.0.1" in told.text


def test_the_mail_says_what_it_must(mailing, smtp):
    account = Account(mailing.server)
    mailing.post("forgot", email=account.email)
    mail = smtp.wait_for_mail(account.email)
    assert mail.message["Subject"] == "Choose a new password"
    assert mail.message["From"].addresses[0].addr_spec == "auth@example.com"
    assert "15 minutes" in mail.text and "15 minutes" in mail.html
    assert mail.message["Message-ID"] and mail.message["Date"]


def test_the_lifetime_is_a_directive(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, reset_lifetime="1s")
    account = Account(mailing.server)
    smtp.wait_for_mail(account.email)
    token = forget(mailing, smtp, account)
    while (answer := mailing.post("reset", token=token, password="short")).status_code == 400 and "errors" in answer.json():
        pass        # the policy speaks as long as the link is good
    assert answer.json()["message"] == "This link has expired"


def test_a_weak_password_leaves_the_link_good(nginx, smtp, postgres, blocklist):
    mailing = Mailing(nginx, smtp, postgres, verify_email="off", password=f"blocklist={blocklist}")
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    for weak in ("short", "password", account.email):
        answer = reset(mailing, token, weak)
        assert answer.status_code == 400 and "password" in answer.json()["errors"]
    assert "confirmPassword" in reset(mailing, token, NEW, confirmPassword="other").json()["errors"]
    assert reset(mailing, token).status_code == 200


def test_requirement_54_a_link_works_once(mailing, smtp):
    token = forget(mailing, smtp, Account(mailing.server))
    assert reset(mailing, token).status_code == 200
    assert reset(mailing, token, "Third-Passw0rd").status_code == 400


@pytest.mark.parametrize("round", range(3))
def test_requirement_54_of_two_resets_at_once_one_wins(mailing, smtp, round):
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    passwords = [f"Password-{n}-x" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda password: reset(mailing, token, password).status_code, passwords))
    assert sorted(answers) == [200, 400, 400, 400]
    winner = passwords[answers.index(200)]
    assert [account.login(password).status_code for password in passwords].count(200) == 1
    assert account.login(winner).status_code == 200


def test_requirement_55_a_new_link_voids_the_older(mailing, smtp):
    account = Account(mailing.server)
    first, second = forget(mailing, smtp, account), forget(mailing, smtp, account)
    assert first != second
    assert reset(mailing, first).status_code == 400
    assert reset(mailing, second).status_code == 200


def test_requirement_55_the_link_is_the_emails(mailing, smtp, postgres):
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    postgres.query("update gatehouse.users set email = 'other.' || email where id = %s", account.id)
    assert reset(mailing, token).status_code == 400


def test_a_changed_password_voids_the_link(mailing, smtp):
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    assert account.me("PATCH", password="Third-Passw0rd", currentPassword=account.password).status_code == 200
    assert reset(mailing, token).status_code == 400


def test_a_changed_password_stops_the_mail_that_waits_too(mailing, smtp):
    account = Account(mailing.server)
    smtp.stop()
    mailing.post("forgot", email=account.email)
    mailing.server.wait_for_log("mail waits: ")
    assert account.me("PATCH", password="Third-Passw0rd", currentPassword=account.password).status_code == 200
    smtp.start()
    assert smtp.wait_for_mail(account.email, 30).message["Subject"] == "Your password has been changed"
    mailing.outbox.wait_until_empty()
    assert len(smtp.mails(account.email)) == 1


def test_the_link_has_proved_the_email(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_email="required")
    address = f"ann.{secrets.token_hex(5)}@example.com"
    mailing.post("register", name="Ann", email=address, password="SecurePass123")
    smtp.wait_for_mail(address)
    mailing.post("forgot", email=address)
    assert reset(mailing, token_in(smtp.wait_for_mail(address))).status_code == 200
    assert mailing.post("login", email=address, password=NEW).status_code == 200


def test_a_disabled_user_is_not_written_to_and_resets_nothing(mailing, smtp, postgres):
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", mailing.server.realm, account.email)
    assert reset(mailing, token).status_code == 400
    assert mailing.post("forgot", email=account.email).status_code == 202
    mailing.outbox.wait_for(("reset", "sent"))
    assert len(smtp.mails(account.email)) == 1


def test_requirement_52_an_unknown_address_gets_the_same_answer_and_no_mail(mailing, smtp):
    account = Account(mailing.server)
    nobody = f"nobody.{secrets.token_hex(5)}@example.com"
    for route in ("forgot", ):
        known, unknown = mailing.post(route, email=account.email), mailing.post(route, email=nobody)
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
        assert list(known.headers) == list(unknown.headers)
    smtp.wait_for_mail(account.email)
    mailing.outbox.wait_for(to=nobody)
    assert smtp.mails(nobody) == []


def test_requirement_62_it_is_all_in_the_audit_trail(mailing, smtp, postgres):
    account = Account(mailing.server)
    token = forget(mailing, smtp, account)
    reset(mailing, token)
    reset(mailing, token)
    mailing.post("forgot", email="nobody@example.com")
    rows = postgres.query("select event, user_id, detail from gatehouse.audit_events where realm = %s order by id",
                          mailing.server.realm)
    assert [row["event"] for row in rows] == ["registered", "login", "reset_requested", "password_reset", "link_refused",
                                              "reset_requested"]
    assert [row["user_id"] == account.id for row in rows] == [True] * 4 + [False, False]
    assert rows[4]["detail"] == {"reason": "unknown"}
