"""The states of runs, in the API's older and newer words.

Belongs here: the states and how they are told. Does not belong here: what brings a run from one to the next (`runs`).
"""

from dataclasses import dataclass, replace
from typing import Any

_ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")


@dataclass(frozen=True)
class State:
    """A run's state; `code` and `kind` are the newer words for how it ended."""

    life_cycle: str
    result: str | None = None
    code: str = ""
    kind: str = ""
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing comes after it."""
        return self.life_cycle in _ENDED

    def with_message(self, message: str) -> "State":
        """The same state, with this message."""
        return replace(self, message=message)

    def told(self) -> dict[str, Any]:
        """Both forms, as the API gives them side by side."""
        state: dict[str, Any] = {
            "life_cycle_state": self.life_cycle,
            "state_message": self.message,
            "user_cancelled_or_timedout": self.result in ("CANCELED", "TIMEDOUT"),
        }
        if self.result:
            state["result_state"] = self.result
        status: dict[str, Any] = {"state": "TERMINATED" if self.ended else self.life_cycle}
        if self.ended:
            status["termination_details"] = {"code": self.code, "type": self.kind, "message": self.message}
        return {"state": state, "status": status}


PENDING = State("PENDING")
BLOCKED = State("BLOCKED")
RUNNING = State("RUNNING", message="In run")
TERMINATING = State("TERMINATING")
SUCCESS = State("TERMINATED", "SUCCESS", "SUCCESS", "SUCCESS")
FAILED = State("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR")
CANCELED = State("TERMINATED", "CANCELED", "USER_CANCELED", "SUCCESS", "Run cancelled.")
TIMED_OUT = State("TERMINATED", "TIMEDOUT", "RUN_EXECUTION_ERROR", "CLIENT_ERROR", "Run timed out.")
UPSTREAM_FAILED = State("TERMINATED", "UPSTREAM_FAILED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR")
SKIPPED = State("SKIPPED", None, "SKIPPED", "SUCCESS")
INTERNAL_ERROR = State("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR", "CLIENT_ERROR")
TASK_FAILED = State("INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR")
"""Of a run, where one of its tasks failed."""
