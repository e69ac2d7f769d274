"""What the peer's tests share: a workspace for each, the SDK's client, and one Spark for those that need it."""

from collections.abc import Callable, Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import RunOutput, SparkPythonTask, SubmitTask
from databricks.sdk.service.workspace import ImportFormat
from pyspark.sql import SparkSession

from recon_assets_tests.workspace.connect import connect_url
from recon_assets_tests.workspace.server import Workspace, serve

PATIENCE = 60
CLUSTER = "0101-000000-recon"
WAREHOUSE = "cafe000000000001"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with serve(patience=PATIENCE) as workspace:
        yield workspace


@pytest.fixture
def client(workspace: Workspace) -> WorkspaceClient:
    return workspace.client()


@pytest.fixture(scope="session")
def spark(target) -> SparkSession:
    return target.process_session


@pytest.fixture(scope="session")
def spark_url(spark: SparkSession) -> str:
    return connect_url(spark)


def python_task(file: str, *parameters: str, **options) -> SubmitTask:
    """A task that runs a file on the cluster that is there, unless told otherwise."""
    given = options or {"existing_cluster_id": CLUSTER}
    return SubmitTask(task_key="main", spark_python_task=SparkPythonTask(file, list(parameters)), **given)


def upload(client: WorkspaceClient, source: str, path: str = "/Shared/job.py") -> str:
    """Put a Python file into the workspace."""
    client.workspace.upload(path, source.encode(), format=ImportFormat.AUTO, overwrite=True)
    return path


def submit(client: WorkspaceClient, task: SubmitTask, **options) -> RunOutput:
    """Run a task to its end; gives what it put out."""
    run = client.jobs.get_run(client.jobs.submit(tasks=[task], **options).run_id)
    return client.jobs.get_run_output(run.tasks[0].run_id)


Runs = Callable[..., RunOutput]


@pytest.fixture
def run_python(client: WorkspaceClient) -> Runs:
    """Run a Python file's text to its end; options are the task's."""

    def run(source: str, *parameters: str, **options) -> RunOutput:
        return submit(client, python_task(upload(client, source), *parameters, **options))

    return run
