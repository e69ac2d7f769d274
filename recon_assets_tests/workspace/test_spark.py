"""Jobs and statements on one Spark."""

import base64
from decimal import Decimal

import pyarrow as pa
import pytest
import requests
from databricks.sdk.service.jobs import NotebookTask, SubmitTask
from databricks.sdk.service.sql import Disposition, Format, StatementParameterListItem, StatementState
from databricks.sdk.service.workspace import ImportFormat, Language

from recon_assets_tests.workspace.conftest import PATIENCE, WAREHOUSE, submit
from recon_assets_tests.workspace.server import serve


@pytest.fixture(scope="module")
def schema(spark):
    spark.sql("CREATE SCHEMA recon")
    yield "recon"
    spark.sql("DROP SCHEMA recon CASCADE")


@pytest.fixture
def workspace(spark, spark_url, schema, tmp_path):
    with serve(spark=spark_url, sql=spark, mounts={"abfss://lake@account/": tmp_path}, patience=PATIENCE) as workspace:
        yield workspace


@pytest.fixture
def execute(client, schema):
    def execute(sql: str, *parameters: StatementParameterListItem, **options):
        return client.statement_execution.execute_statement(
            sql, WAREHOUSE, catalog="spark_catalog", schema=schema, parameters=list(parameters), **options
        )

    return execute


def test_jobs_statements_and_the_test_share_tables(spark, execute, run_python):
    source = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.createDataFrame([(1, "a"), (2, "b")], "id INT, name STRING").write.format("parquet").saveAsTable(sys.argv[1])
print(spark.table("spark_catalog.recon.made").count())
"""
    output = run_python(source, "recon.made")
    assert output.error is None and "2\n" in output.logs
    assert execute("INSERT INTO made VALUES (3, NULL)").status.state == StatementState.SUCCEEDED
    rows = execute("SELECT * FROM spark_catalog.recon.made ORDER BY id").result.data_array
    assert rows == [["1", "a"], ["2", "b"], ["3", None]]
    assert spark.table("recon.made").count() == 3


def test_jobs_and_statements_read_and_write_volumes_and_mounts(workspace, execute, run_python, tmp_path):
    source = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(3).write.parquet("/Volumes/main/recon/landing/p")
spark.read.parquet("dbfs:/Volumes/main/recon/landing/p").write.parquet("abfss://lake@account/d")
print(spark.sql("SELECT count(*) AS n FROM parquet.`/Volumes/main/recon/landing/p`").first().n)
"""
    output = run_python(source)
    assert output.error is None and output.logs.startswith("3\n")
    assert list((tmp_path / "d").glob("*.parquet"))
    assert list(workspace.place("/Volumes/main/recon/landing/p").glob("*.parquet"))
    assert execute("SELECT count(*) FROM parquet.`abfss://lake@account/d`").result.data_array == [["3"]]


def test_a_notebook_has_a_session(client):
    source = "# Databricks notebook source\ndbutils.notebook.exit(spark.range(4).count())"
    client.workspace.import_(
        "/Shared/n",
        content=base64.b64encode(source.encode()).decode(),
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    output = submit(client, SubmitTask(task_key="n", notebook_task=NotebookTask("/Shared/n")))
    assert (output.error, output.notebook_output.result) == (None, "4")


def test_parameters_have_their_types(execute):
    given = {
        "d": ("DECIMAL(10,2)", "1.50"),
        "i": ("INT", "7"),
        "s": (None, "it's"),
        "n": (None, None),
        "t": ("DATE", "2024-01-31"),
    }
    parameters = [StatementParameterListItem(name, kind, value) for name, (kind, value) in given.items()]
    answer = execute("SELECT :d * 2 AS d, :i + 1 AS i, :s AS s, :n IS NULL AS n, :t + 1 AS t", *parameters)
    assert answer.result.data_array == [["3.00", "8", "it's", "true", "2024-02-01"]]
    [refused] = [execute("SELECT :i", StatementParameterListItem("i", "INT", "x"))]
    assert refused.status.error.message == "[INVALID_PARAMETER_VALUE] i: x is not a INT"


def test_sparks_errors_fail_statements_with_their_state(execute):
    answer = execute("SELECT * FROM nowhere")
    assert answer.status.state == StatementState.FAILED
    assert answer.status.error.message.startswith("[TABLE_OR_VIEW_NOT_FOUND]")


def test_rows_come_as_arrow_with_their_types(execute):
    answer = execute(
        "SELECT CAST(1.5 AS DECIMAL(10,2)) AS d, DATE'2024-01-31' AS t, X'00' AS x",
        disposition=Disposition.EXTERNAL_LINKS,
        format=Format.ARROW_STREAM,
    )
    [link] = answer.result.external_links
    table = pa.ipc.open_stream(requests.get(link.external_link).content).read_all()
    assert table.schema.field("d").type == pa.decimal128(10, 2)
    assert table.column("d").to_pylist() == [Decimal("1.50")]


def test_a_statement_leaves_no_settings_or_views_to_the_next(execute):
    assert execute("CREATE TEMPORARY VIEW v AS SELECT 1").status.state == StatementState.SUCCEEDED
    assert execute("SELECT * FROM v").status.state == StatementState.FAILED
