"""Hashes on Spark: what differs hashes differently, where Spark's own function does not see it."""

from datetime import date, datetime
from decimal import Decimal as D
from itertools import product

import pyarrow as pa
import pytest

from recon_assets.comparison.spark.hashing import bucket, digests, key_hash, total

NAN = float("nan")
INTS, TEXTS = pa.list_(pa.int32()), pa.list_(pa.string())
PAIR = pa.struct({"a": pa.int32(), "b": pa.string()})
DUCK = {
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.float64(): "DOUBLE",
    pa.decimal128(38, 2): "DECIMAL(38,2)",
    INTS: "INTEGER[]",
    TEXTS: "VARCHAR[]",
    pa.list_(INTS): "INTEGER[][]",
    PAIR: "STRUCT(a INTEGER, b VARCHAR)",
    pa.list_(PAIR): "STRUCT(a INTEGER, b VARCHAR)[]",
}
INT, TEXT = pa.int32(), pa.string()

ROWS = {
    "NULLs in other places": [(INT, INT, INT), [(None, 1, 1), (1, None, 1), (1, 1, None), (None, None, 1), (None, 1, None), (1, None, None), (None, None, None), (1, 1, 1), (0, 1, 1), (1, 0, 1)]],
    "NULL, empty and the texts that stand for them": [(TEXT, TEXT), list(product([None, "", "NULL", "\x00", "0"], repeat=2))],
    "text divided otherwise": [(TEXT, TEXT), [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")]],
    "values in other columns": [(INT, INT), list(product(range(12), repeat=2))],
    "text that differs in the last bytes of two blocks": [(TEXT,), [(f"aaaaaaa{chr(x)}aaaaaaa{chr(y)}",) for x in range(32, 127) for y in range(32, 127)]],
    "text that differs in one byte of every block of 32": [(TEXT,), [(("a" * 31 + chr(x)) + ("b" * 31 + chr(y)) + "c" * n,) for x in range(32, 80) for y in range(32, 80) for n in (0, 5)]],
    "text of blanks": [(TEXT,), [(" " * n,) for n in range(300)]],
    "binary of zeros": [(pa.binary(),), [(bytes(n),) for n in range(300)]],
    "decimals beyond 64 bits": [(pa.decimal128(38, 2),), [(D(k * (2**64 + 1)).scaleb(-2),) for k in range(-500, 500)] + [(D(2**k).scaleb(-2),) for k in range(1, 120)]],
    "lists with and without NULL": [(INTS,), [(v,) for v in ([], [None], [None, None], [1], [1, None], [None, 1], [0], [1, 2], [2, 1], None)]],
    "lists in lists": [(pa.list_(INTS),), [(v,) for v in ([], [[]], [[], []], [None], [[None]], [[1], [2]], [[1, 2]], [[1], [], [2]], None)]],
    "lists of texts": [(TEXTS,), [(v,) for v in ([], [""], ["a", "b"], ["ab"], ["a, b"], ["NULL"], [None], None)]],
    "structs": [(PAIR,), [(v,) for v in (None, {"a": None, "b": None}, {"a": 1, "b": None}, {"a": None, "b": "1"}, {"a": 1, "b": ""}, {"a": 1, "b": "1"})]],
    "lists of structs": [(pa.list_(PAIR),), [(v,) for v in ([], [None], [{"a": None, "b": None}], [{"a": 1, "b": None}, {"a": None, "b": "x"}], [{"a": 1, "b": "x"}], None)]],
}  # fmt: skip


def _load(engines, name: str, types: tuple[pa.DataType, ...], rows: list[tuple]) -> list[tuple[str, str]]:
    columns = list(zip(*rows, strict=True))
    engines.load(name, pa.table({f"c{i}": pa.array(columns[i], type_) for i, type_ in enumerate(types)}))
    return [(f"c{i}", DUCK[type_]) for i, type_ in enumerate(types)]


@pytest.mark.parametrize("what", ROWS)
def test_rows_that_differ_have_other_hashes_of_both_functions(what, engines):
    types, rows = ROWS[what]
    values = _load(engines, "hashed", types, rows)
    first, second = digests(values)
    found = engines.on_spark(f"SELECT {first}, {second}, {key_hash(values)} FROM hashed")
    for hashes in zip(*found, strict=True):
        assert len(set(hashes)) == len(rows)
    assert all(one != other for one, other, _ in found)


@pytest.mark.parametrize(
    "type_, same",
    [
        (pa.float64(), [0.0, -0.0]),
        (pa.float64(), [NAN, float("-nan"), NAN * -1]),
        (pa.string(), ["a", "a"]),
    ],
)
def test_what_is_equal_has_one_hash(type_, same, engines):
    values = _load(engines, "hashed", (type_,), [(each,) for each in same])
    found = engines.on_spark(f"SELECT {', '.join(digests(values))} FROM hashed")
    assert len(set(found)) == 1


def test_dates_and_timestamps_have_other_hashes_than_their_neighbours(engines):
    engines.load(
        "hashed",
        pa.table({"d": [date(1, 1, 1), date(1, 1, 2)], "t": [datetime(1, 1, 1), datetime(1, 1, 1, 0, 0, 0, 1)]}),
    )
    for column in (("d", "DATE"), ("t", "TIMESTAMP")):
        assert len(set(engines.on_spark(f"SELECT {digests([column])[0]} FROM hashed"))) == 2


def test_the_sum_of_many_hashes_is_exact(engines):
    hashes = [2**63 - 1, -(2**63), -1, 2**63 - 1, 2**63 - 1, -(2**63), 12345]
    engines.load("hashed", pa.table({"h": pa.array(hashes, pa.int64())}))
    assert engines.on_spark(f"SELECT {total('h')} FROM hashed") == [(sum(hashes),)]
    assert engines.on_spark(f"SELECT {total('h')} FROM hashed WHERE false") == [(0,)]


def test_swapped_values_change_the_sum_over_rows(engines):
    sums = []
    for rows in ([(1, 7), (2, 8)], [(1, 8), (2, 7)]):
        values = _load(engines, "hashed", (INT, INT), rows)
        sums.append(engines.on_spark(f"SELECT {', '.join(map(total, digests(values)))} FROM hashed"))
    assert sums[0][0][0] != sums[1][0][0] and sums[0][0][1] != sums[1][0][1]


def test_buckets_count_from_0_whatever_the_sign_of_the_hash(engines):
    engines.load("hashed", pa.table({"h": pa.array([-(2**63), -1, 0, 1, 4095, 4096, 2**63 - 1], pa.int64())}))
    found = engines.on_spark(f"SELECT h, {bucket('h', 4096)} FROM hashed ORDER BY h")
    assert [n for _, n in found] == [0, 4095, 0, 1, 4095, 0, 4095]
