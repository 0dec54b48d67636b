"""Issue 14: second factors, made and looked after over `rest`."""

import json
import re
import urllib.parse

import pytest

from accounts import API, Account, assert_error, bearer
from factors import REALM, App, Protected, confirm, offer, standing
from mailing import mail_settings
from tokens import new_key


@pytest.fixture
def server(nginx):
    return nginx(API, realm=REALM)


def change(account, method, factor, **body):
    body = {"currentPassword": account.password, **body}
    return account.server.request(method, f"/auth/factors/{factor}", json=body, headers=bearer(account.access))


def events(postgres, account):
    rows = postgres.query("select event, detail from gatehouse.audit_events where user_id = %s order by id", account.id)
    return [(row["event"], row["detail"]) for row in rows]


# ---- enrolment ----

def test_an_app_becomes_a_factor_once_it_has_shown_a_code(server, postgres):
    account = Account(server)
    offered = offer(account, name="  My phone ")
    assert offered.status_code == 201 and set(offered.json()) == {"id", "secret", "uri"}
    assert standing(account) == {"factors": [], "recoveryCodes": 0}

    made = confirm(account, offered.json()["id"], App(offered.json()["secret"]).code())
    assert made.status_code == 200, made.text
    assert made.json()["name"] == "My phone" and made.json()["kind"] == "totp"
    codes = made.json()["recoveryCodes"]
    assert len(set(codes)) == 10 and all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", each) for each in codes)
    now = standing(account)
    assert now["recoveryCodes"] == 10
    assert [(each["id"], each["name"], each["lastUsedAt"]) for each in now["factors"]] == [(offered.json()["id"], "My phone", None)]
    assert events(postgres, account)[-1] == ("factor_added", {"factor": offered.json()["id"], "kind": "totp", "name": "My phone"})


def test_the_uri_is_what_an_app_reads(nginx):
    server = nginx(API, realm={**REALM, "site": '"Site & Co: ä"'})
    account = Account(server)
    offered = offer(account).json()
    uri = urllib.parse.urlsplit(offered["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert urllib.parse.unquote(uri.path) == f"/Site & Co: ä:{account.email}"
    assert urllib.parse.parse_qs(uri.query) == {"secret": [offered["secret"]], "issuer": ["Site & Co: ä"]}
    assert len(offered["secret"]) == 32


def test_requirement_61_no_secret_is_stored_in_the_clear_or_logged(server, postgres, redis):
    account = Protected(server, postgres)
    rows = str(postgres.query("select * from gatehouse.factors where user_id = %s", account.id)) + str(
        postgres.query("select * from gatehouse.recovery_codes where user_id = %s", account.id))
    offered = offer(account).json()
    stored = rows + str(redis.client.keys("*")) + "".join(
        str(redis.client.hgetall(key)) for key in redis.client.keys(f"gatehouse:{{{server.realm}}}:pending:*"))
    for secret in (account.app.secret, offered["secret"], *account.recovery_codes):
        assert secret not in stored and secret.replace("-", "") not in stored
        assert secret not in server.error_log() + server.access_log()


@pytest.mark.parametrize("field, value", [("currentPassword", "wrong-password"), ("currentPassword", None), ("name", ""),
                                          ("name", "a\u2028b"), ("name", "x" * 101)])
def test_what_an_offer_needs(server, field, value):
    account = Account(server)
    fields = {"currentPassword": account.password, field: value}
    answer = account.post("factors/totp", account.access, **{name: each for name, each in fields.items() if each is not None})
    assert_error(answer, 400, errors=[field])


def test_it_is_confirmed_by_its_own_user_only_and_once(server):
    ann, bob = Account(server), Account(server)
    offered = offer(ann).json()
    app = App(offered["secret"])
    assert confirm(bob, offered["id"], app.code()).status_code == 404
    assert_error(confirm(ann, offered["id"], app.code(9)), 401)
    assert confirm(ann, offered["id"], app.code()).status_code == 200
    assert confirm(ann, offered["id"], app.code(1)).status_code == 404


def test_five_wrong_codes_end_an_offer(server):
    account = Account(server)
    offered = offer(account).json()
    app = App(offered["secret"])
    assert [confirm(account, offered["id"], app.code(9)).status_code for _ in range(5)] == [401] * 5
    assert confirm(account, offered["id"], app.code()).status_code == 404


def test_a_user_has_three_apps_at_most(server, postgres):
    account = Protected(server, postgres)
    for _ in range(2):
        offered = offer(account).json()
        made = confirm(account, offered["id"], App(offered["secret"]).code())
        assert made.status_code == 200 and "recoveryCodes" not in made.json()
    offered = offer(account).json()
    assert_error(confirm(account, offered["id"], App(offered["secret"]).code()), 400)
    assert len(standing(account)["factors"]) == 3


def test_without_a_key_for_secrets_there_is_no_enrolment(nginx, keys):
    keys["keys"] = [key for key in keys["keys"] if key["use"] != "gatehouse-data"]
    server = nginx(API, realm=REALM)
    (server.folder.parent / "keys.json").write_text(json.dumps(keys))
    server.reload()
    accepted, said = server.test_conf()
    assert accepted and "gatehouse-data" in said
    assert_error(offer(Account(server)), 404)


def test_mfa_off_offers_nothing(nginx):
    account = Account(nginx(API, realm={**REALM, "mfa": "off"}))
    assert_error(offer(account), 404)


# ---- looking after them ----

def test_renaming_and_removing_need_the_password(server, postgres):
    account = Protected(server, postgres)
    for method, body in (("PATCH", {"name": "new"}), ("DELETE", {})):
        for wrong in ({"currentPassword": "wrong-password"}, {"currentPassword": None}):
            body = {name: each for name, each in {**body, **wrong}.items() if each is not None}
            answer = account.server.request(method, f"/auth/factors/{account.factor}", json=body, headers=bearer(account.access))
            assert_error(answer, 400, errors=["currentPassword"])
    assert [each["name"] for each in standing(account)["factors"]] == ["Authenticator"]


def test_a_factor_is_renamed_and_removed(server, postgres):
    account = Protected(server, postgres)
    assert change(account, "PATCH", account.factor, name="Old phone").status_code == 204
    assert [each["name"] for each in standing(account)["factors"]] == ["Old phone"]
    assert change(account, "DELETE", account.factor).status_code == 204
    assert standing(account) == {"factors": [], "recoveryCodes": 0}
    assert change(account, "DELETE", account.factor).status_code == 404
    assert account.login().status_code == 200
    assert [name for name, _ in events(postgres, account) if name.startswith("factor")] == [
        "factor_added", "factor_renamed", "factor_removed"]


def test_nobody_touches_anothers_factor(server, postgres):
    account, other = Protected(server, postgres), Account(server)
    assert change(other, "PATCH", account.factor, name="mine").status_code == 404
    assert change(other, "DELETE", account.factor).status_code == 404
    for wrong in ("11111111-2222-4333-8444-555555555555", "x"):
        assert change(account, "DELETE", wrong).status_code == 404
    assert [each["name"] for each in standing(account)["factors"]] == ["Authenticator"]


def test_recovery_codes_are_made_anew(server, postgres):
    account = Protected(server, postgres)
    assert_error(account.post("recovery-codes", account.access), 400, errors=["currentPassword"])
    made = account.post("recovery-codes", account.access, currentPassword=account.password)
    assert made.status_code == 201
    fresh = made.json()["recoveryCodes"]
    assert len(fresh) == 10 and not set(fresh) & set(account.recovery_codes)
    assert_error(account.answer(account.challenge(), account.recovery_codes[0]), 401)
    assert account.answer(account.challenge(), fresh[0]).status_code == 200
    assert standing(account)["recoveryCodes"] == 9


def test_recovery_codes_need_a_factor(server):
    account = Account(server)
    assert_error(account.post("recovery-codes", account.access, currentPassword=account.password), 409)


# ---- mails ----

def subjects_of(smtp, account, count):
    """Of the next mails to the user."""
    return [smtp.wait_for_mail(account.email).message["Subject"] for _ in range(count)]


def test_every_change_is_told_by_mail(nginx, smtp, postgres):
    server = nginx(API, realm={**REALM, **mail_settings(smtp, verify_email="off")})
    account = Protected(server, postgres)
    change(account, "PATCH", account.factor, name="new")
    account.post("recovery-codes", account.access, currentPassword=account.password)
    change(account, "DELETE", account.factor)
    subjects = subjects_of(smtp, account, 4)
    assert subjects == ["A second factor was added", "A second factor was renamed", "New recovery codes for your account",
                        "A second factor was removed"]


def test_the_last_three_recovery_codes_are_warned_about(nginx, smtp, postgres):
    server = nginx(API, realm={**REALM, **mail_settings(smtp, verify_email="off"), "notices": "off"})
    account = Protected(server, postgres)
    for code in account.recovery_codes[:8]:
        assert account.answer(account.challenge(), code).status_code == 200
    subjects = subjects_of(smtp, account, 3)
    assert subjects == ["A second factor was added"] + ["You have few recovery codes left"] * 2


def test_an_administrator_removes_all_of_them(nginx, smtp, postgres):
    server = nginx(API, realm={**REALM, **mail_settings(smtp, verify_email="off")})
    account = Protected(server, postgres)
    assert postgres.query("select gatehouse.remove_factors(%s, %s) as n", server.realm, account.email.upper()) == [{"n": 1}]
    assert account.login().status_code == 200
    assert standing(account) == {"factors": [], "recoveryCodes": 0}
    assert ("factors_removed", {"by": "gatehouse", "factors": 1}) in events(postgres, account)
    assert "Your second factors were removed" in subjects_of(smtp, account, 2)
    with pytest.raises(Exception, match="has no user"):
        postgres.query("select gatehouse.remove_factors(%s, 'nobody@example.com')", server.realm)


# ---- at rest ----

def test_a_row_given_to_another_user_opens_nothing(server, postgres):
    ann, bob = Protected(server, postgres), Protected(server, postgres)
    stolen = postgres.query("select key_id, data from gatehouse.factors where id = %s", ann.factor)[0]
    postgres.query("update gatehouse.factors set data = %s where id = %s", stolen["data"], bob.factor)
    server.expect_log("cannot be used")
    assert_error(bob.answer(bob.challenge(), ann.app.code()), 401)
    assert_error(bob.answer(bob.challenge(), bob.app.code()), 401)
    assert bob.answer(bob.challenge(), bob.recovery_codes[0]).status_code == 200


def test_keys_are_rotated_by_overlap(server, postgres, keys):
    account = Protected(server, postgres)

    def install(*data_keys):
        keys["keys"] = [key for key in keys["keys"] if key["use"] != "gatehouse-data"] + list(data_keys)
        (server.folder.parent / "keys.json").write_text(json.dumps(keys))
        server.reload()

    old, fresh = keys["keys"][-1], new_key("gatehouse-data", "data-2")
    install(fresh, old)
    assert account.answer(account.challenge(), account.app.code()).status_code == 200
    assert postgres.query("select key_id from gatehouse.factors where id = %s", account.factor) == [{"key_id": "data-2"}]
    install(fresh)
    assert account.answer(account.challenge(), account.app.code(1)).status_code == 200


def test_the_database_refuses_what_is_no_factor(server, postgres):
    account = Protected(server, postgres)
    for wrong in ("set kind = 'sms'", "set key_id = null", "set name = ''", "set name = E'a\\nb'"):
        with pytest.raises(Exception, match="violates check constraint"):
            postgres.query(f"update gatehouse.factors {wrong} where id = %s", account.factor)
