"""Migrated logic as SQL on a real local Spark with Delta Lake."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.sources.base import Parameter
from recon_assets.targets.base import Logic, ParquetFiles, TableVersion, TargetError
from recon_assets.targets.local_spark import LocalSpark

Inputs = dict[str, TableVersion]


@pytest.fixture
def sales(target: LocalSpark, tmp_path: Path) -> Inputs:
    rows = pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int32()),
            "amount": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(9, 2)),
            "sold": pa.array([date(2024, 1, 1), date(2024, 2, 1), None]),
        }
    )
    pq.write_table(rows, tmp_path / "sales.parquet")
    folder = str(tmp_path / "sales_delta")
    target.load(ParquetFiles([str(tmp_path / "sales.parquet")], rows.schema), folder)
    return {"SALES": TableVersion(folder, 0)}


def run(
    target: LocalSpark, folder: Path, text: str, inputs: Inputs, *outputs: str, allowed=(), zone="UTC", **given
) -> dict:
    (folder / "target.sql").write_text(text)
    logic = Logic("sql", "target.sql", folder, allowed=allowed, time_zone=zone)
    given = {"parameters": {}, "clock": None} | given
    with target.run(logic, inputs, outputs or ("OUT",), **given) as frames:
        return {name: sorted(tuple(row) for row in frame.collect()) for name, frame in frames.items()}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM SALES WHERE amount > 0",
        "select id from sales where amount > 0; -- names are case-insensitive, a trailing comment is no statement",
        "/* first; not a statement */ WITH s AS (SELECT * FROM SALES) SELECT id FROM s WHERE amount > 0;",
        "CREATE OR REPLACE TABLE OUT AS SELECT id FROM SALES WHERE amount > 0",
        "CREATE TEMP VIEW v AS SELECT id, ';' AS x FROM SALES; CREATE TABLE OUT AS SELECT id FROM v WHERE id = 1",
        "CREATE TABLE OUT (id INT); INSERT INTO OUT VALUES (1), (2); DELETE FROM OUT WHERE id = 2",
        "CREATE TABLE OUT (id INT); INSERT INTO OUT VALUES (9);"
        " MERGE INTO OUT USING SALES ON false WHEN MATCHED THEN DELETE"
        " WHEN NOT MATCHED AND SALES.id = 1 THEN INSERT (id) VALUES (SALES.id)"
        " WHEN NOT MATCHED BY SOURCE THEN DELETE",
        "(SELECT 1 AS id)",
        "CREATE TABLE OUT AS SELECT :One AS id FROM SALES LIMIT 1",
        "SELECT :one AS id",
        "SELECT 1 AS id LIMIT:oNE",
        "CREATE TEMP VIEW v AS SELECT :One AS id; FROM v SELECT id",
        "CREATE TEMP VIEW v AS SELECT 1 AS id; TABLE v",
        "DECLARE n INT DEFAULT :One; SELECT session.n AS id",
        "EXPLAIN SELECT ';'; SELECT 1 AS id",
        "CREATE TABLE OUT (id INT); FROM SALES s INSERT INTO OUT SELECT s.id WHERE s.id = :One INSERT INTO OUT SELECT id WHERE false",
        "EXECUTE IMMEDIATE 'CREATE TABLE OUT AS SELECT id FROM SALES WHERE id = ?' USING :One",
        "CREATE TABLE OUT (id INT); WITH s AS (SELECT * FROM SALES) INSERT INTO OUT SELECT id FROM s WHERE id = 1",
        "BEGIN DECLARE n INT DEFAULT 1; CREATE TABLE OUT (id INT); INSERT INTO OUT VALUES (n); END",
    ],
)
def test_a_query_or_a_script_gives_the_output(target, tmp_path, sales, text):
    one = {"One": Parameter("One", "int", 1)}
    assert run(target, tmp_path, text, sales, parameters=one) == {"OUT": [(1,)]}


def test_a_table_that_is_input_and_output_is_changed_in_a_copy(target, tmp_path, sales):
    text = "DELETE FROM SALES WHERE id > 1; UPDATE SALES SET amount = amount * 2"
    for _ in range(2):
        assert run(target, tmp_path, text, sales, "SALES") == {"SALES": [(1, Decimal("3.00"), date(2024, 1, 1))]}


def test_a_script_fills_several_outputs(target, tmp_path, sales):
    text = "CREATE TABLE A AS SELECT 1 AS x; CREATE TEMP VIEW B AS SELECT count(*) AS n FROM SALES;"
    assert run(target, tmp_path, text, sales, "A", "B") == {"A": [(1,)], "B": [(3,)]}


@pytest.mark.parametrize("name", ["with space", "with`tick", "with'quote", 'with"double', "we]ird", "dotted.name"])
def test_an_input_goes_by_any_name_in_backticks(target, tmp_path, sales, name):
    quoted = name.replace("`", "``")
    assert run(target, tmp_path, f"SELECT count(*) AS n FROM `{quoted}`", {name: sales["SALES"]}) == {"OUT": [(3,)]}


def test_parameters_and_clock_reach_the_text_with_their_types(target, tmp_path, sales):
    parameters = {
        "Least": Parameter("Least", "decimal(9,2)", Decimal("1.5")),
        "Text": Parameter("Text", "varchar(20)", "it's; -- :Least"),
        "None": Parameter("None", "int", None),
    }
    text = "SELECT id, :Text AS t, :clock AS c, coalesce(:None, 7) AS n FROM SALES WHERE amount >= :Least"
    assert run(target, tmp_path, text, sales, parameters=parameters, clock=datetime(2024, 7, 31, 6)) == {
        "OUT": [(1, "it's; -- :Least", datetime(2024, 7, 31, 6), 7)]
    }


def test_runs_do_not_see_each_others_tables_and_views(target, tmp_path, sales):
    run(target, tmp_path, "CREATE TEMP VIEW v AS SELECT 1 AS x; CREATE TABLE OUT AS SELECT x FROM v", sales)
    with pytest.raises(TargetError, match="TABLE_OR_VIEW_NOT_FOUND"):
        run(target, tmp_path, "SELECT * FROM v", sales)
    with pytest.raises(TargetError, match="TABLE_OR_VIEW_NOT_FOUND"):
        run(target, tmp_path, "SELECT * FROM OUT", sales)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT id\nFROM SALES\nWHERE >\n", r"target\.sql:\d: .*PARSE_SYNTAX_ERROR"),
        (
            "CREATE TEMP VIEW v AS SELECT 1;\n\nSELECT id,\n  nope\nFROM SALES",
            r"target\.sql:4: .*UNRESOLVED_COLUMN.*nope",
        ),
        ("CREATE TABLE OTHER AS SELECT 1 AS x", r"made no table OUT; it made other\. End it"),
        ("-- nothing here", "holds no statement"),
        ("SELECT 'open", "can't be read as Databricks SQL"),
        ("INSERT INTO SALES VALUES (4, 1.0, NULL)", r"target\.sql:1: "),
        ("DELETE FROM SALES WHERE id = 1", r"target\.sql:1: "),
        ("UPDATE SALES SET id = 9", r"target\.sql:1: "),
        ("SELECT 1;\n\nSELECT ':x',\n  :x", r"target\.sql:4: :x is no parameter; the YAML declares none"),
        ("SELECT *\nFROM dbo.SALES", r"target\.sql:2: dbo\.SALES is not this run's SALES: write `SALES` alone"),
        ("CREATE TABLE OUT AS SELECT 1 AS x;\nUSE default", r"target\.sql:2: USE DEFAULT leaves this run's own tables"),
        ("SELECT *\nFROM NOPE", r"target\.sql:2: .*TABLE_OR_VIEW_NOT_FOUND.*by their bare names"),
        ("EXECUTE IMMEDIATE 'it`s'", "can't be read as Databricks SQL"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_remedy(target, tmp_path, sales, text, message):
    with pytest.raises(TargetError, match=f"(?s){message}"):
        run(target, tmp_path, text, sales)


def test_two_outputs_cannot_come_from_one_query(target, tmp_path, sales):
    with pytest.raises(TargetError, match="one output only; for A, B"):
        run(target, tmp_path, "SELECT 1 AS x", sales, "A", "B")


def test_a_failure_while_computing_is_told_when_the_rows_are_stored(target, tmp_path, sales):
    (tmp_path / "target.sql").write_text("SELECT CAST(concat('x', id) AS INT) AS n FROM SALES")
    logic = Logic("sql", "target.sql", tmp_path)
    with (
        target.run(logic, sales, ["OUT"], {}, None) as frames,
        pytest.raises(TargetError, match="CAST_INVALID_INPUT"),
    ):
        target.save(frames["OUT"], str(tmp_path / "out"))


@pytest.fixture
def elsewhere(target: LocalSpark) -> Iterator[str]:
    """A table that is none of the run's, in a database of its own."""
    session = target.process_session
    session.sql("CREATE DATABASE elsewhere")
    session.sql("CREATE TABLE elsewhere.X AS SELECT 1 AS id")
    yield "elsewhere.X"
    session.sql("DROP DATABASE elsewhere CASCADE")


@pytest.mark.parametrize("name", ["elsewhere.X", "spark_catalog.elsewhere.x", "`elsewhere`.`X`"])
def test_a_name_that_is_allowed_can_be_read_and_written(target, tmp_path, sales, elsewhere, name):
    text = f"INSERT INTO {name} SELECT id + 1 FROM SALES WHERE id = 1; SELECT * FROM {name}"
    assert run(target, tmp_path, text, sales, allowed=[elsewhere]) == {"OUT": [(1,), (2,)]}


def test_a_path_that_is_allowed_can_be_read(target, tmp_path, sales):
    path = f"delta.`{sales['SALES'].location}`"
    assert run(target, tmp_path, f"SELECT count(*) FROM {path}", {}, allowed=[path]) == {"OUT": [(3,)]}


def test_nothing_runs_before_all_names_are_checked(target, tmp_path, sales, elsewhere):
    text = "INSERT INTO elsewhere.X VALUES (2); SELECT * FROM samples.nyctaxi.trips"
    with pytest.raises(TargetError, match=r"^\S*target\.sql:1: samples\.nyctaxi\.trips lies outside[^\n]*$"):
        run(target, tmp_path, text, sales, allowed=[elsewhere])
    assert target.process_session.table(elsewhere).count() == 1


def test_the_clock_is_the_time_in_the_sessions_zone(target, tmp_path, sales):
    text = "SELECT CAST(:clock AS STRING), unix_timestamp(:clock)"
    clock = datetime(2024, 7, 31, 6)
    assert run(target, tmp_path, text, sales, zone="Europe/Berlin", clock=clock) == {
        "OUT": [("2024-07-31 06:00:00", 1722398400)]
    }
