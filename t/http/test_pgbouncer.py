"""PostgreSQL behind Debian's PgBouncer in transaction mode."""

import signal
import subprocess

import pytest

from accounts import API, GUARDED, Account
from processes import Server, free_port, give_away, wait_until


class PgBouncer(Server):
    def __init__(self, folder, postgres):
        folder.mkdir(mode=0o755)
        give_away(folder)
        self.folder, self.port = folder, free_port()
        (folder / "users.txt").write_text('"gatehouse" ""\n')
        (folder / "pgbouncer.ini").write_text(f"""\
[databases]
gatehouse = host={postgres.folder} dbname=gatehouse
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {self.port}
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 2
""")
        ready = ["psql", "-X", "-h", str(folder), "-p", str(self.port), "-U", "gatehouse", "-d", "gatehouse", "-c", "select 1"]
        super().__init__(["/usr/sbin/pgbouncer", str(folder / "pgbouncer.ini")], folder / "log", signal.SIGINT,
                         lambda: subprocess.run(ready, capture_output=True).returncode == 0)
        self.conninfo = f"host={folder} port={self.port} user=gatehouse dbname=gatehouse"
        self.start()


@pytest.fixture
def pgbouncer(folder, postgres):
    server = PgBouncer(folder / "pgbouncer", postgres)
    yield server
    server.stop()


def test_everything_works_behind_pgbouncer(nginx, pgbouncer, postgres):
    """Issue 10.8: it refuses the start-up parameter `options`, and gives each statement any connection it has."""
    server = nginx(API + GUARDED, realm={"postgres": f'"{pgbouncer.conninfo}" pool=4 timeout=5s'})
    accounts = [Account(server) for _ in range(4)]
    for account in accounts:
        account.login()
        account.refresh()
        assert account.visit().status_code == 200
        assert account.me("PATCH", name="Joan").status_code == 200
        assert account.post("logout", refreshToken=account.refresh_token).status_code == 200
        assert account.visit().status_code == 401
    account.login()
    postgres.query("select gatehouse.set_disabled(%s, %s, true)", server.realm, account.email)
    wait_until(lambda: account.visit().status_code == 401, "the sweeper, which hears no NOTIFY here", 10)
    assert "unsupported startup parameter" not in server.error_log()


def test_options_of_the_operator_are_not_dropped_silently(nginx, pgbouncer):
    """Issue 10.8: what he asked for and PgBouncer refuses is an error that names it."""
    server = nginx(API + GUARDED, realm={"postgres": f"\"{pgbouncer.conninfo} options='-c work_mem=1MB'\" timeout=5s"})
    assert server.post("/auth/login", json={"email": "jane@example.com", "password": "SecurePass123"}).status_code == 503
    server.wait_for_log("unsupported startup parameter: options")
