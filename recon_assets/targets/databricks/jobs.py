"""A run's life: begun once, waited for, and ended for certain when nobody waits any longer.

Belongs here: states, time-outs, cancelling, and the error that says why a run failed. Does not belong here: what is
asked for (`requests`), or what the run reports by itself (`pipes`).
"""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import Run, RunLifeCycleState, RunResultState, RunTask, TerminationCodeCode

from recon_assets.targets.base import RunSettings, TargetError
from recon_assets.targets.databricks.requests import Begin
from recon_assets.targets.databricks.workspace import calling

_ENDED = (RunLifeCycleState.TERMINATED, RunLifeCycleState.SKIPPED, RunLifeCycleState.INTERNAL_ERROR)
_NEVER_BEGAN = (
    TerminationCodeCode.SKIPPED,
    TerminationCodeCode.MAX_CONCURRENT_RUNS_EXCEEDED,
    TerminationCodeCode.MAX_JOB_QUEUE_SIZE_EXCEEDED,
    TerminationCodeCode.WORKSPACE_RUN_LIMIT_EXCEEDED,
    TerminationCodeCode.CLUSTER_REQUEST_LIMIT_EXCEEDED,
    TerminationCodeCode.CLUSTER_ERROR,
    TerminationCodeCode.CLOUD_FAILURE,
)
"""Why nothing was executed; a cluster may also be lost midway."""

_WITH_OUTPUT = (RunResultState.FAILED, RunResultState.TIMEDOUT)

_CANCELLING = 300  # seconds until we say that it won't end
_PAUSE = 12  # polls, a minute by default, before what never began is begun again
_TASKS, _LINES, _SIGNS = 3, 20, 3000  # of failed tasks, and of each one's output, what an error quotes


@dataclass(frozen=True)
class Runner:
    """Runs things in a workspace. `what` names them in errors, `say` is told where a run can be watched."""

    client: WorkspaceClient
    what: str
    poll_seconds: float
    say: Callable[[str], None]

    def run(self, begin: Begin, settings: RunSettings) -> Run:
        """The run, succeeded. Raises TargetError with its link, its message and the end of its output.

        Whatever else ends the wait, such as an interrupt, first cancels it.
        """
        left = settings.retries
        while True:
            run = self._end_of(begin, settings.timeout)
            if run.state and run.state.result_state == RunResultState.SUCCESS:
                return run
            if not (left and _never_began(run)):
                raise TargetError(self._told(run))
            left -= 1
            self.say(f"{self._told(run)}\nIt never began, and is begun again in {_PAUSE * self.poll_seconds:g} s.")
            time.sleep(_PAUSE * self.poll_seconds)

    def _end_of(self, begin: Begin, timeout: float | None) -> Run:
        run_id = self._begun(begin)
        try:
            return self._wait(run_id, timeout)
        except TargetError as error:
            raise TargetError(f"{error}. {self._cancel(run_id)}") from None
        except BaseException:
            self.say(f"{self.what}: interrupted. {self._cancel(run_id)}")
            raise

    def _begun(self, begin: Begin) -> int:
        token = uuid.uuid4().hex
        try:
            with calling(f"{self.what} could not be started"):
                return begin(token)
        except Exception:
            raise
        except BaseException:
            # The interrupt came while the answer was under way. The token gives the run that is there, if any.
            with calling(f"{self.what} was interrupted, and may be running"):
                run_id = begin(token)
            self.say(f"{self.what}: interrupted. {self._cancel(run_id)}")
            raise

    def _wait(self, run_id: int, timeout: float | None) -> Run:
        began, told = time.monotonic(), False
        while True:
            with calling(f"{self.what}: run {run_id} can't be followed"):
                run = self.client.jobs.get_run(run_id)
            if not told:
                self.say(f"{self.what}: run {run_id}, {run.run_page_url}")
                told = True
            if _has_ended(run):
                return run
            if timeout is not None and time.monotonic() - began >= timeout:
                state = (
                    f"{_state(run)}, {run.state.state_message}"
                    if run.state and run.state.state_message
                    else _state(run)
                )
                raise TargetError(
                    f"{self.what}: run {run_id} was not done after {timeout:g} s ({state}); see {run.run_page_url}, and"
                    " give it more time by `timeout` if it needs it"
                )
            time.sleep(self.poll_seconds)

    def _cancel(self, run_id: int) -> str:
        """Cancel a run and wait until it has ended; what came of it."""
        began = time.monotonic()
        try:
            with calling("cancelling"):
                self.client.jobs.cancel_run(run_id)
                while not _has_ended(run := self.client.jobs.get_run(run_id)):
                    if time.monotonic() - began >= _CANCELLING:
                        return f"Run {run_id} was told to end and has not in {_CANCELLING} s: see {run.run_page_url}"
                    time.sleep(self.poll_seconds)
        except TargetError as error:
            return f"Run {run_id} goes on, it could not be cancelled ({error}): end it in the workspace"
        return f"Run {run_id} has ended: {_state(run)}"

    def _told(self, run: Run) -> str:
        message = run.state.state_message if run.state else ""
        first = f"{self.what}: run {run.run_id} ended as {_state(run)}: {message or 'no message'}"
        return "\n".join([first, f"See {run.run_page_url}", *self._outputs(run)])

    def _outputs(self, run: Run) -> Iterator[str]:
        failed = [task for task in run.tasks or () if task.state and task.state.result_state in _WITH_OUTPUT]
        for task in failed[:_TASKS]:
            try:
                with calling(f"the output of task {task.task_key} can't be had"):
                    yield from self._output(task)
            except TargetError as error:
                yield str(error)

    def _output(self, task: RunTask) -> Iterator[str]:
        # Of the task: the run's own would be refused as soon as there are two.
        output = self.client.jobs.get_run_output(task.run_id or 0)
        logs = output.logs or ""
        trace = output.error_trace if (output.error_trace or "") not in logs else None  # a file's log ends with it
        for name, text in (("error", output.error), ("trace", trace), ("log", logs)):
            if text and text.strip():
                yield f"{task.task_key}, {name}: {_tail(text)}"


def _has_ended(run: Run) -> bool:
    return run.state is not None and run.state.life_cycle_state in _ENDED


def _never_began(run: Run) -> bool:
    # Of its tasks: where one failed, the run's own code only says that one did.
    parts = run.tasks or [run]
    ends = [part.status.termination_details if part.status else None for part in parts]
    return all(end is not None and end.code in _NEVER_BEGAN for end in ends) and not any(
        part.execution_duration for part in parts
    )


def _state(run: Run) -> str:
    state = run.state
    best = state and (state.result_state or state.life_cycle_state)
    return best.value if best else "UNKNOWN"


def _tail(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()  # notebooks' traces are coloured
    return "\n".join(plain[-_SIGNS:].splitlines()[-_LINES:])
