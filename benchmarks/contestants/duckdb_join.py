"""The yardstick (b): a plain DuckDB FULL OUTER JOIN; arguments SOURCE TARGET ANSWER [MEMORY_LIMIT].

What one would write by hand: join on the keys, count per column how many values are distinct, and the rows without a
partner. It takes keys to be unique and without NULLs.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.answer import Answer
from benchmarks.data import KEYS, VALUES


def main(source: str, target: str, answer: Path, memory_limit: str | None) -> None:
    paired = f"s.{KEYS[0]} IS NOT NULL AND t.{KEYS[0]} IS NOT NULL"
    counts = [
        f"count(s.{KEYS[0]})",
        f"count(t.{KEYS[0]})",
        f"count(*) FILTER (t.{KEYS[0]} IS NULL)",
        f"count(*) FILTER (s.{KEYS[0]} IS NULL)",
        *(f"count(*) FILTER (s.{name} IS DISTINCT FROM t.{name} AND {paired})" for name in VALUES),
    ]
    on = " AND ".join(f"s.{key} = t.{key}" for key in KEYS)
    with TemporaryDirectory() as spill, duckdb.connect(config={"temp_directory": spill}) as connection:
        if memory_limit:
            connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
        query = f"SELECT {', '.join(counts)} FROM read_parquet($source) s FULL JOIN read_parquet($target) t ON {on}"
        found = connection.execute(query, {"source": source, "target": target}).fetchall()[0]
    source_rows, target_rows, missing, extra, *differences = found
    Answer(source_rows, target_rows, missing, extra, dict(zip(VALUES, differences, strict=True))).write(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
