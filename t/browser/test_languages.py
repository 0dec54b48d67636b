"""The language is the browser's, if there is a table of it."""

import pytest


@pytest.mark.parametrize("locale, lang, heading", [("de-AT", "de", "Anmelden"), ("en-GB", "en", "Log in"),
                                                   ("fr-FR", "en", "Log in")])
def test_a_page_is_in_the_language_of_the_browser(open_tab, site, locale, lang, heading):
    tab = open_tab(site, locale=locale)
    tab.go("/orders")
    assert tab.heading == heading
    assert tab.page.getAttribute("html", "lang") == lang


def test_a_german_registration(open_tab, site):
    tab = open_tab(site, locale="de-DE", timezoneId="Europe/Berlin")
    tab.go("/orders")
    tab.click("Konto anlegen")
    tab.fill({"Name": "Jürgen Groß", "E-Mail-Adresse": "juergen@example.com", "Passwort": "kurz"}).press("Konto anlegen")
    assert tab.error_at("Passwort") == "Das ist zu kurz: Verwenden Sie mindestens 8 Zeichen."
    tab.fill({"Passwort": "SecurePass123"}).press("Konto anlegen")
    assert tab.address == "/orders"
    tab.go("/auth/account")
    assert tab.heading == "Ihr Konto"
    assert tab.section("Profil").field("Name").inputValue() == "Jürgen Groß"
    assert tab.section("Wo Sie angemeldet sind").where.getByText("Chrome unter Linux").count() == 1
