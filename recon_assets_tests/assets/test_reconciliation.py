"""Whole reconciliations, from T-SQL text to verdict, on the local deployment."""

import json
import shutil
from datetime import UTC, datetime
from decimal import Decimal

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from recon_assets_tests.assets.conftest import COPY, Project, copying

ROWS = "(1, 1.50), (2, NULL), (3, -2.25)"
TABLE = {"id": "int", "amount": "decimal(9,2)"}


def test_equal_logic_gives_match_with_proof_of_equal_inputs(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    project.write(copying(), source_sql=COPY, target_sql="SELECT id, amount FROM T")
    run = project.run()

    assert run.result.success, run.errors
    assert run.materialized == {
        "T_parquet", "T_adls", "T_delta", "P_synapse", "P_parquet", "P_adls", "P_delta", "P_report",
    }  # fmt: skip
    report = project.report("P")
    assert (report.comparison.verdict, report.comparison.source_rows, report.comparison.paired_rows) == ("MATCH", 3, 3)
    assert [(proof.table, proof.source_rows, proof.proven) for proof in report.inputs] == [("T", 3, True)]
    assert run.checks("P_report") == {"row_count": True, "schema": True, "keys_unique": True, "values": True}
    assert all(run.checks(hop) == {"intact": True} for hop in ("T_parquet", "T_adls", "T_delta", "P_adls", "P_delta"))


def test_a_difference_fails_the_values_check_but_not_the_run(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    project.write(copying(), source_sql=COPY, target_sql="SELECT id, coalesce(amount, 0) AS amount FROM T")
    run = project.run()

    assert run.result.success
    assert run.checks("P_report") == {"row_count": True, "schema": True, "keys_unique": True, "values": False}
    column = next(c for c in project.report("P").comparison.columns if c.name == "amount")
    assert (column.status, column.differences) == ("different", 1)
    assert [(s.key, s.source, s.target) for s in column.samples] == [({"id": 2}, None, "0.00")]


def test_a_table_the_procedure_fills_is_compared_after_it_ran(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    project.table("dbo.OUT", TABLE, "(99, 9.99)")
    source = (
        "CREATE PROCEDURE dbo.P AS BEGIN TRUNCATE TABLE dbo.OUT; INSERT INTO dbo.OUT SELECT id, amount FROM dbo.T; END"
    )
    attributes = copying() | {"outputs": [{"table": "dbo.OUT", "keys": ["id"]}]}
    project.write(attributes, source_sql=source, target_sql="CREATE TABLE OUT AS SELECT * FROM T")
    assert project.run().result.success
    assert (project.report("OUT").comparison.verdict, project.report("OUT").comparison.source_rows) == ("MATCH", 3)


def test_a_table_read_and_filled_is_snapshotted_before_the_procedure_changes_it(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    source = "CREATE PROCEDURE dbo.P AS BEGIN UPDATE dbo.T SET amount = amount * 2; DELETE FROM dbo.T WHERE id = 3; END"
    attributes = copying() | {"outputs": [{"table": "dbo.T", "keys": ["id"]}]}
    target = "UPDATE T SET amount = amount * 2; DELETE FROM T WHERE id = 3"
    project.write(attributes, source_sql=source, target_sql=target)
    run = project.run()

    assert run.result.success, run.errors
    assert {"T_before_parquet", "T_before_delta", "T_parquet", "T_delta"} <= run.materialized
    report = project.report("T")
    assert (report.comparison.verdict, report.comparison.source_rows) == ("MATCH", 2)
    assert [proof.source_rows for proof in report.inputs] == [3]


def test_parameters_and_clock_are_the_same_on_both_sides(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    attributes = copying() | {
        "parameters": {
            "Least": {"type": "decimal(9,2)", "value": "-2.25"},
            "Note": {"type": "nvarchar(20)", "value": "ñ'"},
        },
        "clock": "2024-07-31T06:00:00",
    }
    source = (
        "CREATE PROCEDURE dbo.P @Least DECIMAL(9,2), @Note NVARCHAR(20) AS\n"
        "SELECT id, @Note AS note, GETDATE() AS at FROM dbo.T WHERE amount >= @Least"
    )
    target = "SELECT id, :Note AS note, :clock AS at FROM T WHERE amount >= :Least"
    project.write(attributes, source_sql=source, target_sql=target)
    assert project.run().result.success
    report = project.report("P")
    assert (report.comparison.verdict, report.comparison.source_rows) == ("MATCH", 2)
    assert report.parameters["Least"].value == "-2.25"


@pytest.mark.parametrize(("ansi", "outcome"), [(False, "PARTIAL MATCH"), (True, "DIVIDE_BY_ZERO")])
def test_the_reconciliation_says_in_which_mode_its_logic_runs(project: Project, ansi: bool, outcome: str):
    project.table("dbo.T", {"id": "int", "amount": "decimal(9,2)"}, "(1, 1.50), (0, 2.50)")
    target = {"sql": "target.sql", "ansi": ansi, "time_zone": "Europe/Berlin"}
    project.write(
        copying() | {"target": target}, source_sql=COPY, target_sql="SELECT id, amount / id * id AS amount FROM T"
    )
    run = project.run()
    assert run.result.success != ansi
    if ansi:
        assert outcome in run.errors
    else:
        report = project.report("P")
        assert report.comparison.verdict == outcome
        assert "ansi false, session_time_zone Europe/Berlin" in report.target_system


def test_outputs_of_zero_rows_on_both_sides_match(project: Project):
    project.table("dbo.T", TABLE)
    project.write(copying(), source_sql=COPY, target_sql="SELECT id, amount FROM T")
    run = project.run()
    assert run.result.success, run.errors
    assert (project.report("P").comparison.verdict, project.report("P").comparison.source_rows) == ("MATCH", 0)


@pytest.mark.parametrize("table", ["[with space]", "[quo'te]", '[dou"ble]', "[brack]]et]", "[semi;colon--]", "[tick`]"])
def test_a_table_goes_by_any_name(project: Project, table: str):
    bare = table[1:-1].replace("]]", "]")
    project.table(f"dbo.{table}", TABLE, ROWS)
    attributes = copying() | {"inputs": [f"dbo.{table}"]}
    source = f"CREATE PROCEDURE dbo.P AS SELECT id, amount FROM dbo.{table}"
    target = f"SELECT id, amount FROM `{bare.replace('`', '``')}`"
    project.write(attributes, source_sql=source, target_sql=target)
    run = project.run()
    assert run.result.success, run.errors
    assert project.report("P").comparison.verdict == "MATCH"


def test_an_output_computed_elsewhere_is_compared_without_running_anything(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    project.write(copying(), source_sql=COPY, target_sql="SELECT id, amount FROM T")
    project.run()
    made = project.home / "delta" / "r" / "P_delta"
    [file] = [made / json.loads((made / "current.json").read_text())["folder"]]
    attributes = copying() | {"target": {"parquet": str(file)}}
    shutil.rmtree(file / "_delta_log")
    project.write(attributes, source_sql=COPY)
    run = project.run()
    assert run.result.success, run.errors
    report = project.report("P")
    assert report.comparison.verdict == "MATCH"
    assert [proof.target_rows for proof in report.inputs] == [None]
    assert f"written {datetime.now(UTC):%Y-%m-%d}" in report.target_system


@pytest.mark.parametrize(
    ("version", "verdict", "told"),
    [("@0", "MATCH", "version 0"), ("", "PARTIAL MATCH", "version 1"), ("@7", None, "has no version 7 in its history")],
)
def test_a_delta_table_computed_elsewhere_is_compared_as_of_a_version(project: Project, version, verdict, told):
    project.table("dbo.T", TABLE, ROWS)
    rows = pa.table(
        {"id": [1, 2, 3], "amount": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(9, 2))}
    )
    made = project.home / "elsewhere"
    write_deltalake(made, rows)
    write_deltalake(made, rows.slice(0, 1), mode="overwrite")
    project.write(copying() | {"target": {"delta": f"{made}{version}"}}, source_sql=COPY)
    run = project.run()
    assert run.result.success == (verdict is not None), run.errors
    if verdict is None:
        assert told in run.errors
    else:
        report = project.report("P")
        assert report.comparison.verdict == verdict
        assert f"{told}, written {datetime.now(UTC):%Y-%m-%d}" in report.target_system


def test_the_same_data_and_code_give_the_same_data_versions_again(project: Project):
    project.table("dbo.T", TABLE, ROWS)
    project.write(copying(), source_sql=COPY, target_sql="SELECT id, amount FROM T")

    def versions() -> dict[str, str | None]:
        run = project.run()
        return {
            event.asset_key.path[-1]: event.materialization.tags.get("dagster/data_version")
            for event in run.result.all_events
            if event.is_step_materialization and event.asset_key
        }

    first, second = versions(), versions()
    assert first == second and all(first.values()) and len(first) == 8


def test_tables_that_several_procedures_share_join_their_graphs(project: Project):
    project.write(copying() | {"outputs": [{"table": "dbo.MADE"}]}, source_sql=COPY, target_sql="SELECT 1")
    (project.folder / "s").mkdir()
    for file in ("defs.yaml", "source.sql", "target.sql"):
        text = (project.folder / "r" / file).read_text()
        (project.folder / "s" / file).write_text(text.replace("dbo.MADE", "dbo.LAST").replace("dbo.T", "dbo.made"))
    graph = project.definitions().resolve_asset_graph()
    made = graph.get(dg.AssetKey(["source", "dbo", "MADE"]))
    assert made.parent_keys == {dg.AssetKey(["r", "MADE_synapse"])}
    assert made.child_keys == {dg.AssetKey(["s", "made_parquet"])}
    assert not made.is_materializable


def test_a_schedule_runs_the_reconciliation_in_its_time_zone(project: Project):
    attributes = copying() | {"schedule": {"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}}
    project.write(attributes, source_sql=COPY, target_sql="SELECT 1")
    [schedule] = project.definitions().schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == (
        "0 6 * * 1-5",
        "Europe/Berlin",
        "r",
    )
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
