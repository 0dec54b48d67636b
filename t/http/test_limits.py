"""The limits on failed logins, registrations and the current password: what they stop, and what they must not stop."""

import concurrent.futures
import re
import secrets

import pytest

from accounts import API, GUARDED, Account, bearer
from mailing import REALIP
from processes import wait_until

WORKERS = 2

NARROW = {"limit_logins": "account+address=3/1m account=off address=off"}
WRONG = "WrongPass123"


@pytest.fixture
def server(nginx):
    return nginx(REALIP + API + GUARDED, realm=NARROW)


def from_address(address):
    return {"X-Test-Address": address} if address else {}


def login(server, email, password=WRONG, address=None, **headers):
    return server.post("/auth/login", json={"email": email, "password": password},
                       headers={**from_address(address), **headers})


def register(server, address=None, **changed):
    person = {"name": "Jane", "email": f"{secrets.token_hex(6)}@example.com", "password": "SecurePass123", **changed}
    return server.post("/auth/register", json=person, headers=from_address(address))


def assert_refused(answer, within=60):
    assert answer.status_code == 429, answer.text
    assert answer.json() == {"message": "Too many requests, try again later", "status": 429}
    assert 1 <= int(answer.headers["Retry-After"]) <= within
    assert answer.headers["Cache-Control"] == "no-store"


def fill(server, email, times, **more):
    assert [login(server, email, **more).status_code for _ in range(times)] == [401] * times


def looks(answer):
    """All that a client can tell two answers by; the wait differs by the time between them."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Retry-After")}
    return answer.status_code, answer.content, headers, "Retry-After" in answer.headers


# ---- failed logins ----

def test_requirement_51_and_52_known_unknown_and_disabled_accounts_are_refused_alike(server, postgres):
    known, disabled = Account(server), Account(server)
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", server.realm, disabled.email)
    for expected in [401] * 3 + [429] * 3:
        answers = [login(server, known.email), login(server, "nobody@example.com"),
                   login(server, disabled.email, disabled.password), login(server, "john")]
        assert answers[0].status_code == expected
        assert [looks(answer) for answer in answers[1:]] == [looks(answers[0])] * 3
        waits = [int(answer.headers.get("Retry-After", 0)) for answer in answers]
        assert max(waits) - min(waits) <= 2, waits


def test_the_right_password_does_not_get_through_a_full_limit_either(server):
    account = Account(server)
    fill(server, account.email, 3)
    assert_refused(login(server, account.email, account.password))


def test_a_refused_login_asks_neither_the_database_nor_the_hash_threads(server, postgres):
    account = Account(server)
    fill(server, account.email, 3)
    postgres.kill()
    assert_refused(login(server, account.email))
    postgres.start()
    failures = postgres.query("select 1 from gatehouse.audit_events where realm = %s and event = 'login_failed'", server.realm)
    assert len(failures) == 3


def test_every_spelling_of_an_identifier_is_counted_as_one(server):
    account = Account(server)
    for spelling in (account.email, account.email.upper(), account.email.title()):
        fill(server, spelling, 1)
    assert_refused(login(server, account.email.swapcase()))


def test_a_success_is_given_back(server):
    account = Account(server)
    fill(server, account.email, 2)
    for _ in range(5):
        assert login(server, account.email, account.password).status_code == 200
    fill(server, account.email, 1)
    assert_refused(login(server, account.email, account.password))


def test_successes_alone_never_reach_a_limit(nginx, redis):
    server = nginx(API, realm={"limit_logins": "account+address=1/1m account=1/1m address=1/1m all=1/1m"})
    account = Account(server)
    assert [account.login().status_code for _ in range(4)] == [200] * 4
    kinds = {key.split(":")[3] for key in redis.client.scan_iter(f"gatehouse:{{{server.realm}}}:limit:*")}
    assert kinds == {"alias", "place"}, "no count is left of them"


def test_requirement_51_another_address_and_another_account_are_unaffected(server):
    account, other = Account(server), Account(server)
    fill(server, account.email, 3, address="192.0.2.1")
    assert_refused(login(server, account.email, account.password, address="192.0.2.1"))
    assert login(server, account.email, account.password, address="192.0.2.2").status_code == 200
    assert login(server, other.email, other.password, address="192.0.2.1").status_code == 200


def test_one_address_is_limited_over_all_accounts(nginx):
    server = nginx(REALIP + API, realm={"limit_logins": "address=4/1m"})
    account = Account(server)
    for n in range(4):
        fill(server, f"n{n}@example.com", 1, address="192.0.2.1")
    assert_refused(login(server, account.email, account.password, address="192.0.2.1"))
    assert login(server, account.email, account.password, address="192.0.2.2").status_code == 200


def test_ipv6_is_counted_by_64(nginx):
    server = nginx(REALIP + API, realm={"limit_logins": "address=2/1m"})
    fill(server, "a@example.com", 1, address="2001:db8:0:1::1")
    fill(server, "b@example.com", 1, address="2001:db8:0:1:ffff::2")
    assert_refused(login(server, "c@example.com", address="2001:db8:0:1:1:2:3:4"))
    fill(server, "c@example.com", 2, address="2001:db8:0:2::1")


def test_the_whole_realm_can_be_limited(nginx):
    server = nginx(REALIP + API, realm={"limit_logins": "all=3/1m"})
    for n in range(3):
        fill(server, f"n{n}@example.com", 1, address=f"192.0.2.{n}")
    assert_refused(login(server, "other@example.com", address="198.51.100.1"))


def test_requirement_51_who_fails_elsewhere_shuts_nobody_out_where_the_account_is_used(nginx):
    server = nginx(REALIP + API, realm={"limit_logins": "account+address=3/1m account=6/1m"})
    email, password = "jane@example.com", "SecurePass123"
    assert register(server, "192.0.2.1", email=email, password=password).status_code == 201
    assert login(server, email, password, "2001:db8:0:1::1").status_code == 200
    for n in range(3):
        fill(server, email, 2, address=f"198.51.100.{n}")
    assert_refused(login(server, email, password, "198.51.100.9"))
    assert login(server, email, password, "192.0.2.1").status_code == 200, "where it was registered"
    assert login(server, email.upper(), password, "2001:db8:0:1::2").status_code == 200, "where it has logged in"
    fill(server, email, 3, address="192.0.2.1")
    assert_refused(login(server, email, password, "192.0.2.1"))


def test_a_full_limit_ends_by_itself_while_the_attack_goes_on(nginx):
    server = nginx(API, realm={"limit_logins": "account+address=2/2s account=2/2s"})
    account = Account(server)
    fill(server, account.email, 2)
    assert_refused(login(server, account.email), within=2)
    wait_until(lambda: login(server, account.email, account.password).status_code == 200, "the window to end")


def test_requirement_51_parallel_logins_cannot_pass_the_limit_by_racing(nginx):
    server = nginx(API, workers=2, realm={"limit_logins": "account+address=7/10m"})
    account = Account(server)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: login(server, account.email).status_code, range(40)))
    assert sorted(statuses) == [401] * 7 + [429] * 33


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
def test_no_header_is_read_that_nginx_was_not_told_to_trust(nginx, header):
    server = nginx(API, realm=NARROW)
    for n in range(3):
        fill(server, "jane@example.com", 1, **{header: f"192.0.2.{n}"})
    assert_refused(login(server, "jane@example.com", **{header: "192.0.2.9"}))


def test_a_form_gets_429_too(server):
    form = {"email": "jane@example.com", "password": WRONG}
    assert [server.post("/auth/login", data=form).status_code for _ in range(3)] == [401] * 3
    answer = server.post("/auth/login", data=form)
    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/html")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "tried too often" in answer.text


def test_limits_can_be_off(nginx):
    server = nginx(API, realm={"limit_logins": "off"})
    account = Account(server)
    fill(server, account.email, 15)
    assert account.login().status_code == 200


def test_requirement_51_the_default_stops_guessing(nginx):
    server = nginx(API)
    fill(server, "jane@example.com", 10)
    assert_refused(login(server, "jane@example.com"), within=900)


# ---- one account, whatever it is called by ----

@pytest.fixture
def two_names(nginx, postgres):
    """A server, and an account with an e-mail and a username."""
    server = nginx(REALIP + API, realm={"limit_logins": "account+address=4/1m account=6/1m address=off"})
    account = Account(server)
    account.username = "jane" + secrets.token_hex(4)
    postgres.query("update gatehouse.users set username = %s where id = %s", account.username, account.id)
    return server, account


def test_requirement_51_email_and_username_of_an_account_are_one_count(two_names):
    """Issue 10.8."""
    server, account = two_names
    for name in (account.username, account.email.upper(), account.username.title(), account.email):
        fill(server, name, 1)
    for name in (account.email, account.username):
        assert_refused(login(server, name, account.password))


def test_requirement_51_the_count_over_all_addresses_is_one_too(two_names):
    """Issue 10.8."""
    server, account = two_names
    for n, name in enumerate([account.username, account.email] * 3):
        fill(server, name, 1, address=f"198.51.100.{n}")
    assert_refused(login(server, account.username, account.password, "198.51.100.9"))
    assert_refused(login(server, account.email, account.password, "198.51.100.8"))


def test_who_logs_in_by_one_name_is_known_there_by_the_other(two_names):
    """Issue 10.8."""
    server, account = two_names
    assert login(server, account.email, account.password, "192.0.2.1").status_code == 200
    for n, name in enumerate([account.username, account.email] * 3):
        fill(server, name, 1, address=f"198.51.100.{n}")
    assert_refused(login(server, account.username, account.password, "198.51.100.9"))
    assert login(server, account.username, account.password, "192.0.2.1").status_code == 200


def test_requirement_51_the_two_names_in_parallel_cannot_pass_the_limit(nginx, postgres):
    """Issue 10.8."""
    server = nginx(API, workers=2, realm={"limit_logins": "account+address=7/10m"})
    account = Account(server)
    postgres.query("update gatehouse.users set username = 'parallel' where id = %s", account.id)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda n: login(server, (account.email, "parallel")[n % 2]).status_code, range(40)))
    assert sorted(statuses) == [401] * 7 + [429] * 33


def test_deleting_the_named_key_lifts_the_limit_of_both_names(two_names, redis):
    """Issue 10.8."""
    server, account = two_names
    fill(server, account.username, 2)
    fill(server, account.email, 2)
    assert_refused(login(server, account.username, account.password))
    line = next(line for line in server.error_log().splitlines() if "limit_logins" in line)
    assert f"account: user {account.id}, client: " in line
    redis.client.delete(line.split(" are used up in ")[1].split()[0])
    assert login(server, account.email, account.password).status_code == 200
    assert login(server, account.username, account.password).status_code == 200


def test_a_username_that_goes_to_another_user_takes_no_count_along(two_names, postgres):
    """Issue 10.8."""
    server, account = two_names
    fill(server, account.username, 1)
    other = Account(server)
    postgres.query("update gatehouse.users set username = null where id = %s", account.id)
    postgres.query("update gatehouse.users set username = %s where id = %s", account.username, other.id)
    fill(server, account.username, 3)
    fill(server, account.email, 3)
    assert_refused(login(server, account.email, account.password))
    assert login(server, account.username, other.password).status_code == 200


# ---- what is ours is not counted against anybody ----

def test_a_failure_of_ours_is_given_back(server, postgres):
    account = Account(server)
    postgres.kill()
    assert [login(server, account.email).status_code for _ in range(5)] == [503] * 5
    postgres.start()
    wait_until(lambda: login(server, account.email, account.password).status_code == 200, "logins again")


def test_without_redis_no_attempt_is_made(server, redis, postgres):
    account = Account(server)
    redis.kill()
    for answer in (login(server, account.email, account.password), register(server),
                   account.me("PATCH", password="OtherPass123", currentPassword=account.password)):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    redis.start()
    wait_until(lambda: login(server, account.email, account.password).status_code == 200, "logins again, with the old password")


# ---- the current password ----

def end_sessions(account, password):
    return account.server.request("DELETE", "/auth/sessions", headers=bearer(account.access), json={"currentPassword": password})


def test_requirement_51_the_current_password_cannot_be_guessed_either(server, postgres):
    account = Account(server)
    assert account.me("PATCH", password="OtherPass123", currentPassword=WRONG).status_code == 400
    assert end_sessions(account, WRONG).status_code == 400
    assert account.me("PATCH", email="new@example.com", currentPassword=WRONG).status_code == 400
    for answer in (account.me("PATCH", password="OtherPass123", currentPassword=account.password),
                   end_sessions(account, account.password)):
        assert_refused(answer)
    assert account.me("PATCH", name="Jane Roe").status_code == 200, "needs no password"
    failures = postgres.query("select detail from gatehouse.audit_events where realm = %s and event = 'reauthentication_failed'",
                              server.realm)
    assert [row["detail"] for row in failures] == [{"reason": "wrong password"}] * 3


def test_the_right_current_password_does_not_count(server):
    account = Account(server)
    for n in range(5):
        fresh = f"SecurePass{n}23"
        assert account.me("PATCH", password=fresh, currentPassword=account.password).status_code == 200
        account.password = fresh


def test_requirement_51_failed_logins_elsewhere_do_not_stop_a_user_who_is_logged_in(nginx):
    server = nginx(REALIP + API, realm={"limit_logins": "account+address=3/1m account=3/1m"})
    account = Account(server)
    fill(server, account.email, 3, address="198.51.100.1")
    assert_refused(login(server, account.email, account.password, "198.51.100.2"))
    answer = server.request("PATCH", "/auth/me", json={"password": "OtherPass123", "currentPassword": account.password},
                            headers={**bearer(account.access), **from_address("198.51.100.3")})
    assert answer.status_code == 200


# ---- registrations ----

def test_registrations_are_limited_for_each_address(nginx):
    server = nginx(REALIP + API, realm={"limit_registrations": "address=3/1m all=off"})
    assert [register(server, "192.0.2.1").status_code for _ in range(3)] == [201] * 3
    assert_refused(register(server, "192.0.2.1"))
    assert register(server, "192.0.2.2").status_code == 201


def test_registrations_are_limited_for_the_whole_realm(nginx):
    server = nginx(REALIP + API, realm={"limit_registrations": "address=off all=3/1m"})
    assert [register(server, f"192.0.2.{n}").status_code for n in range(3)] == [201] * 3
    assert_refused(register(server, "198.51.100.1"))


def test_a_taken_email_counts_and_what_is_wrong_in_itself_does_not(nginx):
    server = nginx(API, realm={"limit_registrations": "address=3/1m"})
    account = Account(server)
    for _ in range(5):
        assert register(server, password="short").status_code == 400
    assert [register(server, email=account.email).status_code for _ in range(2)] == [409] * 2
    assert_refused(register(server, email=account.email))
    assert_refused(register(server))


def test_parallel_registrations_cannot_pass_the_limit_by_racing(nginx):
    server = nginx(API, workers=2, realm={"limit_registrations": "address=5/10m"})
    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        statuses = list(pool.map(lambda _: register(server).status_code, range(25)))
    assert sorted(statuses) == [201] * 5 + [429] * 20


# ---- for the operator ----

def test_the_log_names_the_limit_and_the_key_and_deleting_the_key_lifts_it(server, redis):
    fill(server, "jane@example.com", 3, address="192.0.2.1")
    assert_refused(login(server, "jane@example.com", address="192.0.2.1"))
    server.wait_for_log(r"\[error\].*refusing an attempt: limit_logins: all of 3 are used up in \S+ for another \d+ s, "
                        r"account: typed [0-9a-f]{16}, client: 192\.0\.2\.1, request: ")
    line = next(line for line in server.error_log().splitlines() if "limit_logins" in line)
    assert "jane" not in line
    key = line.split(" are used up in ")[1].split()[0]
    assert redis.client.delete(key) == 1
    fill(server, "jane@example.com", 1, address="192.0.2.1")


def refusals(server, postgres, count):
    """The audit rows, as soon as `count` attempts are in them."""
    def rows():
        return postgres.query("select user_id, address, detail from gatehouse.audit_events where realm = %s"
                              " and event = 'attempts_refused' order by id", server.realm)
    wait_until(lambda: sum(row["detail"]["count"] for row in rows()) == count, f"{count} refused attempts in the audit trail")
    assert len(rows()) <= 2, "the first, and all others a minute later"
    return rows()


def test_requirement_72_a_refused_attempt_is_in_the_audit_trail_with_the_account(server, postgres):
    """Issue 10.25."""
    account = Account(server)
    fill(server, account.email, 3, address="192.0.2.1")
    assert_refused(login(server, account.email, account.password, "192.0.2.1"))
    row, = refusals(server, postgres, 1)
    assert (str(row["user_id"]), row["address"]) == (account.id, "192.0.2.1")
    detail = row["detail"]
    assert detail["key"].startswith(f"gatehouse:{{{server.realm}}}:limit:logins:account+address:")
    assert {**detail, "key": ""} == {"limit": "limit_logins", "allowed": 3, "count": 1, "key": ""}


def test_requirement_72_a_flood_of_refused_attempts_is_one_row_with_a_count(nginx, postgres, redis):
    """Issue 10.25."""
    server = nginx(API, workers=2, realm=NARROW)
    fill(server, "nobody@example.com", 3)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert list(pool.map(lambda _: login(server, "nobody@example.com").status_code, range(50))) == [429] * 50
    first = refusals_so_far(server, postgres)
    if first < 50:  # the others are due a minute after the first row: let it be over
        wait_until(lambda: redis.client.zcard(due_of(server)) == 1, "the limit to be taken")
        redis.client.zadd(due_of(server), {redis.client.zrange(due_of(server), 0, 0)[0]: 0})
    rows = refusals(server, postgres, 50)
    assert all(row["user_id"] is None for row in rows)
    assert len({row["detail"]["typed"] for row in rows}) == 1


def due_of(server):
    return f"gatehouse:{{{server.realm}}}:refused:due"


def refusals_so_far(server, postgres):
    def count():
        return postgres.query("select coalesce(sum((detail->>'count')::int), 0) as n from gatehouse.audit_events"
                              " where realm = %s and event = 'attempts_refused'", server.realm)[0]["n"]
    wait_until(lambda: count() > 0, "the first row")
    return count()


def test_refusals_wait_for_the_database(server, postgres, redis):
    """Issue 10.25."""
    fill(server, "nobody@example.com", 3)
    postgres.kill()
    assert [login(server, "nobody@example.com").status_code for _ in range(5)] == [429] * 5
    postgres.start()
    def due_now():
        for key in redis.client.zrange(due_of(server), 0, -1):
            redis.client.zadd(due_of(server), {key: 0})
        return postgres.query("select 1 from gatehouse.audit_events where realm = %s and event = 'attempts_refused'", server.realm)
    wait_until(due_now, "the row")
    assert refusals(server, postgres, 5)


def test_two_lines_about_the_same_unknown_name_can_be_told_to_be(server):
    """Issue 10.25."""
    for name in ("nobody@example.com", "somebody@example.com"):
        fill(server, name, 3)
    for name in ("nobody@example.com", "NOBODY@example.com", "somebody@example.com"):
        assert_refused(login(server, name))
    names = re.findall(r"account: typed ([0-9a-f]{16}), client: ", server.error_log())
    assert len(names) == 3 and names[0] == names[1] != names[2]


def test_a_registration_that_is_refused_is_named_and_audited_too(nginx, postgres):
    """Issue 10.25."""
    server = nginx(REALIP + API, realm={"limit_registrations": "address=1/1m"})
    assert register(server, "192.0.2.1").status_code == 201
    assert_refused(register(server, "192.0.2.1"))
    server.wait_for_log(r"\[error\].*limit_registrations: all of 1 .*, account: typed [0-9a-f]{16}, client: 192\.0\.2\.1, ")
    row, = refusals(server, postgres, 1)
    assert row["detail"]["limit"] == "limit_registrations"


def test_no_account_and_no_address_stands_in_redis_in_clear(server, redis):
    fill(server, "jane@example.com", 1, address="192.0.2.77")
    prefix = f"gatehouse:{{{server.realm}}}:limit:"
    keys = list(redis.client.scan_iter(prefix + "*"))
    assert keys
    values = [redis.client.get(key) if redis.client.type(key) == "string" else str(redis.client.hgetall(key)) for key in keys]
    for text in [*keys, *values]:
        assert "jane" not in text and "192.0.2" not in text
    assert all(0 < redis.client.ttl(key) <= 60 for key in keys)
