"""The SMTP server of the tests keeps what its clients send, and fails when it is told to."""

import smtplib
from email.message import EmailMessage

import pytest


def mail_to(address, subject="Grüße"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "auth@example.com", address, subject
    mail.set_content("Hällo\n.\n")
    mail.add_alternative("<p>Hällo</p>\n", subtype="html")
    return mail


def client(smtp):
    return smtplib.SMTP("127.0.0.1", smtp.port, timeout=10)


def test_a_mail_can_be_read(smtp):
    with client(smtp) as server:
        server.send_message(mail_to("ann@example.com"))
        server.send_message(mail_to("bob@example.com"))
        server.send_message(mail_to("ann@example.com", "Again"))
    first = smtp.wait_for_mail("ann@example.com")
    assert first.message["Subject"] == "Grüße"
    assert first.text == "Hällo\n.\n"
    assert first.html == "<p>Hällo</p>\n"
    assert first.envelope["from"] == "auth@example.com"
    assert smtp.wait_for_mail("ann@example.com").message["Subject"] == "Again"
    with pytest.raises(AssertionError):
        smtp.wait_for_mail("ann@example.com", limit=0.1)
    assert [mail.envelope["to"] for mail in smtp.mails()] == [["ann@example.com"], ["bob@example.com"],
                                                              ["ann@example.com"]]


def test_it_misbehaves_as_it_is_told(smtp):
    smtp.behave(RCPT={"reply": "450 4.2.0 later", "to": "ann@", "times": 1})
    with client(smtp) as server:
        server.send_message(mail_to("bob@example.com"))
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            server.send_message(mail_to("ann@example.com"))
        assert refused.value.recipients["ann@example.com"] == (450, b"4.2.0 later")
        server.send_message(mail_to("ann@example.com"))
    assert len(smtp.mails("ann@example.com")) == 1


def test_stopped_and_started(smtp):
    with client(smtp) as server:
        server.send_message(mail_to("ann@example.com"))
    smtp.stop()
    with pytest.raises(OSError):
        client(smtp)
    smtp.start()
    with client(smtp) as server:
        server.send_message(mail_to("ann@example.com"))
    assert len(smtp.mails("ann@example.com")) == 2


def test_what_goes_wrong_once_goes_wrong_once_in_each_test(smtp):
    for _ in range(2):
        smtp.clear()
        smtp.behave(RCPT={"reply": "450 4.2.0 later", "times": 1})
        with client(smtp) as server:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                server.send_message(mail_to("ann@example.com"))
            server.send_message(mail_to("ann@example.com"))
