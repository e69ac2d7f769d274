"""`split` in a defs.yaml reaches the source as it is declared, and a wrong one is told with file and line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from recon_assets.deployments import local
from recon_assets.errors import ProjectError
from recon_assets.sources.base import Split
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.spec import Reconciliation
from recon_assets_tests.assets.conftest import COPY, Project, copying, importable_project
from recon_assets_tests.sources.sqlserver.conftest import PASSWORD, USER, source_of
from recon_assets_tests.tds.server import serve

TABLE = {"id": "int", "amount": "decimal(9,2)"}
TARGET = "SELECT id, amount FROM T"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with importable_project(tmp_path, f"project_of_{tmp_path.name}") as project:
        yield project


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            {"dbo.U": {"by": "id", "parts": 2}},
            "`split` names dbo.U, which is no input or output table; these are: dbo.T",
        ),
        ({"other.T": {"by": "id", "parts": 2}}, "`split` names other.T, which is no input"),
        ({"T": {"by": "id", "parts": 2}, "DBO.t": {"by": "id", "parts": 2}}, "`split` names dbo.T twice"),
        ({"dbo.T": {"by": "id", "parts": 1}}, "greater than or equal to 2"),
        ({"dbo.T": {"by": "id", "parts": 33}}, "less than or equal to 32"),
        ({"dbo.T": {"by": "", "parts": 2}}, "at least 1 character"),
        ({"dbo.T": {"parts": 2}}, "by"),
        ({"dbo.T": {"by": "id"}}, "parts"),
        ({"dbo.T": {"by": "id", "parts": 2, "ranges": []}}, "ranges"),
        ({"a.b.c": {"by": "id", "parts": 2}}, "parts"),
    ],
)
def test_a_wrong_split_is_told_with_file_and_line(project: Project, split: dict, message: str):
    project.write(copying() | {"split": split}, source_sql=COPY, target_sql=TARGET)
    with pytest.raises(ProjectError, match=f"(?s){message}") as raised:
        project.definitions()
    assert re.search(r"defs\.yaml:\d+: attributes", str(raised.value))


def test_a_table_is_found_however_its_name_is_written():
    spec = Reconciliation.model_validate(
        copying() | {"outputs": [{"table": "dbo.OUT", "keys": ["id"]}], "split": {"t": {"by": "id", "parts": 4}}}
    )
    assert spec.split_of("[DBO].[T]") == Split("id", 4)
    assert spec.split_of("dbo.OUT") is None


def test_the_embedded_source_reads_a_split_table_as_it_is(tmp_path: Path):
    source = EmbeddedSource(tmp_path)
    rows = pa.table({"id": pa.array([3, 1, 2], pa.int32())})
    source.create_table("dbo.T", [("id", "int")], pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()))
    with source.snapshot() as tables, tables.read("dbo.T", Split("id", 2)) as reader:
        assert reader.read_all()["id"].to_pylist() == [3, 1, 2]


def test_a_run_reads_its_snapshots_and_outputs_in_the_parts_that_are_declared(project: Project):
    project.table("dbo.T", TABLE, "(1, 1.50), (2, 2.50)")
    project.table("dbo.OUT", TABLE, "(7, 7.50)")
    fill = "CREATE PROCEDURE dbo.P AS\nBEGIN\n    INSERT INTO dbo.OUT SELECT id, amount FROM dbo.T;\nEND\n"
    split = {"dbo.T": {"by": "id", "parts": 2}, "dbo.OUT": {"by": "ID", "parts": 3}}
    outputs = [{"table": "dbo.OUT", "keys": ["id"]}]
    project.write(copying() | {"outputs": outputs, "split": split}, source_sql=fill, target_sql=TARGET)
    with serve(project.source, user=USER, password=PASSWORD) as server:
        server.deploy(fill)
        project.resources = lambda home: local(home) | {"source": source_of(server)}
        run = project.run("T_parquet", "OUT_synapse", "OUT_parquet")
        assert run.result.success, run.errors
    reads = [text.partition(" WHERE ") for text in server.batches if text.startswith("SELECT [id], [amount] FROM")]
    wheres = sorted((query.rpartition(" ")[2], where) for query, _, where in reads)
    assert wheres == sorted(
        [
            ("[dbo].[T]", "[id] < CAST('2' AS int) OR [id] IS NULL"),
            ("[dbo].[T]", "[id] >= CAST('2' AS int)"),
        ]
        * 2  # for the snapshot, and right before the procedure runs
        + [
            ("[dbo].[OUT]", "[id] < CAST('3' AS int) OR [id] IS NULL"),
            ("[dbo].[OUT]", "[id] >= CAST('3' AS int) AND [id] < CAST('5' AS int)"),
            ("[dbo].[OUT]", "[id] >= CAST('5' AS int)"),
        ]
    )
