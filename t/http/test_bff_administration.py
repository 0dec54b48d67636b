"""The administration of users and sessions in the `bff` contract."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bff_client import BFF, TIME, another, assert_failure, assert_hard, assert_success, make_admin


@pytest.fixture
def client(nginx):
    return another(nginx(BFF))


# ---- the administration of users ----

def test_users_are_the_administrators_business(client):
    own = client.profile()["uuid"]
    other = another(client.server).profile()["uuid"]
    body = client.with_csrf(first_name="Mallory")
    for method, route in (("GET", "users"), ("GET", f"users/{other}"), ("PUT", f"users/{other}"), ("DELETE", f"users/{other}"),
                          ("GET", "refresh-tokens"), ("DELETE", "refresh-tokens"),
                          ("DELETE", f"refresh-tokens/{client.tokens['iam-sid']}")):
        options = {} if method == "GET" else {"json": body}
        assert_hard(client.call(method, route, **options), 403, "Forbidden", f"/api/iam/{route}")
        assert_hard(client.call(method, route, tokens={}, **options), 403, "Forbidden", f"/api/iam/{route}")
    assert client.call("GET", f"users/{own}").json()["data"]["uuid"] == own


def test_a_user_changes_his_name_and_nothing_else(client):
    route = f"users/{client.profile()['uuid']}"
    answer = client.call("PUT", route, json=client.with_csrf(first_name="Jane", role="GENERAL", is_active=True, email_verified=False))
    assert (answer.json()["data"]["first_name"], answer.json()["data"]["last_name"]) == ("Jane", "Doe")
    for beyond in ({"role": "SUPER_ADMIN"}, {"is_active": False}, {"email_verified": True}):
        assert_hard(client.call("PUT", route, json=client.with_csrf(**beyond)), 403, "Forbidden", f"/api/iam/{route}")
    data = client.profile()
    assert (data["role"], data["is_active"], data["email_verified"]) == ("GENERAL", True, False)


def test_a_uuid_may_be_written_in_capitals_and_in_no_other_way(client, postgres):
    own = client.profile()["uuid"]
    assert client.call("GET", f"users/{own.upper()}").json()["data"]["uuid"] == own
    changed = client.call("PUT", f"users/{own.upper()}", json=client.with_csrf(first_name="Jane"))
    assert changed.json()["data"]["first_name"] == "Jane"
    admin = make_admin(another(client.server), postgres)
    for odd in (f"%7B{own}%7D", own.replace("-", ""), own + "0"):
        for method in ("GET", "PUT", "DELETE"):
            options = {} if method == "GET" else {"json": admin.with_csrf(first_name="Mallory")}
            assert admin.call(method, f"users/{odd}", **options).status_code == 404, (method, odd)
    assert_success(admin.call("DELETE", f"users/{own.upper()}", json=admin.with_csrf()))
    assert client.call("GET", "authn/isauthenticated").text == '{"status":"fail"}', "his sessions have ended"


def test_an_administrator_lists_users(client, postgres):
    """Issue 10.18: with the csrf_token that changing them needs, as the original's table of users reads it."""
    admin = make_admin(client, postgres)
    others = [another(client.server).person["email"] for _ in range(4)]
    everybody = [admin.person["email"], *others]
    seen = lambda query: [each["email"] for each in admin.call("GET", "users" + query).json()["data"]["users"]]
    assert seen("") == everybody
    assert seen("?skip=0&take=2") == everybody[:2]
    assert seen("?skip=2&take=2") == everybody[2:4]
    assert seen("?skip=4") == everybody[4:]
    assert seen("?take=0") == [] and seen("?skip=99") == []
    assert_failure(admin.call("GET", "users?skip=x"), 400, "'skip' must be a number")
    assert_failure(admin.call("GET", "users?take=-1"), 400, "'take' must be a number")
    data = admin.call("GET", "users?take=1").json()["data"]
    assert list(data) == ["users", "csrf_token"] and data["csrf_token"] == admin.profile()["csrf_token"]
    first, = data["users"]
    assert "csrf_token" not in first and first["password"] == "[hidden]" and first["role"] == "SUPER_ADMIN"


def test_an_administrator_changes_a_user(client, postgres, upstream):
    admin, user = make_admin(client, postgres), another(client.server)
    route = f"users/{user.profile()['uuid']}"
    change = lambda **fields: admin.call("PUT", route, json=admin.with_csrf(**fields)).json()
    assert change(first_name="Jane", last_name="Roe")["data"]["first_name"] == "Jane"
    data = change(role="SUPER_ADMIN", email_verified=True)["data"]
    assert (data["role"], data["email_verified"]) == ("SUPER_ADMIN", True)
    assert user.profile()["role"] == "SUPER_ADMIN", "renewed by itself"
    assert len(user.call("GET", "users").json()["data"]["users"]) == 2
    assert change(role="GENERAL")["data"]["role"] == "GENERAL"
    assert user.profile()["role"] == "GENERAL"
    assert change(email_verified=False)["data"]["email_verified"] is False
    row, = postgres.query("select roles from gatehouse.users where id = %s", user.profile()["uuid"])
    assert row["roles"] == []
    row, = postgres.query("select roles from gatehouse.users where id = %s", admin.profile()["uuid"])
    assert row["roles"] == ["admin", "staff"]


def test_requirement_36_an_administrator_deactivates_a_user(client, postgres):
    admin, user = make_admin(client, postgres), another(client.server)
    route = f"users/{user.profile()['uuid']}"
    assert admin.call("PUT", route, json=admin.with_csrf(is_active=False)).json()["data"]["is_active"] is False
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(user.call("POST", "authn/refresh"), 403, "Forbidden")
    assert_failure(user.login(), 401, "Invalid login")
    assert admin.call("PUT", route, json=admin.with_csrf(is_active=True)).json()["data"]["is_active"] is True
    assert_success(user.login(), {"email": user.person["email"]})


def test_requirement_72_the_audit_trail_has_the_administrators_session(client, postgres):
    admin, user = make_admin(client, postgres), another(client.server)
    uuid = user.profile()["uuid"]
    admin.call("PUT", f"users/{uuid}", json=admin.with_csrf(is_active=False))
    admin.call("DELETE", f"users/{uuid}", json=admin.with_csrf())
    rows = postgres.query("select event from gatehouse.audit_events where user_id = %s and session_id = %s order by id",
                          uuid, admin.tokens["iam-sid"])
    assert [row["event"] for row in rows] == ["user_changed", "removed"]


def test_a_write_without_a_csrf_token_is_a_real_403(client, postgres):
    """Issue 10.18: at users and refresh-tokens, before it is looked at what is to be changed."""
    admin = make_admin(client, postgres)
    own = admin.profile()["uuid"]
    for method, route in (("PUT", f"users/{own}"), ("DELETE", f"users/{own}"), ("DELETE", "refresh-tokens"),
                          ("DELETE", f"refresh-tokens/{admin.tokens['iam-sid']}"), ("PUT", "users/nobody")):
        for body in ({}, {"csrf_token": "x"}, {"csrf_token": "0" * 64, "first_name": "x"}):
            assert_hard(admin.call(method, route, json=body), 403, "Missing or invalid csrf token", f"/api/iam/{route}")
    assert admin.profile()["first_name"] == "John"


def test_who_may_see_what_a_user_may_do(client, postgres):
    """Issue 10.18: the original's header asks for the permission of who has logged in, to show the administration."""
    admin, user = make_admin(client, postgres), another(client.server)
    ids = {who: who.profile()["uuid"] for who in (admin, user)}
    ask = lambda who, of, name="can-access-admin": who.call("GET", f"users/{of}/permission/{name}")
    assert_success(ask(admin, ids[admin]), f"User: {ids[admin]} has permission: can-access-admin")
    assert_success(ask(admin, ids[admin].upper(), "can-access-admin/"), f"User: {ids[admin]} has permission: can-access-admin")
    for who, of, name in ((user, user, "can-access-admin"), (admin, user, "can-access-admin"), (admin, admin, "fly")):
        assert_failure(ask(who, ids[of], name), 401, f"User: {ids[of]} does NOT have permission: {name}")
    other = f"users/{ids[admin]}/permission/can-access-admin"
    assert_hard(user.call("GET", other), 403, "Forbidden", f"/api/iam/{other}")
    assert_hard(user.call("GET", other, tokens={}), 403, "Forbidden", f"/api/iam/{other}")
    nobody = "users/00000000-0000-4000-8000-000000000000/permission/can-access-admin"
    assert_hard(admin.call("GET", nobody), 404, "Not found", f"/api/iam/{nobody}")
    for path in (f"users/{ids[admin]}/permission", f"users/{ids[admin]}/permission/a/b", f"users/{ids[admin]}/other/x"):
        assert_hard(admin.call("GET", path), 404, "Not found", f"/api/iam/{path}")


def test_what_a_change_of_a_user_lacks(client, postgres):
    admin = make_admin(client, postgres)
    route = f"users/{another(client.server).profile()['uuid']}"
    assert_failure(admin.call("PUT", route, json=admin.with_csrf()), 400, "No updatable properties supplied")
    assert_failure(admin.call("PUT", route, json=admin.with_csrf(role="KING")), 400, "'role' must be GENERAL or SUPER_ADMIN")
    assert_failure(admin.call("PUT", route, json=admin.with_csrf(is_active="no")), 400, "'is_active' must be true or false")
    for unknown in ("users/x", "users/00000000-0000-4000-8000-000000000000"):
        for method, options in (("GET", {}), ("PUT", {"json": admin.with_csrf(first_name="x")}),
                                ("DELETE", {"json": admin.with_csrf()})):
            assert_hard(admin.call(method, unknown, **options), 404, "Not found", f"/api/iam/{unknown}")


def test_deleting_a_user(client, postgres):
    admin, user, himself = make_admin(client, postgres), another(client.server), another(client.server)
    assert_success(admin.call("DELETE", f"users/{user.profile()['uuid']}", json=admin.with_csrf()))
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_failure(user.login(), 401, "Invalid login")
    own = himself.with_csrf()
    assert_success(himself.call("DELETE", f"users/{own['uuid']}", json=own))
    assert_failure(himself.login(), 401, "Invalid login")


# ---- the administration of sessions ----

def test_sessions_as_refresh_tokens(client, postgres):
    admin, user = make_admin(client, postgres), another(client.server)
    rows = admin.call("GET", "refresh-tokens").json()["data"]
    mine, = [row for row in rows if row["id"] == user.tokens["iam-sid"]]
    assert list(mine) == ["id", "token_id", "user_id", "is_active", "date_created", "updated_at"]
    assert mine["user_id"] == user.profile()["uuid"] and mine["is_active"] is True
    assert TIME.fullmatch(mine["date_created"]) and TIME.fullmatch(mine["updated_at"])
    assert admin.tokens["iam-sid"] in [row["id"] for row in rows]

    route = f"refresh-tokens/{mine['id']}"
    assert_hard(admin.call("DELETE", route, json={}), 403, "Missing or invalid csrf token", f"/api/iam/{route}")
    assert_success(admin.call("DELETE", route, json=admin.with_csrf()))
    assert user.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'
    assert_hard(admin.call("DELETE", route, json=admin.with_csrf()), 404, "Not found", f"/api/iam/{route}")

    user.login()
    assert_success(admin.call("DELETE", "refresh-tokens", json=admin.with_csrf()))
    for each in (user, admin):
        assert each.call("GET", "authn/isauthenticated").text == '{"status":"fail"}'


# ---- the last administrator ----

LAST = "The realm would be left without an administrator"


def own_route(client):
    return f"users/{client.profile()['uuid']}"


def administrators(client, postgres):
    return [row["email"] for row in postgres.query(
        "select email from gatehouse.users where realm = %s and 'admin' = any (roles) and disabled_at is null",
        client.server.realm)]


def test_the_last_administrator_remains_one(client, postgres):
    admin = make_admin(client, postgres)
    disabled = make_admin(another(client.server), postgres)
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", client.server.realm, disabled.person["email"])
    for change in ({"role": "GENERAL"}, {"is_active": False}, {"role": "GENERAL", "first_name": "Jane"}):
        assert_failure(admin.call("PUT", own_route(admin), json=admin.with_csrf(**change)), 400, LAST)
    assert_failure(admin.call("DELETE", own_route(admin), json=admin.with_csrf()), 400, LAST)
    assert_failure(admin.call("DELETE", "authn/delete", json=admin.with_csrf()), 400, LAST)
    data = admin.profile()
    assert (data["role"], data["is_active"], data["first_name"]) == ("SUPER_ADMIN", True, "John")
    assert admin.call("PUT", own_route(admin), json=admin.with_csrf(role="SUPER_ADMIN", is_active=True, first_name="Jane")).json()[
        "data"]["first_name"] == "Jane", "nothing of it makes him less"
    assert_success(admin.call("DELETE", f"users/{another(client.server).profile()['uuid']}", json=admin.with_csrf()))


@pytest.mark.parametrize("leave", [
    lambda admin: admin.call("PUT", own_route(admin), json=admin.with_csrf(role="GENERAL")),
    lambda admin: admin.call("PUT", own_route(admin), json=admin.with_csrf(is_active=False)),
    lambda admin: admin.call("DELETE", own_route(admin), json=admin.with_csrf()),
    lambda admin: admin.call("DELETE", "authn/delete", json=admin.with_csrf())],
    ids=["demotion", "deactivation", "deletion", "deletion of one's own account"])
def test_one_of_two_administrators_may_go(client, postgres, leave):
    admin, other = make_admin(client, postgres), make_admin(another(client.server), postgres)
    answer = leave(admin)
    assert answer.json()["status"] == "success", answer.text
    assert administrators(client, postgres) == [other.person["email"]]
    assert_failure(leave(other), 400, LAST)


def test_administrators_who_go_at_the_same_time_leave_one(client, postgres):
    admins = [make_admin(client, postgres)] + [make_admin(another(client.server), postgres) for _ in range(7)]
    requests = [("PUT", own_route(each), each.with_csrf(role="GENERAL")) if n % 2 else
                ("DELETE", own_route(each), each.with_csrf()) for n, each in enumerate(admins)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda admin, request: admin.call(request[0], request[1], json=request[2]), admins, requests))
    said = [answer.json()["status"] for answer in answers]
    assert sorted(said) == ["fail"] + ["success"] * 7, [answer.text for answer in answers]
    assert_failure(answers[said.index("fail")], 400, LAST)
    assert administrators(client, postgres) == [admins[said.index("fail")].person["email"]]


def test_an_administrator_of_another_realm_does_not_count(client, nginx, postgres):
    make_admin(another(nginx(BFF)), postgres)
    admin = make_admin(client, postgres)
    assert_failure(admin.call("PUT", own_route(admin), json=admin.with_csrf(role="GENERAL")), 400, LAST)
