"""Second factors, as the tests need them: an authenticator app, which is oathtool, and whoever has one."""

import subprocess
import time

from accounts import Account, bearer

PERIOD = 30
REALM = {"cookie_secure": "off", "mfa": "optional"}


class App:
    """An authenticator app with one secret."""

    def __init__(self, secret):
        self.secret = secret

    def code(self, periods=0):
        """Of now, or so many periods later."""
        at = int(time.time()) + periods * PERIOD
        shown = subprocess.check_output(["oathtool", "--totp", "--base32", "--now", f"@{at}", self.secret], text=True)
        return shown.strip()


def forget_steps(postgres, account):
    """As if no code had been used: so that a test need not wait for the next one."""
    postgres.query("update gatehouse.factors set last_step = 0 where user_id = %s", account.id)


def offer(account, **fields):
    fields = {"currentPassword": account.password, **fields}
    return account.post("factors/totp", account.access, **fields)


def confirm(account, factor, code):
    return account.post(f"factors/{factor}/confirm", account.access, code=code)


class Protected(Account):
    """A user with an authenticator app, none of whose codes has been used, and with recovery codes."""

    def __init__(self, server, postgres, **fields):
        super().__init__(server, **fields)
        offered = offer(self).json()
        self.app = App(offered["secret"])
        made = confirm(self, offered["id"], self.app.code())
        assert made.status_code == 200, made.text
        self.factor = offered["id"]
        self.recovery_codes = made.json()["recoveryCodes"]
        forget_steps(postgres, self)

    def begin(self, password=None):
        """The first step of a login: what it answers."""
        return self.post("login", email=self.email, password=password or self.password)

    def challenge(self):
        """The token of a login that waits for its second step."""
        answer = self.begin()
        assert answer.status_code == 401, answer.text
        return answer.json()["challenge"]["token"]

    def answer(self, token, code):
        return self.server.post("/auth/challenge", json={"token": token, "code": code})


def standing(account):
    return account.server.get("/auth/factors", headers=bearer(account.access)).json()
