"""How the tests compare Arrow tables on Spark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from recon_assets.comparison import ColumnRule, Comparison, Rules
from recon_assets.comparison.location import Location
from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits, compare_on_spark
from recon_assets.comparison.spark.tables import SparkTable
from recon_assets.targets.local_spark import LocalSpark
from recon_assets_tests.comparison.helpers import parquet

OnSpark = Callable[..., Comparison]


@pytest.fixture(scope="session")
def spark(target: LocalSpark) -> SparkSession:
    """A session for small tables."""
    session = target.process_session.newSession()
    session.conf.set("spark.sql.shuffle.partitions", "1")
    return session


@pytest.fixture
def on_spark(spark: SparkSession, tmp_path: Path) -> OnSpark:
    """Compares two Arrow tables by way of Parquet files; `rules` are those of Rules."""

    def side(name: str, table: pa.Table) -> SparkTable:
        (file,) = parquet(tmp_path, name, table).files
        return SparkTable(file, Location.of("parquet", file), spark.read.parquet(file))

    def compared(
        source: pa.Table,
        target: pa.Table,
        *,
        limits: SparkLimits = DEFAULT_LIMITS,
        samples: int = 20,
        **rules: Any,
    ) -> Comparison:
        columns = {name: ColumnRule(**rule) for name, rule in rules.pop("columns", {}).items()}
        sides = (side("source", source), side("target", target))
        return compare_on_spark(*sides, Rules(columns=columns, **rules), samples=samples, limits=limits)

    return compared


def without_causes(record: dict[str, Any]) -> dict[str, Any]:
    """A comparison's record but for its causes, some of which need rows that aren't brought here."""
    columns = [column | {"causes": None} for column in record["columns"]]
    return record | {"columns": columns, "missing_causes": None, "extra_causes": None}


def can_be_held(type_: pa.DataType) -> bool:
    """Whether Spark reads a type as the one it is: it has no nanoseconds, UUIDs, unsigned numbers, and no times of
    milliseconds."""
    unlike = (pa.types.is_time32(type_), pa.types.is_unsigned_integer(type_), type_ in (pa.uuid(), pa.null()))
    return not any(unlike) and getattr(type_, "unit", "us") == "us"
