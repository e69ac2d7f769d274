"""The exam's tables on Spark: the same record as on DuckDB, whichever way the rows take."""

import pytest

from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits
from recon_assets_tests.comparison.exam.tables import CASES
from recon_assets_tests.comparison.helpers import check, compared, differences, findings
from recon_assets_tests.comparison.test_tables import tables_of

WAYS = {"rows brought here": DEFAULT_LIMITS, "parts compared there": SparkLimits(brought=0)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tables_compare_as_on_duckdb(tmp_path, on_spark, case, way):
    source, target = tables_of(case)
    keys = tuple(case.keys.split())
    found = on_spark(source, target, keys=keys, limits=WAYS[way], **case.rules)
    check(found, 20)
    assert found.verdict == case.verdict, found.reason
    assert differences(found) == case.differences
    expected = findings(compared(tmp_path, source, target, keys=keys, **case.rules))
    assert _without_causes(findings(found)) == _without_causes(expected)
    if way == "rows brought here":
        assert findings(found) == expected


def _without_causes(record: dict) -> dict:
    """Those that need other rows, and predicates, aren't looked for in all rows where there are too many."""
    columns = [column | {"causes": None} for column in record["columns"]]
    return record | {"columns": columns, "missing_causes": None, "extra_causes": None}
