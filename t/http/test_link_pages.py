"""Dialects without pages of their own: what the links in their mails open."""

import re
import secrets
from urllib.parse import urlsplit

import pytest

from browser import NAVIGATION, Browser
from contract import assert_answer
from mailing import Mailing, links_in
from test_five_dialects import csrf_headers, envelope

TEXT = "location /v1/ { gatehouse_api %REALM% jsonapi; } location /c/ { gatehouse_api %REALM% csrf; }"
PASSWORD = "SecurePass123"


def register(server, dialect, email):
    person = {"email": email, "password": PASSWORD}
    if dialect == "jsonapi":
        return server.post("/v1/auth/register", json=envelope(name="John Doe", **person))
    return server.post("/c/auth/register", json={"username": email.split("@")[0], **person}, headers=csrf_headers(server))


def login(server, dialect, email):
    person = {"email": email, "password": PASSWORD}
    if dialect == "jsonapi":
        return server.post("/v1/auth/login", json=envelope(**person))
    return server.post("/c/auth/login", json=person, headers=csrf_headers(server))


@pytest.fixture(params=["jsonapi", "csrf"])
def newcomer(request, nginx, smtp, postgres):
    """Somebody who must verify his address; the mail's link."""
    mailing = Mailing(nginx, smtp, postgres, text=TEXT, verify_email="required", csrf_rate="off")
    email = f"{secrets.token_hex(5)}@example.com"
    answer = register(mailing.server, request.param, email)
    assert answer.status_code in (201, 202), answer.text
    (link,) = links_in(smtp.wait_for_mail(email))
    return mailing, request.param, email, link


def relative(server, link):
    assert link.startswith(server.url + "/")
    return link.removeprefix(server.url)


def post_form(server, page, **fields):
    """Sends the page's form as a browser does."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page.text)[1]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return Browser(server).post(action, {**hidden, **fields})


def test_the_link_verifies_and_lets_in(newcomer):
    mailing, dialect, email, link = newcomer
    server = mailing.server
    assert urlsplit(link).path == {"jsonapi": "/v1/web/verify", "csrf": "/c/auth/verify"}[dialect]
    assert login(server, dialect, email).status_code == 403
    page = server.get(relative(server, link), headers=NAVIGATION)
    assert page.status_code == 200 and ">Confirm</button>" in page.text
    assert login(server, dialect, email).status_code == 403, "a GET changes nothing"
    done = post_form(server, page)
    assert done.status_code == 200 and "/login" not in done.text, "there is no such page here"
    assert login(server, dialect, email).status_code in (200, 201)
    again = post_form(server, page)
    assert again.status_code == 400 and "verify/resend" in again.text


REGISTERED = {
    "jsonapi": (202, '{"data":{"type":"users","detail":"Verification email sent"}}'),
    "csrf": (201, '{"id":"ID","email":"%(email)s","username":"%(name)s","createdAt":"TIME"}')}
TAKEN = {
    "jsonapi": (400, '{"statusCode":400,"message":"Registration Failed"}'),
    "csrf": (409, '{"message":"User already exists","error":"Conflict","statusCode":409}')}
UNVERIFIED = {
    "jsonapi": (403, '{"statusCode":403,"message":"The e-mail must be verified first"}'),
    "csrf": (403, '{"message":"The e-mail must be verified first","error":"Forbidden","statusCode":403}')}


def test_where_an_email_must_be_verified_first_a_taken_one_is_an_error_all_the_same(newcomer):
    """The listed deviation from "no enumeration": the clients of these contracts rely on their duplicate error."""
    mailing, dialect, email, _ = newcomer
    other = f"other.{email}"
    status, body = REGISTERED[dialect]
    assert_answer(register(mailing.server, dialect, other), status, body % {"email": other, "name": other.split("@")[0]})
    assert_answer(register(mailing.server, dialect, email.upper()), *TAKEN[dialect])
    assert_answer(login(mailing.server, dialect, email), *UNVERIFIED[dialect])


def test_a_dead_link_leads_to_another(newcomer, smtp):
    mailing, dialect, email, link = newcomer
    server = mailing.server
    mailing.outbox.expire_links()
    failed = server.get(relative(server, link), headers=NAVIGATION)
    assert failed.status_code == 400
    wrong = post_form(server, failed, email="no address")
    assert wrong.status_code == 400 and 'aria-invalid="true"' in wrong.text
    smtp.clear()
    sent = post_form(server, failed, email=email)
    assert sent.status_code == 200
    (fresh,) = links_in(smtp.wait_for_mail(email))
    assert post_form(server, server.get(relative(server, fresh), headers=NAVIGATION)).status_code == 200
    assert login(server, dialect, email).status_code in (200, 201)


def test_the_page_is_whole(newcomer):
    """Its style is there, another site's form is refused, and no log has the token."""
    mailing, _, _, link = newcomer
    server = mailing.server
    page = server.get(relative(server, link), headers={**NAVIGATION, "Accept-Language": "de"})
    assert '<html lang="de"' in page.text
    for asset in re.findall(r'(?:href|src)="([^"]*/assets/[^"]*)"', page.text):
        assert server.get(asset).status_code == 200, asset
    action = re.search(r'<form[^>]* action="([^"]+)"', page.text)[1]
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    assert Browser(server).post(action, {"token": token}, site="cross-site").status_code == 403
    server.stop()
    assert token not in server.access_log() + server.error_log()


def test_a_used_link_shows_no_form_that_would_come_to_nothing(newcomer):
    """Issue 10.26: it says so when it is opened, and looking uses nothing up."""
    mailing, dialect, email, link = newcomer
    server = mailing.server
    for _ in range(3):
        page = server.get(relative(server, link), headers=NAVIGATION)
        assert page.status_code == 200 and ">Confirm</button>" in page.text
    assert post_form(server, page).status_code == 200
    again = server.get(relative(server, link), headers=NAVIGATION)
    assert again.status_code == 400 and ">Confirm</button>" not in again.text and "verify/resend" in again.text


RESETS = {
    "rest": ("location /auth/ { gatehouse_api %REALM% rest; }", "/auth/reset?token=%s"),
    "form": ("location /auth/ { gatehouse_api %REALM% form mount=/; }", "/auth/reset-password?uuid=%s"),
    "jsonapi": ("location /v1/ { gatehouse_api %REALM% jsonapi; }", "/v1/web/profile?token=%s"),
    "bff": ("location /api/iam/ { gatehouse_api %REALM% bff; } location /iam/ { gatehouse_api %REALM% bff-pages; }",
            "/iam/verify?token=%s"),
}


@pytest.mark.parametrize("dialect", RESETS)
def test_a_reset_link_that_is_none_asks_for_no_password(nginx, smtp, postgres, dialect):
    """Issue 10.26"""
    text, link = RESETS[dialect]
    server = Mailing(nginx, smtp, postgres, text=text, limit_tokens="address=3/10m").server
    for _ in range(3):
        answer = server.get(link % secrets.token_urlsafe(32), headers=NAVIGATION, allow_redirects=False)
        if dialect == "bff":
            assert (answer.status_code, answer.headers["Location"]) == (303, "/iam/verify")
        else:
            assert answer.status_code == 400 and 'type="password"' not in answer.text
    beyond = server.get(link % secrets.token_urlsafe(32), headers=NAVIGATION, allow_redirects=False)
    assert beyond.status_code == 429 and 'type="password"' not in beyond.text and "Retry-After" in beyond.headers
