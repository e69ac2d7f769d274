"""Random tables: both engines give the same record, by every way of each."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits
from recon_assets_tests.comparison.helpers import compared, findings
from recon_assets_tests.comparison.spark.conftest import OnSpark, can_be_held, without_causes
from recon_assets_tests.comparison.strategies import rows, shapes


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data(), st.booleans(), st.randoms(use_true_random=False))
def test_spark_and_duckdb_give_the_same_record(
    on_spark: OnSpark, data: st.DataObject, keyed: bool, chance: random.Random
):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    assume(all(can_be_held(kind.source) and can_be_held(kind.target) for kind in shape.kinds.values()))
    some, more = data.draw(rows(shape)), data.draw(rows(shape, least=0, most=4))
    sides = (shape.table(some, "source"), shape.table(chance.sample(some, len(some))[1:] + more, "target"))
    with TemporaryDirectory() as folder:
        expected = findings(compared(Path(folder), *sides, **shape.all_rules))
    assert findings(on_spark(*sides, limits=DEFAULT_LIMITS, **shape.all_rules)) == expected
    there = findings(on_spark(*sides, limits=SparkLimits(brought=0), **shape.all_rules))
    assert without_causes(there) == without_causes(expected)
