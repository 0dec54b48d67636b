"""All five contracts on one server, over the same users: what is shared, and what is not."""

import re
import secrets
from itertools import permutations

import pytest

from accounts import bearer, claims
from browser import set_cookies

pytestmark = pytest.mark.quick

FIVE = """
location /auth/ { gatehouse_api %REALM% rest; }
location /v1/ { gatehouse_api %REALM% jsonapi; }
location /c/ { gatehouse_api %REALM% csrf; }
location /f/ { gatehouse_api %REALM% form; }
location /api/iam/ { gatehouse_api %REALM% bff; }
location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
location /named/ {
    gatehouse %REALM%;
    gatehouse_token_from bearer header=iam-access-token;
    proxy_pass %UPSTREAM%;
}
location /passed/ {
    gatehouse %REALM%;
    gatehouse_token_from bearer header=iam-access-token;
    gatehouse_pass_authorization on;
    proxy_pass %UPSTREAM%;
}
location /moved/ { gatehouse %REALM%; gatehouse_token_from header=iam-access-token; error_page 404 = /named/; root %FOLDER%; }
"""
PASSWORD = "SecurePass123"
APP = {"client-platform": "app"}
DIALECTS = ["rest", "jsonapi", "csrf", "form", "bff"]


@pytest.fixture
def server(nginx):
    return nginx(FIVE, realm={"csrf_rate": "off", "cookie_secure": "off", "limit_logins": "off"})


def cookie_in(answer, name):
    return next(cookie.split(";")[0].partition("=")[2] for cookie in set_cookies(answer) if cookie.startswith(name + "="))


def csrf_headers(server):
    answer = server.get("/c/csrf-token")
    return {"x-csrf-token": answer.json()["csrfToken"],
            "Cookie": f"double-csrf-secret={cookie_in(answer, 'double-csrf-secret')}"}


def envelope(**attributes):
    return {"data": {"type": "users", "attributes": attributes}}


def register(server, dialect):
    """A new user's e-mail."""
    email = f"{secrets.token_hex(5)}@example.com"
    person = {"email": email, "password": PASSWORD}
    if dialect == "rest":
        answer = server.post("/auth/register", json={"name": "John Doe", **person})
    elif dialect == "jsonapi":
        answer = server.post("/v1/auth/register", json=envelope(name="John Doe", **person))
    elif dialect == "csrf":
        answer = server.post("/c/auth/register", json={"username": email.split("@")[0], **person}, headers=csrf_headers(server))
    elif dialect == "form":
        answer = server.post("/f/auth/signup", data={"name": "John Doe", **person})
    else:
        answer = server.post("/api/iam/authn/register", json={"first_name": "John", "last_name": "Doe", **person}, headers=APP)
    assert answer.ok and "fail" not in answer.text, answer.text
    return email


def login(server, dialect, email):
    """The access token, what renews it, and the answer."""
    person = {"email": email, "password": PASSWORD}
    if dialect == "rest":
        answer = server.post("/auth/login", json=person)
        return answer.json()["tokens"]["accessToken"], answer.json()["tokens"]["refreshToken"], answer
    if dialect == "jsonapi":
        answer = server.post("/v1/auth/login", json=envelope(**person))
        return answer.json()["data"]["attributes"]["access_token"], cookie_in(answer, "refreshToken"), answer
    if dialect == "csrf":
        answer = server.post("/c/auth/login", json=person, headers=csrf_headers(server))
        return answer.json()["accessToken"], answer.json()["refreshToken"], answer
    if dialect == "form":
        answer = server.post("/f/auth/login", data=person)
        return cookie_in(answer, "gatehouse"), cookie_in(answer, "uuid"), answer
    answer = server.post("/api/iam/authn/login", json=person, headers=APP)
    return answer.headers["iam-access-token"][7:], answer.headers["iam-refresh-token"][7:], answer


def renew(server, dialect, token):
    """Did the dialect take the refresh token for one of its own?"""
    if dialect == "rest":
        return server.post("/auth/refresh", json={"refreshToken": token}).status_code == 200
    if dialect == "jsonapi":
        return server.post("/v1/auth/refresh", json={}, headers={"Cookie": f"refreshToken={token}"}).status_code == 200
    if dialect == "csrf":
        return server.post("/c/auth/refresh", json={"refreshToken": token}, headers=csrf_headers(server)).status_code == 201
    if dialect == "form":
        return server.get("/", headers={"Cookie": f"uuid={token}"}).status_code == 200
    answer = server.post("/api/iam/authn/refresh", headers={**APP, "iam-refresh-token": f"Bearer {token}"})
    return answer.json()["status"] == "success"


@pytest.mark.parametrize("home", DIALECTS)
def test_who_registered_through_one_logs_in_through_each(server, home):
    email = register(server, home)
    for dialect in DIALECTS:
        access, _, _ = login(server, dialect, email)
        seen = server.get("/", headers=bearer(access))
        assert dict(seen.json()["headers"])["Remote-User"] == email, dialect


@pytest.mark.parametrize("path, slash", [
    ("/auth/me", 401), ("/auth/login", 200), ("/auth/account", 303), ("/v1/auth/refresh", 405), ("/v1/web/verify", 400),
    ("/c/csrf-token", 200), ("/c/auth/verify", 400), ("/f/auth/login", 200), ("/api/iam/authn/isauthenticated", 200)])
def test_a_trailing_slash_is_the_same_route(server, path, slash):
    """Issue 10.18: in every dialect and page, but not two of them; and an id is no less one for it."""
    normal = lambda answer: re.sub(r"[0-9a-f]{128}", "TOKEN", answer.text).replace(f"{path}/", path)
    with_slash, without = server.get(path + "/", headers=APP), server.get(path, headers=APP)
    assert (with_slash.status_code, normal(with_slash)) == (slash, normal(without))
    assert with_slash.headers.get("Allow") == without.headers.get("Allow")


def test_a_trailing_slash_and_what_a_route_does(server):
    """Issue 10.18: a client that logs out with its bearer alone is out, as without the slash; an id keeps its meaning."""
    email = register(server, "rest")
    (access, _, _), (other, _, _) = login(server, "rest", email), login(server, "rest", email)
    sid = claims(other)["sid"]
    assert sid in [each["id"] for each in server.get("/auth/sessions/", headers=bearer(access)).json()["sessions"]]
    assert server.request("DELETE", f"/auth/sessions/{sid}/", headers=bearer(access)).status_code == 204
    assert server.get("/", headers=bearer(other)).status_code == 401
    assert server.post("/auth/logout/", headers=bearer(access)).status_code == 200
    assert server.get("/", headers=bearer(access)).status_code == 401


def test_a_refresh_token_is_worth_nothing_to_another_dialect(server):
    email = register(server, "rest")
    tokens = {dialect: login(server, dialect, email)[1] for dialect in DIALECTS}
    for home, other in permutations(DIALECTS, 2):
        assert not renew(server, other, tokens[home]), f"{home}'s in {other}"
    for dialect in DIALECTS:
        assert renew(server, dialect, tokens[dialect]), dialect


@pytest.mark.parametrize("home", [dialect for dialect in DIALECTS if dialect != "jsonapi"])
def test_a_recent_login_elsewhere_does_not_change_a_profile_without_the_password(server, home):
    """jsonapi's users/me asks for no password while the login is new; a token of a contract that does is no way round."""
    email = register(server, home)
    access, _, _ = login(server, home, email)
    change = envelope(email=f"x.{email}", password="Another-Passw0rd")
    assert server.post("/v1/auth/users/me", json=change, headers=bearer(access)).status_code == 401
    own, _, _ = login(server, "jsonapi", email)
    assert server.post("/v1/auth/users/me", json=change, headers=bearer(own)).status_code == 200


# ---- what the application sees ----

def seen_by_app(upstream):
    headers = dict(upstream.requests[-1]["headers"])
    return {name: value for name, value in headers.items()
            if re.search(r"cookie|authorization|iam|token", name, re.IGNORECASE)}


@pytest.mark.parametrize("dialect, names", [
    ("jsonapi", ["refreshToken", "userRefreshToken"]), ("csrf", ["double-csrf-secret"]), ("form", ["uuid", "gatehouse"]),
    ("bff", ["iam-access-token", "iam-refresh-token", "iam-sid"])])
def test_the_application_sees_no_cookie_of_a_dialect(server, upstream, dialect, names):
    access, _, _ = login(server, dialect, register(server, dialect))
    cookies = "; ".join(["a=1"] + [f"{name}=x" for name in names if name != "gatehouse"] + ["b=2"])
    assert server.get("/", headers={**bearer(access), "Cookie": cookies}).status_code == 200
    assert seen_by_app(upstream) == {"Cookie": "a=1; b=2"}


@pytest.mark.parametrize("path", ["/", "/named/"])
def test_the_application_sees_no_header_with_a_token(server, upstream, path):
    access, _, answer = login(server, "bff", register(server, "bff"))
    tokens = {name: answer.headers[name] for name in ("iam-access-token", "iam-refresh-token", "iam-sid")}
    headers = {**tokens, **(bearer(access) if path == "/" else {}), "IAM_Refresh_Token": tokens["iam-refresh-token"], "X-Mine": "1"}
    assert server.get(path, headers=headers).status_code == 200
    assert seen_by_app(upstream) == {}
    assert dict(upstream.requests[-1]["headers"])["X-Mine"] == "1"


def test_pass_authorization_passes_the_header_that_is_named_for_it(server, upstream):
    _, _, answer = login(server, "bff", register(server, "bff"))
    tokens = {name: answer.headers[name] for name in ("iam-access-token", "iam-refresh-token", "iam-sid")}
    assert server.get("/passed/", headers=tokens).status_code == 200
    assert seen_by_app(upstream) == {"Iam-Access-Token": tokens["iam-access-token"]} or \
        seen_by_app(upstream) == {"iam-access-token": tokens["iam-access-token"]}


def test_the_next_location_sees_the_header_again(server, upstream):
    """An internal redirect: hidden from the first application, judged by the second guard all the same."""
    _, _, answer = login(server, "bff", register(server, "bff"))
    assert server.get("/moved/x", headers={"iam-access-token": answer.headers["iam-access-token"]}).status_code == 200
    assert seen_by_app(upstream) == {}
    assert server.get("/moved/x").status_code == 401
