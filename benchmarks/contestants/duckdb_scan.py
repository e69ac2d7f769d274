"""The yardstick (a): one DuckDB aggregate over all columns of both files; arguments SOURCE TARGET ANSWER [sums].

No comparison can look at every value of both files much faster. What is aggregated is part of the yardstick: count,
minimum and maximum, or the sums of the numbers too.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.answer import Answer
from benchmarks.data import KEYS, NUMBERS, VALUES


def main(source: str, target: str, answer: Path, *, sums: bool) -> None:
    aggregates = [f"{function}({name})" for name in (*KEYS, *VALUES) for function in ("count", "min", "max")]
    if sums:
        aggregates += [f"sum({name})" for name in NUMBERS]
    sides = [
        f"SELECT '{side}', count(*), {', '.join(aggregates)} FROM read_parquet(${side})"
        for side in ("source", "target")
    ]
    with duckdb.connect() as connection:
        found = connection.execute(" UNION ALL ".join(sides), {"source": source, "target": target}).fetchall()
    rows = {side: count for side, count, *_ in found}
    Answer(rows["source"], rows["target"]).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sums="sums" in sys.argv[4:])
