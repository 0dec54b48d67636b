"""Chromium, driven by Playwright in a Node process: the Python side of chromium.js."""

import functools
import json
import os
import pathlib
import subprocess

from processes import setpriv
from stores import TREE

SCRIPT = pathlib.Path(__file__).with_name("chromium.js")


class Remote:
    """An object in the Node process. Its methods are there, under their names there, and wait for their results.
    Keyword arguments are the options that come last in JavaScript: page.getByRole("button", name="Log in")."""

    def __init__(self, chromium, number):
        self._chromium, self._number = chromium, number

    def __getattr__(self, method):
        return functools.partial(self._chromium.call, self, method)


class Chromium:
    """One for the whole run. `tests` is the object of that name in chromium.js."""

    def __init__(self, log_file):
        environment = {**os.environ, "NODE_PATH": str(TREE / "build/browser/node_modules")}
        with open(log_file, "ab") as log:
            self._process = subprocess.Popen(setpriv("TERM", unprivileged=False) + ["node", str(SCRIPT)], text=True,
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment)
        self._last = 0
        self.tests = Remote(self, 0)
        self.tests.start("/usr/bin/chromium")

    def call(self, on, method, *arguments, **options):
        self._last += 1
        words = [{"object": each._number} if isinstance(each, Remote) else each for each in arguments]
        request = {"id": self._last, "object": on._number, "method": method, "arguments": words + [options] * bool(options)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = {}
        while answer.get("id") != self._last:  # a test that took too long has not waited for its last one
            line = self._process.stdout.readline()
            assert line, f"the Node process of the browser has ended: see its log"
            answer = json.loads(line)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return Remote(self, answer["object"]) if "object" in answer else answer["value"]

    def stop(self):
        self._process.stdin.close()
        self._process.wait(20)
