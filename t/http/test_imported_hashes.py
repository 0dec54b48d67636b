"""Users whose password another system has hashed: they log in as before, or are told what everybody is told."""

import base64
import hashlib
import subprocess

import pytest

from accounts import API, GUARDED, Account, bearer

PASSWORD = "correct horse battery"


def base64_of(data):
    return base64.b64encode(data).decode()


def openssl(*options):
    return subprocess.run(["openssl", "passwd", *options, PASSWORD], capture_output=True, text=True, check=True).stdout.strip()


def django(iterations):
    made = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", min(iterations, 1000))
    return f"pbkdf2_sha256${iterations}$salt${base64_of(made)}"


VERIFIABLE = {
    "htpasswd": lambda: openssl("-apr1"),
    "md5-crypt": lambda: openssl("-1"),
    "sha-512-crypt": lambda: openssl("-6"),
    "htpasswd -s": lambda: "{SHA}" + base64_of(hashlib.sha1(PASSWORD.encode()).digest()),
    "ldap": lambda: "{SSHA}" + base64_of(hashlib.sha1(PASSWORD.encode() + b"salt").digest() + b"salt"),
    "django": lambda: django(1000),
}
# What the first lines of an imported table may hold, and a cost that would keep a thread busy for minutes.
UNUSABLE = {
    "md5": lambda: hashlib.md5(PASSWORD.encode()).hexdigest(),
    "plain text": lambda: PASSWORD,
    "empty": lambda: "",
    "django, unsalted": lambda: "sha1$$" + hashlib.sha1(PASSWORD.encode()).hexdigest(),
    "des": lambda: "abJnggxhB/yWI",
    "locked": lambda: "!" + openssl("-6"),
    "cut off": lambda: openssl("-apr1")[:-1],
    "argon2d": lambda: "$argon2d$v=19$m=64,t=1,p=1$BQAAAAAAAAA$BQAAAAAAAAAAAAAAAAAAAA",
    "a billion iterations": lambda: django(10**9),
}


@pytest.fixture
def server(nginx):
    return nginx(API + GUARDED)


def imported(server, postgres, stored):
    """A user who has the hash instead of the one that he has registered with."""
    account = Account(server)
    set_hash(postgres, account, stored)
    return account


def set_hash(postgres, account, stored):
    postgres.query("update gatehouse.credentials set data = %s where user_id = %s and kind = 'password'", stored, account.id)


def login(server, email, password=PASSWORD):
    return server.post("/auth/login", json={"email": email, "password": password})


@pytest.mark.parametrize("kind", VERIFIABLE)
def test_who_has_an_imported_hash_logs_in_once_with_it_and_then_with_argon2id(server, postgres, kind):
    """Issue 10.24."""
    account = imported(server, postgres, VERIFIABLE[kind]())
    assert login(server, account.email, "wrong horse battery").status_code == 401
    assert login(server, account.email).status_code == 200
    stored = postgres.query("select data from gatehouse.credentials where user_id = %s", account.id)[0]["data"]
    assert stored.startswith("$argon2id$")
    assert login(server, account.email).status_code == 200


@pytest.mark.parametrize("kind", UNUSABLE)
def test_requirement_52_a_hash_that_cannot_be_verified_looks_like_no_such_user(server, postgres, kind):
    """Issue 10.24."""
    account = imported(server, postgres, UNUSABLE[kind]())
    answer, unknown = login(server, account.email), login(server, "nobody@example.com")
    assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content)
    assert answer.status_code == 401
    server.wait_for_log(r"\[error\].*a stored password hash cannot be verified: .*, user: " + account.id + ", request: ")
    assert server.error_log().count("a stored password hash cannot be verified") == 1
    reasons = postgres.query("select detail from gatehouse.audit_events where event = 'login_failed' and user_id = %s", account.id)
    assert [row["detail"] for row in reasons] == [{"reason": "hash cannot be verified"}]


def test_such_a_hash_is_no_current_password_either(server, postgres):
    """Issue 10.24."""
    account = imported(server, postgres, UNUSABLE["md5"]())
    answer = server.request("PATCH", "/auth/me", headers=bearer(account.access),
                            json={"password": "OtherPass123", "currentPassword": PASSWORD})
    assert answer.status_code in (400, 401), answer.text
    assert login(server, account.email, "OtherPass123").status_code == 401


def test_who_has_no_password_is_not_recorded_as_one_who_typed_a_wrong_one(server, postgres):
    """Issue 10.25."""
    account = Account(server)
    postgres.query("delete from gatehouse.credentials where user_id = %s", account.id)
    assert login(server, account.email).status_code == 401
    reasons = postgres.query("select detail from gatehouse.audit_events where event = 'login_failed' and user_id = %s", account.id)
    assert [row["detail"] for row in reasons] == [{"reason": "no password"}]
