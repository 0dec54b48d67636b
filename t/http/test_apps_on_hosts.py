"""Issue 13: real applications, unchanged, each at a host of its own: one login enters them all."""

import signal
import sys
from pathlib import Path

import pytest

from browser import FETCH
from host_browser import HostBrowser
from processes import Server, free_port, give_away
from test_apps import NEW_CALENDAR, answers, fcgiwrap, git_by_fastcgi, radicale  # noqa: F401

CALENDAR, GIT, ADMIN = "calendar.example.com", "git.example.org", "admin.example.com"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@pytest.fixture
def django(folder):
    port = free_port()
    data = folder / "django"
    data.mkdir()
    give_away(data)
    program = Path(__file__).with_name("django_admin.py")
    server = Server([sys.executable, str(program), str(port), str(data / "db.sqlite3")], folder / "django.log", signal.SIGTERM,
                    lambda: answers(port))
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def site(nginx, radicale, fcgiwrap, django):  # noqa: F811
    return nginx("location / { return 404; }", realm={"cookie_secure": "off", "public_url": "http://login.example.com:%PORT%"}, http=f"""
        server {{ listen 127.0.0.1:%PORT%; server_name login.example.com; location /auth/ {{ gatehouse_api %REALM% rest; }} }}
        server {{ listen 127.0.0.1:%PORT%; server_name {CALENDAR};
                  location / {{ gatehouse %REALM%; gatehouse_header X-Remote-User $gatehouse_email; proxy_pass {radicale}; }} }}
        server {{ listen 127.0.0.1:%PORT%; server_name {GIT}; {git_by_fastcgi("gatehouse %REALM%;", *fcgiwrap)} }}
        server {{ listen 127.0.0.1:%PORT%; server_name {ADMIN};
                  location / {{ gatehouse %REALM%; proxy_set_header Host $host; proxy_pass {django}; }} }}""")


def test_one_login_for_radicale_git_and_django(site):
    def url(name, path):
        return f"http://{name}:{site.port}{path}"

    browser = HostBrowser(port=site.port)
    browser.register()

    administration = browser.go(url(ADMIN, "/"))
    assert administration.status_code == 200 and "Site administration" in administration.text
    assert browser.email in administration.text

    assert browser.go(url(CALENDAR, "/.web/")).status_code == 200
    calendar = url(CALENDAR, f"/{browser.email}/calendar/")
    assert browser.request("MKCOL", calendar, data=NEW_CALENDAR, headers=SAME_ORIGIN).status_code == 201
    other = url(CALENDAR, "/john@example.com/calendar/")
    assert browser.request("MKCOL", other, data=NEW_CALENDAR, headers={**SAME_ORIGIN, "X-Remote-User": "john@example.com"}).status_code == 403

    pushing = url(GIT, "/git/notes.git/info/refs?service=git-receive-pack")
    assert browser.go(pushing).content.startswith(b"001f# service=git-receive-pack")

    assert browser.send(url(GIT, "/.gatehouse/logout"), {}).status_code == 303
    for page in (url(ADMIN, "/"), calendar, pushing):
        assert browser.request("GET", page, headers=FETCH).status_code == 401
