"""The lines about refused attempts in the error log, which other programs read: docs/guides/limits.md has them, to the word."""

import re

import pytest

from accounts import API, Account
from mailing import ELSEWHERE, REALIP, from_address, mail_settings
from stores import TREE

GUIDE = (TREE / "docs" / "guides" / "limits.md").read_text()
LINES = re.search(r"^```log\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)[1].splitlines()
MEANINGS = {"REALM": r"\w+", "KEY": r"gatehouse:\{\w+\}:limit:\S+", "user ID": r"user [0-9a-f-]{36}", "HASH": "[0-9a-f]{16}",
            "ADDRESS": r"192\.0\.2\.7", "REQUEST": "[0-9a-f]{32}", " N ": r" \d+ "}


def pattern_of(line):
    """The whole line, behind what nginx puts before it."""
    pattern = re.escape(line)
    for word, meaning in MEANINGS.items():
        pattern = pattern.replace(re.escape(word), meaning)
    return r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: " + pattern + "$"


def login_of_a_user(server):
    account = Account(server)
    for _ in range(2):
        server.post("/auth/login", json={"email": account.email, "password": "WrongPass123"}, headers=ELSEWHERE)


def login_of_nobody(server):
    for _ in range(2):
        server.post("/auth/login", json={"email": "nobody@example.com", "password": "WrongPass123"}, headers=ELSEWHERE)


def registration(server):
    for name in "ab":
        person = {"name": "Jane", "email": f"{name}@example.com", "password": "SecurePass123"}
        server.post("/auth/register", json=person, headers=ELSEWHERE)


def mail(server):
    for _ in range(2):
        server.post("/auth/forgot", json={"email": "jane@example.com"}, headers=ELSEWHERE)


def token(server):
    for _ in range(2):
        server.post("/auth/verify", json={"token": "x" * 43}, headers=ELSEWHERE)


@pytest.fixture
def server(nginx, smtp):
    return nginx(REALIP + API, realm=mail_settings(
        smtp, limit_logins="account+address=1/10m", limit_registrations="address=1/10m",
        limit_mails="account=1/10m", limit_tokens="address=1/10m"))


@pytest.mark.parametrize("line, attempt", zip(LINES, [login_of_a_user, login_of_nobody, registration, mail, token], strict=True))
def test_the_line_is_the_documented_one(server, line, attempt):
    attempt(server)
    server.wait_for_log("refusing an attempt")
    about, = [each for each in server.error_log().splitlines() if "refusing an attempt" in each]
    assert re.fullmatch(pattern_of(line), about), about


def test_the_filter_of_fail2ban_finds_them(server):
    expression = re.search(r"^failregex = (.*)$", GUIDE, re.MULTILINE)[1].replace("<HOST>", r"(?P<host>\S+)")
    for attempt in (login_of_nobody, token):
        attempt(server)
    server.wait_for_log("limit_tokens")
    found = [re.search(expression, line) for line in server.error_log().splitlines() if "refusing an attempt" in line]
    assert [each["host"] for each in found] == ["192.0.2.7"] * 2


def test_what_is_typed_cannot_make_a_line_of_another_address(server):
    """What a program would ban by."""
    typed = 'x, client: 198.51.100.1, request: 0"\n2026/01/01 00:00:00 [error] 1#1: gatehouse: realm "x": refusing an attempt'
    for _ in range(2):
        server.post("/auth/login", json={"email": typed, "password": "WrongPass123"}, headers=from_address("192.0.2.7"))
    server.wait_for_log("refusing an attempt")
    assert "198.51.100.1" not in server.error_log()
