"""Issue 12: two nginx share their stores, people do all that they can do, stores die and come back, and no answer is wrong."""

import os
import random
import threading
import time
from collections import Counter

import pytest

from accounts import API
from deeds import Crowd
from meanwhile import SECRET, Meanwhile
from passes import Weather
from processes import wait_until

SECONDS = int(os.environ.get("GATEHOUSE_SOAK_SECONDS", "600"))
CROWDS = 6

LOCATIONS = API + """
    location /guarded/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
    location /keys/ { gatehouse %REALM%; gatehouse_token_from bearer cookie api_key; proxy_pass %UPSTREAM%; }
    location = /open.txt { return 200 "open to all\\n"; }
"""


class World:
    def __init__(self, nodes, postgres, redis):
        self.nodes, self.postgres, self.redis = nodes, postgres, redis
        self.realm = nodes[0].realm
        self.weather = Weather()
        self.stop = threading.Event()
        self.counts, self.failures = Counter(), []
        self.seed = os.environ.get("GATEHOUSE_SOAK_SEED") or random.randrange(1 << 32)
        print(f"GATEHOUSE_SOAK_SEED={self.seed}")

    def restart(self, name, chance):
        """As a crash."""
        store = getattr(self, name)
        with self.weather.fault(name):
            store.kill()
            time.sleep(chance.uniform(0.2, 2))
            store.start()

    def go(self, seconds):
        """Until then something happens to a server every now and then, and to each at least once."""
        chance = random.Random(f"{self.seed}/faults")
        faults = [lambda: self.restart("redis", chance), lambda: self.restart("postgres", chance),
                  lambda: chance.choice(self.nodes).reload()]
        until, due = time.monotonic() + seconds, []
        while not self.stop.wait(min(seconds / 4, chance.uniform(1, 15))) and (due or time.monotonic() < until):
            due = due or chance.sample(faults, len(faults))
            due.pop()()
            self.counts["faults and reloads"] += 1

    def has_seen_all(self):
        return all(self.counts[what] for what in ("MUST", "MUST_NOT", "silent refreshes", "log_out", "steal"))


def soak(nginx, upstream, postgres, redis, seconds):
    upstream.reply = lambda _: (200, [("Content-Type", "text/plain")], SECRET)
    realm = {"access_lifetime": "15s", "refresh_grace": "5m", "cookie_secure": "off", "limit_logins": "off",
             "limit_user_tokens": "off", "redis": "%REDIS% timeout=1s"}
    first = nginx(LOCATIONS, workers=2, realm=realm)
    nodes = [first, nginx(LOCATIONS, workers=2, name=first.realm, realm={**realm, "public_url": first.url})]
    world = World(nodes, postgres, redis)
    crowds = [Crowd(world, number) for number in range(CROWDS)]
    threads = [threading.Thread(target=crowd.run) for crowd in crowds]
    with Meanwhile(nodes[0]), Meanwhile(nodes[1]):
        for thread in threads:
            thread.start()
        try:
            world.go(seconds)
            wait_until(lambda: world.stop.is_set() or world.has_seen_all(), "people to have been let in and refused", 60)
        finally:
            world.stop.set()
            for thread in threads:
                thread.join()
        print(dict(sorted(world.counts.items())))
        for failure in world.failures:
            raise failure


def test_no_answer_is_wrong(nginx, upstream, postgres, redis):
    soak(nginx, upstream, postgres, redis, 12)


@pytest.mark.long
@pytest.mark.limit(900)
def test_no_answer_is_wrong_in_a_long_soak(nginx, upstream, postgres, redis):
    """GATEHOUSE_SOAK_SECONDS= says how long, GATEHOUSE_SOAK_SEED= what is done."""
    soak(nginx, upstream, postgres, redis, SECONDS)
