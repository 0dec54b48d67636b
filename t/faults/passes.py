"""Who may pass: what the soak knows of every token, of the weather at the stores, and of what the documentation promises."""

import contextlib
import enum
import math
import threading
import time
from dataclasses import dataclass, field

NEAR = 1.0      # s: an end heard on another nginx. Promised are milliseconds; the rest is granted to a loaded machine
SQL = 5.0       # s: a change by SQL reaches its sessions "within seconds"
RECOVERY = 5.0  # s: all is well again after a fault of a store
LEASE = 35.0    # s: a revocation that somebody had taken from the outbox when PostgreSQL went; another takes it then
CLOCKS = 1.5    # s: expiry is in whole seconds


class May(enum.Enum):
    MUST, MUST_NOT, EITHER = range(3)


class Weather:
    """When which store was at fault."""

    def __init__(self):
        self.faults = []  # [store, begun, ended]
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def fault(self, store):
        entry = [store, time.time(), math.inf]
        with self._lock:
            self.faults.append(entry)
        yield
        entry[2] = time.time()

    def at_fault(self, stores, begun, until, aftermath=RECOVERY):
        """When the last fault of `stores` between these moments was over or will be; None without one. It counts until it is
        over for as long as its aftermath."""
        with self._lock:
            ends = [ended for store, start, ended in self.faults
                    if store in stores and start <= until and ended + aftermath >= begun]
        return max(ends, default=None)


@dataclass
class End:
    """What ends tokens: from `begun` on it may have come to pass, at `due` it has, on each nginx in its time.

    due: empty if nobody knows whether it will. delays: by stores, how much later after a fault of theirs.
    """
    begun: float
    due: dict = field(default_factory=dict)
    delays: dict = field(default_factory=dict)

    def over(self, node, weather):
        """Since when it has come to pass on `node`, at the latest."""
        due = self.due.get(node, math.inf)
        if due == math.inf:
            return due
        late = True
        while late:  # the time that a fault grants may have a fault in it
            ends = [(weather.at_fault([store], self.begun, due, delay), delay) for store, delay in self.delays.items()]
            later = max([end + delay for end, delay in ends if end is not None], default=due)
            late, due = later > due, max(due, later)
        return due


def heard(answer, nodes, at_once=True, stores=("redis",), lease=False):
    """The End by an answer that says so: over on the nginx that gave it, if `at_once`, and soon on the others."""
    delays = {store: LEASE if lease and store == "postgres" else RECOVERY for store in stores}
    due = {node: answer.at + (0 if node is answer.node and at_once else NEAR) for node in nodes}
    return End(answer.begun, due, delays)


class Token:
    """One of any kind. `ends` may be a list that it shares with the others of its session."""

    def __init__(self, text, ends, expires=math.inf, **also):
        self.text, self.ends, self.expires = text, ends, expires
        self.own_ends = []
        self.__dict__.update(also)

    def may(self, node, begun, at, weather):
        """What a request to `node` that began and was answered then must have heard."""
        ends = self.ends + self.own_ends
        if begun > self.expires + CLOCKS or any(begun > end.over(node, weather) for end in ends):
            return May.MUST_NOT
        if at < min([self.expires - CLOCKS, *(end.begun for end in ends)]):
            return May.MUST
        return May.EITHER
