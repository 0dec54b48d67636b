"""Issue 12: Redis at fault. Who has a token is let in meanwhile; a refresh waits for Redis, and is never taken for theft."""

import signal
import threading
import time

import pytest

from accounts import Account
from conftest import RECOVERY
from link import LinkFaults
from meanwhile import Meanwhile
from processes import wait_until
from stores import Redis

LONG_ENOUGH = 1.5  # seconds of each fault


def flap(link, stop):
    while not stop.wait(0.05):
        link.refuse()
        stop.wait(0.05)
        link.heal()


class Faults(LinkFaults):

    def __init__(self, link, redis):
        super().__init__(link)
        self.redis = redis

    def slow(self):
        self.link.slow(0.1)
        return self.link.heal

    def killed(self):
        self.redis.kill()
        return self.redis.start

    def paused(self):
        self.redis.pause()
        return self.redis.resume

    def out_of_memory(self):
        self.redis.client.config_set("maxmemory", "1mb")
        return lambda: self.redis.client.config_set("maxmemory", "0")

    def read_only(self):
        self.redis.client.execute_command("REPLICAOF", "127.0.0.1", "1")
        return lambda: self.redis.client.execute_command("REPLICAOF", "NO", "ONE")

    def flapping(self):
        stop = threading.Event()
        thread = threading.Thread(target=flap, args=(self.link, stop))
        thread.start()

        def end():
            stop.set()
            thread.join()
            self.link.heal()
        return end


FAULTS = {"refused": Faults.refused, "hung": Faults.hung, "slow, 100 ms": Faults.slow,
          **{f"cut after {count} bytes of a reply": lambda faults, count=count: faults.cut(count) for count in (1, 2, 5)},
          "killed and started again": Faults.killed, "stopped by a signal": Faults.paused, "out of memory": Faults.out_of_memory,
          "a read-only replica": Faults.read_only, "flapping": Faults.flapping}


def try_meanwhile(account, seen):
    """What a client does: it visits, refreshes with the token that it has, and logs in."""
    assert account.visit("/guarded/page").status_code == 200, "a token that is good needs no Redis"
    for answer in (account.refresh(), account.post("login", email=account.email, password=account.password)):
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1


def text_of(seen):
    return ", ".join(f"{count} × {status}" for status, count in sorted(seen.items()))


@pytest.mark.parametrize("fault", FAULTS)
def test_redis(site, ended, redis_link, redis, row, fault):
    server = site()
    account, token = Account(server), ended(server)
    seen = {}
    with Meanwhile(server, [token]) as meanwhile:
        end = FAULTS[fault](Faults(redis_link, redis))
        try:
            until = time.monotonic() + LONG_ENOUGH
            while time.monotonic() < until:
                try_meanwhile(account, seen)
        finally:
            end()
        begun = time.monotonic()
        wait_until(lambda: account.refresh().status_code == 200, "a refresh", RECOVERY)
        recovered = time.monotonic() - begun
        assert account.visit("/guarded/page").status_code == 200
    assert set(seen) <= {200, 503}, seen
    row(f"Redis: {fault}", text_of(seen), recovered, meanwhile)


def test_redis_restarted_empty(site, ended, redis, row):
    """Sessions are gone with it, so their users log in again; what had ended stays so."""
    server = site()
    account, token = Account(server), ended(server)
    with Meanwhile(server, [token]) as meanwhile:
        redis.client.flushall()
        redis.kill()
        redis.start()
        begun = time.monotonic()
        wait_until(lambda: account.login().status_code == 200, "a login", RECOVERY)
        recovered = time.monotonic() - begun
    assert account.refresh().status_code == 200
    row("Redis: restarted empty", "", recovered, meanwhile)


def test_redis_that_evicts(site, ended, redis, row):
    """An evicted session has ended; none that was ended comes back."""
    server = site()
    accounts, token = [Account(server) for _ in range(5)], ended(server)
    seen = {}
    with Meanwhile(server, [token]) as meanwhile:
        used = redis.client.info("memory")["used_memory"]
        redis.client.config_set("maxmemory-policy", "allkeys-random")
        redis.client.config_set("maxmemory", str(used + (1 << 20)))
        try:
            for number in range(200):
                redis.client.set(f"ballast:{number}", "x" * 100_000, ex=60)
            for account in accounts:
                status = account.refresh().status_code
                seen[status] = seen.get(status, 0) + 1
        finally:
            redis.client.config_set("maxmemory", "0")
            redis.client.config_set("maxmemory-policy", "noeviction")
        begun = time.monotonic()
        wait_until(lambda: accounts[0].login().status_code == 200, "a login", RECOVERY)
        recovered = time.monotonic() - begun
    assert set(seen) <= {200, 403, 503}, seen
    row("Redis: evicts", text_of(seen), recovered, meanwhile)


def test_redis_fails_over(site, ended, redis, redis_link, folder, row):
    """To a replica that has caught up; a logout there is one for who has moved."""
    replica = Redis(folder / "replica", "--port", "0")
    server = site()
    account, token = Account(server), ended(server)
    try:
        with Meanwhile(server, [token]) as meanwhile:
            for key in redis.client.scan_iter(f"gatehouse:{{{server.realm}}}:*"):
                replica.client.restore(key, max(redis.client.pttl(key), 0), redis_raw(redis, key))
            redis_link.target = replica.socket
            redis_link.refuse()
            redis_link.heal()
            begun = time.monotonic()
            wait_until(lambda: account.refresh().status_code == 200, "a refresh", RECOVERY)
            recovered = time.monotonic() - begun
            assert account.post("logout", refreshToken=account.refresh_token).status_code == 200
            wait_until(lambda: account.visit("/guarded/page").status_code == 401, "the logout", RECOVERY)
        row("Redis: fails over to a replica", "", recovered, meanwhile)
    finally:
        replica.stop()


def redis_raw(redis, key):
    """DUMP is no text."""
    import redis as library
    with library.Redis(unix_socket_path=str(redis.socket)) as client:
        return client.dump(key)


def test_a_worker_killed_in_the_middle_of_a_rotation(site, ended, redis_link, row):
    """Redis has rotated, nobody heard the new token: the old one still leads to it."""
    server = site(realm={"refresh_grace": "30s"})
    account, token = Account(server), ended(server)
    with Meanwhile(server, [token], may_fail=True) as meanwhile:
        redis_link.hold()
        held_before = redis_link.held_replies
        lost = threading.Thread(target=lambda: swallow(account.refresh))
        lost.start()
        wait_until(lambda: redis_link.held_replies > held_before, "Redis to have answered")
        for pid in server.workers():
            server.expect_log(rf"worker process {pid} exited on signal 9")
            server._signal(pid, signal.SIGKILL)
        lost.join()
        redis_link.heal()
        begun = time.monotonic()
        wait_until(lambda: answers(account.refresh) == 200, "a refresh with the same token", RECOVERY)
        recovered = time.monotonic() - begun
    row("nginx: workers killed in mid-rotation", "", recovered, meanwhile)


def swallow(call):
    try:
        call()
    except OSError:
        pass


def answers(call):
    """A status; 0 where the connection came to nothing."""
    try:
        return call().status_code
    except OSError:
        return 0
