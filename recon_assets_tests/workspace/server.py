"""The workspace: what tests start, tell to fail, and ask what it was called for.

Belongs here: putting the services together. Does not belong here: HTTP (`listening`), and what any service does.

    with serve(spark="sc://127.0.0.1:15002") as workspace:
        client = workspace.client()
        workspace.faults.answer(503, "GET", "/api/2.2/jobs/runs/get", times=2)
"""

import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.clock import RealClock
from databricks.sdk.core import Config
from pyspark.sql import SparkSession

from recon_assets_tests.workspace.access import Access
from recon_assets_tests.workspace.compute import Cluster, Compute, Warehouse
from recon_assets_tests.workspace.dbfs import Dbfs
from recon_assets_tests.workspace.exchange import Answer, ApiError, Request
from recon_assets_tests.workspace.faults import Faults
from recon_assets_tests.workspace.jobs import Jobs
from recon_assets_tests.workspace.listening import Call, listening
from recon_assets_tests.workspace.places import Places, below
from recon_assets_tests.workspace.processes import Machine
from recon_assets_tests.workspace.results import Results
from recon_assets_tests.workspace.routing import dispatch
from recon_assets_tests.workspace.spark_sql import SparkExecutor
from recon_assets_tests.workspace.statements import Execute, Statements
from recon_assets_tests.workspace.tasks import Tasks
from recon_assets_tests.workspace.volumes import Volumes
from recon_assets_tests.workspace.workspace_files import WorkspaceFiles

HIDDEN = ("recon_assets", "recon_assets_tests", "dagster", "dagster_pipes", "dagster_databricks")
"""What no cluster has unless a job brings it as a library."""


class _NoWaiting(RealClock):
    def sleep(self, seconds: float) -> None:
        """Go on at once: the waits between tries add up to minutes."""


@dataclass
class Workspace:
    """A workspace on the loopback. Settings may be changed while it runs; they hold for what comes then."""

    folder: Path
    places: Places
    access: Access
    compute: Compute
    faults: Faults
    dbfs: Dbfs
    volumes: Volumes
    tree: WorkspaceFiles
    jobs: Jobs
    results: Results
    statements: Statements
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """What the server itself did wrong: raised when it ends."""

    @property
    def token(self) -> str:
        """The personal access token."""
        return self.access.token

    def client(self, **settings: Any) -> WorkspaceClient:
        """The SDK's client with the token, unless other settings are given; it doesn't wait before it tries again."""
        given = settings or {"token": self.token}
        return WorkspaceClient(config=Config(host=self.url, clock=_NoWaiting(), **given))

    def called(self, method: str, path: str) -> list[Call]:
        """The calls so far of a method whose path begins so."""
        return [call for call in self.calls if call.method == method and call.path.startswith(path)]

    def place(self, path: str) -> Path:
        """Where a path as jobs name it (/Volumes, /dbfs, /Workspace, dbfs:) lies on this machine."""
        return Path(self.places.local(path))

    def answer(self, request: Request) -> Answer | None:
        """What is answered; None is a dropped connection."""
        if fault := self.faults.take_call(request, after=False):
            return fault.answer
        try:
            answer = self._serve(request)
        except ApiError as error:
            answer = error.answer
        fault = self.faults.take_call(request, after=True)
        return fault.answer if fault else answer

    def _serve(self, request: Request) -> Answer:
        public = [*self.access.public_routes(), *self.results.routes()]
        if not request.path.startswith("/api/"):
            return dispatch(public, request)
        self.access.check(request)
        services = (self.access, self.compute, self.dbfs, self.volumes, self.tree, self.jobs, self.statements)
        return dispatch([route for service in services for route in service.routes()], request)


@contextmanager
def serve(
    *,
    spark: str | None = None,
    sql: Execute | SparkSession | None = None,
    mounts: Mapping[str, Path] | None = None,
    volumes: Sequence[str] = ("main.recon.landing",),
    clusters: Sequence[Cluster] = (Cluster("0101-000000-recon"),),
    warehouses: Sequence[Warehouse] = (Warehouse("cafe000000000001"),),
    hidden: Sequence[str] = HIDDEN,
    patience: float = 0,
) -> Iterator[Workspace]:
    """Run a workspace inside the `with`.

    `spark` is the Spark Connect URL of what jobs find as their Spark (see `connect`): all share its tables; without it
    they have none. `sql` executes statements; `mounts` are folders for further prefixes of paths that Spark reads and
    writes (`abfss://…/`); `hidden` are the packages that jobs don't find unless they bring them; `patience` is how many
    seconds a call about an unfinished run or statement waits for its end, so that clients that poll needn't sleep.
    """
    with tempfile.TemporaryDirectory(prefix="workspace-") as name:
        folder = Path(name)
        files, places = below(folder, mounts or {})
        compute = Compute(
            {cluster.cluster_id: cluster for cluster in map(_copy, clusters)},
            {warehouse.warehouse_id: warehouse for warehouse in map(_copy, warehouses)},
        )
        faults = Faults()
        dbfs, tree, results = Dbfs(folder / "dbfs"), WorkspaceFiles(folder / "Workspace"), Results(faults)
        machine = Machine(folder / "tasks", files, places, spark, hidden)
        jobs = Jobs(Tasks(compute, places, tree), machine, faults, dbfs, patience)
        execute = sql if sql is None or callable(sql) else SparkExecutor(sql, places)
        workspace = Workspace(
            folder, places, Access(f"dapi{secrets.token_hex(16)}"), compute, faults, dbfs,
            Volumes(folder / "Volumes"), tree, jobs, results, Statements(execute, compute, faults, results, patience),
        )  # fmt: skip
        for volume in volumes:
            workspace.volumes.create(volume)
        with listening(workspace.answer, workspace.calls, workspace.failures) as url:
            workspace.url = workspace.access.url = jobs.url = results.url = url
            try:
                yield workspace
            finally:
                jobs.close()
    if workspace.failures:
        raise ExceptionGroup("the peer failed", workspace.failures)


def _copy(each: Any) -> Any:
    return type(each)(**{name: value for name, value in vars(each).items() if not name.startswith("_")})
