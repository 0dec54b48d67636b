"""How many realms one nginx may have, and what becomes of those that a reload takes away."""

import os
import secrets
import signal
import socket

import pytest

from accounts import API, GUARDED, Account
from nginx_server import TEMPLATE
from processes import children, wait_until

WORKERS = 2

MOST = 64


def realms(count):
    """Beside that of the template, which stays the same: realms that never were before."""
    return "\n".join(f"gatehouse_realm r{secrets.token_hex(8)} {{\n%REALM_BLOCK%\n}}" for _ in range(count))


def write_realms(server, count):
    server.write_conf(TEMPLATE.replace("%HTTP%", realms(count)))


def wait_for_old_workers(server):
    wait_until(lambda: len(children(server.master)) == len(server.workers()), "the old workers to end", 20)


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED, workers=1)


def test_a_65th_realm_is_refused_by_nginx_minus_t(server):
    """Issue 10.5: it was accepted, and every guarded request got 500."""
    write_realms(server, MOST - 1)
    accepted, said = server.test_conf()
    assert accepted, said
    write_realms(server, MOST)
    accepted, said = server.test_conf()
    assert not accepted
    assert "more than 64 realms" in said and "nginx.conf:" in said, said


def test_reloads_with_ever_new_realms_need_no_restart(server):
    """Issue 10.5: after 64 pairs of realm and Redis a reload took every realm down, old ones too."""
    account, gone = Account(server), Account(server)
    gone.post("logout", refreshToken=gone.refresh_token)
    for count in (31, 32, 31, 63, 2, 63, 40):
        write_realms(server, count)
        server.reload()
        wait_for_old_workers(server)
        assert account.visit().status_code == 200
        assert gone.visit().status_code == 401
    server.kill_worker()
    assert account.visit().status_code == 200


def test_a_reload_that_finds_no_places_is_refused_and_the_old_configuration_serves(server):
    """Issue 10.5: places are used as long as a worker lives that uses them, and are then given back."""
    account = Account(server)
    write_realms(server, MOST - 1)
    server.reload()
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert account.visit().status_code == 200, "so the worker has accepted the connection before"
        write_realms(server, MOST - 1)
        server.reload()
        serving = server.workers()

        server.expect_log("gatehouse_zone: all 128 places for pairs of a realm and its Redis")
        write_realms(server, MOST - 1)
        os.kill(server.master, signal.SIGHUP)
        server.wait_for_log("all 128 places .* when the workers of an older configuration have ended")
        assert account.visit().status_code == 200
        assert server.workers() == serving

    wait_for_old_workers(server)
    server.reload()
    assert account.visit().status_code == 200
    assert server.workers() != serving
