"""What the guard costs a request, to an nginx without the module that gives the same small file: the ratio of the
rates, that of the time on the processor (which a busy machine disturbs less), and the instructions that are added, also
to a request that is not guarded."""

import statistics

from accounts import Account
from browser import Browser
from instruments import Connection, Load, resident
from stage import GUARDED, KEYS, OPEN

APP_COOKIES = "theme=dark; _ga=GA1.1.1873650914.1718892143; sessionid=r2n5c8x0q4v7k1m3z6p9; cart=2931:1,2877:3"
MANY = 20000  # more than the cache holds

LUA = """
local requests, at = {}, 0
function init()
  for line in io.lines("%s") do requests[#requests + 1] = wrk.format("GET", nil, {["Authorization"] = "Bearer " .. line}) end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
"""


def bearer(token):
    return f"Authorization: Bearer {token}"


def measure_bearer(stage):
    """One bearer token of each algorithm, again and again."""
    for algorithm in KEYS:
        server = stage.server(algorithm)
        header = bearer(Account(server).access)
        yield f"bearer, one {algorithm} token of {len(header.split()[-1])} bytes", cost(stage, server, [header], algorithm)
        server.stop()


def measure_cookie(stage):
    """Both cookies of one session beside four of the application."""
    server = stage.server()
    browser = Browser(server)
    browser.register()
    ours = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    header = f"Cookie: {APP_COOKIES}; {ours}"
    yield f"cookie, one token; {len(header)} bytes with the application's", cost(stage, server, [header])


def measure_tokens(stage):
    """Bearer tokens in turn, more than the cache holds: each is new when it comes."""
    server = stage.server()
    tokens = stage.tokens_like(server)
    file, script = server.folder / "tokens", server.folder / "tokens.lua"
    file.write_text("\n".join(tokens[number] for number in range(MANY)))
    script.write_text(LUA % file)
    figures = ratio(stage, server, script=script)

    unseen = iter(range(MANY, 2 * MANY))
    figures.update(count(stage, server.realm, lambda: [bearer(tokens[next(unseen)])]))
    yield f"bearer, {MANY} tokens of {len(tokens[0])} bytes in turn", figures


def measure_memory(stage):
    """What a worker's memory grows by for each token that it remembers."""
    server = stage.server()
    tokens = stage.tokens_like(server)
    connection = Connection(server.port)
    held = 500 if stage.options.smoke else 16000

    def show(numbers):
        assert all(connection.ask(GUARDED, [bearer(tokens[number])]) == 200 for number in numbers)

    show(range(held, held + 100))  # what the first requests need is not the tokens'
    before = resident(server.workers()[0])
    show(range(held))
    grown = resident(server.workers()[0]) - before
    yield f"memory of a worker for each of {held} tokens of {len(tokens[0])} bytes", {"bytes": grown / held}


def cost(stage, server, headers, algorithm="HS256"):
    figures = ratio(stage, server, headers)
    figures.update(count(stage, server.realm, lambda: headers, algorithm))
    return figures


def ratio(stage, server, headers=(), script=None):
    """In turn, and the median of the pairs: what else the machine does meets both."""
    plain = stage.plain_server()

    def load(of, path):
        return Load(of.url + path, stage.options.seconds, headers, script, pid=of.workers()[0])

    load(plain, OPEN)
    load(server, GUARDED)
    pairs = [(load(plain, OPEN), load(server, GUARDED)) for _ in range(stage.options.rounds)]
    ratios = [guarded.per_second / unguarded.per_second for unguarded, guarded in pairs]
    return {"ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
            "of the processor": statistics.median(unguarded.processor / guarded.processor for unguarded, guarded in pairs),
            "per second": statistics.median(guarded.per_second for _, guarded in pairs)}


def count(stage, realm, headers, algorithm="HS256"):
    """Instructions that are added to a request; headers() gives those of the next one."""
    made = stage.options.counted
    if not made:
        return {}

    def each(server, connection, path):
        def ask():
            assert all(connection.ask(path, headers()) == 200 for _ in range(made))
            return made
        return server.count(ask)

    plain = stage.counted(stage.plain_server)
    unmodified = each(plain, plain.connect(OPEN), OPEN)
    ours = stage.counted(stage.server, name=realm, algorithm=algorithm)
    connection = ours.connect(GUARDED, headers())
    guarded, open_beside = [each(ours, connection, path) for path in (GUARDED, OPEN)]
    return {"instructions": guarded - unmodified, "where unguarded": open_beside - unmodified, "plain": unmodified}
