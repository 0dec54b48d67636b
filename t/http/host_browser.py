"""A browser in front of several host names, all of which lead to servers of the test: it keeps the cookies of each host
apart, follows redirects from host to host and tells where it has been."""

import secrets
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from browser import NAVIGATION, set_cookies


class HostBrowser:

    def __init__(self, login="http://login.example.com:{port}", port=None):
        self.login_host = login.format(port=port)
        self.jars = {}
        self.visited = []
        self.blocks_cookies = False

    # ---- one request ----

    def request(self, method, url, headers=None, **options):
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.hostname, {})
        sent = {"Host": parts.netloc, **(NAVIGATION if headers is None else headers)}
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        target = f"http://127.0.0.1:{parts.port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        answer = requests.request(method, target, headers=sent, allow_redirects=False, timeout=15, **options)
        self.visited.append(url)
        if not self.blocks_cookies:
            self.keep(jar, answer)
        answer.page = url
        return answer

    @staticmethod
    def keep(jar, answer):
        for header in set_cookies(answer):
            pair, _, attributes = header.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in attributes.lower():
                jar.pop(name, None)
            else:
                jar[name] = value

    # ---- what a user does ----

    def go(self, url, most=10):
        """Follows redirects until there is a page."""
        answer = self.request("GET", url)
        while answer.is_redirect and most > 0:
            answer = self.request("GET", urljoin(answer.page, answer.headers["Location"]))
            most -= 1
        assert not answer.is_redirect, f"a loop: {self.visited}"
        return answer

    def register(self):
        self.email, self.password = f"jane.{secrets.token_hex(5)}@example.com", "SecurePass123"
        return self.send(self.login_host + "/auth/register",
                         {"name": "Jane Doe", "email": self.email, "password": self.password})

    def send(self, url, form, site="same-origin"):
        headers = {**NAVIGATION, "Sec-Fetch-Site": site, "Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", url, headers=headers, data=urlencode(form))

    def log_in(self, page, email=None, password=None):
        """Fills the form of the login page that it was led to, and follows where that leads."""
        assert urlsplit(page.page).path == "/auth/login", page.page
        wanted = [pair.split("=", 1)[1] for pair in urlsplit(page.page).query.split("&") if pair.startswith("return=")]
        form = {"email": email or self.email, "password": password or self.password}
        answer = self.send(self.login_host + "/auth/login", form) if not wanted else self.request(
            "POST", self.login_host + "/auth/login", data=urlencode(form) + "&return=" + wanted[0],
            headers={**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 303, answer.text
        return self.go(urljoin(answer.page, answer.headers["Location"]))

    def cookies(self, url):
        return self.jars.setdefault(urlsplit(url).hostname, {})

    def forget(self, url, name):
        self.cookies(url).pop(name, None)
