"""Verifying an e-mail: asked for, or required before one may log in."""

import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import Account, bearer, claims
from mailing import Mailing, links_in, token_in
from stores import TREE

PASSWORD = "SecurePass123"


def someone():
    return f"ann.{secrets.token_hex(5)}@example.com"


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres)


@pytest.fixture
def required(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, verify_email="required")


def remote_user(answer):
    assert answer.status_code == 200
    return dict(answer.json()["headers"]).get("Remote-User")


def test_registering_sends_one_mail_whose_link_verifies(mailing, smtp):
    account = Account(mailing.server, name="Ann Müller")
    assert remote_user(account.visit()) is None, "an unverified e-mail is no identity"
    mail = smtp.wait_for_mail(account.email)
    assert mail.message["Subject"] == "Confirm your e-mail address"
    assert mail.message["To"].addresses[0].display_name == "Ann Müller"
    assert mail.envelope["to"] == [account.email]
    answer = mailing.post("verify", token=token_in(mail, "/auth/verify"))
    assert answer.status_code == 200, answer.text
    assert account.visit().status_code == 401, "the old access token does not know of the e-mail"
    account.refresh()
    assert remote_user(account.visit()) == account.email
    assert len(smtp.mails(account.email)) == 1


def test_the_mail_speaks_the_language_of_the_request(mailing, smtp):
    address = someone()
    mailing.post("register", {"Accept-Language": "de-CH, de;q=0.9, en;q=0.5"}, name="Ann", email=address, password=PASSWORD)
    mail = smtp.wait_for_mail(address)
    assert mail.message["Subject"] != "Confirm your e-mail address"
    assert "1 Tag" in mail.text and "1 Tag" in mail.html


def test_requirement_56_the_link_leads_to_public_url_whatever_the_host_header_says(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres, public_url="https://www.example.com")
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    address = someone()
    assert mailing.post("register", forged, name="Ann", email=address, password=PASSWORD).status_code == 201
    mail = smtp.wait_for_mail(address)
    assert all(link.startswith("https://www.example.com/auth/") for link in links_in(mail))
    assert b"evil.example" not in mail.raw


def test_requirement_54_a_link_works_once(mailing, smtp):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("verify", token=token).status_code == 200
    again = mailing.post("verify", token=token)
    assert (again.status_code, again.json()["message"]) == (400, "This link does not work, or has been used already")


def test_requirement_54_of_parallel_uses_one_succeeds(mailing, smtp):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: mailing.post("verify", token=token).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_requirement_54_the_database_holds_no_token(mailing, smtp, postgres):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    assert len(token) == 43, "256 bits in base64url"
    for table in ("outbox", "one_time_tokens", "audit_events"):
        assert token not in str(postgres.query(f"select t::text from gatehouse.{table} t"))


def test_an_expired_link_says_so(mailing, smtp):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    mailing.outbox.expire_links()
    answer = mailing.post("verify", token=token)
    assert (answer.status_code, answer.json()["message"]) == (400, "This link has expired")


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "ä" * 20, "%00", "../../", "A" * 5000])
def test_a_token_that_never_was_is_one_clear_error(mailing, token):
    answer = mailing.post("verify", token=token)
    assert answer.status_code == 400
    assert "does not work" in answer.json()["message"] or "errors" in answer.json()


def test_requirement_55_a_new_link_voids_the_older(mailing, smtp):
    account = Account(mailing.server)
    first = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("verify/resend", email=account.email.upper()).status_code == 202
    second = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("verify", token=first).status_code == 400
    assert mailing.post("verify", token=second).status_code == 200


def test_a_verified_user_gets_no_further_mail(mailing, smtp):
    account = Account(mailing.server)
    mailing.post("verify", token=token_in(smtp.wait_for_mail(account.email)))
    assert mailing.post("verify/resend", email=account.email).status_code == 202
    mailing.outbox.wait_for(("verify", "sent"))
    assert len(smtp.mails(account.email)) == 1


def test_the_link_of_an_email_that_was_changed_meanwhile_is_dead(nginx, smtp, postgres):
    mailing = Mailing(nginx, smtp, postgres)
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    postgres.query("update gatehouse.users set email = 'other.' || email where id = %s", account.id)
    assert mailing.post("verify", token=token).status_code == 400


def test_a_disabled_user_verifies_nothing(mailing, smtp, postgres):
    account = Account(mailing.server)
    token = token_in(smtp.wait_for_mail(account.email))
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", mailing.server.realm, account.email)
    assert mailing.post("verify", token=token).status_code == 400


def test_requirement_15_links_are_not_interchangeable(mailing, smtp):
    account = Account(mailing.server)
    verify = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("reset", token=verify, password="Another-Passw0rd").status_code == 400
    assert mailing.post("refresh", refreshToken=verify).status_code == 403
    assert account.visit(token=verify).status_code == 401
    mailing.post("forgot", email=account.email)
    reset = token_in(smtp.wait_for_mail(account.email))
    assert mailing.post("verify", token=reset).status_code == 400
    for token in (account.access, account.refresh_token):
        assert mailing.post("verify", token=token).status_code == 400
        assert mailing.post("reset", token=token, password="Another-Passw0rd").status_code == 400
    assert mailing.post("verify", token=verify).status_code == 200, "all that used nothing up"


def test_a_link_of_one_realm_is_nothing_in_another(nginx, smtp, postgres):
    one, other = Mailing(nginx, smtp, postgres), Mailing(nginx, smtp, postgres)
    token = token_in(smtp.wait_for_mail(Account(one.server).email))
    assert other.post("verify", token=token).status_code == 400
    assert one.post("verify", token=token).status_code == 200


# ---- verify_email required ----

def test_required_nobody_logs_in_before(required, smtp):
    address = someone()
    answer = required.post("register", name="Ann", email=address, password=PASSWORD)
    assert answer.status_code == 202 and set(answer.json()) == {"message"}
    answer = required.post("login", email=address, password=PASSWORD)
    assert (answer.status_code, answer.json()["message"]) == (403, "The e-mail must be verified first")
    assert required.post("login", email=address, password="Wrong-Passw0rd").status_code == 401
    required.post("verify", token=token_in(smtp.wait_for_mail(address)))
    answer = required.post("login", email=address, password=PASSWORD)
    assert answer.status_code == 200
    assert claims(answer.json()["tokens"]["accessToken"])["email_verified"] is True


def test_requirement_52_required_a_taken_email_answers_alike_and_tells_its_owner(required, smtp):
    address = someone()
    fresh = required.post("register", name="Ann", email=address, password=PASSWORD)
    smtp.wait_for_mail(address)
    taken = required.post("register", name="Eve", email=address.upper(), password="Another-Passw0rd")
    assert (taken.status_code, taken.content) == (fresh.status_code, fresh.content)
    assert set(taken.headers) == set(fresh.headers)
    mail = smtp.wait_for_mail(address)
    assert mail.message["Subject"] == "You have an account already"
    assert not any("token=" in link for link in links_in(mail))
    assert "Eve" not in mail.text
    assert required.post("login", email=address, password="Another-Passw0rd").status_code == 401


def test_required_needs_a_mail_server(nginx):
    server = nginx(realm={"verify_email": "required"}, start=False)
    accepted, said = server.test_conf()
    assert not accepted and "smtp" in said


def test_without_a_mail_server_there_is_no_mail_to_ask_for(nginx):
    server = nginx("location /auth/ { gatehouse_api %REALM% rest; }", realm={"verify_email": "on"})
    for route in ("forgot", "verify/resend"):
        assert server.post(f"/auth/{route}", json={"email": "ann@example.com"}).status_code == 404


@pytest.mark.parametrize("file, text, complaint", [
    ("verify.html", None, "verify.html"), ("reset.txt", None, "reset.txt"), ("en.json", None, "en.json"),
    ("verify.txt", "{{#link}} and no end", "verify.txt"), ("en.json", "{}", "is not in en.json"),
])
def test_a_broken_template_is_found_by_nginx_t(nginx, smtp, folder, file, text, complaint):
    mails = folder / "mails"
    shutil.copytree(TREE / "mails", mails)
    if text is None:
        (mails / file).unlink()
    else:
        for each in mails.glob("*.json") if file.endswith(".json") else [mails / file]:
            each.write_text(text)
    server = nginx(realm={"smtp": f"{smtp.url} from=auth@example.com", "mails": str(mails)}, start=False)
    accepted, said = server.test_conf()
    assert not accepted and complaint in said, said


@pytest.mark.parametrize("body", [
    b'{"email":["a@example.com","b@example.com"]}', b'{"email":"a@example.com","email":"b@example.com"}',
    b'{"email":"a@example.com\\r\\nBcc: b@example.com"}', b'{"email":"a@example.com,b@example.com"}',
    b'{"email":"a@example.com b@example.com"}', b'{"email":{"$ne":1}}', b'{"email":null}', b'{}',
    '{"email":"\u0430nn@example.com"}'.encode(), '{"email":"ann@ex\u0430mple.com"}'.encode(),
    b'{"email":"<a@example.com>"}', b'{"email":"a@example.com\\u0000"}', b'{"email":"\\"a b\\"@example.com"}',
])
@pytest.mark.parametrize("route", ["forgot", "verify/resend"])
def test_whatever_is_no_single_address_is_one_clear_error_and_no_mail(mailing, smtp, route, body):
    answer = mailing.server.post(f"/auth/{route}", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert mailing.outbox.rows() == []


def test_resend_with_a_signed_in_users_own_address(mailing, smtp):
    account = Account(mailing.server)
    smtp.wait_for_mail(account.email)
    answer = mailing.post("verify/resend", bearer(account.access), email=account.email)
    assert answer.status_code == 202
    assert smtp.wait_for_mail(account.email)
