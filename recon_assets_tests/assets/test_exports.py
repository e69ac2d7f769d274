"""Tables that the source itself writes as files: `export: cetas`."""

from pathlib import Path

import dagster as dg
import pytest

from recon_assets.errors import ProjectError
from recon_assets.io_managers.stored_table import StoredTable
from recon_assets_tests.assets.conftest import Project

FILL = """
CREATE PROCEDURE dbo.P AS
BEGIN
    TRUNCATE TABLE dbo.OUT;
    INSERT INTO dbo.OUT SELECT id, amount, made FROM dbo.T WHERE amount IS NOT NULL;
END
"""
COLUMNS = {"id": "int", "amount": "decimal(9,2)", "made": "datetime2(6)"}
ROWS = "(1, 1.50, TIMESTAMP '2024-02-29 23:59:59.999999'), (2, NULL, NULL), (3, -2.25, TIMESTAMP '0001-01-01')"
EXPORTING = {
    "procedure": "dbo.P",
    "inputs": ["dbo.T"],
    "outputs": [{"table": "dbo.OUT", "keys": ["id"]}],
    "target": {"sql": "target.sql"},
    "export": "cetas",
}


@pytest.fixture
def exporting(project: Project) -> Project:
    project.table("dbo.T", COLUMNS, ROWS)
    project.table("dbo.OUT", COLUMNS)
    project.write(EXPORTING, source_sql=FILL, target_sql="SELECT * FROM T WHERE amount IS NOT NULL")
    return project


def stored(project: Project, layer: str, name: str) -> StoredTable:
    return project.resources(project.home)[layer].current(dg.AssetKey(["r", name]))


def test_a_table_that_the_source_writes_is_compared_like_one_that_is_read(exporting: Project):
    run = exporting.run()
    assert run.result.success, run.errors
    report = exporting.report("OUT")
    assert (report.comparison.verdict, report.comparison.source_rows) == ("MATCH", 2)
    assert all(proof.proven for proof in report.inputs)


def test_the_copy_is_the_very_files_that_the_source_wrote(exporting: Project):
    assert exporting.run().result.success
    export, copy = (
        stored(exporting, f"{which}_layer", f"OUT_{n}") for which, n in (("export", "parquet"), ("copy", "adls"))
    )
    assert (export.paths, export.rows, export.source_state.rows) == (copy.paths, 2, 2)
    assert [str(Path(path).parent) for path in copy.paths] == [str(export.folder)]


def test_an_export_and_a_reading_have_one_fingerprint(exporting: Project):
    assert exporting.run().result.success
    exported = stored(exporting, "export_layer", "T_parquet").fingerprint
    exporting.write(
        EXPORTING | {"export": "fetch"}, source_sql=FILL, target_sql="SELECT * FROM T WHERE amount IS NOT NULL"
    )
    assert exporting.run().result.success
    assert stored(exporting, "parquet_layer", "T_parquet").fingerprint == exported


def test_files_that_were_changed_after_the_export_are_not_compared(exporting: Project):
    assert exporting.run().result.success
    (path,) = stored(exporting, "export_layer", "OUT_parquet").paths
    Path(path).write_bytes(Path(path).read_bytes() + b" ")
    run = exporting.run("OUT_adls")
    assert not run.result.success
    assert "was changed after it was written" in run.errors


def test_an_input_that_was_changed_after_its_export_stops_the_procedure(exporting: Project):
    assert exporting.run().result.success
    exporting.table("dbo.T", COLUMNS, ROWS + ", (4, 0, NULL)")
    run = exporting.run("OUT_synapse", "OUT_parquet")
    assert not run.result.success
    assert "dbo.T was changed after its snapshot of 3 rows" in run.errors


def test_an_empty_table_is_exported(exporting: Project):
    exporting.table("dbo.T", COLUMNS)
    run = exporting.run()
    assert run.result.success, run.errors
    assert exporting.report("OUT").comparison.verdict == "MATCH"


REFUSED = [
    ({"outputs": [{"result_set": 1, "keys": ["id"]}]}, "`export: cetas` exports tables, and a result set is none"),
    ({"split": {"dbo.T": {"by": "id", "parts": 2}}}, "`split` is about rows that are fetched"),
]


@pytest.mark.parametrize(("changed", "told"), REFUSED, ids=["a result set", "a table that is split"])
def test_what_cannot_be_exported_is_refused_in_the_yaml(exporting: Project, changed, told):
    exporting.write(EXPORTING | changed, source_sql=FILL, target_sql="SELECT 1")
    with pytest.raises(ProjectError, match=rf"defs\.yaml:\d+.*{told}"):
        exporting.definitions()
