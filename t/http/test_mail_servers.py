"""Mail servers that want a log-in and TLS, that talk too much, and a PostgreSQL that is away when one answers."""

import socket
import threading
import time

import pytest

from accounts import Account
from mailing import Mailing, token_in
from processes import wait_until
from smtp import Smtp, make_certificate

PASSWORD = "canary-Passw0rd"


@pytest.fixture
def secured(folder):
    """start(*names of its certificate): a server with STARTTLS and a log-in, and its certificate."""
    started = []

    def start(*names):
        certificate, key = make_certificate(folder, *names)
        started.append(Smtp(folder / "secured", "--tls", "starttls", "--certificate", str(certificate), "--key", str(key),
                            "--user", "gatehouse", "--password", PASSWORD))
        return started[0], certificate
    yield start
    for server in started:
        server.stop()


def mailing_to(server, certificate, nginx, postgres, folder, password=PASSWORD):
    secret = folder / "smtp.password"
    secret.write_text(password + "\n")
    settings = f"{server.url} from=auth@example.com timeout=5s starttls=required user=gatehouse password_file={secret}"
    return Mailing(nginx, server, postgres, smtp=settings + (f" ca_file={certificate}" if certificate else ""))


def said(server):
    return (server.folder.parent / "log").read_text()


def test_a_log_in_over_tls(nginx, postgres, secured, folder):
    server, certificate = secured("127.0.0.1")
    mailing = mailing_to(server, certificate, nginx, postgres, folder)
    mail = server.wait_for_mail(Account(mailing.server).email)
    assert mail.envelope["tls"] is True and "gatehouse" in mail.envelope["user"]
    assert mailing.post("verify", token=token_in(mail)).status_code == 200


def test_a_wrong_password_is_sent_and_refused_and_logged_nowhere(nginx, postgres, secured, folder):
    server, certificate = secured("127.0.0.1")
    mailing = mailing_to(server, certificate, nginx, postgres, folder, "canary-wrong")
    account = Account(mailing.server)
    mailing.server.wait_for_log(r"mail waits: .*the log-in was refused \(535[^)]*\); check user= and password_file=")
    assert " AUTH" in said(server), "it was asked"
    assert "canary-wrong" not in mailing.server.error_log() + str(mailing.outbox.rows())
    assert mailing.outbox.states() == [("verify", "queued")] and server.mails(account.email) == []


@pytest.mark.parametrize("trusted, names", [(True, ["mail.example.com"]), (False, ["127.0.0.1"])],
                         ids=["another name", "unknown CA"])
def test_a_wrong_certificate_gets_neither_password_nor_mail(nginx, postgres, secured, folder, trusted, names):
    server, certificate = secured(*names)
    mailing = mailing_to(server, certificate if trusted else None, nginx, postgres, folder)
    Account(mailing.server)
    mailing.server.wait_for_log(r'mail waits: .*the certificate must be for "127.0.0.1"')
    assert " AUTH" not in said(server) and " MAIL" not in said(server)
    assert mailing.outbox.states() == [("verify", "queued")]


def test_a_server_without_starttls_gets_nothing(nginx, smtp, postgres, folder):
    mailing = mailing_to(smtp, None, nginx, postgres, folder)
    before = said(smtp)
    Account(mailing.server)
    mailing.server.wait_for_log("mail waits: .*starttls=required sends no mail without it")
    heard = said(smtp)[len(before):]
    assert " EHLO" in heard and " AUTH" not in heard and " MAIL" not in heard


def test_a_server_without_a_log_in_gets_nothing_where_one_is_configured(nginx, smtp, postgres, folder):
    secret = folder / "smtp.password"
    secret.write_text(PASSWORD + "\n")
    mailing = Mailing(nginx, smtp, postgres,
                      smtp=f"{smtp.url} from=auth@example.com starttls=off user=u password_file={secret}")
    Account(mailing.server)
    mailing.server.wait_for_log("mail waits: .*offers no log-in")
    assert mailing.outbox.states() == [("verify", "queued")]


# ---- one that never begins, and one that never ends ----

class Wall:
    """Lets nobody in: a connect to it gets no answer at all."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(0)
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.queue = [socket.socket() for _ in range(4)]        # nobody accepts, so the queue is full
        for each in self.queue:
            each.setblocking(False)
            each.connect_ex(self.socket.getsockname())

    def close(self):
        for each in (self.socket, *self.queue):
            each.close()


def test_a_server_behind_a_wall_is_given_up_in_time(nginx, postgres):
    wall = Wall()
    try:
        mailing = Mailing(nginx, wall, postgres, workers=1,
                          smtp=f"{wall.url} from=auth@example.com starttls=off timeout=1s")
        Account(mailing.server)
        mailing.server.wait_for_log("mail waits: .*no connection within the time that timeout= gives")
        assert mailing.outbox.states() == [("verify", "queued")]
    finally:
        wall.close()


class Babbler:
    """Says a greeting without end to everybody."""

    def __init__(self, line):
        self.block, self.bytes = line * (65536 // len(line)), 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection):
        try:
            while self.bytes < 1 << 30:
                connection.sendall(self.block)
                self.bytes += len(self.block)
        except OSError:
            connection.close()


@pytest.mark.parametrize("line", [b"220-x\r\n", b"220-\r\n", b"2" * 1000])
def test_an_endless_greeting_is_given_up_at_once(nginx, postgres, line):
    babbler = Babbler(line)
    try:
        mailing = Mailing(nginx, babbler, postgres, workers=1)
        Account(mailing.server)
        mailing.server.wait_for_log("mail waits: ", limit=15)
        assert mailing.outbox.states() == [("verify", "queued")]
        if b"\n" in line:
            mailing.server.wait_for_log("mail waits: .*an endless reply")
    finally:
        babbler.socket.close()


# ---- PostgreSQL is away ----

@pytest.mark.limit(120)
def test_an_acceptance_is_not_forgotten_while_postgres_is_away(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=1)
    smtp.behave(MESSAGE={"delay": 2, "times": 1})
    account = Account(mailing.server)
    mail = smtp.wait_for_mail(account.email)        # it is kept; the acceptance comes 2 s later
    postgres.stop()
    mailing.server.wait_for_log("mail waits: ")
    time.sleep(2)                                   # it has been tried again, several times
    postgres.start()
    mailing.outbox.wait_for(("verify", "sent"), limit=20)
    (row,) = mailing.outbox.rows()
    assert row["attempts"] == 1 and row["reply"].startswith("250")
    assert len(smtp.mails(account.email)) == 1
    assert mailing.post("verify", token=token_in(mail)).status_code == 200
    other = Account(mailing.server)
    assert smtp.wait_for_mail(other.email), "and others are sent"


@pytest.mark.limit(120)
def test_nor_by_a_worker_that_is_to_quit_meanwhile(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, workers=1)
    smtp.behave(MESSAGE={"delay": 2, "times": 1})
    account = Account(mailing.server)
    mail = smtp.wait_for_mail(account.email)
    postgres.stop()
    mailing.server.wait_for_log("mail waits: ")
    mailing.server.reload()
    time.sleep(2)
    postgres.start()
    mailing.outbox.wait_for(("verify", "sent"), limit=20)
    assert mailing.outbox.rows()[0]["attempts"] == 1 and len(smtp.mails(account.email)) == 1
    wait_until(lambda: mailing.post("verify", token=token_in(mail)).status_code == 200, "the new worker to be connected")


# ---- what an administrator learns ----

@pytest.mark.parametrize("reply", ["554 5.7.1 <{}>: Relay access denied", "550 5.1.1 no such user {}"])
def test_a_mail_that_was_given_up_is_one_line_in_the_log(nginx, smtp, postgres, reply):
    mailing = Mailing(nginx, smtp, postgres)
    address = "Ann.O'Hara@Example.com"
    smtp.behave(RCPT={"reply": reply.format(address.lower())})
    Account(mailing.server, email=address)
    mailing.outbox.wait_for(("verify", "failed"))
    (row,) = mailing.outbox.rows()
    (line,) = [line for line in mailing.server.error_log().splitlines() if "was given up" in line]
    assert "[error]" in line and f'mail {row["id"]}, letter "verify"' in line
    assert reply.format("(recipient)") in line and address.lower() not in line.lower()
    smtp.behave()
    postgres.query(line.partition("to have it tried again: ")[2].split(", client")[0])
    assert smtp.wait_for_mail(address, 15)
