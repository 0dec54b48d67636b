"""Real applications from Debian's packages behind the guard, unchanged."""

import os
import signal
import subprocess

import pytest

from accounts import API, Account, bearer
from processes import Server, free_port, give_away, run_unprivileged


NEW_CALENDAR = ('<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><resourcetype>'
                "<collection/><C:calendar/></resourcetype><displayname>Work</displayname></prop></set></mkcol>")


def answers(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@pytest.fixture
def radicale(folder):
    """The calendar server: it takes its user from X-Remote-User."""
    port = free_port()
    collections = folder / "collections"
    collections.mkdir()
    give_away(collections)
    (folder / "radicale.conf").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = http_x_remote_user\n[rights]\ntype = owner_only\n"
        f"[storage]\nfilesystem_folder = {collections}\n")
    server = Server(["radicale", "--config", str(folder / "radicale.conf")], folder / "radicale.log", signal.SIGTERM,
                    lambda: answers(port))
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def test_radicale_over_http_with_a_header(nginx, radicale):
    server = nginx(API + f"location / {{ gatehouse %REALM%; gatehouse_header X-Remote-User $gatehouse_email; "
                         f"proxy_pass {radicale}; }}")
    jane, john = Account(server), Account(server)
    calendar = f"/{jane.email}/calendar/"
    assert server.request("MKCOL", calendar, data=NEW_CALENDAR, headers=bearer(jane.access)).status_code == 201
    assert server.request("PROPFIND", calendar, headers=bearer(jane.access)).status_code == 207
    assert server.request("PROPFIND", calendar).status_code == 401
    assert server.request("PROPFIND", calendar, headers=bearer(john.access)).status_code == 403
    spoofed = {**bearer(john.access), "X-Remote-User": jane.email, "X_Remote_User": jane.email}
    assert server.request("PROPFIND", calendar, headers=spoofed).status_code == 403


@pytest.fixture
def fcgiwrap(folder):
    """Runs git's own CGI program, which lets nobody push whose name is not in REMOTE_USER."""
    repositories = folder / "git"
    repositories.mkdir()
    give_away(repositories)
    run_unprivileged("git", "init", "-q", "--bare", str(repositories / "notes.git"))
    socket = repositories / "fcgiwrap.sock"
    server = Server(["/usr/sbin/fcgiwrap", "-s", f"unix:{socket}"], folder / "fcgiwrap.log", signal.SIGTERM, socket.exists)
    server.start()
    yield repositories, socket
    server.stop()


def git_by_fastcgi(guard, repositories, socket):
    program = subprocess.check_output(["git", "--exec-path"], text=True).strip() + "/git-http-backend"
    return f"""
        location /git/ {{
            {guard}
            fastcgi_pass unix:{socket};
            fastcgi_param SCRIPT_FILENAME {program};
            fastcgi_param GIT_PROJECT_ROOT {repositories};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param PATH_INFO $fastcgi_path_info;
            fastcgi_split_path_info ^(/git)(/.+)$;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param REMOTE_USER $gatehouse_remote_user;
            fastcgi_param REMOTE_ADDR $remote_addr;
        }}"""


def test_git_over_fastcgi_with_remote_user(nginx, fcgiwrap, folder):
    server = nginx(API + git_by_fastcgi("gatehouse %REALM% optional;", *fcgiwrap))
    account = Account(server)
    url = f"{server.url}/git/notes.git"
    work = folder / "work"
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)}

    def git(*words, **options):
        return subprocess.run(["git", "-c", "user.name=Jane", "-c", "user.email=jane@example.com", *words], cwd=work,
                              env=environment, capture_output=True, text=True, **options)

    work.mkdir()
    git("init", "-q", "-b", "main", check=True)
    git("commit", "-q", "--allow-empty", "-m", "a note", check=True)
    anonymous = git("push", url, "main")
    assert anonymous.returncode != 0, "git-http-backend let somebody without a name push"
    pushed = git("-c", f"http.extraHeader=Authorization: Bearer {account.access}", "push", url, "main")
    assert pushed.returncode == 0, pushed.stderr
    assert "refs/heads/main" in git("ls-remote", url, check=True).stdout
