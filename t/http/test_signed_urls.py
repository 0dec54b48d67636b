"""Issue 15: URLs that are good for who has them, for a while: gatehouse_signed_url and POST signed-urls."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time

import pytest

from accounts import API, Account, assert_error, bearer
from browser import FETCH, NAVIGATION, Browser
from processes import wait_until
from tokens import base64url, new_key
from user_tokens import ends_within, insert_token

WORKERS = 2

PLAIN = {"cookie_secure": "off", "public_url": "http://127.0.0.1:%PORT%"}
SIGNED = """
location / { gatehouse %REALM%; gatehouse_signed_url on; proxy_pass %UPSTREAM%; }
location /unsigned/ { gatehouse %REALM%; gatehouse_signed_url off; proxy_pass %UPSTREAM%; }
location /staff/ { gatehouse %REALM%; gatehouse_signed_url on; gatehouse_require role=staff; proxy_pass %UPSTREAM%; }
location /open/ { proxy_pass %UPSTREAM%; }
location /moved/ { rewrite ^/moved/(.*)$ /kept/$1 last; }
"""
SHOWN = """log_format shown '$request|$request_uri|$args|$query_string|$arg_gh_signature|$is_args|$http_referer';
    access_log %FOLDER%/shown.log shown;"""


@pytest.fixture
def server(nginx):
    return nginx(API + SIGNED, realm=PLAIN, http=SHOWN)


@pytest.fixture
def account(server):
    return Account(server)


def sign(account, path, seconds=60, **fields):
    """The target that the URL made of it asks the host for."""
    answer = account.post("signed-urls", account.access, path=path, expiresIn=seconds, **fields)
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    assert set(answer.json()) == {"url", "expiresAt"}
    return url[url.index("/", len("https://")):]


def ask(server, target, method="GET", *headers):
    """Byte for byte: the status."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    return int(server.raw("\r\n".join(lines).encode()).split()[1])


# ---- what it opens ----

@pytest.mark.parametrize("path", ["/report", "/report?year=2026", "/a%20b/%C3%BC?x=%26&&y", "/?", "/x?a=1&a=2&", "/", "/p;v=1/q@,!$'()*+~"])
def test_who_has_it_is_let_in_as_its_user(server, account, upstream, path):
    target = sign(account, path)
    for _ in range(4):
        answer = server.raw(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert body["uri"] in (path, path.rstrip("?")), "the application is asked for what was signed"
        assert dict(body["headers"])["Remote-User"] == account.email
        assert "gh_" not in answer.decode()
    assert ask(server, target, "HEAD") == 200
    upstream.clear()


def test_the_answer_is_a_whole_address(server, account):
    answer = account.post("signed-urls", account.access, path="/report?year=2026", expiresIn=3600).json()
    assert re.fullmatch(re.escape(server.url) + r"/report\?year=2026&gh_expires=\d{10}&gh_signature=[\w-]{91}", answer["url"])
    assert server.get(answer["url"][len(server.url):]).status_code == 200


def test_the_rules_of_the_location_hold_when_it_is_used(server, account, postgres):
    target = sign(account, "/staff/list")
    assert ask(server, target) == 403
    postgres.query("select gatehouse.set_roles(%s, %s, '{staff}')", server.realm, account.email)
    wait_until(lambda: ask(server, target) == 200, "the new role")
    postgres.query("select gatehouse.set_roles(%s, %s, '{}')", server.realm, account.email)
    wait_until(lambda: ask(server, target) == 403, "the role to go")


def test_where_the_location_does_not_say_so_it_is_none(server, account, upstream):
    target = sign(account, "/unsigned/x")
    assert ask(server, target) == 401
    assert upstream.count == 0


def test_a_browser_follows_it_and_no_session_begins(server, account):
    browser = Browser(server)
    target = sign(account, "/report")
    answer = browser.get(target, headers=NAVIGATION)
    assert answer.status_code == 200 and not browser.cookies
    assert browser.get("/report", headers=NAVIGATION).status_code == 302


def test_it_goes_before_what_else_is_sent(server, account):
    target = sign(account, "/report")
    other = Browser(server)
    other.register()
    assert ["Remote-User", account.email] in other.get(target, headers=FETCH).json()["headers"]
    expired = target[:-1] + ("A" if target[-1] != "A" else "B")
    assert ["Remote-User", account.email] not in other.get(expired, headers=FETCH).json()["headers"]


def test_a_rewritten_request_is_judged_by_what_was_sent(server, account):
    assert ask(server, sign(account, "/moved/x")) == 200
    assert ask(server, sign(account, "/kept/x").replace("/kept/", "/moved/")) == 401


# ---- attacks ----

def test_no_part_of_it_can_be_changed(server, account, upstream):
    target = sign(account, "/files/a?x=1&y=2")
    path, _, query = target.partition("?")
    rest, expires, signature = re.fullmatch(r"(.*)&gh_expires=(\d+)&gh_signature=(.*)", query).groups()
    tampered = signature[:20] + ("A" if signature[20] != "A" else "B") + signature[21:]
    user = signature[:60] + ("A" if signature[60] != "A" else "B") + signature[61:]
    good = f"gh_expires={expires}&gh_signature={signature}"
    wrong = [
        f"/files/b?{query}", f"/files/?{query}", f"/files/a/?{query}", f"/FILES/a?{query}", f"//files/a?{query}",
        f"{path}?x=1&{good}", f"{path}?{good}", f"{path}?y=2&x=1&{good}", f"{path}?x=1&y=3&{good}", f"{path}?{rest}&z=1&{good}",
        f"{path}?{rest}&{good}&z=1", f"{path}?{good}&{rest}", f"{path}?{rest}&{good}&", f"{path}?{rest}&&{good}",
        f"{path}?{rest}&gh_expires={int(expires) + 1}&gh_signature={signature}",
        f"{path}?{rest}&gh_expires=0{expires}&gh_signature={signature}", f"{path}?{rest}&gh_expires=+{expires}&gh_signature={signature}",
        f"{path}?{rest}&gh_expires=&gh_signature={signature}", f"{path}?{rest}&gh_expires={expires}0&gh_signature={signature}",
        f"{path}?{rest}&gh_signature={signature}", f"{path}?{rest}&gh_expires={expires}", f"{path}?{rest}&gh_expires={expires}&gh_signature=",
        f"{path}?{rest}&gh_expires={expires}&gh_signature={tampered}", f"{path}?{rest}&gh_expires={expires}&gh_signature={user}",
        f"{path}?{rest}&gh_expires={expires}&gh_signature={signature}=", f"{path}?{rest}&gh_expires={expires}&gh_signature={signature[:-1]}",
        f"{path}?{rest}&gh_signature={signature}&gh_expires={expires}", f"{path}?{rest}&GH_EXPIRES={expires}&GH_SIGNATURE={signature}",
        f"{path}?{rest}&gh%5Fexpires={expires}&gh%5Fsignature={signature}", f"{path}?{rest}&{good}&{good}",
        f"{path}?{rest};{good}", f"{path}?{rest}&gh_expires={expires}&gh_signature={signature}%20",
    ]
    for each in wrong:
        assert ask(server, each) == 401, each
    assert upstream.count == 0
    assert ask(server, target) == 200


@pytest.mark.parametrize("spelt", ["/files/%61", "/files/./a", "/files/../files/a", "/files//a", "/files/x/%2e%2e/a", "/%66iles/a",
                                   "/files/a%00", "/files/..%2ffiles/a", "/files/a%3F", "/files/a;x"])
def test_another_spelling_of_the_path_is_another_path(server, account, upstream, spelt):
    query = sign(account, "/files/a").partition("?")[2]
    assert ask(server, f"{spelt}?{query}") in (400, 401)
    assert upstream.count == 0


def test_a_path_that_could_be_read_in_two_ways_is_not_signed(account):
    for path in ("/files/%2e%2e/secret", "/files/../secret", "/a//b", "/a\\b", "/a%2fb", "/a/./b", "/a%252e", "//evil.example/",
                 "https://evil.example/", "report", "", "/a b", "/ü", "/a#b", "/a\r\nb", "/a/..;v=1/b", "/a%00b", "/a%", "/a%zz", "/a/..", "/x?gh_expires=1", "/x?a=1&gh_signature=x",
                 "/" + "x" * 4096):
        assert_error(account.post("signed-urls", account.access, path=path, expiresIn=60), 400, errors=["path"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get", "TRACE"])
def test_it_is_for_reading_only(server, account, upstream, method):
    assert ask(server, sign(account, "/report"), method) in (400, 401, 405)
    assert upstream.count == 0


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override: DELETE", "x-http-method: PUT", "X-Method-Override: POST", "X_HTTP_Method_Override: PUT",
                                    "Upgrade: websocket", "Content-Length: 3", "Transfer-Encoding: chunked"])
def test_what_an_application_may_take_for_more_than_a_get_is_none(server, account, upstream, header):
    body = "0\r\n\r\n" if "chunked" in header else "x=1" if "Length" in header else ""
    lines = [f"GET {sign(account, '/report')} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", header, "", body]
    status = int(server.raw("\r\n".join(lines).encode()).split()[1])
    if header.startswith("X_"):  # nginx itself drops it
        assert status == 200
        return
    assert status == 401
    assert upstream.count == 0


def test_an_error_page_makes_no_get_of_a_post(nginx, upstream):
    server = nginx(API + SIGNED + "location /down { error_page 404 = /report; return 404; }", realm=PLAIN)
    account = Account(server)
    assert ask(server, sign(account, "/down"), "POST", "Content-Length: 0") == 401
    assert upstream.count == 0


def test_it_expires(server, account):
    target = sign(account, "/report", seconds=2)
    assert ask(server, target) == 200
    wait_until(lambda: ask(server, target) == 401, "the URL to expire", 5)


def test_its_time_is_bounded(account):
    for seconds in (0, -1, 604801, 10**12, 2**64, 1.5, "60", None, True, [60]):
        answer = account.post("signed-urls", account.access, path="/x", expiresIn=seconds)
        assert_error(answer, 400, errors=["expiresIn"])
    assert account.post("signed-urls", account.access, path="/x", expiresIn=604800).status_code == 201
    assert_error(account.post("signed-urls", account.access, path="/x"), 400, errors=["expiresIn"])


def test_it_is_of_one_realm(nginx, upstream):
    """Though both have the same keys and sessions of the same names."""
    one, other = (nginx(API + SIGNED, realm={**PLAIN, "public_url": "http://127.0.0.1"}) for _ in range(2))
    target = sign(Account(one), "/report")
    assert (ask(one, target), ask(other, target)) == (200, 401)


def test_it_is_of_one_host(nginx):
    server = nginx("server_name app.example.com files.example.com;" + API + SIGNED,
                   realm={**PLAIN, "public_url": "http://app.example.com", "hosts": "app.example.com files.example.com"})
    account = Account(server)

    def visit(target, host):
        return server.get(target, headers={"Host": host}).status_code

    target = sign(account, "/report")
    assert [visit(target, host) for host in ("app.example.com", "APP.example.com:80", "files.example.com", "other.example.com")] == [200, 200, 401, 401]
    elsewhere = account.post("signed-urls", account.access, path="/report", expiresIn=60, host="files.example.com").json()["url"]
    assert elsewhere.startswith("http://files.example.com/report?")
    target = elsewhere[len("http://files.example.com"):]
    assert [visit(target, host) for host in ("files.example.com", "app.example.com")] == [200, 401]
    assert_error(account.post("signed-urls", account.access, path="/report", expiresIn=60, host="evil.example"), 400, errors=["host"])


def test_only_a_session_makes_one(server, account, postgres):
    token = insert_token(postgres, account)
    body = {"path": "/report", "expiresIn": 60}
    for headers in ({}, bearer(token), bearer("x")):
        assert server.post("/auth/signed-urls", json=body, headers=headers).status_code == 401
    target = sign(account, "/auth/me")
    assert ask(server, target) == 401, "the endpoints take none"
    target = sign(account, "/auth/signed-urls")
    assert ask(server, target, "POST") in (400, 401, 415)


def test_other_keys_make_none(nginx, keys, upstream):
    """Nor does the key of refresh tokens itself, of which it is derived."""
    server = nginx(API + SIGNED, realm=PLAIN)
    account = Account(server)
    target = sign(account, "/report")
    assert ask(server, target) == 200
    expires, sid = re.search(r"gh_expires=(\d+)", target)[1], base64.urlsafe_b64decode(target[target.index("ure=") + 4:] + "=")[32:]
    message = f"gatehouse signed URL, GET\n{server.realm}\n127.0.0.1\n{expires}\n{sid.decode()}\n/report".encode()

    def forge(key):
        signature = hmac.new(key, message, hashlib.sha256).digest() + sid
        return f"/report?gh_expires={expires}&gh_signature={base64url(signature)}"

    def derive(key):  # RFC 5869, without salt
        extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
        return hmac.new(extracted, b"gatehouse signed URL\x01", hashlib.sha256).digest()

    raw = [base64.urlsafe_b64decode(key["k"] + "==") for key in keys["keys"]]
    assert forge(derive(raw[1])) == target, "the forger knows how"
    for key in (*raw, derive(raw[0]), derive(secrets.token_bytes(32)), b""):
        assert ask(server, forge(key)) == 401


def test_a_new_key_lets_the_old_ones_live_as_long_as_it_is_there(nginx, keys, folder):
    server = nginx(API + SIGNED, realm=PLAIN)
    account = Account(server)
    target = sign(account, "/report")
    for number, more in enumerate(([new_key("gatehouse-refresh", "refresh-2")] + keys["keys"],
                                   [new_key("gatehouse-refresh", "refresh-2"), keys["keys"][0]])):
        (folder / "keys.json").write_text(json.dumps({"keys": more}))
        server.reload()
        wait_until(lambda: ask(server, target) == (200, 401)[number], f"the keys of step {number}")


# ---- its end ----

ENDS = {
    "logout": lambda account, postgres: account.post("logout", refreshToken=account.refresh_token),
    "logout everywhere": lambda account, postgres: account.post("logout/all", account.access),
    "disabled": lambda account, postgres: postgres.query("select gatehouse.set_disabled(%s, %s, true)", account.server.realm, account.email),
    "deleted": lambda account, postgres: postgres.query("delete from gatehouse.users where id = %s", account.id),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_ends_it_early(nginx, postgres, how):
    """At every node, and for one that has never seen it."""
    realm = {**PLAIN, "public_url": "http://127.0.0.1"}
    server, other = nginx(API + SIGNED, realm=realm, name="signed"), nginx(SIGNED, realm=realm, name="signed")
    account = Account(server)
    target, unused = sign(account, "/report", 604800), sign(account, "/another", 604800)
    assert [ask(each, target) for each in (server, other) for _ in range(4)] == [200] * 8
    ENDS[how](account, postgres)
    for each in (server, other):
        ends_within(each, {}, 2, target)
        assert ask(each, unused) == 401


def test_one_that_was_made_by_another_session_stays(server, account):
    first = sign(account, "/report")
    account.login()
    second = sign(account, "/report")
    assert account.post("logout", account.access).status_code == 200
    ends_within(server, {}, 2, second)
    assert ask(server, first) == 200


def test_without_redis_known_ones_pass_and_unknown_ones_wait(nginx, redis):
    server = nginx(API + SIGNED, realm=PLAIN, workers=1)
    account, stranger = Account(server), Account(server)
    known, unknown = sign(account, "/report"), sign(stranger, "/report")
    assert ask(server, known) == 200
    redis.stop()
    try:
        assert ask(server, known) == 200
        assert ask(server, unknown) == 503
    finally:
        redis.ensure_running()


def test_a_flood_of_wrong_ones_asks_no_store(nginx, redis, postgres):
    server = nginx(API + SIGNED, realm=PLAIN, workers=1)
    account = Account(server)
    target = sign(account, "/report")
    redis.pause()
    postgres.pause()
    try:
        begun = time.monotonic()
        for number in range(200):
            assert ask(server, target[:-45] + f"{number:044}" + target[-1]) == 401
        assert time.monotonic() - begun < 2
    finally:
        redis.resume()
        postgres.resume()


# ---- what shows it ----

def shown(server):
    return (server.folder / "shown.log").read_text()


@pytest.mark.parametrize("path", ["/report", "/unsigned/x", "/open/x", "/moved/x", "/auth/verify", "/staff/x"])
def test_no_log_variable_or_application_sees_it(server, account, upstream, path):
    target = sign(account, path + "?year=2026")
    signature = target.partition("gh_signature=")[2]
    answer = server.raw(f"GET {target} HTTP/1.0\r\nReferer: http://127.0.0.1{target}\r\n\r\n".encode())
    assert signature.encode() not in answer
    masked = path + "?year=2026&gh_expires=" + target.partition("gh_expires=")[2].partition("&")[0] + "&gh_signature=***"
    line = f"GET {masked} HTTP/1.0|{path}?year=2026|year=2026|year=2026|-|?|http://127.0.0.1{masked}\n"
    wait_until(lambda: line in shown(server), "the line in the log")
    assert signature not in shown(server) + server.access_log() + server.error_log()


def test_a_query_of_nothing_else_is_gone(server, account):
    target = sign(account, "/report")
    assert json.loads(server.raw(f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()).partition(b"\r\n\r\n")[2])["uri"] == "/report"
    wait_until(lambda: "|/report|-|-|-||-\n" in shown(server), "the line in the log")


def test_other_queries_are_left_as_they_are(server):
    for query in ("?", "?&&", "?a=1&&b", "?gh=1&signature=x", "?xgh_signature=1&gh_signatures=2", "?a?gh_signature", "?%"):
        body = server.raw(f"GET /open/x{query} HTTP/1.0\r\n\r\n".encode()).partition(b"\r\n\r\n")[2]
        assert json.loads(body)["uri"] == "/open/x" + query


def test_an_error_does_not_show_it(nginx):
    server = nginx(API + SIGNED + "location /dead { gatehouse %REALM%; gatehouse_signed_url on; proxy_pass http://127.0.0.1:1; }",
                   realm=PLAIN)
    target = sign(Account(server), "/dead")
    assert ask(server, target) == 502
    assert 'request: "GET /dead?gh_expires=' in server.error_log()
    assert target.partition("gh_signature=")[2] not in server.error_log()


def test_where_no_location_takes_one_an_application_keeps_the_words(nginx):
    server = nginx("location / { proxy_pass %UPSTREAM%; }")
    assert server.get("/?gh_signature=x").json()["uri"] == "/?gh_signature=x"
