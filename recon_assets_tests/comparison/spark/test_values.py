"""The exam's values on Spark, of the types that Spark has: a hundred columns of one row at once."""

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.helpers import array, differences
from recon_assets_tests.comparison.spark.conftest import OnSpark, can_be_held
from recon_assets_tests.comparison.test_values import CASES as EXAM
from recon_assets_tests.comparison.test_values import name_of

AT_ONCE = 100
CASES = [n for n, (_, _, case) in enumerate(EXAM) if can_be_held(case[0]) and can_be_held(case[2])]


@pytest.fixture(scope="module")
def known() -> dict[int, set[int]]:
    """Which cases' columns differ, by the first case of what was compared at once."""
    return {}


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: name_of(CASES[place]))
def test_two_values_are_equal_or_different(known, on_spark: OnSpark, place: int):
    first = place - place % AT_ONCE
    if first not in known:
        known[first] = _differing(on_spark, CASES[first : first + AT_ONCE])
    assert (CASES[place] not in known[first]) is EXAM[CASES[place]][1]


def _differing(on_spark: OnSpark, numbers: list[int]) -> set[int]:
    cases = {f"c{n}": EXAM[n][2] for n in numbers}
    sides = [pa.table({"id": [1], **{name: array([c[i + 1]], c[i]) for name, c in cases.items()}}) for i in (0, 2)]
    found = on_spark(*sides, keys=("id",), columns={name: case[4] for name, case in cases.items() if len(case) > 4})
    assert found.paired_rows == 1
    return {int(name[1:]) for name in differences(found)}
