"""A client of the `form` dialect, as the tests need it, and the answers it gets."""

import re
import secrets
import subprocess

from accounts import GUARDED
from browser import set_cookies

FORM = "location /auth/ { gatehouse_api %REALM% form mount=/; }" + GUARDED
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
HANDLE = re.compile(r"uuid=([0-9a-f]{32}); Path=/; HttpOnly; SameSite=Lax; Max-Age=(\d+)")
CLEARED = "uuid=; Path=/; HttpOnly; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
PASSWORD = "SecurePass123"
ACCESS = "gatehouse"  # the realm's cookie
NEW = "Another-Passw0rd"


def new_person(**fields):
    return {"name": "John Doe", "email": f"john.{secrets.token_hex(5)}@example.com", "password": PASSWORD, **fields}


def signup(server, **fields):
    person = new_person(**fields)
    answer = server.post("/auth/signup", data=person)
    assert answer.status_code == 200, answer.text
    return person, answer


def login(server, person, **options):
    return server.post("/auth/login", data={"email": person["email"], "password": person["password"]}, **options)


def handle_of(answer):
    found = [match for match in map(HANDLE.fullmatch, set_cookies(answer)) if match]
    assert len(found) == 1, set_cookies(answer)
    return found[0][1]


def with_handle(handle):
    return {"Cookie": f"uuid={handle}"}


def seen(upstream, name):
    """A header of the application's last request; None: it did not come."""
    return dict(upstream.requests[-1]["headers"]).get(name)


def assert_text(answer, status, text):
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def assert_json(answer, code, message):
    assert (answer.status_code, answer.text) == (code, f'{{"code":{code},"message":"{message}"}}')
    assert answer.headers["Content-Type"] == "application/json"


def curl(server, *words):
    """What curl prints, and the status on a line of its own."""
    done = subprocess.run(["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *words], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=30)
    text, status = done.stdout.rsplit("\n", 1)
    return int(status), text
