"""What the other ways to guard cost on the same core, in the same run: nginx's auth_request, which asks a server for each
request."""

import json
import os
import subprocess

from accounts import Account, claims
from guard import bearer, ratio
from instruments import pin
from stage import PLAIN
from stores import TREE

ASKS = PLAIN.replace("    server {", """    upstream judge { server 127.0.0.1:%JUDGE%; keepalive 32; }
    server {""", 1).replace("location /open/", """location = /judge {
            internal;
            proxy_pass http://judge;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
        }
        location /guarded/ { auth_request /judge; alias %FOLDER%/html/; }
        location /open/""", 1)
SAYS_YES = PLAIN.replace("location /open/ { alias %FOLDER%/html/; }", "location / { return 204; }")


def measure_peers(stage):
    """The same page behind Gatehouse, and behind auth_request to an nginx that says yes, and to Node with jose."""
    gatehouse = stage.server()
    header = bearer(Account(gatehouse).access)
    yield "peers: Gatehouse", ratio(stage, gatehouse, [header])

    yes = stage.server(conf=SAYS_YES)
    yield "peers: auth_request to another nginx, which says yes", behind(stage, yes.port, header)

    node = start_node(gatehouse.folder, stage.jwks["HS256"], claims(Account(gatehouse).access))
    try:
        port = int(node.stdout.readline().split()[1])
        yield "peers: auth_request to Node, which verifies by jose", behind(stage, port, header)
    finally:
        node.kill()
        node.wait()


def behind(stage, judge, header):
    return ratio(stage, stage.server(conf=ASKS.replace("%JUDGE%", str(judge))), [header])


def start_node(folder, keys, of):
    """On the core that the worker has: what a request costs is what all servers need for it."""
    file = folder / "peer.json"
    file.write_text(json.dumps(keys))
    words = ["node", str(TREE / "bench/peer.js"), str(file), of["iss"], of["aud"]]
    environment = {**os.environ, "NODE_PATH": str(TREE / "build/bench/node_modules")}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    pin(process.pid)
    return process
