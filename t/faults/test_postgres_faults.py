"""Issue 12: PostgreSQL at fault. Who is logged in notices nothing; what cannot be stored is no success."""

import signal
import time

import psycopg2
import pytest

from accounts import Account
from conftest import RECOVERY
from link import LinkFaults
from meanwhile import Meanwhile
from processes import wait_until
from test_pgbouncer import PgBouncer

LONG_ENOUGH = 1.5  # seconds of each fault


def connect(postgres):
    return psycopg2.connect(host=str(postgres.folder), user="gatehouse", dbname="gatehouse",
                            options="-c default_transaction_read_only=off")


class Faults(LinkFaults):

    def __init__(self, link, postgres):
        super().__init__(link)
        self.postgres = postgres

    def restarted_at_once(self):
        """An immediate shutdown, as by pg_ctl -m immediate."""
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait(20)
        return self.postgres.start

    def read_only(self):
        self._set("default_transaction_read_only", "on")
        self._end_connections()
        return lambda: (self._set("default_transaction_read_only", "off"), self._end_connections())

    def locked(self):
        holder = connect(self.postgres)
        holder.cursor().execute("lock table gatehouse.users in access exclusive mode")
        return holder.close

    def exhausted(self):
        """All connections are somebody else's."""
        self._end_connections()
        others = []
        try:
            while len(others) < 250:
                others.append(connect(self.postgres))
        except psycopg2.OperationalError:
            pass
        return lambda: [each.close() for each in others]

    def _set(self, name, value):
        connection = connect(self.postgres)
        connection.autocommit = True
        connection.cursor().execute(f"alter role gatehouse set {name} = {value}")
        connection.close()

    def _end_connections(self):
        self.postgres.query("select pg_terminate_backend(pid) from pg_stat_activity "
                            "where datname = 'gatehouse' and pid <> pg_backend_pid()")


FAULTS = {"refused": Faults.refused, "hung": Faults.hung,
          **{f"cut after {count} bytes of a reply": lambda faults, count=count: faults.cut(count) for count in (1, 5)},
          "ended at once and started again": Faults.restarted_at_once, "read-only": Faults.read_only,
          "its table locked": Faults.locked, "all connections taken": Faults.exhausted}


@pytest.mark.parametrize("fault", FAULTS)
def test_postgres(site, ended, postgres_link, postgres, row, fault):
    server = site()
    account, token = Account(server), ended(server)
    seen = {}
    number = 0
    with Meanwhile(server, [token]) as meanwhile:
        end = FAULTS[fault](Faults(postgres_link, postgres))
        try:
            until = time.monotonic() + LONG_ENOUGH
            while time.monotonic() < until:
                assert account.visit("/guarded/page").status_code == 200
                assert account.refresh().status_code == 200, "what is not asked needs no PostgreSQL"
                number += 1
                answer = account.post("register", name="New", email=f"{server.realm}.{number}@example.com", password="SecurePass123")
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        finally:
            end()
        begun = time.monotonic()
        wait_until(lambda: account.post("login", email=account.email, password=account.password).status_code == 200, "a login", RECOVERY)
        recovered = time.monotonic() - begun
    stored = postgres.query("select count(*) from gatehouse.users where email like %s", server.realm + ".%")[0]["count"]
    assert set(seen) <= {201, 503} and stored >= seen.get(201, 0), (seen, stored)
    row(f"PostgreSQL: {fault}", ", ".join(f"{count} × {status}" for status, count in sorted(seen.items())), recovered, meanwhile)


def test_a_reply_that_was_lost_after_the_row_was_stored(site, ended, postgres_link, postgres, row):
    """The client hears of no success, tries again, and learns that the account is there."""
    server = site()
    token = ended(server)
    person = {"name": "New", "email": f"{server.realm}.new@example.com", "password": "SecurePass123"}
    with Meanwhile(server, [token]) as meanwhile:
        postgres_link.lose_reply_to(person["email"].encode())
        assert server.post("/auth/register", json=person).status_code == 503
        postgres_link.heal()
        begun = time.monotonic()
        wait_until(lambda: server.post("/auth/register", json=person).status_code in (201, 409), "an answer", RECOVERY)
        recovered = time.monotonic() - begun
        assert server.post("/auth/login", json=person).status_code == 200
    assert len(postgres.query("select 1 from gatehouse.users where email = %s", person["email"])) == 1
    row("PostgreSQL: a reply lost after COMMIT", "1 × 503", recovered, meanwhile)


def test_a_pgbouncer_that_is_restarted(site, folder, postgres, row):
    bouncer = PgBouncer(folder / "pgbouncer", postgres)
    try:
        server = site(realm={"postgres": f'"{bouncer.conninfo}" pool=2 timeout=2s'})
        account = Account(server)
        with Meanwhile(server) as meanwhile:
            bouncer.kill()
            assert account.visit("/guarded/page").status_code == 200
            assert account.post("login", email=account.email, password=account.password).status_code == 503
            bouncer.start()
            begun = time.monotonic()
            wait_until(lambda: account.login().status_code == 200 and account.access, "a login", RECOVERY)
            recovered = time.monotonic() - begun
        row("PgBouncer: restarted", "1 × 503", recovered, meanwhile)
    finally:
        bouncer.stop()
