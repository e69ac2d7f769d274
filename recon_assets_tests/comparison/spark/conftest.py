"""Two engines over the same files, to run the same SQL on."""

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from recon_assets.comparison.duck import session
from recon_assets.comparison.spark.dialect import to_spark
from recon_assets.comparison.spark.settings import SETTINGS
from recon_assets.targets.local_spark import LocalSpark

Rows = list[tuple[Any, ...]]


class Engines:
    """DuckDB and Spark; tables are Parquet files that both read."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, spark: SparkSession, folder: Path) -> None:
        self.duck, self.spark, self._folder = duck, spark, folder

    def load(self, name: str, table: pa.Table) -> None:
        """Makes a table known to both."""
        file = self._folder / f"{name}.parquet"
        pq.write_table(table, file)
        self.duck.execute(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet('{file}')")
        self.spark.read.parquet(str(file)).createOrReplaceTempView(name)

    def on_duckdb(self, query: str) -> Rows:
        return _plain(self.duck.sql(query).to_arrow_table())

    def on_spark(self, query: str, types: Mapping[str, str] | None = None) -> Rows:
        """A query of the plan, brought to Spark."""
        return _plain(self.spark.sql(to_spark(query, types)).toArrow())


def _plain(table: pa.Table) -> Rows:
    columns = [[_comparable(value) for value in column.to_pylist()] for column in table.columns]
    return list(zip(*columns, strict=True))


def _comparable(value: Any) -> Any:
    """Values that are the same compare as equal, and no others: NaN is, True and 1 are not."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, bool):
        return f"is {value}"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)  # DuckDB's HUGEINT arrives as a decimal
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return value


@pytest.fixture(scope="session")
def engines(target: LocalSpark, tmp_path_factory: pytest.TempPathFactory):
    spark = target.session.newSession()
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    with session(threads=1) as duck:
        yield Engines(duck.connection, spark, tmp_path_factory.mktemp("tables"))
