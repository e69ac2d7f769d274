"""What goes wrong is said with object, place and remedy, stops what comes after it, and loses nothing."""

import json
import re
from pathlib import Path

import pytest

from recon_assets.errors import ProjectError
from recon_assets_tests.assets.conftest import COPY, Project, copying

TABLE = {"id": "int", "amount": "decimal(9,2)"}
TARGET = "SELECT id, amount FROM T"


@pytest.fixture
def good(project: Project) -> Project:
    """A project that has run once with MATCH."""
    project.table("dbo.T", TABLE, "(1, 1.50), (2, NULL)")
    project.write(copying(), source_sql=COPY, target_sql=TARGET)
    assert project.run().result.success
    return project


def stored_files(project: Project, layer: str, asset: str) -> list[Path]:
    home = project.home / layer / "r" / asset
    manifest = json.loads((home / "current.json").read_text())
    return [home / manifest["folder"] / file["name"] for file in manifest["files"]]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "CREATE PROCEDURE dbo.P AS\nBEGIN\n  DELETE FROM dbo.T;\n  THROW 50001, 'no rates today', 1;\nEND",
            "50001.*no rates today",
        ),
        (
            "CREATE PROCEDURE dbo.P AS\nSELECT id,\n FORMAT(amount, 'N2') AS amount FROM dbo.T",
            r"unsupported T-SQL at .*source\.sql:3: FORMAT",
        ),
        ("CREATE PROCEDURE dbo.P AS\nSELECT id, amount FROM dbo.NOWHERE", r"NOWHERE"),
        ("CREATE PROCEDURE dbo.OTHER AS SELECT 1 AS id", r"dbo\.P"),
        (
            "CREATE PROCEDURE dbo.P AS DELETE FROM dbo.T WHERE id = 99",
            "returned 0 result sets, so there is none numbered 1",
        ),
    ],
)
def test_a_failing_procedure_ends_the_run_and_leaves_everything_as_it_was(good: Project, source: str, message: str):
    before = good.report("P")
    good.write(copying(), source_sql=source, target_sql=TARGET)
    run = good.run()
    assert not run.result.success
    assert re.search(f"(?s){message}", run.errors), run.errors
    assert not run.materialized & {"P_parquet", "P_adls", "P_report"}
    assert good.report("P") == before
    with good.source.read("dbo.T") as reader:
        assert reader.read_all().num_rows == 2


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("SELECT id, amnt\nFROM T", r"target\.sql:1: .*amnt"),
        ("SELECT id,\n  CAST(concat('x', id) AS INT) AS amount\nFROM T", "CAST_INVALID_INPUT"),
        ("SELECT id, amount FROM NOWHERE", r"target\.sql:1: .*NOWHERE"),
    ],
)
def test_a_failing_target_ends_the_run_and_keeps_the_last_report(good: Project, target: str, message: str):
    before = good.report("P")
    good.write(copying(), source_sql=COPY, target_sql=target)
    run = good.run()
    assert not run.result.success
    assert re.search(f"(?s){message}", run.errors), run.errors
    assert "P_report" not in run.materialized
    assert good.report("P") == before


def test_a_missing_input_table_is_named(good: Project):
    good.write(copying() | {"inputs": ["dbo.TT"]}, source_sql=COPY, target_sql=TARGET)
    run = good.run()
    assert not run.result.success
    assert "TT" in run.errors and "dbo.T" in run.errors
    assert run.materialized == set()


def test_a_key_column_that_does_not_exist_is_named(good: Project):
    good.write(copying(keys=["idd"]), source_sql=COPY, target_sql=TARGET)
    run = good.run()
    assert not run.result.success
    assert "idd" in run.errors and "P_report" not in run.materialized


@pytest.mark.parametrize(
    ("layer", "asset", "next_hop", "stopped"),
    [
        ("parquet", "T_parquet", "T_adls", {"T_adls", "T_delta", "P_delta", "P_report"}),
        ("adls", "T_adls", "T_delta", {"T_delta", "P_delta", "P_report"}),
        ("delta", "T_delta", "P_delta", {"P_delta", "P_report"}),
        ("parquet", "P_parquet", "P_adls", {"P_adls", "P_report"}),
        ("adls", "P_adls", "P_report", {"P_report"}),
        ("delta", "P_delta", "P_report", {"P_report"}),
    ],
)
def test_a_file_damaged_between_hops_fails_the_next_hop_by_name(good: Project, layer, asset, next_hop, stopped):
    file = stored_files(good, layer, asset)[0]
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    run = good.run(*sorted({next_hop, "P_report"} | stopped))
    assert not run.result.success
    assert file.name in run.errors and "Materialize" in run.errors
    assert not run.materialized & stopped


def test_a_file_that_is_gone_is_named(good: Project):
    file = stored_files(good, "adls", "P_adls")[0]
    file.unlink()
    run = good.run("P_report")
    assert not run.result.success and f"{file} is gone" in run.errors


def test_sides_made_from_different_inputs_are_not_compared(good: Project):
    good.table("dbo.T", TABLE, "(1, 1.50), (2, 7.00)")
    assert good.run("T_parquet", "T_adls", "T_delta", "P_delta").result.success
    run = good.run("P_report")
    assert not run.result.success
    assert "different rows of T" in run.errors and "Materialize the whole reconciliation" in run.errors


def test_a_table_changed_after_its_snapshot_is_not_used(good: Project):
    good.table("dbo.T", TABLE, "(1, 1.50), (2, 7.00)")
    run = good.run("P_synapse", "P_parquet")
    assert not run.result.success
    assert "dbo.T was changed after its snapshot was taken" in run.errors


def test_a_report_folder_that_cannot_be_written_is_named(good: Project):
    reports = good.home / "reports"
    reports.rename(good.home / "moved")
    reports.write_text("in the way")
    run = good.run()
    assert not run.result.success
    assert str(reports) in run.errors
    assert "P_delta" in run.materialized and "P_report" not in run.materialized


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ouputs": []}, r"ouputs"),
        ({"target": {"sql": "a.sql", "python": "a:b"}}, "exactly one"),
        ({"outputs": [{"keys": ["id"]}]}, "either a `table`"),
        ({"outputs": [{"result_set": 1, "columns": {"amount": {"tolerence": 1}}}]}, "tolerence"),
        ({"parameters": {"N": {"type": "int", "value": "x"}}}, "'x' is no value of type int"),
        ({"parameters": {"N": {"type": "varchar(9)", "value": 7}}}, "put it in quotes"),
        ({"parameters": {"N": {"type": "geography", "value": "x"}}}, "geography"),
        ({"schedule": {"cron": "every day"}}, "'every day' is no cron line"),
        ({"schedule": {"cron": "0 6 * * *", "timezone": "Mars/Olympus"}}, "'Mars/Olympus' is no IANA time zone"),
        ({"owners": ["finance"]}, "'finance' is no owner"),
        ({"target": {"python": "target.py"}}, "module:function"),
        ({"inputs": ["dbo.A", "other.a"]}, "two inputs are named"),
        ({"inputs": ["a.b.c.d"]}, "parts"),
    ],
)
def test_a_wrong_yaml_is_told_with_file_and_line(project: Project, change, message):
    project.write(copying() | change, source_sql=COPY, target_sql=TARGET)
    with pytest.raises(ProjectError, match=f"(?s){message}") as raised:
        project.definitions()
    assert re.search(r"defs\.yaml:\d+: attributes", str(raised.value))
