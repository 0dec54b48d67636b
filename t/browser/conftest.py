"""The fixtures of the tests in a real Chromium; those of the servers are in ../conftest.py.

    def test_a_page(tab):
        assert tab.go("/auth/login") == 200
        assert tab.heading == "Log in"

Every tab is in a browser of its own, with nothing in it. When a test ends it fails if a page has had an error on its
console: of a script, or of a Content-Security-Policy that refused something.
"""

import html

import pytest

from accounts import claims
from chromium import Chromium
from processes import untimed
from tab import Tab

LOCATIONS = """
    location /auth/ { gatehouse_api %REALM% rest; }
    location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
    location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }
    location /lately/ { gatehouse %REALM%; gatehouse_require auth_age=15m; proxy_pass %UPSTREAM%; }
    location /strong/ { gatehouse %REALM%; gatehouse_require mfa; proxy_pass %UPSTREAM%; }
"""


def application(request):
    """A page that says where one is and as whom, with links to others: an application that knows nothing of caches."""
    uri = html.escape(request["uri"])
    user = dict(request["headers"]).get("Remote-User", "nobody")
    form = '<form method="post" action="/orders"><button>Order</button></form>'
    links = "".join(f'<li><a href="{path}">{path}</a>' for path in ("/", "/orders", "/orders?id=7", "/auth/account"))
    return 200, [("Content-Type", "text/html; charset=utf-8")], (
        f'<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>App</title><h1>{uri}</h1><p id="user">{html.escape(user)}</p><ul>{links}</ul>{form}')


@pytest.fixture(scope="session")
def chromium(session_folder):
    with untimed():
        made = Chromium(session_folder / "chromium.log")
    yield made
    made.stop()


@pytest.fixture
def make_site(guarded, upstream):
    """make_site(…): a server with pages before an application; `realm` and all else as in nginx_server.Nginx."""
    def make(text=LOCATIONS, **options):
        server, _ = guarded(text, **options)
        upstream.reply = application
        return server
    return make


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def open_tab(chromium, nginx):      # its connections end before the servers do
    """open_tab(site, **options): the options are those of Playwright's newContext()."""
    contexts = []

    def make(site, host="127.0.0.1", **options):
        contexts.append(chromium.tests.context(options))
        return Tab(f"http://{host}:{site.port}", chromium, contexts[-1])

    yield make
    for context in contexts:
        context.close()
    complaints = chromium.tests.complaints()
    if complaints:
        pytest.fail("on the console of a page:\n" + "\n".join(complaints), pytrace=False)


@pytest.fixture
def an_hour_after_login(redis):
    """an_hour_after_login(site, tab): makes it so; pages that change sessions then ask for the password again."""
    def make(site, tab):
        key = f"gatehouse:{{{site.realm}}}:session:{claims(tab.cookies['__Host-gatehouse'])['sid']}"
        redis.client.hset(key, "auth_time", int(redis.client.hget(key, "auth_time")) - 3600)
        tab.context.clearCookies(name="__Host-gatehouse")  # the next token tells
    return make


@pytest.fixture
def tab(open_tab, site):
    return open_tab(site)
