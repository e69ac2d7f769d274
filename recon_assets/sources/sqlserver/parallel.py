"""Several streams, each made in a thread of its own, as one.

Belongs here: the threads, and handing over what they make within a bound. Does not belong here: what is streamed
(`reading`).
"""

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Generic, TypeVar

THREADS = "reading a part"
"""What the names of the threads begin with."""

T = TypeVar("T")


@contextmanager
def side_by_side(streams: Sequence[Callable[[], AbstractContextManager[Iterator[T]]]]) -> Iterator[Iterator[T]]:
    """What all streams make, as it comes; as many items as there are streams may wait to be taken.

    The first error of a stream ends all and is raised to the taker. At the end of the `with` no thread is left: each
    is over when the item that it is at has been made, and has closed its stream.
    """
    handover: _Handover[T] = _Handover(len(streams))
    with ThreadPoolExecutor(len(streams), THREADS) as threads, closing(handover):
        for stream in streams:
            threads.submit(_give_all, stream, handover)
        yield handover.items()


def _give_all(stream: Callable[[], AbstractContextManager[Iterator[T]]], handover: "_Handover[T]") -> None:
    try:
        with stream() as items:
            for item in items:
                if not handover.give(item):
                    break
            del items  # what it fetches from is closed right after
    except BaseException as error:
        _forget_frames(error)
        handover.stream_ended(error)
    else:
        handover.stream_ended()


def _forget_frames(error: BaseException | None) -> None:
    """What an error came through may hold connections, which would stay open for as long as someone holds the error."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


class _Handover(Generic[T]):
    """A bounded queue from several threads to one, which either side can end."""

    def __init__(self, streams: int) -> None:
        self._room = self._streams = streams
        self._waiting: deque[T] = deque()
        self._error: BaseException | None = None
        self._closed = False
        self._changed = threading.Condition()

    def give(self, item: T) -> bool:
        """Wait for room; False where nothing more is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._room)
            if not self._closed:
                self._waiting.append(item)
                self._changed.notify_all()
            return not self._closed

    def stream_ended(self, error: BaseException | None = None) -> None:
        """One stream is over; its error is kept if it is the first."""
        with self._changed:
            self._streams -= 1
            if error is not None and not self._closed:
                self._error = error
                self._close()
            self._changed.notify_all()

    def items(self) -> Iterator[T]:
        """What was given, until all streams are over. Raises the first error."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed or not self._streams)
                if self._error is not None:
                    raise self._error
                if not self._waiting:
                    return
                item = self._waiting.popleft()
                self._changed.notify_all()
            yield item

    def close(self) -> None:
        """Nothing more is wanted."""
        with self._changed:
            self._close()

    def _close(self) -> None:
        self._closed = True
        self._waiting.clear()
        self._changed.notify_all()
