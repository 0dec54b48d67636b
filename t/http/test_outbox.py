"""The mail server in all its moods: nothing is lost, and an administrator sees what has become of each mail."""

import socket

import pytest

from accounts import API, Account
from mailing import Mailing, mail_settings, token_in
from processes import alive, wait_until

WORKERS = 2


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres)


def test_a_mail_that_was_sent_is_seen_as_such(mailing, smtp):
    account = Account(mailing.server)
    smtp.wait_for_mail(account.email)
    mailing.outbox.wait_for(("verify", "sent"))
    (row,) = mailing.outbox.rows()
    assert row["recipient"] == account.email
    assert row["attempts"] == 1 and row["reply"].startswith("250") and row["done_at"]


def test_mail_waits_for_a_server_that_is_down(mailing, smtp):
    smtp.stop()
    accounts = [Account(mailing.server) for _ in range(3)]
    mailing.server.wait_for_log("mail waits: ")
    assert mailing.outbox.states() == [("verify", "queued")] * 3
    smtp.start()
    for account in accounts:
        assert token_in(smtp.wait_for_mail(account.email, 30))
    mailing.outbox.wait_for(*[("verify", "sent")] * 3)
    assert all(row["attempts"] == 1 for row in mailing.outbox.rows()), "no outage counts against a mail"
    mailing.server.wait_for_log("mail can be sent again")
    assert mailing.server.error_log().count("mail waits: ") <= 4, "one line for each worker and each kind of trouble"


def test_a_mail_that_waits_leaves_the_link_before_it_good(mailing, smtp):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    smtp.stop()
    mailing.post("verify/resend", email=account.email)
    mailing.server.wait_for_log("mail waits: ")
    assert mailing.post("verify", token=token).status_code == 200
    smtp.start()
    mailing.outbox.wait_for(("verify", "sent"), limit=30)
    assert len(smtp.mails(account.email)) == 1, "nobody needs the other one any more"


def test_a_link_is_good_however_long_the_mail_has_waited(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, verify_lifetime="1h")
    smtp.stop()
    account = Account(mailing.server)
    mailing.server.wait_for_log("mail waits: ")
    postgres.query("update gatehouse.outbox set created_at = created_at - interval '23 hours' where realm = %s",
                   mailing.server.realm)
    smtp.start()
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(account.email, 30))).status_code == 200


def test_after_a_day_it_is_given_up(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres)
    smtp.stop()
    Account(mailing.server)
    mailing.server.wait_for_log("mail waits: ")
    postgres.query("update gatehouse.outbox set created_at = created_at - interval '25 hours' where realm = %s",
                   mailing.server.realm)
    mailing.outbox.wait_for(("verify", "failed"), limit=30)


def test_a_refused_recipient_has_failed_for_good(mailing, smtp):
    smtp.behave(RCPT={"reply": "550 5.1.1 no such user"})
    Account(mailing.server)
    mailing.outbox.wait_for(("verify", "failed"))
    (row,) = mailing.outbox.rows()
    assert "550 5.1.1 no such user" in row["reply"] and row["attempts"] == 1


@pytest.mark.parametrize("step", ["RCPT", "MESSAGE"])
def test_a_temporary_refusal_is_tried_again_later(mailing, smtp, step):
    smtp.behave(**{step: {"reply": "450 4.2.0 later", "times": 1}})
    account = Account(mailing.server)
    wait_until(lambda: mailing.outbox.rows()[0]["reply"], "the first attempt")
    (row,) = mailing.outbox.rows()
    assert (row["state"], row["attempts"]) == ("queued", 1) and "450 4.2.0 later" in row["reply"]
    assert 55 < (row["due_at"] - row["created_at"]).total_seconds() < 95
    mailing.outbox.hurry()
    assert mailing.post("verify", token=token_in(smtp.wait_for_mail(account.email, 20))).status_code == 200
    mailing.outbox.wait_for(("verify", "sent"))
    assert mailing.outbox.rows()[0]["attempts"] == 2


def test_after_twelve_attempts_it_is_given_up(mailing, smtp, postgres):
    smtp.behave(RCPT={"reply": "450 4.2.0 never"})
    Account(mailing.server)
    wait_until(lambda: mailing.outbox.rows()[0]["reply"], "the first attempt")
    postgres.query("update gatehouse.outbox set attempts = 11 where realm = %s", mailing.server.realm)
    mailing.outbox.hurry()
    mailing.outbox.wait_for(("verify", "failed"))
    assert mailing.outbox.rows()[0]["attempts"] == 12


@pytest.mark.parametrize("trouble", [{"DATA": {"close": True, "times": 1}}, {"CONTENTS": {"close": True, "times": 2}}])
def test_a_server_that_hangs_up_midway_gets_the_mail_later(mailing, smtp, trouble):     # CONTENTS counts twice a time
    smtp.behave(**trouble)
    account = Account(mailing.server)
    wait_until(lambda: mailing.outbox.rows()[0]["reply"], "the first attempt")
    mailing.outbox.hurry()
    smtp.wait_for_mail(account.email, 30)
    mailing.outbox.wait_for(("verify", "sent"))
    assert len(smtp.mails(account.email)) == 1


def test_a_lost_acceptance_sends_twice_and_the_last_link_is_good(mailing, smtp):
    smtp.behave(MESSAGE={"close": True, "times": 1})
    account = Account(mailing.server)
    first = smtp.wait_for_mail(account.email)
    wait_until(lambda: mailing.outbox.rows()[0]["reply"], "the first attempt")
    mailing.outbox.hurry()
    second = smtp.wait_for_mail(account.email, 30)
    assert first.message["Message-ID"] == second.message["Message-ID"], "so that a mailbox shows it once"
    assert mailing.post("verify", token=token_in(second)).status_code == 200


def test_a_slow_server_delays_no_answer(mailing, smtp):
    smtp.behave(CONNECT={"delay": 3})
    account = Account(mailing.server)
    for _ in range(3):
        assert mailing.post("forgot", email=account.email).status_code == 202
        assert account.visit().status_code == 200
    smtp.wait_for_mail(account.email, 30)


def test_a_worker_killed_after_data_loses_nothing(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=1)
    smtp.behave(MESSAGE={"delay": 3, "times": 1})
    account = Account(mailing.server)
    smtp.wait_for_mail(account.email)       # it is kept, and the acceptance is on its way
    mailing.server.kill_worker()
    assert mailing.outbox.states() == [("verify", "queued")]
    mailing.outbox.hurry()                  # the lease of the dead runs out
    again = smtp.wait_for_mail(account.email, 30)
    mailing.outbox.wait_for(("verify", "sent"))
    assert mailing.post("verify", token=token_in(again)).status_code == 200


def assert_one_mail_each(smtp, servers, outbox):
    """Twelve accounts are made while the mail server is away."""
    smtp.stop()
    accounts = [Account(servers[i % len(servers)]) for i in range(12)]
    smtp.start()
    for account in accounts:
        smtp.wait_for_mail(account.email, 30)
    outbox.wait_until_empty()
    assert [len(smtp.mails(account.email)) for account in accounts] == [1] * 12


def test_workers_share_the_work_and_send_nothing_twice(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=4)
    assert_one_mail_each(smtp, [mailing.server], mailing.outbox)


def test_so_do_two_nginx_with_one_database(nginx, smtp, postgres):
    one = Mailing(nginx, smtp, postgres)
    other = nginx(API, realm=mail_settings(smtp), name=one.server.realm)
    assert_one_mail_each(smtp, [one.server, other], one.outbox)


def test_an_old_worker_sends_nothing_with_the_settings_of_yesterday(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=1)
    server = mailing.server
    with socket.create_connection(("127.0.0.1", server.port)) as busy:      # a request whose body never comes
        busy.sendall(b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                     b"Expect: 100-continue\r\n\r\n")
        assert busy.recv(100).startswith(b"HTTP/1.1 100 ")
        old = server.workers()
        server.write_conf((server.folder / "nginx.conf").read_text().replace("from=auth@", "from=today@"))
        server.reload()
        senders = {smtp.wait_for_mail(Account(server).email).envelope["from"] for _ in range(8)}
        assert all(alive(pid) for pid in old), "what it is about"
    assert senders == {"today@example.com"}


def test_mail_survives_a_stop_of_nginx_and_of_postgres(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres)
    smtp.stop()
    account = Account(mailing.server)
    mailing.server.stop()
    postgres.kill()
    postgres.start()
    smtp.start()
    mailing.server.start()
    assert smtp.wait_for_mail(account.email, 30)


def test_old_mails_are_forgotten(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=1)
    for _ in range(3):
        smtp.wait_for_mail(Account(mailing.server).email)
    mailing.outbox.wait_for(*[("verify", "sent")] * 3)
    first, second, third = (row["id"] for row in mailing.outbox.rows())
    postgres.query("update gatehouse.outbox set done_at = now() - interval '8 days' where id in (%s, %s)", first, second)
    postgres.query("update gatehouse.outbox set state = 'failed' where id = %s", second)
    mailing.server.stop()
    mailing.server.start()          # a worker looks when it starts, and every hour
    wait_until(lambda: [row["id"] for row in mailing.outbox.rows()] == [second, third], "the oldest to go", 15)
