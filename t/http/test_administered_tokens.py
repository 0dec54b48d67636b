"""Issue 15: administrators look after the tokens of all users, over `rest`."""

import time

import pytest

from accounts import API, Account, assert_error, bearer
from tokens import Mint
from user_tokens import TAKES_KEYS, ends_within, insert_token, key, make_token, status, steadily

WORKERS = 2


@pytest.fixture
def server(nginx):
    return nginx(API + TAKES_KEYS, realm={"cookie_secure": "off", "remote_user": "username"})


@pytest.fixture
def admin(server, postgres):
    made = Account(server)
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin}')", server.realm, made.email)
    made.login()
    return made


@pytest.fixture
def service(server, postgres):
    """The id of a service account."""
    return str(postgres.query("select gatehouse.create_service_account(%s, 'backup', 'Nightly backup') as id", server.realm)[0]["id"])


def ask(account, method, path, **options):
    return account.server.request(method, f"/auth/users/{path}", headers=bearer(account.access), **options)


def events(postgres, user, event):
    return postgres.query("select detail, session_id from gatehouse.audit_events where user_id = %s and event = %s", user, event)


def test_requirement_72_he_lists_and_ends_anyones_and_is_named(server, admin, postgres):
    jane = Account(server)
    made = make_token(jane, "laptop")
    steadily(server, key(made["token"]), 200)
    answer = ask(admin, "GET", f"{jane.id.upper()}/tokens")
    assert answer.status_code == 200
    assert [(row["id"], row["name"]) for row in answer.json()["tokens"]] == [(made["id"], "laptop")]
    assert "gth_" not in answer.text
    assert ask(admin, "DELETE", f"{jane.id}/tokens/{made['id']}").status_code == 204
    ends_within(server, key(made["token"]), 1)
    assert ask(admin, "GET", f"{jane.id}/tokens").json() == {"tokens": []}
    row, = events(postgres, jane.id, "token_ended")
    assert row["detail"] == {"token": made["id"], "name": "laptop", "by": admin.id}
    assert row["session_id"]


def test_what_a_user_does_himself_names_nobody_else(server, postgres):
    jane = Account(server)
    made = make_token(jane, "laptop")
    row, = events(postgres, jane.id, "token_created")
    assert row["detail"] == {"token": made["id"], "name": "laptop"}


def test_he_makes_those_of_a_service_account(server, admin, service, postgres):
    answer = ask(admin, "POST", f"{service}/tokens", json={"name": "host7", "scopes": "files:read", "networks": "127.0.0.0/8"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["scopes"] == "files:read"
    seen = dict(server.get("/", headers=key(made["token"])).json()["headers"])
    assert (seen["Remote-User"], seen["Remote-Name"]) == ("backup", "Nightly backup")
    row, = events(postgres, service, "token_created")
    assert row["detail"] == {"token": made["id"], "name": "host7", "by": admin.id}
    assert ask(admin, "DELETE", f"{service}/tokens/{made['id']}").status_code == 204
    ends_within(server, key(made["token"]), 1)
    assert_error(ask(admin, "POST", f"{service}/tokens", json={"name": "", "networks": "here"}), 400, errors=["name", "networks"])


def test_nobody_is_written_to_a_mailbox_that_is_nobodys(server, admin, service, postgres):
    assert ask(admin, "POST", f"{service}/tokens", json={"name": "host7"}).status_code == 201
    assert postgres.query("select 1 from gatehouse.outbox where payload::text like '%%service.invalid%%'") == []


def test_he_makes_none_of_a_user_whom_he_could_be_by_it(server, admin, postgres):
    jane, disguised = Account(server), Account(server)
    postgres.query("update gatehouse.users set email = 'eve@service.invalid' where id = %s", disguised.id)
    for user in (jane.id, disguised.id, admin.id):
        assert_error(ask(admin, "POST", f"{user}/tokens", json={"name": "x"}), 404)
        assert postgres.query("select 1 from gatehouse.user_tokens where user_id = %s", user) == []


def test_to_anyone_else_it_is_forbidden(server, service, postgres):
    jane, john = Account(server), Account(server)
    made = make_token(jane)
    postgres.query("select gatehouse.set_roles(%s, %s, '{administrator,Admin,staff}')", server.realm, john.email)
    john.login()
    for who in (jane, john):
        for method, path in (("GET", f"{jane.id}/tokens"), ("DELETE", f"{jane.id}/tokens/{made['id']}"),
                             ("GET", f"{service}/tokens"), ("GET", "nobody/tokens")):
            assert_error(ask(who, method, path), 403)
        assert_error(ask(who, "POST", f"{service}/tokens", json={"name": "x"}), 403)
    assert server.get(f"/auth/users/{jane.id}/tokens").status_code == 401
    steadily(server, key(made["token"]), 200)


def test_who_is_none_any_more_is_none(server, admin, postgres):
    postgres.query("select gatehouse.set_roles(%s, %s, '{}')", server.realm, admin.email)
    ends_within(server, bearer(admin.access), 2)
    assert ask(admin, "GET", f"{admin.id}/tokens").status_code == 401
    admin.refresh()
    assert_error(ask(admin, "GET", f"{admin.id}/tokens"), 403)


def test_no_token_administrates(server, admin, postgres):
    token = insert_token(postgres, admin)
    assert status(server, key(token)) == 200
    assert server.get(f"/auth/users/{admin.id}/tokens", headers=bearer(token)).status_code == 401


def test_what_is_not_there(server, admin):
    jane = Account(server)
    made = make_token(jane)
    for user in ("nobody", "%27", "00000000-0000-0000-0000-000000000000"):
        assert_error(ask(admin, "GET", f"{user}/tokens"), 404)
        assert_error(ask(admin, "DELETE", f"{user}/tokens/{made['id']}"), 404)
        assert_error(ask(admin, "POST", f"{user}/tokens", json={"name": "x"}), 404)
    assert_error(ask(admin, "DELETE", f"{admin.id}/tokens/{made['id']}"), 404)
    assert_error(ask(admin, "PUT", f"{jane.id}/tokens"), 405)
    steadily(server, key(made["token"]), 200)


def test_users_of_another_realm_are_not_there(server, admin, postgres):
    other = Account(server)
    token = insert_token(postgres, other)
    postgres.query("update gatehouse.user_tokens set realm = 'other' where user_id = %s", other.id)
    postgres.query("update gatehouse.users set realm = 'other' where id = %s", other.id)
    assert_error(ask(admin, "GET", f"{other.id}/tokens"), 404)
    token_id = postgres.query("select id from gatehouse.user_tokens where user_id = %s", other.id)[0]["id"]
    assert_error(ask(admin, "DELETE", f"{other.id}/tokens/{token_id}"), 404)
    assert token


def test_an_old_login_makes_none_without_the_password(server, admin, service, keys):
    old = Mint(server, keys).token(sub=admin.id, auth_time=int(time.time()) - 3600, roles=["admin"], av=2)
    post = lambda **fields: server.post(f"/auth/users/{service}/tokens", headers=bearer(old), json={"name": "x", **fields})
    assert_error(post(), 403)
    assert post(currentPassword=admin.password).status_code == 201
