"""What many revocations at once may cost: one feed, one table and one Redis serve all realms."""

import re
import secrets

from accounts import API, GUARDED, Account
from nginx_server import TEMPLATE
from processes import wait_until

STRICT = "location /strict/ { gatehouse %REALM%; gatehouse_when_stale deny after=4s; proxy_pass %UPSTREAM%; }"

# KEYS a feed, ARGV how many entries, what makes their marks different from others', how long they matter
FILL = """
local until_time = string.format('%.0f', redis.call('TIME')[1] + ARGV[3])
for i = 1, tonumber(ARGV[1]) do
  redis.call('XADD', KEYS[1], '*', 'until', until_time, 'session', string.sub(redis.sha1hex(ARGV[2] .. i), 1, 32))
end
"""


def feed_of(realm):
    return f"gatehouse:{{{realm}}}:feed"


def fill(redis, realm, count, how_long=1000):
    """Ends `count` sessions that never were; a part at a time, lest Redis be hung meanwhile."""
    for start in range(0, count, 5000):
        redis.client.eval(FILL, 1, feed_of(realm), min(5000, count - start), f"{realm}/{start}/", how_long)


def test_a_dead_refresh_token_is_told_to_the_feed_once(nginx, redis):
    """Issue 10.6: whoever sends one dead token again and again fills nothing."""
    server = nginx(API + GUARDED)
    account = Account(server)
    assert account.post("logout", refreshToken=account.refresh_token).status_code == 200
    assert account.visit().status_code == 401
    length = redis.client.xlen(feed_of(server.realm))
    for _ in range(100):
        assert account.post("logout", refreshToken=account.refresh_token).status_code == 403
        assert account.post("refresh", refreshToken=account.refresh_token).status_code == 403
    assert redis.client.xlen(feed_of(server.realm)) == length
    redis.client.flushall()
    account.post("logout", refreshToken=account.refresh_token)
    wait_until(lambda: redis.client.xlen(feed_of(server.realm)) > 0, "a Redis that has forgotten to be told again")


def test_many_revocations_are_given_back_to_an_emptied_redis_while_the_guard_serves(nginx, redis):
    """Issue 10.6: 100,000 of them were appended one at a time, and gatehouse_when_stale said 503 meanwhile."""
    server = nginx(API + STRICT + GUARDED, workers=1)
    account = Account(server)
    elsewhere = nginx(API, name=server.realm, realm={"public_url": server.url})
    last = Account(server)
    fill(redis, server.realm, 100_000)
    elsewhere.post("/auth/logout", json={"refreshToken": last.refresh_token})
    wait_until(lambda: last.visit().status_code == 401, "the feed to be read", 60)

    redis.client.flushall()
    redis.client.client_kill_filter(_type="normal", skipme=True)

    def given_back():
        assert account.visit("/strict/").status_code == 200
        return redis.client.xlen(feed_of(server.realm)) > 100_000

    wait_until(given_back, "100,001 entries", 60)
    assert account.visit("/strict/").status_code == 200
    assert last.visit().status_code == 401


def test_a_redis_emptied_while_its_feed_is_read_gets_back_what_was_read(nginx, redis):
    """Issue 10.3: whoever had not read to the end took the emptied feed for a new one."""
    server = nginx(API + GUARDED, workers=1)
    account = Account(server)
    fill(redis, server.realm, 100_000)
    account.post("logout", refreshToken=account.refresh_token)
    redis.client.flushall()
    redis.client.client_kill_filter(_type="normal", skipme=True)
    wait_until(lambda: redis.client.xlen(feed_of(server.realm)) > 0, "the logout to be told again")
    assert account.visit().status_code == 401


def test_a_flood_in_one_realm_expires_no_token_of_another(nginx, redis):
    """Issue 10.7: the floor was the zone's, and it rose in silence."""
    flooded = "f" + secrets.token_hex(6)
    server = nginx(
        API + GUARDED + f"location /flooded/auth/ {{ gatehouse_api {flooded} rest; }}"
        f"location /flooded/ {{ gatehouse {flooded}; proxy_pass %UPSTREAM%; }}",
        http=f"gatehouse_realm {flooded} {{\n%REALM_BLOCK%\n}}",
        conf=TEMPLATE.replace("gatehouse_zone 16m", "gatehouse_zone 512k"))
    mine, theirs = Account(server), Account(server, "/flooded/auth/")
    nearly_full = "the revocation table is [0-9]+% full"
    full = f'the revocation table is full: every access token that realm "{flooded}" has issued'

    fill(redis, flooded, 5000)
    server.wait_for_log(nearly_full)
    assert "table is full" not in server.error_log()
    assert theirs.visit("/flooded/").status_code == 200

    fill(redis, flooded, 15_000)
    server.wait_for_log(full)
    assert theirs.visit("/flooded/").status_code == 401
    assert mine.visit().status_code == 200
    for _ in range(20):
        other = Account(server)
        other.post("logout", refreshToken=other.refresh_token)
        assert other.visit().status_code == 401, "it finds room where the flood has taken all"
    assert mine.visit().status_code == 200

    def refreshed():
        theirs.refresh()
        return theirs.visit("/flooded/").status_code == 200

    wait_until(refreshed, "a token from after the flood to be good")
    assert len(re.findall(nearly_full, server.error_log())) == 1
    assert server.error_log().count("table is full") == 1
