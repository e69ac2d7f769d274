"""Fingerprints: of rows passing by and of stored rows."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from recon_assets.comparison import ComparisonError, Dataset, Fingerprint, FingerprintStream, fingerprint

ROWS = pa.table(
    {
        "small": pa.array([1, 2, None, 4], pa.uint8()),
        "big": pa.array([2**62, -1, None, 0], pa.int64()),
        "amount": pa.array(
            [Decimal("1.10"), Decimal("-0.01"), None, Decimal("99999999999999999999.99")], pa.decimal128(38, 2)
        ),
        "ratio": pa.array([0.1, -0.0, None, float("nan")], pa.float64()),
        "real": pa.array([0.1, -0.0, None, float("inf")], pa.float32()),
        "flag": pa.array([True, False, None, True]),
        "name": pa.array(["a", "", None, "a text that is longer than twelve bytes"], pa.string()),
        "day": pa.array([date(1, 1, 1), date(9999, 12, 31), None, date(2024, 2, 29)], pa.date32()),
        "at": pa.array(
            [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), None, datetime(1582, 10, 10)],
            pa.timestamp("us"),
        ),
        "raw": pa.array([b"", b"\x00", None, b"\xff" * 20], pa.binary()),
    }
)


def streamed(table: pa.Table, batch_rows: int = 1000) -> Fingerprint:
    stream = FingerprintStream(table.schema)
    for batch in table.to_batches(max_chunksize=batch_rows):
        stream.update(batch)
    return stream.result()


@pytest.mark.parametrize("batch_rows", [1, 3, 1000])
def test_stored_rows_have_the_fingerprint_of_the_rows_that_passed_by(tmp_path, batch_rows):
    pq.write_table(ROWS, tmp_path / "t.parquet", row_group_size=2)
    stored = fingerprint(Dataset.open(tmp_path / "t.parquet"), ROWS.schema)
    assert stored == streamed(ROWS, batch_rows)
    assert stored.rows == 4


def test_a_delta_table_with_wider_types_has_the_same_fingerprint(tmp_path):
    widened = ROWS.set_column(0, "SMALL", ROWS["small"].cast(pa.int16()))
    write_deltalake(tmp_path / "t", widened)
    assert fingerprint(Dataset.delta(tmp_path / "t"), ROWS.schema) == streamed(ROWS)


def test_the_order_of_rows_does_not_matter_and_copies_do():
    shuffled = ROWS.take([3, 1, 0, 2])
    assert streamed(shuffled) == streamed(ROWS)
    assert streamed(pa.concat_tables([ROWS, ROWS])) != streamed(ROWS)
    once, twice = ROWS.take([0, 0, 3]), ROWS.take([1, 1, 3])
    assert streamed(once) != streamed(twice)


@pytest.mark.parametrize(
    "one, other",
    [
        ({"a": ["ab"], "b": ["c"]}, {"a": ["a"], "b": ["bc"]}),
        ({"a": ["x", "y"], "b": ["1", "2"]}, {"a": ["x", "y"], "b": ["2", "1"]}),
        ({"a": [None], "b": ["x"]}, {"a": ["x"], "b": [None]}),
        ({"a": [""], "b": ["x"]}, {"a": [None], "b": ["x"]}),
        ({"a": ["aaaaaaaAaaaaaaaA"], "b": ["x"]}, {"a": ["aaaaaaaBaaaaaaaB"], "b": ["x"]}),
    ],
)
def test_different_rows_have_different_fingerprints(one, other):
    assert streamed(pa.table(one)).digest != streamed(pa.table(other)).digest


def test_text_that_differs_in_the_last_bytes_of_two_blocks_never_collides():
    """DuckDB's own hash of such text has 256 values only."""
    texts = [f"aaaaaaa{chr(x)}aaaaaaa{chr(y)}" for x in range(32, 127) for y in range(32, 127)]
    digests = {streamed(pa.table({"t": [text]})).row_digest for text in texts[::150]}
    assert len(digests) == len(texts[::150])


def test_the_columns_tell_which_one_changed():
    changed = ROWS.set_column(6, "name", [["b", "", None, "a text that is longer than twelve bytes"]])
    one, other = streamed(ROWS), streamed(changed)
    assert [name for name in one.columns if one.columns[name] != other.columns[name]] == ["name"]
    assert one.row_digest != other.row_digest


def test_a_fingerprint_survives_json():
    found = streamed(ROWS)
    assert Fingerprint.from_json(found.to_json()) == found
    assert len(found.row_digest) == 32 and len(found.digest) == 64
    with pytest.raises(ComparisonError, match="not a fingerprint"):
        Fingerprint.from_json({"rows": 1})


def test_no_rows_have_a_fingerprint(tmp_path):
    assert streamed(ROWS.slice(0, 0)) == fingerprint(Dataset.parquet([], ROWS.schema), ROWS.schema)


def test_a_missing_column_is_named(tmp_path):
    pq.write_table(ROWS.select(["big"]), tmp_path / "t.parquet")
    with pytest.raises(ComparisonError, match="no column 'small'"):
        fingerprint(Dataset.open(tmp_path / "t.parquet"), ROWS.schema)


def test_stored_rows_of_another_type_are_an_error(tmp_path):
    pq.write_table(pa.table({"big": ["x"]}), tmp_path / "t.parquet")
    with pytest.raises(ComparisonError, match=r"t\.parquet"):
        fingerprint(Dataset.open(tmp_path / "t.parquet"), pa.schema([("big", pa.int64())]))


def test_a_batch_of_another_schema_is_refused():
    with pytest.raises(ComparisonError, match="in a stream of"):
        FingerprintStream(ROWS.schema).update(pa.record_batch({"x": [1]}))
