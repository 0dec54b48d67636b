"""The `form` contract where mail is sent: the links to reset a password and to verify an e-mail."""

from urllib.parse import parse_qs, urlsplit

import pytest

from browser import set_cookies
from form_client import FORM, HTML, NEW, assert_json, assert_text, curl, handle_of, login, new_person, signup, with_handle
from mailing import ELSEWHERE, REALIP, Mailing, wait_for_link


@pytest.fixture
def server(nginx):
    """Plain HTTP, where browsers keep no Secure cookie."""
    return nginx(FORM, realm={"cookie_secure": "off"})


@pytest.fixture
def mailing(nginx, smtp, postgres):
    return Mailing(nginx, smtp, postgres, text=FORM, verify_email="off", cookie_secure="off")


def link_in_mail(smtp, person, path):
    """The secret of the first link to there, whatever other mails there are."""
    return parse_qs(urlsplit(wait_for_link(smtp, person["email"], path)).query)["uuid"][0]


def forget(server, smtp, person):
    assert_json(server.post("/auth/forgot-password", data={"email": person["email"]}), 200,
                "Password reset link sent to your email")
    return link_in_mail(smtp, person, "/auth/reset-password")


@pytest.mark.parametrize("send", [
    lambda server, uuid: server.get(f"/auth/reset-password?uuid={uuid}&password={NEW}"),
    lambda server, uuid: server.request("GET", "/auth/reset-password", files={"uuid": (None, uuid), "password": (None, NEW)}),
    lambda server, uuid: server.request("GET", "/auth/reset-password", data={"uuid": uuid, "password": NEW}),
    lambda server, uuid: server.post("/auth/reset-password", data={"uuid": uuid, "password": NEW}),
    lambda server, uuid: server.post(f"/auth/reset-password?uuid={uuid}&password={NEW}"),
], ids=["query", "multipart GET", "urlencoded GET", "POST", "POST with a query"])
def test_reset_password(mailing, smtp, send):
    server = mailing.server
    person, answer = signup(server)
    uuid = forget(server, smtp, person)
    assert_json(send(server, uuid), 200, "Password reset successful")
    assert server.get("/", headers=with_handle(handle_of(answer))).status_code == 401
    assert login(server, person).status_code == 401
    assert_text(login(server, {**person, "password": NEW}), 200, "Login successful")
    assert_json(send(server, uuid), 404, "User not found")
    assert uuid not in server.access_log() + server.error_log() and NEW not in server.access_log()


def test_the_documents_reset_with_curl(mailing, smtp):
    person, _ = signup(mailing.server)
    uuid = forget(mailing.server, smtp, person)
    assert curl(mailing.server, "--request", "GET", mailing.server.url + "/auth/reset-password", "--form",
                f'uuid="{uuid}"', "--form", f'password="{NEW}"') == (
        200, '{"code":200,"message":"Password reset successful"}')


def test_requirement_52_forgot_password_says_the_same_of_nobody(mailing):
    answer = mailing.server.post("/auth/forgot-password", data={"email": "nobody@example.com"})
    assert_json(answer, 200, "Password reset link sent to your email")
    assert_text(mailing.server.post("/auth/forgot-password", data={}), 400, "email is required")


@pytest.mark.parametrize("typed", ["john", "a@b@c", " ", "x" * 500])
def test_requirement_52_forgot_password_judges_no_address(mailing, typed):
    assert_json(mailing.server.post("/auth/forgot-password", data={"email": typed}), 200, "Password reset link sent to your email")
    page = mailing.server.post("/auth/forgot-password", data={"email": typed}, headers=HTML)
    known = mailing.server.post("/auth/forgot-password", data={"email": "nobody@example.com"}, headers=HTML)
    assert (page.status_code, page.text) == (200, known.text)


def test_a_reset_that_lacks_something(mailing, smtp):
    server = mailing.server
    person, _ = signup(server)
    uuid = forget(server, smtp, person)
    assert_text(server.get("/auth/reset-password"), 400, "uuid is required")
    assert_text(server.get(f"/auth/reset-password?uuid={uuid}"), 400, "password is required")
    assert_text(server.post("/auth/reset-password", data={"uuid": uuid, "password": "short"}), 400,
                "password must have at least 8 characters")
    assert_json(server.get("/auth/reset-password?uuid=x&password=" + NEW), 404, "User not found")
    assert_json(server.get(f"/auth/reset-password?uuid={uuid}&password={NEW}"), 200, "Password reset successful")


def test_requirement_43_a_head_resets_nothing(mailing, smtp):
    server = mailing.server
    person, _ = signup(server)
    uuid = forget(server, smtp, person)
    assert "HEAD" in server.request("PUT", "/auth/reset-password").headers["Allow"]
    for query in ("", f"?uuid={uuid}", f"?uuid={uuid}&password={NEW}"):
        for headers in ({}, HTML):
            answer = server.request("HEAD", "/auth/reset-password" + query, headers=headers)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert login(server, person).status_code == 200
    assert_json(server.get(f"/auth/reset-password?uuid={uuid}&password={NEW}"), 200, "Password reset successful")


def test_a_browser_resets_by_the_link(mailing, smtp):
    server = mailing.server
    person, _ = signup(server)
    sent = server.post("/auth/forgot-password", data={"email": person["email"]}, headers=HTML)
    assert sent.status_code == 200 and "/auth/login" in sent.text
    uuid = link_in_mail(smtp, person, "/auth/reset-password")
    page = server.get(f"/auth/reset-password?uuid={uuid}", headers=HTML)
    assert page.status_code == 200
    assert 'action="/auth/reset-password"' in page.text and f'name="token" value="{uuid}"' in page.text
    weak = server.post("/auth/reset-password", data={"token": uuid, "password": "short"}, headers=HTML)
    assert weak.status_code == 400 and f'name="token" value="{uuid}"' in weak.text
    done = server.post("/auth/reset-password", data={"token": uuid, "password": NEW}, headers=HTML)
    assert (done.status_code, done.headers["Location"]) == (303, "/auth/login?done=password_reset")
    assert "You can log in with it now" in server.get(done.headers["Location"]).text
    dead = server.post("/auth/reset-password", data={"token": uuid, "password": NEW}, headers=HTML)
    assert dead.status_code == 400 and 'href="/auth/forgot-password"' in dead.text


def test_no_mail_no_reset(server):
    assert_text(server.post("/auth/forgot-password", data={"email": "a@example.com"}), 404, "This site sends no mail")


def test_verification_before_the_first_login(nginx, smtp, postgres):
    server = Mailing(nginx, smtp, postgres, text=FORM, verify_email="required", cookie_secure="off").server
    person = new_person()
    answer = server.post("/auth/signup", data=person)
    assert_text(answer, 200, "Signup successful")
    assert set_cookies(answer) == []
    assert_text(server.post("/auth/signup", data=person), 400, "A user with this email already exists")
    assert_text(login(server, person), 403, "The e-mail must be verified first")
    assert_json(server.post("/auth/verify/resend", data={"email": "john"}), 200, "Verification link sent to your email")
    uuid = link_in_mail(smtp, person, "/auth/verify")
    assert f'name="token" value="{uuid}"' in server.get(f"/auth/verify?uuid={uuid}").text
    done = server.post("/auth/verify", data={"token": uuid}, headers=HTML)
    assert done.status_code == 200 and 'href="/auth/login"' in done.text
    assert_text(login(server, person), 200, "Login successful")
    assert_json(server.post("/auth/verify", data={"uuid": uuid}), 404, "User not found")


def test_requirement_52_too_many_mails_are_too_many_for_nobody_as_well(nginx, smtp, postgres):
    server = Mailing(nginx, smtp, postgres, text=REALIP + FORM, verify_email="off", cookie_secure="off",
                     limit_mails="account=2/1m address=off").server
    person, _ = signup(server)
    for email in (person["email"], "nobody@example.com"):
        answers = [server.post("/auth/forgot-password", data={"email": email}, headers=ELSEWHERE) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert_text(answers[2], 429, "Too many requests, try again later")
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
