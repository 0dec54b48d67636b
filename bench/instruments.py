"""What measures: wrk for requests a second and latency, callgrind for instructions."""

import os
import re
import socket
import subprocess
import time

UNITS = {"us": 0.001, "ms": 1, "s": 1000}
SERVER_CORE, CLIENT_CORE = 0, os.cpu_count() - 1  # what is measured has a core of its own where there are two


class Load:
    """What wrk saw, on one thread: requests a second, and the time within which 99 of 100 were answered."""

    def __init__(self, url, seconds, headers=(), script=None, connections=32, pid=None):
        """`script`: a file of Lua. `pid`: the worker whose time on the processor counts. Fails if an answer was not 2xx."""
        words = ["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        words += [word for header in headers for word in ("-H", header)]
        before = processor_time(pid)
        said = subprocess.check_output([*words, *(["-s", str(script)] if script else []), url], text=True)
        assert "Non-2xx" not in said, said
        self.per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
        self.p99 = float(value) * UNITS[unit]  # ms
        self.processor = (processor_time(pid) - before) / int(re.search(r"(\d+) requests in", said)[1])  # ns a request


def processor_time(pid):
    """Nanoseconds that a process has been running, whatever else the machine was doing."""
    if pid is None:
        return 0
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


def pin(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), {SERVER_CORE})


def resident(pid):
    """Bytes of memory that a process has for itself."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+:\s+(\d+) kB", file.read(), re.MULTILINE)) * 1024


class Connection:
    """Sends requests as they are, one after the other, and reads their answers."""

    def __init__(self, port, host="127.0.0.1"):
        self.host = host
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def ask(self, path, headers=(), method="GET"):
        """The status."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        status = int(self.file.readline().split()[1])
        length = 0
        while (line := self.file.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.file.read(length)
        return status

    def close(self):
        self.file.close()
        self.socket.close()


class Callgrind:
    """`server`, not started, as one process under callgrind."""

    def __init__(self, server):
        self.server = server
        self.output = server.folder / "callgrind.out"
        words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.output}", *server.command()]
        with open(server.folder / "output", "ab") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output)
        self.dumps = 0

    def connect(self, path, headers=()):
        """As soon as the server answers 200: valgrind starts slowly, and before its feed is read the guard says 503."""
        for _ in range(1200):
            assert self.process.poll() is None, self.server.output()
            try:
                connection = Connection(self.server.port)
                if connection.ask(path, headers) == 200:
                    return connection
                connection.close()
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError("nginx under valgrind does not answer")

    def count(self, requests):
        """Instructions of each request that calling `requests` makes; it returns how many those were."""
        self._dump()
        made = requests()
        return self._dump() / made

    def _dump(self):
        """Instructions since the last time."""
        subprocess.run(["callgrind_control", "-d", str(self.process.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.dumps += 1
        text = (self.server.folder / f"callgrind.out.{self.dumps}").read_text()
        return int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
