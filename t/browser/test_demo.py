"""The visitors' book of ./build.sh run: what a newcomer sees first behind the login page."""

import shutil
import signal
import socket

import pytest

from processes import Server, free_port
from stores import TREE

LOCATIONS = """
    location /auth/ { gatehouse_api %REALM% rest; }
    location / { gatehouse %REALM%; proxy_pass http://127.0.0.1:%BOOK%; proxy_set_header Account-Page /auth/account; }
    location /elsewhere/ { gatehouse %REALM%; proxy_pass http://127.0.0.1:%BOOK%/; }
"""


@pytest.fixture
def book(folder):
    port = free_port()
    shutil.copy(TREE / "tools/legacy_app.py", folder)       # the unprivileged user may not see the tree
    server = Server(["/usr/bin/python3", str(folder / "legacy_app.py"), str(port)], folder / "book.log",
                    signal.SIGTERM, lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
    server.start()
    yield port
    server.stop()


@pytest.fixture
def tab(make_site, open_tab, book):
    return open_tab(make_site(LOCATIONS.replace("%BOOK%", str(book))), viewport={"width": 320, "height": 640})


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_visitors_book_knows_who_one_is_and_can_be_read(tab, look):
    name = "Jürgen Łukasz " + "Donaudampfschifffahrtsgesellschaftskapitän" * 2
    tab.page.emulateMedia(colorScheme=look)
    tab.register(name=name, email="j" * 60 + "@" + "subdomain." * 10 + "example.com")
    assert tab.heading == "Visitors' book"
    assert f"Good day, {name}." in tab.text
    tab.fill({"Write something": "<b>Grüße</b>"}).press("Write")
    assert f"<b>Grüße</b> {name}" in " ".join(tab.text.split())
    assert tab.accessibility() == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 320
    assert tab.click("Your account") == 200
    tab.go("/elsewhere/")
    assert "Your account" not in tab.text, "a site that has no page for it"
