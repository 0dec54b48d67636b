"""A FastCGI application that answers with the parameters it received."""

import contextlib
import json
import socket
import struct
import threading

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
HEADER = struct.Struct(">BBHHBB")


class FastCgi:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError), connection.makefile("rb") as stream:
                answer(connection, stream)  # nginx closes when its client has gone


def answer(connection, stream):
    received = b""
    while len(head := stream.read(HEADER.size)) == HEADER.size:
        _, kind, request, length, padding, _ = HEADER.unpack(head)
        content = stream.read(length)
        stream.read(padding)
        if kind == PARAMS:
            received += content
        if kind == STDIN and length == 0:
            body = b"Content-Type: application/json\r\n\r\n" + json.dumps(parameters(received)).encode()
            for each, data in ((STDOUT, body), (STDOUT, b""), (END, bytes(8))):
                connection.sendall(HEADER.pack(1, each, request, len(data), 0, 0) + data)
            return


def parameters(data):
    """A list of [name, value], in the order sent."""
    found, at = [], 0
    while at < len(data):
        lengths = []
        for _ in range(2):
            length, at = data[at], at + 1
            if length & 0x80:
                length, at = int.from_bytes(data[at - 1:at + 3], "big") & 0x7FFFFFFF, at + 3
            lengths.append(length)
        name, value = data[at:at + lengths[0]], data[at + lengths[0]:at + sum(lengths)]
        found.append([name.decode("latin-1"), value.decode("latin-1")])
        at += sum(lengths)
    return found
