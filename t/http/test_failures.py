"""The table "When a part fails" of docs/guides/operations.md: a store that is down, hung, back again; a worker that dies; a
client that goes."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import API, GUARDED, Account, bearer
from processes import wait_until

WORKERS = 2

RECOVERY = 5.0  # seconds at most after a server's return
LOGIN = {"email": "john", "password": "doe"}


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


@pytest.fixture
def unlimited(nginx):
    """For many logins of one account at once."""
    return nginx(API + GUARDED, realm={"limit_logins": "off"})


def assert_unavailable(answer):
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["status"] == 503


def assert_quickly(seconds, call):
    """A hung server is a failed server: its deadline is ours."""
    start = time.monotonic()
    answer = call()
    assert time.monotonic() - start < seconds
    return answer


def assert_recovers(call, status):
    wait_until(lambda: call().status_code == status, f"{status} again", RECOVERY)


def down(store, how):
    store.kill() if how == "killed" else store.pause()


def back(store, how):
    store.start() if how == "killed" else store.resume()


# ---- Redis ----

@pytest.mark.parametrize("how", ["killed", "hung"])
def test_without_redis(server, redis, how):
    account = Account(server)
    down(redis, how)
    assert account.visit().status_code == 200
    assert_unavailable(assert_quickly(5, account.refresh))
    assert_unavailable(assert_quickly(5, account.login))
    assert_unavailable(assert_quickly(5, lambda: account.post("logout", refreshToken=account.refresh_token)))
    person = {"name": "New", "email": f"new.{how}@example.com", "password": "SecurePass123"}
    assert_unavailable(assert_quickly(5, lambda: account.post("register", **person)))
    back(redis, how)
    assert_recovers(account.refresh, 200)
    assert_recovers(lambda: account.post("register", **person), 201)  # 409, had the refused one left an account behind


def test_a_change_made_without_redis_ends_the_sessions_when_it_is_back(unlimited, redis):
    account = Account(unlimited)
    other = account.refresh_token
    account.login()
    redis.kill()
    assert account.me("PATCH", password="OtherPass123", currentPassword=account.password).status_code == 200
    redis.start()
    wait_until(lambda: account.post("refresh", refreshToken=other).status_code == 403, "the other session to end", 40)
    assert_recovers(account.refresh, 200)


# ---- PostgreSQL ----

@pytest.mark.parametrize("how", ["killed", "hung"])
def test_without_postgresql(server, postgres, how):
    account = Account(server)
    down(postgres, how)
    assert account.visit().status_code == 200
    assert account.refresh().status_code == 200
    assert_unavailable(assert_quickly(8, account.login))
    assert_unavailable(assert_quickly(8, account.me))
    assert_unavailable(assert_quickly(8, lambda: account.post("register", name="N", email="n@example.com",
                                                              password="SecurePass123")))
    back(postgres, how)
    assert_recovers(account.login, 200)
    assert_recovers(account.me, 200)


@pytest.mark.parametrize("schema, missing", [("none", "001_schema_version.sql"), ("old", "003_credentials.sql")])
def test_a_missing_or_old_schema_is_one_clear_line_and_503(nginx, postgres, schema, missing):
    name = f"schema_{schema}"
    postgres.create_database(name)
    if schema == "old":
        from stores import TREE
        postgres.migrate(name, sorted((TREE / "sql").glob("*.sql"))[:2])
    server = nginx(API, realm={"postgres": f'"{postgres.conninfo.replace("dbname=gatehouse", "dbname=" + name)}"'})
    assert_unavailable(server.post("/auth/login", json=LOGIN))
    assert missing in server.error_log()


# ---- both ----

def test_nginx_starts_with_both_down_and_recovers(nginx, postgres, redis):
    postgres.kill()
    redis.kill()
    server = nginx(API + GUARDED)
    assert_unavailable(server.post("/auth/login", json=LOGIN))
    assert server.get("/").status_code == 401
    postgres.start()
    redis.start()
    assert_recovers(lambda: server.post("/auth/login", json=LOGIN), 401)
    assert_recovers(Account(server).visit, 200)  # 503 until the feed of revocations has been read


# ---- the hash threads ----

def test_a_full_hash_queue_is_503_and_the_guard_does_not_notice(nginx):
    server = nginx(API + GUARDED, workers=1, realm={"password": "blocklist=off queue=2", "limit_logins": "off"})
    account = Account(server)
    with ThreadPoolExecutor(24) as pool:
        logins = [pool.submit(account.post, "login", email=account.email, password=account.password) for _ in range(24)]
        visits = [account.visit().status_code for _ in range(20)]
        answers = [login.result() for login in logins]
    assert set(visits) == {200}
    assert {a.status_code for a in answers} == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert_unavailable(answer)


# ---- workers ----

def test_a_killed_worker_loses_no_session(server):
    account = Account(server)
    server.kill_worker()
    assert account.visit().status_code == 200
    assert account.refresh().status_code == 200


def login_all_at_once(server, count):
    """Starts logins that are under way when this returns."""
    pool = ThreadPoolExecutor(count)
    account = Account(server)
    answers = [pool.submit(account.post, "login", email=account.email, password=account.password) for _ in range(count)]
    wait_until(lambda: any(a.running() for a in answers), "logins under way")
    time.sleep(0.03)
    pool.shutdown(wait=False)
    return answers


def test_a_reload_answers_what_is_under_way(unlimited):
    answers = login_all_at_once(unlimited, 16)
    unlimited.reload()
    assert [a.result().status_code for a in answers] == [200] * 16
    assert Account(unlimited).visit().status_code == 200


def test_a_graceful_quit_answers_what_is_under_way(unlimited):
    answers = login_all_at_once(unlimited, 8)
    unlimited.stop()
    statuses = []
    for answer in answers:
        try:
            statuses.append(answer.result().status_code)
        except OSError:
            pass  # not yet accepted when nginx closed its port
    assert statuses and set(statuses) == {200}


def test_reload_keeps_tokens_and_sessions(server):
    account = Account(server)
    server.reload()
    assert account.visit().status_code == 200
    assert account.refresh().status_code == 200


# ---- clients ----

def half_a_login(server, account, pause, sent):
    body = json.dumps({"email": account.email, "password": account.password}).encode()
    head = (f"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall((head + body)[:int(len(head + body) * sent)])
        time.sleep(pause)


def test_a_client_may_go_at_every_stage(unlimited):
    account = Account(unlimited)
    stages = [(pause, sent) for pause in (0, 0.001, 0.005, 0.02, 0.04, 0.08) for sent in (0.5, 0.9, 1.0)] * 3
    threads = [threading.Thread(target=half_a_login, args=(unlimited, account, *stage)) for stage in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert account.login().status_code == 200
    assert account.visit().status_code == 200
    assert account.refresh().status_code == 200


def test_clients_that_go_cost_no_database_connection(unlimited, postgres):
    account = Account(unlimited)
    for _ in range(40):
        half_a_login(unlimited, account, 0.001, 1.0)
    wait_until(lambda: account.login().status_code == 200, "a login", 10)
    connections = postgres.query("select count(*) as n from pg_stat_activity where application_name = 'gatehouse'")
    assert connections[0]["n"] <= 4, "pool=2, two workers"


# ---- tokens on one worker ----

def test_after_a_forgery_the_next_good_token_works_and_the_next_forgery_fails(nginx):
    server = nginx(API + GUARDED, workers=1)
    account = Account(server)
    head, payload, signature = account.access.split(".")
    forged = f"{head}.{payload}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}"
    for _ in range(3):
        assert account.visit(token=forged).status_code == 401
        assert account.visit().status_code == 200


def test_an_expired_token_is_401(nginx):
    server = nginx(API + GUARDED, realm={"access_lifetime": "1s"})
    account = Account(server)
    assert account.visit().status_code == 200
    time.sleep(2.1)
    answer = account.visit()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_of_another_realm_is_401(nginx, keys):
    """Even with the same keys, the same issuer and the same users' database."""
    one = nginx(API + GUARDED, realm={"issuer": "same"})
    two = nginx(API + GUARDED, realm={"issuer": "same"})
    account = Account(one)
    assert one.get("/", headers=bearer(account.access)).status_code == 200
    assert two.get("/", headers=bearer(account.access)).status_code == 401
