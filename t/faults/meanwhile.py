"""What must hold while something is at fault: nobody enters who may not, and what needs no store is answered at once."""

import http.client
import threading
import time

from accounts import bearer
from processes import wait_until

SECRET = "what only users may read"


class Meanwhile:
    """Within `with`, strangers ask for a guarded page and somebody for a file that is open to all.

    tokens: of sessions that have ended; they must never be let in. may_fail: connections may come to nothing, may_wait: and
    wait to be accepted. answers: how many of each status strangers got.
    """

    def __init__(self, server, tokens=(), may_fail=False, may_wait=False):
        self.server, self.tokens, self.may_fail, self.may_wait = server, tokens, may_fail, may_wait
        self.answers, self.latencies, self.leaks, self.failures = {}, [], [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._strangers, self._reader)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            wait_until(lambda: self.answers and len(self.latencies) >= 20, "strangers to be answered", 30)
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        if kind is None:
            assert not self.leaks, f"guarded bytes without credentials: {self.leaks[:3]}"
            assert self.may_fail or not self.failures, self.failures[:3]
            assert self.may_wait or self.p99 < 1000, f"a file that needs no store took {self.p99} ms: the worker was blocked"

    @property
    def p99(self):
        """Milliseconds."""
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)] if self.latencies else 0.0

    def _strangers(self):
        kinds = [{}, {"Authorization": "Bearer x.y.z"}, {"Cookie": "__Host-gatehouse=x.y.z; __Host-gatehouse-refresh=x"}]
        kinds += [bearer(token) for token in self.tokens]
        while not self._stop.wait(0.01):
            for headers in kinds:
                status, body = self._get("/guarded/page", headers)
                if status is None:
                    continue
                self.answers[status] = self.answers.get(status, 0) + 1
                if status < 400 or SECRET.encode() in body:
                    self.leaks.append((headers, status, body[:100]))

    def _reader(self):
        while not self._stop.wait(0.005):
            begun = time.perf_counter()
            status, _ = self._get("/open.txt", {})
            if status is not None:
                self.latencies.append((time.perf_counter() - begun) * 1000)

    def _get(self, path, headers):
        """(None, b"") where the connection came to nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as failure:
            self.failures.append(repr(failure))
            return None, b""
        finally:
            connection.close()
