"""What the application, the log and nginx's other modules learn about the user."""

import re

import pytest

from accounts import API, GUARDED, Account
from browser import NAVIGATION, Browser
from fastcgi import FastCgi
from processes import wait_until
from stores import TREE
from tokens import ABSENT

OURS = ("remote-user", "remote-name", "remote-email", "remote-groups", "authorization")


def identity(answer):
    """The headers of identity, and Authorization, that the application received."""
    assert answer.status_code == 200, answer.text
    return {name: value.encode("latin-1").decode() for name, value in answer.json()["headers"] if name.lower() in OURS}


# ---- headers ----

def test_the_application_learns_who_it_is(guarded):
    server, mint = guarded()
    assert identity(server.get("/", headers=mint.bearer(roles=["staff", "admin"]))) == {
        "Remote-User": "jane@example.com", "Remote-Name": "Jane Doe", "Remote-Email": "jane@example.com",
        "Remote-Groups": "staff,admin"}


def test_what_is_unknown_is_not_sent(guarded):
    server, mint = guarded()
    assert identity(server.get("/", headers=mint.bearer(name=ABSENT, roles=ABSENT, email=ABSENT))) == {}
    assert identity(server.get("/", headers=mint.bearer(name="", roles=[], email=""))) == {}
    assert identity(server.get("/", headers=mint.bearer(name=["x"], roles="admin", email={"a": 1}))) == {}


@pytest.mark.parametrize("remote_user, value", [
    ("id", "11111111-2222-4333-8444-555555555555"), ("username", "jane"), ("email", "jane@example.com")])
def test_remote_user_is_what_the_realm_says(guarded, remote_user, value):
    server, mint = guarded(realm={"remote_user": remote_user})
    assert identity(server.get("/", headers=mint.bearer(preferred_username="jane")))["Remote-User"] == value
    if remote_user == "username":
        assert "Remote-User" not in identity(server.get("/", headers=mint.bearer()))


def test_names_in_every_script_arrive_as_utf_8(guarded):
    server, mint = guarded()
    for name in ("Zoë Ångström", "山田太郎", "Ж 🦉", "a,b;c=\"d\"", "é" * 100):
        assert identity(server.get("/", headers=mint.bearer(name=name)))["Remote-Name"] == name


def test_a_role_with_a_comma_is_no_role(guarded):
    server, mint = guarded()
    assert identity(server.get("/", headers=mint.bearer(roles=["a,admin", "", "b", 1, None])))["Remote-Groups"] == "b"


def test_control_characters_never_arrive(guarded, upstream):
    server, mint = guarded()
    for bad in ("a\r\nRemote-User: root", "a\nb", "a\x00b", "\x1b[0m", "a\x7f"):
        for claim in ("name", "email", "sub", "custom"):
            assert server.get("/", headers=mint.bearer(**{claim: bad})).status_code == 401
        assert server.get("/", headers=mint.bearer(roles=["a", bad])).status_code == 401
    assert upstream.count == 0


def test_own_header_names(guarded):
    server, mint = guarded("location / { gatehouse %REALM%; gatehouse_header X-Remote-User $gatehouse_email; "
                           "gatehouse_header Remote-Email ''; gatehouse_header remote_name 'Ms. $gatehouse_name'; "
                           "gatehouse_header X-Who $gatehouse_user/$gatehouse_session; proxy_pass %UPSTREAM%; }")
    headers = server.get("/", headers=mint.bearer()).json()["headers"]
    sent = {name: value for name, value in headers if name.lower().startswith(("remote", "x-"))}
    assert sent == {"X-Remote-User": "jane@example.com", "remote_name": "Ms. Jane Doe",
                    "Remote-User": "jane@example.com",
                    "X-Who": "11111111-2222-4333-8444-555555555555/a-session"}


def test_own_header_with_what_a_client_may_write_cannot_break_lines(guarded):
    server, mint = guarded("location / { gatehouse %REALM%; gatehouse_header X-Who $uri; proxy_pass %UPSTREAM%; }")
    answer = server.get("/a%0d%0aRemote-User:%20root", headers=mint.bearer())
    assert not [name for name, _ in answer.json()["headers"] if name == "X-Who"]
    assert identity(answer)["Remote-User"] == "jane@example.com"


def test_authorization_is_hidden_unless_it_is_asked_for(guarded):
    server, mint = guarded("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; } location /pass/ { gatehouse %REALM%; "
                           "gatehouse_pass_authorization on; proxy_pass %UPSTREAM%; }"
                           "location /may/ { gatehouse %REALM% optional; proxy_pass %UPSTREAM%; }")
    token = mint.bearer()
    assert "Authorization" not in identity(server.get("/", headers=token))
    assert identity(server.get("/pass/", headers=token))["Authorization"] == token["Authorization"]
    assert "Authorization" not in identity(server.get("/may/", headers=token))
    assert identity(server.get("/may/", auth=("a", "b"))) == {"Authorization": "Basic YTpi"}
    assert "authorization" not in server.get("/", headers={"authorization": token["Authorization"]}).text.lower()


# ---- e-mail is identity only when verified ----

@pytest.mark.parametrize("verified", [False, ABSENT, "true", 1, None])
def test_an_unverified_email_is_emitted_nowhere(guarded, verified):
    places = ("$gatehouse_email|$gatehouse_claim_email|$gatehouse_remote_user|$gatehouse_username|$gatehouse_name|"
              "$gatehouse_roles|$gatehouse_user|$gatehouse_session")
    server, mint = guarded(GUARDED.replace("{", "{ proxy_set_header X-All '" + places + "'; add_header X-All '" + places + "';") +
                           "location /rule/ { gatehouse %REALM%; gatehouse_require claim:email=jane@example.com; }",
                           http="log_format who '" + places + "'; access_log %FOLDER%/who.log who;",
                           realm={"verify_email": "on"})
    answer = server.get("/", headers=mint.bearer(email_verified=verified))
    assert answer.status_code == 200
    assert "jane@example.com" not in answer.text + str(answer.headers)
    assert identity(answer) == {"Remote-Name": "Jane Doe"}
    assert server.get("/rule/", headers=mint.bearer(email_verified=verified)).status_code == 403
    server.stop()
    assert "jane@example.com" not in (server.folder / "who.log").read_text().splitlines()[-2]


def test_a_verified_email_is_identity(guarded):
    server, mint = guarded(GUARDED + "location /rule/ { gatehouse %REALM%; gatehouse_require claim:email=jane@example.com; "
                           "proxy_pass %UPSTREAM%; }", realm={"verify_email": "on"})
    assert identity(server.get("/rule/", headers=mint.bearer()))["Remote-Email"] == "jane@example.com"


def test_a_registered_email_counts_once_it_is_verified(nginx, postgres):
    server = nginx(API + GUARDED, realm={"verify_email": "on"})
    account = Account(server)
    wait_until(lambda: account.visit().status_code == 200, "the guard to be ready")
    assert identity(account.visit()) == {"Remote-Name": "Jane Doe"}
    postgres.query("update gatehouse.users set email_verified_at = now() where realm = %s", server.realm)
    account.login()
    assert identity(account.visit())["Remote-User"] == account.email


# ---- roles from the database ----

def test_roles_given_by_the_administrator_reach_the_application(nginx, postgres):
    server = nginx(API + "location / { gatehouse %REALM%; gatehouse_require role=admin; proxy_pass %UPSTREAM%; }")
    account = Account(server)
    wait_until(lambda: account.visit().status_code == 403, "the guard to be ready")
    postgres.query("select gatehouse.set_roles(%s, %s, '{staff,admin}')", server.realm, account.email)
    account.login()
    wait_until(lambda: account.login().status_code == 200 and account.visit().status_code == 200, "the new roles")
    assert identity(account.visit())["Remote-Groups"] == "staff,admin"


# ---- variables ----

def test_variables_in_the_access_log_map_limit_req_and_add_header(guarded):
    http = ("log_format who '$status user=$gatehouse_user email=$gatehouse_email name=$gatehouse_name roles=$gatehouse_roles "
            "team=$gatehouse_claim_team n=$gatehouse_claim_n tier=$tier header=$http_remote_user';"
            "access_log %FOLDER%/who.log who; map $gatehouse_email $tier { default none; jane@example.com gold; }"
            "limit_req_zone $gatehouse_user zone=user:1m rate=1r/m;")
    server, mint = guarded("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; proxy_set_header X-Tier $tier; "
                           "add_header X-User $gatehouse_user always; } location /limited/ { gatehouse %REALM%; "
                           "limit_req zone=user; limit_req_status 429; proxy_pass %UPSTREAM%; }", http=http)
    answer = server.get("/", headers=mint.bearer(team="red", n=[1, "x"], roles=["a", "b"]))
    assert answer.headers["X-User"] == mint.claims()["sub"]
    assert ["X-Tier", "gold"] in answer.json()["headers"]
    assert "X-User" not in server.get("/").headers
    assert [server.get("/limited/", headers=mint.bearer(sub=who)).status_code for who in "abaab"] == [200, 200, 429,
                                                                                                      429, 429]
    server.stop()
    lines = (server.folder / "who.log").read_text().splitlines()
    assert (f'200 user={mint.claims()["sub"]} email=jane@example.com name=Jane Doe roles=a,b team=red n=[1,"x"] tier=gold '
            "header=jane@example.com") in [line.replace("\\x22", '"') for line in lines]
    assert "401 user=- email=- name=- roles=- team=- n=- tier=none header=-" in lines


def test_a_limit_by_user_holds_for_who_shows_only_a_refresh_cookie(nginx):
    """Issue 10.11: limit_req asks before the guard renews, and counts nothing for an empty key. The reference's sample."""
    reference = (TREE / "docs" / "reference.md").read_text()
    sample = re.search(r"```nginx http\n(map \$gatehouse_user \$limit_key .*?)```", reference, re.DOTALL)[1]
    server = nginx(API + "limit_req_status 429; location /by_user { gatehouse %REALM%; limit_req zone=plain; proxy_pass %UPSTREAM%; } "
                   "location /by_key { gatehouse %REALM%; limit_req zone=users; proxy_pass %UPSTREAM%; }",
                   http=sample.replace("10r/s", "1r/m") + "limit_req_zone $gatehouse_user zone=plain:1m rate=1r/m;",
                   realm={"cookie": "gh", "cookie_secure": "off"})
    browser = Browser(server)
    browser.register()
    fresh = dict(browser.cookies)
    del fresh["gh"]

    def visit(path, cookies):
        return server.get(path, headers=NAVIGATION, cookies=cookies).status_code

    assert [visit("/by_user", fresh) for _ in range(3)] == [200, 200, 200]
    assert [visit("/by_key", fresh) for _ in range(3)] == [200, 429, 429]
    assert [visit("/by_key", browser.cookies) for _ in range(2)] == [200, 429], "by the user again"


def test_fastcgi_has_the_identity_and_no_authorization(guarded):
    application = FastCgi()
    server, mint = guarded("location / { gatehouse %REALM%; fastcgi_param REMOTE_USER $gatehouse_email; "
                           f"fastcgi_pass {application.address}; }} location /open/ {{ fastcgi_pass {application.address}; "
                           "fastcgi_param REMOTE_USER $gatehouse_email; } underscores_in_headers on;")
    spoof = {"Remote-User": "root", "remote_user": "root", "REMOTE_USER": "root", "Remote_User": "root"}
    answer = server.get("/", headers={**mint.bearer(), **spoof})
    sent = answer.json()
    assert [value for name, value in sent if name == "REMOTE_USER"] == ["jane@example.com"]
    assert [value for name, value in sent if name == "HTTP_REMOTE_USER"] == ["jane@example.com"]
    assert "HTTP_AUTHORIZATION" not in dict(sent)
    sent = server.get("/open/", headers=spoof).json()
    assert "root" not in str(sent)
    application.close()
