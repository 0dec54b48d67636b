"""A real nginx with the module, for one test."""

import os
import re
import secrets
import signal
import socket
import subprocess
import time

import requests

from processes import alive, children, free_port, give_away, setpriv, wait_until

NGINX = os.environ.get("GATEHOUSE_NGINX", "/usr/sbin/nginx")
MODULE = os.environ.get("GATEHOUSE_MODULE", "")  # empty: the module is linked into NGINX

WORKER = re.compile(b"(nginx|angie|freenginx): worker process")
BAD = re.compile(r" \[(?:alert|emerg|crit)\] |exited on signal|Sanitizer|runtime error:")
# The new binary of an upgrade gets only the environment that nginx.conf names.
SANITIZER_ENVIRONMENT = "env ASAN_OPTIONS; env LSAN_OPTIONS; env UBSAN_OPTIONS;"

TEMPLATE = """\
%LOAD_MODULE%
%USER%
worker_processes %WORKERS%;
daemon %DAEMON%;
pid %FOLDER%/nginx.pid;
error_log %FOLDER%/error.log %LOG_LEVEL%;
thread_pool gatehouse_hash threads=1;
thread_pool gatehouse_io threads=2;
%MAIN%
events { worker_connections 1024; }
http {
    access_log %FOLDER%/access.log;
    client_body_temp_path %FOLDER%/body;
    proxy_temp_path %FOLDER%/proxy;
    fastcgi_temp_path %FOLDER%/fastcgi;
    scgi_temp_path %FOLDER%/scgi;
    uwsgi_temp_path %FOLDER%/uwsgi;
    gatehouse_zone 16m;
    gatehouse_realm %REALM% {
%REALM_BLOCK%
    }
    %HTTP%
    server {
        listen 127.0.0.1:%PORT%;
        root %FOLDER%/html;
        %SERVER%
    }
}
"""


class Nginx:
    """Markers in any text given: %REALM%, %FOLDER%, %UPSTREAM% (http://…), %PORT% and %PORTx% (a free port for each x).

    server, http, main: nginx text for these blocks. realm: directives of the realm as {"name": "arguments"}; they go over
    the usual ones, None takes one away. conf: a whole nginx.conf instead of the template.
    """

    def __init__(self, folder, marks, realm_defaults, server="", http="", main="", realm=None, conf=None, workers=2,
                 log_level="info", daemon=False, name=None):
        self.folder = folder
        self.realm = name or "t" + secrets.token_hex(6)
        self.ports = {}
        self.daemon = daemon
        self.process = None
        self.master = 0
        self._expected = []
        self._overdue = []
        self._prepare_folder()
        directives = {**realm_defaults, **(realm or {})}
        block = "\n".join(f"        {key} {value};" for key, value in directives.items() if value is not None)
        self._marks = {
            "SERVER": server, "HTTP": http, "MAIN": main, "REALM_BLOCK": block, "REALM": self.realm,
            "FOLDER": str(folder), "WORKERS": str(workers), "LOG_LEVEL": log_level, "DAEMON": "on" if daemon else "off",
            "USER": "user nobody nogroup;" if os.geteuid() == 0 else "",
            "LOAD_MODULE": f"load_module {MODULE};" if MODULE else SANITIZER_ENVIRONMENT, **marks,
        }  # the first ones may hold the later ones
        self.write_conf(conf or TEMPLATE)

    def _prepare_folder(self):
        self.folder.mkdir(mode=0o755)
        html = self.folder / "html"
        html.mkdir()
        (html / "index.html").write_text("hello\n")
        give_away(html)

    # ---- configuration ----

    def fill(self, text):
        """Replaces the markers; what they stand for may hold markers too."""
        for name, value in self._marks.items():
            text = text.replace(f"%{name}%", value)
        return re.sub(r"%PORT(\w*)%", lambda marker: str(self.port_named(marker[1])), text)

    def port_named(self, name):
        if name not in self.ports:
            self.ports[name] = free_port()
        return self.ports[name]

    def write_conf(self, text):
        """Takes effect at the next start() or reload()."""
        (self.folder / "nginx.conf").write_text(self.fill(text))

    def command(self, *words):
        return [NGINX, "-e", str(self.folder / "error.log"), "-p", f"{self.folder}/", "-c", f"{self.folder}/nginx.conf",
                *words]

    def test_conf(self, environment=None):
        """nginx -t: (did it accept?, what it said). It frees nothing before it exits, so leaks do not count here."""
        done = subprocess.run([NGINX, "-e", "stderr", "-p", f"{self.folder}/", "-c", f"{self.folder}/nginx.conf", "-t"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, **self._sanitizer("detect_leaks=0"), **(environment or {})})
        return done.returncode == 0, done.stdout

    # ---- life ----

    def start(self):
        logged = len(self.error_log())
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(setpriv("TERM", unprivileged=False) + self.command(), stdout=output,
                                            stderr=output, env={**os.environ, **self._sanitizer()})
        self.master = self.process.pid
        if self.daemon:
            assert self.process.wait(20) == 0, self.output()
            wait_until(lambda: self._pid_file("nginx.pid"), "nginx.pid")
            self.master = self._pid_file("nginx.pid")
        wait_until(lambda: not alive(self.master) or self._listening(), "nginx to listen", 30)
        assert alive(self.master), "nginx did not start:\n" + self.output() + self.error_log()
        self._wait_for_feeds(logged)
        return self

    def _wait_for_feeds(self, logged):
        """Nobody is let in before it is known who was logged out: on a busy machine that takes its time."""
        conf = (self.folder / "nginx.conf").read_text()
        for realm in re.findall(r"^\s*gatehouse_realm (\w+) \{[^}]*\bredis ", conf, re.MULTILINE):
            told = re.compile(rf"revocation feed gatehouse:\{{{realm}\}}:feed (is|cannot be) read")
            wait_until(lambda: told.search(self.error_log(), logged), f"the revocation feed of {realm}", 20)

    def stop(self, number=signal.SIGQUIT, limit=15):
        """QUIT, then TERM, then KILL; not to end by the first one is a complaint."""
        family = [self.master] + children(self.master) if self.master else []
        for each in (number, signal.SIGTERM, signal.SIGKILL):
            for pid in family if each == signal.SIGKILL else family[:1]:
                self._signal(pid, each)
            deadline = time.monotonic() + limit
            while any(alive(pid) for pid in family) and time.monotonic() < deadline:
                time.sleep(0.02)
            if not any(alive(pid) for pid in family):
                break
            self._overdue.append(f"nginx was still there {limit} s after {signal.Signals(each).name}")
        if self.process is not None:
            self.process.wait(limit)
        self.master = 0

    def reload(self):
        """HUP; returns when the new workers serve and the old ones no longer accept."""
        before = self.workers()
        self._signal(self.master, signal.SIGHUP)
        wait_until(lambda: self.workers() and not set(self.workers()) & set(before), "new workers instead of the old")

    def upgrade(self):
        """USR2 and QUIT, as a binary upgrade does; needs daemon=True. The new master takes over."""
        old = self.master
        self._signal(old, signal.SIGUSR2)
        wait_until(lambda: self._pid_file("nginx.pid.oldbin") == old and self._pid_file("nginx.pid") not in (0, old),
                   "the new master")
        self.master = self._pid_file("nginx.pid")
        wait_until(self.workers, "the new master's workers")
        self._signal(old, signal.SIGQUIT)
        wait_until(lambda: not alive(old), "the old master to leave", 20)

    def workers(self):
        """Those that accept connections."""
        return [pid for pid in children(self.master) if WORKER.match(self._command_line(pid))
                and b"shutting down" not in self._command_line(pid)]

    def kill_worker(self, number=signal.SIGKILL):
        """Kills one worker and waits for its successor; says that the log will have it."""
        count = int(self._marks["WORKERS"])
        wait_until(lambda: len(self.workers()) == count, "all workers")
        victim = self.workers()[0]
        self.expect_log(rf"worker process {victim} exited on signal {int(number)}")
        self._signal(victim, number)
        wait_until(lambda: victim not in self.workers() and len(self.workers()) == count, "a new worker")

    # ---- requests ----

    @property
    def port(self):
        return self.ports[""]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, **options):
        """One request on a connection of its own, redirects not followed."""
        return requests.request(method, self.url + path, **{"timeout": 45, "allow_redirects": False, **options})

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def raw(self, data, port=None, limit=15):
        """Sends bytes as they are; what comes back until nginx closes or nothing comes for a second."""
        answer = b""
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=limit) as connection:
            connection.sendall(data)
            try:
                while part := connection.recv(65536):
                    answer += part
                    connection.settimeout(1)
            except socket.timeout:
                pass
        return answer

    # ---- what the logs say ----

    def error_log(self):
        return self._text("error.log")

    def access_log(self):
        return self._text("access.log")

    def output(self):
        """What nginx wrote before it had its log."""
        return self._text("output")

    def wait_for_log(self, pattern, limit=10.0):
        wait_until(lambda: re.search(pattern, self.error_log()), f"the error log to say {pattern}", limit)

    def expect_log(self, pattern):
        """A line of level crit or worse that belongs to this test: a regular expression."""
        self._expected.append(re.compile(pattern))

    def complaints(self):
        """What no test may leave behind: bad lines of the log, dead workers, reports of a sanitizer."""
        lines = [line for line in (self.error_log() + self.output()).splitlines()
                 if BAD.search(line) and not any(pattern.search(line) for pattern in self._expected)]
        reports = [report.read_text(errors="replace") for report in sorted(self.folder.glob("sanitizer.*"))]
        return lines + reports + self._overdue

    # ---- small parts ----

    def _sanitizer(self, *options):
        """The environment of a sanitizer build; nothing for any other."""
        added = ":".join([f"log_path={self.folder}/sanitizer", *options])
        return {name: f"{os.environ[name]}:{added}" for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}

    def _text(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def _listening(self):
        for port in self.ports.values():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                return False
        return bool(self.workers())

    def _pid_file(self, name):
        try:
            return int((self.folder / name).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    @staticmethod
    def _command_line(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read()
        except (FileNotFoundError, ProcessLookupError):
            return b""
