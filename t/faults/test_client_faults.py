"""Issue 12: clients at fault: slow, gone, or with too much to say."""

import resource
import socket
import time

import pytest

from accounts import Account, bearer
from conftest import RECOVERY
from meanwhile import Meanwhile
from processes import wait_until

BODY = b'{"email":"john@example.com","password":"SecurePass123"}'
SLOW = 2000


@pytest.fixture
def many_descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 8192), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_two_thousand_slow_bodies(site, ended, row, many_descriptors):
    """Each sends its request but for the last byte, and that at the end."""
    server = site(workers=2, start=False)
    text = (server.folder / "nginx.conf").read_text()
    (server.folder / "nginx.conf").write_text(text.replace("worker_connections 1024", "worker_connections 4096"))
    server.start()
    account, token = Account(server), ended(server)
    head = f"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    crowd = []
    with Meanwhile(server, [token]) as meanwhile:
        for number in range(SLOW):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            connection.sendall(head + BODY[:number % len(BODY)])
            crowd.append(connection)
        assert account.visit("/guarded/page").status_code == 200
        assert account.refresh().status_code == 200
        begun = time.monotonic()
        assert account.post("login", email=account.email, password=account.password).status_code == 200
        recovered = time.monotonic() - begun
        last = crowd.pop()
        last.sendall(BODY[(SLOW - 1) % len(BODY):])
        assert last.recv(100).split()[1] in (b"401", b"503")
        for connection in [last, *crowd]:
            connection.close()
    row(f"clients: {SLOW} slow bodies", "", recovered, meanwhile)


@pytest.mark.parametrize("what, headers, statuses", [
    ("64 KB of headers", {"X-Long": "x" * 65536}, (400, 414, 431, 494)),
    ("500 cookies in a header", {"Cookie": "; ".join(f"c{number}=1" for number in range(500))}, (200,)),
    ("500 headers", {f"X-{number}": "1" for number in range(500)}, (200,))])
def test_much_to_say(site, ended, row, what, headers, statuses):
    server = site()
    account, token = Account(server), ended(server)
    with Meanwhile(server, [token]) as meanwhile:
        answer = server.get("/guarded/page", headers={**bearer(account.access), **headers})
        assert answer.status_code in statuses
        assert server.get("/guarded/page", headers=headers).status_code in (400, 401, 414, 431, 494)
    row(f"clients: {what}", f"1 × {answer.status_code}", 0, meanwhile)


def test_500_lines_of_our_cookies_are_ambiguous(site, ended, row):
    server = site()
    token = ended(server)
    lines = "".join(f"Cookie: __Host-gatehouse=x; c{number}=1\r\n" for number in range(500))
    with Meanwhile(server, [token]) as meanwhile:
        request = f"GET /guarded/page HTTP/1.1\r\nHost: a\r\n{lines}Connection: close\r\n\r\n"
        assert server.raw(request.encode()).split()[1] == b"400"
    row("clients: 500 lines of cookies", "1 × 400", 0, meanwhile)


def test_gone_at_every_byte(site, ended, row):
    server = site()
    account, token = Account(server), ended(server)
    request = (f"POST /auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(account.refresh_token) + 19}\r\n\r\n{{\"refreshToken\":\"{account.refresh_token}\"}}").encode()
    with Meanwhile(server, [token]) as meanwhile:
        for length in range(0, len(request), 7):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(request[:length])
        begun = time.monotonic()
        wait_until(lambda: account.refresh().status_code == 200, "a refresh", RECOVERY)
        recovered = time.monotonic() - begun
    row("clients: gone after every seventh byte", "", recovered, meanwhile)
