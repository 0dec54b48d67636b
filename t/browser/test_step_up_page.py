"""What a location asks of who is logged in: the password again, and then the page that was asked for."""

import pytest


@pytest.fixture
def late(open_tab, site, an_hour_after_login):
    """Somebody whose login was long ago."""
    def make(**options):
        tab = open_tab(site, **options).register()
        an_hour_after_login(site, tab)
        return tab
    return make


@pytest.mark.parametrize("options", [{}, {"javaScriptEnabled": False}], ids=["with its script", "without"])
def test_requirement_71_the_password_leads_to_the_page_that_was_asked_for(late, upstream, options):
    tab = late(**options)
    upstream.requests.clear()
    assert tab.go("/lately/report?id=7") == 200
    assert tab.heading == "Confirm that it is you"
    assert tab.email in tab.text and upstream.count == 0
    assert tab.fill({"Password": "not the password"}).press("Continue") == 400
    assert tab.error_at("Password") == "This is not your current password."
    assert tab.press("Continue") == 400
    assert tab.error_at("Password") == "Please enter your current password."
    assert tab.fill({"Password": tab.password}).press("Continue") == 200
    assert tab.address == "/lately/report?id=7"
    assert [request["uri"] for request in upstream.requests] == ["/lately/report?id=7"]
    assert tab.go("/lately/") == 200 and tab.address == "/lately/"


def test_by_the_keyboard_alone_and_behind_the_hash(late):
    tab = late()
    tab.go("/lately/report#part-2")
    assert tab.focus == "current_password"
    tab.page.keyboard().type(tab.password)
    assert tab.enter() == 200
    assert tab.address == "/lately/report#part-2"


def test_a_page_in_a_frame_leads_out_of_it_and_back(late, upstream):
    tab = late()
    tab.go("/orders?id=7")
    tab.page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), {src: '/lately/part'}))")
    frame = tab.page.frameLocator("iframe")
    link = frame.getByRole("link", name="Confirm", exact=True)
    assert tab.follow(link, "click") == 200
    assert tab.heading == "Confirm that it is you"
    assert tab.fill({"Password": tab.password}).press("Continue") == 200
    assert tab.address == "/orders?id=7"


def test_who_has_come_as_another_can_change(late):
    tab = late()
    tab.go("/lately/report")
    assert tab.press("Use another account") == 200
    assert tab.heading == "You are logged out" or tab.heading == "Log in"
