"""A plain Spark full outer join on two local cores; arguments SOURCE TARGET ANSWER.

As the DuckDB one: it takes keys to be unique and without NULLs.
"""

import sys
from pathlib import Path

from pyspark.sql import functions as f

from benchmarks.answer import Answer
from benchmarks.contestants.spark_session import session
from benchmarks.data import KEYS, VALUES


def main(source: str, target: str, answer: Path) -> None:
    with session() as spark:
        left, right = spark.read.parquet(source).alias("s"), spark.read.parquet(target).alias("t")
        in_source, in_target = f.col(f"s.{KEYS[0]}").isNotNull(), f.col(f"t.{KEYS[0]}").isNotNull()
        joined = left.join(right, [f.col(f"s.{key}") == f.col(f"t.{key}") for key in KEYS], "full")
        counts = [in_source, in_target, ~in_target, ~in_source]
        counts += [in_source & in_target & ~f.col(f"s.{name}").eqNullSafe(f.col(f"t.{name}")) for name in VALUES]
        source_rows, target_rows, missing, extra, *differences = joined.select(
            *(f.count_if(condition).alias(f"c{i}") for i, condition in enumerate(counts))
        ).first()
    Answer(source_rows, target_rows, missing, extra, dict(zip(VALUES, differences, strict=True))).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
