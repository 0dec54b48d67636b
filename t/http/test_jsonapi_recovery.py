"""The `jsonapi` contract: a forgotten password, from the mail over the page, or over JSON, to the new login."""

import json
import re
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import API, GUARDED, Account, bearer
from browser import NAVIGATION, Browser
from contract import assert_answer, cookies_of
from jsonapi_client import V1, Client, plain, schema
from mailing import ELSEWHERE, REALIP, Mailing, links_in, token_in
from processes import wait_until

NEW = "mysecretpass7"
SENT = '{"data":{"type":"users","detail":"Recovery email sent"}}'
CHANGED = '{"data":{"type":"users","detail":"Password changed"}}'
UNKNOWN = plain(400, "This link does not work, or has been used already")


@pytest.fixture
def make(nginx, smtp, postgres):
    """make(**realm): a server that sends mail."""
    return lambda text=V1 + API + GUARDED, **realm: Mailing(nginx, smtp, postgres, text=text, **{"verify_email": "off", **realm})


@pytest.fixture
def mailing(make):
    return make()


def recover(server, email, **headers):
    return server.post("/v1/auth/recovery", json={"email": email}, headers=headers)


def token_for(mailing, smtp, client):
    assert_answer(recover(mailing.server, client.email), 200, SENT)
    return token_in(smtp.wait_for_mail(client.email), "/v1/web/profile")


def reset(server, token, password=NEW):
    return server.post("/v1/web/profile", json={"token": token, "password": password})


def title(page):
    return re.search(r"<h1>(.*?)</h1>", page.text).group(1)


# ---- asking for the mail ----

@pytest.mark.parametrize("in_envelope", [False, True], ids=["bare", "envelope"])
def test_recovery_as_in_the_document(mailing, smtp, in_envelope):
    client = Client(mailing.server)
    body = {"email": client.email}
    answer = mailing.server.post("/v1/auth/recovery", json={"data": {"type": "users", "attributes": body}} if in_envelope else body)
    assert_answer(answer, 200, SENT)
    assert not cookies_of(answer)
    mail = smtp.wait_for_mail(client.email)
    assert mail.message["Subject"] == "Account Recovery"
    assert "15 minutes" in mail.text and "15 minutes" in mail.html


def test_requirement_56_the_links_host_is_public_url(mailing, smtp):
    client = Client(mailing.server)
    recover(mailing.server, client.email, Host="evil.example.com", **{"X-Forwarded-Host": "evil.example.com"})
    mail = smtp.wait_for_mail(client.email)
    (link,) = links_in(mail)
    assert re.fullmatch(re.escape(mailing.server.url + "/v1/web/profile?token=") + r"[\w-]{22,}", link)
    assert "evil" not in mail.text + mail.html


def test_requirement_52_an_unknown_address_gets_the_same_answer_and_no_mail(mailing, smtp):
    client = Client(mailing.server)
    nobody = f"nobody.{secrets.token_hex(5)}@authcompanion.com"
    known, unknown = recover(mailing.server, client.email), recover(mailing.server, nobody)
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (200, SENT.encode())
    assert list(known.headers) == list(unknown.headers)
    smtp.wait_for_mail(client.email)
    mailing.outbox.wait_for(to=nobody)
    assert smtp.mails(nobody) == []


@pytest.mark.parametrize("body, message", [
    ({}, "body must have required property 'email'"),
    ({"email": 5}, "body/email must be string"),
    ({"email": "x"}, "body/email has no @"),
    ({"data": {}}, "body/data must have required property 'type'"),
    ({"data": {"type": "users", "attributes": {}}}, "body/data/attributes must have required property 'email'"),
])
def test_the_schema_is_fastifys(mailing, body, message):
    assert_answer(mailing.server.post("/v1/auth/recovery", json=body), 400, schema(message))


def test_a_realm_without_mail_says_so(nginx):
    server = nginx(V1)
    assert_answer(recover(server, "ann@example.com"), 404, plain(404, "This site sends no mail"))


def test_limits_are_those_of_mails(make):
    server = make(text=REALIP + V1, limit_mails="account=1/1h").server
    client = Client(server)
    assert recover(server, client.email, **ELSEWHERE).status_code == 200
    answer = recover(server, client.email, **ELSEWHERE)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0


# ---- by JSON ----

def test_requirement_57_a_reset_by_json_ends_all_sessions_and_logs_nobody_in(mailing, smtp):
    client = Client(mailing.server)
    answer = reset(mailing.server, token_for(mailing, smtp, client))
    assert_answer(answer, 200, CHANGED)
    assert not cookies_of(answer)
    assert client.visit().status_code == 401
    assert client.refresh().status_code == 400
    assert client.login().status_code == 400, "the old password"
    assert client.login(NEW).status_code == 200
    assert smtp.wait_for_mail(client.email).message["Subject"] == "Your password has been changed"


def test_the_envelope_is_taken_there_too(mailing, smtp):
    client = Client(mailing.server)
    attributes = {"token": token_for(mailing, smtp, client), "password": NEW}
    answer = mailing.server.post("/v1/web/profile", json={"data": {"type": "users", "attributes": attributes}})
    assert_answer(answer, 200, CHANGED)
    assert client.login(NEW).status_code == 200


def test_requirement_54_the_token_works_once(mailing, smtp):
    client = Client(mailing.server)
    token = token_for(mailing, smtp, client)
    assert reset(mailing.server, token).status_code == 200
    assert_answer(reset(mailing.server, token, "mysecretpass8"), 400, UNKNOWN)
    assert client.login(NEW).status_code == 200


def test_requirement_55_a_new_link_voids_the_older_one_of_whichever_dialect(mailing, smtp):
    client = Client(mailing.server)
    first = token_for(mailing, smtp, client)
    mailing.post("forgot", email=client.email)
    second = token_in(smtp.wait_for_mail(client.email), "/auth/reset")
    assert_answer(reset(mailing.server, first), 400, UNKNOWN)
    assert reset(mailing.server, second).status_code == 200


def test_requirement_15_the_token_is_neither_a_refresh_token_nor_a_bearer(mailing, smtp):
    client = Client(mailing.server)
    token = token_for(mailing, smtp, client)
    assert_answer(client.refresh(token), 400, plain(400, "Refresh Token Failed"))
    assert_answer(client.logout(token), 400, plain(400, "Refresh Token Failed"))
    assert_answer(client.change(token, name="Ann"), 401, plain(401, "Unauthorized"))
    assert client.visit(token).status_code == 401
    assert reset(mailing.server, token).status_code == 200, "nor is it used up by that"


@pytest.mark.parametrize("other", ["access", "refresh_token"])
def test_nor_are_those_good_for_a_reset(mailing, other):
    client = Client(mailing.server)
    assert_answer(reset(mailing.server, getattr(client, other)), 400, UNKNOWN)
    assert client.login().status_code == 200


def test_an_expired_token_says_so(mailing, smtp):
    client = Client(mailing.server)
    token = token_for(mailing, smtp, client)
    mailing.outbox.expire_links()
    assert_answer(reset(mailing.server, token), 400, plain(400, "This link has expired"))
    page = Browser(mailing.server).post("/v1/web/profile", {"token": token, "password": NEW})
    assert page.status_code == 400 and "This link has expired" in page.text
    assert client.login().status_code == 200


def test_a_weak_password_leaves_the_link_good(mailing, smtp):
    client = Client(mailing.server)
    token = token_for(mailing, smtp, client)
    assert_answer(reset(mailing.server, token, "short"), 400, schema("body/password must have at least 8 characters"))
    assert_answer(mailing.server.post("/v1/web/profile", json={"token": token}), 400,
                  schema("body must have required property 'password'"))
    assert reset(mailing.server, token).status_code == 200


# ---- in a browser, without its scripts ----

def test_the_link_in_a_browser_from_the_mail_to_the_new_login(mailing, smtp):
    client, browser = Client(mailing.server), Browser(mailing.server)
    token = token_for(mailing, smtp, client)
    for _ in range(2):      # a mail scanner follows it first
        page = browser.get(f"/v1/web/profile?token={token}")
        assert (page.status_code, title(page)) == (200, "Choose a new password")
    assert client.login().status_code == 200, "opening the link changes nothing"
    action = re.search(r'<form method="post" action="([^"]+)"', page.text).group(1)
    form = {"token": re.search(r'name="token" value="([^"]+)"', page.text).group(1)}
    assert (action, form["token"]) == ("/v1/web/profile", token)

    again = browser.post(action, {**form, "password": "short"})
    assert again.status_code == 400 and "at least 8 characters" in again.text and f'value="{token}"' in again.text
    done = browser.post(action, {**form, "password": NEW})
    assert (done.status_code, title(done)) == (200, "Your password is changed")
    assert token not in done.text and NEW not in done.text
    assert not browser.cookies, "requirement 57: a reset logs nobody in"
    assert client.login(NEW).status_code == 200
    used = browser.post(action, {**form, "password": NEW})
    assert used.status_code == 400 and "has been used already" in used.text


def test_what_the_page_needs_is_there(mailing):
    browser = Browser(mailing.server)
    page = browser.get("/v1/web/profile?token=x")
    addresses = re.findall(r'(?:href|src)="(/v1/[^"]+)"', page.text)
    assert any(each.endswith(".css") for each in addresses) and any(each.endswith(".js") for each in addresses)
    for address in addresses:
        answer = mailing.server.get(address)
        assert answer.status_code == 200 and answer.content, address
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
    assert mailing.server.get("/v1/web/assets/none.css").status_code == 404


@pytest.mark.parametrize("query", ["", "?token=", "?other=1"])
def test_a_link_that_was_cut_off_says_so(mailing, query):
    page = Browser(mailing.server).get("/v1/web/profile" + query)
    assert page.status_code == 400 and "This link does not work" in page.text and "<form" not in page.text


def test_the_page_is_in_the_readers_language(mailing):
    page = Browser(mailing.server).get("/v1/web/profile?token=x", headers={**NAVIGATION, "Accept-Language": "de"})
    assert title(page) == "Das hat nicht geklappt" and page.headers["Content-Language"] == "de"


def test_requirement_43_another_sites_form_and_other_bodies_are_refused(mailing, smtp):
    client, browser = Client(mailing.server), Browser(mailing.server)
    form = {"token": token_for(mailing, smtp, client), "password": NEW}
    assert browser.post("/v1/web/profile", form, site="cross-site").status_code == 403
    assert mailing.server.post("/v1/web/profile", data=json.dumps(form), headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.login().status_code == 200


def test_requirement_61_no_log_shows_the_token(mailing, smtp):
    client, browser = Client(mailing.server), Browser(mailing.server)
    token = token_for(mailing, smtp, client)
    browser.get(f"/v1/web/profile?token={token}")
    browser.post(f"/v1/web/profile?token={token}", {"token": token, "password": NEW})
    wait_until(lambda: "POST /v1/web/profile?token=***" in mailing.server.access_log(), "the line in the log")
    assert token not in mailing.server.access_log() + mailing.server.error_log()


def test_without_pages_the_link_works_by_json_only(make, smtp):
    mailing = make(pages="off")
    client = Client(mailing.server)
    token = token_for(mailing, smtp, client)
    assert mailing.server.get(f"/v1/web/profile?token={token}").status_code == 405
    form = mailing.server.post("/v1/web/profile", data={"token": token, "password": NEW})
    assert form.status_code == 415
    assert reset(mailing.server, token).status_code == 200


def test_the_guard_sends_nobody_to_this_page(make):
    """It has no login; the pages of `rest`, which do, come after it."""
    server = make(V1 + GUARDED).server
    assert server.get("/", headers=NAVIGATION).status_code == 401
    answer = make(V1 + API + GUARDED).server.get("/", headers=NAVIGATION, allow_redirects=False)
    assert answer.status_code in (302, 303) and answer.headers["Location"].startswith("/auth/login?return=")


# ---- a page of the operator's own ----

@pytest.mark.parametrize("directive, before", [("/app/reset", "%s/app/reset"),
                                               ("https://app.example.com/new-password", "https://app.example.com/new-password")])
def test_the_recovery_url_is_a_directive(make, smtp, directive, before):
    mailing = make(jsonapi_recovery_url=directive)
    client = Client(mailing.server)
    recover(mailing.server, client.email)
    (link,) = links_in(smtp.wait_for_mail(client.email))
    parts = urlsplit(link)
    assert link.partition("?")[0] == (before % mailing.server.url if "%s" in before else before)
    assert reset(mailing.server, parse_qs(parts.query)["token"][0]).status_code == 200
    account = Account(mailing.server)
    mailing.post("forgot", email=account.email)
    token_in(smtp.wait_for_mail(account.email), "/auth/reset")      # it is of this dialect only


@pytest.mark.parametrize("wrong", ["//evil.example.com/x", "app/reset", "https://app.example.com/x?y=1", "/x#y", "javascript:x",
                                   "https://user@app.example.com/", "'/a b'", "''", "ftp://example.com/"])
def test_a_wrong_recovery_url_is_refused(nginx, wrong):
    accepted, said = nginx(V1, realm={"jsonapi_recovery_url": wrong}, start=False).test_conf()
    assert not accepted and "https://HOST/PATH" in said


def test_an_allowed_origins_page_may_reset(make, smtp):
    mailing = make("gatehouse_allow_origin https://app.example.com;" + V1)
    client = Client(mailing.server)
    body = {"token": token_for(mailing, smtp, client), "password": NEW}
    for origin, status in (("https://evil.example.com", 403), ("https://app.example.com", 200)):
        answer = mailing.server.post("/v1/web/profile", json=body, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == status
