"""What holds for any table, whatever its types, keys, copies and NULLs: found by hypothesis."""

import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from recon_assets.comparison import Comparison
from recon_assets.comparison.assignment import cheapest_pairs
from recon_assets_tests.comparison.helpers import WAYS, compared, differences, findings
from recon_assets_tests.comparison.oracle import canonical
from recon_assets_tests.comparison.strategies import (
    Row,
    Shape,
    as_type,
    cell,
    distinct_rows,
    many,
    rows,
    shapes,
)


def result(shape: Shape, source: list[Row], target: list[Row], engine: str, **options: Any) -> Comparison:
    return of_tables(shape.table(source, "source"), shape.table(target, "target"), engine, **shape.all_rules, **options)


def of_tables(source: pa.Table | Sequence[pa.Table], target: pa.Table, engine: str, **options: Any) -> Comparison:
    with TemporaryDirectory() as folder:
        return compared(Path(folder), source, target, engine=engine, **options)


def equal(shape: Shape, column: int, one: Any, other: Any) -> bool:
    """Whether a value of the source equals one of the target."""
    kind = list(shape.kinds.values())[column]
    return canonical(as_type(one, kind.source), kind.source, {}) == canonical(as_type(other, kind.target), kind.target, {})  # fmt: skip


@many
@given(st.data(), st.booleans(), st.randoms(use_true_random=False))
def test_a_table_and_a_shuffle_of_itself_match(engine, data: st.DataObject, keyed: bool, chance: random.Random):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    some = data.draw(rows(shape))
    found = result(shape, some, chance.sample(some, len(some)), engine)
    assert (found.verdict, found.paired_rows) == ("MATCH", len(some))
    assert found.duplicate_keys.source == found.duplicate_keys.target


@many
@given(st.data())
def test_one_changed_cell_is_found_and_counted_once(engine, data: st.DataObject):
    shape = data.draw(shapes())
    some = data.draw(distinct_rows(shape))
    row, column = (
        data.draw(st.integers(0, len(some) - 1)),
        data.draw(st.integers(len(shape.keys), len(shape.kinds) - 1)),
    )
    kind = list(shape.kinds.values())[column]
    other = data.draw(cell(kind))
    assume(not equal(shape, column, some[row][column], other))
    changed = [*some]
    changed[row] = (*some[row][:column], other, *some[row][column + 1 :])
    found = result(shape, some, data.draw(st.permutations(changed)), engine)
    name = list(shape.kinds)[column]
    assert (found.verdict, found.paired_rows, differences(found)) == ("PARTIAL MATCH", len(some), {name: 1})
    (sample,) = found.columns[column].samples
    assert (sample.source is None, sample.target is None) == (some[row][column] is None, other is None)
    assert list(sample.key) == list(shape.key_names)


@many
@given(st.data(), st.booleans())
def test_a_dropped_row_is_one_missing_row_and_a_doubled_one_one_extra(engine, data: st.DataObject, keyed: bool):
    shape = data.draw(shapes(keyed=keyed))
    some = data.draw(rows(shape))
    row = data.draw(st.integers(0, len(some) - 1))
    dropped = result(shape, some, some[:row] + some[row + 1 :], engine)
    assert (dropped.missing_rows, dropped.extra_rows, differences(dropped)) == (1, 0, {})
    doubled = result(shape, some, [*some, some[row]], engine)
    assert (doubled.missing_rows, doubled.extra_rows, differences(doubled)) == (0, 1, {})
    assert (doubled.verdict, doubled.paired_rows) == ("PARTIAL MATCH", len(some))


@many
@given(st.data())
def test_values_swapped_between_two_rows_are_two_differences(engine, data: st.DataObject):
    shape = data.draw(shapes())
    some = data.draw(distinct_rows(shape))
    assume(len(some) > 1)
    (a, b), column = data.draw(st.permutations(range(len(some))))[:2], data.draw(st.integers(len(shape.keys), len(shape.kinds) - 1))  # fmt: skip
    assume(not equal(shape, column, some[a][column], some[b][column]))
    swapped = [*some]
    swapped[a] = (*some[a][:column], some[b][column], *some[a][column + 1 :])
    swapped[b] = (*some[b][:column], some[a][column], *some[b][column + 1 :])
    found = result(shape, some, swapped, engine)
    assert (found.paired_rows, differences(found)) == (len(some), {list(shape.kinds)[column]: 2})


@many
@given(st.data())
def test_values_swapped_between_two_columns_of_a_row_are_two_differences(engine, data: st.DataObject):
    shape = data.draw(shapes())
    shape = Shape(shape.keys, (*shape.values, shape.values[0]))
    some = data.draw(distinct_rows(shape))
    row, (a, b) = data.draw(st.integers(0, len(some) - 1)), (len(shape.keys), len(shape.kinds) - 1)
    assume(not equal(shape, a, some[row][a], some[row][b]))
    cells = list(some[row])
    cells[a], cells[b] = cells[b], cells[a]
    found = result(shape, some, [*some[:row], tuple(cells), *some[row + 1 :]], engine)
    names = list(shape.kinds)
    assert (found.paired_rows, differences(found)) == (len(some), {names[a]: 1, names[b]: 1})


def by_side(found: Comparison, source: str, target: str) -> dict[str, Any]:
    """What was found, told of the sides by the given names. Sentences, which name sides in an order, are left out;
    samples are in no order, as two rows of one key that have the same two values have none. Keys are the source's: 0.0
    may be -0.0 there."""
    return {
        "verdict": found.verdict,
        "paired": found.paired_rows,
        "rules": found.rules,
        source: (found.source_rows, found.duplicate_keys.source, sorted(map(repr, found.missing_samples))),
        target: (found.target_rows, found.duplicate_keys.target, sorted(map(repr, found.extra_samples))),
        "columns": [(c.name, c.status, c.differences) for c in found.columns],
        "samples": [
            sorted(repr((_key(s.key), sorted({source: s.source, target: s.target}.items()))) for s in c.samples)
            for c in found.columns
        ],
    }


def _key(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value + 0.0 if isinstance(value, float) else value for name, value in key.items()}


@many
@given(st.data(), st.booleans())
def test_swapped_sides_are_the_mirror_image_samples_included(engine, data: st.DataObject, keyed: bool):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    one, other = (shape.table(data.draw(rows(shape)), "source") for _ in range(2))
    there, back = (of_tables(*sides, engine, **shape.all_rules) for sides in ((one, other), (other, one)))
    assert by_side(there, "one", "other") == by_side(back, "other", "one")


@many
@given(st.data(), st.booleans())
def test_every_way_to_the_result_says_the_same(engine, data: st.DataObject, keyed: bool):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    one, other = data.draw(rows(shape)), data.draw(rows(shape))
    target = one[: len(one) // 2] + other[len(one) // 2 :]
    said = [findings(result(shape, one, target, engine, **way)) for way in WAYS.values()]
    assert said[1:] == said[:1] * (len(WAYS) - 1)


@many
@given(st.data(), st.booleans())
def test_how_a_side_is_split_into_files_and_rows_ordered_changes_nothing(engine, data: st.DataObject, keyed: bool):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    one, other = data.draw(rows(shape)), data.draw(rows(shape))
    target = shape.table(one[: len(one) // 2] + other[len(one) // 2 :], "target")
    whole = of_tables(shape.table(one, "source"), target, engine, **shape.all_rules)
    shuffled = data.draw(st.permutations(one))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(one)), max_size=3)))
    parts = [shape.table(shuffled[a:b], "source") for a, b in zip([0, *cuts], [*cuts, len(one)], strict=True)]
    assert findings(of_tables(parts, target, engine, **shape.all_rules)) == findings(whole)


@many
@given(st.data())
def test_the_names_and_the_order_of_columns_change_nothing_but_names(engine, data: st.DataObject):
    shape = data.draw(shapes(ruled=True))
    source = shape.table(data.draw(rows(shape)), "source")
    target = shape.table(data.draw(rows(shape)), "target")
    whole = of_tables(source, target, engine, **shape.all_rules)
    moved = target.select(data.draw(st.permutations(target.column_names)))
    renamed = moved.rename_columns([f'new "{name}"' for name in moved.column_names])
    rename = {name: f'new "{name}"' for name in target.column_names}
    found = of_tables(source, renamed, engine, rename=rename, **shape.all_rules)
    assert (found.verdict, found.paired_rows, differences(found)) == (whole.verdict, whole.paired_rows, differences(whole))  # fmt: skip


@many
@given(st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_cheapest_pairs_are_no_dearer_than_any_other_pairing(costs: list[list[int]]):
    pairs = cheapest_pairs(costs)
    assert len(pairs) == len(costs) and len({j for _, j in pairs}) == len(costs)
    best = min(sum(row[j] for row, j in zip(costs, order, strict=False)) for order in permutations(range(4)))
    assert sum(costs[i][j] for i, j in pairs) == best
