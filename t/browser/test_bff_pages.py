"""The pages of the `bff` contract: what axe-core finds, whether they fit, and what password managers see."""

import pytest

from mailing import mail_settings
from test_pages import LOOKS, WIDE, change_look, take_picture

SITE = ("location /api/iam/ { gatehouse_api %REALM% bff; }"
        "location /iam/ { gatehouse_api %REALM% bff-pages; }"
        "location / { gatehouse %REALM%; gatehouse_token_from header=iam-access-token cookie=iam-access-token;"
        " proxy_pass %UPSTREAM%; }")
OPEN = ["", "register", "login", "reset", "verify", "verifyemail", "verifyfailed", "verifysuccessful"]
BEHIND_A_LOGIN = ["dashboard", "dashboard/profile", "dashboard/settings"]
EMAIL, PASSWORD = "jane@example.com", "SecurePass123"


@pytest.fixture
def tab(make_site, open_tab, smtp):
    site = make_site(SITE, realm=mail_settings(smtp, cookie_secure="off", site='"Harbour Calendars"'))
    return open_tab(site, reducedMotion="reduce", viewport=WIDE)


@pytest.fixture
def jane(tab):
    """Logged in, on the dashboard."""
    tab.go("/iam/register")
    tab.fill({"First name": "Jane", "Last name": "Doe", "E-mail address": EMAIL, "Password": PASSWORD})
    tab.where.getByRole("button", name="Create account", exact=True).click()
    tab.page.waitForSelector("[data-after]:not([hidden])")
    tab.go("/iam/login")
    assert tab.log_in(EMAIL, PASSWORD) == 200
    return tab


def look_at(tab, page):
    wrong = []
    for look, (media, size) in LOOKS.items():
        change_look(tab, media, size)
        wrong += [f"{look}: {violation}" for violation in tab.accessibility()]
        if (width := tab.page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
            wrong.append(f"{look}: it is {width} pixels wide")
        take_picture(tab, f"iam-{page.replace('/', '-') or 'home'}-{look}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", OPEN)
def test_a_page_is_accessible_and_fits(tab, page):
    assert tab.go("/iam/" + page) == 200
    look_at(tab, page)


@pytest.mark.parametrize("page", BEHIND_A_LOGIN)
def test_a_page_behind_the_login_is_accessible_and_fits(jane, page):
    assert jane.go("/iam/" + page) == 200
    jane.page.waitForSelector("main:not([hidden])")
    look_at(jane, page)


def test_password_managers_know_whose_password_the_settings_change(jane):
    jane.go("/iam/dashboard/settings")
    jane.page.waitForSelector("main:not([hidden])")
    assert jane.page.inputValue("form:has([autocomplete=new-password]) [autocomplete=username]") == EMAIL
    jane.fill({"Current password": PASSWORD, "New password": "Another-Passw0rd"})
    jane.where.getByRole("button", name="Change the password").click()
    jane.page.waitForSelector(".message.good")
    assert jane.messages[0] == "Your password is changed. All other sessions have ended."
