"""A headless Chromium, as far as the tests need one: over its DevTools protocol, one page at a time."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request

import websockets

from processes import alive, children, free_port, wait_until

PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"


class Page:
    """chromium.Page(folder): what is asked is asked in the page, as its own script would."""

    def __init__(self, folder):
        self.loop = asyncio.new_event_loop()
        self.port = free_port()
        self.number = 0
        self.problems = []  # what the console has to complain of, the Content-Security-Policy above all
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
                   f"--user-data-dir={folder}/chromium", f"--remote-debugging-port={self.port}", "about:blank"]
        self.process = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": str(folder)}, start_new_session=True)
        wait_until(self._targets, "Chromium to listen", 30)
        address = self._targets()[0]["webSocketDebuggerUrl"]
        self.socket = self._run(_connected(address))
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def close(self):
        self._run(self.socket.close())
        family = [self.process.pid, *children(self.process.pid)]
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        for pid in family[1:]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.loop.close()

    def _targets(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json", timeout=2) as answer:
                return [each for each in json.load(answer) if each["type"] == "page"]
        except OSError:
            return []

    def _run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    def command(self, method, **parameters):
        self.number += 1
        self._run(self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters})))
        while True:
            message = json.loads(self._run(self.socket.recv()))
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.problems.append(json.dumps(message["params"]))
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]

    def evaluate(self, expression):
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, url):
        self.command("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def wait_for(self, condition, limit=10.0):
        deadline = time.monotonic() + limit
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"{condition} at {self.path}:\n{self.text}"
            time.sleep(0.03)

    def wait_for_path(self, path):
        self.wait_for(f"location.pathname === {json.dumps(path)} && document.readyState === 'complete'")

    @property
    def path(self):
        return self.evaluate("location.pathname")

    @property
    def text(self):
        """What a reader sees."""
        return self.evaluate("document.body.innerText")

    def fill(self, **fields):
        for name, value in fields.items():
            self.evaluate(f"document.querySelector('form:not([hidden]) [name={name}]').value = {json.dumps(value)}")

    def submit(self, call):
        """Presses the button of the form that makes this call of the API."""
        self.evaluate(f"document.querySelector('form[data-call=\"{call}\"] .actions button').click()")


async def _connected(address):
    return await websockets.connect(address, max_size=None, ping_interval=None)
