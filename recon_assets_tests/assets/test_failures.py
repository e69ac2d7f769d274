"""What goes wrong is said with object, place and remedy, stops what comes after it, and loses nothing."""

import json
import re
import shutil
from pathlib import Path

import pytest

from recon_assets.errors import ProjectError
from recon_assets.io_managers.parquet import ParquetLayer
from recon_assets_tests.assets.conftest import COPY, Project, copying, importable_project

TABLE = {"id": "int", "amount": "decimal(9,2)"}
TARGET = "SELECT id, amount FROM T"


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run that ended with MATCH leaves behind."""
    with importable_project(tmp_path_factory.mktemp("good"), "project_good") as project:
        project.table("dbo.T", TABLE, "(1, 1.50), (2, NULL)")
        project.write(copying(), source_sql=COPY, target_sql=TARGET)
        assert project.run().result.success
        return project.home


@pytest.fixture
def good(project: Project, good_home: Path) -> Project:
    """A project that has run once with MATCH."""
    shutil.copytree(good_home, project.home)
    project.write(copying(), source_sql=COPY, target_sql=TARGET)
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


@pytest.mark.parametrize(
    "change",
    [
        {"target_sql": "SELECT id, amount FROM T WHERE id > 1"},
        {"source_sql": COPY.replace("dbo.T;", "dbo.T WHERE id > 1;")},
        {"clock": "2024-07-31T06:00:00"},
    ],
)
def test_an_output_made_by_another_text_or_clock_is_not_reported_on(good: Project, change: dict[str, str]):
    attributes = copying() | {name: value for name, value in change.items() if name == "clock"}
    texts = {"source_sql": COPY, "target_sql": TARGET} | {n: v for n, v in change.items() if n.endswith("sql")}
    good.write(attributes, **texts)
    run = good.run("P_report")
    assert not run.result.success
    assert "was made by another text, parameters or clock" in run.errors and "P_report" not in run.materialized


def test_an_input_added_since_is_not_taken_as_read(good: Project):
    good.table("dbo.U", TABLE, "(1, 1.00)")
    good.write(copying() | {"inputs": ["dbo.T", "dbo.U"]}, source_sql=COPY, target_sql=TARGET)
    run = good.run("P_report")
    assert not run.result.success and "different rows of U" in run.errors


def test_a_snapshot_that_was_not_published_is_not_taken_for_the_one_that_was(good: Project, monkeypatch):
    good.table("dbo.T", TABLE, "(5, 5.00)")
    with monkeypatch.context() as patched:
        patched.setattr(ParquetLayer, "damage", lambda self, stored: "the disk lied")
        assert not good.run("T_parquet").result.success
    run = good.run("T_adls")
    assert not run.result.success and "could not be shown to be intact" in run.errors


def test_a_damaged_manifest_is_mended_by_materializing_again(good: Project):
    (good.home / "parquet" / "r" / "T_parquet" / "current.json").write_text("{")
    assert "is damaged" in good.run("T_adls").errors
    assert good.run().result.success


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("SELECT id, amount AS `an amount` FROM T", r"target\.sql, computing P: column `an amount`: .*alias"),
        ("SELECT id, amount, amount FROM T", "column `amount` comes twice"),
        ("SELECT id, 1 / 0 AS amount FROM T", r"target\.sql, computing P: .*DIVIDE_BY_ZERO"),
    ],
)
def test_what_cannot_be_stored_is_told_with_file_and_output(good: Project, target: str, message: str):
    good.write(copying(), source_sql=COPY, target_sql=target)
    run = good.run()
    assert not run.result.success
    assert re.search(message, run.errors), run.errors


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
    assert "dbo.T was changed after its snapshot of" in run.errors


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
        ({"parameters": {"@N": {"type": "int", "value": 1}}}, "'@N' is no parameter name"),
        ({"parameters": {"N": {"type": "int", "value": 1}, "n": {"type": "int", "value": 1}}}, "is given twice"),
        ({"parameters": {"N": {"type": "varchar(2)", "value": "abc"}}}, r"'abc' doesn't fit varchar\(2\)"),
        ({"parameters": {"N": {"type": "decimal(10,2)", "value": "1.235"}}}, "doesn't fit decimal"),
        ({"parameters": {"N": {"type": "datetime", "value": "2024-01-01T00:00:00.001"}}}, "doesn't fit datetime"),
        ({"parameters": {"N": {"type": "tinyint", "value": 256}}}, "doesn't fit tinyint"),
        ({"parameters": {"N": {"type": "int", "value": "{{ env.NO_SUCH_VARIABLE }}"}}}, "gives no value"),
        ({"clock": "2024-07-31T06:00:00+02:00"}, "without a zone"),
        ({"inputs": ["stg.X"], "outputs": [{"table": "dbo.X"}]}, "is another table"),
        ({"inputs": ["dbo.P"]}, "rename a result set"),
        ({"inputs": ["dbo.A", "other.a"]}, "two inputs are named"),
        ({"inputs": ["a.b.c.d"]}, "parts"),
    ],
)
def test_a_wrong_yaml_is_told_with_file_and_line(project: Project, change, message):
    project.write(copying() | change, source_sql=COPY, target_sql=TARGET)
    with pytest.raises(ProjectError, match=f"(?s){message}") as raised:
        project.definitions()
    assert re.search(r"defs\.yaml:\d+: attributes", str(raised.value))
