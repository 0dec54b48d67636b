"""Access tokens that one cookie of a browser cannot hold."""

import re

import pytest
from accounts import API, Account, bearer
from browser import NAVIGATION, Browser, set_cookies
from processes import wait_until

SITE = API + "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
REALM = {"cookie": "gh", "cookie_secure": "off"}
MOST = 4096  # bytes of name and value: browsers drop what is longer


def give_roles(postgres, server, email, count):
    roles = "{" + ",".join(f"a-role-with-a-long-name-{number:04}" for number in range(count)) + "}"
    postgres.query(f"select gatehouse.set_roles('{server.realm}', '{email}', '{roles}')")


def renewed(browser, is_so):
    """The answer to a silent refresh, as soon as the session has the roles that were set."""
    answers = []

    def once_more():
        browser.forget("gh")
        answers.append(browser.get("/"))
        return is_so(answers[-1])
    wait_until(once_more, "the new roles")
    return answers[-1]


def sizes(answer):
    pairs = [each.split(";")[0].partition("=") for each in set_cookies(answer)]
    return {name: len(name) + len(value) for name, _, value in pairs}


def cookie_headers(upstream):
    return [value for request in upstream.requests for name, value in request["headers"] if name == "Cookie"]


@pytest.mark.parametrize("count", [90, 110, 130])
def test_a_long_token_is_split_over_two_cookies(nginx, postgres, upstream, count):
    """Issue 10.4: the browser dropped it, every request rotated, and a parallel one was theft."""
    server = nginx(SITE, realm=REALM)
    browser = Browser(server)
    browser.register()
    give_roles(postgres, server, browser.email, count)
    answer = browser.login()
    assert answer.status_code == 303
    found = sizes(answer)
    assert set(found) == {"gh", "gh-2", "gh-refresh"} and max(found.values()) <= MOST
    upstream.clear()
    for _ in range(3):
        answer = browser.get("/", {**NAVIGATION, "Cookie": "other=1; " + "; ".join(f"{n}={v}" for n, v in browser.cookies.items())})
        assert answer.status_code == 200 and not set_cookies(answer)
    assert cookie_headers(upstream) == ["other=1"] * 3
    assert len(dict(upstream.requests[0]["headers"])["Remote-Groups"].split(",")) == count
    browser.forget("gh")
    answer = browser.get("/")  # silently refreshed
    assert answer.status_code == 200 and max(sizes(answer).values()) <= MOST and "gh-2" in sizes(answer)
    answer = browser.logout()
    assert {name for name in sizes(answer)} == {"gh", "gh-2", "gh-refresh"}
    assert all("Max-Age=0" in each for each in set_cookies(answer))


def test_the_second_cookie_goes_when_the_token_is_small_again(nginx, postgres):
    """Issue 10.4."""
    server = nginx(SITE, realm=REALM)
    browser = Browser(server)
    browser.register()
    give_roles(postgres, server, browser.email, 110)
    browser.login()
    give_roles(postgres, server, browser.email, 1)
    answer = renewed(browser, lambda answer: "gh" in sizes(answer) and sizes(answer)["gh"] < 2000)
    assert answer.status_code == 200
    assert [each for each in set_cookies(answer) if each.startswith("gh-2=;") and "Max-Age=0" in each]


def test_half_of_a_token_is_none(nginx, postgres, upstream):
    """Issue 10.4: one half alone, or two halves of different tokens, are worth nothing."""
    server = nginx(SITE, realm=REALM)
    browser = Browser(server)
    browser.register()
    give_roles(postgres, server, browser.email, 110)
    browser.login()
    whole = browser.cookies
    upstream.clear()
    for cookies in ({"gh": whole["gh"]}, {"gh-2": whole["gh-2"]}, {"gh": whole["gh"], "gh-2": "x" + whole["gh-2"][1:]}):
        assert server.get("/", cookies=cookies).status_code == 401
    twice = f"gh={whole['gh']}; gh-2={whole['gh-2']}; gh-2={whole['gh-2']}"
    assert server.get("/", headers={"Cookie": twice}).status_code == 400
    assert upstream.count == 0


def test_what_two_cookies_cannot_hold_is_said_and_is_no_loop(nginx, postgres):
    """Issue 10.4."""
    server = nginx(SITE, realm=REALM)
    account = Account(server)
    browser = Browser(server)
    browser.email, browser.password = account.email, account.password
    assert browser.login().status_code == 303
    give_roles(postgres, server, account.email, 165)
    answer = renewed(browser, lambda answer: answer.status_code == 403)
    assert "more roles than a browser can keep" in answer.text
    assert browser.cookies == {}
    answer = browser.login()
    assert answer.status_code == 403 and "more roles than a browser can keep" in answer.text
    assert not set_cookies(answer)
    line = re.search(rf"giving user {account.id} an access token: it has (\d+) bytes", server.error_log())
    assert line and int(line[1]) > 7000
    assert account.login().status_code == 200  # a bearer has no such limit
    assert server.get("/", headers=bearer(account.access)).status_code == 200
