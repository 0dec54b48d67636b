"""Requirement 52: no answer, and no time that it takes, tells whether an e-mail is known.

The statistic is the common-language effect size of Mann and Whitney's U: the chance that an answer for a known address
takes longer than one for an unknown address; 0.5 means that time says nothing. Of 1,000 interleaved samples each, chance
alone spreads it by 0.013 (one standard deviation); what is asserted is 0.5 ± 0.05.
"""

import http.client
import json
import random
import secrets
import time

import pytest

from mailing import Mailing

SAMPLES = 1000


def effect_size(one, other):
    """P(one > other) + P(one == other) / 2, from the rank sum of `one`."""
    ordered = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, position = 0.0, 0
    while position < len(ordered):
        end = position
        while end < len(ordered) and ordered[end][0] == ordered[position][0]:
            end += 1
        ranks += (position + end + 1) / 2 * sum(1 for _, group in ordered[position:end] if group == 0)
        position = end
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def test_the_statistic_itself():
    assert effect_size([2, 3], [0, 1]) == 1
    assert effect_size([0, 1], [2, 3]) == 0
    assert effect_size([1, 2], [1, 2]) == 0.5
    assert effect_size([1, 3], [2]) == 0.5


@pytest.fixture
def mailing(nginx, smtp, postgres):
    made = Mailing(nginx, smtp, postgres, verify_email="required", limit_mails="off", limit_registrations="off")
    postgres.query("insert into gatehouse.users (realm, email, name) select %s, 'known' || n || '@example.com', 'Ann'"
                   " from generate_series(0, 1999) n", made.server.realm)
    return made


ROUTES = {"forgot": {}, "verify/resend": {}, "register": {"name": "Ann", "password": "SecurePass123"}}


@pytest.mark.parametrize("route", ROUTES)
def test_requirement_52_status_headers_and_body_are_the_same(mailing, route):
    def answer(address):
        came = mailing.post(route, email=address, **ROUTES[route])
        headers = [(name, value) for name, value in came.headers.items() if name != "Date"]
        return came.status_code, headers, came.content

    known, unknown = answer("Known1@example.com"), answer("unknown@example.com")
    assert known[0] == 202
    assert known == unknown


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("route", ROUTES)
def test_requirement_52_time_tells_nothing(mailing, route):
    connection = http.client.HTTPConnection("127.0.0.1", mailing.server.port, timeout=15)
    times = {"known": [], "unknown": []}
    known = iter(random.sample(range(2000), SAMPLES + 50))

    def sample(kind):
        # Each address once: the second registration of an unknown one would be that of a known one.
        address = f"known{next(known)}@example.com" if kind == "known" else f"{secrets.token_hex(4)}@example.com"
        body = json.dumps({"email": address, **ROUTES[route]})
        begin = time.perf_counter()
        connection.request("POST", "/auth/" + route, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - begin
        assert answer.status == 202
        return took

    for _ in range(25):
        sample("known"), sample("unknown")
    order = ["known", "unknown"] * SAMPLES
    random.shuffle(order)
    for kind in order:
        times[kind].append(sample(kind))
    size = effect_size(times["known"], times["unknown"])
    assert 0.45 < size < 0.55, f"P(known takes longer) = {size:.3f}"
