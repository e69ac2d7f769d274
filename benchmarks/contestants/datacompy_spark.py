"""datacompy over Spark on two local cores; arguments SOURCE TARGET ANSWER. Its report isn't rendered, only counted."""

import sys
from pathlib import Path

import datacompy

from benchmarks.answer import Answer
from benchmarks.contestants.spark_session import session
from benchmarks.data import KEYS


def main(source: str, target: str, answer: Path) -> None:
    with session() as spark:
        left, right = spark.read.parquet(source), spark.read.parquet(target)
        found = datacompy.SparkSQLCompare(spark, left, right, join_columns=list(KEYS))
        counts = Answer(
            source_rows=left.count(),
            target_rows=right.count(),
            missing=found.df1_unq_rows.count(),
            extra=found.df2_unq_rows.count(),
            differences={column["column"]: int(column["unequal_cnt"]) for column in found.column_stats},
        )
    counts.write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
