"""What runs on Spark's workers: queries of the plan, on DuckDB, over the rows that a worker has.

Belongs here: the callables that are sent there, which is why they hold no session. They need this package on the
workers, with the same version of DuckDB, whose hashes the fingerprints are. Does not belong here: any query.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import duckdb
import pyarrow as pa

from recon_assets.comparison.duck import Session, enough_memory, session
from recon_assets.comparison.plan import Role
from recon_assets.comparison.spark.parts import Part

_ROWS_AT_ONCE = 100_000  # a query costs milliseconds: Spark's batches of 10,000 rows are put together,
_BYTES_AT_ONCE = 64_000_000  # or up to so many bytes


class OtherVersion(Exception):
    """A worker has another version of DuckDB than the driver."""


@dataclass(frozen=True)
class Worker:
    """What every callable needs: the driver's version of DuckDB, how many columns rows have, and the table `suspects`
    (`k`) if queries speak of it."""

    version: str
    columns: int
    suspects: pa.Table | None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on one thread, since Spark runs as many tasks as there are cores."""
        if duckdb.__version__ != self.version:
            raise OtherVersion(f"the worker has DuckDB {duckdb.__version__}, the driver {self.version}")
        with session(threads=1, memory_limit=enough_memory(1, columns=self.columns)) as found:
            if self.suspects is not None:
                found.keep_arrow("suspects", self.suspects)
            yield found


@dataclass(frozen=True)
class Query(Worker):
    """One query over all rows of a partition, which it knows as `view`; its unsigned numbers become signed ones."""

    view: str
    sql: str

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        first = next(batches, None)
        if first is None:
            return
        with self.session() as duck:
            rows = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
            duck.connection.register(self.view, rows)
            for batch in duck.connection.sql(self.sql).to_arrow_reader(_ROWS_AT_ONCE):
                yield pa.RecordBatch.from_arrays([_signed(each) for each in batch.columns], names=batch.schema.names)


@dataclass(frozen=True)
class Choice(Worker):
    """The rows of a partition that are chosen, untouched, under other names, and `k`.

    `sql` gives `k` and `chosen` for each row of `view`.
    """

    view: str
    sql: str
    names: Sequence[str]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with self.session() as duck:
            duck.connection.execute("SET preserve_insertion_order = true")
            for rows in _gathered(batches):
                duck.connection.register(self.view, rows)
                found = duck.connection.sql(self.sql).to_arrow_table()
                duck.connection.unregister(self.view)
                columns = [*rows.columns, _signed(found["k"])]
                kept = pa.table(columns, names=[*self.names, "k"]).filter(found["chosen"])
                yield from kept.to_batches()


@dataclass(frozen=True)
class Comparing(Worker):
    """Compares all rows of some keys, of both sides; gives the record of what was found."""

    part: Part

    def __call__(self, source: pa.Table, target: pa.Table) -> pa.Table:
        with self.session() as duck:
            tables: dict[Role, pa.Table] = {"source": source, "target": target}
            found = self.part.compare(duck, tables)
        return pa.table({"found": [json.dumps(found)]})


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        rows, size = sum(each.num_rows for each in waiting), sum(each.nbytes for each in waiting)
        if rows >= _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _signed(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Spark has no unsigned numbers: the same 64 bits."""
    if values.type != pa.uint64():
        return values
    whole = pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values
    return whole.view(pa.int64())
