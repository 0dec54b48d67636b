"""PostgreSQL and Redis of the tests' own, on Unix sockets in a folder of their own."""

import glob
import os
import pathlib
import re
import signal
import subprocess

import psycopg2
import redis

from processes import Server, give_away, run_unprivileged

TREE = pathlib.Path(__file__).resolve().parents[2]


class Postgres(Server):
    def __init__(self, folder):
        folder.mkdir(mode=0o700)
        give_away(folder)
        programs = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(re.search(r"\d+", path)[0]))
        self.folder = folder
        self.conninfo = f"host={folder} user=gatehouse dbname=gatehouse"
        run_unprivileged(f"{programs}/initdb", "-D", str(folder / "data"), "-U", "gatehouse", "-A", "trust",
                         "-E", "UTF8", "--no-locale", "--no-sync")
        ready = [f"{programs}/pg_isready", "-q", "-h", str(folder), "-U", "gatehouse", "-d", "postgres"]
        super().__init__([f"{programs}/postgres", "-D", str(folder / "data"), "-k", str(folder),
                          "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"],
                         folder / "log", signal.SIGINT, lambda: subprocess.run(ready).returncode == 0)
        self.start()
        self.create_database("gatehouse")
        self.migrate("gatehouse")

    def create_database(self, name):
        self.query(f'create database "{name}"', database="postgres")

    def migrate(self, database, files=None):
        """Applies sql/*.sql, or only the given files, in order."""
        for file in files or sorted((TREE / "sql").glob("*.sql")):
            self.query(file.read_text(), database=database)

    def query(self, sql, *values, database="gatehouse"):
        """Runs SQL; the rows as dictionaries, where there are any."""
        connection = psycopg2.connect(host=str(self.folder), user="gatehouse", dbname=database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                if cursor.description is None:
                    return []
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
        finally:
            connection.close()


class Redis(Server):
    def __init__(self, folder, *options):
        folder.mkdir(mode=0o700)
        give_away(folder)
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.client = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)
        super().__init__(["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(folder),
                          "--save", "", "--appendonly", "yes", "--appendfsync", "no", *options],
                         folder / "log", signal.SIGTERM, self._answers)
        self.start()

    def _answers(self):
        try:
            return self.client.ping()
        except redis.AuthenticationError:
            return True
        except redis.RedisError:
            return False
