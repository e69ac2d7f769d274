"""Our comparison on Spark, on two local cores; arguments SOURCE TARGET ANSWER. What is written is the whole record."""

import json
import sys
from pathlib import Path

from benchmarks.contestants.spark_session import session
from benchmarks.data import KEYS
from recon_assets.comparison import Rules
from recon_assets.comparison.location import Location
from recon_assets.comparison.spark.engine import compare_on_spark
from recon_assets.comparison.spark.tables import SparkTable


def main(source: str, target: str, answer: Path) -> None:
    with session() as spark:
        sides = (SparkTable(file, Location.of("parquet", file), spark.read.parquet(file)) for file in (source, target))
        found = compare_on_spark(*sides, Rules(keys=KEYS))
    answer.write_text(json.dumps(found.to_json()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
