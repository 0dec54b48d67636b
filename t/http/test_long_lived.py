"""WebSockets, streams of events and long polls work through the guard, and end with the session that opened them."""

import asyncio
import contextlib
import socket
import subprocess
import threading
import time

import pytest
import websockets

from accounts import API
from browser import Browser
from processes import wait_until

WORKERS = 2

PLAIN = {"cookie_secure": "off"}
ACCESS = "gatehouse"
LIMIT = 2.0  # seconds after the end of its session

GUARDED = """
location / { gatehouse %REALM%; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 60s;
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_pass http://127.0.0.1:%TARGET%; }
"""


class Sockets:
    """A WebSocket application that answers what it hears, in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self._serve())
        self.port = self.server.sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def _serve(self):
        async def answer(connection):
            async for message in connection:
                await connection.send(f"{connection.request_headers.get('Remote-User')}: {message}")
        return await websockets.serve(answer, "127.0.0.1", 0)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


class Stream:
    """An application that sends an event every tenth of a second, or (silent) nothing at all."""

    def __init__(self, silent=False):
        self.silent = silent
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            if self.silent:
                connection.recv(1)
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(b"b\r\ndata: tick\n\r\n")
                time.sleep(0.1)

    def close(self):
        self.listener.close()


@pytest.fixture
def served(nginx):
    """served(application, …) is an nginx before it."""
    applications = []

    def make(application, text="", **options):
        applications.append(application)
        return nginx(API + text + GUARDED.replace("%TARGET%", str(application.port)), realm=PLAIN, **options)

    yield make
    for application in applications:
        application.close()


def browse(server):
    browser = Browser(server)
    assert browser.register().status_code == 303
    return browser


def cookies(browser):
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def connect(browser, **headers):
    return websockets.connect(browser.server.url.replace("http", "ws") + "/socket",
                              extra_headers={"Cookie": cookies(browser), **headers})


async def echo(connection, text="hello"):
    await connection.send(text)
    return await asyncio.wait_for(connection.recv(), 5)


def stream(browser, path="/events"):
    """An open connection whose response has begun."""
    connection = socket.create_connection(("127.0.0.1", browser.server.port), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookies(browser)}\r\n\r\n".encode())
    return connection


def seconds_to_end(connection):
    """How long until nginx closes; what came before that does not matter."""
    start = time.monotonic()
    connection.settimeout(10)
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return time.monotonic() - start


def test_a_websocket_ends_with_its_session_and_no_other_does(served):
    server = served(Sockets())
    browser, other = browse(server), browse(server)
    elsewhere = Browser(server)
    elsewhere.email, elsewhere.password = browser.email, browser.password
    assert elsewhere.login().status_code == 303

    async def play():
        async with connect(browser) as one, connect(browser) as two, connect(other) as third, connect(elsewhere) as fourth:
            assert await echo(one) == f"{browser.email}: hello"
            await asyncio.get_running_loop().run_in_executor(None, browser.logout)
            start = time.monotonic()
            for connection in (one, two):
                await asyncio.wait_for(connection.wait_closed(), 10)
            assert time.monotonic() - start < LIMIT
            await asyncio.sleep(2.5)
            assert await echo(third) == f"{other.email}: hello"
            assert await echo(fourth) == f"{elsewhere.email}: hello"

    asyncio.run(play())
    server.wait_for_log("its session has ended")


def test_a_websocket_of_nobody_or_of_another_sites_page_is_refused(served):
    server = served(Sockets())
    browser = browse(server)

    async def status(**headers):
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            await connect(browser, **headers)
        return refused.value.status_code

    async def play():
        assert await status(Origin="https://evil.example") == 403
        browser.forget(ACCESS)
        assert await status(Origin="https://evil.example") == 403
        async with connect(browser, Origin=server.url) as connection:  # the handshake refreshes silently
            assert await echo(connection) == f"{browser.email}: hello"
        browser.session.cookies.clear()
        assert await status() == 401

    asyncio.run(play())


def test_a_stream_of_events_ends_with_its_session(served):
    server = served(Stream())
    browser, other = browse(server), browse(server)
    with stream(browser) as connection, stream(other) as bystander:
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        assert bystander.recv(100).startswith(b"HTTP/1.1 200 ")
        browser.logout()
        assert seconds_to_end(connection) < LIMIT
        bystander.settimeout(2)
        assert bystander.recv(65536)
        time.sleep(2)
        assert bystander.recv(65536)


def test_a_poll_that_nobody_answers_ends_too(served):
    server = served(Stream(silent=True))
    browser = browse(server)
    with stream(browser, "/poll") as connection:
        time.sleep(0.5)
        browser.logout()
        assert seconds_to_end(connection) < LIMIT


def test_an_http_2_stream_ends_and_its_connection_goes_on(served):
    server = served(Stream(), "listen 127.0.0.1:%PORTH2% http2;")
    browser, other = browse(server), browse(server)

    def curl(who):
        return subprocess.Popen(["curl", "-sN", "--http2-prior-knowledge", "-m", "20", "-H", f"Cookie: {cookies(who)}",
                                 f"http://127.0.0.1:{server.ports['H2']}/events"], stdout=subprocess.PIPE)

    with curl(browser) as mine, curl(other) as theirs:
        assert mine.stdout.readline() and theirs.stdout.readline()
        browser.logout()
        start = time.monotonic()
        mine.stdout.read()
        assert time.monotonic() - start < LIMIT
        assert mine.wait(5) == 92  # the stream was not closed cleanly
        time.sleep(1)
        assert theirs.poll() is None
        theirs.terminate()


def test_old_workers_close_them_too(served):
    server = served(Stream(), workers=1)
    browser, other = browse(server), browse(server)
    with stream(browser) as connection, stream(other) as bystander:
        assert connection.recv(100) and bystander.recv(100)
        server.reload()
        assert connection.recv(100)
        browser.logout()
        assert seconds_to_end(connection) < LIMIT
        assert bystander.recv(100)


def test_many_end_at_once_and_the_worker_goes_on(served):
    server = served(Stream(), workers=1)
    browser = browse(server)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(stream(browser)) for _ in range(40)]
        for connection in connections:
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        browser.logout()
        start = time.monotonic()
        for connection in connections:
            seconds_to_end(connection)
        assert time.monotonic() - start < LIMIT
    wait_until(lambda: server.error_log().count("its session has ended") == 40, "40 lines of the log")
    assert browse(server).get("/auth/login").status_code == 200
