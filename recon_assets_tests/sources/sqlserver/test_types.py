"""Every type of SQL Server arrives exactly, at its extremes, by arrow-odbc and by pyodbc; what can't is refused."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from recon_assets.sources.base import OFFSET_OF, TSQL_TYPE, SourceError
from recon_assets.sources.sqlserver import catalog
from recon_assets.sources.sqlserver.columns import CatalogColumn, fetched
from recon_assets_tests.sources.sqlserver.conftest import read, source_of
from recon_assets_tests.tds.outcome import Canned, Result
from recon_assets_tests.tds.server import Server

LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)
NAIVE, INSTANT = pa.timestamp("us"), pa.timestamp("us", tz="UTC")

# The catalog's max_length, precision and scale are those of SQL Server's documentation of sys.columns.
# type, max_length, precision, scale | declared | selected as | sent values | Arrow type | values
CASES: list[tuple[str, int, int, int, str, str, str, list[Any], pa.DataType, list[Any]]] = [
    ("bit", 1, 1, 0, "bit", "[c]", "bit", [True, False], pa.bool_(), [True, False]),
    ("tinyint", 1, 3, 0, "tinyint", "CAST([c] AS smallint)", "smallint", [0, 255], pa.uint8(), [0, 255]),
    ("smallint", 2, 5, 0, "smallint", "[c]", "smallint", [-32768, 32767], pa.int16(), [-32768, 32767]),
    ("int", 4, 10, 0, "int", "[c]", "int", [-(2**31), 2**31 - 1], pa.int32(), [-(2**31), 2**31 - 1]),
    ("bigint", 8, 19, 0, "bigint", "[c]", "bigint", [-(2**63), 2**53 + 1], pa.int64(), [-(2**63), 2**53 + 1]),
    ("decimal", 9, 18, 2, "decimal(18,2)", "[c]", "decimal(18,2)", [Decimal("9999999999999999.99")], pa.decimal128(18, 2), [Decimal("9999999999999999.99")]),
    ("numeric", 17, 38, 0, "decimal(38,0)", "[c]", "decimal(38,0)", [Decimal("-" + "9" * 38)], pa.decimal128(38, 0), [Decimal("-" + "9" * 38)]),
    ("decimal", 17, 38, 38, "decimal(38,38)", "[c]", "decimal(38,38)", [Decimal("0." + "9" * 38)], pa.decimal128(38, 38), [Decimal("0." + "9" * 38)]),
    ("money", 8, 19, 4, "money", "CAST([c] AS decimal(19,4))", "decimal(19,4)", [Decimal("-922337203685477.5808")], pa.decimal128(19, 4), [Decimal("-922337203685477.5808")]),
    ("smallmoney", 4, 10, 4, "smallmoney", "CAST([c] AS decimal(10,4))", "decimal(10,4)", [Decimal("214748.3647")], pa.decimal128(10, 4), [Decimal("214748.3647")]),
    ("real", 4, 24, 0, "real", "[c]", "real", [1.5, -3.4028234663852886e38], pa.float32(), [1.5, -3.4028234663852886e38]),
    ("float", 8, 53, 0, "float", "[c]", "float", [0.1, 1.7976931348623157e308, -0.0], pa.float64(), [0.1, 1.7976931348623157e308, -0.0]),
    ("char", 4, 0, 0, "char(4)", "[c]", "char(4)", ["ab"], pa.string(), ["ab  "]),
    ("varchar", 20, 0, 0, "varchar(20)", "[c]", "varchar(20)", ["", "Grüße €"], pa.string(), ["", "Grüße €"]),
    ("varchar", 40, 0, 0, "varchar(40)", "[c]", "varchar(40) collate Latin1_General_100_CI_AS_SC_UTF8", ["日本😀"], pa.string(), ["日本😀"]),
    ("nchar", 8, 0, 0, "nchar(4)", "[c]", "nchar(4)", ["😀"], pa.string(), ["😀  "]),
    ("nvarchar", 40, 0, 0, "nvarchar(20)", "[c]", "nvarchar(20)", ["", "a😀𝄞z"], pa.string(), ["", "a😀𝄞z"]),
    ("nvarchar", 8000, 0, 0, "nvarchar(4000)", "[c]", "nvarchar(4000)", ["日" * 4000], pa.string(), ["日" * 4000]),
    ("binary", 4, 0, 0, "binary(4)", "[c]", "binary(4)", [b"\x01"], pa.binary(), [b"\x01\0\0\0"]),
    ("varbinary", 8, 0, 0, "varbinary(8)", "[c]", "varbinary(8)", [b"", b"\0\xff"], pa.binary(), [b"", b"\0\xff"]),
    ("timestamp", 8, 0, 0, "timestamp", "CAST([c] AS binary(8))", "binary(8)", [b"\0" * 7 + b"\x09"], pa.binary(), [b"\0" * 7 + b"\x09"]),
    ("uniqueidentifier", 16, 0, 0, "uniqueidentifier", "CONVERT(char(36), [c])", "char(36)", ["0E984725-C51C-4BF4-9960-E1C80E27ABA0"], pa.string(), ["0E984725-C51C-4BF4-9960-E1C80E27ABA0"]),
    ("date", 3, 10, 0, "date", "[c]", "date", [date(1, 1, 1), date(9999, 12, 31)], pa.date32(), [date(1, 1, 1), date(9999, 12, 31)]),
    ("time", 5, 12, 3, "time(3)", "CAST([c] AS datetime2(3))", "datetime2(3)", [datetime(1900, 1, 1, 23, 59, 59, 999000)], pa.time64("us"), [time(23, 59, 59, 999000)]),
    ("datetime", 8, 23, 3, "datetime", "[c]", "datetime", [datetime(1753, 1, 1), "9999-12-31 23:59:59.997"], NAIVE, [datetime(1753, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 997000)]),
    ("smalldatetime", 4, 16, 0, "smalldatetime", "[c]", "smalldatetime", [datetime(2079, 6, 6, 23, 59)], NAIVE, [datetime(2079, 6, 6, 23, 59)]),
    ("datetime2", 6, 19, 0, "datetime2(0)", "[c]", "datetime2(0)", [datetime(1, 1, 1)], NAIVE, [datetime(1, 1, 1)]),
    ("datetime2", 8, 26, 6, "datetime2(6)", "[c]", "datetime2(6)", [datetime(1, 1, 1), LAST], NAIVE, [datetime(1, 1, 1), LAST]),
]  # fmt: skip

CATALOG = [
    ("name", "nvarchar(128)"),
    ("type", "nvarchar(128)"),
    ("max_length", "smallint"),
    ("precision", "tinyint"),
    ("scale", "tinyint"),
    ("is_masked", "bit"),
    ("encryption_type", "int"),
]


def offer(server: Server, columns: list[tuple], select: str, result: Result, longest: int | None = None) -> None:
    """Have the server know a table dbo.X of these columns, as its catalog tells them, and answer its SELECT."""
    server.canned[catalog._COLUMNS.replace("?", "@P1")] = Canned(
        [Result(CATALOG, [column if len(column) > 5 else (*column, False, None) for column in columns])]
    )
    server.canned[f"SELECT {select} FROM [dbo].[X]"] = Canned([result])


@pytest.mark.parametrize("driver", ["arrow-odbc", "pyodbc"])
@pytest.mark.parametrize(
    ("type_", "length", "precision", "scale", "declared", "selected", "sent", "given", "arrow", "values"),
    CASES,
    ids=[case[4] + " " + case[6] for case in CASES],
)
def test_values_and_null_arrive(
    server: Server, driver, type_, length, precision, scale, declared, selected, sent, given, arrow, values
):
    result = Result([("c0", sent)], [(value,) for value in [*given, None]])
    offer(server, [("c", type_, length, precision, scale)], selected, result)
    rows = read(source_of(server, bulk=driver == "arrow-odbc"), "dbo.X")
    assert rows.schema.field("c").type == arrow
    assert rows.schema.field("c").metadata == {TSQL_TYPE: declared.encode()}
    assert rows["c"].to_pylist() == [*values, None]


def test_a_datetimeoffset_is_its_instant_and_its_offset_beside_it(server):
    select = "CAST(SWITCHOFFSET([at], 0) AS datetime2(3)), CAST(DATEPART(tzoffset, [at]) AS smallint)"
    given = [(datetime(2024, 3, 31, 0, 30), 120), (LAST.replace(microsecond=999000), -840), (None, None)]
    offer(
        server, [("at", "datetimeoffset", 9, 30, 3)], select, Result([("a", "datetime2(3)"), ("b", "smallint")], given)
    )
    rows = read(source_of(server), "dbo.X")
    assert rows.schema.names == ["at", "at_offset"]
    assert rows.schema.field("at").type == INSTANT
    assert rows.schema.field("at_offset").metadata == {OFFSET_OF: b"at"}
    assert rows["at"].to_pylist()[0] == datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    assert rows["at"].cast(pa.int64()).to_pylist()[1:] == [253402300799_999000, None]
    assert rows["at_offset"].to_pylist() == [120, -840, None]


def test_the_seventh_decimal_of_a_second_is_cut_and_told(server):
    cut = "CAST(CASE WHEN DATEPART(nanosecond, [at]) % 1000 <> 0 THEN 1 ELSE 0 END AS bit)"
    given = [
        ("2024-01-01 00:00:00.1234567", True),
        ("9999-12-31 23:59:59.9999999", True),
        ("2024-01-01 00:00:00.1234560", False),
    ]
    offer(server, [("at", "datetime2", 8, 27, 7)], f"[at], {cut}", Result([("a", "datetime2(7)"), ("b", "bit")], given))
    told: list[str] = []
    rows = read(source_of(server), "dbo.X", told.append)
    assert rows["at"].to_pylist() == [
        datetime(2024, 1, 1, 0, 0, 0, 123456),
        LAST,
        datetime(2024, 1, 1, 0, 0, 0, 123456),
    ]
    assert told == ["dbo.X.at: the seventh decimal of the second is cut in 2 rows"]


@pytest.mark.parametrize(
    ("type_", "selected"),
    [
        ("xml", "CAST([c] AS nvarchar(max))"),
        ("ntext", "CAST([c] AS nvarchar(max))"),
        ("nvarchar", "[c]"),
    ],
)
@pytest.mark.parametrize("text", ["", "ü😀" * 50_000], ids=["short", "long"])
def test_text_without_a_bound_arrives_whole(server, type_, selected, text):
    offer(server, [("c", type_, -1, 0, 0)], selected, Result([("a", "nvarchar(max)")], [(text,), (None,), ("x",)]))
    longest = f"SELECT MAX(CAST(DATALENGTH({selected}) AS bigint)) FROM [dbo].[X]"
    server.canned[longest] = Canned([Result([("a", "bigint")], [(len(text.encode("utf-16-le")),)])])
    assert read(source_of(server), "dbo.X")["c"].to_pylist() == [text, None, "x"]


def test_bounded_text_beside_text_without_a_bound_arrives_whole(server):
    columns = [("name", "nvarchar", 40, 0, 0), ("note", "nvarchar", -1, 0, 0)]
    offer(
        server, columns, "[name], [note]", Result([("a", "nvarchar(20)"), ("b", "nvarchar(max)")], [("x" * 20, None)])
    )
    longest = "SELECT MAX(CAST(DATALENGTH([note]) AS bigint)) FROM [dbo].[X]"
    server.canned[longest] = Canned([Result([("a", "bigint")], [(None,)])])
    assert read(source_of(server), "dbo.X").to_pylist() == [{"name": "x" * 20, "note": None}]


def test_what_bulk_reads_make_of_half_a_character_is_refused_there(server):
    # arrow-odbc gives U+FFFD for every half of a surrogate pair: such values would all be equal
    offer(server, [("c", "nvarchar", 40, 0, 0)], "[c]", Result([("a", "nvarchar(20)")], [("a\ufffd",)]))
    with pytest.raises(SourceError, match=r"dbo\.X, column c: text that is no valid Unicode.*RECON_SOURCE_BULK=no"):
        read(source_of(server), "dbo.X")
    assert read(source_of(server, bulk=False), "dbo.X")["c"].to_pylist() == ["a\ufffd"]


UNREADABLE = [
    ((True, None), "this login gets masked values: GRANT UNMASK"),
    ((False, 1), "it is encrypted"),
]


@pytest.mark.parametrize(("marks", "told"), UNREADABLE)
def test_a_column_whose_values_are_kept_from_the_login_is_refused(server, marks, told):
    offer(server, [("c", "int", 4, 10, 0, *marks)], "[c]", Result([("c", "int")]))
    server.canned["SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK')"] = Canned(
        [Result([("c", "int")], [(0,)])]
    )
    with pytest.raises(SourceError, match=rf"dbo\.X, column c: {told}"):
        read(source_of(server), "dbo.X")


@pytest.mark.parametrize("bulk", [True, False], ids=["arrow-odbc", "pyodbc"])
def test_all_tables_of_a_snapshot_are_of_one_moment(server, tables, bulk):
    def fill(name: str, value: int) -> None:
        rows = pa.table({"v": pa.array([value], pa.int32())})
        tables.create_table(name, [("v", "int")], pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()))

    for name in ("dbo.A", "dbo.B"):
        fill(name, 1)
    with source_of(server, bulk=bulk).snapshot() as snapshot:
        with snapshot.read("dbo.A") as reader:
            assert reader.read_all()["v"].to_pylist() == [1]
        for name in ("dbo.A", "dbo.B"):
            fill(name, 2)
        with snapshot.read("dbo.B") as reader:
            assert reader.read_all()["v"].to_pylist() == [1]
    assert read(source_of(server, bulk=bulk), "dbo.B")["v"].to_pylist() == [2]


@pytest.mark.parametrize("type_", ["sql_variant", "geography", "hierarchyid"])
def test_a_type_that_is_nothing_elsewhere_is_refused_by_name(type_):
    with pytest.raises(SourceError, match=rf"dbo\.X, column shape: {type_} has no one type outside of SQL Server"):
        fetched("dbo.X", [CatalogColumn("id", "int", 4, 10, 0), CatalogColumn("shape", type_, -1, 0, 0)])


def test_an_offset_s_column_must_not_be_there_already():
    columns = [CatalogColumn("at", "datetimeoffset", 10, 34, 7), CatalogColumn("AT_OFFSET", "int", 4, 10, 0)]
    with pytest.raises(SourceError, match="at_offset is a column, and the name of another's offset"):
        fetched("dbo.X", columns)


def test_names_are_quoted():
    (column,) = fetched("dbo.X", [CatalogColumn("we]ird; --", "int", 4, 10, 0)])
    assert column.sql == "[we]]ird; --]"
