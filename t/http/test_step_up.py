"""Issue 14: what a location asks of a session beside there being one (gatehouse_require mfa, auth_age), and how its user
shows it (RFC 9470)."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import Account, assert_error, bearer, claims
from browser import FETCH, NAVIGATION, Browser
from host_browser import HostBrowser
from processes import wait_until
from test_hosts_behind_proxies import APP, REALM, SERVER, ProxiedBrowser
from test_signed_urls import ask, sign
from tokens import ABSENT
from user_tokens import basic, key, make_token, statuses

WORKERS = 2

PLAIN = {"cookie_secure": "off", "cookie": "gh", "public_url": "http://127.0.0.1:%PORT%"}
PLACES = """
location /auth/ { gatehouse_api %REALM% rest; }
location / { gatehouse %REALM%; gatehouse_token_from bearer cookie api_key basic=password; proxy_pass %UPSTREAM%;
             add_header X-Amr "$gatehouse_amr"; add_header X-Auth-Age "$gatehouse_auth_age";
    location /lately/ { gatehouse_require auth_age=15m; proxy_pass %UPSTREAM%; }
    location /strong/ { gatehouse_require mfa; proxy_pass %UPSTREAM%; }
    location /both/ { gatehouse_require mfa auth_age=15m; proxy_pass %UPSTREAM%; }
    location /either/ { gatehouse_require any role=admin auth_age=15m; proxy_pass %UPSTREAM%; }
    location /admins/ { gatehouse_require role=admin auth_age=15m; proxy_pass %UPSTREAM%; }
    location /signed/ { gatehouse_require auth_age=15m; gatehouse_signed_url on; proxy_pass %UPSTREAM%; }
}
"""
LATELY = 'Bearer error="insufficient_user_authentication", max_age=900'
STRONG = 'Bearer error="insufficient_user_authentication", acr_values="mfa"'
BOTH = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age=900'
SCOPE = 'Bearer error="insufficient_scope"'
PAGE = "/auth/step-up?max_age=900&return=%2Flately%2Fx%3Fy%3D1"


@pytest.fixture
def server(nginx):
    return nginx(PLACES, realm=PLAIN)


def session_key(server, token):
    return f"gatehouse:{{{server.realm}}}:session:{claims(token)['sid']}"


def age(server, redis, token, seconds=3600):
    """As if the login had been so long ago: what Redis knows, from which the next access token is made."""
    redis.client.hset(session_key(server, token), "auth_time", int(time.time()) - seconds)


def old_account(server, redis):
    account = Account(server)
    age(server, redis, account.access)
    account.refresh()
    return account


def old_browser(server, redis):
    browser = Browser(server)
    assert browser.register().status_code == 303
    age(server, redis, browser.cookies["gh"])
    browser.forget("gh")
    return browser


def challenge(answer):
    assert answer.status_code == 401, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.headers["WWW-Authenticate"]


# ---- what a token says, and a location sees ----

def test_tokens_say_how_and_when_the_user_has_proved_who_he_is(server):
    account = Account(server)
    said = claims(account.access)
    assert said["amr"] == ["pwd"]
    assert abs(said["auth_time"] - time.time()) < 60
    answer = account.visit()
    assert answer.headers["X-Amr"] == "pwd"
    assert 0 <= int(answer.headers["X-Auth-Age"]) < 60
    refreshed = claims(account.refresh().json()["tokens"]["accessToken"])
    assert (refreshed["amr"], refreshed["auth_time"]) == (said["amr"], said["auth_time"])


def test_requirement_71_a_client_is_told_what_is_missing_and_nothing_else(server, redis, upstream):
    account = Account(server)
    assert account.visit("/lately/").status_code == 200
    assert challenge(account.visit("/strong/")) == STRONG
    assert challenge(account.visit("/both/")) == STRONG
    account = old_account(server, redis)
    upstream.clear()
    assert challenge(account.visit("/lately/")) == LATELY
    assert challenge(account.visit("/strong/")) == STRONG
    assert challenge(account.visit("/both/")) == BOTH
    assert challenge(account.visit("/either/")) == LATELY
    answer = account.visit("/admins/")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (403, SCOPE), "he may not see it in any case"
    assert upstream.count == 0
    assert account.visit("/").status_code == 200


def test_amr_and_auth_time_of_a_token_are_what_counts(guarded):
    _, mint = guarded("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; "
                      "location /both/ { gatehouse_require mfa auth_age=1h; proxy_pass %UPSTREAM%; } }", "/")
    now = int(time.time())

    def status(**said):
        return mint.server.get("/both/", headers=mint.bearer(**said)).status_code

    assert status(auth_time=now - 3000, amr=["pwd", "otp", "mfa"]) == 200
    assert status(auth_time=now + 30, amr=["mfa"]) == 200, "clocks differ"
    assert status(auth_time=now - 4000, amr=["pwd", "otp", "mfa"]) == 401
    assert status(auth_time=now, amr=["pwd"]) == 401
    assert status(auth_time=now, amr="mfa") == 401
    assert status(auth_time=ABSENT, amr=["mfa"]) == 403, "nothing that its user could show would be seen in it"
    assert status(auth_time=str(now), amr=["mfa"]) == 403


@pytest.mark.parametrize("wrong, said", [("auth_age=59s", "is less than a minute"), ("auth_age=soon", "auth_age=soon"),
                                         ("mfa=on", "is not a requirement")])
def test_a_wrong_condition_is_refused(nginx, wrong, said):
    server = nginx("location / { gatehouse %REALM%; gatehouse_require " + wrong + "; proxy_pass %UPSTREAM%; }", start=False)
    ok, message = server.test_conf()
    assert not ok and said in message and "auth_age=TIME" in message


# ---- clients ----

def test_requirement_71_the_password_raises_the_session(server, redis, postgres):
    account = old_account(server, redis)
    before = account.access
    answer = account.post("step-up", before, password=account.password)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["user"]["email"] == account.email
    account.keep(answer)
    assert account.visit("/lately/").status_code == 200
    said, earlier = claims(account.access), claims(before)
    assert said["sid"] == earlier["sid"] and said["auth_time"] > earlier["auth_time"] and said["amr"] == ["pwd"]
    wait_until(lambda: statuses(server, bearer(before), times=8) == [401] * 8, "every worker to know of it")
    assert account.refresh().status_code == 200, "its refresh token is the one that it had"
    assert account.visit("/lately/").status_code == 200
    events = postgres.query("select session_id, detail from gatehouse.audit_events where realm = %s"
                            " and event = 'reauthenticated'", server.realm)
    assert [(str(each["session_id"]), each["detail"]) for each in events] == [(said["sid"], {"amr": "pwd"})]


def test_a_wrong_password_raises_nothing(server, redis, postgres):
    account = old_account(server, redis)
    assert_error(account.post("step-up", account.access, password="WrongPass123"), 400, errors=["password"])
    assert_error(account.post("step-up", account.access), 400, errors=["password"])
    assert account.post("step-up", password=account.password).status_code == 401
    assert challenge(account.visit("/lately/")) == LATELY
    events = postgres.query("select event from gatehouse.audit_events where realm = %s and event like 'reauth%%'", server.realm)
    assert [each["event"] for each in events] == ["reauthentication_failed"]


def test_guesses_at_a_step_up_are_limited_like_logins(nginx, redis):
    server = nginx(PLACES, realm={**PLAIN, "limit_logins": "account=3/1m"})
    account = old_account(server, redis)
    answers = [account.post("step-up", account.access, password="WrongPass123").status_code for _ in range(5)]
    assert answers == [400] * 3 + [429] * 2
    refused = account.post("step-up", account.access, password=account.password)
    assert refused.status_code == 429 and refused.headers["Retry-After"]


def test_two_raises_within_a_second_are_both_seen(server, redis):
    account = old_account(server, redis)
    for _ in range(3):
        before = account.access
        account.keep(account.post("step-up", before, password=account.password))
        assert account.visit("/lately/").status_code == 200
        wait_until(lambda: statuses(server, bearer(before), times=8) == [401] * 8, "every worker to know of it")


def test_a_session_of_another_dialect_is_raised_there_only(server, redis):
    browser = Browser(server)
    browser.register()
    answer = server.post("/auth/step-up", json={"password": browser.password}, headers=bearer(browser.cookies["gh"]))
    assert answer.status_code == 401, "or a script that has an access token could have a refresh token, too"


def test_requirement_71_no_users_token_and_no_basic_password_is_a_login(server):
    """The password of Basic comes by itself with every request: it does not show that anybody is there."""
    account = Account(server)
    token = make_token(account)["token"]
    for shown in (key(token), basic(account.email, token), basic(account.email, account.password)):
        answer = server.get("/", headers=shown)
        assert answer.status_code == 200
        assert "X-Amr" not in answer.headers and "X-Auth-Age" not in answer.headers
        for path in ("/lately/", "/strong/", "/both/"):
            answer = server.get(path, headers=shown)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (403, SCOPE), path


def test_a_signed_url_is_worth_what_its_session_is(server, redis):
    account = Account(server)
    target = sign(account, "/signed/x")
    assert ask(server, target) == 200
    account = old_account(server, redis)
    target = sign(account, "/signed/x")
    assert ask(server, target) == 401
    account.keep(account.post("step-up", account.access, password=account.password))
    wait_until(lambda: [ask(server, target) for _ in range(8)] == [200] * 8, "every worker to know of it")


# ---- browsers ----

def test_requirement_71_a_browser_is_asked_for_the_password_and_returns(server, redis, upstream):
    browser = old_browser(server, redis)
    answer = browser.get("/lately/x?y=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert "WWW-Authenticate" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    page = browser.get(PAGE)
    assert page.status_code == 200 and browser.email in page.text and "second factor" not in page.text
    form = {"current_password": "WrongPass123", "max_age": "900", "return": "/lately/x?y=1"}
    again = browser.post("/auth/step-up", form)
    assert again.status_code == 400 and browser.email in again.text and "WrongPass123" not in again.text
    assert re.search(r'aria-describedby="current_password-error"', again.text)
    assert 'name="max_age" value="900"' in again.text and 'name="return" value="/lately/x?y=1"' in again.text
    empty = browser.post("/auth/step-up", {**form, "current_password": ""})
    assert empty.status_code == 400 and 'id="current_password-error"' in empty.text
    before = browser.cookies["gh"]
    assert upstream.count == 0
    done = browser.post("/auth/step-up", {**form, "current_password": browser.password})
    assert (done.status_code, done.headers["Location"]) == (303, "/lately/x?y=1")
    assert browser.get("/lately/x?y=1").status_code == 200
    wait_until(lambda: statuses(server, bearer(before), times=8) == [401] * 8, "every worker to know of it")
    done = browser.get(PAGE)
    assert done.status_code == 200 and "current_password" not in done.text, "nothing is missing any more"
    assert 'href="/lately/x?y=1"' in done.text


def test_another_browser_of_the_same_session_is_renewed_unseen(server, redis):
    browser = old_browser(server, redis)
    assert browser.get("/").status_code == 200
    other = Browser(server)
    other.session.cookies.update(browser.session.cookies)
    answer = browser.post("/auth/step-up", {"current_password": browser.password, "return": "/"})
    assert answer.status_code == 303
    wait_until(lambda: other.get("/lately/").status_code == 200, "every worker to know of it")


def test_a_script_gets_401_and_a_page_that_was_sent_says_what_to_do(server, redis):
    browser = old_browser(server, redis)
    assert challenge(browser.get("/lately/", FETCH)) == LATELY
    sent = browser.post("/lately/", {"a": "b"}, headers=NAVIGATION)
    assert sent.status_code == 401 and sent.headers["Content-Type"].startswith("text/html")
    assert 'href="/auth/step-up?max_age=900" target="_blank"' in sent.text
    framed = browser.get("/lately/", {**NAVIGATION, "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"})
    assert framed.status_code == 401 and '<base target="_top">' in framed.text
    assert 'href="/auth/step-up?max_age=900&amp;return=%2F" data-return="top"' in framed.text


def test_who_has_no_second_factor_is_told_where_to_add_one(server):
    browser = Browser(server)
    browser.register()
    answer = browser.get("/strong/")
    assert answer.headers["Location"] == "/auth/step-up?acr_values=mfa&return=%2Fstrong%2F"
    page = browser.get(answer.headers["Location"])
    assert "current_password" not in page.text and 'href="/auth/account"' in page.text
    german = browser.get(answer.headers["Location"], {**NAVIGATION, "Accept-Language": "de"})
    assert "zweiten Faktor" in german.text


def test_the_page_is_for_who_is_logged_in_and_leads_nowhere_else(server, redis):
    browser = old_browser(server, redis)
    anonymous = server.get(PAGE, headers=NAVIGATION, allow_redirects=False)
    assert (anonymous.status_code, anonymous.headers["Location"]) == (303, "/auth/login?return=%2Flately%2Fx%3Fy%3D1")
    for wrong in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = browser.post("/auth/step-up", {"current_password": browser.password, "return": wrong})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    foreign = browser.post("/auth/step-up", {"current_password": browser.password}, site="cross-site")
    assert foreign.status_code == 403
    for nonsense in ("max_age=%00", "max_age=-1&acr_values=x", "max_age=99999999999999999999", "acr_values=mfa%20mfa"):
        page = browser.get("/auth/step-up?" + nonsense)
        assert page.status_code == 200 and "current_password" in page.text, nonsense


# ---- other hosts, other proxies ----

HOSTS = """server { listen 127.0.0.1:%PORT%; server_name login.example.com; location /auth/ { gatehouse_api %REALM% rest; } }
server { listen 127.0.0.1:%PORT%; server_name app.example.com;
    location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
    location /lately/ { gatehouse %REALM%; gatehouse_require auth_age=15m; proxy_pass %UPSTREAM%; }
    location /strong/ { gatehouse %REALM%; gatehouse_require mfa; proxy_pass %UPSTREAM%; } }
server { listen 127.0.0.1:%PORT%; server_name wiki.example.org;
    location / { gatehouse %REALM%; gatehouse_require auth_age=15m; proxy_pass %UPSTREAM%; } }"""


def test_requirement_71_a_step_up_counts_at_every_host_of_the_session(nginx, redis):
    server = nginx("location / { return 404; }", http=HOSTS,
                   realm={"cookie_secure": "off", "public_url": "http://login.example.com:%PORT%"})
    browser = HostBrowser(port=server.port)
    browser.register()
    app, wiki = f"http://app.example.com:{server.port}", f"http://wiki.example.org:{server.port}"
    assert browser.go(app + "/").status_code == 200
    assert browser.go(wiki + "/").status_code == 200
    age(server, redis, browser.cookies(app)["gatehouse"])
    for host in (app, wiki, browser.login_host):
        browser.forget(host, "gatehouse")

    page = browser.go(app + "/lately/x?y=1")
    assert page.page.startswith(browser.login_host + "/auth/step-up?max_age=900&return="), page.page
    back = parse_qs(urlsplit(page.page).query)["return"][0]
    assert back.startswith("/auth/hop?")
    done = browser.send(browser.login_host + "/auth/step-up",
                        {"current_password": browser.password, "max_age": "900", "return": back})
    assert done.status_code == 303, done.text
    page = browser.go(browser.login_host + done.headers["Location"])
    assert page.page == app + "/lately/x?y=1" and page.status_code == 200
    browser.visited.clear()
    assert browser.go(wiki + "/").status_code == 200
    assert browser.visited == [wiki + "/"], "the seat there is renewed unseen"

    page = browser.go(app + "/strong/")
    assert "/auth/step-up?acr_values=mfa&return=" in page.page


CHECKED = """
location /auth/ { gatehouse_api %REALM% rest; }
location = /check { internal; gatehouse_check %REALM%; gatehouse_require auth_age=15m; }
location /app/ { auth_request /check; proxy_pass %UPSTREAM%; }
location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
"""


def test_a_check_says_so_to_who_asks_it(nginx, redis, upstream):
    server = nginx(CHECKED, realm=PLAIN)
    account = old_account(server, redis)
    upstream.clear()
    answer = account.visit("/app/")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, LATELY)
    assert upstream.count == 0
    account.keep(account.post("step-up", account.access, password=account.password))
    assert account.visit("/app/").status_code == 200


def test_hosts_behind_another_proxy_lead_to_the_step_up_page_and_back(nginx, redis):
    server = nginx(SERVER.replace("redirect;", "redirect; gatehouse_require auth_age=15m;"), realm=REALM)
    browser = ProxiedBrowser(server)
    browser.register()
    address, login = f"http://{APP}/deep?x=1", browser.login_host
    assert browser.go(address).status_code == 204
    age(server, redis, browser.cookies(address)["gatehouse"])
    browser.forget(address, "gatehouse")
    browser.forget(login, "gatehouse")
    page = browser.go(address)
    assert page.page.startswith(login + "/auth/step-up?max_age=900&return=")
    form = {"current_password": browser.password, "return": parse_qs(urlsplit(page.page).query)["return"][0]}
    done = browser.send(login + "/auth/step-up", form)
    page = browser.go(login + done.headers["Location"])
    assert page.page == address and page.status_code == 204

    browser = ProxiedBrowser(server)
    browser.register()
    age(server, redis, browser.cookies(login)["gatehouse"])
    browser.forget(login, "gatehouse")
    answer = browser.request("GET", login + "/deep?x=1")
    assert answer.headers["Location"] == f"{login}/auth/step-up?max_age=900&return=%2Fdeep%3Fx%3D1"
