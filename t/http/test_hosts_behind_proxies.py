"""Issue 13: the hand-over at hosts that another proxy serves, which asks gatehouse_check: Traefik's and Caddy's forward
auth by the headers that their documentation names. And one cookie for a whole domain."""

from urllib.parse import urlsplit

import pytest
import requests

from accounts import claims
from browser import FETCH, NAVIGATION, set_cookies
from host_browser import HostBrowser

SERVER = """
    server_name _;
    gatehouse_check_from 127.0.0.1;
    location = /check { gatehouse_check %REALM% redirect; }
    location = /plain { gatehouse_check %REALM%; }
    location /.gatehouse/ { gatehouse_hop %REALM%; }
    location /auth/ { gatehouse_api %REALM% rest; }
"""
APP, WIKI = "app.example.com", "wiki.example.org"
REALM = {"cookie_secure": "off", "public_url": "http://login.example.com", "hosts": f"http://{APP} http://{WIKI}"}


class ProxiedBrowser(HostBrowser):
    """Its hosts are served by a forward-auth proxy: whatever is asked for is asked about first."""

    def __init__(self, server, check="/check"):
        super().__init__(login="http://login.example.com")
        self.server, self.check = server, check

    def request(self, method, url, headers=None, **options):
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.hostname, {})
        sent = {**(NAVIGATION if headers is None else headers)}
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        uri = parts.path + (f"?{parts.query}" if parts.query else "")
        said = {"X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "X-Forwarded-Host": parts.netloc, "X-Forwarded-Proto": "http"}
        passed_on = parts.path.startswith(("/.gatehouse/", "/auth/"))
        answer = self.server.request(method if passed_on else "GET", uri if passed_on else self.check, headers={**sent, **said}, **options)
        self.visited.append(url)
        self.keep(jar, answer)
        answer.page = url
        return answer


@pytest.fixture
def server(nginx):
    return nginx(SERVER, realm=REALM)


@pytest.fixture
def browser(server):
    browser = ProxiedBrowser(server)
    browser.register()
    return browser


def test_one_login_for_the_hosts_of_a_forward_auth_proxy(browser):
    for name in (APP, WIKI):
        page = browser.go(f"http://{name}/deep?x=1")
        assert page.status_code == 204 and page.headers["Remote-User"] == browser.email
        assert page.page == f"http://{name}/deep?x=1"
        assert claims(browser.cookies(page.page)["gatehouse"])["host"] == name


def test_a_seat_is_looked_at_and_not_rotated(browser):
    browser.go(f"http://{APP}/")
    browser.forget(f"http://{APP}/", "gatehouse")
    answer = browser.request("GET", f"http://{APP}/")
    assert answer.status_code == 204 and not set_cookies(answer)
    thief = ProxiedBrowser(browser.server)
    thief.jars[WIKI] = dict(browser.cookies(f"http://{APP}/"))
    assert thief.request("GET", f"http://{WIKI}/", headers=FETCH).status_code == 401


def test_a_logout_there(browser):
    for name in (APP, WIKI):
        browser.go(f"http://{name}/")
    assert browser.send(f"http://{APP}/.gatehouse/logout", {}).status_code == 303
    assert browser.request("GET", f"http://{WIKI}/", headers=FETCH).status_code == 401


def test_who_does_not_navigate_gets_401(browser):
    answer = browser.request("GET", f"http://{APP}/", headers=FETCH)
    assert answer.status_code == 401 and "Location" not in answer.headers
    assert browser.request("POST", f"http://{APP}/").status_code == 401


def test_without_redirect_it_is_as_it_was(server):
    browser = ProxiedBrowser(server, "/plain")
    assert browser.request("GET", f"http://{APP}/").status_code == 401


def test_at_the_login_host_it_leads_to_the_page(browser):
    browser.jars.clear()
    answer = browser.request("GET", "http://login.example.com/x")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://login.example.com/auth/login?return=%2Fx")


@pytest.mark.parametrize("host", ["evil.example", "app.example.com.evil.example", ""])
def test_a_host_that_is_none_is_401(browser, host):
    answer = browser.server.get("/check", headers={**NAVIGATION, "X-Forwarded-Host": host, "X-Forwarded-Uri": "/", "X-Forwarded-Method": "GET"})
    assert answer.status_code == 401 and not set_cookies(answer)


def test_who_is_not_trusted_has_no_say(nginx):
    server = nginx(SERVER.replace("gatehouse_check_from 127.0.0.1", "gatehouse_check_from 192.0.2.1"), realm=REALM)
    answer = ProxiedBrowser(server).request("GET", f"http://{APP}/")
    assert answer.status_code == 401 and not set_cookies(answer)


def test_auth_request_gets_401_as_ever(nginx, upstream):
    server = nginx("location = /check { gatehouse_check %REALM% redirect; } location / { auth_request /check; proxy_pass %UPSTREAM%; }", realm=REALM)
    assert server.get("/", headers={**NAVIGATION, "Host": APP}).status_code == 401
    assert upstream.count == 0


@pytest.mark.parametrize("text, realm, word", [
    ("location = /check { gatehouse_check %REALM% redirect; }", {}, 'write "hosts app.example.com;" in the realm'),
    ("location = /check { gatehouse_check %REALM% elsewhere; }", REALM, 'only "redirect" may follow the realm'),
    ("location / { gatehouse_hop nobody; }", {}, "is not defined"),
    ("location / { gatehouse_hop %REALM%; gatehouse_api %REALM% rest; }", {}, "cannot stand"),
    ("location / { gatehouse_hop %REALM%; }", {"pages": "off"}, "leads to no login page")], ids=range(5))
def test_what_nginx_t_says(nginx, text, realm, word):
    ok, said = nginx(text, realm=realm, start=False).test_conf()
    assert not ok and word in said


# ---- cookie_domain ----

DOMAIN = {"cookie_secure": "off", "public_url": "http://login.example.com:%PORT%", "cookie_domain": "example.com"}
HOSTS = """
    server { listen 127.0.0.1:%PORT%; server_name login.example.com; location /auth/ { gatehouse_api %REALM% rest; } }
    server { listen 127.0.0.1:%PORT%; server_name app.example.com; location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }
    server { listen 127.0.0.1:%PORT%; server_name wiki.example.org; location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }
"""


class DomainBrowser(HostBrowser):
    """As a browser does with Domain=example.com."""

    def keep(self, jar, answer):
        host = urlsplit(answer.request.headers["Host"] and "//" + answer.request.headers["Host"]).hostname
        for header in set_cookies(answer):
            shared = "Domain=example.com" in header
            assert not shared or host.endswith("example.com")
            for name in (["login.example.com", "app.example.com"] if shared else [host]):
                pair, _, attributes = header.partition(";")
                key, _, value = pair.partition("=")
                jar = self.jars.setdefault(name, {})
                jar.pop(key, None) if "Max-Age=0" in attributes else jar.update({key: value})


def test_cookie_domain_is_one_cookie_for_all_hosts_below(nginx):
    server = nginx("location / { return 404; }", http=HOSTS, realm=DOMAIN)
    browser = DomainBrowser(port=server.port)
    browser.register()
    page = browser.go(f"http://app.example.com:{server.port}/page")
    assert page.status_code == 200 and len(browser.visited) == 2, "no hand-over: the cookie is there"
    page = browser.go(f"http://wiki.example.org:{server.port}/page")
    assert page.status_code == 200 and any("/.gatehouse/hop?code=" in each for each in browser.visited)
    browser.jars.clear()
    page = browser.log_in(browser.go(f"http://app.example.com:{server.port}/page?x=1"))
    assert page.status_code == 200 and page.page == f"http://app.example.com:{server.port}/page?x=1"
    assert "host" not in claims(browser.cookies(page.page)["gatehouse"])
    assert browser.send(f"http://app.example.com:{server.port}/.gatehouse/logout", {}).status_code == 303
    assert "gatehouse" not in browser.cookies("http://login.example.com")


def test_cookie_domain_has_no_prefix(nginx):
    server = nginx("location / { return 404; }", http=HOSTS, realm={**DOMAIN, "cookie_secure": None})
    browser = HostBrowser(port=server.port)
    cookies = set_cookies(browser.register())
    assert all(cookie.startswith("gatehouse") and "; Domain=example.com;" in cookie and "; Secure" in cookie for cookie in cookies)


@pytest.mark.parametrize("domain", ["example.org", "login.example.com.evil.example", "https://example.com", "example.com:80", "ogin.example.com"])
def test_a_cookie_domain_holds_the_login_host(nginx, domain):
    ok, said = nginx("", http=HOSTS, realm={**DOMAIN, "cookie_domain": domain}, start=False).test_conf()
    assert not ok and '"cookie_domain"' in said
