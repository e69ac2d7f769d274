"""Composite keys of 1 to 10 columns, of every type that the exam knows."""

from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.exam.families import FAMILIES
from recon_assets_tests.comparison.helpers import array, compared, differences

TYPES = [types for family in FAMILIES.values() for types in family]
CHOICES = [TYPES[i : i + width] for width in range(1, 11) for i in range(0, len(TYPES) - width + 1, max(2 * width, 3))]
Cells = list[list[Any]]


def _cells(types: list[tuple]) -> Cells:
    """Keys of which any two differ in one column or two: each column in turn holds another value, or NULL."""
    plain = [one for _, one, _ in types]
    changed = [[*plain[:i], other, *plain[i + 1 :]] for i, (_, _, two) in enumerate(types) for other in (two, None)]
    return [plain, *changed]


def _table(types: list[tuple], keys: Cells, values: list[int]) -> pa.Table:
    columns = {f"k{i}": array([key[i] for key in keys], type_) for i, (type_, _, _) in enumerate(types)}
    return pa.table({**columns, "v": pa.array(values, pa.int64())})


@pytest.mark.parametrize("types", CHOICES, ids=lambda types: ", ".join(str(type_) for type_, _, _ in types))
def test_keys_of_any_columns_pair_by_all_of_them(tmp_path, engine, types):
    """The target has them backwards, another value with the last one, and not the first."""
    keys, names = _cells(types), tuple(f"k{i}" for i in range(len(types)))
    values = list(range(len(keys)))
    source, target = _table(types, keys, values), _table(types, keys[:0:-1], [-1, *values[-2:0:-1]])
    found = compared(tmp_path, source, target, keys=names, engine=engine)
    assert (found.paired_rows, found.missing_rows, found.extra_rows) == (len(keys) - 1, 1, 0)
    assert (differences(found), found.duplicate_keys.source, found.missing_samples[0]["v"]) == ({"v": 1}, 0, 0)
    (sample,) = found.columns[-1].samples
    assert (list(sample.key), sample.source, sample.target) == (list(names), values[-1], -1)


@pytest.mark.parametrize("one, other", combinations(range(4), 2))
def test_text_in_keys_is_never_joined(tmp_path, engine, one, other):
    """The same letters, separators included, divided otherwise among three columns."""
    keys = [("a|b", "c", ""), ("a", "b|c", ""), ("a", "b", "|c"), ("", "a|b", "c")]
    sides = [_table([(pa.string(), None, None)] * 3, [list(keys[i])], [1]) for i in (one, other)]
    found = compared(tmp_path, *sides, keys=("k0", "k1", "k2"), engine=engine)
    assert (found.verdict, found.paired_rows) == ("NO MATCH", 0)
