"""What a task's definition means.

Belongs here: which file is to run, with what, on what. Does not belong here: running it (`processes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon_assets_tests.workspace.compute import Compute
from recon_assets_tests.workspace.exchange import ApiError, invalid
from recon_assets_tests.workspace.places import Places
from recon_assets_tests.workspace.processes import Work
from recon_assets_tests.workspace.runs import CannotRun
from recon_assets_tests.workspace.workspace_files import WorkspaceFiles

_KINDS = ("spark_python_task", "notebook_task")


@dataclass(frozen=True)
class Tasks:
    """The workspace as tasks see it."""

    compute: Compute
    places: Places
    files: WorkspaceFiles

    def check(self, definition: Mapping[str, Any], request: Mapping[str, Any]) -> None:
        """Refuse what is refused at once. Raises ApiError."""
        if "task_key" not in definition:
            raise invalid("task_key is required for each task")
        kinds = [kind for kind in definition if kind.endswith("_task")]
        if len(kinds) != 1:
            raise invalid(f"Task {definition['task_key']} must have exactly one of its kinds, not {kinds}")
        if kinds[0] not in _KINDS:
            raise ApiError(501, "NOT_IMPLEMENTED", f"the peer runs {' and '.join(_KINDS)}, not {kinds[0]}")
        compute = [name for name in ("new_cluster", "existing_cluster_id", "job_cluster_key") if name in definition]
        if len(compute) > 1:
            raise invalid(f"Only one of {', '.join(compute)} can be given for task {definition['task_key']}")
        if "existing_cluster_id" in definition:
            self.compute.cluster(definition["existing_cluster_id"])
        if compute:
            if "environment_key" in definition:
                raise invalid("An environment can only be given for a task on serverless compute")
            return
        if kinds[0] == "spark_python_task" and "environment_key" not in definition:
            raise invalid(f"Task {definition['task_key']} needs an environment_key, or a cluster to run on")
        if "environment_key" in definition:
            _environment(definition, request)

    def work(
        self, definition: Mapping[str, Any], request: Mapping[str, Any], changes: Mapping[str, Any], run_id: int
    ) -> Work:
        """What is to run, with the parameters that the call changed. Raises CannotRun."""
        notebook, python = definition.get("notebook_task"), definition.get("spark_python_task")
        environment, tags, libraries = self._compute(definition, request, run_id)
        timeout = definition.get("timeout_seconds") or request.get("timeout_seconds") or None
        if notebook is not None:
            name = notebook["notebook_path"]
            if not self.files.is_notebook(name):
                raise CannotRun(
                    f'Unable to access the notebook "{name}". Either it does not exist, or the identity used to run this'
                    " job lacks the required permissions.",
                    broken=True,
                )
            widgets = notebook.get("base_parameters", {}) | changes.get("notebook_params", {})
            widgets |= changes.get("job_parameters", {})
            place = self.files.path(name)
            return Work("notebook", name, place, (), widgets, environment, libraries, tags, timeout)
        assert python is not None
        name = python["python_file"]
        place = self._place(name)
        if not place.is_file():
            raise CannotRun(
                f"Cannot read the python file {name}. Please check driver logs for more details.", broken=True
            )
        arguments = changes.get("python_params") or python.get("parameters", [])
        return Work("python", name, place, arguments, {}, environment, libraries, tags, timeout)

    def _place(self, name: str) -> Path:
        local = self.places.local(name)
        return Path(local) if local != name else self.files.path(name if name.startswith("/") else f"/{name}")

    def _compute(
        self, definition: Mapping[str, Any], request: Mapping[str, Any], run_id: int
    ) -> tuple[dict[str, str], dict[str, str], list[str]]:
        libraries = [_library(each) for each in definition.get("libraries", [])]
        environment: dict[str, str] = {}
        tags = {"clusterId": f"job-{run_id}", "clusterLogDeliveryEnabled": "false", "clusterLogDestination": ""}
        destination = ""
        if "existing_cluster_id" in definition:
            cluster = self.compute.cluster(definition["existing_cluster_id"])
            if not cluster.ready():
                text = f"Unexpected failure while waiting for the cluster ({cluster.cluster_id}) to be ready"
                raise CannotRun(f"{text}: {cluster.refuses}", broken=True)
            libraries += cluster.libraries
            tags["clusterId"], destination = cluster.cluster_id, cluster.log_destination
        elif "environment_key" in definition:
            libraries += _environment(definition, request).get("spec", {}).get("dependencies", [])
        else:
            spec = _cluster(definition, request)
            environment = {name: str(value) for name, value in spec.get("spark_env_vars", {}).items()}
            destination = spec.get("cluster_log_conf", {}).get("dbfs", {}).get("destination", "")
        if destination:
            tags |= {"clusterLogDeliveryEnabled": "true", "clusterLogDestination": destination}
        for library in libraries:
            if library.endswith(".whl") and not self._place(library).is_file():
                text = f"Library installation failed for library due to user error. {library} does not exist"
                raise CannotRun(text, broken=True)
        return environment, tags, libraries


def _environment(definition: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    key = definition["environment_key"]
    for environment in request.get("environments", []):
        if environment["environment_key"] == key:
            return environment
    raise invalid(f"The environment key {key} of task {definition['task_key']} is not among the environments")


def _cluster(definition: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    if "job_cluster_key" in definition:
        shared = {each["job_cluster_key"]: each["new_cluster"] for each in request.get("job_clusters", [])}
        return shared.get(definition["job_cluster_key"], {})
    return definition.get("new_cluster", {})


def _library(library: Mapping[str, Any]) -> str:
    [(kind, value)] = library.items()
    return value["package"] if kind == "pypi" else value
