"""Passkeys in a real browser, by the virtual authenticators of its DevTools protocol (WebAuthn domain)."""

import pytest


REALM = {"public_url": "http://localhost:%PORT%", "passkey_login": "on", "mfa": "optional"}


class Authenticators:
    """Those of a tab. automaticPresenceSimulation: somebody touches them whenever they ask."""

    def __init__(self, tab):
        self.session = tab.context.newCDPSession(tab.page)
        self.session.send("WebAuthn.enable")

    def add(self, **options):
        usual = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                 "isUserVerified": True, "automaticPresenceSimulation": True}
        return self.session.send("WebAuthn.addVirtualAuthenticator", options={**usual, **options})["authenticatorId"]

    def verify(self, which, verified):
        self.session.send("WebAuthn.setUserVerified", authenticatorId=which, isUserVerified=verified)

    def credentials(self, which):
        return self.session.send("WebAuthn.getCredentials", authenticatorId=which)["credentials"]

    def put(self, which, credential):
        self.session.send("WebAuthn.addCredential", authenticatorId=which, credential=credential)

    def remove(self, which):
        self.session.send("WebAuthn.removeVirtualAuthenticator", authenticatorId=which)


@pytest.fixture
def site(make_site):
    return make_site(realm=REALM)


@pytest.fixture
def tab(open_tab, site):
    """Its browser offers no passkey in a field: whoever touches an authenticator here has pressed a button first."""
    tab = open_tab(site, host="localhost")
    tab.page.addInitScript("if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = undefined")
    return tab.register()


@pytest.fixture
def authenticators(tab):
    return Authenticators(tab)


def add_passkey(tab, name="Laptop"):
    tab.go("/auth/account")
    tab.click("Add a passkey")
    assert tab.fill({"A name for it, such as the device": name, "Current password": tab.password}).press("Continue") == 200
    assert tab.press("Create the passkey") == 200
    if tab.page.locator("ul.codes").count():
        assert tab.page.locator("ul.codes li").count() == 10
        tab.page.locator("main a.button").click()
        tab.page.waitForURL("**/auth/account*")
    else:
        assert tab.messages == ["The passkey is added."]


def log_out(tab):
    tab.go("/auth/logout")
    tab.press("Log out")


def test_a_passkey_is_added_and_logs_in(tab, authenticators, upstream):
    device = authenticators.add()
    add_passkey(tab)
    [credential] = authenticators.credentials(device)
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
    log_out(tab)
    tab.go("/orders?id=7")
    assert tab.heading == "Log in"
    assert tab.press("Log in with a passkey") == 200
    assert tab.address == "/orders?id=7"
    assert tab.page.innerText("#user") == tab.email
    assert tab.go("/strong/") == 200 and tab.address == "/strong/", "it has verified its user"


def test_the_browser_offers_it_in_the_field_of_the_form(open_tab, site):
    """Conditional UI: somebody touches the authenticator as soon as it is offered."""
    tab = open_tab(site, host="localhost").register()
    Authenticators(tab).add()
    add_passkey(tab)
    log_out(tab)
    tab.page.goto(tab.origin + "/orders?id=7", waitUntil="commit")
    tab.page.waitForURL("**/orders?id=7")
    tab.page.waitForSelector("#user")
    assert tab.page.innerText("#user") == tab.email


def test_whoever_is_not_verified_is_not_let_in(tab, authenticators):
    device = authenticators.add()
    add_passkey(tab)
    log_out(tab)
    authenticators.verify(device, False)
    tab.go("/auth/login")
    tab.where.getByRole("button", name="Log in with a passkey").click()
    tab.page.waitForSelector("form[data-passkey-get] [role=alert]:not([hidden])")
    assert tab.address == "/auth/login"
    assert "gatehouse" not in str(tab.cookies.keys() - {"__Host-gatehouse-passkey"})


def test_after_the_password_a_passkey_is_the_second_factor(tab, authenticators):
    authenticators.add()
    add_passkey(tab)
    log_out(tab)
    tab.go("/orders?id=7")
    assert tab.log_in(tab.email, tab.password) == 200
    assert tab.address.startswith("/auth/challenge")
    assert tab.accessibility() == []
    assert tab.press("Use a passkey") == 200
    assert tab.address == "/orders?id=7"
    assert tab.page.innerText("#user") == tab.email


def test_a_browser_that_a_passkey_was_used_in_can_be_remembered(make_site, open_tab):
    tab = open_tab(make_site(realm={**REALM, "passkey_login": "off", "mfa_remember": "30d"}), host="localhost").register()
    Authenticators(tab).add()
    add_passkey(tab)
    log_out(tab)
    tab.go("/orders")
    tab.log_in(tab.email, tab.password)
    tab.where.getByRole("checkbox").check()
    assert tab.press("Use a passkey") == 200
    assert tab.address == "/orders"
    log_out(tab)
    tab.go("/orders")
    assert tab.log_in(tab.email, tab.password) == 200
    assert tab.address == "/orders"


def test_a_step_up_by_a_passkey(tab, authenticators):
    authenticators.add()
    add_passkey(tab)
    assert tab.go("/strong/report") == 200
    assert tab.heading == "Confirm that it is you"
    assert tab.press("Use a passkey") == 200
    assert tab.address == "/strong/report"


def test_requirement_60_a_copy_gives_itself_away(tab, authenticators, site):
    """The authenticator is cloned: both count, and one of them falls behind."""
    device = authenticators.add()
    add_passkey(tab)
    [before] = authenticators.credentials(device)
    log_out(tab)
    tab.go("/auth/login")
    assert tab.press("Log in with a passkey") == 200
    log_out(tab)
    authenticators.remove(device)
    authenticators.put(authenticators.add(), before)
    tab.go("/auth/login")
    assert tab.press("Log in with a passkey") == 401
    assert tab.messages[0] == "The passkey was not accepted. Please try again, or use another way."
    site.wait_for_log("a passkey was refused: its counter has not grown")


def test_two_authenticators_of_one_account(tab, authenticators):
    first = authenticators.add()
    add_passkey(tab)
    authenticators.remove(first)
    second = authenticators.add(transport="usb")
    add_passkey(tab, "Key ring")
    log_out(tab)
    tab.go("/orders")
    assert tab.press("Log in with a passkey") == 200
    assert tab.address == "/orders"


def test_one_that_is_removed_is_worth_nothing_any_more(tab, authenticators, site):
    authenticators.add()
    add_passkey(tab)
    token = {"Authorization": "Bearer " + tab.cookies["__Host-gatehouse"]}
    [factor] = site.get("/auth/factors", headers=token).json()["factors"]
    gone = site.request("DELETE", f"/auth/factors/{factor['id']}", headers=token, json={"currentPassword": tab.password})
    assert gone.status_code == 204
    log_out(tab)
    tab.go("/auth/login")
    assert tab.press("Log in with a passkey") == 401


def test_an_authenticator_that_is_registered_is_not_registered_again(tab, authenticators):
    authenticators.add()
    add_passkey(tab)
    tab.go("/auth/account/passkeys")
    tab.fill({"A name for it, such as the device": "Again", "Current password": tab.password}).press("Continue")
    tab.where.getByRole("button", name="Create the passkey").click()
    tab.page.waitForSelector("form[data-passkey-create] [role=alert]:not([hidden])")


def test_without_the_password_none_is_added(tab, authenticators):
    authenticators.add()
    tab.go("/auth/account/passkeys")
    assert tab.fill({"Current password": "not the password"}).press("Continue") == 400
    assert tab.error_at("Current password") == "This is not your current password."
    assert tab.accessibility() == []


def test_without_its_script_the_login_page_asks_for_no_passkey(open_tab, site):
    tab = open_tab(site, host="localhost", javaScriptEnabled=False)
    tab.go("/auth/login")
    assert not tab.where.getByRole("button", name="Log in with a passkey").count()


def test_the_pages_are_accessible(tab, authenticators):
    authenticators.add()
    assert tab.go("/auth/account/passkeys") == 200 and tab.accessibility() == []
    tab.fill({"Current password": tab.password}).press("Continue")
    assert tab.accessibility() == []
    tab.press("Create the passkey")
    assert tab.accessibility() == []
    log_out(tab)
    tab.page.setViewportSize({"width": 320, "height": 720})
    tab.go("/auth/login")
    assert tab.accessibility() == []
