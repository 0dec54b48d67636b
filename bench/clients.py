"""What users' tokens cost, for clients that are no browser: with many stored, to a bearer JWT at the same location."""

import secrets
import statistics
import time

from accounts import Account
from endpoints import percentile
from guard import bearer
from instruments import Connection
from stage import GUARDED, LOCATIONS
from user_tokens import end_token, genuine, insert_token, make_token

TAKES = LOCATIONS.replace("gatehouse %REALM%;", "gatehouse %REALM%; gatehouse_token_from bearer cookie api_key;")
REALM = {"limit_user_tokens": "off"}
FILL = """insert into gatehouse.user_tokens (realm, user_id, name, sha256)
          select %s, %s, 'one of many', sha256(convert_to(%s || n, 'UTF8')) from generate_series(1, %s) n"""


def measure_user_tokens(stage):
    """Users' tokens, 1,000,000 of them stored: the first use of one, and of one that nobody has, and a hit."""
    stored = 1000 if stage.options.smoke else 1_000_000
    server = stage.server(locations=TAKES, realm=REALM)
    account = Account(server)
    stage.postgres.query(FILL, server.realm, account.id, secrets.token_hex(8), stored)
    stage.postgres.query("analyze gatehouse.user_tokens")
    tokens = [insert_token(stage.postgres, account) for _ in range(stage.options.events)]

    connection = Connection(server.port)
    times = {kind: [] for kind in ("first", "unknown", "hit", "JWT")}

    def ask(kind, token, expected):
        begun = time.perf_counter()
        assert connection.ask(GUARDED, [bearer(token)]) == expected
        times[kind].append((time.perf_counter() - begun) * 1000)

    for token in tokens:
        ask("first", token, 200)
        ask("hit", token, 200)
        ask("JWT", account.access, 200)
        ask("unknown", genuine(), 401)
    for kind, values in times.items():
        yield f"a user's token of {stored} stored, {kind}", {"median ms": statistics.median(values), "99th of 100 ms": percentile(values, 0.99)}
    yield from instructions(stage, server.realm, tokens[0], account.access)


def instructions(stage, realm, token, access):
    made = stage.options.counted
    if not made:
        return
    counted = stage.counted(stage.server, name=realm, locations=TAKES, realm=REALM)
    connection = counted.connect(GUARDED, [bearer(access)])
    per_request = {}
    ways = {"api_key by bearer": bearer(token), "X-Api-Key": f"X-Api-Key: {token}", "JWT": bearer(access)}
    for name, header in ways.items():
        assert connection.ask(GUARDED, [header]) == 200

        def ask(header=header):
            assert all(connection.ask(GUARDED, [header]) == 200 for _ in range(made))
            return made
        per_request[name] = counted.count(ask)
    yield "instructions of a whole request that is a hit", per_request


def measure_token_end(stage):
    """From the answer of a token's end to the first refusals on all workers of another nginx."""
    here = stage.server(workers=2, locations=TAKES, realm=REALM)
    there = stage.server(workers=2, locations=TAKES, realm=REALM, name=here.realm)
    watchers = [Connection(there.port) for _ in range(8)]  # enough to reach both workers
    account = Account(here)
    delays = []
    for _ in range(stage.options.events):
        token = make_token(account)
        header = [bearer(token["token"])]
        assert all(each.ask(GUARDED, header) == 200 for each in watchers)
        end_token(account, token["id"])
        ended = time.perf_counter()
        while not all(each.ask(GUARDED, header) == 401 for each in watchers):
            pass
        delays.append((time.perf_counter() - ended) * 1000)
    yield (f"end of a user's token: refused by both workers of another nginx, of {len(delays)}",
           {"median ms": statistics.median(delays), "worst ms": max(delays)})
