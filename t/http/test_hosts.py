"""Issue 13: one login for every host. The login host has the endpoints; five hosts of two root domains only guard."""

import asyncio
import functools
import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import websockets

from accounts import bearer, claims
from browser import FETCH, NAVIGATION, set_cookies
from host_browser import HostBrowser
from test_long_lived import GUARDED as WEBSOCKETS, LIMIT as LONGEST_AFTER_LOGOUT, Sockets

WORKERS = 2

NAMES = ["app.example.com", "wiki.example.com", "grafana.example.com", "shop.example.org", "www.example.org"]
LOGIN = "server { listen 127.0.0.1:%PORT%; server_name login.example.com; location /auth/ { gatehouse_api %REALM% rest; } %MORE% }"
APPS = "".join("server { listen 127.0.0.1:%PORT%; server_name " + name + "; root %FOLDER%/html; location ~ /\\. { deny all; } "
               "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } "
               "location /admin/ { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; } }" for name in NAMES)
PLAIN = {"cookie_secure": "off", "public_url": "http://login.example.com:%PORT%"}
COOKIES = {"gatehouse", "gatehouse-refresh"}


@pytest.fixture
def hosts(nginx):
    return nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS, realm=PLAIN)


@pytest.fixture
def browser(hosts):
    return HostBrowser(port=hosts.port)


def url(hosts, name, path="/"):
    return f"http://{name}:{hosts.port}{path}"


def user_of(answer):
    assert answer.status_code == 200, answer.text
    return [value for name, value in answer.json()["headers"] if name == "Remote-User"]


# ---- the hand-over ----

def test_nginx_knows_the_hosts_by_itself(hosts):
    ok, said = hosts.test_conf({"GATEHOUSE_EXPLAIN": "1"})
    assert ok and "guards, but" not in said, said
    realm = json.loads(said[said.index("{"):said.rindex("}") + 1])["realms"][0]
    assert sorted(realm["hosts"]) == sorted(f"http://{name}:{hosts.port}" for name in NAMES)
    assert (realm["hop_path"], realm["login_path"]) == ("/.gatehouse/", "/auth/")


def test_a_login_leads_back_to_the_page_that_was_asked_for(hosts, browser, upstream):
    browser.register()
    browser.jars.clear()
    page = browser.go(url(hosts, NAMES[0], "/a/page?x=1&y=%20z"))
    assert urlsplit(page.page).hostname == "login.example.com"
    assert upstream.count == 0
    page = browser.log_in(page)
    assert page.page == url(hosts, NAMES[0], "/a/page?x=1&y=%20z")
    assert user_of(page) == [browser.email]
    assert not [value for name, value in page.json()["headers"] if name.lower() == "cookie"]


def test_one_login_enters_all_hosts_in_two_redirects(hosts, browser):
    browser.register()
    for name in NAMES:
        browser.visited.clear()
        page = browser.go(url(hosts, name, "/deep/link?q=1"))
        assert user_of(page) == [browser.email]
        assert page.page == url(hosts, name, "/deep/link?q=1")
        assert [urlsplit(each).hostname for each in browser.visited] == [name, "login.example.com", name, name]
        assert COOKIES < set(browser.cookies(page.page))
    sids = {claims(browser.cookies(url(hosts, name))["gatehouse"])["sid"] for name in NAMES}
    assert sids == {claims(browser.cookies(browser.login_host)["gatehouse"])["sid"]}


def test_afterwards_no_host_asks_again(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    browser.visited.clear()
    assert user_of(browser.go(url(hosts, NAMES[0], "/again")))
    assert len(browser.visited) == 1


def test_the_cookie_of_a_hand_over_is_gone_after_it(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    assert set(browser.cookies(url(hosts, NAMES[0]))) == COOKIES | {"gatehouse-hop"}


def test_with_secure_cookies_they_have_the_prefix(nginx):
    server = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS, realm={**PLAIN, "cookie_secure": None})
    answer = HostBrowser(port=server.port).request("GET", url(server, NAMES[0]))
    assert answer.status_code == 302
    [cookie] = set_cookies(answer)
    assert re.fullmatch(r"__Host-gatehouse-hop-[\w-]{22}=\d+\.[\w-]{43}\.[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=600", cookie)


def test_an_expired_login_at_the_login_host_is_renewed_on_the_way(hosts, browser):
    browser.register()
    browser.forget(browser.login_host, "gatehouse")
    assert user_of(browser.go(url(hosts, NAMES[0]))) == [browser.email]
    assert "gatehouse" in browser.cookies(browser.login_host)


def test_nothing_of_a_hand_over_is_in_a_referer_or_a_cache(hosts, browser):
    browser.register()
    answer = browser.request("GET", url(hosts, NAMES[0]))
    while answer.is_redirect and "/.gatehouse/" not in answer.page:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        answer = browser.request("GET", answer.headers["Location"])
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


def test_codes_are_masked_in_every_log(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    codes = [parse_qs(urlsplit(each).query)["code"][0] for each in browser.visited if "code=" in each]
    assert len(codes) == 1
    assert "/.gatehouse/hop?code=***&state=" in hosts.access_log()
    assert codes[0] not in hosts.access_log() + hosts.error_log()


@pytest.mark.parametrize("headers", [FETCH, {**NAVIGATION, "Sec-Fetch-Dest": "iframe"}, {"Accept": "*/*"},
                                     {**NAVIGATION, "Upgrade": "websocket"}], ids=["fetch", "frame", "curl", "websocket"])
def test_only_a_navigation_is_sent_away(hosts, browser, headers, upstream):
    answer = browser.request("GET", url(hosts, NAMES[0]), headers=headers)
    assert answer.status_code == 401 and not set_cookies(answer)
    assert browser.request("POST", url(hosts, NAMES[0]), headers=NAVIGATION).status_code == 401
    assert upstream.count == 0


def test_the_login_host_itself_is_as_it_was(nginx):
    more = "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"
    server = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", more) + APPS, realm=PLAIN)
    browser = HostBrowser(port=server.port)
    answer = browser.request("GET", browser.login_host + "/page")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/auth/login?return=%2Fpage")


def test_ten_tabs_at_once(hosts, browser):
    """Two tabs of each host, opened before any of them is logged in at its host."""
    browser.register()
    pages = [url(hosts, name, f"/tab/{number}") for number in range(2) for name in NAMES]
    answers = [browser.request("GET", page) for page in pages]
    assert all(answer.status_code == 302 for answer in answers)
    back = [browser.request("GET", answer.headers["Location"]) for answer in answers]
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda answer: browser.request("GET", answer.headers["Location"]), back))
    assert [answer.status_code for answer in done] == [302] * 10
    assert [url(hosts, urlsplit(answer.page).hostname, answer.headers["Location"]) for answer in done] == pages
    for name in NAMES:
        assert user_of(browser.go(url(hosts, name))) == [browser.email]
        browser.forget(url(hosts, name), "gatehouse")
        assert user_of(browser.go(url(hosts, name))) == [browser.email]


def test_a_login_that_took_too_long_begins_anew_by_itself(hosts, browser):
    browser.register()
    answer = browser.request("GET", url(hosts, NAMES[0], "/page"))
    back = browser.request("GET", answer.headers["Location"]).headers["Location"]
    browser.jars[NAMES[0]] = {}
    page = browser.go(back)
    assert user_of(page) == [browser.email] and page.page == url(hosts, NAMES[0], "/page")


def test_blocked_cookies_end_with_a_page_that_says_so(hosts, browser):
    browser.register()
    answer = browser.request("GET", url(hosts, NAMES[0]))
    browser.jars[NAMES[0]] = {}
    browser.blocks_cookies = True
    page = browser.go(answer.headers["Location"])
    assert page.status_code == 400 and "cookies" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    german = browser.request("GET", page.page, headers={**NAVIGATION, "Accept-Language": "de"})
    assert "Cookies" in german.text and "Uhr" in german.text


def test_a_browser_that_forgets_its_session_is_not_sent_round_and_round(hosts, browser):
    browser.register()
    for _ in range(4):
        assert browser.go(url(hosts, NAMES[0])).status_code == 200
        for name in COOKIES:
            browser.forget(url(hosts, NAMES[0]), name)
    page = browser.go(url(hosts, NAMES[0]))
    assert page.status_code == 401 and "cookies" in page.text
    assert browser.go(url(hosts, NAMES[1])).status_code == 200


def test_without_redis_a_hand_over_is_503(hosts, browser, redis):
    browser.register()
    answer = browser.request("GET", url(hosts, NAMES[0]))
    back = browser.request("GET", answer.headers["Location"])
    redis.kill()
    for where in (answer, back):
        page = browser.request("GET", where.headers["Location"])
        assert page.status_code == 503 and int(page.headers["Retry-After"]) > 0


def test_who_may_not_enter_can_take_another_account(hosts, browser):
    browser.register()
    page = browser.go(url(hosts, NAMES[0], "/admin/x"))
    assert page.status_code == 403 and browser.email in page.text
    assert 'action="/.gatehouse/logout"' in page.text
    assert browser.request("GET", url(hosts, NAMES[0], "/.gatehouse/assets/style.css")).status_code == 200


# ---- seats ----

def seats(redis, hosts):
    [key] = redis.client.keys(f"gatehouse:{{{hosts.realm}}}:session:*")
    return {name: value for name, value in redis.client.hgetall(key).items() if name.startswith("seat:")}


def test_a_seat_renews_itself_without_the_login_host(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    jar = browser.cookies(url(hosts, NAMES[0]))
    before = jar["gatehouse-refresh"]
    browser.forget(url(hosts, NAMES[0]), "gatehouse")
    browser.visited.clear()
    assert user_of(browser.go(url(hosts, NAMES[0]))) == [browser.email]
    assert len(browser.visited) == 1
    assert (claims(before)["gen"], claims(jar["gatehouse-refresh"])["gen"]) == (1, 2)
    assert claims(jar["gatehouse-refresh"])["seat"] == claims(before)["seat"]
    assert claims(browser.cookies(browser.login_host)["gatehouse-refresh"])["gen"] == 1


def test_each_seat_has_generations_of_its_own(hosts, browser, redis):
    browser.register()
    for name in NAMES:
        browser.go(url(hosts, name))
    for turn in range(3):
        for name in [*NAMES, "login.example.com"]:
            browser.forget(url(hosts, name), "gatehouse")
        for name in NAMES:
            assert user_of(browser.go(url(hosts, name))) == [browser.email]
        assert browser.go(browser.login_host + "/auth/account").status_code == 200
    assert {value.split()[0] for value in seats(redis, hosts).values()} == {"4"}


def test_a_seat_s_stolen_token_ends_the_session_everywhere(hosts, browser):
    browser.register()
    for name in NAMES[:2]:
        browser.go(url(hosts, name))
    jar = browser.cookies(url(hosts, NAMES[0]))
    stolen = dict(jar)
    for _ in range(2):
        browser.forget(url(hosts, NAMES[0]), "gatehouse")
        browser.go(url(hosts, NAMES[0]))
    thief = HostBrowser(port=hosts.port)
    thief.jars[NAMES[0]] = {"gatehouse-refresh": stolen["gatehouse-refresh"]}
    assert thief.request("GET", url(hosts, NAMES[0]), headers=FETCH).status_code == 401
    for name in NAMES[:2]:
        assert browser.request("GET", url(hosts, name), headers=FETCH).status_code == 401


def test_the_predecessor_gets_the_same_successor(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    token = browser.cookies(url(hosts, NAMES[0]))["gatehouse-refresh"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: hosts.get(f"/{n}", headers={"Host": NAMES[0], "Cookie": f"gatehouse-refresh={token}"}), range(10)))
    assert [a.status_code for a in answers] == [200] * 10
    assert len({c.split(";")[0] for a in answers for c in set_cookies(a) if c.startswith("gatehouse-refresh")}) == 1


def test_a_new_hand_over_takes_the_place_of_the_seat_before(hosts, browser, redis):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    first = dict(browser.cookies(url(hosts, NAMES[0])))
    browser.forget(url(hosts, NAMES[0]), "gatehouse")
    browser.go(url(hosts, NAMES[0]))                                      # generation 2
    browser.jars[NAMES[0]] = {}
    browser.go(url(hosts, NAMES[0]))
    assert len(seats(redis, hosts)) == 1
    old = hosts.get("/", headers={"Host": NAMES[0], "Cookie": f"gatehouse-refresh={first['gatehouse-refresh']}", **FETCH})
    assert old.status_code == 401
    assert user_of(browser.go(url(hosts, NAMES[0]))) == [browser.email]


def test_there_are_at_most_200_seats(hosts, browser, redis):
    browser.register()
    [key] = redis.client.keys(f"gatehouse:{{{hosts.realm}}}:session:*")
    for number in range(200):
        redis.client.hset(key, mapping={f"seat:s{number}": f"1 {1000 + number} 9999999999 0 1000 h{number} refresh-1", f"host:h{number}": f"s{number}"})
    assert user_of(browser.go(url(hosts, NAMES[0]))) == [browser.email]
    assert len(seats(redis, hosts)) == 200 and "seat:s0" not in seats(redis, hosts)
    assert not redis.client.hexists(key, "host:h0")


def test_a_busy_seat_keeps_the_session_alive(nginx):
    server = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS, realm={**PLAIN, "refresh_lifetime": "4s", "access_lifetime": "2s"})
    browser = HostBrowser(port=server.port)
    browser.register()
    browser.go(url(server, NAMES[0]))
    end = time.monotonic() + 6
    while time.monotonic() < end:
        time.sleep(0.5)
        browser.forget(url(server, NAMES[0]), "gatehouse")
        assert user_of(browser.request("GET", url(server, NAMES[0]))) == [browser.email]


# ---- logout ----

@pytest.mark.parametrize("where", [NAMES[1], NAMES[3]])
def test_a_logout_at_any_host_is_one_at_all(hosts, browser, where):
    browser.register()
    for name in NAMES:
        browser.go(url(hosts, name))
    kept = {name: dict(browser.cookies(url(hosts, name))) for name in [*NAMES, "login.example.com"]}
    page = browser.request("GET", url(hosts, where, "/.gatehouse/logout"))
    assert page.status_code == 200 and 'action="/.gatehouse/logout"' in page.text
    answer = browser.send(url(hosts, where, "/.gatehouse/logout"), {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/.gatehouse/logged-out")
    assert browser.request("GET", url(hosts, where, "/.gatehouse/logged-out")).status_code == 200
    for name in NAMES:
        for cookies in (kept[name], {"gatehouse-refresh": kept[name]["gatehouse-refresh"]}):
            header = "; ".join(f"{key}={value}" for key, value in cookies.items())
            assert hosts.get("/", headers={"Host": name, "Cookie": header, **FETCH}).status_code == 401, name
    assert urlsplit(browser.go(url(hosts, NAMES[0])).page).path == "/auth/login"


def test_another_site_cannot_log_out(hosts, browser):
    browser.register()
    browser.go(url(hosts, NAMES[0]))
    assert browser.send(url(hosts, NAMES[0], "/.gatehouse/logout"), {}, site="cross-site").status_code == 403
    assert browser.send(url(hosts, NAMES[0], "/.gatehouse/logout"), {}, site="same-site").status_code == 403
    assert user_of(browser.go(url(hosts, NAMES[0]))) == [browser.email]


def test_a_logout_at_the_login_host_shuts_every_host(hosts, browser):
    browser.register()
    for name in NAMES:
        browser.go(url(hosts, name))
    assert browser.send(browser.login_host + "/auth/logout", {}).status_code == 303
    for name in NAMES:
        assert browser.request("GET", url(hosts, name), headers=FETCH).status_code == 401


def test_a_logout_at_one_host_closes_the_websockets_of_all(nginx):
    application = Sockets()
    apps = "".join("server { listen 127.0.0.1:%PORT%; server_name " + name + ";" +
                   WEBSOCKETS.replace("%TARGET%", str(application.port)) + "}" for name in NAMES[1:4])
    server = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + apps, realm=PLAIN)
    browser = HostBrowser(port=server.port)
    browser.register()

    def connect(name):
        browser.go(url(server, name, "/"))
        cookie = "; ".join(f"{key}={value}" for key, value in browser.cookies(url(server, name)).items())
        return websockets.connect(f"ws://{name}:{server.port}/socket", host="127.0.0.1", port=server.port,
                                  extra_headers={"Cookie": cookie})

    async def play():
        connections = [await connect(name) for name in NAMES[1:4]]
        for connection in connections:
            await connection.send("hello")
            assert await asyncio.wait_for(connection.recv(), 5) == f"{browser.email}: hello"
        log_out = functools.partial(browser.send, url(server, NAMES[1], "/.gatehouse/logout"), {})
        assert (await asyncio.get_running_loop().run_in_executor(None, log_out)).status_code == 303
        await asyncio.wait_for(asyncio.gather(*(connection.wait_closed() for connection in connections)), LONGEST_AFTER_LOGOUT)

    try:
        asyncio.run(play())
    finally:
        application.close()


# ---- two nginx ----

def test_the_login_host_may_be_on_another_node(nginx):
    other = nginx("location / { return 404; }", http=APPS, start=False)
    there = " ".join(f"http://{name}:{other.port}" for name in NAMES)
    login = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", ""), name=other.realm,
                  realm={**PLAIN, "hosts": there})
    text = (other.folder / "nginx.conf").read_text()
    (other.folder / "nginx.conf").write_text(text.replace(f"public_url http://login.example.com:{other.port}", f"public_url http://login.example.com:{login.port}")
                                             .replace(f"public_url http://127.0.0.1:{other.port}", f"public_url http://login.example.com:{login.port}; cookie_secure off"))
    other.start()
    browser = HostBrowser(port=login.port)
    browser.register()
    for name in NAMES:
        assert user_of(browser.go(url(other, name, "/page"))) == [browser.email]
    kept = {name: dict(browser.cookies(url(other, name))) for name in NAMES}
    assert browser.send(browser.login_host + "/auth/logout", {}).status_code == 303
    deadline = time.monotonic() + 5
    for name in NAMES:
        header = "; ".join(f"{key}={value}" for key, value in kept[name].items())
        while other.get("/", headers={"Host": name, "Cookie": header, **FETCH}).status_code != 401:
            assert time.monotonic() < deadline


# ---- what nginx -t says ----

@pytest.mark.parametrize("name", ["*.example.com", ".example.com", "~^(?<app>.+)\\.example\\.com$"])
def test_a_pattern_needs_hosts(nginx, name):
    http = LOGIN.replace("%MORE%", "") + 'server { listen 127.0.0.1:%PORT%; server_name "' + name + '"; location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } }'
    ok, said = nginx("", http=http, realm=PLAIN, start=False).test_conf()
    assert ok and "write \"hosts app.example.com *.example.com;\"" in said, said
    server = nginx("location / { return 404; }", http=http, realm={**PLAIN, "hosts": "*.example.com"})
    assert "write \"hosts" not in server.test_conf()[1]
    browser = HostBrowser(port=server.port)
    browser.register()
    assert user_of(browser.go(url(server, "any.example.com", "/page"))) == [browser.email]


@pytest.mark.parametrize("word", ["https://", "app.example.com/path", "http://a b", "*", "*.*.example.com", "https://app.example.com:0", "ftp://x"])
def test_hosts_that_are_none_are_refused(nginx, word):
    ok, said = nginx("", realm={"hosts": f'"{word}"'}, start=False).test_conf()
    assert not ok and "is no host; write HOST, *.HOST or https://HOST:PORT" in said


@pytest.mark.parametrize("path", ["gatehouse", "/", "/x", "//x/", "/a?b/"])
def test_a_hop_path_is_a_prefix(nginx, path):
    ok, said = nginx("", realm={"hop_path": f'"{path}"'}, start=False).test_conf()
    assert not ok and "is no prefix of paths" in said


def test_hop_path_moves_it(nginx):
    server = nginx("location / { return 404; }", http=LOGIN.replace("%MORE%", "") + APPS, realm={**PLAIN, "hop_path": "/_sso/"})
    browser = HostBrowser(port=server.port)
    browser.register()
    assert user_of(browser.go(url(server, NAMES[0]))) == [browser.email]
    assert any("/_sso/hop?" in each for each in browser.visited)
    assert browser.request("GET", url(server, NAMES[0], "/.gatehouse/hop")).status_code == 403


def test_sessions_of_before_seats_stay_valid(hosts, browser, redis):
    """Their hashes have no seats, their refresh tokens no claim of one: as those of the login host."""
    browser.register()
    token = browser.cookies(browser.login_host)["gatehouse-refresh"]
    assert "seat" not in claims(token) and claims(token)["type"] == "refresh"
    browser.forget(browser.login_host, "gatehouse")
    assert browser.go(browser.login_host + "/auth/account").status_code == 200
    assert claims(browser.cookies(browser.login_host)["gatehouse-refresh"])["gen"] == 2


def test_two_realms_may_guard_in_one_server(nginx):
    """The prefix is for the one whose users come back to it; of two such, -t says so."""
    other = """gatehouse_realm other { postgres "%POSTGRES%"; redis %REDIS%; keys %KEYS%; public_url http://other.example.com;
               password blocklist=off; cookie other; cookie_secure off; pages %PAGES%; }"""
    both = ("server { listen 127.0.0.1:%PORT%; server_name app.example.com; location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } "
            "location /other/ { gatehouse other; proxy_pass %UPSTREAM%; } %MORE% }")
    for more, warned in (("location /login/ { gatehouse_api other rest; }", False), ("", True)):
        ok, said = nginx("", http=other + LOGIN.replace("%MORE%", "") + both.replace("%MORE%", more), realm=PLAIN, start=False).test_conf()
        assert ok and ("users of both come back" in said) == warned, said
