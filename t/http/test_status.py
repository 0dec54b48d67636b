"""gatehouse_status: what is counted, and whether nginx can serve."""

import re
import subprocess

import pytest
import requests

from accounts import API, Account
from processes import wait_until
from stores import TREE
from test_passkeys import ORIGIN, add, enter

LOCATIONS = API + """
location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location = /metrics { gatehouse_status; }
location = /metrics.json { gatehouse_status json; }
location = /live { gatehouse_status live; }
location = /ready { gatehouse_status ready; }
"""


OTHERS = [("gatehouse_check", "%REALM%"), ("gatehouse_api", "%REALM% rest"), ("gatehouse_hop", "%REALM%")]


def samples(server):
    """{'gatehouse_logins_total{result="failed"}': 1.0}, of the server's realm."""
    answer = requests.get(server.url + "/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    found = {}
    for line in answer.text.splitlines():
        name, value = re.fullmatch(r'(?:# .*()()|(\S+\{.*\}) (\S+))', line).group(3, 4)
        if name:
            found[name.replace(f'realm="{server.realm}",', "").replace(f'{{realm="{server.realm}"}}', "")] = float(value)
    return found


def becomes(server, name, value):
    """The workers add up what they have counted within a second."""
    wait_until(lambda: samples(server)[f"gatehouse_{name}"] == value, f"{name} {value}")


@pytest.mark.quick
def test_logins_and_refreshes_are_counted_by_what_came_of_them(nginx):
    server = nginx(LOCATIONS)
    account = Account(server)                       # a registration logs in
    assert account.login().status_code == 200
    assert account.login(password="wrong password").status_code == 401
    becomes(server, 'logins_total{result="succeeded"}', 2)
    becomes(server, 'logins_total{result="failed"}', 1)
    tokens = account.login().json()["tokens"]
    refreshed = requests.post(server.url + "/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
    assert refreshed.status_code == 200
    assert requests.post(server.url + "/auth/refresh", json={"refreshToken": "x.y.z"}).status_code == 403
    becomes(server, 'refreshes_total{result="succeeded"}', 1)
    becomes(server, 'refreshes_total{result="refused"}', 1)
    assert samples(server)['gatehouse_refreshes_total{result="reused"}'] == 0


def test_whatever_a_login_fails_by_is_counted(nginx):
    server = nginx(LOCATIONS, realm={"cookie_secure": "off", "public_url": ORIGIN, "passkey_login": "on", "mfa": "optional"})
    account = Account(server)
    authenticator = add(account)
    assert enter(server, authenticator).status_code == 200
    assert enter(server, authenticator, origin="https://evil.example").status_code == 401
    becomes(server, 'logins_total{result="failed"}', 1)
    pending = account.login().json()["challenge"]["token"]
    assert server.post("/auth/challenge", json={"token": pending, "code": "000000"}).status_code == 401
    becomes(server, 'logins_total{result="failed"}', 2)


def test_tokens_are_counted_by_how_they_were_judged(nginx):
    server = nginx(LOCATIONS, workers=1)
    account = Account(server)
    for _ in range(3):
        assert account.visit("/").status_code == 200
    assert requests.get(server.url + "/", headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    found = samples(server)
    assert found['gatehouse_tokens_total{result="verified"}'] == 1
    assert found['gatehouse_tokens_total{result="cached"}'] == 2
    assert found['gatehouse_tokens_total{result="refused"}'] == 1


def test_stores_and_hashes_have_histograms(nginx):
    server = nginx(LOCATIONS, workers=1)
    Account(server)
    found = samples(server)
    for what in ('store_seconds_{}{{store="redis"{}}}', 'store_seconds_{}{{store="postgres"{}}}', "password_hash_seconds_{}{}"):
        labels = "{}" if what.startswith("password") else ',le="+Inf"'
        infinite = what.format("bucket", '{le="+Inf"}' if what.startswith("password") else labels)
        count = what.format("count", "")
        assert found[f"gatehouse_{infinite}"] == found[f"gatehouse_{count}"] > 0
        assert found[f"gatehouse_{what.format('sum', '')}"] > 0


def test_the_counts_outlive_a_reload_and_are_the_sum_of_the_workers(nginx):
    server = nginx(LOCATIONS, workers=3)
    account = Account(server)
    for _ in range(20):
        assert requests.get(server.url + "/", headers={"Authorization": f"Bearer {account.access}", "Connection": "close"}).status_code == 200
    wait_until(lambda: sum(value for name, value in samples(server).items() if "tokens_total" in name) == 20, "20 tokens")
    server.reload()
    wait_until(lambda: sum(value for name, value in samples(server).items() if "tokens_total" in name) == 20, "20 tokens")


def test_json_says_the_same(nginx):
    server = nginx(LOCATIONS, workers=1)
    Account(server)
    said = requests.get(server.url + "/metrics.json")
    assert said.headers["Content-Type"] == "application/json"
    realm = said.json()["realms"][server.realm]
    assert realm["logins_total"] == {"succeeded": 1, "failed": 0}
    assert realm["feed_read"] == 1 and realm["store_seconds"]["redis"]["count"] > 0


def promtool(*words, text=""):
    done = subprocess.run(["promtool", "check", *words], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_text_and_the_rules(nginx):
    server = nginx(LOCATIONS)
    Account(server)
    text = requests.get(server.url + "/metrics").text
    promtool("metrics", text=text)
    rules = TREE / "docs/examples/gatehouse-alerts.yml"
    promtool("rules", str(rules))
    asked = set(re.findall(r"gatehouse_\w+", "".join(re.findall("expr:.*", rules.read_text()))))
    there = set(re.findall(r"^(gatehouse_\w+)\{", text, re.MULTILINE))
    assert asked and asked <= there, asked - there


def test_the_guide_has_every_family(nginx):
    text = requests.get(nginx(LOCATIONS).url + "/metrics").text
    families = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    assert families == set(re.findall(r"\| `(gatehouse_\w+)` \|", (TREE / "docs/guides/monitoring.md").read_text()))


def test_live_and_ready(nginx, redis):
    server = nginx(LOCATIONS)
    assert requests.get(server.url + "/live").text == "live\n"
    wait_until(lambda: requests.get(server.url + "/ready").status_code == 200, "the feed is read")
    assert requests.post(server.url + "/live").status_code == 405
    assert requests.head(server.url + "/ready").status_code == 200


def test_without_redis_it_lives_and_is_not_ready(nginx):
    server = nginx(LOCATIONS, realm={"redis": "127.0.0.1:1"})
    assert requests.get(server.url + "/live").status_code == 200
    refused = requests.get(server.url + "/ready")
    assert refused.status_code == 503
    assert refused.text == f'realm "{server.realm}": the feed of revocations has not been read yet\n'


@pytest.mark.parametrize("line, words", [
    ("gatehouse_status all;", 'takes "metrics", "json", "live" or "ready"'),
    ("gatehouse_status; gatehouse_status;", "is duplicate"),
    *[(f"{other} {more}; gatehouse_status;", f'"{other}"') for other, more in OTHERS],
    *[(f"gatehouse_status; {other} {more};", '"gatehouse_status"') for other, more in OTHERS],
])
def test_what_cannot_be_is_refused(nginx, line, words):
    accepted, said = nginx(f"location /s/ {{ {line} }}", start=False).test_conf()
    assert not accepted and words in said
