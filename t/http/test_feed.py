"""Who reads the feed of logouts: one worker that can, whatever becomes of the others, and what the log says of it."""

import contextlib
import socket
import time

import redis as redis_client

from accounts import API, GUARDED, Account, bearer
from processes import alive, wait_until
from stores import Redis

WORKERS = 2

HEARD = 3.0  # seconds: another worker has taken over, and has read


@contextlib.contextmanager
def application_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextlib.contextmanager
def hanging_request(server, application):
    """Keeps its worker when that is to quit."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        with application.accept()[0]:
            yield


def test_an_old_worker_that_cannot_read_any_more_gives_the_feed_away(nginx, folder):
    """Issue 10.1: Redis gets another password, nginx is reloaded, and a request that hangs keeps an old worker."""
    password = folder / "password"
    password.write_text("old")
    store = Redis(folder / "r", "--requirepass", "old")
    operator = redis_client.Redis(unix_socket_path=str(store.socket), password="old")
    realm = {"redis": f"unix:{store.socket} password_file={password}"}
    try:
        with application_that_never_answers() as application:
            hang = f"location /hang {{ proxy_pass http://127.0.0.1:{application.getsockname()[1]}; }}"
            other = nginx(API + hang + GUARDED, workers=1, realm=realm)
            server = nginx(API + GUARDED, name=other.realm, realm={**realm, "public_url": other.url})
            with hanging_request(other, application):
                operator.config_set("requirepass", "new")
                operator.client_kill_filter(_type="normal", skipme=True)
                password.write_text("new")
                old = other.workers()[0]
                other.reload()
                server.reload()
                assert alive(old)
                account = Account(server)
                heard = [lambda: other.get("/", headers=bearer(account.access)).status_code]
                wait_until(lambda: heard[0]() == 200, "the other nginx to let in", HEARD)
                assert account.post("logout", refreshToken=account.refresh_token).status_code == 200
                wait_until(lambda: heard[0]() == 401, "the logout to be heard", HEARD)
                assert alive(old)
                assert other.error_log().count("cannot be read") <= 1
    finally:
        store.stop()


def test_a_long_configuration_is_no_timeout_of_redis(nginx):
    """Issue 10.27: the timers of a new worker count from its start, not from before the configuration was read."""
    names = "".join(f"    name{i}.example.com {i};\n" for i in range(200_000))
    server = nginx(API + GUARDED, http=f"map_hash_bucket_size 128;\nmap $host $number {{\n{names}}}",
                   realm={"redis": "%REDIS% timeout=100ms"})
    account = Account(server)
    for _ in range(2):
        logged = len(server.error_log())
        server.reload()
        assert account.visit().status_code == 200
        account.refresh()
        server.wait_for_log("is read")
        assert "[error]" not in server.error_log()[logged:]


def test_a_feed_that_cannot_be_read_is_one_line_for_all_workers_and_one_when_it_can(nginx, redis):
    """Issue 10.1, 10.27: and no line at all before that has lasted."""
    server = nginx(API + GUARDED, workers=4)
    logged = len(server.error_log())
    redis.kill()
    time.sleep(0.5)
    assert "cannot be read" not in server.error_log()[logged:]
    wait_until(lambda: "cannot be read" in server.error_log()[logged:], "the line")
    time.sleep(3)
    assert server.error_log()[logged:].count("cannot be read") == 1
    redis.start()
    wait_until(lambda: ":feed is read" in server.error_log()[logged:], "the other line", 8)
