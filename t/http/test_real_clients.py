"""Issue 15: the programs that shall get through by tokens, from Debian's packages, unchanged, against real servers."""

import os
import signal
import subprocess

import pytest
import requests

from accounts import API, Account
from browser import NAVIGATION, Browser
from processes import Server, free_port, give_away, wait_until
from test_apps import answers, fcgiwrap, git_by_fastcgi, radicale  # noqa: F401 (fixtures)
from user_tokens import basic, end_token, ends_within, make_token, status

WORKERS = 2

PLAIN = {"cookie_secure": "off"}
CHALLENGED = "Basic realm="


def run(folder, *words, **options):
    """A client's program, with no configuration but what is in `folder`."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "dumb",
                   "RCLONE_CONFIG": str(folder / "no-rclone.conf"), "GIT_TERMINAL_PROMPT": "0", **options.pop("env", {})}
    return subprocess.run([str(word) for word in words], env=environment, cwd=options.pop("cwd", folder), capture_output=True,
                          text=True, timeout=60, **options)


def netrc(folder, account, token):
    path = folder / ".netrc"
    path.write_text(f"machine 127.0.0.1 login {account.email} password {token}\n")
    path.chmod(0o600)
    return path


# ---- curl, and python-requests, beside a browser ----

@pytest.fixture
def plain(nginx):
    return nginx(API + "location / { gatehouse %REALM%; gatehouse_token_from cookie basic; proxy_pass %UPSTREAM%; }", realm=PLAIN)


def test_curl_with_a_netrc(plain, folder):
    account = Account(plain)
    file = netrc(folder, account, make_token(account)["token"])
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--netrc-file", file]
    assert run(folder, *curl, plain.url + "/").stdout == "200"
    assert run(folder, *curl, "--anyauth", plain.url + "/").stdout == "200"
    file.write_text(file.read_text().replace("gth_", "gth-"))
    assert run(folder, *curl, plain.url + "/").stdout == "401"


def test_python_requests(plain, folder, monkeypatch):
    account = Account(plain)
    token = make_token(account)["token"]
    assert requests.get(plain.url + "/", auth=(account.email, token)).json()["uri"] == "/"
    with requests.Session() as session:
        session.auth = (account.email, token)
        assert [session.post(plain.url + "/", data="x").status_code for _ in range(4)] == [200] * 4
        assert not session.cookies, "a token begins no session"
    monkeypatch.setenv("NETRC", str(netrc(folder, account, token)))
    assert requests.get(plain.url + "/").status_code == 200
    assert requests.get(plain.url + "/", auth=("", "")).status_code == 401


def test_a_browser_at_the_same_location_goes_to_the_login_page(plain):
    account = Account(plain)
    browser = Browser(plain)
    sent_away = browser.get("/", headers=NAVIGATION)
    assert sent_away.status_code == 302 and sent_away.headers["Location"].startswith("/auth/login")
    assert "WWW-Authenticate" not in sent_away.headers
    assert requests.get(plain.url + "/").headers["WWW-Authenticate"].startswith(CHALLENGED)
    assert requests.get(plain.url + "/", auth=(account.email, make_token(account)["token"])).status_code == 200
    browser.register()
    assert browser.get("/", headers=NAVIGATION).status_code == 200


# ---- git, against git's own server ----

@pytest.fixture
def git_server(nginx, fcgiwrap):
    guard = "gatehouse %REALM%; gatehouse_token_from cookie basic api_key; client_max_body_size 10m;"
    return nginx(API + git_by_fastcgi(guard, *fcgiwrap), realm=PLAIN)


class Git:
    """The same words before every command."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = ["-c", "user.name=Jane", "-c", "user.email=jane@example.com", *options]

    def __call__(self, *words, cwd=None):
        return run(self.folder, "git", *self.options, *words, cwd=cwd or self.folder, env={"GIT_CONFIG_GLOBAL": "/dev/null"})

    def works(self, *words, cwd=None):
        done = self(*words, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout


def in_the_address(account, token):
    return f"{account.email.replace('@', '%40')}:{token}@", ()


def by_a_helper(account, token):
    return "", ("-c", f"credential.helper=!f() {{ echo username={account.email}; echo password={token}; }}; f")


def by_a_header(account, token):
    return "", ("-c", f"http.extraHeader=Authorization: {basic(account.email, token)['Authorization']}")


def by_a_bearer(account, token):
    return "", ("-c", f"http.extraHeader=Authorization: Bearer {token}")


@pytest.mark.parametrize("shown", [in_the_address, by_a_helper, by_a_header, by_a_bearer])
def test_git_clones_and_pushes(git_server, folder, shown):
    account = Account(git_server)
    made = make_token(account, "git")
    before_host, options = shown(account, made["token"])
    url = git_server.url.replace("://", "://" + before_host) + "/git/notes.git"
    git, work = Git(folder, *options), folder / "clone"

    assert Git(folder)("clone", "-q", git_server.url + "/git/notes.git", "anonymous").returncode != 0
    git.works("clone", "-q", url, "clone")
    git.works("checkout", "-q", "-b", "main", cwd=work)
    (work / "note").write_bytes(os.urandom(2_000_000))  # more than git sends at once: it asks with an empty POST first
    git.works("add", "note", cwd=work)
    git.works("commit", "-q", "-m", "a note", cwd=work)
    git.works("push", "-q", "origin", "main", cwd=work)
    git.works("clone", "-q", "-b", "main", url, "another")
    assert (folder / "another" / "note").read_bytes() == (work / "note").read_bytes()

    end_token(account, made["id"])
    ends_within(git_server, basic(account.email, made["token"]), 2, "/git/notes.git/info/refs?service=git-upload-pack")
    assert git("fetch", cwd=work).returncode != 0


# ---- WebDAV, against a server that is rclone ----

@pytest.fixture
def dav(nginx, folder):
    files = folder / "files"
    files.mkdir()
    give_away(files)
    port = free_port()
    served = Server(["env", f"RCLONE_CONFIG={files}/none", "rclone", "serve", "webdav", "--addr", f"127.0.0.1:{port}",
                     "--vfs-cache-mode", "off", "--cache-dir", str(files / ".cache"), "--exclude", ".cache/**", str(files)],
                    folder / "rclone.log", signal.SIGTERM, lambda: answers(port))
    served.start()
    yield nginx(API + "location / { gatehouse %REALM%; gatehouse_token_from cookie basic; client_max_body_size 10m;"
                      f" proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:{port}; }}", realm=PLAIN), files
    served.stop()


def test_rclone_copies_both_ways(dav, folder):
    server, files = dav
    account = Account(server)
    made = make_token(account, "rclone")
    hidden = run(folder, "rclone", "obscure", made["token"]).stdout.strip()
    remote = ["--retries", "1", "--low-level-retries", "1", "--webdav-url", server.url, "--webdav-user", account.email,
              "--webdav-pass", hidden]
    (folder / "up").mkdir()
    for name in ("plain", "with space", "ümlaut"):
        (folder / "up" / name).write_text(name)
    up = run(folder, "rclone", "copy", *remote, folder / "up", ":webdav:photos")
    assert up.returncode == 0, up.stderr
    assert sorted(path.name for path in (files / "photos").iterdir()) == ["plain", "with space", "ümlaut"]
    down = run(folder, "rclone", "copy", *remote, ":webdav:photos", folder / "down")
    assert down.returncode == 0, down.stderr
    assert (folder / "down" / "ümlaut").read_text() == "ümlaut"
    end_token(account, made["id"])
    ends_within(server, basic(account.email, made["token"]), 2)
    assert run(folder, "rclone", "ls", *remote, ":webdav:").returncode != 0


def test_cadaver_with_a_netrc(dav, folder):
    server, files = dav
    account = Account(server)
    netrc(folder, account, make_token(account, "cadaver")["token"])
    (folder / "letter.txt").write_text("Dear Jane")
    done = run(folder, "cadaver", server.url + "/", input="mkcol letters\ncd letters\nput letter.txt\nls\n"
               "get letter.txt back.txt\nmove letter.txt other.txt\nquit\n")
    assert done.returncode == 0 and "failed" not in done.stdout, done.stdout + done.stderr
    assert (folder / "back.txt").read_text() == "Dear Jane"
    assert (files / "letters" / "other.txt").read_text() == "Dear Jane"
    (folder / ".netrc").unlink()
    assert "Dear" not in run(folder, "cadaver", server.url + "/", input="\n\n\nls\nquit\n").stdout


# ---- CalDAV, against Radicale ----

EVENT = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260101T000000Z\r\n"
         "DTSTART:20260101T000000Z\r\nSUMMARY:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
NEW_CALENDAR = ('<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><resourcetype>'
                "<collection/><C:calendar/></resourcetype><displayname>Work</displayname></prop></set></mkcol>")


@pytest.fixture
def calendars(nginx, radicale):
    return nginx(API + f"location / {{ gatehouse %REALM%; gatehouse_token_from cookie basic;"
                       f" gatehouse_header X-Remote-User $gatehouse_user; proxy_pass {radicale}; }}", realm=PLAIN)


def test_a_calendar_is_its_owners(calendars):
    server = calendars
    jane, john = Account(server), Account(server)
    calendar = f"/{jane.id}/events/"
    phone, other = basic(jane.email, make_token(jane, "phone")["token"]), basic(john.email, make_token(john)["token"])
    assert server.request("PROPFIND", calendar).headers["WWW-Authenticate"].startswith(CHALLENGED)
    assert server.request("MKCOL", calendar, data=NEW_CALENDAR, headers=phone).status_code == 201
    put = server.request("PUT", calendar + "1.ics", data=EVENT % (1, "New year"), headers={**phone, "Content-Type": "text/calendar"})
    assert put.status_code == 201
    assert "New year" in server.get(calendar + "1.ics", headers=phone).text
    assert server.request("PROPFIND", calendar, headers=other).status_code == 403


def test_vdirsyncer_keeps_a_folder_and_a_calendar_the_same(calendars, folder):
    server = calendars
    account = Account(server)
    made = make_token(account, "vdirsyncer")
    credentials = basic(account.email, made["token"])
    calendar = f"/{account.id}/events/"
    assert server.request("MKCOL", calendar, data=NEW_CALENDAR, headers=credentials).status_code == 201
    server.request("PUT", calendar + "1.ics", data=EVENT % ("from-the-server", "New year"), headers=credentials)
    local = folder / "local"
    (local / "events").mkdir(parents=True)
    (local / "events" / "2.ics").write_text(EVENT % ("from-here", "Epiphany"))
    config = folder / "vdirsyncer.conf"
    config.write_text(f"""
[general]
status_path = "{folder}/status/"
[pair calendars]
a = "local"
b = "server"
collections = ["from a", "from b"]
[storage local]
type = "filesystem"
path = "{local}"
fileext = ".ics"
[storage server]
type = "caldav"
url = "{server.url}/"
username = "{account.email}"
password = "{made['token']}"
""")
    for verb in ("discover", "sync"):
        done = run(folder, "vdirsyncer", "-c", config, verb, input="y\n" * 4)
        assert done.returncode == 0, done.stdout + done.stderr
    assert any("New year" in path.read_text() for path in (local / "events").iterdir())
    assert "Epiphany" in server.request("GET", calendar, headers=credentials).text
    end_token(account, made["id"])
    ends_within(server, credentials, 2, calendar)
    assert run(folder, "vdirsyncer", "-c", config, "sync").returncode != 0


# ---- Prometheus, which scrapes its own metrics through the guard ----

class Prometheus:
    """`jobs`: {name: lines of its scrape_config}."""

    def __init__(self, folder, port, target, jobs):
        data = folder / "prometheus"
        data.mkdir()
        give_away(data)
        self.port = port
        scraped = "".join(f"  - job_name: {name}\n    static_configs: [{{targets: ['{target}']}}]\n"
                          + "".join(f"    {line}\n" for line in lines) for name, lines in jobs.items())
        (folder / "prometheus.yml").write_text(f"global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n{scraped}")
        self.server = Server(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={data}",
                              f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log", signal.SIGTERM, self.is_ready)
        self.server.start()

    def is_ready(self):
        return answers(self.port) and requests.get(f"http://127.0.0.1:{self.port}/-/ready").status_code == 200

    def up(self):
        """{job: whether its last scrape succeeded}"""
        found = requests.get(f"http://127.0.0.1:{self.port}/api/v1/query", params={"query": "up"}).json()
        return {each["metric"]["job"]: each["value"][1] == "1" for each in found["data"]["result"]}


def test_prometheus_with_its_token_in_a_file(nginx, folder):
    port = free_port()
    server = nginx(API + "location /metrics { gatehouse %REALM%; gatehouse_token_from api_key; gatehouse_require scope=metrics:read;"
                         f" proxy_pass http://127.0.0.1:{port}; }}", realm=PLAIN)
    account = Account(server)
    made = make_token(account, "Prometheus", scopes="metrics:read")
    for name, token in (("token", made["token"]), ("unscoped", make_token(account, scopes="metrics:write")["token"])):
        (folder / name).write_text(token + "\n")
        give_away(folder / name)
    jobs = {"credentials": [f"authorization: {{credentials_file: {folder}/token}}"], "bearer": [f"bearer_token_file: {folder}/token"],
            "unscoped": [f"authorization: {{credentials_file: {folder}/unscoped}}"], "anonymous": []}
    prometheus = Prometheus(folder, port, server.url.removeprefix("http://"), jobs)
    try:
        expected = {"credentials": True, "bearer": True, "unscoped": False, "anonymous": False}
        wait_until(lambda: prometheus.up() == expected, f"{expected}", 20)
        end_token(account, made["id"])
        wait_until(lambda: not any(prometheus.up().values()), "the scrapes with an ended token to fail", 10)
    finally:
        prometheus.server.stop()
    assert status(server, {}, "/metrics") == 401
