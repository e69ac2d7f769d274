"""What is asked of Databricks for a notebook, a script or a job.

Belongs here: parameters as text, the task of a one-off run, and how an existing job takes parameters. Does not belong
here: sending it, and what becomes of it (`jobs`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.compute import ClusterSpec, Environment, Library
from databricks.sdk.service.jobs import JobEnvironment, JobSettings, SubmitTask

from recon_assets.sources.base import Parameter
from recon_assets.targets.base import Logic, TargetError

Begin = Callable[[str], int]
"""Begins a run under an idempotency token, by which it is begun once however often it is asked for; gives its id."""

_ENVIRONMENT = "default"


@dataclass(frozen=True)
class Given:
    """What a run gets, by name: `values` it must take, `bootstrap` is Pipes' and may be left."""

    values: Mapping[str, str]
    bootstrap: Mapping[str, str]


def parameter_texts(parameters: Mapping[str, Parameter], clock: datetime | None) -> dict[str, str]:
    """Each parameter as text, in which Databricks passes all: NULL is empty, a bit 0 or 1, as Spark casts them back."""
    texts = {name: _text(parameter.value) for name, parameter in parameters.items()}
    return texts if clock is None else texts | {"clock": _text(clock)}


def beginning(client: WorkspaceClient, logic: Logic, given: Given, name: str) -> Begin:
    """How to begin a run of the logic. Raises TargetError where it can't take its parameters."""
    if logic.kind == "job":
        asked = _run_now(int(logic.text), client.jobs.get(int(logic.text)).settings or JobSettings(), given)
        return lambda token: client.jobs.run_now(int(logic.text), idempotency_token=token, **asked).run_id
    task, environments = _task(logic, given)
    # Databricks' own time-out counts from when the run executes; it is what ends the run should this process be lost.
    seconds = None if logic.run.timeout is None else max(1, round(logic.run.timeout))
    return lambda token: (
        client.jobs.submit(
            run_name=name, tasks=[task], environments=environments, timeout_seconds=seconds, idempotency_token=token
        ).run_id
    )


def _task(logic: Logic, given: Given) -> tuple[SubmitTask, list[JobEnvironment] | None]:
    settings, everything = logic.run, dict(given.values) | dict(given.bootstrap)
    task: dict[str, Any] = {"task_key": "logic"}
    if logic.kind == "notebook":
        task["notebook_task"] = {"notebook_path": logic.text, "base_parameters": everything}
    else:
        task["spark_python_task"] = {"python_file": logic.text, "parameters": _arguments(given)}
    if settings.cluster is None and not settings.new_cluster:
        if logic.kind == "notebook":  # which brings its packages itself
            return SubmitTask.from_dict(task), None
        environment = Environment(client="2", dependencies=list(settings.libraries))
        return SubmitTask.from_dict(task | {"environment_key": _ENVIRONMENT}), [
            JobEnvironment(_ENVIRONMENT, environment)
        ]
    if settings.new_cluster:
        task["new_cluster"] = _known(settings.new_cluster)
    else:
        task["existing_cluster_id"] = settings.cluster
    task["libraries"] = [_library(each).as_dict() for each in settings.libraries]
    return SubmitTask.from_dict(task), None


def _run_now(job: int, settings: JobSettings, given: Given) -> dict[str, Any]:
    if settings.parameters:
        declared = {each.name for each in settings.parameters}
        if missing := [name for name in given.values if name not in declared]:
            raise TargetError(
                f"job {job} declares parameters, but not {', '.join(missing)}: declare them in the job (empty by"
                " default), and hand them on to its tasks"
            )
        heard = {name: value for name, value in given.bootstrap.items() if name in declared}
        return {"job_parameters": dict(given.values) | heard}
    everything = dict(given.values) | dict(given.bootstrap)
    tasks = settings.tasks or []
    asked: dict[str, Any] = {}
    if any(task.notebook_task for task in tasks):
        asked["notebook_params"] = everything
    if any(task.spark_python_task for task in tasks):
        asked["python_params"] = _arguments(given)
    if not asked:
        raise TargetError(
            f"job {job} has neither parameters nor a notebook or Python file that could take them: declare"
            f" {', '.join(given.values)} as its parameters"
        )
    return asked


def _arguments(given: Given) -> list[str]:
    # In one word: a value may begin with a hyphen, or be empty.
    own = [f"--{name}={value}" for name, value in given.values.items()]
    # In two: Pipes looks for the name alone.
    words = [(f"--{name.lower().replace('_', '-')}", value) for name, value in given.bootstrap.items()]
    return own + [word for pair in words for word in pair]


def _known(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The description as it is. Raises TargetError for a field that the SDK would leave out without a word."""
    kept = ClusterSpec.from_dict(dict(cluster)).as_dict()
    if unknown := [name for name in cluster if name not in kept]:
        raise TargetError(f"`new_cluster` has `{unknown[0]}`, which the Jobs API does not know: correct its name")
    return kept


def _library(name: str) -> Library:
    return Library.from_dict({"whl": name} if name.endswith(".whl") else {"pypi": {"package": name}})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
