"""Child processes of the tests: started unprivileged, ended in good order, gone when the tests are gone."""

import contextlib
import functools
import itertools
import os
import pwd
import random
import signal
import socket
import subprocess
import time

UNPRIVILEGED = "nobody"


def setpriv(death_signal, unprivileged=True):
    """The words before a command that make the kernel end it with us and, when we are root, take root from it."""
    words = ["setpriv", "--pdeathsig", death_signal]
    if unprivileged and os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        words += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    return words


def give_away(path):
    """Makes the unprivileged user own a file or folder."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid)


def run_unprivileged(*command):
    done = subprocess.run(setpriv("TERM") + list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}"


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def alive(pid):
    """A zombie is not alive."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


PORTS = range(20000, 32768)  # those above the kernel gives to outgoing connections, and one may have come in between
SHARES = 32                  # of processes with tests on this machine at a time, whatever runs they belong to


def take_share():
    """A number that no other process has as long as the socket is open. Its name is in Linux's abstract namespace."""
    for number in range(SHARES):
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0gatehouse tests, share {number} of the ports")
            return number, claim
        claim.close()
    raise RuntimeError(f"more than {SHARES} processes with tests")


@functools.cache
def ports_of_this_process():
    """All of its share, from anywhere on and round and round: a port is given again only when all others have been."""
    number, claim = take_share()
    share = PORTS[number::SHARES]
    return itertools.islice(itertools.cycle(share), random.randrange(len(share)), None), claim


def free_port():
    """Free now, and given to nobody else of this run: two of one server may not be the same."""
    ports, _ = ports_of_this_process()
    for port in ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def untimed():
    """The servers of the session start in the first test that asks for them, and are not that test's to wait for."""
    left = signal.alarm(0)
    yield
    signal.alarm(left)


def wait_until(condition, what, limit=10.0):
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit} s in vain: {what}"
        time.sleep(0.02)


class Server:
    """A server process that a test may stop, kill, pause and start again."""

    def __init__(self, command, log_file, end, ready):
        self.command, self.log_file, self.end, self.ready = command, log_file, end, ready
        self.process = None
        self.paused = False

    def start(self):
        words = setpriv(self.end.name[3:]) + self.command
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or self.ready(), f"{self.command[0]} to start")
        assert self.process.poll() is None, f"{self.command[0]} did not start:\n" + open(self.log_file).read()

    def stop(self):
        self.resume()
        self._end(self.end)

    def kill(self):
        """As a crash."""
        self._end(signal.SIGKILL)
        self.paused = False

    def pause(self):
        """Hung, but connected: SIGSTOP to it and to its children."""
        self._signal_all(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        self._signal_all(signal.SIGCONT)
        self.paused = False

    def ensure_running(self):
        if self.process is None:
            self.start()
        elif self.paused:
            self.resume()

    def _signal_all(self, number):
        if self.process is not None:
            for pid in [self.process.pid] + children(self.process.pid):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass  # a child that ended meanwhile

    def _end(self, number):
        if self.process is None:
            return
        family = children(self.process.pid)
        self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        wait_until(lambda: not any(alive(pid) for pid in family), f"the children of {self.command[0]} to end")
