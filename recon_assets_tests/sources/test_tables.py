"""Stored tables: what goes in comes out, with its types; what doesn't fit is refused by table and column."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.sources.base import TSQL_TYPE, SourceError, TableNotFound
from recon_assets.sources.embedded import Column, EmbeddedSource


def reader(**columns: pa.Array) -> pa.RecordBatchReader:
    table = pa.table(columns)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches())


@pytest.fixture
def source(tmp_path: Path) -> EmbeddedSource:
    return EmbeddedSource(tmp_path / "source")


def rows_of(source: EmbeddedSource, table: str) -> list[dict]:
    with source.read(table) as stream:
        return stream.read_all().to_pylist()


EACH_TYPE = [
    ("bit", pa.array([True, False, None]), pa.bool_()),
    ("tinyint", pa.array([0, 255, None], pa.int64()), pa.uint8()),
    ("smallint", pa.array([-32768, 32767, None], pa.int64()), pa.int16()),
    ("int", pa.array([-1, 1, None], pa.int64()), pa.int32()),
    ("bigint", pa.array([2**53 + 1, -(2**63), None], pa.int64()), pa.int64()),
    ("decimal(18,2)", pa.array([Decimal("1.50"), Decimal("-9.99"), None]), pa.decimal128(18, 2)),
    ("decimal(38,10)", pa.array([Decimal("1234567890123456789012345678.0123456789")] * 3), pa.decimal128(38, 10)),
    ("money", pa.array([Decimal("1.2345"), None, None]), pa.decimal128(19, 4)),
    ("float", pa.array([0.1, -0.0, None]), pa.float64()),
    ("real", pa.array([0.5, 1.0, None], pa.float32()), pa.float32()),
    ("varchar(5)", pa.array(["abc  ", "", None]), pa.string()),
    ("nvarchar(max)", pa.array(["ß€😀", "", None]), pa.string()),
    ("date", pa.array([date(1, 1, 1), date(9999, 12, 31), None]), pa.date32()),
    ("datetime", pa.array([datetime(2024, 1, 1, 0, 0, 0, 3000), None, None]), pa.timestamp("us")),
    ("datetime2(7)", pa.array([datetime(9999, 12, 31, 23, 59, 59, 999999), None, None]), pa.timestamp("us")),
    ("smalldatetime", pa.array([datetime(2024, 1, 1, 12, 30), None, None]), pa.timestamp("us")),
    ("time(3)", pa.array([time(23, 59, 59, 999000), None, None]), pa.time64("us")),
    ("varbinary(4)", pa.array([b"\x00\xff", b"", None]), pa.binary()),
]


@pytest.mark.parametrize(("sql_type", "values", "arrow"), EACH_TYPE, ids=[t for t, *_ in EACH_TYPE])
def test_a_column_of_each_type_comes_back_as_it_was_given(source, sql_type, values, arrow):
    source.create_table("dbo.T", [("v", sql_type)], reader(v=values))
    assert source.schema("T").field("v").type == arrow
    assert source.schema("T").field("v").metadata == {TSQL_TYPE: sql_type.encode()}
    assert [row["v"] for row in rows_of(source, "t")] == values.to_pylist()


def test_a_char_is_padded_to_its_length(source):
    source.create_table("T", [("c", "char(3)")], reader(c=pa.array(["a", "abc", None])))
    assert [row["c"] for row in rows_of(source, "T")] == ["a  ", "abc", None]


def test_a_uniqueidentifier_is_kept_in_upper_case(source):
    text = "0e984725-c51c-4bf4-9960-e1c80e27aba0"
    source.create_table("T", [("u", "uniqueidentifier")], reader(u=pa.array([text])))
    assert rows_of(source, "T") == [{"u": text.upper()}]


REFUSED_VALUES = [
    ("tinyint", pa.array([256])),
    ("int", pa.array([2**31])),
    ("int", pa.array([1.0])),
    ("int", pa.array(["1"])),
    ("decimal(5,2)", pa.array([Decimal("1.234")])),
    ("decimal(5,2)", pa.array([Decimal("1234.5")])),
    ("float", pa.array([Decimal("1.5")])),
    ("varchar(2)", pa.array(["abc"])),
    ("char(2)", pa.array(["abc"])),
    ("varbinary(1)", pa.array([b"ab"])),
    ("date", pa.array([datetime(2024, 1, 1, 5)])),
    ("datetime", pa.array([datetime(2024, 1, 1, 0, 0, 0, 1000)])),
    ("datetime", pa.array([datetime(1960, 1, 1, 0, 0, 0, 2000)])),
    ("datetime2(3)", pa.array([datetime(2024, 1, 1, 0, 0, 0, 1)])),
    ("smalldatetime", pa.array([datetime(2024, 1, 1, 0, 0, 1)])),
    ("time(0)", pa.array([time(1, 1, 1, 1)])),
    ("uniqueidentifier", pa.array(["not a uuid"])),
]


@pytest.mark.parametrize(("sql_type", "values"), REFUSED_VALUES, ids=[f"{t} {v[0]}" for t, v in REFUSED_VALUES])
def test_a_value_that_is_not_of_the_declared_type_is_refused_by_table_and_column(source, sql_type, values):
    with pytest.raises(SourceError, match=r"table dbo\.T, column v "):
        source.create_table("T", [("v", sql_type)], reader(v=values))
    assert source.tables() == []


@pytest.mark.parametrize(
    ("columns", "given", "message"),
    [
        ([("a", "int"), ("b", "int")], {"a": pa.array([1])}, r"missing \['b'\]"),
        ([("a", "int")], {"a": pa.array([1]), "z": pa.array([1])}, r"unknown \['z'\]"),
        ([("a", "int"), ("A", "int")], {"a": pa.array([1])}, "different names"),
        ([], {}, "needs columns"),
        ([("a", "xml")], {"a": pa.array([""])}, r"column a: unsupported T-SQL: data type xml"),
        ([Column("a", "int", nullable=False)], {"a": pa.array([None], pa.int32())}, "1 NULLs"),
    ],
)
def test_rows_that_do_not_have_the_declared_columns_are_refused(source, columns, given, message):
    with pytest.raises(SourceError, match=message):
        source.create_table("T", columns, reader(**given))


def test_columns_are_matched_by_name_whatever_their_order_and_case(source):
    source.create_table("T", [("a", "int"), ("b", "int")], reader(B=pa.array([2]), A=pa.array([1])))
    assert rows_of(source, "T") == [{"a": 1, "b": 2}]


def test_a_primary_key_forbids_null_and_repetition_as_sql_server_compares(source):
    columns = [("k", "varchar(5)")]
    with pytest.raises(SourceError, match="NOT NULL"):
        source.create_table("T", columns, reader(k=pa.array([None], pa.string())), primary_key=["k"])
    with pytest.raises(SourceError, match=r"primary key \(k\).*more than once"):
        source.create_table("T", columns, reader(k=pa.array(["a ", "A"])), primary_key=["k"])
    with pytest.raises(SourceError, match="has no column"):
        source.create_table("T", columns, reader(k=pa.array(["a"])), primary_key=["z"])


def test_rows_can_come_from_a_parquet_file(source, tmp_path):
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "rows.parquet")
    assert source.create_table("T", [("a", "bigint")], tmp_path / "rows.parquet").rows == 3
    assert rows_of(source, "T") == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_rows_from_a_file_that_is_no_parquet_are_refused_by_its_name(source, tmp_path):
    (tmp_path / "rows.parquet").write_text("no")
    with pytest.raises(SourceError, match=r"rows\.parquet can't be read as Parquet"):
        source.create_table("T", [("a", "bigint")], tmp_path / "rows.parquet")


def test_an_empty_table_has_its_schema(source):
    source.create_table("T", [("a", "decimal(9,2)")], reader(a=pa.array([], pa.decimal128(9, 2))))
    with source.read("T") as stream:
        assert stream.schema == source.schema("T")
        assert stream.read_all().num_rows == 0


def test_a_table_is_read_in_batches(source):
    source.create_table("T", [("a", "int")], reader(a=pa.array(range(300_000), pa.int32())))
    with source.read("T") as stream:
        sizes = [batch.num_rows for batch in stream]
    assert sum(sizes) == 300_000
    assert max(sizes) <= 65_536


@pytest.mark.parametrize(
    ("created", "asked"),
    [
        ("dbo.X", "x"),
        ("X", "DBO.[x]"),
        ("[my table]", 'dbo."MY TABLE"'),
        ("[we]]ird]", "dbo.[we]]ird]"),
        ('"a""b"', '[a"b]'),
        ("[../../x'; DROP]", "dbo.[../../X'; drop]"),
        ("stage.[ä/ö]", "[stage].[ä/ö]"),
        ("[a.b]", "dbo.[a.b]"),
    ],
)
def test_a_table_of_any_name_is_found_by_any_spelling_of_it(source, created, asked):
    source.create_table(created, [("a", "int")], reader(a=pa.array([1])))
    assert rows_of(source, asked) == [{"a": 1}]
    files = [p.relative_to(source.root).as_posix() for p in source.root.rglob("*.parquet")]
    assert len(files) == 1
    assert files[0].isascii()
    assert files[0].startswith("tables/")


@pytest.mark.parametrize("name", ["", "my table", "a.b.c", "[x", "#t", "x.", "1x"])
def test_what_is_no_tables_name_is_refused(source, name):
    with pytest.raises(SourceError):
        source.create_table(name, [("a", "int")], reader(a=pa.array([1])))


def test_a_table_that_is_not_there_is_told_with_the_nearest_ones(source):
    source.create_table("dbo.DIM_DATE", [("a", "int")], reader(a=pa.array([1])))
    with pytest.raises(TableNotFound, match=r"dbo\.DIM_DATES does not exist.*nearest are dbo\.DIM_DATE"):
        source.schema("DIM_DATES")


def test_a_dropped_table_is_gone(source):
    source.create_table("T", [("a", "int")], reader(a=pa.array([1])))
    source.drop_table("dbo.t")
    with pytest.raises(TableNotFound, match="no tables yet"):
        source.schema("T")
    with pytest.raises(TableNotFound):
        source.drop_table("T")


def test_a_missing_folder_is_told_with_the_remedy(source):
    with pytest.raises(SourceError, match=r"no embedded source at .*create its tables first"):
        source.schema("T")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_damaged_catalog_is_told_by_its_path(source, text):
    source.create()
    (source.root / "catalog.json").write_text(text)
    with pytest.raises(SourceError, match=r"catalog\.json"):
        source.tables()


def test_a_tables_file_that_is_gone_or_damaged_is_told_by_the_tables_name(source):
    stored = source.create_table("T", [("a", "int")], reader(a=pa.array([1])))
    file = source.root / "tables" / stored.file
    file.write_bytes(b"PAR1")
    with pytest.raises(SourceError, match=r"table dbo\.T: .*can't be read"), source.read("T"):
        pass
    file.unlink()
    with pytest.raises(SourceError, match=r"table dbo\.T: its file .* is gone"), source.read("T"):
        pass


def test_a_reader_of_the_replaced_rows_reads_on(source):
    source.create_table("T", [("a", "int")], reader(a=pa.array(range(200_000), pa.int32())))
    with source.read("T") as stream:
        stream.read_next_batch()
        for _ in range(3):
            source.create_table("T", [("a", "int")], reader(a=pa.array([1])))
        assert sum(batch.num_rows for batch in stream) == 200_000 - 65_536


def test_only_this_and_the_previous_commits_files_are_kept(source):
    for value in range(5):
        source.create_table("T", [("a", "int")], reader(a=pa.array([value])))
    assert len(list((source.root / "tables").iterdir())) == 2
    assert list((source.root / "sessions").iterdir()) == []


def test_what_a_killed_writer_left_is_swept_by_the_next_one(source):
    source.create_table("T", [("a", "int")], reader(a=pa.array([1])))
    (source.root / "tables" / "dbo_t-half.parquet").write_bytes(b"PAR1")
    (source.root / "catalog.abc.tmp").write_text("{")
    left = source.root / "sessions" / "dead"
    left.mkdir()
    (left / "alive.lock").touch()
    source.create_table("U", [("a", "int")], reader(a=pa.array([1])))
    names = {path.name for path in source.root.rglob("*")}
    assert not names & {"dbo_t-half.parquet", "catalog.abc.tmp", "dead"}
    assert rows_of(source, "T") == [{"a": 1}]


def test_the_catalog_tells_what_was_declared(source):
    source.create_table(
        "T",
        [("k", "INT"), ("d", "numeric(9, 2)")],
        reader(k=pa.array([1]), d=pa.array([None], pa.decimal128(9, 2))),
        primary_key=["k"],
    )
    (table,) = json.loads((source.root / "catalog.json").read_text())["tables"]
    assert table["name"] == ["dbo", "T"]
    assert table["columns"] == [["k", "int", False, None], ["d", "decimal(9,2)", True, None]]
    assert table["primary_key"] == ["k"]
    assert table["rows"] == 1
