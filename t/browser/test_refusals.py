"""Pages for those who cannot have what they asked for."""

import time


def test_a_page_that_one_may_not_see_offers_another_account_and_goes_back_there(tab, site, postgres, open_tab):
    admin = open_tab(site).register(email="admin@example.com")
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin}')", site.realm, admin.email)
    tab.register()
    assert tab.go("/admin/?page=2") == 403
    assert tab.heading == "This page is not open to you"
    assert tab.email in tab.text
    tab.press("Use another account")
    tab.click("Log in again")
    assert tab.log_in(admin.email, admin.password) == 200
    assert tab.address == "/admin/?page=2"


def test_there_is_no_such_page(tab):
    assert tab.go("/auth/nothing") == 404
    assert tab.heading == "There is no such page"
    tab.click("To the start page")
    assert tab.heading == "Log in"


def test_while_redis_is_down_a_form_says_when_to_try_again_and_keeps_what_was_typed(tab, redis):
    tab.go("/auth/login")
    redis.stop()
    assert tab.log_in("jane@example.com", "SecurePass123") == 503
    assert len(tab.messages) == 1
    assert tab.messages[0].endswith("You can try again in 5 seconds.")
    assert "out of order" in tab.messages[0]
    assert tab.field("E-mail address").inputValue() == "jane@example.com"
    assert tab.field("Password").inputValue() == ""


def test_while_redis_is_down_a_guarded_page_says_when_to_try_again_and_comes_back(make_site, open_tab, redis):
    tab = open_tab(make_site(realm={"access_lifetime": "1s"})).register()
    redis.stop()
    time.sleep(1.5)
    assert tab.click("/orders") == 503
    assert tab.heading == "Back in a moment"
    assert "out of order" in tab.text and "You can try again in" in tab.text
    redis.start()
    deadline = time.monotonic() + 20
    while tab.follow(tab.page, "reload") == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert tab.heading == "/orders"
    assert tab.page.innerText("#user") == tab.email
