"""Every page works without its script."""

import pytest

from factors import App


@pytest.fixture
def tab(open_tab, site):
    return open_tab(site, javaScriptEnabled=False)


def test_the_script_does_not_run_here(tab):
    tab.go("/auth/login")
    assert tab.page.locator("noscript, .reveal").count() == 0


def test_logging_in(tab, open_tab, site):
    jane = open_tab(site).register()
    tab.go("/orders?id=7")
    assert tab.log_in(jane.email, "not the password") == 401
    assert tab.messages == ["The e-mail address and the password do not match."]
    assert tab.log_in(jane.email, jane.password) == 200
    assert tab.address == "/orders?id=7"


def test_registering(tab):
    tab.go("/")
    tab.click("Create an account")
    tab.fill({"Name": "Jane", "E-mail address": "jane@example.com", "Password": "short"})
    assert tab.press("Create account") == 400
    assert tab.error_at("Password") == "This is too short: use at least 8 characters."
    tab.fill({"Password": "SecurePass123"})
    assert tab.press("Create account") == 200
    assert tab.page.innerText("#user") == "jane@example.com"


def test_logging_in_with_a_second_factor(open_tab, make_site):
    tab = open_tab(make_site(realm={"mfa": "required"}), javaScriptEnabled=False)
    tab.register()
    assert tab.heading == "Set up a second factor"
    app = App(tab.page.textContent("details code.address").replace(" ", ""))
    assert tab.fill({"Code": app.code()}).press("Confirm") == 200
    codes = tab.page.locator(".codes code").allInnerTexts()
    assert len(codes) == 10
    tab.click("I have kept them")
    tab.context.clearCookies()
    tab.go("/orders?id=7")
    tab.log_in(tab.email, tab.password)
    assert tab.heading == "One more step" and tab.focus == "code"
    assert tab.fill({"Code": "12345"}).press("Log in") == 401
    assert tab.fill({"Code": codes[0]}).press("Log in") == 200
    assert tab.address == "/orders?id=7"


def test_looking_after_the_account(tab, open_tab, site):
    tab.register()
    other = open_tab(site)
    other.go("/")
    other.log_in(tab.email, tab.password)
    tab.go("/auth/account")
    profile, password = tab.section("Profile"), tab.section("Password")
    assert profile.fill({"Name": ""}).press("Save") == 400
    assert profile.error_at("Name") == "Please enter your name."
    assert profile.fill({"Name": "Jane Roe"}).press("Save") == 200
    assert tab.messages == ["Your profile is saved."]
    sessions = tab.section("Where you are logged in")
    assert sessions.press("End Chrome on Linux") == 200
    assert sessions.where.getByRole("listitem").count() == 1
    assert password.fill({"Current password": tab.password, "New password": "AnotherPass456"}).press("Change password") == 200
    delete = tab.section("Delete account")
    delete.where.getByText("Delete this account…").click()
    assert delete.fill({"Current password": "AnotherPass456"}).press("Delete my account for good") == 200
    assert tab.messages == ["Your account is deleted."]


def test_the_back_button_shows_nothing_private_after_a_logout(tab):
    tab.register()
    tab.click("/orders")
    tab.click("/auth/account")
    tab.press("Log out")
    for _ in range(3):
        tab.back()
        assert tab.heading == "Log in"
