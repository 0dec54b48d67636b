"""Where it is measured: PostgreSQL, Redis and the servers of one run, and who logs in there."""

import base64
import json
import pathlib
import shutil
import tempfile

from accounts import API, Account, claims
from instruments import Callgrind, pin
from nginx_server import Nginx
from stores import TREE, Postgres, Redis
from tokens import Mint, new_key, openssl_jwk

OPEN, GUARDED = "/open/index.html", "/guarded/index.html"
PLAIN = """
%USER%
worker_processes 1;
daemon off;
pid %FOLDER%/nginx.pid;
error_log %FOLDER%/error.log notice;
%MAIN%
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:%PORT%;
        location /open/ { alias %FOLDER%/html/; }
    }
}
"""
LOCATIONS = API + """
location /open/ { alias %FOLDER%/html/; }
location /guarded/ { gatehouse %REALM%; alias %FOLDER%/html/; }
keepalive_requests 1000000000;
access_log off;"""
KEYS = {"HS256": lambda: new_key("sig", "a"),
        **{name: lambda kind=kind: {**openssl_jwk(kind), "use": "sig", "kid": "a"}
           for name, kind in {"EdDSA": "Ed25519", "ES256": "P-256", "RS256": "RSA"}.items()}}
REALM = {"postgres": '"%POSTGRES%"', "redis": "%REDIS%", "keys": "%KEYS%", "public_url": "http://127.0.0.1",
         "registration": "open", "verify_email": "off", "cookie_secure": "off", "password": "blocklist=off",
         "limit_logins": "off", "limit_registrations": "off", "pages": "%PAGES%"}


class Stage:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench."))
        self.folder.chmod(0o755)
        self.postgres, self.redis = Postgres(self.folder / "postgres"), Redis(self.folder / "redis")
        pin(self.redis.process.pid)
        self.jwks = {name: {"keys": [make(), new_key("gatehouse-refresh", "r")]} for name, make in KEYS.items()}
        self.made = 0
        self.running = []

    def server(self, algorithm="HS256", workers=1, start=True, realm=None, locations=LOCATIONS, **more):
        """An nginx; one worker alone has a core of its own."""
        folder = self.folder / f"nginx{self.made}"
        self.made += 1
        keys = self.folder / f"{folder.name}.json"
        keys.write_text(json.dumps(self.jwks[algorithm]))
        marks = {"KEYS": str(keys), "POSTGRES": self.postgres.conninfo, "REDIS": f"unix:{self.redis.socket}",
                 "UPSTREAM": "", "PAGES": str(TREE / "pages")}
        made = Nginx(folder, marks, {**REALM, **(realm or {})}, locations, log_level="notice", workers=workers, **more)
        self.running.append(made)
        if start:
            made.start()
            if workers == 1:
                pin(made.workers()[0])
        return made

    def plain_server(self, start=True, **more):
        """An nginx without the module."""
        return self.server(start=start, conf=PLAIN, **more)

    def counted(self, make, **more):
        """The server that make() makes, as one process that callgrind counts."""
        server = make(start=False, main="master_process off;", **more)
        made = Callgrind(server)
        self.running.append(made)
        return made

    def tokens_like(self, server):
        return Tokens(server, self.jwks["HS256"])

    def clear(self):
        while self.running:
            self.running.pop().stop()

    def close(self):
        self.clear()
        self.postgres.stop()
        self.redis.stop()
        shutil.rmtree(self.folder)


class Tokens:
    """Access tokens like those of an account that registers with `server`, each of another user and session."""

    def __init__(self, server, keys):
        self.mint = Mint(server, keys)
        self.usual = claims(Account(server).access)

    def __getitem__(self, number):
        sid = base64.urlsafe_b64encode(number.to_bytes(16, "big")).decode().rstrip("=")
        ours = {**self.usual, "sub": f"{number:08x}-2222-4333-8444-555555555555", "sid": sid}
        return self.mint.token(claims=json.dumps(ours, separators=(",", ":")))
