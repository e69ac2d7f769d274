"""What is refused, and what the message says."""

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from recon_assets.comparison import ComparisonError, Dataset, Rules, compare
from recon_assets_tests.comparison.helpers import compared

TABLE = pa.table({"id": [1], "amount": [5], "name": ["a"], "at": pa.array([0], pa.timestamp("us"))})


@pytest.mark.parametrize(
    "rules, told",
    [
        ({"keys": ("idd",)}, "column 'idd'; did you mean 'id'"),
        ({"keys": ("id", "ID")}, "'ID' is named twice"),
        ({"keys": ("id",), "ignore": ("id",)}, "'id' is a key and is ignored"),
        ({"ignore": ("nam",)}, "column 'nam'; did you mean 'name'"),
        ({"columns": {"amont": {"tolerance": 1}}}, "column 'amont'; did you mean 'amount'"),
        ({"ignore": ("name",), "columns": {"name": {"trim": "both"}}}, "'name' has a rule and is ignored"),
        ({"keys": ("amount",), "columns": {"amount": {"tolerance": 1}}}, "key column 'amount' has a tolerance"),
        ({"columns": {"name": {"tolerance": 1}}}, "the rule tolerance is for numbers, but the column is VARCHAR"),
        ({"columns": {"amount": {"trim": "both"}}}, "the rule trim is for texts, but the column is BIGINT"),
        ({"columns": {"amount": {"precision": "day"}}}, "the rule precision is for timestamps"),
        ({"columns": {"at": {"timezone": "Berlin"}}}, "no time zone 'Berlin'"),
        ({"columns": {"at": {"timezone": "../etc/passwd"}}}, "no time zone"),
        ({"columns": {"amount": {"relative_tolerance": "1e-19"}}}, "more than 18 decimals"),
        ({"columns": {"name": {"trim": "both"}, "NAME": {"case": "ignore"}}}, "'NAME' is the second rule"),
        ({"rename": {"nope": "name"}}, "no column 'nope'"),
        ({"rename": {"name": "nope"}}, "no column 'nope'"),
        ({"rename": {"name": "id", "amount": "ID"}}, "two columns are renamed onto 'ID'"),
    ],
)
def test_rules_that_do_not_fit_are_refused_with_the_remedy(tmp_path, rules, told):
    with pytest.raises(ComparisonError, match=told):
        compared(tmp_path, TABLE, TABLE, **rules)


@pytest.mark.parametrize(
    "source, target, told",
    [
        (pa.array([timedelta(1)], pa.duration("us")), None, r"duration\[us\], a type that has no comparison"),
        (pa.array([Decimal(1)], pa.decimal256(50, 2)), None, r"decimal256\(50, 2\), a type that has no comparison"),
        (pa.array([[1]], pa.list_(pa.int32())), pa.array([[1]], pa.list_(pa.int64())), "nested types"),
        (pa.array([[[("a", 1)]]], pa.list_(pa.map_(pa.string(), pa.int32()))), None, "a map within"),
    ],
)
def test_a_type_without_comparison_is_refused_by_name(tmp_path, source, target, told):
    tables = [pa.table({"id": [1], "v": column}) for column in (source, source if target is None else target)]
    with pytest.raises(ComparisonError, match=told):
        compared(tmp_path, *tables, keys=("id",))
    assert compared(tmp_path, *tables, keys=("id",), ignore=("v",)).verdict == "MATCH"


def test_relative_tolerance_between_decimals_without_a_common_type_is_refused(tmp_path):
    one = pa.table({"id": [1], "v": pa.array([Decimal(1)], pa.decimal128(38, 0))})
    other = pa.table({"id": [1], "v": pa.array([Decimal(1)], pa.decimal128(38, 10))})
    with pytest.raises(ComparisonError, match="no common decimal type"):
        compared(tmp_path, one, other, keys=("id",), columns={"v": {"relative_tolerance": "0.1"}})


def test_a_temporary_folder_that_is_not_there_is_named(tmp_path):
    dataset = Dataset.parquet([], TABLE.schema)
    with pytest.raises(ComparisonError, match="nowhere"):
        compare(dataset, dataset, Rules(), temp_directory=tmp_path / "nowhere")


def test_a_memory_limit_that_is_none_is_refused(tmp_path):
    dataset = Dataset.parquet([], TABLE.schema)
    with pytest.raises(ComparisonError, match="refused a setting"):
        compare(dataset, dataset, Rules(), memory_limit="plenty")
