"""Issue 12: nginx at its limits, and its workers killed."""

import os
import random
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import Account
from conftest import RECOVERY
from meanwhile import Meanwhile
from nginx_server import MODULE
from processes import children, wait_until
from test_redis_faults import answers, swallow

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def well_again(account):
    begun = time.monotonic()
    wait_until(lambda: answers(lambda: account.visit("/guarded/page")) == 200, "a guarded page", RECOVERY)
    wait_until(lambda: answers(account.refresh) == 200, "a refresh", RECOVERY)
    return time.monotonic() - begun


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_workers_killed_under_load(site, ended, row):
    """Also while one holds the mutex of the zone, if it comes to that: logouts write there."""
    server = site(workers=4)
    account, token = Account(server), ended(server)
    stop = threading.Event()

    def log_in_and_out():
        while not stop.is_set():
            def once():
                each = Account(server)
                each.post("logout", refreshToken=each.refresh_token)
            try:
                once()
            except (OSError, AssertionError):  # the worker has gone in the middle of it
                pass

    crowd = [threading.Thread(target=log_in_and_out) for _ in range(4)]
    with Meanwhile(server, [token], may_fail=True) as meanwhile:
        for thread in crowd:
            thread.start()
        for _ in range(20):
            wait_until(lambda: len(server.workers()) == 4, "all workers")
            victim = random.choice(server.workers())
            server.expect_log(rf"worker process {victim} exited on signal 9")
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: victim not in children(server.master), "the worker to be gone")
        stop.set()
        for thread in crowd:
            thread.join()
        recovered = well_again(account)
    row("nginx: 20 workers killed under load", "", recovered, meanwhile)


@pytest.mark.parametrize("directive, log", [("worker_rlimit_nofile 48;", r"\[(crit|alert)\].*Too many open files|\[(crit|alert)\].*epoll"),
                                            ("", r"worker_connections are not enough")])
def test_nothing_is_left_to_take_a_connection_with(site, ended, row, directive, log):
    connections = "worker_connections 1024" if directive else "worker_connections 32"
    server = site(workers=1, main=directive, start=False)
    text = (server.folder / "nginx.conf").read_text()
    (server.folder / "nginx.conf").write_text(text.replace("worker_connections 1024", connections))
    assert connections in (server.folder / "nginx.conf").read_text()
    server.expect_log(log)
    server.start()
    account, token = Account(server), ended(server)
    crowd = []
    with Meanwhile(server, [token], may_fail=True, may_wait=True) as meanwhile:
        for _ in range(100):
            crowd.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: swallow(lambda: server.get("/guarded/page", timeout=0.5)), range(16)))
        for connection in crowd:
            connection.close()
        recovered = well_again(account)
    row(f"nginx: {'descriptors' if directive else 'connections'} exhausted", "", recovered, meanwhile)


@pytest.mark.long
@pytest.mark.limit(900)
def test_500_reloads_under_load_leave_the_memory_as_it_was(site, ended, row):
    server = site(workers=1)
    account, token = Account(server), ended(server)
    sizes = []
    with Meanwhile(server, [token], may_fail=True) as meanwhile:
        for number in range(500):
            server.reload()
            if number in (50, 499):
                wait_until(lambda: len(children(server.master)) == 1, "the old workers to leave", 60)
                sizes.append((resident(server.master), resident(server.workers()[0])))
        recovered = well_again(account)
    (master_before, worker_before), (master, worker) = sizes
    assert master < master_before * 1.1 and worker < worker_before * 1.1, sizes
    row("nginx: 500 reloads under load", f"{master_before >> 20} → {master >> 20} MiB", recovered, meanwhile)


@pytest.fixture
def clock(site, folder, monkeypatch):
    """clock("+15m"): what the nginx clock.site takes for the time. Redis knows better: its allocator bears no other clock."""
    file = folder / "clock"
    settings = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}

    def move(offset):
        file.write_text(offset)

    def start(offset):
        move(offset)
        with monkeypatch.context() as environment:
            for name, value in settings.items():
                environment.setenv(name, value)
            move.site.start()

    move.site = site(main="".join(f"env {name};\n" for name in settings), start=False, realm={"access_lifetime": "10m"})
    move.start = start
    return move


@pytest.mark.skipif(not MODULE, reason="libfaketime and AddressSanitizer do not go together")
@pytest.mark.parametrize("offset", ["+15m", "-15m"])
def test_a_clock_that_jumps(ended, row, clock, offset):
    """Tokens are out of their time, so nobody is let in by one; when the clock is right again all is as it was, and nothing
    that had ended has come back."""
    clock.start("+0")
    server = clock.site
    account, token = Account(server), ended(server)
    with Meanwhile(server, [token]) as meanwhile:
        clock(offset)
        wait_until(lambda: account.visit("/guarded/page").status_code == 401, "the token to be out of its time", RECOVERY)
        account.refresh()
        clock("+0")
        begun = time.monotonic()
        wait_until(lambda: account.refresh().status_code == 200, "a refresh", RECOVERY)
        assert account.visit("/guarded/page").status_code == 200
        recovered = time.monotonic() - begun
        assert account.visit("/guarded/page", token=token).status_code == 401
    row(f"the clock: {offset} and back", "", recovered, meanwhile)


@pytest.mark.skipif(not MODULE, reason="libfaketime and AddressSanitizer do not go together")
@pytest.mark.parametrize("offset, said", [("+15m", "behind"), ("-15m", "ahead of")])
def test_a_clock_that_is_wrong_is_said(clock, offset, said):
    clock.start(offset)
    clock.site.wait_for_log(rf"\[warn\].*its clock is (89\d|90\d) s {said} this machine's")
