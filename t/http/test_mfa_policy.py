"""Issue 14: who is asked for a second factor: mfa, mfa_grace, mfa_remember, and what nginx -t says of them."""

import json
import secrets

import pytest

from accounts import API, Account, assert_error, claims
from factors import REALM, App, Protected, confirm, forget_steps, offer, standing
from tokens import new_key

REQUIRED = {**REALM, "mfa": "required"}


class Newcomer:
    """A user without a factor, where one is required."""

    def __init__(self, server):
        self.server = server
        self.email, self.password = f"{secrets.token_hex(5)}@example.com", "SecurePass123"
        self.first = server.post("/auth/register", json={"name": "Jane", "email": self.email, "password": self.password})

    def login(self):
        return self.server.post("/auth/login", json={"email": self.email, "password": self.password})

    def answer(self, challenge, code):
        return self.server.post("/auth/challenge", json={"token": challenge["token"], "code": code})

    def postpone(self, challenge):
        return self.server.post("/auth/challenge/postpone", json={"token": challenge["token"]})


@pytest.fixture
def server(nginx):
    return nginx(API, realm=REQUIRED)


# ---- required ----

def test_who_has_none_gets_one_with_the_login(server, postgres):
    jane = Newcomer(server)
    for first in (jane.first, jane.login()):
        assert first.status_code == 401, first.text
        challenge = first.json()["challenge"]
        assert set(challenge) == {"token", "factors", "totp", "postponable"}
        assert challenge["factors"] == [] and challenge["postponable"] is False
        assert_error(jane.postpone(challenge), 401)
    assert postgres.query("select 1 from gatehouse.factors f join gatehouse.users u on u.id = f.user_id where email = %s", jane.email) == []

    app = App(challenge["totp"]["secret"])
    assert_error(jane.answer(challenge, app.code(9)), 401)
    entered = jane.answer(challenge, app.code())
    assert entered.status_code == 200 and len(entered.json()["recoveryCodes"]) == 10
    again = jane.login().json()["challenge"]
    assert again["factors"] == ["totp", "recovery"] and "totp" not in again
    assert_error(jane.answer(again, app.code()), 401)  # the code that confirmed it
    assert jane.answer(again, entered.json()["recoveryCodes"][0]).status_code == 200


def test_nobody_gets_a_factor_by_a_login_from_before_the_owner_had_one(server):
    """Who knows the password only, and waits, is too late."""
    jane = Newcomer(server)
    waiting, mine = jane.login().json()["challenge"], jane.login().json()["challenge"]
    assert jane.answer(mine, App(mine["totp"]["secret"]).code()).status_code == 200
    assert_error(jane.answer(waiting, App(waiting["totp"]["secret"]).code()), 401)
    assert jane.login().json()["challenge"]["factors"] == ["totp", "recovery"]


def test_of_parallel_logins_one_adds_a_factor(server, postgres):
    jane = Newcomer(server)
    challenges = [jane.login().json()["challenge"] for _ in range(3)]
    statuses = sorted(jane.answer(each, App(each["totp"]["secret"]).code()).status_code for each in challenges)
    assert statuses == [200, 401, 401]


def test_for_the_grace_it_may_be_postponed(nginx, postgres):
    server = nginx(API, realm={**REQUIRED, "mfa_grace": "14d"})
    jane = Newcomer(server)
    challenge = jane.first.json()["challenge"]
    assert challenge["postponable"] is True
    assert jane.postpone(challenge).status_code == 200
    assert_error(jane.postpone(challenge), 401)
    postgres.query("update gatehouse.users set factor_asked_at = now() - interval '13 days' where email = %s", jane.email)
    assert jane.login().json()["challenge"]["postponable"] is True
    waiting = jane.login().json()["challenge"]
    postgres.query("update gatehouse.users set factor_asked_at = now() - interval '15 days' where email = %s", jane.email)
    late = jane.login().json()["challenge"]
    assert late["postponable"] is False
    assert_error(jane.postpone(late), 401)
    assert jane.postpone(waiting).status_code == 200  # it was said to be possible ten minutes ago at most


def test_the_last_factor_cannot_be_removed(nginx, postgres):
    server = nginx(API, realm=REALM)
    account = Protected(server, postgres)
    (server.folder / "nginx.conf").write_text((server.folder / "nginx.conf").read_text().replace("mfa optional;", "mfa required;"))
    server.reload()
    remove = lambda factor: server.request("DELETE", f"/auth/factors/{factor}", json={"currentPassword": account.password},
                                           headers={"Authorization": f"Bearer {account.access}"})
    assert_error(remove(account.factor), 409, "The last second factor cannot be removed")
    offered = offer(account).json()
    assert confirm(account, offered["id"], App(offered["secret"]).code()).status_code == 200
    assert remove(account.factor).status_code == 204
    assert_error(remove(offered["id"]), 409)
    assert len(standing(account)["factors"]) == 1


def test_after_an_administrator_the_grace_begins_anew(nginx, postgres):
    server = nginx(API, realm={**REALM, "mfa": "required", "mfa_grace": "1d"})
    jane = Newcomer(server)
    postgres.query("update gatehouse.users set factor_asked_at = now() - interval '2 days' where email = %s", jane.email)
    challenge = jane.login().json()["challenge"]
    assert challenge["postponable"] is False
    assert jane.answer(challenge, App(challenge["totp"]["secret"]).code()).status_code == 200
    postgres.query("select gatehouse.remove_factors(%s, %s)", server.realm, jane.email)
    assert jane.login().json()["challenge"]["postponable"] is True


# ---- nginx -t ----

def without_data_key(server, keys):
    rest = [key for key in keys["keys"] if key["use"] != "gatehouse-data"]
    (server.folder.parent / "keys.json").write_text(json.dumps({"keys": rest}))


@pytest.mark.parametrize("realm, said", [
    ({"mfa": "sometimes"}, "off or optional or required"),
    ({"mfa": "optional", "mfa_grace": "soon"}, '"mfa_grace"'),
    ({"mfa": "optional", "mfa_remember": "0s"}, "longer than 0"),
    ({"mfa": "optional", "mfa_remember": "401d"}, "400 days"),
    ({"mfa": "optional", "mfa_exempt": "soap"}, 'unknown dialect "soap"'),
    ({"mfa": "optional", "mfa_exempt": "rest"}, "can show a second factor"),
])
def test_what_is_wrong_is_refused(nginx, realm, said):
    accepted, words = nginx(API, realm=realm, start=False).test_conf()
    assert not accepted and said in words, words


@pytest.mark.parametrize("realm, said", [
    ({"mfa_remember": "30d"}, '"mfa_remember" does nothing with "mfa off"'),
    ({"mfa_exempt": "csrf"}, '"mfa_exempt" does nothing with "mfa off"'),
    ({"mfa": "optional", "mfa_grace": "14d"}, '"mfa_grace" does nothing without "mfa required"'),
])
def test_what_does_nothing_is_warned_about(nginx, realm, said):
    accepted, words = nginx(API, realm=realm, start=False).test_conf()
    assert accepted and said in words, words


def test_required_needs_a_key_for_secrets(nginx, keys):
    server = nginx(API, realm=REQUIRED, start=False)
    without_data_key(server, keys)
    accepted, words = server.test_conf()
    assert not accepted and '"use":"gatehouse-data"' in words
