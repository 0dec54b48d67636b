"""Issue 14: a session keeps what its login has shown: through a renewal, and at every host of the realm."""

import re
from urllib.parse import urljoin

import pytest

from accounts import API, claims
from factors import REALM, App, Protected
from host_browser import HostBrowser
from test_hosts import APPS, LOGIN, PLAIN, url, user_of


def test_amr_says_what_was_shown_and_a_renewal_keeps_it(nginx, postgres):
    account = Protected(nginx(API, realm=REALM), postgres)
    assert claims(account.access)["amr"] == ["pwd"]
    for code in (account.app.code(), account.recovery_codes[0]):
        account.keep(account.answer(account.challenge(), code))
        assert claims(account.access)["amr"] == ["pwd", "otp", "mfa"]
        assert account.refresh().status_code == 200
        assert claims(account.access)["amr"] == ["pwd", "otp", "mfa"]


def test_a_login_of_two_steps_leads_back_to_the_host_that_was_asked_for(nginx):
    hosts = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS,
                  realm={**PLAIN, "mfa": "required", "site": "Login"})
    browser = HostBrowser(port=hosts.port)
    browser.register()
    page = browser.go(browser.login_host + "/auth/challenge")
    app = App(re.search(r'<code class="address">([A-Z2-7 ]+)</code>', page.text)[1].replace(" ", ""))
    codes = re.findall(r"<li><code>([^<]+)", browser.send(browser.login_host + "/auth/challenge", {"code": app.code()}).text)
    browser.jars.clear()

    second = browser.log_in(browser.go(url(hosts, "app.example.com", "/report?id=7")))
    assert second.status_code == 200 and 'action="/auth/challenge"' in second.text
    wanted = re.search(r'name="return" value="([^"]*)"', second.text)[1].replace("&amp;", "&")
    entered = browser.send(browser.login_host + "/auth/challenge", {"code": codes[0], "return": wanted})
    there = browser.go(urljoin(entered.page, entered.headers["Location"]))
    assert there.page == url(hosts, "app.example.com", "/report?id=7") and user_of(there) == [browser.email]
    assert user_of(browser.go(url(hosts, "shop.example.org"))) == [browser.email]
    for name in ("app.example.com", "shop.example.org"):
        assert claims(browser.cookies(url(hosts, name))["gatehouse"])["amr"] == ["pwd", "otp", "mfa"]
    assert "gatehouse-login" not in browser.cookies(browser.login_host)


@pytest.mark.parametrize("exempt", [None, "csrf"])
def test_who_has_no_factor_has_shown_a_password(nginx, exempt):
    server = nginx(API, realm={**REALM, "mfa_exempt": exempt})
    answer = server.post("/auth/register", json={"name": "Jane", "email": "jane@example.com", "password": "SecurePass123"})
    assert claims(answer.json()["tokens"]["accessToken"])["amr"] == ["pwd"]
