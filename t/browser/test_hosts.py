"""Issue 13 in a real Chromium, which keeps no third party's cookies: one login for every host. Browsers take every name
below localhost for this machine."""

import pytest

from conftest import application

HTTP = """
    server { listen 127.0.0.1:%PORT%; server_name login.localhost; location /auth/ { gatehouse_api %REALM% rest; }
             location = / { return 302 /auth/account; } }
    server { listen 127.0.0.1:%PORT%; server_name app.localhost; location ~ /\\. { deny all; }
             location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }
    server { listen 127.0.0.1:%PORT%; server_name wiki.localhost; location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
             location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; } }
"""


@pytest.fixture
def hosts(nginx, upstream):
    upstream.reply = application
    return nginx("location / { return 404; }", http=HTTP, realm={"public_url": "http://login.localhost:%PORT%", "cookie_secure": "off"})


@pytest.fixture
def tab(open_tab, hosts):
    tab = open_tab(hosts, host="login.localhost")
    tab.register()
    return tab


def at(hosts, name, path="/"):
    return f"http://{name}.localhost:{hosts.port}{path}"


def visit(tab, address):
    return tab.page.goto(address).status()


def test_a_login_at_one_host_is_one_at_all(hosts, open_tab, tab):
    for name in ("app", "wiki"):
        assert visit(tab, at(hosts, name, "/orders?id=7#part")) == 200
        assert tab.page.url() == at(hosts, name, "/orders?id=7#part")
        assert tab.page.innerText("#user") == tab.email


def test_the_login_page_leads_back_with_query_and_fragment(hosts, open_tab, tab):
    email, password = tab.email, tab.password
    other = open_tab(hosts, host="app.localhost")
    visit(other, at(hosts, "app", "/orders?id=7#part"))
    assert other.page.url().startswith(at(hosts, "login", "/auth/login?return="))
    other.log_in(email, password)
    assert other.page.url() == at(hosts, "app", "/orders?id=7#part")
    assert other.page.innerText("#user") == email


def test_back_leads_to_no_redirect_of_the_way(hosts, tab):
    visit(tab, at(hosts, "app"))
    tab.click("/orders")
    tab.back()
    assert tab.page.url() == at(hosts, "app")


def test_a_logout_at_a_host_is_one_everywhere(hosts, tab):
    for name in ("app", "wiki"):
        visit(tab, at(hosts, name))
    visit(tab, at(hosts, "wiki", "/.gatehouse/logout"))
    assert tab.accessibility() == []
    assert tab.press("Log out") == 200
    assert tab.heading == "You are logged out"
    visit(tab, at(hosts, "app"))
    assert tab.heading == "Log in"


def test_a_page_that_is_not_open_offers_another_account(hosts, tab):
    assert visit(tab, at(hosts, "wiki", "/admin/")) == 403
    assert tab.email in tab.text and tab.accessibility() == []
    tab.press("Use another account")
    tab.click("Log in again")
    assert tab.page.url().startswith(at(hosts, "login", "/auth/login"))


def test_a_stranger_s_hand_over_is_not_taken_and_the_page_says_so(hosts, tab):
    state = "A" * 22 + "~Lw"
    assert visit(tab, at(hosts, "app", f"/.gatehouse/hop?code=x&state={state}")) == 400
    assert tab.heading == "Please log in again" and "cookies" in tab.text
    assert tab.accessibility() == []


def test_the_pages_of_the_way_speak_german(hosts, open_tab):
    tab = open_tab(hosts, host="app.localhost", locale="de-DE")
    visit(tab, at(hosts, "app"))
    assert tab.heading == "Anmelden"
    assert visit(tab, at(hosts, "app", "/.gatehouse/hop?code=x&state=" + "A" * 22 + "~Lw")) == 400
    assert tab.heading == "Bitte melden Sie sich noch einmal an" and "Cookies" in tab.text
    visit(tab, at(hosts, "wiki", "/.gatehouse/logout"))
    assert tab.heading == "Sie sind abgemeldet"
