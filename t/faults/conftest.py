"""Faults, each as a row: what → how → what is expected → what was seen. The rows are printed when all is over."""

import pytest

from accounts import API, Account
from link import Link
from meanwhile import SECRET

LOCATIONS = API + """
    location /guarded/ { gatehouse %REALM%; proxy_pass %UPSTREAM%; }
    location = /open.txt { return 200 "open to all\\n"; }
"""
RECOVERY = 5.0  # seconds at most


@pytest.fixture
def redis_link(folder, redis):
    link = Link(folder / "redis.sock", redis.socket)
    yield link
    link.close()


@pytest.fixture
def postgres_link(folder, postgres):
    link = Link(folder / ".s.PGSQL.5432", postgres.folder / ".s.PGSQL.5432")
    yield link
    link.close()


@pytest.fixture
def site(nginx, upstream, folder, redis_link, postgres_link):
    """site(…): nginx with two workers, whose stores are reached by links."""
    upstream.reply = lambda request: (200, [("Content-Type", "text/plain")], SECRET)

    def make(realm=None, **options):
        settings = {"redis": f"unix:{redis_link.path} timeout=500ms",
                    "postgres": f'"host={folder} user=gatehouse dbname=gatehouse" pool=2 timeout=2s', "limit_logins": "off"}
        return nginx(LOCATIONS, workers=options.pop("workers", 2), realm={**settings, **(realm or {})}, **options)
    return make


@pytest.fixture
def ended(site):
    """ended(server): an access token whose session has been logged out."""
    def make(server):
        account = Account(server)
        assert account.post("logout", refreshToken=account.refresh_token).status_code == 200
        assert account.visit("/guarded/page").status_code == 401
        return account.access
    return make


@pytest.fixture
def row(request):
    """row(…): what was seen, for the table."""
    def note(fault, seen, recovered, meanwhile):
        request.node.user_properties.append(("fault", [fault, seen, f"{recovered:.2f} s", f"{meanwhile.p99:.1f} ms"]))
    return note


def pytest_terminal_summary(terminalreporter):
    rows = [value for reports in terminalreporter.stats.values() for report in reports
            for name, value in getattr(report, "user_properties", ()) if name == "fault" and report.when == "call"]
    if not rows:
        return
    heads = ["fault", "answers meanwhile", "well again after", "p99 of an open file"]
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    terminalreporter.write_line("")
    for line in [heads, *sorted(rows)]:
        terminalreporter.write_line("  ".join(text.ljust(width) for text, width in zip(line, widths)))
