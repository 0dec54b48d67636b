"""Issue 13: attacks on the hand-over between hosts. What an attacker has is said in each test."""

import base64
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from accounts import bearer, claims
from browser import FETCH, NAVIGATION, set_cookies
from host_browser import HostBrowser
from test_hosts import APPS, COOKIES, LOGIN, NAMES, PLAIN, url, user_of

APP, OTHER = NAMES[0], NAMES[1]


@pytest.fixture
def hosts(nginx):
    return nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS, realm=PLAIN)


@pytest.fixture
def victim(hosts):
    browser = HostBrowser(port=hosts.port)
    browser.register()
    return browser


@pytest.fixture
def attacker(hosts):
    browser = HostBrowser(port=hosts.port)
    browser.register()
    return browser


def begin(browser, hosts, name=APP, path="/page"):
    """Up to the address with the code, which is not asked for."""
    start = browser.request("GET", url(hosts, name, path)).headers["Location"]
    return start, browser.request("GET", start).headers["Location"]


def query(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def is_in(browser, hosts, name=APP):
    answer = browser.request("GET", url(hosts, name), headers=FETCH)
    return answer.status_code == 200 and user_of(answer) == [browser.email]


def got_nothing(answer):
    return answer.status_code in (302, 400, 401, 403, 404) and not any(
        cookie.startswith(("gatehouse=", "gatehouse-refresh=")) for cookie in set_cookies(answer))


# ---- codes ----

def test_a_code_without_the_browser_that_began_it_is_worth_nothing(hosts, victim):
    """He has seen the address with the code, before the victim's browser went there. It is still the victim's."""
    _, back = begin(victim, hosts)
    thief = HostBrowser(port=hosts.port)
    answer = thief.request("GET", back)
    assert got_nothing(answer)
    assert user_of(victim.go(back)) == [victim.email]


def test_requirement_69_a_code_is_taken_once_and_a_second_time_ends_the_session(hosts, victim, postgres):
    """He has the whole of the victim's browser as it was: RFC 9700 4.5."""
    _, back = begin(victim, hosts)
    before = dict(victim.cookies(url(hosts, APP)))
    assert user_of(victim.go(back)) == [victim.email]
    thief = HostBrowser(port=hosts.port)
    thief.jars[APP] = before
    answer = thief.request("GET", back)
    assert got_nothing(answer) and answer.status_code == 400 and "used before" in answer.text
    assert not is_in(victim, hosts)
    assert victim.request("GET", victim.login_host + "/auth/account").status_code == 303
    assert postgres.query("select count(*) from gatehouse.audit_events where realm = %s and event = 'hand_over_code_reused'",
                          hosts.realm) == [{"count": 1}]


def test_requirement_69_a_code_is_for_one_host(hosts, victim, attacker):
    """The attacker has a code of the victim's for one host, and begins a hand-over of his own at another."""
    _, back = begin(victim, hosts, APP)
    _, own = begin(attacker, hosts, OTHER)
    answer = attacker.request("GET", own.replace(query(own)["code"], query(back)["code"]))
    assert got_nothing(answer)
    assert not is_in(attacker, hosts, OTHER)


def test_requirement_69_a_code_is_for_one_browser(hosts, victim, attacker):
    """The same at the same host: the challenge is of another verifier."""
    _, back = begin(victim, hosts)
    _, own = begin(attacker, hosts)
    assert got_nothing(attacker.request("GET", own.replace(query(own)["code"], query(back)["code"])))
    assert not is_in(attacker, hosts)
    again = victim.request("GET", back)  # whoever guessed has used it up
    assert got_nothing(again)


def test_the_victim_does_not_end_in_the_attackers_session(hosts, victim, attacker):
    """Login CSRF: he makes the victim's browser open the address with his own code."""
    _, own = begin(attacker, hosts)
    page = victim.go(own)
    assert user_of(page) == [victim.email]
    assert is_in(victim, hosts)


def test_nor_where_the_victim_has_begun_a_hand_over_himself(hosts, victim, attacker):
    start = victim.request("GET", url(hosts, APP)).headers["Location"]
    _, own = begin(attacker, hosts)
    mixed = own.replace(query(own)["state"], query(start)["state"])
    assert got_nothing(victim.request("GET", mixed))


def test_requirement_69_a_wrong_challenge_is_found_out(hosts, victim):
    start = victim.request("GET", url(hosts, APP)).headers["Location"]
    wrong = start.replace(query(start)["challenge"], "A" * 43)
    assert got_nothing(victim.request("GET", victim.request("GET", wrong).headers["Location"]))


# ---- state ----

@pytest.mark.parametrize("change", ["", "state=", "state=x", "state=" + "A" * 22, "state=" + "A" * 22 + ".Lw", "state=" + "A" * 22 + "~Lw",
                                    "state=" + "A" * 22 + "." + base64.urlsafe_b64encode(b"//evil.example/").decode().rstrip("="),
                                    "state=" + "A" * 22 + "~" + base64.urlsafe_b64encode(b"https://evil.example/").decode().rstrip("=")])
def test_a_state_that_this_browser_has_not_begun(hosts, victim, change):
    _, back = begin(victim, hosts)
    answer = victim.request("GET", f"{url(hosts, APP)}.gatehouse/hop?code={query(back)['code']}&{change}")
    assert got_nothing(answer)
    assert "evil.example" not in answer.headers.get("Location", "")


def test_the_address_to_come_back_to_cannot_be_changed(hosts, victim):
    """It is in the state, which the cookie authenticates."""
    _, back = begin(victim, hosts)
    state = query(back)["state"]
    other = state[:23] + base64.urlsafe_b64encode(b"/transfer?to=evil").decode().rstrip("=")
    assert got_nothing(victim.request("GET", back.replace(state, other)))


def test_a_cookie_of_his_own_making_is_none(hosts, victim, attacker):
    """A sibling host has set one of its own hand-over: it is of another origin."""
    _, own = begin(attacker, hosts, OTHER)
    victim.jars[APP] = {**victim.jars.get(APP, {}), **attacker.cookies(url(hosts, OTHER))}
    assert got_nothing(victim.request("GET", own.replace(OTHER, APP)))


# ---- where the login host sends to ----

EVIL = ["https://app.example.com.evil.example", "http://app.example.com.evil.example:%PORT%", "http://evil.example", "http://app.example.com",
        "https://app.example.com:%PORT%", "http://app.example.com:1%PORT%", "http://app.example.com:0%PORT%", "http://app.example.com:%PORT%.evil.example",
        "http://app.example.com:%PORT%/", "http://app.example.com:%PORT%@evil.example", "http://evil.example#app.example.com:%PORT%",
        "http://user@app.example.com:%PORT%", "http://APP.example.com:%PORT%", "http://app.example.com.:%PORT%", "http://evilapp.example.com:%PORT%",
        "//app.example.com:%PORT%", "javascript:alert(1)", "http://app.example.com:%PORT%\\.evil.example", "http://app.example.com:%PORT%\r\nX: y",
        "http://app.example.com:%PORT%\x00", "null", "", "http://[::1]", "http://*.example.com:%PORT%", "http://.example.com:%PORT%"]


@pytest.mark.parametrize("logged_in", [True, False])
def test_no_origin_but_the_realms_own(hosts, victim, logged_in):
    start = victim.request("GET", url(hosts, APP)).headers["Location"]
    if not logged_in:
        victim.jars.clear()
    for evil in EVIL:
        origin = quote(evil.replace("%PORT%", str(hosts.port)), safe="")
        asked = start.replace("origin=" + quote(query(start)["origin"], safe=""), "origin=" + origin)
        assert asked != start
        answer = victim.request("GET", asked)
        assert answer.status_code == 400 and "Location" not in answer.headers, evil
        assert "code=" not in answer.text


def test_two_origins_are_one(hosts, victim):
    start = victim.request("GET", url(hosts, APP)).headers["Location"]
    answer = victim.request("GET", start + "&origin=" + quote("https://evil.example", safe=""))
    assert answer.headers["Location"].startswith(url(hosts, APP, "/.gatehouse/hop?code="))
    answer = victim.request("GET", start.replace("?origin=", "?origin=" + quote("https://evil.example", safe="") + "&origin="))
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "app.example.com.evil.example", "evil.example:80", "", "APP.EXAMPLE.COM.evil"])
def test_a_host_header_names_no_new_host(nginx, host):
    """The app's server is the default one: it answers for every name, and sends a browser back to none but its own."""
    server = nginx("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } server_name app.example.com;",
                   http=LOGIN.replace("%MORE%", ""), realm=PLAIN)
    answer = server.raw(b"GET /page HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\nSec-Fetch-Mode: navigate\r\n"
                        b"Sec-Fetch-Dest: document\r\nAccept: text/html\r\n\r\n")
    assert b"login.example.com" not in answer and b"-hop-" not in answer
    good = HostBrowser(port=server.port).request("GET", url(server, APP))
    assert "login.example.com" in good.headers["Location"]


def test_a_port_of_his_is_not_the_hosts(hosts, victim):
    answer = hosts.get("/page", headers={**NAVIGATION, "Host": f"{APP}:6666"})
    assert query(answer.headers["Location"])["origin"] == f"http://{APP}:{hosts.port}"


# ---- cookies of one host at another ----

def test_cookies_of_a_seat_are_worth_nothing_elsewhere(hosts, victim, upstream):
    """He has all cookies of one host, whose application is his."""
    victim.go(url(hosts, APP))
    stolen = dict(victim.cookies(url(hosts, APP)))
    assert claims(stolen["gatehouse"])["host"] == APP
    upstream.clear()
    for name in [OTHER, NAMES[3]]:
        for only in (COOKIES, {"gatehouse"}, {"gatehouse-refresh"}):
            cookie = "; ".join(f"{key}={stolen[key]}" for key in sorted(only))
            assert hosts.get("/", headers={"Host": name, "Cookie": cookie, **FETCH}).status_code == 401
        assert hosts.get("/", headers={"Host": name, **bearer(stolen["gatehouse"])}).status_code == 401
    thief = HostBrowser(port=hosts.port)
    thief.jars["login.example.com"] = {key: stolen[key] for key in COOKIES}
    assert thief.request("GET", thief.login_host + "/auth/account").status_code == 303
    assert thief.request("GET", thief.login_host + "/auth/me", headers=bearer(stolen["gatehouse"])).status_code == 401
    for token in stolen["gatehouse-refresh"], stolen["gatehouse"]:
        assert hosts.post("/auth/refresh", json={"refreshToken": token}, headers={"Host": "login.example.com"}).status_code == 403
    assert upstream.count == 0
    assert is_in(victim, hosts)


def test_a_url_in_the_request_line_does_not_lend_its_host(hosts, victim, upstream):
    """nginx chooses the server by it, whatever the Host header says."""
    victim.go(url(hosts, APP))
    stolen = victim.cookies(url(hosts, APP))["gatehouse"]
    upstream.clear()
    answer = hosts.raw(f"GET http://{OTHER}/ HTTP/1.1\r\nHost: {APP}\r\nConnection: close\r\nCookie: gatehouse={stolen}\r\n\r\n".encode())
    assert b" 401 " in answer[:20] and upstream.count == 0


def test_nobody_hands_a_seat_on(hosts, victim):
    """A seat's cookies at the login host make no code."""
    start = victim.request("GET", url(hosts, OTHER)).headers["Location"]
    victim.go(url(hosts, APP))
    thief = HostBrowser(port=hosts.port)
    thief.jars["login.example.com"] = dict(victim.cookies(url(hosts, APP)))
    answer = thief.request("GET", start)
    assert answer.status_code == 303 and urlsplit(answer.headers["Location"]).path == "/auth/login"


# ---- what else ----

@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_a_code_is_taken_by_get_alone(hosts, victim, method):
    _, back = begin(victim, hosts)
    answer = victim.request(method, back, headers=NAVIGATION)
    if method != "HEAD":
        assert got_nothing(answer) or answer.status_code in (204, 405)


@pytest.mark.parametrize("path", ["/.gatehouse/../secret", "/.gatehouse/%2e%2e/secret", "/.gatehouse/..%2fsecret", "/.gatehouse//../secret",
                                  "/.gatehouse/hop/../../secret", "/.gatehouse/nothing", "/.gatehouse", "/.gatehouse/", "//.gatehouse/hop"])
def test_the_prefix_opens_nothing_else(hosts, path, upstream):
    answer = hosts.raw(f"GET {path} HTTP/1.1\r\nHost: {APP}\r\nConnection: close\r\n\r\n".encode())
    assert answer[9:12] in (b"400", b"401", b"403", b"404"), answer
    assert upstream.count == 0


def test_applications_see_no_cookie_of_a_hand_over(hosts, victim, upstream):
    begin(victim, hosts)
    begin(victim, hosts)
    victim.go(url(hosts, APP))
    victim.cookies(url(hosts, APP))["theirs"] = "1"
    seen = victim.request("GET", url(hosts, APP)).json()["headers"]
    assert [value for name, value in seen if name.lower() == "cookie"] == ["theirs=1"]


def test_a_browser_keeps_no_more_of_them_than_it_needs(hosts, victim):
    for number in range(40):
        victim.request("GET", url(hosts, APP, f"/{number}"))
    assert len([name for name in victim.cookies(url(hosts, APP)) if "-hop-" in name]) <= 21


def test_a_very_long_address_is_not_kept(hosts, victim):
    assert user_of(victim.go(url(hosts, APP, "/?q=" + "x" * 2500))) == [victim.email]
    page = victim.go(url(hosts, OTHER, "/?q=" + "x" * 6000))
    assert page.page == url(hosts, OTHER)
