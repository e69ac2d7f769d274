"""Which single values are equal, for every pair of types and every rule.

All cases are columns of one table of one row, so that each takes no session of its own.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.exam.values import DIFFERENT, EQUAL
from recon_assets_tests.comparison.helpers import compared

CASES = [*EQUAL, *DIFFERENT]
both_ways = pytest.mark.parametrize(
    "mirrored, exact", [(False, False), (True, True)], ids=["fingerprint first", "exact, mirrored"]
)


def _name(case) -> str:
    source_type, source, target_type, target, rule = case
    return f"{source_type} {source!r:.30} and {target_type} {target!r:.30} {rule or ''}"


def _table(types_and_values: list[tuple]) -> pa.Table:
    columns = {"id": pa.array([1], pa.int32())}
    for i, (type_, value) in enumerate(types_and_values):
        column = pa.array([value], pa.binary(16)).cast(type_) if type_ == pa.uuid() else pa.array([value], type_)
        columns[f"c{i}"] = column
    return pa.table(columns)


@cache
def _differences(mirrored: bool, exact: bool) -> dict[str, int]:
    tables = [_table([case[:2] for case in CASES]), _table([case[2:4] for case in CASES])]
    if mirrored:
        tables.reverse()
    rules = {f"c{i}": case[4] for i, case in enumerate(CASES)}
    with TemporaryDirectory() as folder:
        result = compared(Path(folder), *tables, keys=("id",), columns=rules, exact=exact)
    assert result.paired_rows == 1
    return {c.name: c.differences for c in result.columns}


@pytest.mark.parametrize(
    "mirrored, exact", [(False, False), (True, True)], ids=["fingerprint first", "exact, mirrored"]
)
@pytest.mark.parametrize("case", EQUAL, ids=_name)
def test_these_values_are_equal(case, mirrored, exact):
    assert _differences(mirrored, exact)[f"c{CASES.index(case)}"] == 0


@pytest.mark.parametrize(
    "mirrored, exact", [(False, False), (True, True)], ids=["fingerprint first", "exact, mirrored"]
)
@pytest.mark.parametrize("case", DIFFERENT, ids=_name)
def test_these_values_are_different(case, mirrored, exact):
    assert _differences(mirrored, exact)[f"c{CASES.index(case)}"] == 1
