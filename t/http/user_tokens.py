"""What makes and shows users' tokens, for the tests of them."""

import base64
import hashlib
import secrets
import zlib

from accounts import bearer
from processes import wait_until

TAKES_KEYS = "location / { gatehouse %REALM%; gatehouse_token_from bearer cookie api_key; proxy_pass %UPSTREAM%; }"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def genuine(random=None):
    """A token of the right form, with its sum, that nobody has made."""
    text = "gth_" + base64url(random or secrets.token_bytes(32))
    return text + base64url(zlib.crc32(text.encode()).to_bytes(4, "big"))


def key(token):
    return {"X-Api-Key": token}


def basic(username, token):
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{token}".encode()).decode()}


def make_token(account, name="a script", **fields):
    """Over `rest`: what it answers, the token among it."""
    answer = account.post("tokens", account.access, name=name, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def end_token(account, token_id):
    answer = account.server.request("DELETE", f"/auth/tokens/{token_id}", headers=bearer(account.access))
    assert answer.status_code == 204, answer.text


def insert_token(postgres, account, **columns):
    """By SQL, past all that the endpoint checks; the token."""
    token = genuine()
    columns = {"name": "by hand", **columns}
    names = "".join(f", {name}" for name in columns)
    postgres.query(f"insert into gatehouse.user_tokens (realm, user_id, sha256{names})"
                   f" values (%s, %s, %s{', %s' * len(columns)})", account.server.realm, account.id,
                   hashlib.sha256(token.encode()).digest(), *columns.values())
    return token


def status(server, headers, path="/"):
    return server.get(path, headers=headers).status_code


def statuses(server, headers, path="/", times=4):
    """The statuses of some requests, which reach each of the workers as far as chance has it."""
    return [status(server, headers, path) for _ in range(times)]


def steadily(server, headers, expected, path="/", times=4):
    assert statuses(server, headers, path, times) == [expected] * times


def becomes(server, headers, expected, path="/", limit=10.0):
    """Until it is so at every worker: one that has not seen the token yet knows at once, others when they are told."""
    wait_until(lambda: statuses(server, headers, path, times=8) == [expected] * 8, f"{expected} at every worker", limit)


def ends_within(server, headers, limit, path="/"):
    becomes(server, headers, 401, path, limit)
