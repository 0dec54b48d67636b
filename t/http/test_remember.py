"""Whether a login outlives the browser: the directive `remember`, and what a user ticks."""

import time

import pytest

from browser import NAVIGATION, Browser, set_cookies

PAGES = "location /auth/ { gatehouse_api %REALM% rest; } location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
FORM = "location /auth/ { gatehouse_api %REALM% form mount=/; }"
BFF = "location /api/iam/ { gatehouse_api %REALM% bff; } location /iam/ { gatehouse_api %REALM% bff-pages; }"
REALM = {"cookie_secure": "off", "cookie": "gh"}
OFFERED = {"remember_asked": "yes"}
TICKED = {"remember_asked": "yes", "remember": "yes"}


def lasts(answer):
    """Of the cookies that are set, not cleared: whether they outlive the browser. All are of one kind."""
    kinds = {"Max-Age=" in each for each in set_cookies(answer) if "Max-Age=0" not in each and "Expires=" not in each}
    assert len(kinds) == 1, set_cookies(answer)
    return kinds.pop()


@pytest.mark.parametrize("said, typed, expected", [
    (None, {}, False), (None, OFFERED, False), (None, TICKED, True), ("ask", TICKED, True),
    ("on", {}, True), ("on", OFFERED, True), ("off", TICKED, False), ("off", {}, False)])
def test_the_directive_and_the_box_decide(nginx, said, typed, expected):
    """Issue 10.26"""
    site = nginx(PAGES, realm={**REALM, **({"remember": said} if said else {})})
    browser = Browser(site)
    assert lasts(browser.register(**typed)) is expected
    assert lasts(browser.login(**typed)) is expected


@pytest.mark.parametrize("said, boxes", [("ask", 1), ("on", 0), ("off", 0)])
def test_only_ask_asks_and_what_was_ticked_stays_ticked(nginx, said, boxes):
    """Issue 10.26"""
    site = nginx(PAGES, realm={**REALM, "remember": said})
    for path in ("login", "register"):
        assert site.get(f"/auth/{path}", headers=NAVIGATION).text.count('type="checkbox"') == boxes
    again = Browser(site).post("/auth/login", {"email": "nobody@example.com", "password": "wrong", **TICKED})
    assert again.status_code == 401
    assert again.text.count('value="yes" checked') == boxes


@pytest.mark.parametrize("typed, expected", [(OFFERED, False), (TICKED, True)])
def test_cookies_that_are_renewed_keep_their_kind(nginx, typed, expected):
    """Issue 10.26: by the guard, and by the account page; generation after generation."""
    browser = Browser(nginx(PAGES, realm={**REALM, "access_lifetime": "1s"}))
    browser.register(**typed)
    for path in ("/", "/auth/account", "/"):
        browser.forget("gh")
        answer = browser.get(path)
        assert answer.status_code == 200
        assert len(set_cookies(answer)) == 2 and lasts(answer) is expected


def test_a_session_of_an_older_version_keeps_its_cookies(nginx, redis):
    """Issue 10.26: it does not say of what kind they are."""
    site = nginx(PAGES, realm=REALM)
    browser = Browser(site)
    browser.register(**OFFERED)
    store = redis.client
    keys = [key for key in store.scan_iter(match=f"gatehouse:{{{site.realm}}}:session:*") if store.hget(key, "persistent") == "0"]
    assert keys
    for key in keys:
        store.hdel(key, "persistent")
    browser.forget("gh")
    assert lasts(browser.get("/"))


@pytest.mark.parametrize("typed, expected", [({}, True), (OFFERED, False), (TICKED, True)])
def test_form_keeps_its_contract_unless_its_page_has_asked(nginx, typed, expected):
    """Issue 10.26"""
    site = nginx(FORM, realm=REALM)
    person = {"name": "Jane", "email": f"jane{time.time_ns()}@example.com", "password": "SecurePass123"}
    assert lasts(site.post("/auth/signup", data={**person, **typed})) is expected
    assert lasts(site.post("/auth/login", data={**person, **typed})) is expected
    assert 'name="remember_asked"' in site.get("/auth/login", headers=NAVIGATION).text


@pytest.mark.parametrize("typed, expected", [({}, True), (OFFERED, False), (TICKED, True)])
def test_bff_keeps_its_contract_unless_its_page_has_asked(nginx, typed, expected):
    """Issue 10.26"""
    site = nginx(BFF, realm=REALM)
    platform = {"client-platform": "browser"}
    person = {"email": f"jane{time.time_ns()}@example.com", "password": "SecurePass123"}
    names = {"first_name": "Jane", "last_name": "Doe"}
    assert site.post("/api/iam/authn/register", json={**person, **names}, headers=platform).json()["status"] == "success"
    answer = site.post("/api/iam/authn/login", json={**person, **typed}, headers=platform)
    assert lasts(answer) is expected
    cookies = {each.split("=")[0]: each.split(";")[0].split("=", 1)[1] for each in set_cookies(answer)}
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    renewed = site.post("/api/iam/authn/refresh", headers={**platform, "Cookie": sent})
    assert renewed.json()["status"] == "success" and lasts(renewed) is expected
    assert 'name="remember_asked"' in site.get("/iam/login", headers=NAVIGATION).text
