"""The forms of the `bff` contract's pages: what they say, and what becomes of a password where no script is at hand."""

import time

import pytest

from mailing import mail_settings
from test_bff_pages import EMAIL, PASSWORD, SITE, jane, tab  # noqa: F401

GERMAN = {"locale": "de-DE"}


@pytest.fixture
def make_tab(make_site, open_tab, smtp):
    def make(realm=None, **options):
        site = make_site(SITE, realm={**mail_settings(smtp, cookie_secure="off"), **(realm or {})})
        return open_tab(site, **options)
    return make


def press(tab, button):
    """A button whose form is sent by the script."""
    tab.where.getByRole("button", name=button, exact=True).click()


def register_and_log_in(tab):
    tab.go("/iam/register")
    tab.fill({"First name": "Jane", "Last name": "Doe", "E-mail address": EMAIL, "Password": PASSWORD})
    press(tab, "Create account")
    tab.page.waitForSelector("[data-after]:not([hidden])")
    tab.go("/iam/login")
    tab.log_in(EMAIL, PASSWORD)


def message(tab):
    tab.page.waitForSelector(".message.bad:not([hidden])")
    return tab.page.innerText(".message.bad:not([hidden])")


def test_who_needs_a_second_factor_is_told_where_to_log_in(make_site, open_tab):
    site = make_site(SITE + "location /rest/ { gatehouse_api %REALM% rest; }",
                     realm={"cookie_secure": "off", "mfa": "required"})
    tab = open_tab(site, **GERMAN)
    answer = site.post("/rest/register", json={"name": "Jane", "email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 401
    tab.go("/iam/login")
    tab.page.fill("#email", EMAIL)
    tab.page.fill("#password", PASSWORD)
    tab.page.locator("form button.main").first().click()
    said = message(tab)
    assert said == ("Ihr Konto braucht einen zweiten Faktor, nach dem hier nicht gefragt werden kann. Bitte melden Sie sich an unter"
                    f" {site.url}/rest/login")


@pytest.mark.parametrize("path", ["login", "register", "reset", "verify?token=x", "verifyemail"])
def test_without_javascript_nothing_is_sent_and_the_page_says_why(make_tab, path):
    tab = make_tab(javaScriptEnabled=False)
    tab.go("/iam/" + path)
    assert "needs JavaScript" in tab.text
    assert tab.where.locator("form button:not([disabled])").count() == 0
    if path in ("login", "register"):
        tab.fill({"E-mail address": EMAIL, "Password": PASSWORD})
        tab.field("Password").press("Enter")
        assert tab.address == "/iam/" + path


@pytest.mark.parametrize("path", ["dashboard", "dashboard/profile", "dashboard/settings"])
def test_without_javascript_a_page_behind_the_login_is_not_empty(make_tab, path):
    tab = make_tab(javaScriptEnabled=False)
    tab.go("/iam/" + path)
    assert "needs JavaScript" in tab.text
    assert tab.heading in ("Dashboard", "Profile", "Settings")


def test_a_form_that_the_script_did_not_take_comes_to_nothing(make_tab):
    tab = make_tab(javaScriptEnabled=False)
    tab.go("/iam/login")
    tab.fill({"E-mail address": EMAIL, "Password": PASSWORD})
    assert tab.follow(tab.page, "evaluate", "document.querySelector('form').submit()") == 405
    assert "needs JavaScript" in tab.text
    assert tab.address == "/iam/login"


def test_errors_are_beside_their_fields_in_the_language_of_the_page(make_tab):
    tab = make_tab(**GERMAN)
    tab.go("/iam/register")
    press(tab, "Konto anlegen")
    for label, error in (("Vorname", "Bitte füllen Sie dieses Feld aus."), ("E-Mail-Adresse", "Bitte geben Sie Ihre E-Mail-Adresse ein."),
                         ("Passwort", "Bitte geben Sie ein Passwort ein.")):
        assert tab.error_at(label) == error
    assert tab.focus == "first_name"
    assert tab.page.title().startswith("Fehler: ")
    tab.fill({"Vorname": "Erika", "Nachname": "M", "E-Mail-Adresse": "erika", "Passwort": "kurz"})
    press(tab, "Konto anlegen")
    tab.page.waitForSelector("#email[aria-invalid]")
    assert tab.error_at("E-Mail-Adresse") == "Eine E-Mail-Adresse sieht aus wie erika@example.com."
    assert tab.error_at("Vorname") is None
    assert tab.focus == "email"
    assert (tab.field("Nachname").inputValue(), tab.field("Passwort").inputValue()) == ("M", ""), "what was typed stays, but no password"
    tab.fill({"E-Mail-Adresse": EMAIL, "Passwort": "kurz"})
    press(tab, "Konto anlegen")
    tab.page.waitForSelector("#password[aria-invalid]")
    assert tab.error_at("Passwort") == "Das ist zu kurz: Verwenden Sie mindestens 8 Zeichen."
    assert tab.field("Passwort").getAttribute("aria-describedby") == "password-error password-hint"
    assert tab.accessibility() == []
    tab.fill({"Passwort": PASSWORD})
    press(tab, "Konto anlegen")
    tab.page.waitForSelector("[data-after]:not([hidden])")
    assert tab.page.evaluate("document.activeElement.hasAttribute('data-after')")
    assert not tab.page.title().startswith("Fehler")
    tab.go("/iam/register")
    tab.fill({"Vorname": "Erika", "Nachname": "M", "E-Mail-Adresse": EMAIL, "Passwort": PASSWORD})
    press(tab, "Konto anlegen")
    tab.page.waitForSelector("#email[aria-invalid]")
    assert tab.error_at("E-Mail-Adresse") == "Zu dieser E-Mail-Adresse gibt es schon ein Konto."


def test_a_login_that_fails_says_so_and_a_limit_says_when(make_tab):
    tab = make_tab({"limit_logins": "account+address=2/15m"}, **GERMAN)
    tab.go("/iam/login")
    tab.fill({"E-Mail-Adresse": EMAIL, "Passwort": "wrong one"})
    press(tab, "Anmelden")
    assert message(tab) == "E-Mail-Adresse und Passwort passen nicht zusammen."
    assert tab.page.evaluate("document.activeElement.className").startswith("message")
    assert tab.field("Passwort").inputValue() == ""
    for _ in range(3):
        tab.fill({"Passwort": "wrong one"})
        press(tab, "Anmelden")
        time.sleep(0.5)
    tab.page.waitForSelector("text=Versuche")
    assert message(tab).startswith("Das waren zu viele Versuche. Bitte warten Sie ein wenig. Der nächste Versuch ist möglich in ")
    assert message(tab).endswith(" Minuten.")


def test_while_redis_is_down_a_form_says_when_to_try_again(make_tab, redis):
    tab = make_tab()
    tab.go("/iam/login")
    redis.stop()
    tab.fill({"E-mail address": EMAIL, "Password": PASSWORD})
    press(tab, "Log in")
    assert message(tab).endswith("You can try again in 5 seconds.")


def test_a_wrong_current_password_is_said_beside_it(jane):  # noqa: F811
    jane.go("/iam/dashboard/settings")
    jane.page.waitForSelector("main:not([hidden])")
    jane.fill({"Current password": "wrong one", "New password": "Another-Passw0rd"})
    press(jane, "Change the password")
    jane.page.waitForSelector("#current_password[aria-invalid]")
    assert jane.error_at("Current password") == "This is not your current password."


def test_who_has_one_name_only_can_change_his_profile(jane):  # noqa: F811
    for first, last in (("Jane", ""), ("Madonna", "")):
        jane.go("/iam/dashboard/profile")
        jane.page.waitForSelector("main:not([hidden])")
        jane.fill({"First name": first, "Last name": last})
        press(jane, "Save")
        jane.page.waitForSelector(".message.good:not([hidden])")
    jane.go("/iam/dashboard/profile")
    jane.page.waitForSelector("main:not([hidden])")
    assert (jane.field("First name").inputValue(), jane.field("Last name").inputValue()) == ("Madonna", "")


def test_the_last_administrator_is_told_why_his_account_stays(make_site, open_tab, smtp, postgres):
    site = make_site(SITE, realm=mail_settings(smtp, cookie_secure="off"))
    tab = open_tab(site)
    register_and_log_in(tab)
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin}')", site.realm, EMAIL)
    tab.go("/iam/dashboard/settings")
    tab.page.waitForSelector("main:not([hidden])")
    tab.page.click("summary")
    press(tab, "Delete the account for good")
    assert message(tab).startswith("You are the only administrator here.")


def test_a_dead_link_says_so_and_offers_a_new_one(tab):  # noqa: F811
    for path in ("/iam/verify", "/iam/verify?token=nothing"):
        tab.go(path)
        tab.page.waitForSelector("[data-without]:not([hidden])")
        assert "used already" in tab.text and "Show a temporary password" not in tab.text
        tab.click("Get a new link")
        assert tab.address == "/iam/reset"


def test_who_must_log_in_comes_back(jane):  # noqa: F811
    jane.context.clearCookies()
    jane.page.goto(jane.origin + "/iam/dashboard/profile")
    jane.page.waitForURL("**/iam/login?**")
    jane.fill({"E-mail address": EMAIL, "Password": PASSWORD})
    press(jane, "Log in")
    jane.page.waitForURL("**/iam/dashboard/profile")
    jane.page.waitForSelector("main:not([hidden])")
    assert jane.page.innerText("[aria-current=page]") == "Profile"


def test_a_session_that_lives_needs_no_password_again(jane):  # noqa: F811
    """The guard reads the access token alone, whose cookie ends with it; the login page renews it."""
    sid = jane.cookies["iam-sid"]
    jane.context.clearCookies(name="iam-access-token")
    jane.page.goto(jane.origin + "/orders?id=7#part-2")
    jane.page.waitForURL("**/orders?id=7#part-2")
    jane.page.waitForSelector("h1:has-text('/orders?id=7')")
    assert jane.cookies["iam-sid"] == sid
    jane.go("/iam/dashboard")
    jane.page.waitForSelector("main:not([hidden])")
    press(jane, "Log out")
    jane.page.waitForURL("**/iam/login")
    jane.go("/orders")
    assert jane.address == "/iam/login?return=%2Forders" and jane.heading == "Log in"


def test_a_location_that_does_not_take_the_token_sends_nobody_round_and_round(make_site, open_tab, smtp):
    site = make_site(SITE + "location /other/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }",
                     realm=mail_settings(smtp, cookie_secure="off"))
    tab = open_tab(site)
    register_and_log_in(tab)
    tab.page.goto(tab.origin + "/other/")
    tab.page.waitForSelector("[data-known]:not([hidden])")  # after one more try
    assert tab.address == "/iam/login?return=%2Fother%2F"
    assert EMAIL in tab.page.innerText("[data-known]")


def test_the_part_behind_the_hash_is_kept(jane):  # noqa: F811
    jane.context.clearCookies()
    jane.go("/orders?id=7#part-2")
    assert jane.address == "/iam/login?return=%2Forders%3Fid%3D7#part-2"
    jane.fill({"E-mail address": EMAIL, "Password": PASSWORD})
    press(jane, "Log in")
    jane.page.waitForURL("**/orders?id=7#part-2")
