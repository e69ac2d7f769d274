"""The peer (c): datacompy over pandas; arguments SOURCE TARGET ANSWER. Its report isn't rendered, only counted."""

import sys
from pathlib import Path

import datacompy
import pandas as pd

from benchmarks.answer import Answer
from benchmarks.data import KEYS


def main(source: str, target: str, answer: Path) -> None:
    source_frame, target_frame = pd.read_parquet(source), pd.read_parquet(target)
    found = datacompy.PandasCompare(source_frame, target_frame, join_columns=list(KEYS))
    Answer(
        source_rows=len(source_frame),
        target_rows=len(target_frame),
        missing=len(found.df1_unq_rows),
        extra=len(found.df2_unq_rows),
        differences={column["column"]: int(column["unequal_cnt"]) for column in found.column_stats},
    ).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
