"""Without a mouse."""


def press(tab, *keys):
    for key in keys:
        tab.page.keyboard().press(key)


def type_text(tab, text):
    tab.page.keyboard().type(text)


def test_logging_in(tab, open_tab, site):
    jane = open_tab(site).register()
    tab.go("/orders")
    assert tab.focus == "email"
    type_text(tab, jane.email)
    press(tab, "Tab")
    type_text(tab, jane.password)
    assert tab.enter() == 200
    assert tab.address == "/orders"


def test_registering(tab):
    tab.go("/auth/register")
    assert tab.focus == "name"
    for text in ("Jane", "jane@example.com", "SecurePass123"):
        type_text(tab, text)
        press(tab, "Tab")
    assert tab.focus == "Show"
    press(tab, "Tab")
    assert tab.focus == "remember"
    press(tab, "Tab")
    assert tab.focus == "Create account"
    assert tab.enter() == 200
    assert tab.address == "/"


def test_after_an_error_the_typing_goes_on_at_once(tab):
    tab.go("/auth/login")
    press(tab, "Tab")
    tab.enter()
    assert tab.focus == "email"
    type_text(tab, "jane@example.com")
    press(tab, "Tab")
    type_text(tab, "not the password")
    tab.enter()
    assert tab.focus == "password"
    assert tab.messages == ["The e-mail address and the password do not match."]
    assert tab.page.innerText("#" + tab.field("Password").getAttribute("aria-describedby")) == tab.messages[0], \
        "a screen reader says at the field why one is there again"


def walk(tab, most):
    """What the Tab key comes by, from the top of the page, and how each of it shows that it is there."""
    tab.page.evaluate("document.body.tabIndex = -1, document.body.focus()")
    stops = []
    for _ in range(most):
        press(tab, "Tab")
        stops.append(tab.page.evaluate("""(() => {
            const here = document.activeElement, style = getComputedStyle(here);
            return [[...document.querySelectorAll('a, button, input, summary')].indexOf(here),
                    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
        })()"""))
    return stops


def test_tab_goes_through_a_page_in_its_order_and_one_always_sees_where_it_is(open_tab, site):
    tab = open_tab(site, reducedMotion="reduce").register()
    other = open_tab(site)
    other.go("/")
    other.log_in(tab.email, tab.password)
    for path in ("/auth/login", "/auth/register", "/auth/account", "/auth/logged-out", "/admin/", "/auth/nothing"):
        tab.go(path)
        wanted = tab.page.evaluate("""[...document.querySelectorAll('a, button, input, summary')].flatMap((each, i) =>
            each.disabled || each.type === 'hidden' || !each.checkVisibility() ? [] : [i])""")
        stops = walk(tab, len(wanted))
        assert [index for index, _ in stops] == wanted, path
        assert all(visible for _, visible in stops), path


def test_a_session_is_ended_and_the_account_deleted(tab, open_tab, site):
    tab.register()
    other = open_tab(site)
    other.go("/")
    other.log_in(tab.email, tab.password)
    tab.go("/auth/account")
    tab.where.getByRole("button", name="End Chrome on Linux").focus()
    assert tab.enter() == 200
    assert tab.messages == ["The session has ended."]
    tab.page.locator("summary").focus()
    press(tab, "Enter", "Tab")
    assert tab.focus == "delete-password"
    type_text(tab, tab.password)
    assert tab.enter() == 200
    assert tab.messages == ["Your account is deleted."]


def test_enter_in_the_password_for_the_sessions_ends_none_by_chance(tab, open_tab, site, an_hour_after_login):
    tab.register()
    other = open_tab(site)
    other.go("/")
    other.log_in(tab.email, tab.password)
    an_hour_after_login(site, tab)
    tab.go("/auth/account")
    sessions = tab.section("Where you are logged in")
    sessions.fill({"Current password": tab.password})
    press(tab, "Enter")
    other.click("/orders")
    assert other.address == "/orders"
    assert sessions.press("End Chrome on Linux") == 200
    other.click("/orders?id=7")
    assert other.heading == "Log in"
