"""The peer (e): reladiff's join of two tables in one DuckDB file; arguments DATABASE ANSWER.

`joindiff`, its choice for two tables of one database, with its default settings. The rows come without counts per
column (its own statistics keep only the last segment's), so they are counted here from the rows it yields.
"""

import sys
from collections import Counter
from pathlib import Path

import reladiff

from benchmarks.answer import Answer
from benchmarks.data import KEYS, VALUES


def main(database: str, answer: Path) -> None:
    connection = reladiff.connect(f"duckdb://main@{database}")
    source, target = (
        reladiff.connect_to_table(connection, name, KEYS, extra_columns=VALUES) for name in ("source", "target")
    )
    differences: Counter[str] = Counter()
    extra = 0
    alone: dict[tuple, tuple] = {}  # the source's rows by key, until the target's comes
    with reladiff.diff_tables(source, target) as diff:
        for sign, row in diff:
            key, values = row[: len(KEYS)], row[len(KEYS) :]
            if sign == "-":
                alone[key] = values
            elif key in alone:
                pairs = zip(VALUES, alone.pop(key), values, strict=True)
                differences.update(name for name, left, right in pairs if left != right)
            else:
                extra += 1
    Answer(source.count(), target.count(), len(alone), extra, dict(differences)).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
