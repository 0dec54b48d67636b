"""What a browser sends and keeps, as far as the tests need it."""

import secrets

import requests


NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none",
              "Accept": "text/html,application/xhtml+xml"}
FETCH = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin", "Accept": "*/*"}


class Browser:
    """A cookie jar in front of `server`, logged in or not."""

    def __init__(self, server, prefix="/auth/"):
        self.server, self.prefix = server, prefix
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path, headers=NAVIGATION, **options):
        return self.session.get(self.server.url + path, headers=headers, allow_redirects=False, timeout=15, **options)

    def post(self, path, data=None, site="same-origin", **options):
        headers = {"Sec-Fetch-Site": site, **options.pop("headers", {})}
        return self.session.post(self.server.url + path, data=data, headers=headers, allow_redirects=False, timeout=15, **options)

    def register(self, **fields):
        person = {"name": "Jane Doe", "email": f"jane.{secrets.token_hex(5)}@example.com", "password": "SecurePass123", **fields}
        self.email, self.password = person["email"], person["password"]
        return self.post(self.prefix + "register", person)

    def login(self, **fields):
        return self.post(self.prefix + "login", {"email": self.email, "password": self.password, **fields})

    def logout(self, **options):
        return self.post(self.prefix + "logout", "", headers={"Content-Type": "application/x-www-form-urlencoded"}, **options)

    @property
    def cookies(self):
        return dict(self.session.cookies)

    def forget(self, name):
        """As when a cookie's time is over; it may be."""
        if name in self.cookies:
            self.session.cookies.clear(domain="127.0.0.1", path="/", name=name)


def set_cookies(answer):
    """Every Set-Cookie header as it came."""
    return answer.raw.headers.getlist("Set-Cookie")
