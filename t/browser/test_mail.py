"""What comes by mail, from the page that asks for it to the end of the link."""

import os
import html.parser
import re
import secrets

import pytest

from mailing import Mailing, mail_settings, token_in
from stores import TREE

NEW = "Another-Passw0rd"
DEAD = "This link does not work any more"


class Anchors(html.parser.HTMLParser):
    """The links of an HTML document: their words and addresses."""

    def __init__(self, text):
        super().__init__()
        self.found, self._href = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self._href = dict(attributes)["href"]

    def handle_data(self, data):
        if self._href is not None:
            self.found.append((data, self._href))

    def handle_endtag(self, tag):
        if tag == "a":
            self._href = None


def link_of(mail, button):
    """The address under the button's words in the text, which is that of the button in the HTML and is written there."""
    link, = re.findall(rf"^{re.escape(button)}:\n(https?://\S+)$", mail.text, re.MULTILINE)
    assert Anchors(mail.html).found == [(button, link), (link, link)]
    return link


def open_mail(tab, mail):
    """The HTML, as a mail program shows it: a page of nobody's site."""
    tab.page.goto("about:blank")
    tab.page.setContent(mail.html)
    return tab


@pytest.fixture
def make_mail_site(make_site, smtp):
    def make(**realm):
        return make_site(realm=mail_settings(smtp, **realm))
    return make


def follow_link(tab, link):
    assert link.startswith(tab.origin + "/auth/")
    return tab.go(link.removeprefix(tab.origin))


def forget_password(tab, email):
    """From the login page to the mail being on its way."""
    tab.go("/auth/login")
    assert tab.click("Forgot your password?") == 200
    assert tab.heading == "Forgot your password?"
    assert tab.fill({"E-mail address": email}).press("Send the link") == 200
    assert tab.heading == "Check your mail"


# ---- a forgotten password ----

@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def forgetful(request, make_mail_site, open_tab, smtp):
    """Jane, in a new browser, with or without JavaScript."""
    site = make_mail_site(verify_email="off")
    jane = open_tab(site).register()
    tab = open_tab(site, javaScriptEnabled=request.param)
    tab.email, tab.password = jane.email, jane.password
    return tab


def test_requirement_57_a_forgotten_password_by_the_link_in_the_text(forgetful, smtp):
    tab = forgetful
    forget_password(tab, tab.email)
    link = link_of(smtp.wait_for_mail(tab.email), "Choose a new password")

    assert follow_link(tab, link) == 200
    assert tab.heading == "Choose a new password"
    token = tab.page.inputValue("[name=token]")
    assert link.endswith("token=" + token)
    assert tab.fill({"New password": "short"}).press("Save the password") == 400
    assert tab.error_at("New password") == "This is too short: use at least 8 characters."
    assert tab.field("New password").inputValue() == ""
    assert tab.page.inputValue("[name=token]") == token

    assert tab.fill({"New password": NEW}).press("Save the password") == 200
    assert tab.heading == "Log in"
    assert tab.messages == ["Your password is changed. You can log in with it now."]
    assert tab.cookies == {}
    assert tab.log_in(tab.email, tab.password) == 401
    assert tab.messages == ["The e-mail address and the password do not match."]
    assert tab.log_in(tab.email, NEW) == 200
    assert tab.address == "/"
    assert tab.page.innerText("#user") == tab.email


def test_requirement_54_a_link_for_a_new_password_works_once_and_leads_to_another(forgetful, smtp):
    tab = forgetful
    forget_password(tab, tab.email)
    link = link_of(smtp.wait_for_mail(tab.email), "Choose a new password")
    follow_link(tab, link)
    assert tab.fill({"New password": NEW}).press("Save the password") == 200
    assert tab.heading == "Log in"
    assert follow_link(tab, link) == 400
    assert tab.heading == DEAD
    assert smtp.wait_for_mail(tab.email).message["Subject"] == "Your password has been changed"

    assert tab.click("Get a new link") == 200
    assert tab.fill({"E-mail address": tab.email}).press("Send the link") == 200
    assert tab.click("Get a new link") == 200, "in case that nothing arrives"
    assert tab.heading == "Forgot your password?"
    assert open_mail(tab, smtp.wait_for_mail(tab.email)).click("Choose a new password") == 200
    newest = "The-Newest-Passw0rd"
    assert tab.fill({"New password": newest}).press("Save the password") == 200
    assert tab.log_in(tab.email, newest) == 200
    assert tab.page.innerText("#user") == tab.email


def test_the_forgot_page_says_what_is_wrong_beside_the_field(make_mail_site, open_tab):
    tab = open_tab(make_mail_site(verify_email="off"))
    tab.go("/auth/forgot")
    assert tab.press("Send the link") == 400
    assert tab.error_at("E-mail address") == "Please enter your e-mail address."
    assert tab.fill({"E-mail address": "jane at home"}).press("Send the link") == 400
    assert tab.error_at("E-mail address").startswith("An e-mail address has no spaces")
    assert tab.field("E-mail address").inputValue() == "jane at home"


def test_a_new_password_ends_the_sessions_elsewhere(make_mail_site, open_tab, smtp):
    site = make_mail_site(verify_email="off")
    there, here = open_tab(site).register(), open_tab(site)
    forget_password(here, there.email)
    follow_link(here, link_of(smtp.wait_for_mail(there.email), "Choose a new password"))
    here.fill({"New password": NEW}).press("Save the password")
    there.click("/orders")
    assert there.heading == "Log in"


# ---- an address to be confirmed ----

def test_where_it_is_required_one_confirms_the_address_before_the_first_login(make_mail_site, open_tab, smtp):
    tab = open_tab(make_mail_site(verify_email="required"))
    assert tab.register().heading == "Check your mail"
    assert tab.email in tab.text and tab.cookies == {}
    first = link_of(smtp.wait_for_mail(tab.email), "Confirm the address")

    assert tab.click("Back to log in") == 200
    assert tab.log_in(tab.email, tab.password) == 403
    assert tab.heading == "Check your mail"
    assert tab.email in tab.text and tab.cookies == {}
    assert tab.field("E-mail address").inputValue() == tab.email
    assert tab.press("Send a new mail") == 200
    assert tab.messages == ["If this address is waiting to be confirmed, a new mail is on its way to it."]
    second = smtp.wait_for_mail(tab.email)

    assert follow_link(tab, first) == 400, "a newer link has taken its place"
    assert tab.heading == DEAD
    assert open_mail(tab, second).click("Confirm the address") == 200
    assert tab.heading == "Confirm your address"
    assert tab.focus == "Confirm"
    assert tab.enter() == 200
    assert tab.heading == "Your address is confirmed"
    assert tab.click("Log in") == 200
    assert tab.log_in(tab.email, tab.password) == 200
    assert tab.page.innerText("#user") == tab.email


SENT = "We have sent a mail to the address that you gave"


def test_a_new_mail_is_said_to_be_sent_only_when_it_was(make_mail_site, open_tab, smtp):
    tab = open_tab(make_mail_site(verify_email="required", limit_mails="account=1/1h"))
    tab.go("/auth/verify")
    assert tab.heading == DEAD
    assert tab.fill({"E-mail address": "jane at home"}).press("Send a new mail") == 400
    assert tab.heading == "Send a new mail"
    assert tab.error_at("E-mail address").startswith("An e-mail address has no spaces")
    assert SENT not in tab.text and "If nothing arrives" not in tab.text
    assert tab.fill({"E-mail address": "nobody@example.com"}).press("Send a new mail") == 200
    assert tab.messages == ["If this address is waiting to be confirmed, a new mail is on its way to it."]
    assert SENT not in tab.text, "there may be no such account"
    assert tab.press("Send a new mail") == 429
    assert tab.messages[0].startswith("That was tried too often.")
    assert SENT not in tab.text
    assert SENT in tab.register().text


def test_a_link_that_was_cut_off_leads_to_a_new_mail(make_mail_site, open_tab, smtp):
    tab = open_tab(make_mail_site(verify_email="required")).register()
    whole = link_of(smtp.wait_for_mail(tab.email), "Confirm the address")
    assert follow_link(tab, whole[:-20]) == 400
    assert tab.heading == DEAD
    assert tab.fill({"E-mail address": tab.email}).press("Send a new mail") == 200
    follow_link(tab, link_of(smtp.wait_for_mail(tab.email), "Confirm the address"))
    assert tab.press("Confirm") == 200
    assert tab.heading == "Your address is confirmed"


def test_where_it_is_not_required_the_account_page_asks_for_it(make_mail_site, open_tab, smtp):
    tab = open_tab(make_mail_site()).register()
    assert tab.address == "/"
    assert tab.page.innerText("#user") == "nobody", "an unconfirmed e-mail is no identity"
    first = link_of(smtp.wait_for_mail(tab.email), "Confirm the address")
    tab.go("/auth/account")
    assert "Please confirm your e-mail address. We have sent a mail with a link to " + tab.email in tab.text
    assert tab.press("Send a new mail") == 200
    assert "If this address is waiting to be confirmed, a new mail is on its way to it." in tab.messages
    assert "log in" not in tab.text.lower(), "one is logged in"
    assert tab.click("Back to your account") == 200
    assert tab.heading == "Your account"
    second = smtp.wait_for_mail(tab.email)
    assert link_of(second, "Confirm the address") != first

    open_mail(tab, second).click("Confirm the address")
    assert tab.press("Confirm") == 200
    assert tab.heading == "Your address is confirmed"
    assert tab.click("Go on") == 200
    assert tab.address == "/"
    assert tab.page.innerText("#user") == tab.email
    tab.go("/auth/account")
    assert "Please confirm" not in tab.text


def test_the_link_may_be_opened_in_another_browser(make_mail_site, open_tab, smtp):
    site = make_mail_site()
    tab, elsewhere = open_tab(site).register(), open_tab(site)
    follow_link(elsewhere, link_of(smtp.wait_for_mail(tab.email), "Confirm the address"))
    assert elsewhere.press("Confirm") == 200
    assert elsewhere.cookies == {}, "it logs nobody in"
    assert elsewhere.click("Log in") == 200
    assert elsewhere.log_in(tab.email, tab.password) == 200
    assert elsewhere.page.innerText("#user") == tab.email


def test_requirement_58_another_address_counts_once_its_link_was_followed(make_mail_site, open_tab, smtp):
    tab = open_tab(make_mail_site()).register()
    old, new = tab.email, "new." + tab.email
    follow_link(tab, link_of(smtp.wait_for_mail(old), "Confirm the address"))
    tab.press("Confirm")
    tab.go("/auth/account")
    profile = tab.section("Profile")
    assert profile.fill({"E-mail address": new, "Current password": tab.password}).press("Save") == 200
    assert tab.messages == ["We have sent a mail to the new address. It becomes yours when you open the link in it;"
                            " until then, the old one stays."]
    assert profile.field("E-mail address").inputValue() == old
    pending = f"Waiting to be confirmed, by the link in the mail that we have sent there: {new}"
    assert pending in tab.page.innerText("#profile")
    tab.go("/auth/account")
    assert pending in tab.page.innerText("#profile")

    open_mail(tab, smtp.wait_for_mail(new)).click("Use this address")
    assert tab.press("Confirm") == 200
    assert smtp.wait_for_mail(old).message["Subject"] == "Your e-mail address has been changed"
    tab.go("/auth/account")
    assert profile.field("E-mail address").inputValue() == new
    assert "Waiting" not in tab.page.innerText("#profile")
    tab.press("Log out")
    tab.go("/")
    assert tab.log_in(old, tab.password) == 401
    assert tab.log_in(new, tab.password) == 200
    assert tab.page.innerText("#user") == new


# ---- the mails themselves ----

LETTERS = {"verify", "already-registered", "new-login", "confirm-email", "email-changed", "reset", "password-changed"}


def every_mail(nginx, smtp, postgres, language):
    """One person's mails, of all kinds that there are."""
    mailing = Mailing(nginx, smtp, postgres, verify_email="required", site='"Harbour Calendars"')
    old, new = (f"{name}.{secrets.token_hex(5)}@example.com" for name in ("jane", "jane.doe.the.second.of.that.name"))
    speaking = {"Accept-Language": language}
    person = {"name": "Jane Doe", "email": old, "password": "SecurePass123"}
    letters = {}

    def post(route, **body):
        answer = mailing.post(route, speaking, **body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def receive(letter, to):
        letters[letter] = smtp.wait_for_mail(to)
        assert letters[letter].html, letter
        return letters[letter]

    post("register", **person)
    token = token_in(receive("verify", old))
    post("register", **person)
    receive("already-registered", old)
    post("verify", token=token)
    post("login", email=old, password=person["password"])
    speaking["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    access = post("login", email=old, password=person["password"])["tokens"]["accessToken"]
    receive("new-login", old)
    changed = mailing.server.request("PATCH", "/auth/me", headers={**speaking, "Authorization": f"Bearer {access}"},
                                     json={"email": new, "currentPassword": person["password"]})
    assert changed.status_code == 200, changed.text
    post("verify", token=token_in(receive("confirm-email", new)))
    receive("email-changed", old)
    post("forgot", email=new)
    post("reset", token=token_in(receive("reset", new)), password=NEW)
    receive("password-changed", new)
    assert {row["letter"] for row in mailing.outbox.rows()} == LETTERS == set(letters)
    return mailing.server, letters


LOOKS = [{"colorScheme": "light"}, {"colorScheme": "dark"}]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_mail_can_be_read_on_a_telephone_in_light_and_dark(nginx, smtp, postgres, open_tab, language):
    server, letters = every_mail(nginx, smtp, postgres, language)
    tab = open_tab(server, viewport={"width": 360, "height": 640})
    (TREE / "build/screenshots").mkdir(parents=True, exist_ok=True)
    wrong = []
    for letter, mail in letters.items():
        open_mail(tab, mail)
        assert tab.page.getAttribute("html", "lang") == language
        for look in LOOKS:
            tab.page.emulateMedia(**look)
            name = f"mail-{letter}-{language}-{look['colorScheme']}"
            wrong += [f"{name}: {violation}" for violation in tab.accessibility(["serious", "critical"])]
            if (width := tab.page.evaluate("document.documentElement.scrollWidth")) > 360:
                wrong.append(f"{name}: it is {width} pixels wide")
            if "GATEHOUSE_README_IMAGES" in os.environ:
                tab.page.screenshot(path=str(TREE / f"build/screenshots/{name}.png"), fullPage=True)
    assert not wrong, "\n".join(wrong)
