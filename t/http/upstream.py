"""The legacy application of the tests: it answers every request with what it received, as JSON."""

import json
import socket
import threading


class Upstream:
    """An HTTP/1.1 server on a loopback port, kept alive, chunked bodies understood.

    Answers 200 with {"method", "uri", "headers": [[name, value], …] raw and in order, "body"}. `requests` holds the same
    of every request since clear(), so that a test can prove that the application was never asked. `reply` changes the
    answer: a function from such a request to (status, [(name, value), …], body).
    """

    def __init__(self):
        self.requests = []
        self.reply = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def count(self):
        return len(self.requests)

    def clear(self):
        self.requests = []
        self.reply = None

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while request := read_request(stream):
                    self.requests.append(request)
                    connection.sendall(self._answer(request))
                    if ["connection", "close"] in [[n.lower(), v] for n, v in request["headers"]]:
                        return
            except OSError:
                pass  # nginx has gone

    def _answer(self, request):
        status, headers, body = 200, [("Content-Type", "application/json")], json.dumps(request)
        if self.reply is not None:
            status, headers, body = self.reply(request)
        lines = [f"HTTP/1.1 {status} Some-Phrase"] + [f"{name}: {value}" for name, value in headers]
        data = b"" if request["method"] == "HEAD" else body.encode()
        lines.append(f"Content-Length: {len(body.encode())}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + data


def read_request(stream):
    """None when the connection has ended."""
    first = stream.readline()
    if not first.strip():
        return None
    method, uri, version = first.decode("latin-1").split()
    headers = []
    while (line := stream.readline().decode("latin-1").rstrip("\r\n")):
        name, _, value = line.partition(":")
        headers.append([name, value.strip()])
    fields = {name.lower(): value for name, value in headers}
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = read_chunks(stream)
    else:
        body = stream.read(int(fields.get("content-length", 0)))
    if version == "HTTP/1.0" and "connection" not in fields:
        headers.append(["Connection", "close"])
    return {"method": method, "uri": uri, "headers": headers, "body": body.decode("latin-1")}


def read_chunks(stream):
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass  # trailers
    return body
