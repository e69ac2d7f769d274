"""Calling procedures: what they do to tables, return and say; and that a failed one did nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recon_assets.sources.base import TSQL_TYPE, Parameter, Procedure, SourceError, TableNotFound
from recon_assets.sources.embedded import EmbeddedSource, ProcedureFailed

NOW = datetime(2024, 7, 31, 12, 0)


@pytest.fixture
def source(tmp_path: Path) -> EmbeddedSource:
    source = EmbeddedSource(tmp_path / "source")
    source.create()
    return source


def put(source: EmbeddedSource, name: str, columns: list[tuple[str, str]], rows: list[tuple]) -> None:
    """Create the table through T-SQL's own types: values are given as the Arrow types they stand for."""
    arrays = {column: list(values) for (column, _), values in zip(columns, zip(*rows, strict=True), strict=True)}
    table = pa.table(arrays)
    source.create_table(name, columns, pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))


def rows_of(reading) -> list[tuple]:
    with reading as stream:
        return [tuple(row.values()) for row in stream.read_all().to_pylist()]


def procedure(tmp_path: Path, text: str, name: str | None = "dbo.p") -> Procedure:
    file = tmp_path / "source.sql"
    file.write_text(text, encoding="utf-8")
    return Procedure(name, file)


def values(**given: tuple[str, Any]) -> Mapping[str, Parameter]:
    return {name: Parameter(name, type_, value) for name, (type_, value) in given.items()}


LOAD_FACT = """
CREATE OR ALTER PROCEDURE [dbo].[LOAD_FACT]
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    DECLARE @loaded int;
    BEGIN TRY
        BEGIN TRANSACTION;
        TRUNCATE TABLE dbo.FACT;
        INSERT INTO dbo.FACT (date_key, shop_id, owner_id, item_id, amount, income)
        SELECT d.date_key, s.shop_id, o.owner_id, i.item_id, g.amount,
               CASE WHEN g.income IS NULL OR g.income < 0 THEN 0 ELSE g.income END
        FROM dbo.STAGE AS g
        INNER JOIN dbo.DIM_DATE d ON d.date_key = g.date_key
        INNER JOIN dbo.DIM_SHOP s ON s.shop_id = g.shop_id
        INNER JOIN dbo.DIM_OWNER o ON o.owner_id = g.owner_id
        INNER JOIN dbo.DIM_ITEM i ON i.item_id = g.item_id;
        SET @loaded = @@ROWCOUNT;
        {extra}
        COMMIT TRANSACTION;
        PRINT 'loaded ' + CAST(@loaded AS varchar(10));
    END TRY
    BEGIN CATCH
        IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
        THROW;
    END CATCH
END
"""


@pytest.fixture
def loaded(source: EmbeddedSource) -> EmbeddedSource:
    day = date(2024, 7, 1)
    put(source, "dbo.DIM_DATE", [("date_key", "date")], [(day,)])
    for name, key in (("SHOP", "shop_id"), ("OWNER", "owner_id"), ("ITEM", "item_id")):
        put(source, f"dbo.DIM_{name}", [(key, "int")], [(1,), (2,)])
    columns = [("date_key", "date"), ("shop_id", "int"), ("owner_id", "int"), ("item_id", "int")]
    money = [("amount", "decimal(18,2)"), ("income", "decimal(18,2)")]
    put(
        source,
        "dbo.STAGE",
        columns + money,
        [
            (day, 1, 1, 1, Decimal("10.00"), Decimal("5.25")),
            (day, 2, 1, 1, Decimal("20.00"), Decimal("-1.00")),
            (day, 1, 2, 2, Decimal("30.00"), None),
            (day, 3, 1, 1, Decimal("40.00"), Decimal("1.00")),
            (day, None, 1, 1, Decimal("50.00"), Decimal("1.00")),
            (date(1999, 1, 1), 1, 1, 1, Decimal("60.00"), Decimal("1.00")),
        ],
    )
    put(source, "dbo.FACT", columns + money, [(day, 9, 9, 9, Decimal("0.00"), Decimal("0.00"))])
    return source


def test_a_load_procedure_replaces_the_fact_rows_by_the_joined_ones_with_the_income_rule(loaded, tmp_path):
    text = LOAD_FACT.format(extra="")
    with loaded.call(procedure(tmp_path, text, "dbo.LOAD_FACT"), {}) as run:
        assert (run.return_code, run.messages, run.result_sets) == (0, ["loaded 3"], 0)
        rows = sorted(rows_of(run.read("dbo.FACT")), key=lambda row: row[4])
    day = date(2024, 7, 1)
    assert rows == [
        (day, 1, 1, 1, Decimal("10.00"), Decimal("5.25")),
        (day, 2, 1, 1, Decimal("20.00"), Decimal("0.00")),
        (day, 1, 2, 2, Decimal("30.00"), Decimal("0.00")),
    ]
    assert sorted(rows_of(loaded.read("FACT")), key=lambda row: row[4]) == rows
    assert loaded.schema("FACT").field("income").metadata == {TSQL_TYPE: b"decimal(18,2)"}


@pytest.mark.parametrize(
    ("extra", "number", "line"),
    [
        ("THROW 51000, 'rejected', 1;", 51000, 20),
        ("INSERT INTO dbo.FACT (amount) SELECT 1/0;", 8134, 20),
        ("INSERT INTO dbo.FACT (date_key) VALUES ('not a date');", 241, 20),
        ("SELECT * FROM dbo.NOTHING;", 208, 20),
        ("RAISERROR('rejected %d', 16, 1, @loaded);", 50000, 20),
    ],
)
def test_a_load_procedure_that_fails_tells_where_and_leaves_its_tables_as_they_were(
    loaded, tmp_path, extra, number, line
):
    before = rows_of(loaded.read("FACT"))
    called = procedure(tmp_path, LOAD_FACT.format(extra=extra), "dbo.LOAD_FACT")
    with pytest.raises(ProcedureFailed) as failed, loaded.call(called, {}):
        pass
    assert (failed.value.number, failed.value.line, failed.value.procedure) == (number, line, "[dbo].[LOAD_FACT]")
    assert f"source.sql:{line}" in str(failed.value)
    assert rows_of(loaded.read("FACT")) == before


PATCH_ACCOUNT = """
CREATE PROCEDURE dbo.uspAPIPatchAccount @LoopInstance INT = 0, @Date DATETIME2 = NULL
AS
SET NOCOUNT ON
IF @Date IS NULL SET @Date = DATEADD(DD, -1, GETDATE())
;WITH numbered AS (
    SELECT a.AccountID, a.ContactNumber, a.Policy, a.Changed,
           ROW_NUMBER() OVER (PARTITION BY a.AccountID ORDER BY a.Changed DESC) AS rn,
           (ROW_NUMBER() OVER (ORDER BY a.AccountID, a.ContactNumber) - 1) / 2 AS loop_instance
    FROM Account a
    WHERE a.Changed >= @Date
)
SELECT n.AccountID, n.ContactNumber, COALESCE(o.NewID, n.AccountID) AS TargetID,
       COALESCE(p.Descr, 'none') AS Descr, n.rn
FROM numbered n
LEFT JOIN IdOverride o ON o.AccountID = n.AccountID
LEFT JOIN PolicyDescriptors p ON p.Policy = n.Policy
WHERE n.loop_instance = @LoopInstance
ORDER BY n.AccountID, n.ContactNumber
"""


@pytest.fixture
def accounts(source: EmbeddedSource) -> EmbeddedSource:
    put(
        source,
        "Account",
        [("AccountID", "varchar(10)"), ("ContactNumber", "int"), ("Policy", "char(2)"), ("Changed", "datetime2(7)")],
        [
            ("A1", 1, "P", datetime(2024, 7, 31, 1)),
            ("a1", 2, "q ", datetime(2024, 7, 31, 2)),
            ("B2", 1, None, datetime(2024, 7, 30, 12)),
            ("C3", 1, "P", datetime(2024, 7, 30, 11, 59, 59, 999999)),
        ],
    )
    put(source, "IdOverride", [("AccountID", "varchar(10)"), ("NewID", "varchar(10)")], [("a1 ", "Z9")])
    put(
        source,
        "PolicyDescriptors",
        [("Policy", "varchar(2)"), ("Descr", "nvarchar(20)")],
        [("p", "Plan"), ("Q", "Quick")],
    )
    return source


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({}, [("A1", 1, "Z9", "Plan", 2), ("a1", 2, "Z9", "Quick", 1)]),
        ({"LoopInstance": ("int", 1)}, [("B2", 1, "B2", "none", 1)]),
        ({"LoopInstance": ("int", 2)}, []),
        ({"Date": ("datetime2", "2024-07-31T01:30:00")}, [("a1", 2, "Z9", "Quick", 1)]),
        ({"Date": ("datetime2", datetime(2024, 7, 31, 1, 30, tzinfo=UTC))}, [("a1", 2, "Z9", "Quick", 1)]),
        (
            {"LoopInstance": ("int", 1), "Date": ("datetime2", date(2024, 7, 1))},
            [("B2", 1, "B2", "none", 1), ("C3", 1, "C3", "Plan", 1)],
        ),
    ],
)
def test_a_procedure_returns_its_result_set_for_its_parameters(accounts, tmp_path, given, rows):
    called = procedure(tmp_path, PATCH_ACCOUNT, "uspAPIPatchAccount")
    with accounts.call(called, values(**given), now=NOW) as run:
        assert run.result_sets == 1
        assert rows_of(run.result_set(0)) == rows
        with run.result_set(0) as stream:
            types = [field.metadata[TSQL_TYPE] for field in stream.schema]
    assert types == [b"varchar(10)", b"int", b"varchar(10)", b"nvarchar(20)", b"bigint"]


def test_a_script_has_its_parameters_as_variables_in_every_batch(source, tmp_path):
    text = "CREATE PROC helper @n int AS SELECT @n * 2 AS twice\nGO\nEXEC helper @n\nGO\nSELECT @n AS n, @d AS d"
    given = values(n=("int", "21"), d=("decimal(9,3)", 0.1))
    with source.call(procedure(tmp_path, text, None), given) as run:
        assert run.result_sets == 2
        assert rows_of(run.result_set(0)) == [(42,)]
        assert rows_of(run.result_set(1)) == [(21, Decimal("0.100"))]


PARAMETERS = [
    ("int", "7", 7),
    ("int", None, None),
    ("bigint", 2**53 + 1, 2**53 + 1),
    ("bit", True, True),
    ("bit", "false", False),
    ("decimal(5,2)", "1.235", Decimal("1.24")),
    ("decimal(5,2)", 1.1, Decimal("1.10")),
    ("decimal(38,0)", Decimal("1E+3"), Decimal(1000)),
    ("float", 0.1, 0.1),
    ("date", "2024-02-29", date(2024, 2, 29)),
    ("date", date(2024, 2, 29), date(2024, 2, 29)),
    ("datetime2(3)", "2024-02-29 01:02:03.4567", datetime(2024, 2, 29, 1, 2, 3, 457000)),
    ("datetime", datetime(2024, 1, 1, 0, 0, 0, 1000), datetime(2024, 1, 1)),
    ("varchar(3)", "abcdef", "abc"),
    ("nvarchar(max)", "ß€😀", "ß€😀"),
    ("varbinary(4)", b"\x01\x02", b"\x01\x02"),
]


@pytest.mark.parametrize(("sql_type", "given", "seen"), PARAMETERS, ids=[f"{t} {v}" for t, v, _ in PARAMETERS])
def test_a_parameters_value_is_converted_as_t_sql_would(source, tmp_path, sql_type, given, seen):
    called = procedure(tmp_path, f"CREATE PROC p @x {sql_type} AS SELECT @x AS x")
    with source.call(called, values(x=(sql_type, given))) as run:
        assert rows_of(run.result_set(0)) == [(seen,)]


@pytest.mark.parametrize(
    ("sql_type", "given"), [("int", "x"), ("tinyint", 256), ("date", "2024-13-01"), ("xml", "<a/>"), ("int", [1])]
)
def test_a_parameter_that_is_not_of_its_type_is_told_by_name(source, tmp_path, sql_type, given):
    called = procedure(tmp_path, "CREATE PROC p @x int AS SELECT @x AS x")
    with pytest.raises(SourceError, match="parameter"), source.call(called, values(x=(sql_type, given))):
        pass


FAILING = [
    ("CREATE PROC q AS SELECT 1 AS a", {}, r"defines q, not dbo\.p"),
    ("CREATE PROC p @a int AS SELECT 1 AS a", {}, r"Msg 201.*'@a'"),
    ("CREATE PROC p AS SELECT 1 AS a", {"z": ("int", 1)}, r"Msg 8145.*@z"),
    ("CREATE PROC p AS BEGIN TRAN", {}, r"Msg 266"),
    ("CREATE PROC p AS\nSELECT FORMAT(1, 'N')", {}, r"unsupported T-SQL at source\.sql:2: FORMAT\(…\)"),
    ("CREATE PROC p AS\nSELECT 1 +", {}, r"source\.sql:2"),
    ("CREATE PROC p AS SELECT nothing FROM T", {}, r"Msg 207"),
    ("CREATE PROC p AS EXEC q", {}, r"Msg 2812"),
]


@pytest.mark.parametrize(("text", "given", "message"), FAILING, ids=[text for text, *_ in FAILING])
def test_a_call_that_fails_tells_what_is_wrong_and_changes_nothing(source, tmp_path, text, given, message):
    put(source, "T", [("a", "int")], [(1,)])
    catalog = (source.root / "catalog.json").read_bytes()
    with pytest.raises(SourceError, match=message), source.call(procedure(tmp_path, text), values(**given)):
        pass
    assert (source.root / "catalog.json").read_bytes() == catalog


def test_a_statement_that_ran_before_the_failure_is_undone_without_any_transaction(source, tmp_path):
    put(source, "T", [("a", "int")], [(1,)])
    text = "CREATE PROC p AS DELETE FROM T INSERT INTO T VALUES (2) SELECT 1/0 AS a"
    with pytest.raises(ProcedureFailed), source.call(procedure(tmp_path, text), {}):
        pass
    assert rows_of(source.read("T")) == [(1,)]


def test_tables_a_procedure_makes_and_drops_are_published_together(source, tmp_path):
    put(source, "Old", [("a", "int")], [(1,)])
    text = (
        "CREATE PROC p AS SELECT a + 1 AS b, 'x' AS c INTO New FROM Old DROP TABLE Old"
        " CREATE TABLE #t (a int) CREATE TABLE Empty (d decimal(9,2) NOT NULL PRIMARY KEY)"
    )
    with source.call(procedure(tmp_path, text), {}):
        pass
    assert [str(table.name) for table in source.tables()] == ["dbo.Empty", "dbo.New"]
    assert rows_of(source.read("New")) == [(2, "x")]
    assert rows_of(source.read("Empty")) == []
    assert source.schema("Empty").field("d").type == pa.decimal128(9, 2)


def test_identity_and_defaults_go_on_from_call_to_call(source, tmp_path):
    make = "CREATE TABLE T (id int IDENTITY(5, 2), a int DEFAULT 7 + 1, b int) INSERT INTO T (b) VALUES (1)"
    with source.call(procedure(tmp_path, make, None), {}):
        pass
    with source.call(procedure(tmp_path, "INSERT INTO T (b) VALUES (2), (3)", None), {}):
        pass
    assert sorted(rows_of(source.read("T"))) == [(5, 8, 1), (7, 8, 2), (9, 8, 3)]


def test_a_run_reads_what_it_committed_whatever_others_commit_meanwhile(source, tmp_path):
    put(source, "T", [("a", "int")], [(1,)])
    called = procedure(tmp_path, "UPDATE T SET a = a + 1", None)
    with source.call(called, {}) as first:
        for _ in range(3):
            with source.call(called, {}) as later:
                pass
        assert rows_of(first.read("T")) == [(2,)]
        with pytest.raises(TableNotFound):
            rows_of(first.read("U"))
    assert later.messages == []
    assert rows_of(source.read("T")) == [(5,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1 AS a, 2", "column 2 of result set 0 has no name"),
        ("SELECT 1 AS a, 2 AS A", "column 2 of result set 0 is named A like an earlier one"),
        ("SELECT 1 AS a\nSELECT 2 AS b", "returned 2 result sets, so there is none numbered 6"),
    ],
)
def test_a_result_set_that_can_not_be_handed_on_is_told_by_position(source, tmp_path, text, message):
    index = 5 if "numbered 6" in message else 0
    with source.call(procedure(tmp_path, text, None), {}) as run, pytest.raises(SourceError, match=message):
        rows_of(run.result_set(index))


def test_an_empty_result_set_has_its_types(source, tmp_path):
    text = "SELECT CAST(1 AS decimal(9,2)) AS d, CAST(NULL AS datetime) AS t FROM (VALUES (1)) v(x) WHERE x = 2"
    with source.call(procedure(tmp_path, text, None), {}) as run, run.result_set(0) as stream:
        assert [field.metadata[TSQL_TYPE] for field in stream.schema] == [b"decimal(9,2)", b"datetime"]
        assert stream.read_all().num_rows == 0


def test_messages_are_told_as_they_come_and_kept(source, tmp_path):
    said: list[str] = []
    text = "CREATE PROC p AS PRINT 'one' RAISERROR('two %d', 10, 1, 2) WITH NOWAIT RETURN 3"
    with source.call(procedure(tmp_path, text), {}, log=said.append) as run:
        assert run.return_code == 3
        assert run.messages == ["one", "two 2"]
    assert said == run.messages


def test_a_definition_in_utf_16_is_read_as_sql_servers_tools_write_it(source, tmp_path):
    file = tmp_path / "source.sql"
    file.write_text("SELECT N'ß' AS a", encoding="utf-16")
    with source.call(Procedure(None, file), {}) as run:
        assert rows_of(run.result_set(0)) == [("ß",)]


def test_a_definition_that_can_not_be_read_is_told_by_its_path(source, tmp_path):
    with (
        pytest.raises(SourceError, match=r"missing\.sql can't be read"),
        source.call(Procedure(None, tmp_path / "missing.sql"), {}),
    ):
        pass


def test_the_clock_is_pinned_or_runs(source, tmp_path):
    called = procedure(tmp_path, "SELECT GETDATE() AS a", None)
    with source.call(called, {}, now=NOW) as run:
        assert rows_of(run.result_set(0)) == [(NOW,)]
    before = datetime.now(UTC).replace(tzinfo=None)
    with source.call(called, {}) as run:
        ((running,),) = rows_of(run.result_set(0))
    assert abs((running - before).total_seconds()) < 600


def test_a_call_on_a_folder_that_is_not_there_is_told_with_the_remedy(tmp_path):
    missing = EmbeddedSource(tmp_path / "missing")
    with (
        pytest.raises(SourceError, match="no embedded source at"),
        missing.call(procedure(tmp_path, "SELECT 1 AS a"), {}),
    ):
        pass
