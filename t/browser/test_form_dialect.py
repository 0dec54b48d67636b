"""The forms of the `form` contract: the way of a person through them, without a line of JavaScript."""

import pytest

from mailing import mail_settings, wait_for_link

SITE = ("location /auth/ { gatehouse_api %REALM% form mount=/; }"
        "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
EMAIL, PASSWORD, NEW = "jane@example.com", "SecurePass123", "Another-Passw0rd"


@pytest.fixture
def tab(make_site, open_tab, smtp):
    site = make_site(SITE, realm=mail_settings(smtp, verify_email="off", cookie_secure="off"))
    return open_tab(site, javaScriptEnabled=False)


def test_from_the_signup_to_the_new_password(tab, smtp):
    tab.go("/orders?id=7")
    assert tab.address == "/auth/login?return=%2Forders%3Fid%3D7"
    tab.click("Create an account")
    person = {"Name": "Jane Doe", "E-mail address": EMAIL}
    assert tab.fill({**person, "Password": "short"}).press("Create account") == 400
    assert tab.field("E-mail address").inputValue() == EMAIL and tab.field("Password").inputValue() == ""
    assert tab.fill({"Password": PASSWORD}).press("Create account") == 200
    assert tab.address == "/orders?id=7" and set(tab.cookies) == {"uuid", "gatehouse"}

    tab.context.clearCookies(name="gatehouse")
    assert tab.go("/orders") == 200
    assert tab.address == "/orders" and set(tab.cookies) == {"uuid", "gatehouse"}, "the uuid alone brings the other one"

    tab.context.clearCookies()
    tab.go("/orders")
    tab.click("Forgot your password?")
    assert tab.fill({"E-mail address": EMAIL}).press("Send the link") == 200
    link = wait_for_link(smtp, EMAIL, "/auth/reset-password")
    assert tab.go(link) == 200
    assert tab.fill({"New password": "short"}).press("Save the password") == 400
    assert tab.fill({"New password": NEW}).press("Save the password") == 200
    assert tab.address == "/auth/login?done=password_reset"
    assert tab.log_in(EMAIL, PASSWORD) == 401
    assert tab.fill({"Password": NEW}).press("Log in") == 200
    assert tab.address == "/" and tab.heading == "/"
    assert tab.go(link) == 400
    assert "used already" in tab.text and "Save the password" not in tab.text
