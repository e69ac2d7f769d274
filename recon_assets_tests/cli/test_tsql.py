"""`recon tsql`: one JSON entry per batch, values as their types print, exit codes, and what --source keeps."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from recon_assets.cli.tsql import tsql
from recon_assets.sources.embedded import EmbeddedSource


def run(text: str, *options: str) -> Result:
    return CliRunner().invoke(tsql, ["-", "--json", "-", *options], input=text)


def entries(text: str, *options: str) -> list[dict]:
    return json.loads(run(text, *options).stdout)


VALUES = [
    ("CAST(1 AS bit)", "bit", 1),
    ("CAST(0 AS bit)", "bit", 0),
    ("CAST(255 AS tinyint)", "tinyint", 255),
    ("CAST(-5 AS smallint)", "smallint", -5),
    ("7", "int", 7),
    ("CAST(9007199254740993 AS bigint)", "bigint", 9007199254740993),
    ("CAST(1.5 AS decimal(9,2))", "decimal(9,2)", "1.50"),
    ("CAST(-0.05 AS numeric(38,10))", "decimal(38,10)", "-0.0500000000"),
    ("CAST(7 AS decimal(5,0))", "decimal(5,0)", "7"),
    ("1.50", "decimal(3,2)", "1.50"),
    ("CAST(1.5 AS money)", "money", "1.5000"),
    ("CAST(-2 AS smallmoney)", "smallmoney", "-2.0000"),
    ("CAST(0.1 AS float)", "float", 0.1),
    ("CAST(0.1 AS real)", "real", 0.1),
    ("'a b '", "varchar(4)", "a b "),
    ("N'ß€'", "nvarchar(2)", "ß€"),
    ("CAST('a' AS char(3))", "char(3)", "a  "),
    ("CAST('x' AS varchar(max))", "varchar(max)", "x"),
    ("CAST('2024-02-29' AS date)", "date", "2024-02-29"),
    ("CAST('0001-01-01' AS date)", "date", "0001-01-01"),
    ("CAST('2024-02-29T01:02:03.457' AS datetime)", "datetime", "2024-02-29 01:02:03.457"),
    ("CAST('2024-02-29' AS datetime)", "datetime", "2024-02-29 00:00:00.000"),
    ("CAST('2024-02-29 01:02:03.123456' AS datetime2(0))", "datetime2(0)", "2024-02-29 01:02:03"),
    ("CAST('2024-02-29 01:02:03.25' AS datetime2(3))", "datetime2(3)", "2024-02-29 01:02:03.250"),
    ("CAST('2024-02-29 01:02:03.25' AS datetime2)", "datetime2(7)", "2024-02-29 01:02:03.2500000"),
    ("CAST('2024-02-29 01:02:31' AS smalldatetime)", "smalldatetime", "2024-02-29 01:03:00"),
    ("CAST('01:02:03.5' AS time(2))", "time(2)", "01:02:03.50"),
    ("0x01FF", "varbinary(2)", "0x01FF"),
    (
        "CAST('0e984725-c51c-4bf4-9960-e1c80e27aba0' AS uniqueidentifier)",
        "uniqueidentifier",
        "0E984725-C51C-4BF4-9960-E1C80E27ABA0",
    ),
    ("CAST(NULL AS decimal(9,2))", "decimal(9,2)", None),
]


@pytest.mark.parametrize(("expression", "type_", "value"), VALUES, ids=[e for e, *_ in VALUES])
def test_a_value_is_given_as_its_type_prints(expression, type_, value):
    assert entries(f"SELECT {expression} AS v") == [{"columns": [{"name": "v", "type": type_}], "rows": [[value]]}]


def test_there_is_one_entry_per_batch_with_its_last_result_set_or_its_error():
    text = (
        "CREATE TABLE t (a int)\nINSERT INTO t VALUES (1), (2)\nGO\n"
        "SELECT 0 AS z SELECT a, a FROM t ORDER BY a\nGO\n"
        "SELECT 1/0 AS x\nGO\n"
        "SELECT FORMAT(1, 'N')\nGO\n"
        "SELECT COUNT(*) AS n, 'last' FROM t"
    )
    result = run(text)
    made, selected, failed, refused, last = json.loads(result.stdout)
    assert made == {"columns": [], "rows": []}
    assert selected == {
        "columns": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}],
        "rows": [[1, 1], [2, 2]],
    }
    assert list(failed) == ["error"]
    assert "8134" in failed["error"]
    assert refused == {"error": "unsupported T-SQL at stdin:8: FORMAT(…)"}
    assert last["columns"][1] == {"name": "", "type": "varchar(4)"}
    assert last["rows"] == [[2, "last"]]
    assert result.exit_code == 2


def test_tables_and_procedures_live_from_batch_to_batch_and_variables_do_not():
    text = (
        "DECLARE @a int = 1 CREATE TABLE #t (a int) INSERT INTO #t VALUES (5)\nGO\n"
        "CREATE PROCEDURE p @n int AS SELECT a * @n AS x FROM #t\nGO\nEXEC p 2\nGO\nSELECT @a"
    )
    *_, called, undeclared = entries(text)
    assert called["rows"] == [[10]]
    assert 'Must declare the scalar variable "@a"' in undeclared["error"]


def test_no_batch_gives_an_empty_list():
    assert entries("\n\nGO\n") == []


def test_a_batch_that_only_comments_gives_an_empty_entry():
    assert entries("-- nothing") == [{"columns": [], "rows": []}]


def test_exit_code_is_0_where_every_batch_ran():
    assert run("SELECT 1 AS a\nGO 2").exit_code == 0


def test_print_goes_to_stderr():
    result = run("PRINT 'hello'")
    assert result.stderr == "hello\n"
    assert json.loads(result.stdout) == [{"columns": [], "rows": []}]


def test_the_clock_can_be_pinned():
    (entry,) = entries("SELECT GETDATE() AS a, SYSDATETIME() AS b", "--now", "2024-07-31T12:00:00")
    assert entry["rows"] == [["2024-07-31 12:00:00.000", "2024-07-31 12:00:00.0000000"]]


def test_a_statement_that_fails_ends_alone_and_the_batch_is_still_an_error():
    text = (
        "CREATE TABLE t (a int NOT NULL) INSERT INTO t VALUES (1) INSERT INTO t VALUES (NULL) INSERT INTO t VALUES (3)"
    )
    failed, counted = entries(f"{text}\nGO\nSELECT COUNT(*) AS n FROM t")
    assert "515" in failed["error"]
    assert counted["rows"] == [[2]]


def test_a_file_is_run_and_its_name_and_line_told(tmp_path):
    file = tmp_path / "script.sql"
    file.write_text("SELECT 1 AS a\nGO\n\nSELECT FORMAT(1, 'N')")
    target = tmp_path / "out.json"
    result = CliRunner().invoke(tsql, [str(file), "--json", str(target)])
    assert result.exit_code == 2
    assert json.loads(target.read_text())[1] == {"error": "unsupported T-SQL at script.sql:4: FORMAT(…)"}


def test_without_json_result_sets_are_tables_and_errors_go_to_stderr():
    result = CliRunner().invoke(tsql, ["-"], input="SELECT 1.50 AS amount, NULL AS [no[b]]thing]\nGO\nSELECT 1/0")
    assert "amount" in result.stdout
    assert "1.50" in result.stdout
    assert "no[b]thing" in result.stdout
    assert "NULL" in result.stdout
    assert "8134" in result.stderr
    assert result.exit_code == 2


@pytest.fixture
def source(tmp_path: Path) -> EmbeddedSource:
    source = EmbeddedSource(tmp_path / "source")
    rows = pa.table({"a": pa.array([1, 2], pa.int32())})
    source.create_table("T", [("a", "int")], pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()))
    return source


def rows_of(source: EmbeddedSource) -> list[int]:
    with source.read("T") as stream:
        return sorted(stream.read_all().column("a").to_pylist())


def test_an_existing_source_is_read_and_changed(source):
    given = ("--source", str(source.root))
    assert entries("SELECT SUM(a) AS s FROM T", *given)[0]["rows"] == [[3]]
    assert run("INSERT INTO T VALUES (3)\nGO\nSELECT 1/0\nGO\nBEGIN TRAN DELETE T", *given).exit_code == 2
    assert rows_of(source) == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["-", "--source", "{}/none"], "no embedded source at"), (["{}/none.sql"], "none.sql can't be read")],
)
def test_what_is_not_there_is_told_with_exit_code_2(tmp_path, arguments, message):
    result = CliRunner().invoke(tsql, [argument.format(tmp_path) for argument in arguments], input="SELECT 1")
    assert result.exit_code == 2
    assert message in result.stderr
