"""What becomes of the time that an answer takes when there are many users and a long audit trail."""

import statistics
import time

import requests

from accounts import Account
from bff_client import BFF, another, make_admin
from stage import LOCATIONS

EVENTS_A_USER = 10
# Without the triggers, which would tell nginx of each row and take hours.
USERS = """
    set session_replication_role = replica;
    insert into gatehouse.users (realm, email, name, email_verified_at)
    select %s, 'user.' || n || '@growth.example', 'User ' || n, now() from generate_series(%s, %s) n"""
EVENTS = """
    set session_replication_role = replica;
    insert into gatehouse.audit_events (realm, user_id, event, address, at)
    select u.realm, u.id, 'login', '192.0.2.1', now() - n * interval '1 hour'
    from gatehouse.users u cross join generate_series(1, %s) n where u.realm = %s and u.email like 'user.%%'"""


def measure_growth(stage):
    """A login, GET me and a page from the middle of the list, with few users and with very many."""
    few, many = (100, 2000) if stage.options.smoke else (1000, 1_000_000)
    server = stage.server(locations=BFF.partition("location / ")[0] + LOCATIONS)
    admin = make_admin(another(server), stage.postgres)
    account = Account(server)
    before = {}
    for size, first in ((few, 1), (many, few + 1)):
        stage.postgres.query(USERS, server.realm, first, size)
        stage.postgres.query("delete from gatehouse.audit_events where realm = %s", server.realm)
        stage.postgres.query(EVENTS, EVENTS_A_USER, server.realm)
        stage.postgres.query("vacuum analyze")
        times = measure(server, admin, account, size // 2)
        for what, milliseconds in times.items():
            against = {"ratio": milliseconds / before[what]} if before else {}
            yield f"{what} with {size:,} users", {"median ms": milliseconds, **against}
        before = times


def measure(server, admin, account, middle):
    """Medians, in milliseconds."""
    session = requests.Session()
    person = {"email": account.email, "password": account.password}
    header = {"Authorization": f"Bearer {account.login().json()['tokens']['accessToken']}"}
    tokens = {**admin.login().headers, "client-platform": "app"}
    shown = {name: value for name, value in tokens.items() if name.lower().startswith(("iam-", "client-"))}

    def took(status, method, path, **options):
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            answer = session.request(method, server.url + path, **options)
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == status, answer.text
        return statistics.median(times)

    return {"a login": took(200, "POST", "/auth/login", json=person),
            "GET me": took(200, "GET", "/auth/me", headers=header),
            "a page of the list": took(200, "GET", f"/api/iam/users?skip={middle}&take=50", headers=shown)}
