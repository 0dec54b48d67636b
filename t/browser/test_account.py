"""The account page."""

import pytest


@pytest.fixture
def account(tab):
    tab.register().go("/auth/account")
    return tab


def test_the_name(account):
    profile = account.section("Profile")
    assert profile.fill({"Name": "Jane Roe"}).press("Save") == 200
    assert account.messages == ["Your profile is saved."]
    assert profile.field("Name").inputValue() == "Jane Roe"
    account.go("/auth/account")
    assert profile.field("Name").inputValue() == "Jane Roe"
    assert account.messages == []


def test_a_name_must_be_there_and_what_else_was_typed_stays(account):
    profile = account.section("Profile")
    assert profile.fill({"Name": "", "E-mail address": "new@example.com", "Current password": account.password}).press("Save") == 400
    assert profile.error_at("Name") == "Please enter your name."
    assert profile.field("E-mail address").inputValue() == "new@example.com"
    assert profile.field("Current password").inputValue() == ""
    assert profile.error_at("E-mail address") is None
    assert account.go("/auth/account/profile") == 200, "loaded again, as by Enter in the address bar"
    assert account.heading == "Your account"


def test_the_email_needs_the_current_password(account, upstream):
    profile = account.section("Profile")
    new = "new." + account.email
    assert profile.fill({"E-mail address": new}).press("Save") == 400
    assert profile.error_at("Current password") == "To change your e-mail address or password, enter your current password."
    assert profile.fill({"Current password": "not the password"}).press("Save") == 400
    assert profile.error_at("Current password") == "This is not your current password."
    assert profile.field("E-mail address").inputValue() == new
    assert profile.fill({"Current password": account.password}).press("Save") == 200
    assert len(account.messages) == 1
    account.go("/")
    assert account.page.innerText("#user") == new


def test_an_email_of_somebody_else_is_refused(account, open_tab, site):
    other = open_tab(site).register(email="john@example.com")
    profile = account.section("Profile")
    assert profile.fill({"E-mail address": other.email, "Current password": account.password}).press("Save") == 409
    assert profile.error_at("E-mail address") == "There is an account with this e-mail address already."


def test_the_password(account, open_tab, site):
    other = open_tab(site)
    other.go("/")
    other.log_in(account.email, account.password)
    password = account.section("Password")
    assert password.fill({"Current password": "not the password", "New password": "AnotherPass456"}).press("Change password") == 400
    assert password.error_at("Current password") == "This is not your current password."
    assert password.error_at("New password") is None
    assert password.fill({"Current password": account.password, "New password": "short"}).press("Change password") == 400
    assert password.error_at("New password") == "This is too short: use at least 8 characters."
    assert password.fill({"Current password": account.password, "New password": "AnotherPass456"}).press("Change password") == 200
    assert account.messages == ["Your password is changed. All other sessions have ended."]
    account.go("/orders")
    assert account.heading == "/orders"
    other.click("/orders?id=7")
    assert other.log_in(account.email, account.password) == 401
    assert other.log_in(account.email, "AnotherPass456") == 200
    assert other.address == "/orders?id=7"


def test_deleting_the_account(account, open_tab, site):
    other = open_tab(site)
    other.go("/")
    other.log_in(account.email, account.password)
    delete = account.section("Delete account")
    assert not delete.field("Current password").isVisible()
    delete.where.getByText("Delete this account…").click()
    assert delete.fill({"Current password": "not the password"}).press("Delete my account for good") == 400
    assert delete.error_at("Current password") == "This is not your current password."
    assert delete.fill({"Current password": account.password}).press("Delete my account for good") == 200
    assert account.messages == ["Your account is deleted."]
    assert account.cookies == {}
    other.click("/orders")
    assert other.heading == "Log in"
    assert other.log_in(account.email, account.password) == 401


def test_logging_out(account):
    assert account.press("Log out") == 200
    assert account.heading == "You are logged out"
    assert account.cookies == {}
    assert account.click("Log in again") == 200
    assert account.heading == "Log in"


def test_the_current_password_appears_when_the_email_is_touched(account):
    """Issue 10.26; without JavaScript it is there from the beginning."""
    profile = account.section("Profile")
    assert not profile.field("Current password").isVisible()
    profile.fill({"Name": "Jane Roe"})
    assert not profile.field("Current password").isVisible()
    profile.fill({"E-mail address": "new." + account.email})
    assert profile.field("Current password").isVisible()
    assert profile.press("Save") == 400, "the page comes again with the new address in it"
    assert profile.field("Current password").isVisible()
    profile.fill({"E-mail address": account.email})
    assert profile.field("Current password").isVisible(), "it is marked as wrong: it does not go away"
