"""The fixtures of the tests through a real nginx.

    def test_anonymous_is_refused(nginx, upstream):
        server = nginx("location / { gatehouse %REALM%; proxy_pass %UPSTREAM%; }")
        assert server.get("/").status_code == 401
        assert upstream.count == 0

Every server has a realm of its own on the session's PostgreSQL and Redis, so tests do not meet. When a test ends its
servers are stopped, and it fails if one of them left a line of level crit or worse that the test did not announce with
server.expect_log(), a worker that died of a signal, or a report of a sanitizer.
"""

import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).with_name("http")))  # the servers and clients that all suites use
pytest.register_assert_rewrite("contract", "bff_client", "form_client")

from accounts import GUARDED
from nginx_server import Nginx
from processes import untimed
from smtp import Smtp
from stores import TREE, Postgres, Redis
from tokens import guarded_server, new_key
from upstream import Upstream

LIMIT = 120  # seconds a test may take, unless it is marked with limit(seconds); what all tests share is not counted


def limited(item):
    """A test that hangs is a failure, not a hanging build. Setup and teardown have the same time each."""
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else LIMIT

    def too_long(*_):
        raise TimeoutError(f"the test took longer than {seconds} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


pytest_runtest_setup = pytest.hookimpl(hookwrapper=True)(limited)
pytest_runtest_call = pytest.hookimpl(hookwrapper=True)(limited)
pytest_runtest_teardown = pytest.hookimpl(hookwrapper=True)(limited)


@pytest.fixture(scope="session")
def session_folder():
    """Short, because a Unix socket's path has 107 characters at most; open to the unprivileged user."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test."))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def session_postgres(session_folder):
    with untimed():
        server = Postgres(session_folder / "postgres")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def session_redis(session_folder):
    with untimed():
        server = Redis(session_folder / "redis")
    yield server
    server.stop()


@pytest.fixture
def postgres(session_postgres):
    """A test may stop, kill or pause it: the next one finds it running."""
    session_postgres.ensure_running()
    yield session_postgres
    session_postgres.ensure_running()


@pytest.fixture
def redis(session_redis):
    """A test may stop, kill or pause it: the next one finds it running."""
    session_redis.ensure_running()
    yield session_redis
    session_redis.ensure_running()


@pytest.fixture(scope="session")
def session_smtp(session_folder):
    with untimed():
        server = Smtp(session_folder / "smtp")
    yield server
    server.stop()


@pytest.fixture
def smtp(session_smtp):
    """The tests' mail server, see smtp.py: empty and well-behaved when a test begins, whatever it does to it."""
    session_smtp.clear()
    return session_smtp


@pytest.fixture(scope="session")
def session_upstream():
    with untimed():
        server = Upstream()
    yield server
    server.close()


@pytest.fixture
def upstream(session_upstream):
    session_upstream.clear()
    return session_upstream


@pytest.fixture
def folder(session_folder):
    """A folder of this test's own."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="t", dir=session_folder))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def keys():
    """The JWK Set of this test's realms; written to %KEYS% before the first server is made."""
    return {"keys": [new_key("sig", "access-1"), new_key("gatehouse-refresh", "refresh-1"),
                     new_key("gatehouse-data", "data-1")]}


@pytest.fixture
def nginx(request, folder, postgres, redis, upstream, keys):
    """nginx(server_text, …) starts a server; its arguments are those of nginx_server.Nginx. start=False: not yet.

    One worker, unless the module is about what several share and says so: WORKERS = 2.
    """
    servers = []
    keys_file = folder / "keys.json"
    keys_file.write_text(json.dumps(keys))
    keys_file.chmod(0o600)

    def make(server="", start=True, **options):
        options.setdefault("workers", getattr(request.module, "WORKERS", 1))
        marks = {"KEYS": str(keys_file), "UPSTREAM": upstream.url, "POSTGRES": postgres.conninfo,
                 "REDIS": f"unix:{redis.socket}", "PAGES": os.environ.get("GATEHOUSE_PAGES", str(TREE / "pages"))}
        usual = {"postgres": '"%POSTGRES%" pool=2 timeout=5s', "redis": "%REDIS% timeout=2s",
                 "keys": "%KEYS%", "public_url": "http://127.0.0.1:%PORT%", "registration": "open", "verify_email": "off",
                 "remote_user": "email", "password": "blocklist=off", "limit_registrations": "off", "pages": "%PAGES%"}
        made = Nginx(folder / f"nginx{len(servers)}", marks, usual, server, **options)
        servers.append(made)
        return made.start() if start else made

    yield make
    for server in servers:
        server.stop()
    complaints = [line for server in servers for line in server.complaints()]
    if complaints:
        pytest.fail("nginx complained:\n" + "\n".join(complaints), pytrace=False)


@pytest.fixture
def guarded(nginx, keys, upstream):
    """guarded(server_text, path): a server that guards the path, and its mint; the application has not been asked yet."""
    def make(text=GUARDED, path="/", **options):
        made = guarded_server(nginx, keys, text, path, **options)
        upstream.clear()
        return made
    return make


@pytest.fixture
def blocklist():
    """The password list that build.sh makes."""
    return os.environ["GATEHOUSE_BLOCKLIST"]
