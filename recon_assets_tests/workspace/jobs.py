"""The Jobs API 2.2.

Belongs here: the calls about jobs and runs, and how runs are told. Does not belong here: what becomes of a run (`runs`).
"""

import itertools
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from recon_assets_tests.workspace.dbfs import Dbfs
from recon_assets_tests.workspace.exchange import Request, invalid
from recon_assets_tests.workspace.faults import Faults
from recon_assets_tests.workspace.processes import LOG_LIMIT, Machine
from recon_assets_tests.workspace.routing import Route
from recon_assets_tests.workspace.runs import Run, TaskRun
from recon_assets_tests.workspace.tasks import Tasks


class Jobs:
    """Jobs and runs. `patience` is how many seconds a call about an unfinished run waits for its end."""

    def __init__(self, tasks: Tasks, machine: Machine, faults: Faults, dbfs: Dbfs, patience: float) -> None:
        self.patience = patience
        self.url = ""
        self.jobs: dict[int, dict[str, Any]] = {}
        self.runs: dict[int, Run] = {}
        self._tasks, self._machine, self._faults, self._dbfs = tasks, machine, faults, dbfs
        self._tokens: dict[str, int] = {}
        # As large as real ones, which are beyond what a float holds exactly.
        self._numbers = itertools.count(927_000_000_000_001_001)
        self._lock = threading.Lock()

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        base = r"/api/2\.[12]/jobs"
        return [
            Route("POST", f"{base}/create", self._create),
            Route("GET", f"{base}/get", self._get),
            Route("POST", f"{base}/run-now", self._run_now),
            Route("POST", f"{base}/runs/submit", self._submit),
            Route("GET", f"{base}/runs/get", self._get_run),
            Route("GET", f"{base}/runs/get-output", self._get_output),
            Route("POST", f"{base}/runs/cancel", self._cancel),
        ]

    @property
    def last(self) -> Run:
        """The run begun last."""
        return next(reversed(self.runs.values()))

    def close(self) -> None:
        """End what still runs."""
        for run in self.runs.values():
            run.close()

    def _create(self, request: Request) -> dict:
        settings = request.fields
        for task in settings.get("tasks", []):
            self._tasks.check(task, settings)
        self.jobs[job_id := next(self._numbers)] = settings
        return {"job_id": job_id}

    def _get(self, request: Request) -> dict:
        job_id = int(request.need("job_id"))
        return {"job_id": job_id, "settings": self._settings(job_id), "creator_user_name": "recon@example.com"}

    def _settings(self, job_id: int) -> dict[str, Any]:
        if job_id not in self.jobs:
            raise invalid(f"Job {job_id} does not exist.")
        return self.jobs[job_id]

    def _run_now(self, request: Request) -> dict:
        job_id = int(request.need("job_id"))
        settings = self._settings(job_id)
        return self._begin(request, settings, job_id, settings.get("name", "Untitled"), request.fields)

    def _submit(self, request: Request) -> dict:
        told = request.fields
        for task in request.need("tasks"):
            self._tasks.check(task, told)
        return self._begin(request, told, next(self._numbers), told.get("run_name", "Untitled"), {})

    def _begin(
        self, request: Request, settings: dict[str, Any], job_id: int, name: str, changes: Mapping[str, Any]
    ) -> dict:
        token = str(request.fields.get("idempotency_token", ""))
        if len(token) > 64:
            raise invalid("The idempotency token can have at most 64 characters.")
        with self._lock:
            if token in self._tokens:
                return {"run_id": self._tokens[token]}
            run_id = next(self._numbers)
            if token:
                self._tokens[token] = run_id
            tasks = [self._task(definition, settings, changes) for definition in settings["tasks"]]
            about = {
                "run_name": name,
                "run_type": "JOB_RUN" if job_id in self.jobs else "SUBMIT_RUN",
                "run_page_url": f"{self.url}/?o=1234567890123456#job/{job_id}/run/{run_id}",
                "creator_user_name": "recon@example.com",
            }
            self.runs[run_id] = run = Run(run_id, job_id, tasks, about, self._machine)
        run.begin(self._faults.take_run())
        return {"run_id": run_id, "number_in_job": run_id}

    def _task(self, definition: dict[str, Any], settings: dict[str, Any], changes: Mapping[str, Any]) -> TaskRun:
        run_id = next(self._numbers)
        return TaskRun(run_id, definition, lambda: self._tasks.work(definition, settings, changes, run_id))

    def _found(self, request: Request) -> tuple[Run, TaskRun | None]:
        run_id = int(request.need("run_id"))
        for run in self.runs.values():
            if run.lost:
                continue
            if run.run_id == run_id:
                return run, None
            for task in run.tasks:
                if task.run_id == run_id:
                    return run, task
        raise invalid(f"Run {run_id} does not exist.")

    def _get_run(self, request: Request) -> dict:
        run, task = self._found(request)
        run.wait(self.patience)
        self._deliver_logs(run)
        return self._told(run) if task is None else self._told_task(run, task)

    def _get_output(self, request: Request) -> dict:
        run, task = self._found(request)
        if task is None:
            raise invalid(
                "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each"
                " individual task run instead."
            )
        answer: dict[str, Any] = {"metadata": self._told_task(run, task)}
        if (process := task.process) is None:
            return answer | ({"error": task.state.message} if task.state.ended else {})
        answer |= {name: process.outcome[name] for name in ("error", "error_trace") if name in process.outcome}
        if "notebook_task" in task.definition:
            result = process.outcome.get("result")
            return answer | {"notebook_output": {} if result is None else {"result": result, "truncated": False}}
        logs = process.output("stdout") + process.output("stderr")
        return answer | {"logs": logs[-LOG_LIMIT:], "logs_truncated": len(logs) > LOG_LIMIT}

    def _cancel(self, request: Request) -> dict:
        self._found(request)[0].cancel()
        return {}

    def _told(self, run: Run) -> dict:
        tasks = [self._told_task(run, task) for task in run.tasks]
        told = {"run_id": run.run_id, "job_id": run.job_id, "format": "MULTI_TASK", "tasks": tasks, "attempt_number": 0}
        return told | run.about | _times(run.started, run.ended) | run.state.told()

    def _told_task(self, run: Run, task: TaskRun) -> dict:
        told = {
            "run_id": task.run_id,
            "task_key": task.key,
            "attempt_number": 0,
            "run_page_url": f"{self.url}/?o=1234567890123456#job/{run.job_id}/run/{task.run_id}",
        }
        if task.process is not None and "environment_key" not in task.definition:
            told["cluster_instance"] = {"cluster_id": task.process.work.tags["clusterId"]}
        return dict(task.definition) | told | _times(task.started, task.ended) | task.state.told()

    def _deliver_logs(self, run: Run) -> None:
        for task in run.tasks:
            if task.process is None or not task.state.ended:
                continue
            tags = task.process.work.tags
            if tags["clusterLogDeliveryEnabled"] == "true":
                folder = self._dbfs.path(f"{tags['clusterLogDestination']}/{tags['clusterId']}/driver")
                folder.mkdir(parents=True, exist_ok=True)
                for name in ("stdout", "stderr"):
                    (folder / name).write_text(task.process.output(name))


def _times(started: int, ended: int) -> dict[str, int]:
    return {
        "start_time": started,
        "end_time": ended,
        "setup_duration": 0,
        "execution_duration": max(0, ended - started),
    }
