"""Writes the files of one size: `python -m benchmarks.generate FOLDER ROWS parquet|database SCENARIO…`.

Belongs here: running the SQL of `data`, for files that aren't there yet. Does not belong here: what the data are. It
is a process of its own, so that DuckDB's memory isn't taken for that of whoever is measured next (see `measure`).
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.data import Scenario, scenarios

_BYTES_PER_ROW = 90
"""What a row takes in a Parquet file, and at most in a DuckDB file too."""


def main(folder: Path, rows: int, names: list[str], *, database: bool) -> None:
    """Write the Parquet files of the named scenarios and, if asked to, a DuckDB file of each scenario's two tables.

    Exits with a message when the disk hasn't enough room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [scenario for name, scenario in scenarios(rows).items() if name in names]
    tables = {table.file: table.query for s in chosen for table in (s.source, s.target)}
    databases = {s.database: s for s in chosen} if database else {}
    missing = [file for file in (*tables, *databases, *databases) if not (folder / file).exists()]  # these hold two
    needed, free = len(missing) * rows * _BYTES_PER_ROW, shutil.disk_usage(folder).free
    if needed > free:
        sys.exit(
            f"{folder}: the files of {rows:,} rows need {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
            "free some, name another --data folder, or take fewer --scenario or --rows"
        )
    for file, query in tables.items():
        _make(folder / file, lambda part, query=query: _write_parquet(query, part))
    for file, scenario in databases.items():
        _make(folder / file, lambda part, scenario=scenario: _write_database(folder, scenario, part))


def _make(file: Path, write: Callable[[Path], None]) -> None:
    """Write under another name first: a file that is there is whole."""
    if file.exists():
        return
    print(f"generating {file}", file=sys.stderr, flush=True)
    part = file.with_name(f"part-{file.name}")
    part.unlink(missing_ok=True)
    write(part)
    part.rename(file)


def _write_parquet(query: str, file: Path) -> None:
    with duckdb.connect(config={"preserve_insertion_order": "false", "memory_limit": "2GB"}) as connection:
        connection.execute(f"COPY ({query}) TO {_literal(file)} (FORMAT parquet, COMPRESSION snappy)")


def _write_database(folder: Path, scenario: Scenario, file: Path) -> None:
    with duckdb.connect(file, config={"preserve_insertion_order": "false", "memory_limit": "2GB"}) as connection:
        for name, table in (("source", scenario.source), ("target", scenario.target)):
            connection.execute(f"CREATE TABLE {name} AS FROM read_parquet({_literal(folder / table.file)})")


def _literal(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[4:], database=sys.argv[3] == "database")
