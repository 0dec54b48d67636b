"""What the endpoints do, and what they do to guarded traffic."""

import ctypes
import http.client
import os
import statistics
import threading
import time

from accounts import Account
from authenticator import Authenticator
from browser import Browser
from guard import bearer
from instruments import Connection, Load
from stage import GUARDED

REFRESH = """
local tokens, first, last = {}, 1, 0
local headers = {["Content-Type"] = "application/json"}
function init()
  for line in io.lines("%s") do last = last + 1; tokens[last] = line end
end
function request()
  local token = tokens[first]
  tokens[first], first = nil, first + 1
  return wrk.format("POST", nil, headers, '{"refreshToken":"' .. token .. '"}')
end
function response(status, _, body)
  last = last + 1
  tokens[last] = body:match('"refreshToken":"([^"]+)"')
end
"""


def measure_refresh(stage):
    """Refreshes a second, each session's tokens rotating; Redis has the same core as the worker."""
    server = stage.server()
    sessions = [Account(server).refresh_token for _ in range(64)]
    file, script = server.folder / "sessions", server.folder / "refresh.lua"
    rates = []
    script.write_text(REFRESH % file)
    for _ in range(stage.options.rounds):
        file.write_text("\n".join(Account(server).refresh_token for _ in sessions))
        rates.append(Load(server.url + "/auth/refresh", stage.options.seconds, script=script).per_second)
    yield "refreshes", {"per second": statistics.median(rates), "least": min(rates), "most": max(rates)}


def measure_me(stage):
    """GET me, which asks PostgreSQL."""
    server = stage.server()
    header = bearer(Account(server).access)
    rates = [Load(server.url + "/auth/me", stage.options.seconds, [header]).per_second
             for _ in range(stage.options.rounds)]
    yield "GET me", {"per second": statistics.median(rates), "least": min(rates), "most": max(rates)}


def hash_rate(password, seconds):
    """Argon2id by libsodium alone, with the parameters that we have (19 MiB, twice), on one thread."""
    sodium = ctypes.CDLL("libsodium.so.23")
    text = ctypes.create_string_buffer(128)
    cost = (ctypes.c_ulonglong(2), ctypes.c_size_t(19 << 20))
    sodium.crypto_pwhash_str(text, password, ctypes.c_ulonglong(len(password)), *cost)
    ended = time.monotonic() + seconds
    count = 0
    while time.monotonic() < ended:
        assert sodium.crypto_pwhash_str_verify(text, password, ctypes.c_ulonglong(len(password))) == 0
        count += 1
    return count / seconds


def measure_login(stage):
    """Logins a second, as a share of what libsodium alone does on as many threads."""
    server = stage.server(workers=2)
    account = Account(server)
    script = server.folder / "login.lua"
    script.write_text(f"""wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
                          wrk.body = '{{"email":"{account.email}","password":"{account.password}"}}'""")
    shares, rates = [], []
    for _ in range(stage.options.rounds):
        alone = hash_rate(account.password.encode(), stage.options.seconds)
        rates.append(Load(server.url + "/auth/login", stage.options.seconds, script=script, connections=8).per_second)
        shares.append(rates[-1] / alone / 2)
    yield "logins", {"ratio": statistics.median(shares), "least": min(shares), "most": max(shares),
                     "per second": statistics.median(rates)}


def measure_passkey(stage):
    """Logins by passkey, one after the other: what the server takes for the answer, without the question before it."""
    server = stage.server(realm={"passkey_login": "on"})
    account, authenticator = Account(server), Authenticator(origin="http://127.0.0.1")
    options = account.post("factors/passkey/options", account.access, currentPassword=account.password).json()["publicKey"]
    assert account.post("factors/passkey", account.access, **authenticator.create(options)).status_code == 201
    times = []
    for _ in range(stage.options.events):
        answer = authenticator.login(server.post("/auth/passkey/options").json()["publicKey"])
        began = time.perf_counter()
        assert server.post("/auth/passkey", json=answer).status_code == 200
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    yield f"logins by passkey, of {len(times)}", {"median ms": statistics.median(times), "p99 ms": times[len(times) * 99 // 100],
                                                  "per second": 1000 / statistics.mean(times)}


def hammer(server, account, stop, statuses):
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # what is measured is what nginx does, not this
    body = {"email": account.email, "password": account.password}
    while not stop.is_set():
        statuses.append(server.post("/auth/login", json=body, timeout=120).status_code)


def measure_flood(stage):
    """p99 of guarded requests while 64 logins at a time are hammering, to the p99 without them."""
    server = stage.server(workers=2)
    account, hammered = Account(server), Account(server)  # of a user's sessions only the newest 100 are kept
    ratios, statuses = [], []
    for _ in range(stage.options.rounds):
        idle = Load(server.url + GUARDED, stage.options.seconds, [bearer(account.access)], connections=8)
        stop = threading.Event()
        crowd = [threading.Thread(target=hammer, args=(server, hammered, stop, statuses)) for _ in range(64)]
        for thread in crowd:
            thread.start()
        flooded = Load(server.url + GUARDED, stage.options.seconds, [bearer(account.access)], connections=8)
        stop.set()
        for thread in crowd:
            thread.join()
        ratios.append(flooded.p99 / idle.p99)
    yield (f"p99 under a flood of logins, {statuses.count(200)} answered, {statuses.count(503)} refused",
           {"ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios)})


def measure_logout(stage):
    """From the answer of a logout to the first refusals on all workers of another nginx."""
    here = stage.server(workers=2)
    there = stage.server(workers=2, name=here.realm)
    watchers = [Connection(there.port) for _ in range(8)]  # enough to reach both workers
    delays = []
    for _ in range(stage.options.events):
        account = Account(here)
        header = [bearer(account.access)]
        assert all(each.ask(GUARDED, header) == 200 for each in watchers)
        account.post("logout", refreshToken=account.refresh_token)
        ended = time.perf_counter()
        while not all(each.ask(GUARDED, header) == 401 for each in watchers):
            pass
        delays.append((time.perf_counter() - ended) * 1000)
    yield (f"logout: refused by both workers of another nginx, of {len(delays)}",
           {"median ms": statistics.median(delays), "worst ms": max(delays)})


def measure_renewal(stage):
    """Silent refreshes, to guarded requests on the same connection."""
    server = stage.server()
    browser = Browser(server)
    browser.register()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    plain, renewed = [], []
    for _ in range(stage.options.events):
        cookies = browser.cookies
        plain.append(timed(connection, "; ".join(f"{k}={v}" for k, v in cookies.items()))[0])
        took, answer = timed(connection, f"gatehouse-refresh={cookies['gatehouse-refresh']}")
        renewed.append(took)
        for header in answer.headers.get_all("Set-Cookie"):
            name, _, value = header.split(";")[0].partition("=")
            browser.session.cookies.set(name, value, domain="127.0.0.1", path="/")
    yield (f"silent refreshes, of {len(renewed)}",
           {"median ms": statistics.median(renewed), "99th of 100 ms": percentile(renewed, 0.99),
            "plain median ms": statistics.median(plain), "plain 99th of 100 ms": percentile(plain, 0.99)})


def timed(connection, cookies):
    begun = time.perf_counter()
    connection.request("GET", GUARDED, headers={"Cookie": cookies})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return (time.perf_counter() - begun) * 1000, answer


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
