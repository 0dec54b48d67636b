"""The pages for what comes by mail: forgot, reset, verify, and what is said when a link does not work."""

import re
from urllib.parse import urlsplit

import pytest

from browser import NAVIGATION, Browser
from mailing import Mailing, links_in, token_in

NEW = "Another-Passw0rd"


@pytest.fixture
def visit(nginx, smtp, postgres):
    """visit(**realm): a server that sends mail, and a browser that has not been there yet."""
    def make(**realm):
        mailing = Mailing(nginx, smtp, postgres, cookie_secure="off", **realm)
        return mailing, Browser(mailing.server)
    return make


def title(answer):
    return re.search(r"<h1>(.*?)</h1>", answer.text).group(1)


def link_of(mail):
    (link,) = [each for each in links_in(mail) if "token=" in each]
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def hidden_token(page):
    return re.search(r'name="token" value="([^"]+)"', page.text).group(1)


def test_a_forgotten_password_from_the_login_page_to_the_new_login(visit, smtp):
    _, browser = visit(verify_email="off")
    browser.register()
    browser.session.cookies.clear()
    assert 'href="/auth/forgot"' in browser.get("/auth/login").text
    assert title(browser.get("/auth/forgot")) == "Forgot your password?"
    assert title(browser.post("/auth/forgot", {"email": browser.email})) == "Check your mail"

    page = browser.get(link_of(smtp.wait_for_mail(browser.email)))
    assert title(page) == "Choose a new password"
    form = {"token": hidden_token(page), "password": "short"}
    again = browser.post("/auth/reset", form)
    assert again.status_code == 400 and "at least 8 characters" in again.text and hidden_token(again) == form["token"]

    answer = browser.post("/auth/reset", {**form, "password": NEW})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/login?done=password_reset")
    assert not browser.cookies, "requirement 57: a reset logs nobody in"
    assert "You can log in with it now" in browser.get("/auth/login?done=password_reset").text
    browser.password = NEW
    assert browser.login().status_code == 303
    used = browser.get(f"/auth/reset?token={form['token']}")
    assert title(used) == "This link does not work any more" and 'type="password"' not in used.text
    assert title(browser.post("/auth/reset", {"token": form["token"], "password": NEW})) == "This link does not work any more"


def test_requirement_43_only_the_button_verifies_not_the_link(visit, smtp):
    _, browser = visit()
    browser.register()
    link = link_of(smtp.wait_for_mail(browser.email))
    for _ in range(2):      # a mail scanner follows it first
        page = browser.get(link)
        assert title(page) == "Confirm your address"
    assert "Please confirm your e-mail address" in browser.get("/auth/account").text
    done = browser.post("/auth/verify", {"token": hidden_token(page)})
    assert (done.status_code, title(done)) == (200, "Your address is confirmed")
    assert "Please confirm your e-mail address" not in browser.get("/auth/account").text
    again = browser.post("/auth/verify", {"token": hidden_token(page)})
    assert (again.status_code, title(again)) == (400, "This link does not work any more")


def test_where_verification_is_required_nobody_is_in_before(visit, smtp):
    _, browser = visit(verify_email="required")
    answer = browser.register()
    assert (answer.status_code, title(answer)) == (202, "Check your mail")
    assert browser.email in answer.text and not browser.cookies
    first = token_in(smtp.wait_for_mail(browser.email))
    refused = browser.login()
    assert (refused.status_code, title(refused)) == (403, "Check your mail")
    assert browser.email in refused.text and browser.password not in refused.text
    resent = browser.post("/auth/verify/resend", {"email": browser.email})
    assert resent.status_code == 200 and "a new mail is on its way" in resent.text
    second = token_in(smtp.wait_for_mail(browser.email))
    assert title(browser.post("/auth/verify", {"token": first})) == "This link does not work any more"
    assert title(browser.post("/auth/verify", {"token": second})) == "Your address is confirmed"
    assert browser.login().status_code == 303


def test_requirement_52_the_pages_answer_alike_for_known_and_unknown_addresses(visit, smtp):
    _, browser = visit(verify_email="required")
    browser.register()
    known, unknown = browser.email, "nobody.at.all@example.com"
    for path in ("/auth/forgot", "/auth/verify/resend"):
        answers = [browser.post(path, {"email": email}) for email in (known, unknown)]
        assert len({answer.status_code for answer in answers}) == 1
        assert answers[0].text.replace(known, "") == answers[1].text.replace(unknown, "")
    person = {"name": "Jane", "password": "SecurePass123"}
    answers = [browser.post("/auth/register", {**person, "email": email}) for email in (known, unknown)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].text.replace(known, "") == answers[1].text.replace(unknown, "")


def test_requirement_58_a_new_address_is_confirmed_before_it_counts(visit, smtp):
    _, browser = visit()
    browser.register()
    old, new = browser.email, "new." + browser.email
    browser.post("/auth/verify", {"token": token_in(smtp.wait_for_mail(old))})
    wish = {"name": "Jane Doe", "email": new, "current_password": browser.password}
    answer = browser.post("/auth/account/profile", wish)
    assert answer.headers["Location"] == "/auth/account?done=email_confirmation_sent"
    account = browser.get("/auth/account?done=email_confirmation_sent")
    assert "until then, the old one stays" in account.text and f'value="{old}"' in account.text
    assert title(browser.post("/auth/verify", {"token": token_in(smtp.wait_for_mail(new))})) == "Your address is confirmed"
    assert f'value="{new}"' in browser.get("/auth/account").text
    assert smtp.wait_for_mail(old).message["Subject"] == "Your e-mail address has been changed"


@pytest.mark.parametrize("path", ["/auth/reset", "/auth/verify", "/auth/reset?token=", "/auth/verify?other=1"])
def test_a_link_that_was_cut_off_is_explained(visit, path):
    _, browser = visit()
    answer = browser.get(path)
    assert (answer.status_code, title(answer)) == (400, "This link does not work any more")


def test_a_realm_without_mail_offers_none(nginx):
    browser = Browser(nginx("location /auth/ { gatehouse_api %REALM% rest; }", realm={"cookie_secure": "off"}))
    assert "/auth/forgot" not in browser.get("/auth/login").text
    assert browser.post("/auth/forgot", {"email": "jane@example.com"}, headers=NAVIGATION).status_code == 404
