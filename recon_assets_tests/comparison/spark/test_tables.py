"""The exam's tables on Spark: the same record as on DuckDB, whichever way the rows take.

A third of the cases takes either way, since each comparison costs Spark some seconds.
"""

import pytest

from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits
from recon_assets_tests.comparison.exam.tables import CASES
from recon_assets_tests.comparison.helpers import check, compared, differences, findings
from recon_assets_tests.comparison.spark.conftest import OnSpark, without_causes
from recon_assets_tests.comparison.test_tables import tables_of


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: case.name)
def test_tables_compare_alike_where_their_rows_are_brought_here(tmp_path, on_spark: OnSpark, case):
    source, target = tables_of(case)
    keys = tuple(case.keys.split())
    found = on_spark(source, target, keys=keys, limits=DEFAULT_LIMITS, **case.rules)
    check(found, 20)
    assert (found.verdict, differences(found)) == (case.verdict, case.differences), found.reason
    assert findings(found) == findings(compared(tmp_path, source, target, keys=keys, **case.rules))


@pytest.mark.parametrize("case", CASES[1::3], ids=lambda case: case.name)
def test_tables_compare_alike_where_parts_of_them_are_compared_by_the_workers(tmp_path, on_spark: OnSpark, case):
    source, target = tables_of(case)
    keys = tuple(case.keys.split())
    found = on_spark(source, target, keys=keys, limits=SparkLimits(brought=0), **case.rules)
    check(found, 20)
    assert (found.verdict, differences(found)) == (case.verdict, case.differences), found.reason
    expected = findings(compared(tmp_path, source, target, keys=keys, **case.rules))
    assert without_causes(findings(found)) == without_causes(expected)
