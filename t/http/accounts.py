"""A client of the `rest` dialect, as the tests need it, and the shape of its errors."""

import base64
import json
import secrets

API = "location /auth/ { gatehouse_api %REALM% rest; }"
GUARDED = "location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def claims(token):
    """What a token says, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Account:
    """A user who has just registered with `server`, and the tokens last received."""

    def __init__(self, server, prefix="/auth/", **fields):
        self.server, self.prefix = server, prefix
        self.name = fields.get("name", "Jane Doe")
        self.email = fields.get("email", f"jane.{secrets.token_hex(5)}@example.com")
        self.password = fields.get("password", "SecurePass123")
        answer = self.post("register", name=self.name, email=self.email, password=self.password)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["user"]["id"]
        self.keep(answer)

    def keep(self, answer):
        tokens = answer.json()["tokens"]
        self.access, self.refresh_token = tokens["accessToken"], tokens["refreshToken"]
        return answer

    def post(self, route, token=None, **body):
        return self.server.post(self.prefix + route, json=body, headers=bearer(token) if token else {})

    def login(self, password=None):
        answer = self.post("login", email=self.email, password=password or self.password)
        return self.keep(answer) if answer.status_code == 200 else answer

    def refresh(self, token=None):
        answer = self.post("refresh", refreshToken=token or self.refresh_token)
        return self.keep(answer) if answer.status_code == 200 else answer

    def me(self, method="GET", **body):
        return self.server.request(method, self.prefix + "me", headers=bearer(self.access), **({"json": body} if body else {}))

    def visit(self, path="/", token=None):
        """A guarded location."""
        return self.server.get(path, headers=bearer(token or self.access))


def assert_error(answer, status, message=None, errors=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["status"] == status
    assert body["message"]
    assert set(body) <= {"message", "status", "errors"}
    if message is not None:
        assert body["message"] == message
    if errors is not None:
        assert set(body.get("errors", {})) == set(errors), body
