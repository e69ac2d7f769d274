"""Faults a test asks of a running server, each happening as often as it was asked for.

Belongs here: what can go wrong and its bookkeeping. Does not belong here: doing it (`connection`, `engine`).
"""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServerError:
    """An error as the server tells it."""

    number: int
    message: str
    state: int = 1
    severity: int = 16
    line: int = 1
    procedure: str = ""


@dataclass(frozen=True)
class ResultFault:
    """What befalls a result once `after_rows` rows have been sent; None is before its columns are even told.

    `error`, else `stall` (nothing more is sent until the client cancels or leaves), else the connection is cut.
    """

    after_rows: int | None = None
    stall: bool = False
    error: ServerError | None = None


@dataclass
class Faults:
    """The server's faults to come. A fault is taken by the first connection that meets it."""

    refuse_tls: bool = False
    """Every handshake is cut off, until this is set back."""
    _logins: list[ServerError] = field(default_factory=list)
    _results: list[ResultFault | None] = field(default_factory=list)
    _calls: list[bool] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refuse_logins(self, count: int, number: int, message: str = "") -> None:
        """Refuse the next logins with this error."""
        texts = {
            18456: "Login failed for user 'recon'.",
            40613: "Database 'warehouse' on server 'peer' is not currently available. Please retry the connection later.",
            10928: "Resource ID: 1. The request limit for the database is 90 and has been reached.",
        }
        self._logins += [ServerError(number, message or texts.get(number, "Refused."), severity=14)] * count

    def drop_result(self, after_rows: int) -> None:
        """Cut the connection within the next result."""
        self._results.append(ResultFault(after_rows))

    def stall_result(self, after_rows: int | None = None) -> None:
        """Say nothing more, before the next result or within it, until the client cancels or leaves."""
        self._results.append(ResultFault(after_rows, stall=True))

    def fail_result(self, after_rows: int, error: ServerError) -> None:
        """Send an error within the next result."""
        self._results.append(ResultFault(after_rows, error=error))

    def spare_results(self, count: int) -> None:
        """Nothing befalls the next results; then what is asked for after this."""
        self._results += [None] * count

    def drop_call(self, *, executed: bool = False) -> None:
        """Cut the connection when the next procedure call has come: before it begins, or once it is committed."""
        self._calls.append(executed)

    def take_login(self) -> ServerError | None:
        """The error the login at hand is refused with."""
        return self._take(self._logins)

    def take_result(self) -> ResultFault | None:
        """What befalls the result at hand."""
        return self._take(self._results)

    def take_call(self, *, executed: bool) -> bool:
        """Whether the connection is to be cut at this point of the call at hand."""
        with self._lock:
            if self._calls and self._calls[0] is executed:
                self._calls.pop(0)
                return True
            return False

    def _take(self, planned: list) -> ServerError | ResultFault | None:
        with self._lock:
            return planned.pop(0) if planned else None
