"""A client of the `csrf` dialect, as the tests need it."""

import json
import secrets

from accounts import bearer
from contract import cookies_of

ROOT = ("location /auth/ { gatehouse_api %REALM% csrf mount=/; } location = /csrf-token { gatehouse_api %REALM% csrf mount=/; }"
        "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
REST = "location /rest/ { gatehouse_api %REALM% rest; }"
OPEN = {"csrf_rate": "off"}
FORBIDDEN = '{"message":"Invalid or missing CSRF token."}'
LOGGED_IN = '{"accessToken":"TOKEN","refreshToken":"ID","user":{"id":"ID","email":"%s","username":%s}}'
NAME = "double-csrf-secret"


def error(status, phrase, message):
    return json.dumps({"message": message, "error": phrase, "statusCode": status}, separators=(",", ":"))


def conflict(message):
    return error(409, "Conflict", message)


class Page:
    """One browser with a token, or somebody else with both."""

    def __init__(self, server, **token_headers):
        self.server = server
        answer = server.get("/csrf-token", headers=token_headers)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["csrfToken"]
        self.cookie = f"{NAME}={cookies_of(answer)[NAME][0]}"

    def post(self, route, form=False, **body):
        return self.server.post(f"/auth/{route}", headers={"x-csrf-token": self.token, "Cookie": self.cookie},
                                **{"data" if form else "json": body})


class Client(Page):
    """A user who has registered, and not logged in."""

    def __init__(self, server, **changed):
        super().__init__(server)
        name = secrets.token_hex(5)
        self.person = {"email": f"{name}@example.com", "username": name, "password": "SecurePass123", **changed}
        self.email, self.username, self.password = self.person.values()
        answer = self.post("register", **self.person)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    def login(self, identifier=None, password=None):
        answer = self.post("login", email=identifier or self.email, password=password or self.password)
        if answer.ok:
            self.access, self.refresh_token = answer.json()["accessToken"], answer.json()["refreshToken"]
        return answer

    def refresh(self, token=None):
        return self.post("refresh", refreshToken=token or self.refresh_token)

    def logout(self, token=None):
        return self.post("logout", refreshToken=token or self.refresh_token)

    def visit(self, token=None):
        return self.server.get("/", headers=bearer(token or self.access))
