"""The DuckDB session a comparison runs in.

Belongs here: how a session is set up and torn down and runs queries, how names and values are quoted, how its errors
become ours. Does not belong here: any query.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from recon_assets.comparison.errors import ComparisonError


def enough_memory(threads: int | None, bytes_at_a_time: int = 0, columns: int = 0) -> str:
    """A memory limit that serves as many threads as there are (None: cores), each reading so many bytes at a time and
    working on so many columns.

    Threads hash in buffers of their own. Joins that don't fit are spilled, which costs them a few per cent.
    """
    megabytes = 100 + bytes_at_a_time // 1_000_000 + 4 * columns
    return f"{megabytes * max(threads or os.cpu_count() or 1, 2)}MB"


def identifier(name: str) -> str:
    """A name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text value, quoted; only for places where DuckDB takes no parameter (views, file lists)."""
    return "'" + value.replace("'", "''") + "'"


class Session:
    """Runs a comparison's queries; every method may raise what `reading` turns into ComparisonError."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, query: str) -> list[tuple]:
        """All rows of a query that gives few."""
        return self.connection.execute(query).fetchall()

    def row(self, query: str) -> tuple:
        """The only row of a query."""
        return one_row(self.connection, query)

    def keep(self, name: str, query: str) -> None:
        """Makes a query's rows a table of the session, in place of one of that name."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    def add(self, name: str, query: str) -> None:
        """Adds a query's rows to a kept table, whose columns they have."""
        self.connection.execute(f"INSERT INTO {name} {query}")

    def keep_arrow(self, name: str, rows: pa.Table) -> None:
        """Makes rows a table of the session, in place of one of that name."""
        self.connection.register("arrow_rows", rows)
        self.keep(name, "SELECT * FROM arrow_rows")
        self.connection.unregister("arrow_rows")

    def append(self, name: str, rows: pa.Table) -> None:
        """Adds rows to a kept table, whose columns they have."""
        self.connection.register("arrow_rows", rows)
        self.add(name, "SELECT * FROM arrow_rows")
        self.connection.unregister("arrow_rows")

    def stream(self, query: str, batch: int = 10_000) -> Iterator[tuple]:
        """The rows of a query over kept tables, a batch at a time; the session can be used meanwhile."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(batch):
                yield from rows

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Turns errors about data and resources into ours; `what` names the files being read."""
        with reading(what):
            yield


@contextmanager
def session(
    *, memory_limit: str | None = None, temp_directory: Path | None = None, threads: int | None = None
) -> Iterator[Session]:
    """A session whose tables and spilled data live in a folder of their own, gone afterwards.

    `memory_limit` is DuckDB's notation (`2GB`); what doesn't fit is spilled to the folder.
    Raises ComparisonError when a setting is refused or the folder can't be written.
    """
    try:
        folder = TemporaryDirectory(prefix="recon-", dir=temp_directory)
    except OSError as error:
        raise ComparisonError(
            f"no temporary folder in {temp_directory or 'the default place'}: {error.strerror}; "
            "name a writable one as temp_directory"
        ) from error
    with folder as path:
        config = {
            "temp_directory": str(Path(path) / "spill"),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "memory_limit": memory_limit or enough_memory(threads),
        }
        if threads is not None:
            config["threads"] = str(threads)
        try:
            connection = duckdb.connect(str(Path(path) / "work.duckdb"), config=config)
        except duckdb.Error as error:
            raise ComparisonError(f"DuckDB refused a setting: {first_line(error)}") from error
        with connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            # Parquet's min and max leave NaN out, so that to the optimizer a column of NaN and 1 is a constant
            connection.execute("SET disabled_optimizers = 'statistics_propagation'")
            yield Session(connection)


def one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple:
    """The only row of a query's result, which is finished off so that the session is free for the next."""
    (row,) = connection.execute(query).fetchall()
    return row


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns DuckDB's errors about data and resources into ours; `what` names the files being read."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise ComparisonError(
            f"{what}: not enough memory or disk: {first_line(error)}; raise memory_limit, or name a "
            "temp_directory with more room"
        ) from error
    except duckdb.Error as error:  # damaged files raise nearly every kind
        raise ComparisonError(
            f"{what}: {first_line(error)}; check that the file is whole and holds what its schema says"
        ) from error


def first_line(error: Exception) -> str:
    """What DuckDB said, without its hints and the echoed SQL; for CSV, with the line and what was found there."""
    lines = str(error).strip().split("\n")
    return ", ".join(lines[:3]) if "CSV Error" in lines[0] else lines[0]
