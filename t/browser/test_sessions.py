"""Once inside: what lasts, what ends, and what is left of it."""

import time

from accounts import claims

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def is_at_the_login_page(tab):
    return tab.address.startswith("/auth/login?return=") and tab.heading == "Log in"


def test_an_access_token_that_runs_out_while_clicking_around_is_renewed_unnoticed(make_site, open_tab):
    tab = open_tab(make_site(realm={"access_lifetime": "1s"})).register()
    seen = set()
    for link, address in (("/orders", "/orders"), ("/orders?id=7", "/orders?id=7"), ("/auth/account", "/auth/account")):
        seen.add(tab.cookies["__Host-gatehouse-refresh"])
        time.sleep(1.5)
        assert tab.click(link) == 200
        assert tab.address == address
    assert tab.heading == "Your account"
    assert len(seen) > 1


def test_a_form_of_the_application_is_sent_although_the_token_has_run_out(make_site, open_tab, upstream):
    tab = open_tab(make_site(realm={"access_lifetime": "1s"})).register()
    time.sleep(1.5)
    assert tab.press("Order") == 200
    assert upstream.requests[-1]["method"] == "POST"
    assert tab.page.innerText("#user") == tab.email


def test_many_requests_at_once_with_an_expired_token_log_nobody_out(make_site, open_tab):
    tab = open_tab(make_site(realm={"access_lifetime": "4s"})).register()
    for _ in range(2):
        time.sleep(max(0, claims(tab.cookies["__Host-gatehouse"])["exp"] - time.time()))
        statuses = tab.page.evaluate(
            "Promise.all(Array.from({length: 8}, (_, i) => fetch('/orders?' + i).then(answer => answer.status)))")
        assert statuses == [200] * 8
    assert tab.click("/orders") == 200
    assert tab.address == "/orders"


def test_two_tabs_share_a_session_and_its_end(tab):
    tab.register()
    other = tab.another()
    other.go("/orders")
    assert other.address == "/orders"
    tab.go("/auth/account")
    assert tab.press("Log out") == 200
    assert tab.heading == "You are logged out"
    assert tab.cookies == {}
    other.click("/orders?id=7")
    assert is_at_the_login_page(other)
    assert other.log_in(tab.email, tab.password) == 200
    assert other.address == "/orders?id=7"


def test_a_form_that_is_sent_after_the_session_has_ended_can_be_sent_again(tab, upstream):
    tab.register()
    form = tab.another()
    form.go("/orders")
    tab.go("/auth/account")
    tab.press("Log out")
    before = upstream.count
    assert form.press("Order") == 401
    assert form.heading == "You are no longer logged in"
    assert upstream.count == before
    assert form.accessibility() == []
    link = form.where.getByRole("link", name="Log in in a new tab")
    assert (link.getAttribute("target"), link.getAttribute("rel")) == ("_blank", "noopener")
    tab.go(link.getAttribute("href"))
    assert tab.log_in(tab.email, tab.password) == 200
    assert form.follow(form.page, "reload") == 200
    assert form.heading == "/orders"
    assert upstream.requests[-1]["method"] == "POST"


def test_an_account_page_out_of_the_browsers_memory_is_loaded_again(tab):
    tab.register()
    tab.go("/auth/account")
    tab.another().context.clearCookies()
    tab.follow(tab.page, "evaluate", "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert is_at_the_login_page(tab)


def test_two_tabs_at_the_login_page_both_get_where_they_wanted(open_tab, site):
    jane = open_tab(site).register()
    first = open_tab(site)
    second = first.another()
    first.go("/orders?tab=1")
    second.go("/orders?tab=2")
    for tab, wanted in ((first, "/orders?tab=1"), (second, "/orders?tab=2")):
        assert tab.log_in(jane.email, jane.password) == 200
        assert tab.address == wanted
    assert first.click("/orders") == 200
    assert first.address == "/orders"


def test_the_session_of_another_device_can_be_ended(open_tab, site):
    here = open_tab(site).register()
    there = open_tab(site, userAgent=FIREFOX)
    there.go("/orders")
    there.log_in(here.email, here.password)
    here.go("/auth/account")
    sessions = here.section("Where you are logged in")
    assert sessions.where.getByRole("listitem").count() == 2
    assert sessions.press("End Firefox on Linux") == 200
    assert here.messages == ["The session has ended."]
    assert sessions.where.getByRole("listitem").count() == 1
    there.click("/orders?id=7")
    assert is_at_the_login_page(there)
    here.go("/orders")
    assert here.address == "/orders"


def test_all_other_sessions_can_be_ended_at_once(open_tab, site):
    here = open_tab(site).register()
    others = [open_tab(site) for _ in range(2)]
    for other in others:
        other.go("/")
        other.log_in(here.email, here.password)
    here.go("/auth/account")
    sessions = here.section("Where you are logged in")
    assert sessions.press("End all others") == 200
    assert here.messages == ["All other sessions have ended."]
    for other in others:
        other.click("/orders")
        assert is_at_the_login_page(other)


def test_long_after_the_login_ending_sessions_needs_the_password(open_tab, site, an_hour_after_login):
    here, there = open_tab(site).register(), open_tab(site)
    there.go("/")
    there.log_in(here.email, here.password)
    an_hour_after_login(site, here)
    here.go("/auth/account")
    sessions = here.section("Where you are logged in")
    assert "enter your password once more" in sessions.where.innerText()
    assert sessions.press("End Chrome on Linux") in (400, 403)
    assert there.click("/orders") == 200
    assert there.address == "/orders"
    assert sessions.fill({"Current password": "not the password"}).press("End all others") == 400
    assert sessions.error_at("Current password") == "This is not your current password."
    assert sessions.fill({"Current password": here.password}).press("End all others") == 200
    assert here.messages == ["All other sessions have ended."]
    there.click("/orders?id=7")
    assert is_at_the_login_page(there)


def test_the_back_button_shows_nothing_private_after_a_logout(tab):
    tab.register()
    private = ["/", "/orders", "/auth/account"]
    for link in private[1:]:
        tab.click(link)
    tab.press("Log out")
    for _ in private:
        tab.back()
        assert tab.heading == "Log in", tab.address
        assert tab.email not in tab.page.content()


def test_it_shows_nothing_private_either_where_only_no_store_forbids_it(make_site, open_tab, chromium):
    """Over plain HTTP browsers ignore Clear-Site-Data."""
    site = make_site(realm={"cookie_secure": "off", "public_url": "http://gatehouse.test:%PORT%"})
    tab = open_tab(site, host="gatehouse.test").register()
    for link in ("/orders", "/orders?id=7", "/auth/account"):
        tab.click(link)
    tab.press("Log out")
    assert all("Clear-Site-Data" in each for each in chromium.tests.complaints())
    for _ in range(3):
        tab.back()
        assert tab.heading == "Log in", tab.address


def test_the_back_button_is_right_while_logged_in(tab):
    tab.register()
    tab.click("/orders")
    tab.click("/auth/account")
    tab.back()
    assert tab.heading == "/orders"
    tab.back()
    assert tab.heading == "/"
