"""A Redis that was restarted from an older snapshot brings nothing back that had ended; and what a Redis user needs."""

import re
import shutil

import pytest
import redis as redis_client

from accounts import API, GUARDED, Account, bearer
from processes import wait_until
from stores import TREE, Redis

WORKERS = 2

ENDED_AGAIN = 15.0  # seconds; the sessions are looked through in the background


class Snapshots(Redis):
    """A Redis that can be taken back to an earlier moment."""

    def __init__(self, folder, *options):
        super().__init__(folder, "--appendonly", "no", *options)

    def keep(self):
        self.client.save()
        shutil.copy(self.folder / "dump.rdb", self.folder / "kept.rdb")

    def go_back(self):
        self.kill()
        (self.folder / "kept.rdb").replace(self.folder / "dump.rdb")
        self.start()


@pytest.fixture
def store(folder):
    server = Snapshots(folder / "r")
    yield server
    server.stop()


def gone(account):
    return lambda: account.post("refresh", refreshToken=account.refresh_token).status_code == 403


def log_out(account, postgres):
    assert account.post("logout", refreshToken=account.refresh_token).status_code == 200


def log_out_everywhere(account, postgres):
    assert account.post("logout/all", token=account.access).status_code == 200


def end_by_another_session(account, postgres):
    """This one is ended as "all others"."""
    server, other = account.server, account.server.post("/auth/login", json={"email": account.email,
                                                                              "password": account.password})
    token = other.json()["tokens"]["accessToken"]
    assert server.request("DELETE", "/auth/sessions", headers=bearer(token)).status_code == 204


def disable(account, postgres):
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", account.server.realm, account.email)
    wait_until(gone(account), "the sessions to end")


def delete(account, postgres):
    assert account.me("DELETE").status_code == 204


def choose_another_password(account, postgres):
    """In another session."""
    other = account.server.post("/auth/login", json={"email": account.email, "password": account.password})
    token = other.json()["tokens"]["accessToken"]
    changed = account.server.request("PATCH", "/auth/me", headers=bearer(token),
                                     json={"password": "OtherPass123", "currentPassword": account.password})
    assert changed.status_code == 200


@pytest.mark.limit(120)
@pytest.mark.parametrize("restart", [False, True])
def test_nothing_that_ended_comes_back_with_an_older_snapshot(nginx, store, postgres, restart):
    """Issue 10.3: also when nginx has been restarted, and so knows nothing itself."""
    server = nginx(API + GUARDED, realm={"redis": f"unix:{store.socket} timeout=2s", "limit_logins": "off"})
    ends = [log_out, log_out_everywhere, end_by_another_session, disable, delete, choose_another_password]
    accounts = [Account(server) for _ in ends]
    bystander = Account(server)
    store.keep()
    for end, account in zip(ends, accounts):
        end(account, postgres)
        assert gone(account)()
    if restart:
        server.stop()
    store.go_back()
    if restart:
        server.start()
    for end, account in zip(ends, accounts):
        key = f"gatehouse:{{{server.realm}}}:sessions:{account.id}"
        wait_until(lambda: not store.client.zcard(key), f"the session after {end.__name__} to be ended again", ENDED_AGAIN)
        assert gone(account)(), end.__name__
        wait_until(lambda: account.visit().status_code == 401, "the access token to end too", 5)
    wait_until(lambda: bystander.refresh().status_code == 200, "the session of nobody's end")
    server.wait_for_log("Redis had forgotten the end of")


def test_a_redis_that_would_forget_is_warned_of_once(nginx, folder):
    """Issue 10.3"""
    store = Redis(folder / "r", "--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    try:
        server = nginx(API + GUARDED, realm={"redis": f"unix:{store.socket}"})
        server.wait_for_log(r'\[warn\].*appendonly yes.*maxmemory-policy allkeys-lru')
        server.reload()
        server.wait_for_log("is read(.|\n)*is read")
        assert server.error_log().count("appendonly yes") == 1
    finally:
        store.stop()


def test_a_redis_that_keeps_all_is_not(nginx, redis):
    """Issue 10.3"""
    assert "appendonly" not in nginx(API + GUARDED).error_log()


@pytest.mark.parametrize("has_info", [True, False])
def test_the_documented_redis_user_can_do_all_and_one_without_info_too(nginx, folder, has_info):
    """Issue 10.3: the ACL of docs/guides/operations.md, word for word."""
    store = Redis(folder / "r")
    words = re.search(r"ACL SETUSER gatehouse ((?:.|\n)*?)\n\n", (TREE / "docs/guides/operations.md").read_text())[1].split()
    password = folder / "password"
    password.write_text("secret")
    try:
        server = nginx(API + GUARDED, start=False, realm={
            "redis": f"unix:{store.socket} user=gatehouse password_file={password} db=1 wait=0 timeout=2s"})
        rules = [word.replace("PASSWORD", "secret").replace("{main}", "{%s}" % server.realm) for word in words]
        store.client.execute_command("ACL", "SETUSER", "gatehouse",
                                     *[rule for rule in rules if has_info or rule != "+info"])
        server.start()
        account = Account(server)
        assert account.visit().status_code == 200
        assert account.refresh().status_code == 200
        assert account.me("PATCH", password="OtherPass123", currentPassword=account.password).status_code == 200
        assert server.get("/auth/sessions", headers=bearer(account.access)).status_code == 200
        assert server.post("/auth/login", json={"email": account.email, "password": "wrong"}).status_code == 401
        assert account.post("logout/all", token=account.access).status_code == 200
        assert account.visit().status_code == 401
        again = Account(server)
        store.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_until(lambda: again.refresh().status_code == 200, "a new connection")
        assert again.post("logout", refreshToken=again.refresh_token).status_code == 200
        assert again.visit().status_code == 401
        denied = store.client.execute_command("ACL", "LOG")
        assert all("info" in str(entry) for entry in denied), denied
    finally:
        store.stop()
