"""Tables as streams of Arrow batches: by arrow-odbc, or by pyodbc where that can't connect.

Belongs here: fetching, in flat memory, whole or in parts, and the conversion from what arrives to what is kept. Does
not belong here: what to select (`columns`), how parts are told apart (`splitting`), or results of procedures
(`calling`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from recon_assets.sources.base import SourceError, Split, TableState
from recon_assets.sources.names import ObjectName, parse_name
from recon_assets.sources.sqlserver.catalog import Engine, columns_of, full_name, opened
from recon_assets.sources.sqlserver.columns import CatalogColumn, Fetched, fetched, schema_of
from recon_assets.sources.sqlserver.connection import Server
from recon_assets.sources.sqlserver.parallel import side_by_side
from recon_assets.sources.sqlserver.splitting import clauses, splitting_column
from recon_assets.sources.sqlserver.table_state import state_of, unheeded

if TYPE_CHECKING:
    import arrow_odbc
    import pyodbc

_BATCH_ROWS = 50_000
_BATCH_BYTES = 8 * 1024**2  # twice: one batch is fetched while the other is converted
_LEAST_BATCH_BYTES = 1024**2
_LONGEST_BOUNDED = 8_000
_ROWS = 5_000
_LONGEST_BOUND = 4_000_000
"""Values beyond so many characters or bytes are fetched one by one, not bound in a buffer for many rows."""

# In this order: a driver's own transaction would have begun before, under another level, which is error 3951.
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"


class TableReader:
    """Reads tables, one at a time: of one moment, where the engine has snapshot isolation."""

    def __init__(
        self,
        server: Server,
        engine: Engine,
        connection: "pyodbc.Connection",
        bulk: "arrow_odbc.Connection | None",
        log: Callable[[str], None],
    ) -> None:
        """`bulk` is None where arrow-odbc can't connect: `connection` then fetches, too."""
        self._server, self._engine, self._connection, self._bulk, self._log = server, engine, connection, bulk, log

    @contextmanager
    def read(self, table: str, split: Split | None = None) -> Iterator[pa.RecordBatchReader]:
        """Stream a table; see `Snapshot.read`. What is split is of a moment of its own."""
        name = parse_name(table)
        with self._server.telling(f"reading {name}"):
            declared = columns_of(self._connection, name)
            columns = fetched(str(name), declared)
        cuts: list[Counter[str]] = []
        if split is None:
            opened = self._whole(name, columns, cuts)
        else:
            column = splitting_column(name, declared, split.by)
            if unseen := unheeded(declared):
                self._log(f"{name}: a change of {', '.join(unseen)} while it is read in parts would not be noticed")
            opened = self._in_parts(name, columns, column, split.parts, cuts)
        with opened as batches, pa.RecordBatchReader.from_batches(schema_of(columns), batches) as reader:
            yield reader
        for each in columns:
            if rows := sum(cut[each.cut] for cut in cuts if each.cut):
                self._log(f"{name}.{each.cut}: the seventh decimal of the second is cut in {rows:,} rows")

    @contextmanager
    def _whole(
        self, name: ObjectName, columns: Sequence[Fetched], cuts: list[Counter[str]]
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        with self._server.telling(f"reading {name}"):
            longest = _longest(self._connection, name, columns)
        in_bulk = self._bulk is not None and longest <= _LONGEST_BOUND
        if self._bulk is not None and not in_bulk:
            self._log(f"{name} has values too long to read in bulk: it is read apart, as of another moment")
        selected = _Selected(self._server, name, columns, longest, in_bulk, cuts)
        yield selected.batches(self._bulk if in_bulk else self._connection)

    @contextmanager
    def _in_parts(
        self,
        name: ObjectName,
        columns: Sequence[Fetched],
        by: CatalogColumn,
        parts: int,
        cuts: list[Counter[str]],
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """No snapshot is shared by connections: that the parts are of one table is known by its state before and after,
        as anyone sees it."""
        with self._server.connect() as connection:
            before = state_of(self._server, connection, name)
            with self._server.telling(f"reading {name}"):
                longest = _longest(connection, name, columns)
                wheres = clauses(connection, name, by, parts)
        in_bulk = self._bulk is not None and longest <= _LONGEST_BOUND
        selected = _Selected(self._server, name, columns, longest, in_bulk, cuts, share=len(wheres))
        with side_by_side([partial(self._part, selected, where) for where in wheres]) as batches:
            yield self._unchanged(name, parts, before, batches)

    @contextmanager
    def _part(self, selected: "_Selected", where: str) -> Iterator[Iterator[pa.RecordBatch]]:
        with nullcontext(self._server.connect_arrow()) if selected.in_bulk else self._server.connect() as connection:
            _begin(self._server, self._engine, connection)
            yield selected.batches(connection, where)

    def _unchanged(
        self, name: ObjectName, parts: int, before: TableState, batches: Iterator[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            yield batch
        with self._server.connect() as connection:
            after = state_of(self._server, connection, name)
        if before != after or rows != after.rows:
            raise SourceError(
                f"{self._server}: {name} was changed while it was read in {parts} parts (it had {before.rows:,} rows"
                f" before and {after.rows:,} after; {rows:,} were read): run again, or leave out `split`"
            )


@contextmanager
def table_reader(server: Server, log: Callable[[str], None]) -> Iterator[TableReader]:
    """A reader; `log` is told what could not be kept exactly. Raises ServerError."""
    with opened(server) as (connection, engine):
        bulk = server.connect_arrow() if server.reads_arrow else None
        for each in (connection, bulk):
            if each is not None:
                _begin(server, engine, each)
        yield TableReader(server, engine, connection, bulk, log)


def _begin(server: Server, engine: Engine, connection: "pyodbc.Connection | arrow_odbc.Connection") -> None:
    """Begin a snapshot where the engine has such."""
    if engine.snapshot:
        with server.telling("beginning a snapshot"):
            connection.execute(_SNAPSHOT)
            connection.execute("BEGIN TRANSACTION")


@dataclass(frozen=True)
class _Selected:
    """What is asked for of a table, and how it is fetched. `share`: how many such queries share the memory."""

    server: Server
    table: ObjectName
    columns: Sequence[Fetched]
    longest: int
    in_bulk: bool
    cuts: list[Counter[str]]
    """In how many rows which column's values were cut, for each query: threads have no counter in common."""
    share: int = 1

    def batches(
        self, connection: "pyodbc.Connection | arrow_odbc.Connection", where: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """The rows as they are kept. Raises SourceError."""
        query = f"SELECT {', '.join(c.sql for c in self.columns)} FROM {full_name(self.table)}{where}"
        size = max(_BATCH_BYTES // self.share, _LEAST_BATCH_BYTES)
        cut: Counter[str] = Counter()
        self.cuts.append(cut)
        schema = schema_of(self.columns)
        with self.server.telling(f"reading {self.table}"):
            if self.in_bulk:
                arrived = _in_bulk(connection, query, self.columns, self.longest, size, self.server.query_timeout)
            else:
                arrived = _one_by_one(connection, query, self.columns, self.longest, size)
            for batch in arrived:
                yield pa.RecordBatch.from_arrays(self._kept(batch, cut), schema=schema)

    def _kept(self, batch: pa.RecordBatch, cut: Counter[str]) -> list[pa.Array]:
        arrays = []
        for column, values in zip(self.columns, batch.columns, strict=True):
            if column.field is not None:
                arrays.append(_converted(values, column))
                if self.in_bulk and pa.types.is_string(values.type):
                    _refuse_replaced(self.table, column.field.name, values)
            elif column.cut is not None:
                cut[column.cut] += pc.sum(values).as_py() or 0
        return arrays


def _in_bulk(
    bulk: "arrow_odbc.Connection", query: str, columns: Sequence[Fetched], longest: int, size: int, timeout: int
) -> Iterator[pa.RecordBatch]:
    from arrow_odbc import TextEncoding

    schema = pa.schema([pa.field(f"c{i}", column.arrives) for i, column in enumerate(columns)])
    reader = bulk.read_arrow_batches(
        query,
        batch_size=_BATCH_ROWS,
        max_bytes_per_batch=size,
        max_text_size=max(longest, _LONGEST_BOUNDED),  # a limit for all columns, not only those without one
        max_binary_size=max(longest, _LONGEST_BOUNDED),
        falliable_allocations=True,
        schema=schema,
        query_timeout_sec=timeout or None,
        payload_text_encoding=TextEncoding.UTF16,  # the other is the locale's
    )
    yield from reader
    # To arrow-odbc a connection that is lost in the middle is the end of the rows; but then it answers no more.
    yield from bulk.read_arrow_batches("SELECT 1 AS alive WHERE 1 = 0")


def _longest(connection: "pyodbc.Connection", table: ObjectName, columns: Sequence[Fetched]) -> int:
    """The characters or bytes of the longest value of columns without a bound; 0 if there is no such column.

    The server reads such columns once for this; buffers for many rows can't be made otherwise.
    """
    large = [column.sql for column in columns if column.large]
    if not large:
        return 0
    lengths = ", ".join(f"MAX(CAST(DATALENGTH({sql}) AS bigint))" for sql in large)
    found = connection.execute(f"SELECT {lengths} FROM {full_name(table)}").fetchone()
    return max(1, *(each or 0 for each in found))


def _one_by_one(
    connection: "pyodbc.Connection", query: str, columns: Sequence[Fetched], longest: int, size: int
) -> Iterator[pa.RecordBatch]:
    with closing(connection.cursor()) as cursor:  # its own `with` would end the transaction
        cursor.execute(query)
        for rows in rows_of(cursor, max(1, min(_ROWS, size // max(longest, 1)))):
            values = zip(zip(*rows, strict=True), columns, strict=True)
            arrays = [pa.array(each, column.arrives) for each, column in values]
            yield pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(columns))])


def rows_of(cursor: "pyodbc.Cursor", at_once: int = _ROWS) -> "Iterator[list[pyodbc.Row]]":
    """The rows of a cursor's result, some at a time."""
    while rows := cursor.fetchmany(at_once):
        yield rows


def _refuse_replaced(table: ObjectName, column: str, values: pa.Array) -> None:
    """What is no valid UTF-16 (half of a character, left by LEFT or a cut) becomes U+FFFD in bulk, whatever it was."""
    if pc.any(pc.match_substring(values, "\ufffd")).as_py():
        raise SourceError(
            f"{table}, column {column}: text that is no valid Unicode, or holds U+FFFD, can't be told apart when read"
            " in bulk: set RECON_SOURCE_BULK=no, or have the source correct it"
        )


def _converted(values: pa.Array, column: Fetched) -> pa.Array:
    assert column.field is not None
    if pa.types.is_timestamp(values.type) and pa.types.is_timestamp(column.field.type):
        return values.cast(pa.timestamp("us"), safe=False).cast(column.field.type)
    return values.cast(column.field.type)
