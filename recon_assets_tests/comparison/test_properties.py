"""What holds for any table: found by hypothesis, over few distinct values so that copies and NULLs are
common."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon_assets.comparison import Comparison
from recon_assets_tests.comparison.helpers import compared

SCHEMA = pa.schema([("id", pa.int64()), ("n", pa.int64()), ("t", pa.string()), ("f", pa.float64())])
VALUES = {
    "n": st.sampled_from([None, 0, 1, 2**53, 2**53 + 1]),
    "t": st.sampled_from([None, "", "a", "a ", "NULL", "a text of more than twelve bytes"]),
    "f": st.sampled_from([None, 0.0, -0.0, float("nan"), float("inf"), 0.1]),
}
few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def rows(key) -> st.SearchStrategy[list[tuple]]:
    return st.lists(st.tuples(key, *VALUES.values()), min_size=1, max_size=12)


any_rows = rows(st.sampled_from([None, 1, 2, 3]))
unique_rows = st.lists(
    st.tuples(st.integers(0, 50), *VALUES.values()), min_size=1, max_size=12, unique_by=lambda row: row[0]
)


def table(some: list[tuple]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in some], SCHEMA)


def result(source: list[tuple], target: list[tuple], **rules) -> Comparison:
    with TemporaryDirectory() as folder:
        return compared(Path(folder), table(source), table(target), **{"keys": ("id",), **rules})


def counts(found: Comparison) -> tuple:
    columns = [(c.name, c.status, c.differences) for c in found.columns]
    return found.verdict, found.paired_rows, found.missing_rows, found.extra_rows, columns


@few
@given(any_rows, st.randoms(use_true_random=False))
def test_a_table_and_a_shuffle_of_itself_match(some: list[tuple], chance: random.Random):
    shuffled = chance.sample(some, len(some))
    for keys in (("id",), ("id", "t"), ()):
        found = result(some, shuffled, keys=keys)
        assert (found.verdict, found.paired_rows) == ("MATCH", len(some))


@few
@given(unique_rows, st.data())
def test_one_changed_cell_is_found_and_counted_once(some: list[tuple], data: st.DataObject):
    row = data.draw(st.integers(0, len(some) - 1))
    column = data.draw(st.integers(1, 3))
    before = some[row][column]
    other = {1: 77, 2: "other", 3: 7.7}[column]
    changed = [*some]
    changed[row] = (*some[row][:column], other, *some[row][column + 1 :])
    found = result(some, changed)
    assert found.verdict == "PARTIAL MATCH"
    assert {c.name: c.differences for c in found.differing_columns} == {SCHEMA.names[column]: 1}
    (sample,) = found.columns[column].samples
    assert sample.key == {"id": some[row][0]} and sample.target == other
    assert (sample.source is None) == (before is None)


@few
@given(any_rows, st.data())
def test_a_dropped_row_is_one_missing_row_and_a_doubled_one_one_extra(some: list[tuple], data: st.DataObject):
    row = data.draw(st.integers(0, len(some) - 1))
    dropped = result(some, some[:row] + some[row + 1 :])
    assert (dropped.missing_rows, dropped.extra_rows) == (1, 0)
    assert not [c for c in dropped.columns if c.status == "different"]
    doubled = result(some, [*some, some[row]])
    assert (doubled.missing_rows, doubled.extra_rows) == (0, 1)
    assert doubled.verdict == "PARTIAL MATCH"


@few
@given(any_rows, any_rows)
def test_swapped_sides_are_the_mirror_image(one: list[tuple], other: list[tuple]):
    there, back = result(one, other), result(other, one)
    assert there.verdict == back.verdict
    assert (there.missing_rows, there.extra_rows) == (back.extra_rows, back.missing_rows)
    assert [c.differences for c in there.columns] == [c.differences for c in back.columns]
    assert (there.duplicate_keys.source, there.duplicate_keys.target) == (
        back.duplicate_keys.target,
        back.duplicate_keys.source,
    )


@few
@given(any_rows, any_rows, st.sampled_from([("id",), ("id", "n"), ()]), st.booleans())
def test_fingerprints_and_the_exact_join_agree(one, other, keys, tolerant: bool):
    columns = {"f": {"tolerance": "0.1"}} if tolerant else {}
    rules = {"keys": keys, "columns": columns}
    assert counts(result(one, other, **rules)) == counts(result(one, other, exact=True, **rules))


@few
@given(st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_cheapest_pairs_are_no_dearer_than_any_other_pairing(costs: list[list[int]]):
    from itertools import permutations

    from recon_assets.comparison.assignment import cheapest_pairs

    pairs = cheapest_pairs(costs)
    assert len(pairs) == len(costs) and len({j for _, j in pairs}) == len(costs)
    best = min(sum(row[j] for row, j in zip(costs, order, strict=False)) for order in permutations(range(4)))
    assert sum(costs[i][j] for i, j in pairs) == best
