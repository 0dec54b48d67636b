"""Whatever is done to an account by SQL reaches its sessions, by whatever statement."""

import secrets
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import API, GUARDED, Account, bearer
from mailing import Mailing, token_in, wait_for_link
from processes import wait_until

WORKERS = 2

PASSWORD = "Tr0ubadour-Nine"


def hash_of(password):
    """What mkpasswd prints, by OpenSSL."""
    return subprocess.run(["openssl", "passwd", "-6", password], check=True, text=True, capture_output=True).stdout.strip()


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


def change(postgres, account, statement):
    """HIM and HIS choose the account's rows in its two tables, WHO names it to a function, HASH is a new password's."""
    who = f"'{account.server.realm}', '{account.email}'"
    him = f"(realm, email) = ({who})"
    for mark, text in {"HIM": him, "HIS": f"user_id = (select id from gatehouse.users where {him})", "WHO": who,
                       "HASH": f"'{hash_of(PASSWORD)}'"}.items():
        statement = statement.replace(mark, text)
    postgres.query(statement)


ENDS = {
    "delete": "delete from gatehouse.users where HIM",
    "delete_user": "select gatehouse.delete_user(WHO)",
    "another realm": "update gatehouse.users set realm = realm || '-old' where HIM",
    "disabled_at": "update gatehouse.users set disabled_at = now() where HIM",
    "auth_version": "update gatehouse.users set auth_version = auth_version + 1 where HIM",
    "auth_version lowered": "update gatehouse.users set auth_version = 0 where HIM",
    "data": "update gatehouse.credentials set data = HASH where HIS",
    "credential deleted": "delete from gatehouse.credentials where HIS",
    "set_password": "select gatehouse.set_password(WHO, HASH)",
    "in one transaction with a role": "begin; update gatehouse.users set roles = '{staff}' where HIM;"
                                      " update gatehouse.credentials set data = HASH where HIS; commit",
}


@pytest.mark.parametrize("how", ENDS)
def test_sessions_end_however_the_account_was_taken_away(server, postgres, how):
    """Issue 10.22: deleted, disabled or given another password by SQL, and out within seconds."""
    account, bystander = Account(server), Account(server)
    assert account.visit().status_code == 200
    change(postgres, account, ENDS[how])
    wait_until(lambda: account.visit().status_code == 401, "the session to end", 5)
    wait_until(lambda: account.refresh().status_code == 403, "nor is it renewed", 5)  # two changes are told one by one
    assert bystander.visit().status_code == 200
    rows = postgres.query("select 1 from gatehouse.audit_events where user_id = %s and detail ->> 'by' is not null", account.id)
    assert rows, "the audit trail has who did it"


RENEWS = {
    "roles": "update gatehouse.users set roles = '{staff}' where HIM",
    "email": "update gatehouse.users set email = 'other.' || email where HIM",
    "email_verified_at": "update gatehouse.users set email_verified_at = now() where HIM",
    "username": "update gatehouse.users set username = 'jane' where HIM",
}


@pytest.mark.parametrize("how", RENEWS)
def test_sessions_are_renewed_with_what_has_changed(nginx, postgres, upstream, how):
    """Issue 10.22: the application never goes on with yesterday's roles and names."""
    server = nginx(API + "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%;"
                         " proxy_set_header X-Seen \"$gatehouse_roles $gatehouse_email $gatehouse_username"
                         " $gatehouse_claim_email_verified\"; }")
    account = Account(server)
    assert account.visit().status_code == 200
    seen = lambda: dict(upstream.requests[-1]["headers"])["X-Seen"]
    before = seen()
    change(postgres, account, RENEWS[how])
    wait_until(lambda: account.visit().status_code == 401, "the token to expire", 5)
    assert account.refresh().status_code == 200, "and no session has ended"
    assert account.visit().status_code == 200
    assert seen() != before


def test_what_does_not_concern_sessions_leaves_them_alone(server, postgres):
    """Issue 10.22"""
    account = Account(server)
    for column in ("last_login_at = now()", "name = 'Joan'", "metadata = '{\"a\": 1}'", "updated_at = now()", "roles = roles"):
        postgres.query(f"update gatehouse.users set {column} where id = %s", account.id)
    postgres.query("update gatehouse.credentials set updated_at = now() where user_id = %s", account.id)
    assert postgres.query("select auth_version from gatehouse.users where id = %s", account.id) == [{"auth_version": 1}]
    assert not postgres.query("select 1 from gatehouse.outbox where realm = %s and kind = 'revoke'", server.realm)


def test_a_hash_renewed_at_login_ends_no_session(server, postgres):
    """Issue 10.22: the same password under other parameters is no new password."""
    account = Account(server)
    first = account.access
    postgres.query("update gatehouse.credentials set data = %s, rehashed_at = now() where user_id = %s",
                   hash_of(account.password), account.id)
    account.login()
    rows = postgres.query("select data from gatehouse.credentials where user_id = %s", account.id)
    assert rows[0]["data"].startswith("$argon2id$")
    assert postgres.query("select auth_version from gatehouse.users where id = %s", account.id) == [{"auth_version": 1}]
    for token in (first, account.access):
        assert server.get("/", headers=bearer(token)).status_code == 200


def test_our_own_changes_are_told_once(server, postgres):
    """Issue 10.22: the triggers add nothing to what a statement of nginx has told itself."""
    postgres.query("create table if not exists told as select * from gatehouse.outbox where false")
    postgres.query("create or replace function keep_told() returns trigger language plpgsql as"
                   " $$ begin insert into told select (new).*; return null; end $$")
    postgres.query("create trigger keep_told after insert on gatehouse.outbox for each row"
                   " when (new.kind = 'revoke') execute function keep_told()")
    try:
        account = Account(server)
        assert account.me("PATCH", password="OtherPass123", currentPassword=account.password).status_code == 200
        account.login("OtherPass123")
        assert account.me("PATCH", email="new." + account.email, currentPassword="OtherPass123").status_code == 200
        account.email = "new." + account.email
        account.login("OtherPass123")
        assert account.me("DELETE").status_code == 204
    finally:
        postgres.query("drop trigger keep_told on gatehouse.outbox")
    told = postgres.query("select payload ->> 'effect' as effect, (payload ->> 'av')::int as av from told where realm = %s"
                          " order by id", server.realm)
    assert [tuple(row.values()) for row in told] == [("kill", 2), ("expire", 3), ("kill", 4)]


def test_a_user_made_by_sql_gets_a_password_by_mail(nginx, smtp, postgres):
    """Issue 10.22: create_user() needs no hash; the user asks for a link."""
    mailing = Mailing(nginx, smtp, postgres)
    email = f"ann.{secrets.token_hex(5)}@example.com"
    postgres.query("select gatehouse.create_user(%s, %s, 'Ann Doe', roles => '{admin}')", mailing.server.realm, email)
    assert mailing.post("login", email=email, password=PASSWORD).status_code == 401
    assert mailing.post("forgot", email=email).status_code == 202
    assert mailing.post("reset", token=token_in(smtp.wait_for_mail(email)), password=PASSWORD).status_code == 200
    answer = mailing.post("login", email=email, password=PASSWORD)
    assert answer.status_code == 200 and answer.json()["user"]["email"] == email


def test_a_user_made_by_sql_gets_a_password_by_sql(server, postgres):
    """Issue 10.22: and set_password() takes what mkpasswd prints, and no password."""
    email = f"ann.{secrets.token_hex(5)}@example.com"
    create = lambda: postgres.query("select gatehouse.create_user(%s, %s, 'Ann Doe', username => 'ann', verified => true)",
                                    server.realm, email)
    create()
    with pytest.raises(Exception, match="already"):
        create()
    for wrong in (PASSWORD, "", None, "$" + PASSWORD):
        with pytest.raises(Exception, match="no hash"):
            postgres.query("select gatehouse.set_password(%s, %s, %s)", server.realm, email, wrong)
    with pytest.raises(Exception, match="no user"):
        postgres.query("select gatehouse.set_password(%s, 'nobody@example.com', %s)", server.realm, hash_of(PASSWORD))
    postgres.query("select gatehouse.set_password(%s, %s, %s)", server.realm, email, hash_of(PASSWORD))
    assert server.post("/auth/login", json={"email": "ann", "password": PASSWORD}).status_code == 200


def test_a_password_set_by_sql_voids_the_links_asked_for_before(nginx, smtp, postgres):
    """Issue 10.22: also where only credentials.data was written."""
    mailing = Mailing(nginx, smtp, postgres)
    account = Account(mailing.server)
    mailing.post("forgot", email=account.email)
    token = parse_qs(urlsplit(wait_for_link(smtp, account.email, "/auth/reset")).query)["token"][0]
    postgres.query("update gatehouse.credentials set data = %s where user_id = %s", hash_of(PASSWORD), account.id)
    assert mailing.post("reset", token=token, password="AnotherPass123").status_code == 400
    assert account.post("login", email=account.email, password=PASSWORD).status_code == 200
