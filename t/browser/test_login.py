"""Into the application: by logging in, and by registering."""

import pytest


@pytest.fixture
def jane(open_tab, site, upstream):
    """She has an account, and a browser elsewhere."""
    tab = open_tab(site).register()
    upstream.requests.clear()
    return tab


@pytest.mark.parametrize("wanted", ["/orders?id=7", "/a%20b/%C3%BC?x=1&y=%26+%2F&return=/other&done=z"])
def test_a_first_visit_to_a_deep_link_ends_at_exactly_that_page(tab, jane, upstream, wanted):
    assert tab.go(wanted) == 200
    assert tab.heading == "Log in"
    assert upstream.count == 0
    assert tab.log_in(jane.email, jane.password) == 200
    assert tab.address == wanted
    assert [request["uri"] for request in upstream.requests] == [wanted]
    assert tab.page.innerText("#user") == jane.email


def test_the_part_behind_the_hash_is_kept(tab, jane):
    tab.go("/orders?id=7#part-2")
    assert tab.heading == "Log in"
    tab.log_in(jane.email, "not the password")
    tab.click("Create an account")
    tab.click("Log in")
    assert tab.log_in(jane.email, jane.password) == 200
    assert tab.address == "/orders?id=7#part-2"


def test_a_deep_link_survives_a_wrong_password_and_a_registration(tab, jane):
    tab.go("/orders?id=7&x=%2F")
    tab.log_in(jane.email, "not the password")
    tab.click("Create an account")
    tab.fill({"Name": "John", "E-mail address": "j@x", "Password": "SecurePass123"}).press("Create account")
    assert tab.heading == "Create an account"
    tab.fill({"E-mail address": "new." + jane.email}).fill({"Password": "SecurePass123"}).press("Create account")
    assert tab.address == "/orders?id=7&x=%2F"


def test_a_wrong_password_says_not_which_half_was_wrong(tab, jane):
    said = []
    for email in (jane.email, "nobody@example.com"):
        tab.go("/auth/login")
        assert tab.log_in(email, "not the password") == 401
        said.append(tab.messages)
        assert tab.field("E-mail address").inputValue() == email
        assert tab.field("Password").inputValue() == ""
        assert tab.error_at("E-mail address") is None and tab.error_at("Password") is None
    assert said[0] == said[1] == ["The e-mail address and the password do not match."]
    assert tab.cookies == {}


def test_a_login_without_anything_in_it_says_so_at_each_field(tab):
    tab.go("/auth/login")
    assert tab.press("Log in") == 400
    assert tab.error_at("E-mail address") == "Please enter your e-mail address."
    assert tab.error_at("Password") == "Please enter a password."


def test_registering_leads_into_the_application(tab, upstream):
    assert tab.go("/") == 200
    assert tab.heading == "Log in"
    assert tab.click("Create an account") == 200
    email = "jane.doe@example.com"
    tab.fill({"Name": "Jane Doe", "E-mail address": email, "Password": "SecurePass123"})
    assert tab.press("Create account") == 200
    assert tab.address == "/"
    assert tab.page.innerText("#user") == email
    assert tab.click("/auth/account") == 200
    assert tab.heading == "Your account"
    assert tab.section("Profile").field("Name").inputValue() == "Jane Doe"


def test_what_is_wrong_in_a_registration_is_said_beside_the_field(tab, jane):
    tab.go("/auth/register")
    assert tab.fill({"E-mail address": "jane@example.com"}).press("Create account") == 400
    assert tab.error_at("Name") == "Please enter your name."
    assert tab.error_at("Password") == "Please enter a password."
    assert tab.error_at("E-mail address") is None
    tab.fill({"Name": "Jane Doe", "E-mail address": "jane at home", "Password": "short"})
    assert tab.press("Create account") == 400
    assert tab.error_at("Name") is None
    assert tab.error_at("E-mail address").startswith("An e-mail address has no spaces")
    assert tab.error_at("Password") == "This is too short: use at least 8 characters."
    assert tab.field("E-mail address").inputValue() == "jane at home"
    assert tab.field("Password").inputValue() == ""
    tab.fill({"Name": "Jane <b>&amp; \"John\"</b>", "E-mail address": jane.email, "Password": "SecurePass123"})
    assert tab.press("Create account") == 409
    assert tab.error_at("E-mail address") == "There is an account with this e-mail address already."
    assert tab.field("Name").inputValue() == "Jane <b>&amp; \"John\"</b>"


def test_too_many_wrong_passwords_are_told_when_to_try_again(make_site, open_tab):
    tab = open_tab(make_site(realm={"limit_logins": "account+address=2/10m"}))
    tab.go("/auth/login")
    statuses = [tab.log_in("jane@example.com", "not the password") for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert tab.messages == ["That was tried too often. Please wait a little. You can try again in 10 minutes."]
    assert tab.field("E-mail address").inputValue() == "jane@example.com"


def test_password_managers_know_what_each_field_is_for(tab):
    def autocomplete():
        return tab.page.evaluate("Object.fromEntries([...document.querySelectorAll('form input:not([type=hidden], [type=checkbox])')]"
                                 ".map(input => [(input.closest('section')?.id ?? '') + '.' + (input.name || 'who'), input.autocomplete]))")

    tab.go("/auth/login")
    assert autocomplete() == {".email": "username", ".password": "current-password"}
    tab.go("/auth/register")
    assert autocomplete() == {".name": "name", ".email": "username", ".password": "new-password"}
    tab.register().go("/auth/account")
    assert autocomplete() == {
        "profile.name": "name", "profile.email": "email", "profile.current_password": "current-password",
        "password.who": "username", "password.current_password": "current-password", "password.password": "new-password",
        "delete.who": "username", "delete.current_password": "current-password"}
    assert tab.page.inputValue("#password [autocomplete=username]") == tab.email


def test_a_password_can_be_shown_and_is_sent_hidden(tab):
    tab.go("/auth/login")
    tab.fill({"Password": "SecurePass123"})
    show = tab.where.getByRole("button", name="Show password", exact=True)
    show.click()
    assert tab.field("Password").getAttribute("type") == "text"
    tab.where.getByRole("button", name="Hide password", exact=True).click()
    assert tab.field("Password").getAttribute("type") == "password"


def test_over_plain_http_where_browsers_tell_less(make_site, open_tab):
    """No Sec-Fetch-Site from a host that is not this machine: the form's origin alone tells that it is ours."""
    site = make_site(realm={"cookie_secure": "off", "public_url": "http://gatehouse.test:%PORT%"})
    tab = open_tab(site, host="gatehouse.test").register()
    assert tab.address == "/"
    assert tab.page.innerText("#user") == tab.email


def test_a_login_may_return_to_another_site_that_the_operator_allows(make_site, open_tab, jane):
    site = make_site(realm={"return_urls": "http://gatehouse.test:%PORT%/"})
    person = open_tab(site).register()
    tab = open_tab(site)
    wanted = f"http://gatehouse.test:{site.port}/"
    tab.go("/auth/login?return=" + wanted)
    tab.log_in(person.email, person.password)
    assert tab.page.url().startswith(wanted)


def test_an_application_that_sends_one_on_to_another_site_can_do_so_after_a_login(tab, jane, upstream, site):
    elsewhere = f"http://gatehouse.test:{site.port}/auth/login"
    upstream.reply = lambda request: (302, [("Location", elsewhere)], "")
    tab.go("/orders")
    tab.log_in(jane.email, jane.password)
    assert tab.page.url() == elsewhere


def test_the_second_press_of_a_button_sends_nothing(tab, site):
    tab.go("/auth/register")
    tab.fill({"Name": "Jane", "E-mail address": "jane@example.com", "Password": "SecurePass123"})
    tab.follow(tab.where.getByRole("button", name="Create account"), "dblclick")
    assert tab.address == "/"
    assert site.access_log().count("POST /auth/register") == 1
