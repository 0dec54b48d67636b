"""What a worker remembers of verified tokens."""

from accounts import bearer

WORKERS = {"workers": 1}


def visits(server, upstream, token):
    """Who the application is told it is, or the status of a refusal."""
    upstream.clear()
    answer = server.get("/", headers=bearer(token))
    if answer.status_code != 200:
        assert upstream.count == 0
        return answer.status_code
    return dict(upstream.requests[0]["headers"])["Remote-User"]


def test_a_cache_that_is_too_small_mixes_nobody_up(guarded, upstream):
    server, mint = guarded(realm={"token_cache": "2", "remote_user": "id"}, **WORKERS)
    tokens = {f"user-{number}": mint.token(sub=f"user-{number}") for number in range(5)}
    for user, token in list(tokens.items()) * 3:
        assert visits(server, upstream, token) == user
        assert visits(server, upstream, token) == user


def test_requirement_18_the_whole_token_is_compared_with_the_remembered_one(guarded, upstream):
    """Issue 12: the end of a token finds it, and is not enough to be it."""
    server, mint = guarded(realm={"remote_user": "id"}, **WORKERS)
    token = mint.token(sub="jane")
    assert visits(server, upstream, token) == "jane"
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
        assert visits(server, upstream, changed) == 401, at
    for other in (token[1:], token[:-1], "A" + token, token + "A", token[-64:], "A" * (len(token) - 64) + token[-64:]):
        assert visits(server, upstream, other) == 401
    assert visits(server, upstream, token) == "jane"


def test_what_is_too_long_to_be_remembered_is_verified_each_time(guarded, upstream):
    server, mint = guarded(realm={"remote_user": "id"}, **WORKERS)
    token = mint.token(sub="jane", note="x" * 2048)
    for _ in range(3):
        assert visits(server, upstream, token) == "jane"
    assert visits(server, upstream, token[:200] + "A" + token[201:]) == 401
