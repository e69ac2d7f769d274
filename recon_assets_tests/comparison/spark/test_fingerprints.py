"""Fingerprints that Spark's workers sum up: the same as those of rows passing by."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.comparison import ComparisonError
from recon_assets.comparison.spark.fingerprints import fingerprint_on_spark
from recon_assets_tests.comparison.test_fingerprints import ROWS, streamed


@pytest.mark.parametrize("partitions", [1, 7])
def test_workers_sum_up_to_the_fingerprint_of_the_rows_that_passed_by(spark, tmp_path, partitions):
    pq.write_table(ROWS, tmp_path / "t.parquet", row_group_size=2)
    frame = spark.read.parquet(str(tmp_path / "t.parquet")).repartition(partitions)
    assert fingerprint_on_spark("t", frame, ROWS.schema) == streamed(ROWS)


def test_no_rows_have_the_fingerprint_of_no_rows(spark):
    empty = ROWS.schema.empty_table()
    frame = spark.createDataFrame(pa.table({"id": [1]})).where("id > 1")
    assert fingerprint_on_spark("t", frame, pa.schema([("id", pa.int64())])).rows == 0
    narrow = empty.select(["big"])
    frame = spark.createDataFrame(narrow)
    assert fingerprint_on_spark("t", frame, narrow.schema) == streamed(narrow)


BAD = [
    ("SELECT 1 AS id", pa.schema([("it", pa.int64())]), "t: no column 'it'.*id"),
    ("SELECT 'x' AS id", pa.schema([("id", pa.int64())]), "t: .*Could not convert string 'x' to INT64"),
]


@pytest.mark.parametrize(("query", "schema", "told"), BAD, ids=["a column is missing", "a value is of another type"])
def test_rows_that_are_not_of_the_schema_are_told(spark, query, schema, told):
    with pytest.raises(ComparisonError, match=told):
        fingerprint_on_spark("t", spark.sql(query), schema)
