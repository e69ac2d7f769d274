"""Application locks by name, as sp_getapplock keeps them for a session.

Belongs here: who holds what, and waiting for it. Does not belong here: reading the calls (`session`).
"""

import threading
import time
from collections.abc import Callable

GRANTED, GRANTED_AFTER_WAIT, TIMED_OUT, CANCELLED, NOT_HELD = 0, 1, -1, -2, -999


class ApplicationLocks:
    """The server's exclusive application locks. An owner is a session's number."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[str, tuple[int, int]] = {}

    def get(self, name: str, owner: int, timeout: int, cancelled: Callable[[], bool]) -> int:
        """Take the lock, waiting up to `timeout` ms (-1: however long): what sp_getapplock returns."""
        deadline = None if timeout < 0 else time.monotonic() + timeout / 1000
        waited = False
        with self._changed:
            while (holder := self._held.get(name, (owner, 0)))[0] != owner:
                left = 0.1 if deadline is None else min(0.1, deadline - time.monotonic())
                if left <= 0:
                    return TIMED_OUT
                if cancelled():
                    return CANCELLED
                waited = True
                self._changed.wait(left)
            self._held[name] = (owner, holder[1] + 1)
            return GRANTED_AFTER_WAIT if waited else GRANTED

    def release(self, name: str, owner: int) -> int:
        """Give the lock back as often as it was taken: what sp_releaseapplock returns."""
        with self._changed:
            holder, times = self._held.get(name, (None, 0))
            if holder != owner:
                return NOT_HELD
            if times == 1:
                del self._held[name]
            else:
                self._held[name] = (owner, times - 1)
            self._changed.notify_all()
            return 0

    def release_all(self, owner: int) -> None:
        """The session has ended."""
        with self._changed:
            self._held = {name: held for name, held in self._held.items() if held[0] != owner}
            self._changed.notify_all()

    def held_by(self, owner: int) -> frozenset[str]:
        """The names that a session holds."""
        with self._changed:
            return frozenset(name for name, (holder, _) in self._held.items() if holder == owner)

    @property
    def held(self) -> frozenset[str]:
        """The names that somebody holds."""
        with self._changed:
            return frozenset(self._held)
