"""nginx -t: what leads out of a guarded location unmeant, and nginx's own cache behind the guard."""

import pytest
from accounts import API, Account, bearer
from browser import Browser, set_cookies

pytestmark = pytest.mark.quick

APP = "location ~ \\.php$ { %s proxy_pass %%UPSTREAM%%; }"
SILENT = APP % ""
OUT = "leads out of the guarded location"


def warnings(nginx, server, http=""):
    ok, said = nginx(API + server, http=http, start=False).test_conf()
    assert ok, said
    return [line for line in said.splitlines() if "[warn]" in line and (OUT in line or "_cache" in line)]


# ---- locations ----

@pytest.mark.parametrize("way", [
    "try_files $uri /index.php;", "try_files $uri $uri/ /index.php?$args;", "try_files $uri /index.php$is_args$args;",
    "rewrite ^ /index.php last;", "rewrite ^/app/(.*)$ /index.php?page=$1;", "error_page 404 /index.php;", "error_page 404 = /index.php?gone=1; proxy_pass %UPSTREAM%;"])
def test_a_guarded_location_that_leads_to_one_that_says_nothing_is_a_warning(nginx, way):
    """Issue 10.9: anybody gets in there, and its application is told of no user."""
    said = warnings(nginx, SILENT + "location /app/ { gatehouse %REALM%; " + way + " }")
    assert len(said) == 1, said
    for words in (OUT, '"/app/"', '"\\.php$"', '"/index.php"', '"gatehouse off;"', "nginx.conf:"):
        assert words in said[0]


@pytest.mark.parametrize("server", [
    SILENT + "location /app/ { gatehouse %REALM%; try_files $uri @app; } location @app { proxy_pass %UPSTREAM%; }",
    APP % "gatehouse %REALM%;" + "location /app/ { gatehouse %REALM%; try_files $uri /index.php; }",
    APP % "gatehouse off;" + "location /app/ { gatehouse %REALM%; try_files $uri /index.php; }",
    APP % "internal;" + "location /app/ { gatehouse %REALM%; try_files $uri /index.php; }",
    SILENT + "location /app/ { try_files $uri /index.php; }",
    SILENT + "location /app/ { gatehouse %REALM%; try_files $uri =404; }",
    SILENT + "location /app/ { gatehouse %REALM%; try_files $uri $uri.php; }",
    SILENT + "location /app/ { gatehouse %REALM%; rewrite ^ /index.php break; rewrite ^/app/(x.*)$ /$1 last; }",
    SILENT + "location /app/ { gatehouse %REALM%; rewrite ^ /index.php redirect; }",
    SILENT + "rewrite ^/old$ /index.php; location /app/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }",
    SILENT + "location /app/ { gatehouse %REALM%; error_page 401 403 /index.php; }",
    "gatehouse %REALM%; " + SILENT + "location /app/ { try_files $uri /index.php; }",
    "location /app/ { gatehouse %REALM%; error_page 401 /auth/login; error_page 404 /auth/account; }",
    "location /app/ { gatehouse %REALM%; error_page 500 502 /50x.html; } location = /50x.html { root %FOLDER%/html; }",
    "location / { gatehouse %REALM%; try_files $uri /index.html; }"], ids=range(15))
def test_what_continues_the_guard_or_says_what_it_means_is_none(nginx, server):
    """Issue 10.9."""
    assert warnings(nginx, server) == []


def test_it_is_said_once_of_a_place_and_after_a_reload_again(nginx):
    """Issue 10.9: the directives of nginx that are looked at work as ever afterwards."""
    server = nginx(API + SILENT + "error_page 404 /index.php; location /a/ { gatehouse %REALM%; root %FOLDER%/html; } "
                   "location /b/ { gatehouse %REALM%; try_files $uri /index.php; root %FOLDER%/html; }")
    assert server.error_log().count(OUT) == 1
    conf = server.folder / "nginx.conf"
    good = conf.read_text()
    conf.write_text(good.replace("try_files", "nonsense on; try_files"))
    server.expect_log('unknown directive "nonsense"')
    assert not server.test_conf()[0]
    server._signal(server.master, 1)
    server.wait_for_log('unknown directive "nonsense"')
    conf.write_text(good)
    server.reload()
    assert server.error_log().count(OUT) == 2
    account = Account(server)
    assert account.visit("/b/none").status_code == 200


# ---- nginx's cache ----

ZONE = "proxy_cache_path %FOLDER%/cache keys_zone=pages:1m; fastcgi_cache_path %FOLDER%/fast keys_zone=fast:1m; "
ZONE += "scgi_cache_path %FOLDER%/scgi-cache keys_zone=scgi:1m; uwsgi_cache_path %FOLDER%/uwsgi-cache keys_zone=uwsgi:1m;"
KEY = 'proxy_cache_key "$gatehouse_user $scheme$host$request_uri";'
CACHED = "proxy_cache pages; proxy_cache_valid 200 1h; proxy_pass %UPSTREAM%;"


@pytest.mark.parametrize("server", [
    "location / { gatehouse %REALM%; " + CACHED + " }",
    "location / { gatehouse %REALM%; proxy_cache_key $host$uri; " + CACHED + " }",
    "proxy_cache pages; location / { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }",
    "gatehouse %REALM%; proxy_cache $arg_zone; location /a { location /a/b { proxy_pass %UPSTREAM%; } }",
    "location / { gatehouse %REALM%; proxy_no_cache $gatehouse_user; " + CACHED + " }",
    "location / { gatehouse %REALM%; fastcgi_cache fast; fastcgi_cache_key $request_uri; fastcgi_pass 127.0.0.1:1; }",
    "location / { gatehouse %REALM%; scgi_cache scgi; scgi_cache_key $request_uri; scgi_pass 127.0.0.1:1; }",
    "location / { gatehouse %REALM%; uwsgi_cache uwsgi; uwsgi_cache_key $request_uri; uwsgi_pass 127.0.0.1:1; }"], ids=range(8))
def test_a_cache_behind_the_guard_that_knows_no_user_is_a_warning(nginx, server):
    """Issue 10.15: the second user gets the first one's page."""
    said = warnings(nginx, server, ZONE)
    assert len(said) == 1, said
    assert '_cache" in the guarded location "/' in said[0] and "$gatehouse_user" in said[0] and "_cache off;" in said[0]


@pytest.mark.parametrize("server", [
    "location / { gatehouse %REALM%; " + KEY + CACHED + " }",
    KEY.replace("$gatehouse_user", "${gatehouse_session}") + "location / { gatehouse %REALM%; " + CACHED + " }",
    "location / { gatehouse %REALM%; proxy_no_cache $gatehouse_user; proxy_cache_bypass $gatehouse_user; " + CACHED + " }",
    "location / { " + CACHED + " } location /app/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }",
    "proxy_cache pages; location / { gatehouse %REALM%; proxy_cache off; proxy_pass %UPSTREAM%; }",
    "proxy_cache pages; location / { gatehouse %REALM%; root %FOLDER%/html; }"], ids=range(6))
def test_a_cache_that_knows_the_user_or_is_not_behind_the_guard_is_none(nginx, server):
    """Issue 10.15."""
    assert warnings(nginx, server, ZONE) == []


@pytest.mark.parametrize("key, pages", [("", ["page 1", "page 1"]), (KEY, ["page 1", "page 2"])])
def test_the_second_user_gets_the_first_ones_page_unless_the_key_has_the_user(nginx, upstream, key, pages):
    """Issue 10.15: as the guide says. Nobody gets it without a login, and nothing of ours is kept with it."""
    server = nginx(API + "location / { gatehouse %REALM%; " + key + CACHED + " }", http=ZONE)
    upstream.reply = lambda request: (200, [], f"page {upstream.count}")
    users = [Account(server), Account(server)]
    assert [user.visit("/").text for user in users] == pages
    assert [user.visit("/").text for user in users] == pages
    assert upstream.count == len(set(pages))
    assert server.get("/").status_code == 401


@pytest.mark.parametrize("said", ["Cache-Control: no-store", "Cache-Control: private", "Set-Cookie: a=b", "Vary: *"])
def test_an_application_that_says_so_is_not_cached(nginx, upstream, said):
    """Issue 10.15: what the guard adds comes too late for nginx's cache, what the application says does not."""
    server = nginx(API + "location / { gatehouse %REALM%; " + CACHED + " }", http=ZONE)
    name, _, value = said.partition(": ")
    upstream.reply = lambda request: (200, [(name, value)], f"page {upstream.count}")
    assert [Account(server).visit("/").text for _ in range(2)] == ["page 1", "page 2"]


def test_a_cached_page_brings_no_ones_cookies(nginx, upstream):
    """Issue 10.15: a silent refresh adds its cookies and no-store after the cache has kept the page."""
    server = nginx(API + "location / { gatehouse %REALM%; " + CACHED + " }", http=ZONE,
                   realm={"cookie": "gh", "cookie_secure": "off"})
    upstream.reply = lambda request: (200, [("Content-Type", "text/html")], f"page {upstream.count}")
    first, second = Browser(server), Browser(server)
    first.register()
    second.register()
    first.forget("gh")
    answer = first.get("/")
    assert set_cookies(answer) and answer.text == "page 1"
    answer = second.get("/")
    assert not set_cookies(answer) and answer.text == "page 1"
    assert server.get("/", headers=bearer("x")).status_code == 401


def test_a_key_with_the_user_knows_who_has_only_a_refresh_cookie(nginx, upstream):
    """Issue 10.15, 10.11: the cache asks after the guard has renewed, even where limit_req has asked before."""
    server = nginx(API + "location / { gatehouse %REALM%; limit_req zone=users burst=9 nodelay; " + KEY + CACHED + " }",
                   http=ZONE + "limit_req_zone $gatehouse_user zone=users:1m rate=1r/s;",
                   realm={"cookie": "gh", "cookie_secure": "off"})
    upstream.reply = lambda request: (200, [("Content-Type", "text/html")], f"page {upstream.count}")
    first, second = Browser(server), Browser(server)
    for number, browser in enumerate((first, second), 1):
        browser.register()
        browser.forget("gh")
        assert [browser.get("/").text for _ in range(2)] == [f"page {number}"] * 2
