"""Dagster's Pipes clients against the workspace, running real files that report to the asset."""

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.pipes import utils as pipes_utils
from dagster_databricks import PipesDatabricksClient, PipesDbfsMessageReader
from dagster_databricks.pipes import (
    PipesDatabricksServerlessClient,
    PipesDbfsContextInjector,
    PipesUnityCatalogVolumesContextInjector,
    PipesUnityCatalogVolumesMessageReader,
)
from databricks.sdk.service.compute import ClusterSpec, Environment, Library, PythonPyPiLibrary
from databricks.sdk.service.jobs import JobEnvironment, NotebookTask, SparkPythonTask, SubmitTask
from databricks.sdk.service.workspace import ImportFormat

from recon_assets_tests.workspace.conftest import PATIENCE, upload
from recon_assets_tests.workspace.server import serve

VOLUME = "/Volumes/main/recon/landing"
PIPES = [Library(pypi=PythonPyPiLibrary("dagster-pipes"))]
ENVIRONMENTS = [JobEnvironment("default", Environment(client="2", dependencies=["dagster-pipes"]))]
REPORT = """
import sys
from dagster_pipes import *
with open_dagster_pipes({arguments}) as pipes:
    print("said by the job")
    pipes.log.info("logged by the job")
    pipes.report_asset_materialization(metadata={{"rows": pipes.get_extra("rows")}}, data_version="v1")
    pipes.report_asset_check("intact", passed=True)
"""
BY_VOLUMES = "context_loader=PipesUnityCatalogVolumesContextLoader(), message_writer=PipesUnityCatalogVolumesMessageWriter(interval=0.05)"
BY_DBFS = "context_loader=PipesDbfsContextLoader(), message_writer=PipesDbfsMessageWriter(interval=0.05)"
BY_ARGUMENTS = ", params_loader=PipesCliArgsParamsLoader()"
BY_WIDGETS = ", params_loader=PipesDatabricksNotebookWidgetsParamsLoader(dbutils.widgets)"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Pipes' own waits are of seconds, and of ten where no closing message comes."""
    monkeypatch.setattr(pipes_utils, "DEFAULT_SLEEP_INTERVAL", 0.01)
    monkeypatch.setattr(pipes_utils, "WAIT_FOR_LOGS_AFTER_EXECUTION_INTERVAL", 0)


def run_asset(client, task: SubmitTask, **submit_args) -> dg.ExecuteInProcessResult:
    """An asset that is what a task reports."""

    @dg.asset(check_specs=[dg.AssetCheckSpec("intact", asset="thing")])
    def thing(context: dg.AssetExecutionContext):
        invocation = client.run(context=context, task=task, extras={"rows": 7}, submit_args=submit_args)
        return invocation.get_results()

    return dg.materialize([thing], raise_on_error=False)


def run_unchecked(client, path: str) -> dg.ExecuteInProcessResult:
    """An asset that is what a serverless file reports, with nothing that must be reported."""

    @dg.asset
    def thing(context: dg.AssetExecutionContext):
        task = serverless_task(path)
        invocation = client.run(
            context=context, task=task, extras={"rows": 7}, submit_args={"environments": ENVIRONMENTS}
        )
        return invocation.get_results()

    return dg.materialize([thing], raise_on_error=False)


def reported(run: dg.ExecuteInProcessResult) -> dict:
    assert run.success
    [materialization] = run.asset_materializations_for_node("thing")
    [check] = run.get_asset_check_evaluations()
    assert check.passed and materialization.tags["dagster/data_version"] == "v1"
    return {name: value.value for name, value in materialization.metadata.items()}


def by_volume(client) -> PipesUnityCatalogVolumesMessageReader:
    """A reader without the job's output, whose forwarding adds seconds to each job and may come too late."""
    return PipesUnityCatalogVolumesMessageReader(
        client=client, volume_path=VOLUME, interval=0, include_stdio_in_messages=False
    )


def serverless(client, **options) -> PipesDatabricksServerlessClient:
    return PipesDatabricksServerlessClient(
        client,
        VOLUME,
        message_reader=by_volume(client),
        poll_interval_seconds=0,
        **options,
    )


def serverless_task(path: str) -> SubmitTask:
    return SubmitTask(task_key="main", environment_key="default", spark_python_task=SparkPythonTask(path))


def test_a_serverless_file_reports_by_a_volume(workspace, client):
    path = upload(client, REPORT.format(arguments=BY_VOLUMES + BY_ARGUMENTS))
    metadata = reported(run_asset(serverless(client), serverless_task(path), environments=ENVIRONMENTS))
    assert metadata["rows"] == 7
    assert metadata["Databricks Job Run ID"] == str(workspace.jobs.last.run_id)
    assert metadata["Databricks Job Run URL"].startswith(workspace.url)
    assert list(workspace.place(f"{VOLUME}/tmp").iterdir()) == []


def test_a_notebook_reports_by_a_volume_with_widgets(client):
    source = "# Databricks notebook source" + REPORT.format(arguments=BY_VOLUMES + BY_WIDGETS)
    client.workspace.upload("/Shared/n.py", source.encode(), format=ImportFormat.AUTO)
    task = SubmitTask(task_key="n", environment_key="default", notebook_task=NotebookTask("/Shared/n"))
    assert reported(run_asset(serverless(client), task, environments=ENVIRONMENTS))["rows"] == 7


def test_a_file_on_a_new_cluster_reports_by_a_volume_with_environment_variables(client):
    task = SubmitTask(
        task_key="main",
        new_cluster=ClusterSpec(spark_version="16.4.x-scala2.12"),
        libraries=PIPES,
        spark_python_task=SparkPythonTask(upload(client, REPORT.format(arguments=BY_VOLUMES))),
    )
    pipes = PipesDatabricksClient(
        client,
        context_injector=PipesUnityCatalogVolumesContextInjector(client=client, volume_path=VOLUME),
        message_reader=by_volume(client),
        poll_interval_seconds=0,
    )
    assert reported(run_asset(pipes, task))["rows"] == 7


def test_a_file_on_a_cluster_reports_by_dbfs(spark_url):
    with serve(spark=spark_url, patience=PATIENCE) as workspace:
        [cluster] = workspace.compute.clusters.values()
        cluster.libraries = ["dagster-pipes"]
        client = workspace.client()
        task = SubmitTask(
            task_key="main",
            existing_cluster_id=cluster.cluster_id,
            spark_python_task=SparkPythonTask(upload(client, REPORT.format(arguments=BY_DBFS + BY_ARGUMENTS))),
        )
        pipes = PipesDatabricksClient(
            client,
            context_injector=PipesDbfsContextInjector(client=client),
            message_reader=PipesDbfsMessageReader(client=client, interval=0),
            poll_interval_seconds=0,
        )
        assert reported(run_asset(pipes, task))["rows"] == 7
        assert list(workspace.place("dbfs:/tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("fail_run", "Task main failed with message: because of the test"),
        ("cancel_run", "because of the test"),
        ("skip_run", "because of the test"),
    ],
)
def test_a_run_that_ends_badly_fails_the_asset(workspace, client, fault, message):
    getattr(workspace.faults, fault)("because of the test")
    run = run_asset(serverless(client), serverless_task("/Shared/none.py"), environments=ENVIRONMENTS)
    [failure] = run.get_step_failure_events()
    assert message in failure.step_failure_data.error.cause.message


def test_a_file_that_fails_after_it_reported_fails_the_asset(client):
    path = upload(client, REPORT.format(arguments=BY_VOLUMES + BY_ARGUMENTS) + "\n1/0")
    run = run_asset(serverless(client), serverless_task(path), environments=ENVIRONMENTS)
    assert not run.success and not run.asset_materializations_for_node("thing")


@pytest.mark.parametrize("harm", ["the file says nothing", "messages may not be read"])
def test_an_asset_is_materialized_though_nothing_was_reported(workspace, client, harm):
    path = upload(client, "" if "file" in harm else REPORT.format(arguments=BY_VOLUMES + BY_ARGUMENTS))
    if "read" in harm:
        workspace.faults.answer(403, "GET", "/api/2.0/fs/files", times=10_000)
    run = run_unchecked(serverless(client), path)
    [materialization] = run.asset_materializations_for_node("thing")
    assert run.success and "rows" not in materialization.metadata


def test_an_interrupt_cancels_the_run_and_then_pipes_returns_as_if_all_were_well(workspace, client, monkeypatch):
    pipes = serverless(client)
    polled = client.jobs.get_run

    def interrupted(run_id: int):
        run = polled(run_id)
        if run.state.life_cycle_state.value == "PENDING":
            raise DagsterExecutionInterruptedError
        return run

    monkeypatch.setattr(client.jobs, "get_run", interrupted)
    workspace.faults.stall_run()

    run = run_unchecked(pipes, "/Shared/none.py")
    assert workspace.jobs.last.state.result == "CANCELED"
    assert workspace.called("POST", "/api/2.2/jobs/runs/cancel")
    assert run.success


def test_a_message_reader_can_not_be_used_twice(client):
    pipes = serverless(client)
    path = upload(client, REPORT.format(arguments=BY_VOLUMES + BY_ARGUMENTS))
    first, second = (run_asset(pipes, serverless_task(path), environments=ENVIRONMENTS) for _ in range(2))
    assert first.asset_materializations_for_node("thing")[0].metadata["rows"].value == 7
    assert not second.success


def test_the_serverless_client_makes_these_calls(workspace, client):
    path = upload(client, REPORT.format(arguments=BY_VOLUMES + BY_ARGUMENTS))
    workspace.calls.clear()
    reported(run_asset(serverless(client), serverless_task(path), environments=ENVIRONMENTS))
    assert {(call.method, call.path.partition(VOLUME)[0]) for call in workspace.calls} == {
        ("PUT", "/api/2.0/fs/directories"),
        ("PUT", "/api/2.0/fs/files"),
        ("POST", "/api/2.2/jobs/runs/submit"),
        ("GET", "/api/2.2/jobs/runs/get"),
        ("GET", "/api/2.0/fs/files"),
        ("GET", "/api/2.0/fs/directories"),
        ("DELETE", "/api/2.0/fs/files"),
        ("DELETE", "/api/2.0/fs/directories"),
    }
