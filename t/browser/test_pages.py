"""Every page, in every state that looks different: what axe-core finds, whether it fits, and pictures of it.

With GATEHOUSE_README_IMAGES=FOLDER, the pictures are in build/screenshots, and those of the README in FOLDER too.
"""

import os
import pathlib

import pytest

from factors import App
from mailing import links_in, mail_settings
from stores import TREE

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
LIGHT, DARK = {"colorScheme": "light"}, {"colorScheme": "dark"}
WIDE, NARROW = {"width": 1000, "height": 720}, {"width": 320, "height": 720}
LOOKS = {"light": (LIGHT, WIDE), "dark": (DARK, WIDE), "narrow": (LIGHT, NARROW), "narrow-dark": (DARK, NARROW)}
README = {"login-light": "login", "account-light": "account", "register_with_errors-narrow-dark": "errors-narrow-dark"}


# ---- the states: each brings a tab to its page ----

def login(tab, **_):
    tab.go("/orders?id=7")


def login_with_nothing_in_it(tab, **_):
    tab.go("/auth/login")
    tab.press("Log in")


def login_with_a_wrong_password(tab, **_):
    tab.go("/auth/login")
    tab.log_in("jane@example.com", "not the password")


def login_too_often(tab, **_):
    tab.go("/auth/login")
    for _ in range(3):
        tab.log_in("jane@example.com", "not the password")


def login_without_redis(tab, redis, **_):
    tab.go("/auth/login")
    redis.stop()
    tab.log_in("jane@example.com", "not the password")


def register(tab, **_):
    tab.go("/auth/register")


def register_with_errors(tab, **_):
    tab.go("/auth/register")
    tab.fill({"Name": "Jane Doe", "E-mail address": "jane at example.com", "Password": "short"}).press("Create account")


def register_with_a_known_email(tab, **_):
    email = tab.register().email
    tab.go("/auth/register")
    tab.fill({"Name": "Jane", "E-mail address": email, "Password": "SecurePass123"}).press("Create account")


def logged_out(tab, **_):
    tab.register().go("/auth/account")
    tab.press("Log out")


def account(tab, another, **_):
    tab.register()
    there = another(userAgent=FIREFOX)
    there.go("/")
    there.log_in(tab.email, tab.password)
    tab.go("/auth/account")


def account_saved(tab, **_):
    tab.register().go("/auth/account")
    tab.section("Profile").press("Save")


def account_with_long_words(tab, **_):
    tab.register(name="Donaudampfschifffahrtsgesellschaftskapitän " * 3)
    tab.email = "j" * 60 + "@" + "subdomain." * 15 + "example.com"
    tab.go("/auth/account")
    tab.section("Profile").fill({"E-mail address": tab.email, "Current password": tab.password}).press("Save")


def account_with_a_wrong_profile(tab, **_):
    tab.register().go("/auth/account")
    tab.section("Profile").fill({"Name": "", "E-mail address": "jane"}).press("Save")


def account_with_a_wrong_password(tab, **_):
    tab.register().go("/auth/account")
    tab.section("Password").fill({"Current password": "not the password", "New password": "SecurePass456"}).press("Change password")


def account_long_after_the_login(tab, an_hour_after_login, **more):
    account(tab, **more)
    an_hour_after_login(tab)
    tab.go("/auth/account")
    tab.section("Where you are logged in").press("End all others")


def account_to_be_deleted(tab, **_):
    tab.register().go("/auth/account")
    tab.page.locator("summary").click()
    tab.section("Delete account").press("Delete my account for good")


def deleted(tab, **_):
    tab.register().go("/auth/account")
    tab.page.locator("summary").click()
    tab.section("Delete account").fill({"Current password": tab.password}).press("Delete my account for good")


def forbidden(tab, **_):
    tab.register().go("/admin/")


def step_up(tab, an_hour_after_login, **_):
    tab.register()
    an_hour_after_login(tab)
    tab.go("/lately/report")


def step_up_with_a_wrong_password(tab, **more):
    step_up(tab, **more)
    tab.fill({"Password": "not the password"}).press("Continue")


def step_up_that_is_over(tab, **_):
    tab.register().go("/auth/step-up?max_age=900&return=%2Forders")


def step_up_without_a_second_factor(tab, **_):
    tab.register().go("/strong/report")


def step_up_of_a_form(tab, **more):
    step_up(tab, **more)
    tab.go("/orders")
    tab.page.evaluate("document.querySelector('form').action = '/lately/orders'")
    tab.press("Order")


def passkey(tab, **_):
    tab.register().go("/auth/account/passkeys")


def passkey_with_a_wrong_password(tab, **_):
    passkey(tab)
    tab.fill({"Current password": "not the password"}).press("Continue")


def passkey_to_be_made(tab, **_):
    passkey(tab)
    tab.fill({"Current password": tab.password}).press("Continue")


def login_with_a_passkey(tab, **_):
    tab.go("/auth/login")


def account_with_passkeys(tab, **_):
    tab.register().go("/auth/account")


PASSKEYS = [passkey, passkey_with_a_wrong_password, passkey_to_be_made, login_with_a_passkey, account_with_passkeys]


def missing(tab, **_):
    tab.go("/auth/nothing")


def unavailable(tab, redis, **_):
    tab.register()
    redis.stop()
    tab.context.clearCookies(name="__Host-gatehouse")
    tab.go("/orders")


# ---- by mail: the site of these states sends some, and wants addresses confirmed ----

def forgot(tab, **_):
    tab.go("/auth/forgot")


def forgot_with_a_wrong_address(tab, **_):
    tab.go("/auth/forgot")
    tab.fill({"E-mail address": "jane at home"}).press("Send the link")


def forgot_too_often(tab, **_):
    for _ in range(6):
        tab.go("/auth/forgot")
        tab.fill({"E-mail address": "jane@example.com"}).press("Send the link")


def forgot_sent(tab, **_):
    tab.go("/auth/forgot")
    tab.fill({"E-mail address": "jane@example.com"}).press("Send the link")


def verification_needed(tab, **_):
    tab.register()


def verification_needed_with_a_long_address(tab, **_):
    tab.register(email="j" * 60 + "@" + "subdomain." * 15 + "example.com")


def verification_resent(tab, **_):
    tab.register()
    tab.press("Send a new mail")


def resend_to_a_wrong_address(tab, **_):
    tab.go("/auth/verify")
    tab.fill({"E-mail address": "jane at home"}).press("Send a new mail")


def resend_from_the_account(tab, **_):
    tab.register().go("/auth/account")
    tab.press("Send a new mail")


def verify(tab, smtp, **_):
    tab.register()
    tab.page.goto(next_link(smtp))


def verified(tab, smtp, **_):
    verify(tab, smtp)
    tab.press("Confirm")


def verify_failed(tab, smtp, **_):
    verified(tab, smtp)
    tab.go("/auth/verify")


def reset(tab, smtp, **_):
    verified(tab, smtp)
    forgot_sent(tab)
    tab.page.goto(next_link(smtp))


def reset_with_a_weak_password(tab, smtp, **_):
    reset(tab, smtp)
    tab.fill({"New password": "short"}).press("Save the password")


def reset_done(tab, smtp, **_):
    reset(tab, smtp)
    tab.fill({"New password": "Another-Passw0rd"}).press("Save the password")


def reset_failed(tab, **_):
    tab.go("/auth/reset")


def account_with_a_new_address(tab, smtp, **_):
    verified(tab, smtp)
    tab.go("/auth/login")
    tab.log_in(tab.email, tab.password)
    tab.go("/auth/account")
    tab.section("Profile").fill({"E-mail address": "jane.roe@example.com", "Current password": tab.password}).press("Save")


def account_unverified(tab, **_):
    tab.register().go("/auth/account")


def next_link(smtp):
    return next(link for link in links_in(smtp.wait_for_mail("jane@example.com")) if "token=" in link)


MAIL = {state: {"verify_email": "required"} for state in (
    forgot, forgot_with_a_wrong_address, forgot_too_often, forgot_sent, verification_needed,
    verification_needed_with_a_long_address, verification_resent, resend_to_a_wrong_address, verify, verified, verify_failed, reset,
    reset_with_a_weak_password, reset_done, reset_failed, account_with_a_new_address)} | {account_unverified: {}, resend_from_the_account: {}}

# ---- with second factors ----

def offer_an_app(tab):
    tab.go("/auth/account")
    factors = tab.section("Second factors")
    factors.where.getByText("Add an authenticator app…").click()
    factors.fill({"Current password": tab.password}).press("Add an authenticator app")
    return factors


def app_on(tab):
    tab.page.getByText("It cannot be scanned?").click()
    return App(tab.page.innerText("details[open] code.address").replace(" ", ""))


def account_without_a_factor(tab, **_):
    tab.register().go("/auth/account")


def account_with_an_offer(tab, **_):
    tab.register()
    offer_an_app(tab)


def account_with_a_wrong_code(tab, **_):
    tab.register()
    offer_an_app(tab).fill({"Code": "12345"}).press("Confirm")


def recovery_codes(tab, **_):
    tab.register()
    factors = offer_an_app(tab)
    factors.fill({"Code": app_on(tab).code()}).press("Confirm")


def account_with_a_factor(tab, **_):
    recovery_codes(tab)
    tab.click("I have kept them")


def second_step(tab, **_):
    recovery_codes(tab)
    tab.context.clearCookies()
    tab.go("/orders")
    tab.log_in(tab.email, tab.password)


def second_step_with_a_wrong_code(tab, **_):
    second_step(tab)
    tab.fill({"Code": "0" * 16}).press("Log in")


def second_step_with_nothing_in_it(tab, **_):
    second_step(tab)
    tab.press("Log in")


def second_step_lost(tab, **_):
    second_step(tab)
    tab.context.clearCookies()
    tab.fill({"Code": "123456"}).press("Log in")


def enrolment(tab, **_):
    tab.register()


FACTORS = {state: {"mfa": "optional", "mfa_remember": "30d"} for state in (
    account_without_a_factor, account_with_an_offer, account_with_a_wrong_code, recovery_codes, account_with_a_factor, second_step,
    second_step_with_a_wrong_code, second_step_with_nothing_in_it, second_step_lost)} | {enrolment: {"mfa": "required", "mfa_grace": "1d"}}

STATES = [login, login_with_nothing_in_it, login_with_a_wrong_password, login_too_often, login_without_redis, register,
          register_with_errors, register_with_a_known_email, logged_out, account, account_saved, account_with_long_words,
          account_with_a_wrong_profile, account_with_a_wrong_password, account_long_after_the_login, account_to_be_deleted,
          deleted, forbidden, step_up, step_up_with_a_wrong_password, step_up_that_is_over, step_up_without_a_second_factor,
          step_up_of_a_form, missing, unavailable, *PASSKEYS, *MAIL, *FACTORS]


@pytest.fixture
def bring(make_site, open_tab, redis, smtp, an_hour_after_login):
    """bring(state, **options): a tab in that state; the options are the browser's."""
    def make(state, **options):
        mail = mail_settings(smtp, **MAIL[state]) if state in MAIL else {}
        passkeys = {"passkey_login": "on", "mfa": "optional"} if state in PASSKEYS else {}
        site = make_site(realm={"site": '"Harbour Calendars"', "limit_logins": "account+address=2/15m", **mail, **passkeys, **FACTORS.get(state, {})})
        tab = open_tab(site, reducedMotion="reduce", viewport=WIDE, **options)
        state(tab, redis=redis, smtp=smtp, another=lambda **more: open_tab(site, **more),
              an_hour_after_login=lambda tab: an_hour_after_login(site, tab))
        return tab
    return make


def change_look(tab, media, size):
    tab.page.emulateMedia(**media)
    tab.page.setViewportSize(size)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_page_is_accessible_and_fits(bring, state):
    tab = bring(state)
    wrong = []
    for look, (media, size) in LOOKS.items():
        change_look(tab, media, size)
        wrong += [f"{look}: {violation}" for violation in tab.accessibility()]
        width = tab.page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            wrong.append(f"{look}: it is {width} pixels wide")
        take_picture(tab, f"{state.__name__}-{look}")
    assert not wrong, "\n".join(wrong)


def take_picture(tab, name):
    """Only for who wants to look: ./build.sh test --pictures."""
    if "GATEHOUSE_README_IMAGES" not in os.environ:
        return
    folders = {TREE / "build/screenshots": name}
    if name in README:
        folders[pathlib.Path(os.environ["GATEHOUSE_README_IMAGES"])] = README[name]
    for folder, file in folders.items():
        tab.page.screenshot(path=str(folder / f"{file}.png"), fullPage=True)


@pytest.mark.parametrize("state", [login, account, forbidden], ids=lambda state: state.__name__)
def test_dark_is_dark_and_light_is_light(bring, state):
    tab = bring(state)

    def color(property):
        return tab.page.evaluate(f"getComputedStyle(document.body).{property}.match(/[0-9]+/g).map(Number)")

    for media, darker, lighter in ((LIGHT, "color", "backgroundColor"), (DARK, "backgroundColor", "color")):
        change_look(tab, media, WIDE)
        assert max(color(darker)) < 80 and min(color(lighter)) > 200, media


@pytest.mark.parametrize("state", [login, register, logged_out, account, forbidden, step_up, step_up_without_a_second_factor,
                                   step_up_of_a_form, passkey, login_with_a_passkey, missing, forgot, forgot_sent, verification_needed, verify, verify_failed, reset, reset_failed, account_unverified,
                                   account_with_a_factor, account_with_an_offer, second_step, enrolment, recovery_codes],
                         ids=lambda state: state.__name__)
def test_german_words_fit_a_narrow_screen(bring, state):
    tab = bring(state)
    tab.context.setExtraHTTPHeaders({"Accept-Language": "de"})
    tab.follow(tab.page, "reload")
    change_look(tab, LIGHT, NARROW)
    assert tab.page.getAttribute("html", "lang") == "de"
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    take_picture(tab, f"{state.__name__}-german")


@pytest.mark.parametrize("width", [1920, 1280, 1024])
def test_on_a_wide_screen_the_login_stands_in_the_middle(open_tab, site, width):
    """Issue 10.26"""
    tab = open_tab(site, viewport={"width": width, "height": 800})
    tab.go("/auth/login")
    left, right = tab.page.evaluate("(box => [box.left, innerWidth - box.right])(document.querySelector('main').getBoundingClientRect())")
    assert abs(left - right) <= 16, "but for a scroll bar"
    brand = tab.page.evaluate("document.querySelector('.brand').getBoundingClientRect().right")
    assert brand <= left
