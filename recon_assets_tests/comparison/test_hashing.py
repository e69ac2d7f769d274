"""The hashes see every difference of the kinds that DuckDB's own `hash` is known to miss."""

import duckdb
import pytest

from recon_assets.comparison.hashing import digests, key_hash

PRINTABLE = range(33, 127)


def _distinct(values: list, duck_type: str) -> list[int]:
    """How many distinct digests there are, by both together, and how many distinct keys."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS SELECT unnest($1)::{duck_type} AS v", [values])
        first, second = digests([("v", duck_type)])
        key = key_hash([("v", duck_type)])
        return list(
            connection.execute(f"SELECT count(DISTINCT ({first}, {second})), count(DISTINCT {key}) FROM t").fetchone()
        )


@pytest.mark.parametrize("place", range(8))
def test_texts_that_differ_in_the_same_place_of_two_blocks_are_told_apart(place: int):
    texts = []
    for one in PRINTABLE:
        for other in PRINTABLE:
            text = list("a text of twenty-four by")
            text[place], text[8 + place] = chr(one), chr(other)
            texts.append("".join(text))
    assert _distinct(texts, "VARCHAR") == [len(texts)] * 2


@pytest.mark.parametrize("duck_type", ["HUGEINT", "DECIMAL(38,0)"])
def test_large_numbers_whose_halves_change_places_are_told_apart(duck_type: str):
    halves = [(a, b) for a in range(1, 20) for b in range(1, 20)]
    numbers = [str(a * 2**64 + b) for a, b in halves]
    assert _distinct(numbers, duck_type) == [len(numbers)] * 2


def test_lists_with_and_without_nulls_are_told_apart():
    lists = [[1], [1, None], [None, 1], [None], [], None, [1, 1], [None, None]]
    assert _distinct(lists, "INTEGER[]") == [len(lists)] * 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("'ab'", "'c'"), ("'a'", "'bc'")),
        (("1", "2"), ("2", "1")),
        (("NULL", "1"), ("1", "NULL")),
        (("0", "NULL"), ("NULL", "0")),
    ],
)
def test_values_divided_otherwise_are_told_apart(one: tuple, other: tuple):
    type_ = "VARCHAR" if "'" in one[0] else "INTEGER"
    hashes = [digests([(f"{value}::{type_}", type_) for value in row]) for row in (one, other)]
    first, second = (duckdb.sql(f"SELECT {', '.join(each)}").fetchall()[0] for each in hashes)
    assert first[0] != second[0] and first[1] != second[1]


def test_sums_of_two_rows_show_that_their_values_changed_places():
    rows = [("1", "10"), ("2", "20")], [("1", "20"), ("2", "10")]
    sums = []
    for table in rows:
        each = [digests([(k, "INTEGER"), (v, "INTEGER")]) for k, v in table]
        sums.append(
            tuple(duckdb.sql(f"SELECT {a}::HUGEINT + {b}").fetchall()[0][0] for a, b in zip(*each, strict=True))
        )
    assert sums[0][0] != sums[1][0] and sums[0][1] != sums[1][1]
