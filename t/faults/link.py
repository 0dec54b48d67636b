"""A Unix socket in front of a store's. What passes it may be held up, cut off or refused, and all is well again by heal()."""

import contextlib
import os
import socket
import threading
import time


class Link:
    """Connections to `path` lead to the Unix socket `target`. Only replies suffer: what a store is told, it does."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self._connections = set()
        self._lock = threading.Lock()
        self._listener = None
        self.held_replies = 0  # so far
        self.heal()

    # ---- the weather ----

    def heal(self):
        self._delay, self._cut_after, self._held, self._lost_reply = 0.0, None, threading.Event(), None
        self._held.set()
        if self._listener is None:
            self._listen()

    def refuse(self):
        """Nobody listens, and what was open is reset."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(self.path)
        self._close_all()

    def hold(self):
        """Replies wait until heal()."""
        self._held.clear()

    def slow(self, seconds):
        self._delay = seconds

    def cut_after(self, count):
        """Each connection ends after so many bytes more of its replies."""
        self._cut_after = count

    def lose_reply_to(self, words):
        """Connections that say these bytes are closed as soon as the reply has come, and it is not passed on."""
        self._lost_reply = words

    def close(self):
        self.heal()
        self.refuse()

    # ---- how ----

    def _listen(self):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        os.chmod(self.path, 0o777)
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                try:
                    far.connect(str(self.target))
                except OSError:
                    near.close()
                    continue
                pair = (near, far)
                with self._lock:
                    self._connections.add(pair)
                doomed = threading.Event()
                threading.Thread(target=self._ask, args=(pair, doomed), daemon=True).start()
                threading.Thread(target=self._reply, args=(pair, doomed), daemon=True).start()

    def _ask(self, pair, doomed):
        near, far = pair
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                if self._lost_reply is not None and self._lost_reply in data:
                    doomed.set()
                far.sendall(data)
        self._end(pair)

    def _reply(self, pair, doomed):
        near, far = pair
        left = None
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                self.held_replies += not self._held.is_set()
                self._held.wait()
                if self._delay:
                    time.sleep(self._delay)
                if doomed.is_set():
                    break
                if self._cut_after is not None:
                    left = self._cut_after if left is None else left
                    near.sendall(data[:left])
                    left -= len(data)
                    if left <= 0:
                        break
                else:
                    near.sendall(data)
        self._end(pair)

    def _end(self, pair):
        with self._lock:
            self._connections.discard(pair)
        for each in pair:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _close_all(self):
        with self._lock:
            pairs = list(self._connections)
        for pair in pairs:
            self._end(pair)


class LinkFaults:
    """What a link can do to a store. Each begins a fault and returns what ends it."""

    def __init__(self, link):
        self.link = link

    def refused(self):
        self.link.refuse()
        return self.link.heal

    def hung(self):
        self.link.hold()
        return self.link.heal

    def cut(self, count):
        self.link.cut_after(count)
        return self.link.heal
