"""A client of the `jsonapi` dialect, as the tests need it."""

import json
import secrets

from accounts import bearer
from contract import cookies_of

V1 = "location /v1/ { gatehouse_api %REALM% jsonapi; }"
PERSON = {"name": "Authy Person", "email": "hello@authcompanion.com", "password": "mysecretpass"}
SIGNED_IN = ('{"data":{"type":"%s","id":"ID","attributes":{"name":"Authy Person","email":"%s","created":"TIME",'
             '"access_token":"TOKEN","access_token_expiry":SECONDS}}}')
CHANGED = ('{"data":{"type":"users","id":"ID","attributes":{"name":"%s","email":"%s","created":"TIME","updated":"TIME",'
           '"access_token":"TOKEN","access_token_expiry":SECONDS}}}')


def plain(status, message):
    code = "401" if status == 401 else status  # a string there
    return json.dumps({"statusCode": code, "message": message}, separators=(",", ":"))


def schema(message, code="FST_ERR_VALIDATION"):
    return json.dumps({"statusCode": 400, "code": code, "error": "Bad Request", "message": message}, separators=(",", ":"))


class Client:
    """A user who has just registered; his last tokens."""

    def __init__(self, server, **attributes):
        self.server = server
        self.person = {**PERSON, "email": f"{secrets.token_hex(5)}@authcompanion.com", **attributes}
        self.email, self.password = self.person["email"], self.person["password"]
        answer = self.post("register", self.person)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["data"]["id"]
        self.keep(answer)

    def keep(self, answer):
        if answer.ok and answer.content:
            self.access = answer.json()["data"]["attributes"]["access_token"]
        if answer.ok and "refreshToken" in cookies_of(answer):
            self.refresh_token = cookies_of(answer)["refreshToken"][0]
        return answer

    def post(self, route, attributes, **headers):
        return post(self.server, route, attributes, **headers)

    def login(self, password=None):
        return self.keep(self.post("login", {"email": self.email, "password": password or self.password}))

    def change(self, token=None, **attributes):
        return self.keep(self.post("users/me", attributes, **bearer(token or self.access)))

    def refresh(self, token=None, name="refreshToken", method="POST"):
        cookie = {"Cookie": f"{name}={token or self.refresh_token}"}
        return self.keep(self.server.request(method, "/v1/auth/refresh", json={}, headers=cookie))

    def logout(self, token=None):
        return self.refresh(token, method="DELETE")

    def visit(self, token=None):
        return self.server.get("/", headers=bearer(token or self.access))


def post(server, route, attributes, kind="users", **headers):
    return server.post(f"/v1/auth/{route}", json={"data": {"type": kind, "attributes": attributes}}, headers=headers)
