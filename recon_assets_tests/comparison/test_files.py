"""The same rows, however a Parquet file stores them: writers, encodings, compressions, physical and logical types.

Each table is written the plain way for the source and another way for the target.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.comparison import Comparison, Dataset, Rules, compare
from recon_assets_tests.comparison.exam import types as t
from recon_assets_tests.comparison.helpers import check, differences

AT = [datetime(2024, 2, 29, 1, 2, 3, 456789), datetime(1969, 12, 31, 23, 59, 59, 999999), None]
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], t.BIGINT),
        "small": pa.array([1, -2, None], t.SMALLINT),
        "amount": pa.array([D("1.10"), D("-0.01"), None], t.dec(18, 2)),
        "ratio": pa.array([0.1, float("nan"), None], t.FLOAT),
        "flag": pa.array([True, False, None], t.BIT),
        "name": pa.array(["a", "", None], t.TEXT),
        "at": pa.array(AT, t.US),
        "day": pa.array([d and d.date() for d in AT], t.DATE),
        "raw": pa.array([b"\x00", b"", None], t.BINARY),
    }
)


def compare_files(folder: Path, source: pa.Table, write: Callable[[Path], None], key: str = "id") -> Comparison:
    pq.write_table(source, folder / "source.parquet")
    write(folder / "target.parquet")
    sides = [Dataset.open(folder / f"{side}.parquet") for side in ("source", "target")]
    result = compare(*sides, Rules(keys=(key,)), threads=1)
    check(result, 20)
    return result


@pytest.mark.parametrize(
    "how",
    [
        *({"compression": name} for name in ("none", "snappy", "gzip", "brotli", "lz4", "zstd")),
        {"use_dictionary": True},
        {"use_dictionary": False},
        {"data_page_version": "2.0"},
        {"write_statistics": False},
        {"store_schema": False},
        {"version": "1.0"},
        {"row_group_size": 1},
        {"data_page_size": 1, "write_batch_size": 1},
        {"use_deprecated_int96_timestamps": True},
        {"store_decimal_as_integer": True},
        {"write_page_checksum": True, "write_page_index": True},
        {"use_dictionary": False, "column_encoding": {"id": "DELTA_BINARY_PACKED", "name": "DELTA_BYTE_ARRAY", "raw": "DELTA_LENGTH_BYTE_ARRAY", "ratio": "BYTE_STREAM_SPLIT", "flag": "RLE"}, "data_page_version": "2.0"},
    ],
    ids=str,
)  # fmt: skip
def test_how_a_file_is_written_changes_nothing(tmp_path, how):
    found = compare_files(tmp_path, ROWS, lambda file: pq.write_table(ROWS, file, **how))
    assert (found.verdict, found.paired_rows) == ("MATCH", 3)


@pytest.mark.parametrize("precision", [1, 4, 9, 10, 18, 19, 38])
@pytest.mark.parametrize("as_integer", [False, True], ids=["as fixed bytes", "as an integer where it fits"])
def test_decimals_of_any_width_and_storage(tmp_path, precision, as_integer):
    scale = precision // 2
    largest = "9" * (precision - scale) + "." + "9" * scale
    values = [D(largest), D(f"-{largest}"), D(0), None]
    rows = pa.table({"id": [1, 2, 3, 4], "v": pa.array(values, t.dec(precision, scale))})
    found = compare_files(tmp_path, rows, lambda file: pq.write_table(rows, file, store_decimal_as_integer=as_integer))
    assert found.verdict == "MATCH"


def by_duckdb(sql: str) -> Callable[[Path], None]:
    """Lets DuckDB write the file, whose logical types Arrow has no names for."""

    def write(file: Path) -> None:
        duckdb.sql(f"COPY ({sql}) TO '{file}' (FORMAT parquet)")

    return write


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "column, sql, same",
    [
        (pa.array(["sad"]), "SELECT 'sad'::ENUM ('ok', 'sad')", True),
        (pa.array(["sad"]), "SELECT 'ok'::ENUM ('ok', 'sad')", False),
        (pa.array(['{"a": 1}']), """SELECT '{"a": 1}'::JSON""", True),
        (pa.array(['{"a":1}']), """SELECT '{"a": 1}'::JSON""", False),
        (pa.array([ID]), f"SELECT '{ID}'::UUID", True),
        (pa.array([ID[:-1] + "f"]), f"SELECT '{ID}'::UUID", False),
        (pa.array([b"\x01"]), "SELECT '\\x01'::BLOB", True),
        (pa.array([2**63], pa.uint64()), "SELECT 9223372036854775808::UBIGINT", True),
        (pa.array([D(2**100)], t.dec(38, 0)), f"SELECT {2**100}::DECIMAL(38, 0)", True),
        (pa.array([AT[0]], t.US), "SELECT TIMESTAMP_NS '2024-02-29 01:02:03.456789'", True),
        (pa.array([AT[0]], t.US), "SELECT TIMESTAMP_NS '2024-02-29 01:02:03.456789001'", False),
        (pa.array([AT[0]], t.UTC_US), "SELECT TIMESTAMPTZ '2024-02-29 02:02:03.456789+01'", True),
        (pa.array([[1, None]], pa.list_(t.INT)), "SELECT [1, NULL]::INTEGER[]", True),
        (pa.array([{"a": "x"}]), "SELECT {'a': 'x'}", True),
    ],
)
def test_logical_types_of_another_writer(tmp_path, column, sql, same):
    found = compare_files(tmp_path, pa.table({"id": [1], "v": column}), by_duckdb(f"SELECT 1 AS id, ({sql}) AS v"))
    assert (found.verdict == "MATCH", found.paired_rows) == (same, 1)


def test_a_huge_integer_is_not_taken_for_a_float(tmp_path):
    """DuckDB writes its HUGEINT as a double: what is stored is compared."""
    rows = pa.table({"id": [1], "v": pa.array([D(2**100 + 1)], t.dec(38, 0))})
    found = compare_files(tmp_path, rows, by_duckdb(f"SELECT 1 AS id, {2**100 + 1}::HUGEINT AS v"))
    assert differences(found) == {"v": 1}


INT96_LIMITS = [datetime(1, 1, 1), datetime(1582, 10, 10), datetime(1677, 9, 21), datetime(9999, 12, 31, 23, 59, 59)]


@pytest.mark.parametrize("at", INT96_LIMITS, ids=str)
def test_int96_timestamps_reach_all_years(tmp_path, at):
    """Spark's old form: a Julian day and nanoseconds of it."""
    rows = pa.table({"id": [1], "v": pa.array([at], t.US)})
    found = compare_files(tmp_path, rows, lambda file: pq.write_table(rows, file, use_deprecated_int96_timestamps=True))
    assert found.verdict == "MATCH"
    other = pa.table({"id": [1], "v": pa.array([at - timedelta(microseconds=1) if at.year > 1 else at + timedelta(1)], t.US)})  # fmt: skip
    found = compare_files(
        tmp_path, rows, lambda file: pq.write_table(other, file, use_deprecated_int96_timestamps=True)
    )
    assert differences(found) == {"v": 1}


def test_a_file_without_row_groups_is_an_empty_side(tmp_path):
    found = compare_files(tmp_path, ROWS.slice(0, 0), lambda file: pq.ParquetWriter(file, ROWS.schema).close())
    assert (found.verdict, found.target_rows) == ("MATCH", 0)
    found = compare_files(tmp_path, ROWS, lambda file: pq.ParquetWriter(file, ROWS.schema).close())
    assert (found.verdict, found.missing_rows) == ("NO MATCH", 3)


def test_empty_row_groups_and_empty_files_among_others(tmp_path):
    def write(file: Path) -> None:
        with pq.ParquetWriter(file, ROWS.schema) as writer:
            for part in (ROWS.slice(0, 0), ROWS.slice(0, 2), ROWS.slice(0, 0), ROWS.slice(2)):
                writer.write_table(part)

    assert compare_files(tmp_path, ROWS, write).verdict == "MATCH"
    (tmp_path / "many").mkdir()
    for i, part in enumerate((ROWS.slice(0, 0), ROWS.slice(0, 1), ROWS.slice(1), ROWS.slice(0, 0))):
        pq.write_table(part, tmp_path / "many" / f"{i}.parquet")
    sides = Dataset.open(tmp_path / "source.parquet"), Dataset.open(tmp_path / "many")
    assert compare(*sides, Rules(keys=("id",))).verdict == "MATCH"


def test_a_dictionary_that_holds_unused_and_repeated_values(tmp_path):
    dictionary = pa.DictionaryArray.from_arrays(pa.array([2, 0, None], pa.int8()), pa.array(["", "unused", "a"]))
    rows = ROWS.set_column(ROWS.column_names.index("name"), "name", dictionary)
    assert compare_files(tmp_path, ROWS, lambda file: pq.write_table(rows, file)).verdict == "MATCH"


def test_required_and_optional_columns_are_alike(tmp_path):
    required = pa.schema([field.with_nullable(False) for field in ROWS.schema])
    whole = ROWS.slice(0, 2)
    found = compare_files(tmp_path, whole, lambda file: pq.write_table(whole.cast(required), file))
    assert found.verdict == "MATCH"
