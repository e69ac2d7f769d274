"""What a test tells the workspace to do wrong, each thing as often as it was asked for.

Belongs here: what can go wrong, and its bookkeeping. Does not belong here: doing it (`server` for calls, `jobs` for
runs, `statements` for SQL).
"""

import threading
from dataclasses import dataclass, field
from typing import TypeVar

from recon_assets_tests.workspace.exchange import Answer, ApiError, Request
from recon_assets_tests.workspace.states import CANCELED, FAILED, INTERNAL_ERROR, PENDING, SKIPPED, TIMED_OUT, State

T = TypeVar("T")

_CODES = {
    400: ("INVALID_PARAMETER_VALUE", "The request is invalid."),
    401: ("UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API."),
    403: ("PERMISSION_DENIED", "The caller does not have permission for this operation."),
    404: ("RESOURCE_DOES_NOT_EXIST", "It does not exist."),
    429: ("REQUEST_LIMIT_EXCEEDED", "The rate limit has been exceeded."),
    500: ("INTERNAL_ERROR", "An internal error occurred."),
    503: ("TEMPORARILY_UNAVAILABLE", "The service at this path is temporarily unavailable."),
}


@dataclass
class CallFault:
    """What befalls the next `times` calls of a method whose path begins so: an answer, or a dropped connection.

    `after` a call is done is when a client can't know whether it was.
    """

    method: str
    path: str
    answer: Answer | None
    after: bool = False
    times: int = 1

    def befalls(self, request: Request, *, after: bool) -> bool:
        """Whether this call is meant."""
        return self.method in (request.method, "*") and request.path.startswith(self.path) and self.after is after


@dataclass(frozen=True)
class RunFault:
    """The state a run's tasks come to without being run; a lost run's id is unknown from the start.

    Where the tasks failed, `life_cycle` is the run's own: INTERNAL_ERROR or TERMINATED, both of which are seen.
    """

    state: State
    lost: bool = False
    life_cycle: str = "INTERNAL_ERROR"


@dataclass(frozen=True)
class StatementFault:
    """The state a statement comes to without being executed; RUNNING is for ever, CLOSED is after it was done."""

    state: str
    code: str = ""
    message: str = ""


@dataclass
class Faults:
    """The faults to come. Each is taken by the first call, run or statement that meets it."""

    _calls: list[CallFault] = field(default_factory=list)
    _runs: list[RunFault] = field(default_factory=list)
    _statements: list[StatementFault] = field(default_factory=list)
    _links: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # Calls

    def answer(
        self,
        status: int,
        method: str = "*",
        path: str = "/",
        *,
        times: int = 1,
        code: str = "",
        message: str = "",
        retry_after: int | None = None,
        after: bool = False,
    ) -> None:
        """Answer the next calls with an error, by default before anything is done about them."""
        usual = _CODES.get(status, ("UNKNOWN", "Unknown."))
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        error = ApiError(status, code or usual[0], message or usual[1], headers)
        self._calls.append(CallFault(method, path, error.answer, after, times))

    def drop(self, method: str = "*", path: str = "/", *, times: int = 1, after: bool = False) -> None:
        """Drop the connections of the next calls: before anything is done, or after all of it was."""
        self._calls.append(CallFault(method, path, None, after, times))

    # Runs

    def fail_run(
        self, message: str = "Workload failed, see run output for details", life_cycle: str = "INTERNAL_ERROR"
    ) -> None:
        """The next run's task fails."""
        self._runs.append(RunFault(FAILED.with_message(message), life_cycle=life_cycle))

    def break_run(self, message: str = "Unexpected failure while waiting for the cluster to be ready") -> None:
        """The next run ends with an error of Databricks' own."""
        self._runs.append(RunFault(INTERNAL_ERROR.with_message(message)))

    def cancel_run(self, message: str = "Run cancelled.") -> None:
        """Somebody else cancels the next run."""
        self._runs.append(RunFault(CANCELED.with_message(message)))

    def time_out_run(self, message: str = "Run timed out.") -> None:
        """The next run takes longer than it may."""
        self._runs.append(RunFault(TIMED_OUT.with_message(message)))

    def skip_run(self, message: str = "The maximum number of concurrent runs was reached.") -> None:
        """The next run is never begun."""
        self._runs.append(RunFault(SKIPPED.with_message(message)))

    def stall_run(self) -> None:
        """The next run waits for its cluster until it is cancelled."""
        self._runs.append(RunFault(PENDING.with_message("Waiting for cluster")))

    def lose_run(self) -> None:
        """The next run is accepted, and unknown from then on."""
        self._runs.append(RunFault(PENDING, lost=True))

    # Statements

    def fail_statement(self, code: str = "BAD_REQUEST", message: str = "[INTERNAL_ERROR] It failed.") -> None:
        """The next statement fails."""
        self._statements.append(StatementFault("FAILED", code, message))

    def stall_statement(self) -> None:
        """The next statement runs until it is cancelled."""
        self._statements.append(StatementFault("RUNNING"))

    def cancel_statement(self) -> None:
        """Somebody else cancels the next statement."""
        self._statements.append(StatementFault("CANCELED"))

    def close_statement(self) -> None:
        """The next statement succeeds, and its result is closed before it can be had."""
        self._statements.append(StatementFault("CLOSED"))

    def expire_links(self, count: int = 1) -> None:
        """The next links to results that are followed turn out to have expired."""
        self._links += count

    # What the services ask

    def take_call(self, request: Request, *, after: bool) -> CallFault | None:
        """What befalls the call at hand."""
        with self._lock:
            for fault in self._calls:
                if fault.times and fault.befalls(request, after=after):
                    fault.times -= 1
                    return fault
        return None

    def take_run(self) -> RunFault | None:
        """What befalls the run at hand."""
        return self._take(self._runs)

    def take_statement(self) -> StatementFault | None:
        """What befalls the statement at hand."""
        return self._take(self._statements)

    def take_link(self) -> bool:
        """Whether the link at hand has expired."""
        with self._lock:
            self._links -= (expired := self._links > 0)
            return expired

    def _take(self, planned: list[T]) -> T | None:
        with self._lock:
            return planned.pop(0) if planned else None
