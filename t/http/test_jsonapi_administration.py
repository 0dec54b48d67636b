"""`jsonapi` below admin/: administrators log in there, and list, make, change and delete users."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from accounts import API, GUARDED, Account, bearer, claims
from contract import assert_answer, cookies_of, normal
from jsonapi_client import V1, Client, plain, post, schema
from processes import wait_until

NOBODY = "00000000-0000-4000-8000-000000000000"


def envelope(attributes, kind="users"):
    return {"data": {"type": kind, "attributes": attributes}}


class Administrator(Client):
    """One who has logged in at admin/login."""

    def __init__(self, server, postgres, **attributes):
        super().__init__(server, **attributes)
        postgres.query("select gatehouse.set_roles(%s, %s, '{admin,staff}')", server.realm, self.email)
        answer = self.enter()
        assert answer.status_code == 200, answer.text

    def enter(self):
        answer = self.server.post("/v1/admin/login", json=envelope({"email": self.email, "password": self.password}))
        if answer.status_code == 200:
            attributes = answer.json()["data"]["attributes"]
            self.admin, self.admin_refresh = attributes["access_token"], attributes["refresh_token"]
        return answer

    def refresh_admin(self, token=None, method="POST"):
        return self.server.request(method, "/v1/admin/refresh", json={"refreshToken": token or self.admin_refresh})

    def call(self, method, route="users", attributes=None, token=None):
        options = {} if attributes is None else {"json": envelope(attributes)}
        return self.server.request(method, f"/v1/admin/{route}", headers=bearer(token or self.admin), **options)

    def seen(self, query=""):
        return [each["attributes"]["email"] for each in self.call("GET", "users" + query).json()["data"]]


@pytest.fixture
def server(nginx):
    return nginx(V1 + API + GUARDED)


@pytest.fixture
def admin(server, postgres):
    return Administrator(server, postgres)


# ---- the original's own tests ----

def first_cookies(answer, header):
    """As the original's tests read them: the pairs of one Set-Cookie header, whatever they are."""
    pairs = (part.partition("=") for part in answer.raw.headers.getlist("Set-Cookie")[header].split("; "))
    return {name: value for name, _, value in pairs}


def test_the_ten_endpoint_tests_of_the_original(nginx, postgres):
    """Issue 10.19: AuthCompanion 3.0.0-beta.20, tests/app.test.js, with its own values."""
    server = nginx(V1, realm={"jsonapi_cookie": "userRefreshToken"})
    administrator = Administrator(server, postgres)
    login = lambda: server.post("/v1/admin/login", json=envelope(
        {"email": administrator.email, "password": administrator.password}))
    person = {"name": "Authy Person", "email": "hello_test@authcompanion.com", "password": "mysecretpass"}
    registered = post(server, "register", person)
    post(server, "register", {**person, "metadata": {"tenant": "tenantID"}})
    uuid, jwt = registered.json()["data"]["id"], registered.json()["data"]["attributes"]["access_token"]
    refresh_token = first_cookies(registered, 0)["userRefreshToken"]
    assert re.fullmatch("[0-9a-f]{32}", first_cookies(registered, 1)["Fgp"])
    tokens = login().json()["data"]["attributes"]
    as_admin = bearer(tokens["access_token"])

    assert server.post("/v1/auth/refresh", json={}, headers={"Cookie": f"userRefreshToken={refresh_token}"}).status_code == 200
    assert post(server, "register", {**person, "email": "hello_test_register@authcompanion.com",
                                     "metadata": {"tenant": "12345"}}).status_code == 201
    assert post(server, "login", person).status_code == 200
    assert post(server, "users/me", {"name": "Authy Person_update", "email": "hello_updated@authcompanion.com",
                                     "password": "mysecretpass1", "metadata": {"secret": "notreally"}},
                **bearer(jwt), cookie="undefined").status_code == 200
    assert server.post("/v1/admin/refresh", json={"refreshToken": tokens["refresh_token"]}).status_code == 200
    assert login().status_code == 200
    assert server.get("/v1/admin/users", headers=as_admin).status_code == 200
    assert server.post("/v1/admin/users", headers=as_admin, json=envelope(
        {"name": "Test User", "email": "mytestuser1@authcompanion.com", "password": "supersecret", "active": 1})).status_code == 201
    change = {"data": {"type": "users", "id": uuid, "attributes": {"name": "Test User", "email": "email@email.com", "active": 0}}}
    assert server.request("PATCH", f"/v1/admin/users/{uuid}", headers=as_admin, json=change).status_code == 200
    assert server.request("DELETE", f"/v1/admin/users/{uuid}", headers=as_admin).status_code == 204


# ---- logging in ----

LOGGED_IN = ('{"data":{"type":"users","id":"ID","attributes":{"name":"Authy Person","email":"%s","created":"TIME",'
             '"access_token":"TOKEN","access_token_expiry":SECONDS,"refresh_token":"TOKEN"}}}')


def test_an_administrator_logs_in(admin):
    answer = admin.enter()
    assert_answer(answer, 200, LOGGED_IN % admin.email)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", answer.headers["x-authc-app-origin"])
    assert set(cookies_of(answer)) == {"Fgp"}, "the refresh token is in the body"
    said = claims(admin.admin)
    assert (said["scope"], said["userid"], said["client_id"]) == ("admin", admin.id, "jsonapi-admin")
    assert said["exp"] - said["iat"] == 3600
    assert claims(admin.admin_refresh)["exp"] - claims(admin.admin_refresh)["iat"] == 7 * 24 * 3600
    assert admin.visit(admin.admin).status_code == 200


def test_who_is_no_administrator_is_not_told_so(server, admin, postgres, redis):
    """The answer is that to a wrong password, and no session was opened."""
    user = Client(server)
    enter = lambda who, password: server.post("/v1/admin/login", json=envelope({"email": who, "password": password}))
    for answer in (enter(user.email, user.password), enter(user.email, "wrong-password"), enter(admin.email, "wrong-password"),
                   enter("nobody@example.com", "wrong-password")):
        assert_answer(answer, 400, plain(400, "Login Failed"))
        assert "Set-Cookie" not in answer.headers
    rows = postgres.query("select detail ->> 'reason' as reason from gatehouse.audit_events where realm = %s"
                          " and event = 'login_failed' order by id", server.realm)
    assert [row["reason"] for row in rows] == ["no administrator", "wrong password", "wrong password", "unknown user"]
    sessions = redis.client.keys(f"gatehouse:{{{server.realm}}}:session:*")
    assert len(sessions) == 3, "two registrations and the login of the administrator"


def test_what_a_login_lacks(server):
    enter = lambda body: server.post("/v1/admin/login", json=body)
    assert_answer(enter(envelope({"email": "a@b.cc"})), 400, schema("body/data/attributes must have required property 'password'"))
    assert_answer(enter(envelope({"email": "a@b.cc", "password": "x"}, "admins")), 400, plain(400, "Invalid Type Attribute"))
    assert_answer(enter({}), 400, schema("body must have required property 'data'"))


# ---- refreshing and logging out ----

def test_an_administrator_refreshes(admin):
    answer = admin.refresh_admin()
    assert_answer(answer, 200, LOGGED_IN % admin.email)
    assert "x-authc-app-origin" in answer.headers
    attributes = answer.json()["data"]["attributes"]
    assert attributes["refresh_token"] != admin.admin_refresh and claims(attributes["access_token"])["scope"] == "admin"
    assert admin.call("GET", token=attributes["access_token"]).status_code == 200
    assert admin.refresh_admin(attributes["refresh_token"]).status_code == 200


def test_refresh_tokens_of_the_two_sides_are_not_each_others(admin):
    dead = plain(400, "Refresh Token Failed")
    assert_answer(admin.refresh_admin(admin.refresh_token), 400, dead)
    assert_answer(admin.refresh(admin.admin_refresh), 400, dead)
    assert_answer(admin.refresh_admin("x"), 400, dead)
    missing = admin.server.post("/v1/admin/refresh", json={}, headers={"Cookie": f"refreshToken={admin.admin_refresh}"})
    assert_answer(missing, 400, schema("body must have required property 'refreshToken'"))
    assert admin.refresh().status_code == admin.refresh_admin().status_code == 200


def test_an_administrator_logs_out(admin):
    assert_answer(admin.refresh_admin(method="DELETE"), 204, "")
    assert_answer(admin.refresh_admin(method="DELETE"), 400, plain(400, "Refresh Token Failed"))
    assert_answer(admin.refresh_admin(), 400, plain(400, "Refresh Token Failed"))
    assert_answer(admin.call("GET"), 401, plain(401, "Unauthorized"))
    assert admin.refresh().status_code == 200, "his other login is another session"


def test_who_is_an_administrator_no_more(admin, postgres):
    postgres.query("select gatehouse.set_roles(%s, %s, '{staff}')", admin.server.realm, admin.email)
    wait_until(lambda: admin.call("GET").status_code == 401, "nginx to hear of it")
    assert_answer(admin.call("GET"), 401, plain(401, "Unauthorized"))
    assert_answer(admin.refresh_admin(), 400, plain(400, "Refresh Token Failed"))
    assert_answer(admin.enter(), 400, plain(400, "Login Failed"))
    assert admin.login().status_code == 200


# ---- who may ----

def test_only_a_token_of_admin_login_administrates(server, admin, postgres):
    """Not even another token of the same administrator: it was not asked for with this in mind."""
    user = Client(server)
    admin.login()
    rest = Account(server, email=f"x{admin.email}")
    for token in (user.access, admin.access, rest.access, "x"):
        for method, route, attributes in (("GET", "users", None), ("POST", "users", {}), ("PATCH", f"users/{user.id}", {}),
                                          ("DELETE", f"users/{user.id}", None), ("DELETE", f"users/{admin.id}", None)):
            if attributes is not None:
                attributes = {"name": "Mallory", "email": "m@example.com", "password": "mysecretpass", "active": 1}
            answer = admin.call(method, route, attributes, token)
            assert_answer(answer, 401, plain(401, "Unauthorized"))
    assert_answer(server.get("/v1/admin/users"), 401, plain(401, "Unauthorized"))
    assert admin.seen() == [admin.email, user.email, rest.email]


# ---- the list ----

def test_the_list(admin):
    user = Client(admin.server, metadata={"company": "Auth Co"})
    answer = admin.call("GET")
    row = ('{"type":"users","id":"ID","attributes":{"name":"Authy Person","email":"%s","metadata":%s,"app":{},"active":1,'
           '"created":"TIME","updated":"TIME"}}')
    assert_answer(answer, 200, '{"data":[%s,%s],"links":{"first":"/v1/admin/users?page[number]=1&page[size]=10",'
                               '"last":"/v1/admin/users?page[number]=1&page[size]=10"}}'
                  % (row % (admin.email, "{}"), row % (user.email, '{"company":"Auth Co"}')))
    assert answer.json()["data"][1]["id"] == user.id


def test_the_list_in_pages(admin):
    everybody = [admin.email, *(Client(admin.server).email for _ in range(4))]
    page = lambda number, size=2: f"/v1/admin/users?page[number]={number}&page[size]={size}"
    links = lambda query: admin.call("GET", "users" + query).json()["links"]
    first = {"first": page(1), "last": page(3)}
    assert links("?page[size]=2") == {"next": page(2), **first}
    assert links("?page[size]=2&page[number]=2") == {"next": page(3), "prev": page(1), **first}
    assert links("?page%5Bsize%5D=2&page%5Bnumber%5D=3") == {"prev": page(2), **first}
    assert admin.seen("?page[size]=2") == everybody[:2]
    assert admin.seen("?page[size]=2&page[number]=2") == everybody[2:4]
    assert admin.seen("?page[size]=2&page[number]=3") == everybody[4:]
    assert admin.seen("?page[number]=2") == admin.seen("?page[number]=1000000000&page[size]=1000000000") == []
    assert links("?page[size]=999")["last"] == page(1, 200)


def test_the_list_by_email(admin):
    found = Client(admin.server, email=f"find.me+{secrets.token_hex(4)}@Example.com")
    odd = Client(admin.server, email=f"a_b{secrets.token_hex(4)}@example.org")
    search = lambda part: admin.seen("?search[email]=" + quote(part))
    assert search("FIND.ME") == search("find.me+") == search("@example.com") == [found.email]
    assert search("a_b") == [odd.email] and search("%") == search("b_a") == []
    links = admin.call("GET", "users?page[size]=1&search[email]=" + quote("find.me+")).json()["links"]
    assert links["last"] == "/v1/admin/users?page[number]=1&page[size]=1&search[email]=find.me%2B"
    assert admin.call("GET", "users?search[email]=nobody").json() == {"data": [], "links": {}}


@pytest.mark.parametrize("query, said", [
    ("page[size]=x", "page[size] must be integer"), ("page[number]=-1", "page[number] must be integer"),
    ("page[size]=0", "page[size] must be >= 1"), ("page[number]=0", "page[number] must be >= 1"),
])
def test_no_such_page(admin, query, said):
    assert_answer(admin.call("GET", f"users?{query}"), 400, schema(f"querystring/{said}"))


# ---- making a user ----

def new_user(**attributes):
    return {"name": "Test User", "email": f"{secrets.token_hex(5)}@authcompanion.com", "password": "supersecret", "active": 1,
            **attributes}


def test_an_administrator_makes_a_user(admin, postgres):
    wish = new_user(metadata={"company": "Auth Co"}, app={"tenantID": "1234"})
    answer = admin.call("POST", attributes=wish)
    assert_answer(answer, 201, '{"data":{"type":"users","id":"ID","attributes":{"name":"Test User","email":"%s","metadata":'
                               '{"company":"Auth Co"},"app":{},"active":1,"created":"TIME","updated":"TIME"}}}' % wish["email"])
    assert "Set-Cookie" not in answer.headers
    made = answer.json()["data"]["id"]
    rows = postgres.query("select event, session_id from gatehouse.audit_events where user_id = %s", made)
    assert [(row["event"], row["session_id"]) for row in rows] == [("registered", claims(admin.admin)["sid"])]
    signed_in = post(admin.server, "login", wish)
    assert signed_in.status_code == 200
    assert claims(signed_in.json()["data"]["attributes"]["access_token"])["metadata"] == {"company": "Auth Co"}
    assert_answer(admin.call("POST", attributes={**wish, "email": wish["email"].upper()}), 400,
                  plain(400, "Duplicate Email Address Exists"))


def test_a_user_who_is_not_active_yet(admin):
    for inactive in (0, "0", False):
        wish = new_user(active=inactive)
        answer = admin.call("POST", attributes=wish)
        assert answer.status_code == 201 and answer.json()["data"]["attributes"]["active"] == 0
        assert_answer(post(admin.server, "login", wish), 400, plain(400, "Login Failed"))
        made = answer.json()["data"]["id"]
        assert admin.call("PATCH", f"users/{made}", {"active": "1"}).json()["data"]["attributes"]["active"] == 1
        assert post(admin.server, "login", wish).status_code == 200


def test_a_user_is_made_although_registration_is_closed(nginx, postgres):
    server = nginx(V1 + API, realm={"registration": "domain=authcompanion.com", "password": "blocklist=off"})
    admin = Administrator(server, postgres)
    assert admin.call("POST", attributes=new_user(email="ann@example.org")).status_code == 201


@pytest.mark.parametrize("attributes, said", [
    ({"name": None}, "must have required property 'name'"), ({"email": None}, "must have required property 'email'"),
    ({"password": None}, "must have required property 'password'"), ({"active": None}, "must have required property 'active'"),
    ({"metadata": "x"}, "/metadata must be object"), ({"name": " "}, "/name must not be empty"), ({"email": "x"}, "/email has no @"),
    ({"password": "short"}, "/password must have at least 8 characters"),
    ({"password": "Test User"}, "/password must not be your own name or e-mail address"),
])
def test_a_new_user_is_held_against_the_rules(admin, attributes, said):
    wish = {name: value for name, value in {**new_user(), **attributes}.items() if value is not None}
    glue = "" if said.startswith("/") else " "
    assert_answer(admin.call("POST", attributes=wish), 400, schema(f"body/data/attributes{glue}{said}"))


@pytest.mark.parametrize("active", [2, "yes", {}, None])
def test_active_is_one_or_zero(admin, active):
    said = plain(400, "Invalid Active Status, Please use 1 for true and 0 for false")
    assert_answer(admin.call("POST", attributes=new_user(active=active)), 400, said)
    assert_answer(admin.call("PATCH", f"users/{admin.id}", {"active": active}), 400, said)


def test_two_administrators_make_the_same_user(admin):
    wish = new_user()
    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: admin.call("POST", attributes=wish).status_code, range(4)))
    assert sorted(answers) == [201, 400, 400, 400]


# ---- changing one ----

def test_an_administrator_changes_a_user(admin):
    user = Client(admin.server, metadata={"company": "Auth Co"})
    route = f"users/{user.id}"
    wish = {"name": "Other Person", "email": f"x{user.email}", "metadata": {"tenant": "1"}, "app": {"x": 1}}
    answer = admin.call("PATCH", route, wish)
    assert_answer(answer, 200, '{"data":{"type":"users","id":"ID","attributes":{"name":"Other Person","email":"%s","metadata":'
                               '{"tenant":"1"},"app":{},"active":1,"created":"TIME","updated":"TIME"}}}' % wish["email"])
    assert user.visit().status_code == 401, "his token says what is so no more"
    renewed = user.refresh()
    assert renewed.json()["data"]["attributes"]["email"] == wish["email"]
    assert claims(user.access)["metadata"] == {"tenant": "1"}
    assert admin.call("PATCH", route.upper().replace("USERS", "users"), {}).json()["data"]["attributes"]["name"] == "Other Person"
    assert admin.call("PATCH", route, {"name": ""}).json()["data"]["attributes"]["name"] == "Other Person", "as in users/me"


def test_a_new_password_ends_the_users_sessions(admin, postgres):
    user = Client(admin.server)
    assert admin.call("PATCH", f"users/{user.id}", {"password": "another-secret"}).status_code == 200
    assert user.visit().status_code == 401
    assert_answer(user.refresh(), 400, plain(400, "Refresh Token Failed"))
    assert_answer(user.login(), 400, plain(400, "Login Failed"))
    assert user.login("another-secret").status_code == 200
    row, = postgres.query("select session_id from gatehouse.audit_events where user_id = %s and event = 'user_changed'", user.id)
    assert row["session_id"] == claims(admin.admin)["sid"]


def test_his_own_new_password_leaves_him_where_he_is(admin):
    assert admin.call("PATCH", f"users/{admin.id}", {"password": "another-secret"}).status_code == 200
    assert admin.visit().status_code == 401, "another session of his"
    assert admin.call("GET").status_code == admin.refresh_admin().status_code == 200


def test_an_administrator_deactivates_a_user(admin):
    user = Client(admin.server)
    assert admin.call("PATCH", f"users/{user.id}", {"active": 0}).json()["data"]["attributes"]["active"] == 0
    assert user.visit().status_code == 401
    assert_answer(user.login(), 400, plain(400, "Login Failed"))
    assert admin.call("PATCH", f"users/{user.id}", {"active": 1}).json()["data"]["attributes"]["active"] == 1
    assert user.login().status_code == 200


def test_the_realm_keeps_an_administrator(admin):
    said = plain(400, "The realm would be left without an administrator")
    assert_answer(admin.call("PATCH", f"users/{admin.id}", {"active": 0, "name": "Gone"}), 400, said)
    assert_answer(admin.call("DELETE", f"users/{admin.id}"), 400, said)
    assert admin.call("GET").json()["data"][0]["attributes"]["name"] == "Authy Person"


@pytest.mark.parametrize("attributes, said", [
    ({"email": "x"}, "email has no @"), ({"password": "short"}, "password must have at least 8 characters"),
    ({"name": 5}, "name must be string"), ({"metadata": []}, "metadata must be object"),
])
def test_a_change_is_held_against_the_rules(admin, attributes, said):
    assert_answer(admin.call("PATCH", f"users/{admin.id}", attributes), 400, schema(f"body/data/attributes/{said}"))


def test_an_email_that_is_taken(admin):
    user = Client(admin.server)
    assert_answer(admin.call("PATCH", f"users/{user.id}", {"email": admin.email.upper(), "name": "Mallory"}), 400,
                  plain(400, "Email Already In Use"))
    assert admin.call("PATCH", f"users/{user.id}", {}).json()["data"]["attributes"]["name"] == "Authy Person", "nothing has changed"


@pytest.mark.parametrize("route", [f"users/{NOBODY}", "users/x"])
def test_no_such_user(admin, route):
    assert_answer(admin.call("PATCH", route, {"name": "x"}), 404, plain(404, "User Not Found"))
    assert_answer(admin.call("DELETE", route), 404, plain(404, "User Not Found"))


def test_requirement_53_who_gets_an_account_is_for_a_recent_login(guarded, postgres):
    """An administrator's token that was stolen gives nobody's account away a quarter of an hour later."""
    server, mint = guarded(V1 + GUARDED)
    user = Client(server)
    admin = Administrator(server, postgres)
    said = claims(admin.admin)
    old = mint.token(claims={**said, "auth_time": said["auth_time"] - 16 * 60})
    for attributes in ({"email": "mallory@example.com"}, {"password": "another-secret"}):
        answer = admin.call("PATCH", f"users/{user.id}", attributes, old)
        assert_answer(answer, 401, plain(401, "Unauthorized"))
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age=900'
        assert admin.call("PATCH", f"users/{user.id}", attributes).status_code == 200
    assert admin.call("PATCH", f"users/{user.id}", {"name": "x", "email": "mallory@example.com", "active": 1}, old).status_code == 200


# ---- deleting one ----

def test_an_administrator_deletes_a_user(admin):
    user = Client(admin.server)
    assert_answer(admin.call("DELETE", f"users/{user.id}"), 204, "")
    assert user.visit().status_code == 401
    assert_answer(user.login(), 400, plain(400, "Login Failed"))
    assert_answer(admin.call("DELETE", f"users/{user.id}"), 404, plain(404, "User Not Found"))
