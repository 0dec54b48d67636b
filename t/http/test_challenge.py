"""Issue 14: the login in two steps, over `rest`."""

import concurrent.futures
import http.client
import json
import random
import secrets
import time

import pytest

from accounts import API, Account, assert_error
from factors import REALM, Protected, forget_steps, standing
from processes import wait_until
from test_enumeration import effect_size


@pytest.fixture
def server(nginx):
    return nginx(API, realm=REALM)


@pytest.fixture
def account(server, postgres):
    return Protected(server, postgres)


def reasons(postgres, account):
    rows = postgres.query("select detail ->> 'reason' as reason from gatehouse.audit_events where user_id = %s"
                          " and event = 'login_failed' order by id", account.id)
    return [row["reason"] for row in rows]


# ---- two steps ----

def test_who_has_a_factor_is_challenged_and_enters_by_a_code(account):
    first = account.begin()
    assert first.status_code == 401
    body = first.json()
    assert set(body) == {"message", "status", "challenge"} and body["status"] == 401
    assert set(body["challenge"]) == {"token", "factors"} and body["challenge"]["factors"] == ["totp", "recovery"]
    assert len(body["challenge"]["token"]) == 43 and first.headers["Cache-Control"] == "no-store"

    entered = account.keep(account.answer(body["challenge"]["token"], account.app.code()))
    assert entered.status_code == 200 and set(entered.json()) == {"user", "tokens"}
    assert account.me().json()["user"]["email"] == account.email
    used = standing(account)["factors"][0]
    assert used["lastUsedAt"] and used["lastUsedFrom"] == "127.0.0.1" and used["lastUsedBy"]


def test_who_has_none_is_not(server):
    assert Account(server).login().status_code == 200


def test_a_recovery_code_stands_in_however_it_is_typed(account):
    for typed in (account.recovery_codes[0], account.recovery_codes[1].lower(), account.recovery_codes[2].replace("-", " ")):
        assert account.answer(account.challenge(), typed).status_code == 200
    assert standing(account)["recoveryCodes"] == 7


def test_a_code_with_a_space_as_apps_show_it(account):
    code = account.app.code()
    assert account.answer(account.challenge(), f" {code[:3]} {code[3:]} ").status_code == 200


def test_the_audit_trail_has_both(account, postgres):
    account.answer(account.challenge(), "000000" if account.app.code() != "000000" else "000001")
    account.answer(account.challenge(), account.recovery_codes[0])
    rows = postgres.query("select event, detail from gatehouse.audit_events where user_id = %s order by id desc limit 3", account.id)
    assert [row["event"] for row in rows] == ["login", "recovery_code_used", "login_failed"]
    assert rows[1]["detail"] == {"left": 9} and rows[2]["detail"] == {"reason": "wrong code"}


def test_mfa_off_asks_nobody(nginx, account):
    server = account.server
    conf = (server.folder / "nginx.conf").read_text()
    server.write_conf(conf.replace("mfa optional;", "mfa off;"))
    server.reload()
    assert account.login().status_code == 200


# ---- what a code is worth ----

def test_requirement_59_a_code_is_accepted_once(account):
    code = account.app.code()
    assert account.answer(account.challenge(), code).status_code == 200
    assert_error(account.answer(account.challenge(), code), 401)
    assert account.answer(account.challenge(), account.app.code(1)).status_code == 200
    assert_error(account.answer(account.challenge(), account.app.code()), 401)


def test_requirement_59_a_code_is_good_one_step_early_or_late_at_most(account, postgres):
    for off, status in ((-3, 401), (3, 401), (-1, 200), (1, 200)):
        forget_steps(postgres, account)
        token, code = account.challenge(), account.app.code(off)
        answer = account.answer(token, code)
        if off == -1 and answer.status_code == 401:  # the period has ended in between
            answer = account.answer(token, account.app.code(-1))
        assert answer.status_code == status, off


def test_a_recovery_code_is_accepted_once(account):
    assert account.answer(account.challenge(), account.recovery_codes[0]).status_code == 200
    assert_error(account.answer(account.challenge(), account.recovery_codes[0]), 401)


def test_anothers_codes_are_none(account, server, postgres):
    other = Protected(server, postgres)
    assert_error(account.answer(account.challenge(), other.recovery_codes[0]), 401)
    assert_error(account.answer(account.challenge(), other.app.code()), 401)


@pytest.mark.parametrize("wrong", ["", " ", "12345", "1234567", "abcdef", "0" * 16, "x" * 500, "12345\u0660"],
                         ids=str.__len__)
def test_what_is_no_code(account, wrong):
    answer = account.answer(account.challenge(), wrong)
    assert answer.status_code == 401, answer.text


# ---- what a token is worth ----

def test_a_challenge_is_answered_once(account):
    token = account.challenge()
    assert account.answer(token, account.app.code()).status_code == 200
    assert_error(account.answer(token, account.recovery_codes[0]), 401)
    assert standing(account)["recoveryCodes"] == 10


def test_a_challenge_has_five_tries(account):
    token = account.challenge()
    assert [account.answer(token, "0" * 16).status_code for _ in range(5)] == [401] * 5
    assert_error(account.answer(token, account.recovery_codes[0]), 401, "The login took too long; log in again")
    assert standing(account)["recoveryCodes"] == 10
    assert account.answer(account.challenge(), account.recovery_codes[0]).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 5000], ids=["empty", "short", "unknown", "long"])
def test_an_unknown_token(account, token):
    assert_error(account.answer(token, account.app.code()), 401)


def test_it_ends_by_itself(account, redis):
    token = account.challenge()
    key, = redis.client.keys(f"gatehouse:{{{account.server.realm}}}:pending:*")
    assert 590 <= redis.client.ttl(key) <= 600
    assert token not in key
    redis.client.delete(key)
    assert_error(account.answer(token, account.app.code()), 401)


@pytest.mark.parametrize("change", ["disabled_at = now()", "roles = '{staff}'", "auth_version = auth_version + 1"])
def test_who_has_changed_meanwhile_logs_in_anew(account, postgres, change):
    token = account.challenge()
    postgres.query(f"update gatehouse.users set {change} where id = %s", account.id)
    assert_error(account.answer(token, account.recovery_codes[0]), 401)
    rows = postgres.query("select 1 from gatehouse.recovery_codes where user_id = %s and used_at is null", account.id)
    assert len(rows) == 10


def test_requirement_57_a_new_password_voids_a_challenge_and_skips_no_factor(account):
    token = account.challenge()
    changed = account.me("PATCH", password="AnotherPass123", currentPassword=account.password)
    assert changed.status_code == 200
    assert_error(account.answer(token, account.app.code()), 401)
    account.password = "AnotherPass123"
    assert account.answer(account.challenge(), account.app.code()).status_code == 200


# ---- nothing is told before ----

def test_requirement_52_without_the_password_nobody_learns_of_a_factor(account, server):
    plain = Account(server)
    answers = [server.post("/auth/login", json={"email": email, "password": "wrong-password"})
               for email in (account.email, plain.email, f"{secrets.token_hex(4)}@example.com")]
    headers = [[(name, value) for name, value in each.headers.items() if name != "Date"] for each in answers]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1 and headers[0] == headers[1] == headers[2]


# ---- limits ----

def test_requirement_59_guesses_count_like_passwords(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "account+address=6/15m account=off address=off"})
    account = Protected(server, postgres)
    statuses = [account.answer(account.challenge(), "0" * 16).status_code for _ in range(6)]
    assert statuses == [401] * 6
    refused = account.begin()
    assert refused.status_code == 429 and refused.headers["Retry-After"]


def test_right_answers_do_not_count(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "account+address=3/15m"})
    account = Protected(server, postgres)
    for code in account.recovery_codes[:6]:
        assert account.answer(account.challenge(), code).status_code == 200


def test_who_knows_the_password_only_has_no_place_there(nginx, postgres, redis):
    """The limits of the whole account hold at an address where nobody has taken both steps."""
    server = nginx(API, realm={**REALM, "limit_logins": "account+address=off account=5/1h address=off"})
    account = Protected(server, postgres)

    def places():
        return redis.client.keys(f"gatehouse:{{{server.realm}}}:limit:place:*")

    redis.client.delete(*places())  # of the registration
    assert account.challenge()
    assert not places()
    assert account.answer(account.challenge(), account.recovery_codes[0]).status_code == 200
    assert places()


# ---- races ----

def at_once(work, times, workers=32):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, range(times)))


def test_requirement_59_a_code_is_accepted_once_over_four_workers_and_two_nginx(nginx, postgres):
    realm = {**REALM, "limit_logins": "off"}
    one = nginx(API, realm=realm, workers=4)
    account = Protected(one, postgres)
    two = nginx(API, realm={**realm, "public_url": one.url}, workers=4, name=one.realm)
    tokens = [account.challenge() for _ in range(24)]
    code = account.app.code()

    def answer(number):
        server = (one, two)[number % 2]
        return server.post("/auth/challenge", json={"token": tokens[number], "code": code}).status_code

    statuses = at_once(answer, len(tokens))
    assert sorted(statuses) == [200] + [401] * 23


def test_a_recovery_code_is_accepted_once_by_parallel_logins(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "off"}, workers=4)
    account = Protected(server, postgres)
    tokens = [account.challenge() for _ in range(16)]
    statuses = at_once(lambda number: account.answer(tokens[number], account.recovery_codes[0]).status_code, len(tokens))
    assert sorted(statuses) == [200] + [401] * 15


def test_of_two_right_answers_to_a_challenge_one_enters(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "off"}, workers=4)
    account = Protected(server, postgres)
    for _ in range(2):
        token, codes = account.challenge(), account.recovery_codes[:5]
        account.recovery_codes = account.recovery_codes[5:]
        statuses = at_once(lambda number: account.answer(token, codes[number]).status_code, 5)
        assert sorted(statuses) == [200] + [401] * 4


def test_64_parallel_guesses_count_64(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "account+address=80/15m account=off address=off"}, workers=4)
    account = Protected(server, postgres)
    tokens = [account.challenge() for _ in range(64)]
    statuses = at_once(lambda number: account.answer(tokens[number], "0" * 16).status_code, 64)
    assert statuses == [401] * 64
    more = [account.answer(account.challenge(), "0" * 16).status_code for _ in range(16)]
    assert more == [401] * 16
    assert account.begin().status_code == 429


def test_parallel_guesses_at_one_challenge_are_five(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "off"}, workers=4)
    account = Protected(server, postgres)
    token = account.challenge()
    at_once(lambda _: account.answer(token, "0" * 16), 20)
    rows = postgres.query("select 1 from gatehouse.audit_events where user_id = %s and event = 'login_failed'", account.id)
    assert len(rows) == 5


# ---- timing ----

@pytest.mark.long
@pytest.mark.limit(600)
def test_requirement_52_time_tells_nothing_of_a_factor_without_the_password(nginx, postgres):
    server = nginx(API, realm={**REALM, "limit_logins": "off", "password": "blocklist=off memory=7m iterations=5"})
    accounts = {"with": Protected(server, postgres), "without": Account(server)}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    times = {"with": [], "without": []}

    def sample(kind):
        body = json.dumps({"email": accounts[kind].email, "password": "wrong-password"})
        begin = time.perf_counter()
        connection.request("POST", "/auth/login", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401
        return time.perf_counter() - begin

    order = ["with", "without"] * 500
    random.shuffle(order)
    for kind in ["with", "without"] * 10:
        sample(kind)
    for kind in order:
        times[kind].append(sample(kind))
    size = effect_size(times["with"], times["without"])
    assert 0.42 < size < 0.58, f"P(with takes longer) = {size:.3f}"


# ---- when a store is down ----

@pytest.mark.parametrize("store", ["redis", "postgres"])
def test_nobody_enters_while_a_store_is_down_and_the_same_code_is_good_afterwards(nginx, redis, postgres, store):
    server = nginx(API, realm={**REALM, "limit_logins": "off"})
    account = Protected(server, postgres)
    token, code = account.challenge(), account.recovery_codes[0]
    stopped = {"redis": redis, "postgres": postgres}[store]
    stopped.stop()
    for answer in (account.answer(token, code), account.begin()):
        assert answer.status_code == 503 and answer.headers["Retry-After"], answer.text
        assert "challenge" not in answer.json() and "tokens" not in answer.json()
    stopped.ensure_running()
    wait_until(lambda: account.begin().status_code == 401, "the store to be found again", 20)
    assert account.answer(token, code).status_code == 200
    assert_error(account.answer(account.challenge(), code), 401)
