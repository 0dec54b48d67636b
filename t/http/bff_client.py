"""A client of the `bff` dialect, as the tests need it, and the answers it gets."""

import re
import secrets

from accounts import GUARDED
from browser import set_cookies

BFF = "location /api/iam/ { gatehouse_api %REALM% bff; }" + GUARDED
PASSWORD = "SecurePass123"
NEW = "Another-Passw0rd"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLATFORM_ERROR = "Required header 'client-platform' must be 'app', 'browser', or 'browser-dev' only"


class Client:
    """An app: it keeps what the headers bring and sends it back."""

    def __init__(self, server, **fields):
        self.server = server
        self.person = {"first_name": "John", "last_name": "Doe", "email": f"john.{secrets.token_hex(5)}@example.com",
                       "password": PASSWORD, **fields}
        self.tokens = {}

    def call(self, method, route, platform="app", keep=True, tokens=None, **options):
        headers = {**(self.tokens if tokens is None else tokens), **options.pop("headers", {})}
        if platform:
            headers["client-platform"] = platform
        answer = self.server.request(method, f"/api/iam/{route}", headers=headers, **options)
        if keep and "iam-access-token" in answer.headers:
            self.tokens = {name: answer.headers[name] for name in ("iam-access-token", "iam-refresh-token", "iam-sid")}
        return answer

    def register(self):
        return self.call("POST", "authn/register", json=self.person)

    def login(self, **fields):
        return self.call("POST", "authn/login", tokens={},
                         json={"email": self.person["email"], "password": self.person["password"], **fields})

    def profile(self):
        return self.call("GET", "authn/profile").json()["data"]

    def with_csrf(self, **fields):
        data = self.profile()
        return {"uuid": data["uuid"], "csrf_token": data["csrf_token"], **fields}

    @property
    def access(self):
        return self.tokens["iam-access-token"].removeprefix("Bearer ")


def another(server):
    made = Client(server)
    made.register()
    made.login()
    return made


def make_admin(client, postgres):
    postgres.query("select gatehouse.set_roles(%s, %s, '{admin,staff}')", client.server.realm, client.person["email"])
    client.login()
    return client


def assert_success(answer, data=None):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == (["status"] if data is None else ["status", "data"]), body
    assert body["status"] == "success"
    if data is not None:
        assert body["data"] == data


def assert_failure(answer, code, message):
    """A handler's failure: HTTP 200, to the byte. statusMessage says it once more."""
    assert (answer.status_code, answer.text) == (200, '{"status":"fail","error":{"message":"%s","statusCode":%d,'
                                                      '"statusMessage":"%s"}}' % (message, code, message))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def assert_hard(answer, code, message, url):
    assert (answer.status_code, answer.text) == (code, '{"url":"%s","statusCode":%d,"statusMessage":"%s","message":"%s",'
                                                       '"stack":""}' % (url, code, message, message))


def cookie_values(answer):
    return {each.split("=", 1)[0]: each.split("=", 1)[1].split(";")[0] for each in set_cookies(answer)}


CLEARED = ["iam-access-token=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
           "iam-refresh-token=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
           "iam-sid=; Path=/; Secure; SameSite=Lax; Max-Age=0"]


def as_cookies(tokens):
    """What an app's tokens are in a browser."""
    return {"Cookie": "; ".join(f"{name}={value.replace(' ', '%20')}" for name, value in tokens.items())}
