"""Issue 13: the hosts of a real Caddy, which asks gatehouse_check, configured as docs/guides/several-apps.md says."""

import re
import signal

import pytest

from browser import FETCH
from host_browser import HostBrowser
from processes import Server, free_port, give_away
from stores import TREE
from test_apps import answers

WIKI, SHOP = "wiki.example.com", "shop.example.org"
GATEHOUSE = """
    gatehouse_check_from 127.0.0.1;
    location = /check { gatehouse_check %REALM% redirect; }
    location /.gatehouse/ { gatehouse_hop %REALM%; }
    location /auth/ { gatehouse_api %REALM% rest; }
"""


def documented(port, gatehouse, upstream):
    """The sample, over plain HTTP at a port of the test."""
    text = re.search(r"```caddyfile\n(.*?)```", (TREE / "docs/guides/several-apps.md").read_text(), re.DOTALL)[1]
    for name in ("login.example.com", WIKI, SHOP):
        text = text.replace(name, f"http://{name}:{port}")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{gatehouse}").replace("127.0.0.1:8000", upstream.removeprefix("http://"))
    return "{\n\tadmin off\n\tauto_https off\n}\n" + text.replace("__Host-gatehouse", "gatehouse")


@pytest.fixture
def port(nginx, upstream, folder):
    port = free_port()
    gatehouse = nginx(GATEHOUSE, realm={"cookie_secure": "off", "public_url": f"http://login.example.com:{port}",
                                        "hosts": f"http://{WIKI}:{port} http://{SHOP}:{port}"})
    caddyfile = folder / "Caddyfile"
    caddyfile.write_text(documented(port, gatehouse.port, upstream.url))
    home = folder / "caddy"
    home.mkdir()
    give_away(home)
    caddy = Server(["env", f"HOME={home}", "caddy", "run", "--adapter", "caddyfile", "--config", str(caddyfile)], folder / "caddy.log",
                   signal.SIGTERM, lambda: answers(port))
    caddy.start()
    yield port
    caddy.stop()


def test_one_login_for_the_hosts_of_caddy(port, upstream):
    browser = HostBrowser(port=port)
    browser.register()
    pages = [f"http://{name}:{port}/deep?x=1" for name in (WIKI, SHOP)]
    for page in pages:
        shown = browser.go(page)
        assert shown.status_code == 200 and shown.page == page
        headers = dict(shown.json()["headers"])
        assert headers["Remote-User"] == browser.email
        assert "gatehouse" not in headers.get("Cookie", "")
    spoofed = browser.request("GET", pages[0], headers={**FETCH, "Remote-User": "root"})
    assert dict(spoofed.json()["headers"])["Remote-User"] == browser.email

    stranger = HostBrowser(port=port)
    assert stranger.go(pages[0]).page.startswith(f"http://login.example.com:{port}/auth/login?return=")
    stranger.email, stranger.password = browser.email, browser.password
    asked_for = upstream.count
    assert stranger.request("GET", pages[0], headers=FETCH).status_code == 401
    assert upstream.count == asked_for

    assert browser.send(f"http://{SHOP}:{port}/.gatehouse/logout", {}).status_code == 303
    for page in pages:
        assert browser.request("GET", page, headers=FETCH).status_code == 401
