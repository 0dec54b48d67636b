"""The login page of who is logged in already: it says so, leads on, and has a way to another account."""

import pytest

from mailing import mail_settings
from test_bff_pages import EMAIL, PASSWORD
from test_bff_pages import SITE as IAM
from test_iam_forms import register_and_log_in


def test_the_login_page_leads_on(tab):
    """Issue 10.15"""
    tab.register().go("/auth/login?return=%2Forders%3Fid%3D7")
    assert tab.heading == "You are logged in" and tab.email in tab.text
    assert tab.where.locator("input[type=password]").count() == 0
    assert tab.accessibility() == []
    assert tab.click("Continue") == 200
    assert tab.address == "/orders?id=7"


def test_and_to_another_account(tab, open_tab, site):
    other = open_tab(site).register(email="john@example.com")
    tab.register().go("/auth/login?return=%2Forders")
    assert tab.press("Use another account") == 200
    tab.click("Log in again")
    assert tab.heading == "Log in"
    assert tab.log_in(other.email, other.password) == 200
    assert tab.address == "/orders" and tab.page.innerText("#user") == other.email


def test_in_german(open_tab, site):
    tab = open_tab(site, locale="de-DE")
    tab.go("/auth/register")
    tab.fill({"Name": "Jane", "E-Mail-Adresse": "jane@example.com", "Passwort": "SecurePass123"}).press("Konto anlegen")
    tab.go("/auth/login")
    assert tab.heading == "Sie sind angemeldet"
    assert tab.press("Mit anderem Konto anmelden") == 200
    assert tab.heading == "Sie sind abgemeldet"


@pytest.fixture
def iam(make_site, open_tab, smtp):
    tab = open_tab(make_site(IAM, realm=mail_settings(smtp, cookie_secure="off")))
    register_and_log_in(tab)
    return tab


def test_the_login_page_of_bff_says_so_too(iam):
    iam.go("/iam/login")
    iam.page.waitForSelector("[data-known]:not([hidden])")
    known = iam.page.innerText("[data-known]")
    assert "You are logged in" in known and EMAIL in known
    assert iam.page.title().startswith("You are logged in – ")
    assert iam.accessibility() == []
    assert iam.click("Continue") == 200 and iam.address == "/iam/dashboard"


def test_and_has_a_way_to_another_account(iam):
    iam.go("/iam/login")
    iam.page.waitForSelector("[data-known]:not([hidden])")
    assert iam.press("Use another account") == 200
    assert iam.address == "/iam/login" and iam.heading == "Log in"
    assert iam.log_in(EMAIL, PASSWORD) == 200
