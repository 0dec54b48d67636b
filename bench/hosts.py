"""What one login for several hosts costs, and how soon a logout shuts them all."""

import http.client
import statistics
import time
from urllib.parse import urljoin, urlsplit

from browser import FETCH, NAVIGATION
from host_browser import HostBrowser
from instruments import Connection
from processes import free_port
from stage import GUARDED

NAMES = ["app.example.com", "wiki.example.com", "grafana.example.com", "shop.example.org", "www.example.org"]
LOGIN = """server {{ listen 127.0.0.1:{login}; server_name login.example.com; location /auth/ {{ gatehouse_api %REALM% rest; }}
                     location / {{ gatehouse %REALM%; return 204; }} }}"""
APP = """server {{ listen 127.0.0.1:{apps}; server_name {name}; keepalive_requests 1000000000;
                   location /guarded/ {{ gatehouse %REALM%; alias %FOLDER%/html/; }} }}"""


class Hosts:
    """The login host on one nginx of two workers, five hosts on another."""

    def __init__(self, stage):
        self.login, self.apps = free_port(), free_port()
        realm = {"public_url": f"http://login.example.com:{self.login}",
                 "hosts": " ".join(f"http://{name}:{self.apps}" for name in NAMES)}
        here = stage.server(workers=2, realm=realm, http=LOGIN.format(login=self.login))
        stage.server(workers=2, realm=realm, name=here.realm,
                     http="".join(APP.format(apps=self.apps, name=name) for name in NAMES))

    def browser(self):
        browser = HostBrowser(port=self.login)
        browser.register()
        return browser

    def page(self, name):
        return f"http://{name}:{self.apps}{GUARDED}"


class KeptBrowser:
    """Goes where redirects lead, on kept connections, with the cookies of another."""

    def __init__(self, browser):
        self.jars = browser.jars
        self.connections = {}

    def get(self, url):
        """The status, and where it leads."""
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.hostname, {})
        if parts.port not in self.connections:
            self.connections[parts.port] = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=15)
        connection = self.connections[parts.port]
        headers = {**NAVIGATION, "Host": parts.netloc, "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
        answer = connection.getresponse()
        answer.read()
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = header.split(";")[0].partition("=")
            jar.pop(name, None) if "max-age=0" in header.lower() else jar.update({name: value})
        return answer.status, answer.headers["Location"]

    def go(self, url):
        """Milliseconds until there is a page."""
        begun = time.perf_counter()
        status, target = self.get(url)
        while status == 302:
            url = urljoin(url, target)
            status, target = self.get(url)
        assert status == 200, status
        return (time.perf_counter() - begun) * 1000


def measure_hosts(stage):
    """A login handed over to a host; and from a logout at one to the refusals of all, on both workers of another nginx."""
    hosts = Hosts(stage)
    browser = KeptBrowser(hosts.browser())
    first = hosts.page(NAMES[0])
    browser.go(first)
    handed_over, plain = [], []
    for _ in range(stage.options.events):
        browser.jars["app.example.com"].clear()
        handed_over.append(browser.go(first))
        plain.append(browser.go(first))
    yield (f"a login handed over to a host, of {len(plain)}",
           {"median ms": statistics.median(handed_over), "worst ms": max(handed_over), "plain median ms": statistics.median(plain)})

    delays = [shut_out(hosts) for _ in range(stage.options.events)]
    yield (f"logout at one of five hosts: refused by all, on both workers, of {len(delays)}",
           {"median ms": statistics.median(delays), "worst ms": max(delays)})


def shut_out(hosts):
    """Milliseconds."""
    browser = hosts.browser()
    kept = KeptBrowser(browser)
    watchers = []  # for each host enough to reach both workers
    for name in NAMES:
        kept.go(hosts.page(name))
        cookie = "; ".join(f"{key}={value}" for key, value in browser.jars[name].items())
        headers = [f"Cookie: {cookie}", *(f"{key}: {value}" for key, value in FETCH.items())]
        watchers += [(Connection(hosts.apps, name), headers) for _ in range(4)]
    assert all(each.ask(GUARDED, headers) == 200 for each, headers in watchers)
    assert browser.send(f"http://{NAMES[1]}:{hosts.apps}/.gatehouse/logout", {}).status_code == 303
    ended = time.perf_counter()
    while not all(each.ask(GUARDED, headers) == 401 for each, headers in watchers):
        pass
    delay = (time.perf_counter() - ended) * 1000
    for each, _ in watchers:
        each.close()
    return delay
