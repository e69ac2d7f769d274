"""The peer (d): the migration scripts' way, written anew; arguments SOURCE TARGET ANSWER.

Both tables in pandas, sorted by the keys, then compared column by column and row by row by position, a text standing
in for NULL. One missing row shifts all that follow. Where the scripts only sample the differing rows, they are counted
here. Tables of unequal length can't be compared by position at all: the scripts stop with an error there, so does this.
"""

import sys
from pathlib import Path

import pandas as pd

from benchmarks.answer import Answer
from benchmarks.data import KEYS

_NULL = "##NULL##"


def main(source: str, target: str, answer: Path) -> None:
    left, right = (pd.read_parquet(file).sort_values(list(KEYS), ignore_index=True) for file in (source, target))
    differences = {}
    for name in left.columns:
        a, b = (frame[name].astype(object).where(frame[name].notna(), _NULL) for frame in (left, right))
        differences[name] = int((a != b).sum())
    Answer(len(left), len(right), differences=differences).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
