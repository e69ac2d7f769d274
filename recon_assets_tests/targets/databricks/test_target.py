"""Notebooks, scripts and jobs that make outputs: in reconciliations from end to end, and one by one."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from databricks.sdk.service.jobs import SparkPythonTask, Task
from databricks.sdk.service.workspace import ImportFormat
from pyspark.sql import SparkSession

from recon_assets.deployments import azure, resources
from recon_assets.errors import ProjectError
from recon_assets.sources.base import Parameter
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.targets.base import Logic, ParquetFiles, TableVersion, TargetError
from recon_assets.targets.connect import ConnectSpark
from recon_assets.targets.databricks.target import DatabricksTarget
from recon_assets.targets.local_spark import LocalSpark
from recon_assets_tests.assets.conftest import Project, Run, importable_project
from recon_assets_tests.targets.databricks.conftest import PATIENCE, enter
from recon_assets_tests.workspace.conftest import CLUSTER, upload
from recon_assets_tests.workspace.connect import connect_url
from recon_assets_tests.workspace.server import Workspace, serve

VOLUME = "/Volumes/main/recon/landing"


@pytest.fixture(scope="module")
def spark(target: LocalSpark) -> SparkSession:
    return target.process_session


@pytest.fixture
def workspace(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Jobs find the test's own Spark here, and Pipes on the cluster."""
    with serve(spark=connect_url(spark), patience=PATIENCE) as workspace:
        workspace.compute.clusters[CLUSTER].libraries = ["dagster-pipes"]
        yield enter(workspace, monkeypatch)


@pytest.fixture
def remote(spark: SparkSession) -> DatabricksTarget:
    return DatabricksTarget(remote=connect_url(spark), catalog="spark_catalog", pipes=VOLUME, poll_seconds=0)


def schemas_left(spark: SparkSession) -> list[str]:
    return [row[0] for row in spark.sql("SHOW SCHEMAS LIKE '*_logic'").collect()]


# From end to end


@pytest.fixture
def project(tmp_path: Path, remote: DatabricksTarget, request: pytest.FixtureRequest) -> Iterator[Project]:
    with importable_project(tmp_path, f"project_{abs(hash(request.node.nodeid))}") as project:
        project.resources = lambda home: on(home, remote)
        project.table("dbo.T", {"id": "int", "amount": "decimal(9,2)"}, "(1, 1.50), (2, NULL), (3, -2.25)")
        yield project


def on(home: Path, target) -> Mapping[str, object]:
    return resources(home, {"root": str(home / "adls")}, EmbeddedSource(home / "source"), target)


COPY = "CREATE PROCEDURE dbo.P @Least decimal(9,2) AS\nBEGIN\n    SELECT id, amount FROM dbo.T;\nEND\n"
RECONCILING = {
    "procedure": "dbo.P",
    "parameters": {"Least": {"type": "decimal(9,2)", "value": "0.05"}},
    "inputs": ["dbo.T"],
    "outputs": [{"result_set": 1, "keys": ["id"]}],
}
NOTEBOOK = """# Databricks notebook source
from dagster_pipes import *
w = dbutils.widgets
with open_dagster_pipes(
    params_loader=PipesDatabricksNotebookWidgetsParamsLoader(w),
    context_loader=PipesUnityCatalogVolumesContextLoader(),
    message_writer=PipesUnityCatalogVolumesMessageWriter(interval=0.05),
) as pipes:
    place = w.get("catalog") + "." + w.get("schema")
    query = f"SELECT id, coalesce(amount, CAST('{w.get('Least')}' AS DECIMAL(9,2))) AS amount FROM {place}.T"
    spark.sql(f"CREATE TABLE {place}.P USING DELTA AS {query}")
    assert pipes.get_extra("schema") == w.get("schema")
    pipes.log.info("logged by the notebook")
    pipes.report_custom_message({"read": 3})
    pipes.report_asset_materialization(metadata={"branch": "main", "fingerprint": "forged"})
    pipes.report_asset_check("plausible", passed=False, severity="WARN")
"""


def metadata_of(run: Run, asset: str) -> dict[str, object]:
    (event,) = (e for e in run.result.all_events if e.is_step_materialization and e.asset_key.path[-1] == asset)
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_a_notebook_has_the_verdict_it_has_on_this_machine_and_is_heard(
    workspace: Workspace, spark: SparkSession, project: Project, target: LocalSpark, tmp_path: Path
):
    workspace.client().workspace.upload("/Shared/n.py", NOTEBOOK.encode(), format=ImportFormat.AUTO)
    notebook = {"notebook": "/Workspace/Shared/n", "cluster": CLUSTER, "timeout": 600}
    project.write(RECONCILING | {"target": notebook}, source_sql=COPY)
    run = project.run()
    assert run.result.success, run.errors
    there = project.report("P")

    project.resources = lambda home: on(home, target)
    project.write(
        RECONCILING | {"target": {"sql": "target.sql"}},
        target_sql="SELECT id, coalesce(amount, :Least) AS amount FROM T",
    )
    local = project.run("P_delta", "T_delta", "P_report")
    assert local.result.success, local.errors
    here = project.report("P")
    assert there.comparison.verdict == here.comparison.verdict == "PARTIAL MATCH"
    assert there.comparison.columns == here.comparison.columns

    last = workspace.jobs.last
    told = metadata_of(run, "P_delta")
    assert told["databricks_run_url"] == last.about["run_page_url"]
    assert (told["branch"], told["check plausible"], told["messages"]) == ("main", False, [{"read": 3}])
    assert told["fingerprint"] != "forged"
    assert f"notebook /Workspace/Shared/n, databricks_run {last.run_id}" in there.target_system
    assert schemas_left(spark) == []
    assert list(workspace.place(f"{VOLUME}/tmp").iterdir()) == []

    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    logged = [record.user_message for record in project.instance.all_logs(run.result.run_id)]
    assert "logged by the notebook" in logged
    assert workspace.token not in written + "".join(map(str, project.instance.all_logs(run.result.run_id)))


FILL = """CREATE PROCEDURE dbo.P AS
BEGIN
    UPDATE dbo.T SET amount = 0 WHERE amount IS NULL;
    INSERT INTO dbo.OUT SELECT id, amount * 2 FROM dbo.T;
END
"""
JOB = """
import argparse
from dagster_pipes import *
from pyspark.sql import SparkSession
parser = argparse.ArgumentParser()
parser.add_argument("--catalog")
parser.add_argument("--schema")
given, _ = parser.parse_known_args()
with open_dagster_pipes(
    params_loader=PipesCliArgsParamsLoader(),
    context_loader=PipesDbfsContextLoader(),
    message_writer=PipesDbfsMessageWriter(interval=0.05),
) as pipes:
    spark = SparkSession.builder.getOrCreate()
    spark.sql(f"USE {given.catalog}.{given.schema}")
    spark.sql("UPDATE T SET amount = 0 WHERE amount IS NULL")
    spark.sql("CREATE TABLE OUT USING DELTA AS SELECT id, amount * 2 AS amount FROM T")
    pipes.report_asset_materialization(asset_key="r/OUT_delta", metadata={"seen": 3})
"""


def test_an_existing_job_fills_a_table_and_changes_one_it_reads(
    workspace: Workspace, spark: SparkSession, project: Project, remote: DatabricksTarget
):
    client = workspace.client()
    task = Task("only", existing_cluster_id=CLUSTER, spark_python_task=SparkPythonTask(upload(client, JOB)))
    job_id = client.jobs.create(name="nightly", tasks=[task]).job_id
    by_dbfs = DatabricksTarget(remote=remote.remote, catalog="spark_catalog", pipes="dbfs:/", poll_seconds=0)
    project.resources = lambda home: on(home, by_dbfs)
    project.table("dbo.OUT", {"id": "int", "amount": "decimal(11,2)"})
    outputs = [{"table": "dbo.T", "keys": ["id"]}, {"table": "dbo.OUT", "keys": ["id"]}]
    declared = {"procedure": "dbo.P", "inputs": ["dbo.T"], "outputs": outputs, "target": {"job": job_id}}
    project.write(declared, source_sql=FILL)
    run = project.run()
    assert run.result.success, run.errors
    assert [project.report(name).comparison.verdict for name in ("T", "OUT")] == ["MATCH", "MATCH"]
    assert metadata_of(run, "OUT_delta")["seen"] == 3 and "seen" not in metadata_of(run, "T_delta")
    assert schemas_left(spark) == [] and len(workspace.jobs.runs) == 1


# One by one


@pytest.fixture(scope="module")
def sales(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TableVersion:
    """A table of two rows at a version, changed since."""
    remote = ConnectSpark(remote=connect_url(spark), catalog="spark_catalog", prefix="alone")
    rows = pa.table({"id": pa.array([1, 2], pa.int32())})
    path = tmp_path_factory.mktemp("files") / "sales.parquet"
    pq.write_table(rows, path)
    made = remote.load(ParquetFiles([str(path)], rows.schema), remote.location(["r", "SALES_delta"], "/x/abcdef12-1"))
    with remote.session() as session:
        session.sql(f"DELETE FROM {made.sql} WHERE id = 1")
    return made


WRITES_ONE = """
import sys
from pyspark.sql import SparkSession
given = dict(each.removeprefix("--").split("=", 1) for each in sys.argv[1:])
spark = SparkSession.builder.getOrCreate()
place = given["catalog"] + "." + given["schema"]
spark.sql(f"CREATE TABLE {place}.ONE USING DELTA AS SELECT *, '{given['clock']}' AS clock FROM {place}.SALES")
"""


def script(folder: str = "/defs/r") -> Logic:
    return Logic("script", "/Workspace/Shared/job.py", Path(folder))


def test_a_run_reads_the_version_it_was_given_and_must_write_every_output(workspace, spark, remote, sales):
    upload(workspace.client(), WRITES_ONE)
    clock = datetime(2024, 7, 31, 6)
    parameters = {"Nothing": Parameter("Nothing", "int", None)}
    with remote.run(script(), {"SALES": sales}, ["ONE"], parameters, clock) as frames:
        assert sorted(map(tuple, frames["ONE"].collect())) == [(n, "2024-07-31 06:00:00") for n in (1, 2)]
    missing = pytest.raises(
        TargetError,
        match=r"script \S+ succeeded \(run \d+\) but wrote no table OTHER in spark_catalog\.recon_r_run_\w+; it wrote one:",
    )
    with missing, remote.run(script(), {"SALES": sales}, ["ONE", "OTHER"], parameters, clock):
        pass
    assert schemas_left(spark) == []


def test_a_run_that_fails_leaves_no_schema_and_no_files(workspace, spark, remote, sales):
    workspace.faults.fail_run("because of the test")
    with (
        pytest.raises(TargetError, match="because of the test"),
        remote.run(script(), {"SALES": sales}, ["O"], {}, None),
    ):
        pass
    assert schemas_left(spark) == []


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch, spark: SparkSession):
    """In place of a job: statements in the run's schema, here."""

    def do(*statements: str) -> None:
        def run(self, logic, values, execution):
            for statement in statements:
                spark.sql(statement.format(here=f"{values['catalog']}.{values['schema']}"))

        monkeypatch.setattr(DatabricksTarget, "_run", run)

    return do


@pytest.fixture(scope="module")
def old(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Delta table that was written an hour ago."""
    folder = tmp_path_factory.mktemp("old") / "table"
    spark.range(1).write.format("delta").save(str(folder))
    for path in (folder / "_delta_log").glob("*.json"):
        an_hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
    return folder


NOT_WRITTEN = [
    ("nothing at all", [], "it wrote none: write it as a Delta table"),
    (
        "a view",
        ["CREATE VIEW {here}.OUT AS SELECT 1 AS id"],
        "OUT in .* has no Delta history: write it as a Delta table",
    ),
    ("no Delta table", ["CREATE TABLE {here}.OUT USING PARQUET AS SELECT 1 AS id"], "has no Delta history"),
    (
        "an old table",
        ["CREATE TABLE {here}.OUT USING DELTA LOCATION 'OLD'"],
        "did not write to OUT in .*, which is as it",
    ),
]


@pytest.mark.parametrize(("statements", "told"), [each[1:] for each in NOT_WRITTEN], ids=[e[0] for e in NOT_WRITTEN])
def test_what_is_no_table_that_the_run_wrote_is_no_output(remote, doing, old, statements, told):
    doing(*(each.replace("OLD", str(old)) for each in statements))
    with pytest.raises(TargetError, match=told), remote.run(script(), {}, ["OUT"], {}, None):
        pass


CHANGING = [
    ("as it was", [], None),
    ("written anew", ["DROP TABLE {here}.SALES", "CREATE TABLE {here}.SALES USING DELTA AS SELECT 7 AS id"], [7]),
]


@pytest.mark.parametrize(("statements", "left"), [each[1:] for each in CHANGING], ids=[each[0] for each in CHANGING])
def test_an_input_that_is_an_output_must_be_changed(remote, doing, sales, statements, left):
    doing(*statements)
    running = remote.run(script(), {"SALES": sales}, ["SALES"], {}, None)
    if left is None:
        with pytest.raises(TargetError, match=r"did not write to SALES in .*, which is as it was"), running:
            pass
        return
    with running as frames:
        assert [row.id for row in frames["SALES"].collect()] == left


def test_where_there_is_no_workspace_it_is_said_what_to_configure(target, spark):
    for other in (target, ConnectSpark(remote=connect_url(spark), catalog="spark_catalog")):
        with (
            pytest.raises(TargetError, match=r"`script: /Workspace/Shared/job\.py` runs in a .* DATABRICKS_HOST"),
            other.run(script(), {}, ["OUT"], {}, None),
        ):
            pass
    rooted = DatabricksTarget(remote=connect_url(spark), root="/tables")
    with pytest.raises(TargetError, match="RECON_TARGET_CATALOG in place"), rooted.run(script(), {}, ["O"], {}, None):
        pass


def test_what_a_target_shows_of_itself_has_no_secrets(spark):
    remote = DatabricksTarget(remote="sc://adb-1.azuredatabricks.net:443/;token=PLANTED", catalog="main")
    assert "PLANTED" not in repr(remote)
    assert remote.describe(script()) == {
        "target": "Databricks at adb-1.azuredatabricks.net",
        "script": "/Workspace/Shared/job.py",
    }


def test_the_probe_asks_the_workspace_who_calls(workspace, remote):
    assert remote.probe().endswith("jobs are run by recon@example.com")
    workspace.faults.answer(401, "GET", "/api/2.0/preview/scim")
    with pytest.raises(TargetError, match="renew DATABRICKS_TOKEN"):
        remote.probe()


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Sets the azure deployment's variables; gives its target."""

    def target(**given: str):
        needed = {"SOURCE_SERVER": "s", "SOURCE_DATABASE": "d", "TARGET_REMOTE": "sc://h", "TARGET_CATALOG": "main"}
        for name, value in (needed | given).items():
            monkeypatch.setenv(name if name.startswith("DATABRICKS") else f"RECON_{name}", value)
        return azure(tmp_path)["target"]

    return target


def test_the_environment_says_whether_there_is_a_workspace(variables):
    assert type(variables()) is ConnectSpark
    target = variables(DATABRICKS_HOST="https://h", TARGET_PIPES="/Volumes/a/b/c", TARGET_POLL_SECONDS="0.5")
    assert type(target) is DatabricksTarget
    assert (target.pipes, target.poll_seconds) == ("/Volumes/a/b/c", 0.5)
    with pytest.raises(ProjectError, match="RECON_TARGET_PIPES: "):
        variables(TARGET_PIPES="/Volumes/a")


def test_databricks_packages_are_imported_only_where_they_are_configured():
    code = "import sys, recon_assets.definitions\nsys.exit('databricks' in sys.modules or 'dagster_databricks' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
