"""Issue 14: the second step of a login in a browser, and the factors on the account page; what they look like is in
t/browser."""

import html
import re
import subprocess

import pytest

from accounts import GUARDED, claims
from browser import Browser, set_cookies
from factors import REALM, App, forget_steps

SITE = "location /auth/ { gatehouse_api %REALM% rest; }" + GUARDED
PENDING = "gatehouse-login"
GERMAN = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}


@pytest.fixture
def site(nginx):
    return nginx(SITE, realm=REALM)


def key_on(page):
    """The secret, as who types it reads it."""
    return re.search(r'<code class="address">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def codes_on(page):
    return re.findall(r"<li><code>([^<]+)</code></li>", page)


def id_on(page):
    return re.search(r'/account/factors/([0-9a-f-]{36})/confirm"', page)[1]


class Person(Browser):
    """A browser whose user has an app, and is logged in."""

    def __init__(self, site, postgres, protected=True):
        super().__init__(site)
        self.register()
        self.id = postgres.query("select id from gatehouse.users where email = %s", self.email)[0]["id"]
        if not protected:
            return
        self.app, self.recovery_codes = self.add_app()
        forget_steps(postgres, self)

    def add_app(self, **fields):
        offered = self.post("/auth/account/totp", {"current_password": self.password, **fields})
        assert offered.status_code == 200, offered.text
        app = App(key_on(offered.text))
        confirmed = self.post(f"/auth/account/factors/{id_on(offered.text)}/confirm", {"code": app.code()})
        assert confirmed.status_code in (200, 303), confirmed.text
        return app, codes_on(confirmed.text)

    def another(self):
        """His other browser."""
        other = Browser(self.server)
        other.email, other.password = self.email, self.password
        return other


@pytest.fixture
def person(site, postgres):
    return Person(site, postgres)


def said(answer):
    return html.unescape(" ".join(re.findall(r'role="(?:alert|status)"[^>]*>(?:<p>)?([^<]*)', answer.text)))


# ---- the second step ----

def test_the_login_goes_on_to_a_second_step_and_then_to_where_one_wanted(person):
    browser = person.another()
    first = browser.login(**{"return": "/orders?id=7"})
    assert (first.status_code, first.headers["Location"]) == (303, "/auth/challenge?return=%2Forders%3Fid%3D7")
    cookie, = [each for each in set_cookies(first) if each.startswith(PENDING + "=")]
    assert "HttpOnly; SameSite=Lax; Max-Age=600" in cookie and "gatehouse" not in browser.cookies

    page = browser.get(first.headers["Location"])
    assert page.status_code == 200 and 'autocomplete="one-time-code"' in page.text
    assert re.findall('name="return" value="([^"]*)"', page.text) == ["/orders?id=7"]
    assert browser.cookies[PENDING] not in page.text
    second = browser.post("/auth/challenge", {"code": person.app.code(), "return": "/orders?id=7"})
    assert (second.status_code, second.headers["Location"]) == (303, "/orders?id=7")
    assert PENDING not in browser.cookies and "gatehouse" in browser.cookies
    assert browser.get("/").status_code == 200


def test_a_wrong_code_shows_the_page_again(person):
    browser = person.another()
    browser.login()
    for code, status, words in (("000000000000000", 401, "This code is wrong"), ("", 400, "")):
        answer = browser.post("/auth/challenge", {"code": code})
        assert answer.status_code == status and words in said(answer)
        assert 'action="/auth/challenge"' in answer.text and "000000000000000" not in answer.text
    assert browser.post("/auth/challenge", {"code": person.recovery_codes[0]}).status_code == 303


def test_after_five_tries_the_login_begins_anew(person):
    browser = person.another()
    browser.login()
    statuses = [browser.post("/auth/challenge", {"code": "0" * 16}).status_code for _ in range(5)]
    assert statuses == [401] * 5
    lost = browser.post("/auth/challenge", {"code": person.recovery_codes[0], "return": "/orders"})
    assert lost.status_code == 401 and 'action="/auth/login"' in lost.text and "log in again" in said(lost)
    assert PENDING not in browser.cookies and 'value="/orders"' in lost.text


def test_the_step_belongs_to_the_browser_that_has_taken_the_first(person):
    browser, thief = person.another(), person.another()
    browser.login()
    answer = thief.post("/auth/challenge", {"code": person.app.code()})
    assert answer.status_code == 401 and "gatehouse" not in thief.cookies
    assert thief.get("/auth/challenge").status_code == 401
    assert browser.post("/auth/challenge", {"code": person.app.code()}).status_code == 303


def test_requirement_42_another_site_cannot_end_a_login(person):
    browser = person.another()
    browser.login()
    assert browser.post("/auth/challenge", {"code": person.app.code()}, site="cross-site").status_code == 403
    assert "gatehouse" not in browser.cookies


def test_requirement_61_no_application_sees_the_token(person, upstream):
    browser = person.another()
    browser.login()
    browser.get("/")
    browser.post("/auth/challenge", {"code": person.app.code()})
    token = browser.session.cookies.set(PENDING, "canary", domain="127.0.0.1", path="/")
    browser.get("/")
    assert token.value == "canary" and "canary" not in str(upstream.requests)


def test_the_session_before_ends_with_the_second_step_and_not_with_the_first(person, site, postgres):
    other = Person(site, postgres, protected=False)
    before = other.cookies["gatehouse"]
    other.email, other.password = person.email, person.password
    other.login()
    assert site.get("/", headers={"Authorization": f"Bearer {before}"}).status_code == 200
    other.post("/auth/challenge", {"code": person.app.code()})
    assert site.get("/", headers={"Authorization": f"Bearer {before}"}).status_code == 401
    assert claims(other.cookies["gatehouse"])["email"] == person.email


def test_it_is_there_in_german(person):
    browser = person.another()
    browser.login()
    assert "Noch ein Schritt" in browser.get("/auth/challenge", headers=GERMAN).text
    wrong = browser.post("/auth/challenge", {"code": "0" * 16}, headers=GERMAN)
    assert "Dieser Code ist falsch" in said(wrong)


# ---- remembered ----

@pytest.fixture
def remembering(nginx, postgres):
    return Person(nginx(SITE, realm={**REALM, "mfa_remember": "30d"}), postgres)


def remembered(person):
    browser = person.another()
    browser.login()
    answer = browser.post("/auth/challenge", {"code": person.recovery_codes.pop(), "remember_browser": "yes"})
    assert answer.status_code == 303
    cookie, = [each for each in set_cookies(answer) if each.startswith("gatehouse-browser=")]
    assert "HttpOnly; SameSite=Lax; Max-Age=2592000" in cookie
    browser.logout()
    return browser


def test_a_browser_is_remembered_if_its_user_wants_it(remembering):
    page = remembering.another()
    page.login()
    assert 'name="remember_browser"' in page.get("/auth/challenge").text and "30 days" in page.get("/auth/challenge").text
    page.post("/auth/challenge", {"code": remembering.recovery_codes.pop()})
    page.logout()
    assert page.login().headers["Location"].startswith("/auth/challenge")

    browser = remembered(remembering)
    assert browser.login().headers["Location"] == "/"


@pytest.mark.parametrize("change", ["password", "factor", "another user", "forged", "off"])
def test_it_is_forgotten(remembering, postgres, change):
    browser, site = remembered(remembering), remembering.server
    if change == "password":
        remembering.post("/auth/account/password", {"current_password": remembering.password, "password": "AnotherPass123"})
        browser.password = "AnotherPass123"
    elif change == "factor":
        remembering.add_app(name="second")
    elif change == "another user":
        other = Person(site, postgres)
        browser.email = other.email
    elif change == "forged":
        end, _, signature = browser.cookies["gatehouse-browser"].partition(".")
        browser.session.cookies.set("gatehouse-browser", f"{int(end) + 1}.{signature}", domain="127.0.0.1", path="/")
    else:
        conf = (site.folder / "nginx.conf").read_text()
        (site.folder / "nginx.conf").write_text(conf.replace("mfa_remember 30d;", ""))
        browser.session.close()  # its connection ends with the old worker
        site.reload()
    assert browser.login().headers["Location"].startswith("/auth/challenge")


# ---- required ----

def test_who_needs_a_factor_is_led_through_it(nginx, postgres):
    site = nginx(SITE, realm={**REALM, "mfa": "required"})
    browser = Browser(site)
    first = browser.register(**{"return": "/orders"})
    assert first.headers["Location"] == "/auth/challenge?return=%2Forders"
    page = browser.get(first.headers["Location"])
    assert "Set up a second factor" in page.text and "/challenge/postpone" not in page.text
    app = App(key_on(page.text))
    assert key_on(browser.get("/auth/challenge").text) == app.secret  # looking changes nothing
    assert key_on(browser.post("/auth/challenge", {"code": app.code(9)}).text) == app.secret
    done = browser.post("/auth/challenge", {"code": app.code(), "return": "/orders"})
    assert done.status_code == 200 and len(codes_on(done.text)) == 10
    assert 'href="/orders"' in done.text and done.headers["Cache-Control"] == "no-store"
    assert browser.get("/").status_code == 200


def test_he_may_postpone_it_for_the_grace(nginx, postgres):
    site = nginx(SITE, realm={**REALM, "mfa": "required", "mfa_grace": "1d"})
    browser = Browser(site)
    browser.register()
    assert "/auth/challenge/postpone" in browser.get("/auth/challenge").text
    later = browser.post("/auth/challenge/postpone", {"return": "/orders"})
    assert (later.status_code, later.headers["Location"]) == (303, "/orders")
    assert browser.get("/").status_code == 200


# ---- the account page ----

def test_an_app_is_added_on_the_account_page(site, postgres):
    person = Person(site, postgres, protected=False)
    page = person.get("/auth/account").text
    assert "There is none yet." in page and 'action="/auth/account/totp"' in page
    wrong = person.post("/auth/account/totp", {"current_password": "wrong-password"})
    assert wrong.status_code == 400 and "<svg" not in wrong.text
    offered = person.post("/auth/account/totp", {"current_password": person.password, "name": "My phone"})
    app, factor = App(key_on(offered.text)), id_on(offered.text)
    mistyped = person.post(f"/auth/account/factors/{factor}/confirm", {"code": app.code(9)})
    assert mistyped.status_code == 401 and key_on(mistyped.text) == app.secret and "This code is wrong" in said(mistyped)
    confirmed = person.post(f"/auth/account/factors/{factor}/confirm", {"code": app.code()})
    assert confirmed.status_code == 200 and len(codes_on(confirmed.text)) == 10 and 'href="/auth/account?done=factor_added"' in confirmed.text
    page = person.get("/auth/account").text
    assert "My phone" in page and "<strong>10</strong>" in page and "<svg" not in page


def test_the_qr_code_is_the_uri(person, folder):
    """zbarimg reads it from the picture that the SVG is."""
    offered = person.post("/auth/account/totp", {"current_password": person.password}).text
    side = int(re.search(r'viewBox="0 0 (\d+) ', offered)[1])
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", re.search(r'<path d="([^"]+)"', offered)[1]):
        dark |= {(int(x) + i, int(y)) for i in range(int(width))}
    scale = 4
    rows = [bytes(0 if (x // scale, y // scale) in dark else 255 for x in range(side * scale)) for y in range(side * scale)]
    picture = folder / "code.pgm"
    picture.write_bytes(b"P5 %d %d 255\n" % (side * scale, side * scale) + b"".join(rows))
    read = subprocess.check_output(["zbarimg", "-q", "--raw", str(picture)], text=True, stderr=subprocess.DEVNULL).strip()
    assert read == html.unescape(re.search(r'href="(otpauth:[^"]+)"', offered)[1])
    assert read.startswith("otpauth://totp/") and key_on(offered) in read


def test_factors_are_renamed_and_removed_on_the_account_page(person, postgres):
    factor = postgres.query("select id from gatehouse.factors where user_id = %s", person.id)[0]["id"]
    for path, fields in ((f"{factor}/name", {"name": "new"}), (factor, {})):
        wrong = person.post(f"/auth/account/factors/{path}", {**fields, "current_password": "wrong-password"})
        assert wrong.status_code == 400 and said(wrong)
    renamed = person.post(f"/auth/account/factors/{factor}/name", {"name": "Old phone", "current_password": person.password})
    assert renamed.headers["Location"] == "/auth/account?done=factor_renamed"
    page = person.get(renamed.headers["Location"])
    assert "Old phone" in page.text and "new name" in said(page)
    removed = person.post(f"/auth/account/factors/{factor}", {"current_password": person.password})
    assert removed.headers["Location"] == "/auth/account?done=factor_removed"
    assert person.another().login().headers["Location"] == "/"


def test_recovery_codes_are_made_anew_on_the_account_page(person):
    assert person.post("/auth/account/recovery-codes", {"current_password": "wrong-password"}).status_code == 400
    made = person.post("/auth/account/recovery-codes", {"current_password": person.password})
    fresh = codes_on(made.text)
    assert made.status_code == 200 and len(fresh) == 10 and not set(fresh) & set(person.recovery_codes)


def test_without_a_policy_the_account_page_has_no_factors(nginx, postgres):
    person = Person(nginx(SITE, realm={"cookie_secure": "off"}), postgres, protected=False)
    assert 'id="factors"' not in person.get("/auth/account").text


@pytest.mark.parametrize("path", ["11111111-2222-4333-8444-555555555555", "x/name", "x/confirm"])
def test_an_address_of_a_form_that_is_reloaded_is_the_account(person, path):
    assert person.get(f"/auth/account/factors/{path}").status_code == 200
    for form in ("recovery-codes", "totp"):
        assert person.get(f"/auth/account/{form}").status_code == 200
