"""Runs and their tasks, and how they go from one state to the next.

Belongs here: a run's life. Does not belong here: the calls about it (`jobs`), and what a task's definition means
(`tasks`).
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from recon_assets_tests.workspace.faults import RunFault
from recon_assets_tests.workspace.processes import Machine, Process, Work
from recon_assets_tests.workspace.states import (
    BLOCKED,
    CANCELED,
    FAILED,
    INTERNAL_ERROR,
    PENDING,
    RUNNING,
    SUCCESS,
    TASK_FAILED,
    TERMINATING,
    TIMED_OUT,
    UPSTREAM_FAILED,
    State,
)

FAILURE = "Workload failed, see run output for details"


class CannotRun(Exception):
    """A task that can't be begun, in Databricks' words; `broken` is where that is no fault of its file."""

    def __init__(self, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.state = (INTERNAL_ERROR if broken else FAILED).with_message(message)


@dataclass
class TaskRun:
    """A task of a run. `prepare` gives what is to run, or raises CannotRun."""

    run_id: int
    definition: dict[str, Any]
    prepare: Callable[[], Work]
    state: State = BLOCKED
    process: Process | None = None
    started: int = 0
    ended: int = 0

    @property
    def key(self) -> str:
        """Its name in the run."""
        return str(self.definition.get("task_key", "task"))

    @property
    def needs(self) -> set[str]:
        """The tasks that must have succeeded."""
        return {each["task_key"] for each in self.definition.get("depends_on", [])}


@dataclass
class Run:
    """A run of tasks, one after the other, on a thread of its own."""

    run_id: int
    job_id: int
    tasks: Sequence[TaskRun]
    about: dict[str, Any]
    machine: Machine
    lost: bool = False
    state: State = PENDING
    started: int = field(default_factory=lambda: _now())
    ended: int = 0
    _cancelled: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def begin(self, fault: RunFault | None) -> None:
        """Let it run, or come to the state that a test wants."""
        if fault is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            return
        self.lost = fault.lost
        for task in self.tasks:
            task.state = fault.state
        failed = fault.state.result == "FAILED"
        because = replace(_because_of(self.tasks[0]), life_cycle=fault.life_cycle)
        self._become(because if failed else fault.state)

    def cancel(self, message: str = "Run cancelled.") -> None:
        """Cancel it, whoever asks."""
        with self._changed:
            if self.state.ended:
                return
            self._cancelled = True
            self.state = TERMINATING
        for task in self.tasks:
            if task.process is not None:
                task.process.end()
        if self._thread is None:
            self._end_all(CANCELED.with_message(message))

    def wait(self, seconds: float) -> bool:
        """Wait for its end, and say whether it came; one that waits for ever is not waited for."""
        if self._thread is None:
            return self.state.ended
        with self._changed:
            return self._changed.wait_for(lambda: self.state.ended, seconds)

    def wait_until_running(self, seconds: float) -> bool:
        """Wait until a task's process is there, or the run has ended."""
        with self._changed:
            return self._changed.wait_for(lambda: self.state.ended or self.state == RUNNING, seconds)

    def close(self) -> None:
        """End it with the server."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        done: dict[str, State] = {}
        for task in self.tasks:
            if self._cancelled:
                task.state = CANCELED
            elif any(done.get(need, FAILED).result != "SUCCESS" for need in task.needs):
                task.state = UPSTREAM_FAILED
            else:
                self._run_task(task)
            done[task.key] = task.state
        if self._cancelled:
            self._end_all(CANCELED)
            return
        bad = next((task for task in self.tasks if task.state.result != "SUCCESS"), None)
        if bad is None:
            self._become(SUCCESS)
        elif bad.state.result == "TIMEDOUT":
            self._become(bad.state)
        else:
            self._become(_because_of(bad))

    def _run_task(self, task: TaskRun) -> None:
        task.state, task.started = PENDING, _now()
        try:
            work = task.prepare()
        except CannotRun as error:
            task.state, task.ended = error.state, _now()
            return
        task.process = process = Process(self.machine, work, task.run_id)
        if self._cancelled:
            process.end()
        task.state = RUNNING
        self._become(RUNNING)
        process.run()
        task.ended = _now()
        if self._cancelled:
            task.state = CANCELED
        elif process.timed_out:
            task.state = TIMED_OUT
        else:
            task.state = FAILED.with_message(FAILURE) if "error" in process.outcome else SUCCESS

    def _end_all(self, state: State) -> None:
        for task in self.tasks:
            task.state = task.state if task.state.ended else state
        self._become(state)

    def _become(self, state: State) -> None:
        with self._changed:
            if not (self._cancelled and state == RUNNING):
                self.state = state
            if state.ended:
                self.ended = _now()
            self._changed.notify_all()


def _because_of(task: TaskRun) -> State:
    text = f"Task {task.key} failed with message: {task.state.message}."
    return TASK_FAILED.with_message(f"{text} This caused all downstream tasks to get skipped.")


def _now() -> int:
    return time.time_ns() // 1_000_000
